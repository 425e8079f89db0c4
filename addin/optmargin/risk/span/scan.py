"""Scan risk: the worst of 16 scenarios, and its split into time, volatility and price risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optmargin.risk.span.words import PAIRS, PRICE_MOVES, SCENARIOS, VOLATILITY_MOVES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_FIRST_EXTREME = 14  # zero-based: scenarios 15 and 16 move by the extreme multiplier
_THIRDS = {0: "unchanged", 1: "1/3 of the range", 2: "2/3 of the range", 3: "the whole range"}


@dataclass(frozen=True, slots=True)
class Scan:
    """The scan of one tier, or of a whole combined commodity.

    Attributes:
        tier: the scan tier's number; 0 where there are no tiers.
        losses: loss in each of the 16 scenarios, currency; negative is a gain.
        active: the scenario, 1 to 16, whose loss is largest; the lowest where several are.
        risk: that loss, or zero where nothing loses.
        time: time risk, the mean of scenarios 1 and 2.
        volatility: volatility risk, half of what the active scenario loses beyond its pair.
        price: price risk, what is left of the risk, never negative.
    """

    tier: int
    losses: tuple[float, ...]
    active: int
    risk: float
    time: float
    volatility: float
    price: float

    def working(self) -> str:
        """The active scenario in words: ``scenario 13: price down the whole range, volatility up``."""
        return f"scenario {self.active}: {scenario_text(self.active)}" if self.risk > 0 else "no scenario loses"


def scenario_text(number: int) -> str:
    """What a scenario, 1 to 16, is: ``price up 1/3 of the range, volatility down``."""
    at = number - 1
    side = "up" if PRICE_MOVES[at] > 0 else "down"
    if at >= _FIRST_EXTREME:
        return f"price {side} by the extreme move, a fraction of the loss counted"
    move = _THIRDS[round(abs(PRICE_MOVES[at]) * 3)]
    price = f"price {move}" if PRICE_MOVES[at] == 0 else f"price {side} {move}"
    return f"{price}, volatility {'up' if VOLATILITY_MOVES[at] > 0 else 'down'}"


def scan(losses: NDArray[np.float64], pairs: Sequence[int] = PAIRS, tier: int = 0) -> Scan:
    """The scan risk of one vector of 16 losses.

    Source: CME SPAN methodology; ICE Clear US, SPAN Margin System (2015), section 2.2.

    Args:
        losses: shape (16,), currency.
        pairs: the paired scenario of each, zero-based.
        tier: its number.
    """
    listed: list[float] = losses.tolist()
    worst = max(listed)
    active = listed.index(worst)
    risk = max(worst, 0.0)
    if risk == 0:
        return Scan(tier, tuple(listed), active + 1, 0.0, 0.0, 0.0, 0.0)
    time = (listed[0] + listed[1]) / 2
    paired = (risk + listed[pairs[active]]) / 2
    return Scan(tier, tuple(listed), active + 1, risk, time, risk - paired, max(paired - time, 0.0))


def no_losses() -> NDArray[np.float64]:
    """The vector of a flat book."""
    return np.zeros(SCENARIOS)
