"""KELLY and its like: the share of an account to stake so that it grows fastest, and whether one more parachute helps it grow."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from optmargin.core.money import plain
from optmargin.functions.declare import About, Example, Unit, worksheet_function
from optmargin.functions.parachutes import (
    Buyback,
    Credit,
    Cushion,
    Edge,
    Fee,
    KellyMultiple,
    Multiple,
    Parachutes,
    RollDebit,
    SlotMultiplier,
    SlotWidth,
)
from optmargin.sizing.parachutes.columns import kelly_written
from optmargin.sizing.parachutes.deploy import deploy_threshold
from optmargin.sizing.parachutes.geometry import Terms
from optmargin.sizing.parachutes.growth import Size, neutral, size_of
from optmargin.sizing.parachutes.kelly import kelly_binary, kelly_many
from optmargin.sizing.slots import SLOT_MULTIPLIER, SLOT_WIDTH


def _why(*, p: Any, b: Any) -> str:
    edge = float(p * (b + 1) - 1)
    found = float(kelly_binary(p, b))
    working = f"({plain(float(p))} x ({plain(float(b))} + 1) - 1) / {plain(float(b))}"
    return (
        f"{working} = {plain(found)}" if edge > 0 else f"max({working}, 0) = 0, since the bet doesn't gain on average"
    )


@worksheet_function(
    "KELLY",
    category="Sizing",
    about=(
        "Kelly's share of the account to stake where 1 wins b with probability p and is else lost: (p (b + 1) - 1) / b. 0 where the "
        "bet doesn't gain on average."
    ),
    returns=Unit.FRACTION,
    example=Example(
        "=KELLY(0.53, 1)",
        0.06,
        "E. O. Thorp, The Kelly criterion in blackjack, sports betting and the stock market (2006): a coin with p = 0.53, f = 0.06",
    ),
    why=_why,
)
def kelly_function(
    p: Annotated[Any, About("Probability of winning", Unit.FRACTION, at_least=0, at_most=1)],
    b: Annotated[Any, About("What 1 wins, the stake not counted", Unit.TIMES, above=0)],
) -> Any:
    """The share of the account."""
    return kelly_binary(p, b)


@worksheet_function(
    "KELLY_MULTI",
    category="Sizing",
    about=(
        "Kelly's share of the account to stake where 1 has several outcomes; more than 1 where losses are small, so cap it by margin. 0 "
        "where they don't gain on average, #NUM! where nothing is ever lost."
    ),
    returns=Unit.FRACTION,
    example=Example(
        "=KELLY_MULTI({2;-1}, {0.5;0.5})",
        0.25,
        "R. Vince, Portfolio Management Formulas (1990): a coin that pays 2 to 1, optimal f = 0.25",
    ),
    by_element=False,
)
def kelly_multi(
    outcomes: Annotated[Any, About("What 1 wins or, negative, loses in each outcome", Unit.NUMBERS)],
    probabilities: Annotated[
        Any, About("Probability of each outcome, in the same order; together 1", Unit.CHANCES, at_least=0, at_most=1)
    ],
) -> float:
    """The share of the account.

    Raises:
        MarginError: ``#VALUE!`` where there aren't as many outcomes as probabilities; ``#NUM!`` where these don't add up to 1, or where
            nothing is ever lost.
    """
    return kelly_many(outcomes, probabilities)


# Campaigns of parachutes -------------------------------------------------------------------------------------------------------


def _why_written(**given: Any) -> str:
    size = _size(**{name: float(value) for name, value in given.items()})
    margin = "no limit" if size.margin == float("inf") else f"{plain(size.margin)}"
    kelly = "no limit, since nothing is lost" if size.kelly == float("inf") else f"{plain(size.kelly)}"
    asked = f"{plain(float(given['kelly_multiple']))} x Kelly {kelly}"
    return f"min({asked}, margin {margin}) = {plain(size.written)}: {size.binds.value}"


def _size(
    *,
    credit: float,
    buyback: float,
    edge: float,
    parachutes: float,
    slot_width: float,
    multiplier: float,
    size_multiple: float,
    fee: float,
    roll_debit: float,
    kelly_multiple: float,
    cushion: float,
) -> Size:
    campaign, chain = neutral(
        credit,
        buyback,
        int(parachutes),
        edge,
        width=slot_width,
        multiple=size_multiple,
        multiplier=multiplier,
        fee=fee,
        roll_debit=roll_debit,
    )
    return size_of(campaign, chain, kelly_multiple=kelly_multiple, cushion=cushion)


@worksheet_function(
    "PARACHUTE_KELLY",
    category="Sizing",
    about=(
        "Share of the account to write (margin of the first position over net liq) so that it grows fastest by campaigns of revenue-neutral "
        "parachutes; at most what the margin has room for. 0 without an edge."
    ),
    returns=Unit.FRACTION,
    example=Example(
        "=PARACHUTE_KELLY(1, 2.5, 0.1, 1)",
        0.2375,
        "J. L. Kelly (1956) for a bet that wins 1 and loses 4 with probability 0.36 x 0.45 = 0.162: (0.838 / 4 - 0.162 / 1) x width 5",
    ),
    why=_why_written,
)
def parachute_kelly(
    credit: Credit,
    buyback: Buyback,
    edge: Edge,
    parachutes: Parachutes = 5.0,
    slot_width: SlotWidth = SLOT_WIDTH,
    multiplier: SlotMultiplier = SLOT_MULTIPLIER,
    size_multiple: Multiple = 2.0,
    fee: Fee = 0.0,
    roll_debit: RollDebit = 0.0,
    kelly_multiple: KellyMultiple = 1.0,
    cushion: Cushion = 0.0,
) -> Any:
    """The share; see :func:`optmargin.sizing.parachutes.columns.kelly_written`."""
    terms = Terms(slot_width, multiplier, size_multiple, credit=credit, fee=fee, roll_debit=roll_debit)
    return kelly_written(buyback, terms, parachutes, edge=edge, kelly_multiple=kelly_multiple, cushion=cushion)


def _why_deploy(*, loss_share: Any, probability: Any, size_multiple: Any) -> str:
    a, m = plain(float(loss_share)), plain(float(size_multiple))
    highest = float(deploy_threshold(loss_share, size_multiple))
    working = f"ln(1 - {a}) / ln(1 - {m} x {a}) = {plain(highest)}"
    if np.isnan(probability):
        return f"deploy only if the probability of being assailed again is at most {working}"
    return f"{plain(float(probability))} {'<=' if probability <= highest else '>'} {working}: {'deploy' if probability <= highest else 'stop'}"


@worksheet_function(
    "PARACHUTE_DEPLOY",
    category="Sizing",
    about=(
        "Deploy one more revenue-neutral parachute (1) or stop (0)? 1 where the probability of being assailed again is at most ln(1 - a) / "
        "ln(1 - m a), so that the account's growth gains. Without a probability: that highest one."
    ),
    returns=Unit.FRACTION,
    example=Example(
        "=PARACHUTE_DEPLOY(0.0625)",
        0.48332096197818636,
        "Logarithmic utility (D. Bernoulli, 1738), by hand: ln(15/16) / ln(14/16)",
    ),
    why=_why_deploy,
)
def parachute_deploy(
    loss_share: Annotated[
        Any,
        About(
            "What stopping now loses as a share of the account, the campaign's credit counted in",
            Unit.FRACTION,
            at_least=0,
            at_most=1,
        ),
    ],
    probability: Annotated[
        Any,
        About("Probability of being assailed again; blank asks for the highest", Unit.FRACTION, at_least=0, at_most=1),
    ] = None,
    size_multiple: Annotated[
        Any, About("How many times the slots the parachute has", Unit.TIMES, above=1, at_most=1000)
    ] = 2.0,
) -> Any:
    """1 or 0, or the highest probability; see :func:`optmargin.sizing.parachutes.deploy.deploy_threshold`."""
    highest = deploy_threshold(loss_share, size_multiple)
    return np.where(np.isnan(probability), highest, np.where(np.less_equal(probability, highest), 1.0, 0.0))
