"""The 16 scenarios and the split of scan risk; expected figures by hand from the published order and definitions of SPAN."""

import numpy as np
import pytest

from optmargin.risk.span.scan import scan, scenario_text
from optmargin.risk.span.words import PAIRS, PRICE_MOVES, VOLATILITY_MOVES


def losses(**by_number):
    vector = np.zeros(16)
    for name, loss in by_number.items():
        vector[int(name[1:]) - 1] = loss
    return vector


def test_the_scenarios_stand_in_the_published_order():
    thirds = [0, 0, 1, 1, -1, -1, 2, 2, -2, -2, 3, 3, -3, -3]
    assert [round(3 * move) for move in PRICE_MOVES[:14]] == thirds
    assert VOLATILITY_MOVES[:14] == (1, -1) * 7
    assert VOLATILITY_MOVES[14:] == (0, 0)
    assert [pair + 1 for pair in PAIRS] == [2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 15, 16]


def test_a_scenario_is_named_as_traders_say_it():
    assert scenario_text(1) == "price unchanged, volatility up"
    assert scenario_text(6) == "price down 1/3 of the range, volatility down"
    assert scenario_text(13) == "price down the whole range, volatility up"
    assert "extreme" in scenario_text(16)
    assert "down" in scenario_text(16)


def test_of_equal_losses_the_lowest_scenario_is_active():
    assert scan(losses(s5=100, s6=100, s13=100)).active == 5


def test_a_book_that_gains_everywhere_has_no_risk_and_nothing_to_credit():
    found = scan(np.full(16, -5.0))
    assert (found.risk, found.time, found.volatility, found.price) == (0, 0, 0, 0)
    assert found.working() == "no scenario loses"


def test_the_risk_of_a_position_that_loses_in_extreme_moves_only():
    # scenario 16 pairs with itself, so that no volatility risk is split off
    found = scan(losses(s16=77.0, s1=-3.0, s2=1.0))
    assert (found.active, found.risk, found.time, found.volatility, found.price) == (16, 77.0, -1.0, 0.0, 78.0)


def test_time_volatility_and_price_risk_add_up_to_scan_risk():
    # by hand: time (40 + 20) / 2 = 30; paired (500 + 300) / 2 = 400, so volatility 100 and price 400 - 30 = 370
    found = scan(losses(s1=40, s2=20, s13=500, s14=300))
    assert (found.risk, found.time, found.volatility, found.price) == (500, 30, 100, 370)
    assert found.time + found.volatility + found.price == found.risk


def test_price_risk_is_never_negative():
    assert scan(losses(s1=500, s2=300)).price == 0


@pytest.mark.parametrize("scale", [2.0, 0.5])
def test_scan_risk_is_homogeneous(scale):
    one, many = (scan(losses(s1=40, s2=20, s13=500, s14=300) * factor) for factor in (1.0, scale))
    assert many.risk == scale * one.risk
    assert many.price == scale * one.price
