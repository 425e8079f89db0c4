"""Calc's values and optmargin's cells: what Calc passes to an add-in, and what it takes back. Runs inside LibreOffice.

What Calc passes (measured with 25.2): a number, a date's count of days or a truth value as a float; a text; None for what is left out; a
range or an array as a tuple of rows, where a blank cell is an empty text. A single cell that is blank arrives as zero, also where the
parameter is declared an array, and nothing says which cell it was. So a zero is never guessed at: it stays zero only where a blank means
zero as well, it is a blank where no number belongs, and anywhere else it is an error that asks which is meant. ``D2:D2`` is a range, whose
blank is told apart, and the text ``"0"`` is a zero.

Errors never arrive: Calc lets a single one, or one in an array, stand for the answer, and shows Err:504 for one inside a range;
``IFERROR(range, "#N/A")`` passes them on as text, which is understood row by row.
"""

from __future__ import annotations

import datetime as dt
import functools
import struct
from collections.abc import Callable, Sequence
from typing import Any

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions.all import functions
from optmargin.functions.call import Cell, Grid, call, read_cell
from optmargin.functions.declare import Argument, Unit, WorksheetFunction
from optmargin.hosts.days import FIRST_DAY, arguments_of, with_days, with_serials

Row = tuple[float | str | bool, ...]

# Calc's numbers of its errors: formula/errorcodes.hxx of LibreOffice.
NUMBER_OF_ERROR = {
    ErrorCode.NUM: 503,
    ErrorCode.VALUE: 519,
    ErrorCode.NULL: 521,
    ErrorCode.REFERENCE: 524,
    ErrorCode.NAME: 525,
    ErrorCode.DIVISION: 532,
    ErrorCode.MISSING: 0x7FFF,
}
_QUIET_NAN = 0x7FF80000  # the upper half of a NaN; Calc reads its error from the lower half

# A range that has more rows or columns than this is a whole column or row of the sheet, or what is left of one below a header.
_TALL, _WIDE = 2**19, 2**13


def answer(
    name: str, arguments: Sequence[Any], first_day: Callable[[], dt.date] = lambda: FIRST_DAY
) -> tuple[Row, ...]:
    """The rows of cells that a worksheet function answers, as Calc takes them; an error is a NaN that bears Calc's code of it.

    Args:
        name: the function.
        arguments: all of its arguments, as Calc passes them.
        first_day: says which day the workbook counts as 0; asked where a day is read or shown.
    """
    function = functions().get(name)
    try:
        if function is None:
            raise MarginError(ErrorCode.NAME, f"{name} is no worksheet function any more", "run the installer again")
        rows = call(name, _read(function, arguments, first_day)).rows
    except MarginError as error:
        rows = [[error]]
    if any(isinstance(cell, dt.date) for row in rows for cell in row):
        rows = with_serials(rows, first_day())
    return tuple(tuple(map(_shown, row)) for row in rows)


def _read(function: WorksheetFunction, values: Sequence[Any], first_day: Callable[[], dt.date]) -> list[Cell | Grid]:
    """The arguments as cells and grids; those that were left out at the end are dropped."""
    if function.arguments and function.arguments[-1].repeats:  # the last value holds the arguments of another function
        *values, repeated = values
        values = [*values, *(repeated or ())]
    given = [_cell_or_grid(value) for value in without_blank_ends(values)]
    declared = arguments_of(function, given)
    read = [
        of_zero(declared[at]) if value == 0.0 and isinstance(value, float) and at < len(declared) else value
        for at, value in enumerate(given)
    ]
    while read and read[-1] is None:
        read.pop()
    return with_days(declared, read, first_day)


def _cell_or_grid(value: Any) -> Cell | Grid:
    return [list(row) for row in value] if isinstance(value, tuple) else value


def without_blank_ends(values: Sequence[Any]) -> list[Any]:
    """The values with whole columns and rows of the sheet cut down to the part that holds something.

    All of them are cut alike, and none below the size of a smaller range: a column of which one cell were left would otherwise stand for
    every row of the others.
    """
    ranges = [value for value in values if isinstance(value, tuple) and value]
    if not any(_is_whole(each) for each in ranges):
        return list(values)
    height = max(len(each) if len(each) <= _TALL else _used_height(each) for each in ranges)
    width = max(len(each[0]) if len(each[0]) <= _WIDE else _used_width(each) for each in ranges)
    return [
        tuple(row[:width] for row in value[:height])
        if isinstance(value, tuple) and value and _is_whole(value)
        else value
        for value in values
    ]


def _is_whole(rows: tuple[Any, ...]) -> bool:
    return len(rows) > _TALL or len(rows[0]) > _WIDE


def _used_height(rows: tuple[Any, ...]) -> int:
    blank = ("",) * len(rows[0])
    return next((height for height in range(len(rows), 1, -1) if rows[height - 1] != blank), 1)


def _used_width(rows: tuple[Any, ...]) -> int:
    return max(next((width for width in range(len(row), 1, -1) if row[width - 1] != ""), 1) for row in rows)


def of_zero(argument: Argument) -> Cell:
    """What a single zero is for an argument: zero, a blank, or an error, since Calc passes a blank cell as zero too."""
    if has_no_zero(argument):
        return None
    if argument.default == 0.0:  # a blank means the same
        return 0.0
    refusal = _refusal_of_zero(argument)
    problem = f"{argument.name} is zero or its cell is blank, which Calc doesn't tell apart"
    if refusal is not None:
        code, remedy = refusal
        return MarginError(code, problem, remedy if argument.required else f"{remedy}, or be left out")
    blank = "" if argument.required else "leave the argument out where nothing is meant, "
    remedy = f'write "0" in quotes where zero is meant, {blank}or write the cell as a range, D2:D2'
    return MarginError(ErrorCode.MISSING, problem, remedy)


@functools.cache
def has_no_zero(argument: Argument) -> bool:
    """Whether an argument takes words, days or a table, among which there is no zero."""
    if argument.about.unit is Unit.LEGS:
        return True
    try:
        return isinstance(read_cell(argument, 0.0), str)
    except MarginError as error:
        return error.code is ErrorCode.VALUE


@functools.cache
def _refusal_of_zero(argument: Argument) -> tuple[ErrorCode, str] | None:
    """The code and the remedy with which an argument's bounds refuse zero; None where they allow it."""
    try:
        read_cell(argument, 0.0)
    except MarginError as error:
        return error.code, error.remedy
    return None


def _shown(cell: Cell) -> float | str | bool:
    if isinstance(cell, MarginError):
        error: float = struct.unpack("<d", struct.pack("<II", NUMBER_OF_ERROR[cell.code], _QUIET_NAN))[0]
        return error
    if cell is None or cell != cell:
        return ""
    return cell if isinstance(cell, (str, bool)) else float(cell)  # type: ignore[arg-type]  # days are numbers by now
