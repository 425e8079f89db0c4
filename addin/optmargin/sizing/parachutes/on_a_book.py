"""A campaign on an account's real book: its legs at each level, margined by whatever engine the caller brings."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import Right
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.core.legs import Leg, LegTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from optmargin.sizing.parachutes.campaign import Campaign
    from optmargin.sizing.parachutes.ledger import AtLevel, MarginAt

_SAME = ("underlying", "root", "right", "strike", "expiry", "multiplier", "settlement")


@dataclass(frozen=True, slots=True)
class Spread:
    """The spread of one level.

    Attributes:
        short_strike: USD per share; the long strike lies the campaign's width farther from the market.
        expiry: the day.
    """

    short_strike: float
    expiry: dt.date


def margin_on_book(
    campaign: Campaign,
    legs: LegTable,
    like: Leg,
    spreads: Sequence[Spread],
    margined: Callable[[LegTable], AtLevel],
    *,
    is_held: bool = False,
) -> MarginAt:
    """The margin of the whole account at each level of a campaign, for :func:`.ledger.ledger`.

    Args:
        campaign: what is planned.
        legs: the account's positions.
        like: an option of the underlying: its right, root, multiplier, class and style are those of every spread.
        spreads: one per level.
        margined: what a table of legs requires; NaN, or a :class:`MarginError`, where it is missing.
        is_held: whether the first position is among ``legs`` already.

    Raises:
        MarginError: ``#VALUE!`` where ``like`` is no option, or there isn't a spread for each level; ``#NUM!`` where the contract's
            multiplier isn't the campaign's.
    """
    if not like.right.is_option:
        raise MarginError(ErrorCode.VALUE, f"{like.name} isn't an option", "a parachute is a spread of options")
    if len(spreads) != len(campaign.sets):
        raise MarginError(
            ErrorCode.VALUE, f"{len(spreads)} spreads are given for {len(campaign.sets)} levels", "give one per level"
        )
    if like.multiplier != campaign.multiplier:
        raise MarginError(
            ErrorCode.NUM,
            f"{like.name} has a multiplier of {like.multiplier:g}, the campaign one of {float(campaign.multiplier):g}",
            "give the contract's own",
        )

    def margin(level: int) -> AtLevel:
        standing: dict[int, int] = {}
        for each in campaign.sets[: level + 1]:
            if campaign.replaces:
                standing = {each.level: each.opened}
            else:
                standing[each.level] = each.opened
        added = [leg for at, slots in standing.items() for leg in _legs(like, spreads[at], slots, campaign)]
        if is_held:
            added += _legs(like, spreads[0], -campaign.first, campaign)
        return margined(merged(legs, added))

    return margin


def _legs(like: Leg, spread: Spread, slots: int, campaign: Campaign) -> list[Leg]:
    """The two legs of a number of spreads; a negative number takes them off."""
    away = float(campaign.width) * (1 if like.right is Right.CALL else -1)
    return [
        replace(like, quantity=float(-slots), strike=spread.short_strike, expiry=spread.expiry, price=np.nan),
        replace(like, quantity=float(slots), strike=spread.short_strike + away, expiry=spread.expiry, price=np.nan),
    ]


def merged(legs: LegTable, added: Sequence[Leg]) -> LegTable:
    """Positions with legs added: one row for a contract, none where nothing of it is left."""
    rows: dict[tuple[object, ...], Leg] = {}
    for leg in [*legs.rows(), *added]:
        named = replace(leg, root=leg.root or leg.underlying)
        key = tuple(_comparable(getattr(named, name)) for name in _SAME)
        held = rows.get(key)
        rows[key] = named if held is None else replace(held, quantity=held.quantity + leg.quantity)
    return LegTable.of([leg for leg in rows.values() if leg.quantity])


def _comparable(value: object) -> object:
    return None if isinstance(value, float) and np.isnan(value) else value
