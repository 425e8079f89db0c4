"""Segments in the report: securities and futures apart, a negative one said loudly, both methods side by side, nothing made up."""

import datetime as dt
import math
from dataclasses import replace

import pytest

from optmargin.core.accounts import Account
from optmargin.core.contracts import AccountType, AssetClass, Right, Style
from optmargin.core.errors import Finding, MarginError, Severity
from optmargin.core.legs import Leg, LegTable
from optmargin.report.build import Origin, margin_report
from optmargin.report.methods import Method
from optmargin.risk.span.choice import SpanChoice, account_terms
from optmargin.risk.span.table import packaged_table
from optmargin.risk.span.words import Level
from optmargin.rules.book import book
from risk.span.market import Made, commodity, day_of, future_array, parameters

DAY, DEC, WEEK, MONTH = dt.date(2025, 9, 12), dt.date(2025, 12, 19), dt.date(2025, 9, 22), dt.date(2025, 10, 17)
CALL, PUT, FUTURE, STOCK = Right.CALL, Right.PUT, Right.FUTURE, Right.STOCK
LONG = 20_936.0  # CME, E-mini S&P 500 maintenance margin of one long future, 12 September 2025


def es(quantity, right=FUTURE, strike=math.nan, expiry=DEC, price=6600.0, **others):
    others = {
        "underlying": "ES",
        "multiplier": 50.0,
        "spot": 6600.0,
        "asset_class": AssetClass.FUTURE,
        "line": 2,
    } | others
    return Leg(right=right, strike=strike, expiry=expiry, quantity=quantity, price=price, **others)


def spx(quantity, right, strike, price, expiry=MONTH):
    return Leg("SPX", right, quantity, strike, expiry, price, 100.0, 6590.0, AssetClass.BROAD_INDEX, Style.EUROPEAN, cash_settled=True)  # fmt: skip


SPREAD = (spx(-5, PUT, 6300, 30.0), spx(5, PUT, 6295, 29.2))  # by strategy: 5 x 5 x 100 = 2,500
ES_SPREAD = (es(-5, PUT, 6450, WEEK, 11.5), es(5, PUT, 6445, WEEK, 10.75))


def reported(*legs, method=Method.AUTO, span=None, name="ibkr", account_type=AccountType.MARGIN, **figures):
    account = Account("U1", LegTable.of(legs), as_of=DAY, **figures)
    return margin_report(
        account,
        book(name).on(DAY),
        as_of=DAY,
        account_type=account_type,
        origin=Origin("positions.csv", "csv"),
        method=method,
        span=span,
        with_stress=False,
    )


def by_segment(report):
    return {row.segment: row for row in report.segments}


def problems(report, severity):
    return [each.problem for each in report.findings if each.severity is severity]


# Without futures nothing changes ------------------------------------------------------------------------------------------


def test_an_account_without_futures_is_margined_as_by_its_book():
    auto, strategy = (reported(*SPREAD, method=method, net_liq=50_000.0) for method in (Method.AUTO, Method.STRATEGY))
    assert replace(auto, method="strategy") == strategy
    assert auto.figures.initial == 2_500
    (row,) = auto.segments
    assert (row.segment, row.method, row.initial, row.excess_liquidity) == (
        "securities",
        "strategy",
        2_500,
        50_000 - 2_100,
    )
    assert not auto.risks


# Futures by SPAN ----------------------------------------------------------------------------------------------------------


def test_a_future_is_margined_by_span_and_the_rest_by_the_book():
    report = reported(es(1), *SPREAD, net_liq=60_000.0, commodity_cash=30_000.0)
    assert report.complete
    assert report.figures.maintenance == 2_500 + LONG
    assert report.figures.initial == pytest.approx(2_500 + 1.1 * LONG)
    rows = by_segment(report)
    futures, securities = rows["futures"], rows["securities"]
    assert (futures.method, futures.level, futures.maintenance) == ("span", "calibrated", LONG)
    assert futures.excess_liquidity == 30_000 - LONG
    assert futures.cushion == pytest.approx((30_000 - LONG) / 30_000)
    # 60,000 less 30,000 in the futures; the spread ties up 2,500 less its credit of 400
    assert (securities.net_liq, securities.excess_liquidity) == (30_000, 27_900)
    assert "SPAN 2" in futures.source
    (product,) = report.risks
    assert (product.code, product.scan_risk, product.active_scenario) == ("ES", LONG, 13)
    assert len(product.losses) == 16


def test_the_segments_add_up_to_the_account_and_the_lines_to_the_requirement():
    for name in ("ibkr", "cboe", "tastytrade"):  # field, gross and net
        report = reported(es(1), *ES_SPREAD, *SPREAD, net_liq=60_000.0, commodity_cash=30_000.0, name=name)
        assert report.complete
        left = [row.excess_liquidity for row in report.segments]
        assert math.fsum(left) == pytest.approx(report.figures.excess_liquidity, abs=0.02), name
        available = [row.available_funds for row in report.segments]
        assert math.fsum(available) == pytest.approx(report.figures.available_funds, abs=0.02)
        for row in report.expiries:
            mine = [line for line in report.working if (line.underlying, line.segment) == (row.underlying, row.segment)]
            assert math.fsum(line.amount for line in mine) == pytest.approx(row.requirement, abs=0.02)
            assert math.fsum(line.maintenance for line in mine) == pytest.approx(row.maintenance, abs=0.02)
        assert math.fsum(row.requirement for row in report.expiries) == pytest.approx(report.figures.initial, abs=0.02)


def test_a_healthy_total_does_not_hide_a_segment_that_lacks_money():
    report = reported(es(1), *SPREAD, net_liq=60_000.0, commodity_cash=20_000.0)
    assert report.figures.excess_liquidity > 30_000
    futures = by_segment(report)["futures"]
    assert futures.excess_liquidity == 20_000 - LONG == -936
    assert futures.state.startswith("LACKS 936.00 of its maintenance requirement")
    first = report.findings[0]  # before every other warning
    assert first.severity is Severity.WARNING
    assert first.problem.startswith(
        "the futures segment lacks 936.00 of its maintenance requirement, though the account"
    )


def test_below_initial_only_nothing_can_be_opened():
    row = by_segment(reported(es(1), net_liq=22_000.0, commodity_cash=22_000.0))["futures"]
    assert row.excess_liquidity > 0 > row.available_funds
    assert "initial requirement" in row.state


def test_cash_that_nobody_says_leaves_a_gap_and_says_what_to_give():
    report = reported(es(1), *SPREAD, net_liq=60_000.0)
    rows = by_segment(report)
    for row in rows.values():
        assert row.available_funds is row.excess_liquidity is row.cushion is row.net_liq is None
    assert rows["futures"].maintenance == LONG
    assert report.complete
    assert report.figures.excess_liquidity == 60_000 - 2_100 - LONG
    (note,) = [each for each in report.findings if "how much of the cash" in each.problem]
    assert "--commodity-cash" in note.remedy


def test_negative_cash_of_the_segment_is_said():
    report = reported(es(-1), net_liq=5_000.0, commodity_cash=-100.0)
    assert any("cash is -100.00" in problem for problem in problems(report, Severity.WARNING))


def test_a_broker_s_session_multiplies_the_margin():
    # Interactive Brokers, about 2021: intraday 0.70 of overnight for ES
    choice = SpanChoice(terms=account_terms("ibkr", "intraday"))
    assert reported(es(1), span=choice).figures.maintenance == pytest.approx(0.7 * LONG)


# Nothing is made up ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("legs", "span", "says"),
    [
        ([es(1, underlying="NQ", multiplier=20.0)], None, "NQ isn't in margins.toml"),
        ([es(1), es(1, underlying="NQ", multiplier=20.0)], None, "NQ isn't in margins.toml"),
        ([es(-1, PUT, 6000, WEEK, math.nan)], None, "a price"),
        ([es(-1, PUT, 6000, WEEK, 9.0, spot=math.nan)], None, "price of its future"),
        ([es(1)], SpanChoice(level=Level.EXACT), "no parameter file is loaded"),
        ([es(-1, PUT, 6450, WEEK, 9.0)], SpanChoice(level=Level.REFERENCE), "not of options"),
        ([es(1), es(-1, expiry=dt.date(2026, 3, 20))], None, "rate of the spread"),
    ],
)
def test_what_span_cannot_say_is_incomplete_and_never_zero(legs, span, says):
    report = reported(*legs, *SPREAD, net_liq=60_000.0, commodity_cash=30_000.0, span=span)
    assert not report.complete
    assert report.figures.initial is report.figures.available_funds is None
    futures = by_segment(report)["futures"]
    assert (futures.complete, futures.initial, futures.available_funds) == (False, None, None)
    assert by_segment(report)["securities"].initial == 2_500  # the other segment stands
    said = [str(each) for each in report.findings if each.severity is Severity.INCOMPLETE]
    assert "has no SPAN requirement" in said[0]
    assert any(says in each for each in said)
    assert [row.requirement for row in report.expiries if row.segment == "futures"] == [None]


def test_a_book_that_counts_what_options_cost_needs_their_prices():
    # the file knows what the option is worth, the account doesn't: net liq and the option's cost can't be stated
    made = [
        Made(FUTURE, 202509, future_array(6000.0), price=5000.0),
        Made(PUT, 202509, future_array(-600.0), 4900.0, price=9.0),
    ]
    choice = SpanChoice(parameters(commodity("XX", made)))
    long = Leg("XX", PUT, 1, 4900.0, day_of(202509, option=True), multiplier=50.0, asset_class=AssetClass.FUTURE)
    assert reported(long, span=choice).complete
    net = reported(long, span=choice, name="tastytrade")
    assert (net.complete, net.figures.initial) == (False, None)
    assert any("holds the options' cost" in problem for problem in problems(net, Severity.INCOMPLETE))


def test_a_row_that_could_not_be_read_blocks_its_segment():
    lost = Finding(Severity.INCOMPLETE, "expiry 'soon' is not a date", "", "positions.csv", 9, "U1", "ES")
    report = reported(es(1), *SPREAD, findings=(lost,))
    rows = by_segment(report)
    assert (rows["futures"].initial, rows["securities"].initial, report.figures.initial) == (None, 2_500, None)
    other = replace(lost, underlying="SPX", expiry=MONTH)
    rows = by_segment(reported(es(1), *SPREAD, findings=(other,)))
    assert (rows["futures"].maintenance, rows["securities"].initial) == (LONG, None)
    nobody = replace(lost, underlying="")
    rows = by_segment(reported(es(1), *SPREAD, findings=(nobody,)))
    assert rows["futures"].initial is rows["securities"].initial is None


# Methods ----------------------------------------------------------------------------------------------------------------


def test_strategy_alone_has_no_rule_for_futures_and_span_none_for_securities():
    strategy = reported(es(1), *SPREAD, method=Method.STRATEGY)
    assert (strategy.complete, by_segment(strategy)["securities"].initial) == (False, 2_500)
    assert any("strategy-based books don't cover" in problem for problem in problems(strategy, Severity.INCOMPLETE))
    span = reported(es(1), *SPREAD, method=Method.SPAN)
    assert (span.complete, by_segment(span)["futures"].maintenance) == (False, LONG)
    assert any("SPAN doesn't margin securities" in problem for problem in problems(span, Severity.INCOMPLETE))
    assert reported(es(1), method=Method.SPAN).figures.maintenance == LONG
    assert reported(*SPREAD, method=Method.STRATEGY).figures.initial == 2_500


def test_portfolio_margin_of_securities_counts_where_it_is_asked_for():
    shares = Leg("IBM", STOCK, 1_000, price=100.0, multiplier=1.0, spot=100.0, line=2)
    report = reported(shares, es(1), method=Method.PORTFOLIO, net_liq=200_000.0, commodity_cash=50_000.0)
    # 15 % of 100,000 (SEC, Release 34-54919), and the published margin of the future
    assert report.figures.maintenance == 15_000 + LONG
    assert report.convention == "portfolio"
    rows = by_segment(report)
    assert (rows["securities"].method, rows["securities"].excess_liquidity) == ("portfolio", 150_000 - 15_000)
    labels = {(row.underlying, row.by, row.requirement) for row in report.expiries}
    assert ("IBM", "portfolio", 15_000.0) in labels
    strategy, portfolio = report.methods
    assert (strategy.counts, portfolio.counts, portfolio.initial, portfolio.binds) == (
        False,
        True,
        15_000,
        "IBM: loss at -15.00%",
    )
    assert strategy.initial > portfolio.initial


def test_both_methods_stand_side_by_side_and_ties_up_can_be_compared():
    # by hand: the call spread's legs cost and bring 2,080 and 2,010; by strategy it ties up 500 less 70
    legs = (spx(-1, CALL, 6700, 20.8), spx(1, CALL, 6705, 20.1))
    strategy, portfolio = reported(*legs, net_liq=10_000.0).methods
    assert (strategy.method, strategy.initial, strategy.deposit, strategy.excess_liquidity) == (
        "strategy",
        500,
        430,
        9_570,
    )
    assert portfolio.complete
    assert portfolio.deposit == portfolio.initial
    assert portfolio.excess_liquidity == pytest.approx(10_000 - portfolio.initial)
    assert portfolio.initial < strategy.initial


def test_portfolio_margin_that_cannot_be_stated_leaves_the_report_complete():
    blind = [replace(leg, spot=math.nan) for leg in SPREAD]
    report = reported(*blind)
    assert report.complete
    assert [each for each in report.findings if "portfolio" in each.problem.lower()] == []
    portfolio = report.methods[1]
    assert (portfolio.complete, portfolio.initial) == (False, None)
    assert "SPX" in portfolio.words


def test_a_cash_account_has_no_portfolio_margin():
    assert reported(*SPREAD, account_type=AccountType.IRA).methods == ()


def test_a_table_of_published_margins_of_one_s_own():
    table = packaged_table()
    mine = table.with_row(replace(table.rows[0], long_margin=10_000.0))
    assert reported(es(1), span=SpanChoice(table=mine)).figures.maintenance == 10_000


def test_terms_of_a_broker_that_is_not_known():
    with pytest.raises(MarginError, match="no SPAN factors of 'ikbr'"):
        account_terms("ikbr")


def test_cash_that_is_owed_in_the_futures_segment_shows_without_a_position_there():
    report = reported(*SPREAD, net_liq=10_000.0, commodity_cash=-5_000.0)
    futures = by_segment(report)["futures"]
    assert (futures.initial, futures.excess_liquidity) == (0.0, -5_000.0)
    assert by_segment(report)["securities"].net_liq == 15_000.0
    assert any("futures segment lacks 5,000.00" in each for each in problems(report, Severity.WARNING))
