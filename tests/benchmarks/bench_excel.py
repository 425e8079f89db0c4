"""What a column costs in Excel beside its cells one by one: ``python tests/benchmarks/bench_excel.py``. Asserts no time.

Through xlwings' own ``CallUDF`` and conversion, with stand-ins for pywin32. What is left out is the journey between Excel's process
and Python's, which every call makes once: over real COM the cells one by one are dearer still.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))

from beside import HEADER, faster, medians

from excel_doors import UDFS, server

ROWS = 10_000
TARGET = 50.0  # a row in a column is that many times cheaper
LEFT_OUT = (None,) * 6  # the arguments that the formula doesn't give, as our VBA sends them


def asked(*arguments):
    """What xlwings hands to Excel for arguments as our VBA sends them."""
    return server().CallUDF(UDFS, "NAKED_MARGIN", ("put", *arguments, *LEFT_OUT), None, None)


def main() -> None:
    """A column of puts in one call, beside a call for each row."""
    random = np.random.default_rng(0)
    spot = random.uniform(50, 150, ROWS).round(2).tolist()
    strike = [float(round(price * 0.9)) for price in spot]
    premium = random.uniform(0.05, 5, ROWS).round(2).tolist()
    rows = list(zip(spot, strike, premium, strict=True))
    columns = [tuple((value,) for value in column) for column in (spot, strike, premium)]
    calls = {"column": lambda: asked(*columns), "cells": lambda: [asked(*row) for row in rows]}
    differing = sum(row != [cell] for row, cell in zip(calls["column"](), calls["cells"](), strict=True))
    print(f"{'rows that differ between the two':58} {differing:>11}")
    taken = medians(calls, repeat=11)
    print(HEADER.replace("ours", "column").replace("theirs", " cells"))
    faster("10,000 rows in a call / 10,000 calls", taken["column"], taken["cells"], TARGET)


if __name__ == "__main__":
    main()
