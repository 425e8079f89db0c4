"""The first record of an expanded unpacked file: its layout, and which day and cycle it is of."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from optmargin.core.values import shown
from optmargin.risk.span.model import Level, Origin

if TYPE_CHECKING:
    from optmargin.risk.span.files.pa2_records import Record

LAYOUT_NAME = "expanded unpacked (U2)"
_CYCLES = {"E": "early settlement", "F": "final settlement", "C": "complete settlement"}


def check_layout(header: Record) -> None:
    """Refuses a file of another layout.

    Raises:
        MarginError: ``#VALUE!`` for any layout but U2.
    """
    if header.text("format") != "U2":
        raise header.refusal(
            "format",
            f"{shown(header.text('format'))} isn't U2, the expanded unpacked format",
            "give the .pa2 or the XML (.spn) file of the day",
        )


def origin(header: Record) -> Origin:
    """Where and when a file's numbers were made.

    Raises:
        MarginError: ``#VALUE!`` for a business day that is none.
    """
    digits = header.text("date")
    try:
        day = dt.datetime.strptime(digits, "%Y%m%d").date()
    except ValueError:
        raise header.refusal("date", f"{shown(digits)} isn't a day", "the file is damaged; fetch it again") from None
    time = header.text("time")
    if header.text("settlement or intraday") == "I":
        cycle = f"intraday {time[:2]}:{time[2:]}" if len(time) == 4 else "intraday"
    else:
        cycle = _CYCLES.get(header.text("file identifier"), "settlement")
    name = header.source.name
    return Origin(Level.EXACT, name, day, cycle, header.text("complex"), header.text("created"), LAYOUT_NAME)
