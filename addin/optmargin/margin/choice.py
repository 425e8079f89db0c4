"""The cheapest permitted pairing of one account's options on one underlying, proven and ready to be explained.

Inside one expiry the legs that cover and are covered need no shapes: their worst settlement loss is the requirement
(rules.md section 3). What is left to choose is which shorts stay uncovered, which long options cover which expiry's
shorts, which uncovered calls and puts share a straddle, and which stock hedges what: whole numbers, least total.
"""

from __future__ import annotations

import math
from functools import reduce

import numpy as np

from optmargin.margin.choice_book import (
    CALL,
    PUT,
    Book,
    Decision,
    Floats,
    Integers,
    Pairing,
    PairingProblem,
    canonical,
    checked,
    used_with_stock,
)
from optmargin.margin.choice_model import model_of
from optmargin.margin.choice_solve import Clock, restricted, solved
from optmargin.margin.choice_sweep import covering_all_is_cheapest, is_balanced, worst_losses

__all__ = ["Pairing", "PairingProblem", "choose"]

# USD. Amounts are rounded to the cent at the edge: a total and a bound closer than half a cent are one figure. For books
# of many millions, relative: what float64 leaves of a sum of thousands of amounts.
HALF_A_CENT = 0.005
RELATIVE_TOLERANCE = 1e-12


def choose(problem: PairingProblem, *, time_limit: float | None = None) -> Pairing:
    """The cheapest permitted pairing.

    The gap is 0, and the total the exact minimum, unless the time ran out: then it is the best pairing found, with the
    bound that is proven. First, as few contracts as possible whose requirement is unknown (NaN) stay uncovered: they
    are counted in ``unknown_uncovered`` and cost nothing in the total, so a caller must not report the total as it is
    when there are any. Contracts of unknown requirement pair in no straddle; an unknown premium is never spared.

    Args:
        problem: the legs and the terms of the book.
        time_limit: seconds; None for as long as the proof takes, which for hundreds of legs over many expiries can be
            minutes or more.

    Raises:
        MarginError: an amount, count or index that no rule can price.
    """
    clock = Clock(time_limit)
    problem = checked(problem)
    expiries = int(max(problem.short_expiry.max(initial=-1), problem.long_expiry.max(initial=-1))) + 1
    if not problem.stock_units and is_balanced(problem, expiries):
        pairing = _all_covered(problem, expiries)
        if pairing is not None:
            return pairing
    book = canonical(problem)
    model = model_of(book, straddles=problem.straddles, across_expiries=problem.straddles_across_expiries)
    model = restricted(model, lesser=problem.lesser_of_uncovered)
    solution = solved(model, clock)
    decision = model.decision(solution.values)
    bound = book.shares * (solution.bound + model.constant)
    return _priced(problem, book, decision, bound)


def _all_covered(problem: PairingProblem, expiries: int) -> Pairing | None:
    """The pairing of a balanced book in which every short is covered at home, if that is provably the cheapest."""
    right = np.concatenate([problem.short_right, problem.long_right])
    expiry = np.concatenate([problem.short_expiry, problem.long_expiry])
    strike = np.concatenate([problem.short_strike, problem.long_strike])
    units = np.concatenate([problem.short_units, -problem.long_units])
    common = _common(units)
    loss, settlement = worst_losses(right, expiry, strike, units // common, expiries)
    if problem.lesser_of_uncovered and not covering_all_is_cheapest(problem, settlement):
        return None
    total = common * math.fsum((problem.shares * loss).tolist())
    none = np.zeros(0, dtype=np.int64)
    nothing = np.zeros_like(problem.short_units)
    return Pairing(
        total=total,
        bound=total,
        gap=0.0,
        proven=True,
        covered=problem.short_units,
        uncovered=nothing,
        spared=nothing,
        unknown_uncovered=nothing,
        assigned_long=np.arange(problem.long_units.size),
        assigned_expiry=problem.long_expiry,
        assigned_units=problem.long_units,
        activity_units=np.zeros_like(problem.activity_short),
        group_loss=common * (problem.shares * loss),
        group_settlement=settlement,
        pair_call=none,
        pair_put=none,
        pair_units=none,
        pair_spared=none,
    )


def _common(*counts: Integers) -> int:
    """The greatest number that divides all counts.

    Sums are taken over counts divided by it and multiplied once, so that n lots cost n times one lot to the last bit.
    """
    divisors = [int(np.gcd.reduce(count)) for count in counts if count.size]
    return max(reduce(math.gcd, divisors, 0), 1)


def _priced(problem: PairingProblem, book: Book, decision: Decision, bound: float) -> Pairing:
    """The decision's own price, from its whole numbers alone, and its contracts handed back to the lots."""
    uncovered = decision.uncovered(book)
    covers = decision.units
    common = _common(decision.covered, uncovered, decision.spared, covers, decision.activity_units)
    loss, settlement = worst_losses(
        np.concatenate([book.right, decision.right]),
        np.concatenate([book.expiry, decision.expiry]),
        np.concatenate([book.strike, decision.strike]),
        np.concatenate([decision.covered, -covers]) // common,
        book.expiries,
    )
    amounts = np.concatenate(
        [
            book.shares * loss,
            _amounts((uncovered - decision.spared) // common, book.uncovered),
            _amounts(decision.spared // common, book.spared),
            _amounts(decision.activity_units // common, book.activity_cost),
        ]
    )
    total = common * math.fsum(amounts.tolist())
    proven = total - bound <= max(HALF_A_CENT, RELATIVE_TOLERANCE * abs(total))
    bound = total if proven else min(bound, total)
    covered_lots, uncovered_lots, spared_lots, activity_units = _by_short_lot(problem, book, decision, uncovered)
    assigned = _by_long_lot(problem, decision)
    pairs = _pairs(problem, uncovered_lots - spared_lots, spared_lots)
    return Pairing(
        total=total,
        bound=bound,
        gap=total - bound,
        proven=proven,
        covered=covered_lots,
        uncovered=uncovered_lots,
        spared=spared_lots,
        unknown_uncovered=np.where(np.isnan(problem.short_uncovered), uncovered_lots, 0),
        assigned_long=assigned[0],
        assigned_expiry=assigned[1],
        assigned_units=assigned[2],
        activity_units=activity_units,
        group_loss=common * (book.shares * loss),
        group_settlement=settlement,
        pair_call=pairs[0],
        pair_put=pairs[1],
        pair_units=pairs[2],
        pair_spared=pairs[3],
    )


def _amounts(counts: Integers, price: Floats) -> Floats:
    """USD per leg; an unknown price of contracts that there are none of, or that are reported apart, is left out."""
    return np.where(np.isnan(price), 0.0, counts * np.nan_to_num(price))


def _shared_out(leg_of_lot: Integers, room: Integers, amount: Integers) -> Integers:
    """``amount`` per leg, handed to its lots in their order, up to the ``room`` of each."""
    order = np.argsort(leg_of_lot, kind="stable")
    leg = leg_of_lot[order]
    before = np.cumsum(room[order]) - room[order]
    first = np.searchsorted(leg, np.arange(amount.size))
    before -= np.append(before, 0)[first[leg]] if leg.size else 0
    share = np.empty_like(room)
    share[order] = np.clip(amount[leg] - before, 0, room[order])
    return share


def _by_short_lot(
    problem: PairingProblem, book: Book, decision: Decision, uncovered: Integers
) -> tuple[Integers, Integers, Integers, Integers]:
    """Covered, uncovered and spared contracts per lot of the problem, and units per activity."""
    # Lots that a use of stock names were kept apart, so what the uses take is known per lot.
    taken = used_with_stock(problem.activity_short, decision.activity_units, problem.short_units.size)
    room = problem.short_units - taken
    covered = _shared_out(book.short_of, room, decision.covered)
    left = room - covered
    return (
        covered,
        left,
        _shared_out(book.short_of, left, np.minimum(decision.spared, uncovered)),
        decision.activity_units,
    )


def _by_long_lot(problem: PairingProblem, decision: Decision) -> tuple[Integers, Integers, Integers]:
    """Long lot, covered expiry and contracts per assignment.

    The latest groups choose first, and take the long options that expire soonest after them: what can cover a later
    group can cover an earlier one too, so this always works out, and a long option stays in its own expiry if it can.
    """
    left = problem.long_units - used_with_stock(problem.activity_long, decision.activity_units, problem.long_units.size)
    by_expiry = np.lexsort((np.arange(left.size), problem.long_expiry))
    lots: dict[tuple[int, float], list[int]] = {}
    for lot in by_expiry.tolist():
        lots.setdefault((int(problem.long_right[lot]), float(problem.long_strike[lot])), []).append(lot)
    found: list[tuple[int, int, int]] = []
    for at in np.argsort(-decision.expiry, kind="stable").tolist():
        wanted, group = int(decision.units[at]), int(decision.expiry[at])
        for lot in lots[int(decision.right[at]), float(decision.strike[at])]:
            if not wanted:
                break
            if problem.long_expiry[lot] >= group and left[lot]:
                units = min(wanted, int(left[lot]))
                left[lot] -= units
                wanted -= units
                found.append((lot, group, units))
    found.sort()
    columns = np.array(found, dtype=np.int64).reshape(-1, 3)
    return columns[:, 0], columns[:, 1], columns[:, 2]


def _pairs(
    problem: PairingProblem, paying: Integers, spared: Integers
) -> tuple[Integers, Integers, Integers, Integers]:
    """Short call, short put, contracts and spared right per straddle.

    From the greatest requirement down, a spared contract takes any of the other side that pays at least as much: those
    that can serve it can serve every lesser one too.
    """
    found: list[tuple[int, int, int, int]] = []
    left = paying.copy()
    descending = np.argsort(-problem.short_uncovered, kind="stable")
    for right in (CALL, PUT):
        payers: dict[int, list[int]] = {}
        for lot in descending[problem.short_right[descending] != right].tolist():
            if left[lot] and not np.isnan(problem.short_uncovered[lot]):
                payers.setdefault(_domain(problem, lot), []).append(lot)
        for lot in descending[(problem.short_right[descending] == right) & (spared[descending] > 0)].tolist():
            wanted = int(spared[lot])
            serving = payers.get(_domain(problem, lot), [])
            while wanted and serving and problem.short_uncovered[serving[0]] >= problem.short_uncovered[lot]:
                units = min(wanted, int(left[serving[0]]))
                left[serving[0]] -= units
                wanted -= units
                call, put = (lot, serving[0]) if right == CALL else (serving[0], lot)
                found.append((call, put, units, right))
                if not left[serving[0]]:
                    serving.pop(0)
    columns = np.array(found, dtype=np.int64).reshape(-1, 4)
    return columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3]


def _domain(problem: PairingProblem, lot: int) -> int:
    return -1 if problem.straddles_across_expiries else int(problem.short_expiry[lot])
