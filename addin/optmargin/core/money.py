"""Money at the edge: rounding to the cent, half to even, in one place; and how amounts are written for people."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CENT = Decimal("0.01")

# From here on an amount's cents are no longer looked at in 12 digits.
_LARGE = 1e9
# From here on every float is a whole number, infinity included.
_WHOLE = 2.0**53
# How near to a half, as a share of the amount, the shortest decimal may lie on its other side: half a unit of the 12th digit
# (5e-12), and the rounding of the product with 100.
_NEAR_A_HALF = 6e-12


def cents(amount: float | None) -> float | None:
    """An amount in USD rounded to the cent, half to even, as brokers' reports do (0.775 is 0.78, 0.725 is 0.72).

    The rounding looks at the shortest decimal that denotes the float, so that 0.725 counts as the half that a person wrote
    and not as the 0.72499... that the machine holds; noise beyond the 12th digit is dropped first. NaN becomes None.
    """
    if amount is None:
        return None
    if -_LARGE < amount < _LARGE:
        hundredfold = amount * 100
        nearest = round(hundredfold)
        if abs(abs(hundredfold - nearest) - 0.5) > _NEAR_A_HALF * abs(hundredfold):
            return nearest / 100  # no half is near: every way of rounding agrees
    return _cents_of_the_shortest_decimal(amount)


def _cents_of_the_shortest_decimal(amount: float) -> float | None:
    if math.isnan(amount):
        return None
    if abs(amount) >= _WHOLE:
        return amount
    shortest = Decimal(f"{amount:.12g}") if abs(amount) < _LARGE else Decimal(repr(float(amount)))
    return float(shortest.quantize(CENT, rounding=ROUND_HALF_EVEN)) + 0.0


def cents_of_column(amounts: NDArray[np.float64]) -> NDArray[np.float64]:
    """A column of amounts, each rounded as :func:`cents` does; NaN stays NaN.

    Only amounts that may lie on a half are looked at one by one; of the others every way of rounding says the same.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # what isn't finite is among those looked at
        hundredfold = amounts * 100
        nearest = np.rint(hundredfold)
        rounded = nearest / 100 + 0.0
        clear = np.abs(np.abs(hundredfold - nearest) - 0.5) > _NEAR_A_HALF * np.abs(hundredfold)
        clear &= np.abs(amounts) < _LARGE
    for at in np.flatnonzero(~clear).tolist():
        found = _cents_of_the_shortest_decimal(float(amounts[at]))
        rounded[at] = math.nan if found is None else found
    return rounded


def dollars(amount: float | None) -> str:
    """An amount for a sentence: ``2,500.00``; ``not known`` where it is missing."""
    rounded = cents(amount)
    return "not known" if rounded is None else f"{rounded:,.2f}"


def per_share(price: float) -> str:
    """A price or an amount per share for a sentence: two decimals at least, six at most: ``2.50``, ``0.0125``."""
    whole, _, decimals = f"{price:.6f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def plain(number: float) -> str:
    """A price or a count for a sentence, without trailing zeros: ``3800``, ``0.65``."""
    return f"{number:,.10g}" if abs(number) >= 1e6 else f"{number:.10g}"
