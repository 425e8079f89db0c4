"""Published rows of exchanges' parameter files are understood; the rows and their sources stand in the file of cases."""

import json
from pathlib import Path

import numpy as np
import pytest

from optmargin.risk.span.files import prices
from optmargin.risk.span.files.pa2_layouts import KEY_COLUMNS, NARROW
from optmargin.risk.span.files.read import read_span
from optmargin.risk.span.model import InterMethod, MinimumMethod, PerAccount, Side, SpotMethod, period, period_end
from risk.span_files.comparing import array_lines, commodity_lines, file_of, head, price_line, small_file

CASES = {
    case["id"]: case
    for case in json.loads((Path(__file__).parents[2] / "cases" / "span_tims_cases.json").read_text(encoding="utf-8"))[
        "cases"
    ]
}


def lines_for(code, product="QQ", **records):
    """An invented combined commodity of a code that published lines belong to."""
    return [head(), price_line(product), *commodity_lines(code, product, **records), *array_lines(product)]


def test_the_es_future_of_2_january_2019(tmp_path):
    case = CASES["cme_es_20190102_records"]
    rows, expected = case["inputs"], case["expected"]
    frame = commodity_lines("ES", "ES", B=[rows["B"]])
    frame[0] = frame[0].replace("SYN", "CME")
    path = file_of(tmp_path / "es.pa2", [head(), rows["P"], *frame, rows["R81"], rows["R82"]])
    commodity = read_span(path, ["CME/ES"]).commodity("ES")
    contracts, series = commodity.contracts, commodity.series
    assert contracts.risk.tolist() == [expected["array"]]
    assert contracts.price.tolist() == [expected["settlement"]]
    assert contracts.delta.tolist() == [expected["composite_delta"]]
    assert series.value_factor.tolist() == [expected["cvf"]]
    assert commodity.products[0].price_decimals == expected["settlement_decimals"]
    assert series.scan_up.tolist() == series.scan_down.tolist() == [expected["price_scan"]]
    assert series.extreme_multiplier.tolist() == [expected["extreme_mult"]]
    assert series.extreme_cover.tolist() == [expected["extreme_cover"]]
    assert series.years.tolist() == [expected["t"]]
    assert series.expiry.astype(str).tolist() == [
        f"{expected['expiry'][:4]}-{expected['expiry'][4:6]}-{expected['expiry'][6:]}"
    ]
    assert series.delta_scaling.tolist() == [expected["delta_scaling"]]
    # 35.000000 beside a blank quote is 35 per cent of the volatility
    assert series.volatility_scan.tolist() == [expected["vol_scan"] / 100]
    assert series.volatility_scan_relative.tolist() == [True]
    assert max(contracts.risk[0]) == expected["maintenance_long"]
    assert max(-contracts.risk[0]) == expected["maintenance_short"]
    assert commodity.products[0].name == "E-MINI S&P 500 FUTURES"


def test_prices_with_decimals_32nds_and_eighths():
    case = CASES["cme_price_decoding"]
    for (digits, decimals, alignment), value in zip(case["inputs"]["cases"], case["expected"]["values"], strict=True):
        found = prices.decoded(np.array([int(digits)]), decimals, alignment)
        assert found.tolist() == [pytest.approx(value, abs=case["tolerance"])]


def test_intracommodity_tiers_and_ratios_of_20_june_2025(tmp_path):
    case = CASES["cme_20250620_type3"]
    expected = case["expected"]
    path = file_of(tmp_path / "meal.pa2", lines_for(expected["cc"], _3=[case["inputs"]["line"]]))
    commodity = read_span(path).commodity(expected["cc"])
    assert [(tier.number, tier.start, tier.end) for tier in commodity.intra_tiers] == [
        (number, period(start), period_end(end)) for number, start, end in expected["tiers"]
    ]
    assert commodity.initial_ratio == PerAccount(**expected["init_to_maint"])


def test_delivery_charge_and_minimum_of_20_june_2025(tmp_path):
    case = CASES["cme_20250620_type4"]
    expected = case["expected"]
    path = file_of(tmp_path / "dow.pa2", lines_for(expected["cc"], _4=[case["inputs"]["line"]]))
    commodity = read_span(path).commodity(expected["cc"])
    assert commodity.spot_method is SpotMethod(expected["delivery_method"])
    assert len(commodity.spot_rates) == expected["n_months"]
    (rate,) = commodity.spot_rates
    _, month, per_spread, per_outright = expected["month1"]
    assert (rate.period, rate.per_spread, rate.per_outright) == (period(month), per_spread, per_outright)
    assert commodity.minimum_rate == expected["som_rate"]
    assert commodity.minimum_method is MinimumMethod.GREATER  # method 1
    assert commodity.adjustment == PerAccount(*expected["adj"])


def test_a_butterfly_between_months_of_20_june_2025(tmp_path):
    case = CASES["cme_20250620_typeE"]
    expected = case["expected"]
    three = CASES["cme_20250620_type3"]["inputs"]["line"].replace("3 06", "3 17")
    path = file_of(tmp_path / "fly.pa2", lines_for(expected["cc"], E=[case["inputs"]["line"]], _3=[three]))
    (spread,) = read_span(path).commodity(expected["cc"]).intra_spreads
    assert (spread.priority, spread.rate) == (expected["priority"], expected["rate"])
    assert [(leg.period, leg.ratio, leg.side.value) for leg in spread.legs] == [
        (period(month), ratio, side) for month, ratio, side in expected["legs"]
    ]
    assert spread.is_series


def test_a_spread_by_scanning_of_20_june_2025(tmp_path):
    case = CASES["cme_20250620_type6"]
    expected = case["expected"]
    codes = [*(code for _, _, code, _, _ in expected["legs"]), expected["target"][2]]
    lines = [head()]
    for at, code in enumerate(codes):
        lines += [price_line(f"Q{at}"), *commodity_lines(code, f"Q{at}")]
    for at in range(len(codes)):
        lines += array_lines(f"Q{at}")
    parameters = read_span(file_of(tmp_path / "gas.pa2", [*lines, case["inputs"]["line"]]))
    (spread,) = parameters.inter_spreads
    assert (spread.group, spread.priority, spread.is_super) == (
        expected["group"],
        expected["priority"],
        expected["super"],
    )
    assert spread.method is InterMethod(expected["method"])
    assert spread.credits == (expected["credit_pct"] / 100,) * 2
    assert [
        (leg.exchange, "Y" if leg.required else "N", leg.commodity, leg.ratio, leg.side.value) for leg in spread.legs
    ] == [tuple(leg) for leg in expected["legs"]]
    exchange, required, code, ratio = expected["target"]
    assert (spread.target.exchange, spread.target.commodity, spread.target.ratio) == (exchange, code, ratio)
    assert spread.target.required is (required != "N")
    assert spread.target.side is Side.A
    assert spread.min_legs == expected["min_legs"]


def test_array_values_of_soybean_meal_of_20_june_2025(tmp_path):
    case = CASES["cme_20250620_81_meal"]
    published = case["inputs"]["line"]
    # only the first of the two records is published; the second is invented around the same key
    second = array_lines("06", month="202507", value=0)[1]
    second = f"82{published[2:KEY_COLUMNS]}{second[KEY_COLUMNS:]}"
    frame = commodity_lines("06", "06", B=[])
    frame[0] = frame[0].replace("SYN", "CBT")
    prices_of_it = price_line("06", exchange="CBT", **{"settlement decimals": "003"})
    path = file_of(tmp_path / "meal.pa2", [head(), prices_of_it, *frame, published, second])
    risk = read_span(path).commodity("06").contracts.risk
    assert risk[0, :9].tolist() == case["expected"]["values1_9"]
    field = NARROW.first.fields["precise price"]
    assert int(published[field.first - 1 : field.last]) == case["expected"]["hp_settle_raw"]


def test_a_small_invented_file_is_a_whole_one(tmp_path):
    commodity = read_span(file_of(tmp_path / "small.pa2", small_file())).commodity("QQ")
    assert commodity.contracts.risk.tolist() == [[100.0] * 16]
    assert commodity.minimum_rate == 35
