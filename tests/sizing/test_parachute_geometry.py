"""What fits: the three readings of "five doublings", fees, debits, cushions and whole slots; from the trader's seven points, number 3."""

from fractions import Fraction
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optmargin.core.errors import MarginError
from optmargin.sizing.parachutes.campaign import plan
from optmargin.sizing.parachutes.geometry import (
    Reading,
    Terms,
    first_slots,
    legs_per_slot,
    most_written,
    parachutes_fit,
)
from optmargin.sizing.parachutes.ledger import Holder, fitting

REPLACE, DOUBLE, ACCUMULATE = Reading.REPLACE, Reading.DOUBLE, Reading.ACCUMULATE


def fit(net_liq, first, cushion=0.0, other_margin=0.0, **terms):
    return float(parachutes_fit(net_liq, first, Terms(**terms), cushion=cushion, other_margin=other_margin))


@pytest.mark.parametrize(
    ("reading", "standing"),
    [(REPLACE, [1, 2, 4, 8, 16, 32]), (DOUBLE, [1, 2, 4, 8, 16, 32]), (ACCUMULATE, [1, 3, 7, 15, 31, 63])],
)
def test_five_doublings_are_32_times_the_original_or_63_where_nothing_is_closed(reading, standing):
    levels = list(islice(Terms(reading=reading).levels(1.0), 6))
    assert [float(level.standing) for level in levels] == standing
    sets = plan(1, [1], [2.5], 5, reading=reading).sets
    assert [each.standing for each in sets] == standing
    assert [each.opened for each in sets] == [float(level.opened) for level in levels]
    assert [each.closed for each in sets] == [float(level.closed) for level in levels]
    if reading is DOUBLE:
        assert [each.opened for each in sets] == [1, 1, 2, 4, 8, 16]


def test_a_32nd_of_the_account_leaves_room_for_five():
    assert fit(16_000, 1) == fit(100_000, 6) == fit(16_000, 1, reading=DOUBLE) == 5
    assert fit(16_000, 1, reading=ACCUMULATE) == 4
    assert fit(31_500, 1, reading=ACCUMULATE) == 5  # 1/63
    assert fit(31_499.99, 1, reading=ACCUMULATE) == 4
    assert fit(15_999.99, 1) == 4


def test_and_for_nothing_else():
    assert fit(16_000, 1, fee=1.10) == 4
    assert fit(100_000, 6, cushion=0.10) == 4
    assert fit(100_000, 6, roll_debit=0.50) == fit(16_000, 1, roll_debit=0.50) == 4
    assert fit(16_000, 1, other_margin=0.01) == 4
    assert fit(16_000, 1, other_margin=100, credit=1) == 5  # the first premium is all the room that there is


def test_a_tie_to_the_cent_fits_whatever_the_floats_say():
    # 188 legs for five doublings: 2 at first, 6 for each slot bought out, 31 of them; $1.10 each is $206.80
    assert legs_per_slot(5) == 188
    assert [legs_per_slot(k) for k in range(6)] == [2, 8, 20, 44, 92, 188]
    assert fit(16_206.80, 1, fee=1.10) == 5
    assert fit(16_206.79, 1, fee=1.10) == 4
    # 0.1 + 0.2 of a width: 32 slots of 0.3 x 100 are 960
    assert fit(960, 1, width=0.1 + 0.2) == 5
    assert fit(2.0**45 * 500, 1) == 45
    assert fit(2.0**15 * 500 - 0.01, 1) == 14, "a cent short of 16,384,000 is short"


def test_a_fraction_of_a_slot_is_not_written():
    assert fit(100_000, 6.25) == 5
    assert fit(100_000, 3.125) == 6
    assert fit(100_000, 3125 / 500 * (1 - 1e-12)) == 5  # 6.25 but for rounding


def test_sizes_that_are_not_whole_are_rounded_up():
    levels = list(islice(Terms(multiple=1.5).levels(6.0), 4))
    assert [float(level.standing) for level in levels] == [6, 9, 14, 21]  # 13.5, 20.25
    assert [each.standing for each in plan(6, [1], [2.5], 3, multiple=1.5).sets] == [6, 9, 14, 21]
    assert [each.standing for each in plan(10, [1], [2.5], 2, multiple=1.1).sets] == [10, 11, 13]  # 12.1
    assert [float(level.standing) for level in islice(Terms(multiple=1.1).levels(10.0), 3)] == [10, 11, 13]
    assert fit(14 * 500, 6, multiple=1.5) == 2
    assert fit(14 * 500 - 1, 6, multiple=1.5) == 1


def test_rolls_out_in_time_at_one_size():
    with pytest.raises(MarginError, match="hardly grow"):
        fit(100_000, 6, multiple=1)
    # fees eat it in the end: 24 at first, then 48 a roll of 12 old and new legs x 2.00, from 100
    assert fit(3_100, 6, multiple=1, fee=2.0) == 1
    assert fit(3_500, 1, multiple=1, reading=ACCUMULATE) == 6  # seven sets of 500
    with pytest.raises(MarginError, match="adds nothing"):
        fit(100_000, 6, multiple=1, reading=DOUBLE)


@pytest.mark.parametrize(
    ("net_liq", "first", "says"),
    [(100_000, 0.5, "0.5 is less than one slot"), (100_000, 300, "300 slots needs 150000"), (-1, 1, "net liq of -1")],
)
def test_a_first_position_that_is_none_or_does_not_fit_is_refused(net_liq, first, says):
    with pytest.raises(MarginError, match=says):
        fit(net_liq, first)
    with pytest.raises(MarginError, match=says):
        fit(np.array([1e6, net_liq, 1e6]), np.array([1.0, first, 2.0]))


def test_the_largest_first_position_for_five():
    assert first_slots(100_000, 5, Terms()) == 6
    assert first_slots(100_000, 5, Terms(reading=ACCUMULATE)) == 3  # 200 / 63
    assert first_slots(15_999, 5, Terms()) == 0
    assert first_slots(16_000, 5, Terms()) == 1
    assert first_slots(16_000, 0, Terms()) == 32
    assert first_slots(-500, 0, Terms()) == 0
    assert first_slots(100_000, np.array([0, 1, 2, 5]), Terms()).tolist() == [200, 100, 50, 6]
    with pytest.raises(MarginError, match="no limit"):
        first_slots(100_000, 0, Terms(credit=5.0))
    with pytest.raises(MarginError, match="credit 6 is more than the width 5"):
        first_slots(100_000, 0, Terms(credit=np.array([1.0, 6.0])))
    for wrong in (-1, 1.5, 1001):
        with pytest.raises(MarginError, match="parachutes"):
            first_slots(100_000, wrong, Terms())


@pytest.mark.parametrize(
    ("terms", "share"),
    [
        (Terms(credit=1), 1 / (32 - 0.2)),  # 1 / (m^K - credit / width)
        (Terms(credit=1, roll_debit=0.5), 5 / (32 * 5 - 1 + 0.5 * 31)),  # a debit of d: d (m^K - 1) / (m - 1) more
        (Terms(reading=ACCUMULATE), 1 / 63),
        (Terms(multiple=3), 1 / 243),
        (Terms(multiple=1.5), 1 / 1.5**5),
    ],
)
def test_the_largest_share_of_the_account(terms, share):
    assert float(most_written(terms, 5)) == pytest.approx(share, rel=1e-9)
    assert float(most_written(terms, 5, cushion=0.1, other_share=0.9)) == 0


terms_ = st.builds(
    Terms,
    width=st.sampled_from([1.0, 5.0, 25.0]),
    multiplier=st.sampled_from([50.0, 100.0]),
    multiple=st.sampled_from([1.0, 1.5, 2.0, 2.25, 3.0]),
    reading=st.sampled_from([REPLACE, ACCUMULATE]),
    credit=st.sampled_from([0.0, 0.35, 0.9]),
    fee=st.sampled_from([0.0, 0.65, 1.1]),
    roll_debit=st.sampled_from([0.0, 0.25, -0.05]),
)


@given(
    st.integers(100_00, 100_000_00).map(lambda cents: cents / 100),
    st.integers(0, 6),
    terms_,
    st.sampled_from([0.0, 0.1]),
    st.sampled_from([0.0, 1234.56]),
)
def test_one_slot_more_than_the_largest_does_not_fit(net_liq, parachutes, terms, cushion, other):
    found = float(first_slots(net_liq, parachutes, terms, cushion=cushion, other_margin=other))

    def fits(slots):
        try:
            return float(parachutes_fit(net_liq, slots, terms, cushion=cushion, other_margin=other)) >= parachutes
        except MarginError as error:
            return "hardly grow" in str(error)

    assert found == 0 or fits(found)
    assert not fits(found + 1)


@given(
    st.integers(1_000_00, 1_000_000_00).map(lambda cents: cents / 100),
    st.integers(1, 40),
    terms_.filter(lambda terms: terms.multiple > 1),
    st.sampled_from([0.0, 0.05, 0.3]),
    st.sampled_from([0.0, 5000.0]),
)
def test_what_fits_is_what_the_exact_ledger_says(net_liq, first, terms, cushion, other):
    buyback = Fraction(19, 20) * Fraction(terms.width)
    campaign = plan(
        first,
        [terms.credit],
        [buyback],
        40,
        width=terms.width,
        multiplier=terms.multiplier,
        multiple=terms.multiple,
        reading=terms.reading,
        fee=terms.fee,
        roll_debit=terms.roll_debit,
    )
    exact = fitting(campaign, Holder(net_liq, other_margin=other, cushion=cushion))
    if exact < 0:
        with pytest.raises(MarginError, match="doesn't fit"):
            parachutes_fit(net_liq, first, terms, cushion=cushion, other_margin=other)
    else:
        assert float(parachutes_fit(net_liq, first, terms, cushion=cushion, other_margin=other)) == exact


def test_columns_of_everything():
    rng = np.random.default_rng(5)
    rows = 200
    net_liq = rng.uniform(2e4, 2e5, rows).round(2)
    first = rng.integers(1, 8, rows).astype(float)
    reading = rng.choice(np.array([REPLACE, DOUBLE, ACCUMULATE], dtype=object), rows)
    multiple = rng.choice([1.5, 2.0, 3.0], rows)
    fee = rng.choice([0.0, 1.1], rows)
    cushion = rng.choice([0.0, 0.1], rows)
    found = parachutes_fit(net_liq, first, Terms(multiple=multiple, reading=reading, fee=fee), cushion=cushion)
    alone = [
        fit(net_liq[at], first[at], cushion[at], multiple=multiple[at], reading=reading[at], fee=fee[at])
        for at in range(rows)
    ]
    assert found.tolist() == alone
    slots = first_slots(net_liq, found, Terms(multiple=multiple, reading=reading, fee=fee), cushion=cushion)
    assert np.all(slots >= first)
