"""How far a parachute must move: the neutral strike of a roll, and the size that a nearer one needs.

At the touch of the short strike a roll by m is neutral where the new spread sells for 1 / m of what the old one costs: about
0.674 standard deviations of the move that is left for a doubling. "Two or three strikes" is that far only where the deviation is three
to four and a half strike steps; nearer strikes bring more than is needed, and are assailed more often.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from optmargin.core.contracts import Right
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.sizing.parachutes.prices import YEAR, time_to_touch, touch_without_drift, vertical

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Numbers = float | NDArray[np.float64]

_RARE = 1e-9  # a touch so rare that the time of it can't be told from rounding
_MOST_USED = 0.999  # of the days that are left
_HALVINGS = 200  # of the interval that holds the strike; it ends when no float is left in it


def neutral_distance(one_deviation: Numbers, multiple: float = 2.0) -> Any:
    """The distance of a neutral roll in a normal move without drift, points: deviation x quantile(1 - 1 / (2 m)).

    Args:
        one_deviation: points of one standard deviation until expiry.
        multiple: the size multiple, 1 or more.
    """
    return np.multiply(one_deviation, NormalDist().inv_cdf(1 - 1 / (2 * multiple)))


def neutral_strike(
    spot: Numbers,
    volatility: Numbers,
    days: Numbers,
    width: Numbers,
    multiple: Numbers = 2.0,
    *,
    right: Any = Right.PUT,
    short_strike: Numbers | None = None,
    new_days: Numbers | None = None,
    rate: Numbers = 0.0,
    dividend_yield: Numbers = 0.0,
    extra: Numbers = 0.0,
) -> Any:
    """The short strike at which the new spread sells for (what the old one costs + ``extra``) / m, USD per share.

    Args:
        spot: price of the underlying when the position is assailed, USD per share.
        volatility: per year.
        days: calendar days that the old spread has left, above zero.
        width: USD per share between the strikes.
        multiple: the size multiple.
        right: call or put.
        short_strike: of the old spread; None: the spot, which has just touched it.
        new_days: calendar days of the new spread; None: the same expiry.
        rate: continuous, per year.
        dividend_yield: continuous, per year.
        extra: what must be earned beyond the buy-back, such as fees, USD per share and old slot.

    Raises:
        MarginError: ``#NUM!`` where no strike brings so much or so little.
    """
    old = spot if short_strike is None else short_strike
    later = days if new_days is None else new_days
    cost = vertical(right, spot, old, width, volatility, days, rate, dividend_yield) + extra
    wanted = cost / multiple
    return strike_for(wanted, spot, volatility, later, width, right=right, rate=rate, dividend_yield=dividend_yield)


def strike_for(
    credit: Numbers,
    spot: Numbers,
    volatility: Numbers,
    days: Numbers,
    width: Numbers,
    *,
    right: Any = Right.PUT,
    rate: Numbers = 0.0,
    dividend_yield: Numbers = 0.0,
) -> Any:
    """The short strike at which a spread sells for a credit, USD per share, by halving: the price falls as it moves away.

    Args:
        credit: USD per share, above zero.
        spot: price of the underlying, USD per share.
        volatility: per year.
        days: calendar days to expiry, above zero.
        width: USD per share between the strikes.
        right: call or put.
        rate: continuous, per year.
        dividend_yield: continuous, per year.

    Raises:
        MarginError: ``#NUM!`` where no strike brings so much or so little.
    """
    wanted = np.asarray(credit, dtype=np.float64)
    years = np.divide(days, YEAR)
    is_call = np.equal(right, int(Right.CALL))
    reach = 12 * volatility * np.sqrt(years) + np.abs(np.subtract(rate, dividend_yield)) * years
    lowest = np.where(is_call, 0.0, width) + spot * 1e-9
    near = np.where(is_call, np.maximum(spot * np.exp(-reach) - width, lowest), spot * np.exp(reach) + width)
    far = np.where(is_call, spot * np.exp(reach), np.maximum(spot * np.exp(-reach), lowest))

    def value(strike: Any) -> Any:
        return vertical(right, spot, strike, width, volatility, days, rate, dividend_yield)

    if np.any(wanted <= 0) or np.any(value(near) < wanted) or np.any(value(far) > wanted):
        raise MarginError(
            ErrorCode.NUM,
            "no strike of this width sells for what the roll needs",
            "give a larger size multiple, a wider spread or a later expiry",
        )
    near, far = np.broadcast_arrays(near + 0.0 * wanted, far + 0.0 * wanted)
    for _ in range(_HALVINGS):
        middle = (near + far) / 2
        is_rich = value(middle) >= wanted
        near, far = np.where(is_rich, middle, near), np.where(is_rich, far, middle)
        if np.all(np.abs(near - far) <= 4e-16 * np.abs(middle)):
            break
    return (near + far) / 2


def listed(strike: Numbers, step: Numbers, right: Any = Right.PUT) -> Any:
    """The nearest listed strike that is no farther from the market, so that a neutral roll stays neutral; step 0 leaves it."""
    is_listed = np.greater(step, 0)
    size = np.where(is_listed, step, 1.0)
    steps = np.divide(strike, size)
    toward = np.where(np.equal(right, int(Right.CALL)), np.floor(steps * (1 + 1e-12)), np.ceil(steps * (1 - 1e-12)))
    return np.where(is_listed, toward * size, strike)


def credit_at(
    strikes: float,
    spot: float,
    volatility: float,
    days: float,
    width: float,
    *,
    step: float | None = None,
    right: Right = Right.PUT,
    rate: float = 0.0,
    dividend_yield: float = 0.0,
) -> float:
    """What a spread so many strikes away from the spot sells for, USD per share; a strike's step is the width if not given."""
    away = strikes * (width if step is None else step) * (1 if right is Right.CALL else -1)
    return float(vertical(right, spot, spot + away, width, volatility, days, rate, dividend_yield))


def multiple_needed(
    strikes: float,
    spot: float,
    volatility: float,
    days: float,
    width: float,
    *,
    step: float | None = None,
    right: Right = Right.PUT,
    rate: float = 0.0,
    dividend_yield: float = 0.0,
) -> float:
    """The size multiple that a roll by so many strikes from a touch needs to be neutral: buy-back over new credit.

    Its inverse is the fair chance that the new spread is assailed.
    """
    terms = {"step": step, "right": right, "rate": rate, "dividend_yield": dividend_yield}
    at_touch = credit_at(0, spot, volatility, days, width, **terms)  # type: ignore[arg-type]
    return at_touch / credit_at(strikes, spot, volatility, days, width, **terms)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Rung:
    """Where one level of a campaign is taken to open.

    Attributes:
        short_strike: USD per share.
        spot: price of the underlying when the level opens, USD per share.
        days_left: calendar days to expiry then.
        days_here: expected calendar days until its strike is touched or its expiry comes.
    """

    short_strike: float
    spot: float
    days_left: float
    days_here: float

    @property
    def distance(self) -> float:
        """How far the short strike lies from the underlying when the level opens, USD per share."""
        return abs(self.short_strike - self.spot)


def ladder(
    credits_: Sequence[float],
    volatility: float,
    days: float,
    width: float,
    *,
    spot: float,
    first: float | None = None,
    right: Right = Right.PUT,
    step: float = 0.0,
    is_out: bool = False,
    rate: float = 0.0,
    dividend_yield: float = 0.0,
) -> list[Rung]:
    """The suggested short strike of every level.

    Each level opens when the underlying touches the short strike before it, and its spreads sell for the planned credit. Rolls
    away keep their expiry, so that the days that are left fall: by the expected time of a touch, without drift.

    Args:
        credits_: planned credit of every level, USD per share.
        volatility: per year.
        days: calendar days to expiry, above zero: of the first position, or of every level where ``is_out``.
        width: USD per share between the strikes.
        spot: price of the underlying now.
        first: short strike of the first position; None: that which sells for its credit.
        right: call or put.
        step: between listed strikes; 0 for the exact ones.
        is_out: whether parachutes open out in time, each with all the days.
        rate: continuous, per year.
        dividend_yield: continuous, per year.

    Raises:
        MarginError: as :func:`strike_for`.
    """
    found: list[Rung] = []
    price, left = spot, days
    for level, credit in enumerate(credits_):
        if level == 0 and first is not None:
            strike = first
        else:
            exact = strike_for(
                credit, price, volatility, left, width, right=right, rate=rate, dividend_yield=dividend_yield
            )
            strike = float(listed(exact, step, right))
        a_day = price * volatility / math.sqrt(YEAR)
        away = abs(strike - price) / a_day
        here = time_to_touch(away, left)
        found.append(Rung(strike, price, left, here))
        touched = float(touch_without_drift(away, math.sqrt(left)))
        if not is_out and touched > _RARE:
            # What is left after a touch: all of them are before the end, so that it is something.
            left -= min((here - left * (1 - touched)) / touched, left * _MOST_USED)
        price = strike
    return found
