"""What our own live formulas come to: a small evaluator of them, for programs that show a workbook without computing it.

It knows the functions that our formulas use, and no others. The spreadsheet program is the judge: tests recalculate the workbooks with it
and compare every cell.
"""

from __future__ import annotations

import functools
import math
import operator
import re
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
from openpyxl.utils import column_index_from_string

from optmargin.workbook import native

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
_DIGITS = 15  # that a spreadsheet program writes and rounds by


class CellError(Exception):
    """A cell has no value: an error that a program would show, or a formula that isn't one of ours."""


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
        found = self._done[at]
        if isinstance(found, CellError):
            raise found
        return found

    def _value_of(self, sheet: str, row: int, column: int) -> Any:
        held: Any = native.cells(self._book[sheet]).get((row, column))
        value = None if held is None else held.value
        if held is not None and held.data_type == "f" and isinstance(value, str):
            return _scalar(compiled(value)(self, sheet))
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
            self._areas[key] = _array([[self.cell(sheet, row, column) for column in columns] for row in rows])
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
                        return _array([[self.cell(sheet.title, row, column)] for row in rows])
        raise CellError(f"{table}[{heading}]")


def _place(address: str) -> tuple[int, int]:
    letters = address.rstrip("0123456789")
    return int(address[len(letters) :]), column_index_from_string(letters)


def _array(rows: Sequence[Sequence[Any]]) -> Any:
    """Numbers as an array of numbers, anything else as one of objects."""
    if all(isinstance(value, float) for row in rows for value in row):
        return np.array(rows, dtype=np.float64)
    made = np.empty((len(rows), len(rows[0])), dtype=object)
    made[:] = rows
    return made


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
            number = float(text)
            return lambda _values, _sheet: number
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
            return operand if text == "+" else lambda values, sheet: _negative(operand(values, sheet))
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
        if name not in _FUNCTIONS:
            raise CellError(name)
        function = _FUNCTIONS[name]
        return lambda values, sheet: function(*(each(values, sheet) for each in given))


def _named(word: str) -> _Computed:
    if word.upper() in ("TRUE", "FALSE"):
        truth = word.upper() == "TRUE"
        return lambda _values, _sheet: truth
    return lambda values, _sheet: values.name(word)


def _scalar(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        if value.size != 1:
            raise CellError("a range where one value is wanted")
        value = value.ravel()[0]
    if isinstance(value, (np.bool_, bool)):
        return bool(value)
    if isinstance(value, (np.floating, np.integer, int)):
        value = float(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise CellError("not a number")
    return 0.0 if value is None else value


def _number(value: Any) -> Any:
    """A number, or an array of them; blank is 0, a truth 1 or 0."""
    if isinstance(value, np.ndarray):
        if value.dtype != object:
            return value.astype(np.float64)
        return np.array([_number(each) for each in value.ravel()], dtype=np.float64).reshape(value.shape)
    if isinstance(value, str):
        raise CellError(value)
    return 0.0 if value is None else float(value)


def _negative(value: Any) -> Any:
    return -_number(value)


def written(value: Any) -> str:
    """A value as it appears within a text."""
    value = _scalar(value) if value is not None else ""
    if isinstance(value, bool):
        return str(value).upper()
    return value if isinstance(value, str) else f"{value:.{_DIGITS}g}"


def _compared(sign: str, left: Any, right: Any) -> Any:
    if _is_numeric(left) and _is_numeric(right):
        return _COMPARISONS[sign](left, right)
    if isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
        a, b = np.broadcast_arrays(np.asarray(left, dtype=object), np.asarray(right, dtype=object))
        pairs = zip(a.ravel(), b.ravel(), strict=True)
        return np.array([_compared(sign, *pair) for pair in pairs], dtype=np.bool_).reshape(a.shape)
    left, right = _alike(left, right), _alike(right, left)
    if isinstance(left, str) != isinstance(right, str):  # a text is larger than any number
        left, right = float(isinstance(left, str)), float(isinstance(right, str))
    return bool(_COMPARISONS[sign](left, right))


def _is_numeric(value: Any) -> bool:
    return value.dtype != object if isinstance(value, np.ndarray) else isinstance(value, float)


_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip


def _alike(value: Any, other: Any) -> Any:
    if value is None:
        return "" if isinstance(other, str) else 0.0
    return value.casefold() if isinstance(value, str) else value


def _joined(sign: str, left: _Computed, right: _Computed) -> _Computed:
    if sign == "&":
        return lambda values, sheet: written(left(values, sheet)) + written(right(values, sheet))
    if _PRECEDENCE[sign] == 1:
        return lambda values, sheet: _compared(sign, left(values, sheet), right(values, sheet))
    arithmetic = _ARITHMETIC[sign]
    return lambda values, sheet: arithmetic(_number(left(values, sheet)), _number(right(values, sheet)))


def _divided(a: Any, b: Any) -> Any:
    if np.any(np.equal(b, 0)):
        raise CellError("#DIV/0!")
    return a / b


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divided,
    "^": lambda a, b: a**b,
}


# Functions ---------------------------------------------------------------------------------------------------------------


def _if(values: Values, sheet: str, given: Sequence[_Computed]) -> Any:
    chosen = _scalar(given[0](values, sheet))
    if isinstance(chosen, str):
        raise CellError(chosen)
    return given[1](values, sheet) if chosen else given[2](values, sheet) if len(given) > 2 else False


def _iferror(values: Values, sheet: str, given: Sequence[_Computed]) -> Any:
    try:
        return _scalar(given[0](values, sheet))
    except CellError:
        return given[1](values, sheet)


def _choose(values: Values, sheet: str, given: Sequence[_Computed]) -> Any:
    at = int(_scalar(given[0](values, sheet)))
    if not 1 <= at < len(given):
        raise CellError("CHOOSE")
    return given[at](values, sheet)


_LAZY: dict[str, Callable[[Values, str, Sequence[_Computed]], Any]] = {
    "IF": _if,
    "IFERROR": _iferror,
    "CHOOSE": _choose,
}


def _flat(values: Sequence[Any]) -> list[float]:
    """The numbers among values; what else a range holds isn't counted."""
    found: list[float] = []
    for value in values:
        if isinstance(value, np.ndarray):
            found += [
                float(each)
                for each in value.ravel()
                if isinstance(each, (float, int, np.floating, np.bool_)) and not (isinstance(each, bool))
            ]
        else:
            found.append(_number(value))
    return found


def _rounded(number: Any, digits: Any, rounding: str = ROUND_HALF_UP) -> float:
    place = Decimal(1).scaleb(-int(_number(digits)))
    return float(Decimal(f"{_number(_scalar(number)):.{_DIGITS}g}").quantize(place, rounding=rounding)) + 0.0


def _fixed(number: Any, digits: Any) -> str:
    return f"{_rounded(number, digits):,.{int(_number(digits))}f}"


def _ln(value: Any) -> Any:
    number = _number(value)
    if np.any(np.less_equal(number, 0)):
        raise CellError("#NUM!")
    return np.log(number)


def _sqrt(value: Any) -> Any:
    number = _number(value)
    if np.any(np.less(number, 0)):
        raise CellError("#NUM!")
    return np.sqrt(number)


def _normal_inverse(value: Any) -> float:
    number = _number(_scalar(value))
    if not 0 < number < 1:
        raise CellError("#NUM!")
    return NormalDist().inv_cdf(number)


def _index(array: Any, row: Any, column: Any = 1.0) -> Any:
    at = int(_number(row)), int(_number(column))
    if not (1 <= at[0] <= array.shape[0] and 1 <= at[1] <= array.shape[1]):
        raise CellError("#REF!")
    return array[at[0] - 1, at[1] - 1]


def _match(wanted: Any, array: Any, _kind: Any) -> float:
    for at, each in enumerate(array.ravel(), start=1):
        if each is not None and isinstance(each, str) == isinstance(wanted, str) and _compared("=", each, wanted):
            return float(at)
    raise CellError("#N/A")


def _is_like(value: Any, criterion: Any) -> bool:
    if isinstance(criterion, str) and criterion.endswith("*"):
        return isinstance(value, str) and value.casefold().startswith(criterion[:-1].casefold())
    return (
        value is not None and isinstance(value, str) == isinstance(criterion, str) and _compared("=", value, criterion)
    )


def _countifs(*given: Any) -> float:
    columns, criteria = [each.ravel() for each in given[::2]], given[1::2]
    return float(
        sum(all(map(_is_like, row, criteria)) for row in zip(*columns, strict=True))
    )  # fmt: skip


def _sumifs(summed: Any, *given: Any) -> float:
    columns, criteria = [each.ravel() for each in given[::2]], given[1::2]
    rows = zip(summed.ravel(), *columns, strict=True)
    return math.fsum(_flat([_array([[row[0]]])])[0] for row in rows if all(map(_is_like, row[1:], criteria)))


def _truths(values: Sequence[Any]) -> list[bool]:
    return [
        bool(_number(each))
        for value in values
        for each in (value.ravel() if isinstance(value, np.ndarray) else [value])
    ]


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "AND": lambda *given: all(_truths(given)),
    "OR": lambda *given: any(_truths(given)),
    "NOT": lambda value: not _truths([value])[0],
    "ISNUMBER": lambda value: isinstance(value, float) and not isinstance(value, bool),
    "ISTEXT": lambda value: isinstance(value, str),
    "ROUND": _rounded,
    "ROUNDUP": lambda number, digits: _rounded(number, digits, "ROUND_UP"),
    "ROUNDDOWN": lambda number, digits: _rounded(number, digits, "ROUND_DOWN"),
    "INT": lambda number: float(math.floor(_number(number))),
    "ABS": lambda number: np.abs(_number(number)),
    "EXP": lambda number: np.exp(_number(number)),
    "LN": _ln,
    "SQRT": _sqrt,
    "FIXED": _fixed,
    "MAX": lambda *given: max(_flat(given), default=0.0),
    "MIN": lambda *given: min(_flat(given), default=0.0),
    "SUM": lambda *given: math.fsum(_flat(given)),
    "SUMPRODUCT": lambda array: math.fsum(np.ravel(_number(array)).tolist()),
    "COUNT": lambda *given: float(len(_flat(given))),
    "COUNTA": lambda *given: float(sum(each is not None for array in given for each in array.ravel())),
    "COUNTIF": _countifs,
    "COUNTIFS": _countifs,
    "SUMIFS": _sumifs,
    "INDEX": _index,
    "MATCH": _match,
    "N": lambda value: value if isinstance(value, float) else 0.0,
    "PI": lambda: math.pi,
    "NORMSDIST": lambda value: math.erfc(-_number(_scalar(value)) * math.sqrt(0.5)) / 2,
    "NORMSINV": _normal_inverse,
    "LEFT": lambda text, count: written(text)[: int(_number(count))],
    "YEAR": lambda day: float(day.year),
    "MONTH": lambda day: float(day.month),
    "DAY": lambda day: float(day.day),
    "RIGHT": lambda text, count: written(text)[-int(_number(count)) :],
}
