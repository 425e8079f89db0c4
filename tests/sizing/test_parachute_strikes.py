"""Prices of spreads, chances of a touch, and how far a roll must go; Black-Scholes and the reflection principle."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optmargin.core.contracts import Right
from optmargin.core.errors import MarginError
from optmargin.sizing.parachutes import prices, strikes

SPX = (5000.0, 0.15)


def test_the_normal_distribution():
    # Abramowitz and Stegun, table 26.1
    assert prices.normal_cdf(np.array([0.0, 1.0, -1.0, 2.0])) == pytest.approx(
        [0.5, 0.841344746068543, 0.158655253931457, 0.977249868051821], rel=1e-14
    )
    assert float(prices.normal_cdf(-37.0)) > 0


def test_a_spread_is_the_difference_of_two_options():
    # J. Hull, Options, Futures and Other Derivatives: S = 42, K = 40, r = 10 %, 20 %, half a year: call 4.76, put 0.81. A spread so wide
    # that its wing is worth nothing is the option alone.
    half = 365 / 2
    assert float(prices.vertical(Right.CALL, 42, 40, 1000, 0.2, half, 0.1)) == pytest.approx(4.76, abs=0.005)
    assert float(prices.vertical(Right.PUT, 42, 40, 39.9, 0.2, half, 0.1)) == pytest.approx(0.81, abs=0.005)


@given(st.floats(50, 150), st.floats(0.05, 1), st.floats(0.5, 400), st.floats(-0.02, 0.1), st.floats(0, 0.05))
def test_a_put_spread_and_the_call_spread_of_its_strikes_make_the_width(spot, volatility, days, rate, carry):
    terms = (volatility, days, rate, carry)
    put = float(prices.vertical(Right.PUT, spot, 100, 5, *terms))
    call = float(prices.vertical(Right.CALL, spot, 95, 5, *terms))
    assert put + call == pytest.approx(5 * math.exp(-rate * days / 365), abs=1e-9)
    assert -1e-9 <= put <= 5 * math.exp(-rate * days / 365) + 1e-9


def test_a_touch_is_twice_as_likely_as_ending_beyond_without_drift():
    # Drift of the logarithm is zero where the rate is half the variance: one deviation away, twice the normal tail.
    below, above = 100 * math.exp(-0.1), 100 * math.exp(0.1)
    for strike in (below, above):
        assert float(prices.touch(100, strike, 0.2, 365 / 4, 0.02)) == pytest.approx(2 * 0.158655253931457, rel=1e-9)
    assert float(prices.touch(100, 100, 0.2, 30)) == 1
    assert float(prices.touch_without_drift(-20, 40)) == float(prices.touch_without_drift(20, 40))


def test_touches_with_drift_are_simulated():
    rng = np.random.default_rng(4)
    spot, volatility, years, parts, runs = 100.0, 0.3, 0.25, 400, 5_000
    for strike, rate in ((92.0, 0.1), (108.0, 0.1)):
        step = math.sqrt(years / parts)
        moves = (rate - volatility**2 / 2) * years / parts + volatility * step * rng.normal(size=(runs, parts))
        path = np.cumsum(moves, axis=1)
        # Looked at now and then: as if the strike were 0.5826 of a step nearer (Broadie, Glasserman, Kou 1997).
        nearer = math.log(strike / spot) - math.copysign(0.5826 * volatility * step, strike - spot)
        seen = ((path >= nearer) if strike > spot else (path <= nearer)).any(axis=1).mean()
        assert float(prices.touch(spot, strike, volatility, 365 * years, rate)) == pytest.approx(seen, abs=0.025)


def test_touches_at_extremes_stay_probabilities():
    volatility = np.array([0.001, 0.005, 0.02, 0.2, 5.0, 80.0])
    for strike in (80.0, 99.9, 100.1, 120.0):
        for rate in (-0.2, 0.0, 0.2):
            found = prices.touch(100.0, strike, volatility, 30.0, rate)
            assert np.all((found >= 0) & (found <= 1))
    # far in the tails both ways of writing the reflected term meet
    ahead, spread = 0.2, 0.2 / 37 * 1.5
    push = np.array([37 * spread - ahead - 1e-9, 37 * spread - ahead + 1e-9])
    near, far = prices._reflected(ahead, push, spread)
    assert near == pytest.approx(far, rel=1e-5)


@pytest.mark.parametrize(("days", "distance"), [(0.25, 12.4), (1, 25.6), (7, 69.0), (30, 143.6)])
def test_how_far_two_or_three_strikes_must_be(days, distance):
    # SPX at 5,000, 15 %, five wide: worked out in 50 digits for one, seven and thirty days.
    assert 5000 - float(strikes.neutral_strike(*SPX, days, 5)) == pytest.approx(distance, abs=0.06)


@pytest.mark.parametrize(
    ("days", "two", "three"),
    [(0.05, 4.9, 15.9), (0.25, 1.71, 2.41), (1, 1.26, 1.45), (7, 1.08, 1.13), (30, 1.04, 1.06)],
)
def test_the_size_that_a_nearer_roll_needs(days, two, three):
    assert strikes.multiple_needed(2, *SPX, days, 5) == pytest.approx(two, abs=0.06 if days < 0.1 else 6e-3)
    assert strikes.multiple_needed(3, *SPX, days, 5) == pytest.approx(three, abs=0.06 if days < 0.1 else 6e-3)
    assert strikes.credit_at(1, *SPX, days, 5, step=10) == strikes.credit_at(2, *SPX, days, 5)


def test_a_normal_move_goes_0_674_of_its_deviation():
    # The quartile of the normal distribution; for tripling the 5/6 quantile.
    assert float(strikes.neutral_distance(1.0)) == pytest.approx(0.6744897501960817)
    assert float(strikes.neutral_distance(1.0, 3)) == pytest.approx(0.967421566101701)
    assert strikes.neutral_distance(np.array([1.0, 2.0]))[1] == pytest.approx(2 * 0.6744897501960817)


def test_a_roll_is_neutral_where_it_lands():
    for right, side in ((Right.PUT, -1), (Right.CALL, 1)):
        for rate, carry in ((0, 0), (0.05, 0.013)):
            strike = float(strikes.neutral_strike(*SPX, 7, 5, 2, right=right, rate=rate, dividend_yield=carry))
            old = float(prices.vertical(right, 5000, 5000, 5, 0.15, 7, rate, carry))
            new = float(prices.vertical(right, 5000, strike, 5, 0.15, 7, rate, carry))
            assert new == pytest.approx(old / 2, rel=1e-11)
            assert side * (strike - 5000) > 0


def test_a_roll_out_in_time_goes_farther_for_the_same_price():
    same = float(strikes.neutral_strike(*SPX, 7, 5, 1))
    assert same == pytest.approx(5000)
    later = float(strikes.neutral_strike(*SPX, 7, 5, 1, short_strike=5020, new_days=14))
    old = float(prices.vertical(Right.PUT, 5000, 5020, 5, 0.15, 7))
    assert float(prices.vertical(Right.PUT, 5000, later, 5, 0.15, 14)) == pytest.approx(old)
    fees = float(strikes.neutral_strike(*SPX, 7, 5, 2, extra=0.066))
    assert fees > float(strikes.neutral_strike(*SPX, 7, 5, 2)), "what must earn its fees moves less far"


def test_columns_of_strikes_are_each_of_them():
    spot = np.array([100.0, 5000.0, 5000.0])
    days = np.array([3.0, 1.0, 30.0])
    right = np.array([Right.PUT, Right.CALL, Right.PUT], dtype=np.int8)
    width = np.array([1.0, 5.0, 25.0])
    found = strikes.neutral_strike(spot, 0.2, days, width, 2.0, right=right)
    for at in range(3):
        alone = strikes.neutral_strike(spot[at], 0.2, days[at], width[at], 2.0, right=Right(int(right[at])))
        assert found[at] == pytest.approx(float(alone), rel=1e-14)


def test_no_strike_sells_for_more_than_the_spread_can_be_worth():
    with pytest.raises(MarginError, match="no strike"):
        strikes.strike_for(5.01, 5000, 0.15, 7, 5)
    with pytest.raises(MarginError, match="no strike"):
        strikes.strike_for(np.array([1.0, 6.0]), 5000, 0.15, 7, 5)
    with pytest.raises(MarginError, match="no strike"):
        strikes.strike_for(0.0, 5000, 0.15, 7, 5)


def test_listed_strikes_keep_the_roll_neutral():
    assert float(strikes.listed(4930.98, 5, Right.PUT)) == 4935
    assert float(strikes.listed(5069.0, 5, Right.CALL)) == 5065
    assert float(strikes.listed(4930.0, 5, Right.PUT)) == float(strikes.listed(4930.0, 5, Right.CALL)) == 4930
    assert float(strikes.listed(4930.98, 0)) == 4930.98
    assert strikes.listed(np.array([4930.98, 4930.98]), np.array([0.0, 25.0])).tolist() == [4930.98, 4950]


def test_the_ladder_of_a_campaign():
    found = strikes.ladder([1.0, 1.25, 1.25], 0.15, 7, 5, spot=5000.0)
    assert [rung.spot for rung in found] == [5000, found[0].short_strike, found[1].short_strike]
    for rung, credit in zip(found, (1.0, 1.25, 1.25), strict=True):
        sold = float(prices.vertical(Right.PUT, rung.spot, rung.short_strike, 5, 0.15, rung.days_left))
        assert sold == pytest.approx(credit)
        assert rung.distance == rung.spot - rung.short_strike > 0
        assert 0 < rung.days_here < rung.days_left
    assert 7 == found[0].days_left > found[1].days_left > found[2].days_left > 0, "the expiry comes nearer"
    assert found[2].distance < found[1].distance
    out = strikes.ladder([1.0, 1.25, 1.25], 0.15, 7, 5, spot=5000.0, is_out=True)
    assert [rung.days_left for rung in out] == [7, 7, 7]
    stepped = strikes.ladder([1.0, 1.25], 0.15, 7, 5, spot=5000.0, first=4900.0, step=5)
    assert stepped[0].short_strike == 4900
    assert stepped[1].short_strike % 5 == 0
    above = strikes.ladder([1.0, 1.25], 0.15, 7, 5, spot=5000.0, first=5100.0, right=Right.CALL)
    assert above[1].short_strike > 5100


def test_the_days_that_a_touch_leaves_are_simulated():
    rng = np.random.default_rng(8)
    parts, runs = 400, 20_000
    (rung, later) = strikes.ladder([1.5, 1.25], 0.15, 7, 5, spot=5000.0)
    a_day = 5000 * 0.15 / math.sqrt(365)
    walk = np.cumsum(rng.normal(scale=a_day * math.sqrt(7 / parts), size=(runs // 4, parts)), axis=1)
    seen = walk >= rung.distance
    first = (seen.argmax(axis=1) + 1)[seen.any(axis=1)] * 7 / parts
    assert later.days_left == pytest.approx(7 - first.mean(), abs=0.25)
    # nothing is left where a touch is as good as impossible; then the days stay
    assert strikes.ladder([1.0, 1.25], 0.001, 7, 5, spot=5000.0, first=4000.0)[1].days_left == 7
