"""What cells say to an argument: one cell, or a whole column of them at once.

A cell is a number, a text, a truth value, a date, None for blank, or a :class:`MarginError` for an error cell. Plain numbers
within an argument's bounds, which most cells are, are read without a detour; whatever else a cell holds goes to
:func:`read_cell`, which understands it or says in a sentence what is wrong.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import math
import weakref
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache, partial
from typing import Any

import numpy as np

from optmargin.core.contracts import AccountType, AssetClass, Style, parse_right, parse_word
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.core.values import LARGEST, day, is_blank, number, shown, text_of
from optmargin.functions.declare import Argument, Unit
from optmargin.risk.span.words import Level
from optmargin.rules.book import book
from optmargin.sizing.parachutes.geometry import Reading
from optmargin.sizing.parachutes.sides import Roll

Cell = float | int | str | bool | dt.date | MarginError | None
Grid = list[list[Cell]]

_ERROR_TEXTS = {code.value: code for code in ErrorCode}

AUTO = "auto"  # the level of a SPAN figure that the settings decide

# Only these are read from "5 %": a price of five percent is a mistake.
_PERCENTAGES = frozenset({Unit.FRACTION, Unit.MOVES, Unit.CHANCES})


class Stage(StrEnum):
    """Which of the two requirements of a position."""

    INITIAL = "initial"
    MAINTENANCE = "maintenance"


class _Defaults:
    """What a blank stands for where the user's settings say so, and how text writes numbers; set once, at a host's start."""

    by_name: Mapping[str, object] = {}
    decimal_comma: bool | None = None


def set_defaults(by_name: Mapping[str, object], *, decimal_comma: bool | None) -> None:
    """Sets what blank arguments of these names stand for, and whether text writes ``17,40`` (None: not known, ``4,500`` is refused)."""
    _Defaults.by_name, _Defaults.decimal_comma = dict(by_name), decimal_comma
    for reader in _readers_made:
        reader.forget()


def decimal_comma() -> bool | None:
    """Whether text writes ``17,40``, by the user's settings; None where they don't say."""
    return _Defaults.decimal_comma


def default_of(argument: Argument) -> object:
    """What a blank stands for: the user's setting, or the declaration's default."""
    return argument.default if argument.required else _Defaults.by_name.get(argument.name, argument.default)


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
        cell = default_of(argument)  # type: ignore[assignment]
    return _READERS.get(argument.about.unit, _read_number)(argument, cell)


def read_list(argument: Argument, grid: Grid) -> list[float]:
    """The numbers of a range, row by row; blanks at its end are left out, and where all of it is blank there are none.

    Raises:
        MarginError: as :func:`read_cell`; ``#VALUE!`` for a blank before a number, since it would move those after it up.
    """
    cells = [cell for row in grid for cell in row]
    while cells and is_blank(cells[-1]):
        cells.pop()
    for place, cell in enumerate(cells, start=1):
        if is_blank(cell):
            raise MarginError(ErrorCode.VALUE, f"{argument.name}: cell {place} of {len(cells)} is blank", "fill it in")
    if argument.required and not cells:
        read_cell(argument, None)
    return [read_cell(argument, cell) for cell in cells]


def _read_number(argument: Argument, cell: Cell) -> float:
    if cell is None:
        return float("nan")
    if isinstance(cell, bool):
        raise MarginError(
            ErrorCode.VALUE,
            f"{argument.name} is {str(cell).upper()}, not a number",
            f"give {argument.about.help.lower()}",
        )
    about = argument.about
    # A blank was told apart before, so nothing here is zero.
    found = (
        number(cell, argument.name, percent=about.unit in _PERCENTAGES, decimal_comma=_Defaults.decimal_comma) or 0.0
    )
    if about.above is not None and not found > about.above:
        raise MarginError(ErrorCode.NUM, f"{argument.name} is {found:g}", f"it must be greater than {about.above:g}")
    if about.at_least is not None and not found >= about.at_least:
        raise MarginError(ErrorCode.NUM, f"{argument.name} is {found:g}", f"it must be {about.at_least:g} or more")
    if about.at_most is not None and not found <= about.at_most:
        raise MarginError(ErrorCode.NUM, f"{argument.name} is {found:g}", f"it must be {about.at_most:g} or less")
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


def _read_stage(argument: Argument, cell: Cell) -> Stage:
    return Stage(parse_word(Stage, cell, argument.name))


def _read_text(_: Argument, cell: Cell) -> str:
    return text_of(cell)


def _read_account_type(argument: Argument, cell: Cell) -> AccountType:
    return AccountType(parse_word(AccountType, cell, argument.name))


def _read_exercise(argument: Argument, cell: Cell) -> Style:
    return Style(parse_word(Style, cell, argument.name))


def _read_level(argument: Argument, cell: Cell) -> Level | None:
    """The level of a SPAN figure; None for ``auto``."""
    if text_of(cell).strip().lower() == AUTO:
        return None
    return Level(parse_word(Level, cell, argument.name))


def _read_reading(argument: Argument, cell: Cell) -> Reading:
    return Reading(parse_word(Reading, cell, argument.name))


def _read_roll(argument: Argument, cell: Cell) -> Roll:
    return Roll(parse_word(Roll, cell, argument.name))


_READERS: dict[Unit, Callable[[Argument, Cell], Any]] = {
    Unit.RIGHT: _read_right,
    Unit.DATE: _read_day,
    Unit.ASSET_CLASS: _read_class,
    Unit.BOOK: _read_book,
    Unit.ACCOUNT_TYPE: _read_account_type,
    Unit.STAGE: _read_stage,
    Unit.FUNCTION: _read_text,
    Unit.TEXT: _read_text,
    Unit.EXERCISE: _read_exercise,
    Unit.LEVEL: _read_level,
    Unit.READING: _read_reading,
    Unit.ROLL: _read_roll,
}

# The type of a column, where it isn't float64, and what stands in it for a cell that couldn't be read (never asked about).
_TYPES: dict[Unit, tuple[Any, Any]] = {
    Unit.RIGHT: (np.int8, 0),
    Unit.DATE: ("datetime64[D]", "NaT"),
    Unit.ASSET_CLASS: (object, None),
    Unit.BOOK: (object, None),
    Unit.ACCOUNT_TYPE: (object, None),
    Unit.STAGE: (object, None),
    Unit.FUNCTION: (object, None),
    Unit.TEXT: (object, None),
    Unit.EXERCISE: (object, None),
    Unit.LEVEL: (object, None),
    Unit.READING: (object, None),
    Unit.ROLL: (object, None),
}
_readers_made: weakref.WeakSet[Reader] = weakref.WeakSet()
_NUMBERS = frozenset({float, int, np.float64})
_SIMPLE = frozenset({str, type(None), float, int, bool, dt.date})


class Reader:
    """Reads the cells of one argument of a worksheet function.

    What a text or a blank says is remembered, since it says the same in every row; refusals aren't, so that each has its own.
    """

    def __init__(self, argument: Argument) -> None:
        about = argument.about
        self.argument = argument
        self.name = argument.name
        self._is_number = about.unit not in _READERS
        self._is_whole = about.whole
        self._least = -LARGEST
        self._most = LARGEST if about.at_most is None else min(LARGEST, about.at_most)
        if about.at_least is not None:
            self._least = max(self._least, about.at_least)
        if about.above is not None:
            self._least = max(self._least, math.nextafter(about.above, math.inf))
        self._type, self._nothing = _TYPES.get(about.unit, (np.float64, math.nan))
        self._remembered = lru_cache(maxsize=1024, typed=True)(partial(read_cell, argument))
        _readers_made.add(self)

    def forget(self) -> None:
        """Forgets what texts and blanks said, after the settings changed."""
        self._remembered.cache_clear()

    def one(self, cell: Cell) -> Any:
        """What one cell says; a number as numpy's scalar, which calculates as an element of a column does.

        Raises:
            MarginError: as :func:`read_cell`.
        """
        kind = type(cell)
        if not self._is_number:
            return self._remembered(cell) if kind in _SIMPLE else read_cell(self.argument, cell)
        if (
            (kind is float or kind is int)
            and self._least <= cell <= self._most  # type: ignore[operator]
            and not (self._is_whole and cell != round(cell))  # type: ignore[arg-type]
        ):
            return np.float64(cell) + 0.0  # type: ignore[arg-type]  # minus zero is zero
        return np.float64(self._remembered(cell) if kind in _SIMPLE else read_cell(self.argument, cell))

    def one_or_error(self, cell: Cell) -> Any:
        """What one cell says, or the error that it is or makes."""
        try:
            return self.one(cell)
        except MarginError as error:
            return error

    def column(self, cells: list[Cell]) -> tuple[Any, dict[int, MarginError]]:
        """What a column of cells says: an array, or one value where all say the same word; and the errors, by their place."""
        kinds = set(map(type, cells))
        if self._is_number and kinds <= _NUMBERS:
            with contextlib.suppress(OverflowError):  # a whole number of more than 308 digits
                return self._numbers(cells)
        if kinds == {str} and not self._is_number:
            said = {word: self.one_or_error(word) for word in set(cells)}
            if not any(isinstance(value, MarginError) for value in said.values()):
                is_one = len(said) == 1
                return said[cells[0]] if is_one else np.array([said[word] for word in cells], dtype=self._type), {}
        read = [self.one_or_error(cell) for cell in cells]
        errors = {at: value for at, value in enumerate(read) if isinstance(value, MarginError)}
        for at in errors:
            read[at] = self._nothing
        return np.array(read, dtype=self._type), errors

    def _numbers(self, cells: list[Cell]) -> tuple[Any, dict[int, MarginError]]:
        column = np.array(cells, dtype=np.float64) + 0.0  # minus zero is zero
        fits = (column >= self._least) & (column <= self._most)
        if self._is_whole:
            fits &= column == np.rint(column)
        if fits.all():
            return column, {}
        errors = {at: self.one_or_error(cells[at]) for at in np.flatnonzero(~fits).tolist()}
        return column, errors
