"""Solving the programme of a book: relaxation, good pairings, and the proof that none is cheaper."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.margin.choice_exchange import Exchange
from optmargin.margin.choice_highs import WHOLE_WITHIN, minimised
from optmargin.margin.choice_model import Losses, uncovered_row
from optmargin.margin.choice_neighbourhood import Neighbourhoods
from optmargin.margin.choice_tree import Tree

if TYPE_CHECKING:
    from optmargin.margin.choice_book import Book, Booleans, Floats
    from optmargin.margin.choice_model import Model

# USD: a pairing that is cheaper by less isn't looked for. Far below a cent, so that many lots cost as many times one.
LEAST_SAVING = 0.0001

# The first pairing is the best one within rounding of the relaxation, as far as so many nodes lead.
FIRST_NODES = 50
FIRST_SHARE = 0.4  # and as far as this part of the caller's time

# The proof and the search for better pairings take turns: so many nodes, then what lies near the last of them, and for each
# iteration that the nodes took so many in which parts of the pairing are chosen anew: more after a success, less in vain.
# Where no part is small enough, some kicks.
NODES = 48
SHARE = 0.1
LEAST_SHARE = 0.05
MORE, LESS = 1.5, 0.8
KICKS = 2

# Of so many unknowns the proof is far, and parts of them are as hard as the whole: few nodes, many kicks.
LARGE = 1000
NODES_IN_LARGE, KICKS_IN_LARGE = 2, 30


@dataclass(frozen=True, eq=False)
class Solution:
    """Values of a model's unknowns, and what is proven about them, both in the model's unit (USD per share).

    Attributes:
        values: whole counts (and the losses that follow from them).
        bound: no permitted decision costs less; the cost of ``values`` itself once the search has ended by itself.
    """

    values: Floats
    bound: float


class Clock:
    """How much of the caller's time is left."""

    def __init__(self, limit: float | None) -> None:
        self._end = math.inf if limit is None else time.perf_counter() + limit

    @property
    def left(self) -> float:
        """Seconds; infinite without a limit."""
        return self._end - time.perf_counter()


def restricted(model: Model, *, lesser: bool) -> Model:
    """The model with the fewest unknown contracts uncovered, and, unless ``lesser``, the fewest contracts uncovered."""
    unknown = model.book.unknown
    if unknown.any():
        model = _with_fewest_uncovered(model, unknown)
    if not lesser and model.shorts:
        model = _with_fewest_uncovered(model, np.ones(model.shorts, dtype=bool))
    return model


def _with_fewest_uncovered(model: Model, counted: Booleans) -> Model:
    from scipy import sparse

    factors, constant = uncovered_row(model, counted)
    if model.book.stock_units:
        fewest = round(constant + minimised(replace(model, cost=factors)).cost)
    else:
        fewest = _fewest_uncovered(model.book, counted)
    return replace(
        model,
        matrix=sparse.vstack([model.matrix, sparse.csr_array(factors[None])], format="csr"),
        row_lower=np.append(model.row_lower, fewest - constant),
        row_upper=np.append(model.row_upper, fewest - constant),
    )


def _fewest_uncovered(book: Book, counted: Booleans) -> int:
    """How many of the shorts ``counted`` stay uncovered when as many as possible are covered by options.

    From the latest expiry to the earliest: whatever can cover a group can cover every earlier one, so no long option is
    worth keeping for later in this walk. Which shorts are counted doesn't matter to the others: a largest cover of all
    can always be built around a largest cover of some.
    """
    uncovered = 0
    for right in np.unique(book.right).tolist():
        spare = 0
        for expiry in range(book.expiries - 1, -1, -1):
            spare += int(book.long_units[(book.long_right == right) & (book.long_expiry == expiry)].sum())
            wanted = int(book.units[counted & (book.right == right) & (book.expiry == expiry)].sum())
            uncovered += max(wanted - spare, 0)
            spare = max(spare - wanted, 0)
    return uncovered


def solved(model: Model, clock: Clock) -> Solution:
    """The optimum of a model, or the best found when the time ran out."""
    if not model.shorts and not model.book.stock_units:
        return Solution(model.lower, bound=0.0)
    tree = Tree(model, LEAST_SAVING / model.book.shares)
    if not tree.finished():
        _search(model, tree, clock)
    return Solution(tree.best, tree.bound)


def _search(model: Model, tree: Tree, clock: Clock) -> None:
    """Fills the tree with pairings and closes its branches, in turn, until none is left or the time is over."""
    exchange, parts = Exchange(model), Neighbourhoods(model)
    large = model.cost.size > LARGE
    first = _near(model, tree.relaxed, clock)
    tree.accept(exchange.improved(_any(model) if first is None else first, clock, 0))
    share = SHARE
    while not tree.finished() and clock.left > 0:
        tree.search(NODES_IN_LARGE if large else NODES, clock)
        if tree.finished() or clock.left <= 0:
            break
        if large or not parts.any:
            tree.accept(exchange.improved(tree.best, clock, KICKS_IN_LARGE if large else KICKS))
        near = _near(model, tree.latest, clock)
        if near is not None:
            tree.accept(exchange.improved(near, clock, 0))
        while not tree.finished() and clock.left > 0 and parts.work < share * tree.work:
            better = parts.better(tree.best, tree.promising, tree.lower, tree.upper, clock)
            share = max(LEAST_SHARE, share * (LESS if better is None else MORE))
            if better is not None:
                tree.accept(exchange.improved(better, clock, 0))


def _any(model: Model) -> Floats:
    """Some permitted decision, losses and straddles disregarded: a flow in a network, which is never hard."""
    search = minimised(replace(model, cost=np.where(model.whole, np.maximum(model.cost, 0.0), 0.0)))
    if search.values is None:
        raise MarginError(ErrorCode.NUM, "no permitted pairing was found", "report this book: every book has one")
    return search.values


def _near(model: Model, relaxed: Floats, clock: Clock) -> Floats | None:
    """The best pairing within rounding of the relaxation, if there is one: nearly always, and a good one.

    Most unknowns are fixed there: they are taken out beforehand. Rows of prices at which the group's loss stays far below
    its worst are taken out too. That can only make a solution look cheaper than it is, never forbid one, and what is found
    is priced from its contracts afterwards.
    """
    lower = np.where(model.whole, np.floor(relaxed + WHOLE_WITHIN), model.lower)
    upper = np.where(model.whole, np.ceil(relaxed - WHOLE_WITHIN), model.upper)
    free = lower < upper
    part = model.part(free, held=lower, lower=lower, upper=upper)
    losses = Losses(model)
    slack = model.row_upper - model.matrix @ relaxed
    far = np.zeros(slack.size, dtype=bool)
    far[losses.rows] = slack[losses.rows] > abs(model.matrix[:, np.flatnonzero(free)]).max()
    search = minimised(part.without(far), seconds=FIRST_SHARE * clock.left, nodes=FIRST_NODES)
    if search.values is None:
        return None
    values = lower.copy()
    values[free] = search.values
    return losses.settled(values)
