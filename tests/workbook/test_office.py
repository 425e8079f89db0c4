"""The workbooks in a real LibreOffice: recalculated they show the report's figures, and words where there are none."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook

from office import converted, error_cells, named, read, recalculated
from optmargin.report.records import MarginReport
from optmargin.workbook.fill import fill
from optmargin.workbook.layout import FORMULA_NAMES
from optmargin.workbook.summary import SummaryRow, write_summary
from optmargin.workbook.template import write_template
from workbook.invented import empty, hostile, incomplete, many, seed, without_net_liq

pytestmark = pytest.mark.office


def shown(report: MarginReport, folder: Path, template: Path | None = None) -> Workbook:
    assert fill(report, template, folder / "report.xlsx") == ()
    return recalculated(folder / "report.xlsx")


def changed(path: Path, name: str, value: object) -> Workbook:
    """The workbook recalculated after somebody has typed another value into the cell of that name."""
    book = read(path)
    title, address = next(book.defined_names[name].destinations)
    book[title][address.replace("$", "")].value = value
    other = path.with_name("typed.xlsx")
    book.save(other)
    return recalculated(other)


@pytest.mark.parametrize("make", [seed, many, empty])
def test_recalculated_figures_are_those_of_the_report(tmp_path: Path, make: Callable[[], MarginReport]) -> None:
    report = make()
    book = shown(report, tmp_path)
    figures = report.figures
    assert error_cells(book) == []
    assert named(book, "report_banner") == "COMPLETE"
    assert named(book, "working_check") == "adds up: yes"
    for name, value in {
        "total_requirement": figures.initial, "total_maintenance": figures.maintenance, "deposit": figures.deposit,
        "equity_with_loan": figures.equity_with_loan, "available_funds": figures.available_funds,
        "excess_liquidity": figures.excess_liquidity, "cushion": figures.cushion, "buying_power": figures.buying_power,
        "slots_total": figures.slots, "slots_used": figures.slots_used, "gross_requirement": figures.gross,
        "margin_field": figures.margin_field,
    }.items():  # fmt: skip
        assert named(book, name) == pytest.approx(value, abs=0.005 if abs(value or 0) > 1 else 1e-9), name


def test_an_incomplete_report_shows_words_and_no_smaller_total(tmp_path: Path) -> None:
    book = shown(incomplete(), tmp_path)
    assert error_cells(book) == []
    assert named(book, "report_banner") == "INCOMPLETE: 2 things are missing; totals are not shown"
    for name in ("total_requirement", "total_maintenance", "deposit", "available_funds", "excess_liquidity", "cushion", "buying_power", "slots_used", "slots_free"):  # fmt: skip
        assert named(book, name) == "incomplete", name
    assert named(book, "working_check") == "adds up: incomplete"
    assert named(book, "slots_total") == 200


def test_a_requirement_that_somebody_deletes_makes_the_report_incomplete(tmp_path: Path) -> None:
    fill(seed(), None, tmp_path / "report.xlsx")
    book = read(tmp_path / "report.xlsx")
    book["Expiries"]["G7"].value = None
    book.save(tmp_path / "typed.xlsx")
    after = recalculated(tmp_path / "typed.xlsx")
    assert named(after, "report_banner") == "INCOMPLETE: a requirement is missing; totals are not shown"
    assert named(after, "cushion") == "incomplete"
    assert error_cells(after) == []


def test_without_net_liq_the_requirement_stands_and_the_rest_says_why_not(tmp_path: Path) -> None:
    book = shown(without_net_liq(), tmp_path)
    assert error_cells(book) == []
    assert named(book, "total_requirement") == 5_000
    assert {
        named(book, name) for name in ("available_funds", "excess_liquidity", "cushion", "slots_total", "leverage")
    } == {"net liq not given"}
    given = changed(tmp_path / "report.xlsx", "net_liq", 100_000)
    assert (named(given, "cushion"), named(given, "slots_total"), named(given, "slots_free")) == (0.96125, 200, 190)


def test_typing_another_net_liq_moves_cushion_and_slots_without_python(tmp_path: Path) -> None:
    fill(seed(), None, tmp_path / "report.xlsx")
    book = changed(tmp_path / "report.xlsx", "net_liq", 4_100)
    assert named(book, "excess_liquidity") == 225
    assert math.isclose(float(str(named(book, "cushion"))), 225 / 4_100)
    assert named(book, "cushion_words") == "below 10 %: reduce"
    assert (named(book, "slots_total"), named(book, "slots_free")) == (8, -2)
    below_zero = changed(tmp_path / "report.xlsx", "net_liq", -10)
    assert (named(below_zero, "cushion"), named(below_zero, "slots_total")) == ("net liq not above zero", 0)
    assert error_cells(below_zero) == []


def test_the_users_own_warnings_and_slot_width_are_kept_and_obeyed(tmp_path: Path) -> None:
    write_template(tmp_path / "mine.xlsx")
    book = read(tmp_path / "mine.xlsx")
    book["Inputs"]["B6"].value = 0.975
    book.save(tmp_path / "mine.xlsx")
    after = shown(seed(), tmp_path, tmp_path / "mine.xlsx")
    assert named(after, "cushion_words") == "below 97.5 %: watch"
    wider = changed(tmp_path / "report.xlsx", "slot_width", 10)
    assert (named(wider, "slots_total"), named(wider, "slots_used")) == (100, 5)


def test_a_template_that_libreoffice_has_saved_is_filled_right(tmp_path: Path) -> None:
    write_template(tmp_path / "mine.xlsx")
    theirs = converted(tmp_path / "mine.xlsx", "xlsx", tmp_path / "office")
    report = many(7)
    book = shown(report, tmp_path, theirs)
    assert error_cells(book) == []
    assert named(book, "total_requirement") == report.figures.initial
    assert named(book, "working_check") == "adds up: yes"


def test_values_written_beside_formulas_are_those_that_libreoffice_computes(tmp_path: Path) -> None:
    for make in (seed, incomplete, without_net_liq, empty, many):
        computed = shown(make(), tmp_path)
        written = read(tmp_path / "report.xlsx", values=True)
        assert {name: named(written, name) for name in FORMULA_NAMES} == {
            name: named(computed, name) for name in FORMULA_NAMES
        }


def test_hostile_text_is_text_in_a_real_program(tmp_path: Path) -> None:
    fill(hostile(), None, tmp_path / "report.xlsx")
    book = recalculated(tmp_path / "report.xlsx")
    assert error_cells(book) == []
    assert book["Positions"]["B6"].value == '=HYPERLINK("http://example.invalid","x")'
    assert book["Positions"]["B11"].value == "#N/A"
    assert book["Positions"]["B6"].data_type == "s"


def test_the_report_can_be_printed(tmp_path: Path) -> None:
    fill(many(), None, tmp_path / "report.xlsx")
    assert converted(tmp_path / "report.xlsx", "pdf", tmp_path).read_bytes().startswith(b"%PDF")


def test_the_summary_of_a_batch_recalculates(tmp_path: Path) -> None:
    rows = [SummaryRow.of(seed(), "a.xlsx"), SummaryRow.of(many(), "b.xlsx")]
    write_summary(rows, tmp_path / "summary.xlsx")
    sheet = recalculated(tmp_path / "summary.xlsx")["Accounts"]
    assert [sheet[f"D{row}"].value for row in (4, 5, 6)] == [2, 0, 5_000 + 107_300]
    write_summary([*rows, replace(SummaryRow.of(incomplete(), "c.xlsx"))], tmp_path / "summary.xlsx")
    book = recalculated(tmp_path / "summary.xlsx")
    assert [book["Accounts"][f"D{row}"].value for row in (4, 5, 6)] == [3, 1, "incomplete"]
    assert error_cells(book) == []
