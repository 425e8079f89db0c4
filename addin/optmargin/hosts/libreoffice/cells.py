"""Calc's values and optmargin's cells: what Calc passes to an add-in, and what it takes back. Runs inside LibreOffice.

What Calc passes (measured with 25.2): a number, a date's serial or a truth value as a float; a text; None for what is left out; a
range or an array as a tuple of rows, where a blank cell is an empty text. A single cell that is blank arrives as zero, also where the
parameter is declared an array; so a zero that an argument must have and may have is refused, since a price that is missing isn't a
price of zero: ``A1:A1`` is a range, whose blank is told apart, and the text ``"0"`` a zero. Errors never arrive: Calc lets a single one, or one in an array, stand for the answer, and shows Err:504 for one
inside a range; ``IFERROR(range, "#N/A")`` passes them on as text, which is understood row by row.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import struct
from collections.abc import Sequence
from typing import Any

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions.all import functions
from optmargin.functions.call import Cell, Grid, call, read_cell
from optmargin.functions.declare import Argument, WorksheetFunction

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

# Calc counts days from here, unless a document says otherwise.
_FIRST_DAY = dt.date(1899, 12, 30)


def answer(name: str, arguments: Sequence[Any]) -> tuple[Row, ...]:
    """The rows of cells that a worksheet function answers, as Calc takes them; an error is a NaN that bears Calc's code of it."""
    function = functions().get(name)
    try:
        if function is None:
            raise MarginError(ErrorCode.NAME, f"{name} is no worksheet function any more", "run the installer again")
        return tuple(tuple(map(_shown, row)) for row in call(name, _read(function, arguments)).rows)
    except MarginError as error:
        return ((_shown(error),),)


def _read(function: WorksheetFunction, values: Sequence[Any]) -> list[Cell | Grid]:
    """The arguments as cells and grids; those that were left out at the end are dropped."""
    zeros = _meaning_of_zero(function.name)
    if function.arguments and function.arguments[-1].repeats:  # the last value holds the arguments of another function
        *values, repeated = values
        asked = str(values[0]).strip().upper() if values else ""
        zeros = (*zeros[: len(values)], *_meaning_of_zero(asked))
        values = [*values, *(repeated or ())]
    read = [_cell_or_grid(value, zeros[at] if at < len(zeros) else 0.0) for at, value in enumerate(values)]
    while read and read[-1] is None:
        read.pop()
    return read


@functools.cache
def _meaning_of_zero(name: str) -> tuple[Cell, ...]:
    """For each argument of a function, what a single zero is taken for: a blank, zero, or an error that asks which is meant."""
    function = functions().get(name)
    return () if function is None else tuple(map(_zero_for, function.arguments))


def _zero_for(argument: Argument) -> Cell:
    if has_no_zero(argument):
        return None
    if argument.required:
        with contextlib.suppress(MarginError):  # zero is outside the bounds, and refused as such
            read_cell(argument, 0.0)
            return MarginError(
                ErrorCode.MISSING,
                f"{argument.name} is zero or its cell is blank, which Calc doesn't tell apart",
                'write "0" in quotes where zero is meant, or the cell as a range, D2:D2',
            )
    return 0.0


def has_no_zero(argument: Argument) -> bool:
    """Whether an argument takes words or days, among which there is no zero, or is simply unknown where it isn't given.

    The blank of any other argument has a number of its own or is refused: there a zero stays the zero that it may be.
    """
    if not argument.required and argument.default is None:
        return True
    try:
        return isinstance(read_cell(argument, 0.0), str)
    except MarginError as error:
        return error.code is ErrorCode.VALUE


def _cell_or_grid(value: Any, zero: Cell) -> Cell | Grid:
    if isinstance(value, tuple):
        return [list(row) for row in value]
    return zero if isinstance(value, float) and value == 0.0 else value


def _shown(cell: Cell) -> float | str | bool:
    if isinstance(cell, MarginError):
        error: float = struct.unpack("<d", struct.pack("<II", NUMBER_OF_ERROR[cell.code], _QUIET_NAN))[0]
        return error
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, dt.date):
        return float((cell - _FIRST_DAY).days)
    return cell if isinstance(cell, (str, bool)) else float(cell)
