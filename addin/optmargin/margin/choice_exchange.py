"""Better pairings from a good one: contracts passed round between the groups as long as the total falls.

Nothing here proves anything; it only finds, and far faster than a solver does in a large book.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optmargin.margin.choice_book import CALL, PUT

if TYPE_CHECKING:
    from optmargin.margin.choice_book import Booleans, Floats, Integers
    from optmargin.margin.choice_model import Model
    from optmargin.margin.choice_solve import Clock

# USD per share of the multiplier. An exchange that saves less isn't worth its time. Where nothing saves any more, one at
# random that costs less than the kick is made, and what comes of it is kept if it costs about as little as before.
LEAST_GAIN = 1e-6
KICK = 40.0
TOLERATED = 2.0

# A round in which one group takes part twice isn't what it seems: so many of the best are tried. And so many kicks.
ROUNDS_TRIED = 30
KICKS_TRIED = 1000

# Losses that are looked at per second, at least: a book so large that one look at all exchanges takes longer than there
# is time is left alone.
LOSSES_PER_SECOND = 2e8

Step = list[tuple[int, float]]  # unknowns of the model, and what is added to each
Edge = tuple[int, int, int]  # a group, what it receives, what it gives


@dataclass(frozen=True, eq=False)
class _Side:
    """What a group can do on one right.

    It receives a contract of a strike or leaves one more short uncovered, and gives away a contract of another strike or
    covers one more short. These are the nodes: the strikes; one for uncovered shorts; and one for long options that
    cover nothing yet.
    """

    change: Floats  # received node by given node: USD per share; infinite where it can't be done
    each: Floats  # the same, per way to receive and way to give
    receives: Integers  # node per way
    gives: Integers
    free: Booleans  # per way to receive: whether a long option that covers nothing serves
    ways_to_receive: list[Step]
    ways_to_give: list[Step]


@dataclass(frozen=True, eq=False)
class _State:
    values: Floats
    cost: float
    sides: dict[tuple[int, int], _Side]


class Exchange:
    """The groups of a model, ready to pass contracts round.

    What an exchange does to a group's worst loss doesn't depend on the other groups. So a round, in which every group
    takes part once at most, costs the sum of its exchanges: it is a cycle in a graph whose nodes are the strikes.
    """

    def __init__(self, model: Model) -> None:
        book = model.book
        self._model = model
        self._counts = model.cost.size - book.expiries  # the unknowns that are counts; the losses follow
        of_loss = model.matrix[:, self._counts :].tocoo()
        others = np.setdiff1d(np.arange(model.matrix.shape[0]), of_loss.row)
        self._rules = model.matrix[others][:, : self._counts].tocsc()
        self._rule_lower, self._rule_upper = model.row_lower[others], model.row_upper[others]
        self._balance = self._rule_lower == self._rule_upper
        self._spare_of = np.full(model.shorts, -1)
        self._spare_of[model.spare_short] = model.shorts + np.arange(model.spare_short.size)
        cover_at = model.shorts + model.spare_short.size
        self._strikes = {right: np.unique(model.cover_strike[model.cover_right == right]) for right in (CALL, PUT)}
        self._losses_at = [
            model.matrix[of_loss.row[of_loss.col == group]][:, : self._counts] for group in range(book.expiries)
        ]
        self._chance = np.random.default_rng(0)  # the same book, the same search
        self._node: dict[tuple[int, int], Integers] = {}
        self._covers: dict[tuple[int, int], Integers] = {}
        self._shorts: dict[tuple[int, int], Integers] = {}
        self._by_cover: dict[tuple[int, int], Floats] = {}
        self._by_short: dict[tuple[int, int], Floats] = {}
        for group in range(book.expiries):
            columns = self._losses_at[group].tocsc()
            for right in (CALL, PUT):
                key = group, right
                covers = np.flatnonzero((model.cover_expiry == group) & (model.cover_right == right))
                self._node[key] = np.searchsorted(self._strikes[right], model.cover_strike[covers])
                self._covers[key] = covers + cover_at
                self._shorts[key] = np.flatnonzero((book.expiry == group) & (book.right == right))
                self._by_cover[key] = columns[:, self._covers[key]].toarray().T
                self._by_short[key] = columns[:, self._shorts[key]].toarray().T

    def improved(self, values: Floats, clock: Clock, kicks: int) -> Floats:
        """A pairing that costs no more than ``values``: exchanges, then so many kicks and what comes of them."""
        if self._work(values) > LOSSES_PER_SECOND * clock.left:
            return values
        best = state = self._descended(self._state(np.where(self._model.whole, np.rint(values), values)), clock)
        for _ in range(kicks):
            kicked = self._kicked(state, self._chance) if clock.left > 0 else None
            if kicked is None:
                break
            kicked = self._descended(kicked, clock)
            if kicked.cost <= state.cost + TOLERATED * self._chance.exponential():
                state = kicked
            if state.cost < best.cost - LEAST_GAIN:
                best = state
        return best.values

    def _work(self, values: Floats) -> float:
        """How many losses one look at all exchanges computes."""
        work = 0.0
        for key, covers in self._covers.items():
            shorts = self._shorts[key]
            given = (values[covers] > 0.5).sum() + 2 * (values[shorts] < self._model.upper[shorts] - 0.5).sum()
            work += float(given) * (covers.size + 2 * shorts.size) * self._losses_at[key[0]].shape[0]
        return work

    def _state(self, values: Floats, before: _State | None = None) -> _State:
        """What can be done from a pairing; of the pairing before it, the groups that didn't change are kept."""
        counts = values[: self._counts]
        losses = [max((rows @ counts).max(initial=0.0), 0.0) for rows in self._losses_at]
        values = np.append(counts, losses)
        slack = self._rule_upper - self._rules @ counts
        sides = {}
        for group in range(len(self._losses_at)):
            keys = [(group, right) for right in (CALL, PUT)]
            for key in keys:
                same = before is not None and all(
                    (counts[unknowns] == before.values[unknowns]).all()
                    for at in keys
                    for unknowns in (self._covers[at], self._shorts[at])
                )
                sides[key] = before.sides[key] if before is not None and same else self._side(key, counts, slack)
        return _State(values, float(self._model.cost @ values), sides)

    def _price(self, counts: Floats) -> float:
        """USD per share; infinite for what isn't permitted."""
        used = self._rules @ counts
        permitted = (
            (counts > -0.5).all()
            and (counts < self._model.upper[: self._counts] + 0.5).all()
            and (used < self._rule_upper + 0.5).all()
            and (used > self._rule_lower - 0.5).all()
        )
        if not permitted:
            return np.inf
        losses = [max((rows @ counts).max(initial=0.0), 0.0) for rows in self._losses_at]
        return float(self._model.cost[: self._counts] @ counts + sum(losses))

    def _descended(self, state: _State, clock: Clock) -> _State:
        while clock.left > 0:
            changes = [self._best_round(state, right) for right in (CALL, PUT)]
            found = [(self._price(state.values[: self._counts] + change), at) for at, change in enumerate(changes)]
            price, at = min(found)
            if price >= state.cost - LEAST_GAIN:
                break
            counts = state.values[: self._counts] + changes[at]
            while (further := self._price(counts + changes[at])) < price - LEAST_GAIN:  # once more, as long as it pays
                counts, price = counts + changes[at], further
            state = self._state(np.append(counts, np.zeros(len(self._losses_at))), state)
        return state

    def _kicked(self, state: _State, chance: np.random.Generator) -> _State | None:
        for _ in range(KICKS_TRIED):
            right = int(chance.integers(CALL, PUT + 1))
            tables = self._tables(state, right)
            one, other = chance.integers(len(tables), size=2).tolist()
            likely = np.flatnonzero(tables[one] + tables[other].T < KICK)
            if one == other or not likely.size:
                continue
            receives, gives = divmod(int(chance.choice(likely)), len(tables[0]))
            change = self._change(state, right, [(one, receives, gives), (other, gives, receives)])
            if np.isfinite(self._price(state.values[: self._counts] + change)):
                return self._state(state.values + np.append(change, np.zeros(len(self._losses_at))), state)
        return None

    def _side(self, key: tuple[int, int], counts: Floats, slack: Floats) -> _Side:
        covers, strikes = self._covers[key], self._strikes[key[1]].size
        uncover, cover = self._uncover(key, counts, slack), self._cover(key, counts, slack)
        incoming = np.flatnonzero(counts[covers] < self._model.upper[covers] - 0.5)
        outgoing = np.flatnonzero(counts[covers] > 0.5)
        ways_in: list[Step] = [*([(at, 1.0)] for at in covers[incoming].tolist()), *uncover]
        ways_out: list[Step] = [*([(at, -1.0)] for at in covers[outgoing].tolist()), *cover]
        receives = np.append(self._node[key][incoming], np.full(len(uncover), strikes))
        gives = np.append(self._node[key][outgoing], np.full(len(cover), strikes))
        free = np.zeros(len(ways_in), dtype=bool)
        free[: incoming.size] = [self._allowed(way, slack) for way in ways_in[: incoming.size]]

        loss = self._losses_at[key[0]] @ counts
        base = loss + self._effects(key, outgoing, cover, -1.0)
        effects = self._effects(key, incoming, uncover, 1.0)
        each = np.empty((len(ways_in), len(ways_out)))
        for at, effect in enumerate(effects):
            each[at] = (base + effect).max(axis=1, initial=0.0)
        price = [
            [sum(step * float(self._model.cost[at]) for at, step in way) for way in ways]
            for ways in (ways_in, ways_out)
        ]
        each += np.array(price[0])[:, None] + np.array(price[1]) - max(loss.max(initial=0.0), 0.0)

        change = np.full((strikes + 2, strikes + 2), np.inf)
        np.minimum.at(change, (receives[:, None], gives), each)
        np.minimum.at(change, (np.full(free.sum(), strikes + 1)[:, None], gives), each[free])
        same = np.arange(strikes)
        change[same, same] = np.inf
        return _Side(change, each, receives, gives, free, ways_in, ways_out)

    def _effects(self, key: tuple[int, int], covers: Integers, options: list[Step], sign: float) -> Floats:
        """The change of the loss by price: a row per cover given or received, then one per option on shorts."""
        place = {short: at for at, short in enumerate(self._shorts[key].tolist())}
        rows = [sum(step for at, step in option if at in place) for option in options]
        shorts = [place[option[0][0]] for option in options]
        of_shorts = self._by_short[key][shorts] * np.array(rows).reshape(-1, 1)
        return np.concatenate([sign * self._by_cover[key][covers], of_shorts])

    def _uncover(self, key: tuple[int, int], counts: Floats, slack: Floats) -> list[Step]:
        """The ways to leave one more short uncovered: paying, or spared."""
        ways: list[Step] = []
        for short in self._shorts[key].tolist():
            if counts[short] > 0.5:
                ways.append([(short, -1.0)])
                if self._spare_of[short] >= 0:
                    ways.append([(short, -1.0), (int(self._spare_of[short]), 1.0)])
        return [way for way in ways if self._allowed(way, slack)]

    def _cover(self, key: tuple[int, int], counts: Floats, slack: Floats) -> list[Step]:
        """The ways to cover one more short: one that pays, or one that is spared."""
        ways: list[Step] = []
        for short in self._shorts[key].tolist():
            if counts[short] < self._model.upper[short] - 0.5:
                ways.append([(short, 1.0)])
                spare = int(self._spare_of[short])
                if spare >= 0 and counts[spare] > 0.5:
                    ways.append([(short, 1.0), (spare, -1.0)])
        return [way for way in ways if self._allowed(way, slack)]

    def _allowed(self, way: Step, slack: Floats) -> bool:
        """Whether the rules leave room for it; equal counts are the business of the whole exchange."""
        change = np.zeros(slack.size)
        for unknown, step in way:
            entries = slice(self._rules.indptr[unknown], self._rules.indptr[unknown + 1])
            change[self._rules.indices[entries]] += step * self._rules.data[entries]
        return not bool(((change > slack + 0.5) & ~self._balance).any())

    def _tables(self, state: _State, right: int) -> list[Floats]:
        """The change per exchange of every group, and last of the long options that cover nothing: they take any."""
        strikes = self._strikes[right].size
        pool = np.full((strikes + 2, strikes + 2), np.inf)
        pool[: strikes + 1, strikes + 1] = 0.0
        pool[strikes + 1, strikes] = 0.0
        return [*(state.sides[group, right].change for group in range(len(self._losses_at))), pool]

    def _change(self, state: _State, right: int, edges: list[Edge]) -> Floats:
        """What a round adds to the counts."""
        change = np.zeros(self._counts)
        for group, received, given in edges:
            if group == len(self._losses_at):
                continue
            side = state.sides[group, right]
            from_pool = received == self._strikes[right].size + 1
            rows = np.flatnonzero(side.free if from_pool else side.receives == received)
            columns = np.flatnonzero(side.gives == given)
            row, column = divmod(int(side.each[np.ix_(rows, columns)].argmin()), columns.size)
            for unknown, step in side.ways_to_receive[rows[row]] + side.ways_to_give[columns[column]]:
                change[unknown] += step
        return change

    def _best_round(self, state: _State, right: int) -> Floats:
        """The change of the counts by the best round on one right; nothing if none saves anything."""
        rounds = self._short_rounds(self._tables(state, right)) or self._long_rounds(self._tables(state, right))
        rounds.sort(key=lambda candidate: candidate[0])
        for _, edges in rounds:
            change = self._change(state, right, edges)
            if self._price(state.values[: self._counts] + change) < state.cost - LEAST_GAIN:
                return change
        return np.zeros(self._counts)

    @staticmethod
    def _short_rounds(tables: list[Floats]) -> list[tuple[float, list[Edge]]]:
        """Rounds of one group (another short stays uncovered), and of two."""
        nodes = len(tables[0])
        uncovered = nodes - 2
        rounds: list[tuple[float, list[Edge]]] = [
            (float(table[uncovered, uncovered]), [(group, uncovered, uncovered)])
            for group, table in enumerate(tables)
            if table[uncovered, uncovered] < -LEAST_GAIN
        ]
        every = np.stack(tables)
        first, second = np.argsort(every, axis=0)[:2] if len(tables) > 1 else (every.argmin(axis=0),) * 2
        least = np.take_along_axis(every, first[None], axis=0)[0]
        next_least = np.take_along_axis(every, second[None], axis=0)[0]
        same = first == first.T
        two = np.triu(np.where(same, np.minimum(least + next_least.T, next_least + least.T), least + least.T))
        for at in _lowest(two):
            u, v = divmod(at, nodes)
            one, other = int(first[u, v]), int(first[v, u])
            if one == other:
                if least[u, v] + next_least[v, u] <= next_least[u, v] + least[v, u]:
                    other = int(second[v, u])
                else:
                    one = int(second[u, v])
            rounds.append((float(two[u, v]), [(one, u, v), (other, v, u)]))
        return rounds

    @staticmethod
    def _long_rounds(tables: list[Floats]) -> list[tuple[float, list[Edge]]]:
        """Rounds of three groups, and of four."""
        nodes = len(tables[0])
        every = np.stack(tables)
        group = every.argmin(axis=0)
        least = every.min(axis=0)
        over = np.stack([(row[:, None] + least).argmin(axis=0) for row in least])
        path = np.take_along_axis(least, over, axis=1) + least[over, np.arange(nodes)]
        rounds: list[tuple[float, list[Edge]]] = []
        for back in (least.T, path.T):
            for at in _lowest(path + back):
                u, w = divmod(at, nodes)
                ring = [u, int(over[u, w]), w] + ([int(over[w, u])] if back.base is path else [])
                edges = [(int(group[p, q]), p, q) for p, q in zip(ring, [*ring[1:], u], strict=True)]
                if len({edge[0] for edge in edges}) == len(edges):
                    rounds.append((float((path + back)[u, w]), edges))
        return rounds


def _lowest(change: Floats) -> list[int]:
    """The flat indices of the lowest entries that save anything."""
    saving = np.flatnonzero(change.ravel() < -LEAST_GAIN)
    return list(saving[np.argsort(change.ravel()[saving], kind="stable")[:ROUNDS_TRIED]].tolist())
