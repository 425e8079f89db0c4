"""The template: the same bytes every time, current in the repository, and whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from office import read
from optmargin.workbook import layout
from optmargin.workbook.formulas import FORMULAS
from optmargin.workbook.template import new_template, write_template

COMMITTED = Path(__file__).parents[2] / "workbooks" / "margin_report.xlsx"


def test_the_template_is_the_same_bytes_every_time(tmp_path: Path) -> None:
    write_template(tmp_path / "one.xlsx")
    write_template(tmp_path / "two.xlsx")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_the_committed_template_is_current(tmp_path: Path) -> None:
    write_template(tmp_path / "fresh.xlsx")
    assert COMMITTED.read_bytes() == (tmp_path / "fresh.xlsx").read_bytes(), (
        "run `optmargin template workbooks/margin_report.xlsx`"
    )


def test_every_name_and_table_that_filling_needs_is_there() -> None:
    book = new_template()
    wanted = {*layout.WRITTEN_NAMES, *layout.FORMULA_NAMES, *layout.PREFERENCE_NAMES, *layout.PARACHUTE_NAMES}
    assert set(book.defined_names) == wanted
    tables = {table.name: sheet[table.ref][0] for sheet in book.worksheets for table in sheet.tables.values()}
    assert {name: [cell.value for cell in headings] for name, headings in tables.items()} == {
        shape.name: [column.heading for column in shape.columns] for shape in layout.TABLES
    }


def test_sheets_stand_in_the_order_in_which_they_are_read() -> None:
    book = new_template()
    assert book.sheetnames == [
        "Summary",
        "Expiries",
        "Positions",
        "Strategies",
        "Working",
        "Stress",
        "Segments",
        "Parachutes",
        "Inputs",
        "Findings",
    ]
    assert book.active.title == "Summary"
    assert all(
        sheet.page_setup.orientation == "landscape" and sheet.page_setup.fitToWidth == 1 for sheet in book.worksheets
    )
    assert [sheet.print_title_rows for sheet in book.worksheets[1:5]] == ["$5:$5"] * 4
    assert not book["Summary"].sheet_view.showGridLines


@pytest.mark.parametrize("name", sorted(FORMULAS))
def test_no_live_formula_holds_a_cell_address(name: str) -> None:
    outside_texts = re.sub(r'"[^"]*"', "", FORMULAS[name])
    assert not re.search(r"\b\$?[A-Z]{1,3}\$?[0-9]+\b", outside_texts)
    assert set(FORMULAS) == set(layout.FORMULA_NAMES)


def test_a_written_template_says_nothing_of_the_machine(tmp_path: Path) -> None:
    write_template(tmp_path / "template.xlsx")
    properties = read(tmp_path / "template.xlsx").properties
    assert (properties.creator, properties.lastModifiedBy, properties.title) == (
        "optmargin",
        None,
        "Daily margin report",
    )
    assert properties.created.year == properties.modified.year == 2000
