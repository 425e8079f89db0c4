"""The tour of the worksheet functions: each on a real question, with its working, in cells to type in; written from the declarations."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.workbook.properties import CalcProperties
from openpyxl.worksheet.hyperlink import Hyperlink

from optmargin.functions.all import functions
from optmargin.workbook import pages, styles
from optmargin.workbook.files import Shown, save
from optmargin.workbook.sheet_functions import add_functions
from optmargin.workbook.tour_block import Sheet, add_block, new_sheet
from optmargin.workbook.tour_questions import QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

    from optmargin.functions.declare import WorksheetFunction

_NO_DAY = dt.datetime(2000, 1, 1)  # the tour has no day of its own; a file must have one
_FOOTER = "optmargin · tour of the worksheet functions"
_COLUMNS = 3
# What the first sheet asks to see whether the functions are there: the first example of the reference page.
_PROBE = "SLOTS(100000)"

_WORDS = """
Every worksheet function of optmargin, each asked a question whose answer somebody else has published or worked out by hand. Yellow cells are the arguments: overwrite them, and the answer follows. Under each answer stand the expected one with its source, whether the two agree, and the working in words where there is one.
The answers are live formulas of the add-in: `optmargin install libreoffice` for LibreOffice 24.8 or later, `optmargin install excel` for Excel on Windows. Without it, a program that only shows this workbook shows the answers as they were when it was written; one that computes shows #NAME? for each answer, and the checks say: no answer. The expected answers are plain values and always stand.
Without any add-in, lambda.xlsx answers some of these functions in Excel for Microsoft 365, by formulas alone.
"""


def new_tour() -> tuple[Workbook, Shown]:
    """The workbook in memory, and the values that its formula cells show until a program computes them."""
    book = Workbook()
    book.remove(book.worksheets[0])
    front = pages.add_page(
        book, "Read me", "The worksheet functions of optmargin", "A tour: real questions, live answers", {"A": 24, "B": 92, "C": 14},
        footer=_FOOTER,
    )  # fmt: skip
    sheets = {category: _add_category(book, category, those) for category, those in by_category().items()}
    shown: Shown = {category: sheet.shown for category, (sheet, _) in sheets.items()}
    shown[front.title] = _add_front(front, sheets)
    add_functions(book, _FOOTER)
    book.active = 0
    book.properties.title = "The worksheet functions of optmargin"
    book.properties.creator = "optmargin"
    book.properties.created = _NO_DAY
    book.calculation = CalcProperties(fullCalcOnLoad=True)
    return book, shown


def write_tour(out: Path) -> None:
    """Write the workbook, the same bytes every time.

    Raises:
        MarginError: ``#VALUE!`` when the file can't be written.
    """
    book, shown = new_tour()
    save(book, out, _NO_DAY, shown)


def by_category() -> dict[str, list[WorksheetFunction]]:
    """The declared functions by category: the categories in alphabetical order, the functions in that of their names."""
    found: dict[str, list[WorksheetFunction]] = {}
    for function in sorted(functions().values(), key=lambda each: (each.category, each.name)):
        found.setdefault(function.category, []).append(function)
    return found


def _add_category(book: Workbook, category: str, those: list[WorksheetFunction]) -> tuple[Sheet, dict[str, int]]:
    """The sheet of one category, and the row in which each function begins."""
    what = "Yellow cells may be overwritten; the answers follow where the add-in is there"
    sheet = new_sheet(book, category, what, those, footer=_FOOTER)
    rows = {each.name: add_block(sheet, each, QUESTIONS.get(each.name, ""), with_working=True) for each in those}
    return sheet, rows


def _add_front(front: Worksheet, sheets: Mapping[str, tuple[Sheet, dict[str, int]]]) -> dict[str, float | str]:
    """The first sheet: what this is, whether the functions are there, and where each one is. Returns its formulas' values."""
    row = 4
    for text in _WORDS.strip().splitlines():
        pages.paragraph(front, row, text, _COLUMNS)
        row += 1
    row += 1
    here, not_here = (
        "The functions answer here.",
        "The functions aren't here: the add-in isn't installed, or isn't loaded.",
    )
    count = sum(len(sheet.checks) for sheet, _ in sheets.values())
    agreeing = "+".join(
        f"('{name}'!{check}=\"{pages.AGREES}\")" for name, (sheet, _) in sheets.items() for check in sheet.checks
    )
    shown: dict[str, float | str] = {}
    for formula, value in (
        (f'=IF(ISERROR({_PROBE}),"{not_here}","{here}")', here),
        (
            f'={agreeing}&" of {count} answers agree with the expected ones"',
            f"{count} of {count} answers agree with the expected ones",
        ),
    ):
        cell = pages.put_formula(front, row, 1, formula, size=11, bold=True, colour=styles.ACCENT)
        shown[cell.coordinate] = value
        row += 1
    row += 1
    for category, (sheet, begins) in sheets.items():
        pages.heading(front, row, category, _COLUMNS)
        for (name, at), check in zip(begins.items(), sheet.checks, strict=True):
            row += 1
            link = pages.put(front, row, 1, name, colour=styles.ACCENT, bold=True, wrap=True)
            link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{category}'!A{at}", display=name)
            text = QUESTIONS.get(name) or functions()[name].about
            pages.put(front, row, 2, text, wrap=True)
            state = pages.put_formula(front, row, 3, f"='{category}'!{check}", wrap=True)
            pages.colour_check(front, state.coordinate)
            shown[state.coordinate] = pages.AGREES
            pages.fit(front, row, {2: text})
        row += 2
    front.freeze_panes = "A3"
    return shown
