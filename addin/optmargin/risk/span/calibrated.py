"""Parameters made from published margins: risk arrays by Black-76 of exactly the contracts that a book holds.

Level "calibrated": the price scan ranges are what the published long and short margins amount to, the rest is the table's.
Level "reference": the outright margins of futures alone; options are refused by name.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.errors import ErrorCode, Finding, MarginError, Severity
from optmargin.core.money import plain
from optmargin.risk.pricing.black import DAYS_A_YEAR, black
from optmargin.risk.pricing.implied import Unimplied, implied_volatility
from optmargin.risk.span.arrays import LEAST_VOLATILITY, ScanRanges, composite_deltas, future_arrays, option_arrays
from optmargin.risk.span.held import HeldContracts, held_contracts
from optmargin.risk.span.model import (
    ANY_PERIOD,
    CombinedCommodity,
    Contracts,
    IntraSpread,
    Kind,
    Level,
    Origin,
    PerAccount,
    Product,
    SeriesTable,
    Side,
    SpanParameters,
    SpreadLeg,
    Tier,
    period,
)
from optmargin.risk.span.requirement import SpanRequirement, span_margin
from optmargin.risk.span.table import MarginRow, MarginTable, packaged_table
from optmargin.risk.span.terms import SpanTerms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optmargin.core.legs import LegTable

# Older margins than this are said to be old.
_A_MONTH = 31

FuturesPrices = Mapping[tuple[str, int], float]
"""Price of the future of a combined commodity's code and a contract month: ``{("ES", 202512): 6600.0}``."""


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """What the table makes of a book.

    Attributes:
        parameters: with the book's contracts and nothing else; their findings name the legs that have none.
        legs: the legs that have one; these are to be margined.
        house_multipliers: the table's broker's factors by code, where they aren't 1.
    """

    parameters: SpanParameters
    legs: LegTable
    house_multipliers: Mapping[str, float]

    def margin(self, terms: SpanTerms | None = None) -> SpanRequirement:
        """The requirement of the book; the terms' own factors go before the table's."""
        terms = terms or SpanTerms()
        return span_margin(
            self.parameters,
            self.legs,
            replace(terms, house_multipliers={**self.house_multipliers, **terms.house_multipliers}),
        )


def calibrate(
    legs: LegTable,
    as_of: dt.date,
    *,
    table: MarginTable | None = None,
    futures_prices: FuturesPrices | None = None,
    volatilities: NDArray[np.float64] | None = None,
    stress: float = 1.0,
    move: float = 0.0,
) -> Calibration:
    """Parameters of level "calibrated" for the contracts of a book.

    An option is taken to be on the future of the table's cycle that is the first to last until its expiry (for ES: the next of
    March, June, September, December). The price of that future is the one given, else that of a future of that month in the
    book, else the leg's own ``spot``. Volatilities are implied by the legs' prices where they aren't given. On the day of its
    expiry an option is worth its intrinsic value in every scenario.

    Args:
        legs: futures and options on them, of one account.
        as_of: the day of the prices; it picks the table's rows.
        table: published margins; the package's own where not given.
        futures_prices: prices of futures, points.
        volatilities: implied volatility of each leg, a fraction; NaN where its price shall tell.
        stress: factor on the price scan ranges; the arrays are made anew with it.
        move: move of all prices of the underlying, points; options are repriced at unchanged volatility.
    """
    table = table or packaged_table()
    if volatilities is not None and len(volatilities) != len(legs):
        problem = f"{len(volatilities)} volatilities are given for {len(legs)} legs"
        raise MarginError(ErrorCode.VALUE, problem, "give one per leg, NaN where its price shall tell")
    held, findings = held_contracts(legs, as_of, table, volatilities)
    commodities: dict[str, CombinedCommodity] = {}
    kept: list[int] = []
    for code, contracts in held.items():
        try:
            priced, margined, refused = _priced(contracts, as_of, futures_prices or {}, stress, move)
        except MarginError as error:
            findings.append(Finding(Severity.INCOMPLETE, error.problem, error.remedy, underlying=code))
            continue
        findings += refused
        commodities[code] = _assembled(margined, priced, stress)
        kept += [leg for members in margined.legs for leg in members]
    said = ["options are priced as European ones on the next future of the cycle"]
    said += [f"price scan ranges x {stress:g}"] * (stress != 1) + [f"prices moved by {move:g} points"] * (move != 0)
    return _calibration(Level.CALIBRATED, table, legs, held, commodities, kept, findings, as_of, "; ".join(said))


def outright(legs: LegTable, as_of: dt.date, *, table: MarginTable | None = None, stress: float = 1.0) -> Calibration:
    """Parameters of level "reference": each future at its outright margin, nothing offset across months, no options.

    Args:
        legs: futures of one account; an option among them is a finding, and the total incomplete.
        as_of: the day that picks the table's rows.
        table: published margins; the package's own where not given.
        stress: factor on the margins.
    """
    table = table or packaged_table()
    held, findings = held_contracts(legs, as_of, table)
    commodities: dict[str, CombinedCommodity] = {}
    kept: list[int] = []
    for code, contracts in held.items():
        for at in np.flatnonzero(~contracts.is_future).tolist():
            problem = f"level '{Level.REFERENCE}' knows the outright margin of futures, not of options"
            findings.append(contracts.refused(at, problem, "load a parameter file, or ask for the calibrated level"))
        futures = contracts.where(contracts.is_future)
        ranges = _ranges(contracts.row, stress)
        priced = _Priced(
            risk=future_arrays(ranges, futures.contracts.multiplier),
            delta=np.ones(len(futures.month)),
            price=futures.contracts.price,
            volatility=np.full(len(futures.month), np.nan),
            years=np.full(len(futures.month), np.nan),
            future=futures.contracts.price,
        )
        commodities[code] = replace(
            _assembled(futures, priced, stress), scans_by_tier=True, scan_tiers=(), intra_spreads=()
        )
        kept += [leg for members in futures.legs for leg in members]
    said = f"margins x {stress:g}" if stress != 1 else ""
    return _calibration(Level.REFERENCE, table, legs, held, commodities, kept, findings, as_of, said)


def _calibration(
    level: Level,
    table: MarginTable,
    legs: LegTable,
    held: Mapping[str, HeldContracts],
    commodities: Mapping[str, CombinedCommodity],
    kept: list[int],
    findings: list[Finding],
    as_of: dt.date,
    note: str,
) -> Calibration:
    rows = [held[code].row for code in commodities]
    origin = Origin(
        level,
        table.name,
        date=min((row.first_day for row in rows), default=None),
        cycle="published margins",
        layout="table",
        note=note,
    )
    findings = findings + [finding for row in rows for finding in _age(row, as_of)]
    return Calibration(
        SpanParameters(origin, commodities, findings=tuple(findings)),
        legs.where(np.array(sorted(kept), dtype=np.intp)),
        {row.code: row.house_multiplier for row in rows if row.house_multiplier != 1},
    )


def _age(row: MarginRow, as_of: dt.date) -> list[Finding]:
    """A warning where published margins are old."""
    days = (as_of - row.first_day).days
    if days <= _A_MONTH:
        return []
    return [
        Finding(
            Severity.WARNING,
            f"the margins of {row.code} in the table are of {row.first_day}, {days} days before {as_of}",
            "write today's long_margin and short_margin into a copy of the table",
            underlying=row.code,
        )
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Priced:
    """What arrays are made of, and they themselves; columns, one element per contract."""

    risk: NDArray[np.float64]
    delta: NDArray[np.float64]
    price: NDArray[np.float64]
    volatility: NDArray[np.float64]
    years: NDArray[np.float64]
    future: NDArray[np.float64]


def _ranges(row: MarginRow, stress: float) -> ScanRanges:
    """The scan ranges that a row's margins amount to, points."""
    ranges = ScanRanges(
        row.scan_up,
        row.scan_down,
        row.volatility_scan,
        row.volatility_scan_relative,
        row.extreme_multiplier,
        row.extreme_cover,
        row.lookahead_days / DAYS_A_YEAR,
    )
    return ranges.times(stress)


def _priced(
    held: HeldContracts, as_of: dt.date, futures_prices: FuturesPrices, stress: float, move: float
) -> tuple[_Priced, HeldContracts, list[Finding]]:
    """Arrays of all contracts that can be priced, those contracts, and a finding for each of the others."""
    row, contracts, is_future = held.row, held.contracts, held.is_future
    future = _futures(held, futures_prices)
    years = (contracts.expiry - np.datetime64(as_of, "D")).astype(np.float64) / DAYS_A_YEAR
    volatility, refused = _volatilities(held, future, years)
    good = is_future | ~np.isnan(volatility)
    if not is_future[good].all() and math.isnan(row.volatility_scan):
        problem = f"the volatility scan range of {row.code} isn't in the table"
        raise MarginError(ErrorCode.MISSING, problem, "write volatility_scan into the row")
    held, contracts, is_future = held.where(good), contracts.where(good), is_future[good]
    future, years, volatility = future[good], years[good], volatility[good]
    ranges, moved = _ranges(row, stress), future + move
    risk, delta = future_arrays(ranges, contracts.multiplier), np.ones(len(future))
    price = np.where(is_future, contracts.price + move, contracts.price)
    option = ~is_future
    if option.any():
        terms = (contracts.right[option], moved[option], contracts.strike[option], years[option], volatility[option])
        risk[option] = option_arrays(ranges, *terms, contracts.multiplier[option], row.rate)
        delta[option] = composite_deltas(ranges, *terms, row.rate)
        if move:
            discount = np.exp(-row.rate * years[option])
            before = black(terms[0], future[option], *terms[2:], discount)
            price[option] = np.maximum(price[option] + black(*terms, discount) - before, 0.0)
    return _Priced(np.rint(risk), delta, price, volatility, years, moved), held, refused


# Rows of one file may be some seconds apart; more than a thousandth isn't one moment's market.
_SAME_PRICE = 0.001


def _futures(held: HeldContracts, given: FuturesPrices) -> NDArray[np.float64]:
    """Price of each contract's future, points: as given, else of a future of that month in the book, else the leg's spot."""
    contracts, is_future = held.contracts, held.is_future
    found = np.where(is_future, contracts.price, contracts.spot)
    for month in np.unique(held.month).tolist():
        here = held.month == month
        prices = contracts.price[here & is_future & ~np.isnan(contracts.price)]
        if (held.row.code, month) in given:
            found[here] = given[held.row.code, month]
        elif len(prices):
            found[here & ~is_future] = np.sort(prices).mean()
        else:
            _must_agree(found[here], month)
    return found


def _must_agree(prices: NDArray[np.float64], month: int) -> None:
    """Refuses options on one future whose rows state different prices of it: their losses would be of different markets."""
    known = prices[~np.isnan(prices)]
    if len(known) and known.max() - known.min() > _SAME_PRICE * abs(known.max()):
        problem = f"the positions state different prices of their future of {month // 100}-{month % 100:02d}"
        problem += f": {plain(float(known.min()))} and {plain(float(known.max()))}"
        raise MarginError(ErrorCode.VALUE, problem, "state one price, or give it (--spot ES=PRICE)")


def _volatilities(
    held: HeldContracts, future: NDArray[np.float64], years: NDArray[np.float64]
) -> tuple[NDArray[np.float64], list[Finding]]:
    """Implied volatility of each option, NaN where there is none; and a finding for each of those."""
    contracts, option = held.contracts, ~held.is_future
    implied = implied_volatility(
        contracts.right, contracts.price, future, contracts.strike, years, np.exp(-held.row.rate * years)
    )
    volatility = np.where(np.isnan(held.volatility), implied.volatility, held.volatility)
    # on its last day an option is its intrinsic value, whatever its price says of volatility
    volatility = np.where(years == 0, LEAST_VOLATILITY, volatility)
    volatility[option & ~(future > 0)] = np.nan
    refused = []
    for at in np.flatnonzero(option & ~(volatility > 0)).tolist():
        volatility[at] = np.nan
        if not future[at] > 0:
            month = int(held.month[at])
            problem = f"the price of its future, {month // 100}-{month % 100:02d}, isn't known"
            refused.append(held.refused(at, problem, "give it, or a spot with the position (--spot ES=PRICE)"))
        else:
            problem = Unimplied(int(implied.reason[at])).sentence or "its volatility isn't above zero"
            refused.append(held.refused(at, problem, "check its price and that of the future, or give a volatility"))
    return volatility, refused


def _assembled(held: HeldContracts, priced: _Priced, stress: float) -> CombinedCommodity:
    """The combined commodity of contracts with their arrays."""
    row, contracts = held.row, held.contracts
    products, series, place = _series(held, priced, stress)
    calendar = IntraSpread(1, row.calendar_rate, (SpreadLeg(Side.A, tier=1), SpreadLeg(Side.B, tier=1)))
    return CombinedCommodity(
        code=row.code,
        name=row.name,
        exchange=row.exchange,
        currency=row.currency,
        products=products,
        series=series,
        contracts=Contracts(
            series=place,
            right=contracts.right,
            strike=np.where(held.is_future, np.nan, contracts.strike),
            risk=priced.risk,
            delta=priced.delta,
            price=priced.price,
            volatility=priced.volatility,
        ),
        intra_tiers=(Tier(1, 0, ANY_PERIOD, name="all months"),),
        intra_spreads=(calendar,),
        minimum_rate=row.minimum_rate,
        minimum_method=row.minimum_method,
        scales_minimum=row.minimum_scaled,
        initial_ratio=PerAccount(speculator=row.initial_ratio),
    )


def _series(
    held: HeldContracts, priced: _Priced, stress: float
) -> tuple[tuple[Product, ...], SeriesTable, NDArray[np.int64]]:
    """Products and series of contracts, and the series of each."""
    row, contracts, is_future = held.row, held.contracts, held.is_future
    kinds = [(root, bool(future)) for root, future in zip(contracts.root.tolist(), is_future.tolist(), strict=True)]
    codes = sorted(set(kinds), key=lambda each: (not each[1], each[0]))
    products = tuple(
        Product(
            exchange=row.exchange,
            code=root,
            kind=Kind.FUTURE if future else Kind.OPTION_ON_FUTURE,
            currency=row.currency,
            premium_style=not future,
        )
        for root, future in codes
    )
    number = np.array([codes.index(kind) for kind in kinds], dtype=np.int64)
    days = contracts.expiry.astype(np.int64)
    _, first, place = np.unique(np.stack([number, days], axis=1), axis=0, return_index=True, return_inverse=True)
    expiries = [contracts.expiry[at].astype(object) for at in first.tolist()]
    multiplier = contracts.multiplier[first]
    option_periods = [
        0 if is_future[at] else period(day.year * 100 + day.month, f"{day.day:02d}")
        for at, day in zip(first.tolist(), expiries, strict=True)
    ]
    series = SeriesTable.of(
        product=number[first],
        period=[period(month) for month in held.month[first].tolist()],
        option_period=option_periods,
        expiry=contracts.expiry[first],
        delta_scaling=multiplier / row.value_factor,
        value_factor=multiplier,
        scan_up=row.scan_up * multiplier * stress,
        scan_down=row.scan_down * multiplier * stress,
        volatility_scan=np.full(len(first), row.volatility_scan),
        volatility_scan_relative=np.full(len(first), row.volatility_scan_relative),
        extreme_multiplier=np.full(len(first), row.extreme_multiplier),
        extreme_cover=np.full(len(first), row.extreme_cover),
        years=priced.years[first],
        lookahead=np.full(len(first), row.lookahead_days / DAYS_A_YEAR),
        rate=np.full(len(first), row.rate),
        underlying_price=priced.future[first],
    )
    return products, series, place.reshape(-1).astype(np.int64)
