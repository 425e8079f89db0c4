"""How likely each level is to be assailed: from the prices, from delta, from a model of the underlying, or as a person says.

By default from the prices alone. A spread is sold at c and stops at 0 (won) or at the buy-back b (assailed); under the pricing
measure its price is a martingale, so by optional stopping it is assailed with probability c / b, whatever the volatility, the time
left or the strikes. A neutral roll by m has c = b / m, so that each later level is assailed with probability 1 / m: a doubling is a
fair coin, and the expected value of a campaign at fair prices is zero for every number of parachutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.sizing.parachutes.exact import Number, known, per_level, probability, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optmargin.sizing.parachutes.campaign import Campaign


@dataclass(frozen=True, slots=True)
class LevelOdds:
    """Probabilities of every level 0 ... K, given that it was reached.

    Attributes:
        assailed: of being assailed.
        gap: of a jump through the whole spread, which loses its full width before it can be bought out.
    """

    assailed: tuple[Fraction, ...]
    gap: tuple[Fraction, ...]


def as_given(assailed: Sequence[Number], gaps: Sequence[Number] = (0,), *, levels: int) -> LevelOdds:
    """Odds as a person states them: one probability for all levels, or one for each.

    Raises:
        MarginError: ``#NUM!`` for a probability outside 0 to 1, or where both of a level add up to more than 1; ``#VALUE!`` for a wrong
            number of them.
    """
    hit = [
        probability(number, f"probability of level {at}")
        for at, number in enumerate(per_level(assailed, levels, "probabilities"))
    ]
    jump = [
        probability(number, f"probability of a gap at level {at}")
        for at, number in enumerate(per_level(gaps, levels, "gap probabilities"))
    ]
    for at, (one, other) in enumerate(zip(hit, jump, strict=True)):
        if one + other > 1:
            problem = f"level {at}: the probabilities of being assailed, {shown(one)}, and of a gap, {shown(other)}, add up to more than 1"
            raise MarginError(ErrorCode.NUM, problem, "lower one of them")
    return LevelOdds(tuple(hit), tuple(jump))


def from_prices(campaign: Campaign, edge: Number = 0, gaps: Sequence[Number] = (0,)) -> LevelOdds:
    """The fair odds, credit over buy-back, each lowered by the share ``edge`` that the seller is taken to have.

    Args:
        campaign: with the prices of every level.
        edge: 0.1 takes each level to be assailed 10 % less often than its prices say; negative is a disadvantage.
        gaps: probabilities of a jump through the spread, for all levels or each.

    Raises:
        MarginError: ``#NUM!`` for an edge that takes a probability out of 0 to 1.
    """
    kept = known(edge, "edge")
    if kept > 1:
        raise MarginError(ErrorCode.NUM, f"edge is {shown(kept)}", "it must be 1 or less; 0.1 is 10 %")
    assailed = [(1 - kept) * each.credit / each.buyback for each in campaign.sets]
    return as_given(assailed, gaps, levels=len(campaign.sets))


def from_delta(deltas: Sequence[Number], gaps: Sequence[Number] = (0,), *, levels: int) -> LevelOdds:
    """The odds that a short option's delta tells: it is touched twice as often as it ends in the money, 2 |delta|, at most 1.

    Exact by reflection where the underlying moves without drift and as far up as down; traders' rule of thumb elsewhere.

    Raises:
        MarginError: ``#NUM!`` for a delta outside -1 to 1.
    """
    touched = []
    for at, delta in enumerate(per_level(deltas, levels, "deltas")):
        if abs(delta) > 1:
            raise MarginError(ErrorCode.NUM, f"the delta of level {at} is {shown(delta)}", "a delta is -1 to 1")
        touched.append(min(2 * abs(delta), Fraction(1)))
    return as_given(touched, gaps, levels=levels)
