"""Uncovered short options: premium plus the greatest of three tests, and which of them bound.

Per share: ``P + max(rate x S - out-of-the-money amount, minimum rate x S or K, floor)``. Sources are in the books' files under
``uncovered``; the formula is that of Cboe Rule 10.3 (formerly 12.3), FINRA Rule 4210(f)(2) and the brokers' margin pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import AssetClass, Right
from optmargin.core.money import per_share
from optmargin.rules.rates import class_rate
from optmargin.rules.terms import PutMinimumBase

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optmargin.rules.terms import UncoveredTerms

# The tests by name, and the word for each in the working.
TESTS = ("rate less out-of-the-money amount", "minimum rate", "floor per share")
_IN_SHORT = ("rate", "minimum", "floor")


@dataclass(frozen=True, slots=True)
class Uncovered:
    """The tests of an uncovered option, USD per share; each a number or an array of the arguments' broadcast shape.

    Attributes:
        premium: market price of the option.
        rate_test: rate times spot, less the out-of-the-money amount; may be negative.
        minimum_test: the minimum's rate times its base.
        floor_test: the book's floor; zero where it has none.
        minimum_premium: what is added to the minimum: the premium, or zero in a book that doesn't add it.
        floor_premium: the same for the floor.
    """

    premium: float | NDArray[np.float64]
    rate_test: float | NDArray[np.float64]
    minimum_test: float | NDArray[np.float64]
    floor_test: float
    minimum_premium: float | NDArray[np.float64]
    floor_premium: float | NDArray[np.float64]

    @property
    def per_share(self) -> float | NDArray[np.float64]:
        """The requirement, premium included."""
        with_minimum = np.maximum(self.premium + self.rate_test, self.minimum_premium + self.minimum_test)
        return np.maximum(with_minimum, self.floor_premium + self.floor_test)

    def binding(self) -> str:
        """The name of the test that bound, of a single option; the earliest of :data:`TESTS` where they are equal."""
        amounts = (
            float(self.premium + self.rate_test),
            float(self.minimum_premium + self.minimum_test),
            float(self.floor_premium + self.floor_test),
        )
        return TESTS[amounts.index(max(amounts))]

    def working(self) -> str:
        """The sum in words, of a single option: ``0.65 + max(0.88, 1.74, 2.50: floor)``."""
        tests = [per_share(float(self.rate_test)), per_share(float(self.minimum_test))]
        if self.floor_test > 0:
            tests.append(per_share(self.floor_test))
        bound = TESTS.index(self.binding())
        tests[bound] = f"{tests[bound]}: {_IN_SHORT[bound]}"
        return f"{per_share(float(self.premium))} + max({', '.join(tests)})"

    def one(self, at: int) -> Uncovered:
        """The tests of one element of a column."""
        shape = np.shape(self.per_share)

        def picked(figures: float | NDArray[np.float64]) -> float:
            return float(np.broadcast_to(figures, shape)[at])

        return Uncovered(
            premium=picked(self.premium),
            rate_test=picked(self.rate_test),
            minimum_test=picked(self.minimum_test),
            floor_test=self.floor_test,
            minimum_premium=picked(self.minimum_premium),
            floor_premium=picked(self.floor_premium),
        )


def uncovered(
    terms: UncoveredTerms,
    right: int | NDArray[np.int8],
    spot: float | NDArray[np.float64],
    strike: float | NDArray[np.float64],
    premium: float | NDArray[np.float64],
    asset_class: AssetClass | NDArray[np.object_],
    leverage: float | NDArray[np.float64] = 1.0,
) -> Uncovered:
    """The requirement of one uncovered short option per share; all arguments broadcast.

    Args:
        terms: the book's terms in force.
        right: call or put, as :class:`Right`.
        spot: price of the underlying, USD per share.
        strike: USD per share.
        premium: market price of the option, USD per share.
        asset_class: class of the underlying.
        leverage: factor of a leveraged fund, 1 for everything else.
    """
    is_call = np.equal(right, Right.CALL)
    factor = leverage if terms.leverage_multiplies else 1.0
    ahead = np.subtract(strike, spot)
    out_of_the_money = np.maximum(np.where(is_call, ahead, -ahead), 0.0)
    base = spot if terms.put_minimum_base is PutMinimumBase.UNDERLYING else np.where(is_call, spot, strike)
    return Uncovered(
        premium=premium,
        rate_test=class_rate(terms.rate, asset_class) * np.multiply(spot, factor) - out_of_the_money,
        minimum_test=class_rate(terms.minimum_rate, asset_class) * np.multiply(base, factor),
        floor_test=terms.floor_per_share,
        minimum_premium=premium if terms.minimum_includes_premium else 0.0,
        floor_premium=premium if terms.floor_includes_premium else 0.0,
    )
