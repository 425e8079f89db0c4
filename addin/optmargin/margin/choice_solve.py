"""Solving the programme of a book: relaxation, rounding, and HiGHS for what is left."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from optmargin.margin.choice_book import Booleans, Floats
from optmargin.margin.choice_model import Model, uncovered_row

if TYPE_CHECKING:
    from optmargin.margin.choice_book import Book

# A count in a solution of HiGHS is whole to within its own tolerance (1e-6); beyond this one it is a fraction.
WHOLE_WITHIN = 1e-5


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
        fewest = round(constant + _milp(counting, model.lower, model.upper, None).bound)
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
    return _milp(model, model.lower, model.upper, clock.left)


def _milp(model: Model, lower: Floats, upper: Floats, limit: float | None) -> Solution:
    from scipy.optimize import Bounds, LinearConstraint, milp

    options: dict[str, float] = {"mip_rel_gap": 0.0}
    if limit is not None and math.isfinite(limit):
        options["time_limit"] = max(limit, 0.01)
    answer = milp(
        model.cost,
        integrality=model.whole.astype(np.int64),
        bounds=Bounds(lower, upper),
        constraints=LinearConstraint(model.matrix, model.row_lower, model.row_upper),
        options=options,
    )
    if answer.x is None:
        raise RuntimeError(answer.message)
    return Solution(
        answer.x, answer.mip_dual_bound if answer.mip_dual_bound is not None else answer.fun, answer.status == 0
    )
