"""The frame of an XML file: which day, cycle and format it is of."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from optmargin.core.values import shown
from optmargin.risk.span.model import Level, Origin

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from optmargin.risk.span.files.spn_nodes import Fields


def origin(fields: Fields, frame: Element, moment: Element, organizations: Sequence[str], rate_class: str) -> Origin:
    """Where and when a file's numbers were made.

    Args:
        fields: reads the elements.
        frame: the root.
        moment: its point in time.
        organizations: the clearing organizations.
        rate_class: whose class of rates was read; blank where the file has only one.

    Raises:
        MarginError: ``#VALUE!`` for a business day that is none.
    """
    digits = fields.text(moment, "date", None)
    try:
        day = dt.datetime.strptime(digits, "%Y%m%d").date()
    except ValueError:
        raise fields.refusal(moment, "date", f"{shown(digits)} isn't a day") from None
    time = fields.text(moment, "time") or fields.text(moment, "run")
    qualifier = fields.text(moment, "setlQualifier")
    if fields.flag(moment, "isSetl"):
        cycle = f"{qualifier} settlement".strip()
    else:
        cycle = f"intraday {time}".strip()
    layout = f"SPAN XML {fields.text(frame, 'fileFormat')}".strip()
    created, clearing = fields.text(frame, "created"), ", ".join(organizations)
    return Origin(Level.EXACT, fields.source.name, day, cycle, clearing, created, layout, rate_class)
