"""Parachutes on a real account: its net liq and positions from a broker's file, each level margined by the engine."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from optmargin.batch.reports import Settings, day_of, type_of, with_net_liq
from optmargin.brokers.read import load
from optmargin.core.contracts import Right
from optmargin.core.errors import ErrorCode, MarginError, Severity, nearest
from optmargin.hosts.terminal.whatif import added_legs
from optmargin.margin.account import margin_legs
from optmargin.report.build import net_liq_of
from optmargin.sizing.parachutes.geometry import Reading
from optmargin.sizing.parachutes.ledger import AtLevel, Holder
from optmargin.sizing.parachutes.on_a_book import Spread, margin_on_book
from optmargin.sizing.parachutes.sides import Roll

if TYPE_CHECKING:
    from optmargin.core.accounts import Account
    from optmargin.core.legs import Leg, LegTable
    from optmargin.margin.requirement import AccountRequirement
    from optmargin.sizing.parachutes.assessment import Question
    from optmargin.sizing.parachutes.campaign import Campaign
    from optmargin.sizing.parachutes.ledger import MarginAt

    Answer = tuple[Question, Holder, Callable[[Campaign], MarginAt] | None, list[str]]

_WIDTHS = 3  # by which a roll moves where no volatility says how far: three strikes


@dataclass(frozen=True, slots=True)
class Book:
    """The first short option of a campaign, as the account's file knows it.

    Attributes:
        like: one contract of it.
        spot: price of the underlying; None where it isn't known.
        days: calendar days to its expiry.
        held_slots: how many of the spread the account holds already; 0 where the first position is yet to be sold.
        mark: what a spread that is held is worth, USD per share; NaN where it isn't held.
    """

    like: Leg
    spot: float | None
    days: float
    held_slots: int
    mark: float


def account_of(
    file: Path,
    options: dict[str, Any],
    net_liq: float | None,
    other_margin: float | None,
    question_of: Callable[[dict[str, Any], float, Book | None], Question],
) -> Answer:
    """The question, the account, its margin at each level and what is worth noting.

    Args:
        file: the broker's file.
        options: of the command.
        net_liq: as a person gave it, USD; None: the file's.
        other_margin: margin beyond the file's positions, USD; None: none.
        question_of: makes the question once net liq and the book are known.

    Raises:
        MarginError: when the file, the account or the option can't be read, or a price or a requirement is missing.
    """
    if options["held"] and options["slots"] is not None:
        raise MarginError(ErrorCode.VALUE, "--slots is given beside --held", "the file says how many are held")
    if options["other_side"]:
        raise MarginError(
            ErrorCode.VALUE,
            "--other-side is given beside a FILE",
            "the file says what the other side holds; give --short",
        )
    mine, as_of, settings = _account(file, options, net_liq)
    in_force = settings.terms_on(as_of)

    def margined(legs: LegTable) -> AccountRequirement:
        return margin_legs(
            legs,
            in_force,
            as_of=as_of,
            account_type=type_of(mine, settings),
            account=mine.account,
            findings=mine.findings,
            time_limit=settings.time_limit,
        )

    rest = _complete(margined(mine.legs))
    worth = net_liq_of(mine, rest)
    if worth is None or math.isnan(worth):
        raise MarginError(ErrorCode.MISSING, f"{file.name} doesn't state the net liq", "give --net-liq 100000")
    value = mine.option_value if mine.option_value is not None else rest.long_cost - rest.proceeds
    if math.isnan(value):
        raise MarginError(
            ErrorCode.MISSING, "an option of the account has no price", "equity needs what its options are worth"
        )
    beyond = other_margin or 0.0
    if options["short"] is None:
        question = question_of(options, worth, None)
        held = _field(rest, beyond)
        notes = [
            f"Other positions count with their whole margin, {held.maintenance:,.2f}; --short lets the free side carry the campaign."
        ]
        holder = Holder(worth, equity=worth - value, cushion=options["cushion"])
        return question, holder, lambda campaign: _beside(campaign, held), notes
    book = _book(mine, as_of, options)
    question = question_of(options, worth, book)
    before, equity = worth, worth - value
    if book.held_slots:  # what it has brought and what it is worth now belong to the campaign
        first = question.campaign().sets[0]
        shares = first.opened * float(question.multiplier)
        before -= float(first.cash) - shares * book.mark
        equity -= float(first.cash)
    holder = Holder(before, equity=equity, cushion=options["cushion"])

    def margin_of(campaign: Campaign) -> MarginAt:
        return margin_on_book(
            campaign,
            mine.legs,
            book.like,
            _spreads(campaign, question, book.like, options),
            lambda legs: _field(_complete(margined(legs)), beyond),
            is_held=bool(book.held_slots),
        )

    return question, holder, margin_of, _notes(question, options)


def _account(file: Path, options: dict[str, Any], net_liq: float | None) -> tuple[Account, dt.date, Settings]:
    from optmargin.core.contracts import parse_date

    name = options["account"]
    settings = Settings(
        book=options["book"],
        today=dt.date.today(),
        as_of=parse_date(options["as_of"], "--as-of") if options["as_of"] else None,
        net_liq={} if net_liq is None else {name or "": net_liq},
    )
    loaded = load(file, spots={})
    for finding in loaded.findings:
        if finding.severity is Severity.INCOMPLETE:
            raise MarginError(ErrorCode.MISSING, str(finding), "")
    names = [each.account for each in loaded.accounts]
    if not names:
        raise MarginError(ErrorCode.MISSING, f"{loaded.file} holds no account", "leave FILE out, or name another")
    if name is not None and name not in names:
        remedy = "its one account has no number; leave --account out" if names == [""] else nearest(name, names)
        raise MarginError(ErrorCode.VALUE, f"{loaded.file} holds no account {name}", remedy)
    if name is None and len(names) > 1:
        remedy = f"say which with --account: {', '.join(names[:5])}"
        raise MarginError(ErrorCode.VALUE, f"{loaded.file} holds {len(names)} accounts", remedy)
    mine = with_net_liq(loaded, settings.net_liq)[names.index(name or names[0])]
    return mine, day_of(mine, loaded, settings), settings


def _complete(found: AccountRequirement) -> AccountRequirement:
    for finding in found.findings:
        if finding.severity is Severity.INCOMPLETE:
            raise MarginError(ErrorCode.MISSING, finding.problem, finding.remedy)
    return found


def _field(found: AccountRequirement, beyond: float) -> AtLevel:
    return AtLevel(found.maintenance.field + beyond, found.initial.field + beyond)


def _beside(campaign: Campaign, held: AtLevel) -> MarginAt:
    def margin(level: int) -> AtLevel:
        mine = float(campaign.sets[level].standing * campaign.slot)
        return AtLevel(held.maintenance + mine, held.initial + mine)

    return margin


def _book(mine: Account, as_of: dt.date, options: dict[str, Any]) -> Book:
    """The first short option, and how many of its spread the account holds."""
    _, table = added_legs([f"-1 {options['short']}"], mine.account, {}, set())
    like = table.row(0)
    expiry = like.expiry
    if not like.right.is_option or expiry is None:
        problem = f"--short '{options['short']}' isn't an option"
        raise MarginError(ErrorCode.VALUE, problem, 'write it like "SPXW 2022-12-23 3800 put"')
    slots, mark = 0, math.nan
    if options["held"]:
        like, slots, mark = _held(mine.legs, like, options["width"])
    known = mine.legs.spot[(mine.legs.underlying == like.underlying) & ~np.isnan(mine.legs.spot)]
    spot = float(known[0]) if len(known) else math.nan
    one = replace(like, quantity=1.0, price=math.nan, spot=spot)
    return Book(one, None if math.isnan(spot) else spot, float((expiry - as_of).days), slots, mark)


def _held(legs: LegTable, like: Leg, width: float) -> tuple[Leg, int, float]:
    """The short leg as the account holds it, how many spreads it makes with its wing, and what one is worth, USD per share."""
    away = width * (1 if like.right is Right.CALL else -1)
    same = (legs.underlying == like.underlying) & (legs.right == like.right)
    same &= legs.expiry == np.datetime64(like.expiry, "D")
    short = legs.where(same & (legs.strike == like.strike) & (legs.quantity < 0)).rows()
    wing = legs.where(same & (legs.strike == like.strike + away) & (legs.quantity > 0)).rows()
    if (
        len(short) != 1
        or len(wing) != 1
        or short[0].root != wing[0].root
        or min(-short[0].quantity, wing[0].quantity) < 1
    ):
        problem = f"the account holds no spread of {like.name} and the option {width:g} away"
        raise MarginError(ErrorCode.VALUE, problem, "check --short and --width, or leave --held out")
    mark = short[0].price - wing[0].price
    if math.isnan(mark):
        raise MarginError(
            ErrorCode.MISSING, f"{like.name} or its wing has no price", "a spread that is held needs its price"
        )
    return short[0], int(min(-short[0].quantity, wing[0].quantity)), mark


def _spreads(campaign: Campaign, question: Question, like: Leg, options: dict[str, Any]) -> list[Spread]:
    """Strike and expiry of every level: as suggested, and where no volatility says how far, by one and the same move."""
    first = like.expiry or dt.date.max  # an option has one
    move = float(options["move"] or _WIDTHS * options["width"]) * (1 if like.right is Right.CALL else -1)
    suggested = [each.short_strike for each in question.strikes or ()] or [like.strike]
    later = options["out_days"] if Roll(options["roll"]) is Roll.OUT else 0
    found = []
    for level in range(len(campaign.sets)):
        beyond = level - len(suggested) + 1
        # Down to where a spread still has two strikes above zero.
        strike = suggested[level] if beyond <= 0 else max(suggested[-1] + beyond * move, 2 * options["width"])
        found.append(Spread(strike, first + dt.timedelta(days=later * level)))
    return found


def _notes(question: Question, options: dict[str, Any]) -> list[str]:
    notes = []
    if question.strikes is None:
        notes.append(
            f"Each roll is taken to move {float(options['move'] or _WIDTHS * options['width']):g} points; margin hardly depends on it."
        )
    if Roll(options["roll"]) is Roll.OUT and question.reading is Reading.REPLACE:
        notes.append(
            "Rolled out in time, a side that stays behind in the first expiry no longer rides free; margin counts it from level 1 on."
        )
    return notes
