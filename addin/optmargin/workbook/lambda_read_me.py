"""The first sheet of the LAMBDA workbook: what it is, what it needs, and what it doesn't do, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optmargin.functions.all import functions
from optmargin.rules.book import book as rule_book
from optmargin.rules.book import book_names
from optmargin.workbook import pages
from optmargin.workbook.lambda_functions import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_WIDTHS = {"A": 24.0, "B": 106.0}

_TEXT = """
## What it is
The optmargin worksheet functions listed below as LAMBDA names of this workbook: type =NAKED_MARGIN( in any cell. They take the add-in's arguments in the same order, with the same defaults, limits and errors, and answer the same to the cent. No program is behind them, no macro is in the file, and nothing has to be installed.
The figures stand on the sheet Book, with the day from which each holds and who says so; the formulas on the sheet Formulas; examples to type in on the sheet Try.

## What it needs
Excel for Microsoft 365, Excel 2024 or later, or Excel for the web. Excel 2021 and older don't know LAMBDA, and neither does LibreOffice 25.2: there the optmargin add-in answers the same functions.
Its makers have not run it in Excel. Whenever it is built, 10,000 random questions are put to it in another program that knows LAMBDA (IronCalc), and each answer must be the add-in's, errors included; a second such program (pyOpenVBA) is asked the examples, and columns. Excel may show an @ before the names on the sheet Try: it changes nothing there.

## What is different here
Text is read more narrowly: numbers such as 1234.5, 1,234.50, 1.234,50, $5 or (5), and days such as 2022-12-23 or 20221223. Text that the add-in also understands otherwise, such as 23-Dec-2022 or 1 234, is #VALUE! here, never another figure. Cells that hold numbers and dates are read alike.
Every argument takes a cell or a column, as in any formula of Excel; PARACHUTES_FIT and FIRST_SLOTS take single cells, and a column is #VALUE!.
A blank book is ibkr and a blank day its latest terms, whatever your add-in's settings say.
There is no MARGIN_WHY: #VALUE! is something not understood, #NUM! a number outside the rule's bounds, #N/A something missing, such as a day before a book's first.

## A workbook of its own
A name of a workbook hides the add-in's function of the same name in that workbook. Begin with a copy of this file rather than bringing its names into a workbook that uses the add-in.
"""
_HERE = "In this workbook"
_NOT_HERE = "Not in this workbook: they choose the best among many pairings, simulate, or speak of the program itself"
_BOOKS = "The rule books, and the days that they answer for"


def add_read_me(book: Workbook, *, footer: str) -> None:
    """The sheet, with what is here and what isn't, from the declarations."""
    what = "Option margin by formulas alone"
    sheet = pages.add_page(book, "Read me", "optmargin without Python", what, _WIDTHS, footer=footer)
    sheet.freeze_panes = "A3"
    row = 4
    for line in _TEXT.strip().splitlines():
        if line.startswith("## "):
            pages.heading(sheet, row, line.removeprefix("## "), len(_WIDTHS))
        elif line:
            pages.paragraph(sheet, row, line, len(_WIDTHS))
        row += 1
    declared = functions()
    row = _add_list(sheet, row + 1, _HERE, ((name, declared[name].about) for name in RULES if name in declared))
    others = ((name, function.about) for name, function in declared.items() if name not in RULES)
    row = _add_list(sheet, row, _NOT_HERE, others)
    _add_list(sheet, row, _BOOKS, ((name, _days_of(name)) for name in book_names()))


def _days_of(name: str) -> str:
    each = rule_book(name)
    until = f"to {each.last_day}" if each.last_day else "on"
    return f"{each.title}: from {each.first_day} {until}"


def _add_list(sheet: Worksheet, row: int, title: str, entries: Iterable[tuple[str, str]]) -> int:
    pages.heading(sheet, row, title, len(_WIDTHS))
    for name, text in entries:
        row += 1
        pages.put(sheet, row, 1, name, bold=True, wrap=True)
        pages.put(sheet, row, 2, text, wrap=True)
        pages.fit(sheet, row, {2: text})
    return row + 2
