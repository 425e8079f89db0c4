"""BOOK_MARGIN and EXPIRY_MARGIN: what a range of legs requires, in all and per expiry."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np

from optmargin.core.contracts import AccountType
from optmargin.core.errors import ErrorCode, Finding, MarginError, Severity
from optmargin.core.money import cents
from optmargin.core.positions.table import range_accounts
from optmargin.functions.declare import About, Example, Unit, worksheet_function
from optmargin.functions.naked import AsOf, Book
from optmargin.functions.reading import decimal_comma
from optmargin.margin.account import margin_account
from optmargin.margin.requirement import AccountRequirement, Group, Line
from optmargin.rules.book import TermsInForce
from optmargin.rules.terms import SpreadRule
from optmargin.sizing.slots import SLOT_WIDTH, free_slots

Legs = Annotated[
    Any,
    About(
        "Positions under a header row: underlying, right, strike, expiry, quantity, and price, spot where known",
        Unit.LEGS,
    ),
]
AccountTypeWord = Annotated[Any, About("Kind of account: margin, cash or ira", Unit.ACCOUNT_TYPE)]

_SEED = "Trader's seven points on margin, number 5"
_LEGS = (
    '{"underlying","right","strike","expiry","quantity";'
    '"SPX","put",3800,"2022-12-23",-5;"SPX","put",3795,"2022-12-23",5;'
    '"SPX","call",3980,"2022-12-30",-5;"SPX","call",3985,"2022-12-30",5}'
)
# The headers of the tables that spill.
EXPLAIN_COLUMNS = ("underlying", "expiry", "rule", "legs", "working", "amount", "maintenance", "source")
EXPIRY_COLUMNS = ("underlying", "expiry", "put_side", "call_side", "requirement", "free_put_slots", "free_call_slots")

# A cell can't wait for long, and what it shows is a permitted requirement all the same, if not always proven the least.
_SECONDS = 2.0


def _margined(
    legs: Any, in_force: TermsInForce, as_of: np.datetime64, account_type: AccountType
) -> list[AccountRequirement]:
    day: dt.date | None = None if np.isnat(as_of) else as_of.astype(object)
    loaded = range_accounts(legs, "legs", decimal_comma=decimal_comma())
    refuse(loaded.findings)
    return [
        margin_account(account, in_force, as_of=day, account_type=account_type, time_limit=_SECONDS)
        for account in loaded.accounts
    ]


def refuse(findings: Sequence[Finding]) -> None:
    """Raises the first finding that makes a figure incomplete; a cell has no place for a partial one.

    Raises:
        MarginError: ``#N/A`` with the finding's sentence.
    """
    for finding in findings:
        if finding.severity is Severity.INCOMPLETE:
            where = f"{finding.place}: " if finding.place else ""
            raise MarginError(ErrorCode.MISSING, f"{where}{finding.problem}", finding.remedy)


@worksheet_function(
    "BOOK_MARGIN",
    category="Margin",
    about=(
        "Initial margin requirement of a whole book of positions, in the rule book's own convention: per expiry the worst "
        "settlement loss of covered options, uncovered shorts and stock by their rules."
    ),
    returns=Unit.USD,
    example=Example(f"=BOOK_MARGIN({_LEGS})", 5000.0, _SEED),
    by_element=False,
)
def book_margin(
    in_force: TermsInForce,
    legs: Legs,
    book: Book = "ibkr",  # noqa: ARG001 - the caller looked the terms up by it
    as_of: AsOf = None,
    account_type: AccountTypeWord = "margin",
) -> float:
    """The requirement in USD, summed over the accounts of the range.

    Raises:
        MarginError: ``#VALUE!`` when the range has no fit header; ``#N/A`` when a row can't be read or a figure is missing.
    """
    margined = _margined(legs, in_force, as_of, account_type)
    for account in margined:
        refuse(account.findings)
    return math.fsum(account.requirement for account in margined)


@worksheet_function(
    "EXPIRY_MARGIN",
    category="Margin",
    about=(
        "Margin requirement per underlying and expiry of a book of positions, with what each side would require alone and how many "
        "$5 slots of each side ride free. Spills a table with a header."
    ),
    returns=Unit.TABLE,
    example=Example(
        f"=EXPIRY_MARGIN({_LEGS})",
        "[['underlying', 'expiry', 'put_side', 'call_side', 'requirement', 'free_put_slots', 'free_call_slots'], "
        "['SPX', datetime.date(2022, 12, 23), 2500.0, 0.0, 2500.0, 0.0, 5.0], "
        "['SPX', datetime.date(2022, 12, 30), 0.0, 2500.0, 2500.0, 5.0, 0.0]]",
        _SEED,
    ),
    by_element=False,
)
def expiry_margin(
    in_force: TermsInForce,
    legs: Legs,
    book: Book = "ibkr",  # noqa: ARG001 - the caller looked the terms up by it
    as_of: AsOf = None,
    account_type: AccountTypeWord = "margin",
    slot_width: Annotated[Any, About("Width of a slot between its strikes", Unit.USD_PER_SHARE, above=0)] = SLOT_WIDTH,
) -> list[list[Any]]:
    """The table: :data:`EXPIRY_COLUMNS`, one row per underlying and expiry; a group without a requirement has error cells.

    Raises:
        MarginError: ``#VALUE!`` when the range has no fit header; ``#N/A`` when a row of no known group can't be read.
    """
    rows: list[list[Any]] = [list(EXPIRY_COLUMNS)]
    for account in _margined(legs, in_force, as_of, account_type):
        rows.extend(_row(account, group, slot_width) for group in account.groups)
    return rows


def _row(account: AccountRequirement, group: Group, slot_width: float) -> list[Any]:
    name = [group.underlying, group.expiry]
    if group.blocked:
        return [*name, *[_why(account, group)] * (len(EXPIRY_COLUMNS) - len(name))]
    counts: list[Any]
    if account.book.terms.spread.rule is SpreadRule.LEGACY:
        why = MarginError(
            ErrorCode.MISSING, "what rides free isn't worked out under the rule before 2012", "take a later day or book"
        )
        counts = [why, why]
    else:
        free = free_slots(group.profile, slot_width, group.multiplier)
        counts = [float(free.puts), float(free.calls)]
    requirement = group.initial.in_convention(account.book.convention)
    money = [cents(amount) for amount in (group.put_side, group.call_side, requirement)]
    unknown = MarginError(
        ErrorCode.MISSING, f"{group.underlying} {group.expiry}: a price that this figure needs is missing", ""
    )
    return [*name, *(unknown if amount is None else amount for amount in money), *counts]


def _why(account: AccountRequirement, group: Group) -> MarginError:
    """Why a group has no requirement."""
    for finding in account.findings:
        mine = finding.underlying == group.underlying and finding.expiry in (group.expiry, None)
        if finding.severity is Severity.INCOMPLETE and mine:
            return MarginError(ErrorCode.MISSING, str(finding), "")
    return MarginError(ErrorCode.MISSING, f"{group.underlying} {group.expiry} has no requirement", "")


@worksheet_function(
    "MARGIN_EXPLAIN",
    category="Margin",
    about=(
        "How the requirement of a book of positions came about, lot by lot: its group, what covers it, the rule, the working, the "
        "amount and its source. The amounts add up to BOOK_MARGIN. Spills a table with a header."
    ),
    returns=Unit.TABLE,
    example=Example(
        '=MARGIN_EXPLAIN({"underlying","right","strike","expiry","quantity","price","spot";'
        '"VPHM","call",20,"2005-12-16",-1,0.65,17.4},"ibkr-2005","2005-11-21")',
        "(0.65 + max(0.88, 1.74, 2.50: floor)) x 100 = 315.00",
        "Options forum thread 'Does anyone really understand margin?', 20-21 Nov 2005, posts 2 and 8",
    ),
    by_element=False,
)
def margin_explain(
    in_force: TermsInForce,
    legs: Legs,
    book: Book = "ibkr",  # noqa: ARG001 - the caller looked the terms up by it
    as_of: AsOf = None,
    account_type: AccountTypeWord = "margin",
) -> list[list[Any]]:
    """The table: :data:`EXPLAIN_COLUMNS`, one row per line of the working; amounts in the book's convention, USD.

    Raises:
        MarginError: ``#VALUE!`` when the range has no fit header; ``#N/A`` when a row of no known group can't be read.
    """
    rows: list[list[Any]] = [list(EXPLAIN_COLUMNS)]
    for account in _margined(legs, in_force, as_of, account_type):
        for group in account.groups:
            if group.blocked:
                why = _why(account, group)
                rows.append([group.underlying, group.expiry, "no requirement", why, why, why, why, ""])
            else:
                rows.extend(_line(account, group, line) for line in group.lines)
        # What should be known with the figure, and changes none of it.
        rows.extend(
            [finding.underlying, finding.expiry, "warning", "", str(finding), 0.0, 0.0, ""]
            for finding in account.findings
            if finding.severity is Severity.WARNING
        )
    return rows


def _line(account: AccountRequirement, group: Group, line: Line) -> list[Any]:
    convention = account.book.convention
    missing = MarginError(ErrorCode.MISSING, f"{line.label}: a price that this figure needs is missing", "")
    amounts = [cents(amounts.in_convention(convention)) for amounts in (line.initial, line.maintenance)]
    shown = [missing if amount is None else amount for amount in amounts]
    return [group.underlying, group.expiry, line.rule, line.label, line.working, *shown, line.source]
