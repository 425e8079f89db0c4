"""Who covers whom, in words: the covered shorts of a group side by side with the longs that cover them.

The requirement of a group needs no such pairs, since its loss is that of all legs together. People do: pairs are made in the
order of the strikes within each right, so that every covered contract has one long beside it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def partners(right: NDArray[np.int8], strike: NDArray[np.float64], units: NDArray[np.float64]) -> list[dict[int, int]]:
    """For each leg the legs beside it, by number, and how many contracts of each.

    Args:
        right, strike: of each leg, shape (n,).
        units: signed contracts, negative for short; short and long contracts of a right are equal in number.
    """
    beside: list[dict[int, int]] = [defaultdict(int) for _ in units]
    for kind in np.unique(right):
        mine = np.flatnonzero(right == kind)
        order = mine[np.argsort(strike[mine], kind="stable")]
        shorts = [int(at) for at in order if units[at] < 0]
        longs = [int(at) for at in order if units[at] > 0]
        left = {at: int(abs(units[at])) for at in (*shorts, *longs)}
        short, long = 0, 0
        while short < len(shorts) and long < len(longs):
            one, other = shorts[short], longs[long]
            count = min(left[one], left[other])
            beside[one][other] += count
            beside[other][one] += count
            for at in (one, other):
                left[at] -= count
            short += left[one] == 0
            long += left[other] == 0
    return beside
