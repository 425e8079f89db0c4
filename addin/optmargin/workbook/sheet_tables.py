"""The sheets that hold a table: expiries, positions, working and findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table, TableStyleInfo

from optmargin.workbook import styles
from optmargin.workbook.formulas import FORMULAS, HEADING_LINE
from optmargin.workbook.layout import EXPIRIES, FINDINGS, MISSING, POSITIONS, Kind, TableLayout, footer

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

HEADER_ROW = 5

FORMS = {
    Kind.TEXT: styles.TEXT, Kind.LONG_TEXT: "General", Kind.DAY: styles.DAY, Kind.MONEY: styles.MONEY, Kind.PRICE: styles.PRICE,
    Kind.COUNT: styles.COUNT, Kind.SIGNED_COUNT: styles.SIGNED_COUNT, Kind.PLAIN: "0",
    Kind.MOVE: styles.MOVE, Kind.SHARE: styles.PERCENT,
}  # fmt: skip
LEFT = (Kind.TEXT, Kind.LONG_TEXT, Kind.DAY)


def cell_at(sheet: Worksheet, address: str) -> Cell:
    """A cell of a sheet that is being made, where nothing is merged yet."""
    return sheet[address]  # type: ignore[no-any-return]


def name_cell(book: Workbook, name: str, sheet: Worksheet, address: str) -> Cell:
    """Give a cell a name for the whole workbook; and return it."""
    cell = cell_at(sheet, address)
    book.defined_names[name] = DefinedName(name, attr_text=f"'{sheet.title}'!${cell.column_letter}${cell.row}")
    return cell


def add_heading(sheet: Worksheet, title: str, what: str) -> None:
    """Title, what the sheet shows, and whose and when."""
    sheet.sheet_view.showGridLines = False
    sheet.sheet_view.zoomScale = 100
    sheet.row_dimensions[1].height = 27
    sheet.row_dimensions[3].height = 15
    styles.dress(cell_at(sheet, "A1"), styles.font(18, styles.ACCENT, bold=True), align="left").value = title
    styles.dress(cell_at(sheet, "A2"), styles.font(10, styles.INK), align="left").value = HEADING_LINE
    styles.dress(cell_at(sheet, "A3"), styles.font(9, styles.MUTED, italic=True), align="left").value = what


def add_table_sheet(book: Workbook, layout: TableLayout, title: str, what: str, *, check: str = "") -> None:
    """A sheet with one table of one blank row; ``check`` names a formula shown at the right of the heading."""
    sheet = book.create_sheet(title)
    add_heading(sheet, title, what)
    body = HEADER_ROW + 1
    edge = Border(top=styles.line(styles.ACCENT, "medium"), bottom=styles.line(styles.ACCENT))
    wraps = any(column.kind is Kind.LONG_TEXT for column in layout.columns)
    for number, column in enumerate(layout.columns, start=1):
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = column.width
        align: styles.Horizontal = "left" if column.kind in LEFT else "right"
        indent = int(align == "left" and number > 1)
        heading = cell_at(sheet, f"{letter}{HEADER_ROW}")
        heading.value = column.heading
        styles.dress(heading, styles.font(9.5, styles.ACCENT, bold=True), panel=styles.PANEL, border=edge)
        heading.alignment = Alignment(horizontal=align, vertical="center", wrap_text=True, indent=indent)
        blank = cell_at(sheet, f"{letter}{body}")
        styles.dress(
            blank, _body_font(layout, column.heading), form=FORMS[column.kind], border=Border(bottom=styles.line())
        )
        blank.alignment = Alignment(
            horizontal=align, vertical="top" if wraps else "center", wrap_text=column.kind is Kind.LONG_TEXT, indent=indent
        )  # fmt: skip
    # A heading that is longer than its column is wide takes two lines; rows that wrap find their height by themselves.
    sheet.row_dimensions[HEADER_ROW].height = (
        30 if any(len(column.heading) > column.width for column in layout.columns) else 19
    )
    if not wraps:
        sheet.row_dimensions[body].height = 16
    last = get_column_letter(len(layout.columns))
    table = Table(displayName=layout.name, name=layout.name, ref=f"A{HEADER_ROW}:{last}{body}")
    # The cells carry the look themselves: not every program draws table styles.
    table.tableStyleInfo = TableStyleInfo(name=None, showRowStripes=False)
    sheet.add_table(table)
    sheet.freeze_panes = f"{'B' if layout is EXPIRIES else 'A'}{body}"
    styles.set_page(sheet, footer("", "-"), title_rows=f"{HEADER_ROW}:{HEADER_ROW}")
    sheet.print_area = f"A1:{last}{body}"
    _add_rules(sheet, layout, body)
    if check:
        cell = name_cell(book, check, sheet, f"{last}1")
        cell.value = FORMULAS[check]
        styles.dress(cell, styles.font(11, styles.MUTED, bold=True), align="right")
        sheet.conditional_formatting.add(
            cell.coordinate,
            Rule("expression", formula=[f'{check}="adds up: yes"'], dxf=styles.differential(styles.GOOD, bold=True)),
        )
        sheet.conditional_formatting.add(
            cell.coordinate,
            Rule(
                "expression",
                formula=[f'LEFT({check},11)="adds up: NO"'],
                dxf=styles.differential(styles.WHITE, styles.BAD, bold=True),
            ),
        )


def _body_font(layout: TableLayout, heading: str) -> Font:
    if layout is EXPIRIES and heading == "Requirement":
        return styles.font(bold=True)
    if (
        (layout is EXPIRIES and heading == "Label")
        or (layout is POSITIONS and heading in ("Line", "Root"))
        or heading == "Source"
    ):
        return styles.font(9, styles.MUTED)
    return styles.font()


def _add_rules(sheet: Worksheet, layout: TableLayout, body: int) -> None:
    """What stands out by itself: missing amounts, and findings by their severity."""
    for number, column in enumerate(layout.columns, start=1):
        letter = get_column_letter(number)
        place, first = f"{letter}{body}:{letter}{body}", f"${letter}{body}"
        if column.required:
            rule = Rule(
                "expression",
                formula=[f'{first}="{MISSING}"'],
                dxf=styles.differential(styles.BAD, styles.BAD_PANEL, italic=True),
            )
            sheet.conditional_formatting.add(place, rule)
        if layout is FINDINGS and column.heading == "Severity":
            for severity, colour, panel in (
                ("incomplete", styles.BAD, styles.BAD_PANEL), ("warning", styles.WATCH, styles.WATCH_PANEL), ("note", styles.MUTED, ""),
            ):  # fmt: skip
                rule = Rule(
                    "expression",
                    formula=[f'{first}="{severity}"'],
                    dxf=styles.differential(colour, panel, bold=severity != "note"),
                )
                sheet.conditional_formatting.add(place, rule)
