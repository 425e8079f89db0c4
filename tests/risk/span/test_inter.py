"""Spreads between combined commodities; expected credits by hand from the rules of the record type 6 and of SPAN XML."""

import pytest

from optmargin.core.errors import Severity
from optmargin.risk.span.model import (
    AccountKind,
    InterMethod,
    InterSpread,
    IntraSpread,
    PriceRisk,
    Side,
    SpreadLeg,
    Tier,
    period,
    period_end,
)
from risk.span.market import CALL, FUTURE, Made, commodity, future_array, futures, leg, margin, only, parameters

A, B = Side.A, Side.B
MONTH, LATER = 202503, 202506


def spread(*legs, rate=0.8, priority=1, **others):
    """Legs as (commodity, ratio, side) or (commodity, ratio, side, tier)."""
    made = tuple(
        SpreadLeg(side, ratio, commodity=code, tier=tier[0] if tier else 0) for code, ratio, side, *tier in legs
    )
    return InterSpread(priority, made, others.pop("credits", (rate,) * len(made)), **others)


def two(*spreads, **parameters_of_both):
    return parameters(
        futures("TF", {MONTH: 1000.0}, **parameters_of_both),
        futures("RF", {MONTH: 600.0}, **parameters_of_both),
        inter_spreads=spreads,
    )


def credits_of(requirement):
    return {each.code: each.intercommodity for each in requirement.commodities}


ONE_TO_ONE = spread(("TF", 1, A), ("RF", 1, B))


def test_a_spread_credits_each_leg_its_price_risk():
    # 10 TF long risk 10,000, 4 RF short risk 2,400; 4 spreads: 4 x 1,000 x 80 % and 4 x 600 x 80 %
    found = margin(two(ONE_TO_ONE), leg("TF", 10, MONTH), leg("RF", -4, MONTH))
    assert credits_of(found) == pytest.approx({"TF": 3200, "RF": 1920})
    assert found.total.maintenance == pytest.approx(10_000 - 3200 + 2400 - 1920)


def test_either_orientation_forms_and_the_same_side_does_not():
    assert credits_of(margin(two(ONE_TO_ONE), leg("TF", -10, MONTH), leg("RF", 4, MONTH))) == pytest.approx(
        {"TF": 3200, "RF": 1920}
    )
    assert credits_of(margin(two(ONE_TO_ONE), leg("TF", 10, MONTH), leg("RF", 4, MONTH))) == {"TF": 0, "RF": 0}
    assert credits_of(margin(two(ONE_TO_ONE), leg("TF", 10, MONTH))) == {"TF": 0}


def test_ratios_and_credits_may_differ_by_leg():
    # 2 TF against 1 RF: 5 spreads of 10 TF; 10 x 1,000 x 50 % and 5 x 600 x 70 %
    unequal = spread(("TF", 2, A), ("RF", 1, B), credits=(0.5, 0.7))
    found = margin(two(unequal), leg("TF", 10, MONTH), leg("RF", -9, MONTH))
    assert credits_of(found) == pytest.approx({"TF": 5000, "RF": 2100})


def test_the_first_by_priority_leaves_the_others_what_it_did_not_use():
    first, second = spread(("TF", 1, A), ("RF", 1, B), rate=0.5), spread(("TF", 1, A), ("ZZ", 1, B), priority=2)
    market = parameters(*(futures(code, {MONTH: 100.0}) for code in ("TF", "RF", "ZZ")), inter_spreads=(second, first))
    found = margin(market, leg("TF", 10, MONTH), leg("RF", -4, MONTH), leg("ZZ", -20, MONTH))
    assert credits_of(found) == pytest.approx({"TF": 4 * 50 + 6 * 80, "RF": 200, "ZZ": 480})


def test_a_flat_credit_is_an_amount_per_spread():
    flat = spread(("TF", 1, A), ("RF", 2, B), credits=(30.0, 40.0), is_flat=True)
    found = margin(two(flat), leg("TF", 10, MONTH), leg("RF", -6, MONTH))
    assert credits_of(found) == pytest.approx({"TF": 90, "RF": 120})


def test_no_net_delta_leaves_no_price_risk_to_credit():
    # long one month and short another: net delta 0 where the spread would need one
    market = parameters(
        futures("TF", {MONTH: 1000.0, LATER: 1000.0}), futures("RF", {MONTH: 600.0}), inter_spreads=(ONE_TO_ONE,)
    )
    found = margin(market, leg("TF", 5, MONTH), leg("TF", -5, LATER), leg("RF", -5, MONTH))
    assert credits_of(found) == {"TF": 0, "RF": 0}
    assert found.complete


def test_credit_beyond_the_risk_leaves_nothing_and_no_negative_requirement():
    found = margin(two(spread(("TF", 1, A), ("RF", 1, B), rate=1.5)), leg("TF", 1, MONTH), leg("RF", -1, MONTH))
    assert (found.total.maintenance, found.total.initial) == (0, 0)
    assert sum(line.maintenance for line in found.lines) == pytest.approx(0)


def test_price_risk_may_be_the_scan_range_or_capped_by_it():
    # a call with delta 0.25 that loses 600 when the price falls weighs 2,400 per delta, the scan range only 1,000
    call = Made(CALL, MONTH, [0.0] * 12 + [600.0, 600.0, 0.0, 0.0], 5.0, delta=0.25, price=0.0)
    for method, risk in (
        (PriceRisk.NORMAL, 2400.0),
        (PriceRisk.SCAN_RANGE, 1000.0),
        (PriceRisk.SCAN_RANGE_CAP, 1000.0),
    ):
        future = Made(FUTURE, MONTH, future_array(1000.0), scan=1000.0)
        market = parameters(
            commodity("TF", [future, call], price_risk=method),
            futures("RF", {MONTH: 600.0}),
            inter_spreads=(ONE_TO_ONE,),
        )
        found = margin(market, leg("TF", 4, MONTH, CALL, 5.0), leg("RF", -1, MONTH))
        assert credits_of(found)["TF"] == pytest.approx(0.8 * risk), method


def test_an_asymmetric_scan_range_weighs_a_long_delta_by_the_way_down():
    tier = Tier(1, 0, scan_up=300.0, scan_down=500.0)
    for quantity, risk in ((1, 500.0), (-1, 300.0)):
        market = two(ONE_TO_ONE, price_risk=PriceRisk.SCAN_RANGE, scan_tiers=(tier,))
        found = margin(market, leg("TF", quantity, MONTH), leg("RF", -quantity, MONTH))
        assert credits_of(found)["TF"] == pytest.approx(0.8 * risk)


def test_a_scan_range_that_is_nowhere_makes_the_total_incomplete():
    made = Made(FUTURE, MONTH, future_array(1000.0))
    market = parameters(
        commodity("TF", [made], price_risk=PriceRisk.SCAN_RANGE),
        futures("RF", {MONTH: 600.0}),
        inter_spreads=(ONE_TO_ONE,),
    )
    found = margin(market, leg("TF", 1, MONTH), leg("RF", -1, MONTH))
    assert not found.complete
    assert found.total.maintenance != found.total.maintenance  # NaN
    assert "scan range" in found.findings[0].problem


def test_super_spreads_come_before_those_inside_a_commodity():
    # 5 long in March, 3 short in June, and 4 RF short that spread with March alone: taken first they leave 1 long delta for
    # the spread inside, taken last they find 2
    inside = IntraSpread(1, 70.0, (SpreadLeg(A, tier=1), SpreadLeg(B, tier=1)))
    legs = leg("TF", 5, MONTH), leg("TF", -3, LATER), leg("RF", -4, MONTH)
    for is_super, charge, count in ((True, 70.0, 4), (False, 210.0, 2)):
        outside = spread(("TF", 1, A, 1), ("RF", 1, B), is_super=is_super, method=InterMethod.TIERED)
        market = parameters(
            futures(
                "TF",
                {MONTH: 1000.0, LATER: 1000.0},
                intra_spreads=(inside,),
                inter_tiers=(Tier(1, period(MONTH), period_end(MONTH)),),
            ),
            futures("RF", {MONTH: 600.0}),
            inter_spreads=(outside,),
        )
        found = margin(market, *legs)
        assert found.commodity("TF").intermonth == pytest.approx(charge)
        assert credits_of(found)["RF"] == pytest.approx(count * 600 * 0.8)


def test_a_tiered_spread_uses_the_deltas_and_the_price_risk_of_its_tier():
    tiers = (Tier(1, period(MONTH), period_end(MONTH)), Tier(2, period(LATER), period_end(LATER)))
    market = parameters(
        futures("TF", {MONTH: 1000.0, LATER: 400.0}, inter_tiers=tiers),
        futures("RF", {LATER: 600.0}, inter_tiers=tiers),
        inter_spreads=(spread(("TF", 1, A, 2), ("RF", 1, B, 2), method=InterMethod.TIERED),),
    )
    found = margin(market, leg("TF", -9, MONTH), leg("TF", 5, LATER), leg("RF", -3, LATER))
    assert credits_of(found) == pytest.approx({"TF": 3 * 400 * 0.8, "RF": 3 * 600 * 0.8})


def test_a_tiered_spread_without_tiers_goes_through_equal_numbers():
    tiers = (Tier(1, period(MONTH), period_end(MONTH)), Tier(2, period(LATER), period_end(LATER)))
    market = parameters(
        futures("TF", {MONTH: 1000.0, LATER: 400.0}, inter_tiers=tiers),
        futures("RF", {MONTH: 600.0, LATER: 600.0}, inter_tiers=tiers),
        inter_spreads=(spread(("TF", 1, A), ("RF", 1, B), method=InterMethod.TIERED),),
    )
    found = margin(market, leg("TF", 2, MONTH), leg("TF", 5, LATER), leg("RF", -3, MONTH), leg("RF", -3, LATER))
    assert credits_of(found)["TF"] == pytest.approx((2 * 1000 + 3 * 400) * 0.8)


def test_spreads_of_the_house_are_not_for_customers():
    for code in ("N", "H"):
        market = two(spread(("TF", 1, A), ("RF", 1, B), eligibility=code))
        legs = leg("TF", 1, MONTH), leg("RF", -1, MONTH)
        assert credits_of(margin(market, *legs))["TF"] == 0
        assert credits_of(margin(market, *legs, account_kind=AccountKind.MEMBER))["TF"] > 0


def scanning(rate=0.98, *, required=(), min_legs=1, is_super=True):
    legs = tuple(SpreadLeg(A, 1, commodity=code, required=code in required) for code in ("TF", "RF"))
    target = SpreadLeg(A, 2, commodity="TF")
    return InterSpread(1, legs, (rate, rate), InterMethod.SCANNING, is_super=is_super, target=target, min_legs=min_legs)


def test_a_scanning_spread_counts_losses_in_full_and_gains_in_part():
    # 1 TF long and 1 RF short: price down 1,000 lost, 600 x 98 % gained; up 600 lost, 1,000 x 98 % gained
    found = only(margin(two(scanning()), leg("TF", 1, MONTH), leg("RF", -1, MONTH)))
    assert found.code == "TF"
    assert found.merged == ("TF", "RF")
    assert found.scan_risk == pytest.approx(1000 - 588)
    assert found.net_delta == pytest.approx(2 * (1 - 1))  # deltas in the target's units: ratio 2 to 1


def test_a_scanning_spread_that_is_super_shares_the_target_s_spreads_inside():
    inside = IntraSpread(1, 70.0, (SpreadLeg(A, tier=1), SpreadLeg(B, tier=1)))
    market = parameters(
        futures("TF", {MONTH: 1000.0}, intra_spreads=(inside,)),
        futures("RF", {LATER: 1000.0}),
        inter_spreads=(scanning(),),
    )
    found = only(margin(market, leg("TF", 1, MONTH), leg("RF", -1, LATER)))
    assert found.scan_risk == pytest.approx(20)
    assert found.intermonth == pytest.approx(2 * 70)  # two deltas each way, in the target's units


def test_a_scanning_spread_needs_its_required_legs_and_enough_of_them():
    for condition in ({"required": ("RF",)}, {"min_legs": 2}):
        found = margin(two(scanning(**condition)), leg("TF", 1, MONTH))
        assert [each.merged for each in found.commodities] == [()]
    assert margin(two(scanning(required=("RF",))), leg("TF", 1, MONTH), leg("RF", -1, MONTH)).commodity("RF") is None


def test_option_values_and_minimums_of_merged_commodities_are_added():
    call = Made(CALL, MONTH, [0.0] * 16, 5.0, delta=0.1, price=3.0)
    future = Made(FUTURE, MONTH, future_array(1000.0))
    market = parameters(
        commodity("TF", [future, call], minimum_rate=10.0),
        commodity("RF", [future, call], minimum_rate=20.0),
        inter_spreads=(scanning(),),
    )
    found = only(margin(market, leg("TF", -1, MONTH, CALL, 5.0), leg("RF", -1, MONTH, CALL, 5.0)))
    assert (found.minimum, found.net_value, found.total.maintenance) == (30.0, -300.0, 330.0)


def test_what_is_wrong_with_a_spread_is_said_and_no_total_given():
    market = two(spread(("TF", 1, A, 7), ("RF", 1, B), method=InterMethod.TIERED))
    found = margin(market, leg("TF", 1, MONTH), leg("RF", -1, MONTH))
    assert not found.complete
    assert [each.severity for each in found.findings] == [Severity.INCOMPLETE]
    assert "tier 7" in found.findings[0].problem
