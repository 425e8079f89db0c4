"""Digits of prices: 32nds, 64ths and eighths; the layouts' own words: points and 32nds, last digit a truncated eighth."""

import math

import numpy as np
import pytest

from optmargin.core.errors import MarginError
from optmargin.risk.span.files.prices import decoded, encoded


@pytest.mark.parametrize(
    ("digits", "decimals", "alignment", "price"),
    [
        (250000, 2, "", 2500.0),
        (9999998, 0, "", 9_999_998.0),
        (42, -2, "", 4200.0),  # a locator of -2 leaves two zeros out
        (122060, 3, "C", 122 + 6 / 32),
        (122317, 3, "C", 122 + 31.75 / 32),
        (12206, 2, "C", 122 + 6 / 32),
        (1325, 3, "K", 1 + 32.5 / 64),
        (1637, 3, "K", 1 + 63.75 / 64),
        (1122, 1, "0", 112.25),  # a strike of Treasury options
        (3757, 3, "0", 375.75),  # cents of corn, whatever the locator
    ],
)
def test_digits_become_prices_and_back(digits, decimals, alignment, price):
    assert decoded(np.array([digits]), decimals, alignment).tolist() == [price]
    assert encoded(price, decimals, alignment) == digits
    assert encoded(-price, decimals, alignment) == digits  # the sign stands elsewhere


@pytest.mark.parametrize(
    ("digits", "decimals", "alignment"),
    [(3754, 3, "0"), (3759, 3, "0"), (122064, 3, "C"), (122320, 3, "C"), (122640, 3, "K")],
)
def test_digits_that_stand_for_nothing_are_no_price(digits, decimals, alignment):
    assert math.isnan(decoded(np.array([digits]), decimals, alignment)[0])


@pytest.mark.parametrize(("decimals", "alignment"), [(4, "C"), (1, "K"), (2, "Q")])
def test_an_alignment_that_is_not_known_is_refused(decimals, alignment):
    with pytest.raises(MarginError, match="aren't known"):
        decoded(np.array([1]), decimals, alignment)


@pytest.mark.parametrize(("price", "decimals", "alignment"), [(2500.125, 2, ""), (122.1, 3, "C"), (375.8, 3, "0")])
def test_a_price_that_does_not_fit_is_not_rounded(price, decimals, alignment):
    with pytest.raises(MarginError, match="can't be written"):
        encoded(price, decimals, alignment)
