"""European prices and deltas, against textbooks and a second formula."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optmargin.core.contracts import Right
from optmargin.risk.pricing.black import black, black_delta, black_scholes, black_scholes_delta, black_vega

CALL, PUT = Right.CALL, Right.PUT


@pytest.mark.parametrize(
    ("price", "published", "source"),
    [
        (black_scholes(CALL, 42, 40, 0.5, 0.2, 0.1), 4.76, "Hull, Options, Futures and Other Derivatives, example 15.6"),
        (black_scholes(PUT, 42, 40, 0.5, 0.2, 0.1), 0.81, "Hull, example 15.6"),
        (black_scholes(CALL, 60, 65, 0.25, 0.30, 0.08), 2.1334, "Haug, Complete Guide to Option Pricing Formulas, 1.1.1"),
        (black_scholes(PUT, 100, 95, 0.5, 0.20, 0.10, 0.05), 2.4648, "Haug, 1.1.2, with a dividend yield"),
        (black(CALL, 19, 19, 0.75, 0.28, math.exp(-0.075)), 1.7011, "Haug, 1.1.3, Black-76"),
        (black(PUT, 19, 19, 0.75, 0.28, math.exp(-0.075)), 1.7011, "Haug, 1.1.3, Black-76"),
    ],
)  # fmt: skip
def test_textbook_prices(price, published, source):
    digits = 2 if "Hull" in source else 4
    assert round(float(price), digits) == published, source


def erf_price(right, forward, strike, time, volatility, discount):
    """Black's formula as the textbooks print it, one option at a time."""
    deviation = volatility * math.sqrt(time)
    ahead = math.log(forward / strike) / deviation + deviation / 2

    def normal(x):
        return math.erfc(-x / math.sqrt(2)) / 2

    if right == CALL:
        return discount * (forward * normal(ahead) - strike * normal(ahead - deviation))
    return discount * (strike * normal(deviation - ahead) - forward * normal(-ahead))


OPTION = {
    "forward": st.floats(1, 5000),
    "moneyness": st.floats(0.5, 2),
    "time": st.floats(0.001, 5),
    "volatility": st.floats(0.02, 2),
    "discount": st.floats(0.7, 1.05),
}


@given(**OPTION)
def test_columns_give_what_one_option_at_a_time_gives(forward, moneyness, time, volatility, discount):
    strike, rights = forward * moneyness, np.array([CALL, PUT], dtype=np.int8)
    found = black(rights, forward, strike, time, volatility, discount)
    for price, right in zip(found, rights, strict=True):
        expected = erf_price(right, forward, strike, time, volatility, discount)
        assert price == pytest.approx(expected, rel=1e-9, abs=1e-12 * forward)


@given(**OPTION)
def test_put_call_parity_holds_whatever_the_volatility(forward, moneyness, time, volatility, discount):
    terms = (forward, forward * moneyness, time, volatility, discount)
    difference = black(CALL, *terms) - black(PUT, *terms)
    assert difference == pytest.approx(discount * forward * (1 - moneyness), abs=1e-12 * forward)


@given(**OPTION)
def test_delta_and_vega_are_the_slopes_of_the_price(forward, moneyness, time, volatility, discount):
    strike, step = forward * moneyness, 1e-5
    for right in (CALL, PUT):
        up, down = (black(right, forward * (1 + s), strike, time, volatility, discount) for s in (step, -step))
        delta = black_delta(right, forward, strike, time, volatility, discount)
        assert delta == pytest.approx((up - down) / (2 * step * forward), abs=2e-4)
    up, down = (black(PUT, forward, strike, time, volatility * (1 + s), discount) for s in (step, -step))
    vega = black_vega(forward, strike, time, volatility, discount)
    assert vega == pytest.approx((up - down) / (2 * step * volatility), rel=1e-3, abs=1e-5 * forward)


def test_the_delta_on_a_spot_is_damped_by_the_dividends():
    up, down = (black_scholes(CALL, 100 + s, 95, 0.5, 0.2, 0.05, 0.03) for s in (1e-3, -1e-3))
    assert black_scholes_delta(CALL, 100, 95, 0.5, 0.2, 0.05, 0.03) == pytest.approx((up - down) / 2e-3, abs=1e-7)


def test_without_time_or_volatility_an_option_is_worth_its_intrinsic_value():
    rights = np.array([CALL, PUT], dtype=np.int8)
    assert black(rights, 110, 100, 0, 0.2).tolist() == [10, 0]
    assert black(rights, 90, 100, 1, 0, 0.9).tolist() == [0, 9]
    assert black(rights, 100, 100, 0, 0).tolist() == [0, 0]
    assert black(rights, 100, 0, 1, 0.2).tolist() == [100, 0]


@pytest.mark.parametrize(
    "terms", [(-5, 100, 1, 0.2), (100, -5, 1, 0.2), (100, 100, -1, 0.2), (100, 100, 1, -0.2), (math.nan, 100, 1, 0.2)]
)
def test_what_has_no_price_is_nan_and_never_zero(terms):
    assert math.isnan(black(CALL, *terms))
    assert math.isnan(black_delta(PUT, *terms))


def test_numbers_give_a_number_and_columns_broadcast():
    assert isinstance(float(black(CALL, 100, 100, 1, 0.2)), float)
    grid = black(PUT, np.array([[90.0], [100.0]]), np.array([80.0, 100.0, 120.0]), 0.5, 0.3)
    assert grid.shape == (2, 3)
    assert grid[1, 2] == black(PUT, 100, 120, 0.5, 0.3)
