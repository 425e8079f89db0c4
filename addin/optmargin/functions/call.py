"""Answering a worksheet function: cells in, cells out. Reads what cells hold, broadcasts, asks the body once per column.

A cell is a number, a text, a truth value, a date, None for blank, or a :class:`MarginError` for an error cell. An argument is a
cell or a grid of cells (a list of rows). The answer has the shape that the arguments broadcast to.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from optmargin.core.contracts import AccountType, AssetClass, parse_right, parse_word
from optmargin.core.errors import ErrorCode, MarginError, nearest
from optmargin.core.money import cents
from optmargin.core.values import day, is_blank, number, shown
from optmargin.functions.all import functions
from optmargin.functions.declare import Argument, Unit, WorksheetFunction
from optmargin.rules.book import TermsInForce, book

Cell = float | int | str | bool | dt.date | MarginError | None
Grid = list[list[Cell]]

_ERROR_TEXTS = {code.value: code for code in ErrorCode}
_MONEY = frozenset({Unit.USD})


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
    declared = functions()
    function = declared.get(name.strip().upper())
    if function is None:
        raise MarginError(ErrorCode.VALUE, f"there is no worksheet function {name}", nearest(name, declared))
    if len(arguments) > len(function.arguments):
        raise MarginError(
            ErrorCode.VALUE,
            f"{function.name} takes {len(function.arguments)} arguments, {len(arguments)} were given",
            usage(function),
        )
    grids = [_grid(argument) for argument in arguments] + [[[None]] for _ in function.arguments[len(arguments) :]]
    if not function.by_element:
        return _whole(function, grids)
    return _by_element(function, grids)


def usage(function: WorksheetFunction) -> str:
    """How a function is written: ``SLOTS(net_liq, [slot_width], [multiplier])``."""
    words = [argument.name if argument.required else f"[{argument.name}]" for argument in function.arguments]
    return f"{function.name}({', '.join(words)})"


def _grid(argument: Cell | Grid) -> Grid:
    if isinstance(argument, list):
        return argument if argument and argument[0] else [[None]]
    return [[argument]]


# Reading one cell as what an argument wants


def read_cell(argument: Argument, cell: Cell) -> Any:
    """The value of one cell for an argument: a float (NaN where an optional number is blank), a Right, a day or a word.

    Raises:
        MarginError: the cell's own error when it is one; ``#VALUE!`` or ``#NUM!`` when it isn't what the argument wants.
    """
    if isinstance(cell, MarginError):
        raise cell
    if isinstance(cell, str) and cell.strip().upper() in _ERROR_TEXTS:
        raise MarginError(
            _ERROR_TEXTS[cell.strip().upper()], f"{argument.name} is the error {cell.strip()}", "mend that cell"
        )
    if is_blank(cell):
        if argument.required:
            raise MarginError(ErrorCode.VALUE, f"{argument.name} is blank", f"give it: {argument.about.help.lower()}")
        cell = argument.default  # type: ignore[assignment]
    return _READERS.get(argument.about.unit, _read_number)(argument, cell)


def _read_number(argument: Argument, cell: Cell) -> float:
    if cell is None:
        return float("nan")
    if isinstance(cell, bool):
        raise MarginError(
            ErrorCode.VALUE,
            f"{argument.name} is {str(cell).upper()}, not a number",
            f"give {argument.about.help.lower()}",
        )
    found = number(cell, argument.name, percent=True) or 0.0  # a blank was told apart before, so nothing here is zero
    about = argument.about
    if about.above is not None and not found > about.above:
        raise MarginError(ErrorCode.NUM, f"{argument.name} is {found:g}", f"it must be greater than {about.above:g}")
    if about.at_least is not None and not found >= about.at_least:
        raise MarginError(ErrorCode.NUM, f"{argument.name} is {found:g}", f"it must be {about.at_least:g} or more")
    if about.whole and found != round(found):
        raise MarginError(ErrorCode.NUM, f"{argument.name} is {found:g}", "it must be a whole number")
    return found


def _read_right(argument: Argument, cell: Cell) -> int:
    right = parse_right(cell)
    if not right.is_option:
        raise MarginError(ErrorCode.VALUE, f"{argument.name} is {shown(cell)}", "write call or put")
    return int(right)


def _read_day(argument: Argument, cell: Cell) -> np.datetime64:
    return np.datetime64("NaT", "D") if cell is None else np.datetime64(day(cell, argument.name), "D")


def _read_class(argument: Argument, cell: Cell) -> AssetClass:
    found = AssetClass(parse_word(AssetClass, cell, argument.name))
    if found is AssetClass.FUTURE:
        raise MarginError(
            ErrorCode.MISSING,
            "strategy-based books have no rate for futures",
            "options on futures are margined by SPAN",
        )
    return found


def _read_book(_: Argument, cell: Cell) -> str:
    return book(str(cell).strip().lower()).name


def _read_account_type(argument: Argument, cell: Cell) -> AccountType:
    return AccountType(parse_word(AccountType, cell, argument.name))


_READERS: dict[Unit, Callable[[Argument, Cell], Any]] = {
    Unit.RIGHT: _read_right,
    Unit.DATE: _read_day,
    Unit.ASSET_CLASS: _read_class,
    Unit.BOOK: _read_book,
    Unit.ACCOUNT_TYPE: _read_account_type,
}

_TYPES: dict[Unit, Any] = {
    Unit.RIGHT: np.int8,
    Unit.DATE: "datetime64[D]",
    Unit.ASSET_CLASS: object,
    Unit.BOOK: object,
    Unit.ACCOUNT_TYPE: object,
}


# Functions that answer each row apart


def _by_element(function: WorksheetFunction, grids: list[Grid]) -> Answer:
    heights, widths = [len(grid) for grid in grids], [len(grid[0]) for grid in grids]
    height, width = max(heights), max(widths)
    places = [(row, column) for row in range(height) for column in range(width)]
    answers: list[Cell] = [None] * len(places)
    columns: list[list[Any]] = [[] for _ in grids]
    sound: list[int] = []
    for at, (row, column) in enumerate(places):
        try:
            values = [
                read_cell(argument, _pick(argument, grid, row, column))
                for argument, grid in zip(function.arguments, grids, strict=True)
            ]
        except MarginError as error:
            answers[at] = error
            continue
        sound.append(at)
        for collected, value in zip(columns, values, strict=True):
            collected.append(value)
    for mine in _by_terms(function, columns, len(sound)):
        for at, answer in zip(mine, _ask(function, columns, mine), strict=True):
            answers[sound[at]] = answer
    rows = [answers[row * width : (row + 1) * width] for row in range(height)]
    return Answer(rows, is_single=height == width == 1)


def _pick(argument: Argument, grid: Grid, row: int, column: int) -> Cell:
    """The cell of a grid that belongs to a place of the answer: a single row or column serves every place."""
    row = 0 if len(grid) == 1 else row
    column = 0 if len(grid[0]) == 1 else column
    if row >= len(grid) or column >= len(grid[row]):
        raise MarginError(ErrorCode.MISSING, f"{argument.name} has no cell for this row", "give ranges of one size")
    return grid[row][column]


def _by_terms(function: WorksheetFunction, columns: list[list[Any]], count: int) -> list[list[int]]:
    """The rows, put together by the book and the day whose terms they ask for."""
    keys = [at for at, argument in enumerate(function.arguments) if argument.name in ("book", "as_of")]
    groups: dict[tuple[Any, ...], list[int]] = {}
    for row in range(count):
        groups.setdefault(tuple(str(columns[key][row]) for key in keys), []).append(row)
    return list(groups.values())


def _ask(function: WorksheetFunction, columns: list[list[Any]], rows: list[int]) -> list[Cell]:
    """The body's answer for rows that share their terms; where it refuses a column, each row is asked alone."""
    given = {}
    for argument, collected in zip(function.arguments, columns, strict=True):
        given[argument.name] = np.array(
            [collected[row] for row in rows], dtype=_TYPES.get(argument.about.unit, np.float64)
        )
    try:
        in_force = _terms(given)
        answer = function.body(in_force, **given) if in_force is not None else function.body(**given)
    except MarginError as error:
        if len(rows) == 1:
            return [error]
        return [cell for row in rows for cell in _ask(function, columns, [row])]
    is_money = function.returns in _MONEY
    found = np.broadcast_to(np.asarray(answer, dtype=np.float64), (len(rows),))
    return [cents(value) if is_money else value for value in found.tolist()]


def _terms(given: dict[str, Any]) -> TermsInForce | None:
    if "book" not in given:
        return None
    as_of = given["as_of"][0]
    return book(given["book"][0]).on(None if np.isnat(as_of) else as_of.astype(object))


# Functions that take a range as a whole


def _whole(function: WorksheetFunction, grids: list[Grid]) -> Answer:
    given: dict[str, Any] = {}
    try:
        for argument, grid in zip(function.arguments, grids, strict=True):
            if argument.about.unit is Unit.LEGS:
                given[argument.name] = grid
            elif len(grid) > 1 or len(grid[0]) > 1:
                raise MarginError(ErrorCode.VALUE, f"{argument.name} is a range", "give one cell")
            else:
                given[argument.name] = read_cell(argument, grid[0][0])
        if "book" in given:
            as_of = given["as_of"]
            given["in_force"] = book(given["book"]).on(None if np.isnat(as_of) else as_of.astype(object))
        answer = function.body(**given)
    except MarginError as error:
        return Answer([[error]], is_single=True)
    if function.returns is Unit.TABLE:
        return Answer(answer, is_single=False)
    return Answer([[cents(answer) if function.returns in _MONEY else answer]], is_single=True)
