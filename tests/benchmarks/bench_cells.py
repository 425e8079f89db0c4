"""What a cell and a column cost: ``python tests/benchmarks/bench_cells.py``. Asserts no time."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import estimator
from beside import HEADER, faster, medians, seconds, slower

from optmargin.functions.call import call

ROWS = 10_000
ARGUMENTS = (100.0, 95.0, 1.5)


def one_cell() -> None:
    """A cell beside margin-estimator, its objects ready made as its own figure has it, and from plain values as a cell has."""
    ours = call("NAKED_MARGIN", ["put", *ARGUMENTS, 1, 100, "equity", "cboe"]).first
    calls = {
        "short": lambda: call("NAKED_MARGIN", ["put", *ARGUMENTS]),
        "long": lambda: call("NAKED_MARGIN", ["put", *ARGUMENTS, 1, 100, "equity", "cboe", "2024-01-05", 1]),
        "text": lambda: call("NAKED_MARGIN", ["put", "$100.00", "95", "1.50", 1, 100, "Equity"]),
        "spread": lambda: call("SPREAD_MARGIN", ["put", 95.0, 90.0, 1]),
    }
    if not estimator.HERE:
        for name, taken in medians(calls, repeat=51, number=200).items():
            print(f"one cell, {name}: {seconds(taken)}")
        print(estimator.WITHOUT)
        return
    spot, strike, premium = ARGUMENTS
    underlying, put = estimator.underlying(spot), estimator.option("put", strike, premium, -1)
    vertical = [put, estimator.option("put", 90.0, 0.5, 1)]
    theirs = estimator.margin([put], underlying)
    print(f"{'the same answer?':58} {ours:>11,.2f} {theirs:>11,.2f}")
    calls |= {
        "put": lambda: estimator.margin([put], underlying),
        "put from values": lambda: estimator.margin(
            [estimator.option("put", strike, premium, -1)], estimator.underlying(spot)
        ),
        "vertical": lambda: estimator.margin(vertical, underlying),
    }
    taken = medians(calls, repeat=51, number=200)
    slower("NAKED_MARGIN of one cell / its naked put", taken["short"], taken["put"], 1.0)
    slower("... its objects made from values, as a cell has them", taken["short"], taken["put from values"], 1.0)
    slower("... with all ten arguments given", taken["long"], taken["put"])
    slower("... with prices as text", taken["text"], taken["put"])
    slower("SPREAD_MARGIN of one cell / its vertical", taken["spread"], taken["vertical"])


def a_column() -> None:
    """A column of rows in one call, beside the bare numpy of the same formula, from lists of floats to lists of floats."""
    random = np.random.default_rng(0)
    spot = random.uniform(50, 150, ROWS).round(2)
    strike = (spot * random.uniform(0.8, 1.2, ROWS)).round()
    premium = random.uniform(0.05, 5, ROWS).round(2)
    lists = [column.tolist() for column in (spot, strike, premium)]
    cells = [[[value] for value in column] for column in lists]  # a range: a list of rows
    words = random.choice(["call", "put"], ROWS).tolist()
    right_cells = [[word] for word in words]
    refused = [[-1.0] if at % 100 == 0 else row for at, row in enumerate(cells[2])]

    def bare(spot: list[float], strike: list[float], premium: list[float]) -> list[float]:
        s, k, p = np.array(spot), np.array(strike), np.array(premium)
        amount = (p + np.maximum(0.2 * s - np.maximum(s - k, 0), 0.1 * k)) * 100
        return np.round(amount, 2).tolist()

    def bare_rights(right: list[str], spot: list[float], strike: list[float], premium: list[float]) -> list[float]:
        s, k, p = np.array(spot), np.array(strike), np.array(premium)
        is_call = np.array([word == "call" for word in right])
        out = np.maximum(np.where(is_call, k - s, s - k), 0)
        amount = (p + np.maximum(0.2 * s - out, 0.1 * np.where(is_call, s, k))) * 100
        return np.round(amount, 2).tolist()

    def bare_cells(*grids: list[list[float]]) -> list[list[float]]:
        return [[amount] for amount in bare(*([row[0] for row in grid] for grid in grids))]

    answers = [row[0] for row in call("NAKED_MARGIN", ["put", *cells]).rows]
    print(f"{'rows that differ by more than a cent from the bare formula':58} {_differing(answers, bare(*lists)):>11}")
    calls = {
        "puts": lambda: call("NAKED_MARGIN", ["put", *cells]),
        "rights": lambda: call("NAKED_MARGIN", [right_cells, *cells]),
        "refused": lambda: call("NAKED_MARGIN", ["put", cells[0], cells[1], refused]),
        "bare": lambda: bare(*lists),
        "bare rights": lambda: bare_rights(words, *lists),
        "bare cells": lambda: bare_cells(*cells),
    }
    taken = medians(calls, repeat=31)
    slower("10,000 puts / bare numpy, flat lists", taken["puts"], taken["bare"], 5.0)
    slower("... / bare numpy, lists of rows as a range has them", taken["puts"], taken["bare cells"], 5.0)
    slower("10,000 calls and puts / bare numpy, flat lists", taken["rights"], taken["bare rights"], 5.0)
    slower("10,000 puts, 1 in 100 refused with its sentence / bare", taken["refused"], taken["bare"])
    if estimator.HERE:
        underlyings = [estimator.underlying(price) for price in lists[0]]
        puts = [[estimator.option("put", k, p, -1)] for k, p in zip(lists[1], lists[2], strict=True)]
        theirs = medians(
            {"all": lambda: [estimator.margin(*each) for each in zip(puts, underlyings, strict=True)]}, repeat=3
        )
        faster("10,000 puts beside margin-estimator, objects ready made", taken["puts"], theirs["all"])


def _differing(ours: list[float], theirs: list[float]) -> int:
    """How many differ by more than a cent: numpy rounds the binary fraction, we the decimal one."""
    return int((np.abs(np.array(ours) - np.array(theirs)) > 0.0101).sum())


def main() -> None:
    """All figures of cells and columns."""
    print(HEADER)
    one_cell()
    a_column()


if __name__ == "__main__":
    main()
