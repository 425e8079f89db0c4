"""File -> model -> file of either kind -> model: nothing is lost, and the margin stays the same to the last digit."""

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pytest

from optmargin.core.contracts import AssetClass, Right
from optmargin.core.legs import Leg, LegTable
from optmargin.risk.span.files.read import read_span
from optmargin.risk.span.files.synthetic import AS_OF, synthetic
from optmargin.risk.span.files.write import write_pa2, write_spn
from optmargin.risk.span.model import AccountKind, Kind
from optmargin.risk.span.requirement import span_margin
from optmargin.risk.span.terms import SpanTerms
from risk.span_files.comparing import same, same_table

WRITERS = {"pa2": write_pa2, "spn": write_spn}
MARKETS = {
    "futures markets": {"commodities": 6, "months": 4, "strikes": 9},
    "a cash market": {"commodities": 3, "months": 3, "strikes": 7, "is_cash": True},
    "one month, one strike": {"commodities": 1, "months": 1, "strikes": 1},
}


def book(parameters, seed: int, count: int = 30) -> LegTable:
    """Random positions in contracts of a model."""
    random = np.random.default_rng(seed)
    legs = []
    for _ in range(count):
        commodity = parameters.commodities[random.choice(list(parameters.commodities))]
        row = int(random.integers(len(commodity.contracts)))
        series = int(commodity.contracts.series[row])
        product, right = commodity.product_of(row), Right(int(commodity.contracts.right[row]))
        if product.kind is Kind.PHYSICAL:
            continue
        legs.append(
            Leg(
                underlying=product.code,
                root=product.code,
                right=right,
                strike=float(commodity.contracts.strike[row]),
                expiry=dt.date.fromisoformat(str(commodity.series.expiry[series])),
                quantity=float(random.integers(-5, 6) or 1),
                multiplier=float(commodity.series.value_factor[series]),
                asset_class=AssetClass.FUTURE,
            )
        )
    return LegTable.of(legs)


def components(parameters, legs) -> list[tuple]:
    """Every component of the requirement, by combined commodity."""
    requirement = span_margin(parameters, legs, SpanTerms(account_kind=AccountKind.SPECULATOR))
    return [
        (
            each.code, each.losses, each.scan_risk, each.intermonth, each.spot, each.intercommodity, each.minimum, each.risk,
            each.net_value, each.total, each.net_delta, each.complete,
        )
        for each in requirement.commodities
    ]  # fmt: skip


@pytest.mark.parametrize("market", MARKETS.values(), ids=MARKETS)
@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("seed", [0, 7])
def test_a_file_says_what_the_model_said(tmp_path, market, kind, seed):
    model = synthetic(seed, **market)
    path = tmp_path / f"invented.{kind}"
    WRITERS[kind](model, path)
    found = read_span(path)
    same(model, found)
    assert found.origin.date == AS_OF
    assert found.origin.clearing == "SYNTH"
    assert found.origin.cycle == "settlement"
    assert not found.findings


@pytest.mark.parametrize("market", MARKETS.values(), ids=MARKETS)
def test_one_kind_of_file_becomes_the_other_and_back(tmp_path, market):
    write_pa2(synthetic(3, **market), tmp_path / "first.pa2")
    first = read_span(tmp_path / "first.pa2")
    write_spn(first, tmp_path / "second.spn")
    second = read_span(tmp_path / "second.spn")
    write_pa2(second, tmp_path / "third.pa2")
    same(first, second)
    assert (tmp_path / "third.pa2").read_bytes().splitlines()[1:] == (tmp_path / "first.pa2").read_bytes().splitlines()[
        1:
    ]


@pytest.mark.parametrize("market", MARKETS.values(), ids=MARKETS)
def test_the_margin_is_the_same_whichever_file_it_comes_from(tmp_path, market):
    model = synthetic(11, **market)
    for kind, write in WRITERS.items():
        write(model, tmp_path / f"invented.{kind}")
    files = [read_span(tmp_path / f"invented.{kind}") for kind in WRITERS]
    for seed in range(10):
        legs = book(model, seed)
        expected = components(model, legs)
        assert expected
        assert all(complete for *_, complete in expected)
        for parameters in files:
            for ours, theirs in zip(components(parameters, legs), expected, strict=True):
                assert repr(ours) == repr(theirs)  # NaN and all


def test_the_components_that_are_compared_are_not_all_zero():
    model = synthetic(11, **MARKETS["futures markets"])
    found = [each for seed in range(10) for each in components(model, book(model, seed))]
    for at, name in (
        (2, "scan risk"),
        (3, "inter-month charge"),
        (4, "delivery charge"),
        (5, "credit"),
        (6, "minimum"),
    ):
        assert any(each[at] for each in found), name


def test_a_book_of_one_commodity_needs_only_that_commodity(tmp_path):
    model = synthetic(5, commodities=6)
    write_spn(model, tmp_path / "invented.spn")
    write_pa2(model, tmp_path / "invented.pa2")
    part = replace(model, commodities={"QX1": model.commodities["QX1"]}, inter_spreads=())
    legs = book(part, 1)
    for kind in WRITERS:
        assert components(read_span(tmp_path / f"invented.{kind}", ["QX1"]), legs) == components(model, legs)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_ends_of_lines_make_no_difference(tmp_path, end):
    model = synthetic(2, commodities=2)
    for kind, write in WRITERS.items():
        path = tmp_path / f"invented.{kind}"
        write(model, path)
        path.write_bytes(path.read_bytes().replace(b"\r\n", end))
        same(model, read_span(path))
        path.write_bytes(path.read_bytes().removesuffix(end))  # nor does a missing last one
        same(model, read_span(path))


def test_the_same_seed_invents_the_same_market():
    same(synthetic(4), synthetic(4))
    one, other = synthetic(4).commodities["QX1"], synthetic(5).commodities["QX1"]
    assert one.contracts.price.tolist() != other.contracts.price.tolist()


def test_weekly_options_differ_only_by_their_week_code():
    model = synthetic(0)
    commodity = model.commodities["QX1"]
    weekly = [at for at, product in enumerate(commodity.products) if product.code == "WQX1"]
    own = commodity.series.option_period[commodity.series.product == weekly[0]]
    assert len(set(own.tolist())) == 3
    assert len({int(number) // 10_000 for number in own.tolist()}) < 3  # two in one month


def test_asymmetric_ranges_and_what_pa2_cannot_say_survive_in_xml(tmp_path):
    model = synthetic(0, commodities=1)
    commodity = model.commodities["QX1"]
    # as in a file whose futures lose more on one side: SPAN XML's priceScanDown
    down = commodity.series.scan_down * 1.25
    risk = np.where(commodity.contracts.risk > 0, commodity.contracts.risk * 1.25, commodity.contracts.risk)
    uneven = replace(
        commodity,
        series=replace(commodity.series, scan_down=down),
        contracts=replace(commodity.contracts, risk=risk),
        minimum_rate=math.nan,
    )
    write_spn(replace(model, commodities={"QX1": uneven}), tmp_path / "uneven.spn")
    found = read_span(tmp_path / "uneven.spn").commodity("QX1")
    same_table(found.series, uneven.series, "series")
    same_table(found.contracts, uneven.contracts, "contracts")
    assert math.isnan(found.minimum_rate)
