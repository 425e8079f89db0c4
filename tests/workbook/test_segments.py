"""The sheet of the segments: three tables under one another, an alarm where one lacks money, and totals that add up all the same."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook

from office import error_cells, named, read, recalculated
from optmargin.batch.reports import Settings, file_reports
from optmargin.report.records import MarginReport
from optmargin.workbook.fill import fill
from optmargin.workbook.summary import SummaryRow, ranked
from workbook.invented import seed

ROWS = """account,underlying,right,strike,expiry,quantity,price,spot
U1,ES,future,,2025-12-19,1,6600,
U1,SPX,put,6300,2025-10-17,-5,30,6590
U1,SPX,put,6295,2025-10-17,5,29.2,6590
"""
LONG = 20_936.0  # CME, E-mini S&P 500 maintenance margin of one long future, 12 September 2025


def report_of(folder: Path, cash: float | None) -> MarginReport:
    path = folder / "positions.csv"
    path.write_text(ROWS, encoding="utf-8")
    given = {} if cash is None else {"": cash}
    settings = Settings(as_of=dt.date(2025, 9, 12), net_liq={"": 60_000.0}, commodity_cash=given, stress=False)
    (report,) = file_reports(path, settings).reports
    return report


def column(book: Workbook, table: str, heading: str) -> list[object]:
    sheet = book["Segments"]
    rows = list(sheet[sheet.tables[table].ref])
    at = [cell.value for cell in rows[0]].index(heading)
    return [row[at].value for row in rows[1:]]


def test_the_three_tables_stand_under_one_another(tmp_path: Path) -> None:
    assert fill(report_of(tmp_path, 20_000.0), None, tmp_path / "report.xlsx") == ()
    book = read(tmp_path / "report.xlsx")
    assert column(book, "Segments", "Segment") == ["securities", "futures"]
    assert column(book, "Segments", "Maintenance") == [2_500, LONG]
    assert column(book, "Segments", "Excess liquidity") == [37_900, 20_000 - LONG]
    assert column(book, "Segments", "Level") == [None, "calibrated"]
    assert column(book, "Methods", "Securities by") == ["strategy", "portfolio margin"]
    assert column(book, "Products", "Futures on") == ["ES E-mini S&P 500"]
    assert column(book, "Products", "Scan risk") == [LONG]
    refs = [book["Segments"].tables[name].ref for name in ("Segments", "Methods", "Products")]
    assert refs == ["A6:N8", "A11:N13", "A16:N17"]


def test_an_alarm_where_a_segment_lacks_money(tmp_path: Path) -> None:
    fill(report_of(tmp_path, 20_000.0), None, tmp_path / "poor.xlsx")
    poor = read(tmp_path / "poor.xlsx")
    assert str(named(poor, "segment_alarm")).startswith("FUTURES SEGMENT LACKS 936.00 of its maintenance requirement")
    assert "hides that" in str(named(poor, "segment_words"))
    fill(report_of(tmp_path, 30_000.0), None, tmp_path / "rich.xlsx")
    rich = read(tmp_path / "rich.xlsx")
    assert named(rich, "segment_alarm") is None
    assert named(rich, "segment_words") == "Each segment covers its own requirement."
    fill(report_of(tmp_path, None), None, tmp_path / "unknown.xlsx")
    assert "cash of the segment not given" in str(named(read(tmp_path / "unknown.xlsx"), "segment_words"))


def test_totals_recalculate_without_python(tmp_path: Path) -> None:
    fill(report_of(tmp_path, 20_000.0), None, tmp_path / "report.xlsx")
    book = recalculated(tmp_path / "report.xlsx")
    assert error_cells(book) == []
    assert named(book, "total_maintenance") == pytest.approx(2_500 + LONG)
    assert named(book, "excess_liquidity") == pytest.approx(60_000 - 2_100 - LONG)
    assert named(book, "working_check") == "adds up: yes"


def test_many_products_are_all_printed(tmp_path: Path) -> None:
    report = report_of(tmp_path, 20_000.0)
    fill(replace(report, risks=report.risks * 12), None, tmp_path / "report.xlsx")
    book = read(tmp_path / "report.xlsx")
    assert book["Segments"].tables["Products"].ref == "A16:N28"
    assert str(book["Segments"].print_area).endswith("$N$28")


def test_an_account_without_futures_says_so(tmp_path: Path) -> None:
    assert fill(seed(), None, tmp_path / "report.xlsx") == ()
    assert "No futures" in str(named(read(tmp_path / "report.xlsx"), "segment_words"))


def test_a_batch_ranks_an_account_whose_segment_lacks_money_before_the_others(tmp_path: Path) -> None:
    poor = SummaryRow.of(report_of(tmp_path, 20_000.0), "poor.xlsx")
    rich = SummaryRow.of(report_of(tmp_path, 30_000.0), "rich.xlsx")
    assert (poor.lacks, rich.lacks) == (True, False)
    assert [row.report for row in ranked([rich, poor])] == ["poor.xlsx", "rich.xlsx"]
