"""Importing this module declares every worksheet function; a new one is added to the list below."""

from __future__ import annotations

from optmargin.functions import (
    about,
    account,
    book,
    campaigns,
    compare,
    covered,
    kelly,
    naked,
    parachutes,
    portfolio,
    pricing,
    rolls,
    span,
    spread,
    strangle,
    whatif,
)
from optmargin.functions.declare import WorksheetFunction, registered

__all__ = [
    "about",
    "account",
    "book",
    "campaigns",
    "compare",
    "covered",
    "functions",
    "kelly",
    "naked",
    "parachutes",
    "portfolio",
    "pricing",
    "rolls",
    "span",
    "spread",
    "strangle",
    "whatif",
]


def functions() -> dict[str, WorksheetFunction]:
    """Every worksheet function by name."""
    return registered()
