"""Option pricing on whole columns: Black, American exercise, implied volatility, and the forward that prices imply.

- :mod:`~optmargin.risk.pricing.black`: ``black`` on a forward, ``black_scholes`` on a spot, deltas and vega.
- :mod:`~optmargin.risk.pricing.american`: ``american`` on a spot; on a future with the rate as dividend yield.
- :mod:`~optmargin.risk.pricing.implied`: ``implied_volatility``, ``american_implied_volatility``; NaN with a reason
  (``Unimplied(...).sentence``) where the price doesn't tell.
- :mod:`~optmargin.risk.pricing.parity`: ``implied_forwards`` and ``implied_rate`` from calls and puts of one strike.
- :mod:`~optmargin.risk.pricing.rates`: ``policy_rate`` of a day, where nothing else says a rate.

Times are years (:data:`~optmargin.risk.pricing.black.DAYS_A_YEAR` days), rates and volatilities fractions a year, prices USD
per share; NaN where there is no price, never zero.
"""
