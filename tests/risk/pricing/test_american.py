"""American options, against published values, closed forms and trees that know nothing of boundaries."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optmargin.core.contracts import Right
from optmargin.risk.pricing.american import american, exercised_early, no_volatility_value
from optmargin.risk.pricing.black import black_scholes

CALL, PUT = Right.CALL, Right.PUT


def tree(right, spot, strike, time, volatility, rate, dividend_yield, steps):
    """A Cox-Ross-Rubinstein tree; the mean of an even and an odd number of steps."""
    sign, found = (1 if right == CALL else -1), []
    for count in (steps, steps + 1):
        step = time / count
        up = math.exp(volatility * math.sqrt(step))
        odds = (math.exp((rate - dividend_yield) * step) - 1 / up) / (up - 1 / up)
        prices = spot * up ** (2.0 * np.arange(count + 1) - count)
        value = np.maximum(sign * (prices - strike), 0)
        for _ in range(count):
            prices = prices[:-1] * up
            value = math.exp(-rate * step) * (odds * value[1:] + (1 - odds) * value[:-1])
            value = np.maximum(value, sign * (prices - strike))
        found.append(float(value[0]))
    return sum(found) / 2


@pytest.mark.parametrize(("rate", "premium"), [(0.05, 0.106952702747), (0.075, 0.3671112309)])
def test_the_early_exercise_premium_of_andersen_lake_and_offengenden(rate, premium):
    # High Performance American Option Pricing (2015), and QuantLib's testAndersenLakeHighPrecisionExample:
    # put, spot and strike 100, dividend yield 5 %, volatility 25 %, one year.
    terms = (PUT, 100, 100, 1, 0.25, rate, 0.05)
    assert american(*terms) - black_scholes(*terms) == pytest.approx(premium, abs=1e-4)
    assert american(*terms, quick=True) - black_scholes(*terms) == pytest.approx(premium, abs=2e-3)


@pytest.mark.parametrize(
    ("terms", "value"),
    [
        ((CALL, 100, 50, 1, 0.0, 0.05, 0.01), 51.4435121498811085),
        ((PUT, 100, 120, 40, 0.0, 0.01, 0.50), 108.980904561184602),
        ((CALL, 100, 100, 1, 0.25, 0.05, 0.0), 12.3359989303687243),
    ],
)
def test_edge_cases_of_quantlib(terms, value):
    # QuantLib, test-suite/americanoption.cpp, testQdAmericanEngines: no volatility, exercise at an inner moment, no dividend
    assert american(*terms) == pytest.approx(value, rel=1e-12)


# Longstaff and Schwartz (2001), Valuing American Options by Simulation, table 1: finite differences, strike 40, rate 6 %
LONGSTAFF = {
    (36, 0.2, 1): 4.478, (36, 0.2, 2): 4.840, (36, 0.4, 1): 7.101, (36, 0.4, 2): 8.508,
    (38, 0.2, 1): 3.250, (38, 0.2, 2): 3.745, (38, 0.4, 1): 6.148, (38, 0.4, 2): 7.670,
    (40, 0.2, 1): 2.314, (40, 0.2, 2): 2.885, (40, 0.4, 1): 5.312, (40, 0.4, 2): 6.920,
    (42, 0.2, 1): 1.617, (42, 0.2, 2): 2.212, (42, 0.4, 1): 4.582, (42, 0.4, 2): 6.248,
    (44, 0.2, 1): 1.110, (44, 0.2, 2): 1.690, (44, 0.4, 1): 3.948, (44, 0.4, 2): 5.647,
}  # fmt: skip


def test_the_table_of_longstaff_and_schwartz():
    # Theirs may be exercised 50 times a year only, so ours are worth up to a cent more.
    spot, volatility, time = (np.array(column, dtype=float) for column in zip(*LONGSTAFF, strict=True))
    more = american(PUT, spot, 40, time, volatility, 0.06) - np.array(list(LONGSTAFF.values()))
    assert more.max() < 0.01
    assert more.min() > -0.001


RANDOM = np.random.default_rng(20261121)


@pytest.mark.parametrize("number", range(16))
def test_a_tree_of_many_steps_agrees(number):
    right = CALL if number % 2 else PUT
    time, volatility = 10 ** RANDOM.uniform(-2, 0.4), RANDOM.uniform(0.08, 0.8)
    rate, dividend_yield = RANDOM.uniform(0, 0.1), RANDOM.uniform(0, 0.1)
    spot = 100 * math.exp(RANDOM.normal() * volatility * math.sqrt(time))
    terms = (right, spot, 100, time, volatility, rate, dividend_yield)
    expected = tree(*terms, steps=800)
    assert american(*terms) == pytest.approx(expected, abs=0.004), terms  # the tree's own error, at a strike of 100
    assert american(*terms, quick=True) == pytest.approx(expected, abs=0.02), terms


@pytest.mark.parametrize(
    "terms",
    [
        (PUT, 100, 100, 2, 0.2, -0.01, -0.03),  # two boundaries
        (CALL, 100, 100, 2, 0.2, -0.03, -0.01),
        (PUT, 100, 100, 2, 0.2, 0.0, -0.03),  # nothing earned on the strike, but a growing underlying
        (PUT, 98.5, 100, 9.76, 0.1229, 0.0962, 0.0),  # steep and still: where the method is at its worst
    ],
)
def test_rates_below_zero_and_still_underlyings(terms):
    assert american(*terms) == pytest.approx(tree(*terms, steps=2000), abs=0.02)


@given(
    right=st.sampled_from([CALL, PUT]),
    spot=st.floats(50, 200),
    time=st.floats(0, 3),
    volatility=st.floats(0.0, 1.5),
    rate=st.floats(-0.02, 0.1),
    dividend_yield=st.floats(-0.02, 0.1),
)
@settings(max_examples=60)
def test_it_is_worth_no_less_than_exercise_or_waiting(right, spot, time, volatility, rate, dividend_yield):
    terms = (right, spot, 100, time, volatility, rate, dividend_yield)
    price, sign = float(american(*terms)), (1 if right == CALL else -1)
    assert price >= sign * (spot - 100) - 1e-9
    assert price >= black_scholes(*terms) - 1e-9
    assert price >= no_volatility_value(right, spot, 100, time, rate, dividend_yield) - 1e-9
    most = spot * max(1, math.exp(-dividend_yield * time)) if right == CALL else 100 * max(1, math.exp(-rate * time))
    assert price <= most + 1e-6
    # McDonald and Schroder (1998): a call is a put with spot and strike, rate and yield exchanged
    other = PUT if right == CALL else CALL
    assert price == pytest.approx(float(american(other, 100, spot, time, volatility, dividend_yield, rate)), abs=1e-9)


def test_where_exercise_never_pays_it_is_a_european_option():
    for terms in ((CALL, 100, 90, 1, 0.3, 0.05, 0.0), (PUT, 100, 110, 1, 0.3, 0.0, 0.02)):
        assert american(*terms) == black_scholes(*terms)
        assert not exercised_early(terms[0], terms[5], terms[6])
    assert exercised_early(CALL, 0.05, 0.01)
    assert exercised_early(PUT, 0.05, 0.0)


def test_deep_in_the_money_it_is_exactly_its_intrinsic_value():
    # The Cboe sheet of 2007: the IBM 100 put at 15 % less than 97.73 is worth the difference.
    spot = 97.73 * 0.85
    assert american(PUT, spot, 100, 57 / 365, 0.17, 0.0525) == 100 - spot


def test_many_spots_share_a_boundary_and_give_what_each_alone_gives():
    spots = np.array([[70.0, 90, 100, 130], [80, 95, 105, 120]])
    volatility, right = np.array([[0.2], [0.4]]), np.array([[CALL], [PUT]], dtype=np.int8)
    grid = american(right, spots, 100, 0.75, volatility, 0.05, 0.02)
    for row in range(2):
        for column in range(4):
            alone = american(right[row, 0], spots[row, column], 100, 0.75, volatility[row, 0], 0.05, 0.02)
            assert grid[row, column] == pytest.approx(float(alone), abs=1e-12)


def test_thousands_at_once_give_what_each_alone_gives():
    count = 1300  # more than are solved in one piece
    spot = np.linspace(60, 140, count)
    column = american(PUT, spot, 100, np.linspace(0.05, 2, count), 0.25, 0.04, 0.01)
    for at in (0, 511, 512, 700, count - 1):
        alone = american(PUT, spot[at], 100, np.linspace(0.05, 2, count)[at], 0.25, 0.04, 0.01)
        assert column[at] == pytest.approx(float(alone), abs=1e-12)


@pytest.mark.parametrize(
    "terms", [(PUT, -1, 100, 1, 0.2, 0.05), (PUT, 90, 100, -1, 0.2, 0.05), (PUT, 90, 100, 1, math.nan, 0.05)]
)
def test_what_has_no_price_is_nan(terms):
    assert math.isnan(american(*terms))


def test_on_the_day_itself_it_is_worth_its_intrinsic_value():
    assert american(PUT, np.array([90.0, 110.0]), 100, 0, 0.2, 0.05).tolist() == [10, 0]
