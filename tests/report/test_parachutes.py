"""The report's parachutes: about the account's own spread, with the margin engine's margin at every level, or a word why not."""

import datetime as dt
import math
from dataclasses import replace

import pytest

from optmargin.core.accounts import Account
from optmargin.core.contracts import AccountType, AssetClass, Right, Style
from optmargin.core.legs import Leg, LegTable
from optmargin.report.build import Origin, margin_report
from optmargin.report.parachutes import MOST, PLANNED, held_spreads
from optmargin.rules.book import book

AS_OF, FIRST, SECOND = dt.date(2022, 12, 19), dt.date(2022, 12, 23), dt.date(2022, 12, 30)


def option(right, strike, quantity, price, expiry=FIRST):
    return Leg("SPX", right, quantity, strike, expiry, price, spot=3900.0, asset_class=AssetClass.BROAD_INDEX, style=Style.EUROPEAN)  # fmt: skip


def puts(slots, mark=1.0, strike=3800.0, width=5.0, expiry=FIRST):
    return [
        option(Right.PUT, strike, -slots, 20 + mark, expiry),
        option(Right.PUT, strike - width, slots, 20.0, expiry),
    ]


def calls(slots, mark=0.5, strike=4000.0, width=5.0, expiry=FIRST):
    return [
        option(Right.CALL, strike, -slots, 10 + mark, expiry),
        option(Right.CALL, strike + width, slots, 10.0, expiry),
    ]


def report(legs, net_liq=100_000.0, name="ibkr", account_type=AccountType.MARGIN, **more):
    return margin_report(
        Account("A", LegTable.of(list(legs)), net_liq=net_liq),
        book(name).on(AS_OF),
        as_of=AS_OF,
        account_type=account_type,
        origin=Origin("positions.csv", "test"),
        **more,
    )


def column(found, name):
    return [getattr(row, name) for row in found.parachutes.rows]


# A trader's seven points on margin, number 3, by hand: six slots of 500 sold at 1.00 and bought out at 2.50, each roll neutral.
@pytest.mark.parametrize("name", ["ibkr", "cboe", "tastytrade"])
def test_six_slots_in_an_account_of_a_hundred_thousand_are_the_worked_ledger(name):
    found = report(puts(6), name=name)
    plan = found.parachutes
    assert (plan.slots, plan.width, plan.credit, plan.buyback, plan.mark) == (6, 5.0, 1.0, 2.5, 1.0)
    assert (plan.fits, plan.worth, plan.parachutes) == (5, 0, PLANNED)
    assert (plan.other_margin, plan.other_initial) == (0, 0)
    assert plan.position == "6 x SPX 2022-12-23 3800/3795 put spread"
    assert column(found, "slots") == [6, 12, 24, 48, 96, 192, 384]
    assert column(found, "margin")[:6] == [3_000, 6_000, 12_000, 24_000, 48_000, 96_000]
    assert column(found, "excess")[:6] == [97_600, 94_600, 88_600, 76_600, 52_600, 4_600]
    assert column(found, "stop_pnl")[:6] == [-900, -2_400, -5_400, -11_400, -23_400, -47_400]
    assert column(found, "max_loss_pnl")[:6] == [-2_400, -5_400, -11_400, -23_400, -47_400, -95_400]
    assert column(found, "reach")[:6] == pytest.approx([1, 0.4, 0.2, 0.1, 0.05, 0.025])
    assert column(found, "cushion")[:6] == pytest.approx([0.976, 0.955, 0.908, 0.81, 0.594, 0.06], abs=6e-4)
    assert [row.fits for row in plan.rows] == [True] * 6 + [False]
    assert plan.rows[0].excess == found.figures.excess_liquidity
    assert "as if sold today at its mark of 1.00" in found.parachute_words


def test_calls_of_the_same_expiry_carry_the_puts_until_these_are_more():
    """Per expiry the larger side counts (number 4 of the seven points): twenty call spreads need 10,000, whatever the puts up to twenty."""
    found = report([*puts(5), *calls(20)])
    assert found.parachutes.position.startswith("5 x SPX 2022-12-23 3800/3795 put spread")
    assert column(found, "slots")[:6] == [5, 10, 20, 40, 80, 160]
    assert column(found, "margin")[:6] == [10_000, 10_000, 10_000, 20_000, 40_000, 80_000]
    assert found.parachutes.other_margin == 10_000
    apart = report([*puts(5), *calls(20, expiry=SECOND)])
    assert column(apart, "margin")[:6] == [12_500, 15_000, 20_000, 30_000, 50_000, 90_000]


def test_other_positions_count_with_what_the_book_asks_for_them():
    stock = Leg("SPY", Right.STOCK, 100.0, price=400.0, multiplier=1.0, spot=400.0, asset_class=AssetClass.ETF)
    found = report([*puts(6), stock])
    with_stock = report([stock])
    others = with_stock.figures
    assert found.parachutes.other_margin == others.maintenance > 0
    assert found.parachutes.other_initial == others.initial
    assert column(found, "margin")[0] == others.maintenance + 3_000
    assert column(found, "initial")[0] == others.initial + 3_000
    assert found.parachutes.rows[0].excess == pytest.approx(found.figures.excess_liquidity)


def test_it_is_about_the_spread_that_is_nearest_to_being_assailed():
    found = report([*puts(6), *calls(3, mark=1.5, expiry=SECOND), *puts(2, mark=9.0, strike=3700.0, width=25.0)])
    assert (
        found.parachutes.position == "2 x SPX 2022-12-23 3700/3675 put spread"
    )  # 9.00 of 12.50, against 1.50 and 1.00 of 2.50
    assert found.parachutes.buyback == 12.5
    passed = report([*puts(6), *calls(3, mark=2.5, expiry=SECOND)])
    assert passed.parachutes.position.startswith("6 x"), "one that costs half of its width is assailed already"


def test_spreads_are_read_out_of_what_is_held():
    condor = [*puts(5), *calls(7)]
    (one, two) = held_spreads(LegTable.of(condor))
    assert (one.slots, one.width, one.mark, one.name) == (5, 5.0, 1.0, "5 x SPX 2022-12-23 3800/3795 put spread")
    assert (two.slots, two.name) == (7, "7 x SPX 2022-12-23 4000/4005 call spread")
    butterfly = [option(Right.PUT, 3750.0, 2, 3.0), option(Right.PUT, 3800.0, -4, 5.0), option(Right.PUT, 3850.0, 2, 8.0)]  # fmt: skip
    assert [(each.slots, each.width, each.mark) for each in held_spreads(LegTable.of(butterfly))] == [(2, 50.0, 2.0)]
    two_wings = [option(Right.PUT, 3800.0, -5, 5.0), option(Right.PUT, 3795.0, 3, 4.0), option(Right.PUT, 3790.0, 9, 3.5)]  # fmt: skip
    assert [(each.slots, each.width) for each in held_spreads(LegTable.of(two_wings))] == [(3, 5.0), (2, 10.0)]
    debit = [option(Right.PUT, 3800.0, 5, 5.0), option(Right.PUT, 3795.0, -5, 4.0)]
    other_day = [option(Right.PUT, 3800.0, -5, 5.0), option(Right.PUT, 3795.0, 5, 4.0, SECOND)]
    unpriced = [replace(leg, price=math.nan) for leg in puts(5)]
    for none in (debit, other_day, unpriced, puts(5, mark=0.0), puts(5, mark=5.0)):
        assert list(held_spreads(LegTable.of(none))) == []


def test_without_such_a_spread_it_is_about_a_first_position_of_a_thirty_second():
    found = report([])
    plan = found.parachutes
    assert (plan.position, plan.slots, plan.credit, plan.buyback, plan.fits) == ("", 6, 1.0, 2.5, 5)
    assert column(found, "excess")[:6] == [97_600, 94_600, 88_600, 76_600, 52_600, 4_600]
    assert "1/32 of net liq, 6 slots of 5.00" in found.parachute_words
    small = report([], net_liq=5_000.0)
    assert (small.parachutes.slots, small.parachutes.fits) == (1, 3)
    assert "one slot, more than 1/32 of net liq" in small.parachute_words
    wide = report([], slot_width=25.0)
    assert (wide.parachutes.slots, wide.parachutes.width, wide.parachutes.credit) == (1, 25.0, 5.0)
    busy = report(puts(20, mark=4.0))
    assert busy.parachutes.position == ""
    assert busy.parachutes.other_margin == 10_000
    assert column(busy, "margin")[:3] == [13_000, 16_000, 22_000]
    assert busy.parachutes.rows[0].excess == 100_000 + 8_000 + 600 - 13_000


def test_a_first_position_that_does_not_fit_is_told():
    found = report(puts(300))
    assert (found.parachutes.fits, found.parachutes.worth) == (-1, 0)
    assert found.parachutes.rows[0].excess < 0
    assert not any(row.fits for row in found.parachutes.rows)


def test_levels_are_asked_for_as_far_as_they_fit_and_one_more():
    assert len(report(puts(6)).parachutes.rows) == 7
    assert len(report(puts(1), net_liq=10_000_000.0).parachutes.rows) == MOST + 1
    assert len(report(puts(100)).parachutes.rows) == PLANNED + 1


def test_a_put_spread_near_zero_is_never_rolled_below_it():
    low = [option(Right.PUT, 7.5, -2, 1.2), option(Right.PUT, 5.0, 2, 0.5)]
    found = report(low, net_liq=50_000.0)
    assert found.parachutes.position == "2 x SPX 2022-12-23 7.5/5 put spread"
    # The two that are held cost less uncovered, by the floor of 10 % of the strike; later ones have no price to be uncovered by.
    assert column(found, "margin")[:3] == [found.figures.maintenance, 1_000, 2_000]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: report(puts(6), net_liq=None), "it needs net liq"),
        (lambda: report(puts(6), net_liq=-5.0), "net liq is -5.00"),
        (lambda: report([*puts(6), option(Right.CALL, 4100.0, -1, math.nan)]), "the requirement is incomplete"),
        (lambda: report(puts(6), account_type=AccountType.CASH), "a cash account has no margin"),
    ],
)
def test_what_is_missing_is_said(make, says):
    found = make()
    assert found.parachutes is None
    assert found.parachute_words.startswith("No schedule: ")
    assert says in found.parachute_words


def test_futures_have_no_schedule_of_slots():
    future = Leg("ES", Right.FUTURE, 1.0, price=4000.0, multiplier=50.0, spot=4000.0, expiry=dt.date(2023, 3, 17), asset_class=AssetClass.FUTURE)  # fmt: skip
    found = report([*puts(6), future])
    assert found.parachutes is None
    assert found.parachute_words.startswith("No schedule: ")


def test_a_report_that_asks_for_no_stress_has_no_parachutes():
    found = report(puts(6), with_stress=False)
    assert (found.parachutes, found.parachute_words) == (None, "")
