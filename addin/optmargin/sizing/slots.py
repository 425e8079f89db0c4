"""Slots: an account in units of one $5-wide spread, and what rides free on the light side of an expiry.

A slot is the loss of one spread of the slot's width: width times multiplier. Net liq over a slot is the number of slots that the
account holds on ONE side, since the other side of the same expiry rides free. (Source of the idea: the trader's seven points,
number 2 and 4: "net liq., divide by $5*100", and margin that puts take supports calls of the same expiry.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optmargin.core.payoff import LossProfile

SLOT_WIDTH = 5.0  # USD per share, the seed's "$5 slots"
SLOT_MULTIPLIER = 100.0  # SPX; ES has 50

# A quotient this close under a whole number is that number: 2500 / (0.1 * 100) must be 250 slots.
_NOISE = 1e-9


def slots(
    net_liq: float | NDArray[np.float64],
    slot_width: float | NDArray[np.float64] = SLOT_WIDTH,
    multiplier: float | NDArray[np.float64] = SLOT_MULTIPLIER,
) -> float | NDArray[np.float64]:
    """Whole slots that ``net_liq`` USD hold on one side; none when net liq is negative.

    Args:
        net_liq: USD.
        slot_width: USD per share between the strikes.
        multiplier: shares per contract.
    """
    return np.maximum(np.floor(np.divide(net_liq, np.multiply(slot_width, multiplier)) * (1 + _NOISE)), 0.0) + 0.0


@dataclass(frozen=True, slots=True)
class FreeSlots:
    """Spreads of one slot's width that may be added to an expiry with no more margin, each side taken for itself.

    Attributes:
        puts: put spreads with the short strike at or below the lowest strike of the expiry's covered legs.
        calls: call spreads with the short strike at or above the highest.
    """

    puts: int
    calls: int


def free_slots(profile: LossProfile | None, slot_width: float, multiplier: float) -> FreeSlots:
    """What rides free in one expiry, from the loss of its covered legs over all settlement prices.

    Put spreads below every strike lose only where prices are below every strike, and there the group loses ``at_zero``, or
    gains: what that falls short of the worst loss is free. For calls the same holds above every strike.

    Args:
        profile: loss of the covered legs; None where the expiry has none, and then nothing rides free.
        slot_width: USD per share.
        multiplier: shares per contract of the expiry's options.
    """
    if profile is None:
        return FreeSlots(0, 0)
    slot, worst = slot_width * multiplier, profile.worst

    def fit(loss: float) -> int:
        room = worst - loss if math.isfinite(worst) else 0.0
        return max(math.floor(room / slot * (1 + _NOISE)), 0)

    return FreeSlots(puts=fit(profile.at_zero), calls=fit(profile.above))
