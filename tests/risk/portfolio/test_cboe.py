"""The answers that Cboe and OCC published for customer portfolio margin, as of the close of 23 February 2007."""

import json
from pathlib import Path

import pytest

from optmargin.core.contracts import AssetClass
from optmargin.core.errors import Severity
from optmargin.risk.portfolio.account import portfolio_margin
from optmargin.risk.portfolio.carry import CarrySource, Market
from timsbooks import CALL, DAY, PUT, book, ibm, shares, spx

CASES = json.loads((Path(__file__).parents[2] / "cases" / "span_tims_cases.json").read_text(encoding="utf-8"))["cases"]
TIMS = [case for case in CASES if case["kind"] == "tims_class"]

# Cboe, Margin Requirement Examples for Sample Options-based Positions (studylib.net/doc/11615061), the column of portfolio margin
IBM = shares("IBM", 10_000, 97.73)
SPY = shares("SPY", 100_000, 145.30, AssetClass.BROAD_ETF)
EQUITY_ANSWERS = {
    "short call": ([ibm(CALL, 100, 1.68, -100)], 115_429),
    "short put": ([ibm(PUT, 100, 3.18, -100)], 137_527),
    "covered call": ([IBM, ibm(CALL, 100, 1.68, -100)], 129_804),
    "protective put": ([IBM, ibm(PUT, 95, 1.02, 100)], 37_538),
    "synthetic long": ([ibm(CALL, 100, 1.68, 100), ibm(PUT, 100, 3.18, -100)], 154_313),
    "risk reversal": ([ibm(PUT, 95, 1.02, 100), ibm(CALL, 105, 0.40, -100)], 91_118),
    "collar": ([IBM, ibm(PUT, 95, 1.02, 100), ibm(CALL, 105, 0.40, -100)], 33_522),
    "long vertical call spread": ([ibm(CALL, 95, 4.53, 100), ibm(CALL, 105, 0.40, -100)], 40_881),
    "long straddle": ([ibm(PUT, 100, 3.18, 100), ibm(CALL, 100, 1.68, 100)], 7_500),
}
INDEX_ANSWERS = {
    "short call": ([spx(CALL, 1460, 21.66, -100)], 654_514),
    "short put": ([spx(PUT, 1460, 22.55, -100)], 948_203),
    "covered call": ([SPY, spx(CALL, 1460, 21.66, -100)], 948_342),
    "protective put": ([SPY, spx(PUT, 1450, 18.72, 100)], 272_402),
    "synthetic long": ([spx(CALL, 1460, 21.66, 100), spx(PUT, 1460, 22.55, -100)], 1_162_261),
    "risk reversal": ([spx(PUT, 1450, 18.72, 100), spx(CALL, 1500, 5.96, -100)], 625_592),
    "collar": ([SPY, spx(PUT, 1450, 18.72, 100), spx(CALL, 1500, 5.96, -100)], 212_909),
    "long vertical call spread": ([spx(CALL, 1450, 27.57, 100), spx(CALL, 1500, 5.96, -100)], 210_984),
    "long straddle": ([spx(PUT, 1450, 18.72, 100), spx(CALL, 1450, 27.56, 100)], 7_500),
}
# The sheet's own prices, held at quantity zero: all that the forward is implied from.
EQUITY_QUOTES = [ibm(CALL, 95, 4.53, 0), ibm(PUT, 95, 1.02, 0), ibm(CALL, 100, 1.68, 0), ibm(PUT, 100, 3.18, 0)]
INDEX_QUOTES = [
    spx(CALL, 1450, 27.57, 0),
    spx(PUT, 1450, 18.72, 0),
    spx(CALL, 1460, 21.66, 0),
    spx(PUT, 1460, 22.55, 0),
]


@pytest.mark.parametrize("name", EQUITY_ANSWERS)
@pytest.mark.parametrize("rate", [None, 0.045, 0.05, 0.0525])
def test_equity_answers_come_out_with_the_forward_of_the_sheets_own_prices(name, rate):
    legs, published = EQUITY_ANSWERS[name]
    found = portfolio_margin(book(*legs, *EQUITY_QUOTES), DAY, market=Market(rate=rate))
    assert found.complete
    assert found.requirement == pytest.approx(published, rel=0.004)
    assert {carry.source for carry in found.carries} <= {CarrySource.PARITY}


@pytest.mark.parametrize("name", INDEX_ANSWERS)
@pytest.mark.parametrize("rate", [None, 0.045, 0.05, 0.055])
@pytest.mark.parametrize("pairs", [slice(0, 4), slice(0, 2), slice(2, 4)], ids=["both pairs", "1450", "1460"])
def test_index_answers_come_out_with_the_forward_of_the_sheets_own_prices(name, rate, pairs):
    legs, published = INDEX_ANSWERS[name]
    found = portfolio_margin(book(*legs, *INDEX_QUOTES[pairs]), DAY, market=Market(rate=rate))
    assert found.complete
    assert found.requirement == pytest.approx(published, rel=0.02)
    assert {carry.source for carry in found.carries} <= {CarrySource.PARITY}


def legs_of(case):
    given = case["inputs"]
    is_index, days = given["style"] == "EURO", round(given["T"] * 365)
    legs = []
    for leg in given["legs"]:
        if "shares" in leg:
            kind = ("SPY", AssetClass.BROAD_ETF) if is_index else ("IBM", AssetClass.EQUITY)
            legs.append(shares(kind[0], leg["shares"], given["shares_price"], kind[1]))
            continue
        right = CALL if leg["cp"] > 0 else PUT
        terms = (right, leg["K"], leg["price"], leg["qty"])
        legs.append(spx(*terms, days=days) if is_index else ibm(*terms, spot=given["S"], days=days))
    return legs


@pytest.mark.parametrize("case", TIMS, ids=[case["id"] for case in TIMS])
def test_a_published_case_comes_out_at_its_own_tolerance(case):
    assert case["inputs_complete"]
    given = case["inputs"]
    market = Market(rate=given["r"], dividend_yield=given["q"])
    found = portfolio_margin(book(*legs_of(case)), DAY, market=market)
    assert found.requirement == pytest.approx(case["expected"]["portfolio_margin"], rel=case["tolerance"]), case["note"]


def test_the_file_of_cases_holds_ten_for_portfolio_margin():
    # The others are SPAN's: tests/risk/span names those that come without their inputs.
    assert len(TIMS) == 10


def test_a_short_call_alone_says_that_its_forward_is_assumed():
    found = portfolio_margin(book(spx(CALL, 1460, 21.66, -100)), DAY)
    assert found.carries[0].source is CarrySource.NO_DIVIDEND
    warned = [each for each in found.findings if each.severity is Severity.WARNING]
    assert "no dividend is assumed" in warned[0].problem
    assert "dividend yield" in warned[0].remedy
    noted = [each for each in found.findings if each.severity is Severity.NOTE]
    assert "5.250%" in noted[0].problem
    assert "Federal Reserve" in noted[0].problem


def test_the_worst_of_ten_points_binds_and_is_named():
    found = portfolio_margin(book(*EQUITY_ANSWERS["short put"][0], *EQUITY_QUOTES), DAY)
    group = found.classes[0]
    assert group.binds == "loss at -15.00%"
    assert group.points.tolist() == pytest.approx([-0.15, -0.12, -0.09, -0.06, -0.03, 0.03, 0.06, 0.09, 0.12, 0.15])
    assert group.worst_point == -0.15
    # the put is worth exactly 100 - 97.73 x 0.85 there: 10,000 shares lose that less 3.18
    assert group.worst_loss == pytest.approx(10_000 * (100 - 97.73 * 0.85 - 3.18), abs=0.01)


def test_a_long_straddle_is_charged_the_minimum_since_no_point_is_zero():
    found = portfolio_margin(book(*EQUITY_ANSWERS["long straddle"][0]), DAY)
    assert found.requirement == 7_500
    assert found.classes[0].binds == "minimum"
    assert [line.amount for line in found.classes[0].lines] == [3_750, 3_750]
