"""The forward and the rate that calls and puts of one strike imply."""

import math

import numpy as np
import pytest

from optmargin.core.contracts import Right
from optmargin.risk.pricing.american import american
from optmargin.risk.pricing.black import black
from optmargin.risk.pricing.parity import Chain, Pairs, implied_forwards, implied_rate, pair_up

CALL, PUT = Right.CALL, Right.PUT


def forward(chain):
    return implied_forwards([chain])[0]


def european(forward_price, time, rate, strikes, digits=10):
    discount = math.exp(-rate * time)
    sides = [np.round(black(side, forward_price, strikes, time, 0.2, discount), digits) for side in (CALL, PUT)]
    return Pairs(tuple(strikes.tolist()), *(tuple(side.tolist()) for side in sides))


def test_call_less_put_is_the_discounted_distance_of_the_forward():
    # Cboe's sheet of 23 February 2007, SPX April 1450: call 27.57, put 18.72; at 5.25 % for 55 days
    found = forward(Chain(Pairs((1450.0,), (27.57,), (18.72,)), 1451.19, 55 / 365, 0.0525, american_style=False))
    assert found.forward == pytest.approx(1450 + 8.85 * math.exp(0.0525 * 55 / 365), abs=1e-9)
    assert found.strikes == (1450.0,)


def test_the_median_of_the_pairs_nearest_the_money_bears_a_wrong_price():
    pairs = european(4050, 0.25, 0.05, np.arange(3800, 4300, 50.0))
    spoiled = Pairs(pairs.strike, (*pairs.call[:5], pairs.call[5] + 30, *pairs.call[6:]), pairs.put)
    found = forward(Chain(spoiled, 4040, 0.25, 0.05, american_style=False))
    assert found.forward == pytest.approx(4050, abs=1e-6)
    assert found.highest > 4075
    assert found.strikes[0] == 4050.0
    assert len(found.strikes) == 5


@pytest.mark.parametrize("dividend_yield", [0.0, 0.02, 0.08])
def test_american_pairs_are_freed_of_early_exercise(dividend_yield):
    strikes = np.array([90.0, 95, 100, 105, 110])
    sides = [american(side, 100, strikes, 0.5, 0.3, 0.05, dividend_yield) for side in (CALL, PUT)]
    pairs = Pairs(tuple(strikes.tolist()), *(tuple(side.tolist()) for side in sides))
    truth = 100 * math.exp((0.05 - dividend_yield) * 0.5)
    found = forward(Chain(pairs, 100, 0.5, 0.05, american_style=True))
    assert found.forward == pytest.approx(truth, abs=0.002)
    plain = forward(Chain(pairs, 100, 0.5, 0.05, american_style=False))
    assert abs(plain.forward - truth) > 0.1, "the worth of early exercise is not small change"


def test_prices_of_shares_imply_no_dividend_below_nothing():
    # IBM 100 on Cboe's sheet: freed of early exercise its forward would be above that of a share without dividends
    chain = Chain(Pairs((100.0,), (1.68,), (3.18,)), 97.73, 57 / 365, 0.0525, american_style=True)
    assert forward(chain).forward == pytest.approx(97.73 * math.exp(0.0525 * 57 / 365), abs=1e-9)
    # ... but parity itself is believed: with no interest on the strike there is nothing to free
    free = Chain(Pairs((100.0,), (1.68,), (3.18,)), 97.73, 57 / 365, 0.0, american_style=True)
    assert forward(free).forward == pytest.approx(98.5, abs=1e-9)


def test_without_a_pair_or_time_there_is_no_forward():
    nothing, one = Pairs((), (), ()), Pairs((100.0,), (2.0,), (1.0,))
    chains = [
        Chain(nothing, 100, 0.5, 0.05, american_style=False),
        Chain(one, 100, 0.0, 0.05, american_style=False),
        Chain(one, 100, 0.5, 0.05, american_style=False),
    ]
    assert [found is None for found in implied_forwards(chains)] == [True, True, False]


def test_options_are_paired_by_strike_and_prices_of_one_option_averaged():
    rights = [CALL, PUT, CALL, PUT, PUT, CALL, PUT]
    strikes, prices = [100, 100, 105, 110, 100, 95, 95], [3.0, 2.0, 1.0, 9.0, 2.2, 6.0, math.nan]
    assert pair_up(rights, strikes, prices) == Pairs((100.0,), (3.0,), (2.1,))


def test_a_rate_is_told_by_strikes_far_apart_and_not_by_two_that_are_rounded_to_cents():
    wide = european(4050, 0.25, 0.05, np.arange(3000, 5000, 25.0), digits=2)
    assert implied_rate(wide, time=0.25) == pytest.approx(0.05, abs=0.0005)
    assert implied_rate(european(4050, 0.25, 0.05, np.arange(4000, 4020, 5.0), digits=2), time=0.25) is None
    assert implied_rate(Pairs((1450.0, 1460.0), (27.57, 21.66), (18.72, 22.55)), time=55 / 365) is None
