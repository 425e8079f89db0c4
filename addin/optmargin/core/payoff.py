"""What options are worth at settlement: intrinsic values, and the loss of a group of legs over every settlement price.

The payoff of options of one expiry is piecewise linear in the settlement price, with kinks at the strikes only. So its worst
value lies at a strike or at zero, or beyond the highest strike where calls are net short.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import Right
from optmargin.core.money import plain

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class LossProfile:
    """The loss of a group of legs at every price where it can be worst.

    Attributes:
        prices: settlement prices, ascending: zero and every strike; USD per share, shape (k,).
        losses: loss at each of them, USD, negative where the legs gain; premiums are apart, shape (k,).
        slope_above: change of the loss for one dollar more above the highest strike, USD; positive is unlimited loss.
    """

    prices: NDArray[np.float64]
    losses: NDArray[np.float64]
    slope_above: float

    @property
    def worst(self) -> float:
        """The worst loss over all settlement prices, USD; zero where the legs can't lose; infinite where it is unlimited."""
        if self.slope_above > 0:
            return math.inf
        return max(0.0, float(self.losses.max(initial=0.0)))

    @property
    def worst_runs(self) -> list[tuple[float, float]]:
        """The ranges of settlement prices at which the loss is worst, ascending: from, to; ``inf`` where a range never ends."""
        worst = self.worst
        if worst <= 0:
            return []
        if math.isinf(worst):
            return [(math.inf, math.inf)]
        at_worst = np.flatnonzero(self.losses >= worst)
        # Prices next to one another are one range: the loss between them is linear, and neither end is less than the worst.
        runs = np.split(at_worst, np.flatnonzero(np.diff(at_worst) > 1) + 1)
        last = len(self.prices) - 1
        return [
            (
                float(self.prices[run[0]]),
                math.inf if run[-1] == last and self.slope_above == 0 else float(self.prices[run[-1]]),
            )
            for run in runs
        ]

    @property
    def worst_price(self) -> float:
        """A settlement price at which the loss is worst: the strike where the first such range meets the others, USD per share.

        NaN where the legs can't lose, infinite where the loss is unlimited.
        """
        runs = self.worst_runs
        if not runs:
            return math.nan
        start, end = runs[0]
        if start == 0:
            return end if math.isfinite(end) else float(self.prices[-1])
        return start

    def worst_in_words(self) -> str:
        """Where the loss is worst: ``at 3795 and below``, ``from 3905 to 4100``, ``at 3985 and above``."""
        words = []
        for start, end in self.worst_runs:
            if start == 0 < end:
                words.append(f"at {plain(end)} and below" if math.isfinite(end) else "at every price")
            elif math.isinf(end):
                words.append(f"at {plain(start)} and above")
            else:
                words.append(f"at {plain(start)}" if start == end else f"from {plain(start)} to {plain(end)}")
        return ", and ".join(words)

    @property
    def at_zero(self) -> float:
        """The loss at and below the lowest strike, where puts settle deepest, USD."""
        return float(self.losses[0])

    @property
    def above(self) -> float:
        """The loss at and above the highest strike, USD; infinite where calls are net short."""
        return math.inf if self.slope_above > 0 else float(self.losses[-1])


def intrinsic(right: NDArray[np.int8], strike: NDArray[np.float64], price: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intrinsic value per share: of each option (rows, shape (n,)) at each settlement price (columns, shape (k,))."""
    ahead = price[np.newaxis, :] - strike[:, np.newaxis]
    sign = np.where(right == Right.CALL, 1.0, -1.0)[:, np.newaxis]
    return np.maximum(ahead * sign, 0.0)


def loss_profile(
    right: NDArray[np.int8], strike: NDArray[np.float64], shares: NDArray[np.float64], slope_tolerance: float = 1e-9
) -> LossProfile:
    """The loss of options of one expiry over all settlement prices, in O(n log n).

    Args:
        right: call or put, shape (n,).
        strike: USD per share, shape (n,).
        shares: signed contracts times multiplier, negative for short, shape (n,).
        slope_tolerance: net short shares above the highest strike up to this count as none (noise of fractions).
    """
    prices, place = np.unique(strike, return_inverse=True)
    is_call = right == Right.CALL
    # Loss of calls: a running sum of shares from below times the steps between strikes; of puts: the same from above.
    calls = np.bincount(place[is_call], weights=shares[is_call], minlength=len(prices))
    puts = np.bincount(place[~is_call], weights=shares[~is_call], minlength=len(prices))
    steps = np.diff(prices)
    gain = np.zeros(len(prices))
    gain[1:] += np.cumsum(np.cumsum(calls)[:-1] * steps)
    puts_above = np.cumsum(puts[::-1])[::-1]
    gain[:-1] += np.cumsum((puts_above[1:] * steps)[::-1])[::-1]
    at_zero = float((shares[~is_call] * strike[~is_call]).sum()) if len(prices) else 0.0
    if len(prices) and prices[0] > 0:
        prices = np.concatenate(([0.0], prices))
        gain = np.concatenate(([at_zero], gain))
    elif not len(prices):
        prices, gain = np.zeros(1), np.zeros(1)
    slope = -float(calls.sum()) if len(calls) else 0.0
    return LossProfile(prices, -gain + 0.0, slope if slope > slope_tolerance else 0.0)
