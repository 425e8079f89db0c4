"""What if: what a trade changes, how many of it fit, and what a move does; the seed's figures and the laws that hold for any book."""

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pytest

from optmargin.core.contracts import AccountType, AssetClass, Right, Style
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.core.legs import Leg, LegTable
from optmargin.margin import whatif
from optmargin.margin.account import margin_legs
from optmargin.margin.whatif import GRID, impact, max_contracts, moved, stress
from optmargin.rules.book import book

AS_OF = dt.date(2022, 12, 19)
FIRST, SECOND = dt.date(2022, 12, 23), dt.date(2022, 12, 30)
IBKR, CBOE = book("ibkr").on(AS_OF), book("cboe").on(AS_OF)
NO_LEGS = LegTable.of([])


def option(quantity, right, strike, expiry=FIRST, price=math.nan, spot=math.nan, underlying="SPX"):
    return Leg(
        underlying=underlying,
        right=Right.PUT if right == "put" else Right.CALL,
        strike=float(strike),
        expiry=expiry,
        quantity=float(quantity),
        price=price,
        spot=spot,
        asset_class=AssetClass.BROAD_INDEX if underlying == "SPX" else AssetClass.EQUITY,
        style=Style.EUROPEAN if underlying == "SPX" else Style.AMERICAN,
        cash_settled=underlying == "SPX",
    )


def shares(quantity, price=math.nan, underlying="ABC"):
    return Leg(
        underlying=underlying, right=Right.STOCK, quantity=float(quantity), price=price, spot=price, multiplier=1.0
    )


def table(*legs):
    return LegTable.of(list(legs))


PUTS = table(option(-5, "put", 3800, price=22.5), option(5, "put", 3795, price=21.4))


def calls(expiry=FIRST, count=5, prices=(9.0, 8.0)):
    return table(option(-count, "call", 3980, expiry, prices[0]), option(count, "call", 3985, expiry, prices[1]))


def change(legs, added, in_force=IBKR, **more):
    return impact(legs, added, in_force, as_of=AS_OF, **more)


# The seed's account: Trader's seven points on margin, number 5 --------------------------------------------------------------


def test_call_spreads_ride_free_in_the_week_of_the_puts_and_cost_2500_in_the_next():
    same, other = change(PUTS, calls(FIRST)), change(PUTS, calls(SECOND))
    assert same.figures()["requirement"].change == 0
    assert same.changed_groups() == []
    requirement = other.figures()["requirement"]
    assert (requirement.before, requirement.after, requirement.change) == (2500, 5000, 2500)
    (group,) = other.changed_groups()
    assert (group.underlying, group.expiry, group.figure.before, group.figure.change) == ("SPX", SECOND, 0, 2500)


def test_a_trade_at_the_mark_leaves_net_liq_and_takes_its_deposit_from_available_funds():
    # By hand: the calls bring 5 x 100 x (9 - 8) = 500 and require 2,500 of their own in another week: 2,000 less is available.
    found = change(PUTS, calls(SECOND), net_liq=100_000.0)
    figures = found.figures()
    assert (found.paid, found.gained) == (-500, 0)
    assert (figures["net_liq"].before, figures["net_liq"].after) == (100_000, 100_000)
    assert figures["available_funds"].before == 100_000 - (2500 - 550)
    assert figures["available_funds"].change == figures["excess_liquidity"].change == -2000
    assert figures["cushion"].after == figures["excess_liquidity"].after / 100_000
    assert figures["gross"].change == 2500 + 4000  # the long calls are in it
    assert figures["margin_field"].change == 2500
    stated = change(PUTS, calls(SECOND), available=7000.0).figures()["available_funds"]
    assert (stated.before, stated.after) == (7000, 5000)


def test_a_trade_away_from_the_mark_moves_net_liq_by_the_difference():
    # By hand: five puts marked 22.50 bought back at 23.00 lose 5 x 100 x 0.50.
    close = table(option(5, "put", 3800, price=23.0))
    found = change(PUTS, close, net_liq=100_000.0)
    assert (found.paid, found.gained, found.figures()["net_liq"].after) == (11_500, -250, 99_750)
    assert len(found.legs_after) == 1
    assert found.figures()["requirement"].after == 0


def test_closing_under_another_root_of_the_same_index_closes():
    close = table(replace(option(5, "put", 3800), root="SPXW"))
    assert len(change(PUTS, close).legs_after) == 1
    adjusted = table(replace(option(-1, "call", 50, underlying="ABC"), root="ABC1"))
    bought = table(option(1, "call", 50, underlying="ABC"))
    assert len(change(adjusted, bought).legs_after) == 2


def test_closing_goes_through_every_row_of_the_contract():
    rows = table(option(-3, "put", 3800, price=22.5), option(-2, "put", 3800, price=22.0), option(6, "put", 3795))
    found = change(rows, table(option(4, "put", 3800)))
    assert sorted(found.legs_after.quantity.tolist()) == [-1, 6]
    over = change(rows, table(option(7, "put", 3800)))
    assert sorted(over.legs_after.quantity.tolist()) == [2, 6]


def test_the_first_position_of_an_account():
    found = change(NO_LEGS, PUTS, net_liq=10_000.0).figures()
    assert (found["requirement"].before, found["requirement"].after) == (0, 2500)
    assert (found["available_funds"].before, found["available_funds"].after) == (10_000, 8_050)
    assert len(change(NO_LEGS, NO_LEGS).legs_after) == 0


def test_what_a_figure_needs_and_is_missing_is_not_known_and_never_zero():
    found = change(
        PUTS, table(option(-1, "call", 3980, SECOND), option(1, "call", 3985, SECOND)), net_liq=1e5
    ).figures()
    assert found["requirement"].change == 500
    assert math.isnan(found["deposit"].after)
    assert math.isnan(found["available_funds"].change)
    naked = change(PUTS, table(option(-1, "call", 3980, SECOND, 9.0)), net_liq=1e5)
    assert not naked.complete
    assert math.isnan(naked.figures()["requirement"].after)


def test_positions_and_added_legs_share_one_market():
    held = table(shares(100, 40.0))
    found = change(held, table(option(-1, "call", 45, price=1.0, underlying="ABC")))
    assert found.complete
    assert found.legs_after.spot.tolist() == [40, 40]
    with pytest.raises(MarginError, match="ABC has two prices: 40 in the positions and 41 in the added legs"):
        change(held, table(option(-1, "call", 45, price=1.0, spot=41.0, underlying="ABC")))
    unknown = replace(option(-1, "put", 90, price=1.0, spot=100.0, underlying="XYZ"), assumed=True)
    stated = replace(option(-1, "put", 80, price=0.5, underlying="XYZ"), asset_class=AssetClass.ETF, leverage=2.0)
    after = change(table(unknown), table(stated)).legs_after
    assert (after.asset_class.tolist(), after.leverage.tolist(), after.assumed.any()) == (
        [AssetClass.ETF] * 2,
        [2, 2],
        False,
    )


# Laws ---------------------------------------------------------------------------------------------------------------------


def random_book(seed, count):
    """Legs with prices and spots on two underlyings, few strikes, so that trades often close."""
    rng = np.random.default_rng(seed)
    legs = []
    for _ in range(count):
        underlying, spot = [("SPX", 3900.0), ("ABC", 50.0)][int(rng.integers(2))]
        if underlying == "ABC" and rng.random() < 0.2:
            legs.append(shares(int(rng.integers(-3, 4)) * 50 or 50, spot))
            continue
        right, expiry = ["put", "call"][int(rng.integers(2))], [FIRST, SECOND][int(rng.integers(2))]
        strike = spot * (1 + int(rng.integers(-2, 3)) / 50)
        price = max((spot - strike) * (1 if right == "call" else -1), 0.0) + spot / 100
        legs.append(option(int(rng.choice([-3, -2, -1, 1, 2, 3])), right, strike, expiry, price, spot, underlying))
    return table(*legs)


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("in_force", [IBKR, CBOE], ids=["ibkr", "cboe"])
def test_nothing_changes_nothing_and_two_trades_change_what_both_change_at_once(seed, in_force):
    legs, first, second = random_book(seed, 5), random_book(seed + 1000, 3), random_book(seed + 2000, 2)
    for figure in change(legs, NO_LEGS, in_force, net_liq=1e6).figures().values():
        assert figure.change == 0
    one = change(legs, first, in_force, net_liq=1e6)
    two = change(one.legs_after, second, in_force, net_liq=one.after.net_liq)
    both = change(legs, table(*first.rows(), *second.rows()), in_force, net_liq=1e6)
    for name, figure in both.figures().items():
        assert one.figures()[name].change + two.figures()[name].change == pytest.approx(figure.change, abs=1e-6), name
    assert both.figures()["net_liq"].change == pytest.approx(0, abs=1e-6)
    assert both.before.requirement.initial == margin_legs(legs, in_force, as_of=AS_OF).initial


@pytest.mark.parametrize("seed", range(40))
def test_so_many_fit_and_one_more_does_not(seed):
    legs, candidate = random_book(seed, 4), random_book(seed + 500, 2)
    available = float(np.random.default_rng(seed).integers(0, 60_000))
    known = 30

    def left(count):
        legs_then = (
            table(*(replace(leg, quantity=leg.quantity * count) for leg in candidate.rows())) if count else NO_LEGS
        )
        return change(legs, legs_then, available=available).after.available

    first_that_does_not = next((count for count in range(1, known) if left(count) < -0.005), None)
    try:
        found = max_contracts(legs, candidate, available, IBKR, as_of=AS_OF)
    except MarginError as error:
        assert error.code is ErrorCode.NUM
        assert first_that_does_not is None
        return
    if first_that_does_not is not None:
        assert found == first_that_does_not - 1
    else:
        assert found >= known - 1
        assert left(found) >= -0.005 > left(found + 1)


@pytest.mark.parametrize("seed", range(10))
def test_stress_without_a_move_is_the_account_as_it_is(seed):
    legs = random_book(seed, 6)
    (point,) = stress(legs, IBKR, [0.0], as_of=AS_OF, net_liq=1e6)
    margined = margin_legs(legs, IBKR, as_of=AS_OF)
    assert point.standing.requirement.initial == margined.initial
    assert point.standing.requirement.maintenance == margined.maintenance
    assert point.standing.net_liq == 1e6


# How many fit ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("available", "count"), [(0, 5), (499.98, 5), (500, 6), (1000, 7), (10_000, 25), (-1, 0)])
def test_free_spreads_up_to_the_put_side_and_then_500_each(available, count):
    one = calls(count=1, prices=(0.05, 0.05))
    assert max_contracts(PUTS, one, available, IBKR, as_of=AS_OF) == count


@pytest.mark.parametrize(("available", "count"), [(0, 6), (500, 7), (1000, 8), (2000, 11)])
def test_the_credit_of_a_spread_makes_room_for_more(available, count):
    # By hand: n > 5 spreads take 500 (n - 5) and bring 100 n: n <= (available + 2,500) / 400.
    assert count == (available + 2500) // 400
    assert max_contracts(PUTS, calls(count=1), available, IBKR, as_of=AS_OF) == count


def test_naked_puts_in_an_account_without_positions():
    # IBKR: premium plus 15 % of 3,900 less 200 out of the money = 385 a share; of the 10 in premium none is own money.
    put = table(option(-1, "put", 3700, price=10.0, spot=3900.0))
    assert max_contracts(NO_LEGS, put, 38_500 * 123 + 38_499.0, IBKR, as_of=AS_OF) == 123
    assert max_contracts(NO_LEGS, put, 38_500 * 123_456.0, IBKR, as_of=AS_OF) == 123_456


def test_prices_of_other_positions_are_not_needed():
    bare = table(option(-5, "put", 3800), option(5, "put", 3795))
    elsewhere = table(*bare.rows(), option(-1, "put", 50, underlying="ABC"))
    for legs in (bare, elsewhere):
        assert max_contracts(legs, calls(count=1, prices=(0.05, 0.05)), 1000, IBKR, as_of=AS_OF) == 7


def test_what_has_no_limit_says_so():
    bought_first = table(option(-1, "put", 3800, price=0.1), option(1, "put", 3805, price=0.1))
    with pytest.raises(MarginError, match="unlimited") as caught:
        max_contracts(NO_LEGS, bought_first, 0, IBKR, as_of=AS_OF)
    assert caught.value.code is ErrorCode.NUM
    with pytest.raises(MarginError, match="more than 1,000,000"):
        max_contracts(NO_LEGS, table(option(1, "put", 3800, price=0.01)), 1e9, IBKR, as_of=AS_OF)


def test_what_is_missing_is_an_error_and_not_a_smaller_number():
    with pytest.raises(MarginError, match="the price is missing") as caught:
        max_contracts(PUTS, table(option(-1, "call", 3980), option(1, "call", 3985)), 1e4, IBKR, as_of=AS_OF)
    assert caught.value.code is ErrorCode.MISSING
    with pytest.raises(MarginError, match="spot is missing"):
        max_contracts(PUTS, table(option(-1, "call", 3980, price=9.0)), 1e6, IBKR, as_of=AS_OF)
    with pytest.raises(MarginError, match="no legs"):
        max_contracts(PUTS, NO_LEGS, 1e4, IBKR, as_of=AS_OF)


def test_what_a_cash_account_may_not_hold_does_not_fit():
    held = table(shares(300, 40.0))
    call = table(option(-1, "call", 45, price=1.0, underlying="ABC"))
    found = max_contracts(held, call, 1e6, IBKR, as_of=AS_OF, account_type=AccountType.CASH)
    assert found == 3
    with pytest.raises(MarginError, match="may not hold it uncovered"):
        max_contracts(NO_LEGS, call, 1e6, IBKR, as_of=AS_OF, account_type=AccountType.CASH)


def test_numbers_beyond_the_first_that_does_not_fit_are_not_looked_at():
    # Fifty shares and a call each: the first call is uncovered, two of them are one covered call.
    half = table(shares(50, 40.0), option(-1, "call", 45, price=1.0, underlying="ABC"))
    one, two = (
        change(NO_LEGS, table(*(replace(leg, quantity=leg.quantity * count) for leg in half.rows()))).after.requirement
        for count in (1, 2)
    )
    assert two.initial.deposit < 2 * one.initial.deposit
    assert max_contracts(NO_LEGS, half, one.initial.deposit - 1, IBKR, as_of=AS_OF) == 0


def test_the_search_asks_little(monkeypatch):
    asked = []
    real = whatif.margin_legs
    monkeypatch.setattr(whatif, "margin_legs", lambda *args, **more: asked.append(1) or real(*args, **more))
    put = table(option(-1, "put", 3700, price=10.0, spot=3900.0))
    assert max_contracts(NO_LEGS, put, 38_500 * 5000.0, IBKR, as_of=AS_OF) == 5000
    assert len(asked) < 45


# Moves -------------------------------------------------------------------------------------------------------------------------


def test_marks_after_a_move_are_intrinsic_value_and_todays_time_value():
    legs = table(
        option(-1, "put", 3800, price=22.5, spot=3900.0),
        option(1, "call", 3800, price=120.0, spot=3900.0),
        option(1, "put", 4000, price=90.0, spot=3900.0),  # a stale mark below intrinsic value
        shares(10, 40.0),
    )
    assert moved(legs, -0.1).price.tolist() == pytest.approx([290 + 22.5, 20.0, 490 - 10, 36.0])
    assert moved(legs, 0.1).price.tolist() == pytest.approx([22.5, 490 + 20, 0.0, 44.0])  # never below zero
    assert moved(legs, 0.0) is legs
    assert moved(legs, -0.1, "ABC").price.tolist() == [22.5, 120.0, 90.0, 36.0]


def test_a_naked_put_by_hand():
    # 10 % down: spot 3,510, mark 8 + 190 = 198, so (198 + 15 % x 3,510) x 100 = 72,450; net liq loses 19,000.
    legs = table(option(-1, "put", 3700, price=8.0, spot=3900.0))
    (point,) = stress(legs, IBKR, [-0.1], as_of=AS_OF, net_liq=100_000.0)
    standing = point.standing
    assert standing.requirement.requirement == pytest.approx(72_450)
    assert standing.net_liq == pytest.approx(81_000)
    assert standing.excess_liquidity == pytest.approx(81_000 - (72_450 - 19_800))
    assert standing.cushion == pytest.approx(standing.excess_liquidity / 81_000)


def test_the_seeds_spreads_require_no_more_wherever_the_index_stands():
    legs = table(*(replace(leg, spot=3900.0) for leg in PUTS.rows()))
    points = stress(legs, IBKR, as_of=AS_OF, net_liq=12_500.0)
    assert [point.move for point in points] == list(GRID)
    assert {point.standing.requirement.requirement for point in points} == {2500}
    assert [round(point.standing.net_liq, 6) for point in points] == [10_000] * 4 + [
        12_500
    ] * 5  # never more than the spreads' width


def test_one_underlying_moves_alone():
    legs = table(option(-1, "put", 3700, price=8.0, spot=3900.0), shares(100, 40.0))
    (alone,) = stress(legs, IBKR, [-0.1], as_of=AS_OF, net_liq=1e5, underlying="ABC")
    assert alone.standing.net_liq == pytest.approx(1e5 - 400)
    with pytest.raises(MarginError, match="no position in XYZ"):
        stress(legs, IBKR, [0.1], as_of=AS_OF, underlying="XYZ")


@pytest.mark.parametrize(
    ("leg", "says"),
    [
        (option(-1, "put", 3700, price=8.0), "spot is missing"),
        (option(1, "put", 3700, spot=3900.0), "price is missing"),
        (shares(100), "price is missing"),
    ],
)
def test_a_move_needs_prices_and_spots(leg, says):
    with pytest.raises(MarginError, match=says) as caught:
        stress(table(leg), IBKR, as_of=AS_OF)
    assert caught.value.code is ErrorCode.MISSING
    assert caught.value.remedy


@pytest.mark.parametrize("move", [-1.0, -1.5, math.nan, math.inf])
def test_a_move_must_leave_a_price(move):
    with pytest.raises(MarginError) as caught:
        stress(PUTS, IBKR, [move], as_of=AS_OF)
    assert caught.value.code is ErrorCode.NUM
