"""STRANGLE_MARGIN and COVERED_MARGIN: published figures, the laws, and what BOOK_MARGIN says of the same legs."""

import numpy as np
import pytest

from optmargin.core.errors import MarginError
from optmargin.functions.call import call

HEADER = ["underlying", "asset_class", "right", "strike", "expiry", "quantity", "price", "spot"]


def book_of(asset_class, spot, *legs):
    rows = [["ABC", asset_class, right, strike, "2026-12-18" if strike else None, quantity, price, spot]
            for right, strike, quantity, price in legs]  # fmt: skip
    return [HEADER, *rows]


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        # Cboe, Margin Manual, p. 46: broad-based index at 433.35, 435 straddle, put 7.20, call 5.50
        ([433.35, 435, 7.2, 435, 5.5, 1, 100, "broad_index", "cboe"], 7770.25),
        # a strangle at 100: call 110 at 3, put 90 at 4: 4 + max(20 - 10, 10) = 14 and 3 beside it, one lot and fifty
        ([100, 90, 4, 110, 3], 1700.0),
        ([100, 90, 4, 110, 3, 50], 85000.0),
        # net of both premiums in tastytrade's convention
        ([100, 90, 4, 110, 3, 1, 100, "equity", "tastytrade"], 1000.0),
    ],
)
def test_published_strangles(arguments, answer):
    assert call("STRANGLE_MARGIN", arguments).first == answer


@pytest.mark.parametrize("book", ["cboe", "ibkr", "tastytrade", "ibkr-2005"])
def test_a_strangle_is_what_the_whole_book_says(book):
    random = np.random.default_rng(7)
    for _ in range(60):
        spot = float(random.integers(20, 400))
        put, call_ = (float(round(spot * random.uniform(0.7, 1.3))) for _ in range(2))
        paid = [round(float(random.uniform(0.05, spot / 8)), 2) for _ in range(2)]
        lots = int(random.integers(1, 9))
        asset_class = str(random.choice(["equity", "etf", "broad_index"]))
        alone = call("STRANGLE_MARGIN", [spot, put, paid[0], call_, paid[1], lots, 100, asset_class, book]).first
        legs = book_of(asset_class, spot, ("put", put, -lots, paid[0]), ("call", call_, -lots, paid[1]))
        assert call("BOOK_MARGIN", [legs, book]).first == pytest.approx(alone, abs=0.011)


@pytest.mark.parametrize(
    ("arguments", "answer", "within"),
    [
        # Cboe, Margin Manual, p. 47: short stock at 255 with a short 250 put at 3, index at 253: 150 % of 25,500
        (["put", 253, 250, 3, 1, 100, 255, "initial", "cboe"], 38250.0, 0.51),
        # tastyware margin-estimator, README example 4: ETF shares carried at 700.41, call 780 at 4.45: half of the shares
        (["call", 740, 780, 4.45, 1, 100, 700.41, "initial", "cboe"], 35020.0, 0.51),
        # QuantConnect LEAN's tests, figures of Interactive Brokers' TWS: SPY at 418.75, two calls
        (["call", 418.75, 200, 218.75, 2, 100, None, "initial", "ibkr", "2023-05-10"], 53714.0, 54),
        (["call", 418.75, 300, 118.75, 2, 100, None, "initial", "ibkr", "2023-05-10"], 38756.0, 39),
        (["call", 418.75, 500, 0.04, 2, 100, None, "initial", "ibkr", "2023-05-10"], 20939.0, 21),
        (["call", 418.25, 300, 118.25, 1, 100, None, "maintenance", "ibkr", "2023-05-10"], 19325.0, 5),
    ],
)
def test_published_covered_calls_and_puts(arguments, answer, within):
    assert call("COVERED_MARGIN", arguments).first == pytest.approx(answer, abs=within)


@pytest.mark.parametrize("book", ["cboe", "ibkr", "ibkr-2005", "tastytrade"])
@pytest.mark.parametrize("right", ["call", "put"])
def test_a_covered_option_is_what_the_whole_book_says(book, right):
    sign = 1 if right == "call" else -1
    for spot, strike, premium, lots in ((50.0, 55.0, 1.0, 2), (50.0, 45.0, 6.0, 1), (120.0, 120.0, 4.0, 3)):
        alone = call("COVERED_MARGIN", [right, spot, strike, premium, lots, 100, None, "initial", book]).first
        legs = book_of("equity", spot, ("stock", None, sign * 100 * lots, spot), (right, strike, -lots, premium))
        assert call("BOOK_MARGIN", [legs, book]).first == pytest.approx(alone, abs=0.011)


def test_both_take_columns_and_refuse_a_bad_row_alone():
    answer = call("COVERED_MARGIN", [[["call"], ["put"], ["stock"]], 253, 250, 3, 1, 100, 255, "initial", "cboe"])
    assert answer.rows[1][0] == 38250.0
    assert isinstance(answer.rows[2][0], MarginError)
    spots = [[100.0], [-1.0], [100.0]]
    answers = [cell for (cell,) in call("STRANGLE_MARGIN", [spots, 90, 4, 110, 3]).rows]
    assert (answers[0], answers[2]) == (1700.0, 1700.0)
    assert isinstance(answers[1], MarginError)


def test_a_stage_is_initial_or_maintenance():
    error = call("COVERED_MARGIN", ["call", 50, 55, 1, 1, 100, None, "overnight"]).first
    assert "maintenance" in str(error)
