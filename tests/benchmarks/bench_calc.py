"""What 10,000 rows cost in LibreOffice Calc: ``python tests/benchmarks/bench_calc.py``. Asserts no time.

The same rows stand in a workbook as single cells and as one matrix formula; each is recalculated in turn, beside the same formula written
with Calc's own functions, and beside the core called from Python.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

import numpy as np
from openpyxl import Workbook
from openpyxl.worksheet.formula import ArrayFormula

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from beside import HEADER, faster, medians, seconds, slower

from calc_door import calc
from optmargin.functions.call import call

ROWS = 10_000
TIMES = 7
_NATIVE = '100*(C{0}+MAX(0.2*A{0}-MAX(IF(D{0}="call",B{0}-A{0},A{0}-B{0}),0),0.1*IF(D{0}="call",A{0},B{0})))'
Row = tuple[float, float, float, str]


def rows() -> list[Row]:
    """Spot, strike, premium and right of the rows."""
    random = np.random.default_rng(0)
    spot = random.uniform(50, 150, ROWS).round(2)
    strike = (spot * random.uniform(0.8, 1.2, ROWS)).round()
    premium = random.uniform(0.05, 5, ROWS).round(2)
    rights = random.choice(["call", "put"], ROWS)
    return list(zip(spot.tolist(), strike.tolist(), premium.tolist(), rights.tolist(), strict=True))


def workbook(given: list[Row], formula: str, *, as_matrix: bool = False) -> Workbook:
    """The rows with a formula beside each, or one over all."""
    book = Workbook()
    sheet = book.worksheets[0]
    for number, row in enumerate(given, start=1):
        sheet.append([*row] if as_matrix else [*row, "=" + formula.format(number)])
    if as_matrix:
        sheet["E1"] = ArrayFormula(f"E1:E{len(given)}", "=" + formula)
    return book


def main() -> None:
    """All figures of Calc."""
    given = rows()
    door = calc()
    books = {
        "cells": workbook(given, "NAKED_MARGIN(D{0},A{0},B{0},C{0})"),
        "matrix": workbook(given, f"NAKED_MARGIN(D1:D{ROWS},A1:A{ROWS},B1:B{ROWS},C1:C{ROWS})", as_matrix=True),
        "native": workbook(given, _NATIVE),
    }
    expected = [call("NAKED_MARGIN", [right, spot, strike, premium]).first for spot, strike, premium, right in given]
    taken: dict[str, float] = {}
    print(HEADER)
    for name, book in books.items():
        path = door.folder / f"{name}.xlsx"
        book.save(path)
        shown = [row[4] for row in door.cells(path)[0]]
        if name != "native":  # which doesn't round
            differing = sum(one != other for one, other in zip(shown, expected, strict=True))
            print(f"{f'rows that differ from the core, {name}':58} {differing:>11}")
        taken[name] = statistics.median(door.ask(times=str(path), count=TIMES))
    core = medians(
        {
            "cells": lambda: [call("NAKED_MARGIN", [right, *numbers]) for *numbers, right in given],
            "column": lambda: call(
                "NAKED_MARGIN", [[[row[3]] for row in given], *([[row[at]] for row in given] for at in range(3))]
            ),
        },
        repeat=TIMES,
    )
    print(f"{ROWS:,} cells recalculated: {seconds(taken['cells'])}; one matrix formula: {seconds(taken['matrix'])}")
    slower("cells in Calc / the core, cell by cell", taken["cells"], core["cells"])
    slower("matrix formula in Calc / the core, a column", taken["matrix"], core["column"])
    slower("cells in Calc / the formula in Calc's own functions", taken["cells"], taken["native"])
    faster("one matrix formula beside single cells", taken["matrix"], taken["cells"])


if __name__ == "__main__":
    main()
