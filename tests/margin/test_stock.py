"""Stock hedged by options: each combination by its printed formula, and what must never happen to it."""

import datetime as dt
import math

import pytest

from optmargin.core.contracts import AccountType, Right
from optmargin.core.legs import Leg, LegTable
from optmargin.margin.account import margin_legs
from optmargin.rules.book import book

CALL, PUT = Right.CALL, Right.PUT
DAY, SOON = dt.date(2026, 6, 1), dt.date(2026, 7, 17)


def stock(shares, spot, price=None):
    return Leg("X", Right.STOCK, shares, price=spot if price is None else price, multiplier=1, spot=spot)


def option(right, quantity, strike, spot, price=math.nan, expiry=SOON):
    return Leg("X", right, quantity, strike, expiry, price, spot=spot)


def margined(name, *legs, account_type=AccountType.MARGIN):
    return margin_legs(LegTable.of(legs), book(name).on(DAY), as_of=DAY, account_type=account_type)


def rules(found):
    return {line.rule for group in found.groups for line in group.lines if line.initial.field or line.maintenance.field}


@pytest.mark.parametrize(
    ("legs", "initial", "maintenance", "rule"),
    [
        # IBKR table (Place Trade's copy): initial stock margin plus the call's in-the-money amount; TWS 5,303 at maintenance
        ((stock(100, 524.63), option(CALL, -1, 524, 524.63, 2.29), option(PUT, 1, 524, 524.63, 0.827)), 26294.50, 5303.0, "conversion"),
        ((stock(100, 71.9), option(CALL, -1, 60, 71.9, 12.5), option(PUT, 1, 50, 71.9, 0.1)), 4785.0, 2690.0, "collar"),
        ((stock(-100, 524.61), option(CALL, 1, 524, 524.61, 2.29), option(PUT, -1, 524, 524.61, 0.827)), 26230.5, 5240.0, "reversal"),
        ((stock(100, 100), option(CALL, -1, 110, 100, 1)), 5000.0, 2500.0, "covered call"),
        ((stock(100, 100), option(PUT, 1, 95, 100, 1)), 5000.0, 1450.0, "protective put"),
        ((stock(-100, 410), option(CALL, 1, 300, 410, 111)), 20500.0, 3000.0, "protective call"),  # TWS: 10 % of 300
        ((stock(-100, 95), option(PUT, -1, 100, 95, 6)), 5250.0, 3350.0, "covered put"),
        ((stock(150, 100), option(CALL, -1, 110, 100, 1)), 7500.0, 3750.0, "covered call"),
    ],
)  # fmt: skip
def test_ibkr_charges_each_combination_by_its_formula(legs, initial, maintenance, rule):
    found = margined("ibkr", *legs)
    assert found.complete
    assert found.initial.field == pytest.approx(initial)
    assert found.maintenance.field == pytest.approx(maintenance)
    assert rule in rules(found)
    assert all(group.maintenance.field >= 0 for group in found.groups)


def test_a_covered_call_without_a_price_is_incomplete_never_the_whole_stock():
    found = margined("ibkr", stock(100, 100), option(CALL, -1, 110, 100))
    assert not found.complete
    assert any("premium is missing" in finding.problem for finding in found.findings)
    assert (
        margined("cboe", stock(100, 100), option(CALL, -1, 110, 100)).initial.field == 5000
    )  # its rule needs no price


@pytest.mark.parametrize(
    ("legs", "gross"),
    [
        ((stock(-100, 47), option(CALL, 1, 60, 47, 1)), 6110.0),  # manual p. 58: min(110 % of 60 + 13, 130 % of 47)
        ((stock(-100, 47), option(CALL, 1, 40, 47, 8)), 4400.0),
        ((stock(100, 103.5), option(PUT, 1, 80, 103.5, 1)), 2587.5),
        ((stock(100, 103.5), option(PUT, 1, 95, 103.5)), 1800.0),  # p. 58, without the put's price
        ((stock(-100, 103.5), option(CALL, 1, 130, 103.5)), 13455.0),
    ],
)
def test_the_exchange_prints_hedged_stock_without_the_options_value(legs, gross):
    found = margined("cboe", *legs)
    assert math.fsum(group.maintenance.gross for group in found.groups) == pytest.approx(gross)


def test_a_missing_price_makes_the_gross_figure_incomplete_and_names_the_leg():
    found = margined("cboe", stock(100, 103.5), option(PUT, 1, 95, 103.5))
    assert (found.complete, math.isnan(found.initial.gross), found.maintenance.gross) == (False, True, 1800.0)
    assert "95 put" in next(finding.problem for finding in found.findings if finding.severity == "incomplete")


def test_the_exchange_takes_the_reversal_where_a_covered_put_would_tie_up_more():
    found = margined("cboe", stock(-100, 100), option(CALL, 1, 110, 100, 1), option(PUT, -1, 110, 100, 11))
    assert "reversal" in rules(found)
    assert found.maintenance.gross == pytest.approx(13100)  # 110 % of 110 + 10 in the money
    assert found.maintenance.deposit == pytest.approx(2100 + 100 - 1100)


def test_a_blocked_group_has_no_sides():
    found = margined("ibkr", option(PUT, -1, 50, math.nan, 1))
    (group,) = found.groups
    assert group.blocked
    assert all(math.isnan(figure) for figure in (group.put_side, group.call_side, group.max_loss))


@pytest.mark.parametrize("account_type", [AccountType.CASH, AccountType.IRA])
def test_stock_is_paid_in_full_where_nothing_may_be_borrowed(account_type):
    found = margined("ibkr", stock(100, 100), option(CALL, -1, 110, 100, 1), account_type=account_type)
    assert (found.complete, found.initial.field, found.initial.deposit) == (True, 10000.0, 9900.0)
    assert not margined("ibkr", stock(-100, 100), account_type=account_type).complete


def test_lots_of_stock_on_both_sides_are_one_position():
    # margin-estimator 0.4.1 says -5,000 for 200 shares at 100 and -100 at 300 with the stock at 100
    found = margined("cboe", stock(200, 100), stock(-100, 100, 300))
    assert (found.initial.gross, found.maintenance.gross) == (5000.0, 2500.0)


def test_stock_serves_the_pool_with_the_most_contracts_and_says_so():
    mini = Leg("X", CALL, -10, 110, SOON, 1, multiplier=10, spot=100)
    found = margined("ibkr", stock(100, 100), option(CALL, -1, 110, 100, 1), mini)
    assert found.complete
    assert any("the stock hedges only those with multiplier 10" in finding.problem for finding in found.findings)


def test_morning_and_close_of_one_day_are_explained():
    legs = [
        Leg("SPX", PUT, -1, 3800, dt.date(2026, 7, 17), 20, spot=3900, settlement="pm"),
        Leg("SPX", PUT, 1, 3795, dt.date(2026, 7, 17), 19, spot=3900, settlement="am"),
    ]
    found = margined("ibkr", *legs)
    assert any("settle in the morning and at the close" in finding.problem for finding in found.findings)
    assert found.requirement > 500


def test_a_pairing_that_is_another_at_maintenance_is_written_down_for_itself():
    # Apart: stock with both 60 calls 2 x 6,600 (110 % of the strike), the uncovered 110 call 100 x (1 + max(10, 10))
    legs = (stock(-200, 100), option(CALL, -1, 110, 100, 1), option(CALL, 2, 60, 100, 41))
    found = margined("cboe", *legs)
    assert found.maintenance.gross == pytest.approx(14300)
    apart = margined("cboe", legs[0], legs[2]).maintenance.gross + margined("cboe", legs[1]).maintenance.gross
    assert found.maintenance.gross <= apart
    lines = [line for group in found.groups for line in group.lines]
    assert any(line.rule == "protective call, at maintenance" for line in lines)
    for name in ("gross", "deposit", "field"):
        assert math.fsum(getattr(line.initial, name) for line in lines) == pytest.approx(getattr(found.initial, name))
        assert math.fsum(getattr(line.maintenance, name) for line in lines) == pytest.approx(
            getattr(found.maintenance, name)
        )
    assert all(group.maintenance.field >= 0 for group in found.groups)


def test_a_hedge_that_saves_nothing_keeps_the_loan_on_a_long_term_put():
    # Cboe Margin Manual p. 24: 75 % of a listed option of more than nine months; 50 puts at 5 save nothing on stock at 100
    later = dt.date(2027, 12, 17)
    found = margined("cboe", stock(100, 100), option(PUT, 1, 50, 100, 5, later))
    assert found.initial.gross == pytest.approx(5000 + 375)
    assert found.maintenance.deposit == pytest.approx(2500 + 375)


def test_many_hedged_shares_keep_their_cents():
    found = margined("ibkr", stock(1_000_000, 100), option(CALL, -10_000, 110, 100, 1))
    assert (found.initial.field, found.maintenance.field) == (50_000_000.0, 25_000_000.0)


def test_an_otc_loan_that_needs_a_spot_is_incomplete_without_one():
    # Cboe Margin Manual p. 26: OTC, 75 % of the intrinsic value and all of the time value: 350 on the 75 call at 4.50, stock at 79
    later = dt.date(2027, 12, 17)
    known = Leg("X", CALL, 1, 75, later, 4.5, spot=79, listed=False)
    assert margined("cboe", known).initial.gross == pytest.approx(350)
    found = margined("cboe", Leg("X", CALL, 1, 75, later, 4.5, listed=False))
    assert (found.complete, math.isnan(found.initial.gross)) == (False, True)
    assert "75 call" in next(finding.problem for finding in found.findings if finding.severity == "incomplete")
