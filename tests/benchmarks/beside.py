"""Measuring two or more things in one run, turn by turn, and printing how they compare."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

HEADER = f"{'':58} {'ours':>11} {'theirs':>11} {'ratio':>9} {'target':>9}  met"


def medians(calls: dict[str, Callable[[], Any]], *, repeat: int, number: int = 1) -> dict[str, float]:
    """The median seconds of each call.

    The calls take turns, so that a busy moment of the machine falls on all of them; each turn runs a call ``number`` times.
    """
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(repeat):
        for name, call in calls.items():
            start = time.perf_counter()
            for _ in range(number):
                call()
            taken[name].append((time.perf_counter() - start) / number)
    return {name: float(np.median(times)) for name, times in taken.items()}


def seconds(amount: float) -> str:
    """A time for people: ``7.9 µs``, ``2.34 ms``, ``1.20 s``."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if amount >= size:
            return f"{amount / size:.2f} {unit}"
    return f"{amount / 1e-6:.1f} µs"


def slower(what: str, ours: float, theirs: float, at_most: float | None = None) -> None:
    """Prints how many times as long as theirs ours takes; the target is a number that the ratio may reach."""
    _line(what, ours, theirs, ours / theirs, None if at_most is None else ("<=", at_most, ours / theirs <= at_most))


def faster(what: str, ours: float, theirs: float, at_least: float | None = None) -> None:
    """Prints how many times as long as ours theirs takes; the target is a number that the ratio must reach."""
    _line(what, ours, theirs, theirs / ours, None if at_least is None else (">=", at_least, theirs / ours >= at_least))


def _line(what: str, ours: float, theirs: float, ratio: float, target: tuple[str, float, bool] | None) -> None:
    wanted = "" if target is None else f"{target[0]} {target[1]:g}"
    met = "" if target is None else "yes" if target[2] else "NO"
    print(f"{what:58} {seconds(ours):>11} {seconds(theirs):>11} {ratio:9.2f} {wanted:>9}  {met}")
