"""Words for rights, days and symbols as files and people write them."""

import datetime as dt

import pytest

from optmargin.core.contracts import (
    AssetClass,
    OptionSymbol,
    Right,
    is_standard_monthly,
    parse_date,
    parse_option_symbol,
    parse_right,
    parse_word,
)
from optmargin.core.errors import ErrorCode, MarginError

# Spellings as OCC, Polygon, dxFeed and Fidelity write them (OSI plan v1.8 and the brokers' own exports).
SYMBOLS = [
    ("SPXW  221223P03800000", "SPXW", "2022-12-23", Right.PUT, 3800),
    ("SPX   221216P03800000", "SPX", "2022-12-16", Right.PUT, 3800),
    ("SPXW221223P03800000", "SPXW", "2022-12-23", Right.PUT, 3800),
    ("O:SPXW221223P03800000", "SPXW", "2022-12-23", Right.PUT, 3800),
    ("1AAPL 221223C00150000", "1AAPL", "2022-12-23", Right.CALL, 150),
    ("AAPL1 221223C00150500", "AAPL1", "2022-12-23", Right.CALL, 150.5),
    (".SPXW221223P3800", "SPXW", "2022-12-23", Right.PUT, 3800),
    (" -SPXW221223P3800", "SPXW", "2022-12-23", Right.PUT, 3800),
    ("spxw  221223p03800000", "SPXW", "2022-12-23", Right.PUT, 3800),
]


@pytest.mark.parametrize(("text", "root", "expiry", "right", "strike"), SYMBOLS)
def test_a_symbol_names_its_contract(text, root, expiry, right, strike):
    assert parse_option_symbol(text) == OptionSymbol(root, dt.date.fromisoformat(expiry), right, strike)


@pytest.mark.parametrize("text", ["", "SPX", "SPXW  221323P03800000", "SPXW 221223X03800000", "AAPL 23DEC22 150 C"])
def test_what_is_no_symbol_is_refused(text):
    with pytest.raises(MarginError) as caught:
        parse_option_symbol(text)
    assert caught.value.code is ErrorCode.VALUE
    assert repr(text) in caught.value.problem


@pytest.mark.parametrize("word", ["C", "c", "call", "Call", " CALL "])
def test_a_trader_writes_call_in_many_ways(word):
    assert parse_right(word) is Right.CALL


@pytest.mark.parametrize(
    "value",
    [
        "2022-12-23",
        "20221223",
        "23-Dec-2022",
        "23 Dec 22",
        "23DEC22",
        44918,
        44918.0,
        "44918",
        20221223,
        dt.datetime(2022, 12, 23, 16, 15),
        "2022-12-23T16:15:00",
    ],
)
def test_a_day_in_many_ways(value):
    assert parse_date(value) == dt.date(2022, 12, 23)


@pytest.mark.parametrize("value", ["30-Feb-2024", "12/23/2022", "soon", 12, True, ""])
def test_what_is_no_day_is_refused_and_quoted(value):
    with pytest.raises(MarginError, match="YYYY-MM-DD") as caught:
        parse_date(value, "expiry")
    assert "expiry" in caught.value.problem


def test_a_mistyped_word_gets_the_nearest():
    with pytest.raises(MarginError, match="did you mean 'broad_index'"):
        parse_word(AssetClass, "broadindex", "asset_class")
    assert parse_word(AssetClass, "Broad Index", "asset_class") is AssetClass.BROAD_INDEX


@pytest.mark.parametrize(
    ("day", "monthly"),
    [("2022-12-16", True), ("2022-12-23", False), ("2022-12-15", True), ("2022-12-14", False), ("2019-04-18", True)],
)
def test_standard_monthly_expiries(day, monthly):
    assert is_standard_monthly(dt.date.fromisoformat(day)) is monthly
