"""Rounding to the cent, fast and of whole columns, against the rounding of the shortest decimal, digit by digit."""

import math
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optmargin.core.money import cents, cents_of_column


def by_decimals(amount):
    """The rounding as it is defined: the shortest decimal, twelve digits of it below a thousand million, half to even."""
    if math.isnan(amount):
        return None
    if abs(amount) > 1e25:  # whole already, and too many digits for the decimals of Python
        return amount
    shortest = Decimal(f"{amount:.12g}") if abs(amount) < 1e9 else Decimal(repr(float(amount)))
    return float(shortest.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)) + 0.0


def same(found, expected):
    """Equal to the last bit, and neither a zero with a sign."""
    if expected is None:
        return found is None or math.isnan(found)
    return found == expected and math.copysign(1, found) == math.copysign(1, expected)


def both_agree(amounts):
    column = cents_of_column(np.array(amounts, dtype=np.float64)).tolist()
    for amount, of_column in zip(amounts, column, strict=True):
        expected = by_decimals(amount)
        assert same(cents(amount), expected), amount
        assert same(of_column, expected), amount


def near(amount, steps=3):
    """An amount and its neighbours among the floats."""
    found = [amount]
    for direction in (-math.inf, math.inf):
        at = amount
        for _ in range(steps):
            at = math.nextafter(at, direction)
            found.append(at)
    return found


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e2, 1e4, 1e6, 1e7, 1e8, 1e9, 9e9, 1e10, 1e11, 1e13, 1e15, 1e18])
def test_random_amounts_of_every_size(size):
    random = np.random.default_rng(int(size * 1000) % 2**32)
    amounts = random.uniform(-size, size, 1000)
    both_agree(amounts.tolist())
    both_agree(np.round(amounts, 3).tolist())


@pytest.mark.parametrize("size", [1, 10, 1000, 10**5, 10**7, 10**8, 10**9, 10**10, 10**11, 10**12])
def test_halves_and_their_neighbours(size):
    random = np.random.default_rng(size)
    for whole in random.integers(0, size, 100).tolist():
        for half in (0.005, 0.015, 0.025, 0.125, 0.725, 0.775, 0.985, 0.995):
            both_agree([sign * amount for amount in near(whole + half) for sign in (1, -1)])


@pytest.mark.parametrize("exponent", range(-4, 16))
def test_where_the_number_of_digits_changes(exponent):
    both_agree([sign * amount for amount in near(10.0**exponent, 20) for sign in (1, -1)])


def test_as_near_to_a_half_as_twelve_digits_tell():
    # 1 + 4e-12 has twelve digits of 1: shares of a half that the 12th digit still sees, and those that it drops
    for half in (0.005, 0.725, 12.345, 1234.565, 99999.995, 1234567.885, 99999999.995):
        for share in (1e-13, 1e-12, 4e-12, 5e-12, 6e-12, 7e-12, 1e-11, 1e-10):
            both_agree([half * (1 + share), half * (1 - share), -half * (1 + share), -half * (1 - share)])


def test_what_is_not_an_amount():
    both_agree([math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324, -5e-324, -0.001, 1.7e308])
    assert cents_of_column(np.zeros(0)).tolist() == []


@settings(max_examples=500, deadline=None)
@given(st.lists(st.floats(width=64), max_size=8))
def test_any_float(amounts):
    both_agree(amounts)


@settings(max_examples=500, deadline=None)
@given(st.integers(-(10**15), 10**15), st.integers(0, 4))
def test_any_decimal(digits, places):
    both_agree([digits / 10**places])


def test_the_half_cent_of_a_large_amount_is_seen():
    # Twelve digits of it would end at .95 before the half is looked at.
    assert cents(2022151543.945) == 2022151543.94
    assert cents_of_column(np.array([2022151543.945])).tolist() == [2022151543.94]
