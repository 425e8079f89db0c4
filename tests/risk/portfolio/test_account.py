"""Classes, points, minimums, offsets and stresses by hand; and what is said where something is missing."""

import dataclasses
import datetime as dt
import math

import pytest

from optmargin.core.accounts import Account
from optmargin.core.contracts import AssetClass, Right, Settlement, Style
from optmargin.core.errors import ErrorCode, Finding, MarginError, Severity
from optmargin.core.legs import Leg
from optmargin.risk.portfolio.account import portfolio_margin
from optmargin.risk.portfolio.carry import CarrySource, Market, years_to
from optmargin.risk.portfolio.requirement import Stress
from optmargin.risk.portfolio.valuation import VolatilityFrom
from timsbooks import CALL, DAY, MISSING, PUT, book, ibm, option, shares, spx

ETF = AssetClass.BROAD_ETF


def required(*legs, **terms):
    return portfolio_margin(book(*legs), DAY, **terms)


def test_shares_lose_their_range():
    assert required(shares("IBM", 100, 50.0)).requirement == pytest.approx(750)  # 15 %
    assert required(shares("IBM", -100, 50.0)).requirement == pytest.approx(750)
    assert required(shares("SPY", 100, 50.0, ETF)).requirement == pytest.approx(400)  # 8 % down
    assert required(shares("SPY", -100, 50.0, ETF)).requirement == pytest.approx(300)  # 6 % up
    assert required(shares("IWM", -100, 50.0, ETF)).requirement == pytest.approx(500)  # 10 %


def test_the_points_are_five_equal_steps_each_way():
    found = required(shares("SPY", 100, 50.0, ETF)).classes[0]
    moves = [-8, -6.4, -4.8, -3.2, -1.6, 1.2, 2.4, 3.6, 4.8, 6]
    assert (found.points * 100).tolist() == pytest.approx(moves)
    assert found.profit.tolist() == pytest.approx([50 * move for move in moves])


def test_funds_on_one_index_offset_in_full_by_their_factors():
    # $20,000 of SPY against $10,000 of SDS, which moves twice as far the other way
    found = required(shares("SPY", 200, 100.0, ETF), shares("SDS", 100, 100.0, ETF, leverage=2))
    assert [group.name for group in found.classes] == ["S&P 500"]
    assert found.classes[0].underlyings == ("SDS", "SPY")
    assert (found.requirement, found.classes[0].binds, found.classes[0].lines) == (0, "nothing", ())
    # alone, an inverse fund of factor 2 loses 2 x 6 % when the index rises
    assert required(shares("SDS", 100, 100.0, ETF, leverage=2)).requirement == pytest.approx(1_200)
    # a leveraged fund that is in no class: 15 % times its factor
    assert required(shares("SOXL", 100, 100.0, AssetClass.ETF, leverage=3)).requirement == pytest.approx(4_500)


def test_other_classes_are_apart_until_an_offset_is_given():
    legs = (shares("SPY", 1_000, 100.0, ETF), shares("DIA", -1_000, 100.0, ETF))
    apart = required(*legs)
    assert apart.requirement == pytest.approx(8_000 + 6_000)
    product = next(each for each in apart.products if "S&P 500" in each.members)
    assert (product.offset, product.relief) == (0, 0)
    # at -8 %: SPY loses 8,000 and DIA gains 8,000, of which 90 % count; at +6 %: 6,000 less 90 % of 6,000
    given = required(*legs, offsets={"high-capitalization broad-based indexes": 0.9})
    assert given.requirement == pytest.approx(8_000 - 0.9 * 8_000)
    assert given.products[0].relief == pytest.approx(13_200)
    full = required(*legs, offsets={"high-capitalization broad-based indexes": 1.0})
    assert full.requirement == pytest.approx(0, abs=1e-9)


def test_product_groups_offset_in_a_portfolio_group():
    legs = (shares("SPY", 1_000, 100.0, ETF), shares("IWM", -1_000, 100.0, ETF))
    assert required(*legs).requirement == pytest.approx(8_000 + 10_000)
    # the farthest points lie at -8 and -10 %, and at +6 and +10 %: 8,000 less half of 10,000; 10,000 less half of 6,000
    half = required(*legs, offsets={"broad-based indexes": 0.5})
    assert half.requirement == pytest.approx(10_000 - 0.5 * 6_000)


def test_the_minimum_counts_long_and_short_contracts_and_caps_long_ones_at_their_value():
    deep = {"spot": 100.0}
    # far out of the money: 1,000 shares of long puts at 0.10 are capped, short ones are not
    found = required(option("XYZ", PUT, 50, 0.10, 10, **deep), option("XYZ", PUT, 45, 0.05, -10, **deep))
    assert found.classes[0].minimum == pytest.approx(10 * 100 * 0.10 + 10 * 37.5)
    assert found.requirement == pytest.approx(475)
    assert found.classes[0].binds == "minimum"
    assert math.fsum(line.amount for line in found.classes[0].lines) == pytest.approx(475)


def test_long_and_short_contracts_of_one_option_net_before_the_minimum():
    bought, sold = option("XYZ", PUT, 90, 1.0, 10, 100.0), option("XYZ", PUT, 90, 1.0, -10, 100.0)
    assert required(bought, sold).requirement == 0
    assert required(bought, bought, sold).classes[0].minimum == pytest.approx(375)


def test_the_lines_add_up_to_the_requirement():
    legs = (shares("IBM", 10_000, 97.73), ibm(CALL, 100, 1.68, -100), ibm(PUT, 95, 1.02, 50))
    group = required(*legs).classes[0]
    assert math.fsum(line.amount for line in group.lines) == pytest.approx(group.requirement)
    assert {line.rule for line in group.lines} == {group.binds}
    assert all("occ: " in line.source for line in group.lines)
    assert "-100 x 100 shares" in group.lines[1].working


def test_a_stress_widens_every_range():
    legs = (shares("IBM", 100, 50.0), shares("SPY", 100, 50.0, ETF))
    wider = required(*legs, stress=Stress(range_factor=1.25))
    assert wider.requirement == pytest.approx(1.25 * (750 + 400))
    with pytest.raises(MarginError, match="range factor of 125") as caught:
        required(*legs, stress=Stress(range_factor=125))
    assert caught.value.code is ErrorCode.NUM


def test_a_stress_moves_the_market_before_the_points():
    long, short = shares("SPY", 100, 50.0, ETF), option("XYZ", CALL, 100, 2.0, -1, 100.0)
    moved = required(long, stress=Stress(move=-0.10))
    assert moved.moved_profit == pytest.approx(-500)
    assert moved.requirement == pytest.approx(0.08 * 4_500)
    inverse = required(shares("SDS", 100, 50.0, ETF, leverage=2), stress=Stress(move=-0.10))
    assert inverse.moved_profit == pytest.approx(1_000)
    # a short call: what the move loses and the requirement after it are those of the values at both prices
    market = Market(rate=0.05, dividend_yield=0.0)
    there = required(short, market=market, stress=Stress(move=0.10))
    value_up = 2.0 - there.moved_profit / -100.0 * -1.0
    again = dataclasses.replace(short, price=value_up, spot=110.0)
    assert there.requirement == pytest.approx(required(again, market=market).requirement, rel=1e-4)


def test_a_missing_price_leaves_no_total_and_is_named():
    found = required(shares("IBM", 100, 50.0), option("XYZ", CALL, 100, MISSING, -1, 100.0), spx(PUT, 1400, 9.0, -1))
    assert not found.complete
    assert math.isnan(found.requirement)
    assert [group.blocked for group in found.classes] == [False, False, True]
    assert math.isnan(found.classes[2].requirement)
    first = found.findings[0]
    assert first.severity is Severity.INCOMPLETE
    assert first.problem == "XYZ 2007-03-25 100 call has no price"
    assert first.underlying == "XYZ"


def test_a_missing_spot_is_taken_from_another_leg_or_named():
    lone = option("XYZ", CALL, 100, 2.0, -1, MISSING)
    found = required(lone)
    assert "no price of its underlying" in found.findings[0].problem
    assert not found.complete
    assert required(lone, shares("XYZ", 100, 101.0)).complete


def test_prices_that_no_model_has_are_named():
    found = required(option("XYZ", CALL, 100, 120.0, 1, 100.0))
    assert not found.complete
    assert "no model has a price of 120 at a spot of 100" in found.findings[0].problem


def test_what_has_expired_and_futures_make_it_incomplete():
    gone = option("XYZ", CALL, 100, 2.0, -1, 100.0, expiry=dt.date(2007, 2, 16))
    es = Leg(
        "ES", Right.FUTURE, 1, expiry=dt.date(2007, 3, 16), price=1450.0, multiplier=50, asset_class=AssetClass.FUTURE
    )
    found = required(shares("IBM", 100, 50.0), gone, es)
    assert not found.complete
    assert {group.name: group.blocked for group in found.classes} == {"ES": True, "IBM": False, "XYZ": True}
    said = " / ".join(each.problem for each in found.findings)
    assert "expired on 2007-02-16" in said
    assert "margined by SPAN" in said


def test_an_expired_leg_leaves_its_whole_class_without_a_figure():
    gone = dataclasses.replace(spx(PUT, 1400, 5.0, 1), expiry=dt.date(2007, 2, 16))
    found = required(shares("SPY", 100, 145.0, ETF), gone, shares("IBM", 100, 50.0))
    assert {group.name: group.blocked for group in found.classes} == {"IBM": False, "S&P 500": True}
    assert math.isnan(found.requirement)


def test_rates_and_yields_that_are_percentages_are_refused():
    for market in (Market(rate=5.25), Market(dividend_yield=1.9), Market(dividend_yield={"SPX": -2})):
        with pytest.raises(MarginError, match=r"write fractions: 0\.05 is 5 %"):
            required(shares("IBM", 100, 50.0), market=market)
    with pytest.raises(MarginError, match="a forward of 0 for SPX"):
        required(shares("IBM", 100, 50.0), market=Market(forwards={("SPX", DAY): 0.0}))


def test_futures_join_the_class_of_their_index_where_the_account_is_cross_margined():
    es = Leg(
        "ES", Right.FUTURE, -2, expiry=dt.date(2007, 3, 16), price=1450.0, multiplier=50, asset_class=AssetClass.FUTURE
    )
    spy = shares("SPY", 1_000, 145.0, ETF)  # $145,000 each way
    found = required(spy, es, with_futures=True)
    assert found.complete
    assert found.requirement == pytest.approx(0, abs=1e-9)
    assert required(es, with_futures=True).requirement == pytest.approx(0.06 * 145_000)
    crude = dataclasses.replace(es, underlying="CL", root="CL")
    assert not required(crude, with_futures=True).complete


def test_the_ticker_of_a_share_is_not_the_root_of_a_future():
    eversource = shares("ES", 100, 60.0)
    found = required(eversource)
    assert found.classes[0].name == "ES"
    assert found.requirement == pytest.approx(900)


def test_an_option_on_a_future_is_carried_at_nothing():
    call = Leg(
        "ES", Right.CALL, -1, 1500, dt.date(2007, 4, 20), 20.0, 50, 1450.0, AssetClass.FUTURE, Style.EUROPEAN, root="EW3"
    )  # fmt: skip
    found = required(call, with_futures=True)
    assert found.complete
    assert found.carries[0].source is CarrySource.FUTURE
    assert found.carries[0].forward == 1450.0


def test_ranges_that_occ_sets_one_by_one_are_asked_for():
    vix = Leg("VIX", CALL, -1, 20, dt.date(2007, 4, 18), 1.0, 100, 11.0, AssetClass.NARROW_INDEX, Style.EUROPEAN)
    found = required(vix)
    assert not found.complete
    assert "volatility products are set one by one by OCC" in found.findings[0].problem
    assert "ranges={'VIX'" in found.findings[0].remedy
    given = required(vix, ranges={"VIX": (-0.3, 0.5)}, market=Market(rate=0.05, dividend_yield=0))
    assert given.complete
    assert given.classes[0].points[0] == -0.3
    assert given.classes[0].points[-1] == 0.5


def test_a_given_range_is_that_of_the_whole_class():
    legs = (shares("SPY", 100, 50.0, ETF), shares("SDS", 10, 50.0, ETF, leverage=2))
    for name in ("S&P 500", "spx"):
        found = required(*legs, ranges={name: (-0.10, 0.10)})
        assert found.requirement == pytest.approx(500 - 100)
    with pytest.raises(MarginError, match="SDS moves -2 times as 'S&P 500' does"):
        required(*legs, ranges={"SDS": (-0.2, 0.2)})
    with pytest.raises(MarginError, match="isn't a move down and a move up"):
        required(*legs, ranges={"SPX": (8, 6)})


def test_a_broad_index_that_no_class_names_is_moved_by_ten_percent_and_said_so():
    found = required(shares("VTI", 100, 50.0, ETF))
    assert found.requirement == pytest.approx(500)
    assert "VTI is in no class of the table" in found.findings[0].problem


def test_what_the_reader_found_blocks_what_it_names():
    bad = Finding(Severity.INCOMPLETE, "row 7 can't be read", file="x.csv", line=7, underlying="XYZ")
    account = Account("U1", book(shares("IBM", 100, 50.0)), findings=(bad,))
    found = portfolio_margin(account, DAY)
    assert not found.complete
    assert found.account == "U1"
    assert {group.name: group.blocked for group in found.classes} == {"IBM": False, "XYZ": True}
    whole = portfolio_margin(
        book(shares("IBM", 100, 50.0)), DAY, findings=[Finding(Severity.INCOMPLETE, "half a file")]
    )
    assert math.isnan(whole.requirement)
    assert whole.classes[0].requirement == pytest.approx(750)


def test_a_price_without_time_value_borrows_the_volatility_of_the_other_side():
    put = option("XYZ", PUT, 120, 20.0, -1, 100.0)  # at its intrinsic value
    alone = required(put, market=Market(rate=0.05, dividend_yield=0))
    assert VolatilityFrom(int(alone.classes[0].volatilities_from[0])) is VolatilityFrom.NONE
    warned = [each.problem for each in alone.findings if each.severity is Severity.WARNING]
    assert any("valued without volatility" in each for each in warned)
    # without volatility it moves with its intrinsic value: 15 % of 100 a share
    assert alone.requirement == pytest.approx(1_500)
    with_call = required(put, option("XYZ", CALL, 120, 0.10, 0, 100.0), market=Market(rate=0.05, dividend_yield=0))
    assert VolatilityFrom(int(with_call.classes[0].volatilities_from[0])) is VolatilityFrom.OTHER_SIDE
    assert with_call.complete


def test_on_the_day_of_settlement_an_option_is_worth_its_intrinsic_value():
    call = option("XYZ", CALL, 100, 1.0, -1, 100.0, expiry=DAY)
    assert required(call).requirement == pytest.approx(100 * (115 - 100 - 1.0))
    assert any("settles on the day" in each.problem for each in required(call).findings)
    bought = dataclasses.replace(call, quantity=1)
    assert required(bought).requirement == pytest.approx(100)  # no more than was paid


def test_the_carry_of_another_expiry_serves_where_a_pair_is_missing():
    pair = [spx(CALL, 1450, 27.57, 0), spx(PUT, 1450, 18.72, 0)]
    later = spx(PUT, 1400, 15.0, -1, days=90)
    found = required(later, *pair)
    assert found.carries[0].source is CarrySource.NEAREST
    assert found.carries[0].dividend_yield == pytest.approx(0.0175, abs=0.002)
    assert any("its dividend yield is taken from another expiry" in each.problem for each in found.findings)
    # ... but the cents of a few days are not carried on for a year
    far = required(spx(PUT, 1400, 40.0, -1, days=400), *pair)
    assert far.carries[0].source is CarrySource.NO_DIVIDEND


def test_forwards_and_yields_that_are_given_go_before_parity():
    pair = [spx(CALL, 1450, 27.57, -1), spx(PUT, 1450, 18.72, -1)]
    day = pair[0].expiry
    given = required(*pair, market=Market(rate=0.05, forwards={("SPX", day): 1460.0}))
    assert (given.carries[0].source, given.carries[0].forward) == (CarrySource.GIVEN, 1460.0)
    by_yield = required(*pair, market=Market(rate=0.05, dividend_yield={"SPX": 0.02}))
    assert by_yield.carries[0].forward == pytest.approx(1451.19 * math.exp(0.03 * 55 / 365))


def test_prices_that_imply_a_strange_forward_are_pointed_out():
    found = required(spx(CALL, 1450, 227.57, -1), spx(PUT, 1450, 18.72, -1))
    assert any("imply a forward of" in each.problem for each in found.findings)


def test_quotes_serve_parity_and_are_not_held():
    quotes = book(spx(CALL, 1450, 27.57, 1), spx(PUT, 1450, 18.72, 1))
    found = required(spx(CALL, 1500, 5.96, -1), market=Market(quotes=quotes))
    assert found.carries[0].source is CarrySource.PARITY
    assert len(found.classes[0].legs) == 1


def test_a_morning_settlement_ends_before_the_close():
    day = DAY + dt.timedelta(10)
    assert years_to(day, Settlement.PM, DAY) == 10 / 365
    assert years_to(day, Settlement.AM, DAY) == pytest.approx((10 - 6.5 / 24) / 365)
    assert years_to(DAY, Settlement.AM, DAY) == 0


def test_a_day_before_the_table_is_refused():
    with pytest.raises(MarginError, match="has no ranges for 2006-01-03") as caught:
        portfolio_margin(book(shares("IBM", 100, 50.0)), dt.date(2006, 1, 3))
    assert caught.value.code is ErrorCode.MISSING


def test_an_empty_book_requires_nothing():
    found = portfolio_margin(book(), DAY)
    assert (found.requirement, found.complete, found.classes) == (0, True, ())
    assert found.grid().shape == (0, 10)


def test_however_wide_a_stress_no_price_falls_below_zero():
    found = required(ibm(PUT, 95, 1.02, -1), ibm(CALL, 95, 4.5, 1), stress=Stress(range_factor=10))
    assert min(found.classes[0].points) == -1.0


def test_a_root_that_nobody_knows_is_told_to_be_taken_for_a_stock():
    found = required(dataclasses.replace(ibm(PUT, 95, 1.02, -1), underlying="ZZZ", root="ZZZ", assumed=True))
    assert any("ZZZ isn't in the instruments table" in each.problem for each in found.findings)
