"""Uncovered short options: premium plus the greatest of three tests, and which of them bound.

Per share: ``P + max(rate x S - out-of-the-money amount, minimum rate x S or K, floor)``. Sources are in the books' files under
``uncovered``; the formula is that of Cboe Rule 10.3 (formerly 12.3), FINRA Rule 4210(f)(2) and the brokers' margin pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from optmargin.core.contracts import AssetClass, Right
from optmargin.core.money import per_share
from optmargin.rules.rates import class_rate
from optmargin.rules.terms import PutMinimumBase

if TYPE_CHECKING:
    from optmargin.rules.terms import UncoveredTerms

# The tests by name, and the word for each in the working.
TESTS = ("rate less out-of-the-money amount", "minimum rate", "floor per share")
_IN_SHORT = ("rate", "minimum", "floor")

_CALL = int(Right.CALL)

# A figure per share and a truth: of one option, or of a column of them.
Figure = float | NDArray[np.float64]
Truth = bool | NDArray[np.bool_]


def _greater(one: Figure, other: Figure) -> Figure:
    """The greater of two, element by element; NaN where either is. Plain comparison where no column is in it: it is faster."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.maximum(one, other)
    return one if one > other or one != one else other  # NaN alone differs from itself


def _either(is_first: Truth, first: Figure, second: Figure) -> Figure:
    """The first figure or the second, element by element."""
    if isinstance(is_first, np.ndarray):
        return np.where(is_first, first, second)
    return first if is_first else second


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

    premium: Figure
    rate_test: Figure
    minimum_test: Figure
    floor_test: float
    minimum_premium: Figure
    floor_premium: Figure

    @property
    def per_share(self) -> Figure:
        """The requirement, premium included."""
        with_minimum = _greater(self.premium + self.rate_test, self.minimum_premium + self.minimum_test)
        return _greater(with_minimum, self.floor_premium + self.floor_test)

    def binding(self) -> str:
        """The name of the test that bound, of a single option; the earliest of :data:`TESTS` where they are equal."""
        amounts = (
            float(self.premium + self.rate_test),
            float(self.minimum_premium + self.minimum_test),
            float(self.floor_premium + self.floor_test),
        )
        return TESTS[amounts.index(max(amounts))]

    def working(self) -> str:
        """The sum in words, of a single option: ``0.65 + max(0.88, 1.74, 2.50: floor)``.

        Where the book adds the premium to some of the tests only, it stands with those: ``max(0.65 + 0.88, 0.65 + 1.74, 2.50)``.
        """
        amounts = [self.rate_test, self.minimum_test, *([self.floor_test] if self.floor_test > 0 else [])]
        added = (self.premium, self.minimum_premium, self.floor_premium)[: len(amounts)]
        premium = per_share(float(self.premium))
        is_everywhere = all(each == self.premium for each in added)
        tests = [per_share(float(amount)) for amount in amounts]
        if not is_everywhere:
            tests = [
                f"{premium} + {test}" if each == self.premium else test for test, each in zip(tests, added, strict=True)
            ]
        bound = TESTS.index(self.binding())
        tests[bound] = f"{tests[bound]}: {_IN_SHORT[bound]}"
        return f"{premium} + max({', '.join(tests)})" if is_everywhere else f"max({', '.join(tests)})"

    def one(self, at: int) -> Uncovered:
        """The tests of one element of a column."""
        shape = np.shape(self.per_share)

        def picked(figures: Figure) -> float:
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
    spot: Figure,
    strike: Figure,
    premium: Figure,
    asset_class: AssetClass | NDArray[np.object_],
    leverage: Figure = 1.0,
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
    is_call = right == _CALL
    factor = leverage if terms.leverage_multiplies else 1.0
    out_of_the_money = _greater(_either(is_call, strike - spot, spot - strike), 0.0)
    base = spot if terms.put_minimum_base is PutMinimumBase.UNDERLYING else _either(is_call, spot, strike)
    return Uncovered(
        premium=premium,
        rate_test=class_rate(terms.rate, asset_class) * (spot * factor) - out_of_the_money,
        minimum_test=class_rate(terms.minimum_rate, asset_class) * (base * factor),
        floor_test=terms.floor_per_share,
        minimum_premium=premium if terms.minimum_includes_premium else 0.0,
        floor_premium=premium if terms.floor_includes_premium else 0.0,
    )
