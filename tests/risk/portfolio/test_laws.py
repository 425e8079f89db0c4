"""Laws of customer portfolio margin: flat is zero, twice the lots cost twice, order is nothing, company never costs more."""

import dataclasses
import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optmargin.core.contracts import AssetClass, Right, Style
from optmargin.core.errors import Severity
from optmargin.core.legs import Leg
from optmargin.risk.portfolio.account import portfolio_margin
from optmargin.risk.portfolio.carry import Market
from optmargin.risk.pricing.american import american
from optmargin.risk.pricing.black import black_scholes
from timsbooks import CALL, DAY, PUT, book, ibm, shares, spx

MARKET = Market(rate=0.05, dividend_yield=0.015)


def priced(is_index, right, strike, days, quantity):
    if is_index:
        price = black_scholes(right, 1451.19, strike * 14.5, days / 365, 0.15, 0.05, 0.015)
        return spx(right, strike * 14.5, round(float(price), 2) + 0.01, quantity, days=days)
    price = american(right, 97.73, strike, days / 365, 0.25, 0.05, 0.015)
    return ibm(right, strike, round(float(price), 2) + 0.01, quantity, days=days)


LEG = st.builds(
    priced,
    st.booleans(),
    st.sampled_from([CALL, PUT]),
    st.sampled_from([90, 95, 100, 105, 110]),
    st.sampled_from([7, 30, 90]),
    st.integers(-5, 5).filter(bool),
)
STOCK = st.integers(-500, 500).filter(bool).map(lambda count: shares("IBM", count, 97.73))
BOOK = st.lists(LEG | STOCK, min_size=1, max_size=5)


def required(legs):
    return portfolio_margin(book(*legs), DAY, market=MARKET)


@given(BOOK)
@settings(max_examples=25)
def test_a_flat_book_requires_nothing(legs):
    opposite = [dataclasses.replace(leg, quantity=-leg.quantity) for leg in legs]
    assert required([*legs, *opposite]).requirement == 0


@given(BOOK, st.integers(2, 50))
@settings(max_examples=25)
def test_n_lots_cost_n_times_one(legs, times):
    many = [dataclasses.replace(leg, quantity=times * leg.quantity) for leg in legs]
    assert required(many).requirement == pytest.approx(times * required(legs).requirement, rel=1e-12, abs=1e-9)


@given(BOOK, st.randoms())
@settings(max_examples=25)
def test_the_order_of_legs_is_nothing(legs, random):
    shuffled = random.sample(legs, len(legs))
    assert required(shuffled).requirement == required(legs).requirement


@given(BOOK, BOOK)
@settings(max_examples=25)
def test_two_books_together_never_cost_more_than_apart(one, other):
    together, apart = required([*one, *other]), required(one).requirement + required(other).requirement
    assert together.requirement <= apart + 1e-6


@given(BOOK)
@settings(max_examples=25)
def test_the_account_is_the_sum_of_its_classes_and_they_of_their_legs(legs):
    found = required(legs)
    assert found.complete
    assert found.requirement == pytest.approx(sum(group.requirement for group in found.classes))
    for group, row in zip(found.classes, found.grid(), strict=True):
        assert row == pytest.approx(np.sum([leg.profit for leg in group.legs], axis=0), abs=1e-6)
        assert sum(line.amount for line in group.lines) == pytest.approx(group.requirement, abs=1e-6)


ODD = st.builds(
    Leg,
    st.sampled_from(["SPX", "SPY", "IBM", "VIX", "ES", "X"]),
    st.sampled_from(list(Right)),
    st.sampled_from([-3.0, -1.0, 0.0, 1.0, 1e9, 0.5]),
    st.sampled_from([math.nan, 0.0, 95.0, 100.0, 1e5]),
    st.sampled_from([None, DAY, DAY + dt.timedelta(1), DAY + dt.timedelta(4000), DAY - dt.timedelta(3)]),
    st.sampled_from([math.nan, -1.0, 0.0, 0.01, 5.0, 1e6, math.inf]),
    st.sampled_from([1.0, 100.0]),
    st.sampled_from([math.nan, -5.0, 0.0, 97.3, 100.0, math.inf]),
    st.sampled_from(list(AssetClass)),
    st.sampled_from(list(Style)),
)


@given(st.lists(ODD, max_size=6), st.booleans())
@settings(max_examples=100)
def test_whatever_comes_in_there_is_a_figure_or_a_reason_and_never_a_smaller_total(legs, with_futures):
    found = portfolio_margin(book(*legs), DAY, with_futures=with_futures)
    blocking = [each for each in found.findings if each.severity is Severity.INCOMPLETE]
    assert found.complete == (not blocking) == math.isfinite(found.requirement)
    assert not any(group.blocked for group in found.classes) or blocking
    for group in found.classes:
        assert group.blocked == math.isnan(group.requirement)
        if not group.blocked:
            assert sum(line.amount for line in group.lines) == pytest.approx(group.requirement, rel=1e-9, abs=1e-6)
