"""Kelly's criterion: the stake that makes an account grow fastest in the long run, what it grows by, and what a share of it costs.

Sources: J. L. Kelly, A new interpretation of information rate, BSTJ 35 (1956); E. O. Thorp, The Kelly criterion in blackjack, sports
betting and the stock market (2006); R. Vince, Portfolio Management Formulas (1990), for optimal f; R. Smoczynski and D. Tomkins, An
explicit solution to the problem of optimizing the allocations of a bettor's wealth (2010), for bets on one winner.
Growth is in natural logarithms per bet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optmargin.core.errors import ErrorCode, MarginError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Numbers = float | NDArray[np.float64]

_SUM = 1e-9  # how far probabilities may be from adding up to 1
_ZERO_MEAN = 1e-13  # a mean this small beside what may be won and lost is rounding
_HALVINGS = 1100  # from the largest float to the smallest; it ends when no float is left between the bounds


def kelly_binary(probability: Numbers, odds: Numbers) -> Any:
    """The share of the account to bet where ``odds`` are won for 1 with a probability, else the stake is lost; never below 0.

    Args:
        probability: 0 to 1.
        odds: what 1 wins, above zero.
    """
    return np.maximum((np.multiply(probability, np.add(odds, 1)) - 1) / odds, 0.0) + 0.0


def kelly_gain_loss(probability: Numbers, gain: Numbers, loss: Numbers) -> Any:
    """The units to hold per dollar of account where each wins ``gain`` with a probability, else loses ``loss``; never below 0.

    Args:
        probability: of the gain, 0 to 1.
        gain: what a unit wins, above zero.
        loss: what a unit loses, above zero.
    """
    mean = np.multiply(probability, gain) - np.multiply(np.subtract(1.0, probability), loss)
    scale = np.multiply(gain, loss)
    return np.where(mean > _ZERO_MEAN * np.maximum(gain, loss), np.maximum(mean, 0.0) / scale, 0.0)


def checked(
    outcomes: Sequence[float], probabilities: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Outcomes and their probabilities as columns; the impossible ones left out.

    Raises:
        MarginError: ``#VALUE!`` where there aren't as many of one as of the other; ``#NUM!`` for a probability outside 0 to 1, and
            where they don't add up to 1.
    """
    x, q = np.asarray(outcomes, dtype=np.float64), np.asarray(probabilities, dtype=np.float64)
    if len(x) != len(q) or not len(x):
        problem = f"{len(x)} outcomes and {len(q)} probabilities are given"
        raise MarginError(ErrorCode.VALUE, problem, "give one probability for each outcome")
    if not np.all(np.isfinite(x)):
        raise MarginError(ErrorCode.NUM, "an outcome isn't a number", "give what each wins or loses")
    for each in q.tolist():
        if not 0 <= each <= 1:
            raise MarginError(ErrorCode.NUM, f"a probability is {each:g}", "a probability is 0 to 1")
    total = math.fsum(q.tolist())
    if abs(total - 1) > _SUM:
        raise MarginError(ErrorCode.NUM, f"the probabilities add up to {total:.10g}", "they must add up to 1")
    return x[q > 0], q[q > 0]


def kelly_many(outcomes: Sequence[float], probabilities: Sequence[float]) -> float:
    """The units to hold per dollar of account where one unit has several outcomes; 0 where it doesn't gain on average.

    A caller caps it by margin: where losses are small it is more than the account can carry.

    Args:
        outcomes: what one unit wins or, negative, loses.
        probabilities: of each, together 1.

    Raises:
        MarginError: as :func:`checked`; ``#NUM!`` where nothing is ever lost, so that there is no limit.
    """
    x, q = checked(outcomes, probabilities)
    if x.min() >= 0 and x.max() > 0:
        raise MarginError(
            ErrorCode.NUM,
            "no outcome loses, so that growth sets no limit",
            "add what may be lost; the margin is the limit",
        )
    return float(kelly_columns(x[:, np.newaxis], q[:, np.newaxis])[0])


def kelly_columns(outcomes: NDArray[np.float64], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """As :func:`kelly_many` for many units at once; infinite where nothing is ever lost and something won.

    Args:
        outcomes: shape (outcomes, units).
        probabilities: of the same shape; columns add up to 1, and an outcome of probability 0 is none.
    """
    possible = probabilities > 0
    x = np.where(possible, outcomes, 0.0)
    mean = (probabilities * x).sum(axis=0)
    scale = np.abs(probabilities * x).sum(axis=0)
    gains = mean > _ZERO_MEAN * scale
    worst = -x.min(axis=0)
    with np.errstate(divide="ignore"):
        low, high = np.zeros(x.shape[1]), np.where(worst > 0, 1 / worst, np.inf)
    never_loses = gains & ~(worst > 0)
    bounded = gains & (worst > 0)
    high = np.where(bounded, high, 0.0)
    # The slope of growth falls from the mean to minus infinity; halve until no float is left between the bounds.
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if np.all((middle <= low) | (middle >= high)):
            break
        rises = (probabilities * x / (1 + middle * x)).sum(axis=0) > 0
        low, high = np.where(rises, middle, low), np.where(rises, high, middle)
    return np.where(never_loses, np.inf, low)


def growth(outcomes: Sequence[float], probabilities: Sequence[float], units: float) -> float:
    """Expected growth of the account per bet, natural logarithm; minus infinity where an outcome loses all of it.

    Args:
        outcomes: what one unit wins or loses.
        probabilities: of each, together 1.
        units: held per dollar of account.

    Raises:
        MarginError: as :func:`checked`.
    """
    x, q = checked(outcomes, probabilities)
    return float(growth_columns(x[:, np.newaxis], q[:, np.newaxis], np.array([units]))[0])


def growth_columns(
    outcomes: NDArray[np.float64], probabilities: NDArray[np.float64], units: NDArray[np.float64]
) -> NDArray[np.float64]:
    """As :func:`growth` for many units at once; outcomes and probabilities have shape (outcomes, units)."""
    left = np.where(probabilities > 0, units * outcomes, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(left > -1, np.log1p(np.maximum(left, -1.0)), -np.inf)
    terms = np.where(probabilities > 0, probabilities * logs, 0.0)
    return np.asarray(terms.sum(axis=0))


def growth_share(kelly_multiple: float) -> float:
    """The share of full Kelly's growth that a multiple of it has, in the continuous approximation: k (2 - k)."""
    return kelly_multiple * (2 - kelly_multiple)


def drawdown_probability(kelly_multiple: float, share: float) -> float:
    """The probability that the account ever falls to a share of where it started, in the continuous approximation.

    Args:
        kelly_multiple: of full Kelly, above zero; from twice Kelly on every drawdown happens.
        share: above 0, at most 1.

    Raises:
        MarginError: ``#NUM!`` outside these bounds.
    """
    if not kelly_multiple > 0:
        raise MarginError(ErrorCode.NUM, f"the multiple of Kelly is {kelly_multiple:g}", "it must be greater than 0")
    if not 0 < share <= 1:
        raise MarginError(ErrorCode.NUM, f"the share of the account is {share:g}", "it must be above 0 and at most 1")
    return math.pow(share, max(2 / kelly_multiple - 1, 0.0))


def kelly_continuous(drift: float, rate: float, volatility: float) -> tuple[float, float]:
    """The share of the account to hold in an asset, and the growth per year then: (m - r) / s^2 and r + (m - r)^2 / (2 s^2).

    Args:
        drift: of the asset, per year.
        rate: riskless, per year.
        volatility: per year, above zero.
    """
    excess = max(drift - rate, 0.0)
    return excess / volatility**2, rate + excess**2 / (2 * volatility**2)


@dataclass(frozen=True, slots=True)
class OptimalF:
    """Vince's optimal f of a record of trades.

    Attributes:
        f: share of the account that the worst trade would lose.
        wealth: terminal wealth relative to the start, after one run through the trades at f.
        mean: geometric mean per trade.
        dollars_per_unit: account per unit traded, in the trades' currency; infinite where f is 0.
    """

    f: float
    wealth: float
    mean: float
    dollars_per_unit: float


def wealth_at(trades: Sequence[float], f: float) -> float:
    """What 1 becomes after the trades when each is sized so that the worst of them would lose the share f."""
    worst = -min(trades)
    return math.prod(1 + f * each / worst for each in trades)


def optimal_f(trades: Sequence[float]) -> OptimalF:
    """Vince's optimal f: Kelly's fraction of a record of trades, each as likely as another, in units of the worst loss.

    Raises:
        MarginError: ``#NUM!`` where there are no trades, or none loses.
    """
    units = kelly_many(trades, [1 / len(trades)] * len(trades) if trades else [])
    worst = -min(trades)
    f = units * worst
    wealth = wealth_at(trades, f) if f else 1.0
    return OptimalF(f, wealth, wealth ** (1 / len(trades)), worst / f if f else math.inf)


@dataclass(frozen=True, slots=True)
class Bets:
    """Bets on the one winner of a race.

    Attributes:
        bets: shares of the account, one per runner.
        kept: share of the account that isn't bet.
        growth: expected growth, natural logarithm.
    """

    bets: tuple[float, ...]
    kept: float
    growth: float


def bets_on_one_winner(probabilities: Sequence[float], odds_for_1: Sequence[float], *, all_in: bool = False) -> Bets:
    """The bets that make the account grow fastest where exactly one of several runners wins.

    Args:
        probabilities: of each runner, together 1.
        odds_for_1: what 1 returns, the stake included, above 1.
        all_in: whether the whole account must be bet; the best bets are then the probabilities, whatever the odds.

    Raises:
        MarginError: as :func:`checked`.
    """
    checked([0.0] * len(odds_for_1), probabilities)
    kept = 0.0 if all_in else _kept(probabilities, odds_for_1)
    bets = [max(p - kept / odds, 0.0) for p, odds in zip(probabilities, odds_for_1, strict=True)]
    returned = [kept + bet * odds for bet, odds in zip(bets, odds_for_1, strict=True)]
    grown = math.fsum(p * math.log(back) for p, back in zip(probabilities, returned, strict=True) if p)
    return Bets(tuple(bets), kept, grown)


def _kept(probabilities: Sequence[float], odds: Sequence[float]) -> float:
    """The share that isn't bet: runners are taken by expected return while theirs exceeds what is kept."""
    kept, chance, cost = 1.0, 0.0, 0.0
    for p, each in sorted(zip(probabilities, odds, strict=True), key=lambda runner: -runner[0] * runner[1]):
        if p * each <= kept:
            break
        chance, cost = chance + p, cost + 1 / each
        if cost >= 1:  # the odds on these give money away: all of it is bet
            return 0.0
        kept = (1 - chance) / (1 - cost)
    return kept
