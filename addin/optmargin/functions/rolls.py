"""ROLL_CREDIT, ROLL_STRIKE and TOUCH_PROBABILITY: what a revenue-neutral roll must bring, how far it goes, how often it is touched."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from optmargin.core.contracts import Right as RightKind
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.core.money import per_share, plain
from optmargin.functions.declare import About, Example, Unit, worksheet_function
from optmargin.functions.naked import Right, Strike
from optmargin.functions.parachutes import (
    Buyback,
    Fee,
    Multiple,
    SlotMultiplier,
    SlotWidth,
)
from optmargin.sizing.parachutes import prices, strikes
from optmargin.sizing.parachutes.geometry import LEGS_OF_A_SPREAD
from optmargin.sizing.slots import SLOT_MULTIPLIER, SLOT_WIDTH

Volatility = Annotated[Any, About("Volatility per year", Unit.FRACTION, above=0, at_most=100)]
Days = Annotated[Any, About("Calendar days that are left", Unit.DAYS, above=0, at_most=36500)]
Rate = Annotated[Any, About("Interest rate per year, continuous", Unit.FRACTION, at_least=-1, at_most=10)]
DividendYield = Annotated[Any, About("Dividend yield per year, continuous", Unit.FRACTION, at_least=-1, at_most=10)]
SpotNow = Annotated[Any, About("Price of the underlying", Unit.USD_PER_SHARE, above=0)]


def _why_credit(*, buyback: Any, size_multiple: Any, fee: Any, multiplier: Any) -> str:
    legs = float(LEGS_OF_A_SPREAD * (1 + size_multiple))
    fees = f" + {plain(legs)} legs x {plain(float(fee))} / {plain(float(multiplier))}" if fee else ""
    found = float(roll_credit(buyback, size_multiple, fee, multiplier))
    return f"({per_share(float(buyback))}{fees}) / {plain(float(size_multiple))} = {plain(found)}"


@worksheet_function(
    "ROLL_CREDIT",
    category="Sizing",
    about="Credit that each new spread must bring so that a roll by a size multiple pays for its buy-back and its fees (revenue-neutral).",
    returns=Unit.USD_PER_SHARE,
    example=Example(
        "=ROLL_CREDIT(2.5, 2, 1.10)",
        1.283,
        "Trader's seven points on margin, number 3 (remain revenue-neutral), by hand: (2.50 + 6 legs x 1.10 / 100) / 2",
    ),
    why=_why_credit,
)
def roll_credit(
    buyback: Buyback,
    size_multiple: Multiple = 2.0,
    fee: Fee = 0.0,
    multiplier: SlotMultiplier = SLOT_MULTIPLIER,
) -> Any:
    """USD per share: two legs closed and two opened for each new slot are paid for."""
    return (buyback + LEGS_OF_A_SPREAD * (1 + size_multiple) * (fee / multiplier)) / size_multiple


@worksheet_function(
    "ROLL_STRIKE",
    category="Sizing",
    about=(
        "Short strike of a revenue-neutral roll when the underlying touches the old one: there the new spread sells for the old one's price "
        "over the size multiple, by Black-Scholes. About 0.674 deviations away for a doubling."
    ),
    returns=Unit.USD_PER_SHARE,
    example=Example(
        "=ROLL_STRIKE(5000, 0.15, 7)",
        4930.980679650974,
        "Black-Scholes without rates, worked out in 50-digit arithmetic: the spread costs 2.4727 at the touch and sells for half there",
    ),
)
def roll_strike(
    spot: SpotNow,
    volatility: Volatility,
    days_left: Days,
    slot_width: SlotWidth = SLOT_WIDTH,
    size_multiple: Multiple = 2.0,
    right: Right = "put",
    short_strike: Annotated[
        Any,
        About(
            "Short strike of the old spread; blank: the spot, which has just touched it", Unit.USD_PER_SHARE, above=0
        ),
    ] = None,
    new_days: Annotated[
        Any, About("Calendar days of the new spread; blank: the same expiry", Unit.DAYS, above=0, at_most=36500)
    ] = None,
    rate: Rate = 0.0,
    dividend_yield: DividendYield = 0.0,
    strike_step: Annotated[
        Any,
        About(
            "Step between listed strikes: the nearest that brings no less credit; 0 is the exact strike",
            Unit.USD_PER_SHARE,
            at_least=0,
        ),
    ] = 0.0,
) -> Any:
    """USD per share; see :func:`optmargin.sizing.parachutes.strikes.neutral_strike`.

    Raises:
        MarginError: ``#NUM!`` where no strike brings so much.
    """
    old = np.where(np.isnan(short_strike), spot, short_strike)
    if np.any(too_wide := np.equal(right, RightKind.PUT) & np.less_equal(old - slot_width, 0)):
        raise MarginError(
            ErrorCode.NUM,
            f"a put spread {plain(float(np.max(np.where(too_wide, slot_width, 0))))} wide has no long strike above zero here",
            "give a narrower one",
        )
    exact = strikes.neutral_strike(
        spot,
        volatility,
        days_left,
        slot_width,
        size_multiple,
        right=right,
        short_strike=old,
        new_days=np.where(np.isnan(new_days), days_left, new_days),
        rate=rate,
        dividend_yield=dividend_yield,
    )
    return strikes.listed(exact, strike_step, right)


@worksheet_function(
    "TOUCH_PROBABILITY",
    category="Sizing",
    about=(
        "Probability that the underlying touches a strike before expiry, by Black-Scholes (first passage). About twice the probability of "
        "ending beyond it, so twice the option's delta."
    ),
    returns=Unit.FRACTION,
    example=Example(
        "=TOUCH_PROBABILITY(100, 90.4837418035960, 0.2, 91.25, 0.02)",
        0.31731050786291415,
        "S. Shreve, Stochastic Calculus for Finance II, 3.7 (reflection): one deviation of a driftless logarithm, twice the normal tail 0.158655",
    ),
)
def touch_probability(
    spot: SpotNow,
    strike: Strike,
    volatility: Volatility,
    days_left: Days,
    rate: Rate = 0.0,
    dividend_yield: DividendYield = 0.0,
) -> Any:
    """The probability; see :func:`optmargin.sizing.parachutes.prices.touch`."""
    return prices.touch(spot, strike, volatility, days_left, rate, dividend_yield)
