"""The tour of the worksheet functions: every function is in it, and in a LibreOffice with the add-in every answer agrees."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.formula import ArrayFormula

from calc_door import calc
from office import read, recalculated
from optmargin.functions.all import functions
from optmargin.functions.call import call
from optmargin.functions.declare import Example, Unit
from optmargin.workbook import pages
from optmargin.workbook.tour import by_category, new_tour, write_tour
from optmargin.workbook.tour_block import add_block, new_sheet
from optmargin.workbook.tour_example import arguments_of, rows_of
from optmargin.workbook.tour_questions import QUESTIONS

COMMITTED = Path(__file__).parents[2] / "workbooks" / "functions.xlsx"


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tour") / "functions.xlsx"
    write_tour(path)
    return path


def columns(book: Workbook, category: str) -> list[tuple[object, object]]:
    """The first two columns of a category's sheet, row by row."""
    return [(row[0].value, row[1].value) for row in book[category].iter_rows(max_col=2)]


def test_the_tour_is_the_same_bytes_every_time_and_the_committed_one_is_current(tour: Path, tmp_path: Path) -> None:
    write_tour(tmp_path / "again.xlsx")
    assert tour.read_bytes() == (tmp_path / "again.xlsx").read_bytes()
    assert tour.read_bytes() == COMMITTED.read_bytes(), "run `optmargin template workbooks/functions.xlsx`"


def test_every_function_has_its_block_with_every_argument_an_answer_a_source_and_a_check(tour: Path) -> None:
    book = read(tour)
    assert book.sheetnames == ["Read me", *by_category(), "Functions"]
    for category, those in by_category().items():
        rows = columns(book, category)
        for function in those:
            at = next(number for number, (first, _) in enumerate(rows) if first == function.name)
            block = dict(rows[at : at + 2 + next(n for n, (first, _) in enumerate(rows[at:]) if first == "check")])
            labels = [str(label).split(",")[0] for label in block]
            assert {argument.name for argument in function.arguments} <= set(labels), function.name
            formula = block["answer"].text if isinstance(block["answer"], ArrayFormula) else block["answer"]
            assert formula == block["formula"]
            assert str(formula).startswith(f"={function.name}(")
            assert block["source"] == function.example.source
            assert ("working" in block) == (function.why is not None)


def test_a_question_of_the_tour_is_one_of_a_function_that_there_is() -> None:
    assert set(QUESTIONS) <= set(functions())
    assert all(question.endswith((".", "?")) for question in QUESTIONS.values())


@pytest.mark.parametrize("name", sorted(functions()))
def test_the_arguments_taken_out_of_an_example_are_those_that_the_example_has(name: str) -> None:
    function = functions()[name]
    given = arguments_of(function)
    assert given is not None, "the example is one call with numbers, texts and arrays"
    answer = call(name, given)
    stated = rows_of(function)
    if stated is not None:
        found = [row for row in answer.rows if any(row[: len(each)] == pytest.approx(each) for each in stated)]
        assert len(found) == len(stated)
    elif isinstance(function.example.answer, str):
        assert function.example.answer in str(answer.rows)
    else:
        assert answer.first == pytest.approx(function.example.answer)


def test_the_first_cells_of_a_row_are_enough_for_an_example() -> None:
    part = Example("=SPAN()", "['requirement', 20936.0, 23029.6, ", "the exchange")
    assert rows_of(replace(functions()["SLOTS"], example=part)) == [["requirement", 20936.0, 23029.6]]
    assert rows_of(replace(functions()["SLOTS"], example=replace(part, answer="[not cells"))) is None


def test_a_row_of_a_table_that_an_example_states_is_a_table_of_one_row() -> None:
    stated = rows_of(functions()["PARACHUTE_SCHEDULE"])
    assert stated is not None
    assert len(stated) == 1
    assert rows_of(functions()["SLOTS"]) is None
    assert rows_of(functions()["MARGIN_EXPLAIN"]) is None
    whole = rows_of(functions()["EXPIRY_MARGIN"])
    assert whole == call("EXPIRY_MARGIN", arguments_of(functions()["EXPIRY_MARGIN"]) or []).rows


def test_a_function_whose_example_asks_another_function_is_shown_as_it_is() -> None:
    nested = Example("=SLOTS(SLOTS(100000)*500)", 200.0, "200 slots of 500 are 100,000 again")
    function = replace(functions()["SLOTS"], example=nested, why=None)
    assert arguments_of(function) is None
    sheet = new_sheet(Workbook(), "Nested", "what", [function], footer="foot")
    add_block(sheet, function, "", with_working=True)
    rows = {row[0].value: row[1].value for row in sheet.cells.iter_rows(max_col=2)}
    assert (rows["formula"], rows["answer"], rows["expected"]) == (nested.formula, nested.formula, 200)
    assert sheet.checks == [f"B{next(row[0].row for row in sheet.cells.iter_rows() if row[0].value == 'check')}"]


def test_legs_stand_in_a_range_with_a_header_row_and_days_are_days(tour: Path) -> None:
    sheet = read(tour)["Margin"]
    (at,) = [row[0].row for row in sheet.iter_rows(max_col=1) if row[0].value == "EXPIRY_MARGIN"]
    header = [cell.value for cell in sheet[at + 2][1:6]]
    assert header == ["underlying", "right", "strike", "expiry", "quantity"]
    assert [cell.value.isoformat()[:10] if hasattr(cell.value, "isoformat") else cell.value for cell in sheet[at + 3][1:6]] == [
        "SPX", "put", 3800, "2022-12-23", -5,
    ]  # fmt: skip


def test_a_program_that_does_not_compute_shows_the_answers(tour: Path) -> None:
    book = read(tour, values=True)
    for category, those in by_category().items():
        rows = columns(book, category)
        answers = [value for label, value in rows if label == "answer"]
        checks = [value for label, value in rows if label == "check"]
        assert len(answers) == len(checks) == len(those)
        assert None not in answers
        assert set(checks) == {pages.AGREES}


@pytest.mark.office
def test_in_libreoffice_with_the_add_in_no_cell_is_an_error_and_every_answer_agrees(tour: Path) -> None:
    book, _ = new_tour()
    shown = dict(zip(book.sheetnames, calc().cells(tour), strict=True))
    errors = [
        f"{title} row {number}: {cell}"
        for title, rows in shown.items()
        for number, row in enumerate(rows, start=1)
        for cell in row
        if isinstance(cell, str) and cell.startswith("#") and cell.endswith(("!", "?", "/A"))
    ]
    assert errors == []
    front = [row[0] for row in shown["Read me"]]
    assert "The functions answer here." in front
    assert f"{len(functions())} of {len(functions())} answers agree with the expected ones" in front
    for category, those in by_category().items():
        checks = [row[1] for row in shown[category] if row[0] == "check"]
        assert checks == [pages.AGREES] * len(those), category


@pytest.mark.office
def test_typing_another_spot_moves_the_answer_and_its_working(tour: Path, tmp_path: Path) -> None:
    book = read(tour)
    sheet = book["Margin"]
    (at,) = [row[0].row for row in sheet.iter_rows(max_col=1) if row[0].value == "NAKED_MARGIN"]
    spot = next(row for row in range(at, at + 20) if sheet.cell(row, 1).value == "spot")
    sheet.cell(spot, 2).value = 25
    book.save(tmp_path / "typed.xlsx")
    # The thread's formula of 2005, in the money: (0.65 + 20 % of 25) x 100
    rows = calc().cells(tmp_path / "typed.xlsx")[book.sheetnames.index("Margin")][at : at + 20]
    block = {str(row[0]): row[1] for row in rows}
    assert block["answer"] == 565.0
    assert block["check"] == pages.DIFFERS
    assert "= 565.00" in str(block["working"])


@pytest.mark.office
def test_without_the_add_in_the_checks_say_that_there_is_no_answer_and_what_is_expected_stands(tour: Path) -> None:
    book = recalculated(tour)
    front = [row[0].value for row in book["Read me"].iter_rows(max_col=1)]
    assert any(str(line).startswith("The functions aren't here") for line in front)
    assert f"0 of {len(functions())} answers agree with the expected ones" in front
    for category in by_category():
        rows = columns(book, category)
        assert {value for label, value in rows if label == "check"} == {pages.NO_ANSWER}
        for function in by_category()[category]:
            if function.returns is Unit.USD:
                assert (function.name, function.example.answer) in _expected(rows)


def _expected(rows: list[tuple[object, object]]) -> set[tuple[object, object]]:
    """The function and the expected answer of each block."""
    found, name = set(), None
    for label, value in rows:
        name = label if label in functions() else name
        if label == "expected" and not isinstance(value, ArrayFormula):
            found.add((name, value))
    return found
