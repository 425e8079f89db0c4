"""SPAN cases with published answers; sources stand in the file of cases beside each.

Left out, since their inputs are not whole, or are another module's:

- ``cme_es_20190102_records``, ``cme_price_decoding``, ``cme_20250620_type3``, ``..._type4``, ``..._typeE``, ``..._type6``,
  ``..._81_meal``: rows of parameter files, read in the tests of the readers; what an engine can say of the first is here.
- ``cme_es_span2_published_20250912``: the published margins of one ES future; they are the packaged table's own figures, so
  that only the way back is tested (``test_calibrated.py``). SPAN 2 itself can't be reproduced.
- ``nse_nifty_long_fut_20260529``, ``nse_nifty_protective_put_20260529``: need the clearing house's file of that day.
- ``kdpw_20141031_1``, ``_2``, ``_5``, ``_7``, ``_8``, ``_9``: need RPNJE_ZRS.xml of 2014-10-31, which isn't public any more.
- cases of kind ``tims_class``: portfolio margin, not SPAN.
"""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from optmargin.core.contracts import Right
from optmargin.risk.span.arrays import ScanRanges, option_arrays
from optmargin.risk.span.delta import DeltaPool
from optmargin.risk.span.intra import charge_intra
from optmargin.risk.span.model import (
    IntraSpread,
    MinimumMethod,
    PerAccount,
    Side,
    SpotMethod,
    SpotRate,
    SpreadLeg,
    Tier,
    period,
)
from optmargin.risk.span.spot import charge_spot
from risk.span.market import CALL, FUTURE, PUT, Made, commodity, future_array, futures, leg, margin, only, parameters

CASES = {
    case["id"]: case
    for case in json.loads((Path(__file__).parents[2] / "cases" / "span_tims_cases.json").read_text(encoding="utf-8"))[
        "cases"
    ]
}
NEAR = {"long_month": 202503, "short_month": 202506}
FLAT = [0.0] * 16


def approximately(case):
    """The case's own tolerance: absolute, and for a tolerance of 0 to the cent."""
    return lambda figure: pytest.approx(figure, abs=max(case["tolerance"], 0.005), rel=0)


def no_price_risk():
    return math.nan


def spreads_of(case, months):
    """The spreads of an ``intra`` case."""
    made = []
    for spread in case["inputs"]["spreads"]:
        is_tier = spread["kind"] == "tier"
        legs = tuple(
            SpreadLeg(Side(side), ratio, tier=where if is_tier else 0, period=0 if is_tier else months[where])
            for where, ratio, side in spread["legs"]
        )
        made.append(IntraSpread(spread["priority"], spread["rate"], legs))
    return tuple(made)


@pytest.mark.parametrize("name", ["ice_intermonth_single_rate", "cme_gc_20250912_calendar_1m"])
def test_intermonth_spreads_are_charged_as_published(name):
    case = CASES[name]
    deltas = case["inputs"]["deltas"]
    months = {key: period(int(key) if key.isdigit() else 202500 + int(key[1:])) for key in deltas}
    tiers = (Tier(1, 0),) if "tiers" in case["inputs"] else ()
    pool = DeltaPool({months[key]: delta for key, delta in deltas.items()})
    formed = charge_intra(spreads_of(case, months), tiers, pool, no_price_risk)
    about = approximately(case)
    assert sum(each.amount for each in formed) == about(case["expected"]["charge"])
    assert sum(each.count for each in formed) == about(case["expected"]["n_spreads"])
    if "scan_risk" in case["expected"]:  # the same array in both months: nothing is left to scan
        market = parameters(
            futures("GC", {int(key): 16_000.0 for key in deltas}, intra_spreads=spreads_of(case, months))
        )
        found = only(margin(market, *(leg("GC", delta, int(key)) for key, delta in deltas.items())))
        assert found.scan_risk == case["expected"]["scan_risk"]
        assert found.intermonth == found.total.maintenance == about(case["expected"]["charge"])


def test_a_delivery_month_is_charged_for_spreads_and_outright_deltas():
    case = CASES["ice_delivery"]
    given, about = case["inputs"], approximately(case)
    in_spreads, outright = given["spreads_in_front_month"], given["outright_deltas_remaining"]
    front, back = period(202503), period(202506)
    pool = DeltaPool({front: in_spreads + outright, back: -in_spreads})
    spread = IntraSpread(1, given["spread_charge"], (SpreadLeg(Side.A, period=front), SpreadLeg(Side.B, period=back)))
    assert sum(each.amount for each in charge_intra([spread], (), pool, no_price_risk)) == about(
        case["expected"]["intra"]
    )
    (charged,) = charge_spot(SpotMethod.TABLE, [SpotRate(front, given["spread_rate"], given["outright_rate"])], pool)
    assert charged.amount == about(case["expected"]["spot"])


@pytest.mark.parametrize("name", ["ice_initial_markup", "cme_23376_hrp_8000", "cme_23376_hrp_17700"])
def test_initial_margin_is_maintenance_times_the_ratio(name):
    case = CASES[name]
    given = case["inputs"]
    market = parameters(
        futures("XX", {202503: given["maintenance"]}, initial_ratio=PerAccount(1.0, 1.0, given["ratio"]))
    )
    found = margin(market, leg("XX", 1, 202503))
    assert found.total.maintenance == given["maintenance"]
    assert found.total.initial == approximately(case)(case["expected"]["initial"])


@pytest.mark.parametrize("name", ["mcmillan_future", "mcmillan_ratio_write_3x5"])
def test_scan_risk_is_the_worst_of_the_published_arrays(name):
    case = CASES[name]
    arrays = case["inputs"]["arrays"]
    made = [Made(FUTURE, 202503, arrays["fut"])]
    legs = []
    if "call" in arrays:
        made.append(Made(CALL, 202503, arrays["call"], strike=100.0, delta=0.5, price=0.0))
    for quantity, which in case["inputs"]["positions"]:
        right, strike = (FUTURE, math.nan) if which == "fut" else (CALL, 100.0)
        legs.append(leg("SP", quantity, 202503, right, strike))
    found = only(margin(parameters(commodity("SP", made)), *legs))
    assert found.scan_risk == approximately(case)(case["expected"]["scan_risk"])
    assert found.active_scenario == case["expected"]["active_scenario"]


@pytest.mark.parametrize("name", ["cme_og_20250912_short_put", "nse_nifty_short_23700ce_20260529"])
def test_a_short_option_asks_for_its_risk_and_its_premium(name):
    case = CASES[name]
    given, about = case["inputs"], approximately(case)
    shorts = given["short_options"]
    each_risk, each_value = given["scan"] / shorts, -given["nov"] / shorts
    array = [0.0] * 15 + [-each_risk]
    option = Made(
        PUT, 202512, array, 3700.0, -0.4752, each_value / given.get("cvf", 1), value_factor=given.get("cvf", 1)
    )
    future = Made(FUTURE, 202512, future_array(16_000), value_factor=given.get("cvf", 1))
    market = parameters(
        commodity("XX", [future, option], minimum_rate=given["som_rate"], minimum_method=MinimumMethod.GREATER)
    )
    found = only(margin(market, leg("XX", -shorts, 202512, PUT, 3700.0)))
    assert found.minimum == about(case["expected"]["som"])
    assert found.risk.maintenance == about(case["expected"]["risk"])
    assert found.net_value == about(given["nov"])
    assert found.total.maintenance == about(case["expected"]["total"])
    assert found.active_scenario == given.get("active_scenario", 16)


def test_black_76_comes_near_to_a_published_array_of_gold():
    # CME's own model is American (Whaley); the figure is that of scenario 16, at the expiry that fits its volatility best
    case = CASES["cme_og_20250912_inputs_for_pricer"]
    given = case["inputs"]
    ranges = ScanRanges(
        given["psr_points"],
        given["psr_points"],
        0.35,
        extreme_multiplier=given["extreme_mult"],
        extreme_cover=given["cover"],
    )
    assert given["cp"] == -1
    for days in given["expiry_candidates_days"]:
        array = option_arrays(
            ranges,
            np.array([int(Right.PUT)], dtype=np.int8),
            np.array([given["F"]]),
            np.array([float(given["K"])]),
            np.array([days / 365]),
            np.array([given["iv"]]),
            np.array([float(given["cvf"])]),
        )
        assert array[0, 15] == pytest.approx(case["expected"]["long_loss_sc16"], abs=case["tolerance"])


def test_an_es_future_of_2019_costs_its_scan_range_on_either_side():
    # the row's own array; five of them are one full-size contract, so that its delta counts a fifth
    expected = CASES["cme_es_20190102_records"]["expected"]
    made = Made(
        FUTURE, 201903, expected["array"], scaling=expected["delta_scaling"], value_factor=expected["cvf"], scan=6000.0
    )
    assert (
        future_array(expected["price_scan"], expected["extreme_mult"], expected["extreme_cover"]) == expected["array"]
    )
    market = parameters(commodity("ES", [made]))
    for quantity, name in ((1, "maintenance_long"), (-1, "maintenance_short")):
        found = only(margin(market, leg("ES", quantity, 201903)))
        assert found.total.maintenance == expected[name]
        assert found.net_delta == pytest.approx(quantity * 0.2)
