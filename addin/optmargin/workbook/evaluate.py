"""What our own live formulas come to: a small evaluator of them, for programs that show a workbook without computing it.

It knows the functions that our formulas use, and no others. The spreadsheet program is the judge: tests recalculate the workbooks with it
and compare every cell.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from openpyxl.utils import column_index_from_string

from optmargin.workbook import native
from optmargin.workbook.evaluate_functions import (
    ARITHMETIC,
    FUNCTIONS,
    CellError,
    array_of,
    compared,
    negative,
    number,
    scalar,
    written,
)

if TYPE_CHECKING:
    from openpyxl import Workbook

Result = float | str | bool | None
"""What a cell holds: a number, a text, a truth, or nothing."""

_TOKENS = re.compile(
    r"""\s*(?:
    (?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)
    |(?P<text>"(?:[^"]|"")*")
    |(?P<sheet>(?:'(?:[^']|'')*'|[A-Za-z_]\w*)!)
    |(?P<column>[A-Za-z_]\w*\[[^\]]*\])
    |(?P<range>\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?(?![\w(]))
    |(?P<word>[A-Za-z_][\w.]*)
    |(?P<sign><>|<=|>=|[-+*/^&=<>(),])
    )""",
    re.VERBOSE,
)
_PRECEDENCE = {"=": 1, "<>": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "&": 2, "+": 3, "-": 3, "*": 4, "/": 4, "^": 6}
_UNARY = 5
# What else a person's own template may make of a formula of ours; its cell then shows what the program computes, as without us.
_UNFORESEEN = (ArithmeticError, AttributeError, LookupError, RecursionError, StopIteration, TypeError, ValueError)


class Values:
    """The values of a workbook's cells and names; formulas are computed when they are first asked for.

    Attributes:
        known: values by name that stand in place of what the name's cell says.
    """

    def __init__(self, book: Workbook, known: dict[str, Result] | None = None) -> None:
        self._book = book
        self.known = {name.casefold(): value for name, value in (known or {}).items()}
        self._names = {name.casefold(): name for name in book.defined_names}
        self._done: dict[tuple[str, int, int], Any] = {}
        self._areas: dict[tuple[str, str], Any] = {}
        self._places: dict[str, tuple[str, str]] = {}

    def cell(self, sheet: str, row: int, column: int) -> Any:
        """The value of one cell.

        Raises:
            CellError: where it has none.
        """
        at = (sheet, row, column)
        if at not in self._done:
            self._done[at] = CellError("it depends on itself")
            try:
                self._done[at] = self._value_of(sheet, row, column)
            except CellError as error:
                self._done[at] = error
            except _UNFORESEEN as error:
                self._done[at] = CellError(f"{type(error).__name__}: {error}")
        found = self._done[at]
        if isinstance(found, CellError):
            raise found
        return found

    def _value_of(self, sheet: str, row: int, column: int) -> Any:
        held: Any = native.cells(self._book[sheet]).get((row, column))
        value = None if held is None else held.value
        if held is not None and held.data_type == "f" and isinstance(value, str):
            return scalar(compiled(value)(self, sheet))
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value

    def name(self, word: str) -> Any:
        """The value of a name of the workbook.

        Raises:
            CellError: where there is no such name.
        """
        key = word.casefold()
        if key in self.known:
            return self.known[key]
        if key not in self._names:
            raise CellError(word)
        if key not in self._places:
            self._places[key] = next(self._book.defined_names[self._names[key]].destinations)
        return self.area(*self._places[key])

    def area(self, sheet: str, address: str) -> Any:
        """The value of a cell, or a column of values of a range, as an array of objects."""
        first, _, last = address.replace("$", "").partition(":")
        top, left = _place(first)
        if not last:
            return self.cell(sheet, top, left)
        key = (sheet, address)
        if key not in self._areas:
            bottom, right = _place(last)
            rows, columns = range(top, bottom + 1), range(left, right + 1)
            self._areas[key] = array_of([[self.cell(sheet, row, column) for column in columns] for row in rows])
        return self._areas[key]

    def column(self, table: str, heading: str) -> Any:
        """The body of a table's column, as an array of objects."""
        for sheet in self._book.worksheets:
            if table in sheet.tables:
                found = sheet.tables[table]
                first, _, last = found.ref.partition(":")
                (top, left), (bottom, right) = _place(first), _place(last)
                for column in range(left, right + 1):
                    if sheet.cell(top, column).value == heading:
                        rows = range(top + 1, bottom + 1 - int(found.totalsRowCount or 0))
                        return array_of([[self.cell(sheet.title, row, column)] for row in rows])
        raise CellError(f"{table}[{heading}]")


def _place(address: str) -> tuple[int, int]:
    letters = address.rstrip("0123456789")
    return int(address[len(letters) :]), column_index_from_string(letters)


# Formulas ----------------------------------------------------------------------------------------------------------------

_Computed = Callable[[Values, str], Any]


@functools.lru_cache(maxsize=20_000)
def compiled(formula: str) -> _Computed:
    """A formula as a function of the values and of the sheet that it stands on.

    Raises:
        CellError: where it isn't written as ours are.
    """
    reader = _Reader(formula.removeprefix("="))
    made = reader.expression(0)
    if reader.kind:
        raise CellError(formula)
    return made


class _Reader:
    """Reads a formula from left to right."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text.rstrip()):
            found = _TOKENS.match(text, at)
            if found is None:
                raise CellError(text)
            self._tokens.append((found.lastgroup or "", found[found.lastgroup or 0]))
            at = found.end()
        self._tokens.append(("", ""))
        self._at = 0

    @property
    def kind(self) -> str:
        return self._tokens[self._at][0]

    @property
    def sign(self) -> str:
        return self._tokens[self._at][1]

    def take(self, expected: str = "") -> str:
        text = self.sign
        if expected and text != expected:
            raise CellError(f"{text or 'the end'} where {expected} is expected")
        self._at += 1
        return text

    def expression(self, least: int) -> _Computed:
        left = self.operand()
        while self.kind == "sign" and _PRECEDENCE.get(self.sign, -1) > least:
            sign = self.take()
            left = _joined(sign, left, self.expression(_PRECEDENCE[sign]))
        return left

    def operand(self) -> _Computed:
        kind, text = self.kind, self.take()
        if kind == "number":
            amount = float(text)
            return lambda _values, _sheet: amount
        if kind == "text":
            text = text[1:-1].replace('""', '"')
            return lambda _values, _sheet: text
        if kind == "column":
            table, heading = text[:-1].split("[", 1)
            return lambda values, _sheet: values.column(table, heading)
        if kind == "sheet":
            title, address = text[:-1].strip("'").replace("''", "'"), self.take()
            return lambda values, _sheet: values.area(title, address)
        if kind == "range":
            return lambda values, sheet: values.area(sheet, text)
        if kind == "word":
            return self.call(text.upper()) if self.sign == "(" else _named(text)
        if text == "(":
            inside = self.expression(0)
            self.take(")")
            return inside
        if text in ("-", "+"):
            operand = self.expression(_UNARY)
            return operand if text == "+" else lambda values, sheet: negative(operand(values, sheet))
        raise CellError(text or "the end")

    def call(self, name: str) -> _Computed:
        self.take("(")
        given: list[_Computed] = []
        while self.sign != ")":
            given.append(self.expression(0))
            if self.sign == ",":
                self.take()
        self.take(")")
        if name in _LAZY:
            lazy = _LAZY[name]
            return lambda values, sheet: lazy(values, sheet, given)
        if name not in FUNCTIONS:
            raise CellError(name)
        function = FUNCTIONS[name]
        return lambda values, sheet: function(*(each(values, sheet) for each in given))


def _named(word: str) -> _Computed:
    if word.upper() in ("TRUE", "FALSE"):
        truth = word.upper() == "TRUE"
        return lambda _values, _sheet: truth
    return lambda values, _sheet: values.name(word)


def _joined(sign: str, left: _Computed, right: _Computed) -> _Computed:
    if sign == "&":
        return lambda values, sheet: written(left(values, sheet)) + written(right(values, sheet))
    if _PRECEDENCE[sign] == 1:
        return lambda values, sheet: compared(sign, left(values, sheet), right(values, sheet))
    arithmetic = ARITHMETIC[sign]
    return lambda values, sheet: arithmetic(number(left(values, sheet)), number(right(values, sheet)))


# Functions ---------------------------------------------------------------------------------------------------------------


def _if(values: Values, sheet: str, given: Sequence[_Computed]) -> Any:
    chosen = scalar(given[0](values, sheet))
    if isinstance(chosen, str):
        raise CellError(chosen)
    return given[1](values, sheet) if chosen else given[2](values, sheet) if len(given) > 2 else False


def _iferror(values: Values, sheet: str, given: Sequence[_Computed]) -> Any:
    try:
        return scalar(given[0](values, sheet))
    except CellError:
        return given[1](values, sheet)


def _choose(values: Values, sheet: str, given: Sequence[_Computed]) -> Any:
    at = int(scalar(given[0](values, sheet)))
    if not 1 <= at < len(given):
        raise CellError("CHOOSE")
    return given[at](values, sheet)


_LAZY: dict[str, Callable[[Values, str, Sequence[_Computed]], Any]] = {
    "IF": _if,
    "IFERROR": _iferror,
    "CHOOSE": _choose,
}
