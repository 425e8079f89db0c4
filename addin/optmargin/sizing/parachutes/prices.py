"""Prices of spreads and chances of a touch under Black and Scholes; numpy and the standard library only.

Sources: Black & Scholes (1973), Merton (1973); first passage by the reflection principle (Shreve, Stochastic Calculus for Finance II,
sections 3.7 and 7.3; Karatzas & Shreve 2.6). Volatility is flat, per year; time is in calendar days of a year of 365.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from optmargin.core.contracts import Right

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = float | NDArray[np.float64]

YEAR = 365.0  # calendar days

_erfc = np.frompyfunc(math.erfc, 1, 1)


def normal_cdf(x: Numbers) -> Any:
    """The standard normal distribution function, to the last bits in both tails; any shape."""
    return np.asarray(_erfc(np.asarray(x, dtype=np.float64) * -math.sqrt(0.5)), dtype=np.float64) / 2


def deviation(spot: Numbers, volatility: Numbers, days: Numbers) -> Any:
    """One standard deviation of the move that is left, in points: spot x volatility x sqrt(days / 365)."""
    return spot * (volatility * np.sqrt(np.divide(days, YEAR)))


def _option(right: Any, spot: Any, strike: Any, volatility: Any, days: Any, rate: Any, dividend_yield: Any) -> Any:
    sign = np.where(np.equal(right, int(Right.CALL)), 1.0, -1.0)
    years = np.divide(days, YEAR)
    spread = volatility * np.sqrt(years)
    forward = spot * np.exp((rate - dividend_yield) * years)
    with np.errstate(divide="ignore"):
        d1 = np.log(forward / strike) / spread + spread / 2
    in_money = forward * normal_cdf(sign * d1) - strike * normal_cdf(sign * (d1 - spread))
    return np.exp(-rate * years) * sign * in_money


def vertical(
    right: Any,
    spot: Numbers,
    short_strike: Numbers,
    width: Numbers,
    volatility: Numbers,
    days: Numbers,
    rate: Numbers = 0.0,
    dividend_yield: Numbers = 0.0,
) -> Any:
    """What a credit spread sells for, USD per share: the short option less the one ``width`` farther from the market.

    Args:
        right: the numbers of :class:`~optmargin.core.contracts.Right`; call or put.
        spot: price of the underlying, USD per share.
        short_strike: USD per share.
        width: USD per share between the strikes.
        volatility: per year, 0.15 is 15 %.
        days: calendar days to expiry, above zero.
        rate: continuous, per year.
        dividend_yield: continuous, per year.
    """
    away = np.where(np.equal(right, int(Right.CALL)), width, np.negative(width))
    terms = (volatility, days, rate, dividend_yield)
    return _option(right, spot, short_strike, *terms) - _option(right, spot, short_strike + away, *terms)


def touch(
    spot: Numbers,
    strike: Numbers,
    volatility: Numbers,
    days: Numbers,
    rate: Numbers = 0.0,
    dividend_yield: Numbers = 0.0,
) -> Any:
    """The probability that the underlying touches a strike, above or below it, before expiry; 1 where it stands on it.

    Args:
        spot: price of the underlying, USD per share.
        strike: USD per share.
        volatility: per year.
        days: calendar days to expiry, above zero.
        rate: continuous, per year.
        dividend_yield: continuous, per year.
    """
    years = np.divide(days, YEAR)
    spread = volatility * np.sqrt(years)
    ahead = np.log(np.divide(strike, spot))
    side = np.where(ahead < 0, -1.0, 1.0)
    ahead = side * ahead
    push = side * (rate - dividend_yield - np.square(volatility) / 2) * years  # the drift toward the strike
    return np.minimum(normal_cdf((push - ahead) / spread) + _reflected(ahead, push, spread), 1.0)


_FAR = 37.0  # from here on the tail is too small for a float, and the factor in front of it too large


def _reflected(ahead: Any, push: Any, spread: Any) -> Any:
    """exp(2 ahead push / spread^2) x normal_cdf(-(ahead + push) / spread), where neither factor need be a float by itself."""
    z = (ahead + push) / spread
    is_near = z < _FAR
    with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
        near = np.exp(np.where(is_near, 2 * ahead * push / np.square(spread), 0.0)) * normal_cdf(-z)
        series = 1 - 1 / z**2 * (1 - 3 / z**2 * (1 - 5 / z**2 * (1 - 7 / z**2)))
        far = np.exp(-np.square((ahead - push) / spread) / 2) / (z * math.sqrt(2 * math.pi)) * series
    return np.where(is_near, near, far)


def touch_without_drift(distance: Numbers, one_deviation: Numbers) -> Any:
    """The probability that a driftless move touches a distance: twice that of ending beyond it, by reflection.

    Args:
        distance: points.
        one_deviation: points of one standard deviation until expiry.
    """
    return np.minimum(2 * normal_cdf(-np.abs(distance) / one_deviation), 1.0)


def time_to_touch(distance: float, days: float) -> float:
    """Expected days until a driftless move touches a distance or the days are over.

    Args:
        distance: in standard deviations of one day.
        days: at most.
    """
    root = math.sqrt(days)
    inside = days * (2 * float(normal_cdf(distance / root)) - 1)
    turn = distance * math.sqrt(2 * days / math.pi) * math.exp(-distance * distance / (2 * days))
    return inside + turn - 2 * distance * distance * float(normal_cdf(-distance / root))
