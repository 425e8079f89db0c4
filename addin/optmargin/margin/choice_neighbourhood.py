"""Better pairings from a good one: a part of it chosen anew and exactly, the rest held as it is."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from optmargin.margin.choice_highs import WHOLE_WITHIN, minimised

if TYPE_CHECKING:
    from optmargin.margin.choice_book import Booleans, Floats, Integers
    from optmargin.margin.choice_model import Model
    from optmargin.margin.choice_solve import Clock

# A programme of more unknowns than this takes longer than it is worth here, and of more nodes too.
MOST_UNKNOWNS = 300
MOST_NODES = 200

# How many expiries are chosen anew together, and up to how many expiries all such choices are gone through.
TOGETHER = {2: 100, 3: 30}

# One try in so many is towards the relaxation.
TOWARDS_EVERY = 4

# USD per share of the multiplier; a saving below it is none.
LEAST_GAIN = 1e-6


class Neighbourhoods:
    """The parts of a model that are chosen anew: some expiries, or what a relaxation would have otherwise.

    Contracts that expiries could pass round in single steps are passed round faster by ``choice_exchange``; what is found
    here are many steps at once of which none would pay alone. Two expiries at a time, then three, as long as any choice of
    them finds something cheaper.
    """

    def __init__(self, model: Model) -> None:
        book = model.book
        self._model = model
        group = np.full(model.cost.size, -1)
        group[: model.shorts] = book.expiry
        group[model.shorts : model.cover_at] = book.expiry[model.spare_short]
        group[model.cover_at : model.cover_at + model.cover_strike.size] = model.cover_expiry
        group[model.loss_at :] = np.arange(book.expiries)
        self._group: Integers = group
        sizes = np.bincount(group[group >= 0], minlength=book.expiries)
        present = np.flatnonzero(np.bincount(book.expiry, minlength=book.expiries))
        self._order = [
            together
            for number, most in TOGETHER.items()
            if number < present.size <= most
            for together in _shuffled(list(itertools.combinations(present.tolist(), number)))
            if sizes[list(together)].sum() <= MOST_UNKNOWNS
        ]
        self._next = 0
        self._in_vain = 0
        self._turn = 0
        self.work = 0  # iterations of the simplex method so far

    @property
    def any(self) -> bool:
        """Whether there are choices of expiries that are small enough."""
        return bool(self._order)

    def better(self, values: Floats, relaxed: Floats, lower: Floats, upper: Floats, clock: Clock) -> Floats | None:
        """A cheaper pairing within the limits, if this try finds one: some expiries, and ``relaxed``, in turn."""
        self._turn += 1
        of_expiries = self._in_vain < len(self._order)
        if of_expiries and self._turn % TOWARDS_EVERY:
            better = self._chosen_anew(values, np.isin(self._group, self._order[self._next]), lower, upper, clock)
            if better is None:
                self._in_vain += 1
                self._next = (self._next + 1) % len(self._order)
        else:
            free = np.abs(values - relaxed) > WHOLE_WITHIN
            free[self._model.loss_at :] = True
            better = self._chosen_anew(values, free, lower, upper, clock)
        if better is not None:
            self._in_vain = self._next = 0  # pairs are cheap: first those again
        return better

    def _chosen_anew(self, values: Floats, free: Booleans, lower: Floats, upper: Floats, clock: Clock) -> Floats | None:
        model = self._model
        self.work += int(free.sum())  # for the try itself
        if free.sum() > MOST_UNKNOWNS:
            return None
        # the pairing itself stays permitted, though nothing cheaper than it may lie outside of the limits
        least, most = np.minimum(lower, values), np.maximum(upper, values)
        part = model.part(free, held=values, lower=least, upper=most)
        search = minimised(
            part.without(np.zeros(part.row_upper.size, dtype=bool)),
            seconds=clock.left,
            nodes=MOST_NODES,
            start=values[free],
        )
        self.work += search.iterations
        if search.values is None or search.cost >= part.cost @ values[free] - LEAST_GAIN:
            return None
        better = values.copy()
        better[free] = np.where(part.whole, np.rint(search.values), search.values)
        return better


def _shuffled(choices: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    np.random.default_rng(0).shuffle(choices)  # the same book, the same search
    return choices
