"""Composite deltas of a combined commodity by period, and what spreads have consumed of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# What is left of a delta below this is rounding of the floats, not a position.
_NOTHING = 1e-9


class DeltaPool:
    """Signed deltas by period; spreads consume them, front period first.

    A combined commodity's deltas are net in each period, so that a period is either long or short. Pools of several periods
    (a tier) have a long and a short part, which are never netted against each other.
    """

    def __init__(self, net: Mapping[int, float], decimals: int | None = None) -> None:
        """The pool of net deltas by period; with ``decimals`` they are rounded first, as clearing software may."""
        self.net = {
            number: delta if decimals is None else round(delta, decimals)
            for number, delta in sorted(net.items())
            if abs(delta) > _NOTHING
        }
        self.left = dict(self.net)

    @property
    def periods(self) -> list[int]:
        """All periods with a delta, front first."""
        return list(self.net)

    def total(self, periods: Iterable[int] | None = None) -> float:
        """Net delta before any spread, of some periods or of all."""
        return sum(self.net.get(number, 0.0) for number in (self.net if periods is None else periods))

    def remaining(self, periods: Iterable[int] | None = None) -> float:
        """Net delta that is left."""
        return sum(self.left.get(number, 0.0) for number in (self.left if periods is None else periods))

    def consumed(self, number: int) -> float:
        """Signed delta of a period that spreads consumed."""
        return self.net.get(number, 0.0) - self.left.get(number, 0.0)

    def side(self, periods: Iterable[int], *, is_long: bool) -> float:
        """The long (or short) deltas left in some periods, as a positive number."""
        sign = 1.0 if is_long else -1.0
        return sum(max(sign * self.left.get(number, 0.0), 0.0) for number in periods)

    def consume(self, periods: Sequence[int], amount: float, *, is_long: bool) -> list[tuple[int, float]]:
        """Takes deltas of one side from the front period on; returns what was taken, period by period, positive."""
        sign = 1.0 if is_long else -1.0
        taken: list[tuple[int, float]] = []
        for number in periods:
            here = min(max(sign * self.left.get(number, 0.0), 0.0), amount)
            if here <= 0:
                continue
            rest = self.left[number] - sign * here
            self.left[number] = 0.0 if abs(rest) <= _NOTHING else rest
            taken.append((number, here))
            amount -= here
            if amount <= _NOTHING:
                break
        return taken

    def scaled(self, factor: float) -> DeltaPool:
        """The same pool in other units: net and left deltas times a factor."""
        pool = DeltaPool({number: delta * factor for number, delta in self.net.items()})
        pool.left = {number: self.left[number] * factor for number in pool.net}
        return pool

    def plus(self, other: DeltaPool) -> DeltaPool:
        """Two pools in one; a period that is long in one and short in the other nets."""
        numbers = sorted({*self.net, *other.net})
        pool = DeltaPool({number: self.net.get(number, 0.0) + other.net.get(number, 0.0) for number in numbers})
        pool.left = {number: self.left.get(number, 0.0) + other.left.get(number, 0.0) for number in pool.net}
        return pool
