"""Keeping what the solver's C code prints away from standard output, where a caller may expect JSON or CSV."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# HiGHS as it comes with scipy 1.17 holds a forgotten `printf` ("HighsMipSolverData::transformNewIntegerFeasibleSolution
# tmpSolver.run();") that no option silences.

_lock = threading.Lock()
_inside = 0
_before: int | None = None


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Lets C code print into nothing meanwhile; what Python writes, in whatever thread, goes where it always goes.

    The file descriptors stay as they are: only the variable through which C's ``printf`` finds its stream is changed
    (glibc and macOS permit that), so neither Python's nor another process's output can get lost. Elsewhere nothing is
    changed.
    """
    global _inside, _before  # noqa: PLW0603 - the C library has one standard output, whoever asks
    streams = _streams()
    if streams is None:
        yield
        return
    standard, nothing = streams
    with _lock:
        if not _inside:
            _before, standard.value = standard.value, nothing
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                standard.value = _before


@cache
def _streams() -> tuple[ctypes.c_void_p, int] | None:
    """The C library's variable for standard output, and a stream that leads nowhere; None where there is no such thing."""
    name = {"linux": "stdout", "darwin": "__stdoutp"}.get(sys.platform)
    if name is None:
        return None
    try:
        library = ctypes.CDLL(None)
        if sys.platform == "linux":
            library.gnu_get_libc_version  # noqa: B018 - other C libraries hold the variable constant
        standard = ctypes.c_void_p.in_dll(library, name)
        library.fopen.restype = ctypes.c_void_p
        nothing: int | None = library.fopen(os.devnull.encode(), b"w")
    except (AttributeError, OSError, ValueError):
        return None
    return None if nothing is None else (standard, nothing)
