"""Everything about one campaign in one account: what fits, the ledger, the odds, how many parachutes are worth it, how much to write."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.sizing.parachutes.campaign import MOST_PARACHUTES, Campaign, plan
from optmargin.sizing.parachutes.chain import Final
from optmargin.sizing.parachutes.deploy import loss_if_stopped, worth_deploying
from optmargin.sizing.parachutes.exact import Number, count, exact, shown
from optmargin.sizing.parachutes.geometry import Reading
from optmargin.sizing.parachutes.growth import (
    Size,
    best_parachutes,
    edge_for_growth,
    edge_for_kelly,
    growth_at,
    neutral,
    size_of,
)
from optmargin.sizing.parachutes.kelly import drawdown_probability
from optmargin.sizing.parachutes.ledger import Holder, Ledger, fitting, ledger
from optmargin.sizing.parachutes.odds import LevelOdds, as_given, from_delta, from_prices
from optmargin.sizing.parachutes.ruin import (
    campaigns_to_recover,
    campaigns_until_ruin,
    lundberg_exponent,
    ruin_within,
)
from optmargin.sizing.slots import SLOT_MULTIPLIER, SLOT_WIDTH

if TYPE_CHECKING:
    from optmargin.sizing.parachutes.ledger import MarginAt
    from optmargin.sizing.parachutes.strikes import Rung

A_YEAR = 52  # campaigns, one a week


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about a campaign; prices in USD per share, probabilities and shares as fractions.

    Attributes:
        slots: slots of the first position, whole.
        credits: credit of the first position, or of every level 0 ... K; see :func:`.campaign.plan`.
        buybacks: buy-back of every level, one for all or one for each.
        parachutes: K.
        width: between the strikes.
        multiplier: shares per contract.
        multiple: size multiple of each parachute.
        reading: what becomes of the old position.
        fee: USD per leg and contract.
        roll_debit: by which each roll falls short of neutral, per slot bought out.
        edge: by which every level is assailed less often than its prices say; not with ``probabilities`` or ``deltas``.
        probabilities: of being assailed, one for all levels or one for each; empty: from the prices.
        deltas: of the short options, from which the probabilities follow; empty: from the prices.
        gaps: probabilities of a jump through the spread, one for all levels or one for each.
        final, full_loss: what is done when the last level is assailed; see :func:`.chain.chain_of`.
        kelly_multiple: of full Kelly that is wanted.
        horizon: campaigns over which ruin is told.
        strikes: suggested for each level, from :func:`.strikes.ladder`; None where they aren't known.
    """

    slots: float
    credits: Sequence[Number]
    buybacks: Sequence[Number]
    parachutes: int = 5
    width: Number = SLOT_WIDTH
    multiplier: Number = SLOT_MULTIPLIER
    multiple: Number = 2
    reading: Reading = Reading.REPLACE
    fee: Number = 0
    roll_debit: Number = 0
    edge: Number = 0
    probabilities: Sequence[Number] = ()
    deltas: Sequence[Number] = ()
    gaps: Sequence[Number] = (0,)
    final: Final = Final.STOP
    full_loss: Number = 1
    kelly_multiple: Number = 0.5
    horizon: int = A_YEAR
    strikes: Sequence[Rung] | None = None

    def campaign(self, parachutes: int | None = None) -> Campaign:
        """What is planned, or the same with another number of parachutes.

        Raises:
            MarginError: as :func:`.campaign.plan`.
        """
        return plan(
            self.slots,
            self.credits,
            self.buybacks,
            self.parachutes if parachutes is None else parachutes,
            width=self.width,
            multiplier=self.multiplier,
            multiple=self.multiple,
            reading=self.reading,
            fee=self.fee,
            roll_debit=self.roll_debit,
        )

    @property
    def terms(self) -> dict[str, Number]:
        """What :func:`.growth.neutral` wants to know beside credit, buy-back, parachutes and edge."""
        return {
            "width": self.width,
            "multiple": self.multiple,
            "multiplier": self.multiplier,
            "fee": self.fee,
            "roll_debit": self.roll_debit,
        }

    def odds(self, campaign: Campaign) -> LevelOdds:
        """The odds of its levels.

        Raises:
            MarginError: ``#NUM!`` for a probability outside 0 to 1; ``#VALUE!`` where there are both probabilities and deltas, or a wrong
                number of either.
        """
        levels = len(campaign.sets)
        if self.probabilities and self.deltas:
            raise MarginError(ErrorCode.VALUE, "both probabilities and deltas are given", "give one of them")
        if (self.probabilities or self.deltas) and self.edge:
            raise MarginError(
                ErrorCode.VALUE,
                "an edge is given beside probabilities",
                "an edge is taken off what the prices say; leave one out",
            )
        if self.probabilities:
            return as_given(self.probabilities, self.gaps, levels=levels)
        if self.deltas:
            return from_delta(self.deltas, self.gaps, levels=levels)
        return from_prices(campaign, self.edge, self.gaps)

    @property
    def is_plain(self) -> bool:
        """Whether credits and buy-backs say how further levels would be."""
        return len(self.credits) == 1 and len(self.buybacks) == 1


@dataclass(frozen=True, slots=True)
class Assessment:
    """What there is to say about a campaign; amounts in USD, NaN or None for what isn't known.

    Attributes:
        question: what was asked.
        ledger: the levels that are planned.
        fits: how many parachutes the account has room for, planned or not; -1 where the first position itself doesn't fit.
        fits_at_least: whether more than ``fits`` may fit, since no further prices are given or the slots don't grow.
        last: the last of the planned levels that fits; 0 where none does.
        worth: how many of the planned parachutes that fit are worth deploying; None where older sets are left standing.
        ruin: probability that the last level that fits is assailed, per campaign.
        until_ruin: expected campaigns up to the first ruin; infinite where there is none.
        ruin_in_horizon: probability of a ruin within the question's horizon.
        to_recover: winning campaigns of the first level that make good one stop-out at ``last``; NaN where none do.
        mean, sd: expected P&L of the campaign as planned, and its standard deviation.
        levels: levels that a campaign visits on average.
        growth: expected growth of the account per campaign as planned, natural logarithm; minus infinity where it may be lost.
        lundberg: exponent per USD: with slots that never change, ruin from a cushion of u USD is at most exp(-exponent x u).
        size: how much to write by Kelly and margin; None where older sets are left standing.
        best: the size at the growth-optimal number of parachutes at these prices and this edge; None where the odds are given.
        drawdown_to_half: probability that the account ever falls to half at the wanted multiple of Kelly.
        days: expected days of a campaign.
        losses: for each level what stopping there loses as a share of wealth.
    """

    question: Question
    ledger: Ledger
    fits: int
    fits_at_least: bool
    last: int
    worth: int | None
    ruin: float
    until_ruin: float
    ruin_in_horizon: float
    to_recover: float
    mean: float
    sd: float
    levels: float
    growth: float
    lundberg: float
    size: Size | None
    best: Size | None
    drawdown_to_half: float
    days: float
    losses: tuple[float, ...]


def assess(question: Question, holder: Holder, margin_of: Callable[[Campaign], MarginAt] | None = None) -> Assessment:
    """Answers everything about a campaign.

    Args:
        question: what is asked.
        holder: the account; with ``margin_of`` its own ``margin_at`` isn't looked at.
        margin_of: makes the function that says the account's margin at each level of a campaign; see :class:`.ledger.Holder`.

    Raises:
        MarginError: for a number outside its bounds, a margin that isn't known, or net liq that isn't above zero.
    """
    if not float(holder.net_liq) > 0:
        raise MarginError(ErrorCode.NUM, f"net liq is {shown(holder.net_liq)}", "it must be greater than 0")
    count(question.horizon, "campaigns", 1)
    campaign = question.campaign()
    odds = question.odds(campaign)
    mine = _with_margin(holder, campaign, margin_of)
    found = ledger(campaign, mine, odds, final=question.final, full_loss=question.full_loss, strikes=question.strikes)
    longer = question.campaign(MOST_PARACHUTES) if question.is_plain and _grows(question) else campaign
    fits = fitting(longer, _with_margin(holder, longer, margin_of))
    return Assessment(
        question=question,
        ledger=found,
        fits=fits,
        fits_at_least=fits == longer.parachutes,
        **_of_the_chain(question, holder, found, odds, fits),
        losses=tuple(loss_if_stopped(campaign, holder.net_liq)),
    )


def _with_margin(holder: Holder, campaign: Campaign, margin_of: Callable[[Campaign], MarginAt] | None) -> Holder:
    if margin_of is None:
        return holder
    return Holder(holder.net_liq, equity=holder.equity, margin_at=margin_of(campaign), cushion=holder.cushion)


def _grows(question: Question) -> bool:
    """Whether the prices of further levels follow; a roll at the same size can't have the same buy-back again."""
    return float(question.multiple) > 1 or question.reading is Reading.ACCUMULATE


def _of_the_chain(question: Question, holder: Holder, found: Ledger, odds: LevelOdds, fits: int) -> dict[str, Any]:
    """What the odds say: the fields of :class:`Assessment` that depend on them."""
    chain, campaign = found.chain, found.campaign
    last = found.rows[max(min(fits, campaign.parachutes), 0)]
    is_end = chain is not None and last.level == campaign.parachutes
    ruin = float(chain.ruin) if chain is not None and is_end else last.reach * last.assailed
    net_liq, first, loss = float(holder.net_liq), found.rows[0].cash, -last.stop_pnl
    said: dict[str, Any] = {
        "last": last.level,
        "ruin": ruin,
        "until_ruin": campaigns_until_ruin(ruin),
        "ruin_in_horizon": ruin_within(ruin, question.horizon),
        "to_recover": campaigns_to_recover(loss / net_liq, first / net_liq)
        if 0 < loss < net_liq and first > 0
        else math.nan,
        "levels": math.fsum(row.reach for row in found.rows),
        "days": math.nan
        if question.strikes is None
        else math.fsum(row.reach * rung.days_here for row, rung in zip(found.rows, question.strikes, strict=True)),
        "drawdown_to_half": drawdown_probability(float(question.kelly_multiple), 0.5)
        if question.kelly_multiple
        else 0.0,
    }
    if chain is None:
        unknown = dict.fromkeys(("mean", "sd", "growth", "lundberg"), math.nan)
        return said | unknown | {"worth": None, "size": None, "best": None}
    possible = [each for each in chain.outcomes if each.probability]
    return said | {
        "worth": worth_deploying(campaign, odds, holder.net_liq, most=fits),
        "mean": float(chain.mean),
        "sd": chain.sd,
        "growth": growth_at(campaign, chain, net_liq),
        "lundberg": lundberg_exponent(
            [float(each.pnl) for each in possible], [float(each.probability) for each in possible]
        ),
        "size": size_of(
            campaign,
            chain,
            kelly_multiple=question.kelly_multiple,
            cushion=holder.cushion,
            equity_share=exact(holder.net_liq if holder.equity is None else holder.equity) / exact(holder.net_liq),
            others=[(row.margin - float(row.slots * campaign.slot)) / net_liq for row in found.rows],
        ),
        "best": _best(question, holder),
    }


def edges_needed(found: Assessment) -> tuple[float, float] | None:
    """The edge per level below which the plan shrinks its account in the long run, and that at which it is full Kelly.

    None where odds or prices aren't the plain ones, or no edge is enough. Slower than the rest, so that it is asked for apart.
    """
    question, campaign = found.question, found.ledger.campaign
    if (
        not question.is_plain
        or not campaign.replaces
        or not float(question.multiple) > 1
        or question.final is not Final.STOP
    ):
        return None
    written = campaign.first * campaign.slot / exact(found.ledger.start)
    asked = (written, question.credits[0], question.buybacks[0], campaign.parachutes)
    try:
        return edge_for_growth(*asked, **question.terms), edge_for_kelly(*asked, **question.terms)
    except MarginError:
        return None


def _best(question: Question, holder: Holder) -> Size | None:
    is_given = question.probabilities or question.deltas or any(question.gaps) or question.final is not Final.STOP
    if is_given or not question.is_plain or not float(question.multiple) > 1:
        return None
    sizes = best_parachutes(
        lambda parachutes: neutral(
            question.credits[0], question.buybacks[0], parachutes, question.edge, **question.terms
        ),
        kelly_multiple=question.kelly_multiple,
        cushion=holder.cushion,
    )
    best = max(sizes, key=lambda size: size.growth)
    return best if best.written > 0 else None
