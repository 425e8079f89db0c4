"""The worst settlement loss of every expiry's covered legs at once, and the cheap proof that covering everything is best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optmargin.margin.choice_book import CALL, PUT, TICKS_PER_DOLLAR, Booleans, Floats, Integers

if TYPE_CHECKING:
    from optmargin.margin.choice_book import PairingProblem


def worst_losses(
    right: Integers, expiry: Integers, strike: Floats, units: Integers, expiries: int
) -> tuple[Floats, Floats]:
    """The greatest settlement loss of each expiry, and the settlement price at which it falls.

    ``units`` counts contracts: positive for shorts, negative for longs; within each expiry and right they add up to 0,
    so that the loss is flat below the lowest and above the highest strike and its greatest value lies at a strike.

    Returns:
        USD per share of one contract's multiplier (0 where nothing can be lost), and USD per share (NaN where nothing
        can be lost), both per expiry. Where several prices are equally bad it is the lowest.
    """
    loss = np.zeros(expiries)
    settlement = np.full(expiries, np.nan)
    if not units.size:
        return loss, settlement
    order = np.lexsort((strike, expiry))
    where, price = expiry[order], strike[order]
    signed = units[order].astype(np.float64)
    ticks = price * TICKS_PER_DOLLAR
    whole = np.rint(ticks)
    exact = bool((np.abs(ticks - whole) < 1e-6 * TICKS_PER_DOLLAR).all())  # listed strikes: sums without any rounding
    height = whole if exact else price
    starts = np.flatnonzero(np.concatenate([[True], where[1:] != where[:-1]]))

    # With balanced counts the slope just right of a strike is the number of shorts less longs up to there, whatever
    # their right, and it is back at 0 after the last strike of an expiry: one running sum serves all expiries.
    slope = np.cumsum(signed)
    steps = np.concatenate([[0.0], slope[:-1] * (height[1:] - height[:-1])])
    running = np.cumsum(steps)
    lengths = np.diff(np.append(starts, order.size))
    left_tail = np.add.reduceat(np.where(right[order] == PUT, signed * height, 0.0), starts)
    value = running + np.repeat(left_tail - running[starts], lengths)
    worst = np.maximum.reduceat(value, starts)
    at = np.minimum.reduceat(np.where(value >= np.repeat(worst, lengths), np.arange(order.size), order.size), starts)
    group = where[starts]
    loses = worst > 0
    loss[group[loses]] = worst[loses] / (TICKS_PER_DOLLAR if exact else 1.0)
    settlement[group[loses]] = price[at[loses]]
    return loss, settlement


def is_balanced(problem: PairingProblem, expiries: int) -> bool:
    """Whether each expiry and right holds as many short as long contracts, so that everything can be covered at home."""
    shorts = np.bincount(
        2 * problem.short_expiry + problem.short_right - CALL, problem.short_units, minlength=2 * expiries
    )
    longs = np.bincount(2 * problem.long_expiry + problem.long_right - CALL, problem.long_units, minlength=2 * expiries)
    return bool((shorts == longs).all())


def covering_all_is_cheapest(problem: PairingProblem, settlement: Floats) -> bool:
    """Whether a balanced book provably costs least when everything is covered; False when this cheap proof fails.

    The proof is a feasible solution of the dual linear programme. Price each group's legs at its worst settlement price
    (at nothing where the group can't lose), and give each group and right a price per covered contract, the least one at
    which no long option would rather cover an earlier group. If then no short would rather be uncovered, no decision
    can cost less, nor any two that may share a straddle: whatever stays uncovered is made of such pairs and of singles.
    """
    expiries = settlement.size
    call_price = np.where(np.isnan(settlement), 0.0, settlement)
    put_price = np.where(np.isnan(settlement), np.inf, settlement)
    saved = np.zeros(problem.short_units.size)  # USD per contract at those prices, if it stays uncovered
    temptation = np.zeros((PUT + 1, expiries))  # the greatest share of a requirement that is saved so
    for right in (CALL, PUT):
        of_right = np.flatnonzero(problem.long_right == right)
        shorts = np.flatnonzero(problem.short_right == right)
        worth = np.zeros(expiries)
        if not shorts.size:
            continue
        order = of_right[np.argsort(problem.long_expiry[of_right], kind="stable")]
        expiry = problem.long_expiry[order]
        starts = np.flatnonzero(np.concatenate([[True], expiry[1:] != expiry[:-1]]))
        groups = expiry[starts]
        strike = problem.long_strike[order]
        if right == CALL:
            value = np.maximum(call_price[groups] - strike[:, None], 0.0)
        else:
            value = np.maximum(strike[:, None] - put_price[groups], 0.0)
        lengths = np.diff(np.append(starts, order.size))
        own = value[np.arange(order.size), np.repeat(np.arange(groups.size), lengths)]
        gain = np.maximum.reduceat(value - own[:, None], starts, axis=0)
        least = np.maximum.reduceat(-own, starts)
        price = np.empty(groups.size)
        for group in range(groups.size):
            price[group] = max(least[group], (price[:group] + gain[group, :group]).max(initial=-np.inf))
        worth[groups] = price
        at = problem.short_expiry[shorts]
        strike = problem.short_strike[shorts]
        if right == CALL:
            intrinsic = np.maximum(call_price[at] - strike, 0.0)
        else:
            intrinsic = np.maximum(strike - put_price[at], 0.0)
        saved[shorts] = problem.shares * (intrinsic + worth[at])
        np.maximum.at(temptation[right], at, _share(saved[shorts], problem.short_uncovered[shorts]))
    if temptation.max(initial=0.0) > 1.0:
        return False
    if not problem.straddles:
        return True
    # A straddle costs at least its greater requirement, so at least any weighted mean of the two: with shares that add up
    # to 1 at most nothing can be gained. Only where they don't each pair is looked at.
    if problem.straddles_across_expiries:
        tempting = temptation.max(axis=1, initial=0.0).sum() > 1.0
        return not tempting or _no_straddle_pays(problem, saved, np.arange(saved.size))
    return all(
        _no_straddle_pays(problem, saved, np.flatnonzero(problem.short_expiry == expiry))
        for expiry in np.flatnonzero(temptation.sum(axis=0) > 1.0).tolist()
    )


def _no_straddle_pays(problem: PairingProblem, saved: Floats, shorts: Integers) -> bool:
    """Whether each call and put of ``shorts`` costs as a straddle at least what is saved by leaving both uncovered."""
    right = problem.short_right[shorts]
    call, put = shorts[right == CALL][:, None], shorts[right == PUT]
    due_of_call, due_of_put = problem.short_uncovered[call], problem.short_uncovered[put]
    call_pays = np.where(due_of_call >= due_of_put, due_of_call + problem.short_spared[put], np.nan)
    put_pays = np.where(due_of_put >= due_of_call, due_of_put + problem.short_spared[call], np.nan)
    least = np.fmin(call_pays, put_pays)  # unknown amounts: no such straddle
    return not bool((saved[call] + saved[put] > least).any())


def _share(cost: Floats, uncovered: Floats) -> Floats:
    """``cost / uncovered``: 0 where nothing is paid or the requirement is unknown (never left uncovered by choice)."""
    free: Booleans = (cost <= 0) | np.isnan(uncovered)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(free, 0.0, cost / uncovered)
