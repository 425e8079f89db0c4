"""What the sheet of the segments holds of a report, and the alarm on the first sheet where a segment lacks money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optmargin.workbook import layout, pages, tables
from optmargin.workbook.layout import Kind

if TYPE_CHECKING:
    from openpyxl import Workbook

    from optmargin.report.records import ExpiryRow, MarginReport, MethodRow, RiskRow, SegmentRow
    from optmargin.workbook.cells import Value
    from optmargin.workbook.layout import TableLayout

_SMALL, _LINE, _ROOM = (
    9,
    12.0,
    6.0,
)  # points: the size of long texts, the height of a line of them, and what is left around them
_NAMES = {"strategy": "strategy", "portfolio": "portfolio margin", "span": "SPAN"}


def contents(report: MarginReport) -> tuple[tuple[TableLayout, list[list[Value]]], ...]:
    """The three tables of the sheet with their rows."""
    return (
        (layout.SEGMENTS, [_segment(row) for row in report.segments]),
        (layout.METHODS, [_method(row) for row in report.methods]),
        (layout.RISKS, [_risk(row) for row in report.risks]),
    )


def fit_rows(book: Workbook) -> None:
    """Rows of the sheet as high as their longest text needs, and none as low as its letters."""
    for shape in (layout.SEGMENTS, layout.METHODS, layout.RISKS):
        found = tables.find(book, shape.name)
        if found is None:
            continue
        places = found.columns()
        long = [places.get(tables.heading_key(each.heading)) for each in shape.columns if each.kind is Kind.LONG_TEXT]
        for row in range(found.body, found.bottom + 1):
            lines = [
                pages.lines_of(
                    str(found.sheet.cell(row, column).value or ""), pages.width_of(found.sheet, column) - 1, _SMALL
                )
                for column in long
                if column is not None
            ]
            found.sheet.row_dimensions[row].height = _ROOM + _LINE * max(lines, default=1)


def _segment(row: SegmentRow) -> list[Value]:
    return [
        row.segment, _NAMES.get(row.method, row.method), row.level or None, row.initial, row.maintenance, row.deposit,
        row.available_funds, row.excess_liquidity, row.cushion, row.net_liq, row.cash, row.position_value, row.state, row.source,
    ]  # fmt: skip


def _method(row: MethodRow) -> list[Value]:
    return [
        _NAMES.get(row.method, row.method), "yes" if row.counts else "beside", "yes" if row.complete else "NO", row.initial,
        row.maintenance, row.deposit, row.available_funds, row.excess_liquidity, row.cushion, row.net_liq, row.long_cost, row.proceeds,
        row.binds, row.words,
    ]  # fmt: skip


def _risk(row: RiskRow) -> list[Value]:
    credit = None if row.intercommodity is None else -row.intercommodity + 0.0
    return [
        f"{row.code} {row.name}".strip(), row.currency, row.level, row.initial, row.maintenance, row.scan_risk, row.intermonth,
        row.spot, row.active_scenario, credit, row.minimum, row.net_value, row.scenario, row.source,
    ]  # fmt: skip


def _lacking(report: MarginReport) -> list[SegmentRow]:
    """The segments below their requirement, of an account that has more than one kind."""
    if not any(row.segment == "futures" for row in report.segments):
        return []
    return [row for row in report.segments if row.available_funds is not None and row.available_funds < 0]


def alarm(report: MarginReport) -> str | None:
    """What the first sheet says loudly; None where no segment lacks money."""
    lacking = _lacking(report)
    return "; ".join(f"{row.segment.upper()} SEGMENT {row.state}" for row in lacking) or None


def words(report: MarginReport) -> str:
    """What stands over the tables."""
    futures = next((row for row in report.segments if row.segment == "futures"), None)
    if futures is None:
        return "No futures: all of the account is in the securities segment."
    said = alarm(report)
    if said:
        return f"{said}. A total over both segments hides that: money of one segment doesn't stand for the other until it is moved."
    if futures.available_funds is None or not futures.complete:
        state = futures.state or "what it leaves isn't known"
        return f"Futures segment: {state}."
    return "Each segment covers its own requirement."


def label(row: ExpiryRow) -> str:
    """What stands under a column of the chart for a row without an expiry: stock, futures, or a class under portfolio margin."""
    return {"span": "futures, SPAN", "portfolio": row.underlying}.get(row.by, f"{row.underlying} stock")
