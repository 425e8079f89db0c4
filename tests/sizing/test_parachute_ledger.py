"""The ledger of a campaign: the worked example to the dollar, other sides and positions, real books, columns of ledgers."""

import dataclasses
import datetime as dt
import itertools
import math

import numpy as np
import pytest

from optmargin.core.contracts import AssetClass, Right, Style
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.core.legs import Leg, LegTable
from optmargin.margin.account import margin_legs
from optmargin.rules.book import book
from optmargin.sizing.parachutes.campaign import plan
from optmargin.sizing.parachutes.columns import ledger_columns
from optmargin.sizing.parachutes.geometry import Reading, Terms
from optmargin.sizing.parachutes.ledger import AtLevel, Holder, fitting, ledger
from optmargin.sizing.parachutes.odds import from_prices
from optmargin.sizing.parachutes.on_a_book import Spread, margin_on_book, merged
from optmargin.sizing.parachutes.sides import Roll, margin_with_other_side

# $100,000, six slots, 1.00 received, bought out at 2.50, neutral: worked out by hand from the definitions.
# Slots, cash, margin, excess, cushion in per mille, stop-out, worst, and the probability of getting here in per mille.
WORKED = [
    (6, 600, 3_000, 97_600, 976, -900, -2_400, 1000),
    (12, 600, 6_000, 94_600, 955, -2_400, -5_400, 400),
    (24, 600, 12_000, 88_600, 908, -5_400, -11_400, 200),
    (48, 600, 24_000, 76_600, 810, -11_400, -23_400, 100),
    (96, 600, 48_000, 52_600, 594, -23_400, -47_400, 50),
    (192, 600, 96_000, 4_600, 60, -47_400, -95_400, 25),
]


def worked(parachutes=5, **more):
    return plan(6, [1], [2.5], parachutes, **more)


def test_the_worked_example_to_the_dollar():
    campaign = worked()
    found = ledger(campaign, Holder(100_000), from_prices(campaign))
    for row, (slots, cash, margin, excess, cushion, stop, worst, reach) in zip(found.rows, WORKED, strict=True):
        assert (row.slots, row.cash, row.margin, row.excess, row.stop_pnl, row.max_loss_pnl) == (
            slots,
            cash,
            margin,
            excess,
            stop,
            worst,
        )
        assert row.available == row.excess
        assert round(1000 * row.cushion) == cushion
        assert row.reach == reach / 1000
        assert row.fits
    assert [row.credit_needed for row in found.rows] == [0, 1.25, 1.25, 1.25, 1.25, 1.25]
    assert found.rows[-1].lost_here == 0.0125
    assert math.fsum(row.expected for row in found.rows) == 0
    assert math.fsum(row.ends_here for row in found.rows) == 1


def test_fees_are_in_the_credit_that_a_neutral_roll_needs():
    # (2.50 + 6 legs x 1.10 / 100) / 2
    fees = ledger(worked(fee=1.10), Holder(100_000)).rows
    assert [row.credit_needed for row in fees] == [0.022, 1.283, 1.283, 1.283, 1.283, 1.283]
    assert [row.fees for row in fees] == pytest.approx([13.2, 39.6, 79.2, 158.4, 316.8, 633.6])
    net = plan(6, [1, *[1.283] * 5], [2.5], 5, fee=1.10)
    assert {row.cash for row in ledger(net, Holder(100_000)).rows} == {586.8}
    debit = plan(6, [1], [2.5], 2, roll_debit=0.5).sets
    assert [float(each.credit) for each in debit] == [1, 1, 1]
    assert [float(each.cash) for each in debit] == [600, 300, -300]  # 6 x 100 x 0.50, then twice that


def test_net_liq_falls_by_what_was_lost_and_the_cushion_is_a_share_of_it():
    rows = ledger(worked(fee=1.10), Holder(100_000)).rows
    assert rows[0].net_liq == pytest.approx(100_000 - 13.2)
    for before, after in itertools.pairwise(rows):
        assert after.net_liq == pytest.approx(100_000 + before.stop_pnl - after.fees)
        # and it is cash plus the new spreads at their mark, which is what they were sold for
        assert after.net_liq == pytest.approx(100_000 + after.cash - after.slots * 100 * after.credit)
    broke = ledger(plan(200, [1], [2.5], 3), Holder(100_000)).rows
    assert [row.fits for row in broke] == [True, False, False, False]
    assert math.isnan(broke[-1].cushion)


def test_sets_that_are_left_standing():
    rows = ledger(worked(2, reading=Reading.ACCUMULATE), Holder(100_000), from_prices(worked(2))).rows
    assert [row.slots for row in rows] == [6, 18, 42]
    assert [row.cash for row in rows] == [600, 1800, 4200]
    # 24 new slots bought out at 2.50, 18 older ones at no more than their width
    assert rows[2].stop_pnl == 4200 - 24 * 250 - 18 * 500
    assert rows[2].max_loss_pnl == 4200 - 42 * 500
    assert [row.reach for row in rows] == [1, 0.4, 0.2]
    assert all(math.isnan(row.ends_here) and math.isnan(row.expected) for row in rows)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"credits_": [2.5]}, "at or above the buy-back"),
        ({"credits_": [3]}, "assailed at once"),
        ({"buybacks": [5.01]}, "more than the width"),
        ({"credits_": [-0.1]}, "below zero"),
        ({"parachutes": -1}, "parachutes is -1"),
        ({"parachutes": 2.5}, "whole number"),
        ({"parachutes": 65}, "64 or less"),
        ({"slots": 0}, "slots is 0"),
        ({"slots": 1.5}, "whole number"),
        ({"slots": math.nan}, "slots is nan"),
        ({"multiple": 0.5}, "size multiple is 0.5"),
        ({"width": 0}, "width is 0"),
        ({"fee": -1}, "fee is -1"),
        ({"credits_": [1, 1]}, "2 credits are given"),
        ({"credits_": []}, "0 credits are given"),
        ({"buybacks": [2.5, 2.5]}, "2 buy-backs are given"),
        ({"roll_debit": 2.6}, "below zero"),
        ({"multiple": 1}, "at or above the buy-back"),  # sold again for what it cost: assailed at once
        ({"multiple": 1, "reading": Reading.DOUBLE}, "adds nothing"),
        ({"width": 1e300}, "more than any account"),
    ],
)
def test_a_campaign_that_cannot_be_is_refused(given, says):
    asked = {"slots": 6, "credits_": [1], "buybacks": [2.5], "parachutes": 5} | given
    with pytest.raises(MarginError, match=says):
        plan(**asked)


def test_a_cushion_that_cannot_be_kept_is_refused():
    for cushion in (1, -0.1, math.nan):
        with pytest.raises(MarginError):
            Holder(100_000, cushion=cushion)
    with pytest.raises(MarginError, match="isn't known"):
        ledger(worked(), Holder(100_000, margin_at=lambda _: AtLevel(math.nan, 0)))


def test_the_cushion_is_asked_of_net_liq_and_cash():
    # At level 5 excess is 4,600 of 100,600: 4.57 %
    assert fitting(worked(), Holder(100_000, cushion=0.0457)) == 5
    assert fitting(worked(), Holder(100_000, cushion=0.0458)) == 4
    assert fitting(worked(), Holder(100_000, other_margin=4_600)) == 5
    assert fitting(worked(), Holder(100_000, other_margin=4_600.01)) == 4
    assert fitting(worked(), Holder(1_000)) == -1
    # Initial margin decides whether a level may be opened, maintenance the cushion.
    stock = Holder(100_000, margin_at=lambda level: AtLevel(3_000 * 2**level, 5_000 * 2**level))
    assert fitting(worked(), stock) == 4
    assert ledger(worked(), stock).rows[5].excess == 4_600
    assert ledger(worked(), stock).rows[5].available == 100_600 - 160_000


# Both sides (the trader's seven points, numbers 4 and 5) -----------------------------------------------------------------------


def margins(campaign, other_side, roll, other_margin=0):
    at = margin_with_other_side(campaign, other_side, roll, other_margin)
    return [at(level).maintenance for level in range(len(campaign.sets))]


def test_the_other_side_rides_free_until_one_side_is_rolled_out_in_time():
    same_size = plan(5, [1, 2.5, 3], [2.5, 3, 4], 2, multiple=1)
    assert margins(same_size, 5, Roll.AWAY) == [2_500, 2_500, 2_500]
    # Puts of a condor rolled out: the calls stay behind, and twice the margin is needed at the same size.
    assert margins(same_size, 5, Roll.OUT) == [2_500, 5_000, 5_000]
    assert margins(worked(2), 20, Roll.AWAY) == [10_000, 10_000, 12_000]
    assert margins(worked(2), 20, Roll.OUT, 100) == [10_100, 16_100, 22_100]
    assert margins(worked(2), 0, Roll.OUT) == margins(worked(2), 0, Roll.AWAY) == [3_000, 6_000, 12_000]
    with pytest.raises(MarginError, match="nothing is rolled out"):
        margins(worked(2, reading=Reading.ACCUMULATE), 5, Roll.OUT)


FIRST, LATER = dt.date(2022, 12, 23), dt.date(2022, 12, 30)


def option(right, strike, quantity, price, expiry=FIRST):
    return Leg(
        underlying="SPX",
        right=right,
        quantity=quantity,
        strike=strike,
        expiry=expiry,
        price=price,
        spot=3900.0,
        asset_class=AssetClass.BROAD_INDEX,
        style=Style.EUROPEAN,
        cash_settled=True,
    )


PUTS = [option(Right.PUT, 3800, -5, 3.5), option(Right.PUT, 3795, 5, 2.4)]
CALLS = [option(Right.CALL, 3980, -5, 3.2), option(Right.CALL, 3985, 5, 2.05)]
LIKE = dataclasses.replace(PUTS[0], quantity=1.0, price=math.nan)


def margined(legs):
    found = margin_legs(legs, book("ibkr").on(dt.date(2022, 12, 19)), as_of=dt.date(2022, 12, 19))
    assert found.complete
    return AtLevel(found.maintenance.field, found.initial.field)


def on_book(campaign, legs, expiries, *, is_held):
    spreads = [Spread(3800 - 15 * level, expiry) for level, expiry in enumerate(expiries)]
    at = margin_on_book(campaign, LegTable.of(legs), LIKE, spreads, margined, is_held=is_held)
    return [at(level).maintenance for level in range(len(campaign.sets))]


def test_on_a_real_book_the_free_side_carries_the_campaign():
    campaign = plan(5, [1], [2.5], 2)
    assert on_book(campaign, CALLS, [FIRST] * 3, is_held=False) == [2_500, 5_000, 10_000]
    assert on_book(campaign, PUTS + CALLS, [FIRST] * 3, is_held=True) == [2_500, 5_000, 10_000]
    # ten call spreads carry the first parachute for nothing
    both = [dataclasses.replace(leg, quantity=2 * leg.quantity) for leg in CALLS]
    assert on_book(campaign, both, [FIRST] * 3, is_held=False) == [5_000, 5_000, 10_000]
    # beside an uncovered put of another underlying, which is margined as ever
    other = dataclasses.replace(
        option(Right.PUT, 380, -1, 5.0), underlying="SPY", asset_class=AssetClass.BROAD_ETF, spot=390.0
    )
    alone = margined(LegTable.of([other])).maintenance
    assert alone > 0
    assert on_book(campaign, [*CALLS, other], [FIRST] * 3, is_held=False) == [
        2_500 + alone,
        5_000 + alone,
        10_000 + alone,
    ]


def test_on_a_real_book_a_roll_out_in_time_breaks_the_free_ride():
    campaign = plan(5, [1, 2.5], [2.5, 3], 1, multiple=1)
    assert on_book(campaign, PUTS + CALLS, [FIRST, FIRST], is_held=True) == [2_500, 2_500]
    assert on_book(campaign, PUTS + CALLS, [FIRST, LATER], is_held=True) == [2_500, 5_000]
    assert margins(campaign, 5, Roll.OUT) == [2_500, 5_000], "slots say the same"


def test_sets_that_accumulate_on_a_real_book():
    campaign = plan(5, [1], [2.5], 2, reading=Reading.ACCUMULATE)
    assert on_book(campaign, CALLS, [FIRST] * 3, is_held=False) == [2_500, 7_500, 17_500]
    assert on_book(campaign, CALLS, [FIRST, LATER, LATER], is_held=False) == [2_500, 7_500, 17_500]


def test_legs_that_cancel_leave_no_row():
    off = [dataclasses.replace(leg, quantity=-leg.quantity) for leg in PUTS]
    assert len(merged(LegTable.of(PUTS + CALLS), off)) == 2
    assert len(merged(LegTable.of([]), PUTS)) == 2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"like": dataclasses.replace(LIKE, right=Right.STOCK)}, "isn't an option"),
        ({"like": dataclasses.replace(LIKE, multiplier=50.0)}, "multiplier of 50"),
        ({"spreads": [Spread(3800, FIRST)]}, "1 spreads are given for 3 levels"),
    ],
)
def test_a_book_that_does_not_suit_the_campaign_is_refused(change, says):
    asked = {"like": LIKE, "spreads": [Spread(3800, FIRST)] * 3} | change
    with pytest.raises(MarginError, match=says):
        margin_on_book(plan(5, [1], [2.5], 2), LegTable.of(CALLS), asked["like"], asked["spreads"], margined)


# Columns ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reading", list(Reading))
def test_a_column_of_ledgers_is_each_of_them(reading):
    rng = np.random.default_rng(7)
    rows = 60
    net_liq = rng.uniform(2e4, 2e5, rows).round(2)
    first = rng.integers(1, 20, rows).astype(float)
    credit = rng.uniform(0.3, 1.2, rows).round(2)
    buyback = rng.uniform(1.9, 3.5, rows).round(2)
    fee = rng.choice([0.0, 1.1], rows)
    debit = rng.choice([0.0, 0.25], rows)
    multiple = rng.choice([1.5, 2.0, 3.0], rows)
    edge = rng.choice([0.0, 0.1], rows)
    parachutes = rng.integers(0, 6, rows).astype(float)
    other = rng.choice([0.0, 2500.0], rows)
    terms = Terms(5.0, 100.0, multiple, reading, credit, fee, debit)
    columns = ledger_columns(net_liq, first, buyback, terms, parachutes, edge=edge, other_margin=other)
    for at in range(rows):
        campaign = plan(
            first[at],
            [credit[at]],
            [buyback[at]],
            parachutes[at],
            multiple=multiple[at],
            reading=reading,
            fee=fee[at],
            roll_debit=debit[at],
        )
        single = ledger(campaign, Holder(net_liq[at], other_margin=other[at]), from_prices(campaign, edge[at]))
        for field in dataclasses.fields(columns):
            column = getattr(columns, field.name)[:, at]
            wanted = [getattr(row, field.name) for row in single.rows]
            assert column[: len(wanted)] == pytest.approx(wanted, rel=1e-11, abs=1e-7, nan_ok=True), field.name
            assert np.isnan(column[len(wanted) :]).all()


def test_columns_refuse_what_a_single_ledger_refuses():
    for change, says in (
        ({"buyback": np.array([2.5, 0.9])}, "at or above"),
        ({"buyback": np.array([2.5, 5.5])}, "more than the width"),
        ({"terms": Terms(credit=1.0, roll_debit=3.0)}, "below zero"),
        ({"edge": np.array([0.0, -2.0])}, "probability"),
    ):
        asked = {"buyback": np.array([2.5, 2.5]), "terms": Terms(credit=1.0), "edge": 0.0} | change
        with pytest.raises(MarginError, match=says) as caught:
            ledger_columns(1e5, 6.0, asked["buyback"], asked["terms"], 3.0, edge=asked["edge"])
        assert caught.value.code is ErrorCode.NUM


def test_a_parachute_that_adds_no_whole_slot_is_refused_and_named():
    with pytest.raises(MarginError, match="parachute 2 adds no whole slot to 7"):
        plan(6, [1], [2.5], 3, multiple=1.05, reading=Reading.DOUBLE)
