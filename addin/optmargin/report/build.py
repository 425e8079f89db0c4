"""From an account and its requirement to the report's records: figures, expiries with what they release, positions, working."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core import figures as definitions
from optmargin.core.contracts import AccountType, Right
from optmargin.core.errors import Finding, MarginError, Severity
from optmargin.core.money import cents, dollars
from optmargin.margin.account import margin_legs
from optmargin.margin.strategies import named_table
from optmargin.margin.whatif import GRID, STRESS_ASSUMPTION, stress
from optmargin.report.methods import Margined, Method, margin_by_method
from optmargin.report.parachutes import parachute_plan
from optmargin.report.records import (
    AccountFigures,
    ExpiryRow,
    MarginReport,
    PositionRow,
    StrategyRow,
    StressRow,
    WorkingRow,
)
from optmargin.report.segments import SECURITIES, method_rows, risk_rows, segment_rows
from optmargin.rules.terms import SpreadRule
from optmargin.sizing.slots import SLOT_MULTIPLIER, SLOT_WIDTH, free_slots, slots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optmargin.core.accounts import Account
    from optmargin.core.legs import Leg
    from optmargin.margin.requirement import AccountRequirement, Group
    from optmargin.risk.span.choice import SpanChoice
    from optmargin.rules.book import TermsInForce


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the account came from: the file's name, for people, and the layout that it was recognised as."""

    file: str
    layout: str


def margin_report(
    account: Account,
    in_force: TermsInForce,
    *,
    as_of: dt.date,
    account_type: AccountType,
    origin: Origin,
    slot_width: float = SLOT_WIDTH,
    time_limit: float | None = None,
    with_stress: bool = True,
    method: Method = Method.AUTO,
    span: SpanChoice | None = None,
    side_by_side: bool = True,
) -> MarginReport:
    """The report of one account.

    Args:
        account: as a reader loaded it; its net liq and cash may be None.
        in_force: the terms of the book.
        as_of: the day of the report.
        account_type: margin, cash or IRA.
        origin: where it came from.
        slot_width: USD per share between the strikes of a slot.
        time_limit: seconds for the choice of the pairing of one underlying, or None.
        with_stress: whether to work out the account after moves of the underlyings, for which it is margined eight times more,
            all together within the time limit; and its parachutes.
        method: how securities and futures are margined.
        span: by which parameters futures are; the package's table of published margins where not given.
        side_by_side: whether to work out the securities by the other method too.
    """
    margined = margin_by_method(
        account,
        in_force,
        as_of=as_of,
        account_type=account_type,
        method=method,
        span=span,
        time_limit=time_limit,
        file=origin.file,
    )
    requirement = margined.requirement
    figures, findings = _figures(account, requirement, slot_width)
    segments, said = segment_rows(account, margined, net_liq_of(account, requirement))
    of_securities = next((each.net_liq for each in segments if each.segment == SECURITIES), None)
    stressed, stress_words = _stressed(account, margined, as_of, time_limit) if with_stress else ((), "")
    if requirement.complete and len(account.legs) and with_stress and not stressed:
        findings.append(Finding(Severity.NOTE, stress_words, account=account.account))
    parachutes, parachute_words = (
        parachute_plan(account, margined, figures, as_of=as_of, time_limit=time_limit) if with_stress else (None, "")
    )
    return MarginReport(
        account=account.account,
        as_of=as_of,
        file=origin.file,
        layout=origin.layout,
        book=in_force.book,
        book_title=in_force.title,
        convention=Method.PORTFOLIO.value if method is Method.PORTFOLIO else in_force.convention.value,
        account_type=account_type.value,
        complete=requirement.complete,
        figures=figures,
        expiries=_expiries(account, margined, as_of, slot_width, time_limit),
        positions=tuple(_position(leg, as_of) for leg in account.legs.rows()),
        working=tuple(_working(margined)),
        findings=_in_order(requirement.findings, said, findings),
        stress=stressed,
        stress_words=stress_words,
        strategies=tuple(_strategies(account)),
        method=method.value,
        segments=segments,
        methods=method_rows(margined, as_of, of_securities, time_limit) if side_by_side else (),
        risks=risk_rows(margined.span),
        parachutes=parachutes,
        parachute_words=parachute_words,
    )


def _in_order(
    required: Sequence[Finding], segments: Sequence[Finding], others: Sequence[Finding]
) -> tuple[Finding, ...]:
    """What makes the report incomplete first, then what a segment lacks, then everything else."""
    missing = [each for each in required if each.severity is Severity.INCOMPLETE]
    loud = [each for each in segments if each.severity is Severity.WARNING]
    rest = [each for each in (*required, *segments) if each.severity is not Severity.INCOMPLETE and each not in loud]
    return (*missing, *loud, *rest, *others)


def _stressed(
    account: Account, margined: Margined, as_of: dt.date, time_limit: float | None
) -> tuple[tuple[StressRow, ...], str]:
    """The account after each move, and the assumption; or no rows, and what is missing for them."""
    requirement = margined.requirement
    if not requirement.complete:
        return (), "No stress: the requirement is incomplete"
    if not len(account.legs):
        return (), "No stress: the account has no positions"
    if not margined.is_by_strategy:
        what = "futures, whose moves SPAN_MARGIN answers" if margined.has_futures else "what PORTFOLIO_MARGIN answers"
        return (), f"No stress: it moves requirements by strategy only, and the account has {what}"
    net_liq = net_liq_of(account, requirement)
    try:
        points = stress(
            account.legs,
            requirement.book,
            as_of=as_of,
            account_type=requirement.account_type,
            net_liq=math.nan if net_liq is None else net_liq,
            at_rest=requirement,
            account=account.account,
            time_limit=None if time_limit is None else time_limit / len(GRID),
        )
    except MarginError as error:
        return (), f"No stress: {error}"
    words = [STRESS_ASSUMPTION]
    if net_liq is None:
        words.append("Net liq is not given, so that cushions aren't known.")
    moved = [point.standing.requirement for point in points if point.standing.requirement is not requirement]
    if any(each.severity is Severity.WARNING for margined in moved for each in margined.findings):
        words.append("Some requirements are not proven to be the least; they may be lower.")
    convention = requirement.book.convention
    rows = [
        StressRow(
            move=point.move,
            requirement=_known(point.standing.requirement.initial.in_convention(convention)),
            maintenance=_known(point.standing.requirement.maintenance.in_convention(convention)),
            net_liq=_known(point.standing.net_liq),
            available_funds=_known(point.standing.available),
            excess_liquidity=_known(point.standing.excess_liquidity),
            cushion=None if math.isnan(point.standing.cushion) else point.standing.cushion,
        )
        for point in points
    ]
    return tuple(rows), " ".join(words)


def _known(value: float | None) -> float | None:
    """A figure for people: rounded to the cent, None where it is missing."""
    return None if value is None else cents(float(value))


def _sum_known(*values: float | None) -> float | None:
    return None if any(value is None or math.isnan(value) for value in values) else math.fsum(values)  # type: ignore[arg-type]


def _minus(value: float | None) -> float | None:
    return None if value is None else -value


def net_liq_of(account: Account, requirement: AccountRequirement) -> float | None:
    """Net liquidation value as the file states it, else cash, stock and options together; None where that isn't known."""
    if account.net_liq is not None:
        return account.net_liq
    return _sum_known(account.cash, _stock_value(account), _option_value(account, requirement))


def _stock_value(account: Account) -> float:
    if account.stock_value is not None:
        return account.stock_value
    is_stock = account.legs.right == Right.STOCK
    return math.fsum(account.legs.price[is_stock] * account.legs.quantity[is_stock])


def _option_value(account: Account, requirement: AccountRequirement) -> float:
    return requirement.long_cost - requirement.proceeds if account.option_value is None else account.option_value


def _figures(
    account: Account, requirement: AccountRequirement, slot_width: float
) -> tuple[AccountFigures, list[Finding]]:
    legs, findings = account.legs, []
    stock_value, option_value = _stock_value(account), _option_value(account, requirement)
    net_liq = net_liq_of(account, requirement)
    elv = _sum_known(net_liq, _minus(option_value))
    if elv is None:
        elv = _sum_known(account.cash, stock_value)
    elv_shown = elv
    if requirement.account_type is AccountType.CASH:  # settled cash; stock has no loan value in a cash account
        elv_shown = account.cash if account.cash is not None else _sum_known(elv, -stock_value)

    def left(deposit: float, field: float) -> float | None:
        if not requirement.complete:
            return None
        by_deposit = None if net_liq is None or math.isnan(deposit) else float(definitions.available(net_liq, deposit))
        return by_deposit if by_deposit is not None else _sum_known(elv, -field)

    available = left(requirement.initial.deposit, requirement.initial.field)
    excess = left(requirement.maintenance.deposit, requirement.maintenance.field)
    if net_liq is not None and requirement.complete and excess is None:
        problem = (
            "available funds, excess liquidity and cushion need the market value of the options, and a price is missing"
        )
        findings.append(Finding(Severity.NOTE, problem, "give every option's price", account=account.account))
    least = requirement.book.terms.account.minimum_equity
    borrows = bool((legs.quantity < 0).any()) or (account.cash is not None and account.cash < 0)
    if requirement.account_type is AccountType.MARGIN and net_liq is not None and net_liq < least and borrows:
        problem = f"net liq {dollars(net_liq)} is below the {dollars(least)} that a margin account must hold to write options or borrow"
        source = f"{requirement.book.book}: {requirement.book.source('account.minimum_equity').cite}"
        findings.append(Finding(Severity.WARNING, problem, source, account=account.account))
    ratio = None if net_liq is None or excess is None else float(definitions.cushion(net_liq, excess))
    multiple = (
        requirement.book.terms.account.buying_power_multiple if requirement.account_type is AccountType.MARGIN else 1.0
    )
    held = math.fsum(np.abs(legs.price * legs.quantity * legs.multiplier))
    geared = None if net_liq is None else _known(float(definitions.leverage(held, net_liq)))
    convention = requirement.book.convention
    used = math.fsum(group.initial.field for group in requirement.groups) / (slot_width * SLOT_MULTIPLIER)
    figures = AccountFigures(
        net_liq=_known(net_liq),
        cash=_known(account.cash if account.cash is not None else _sum_known(elv, -stock_value)),
        stock_value=_known(stock_value),
        option_value=_known(option_value),
        equity_with_loan=_known(elv_shown),
        initial=_known(requirement.initial.in_convention(convention)),
        maintenance=_known(requirement.maintenance.in_convention(convention)),
        long_cost=_known(requirement.long_cost) if requirement.complete else None,
        proceeds=_known(requirement.proceeds) if requirement.complete else None,
        deposit=_known(requirement.initial.deposit),
        available_funds=_known(available),
        excess_liquidity=_known(excess),
        cushion=None if ratio is None or math.isnan(ratio) else ratio,
        buying_power=None if available is None else _known(available * multiple),
        leverage=geared if requirement.complete else None,  # left-out rows would make it too small
        slot_width=slot_width,
        slots=None if net_liq is None else int(slots(net_liq, slot_width, SLOT_MULTIPLIER)),
        slots_used=None if math.isnan(used) else round(used, 6) + 0.0,
        gross=_known(requirement.initial.gross),
        margin_field=_known(requirement.initial.field),
        maintenance_gross=_known(requirement.maintenance.gross),
        maintenance_deposit=_known(requirement.maintenance.deposit),
        maintenance_field=_known(requirement.maintenance.field),
    )
    return figures, findings


def _expiries(
    account: Account, margined: Margined, as_of: dt.date, slot_width: float, time_limit: float | None
) -> tuple[ExpiryRow, ...]:
    requirement = margined.requirement
    order = sorted(
        range(len(requirement.groups)),
        key=lambda at: (
            requirement.groups[at].expiry or dt.date.max,
            requirement.groups[at].underlying,
            requirement.groups[at].settlement,
        ),
    )
    convention = requirement.book.convention
    left = requirement.initial.in_convention(convention)
    # All expiries together may take as long again as the account itself did.
    each_limit = None if time_limit is None else time_limit / max(len(order), 1)
    rows = []
    for at in order:
        group = requirement.groups[at]
        released = math.nan
        if requirement.complete and group.expiry is not None:
            released = _released(account, requirement, group, group.expiry, as_of, each_limit)
            left -= released
        row = _expiry(group, requirement, as_of, slot_width, released, left)
        segment, by = margined.segment_of(group), margined.by(group)
        if by is not Method.STRATEGY:  # no slots of one expiry ride free there
            row = replace(row, segment=segment, by=by.value, free_put_slots=None, free_call_slots=None)
        rows.append(row)
    return tuple(rows)


def _released(
    account: Account,
    requirement: AccountRequirement,
    group: Group,
    expiry: dt.date,
    as_of: dt.date,
    time_limit: float | None,
) -> float:
    """How much less the account requires once a group has expired, and everything of its underlying that expires earlier.

    It isn't always the group's own requirement: stock that a call covered, or a long option that covers an earlier short, is
    margined anew without it.
    """
    legs = account.legs
    mine = legs.underlying == group.underlying

    def required_after(day: dt.date, settlement: str) -> float:
        later = (legs.expiry > np.datetime64(day, "D")) | np.isnat(legs.expiry)
        if settlement == "am":
            later |= (legs.expiry == np.datetime64(day, "D")) & (legs.settlement == "pm")
        rest = legs.where(mine & later)
        if not len(rest):
            return 0.0
        margined = margin_legs(
            rest, requirement.book, as_of=as_of, account_type=requirement.account_type, time_limit=time_limit
        )
        return margined.initial.in_convention(requirement.book.convention)

    earlier = [
        (other.expiry, other.settlement)
        for other in requirement.groups
        if other.underlying == group.underlying
        and other.expiry is not None
        and (other.expiry, other.settlement) < (expiry, group.settlement)
    ]
    if earlier:
        before = required_after(*max(earlier))
    else:
        before = math.fsum(
            other.initial.in_convention(requirement.book.convention)
            for other in requirement.groups
            if other.underlying == group.underlying
        )
    return before - required_after(expiry, group.settlement)


def _expiry(
    group: Group, requirement: AccountRequirement, as_of: dt.date, slot_width: float, released: float, left: float
) -> ExpiryRow:
    convention = requirement.book.convention
    # Spread by spread, what rides free depends on the pieces, not on the payoff.
    is_legacy = requirement.book.terms.spread.rule is SpreadRule.LEGACY
    free = None if group.blocked or is_legacy else free_slots(group.profile, slot_width, group.multiplier)
    worst_at = group.profile.worst_price if group.profile is not None else math.nan
    return ExpiryRow(
        underlying=group.underlying,
        expiry=group.expiry,
        settlement=group.settlement.value,
        days=None if group.expiry is None else (group.expiry - as_of).days,
        put_side=_known(group.put_side),
        call_side=_known(group.call_side),
        requirement=_known(group.initial.in_convention(convention)),
        maintenance=_known(group.maintenance.in_convention(convention)),
        max_loss=_known(group.max_loss),
        worst_price=_known(worst_at),
        slots_used=_known(group.initial.field / (slot_width * SLOT_MULTIPLIER)),
        free_put_slots=None if free is None else free.puts,
        free_call_slots=None if free is None else free.calls,
        released=_known(released),
        remaining=_known(left) if requirement.complete else None,
        gross=_known(group.initial.gross),
        deposit=_known(group.initial.deposit),
        margin_field=_known(group.initial.field),
        maintenance_gross=_known(group.maintenance.gross),
        maintenance_deposit=_known(group.maintenance.deposit),
        maintenance_field=_known(group.maintenance.field),
    )


def _position(leg: Leg, as_of: dt.date) -> PositionRow:
    value = leg.price * leg.quantity * leg.multiplier
    return PositionRow(
        line=leg.line,
        underlying=leg.underlying,
        root=leg.root,
        right=leg.right.word,
        strike=None if math.isnan(leg.strike) else leg.strike,
        expiry=leg.expiry,
        days=None if leg.expiry is None else (leg.expiry - as_of).days,
        quantity=leg.quantity,
        price=None if math.isnan(leg.price) else leg.price,
        multiplier=leg.multiplier,
        value=_known(value),
        spot=None if math.isnan(leg.spot) else leg.spot,
        asset_class=leg.asset_class.value,
        style=leg.style.value,
        leverage=leg.leverage,
    )


def _strategies(account: Account) -> list[StrategyRow]:
    """The names of the book's parts, per underlying."""
    legs = account.legs
    return [
        StrategyRow(underlying, each.name, each.units, each.label, each.text)
        for underlying in sorted(set(legs.underlying.tolist()))
        for each in named_table(legs.where(legs.underlying == underlying))
    ]


def _working(margined: Margined) -> list[WorkingRow]:
    requirement = margined.requirement
    convention = requirement.book.convention
    return [
        WorkingRow(
            underlying=group.underlying,
            expiry=group.expiry,
            rule=line.rule,
            label=line.label,
            working=line.working,
            amount=_known(line.initial.in_convention(convention)),
            maintenance=_known(line.maintenance.in_convention(convention)),
            source=line.source,
            settlement=group.settlement.value,
            segment=margined.segment_of(group),
        )
        for group in requirement.groups
        for line in group.lines
    ]
