"""Values into cells: text stays text whatever it looks like, and what isn't known stays blank."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import TYPE_CHECKING

from openpyxl.cell.cell import MergedCell
from openpyxl.styles.cell_style import StyleArray
from openpyxl.styles.numbers import is_date_format
from openpyxl.utils.datetime import WINDOWS_EPOCH, to_excel

from optmargin.workbook import native
from optmargin.workbook.layout import UNLIMITED

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

Value = str | float | bool | dt.date | None

TEXT_LIMIT = 32_767  # characters of a cell
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Text that a spreadsheet program would take for something else when it is typed or edited.
_READ_OTHERWISE = re.compile(r"[=+\-@#'\t\r\n.0-9($€£%]|(?:true|false)$", re.IGNORECASE)


def clean(text: str) -> str:
    """Text that an .xlsx file can hold; what XML doesn't allow becomes U+FFFD."""
    kept = _NOT_XML.sub("�", text)
    return kept if len(kept) <= TEXT_LIMIT else kept[: TEXT_LIMIT - 1] + "…"


def is_too_long(text: str) -> bool:
    """Whether a cell can't hold the whole text."""
    return len(text) > TEXT_LIMIT


def must_be_quoted(text: str) -> bool:
    """Whether a spreadsheet program would read the text as something else when somebody edits it."""
    return _READ_OTHERWISE.match(text) is not None


def write(cell: Cell, value: Value) -> None:
    """Put one value into one cell, which keeps its look."""
    writer = ColumnWriter(native.sheet_of(cell), native.look(cell))
    written, kind, style = writer.prepared(value)
    native.set_raw(cell, written, kind)
    native.set_look(cell, style)


def top_left(sheet: Worksheet, address: str) -> Cell:
    """The cell at an address; of a merged area its first cell, which holds the value."""
    cell = sheet[address]
    if isinstance(cell, MergedCell):
        area = next(area for area in sheet.merged_cells.ranges if cell.coordinate in area)
        cell = sheet.cell(area.min_row, area.min_col)
    return cell  # type: ignore[no-any-return]


class ColumnWriter:
    """Writes the cells of one column in one look, as fast as openpyxl allows.

    Looks that a value needs beside the given one (quoted text, a fraction where the format has none, a day) are made once.
    """

    def __init__(self, sheet: Worksheet, style: StyleArray | None) -> None:
        self._sheet = sheet
        self._scratch = native.new_cell(sheet, 1, 1, style)
        self._scratch.number_format = self._scratch.number_format  # makes a look where there is none
        self._scratch.quotePrefix = False  # yesterday's text isn't today's
        self.style: StyleArray = native.look(self._scratch) or StyleArray()
        self._epoch = sheet.parent.epoch if sheet.parent is not None else WINDOWS_EPOCH
        form = self._scratch.number_format
        self._whole_form = (
            form if "0" in form and not re.search(r"0\.0|%|E\+|/", form) and not is_date_format(form) else ""
        )
        self._quoted: StyleArray | None = None
        self._fraction: StyleArray | None = None
        self._day: StyleArray | None = self.style if is_date_format(form) else None
        self._days: dict[dt.date, float] = {}

    @property
    def shows_cents(self) -> bool:
        """Whether its format shows decimals."""
        return "0.0" in self._scratch.number_format

    def prepared(self, value: Value) -> tuple[str | float | bool | None, str, StyleArray]:
        """What a cell holds for a value: the value itself, its type in the file, and its look."""
        if value is None or value == "":
            return None, "n", self.style
        if isinstance(value, str):
            text = clean(value)
            return text, "s", self._quoted_style() if must_be_quoted(text) else self.style
        if isinstance(value, bool):
            return value, "b", self.style
        if isinstance(value, dt.date):
            if value not in self._days:
                self._days[value] = float(to_excel(value, self._epoch))  # type: ignore[no-untyped-call]
            return self._days[value], "n", self._day_style()
        number = float(value)
        if math.isnan(number):
            return None, "n", self.style
        if math.isinf(number):
            return (UNLIMITED if number > 0 else f"-{UNLIMITED}"), "s", self.style
        if number.is_integer():
            return (int(number) if abs(number) < 1e15 else number), "n", self.style
        return number, "n", self._fraction_style() if self._whole_form else self.style

    def put(self, row: int, column: int, value: Value) -> None:
        """Make the cell at a place."""
        written, kind, style = self.prepared(value)
        native.put(self._sheet, row, column, style, written, kind)

    def _like_this(self, form: str = "", *, quoted: bool = False) -> StyleArray:
        """The look with another number format, or for text that must stay text."""
        other = native.new_cell(self._sheet, 1, 1, self.style)
        if form:
            other.number_format = form
        other.quotePrefix = quoted
        return native.look(other) or StyleArray()

    def _quoted_style(self) -> StyleArray:
        if self._quoted is None:
            self._quoted = self._like_this(quoted=True)
        return self._quoted

    def _fraction_style(self) -> StyleArray:
        if self._fraction is None:
            self._fraction = self._like_this(re.sub(r"0(?![,#0])", "0.0###", self._whole_form))
        return self._fraction

    def _day_style(self) -> StyleArray:
        if self._day is None:
            self._day = self._like_this("yyyy-mm-dd")
        return self._day
