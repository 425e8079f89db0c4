"""The SPAN parameter file of the user's settings: read once, when the settings begin to hold; no cell reads a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from optmargin.core.errors import MarginError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from optmargin.risk.span.model import SpanParameters


@dataclass(frozen=True, slots=True, eq=False)
class SpanFile:
    """What became of the file.

    Attributes:
        parameters: what it says; None where the settings name none, or it can't be read.
        error: why it can't be read; a cell that needs it answers that.
        aliases: root of a leg -> the product's code in the file.
    """

    parameters: SpanParameters | None = None
    error: MarginError | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)


_loaded = SpanFile()


def load_span_file(path: Path | None, products: Sequence[str], aliases: Mapping[str, str]) -> None:
    """Reads the file, for every later cell; where that fails, other functions answer all the same.

    Args:
        path: the file; None for none.
        products: codes of the combined commodities that are read; empty for all.
        aliases: root of a leg -> the product's code in the file.
    """
    global _loaded  # noqa: PLW0603 - as the settings, one file holds for a process
    if path is None:
        _loaded = SpanFile(aliases=dict(aliases))
        return
    from optmargin.risk.span.files.read import read_span  # most cells never need it

    try:
        _loaded = SpanFile(read_span(path, products or None), aliases=dict(aliases))
    except MarginError as error:
        _loaded = SpanFile(error=error, aliases=dict(aliases))


def loaded_span_file() -> SpanFile:
    """The file that was read last."""
    return _loaded
