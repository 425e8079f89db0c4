"""The two charts of parachutes: equity by level when it fails, and growth against the share written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openpyxl.chart import BarChart, ScatterChart
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.data_source import AxDataSource, NumDataSource, NumRef, StrRef
from openpyxl.chart.legend import Legend
from openpyxl.chart.marker import Marker
from openpyxl.chart.series import Series, SeriesLabel, XYSeries
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor

from optmargin.workbook import native, styles
from optmargin.workbook.sheet_summary import chart_text, chart_title, quieten

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

PALE = "9DB4CC"
_SEED, _PLAN = "B07D2B", "1F2933"
_MARKS: dict[str, tuple[Any, str]] = {
    "half": ("circle", styles.GOOD),
    "full": ("diamond", styles.WATCH),
    "twice": ("triangle", styles.BAD),
}


def place(chart: Any, sheet: Worksheet, corners: tuple[int, int, int, int]) -> None:
    """Hold a chart by its corners: first column and row, last column and row, counted from 0."""
    left, top, right, bottom = corners
    native.anchor(
        chart, TwoCellAnchor(editAs="oneCell", _from=AnchorMarker(col=left, row=top), to=AnchorMarker(col=right, row=bottom))
    )  # fmt: skip
    sheet.add_chart(chart)


def equity_chart(labels: str, stopped: str, worst: str) -> BarChart:
    """What is left of the account when a level fails: bought out, and at worst; the arguments are the ranges of both."""
    chart = BarChart()
    chart.type, chart.grouping, chart.gapWidth, chart.overlap = "col", "clustered", 60, 0
    for order, (values, name, colour) in enumerate(
        ((stopped, "bought out when assailed", styles.ACCENT), (worst, "at worst", PALE))
    ):
        series = Series(
            val=NumDataSource(numRef=NumRef(f=values)), cat=AxDataSource(strRef=StrRef(f=labels)), idx=order, order=order
        )  # fmt: skip
        series.tx = SeriesLabel(v=name)
        series.spPr = GraphicalProperties(solidFill=colour)
        series.invertIfNegative = False
        chart.series.append(series)
    chart.title = chart_title("What is left of the account when a level fails, USD")
    quieten(chart)
    _legend(chart)
    chart.x_axis.noMultiLvlLbl = True
    chart.x_axis.tickLblPos = "low"
    chart.y_axis.number_format = "#,##0"
    chart.y_axis.crosses = "autoZero"
    return chart


def growth_chart(sheet: str, points: tuple[int, int], marks: dict[str, int]) -> Any:
    """Growth of the account against the share that is written, with the marks.

    Args:
        sheet: the title of the sheet of the points: share, growth and growth at fair prices in columns A to C; marks in E to G.
        points: first and last row of the points.
        marks: the row of each mark.
    """
    chart: Any = ScatterChart()
    chart.style, chart.scatterStyle = None, "lineMarker"
    first, last = points
    x = f"'{sheet}'!$A${first}:$A${last}"
    for column, name, colour, width in (
        ("B", "at these odds", styles.ACCENT, 25400),
        ("C", "at fair prices", PALE, 19050),
    ):
        series = _series(chart, x, f"'{sheet}'!${column}${first}:${column}${last}")
        series.tx = SeriesLabel(v=name)
        series.marker = Marker(symbol="none")
        series.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=colour, w=width))
    line = _series(chart, *(f"'{sheet}'!${letter}${marks['seed']}:${letter}${marks['seed_end']}" for letter in "EF"))
    line.tx = SeriesLabel(strRef=StrRef(f=f"'{sheet}'!$G${marks['seed']}"))
    line.marker = Marker(symbol="none")
    line.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=_SEED, w=15875, prstDash="dash"))
    for mark, (symbol, colour) in {"plan": ("x", _PLAN), **_MARKS}.items():
        at = marks[mark]
        series = _series(chart, *(f"'{sheet}'!${letter}${at}:${letter}${at}" for letter in "EF"))
        series.tx = SeriesLabel(strRef=StrRef(f=f"'{sheet}'!$G${at}"))
        dot = GraphicalProperties(solidFill=colour, ln=LineProperties(solidFill=styles.WHITE, w=9525))
        if mark == "plan":  # a cross, beside which another mark is seen
            dot = GraphicalProperties(noFill=True, ln=LineProperties(solidFill=colour, w=19050))
        series.marker = Marker(symbol=symbol, size=8, spPr=dot)
        series.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
    chart.title = chart_title("Growth of the account per campaign, against the share of it that is written")
    quieten(chart)
    _legend(chart)
    chart.x_axis.number_format, chart.y_axis.number_format = "0.0\\ %", "0.0#\\ %"
    chart.x_axis.tickLblPos = "low"
    chart.x_axis.scaling.min = 0
    chart.y_axis.crosses = "min"
    chart.x_axis.majorGridlines = None
    chart.y_axis.majorGridlines = ChartLines(
        spPr=GraphicalProperties(ln=LineProperties(solidFill=styles.HAIRLINE, w=9525))
    )
    return chart


def _series(chart: ScatterChart, x: str, y: str) -> XYSeries:
    order = len(chart.series)
    series: XYSeries = XYSeries(
        xVal=AxDataSource(numRef=NumRef(f=x)), yVal=NumDataSource(numRef=NumRef(f=y)), idx=order, order=order
    )
    series.smooth = False
    chart.series.append(series)
    return series


def _legend(chart: BarChart | ScatterChart) -> None:
    legend = Legend()
    legend.position, legend.overlay = "b", False
    legend.txPr = chart_text(900, styles.INK)
    chart.legend = legend
