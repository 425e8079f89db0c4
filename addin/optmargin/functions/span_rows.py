"""A range of published margins becomes a table for calibrated figures: a row per product, on top of the package's own rows.

The header names figures as the table's file does (``margins.toml``): ``code``, ``long_margin``, ``short_margin``, ``calendar_rate`` ...
What a row leaves out is that of the package's row of the same code, where it has one.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_type_hints

from optmargin.core.errors import ErrorCode, MarginError, nearest
from optmargin.core.positions.table import header_key
from optmargin.core.values import day, is_blank, number, text_of
from optmargin.risk.span.table import MarginRow, MarginTable, packaged_table
from optmargin.risk.span.words import MinimumMethod

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_KINDS = {name: kind for name, kind in get_type_hints(MarginRow).items() if name not in {"sources", "notes"}}
_BY_KEY = {header_key(name): name for name in _KINDS}
_FRACTIONS = frozenset({"volatility_scan", "extreme_cover", "rate"})
_NEEDED = ("value_factor", "long_margin", "short_margin")
_YES = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def table_of(cells: Sequence[Sequence[Any]], name: str, as_of: dt.date) -> MarginTable | None:
    """The package's table with the rows of a range in place of its own; None where the range is blank.

    Args:
        cells: a header row, and a row per product below it.
        name: what to call the range in errors.
        as_of: the day; figures of a row that names no ``first_day`` are those of this day.

    Raises:
        MarginError: ``#VALUE!`` for a header or a cell that isn't understood, ``#NUM!`` for a figure that can't be, ``#N/A`` where a
            product that the package doesn't know lacks a figure; the cell's own error where it is one.
    """
    rows = [(place, row) for place, row in enumerate(cells, start=1) if not all(is_blank(cell) for cell in row)]
    if not rows:
        return None
    header = [_figure(cell, name) for cell in rows[0][1]]
    twice = next((each for at, each in enumerate(header) if each and each in header[:at]), None)
    if twice:
        raise MarginError(ErrorCode.VALUE, f"{name}: the header has {twice} twice", "keep one")
    if "code" not in header:
        remedy = 'name the columns as "code", "long_margin", "short_margin"'
        raise MarginError(ErrorCode.VALUE, f"{name} has no column code", remedy)
    table = packaged_table()
    known = table.rows_on(as_of)
    for place, row in rows[1:]:
        given = dict(zip(header, row, strict=False))
        table = table.with_row(_row(given, f"{name} row {place}", as_of, known))
    return MarginTable(name, f"published margins, with those of {name}", table.rows, table.sources)


def _figure(cell: Any, name: str) -> str:
    """The figure that a cell of the header names; empty where it is blank."""
    if is_blank(cell):
        return ""
    found = _BY_KEY.get(header_key(cell))
    if found is None:
        raise MarginError(ErrorCode.VALUE, f"{name}: column {text_of(cell)} isn't known", nearest(str(cell), _KINDS))
    return found


def _row(given: Mapping[str, Any], place: str, as_of: dt.date, known: Mapping[str, MarginRow]) -> MarginRow:
    read = {
        figure: _value(cell, figure, f"{place}: {figure}")
        for figure, cell in given.items()
        if figure and not is_blank(cell)
    }
    code = str(read.pop("code", "")).upper()
    if not code:
        raise MarginError(ErrorCode.VALUE, f"{place}: code is blank", 'write the product, such as "ES"')
    read.setdefault("first_day", as_of)
    try:
        if code in known:
            cited = {figure: source for figure, source in known[code].sources.items() if figure not in read}
            return replace(known[code], **read, sources=cited)
        missing = next((each for each in _NEEDED if each not in read), None)
        if missing:
            problem = f"{place}: {code} isn't in the package's table, and {missing} isn't given"
            raise MarginError(ErrorCode.MISSING, problem, "add the column")
        return MarginRow(**{"code": code, "futures": (code,), **read})
    except MarginError as error:
        where = "" if error.problem.startswith(place) else f"{place}: "
        raise MarginError(error.code, f"{where}{error.problem}", error.remedy) from None


def _value(cell: Any, figure: str, place: str) -> Any:
    """A cell as the row of the table wants it."""
    if isinstance(cell, MarginError):
        raise cell
    kind = _KINDS[figure]
    if kind is float:
        found = number(cell, place, percent=figure in _FRACTIONS)
        return math.nan if found is None else found
    if kind is bool:
        word = str(cell).strip().lower().removesuffix(".0")
        if word not in _YES:
            raise MarginError(ErrorCode.VALUE, f"{place} is {cell!r}", "write TRUE or FALSE")
        return _YES[word]
    if kind is dt.date:
        return day(cell, place)
    text = text_of(cell)
    if figure == "futures":
        return tuple(each.strip().upper() for each in text.replace(";", ",").split(",") if each.strip())
    if figure == "months":
        return _months(text, place)
    if figure == "minimum_method":
        words = {str(each): each for each in MinimumMethod}
        if text.upper() not in words:
            raise MarginError(ErrorCode.VALUE, f"{place} is {text!r}", nearest(text, words))
        return words[text.upper()]
    if figure == "last_day":
        raise MarginError(ErrorCode.VALUE, f"{place} can't be given in a range", "leave the column out")
    return text


def _months(text: str, place: str) -> tuple[int, ...]:
    try:
        return tuple(sorted(int(each) for each in text.replace(";", ",").split(",")))
    except ValueError:
        raise MarginError(ErrorCode.VALUE, f"{place} is {text!r}", 'write it like "3,6,9,12"') from None
