"""What each expiry is carried at: time, rate and forward, from put-call parity where a call and a put share a strike.

A forward is taken from the first of: what the caller gave for the expiry; the dividend yield that the caller gave for the
underlying; put-call parity; the dividend yield of the expiry of the underlying that is nearest in proportion; the spot at
the rate, without dividends. The last two are said in a finding. Options on a future are carried at nothing: it is the forward.
"""

from __future__ import annotations

import datetime as dt
import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import AssetClass, Right, Settlement, Style
from optmargin.core.errors import Finding, Severity
from optmargin.core.money import per_share
from optmargin.risk.pricing.black import DAYS_A_YEAR
from optmargin.risk.pricing.parity import Chain, ImpliedForward, implied_forwards, implied_rate, pair_up
from optmargin.risk.pricing.rates import policy_rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optmargin.core.legs import LegTable

_MORNING = 6.5 / 24.0  # days from a morning settlement at 9:30 to the close at 16:00, New York
_PAIRS_AGREE = 0.005  # of the spot; pairs whose forwards lie further apart are worth a look
_STRANGE_CARRY = (0.02, 0.15)  # a forward further from the spot at the rate than 2 % and 15 % a year is worth a look
_FARTHEST = 3.0  # times its own time, up to which an expiry's yield is used for a later one: its cents grow by as much


@dataclass(frozen=True, slots=True)
class Market:
    """What the caller knows of the market beside the legs; all of it may be left out.

    Attributes:
        rate: a year, continuously compounded, as a fraction; None takes it from parity where prices tell it, else from the
            table of the Federal Reserve's targets.
        dividend_yield: a year, as a fraction: one for every underlying, or by underlying; goes before parity.
        forwards: forward prices by underlying and expiry, USD per share; go before everything.
        quotes: options that aren't held, with their prices: they serve parity, and their volatility serves a held option of
            the same strike whose own price tells none. Legs with quantity zero do the same.
    """

    rate: float | None = None
    dividend_yield: float | Mapping[str, float] | None = None
    forwards: Mapping[tuple[str, dt.date], float] = field(default_factory=dict)
    quotes: LegTable | None = None

    def yield_of(self, underlying: str) -> float | None:
        """The dividend yield that was given for an underlying."""
        if isinstance(self.dividend_yield, Mapping):
            return self.dividend_yield.get(underlying)
        return self.dividend_yield


class CarrySource(StrEnum):
    """Where a forward comes from."""

    GIVEN = "given"
    YIELD = "given dividend yield"
    PARITY = "put-call parity"
    NEAREST = "nearest expiry"
    NO_DIVIDEND = "no dividend assumed"
    FUTURE = "the future itself"
    SETTLES = "settlement on the day"
    MISSING = "no spot"


@dataclass(frozen=True, slots=True)
class Series:
    """Options that share an expiry and everything that decides their forward."""

    underlying: str
    root: str
    expiry: dt.date
    settlement: Settlement
    style: Style
    is_future: bool


@dataclass(frozen=True, slots=True)
class Carry:
    """What a series is carried at.

    Attributes:
        series: the options.
        spot: of the underlying, USD per share; NaN where it is missing.
        time: years to settlement, zero on the day itself.
        rate: a year, continuously compounded, as a fraction.
        forward: USD per share; NaN where the spot is missing.
        source: where the forward comes from.
        pairs: what parity said; None where it said nothing or wasn't asked.
    """

    series: Series
    spot: float
    time: float
    rate: float
    forward: float
    source: CarrySource
    pairs: ImpliedForward | None = None

    @property
    def discount(self) -> float:
        """What one dollar at settlement is worth today."""
        return math.exp(-self.rate * self.time)

    @property
    def dividend_yield(self) -> float:
        """The continuous yield that takes the spot to the forward, a year; zero on the day of settlement."""
        return self.rate - math.log(self.forward / self.spot) / self.time if self.time > 0 else 0.0

    @property
    def working(self) -> str:
        """In words: ``2007-04-20: forward 1,458.92 by put-call parity at 1450, discounted at 5.25 %``."""
        strikes = f" at {', '.join(f'{each:.10g}' for each in self.pairs.strikes)}" if self.pairs else ""
        by = f"{self.source}{strikes if self.source is CarrySource.PARITY else ''}"
        return f"{self.series.expiry}: forward {per_share(self.forward)} by {by}, discounted at {self.rate:.3%}"


def years_to(expiry: dt.date, settlement: Settlement, as_of: dt.date) -> float:
    """Years from the close of a day to a settlement, ACT/365; zero where it is past."""
    days = (expiry - as_of).days - (_MORNING if settlement is Settlement.AM else 0.0)
    return max(days, 0.0) / DAYS_A_YEAR


def series_of(legs: LegTable) -> tuple[list[Series], NDArray[np.intp]]:
    """The series in a table of options, and which of them each leg belongs to."""
    days = legs.expiry.astype(object)
    keys = list(zip(legs.underlying, legs.root, days, legs.settlement, legs.style, legs.asset_class, strict=True))
    numbers: dict[tuple[str, str, dt.date, Settlement, Style, AssetClass], int] = {}
    which = np.fromiter((numbers.setdefault(key, len(numbers)) for key in keys), dtype=np.intp, count=len(keys))
    found = [
        Series(underlying, root, day, settlement, style, kind is AssetClass.FUTURE)
        for underlying, root, day, settlement, style, kind in numbers
    ]
    return found, which


def carries(legs: LegTable, spots: NDArray[np.float64], market: Market, as_of: dt.date) -> tuple[list[Carry], NDArray[np.intp], list[Finding]]:  # fmt: skip
    """What each series of a table of options is carried at, which of them each leg belongs to, and what was assumed.

    Args:
        legs: options, held or quoted.
        spots: price of the underlying of each, USD per share, NaN where it is missing, shape (n,).
        market: what the caller knows.
        as_of: the day.
    """
    series, which = series_of(legs)
    notes = _Notes(as_of)
    rows: list[list[int]] = [[] for _ in series]
    for at, number in enumerate(which.tolist()):
        rows[number].append(at)
    chains = []
    for each, mine in zip(series, rows, strict=True):
        known = [spot for spot in spots[mine].tolist() if not math.isnan(spot)]
        spot = statistics.median(known) if known else math.nan
        time = years_to(each.expiry, each.settlement, as_of)
        pairs = pair_up(legs.right[mine].tolist(), legs.strike[mine].tolist(), legs.price[mine].tolist())
        american_style = each.style is Style.AMERICAN
        rate = market.rate
        if rate is None and not american_style and not each.is_future:
            rate = implied_rate(pairs, time=time)
        chains.append(Chain(pairs, spot, time, notes.default_rate() if rate is None else rate, american_style))
    found = [_known(each, chain, market) for each, chain in zip(series, chains, strict=True)]
    asked = [number for number, carry in enumerate(found) if carry is None]
    for number, implied in zip(asked, implied_forwards([chains[number] for number in asked]), strict=True):
        if implied is not None:
            chain = chains[number]
            found[number] = Carry(
                series[number], chain.spot, chain.time, chain.rate, implied.forward, CarrySource.PARITY, implied
            )
    by_underlying: dict[str, list[Carry]] = defaultdict(list)
    for carry in found:
        if carry is not None and carry.source in {CarrySource.PARITY, CarrySource.GIVEN}:
            by_underlying[carry.series.underlying].append(carry)
            notes.look_at(carry)
    settled = [
        carry or _from_others(each, chain, by_underlying[each.underlying], notes)
        for carry, each, chain in zip(found, series, chains, strict=True)
    ]
    return settled, which, notes.findings()


def _known(series: Series, chain: Chain, market: Market) -> Carry | None:
    """The carry of a series that needs no prices of options; None where only they can say it."""
    spot, time, rate = chain.spot, chain.time, chain.rate
    if math.isnan(spot):
        return Carry(series, spot, time, rate, spot, CarrySource.MISSING)
    if time == 0:
        return Carry(series, spot, time, rate, spot, CarrySource.SETTLES)
    if series.is_future:
        return Carry(series, spot, time, rate, spot, CarrySource.FUTURE)
    given = market.forwards.get((series.underlying, series.expiry))
    if given is not None:
        return Carry(series, spot, time, rate, given, CarrySource.GIVEN)
    dividend_yield = market.yield_of(series.underlying)
    if dividend_yield is not None:
        return Carry(series, spot, time, rate, spot * math.exp((rate - dividend_yield) * time), CarrySource.YIELD)
    return None


def _from_others(series: Series, chain: Chain, others: Sequence[Carry], notes: _Notes) -> Carry:
    """The carry of a series by the yield of another expiry of its underlying, else without dividends."""
    spot, time, rate = chain.spot, chain.time, chain.rate
    able = [each for each in others if each.time * _FARTHEST >= time]
    if able:
        nearest = min(able, key=lambda each: abs(math.log(each.time / time)))
        forward = spot * math.exp((rate - nearest.dividend_yield) * time)
        notes.nearest[series.underlying].append(series.expiry)
        return Carry(series, spot, time, rate, forward, CarrySource.NEAREST)
    notes.no_dividend[series.underlying].append(series.expiry)
    return Carry(series, spot, time, rate, spot * math.exp(rate * time), CarrySource.NO_DIVIDEND)


class _Notes:
    """What was assumed, gathered so that one sentence serves many expiries."""

    def __init__(self, as_of: dt.date) -> None:
        self.as_of = as_of
        self.nearest: dict[str, list[dt.date]] = defaultdict(list)
        self.no_dividend: dict[str, list[dt.date]] = defaultdict(list)
        self.others: list[Finding] = []
        self.rate: float | None = None

    def default_rate(self) -> float:
        """The rate of the day from the table, said once."""
        if self.rate is not None:
            return self.rate
        row = policy_rate(self.as_of)
        self.rate = row.rate
        problem = f"no rate was given: {row.rate:.3%} is taken, the target of {row.first_day} [{row.source.cite}]"
        self.others.append(Finding(Severity.NOTE, problem, "give the rate where it matters"))
        return row.rate

    def look_at(self, carry: Carry) -> None:
        """Warns where the prices of a series imply a forward that is hard to believe."""
        pairs, series = carry.pairs, carry.series
        if pairs is None:
            return
        problem = ""
        fixed, yearly = _STRANGE_CARRY
        away = abs(math.log(carry.forward / carry.spot) - carry.rate * carry.time)
        if away > fixed + yearly * carry.time:
            problem = f"imply a forward of {per_share(carry.forward)} against a spot of {per_share(carry.spot)}"
        elif pairs.highest - pairs.lowest > _PAIRS_AGREE * carry.spot:
            problem = f"imply forwards from {per_share(pairs.lowest)} to {per_share(pairs.highest)}"
        if problem:
            said = f"{series.underlying} {series.expiry}: calls and puts of the same strike {problem}"
            remedy = "check their prices and the spot, or give the forward"
            self.others.append(
                Finding(Severity.WARNING, said, remedy, underlying=series.underlying, expiry=series.expiry)
            )

    def findings(self) -> list[Finding]:
        found = list(self.others)
        for underlying, days in self.nearest.items():
            problem = f"{underlying} {_days(days)}: no call and put of one strike have prices: its dividend yield is taken from another expiry"
            found.append(
                Finding(Severity.NOTE, problem, "give quotes for a pair, or the forward", underlying=underlying)
            )
        for underlying, days in self.no_dividend.items():
            problem = (
                f"{underlying} {_days(days)}: no forward can be implied, for no call and put of one strike have prices; "
                "no dividend is assumed, which may be far off"
            )
            remedy = "give quotes for a pair, the forward, or the dividend yield"
            found.append(Finding(Severity.WARNING, problem, remedy, underlying=underlying))
        return found


def _days(days: Sequence[dt.date]) -> str:
    listed = sorted(set(days))
    shown = ", ".join(str(day) for day in listed[:3])
    return shown if len(listed) <= 3 else f"{shown} and {len(listed) - 3} more"


def is_option(legs: LegTable) -> NDArray[np.bool_]:
    """Which legs are options."""
    chosen: NDArray[np.bool_] = (legs.right == Right.CALL) | (legs.right == Right.PUT)
    return chosen
