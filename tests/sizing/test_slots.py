"""Slots of an account, and what rides free in an expiry; from the trader's seven points, numbers 2, 4 and 5."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from optmargin.core.contracts import Right
from optmargin.core.payoff import loss_profile
from optmargin.sizing.slots import FreeSlots, free_slots, slots

CALL, PUT = int(Right.CALL), int(Right.PUT)


def spreads(*rows):
    right, strike, units = (np.array(column) for column in zip(*rows, strict=True))
    return loss_profile(right.astype(np.int8), strike.astype(float), units * 100.0)


def test_net_liq_over_five_dollars_times_a_hundred():
    assert slots(100_000) == 200
    assert slots(100_000, 5, 50) == 400  # ES
    assert slots(99_999) == 199
    assert slots(-5) == 0
    assert slots(np.array([2500.0, 2499.99]), 5, 100).tolist() == [5, 4]
    assert slots(0.3, 0.1, 1) == 3  # 0.3 / 0.1 is 2.9999999999999996


PUTS = [(PUT, 3800, -5), (PUT, 3795, 5)]
CALLS = [(CALL, 3980, -5), (CALL, 3985, 5)]


def test_up_to_five_call_spreads_ride_free_beside_five_put_spreads():
    assert free_slots(spreads(*PUTS), 5, 100) == FreeSlots(puts=0, calls=5)
    assert free_slots(spreads(*CALLS), 5, 100) == FreeSlots(puts=5, calls=0)
    assert free_slots(spreads(*PUTS, *CALLS), 5, 100) == FreeSlots(0, 0)
    assert free_slots(spreads(*PUTS, (CALL, 3980, -3), (CALL, 3985, 3)), 5, 100) == FreeSlots(puts=0, calls=2)


def test_a_broken_wing_counts_by_its_payoff_not_by_its_legs():
    # 5 put spreads of $5 beside one call butterfly 4100/4110/4125 x 5, whose wide wing loses $5 above 4125
    wing = [(CALL, 4100, 5), (CALL, 4110, -10), (CALL, 4125, 5)]
    assert free_slots(spreads(*PUTS, *wing), 5, 100) == FreeSlots(0, 0)
    assert free_slots(spreads(*wing), 5, 100) == FreeSlots(puts=5, calls=0)


def test_an_expiry_without_covered_legs_holds_nothing_free():
    assert free_slots(None, 5, 100) == FreeSlots(0, 0)


@given(
    st.lists(
        st.tuples(st.integers(100, 150), st.integers(1, 10), st.integers(-4, 4).filter(bool)), min_size=1, max_size=4
    ),
    st.lists(st.tuples(st.integers(160, 200), st.integers(1, 10), st.integers(-4, 4).filter(bool)), max_size=4),
)
def test_what_is_called_free_costs_nothing_and_one_more_does(put_spreads, call_spreads):
    legs = [leg for strike, width, n in put_spreads for leg in ((PUT, strike, -n), (PUT, strike - width, n))]
    legs += [leg for strike, width, n in call_spreads for leg in ((CALL, strike, -n), (CALL, strike + width, n))]
    before = spreads(*legs)
    free = free_slots(before, 5, 100)
    low, high = min(leg[1] for leg in legs), max(leg[1] for leg in legs)

    def with_more(puts, calls):
        more = [(PUT, low, -puts), (PUT, low - 5, puts), (CALL, high, -calls), (CALL, high + 5, calls)]
        return spreads(*legs, *(leg for leg in more if leg[2])).worst

    assert with_more(free.puts, free.calls) == before.worst
    assert with_more(free.puts + 1, 0) > before.worst
    assert with_more(0, free.calls + 1) > before.worst


def test_a_gain_on_the_light_side_is_room_too():
    # A bought put spread gains 10,000 below its strikes; call spreads of 2,500 set the requirement
    legs = [(PUT, 3800, 100), (PUT, 3799, -100), (CALL, 4300, -5), (CALL, 4305, 5)]
    free = free_slots(spreads(*legs), 5, 100)
    assert free == FreeSlots(puts=25, calls=0)
    assert spreads(*legs, (PUT, 3790, -25), (PUT, 3785, 25)).worst == 2500
    assert spreads(*legs, (PUT, 3790, -26), (PUT, 3785, 26)).worst > 2500
