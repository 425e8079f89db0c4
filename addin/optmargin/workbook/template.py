"""The template of the daily margin report, written from nothing, the same bytes every time."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.workbook.properties import CalcProperties

from optmargin.workbook.files import save
from optmargin.workbook.layout import EXPIRIES, FINDINGS, POSITIONS, STRATEGIES, WORKING, footer
from optmargin.workbook.sheet_functions import add_functions
from optmargin.workbook.sheet_inputs import add_inputs
from optmargin.workbook.sheet_parachutes import add_parachutes
from optmargin.workbook.sheet_segments import add_segments
from optmargin.workbook.sheet_stress import add_stress
from optmargin.workbook.sheet_summary import add_summary
from optmargin.workbook.sheet_tables import add_table_sheet

if TYPE_CHECKING:
    from pathlib import Path

# The template has no day of its own; a file must have one.
_NO_DAY = dt.datetime(2000, 1, 1)


def new_template() -> Workbook:
    """The unfilled template as a workbook in memory."""
    book = Workbook()
    book.remove(book.worksheets[0])
    add_summary(book)
    add_table_sheet(
        book, EXPIRIES, "Expiries", "What each expiry requires, what may be added to it, and what it releases; USD"
    )
    add_table_sheet(
        book, POSITIONS, "Positions", "Every leg as it was read, with its line in the source file; prices USD per share"
    )
    add_table_sheet(
        book,
        STRATEGIES,
        "Strategies",
        "The same positions as traders call them; the names label, they decide no requirement",
    )
    add_table_sheet(
        book, WORKING, "Working", "How each requirement came about; the amounts of an expiry add up to its requirement; USD",
        check="working_check",
    )  # fmt: skip
    add_stress(book)
    add_segments(book)
    add_parachutes(book)
    add_inputs(book)
    add_table_sheet(book, FINDINGS, "Findings", "Everything that was noticed, what makes the report incomplete first")
    book.active = 0
    book.properties.title = "Daily margin report"
    book.properties.creator = "optmargin"
    book.properties.created = _NO_DAY
    book.calculation = CalcProperties(fullCalcOnLoad=True)
    return book


def write_template(out: Path) -> None:
    """Write the template, the same bytes every time; beside what a report fills it lists the worksheet functions.

    Raises:
        MarginError: ``#VALUE!`` when the file can't be written.
    """
    book = new_template()
    # Not in every report: a firm writes a hundred thousand of them, and the list would double their time.
    add_functions(book, footer("", "-"))
    save(book, out, _NO_DAY)
