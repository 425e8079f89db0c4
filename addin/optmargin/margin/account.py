"""The requirement of a whole account: its underlyings one by one, each margined apart, and what keeps a group from a figure."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import AccountType, AssetClass, Right, Settlement
from optmargin.core.errors import Finding, Severity
from optmargin.core.money import dollars
from optmargin.margin.requirement import AccountRequirement, Amounts, Entry, Group, Line, Lines
from optmargin.margin.underlying import margin_underlying
from optmargin.rules.terms import ExpiriesRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from optmargin.core.accounts import Account
    from optmargin.core.legs import LegTable
    from optmargin.rules.book import TermsInForce


def margin_account(
    account: Account,
    in_force: TermsInForce,
    *,
    as_of: dt.date | None,
    account_type: AccountType = AccountType.MARGIN,
    time_limit: float | None = None,
) -> AccountRequirement:
    """The requirement of one account as a reader loaded it.

    Args:
        account: its legs, and the findings that were made when it was read.
        in_force: the terms of the book, on the day.
        as_of: the day; legs that expired before it have no requirement. None asks no such question.
        account_type: margin, cash or IRA; the account's own type is not looked at.
        time_limit: seconds for the choice of the pairing of one underlying; where it runs out, a finding says how far the
            requirement may be above the least. None takes as long as the proof takes.
    """
    return margin_legs(
        account.legs,
        in_force,
        as_of=as_of,
        account_type=account_type,
        account=account.account,
        findings=account.findings,
        time_limit=time_limit,
    )


def margin_legs(
    legs: LegTable,
    in_force: TermsInForce,
    *,
    as_of: dt.date | None,
    account_type: AccountType = AccountType.MARGIN,
    account: str = "",
    findings: Sequence[Finding] = (),
    time_limit: float | None = None,
) -> AccountRequirement:
    """The requirement of a table of legs of one account; arguments as for :func:`margin_account`.

    Args:
        legs: the positions; their ``account`` column is not looked at.
        in_force: the terms of the book.
        as_of: the day, or None.
        account_type: margin, cash or IRA.
        account: the account's number, for the findings.
        findings: what is known to be wrong with the legs; a finding of severity ``INCOMPLETE`` blocks what it names.
        time_limit: seconds per underlying, or None.
    """
    noticed = [*findings, *_what_cannot_be_margined(legs, as_of, account)]
    groups: list[Group] = []
    for underlying in sorted(set(legs.underlying.tolist()) | {each.underlying for each in noticed if each.underlying}):
        chosen = legs.where(legs.underlying == underlying)
        mine = [each for each in noticed if each.underlying == underlying]
        blocked, open_legs = _apart(underlying, chosen, mine)
        margined, more = margin_underlying(
            open_legs, in_force, as_of=as_of, account_type=account_type, account=account, time_limit=time_limit
        )
        noticed.extend(more)
        if in_force.terms.spread.expiries is ExpiriesRule.LARGEST:
            margined = _largest_only(margined, in_force)
            if any(entry.rule == _NOT_LARGEST for group in margined for entry in group.lines.entries):
                problem = (
                    f"{underlying}: {in_force.book} charges the largest expiry only, though two expiries can both lose"
                )
                remedy = "another book shows what the others would require"
                noticed.append(Finding(Severity.WARNING, problem, remedy, account=account, underlying=underlying))
        groups.extend(_in_order([*margined, *blocked]))
    stated = not any(group.blocked for group in groups) and not _account_is_blocked(noticed)
    initial, maintenance = _totals(groups) if stated else (_MISSING, _MISSING)
    noticed.extend(_without_a_price(groups, legs, in_force, account))
    complete = stated and not _account_is_blocked(noticed)
    is_option = (legs.right == Right.CALL) | (legs.right == Right.PUT)
    value = legs.price * legs.multiplier * legs.quantity
    return AccountRequirement(
        account=account,
        book=in_force,
        account_type=account_type,
        groups=tuple(groups),
        complete=complete,
        initial=initial,
        maintenance=maintenance,
        long_cost=_total(value[is_option & (legs.quantity > 0)].tolist()),
        proceeds=_total((-value[is_option & (legs.quantity < 0)]).tolist()),
        findings=tuple(sorted(noticed, key=lambda each: (_ORDER[each.severity], each.line or 0))),
    )


_MISSING = Amounts(math.nan, math.nan, math.nan)
_NOT_LARGEST = "not the largest expiry"
_ORDER = {Severity.INCOMPLETE: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def _total(values: Iterable[float]) -> float:
    return math.fsum(values) + 0.0


def _in_order(groups: list[Group]) -> list[Group]:
    return sorted(groups, key=lambda group: (group.expiry is None, group.expiry or dt.date.max, group.settlement))


def _account_is_blocked(findings: Iterable[Finding]) -> bool:
    return any(each.severity is Severity.INCOMPLETE for each in findings)


def _totals(groups: Sequence[Group]) -> tuple[Amounts, Amounts]:
    return Amounts.total(group.initial for group in groups), Amounts.total(group.maintenance for group in groups)


def _largest_only(groups: list[Group], in_force: TermsInForce) -> list[Group]:
    """The groups of one underlying where the book charges the largest expiry only: the others' risk is taken off by a line."""

    def risk(group: Group) -> float:
        return group.lines.risk.initial.field

    dated = [group for group in groups if group.expiry is not None and not group.blocked]
    largest = max(dated, key=risk, default=None)
    charged = []
    for group in groups:
        if largest is None or group is largest or group not in dated or not risk(group):
            charged.append(group)
            continue
        initial = Amounts.same(-risk(group))
        maintenance = Amounts.same(-group.lines.risk.maintenance.field)
        line = Line(
            rule=_NOT_LARGEST,
            label=f"{group.underlying} {group.expiry}",
            working=f"only the largest expiry is charged, that of {largest.expiry}: {dollars(risk(largest))}",
            initial=initial,
            maintenance=maintenance,
            source=f"{in_force.book}: {in_force.source('spread.expiries').cite}",
        )
        charged.append(
            replace(
                group,
                initial=Amounts.total((group.initial, initial)),
                maintenance=Amounts.total((group.maintenance, maintenance)),
                lines=Lines((*group.lines.entries, Entry.of(line))),
            )
        )
    return charged


def _without_a_price(groups: Sequence[Group], legs: LegTable, in_force: TermsInForce, account: str) -> list[Finding]:
    """Findings about groups whose figure in the book's convention needs a price that isn't there."""
    found = []
    for group in groups:
        figures = (group.initial, group.maintenance)
        if group.blocked or not any(math.isnan(each.in_convention(in_force.convention)) for each in figures):
            continue
        day = np.datetime64("NaT") if group.expiry is None else np.datetime64(group.expiry, "D")
        mine = (legs.underlying == group.underlying) & (legs.expiry == day)
        # What an OTC option lends depends on its intrinsic value, so on the spot.
        lacking = mine & (np.isnan(legs.price) | (~legs.listed & np.isnan(legs.spot)))
        names = ", ".join(legs.row(int(at)).name for at in np.flatnonzero(lacking))
        problem = f"the {in_force.convention} figure of {in_force.book} holds the options' cost, and a price or spot is missing: {names}"
        remedy = "give their market prices (and for OTC options the spot), or take a book that leaves the cost out, such as ibkr"
        found.append(
            Finding(
                Severity.INCOMPLETE, problem, remedy, account=account, underlying=group.underlying, expiry=group.expiry
            )
        )
    return found


def _what_cannot_be_margined(legs: LegTable, as_of: dt.date | None, account: str) -> list[Finding]:
    """Findings about legs for which no strategy-based book has a rule: futures, their options, and what has expired."""
    found = []
    is_future = (legs.right == Right.FUTURE) | (legs.asset_class == AssetClass.FUTURE)
    expired = np.zeros(len(legs), dtype=np.bool_)
    if as_of is not None:
        expired = legs.expiry < np.datetime64(as_of, "D")
    for at in np.flatnonzero(is_future | expired):
        leg = legs.row(int(at))
        if is_future[at]:
            problem = (
                f"{leg.name}: futures and options on them are margined by SPAN, which strategy-based books don't cover"
            )
            remedy = "margin them by SPAN (--method auto, SPAN_MARGIN); the account's total by strategy can't be stated"
        else:
            problem = f"{leg.name} expired on {leg.expiry}, before the day of the report, {as_of}"
            remedy = "leave it out, or give the day that the positions are of (--as-of)"
        found.append(
            Finding(Severity.INCOMPLETE, problem, remedy, line=leg.line or None, account=account, underlying=leg.underlying, expiry=leg.expiry)
        )  # fmt: skip
    return found


def _apart(underlying: str, legs: LegTable, findings: Sequence[Finding]) -> tuple[list[Group], LegTable]:
    """The groups that findings block, as groups without a requirement, and the legs that are left."""
    blocking = [each for each in findings if each.severity is Severity.INCOMPLETE]
    if not blocking:
        return [], legs
    days = [None if np.isnat(day) else day.astype(object) for day in legs.expiry]
    if any(each.expiry is None for each in blocking):
        taken = {*days, None}
    else:
        taken = {each.expiry for each in blocking}
    groups = [blocked_group(underlying, day) for day in taken if day is not None or None in days or taken == {None}]
    return groups, legs.where(np.array([day not in taken for day in days], dtype=np.bool_))


def blocked_group(underlying: str, expiry: dt.date | None, settlement: Settlement = Settlement.PM) -> Group:
    """A group without a requirement."""
    return Group(
        underlying=underlying,
        expiry=expiry,
        settlement=settlement,
        multiplier=math.nan,
        put_side=math.nan,
        call_side=math.nan,
        max_loss=math.nan,
        initial=_MISSING,
        maintenance=_MISSING,
        lines=Lines(),
        profile=None,
        blocked=True,
    )
