"""The LAMBDA workbook: its names answer what the worksheet functions answer, errors included, in programs that know LAMBDA."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openpyxl import Workbook

from office import read
from optmargin.functions.all import functions
from optmargin.functions.call import call, usage
from optmargin.functions.declare import Unit
from optmargin.rules.book import book as rule_book
from optmargin.rules.book import book_names
from optmargin.workbook.lambda_book import figures
from optmargin.workbook.lambda_functions import RULES, lambda_names, parameter, terms_read
from optmargin.workbook.lambda_sizing import ONE_CELL, SIZING_PARTS
from optmargin.workbook.lambda_text import stored
from optmargin.workbook.lambda_workbook import TRY, new_lambda, write_lambda
from workbook.lambda_door import ask_lambda, ask_second_program, evaluated, said
from workbook.random_questions import random_question, serial

COMMITTED = Path(__file__).parents[2] / "workbooks" / "lambda.xlsx"
ANSWERED = [name.name for name in lambda_names() if name.is_worksheet_function]
ROWS = 10_000

# From here on an amount has more digits than cents are counted in.
LARGE = 1e9


@pytest.fixture(scope="module")
def book() -> Workbook:
    return new_lambda()[0]


# The workbook ------------------------------------------------------------------------------------------------------------


def test_the_workbook_is_the_same_bytes_every_time_and_the_committed_one_is_current(tmp_path: Path) -> None:
    write_lambda(tmp_path / "one.xlsx")
    write_lambda(tmp_path / "two.xlsx")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    assert (tmp_path / "one.xlsx").read_bytes() == COMMITTED.read_bytes(), (
        "run `optmargin template workbooks/lambda.xlsx`"
    )


def test_its_sheets_stand_in_the_order_in_which_they_are_read(book: Workbook) -> None:
    assert book.sheetnames == ["Read me", "Try", "Book", "Formulas", "Functions"]
    assert all(sheet.page_setup.orientation == "landscape" for sheet in book.worksheets)
    assert all(sheet.page_setup.fitToWidth == 1 for sheet in book.worksheets)
    assert book.calculation.fullCalcOnLoad


def test_the_first_sheet_names_what_is_in_it_what_is_not_and_which_days_the_books_answer_for(
    book: Workbook,
) -> None:
    words = [cell.value for row in book["Read me"].iter_rows() for cell in row if cell.value]
    for name in functions():
        assert words.count(name) == 1, name
    here, not_here = (
        words.index("In this workbook"),
        next(at for at, word in enumerate(words) if str(word).startswith("Not in this workbook")),
    )
    assert [name for name in functions() if here < words.index(name) < not_here] == sorted(ANSWERED)
    for name in book_names():
        assert any(str(rule_book(name).first_day) in str(word) for word in words)
    text = " ".join(map(str, words))
    for said_there in ("Microsoft 365", "LibreOffice", "hides the add-in's function", "not run it in Excel"):
        assert said_there in text


# The names ---------------------------------------------------------------------------------------------------------------


def test_what_closed_formulas_can_say_is_there() -> None:
    margin = {"NAKED_MARGIN", "NAKED_DEPOSIT", "SPREAD_MARGIN", "STRANGLE_MARGIN", "COVERED_MARGIN"}
    sizing = {"SLOTS", "CUSHION", "PARACHUTES_FIT", "FIRST_SLOTS", "ROLL_CREDIT", "KELLY"}
    assert margin | sizing <= set(ANSWERED)
    assert set(RULES) <= set(functions())


@pytest.mark.parametrize("name", ANSWERED)
def test_a_name_takes_the_declared_arguments_in_their_order(name: str, book: Workbook) -> None:
    typed = next(each.typed for each in lambda_names() if each.name == name)
    head = re.match(r"LAMBDA\((.*?), LET\(", typed)
    assert head is not None
    assert f"{name}({head[1].replace('_given', '')})" == usage(functions()[name])
    in_file = book.defined_names[name].value
    for argument in functions()[name].arguments:
        # An optional parameter as Excel stores it: declared with one prefix, used with the other.
        assert (f"_xlop.{parameter(argument)}," in in_file) == (not argument.required)
        assert f"(_xlpm.{parameter(argument)})" in in_file


@pytest.mark.parametrize("each", lambda_names(), ids=lambda each: each.name)
def test_a_name_is_one_that_excel_takes(each: Any) -> None:
    in_file = stored(each.typed)
    assert len(in_file) <= 8192
    assert 0 < len(each.about) <= 255
    assert in_file.count("(") == in_file.count(")")
    called = {word.lower() for word in re.findall(r"([A-Za-z_.]+)\(", re.sub(r'"[^"]*"', "", each.typed))}
    local = set(re.findall(r"_xl[po]m?\.([a-z_]+)", in_file)) | set(re.findall(r"_xlop\.([a-z_]+)", in_file))
    # A local name that is also called as a function would mean something else when the formula is edited.
    assert not local & called
    # Some programs take a local name that is a name of the workbook for that one.
    assert not local & {other.name.lower() for other in lambda_names()}
    for name in local:
        assert not re.fullmatch(r"[a-z]{1,3}[0-9]+|r|c|r[0-9]*c[0-9]*", name), name
    if not ONE_CELL & {each.name} and each.name not in SIZING_PARTS:
        assert not re.search(r"\b(AND|OR|MAX|MIN|SUM|SCAN)\(", each.typed), (
            "these don't go through a column cell by cell"
        )


def test_no_formula_holds_a_rate() -> None:
    # What a book demands stands on the sheet Book; what is left are halves of rounding, and a bound that is nearly 1.
    for each in lambda_names():
        assert not re.search(r"\b0\.(?!25\b|5\b|9+\b)[0-9]+", re.sub(r'"[^"]*"', "", each.typed)), each.name


def test_every_figure_that_the_formulas_read_stands_on_the_sheet_with_its_days_and_source(book: Workbook) -> None:
    header = next(row for row in book["Book"].iter_rows() if row[3].value == "Class")
    below = book["Book"].iter_rows(min_row=header[0].row + 1, values_only=True)
    on_sheet = {(row[0], row[4], row[3] or "", row[1]): (row[2], row[5], row[7]) for row in below}
    wanted = 0
    for name in book_names():
        for key in terms_read():
            for version in rule_book(name).versions[key]:
                values = version.value.items() if hasattr(version.value, "items") else [("", version.value)]
                for asset_class, value in values:
                    last_day, figure, source = on_sheet[name, key, str(asset_class), serial(version.first_day)]
                    assert figure == value
                    assert source == version.source.cite
                    assert last_day == (version.last_day and serial(version.last_day))
                    wanted += 1
    assert wanted == len(on_sheet) == len(list(figures())) > 100


# Answers -----------------------------------------------------------------------------------------------------------------


def test_the_published_examples_come_out_where_they_are_to_be_tried(tmp_path: Path) -> None:
    write_lambda(tmp_path / "lambda.xlsx")
    cells = [cell for row in read(tmp_path / "lambda.xlsx")[TRY].iter_rows() for cell in row]
    checks = [cell for cell in cells if str(cell.value).startswith("=IF(ISERROR(")]
    assert len(checks) == len(ANSWERED)
    found = evaluated(tmp_path / "lambda.xlsx", TRY, [(cell.row, cell.column) for cell in checks])
    assert set(found) == {"agrees"}


def test_ten_thousand_random_rows_are_answered_to_the_cent_and_refused_with_the_same_error(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    questions = [(name, random_question(name, random)) for name in ANSWERED for _ in range(ROWS // len(ANSWERED) + 1)]
    answers = [said(call(name, list(arguments)).first) for name, arguments in questions]
    found = ask_lambda(questions, tmp_path)
    kinds: dict[str, Counter[str]] = {name: Counter() for name in ANSWERED}
    for (name, arguments), wanted, shown in zip(questions, answers, found, strict=True):
        kinds[name]["number" if isinstance(wanted, float) else str(wanted)] += 1
        if isinstance(wanted, str) or isinstance(shown, str) or shown is None:
            assert shown == wanted, (name, arguments)
        elif functions()[name].returns is Unit.USD:
            assert shown == wanted or abs(wanted) >= LARGE, (name, arguments)
            assert shown == pytest.approx(wanted, rel=1e-12), (name, arguments)
        else:
            assert shown == pytest.approx(wanted, rel=1e-12, abs=1e-15), (name, arguments)
    assert len(found) >= ROWS
    for name, counted in kinds.items():  # the questions were worth asking
        assert counted["number"] > len(questions) / len(ANSWERED) / 5, name
        assert counted["#VALUE!"] > 20
        assert counted["#NUM!"] > 5


def test_a_book_answers_from_its_first_day_on_and_an_earlier_day_is_missing(tmp_path: Path) -> None:
    questions, wanted = [], []
    for name in book_names():
        first, last = rule_book(name).first_day, rule_book(name).last_day
        for day in (first - dt.timedelta(days=1), first, dt.date(2150, 12, 31), None):
            # A spread, which every book permits.
            questions.append(("SPREAD_MARGIN", ["put", 100, 95, 1, 100, None, None, None, None, "equity", name, day]))
        wanted += ["#N/A", 500, "#N/A" if last else 500, 500]
    assert ask_lambda(questions, tmp_path) == wanted


def test_the_day_picks_the_terms_however_it_is_written(tmp_path: Path) -> None:
    # Leverage multiplies the rates from 30 April 2010 (FINRA RN 09-65): 3 x 20 % of 100 against 20 %.
    before = (
        dt.date(2010, 4, 29),
        "2010-04-29",
        "2010-4-29",
        "2010/04/29",
        40297,
        40297.75,
        20100429,
        "20100429",
        "40297",
    )
    days = [*before, dt.date(2010, 4, 30), None]
    questions = [("NAKED_MARGIN", ["call", 100, 100, 1, 1, 100, "etf", "cboe", day, 3]) for day in days]
    assert ask_lambda(questions, tmp_path) == [2100.0] * len(before) + [6100.0, 6100.0]


def test_the_published_figures_of_other_books_come_out(tmp_path: Path) -> None:
    found = ask_lambda(
        [
            # Options forum thread of November 2005: 315 by the broker's page of that year, 239 by the exchange's rule
            ("NAKED_MARGIN", ["call", 17.40, 20, 0.65, 1, 100, "equity", "ibkr-2005"]),
            ("NAKED_MARGIN", ["call", 17.40, 20, 0.65, 1, 100, "equity", "cboe"]),
            # tastytrade, support article 43000435195: ((.2 x 65) - 3 + 1.5) x 100 = 1,150, of which 150 is the sale's
            ("NAKED_MARGIN", ["call", 65, 68, 1.5, 1, 100, "equity", "tastytrade"]),
            ("NAKED_MARGIN", ["call", 65, 68, 1.5, 1, 100, "equity", "cboe"]),
            # tastytrade, article 43000435298: a calendar whose long expires first, 2 x (8 - 3 + 4) x 100
            ("SPREAD_MARGIN", ["call", 43, 43, 2, 100, dt.date(2026, 6, 19), dt.date(2026, 3, 20), 40, 4]),
            # Trader's seven points on margin, numbers 5 and 2
            ("SPREAD_MARGIN", ["put", 3800, 3795, 5]),
            ("SLOTS", [100_000]),
        ],
        tmp_path,
    )
    assert found == [315, 239, 1000, 1150, 1800, 2500, 200]


def test_text_that_is_read_more_narrowly_is_refused_and_never_another_figure(tmp_path: Path) -> None:
    texts = ("1e3", "1 234", "1'234", "23-Dec-2022", "12/23/2022", "23.12.2022", "Dec 23, 2022", "\u200b5")
    as_prices = [("NAKED_MARGIN", ["call", text, 20, 0.65]) for text in texts]
    as_days = [("NAKED_MARGIN", ["call", 17.4, 20, 0.65, 1, 100, "equity", "cboe", text]) for text in texts]
    assert set(ask_lambda([*as_prices, *as_days], tmp_path)) == {"#VALUE!"}


def test_cents_are_rounded_half_to_even(tmp_path: Path) -> None:
    # Noise beyond the 12th digit counts for nothing.
    rounded = {
        0.725: 0.72, 0.775: 0.78, 2.675: 2.68, -0.725: -0.72, 1.005: 1.0, 0.0049: 0.0, 123456.785: 123456.78,
        315.0000000000001: 315.0, 1234.565000000001: 1234.56, 1234.5650001: 1234.57, 99999999.995: 100000000.0,
    }  # fmt: skip
    assert ask_lambda([("om_cents", [amount]) for amount in rounded], tmp_path) == list(rounded.values())


def test_a_figure_that_somebody_overwrites_on_the_sheet_is_the_one_that_counts(tmp_path: Path) -> None:
    def double_the_floor(book: Workbook) -> None:
        (row,) = [
            row
            for row in book["Book"].iter_rows()
            if row[0].value == "ibkr-2005" and row[4].value == "uncovered.floor_per_share" and row[2].value is None
        ]
        assert row[5].value == 2.5
        row[5].value = 5

    question = ("NAKED_MARGIN", ["call", 17.40, 20, 0.65, 1, 100, "equity", "ibkr-2005"])
    assert ask_lambda([question], tmp_path, double_the_floor) == [565]


def test_a_second_program_answers_the_same_and_columns_cell_by_cell(tmp_path: Path) -> None:
    formulas = [functions()[name].example.formula.removeprefix("=") for name in ANSWERED]
    column = (
        'NAKED_MARGIN({"call";"put";"cal"},100,{90,100,110},2,1,100,"etf",{"cboe","ibkr","ibkr-2005"},"2024-01-05",2)'
    )
    found = ask_second_program([*formulas, column, "SLOTS({100000;-1;5000},{5;5;0})", 'SLOTS("n/a")'], tmp_path)
    for name, answer in zip(ANSWERED, found, strict=False):
        assert answer == pytest.approx(functions()[name].example.answer), name
    grid = call("NAKED_MARGIN", [
        [["call"], ["put"], ["cal"]], 100, [[90, 100, 110]], 2, 1, 100, "etf", [["cboe", "ibkr", "ibkr-2005"]], "2024-01-05", 2,
    ])  # fmt: skip
    assert found[-3] == [[said(cell) for cell in row] for row in grid.rows]
    assert found[-2:] == [[[200], [0], ["#NUM!"]], "#VALUE!"]


def test_a_function_that_takes_single_cells_refuses_a_column(tmp_path: Path) -> None:
    asked = {
        "PARACHUTES_FIT": ("{100000;50000}, 6", "100000, {6;7}"),
        "FIRST_SLOTS": ("{100000;50000}, 5", "100000, {5;6}", "100000, 5, 5, 100, {2;1.5}"),
    }
    assert set(asked) == ONE_CELL
    formulas = [f"{name}({arguments})" for name, each in asked.items() for arguments in each]
    assert ask_second_program(formulas, tmp_path) == [[["#VALUE!"], ["#VALUE!"]]] * len(formulas)
