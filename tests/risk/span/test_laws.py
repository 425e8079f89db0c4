"""Laws that hold for every book: flat is zero, homogeneous, subadditive in scan risk, order is nothing, lines add up."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optmargin.risk.span.model import (
    InterSpread,
    IntraSpread,
    PerAccount,
    PriceRisk,
    Side,
    SpotMethod,
    SpotRate,
    SpreadLeg,
    period,
)
from risk.span.market import CALL, FUTURE, PUT, Made, commodity, future_array, futures, leg, margin, parameters

A, B = Side.A, Side.B
MONTHS = (202503, 202506, 202509)
# Arrays of a steep and a flat option, by hand: a put that loses when prices rise and gains when they fall, and its call.
PUT_ARRAY = [-30, 40, 90, 160, -170, -100, 190, 250, -330, -280, 270, 310, -520, -480, 210, -900]
CALL_ARRAY = [-30, 40, -170, -100, 90, 160, -330, -280, 190, 250, -520, -480, 270, 310, -900, 210]


def main_commodity():
    made = [Made(FUTURE, month, future_array(1000.0), scan=1000.0) for month in MONTHS]
    for month in MONTHS[:2]:
        made += [
            Made(PUT, month, PUT_ARRAY, 90.0, delta=-0.37, price=7.0),
            Made(CALL, month, CALL_ARRAY, 110.0, delta=0.41, price=6.0),
        ]
    spread = IntraSpread(1, 70.0, (SpreadLeg(A, tier=1), SpreadLeg(B, tier=1)))
    fly = IntraSpread(
        1,
        20.0,
        tuple(
            SpreadLeg(side, ratio, period=period(month))
            for side, ratio, month in zip((A, B, A), (1, 2, 1), MONTHS, strict=True)
        ),
    )
    return commodity(
        "XX", made, intra_spreads=(spread, fly), minimum_rate=25.0, price_risk=PriceRisk.SCAN_RANGE_CAP,
        spot_method=SpotMethod.TABLE, spot_rates=(SpotRate(period(MONTHS[0]), 5.0, 9.0),),
        initial_ratio=PerAccount(1.0, 1.0, 1.1),
    )  # fmt: skip


MARKET = parameters(
    main_commodity(),
    futures("YY", {MONTHS[0]: 600.0}),
    inter_spreads=(InterSpread(1, (SpreadLeg(A, commodity="XX"), SpreadLeg(B, commodity="YY")), (0.6, 0.6)),),
)
CONTRACTS = (
    *(("XX", month, FUTURE, math.nan) for month in MONTHS),
    *(("XX", month, right, strike) for month in MONTHS[:2] for right, strike in ((PUT, 90.0), (CALL, 110.0))),
    ("YY", MONTHS[0], FUTURE, math.nan),
)


def book(draws):
    return [leg(code, quantity, month, right, strike) for (code, month, right, strike), quantity in draws]


BOOKS = st.lists(st.tuples(st.sampled_from(CONTRACTS), st.integers(-9, 9)), max_size=8)


def figures(requirement):
    return (
        requirement.total.maintenance,
        requirement.total.initial,
        requirement.risk.maintenance,
        *(
            component
            for each in requirement.commodities
            for component in (
                each.scan_risk,
                each.intermonth,
                each.spot,
                each.intercommodity,
                each.minimum,
                each.net_value,
            )
        ),
    )


@given(BOOKS)
@settings(max_examples=40, deadline=None)
def test_a_book_against_itself_is_flat_and_asks_for_nothing(draws):
    opposite = [(contract, -quantity) for contract, quantity in draws]
    found = margin(MARKET, *book(draws), *book(opposite))
    assert (found.total.maintenance, found.total.initial, found.complete) == (0, 0, True)


@given(BOOKS, st.sampled_from([2, 3, 10]))
@settings(max_examples=60, deadline=None)
def test_n_times_a_book_asks_for_n_times_as_much(draws, n):
    one, many = (
        margin(MARKET, *book(draws)),
        margin(MARKET, *book([(contract, quantity * n) for contract, quantity in draws])),
    )
    assert figures(many) == pytest.approx([n * figure for figure in figures(one)], abs=1e-6)


@given(BOOKS, BOOKS)
@settings(max_examples=60, deadline=None)
def test_scan_risk_of_two_books_together_is_no_more_than_of_each(one, other):
    def scan(draws):
        found = margin(MARKET, *book(draws)).commodity("XX")
        return found.scan_risk if found else 0.0

    assert scan(one + other) <= scan(one) + scan(other) + 1e-9


@given(BOOKS, st.randoms())
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_legs_is_nothing(draws, random):
    shuffled = list(draws)
    random.shuffle(shuffled)
    assert figures(margin(MARKET, *book(shuffled))) == figures(margin(MARKET, *book(draws)))


@given(BOOKS)
@settings(max_examples=60, deadline=None)
def test_the_lines_add_up_and_nothing_is_negative(draws):
    found = margin(MARKET, *book(draws))
    for name in ("maintenance", "initial"):
        total = getattr(found.total, name)
        assert total >= 0
        assert math.fsum(getattr(line, name) for line in found.lines) == pytest.approx(total, abs=0.02)
    for each in found.commodities:
        assert each.risk.maintenance >= max(each.minimum, 0) or each.long_value > 0
