"""The summary of a batch: ranked by cushion, what is incomplete first, text as text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from office import read
from optmargin.core.errors import Finding, MarginError, Severity
from optmargin.workbook.summary import SummaryRow, ranked, write_summary
from workbook.invented import hostile, incomplete, many, seed, without_net_liq

ROWS = [
    SummaryRow.of(seed(), "seed.xlsx"),
    SummaryRow.of(without_net_liq(), "no net liq.xlsx"),
    SummaryRow.of(many(), "many.xlsx"),
    SummaryRow.of(incomplete(), "incomplete.xlsx"),
]


def test_accounts_are_ranked_by_cushion_and_what_is_incomplete_stands_first(tmp_path: Path) -> None:
    assert [row.report for row in ranked(ROWS)] == ["incomplete.xlsx", "many.xlsx", "seed.xlsx", "no net liq.xlsx"]
    write_summary(ROWS, tmp_path / "summary.xlsx")
    sheet = read(tmp_path / "summary.xlsx")["Accounts"]
    assert sheet.tables["Accounts"].ref == "A9:O13"
    assert [sheet[f"A{row}"].value for row in range(10, 14)] == [None, 1, 2, None]
    assert [sheet[f"D{row}"].value for row in range(10, 14)] == ["INCOMPLETE", "complete", "complete", "complete"]
    assert [sheet[f"E{row}"].value for row in range(10, 14)] == [
        "incomplete",
        pytest.approx(0.5753),
        0.96125,
        "net liq not given",
    ]
    assert [sheet[f"G{row}"].value for row in (10, 11)] == ["incomplete", 107_300]
    assert sheet["O13"].hyperlink.target == "no%20net%20liq.xlsx"


def test_files_that_could_not_be_read_are_told(tmp_path: Path) -> None:
    findings = (
        Finding(Severity.NOTE, "a note"),
        Finding(Severity.INCOMPLETE, "no layout that we know", "export it again", file="x.pdf"),
    )
    write_summary(ROWS, tmp_path / "summary.xlsx", findings)
    book = read(tmp_path / "summary.xlsx")
    assert (
        book["Accounts"]["A3"].value
        == "INCOMPLETE: besides these accounts, 1 thing could not be read; see the sheet Findings"
    )
    assert [book["Findings"][f"A{row}"].value for row in (10, 11)] == ["incomplete", "note"]
    assert book["Findings"]["B10"].value == "x.pdf"


def test_a_batch_of_none_is_a_summary_all_the_same(tmp_path: Path) -> None:
    write_summary([], tmp_path / "summary.xlsx")
    assert read(tmp_path / "summary.xlsx")["Accounts"].tables["Accounts"].ref == "A9:O10"


def test_text_stays_text_and_bytes_stay_the_same(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_summary([SummaryRow.of(hostile(), "=1+1.xlsx")], tmp_path / f"{name}.xlsx")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    sheet = read(tmp_path / "one.xlsx")["Accounts"]
    assert (sheet["B10"].data_type, sheet["N10"].data_type, sheet["O10"].data_type) == ("s", "s", "s")
    assert sheet["B10"].quotePrefix


def test_a_complete_flag_that_is_off_hides_every_total(tmp_path: Path) -> None:
    row = SummaryRow.of(replace(seed(), complete=False), "a.xlsx")
    assert (row.requirement, row.cushion, row.slots_used) == (None, None, None)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MarginError, match="can't be written"):
        write_summary(ROWS, tmp_path / "none" / "summary.xlsx")
