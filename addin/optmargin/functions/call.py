"""Answering a worksheet function: cells in, cells out. Reads what cells hold, broadcasts, asks the body once per column.

A cell is a number, a text, a truth value, a date, None for blank, or a :class:`MarginError` for an error cell. An argument is a
cell or a grid of cells (a list of rows). The answer has the shape that the arguments broadcast to.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, zip_longest
from typing import Any

import numpy as np

from optmargin.core.contracts import Right
from optmargin.core.errors import ErrorCode, MarginError, nearest
from optmargin.core.money import cents, cents_of_column
from optmargin.core.values import is_blank
from optmargin.functions.declare import Argument, RowsError, Unit, WorksheetFunction
from optmargin.functions.reading import Cell, Grid, Reader, read_cell, read_list
from optmargin.rules.book import TermsInForce, book

__all__ = ["Answer", "Cell", "Grid", "call", "read_cell", "usage", "why"]

_MONEY = frozenset({Unit.USD})
_LISTS = frozenset({Unit.NUMBERS, Unit.CHANCES})  # ranges whose cells are numbers in an order that means something


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worksheet function answered.

    Attributes:
        rows: the cells of the answer; an error is a :class:`MarginError` that says why.
        is_single: whether it fits one cell: the arguments were single cells, and it isn't a table.
    """

    rows: Grid
    is_single: bool

    @property
    def first(self) -> Cell:
        """The upper left cell, which is the whole answer of a single one."""
        return self.rows[0][0]


def call(name: str, arguments: Sequence[Cell | Grid]) -> Answer:
    """The answer of a worksheet function.

    Args:
        name: the function's name, in any case.
        arguments: cells or grids in the order of its arguments; trailing ones may be left out, a blank is the default.

    Raises:
        MarginError: ``#VALUE!`` for an unknown name, too many or too few arguments. What is wrong with one row of the arguments
            isn't raised but stands in the answer's cell.
    """
    function = declared(name)
    _check_count(function, arguments)
    if function.by_element and not any(isinstance(argument, list) for argument in arguments):
        return Answer([[_of_one_row(function, arguments)]], is_single=True)  # type: ignore[arg-type]
    grids = _grids(function, arguments)
    return _by_element(function, grids) if function.by_element else _whole(function, grids)


def _check_count(function: WorksheetFunction, arguments: Sequence[Cell | Grid]) -> None:
    most = len(function.arguments)
    if len(arguments) > most and not (function.arguments and function.arguments[-1].repeats):
        problem = f"{function.name} takes {most} arguments, {len(arguments)} were given"
        raise MarginError(ErrorCode.VALUE, problem, usage(function))


def _grids(function: WorksheetFunction, arguments: Sequence[Cell | Grid]) -> list[Grid]:
    return [_grid(argument) for argument in arguments] + [[[None]] for _ in function.arguments[len(arguments) :]]


@cache
def functions() -> dict[str, WorksheetFunction]:
    """Every worksheet function by name."""
    # Imported when first asked, since some functions (MARGIN_WHY) themselves ask for others by way of this module.
    from optmargin.functions.all import functions as all_of_them

    return all_of_them()


@cache  # what is found is kept; an unknown name raises, and isn't
def declared(name: str) -> WorksheetFunction:
    """The declaration of a worksheet function, by its name in any case.

    Raises:
        MarginError: ``#VALUE!`` for an unknown name.
    """
    known = functions()
    function = known.get(name.strip().upper())
    if function is None:
        raise MarginError(ErrorCode.VALUE, f"there is no worksheet function {name}", nearest(name, known))
    return function


@cache
def _readers(name: str) -> tuple[Reader, ...]:
    return tuple(Reader(argument) for argument in functions()[name].arguments)


def usage(function: WorksheetFunction) -> str:
    """How a function is written: ``SLOTS(net_liq, [slot_width], [multiplier])``."""
    words = [
        f"[{argument.name} ...]" if argument.repeats else argument.name if argument.required else f"[{argument.name}]"
        for argument in function.arguments
    ]
    return f"{function.name}({', '.join(words)})"


def _grid(argument: Cell | Grid) -> Grid:
    if isinstance(argument, list):
        return argument if argument and argument[0] else [[None]]
    return [[argument]]


# Functions that answer each row apart. Their body is asked once for all rows that share their terms: what is one cell comes to it
# as one value, what is a range as a column.


def _of_one_row(function: WorksheetFunction, cells: Sequence[Cell]) -> Cell:
    try:
        given = {reader.name: reader.one(cell) for reader, cell in zip_longest(_readers(function.name), cells)}
        return _answers(function, given, 1)[0]
    except MarginError as error:
        return error


def _by_element(function: WorksheetFunction, grids: list[Grid]) -> Answer:
    height, width = max(len(grid) for grid in grids), max(len(grid[0]) for grid in grids)
    places = np.arange(height * width).reshape(height, width)
    given: dict[str, Any] = {}
    refused: dict[int, MarginError] = {}  # the first error of each place
    for reader, grid in zip(_readers(function.name), grids, strict=True):
        values, shape, errors = _read(reader, grid, height, width)
        given[reader.name] = (
            np.broadcast_to(values.reshape(shape), places.shape).ravel() if _is_column(values) else values
        )
        for at, error in errors.items():
            row, column = divmod(at, shape[1])
            hit = places[row if shape[0] > 1 else slice(None), column if shape[1] > 1 else slice(None)]
            for place in np.ravel(hit).tolist():
                refused.setdefault(place, error)
    answers = _of_sound_rows(function, given, refused, height * width)
    rows = (
        [[answer] for answer in answers] if width == 1 else [answers[at : at + width] for at in places[:, 0].tolist()]
    )
    return Answer(rows, is_single=height == width == 1)


def _read(reader: Reader, grid: Grid, height: int, width: int) -> tuple[Any, tuple[int, int], dict[int, MarginError]]:
    """What a grid says: one value, or its cells row by row as a column; the grid's shape; the errors by number of the cell."""
    tall, wide = len(grid), len(grid[0])
    if tall == wide == 1:
        value = reader.one_or_error(grid[0][0])
        return value, (1, 1), {0: value} if isinstance(value, MarginError) else {}
    if tall not in (1, height) or wide not in (1, width) or set(map(len, grid)) != {wide}:
        tall, wide = height, width
        cells = [_pick(reader.argument, grid, row, column) for row in range(height) for column in range(width)]
    else:
        cells = [row[0] for row in grid] if wide == 1 else list(chain.from_iterable(grid))
    values, errors = reader.column(cells)
    return values, (tall, wide), errors


def _pick(argument: Argument, grid: Grid, row: int, column: int) -> Cell:
    """The cell of a grid that belongs to a place of the answer: a single row or column serves every place."""
    row = 0 if len(grid) == 1 else row
    column = 0 if len(grid[0]) == 1 else column
    if row >= len(grid) or column >= len(grid[row]):
        return MarginError(ErrorCode.MISSING, f"{argument.name} has no cell for this row", "give ranges of one size")
    return grid[row][column]


def _is_column(value: Any) -> bool:
    return isinstance(value, np.ndarray)


def _rows_of(given: dict[str, Any], rows: Any) -> dict[str, Any]:
    """The same arguments for some of the rows."""
    return {name: value[rows] if _is_column(value) else value for name, value in given.items()}


def _of_sound_rows(
    function: WorksheetFunction, given: dict[str, Any], refused: dict[int, MarginError], count: int
) -> list[Cell]:
    """The answers of all rows: the error of those that couldn't be read, and what the body says of the others."""
    if not refused:
        return _answers(function, given, count)
    answers: list[Cell] = [refused.get(at) for at in range(count)]
    sound = [at for at in range(count) if at not in refused]
    if sound:
        for at, answer in zip(sound, _answers(function, _rows_of(given, sound), len(sound)), strict=True):
            answers[at] = answer
    return answers


def _answers(function: WorksheetFunction, given: dict[str, Any], count: int) -> list[Cell]:
    """The answers of rows that could be read, asked for by the book and the day whose terms they want."""
    if "book" not in given:
        return _ask(function, given, count)
    if not _is_column(given["book"]) and not _is_column(given["as_of"]):
        return _ask_under_terms(function, given, count)
    books = np.broadcast_to(np.asarray(given["book"], dtype=object), (count,))
    days = np.broadcast_to(given["as_of"], (count,))
    groups: dict[tuple[Any, Any], list[int]] = {}
    for row, key in enumerate(zip(books.tolist(), days.view(np.int64).tolist(), strict=True)):
        groups.setdefault(key, []).append(row)
    answers: list[Cell] = [None] * count
    for rows in groups.values():
        mine = _rows_of(given, rows) | {"book": books[rows[0]], "as_of": days[rows[0]]}
        for row, answer in zip(rows, _ask_under_terms(function, mine, len(rows)), strict=True):
            answers[row] = answer
    return answers


def _ask_under_terms(function: WorksheetFunction, given: dict[str, Any], count: int) -> list[Cell]:
    """The answers of rows that share one book and one day."""
    try:
        in_force = _terms(given["book"], given["as_of"])
    except MarginError as error:
        return [error] * count
    return _ask(function, {"in_force": in_force, **given}, count)


def _terms(name: str, as_of: np.datetime64) -> TermsInForce:
    day: dt.date | None = as_of.astype(object)  # not-a-time becomes None
    return book(name).on(day)


def _ask(function: WorksheetFunction, given: dict[str, Any], count: int) -> list[Cell]:
    """The body's answers; where it refuses the rows, each half is asked alone, down to the row that it refuses."""
    try:
        answer = np.asarray(function.body(**given), dtype=np.float64)
    except RowsError as refusal:
        sound = [at for at in range(count) if at not in refusal.errors]
        asked = _ask(function, _rows_of(given, sound), len(sound)) if sound else []
        answers: dict[int, Cell] = {**refusal.errors, **dict(zip(sound, asked, strict=True))}
        return [answers[at] for at in range(count)]
    except MarginError as error:
        if count == 1:
            return [error]
        half = count // 2
        return [
            *_ask(function, _rows_of(given, slice(None, half)), half),
            *_ask(function, _rows_of(given, slice(half, None)), count - half),
        ]
    is_money = function.returns in _MONEY
    if count == 1:
        single = cents(answer.item()) if is_money else answer.item()
        return [_unanswered(function) if single is None or single != single else single]
    column = np.broadcast_to(answer, (count,))
    if is_money:
        column = cents_of_column(column)
    if not np.isnan(column).any():
        return list(column.tolist())
    return [_unanswered(function) if figure != figure else figure for figure in column.tolist()]


def _unanswered(function: WorksheetFunction) -> MarginError:
    """What stands where a body has no figure: never a blank, which a sum would skip."""
    return MarginError(ErrorCode.MISSING, f"{function.name} has no figure for these arguments", "check them together")


# Functions that take a range as a whole


def _whole(function: WorksheetFunction, grids: list[Grid]) -> Answer:
    given: dict[str, Any] = {}
    repeated: list[Any] = []
    try:
        for number, grid in enumerate(grids):
            argument = function.arguments[min(number, len(function.arguments) - 1)]
            if argument.repeats:
                repeated.append(grid)
            elif argument.about.unit is Unit.LEGS:
                given[argument.name] = grid
            elif argument.about.unit is Unit.MOVES:
                given[argument.name] = [read_cell(argument, cell) for row in grid for cell in row if not is_blank(cell)]
            elif argument.about.unit in _LISTS:
                given[argument.name] = read_list(argument, grid)
            elif len(grid) > 1 or len(grid[0]) > 1:
                raise MarginError(ErrorCode.VALUE, f"{argument.name} is a range", "give one cell")
            else:
                given[argument.name] = read_cell(argument, grid[0][0])
        if "book" in given:
            as_of = given["as_of"]
            given["in_force"] = book(given["book"]).on(None if np.isnat(as_of) else as_of.astype(object))
        answer = function.body(*given.values(), *repeated) if repeated else function.body(**given)
    except MarginError as error:
        return Answer([[error]], is_single=True)
    if function.returns is Unit.TABLE:
        return Answer(answer, is_single=False)
    if function.returns is Unit.TEXT:
        return Answer(answer, is_single=len(answer) == len(answer[0]) == 1)
    return Answer([[cents(answer) if function.returns in _MONEY else answer]], is_single=True)


# The working of an answer, in words


def why(name: str, arguments: Sequence[Cell | Grid]) -> Answer:
    """What MARGIN_WHY says of a call: its working where all is well, and what was seen and what would help where it isn't.

    The answer is one text for each row that the function would answer; a table's is what was asked, and how many rows it has.

    Raises:
        MarginError: as :func:`call`.
    """
    function = declared(name)
    answer = call(name, arguments)
    if not function.by_element:
        return Answer([[_said_of_a_whole(function, answer)]], is_single=True)
    grids = _grids(function, arguments)
    rows: Grid = [
        [
            _said_of_one(function, [_cell_of(grid, row, column) for grid in grids], found)
            for column, found in enumerate(cells)
        ]
        for row, cells in enumerate(answer.rows)
    ]
    return Answer(rows, answer.is_single)


def _cell_of(grid: Grid, row: int, column: int) -> Cell:
    """The cell of a grid that a place of the answer was worked out from; only asked where the answer is sound."""
    across = grid[0 if len(grid) == 1 else min(row, len(grid) - 1)]
    return across[0 if len(across) == 1 else min(column, len(across) - 1)]


def _said_of_one(function: WorksheetFunction, cells: Sequence[Cell], found: Cell) -> str:
    if isinstance(found, MarginError):
        return _said_of_an_error(found)
    given = {reader.name: reader.one(cell) for reader, cell in zip(_readers(function.name), cells, strict=True)}
    if function.why is None:
        return f"{function.name}({_as_read(function, given)}) = {_shown(function, found)}"
    in_force = {"in_force": _terms(given["book"], given["as_of"])} if "book" in given else {}
    return function.why(**in_force, **given)


def _as_read(function: WorksheetFunction, given: dict[str, Any]) -> str:
    """The arguments as they were understood, blanks left out."""
    shown = []
    for argument in function.arguments:
        name, value = argument.name, given[argument.name]
        text = f"{value:.10g}" if isinstance(value, float) else str(value)
        if argument.about.unit is Unit.RIGHT:
            text = Right(int(value)).word
        if text not in {"nan", "NaT"}:
            shown.append(f"{name} {text}")
    return ", ".join(shown)


def _said_of_a_whole(function: WorksheetFunction, answer: Answer) -> str:
    errors = [cell for row in answer.rows for cell in row if isinstance(cell, MarginError)]
    if errors:
        return _said_of_an_error(errors[0])
    if answer.is_single:
        return f"{function.name} = {_shown(function, answer.first)}"
    return f"{function.name} answers a table of {len(answer.rows)} rows and {len(answer.rows[0])} columns"


def _shown(function: WorksheetFunction, found: Cell) -> str:
    is_number = isinstance(found, (int, float)) and not isinstance(found, bool)
    return (f"{found:,.2f}" if function.returns in _MONEY else f"{found:.10g}") if is_number else str(found)


def _said_of_an_error(error: MarginError) -> str:
    return f"{error.code.value}: {error}"
