"""Campaign after campaign: ruin over a horizon, what it takes to recover, and gamblers' ruin.

Sources: W. Feller, An Introduction to Probability Theory, vol. I ch. XIV (gambler's ruin) and vol. II ch. XII (the exponential bound of
Cramer and Lundberg); S. Ross, Introduction to Probability Models, 4.5.1; the martingale (doubling) betting system.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.sizing.parachutes.kelly import checked

if TYPE_CHECKING:
    from collections.abc import Sequence

_EVEN = 1e-12  # odds this near to a half are a fair coin: the formula for unfair ones has no digits left there


def ruin_within(ruin: float, campaigns: float) -> float:
    """The probability of at least one ruin in so many independent campaigns."""
    return 1.0 if ruin >= 1 else -math.expm1(campaigns * math.log1p(-ruin))


def campaigns_until_ruin(ruin: float) -> float:
    """The expected number of campaigns up to and with the first ruin; infinite where it can't happen."""
    return 1 / ruin if ruin > 0 else math.inf


def campaigns_to_recover(loss: float, gain: float) -> float:
    """Winning campaigns that make good one loss, both as shares of the account that they meet: ln(1 / (1 - loss)) / ln(1 + gain).

    Raises:
        MarginError: ``#NUM!`` where the loss is the whole account or more, or a campaign gains nothing.
    """
    if not loss < 1:
        raise MarginError(ErrorCode.NUM, "the loss takes the whole account", "nothing recovers from it")
    if not gain > 0:
        raise MarginError(ErrorCode.NUM, "a winning campaign gains nothing", "nothing recovers from a loss then")
    return max(-math.log1p(-loss), 0.0) / math.log1p(gain)


@dataclass(frozen=True, slots=True)
class GamblersRuin:
    """A gambler who bets one unit at a time.

    Attributes:
        ruin: probability of losing all.
        success: probability of reaching the goal.
        duration: expected number of bets; infinite where play may go on for ever.
    """

    ruin: float
    success: float
    duration: float


def gamblers_ruin(win: float, start: float, goal: float) -> GamblersRuin:
    """Ruin of a gambler who wins 1 with probability ``win``, else loses 1, until nothing or the goal is left.

    Args:
        win: strictly between 0 and 1.
        start: units at first, whole.
        goal: units; infinity against an infinitely rich adversary.

    Raises:
        MarginError: ``#NUM!`` outside these bounds.
    """
    if not 0 < win < 1:
        raise MarginError(ErrorCode.NUM, f"the probability of winning is {win:g}", "it must lie between 0 and 1")
    if not 0 <= start <= goal:
        raise MarginError(ErrorCode.NUM, f"{start:g} units of {goal:g}", "start with 0 to the goal")
    log_ratio = math.log((1 - win) / win)  # above zero where the odds are against the gambler
    if abs(1 - 2 * win) < _EVEN:
        if math.isinf(goal):
            return GamblersRuin(1.0, 0.0, math.inf if start else 0.0)
        return GamblersRuin(1 - start / goal, start / goal, start * (goal - start))
    if math.isinf(goal):
        ruin = 1.0 if log_ratio > 0 else math.exp(start * log_ratio)
        return GamblersRuin(ruin, 1 - ruin, start / (1 - 2 * win) if log_ratio > 0 else math.inf)
    if log_ratio > 0:
        success = math.exp((start - goal) * log_ratio) * math.expm1(-start * log_ratio) / math.expm1(-goal * log_ratio)
    else:
        success = math.expm1(start * log_ratio) / math.expm1(goal * log_ratio)
    ruin = (
        math.expm1((start - goal) * log_ratio) / math.expm1(-goal * log_ratio)
        if log_ratio > 0
        else math.exp(start * log_ratio) * math.expm1((goal - start) * log_ratio) / math.expm1(goal * log_ratio)
    )
    return GamblersRuin(ruin, success, (start - goal * success) / (1 - 2 * win))


@dataclass(frozen=True, slots=True)
class Doubling:
    """A bettor who doubles after every loss and stops after the first win, or after n losses.

    Attributes:
        ruin: probability of n losses in a row.
        win: probability of winning one unit.
        at_risk: units lost in a ruin, 2^n - 1.
        mean: expected units.
        bets: expected number of bets.
    """

    ruin: float
    win: float
    at_risk: float
    mean: float
    bets: float


def doubling(lose: float, losses: int) -> Doubling:
    """The classical martingale at even money.

    Args:
        lose: probability of losing one bet, 0 to 1.
        losses: how many losses in a row end it.

    Raises:
        MarginError: ``#NUM!`` for a probability outside 0 to 1, or no losses.
    """
    if not 0 <= lose <= 1 or losses < 1:
        raise MarginError(ErrorCode.NUM, f"losing {lose:g}, {losses} times", "give 0 to 1, and at least one loss")
    ruin = lose**losses
    bets = float(losses) if lose == 1 else (1 - ruin) / (1 - lose)
    return Doubling(ruin, 1 - ruin, 2.0**losses - 1, 1 - (2 * lose) ** losses, bets)


def lundberg_exponent(outcomes: Sequence[float], probabilities: Sequence[float]) -> float:
    """The exponent t > 0 with sum of p exp(-t x) = 1: from a cushion u, ruin at a fixed size is at most exp(-t u).

    0 where the outcomes don't gain on average, and ruin is certain; infinite where nothing is ever lost.

    Raises:
        MarginError: as :func:`.kelly.checked`.
    """
    x, q = checked(outcomes, probabilities)
    mean = float(q @ x)
    if not mean > 1e-13 * float(q @ np.abs(x)):
        return 0.0
    worst = -float(x.min())
    if worst <= 0:
        return math.inf

    def excess(t: float) -> float:
        # In terms of expm1, since what is looked for is where the sum of the differences from 1 is zero.
        return float(q @ np.expm1(-t * x))

    # Below zero just above 0, where it falls with the mean; above zero where the worst loss alone makes up for all others.
    high = 1 / worst
    while excess(high) < 0:
        high *= 2
    low = high / 2
    while excess(low) >= 0:
        low /= 2
    while True:
        middle = (low + high) / 2
        if not low < middle < high:
            return middle
        low, high = (middle, high) if excess(middle) < 0 else (low, middle)


def ruin_of_steps(outcomes: Sequence[int], probabilities: Sequence[float], start: int, safe: int) -> float:
    """The probability that a walk in whole steps from ``start`` falls to zero or below before it reaches ``safe``.

    Args:
        outcomes: whole units won or lost in one step.
        probabilities: of each, together 1.
        start: units at first.
        safe: units from which nothing is lost any more; the larger, the nearer to ruin for ever.

    Raises:
        MarginError: as :func:`.kelly.checked`; ``#NUM!`` where a step isn't whole, or the walk can stand still for ever.
    """
    x, q = checked(outcomes, probabilities)
    if np.any(x != np.rint(x)):
        raise MarginError(ErrorCode.NUM, "a step isn't a whole number of units", "choose a smaller unit")
    if start <= 0:
        return 1.0
    if start >= safe:
        return 0.0
    states = np.arange(1, safe)
    among = np.zeros((len(states), len(states)))
    ruined = np.zeros(len(states))
    for step, chance in zip(x.astype(int).tolist(), q.tolist(), strict=True):
        there = states + step
        inside = (there >= 1) & (there < safe)
        among[np.flatnonzero(inside), there[inside] - 1] += chance
        ruined += np.where(there <= 0, chance, 0.0)
    try:
        return float(np.linalg.solve(np.eye(len(states)) - among, ruined)[start - 1])
    except np.linalg.LinAlgError:
        raise MarginError(ErrorCode.NUM, "the walk never ends", "give a step that moves it") from None
