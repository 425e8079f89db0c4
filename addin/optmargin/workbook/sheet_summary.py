"""The first sheet: whether the report is whole, what was found, the account's figures, and a chart of the expiries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.chart import BarChart, LineChart
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.data_source import AxDataSource, NumDataSource, NumRef, StrRef
from openpyxl.chart.series import Series, SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.drawing.text import (
    CharacterProperties,
    Paragraph,
    ParagraphProperties,
    RegularTextRun,
    RichTextProperties,
)
from openpyxl.drawing.text import Font as ChartFont
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat
from openpyxl.utils import get_column_letter

from optmargin.workbook import native, styles
from optmargin.workbook.formulas import FORMULAS, HOLDS, SLOTS_NOTE, shown
from optmargin.workbook.layout import EXPIRIES, FINDING_NAMES, INCOMPLETE, footer
from optmargin.workbook.sheet_tables import HEADER_ROW, cell_at, name_cell

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_FIRST, _LAST = "B", "K"  # the columns of the page; A and L are its margins
_BANNER, _FINDING, _CARDS, _FIGURES = 9, 10, 15, 19
_CHART_ROWS = 13

# label, initial, maintenance, number format, what it is: a formula, or the name of a cell that holds one.
_ROWS: tuple[tuple[str, str, str, str, str], ...] = (
    ("Requirement", "total_requirement", "total_maintenance", styles.MONEY, "sum over the expiries, in the book's convention"),
    ("Long options less proceeds", "=deposit_adjustment", "=maintenance_adjustment", styles.MONEY, "as far as the convention leaves them out"),
    ("Deposit", "deposit", "maintenance_deposit", styles.MONEY, "own money that the book ties up"),
    ("Net liq", "=net_liq", "=net_liq", styles.MONEY, "net liquidation value; see Inputs"),
    ("Available funds | excess liquidity", "available_funds", "excess_liquidity", styles.MONEY, "net liq less deposit; excess below zero is liquidated"),
    ("Cushion", "", "cushion", styles.PERCENT, "excess liquidity as a share of net liq"),
    ("Equity with loan value", "equity_with_loan", "", styles.MONEY, "net liq without the options"),
    ("Buying power", "buying_power", "", styles.MONEY, "available funds times the book's multiple"),
    ("Leverage", "leverage", "", styles.TIMES, "gross position value as a multiple of net liq"),
    ("Gross requirement", "gross_requirement", "", styles.MONEY, "long options inside, proceeds not deducted"),
    ("Margin field", "margin_field", "", styles.MONEY, "long options outside, proceeds not deducted; as TWS shows it"),
    ("Long options' value", "=long_cost", "", styles.MONEY, "market value of what is held"),
    ("Proceeds of short options", "=proceeds", "", styles.MONEY, "market value of what was written"),
    ("Slots on one side", "slots_total", "", "#,##0", "that net liq holds; see Inputs for their width"),
    ("Slots used", "slots_used", "", "#,##0", "that the requirement takes"),
)  # fmt: skip
_WHOLE, _FRACTION = "#,##0", "#,##0.0"
_STRONG = ("Deposit", "Available funds | excess liquidity", "Cushion")


def add_summary(book: Workbook) -> None:
    """The first sheet."""
    sheet = book.create_sheet("Summary")
    sheet.sheet_view.showGridLines = False
    sheet.sheet_view.zoomScale = 90
    # Five cards of two columns each, all about as wide; the two columns of figures have room for words.
    styles.set_widths(sheet, {"A": 2.5, "L": 2.5, **{get_column_letter(number): 13.5 for number in range(2, 12)}})
    styles.set_widths(sheet, {"D": 11.5, "E": 16.5, "F": 16.5, "G": 11.5})
    sheet.row_dimensions[1].height = 8
    sheet.row_dimensions[2].height = 32
    styles.dress(
        cell_at(sheet, "B2"), styles.font(22, styles.ACCENT, bold=True), align="left"
    ).value = "Daily margin report"
    _add_details(book, sheet)
    _add_banner(book, sheet)
    _add_alarm(book, sheet)
    _add_cards(book, sheet)
    end = _add_figures(book, sheet)
    _add_chart(sheet, end + 1)
    styles.set_page(sheet, footer("", "-"), one_page=True)
    sheet.print_area = f"A1:L{end + _CHART_ROWS + 1}"


def _add_details(book: Workbook, sheet: Worksheet) -> None:
    """Whose report it is, of which day, by which book and from which file."""
    left = (
        ("Account", "account", styles.TEXT),
        ("As of", "as_of", styles.DAY),
        ("Account type", "account_type", styles.TEXT),
    )
    right = (
        ("Book", "book_title"),
        ("Convention", "convention"),
        ("Source", "source_file"),
        ("Layout", "source_layout"),
    )
    for row in range(3, 8):
        sheet.row_dimensions[row].height = 15.5
    for row, (label, name, form) in enumerate(left, start=4):
        styles.dress(cell_at(sheet, f"B{row}"), styles.font(9.5, styles.MUTED), align="left").value = label
        styles.dress(name_cell(book, name, sheet, f"C{row}"), styles.font(10.5, bold=row == 4), form=form, align="left")
    for row, (label, name) in enumerate(right, start=4):
        styles.dress(cell_at(sheet, f"F{row}"), styles.font(9.5, styles.MUTED), align="left").value = label
        styles.dress(name_cell(book, name, sheet, f"G{row}"), styles.font(10.5), form=styles.TEXT, align="left")
    styles.dress(cell_at(sheet, "B7"), styles.font(9.5, styles.MUTED), align="left").value = "Holds"
    styles.dress(cell_at(sheet, "C7"), styles.font(10.5), align="left").value = HOLDS
    sheet.row_dimensions[8].height = 8


def _add_banner(book: Workbook, sheet: Worksheet) -> None:
    """Whether the report is whole, and under it what was found first."""
    banner = name_cell(book, "report_banner", sheet, f"{_FIRST}{_BANNER}")
    banner.value = FORMULAS["report_banner"]
    for column in range(2, 12):
        # The unfilled look is the loud one: a program that draws no conditional formats must not show a calm one.
        place = cell_at(sheet, f"{get_column_letter(column)}{_BANNER}")
        styles.dress(place, styles.font(14, styles.WHITE, bold=True), align="left", panel=styles.BAD, indent=1)
    sheet.merge_cells(f"{_FIRST}{_BANNER}:{_LAST}{_BANNER}")
    sheet.row_dimensions[_BANNER].height = 27
    whole = Rule(
        "expression",
        formula=['report_banner="COMPLETE"'],
        dxf=styles.differential(styles.GOOD, styles.GOOD_PANEL, bold=True),
    )
    sheet.conditional_formatting.add(f"{_FIRST}{_BANNER}:{_LAST}{_BANNER}", whole)
    for row, name in enumerate((*FINDING_NAMES, "findings_more"), start=_FINDING):
        cell = name_cell(book, name, sheet, f"{_FIRST}{row}")
        more = name == "findings_more"
        styles.dress(
            cell,
            styles.font(9.5, styles.MUTED if more else styles.INK, italic=more),
            form=styles.TEXT,
            align="left",
            indent=1,
        )
        cell.alignment = Alignment(horizontal="left", vertical="center", wrap_text=not more, indent=1)
        sheet.merge_cells(f"{_FIRST}{row}:{_LAST}{row}")
        sheet.row_dimensions[row].height = 15
        for severity, colour in (("INCOMPLETE", styles.BAD), ("WARNING", styles.WATCH)):
            rule = Rule(
                "expression", formula=[f'LEFT($B{row},{len(severity)})="{severity}"'], dxf=styles.differential(colour)
            )
            sheet.conditional_formatting.add(f"{_FIRST}{row}:{_LAST}{row}", rule)


def _add_alarm(book: Workbook, sheet: Worksheet) -> None:
    """Over the figures: a segment that lacks money, whatever the totals say; blank where none does."""
    row = _CARDS - 1
    cell = name_cell(book, "segment_alarm", sheet, f"{_FIRST}{row}")
    styles.dress(cell, styles.font(10, bold=True), form=styles.TEXT, align="left", indent=1)
    sheet.merge_cells(f"{_FIRST}{row}:{_LAST}{row}")
    loud = Rule(
        "expression", formula=[f"LEN(${_FIRST}${row})>0"], dxf=styles.differential(styles.WHITE, styles.BAD, bold=True)
    )
    sheet.conditional_formatting.add(f"{_FIRST}{row}:{_LAST}{row}", loud)


def _add_cards(book: Workbook, sheet: Worksheet) -> None:
    """The five figures that are looked at first."""
    cards = (
        ("NET LIQ", "=net_liq", styles.MONEY, "net liquidation value, USD"),
        ("REQUIREMENT", "=total_requirement", styles.MONEY, "initial, in the book's convention"),
        ("EXCESS LIQUIDITY", "=excess_liquidity", styles.MONEY, "below zero the broker liquidates"),
        ("CUSHION", "=cushion", styles.PERCENT, ""),
        (
            "FREE SLOTS, ONE SIDE",
            "slots_free",
            "#,##0",
            SLOTS_NOTE,
        ),
    )
    sheet.row_dimensions[_CARDS - 1].height = 18
    for row, height in ((_CARDS, 18), (_CARDS + 1, 30), (_CARDS + 2, 18), (_CARDS + 3, 12)):
        sheet.row_dimensions[row].height = height
    for number, (label, value, form, note) in enumerate(cards):
        left, right = get_column_letter(2 + 2 * number), get_column_letter(3 + 2 * number)
        edge = Border(left=styles.line(styles.ACCENT, "medium"))
        for offset in range(3):
            row = _CARDS + offset
            for column in (left, right):
                styles.dress(
                    cell_at(sheet, f"{column}{row}"), panel=styles.PANEL, border=edge if column == left else None
                )
        styles.dress(cell_at(sheet, f"{left}{_CARDS}"), styles.font(9, styles.MUTED, bold=True), align="left", indent=1, panel=styles.PANEL, border=edge).value = label  # fmt: skip
        place = f"{left}{_CARDS + 1}"
        cell = cell_at(sheet, place) if value.startswith("=") else name_cell(book, value, sheet, place)
        cell.value = value if value.startswith("=") else FORMULAS[value]
        styles.dress(
            cell,
            styles.font(18, bold=True),
            form=form.replace("_)", ""),
            align="left",
            indent=1,
            panel=styles.PANEL,
            border=edge,
        )
        sheet.merge_cells(f"{place}:{right}{_CARDS + 1}")
        small = cell_at(sheet, f"{left}{_CARDS + 2}")
        if label == "CUSHION":
            small = name_cell(book, "cushion_words", sheet, small.coordinate)
            _add_traffic_light(sheet, f"{left}{_CARDS}:{right}{_CARDS + 2}")
        small.value = FORMULAS["cushion_words"] if label == "CUSHION" else note
        styles.dress(small, styles.font(9, styles.MUTED), align="left", indent=1, panel=styles.PANEL, border=edge)
        if form == _WHOLE:
            _add_fraction(sheet, place)
        _add_words(sheet, f"{place}:{right}{_CARDS + 1}", place)


def _add_traffic_light(sheet: Worksheet, place: str) -> None:
    """Green, yellow, orange, red by the three warnings of the inputs."""
    lights = (
        ("AND(ISNUMBER(cushion),cushion<cushion_warning_3)", styles.WHITE, styles.BAD),
        ("AND(ISNUMBER(cushion),cushion<cushion_warning_2)", styles.POOR, styles.POOR_PANEL),
        ("AND(ISNUMBER(cushion),cushion<cushion_warning_1)", styles.WATCH, styles.WATCH_PANEL),
        ("ISNUMBER(cushion)", styles.GOOD, styles.GOOD_PANEL),
    )
    for formula, colour, panel in lights:
        sheet.conditional_formatting.add(
            place, Rule("expression", formula=[formula], dxf=styles.differential(colour, panel), stopIfTrue=True)
        )


def _add_words(sheet: Worksheet, area: str, first: str) -> None:
    """Where a word stands for a figure: loud when the figure is incomplete, quiet when it wasn't given."""
    for formula, look in (
        (f'{first}="{INCOMPLETE}"', styles.differential(styles.BAD, italic=True)),
        (f"ISTEXT({first})", styles.differential(styles.MUTED, italic=True)),
    ):
        sheet.conditional_formatting.add(area, Rule("expression", formula=[formula], dxf=look, stopIfTrue=True))


def _add_fraction(sheet: Worksheet, place: str) -> None:
    """One decimal where a count of slots isn't whole."""
    fraction = DifferentialStyle(numFmt=NumberFormat(numFmtId=200, formatCode=_FRACTION))
    sheet.conditional_formatting.add(
        place, Rule("expression", formula=[f"IF(ISNUMBER({place}),ROUND({place},6)<>INT({place}),FALSE)"], dxf=fraction)
    )


def _add_figures(book: Workbook, sheet: Worksheet) -> int:
    """The account's figures with what they are; returns the last row."""
    rule = Border(bottom=styles.line(styles.ACCENT))
    for column in "BCDEFGHIJK":
        styles.dress(
            cell_at(sheet, f"{column}{_FIGURES}"),
            styles.font(9.5, styles.ACCENT, bold=True),
            align="right",
            border=rule,
        )
    for column, heading in (("B", "Account figures, USD"), ("E", "Initial"), ("F", "Maintenance"), ("G", "What it is")):
        cell_at(sheet, f"{column}{_FIGURES}").value = heading
        if column in "BG":
            cell_at(sheet, f"{column}{_FIGURES}").alignment = Alignment(
                horizontal="left", vertical="center", indent=2 * (column == "G")
            )
    sheet.row_dimensions[_FIGURES].height = 19
    row = _FIGURES
    for row, (label, initial, maintenance, form, what) in enumerate(_ROWS, start=_FIGURES + 1):
        sheet.row_dimensions[row].height = 16.5
        strong = label in _STRONG
        below = Border(bottom=styles.line(styles.ACCENT if strong else styles.HAIRLINE))
        for column in "BCDEFGHIJK":
            styles.dress(cell_at(sheet, f"{column}{row}"), border=below)
        styles.dress(cell_at(sheet, f"B{row}"), styles.font(bold=strong), align="left", border=below).value = label
        for column, what_shown in (("E", initial), ("F", maintenance)):
            if not what_shown:
                continue
            place = f"{column}{row}"
            repeats = what_shown.startswith("=")
            cell = cell_at(sheet, place) if repeats else name_cell(book, what_shown, sheet, place)
            cell.value = shown(what_shown[1:]) if repeats else FORMULAS[what_shown]
            styles.dress(cell, styles.font(bold=strong), form=form, align="right", border=below)
            if "_)" not in form:
                cell.number_format = f"{form}_)"  # in line with the amounts
        styles.dress(
            cell_at(sheet, f"G{row}"), styles.font(9, styles.MUTED), align="left", indent=2, border=below
        ).value = what
        if form == _WHOLE:
            _add_fraction(sheet, f"E{row}")
        _add_words(sheet, f"E{row}:F{row}", f"E{row}")
        if label == "Cushion":
            _add_traffic_light(sheet, f"F{row}")
    return row


def _add_chart(sheet: Worksheet, row: int) -> None:
    """Requirement per expiry, as columns, under the figures."""
    body = HEADER_ROW + 1
    letters = {column.heading: get_column_letter(number) for number, column in enumerate(EXPIRIES.columns, start=1)}
    values, labels = (
        f"'{EXPIRIES.name}'!${letters[heading]}${body}:${letters[heading]}${body}"
        for heading in ("Requirement", "Label")
    )
    series = Series(
        val=NumDataSource(numRef=NumRef(f=values)), cat=AxDataSource(strRef=StrRef(f=labels)), idx=0, order=0
    )
    series.tx = SeriesLabel(v="Requirement")
    series.spPr = GraphicalProperties(solidFill=styles.ACCENT)
    chart = BarChart()
    chart.type, chart.grouping, chart.gapWidth = "col", "clustered", 110
    chart.series.append(series)
    chart.legend = None
    chart.title = chart_title("Requirement per expiry, USD")
    quieten(chart)
    chart.x_axis.noMultiLvlLbl = True
    chart.y_axis.number_format = "#,##0"
    chart.y_axis.scaling.min = 0  # a bar that doesn't start at zero lies; filling lifts it where a bar goes below
    chart.y_axis.crosses = "autoZero"
    # From edge to edge of the page, whatever a program makes of the widths of columns.
    corners = AnchorMarker(col=1, row=row - 1), AnchorMarker(col=11, row=row - 1 + _CHART_ROWS)
    native.anchor(chart, TwoCellAnchor(editAs="oneCell", _from=corners[0], to=corners[1]))
    sheet.add_chart(chart)


def quieten(chart: BarChart | LineChart) -> None:
    """No frame, pale lines, small muted labels."""
    chart.graphical_properties = GraphicalProperties(noFill=True, ln=LineProperties(noFill=True))
    quiet = LineProperties(solidFill=styles.HAIRLINE, w=9525)
    for axis in (chart.x_axis, chart.y_axis):
        axis.delete = False
        axis.txPr = chart_text(900, styles.MUTED)
        axis.majorTickMark = "none"
    chart.x_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=styles.MUTED, w=9525))
    chart.y_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
    chart.y_axis.majorGridlines = ChartLines(spPr=GraphicalProperties(ln=quiet))


def chart_text(size: int, colour: str, *, bold: bool = False) -> RichText:
    """How a text of the chart is set; ``size`` in hundredths of a point."""
    look = CharacterProperties(sz=size, b=bold, solidFill=colour, latin=ChartFont(typeface=styles.FACE))
    return RichText(bodyPr=RichTextProperties(), p=[Paragraph(pPr=ParagraphProperties(defRPr=look), endParaRPr=look)])


def chart_title(words: str) -> Title:
    """A quiet heading over the chart."""
    look = CharacterProperties(sz=1000, b=True, solidFill=styles.ACCENT, latin=ChartFont(typeface=styles.FACE))
    rich = RichText(
        bodyPr=RichTextProperties(),
        p=[Paragraph(pPr=ParagraphProperties(defRPr=look), r=[RegularTextRun(rPr=look, t=words)])],
    )
    return Title(tx=Text(rich=rich), overlay=False)
