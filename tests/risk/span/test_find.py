"""Which contract of a file a leg is: by root, day, right and strike; what is guessed is said, what isn't found as well."""

import dataclasses
import datetime as dt
import math

import numpy as np
import pytest

from optmargin.core.contracts import Right
from optmargin.core.errors import Severity
from optmargin.core.legs import LegTable
from optmargin.risk.span.find import find
from optmargin.risk.span.model import CombinedCommodity, period
from risk.span.market import CALL, FUTURE, PUT, Made, commodity, future_array, leg, parameters

MONTH, LATER = 202503, 202506
FLAT = [0.0] * 16
ES = commodity(
    "ES",
    [
        Made(FUTURE, MONTH, future_array(1000.0)),
        Made(FUTURE, MONTH, future_array(100.0), root="MES", scaling=0.1, value_factor=5.0),
        Made(FUTURE, LATER, future_array(1000.0)),
        Made(PUT, MONTH, FLAT, 4500.0, delta=-0.2),
        Made(PUT, MONTH, FLAT, 4500.0, delta=-0.1, root="EW2", option_month=202502),
        Made(CALL, MONTH, FLAT, 4500.0, delta=0.1, root="EW2", option_month=202502),
        Made(PUT, MONTH, FLAT, 4500.0, delta=-0.1, root="EX2", option_month=202502, scaling=0.1, value_factor=5.0),
        Made(PUT, LATER, FLAT, 4500.0, delta=-0.2),
    ],
)


def found(*legs, market=None, **aliases):
    return find(parameters(market or ES), LegTable.of(legs), aliases)


def names(result, market: CombinedCommodity = ES):
    return [market.contract_name(row) for holding in result.holdings for row in holding.rows]


def test_a_leg_is_found_by_root_day_right_and_strike():
    result = found(
        leg("ES", -2, MONTH, PUT, 4500.0), leg("ES", 1, MONTH), leg("ES", 3, 202502, CALL, 4500.0, root="EW2")
    )
    assert names(result) == ["ES 2025-03 future", "ES 2025-03 4500 put", "EW2 2025-02 4500 call on 2025-03"]
    assert result.holdings[0].quantity.tolist() == [1, -2, 3]
    assert result.findings == ()


def test_legs_of_one_contract_are_netted():
    result = found(leg("ES", -2, MONTH), leg("ES", 5, MONTH), leg("ES", 1, LATER), leg("ES", -1, LATER))
    assert (names(result), result.holdings[0].quantity.tolist()) == (["ES 2025-03 future"], [3])


def test_where_the_root_is_not_known_the_day_and_the_multiplier_tell():
    result = found(leg("ES", -1, 202502, PUT, 4500.0))  # many files call every ES option ES
    assert names(result) == ["EW2 2025-02 4500 put on 2025-03"]
    micro = leg("ES", -1, 202502, PUT, 4500.0, multiplier=5.0)
    assert names(found(micro)) == ["EX2 2025-02 4500 put on 2025-03"]


def test_a_root_that_is_named_is_not_replaced_by_another():
    result = found(leg("ES", -1, 202502, PUT, 4500.0, root="EW3"))
    assert result.holdings == ()
    assert "isn't in invented.spn" in result.findings[0].problem
    assert names(found(leg("ES", -1, 202502, PUT, 4500.0, root="EW3"), EW3="EW2")) == [
        "EW2 2025-02 4500 put on 2025-03"
    ]
    assert names(found(leg("ES", -1, 202502, PUT, 4500.0, root="EW3"), EW3="inv:ew2")) == [
        "EW2 2025-02 4500 put on 2025-03"
    ]


def test_a_contract_of_another_strike_or_day_is_missing_and_the_days_are_named():
    for wrong in (
        leg("ES", -1, MONTH, PUT, 4505.0),
        dataclasses.replace(leg("ES", -1, MONTH, PUT, 4500.0), expiry=dt.date(2025, 3, 11)),
    ):
        result = found(wrong)
        (finding,) = result.findings
        assert finding.severity is Severity.INCOMPLETE
        assert "2025-03-10, 2025-06-10" in finding.remedy
        assert result.affected == {"ES"}


def test_a_future_whose_day_differs_is_taken_by_its_month_and_that_is_said():
    result = found(dataclasses.replace(leg("ES", 1, MONTH), expiry=dt.date(2025, 3, 21)))
    assert names(result) == ["ES 2025-03 future"]
    assert [each.severity for each in result.findings] == [Severity.NOTE]
    assert found(dataclasses.replace(leg("ES", 1, MONTH), expiry=dt.date(2025, 4, 15))).holdings == ()
    assert found(dataclasses.replace(leg("ES", 1, MONTH), expiry=None)).holdings == ()


def test_where_the_file_gives_no_days_months_tell_if_they_are_clear():
    series = dataclasses.replace(ES.series, expiry=np.full(len(ES.series), np.datetime64("NaT", "D")))
    without = dataclasses.replace(ES, series=series)
    result = found(leg("ES", 1, LATER), leg("ES", 1, LATER, PUT, 4500.0), market=without)
    assert names(result, without) == ["ES 2025-06 future", "ES 2025-06 4500 put"]
    assert {each.severity for each in result.findings} == {Severity.NOTE}


def test_weeklies_of_one_month_are_told_apart_by_their_codes_alone():
    # same root, month and strike: only the day codes 05 and 10 differ, and the file gives no days
    made = commodity(
        "ES", [Made(PUT, MONTH, [1.0] * 16, 4500.0), Made(PUT, LATER, [2.0] * 16, 4500.0, option_month=MONTH)]
    )
    series = dataclasses.replace(
        made.series,
        option_period=np.array([period(MONTH, "05"), period(MONTH, "10")]),
        expiry=np.full(2, np.datetime64("NaT", "D")),
    )
    coded = dataclasses.replace(made, series=series)
    for day, row in ((5, 0), (10, 1)):
        result = found(
            dataclasses.replace(leg("ES", 1, MONTH, PUT, 4500.0), expiry=dt.date(2025, 3, day)), market=coded
        )
        assert result.holdings[0].rows.tolist() == [row]
    assert (
        found(dataclasses.replace(leg("ES", 1, MONTH, PUT, 4500.0), expiry=dt.date(2025, 3, 12)), market=coded).holdings
        == ()
    )


def test_two_contracts_that_a_leg_may_be_are_an_error():
    twice = commodity("ES", [Made(PUT, MONTH, FLAT, 4500.0), Made(PUT, LATER, FLAT, 4500.0, option_month=MONTH)])
    result = found(leg("ES", 1, MONTH, PUT, 4500.0), market=twice)
    assert result.holdings == ()
    assert "more than one contract" in result.findings[0].problem
    assert "alias" in result.findings[0].remedy


@pytest.mark.parametrize("quantity", [math.nan, math.inf])
def test_a_leg_without_a_quantity_is_missing(quantity):
    result = found(leg("ES", quantity, MONTH))
    assert result.findings[0].severity is Severity.INCOMPLETE
    assert "no quantity" in result.findings[0].problem


def test_a_line_of_the_file_is_named():
    result = found(leg("ES", 1, 202504, line=14, account="U1"))
    assert (result.findings[0].line, result.findings[0].account) == (14, "U1")


def test_the_price_of_a_contract_is_that_of_its_legs_where_they_agree():
    same = found(leg("ES", 1, MONTH, PUT, 4500.0, price=3.0), leg("ES", 1, MONTH, PUT, 4500.0, price=3.0))
    assert same.holdings[0].price.tolist() == [3.0]
    other = found(leg("ES", 1, MONTH, PUT, 4500.0, price=3.0), leg("ES", 1, MONTH, PUT, 4500.0, price=4.0))
    assert np.isnan(other.holdings[0].price).all()


def test_stock_is_no_future():
    result = found(leg("ES", 100, MONTH, Right.STOCK))
    assert result.findings[0].severity is Severity.INCOMPLETE
