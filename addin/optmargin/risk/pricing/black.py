"""European options by Black's formula on a forward, and by Black-Scholes on a spot: prices and deltas of whole columns.

Black (1976) on a forward covers every European option: on a future the forward is the future's price; on a share or an
index it is the spot carried to expiry at the rate less the dividend yield, which is Black and Scholes (1973) as Merton
(1973) extended it.

Every argument may be a number or an array; arrays broadcast, and numbers alone give a number. Times are in years,
volatilities and rates are fractions a year (0.2 is 20 %), rates are continuously compounded, prices are USD per share.
What can't be priced (a forward or strike below zero, a negative time or volatility, a NaN) is NaN; without time or
volatility the price is the discounted intrinsic value. Nothing is rounded.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from optmargin.core.contracts import Right

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import NDArray

    Figures: TypeAlias = float | NDArray[np.float64]
    Rights: TypeAlias = Right | int | NDArray[np.int8]

DAYS_A_YEAR = 365.0  # ACT/365, as the exchanges' published examples count

_NEXT_TO_NOTHING = 1e-300  # stands for no deviation at all, so that 0 / 0 is 0 where a forward lies on its strike


@cache
def special() -> Any:
    """``scipy.special``, imported when it is first asked for: the program starts without scipy."""
    from scipy import special

    return special


def signs(right: Rights) -> NDArray[np.float64]:
    """1 for a call and -1 for a put, elementwise; ``right`` holds the numbers of :class:`Right`."""
    return np.where(np.equal(right, Right.CALL), 1.0, -1.0)


def black(
    right: Rights, forward: Figures, strike: Figures, time: Figures, volatility: Figures, discount: Figures = 1.0
) -> NDArray[np.float64]:
    """Price of a European option on a forward, USD per share.

    Args:
        right: call or put, as :class:`Right` numbers them.
        forward: forward (or futures) price of the underlying for the expiry, USD per share.
        strike: USD per share.
        time: years to settlement.
        volatility: a year, as a fraction.
        discount: what one dollar at expiry is worth today; 1 for options that are margined like futures.
    """
    sign = signs(right)
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = _deviation(time, volatility)
        ahead = np.log(np.divide(forward, strike)) / deviation + 0.5 * deviation
        within = special().ndtr
        price = forward * within(sign * ahead) - strike * within(sign * (ahead - deviation))
        return sign * discount * price + 0.0  # type: ignore[no-any-return]


def black_delta(
    right: Rights, forward: Figures, strike: Figures, time: Figures, volatility: Figures, discount: Figures = 1.0
) -> NDArray[np.float64]:
    """Change of :func:`black` for one dollar more of the forward: between 0 and the discount factor, negative for puts.

    On the strike itself, without time or volatility, it is half of the discount factor.
    """
    sign = signs(right)
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = _deviation(time, volatility)
        ahead = np.log(np.divide(forward, strike)) / deviation + 0.5 * deviation
        return sign * discount * special().ndtr(sign * ahead)  # type: ignore[no-any-return]


def black_vega(
    forward: Figures, strike: Figures, time: Figures, volatility: Figures, discount: Figures = 1.0
) -> NDArray[np.float64]:
    """Change of :func:`black` for one unit (100 points) more of volatility, USD per share; the same for calls and puts."""
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = _deviation(time, volatility)
        ahead = np.log(np.divide(forward, strike)) / deviation + 0.5 * deviation
        density = np.exp(-0.5 * ahead * ahead) / np.sqrt(2.0 * np.pi)
        return forward * discount * density * np.sqrt(time)  # type: ignore[no-any-return]


def forward_of(spot: Figures, time: Figures, rate: Figures, dividend_yield: Figures) -> NDArray[np.float64]:
    """The forward of a spot that earns a continuous dividend yield, USD per share."""
    return spot * np.exp(np.multiply(np.subtract(rate, dividend_yield), time))


def black_scholes(
    right: Rights,
    spot: Figures,
    strike: Figures,
    time: Figures,
    volatility: Figures,
    rate: Figures,
    dividend_yield: Figures = 0.0,
) -> NDArray[np.float64]:
    """Price of a European option on a share or an index, USD per share.

    Args:
        right: call or put, as :class:`Right` numbers them.
        spot: price of the underlying, USD per share.
        strike: USD per share.
        time: years to settlement.
        volatility: a year, as a fraction.
        rate: a year, continuously compounded, as a fraction.
        dividend_yield: a year, continuously compounded, as a fraction; put-call parity says it together with the rate.
    """
    forward = forward_of(spot, time, rate, dividend_yield)
    return black(right, forward, strike, time, volatility, np.exp(np.multiply(-np.asarray(rate), time)))


def black_scholes_delta(
    right: Rights,
    spot: Figures,
    strike: Figures,
    time: Figures,
    volatility: Figures,
    rate: Figures,
    dividend_yield: Figures = 0.0,
) -> NDArray[np.float64]:
    """Change of :func:`black_scholes` for one dollar more of the spot; arguments as there."""
    forward = forward_of(spot, time, rate, dividend_yield)
    return black_delta(right, forward, strike, time, volatility, np.exp(np.multiply(-np.asarray(dividend_yield), time)))


def _deviation(time: Figures, volatility: Figures) -> NDArray[np.float64]:
    """Standard deviation of the logarithm of the underlying at expiry; NaN where it would be negative."""
    deviation = volatility * np.sqrt(time)
    return np.where(np.less(deviation, 0.0), np.nan, np.maximum(deviation, _NEXT_TO_NOTHING))
