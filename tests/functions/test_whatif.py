"""MARGIN_IMPACT, MAX_CONTRACTS and MARGIN_STRESS as a cell asks them; their worked examples are tested with all others."""

import datetime as dt

import pytest

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions.call import call

HEADER = ["underlying", "right", "strike", "expiry", "quantity", "price", "spot"]
FIRST, SECOND = "2022-12-23", dt.date(2022, 12, 30)
PUTS = [HEADER, ["SPX", "put", 3800, FIRST, -5, 22.5, 3900], ["SPX", "put", 3795, FIRST, 5, 21.4, None]]
SAME_WEEK = [HEADER, ["SPX", "call", 3980, FIRST, -5, 9, None], ["SPX", "call", 3985, FIRST, 5, 8, None]]
NEXT_WEEK = [HEADER, ["SPX", "call", 3980, SECOND, -5, 18.2, None], ["SPX", "call", 3985, SECOND, 5, 17.05, None]]
ONE = [HEADER, ["SPX", "call", 4300, FIRST, -1, 0.05, None], ["SPX", "call", 4305, FIRST, 1, 0.05, None]]


def column(name, arguments, number=3):
    """The figures of a table's rows by the name in their first cell."""
    return {row[0]: row[number] for row in call(name, arguments).rows[1:]}


# Trader's seven points on margin, number 5
def test_the_seed():
    assert column("MARGIN_IMPACT", [PUTS, SAME_WEEK])["requirement"] == 0
    assert column("MARGIN_IMPACT", [PUTS, NEXT_WEEK])["requirement"] == 2500
    assert call("MAX_CONTRACTS", [PUTS, ONE, 0]).first == 5
    assert call("MAX_CONTRACTS", [PUTS, ONE, 1000]).first == 7


def test_net_liq_adds_what_is_left():
    answer = call("MARGIN_IMPACT", [PUTS, NEXT_WEEK, 100_000])
    assert answer.rows[0] == ["figure", "before", "after", "change"]
    assert [row[0] for row in answer.rows[1:]] == [
        "requirement",
        "maintenance",
        "deposit",
        "available_funds",
        "excess_liquidity",
        "cushion",
    ]
    assert answer.rows[4] == ["available_funds", 98_050, 96_125, -1925]
    assert answer.rows[6][1:3] == [0.9805, 0.96125]


def test_the_first_position_of_an_account():
    assert column("MARGIN_IMPACT", [[HEADER], PUTS], 2)["requirement"] == 2500
    assert call("MAX_CONTRACTS", [[HEADER], ONE, 1000]).first == 2


def test_the_book_is_asked_in_its_own_convention():
    assert column("MARGIN_IMPACT", [PUTS, NEXT_WEEK, None, "tastytrade"])["requirement"] == 1925
    assert column("MARGIN_IMPACT", [PUTS, NEXT_WEEK, None, "cboe"])["requirement"] == 2500 + 8525


def test_a_figure_that_needs_a_missing_price_is_an_error_and_the_others_stand():
    bare = [row[:5] for row in NEXT_WEEK]
    figures = column("MARGIN_IMPACT", [PUTS, bare, 100_000])
    assert figures["requirement"] == 2500
    assert figures["deposit"].code is figures["cushion"].code is ErrorCode.MISSING
    assert "market price" in figures["deposit"].problem
    broke = column("MARGIN_IMPACT", [PUTS, NEXT_WEEK, -5])
    assert broke["available_funds"] == -1925
    assert "isn't above zero" in broke["cushion"].problem


def test_the_grid_of_moves():
    rows = call("MARGIN_STRESS", [PUTS]).rows
    assert [row[0] for row in rows[1:]] == [-0.2, -0.15, -0.1, -0.05, 0.0, 0.05, 0.1, 0.15, 0.2]
    assert {row[1] for row in rows[1:]} == {2500}
    assert "net liq isn't given" in rows[1][2].problem
    some = call("MARGIN_STRESS", [PUTS, [["-10%", None, 0.1]], 12_500]).rows
    # By hand: 10 % down both puts are in the money, so that the spreads lose 5 x 100 x 5; cash less 2,500 is 10,550 throughout.
    assert some[1:] == [[-0.1, 2500, 10_000, 10_550, 1.055], [0.1, 2500, 12_500, 10_550, 0.844]]
    assert call("MARGIN_STRESS", [PUTS, -0.1, 12_500]).rows[1] == some[1]
    gone = call("MARGIN_STRESS", [PUTS, -0.1, 2_500]).rows[1]
    assert gone[2] == 0
    assert "isn't above zero" in gone[4].problem


@pytest.mark.parametrize(
    ("name", "arguments", "code", "says"),
    [
        ("MARGIN_IMPACT", [PUTS, [["hello"]]], "#VALUE!", "added_legs has no header row"),
        ("MARGIN_IMPACT", [PUTS], "#VALUE!", "added_legs"),
        ("MARGIN_IMPACT", [PUTS, [HEADER, ["SPX", "call", 4000, "soon", -1, 1, None]]], "#N/A", "'soon' is not a date"),
        ("MARGIN_IMPACT", [PUTS, [HEADER, ["SPX", "call", 4000, FIRST, -1, None, None]]], "#N/A", "premium is missing"),
        ("MARGIN_IMPACT", [PUTS, SAME_WEEK, "lots"], "#VALUE!", "net_liq"),
        ("MARGIN_IMPACT", [PUTS, SAME_WEEK, [[1], [2]]], "#VALUE!", "net_liq is a range"),
        ("MAX_CONTRACTS", [PUTS, ONE], "#VALUE!", "available is blank"),
        ("MAX_CONTRACTS", [PUTS, [row[:5] for row in ONE], 1000], "#N/A", "price is missing"),
        ("MAX_CONTRACTS", [PUTS, [HEADER], 1000], "#VALUE!", "no legs"),
        ("MARGIN_STRESS", [[row[:6] for row in PUTS]], "#N/A", "spot is missing"),
        ("MARGIN_STRESS", [[[*row[:5], None, 3900] for row in PUTS[1:]]], "#VALUE!", "no header row"),
        ("MARGIN_STRESS", [PUTS, [[-1]]], "#NUM!", "greater than -1"),
        ("MARGIN_STRESS", [PUTS, [["far"]]], "#VALUE!", "far"),
        ("MARGIN_STRESS", [PUTS, None, None, "ibrk"], "#VALUE!", "ibkr"),
    ],
)
def test_bad_input_is_a_real_error_that_says_what_was_seen(name, arguments, code, says):
    error = call(name, arguments).first
    assert isinstance(error, MarginError)
    assert error.code == code
    assert says in str(error)


def test_one_account_at_a_time():
    two = [["account", *HEADER], ["A", *PUTS[1]], ["B", *PUTS[2]]]
    assert "2 accounts: A, B" in call("MARGIN_IMPACT", [two, SAME_WEEK]).first.problem
    mine, yours = ([["account", *HEADER], *([name, *row] for row in PUTS[1:])] for name in "AB")
    assert "account A and added_legs of B" in call("MARGIN_IMPACT", [mine, yours]).first.problem
    assert column("MARGIN_IMPACT", [mine, SAME_WEEK])["requirement"] == 0
