"""Cells as COM brings and takes them: errors as numbers, days as moments, ranges as tuples of rows.

xlwings could convert them, but takes ten times as long over a column, makes a blank of an error it doesn't know by name, and an empty
text of a figure that is missing. In a browser (xlwings Lite) it converts what Office.js brings, and little is left to do here.
"""

from __future__ import annotations

import datetime as dt
import math
import sys
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, Any

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.hosts.excel.names import LONGEST_TEXT

if TYPE_CHECKING:
    from optmargin.functions.call import Cell, Grid

IN_BROWSER = sys.platform == "emscripten"

# Excel's numbers of its errors, as CVErr takes them.
ERROR_NUMBERS = {
    ErrorCode.NULL: 2000,
    ErrorCode.DIVISION: 2007,
    ErrorCode.VALUE: 2015,
    ErrorCode.REFERENCE: 2023,
    ErrorCode.NAME: 2029,
    ErrorCode.NUM: 2036,
    ErrorCode.MISSING: 2042,
}
# An error comes over COM as 0x800A0000 and its number, read as a signed integer of 32 bits.
_FIRST_ERROR = 0x800A0000 - 2**32
_COM_ERRORS = range(_FIRST_ERROR, _FIRST_ERROR + 0x10000)
_TEXTS = {_FIRST_ERROR + number: code.value for code, number in ERROR_NUMBERS.items()}
_PLAIN = frozenset({float, str, bool, type(None)})


def argument(given: Any) -> Cell | Grid:
    """An argument as a cell, or as rows of cells."""
    if not isinstance(given, (tuple, list)):
        return read(given)
    rows = given if given and isinstance(given[0], (tuple, list)) else [given]  # an array constant may be one flat row
    if set(map(type, chain.from_iterable(rows))) <= _PLAIN:
        grid = list(rows)  # its rows may stay tuples: they are only read
    else:
        grid = [[read(value) for value in row] for row in rows]
    return grid[0][0] if len(grid) == 1 and len(grid[0]) == 1 else grid


def read(value: Any) -> Cell:
    """What one cell holds; an error is its text, which every function knows."""
    if type(value) in _PLAIN:
        return value  # type: ignore[no-any-return]
    if isinstance(value, int) and value in _COM_ERRORS:
        return _TEXTS.get(value, ErrorCode.VALUE.value)  # those that Excel learned later, such as #SPILL!
    if isinstance(value, Decimal):  # a cell in a currency's format
        return float(value)
    if isinstance(value, dt.datetime):
        moment = value.replace(tzinfo=None)  # a cell's moment has no place; pywin32 says UTC
        return moment.date() if moment.time() == dt.time() else moment
    return value  # type: ignore[no-any-return]


def rows(grid: Grid) -> list[list[Any]]:
    """The rows of an answer as COM takes them; one blank cell where there are none."""
    cells = list(chain.from_iterable(grid))
    if not cells:
        return [[""]]
    if set(map(type, cells)) == {float} and math.isfinite(sum(cells)):  # type: ignore[arg-type]
        return grid
    return [[shown(cell) for cell in row] for row in grid]


def shown(cell: Cell) -> Any:
    """A cell of an answer as COM takes it: an error is its text, since pywin32 can't send one."""
    if isinstance(cell, bool):
        return cell
    if isinstance(cell, (int, float)):
        number = float(cell)
        return number if math.isfinite(number) else "" if math.isnan(number) else ErrorCode.NUM.value
    if isinstance(cell, str):
        return cell if len(cell) <= LONGEST_TEXT else f"{cell[: LONGEST_TEXT - 3]}..."
    if isinstance(cell, MarginError):
        return cell.code.value
    if isinstance(cell, dt.date) and not IN_BROWSER:
        moment = cell if isinstance(cell, dt.datetime) else dt.datetime.combine(cell, dt.time())
        return moment.replace(tzinfo=dt.UTC)  # pywin32 would move any other moment to UTC
    return "" if cell is None else cell
