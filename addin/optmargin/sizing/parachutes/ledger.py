"""The ledger of a campaign: per level what stands, what it needs, what is left, what it loses, and how likely that is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.sizing.parachutes.chain import Chain, Ending, Final, chain_of, reached
from optmargin.sizing.parachutes.exact import Number, exact, known, not_negative, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from optmargin.sizing.parachutes.campaign import Campaign
    from optmargin.sizing.parachutes.odds import LevelOdds
    from optmargin.sizing.parachutes.strikes import Rung

    MarginAt = Callable[[int], "AtLevel"]

# As in :mod:`.geometry`: a figure this close to a bound, as a share of the money it is about, is on it.
_NOISE = Fraction(1, 10**12)


@dataclass(frozen=True, slots=True)
class AtLevel:
    """What the whole account requires at a level, USD, in the field convention: long options' cost and proceeds outside.

    Attributes:
        maintenance: decides excess liquidity and cushion.
        initial: decides whether the level may be opened.
    """

    maintenance: float
    initial: float


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One level of a campaign; amounts in USD, prices in USD per share; NaN for what isn't known.

    Attributes:
        level: parachutes used so far.
        slots: slots that stand.
        closed: slots bought out when the level opens.
        opened: slots sold.
        credit_needed: credit per new slot that leaves cash as it was, fees included.
        credit: credit per new slot that is planned.
        buyback: price at which a slot is bought out when the level is assailed.
        fees: fees of opening the level.
        cash: what the campaign has brought so far: premiums less buy-backs and fees.
        margin: maintenance margin of the account then, that of other positions included.
        excess: excess liquidity: equity with loan value and cash less margin.
        available: available funds: the same less initial margin, which is another only where stock or the like is held.
        net_liq: net liquidation value when the level has just opened, its spreads at the price that they were sold for.
        cushion: excess over that net liq; NaN where net liq isn't above zero.
        fits: whether available funds aren't below zero, and excess keeps the cushion that is wanted.
        stop_pnl: P&L of the campaign when the level is assailed and everything is bought out.
        max_loss_pnl: P&L of the campaign when everything that stands loses its full width.
        assailed: probability that the level is assailed once it is reached.
        reach: probability that the campaign gets here.
        ends_here: probability that it ends here: won, lost by a gap, or at the last level assailed.
        lost_here: the part of ``ends_here`` that isn't won.
        expected: this level's share of the campaign's expected value: probabilities of its endings times their P&L.
        short_strike: suggested short strike of the level's spreads.
        distance: how far it lies from the price of the underlying when the level opens.
        days_left: calendar days to expiry when the level opens.
    """

    level: int
    slots: int
    closed: int
    opened: int
    credit_needed: float
    credit: float
    buyback: float
    fees: float
    cash: float
    margin: float
    excess: float
    available: float
    net_liq: float
    cushion: float
    fits: bool
    stop_pnl: float
    max_loss_pnl: float
    assailed: float
    reach: float
    ends_here: float
    lost_here: float
    expected: float
    short_strike: float = math.nan
    distance: float = math.nan
    days_left: float = math.nan


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger of a campaign, and its chain where the odds say one.

    Attributes:
        rows: one per level.
        campaign: what it is of.
        chain: None where no odds are given, or where they don't say what older sets lose beside the newest.
        start: net liq before the campaign, USD.
    """

    rows: tuple[LedgerRow, ...]
    campaign: Campaign
    chain: Chain | None
    start: float


@dataclass(frozen=True, slots=True)
class Holder:
    """The account that a campaign is planned in; amounts in USD.

    Excess liquidity is equity with loan value plus the campaign's cash less margin. That is IBKR's: the value of options is in net
    liq and not in equity with loan value, so that a spread sold adds its whole premium and takes its whole width.

    Attributes:
        net_liq: net liquidation value before the first position.
        equity: equity with loan value before it: net liq less the market value of options held. None: no other options are held,
            and it is net liq.
        other_margin: margin of other positions; not looked at with ``margin_at``.
        margin_at: what the whole account requires at a level, by the margin engine on its real book, so that the free side and other
            positions count: :mod:`.on_a_book` and :mod:`.sides` make such functions. None: a slot's width for each slot that stands,
            and ``other_margin``.
        cushion: excess liquidity to keep, as a share of equity and cash; see :mod:`.geometry`.
    """

    net_liq: Number
    equity: Number | None = None
    other_margin: Number = 0
    margin_at: MarginAt | None = None
    cushion: Number = 0

    def __post_init__(self) -> None:
        known(self.net_liq, "net liq")
        not_negative(self.other_margin, "other margin")
        if self.equity is not None:
            known(self.equity, "equity with loan value")
        kept = known(self.cushion, "the cushion to keep")
        if not 0 <= kept < 1:
            raise MarginError(
                ErrorCode.NUM, f"the cushion to keep is {shown(kept)}", "it must be 0 or more and below 1; 0.1 is 10 %"
            )

    def required(self, campaign: Campaign, level: int) -> tuple[Fraction, Fraction]:
        """The account's maintenance and initial margin at a level.

        Raises:
            MarginError: ``#N/A`` where it isn't known; whatever ``margin_at`` raises.
        """
        if self.margin_at is None:
            margin = exact(self.other_margin) + campaign.sets[level].standing * campaign.slot
            return margin, margin
        required = self.margin_at(level)
        if not (math.isfinite(required.maintenance) and math.isfinite(required.initial)):
            problem = f"the account's margin at level {level} isn't known"
            raise MarginError(ErrorCode.MISSING, problem, "see the findings of its book")
        return exact(required.maintenance), exact(required.initial)

    def cash_and_equity(self, cash: Fraction) -> Fraction:
        """Equity with loan value once a campaign has brought so much cash."""
        return exact(self.net_liq if self.equity is None else self.equity) + cash

    def fits(self, cash: Fraction, maintenance: Fraction, initial: Fraction) -> bool:
        """Whether a level may be opened, and keeps the cushion that is wanted."""
        worth = self.cash_and_equity(cash)
        tolerance = _NOISE * (abs(worth) + maintenance)
        return worth - initial >= -tolerance and (1 - exact(self.cushion)) * worth - maintenance >= -tolerance


def fitting(campaign: Campaign, holder: Holder) -> int:
    """How many parachutes of those planned the account has room for, one after another; -1 where not even the first position fits."""
    for each in campaign.sets:
        if not holder.fits(each.cash, *holder.required(campaign, each.level)):
            return each.level - 1
    return campaign.parachutes


def ledger(
    campaign: Campaign,
    holder: Holder,
    odds: LevelOdds | None = None,
    *,
    final: Final = Final.STOP,
    full_loss: Number = 1,
    strikes: Sequence[Rung] | None = None,
) -> Ledger:
    """The ledger of a campaign.

    Args:
        campaign: what is planned.
        holder: the account.
        odds: of every level; None leaves the columns of probability NaN.
        final, full_loss: as for :func:`.chain.chain_of`.
        strikes: suggested for each level, from :func:`.strikes.ladder`; None where they aren't known.

    Raises:
        MarginError: ``#N/A`` where a margin isn't known; whatever the account's ``margin_at`` raises.
    """
    start = exact(holder.net_liq)
    has_chain = odds is not None and (campaign.replaces or not campaign.parachutes)
    found = chain_of(campaign, odds, final=final, full_loss=full_loss) if odds is not None and has_chain else None
    reach = None if odds is None else reached(odds)
    rows = []
    for each in campaign.sets:
        at = each.level
        margin, initial = holder.required(campaign, at)
        worth = holder.cash_and_equity(each.cash)
        excess = worth - margin
        # Selling at the mark leaves net liq as it is, so it falls by what the level before lost and by the fees.
        now = start + (campaign.stop_pnl(at - 1) if at else 0) - each.fees
        rung = None if strikes is None else strikes[at]
        rows.append(
            LedgerRow(
                level=at,
                slots=each.standing,
                closed=each.closed,
                opened=each.opened,
                credit_needed=float(each.neutral_credit),
                credit=float(each.credit),
                buyback=float(each.buyback),
                fees=float(each.fees),
                cash=float(each.cash),
                margin=float(margin),
                excess=float(excess),
                available=float(worth - initial),
                net_liq=float(now),
                cushion=float(excess / now) if now > 0 else math.nan,
                fits=holder.fits(each.cash, margin, initial),
                stop_pnl=float(campaign.stop_pnl(at)),
                max_loss_pnl=float(campaign.worst_pnl(at)),
                assailed=math.nan if odds is None else float(odds.assailed[at]),
                reach=math.nan if reach is None else float(reach[at]),
                **_endings(found, at),
                short_strike=math.nan if rung is None else rung.short_strike,
                distance=math.nan if rung is None else rung.distance,
                days_left=math.nan if rung is None else rung.days_left,
            )
        )
    return Ledger(tuple(rows), campaign, found, float(start))


def _endings(chain: Chain | None, level: int) -> dict[str, float]:
    if chain is None:
        return dict.fromkeys(("ends_here", "lost_here", "expected"), math.nan)
    here = [each for each in chain.outcomes if each.level == level]
    ends = sum((each.probability for each in here), Fraction(0))
    return {
        "ends_here": float(ends),
        "lost_here": float(ends - chain.of(Ending.WIN, level)),
        "expected": float(sum((each.probability * each.pnl for each in here), Fraction(0))),
    }
