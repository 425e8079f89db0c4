"""Parachutes: an assailed position is bought out and sold again farther away, m times as large; what fits, and what it costs.

The words of these modules:

- a *level* is the number of parachutes used so far: level 0 is the first position;
- an *assailed* level is one that the market has reached, so that it is bought out (or, at the last level, lost);
- *credit* and *buy-back* are prices of one spread, USD per share (index points);
- the *reading* says what becomes of the old position when a parachute opens: see :mod:`.geometry`.

Where things are: ``campaign`` (what is planned, exact), ``geometry`` (what fits), ``ledger`` (level by level), ``odds`` and ``chain`` (the
Markov chain), ``ruin`` (campaign after campaign), ``kelly``, ``growth`` and ``deploy`` (how much, how many), ``prices`` and ``strikes`` (how
far), ``sides`` and ``on_a_book`` (margin beside other positions), ``columns`` (many campaigns at once), ``assessment``, ``words`` and
``public`` (all of it for one account).

The idea is the trader's seven points on margin, number 3: "buy out the position, move down 2-3 strikes, deploy a second set of
slots, and remain revenue-neutral ... 5 such doublings is 32x your original position".
"""
