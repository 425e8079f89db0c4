# ruff: noqa: SLF001 - this is the one place that reaches into openpyxl
"""What openpyxl keeps to itself and filling at speed needs: the cells of a sheet, the look of a cell, its raw value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.styles.cell_style import StyleArray

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.chartsheet import Chartsheet
    from openpyxl.worksheet.table import Table
    from openpyxl.worksheet.worksheet import Worksheet


def cells(sheet: Worksheet) -> dict[tuple[int, int], Cell]:
    """The cells that a sheet holds, by row and column; not every cell of its area exists."""
    return cast("dict[tuple[int, int], Cell]", sheet._cells)


def charts(sheet: Worksheet | Chartsheet) -> list[Any]:
    """The charts of a sheet."""
    return list(cast("Any", sheet)._charts)


def drawings(sheet: Worksheet) -> list[Any]:
    """The charts and pictures of a sheet."""
    return [*cast("Any", sheet)._charts, *cast("Any", sheet)._images]


def plots(chart: Any) -> list[Any]:
    """The plots that a chart consists of; one, unless kinds are combined."""
    return list(chart._charts)


def strips(sheet: Worksheet) -> list[Any]:
    """The parts of a sheet's page headers and footers: left, centre and right of each."""
    page: Any = sheet
    heads = (page.oddHeader, page.evenHeader, page.firstHeader)
    feet = (page.oddFooter, page.evenFooter, page.firstFooter)
    return [part for strip in (*heads, *feet) for part in (strip.left, strip.center, strip.right)]


def odd_footer(sheet: Worksheet) -> tuple[Any, Any, Any]:
    """Left, centre and right of the foot of every page."""
    strip: Any = sheet.oddFooter
    return strip.left, strip.center, strip.right


def anchor(drawing: Any, place: Any) -> None:
    """Hold a chart or a picture by its corners."""
    drawing.anchor = place


def sheet_of(cell: Cell) -> Worksheet:
    """The sheet that a cell stands on."""
    return cast("Worksheet", cell.parent)


def look(cell: Cell | None) -> StyleArray | None:
    """All of a cell's look in one value, to be given to other cells of the workbook; None where it has none of its own."""
    if cell is None or isinstance(cell, MergedCell):
        return None
    style = cast("Any", cell)._style
    return None if style is None else StyleArray(style)


def new_cell(sheet: Worksheet, row: int, column: int, style: StyleArray | None) -> Cell:
    """A cell that isn't on its sheet yet."""
    return Cell(sheet, row=row, column=column, style_array=style)


def set_raw(cell: Cell, value: Any, kind: str) -> None:
    """Set a value and its type in the file as they are; the ordinary setter would guess what a text means."""
    cast("Any", cell)._value = value
    cell.data_type = kind


def set_look(cell: Cell, style: StyleArray) -> None:
    """Give a cell all of a look."""
    cast("Any", cell)._style = style


def put(sheet: Worksheet, row: int, column: int, style: StyleArray | None, value: Any, kind: str) -> Cell:
    """Make a cell with a value as it is, and set it on its sheet."""
    cell: Any = Cell(sheet, row=row, column=column, style_array=style)
    cell._value = value
    cell.data_type = kind
    cast("Any", sheet)._cells[row, column] = cell
    return cast("Cell", cell)


def validations(sheet: Worksheet) -> Any:
    """The data validations of a sheet."""
    return cast("Any", sheet).data_validations


def formats(sheet: Worksheet) -> Any:
    """The conditional formats of a sheet."""
    return cast("Any", sheet).conditional_formatting


def add_table(sheet: Worksheet, table: Table, headings: list[str]) -> None:
    """Add a table to a sheet that is streamed, where openpyxl can't look up the headings."""
    streamed: Any = table
    streamed._initialise_columns()
    for column, heading in zip(table.tableColumns, headings, strict=True):
        column.name = heading
    cast("Any", sheet)._tables.add(table)


def close_streams(book: Workbook) -> None:
    """Close the streams of a workbook whose writing was given up, and remove their temporary files; else openpyxl complains later."""
    for sheet in book.worksheets:
        stream: Any = sheet
        if not stream.closed:
            stream.close()
            stream._writer.cleanup()
