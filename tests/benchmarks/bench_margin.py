"""What a whole book costs: ``python tests/benchmarks/bench_margin.py``. Asserts no time."""

from __future__ import annotations

import cProfile
import datetime as dt
import pstats
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

import estimator
from bench_choice import raw_sweep
from beside import HEADER, faster, medians, seconds, slower

from margin import generators
from optmargin.core.contracts import AssetClass, Right, Style
from optmargin.core.legs import Leg, LegTable
from optmargin.margin.account import margin_legs
from optmargin.margin.choice import PairingProblem, choose
from optmargin.rules.book import book

if TYPE_CHECKING:
    from collections.abc import Callable

    from optmargin.margin.requirement import Line
    from optmargin.rules.book import TermsInForce

LEGS = 1000
DAY = dt.date(2030, 1, 4)


def distinct(legs: int, seed: int, expiries: int) -> PairingProblem:
    """Iron condors near the spot of which no two legs are one contract, as in the books of peers.md; so nothing nets.

    The strikes lie close together, so that even a thousand contracts of one expiry are near enough for covering to be cheapest.
    """
    random = np.random.default_rng(seed)
    rows = []
    for expiry in range(expiries):
        spreads = (legs // 4 + expiry) // expiries  # of each side
        quantities = random.integers(1, 11, spreads).tolist()
        for right, away in ((generators.PUT, -1.0), (generators.CALL, 1.0)):
            steps = np.sort(random.choice(np.arange(1, 1001), 2 * spreads, replace=False)) / 10.0
            for quantity, near, far in zip(quantities, steps[::2].tolist(), steps[1::2].tolist(), strict=True):
                rows.append((-quantity, right, expiry, generators.SPOT + away * near))
                rows.append((quantity, right, expiry, generators.SPOT + away * far))
    return generators.problem(rows)


def netting(legs: int, seed: int, expiries: int) -> PairingProblem:
    """Iron condors on strikes five apart, of which many are one contract; margin-estimator nets these before it starts."""
    return generators.balanced(legs, seed, expiries=expiries)


def rows_of(problem: PairingProblem) -> list[tuple[int, int, int, float, float]]:
    """The legs of a problem: signed quantity, right, number of the expiry, strike, market price."""
    found = []
    for sign, rights, expiries, strikes, units in (
        (-1, problem.short_right, problem.short_expiry, problem.short_strike, problem.short_units),
        (1, problem.long_right, problem.long_expiry, problem.long_strike, problem.long_units),
    ):
        for right, expiry, strike, count in zip(rights, expiries, strikes, units, strict=True):
            mark = generators.premium(int(right), float(strike), int(expiry))
            found.append((sign * int(count), int(right), int(expiry), float(strike), mark))
    return found


def table_of(problem: PairingProblem) -> LegTable:
    """The legs as a reader would load them."""
    return LegTable.of(
        [
            Leg(
                underlying="SPX",
                right=Right(right),
                quantity=float(quantity),
                strike=strike,
                expiry=estimator.FIRST_DAY + dt.timedelta(weeks=expiry),
                price=mark,
                spot=generators.SPOT,
                asset_class=AssetClass.BROAD_INDEX,
                style=Style.EUROPEAN,
                cash_settled=True,
            )
            for quantity, right, expiry, strike, mark in rows_of(problem)
        ]
    )


def covered_books(
    generator: Callable[[int, int, int], PairingProblem], expiries: int, seeds: range, *, wanted: bool
) -> None:
    """Covered books of 1,000 legs: the choice, the whole margin, and its lines written, beside the sweep and margin-estimator."""
    in_force = book("cboe").on(DAY)
    choices, sweeps, wholes, writings, theirs, answers = [], [], [], [], [], []
    for seed in seeds:
        problem = generator(LEGS, seed, expiries)
        table = table_of(problem)
        calls = {
            "choose": lambda problem=problem: choose(problem),
            "sweep": lambda problem=problem: raw_sweep(problem),
        }
        taken = medians(calls, repeat=15)
        choices.append(taken["choose"])
        sweeps.append(taken["sweep"])
        taken = medians(
            {
                "whole": lambda table=table: margin_legs(table, in_force, as_of=DAY),
                "written": lambda table=table: written(table, in_force),
            },
            repeat=3,
        )
        wholes.append(taken["whole"])
        writings.append(taken["written"])
        if estimator.HERE and len(theirs) < 3:
            options = [
                estimator.option("call" if right == Right.CALL else "put", strike, mark, quantity, expiry)
                for quantity, right, expiry, strike, mark in rows_of(problem)
            ]
            index = estimator.underlying(generators.SPOT, broad=True)
            theirs.append(
                medians({"all": lambda options=options, index=index: estimator.margin(options, index)}, repeat=1)["all"]
            )
            answers.append((margin_legs(table, in_force, as_of=DAY).initial.deposit, estimator.margin(options, index)))
    days = "1 expiry" if expiries == 1 else f"{expiries} expiries"
    name = f"{LEGS:,} covered legs, {days}, {generator.__name__}"
    ratio = [choice / sweep for choice, sweep in zip(choices, sweeps, strict=True)]
    sweep, choice, whole, writing = (float(np.median(each)) for each in (sweeps, choices, wholes, writings))
    slower(f"{name}: choose / raw sweep", choice, sweep, 3.0 if wanted else None)
    solver = sum(each > 20 for each in ratio)
    print(
        f"    of {len(ratio)} books: best {min(ratio):.2f}, worst {max(ratio):.2f}; {solver} needed the solver for their proof"
    )
    slower("... margin_legs / raw sweep", whole, sweep)
    slower("... margin_legs, every line written / raw sweep", writing, sweep)
    if theirs:
        faster("... choose beside margin-estimator", choice, float(np.median(theirs)), 100.0 if wanted else None)
        faster("... margin_legs beside margin-estimator", whole, float(np.median(theirs)), 100.0 if wanted else None)
        faster("... margin_legs, every line written, beside it", writing, float(np.median(theirs)))
    for ours, their_answer in answers:
        note = "" if abs(ours - their_answer) < 0.01 else ": it nets across expiries" if expiries > 1 else ": WHY?"
        print(f"    deposit: ours {ours:,.2f}, margin-estimator {their_answer:,.2f}{note}")


def written(table: LegTable, in_force: TermsInForce) -> list[Line]:
    """Every line of the working, which is written when it is read."""
    return [line for group in margin_legs(table, in_force, as_of=DAY).groups for line in group.lines]


def where_the_time_goes() -> None:
    """The functions in which the margin of one covered book spends its time, the writing of its lines left out."""
    table, in_force = table_of(distinct(LEGS, 0, 8)), book("cboe").on(DAY)
    profile = cProfile.Profile()
    profile.enable()
    margin_legs(table, in_force, as_of=DAY)
    profile.disable()
    found: dict[tuple[str, int, str], tuple[int, int, float, float, Any]] = vars(pstats.Stats(profile))["stats"]
    print("margin_legs of such a book, profiled: ms in the function itself, ms with what it calls, calls")
    for (file, line, name), (_, calls, own, whole, _) in sorted(found.items(), key=lambda each: -each[1][2])[:12]:
        print(f"    {1000 * own:8.2f} {1000 * whole:8.2f} {calls:8}  {name} ({Path(file).name}:{line})")


def growth() -> None:
    """How the cost of a covered book grows with its legs."""
    in_force = book("cboe").on(DAY)
    taken = []
    for legs in (250, 500, 1000, 2000):
        problem = distinct(legs, 1, 8)
        table = table_of(problem)
        calls = {
            "choose": lambda problem=problem: choose(problem),
            "whole": lambda table=table: margin_legs(table, in_force, as_of=DAY),
        }
        taken.append(medians(calls, repeat=3))
        print(f"    {legs:5} legs: choose {seconds(taken[-1]['choose'])}, margin_legs {seconds(taken[-1]['whole'])}")
    for name in ("choose", "whole"):
        print(f"    {name} grows with legs to the power {np.log(taken[-1][name] / taken[0][name]) / np.log(8):.2f}")


def main() -> None:
    """All figures of covered books; bench_choice.py has those of uncovered ones."""
    print(HEADER)
    covered_books(distinct, 8, range(12), wanted=True)
    covered_books(distinct, 1, range(3), wanted=False)
    covered_books(netting, 8, range(12), wanted=False)
    covered_books(netting, 1, range(3), wanted=False)
    if not estimator.HERE:
        print(estimator.WITHOUT)
    growth()
    where_the_time_goes()


if __name__ == "__main__":
    main()
