"""One underlying of one account: its legs in pools that may pair, each pool's cheapest pairing, and the groups that result."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import AccountType, Right
from optmargin.margin.drafts import Drafts
from optmargin.margin.pool import Pool
from optmargin.margin.working import Part, Working

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optmargin.core.contracts import Style
    from optmargin.core.errors import Finding
    from optmargin.core.legs import LegTable
    from optmargin.margin.requirement import Group
    from optmargin.rules.book import TermsInForce


def margin_underlying(
    legs: LegTable,
    in_force: TermsInForce,
    *,
    as_of: dt.date | None,
    account_type: AccountType,
    account: str,
    time_limit: float | None,
) -> tuple[list[Group], list[Finding]]:
    """The groups of one underlying, and what was noticed.

    Options that differ in exercise style or multiplier can't cover one another and are paired apart; stock goes with the
    options whose multiplier holds the most contracts.

    Args:
        legs: options and stock of one underlying of one account, none expired, no futures.
        in_force: the terms of the book.
        as_of: the day, or None where it isn't known (then no option counts as long-term).
        account_type: margin, cash or IRA.
        account: the account's number, for the findings.
        time_limit: seconds for the choice of the pairing, or None.
    """
    if not len(legs):
        return [], []
    book = Drafts(legs, in_force, as_of, account_type, account, time_limit)
    kinds = _kinds(legs)
    ranked = sorted(kinds, key=lambda kind: (-float(np.abs(legs.quantity[kinds[kind]]).sum()), str(kind)))
    stock = np.flatnonzero(legs.right == Right.STOCK)
    _note_mornings(book)
    if len(ranked) > 1 and len(stock):
        book.note(
            f"{book.underlying}: its options differ in style or multiplier; the stock hedges only those with multiplier {ranked[0][1]:g}"
        )
    for rank, kind in enumerate(ranked):
        _margin(Pool(book, kinds[kind], stock if rank == 0 else stock[:0]))
    if not ranked:
        _margin(Pool(book, stock[:0], stock))
    return book.groups(), book.findings


def _kinds(legs: LegTable) -> dict[tuple[Style, float], NDArray[np.intp]]:
    """The rows of the options by exercise style and multiplier."""
    kinds = {}
    left = np.flatnonzero(legs.right != Right.STOCK)
    while len(left):
        style, multiplier = legs.style[left[0]], float(legs.multiplier[left[0]])
        mine = (legs.style[left] == style) & (legs.multiplier[left] == multiplier)
        kinds[style, multiplier] = left[mine]
        left = left[~mine]
    return kinds


def _note_mornings(book: Drafts) -> None:
    """Notes days on which some options settle in the morning and others at the close: they aren't one group."""
    numbers, first = np.unique(book.moment_of[book.legs.right != Right.STOCK], return_index=True)
    days = Counter(book.moments[number][0] for number in numbers[np.argsort(first)].tolist())
    for day, moments in days.items():
        if moments > 1:
            book.note(
                f"{book.underlying} {day}: options that settle in the morning and at the close are not one group; "
                "one that settles in the morning covers none that settles at the close",
                "whether the broker nets them is not known",
            )


def _margin(pool: Pool) -> None:
    decision = pool.decide()
    if decision.at_maintenance is None:
        Working(pool, decision).write()
        return
    Working(pool, decision, Part.INITIAL).write()
    Working(pool, replace(decision, pairing=decision.at_maintenance), Part.MAINTENANCE).write()
