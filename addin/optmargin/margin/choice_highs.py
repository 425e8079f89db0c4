"""HiGHS as the choice uses it: whole programmes, and one relaxation that is solved again and again."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from optmargin.margin.choice_book import Booleans, Floats

# A count in a solution of HiGHS is whole to within its own tolerance (1e-6); beyond this one it is a fraction.
WHOLE_WITHIN = 1e-5

# One thread: a desk's accounts run side by side in processes already. No restarts, and no sub-problems to guess from: they
# are for programmes that nobody knows anything of, and here take two thirds of the time.
OPTIONS: dict[str, Any] = {"output_flag": False, "threads": 1, "mip_rel_gap": 0.0, "mip_abs_gap": 1e-6}
SEARCH_OPTIONS: dict[str, Any] = {"mip_allow_restart": False}
# From one relaxation to the next a bound or two change. Presolve would begin at nothing each time, and costs that are
# perturbed against stalling take another pass to be put right.
RELAXATION_OPTIONS: dict[str, Any] = {
    "solver": "simplex",
    "presolve": "off",
    "dual_simplex_cost_perturbation_multiplier": 0.0,
}


@dataclass(frozen=True, eq=False)
class Programme:
    """Minimise ``cost @ x`` with ``lower <= x <= upper`` and ``row_lower <= matrix @ x <= row_upper``, some of x whole."""

    cost: Floats
    lower: Floats
    upper: Floats
    whole: Booleans
    matrix: Any  # scipy.sparse.csr_array: rows by unknowns
    row_lower: Floats
    row_upper: Floats

    def part(self, free: Booleans, *, held: Floats, lower: Floats, upper: Floats) -> Programme:
        """The programme of the ``free`` unknowns within other limits, all others held as they are in ``held``."""
        known = self.matrix @ np.where(free, 0.0, held)
        return Programme(
            cost=self.cost[free],
            lower=lower[free],
            upper=upper[free],
            whole=self.whole[free],
            matrix=self.matrix[:, np.flatnonzero(free)],
            row_lower=self.row_lower - known,
            row_upper=self.row_upper - known,
        )

    def without(self, rows: Booleans) -> Programme:
        """The programme without some of its rows, and without those that hold nothing."""
        kept = np.flatnonzero(~rows & (np.diff(self.matrix.indptr) > 0))
        return replace(self, matrix=self.matrix[kept], row_lower=self.row_lower[kept], row_upper=self.row_upper[kept])


@dataclass(frozen=True, eq=False)
class Search:
    """What HiGHS found, if anything, at which cost, whether it ended by itself, and how many iterations that took."""

    values: Floats | None
    cost: float
    exhausted: bool
    iterations: int


def minimised(
    programme: Programme,
    *,
    seconds: float = math.inf,
    nodes: int | None = None,
    start: Floats | None = None,
) -> Search:
    """The least solution of a programme, or the best found in so many seconds or nodes of the search."""
    import highspy

    solver = _solver(programme, whole=True)
    for option, value in SEARCH_OPTIONS.items():
        solver.setOptionValue(option, value)
    if not math.isinf(seconds):
        solver.setOptionValue("time_limit", max(seconds, 0.0))
    if nodes is not None:
        solver.setOptionValue("mip_max_nodes", nodes)
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = start.tolist()
        solver.setSolution(solution)
    solver.run()
    found = solver.getInfo()
    exhausted = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    iterations = max(int(found.simplex_iteration_count), 0)
    if found.primal_solution_status != highspy.kSolutionStatusFeasible:
        return Search(None, math.inf, False, iterations)
    values = np.array(solver.getSolution().col_value)
    return Search(values, float(found.objective_function_value), exhausted, iterations)


class Relaxation:
    """A programme whose unknowns may be fractions, solved anew after every change of its bounds or rows."""

    rows: int

    def __init__(self, programme: Programme) -> None:
        import highspy

        self._solver = _solver(programme, whole=False)
        for option, value in RELAXATION_OPTIONS.items():
            self._solver.setOptionValue(option, value)
        self._optimal = highspy.HighsModelStatus.kOptimal
        self._hopeless = (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kObjectiveBound)
        self.rows = int(programme.matrix.shape[0])
        self.iterations = 0

    def cut_off(self, cost: float) -> None:
        """Whatever costs as much as this needn't be solved to its end."""
        self._solver.setOptionValue("objective_bound", cost)

    def add_row(self, lower: float, upper: float, unknowns: Any, factors: Floats) -> int:
        """One more row; its number."""
        self._solver.addRow(lower, upper, unknowns.size, unknowns.astype(np.int32), factors)
        self.rows += 1
        return self.rows - 1

    def limit_row(self, row: int, lower: float, upper: float) -> None:
        """Other limits of a row."""
        self._solver.changeRowBounds(row, lower, upper)

    def limit_unknown(self, unknown: int, lower: float, upper: float) -> None:
        """Other limits of an unknown."""
        self._solver.changeColBounds(unknown, lower, upper)

    def least(self, no_less: float) -> float:
        """The least cost: infinite if there is no solution that costs less than the cut-off.

        Where the solver gives up, even from nothing, all that is known is that the cost is ``no_less`` than before.
        """
        for _ in range(2):
            self._solver.run()
            status = self._solver.getModelStatus()
            found = self._solver.getInfo()
            self.iterations += max(int(found.simplex_iteration_count), 0)
            if status == self._optimal:
                return max(float(found.objective_function_value), no_less)
            if status in self._hopeless:
                return math.inf
            self._solver.clearSolver()
        return no_less

    @property
    def solved(self) -> bool:
        """Whether there is a solution to look at."""
        return bool(self._solver.getModelStatus() == self._optimal)

    @property
    def values(self) -> Floats:
        """The unknowns of the solution."""
        return np.array(self._solver.getSolution().col_value)

    @property
    def reduced_costs(self) -> Floats:
        """What a unit more of each unknown would cost, while all others follow."""
        return np.array(self._solver.getSolution().col_dual)


def _solver(programme: Programme, *, whole: bool) -> Any:
    import highspy

    matrix = programme.matrix
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = programme.cost.size, matrix.shape[0]
    model.col_cost_, model.col_lower_, model.col_upper_ = programme.cost, programme.lower, programme.upper
    model.row_lower_, model.row_upper_ = programme.row_lower, programme.row_upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
    model.a_matrix_.value_ = matrix.data
    if whole and programme.whole.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        model.integrality_ = [kinds[each] for each in programme.whole.tolist()]
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in OPTIONS.items():
        solver.setOptionValue(option, value)
    solver.passModel(model)
    return solver
