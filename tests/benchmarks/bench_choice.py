"""How long the choice takes, and what is proven: ``python tests/benchmarks/bench_choice.py``. Asserts nothing."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from margin import generators
from optmargin.margin.choice import choose


def raw_sweep(book) -> float:
    """The worst settlement loss of every expiry in bare numpy: nothing checked, chosen, proven or explained."""
    total = 0.0
    for expiry in range(8):
        shorts, longs = book.short_expiry == expiry, book.long_expiry == expiry
        strike = np.concatenate([book.short_strike[shorts], book.long_strike[longs]])
        right = np.concatenate([book.short_right[shorts], book.long_right[longs]])
        units = np.concatenate([book.short_units[shorts], -book.long_units[longs]])
        order = np.argsort(strike)
        strike, units, right = strike[order], units[order], right[order]
        start = (units * strike)[right == generators.PUT].sum()
        value = start + np.concatenate([[0.0], np.cumsum(np.cumsum(units)[:-1] * np.diff(strike))])
        total += max(0.0, value.max(initial=0.0))
    return book.shares * total


def seconds(call, repeat: int) -> float:
    """The median of ``repeat`` runs."""
    taken = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


def measured(name: str, legs: int, books: int, limit: float | None) -> float:
    """Prints the times and gaps of ``books`` random books; the median time in seconds."""
    times, gaps = [], []
    for seed in range(books):
        book = getattr(generators, name)(legs, seed)
        start = time.perf_counter()
        pairing = choose(book, time_limit=limit)
        times.append(time.perf_counter() - start)
        gaps.append(100.0 * pairing.gap / pairing.total if pairing.total else 0.0)
    proven = sum(gap == 0.0 for gap in gaps)
    print(
        f"{name:12} {legs:5} legs, limit {limit!s:>5} s: median {1000 * np.median(times):8.1f} ms, "
        f"worst {1000 * max(times):8.1f} ms, proven {proven}/{books}, worst gap {max(gaps):.3f} %"
    )
    return float(np.median(times))


def main() -> None:
    """All figures of the issue."""
    choose(generators.adversarial(20, 0))  # the first call imports the solver
    ratios = []
    for seed in range(20):
        book = generators.balanced(1000, seed)
        sweep, choice = seconds(lambda book=book: raw_sweep(book), 20), seconds(lambda book=book: choose(book), 5)
        ratios.append(choice / sweep)
    print(
        f"covered book of 1,000 legs, 8 expiries, choose / raw sweep: median {np.median(ratios):.2f}, best {min(ratios):.2f}, "
        f"worst {max(ratios):.0f}; {sum(ratio > 20 for ratio in ratios)} of 20 needed the solver for their proof"
    )
    measured("balanced", 1000, 20, 2.0)
    measured("covered", 1000, 3, 2.0)
    small = measured("traders", 75, 10, 5.0)
    large = measured("traders", 150, 10, 5.0)
    print(f"traders' books: time grows with legs to the power {math.log2(large / small):.2f}")
    measured("traders", 1000, 3, 1.0)
    small = measured("adversarial", 50, 10, 20.0)
    large = measured("adversarial", 100, 10, 20.0)
    print(f"adversarial books: time grows with legs to the power {math.log2(large / small):.2f}")
    measured("adversarial", 100, 10, 2.0)
    measured("adversarial", 150, 10, 1.0)
    measured("adversarial", 1000, 5, 1.0)


if __name__ == "__main__":
    main()
