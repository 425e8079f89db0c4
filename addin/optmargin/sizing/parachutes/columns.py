"""Many campaigns at once: the ledger and Kelly's share of columns of parameters, in numpy.

The arithmetic is that of :mod:`.campaign`, :mod:`.ledger` and :mod:`.chain`, for the plainest campaign: one credit, one buy-back, rolls
that are neutral before fees but for a debit. Arrays have one row per level and one column per campaign; a campaign with fewer
levels than others is NaN below its last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.sizing.parachutes.geometry import LEGS_OF_A_SPREAD, Terms, most_written
from optmargin.sizing.parachutes.kelly import kelly_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = float | NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LedgerColumns:
    """The columns of :class:`.ledger.LedgerRow`, each of shape (levels, campaigns); the same names, meanings and units.

    ``ends_here`` and ``expected`` are NaN where older sets are left standing.
    """

    slots: NDArray[np.float64]
    closed: NDArray[np.float64]
    opened: NDArray[np.float64]
    credit_needed: NDArray[np.float64]
    credit: NDArray[np.float64]
    fees: NDArray[np.float64]
    cash: NDArray[np.float64]
    margin: NDArray[np.float64]
    excess: NDArray[np.float64]
    net_liq: NDArray[np.float64]
    cushion: NDArray[np.float64]
    stop_pnl: NDArray[np.float64]
    max_loss_pnl: NDArray[np.float64]
    assailed: NDArray[np.float64]
    reach: NDArray[np.float64]
    ends_here: NDArray[np.float64]
    expected: NDArray[np.float64]


def ledger_columns(
    net_liq: Numbers,
    first: Numbers,
    buyback: Numbers,
    terms: Terms,
    parachutes: Numbers,
    *,
    edge: Numbers = 0.0,
    other_margin: Numbers = 0.0,
) -> LedgerColumns:
    """The ledgers of many campaigns.

    Args:
        net_liq: net liquidation value before the first position, USD.
        first: slots of the first position, whole.
        buyback: USD per share at which a slot is bought out, above the credits.
        terms: what each slot brings and costs.
        parachutes: K of each campaign, whole.
        edge: by which every level is assailed less often than its prices say; 0.1 is 10 %.
        other_margin: margin of other positions, USD.

    Raises:
        MarginError: ``#NUM!`` where a credit is below zero, or at or above its buy-back, and where the buy-back exceeds the width.
    """
    shape = np.broadcast_shapes(
        *(
            np.shape(each)
            for each in (
                net_liq, first, buyback, parachutes, edge, other_margin, terms.width, terms.multiplier, terms.multiple,
                terms.reading, terms.credit, terms.fee, terms.roll_debit,
            )
        )
    )  # fmt: skip
    if np.any(np.greater(buyback, terms.width)):
        raise MarginError(ErrorCode.NUM, "a buy-back is more than the width", "a spread can't cost more than its width")
    most = int(np.max(parachutes, initial=0))
    zeros = np.zeros(shape)
    table = np.full((len(_NAMES), most + 1, *shape), np.nan)
    named = dict(zip(_NAMES, table, strict=True))
    replaces, multiplier, slot = terms.replaces(), terms.multiplier, terms.slot
    cash, stop, reach, older = zeros, zeros, zeros + 1.0, zeros
    for level in terms.levels(first):
        if level.number > most:
            break
        at = level.number
        paid = level.closed * buyback
        fees = terms.fee * (LEGS_OF_A_SPREAD * (level.closed + level.opened))
        sold = (paid - level.closed * terms.roll_debit) / level.opened if at else terms.credit
        credit = np.where(replaces, sold, terms.credit) if at else np.asarray(terms.credit)
        _must_be_below(credit, buyback)
        cash = cash + multiplier * (level.opened * credit - paid) - fees
        margin = level.standing * slot + other_margin
        now = net_liq + stop - fees
        stop = cash - multiplier * (level.opened * buyback + older * terms.width)
        older = np.where(replaces, 0.0, level.standing)
        excess = net_liq + cash - margin
        assailed = np.subtract(1.0, edge) * credit / buyback
        if np.any(assailed > 1):
            raise MarginError(ErrorCode.NUM, "the edge takes a probability above 1", "give an edge nearer to 0")
        worst = cash - level.standing * slot
        is_last = np.equal(parachutes, at)
        lost = reach * assailed
        single = np.where(replaces | np.equal(parachutes, 0), 0.0, np.nan)
        ends = reach - np.where(is_last, 0.0, lost) + single
        with np.errstate(divide="ignore", invalid="ignore"):
            cushion = np.where(now > 0, excess / now, np.nan)
        figures = {
            "slots": level.standing,
            "closed": level.closed,
            "opened": level.opened,
            "credit_needed": (paid + fees / multiplier) / level.opened,
            "credit": credit,
            "fees": fees,
            "cash": cash,
            "margin": margin,
            "excess": excess,
            "net_liq": now,
            "cushion": cushion,
            "stop_pnl": stop,
            "max_loss_pnl": worst,
            "assailed": assailed,
            "reach": reach,
            "ends_here": ends,
            "expected": (reach - lost) * cash + np.where(is_last, lost * stop, 0.0) + single,
        }
        is_there = np.greater_equal(parachutes, at)
        for name, figure in figures.items():
            named[name][at] = figure if np.all(is_there) else np.where(is_there, figure, np.nan)
        reach = lost
    return LedgerColumns(**named)


_NAMES = tuple(LedgerColumns.__dataclass_fields__)


def _must_be_below(credit: Any, buyback: Any) -> None:
    if np.any(credit < 0):
        raise MarginError(ErrorCode.NUM, "a roll's credit is below zero", "lower its debit, or raise the buy-back")
    if np.any(credit >= buyback):
        raise MarginError(
            ErrorCode.NUM,
            "a credit is at or above the buy-back: the position would be assailed at once",
            "give a buy-back above the credit",
        )


def kelly_written(
    buyback: Numbers,
    terms: Terms,
    parachutes: Numbers,
    *,
    edge: Numbers = 0.0,
    kelly_multiple: Numbers = 1.0,
    cushion: Numbers = 0.0,
) -> NDArray[np.float64]:
    """The share of the account to write: a multiple of Kelly for the whole campaign, at most what the margin has room for.

    As :func:`.growth.size_of` says of one campaign. 0 where a campaign doesn't gain on average.

    Args:
        buyback: USD per share at which a slot is bought out.
        terms: what each slot brings and costs.
        parachutes: K of each campaign, whole.
        edge: as for :func:`ledger_columns`.
        kelly_multiple: of full Kelly.
        cushion: excess liquidity to keep, as a share.

    Raises:
        MarginError: as :func:`ledger_columns`, and where older sets are left standing.
    """
    if not np.all(terms.replaces()):
        raise MarginError(
            ErrorCode.MISSING,
            "where older sets are left standing the odds don't say what they lose",
            "take the reading replace",
        )
    # One slot where sizes are whole; a fine grain of one where they would be rounded.
    grain = np.where(np.equal(np.mod(terms.multiple, 1), 0), 1.0, 2.0**20)
    rows = ledger_columns(0.0, grain, buyback, terms, parachutes, edge=edge)
    is_there = ~np.isnan(rows.reach)
    lost = rows.reach * rows.assailed
    is_last = np.equal(np.arange(len(lost)).reshape(-1, *(1,) * (lost.ndim - 1)), parachutes)
    # The endings of every level, won; and of every level, lost, which only the last one's can be.
    chances = np.concatenate((np.where(is_there, rows.reach - lost, 0.0), np.where(is_last, lost, 0.0)))
    pnl = np.concatenate((rows.cash, rows.stop_pnl)) / (grain * terms.multiplier)
    flat = (len(chances), -1)
    units = kelly_columns(np.where(chances > 0, pnl, 0.0).reshape(flat), chances.reshape(flat)).reshape(lost.shape[1:])
    with np.errstate(invalid="ignore"):
        asked = np.where(units > 0, units * terms.width * kelly_multiple, 0.0)
    asked = np.where(np.equal(kelly_multiple, 0), 0.0, asked)
    return np.asarray(np.minimum(asked, most_written(terms, parachutes, cushion=cushion)) + 0.0)
