"""Importing this module declares every worksheet function; a new one is added to the list below."""

from __future__ import annotations

from optmargin.functions import account, book, naked, spread
from optmargin.functions.declare import WorksheetFunction, registered

__all__ = ["account", "book", "functions", "naked", "spread"]


def functions() -> dict[str, WorksheetFunction]:
    """Every worksheet function by name."""
    return registered()
