"""The summary workbook of a batch: every account ranked by its cushion, those that are incomplete first."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from openpyxl import Workbook
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.workbook.properties import CalcProperties
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table, TableStyleInfo

from optmargin.core.errors import ErrorCode, Finding, MarginError, Severity
from optmargin.workbook import native, styles
from optmargin.workbook.cells import ColumnWriter, Value
from optmargin.workbook.files import Shown, save
from optmargin.workbook.fill import in_order
from optmargin.workbook.layout import INCOMPLETE, NET_LIQ_NOT_GIVEN, Column, Kind, TableLayout
from optmargin.workbook.segments import alarm
from optmargin.workbook.sheet_tables import FORMS, LEFT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

    from optmargin.report.records import MarginReport

_HEADER_ROW = 9
_ROW_LIMIT = 1_048_576
_LINK_LIMIT = 65_000  # a sheet holds some 65,530 links
_LACKS = "SEGMENT LACKS"
_WARNINGS = (
    ("cushion_warning_1", 0.30, "watch"),
    ("cushion_warning_2", 0.10, "reduce"),
    ("cushion_warning_3", 0.05, "liquidation is near"),
)

_ACCOUNTS = TableLayout(
    "Accounts",
    (
        Column("Rank", Kind.COUNT, 7),
        Column("Account", Kind.TEXT, 14),
        Column("As of", Kind.DAY, 12),
        Column("Status", Kind.TEXT, 16),
        Column("Cushion", Kind.PRICE, 16),
        Column("Net liq", Kind.MONEY, 15),
        Column("Requirement", Kind.MONEY, 15),
        Column("Maintenance", Kind.MONEY, 15),
        Column("Excess liquidity", Kind.MONEY, 15.5),
        Column("Slots", Kind.COUNT, 8),
        Column("Slots used", Kind.COUNT, 10.5),
        Column("Missing", Kind.COUNT, 9),
        Column("Book", Kind.TEXT, 12),
        Column("Source", Kind.TEXT, 22),
        Column("Report", Kind.TEXT, 26),
    ),
)
_NOTICED = TableLayout(
    "Noticed",
    (
        Column("Severity", Kind.TEXT, 12),
        Column("Where", Kind.LONG_TEXT, 30),
        Column("Account", Kind.TEXT, 16),
        Column("Underlying", Kind.TEXT, 12),
        Column("Expiry", Kind.DAY, 12),
        Column("What was seen", Kind.LONG_TEXT, 62),
        Column("What would help", Kind.LONG_TEXT, 46),
    ),
)


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One account of a batch; money in USD, None where missing.

    Attributes:
        account: the account's number; may be empty.
        as_of: the day of its figures.
        book: the rule book.
        source: the file that it came from.
        complete: False when a requirement is missing.
        missing: how many findings make it incomplete.
        net_liq, requirement, maintenance, excess_liquidity, cushion, slots, slots_used: as in the report.
        report: the report's workbook, relative to the summary.
        lacks: whether a segment of it, securities or futures, is below its requirement, whatever the totals say.
    """

    account: str
    as_of: dt.date
    book: str
    source: str
    complete: bool
    missing: int
    net_liq: float | None
    requirement: float | None
    maintenance: float | None
    excess_liquidity: float | None
    cushion: float | None
    slots: int | None
    slots_used: float | None
    report: str
    lacks: bool = False

    @classmethod
    def of(cls, report: MarginReport, workbook: str) -> SummaryRow:
        """The row of one report, written to ``workbook``."""
        figures = report.figures
        return cls(
            account=report.account,
            as_of=report.as_of,
            book=report.book,
            source=report.file,
            complete=report.complete,
            missing=sum(finding.severity is Severity.INCOMPLETE for finding in report.findings),
            net_liq=figures.net_liq,
            requirement=figures.initial if report.complete else None,
            maintenance=figures.maintenance if report.complete else None,
            excess_liquidity=figures.excess_liquidity if report.complete else None,
            cushion=figures.cushion if report.complete else None,
            slots=figures.slots,
            slots_used=figures.slots_used if report.complete else None,
            report=workbook,
            lacks=alarm(report) is not None,
        )


def ranked(rows: Iterable[SummaryRow]) -> list[SummaryRow]:
    """Accounts as the summary lists them: incomplete ones, those with a segment that lacks money, the smallest cushion, no cushion."""

    def key(row: SummaryRow) -> tuple[int, float, str, str]:
        if not row.complete:
            return 0, 0.0, row.account, row.report
        if row.lacks:
            return 1, -math.inf, row.account, row.report
        return (2, 0.0, row.account, row.report) if row.cushion is None else (1, row.cushion, row.account, row.report)

    return sorted(rows, key=key)


def write_summary(rows: Sequence[SummaryRow], out: Path, findings: Sequence[Finding] = ()) -> None:
    """Write the summary of a batch: whole or not at all, the same bytes for the same rows.

    Args:
        rows: the accounts, in any order.
        out: where to.
        findings: what was noticed about files, such as those that couldn't be read.

    Raises:
        MarginError: ``#NUM!`` when there are more accounts than a sheet has rows; ``#VALUE!`` when the file can't be written.
    """
    if len(rows) + _HEADER_ROW > _ROW_LIMIT:
        raise MarginError(
            ErrorCode.NUM, f"{len(rows):,} accounts don't fit into one sheet", "split the folder into several"
        )
    listed = ranked(rows)
    latest = max((row.as_of for row in listed), default=None)
    book = Workbook(write_only=True)
    try:
        shown = _add_accounts(
            book, listed, latest, sum(finding.severity is Severity.INCOMPLETE for finding in findings)
        )
        noticed = in_order(findings)
        _add_sheet(book, _NOTICED, "Findings", "Findings", [_noticed(finding) for finding in noticed])
        book.properties.title = "Accounts by cushion"
        book.properties.creator = "optmargin"
        moment = dt.datetime.combine(latest or dt.date(2000, 1, 1), dt.time())
        book.properties.created = moment
        book.calculation = CalcProperties(fullCalcOnLoad=True)
        save(book, out, moment, shown)
    finally:
        native.close_streams(book)


def _noticed(finding: Finding) -> list[Value]:
    return [
        finding.severity.value,
        finding.place,
        finding.account,
        finding.underlying,
        finding.expiry,
        finding.problem,
        finding.remedy,
    ]


def _status(row: SummaryRow) -> str:
    if not row.complete:
        return INCOMPLETE.upper()
    return _LACKS if row.lacks else "complete"


def _account_values(row: SummaryRow, rank: int | None) -> list[Value]:
    nothing: Value = INCOMPLETE if not row.complete else None
    cushion: Value = nothing if row.cushion is None else row.cushion
    if row.complete and row.cushion is None:
        cushion = NET_LIQ_NOT_GIVEN if row.net_liq is None else "not given"
    return [
        rank, row.account, row.as_of, _status(row), cushion,
        "not given" if row.net_liq is None else row.net_liq,
        nothing if row.requirement is None else row.requirement,
        nothing if row.maintenance is None else row.maintenance,
        nothing if row.excess_liquidity is None else row.excess_liquidity,
        row.slots, row.slots_used, row.missing or None, row.book, row.source, row.report,
    ]  # fmt: skip


def _add_accounts(book: Workbook, rows: Sequence[SummaryRow], latest: dt.date | None, unread: int) -> Shown:
    """The first sheet; returns the values of its formulas."""
    values: list[list[Value]] = []
    rank = 0
    for row in rows:
        rank += int(row.complete and row.cushion is not None)
        values.append(_account_values(row, rank if row.complete and row.cushion is not None else None))
    total_known = all(row.requirement is not None for row in rows)
    incomplete = sum(not row.complete for row in rows)
    total = f'=IF(COUNT(Accounts[Requirement])=COUNTA(Accounts[Report]),SUM(Accounts[Requirement]),"{INCOMPLETE}")'
    day = "" if latest is None else f" · as of {latest.isoformat()}"
    below = [sum(row.cushion is not None and row.cushion < level for row in rows) for _, level, _ in _WARNINGS]
    summed = math.fsum(row.requirement or 0.0 for row in rows)
    block = [
        ("Accounts", "=COUNTA(Accounts[Report])", float(len(rows)), styles.COUNT),
        ("Incomplete", f'=COUNTIF(Accounts[Status],"{INCOMPLETE}")', float(incomplete), styles.COUNT),
        ("Requirement in all", total, summed if total_known else INCOMPLETE, styles.MONEY),
    ]
    warnings = [
        (
            f"Below warning {number}: {words}",
            f'=COUNTIF(Accounts[Cushion],"<"&{name})',
            float(below[number - 1]),
            name,
            level,
        )
        for number, (name, level, words) in enumerate(_WARNINGS, start=1)
    ]
    sheet = _sheet(book, _ACCOUNTS, "Accounts")
    shown: Shown = {"Accounts": {}}
    top = _Rows(sheet)
    top.add([("Accounts by cushion", styles.font(18, styles.ACCENT, bold=True), "", "")], height=27)
    what = f"Ranked from the smallest cushion up; what is incomplete stands first{day}"
    top.add([(what, styles.font(9, styles.MUTED, italic=True), "", "")])
    lost = f"INCOMPLETE: besides these accounts, {unread} {'thing' if unread == 1 else 'things'} could not be read; see the sheet Findings"
    top.add([(lost if unread else None, styles.font(10, styles.BAD, bold=True), "", "")])
    for at in range(3):
        label, formula, value, form = block[at]
        words, count, counted, name, level = warnings[at]
        line: list[tuple[Value, Font, str, str] | None] = [None] * 10
        line[0] = (label, styles.font(10, styles.MUTED), "", "")
        line[3] = (formula, styles.font(11, bold=True), form, "formula")
        line[6] = (words, styles.font(10, styles.MUTED), "", "")
        line[8] = (count, styles.font(11, bold=True), styles.COUNT, "formula")
        line[9] = (level, styles.font(10), styles.PERCENT, "input")
        top.add(line)
        shown["Accounts"] |= {f"D{top.row}": value, f"I{top.row}": counted}
        book.defined_names[name] = DefinedName(name, attr_text=f"'Accounts'!$J${top.row}")
    fraction = DataValidation(type="decimal", operator="between", formula1="0", formula2="1", allow_blank=False)
    fraction.add(f"J{top.row - 2}:J{top.row}")
    native.validations(sheet).append(fraction)
    while top.row < _HEADER_ROW - 1:
        top.add([])
    top.add_table(_ACCOUNTS, values, links=[row.report for row in rows])
    last = top.row
    column = get_column_letter([each.heading for each in _ACCOUNTS.columns].index("Cushion") + 1)
    first = f"{column}{_HEADER_ROW + 1}"
    for formula, colour, panel in (
        (f"AND(ISNUMBER({first}),{first}<cushion_warning_3)", styles.WHITE, styles.BAD),
        (f"AND(ISNUMBER({first}),{first}<cushion_warning_2)", styles.POOR, styles.POOR_PANEL),
        (f"AND(ISNUMBER({first}),{first}<cushion_warning_1)", styles.WATCH, styles.WATCH_PANEL),
        (f"ISNUMBER({first})", styles.GOOD, styles.GOOD_PANEL),
    ):
        rule = Rule("expression", formula=[formula], dxf=styles.differential(colour, panel), stopIfTrue=True)
        native.formats(sheet).add(f"{first}:{column}{last}", rule)
    loud = Rule(
        "expression",
        formula=[f'OR($D{_HEADER_ROW + 1}="{INCOMPLETE.upper()}",$D{_HEADER_ROW + 1}="{_LACKS}")'],
        dxf=styles.differential(styles.BAD, styles.BAD_PANEL),
    )
    native.formats(sheet).add(f"B{_HEADER_ROW + 1}:D{last}", loud)
    words_rule = Rule(
        "expression", formula=[f"ISTEXT(E{_HEADER_ROW + 1})"], dxf=styles.differential(styles.MUTED, italic=True)
    )
    native.formats(sheet).add(f"E{_HEADER_ROW + 1}:I{last}", words_rule)
    return shown


def _add_sheet(
    book: Workbook, layout: TableLayout, title: str, heading: str, values: Sequence[Sequence[Value]]
) -> None:
    """A sheet with a heading and a table."""
    sheet = _sheet(book, layout, title)
    top = _Rows(sheet)
    top.add([(heading, styles.font(18, styles.ACCENT, bold=True), "", "")], height=27)
    what = "What was noticed about files and workbooks; what was noticed about an account stands in its report"
    top.add([(what, styles.font(9, styles.MUTED, italic=True), "", "")])
    while top.row < _HEADER_ROW - 1:
        top.add([])
    top.add_table(layout, values)


def _sheet(book: Workbook, layout: TableLayout, title: str) -> Worksheet:
    """An empty sheet, set up before its rows are streamed."""
    sheet: Worksheet = book.create_sheet(title)
    sheet.sheet_view.showGridLines = False
    for number, column in enumerate(layout.columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    sheet.freeze_panes = f"C{_HEADER_ROW + 1}"
    styles.set_page(sheet, "optmargin", title_rows=f"{_HEADER_ROW}:{_HEADER_ROW}")
    return sheet


class _Rows:
    """Streams rows into a sheet: a hundred thousand accounts need no more memory than one."""

    def __init__(self, sheet: Worksheet) -> None:
        self._sheet = sheet
        self.row = 0

    def add(self, line: Sequence[tuple[Value, Font, str, str] | None], height: float | None = None) -> None:
        """One row of single cells: value, font, number format, and ``formula`` or ``input`` where it is one."""
        self.row += 1
        if height is not None:
            self._sheet.row_dimensions[self.row].height = height
        cells: list[Cell | None] = []
        for column, each in enumerate(line, start=1):
            if each is None:
                cells.append(None)
                continue
            value, look, form, what = each
            cell = native.new_cell(self._sheet, self.row, column, None)
            styles.dress(cell, look, form=form, align="right" if form else "left")
            if what == "input":
                edge = styles.line(styles.INPUT_EDGE)
                styles.dress(
                    cell, look, form=form, align="right", panel=styles.INPUT, border=Border(edge, edge, edge, edge)
                )
            native.set_raw(cell, value, "f" if what == "formula" else "s" if isinstance(value, str) else "n")
            cells.append(cell)
        self._sheet.append(cells)

    def add_table(self, layout: TableLayout, rows: Sequence[Sequence[Value]], links: Sequence[str] = ()) -> None:
        """Headings, the rows (one blank row for none), and the table over them."""
        wraps = any(column.kind is Kind.LONG_TEXT for column in layout.columns)
        edge = Border(top=styles.line(styles.ACCENT, "medium"), bottom=styles.line(styles.ACCENT))
        headings, writers = [], []
        for number, column in enumerate(layout.columns, start=1):
            left = column.kind in LEFT
            cell = native.new_cell(self._sheet, self.row + 1, number, None)
            styles.dress(cell, styles.font(9.5, styles.ACCENT, bold=True), panel=styles.PANEL, border=edge)
            cell.alignment = Alignment(
                horizontal="left" if left else "right",
                vertical="center",
                wrap_text=True,
                indent=int(left and number > 1),
            )
            native.set_raw(cell, column.heading, "s")
            headings.append(cell)
            model = native.new_cell(self._sheet, 1, 1, None)
            form = styles.PERCENT if column.heading == "Cushion" else FORMS[column.kind]
            colour = styles.ACCENT if links and column.heading == "Report" else styles.INK
            styles.dress(model, styles.font(colour=colour), form=form, border=Border(bottom=styles.line()))
            model.alignment = Alignment(
                horizontal="left" if left else "right", vertical="top" if wraps else "center",
                wrap_text=column.kind is Kind.LONG_TEXT, indent=int(left and number > 1),
            )  # fmt: skip
            writers.append(ColumnWriter(self._sheet, native.look(model)))
        self.row += 1
        header = self.row
        self._sheet.append(headings)
        for at, row in enumerate(rows or [[None] * len(layout.columns)]):
            self.row += 1
            cells = []
            for number, (writer, value) in enumerate(zip(writers, row, strict=True), start=1):
                written, kind, style = writer.prepared(value)
                cell = native.new_cell(self._sheet, self.row, number, style)
                native.set_raw(cell, written, kind)
                cells.append(cell)
            if at < min(len(links), _LINK_LIMIT):
                look = native.look(cells[-1])
                cells[-1].hyperlink = quote(links[at])
                if look is not None:
                    native.set_look(cells[-1], look)
            self._sheet.append(cells)
        table = Table(
            displayName=layout.name,
            name=layout.name,
            ref=f"A{header}:{get_column_letter(len(layout.columns))}{self.row}",
        )
        table.tableStyleInfo = TableStyleInfo(name=None, showRowStripes=False)
        native.add_table(self._sheet, table, [column.heading for column in layout.columns])
