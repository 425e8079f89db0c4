"""Implied volatility of whole chains: European options on their forward, American options on their spot.

European: the time value of the out-of-the-money option of the same strike, over the root of forward times strike, is a
function of two numbers, the logarithm of forward over strike and the deviation at expiry. A table of the same function for
a normal underlying gives the deviation to a few per cent, the less the smaller it is, and three steps of Halley's method
(Gander 1985) on the logarithm of the time value, or of what is missing to the most it can be, take it to the last digits
that a double holds.

American: a bracketed secant on :func:`~optmargin.risk.pricing.american.american`, from the European answer down.

A volatility is given only where the price determines it to 1e-8 (and an American one where the pricing is exact enough):
elsewhere it is NaN, and :class:`Unimplied` says why. Arguments and units are those of the neighbouring modules.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from optmargin.core.contracts import Right
from optmargin.risk.pricing.american import american, exercised_early, no_volatility_value
from optmargin.risk.pricing.black import black_vega, forward_of, signs, special

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optmargin.risk.pricing.black import Figures, Rights

    Column = NDArray[np.float64]

DETERMINED_TO = 1e-8  # the largest uncertainty of a volatility that is still called determined

_ROUNDING = 2.0**-52  # a price is known to this share of itself at best
_HALLEY_STEPS = 3
_LARGE_SHARE = 0.3  # from this share of the most it can be, what is missing to the most says more than the time value
_SECANT_STEPS = 60
_SLOW = 0.5  # of the last miss: where a step leaves more, the bracket is halved instead
_HIGHEST = 40.0  # deviation at expiry beyond which nothing is looked for; a double can't tell such prices apart
_CLOSE_ENOUGH, _QUICKLY_ENOUGH = 1e-10, 1e-6  # of the volatility, where the search for an American one ends


class Unimplied(IntEnum):
    """Why a price has no implied volatility; 0 where it has one."""

    DETERMINED = 0
    NO_PRICE = 1
    OUTSIDE = 2
    EXPIRED = 3
    BELOW = 4
    NO_TIME_VALUE = 5
    ABOVE = 6

    @property
    def sentence(self) -> str:
        """What is wrong, to follow the name of the option; empty where nothing is."""
        return _SENTENCES[self]


_SENTENCES = {
    Unimplied.DETERMINED: "",
    Unimplied.NO_PRICE: "a price, forward, strike, time or rate is missing",
    Unimplied.OUTSIDE: "a forward, strike, price or discount factor isn't above zero",
    Unimplied.EXPIRED: "there is no time to expiry left",
    Unimplied.BELOW: "the price is below what the option is worth without any volatility",
    Unimplied.NO_TIME_VALUE: "the price holds no time value from which a volatility could be told",
    Unimplied.ABOVE: "the price is above the most that the option can be worth",
}


@dataclass(frozen=True, slots=True, eq=False)
class Implied:
    """Implied volatilities, and why some are missing.

    Attributes:
        volatility: a year, as a fraction; NaN where the price doesn't determine it.
        reason: the numbers of :class:`Unimplied`; same shape.
    """

    volatility: NDArray[np.float64]
    reason: NDArray[np.int8]


def implied_volatility(
    right: Rights, price: Figures, forward: Figures, strike: Figures, time: Figures, discount: Figures = 1.0
) -> Implied:
    """Implied volatilities of European options; arguments as for :func:`~optmargin.risk.pricing.black.black`.

    Args:
        right: call or put, as ``Right`` numbers them.
        price: market price, USD per share.
        forward: forward price of the underlying for the expiry, USD per share.
        strike: USD per share.
        time: years to settlement.
        discount: what one dollar at expiry is worth today.
    """
    shape, (sign, price, forward, strike, time, discount) = _columns(right, price, forward, strike, time, discount)
    with np.errstate(all="ignore"):
        volatility, reason = _european(sign, price, forward, strike, time, discount)
    return _implied(volatility, reason, shape)


def _european(
    sign: Column, price: Column, forward: Column, strike: Column, time: Column, discount: Column
) -> tuple[Column, NDArray[np.int8]]:
    intrinsic = np.maximum(sign * (forward - strike), 0.0)
    undiscounted = price / discount
    time_value = undiscounted - intrinsic
    share, log_ratio = time_value / np.sqrt(forward * strike), -np.abs(np.log(forward / strike))
    volatility = _deviation(share, log_ratio) / np.sqrt(time)
    # What rounding leaves open: of the price itself, and of the intrinsic value that was taken off it.
    known_to = _ROUNDING * (undiscounted + np.where(intrinsic > 0, 2.0 * (forward + strike), 0.0))
    reason = np.zeros(len(price), dtype=np.int8)
    reason[~(known_to <= DETERMINED_TO * black_vega(forward, strike, time, volatility))] = Unimplied.NO_TIME_VALUE
    reason[share >= np.exp(0.5 * log_ratio)] = Unimplied.ABOVE
    reason[time_value <= 0] = Unimplied.NO_TIME_VALUE
    reason[time_value < -known_to] = Unimplied.BELOW
    _mark_inputs(reason, price, time, positive=(forward, strike, discount), known=(forward, strike, discount))
    return volatility, reason


def american_implied_volatility(
    right: Rights,
    price: Figures,
    spot: Figures,
    strike: Figures,
    time: Figures,
    rate: Figures,
    dividend_yield: Figures = 0.0,
    *,
    quick: bool = False,
) -> Implied:
    """Implied volatilities of American options; arguments as for :func:`~optmargin.risk.pricing.american.american`.

    Args:
        right: call or put, as ``Right`` numbers them.
        price: market price, USD per share.
        spot: price of the underlying, USD per share.
        strike: USD per share.
        time: years to expiry.
        rate: a year, continuously compounded, as a fraction.
        dividend_yield: a year, continuously compounded, as a fraction.
        quick: whether the quick method of pricing is exact enough; its errors are then in the volatility too.
    """
    shape, columns = _columns(right, price, spot, strike, time, rate, dividend_yield)
    with np.errstate(all="ignore"):
        volatility, reason = _american(*columns, quick=quick)
    return _implied(volatility, reason, shape)


def _american(
    sign: Column,
    price: Column,
    spot: Column,
    strike: Column,
    time: Column,
    rate: Column,
    dividend_yield: Column,
    *,
    quick: bool,
) -> tuple[Column, NDArray[np.int8]]:
    right = np.where(sign > 0, Right.CALL, Right.PUT).astype(np.int8)
    discount = np.exp(-rate * time)
    volatility, reason = _european(sign, price, forward_of(spot, time, rate, dividend_yield), strike, time, discount)
    early = exercised_early(right, rate, dividend_yield)
    least = no_volatility_value(right, spot, strike, time, rate, dividend_yield)
    most = np.where(
        sign > 0, spot * np.maximum(1.0, np.exp(-dividend_yield * time)), strike * np.maximum(1.0, discount)
    )
    known_to = 8.0 * _ROUNDING * (price + spot + strike)
    reason[early] = Unimplied.NO_TIME_VALUE
    reason[early & (price < least - known_to)] = Unimplied.BELOW
    reason[early & (price >= most)] = Unimplied.ABOVE
    _mark_inputs(reason, price, time, positive=(spot, strike), known=(spot, strike, rate, dividend_yield))
    sought = early & (reason == Unimplied.NO_TIME_VALUE) & (price > least + known_to)
    if sought.any():
        mine = _Sought(
            right=right[sought],
            price=price[sought],
            spot=spot[sought],
            strike=strike[sought],
            time=time[sought],
            rate=rate[sought],
            dividend_yield=dividend_yield[sought],
            quick=quick,
        )
        volatility[sought], slope = mine.volatility(volatility[sought])
        determined = known_to[sought] <= DETERMINED_TO * slope
        reason[sought] = np.where(determined, Unimplied.DETERMINED, Unimplied.NO_TIME_VALUE)
    return volatility, reason


def _columns(right: Rights, *figures: Figures) -> tuple[tuple[int, ...], list[Column]]:
    """The shape that the arguments broadcast to, and the signs and figures as flat columns of it."""
    arrays = np.broadcast_arrays(signs(right), *(np.asarray(each, dtype=np.float64) for each in figures))
    return arrays[0].shape, [each.ravel() for each in arrays]


def _implied(volatility: Column, reason: NDArray[np.int8], shape: tuple[int, ...]) -> Implied:
    told = np.where(reason == Unimplied.DETERMINED, volatility, np.nan)
    return Implied(told.reshape(shape)[()], reason.reshape(shape)[()])


def _mark_inputs(
    reason: NDArray[np.int8], price: Column, time: Column, *, positive: tuple[Column, ...], known: tuple[Column, ...]
) -> None:
    """Marks what has no volatility because of what was given: the graver reason last, so that it stays."""
    reason[time <= 0] = Unimplied.EXPIRED
    for each in positive:
        reason[each <= 0] = Unimplied.OUTSIDE
    reason[price < 0] = Unimplied.OUTSIDE
    for each in (price, time, *known):
        reason[~np.isfinite(each)] = Unimplied.NO_PRICE


class _Table(NamedTuple):
    """Options on a normal underlying: logarithms of time value over distance, ascending, and of distance over deviation."""

    log_value: Column
    log_distance: Column


@cache
def _table() -> _Table:
    """The time value of an option d deviations out of the money, for d from next to nothing to 38."""
    distance = np.exp(np.linspace(np.log(1e-12), np.log(38.0), 1200))
    log_density = -0.5 * distance**2 - 0.5 * np.log(2.0 * np.pi)
    # value / d = density / d - tail, and tail / density is Mills' ratio, which far out is a series in 1 / d**2.
    near = 1.0 - distance * np.sqrt(0.5 * np.pi) * special().erfcx(distance / np.sqrt(2.0))
    square = distance**-2.0
    far = square * (1.0 - square * (3.0 - square * (15.0 - 105.0 * square)))
    log_value = log_density - np.log(distance) + np.log(np.where(distance > 30.0, far, near))
    return _Table(log_value[::-1].copy(), np.log(distance)[::-1].copy())


def _deviation(share: Column, log_ratio: Column) -> Column:
    """Deviation at expiry of the logarithm of the underlying.

    Args:
        share: time value of the option over the root of forward times strike.
        log_ratio: logarithm of the smaller of forward and strike over the larger, zero or below.
    """
    most = np.exp(0.5 * log_ratio)
    distance = np.maximum(-log_ratio, 1e-290)
    table = _table()
    looked_up = np.interp(np.log(share) - np.log(distance), table.log_value, table.log_distance)
    normal = np.where(-log_ratio < 1e-12 * share, np.sqrt(2.0 * np.pi) * share, distance * np.exp(-looked_up))
    of_most = share / most
    large = of_most >= _LARGE_SHARE
    ndtri = special().ndtri
    # The time value is less than the most times the odds of ending in the money: a deviation that it can't be below.
    odds = ndtri(of_most)
    root = np.sqrt(odds * odds - 2.0 * log_ratio)
    least = np.where(odds > 0, odds + root, -2.0 * log_ratio / (root - odds))
    start = np.where(
        large, -2.0 * ndtri(0.5 * (1.0 - of_most)), normal * (1.0 + np.minimum(normal * normal, 1.0) / 24.0)
    )
    deviation: Column = np.maximum(start, least)
    for _ in range(_HALLEY_STEPS):
        value, slope = _time_value(log_ratio, deviation)
        curvature = log_ratio * log_ratio / deviation**3 - 0.25 * deviation  # of the value, over its slope
        missing = most - value
        newton = np.where(large, np.log(missing / (most - share)) * missing, np.log(share / value) * value) / slope
        bend = curvature + np.where(large, slope / missing, -slope / value)
        deviation = np.maximum(deviation + newton / np.maximum(1.0 + 0.5 * newton * bend, 0.4), least)
    return deviation


def _time_value(log_ratio: Column, deviation: Column) -> tuple[Column, Column]:
    """Time value over the root of forward times strike, and its change for one unit of deviation.

    As a difference of scaled complementary error functions, which keeps the digits of values far out of the money.
    """
    erfcx = special().erfcx
    ratio, half = log_ratio / deviation, 0.5 * deviation
    density = np.exp(-0.5 * (ratio * ratio + half * half))
    scale = np.sqrt(0.5)
    value = 0.5 * density * (erfcx(-(ratio + half) * scale) - erfcx((half - ratio) * scale))
    return value, density / np.sqrt(2.0 * np.pi)


@dataclass(frozen=True, slots=True, eq=False)
class _Sought:
    """American options whose volatility is sought, as flat columns; every price lies between the least and the most."""

    right: NDArray[np.int8]
    price: Column
    spot: Column
    strike: Column
    time: Column
    rate: Column
    dividend_yield: Column
    quick: bool

    def over(self, volatility: Column, which: NDArray[np.intp]) -> Column:
        """What the model's price at a volatility is above the market's, USD per share."""
        model = american(
            self.right[which],
            self.spot[which],
            self.strike[which],
            self.time[which],
            volatility,
            self.rate[which],
            self.dividend_yield[which],
            quick=self.quick,
        )
        return model - self.price[which]

    def volatility(self, european: Column) -> tuple[Column, Column]:
        """The volatilities, and the change of the price for one unit of each; NaN where the search doesn't end.

        Args:
            european: volatilities if the options were European, where they have one; the American ones are below.
        """
        highest = _HIGHEST / np.sqrt(self.time)
        every = np.arange(len(self.price))
        high = np.where(european > 0, np.minimum(european, highest), 0.2)
        over_high = self.over(high, every)
        low = np.zeros_like(high)
        # Where exercise adds nothing but rounding, the European answer is the answer.
        over_high[np.abs(over_high) <= 16.0 * _ROUNDING * (self.spot + self.strike)] = 0.0
        for _ in range(_SECANT_STEPS):
            short = np.flatnonzero((over_high < 0) & (high < highest))
            if not len(short):
                break
            low[short] = high[short]
            high[short] = np.minimum(2.0 * high[short], highest[short])
            over_high[short] = self.over(high[short], short)
        last, over_last = high.copy(), over_high.copy()
        forward = forward_of(self.spot, self.time, self.rate, self.dividend_yield)
        slope = black_vega(forward, self.strike, self.time, high, np.exp(-self.rate * self.time))
        found = np.where(over_high < 0, np.nan, high)
        active = np.flatnonzero(over_high > 0)
        guess = high - over_high / slope
        slow = np.zeros(len(high), dtype=np.bool_)
        enough = _QUICKLY_ENOUGH if self.quick else _CLOSE_ENOUGH
        for _ in range(_SECANT_STEPS):
            if not len(active):
                break
            now = guess[active]
            outside = ~((now > low[active]) & (now < high[active])) | slow[active]
            now = np.where(outside, 0.5 * (low[active] + high[active]), now)
            over = self.over(now, active)
            low[active] = np.where(over < 0, now, low[active])
            high[active] = np.where(over >= 0, now, high[active])
            apart = now - last[active]
            # Where exercise is near, the price hangs on the volatility from some point on only, and chords creep towards it.
            slow[active] = np.abs(over) > _SLOW * np.abs(over_last[active])
            steep = np.abs(apart) > 1e-7 * now
            slope[active] = np.where(steep, (over - over_last[active]) / apart, slope[active])
            last[active], over_last[active] = now, over
            guess[active] = now - over / slope[active]
            settled = np.abs(guess[active] - now) <= enough * now
            found[active] = np.where(settled, np.clip(guess[active], low[active], high[active]), now)
            settled |= high[active] - low[active] <= enough * now
            active = active[~settled]
        found[active] = np.nan
        return found, slope
