"""The sheet of functions: everything that was declared stands on it, as text, in the template and in the workbooks beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from office import read
from optmargin.functions.all import functions
from optmargin.functions.call import usage
from optmargin.workbook.kinds import KINDS
from optmargin.workbook.sheet_functions import NAME, add_functions


@pytest.fixture(scope="module")
def sheet() -> Worksheet:
    book = Workbook()
    add_functions(book, "foot")
    return book[NAME]


def block(sheet: Worksheet, name: str) -> list[list[str]]:
    """The rows of one function: from its name to the row before the next name."""
    rows = [[cell.value or "" for cell in row] for row in sheet.iter_rows(min_row=5, max_col=5)]
    at = next(number for number, row in enumerate(rows) if row[0] == name)
    length = next((number for number, row in enumerate(rows[at + 1 :], start=1) if row[0]), len(rows) - at)
    return rows[at : at + length]


@pytest.mark.parametrize("name", sorted(functions()))
def test_a_function_stands_there_with_its_arguments_units_help_defaults_and_example(
    name: str, sheet: Worksheet
) -> None:
    function = functions()[name]
    first, *rows = block(sheet, name)
    assert first[2:4] == [function.about, str(function.returns)]
    described = rows[: len(function.arguments)]
    for argument, row in zip(function.arguments, described, strict=True):
        assert row[1] == argument.name
        assert row[2].startswith(argument.about.help)
        assert row[3] == str(argument.about.unit)
        assert (row[4] == "must be given") == argument.required
        if isinstance(argument.default, str) and argument.default:
            assert row[4] == argument.default
        elif isinstance(argument.default, float):
            assert float(row[4]) == argument.default
        for bound in (argument.about.above, argument.about.at_least, argument.about.at_most):
            assert bound is None or f"{bound:g}" in row[2]
    said = {row[1]: row[2] for row in rows[len(function.arguments) :]}
    assert said["written"] == usage(function)
    assert said["example"] == function.example.formula
    assert said["its source"] == function.example.source
    if isinstance(function.example.answer, float):
        assert float(said["its answer"]) == pytest.approx(function.example.answer)
    else:
        assert said["its answer"] == function.example.answer


def test_functions_stand_under_their_category_in_alphabetical_order(sheet: Worksheet) -> None:
    words = [cell.value for (cell,) in sheet.iter_rows(min_row=5, max_col=1) if cell.value]
    wanted = []
    for category in sorted({function.category for function in functions().values()}):
        wanted += [category, *(name for name, each in functions().items() if each.category == category)]
    assert words == wanted


def test_an_example_is_text_and_no_formula(sheet: Worksheet) -> None:
    cells = [cell for row in sheet.iter_rows() for cell in row if str(cell.value).startswith("=")]
    assert len(cells) == len(functions())
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in cells)


def test_only_some_functions_are_listed_where_only_those_are_there() -> None:
    book = Workbook()
    add_functions(book, "foot", only=("SLOTS", "CUSHION"))
    names = {cell.value for (cell,) in book[NAME].iter_rows(min_row=5, max_col=1) if cell.value}
    assert names == {"Account", "SLOTS", "CUSHION"}


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"parachutes"}))  # whose formulas are plain ones
def test_every_workbook_that_people_fill_in_has_it_as_its_last_sheet(kind: str, tmp_path: Path) -> None:
    KINDS[kind](tmp_path / "book.xlsx")
    book = read(tmp_path / "book.xlsx")
    assert book.sheetnames[-1] == NAME
    assert book[NAME].freeze_panes == "A5"
    assert book[NAME].print_title_rows == "$4:$4"
    assert book.properties.creator == "optmargin"
    assert book.properties.modified.year == 2000
