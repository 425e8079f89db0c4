"""Customer portfolio margin by TIMS: class groups revalued at ten points, offsets, the minimum, and a broker's house layer.

The way in is :func:`optmargin.risk.portfolio.account.portfolio_margin`::

    found = portfolio_margin(account, as_of, market=Market(rate=0.04), house="ibkr", stress=Stress(range_factor=1.25))
    found.requirement        # USD beside the value of the positions: net liq less this is what the account may still do
    found.complete           # False where something is missing; then the requirement is NaN and ``findings`` say why
    found.classes[0].binds   # "loss at -8.00%", "minimum" or "nothing"
    found.grid()             # profit of every class (rows) at every point (columns), USD
    found.classes[0].lines   # leg by leg, each with its source; they add up to the class's requirement

What decides a figure, in the order in which it is looked for: the caller's argument, the table in force on the day
(``tims.toml``, ``house-ibkr.toml``), the market's own prices (forwards and rates by put-call parity), and last a documented
assumption, which is always a finding.
"""
