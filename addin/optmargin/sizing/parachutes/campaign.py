"""A campaign as it is planned: slots, prices and fees of every level, in exact fractions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.sizing.parachutes.exact import (
    Number,
    count,
    known,
    not_negative,
    per_level,
    positive,
    shown,
)
from optmargin.sizing.parachutes.geometry import LEGS_OF_A_SPREAD, Reading
from optmargin.sizing.slots import SLOT_MULTIPLIER, SLOT_WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_PARACHUTES = 64  # 2^64 slots are more than there are
LARGEST_MULTIPLE = 1000


@dataclass(frozen=True, slots=True)
class Set:
    """One level of a campaign: the set of spreads that opens there.

    Attributes:
        level: parachutes used so far.
        closed: slots bought out when it opens.
        opened: slots sold.
        standing: slots that stand then.
        credit: USD per share received for each slot sold.
        buyback: USD per share to buy a slot out when this level is assailed.
        fees: USD for the legs of closing and opening.
        neutral_credit: the credit that would leave cash as it was, fees included, USD per share.
        cash: what the campaign has brought until then, USD: premiums less buy-backs and fees.
    """

    level: int
    closed: int
    opened: int
    standing: int
    credit: Fraction
    buyback: Fraction
    fees: Fraction
    neutral_credit: Fraction
    cash: Fraction


@dataclass(frozen=True, slots=True)
class Campaign:
    """A first position and the parachutes that may follow it.

    Attributes:
        sets: one per level, 0 ... K.
        width: USD per share between the strikes of a spread.
        multiplier: shares per contract.
        multiple: the size multiple of each parachute.
        reading: what becomes of the old position.
    """

    sets: tuple[Set, ...]
    width: Fraction
    multiplier: Fraction
    multiple: Fraction
    reading: Reading

    @property
    def parachutes(self) -> int:
        """K, the number of parachutes."""
        return len(self.sets) - 1

    @property
    def first(self) -> int:
        """Slots of the first position."""
        return self.sets[0].opened

    @property
    def slot(self) -> Fraction:
        """Margin, and largest loss, of one slot, USD."""
        return self.width * self.multiplier

    @property
    def replaces(self) -> bool:
        """Whether one set stands at a time."""
        return self.reading is Reading.REPLACE

    def older(self, level: int) -> int:
        """Slots of earlier sets that still stand at a level."""
        return 0 if self.replaces else self.sets[level].standing - self.sets[level].opened

    def stop_pnl(self, level: int) -> Fraction:
        """P&L when everything is bought out at the moment that a level is assailed, USD.

        The newest set costs its buy-back. Older sets that were left standing have been passed by the market: they count at their full
        width, which is the most that they can cost.
        """
        newest = self.sets[level]
        older = self.older(level) * self.width
        return newest.cash - self.multiplier * (newest.opened * newest.buyback + older)

    def worst_pnl(self, level: int) -> Fraction:
        """P&L when every spread that stands at a level loses its full width, USD."""
        return self.sets[level].cash - self.sets[level].standing * self.slot


def plan(
    slots: float,
    credits_: Sequence[Number],
    buybacks: Sequence[Number],
    parachutes: float,
    *,
    width: Number = SLOT_WIDTH,
    multiplier: Number = SLOT_MULTIPLIER,
    multiple: Number = 2,
    reading: Reading = Reading.REPLACE,
    fee: Number = 0,
    fees: Sequence[Number] | None = None,
    roll_debit: Number = 0,
) -> Campaign:
    """The campaign of a first position.

    Args:
        slots: slots of the first position, whole.
        credits_: USD per share received for a slot at each level; or only that of the first position: rolls are then neutral before
            fees (credit = buy-back x slots bought out / slots sold) less ``roll_debit``, and where nothing is bought out every
            set brings the first credit.
        buybacks: USD per share at which a slot is bought out when its level is assailed: one for each level, or one for all.
        parachutes: K, whole; at most :data:`MOST_PARACHUTES`.
        width: USD per share between the strikes.
        multiplier: shares per contract.
        multiple: slots of each set over those of the one before, 1 or more; the sizes are rounded up to whole slots.
        reading: what becomes of the old position.
        fee: USD per leg and contract.
        fees: USD for each level, in place of ``fee``.
        roll_debit: USD per share that each roll falls short of neutral, per slot bought out; negative is a credit. Only where
            the credits of rolls aren't given.

    Raises:
        MarginError: ``#NUM!`` for a number outside its bounds, and where a credit is at or above its buy-back; ``#VALUE!`` where
            neither one nor K + 1 numbers are given.
    """
    most = count(parachutes, "parachutes", 0)
    if most > MOST_PARACHUTES:
        raise MarginError(ErrorCode.NUM, f"parachutes is {most:,}", f"it must be {MOST_PARACHUTES} or less")
    first = count(slots, "slots", 1)
    wide, shares, times = positive(width, "width"), positive(multiplier, "multiplier"), known(multiple, "multiple")
    if not 1 <= times <= LARGEST_MULTIPLE:
        raise MarginError(
            ErrorCode.NUM, f"the size multiple is {shown(times)}", f"it must be 1 to {LARGEST_MULTIPLE:,}"
        )
    if times == 1 and reading is Reading.DOUBLE and most:
        raise MarginError(ErrorCode.NUM, "a size multiple of 1 adds nothing", "with the reading 'double' give more")
    bought = per_level(buybacks, most + 1, "buy-backs")
    given = per_level(credits_, most + 1, "credits")
    is_planned = len(credits_) == 1 and most > 0
    short = known(roll_debit, "the roll's debit")
    per_leg = not_negative(fee, "fee")
    charged = None if fees is None else per_level(fees, most + 1, "fees")

    sets: list[Set] = []
    cash = Fraction(0)
    for number, closed, opened, standing in islice(_levels(first, times, reading), most + 1):
        if not opened:
            raise MarginError(
                ErrorCode.NUM,
                f"parachute {number} adds no whole slot to {closed or standing}",
                "begin with more slots, or take a greater size multiple",
            )
        cost = charged[number] if charged is not None else per_leg * LEGS_OF_A_SPREAD * (closed + opened)
        paid = closed * bought[number - 1] if number else Fraction(0)
        credit = given[number]
        if is_planned and number and reading is Reading.REPLACE:
            credit = (paid - closed * short) / opened
        _must_be_a_price(number, credit, bought[number], wide)
        cash += shares * (opened * credit - paid) - cost
        neutral = (paid + cost / shares) / opened
        sets.append(Set(number, closed, opened, standing, credit, bought[number], cost, neutral, cash))
    return Campaign(tuple(sets), wide, shares, times, reading)


def _levels(first: int, multiple: Fraction, reading: Reading) -> Iterator[tuple[int, int, int, int]]:
    """Level, slots closed, opened and standing; the whole-number form of :meth:`.geometry.Terms.levels`."""
    size = standing = first
    exact_size = Fraction(first)
    yield 0, 0, size, standing
    for number in range(1, MOST_PARACHUTES + 1):
        exact_size *= multiple
        grown = math.ceil(exact_size)
        opened = grown - size if reading is Reading.DOUBLE else grown
        standing = standing + opened if reading is Reading.ACCUMULATE else grown
        yield number, size if reading is Reading.REPLACE else 0, opened, standing
        size = grown


def _must_be_a_price(level: int, credit: Fraction, buyback: Fraction, width: Fraction) -> None:
    where = f"level {level}: the credit {shown(credit)}"
    if credit < 0:
        raise MarginError(ErrorCode.NUM, f"{where} is below zero", "a spread is sold for something")
    if buyback > width:
        raise MarginError(
            ErrorCode.NUM,
            f"level {level}: the buy-back {shown(buyback)} is more than the width {shown(width)}",
            "a spread can't cost more than its width",
        )
    if credit >= buyback:
        raise MarginError(
            ErrorCode.NUM,
            f"{where} is at or above the buy-back {shown(buyback)}: it would be assailed at once",
            "give a buy-back above the credit",
        )
