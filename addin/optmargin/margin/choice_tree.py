"""The proof: branch and bound over the slopes of the groups' losses.

A relaxation that splits contracts is some 0.1 % too cheap, and forbidding the fraction of one count only moves it to the
next count. So what is branched on are sums that nothing can get round: the slope of a group's loss at a price (calls below
it less puts above it), the net number of calls or puts on one side of a price, the number of covered and of spared
contracts, and single counts besides.
"""

from __future__ import annotations

import heapq
import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optmargin.margin.choice_book import CALL, PUT
from optmargin.margin.choice_highs import WHOLE_WITHIN, Relaxation
from optmargin.margin.choice_model import Losses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optmargin.margin.choice_book import Floats, Integers
    from optmargin.margin.choice_model import Model
    from optmargin.margin.choice_solve import Clock

# A row is broken by more than this (USD per share), a reduced cost or the gain of a branch is more than nothing.
NOTHING = 1e-6
LEAST_GAIN = 1e-3

# At a node both branches of so many sums are tried, of which little is known; of so many trials the average is believed. A
# dive ends, for a branch that promises more, where it has used up this part of what separates the best bound from the answer.
TRIALS = 16
BELIEVED_AFTER = 2
PATIENCE = 0.5


@dataclass(frozen=True, eq=False, slots=True)
class _Node:
    """A branch: its parent, and the sum that it limits."""

    parent: _Node | None
    sum_: int
    lower: float
    upper: float

    def limits(self) -> dict[int, tuple[float, float]]:
        """Every limited sum of this branch; the last limit holds."""
        found: dict[int, tuple[float, float]] = {}
        node: _Node | None = self
        while node is not None:
            found.setdefault(node.sum_, (node.lower, node.upper))
            node = node.parent
        return found


@dataclass(frozen=True, slots=True)
class _Branching:
    """The sum to branch on, where it is cut, and the least costs of both sides if they were tried."""

    sum_: int
    floor: float
    fraction: float
    tried: tuple[float, float] | None


class Tree:
    """The branches that may still hold a cheaper pairing than the best known.

    Attributes:
        bound: no pairing costs less, in the model's unit (USD per share).
        relaxed: the values of the relaxation at the root.
        promising: its values at the most promising node of the last search.
        latest: its values at the node that was looked at last, deep in a branch, where few of them are fractions.
        best: the cheapest pairing known, once there is one.
        cost: what it costs; infinite before there is one.
        lower, upper: limits of the unknowns that no cheaper pairing lies outside of.
    """

    def __init__(self, model: Model, worthwhile: float) -> None:
        """The root; ``worthwhile`` is the least saving that matters (USD per share)."""
        self._model = model
        self._worthwhile = worthwhile
        self._losses = Losses(model)
        self._loss_rows_in = np.zeros(self._losses.rows.size, dtype=bool)
        of_loss = np.zeros(model.matrix.shape[0], dtype=bool)
        of_loss[self._losses.rows] = True
        # Of the prices at which a group may lose most few matter: their rows come in when they are broken.
        self._relaxation = Relaxation(model.without(of_loss))
        self._sums, self._kind = _sums(model)
        self._single: Integers = np.flatnonzero(model.whole)  # the first sums are the unknowns themselves
        self._row_of: dict[int, int] = {}
        self._limits: dict[int, tuple[float, float]] = {}
        self._gain = np.zeros((self._kind.size, 2))
        self._trials = np.zeros((self._kind.size, 2))
        self._number = itertools.count()
        self.lower, self.upper = model.lower.copy(), model.upper.copy()
        self.best = np.zeros(0)
        self.cost = math.inf
        # requirements are never negative, even if the solver should give up
        self.bound = self._root_bound = self._least(-model.constant)
        self._open: list[tuple[float, int, _Node | None]] = [(self.bound, next(self._number), None)]
        self._given_up = math.inf  # the least bound of the branches that the solver gave up
        solved = self._relaxation.solved
        self.relaxed = self._relaxation.values if solved else model.lower
        self.promising = self.latest = self.relaxed
        self._reduced = self._relaxation.reduced_costs if solved else np.zeros(model.cost.size)
        if solved and not self._fractions(self.relaxed).any():
            self.accept(self.relaxed)

    @property
    def work(self) -> int:
        """Iterations of the simplex method so far."""
        return self._relaxation.iterations

    def finished(self) -> bool:
        """Whether no branch is left."""
        return not self._open

    def accept(self, values: Floats) -> bool:
        """Takes a pairing as the best known if it is cheaper; every branch that can't beat it is closed."""
        settled = self._losses.settled(values)
        cost = float(self._model.cost @ settled)
        if cost >= self.cost:
            return False
        self.best, self.cost = settled, cost
        self._relaxation.cut_off(cost - self._worthwhile)
        self._open = [branch for branch in self._open if branch[0] < cost - self._worthwhile]
        heapq.heapify(self._open)
        self._tightened()
        self._settle_bound()
        return True

    def search(self, nodes: int, clock: Clock) -> None:
        """Looks at so many nodes, the most promising first, as long as there is time."""
        while self._open and nodes > 0 and clock.left > 0:
            bound, _, node = heapq.heappop(self._open)
            nodes -= self._dive(bound, node, nodes, clock)
            self._settle_bound()

    def _dive(self, bound: float, node: _Node | None, nodes: int, clock: Clock) -> int:
        """Follows a branch into the better one of its branches again and again; how many nodes that were."""
        seen = 0
        expected: tuple[int, int, float, float] | None = None  # sum, side, share of a contract, cost before
        while True:
            seen += 1
            limits = node.limits() if node is not None else {}
            cost = self._least(bound) if self._go_to(limits) else math.inf
            if expected is not None:
                self._learn(*expected, cost)
            if cost >= self.cost - self._worthwhile:
                return seen
            if not self._relaxation.solved:
                self._given_up = min(self._given_up, cost)
                return seen
            branching = self._branching(cost, limits, clock)
            if seen == 1:
                self.promising = self.latest
            if branching is None:
                self.accept(self.latest)
                return seen
            sides = self._sides(branching, cost, node, limits)
            for _, side_bound, _, side in sides[1:]:
                heapq.heappush(self._open, (side_bound, next(self._number), side))
            if not sides:
                return seen
            likely, bound, which, node = sides[0]
            expected = None
            if branching.tried is None:
                share = branching.fraction if which == 0 else 1.0 - branching.fraction
                expected = branching.sum_, which, share, cost
            least = self._open[0][0] if self._open else math.inf
            enough = math.isfinite(least) and likely > least + PATIENCE * (self.cost - least)
            if enough or seen >= nodes or clock.left <= 0:
                heapq.heappush(self._open, (bound, next(self._number), node))
                return seen

    def _sides(
        self, branching: _Branching, cost: float, node: _Node | None, limits: dict[int, tuple[float, float]]
    ) -> list[tuple[float, float, int, _Node]]:
        """Both sides of a branching that may hold something: likely cost, proven bound, which side, and the node."""
        lower, upper = limits.get(branching.sum_, (-math.inf, math.inf))
        found = []
        for which, (low, high) in enumerate(((lower, branching.floor), (branching.floor + 1.0, upper))):
            side = _Node(node, branching.sum_, low, high)
            if branching.tried is None:
                share = branching.fraction if which == 0 else 1.0 - branching.fraction
                trials = max(self._trials[branching.sum_, which], 1.0)
                likely = cost + share * self._gain[branching.sum_, which] / trials
                found.append((float(likely), cost, which, side))
            elif branching.tried[which] < self.cost - self._worthwhile:
                found.append((branching.tried[which], branching.tried[which], which, side))
        return sorted(found, key=lambda each: each[0])

    def _branching(self, cost: float, limits: dict[int, tuple[float, float]], clock: Clock) -> _Branching | None:
        """The sum whose branches are expected to cost most; None where nothing is a fraction."""
        self.latest = self._relaxation.values
        sums = self._sums @ self.latest
        floor = np.floor(sums + WHOLE_WITHIN)
        fraction = sums - floor
        candidates = np.flatnonzero(fraction > WHOLE_WITHIN)
        if not candidates.size:
            return None
        part = fraction[candidates]
        trials = self._trials[candidates]
        of_kind = self._averages()[self._kind[candidates]]
        gain = np.where(trials > 0, self._gain[candidates] / np.maximum(trials, 1.0), of_kind)
        promise = np.maximum(gain[:, 0] * part, LEAST_GAIN) * np.maximum(gain[:, 1] * (1.0 - part), LEAST_GAIN)
        believed = trials.min(axis=1) >= BELIEVED_AFTER
        best: _Branching | None = None
        most = -1.0
        left = TRIALS
        for at in np.argsort(-promise, kind="stable").tolist():
            number = int(candidates[at])
            here = _Branching(number, float(floor[number]), float(part[at]), None)
            if believed[at]:
                if promise[at] > most:
                    best, most = here, float(promise[at])
                if left == TRIALS:
                    break  # the most promising is known well enough
                continue
            if not left or clock.left <= 0:
                break
            left -= 1
            tried = self._both(here, cost, limits)
            here = _Branching(number, here.floor, here.fraction, tried)
            if max(tried) >= self.cost - self._worthwhile:
                return here
            score = max(tried[0] - cost, LEAST_GAIN) * max(tried[1] - cost, LEAST_GAIN)
            if score > most:
                best, most = here, score
        if best is None:  # the time ran out
            number = int(candidates[0])
            return _Branching(number, float(floor[number]), float(part[0]), None)
        return best

    def _both(self, branching: _Branching, cost: float, limits: dict[int, tuple[float, float]]) -> tuple[float, float]:
        """The least costs of both sides, on the rows that are there."""
        lower, upper = limits.get(branching.sum_, (-math.inf, math.inf))
        found = []
        for which, (low, high) in enumerate(((lower, branching.floor), (branching.floor + 1.0, upper))):
            least = self._relaxation.least(cost) if self._limit(branching.sum_, low, high) else math.inf
            share = branching.fraction if which == 0 else 1.0 - branching.fraction
            self._learn(branching.sum_, which, share, cost, least)
            found.append(least)
        self._limit(branching.sum_, lower, upper)
        return found[0], found[1]

    def _learn(self, sum_: int, which: int, share: float, before: float, after: float) -> None:
        ceiling = self.cost if math.isfinite(self.cost) else before
        self._gain[sum_, which] += max(min(after, ceiling) - before, 0.0) / share
        self._trials[sum_, which] += 1.0

    def _averages(self) -> Floats:
        """What a contract more or less costs on average, per kind of sum and side."""
        kinds = int(self._kind.max(initial=0)) + 1
        gain, trials = (
            np.stack([np.bincount(self._kind, weights=column, minlength=kinds) for column in table.T], axis=1)
            for table in (self._gain, self._trials)
        )
        averages: Floats = gain / np.maximum(trials, 1.0)
        return averages

    def _least(self, no_less: float) -> float:
        """The least cost of the relaxation as it is limited now, every price considered."""
        while True:
            cost = self._relaxation.least(no_less)
            if math.isinf(cost) or not self._relaxation.solved or not self._completed():
                return cost

    def _completed(self) -> bool:
        """Brings in the row of each group that is broken most; whether there was any."""
        excess = self._losses.matrix @ self._relaxation.values
        excess[self._loss_rows_in] = 0.0
        broken = np.flatnonzero(excess > NOTHING)
        order = broken[np.lexsort((-excess[broken], self._losses.group[broken]))]
        _, first = np.unique(self._losses.group[order], return_index=True)
        for at in order[first].tolist():
            self._relaxation.add_row(-math.inf, 0.0, *_entries(self._losses.matrix, at))
            self._loss_rows_in[at] = True
        return bool(broken.size)

    def _go_to(self, limits: dict[int, tuple[float, float]]) -> bool:
        """Sets the limits of a branch and no others; whether they leave anything."""
        for number in [number for number in self._limits if number not in limits]:
            self._limit(number, -math.inf, math.inf)
            del self._limits[number]
        for number, (lower, upper) in limits.items():
            if self._limits.get(number) != (lower, upper):
                if not self._limit(number, lower, upper):
                    return False
                self._limits[number] = lower, upper
        return True

    def _limit(self, number: int, lower: float, upper: float) -> bool:
        """Limits a sum; whether that leaves anything."""
        if number < self._single.size:
            unknown = int(self._single[number])
            lower, upper = max(lower, self.lower[unknown]), min(upper, self.upper[unknown])
            if lower > upper:
                return False
            self._relaxation.limit_unknown(unknown, lower, upper)
        elif number in self._row_of:
            self._relaxation.limit_row(self._row_of[number], lower, upper)
        else:
            self._row_of[number] = self._relaxation.add_row(lower, upper, *_entries(self._sums, number))
        return True

    def _tightened(self) -> None:
        """Limits that follow from the reduced costs at the root: a unit more would cost more than there is to gain."""
        room = max(self.cost - self._worthwhile - self._root_bound, 0.0)
        model = self._model
        at_lower = model.whole & (self._reduced > NOTHING) & (self.relaxed < model.lower + NOTHING)
        at_upper = model.whole & (self._reduced < -NOTHING) & (self.relaxed > model.upper - NOTHING)
        steps = np.zeros(model.cost.size)
        for at in (at_lower, at_upper):
            steps[at] = np.floor(room / np.abs(self._reduced[at]) + NOTHING)
        lower, upper = self.lower.copy(), self.upper.copy()
        upper[at_lower] = np.minimum(upper, model.lower + steps)[at_lower]
        lower[at_upper] = np.maximum(lower[at_upper], model.upper[at_upper] - steps[at_upper])
        for unknown in np.flatnonzero((upper < self.upper) | (lower > self.lower)).tolist():
            self._relaxation.limit_unknown(unknown, lower[unknown], upper[unknown])
        self.lower, self.upper = lower, upper
        for number in self._limits:  # back to the root, of which a branch may have held wider limits
            self._limit(number, -math.inf, math.inf)
        self._limits = {}

    def _settle_bound(self) -> None:
        least = self._open[0][0] if self._open else self.cost
        self.bound = max(self.bound, min(least, self._given_up, self.cost))

    def _fractions(self, values: Floats) -> Any:
        return self._model.whole & (np.abs(values - np.rint(values)) > WHOLE_WITHIN)


def _entries(matrix: Any, row: int) -> tuple[Integers, Floats]:
    at = slice(matrix.indptr[row], matrix.indptr[row + 1])
    return matrix.indices[at], matrix.data[at]


def _sums(model: Model) -> tuple[Any, Integers]:
    """The sums that must be whole, as a matrix, and the kind of each: first the unknowns themselves."""
    from scipy import sparse

    unknowns: list[Integers] = []
    factors: list[Floats] = []
    kinds: list[int] = []
    for kind, members, signs in _every_sum(model):
        unknowns.append(members)
        factors.append(signs)
        kinds.append(kind)
    ends = np.cumsum([0, *(members.size for members in unknowns)])
    if not kinds:
        return sparse.csr_array((0, model.cost.size)), np.zeros(0, dtype=np.int64)
    entries = (np.concatenate(factors), np.concatenate(unknowns), ends)
    return sparse.csr_array(entries, shape=(len(kinds), model.cost.size)), np.array(kinds)


def _every_sum(model: Model) -> Iterator[tuple[int, Integers, Floats]]:
    single, covered, spared, net, slope = range(5)
    for unknown in np.flatnonzero(model.whole).tolist():
        yield single, np.array([unknown]), np.ones(1)
    book = model.book
    for group in range(book.expiries):
        shorts = np.flatnonzero(book.expiry == group)
        covers = np.flatnonzero(model.cover_expiry == group)
        right = np.concatenate([book.right[shorts], model.cover_right[covers]])
        strike = np.concatenate([book.strike[shorts], model.cover_strike[covers]])
        order = np.lexsort((strike, right))
        right, strike = right[order], strike[order]
        members = np.concatenate([shorts, model.cover_at + covers])[order]
        signs = np.repeat([1.0, -1.0], [shorts.size, covers.size])[order]
        for one in (CALL, PUT):
            of_right = shorts[book.right[shorts] == one]
            spares = model.shorts + np.flatnonzero(np.isin(model.spare_short, of_right))
            for kind, each in ((covered, of_right), (spared, spares)):
                if each.size > 1:
                    yield kind, each, np.ones(each.size)
        for price in np.unique(strike)[:-1].tolist():
            calls_below = (right == CALL) & (strike <= price)
            puts_above = (right == PUT) & (strike > price)
            if calls_below.any() and puts_above.any():
                at = calls_below | puts_above
                yield slope, members[at], np.where(right == CALL, signs, -signs)[at]
            # As many are covered as cover: what is net below a price is lacking above it, and the shorter sum will do.
            for below, above in (
                (calls_below, (right == CALL) & ~calls_below),
                ((right == PUT) & ~puts_above, puts_above),
            ):
                at = below if below.sum() <= above.sum() else above
                if at.sum() > 1:
                    yield net, members[at], signs[at]
