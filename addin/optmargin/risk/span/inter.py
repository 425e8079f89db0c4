"""Spreads between combined commodities: credit by deltas, by tiers, or by scanning the legs as one commodity.

Sources: CME, PC-SPAN reports "Inter Spreads" and "Intercommodity Spreading Tier Requirements"; ICE Clear US, SPAN Margin System
(2015), section 2.5; record type 6 of the parameter file.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.risk.span.delta import DeltaPool
from optmargin.risk.span.intra import FormedSpread
from optmargin.risk.span.minimum import ShortOptionMinimum
from optmargin.risk.span.model import AccountKind, InterMethod, InterSpread, Side
from optmargin.risk.span.scan import no_losses
from optmargin.risk.span.state import CommodityState, OptionValue, rate_of_exchange, tier_losses

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from optmargin.risk.span.model import SpanParameters, SpreadLeg, Tier

_NOTHING = 1e-9


def eligible(spread: InterSpread, kind: AccountKind) -> bool:
    """Whether an account of this kind may have the spread: ``N`` and ``H`` are not for customers."""
    return spread.eligibility not in {"N", "H"} or kind is AccountKind.MEMBER


def in_order(spreads: Iterable[InterSpread], *, is_super: bool) -> list[InterSpread]:
    """The super spreads, or the others, by priority."""
    return sorted((spread for spread in spreads if spread.is_super == is_super), key=lambda each: each.priority)


def credit(
    spread: InterSpread, states: dict[str, CommodityState], parameters: SpanParameters, decimals: int | None
) -> None:
    """Forms one spread as often as it can be, and credits it to its legs; states change, and may merge.

    Raises:
        MarginError: for a tier, a scan range, a target or a rate of exchange that isn't there.
    """
    if spread.method is InterMethod.SCANNING:
        _merge(spread, states, parameters)
        return
    if any(leg.commodity not in states for leg in spread.legs):
        return
    for long_side in Side:
        if spread.method is InterMethod.TIERED and not any(leg.tier for leg in spread.legs):
            _form_by_tier(spread, states, long_side, decimals)
        else:
            _form(spread, states, long_side, decimals)


def _form_by_tier(
    spread: InterSpread, states: dict[str, CommodityState], long_side: Side, decimals: int | None
) -> None:
    """Forms a tiered spread that names no tiers: tier with tier of the same number, no more than the net deltas allow."""
    left = _possible(spread, states, long_side)
    numbers = sorted({tier.number for leg in spread.legs for tier in states[leg.commodity].commodity.inter_tiers})
    for number in numbers:
        if left <= _NOTHING:
            break
        legs = tuple(replace(leg, tier=number) for leg in spread.legs)
        left -= _form(replace(spread, legs=legs), states, long_side, decimals, at_most=left)


def _possible(spread: InterSpread, states: dict[str, CommodityState], long_side: Side) -> float:
    """How many spreads the net deltas that are left allow, in one orientation."""
    wanted: dict[tuple[str, int], float] = defaultdict(float)
    for leg in spread.legs:
        wanted[leg.commodity, leg.tier] += leg.ratio
    count = float("inf")
    for leg in spread.legs:
        left = states[leg.commodity].pool.remaining(_periods(leg, states[leg.commodity]))
        count = min(count, max(left if leg.side is long_side else -left, 0.0) / wanted[leg.commodity, leg.tier])
    return count


def _form(
    spread: InterSpread,
    states: dict[str, CommodityState],
    long_side: Side,
    decimals: int | None,
    at_most: float = float("inf"),
) -> float:
    """Forms one spread in one orientation; returns how often."""
    count = min(_possible(spread, states, long_side), at_most)
    if decimals is not None:
        count = round(count, decimals)
    if not _NOTHING < count < float("inf"):
        return 0.0
    risks = [states[leg.commodity].price_risk(_tier(leg, states[leg.commodity])) for leg in spread.legs]
    if not spread.is_flat and min(risks) <= 0:
        return 0.0
    for leg, rate, risk in zip(spread.legs, spread.credits, risks, strict=True):
        state, is_long = states[leg.commodity], leg.side is long_side
        periods = _periods(leg, state)
        working = (
            f"{count:.10g} spreads x {rate:.10g}"
            if spread.is_flat
            else f"{count * leg.ratio:.10g} deltas x price risk {risk:.10g} x {rate:.2%}"
        )
        deltas = tuple(
            (
                f"{each.commodity}{f' tier {each.tier}' if each.tier else ''}",
                count * each.ratio * _sign(each, long_side),
            )
            for each in spread.legs
        )
        state.pool.consume(periods, count * leg.ratio, is_long=is_long)
        state.credits.append(
            FormedSpread(
                priority=spread.priority,
                name=" - ".join(each.commodity for each in spread.legs),
                count=count,
                amount=count * rate if spread.is_flat else count * leg.ratio * risk * rate,
                working=working,
                deltas=deltas,
                commodities=tuple(each.commodity for each in spread.legs),
            )
        )
    return count


def _sign(leg: SpreadLeg, long_side: Side) -> int:
    return 1 if leg.side is long_side else -1


def _tier(leg: SpreadLeg, state: CommodityState) -> Tier | None:
    if not leg.tier:
        return None
    for tier in state.commodity.inter_tiers:
        if tier.number == leg.tier:
            return tier
    raise MarginError(
        ErrorCode.VALUE,
        f"a spread names intercommodity tier {leg.tier} of {state.code}, which isn't in the table",
        "mend the file",
    )


def _periods(leg: SpreadLeg, state: CommodityState) -> list[int]:
    tier = _tier(leg, state)
    return [number for number in state.pool.periods if tier is None or tier.holds(number)]


def _merge(spread: InterSpread, states: dict[str, CommodityState], parameters: SpanParameters) -> None:
    """Scans the legs of a spread as one: their losses in full, their gains in part, their deltas in the target's units."""
    target = spread.target
    if target is None:
        raise MarginError(ErrorCode.VALUE, "a scanning-based spread has no target", "mend the file")
    held = {
        leg.commodity: (leg, rate)
        for leg, rate in zip(spread.legs, spread.credits, strict=True)
        if leg.commodity in states
    }
    lacking = [
        leg
        for leg in spread.legs
        if leg.required and (leg.commodity not in states or states[leg.commodity].pool.remaining() == 0)
    ]
    if lacking or len(held) < max(spread.min_legs, 1):
        return
    if target.commodity in states:
        held.setdefault(target.commodity, (target, min(spread.credits)))
    commodity = parameters.commodity(target.commodity)
    merged = CommodityState(
        commodity=commodity, by_period={}, by_tier={}, pool=DeltaPool({}), value=OptionValue(only_long_options=True)
    )
    for code, (leg, rate) in held.items():
        part = states[code]
        exchange = rate_of_exchange(parameters, part.commodity.currency, commodity.currency)
        _add(merged, part, rate, target.ratio / leg.ratio, exchange)
    for code in held:
        del states[code]
    states[target.commodity] = merged


def _add(merged: CommodityState, part: CommodityState, rate: float, ratio: float, exchange: float) -> None:
    """Adds one leg to the merged commodity; its tiers are the target's."""
    in_tiers = tier_losses(merged.commodity, part.by_period)
    for into, losses in ((merged.by_tier, in_tiers), (merged.by_period, part.by_period)):
        for number, each in losses.items():
            into[number] = into.get(number, no_losses()) + _credited(each * exchange, rate)
    merged.pool = merged.pool.plus(part.pool.scaled(ratio))
    merged.minimum = ShortOptionMinimum(
        merged.minimum.amount + part.minimum.amount * exchange,
        merged.minimum.contracts + part.minimum.contracts,
        " + ".join(text for text in (merged.minimum.working, part.minimum.working) if text),
    )
    merged.value = OptionValue(
        merged.value.long + part.value.long * exchange,
        merged.value.short + part.value.short * exchange,
        merged.value.only_long_options and part.value.only_long_options,
    )
    merged.merged = (*merged.merged, part.code, *part.merged)
    for mine, theirs in ((merged.intra, part.intra), (merged.spot, part.spot), (merged.credits, part.credits)):
        mine += [each.times(exchange) for each in theirs]
    merged.findings += part.findings
    merged.contracts += part.contracts


def _credited(losses: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    return np.where(losses < 0, losses * rate, losses)
