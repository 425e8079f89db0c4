"""An account margined by the method that was asked for: securities by strategy or by portfolio margin, futures by SPAN."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from optmargin.core.contracts import AssetClass, Right, Settlement
from optmargin.core.errors import Finding, MarginError, Severity
from optmargin.core.instruments import instruments
from optmargin.margin.account import blocked_group, margin_account
from optmargin.margin.requirement import AccountRequirement, Amounts, Group, Line, Lines
from optmargin.risk.portfolio.account import portfolio_margin
from optmargin.risk.span.choice import SpanChoice, is_futures

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from optmargin.core.accounts import Account
    from optmargin.core.contracts import AccountType
    from optmargin.core.legs import LegTable
    from optmargin.risk.portfolio.requirement import PortfolioRequirement
    from optmargin.risk.span.requirement import SpanRequirement
    from optmargin.rules.book import TermsInForce

FUTURES = "futures"
"""What the group of all futures is called where underlyings stand: SPAN margins them together, over all expiries."""

_ORDER = {Severity.INCOMPLETE: 0, Severity.WARNING: 1, Severity.NOTE: 2}
_MISSING = Amounts(math.nan, math.nan, math.nan)
_HALF_A_CENT = 0.005


class Method(StrEnum):
    """How an account is margined."""

    AUTO = "auto"  # futures and their options by SPAN, securities by strategy
    STRATEGY = "strategy"  # the rule book alone; it has no rule for futures
    SPAN = "span"  # SPAN alone; it has none for securities
    PORTFOLIO = "portfolio"  # securities by customer portfolio margin, futures by SPAN


@dataclass(frozen=True, slots=True, eq=False)
class Margined:
    """An account's requirement, and its segments apart.

    Attributes:
        requirement: of the whole account.
        securities: of the securities alone; the same object where there are no futures.
        securities_account, futures_account: the account with the legs and findings of one segment each.
        method: that was asked for.
        span: of the futures; None where there are none, or none was asked for.
        futures_group: the group of the futures in the requirement; None where there are none.
        portfolio: of the securities by portfolio margin, where that is the method.
    """

    requirement: AccountRequirement
    securities: AccountRequirement
    securities_account: Account
    futures_account: Account
    method: Method
    span: SpanRequirement | None = None
    futures_group: Group | None = None
    portfolio: PortfolioRequirement | None = None

    @property
    def has_futures(self) -> bool:
        """Whether the account holds futures or options on them."""
        return len(self.futures_account.legs) > 0

    @property
    def is_by_strategy(self) -> bool:
        """Whether the rule book alone says all of it."""
        return self.method in {Method.AUTO, Method.STRATEGY} and not self.has_futures

    def segment_of(self, group: Group) -> str:
        """The segment that a group of the requirement belongs to."""
        return FUTURES if group is self.futures_group else "securities"

    def by(self, group: Group) -> Method:
        """By which method a group of the requirement was margined."""
        if group is self.futures_group:
            return Method.SPAN
        return Method.PORTFOLIO if self.method is Method.PORTFOLIO else Method.STRATEGY


def margin_by_method(
    account: Account,
    in_force: TermsInForce,
    *,
    as_of: dt.date,
    account_type: AccountType,
    method: Method = Method.AUTO,
    span: SpanChoice | None = None,
    time_limit: float | None = None,
    file: str = "",
) -> Margined:
    """The requirement of an account by a method.

    An account without futures is margined by strategy under ``auto`` exactly as by the rule book alone.

    Args:
        account: as a reader loaded it.
        in_force: the terms of the book.
        as_of: the day of the prices.
        account_type: margin, cash or IRA.
        method: how.
        span: by which parameters futures are margined; the package's table of published margins where not given.
        time_limit: seconds for the choice of the pairing of one underlying, or None.
        file: where the legs came from, for findings.
    """
    securities, futures = _apart(account)

    def by_strategy(which: Account) -> AccountRequirement:
        return margin_account(which, in_force, as_of=as_of, account_type=account_type, time_limit=time_limit)

    if method is Method.STRATEGY or (method is Method.AUTO and not len(futures.legs)):
        whole = by_strategy(account)
        mine = by_strategy(securities) if len(futures.legs) else whole
        return Margined(whole, mine, securities, futures, method)
    portfolio = None
    if method is Method.PORTFOLIO:
        mine, portfolio = by_portfolio(securities, in_force, as_of, account_type)
    elif method is Method.SPAN:
        mine = _refused(securities, in_force, account_type)
    else:
        mine = by_strategy(securities)
    if not len(futures.legs):
        return Margined(mine, mine, securities, futures, method, portfolio=portfolio)
    required, findings = _by_span(futures, span or SpanChoice(), as_of, file)
    group = _futures_group(required, futures.legs, findings)
    findings += _without_a_price(group, in_force, account.account)
    whole = _together(account, mine, group, findings)
    return Margined(whole, mine, securities, futures, method, required, group, portfolio)


def _apart(account: Account) -> tuple[Account, Account]:
    """The account's securities, and its futures; each with the findings that concern it."""
    legs = account.legs
    is_future = is_futures(legs)
    if not is_future.any():
        return account, replace(account, legs=legs.where(is_future), findings=())
    held = {name.upper() for name in legs.underlying[~is_future].tolist()}
    names = {name.upper() for name in legs.underlying[is_future].tolist()} - held
    names |= {name for name, row in instruments().items() if row.asset_class is AssetClass.FUTURE} - held
    mine = [each for each in account.findings if each.underlying.upper() not in names]
    theirs = [each for each in account.findings if not each.underlying or each.underlying.upper() in names]
    return (
        replace(account, legs=legs.where(~is_future), findings=tuple(mine)),
        replace(account, legs=legs.where(is_future), findings=tuple(theirs)),
    )


def _is_incomplete(findings: Iterable[Finding]) -> bool:
    return any(each.severity is Severity.INCOMPLETE for each in findings)


def market_values(legs: LegTable) -> tuple[float, float]:
    """Market value of long options, and of short options as a positive amount, USD; NaN where a price is missing."""
    is_option = (legs.right == int(Right.CALL)) | (legs.right == int(Right.PUT))
    value = legs.price * legs.multiplier * legs.quantity
    long, short = is_option & (legs.quantity > 0), is_option & (legs.quantity < 0)
    return math.fsum(value[long].tolist()) + 0.0, math.fsum((-value[short]).tolist()) + 0.0


# Futures by SPAN -----------------------------------------------------------------------------------------------------------


def _by_span(
    futures: Account, choice: SpanChoice, as_of: dt.date, file: str
) -> tuple[SpanRequirement | None, list[Finding]]:
    """The requirement of the futures, and everything that was noticed about them; ``INCOMPLETE`` where it can't be stated."""
    findings = list(futures.findings)
    try:
        required = choice.margin(futures.legs, as_of)
    except MarginError as error:
        required = None
        findings.append(Finding(Severity.INCOMPLETE, error.problem, error.remedy))
    if required is not None:
        findings.extend(required.findings)
    if _is_incomplete(findings):
        remedy = "what is missing is said below; a parameter file of the day (--span-file) or published margins (--span-table) may have it"
        findings.insert(0, Finding(Severity.INCOMPLETE, "the futures segment has no SPAN requirement", remedy))
    placed = [each.at(file) if each.line is not None and not each.file else each for each in findings]
    return required, [each if each.account else replace(each, account=futures.account) for each in placed]


def _futures_group(required: SpanRequirement | None, legs: LegTable, findings: Iterable[Finding]) -> Group:
    """All futures as one group: SPAN nets them over expiries, so that no part of the requirement is one expiry's."""
    if required is None or _is_incomplete(findings):
        return blocked_group(FUTURES, None)
    long, short = market_values(legs)
    total = required.total

    def amounts(field: float, *, long_cost: float = long, proceeds: float = short) -> Amounts:
        return Amounts(field + long_cost, field + long_cost - proceeds, field)

    lines = [
        Line(
            rule=line.rule,
            label=f"{line.commodity}: {line.label}" if line.commodity else line.label,
            working=line.working,
            initial=Amounts.same(line.initial),
            maintenance=Amounts.same(line.maintenance),
            source=line.source,
        )
        for line in required.lines
    ]
    if long or short:
        worth = amounts(0.0)
        working = "market value of the options, as conventions other than the margin field count it"
        lines.append(Line("options' value", "options on futures", working, worth, worth, "the account's own prices", is_risk=False))  # fmt: skip
    return Group(
        underlying=FUTURES,
        expiry=None,
        settlement=Settlement.PM,
        multiplier=math.nan,
        put_side=math.nan,
        call_side=math.nan,
        max_loss=math.nan,
        initial=amounts(total.initial),
        maintenance=amounts(total.maintenance),
        lines=Lines.of(lines),
        profile=None,
    )


def _without_a_price(group: Group, in_force: TermsInForce, account: str) -> list[Finding]:
    """What is missing where the book's own convention counts what options cost, and a price isn't known."""
    figures = (group.initial, group.maintenance)
    if group.blocked or not any(math.isnan(each.in_convention(in_force.convention)) for each in figures):
        return []
    problem = f"the {in_force.convention} figure of {in_force.book} holds the options' cost, and a price of an option on futures is missing"
    remedy = "give their market prices, or take a book that leaves the cost out, such as ibkr"
    return [Finding(Severity.INCOMPLETE, problem, remedy, account=account)]


def _together(account: Account, mine: AccountRequirement, group: Group, findings: list[Finding]) -> AccountRequirement:
    """The requirement of both segments."""
    complete = mine.complete and not _is_incomplete(findings)
    groups = (*mine.groups, group)
    long, short = market_values(account.legs)
    noticed = list(dict.fromkeys((*mine.findings, *findings)))
    return AccountRequirement(
        account=account.account,
        book=mine.book,
        account_type=mine.account_type,
        groups=groups,
        complete=complete,
        initial=Amounts.total(each.initial for each in groups) if complete else _MISSING,
        maintenance=Amounts.total(each.maintenance for each in groups) if complete else _MISSING,
        long_cost=long,
        proceeds=short,
        findings=tuple(sorted(noticed, key=lambda each: (_ORDER[each.severity], each.line or 0))),
    )


def _refused(securities: Account, in_force: TermsInForce, account_type: AccountType) -> AccountRequirement:
    """Securities where SPAN alone was asked for: every underlying is without a requirement, and that is said."""
    legs = securities.legs
    findings = list(securities.findings)
    groups = []
    for underlying in sorted(set(legs.underlying.tolist())):
        groups.append(blocked_group(underlying, None))
        problem = f"{underlying}: SPAN doesn't margin securities and options on them"
        remedy = "--method auto margins them by the rule book, --method portfolio by portfolio margin"
        findings.append(Finding(Severity.INCOMPLETE, problem, remedy, account=securities.account, underlying=underlying))  # fmt: skip
    complete = not _is_incomplete(findings)
    long, short = market_values(legs)
    amounts = Amounts() if complete else _MISSING
    return AccountRequirement(
        securities.account, in_force, account_type, tuple(groups), complete, amounts, amounts, long, short, tuple(findings)
    )  # fmt: skip


# Securities by portfolio margin ----------------------------------------------------------------------------------------------


def by_portfolio(
    securities: Account, in_force: TermsInForce, as_of: dt.date, account_type: AccountType
) -> tuple[AccountRequirement, PortfolioRequirement | None]:
    """Securities by customer portfolio margin, class by class, as a requirement whose conventions are all the same.

    Premiums are outside of it in every convention: long options are paid for and short ones are a debt, both in net liq, so that
    net liq less the requirement is what is left over.
    """
    legs = securities.legs
    long, short = market_values(legs)
    try:
        found = portfolio_margin(securities, as_of)
    except MarginError as error:
        finding = Finding(Severity.INCOMPLETE, error.problem, error.remedy, account=securities.account)
        groups = tuple(blocked_group(each, None) for each in sorted(set(legs.underlying.tolist())))
        noticed = (*securities.findings, finding)
        return AccountRequirement(
            securities.account, in_force, account_type, groups, False, _MISSING, _MISSING, long, short, noticed
        ), None  # fmt: skip
    listed = []
    for each in found.classes:
        if each.blocked:
            listed.append(blocked_group(each.name, None))
            continue
        lines = [_line(line.rule, line.label, line.working, line.amount, line.source) for line in each.lines]
        listed.append(_class_group(each.name, each.requirement, lines))
    between = found.requirement - math.fsum(each.requirement for each in found.classes)
    if found.complete and abs(between) >= _HALF_A_CENT:
        working = "; ".join(
            [f"{each.name}: {each.offset:.0%} of gains offset" for each in (*found.products, *found.portfolios) if each.relief]
            + ([] if found.house is None else [found.house.working])
        )  # fmt: skip
        line = _line("between classes", "offsets, or the broker's layer", working, between, found.table.title)
        listed.append(_class_group("between classes", between, [line]))
    total = Amounts.same(found.requirement) if found.complete else _MISSING
    return AccountRequirement(
        account=securities.account,
        book=in_force,
        account_type=account_type,
        groups=tuple(listed),
        complete=found.complete,
        initial=total,
        maintenance=total,
        long_cost=long,
        proceeds=short,
        findings=found.findings,
    ), found


def _line(rule: str, label: str, working: str, amount: float, source: str) -> Line:
    return Line(rule, label, working, Amounts.same(amount), Amounts.same(amount), source)


def _class_group(name: str, requirement: float, lines: list[Line]) -> Group:
    amounts = Amounts.same(requirement)
    nan = math.nan
    return Group(name, None, Settlement.PM, nan, nan, nan, nan, amounts, amounts, Lines.of(lines), None)
