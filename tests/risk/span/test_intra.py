"""Spreads inside a combined commodity and the delivery month; expected charges by hand from the rules of method 10."""

import math

import pytest

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.risk.span.delta import DeltaPool
from optmargin.risk.span.intra import charge_intra
from optmargin.risk.span.model import (
    ChargeMethod,
    IntraSpread,
    Side,
    SpotMethod,
    SpotRate,
    SpreadLeg,
    Tier,
    months_between,
    period,
    period_end,
    period_parts,
    period_text,
)
from optmargin.risk.span.spot import charge_spot

A, B = Side.A, Side.B
MAR, JUN, SEP, DEC = (period(month) for month in (202503, 202506, 202509, 202512))
FRONT, BACK = Tier(1, MAR, period_end(202506)), Tier(2, SEP, period_end(202512))
TIERS = (FRONT, BACK)


def by_tier(rate, *legs, priority=1, **others):
    return IntraSpread(priority, rate, tuple(SpreadLeg(side, ratio, tier=tier) for tier, ratio, side in legs), **others)


def by_month(rate, *legs, priority=1, **others):
    return IntraSpread(
        priority, rate, tuple(SpreadLeg(side, ratio, period=month) for month, ratio, side in legs), **others
    )


def charge(deltas, *spreads, tiers=TIERS, price_risk=math.nan, decimals=None):
    pool = DeltaPool(deltas)
    return charge_intra(spreads, tiers, pool, lambda: price_risk, decimals), pool


def test_periods_compare_as_months_do_and_keep_their_codes():
    assert period(202509) < period(202509, "12") < period(202509, "W2") <= period_end(202509) < period(202510)
    assert period_parts(period(202509, "W2")) == (202509, "W2")
    assert period_parts(period(202509, "05")) == (202509, "05")
    assert period(202509, "00") == period(202509) == period(202509, "  ")
    assert (period_text(period(202509)), period_text(period(202509, "W2"))) == ("2025-09", "2025-09 W2")
    assert months_between(period(202511), period(202602)) == 3
    with pytest.raises(MarginError):
        period(202509, "W23")


def test_opposite_deltas_in_two_tiers_form_spreads_either_way_round():
    for sign in (1, -1):
        formed, pool = charge({MAR: 5 * sign, SEP: -3 * sign}, by_tier(100, (1, 1, A), (2, 1, B)))
        assert [(each.count, each.amount) for each in formed] == [(3, 300)]
        assert pool.left == {MAR: 2 * sign, SEP: 0}


def test_deltas_on_the_same_side_form_no_spread():
    assert charge({MAR: 5, SEP: 3}, by_tier(100, (1, 1, A), (2, 1, B)))[0] == []


def test_series_to_series_spreads_come_before_tiers_whatever_their_priorities():
    named = by_month(50, (MAR, 1, A), (JUN, 1, B), priority=9)
    formed, _ = charge({MAR: 2, JUN: -5}, by_tier(100, (1, 1, A), (1, 1, B), priority=1), named)
    assert [(each.name, each.count, each.amount) for each in formed] == [("2025-03 - 2025-06", 2, 100)]


def test_spreads_are_formed_by_priority():
    cheap, dear = by_tier(10, (1, 1, A), (2, 1, B), priority=2), by_tier(70, (1, 1, A), (2, 1, B), priority=1)
    formed, _ = charge({MAR: 4, SEP: -4}, cheap, dear)
    assert [(each.priority, each.amount) for each in formed] == [(1, 280)]


def test_a_tier_spreads_with_itself_and_takes_from_the_front():
    formed, pool = charge({MAR: 3, JUN: -1, SEP: 2, DEC: -9}, by_tier(100, (1, 1, A), (1, 1, B)))
    assert [(each.count, each.amount) for each in formed] == [(1, 100)]
    assert pool.left == {MAR: 2, JUN: 0, SEP: 2, DEC: -9}


def test_a_tier_without_its_table_is_every_month():
    formed, pool = charge({MAR: 5, JUN: 1, DEC: -4}, by_tier(100, (1, 1, A), (1, 1, B)), tiers=())
    assert sum(each.amount for each in formed) == 400
    assert pool.left == {MAR: 1, JUN: 1, DEC: 0}


def test_a_butterfly_takes_two_of_its_middle():
    # the layout of a published type E record: one September, two December, one March; here one of each missing to a second one
    formed, pool = charge({MAR: 1, JUN: -2.5, SEP: 3}, by_month(250, (MAR, 1, A), (JUN, 2, B), (SEP, 1, A)))
    assert [(each.count, each.amount) for each in formed] == [(1, 250)]
    assert pool.left == {MAR: 0, JUN: -0.5, SEP: 2}


def test_two_legs_of_one_tier_share_what_it_holds():
    # both legs want tier 1 long: of 3 deltas there, 1.5 spreads can be made, not 3
    formed, pool = charge({MAR: 2, JUN: 1, SEP: -9}, by_tier(10, (1, 1, A), (1, 1, A), (2, 1, B)))
    assert [each.count for each in formed] == [1.5]
    assert pool.left == {MAR: 0, JUN: 0, SEP: -7.5}


def test_a_wide_tier_leaves_to_a_narrow_one_what_that_needs():
    tiers = (Tier(1, MAR, period_end(202512)), Tier(2, MAR, period_end(202503)))
    formed, pool = charge({MAR: 1, JUN: 1, SEP: -2}, by_tier(10, (1, 1, A), (2, 1, A), (1, 2, B)), tiers=tiers)
    assert [each.count for each in formed] == [1]
    assert pool.left == {MAR: 0, JUN: 0, SEP: 0}


def test_a_charge_per_month_counts_the_months_between_what_was_paired():
    # 2 March against 2 June, then 1 March against 1 December: 2 x 3 + 1 x 9 = 15 months; and 7 per spread
    spread = by_tier(10, (1, 1, A), (1, 1, B), method=ChargeMethod.PER_MONTH)
    formed, _ = charge({MAR: 3, JUN: -2, DEC: -1}, spread, tiers=())
    assert [(each.count, each.amount) for each in formed] == [(3, 150)]
    both = by_tier(10, (1, 1, A), (1, 1, B), method=ChargeMethod.PER_MONTH, rate_per_spread=7.0)
    assert charge({MAR: 3, JUN: -2, DEC: -1}, both, tiers=())[0][0].amount == 150 + 21


def test_a_charge_per_month_between_three_legs_is_refused():
    spread = by_tier(10, (1, 1, A), (1, 2, B), (2, 1, A), method=ChargeMethod.PER_MONTH)
    with pytest.raises(MarginError, match="per month"):
        charge({MAR: 1, JUN: -2, SEP: 1}, spread)


def test_a_weighted_charge_is_a_fraction_of_the_price_risk_of_its_deltas():
    spread = by_tier(0.05, (1, 1, A), (2, 1, B), method=ChargeMethod.WEIGHTED)
    formed, _ = charge({MAR: 4, SEP: -3}, spread, price_risk=1000.0)
    assert formed[0].amount == 3 * 2 * 0.05 * 1000


def test_rounding_is_asked_for_and_not_the_rule():
    deltas = {MAR: 56.61, SEP: -80.0}
    assert charge(deltas, by_tier(100, (1, 1, A), (2, 1, B)))[0][0].amount == pytest.approx(5661)
    assert charge(deltas, by_tier(100, (1, 1, A), (2, 1, B)), decimals=0)[0][0].amount == pytest.approx(5700)


def test_what_the_table_does_not_say_is_an_error_where_it_is_needed():
    with pytest.raises(MarginError, match="tier 7"):
        charge({MAR: 1, SEP: -1}, by_tier(100, (1, 1, A), (7, 1, B)))
    unknown = by_tier(math.nan, (1, 1, A), (2, 1, B))
    assert charge({MAR: 1, SEP: 1}, unknown)[0] == []
    with pytest.raises(MarginError, match="isn't known") as caught:
        charge({MAR: 1, SEP: -1}, unknown)
    assert caught.value.code is ErrorCode.MISSING


def test_a_delivery_month_that_is_not_held_costs_nothing():
    assert charge_spot(SpotMethod.TABLE, [SpotRate(JUN, 5, 50)], DeltaPool({MAR: 1})) == []
    assert charge_spot(SpotMethod.NONE, [SpotRate(MAR, 5, 50)], DeltaPool({MAR: 1})) == []


def test_a_delivery_charge_of_no_documented_method_is_refused():
    assert charge_spot(SpotMethod.BASIS, [SpotRate(JUN, 5, 50)], DeltaPool({MAR: 1})) == []
    with pytest.raises(MarginError, match="11"):
        charge_spot(SpotMethod.BASIS, [SpotRate(MAR, 5, 50)], DeltaPool({MAR: 1}))
