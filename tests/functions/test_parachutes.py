"""Parachutes and Kelly as cells ask them: the seed's figures, tables that spill, columns, blanks, bad input that says so."""

import math

import numpy as np
import pytest

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions.all import functions
from optmargin.functions.call import call, why
from optmargin.hosts.terminal.formula import evaluate
from optmargin.sizing.parachutes.columns import ledger_columns
from optmargin.sizing.parachutes.geometry import Terms

NAMES = [
    "PARACHUTES_FIT", "FIRST_SLOTS", "PARACHUTE_SCHEDULE", "PARACHUTE_ODDS", "PARACHUTE_DEPLOY", "ROLL_CREDIT", "ROLL_STRIKE",
    "TOUCH_PROBABILITY", "KELLY", "KELLY_MULTI", "PARACHUTE_KELLY",
]  # fmt: skip


def one(formula):
    return evaluate(formula).first


def test_every_function_is_there():
    assert set(NAMES) <= set(functions())


# The trader's seven points, number 3: "writing 1/32nd of your account leaves room for 5 doublings"
@pytest.mark.parametrize(
    ("formula", "answer"),
    [
        ("=PARACHUTES_FIT(16000, 1)", 5),
        ('=PARACHUTES_FIT(16000, 1, , , , "double")', 5),
        ('=PARACHUTES_FIT(16000, 1, , , , "accumulate")', 4),
        ('=PARACHUTES_FIT(16000, 1, , , , "Accumulate ")', 4),
        ('=PARACHUTES_FIT(16000, 1, , , , "replace", , 1.10)', 4),
        ("=PARACHUTES_FIT(16000, 1, , , , , , , 0.5)", 4),
        ("=PARACHUTES_FIT(100000, 6, , , , , , , , 10%)", 4),
        ("=PARACHUTES_FIT(100000, 6.25)", 5),
        ("=PARACHUTES_FIT(100000, 6, 5, 100, 2, , , , , , 4000.01)", 4),
        ("=PARACHUTES_FIT(100000, 6, 5, 50)", 6),
        ("=FIRST_SLOTS(100000)", 6),
        ('=FIRST_SLOTS(100000, 5, , , , "accumulate")', 3),
        ("=FIRST_SLOTS(400, 0)", 0),
        ("=ROLL_CREDIT(2.5)", 1.25),
        ("=ROLL_CREDIT(2.5, 3)", 2.5 / 3),
        ("=KELLY(0.5, 2)", 0.25),
        ("=KELLY(57%, 1)", 0.14),
        ("=KELLY(0.4, 1)", 0),
        ("=KELLY_MULTI({1;-1},{0.5;0.5})", 0),
        ("=KELLY_MULTI({1,-1},{0.53,0.47})", 0.06),
        ("=PARACHUTE_KELLY(1, 2.5, 0)", 0),
        ("=PARACHUTE_KELLY(1, 2.5, 0.1, 1, , , , , , 0.5)", 0.11875),
        ("=PARACHUTE_DEPLOY(0.0625, 0.48)", 1),
        ("=PARACHUTE_DEPLOY(0.0625, 0.49)", 0),
        ("=PARACHUTE_DEPLOY(0.5)", 0),
        ("=PARACHUTE_DEPLOY(0, , 3)", 1 / 3),
        ("=TOUCH_PROBABILITY(100, 100, 0.2, 30)", 1),
        ('=ROLL_STRIKE(5000, 0.15, 7, 5, 2, "put", , , , , 5)', 4935),
        ("=ROLL_STRIKE(5000, 0.15, 7, 5, 1)", 5000),
    ],
)
def test_single_cells(formula, answer):
    assert one(formula) == pytest.approx(answer, rel=1e-9)


def test_calls_roll_upward():
    assert one('=ROLL_STRIKE(5000, 0.15, 7, 5, 2, "call")') > 5060
    assert one('=ROLL_STRIKE(5000, 0.15, 7, 5, 2, "call", , , , , 5)') % 5 == 0


# The schedule ------------------------------------------------------------------------------------------------------------------


def table(formula):
    rows = evaluate(formula).rows
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def test_the_worked_ledger_to_the_dollar():
    rows = table("=PARACHUTE_SCHEDULE(100000, 6, 1, 2.5)")
    assert [row["level"] for row in rows] == [0, 1, 2, 3, 4, 5]
    assert [row["slots"] for row in rows] == [6, 12, 24, 48, 96, 192]
    assert {row["cash"] for row in rows} == {600}
    assert [row["margin"] for row in rows] == [3_000, 6_000, 12_000, 24_000, 48_000, 96_000]
    assert [row["excess"] for row in rows] == [97_600, 94_600, 88_600, 76_600, 52_600, 4_600]
    assert [round(1000 * row["cushion"]) for row in rows] == [976, 955, 908, 810, 594, 60]
    assert [row["stop_pnl"] for row in rows] == [-900, -2_400, -5_400, -11_400, -23_400, -47_400]
    assert [row["max_loss_pnl"] for row in rows] == [-2_400, -5_400, -11_400, -23_400, -47_400, -95_400]
    assert [row["reach"] for row in rows] == [1, 0.4, 0.2, 0.1, 0.05, 0.025]
    assert [row["credit_needed"] for row in rows] == [0, 1.25, 1.25, 1.25, 1.25, 1.25]
    assert sum(row["expected_value"] for row in rows) == 0
    assert all(row["fits"] is True for row in rows)


def test_credits_and_buybacks_of_each_level_and_fees():
    net = "{1;1.283;1.283;1.283;1.283;1.283}"
    rows = table(f"=PARACHUTE_SCHEDULE(100000, 6, {net}, 2.5, 5, , , , 1.10)")
    assert {row["cash"] for row in rows} == {586.8}
    assert {round(row["credit_needed"], 9) for row in rows[1:]} == {1.283}
    assert rows[5]["assailed"] == pytest.approx(0.5132)
    assert rows[5]["stop_pnl"] == -47_413.2
    out = table('=PARACHUTE_SCHEDULE(100000, 5, 1, {2.5;3;3.5}, 2, , , 1, , , , , 5, "out")')
    assert [row["margin"] for row in out] == [2_500, 5_000, 5_000], "the other side no longer rides free"
    away = table('=PARACHUTE_SCHEDULE(100000, 5, 1, {2.5;3;3.5}, 2, , , 1, , , , , 5, "away")')
    assert [row["margin"] for row in away] == [2_500, 2_500, 2_500]


def test_sets_that_are_left_standing_have_error_cells_where_nothing_is_known():
    rows = table('=PARACHUTE_SCHEDULE(100000, 6, 1, 2.5, 5, , , , , "accumulate")')
    assert rows[5]["slots"] == 378
    assert (rows[4]["fits"], rows[5]["fits"]) == (True, False)
    assert rows[5]["expected_value"].code is ErrorCode.MISSING
    assert "older sets" in rows[5]["expected_value"].problem
    broke = table("=PARACHUTE_SCHEDULE(3000, 6, 1, 2.5, 3)")
    assert "net liq isn't above zero" in broke[3]["cushion"].problem
    assert rows[5]["reach"] == pytest.approx(0.4**5)


def test_odds_of_ones_own_or_an_edge():
    own = table("=PARACHUTE_SCHEDULE(100000, 6, 1, 2.5, 2, , , , , , , , , , , {0.4;0.45;0.45})")
    assert [row["reach"] for row in own] == pytest.approx([1, 0.4, 0.18])
    edge = table("=PARACHUTE_SCHEDULE(100000, 6, 1, 2.5, 2, , , , , , , , , , 10%)")
    assert [row["assailed"] for row in edge] == pytest.approx([0.36, 0.45, 0.45])
    assert sum(row["expected_value"] for row in edge) == pytest.approx(162.6)  # 600 (1 - 0.9^3)


def test_suggested_strikes_where_the_market_is_known():
    asked = '=PARACHUTE_SCHEDULE(100000, 6, 1, 2.5, 2, , , , , , , , , "{}", , , 5000, 0.15, 7, "{}")'
    puts, calls, out = (table(asked.format(*words)) for words in (("away", "put"), ("away", "call"), ("out", "put")))
    assert puts[0]["short_strike"] < 5000 < calls[0]["short_strike"]
    assert puts[2]["short_strike"] < puts[1]["short_strike"] < puts[0]["short_strike"]
    assert puts[1]["distance"] == pytest.approx(puts[0]["short_strike"] - puts[1]["short_strike"])
    assert 7 == puts[0]["days_left"] > puts[1]["days_left"] > puts[2]["days_left"] > 0
    assert [row["days_left"] for row in out] == [7, 7, 7]
    # The level sells for half of 2.50 where the price touches the strike before it: touched again with about one half.
    again = one(f"=TOUCH_PROBABILITY({out[0]['short_strike']}, {out[1]['short_strike']}, 0.15, 7)")
    assert again == pytest.approx(0.5, abs=0.03)
    assert "only some of spot" in one("=PARACHUTE_SCHEDULE(100000,6,1,2.5,2,,,,,,,,,,,,5000)").problem


# The odds ----------------------------------------------------------------------------------------------------------------------


def odds(formula):
    return {row[0]: row[1] for row in evaluate(formula).rows[1:]}


def test_the_odds_of_the_worked_example():
    found = odds("=PARACHUTE_ODDS(6, 1, 2.5, 5, , , , , , , , , 80, 100000)")
    assert [found[f"reach_{level}"] for level in range(6)] == [1, 0.4, 0.2, 0.1, 0.05, 0.025]
    assert [found[f"win_{level}"] for level in range(6)] == [0.6, 0.2, 0.1, 0.05, 0.025, 0.0125]
    assert (found["ruin"], found["mean"], found["campaigns_until_ruin"]) == (0.0125, 0, 80)
    assert found["ruin_in_campaigns"] == pytest.approx(0.63443185595288300334)
    assert (found["kelly_written"], found["written"], found["binds"]) == (0, 0, "no edge")
    assert found["margin_written"] == pytest.approx(1 / 31.8)
    assert (found["win_pnl"], found["ruin_pnl"]) == (600, -47_400)
    assert math.ceil(found["campaigns_to_recover"]) == 108
    assert found["growth_planned"] < 0
    assert "growth_planned" not in odds("=PARACHUTE_ODDS(6, 1, 2.5)")


def test_an_edge_gaps_and_holding_on():
    found = odds("=PARACHUTE_ODDS(6, 1, 2.5, 3, , , , , 10%)")
    assert found["mean"] == 206.34
    assert found["kelly_written"] == pytest.approx(0.0905)
    assert found["deepest"] == pytest.approx(0.724)
    gaps = odds("=PARACHUTE_ODDS(6, 1, 2.5, 1, , , , , , {0.4;0.5}, {0.01;0.02})")
    assert gaps["gap"] == pytest.approx(0.018)
    held = odds("=PARACHUTE_ODDS(6, 1, 2.5, 1, , , , , , , , 0.5)")
    assert (held["ruin"], held["ruin_pnl"]) == (0.1, -5_400)
    sure = odds("=PARACHUTE_ODDS(6, 1, 2.5, 1, , , , , 1)")
    assert (sure["binds"], sure["written"]) == ("margin", pytest.approx(sure["margin_written"]))
    assert sure["kelly_written"].code is sure["campaigns_until_ruin"].code is ErrorCode.NUM
    lost = odds("=PARACHUTE_ODDS(6, 1, 2.5, 5, , , , , 0.1, , , , , 5000)")
    assert "whole account" in lost["growth_planned"].problem
    assert "whole account" in lost["campaigns_to_recover"].problem


# Bad input -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "code", "says"),
    [
        ("=PARACHUTES_FIT(100000, 0)", "#NUM!", "slots is 0"),
        ("=PARACHUTES_FIT(100000, 300)", "#NUM!", "300 slots needs 150000"),
        ("=PARACHUTES_FIT(100000, 6, , , 1)", "#NUM!", "hardly grow"),
        ("=PARACHUTES_FIT(100000, 6, , , 0.5)", "#NUM!", "size_multiple is 0.5"),
        ('=PARACHUTES_FIT(100000, 6, , , , "martingale")', "#VALUE!", "known are accumulate, double, replace"),
        ("=PARACHUTES_FIT(100000, 6, , , , 2)", "#VALUE!", "reading 2"),
        ("=PARACHUTES_FIT(100000, 6, , , , , , , , 1)", "#NUM!", "cushion"),
        ('=PARACHUTES_FIT("lots", 6)', "#VALUE!", "lots"),
        ("=FIRST_SLOTS(100000, -1)", "#NUM!", "parachutes is -1"),
        ("=FIRST_SLOTS(100000, 2.5)", "#NUM!", "whole"),
        ("=FIRST_SLOTS(100000, 5, 5, 100, 2, , 7)", "#NUM!", "credit 7 is more than the width 5"),
        ("=FIRST_SLOTS(100000, 0, 5, 100, 2, , 5)", "#NUM!", "no limit"),
        ("=PARACHUTE_SCHEDULE(100000, 6, 2.5, 2.5)", "#NUM!", "at or above the buy-back"),
        ("=PARACHUTE_SCHEDULE(100000, 6, 1, 6)", "#NUM!", "more than the width"),
        ("=PARACHUTE_SCHEDULE(100000, 6, 1, 2.5, -1)", "#NUM!", "parachutes is -1"),
        ("=PARACHUTE_SCHEDULE(100000, 6, {1;1}, 2.5, 5)", "#VALUE!", "2 credits are given"),
        ("=PARACHUTE_SCHEDULE(100000, 6, , 2.5)", "#VALUE!", "credits is blank"),
        ("=PARACHUTE_SCHEDULE(100000, 6, -1, 2.5)", "#NUM!", "credits is -1"),
        ("=PARACHUTE_SCHEDULE(100000, 6, 1, 2.5, 1,,,,,,,,,,,{0.4;1.5})", "#NUM!", "probabilities is 1.5"),
        (
            "=PARACHUTE_SCHEDULE(100000, 6, 1, 2.5, 1,,,,,,,,,,0.1,{0.4;0.5})",
            "#VALUE!",
            "both probabilities and an edge",
        ),
        ("=PARACHUTE_SCHEDULE({1;2}, 6, 1, 2.5)", "#VALUE!", "net_liq is a range"),
        ('=PARACHUTE_SCHEDULE(100000, 6, 1, 2.5, 1,,,,,,,,5,"sideways")', "#VALUE!", "known are away, out"),
        ("=PARACHUTE_ODDS(6, 1, 2.5, 1, , , , , , {0.6}, {0.5})", "#NUM!", "add up to more than 1"),
        ("=PARACHUTE_ODDS(6, 3, 2.5)", "#NUM!", "assailed at once"),
        ("=KELLY(1.1, 1)", "#NUM!", "p is 1.1"),
        ("=KELLY(0.5, 0)", "#NUM!", "b is 0"),
        ("=KELLY_MULTI({1;-1},{0.5;0.4})", "#NUM!", "add up to 0.9"),
        ("=KELLY_MULTI({1;-1},{0.5})", "#VALUE!", "2 outcomes and 1 probabilities"),
        ("=KELLY_MULTI({1;2},{0.5;0.5})", "#NUM!", "no outcome loses"),
        ("=KELLY_MULTI(,{0.5;0.5})", "#VALUE!", "outcomes is blank"),
        ("=PARACHUTE_KELLY(3, 2.5, 0.1)", "#NUM!", "at or above"),
        ("=PARACHUTE_KELLY(1, 2.5, 1.1)", "#NUM!", "edge is 1.1"),
        ("=PARACHUTE_KELLY(1, 5.5, 0.1)", "#NUM!", "more than the width"),
        ("=PARACHUTE_DEPLOY(1.2)", "#NUM!", "loss_share is 1.2"),
        ("=PARACHUTE_DEPLOY(0.1, 2)", "#NUM!", "probability is 2"),
        ("=PARACHUTE_DEPLOY(0.1, 0.4, 1)", "#NUM!", "size_multiple is 1"),
        ("=ROLL_STRIKE(5000, 0, 7)", "#NUM!", "volatility is 0"),
        ("=ROLL_STRIKE(5000, 0.15, 0)", "#NUM!", "days_left is 0"),
        ("=TOUCH_PROBABILITY(0, 90, 0.2, 30)", "#NUM!", "spot is 0"),
    ],
)
def test_bad_input_is_a_real_error_that_says_what_was_seen(formula, code, says):
    error = one(formula)
    assert isinstance(error, MarginError), error
    assert error.code == code
    assert says in str(error)


def test_a_blank_among_numbers_would_move_those_after_it():
    wins = [[1.0], [None], [-1.0]]
    assert "cell 2 of 3 is blank" in call("KELLY_MULTI", [wins, [[0.5], [0.5], [None]]]).first.problem
    longer = [[1.0], [-1.0], [None], [""]]
    assert call("KELLY_MULTI", [longer, [[0.53], [0.47], [None], [None]]]).first == pytest.approx(0.06)
    broken = MarginError(ErrorCode.MISSING, "no price today")
    assert call("KELLY_MULTI", [[[1.0], [broken]], [[0.5], [0.5]]]).first is broken


# Columns -------------------------------------------------------------------------------------------------------------------------

COLUMNS = {
    "PARACHUTES_FIT": [[16_000.0, 100_000.0, 250.0, 31_500.0], [1.0, 6.0, 1.0, 1.0], 5.0, 100.0, [2.0, 3.0, 2.0, 1.5],
                       ["replace", "accumulate", "double", "sell"], [0.0, 1.0, 0.5, 0.0], [1.1, 0.0, 0.65, 0.0]],
    "FIRST_SLOTS": [[16_000.0, 100_000.0, -5.0, 31_500.0], [5.0, 0.0, 3.0, -1.0], 5.0, 100.0, [2.0, 3.0, 1.5, 2.0]],
    "PARACHUTE_KELLY": [[1.0, 0.5, 3.0, 1.0], [2.5, 2.5, 2.5, 2.0], [0.1, 0.0, 0.2, 0.05], [5.0, 1.0, 2.0, 0.0], 5.0, 100.0,
                        [2.0, 3.0, 2.0, 1.5], [0.0, 1.1, 0.0, 0.65]],
    "PARACHUTE_DEPLOY": [[0.1, 0.2, 0.6, 2.0], [None, 0.4, 0.4, 0.4], [2.0, 3.0, 2.0, 2.0]],
    "ROLL_CREDIT": [[2.5, 2.0, 3.0, 0.0], [2.0, 1.0, 3.0, 2.0], [0.0, 1.1, 1.1, 0.0]],
    "ROLL_STRIKE": [[5000.0, 4000.0, 100.0, -1.0], 0.2, [1.0, 7.0, 30.0, 7.0], [5.0, 5.0, 1.0, 5.0], [2.0, 3.0, 2.0, 2.0],
                    ["put", "call", "put", "put"], [None, 4010.0, None, None], [None, 9.0, 45.0, None]],
    "TOUCH_PROBABILITY": [[100.0, 100.0, 100.0, 0.0], [90.0, 110.0, 100.0, 90.0], 0.2, [30.0, 30.0, 7.0, 7.0], [0.0, 0.05, 0.0, 0.0]],
    "KELLY": [[0.53, 0.5, 0.4, 1.4], [1.0, 2.0, 1.0, 1.0]],
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_a_row_of_a_column_is_answered_as_if_it_were_alone(name):
    given = COLUMNS[name]
    rows = call(name, [[[cell] for cell in each] if isinstance(each, list) else each for each in given]).rows
    for at in range(4):
        alone = call(name, [each[at] if isinstance(each, list) else each for each in given]).first
        if isinstance(alone, MarginError):
            assert (rows[at][0].code, str(rows[at][0])) == (alone.code, str(alone))
        else:
            assert rows[at][0] == pytest.approx(alone, rel=1e-12)


def test_ten_thousand_rows_in_one_call():
    rng = np.random.default_rng(0)
    net_liq, slots = rng.uniform(5e4, 5e5, 10_000).round(2), rng.integers(1, 20, 10_000).astype(float)
    answer = call("PARACHUTES_FIT", [[[each] for each in net_liq.tolist()], [[each] for each in slots.tolist()]])
    # Without fees it is how often the slots fit into those of the account, counted in doublings.
    room = np.floor(net_liq / 500 / slots).astype(int)
    assert [row[0] for row in answer.rows] == [each.bit_length() - 1 for each in room.tolist()]
    ledgers = ledger_columns(net_liq, slots, 2.5, Terms(credit=1.0), 5)
    assert np.array_equal((ledgers.excess >= 0).sum(axis=0) >= 6, ledgers.excess[5] >= 0)
    assert np.allclose(ledgers.expected.sum(axis=0), 0, atol=1e-6)


# Why -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        (
            "PARACHUTES_FIT",
            [16_000, 1, None, None, None, None, 1, 1.1],
            "level 5: 32 slots, margin 16,000.00, excess -106.80",
        ),
        ("PARACHUTE_KELLY", [1, 2.5, 0.1, 1], "min(1 x Kelly 0.2375, margin 0.5555555556) = 0.2375: kelly"),
        ("PARACHUTE_KELLY", [1, 2.5, 1, 1], "no limit, since nothing is lost"),
        ("PARACHUTE_DEPLOY", [0.0625, 0.45], "0.45 <= ln(1 - 0.0625) / ln(1 - 2 x 0.0625) = 0.483320962: deploy"),
        ("PARACHUTE_DEPLOY", [0.0625], "deploy only if"),
        ("ROLL_CREDIT", [2.5, 2, 1.1], "(2.50 + 6 legs x 1.1 / 100) / 2 = 1.283"),
        ("KELLY", [0.53, 1], "(0.53 x (1 + 1) - 1) / 1 = 0.06"),
        ("KELLY", [0.4, 1], "doesn't gain on average"),
    ],
)
def test_the_working_in_words(name, arguments, says):
    assert says in why(name, arguments).first


def test_there_is_no_working_where_more_fit_than_can_be_counted():
    assert why("PARACHUTES_FIT", [1e12, 1]).first.endswith("which doesn't fit: 30")


def test_a_first_position_that_other_margin_leaves_no_room_for_is_told_so():
    error = call("PARACHUTES_FIT", [100000, 1, 5, 100, 2, "replace", 0, 0, 0, 0, 120000]).first
    assert "beside other margin of 120000" in str(error)
