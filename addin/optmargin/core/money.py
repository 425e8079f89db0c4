"""Money at the edge: rounding to the cent, half to even, in one place; and how amounts are written for people."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal

CENT = Decimal("0.01")


def cents(amount: float | None) -> float | None:
    """An amount in USD rounded to the cent, half to even, as brokers' reports do (0.775 is 0.78, 0.725 is 0.72).

    The rounding looks at the shortest decimal that denotes the float, so that 0.725 counts as the half that a person wrote
    and not as the 0.72499... that the machine holds; noise beyond the 12th digit is dropped first. NaN becomes None.
    """
    if amount is None or math.isnan(amount):
        return None
    if math.isinf(amount):
        return amount
    shortest = Decimal(f"{amount:.12g}") if abs(amount) < 1e10 else Decimal(repr(float(amount)))
    return float(shortest.quantize(CENT, rounding=ROUND_HALF_EVEN)) + 0.0


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
