"""How long prices, implied volatilities and portfolio margin take: ``python tests/benchmarks/bench_pricing.py``. Asserts nothing.

With vollib installed beside optmargin, in a scratch environment, implied volatilities are compared with it, in time and in figures.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from importlib.util import find_spec

import numpy as np
from beside import HEADER, faster, medians, seconds, slower
from scipy.special import ndtr

from optmargin.core.contracts import AssetClass, Right, Settlement, Style
from optmargin.core.legs import Leg, LegTable
from optmargin.risk.portfolio.account import portfolio_margin
from optmargin.risk.pricing.american import american
from optmargin.risk.pricing.black import black, black_scholes
from optmargin.risk.pricing.implied import Unimplied, american_implied_volatility, implied_volatility

OPTIONS = 100_000
WITH_VOLLIB = 2_000  # options; one at a time is slow
LEGS = 1_000
LEGS_WITHIN = 0.050  # seconds
DAY = dt.date(2026, 1, 5)
DAYS = (4, 11, 18, 32, 46, 74, 165, 347)


def chain(count: int) -> tuple[np.ndarray, ...]:
    """Random options around a forward of 100: right, forward, strike, time, volatility, discount."""
    random = np.random.default_rng(1)
    right = random.integers(1, 3, count).astype(np.int8)
    time, volatility = random.uniform(0.01, 2, count), random.uniform(0.08, 0.8, count)
    strike = 100 * np.exp(random.normal(size=count) * volatility * np.sqrt(time))
    return right, np.full(count, 100.0), strike, time, volatility, np.exp(-0.04 * time)


def prices() -> None:
    """100,000 prices against the formula in bare numpy: nothing checked, no edge looked after."""
    right, forward, strike, time, volatility, discount = chain(OPTIONS)
    is_call = right == 1

    def bare() -> np.ndarray:
        deviation = volatility * np.sqrt(time)
        ahead = np.log(forward / strike) / deviation + 0.5 * deviation
        call = discount * (forward * ndtr(ahead) - strike * ndtr(ahead - deviation))
        return np.where(is_call, call, call - discount * (forward - strike))

    ours = black(right, forward, strike, time, volatility, discount)
    print(f"{'largest difference from the bare formula':58} {np.abs(ours - bare()).max():11.1e}")
    taken = medians(
        {"ours": lambda: black(right, forward, strike, time, volatility, discount), "bare": bare}, repeat=31
    )
    slower("100,000 calls and puts / bare numpy", taken["ours"], taken["bare"], 2.0)
    few = 10_000
    terms = (right[:few], forward[:few], strike[:few], time[:few], volatility[:few], 0.04, 0.01)
    exercised = medians({"fine": lambda: american(*terms), "quick": lambda: american(*terms, quick=True)}, repeat=5)
    slower("10,000 American prices / as many European", exercised["fine"], taken["ours"] * few / OPTIONS)
    slower("10,000 American prices, quick / as many European", exercised["quick"], taken["ours"] * few / OPTIONS)


def volatilities() -> None:
    """Implied volatilities of a whole chain, beside vollib one at a time."""
    right, forward, strike, time, volatility, discount = chain(OPTIONS)
    market = black(right, forward, strike, time, volatility, discount)
    found = implied_volatility(right, market, forward, strike, time, discount)
    told = found.reason == Unimplied.DETERMINED
    error = np.abs(found.volatility - volatility)[told].max()
    print(f"{'volatilities told of 100,000, and the largest error':58} {told.sum():11,} {error:11.1e}")
    taken = medians({"ours": lambda: implied_volatility(right, market, forward, strike, time, discount)}, repeat=15)
    few = 5_000
    spot_price = american(right[:few], 100.0, strike[:few], time[:few], volatility[:few], 0.04, 0.01)
    terms = (right[:few], spot_price, 100.0, strike[:few], time[:few], 0.04, 0.01)
    exercised = medians({"ours": lambda: american_implied_volatility(*terms)}, repeat=3)["ours"]
    slower("5,000 American volatilities / as many European", exercised, taken["ours"] * few / OPTIONS)
    if find_spec("vollib") is None:
        print(
            f"{'100,000 volatilities':58} {seconds(taken['ours']):>11}   vollib isn't installed, so it isn't compared"
        )
        return
    from vollib.black.implied_volatility import implied_volatility as vollib_implied

    flags = np.where(right == 1, "c", "p")
    rate = -np.log(discount) / time
    picked = np.flatnonzero(told)[:WITH_VOLLIB]

    def theirs() -> list[float]:
        return [
            vollib_implied(market[at], forward[at], strike[at], rate[at], time[at], flags[at]) for at in picked.tolist()
        ]

    answers = np.array(theirs())
    print(f"{'largest difference from vollib':58} {np.nanmax(np.abs(answers - found.volatility[picked])):11.1e}")
    theirs_taken = medians({"theirs": theirs}, repeat=3)["theirs"] * OPTIONS / len(picked)
    faster("100,000 implied volatilities beside vollib", taken["ours"], theirs_taken, 1.0)


def legs(*, european: bool, underlyings: int) -> LegTable:
    """1,000 options on some underlyings, eight expiries each, with prices rounded to the cent."""
    random = np.random.default_rng(2)
    spot = 6000.0 if european else 100.0
    kind = {
        True: {"asset_class": AssetClass.BROAD_INDEX, "style": Style.EUROPEAN, "cash_settled": True},
        False: {"asset_class": AssetClass.EQUITY, "style": Style.AMERICAN},
    }[european]
    rows = [
        Leg(
            underlying="SPX" if european else f"X{number % underlyings}",
            right=Right.CALL if number % 2 else Right.PUT,
            quantity=float(random.integers(1, 9) * (-1) ** int(random.integers(2))),
            strike=float(round(spot * math.exp(random.normal() * 0.1) / (spot / 200)) * spot / 200),
            expiry=DAY + dt.timedelta(days=int(random.choice(DAYS))),
            spot=spot,
            settlement=Settlement.PM,
            **kind,
        )
        for number in range(LEGS)
    ]
    table = LegTable.of(rows)
    time = (table.expiry - np.datetime64(DAY, "D")).astype(int) / 365
    price = black_scholes if european else american
    worth = price(table.right, table.spot, table.strike, time, 0.25, 0.04, 0.01)
    return dataclasses.replace(table, price=np.maximum(np.round(worth, 2), 0.01))


def portfolio() -> None:
    """1,000 legs under TIMS: forwards from parity, volatilities from prices, ten points, lines left out."""
    for name, table in {
        "1,000 SPX legs under TIMS / 50 ms": legs(european=True, underlyings=1),
        "1,000 American legs on one share / 50 ms": legs(european=False, underlyings=1),
        "1,000 American legs on 50 shares / 50 ms": legs(european=False, underlyings=50),
    }.items():
        taken = medians({"ours": lambda table=table: portfolio_margin(table, DAY)}, repeat=15)
        slower(name, taken["ours"], LEGS_WITHIN, 1.0)


def main() -> None:
    """All figures of pricing and portfolio margin."""
    print(HEADER)
    prices()
    volatilities()
    portfolio()


if __name__ == "__main__":
    main()
