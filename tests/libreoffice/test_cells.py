"""Calc's values to cells and back, as LibreOffice 25.2 was seen to pass them (the real program is asked in test_calc.py)."""

from __future__ import annotations

import datetime as dt
import math
import struct
from typing import Any

import pytest

from optmargin.core.errors import ErrorCode
from optmargin.functions.all import functions
from optmargin.functions.call import call
from optmargin.functions.declare import Unit
from optmargin.hosts.libreoffice.cells import NUMBER_OF_ERROR, answer, has_no_zero

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


def test_zero_where_a_number_belongs_stays_zero() -> None:
    assert (
        error_of(answer("NAKED_MARGIN", ("call", 17.40, 20.0, 0.65, 0.0, 100.0, None, None, None, None))[0][0]) == 503
    )
    assert answer("SLOTS", ("0", None, None)) == ((0.0,),)


def test_a_zero_that_may_be_a_blank_cell_is_refused_where_the_figure_hangs_on_it() -> None:
    # A price that is missing isn't a price of zero: without it the requirement would look smaller.
    assert error_of(answer("NAKED_MARGIN", ("call", 17.40, 20.0, 0.0, *[None] * 6))[0][0]) == 0x7FFF
    assert error_of(answer("SLOTS", (0.0, None, None))[0][0]) == 0x7FFF
    ((said,),) = answer("MARGIN_WHY", ("NAKED_MARGIN", ("call", 17.40, 20.0, 0.0)))
    assert "premium is zero or its cell is blank" in str(said)


def test_a_blank_cell_where_a_number_is_simply_unknown_is_left_out() -> None:
    # A put that is worthless requires less uncovered than spread; of one whose price isn't given that can't be said.
    # Short 95 put, long 5 put, stock at 100: 100 x (premium + max(20 - 5, 9.5)) = 1,500 + 100 x premium beside a width of 9,000.
    spread = ("put", 95.0, 5.0, 1.0, 100.0, None, None, 100.0)
    rest = (None, None, None, None)
    assert answer("SPREAD_MARGIN", (*spread, 1.0, *rest)) == ((1600.0,),)
    assert answer("SPREAD_MARGIN", (*spread, "0", *rest)) == ((1500.0,),)
    assert answer("SPREAD_MARGIN", (*spread, 0.0, *rest)) == ((9000.0,),)
    call_sold = ((*HEADER, "price", "spot"), ("VPHM", "call", 20.0, "2005-12-16", -1.0, 0.65, 17.4))
    blank = answer("MARGIN_STRESS", (call_sold, 0.0, 800.0, "ibkr-2005", None, None))
    assert blank == answer("MARGIN_STRESS", (call_sold, None, 800.0, "ibkr-2005", None, None))
    assert [row[0] for row in blank[1:3]] == [-0.2, -0.15]  # blank is -20 % to +20 % in steps of 5 %


def test_every_argument_that_takes_words_takes_zero_for_a_blank() -> None:
    for function in functions().values():
        for argument in function.arguments:
            if argument.about.unit in {Unit.RIGHT, Unit.DATE, Unit.BOOK, Unit.ASSET_CLASS, Unit.STAGE, Unit.FUNCTION}:
                assert has_no_zero(argument), f"{function.name}: {argument.name}"
            elif argument.required or argument.default is not None:
                is_number = argument.about.unit in {Unit.USD, Unit.USD_PER_SHARE, Unit.CONTRACTS, Unit.FRACTION}
                assert not (is_number and has_no_zero(argument)), f"{function.name}: {argument.name}"


def test_a_blank_cell_in_a_range_is_blank() -> None:
    rows = answer("SLOTS", (((100000.0,), ("",), (5000.0,)), None, None))
    assert [rows[0][0], rows[2][0]] == [200.0, 10.0]
    assert error_of(rows[1][0]) == 519


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
