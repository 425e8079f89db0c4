"""Worksheet functions as a cell asks them: the seed's figures, columns, blanks, errors that pass through, and bad input."""

import datetime as dt

import pytest

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions import settings
from optmargin.functions.all import functions
from optmargin.functions.call import call, usage
from optmargin.hosts.terminal.formula import evaluate

LEG = [["underlying", "right", "strike", "expiry", "quantity", "price", "spot"],
       ["VPHM", "call", 20, "2005-12-16", -1, 0.65, 17.4]]  # fmt: skip
VPHM = ["call", 17.40, 20, 0.65, 1, 100, "equity", "ibkr-2005"]


@pytest.mark.parametrize("name", sorted(functions()))
def test_the_declared_example_comes_out(name):
    example = functions()[name].example
    answer = evaluate(example.formula)
    shown = answer.first if answer.is_single else answer.rows
    # A table's example states the table, or a part of it that can be told from any other.
    assert shown == pytest.approx(example.answer) if isinstance(example.answer, float) else example.answer in str(shown)
    assert example.formula.startswith(f"={name}(")
    assert len(example.source) > 10


@pytest.mark.parametrize("name", sorted(functions()))
def test_every_argument_says_what_it_is(name):
    function = functions()[name]
    assert 40 <= len(function.about) <= 255
    for argument in function.arguments:
        assert 5 <= len(argument.about.help) <= 255


def test_the_thread_of_2005():
    assert call("NAKED_MARGIN", VPHM).first == 315.0
    assert call("naked_deposit", VPHM).first == 250.0
    assert call("NAKED_MARGIN", [*VPHM[:7], "cboe"]).first == 239.0


def test_the_net_book_answers_in_its_own_convention():
    # tastytrade, naked short call: [((.2*65)-3)+1.5]*100 = 1,150, of which 150 is the sale's (support article 43000435195)
    assert call("NAKED_DEPOSIT", ["call", 65, 68, 1.5, 1, 100, "equity", "tastytrade"]).first == 1000.0
    assert call("NAKED_MARGIN", ["call", 65, 68, 1.5, 1, 100, "equity", "tastytrade"]).first == 1000.0
    assert call("NAKED_MARGIN", ["call", 65, 68, 1.5, 1, 100, "equity", "cboe"]).first == 1150.0


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["put", 3800, 3795, 5], 2500.0),
        (["call", 3980, 3985, 5], 2500.0),
        (["put", 3795, 3800, 5], 0.0),  # debit
        (["C", 100, 110, 1, 50], 500.0),
        (
            ["call", 52, 55, 1, 100, "2026-01-16", "2026-01-23"],
            300.0,
        ),  # diagonal, the long later (tastyware's tests: 300)
        (["call", 43, 43, 2, 100, "2026-03-20", "2026-06-19"], 0.0),
        # tastytrade's short calendar: long first, so 2 x (8 - 3 + 4) x 100 = 1,800 uncovered (article 43000435298)
        (["call", 43, 43, 2, 100, "2026-06-19", "2026-03-20", 40, 4], 1800.0),
        # a spread so wide that uncovered is less: short 95 put @1, long 5 put, stock at 100: 100 x (1 + max(15, 9.5)) = 1,600
        (["put", 95, 5, 1, 100, None, None, 100, 1], 1600.0),
    ],
)
def test_spreads(arguments, answer):
    assert call("SPREAD_MARGIN", arguments).first == answer


def test_columns_and_rows_broadcast():
    answer = call("NAKED_MARGIN", [[["call"], ["put"]], 100, [[90.0, 100.0, 110.0]], 2])
    assert not answer.is_single
    assert [len(row) for row in answer.rows] == [3, 3]
    for row, right in zip(answer.rows, ("call", "put"), strict=True):
        for cell, strike in zip(row, (90, 100, 110), strict=True):
            assert cell == call("NAKED_MARGIN", [right, 100, strike, 2]).first


def test_each_row_may_name_its_own_book_and_day():
    answer = call("NAKED_MARGIN", ["call", 17.40, 20, 0.65, 1, 100, "equity", [["ibkr-2005"], ["cboe"], ["nobody"]]])
    assert [answer.rows[0][0], answer.rows[1][0]] == [315.0, 239.0]
    assert answer.rows[2][0].code is ErrorCode.VALUE


def test_one_bad_row_leaves_the_others():
    answer = call("SLOTS", [[[100000.0], ["n.a. today"], [5000.0], [None]]])
    assert [answer.rows[0][0], answer.rows[2][0]] == [200.0, 10.0]
    assert "n.a. today" in answer.rows[1][0].problem
    assert "net_liq is blank" in answer.rows[3][0].problem


def test_ranges_of_different_size_are_an_error_where_they_do_not_meet():
    answer = call("SLOTS", [[[1000.0], [2000.0], [3000.0]], [[5.0], [10.0]]])
    assert [cell.code if isinstance(cell, MarginError) else cell for (cell,) in answer.rows] == [
        2.0,
        2.0,
        ErrorCode.MISSING,
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["call", -1, 20, 0.65], "#NUM!", "spot is -1"),
        (["call", 0, 20, 0.65], "#NUM!", "greater than 0"),
        (["call", 17.4, 20, -0.65], "#NUM!", "premium is -0.65"),
        (["call", 17.4, 20, 0.65, 0], "#NUM!", "contracts is 0"),
        (["call", 17.4, 20, 0.65, 1.5], "#NUM!", "whole"),
        (["call", 17.4, 20, float("nan")], "#NUM!", "premium"),
        (["call", float("inf"), 20, 1], "#NUM!", "spot"),
        (["cal", 17.4, 20, 0.65], "#VALUE!", "'cal'"),
        (["stock", 17.4, 20, 0.65], "#VALUE!", "call or put"),
        (["call", "seventeen", 20, 0.65], "#VALUE!", "seventeen"),
        (["call", True, 20, 0.65], "#VALUE!", "TRUE"),
        (["call", None, 20, 0.65], "#VALUE!", "spot is blank"),
        (["call", 17.4, 20, "#N/A"], "#N/A", "premium"),
        (["call", 17.4, 20, 0.65, 1, 100, "equities"], "#VALUE!", "did you mean 'equity'"),
        (["call", 17.4, 20, 0.65, 1, 100, "future"], "#N/A", "SPAN"),
        (["call", 17.4, 20, 0.65, 1, 100, "equity", "ibrk"], "#VALUE!", "ibkr"),
        (["call", 17.4, 20, 0.65, 1, 100, "equity", "ibkr", "1990-01-01"], "#N/A", "2012-10-26"),
        (["call", 17.4, 20, 0.65, 1, 100, "equity", "ibkr", "01/02/2020"], "#VALUE!", "as_of"),
        (["call", 17.4, 20, 0.65, 1, 100, "etf", "ibkr", None, 0.5], "#NUM!", "1 or more"),
        (["call", 17.4, 20, 0.65, 1, 100, "etf", "ibkr", None, 300], "#NUM!", "5 or less"),
    ],
)
def test_bad_input_is_a_real_error_that_says_what_was_seen(arguments, code, says):
    error = call("NAKED_MARGIN", arguments).first
    assert isinstance(error, MarginError)
    assert error.code == code
    assert says in str(error)


def test_an_error_cell_passes_through_with_its_own_code():
    missing = MarginError(ErrorCode.MISSING, "no price today")
    assert call("NAKED_MARGIN", ["call", 17.4, 20, missing]).first is missing


@pytest.mark.parametrize("text", ["17.40", " 17.40 ", "$17.40", "17,40", "17.4"])
def test_a_number_typed_as_text_is_that_number(text):
    assert call("NAKED_MARGIN", ["call", text, *VPHM[2:]]).first == 315.0


@pytest.mark.parametrize(
    ("text", "number"), [("4.500,50", 4500.5), ("4,500.50", 4500.5), ("1,234,567", 1234567.0), ("(500)", -500.0)]
)
def test_text_that_can_be_read_in_one_way_only_is_read_so(text, number):
    assert call("SLOTS", [text, 0.5, 1]).first == max(number * 2, 0)


@pytest.mark.parametrize("text", ["4,500", "4.500"])
def test_text_that_may_be_thousands_or_a_fraction_is_refused_unless_the_settings_say(text):
    error = call("SLOTS", [text]).first
    assert (error.code, "thousands or a fraction" in str(error)) == (ErrorCode.VALUE, True)


def test_only_a_fraction_may_be_written_as_a_percentage():
    error = call("NAKED_MARGIN", ["call", "1740%", *VPHM[2:]]).first
    assert (error.code, "percentage" in str(error)) == (ErrorCode.VALUE, True)
    (_, moved) = call("MARGIN_STRESS", [LEG, "-25%", 800, "ibkr-2005"]).rows
    assert moved[:2] == [-0.25, 315.0]


@pytest.mark.parametrize("word", ["C", "c", "call", "Call", " CALL ", "calls"])
def test_a_right_as_traders_write_it(word):
    assert call("NAKED_MARGIN", [word, *VPHM[1:]]).first == 315.0


@pytest.mark.parametrize("code", ["#DIV/0!", "#REF!", "#NAME?", "#NULL!", "#N/A", "#NUM!", "#VALUE!"])
def test_every_error_of_a_cell_passes_through_with_its_own_code(code):
    assert call("NAKED_MARGIN", ["call", 17.4, code, 0.65]).first.code.value == code
    assert [cell.code.value for (cell,) in call("SLOTS", [[[code], [code]]]).rows] == [code, code]


@pytest.mark.parametrize("day", [dt.date(2010, 4, 29), "2010-04-29", 40297])
def test_the_day_picks_the_terms(day):
    # Leverage multiplies the rates from 30 April 2010 (FINRA RN 09-65): TQQQ-like fund, 3 x 20 % of 100 or plain 20 %
    before = call("NAKED_MARGIN", ["call", 100, 100, 1, 1, 100, "etf", "cboe", day, 3]).first
    after = call("NAKED_MARGIN", ["call", 100, 100, 1, 1, 100, "etf", "cboe", "2010-04-30", 3]).first
    assert (before, after) == (2100.0, 6100.0)


def test_unknown_functions_and_too_many_arguments():
    with pytest.raises(MarginError, match="did you mean 'NAKED_MARGIN'"):
        call("NAKED_MARGN", [])
    with pytest.raises(MarginError, match=r"SLOTS\(net_liq, \[slot_width\], \[multiplier\]\)"):
        call("SLOTS", [1, 2, 3, 4])
    assert usage(functions()["CUSHION"]) == "CUSHION(net_liq, excess_liquidity)"


def test_cushion_of_no_equity_is_an_error():
    assert call("CUSHION", [100000, 96125]).first == 0.96125
    assert call("CUSHION", [100000, -500]).first == -0.005
    assert call("CUSHION", [0, 5]).first.code is ErrorCode.NUM


def test_text_in_a_range_of_legs_is_read_by_the_same_rule_as_a_single_cell():
    legs = [LEG[0], ["VPHM", "call", 20, "2005-12-16", -1, 0.65, "4,500"]]
    error = call("BOOK_MARGIN", [legs, "ibkr-2005"]).first
    assert "thousands or a fraction" in str(error)
    settings.use(settings.Settings(decimal_comma=True))
    try:
        legs = [LEG[0], ["VPHM", "call", "20,0", "2005-12-16", -1, "0,65", "17,400"]]
        assert call("BOOK_MARGIN", [legs, "ibkr-2005"]).first == 315.0
    finally:
        settings.use(settings.Settings())


@pytest.mark.parametrize("code", ["#DIV/0!", "#REF!", "#N/A"])
def test_an_error_cell_of_a_leg_passes_through(code):
    found = call("BOOK_MARGIN", [[LEG[0], ["VPHM", "call", 20, "2005-12-16", -1, code, 17.4]], "ibkr-2005"]).first
    assert (found.code.value, "legs row 2: price" in str(found)) == (code, True)
    beside = [[*LEG[0], "note"], [*LEG[1], code]]  # a column that is no part of the position
    assert call("BOOK_MARGIN", [beside, "ibkr-2005"]).first == 315.0


def test_a_book_without_a_figure_is_never_blank():
    assert call("ROLL_STRIKE", [4.5, 0.6, 7]).first.code is ErrorCode.NUM
