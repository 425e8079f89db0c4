"""The requirement: minimum, option value, ratios, currencies, what is missing; expected figures by hand from the SPAN rules."""

import math

import pytest

from optmargin.core.errors import Finding, MarginError, Severity
from optmargin.risk.span.model import (
    AccountKind,
    InterSpread,
    IntraSpread,
    MinimumMethod,
    PerAccount,
    Side,
    SpreadLeg,
    Tier,
    period,
    period_end,
)
from risk.span.market import CALL, FUTURE, PUT, Made, commodity, future_array, futures, leg, margin, only, parameters

MONTH, LATER = 202503, 202506
FLAT = [0.0] * 16


def loses(scenario, loss):
    """The array of a long contract that loses (or, negative, gains) in one scenario and does nothing in the others."""
    array = list(FLAT)
    array[scenario - 1] = loss
    return array


FUT = Made(FUTURE, MONTH, future_array(1000.0))
CHEAP_CALL = Made(CALL, MONTH, FLAT, 200.0, delta=0.01, price=0.1)
CHEAP_PUT = Made(PUT, MONTH, FLAT, 50.0, delta=-0.01, price=0.1)
DEAR_CALL = Made(CALL, MONTH, loses(14, 400.0), 100.0, delta=0.5, price=20.0)


def market(*made, **others):
    return parameters(commodity("XX", [FUT, *made], **others))


def adds_up(requirement):
    for name in ("maintenance", "initial"):
        lines = math.fsum(getattr(line, name) for line in requirement.lines)
        assert lines == pytest.approx(getattr(requirement.total, name), abs=0.01)
        for each in requirement.commodities:
            own = math.fsum(getattr(line, name) for line in each.lines)
            assert own == pytest.approx(getattr(each.total, name), abs=0.01)


def test_a_flat_book_asks_for_nothing():
    for legs in ((), (leg("XX", 3, MONTH), leg("XX", -3, MONTH)), (leg("XX", 0, MONTH),)):
        found = margin(market(), *legs)
        assert (found.total.maintenance, found.total.initial, found.complete) == (0, 0, True)


def test_a_future_asks_for_its_margin_on_either_side():
    for quantity in (1, -1, 7):
        found = margin(market(), leg("XX", quantity, MONTH))
        assert found.total.maintenance == abs(quantity) * 1000
        adds_up(found)


def test_a_far_short_option_asks_for_the_minimum():
    found = margin(market(CHEAP_CALL, minimum_rate=35.0), leg("XX", -4, MONTH, CALL, 200.0))
    one = only(found)
    assert (one.scan_risk, one.minimum, one.risk.maintenance) == (0, 140, 140)
    assert found.total.maintenance == 140 + 4 * 0.1 * 50
    adds_up(found)


@pytest.mark.parametrize(("method", "count"), [(MinimumMethod.GROSS, 7), (MinimumMethod.GREATER, 4)])
def test_the_minimum_counts_both_sides_or_the_greater(method, count):
    made = market(CHEAP_CALL, CHEAP_PUT, minimum_rate=35.0, minimum_method=method)
    found = margin(made, leg("XX", -4, MONTH, CALL, 200.0), leg("XX", -3, MONTH, PUT, 50.0))
    assert only(found).minimum == count * 35


def test_the_minimum_counts_short_options_only_and_is_no_add_on():
    found = margin(market(CHEAP_CALL, minimum_rate=35.0), leg("XX", 4, MONTH, CALL, 200.0), leg("XX", 1, MONTH))
    assert only(found).minimum == 0
    found = margin(market(CHEAP_CALL, minimum_rate=35.0), leg("XX", -4, MONTH, CALL, 200.0), leg("XX", 1, MONTH))
    assert (only(found).minimum, only(found).risk.maintenance) == (140, 1000)


def test_minimums_by_tier_have_their_own_rates_and_are_added():
    later = Made(CALL, LATER, FLAT, 200.0, delta=0.01, price=0.0)
    tiers = (Tier(1, period(MONTH), period_end(MONTH), rate=10.0), Tier(2, period(LATER), period_end(LATER), rate=30.0))
    made = market(CHEAP_CALL, later, minimum_tiers=tiers, minimum_rate=99.0)
    found = margin(made, leg("XX", -2, MONTH, CALL, 200.0), leg("XX", -3, LATER, CALL, 200.0))
    assert only(found).minimum == 2 * 10 + 3 * 30


def test_a_small_option_counts_as_its_share_where_the_minimum_is_scaled():
    micro = Made(CALL, MONTH, FLAT, 200.0, delta=0.01, price=0.0, root="MX", scaling=0.1, value_factor=5.0)
    legs = leg("XX", -1, MONTH, CALL, 200.0), leg("XX", -10, MONTH, CALL, 200.0, root="MX", multiplier=5.0)
    made = {"minimum_rate": 35.0}
    assert only(margin(market(CHEAP_CALL, micro, **made, scales_minimum=True), *legs)).minimum == pytest.approx(70)
    assert only(margin(market(CHEAP_CALL, micro, **made, scales_minimum=False), *legs)).minimum == 11 * 35
    unsaid = margin(market(CHEAP_CALL, micro, **made), *legs)
    assert only(unsaid).minimum == 11 * 35  # the larger
    assert any("scales_minimum" in each.remedy for each in unsaid.findings)
    assert only(margin(market(CHEAP_CALL, micro, **made), *legs, scales_minimum=True)).minimum == pytest.approx(70)


def test_a_minimum_that_nobody_knows_is_said_with_what_it_may_be_at_most():
    found = margin(market(DEAR_CALL, minimum_rate=math.nan), leg("XX", 1, MONTH), leg("XX", -4, MONTH, CALL, 100.0))
    (warning,) = found.findings
    assert (warning.severity, found.complete) == (Severity.WARNING, True)
    assert "at most 250.00 per short option" in warning.problem  # 1,000 of risk for 4 short calls


def test_long_option_value_lowers_the_requirement_and_never_below_zero():
    # long future and long put of equal delta: risk 1,000 less what the put gains, and its value of 1,000 is own money
    put = Made(PUT, MONTH, [-each for each in future_array(900.0)], 100.0, delta=-0.9, price=20.0)
    found = margin(market(put), leg("XX", 1, MONTH), leg("XX", 1, MONTH, PUT, 100.0))
    one = only(found)
    assert one.risk.maintenance == pytest.approx(1000 - 900)
    assert (one.net_value, found.total.maintenance, one.excess_value) == (1000, 0, pytest.approx(900))
    adds_up(found)


def test_long_options_alone_never_risk_more_than_they_are_worth():
    worthless = Made(CALL, MONTH, loses(14, 400.0), 100.0, delta=0.5, price=2.0)
    found = margin(market(worthless), leg("XX", 3, MONTH, CALL, 100.0))
    assert (only(found).scan_risk, only(found).risk.maintenance, found.total.maintenance) == (1200, 300, 0)
    adds_up(found)
    beside = margin(market(worthless), leg("XX", 3, MONTH, CALL, 100.0), leg("XX", 1, MONTH))
    assert only(beside).risk.maintenance > 300  # a future is held too: no cap


def test_the_ratio_and_the_factors_multiply_risk_and_never_option_value():
    # short call: risk 400, premium 20 x 50 = 1,000; by hand 400 x 1.2 x 1.5 = 720, initial 720 x 1.1 = 792
    gains = Made(CALL, MONTH, loses(14, -400.0), 100.0, delta=0.5, price=20.0)
    made = market(gains, initial_ratio=PerAccount(1.0, 1.0, 1.1), adjustment=PerAccount(1.0, 1.0, 1.2))
    found = margin(made, leg("XX", -1, MONTH, CALL, 100.0), house_multiplier=1.5, house_note="invented broker")
    assert found.risk.maintenance == pytest.approx(720)
    assert found.risk.initial == pytest.approx(792)
    assert found.total.maintenance == pytest.approx(1720)
    assert found.total.initial == pytest.approx(1792)
    assert "invented broker" in found.note
    adds_up(found)
    member = margin(made, leg("XX", -1, MONTH, CALL, 100.0), account_kind=AccountKind.MEMBER)
    assert member.total.initial == member.total.maintenance == pytest.approx(1400)
    assert margin(made, leg("XX", -1, MONTH, CALL, 100.0), initial_ratio=2.0).risk.initial == pytest.approx(960)
    with pytest.raises(MarginError):
        margin(made, house_multiplier=0.0)


def test_a_factor_of_one_commodity_leaves_the_others_alone():
    both = parameters(futures("XX", {MONTH: 1000.0}), futures("YY", {MONTH: 500.0}))
    found = margin(both, leg("XX", 1, MONTH), leg("YY", 1, MONTH), house_multipliers={"YY": 0.7})
    assert found.total.maintenance == 1350


def test_option_value_of_one_commodity_covers_another_unless_it_is_limited():
    for limited, total in ((False, 500 - (1000 - 400)), (True, 500)):
        both = parameters(commodity("XX", [FUT, DEAR_CALL], limits_option_value=limited), futures("YY", {MONTH: 500.0}))
        found = margin(both, leg("XX", 1, MONTH, CALL, 100.0), leg("YY", 1, MONTH))
        assert found.total.maintenance == max(total, 0)
        adds_up(found)
    # short option value is owed wherever it is
    gains = Made(CALL, MONTH, FLAT, 100.0, delta=0.5, price=20.0)
    both = parameters(commodity("XX", [FUT, gains], limits_option_value=True), futures("YY", {MONTH: 500.0}))
    assert margin(both, leg("XX", -1, MONTH, CALL, 100.0), leg("YY", 1, MONTH)).total.maintenance == 1500


def test_options_settled_like_futures_have_no_option_value():
    made = Made(CALL, MONTH, loses(14, -400.0), 100.0, delta=0.5, price=20.0, premium_style=False)
    found = margin(market(made), leg("XX", -1, MONTH, CALL, 100.0))
    assert (only(found).net_value, found.total.maintenance) == (0, 400)


def test_an_option_without_a_price_takes_the_position_s_own_or_is_said_to_lack_it():
    def asked(quantity, **price):
        made = Made(CALL, MONTH, loses(14, -400.0 if quantity < 0 else 400.0), 100.0, delta=0.5)
        return margin(market(made), leg("XX", quantity, MONTH, CALL, 100.0, **price), leg("XX", 1, MONTH))

    own = asked(-1, price=20.0)
    assert (only(own).net_value, own.complete, own.findings[0].severity) == (-1000, True, Severity.NOTE)
    short = asked(-1)
    assert not short.complete
    assert math.isnan(short.total.maintenance)
    assert "no price" in short.findings[0].problem
    long = asked(1)
    assert (only(long).net_value, long.complete, long.findings[0].severity) == (0, True, Severity.WARNING)


def test_scan_tiers_do_not_offset_each_other():
    tiers = (Tier(1, period(MONTH), period_end(MONTH)), Tier(2, period(LATER), period_end(LATER)))
    legs = leg("XX", 1, MONTH), leg("XX", -1, LATER)
    months = {MONTH: 1000.0, LATER: 800.0}
    assert margin(parameters(futures("XX", months)), *legs).total.maintenance == 200
    for table in (tiers, ()):  # an empty table: each month is a tier of its own
        found = margin(parameters(futures("XX", months, scans_by_tier=True, scan_tiers=table)), *legs)
        assert found.total.maintenance == 1800
        assert only(found).active_scenario == 0
        assert [each.active for each in only(found).scans] == [13, 11]
        adds_up(found)


def test_a_month_outside_every_scan_tier_is_an_error_not_a_smaller_risk():
    made = futures("XX", {MONTH: 1000.0, LATER: 800.0}, scans_by_tier=True, scan_tiers=(Tier(1, 0, period_end(MONTH)),))
    found = margin(parameters(made), leg("XX", 1, MONTH), leg("XX", 1, LATER))
    assert not found.complete
    assert "no scan tier" in found.findings[0].problem


def test_full_size_and_micro_futures_offset_by_their_deltas():
    micro = Made(FUTURE, MONTH, future_array(100.0), root="MX", scaling=0.1, value_factor=5.0)
    found = margin(market(micro), leg("XX", 1, MONTH), leg("XX", -10, MONTH, root="MX", multiplier=5.0))
    assert found.total.maintenance == pytest.approx(0, abs=10)  # thirds are rounded in each array
    assert only(found).net_delta == pytest.approx(0)


def test_currencies_are_converted_or_the_total_is_incomplete():
    euro = Made(FUTURE, MONTH, future_array(1000.0), currency="EUR")
    arrays_in_euro, margined_in_euro = commodity("XX", [euro]), commodity("XX", [euro], currency="EUR")
    for one in (arrays_in_euro, margined_in_euro):
        for rates in ({("EUR", "USD"): 1.25}, {("USD", "EUR"): 0.8}):
            found = margin(parameters(one, rates_of_exchange=rates), leg("XX", 1, MONTH))
            assert found.total.maintenance == pytest.approx(1250)
        unknown = margin(parameters(one), leg("XX", 1, MONTH))
        assert not unknown.complete
        assert math.isnan(unknown.total.maintenance)
        assert "EUR to USD" in unknown.findings[0].problem


def test_an_account_in_another_currency_is_told_in_its_own():
    euro = commodity("XX", [Made(FUTURE, MONTH, future_array(1000.0), currency="EUR")], currency="EUR")
    both = parameters(euro, futures("YY", {MONTH: 500.0}), rates_of_exchange={("EUR", "USD"): 1.25})
    legs = leg("XX", 1, MONTH), leg("YY", 1, MONTH)
    found = margin(both, *legs)
    assert found.total.maintenance == pytest.approx(1750)
    assert found.lines[0].working.endswith("; at 1.25 USD")
    assert margin(both, *legs, currency="EUR").total.maintenance == pytest.approx(1400)
    adds_up(margin(both, *legs, currency="EUR"))


def test_a_contract_that_is_not_in_the_file_makes_the_total_incomplete():
    found = margin(market(), leg("XX", 1, MONTH), leg("XX", -1, MONTH, PUT, 95.0))
    assert not found.complete
    assert math.isnan(found.total.maintenance)
    assert math.isnan(only(found).total.maintenance)  # the one that the leg belongs to
    (missing,) = found.findings
    assert missing.severity is Severity.INCOMPLETE
    assert "XX 2025-03-10 95 put isn't in invented.spn" in str(missing)


def test_a_product_that_is_not_in_the_file_leaves_the_others_whole_and_the_total_incomplete():
    found = margin(market(), leg("XX", 1, MONTH), leg("QQ", 1, MONTH))
    assert not found.complete
    assert only(found).total.maintenance == 1000
    assert math.isnan(found.total.maintenance)


def test_a_credit_from_a_commodity_that_lacks_something_is_not_counted_on():
    spread = InterSpread(1, (SpreadLeg(Side.A, commodity="XX"), SpreadLeg(Side.B, commodity="YY")), (0.8, 0.8))
    both = parameters(
        futures("XX", {MONTH: 1000.0}),
        futures("YY", {MONTH: 500.0}),
        futures("ZZ", {MONTH: 9.0}),
        inter_spreads=(spread,),
    )
    legs = leg("XX", 1, MONTH), leg("YY", -1, MONTH), leg("ZZ", 1, MONTH)
    assert margin(both, *legs).commodity("XX").total.maintenance == pytest.approx(200)
    lacking = margin(both, *legs, leg("YY", -1, MONTH, PUT, 95.0))
    assert [(each.code, each.complete) for each in lacking.commodities] == [("XX", False), ("YY", False), ("ZZ", True)]


def test_what_a_file_says_of_products_that_are_not_held_is_not_told():
    notes = tuple(Finding(Severity.NOTE, f"of {code}", underlying=code) for code in ("XX", "YY", ""))
    both = parameters(futures("XX", {MONTH: 1000.0}), futures("YY", {MONTH: 500.0}), findings=notes)
    assert [each.problem for each in margin(both, leg("XX", 1, MONTH)).findings] == ["of XX", "of "]
    blocked = parameters(futures("XX", {MONTH: 1000.0}), findings=(Finding(Severity.INCOMPLETE, "a rate is lost"),))
    assert not margin(blocked, leg("XX", 1, MONTH)).complete


def test_legs_of_two_accounts_are_not_netted():
    with pytest.raises(MarginError, match="2 accounts"):
        margin(market(), leg("XX", 1, MONTH, account="U1"), leg("XX", -1, MONTH, account="U2"))


def test_every_result_says_how_far_it_can_be_trusted():
    found = margin(market(), leg("XX", 1, MONTH))
    assert "exact for the file" in found.note
    assert "SPAN 2" in found.note
    assert all("invented.spn" in line.source and "exact" in line.source for line in found.lines)


def test_every_component_stands_in_the_lines():
    spread = IntraSpread(1, 70.0, (SpreadLeg(Side.A, tier=1), SpreadLeg(Side.B, tier=1)))
    made = market(
        Made(FUTURE, LATER, future_array(1000.0)), CHEAP_CALL, intra_spreads=(spread,), minimum_rate=1.0,
        initial_ratio=PerAccount(1.0, 1.0, 1.1),
    )  # fmt: skip
    found = margin(made, leg("XX", 3, MONTH), leg("XX", -1, LATER), leg("XX", -1, MONTH, CALL, 200.0))
    rules = [line.rule for line in found.lines]
    assert rules == [
        "scan risk", "intermonth spread charge", "short option minimum", "initial over maintenance", "net option value",
    ]  # fmt: skip
    assert found.lines[1].maintenance == pytest.approx(70)
    adds_up(found)


def test_a_file_without_the_ratio_of_this_kind_of_account_is_incomplete_never_nan_and_complete():
    found = margin(market(initial_ratio=PerAccount(speculator=math.nan)), leg("XX", 1, MONTH))
    assert not found.complete
    assert any("state no ratio" in str(each) for each in found.findings)
