"""The workbook of parachutes that a trader fills in: yellow cells, the ledger, the odds, Kelly and two charts, all of it live."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.workbook.properties import CalcProperties

from optmargin.workbook import native
from optmargin.workbook.evaluate import Values
from optmargin.workbook.evaluate_functions import CellError
from optmargin.workbook.files import Shown, save
from optmargin.workbook.parachutes_front import add_front
from optmargin.workbook.parachutes_ledger import add_ledger, own_cell
from optmargin.workbook.parachutes_levels import Grid
from optmargin.workbook.parachutes_odds import add_odds
from optmargin.workbook.parachutes_read_me import add_read_me
from optmargin.workbook.parachutes_strikes import add_strikes
from optmargin.workbook.parachutes_working import FIRST, add_working

if TYPE_CHECKING:
    from pathlib import Path

MOST = 10  # parachutes; from three on growth falls with every one more
_NO_DAY = dt.datetime(2000, 1, 1)  # the workbook has no day of its own; a file must have one
_FOOTER = "optmargin · parachutes"


def new_parachutes() -> tuple[Workbook, Shown]:
    """The workbook in memory, and the values that its formula cells show until a program computes them."""
    book = Workbook()
    book.remove(book.worksheets[0])
    grid = Grid("Working", FIRST, MOST, own=own_cell, has_names=True)
    notes = add_front(book, grid, footer=_FOOTER)
    add_ledger(book, grid, footer=_FOOTER)
    add_odds(book, grid, footer=_FOOTER)
    add_strikes(book, grid, _FOOTER)
    add_working(book, grid, notes, footer=_FOOTER)
    add_read_me(book, footer=_FOOTER)
    book.active = 0
    book.properties.title = "Parachutes"
    book.properties.creator = "optmargin"
    book.properties.created = _NO_DAY
    book.calculation = CalcProperties(fullCalcOnLoad=True)
    return book, values_shown(book)


def values_shown(book: Workbook) -> Shown:
    """The values of all formulas of a workbook of ours."""
    values = Values(book)
    shown: Shown = {}
    for sheet in reversed(book.worksheets):  # what the others are made of stands last
        for (row, column), cell in native.cells(sheet).items():
            if cell.data_type == "f" and cell.value is not None:
                try:
                    value = values.cell(sheet.title, row, column)
                except CellError:
                    continue
                shown.setdefault(sheet.title, {})[cell.coordinate] = value
    return shown


def write_parachutes(out: Path) -> None:
    """Write the workbook, the same bytes every time.

    Raises:
        MarginError: ``#VALUE!`` when the file can't be written.
    """
    book, shown = new_parachutes()
    save(book, out, _NO_DAY, shown)
