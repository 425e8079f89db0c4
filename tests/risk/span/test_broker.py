"""What brokers add, and the cash of the futures segment; sources beside each."""

import pytest

from optmargin.core.errors import MarginError
from optmargin.core.legs import LegTable
from optmargin.risk.span.broker import broker, commodity_segment, futures_variation, load_brokers, packaged_brokers
from risk.span.market import CALL, FUTURE, Made, commodity, future_array, futures, leg, margin, parameters

MONTH = 202503


@pytest.mark.parametrize(("code", "overnight"), [("ES", 12_092), ("ES", 1_210)])
def test_interactive_brokers_table_of_about_2021_is_reproduced(code, overnight):
    # its page: ES 8,465 / 9,311 / 12,092 / 13,302 and MES 847 / 932 / 1,210 / 1,331 (intraday, then overnight; maintenance, initial)
    printed = {12_092: (8_465, 9_311, 13_302), 1_210: (847, 932, 1_331)}[overnight]
    market = parameters(futures(code, {MONTH: float(overnight)}))
    intraday, over = (
        margin(market, leg(code, 1, MONTH), terms=broker("ibkr").terms(session))
        for session in ("intraday", "overnight")
    )
    found = (intraday.total.maintenance, intraday.total.initial, over.total.initial)
    assert found == pytest.approx(printed, abs=1.0)
    assert over.total.maintenance == overnight


def test_every_figure_with_a_broker_s_factor_says_so():
    market = parameters(futures("ES", {MONTH: 1000.0}))
    found = margin(market, leg("ES", 1, MONTH), terms=broker("IBKR").terms("intraday"))
    assert "check the order preview" in found.note
    (line,) = [line for line in found.lines if line.rule == "broker's factor"]
    assert (line.maintenance, line.working) == (pytest.approx(-300), "risk x 0.7")
    assert all(each.source.title and (each.source.url or each.source.page) for each in packaged_brokers().values())


def test_an_unknown_broker_or_session_is_refused_with_what_is_known():
    with pytest.raises(MarginError, match="ibkr"):
        broker("ibrk")
    with pytest.raises(MarginError, match="intraday"):
        broker("ibkr").terms("lunch")


def test_a_table_that_is_not_understood_is_refused():
    for text in ("brokers = 3", "[brokers.x]\ntitle = 1", "not toml"):
        with pytest.raises(MarginError):
            load_brokers(text, "own.toml")


def test_futures_losses_are_paid_in_cash_although_options_gain_as_much():
    # Interactive Brokers' knowledge base: 2 long Sep ES 1000 calls beside 2 short ES; 100 points up, cash is at -3,150, so that
    # it was 6,850 before; the requirement is printed as 666 after the move
    legs = (leg("ES", -2, MONTH), leg("ES", 2, MONTH, CALL, 1000.0))
    assert futures_variation(LegTable.of(legs), 100.0) == -10_000
    call = Made(CALL, MONTH, [0.0] * 16, 1000.0, delta=0.9, price=150.0)
    found = margin(parameters(commodity("ES", [Made(FUTURE, MONTH, future_array(333.0)), call])), *legs)
    segment = commodity_segment(6_850.0, found, futures_variation(LegTable.of(legs), 100.0))
    assert segment.cash == -3_150
    assert segment.net_liq == -3_150 + 15_000
    assert "-3,150.00" in segment.findings[0].problem
    assert segment.excess < 0  # the calls' value covers the risk, not the cash


def test_a_segment_with_cash_has_what_the_requirement_leaves():
    found = margin(parameters(futures("ES", {MONTH: 1000.0})), leg("ES", 1, MONTH))
    segment = commodity_segment(5_000.0, found)
    assert (segment.cash, segment.available, segment.excess, segment.findings) == (5_000, 4_000, 4_000, ())
