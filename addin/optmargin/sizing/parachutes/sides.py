"""Both sides of an expiry in slots: what rides free, and what a roll of one side out in time does to it.

Per expiry a strategy-based book asks for the larger side, and expiries add up (the trader's seven points on margin, numbers 4 and 5).
So a roll away from the market, inside the expiry, still carries the other side; a roll out in time leaves the other side behind, and
from then on both are paid for.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.sizing.parachutes.exact import Number, count, not_negative
from optmargin.sizing.parachutes.ledger import AtLevel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optmargin.sizing.parachutes.campaign import Campaign
    from optmargin.sizing.parachutes.ledger import MarginAt


class Roll(StrEnum):
    """Where a parachute opens."""

    AWAY = "away"  # farther from the market, in the same expiry
    OUT = "out"  # out in time, in a later expiry of its own


@dataclass(frozen=True, slots=True)
class ExpirySlots:
    """The slots of one expiry: spreads of one width whose short strikes don't cross.

    Attributes:
        puts: put spreads.
        calls: call spreads.
    """

    puts: int
    calls: int

    @property
    def margined(self) -> int:
        """Slots that need margin: the larger side."""
        return max(self.puts, self.calls)

    @property
    def free_puts(self) -> int:
        """Put spreads that may be added for nothing."""
        return self.margined - self.puts

    @property
    def free_calls(self) -> int:
        """Call spreads that may be added for nothing."""
        return self.margined - self.calls


def margined_slots(expiries: Iterable[ExpirySlots]) -> int:
    """Slots of several expiries that need margin; expiries add up."""
    return sum(each.margined for each in expiries)


def margin_with_other_side(campaign: Campaign, other_side: float, roll: Roll, other_margin: Number = 0) -> MarginAt:
    """The margin of a campaign at each level, beside slots of the other side in its first expiry, for :func:`.ledger.ledger`.

    Args:
        campaign: what is planned on one side.
        other_side: spreads of the same width on the other side of the first expiry, whole.
        roll: where each parachute opens.
        other_margin: margin of whatever else the account holds, USD.

    Raises:
        MarginError: ``#NUM!`` for a broken or negative number of slots; ``#VALUE!`` where nothing is rolled.
    """
    others = count(other_side, "slots of the other side", 0)
    rest = not_negative(other_margin, "other margin")
    if roll is Roll.OUT and not campaign.replaces:
        raise MarginError(
            ErrorCode.VALUE,
            f"with the reading '{campaign.reading.value}' nothing is rolled out in time",
            "take the reading replace, or a roll away",
        )

    def margin(level: int) -> AtLevel:
        mine = campaign.sets[level].standing
        if roll is Roll.AWAY or level == 0:
            expiries = [ExpirySlots(mine, others)]
        else:
            expiries = [ExpirySlots(0, others), ExpirySlots(mine, 0)]
        required = float(margined_slots(expiries) * campaign.slot + rest)
        return AtLevel(required, required)

    return margin
