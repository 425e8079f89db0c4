"""Columns: each row of a range is answered as that row alone would be, whatever stands in the others."""

import datetime as dt

import numpy as np
import pytest

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions.call import call
from optmargin.functions.declare import Argument, Unit
from optmargin.functions.naked import Contracts, Premium, Right, Spot
from optmargin.functions.reading import Reader

PLAIN = {
    "right": ["call", "put"],
    "price": [17.4, 20.0, 0.65, 100, 95.0, 4000.0],
    "contracts": [1, 2.0, 50.0],
    "class": ["equity", "broad_index", "etf"],
    "book": ["ibkr", "cboe", "ibkr-2005", "tastytrade"],
    "day": [None, "2024-01-05", dt.date(2013, 1, 2), 45000.0],
    "leverage": [1, 2.0],
}
ODD = {
    "right": [None, "cal", "stock", "P ", "#N/A", 1],
    "price": [None, "", "17.40", "$20", "5 %", "abc", True, -1, 0, -0.0, float("nan"), float("inf"), 1e13, "#REF!", 10**400,
              np.float64(3.5), dt.date(2020, 1, 1), MarginError(ErrorCode.MISSING, "no price")],
    "contracts": [1.5, 0, -1, "3", None],
    "class": ["Broad Index", "future", "equities", None],
    "book": ["IBKR ", "nobody", None, "#VALUE!"],
    "day": ["1990-01-01", "01/02/2020", dt.datetime(2020, 1, 2, 3)],
    "leverage": [None, 0, "2"],
}  # fmt: skip
FUNCTIONS = {
    "NAKED_MARGIN": "right price price price contracts price class book day leverage",
    "NAKED_DEPOSIT": "right price price price contracts price class book day leverage",
    "SPREAD_MARGIN": "right price price contracts price day day price price class book day leverage",
    "SLOTS": "price price price",
    "CUSHION": "price price",
}


def said(cell):
    """A cell so that two of them can be compared: an error is its sentence."""
    return (cell.code, str(cell)) if isinstance(cell, MarginError) else cell


def column_of(kind, rows, random, oddity):
    cells = []
    for _ in range(rows):
        pool = ODD[kind] if random.random() < oddity else PLAIN[kind]
        cells.append(pool[random.integers(len(pool))])
    return cells


@pytest.mark.parametrize("oddity", [0.0, 0.03, 0.3])
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_row_of_a_column_is_answered_as_if_it_were_alone(name, oddity):
    random = np.random.default_rng(len(name) + int(100 * oddity))
    for _ in range(20):
        rows = int(random.integers(2, 12))
        columns = [column_of(kind, rows, random, oddity) for kind in FUNCTIONS[name].split()]
        columns = columns[: random.integers(1, len(columns) + 1)]
        # some arguments are one cell for all rows, as they mostly are in a sheet
        columns = [column if random.random() < 0.6 else column[:1] * rows for column in columns]
        given = [
            [[cell] for cell in column] if len({id(cell) for cell in column}) > 1 else column[0] for column in columns
        ]
        answer = call(name, [[[cell] for cell in columns[0]], *given[1:]])
        assert len(answer.rows) == rows
        for at, row in enumerate(answer.rows):
            assert [said(cell) for cell in row] == [said(call(name, [column[at] for column in columns]).first)]


def test_a_row_and_a_column_make_a_rectangle():
    strikes, books = [90.0, 100.0, 110.0], ["ibkr", "nobody", "tastytrade", "cboe"]
    answer = call("NAKED_MARGIN", ["put", 100, [strikes], 2, 1, 100, [["equity"] * 3] * 4, [[book] for book in books]])
    for book, row in zip(books, answer.rows, strict=True):
        alone = [call("NAKED_MARGIN", ["put", 100, strike, 2, 1, 100, "equity", book]).first for strike in strikes]
        assert [said(cell) for cell in row] == [said(cell) for cell in alone]


def test_ranges_with_ragged_rows_have_no_cell_where_a_row_ends():
    answer = call("CUSHION", [[[100.0, 200.0], [300.0]], 50])
    assert [said(cell)[0] if isinstance(cell, MarginError) else cell for row in answer.rows for cell in row] == [
        0.5,
        0.25,
        pytest.approx(1 / 6),
        ErrorCode.MISSING,
    ]


def test_the_first_argument_that_is_wrong_is_the_one_named():
    answer = call("NAKED_MARGIN", ["call", [[-1], [20.0]], [["abc"], ["abc"]], "xyz"])
    assert ["spot" in str(answer.rows[0][0]), "strike" in str(answer.rows[1][0])] == [True, True]


def test_an_error_cell_stays_itself_in_a_column():
    missing = MarginError(ErrorCode.MISSING, "no price today")
    answer = call("NAKED_MARGIN", ["call", 17.4, 20, [[0.65], [missing], [0.70]]])
    assert answer.rows[1][0] is missing
    assert answer.rows[2][0] == call("NAKED_MARGIN", ["call", 17.4, 20, 0.70]).first


def test_a_long_column_with_few_refusals_by_the_body():
    # the long option expires first in two rows, and neither spot nor premium is there to say what uncovered would be
    days = ["2026-06-19"] * 1000
    days[17] = days[923] = "2026-01-16"
    answer = call("SPREAD_MARGIN", ["put", 95, 90, 1, 100, "2026-03-20", [[day] for day in days]])
    refused = [at for at, (cell,) in enumerate(answer.rows) if isinstance(cell, MarginError)]
    assert refused == [17, 923]
    assert {cell for at, (cell,) in enumerate(answer.rows) if at not in refused} == {500.0}


def test_what_a_reader_remembers_tells_types_apart():
    reader = Reader(Argument("spot", Spot.__metadata__[0], required=True, default=None))
    assert reader.one(1) == reader.one(1.0) == reader.one("1") == 1.0
    for _ in range(2):
        assert isinstance(reader.one_or_error(True), MarginError)


def test_bounds_are_those_of_the_argument():
    premium = Reader(Argument("premium", Premium.__metadata__[0], required=True, default=None))
    spot = Reader(Argument("spot", Spot.__metadata__[0], required=True, default=None))
    contracts = Reader(Argument("contracts", Contracts.__metadata__[0], required=False, default=1.0))
    smallest = 5e-324
    for reader, cells, sound in (
        (premium, [0.0, smallest, -smallest, 1e12, 1.1e12], [True, True, False, True, False]),
        (spot, [0.0, smallest, -smallest, 1e12, 1.1e12], [False, True, False, True, False]),
        (contracts, [1.0, 1.5, 0.0, 1e12, 2], [True, False, False, True, True]),
    ):
        _, errors = reader.column(cells)
        assert [at not in errors for at in range(len(cells))] == sound
        assert [not isinstance(reader.one_or_error(cell), MarginError) for cell in cells] == sound


def test_a_right_is_one_word_for_a_whole_column_or_a_column_of_them():
    reader = Reader(Argument("right", Right.__metadata__[0], required=True, default=None))
    assert Right.__metadata__[0].unit is Unit.RIGHT
    assert reader.column(["put", "put"]) == (2, {})
    values, errors = reader.column(["put", "C", "cal"])
    assert (values[:2].tolist(), list(errors)) == ([2, 1], [2])
