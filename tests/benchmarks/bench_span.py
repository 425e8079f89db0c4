"""What 1,000 legs cost under SPAN with parameters at hand: ``python tests/benchmarks/bench_span.py``. Asserts no time."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from beside import HEADER, medians, seconds, slower

from optmargin.core.contracts import AssetClass, Right
from optmargin.core.legs import Leg, LegTable
from optmargin.risk.span.arrays import ScanRanges, composite_deltas, option_arrays
from optmargin.risk.span.calibrated import calibrate
from optmargin.risk.span.find import find
from optmargin.risk.span.model import (
    CombinedCommodity,
    Contracts,
    IntraSpread,
    Kind,
    Level,
    Origin,
    Product,
    SeriesTable,
    Side,
    SpanParameters,
    SpreadLeg,
    period,
)
from optmargin.risk.span.requirement import span_margin

LEGS = 1_000
DAY = dt.date(2025, 9, 12)
EXPIRIES, STRIKES, FORWARD = 50, 400, 6600.0


def parameters() -> SpanParameters:
    """An invented file: one combined commodity with 50 weekly expiries of 400 strikes, 40,000 options in all."""
    days = np.arange(1, EXPIRIES + 1) * 7
    months = [202512 if day < 98 else 202603 if day < 189 else 202606 for day in days.tolist()]
    expiries = [DAY + dt.timedelta(days=day) for day in days.tolist()]
    series = np.repeat(np.arange(EXPIRIES), STRIKES * 2)
    strike = np.tile(np.repeat(FORWARD + 5.0 * (np.arange(STRIKES) - STRIKES // 2), 2), EXPIRIES)
    right = np.tile(np.array([Right.CALL, Right.PUT], dtype=np.int8), STRIKES * EXPIRIES)
    columns = (
        right,
        np.full(len(strike), FORWARD),
        strike,
        np.repeat(days / 365, STRIKES * 2),
        np.full(len(strike), 0.15),
    )
    ranges = ScanRanges(401.02, 418.72, 0.35)
    table = SeriesTable.of(
        product=np.zeros(EXPIRIES, dtype=np.int64),
        period=[period(month) for month in months],
        option_period=[period(day.year * 100 + day.month, f"{day.day:02d}") for day in expiries],
        value_factor=np.full(EXPIRIES, 50.0),
        expiry=np.array(expiries, dtype="datetime64[D]"),
    )
    contracts = Contracts(
        series=series,
        right=right,
        strike=strike,
        risk=np.rint(option_arrays(ranges, *columns, np.full(len(strike), 50.0))),
        delta=composite_deltas(ranges, *columns),
        price=np.full(len(strike), 10.0),
        volatility=columns[4],
    )
    commodity = CombinedCommodity(
        code="QQ",
        products=(Product("INV", "QQW", Kind.OPTION_ON_FUTURE, premium_style=True, value_factor=50.0),),
        series=table,
        contracts=contracts,
        intra_spreads=(IntraSpread(1, 400.0, (SpreadLeg(Side.A, tier=1), SpreadLeg(Side.B, tier=1))),),
        minimum_rate=50.0,
    )
    return SpanParameters(Origin(Level.EXACT, "invented.spn"), {"QQ": commodity})


def book(loaded: SpanParameters) -> list[Leg]:
    """1,000 legs of different contracts."""
    random = np.random.default_rng(0)
    commodity = loaded.commodities["QQ"]
    legs = []
    for row in random.choice(len(commodity.contracts), LEGS, replace=False).tolist():
        at = int(commodity.contracts.series[row])
        legs.append(
            Leg(
                underlying="QQ",
                root="QQW",
                right=Right(int(commodity.contracts.right[row])),
                strike=float(commodity.contracts.strike[row]),
                expiry=commodity.series.expiry[at].astype(object),
                quantity=float(random.integers(1, 10) * random.choice([-1, 1])),
                price=10.0,
                multiplier=50.0,
                asset_class=AssetClass.FUTURE,
            )
        )
    return legs


def main() -> None:
    """All figures."""
    loaded = parameters()
    legs = LegTable.of(book(loaded))
    (holding,) = find(loaded, legs).holdings
    risk, rows, quantity = loaded.commodities["QQ"].contracts.risk, holding.rows, holding.quantity
    found = span_margin(loaded, legs)
    print(f"{found.complete=} {found.total.maintenance=:,.0f}, contracts in the file: {len(risk):,}")
    es = [
        Leg("ES", Right.PUT if at % 2 else Right.CALL, -1.0, 6400.0 + at, DAY + dt.timedelta(days=17), 12.0 + at / 7 if at % 2 else 240.0 - at / 2,
            50.0, FORWARD, AssetClass.FUTURE, root="EW")
        for at in range(400)
    ]  # fmt: skip
    calls = {
        "margin": lambda: span_margin(loaded, legs),
        "find": lambda: find(loaded, legs),
        "matrix": lambda: quantity @ risk[rows],
        "calibrate": lambda: calibrate(LegTable.of(es), DAY),
    }
    taken = medians(calls, repeat=31)
    print(HEADER)
    slower("1,000 legs under SPAN / the bare matrix product", taken["margin"], taken["matrix"])
    slower("... of which finding the contracts", taken["find"], taken["matrix"])
    print(f"1,000 legs, parameters at hand: {seconds(taken['margin'])}, target 10 ms: {taken['margin'] <= 0.010}")
    print(f"arrays of 400 options made from the table of published margins: {seconds(taken['calibrate'])}")


if __name__ == "__main__":
    main()
