"""What expanded unpacked files say, record by record; sources: CME's layout pages, expanded format."""

import numpy as np
import pytest

from optmargin.risk.span.files import pa2_layouts as layouts
from optmargin.risk.span.files.pa2_records import put
from optmargin.risk.span.files.read import read_span
from optmargin.risk.span.model import ANY_PERIOD, InterMethod, PriceRisk, SpotMethod, period, period_end
from risk.span_files.comparing import (
    array_lines,
    commodity_lines,
    file_of,
    filled,
    head,
    price_line,
    series_line,
    small_file,
)


def read(tmp_path, **records):
    return read_span(file_of(tmp_path / "small.pa2", small_file(**records))).commodity("QQ")


def test_no_settlement_price(tmp_path):
    first, second = array_lines()
    missing = read(tmp_path, arrays=[first, f"{second[:110]}9999999{second[117:]}"])
    assert np.isnan(missing.contracts.price[0])


def test_a_price_with_more_than_seven_digits(tmp_path):
    # CME advisory 10-147: the 14 digits count where the flag is Y; the sign stands in the second record either way
    first, second = array_lines()
    precise = f"{first[:108]}{12_345_678_901:014d}Y"
    assert read(tmp_path, arrays=[precise, second]).contracts.price.tolist() == [123_456_789.01]
    negative = f"{second[:117]}-{second[118:]}"
    assert read(tmp_path, arrays=[precise, negative]).contracts.price.tolist() == [-123_456_789.01]
    none = f"{first[:108]}{'9' * 14}Y"
    assert np.isnan(read(tmp_path, arrays=[none, second]).contracts.price[0])


def test_a_negative_settlement_price(tmp_path):
    # crude oil settled at -37.63 on 20 April 2020
    first, second = array_lines()
    arrays = [first, f"{second[:110]}0003763-{second[118:]}"]
    assert read(tmp_path, arrays=arrays).contracts.price.tolist() == [-37.63]


def test_the_risk_exponent_scales_arrays_and_rates(tmp_path):
    scaled = put(
        layouts.COMMODITY,
        {
            "exchange": "SYN", "commodity": "QQ", "risk exponent": 2, "currency": "JPY", "product 1": "QQ", "type 1": "FUT",
        },
    )  # fmt: skip
    commodity = read(tmp_path, _2=[scaled])
    assert commodity.contracts.risk[0].tolist() == [10_000.0] * 16
    assert commodity.minimum_rate == 3500
    assert commodity.currency == "JPY"
    assert commodity.risk_exponent == 2


@pytest.mark.parametrize(("written", "scan"), [(100, 10_000.0), (10_000, 10_000.0)])
def test_a_scan_range_is_in_the_unit_of_what_the_future_loses(tmp_path, written, scan):
    # sources differ on whether the range has the exponent in it already; the arrays decide
    move = [0, 0, -1, -1, 1, 1, -2, -2, 2, 2, -3, -3, 3, 3, -3, 3]
    text = "".join(f"{abs(each) * 100 // 3:05d}{'-' if each < 0 else '+'}" for each in move)
    first, second = array_lines()
    scaled = put(
        layouts.COMMODITY,
        {
            "exchange": "SYN",
            "commodity": "QQ",
            "risk exponent": 2,
            "currency": "JPY",
            "product 1": "QQ",
            "type 1": "FUT",
        },
    )
    commodity = read(
        tmp_path,
        _2=[scaled],
        arrays=[filled(first, text[:54]), filled(second, text[54:])],
        B=[series_line(**{"price scan": written})],
    )
    assert commodity.series.scan_up.tolist() == [scan]


def test_arrays_with_decimals(tmp_path):
    listed = put(
        layouts.COMMODITY,
        {
            "exchange": "SYN", "commodity": "QQ", "risk exponent": 0, "currency": "USD", "product 1": "QQ", "type 1": "FUT",
            "array decimals 1": 2, "array decimals sign 1": "+",
        },
    )  # fmt: skip
    key = {"exchange": "SYN", "product": "QQ", "underlying": "QQ", "type": "FUT", "future month": "203003", "strike": 0}
    first = put(layouts.WIDE.first, key | {"precise price": 1, "precise flag": "N"})
    second = put(
        layouts.WIDE.second,
        key | {"delta": 1.0, "delta sign": "+", "volatility": 0, "price": 1, "price sign": "+", "strike sign": "+"},
    )
    arrays = [filled(first, "00123456-" * 9), filled(second, "00000007+" * 7)]
    commodity = read(tmp_path, _2=[listed], arrays=arrays)
    assert commodity.contracts.risk[0].tolist() == [-1234.56] * 9 + [0.07] * 7


@pytest.mark.parametrize(
    ("written", "quote", "scan", "is_relative"),
    [
        (35.0, "", 0.35, True),
        (35.0, "P", 0.35, True),
        (0.35, "P", 0.35, True),
        (0.04, "", 0.04, False),
        (0.04, "A", 0.04, False),
    ],
)
def test_volatility_scan_ranges_in_per_cent_and_absolute(tmp_path, written, quote, scan, is_relative):
    line = series_line(**{"volatility scan": written, "volatility scan quote": quote})
    series = read(tmp_path, B=[line]).series
    assert series.volatility_scan.tolist() == [pytest.approx(scan)]
    assert series.volatility_scan_relative.tolist() == [is_relative]


def test_a_series_without_a_record_has_the_delta_scaling_of_one(tmp_path):
    series = read(tmp_path, B=[]).series  # notes on type B: defaulted to 1.00
    assert series.delta_scaling.tolist() == [1.0]
    assert series.value_factor.tolist() == [50.0]
    assert np.isnan(series.scan_up[0])


def test_a_value_factor_of_its_own(tmp_path):
    assert read(tmp_path, B=[series_line(**{"value factor": 25.0})]).series.value_factor.tolist() == [25.0]


def scan_record(method: str, **fields) -> str:
    return put(layouts.SCAN_TIERS, {"commodity": "QQ", "method": method, "tiers": 1} | fields)


TIER = {"tier 1": 1, "start 1": 203001, "end 1": 203006}


@pytest.mark.parametrize(
    ("method", "scans", "inter", "minimums"),
    [
        ("01", 0, 0, 0),
        ("10", 1, 0, 0),
        ("20", 0, 1, 0),
        ("21", 1, 1, 0),
        ("22", 1, 0, 0),
        ("23", 0, 1, 0),
        ("30", 0, 0, 1),
    ],
)
def test_scanning_methods_fill_their_tables(tmp_path, method, scans, inter, minimums):
    # CME, type "S", expanded format: which tiers a record holds
    commodity = read(tmp_path, S=[scan_record(method, **TIER | {"minimum rate 1": 12})])
    assert (len(commodity.scan_tiers), len(commodity.inter_tiers), len(commodity.minimum_tiers)) == (
        scans,
        inter,
        minimums,
    )
    assert commodity.scans_by_tier is (scans > 0)
    for tier in (*commodity.scan_tiers, *commodity.inter_tiers, *commodity.minimum_tiers):
        assert (tier.number, tier.start, tier.end) == (1, period(203001), period_end(203006))
    assert [tier.rate for tier in commodity.minimum_tiers] == [12] * minimums


def test_every_month_its_own_tier(tmp_path):
    commodity = read(
        tmp_path,
        S=[scan_record("02")],
        arrays=[*array_lines(), *array_lines(month="203006")],
    )
    assert [(tier.start, tier.end) for tier in commodity.scan_tiers] == [
        (period(month), period_end(month)) for month in (203003, 203006)
    ]


def test_tiers_with_day_codes_and_without_an_end(tmp_path):
    days = {"start code 1": "07", "end code 1": "14"}
    (tier,) = read(tmp_path, S=[scan_record("10", **TIER | days)]).scan_tiers
    assert (tier.start, tier.end) == (period(203001, "07"), period(203006, "14"))
    (tier,) = read(tmp_path, S=[scan_record("10", **TIER | {"end 1": 999999})]).scan_tiers
    assert tier.end == ANY_PERIOD


@pytest.mark.parametrize(
    ("code", "method"),
    [("", PriceRisk.NORMAL), ("1", PriceRisk.NORMAL), ("2", PriceRisk.SCAN_RANGE_CAP), ("3", PriceRisk.SCAN_RANGE)],
)
def test_weighted_price_risk(tmp_path, code, method):
    # CME advisory 10-409: 1 normal, 2 scan range cap, 3 scan range
    assert read(tmp_path, S=[scan_record("01", **{"price risk method": code})]).price_risk is method


def test_more_than_four_intracommodity_tiers_and_two_delivery_months_go_on_in_the_next_record(tmp_path):
    def tiers(*numbers):
        fields = {"commodity": "QQ", "method": "10"}
        for at, number in enumerate(numbers, start=1):
            fields |= {f"tier {at}": number, f"start {at}": 203000 + number, f"end {at}": 203000 + number}
        return fields

    ratios = {"member ratio": 1.0, "hedger ratio": 1.0, "speculator ratio": 1.1}
    threes = [put(layouts.INTRA_TIERS, tiers(1, 2, 3, 4) | ratios), put(layouts.INTRA_TIERS, tiers(5))]

    def months(*numbers):
        fields = {
            "commodity": "QQ", "method": "10", "months": 3, "minimum rate": 35, "member adjustment": 1.0,
            "hedger adjustment": 1.0, "speculator adjustment": 1.0,
        }  # fmt: skip
        for at, number in enumerate(numbers, start=1):
            fields |= {
                f"number {at}": number,
                f"month {at}": 203000 + number,
                f"per spread {at}": 10,
                f"per outright {at}": 20,
            }
        return put(layouts.SPOT, fields)

    commodity = read(tmp_path, _3=threes, _4=[months(1, 2), months(3)])
    assert [tier.number for tier in commodity.intra_tiers] == [1, 2, 3, 4, 5]
    assert commodity.spot_method is SpotMethod.TABLE
    assert [rate.period for rate in commodity.spot_rates] == [period(203001), period(203002), period(203003)]


def test_a_series_spread_with_five_legs_goes_on_in_the_next_record(tmp_path):
    def legs(*months):
        fields = {"commodity": "QQ", "priority": 1, "rate": 100}
        for at, month in enumerate(months, start=1):
            fields |= {f"month {at}": month, f"ratio {at}": 1.0, f"side {at}": "AB"[at % 2]}
        return put(layouts.SERIES_SPREAD, fields)

    method = put(
        layouts.INTRA_TIERS,
        {"commodity": "QQ", "method": "10", "member ratio": 1.0, "hedger ratio": 1.0, "speculator ratio": 1.0},
    )
    (spread,) = read(tmp_path, _3=[method], E=[legs(3003, 3006, 3009, 3012), legs(3103)]).intra_spreads
    assert [leg.period for leg in spread.legs] == [period(month) for month in (203003, 203006, 203009, 203012, 203103)]


def test_method_01_charges_no_spreads_even_where_some_are_listed(tmp_path):
    listed = put(
        layouts.SERIES_SPREAD,
        {
            "commodity": "QQ", "priority": 1, "rate": 100, "month 1": 3003, "ratio 1": 1.0, "side 1": "A", "month 2": 3006,
            "ratio 2": 1.0, "side 2": "B",
        },
    )  # fmt: skip
    parameters = read_span(file_of(tmp_path / "small.pa2", small_file(E=[listed])))
    assert parameters.commodity("QQ").intra_spreads == ()
    assert "method 01" in parameters.findings[0].problem


def test_a_ratio_that_is_not_given_is_one_and_noted(tmp_path):
    line = put(layouts.INTRA_TIERS, {"commodity": "QQ", "method": "01", "speculator ratio": 1.1})
    parameters = read_span(file_of(tmp_path / "small.pa2", small_file(_3=[line])))
    assert parameters.commodity("QQ").initial_ratio.hedger == 1.0
    assert "member, hedger" in parameters.findings[0].problem


def two_commodities(*spreads: str) -> list[str]:
    lines = [head(), price_line("Q1"), price_line("Q2")]
    lines += [*commodity_lines("Q1", "Q1"), *commodity_lines("Q2", "Q2")]
    return [*lines, *array_lines("Q1"), *array_lines("Q2"), *spreads]


LEGS = {
    "group": "ALL", "priority": 1, "exchange 1": "SYN", "commodity 1": "Q1", "ratio 1": 1.0, "side 1": "A",
    "exchange 2": "SYN", "commodity 2": "Q2", "ratio 2": 2.5, "side 2": "B",
}  # fmt: skip


def test_credits_separate_flat_and_by_tier(tmp_path):
    spreads = [
        put(layouts.INTER_SPREAD, LEGS | {"credit": 80.0, "method": "01"}),
        put(
            layouts.INTER_SPREAD,
            LEGS | {"credit": 0.0, "method": "10", "separate": "Y", "credit 1": 60.0, "credit 2": 70.0},
        ),
        put(layouts.INTER_SPREAD, LEGS | {"flat credit": 125.5, "method": "10", "credit method": "F"}),
        put(layouts.INTER_SPREAD, LEGS | {"credit": 50.0, "method": "20", "tier 1": 1, "tier 2": 3}),
    ]
    found = read_span(file_of(tmp_path / "two.pa2", two_commodities(*spreads))).inter_spreads
    assert [spread.credits for spread in found] == [(0.8, 0.8), (0.6, 0.7), (125.5, 125.5), (0.5, 0.5)]
    assert [spread.is_flat for spread in found] == [False, False, True, False]
    assert [spread.method for spread in found] == [InterMethod.DELTA] * 3 + [InterMethod.TIERED]
    assert [leg.tier for leg in found[3].legs] == [1, 3]
    assert [leg.ratio for leg in found[0].legs] == [1.0, 2.5]


def test_rates_of_exchange(tmp_path):
    rate = put(layouts.CURRENCY, {"origin": "EUR", "to": "USD", "multiplier": 1.0825})
    lines = small_file()
    found = read_span(file_of(tmp_path / "small.pa2", [lines[0], rate, *lines[1:]]))
    assert found.rates_of_exchange == {("EUR", "USD"): 1.0825}


@pytest.mark.parametrize(
    ("flag", "identifier", "time", "cycle"),
    [
        ("S", "F", "", "final settlement"),
        ("S", "E", "", "early settlement"),
        ("S", "C", "", "complete settlement"),
        ("S", "", "", "settlement"),
        ("I", "", "1430", "intraday 14:30"),
    ],
)
def test_the_cycle_of_a_file(tmp_path, flag, identifier, time, cycle):
    line = put(
        layouts.HEADER,
        {
            "complex": "SYNTH", "date": "20300115", "settlement or intraday": flag, "file identifier": identifier,
            "time": time, "format": "U2",
        },
    )  # fmt: skip
    origin = read_span(file_of(tmp_path / "small.pa2", [line, *small_file()[1:]])).origin
    assert origin.cycle == cycle
    assert origin.layout == "expanded unpacked (U2)"
    assert origin.cite.startswith("small.pa2, ")


def test_options_with_a_value_factor_of_their_own_are_left_out_and_said(tmp_path):
    first, second = array_lines()
    own = second.ljust(137) + f"{25 * 10**7:014d}"
    other = array_lines(month="203006")
    parameters = read_span(file_of(tmp_path / "small.pa2", small_file(arrays=[first, own, *other])))
    assert len(parameters.commodity("QQ").contracts) == 1
    assert "value factor of their own" in parameters.findings[0].problem
