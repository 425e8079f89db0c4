"""Long boxes among the covered legs of one expiry: a sure payment, on which some books lend.

A long box is a long call and a short put of one strike with a short call and a long put of a higher one. Cboe's manual (p. 49)
asks for half of the difference of the strikes where the options are European and cash-settled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import Right

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Box:
    """So many long boxes of two strikes.

    Attributes:
        lower, upper: the strikes, USD per share.
        units: how many.
        legs: the rows of the four legs: long call, short put, short call, long put.
    """

    lower: float
    upper: float
    units: int
    legs: tuple[int, int, int, int]


def long_boxes(
    rows: NDArray[np.intp], right: NDArray[np.int8], strike: NDArray[np.float64], units: NDArray[np.float64]
) -> list[Box]:
    """The long boxes in a group of covered legs, the widest first; no contract is in two of them.

    Args:
        rows: the legs' rows, shape (n,).
        right, strike: of each leg.
        units: signed contracts, negative for short.
    """
    left = units.astype(np.int64)
    strikes = strike.tolist()
    is_call, is_long = right == Right.CALL, units > 0

    def of_one_strike(calls: NDArray[np.bool_], puts: NDArray[np.bool_]) -> list[tuple[int, int]]:
        both = set(strike[calls].tolist()).intersection(strike[puts].tolist())
        if not both:
            return []
        puts_at: dict[float, list[int]] = {}
        for put in np.flatnonzero(puts).tolist():
            puts_at.setdefault(strikes[put], []).append(put)
        return [(call, put) for call in np.flatnonzero(calls).tolist() for put in puts_at.get(strikes[call], ())]

    lower = of_one_strike(is_call & is_long, ~is_call & (units < 0))
    upper = of_one_strike(is_call & (units < 0), ~is_call & is_long) if lower else []
    pairs = sorted(
        ((*low, *high) for low in lower for high in upper if strikes[high[0]] > strikes[low[0]]),
        key=lambda legs: (strike[legs[0]] - strike[legs[2]], strike[legs[0]]),
    )
    found = []
    for legs in pairs:
        count = int(min(abs(left[at]) for at in legs))
        if count:
            for at in legs:
                left[at] -= int(np.sign(units[at])) * count
            taken = (int(rows[legs[0]]), int(rows[legs[1]]), int(rows[legs[2]]), int(rows[legs[3]]))
            found.append(Box(float(strike[legs[0]]), float(strike[legs[2]]), count, taken))
    return found
