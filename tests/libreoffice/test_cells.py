"""Calc's values to cells and back, as LibreOffice 25.2 was seen to pass them (the real program is asked in test_calc.py)."""

from __future__ import annotations

import datetime as dt
import math
import struct
from typing import Any

import pytest

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions.all import functions
from optmargin.functions.call import call
from optmargin.functions.declare import Unit
from optmargin.hosts.libreoffice.cells import NUMBER_OF_ERROR, answer, of_zero, without_blank_ends

VPHM = ("call", 17.40, 20.0, 0.65, 1.0, 100.0, "equity", "ibkr-2005")
HEADER = ("underlying", "right", "strike", "expiry", "quantity")
# 2022-12-23 and 2022-12-30 as Calc counts days
FIRST, SECOND = 44918.0, 44925.0
LEGS = (
    HEADER,
    ("SPX", "put", 3800.0, FIRST, -5.0),
    ("SPX", "put", 3795.0, FIRST, 5.0),
    ("SPX", "call", 3980.0, SECOND, -5.0),
    ("SPX", "call", 3985.0, SECOND, 5.0),
)


def error_of(value: Any) -> int:
    """Calc's number of the error that a NaN bears."""
    assert math.isnan(value)
    return int(struct.unpack("<II", struct.pack("<d", value))[0])


def test_numbers_and_texts_go_in_and_a_number_comes_out() -> None:
    assert answer("NAKED_MARGIN", (*VPHM, None, None)) == ((315.0,),)


def test_what_is_left_out_is_its_default() -> None:
    assert answer("NAKED_MARGIN", ("call", 17.40, 20.0, 0.65, None, None, None, "ibkr-2005", None, None)) == ((315.0,),)


def test_a_blank_cell_where_a_word_or_a_day_belongs_is_left_out() -> None:
    # A single blank cell arrives as zero, which is no class, no book and no day.
    assert answer("NAKED_MARGIN", ("call", 17.40, 20.0, 0.65, 1.0, 100.0, 0.0, "ibkr-2005", 0.0, None)) == ((315.0,),)
    assert error_of(answer("NAKED_MARGIN", (0.0, *VPHM[1:], None, None))[0][0]) == 519  # the right is required


def why(name: str, *arguments: Any) -> str:
    """The first line of what MARGIN_WHY says."""
    return str(answer("MARGIN_WHY", (name, arguments))[0][0])


def test_a_zero_that_may_be_a_blank_cell_is_refused_where_an_argument_must_be_given() -> None:
    # A price that is missing isn't a price of zero: without it the requirement would look smaller.
    assert error_of(answer("NAKED_MARGIN", ("call", 17.40, 20.0, 0.0, *[None] * 6))[0][0]) == 0x7FFF
    assert error_of(answer("SLOTS", (0.0, None, None))[0][0]) == 0x7FFF
    assert answer("SLOTS", ("0", None, None)) == ((0.0,),)
    assert why("NAKED_MARGIN", "call", 17.40, 20.0, 0.0) == (
        "#N/A: premium is zero or its cell is blank, which Calc doesn't tell apart; "
        'write "0" in quotes where zero is meant, or write the cell as a range, D2:D2'
    )


def test_a_zero_that_may_be_a_blank_cell_is_refused_where_a_blank_is_another_number() -> None:
    # 100,000 in slots of $500 is 200 slots without parachutes; a blank is five parachutes, which leave 6: 100,000 / (2^5 x 500) is 6.25.
    assert error_of(answer("FIRST_SLOTS", (100_000.0, 0.0, *[None] * 9))[0][0]) == 0x7FFF
    assert answer("FIRST_SLOTS", (100_000.0, "0", *[None] * 9)) == ((200.0,),)
    assert answer("FIRST_SLOTS", (100_000.0, (("",),), *[None] * 9)) == ((6.0,),)
    assert error_of(answer("PARACHUTE_KELLY", (1.0, 2.5, 0.1, 0.0, *[None] * 7))[0][0]) == 0x7FFF
    assert why("FIRST_SLOTS", 100_000.0, 0.0) == (
        '#N/A: parachutes is zero or its cell is blank, which Calc doesn\'t tell apart; write "0" in quotes where zero is meant, leave '
        "the argument out where nothing is meant, or write the cell as a range, D2:D2"
    )


def test_a_zero_that_may_be_a_blank_cell_is_refused_where_a_blank_is_no_number() -> None:
    # A put that is worthless requires less uncovered than spread; of one whose price isn't given that can't be said.
    # Short 95 put, long 5 put, stock at 100: 100 x (premium + max(20 - 5, 9.5)) = 1,500 + 100 x premium beside a width of 9,000.
    spread, rest = ("put", 95.0, 5.0, 1.0, 100.0, None, None, 100.0), (None, None, None, None)
    assert answer("SPREAD_MARGIN", (*spread, 1.0, *rest)) == ((1600.0,),)
    assert answer("SPREAD_MARGIN", (*spread, "0", *rest)) == ((1500.0,),)
    assert answer("SPREAD_MARGIN", (*spread, None, *rest)) == ((9000.0,),)
    assert error_of(answer("SPREAD_MARGIN", (*spread, 0.0, *rest))[0][0]) == 0x7FFF
    # Cboe, broad index: 5 x 100 x max(0.15 x 4000 - 200, 0.10 x 3800) = 200,000 beside a width of 400,000.
    cboe = ("put", 3800.0, 3000.0, 5.0, 100.0, None, None, 4000.0)
    assert answer("SPREAD_MARGIN", (*cboe, "0", "broad_index", "cboe", None, None)) == ((200_000.0,),)
    assert error_of(answer("SPREAD_MARGIN", (*cboe, 0.0, "broad_index", "cboe", None, None))[0][0]) == 0x7FFF


def test_a_zero_that_may_be_a_blank_cell_is_refused_in_place_of_a_list() -> None:
    call_sold = ((*HEADER, "price", "spot"), ("VPHM", "call", 20.0, "2005-12-16", -1.0, 0.65, 17.4))
    rest = ("ibkr-2005", None, None)
    stressed = answer("MARGIN_STRESS", (call_sold, "0", 800.0, *rest))
    assert [row[0] for row in stressed[1:]] == [0.0]
    assert error_of(answer("MARGIN_STRESS", (call_sold, 0.0, 800.0, *rest))[0][0]) == 0x7FFF
    assert error_of(answer("MARGIN_STRESS", (call_sold, None, 0.0, *rest))[0][0]) == 0x7FFF


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("NAKED_MARGIN", ("call", 0.0, 20.0, 0.65), "spot {}; it must be greater than 0"),
        ("NAKED_MARGIN", ("call", 17.4, 20.0, 0.65, 0.0), "contracts {}; it must be greater than 0, or be left out"),
        ("SLOTS", (100_000.0, 0.0), "slot_width {}; it must be greater than 0, or be left out"),
        ("SLOTS", (100_000.0, 5.0, 0.0), "multiplier {}; it must be greater than 0, or be left out"),
        (
            "COVERED_MARGIN",
            ("call", 17.4, 20.0, 0.65, 1.0, 100.0, 0.0),
            "stock_price {}; it must be greater than 0, or be left out",
        ),
        (
            "NAKED_MARGIN",
            (*VPHM[:6], None, None, None, 0.0),
            "leverage {}; it must be 1 or more, or be left out",
        ),
    ],
)
def test_a_zero_that_cant_be_is_an_error_and_never_the_default(
    name: str, arguments: tuple[Any, ...], said: str
) -> None:
    left_out = len(functions()[name].arguments) - len(arguments)
    assert error_of(answer(name, (*arguments, *[None] * left_out))[0][0]) == 503
    assert why(name, *arguments) == "#NUM!: " + said.format(
        "is zero or its cell is blank, which Calc doesn't tell apart"
    )


WORDS = {
    Unit.RIGHT, Unit.DATE, Unit.BOOK, Unit.ASSET_CLASS, Unit.STAGE, Unit.FUNCTION, Unit.ACCOUNT_TYPE, Unit.LEGS, Unit.READING, Unit.ROLL,
    Unit.EXERCISE, Unit.LEVEL, Unit.TEXT,
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(functions()))
def test_no_argument_guesses_at_a_zero(name: str) -> None:
    for argument in functions()[name].arguments:
        if argument.repeats:
            continue
        zero = of_zero(argument)
        if argument.about.unit in WORDS:  # among which there is no zero
            assert zero is None, argument.name
        elif not argument.required and argument.default == 0.0:  # a blank means the same
            assert zero == 0.0, argument.name
        else:
            assert isinstance(zero, MarginError), argument.name
            assert "is zero or its cell is blank" in zero.problem
            assert zero.remedy


def test_a_blank_cell_in_a_range_is_blank() -> None:
    rows = answer("SLOTS", (((100000.0,), ("",), (5000.0,)), None, None))
    assert [rows[0][0], rows[2][0]] == [200.0, 10.0]
    assert error_of(rows[1][0]) == 519


WHOLE_COLUMN = 2**20


def whole_column(*cells: Any) -> tuple[tuple[Any], ...]:
    """A column of a sheet that begins with some cells."""
    return tuple((cell,) for cell in cells) + (("",),) * (WHOLE_COLUMN - len(cells))


def test_a_whole_column_is_cut_down_to_what_it_holds() -> None:
    assert answer("SLOTS", (whole_column(100_000.0, 5000.0), None, None)) == ((200.0,), (10.0,))
    assert error_of(answer("SLOTS", (whole_column(), None, None))[0][0]) == 519  # one blank cell is left
    rows = answer("SLOTS", (whole_column(100_000.0, "", 5000.0), None, None))
    assert [rows[0][0], error_of(rows[1][0]), rows[2][0]] == [200.0, 519, 10.0]
    below_a_header = whole_column(100_000.0)[:-1]
    assert answer("SLOTS", (below_a_header, None, None)) == ((200.0,),)


def test_whole_columns_are_cut_alike_so_that_a_short_one_doesnt_serve_every_row() -> None:
    # The second row has no price; were its column cut to the one that it holds, that would be taken for both.
    rights, spots, strikes = whole_column("call", "call"), whole_column(17.4, 17.4), whole_column(20.0, 20.0)
    rest = (None, None, None, "ibkr-2005", None, None)
    rows = answer("NAKED_MARGIN", (rights, spots, strikes, whole_column(0.65), *rest))
    assert (rows[0][0], error_of(rows[1][0]), len(rows)) == (315.0, 519, 2)
    rows = answer("NAKED_MARGIN", (rights, ((17.4,), (17.4,), (17.4,)), strikes, whole_column(0.65), *rest))
    assert (rows[0][0], [error_of(row[0]) for row in rows[1:]]) == (315.0, [519, 519])
    assert answer("MARGIN_WHY", ("SLOTS", (whole_column(100_000.0, 5000.0),)))[1] == (
        "SLOTS(net_liq 5000, slot_width 5, multiplier 100) = 10",
    )


def test_a_whole_row_is_cut_too_and_any_other_range_stays_as_it_is() -> None:
    row = ((100_000.0, 5000.0, *[""] * (2**14 - 2)),)
    assert answer("SLOTS", (row, None, None)) == ((200.0, 10.0),)
    with_blank_end = ((100_000.0,), ("",))
    assert without_blank_ends([with_blank_end, None, 5.0]) == [with_blank_end, None, 5.0]
    assert error_of(answer("SLOTS", (with_blank_end, None, None))[1][0]) == 519  # a missing net liq is seen in a total


FROM_1904 = dt.date(1904, 1, 1)
FIRST_OF_1904, SECOND_OF_1904 = FIRST - 1462, SECOND - 1462  # Microsoft, KB213593: four years and a day


def test_days_of_a_workbook_that_counts_from_1904_are_understood_and_shown() -> None:
    legs = (HEADER, *((*leg[:3], leg[3] - 1462, leg[4]) for leg in LEGS[1:]))  # type: ignore[operator]
    rows = answer("EXPIRY_MARGIN", (legs, *[None] * 4), lambda: FROM_1904)
    assert [row[1] for row in rows] == ["expiry", FIRST_OF_1904, SECOND_OF_1904]
    assert [row[4] for row in rows[1:]] == [2500.0, 2500.0]
    # On 2012-04-30 the latest of Cboe's terms are those of 2010-04-30; four years earlier they are others.
    (cboe,) = [row for row in answer("MARGIN_BOOK", (39_567.0,), lambda: FROM_1904) if row[0] == "cboe"]
    assert cboe[4] == float((dt.date(2010, 4, 30) - FROM_1904).days)
    said = answer("MARGIN_WHY", ("NAKED_MARGIN", (*VPHM[:7], "ibkr", 39_567.0)), lambda: FROM_1904)
    assert "no terms for 2012-04-30" in str(said[0][0])


def test_the_first_day_of_a_workbook_is_asked_for_only_where_a_day_may_stand() -> None:
    def never() -> dt.date:
        raise AssertionError("it was asked for")

    assert answer("NAKED_MARGIN", (*VPHM, "2005-11-21", None), never) == ((315.0,),)
    assert answer("NAKED_MARGIN", (*VPHM, 0.0, None), never) == ((315.0,),)


@pytest.mark.parametrize(
    ("arguments", "number"),
    [
        (("cal", 17.4, 20.0, 0.65), 519),
        (("call", -17.4, 20.0, 0.65), 503),
        (("call", 17.4, 20.0, 0.65, 1.0, 100.0, "equity", "ibkr", "1990-01-01"), 0x7FFF),
        # IFERROR(range, "#N/A") is how the errors of a range are passed on row by row
        (("call", 17.4, 20.0, "#N/A"), 0x7FFF),
        (("call", 17.4, 20.0, "#DIV/0!"), 532),
        (("call", 17.4, 20.0, "#REF!"), 524),
        (("call", 17.4, 20.0, "#NAME?"), 525),
        (("call", 17.4, 20.0, "#NULL!"), 521),
    ],
)
def test_an_error_is_a_nan_that_bears_calcs_number(arguments: tuple[Any, ...], number: int) -> None:
    assert error_of(answer("NAKED_MARGIN", arguments)[0][0]) == number


def test_every_error_has_its_number() -> None:
    assert set(NUMBER_OF_ERROR) == set(ErrorCode)


def test_errors_outside_of_a_functions_rows_are_numbers_too() -> None:
    assert error_of(answer("SLOTS", (1.0, 2.0, 3.0, 4.0))[0][0]) == 519
    assert error_of(answer("NO_SUCH_FUNCTION", (1.0,))[0][0]) == 525  # gone since the extension was installed


def test_days_come_out_as_calcs_serials() -> None:
    rows = answer("EXPIRY_MARGIN", (LEGS, None, None, None, None))
    assert [row[1] for row in rows] == ["expiry", FIRST, SECOND]
    assert [row[4] for row in rows[1:]] == [2500.0, 2500.0]
    assert (dt.date(1899, 12, 30) + dt.timedelta(days=FIRST)).isoformat() == "2022-12-23"


def test_what_isnt_there_comes_out_as_an_empty_text() -> None:
    shares = (("underlying", "right", "quantity", "price"), ("IBM", "stock", 100.0, 150.0))  # stock has no expiry
    assert call("MARGIN_EXPLAIN", [[list(row) for row in shares]]).rows[1][:2] == ["IBM", None]
    assert answer("MARGIN_EXPLAIN", (shares, None, None, None))[1][:2] == ("IBM", "")


def test_the_arguments_of_a_function_that_is_asked_about_are_read_as_its_own() -> None:
    working = "(0.65 + max(0.88, 1.74, 2.50: floor)) x 100 = 315.00 [ibkr-2005]"
    assert answer("MARGIN_WHY", ("NAKED_MARGIN", VPHM)) == ((working,),)
    blanks = ("call", 17.40, 20.0, 0.65, None, None, 0.0, "ibkr-2005", 0.0)
    assert answer("MARGIN_WHY", ("naked_margin", blanks)) == ((working,),)
    assert error_of(answer("MARGIN_WHY", (None, ()))[0][0]) == 519
    assert error_of(answer("MARGIN_WHY", ("NAKED", VPHM))[0][0]) == 519


def test_a_column_of_reasons_is_a_column() -> None:
    rows = answer("MARGIN_WHY", ("SLOTS", (((100000.0,), (-5.0,), ("",)),)))
    assert [len(row) for row in rows] == [1, 1, 1]
    assert "blank" in str(rows[2][0])
