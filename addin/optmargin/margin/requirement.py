"""What a margined book is: amounts in three conventions, lines of working, groups per expiry, and the account's requirement."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, overload

from optmargin.core.contracts import AccountType, Settlement
from optmargin.rules.terms import Convention

if TYPE_CHECKING:
    from optmargin.core.errors import Finding
    from optmargin.core.payoff import LossProfile
    from optmargin.rules.book import TermsInForce


# Amounts of several lines, USD: a column per convention, in the order of :class:`Amounts`, and an element per line.
Columns = tuple[Sequence[float], Sequence[float], Sequence[float]]


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

    @property
    def columns(self) -> Columns:
        """The amounts of one line as columns."""
        return (self.gross,), (self.deposit,), (self.field,)

    def in_convention(self, convention: Convention) -> float:
        """The figure that a book of this convention calls the requirement, USD."""
        return {Convention.GROSS: self.gross, Convention.NET: self.deposit, Convention.FIELD: self.field}[convention]


def _sum(values: Iterable[float]) -> float:
    listed = list(values)
    try:
        return math.fsum(listed)  # NaN where any of them is
    except (ValueError, OverflowError):  # infinite both ways, or beyond any float
        if any(math.isnan(value) for value in listed):
            return math.nan
        raise


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


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """Lines of one rule: their amounts stand, and their words are written when a line is first read.

    Attributes:
        rule, source, is_risk: as in :class:`Line`.
        initial, maintenance: the amounts.
        words: writes label and working of each line, in order. It looks at nothing that may change later, and neither fails
            nor notices anything: what is worth knowing was said when the amounts were made.
    """

    rule: str
    source: str
    initial: Columns
    maintenance: Columns
    words: Callable[[], Iterable[tuple[str, str]]]
    is_risk: bool = True

    @classmethod
    def of(cls, line: Line) -> Entry:
        """An entry of one line that is written already."""
        initial = line.initial.columns
        return cls(
            rule=line.rule,
            source=line.source,
            initial=initial,
            maintenance=initial if line.maintenance is line.initial else line.maintenance.columns,
            words=lambda: [(line.label, line.working)],
            is_risk=line.is_risk,
        )

    def lines(self) -> Iterator[Line]:
        """The lines, written."""
        initial = maintenance = [Amounts(*each) for each in zip(*self.initial, strict=True)]
        if self.maintenance is not self.initial:
            maintenance = [Amounts(*each) for each in zip(*self.maintenance, strict=True)]
        for (label, working), first, later in zip(self.words(), initial, maintenance, strict=True):
            yield Line(self.rule, label, working, first, later, self.source, self.is_risk)


class Lines(Sequence[Line]):
    """The lines of a group: what they add up to is known at once, and they are written when one is first read.

    Most requirements are asked for their figures only, and words take several times as long as figures. Both come from the
    same entries, so the lines add up to the group's amounts whenever they are written. It equals the tuple of its lines, and a
    pickle holds them written.

    Attributes:
        entries: what the lines are written from.
    """

    __slots__ = ("_written", "entries")

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries = tuple(entries)
        self._written: tuple[Line, ...] | None = None

    @classmethod
    def of(cls, lines: Iterable[Line]) -> Lines:
        """Lines that are written already."""
        return cls(map(Entry.of, lines))

    @property
    def initial(self) -> Amounts:
        """The sum of the initial amounts."""
        return _total(entry.initial for entry in self.entries)

    @property
    def maintenance(self) -> Amounts:
        """The sum of the maintenance amounts."""
        if all(entry.maintenance is entry.initial for entry in self.entries):
            return self.initial
        return _total(entry.maintenance for entry in self.entries)

    @property
    def risk(self) -> Lines:
        """The lines without the cost of long options, proceeds and stock."""
        return Lines(entry for entry in self.entries if entry.is_risk)

    def written(self) -> tuple[Line, ...]:
        """The lines, written once."""
        if self._written is None:
            self._written = tuple(line for entry in self.entries for line in entry.lines())
        return self._written

    @overload
    def __getitem__(self, at: int) -> Line: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Line, ...]: ...
    def __getitem__(self, at: int | slice) -> Line | tuple[Line, ...]:
        return self.written()[at]

    def __iter__(self) -> Iterator[Line]:
        return iter(self.written())

    def __len__(self) -> int:
        return sum(len(entry.initial[0]) for entry in self.entries)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Lines):
            return self.written() == other.written()
        return self.written() == other if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.written())

    def __repr__(self) -> str:
        return repr(self.written())

    def __reduce__(self) -> tuple[Callable[[tuple[Line, ...]], Lines], tuple[tuple[Line, ...]]]:
        return Lines.of, (self.written(),)


def _total(amounts: Iterable[Columns]) -> Amounts:
    listed = list(amounts)
    return Amounts(*(_sum(chain.from_iterable(columns[at] for columns in listed)) for at in range(3)))


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
        lines: the working; they add up to the requirement.
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
    lines: Lines
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
