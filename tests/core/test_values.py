"""Numbers, days and blanks as brokers write them."""

import datetime as dt

import pytest

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.core.values import day, day_first_of, day_order, decimal_comma_of, is_blank, number

DECEMBER_23 = dt.date(2022, 12, 23)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", 5),
        ("+5", 5),
        ("-5", -5),
        ("\u22125", -5),
        ("5-", -5),
        ("($1,140.00)", -1140),
        ("-$120.00", -120),
        ("$1,234,567.8", 1234567.8),
        (".5", 0.5),
        ("21,792.73", 21792.73),
        ("1\xa0234.5", 1234.5),
        ("1'234.50", 1234.5),
        ("\ufeff7", 7),
        ("1e3", 1000),
        (12.5, 12.5),
        (3, 3),
    ],
)
def test_a_number_is_read(text, expected):
    assert number(text, "price") == expected


@pytest.mark.parametrize("text", ["", " ", "-", "--", "N/A", "n/a", None, "\xa0", "null"])
def test_a_blank_is_no_number(text):
    assert is_blank(text)
    assert number(text, "price") is None


@pytest.mark.parametrize(
    "text", ["abc", "1,23", "12,34,567", "nan", "inf", "1_000", "0x10", "١٢", "1.2.3", "5%", "#N/A", True]
)
def test_what_is_no_number_is_refused_with_its_value(text):
    with pytest.raises(MarginError, match=r"^price "):
        number(text, "price")


def test_a_percentage_is_a_fraction_where_it_is_welcome():
    assert number("5 %", "share", percent=True) == 0.05


@pytest.mark.parametrize("value", ["1e300", 1e13, float("inf"), "1e999"])
def test_a_number_that_cannot_be_is_out_of_the_domain(value):
    with pytest.raises(MarginError) as caught:
        number(value, "price")
    assert caught.value.code is ErrorCode.NUM


def test_decimal_commas():
    assert number("1.234,50", "price", decimal_comma=True) == 1234.5
    assert number("3800,5", "strike", decimal_comma=True) == 3800.5
    assert number("1.234", "strike", decimal_comma=True) == 1234
    assert number("1,234", "strike", decimal_comma=False) == 1234


def test_thousands_or_a_fraction_is_not_guessed_at():
    with pytest.raises(MarginError, match="may be thousands or a fraction"):
        number("3,800", "strike", decimal_comma=None)
    assert number("3800", "strike", decimal_comma=None) == 3800
    assert number("0,125", "price", decimal_comma=None) == 0.125


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["3800,5", "1,234"], True),
        (["1.234,50"], True),
        (["1,234.50"], False),
        (["22.5", "1,234"], False),
        (["0,125"], True),
        (["1,234", "5", None, 5.0], "unknown"),
        (["22.5", "22,5"], None),
    ],
)
def test_the_numbers_of_a_file_tell_its_decimal_sign(values, expected):
    assert decimal_comma_of(values, otherwise="unknown") == expected


@pytest.mark.parametrize(
    "text",
    [
        "20221223",
        "2022-12-23",
        "12/23/2022",
        "12/23/22",
        "23/12/2022",
        "23-Dec-22",
        "23-Dec-2022",
        "23DEC22",
        "2022/12/23",
        "23.12.2022",
        "Dec 23, 2022",
        "20221223;162000",
        "20221223,162000",
        "20221223 162000",
        "2022-12-23, 16:20:00",
        "2022-12-23T16:20:00Z",
        "12/23/2022;16:20:00 EST",
        "44918",
        44918,
        20221223,
        dt.datetime(2022, 12, 23, 16, 20),
        DECEMBER_23,
    ],
)
def test_a_day_is_read(text):
    assert day(text, "expiry") == DECEMBER_23


@pytest.mark.parametrize(
    "text", ["30-Feb-2024", "13/13/2022", "soon", "2022123", "MULTI", "9999-12-31", True, 3800, "3800", "-1"]
)
def test_what_is_no_day_is_refused(text):
    with pytest.raises(MarginError, match="is not a date"):
        day(text, "expiry")


def test_a_day_that_may_be_two_is_not_guessed_at():
    with pytest.raises(MarginError, match="may be 2022-12-05 or 2022-05-12"):
        day("05/12/2022", "expiry")
    assert day("05/12/2022", "expiry", day_first=True) == dt.date(2022, 12, 5)
    assert day("05/12/2022", "expiry", day_first=False) == dt.date(2022, 5, 12)
    assert day("05/05/2022", "expiry") == dt.date(2022, 5, 5)


def test_the_days_of_a_file_tell_their_order():
    assert day_first_of(map(day_order, ["05/12/2022", "23/12/2022"])) is True
    assert day_first_of(map(day_order, ["05/12/2022", "12/23/2022"])) is False
    assert day_first_of(map(day_order, ["05/12/2022", "2022-12-23"])) is None
    assert day_first_of(map(day_order, ["23/12/2022", "12/23/2022"])) is None
