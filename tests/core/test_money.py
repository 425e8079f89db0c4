"""Rounding to the cent, half to even, and how amounts are written."""

import math

import pytest

from optmargin.core.money import cents, dollars, per_share, plain


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        (0.775, 0.78),  # IBKR's margin report: 0.775 -> 0.78 and 0.725 -> 0.72
        (0.725, 0.72),
        (-0.725, -0.72),
        (2.675, 2.68),
        (1e12 + 0.125, 1e12 + 0.12),
        (6945.25, 6945.25),
        (0.1 + 0.2, 0.3),
        (314.99999999999994, 315.0),
    ],
)
def test_half_goes_to_the_even_cent(amount, rounded):
    assert cents(amount) == rounded


def test_what_is_missing_stays_missing():
    assert cents(math.nan) is None
    assert cents(None) is None
    assert dollars(math.nan) == "not known"


def test_zero_has_no_sign():
    assert math.copysign(1, cents(-0.001)) == 1


def test_amounts_for_people():
    assert dollars(2500) == "2,500.00"
    assert [per_share(value) for value in (3.48 - 2.6, 1.74, 2.5, 0.0125)] == ["0.88", "1.74", "2.50", "0.0125"]
    assert [plain(value) for value in (3800.0, 0.65, 2.5)] == ["3800", "0.65", "2.5"]
