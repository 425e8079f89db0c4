"""What a format can't say is refused, not rounded: no file is left behind."""

from dataclasses import replace

import pytest

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.risk.span.files.synthetic import synthetic
from optmargin.risk.span.files.write import write_pa2, write_spn
from optmargin.risk.span.model import ChargeMethod, SpotMethod

MODEL = synthetic(0, commodities=2, months=3, strikes=2)
ONE = MODEL.commodities["QX1"]


def with_one(**changes):
    return replace(MODEL, commodities={"QX1": replace(ONE, **changes)}, inter_spreads=())


def contracts(**changes):
    return with_one(contracts=replace(ONE.contracts, **changes))


def series(**changes):
    return with_one(series=replace(ONE.series, **changes))


TOO_MUCH_FOR_PA2 = {
    "decimals of an array": (contracts(risk=ONE.contracts.risk + 1e-5), "more than 4 decimals"),
    "a large array": (contracts(risk=ONE.contracts.risk + 1e9), "more than 8 digits"),
    "a price between ticks": (contracts(price=ONE.contracts.price + 0.001), "can't be written with 2 decimals"),
    "a strike between points": (contracts(strike=ONE.contracts.strike + 0.001), "can't be written with 2 decimals"),
    "decimals of a delta": (contracts(delta=ONE.contracts.delta / 3), "doesn't fit in 5 digits with 4 decimals"),
    "a fraction of a rate": (with_one(minimum_rate=35.5), "minimum rate 35.5 doesn't fit in 7 digits"),
    "a negative rate": (with_one(minimum_rate=-1.0), "minimum rate -1.0 doesn't fit"),
    "a large rate": (with_one(minimum_rate=1e8), "doesn't fit in 7 digits"),
    "asymmetric ranges": (series(scan_down=ONE.series.scan_down * 2), "asymmetric scan ranges"),
    "charges by month": (
        with_one(intra_spreads=tuple(replace(each, method=ChargeMethod.PER_MONTH) for each in ONE.intra_spreads)),
        "charged by method P",
    ),
    "a long code": (
        replace(MODEL, commodities={"TOOLONG": replace(ONE, code="TOOLONG")}, inter_spreads=()),
        "commodity 'TOOLONG' doesn't fit in 6 columns",
    ),
    "a sign that isn't ASCII": (
        with_one(products=tuple(replace(each, name="€") for each in ONE.products)),
        "name '€' doesn't fit",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("model", "said"), TOO_MUCH_FOR_PA2.values(), ids=TOO_MUCH_FOR_PA2)
def test_what_the_expanded_format_cannot_hold(tmp_path, model, said):
    with pytest.raises(MarginError, match=said) as caught:
        write_pa2(model, tmp_path / "out.pa2")
    assert caught.value.code in {ErrorCode.NUM, ErrorCode.VALUE}
    assert not list(tmp_path.iterdir())


TOO_MUCH_FOR_XML = {
    "spreads that aren't for everybody": (
        replace(MODEL, inter_spreads=tuple(replace(each, eligibility="N") for each in MODEL.inter_spreads)),
        "isn't for everybody",
    ),
    "delivery charges by basis": (with_one(spot_method=SpotMethod.BASIS), "are by basis risk"),
    "several look-ahead times": (
        series(lookahead=ONE.series.lookahead + [0.01 * at for at in range(len(ONE.series))]),
        "several look-ahead times",
    ),
    "options on nothing": (
        with_one(products=tuple(replace(each, underlying="NONE") for each in ONE.products)),
        "the underlying NONE of options QX1 isn't in the model",
    ),
}


@pytest.mark.parametrize(("model", "said"), TOO_MUCH_FOR_XML.values(), ids=TOO_MUCH_FOR_XML)
def test_what_xml_cannot_say(tmp_path, model, said):
    with pytest.raises(MarginError, match=said):
        write_spn(model, tmp_path / "out.spn")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("write", [write_pa2, write_spn])
def test_a_file_that_is_there_stays_as_it_is(tmp_path, write):
    path = tmp_path / "out"
    path.write_text("mine")
    with pytest.raises(MarginError, match="is there already"):
        write(MODEL, path)
    assert path.read_text() == "mine"
    write(MODEL, path, replace=True)
    assert path.stat().st_size > 1000


@pytest.mark.parametrize(
    "counts", [{"commodities": 0}, {"months": 0}, {"strikes": 0}, {"months": 1000}, {"strikes": 10_000}], ids=str
)
def test_markets_that_cannot_be_invented(counts):
    with pytest.raises(MarginError, match="can be invented"):
        synthetic(0, **counts)
