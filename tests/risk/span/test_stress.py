"""A file under wider scan ranges: futures in proportion, options by what Black-76 adds to the file's own arrays."""

import math
from dataclasses import replace

import numpy as np
import pytest

from optmargin.core.errors import MarginError
from optmargin.risk.span.arrays import ScanRanges, option_arrays
from optmargin.risk.span.model import Level, PriceRisk, Tier
from optmargin.risk.span.stress import stressed
from risk.span.market import CALL, FUTURE, PUT, Made, commodity, future_array, leg, margin, only, parameters

MONTH = 202503
F, K, YEARS, SIGMA = 5000.0, 4500.0, 0.1, 0.2


def black_array(right, points):
    ranges = ScanRanges(points, points, 0.35)
    columns = (
        np.array([int(right)], dtype=np.int8),
        np.array([F]),
        np.array([K]),
        np.array([YEARS]),
        np.array([SIGMA]),
    )
    return option_arrays(ranges, *columns, np.array([50.0]))[0]


def option(right, **others):
    others = {"volatility": SIGMA, "years": YEARS, "scan": 10_000.0, "price": 5.0, **others}
    return Made(right, MONTH, [float(each) for each in np.rint(black_array(right, 200.0))], K, delta=-0.05, **others)


FUT = Made(FUTURE, MONTH, future_array(10_000.0), price=F, scan=10_000.0)


def market(*made, **others):
    return parameters(commodity("XX", [FUT, *made], **others))


def test_futures_cost_in_proportion():
    wider = stressed(market(), 1.25)
    assert margin(wider, leg("XX", -2, MONTH)).total.maintenance == 25_000
    assert margin(market(), leg("XX", -2, MONTH)).total.maintenance == 20_000


def test_an_option_s_array_is_the_file_s_with_what_black_76_adds():
    wider = stressed(market(option(PUT)), 1.5)
    row = wider.commodities["XX"].contracts.risk[1]
    assert row == pytest.approx(black_array(PUT, 300.0), abs=1.0)  # the file's arrays are whole dollars
    short = leg("XX", -1, MONTH, PUT, K)
    assert only(margin(wider, short)).scan_risk > 1.5 * only(margin(market(option(PUT)), short)).scan_risk


def test_what_the_file_s_model_adds_to_black_76_stays():
    whaley = option(PUT)
    whaley = replace(whaley, array=[each + 7.0 for each in whaley.array])
    plain, other = (stressed(market(made), 1.5).commodities["XX"].contracts.risk[1] for made in (option(PUT), whaley))
    assert other - plain == pytest.approx(np.full(16, 7.0))


@pytest.mark.parametrize("missing", [{"volatility": math.nan}, {"years": math.nan}, {"scan": math.nan}])
def test_an_option_that_can_not_be_stressed_is_missing_rather_than_too_cheap(missing):
    wider = stressed(market(option(PUT, **missing)), 1.5)
    found = margin(wider, leg("XX", -1, MONTH, PUT, K))
    assert not found.complete
    assert any("can't be stressed" in each.problem for each in found.findings)
    assert margin(wider, leg("XX", 1, MONTH)).total.maintenance == 15_000  # a book without it is whole


def test_scan_ranges_by_which_credits_are_weighed_grow_too():
    tier = Tier(1, 0, scan_up=300.0, scan_down=500.0)
    wider = stressed(market(price_risk=PriceRisk.SCAN_RANGE, scan_tiers=(tier,)), 1.5).commodities["XX"]
    assert (wider.scan_tiers[0].scan_up, wider.scan_tiers[0].scan_down) == (450, 750)
    assert wider.series.scan_up.tolist() == [15_000]


def test_a_stressed_file_is_no_longer_exact_and_says_what_was_done():
    wider = stressed(market(option(CALL)), 1.5)
    assert wider.origin.level is Level.CALIBRATED
    assert "x 1.5" in margin(wider, leg("XX", 1, MONTH)).note


@pytest.mark.parametrize("factor", [0.0, -1.0, math.nan, math.inf])
def test_a_factor_that_is_none_is_refused(factor):
    with pytest.raises(MarginError):
        stressed(market(), factor)


def test_only_the_commodities_that_are_wanted_are_stressed():
    both = parameters(commodity("XX", [FUT]), commodity("YY", [FUT]))
    assert list(stressed(both, 1.5, ["YY"]).commodities) == ["YY"]
    with pytest.raises(MarginError):
        stressed(both, 1.5, ["ZZ"])
