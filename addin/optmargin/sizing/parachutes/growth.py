"""How much of an account to write so that it grows: Kelly for a whole campaign, the margin that caps it, and the best number of parachutes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.sizing.parachutes.campaign import plan
from optmargin.sizing.parachutes.chain import chain_of
from optmargin.sizing.parachutes.exact import Number, exact, not_negative, per_level, positive, shown
from optmargin.sizing.parachutes.kelly import growth, kelly_many
from optmargin.sizing.parachutes.odds import from_prices
from optmargin.sizing.slots import SLOT_MULTIPLIER, SLOT_WIDTH

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from optmargin.sizing.parachutes.campaign import Campaign
    from optmargin.sizing.parachutes.chain import Chain

MOST = 12  # parachutes that are looked at for the best number; growth falls from one or two on

# Sizes that aren't whole are rounded up to whole slots; a first position this large makes nothing of that.
_FINE = 1 << 20


class Binds(StrEnum):
    """What holds a size down."""

    KELLY = "kelly"
    MARGIN = "margin"
    NO_EDGE = "no edge"


@dataclass(frozen=True, slots=True)
class Size:
    """How large to write a campaign; shares are margin of the first position over net liq.

    Attributes:
        parachutes: K.
        kelly: share that full Kelly writes; 0 where the campaign doesn't gain on average, infinite where it can't lose.
        margin: largest share with which all parachutes fit.
        written: the wanted multiple of Kelly, or the margin's share where that is less.
        binds: which of the two it is.
        deepest: share of the account in margin at the last level.
        ruin: probability that the last level is assailed.
        growth: expected growth of the account per campaign at ``written``, natural logarithm.
        full_growth: the same at full Kelly; NaN where there is no limit.
    """

    parachutes: int
    kelly: float
    margin: float
    written: float
    binds: Binds
    deepest: float
    ruin: float
    growth: float
    full_growth: float


def per_slot(campaign: Campaign, chain: Chain) -> tuple[list[float], list[float]]:
    """A campaign's outcomes in points per slot of the first position, and their probabilities."""
    unit = campaign.first * campaign.multiplier
    return [float(each.pnl / unit) for each in chain.outcomes], [float(each.probability) for each in chain.outcomes]


def kelly_units(campaign: Campaign, chain: Chain) -> float:
    """Full Kelly of a campaign: slots x multiplier per dollar of net liq; times the width it is the share written.

    0 where the campaign doesn't gain on average, which exact fractions decide; infinite where it can't lose.
    """
    if chain.mean <= 0:
        return 0.0
    outcomes, chances = per_slot(campaign, chain)
    if min(x for x, q in zip(outcomes, chances, strict=True) if q) >= 0:
        return math.inf
    return kelly_many(outcomes, chances)


def growth_at(campaign: Campaign, chain: Chain, net_liq: float) -> float:
    """Expected growth of a net liq by one campaign as planned, natural logarithm; minus infinity where it may lose all."""
    outcomes, chances = per_slot(campaign, chain)
    return growth(outcomes, chances, float(campaign.first * campaign.multiplier) / net_liq)


def size_of(
    campaign: Campaign,
    chain: Chain,
    *,
    kelly_multiple: Number = 1,
    cushion: Number = 0,
    equity_share: Number = 1,
    others: Sequence[Number] = (0,),
) -> Size:
    """How large a campaign may be by Kelly and by margin together.

    Args:
        campaign: what is planned, of any size: only proportions count.
        chain: of it.
        kelly_multiple: of full Kelly that is wanted, such as a half.
        cushion: excess liquidity to keep, as a share; see :mod:`.geometry`.
        equity_share: equity with loan value over net liq, before the first position.
        others: margin of other positions as a share of net liq, the same for all levels or one for each; negative where they
            carry some of the campaign.

    Raises:
        MarginError: ``#NUM!`` for a multiple or cushion outside its bounds.
    """
    wanted, kept = not_negative(kelly_multiple, "the multiple of Kelly"), not_negative(cushion, "cushion")
    if kept >= 1:
        raise MarginError(ErrorCode.NUM, f"the cushion to keep is {shown(kept)}", "it must be below 1; 0.1 is 10 %")
    margin = math.inf
    for each, taken in zip(campaign.sets, per_level(others, len(campaign.sets), "margins of others"), strict=True):
        needed = (each.standing * campaign.slot - (1 - kept) * each.cash) / campaign.first
        free = max((1 - kept) * exact(equity_share) - taken, Fraction(0))
        if needed > 0:
            margin = min(margin, float(free * campaign.slot / needed))
    units, width = kelly_units(campaign, chain), float(campaign.width)
    asked = 0.0 if units == 0 or wanted == 0 else units * width * float(wanted)
    written = min(asked, margin)
    outcomes, chances = per_slot(campaign, chain)
    return Size(
        parachutes=campaign.parachutes,
        kelly=units * width,
        margin=margin,
        written=written,
        binds=Binds.NO_EDGE if units == 0 else Binds.KELLY if asked <= margin else Binds.MARGIN,
        deepest=written * campaign.sets[-1].standing / campaign.first,
        ruin=float(chain.ruin),
        growth=growth(outcomes, chances, written / width),
        full_growth=growth(outcomes, chances, units) if math.isfinite(units) else math.nan,
    )


def neutral(
    credit: Number,
    buyback: Number,
    parachutes: int,
    edge: Number = 0,
    *,
    width: Number = SLOT_WIDTH,
    multiple: Number = 2,
    multiplier: Number = SLOT_MULTIPLIER,
    fee: Number = 0,
    roll_debit: Number = 0,
) -> tuple[Campaign, Chain]:
    """A campaign of neutral rolls (before fees) at one buy-back, with its fair odds less an edge; arguments as for :func:`.plan`."""
    first = 1 if exact(multiple).denominator == 1 else _FINE
    campaign = plan(
        first,
        [credit],
        [buyback],
        parachutes,
        width=width,
        multiplier=multiplier,
        multiple=multiple,
        fee=fee,
        roll_debit=roll_debit,
    )
    return campaign, chain_of(campaign, from_prices(campaign, edge))


def best_parachutes(
    campaign: Callable[[int], tuple[Campaign, Chain]],
    *,
    kelly_multiple: Number = 1,
    cushion: Number = 0,
    most: int = MOST,
) -> tuple[Size, ...]:
    """The sizes of campaigns with 0, 1, 2 ... parachutes; the best grows most: ``max(..., key=lambda size: size.growth)``.

    Args:
        campaign: makes the campaign with K parachutes, and its chain, such as a partial of :func:`neutral`.
        kelly_multiple: of full Kelly that is wanted.
        cushion: excess liquidity to keep, as a share.
        most: the largest K that is looked at.
    """
    return tuple(
        size_of(*campaign(parachutes), kelly_multiple=kelly_multiple, cushion=cushion) for parachutes in range(most + 1)
    )


def score_of_small_edge(parachutes: int, multiple: float = 2.0) -> float:
    """Growth by K parachutes, each sized best, over that by none where the edge is small: (K + 1)^2 / m^K."""
    return (parachutes + 1) ** 2 / multiple**parachutes


def edge_for_kelly(written: Number, credit: Number, buyback: Number, parachutes: int, /, **terms: Number) -> float:
    """The edge per level at which writing a share of the account with K neutral parachutes is exactly full Kelly.

    Args:
        written: margin of the first position over net liq.
        credit, buyback, parachutes, terms: as for :func:`neutral`.

    Raises:
        MarginError: ``#NUM!`` where no edge below 1 makes it so.
    """
    share, width = float(positive(written, "the share written")), float(exact(terms.get("width", SLOT_WIDTH)))

    def excess(edge: float) -> float:
        return kelly_units(*neutral(credit, buyback, parachutes, edge, **terms)) * width - share

    return _edge(excess, f"writing {share:g} of the account is more than full Kelly at any edge")


def edge_for_growth(written: Number, credit: Number, buyback: Number, parachutes: int, /, **terms: Number) -> float:
    """The edge per level below which writing a share of the account with K neutral parachutes shrinks it in the long run.

    Arguments and errors as for :func:`edge_for_kelly`.
    """
    share, width = float(positive(written, "the share written")), float(exact(terms.get("width", SLOT_WIDTH)))

    def grows(edge: float) -> float:
        return growth(*per_slot(*neutral(credit, buyback, parachutes, edge, **terms)), share / width)

    return _edge(grows, f"with {share:g} of the account written it shrinks at any edge")


def _edge(function: Callable[[float], float], problem: str) -> float:
    """Where a rising function of the edge crosses zero, by halving."""
    low, high = 0.0, 1.0 - 2.0**-30
    if function(high) < 0:
        raise MarginError(ErrorCode.NUM, problem, "write less")
    while True:
        middle = (low + high) / 2
        if not low < middle < high:
            return middle
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
