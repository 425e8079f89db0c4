"""How the workbooks look: colours, fonts, number formats, and the few ways in which a cell is dressed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle

from optmargin.workbook import native

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

FACE = "Calibri"

ACCENT = "1F4E79"  # the one accent: headings, rules, the chart
INK = "1F2933"
MUTED = "6B7785"
HAIRLINE = "DDE3E9"
PANEL = "F3F6F9"
INPUT = "FFF8D6"  # what a person may overwrite
INPUT_EDGE = "E3CF7A"
WHITE = "FFFFFF"

GOOD, GOOD_PANEL = "1E6B3A", "E3F2E8"
WATCH, WATCH_PANEL = "7A5B00", "FFF1C2"
POOR, POOR_PANEL = "9A4A00", "FFDDB8"
BAD, BAD_PANEL = "A01B1B", "F9D7D5"

MONEY = "#,##0.00_);[Red]\\(#,##0.00\\);0.00_)"
PRICE = "#,##0.00##"
COUNT = "#,##0"
SIGNED_COUNT = "+#,##0;-#,##0;0"
PERCENT = "0.0\\ %"
MOVE = "+0\\ %;-0\\ %;0\\ %"
TIMES = '0.00"x"'
DAY = "yyyy-mm-dd"
TEXT = "@"
TRUTH = '"TRUE";;"FALSE"'  # for programs to which a truth value is a number

Horizontal = Literal["general", "left", "center", "right"]


def font(size: float = 10, colour: str = INK, *, bold: bool = False, italic: bool = False) -> Font:
    """A font of the house's face."""
    return Font(name=FACE, size=size, color=colour, bold=bold, italic=italic)


def fill(colour: str) -> PatternFill:
    """A plain background."""
    return PatternFill("solid", start_color=colour, end_color=colour)


def line(colour: str = HAIRLINE, weight: Literal["thin", "medium", "hair"] = "thin") -> Side:
    """One edge of a cell."""
    return Side(style=weight, color=colour)


def dress(
    cell: Cell,
    look: Font | None = None,
    *,
    form: str = "",
    align: Horizontal = "general",
    wrap: bool = False,
    panel: str = "",
    border: Border | None = None,
    indent: int = 0,
) -> Cell:
    """Give a cell its font, number format, alignment, background and edges; and return it."""
    cell.font = look or font()
    if form:
        cell.number_format = form
    cell.alignment = Alignment(horizontal=align, vertical="top" if wrap else "center", wrap_text=wrap, indent=indent)
    if panel:
        cell.fill = fill(panel)
    if border:
        cell.border = border
    return cell


def differential(colour: str, panel: str = "", *, bold: bool = False, italic: bool = False) -> DifferentialStyle:
    """How a conditional format changes a cell: the colour of its text, and its background where one is given."""
    background = PatternFill("solid", start_color=panel, end_color=panel) if panel else None
    return DifferentialStyle(font=Font(color=colour, bold=bold or None, italic=italic or None), fill=background)


def set_widths(sheet: Worksheet, widths: dict[str, float]) -> None:
    """Widths of columns, in characters."""
    for column, width in widths.items():
        sheet.column_dimensions[column].width = width


def set_page(sheet: Worksheet, footer: str, *, title_rows: str = "", one_page: bool = False) -> None:
    """Landscape, as wide as one page, the heading repeated, and who and when at the foot of every page."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4; programs fit it to Letter where that is the paper
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 1 if one_page else 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
    sheet.page_margins.left = sheet.page_margins.right = 0.45
    sheet.page_margins.top, sheet.page_margins.bottom = 0.5, 0.6
    sheet.page_margins.header = sheet.page_margins.footer = 0.3
    sheet.print_options.horizontalCentered = True
    if title_rows:
        sheet.print_title_rows = title_rows
    left, centre, right = native.odd_footer(sheet)
    for part, words in ((left, footer), (centre, "&A"), (right, "Page &P of &N")):
        part.text, part.size, part.color = words, 8, MUTED
