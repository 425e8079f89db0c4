"""How a position grows by parachutes, how many of them an account has room for, and how large the first position may be.

Three readings of "five doublings": see :class:`Reading`. Margin is a slot for every spread that stands; what a roll costs (fees,
debits) comes out of cash, and the premium collected adds to it. A level fits while

    net liq + cash - margin - other margin >= cushion x (net liq + cash)

that is, while excess liquidity is the wanted share of what net liq becomes as the sold premium decays.

All of it is arithmetic on whole numbers of slots, by steps from level to level, never a logarithm. Functions take numbers or
columns of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.core.money import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Numbers = float | NDArray[np.float64]
    Words = str | NDArray[np.object_]

MOST_LEVELS = 1000  # what fits more often than this hardly grows from level to level
LEGS_OF_A_SPREAD = 2

# A figure this close to a bound, as a share of the money it is about, is on it: 31 rolls at $6.60 are $204.60.
_NOISE = 1e-12


class Reading(StrEnum):
    """What stands after k parachutes, of n slots at first and a size multiple m.

    ``REPLACE``: the old position is bought out, m times as many slots are sold: n m^k. The seed's text, and the default.
    ``DOUBLE``: nothing is closed; so much is added that m times as much is committed: n m^k.
    ``ACCUMULATE``: nothing is closed, and each new set is m times the one before: n (1 + m + ... + m^k).
    """

    REPLACE = "replace"
    DOUBLE = "double"
    ACCUMULATE = "accumulate"


@dataclass(frozen=True, slots=True)
class Level:
    """The slots of one level, as columns or numbers.

    Attributes:
        number: parachutes used so far.
        closed: slots bought out when this level opens.
        opened: slots sold.
        standing: slots that stand then.
    """

    number: int
    closed: Numbers
    opened: Numbers
    standing: Numbers


@dataclass(frozen=True, slots=True)
class Terms:
    """What each slot of a campaign brings and costs; numbers or columns.

    Attributes:
        width: USD per share between the strikes.
        multiplier: shares per contract.
        multiple: how many times the slots of one set the next has.
        reading: what becomes of the old set.
        credit: of the first set, USD per share. A roll that replaces is neutral but for ``roll_debit``; where nothing is bought
            out, every further set brings the same credit.
        fee: USD per leg and contract, taken from cash; a spread has two legs.
        roll_debit: USD per share that a roll falls short of neutral, per slot bought out; negative is a credit.
    """

    width: Numbers = 5.0
    multiplier: Numbers = 100.0
    multiple: Numbers = 2.0
    reading: Words = Reading.REPLACE
    credit: Numbers = 0.0
    fee: Numbers = 0.0
    roll_debit: Numbers = 0.0

    @property
    def slot(self) -> Any:
        """Margin of one slot, USD."""
        return np.multiply(self.width, self.multiplier)

    def replaces(self) -> Any:
        """Where the old set is bought out."""
        return np.asarray(self.reading == Reading.REPLACE)

    def levels(self, first: Numbers) -> Iterator[Level]:
        """Level after level, without end: whole slots, rounded up where the multiple isn't whole.

        Rounded up, so that a roll at the neutral price brings no less than it costs, and no margin is understated.
        """
        replaces = self.replaces()
        accumulates = np.asarray(self.reading == Reading.ACCUMULATE)
        size = standing = first + np.zeros(np.shape(self.multiple))
        yield Level(0, np.zeros_like(size), size, standing)
        exact_size = size
        for number in range(1, MOST_LEVELS + 1):
            exact_size = exact_size * self.multiple
            grown = np.ceil(exact_size * (1 - _NOISE))
            opened = np.where(replaces | accumulates, grown, grown - size)
            standing = np.where(accumulates, standing + opened, grown)
            yield Level(number, np.where(replaces, size, 0.0), opened, standing)
            size = grown

    def cash_of(self, level: Level) -> Any:
        """What opening a level adds to cash, USD: its premium less what is bought out and the fees.

        The neutral part of a roll that replaces cancels out.
        """
        legs = LEGS_OF_A_SPREAD * (level.closed + level.opened)
        if level.number == 0:
            premium = np.multiply(self.credit, level.opened)
        else:
            premium = np.where(self.replaces(), -np.multiply(self.roll_debit, level.closed), self.credit * level.opened)
        return premium * self.multiplier - self.fee * legs


def _room(net_liq: Numbers, cash: Numbers, margin: Numbers, cushion: Numbers, other_margin: Numbers) -> Any:
    """What a level leaves beyond the cushion to keep, USD, as a share of what it is about."""
    room = np.subtract(1.0, cushion) * np.add(net_liq, cash) - margin - other_margin
    return room / (np.abs(net_liq) + margin + np.abs(other_margin) + 1e-300)


# More slots than this are no account's: the money that each brings pays for it.
_COUNTABLE = 1e15


def parachutes_fit(
    net_liq: Numbers, first: Numbers, terms: Terms, *, cushion: Numbers = 0.0, other_margin: Numbers = 0.0
) -> NDArray[np.float64]:
    """How many parachutes an account has room for after a first position of ``first`` slots.

    The greatest K such that every level 0 ... K fits. In columns, the shape that the arguments broadcast to.

    Args:
        net_liq: net liquidation value before the first position, USD.
        first: slots of the first position; a fraction of a slot isn't one.
        terms: what each slot brings and costs.
        cushion: excess liquidity to keep, as a share of net liq and cash.
        other_margin: margin of other positions, USD.

    Raises:
        MarginError: ``#NUM!`` when ``first`` is less than one slot, or doesn't fit itself, or when more than
            :data:`MOST_LEVELS` parachutes fit, as where they don't grow.
    """
    whole = np.floor(np.asarray(first, dtype=np.float64) * (1 + _NOISE))
    if np.any(~(whole >= 1)):
        raise MarginError(
            ErrorCode.NUM,
            f"the first position of {_first_of(first, whole < 1)} is less than one slot",
            "write at least one",
        )
    _must_be_possible(terms)
    cash: Any = 0.0
    fitting: Any = True
    found: Any = -1.0
    for level in terms.levels(whole):
        if np.any(endless := fitting & np.greater(level.standing, _COUNTABLE)):
            raise MarginError(
                ErrorCode.NUM,
                f"any number of parachutes fits: each slot brings {_first_of(terms.credit, endless)} and risks "
                f"{_first_of(terms.width, endless)}",
                "check the credit and the debit of a roll",
            )
        cash = cash + terms.cash_of(level)
        fits = _room(net_liq, cash, level.standing * terms.slot, cushion, other_margin) >= -_NOISE
        fitting = fitting & fits
        if level.number == 0 and not np.all(fitting):
            short = ~fitting
            beside = "".join(
                f", {what} {_first_of(figure, short)}"
                for what, figure in (("beside other margin of", other_margin), ("keeping a cushion of", cushion))
                if np.any(np.broadcast_to(figure, np.shape(short))[short] if np.shape(short) else figure)
            )
            raise MarginError(
                ErrorCode.NUM,
                f"the first position of {_first_of(whole, short)} slots needs {_first_of(level.standing * terms.slot, short)} and doesn't fit "
                f"into a net liq of {_first_of(net_liq, short)}{beside}",
                "write fewer slots, or keep less beside them",
            )
        if not np.any(fitting):
            return np.asarray(found, dtype=np.float64)
        found = np.where(fitting, float(level.number), found)
    raise MarginError(
        ErrorCode.NUM,
        f"more than {MOST_LEVELS:,} parachutes fit, since they hardly grow",
        "a size multiple of 2 doubles the slots each time",
    )


def _first_of(figures: Any, where: Any) -> str:
    """The first of the figures, in words, at a place that a condition picks."""
    chosen = np.broadcast_to(figures, np.shape(where)) if np.shape(where) else np.asarray(figures)
    return plain(float(chosen[where].flat[0] if np.shape(where) else chosen))


def _must_be_possible(terms: Terms) -> None:
    if np.any(too_dear := np.greater(terms.credit, terms.width)):
        raise MarginError(
            ErrorCode.NUM,
            f"the credit {_first_of(terms.credit, too_dear)} is more than the width {_first_of(terms.width, too_dear)}",
            "a spread can't bring more than its width",
        )
    if np.any(np.asarray(terms.reading == Reading.DOUBLE) & np.less_equal(terms.multiple, 1)):
        raise MarginError(
            ErrorCode.NUM,
            "with the reading 'double' a size multiple of 1 adds nothing",
            "give a multiple above 1, or the reading replace (a roll out in time)",
        )


def needed_per_slot(terms: Terms, parachutes: Numbers, cushion: Numbers = 0.0) -> Any:
    """USD of net liq, after the cushion's share, that each first slot takes so that the levels 0 ... K all fit.

    The dearest level counts, which isn't the last where rolls bring credit. Size multiples that aren't whole are taken
    unrounded.
    """
    _must_be_possible(terms)
    # One slot of a fine enough grain stands for the unrounded sizes.
    grain = np.where(np.equal(np.mod(terms.multiple, 1), 0), 1.0, 2.0**40)
    most = int(np.max(parachutes))
    cash: Any = 0.0
    needed: Any = -np.inf
    for level in terms.levels(grain):
        if level.number > most:
            break
        cash = cash + terms.cash_of(level)
        takes = (level.standing * terms.slot - np.subtract(1.0, cushion) * cash) / grain
        needed = np.where(np.greater_equal(parachutes, level.number), np.maximum(needed, takes), needed)
    return needed


def first_slots(
    net_liq: Numbers, parachutes: Numbers, terms: Terms, *, cushion: Numbers = 0.0, other_margin: Numbers = 0.0
) -> NDArray[np.float64]:
    """The largest first position, in whole slots, that leaves room for so many parachutes; zero where not even one slot does.

    Args:
        net_liq: net liquidation value before the first position, USD.
        parachutes: how many are to fit, whole.
        terms: what each slot brings and costs.
        cushion: excess liquidity to keep, as a share of net liq and cash.
        other_margin: margin of other positions, USD.

    Raises:
        MarginError: ``#NUM!`` for a negative or a broken number of parachutes, or more than :data:`MOST_LEVELS`; and when the
            premium of a slot exceeds its margin, so that there is no limit.
    """
    _must_be_levels(parachutes)
    free = np.subtract(1.0, cushion) * net_liq - other_margin
    needed = needed_per_slot(terms, parachutes, cushion)
    if np.any(needed <= 0):
        raise MarginError(
            ErrorCode.NUM, "a slot brings more than its margin, so there is no limit", "check credit and width"
        )
    found: Any = np.maximum(np.floor(free / needed * (1 + _NOISE)), 0.0) + 0.0
    if np.all(np.equal(np.mod(terms.multiple, 1), 0)):
        return np.asarray(found)
    # Sizes that are rounded up take a little more than the unrounded ones.
    while np.any(short := (found >= 1) & ~_fit(net_liq, found, parachutes, terms, cushion, other_margin)):
        found = np.where(short, found - 1, found)
    return np.asarray(found)


def _must_be_levels(parachutes: Numbers) -> None:
    if np.any(np.less(parachutes, 0) | np.not_equal(np.mod(parachutes, 1), 0)):
        raise MarginError(
            ErrorCode.NUM, "the number of parachutes isn't a whole number of 0 or more", "give 0, 1, 2 ..."
        )
    if np.any(np.greater(parachutes, MOST_LEVELS)):
        raise MarginError(ErrorCode.NUM, f"more than {MOST_LEVELS:,} parachutes are asked for", "ask for fewer")


def _fit(
    net_liq: Numbers, first: Numbers, parachutes: Numbers, terms: Terms, cushion: Numbers, other_margin: Numbers
) -> Any:
    cash: Any = 0.0
    fitting: Any = True
    for level in terms.levels(first):
        if level.number > np.max(parachutes):
            break
        cash = cash + terms.cash_of(level)
        room = _room(net_liq, cash, level.standing * terms.slot, cushion, other_margin)
        fitting = fitting & ((room >= -_NOISE) | np.less(parachutes, level.number))
    return fitting


def most_written(terms: Terms, parachutes: Numbers, *, cushion: Numbers = 0.0, other_share: Numbers = 0.0) -> Any:
    """The largest share of the account that may be written (margin of the first position over net liq) so that K parachutes fit.

    For neutral rolls that replace, without fees or cushion, it is 1 / (m^K - credit / width).

    Args:
        terms: what each slot brings and costs.
        parachutes: how many are to fit, whole.
        cushion: excess liquidity to keep, as a share.
        other_share: margin of other positions as a share of net liq.
    """
    _must_be_levels(parachutes)
    free = np.subtract(1.0, cushion) - other_share
    return np.maximum(free * terms.slot / needed_per_slot(terms, parachutes, cushion), 0.0)


def legs_per_slot(parachutes: int, multiple: float = 2.0) -> float:
    """Legs traded per slot of the first position until K replacing parachutes are deployed: 188 for five doublings.

    The closing of the last level isn't among them.
    """
    grown = sum(multiple**level for level in range(parachutes))
    return LEGS_OF_A_SPREAD * (1 + (1 + multiple) * grown)
