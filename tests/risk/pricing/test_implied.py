"""Implied volatilities: back to the volatility that a price was made with, and refused where the price doesn't tell."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optmargin.core.contracts import Right
from optmargin.risk.pricing.american import american
from optmargin.risk.pricing.black import black, black_scholes, black_vega
from optmargin.risk.pricing.implied import (
    DETERMINED_TO,
    Unimplied,
    american_implied_volatility,
    implied_volatility,
)

CALL, PUT = Right.CALL, Right.PUT


def test_the_example_of_hull():
    # Hull, Options, Futures and Other Derivatives, section 15.11: call 1.875, spot 21, strike 20, rate 10 %, 3 months: 23.5 %
    found = implied_volatility(CALL, 1.875, 21 * math.exp(0.025), 20, 0.25, math.exp(-0.025))
    assert found.volatility == pytest.approx(0.235, abs=0.0006)


def test_the_volatility_that_cme_prints_with_its_price():
    # CME file of 12 September 2025, OG December 3700 put: future 3,686.4, settlement 107.40, volatility 0.152551; 73 to 75 days
    found = implied_volatility(PUT, 107.4, 3686.4, 3700, np.array([73, 74, 75]) / 365)
    assert found.volatility == pytest.approx(0.152551, abs=0.0025)  # the day, the rate and early exercise are left open


@given(
    right=st.sampled_from([CALL, PUT]),
    time=st.floats(0.002, 5),
    volatility=st.floats(0.01, 3),
    away=st.floats(-8, 8),
    discount=st.floats(0.7, 1.02),
)
def test_a_price_gives_back_its_volatility_to_1e_8_or_nothing(right, time, volatility, away, discount):
    strike = 100 * math.exp(max(min(away * volatility * math.sqrt(time), 5), -5))
    price = float(black(right, 100, strike, time, volatility, discount))
    found = implied_volatility(right, price, 100, strike, time, discount)
    if found.reason == Unimplied.DETERMINED:
        assert found.volatility == pytest.approx(volatility, abs=2 * DETERMINED_TO)
    else:  # the time value is lost in the rounding of the price
        vega = float(black_vega(100, strike, time, volatility))
        assert vega * DETERMINED_TO < 1e-13 * (100 + strike)
        assert math.isnan(found.volatility)


def test_far_out_of_the_money_a_price_of_next_to_nothing_still_tells():
    # 30 deviations out: a price of 1e-200 is a double like any other; in the money the same time value is lost
    strike = 100 * math.exp(30 * 0.2 * math.sqrt(0.25))
    price = black(CALL, 100, strike, 0.25, 0.2)
    assert 0 < price < 1e-190
    assert implied_volatility(CALL, price, 100, strike, 0.25).volatility == pytest.approx(0.2, abs=1e-8)
    other = implied_volatility(PUT, black(PUT, 100, strike, 0.25, 0.2), 100, strike, 0.25)
    assert other.reason == Unimplied.NO_TIME_VALUE
    assert math.isnan(other.volatility)


def test_a_whole_chain_at_once():
    random = np.random.default_rng(7)
    right, time = random.integers(1, 3, 5000).astype(np.int8), random.uniform(0.003, 2, 5000)
    volatility = random.uniform(0.05, 1.2, 5000)
    strike = 100 * np.exp(random.normal(size=5000) * volatility * np.sqrt(time))
    found = implied_volatility(right, black(right, 100, strike, time, volatility, 0.97), 100, strike, time, 0.97)
    told = found.reason == Unimplied.DETERMINED
    assert told.mean() > 0.999
    assert np.abs(found.volatility - volatility)[told].max() < DETERMINED_TO
    assert np.isnan(found.volatility[~told]).all()


@pytest.mark.parametrize(
    ("right", "price", "forward", "strike", "time", "reason"),
    [
        (CALL, 1.99, 42, 40, 0.5, Unimplied.BELOW),
        (CALL, 2.00, 42, 40, 0.5, Unimplied.NO_TIME_VALUE),
        (PUT, 0.00, 42, 40, 0.5, Unimplied.NO_TIME_VALUE),
        (CALL, 42.0, 42, 40, 0.5, Unimplied.ABOVE),
        (PUT, 41.0, 42, 40, 0.5, Unimplied.ABOVE),
        (CALL, 3.00, 42, 40, 0.0, Unimplied.EXPIRED),
        (CALL, 3.00, 0, 40, 0.5, Unimplied.OUTSIDE),
        (CALL, -1.0, 42, 40, 0.5, Unimplied.OUTSIDE),
        (CALL, math.nan, 42, 40, 0.5, Unimplied.NO_PRICE),
    ],
)
def test_a_price_without_a_volatility_is_refused_with_the_reason(right, price, forward, strike, time, reason):
    found = implied_volatility(right, price, forward, strike, time)
    assert found.reason == reason
    assert math.isnan(found.volatility)
    assert Unimplied(int(found.reason)).sentence


@given(
    right=st.sampled_from([CALL, PUT]),
    time=st.floats(0.02, 2),
    volatility=st.floats(0.08, 1),
    away=st.floats(-1.5, 1.5),
    rate=st.floats(0, 0.08),
    dividend_yield=st.floats(0, 0.06),
    quick=st.booleans(),
)
def test_american_prices_give_back_their_volatility(right, time, volatility, away, rate, dividend_yield, quick):
    strike = 100 * math.exp(away * volatility * math.sqrt(time))
    terms = (100, strike, time, rate, dividend_yield)
    price = float(american(right, 100, strike, time, volatility, rate, dividend_yield, quick=quick))
    found = american_implied_volatility(right, price, *terms, quick=quick)
    if found.reason == Unimplied.DETERMINED:
        again = float(american(right, 100, strike, time, found.volatility, rate, dividend_yield, quick=quick))
        assert again == pytest.approx(price, abs=1e-4 if quick else 1e-9)
        if price > abs(100 - strike) * 1.001:
            assert found.volatility == pytest.approx(volatility, rel=1e-4 if quick else 1e-6)
    else:
        sign = 1 if right == CALL else -1
        assert price - max(sign * (100 - strike), 0) < 1e-9  # no time value is left


def test_where_exercise_never_pays_the_european_answer_is_the_answer():
    price = black_scholes(CALL, 100, 105, 0.5, 0.25, 0.05)
    assert american_implied_volatility(CALL, price, 100, 105, 0.5, 0.05).volatility == pytest.approx(0.25, abs=1e-10)


def test_an_american_put_at_its_intrinsic_value_tells_nothing():
    found = american_implied_volatility(PUT, np.array([20.0, 19.9, 20.01, 100.0]), 80, 100, 0.5, 0.05)
    assert found.reason.tolist() == [Unimplied.NO_TIME_VALUE, Unimplied.BELOW, Unimplied.DETERMINED, Unimplied.ABOVE]
    assert american(PUT, 80, 100, 0.5, found.volatility[2], 0.05) == pytest.approx(20.01, abs=1e-8)
