"""Filling a template with one report, through its defined names and its tables, never through addresses."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import TYPE_CHECKING

from openpyxl.cell.cell import MergedCell
from openpyxl.chart import BarChart

from optmargin.core.errors import ErrorCode, Finding, MarginError, Severity
from optmargin.sizing.slots import SLOT_MULTIPLIER
from optmargin.workbook import layout, native, segments, tables
from optmargin.workbook.cells import Value, clean, is_too_long, top_left, write
from optmargin.workbook.expected import disagreements, shown_by_formula, shown_values
from optmargin.workbook.files import Shown, load, save
from optmargin.workbook.layout import MISSING, NOT_GIVEN, Kind, TableLayout
from optmargin.workbook.sheet_parachutes_fill import fill_parachutes, show_parachutes
from optmargin.workbook.template import new_template

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell

    from optmargin.report.records import ExpiryRow, MarginReport

CONVENTIONS = {
    "gross": "gross: long options inside, proceeds of short options not deducted",
    "net": "net: long options inside, proceeds of short options deducted",
    "field": "margin field: long options not inside, proceeds of short options not deducted",
    "portfolio": "portfolio margin: premiums outside; net liq less it is available",
}
_MONTHS = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)  # of any locale's machine
_SEVERITIES = (Severity.INCOMPLETE, Severity.WARNING, Severity.NOTE)
_FAR_OFF = 300  # days from which a day and a month don't tell the year
_LINE_LENGTH = 170  # characters of a finding that fit on one line of the summary


def fill(report: MarginReport, template: Path | None, out: Path) -> tuple[Finding, ...]:
    """Write one account's report as a workbook: whole or not at all.

    Args:
        report: what is shown.
        template: a user's own template; None for ours.
        out: where to.

    Returns:
        What was noticed: names, tables and columns that the template lacks, text that was cut, and live formulas that come
        to another figure than the report.

    Raises:
        MarginError: when the template isn't there, isn't a workbook or lacks what is essential, or when the file can't be
            written.
    """
    if template is not None and out.exists() and template.exists() and out.samefile(template):
        raise MarginError(ErrorCode.VALUE, f"{out} is the template itself", "name another file for the report")
    book, findings = (new_template(), []) if template is None else load(template)
    source = "" if template is None else template.name
    findings += _fill_tables(book, report, source)
    segments.fit_rows(book)
    findings += fill_parachutes(book, report, source)
    cells = _named_cells(book, source, findings)
    shown_where = tables.find(book, layout.FINDINGS.name)
    written = _named_values(report, shown_where.sheet.title if shown_where else "")
    for name, value in written.items():
        if name in cells:
            if isinstance(value, str) and is_too_long(value):
                findings.append(_cut(name, report))
            write(cells[name], value)
    _fit_finding_lines(cells, written)
    _renew_footers(book, report)
    if any(row.requirement is not None and row.requirement < 0 for row in report.expiries):
        _let_bars_go_below_zero(book)
    moment = dt.datetime.combine(report.as_of, dt.time())
    book.properties.title = clean(f"Daily margin report {report.account} {report.as_of.isoformat()}")
    book.properties.creator = book.properties.creator if template is not None else "optmargin"
    book.properties.created = book.properties.created if template is not None else moment
    if book.calculation is not None:
        book.calculation.fullCalcOnLoad = True
    findings += disagreements(report, written)
    save(book, out, moment, _shown(book, cells, report, written))
    return tuple(findings)


def _number(cells: dict[str, Cell], name: str, otherwise: float) -> float:
    value = cells[name].value if name in cells else None
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else otherwise


def _shown(book: Workbook, cells: dict[str, Cell], report: MarginReport, written: dict[str, Value]) -> Shown:
    """The values of our own formulas, for programs that show a workbook without computing it."""
    settings = {name: _number(cells, name, math.nan) for name in layout.PREFERENCE_NAMES}
    computed = shown_values(report, written, settings)
    by_formula = shown_by_formula(report, written, computed)
    shown: Shown = {}
    for sheet in book.worksheets:
        for cell in native.cells(sheet).values():
            if cell.data_type == "f" and isinstance(cell.value, str) and cell.value in by_formula:
                shown.setdefault(sheet.title, {})[cell.coordinate] = by_formula[cell.value]
    for name, value in computed.items():  # where a program has written a formula in its own way
        if name in cells and cells[name].data_type == "f":
            shown.setdefault(native.sheet_of(cells[name]).title, {}).setdefault(cells[name].coordinate, value)
    show_parachutes(book, shown, computed)
    return shown


# Names ------------------------------------------------------------------------------------------------------------------


def _named_cells(book: Workbook, source: str, findings: list[Finding]) -> dict[str, Cell]:
    """The cells that have our names; what is missing is a finding, and essential ones are an error."""
    cells: dict[str, Cell] = {}
    for name in (*layout.WRITTEN_NAMES, *layout.FORMULA_NAMES, *layout.PREFERENCE_NAMES):
        cell = _named_cell(book, name)
        if cell is not None:
            cells[name] = cell
        elif name in layout.ESSENTIAL_NAMES:
            remedy = f"name its cell {name} again, or start from a fresh template (`optmargin template`)"
            raise MarginError(
                ErrorCode.MISSING,
                f"template {source or 'of ours'} has no cell named {name}, which totals depend on",
                remedy,
            )
        else:
            findings.append(_lacks(f"cell named {name}", source))
    return cells


def _lacks(what: str, source: str) -> Finding:
    remedy = "add it to the template to have it back, or start from a fresh one (`optmargin template`)"
    return Finding(Severity.WARNING, f"the template has no {what}: that figure isn't shown", remedy, file=source)


def _named_cell(book: Workbook, name: str) -> Cell | None:
    """The cell that a name of the workbook, or of one of its sheets, stands for; names are told apart without case."""
    for names in (book.defined_names, *(sheet.defined_names for sheet in book.worksheets)):
        for known, defined in names.items():
            if known.casefold() != name.casefold() or defined.type != "RANGE":
                continue
            for title, address in defined.destinations:
                if title in book.sheetnames and re.fullmatch(
                    r"\$?[A-Z]{1,3}\$?[0-9]+(:\$?[A-Z]{1,3}\$?[0-9]+)?", address
                ):
                    return top_left(book[title], address.split(":")[0].replace("$", ""))
    return None


def _named_values(report: MarginReport, findings_sheet: str) -> dict[str, Value]:
    """What every named cell holds."""
    figures = report.figures
    adjustment = _difference(figures.deposit, figures.initial)
    field_adjustment = _difference(figures.margin_field, figures.initial)
    # The maintenance deposit and margin field are what the excess was counted from; without it the premiums are the same ones.
    by_deposit = _difference(_difference(figures.net_liq, figures.excess_liquidity), figures.maintenance)
    by_field = _difference(_difference(figures.equity_with_loan, figures.excess_liquidity), figures.maintenance)
    held = [row.value for row in report.positions]
    money: dict[str, float | None] = {
        "net_liq": figures.net_liq,
        "cash": figures.cash,
        "stock_value": figures.stock_value,
        "option_value": figures.option_value,
        "long_cost": figures.long_cost,
        "proceeds": figures.proceeds,
        "deposit_adjustment": adjustment,
        "maintenance_adjustment": None if adjustment is None else _either(by_deposit, adjustment),
        "field_adjustment": field_adjustment,
        "maintenance_field_adjustment": _either(by_field, field_adjustment),
        "gross_adjustment": _difference(figures.gross, figures.initial),
        "gross_position_value": None
        if None in held
        else round(math.fsum(abs(value) for value in held if value is not None), 2),
        "buying_power_multiple": _quotient(figures.buying_power, figures.available_funds),
    }
    ordered = in_order(report.findings)
    lines = [_finding_line(finding) for finding in ordered[: layout.SHOWN_FINDINGS]]
    more = len(ordered) - len(lines)
    return {
        "account": report.account,
        "account_type": report.account_type,
        "book_title": f"{report.book_title} ({report.book})" if report.book_title else report.book,
        "convention": CONVENTIONS.get(report.convention, report.convention),
        "source_file": report.file,
        "source_layout": report.layout,
        "as_of": report.as_of,
        "report_complete": report.complete,
        "slot_width": figures.slot_width,
        "slot_value_of_report": figures.slot_width * SLOT_MULTIPLIER,
        **{name: NOT_GIVEN if value is None or math.isnan(value) else value for name, value in money.items()},
        **{name: lines[at] if at < len(lines) else None for at, name in enumerate(layout.FINDING_NAMES)},
        "findings_more": f"and {more:,} more on the sheet {findings_sheet}" if more and findings_sheet else None,
        "stress_words": report.stress_words or "No stress was asked for",
        "segment_alarm": segments.alarm(report),
        "segment_words": segments.words(report),
    }


def _difference(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else round(a - b, 2) + 0.0


def _either(first: float | None, second: float | None) -> float | None:
    return second if first is None else first


def _quotient(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None or b == 0 else round(a / b, 6)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Findings, what makes the report incomplete first."""
    return sorted(findings, key=lambda finding: _SEVERITIES.index(finding.severity))


def _finding_line(finding: Finding) -> str:
    return f"{finding.severity.upper()}: {finding}"


def _fit_finding_lines(cells: dict[str, Cell], written: dict[str, Value]) -> None:
    """Rows of the summary for findings are as high as they need, and gone where there is none and nothing else stands in them."""
    for name in (*layout.FINDING_NAMES, "findings_more"):
        cell, text = cells.get(name), written[name]
        if cell is None:
            continue
        sheet = native.sheet_of(cell)
        alone = all(
            other is cell or isinstance(other, MergedCell) or other.value is None
            for other in sheet[cell.row]
        )  # fmt: skip
        if alone:
            row = sheet.row_dimensions[cell.row]
            row.hidden = not text
            row.height = 15 * max(1, min(3, math.ceil(len(str(text)) / _LINE_LENGTH))) if text else 15


def _let_bars_go_below_zero(book: Workbook) -> None:
    """A book that deducts proceeds may require less than nothing of an expiry."""
    for sheet in book.worksheets:
        for chart in native.charts(sheet):
            if isinstance(chart, BarChart):
                chart.y_axis.scaling.min = None


# Tables -----------------------------------------------------------------------------------------------------------------


def _fill_tables(book: Workbook, report: MarginReport, source: str) -> list[Finding]:
    """Resize every table first, while the workbook is small, and only then fill them."""
    findings: list[Finding] = []
    contents = (
        (layout.EXPIRIES, [_expiry_values(row, report.as_of) for row in report.expiries]),
        (layout.POSITIONS, [_values(row, _POSITION_FIELDS) for row in report.positions]),
        (layout.STRATEGIES, [_values(row, _STRATEGY_FIELDS) for row in report.strategies]),
        (layout.WORKING, [_values(row, _WORKING_FIELDS) for row in report.working]),
        (layout.STRESS, [_values(row, _STRESS_FIELDS) for row in report.stress]),
        *segments.contents(report),
        (layout.FINDINGS, [_finding_values(finding) for finding in in_order(report.findings)]),
    )
    for shape, rows in contents:
        found = tables.find(book, shape.name)
        if found is None:
            if shape.essential:
                remedy = (
                    f"give the table the name {shape.name} again, or start from a fresh template (`optmargin template`)"
                )
                raise MarginError(
                    ErrorCode.MISSING, f"template {source or 'of ours'} has no table named {shape.name}", remedy
                )
            findings.append(_lacks(f"table named {shape.name}", source))
            continue
        tables.resize(book, found, len(rows))
    for shape, rows in contents:
        found = tables.find(book, shape.name)
        if found is None:
            continue
        completed = _with_words_for_missing(shape, rows)
        wraps = any(column.kind is Kind.LONG_TEXT for column in shape.columns)
        lacking = set(tables.fill(found, [column.heading for column in shape.columns], completed, wraps=wraps))
        for column in shape.columns:
            if column.heading in lacking:
                if column.essential:
                    remedy = (
                        f"head the column {column.heading} again, or start from a fresh template (`optmargin template`)"
                    )
                    raise MarginError(
                        ErrorCode.MISSING, f"table {shape.name} of template {source} has no column headed {column.heading}", remedy
                    )  # fmt: skip
                findings.append(_lacks(f"column headed {column.heading} in the table {shape.name}", source))
        findings += [
            _cut(shape.name, report) for row in rows for value in row if isinstance(value, str) and is_too_long(value)
        ][:1]
    return findings


def _cut(where: str, report: MarginReport) -> Finding:
    problem = f"a text of {where} is longer than a cell holds and was cut"
    return Finding(Severity.WARNING, problem, "look it up in the source file", file=report.file, account=report.account)


_POSITION_FIELDS = (
    "line", "underlying", "root", "right", "strike", "expiry", "days", "quantity", "price", "multiplier", "value", "spot",
    "asset_class", "style", "leverage",
)  # fmt: skip
_WORKING_FIELDS = ("underlying", "expiry", "settlement", "rule", "label", "working", "amount", "maintenance", "source")

_STRATEGY_FIELDS = ("underlying", "label", "units", "legs")
_STRESS_FIELDS = (
    "move", "requirement", "maintenance", "net_liq", "available_funds", "excess_liquidity", "cushion",
)  # fmt: skip


def _values(row: object, names: Sequence[str]) -> list[Value]:
    return [getattr(row, name) for name in names]


def _expiry_values(row: ExpiryRow, as_of: dt.date) -> list[Value]:
    return [
        row.underlying, row.expiry, row.settlement if row.expiry is not None else None, row.days, row.put_side, row.call_side,
        row.requirement, row.maintenance, row.max_loss, row.worst_price, row.slots_used, row.free_put_slots, row.free_call_slots,
        row.released, row.remaining, expiry_label(row, as_of),
    ]  # fmt: skip


def expiry_label(row: ExpiryRow, as_of: dt.date) -> str:
    """What stands under a column of the chart: ``SPX 23 Dec``; with AM where it settles so, and the year where it is far off."""
    if row.expiry is None:
        return segments.label(row)
    morning = " AM" if row.settlement == "am" else ""
    year = "" if 0 <= (row.expiry - as_of).days < _FAR_OFF else f" {row.expiry.year}"
    return f"{row.underlying} {row.expiry.day} {_MONTHS[row.expiry.month - 1]}{year}{morning}"


def _finding_values(finding: Finding) -> list[Value]:
    return [finding.severity.value, finding.place, finding.underlying, finding.expiry, finding.problem, finding.remedy]


def _with_words_for_missing(shape: TableLayout, rows: list[list[Value]]) -> list[list[Value]]:
    """Rows whose required figures say that they are missing, so that no blank passes for a zero."""
    required = [at for at, column in enumerate(shape.columns) if column.required]
    for row in rows:
        for at in required:
            value = row[at]
            if value is None or (isinstance(value, float) and math.isnan(value)):
                row[at] = MISSING
    return rows


# Pages ------------------------------------------------------------------------------------------------------------------


def _renew_footers(book: Workbook, report: MarginReport) -> None:
    """Account and day at the foot of the pages, wherever a template has our words for them."""
    words = layout.footer(clean(report.account), report.as_of.isoformat())
    for sheet in book.worksheets:
        for part in native.strips(sheet):
            if part.text:
                part.text = re.sub(r"Account .* · as of [0-9-]+", lambda _: words, part.text)
