"""Importing this module declares every worksheet function; a new one is added to the list below."""

from __future__ import annotations

from optmargin.functions import account, book, naked, spread, whatif
from optmargin.functions.declare import WorksheetFunction, registered

__all__ = ["account", "book", "functions", "naked", "spread", "whatif"]


def functions() -> dict[str, WorksheetFunction]:
    """Every worksheet function by name."""
    return registered()
