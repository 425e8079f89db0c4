"""What the books' own switches do to a book of positions; each from a source that rules differently."""

import datetime as dt
from dataclasses import replace

import pytest

from optmargin.core.contracts import AccountType, AssetClass, Right, Style
from optmargin.core.legs import Leg, LegTable
from optmargin.margin.account import margin_legs
from optmargin.rules.book import book

CALL, PUT, STOCK = Right.CALL, Right.PUT, Right.STOCK
SOON, LATER = dt.date(2026, 2, 20), dt.date(2026, 3, 20)
DAY = dt.date(2026, 1, 5)


def margined(name, *legs, day=DAY, account_type=AccountType.MARGIN):
    return margin_legs(LegTable.of(legs), book(name).on(day), as_of=day, account_type=account_type)


# Alpaca, options level 3: the payoffs of all positions summed; premiums apart; several expirations: the largest.
CREDIT = (Leg("X", CALL, -1, 190, SOON, 15), Leg("X", CALL, 1, 200, SOON, 10))
DEBIT = (Leg("X", CALL, 1, 100, SOON, 5), Leg("X", CALL, -1, 110, SOON, 3))


def test_alpaca_sums_all_payoffs():
    assert (
        margined("alpaca", *CREDIT, *DEBIT).requirement == 0
    )  # its page's example; spread by spread it would be 1,000
    found = margined("alpaca", *CREDIT)
    assert (found.requirement, found.initial.deposit) == (1000, 500)  # cost basis of its example: 1,000 - 500
    assert margined("cboe", *CREDIT, *DEBIT).initial.field == 0  # the universal rule nets them too


def test_alpaca_takes_the_largest_expiry_and_says_so():
    spreads = [Leg("X", PUT, sign * 5, strike, day, 1) for day in (SOON, LATER) for sign, strike in ((-1, 90), (1, 85))]
    found = margined("alpaca", *spreads)
    assert found.requirement == 2500
    assert margined("ibkr", *spreads).requirement == 5000
    assert any("largest expiry only" in finding.problem for finding in found.findings)
    assert sum(group.initial.field for group in found.groups) == 2500


def test_alpaca_permits_cash_secured_puts_and_covered_calls_but_nothing_uncovered():
    assert margined("alpaca", Leg("X", PUT, -2, 90, SOON, 1)).requirement == 18000
    stock = Leg("X", STOCK, 100, price=100, multiplier=1, spot=100)
    call = Leg("X", CALL, -1, 120, SOON, 1.5, spot=100)
    assert margined("alpaca", stock, call).complete
    found = margined("alpaca", call)
    assert not found.complete
    assert "may not hold it uncovered" in found.findings[0].problem


def test_surplus_longs_count_under_alpaca_only():
    # Short 1 of the 3905 call, long 2 of the 3945 call and 1 of the 4190 put: 4,000, though the whole payoff never loses
    # more than that; the put is no cover for a call (equal counts within each right).
    legs = (Leg("SPX", CALL, -1, 3905, SOON), Leg("SPX", CALL, 2, 3945, SOON), Leg("SPX", PUT, 1, 4190, SOON))
    assert margined("ibkr", *legs).requirement == 4000
    assert margined("alpaca", *legs).requirement == 0


def test_a_volatility_index_has_a_minimum_per_spread_at_ibkr():
    # IBKR, US options margin: VIX spreads, minimum $150
    vix = {"asset_class": AssetClass.NARROW_INDEX, "style": Style.EUROPEAN, "cash_settled": True}
    debit = (Leg("VIX", CALL, 2, 15, SOON, 3, **vix), Leg("VIX", CALL, -2, 16, SOON, 2.5, **vix))
    assert margined("ibkr", *debit).requirement == 300
    wide = (Leg("VIX", CALL, -2, 15, SOON, 3, **vix), Leg("VIX", CALL, 2, 20, SOON, 1.5, **vix))
    assert margined("ibkr", *wide).requirement == 1000


def test_a_long_box_of_european_options_requires_half_its_width_at_the_exchange():
    # Cboe Margin Manual p. 49: 500 on a 1,000 box; p. 50: American, paid in full
    def box(**kind):
        return (
            Leg("X", CALL, 1, 40, SOON, 15.4, **kind),
            Leg("X", CALL, -1, 50, SOON, 7.2, **kind),
            Leg("X", PUT, 1, 50, SOON, 1.75, **kind),
            Leg("X", PUT, -1, 40, SOON, 0.4, **kind),
        )

    assert margined("cboe", *box(style=Style.EUROPEAN, cash_settled=True)).requirement == 500
    assert margined("cboe", *box()).requirement == pytest.approx(1715)
    assert margined("ibkr", *box(style=Style.EUROPEAN, cash_settled=True)).requirement == 0


def test_the_rule_before_2012_charges_unequal_condors_apart():
    # IBKR knowledge base 600: an iron condor needs equal wings; else it is two spreads
    def condor(width):
        return (
            Leg("X", PUT, -1, 170, dt.date(2005, 12, 16), 2),
            Leg("X", PUT, 1, 160, dt.date(2005, 12, 16), 1),
            Leg("X", CALL, -1, 180, dt.date(2005, 12, 16), 2),
            Leg("X", CALL, 1, 180 + width, dt.date(2005, 12, 16), 1),
        )

    day = dt.date(2005, 11, 21)
    assert margined("ibkr-2005", *condor(10), day=day).requirement == 1000
    assert margined("ibkr-2005", *condor(5), day=day).requirement == 1500


def test_iras_take_spreads_as_margin_accounts_do_and_cash_accounts_only_european_ones():
    # us.placetrade.com, columns Cash Accounts and Reg T Margin - IRA
    american = (Leg("X", PUT, -1, 90, SOON, 2, spot=100), Leg("X", PUT, 1, 85, SOON, 1, spot=100))
    assert margined("ibkr", *american, account_type=AccountType.IRA).requirement == 500
    assert margined("ibkr", *american, account_type=AccountType.CASH).requirement == 9000  # the put against cash
    index = {"asset_class": AssetClass.BROAD_INDEX, "style": Style.EUROPEAN, "cash_settled": True}
    european = (Leg("SPX", PUT, -1, 90, SOON, 2, **index), Leg("SPX", PUT, 1, 85, SOON, 1, **index))
    assert margined("ibkr", *european, account_type=AccountType.CASH).requirement == 500


def old(*legs, day=dt.date(2005, 11, 21)):
    return margined("cboe", *legs, day=day).initial.field


def test_the_rule_before_2012_charges_an_unequal_butterfly_spread_by_spread():
    # McMillan p. 206: 2 x 50, -3 x 55, 1 x 65 calls: two bull spreads at nothing, one bear spread at 1,000; today nothing
    soon = dt.date(2005, 12, 16)
    legs = (Leg("X", CALL, 2, 50, soon), Leg("X", CALL, -3, 55, soon), Leg("X", CALL, 1, 65, soon))
    assert old(*legs) == 1000
    assert margined("cboe", *(Leg("X", leg.right, leg.quantity, leg.strike, SOON) for leg in legs)).initial.field == 0
    equal = (Leg("X", CALL, 1, 50, soon), Leg("X", CALL, -2, 60, soon), Leg("X", CALL, 1, 70, soon))
    assert old(*equal) == 0  # McMillan p. 201: net debit only, since 1999
    assert old(*(Leg("X", leg.right, -leg.quantity, leg.strike, soon) for leg in equal)) == 1000  # sold: one interval


def test_the_rule_before_2012_knows_condors_and_boxes_with_equal_intervals():
    soon = dt.date(2005, 12, 16)
    condor = [Leg("X", CALL, n, strike, soon) for n, strike in ((1, 40), (-1, 45), (-1, 55), (1, 60))]
    assert old(*condor) == 0
    assert old(*condor[:3], Leg("X", CALL, 1, 65, soon)) == 1000  # 55/65 apart
    box = [
        Leg("X", right, n, strike, soon)
        for right, n, strike in ((CALL, -1, 50), (CALL, 1, 60), (PUT, -1, 60), (PUT, 1, 50))
    ]
    assert old(*box) == 1000  # Cboe Margin Manual p. 51: the difference of the strikes
    inverted = [
        Leg("X", right, n, strike, soon)
        for right, n, strike in ((PUT, -1, 60), (PUT, 1, 55), (CALL, -1, 50), (CALL, 1, 55))
    ]
    assert old(*inverted) == 1000  # both sides can lose
    assert old(*condor, *box, *condor) == 1000


def test_the_rule_before_2012_still_takes_the_cheapest_cut():
    soon = dt.date(2005, 12, 16)
    legs = [
        Leg("X", PUT, -5, 100, soon),
        Leg("X", PUT, 5, 95, soon),
        Leg("X", PUT, -5, 90, soon),
        Leg("X", PUT, 5, 85, soon),
    ]
    assert old(*legs) == 5000  # each with its own: 2,500 + 2,500; 100/85 with 95/90 would be 7,500
    naked = [Leg("X", CALL, -2, 110, soon, 3, spot=100), Leg("X", PUT, -2, 90, soon, 4, spot=100)]
    assert old(*naked) == 2 * (1400 + 300)


def test_ibkr_may_charge_102_percent_of_the_cost_to_close_where_quotes_are_live():
    # TWS in LEAN's tests: an iron condor of 1,000 shows 1,017.62 = 1.02 x 997.67, its cost to close
    condor = (
        Leg("SPY", PUT, 1, 300, SOON, 0.02),
        Leg("SPY", PUT, -1, 310, SOON, 0.03),
        Leg("SPY", CALL, -1, 320, SOON, 92.0),
        Leg("SPY", CALL, 1, 330, SOON, 82.0333),
    )
    in_force = book("ibkr").on(DAY)
    quiet = margin_legs(LegTable.of(condor), in_force, as_of=DAY)
    live = margin_legs(LegTable.of(condor), replace(in_force, live_quotes=True), as_of=DAY)
    assert quiet.requirement == 1000
    assert live.requirement == pytest.approx(1017.62, abs=0.01)
    assert sum(line.initial.field for group in live.groups for line in group.lines) == pytest.approx(live.requirement)


def test_a_box_secures_a_loan_or_another_spread_but_not_both():
    # Cboe Margin Manual p. 49 lends on a European box; its payoff can't also cancel a put spread's loss
    index = {"asset_class": AssetClass.BROAD_INDEX, "style": Style.EUROPEAN, "cash_settled": True, "spot": 4000.0}
    box = (
        Leg("SPX", CALL, 1, 3950, SOON, 80, **index),
        Leg("SPX", PUT, -1, 3950, SOON, 20, **index),
        Leg("SPX", CALL, -1, 4050, SOON, 20, **index),
        Leg("SPX", PUT, 1, 4050, SOON, 70, **index),
    )
    spread = (Leg("SPX", PUT, -1, 3900, SOON, 12, **index), Leg("SPX", PUT, 1, 3800, SOON, 5, **index))
    assert margined("cboe", *box).initial.gross == 5000
    assert margined("cboe", *spread).initial.gross == 10500
    together = margined("cboe", *box, *spread).initial
    assert (together.gross, together.deposit) == (15500, 10300)


def test_a_long_vix_option_never_raises_the_requirement():
    vix = {"asset_class": AssetClass.NARROW_INDEX, "style": Style.EUROPEAN, "cash_settled": True, "spot": 12.0}
    short = Leg("VIX", CALL, -1, 60, SOON, 0.05, **vix)
    assert margined("ibkr", short).requirement == pytest.approx(125)  # 5 + 10 % of 1,200
    assert margined("ibkr", short, Leg("VIX", CALL, 1, 60, LATER, 1, **vix)).requirement == pytest.approx(125)


def test_the_greatest_of_all_that_a_book_asks_for_is_charged():
    vix = {"asset_class": AssetClass.NARROW_INDEX, "style": Style.EUROPEAN, "cash_settled": True, "spot": 20.0}
    legs = LegTable.of((Leg("VIX", CALL, -1, 25, SOON, 3.5, **vix), Leg("VIX", CALL, 1, 26, SOON, 1.7, **vix)))
    live = replace(book("ibkr").on(DAY), live_quotes=True)
    assert margin_legs(legs, live, as_of=DAY).requirement == pytest.approx(1.02 * 180)


def test_what_rides_free_is_not_stated_under_the_rule_before_2012():
    from optmargin.functions.call import call

    soon = "2005-12-16"
    legs = [
        ["underlying", "right", "strike", "expiry", "quantity"],
        ["X", "put", 3950, soon, -2],
        ["X", "put", 3940, soon, 2],
    ]
    row = call("EXPIRY_MARGIN", [legs, "ibkr-2005"]).rows[1]
    assert row[4] == 2000
    assert all("before 2012" in cell.problem for cell in row[5:])


def test_a_covering_long_term_option_forfeits_its_loan_and_that_is_said():
    # Cboe: 75 % of a listed option of more than nine months, as far as it covers nothing
    later = dt.date(2027, 12, 17)
    legs = (Leg("X", CALL, -1, 150, SOON, 0.1, spot=100), Leg("X", CALL, 1, 140, later, 8, spot=100))
    found = margined("cboe", *legs)
    assert found.initial.gross == 800  # paid in full, no loss
    assert any("no loan value" in finding.problem for finding in found.findings)
    assert margined("cboe", legs[1]).initial.gross == 600
