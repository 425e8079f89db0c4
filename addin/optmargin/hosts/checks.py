"""What ``optmargin doctor`` says of one host: one check, what was seen, and what would help."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How a check came out."""

    WELL = "ok"
    WRONG = "wrong"  # it won't work until the remedy is followed
    UNKNOWN = "unknown"  # it can't be seen from here


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a host's installation.

    Attributes:
        what: what was looked at, in a few words.
        health: how it came out.
        seen: what was seen, in a sentence without a full stop.
        remedy: what would help, in a sentence without a full stop; empty when all is well.
    """

    what: str
    health: Health
    seen: str
    remedy: str = ""
