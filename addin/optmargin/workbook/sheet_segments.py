"""The sheet of the segments: securities and futures apart, the securities by two methods side by side, the futures by product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table, TableStyleInfo

from optmargin.workbook import styles
from optmargin.workbook.layout import METHODS, MISSING, RISKS, SEGMENTS, Kind, TableLayout, footer
from optmargin.workbook.sheet_tables import FORMS, LEFT, add_heading, cell_at, name_cell

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_WORDS_ROW, _FIRST_ROW = 4, 6  # the words over the tables, and the heading of the first table
_PARTS = (
    (SEGMENTS, ""),
    (METHODS, "The securities by two methods side by side; under portfolio margin premiums are outside of the requirement: compare what each ties up"),
    (RISKS, "The futures by product, as SPAN's components; a credit between products is negative; the lines are on the sheet Working"),
)  # fmt: skip


def add_segments(book: Workbook) -> None:
    """The sheet of the segments."""
    sheet = book.create_sheet("Segments")
    add_heading(
        sheet, "Segments", "Securities and futures are margined apart, each with its own money; net liq less what is tied up is available; USD"
    )  # fmt: skip
    last = get_column_letter(len(SEGMENTS.columns))
    for number, column in enumerate(SEGMENTS.columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    words = name_cell(book, "segment_words", sheet, f"A{_WORDS_ROW}")
    styles.dress(words, styles.font(11, bold=True), align="left", indent=1)
    sheet.merge_cells(f"A{_WORDS_ROW}:{last}{_WORDS_ROW}")
    sheet.row_dimensions[_WORDS_ROW].height = 24
    _add_alarm(sheet, f"A{_WORDS_ROW}:{last}{_WORDS_ROW}", f"$A${_WORDS_ROW}")
    row = _FIRST_ROW
    for layout, what in _PARTS:
        if what:
            styles.dress(
                cell_at(sheet, f"A{row - 1}"), styles.font(9, styles.MUTED, italic=True), align="left"
            ).value = what
            sheet.row_dimensions[row - 1].height = 18
        _add_table(sheet, layout, row)
        row += 5
    sheet.print_area = f"A1:{last}{row - 4}"
    sheet.freeze_panes = "B1"
    styles.set_page(sheet, footer("", "-"), one_page=True)


def _add_alarm(sheet: Worksheet, place: str, first: str) -> None:
    """Red where a segment lacks money."""
    look = styles.differential(styles.WHITE, styles.BAD, bold=True)
    formula = f'ISNUMBER(SEARCH("segment lacks",{first}))'
    sheet.conditional_formatting.add(place, Rule("expression", formula=[formula], dxf=look))


def _add_table(sheet: Worksheet, layout: TableLayout, row: int) -> None:
    """One table of one blank row, with its heading in a row of the sheet."""
    body = row + 1
    edge = Border(top=styles.line(styles.ACCENT, "medium"), bottom=styles.line(styles.ACCENT))
    for number, column in enumerate(layout.columns, start=1):
        letter = get_column_letter(number)
        align: styles.Horizontal = "left" if column.kind in LEFT else "right"
        indent = int(align == "left" and number > 1)
        heading = cell_at(sheet, f"{letter}{row}")
        heading.value = column.heading
        styles.dress(heading, styles.font(9.5, styles.ACCENT, bold=True), panel=styles.PANEL, border=edge)
        heading.alignment = Alignment(horizontal=align, vertical="center", wrap_text=True, indent=indent)
        blank = cell_at(sheet, f"{letter}{body}")
        is_strong = number == 1 or column.heading in {"Requirement", "Ties up"}
        look = styles.font(9, styles.MUTED) if column.kind is Kind.LONG_TEXT else styles.font(bold=is_strong)
        styles.dress(blank, look, form=FORMS[column.kind], border=Border(bottom=styles.line()))
        blank.alignment = Alignment(
            horizontal=align, vertical="center", wrap_text=column.kind is Kind.LONG_TEXT, indent=indent
        )
        place, first = f"{letter}{body}:{letter}{body}", f"${letter}{body}"
        if column.required:
            look_missing = styles.differential(styles.BAD, styles.BAD_PANEL, italic=True)
            sheet.conditional_formatting.add(
                place, Rule("expression", formula=[f'{first}="{MISSING}"'], dxf=look_missing)
            )
        if column.heading in {"Available funds", "Excess liquidity"}:
            negative = f"AND(ISNUMBER({first}),{first}<0)"
            look_bad = styles.differential(styles.BAD, styles.BAD_PANEL, bold=True)  # the format itself is red
            sheet.conditional_formatting.add(place, Rule("expression", formula=[negative], dxf=look_bad))
        if column.heading == "State":
            sheet.conditional_formatting.add(
                place,
                Rule(
                    "expression", formula=[f'LEFT({first},5)="lacks"'], dxf=styles.differential(styles.BAD, bold=True)
                ),
            )
        if column.heading == "Complete":
            sheet.conditional_formatting.add(
                place, Rule("expression", formula=[f'{first}="NO"'], dxf=styles.differential(styles.BAD, bold=True))
            )
    sheet.row_dimensions[row].height = 20
    last = get_column_letter(len(layout.columns))
    table = Table(displayName=layout.name, name=layout.name, ref=f"A{row}:{last}{body}")
    table.tableStyleInfo = TableStyleInfo(name=None, showRowStripes=False)
    sheet.add_table(table)
