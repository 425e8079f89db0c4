"""The payoff of every position: a book that lets all options of an expiry count, surplus longs included, pairs nothing.

Alpaca's reading of the universal spread rule: the requirement of an expiry is the lowest value of the summed payoffs over all
prices. A put that nothing covers then costs its strike, and calls that are net short must be covered by stock.
"""

from __future__ import annotations

import numpy as np

from optmargin.core.contracts import Right
from optmargin.core.payoff import loss_profile
from optmargin.margin.choice import Pairing, PairingProblem


def payoff_of_all(problem: PairingProblem) -> Pairing:
    """Every option in its own expiry's group; calls that are net short there go with stock, the lowest strikes first.

    What stock can't cover is uncovered and of unknown requirement, since such a book permits no uncovered calls.
    """
    units = problem.short_units.astype(np.int64)
    with_stock = np.zeros(len(units), dtype=np.int64)
    activities = np.zeros(len(problem.activity_cost), dtype=np.int64)
    uncovered = np.zeros(len(units), dtype=np.int64)
    free = int(problem.stock_units)
    covered_call = {
        int(short): at
        for at, (short, long) in enumerate(zip(problem.activity_short, problem.activity_long, strict=True))
        if short >= 0 and long < 0 and problem.short_right[short] == Right.CALL
    }
    is_call = problem.short_right == Right.CALL
    long_calls = problem.long_right == Right.CALL
    expiries = np.unique(np.concatenate((problem.short_expiry, problem.long_expiry)))
    for expiry in expiries:
        here = np.flatnonzero(is_call & (problem.short_expiry == expiry))
        held = int(problem.long_units[long_calls & (problem.long_expiry == expiry)].sum())
        beyond = int(units[here].sum()) - held
        for at in here[np.argsort(problem.short_strike[here], kind="stable")]:
            if beyond <= 0:
                break
            count = min(beyond, int(units[at]))
            by_stock = min(count, free) if int(at) in covered_call else 0
            if by_stock:
                activities[covered_call[int(at)]] += by_stock
            with_stock[at], uncovered[at] = by_stock, count - by_stock
            free -= by_stock
            beyond -= count
    if len(activities):
        activities[0] += free
    covered = units - with_stock - uncovered
    count = int(expiries.max()) + 1 if len(expiries) else 0
    losses, settlements = np.zeros(count), np.full(count, np.nan)
    for expiry in expiries:
        short, long = problem.short_expiry == expiry, problem.long_expiry == expiry
        profile = loss_profile(
            np.concatenate((problem.short_right[short], problem.long_right[long])),
            np.concatenate((problem.short_strike[short], problem.long_strike[long])),
            np.concatenate((-covered[short], problem.long_units[long])) * problem.shares,
        )
        losses[expiry], settlements[expiry] = profile.worst, profile.worst_price
    total = float(losses.sum() + (activities * problem.activity_cost).sum())
    none = np.zeros(0, dtype=np.int64)
    return Pairing(
        total=total,
        bound=total,
        gap=0.0,
        proven=True,
        covered=covered,
        uncovered=uncovered,
        spared=np.zeros(len(units), dtype=np.int64),
        unknown_uncovered=uncovered,
        assigned_long=np.arange(len(problem.long_units)),
        assigned_expiry=problem.long_expiry.astype(np.int64),
        assigned_units=problem.long_units.astype(np.int64),
        activity_units=activities,
        group_loss=losses,
        group_settlement=settlements,
        pair_call=none,
        pair_put=none,
        pair_units=none,
        pair_spared=none,
    )
