"""Errors as values and as exceptions: one question that can't be answered, and one row among many that can't be read."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date


class ErrorCode(StrEnum):
    """The error that a spreadsheet cell shows; its value is the text of the cell."""

    VALUE = "#VALUE!"  # not understood: text where a number is wanted, an unknown word
    NUM = "#NUM!"  # understood, but outside the rule's domain: a negative price, a fraction of a contract
    MISSING = "#N/A"  # understood, but something is missing: a price, a rule, a contract
    # Never our own: the errors of cells that a question is asked with, which pass through as they are.
    DIVISION = "#DIV/0!"
    REFERENCE = "#REF!"
    NAME = "#NAME?"
    NULL = "#NULL!"


class MarginError(Exception):
    """One question that can't be answered.

    Attributes:
        code: what a cell shows.
        problem: what was seen, in a sentence without a full stop.
        remedy: what would help, in a sentence without a full stop; may be empty.
    """

    def __init__(self, code: ErrorCode, problem: str, remedy: str = "") -> None:
        super().__init__(problem, remedy)
        self.code = code
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        """The sentence that a person reads."""
        return f"{self.problem}; {self.remedy}" if self.remedy else self.problem


class Severity(StrEnum):
    """What a finding does to the figures."""

    NOTE = "note"  # the figures stand; something was assumed or is worth knowing
    WARNING = "warning"  # the figures stand, but look at this
    INCOMPLETE = "incomplete"  # a figure is missing because of this, and every total over it says so


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was noticed about one row, group or account.

    A finding of severity ``INCOMPLETE`` blocks what it names: the group (``underlying`` and ``expiry``), every group of the
    underlying when only that is named, or the whole account.
    """

    severity: Severity
    problem: str
    remedy: str = ""
    file: str = ""
    line: int | None = None
    account: str = ""
    underlying: str = ""
    expiry: date | None = None

    @property
    def place(self) -> str:
        """Where it was seen, for a person: ``positions.csv line 14``; empty when it isn't about a file."""
        return f"{self.file} line {self.line}".strip() if self.line is not None else self.file

    def __str__(self) -> str:
        """The sentence that a person reads."""
        text = f"{self.place}: {self.problem}" if self.place else self.problem
        return f"{text}; {self.remedy}" if self.remedy else text

    def at(self, file: str) -> Finding:
        """The same finding, seen in ``file``."""
        return replace(self, file=file)


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint ``did you mean 'x'?`` for a mistyped word, or the list of what is known."""
    choices = sorted(known)
    close = difflib.get_close_matches(word.lower(), [choice.lower() for choice in choices], n=1)
    if close:
        found = next(choice for choice in choices if choice.lower() == close[0])
        return f"did you mean '{found}'?"
    return "known are " + ", ".join(choices)
