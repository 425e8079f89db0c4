"""The public form of reports: plain dictionaries for JSON, documented in ``addin/docs/json.md`` and held by tests.

Money is USD rounded to the cent; what is missing is null; days are ISO text. Keys are only ever added.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from optmargin.core.errors import Finding
from optmargin.report.records import ExpiryRow, MarginReport


def public(
    reports: Sequence[MarginReport], *, book: str, as_of: dt.date | None, findings: Iterable[Finding] = ()
) -> dict[str, Any]:
    """What ``optmargin margin --json`` prints.

    Args:
        reports: one per account.
        book: the rule book's name.
        as_of: the day; None takes the latest of the reports.
        findings: findings that belong to no account; the accounts' own are added.
    """
    days = [report.as_of for report in reports]
    day = as_of or (max(days) if days else None)
    noticed = [*findings, *(finding for report in reports for finding in report.findings)]
    return {
        "as_of": _day(day),
        "book": book,
        "convention": reports[0].convention if reports else None,
        "complete": all(report.complete for report in reports)
        and not any(each.severity == "incomplete" for each in noticed),
        "accounts": [public_account(report) for report in reports],
        "findings": [public_finding(finding) for finding in noticed],
    }


def public_account(report: MarginReport) -> dict[str, Any]:
    """One account."""
    figures = report.figures
    return {
        "account": report.account,
        "as_of": _day(report.as_of),
        "file": report.file,
        "layout": report.layout,
        "account_type": report.account_type,
        "complete": report.complete,
        "initial": figures.initial,
        "maintenance": figures.maintenance,
        "long_cost": figures.long_cost,
        "proceeds": figures.proceeds,
        "deposit": figures.deposit,
        "gross": figures.gross,
        "margin_field": figures.margin_field,
        "maintenance_gross": figures.maintenance_gross,
        "maintenance_deposit": figures.maintenance_deposit,
        "maintenance_field": figures.maintenance_field,
        "net_liq": figures.net_liq,
        "equity_with_loan": figures.equity_with_loan,
        "available_funds": figures.available_funds,
        "excess_liquidity": figures.excess_liquidity,
        "cushion": figures.cushion,
        "buying_power": figures.buying_power,
        "leverage": figures.leverage,
        "slot_width": figures.slot_width,
        "slots": figures.slots,
        "slots_used": figures.slots_used,
        "strategies": [
            {
                "underlying": each.underlying,
                "name": each.name,
                "units": each.units,
                "label": each.label,
                "legs": each.legs,
            }
            for each in report.strategies
        ],
        "groups": [_group(report, row) for row in report.expiries],
        "method": report.method,
        "segments": [asdict(row) for row in report.segments],
        "methods": [asdict(row) for row in report.methods],
        "span": [asdict(row) for row in report.risks],
    }


def _group(report: MarginReport, row: ExpiryRow) -> dict[str, Any]:
    return {
        "underlying": row.underlying,
        "expiry": _day(row.expiry),
        "settlement": row.settlement,
        "segment": row.segment,
        "by": row.by,
        "days": row.days,
        "put_side": row.put_side,
        "call_side": row.call_side,
        "requirement": row.requirement,
        "maintenance": row.maintenance,
        "gross": row.gross,
        "deposit": row.deposit,
        "margin_field": row.margin_field,
        "maintenance_gross": row.maintenance_gross,
        "maintenance_deposit": row.maintenance_deposit,
        "maintenance_field": row.maintenance_field,
        "max_loss": row.max_loss,
        "worst_price": row.worst_price,
        "slots_used": row.slots_used,
        "free_put_slots": row.free_put_slots,
        "free_call_slots": row.free_call_slots,
        "released": row.released,
        "remaining": row.remaining,
        "lines": [
            {
                "rule": line.rule,
                "label": line.label,
                "working": line.working,
                "amount": line.amount,
                "maintenance": line.maintenance,
                "source": line.source,
            }
            for line in report.working
            if (line.underlying, line.expiry, line.settlement, line.segment)
            == (row.underlying, row.expiry, row.settlement, row.segment)
        ],
    }


def public_finding(finding: Finding) -> dict[str, Any]:
    """One finding."""
    return {
        "severity": finding.severity.value,
        "problem": finding.problem,
        "remedy": finding.remedy,
        "file": finding.file,
        "line": finding.line,
        "account": finding.account,
        "underlying": finding.underlying,
        "expiry": _day(finding.expiry),
    }


def _day(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()
