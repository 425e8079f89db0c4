"""Solving the programme of a book: relaxation, rounding, and HiGHS for what is left."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.margin.choice_exchange import Exchange
from optmargin.margin.choice_model import uncovered_row
from optmargin.margin.choice_quiet import quiet

if TYPE_CHECKING:
    from optmargin.margin.choice_book import Book, Booleans, Floats
    from optmargin.margin.choice_model import Model

# A count in a solution of HiGHS is whole to within its own tolerance (1e-6); beyond this one it is a fraction.
WHOLE_WITHIN = 1e-5

# How the caller's time is shared: of what the relaxation leaves, this part for the pairings next to it, so that there
# is an answer, and the rest for the proof. Below the least search (seconds) starting the solver isn't worth it.
ROUNDING_SHARE = 0.6
LEAST_SEARCH = 0.02

# Of what the proof may take, this part is kept to improve the answer by exchanges if the proof isn't finished by then; all
# of it where the proof isn't worth starting.
EXCHANGE_SHARE = 0.15

# The search of the whole programme begins with the relaxation again, and with cuts that cost as much several times over:
# with less time left than this multiple of what the relaxation took, it ends with nothing.
SEARCH_WORTH = 3.0


@dataclass(frozen=True, eq=False)
class Solution:
    """Values of a model's unknowns, and what is proven about them, both in the model's unit (USD per share).

    Attributes:
        values: whole counts (and the losses that follow from them).
        bound: no permitted decision costs less.
        exhausted: whether the solver ended by itself, so that ``values`` is the optimum within its tolerances.
    """

    values: Floats
    bound: float
    exhausted: bool


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
        counting = replace(model, cost=factors, constant=constant)
        fewest = round(constant + _milp(counting, model.lower, model.upper, None).cost)
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
        return Solution(model.lower, bound=0.0, exhausted=True)
    if math.isinf(clock.left):
        return _found(_milp(model, model.lower, model.upper, None), model)

    before = clock.left
    bound, relaxed = _relaxation(model)
    took = before - clock.left
    if relaxed is None:  # the programme always has a solution: the solver itself gave up
        return _any(model)
    between = np.abs(relaxed - np.rint(relaxed)) > WHOLE_WITHIN
    if not (between & model.whole).any():
        return Solution(relaxed, bound, exhausted=True)
    # Within rounding of the relaxation there is nearly always a pairing, and a good one, and few are left to look at.
    below = np.where(model.whole, np.floor(relaxed + WHOLE_WITHIN), model.lower)
    above = np.where(model.whole, np.ceil(relaxed - WHOLE_WITHIN), model.upper)
    worth_searching = (1.0 - ROUNDING_SHARE) * clock.left > max(LEAST_SEARCH, SEARCH_WORTH * took)
    best = _near(model, below, above, (ROUNDING_SHARE if worth_searching else 1.0) * clock.left, relaxed)
    if best.values is None or worth_searching:
        whole = _milp(model, model.lower, model.upper, (1.0 - EXCHANGE_SHARE) * clock.left)
        if whole.exhausted:
            return _found(whole, model)
        bound = max(bound, whole.bound)
        best = min(best, whole, key=lambda search: search.cost)
    if best.values is None:
        return replace(_any(model), bound=bound)
    return Solution(Exchange(model).improved(best.values, clock, 0.0), bound, exhausted=False)


@dataclass(frozen=True, eq=False)
class _Search:
    """What HiGHS found, if anything, at which cost, and the bound within the limits that it was given."""

    values: Floats | None
    cost: float
    bound: float
    exhausted: bool


def _found(search: _Search, model: Model) -> Solution:
    if search.values is None:
        return _any(model)
    return Solution(search.values, search.bound, search.exhausted)


def _any(model: Model) -> Solution:
    """Some permitted decision, losses and straddles disregarded: a flow in a network, which is never hard."""
    simple = replace(model, cost=np.where(model.whole, np.maximum(model.cost, 0.0), 0.0))
    search = _milp(simple, model.lower, model.upper, None)
    if search.values is None:
        raise MarginError(ErrorCode.NUM, "no permitted pairing was found", "report this book: every book has one")
    return Solution(search.values, -model.constant, exhausted=False)  # requirements are never negative


def _relaxation(model: Model) -> tuple[float, Floats | None]:
    """The least cost when contracts could be split, and how."""
    answer = _milp(replace(model, whole=np.zeros_like(model.whole)), model.lower, model.upper, None)
    return (answer.cost, answer.values) if answer.exhausted else (-model.constant, None)


def _near(model: Model, lower: Floats, upper: Floats, limit: float, relaxed: Floats) -> _Search:
    """The search within narrow limits, most unknowns being fixed: they are taken out beforehand.

    Rows of prices at which the group's loss stays far below its worst are taken out too. That can only make a solution
    look cheaper than it is, never forbid one, and what is found is priced from its contracts afterwards.
    """
    fixed = lower == upper
    free = np.flatnonzero(~fixed)
    known = model.matrix @ np.where(fixed, lower, 0.0)
    rows = model.matrix.tocsc()[:, free].tocsr()
    losses = np.zeros(model.cost.size)
    losses[model.cost.size - model.book.expiries :] = 1.0
    of_loss = model.matrix @ losses < 0
    slack = model.row_upper - model.matrix @ relaxed
    reach = abs(rows).max() if rows.nnz else 0.0
    wanted = (np.diff(rows.indptr) > 0) & ~(of_loss & (slack > reach))
    smaller = replace(
        model,
        cost=model.cost[free],
        whole=model.whole[free],
        matrix=rows[wanted],
        row_lower=(model.row_lower - known)[wanted],
        row_upper=(model.row_upper - known)[wanted],
    )
    search = _milp(smaller, lower[free], upper[free], limit)
    if search.values is None:
        return search
    values = lower.copy()
    values[free] = search.values
    # the losses as they are, at every price
    contracts = np.where(losses > 0, 0.0, values)
    worst = (model.matrix @ contracts)[of_loss]
    group = model.matrix[of_loss][:, model.cost.size - model.book.expiries :].tocoo().col
    values[losses > 0] = 0.0
    np.maximum.at(values, group + model.cost.size - model.book.expiries, worst)
    return replace(search, values=values, cost=float(model.cost @ values))


def _milp(model: Model, lower: Floats, upper: Floats, limit: float | None) -> _Search:
    from scipy.optimize import Bounds, LinearConstraint, milp

    options: dict[str, Any] = {"mip_rel_gap": 0.0}
    if limit is not None:
        options["time_limit"] = max(limit, LEAST_SEARCH)
    with quiet():
        answer: Any = milp(
            model.cost,
            integrality=model.whole.astype(np.int64),
            bounds=Bounds(lower, upper),
            constraints=LinearConstraint(model.matrix, model.row_lower, model.row_upper),
            options=cast("Any", options),
        )
    bound = -math.inf if answer.mip_dual_bound is None else float(answer.mip_dual_bound)
    if answer.x is None:
        return _Search(None, math.inf, bound, exhausted=False)
    return _Search(answer.x, float(answer.fun), bound, exhausted=answer.status == 0)
