"""What columns of parachutes cost: ``python tests/benchmarks/bench_parachutes.py``. Asserts no time."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from beside import HEADER, medians, seconds, slower

from optmargin.functions.call import call
from optmargin.sizing.parachutes.assessment import Question, assess
from optmargin.sizing.parachutes.columns import ledger_columns
from optmargin.sizing.parachutes.geometry import Terms, first_slots, parachutes_fit
from optmargin.sizing.parachutes.ledger import Holder

ROWS = 10_000
LEVELS = 6


def rows() -> dict[str, np.ndarray]:
    """The parameters of ten thousand campaigns."""
    random = np.random.default_rng(5)
    return {
        "net_liq": random.uniform(5e4, 5e5, ROWS).round(2),
        "slots": random.integers(1, 20, ROWS).astype(float),
        "credit": random.uniform(0.3, 1.2, ROWS).round(2),
        "buyback": random.uniform(1.9, 3.5, ROWS).round(2),
        "fee": random.uniform(0, 1.5, ROWS).round(2),
    }


def bare_schedule(net_liq, slots, credit, buyback, fee):
    """The same ledger without a word about it: every column of six levels of doublings that replace."""
    columns = [np.empty((LEVELS, ROWS)) for _ in range(17)]
    cash, stop, reach, size, before = 0.0, 0.0, np.ones(ROWS), slots, np.zeros(ROWS)
    for level in range(LEVELS):
        paid = before * buyback
        fees = fee * (2 * (before + size))
        sold = paid / size if level else credit
        cash = cash + 100 * (size * sold - paid) - fees
        margin, now = size * 500, net_liq + stop - fees
        stop = cash - 100 * (size * buyback)
        excess = net_liq + cash - margin
        assailed = sold / buyback
        lost = reach * assailed
        is_last = level == LEVELS - 1
        made = (
            size, before, size, (paid + fees / 100) / size, sold, fees, cash, margin, excess, now, excess / now, stop, cash - margin,
            assailed, reach, reach if is_last else reach - lost, (reach - lost) * cash + (lost * stop if is_last else 0),
        )  # fmt: skip
        for column, figure in zip(columns, made, strict=True):
            column[level] = figure
        reach, before, size = lost, size, size * 2
    return columns


def bare_fit(net_liq, slots, credit, fee):
    """How many doublings that replace fit, counted level by level."""
    found, fits = np.full(ROWS, -1.0), np.ones(ROWS, dtype=bool)
    size, cash, level = slots, slots * (credit * 100 - 2 * fee), 0
    while True:
        fits &= net_liq + cash >= size * 500
        if not fits.any():
            return found
        found[fits] = level
        cash, level = cash - size * 6 * fee, level + 1
        size = size * 2


def columns() -> None:
    """The core's columns and those of worksheet functions, beside the bare numpy of the same arithmetic."""
    given = rows()
    net_liq, slots, credit, buyback, fee = given.values()
    terms = Terms(credit=credit, fee=fee)
    lists = {name: column.tolist() for name, column in given.items()}
    cells = {name: [[value] for value in column] for name, column in lists.items()}
    ours = ledger_columns(net_liq, slots, buyback, terms, LEVELS - 1)
    theirs = bare_schedule(net_liq, slots, credit, buyback, fee)
    apart = max(
        float(np.nanmax(np.abs(getattr(ours, name) - column)))
        for name, column in zip(ours.__dataclass_fields__, theirs, strict=True)
    )
    print(f"{'largest difference of a ledger from the bare one':58} {apart:>11.2g}")
    fitting = call(
        "PARACHUTES_FIT", [cells["net_liq"], cells["slots"], 5, 100, 2, "replace", cells["credit"], cells["fee"]]
    )
    same = [row[0] for row in fitting.rows] == bare_fit(net_liq, slots, credit, fee).tolist()
    print(f"{'the same counts of what fits?':58} {same!s:>11}")

    def lists_of_fit() -> list[float]:
        columns = [np.array(lists[name]) for name in ("net_liq", "slots", "credit", "fee")]
        return bare_fit(*columns).tolist()

    def lists_of_credit() -> list[float]:
        bought, paid = np.array(lists["buyback"]), np.array(lists["fee"])
        return ((bought + 6 * (paid / 100)) / 2).tolist()

    calls = {
        "ledger": lambda: ledger_columns(net_liq, slots, buyback, terms, LEVELS - 1),
        "bare ledger": lambda: bare_schedule(net_liq, slots, credit, buyback, fee),
        "fit": lambda: parachutes_fit(net_liq, slots, terms),
        "bare fit": lambda: bare_fit(net_liq, slots, credit, fee),
        "fit cells": lambda: call(
            "PARACHUTES_FIT", [cells["net_liq"], cells["slots"], 5, 100, 2, "replace", cells["credit"], cells["fee"]]
        ),
        "bare fit lists": lists_of_fit,
        "credit cells": lambda: call("ROLL_CREDIT", [cells["buyback"], 2, cells["fee"]]),
        "bare credit lists": lists_of_credit,
        "slots": lambda: first_slots(net_liq, 5, terms),
        "kelly cells": lambda: call(
            "PARACHUTE_KELLY", [cells["credit"], cells["buyback"], 0.1, 5, 5, 100, 2, cells["fee"]]
        ),
        "strike cells": lambda: call("ROLL_STRIKE", [5000.0, 0.15, [[days] for days in (slots / 2).tolist()]]),
    }
    taken = medians(calls, repeat=15)
    slower("schedules of 10,000 rows / bare numpy", taken["ledger"], taken["bare ledger"], 5.0)
    slower("PARACHUTES_FIT of 10,000 rows, the core / bare numpy", taken["fit"], taken["bare fit"], 5.0)
    slower("PARACHUTES_FIT of 10,000 cells / bare, lists to lists", taken["fit cells"], taken["bare fit lists"], 5.0)
    slower("ROLL_CREDIT of 10,000 cells / bare, lists to lists", taken["credit cells"], taken["bare credit lists"], 5.0)
    for name, what in (
        ("slots", "first_slots of 10,000 rows"),
        ("kelly cells", "PARACHUTE_KELLY of 10,000 cells: roots of growth"),
        ("strike cells", "ROLL_STRIKE of 10,000 cells: strikes by halving"),
    ):
        print(f"{what:58} {seconds(taken[name]):>11}")


def single() -> None:
    """One call of each kind, none of which may take a second."""
    calls = {
        "PARACHUTES_FIT": lambda: call("PARACHUTES_FIT", [100_000, 6]),
        "FIRST_SLOTS": lambda: call("FIRST_SLOTS", [100_000, 5]),
        "PARACHUTE_SCHEDULE": lambda: call("PARACHUTE_SCHEDULE", [100_000, 6, 1, 2.5]),
        "PARACHUTE_ODDS": lambda: call("PARACHUTE_ODDS", [6, 1, 2.5, 5, 5, 100, 2, 1.1, 0.1]),
        "PARACHUTE_KELLY": lambda: call("PARACHUTE_KELLY", [1, 2.5, 0.1]),
        "ROLL_STRIKE": lambda: call("ROLL_STRIKE", [5000, 0.15, 7]),
        "KELLY_MULTI": lambda: call("KELLY_MULTI", [[[1.6], [0.35], [-0.9], [-3.4]], [[0.7], [0.12], [0.08], [0.1]]]),
        "a whole assessment": lambda: assess(Question(6, [1.0], [2.5], edge=0.1), Holder(100_000)),
    }
    for name, taken in medians(calls, repeat=11).items():
        print(f"{name:58} {seconds(taken):>11}")


def main() -> None:
    """All figures of parachutes."""
    print(HEADER)
    columns()
    single()


if __name__ == "__main__":
    main()
