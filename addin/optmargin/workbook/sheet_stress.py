"""The sheet of the stress: the account when every underlying moves by one percentage, and its excess liquidity as a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.chart import LineChart
from openpyxl.chart.data_source import AxDataSource, NumDataSource, NumRef
from openpyxl.chart.marker import Marker
from openpyxl.chart.series import Series, SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.formatting.rule import Rule
from openpyxl.utils import get_column_letter

from optmargin.workbook import native, styles
from optmargin.workbook.layout import STRESS, footer
from optmargin.workbook.sheet_summary import chart_title, quieten
from optmargin.workbook.sheet_tables import HEADER_ROW, add_table_sheet, name_cell

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_WORDS_ROW = 4  # between what the sheet shows and the table
_CHART_FIRST, _CHART_LAST = 17, 34  # rows; the moves of the report end above them


def add_stress(book: Workbook) -> None:
    """The sheet of the stress."""
    what = "The account when every underlying moves by the same percentage, as computed with the report; USD"
    add_table_sheet(book, STRESS, "Stress", what)
    sheet = book["Stress"]
    last = get_column_letter(len(STRESS.columns))
    words = name_cell(book, "stress_words", sheet, f"A{_WORDS_ROW}")
    styles.dress(words, styles.font(9, styles.INK), align="left", wrap=True)
    sheet.merge_cells(f"A{_WORDS_ROW}:{last}{_WORDS_ROW}")
    sheet.row_dimensions[_WORDS_ROW].height = 39
    letters = {column.heading: get_column_letter(number) for number, column in enumerate(STRESS.columns, start=1)}
    _add_looks(sheet, letters)
    _add_chart(sheet, letters)
    sheet.print_area = f"A1:{last}{_CHART_LAST + 1}"
    styles.set_page(sheet, footer("", "-"), title_rows=f"{HEADER_ROW}:{HEADER_ROW}", one_page=True)


def _add_looks(sheet: Worksheet, letters: dict[str, str]) -> None:
    """The row without a move stands out, and the cushion by the warnings of the inputs."""
    body = HEADER_ROW + 1
    first, last = letters["Move"], letters["Cushion"]
    cushion = f"${last}{body}"
    for formula, colour, panel in (
        (f"AND(ISNUMBER({cushion}),{cushion}<cushion_warning_3)", styles.WHITE, styles.BAD),
        (f"AND(ISNUMBER({cushion}),{cushion}<cushion_warning_2)", styles.POOR, styles.POOR_PANEL),
        (f"AND(ISNUMBER({cushion}),{cushion}<cushion_warning_1)", styles.WATCH, styles.WATCH_PANEL),
        (f"ISNUMBER({cushion})", styles.GOOD, styles.GOOD_PANEL),
    ):
        look = styles.differential(colour, panel)
        sheet.conditional_formatting.add(
            f"{last}{body}:{last}{body}", Rule("expression", formula=[formula], dxf=look, stopIfTrue=True)
        )
    at_rest = f"AND(ISNUMBER(${first}{body}),${first}{body}=0)"
    look = styles.differential(styles.INK, styles.PANEL, bold=True)
    sheet.conditional_formatting.add(f"{first}{body}:{last}{body}", Rule("expression", formula=[at_rest], dxf=look))


def _add_chart(sheet: Worksheet, letters: dict[str, str]) -> None:
    """Excess liquidity against the move, as a line, under the table.

    Not the cushion: where covered spreads are at their worst, net liq has fallen and excess liquidity hasn't, so that the cushion
    rises while the account loses. It stands in the table.
    """
    body = HEADER_ROW + 1
    values, moves = (
        f"'{sheet.title}'!${letters[heading]}${body}:${letters[heading]}${body}"
        for heading in ("Excess liquidity", "Move")
    )
    series = Series(
        val=NumDataSource(numRef=NumRef(f=values)), cat=AxDataSource(numRef=NumRef(f=moves)), idx=0, order=0
    )
    series.tx = SeriesLabel(v="Excess liquidity")
    series.smooth = False
    series.spPr = GraphicalProperties(ln=LineProperties(solidFill=styles.ACCENT, w=22225))
    dot = GraphicalProperties(solidFill=styles.ACCENT, ln=LineProperties(solidFill=styles.ACCENT))
    series.marker = Marker(symbol="circle", size=5, spPr=dot)
    chart = LineChart()
    chart.series.append(series)
    chart.legend = None
    chart.title = chart_title("Excess liquidity against the move of the underlyings, USD")
    chart.display_blanks = "gap"  # what isn't known is no zero
    quieten(chart)
    chart.x_axis.number_format = styles.MOVE
    chart.x_axis.tickLblPos = "low"  # below the lowest figure, not on the line of zero
    chart.y_axis.number_format = "#,##0"
    chart.y_axis.crosses = "min"
    corners = AnchorMarker(col=0, row=_CHART_FIRST - 1), AnchorMarker(col=len(letters), row=_CHART_LAST)
    native.anchor(chart, TwoCellAnchor(editAs="oneCell", _from=corners[0], to=corners[1]))
    sheet.add_chart(chart)
