"""The spread rule before 2012: each two-leg spread is charged apart, and only shapes with equal intervals are one position.

A book is cut into pieces, each with its charge: two-leg spreads (the difference of the strikes where it can be lost), butterflies
and condors with equal intervals (nothing where bought), iron condors and iron butterflies with equal wings (one wing), boxes
(the difference of the strikes), uncovered options, straddles, stock with what hedges it. The cheapest cut is taken, as an
integer programme over the pieces.

Sources: McMillan, Options as a Strategic Investment, p. 206 (2 x 50, -3 x 55, 1 x 65 calls: two spreads at nothing and one at
1,000 where the risk is nothing); IBKR knowledge base 600 and 603 (equal intervals only); Cboe Rule 12.3 as of 2005.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import Right
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.margin.choice import Pairing, PairingProblem
from optmargin.margin.choice_highs import Programme, minimised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# More pieces than this are more than an evening's report should wait for.
_MOST_PIECES = 200_000


@dataclass(frozen=True, slots=True)
class _Piece:
    """One piece that a book may be cut into, and what one of it costs.

    Attributes:
        cost: USD.
        shorts, longs: numbers of the legs, and contracts of each.
        expiry: the group that it is charged in; -1 for what isn't covered by options.
        activity: the use of stock, or -1.
        spared: the short that pays its premium only, or -1.
        unknown: contracts whose requirement isn't known.
        bare: contracts that nothing covers.
    """

    cost: float
    shorts: tuple[tuple[int, int], ...] = ()
    longs: tuple[tuple[int, int], ...] = ()
    expiry: int = -1
    activity: int = -1
    spared: int = -1
    unknown: int = 0
    bare: int = 0


def choose_legacy(problem: PairingProblem) -> Pairing:
    """The cheapest cut of the book into pieces that the old rule knows.

    Raises:
        MarginError: ``#N/A`` where there are too many legs for the number of pieces.
    """
    pieces = list(_pieces(problem))
    if len(pieces) > _MOST_PIECES:
        raise MarginError(
            ErrorCode.MISSING,
            f"the rule before 2012 cuts these legs into {len(pieces):,} kinds of spreads, too many to choose from",
            "take a later day or book, or fewer legs",
        )
    return _as_pairing(problem, pieces, _solve(problem, pieces))


def _pieces(problem: PairingProblem) -> Iterator[_Piece]:
    yield from _stock(problem)
    yield from _bare(problem)
    spreads = list(_spreads(problem))
    yield from spreads
    yield from _long_condors(problem)
    yield from _iron(problem, spreads)


def _stock(problem: PairingProblem) -> Iterator[_Piece]:
    for number, (cost, short, long) in enumerate(
        zip(problem.activity_cost, problem.activity_short, problem.activity_long, strict=True)
    ):
        shorts = ((int(short), 1),) if short >= 0 else ()
        longs = ((int(long), 1),) if long >= 0 else ()
        yield _Piece(float(cost), shorts, longs, activity=number)


def _bare(problem: PairingProblem) -> Iterator[_Piece]:
    cost, premium = problem.short_uncovered, problem.short_spared
    for at in range(len(cost)):
        known = not math.isnan(cost[at])
        yield _Piece(float(cost[at]) if known else 0.0, ((at, 1),), unknown=0 if known else 1, bare=1)
    if not problem.straddles:
        return
    for call in np.flatnonzero(problem.short_right == Right.CALL):
        for put in np.flatnonzero(problem.short_right == Right.PUT):
            together = problem.straddles_across_expiries or problem.short_expiry[call] == problem.short_expiry[put]
            full, less = (call, put) if cost[call] >= cost[put] else (put, call)
            if together and not math.isnan(cost[full] + premium[less]):
                shorts = ((int(call), 1), (int(put), 1))
                yield _Piece(float(cost[full] + premium[less]), shorts, spared=int(less), bare=2)


def _loss(problem: PairingProblem, short: int, long: int) -> float:
    ahead = float(problem.long_strike[long] - problem.short_strike[short])
    return problem.shares * max(ahead if problem.short_right[short] == Right.CALL else -ahead, 0.0)


def _spreads(problem: PairingProblem) -> Iterator[_Piece]:
    for short in range(len(problem.short_strike)):
        same = (problem.long_right == problem.short_right[short]) & (problem.long_expiry >= problem.short_expiry[short])
        for long in np.flatnonzero(same):
            expiry = int(problem.short_expiry[short])
            yield _Piece(_loss(problem, short, int(long)), ((short, 1),), ((int(long), 1),), expiry)


def _long_condors(problem: PairingProblem) -> Iterator[_Piece]:
    """Bought butterflies and condors: long, short, short, long with equal intervals; they can't lose."""
    for right in (Right.CALL, Right.PUT):
        for expiry in np.unique(problem.short_expiry):
            shorts = np.flatnonzero((problem.short_right == right) & (problem.short_expiry == expiry))
            longs = np.flatnonzero((problem.long_right == right) & (problem.long_expiry == expiry))
            by_strike: dict[float, list[int]] = defaultdict(list)
            for long in longs:
                by_strike[float(problem.long_strike[long])].append(int(long))
            for place, low in enumerate(shorts):
                for high in shorts[place:]:
                    inner = sorted((float(problem.short_strike[low]), float(problem.short_strike[high])))
                    for wing in longs:
                        interval = inner[0] - float(problem.long_strike[wing])
                        for other in by_strike.get(inner[1] + interval, []) if interval > 0 else []:
                            pair = ((int(low), 2),) if low == high else ((int(low), 1), (int(high), 1))
                            yield _Piece(0.0, pair, ((int(wing), 1), (other, 1)), int(expiry))


def _iron(problem: PairingProblem, spreads: list[_Piece]) -> Iterator[_Piece]:
    """A put spread and a call spread of one width sold together: iron condor, iron butterfly, or short box: one width."""
    sold: dict[tuple[int, float, bool], list[_Piece]] = defaultdict(list)
    for spread in spreads:
        short, long = spread.shorts[0][0], spread.longs[0][0]
        if spread.cost > 0 and problem.long_expiry[long] == problem.short_expiry[short]:
            sold[spread.expiry, spread.cost, bool(problem.short_right[short] == Right.CALL)].append(spread)
    for (expiry, cost, is_call), calls in sold.items():
        for put in sold.get((expiry, cost, False), []) if is_call else []:
            low, high = problem.short_strike[put.shorts[0][0]], problem.long_strike[put.longs[0][0]]
            for call in calls:
                above, top = problem.short_strike[call.shorts[0][0]], problem.long_strike[call.longs[0][0]]
                if low <= above or (low == top and high == above):
                    yield _Piece(cost, put.shorts + call.shorts, put.longs + call.longs, expiry)


def _solve(problem: PairingProblem, pieces: list[_Piece]) -> NDArray[np.int64]:
    """How many of each piece."""
    from scipy.sparse import coo_array

    shorts, longs = len(problem.short_units), len(problem.long_units)
    if not pieces:
        return np.zeros(0, dtype=np.int64)
    rows, columns, counts = [], [], []
    for number, piece in enumerate(pieces):
        used = [*piece.shorts, *((shorts + at, n) for at, n in piece.longs)]
        if piece.activity >= 0:
            used.append((shorts + longs, 1))
        for row, count in used:
            rows.append(row)
            columns.append(number)
            counts.append(float(count))
    table = coo_array((counts, (rows, columns)), shape=(shorts + longs + 1, len(pieces))).tocsr()
    need = np.concatenate((problem.short_units, np.zeros(longs), [problem.stock_units])).astype(np.float64)
    most = np.concatenate((problem.short_units, problem.long_units, [problem.stock_units])).astype(np.float64)
    # First as few contracts of unknown requirement as can be, then, where the book wants it, as few uncovered, then the cost.
    cost = np.array([piece.cost for piece in pieces])
    step = 1.0 + float(cost.max(initial=0.0)) * float(most.sum() + 1.0)
    bare = np.array([0 if problem.lesser_of_uncovered else piece.bare for piece in pieces])
    unknown = np.array([piece.unknown for piece in pieces])
    weight = cost + step * (bare + unknown * (float(problem.short_units.sum()) + 1.0))
    found = minimised(
        Programme(
            cost=weight,
            lower=np.zeros(len(pieces)),
            upper=np.full(len(pieces), np.inf),
            whole=np.ones(len(pieces), dtype=bool),
            matrix=table,
            row_lower=need,
            row_upper=most,
        )
    )
    if found.values is None:
        raise MarginError(ErrorCode.MISSING, "no cut of the book into spreads was found", "check its legs")
    units: NDArray[np.int64] = np.rint(found.values).astype(np.int64)
    return units


def _as_pairing(problem: PairingProblem, pieces: list[_Piece], units: NDArray[np.int64]) -> Pairing:
    shorts = len(problem.short_units)
    covered, uncovered, spared, unknown = (np.zeros(shorts, dtype=np.int64) for _ in range(4))
    activities = np.zeros(len(problem.activity_cost), dtype=np.int64)
    assigned: dict[tuple[int, int], int] = defaultdict(int)
    count = int(max([*problem.short_expiry, *problem.long_expiry], default=-1)) + 1
    losses = np.zeros(count)
    pairs = []
    total = 0.0
    for piece, n in zip(pieces, units.tolist(), strict=True):
        if not n:
            continue
        total += n * piece.cost
        if piece.activity >= 0:
            activities[piece.activity] += n
        elif piece.expiry >= 0:
            losses[piece.expiry] += n * piece.cost
            for at, each in piece.shorts:
                covered[at] += n * each
            for at, each in piece.longs:
                assigned[at, piece.expiry] += n * each
        else:
            for at, each in piece.shorts:
                uncovered[at] += n * each
                unknown[at] += n * piece.unknown
            if piece.spared >= 0:
                spared[piece.spared] += n
                pairs.append((*(at for at, _ in piece.shorts), n, int(problem.short_right[piece.spared])))
    table = np.array(pairs, dtype=np.int64).reshape(-1, 4)
    return Pairing(
        total=total,
        bound=total,
        gap=0.0,
        proven=True,
        covered=covered,
        uncovered=uncovered,
        spared=spared,
        unknown_uncovered=unknown,
        assigned_long=np.array([at for at, _ in assigned], dtype=np.int64),
        assigned_expiry=np.array([expiry for _, expiry in assigned], dtype=np.int64),
        assigned_units=np.array(list(assigned.values()), dtype=np.int64),
        activity_units=activities,
        group_loss=losses,
        group_settlement=np.full(count, np.nan),
        pair_call=table[:, 0],
        pair_put=table[:, 1],
        pair_units=table[:, 2],
        pair_spared=table[:, 3],
    )
