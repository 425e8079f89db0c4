"""The loss of a group over settlement prices: against plain evaluation, and what people say of their spreads."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optmargin.core.contracts import Right
from optmargin.core.payoff import intrinsic, loss_profile

CALL, PUT = int(Right.CALL), int(Right.PUT)

legs = st.lists(
    st.tuples(st.sampled_from([CALL, PUT]), st.integers(1, 60), st.integers(-5, 5).filter(bool)),
    min_size=0,
    max_size=12,
)


def profile_of(rows):
    right, strike, units = (np.array(column) for column in zip(*rows, strict=True)) if rows else (np.zeros(0),) * 3
    return loss_profile(right.astype(np.int8), strike.astype(float), units * 100.0)


@given(legs)
def test_it_is_the_loss_that_evaluating_every_price_gives(rows):
    profile = profile_of(rows)
    prices = np.arange(0.0, 200.0, 0.5)
    plain = np.zeros(len(prices))
    for right, strike, units in rows:
        plain -= units * 100 * intrinsic(np.array([right], dtype=np.int8), np.array([float(strike)]), prices)[0]
    net_calls = sum(units for right, _, units in rows if right == CALL)
    if net_calls < 0:
        assert profile.worst == math.inf == profile.above
    else:
        assert profile.worst == pytest.approx(max(0.0, plain.max()))
    assert profile.at_zero == pytest.approx(plain[0])
    if rows:
        by_price = dict(zip(prices.tolist(), plain.tolist(), strict=True))
        assert [by_price[price] for price in profile.prices] == pytest.approx(profile.losses.tolist())


@pytest.mark.parametrize(
    ("rows", "worst", "where"),
    [
        ([(PUT, 3800, -5), (PUT, 3795, 5)], 2500, "at 3795 and below"),
        ([(CALL, 3980, -5), (CALL, 3985, 5)], 2500, "at 3985 and above"),
        (
            [(PUT, 3800, -5), (PUT, 3795, 5), (CALL, 3980, -5), (CALL, 3985, 5)],
            2500,
            "at 3795 and below, and at 3985 and above",
        ),
        # IBKR's short butterfly: the difference of two strikes, in the middle (QuantConnect LEAN, quoting TWS: 1,000)
        ([(PUT, 300, -1), (PUT, 310, 2), (PUT, 320, -1)], 1000, "at 310"),
        # An inverted condor loses on both sides between the short strikes (5 x $5 twice)
        ([(PUT, 4105, -5), (PUT, 4100, 5), (CALL, 3900, -5), (CALL, 3905, 5)], 5000, "from 3905 to 4100"),
        ([(PUT, 100, 1)], 0, ""),
        ([(CALL, 100, -1)], math.inf, "at inf and above"),
    ],
)
def test_where_the_loss_is_worst(rows, worst, where):
    profile = profile_of(rows)
    assert profile.worst == worst
    if math.isfinite(worst):
        assert profile.worst_in_words() == where


def test_nothing_can_be_lost_with_nothing():
    profile = profile_of([])
    assert (profile.worst, profile.at_zero, profile.above) == (0, 0, 0)
    assert math.isnan(profile.worst_price)
