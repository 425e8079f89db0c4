"""Deploy or stop: whether one more parachute makes the account grow, and how many of those planned are worth deploying.

Stop now and the share a of the wealth (campaign credit included) is lost; deploy a neutral parachute of m times the size, and with
probability p the share m a is lost, else nothing. With logarithmic utility deploying is right where p <= ln(1 - a) / ln(1 - m a): for a
doubling the edge over a fair coin must be about a / 2. At fair odds it never is right.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.sizing.parachutes.exact import Number, known, shown

if TYPE_CHECKING:
    from fractions import Fraction

    from numpy.typing import NDArray

    from optmargin.sizing.parachutes.campaign import Campaign
    from optmargin.sizing.parachutes.odds import LevelOdds

    Numbers = float | NDArray[np.float64]


def deploy_threshold(loss: Numbers, multiple: Numbers = 2.0) -> Any:
    """The highest probability of being assailed again at which one more parachute is right: ln(1 - a) / ln(1 - m a).

    0 where the parachute could lose the whole account. Where nothing is at stake (a = 0) it is the fair 1 / m.

    Args:
        loss: a, what stopping now loses as a share of the wealth with the campaign's credit in it; 0 to 1.
        multiple: m, above 1.
    """
    a, m = np.asarray(loss, dtype=np.float64), np.asarray(multiple, dtype=np.float64)
    staked = m * a
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log1p(-a) / np.log1p(-np.minimum(staked, 1.0))
    return np.where(a <= 0, 1 / m, np.where(staked < 1, ratio, 0.0))


def largest_loss(probability: float, multiple: float = 2.0) -> float:
    """The largest loss of stopping now, as a share of wealth, at which one more parachute is still right; 0 at fair odds or worse.

    Args:
        probability: of being assailed again, 0 to 1.
        multiple: m, above 1.

    Raises:
        MarginError: ``#NUM!`` outside these bounds.
    """
    if not 0 <= probability <= 1:
        raise MarginError(ErrorCode.NUM, f"the probability is {probability:g}", "a probability is 0 to 1")
    if not multiple > 1:
        raise MarginError(ErrorCode.NUM, f"the size multiple is {multiple:g}", "it must be greater than 1")
    if probability * multiple >= 1:
        return 0.0
    low, high = 0.0, 1 / multiple
    while True:
        middle = (low + high) / 2
        if not low < middle < high:
            return middle
        low, high = (middle, high) if deploy_threshold(middle, multiple) >= probability else (low, middle)


def worth_deploying(campaign: Campaign, odds: LevelOdds, net_liq: Number, *, most: int | None = None) -> int:
    """How many of the planned parachutes raise the expected logarithm of wealth, one after another from the first.

    By backward induction over the levels, so that fees, debits, gaps and odds that change from level to level count; for neutral rolls
    at one probability it is the rule of :func:`deploy_threshold`.

    Args:
        campaign: one in which one set stands at a time.
        odds: of every level.
        net_liq: net liquidation value before the first position, USD.
        most: how many the account has room for; None: all that are planned.

    Raises:
        MarginError: ``#NUM!`` where net liq isn't above zero; ``#N/A`` where older sets are left standing.
    """
    start = known(net_liq, "net liq")
    if start <= 0:
        raise MarginError(ErrorCode.NUM, f"net liq is {shown(start)}", "it must be greater than 0")
    if not campaign.replaces and campaign.parachutes:
        raise MarginError(
            ErrorCode.MISSING,
            f"with the reading '{campaign.reading.value}' older sets stand beside the newest, and its odds don't say what they lose",
            "take the reading replace",
        )
    last = campaign.parachutes if most is None else max(min(campaign.parachutes, most), 0)
    assailed = _log(start, campaign.stop_pnl(last))
    deploys = [False] * last
    for level in range(last - 1, -1, -1):
        stop = _log(start, campaign.stop_pnl(level))
        after, hit, jump = level + 1, odds.assailed[level + 1], odds.gap[level + 1]
        deploy = _mean(
            (1 - hit - jump, _log(start, campaign.sets[after].cash)),
            (jump, _log(start, campaign.worst_pnl(after))),
            (hit, assailed),
        )
        deploys[level] = deploy >= stop and deploy > -math.inf
        assailed = max(stop, deploy)
    return deploys.index(False) if False in deploys else last


def _log(start: Fraction, pnl: Fraction) -> float:
    share = pnl / start
    return math.log1p(float(share)) if share > -1 else -math.inf


def _mean(*parts: tuple[Fraction, float]) -> float:
    return math.fsum(float(chance) * value for chance, value in parts if chance)


def loss_if_stopped(campaign: Campaign, net_liq: Number) -> list[float]:
    """A for each level: what stopping there loses as a share of the wealth with the campaign's credit in it."""
    start = known(net_liq, "net liq")
    return [
        float((each.cash - campaign.stop_pnl(each.level)) / (start + each.cash)) if start + each.cash > 0 else math.nan
        for each in campaign.sets
    ]
