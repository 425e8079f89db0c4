"""The ten valuation points of TIMS: five equal steps down and five up; zero isn't among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

POINTS = 10


def points_between(down: float, up: float) -> NDArray[np.float64]:
    """The ten moves of a range, from the farthest down to the farthest up: -8, -6.4, ... -1.6, +1.2, ... +6 % of -8 / +6 %.

    That no point is zero shows in the published requirement of long straddles: the minimum, and no time value lost (Cboe,
    Margin Requirement Examples for Sample Options-based Positions, 2007).

    Args:
        down: the farthest move down, a fraction below zero.
        up: the farthest move up, a fraction above zero.
    """
    steps = np.arange(1, POINTS // 2 + 1) / (POINTS // 2)
    return np.concatenate((down * steps[::-1], up * steps))
