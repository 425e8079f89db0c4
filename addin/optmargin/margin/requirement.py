"""What a margined book is: amounts in three conventions, lines of working, groups per expiry, and the account's requirement."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optmargin.core.contracts import AccountType, Settlement
from optmargin.rules.terms import Convention

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optmargin.core.errors import Finding
    from optmargin.core.payoff import LossProfile
    from optmargin.rules.book import TermsInForce


@dataclass(frozen=True, slots=True)
class Amounts:
    """One amount in the three bookkeeping conventions, USD; NaN where a price that the convention needs is missing.

    Attributes:
        gross: long options inside, proceeds not deducted.
        deposit: long options inside, proceeds deducted; own money.
        field: long options not inside, proceeds not deducted; what TWS shows.
    """

    gross: float = 0.0
    deposit: float = 0.0
    field: float = 0.0

    @classmethod
    def same(cls, amount: float) -> Amounts:
        """An amount that is the same in every convention."""
        return cls(amount, amount, amount)

    @classmethod
    def total(cls, amounts: Iterable[Amounts]) -> Amounts:
        """The sum; exact to the last bit whatever the order."""
        listed = list(amounts)
        return cls(*(_sum(getattr(each, name) for each in listed) for name in ("gross", "deposit", "field")))

    def in_convention(self, convention: Convention) -> float:
        """The figure that a book of this convention calls the requirement, USD."""
        return {Convention.GROSS: self.gross, Convention.NET: self.deposit, Convention.FIELD: self.field}[convention]


def _sum(values: Iterable[float]) -> float:
    listed = list(values)
    return math.nan if any(math.isnan(value) for value in listed) else math.fsum(listed)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the working; the lines of a group add up to its requirement.

    Attributes:
        rule: which rule it is, in the field's words (``uncovered put``, ``covered legs``, ``long options``).
        label: which legs it is about.
        working: how the amount came about, with its numbers.
        initial, maintenance: the amounts.
        source: the book and the source of the rule.
        is_risk: False for the cost of long options, proceeds and stock, which a book that charges only the largest expiry
            charges all the same.
    """

    rule: str
    label: str
    working: str
    initial: Amounts
    maintenance: Amounts
    source: str
    is_risk: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """One underlying and one expiry of an account.

    Attributes:
        underlying: such as ``SPX``.
        expiry: day of expiry; None for stock that no option hedges.
        settlement: AM where the options settle in the morning.
        multiplier: shares per contract of its options; 100 where it has none.
        put_side, call_side: the puts', and the calls', share before they offset each other, USD: strike risk of the covered
            legs of the side, and its uncovered shorts in full; NaN where a figure is missing.
        max_loss: worst settlement loss of the covered legs, USD.
        initial, maintenance: the requirement; NaN where it is missing.
        lines: the working.
        profile: loss of the covered legs over all settlement prices; None where there are none.
        blocked: True when the group has no requirement, because something is missing; a finding says what.
    """

    underlying: str
    expiry: dt.date | None
    settlement: Settlement
    multiplier: float
    put_side: float
    call_side: float
    max_loss: float
    initial: Amounts
    maintenance: Amounts
    lines: tuple[Line, ...]
    profile: LossProfile | None
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class AccountRequirement:
    """The requirement of one account under one book.

    Attributes:
        account: the account's number.
        book: the terms in force that were used.
        account_type: margin, cash or IRA.
        groups: by underlying, then expiry.
        complete: False when a group is blocked or the account's legs are not all known: then the totals are missing.
        initial, maintenance: totals over the groups, USD; NaN where incomplete.
        long_cost: market value of long options, USD; NaN where a price is missing.
        proceeds: market value of short options, USD, positive; NaN where a price is missing.
        findings: what was noticed, first the incomplete ones.
    """

    account: str
    book: TermsInForce
    account_type: AccountType
    groups: tuple[Group, ...]
    complete: bool
    initial: Amounts
    maintenance: Amounts
    long_cost: float
    proceeds: float
    findings: tuple[Finding, ...]

    @property
    def requirement(self) -> float:
        """The initial requirement in the book's convention, USD."""
        return self.initial.in_convention(self.book.convention)
