"""Days at the doors of spreadsheets: numbers that stand for days in a workbook that counts them from 1904, and only those."""

import datetime as dt
from typing import get_type_hints

import pytest

from optmargin.core.positions.table import ALIASES
from optmargin.functions.all import functions
from optmargin.hosts.days import FIRST_DAY, FIRST_DAY_OF_1904, arguments_of, with_days, with_serials
from optmargin.risk.span.table import MarginRow

# Microsoft, KB213593 ("XL2000: Date Returned in a Macro Is Four Years Too Early"): the same day is 1,462 less in such a workbook.
DAY, NUMBER = dt.date(2022, 12, 23), 44918.0 - 1462


def read(name, given, first_day=FIRST_DAY_OF_1904):
    return with_days(arguments_of(functions()[name], given), given, lambda: first_day)


def test_both_counts_are_excels():
    assert FIRST_DAY + dt.timedelta(days=44918) == FIRST_DAY_OF_1904 + dt.timedelta(days=NUMBER) == DAY


def test_an_argument_that_is_a_day():
    given = ["call", 17.4, 20.0, 0.65, 1.0, 100.0, "equity", "cboe"]
    assert read("NAKED_MARGIN", [*given, NUMBER]) == [*given, DAY]
    assert read("NAKED_MARGIN", [*given, [[NUMBER], [""], ["2022-12-23"]]])[-1] == [[DAY], [""], ["2022-12-23"]]
    assert read("NAKED_MARGIN", [*given, None]) == [*given, None]
    assert read("NAKED_MARGIN", [*given, NUMBER + 0.75])[-1] == DAY  # at 18:00
    assert read("NAKED_MARGIN", [*given, 20221223.0])[-1] == 20221223.0  # a day as it is written
    assert read("NAKED_MARGIN", [*given, NUMBER], FIRST_DAY) == [*given, NUMBER]


def test_an_argument_of_a_function_that_is_asked_about():
    given = ["call", 17.4, 20.0, 0.65, 1.0, 100.0, "equity", "cboe", NUMBER]
    assert read("MARGIN_WHY", ["naked_margin", *given])[1:] == [*given[:-1], DAY]
    assert read("MARGIN_WHY", [[["NAKED_MARGIN"]], *given])[-1] == DAY
    assert read("MARGIN_WHY", ["NO_SUCH_FUNCTION", NUMBER]) == ["NO_SUCH_FUNCTION", NUMBER]
    assert read("MARGIN_WHY", []) == []


@pytest.mark.parametrize("header", [*ALIASES["expiry"], *ALIASES["as_of"], "Expiry Date", "AS_OF"])
def test_a_column_of_positions(header):
    legs = [["Positions of Friday", None], ["strike", header], [NUMBER, NUMBER], [3800.0, ""], [True, "2022-12-23"]]
    found = read("BOOK_MARGIN", [legs, "ibkr"])
    assert found == [[*legs[:2], [NUMBER, DAY], [3800.0, ""], [True, "2022-12-23"]], "ibkr"]


def test_a_column_of_published_margins():
    days = {name for name, kind in get_type_hints(MarginRow).items() if kind is dt.date} - {
        "last_day"
    }  # which a range can't give
    assert days
    for name in days:
        table = [["code", "long_margin", name], ["ES", NUMBER, NUMBER]]
        given = [[["underlying"]], None, None, None, None, "auto", table]
        assert read("SPAN_MARGIN", given)[-1] == [table[0], ["ES", NUMBER, DAY]]


def test_a_table_that_is_one_cell_stays_as_it_is():
    assert read("BOOK_MARGIN", [NUMBER]) == [NUMBER]


def test_days_of_an_answer():
    rows = [["expiry", DAY, 44918.0], [None, True, "2022-12-23"]]
    assert with_serials(rows, FIRST_DAY_OF_1904) == [["expiry", NUMBER, 44918.0], [None, True, "2022-12-23"]]
