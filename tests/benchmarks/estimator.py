"""margin-estimator, asked the same as we are; without it, :data:`HERE` is False and the comparisons are left out."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from importlib.util import find_spec
from typing import Any

HERE = find_spec("margin_estimator") is not None
WITHOUT = "margin-estimator isn't installed, so it isn't compared: see README.md"
FIRST_DAY = dt.date(2030, 1, 18)  # it reads the clock, and options that have expired are none of its worries


def option(right: str, strike: float, price: float, quantity: int, expiry: int = 0) -> Any:
    """One of its options; ``expiry`` counts weeks."""
    from margin_estimator import Option, OptionType

    return Option(
        expiration=FIRST_DAY + dt.timedelta(weeks=expiry),
        price=Decimal(str(price)),
        quantity=quantity,
        strike=Decimal(str(strike)),
        type=OptionType.CALL if right == "call" else OptionType.PUT,
    )


def underlying(price: float, *, broad: bool = False) -> Any:
    """One of its underlyings; a broad index, or a stock."""
    from margin_estimator import ETFType, Underlying

    return Underlying(price=Decimal(str(price)), etf_type=ETFType.BROAD if broad else None)


def margin(legs: list[Any], of: Any) -> float:
    """What it requires, USD: net of premium for spreads, premium included for uncovered options."""
    from margin_estimator import calculate_margin

    return float(calculate_margin(legs, of).margin_requirement)
