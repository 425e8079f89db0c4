"""Spreads inside a combined commodity: series to series, then tier to tier, and what they are charged.

Method 10 (table driven). Source: ICE Clear US, SPAN Margin System (2015), section 2.3; charge methods: CME, PC-SPAN report
"Intra Spreads" (flat; per month, with a rate per spread beside it; weighted price risk).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.risk.span.periods import months_between, period_text
from optmargin.risk.span.words import ChargeMethod, Side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from optmargin.risk.span.delta import DeltaPool
    from optmargin.risk.span.model import IntraSpread, SpreadLeg, Tier

_NOTHING = 1e-9
_PAIR = 2

# What one leg of a formed spread took: period and deltas.
_Taken = list[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class FormedSpread:
    """Spreads of one kind that were formed.

    Attributes:
        priority: of the spread.
        name: which it is: ``tier 1 - tier 2``.
        count: how many.
        amount: the charge, currency; of an intercommodity leg the credit, positive.
        working: how the amount came about.
        deltas: by leg, what it is and the signed deltas that it consumed.
        commodities: codes of the combined commodities of an intercommodity spread; empty inside one.
    """

    priority: int
    name: str
    count: float
    amount: float
    working: str
    deltas: tuple[tuple[str, float], ...] = ()
    commodities: tuple[str, ...] = ()

    def times(self, factor: float) -> FormedSpread:
        """The same with its amount in another currency."""
        return replace(self, amount=self.amount * factor)


def charge_intra(
    spreads: Iterable[IntraSpread],
    tiers: Sequence[Tier],
    pool: DeltaPool,
    price_risk: Callable[[], float],
    decimals: int | None = None,
) -> list[FormedSpread]:
    """Forms the spreads of one combined commodity and consumes their deltas.

    Args:
        spreads: in any order; series to series come first, then tier to tier, each by priority.
        tiers: intracommodity tiers; without any, a tier is all periods.
        pool: deltas; changed.
        price_risk: gives the weighted futures price risk, for spreads charged by it.
        decimals: to which the number of spreads is rounded; None for not at all.

    Raises:
        MarginError: ``#VALUE!`` for a spread of a tier that isn't there, or charged per month with more than two legs.
    """
    formed = []
    for spread in sorted(spreads, key=lambda each: (not each.is_series, each.priority)):
        for long_side in Side:
            found = _form(spread, tiers, pool, price_risk, long_side, decimals)
            if found is not None:
                formed.append(found)
    return formed


def _form(
    spread: IntraSpread,
    tiers: Sequence[Tier],
    pool: DeltaPool,
    price_risk: Callable[[], float],
    long_side: Side,
    decimals: int | None,
) -> FormedSpread | None:
    legs = [(leg, _periods(leg, tiers, pool), leg.side is long_side) for leg in spread.legs]
    count = min(_possible(legs, pool, is_long=True), _possible(legs, pool, is_long=False))
    if decimals is not None:
        count = round(count, decimals)
    if not _NOTHING < count < float("inf"):
        return None
    # narrow legs first: a leg that reaches further must not take what another has no choice about
    taken: dict[int, _Taken] = {}
    for at in sorted(range(len(legs)), key=lambda at: (legs[at][1][-1], -legs[at][1][0])):
        leg, periods, is_long = legs[at]
        taken[at] = pool.consume(periods, count * leg.ratio, is_long=is_long)
    amount, working = _charge(spread, [taken[at] for at in range(len(legs))], count, price_risk)
    names = [_name(leg) for leg in spread.legs]
    deltas = tuple(
        (name, count * leg.ratio * (1 if is_long else -1)) for name, (leg, _, is_long) in zip(names, legs, strict=True)
    )
    return FormedSpread(spread.priority, " - ".join(names), count, amount, working, deltas)


def _periods(leg: SpreadLeg, tiers: Sequence[Tier], pool: DeltaPool) -> list[int]:
    """The periods, among those with a delta, from which a leg may take; front first."""
    if leg.period:
        return [leg.period] if leg.period in pool.net else []
    if not tiers:
        return pool.periods
    chosen = [tier for tier in tiers if tier.number == leg.tier]
    if not chosen:
        raise MarginError(ErrorCode.VALUE, f"a spread names tier {leg.tier}, which isn't in the table", "mend the file")
    return [number for number in pool.periods if any(tier.holds(number) for tier in chosen)]


def _possible(legs: list[tuple[SpreadLeg, list[int], bool]], pool: DeltaPool, *, is_long: bool) -> float:
    """How many spreads the legs of one side allow.

    Legs that share periods must do with them together: of every group of legs, what they want may not be more than what all
    their periods hold.
    """
    own = [(leg.ratio, periods) for leg, periods, leg_is_long in legs if leg_is_long == is_long]
    count = float("inf")
    for size in range(1, len(own) + 1):
        for group in combinations(own, size):
            periods = {number for _, numbers in group for number in numbers}
            count = min(count, pool.side(periods, is_long=is_long) / sum(ratio for ratio, _ in group))
    return count


def _charge(
    spread: IntraSpread, taken: list[_Taken], count: float, price_risk: Callable[[], float]
) -> tuple[float, str]:
    if math.isnan(spread.rate):
        names = " - ".join(_name(leg) for leg in spread.legs)
        raise MarginError(ErrorCode.MISSING, f"the rate of the spread {names} isn't known", "write it into the table")
    if spread.method is ChargeMethod.FLAT:
        return count * spread.rate, f"{count:.10g} spreads x {spread.rate:.10g}"
    if spread.method is ChargeMethod.WEIGHTED:
        deltas, risk = count * sum(leg.ratio for leg in spread.legs), price_risk()
        return deltas * spread.rate * risk, f"{deltas:.10g} deltas x {spread.rate:.10g} x price risk {risk:.10g}"
    if len(spread.legs) != _PAIR:
        raise MarginError(
            ErrorCode.VALUE, f"a spread of {len(spread.legs)} legs is charged per month", "between which is not known"
        )
    amount, parts = 0.0, []
    for number, months in _pairs(taken, [leg.ratio for leg in spread.legs]):
        amount += number * (months * spread.rate + spread.rate_per_spread)
        beside = f" + {spread.rate_per_spread:.10g}" if spread.rate_per_spread else ""
        parts.append(f"{number:.10g} spreads x ({months} months x {spread.rate:.10g}{beside})")
    return amount, " + ".join(parts)


def _pairs(taken: list[_Taken], ratios: list[float]) -> list[tuple[float, int]]:
    """Number of spreads and months between their legs, front periods paired with front periods."""
    one, other = (
        [(number, amount / ratio) for number, amount in leg] for leg, ratio in zip(taken, ratios, strict=True)
    )
    found: list[tuple[float, int]] = []
    first = second = 0
    used_first = used_second = 0.0
    while first < len(one) and second < len(other):
        number = min(one[first][1] - used_first, other[second][1] - used_second)
        if number > _NOTHING:
            found.append((number, months_between(one[first][0], other[second][0])))
        used_first, used_second = used_first + number, used_second + number
        if one[first][1] - used_first <= _NOTHING:
            first, used_first = first + 1, 0.0
        if other[second][1] - used_second <= _NOTHING:
            second, used_second = second + 1, 0.0
    return found


def _name(leg: SpreadLeg) -> str:
    ratio = "" if leg.ratio == 1 else f"{leg.ratio:.10g} x "
    return f"{ratio}{period_text(leg.period)}" if leg.period else f"{ratio}tier {leg.tier}"
