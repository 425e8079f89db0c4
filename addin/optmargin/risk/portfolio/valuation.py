"""What legs are worth at moved prices: each at the volatility that its own price implies, with time, rate and yield held fixed.

American options are priced with early exercise, European ones by Black on their forward, which moves in the same proportion as
the spot. Shares and futures move with their price. TIMS holds implied volatilities fixed and lets no time pass.

Where a leg's own price tells no volatility (it holds no time value), that of the other option of its strike and expiry serves;
where that tells none either, the leg is valued without volatility, and a finding says so. No volatility is made up.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import AssetClass, Right, Style
from optmargin.core.errors import Finding, Severity
from optmargin.core.legs import LegTable
from optmargin.risk.portfolio.carry import Carry, CarrySource, Market, carries, is_option
from optmargin.risk.pricing.american import american
from optmargin.risk.pricing.black import black
from optmargin.risk.pricing.implied import Unimplied, american_implied_volatility, implied_volatility

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Column = NDArray[np.float64]

_NAMES_SHOWN = 4
_LEAST_LEFT = 1e-9  # of a price, however far it falls: none falls through zero
_SPOTS_AGREE = 0.002  # of the spot; further apart, the spots of one underlying are worth a look


class VolatilityFrom(IntEnum):
    """Where the volatility of a leg comes from."""

    NOT_NEEDED = 0  # shares, futures, options that settle on the day
    OWN_PRICE = 1
    OTHER_SIDE = 2  # the call of the same strike for a put, and the other way round
    NONE = 3  # valued without
    UNKNOWN = 4  # not valued


@dataclass(frozen=True, slots=True, eq=False)
class Valued:
    """Legs with what is needed to value them at any price of the underlying; columns of shape (n,), in the order of the legs.

    Attributes:
        legs: the legs.
        spot: of the underlying, USD per share; of shares and futures their own price.
        time: years to settlement; NaN for shares and futures.
        forward, discount, rate, dividend_yield: what the option's series is carried at; NaN for shares and futures.
        volatility: a year; zero where the leg is valued without, NaN where it isn't an option.
        volatility_from: the numbers of :class:`VolatilityFrom`.
        known: False for legs that can't be valued: a finding says why.
        carries: what each series of options is carried at.
    """

    legs: LegTable
    spot: Column
    time: Column
    forward: Column
    discount: Column
    rate: Column
    dividend_yield: Column
    volatility: Column
    volatility_from: NDArray[np.int8]
    known: NDArray[np.bool_]
    carries: tuple[Carry, ...]

    @property
    def shares(self) -> Column:
        """Signed shares (or USD per point) of each leg: quantity times multiplier."""
        return self.legs.quantity * self.legs.multiplier

    def base(self) -> Column:
        """What each leg is worth before any move, USD per share: its market price; NaN for legs that aren't known.

        A leg without a volatility of its own starts from what it is valued at, so that the difference between that and its
        price is no gain and no loss.
        """
        price = np.where(self.known, np.where(is_option(self.legs), self.legs.price, self.spot), np.nan)
        modelled = (self.volatility_from == VolatilityFrom.OTHER_SIDE) | (self.volatility_from == VolatilityFrom.NONE)
        at = np.flatnonzero(modelled & self.known)
        price[at] = self.values(np.zeros((len(at), 1)), at)[:, 0]
        return price

    def values(
        self, moves: Column, at: NDArray[np.intp] | None = None, volatility_factor: float = 1.0
    ) -> NDArray[np.float64]:
        """What legs are worth after moves of their underlyings, USD per share, shape (n, k); NaN for legs that aren't known.

        Args:
            moves: of each leg's underlying, as fractions of its price, shape (n, k).
            at: which legs; None values all.
            volatility_factor: multiplies every volatility; TIMS leaves them as they are.
        """
        rows = np.arange(len(self.legs)) if at is None else at
        moved = np.maximum(1.0 + moves, _LEAST_LEFT)
        result = self.spot[rows, np.newaxis] * moved
        option = is_option(self.legs)[rows]
        european = np.array([style is Style.EUROPEAN for style in self.legs.style[rows]], dtype=np.bool_)
        for chosen, is_european in ((option & european, True), (option & ~european, False)):
            mine = rows[chosen]
            if not len(mine):
                continue
            right, strike = self.legs.right[mine, np.newaxis], self.legs.strike[mine, np.newaxis]
            time = self.time[mine, np.newaxis]
            volatility = self.volatility[mine, np.newaxis] * max(volatility_factor, 0.0)
            if is_european:
                forward = self.forward[mine, np.newaxis] * moved[chosen]
                result[chosen] = black(right, forward, strike, time, volatility, self.discount[mine, np.newaxis])
            else:
                rate, dividend_yield = self.rate[mine, np.newaxis], self.dividend_yield[mine, np.newaxis]
                spot = self.spot[mine, np.newaxis] * moved[chosen]
                result[chosen] = american(right, spot, strike, time, volatility, rate, dividend_yield, quick=True)
        result[~self.known[rows]] = np.nan
        return result


def value_legs(legs: LegTable, as_of: dt.date, market: Market, account: str = "") -> tuple[Valued, list[Finding]]:
    """Legs ready to be valued, and what was missing or assumed.

    Args:
        legs: shares, futures and options that have not expired.
        as_of: the day of their prices.
        market: what the caller knows beside them.
        account: the account's number, for the findings.
    """
    held = len(legs)
    everything = legs if market.quotes is None or not len(market.quotes) else _joined(legs, market.quotes)
    option = is_option(everything)
    spot, findings = _spots(everything, option, account)
    found, which, noted = carries(everything.where(option), spot[option], market, as_of)
    findings.extend(noted)
    columns = _carried(found, which, option)
    settles = np.array([each.source is CarrySource.SETTLES for each in found], dtype=np.bool_)
    volatility, source = _volatilities(everything, option, spot, columns)
    source[np.flatnonzero(option)[settles[which]] if len(found) else []] = VolatilityFrom.NOT_NEEDED
    volatility[option & (source == VolatilityFrom.NOT_NEEDED)] = 0.0
    price, strike = everything.price, everything.strike
    priced = np.isfinite(spot) & np.isfinite(price) & (price >= 0) & np.isfinite(strike) & (strike > 0)
    source[option & ~priced] = VolatilityFrom.UNKNOWN
    known = np.isfinite(spot) & (source != VolatilityFrom.UNKNOWN)
    mine = slice(0, held)
    valued = Valued(
        legs=legs,
        spot=spot[mine],
        **{name: column[mine] for name, column in columns.items()},
        volatility=volatility[mine],
        volatility_from=source[mine],
        known=known[mine],
        carries=tuple(found[number] for number in sorted(set(which[: int(option[mine].sum())].tolist()))),
    )
    findings.extend(_about(valued, account))
    return valued, findings


def _carried(found: Sequence[Carry], which: NDArray[np.intp], option: NDArray[np.bool_]) -> dict[str, Column]:
    """What each option is carried at, as columns over all legs; NaN for those that aren't options."""
    names = ("time", "forward", "discount", "rate", "dividend_yield")
    columns = {name: np.full(len(option), np.nan) for name in names}
    if found:
        spot, time, rate, forward = np.array([(each.spot, each.time, each.rate, each.forward) for each in found]).T
        with np.errstate(divide="ignore", invalid="ignore"):
            carried = np.where(time > 0, rate - np.log(forward / spot) / time, 0.0)
        of_series = (time, forward, np.exp(-rate * time), rate, carried)
        for name, column in zip(names, of_series, strict=True):
            columns[name][option] = column[which]
    return columns


def _joined(legs: LegTable, quotes: LegTable) -> LegTable:
    rows = legs.rows()
    return LegTable.of([*rows, *quotes.rows()])


def _spots(legs: LegTable, option: NDArray[np.bool_], account: str) -> tuple[Column, list[Finding]]:
    """The price of each leg's underlying: its own, else that of another leg of the same underlying."""
    findings: list[Finding] = []
    stock, future = legs.right == Right.STOCK, legs.right == Right.FUTURE
    spot = np.where(stock | future, np.where(np.isnan(legs.price), legs.spot, legs.price), legs.spot)
    names, place = np.unique(legs.underlying.astype(str), return_inverse=True)
    stated = np.isfinite(spot) & (spot > 0) & ~future
    spot = np.where(np.isfinite(spot) & (spot > 0), spot, np.nan)
    for number, name in enumerate(names.tolist()):
        mine = place == number
        known = spot[mine & stated]
        if not len(known):
            continue
        if any(each is AssetClass.FUTURE for each in legs.asset_class[mine]):
            continue  # contract months of a future have prices of their own
        common = float(np.median(known))
        spot[mine & option & np.isnan(spot)] = common
        if float(known.max() - known.min()) > _SPOTS_AGREE * common:
            problem = f"{name}: its legs have spots from {known.min():.10g} to {known.max():.10g}"
            findings.append(
                Finding(Severity.WARNING, problem, "prices should be of one moment", account=account, underlying=name)
            )
    return spot, findings


def _volatilities(
    legs: LegTable, option: NDArray[np.bool_], spot: Column, carried: dict[str, Column]
) -> tuple[Column, NDArray[np.int8]]:
    """Implied volatility of each option, and where it comes from."""
    volatility = np.full(len(legs), np.nan)
    source = np.full(len(legs), VolatilityFrom.NOT_NEEDED, dtype=np.int8)
    at = np.flatnonzero(option)
    if not len(at):
        return volatility, source
    right, strike = legs.right[at], legs.strike[at]
    european = np.array([style is Style.EUROPEAN for style in legs.style[at]], dtype=np.bool_)
    found, reason = np.full(len(at), np.nan), np.full(len(at), Unimplied.NO_PRICE, dtype=np.int8)
    mine = at[european]
    implied = implied_volatility(
        legs.right[mine],
        legs.price[mine],
        carried["forward"][mine],
        legs.strike[mine],
        carried["time"][mine],
        carried["discount"][mine],
    )
    found[european], reason[european] = implied.volatility, implied.reason
    mine = at[~european]
    implied = american_implied_volatility(
        legs.right[mine],
        legs.price[mine],
        spot[mine],
        legs.strike[mine],
        carried["time"][mine],
        carried["rate"][mine],
        carried["dividend_yield"][mine],
        quick=True,
    )
    found[~european], reason[~european] = implied.volatility, implied.reason
    origin = np.where(reason == Unimplied.DETERMINED, VolatilityFrom.OWN_PRICE, VolatilityFrom.NONE).astype(np.int8)
    origin[reason == Unimplied.EXPIRED] = VolatilityFrom.NOT_NEEDED
    for wrong in (Unimplied.NO_PRICE, Unimplied.OUTSIDE, Unimplied.ABOVE):
        origin[reason == wrong] = VolatilityFrom.UNKNOWN
    lacking = np.flatnonzero(origin == VolatilityFrom.NONE)
    if len(lacking):
        days = legs.expiry[at]
        told = {
            (legs.underlying[at[n]], legs.root[at[n]], days[n], strike[n], right[n]): found[n]
            for n in np.flatnonzero(origin == VolatilityFrom.OWN_PRICE)
        }
        for n in lacking:
            other = Right.PUT if right[n] == Right.CALL else Right.CALL
            known = told.get((legs.underlying[at[n]], legs.root[at[n]], days[n], strike[n], other))
            found[n] = 0.0 if known is None else known
            origin[n] = VolatilityFrom.NONE if known is None else VolatilityFrom.OTHER_SIDE
    volatility[at], source[at] = found, origin
    return volatility, source


def _about(valued: Valued, account: str) -> list[Finding]:
    """Findings about held legs that can't be valued, or are valued without a volatility of their own."""
    findings = []
    legs, source = valued.legs, valued.volatility_from
    for at in np.flatnonzero(~valued.known):
        leg = legs.row(int(at))
        if np.isnan(valued.spot[at]):
            problem, remedy = f"{leg.name} has no price of its underlying", "give the spot"
        elif np.isnan(leg.price):
            problem, remedy = f"{leg.name} has no price", "give its market price"
        else:
            problem = f"{leg.name}: no model has a price of {leg.price:.10g} at a spot of {valued.spot[at]:.10g}"
            remedy = "check the price, the spot and the strike"
        findings.append(
            Finding(Severity.INCOMPLETE, problem, remedy, line=leg.line or None, account=account, underlying=leg.underlying, expiry=leg.expiry)
        )  # fmt: skip
    today = np.flatnonzero(is_option(legs) & valued.known & (valued.time == 0))
    if len(today):
        problem = (
            f"{_names(legs, today)}: settles on the day, so that the price less the intrinsic value is won or lost"
        )
        findings.append(Finding(Severity.NOTE, problem, account=account))
    for origin, severity, said, remedy in (
        (VolatilityFrom.OTHER_SIDE, Severity.NOTE, "valued at the volatility of the other option of the strike", ""),
        (
            VolatilityFrom.NONE,
            Severity.WARNING,
            "valued without volatility, which may understate the loss of a short option",
            "give a price with time value, or a quote of the other option of the strike",
        ),
    ):
        chosen = np.flatnonzero(valued.known & (source == origin))
        if len(chosen):
            problem = f"{_names(legs, chosen)}: the price holds no time value: {said}"
            findings.append(Finding(severity, problem, remedy, account=account))
    return findings


def _names(legs: LegTable, at: NDArray[np.intp]) -> str:
    """Some legs by name, and how many more there are."""
    names = ", ".join(legs.row(each).name for each in at[:_NAMES_SHOWN].tolist())
    return f"{names} and {len(at) - _NAMES_SHOWN} more" if len(at) > _NAMES_SHOWN else names
