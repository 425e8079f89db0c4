"""The days of a workbook that doesn't count them from 1900, as those do that began on a Macintosh: 0 is 1 January 1904 in them.

A spreadsheet hands a day over as the count of days since its first one. Everything behind the hosts takes such a number for one counted
from :data:`FIRST_DAY`, and would be four years off; so a host that knows the workbook makes days of the numbers that stand for one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from optmargin.core.positions.table import CONCEPTS, header_key
from optmargin.functions.all import functions
from optmargin.functions.declare import Argument, Unit, WorksheetFunction

if TYPE_CHECKING:
    from optmargin.functions.call import Cell, Grid

# Right for every day since 1 March 1900; before it Excel counts a 29 February that never was.
FIRST_DAY = dt.date(1899, 12, 30)
FIRST_DAY_OF_1904 = dt.date(1904, 1, 1)

_LAST = 120_000  # days since any first day: beyond 2200. A larger number is a day written 20221223.
_WITH_DAYS = frozenset({Unit.DATE, Unit.LEGS})
# The columns of a range with a header row in which days stand: those of positions, and that of published margins.
_DAY_COLUMNS = frozenset({key for key, concept in CONCEPTS.items() if concept in {"expiry", "as_of"}} | {"firstday"})


def arguments_of(function: WorksheetFunction, given: Sequence[Cell | Grid]) -> tuple[Argument, ...]:
    """What each given argument is; where a function is asked about (MARGIN_WHY), the arguments after its name are that function's."""
    declared = function.arguments
    if not declared or not declared[-1].repeats:
        return declared
    asked = functions().get(str(_first(given[0])).strip().upper()) if given else None
    return (*declared[:-1], *(asked.arguments if asked else ()))


def _first(given: Cell | Grid) -> Cell:
    return given if not isinstance(given, list) else given[0][0] if given and given[0] else None


def with_days(
    declared: Sequence[Argument], given: Sequence[Cell | Grid], first_day: Callable[[], dt.date]
) -> list[Cell | Grid]:
    """The given arguments with a day in place of each number that stands for one.

    Args:
        declared: what each argument is, by :func:`arguments_of`.
        given: the arguments as the workbook has them.
        first_day: says which day the workbook counts as 0; asked only where a day may stand, since a workbook may take its time.
    """
    read = list(given)
    places = [
        at
        for at, (argument, each) in enumerate(zip(declared, read, strict=False))
        if argument.about.unit in _WITH_DAYS and isinstance(each, (float, int, list))
    ]
    if places and (counted_from := first_day()) != FIRST_DAY:
        for at in places:
            read[at] = _with_days(read[at], counted_from, by_header=declared[at].about.unit is Unit.LEGS)
    return read


def _with_days(given: Cell | Grid, first_day: dt.date, *, by_header: bool) -> Cell | Grid:
    if not isinstance(given, list):
        return given if by_header else _day(given, first_day)
    if by_header:
        return _rows_with_days(given, first_day)
    return [[_day(cell, first_day) for cell in row] for row in given]


def _rows_with_days(rows: Grid, first_day: dt.date) -> Grid:
    """The rows of a range with days below the headers that name a column of days."""
    columns: set[int] = set()
    found: Grid = []
    for row in rows:
        columns.update(at for at, cell in enumerate(row) if isinstance(cell, str) and header_key(cell) in _DAY_COLUMNS)
        found.append([_day(cell, first_day) if at in columns else cell for at, cell in enumerate(row)])
    return found


def _day(cell: Cell, first_day: dt.date) -> Cell:
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and 0 <= cell <= _LAST:
        return first_day + dt.timedelta(days=int(cell))
    return cell


def with_serials(rows: Grid, first_day: dt.date) -> Grid:
    """The rows of an answer with each day as the number by which a workbook counts it."""
    return [[float((cell - first_day).days) if isinstance(cell, dt.date) else cell for cell in row] for row in rows]
