"""The absorbing Markov chain of a campaign: how often it ends where, and with what profit or loss.

Transient states are the levels 0 ... K. From level k a campaign ends as WIN k (the position expires worthless), as GAP k (a jump through
the spread), or is assailed: then it goes on to level k + 1, from the last level to RUIN. A ladder climbs one way only, so that the
fundamental matrix is a product of probabilities; :func:`absorb` answers for any chain.

Sources: Grinstead & Snell, Introduction to Probability, section 11.2 (absorbing chains).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.sizing.parachutes.exact import Number, probability

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optmargin.sizing.parachutes.campaign import Campaign
    from optmargin.sizing.parachutes.odds import LevelOdds


class Final(StrEnum):
    """What is done when the last level is assailed."""

    STOP = "stop"  # it is bought out
    HOLD = "hold"  # it is held to expiry, and loses its full width or nothing


class Ending(StrEnum):
    """How a campaign ends."""

    WIN = "win"
    GAP = "gap"
    RUIN = "ruin"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way in which a campaign ends.

    Attributes:
        ending: which kind.
        level: at which level.
        probability: exact.
        pnl: USD, exact.
    """

    ending: Ending
    level: int
    probability: Fraction
    pnl: Fraction


@dataclass(frozen=True, slots=True)
class Chain:
    """What the chain of one campaign says; probabilities and amounts are exact fractions.

    Attributes:
        reach: probability of reaching each level 0 ... K.
        outcomes: WIN 0 ... WIN K, the gaps that may happen, and RUIN last.
    """

    reach: tuple[Fraction, ...]
    outcomes: tuple[Outcome, ...]

    def of(self, ending: Ending, level: int) -> Fraction:
        """The probability that the campaign ends so at a level."""
        return sum(
            (each.probability for each in self.outcomes if (each.ending, each.level) == (ending, level)), Fraction(0)
        )

    @property
    def ruin(self) -> Fraction:
        """The probability that the last level is assailed."""
        return self.outcomes[-1].probability

    @property
    def mean(self) -> Fraction:
        """Expected profit or loss of one campaign, USD."""
        return sum((each.probability * each.pnl for each in self.outcomes), Fraction(0))

    @property
    def sd(self) -> float:
        """Standard deviation of the profit or loss, USD."""
        square = sum((each.probability * each.pnl**2 for each in self.outcomes), Fraction(0))
        return math.sqrt(square - self.mean**2)

    @property
    def levels(self) -> Fraction:
        """How many levels a campaign visits on average."""
        return sum(self.reach, Fraction(0))

    def duration(self, times: Sequence[float]) -> float:
        """The expected time of a campaign, from the expected time at each level once it is reached."""
        return math.fsum(float(one) * time for one, time in zip(self.reach, times, strict=True))


def reached(odds: LevelOdds) -> tuple[Fraction, ...]:
    """The probability of reaching each level 0 ... K: the product of those of being assailed before it."""
    reach = [Fraction(1)]
    for assailed in odds.assailed[:-1]:
        reach.append(reach[-1] * assailed)
    return tuple(reach)


def chain_of(campaign: Campaign, odds: LevelOdds, *, final: Final = Final.STOP, full_loss: Number = 1) -> Chain:
    """The chain of a campaign in which one set stands at a time.

    Args:
        campaign: with cash and slots of every level.
        odds: of every level.
        final: whether the last level is bought out when it is assailed, or held to expiry.
        full_loss: with ``HOLD``, the probability that a last level that is assailed loses its full width; else it is won.

    Raises:
        MarginError: ``#N/A`` where older sets are left standing: what they win or lose beside the newest isn't known from its odds.
    """
    if not campaign.replaces and campaign.parachutes:
        raise MarginError(
            ErrorCode.MISSING,
            f"with the reading '{campaign.reading.value}' older sets stand beside the newest, and its odds don't say what they lose",
            "take the reading replace for odds and expected values",
        )
    last = campaign.parachutes
    assailed = list(odds.assailed)
    if final is Final.HOLD:
        assailed[last] *= probability(full_loss, "the probability of a full loss")
    reach = reached(odds)
    outcomes = [
        Outcome(Ending.WIN, at, reach[at] * (1 - assailed[at] - odds.gap[at]), campaign.sets[at].cash)
        for at in range(last + 1)
    ]
    outcomes += [
        Outcome(Ending.GAP, at, reach[at] * odds.gap[at], campaign.worst_pnl(at))
        for at in range(last + 1)
        if odds.gap[at]
    ]
    loss = campaign.stop_pnl(last) if final is Final.STOP else campaign.worst_pnl(last)
    outcomes.append(Outcome(Ending.RUIN, last, reach[last] * assailed[last], loss))
    return Chain(reach, tuple(outcomes))


@dataclass(frozen=True, slots=True)
class Absorption:
    """What an absorbing chain of t transient and a absorbing states does.

    Attributes:
        visits: expected visits of each transient state from each, shape (t, t); the fundamental matrix.
        absorbed: probability of ending in each absorbing state from each transient one, shape (t, a).
        steps: expected steps until absorption from each transient state, shape (t,).
    """

    visits: NDArray[np.float64]
    absorbed: NDArray[np.float64]
    steps: NDArray[np.float64]


def absorb(among: NDArray[np.float64], into: NDArray[np.float64]) -> Absorption:
    """Solves an absorbing chain.

    Args:
        among: probabilities from transient to transient states, shape (t, t).
        into: probabilities from transient to absorbing states, shape (t, a).

    Raises:
        MarginError: ``#NUM!`` where a probability is outside 0 to 1 or a state's don't add up to 1, or where absorption isn't sure.
    """
    rows = np.hstack((among, into))
    if np.any(rows < 0) or np.any(rows > 1) or np.any(np.abs(rows.sum(axis=1) - 1) > 1e-9):
        raise MarginError(
            ErrorCode.NUM, "the probabilities of a state don't add up to 1", "check the chain, state by state"
        )
    try:
        visits = np.asarray(np.linalg.solve(np.eye(len(among)) - among, np.eye(len(among))), dtype=np.float64)
    except np.linalg.LinAlgError:
        raise MarginError(ErrorCode.NUM, "the chain has states that it never leaves", "add where they end") from None
    return Absorption(visits, visits @ into, visits.sum(axis=1))
