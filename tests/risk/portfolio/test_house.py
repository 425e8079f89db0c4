"""The broker's layer, by hand: the published ranges, volatilities, concentration and jumps of Interactive Brokers' notices."""

import datetime as dt
import math

import pytest

from optmargin.core.contracts import AssetClass
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.risk.portfolio.account import portfolio_margin
from optmargin.risk.portfolio.carry import Market
from optmargin.risk.portfolio.requirement import Stress
from timsbooks import PUT, book, option, shares

DAY = dt.date(2026, 1, 5)
ETF = AssetClass.BROAD_ETF


def required(*legs, **terms):
    return portfolio_margin(book(*legs), DAY, house="ibkr", **terms)


def test_it_is_off_unless_it_is_asked_for():
    found = portfolio_margin(book(shares("IBM", 100, 50.0)), DAY)
    assert found.house is None
    assert found.requirement == found.tims == pytest.approx(750)


def test_a_single_stock_is_moved_by_its_default_or_by_its_house_requirement():
    one = required(shares("IBM", 100, 50.0))
    assert one.tims == pytest.approx(750)
    assert one.house.scan == pytest.approx(1_250)  # 25 % down
    # 30 % up loses more than the scan: two riskiest classes are moved by 30 % either way
    assert (one.house.binds, one.requirement) == ("concentration", pytest.approx(1_500))
    assert required(shares("IBM", -100, 50.0)).house.scan == pytest.approx(1_500)  # 30 % up
    assert required(shares("IBM", 100, 50.0), house_rates={"IBM": 0.4}).requirement == pytest.approx(2_000)


def test_the_two_riskiest_classes_are_moved_far_and_the_others_a_little():
    legs = [shares(name, 100, price) for name, price in (("A", 10.0), ("B", 20.0), ("C", 30.0))]
    found = required(*legs)
    assert found.house.concentration == pytest.approx(0.30 * (3_000 + 2_000) + 0.05 * 1_000)
    assert found.house.scan == pytest.approx(0.25 * 6_000)
    assert found.requirement == pytest.approx(1_550)
    assert "2 riskiest classes moved by 30%" in found.house.working


def test_a_broad_index_keeps_its_range_and_is_not_among_the_riskiest():
    found = required(shares("SPY", 100, 50.0, ETF))
    assert found.house.scan == found.tims == pytest.approx(400)
    assert found.house.concentration == pytest.approx(0.05 * 5_000)
    assert (found.house.binds, found.requirement) == ("TIMS", pytest.approx(400))


def test_volatilities_are_raised_and_lowered_too():
    # short puts far below: only a higher volatility hurts them more than the move alone
    put = option("XYZ", PUT, 60, 0.05, -10, 100.0, expiry=dt.date(2026, 6, 19))
    found = required(put, market=Market(rate=0.04, dividend_yield=0.0))
    (group,) = found.house.classes
    assert group.scan > found.classes[0].worst_loss
    assert group.scan_volatility == pytest.approx(1.15)
    assert group.scan_move == pytest.approx(-0.25)
    assert "Interactive Brokers" in group.source


def test_a_jump_of_volatility_products_is_charged_at_its_share():
    short = shares("VXX", -100, 40.0, AssetClass.ETF)
    found = required(short, ranges={"VXX": (-0.4, 0.4)})
    (group,) = found.house.classes
    assert group.spike == pytest.approx(0.35 * 3.0 * 4_000)
    assert (group.binds, found.requirement) == ("VIX mark", pytest.approx(4_200))


def test_a_stress_widens_its_ranges_and_moves_the_market_first():
    assert required(shares("IBM", 100, 50.0), stress=Stress(range_factor=1.5)).house.scan == pytest.approx(1_875)
    assert required(shares("IBM", 100, 50.0), stress=Stress(move=-0.5)).house.scan == pytest.approx(625)


def test_it_can_only_raise_the_requirement_and_is_missing_where_tims_is():
    legs = [shares("IBM", 100, 50.0), option("XYZ", PUT, 90, 1.0, -1, 100.0, expiry=dt.date(2026, 2, 20))]
    found = required(*legs)
    assert found.requirement >= found.tims
    for group in found.house.classes:
        assert group.requirement >= group.tims
    missing = required(shares("IBM", 100, 50.0), shares("XYZ", 1, math.nan))
    assert math.isnan(missing.requirement)
    assert math.isnan(missing.house.scan)


def test_days_before_the_notices_and_rates_that_are_no_fractions_are_refused():
    with pytest.raises(MarginError, match="no rows for 2020-01-06") as caught:
        portfolio_margin(book(shares("IBM", 100, 50.0)), dt.date(2020, 1, 6), house="ibkr")
    assert caught.value.code is ErrorCode.MISSING
    with pytest.raises(MarginError, match=r"write 0\.4 for 40 %"):
        required(shares("IBM", 100, 50.0), house_rates={"IBM": 40})
