"""The parachutes of an account: from which spread of its own they would start, and what the whole account requires at each level."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import AccountType, Right
from optmargin.core.errors import MarginError, Severity
from optmargin.core.money import cents, dollars, per_share, plain
from optmargin.margin.account import margin_legs
from optmargin.report.records import ParachutePlan, ParachuteRow
from optmargin.sizing.parachutes.campaign import Campaign, plan
from optmargin.sizing.parachutes.deploy import worth_deploying
from optmargin.sizing.parachutes.ledger import AtLevel, Holder, fitting, ledger
from optmargin.sizing.parachutes.odds import from_prices
from optmargin.sizing.parachutes.on_a_book import Spread, margin_on_book
from optmargin.sizing.slots import SLOT_MULTIPLIER

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from optmargin.core.accounts import Account
    from optmargin.core.legs import Leg, LegTable
    from optmargin.margin.requirement import AccountRequirement
    from optmargin.report.methods import Margined
    from optmargin.report.records import AccountFigures

PLANNED = 5  # the doublings of the rule of thumb
MOST = 8  # levels that are looked at beyond
WRITTEN = 32  # the part of the account that it writes at first
_CREDIT = 0.2  # of the width, where no spread of one's own says what it sells for
_BUYBACK = 0.5  # of the width: about what a spread is worth while the underlying stands at its short strike
_WIDTHS = 3.0  # by which each roll is taken to move
_WHOLE = 1e-9


@dataclass(frozen=True, slots=True)
class HeldSpread:
    """A credit spread that the account holds.

    Attributes:
        short: the leg that was sold.
        slots: how many.
        width: USD per share between its strikes.
        mark: what one is worth now, USD per share.
    """

    short: Leg
    slots: int
    width: float
    mark: float

    @property
    def nearness(self) -> float:
        """How near it is to being assailed: 1 where it is worth its buy-back."""
        return self.mark / (_BUYBACK * self.width)

    @property
    def name(self) -> str:
        """How a trader would write it: ``5 x SPX 2022-12-23 3800/3795 put spread``."""
        wing = self.short.strike + self.width * (1 if self.short.right is Right.CALL else -1)
        strikes = f"{plain(self.short.strike)}/{plain(wing)} {self.short.right.word} spread"
        return f"{self.slots:,} x {self.short.underlying} {self.short.expiry} {strikes}"


def held_spreads(legs: LegTable) -> Iterator[HeldSpread]:
    """The credit spreads of an account: each short option with the nearest long one farther from the market, nearest strikes first.

    Those whose price isn't known, or isn't between nothing and the width, are left out.
    """
    classes: dict[tuple[object, ...], list[Leg]] = {}
    for leg in legs.rows():
        if leg.right.is_option:
            key = (leg.underlying, leg.root, leg.right, leg.expiry, leg.settlement, leg.multiplier, leg.listed)
            classes.setdefault(key, []).append(leg)
    for same in classes.values():
        away = 1 if same[0].right is Right.CALL else -1
        shorts = sorted((leg for leg in same if leg.quantity < 0), key=lambda leg: away * leg.strike)
        left = {id(leg): leg.quantity for leg in same if leg.quantity > 0}
        wings = sorted((leg for leg in same if leg.quantity > 0), key=lambda leg: away * leg.strike)
        for short in shorts:
            open_slots = -short.quantity
            for wing in wings:
                width = away * (wing.strike - short.strike)
                slots = math.floor(min(open_slots, left[id(wing)]) + _WHOLE)
                if width <= 0 or slots < 1:
                    continue
                left[id(wing)] -= slots
                open_slots -= slots
                mark = short.price - wing.price
                if 0 < mark < width:
                    yield HeldSpread(short, slots, width, _price(mark))


def parachute_plan(
    account: Account, margined: Margined, figures: AccountFigures, *, as_of: dt.date, time_limit: float | None
) -> tuple[ParachutePlan | None, str]:
    """The parachutes of an account, and by which assumptions; or None, and what is missing.

    The plan is about the account's own credit spread that is nearest to being assailed, as if it were sold today at its mark, beside
    everything else that the account holds; without one, about a first position of 1/32 of net liq.

    Args:
        account: with its positions.
        margined: its requirement.
        figures: of the account; net liq and the value of its options are needed.
        as_of: the day.
        time_limit: seconds for the choice of the pairing of one underlying, all levels together; None for no limit.
    """
    requirement = margined.requirement
    if not requirement.complete:
        return None, "No schedule: the requirement is incomplete"
    if not margined.is_by_strategy:
        what = "futures" if margined.has_futures else "portfolio margin"
        return None, f"No schedule: slots are margined by strategy, and the account has {what}"
    if requirement.account_type is AccountType.CASH:
        return None, "No schedule: a cash account has no margin to write spreads on"
    net_liq = figures.net_liq
    if net_liq is None or figures.option_value is None:
        return None, "No schedule: it needs net liq, and the market value of the options"
    if net_liq <= 0:
        return None, f"No schedule: net liq is {dollars(net_liq)}"
    equity = net_liq - figures.option_value
    candidates = [each for each in held_spreads(account.legs) if each.nearness < 1]
    held = max(candidates, key=lambda each: (each.nearness, each.slots), default=None)
    try:
        if held is None:
            return _of_a_new_position(requirement, net_liq, equity, figures.slot_width)
        return _of_a_held_spread(account, requirement, held, as_of, (net_liq, equity), time_limit)
    except MarginError as error:
        return None, f"No schedule: {error}"


def _of_a_new_position(
    requirement: AccountRequirement, net_liq: float, equity: float, width: float
) -> tuple[ParachutePlan, str]:
    slot = width * SLOT_MULTIPLIER
    slots = max(1, math.floor(net_liq / WRITTEN / slot * (1 + _WHOLE)))
    credit, buyback = _price(_CREDIT * width), _price(_BUYBACK * width)
    campaign = plan(slots, [credit], [buyback], MOST, width=width, multiplier=SLOT_MULTIPLIER)
    others = AtLevel(requirement.maintenance.field, requirement.initial.field)

    def margin(level: int) -> AtLevel:
        mine = float(campaign.sets[level].standing * campaign.slot)
        return AtLevel(others.maintenance + mine, others.initial + mine)

    part = (
        f"1/{WRITTEN} of net liq"
        if slots * slot * WRITTEN <= net_liq * (1 + _WHOLE)
        else "one slot, more than 1/32 of net liq"
    )
    words = (
        f"The account holds no credit spread of known price that is still cheaper than half of its width. So this is a first position of {part}, "
        f"{_slots(slots)} of {per_share(width)}, beside everything that it holds: the other margin is counted in full, and no free side. "
        f"The credit of {per_share(credit)}, a fifth of the width, and the buy-back of {per_share(buyback)}, half of it, are assumptions: "
        "type your own."
    )  # fmt: skip
    holder = Holder(net_liq, equity=equity, margin_at=margin)
    return _plan(campaign, holder, others, "", 0.0, MOST), words


def _of_a_held_spread(
    account: Account,
    requirement: AccountRequirement,
    held: HeldSpread,
    as_of: dt.date,
    worth: tuple[float, float],
    time_limit: float | None,
) -> tuple[ParachutePlan, str]:
    net_liq, equity = worth
    short = held.short
    buyback = _price(_BUYBACK * held.width)
    campaign = plan(held.slots, [held.mark], [buyback], MOST, width=held.width, multiplier=short.multiplier)
    is_mine = account.legs.underlying == short.underlying
    elsewhere = [group for group in requirement.groups if group.underlying != short.underlying]
    beyond = AtLevel(
        math.fsum(group.maintenance.field for group in elsewhere), math.fsum(group.initial.field for group in elsewhere)
    )
    doubtful = False

    def margin_of(legs: LegTable) -> AtLevel:
        nonlocal doubtful
        if not len(legs):
            return beyond
        found = margin_legs(
            legs,
            requirement.book,
            as_of=as_of,
            account_type=requirement.account_type,
            account=account.account,
            time_limit=None if time_limit is None else time_limit / (MOST + 2),
        )
        doubtful = doubtful or any(each.severity is Severity.WARNING for each in found.findings)
        return AtLevel(beyond.maintenance + found.maintenance.field, beyond.initial + found.initial.field)

    move = _move(held)
    away = move if short.right is Right.CALL else -move
    spreads = [Spread(short.strike + away * level, short.expiry or as_of) for level in range(MOST + 1)]
    mine = account.legs.where(is_mine)
    others = margin_of(_without(mine, held))
    margin = functools.cache(margin_on_book(campaign, mine, short, spreads, margin_of, is_held=True))
    premium = float(campaign.sets[0].cash)
    holder = Holder(net_liq, equity=equity - premium, margin_at=margin)
    found = _plan(campaign, holder, others, held.name, held.mark, _looked_at(campaign, holder))
    words = (
        f"The account's own {held.name}, as if sold today at its mark of {per_share(held.mark)}: of the credit spreads that it holds this one is nearest "
        f"to being assailed. Bought out at {per_share(buyback)}, half of the width: about what a spread is worth while the underlying stands at its "
        f"short strike. The margin of each level is the margin engine's, for the whole account with its free sides; each roll is taken to move "
        f"{plain(round(move, 4))} points in the same expiry."
    )  # fmt: skip
    if doubtful:
        words += " Some of these margins are not proven to be the least; they may be lower."
    return found, words


def _slots(number: int) -> str:
    return f"{number:,} slot{'s' if number > 1 else ''}"


def _price(price: float) -> float:
    """A price without the noise of arithmetic."""
    return round(price, 6)


def _move(held: HeldSpread) -> float:
    """How far each roll goes, in points: three widths, and less where a put spread would come to nothing."""
    if held.short.right is Right.CALL:
        return _WIDTHS * held.width
    room = held.short.strike - held.width
    return max(min(_WIDTHS * held.width, room / (MOST + 1)), 0.0)


def _without(legs: LegTable, held: HeldSpread) -> LegTable:
    """The legs once the spread is closed."""
    short, away = held.short, held.width * (1 if held.short.right is Right.CALL else -1)
    rows = []
    for leg in legs.rows():
        same = (leg.root, leg.right, leg.expiry, leg.settlement, leg.multiplier) == (
            short.root, short.right, short.expiry, short.settlement, short.multiplier,
        )  # fmt: skip
        closed = 0.0
        if same and leg.strike == short.strike and leg.quantity < 0:
            closed = held.slots
        elif same and abs(leg.strike - short.strike - away) < _WHOLE * short.strike and leg.quantity > 0:
            closed = -held.slots
        if leg.quantity + closed:
            rows.append(replace(leg, quantity=leg.quantity + closed))
    return legs.where(np.zeros(len(legs), dtype=np.bool_)) if not rows else type(legs).of(rows)


def _looked_at(campaign: Campaign, holder: Holder) -> int:
    """The levels worth margining: those planned, and beyond them as far as they fit, and one more."""
    for level in range(MOST + 1):
        if not holder.fits(campaign.sets[level].cash, *holder.required(campaign, level)):
            return max(level, PLANNED)
    return MOST


def _plan(longest: Campaign, holder: Holder, others: AtLevel, position: str, mark: float, most: int) -> ParachutePlan:
    """The plan's record: margins up to the level ``most``, the rest of it for the parachutes that are planned."""
    sets = longest.sets
    campaign = replace(longest, sets=sets[: most + 1])
    planned = replace(longest, sets=sets[: PLANNED + 1])
    odds = from_prices(planned)
    fits = fitting(campaign, holder)
    found = ledger(campaign, holder, from_prices(campaign))
    rows = tuple(
        ParachuteRow(
            level=row.level,
            slots=row.slots,
            credit=row.credit,
            cash=cents(row.cash) or 0.0,
            margin=cents(row.margin) or 0.0,
            initial=cents(row.excess + row.margin - row.available) or 0.0,
            excess=cents(row.excess) or 0.0,
            cushion=None if math.isnan(row.cushion) else row.cushion,
            fits=row.level <= fits,
            stop_pnl=cents(row.stop_pnl) or 0.0,
            max_loss_pnl=cents(row.max_loss_pnl) or 0.0,
            reach=row.reach,
        )
        for row in found.rows
    )
    return ParachutePlan(
        position=position,
        slots=longest.first,
        width=float(longest.width),
        multiplier=float(longest.multiplier),
        credit=float(sets[0].credit),
        buyback=float(sets[0].buyback),
        mark=mark,
        other_margin=cents(others.maintenance) or 0.0,
        other_initial=cents(others.initial) or 0.0,
        parachutes=PLANNED,
        fits=fits,
        worth=worth_deploying(planned, odds, holder.net_liq, most=fits),
        rows=rows,
    )
