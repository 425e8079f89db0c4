"""OPTION_PRICE, IMPLIED_VOL and OPTION_FORWARD as cells ask them: textbooks, an exchange's own volatility, columns, refusals."""

import math

import pytest

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions.all import functions
from optmargin.functions.call import call
from optmargin.hosts.excel.names import problem_of_function_name, problems

# CME, gold option of 12 September 2025: 3700 put on a future at 3686.40, settled at 107.40, volatility 0.152551; expiry after 73
# to 75 days (test cases' cme_og_20250912_inputs_for_pricer; the exchange prices it by Whaley's formula for American options).
GOLD = ["put", 3686.4, 3700, 74]


def price(*arguments):
    return call("OPTION_PRICE", list(arguments)).first


def volatility(*arguments):
    return call("IMPLIED_VOL", list(arguments)).first


@pytest.mark.parametrize(
    ("arguments", "published", "digits", "source"),
    [
        (["call", 42 * math.exp(0.05), 40, 182.5, 0.2, 0.1], 4.76, 2, "Hull, example 15.6"),
        (["put", 42 * math.exp(0.05), 40, 182.5, 0.2, 0.1], 0.81, 2, "Hull, example 15.6"),
        (["call", 19, 19, 273.75, 0.28, 0.1], 1.7011, 4, "Haug, Complete Guide, 1.1.3: Black-76"),
        (["put", 19, 19, 273.75, 0.28, 0.1], 1.7011, 4, "Haug, 1.1.3"),
        (["call", 60 * math.exp(0.02), 65, 91.25, 0.3, 0.08], 2.1334, 4, "Haug, 1.1.1"),
    ],
)
def test_textbook_prices(arguments, published, digits, source):
    assert round(price(*arguments), digits) == published, source


def test_an_exchange_s_own_volatility_comes_out_of_its_price():
    assert volatility("put", 107.4, *GOLD[1:], "4%", "american") == pytest.approx(0.152551, abs=2e-6)
    assert price(*GOLD, 0.152551, 0.04, "american") == pytest.approx(107.4, abs=0.002)


def test_price_and_volatility_undo_each_other_in_columns():
    strikes = [[float(strike)] for strike in range(80, 111, 5)]
    for exercise, spot in (("european", None), ("american", 99.5)):
        prices = call("OPTION_PRICE", ["put", 100, strikes, 60, 0.25, 0.05, exercise, spot]).rows
        assert len(prices) == len(strikes)
        found = call("IMPLIED_VOL", ["put", prices, 100, strikes, 60, 0.05, exercise, spot]).rows
        assert [row[0] for row in found] == pytest.approx([0.25] * len(strikes), abs=1e-7)


def test_rows_and_columns_make_a_grid_and_each_cell_has_its_own_error():
    rows = call("IMPLIED_VOL", ["call", [[5.0, 0.5, 150.0]], 100, [[90], [100], ["x"]], 30]).rows
    codes = [[cell.code.value if isinstance(cell, MarginError) else "" for cell in row] for row in rows]
    # a 90 call is worth 10 at least; no call is worth more than its forward; x isn't a number
    assert codes == [["#NUM!", "#NUM!", "#NUM!"], ["", "", "#NUM!"], ["#VALUE!"] * 3]
    assert "below what the option is worth" in rows[0][0].problem
    assert "above the most" in rows[1][2].problem


def test_mixed_exercise_in_one_column():
    both = call("OPTION_PRICE", ["put", 100, 110, 365, 0.2, 0.05, [["european"], ["american"]], 100]).rows
    assert both[0][0] == price("put", 100, 110, 365, 0.2, 0.05, "european")
    assert both[1][0] == price("put", 100, 110, 365, 0.2, 0.05, "american", 100)
    assert both[1][0] > both[0][0]


def test_an_option_on_a_future_needs_no_spot_and_the_last_day_is_intrinsic():
    assert price("call", 100, 90, 0, 0.5) == 10
    assert price("put", 100, 90, 0, 0.5, 0.05, "american") == 0
    assert price("call", 100, 90, 30, 0) == 10
    american, european = (price("call", 100, 90, 90, 0.2, 0.1, word) for word in ("american", "european"))
    assert american > european  # the future earns no interest, the exercised option's gain does


def test_the_forward_by_parity():
    # Cboe's sheet of 23 February 2007: SPX 1450 call 27.88 less put 18.72 and 1460 call 21.66 less put 22.55, by hand at 5.3 %
    growth = math.exp(0.053 * 55 / 365)
    rows = call("OPTION_FORWARD", [[[27.88], [21.66]], [[18.72], [22.55]], [[1450], [1460]], 55, "5.3%"]).rows
    assert [row[0] for row in rows] == pytest.approx([1450 + 9.16 * growth, 1460 - 0.89 * growth])
    missing = call("OPTION_FORWARD", [1.68, 3.18, 100, 57, 0.052, "american"]).first
    assert missing.code is ErrorCode.MISSING
    # IBM paid no dividend before that expiry: the forward is the spot carried at the rate, within the cents of the prices
    ibm = call("OPTION_FORWARD", [1.68, 3.18, 100, 57, 0.052, "american", 97.73]).first
    assert ibm == pytest.approx(97.73 * math.exp(0.052 * 57 / 365), abs=0.15)


def test_why():
    said = call("MARGIN_WHY", ["OPTION_PRICE", "call", 19, 19, 273.75, 0.28, 0.1]).first
    assert said.endswith("= 1.701051")
    assert "American" in call("MARGIN_WHY", ["OPTION_PRICE", *GOLD, 0.152551, 0.04, "american"]).first
    assert "107.4" in call("MARGIN_WHY", ["IMPLIED_VOL", "put", 107.4, *GOLD[1:], 0.04, "american"]).first


@pytest.mark.parametrize(
    ("name", "arguments", "code", "says"),
    [
        ("OPTION_PRICE", ["straddle", 100, 100, 30, 0.2], "#VALUE!", "straddle"),
        ("OPTION_PRICE", ["call", 100, 100, 30], "#VALUE!", "volatility is blank"),
        ("OPTION_PRICE", ["call", 100, 100, 30, 20], "#NUM!", "10 or less"),
        ("OPTION_PRICE", ["call", 100, 100, -1, 0.2], "#NUM!", "days is -1"),
        ("OPTION_PRICE", ["call", 100, 100, 30, 0.2, 0, "bermudan"], "#VALUE!", "exercise 'bermudan' isn't known"),
        ("OPTION_PRICE", ["call", "#N/A", 100, 30, 0.2], "#N/A", "forward is the error"),
        ("IMPLIED_VOL", ["call", 5, 100, 100, 0], "#NUM!", "no time to expiry"),
        ("IMPLIED_VOL", ["put", 110, 100, 100, 30], "#NUM!", "above the most"),
        ("IMPLIED_VOL", ["call", 20, 100, 80, 3650, 0.1], "", ""),
        ("OPTION_FORWARD", [1, 200, 100, 30], "#NUM!", "tell no forward"),
    ],
)
def test_bad_input_is_a_real_error_that_says_what_was_seen(name, arguments, code, says):
    found = call(name, arguments).first
    if not code:  # long-dated and discounted: worth less than its undiscounted intrinsic value, and sound
        assert found > 0
        return
    assert isinstance(found, MarginError)
    assert found.code == code
    assert says in str(found)


def test_excel_would_not_find_a_function_called_price():
    assert "worksheet function of Excel's own" in problem_of_function_name("PRICE")
    mine = [functions()[name] for name in ("OPTION_PRICE", "IMPLIED_VOL", "OPTION_FORWARD", "SPAN_MARGIN", "SPAN_SCENARIOS", "PORTFOLIO_MARGIN", "PORTFOLIO_GRID", "MARGIN_COMPARE")]  # fmt: skip
    assert not list(problems(mine))


def test_a_volatility_that_no_price_takes_is_not_answered():
    error = call("IMPLIED_VOL", ["put", 104.99, 100, 105, 30, "5%", "american"]).first
    assert "volatility above 1,000 %" in str(error)
