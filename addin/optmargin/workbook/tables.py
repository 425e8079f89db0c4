"""Tables of a template: found by name, their columns by heading, resized with all that refers to them, and filled."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openpyxl.formatting.formatting import ConditionalFormattingList
from openpyxl.utils import get_column_letter as letter_of
from openpyxl.worksheet.cell_range import CellRange, MultiCellRange
from openpyxl.worksheet.formula import ArrayFormula

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.workbook import native
from optmargin.workbook.cells import ColumnWriter, Value
from optmargin.workbook.references import Resize, RowFormula

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.table import Table
    from openpyxl.worksheet.worksheet import Worksheet

ROW_LIMIT = 1_048_576


@dataclass(frozen=True, slots=True)
class Found:
    """A table of a template: where its headings are, and how many rows its body and its totals have."""

    sheet: Worksheet
    table: Table
    header: int
    body_rows: int
    totals: int
    first_column: int
    last_column: int

    @property
    def body(self) -> int:
        """First row of the body."""
        return self.header + 1

    @property
    def bottom(self) -> int:
        """Last row of the body."""
        return self.header + self.body_rows

    def columns(self) -> dict[str, int]:
        """Numbers of the columns by their headings, in lower case and with single blanks."""
        found: dict[str, int] = {}
        for number in range(self.first_column, self.last_column + 1):
            found.setdefault(heading_key(self.sheet.cell(self.header, number).value), number)
        return found


def heading_key(heading: object) -> str:
    """A heading as it is compared: without regard to case and to line breaks."""
    return re.sub(r"\s+", " ", str(heading or "")).strip().casefold()


def find(book: Workbook, name: str) -> Found | None:
    """The table of that name, whatever its sheet is called; None where there is none with headings."""
    for sheet in book.worksheets:
        for table in sheet.tables.values():
            if (table.displayName or table.name or "").casefold() == name.casefold() and table.headerRowCount != 0:
                left, top, right, bottom = _box(table.ref)
                totals = int(table.totalsRowCount or 0)
                return Found(sheet, table, top, max(1, bottom - top - totals), totals, left, right)
    return None


def _box(ref: str) -> tuple[int, int, int, int]:
    """First column, first row, last column, last row."""
    area = CellRange(ref)
    return area.min_col, area.min_row, area.max_col, area.max_row


def resize(book: Workbook, found: Found, rows: int) -> Found:
    """Make the body of a table ``rows`` high (one blank row for none), and let everything that refers to it follow.

    Raises:
        MarginError: ``#NUM!`` when a sheet can't hold so many rows.
    """
    wanted = max(1, rows)
    new_bottom = found.header + wanted
    if new_bottom + found.totals > ROW_LIMIT:
        remedy = "split the account's file, or use `optmargin margin --json`"
        raise MarginError(
            ErrorCode.NUM, f"{rows:,} rows don't fit into the table {found.table.displayName} of a sheet", remedy
        )
    sheet, added = found.sheet, new_bottom - found.bottom
    beneath = found.totals > 0 or (added > 0 and _anything_beneath(found, new_bottom))
    neighbours = any(
        other is not found.table and _box(other.ref)[3] > found.bottom
        and not _overlaps(_box(other.ref), found)
        for other in sheet.tables.values()
    )  # fmt: skip
    moved = (found.first_column, found.last_column) if neighbours else (1, 16_384)
    change = Resize(
        sheet.title, found.header, found.bottom, new_bottom, (found.first_column, found.last_column), added if beneath else 0, moved
    )  # fmt: skip
    reach = _reach(found)
    for row in range(new_bottom + 1, found.bottom + 1):
        for column in range(reach[0], reach[1] + 1):
            native.cells(sheet).pop((row, column), None)
    if added:
        if change.shift:
            _move_cells(sheet, change)
        _follow(book, sheet, change)
    left, right = letter_of(found.first_column), letter_of(found.last_column)
    found.table.ref = f"{left}{found.header}:{right}{new_bottom + found.totals}"
    if found.table.autoFilter is not None:
        found.table.autoFilter.ref = f"{left}{found.header}:{right}{new_bottom}"
    return Found(sheet, found.table, found.header, wanted, found.totals, found.first_column, found.last_column)


def _overlaps(box: tuple[int, ...], found: Found) -> bool:
    return box[0] <= found.last_column and found.first_column <= box[2]


def _anything_beneath(found: Found, new_bottom: int) -> bool:
    columns = range(found.first_column, found.last_column + 1)
    held = native.cells(found.sheet)
    return any(
        (row, column) in held and held[row, column].value is not None
        for row in range(found.bottom + 1, min(new_bottom, found.sheet.max_row) + 1)
        for column in columns
    )


def _move_cells(sheet: Worksheet, change: Resize) -> None:
    """Move what lies beneath the table, with its heights, merged areas, links and drawings."""
    first, last = change.shifted_columns
    last = min(last, max(sheet.max_column, change.columns[1]))
    depth = sheet.max_row
    if depth > change.bottom:
        sheet.move_range(
            CellRange(min_row=change.bottom + 1, max_row=depth, min_col=first, max_col=last), rows=change.shift
        )
    for area in sheet.merged_cells.ranges:
        if area.min_row > change.bottom and first <= area.min_col <= last:
            area.shift(row_shift=change.shift)
    for cell in list(native.cells(sheet).values()):
        link = getattr(cell, "hyperlink", None)
        if link is not None:
            link.ref = cell.coordinate
    others = [table for table in sheet.tables.values() if _box(table.ref)[1] > change.bottom]
    for table in others:
        table.ref = change.in_address(table.ref)
        if table.autoFilter is not None:
            table.autoFilter.ref = change.in_address(table.autoFilter.ref)
    if (first, change.shifted_columns[1]) == (1, 16_384):
        heights = {row: sheet.row_dimensions.pop(row) for row in sorted(sheet.row_dimensions) if row > change.bottom}
        for row, dimension in heights.items():
            dimension.index = row + change.shift
            sheet.row_dimensions[row + change.shift] = dimension
        for drawing in native.drawings(sheet):
            for corner in (getattr(drawing.anchor, "_from", None), getattr(drawing.anchor, "to", None)):
                if corner is not None and corner.row + 1 > change.bottom:
                    corner.row += change.shift


def _follow(book: Workbook, sheet: Worksheet, change: Resize) -> None:
    """Let formulas, names, formats, validations, print areas and charts follow."""
    for each in book.worksheets:
        for cell in native.cells(each).values():
            if cell.data_type == "f":
                _follow_formula(cell, each.title, change)
        for chart in native.charts(each):
            _follow_chart(chart, each.title, change)
        for name in each.defined_names.values():
            name.attr_text = change.in_formula(name.attr_text or "", each.title)
    for chart_sheet in book.chartsheets:
        for chart in native.charts(chart_sheet):
            _follow_chart(chart, "", change)
    for name in book.defined_names.values():
        name.attr_text = change.in_formula(name.attr_text or "", "")
    formats, sheet.conditional_formatting = sheet.conditional_formatting, ConditionalFormattingList()
    for place in formats:
        areas = " ".join(
            change.in_address(str(area), stretch=area.min_row > change.header) for area in place.sqref.ranges
        )
        for rule in place.rules:
            sheet.conditional_formatting.add(areas, rule)
    for validation in sheet.data_validations.dataValidation:
        places = (
            change.in_address(str(area), stretch=area.min_row > change.header) for area in validation.sqref.ranges
        )
        validation.sqref = MultiCellRange(" ".join(places))
    if sheet.print_area:
        printed = [
            area.rsplit("!", 1)[-1].replace("$", "") for area in re.split(r",(?=')|,(?=[^']*!)", sheet.print_area)
        ]
        sheet.print_area = ",".join(change.in_address(area) for area in printed)


def _follow_formula(cell: Cell, home: str, change: Resize) -> None:
    value = cell.value
    if isinstance(value, ArrayFormula):
        value.text = change.in_formula(value.text or "", home)
        value.ref = cell.coordinate if ":" not in value.ref else value.ref
    elif isinstance(value, str):
        native.set_raw(cell, change.in_formula(value, home), "f")


def _follow_chart(chart: Any, home: str, change: Resize) -> None:
    for plot in native.plots(chart):
        for series in plot.ser:
            for source in (series.val, series.cat, getattr(series, "xVal", None), getattr(series, "yVal", None)):
                for kind in ("numRef", "strRef", "multiLvlStrRef"):
                    reference = getattr(source, kind, None)
                    if reference is None:
                        continue
                    reference.f = change.in_formula(reference.f, home, stretch=True)
                    # What was drawn last must not be drawn again.
                    for stale in ("numCache", "strCache", "multiLvlStrCache"):
                        if getattr(reference, stale, None) is not None:
                            setattr(reference, stale, None)


def fill(found: Found, columns: Sequence[str], rows: Sequence[Sequence[Value]], *, wraps: bool = False) -> list[str]:
    """Write rows into a table that has the right size; returns the headings that the table lacks.

    Looks are those of the first row of the body; formulas in columns of the user's own, inside the table or right beside it,
    are carried down. Rows that wrap find their height by themselves, others have that of the first.
    """
    there = found.columns()
    places = [there.get(heading_key(heading)) for heading in columns]
    sheet, body = found.sheet, found.body
    formulas = _own_formulas(found, {place for place in places if place is not None})
    carried = {place for place, *_ in formulas}
    own = [
        number
        for number in range(found.first_column, found.last_column + 1)
        if number not in places and number not in carried
    ]
    writers = {
        number: ColumnWriter(sheet, native.look(native.cells(sheet).get((body, number))))
        for number in (*places, *own)
        if number is not None
    }
    height = sheet.row_dimensions[body].height if body in sheet.row_dimensions else None
    filled = [(at, place, writers[place]) for at, place in enumerate(places) if place is not None]
    for offset, row in enumerate(rows or [[None] * len(columns)]):
        number = body + offset
        for at, place, writer in filled:
            writer.put(number, place, row[at])
        for place in own:
            writers[place].put(number, place, None)
        for place, formula, style, is_array in formulas:
            text = formula.down(offset)
            address = f"{letter_of(place)}{number}"
            native.put(sheet, number, place, style, ArrayFormula(address, text) if is_array else text, "f")
        if height is not None:
            sheet.row_dimensions[number].height = None if wraps else height
    for at, place, writer in filled:
        _widen(sheet, place, writer, [row[at] for row in rows])
    return [heading for heading, place in zip(columns, places, strict=True) if place is None]


def _widen(sheet: Worksheet, column: int, writer: ColumnWriter, values: Sequence[Value]) -> None:
    """Widen a column in which an amount would show as ``####``; never narrow one."""
    numbers = [abs(value) for value in values if isinstance(value, (int, float)) and math.isfinite(value)]
    if not numbers:
        return
    needed = len(f"{max(numbers):,.0f}") + (3 if writer.shows_cents else 0) + 2.5
    dimension = sheet.column_dimensions[letter_of(column)]
    if needed > dimension.width:
        dimension.width = needed


def _reach(found: Found) -> tuple[int, int]:
    """First and last column of the table with the user's columns of formulas right beside it."""
    held = native.cells(found.sheet)

    def is_formula(column: int) -> bool:
        cell = held.get((found.body, column))
        return cell is not None and cell.data_type == "f"

    left, right = found.first_column, found.last_column
    while is_formula(left - 1):
        left -= 1
    while is_formula(right + 1):
        right += 1
    return left, right


def _own_formulas(found: Found, ours: set[int]) -> list[tuple[int, RowFormula, Any, bool]]:
    """The user's formulas in the first row of the body: column, formula, look, and whether it is an array formula."""
    formulas = []
    left, right = _reach(found)
    for column in range(left, right + 1):
        cell = native.cells(found.sheet).get((found.body, column))
        if column in ours or cell is None or cell.data_type != "f":
            continue
        value = cell.value
        text = value.text if isinstance(value, ArrayFormula) else value
        is_array = isinstance(value, ArrayFormula)
        if isinstance(text, str):
            formulas.append((column, RowFormula(text), native.look(cell), is_array))
    return formulas
