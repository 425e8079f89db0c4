"""Sheets of words, lists and worked questions, as the workbooks beside the report have them: titles, headings, boxes to type in."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Border
from openpyxl.utils import get_column_letter

from optmargin.workbook import native, styles
from optmargin.workbook.cells import Value, write

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

LINE_HEIGHT = 13.5  # points of one line of the usual size
# What a check says.
AGREES, DIFFERS, NO_ANSWER = "agrees", "differs", "no answer"

_PARAGRAPH_SIZE = 10.5
_HIGHEST = 400.0  # points; programs allow 409


def add_page(
    book: Workbook, name: str, title: str, what: str, widths: Mapping[str, float], *, footer: str
) -> Worksheet:
    """A sheet with its title, what it shows and the widths of its columns; print it landscape, as wide as one page."""
    sheet: Worksheet = book.create_sheet(name)
    sheet.sheet_view.showGridLines = False
    styles.set_widths(sheet, dict(widths))
    sheet.row_dimensions[1].height = 27
    put(sheet, 1, 1, title, size=18, colour=styles.ACCENT, bold=True)
    put(sheet, 2, 1, what, size=9, colour=styles.MUTED, italic=True)
    styles.set_page(sheet, footer)
    return sheet


def put(
    sheet: Worksheet,
    row: int,
    column: int,
    value: Value,
    *,
    size: float = 10,
    colour: str = styles.INK,
    bold: bool = False,
    italic: bool = False,
    form: str = "",
    align: styles.Horizontal = "left",
    wrap: bool = False,
    panel: str = "",
    border: Border | None = None,
    indent: int = 0,
) -> Cell:
    """A cell with its look and its value; text stays text whatever it looks like."""
    cell = cast("Cell", sheet.cell(row, column))
    look = styles.font(size, colour, bold=bold, italic=italic)
    styles.dress(cell, look, form=form, align=align, wrap=wrap, panel=panel, border=border, indent=indent)
    write(cell, value)
    if value is None or value == "":
        # The type of a formula is the one that openpyxl doesn't write: some programs take a blank with a type for a zero.
        native.set_raw(cell, None, "f")
    return cell


def put_formula(sheet: Worksheet, row: int, column: int, formula: str, **look: object) -> Cell:
    """A cell with a live formula."""
    cell = put(sheet, row, column, None, **look)  # type: ignore[arg-type]
    cell.value = formula
    return cell


def heading(sheet: Worksheet, row: int, text: str, columns: int) -> None:
    """A line that opens a part of a sheet, ruled across its columns."""
    rule = Border(bottom=styles.line(styles.ACCENT))
    for column in range(1, columns + 1):
        put(sheet, row, column, text if column == 1 else None, size=12, colour=styles.ACCENT, bold=True, border=rule)
    sheet.row_dimensions[row].height = 21


def header(
    sheet: Worksheet,
    row: int,
    words: Sequence[str],
    first_column: int = 1,
    *,
    right: Collection[int] = (),
    indent: int = 1,
) -> None:
    """The heading row of a list; ``right`` numbers the columns, from 0 on, that hold numbers; ``indent`` is that of the others."""
    edge = Border(top=styles.line(styles.ACCENT, "medium"), bottom=styles.line(styles.ACCENT))
    for number, text in enumerate(words):
        put(
            sheet, row, first_column + number, text, size=9.5, colour=styles.ACCENT, bold=True, panel=styles.PANEL, border=edge,
            align="right" if number in right else "left", indent=indent if number > 0 and number not in right else 0,
        )  # fmt: skip
    sheet.row_dimensions[row].height = 19


def paragraph(sheet: Worksheet, row: int, text: str, columns: int, *, colour: str = styles.INK) -> None:
    """A text across the columns of a sheet, as high as it needs."""
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=columns)
    put(sheet, row, 1, text, size=_PARAGRAPH_SIZE, colour=colour, wrap=True)
    width = sum(width_of(sheet, column) for column in range(1, columns + 1))
    sheet.row_dimensions[row].height = 3 + 15 * lines_of(text, width, _PARAGRAPH_SIZE)


def fit(sheet: Worksheet, row: int, texts: Mapping[int, str], *, size: float = 10) -> None:
    """Make a row as high as its longest text needs; ``texts`` are those that wrap, by the number of their column."""
    lines = max(lines_of(text, width_of(sheet, column) - 1, size) for column, text in texts.items())
    sheet.row_dimensions[row].height = min(_HIGHEST, 3 + LINE_HEIGHT * size / 10 * lines)


def box() -> Border:
    """The edges of a cell that a person may overwrite."""
    edge = styles.line(styles.INPUT_EDGE)
    return Border(edge, edge, edge, edge)


def below() -> Border:
    """A hairline under a cell."""
    return Border(bottom=styles.line())


def colour_check(sheet: Worksheet, cells: str) -> None:
    """Green where a check agrees, red where it says anything else."""
    first = cells.split(":", maxsplit=1)[0]
    good = Rule("expression", formula=[f'{first}="{AGREES}"'], dxf=styles.differential(styles.GOOD, styles.GOOD_PANEL))
    bad = Rule("expression", formula=[f'{first}<>"{AGREES}"'], dxf=styles.differential(styles.BAD, styles.BAD_PANEL))
    sheet.conditional_formatting.add(cells, good)
    sheet.conditional_formatting.add(cells, bad)


def width_of(sheet: Worksheet, column: int) -> float:
    """The width of a column in characters."""
    return sheet.column_dimensions[get_column_letter(column)].width


def lines_of(text: str, width: float, size: float = 10) -> int:
    """About how many lines a text of a font's size takes in a column of this width; rather one too many than one too few."""
    fits = max(1.0, width * 1.13 * 10 / size)
    return max(1, sum(math.ceil((len(line) + 1) / fits) for line in text.splitlines()))
