"""The workbook without Python: the worksheet functions that closed formulas can answer, as LAMBDA names, with their figures."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.workbook.properties import CalcProperties

from optmargin.functions.all import functions
from optmargin.workbook import pages, styles
from optmargin.workbook.files import Shown, save
from optmargin.workbook.lambda_book import add_book_sheet
from optmargin.workbook.lambda_functions import RULES, LambdaName, lambda_names
from optmargin.workbook.lambda_read_me import add_read_me
from optmargin.workbook.lambda_text import stored
from optmargin.workbook.sheet_functions import add_functions
from optmargin.workbook.tour_block import add_block, new_sheet
from optmargin.workbook.tour_questions import QUESTIONS

if TYPE_CHECKING:
    from pathlib import Path

TRY = "Try"

_NO_DAY = dt.datetime(2000, 1, 1)  # the workbook has no day of its own; a file must have one
_FOOTER = "optmargin · LAMBDA workbook"
_TRY = "Yellow cells may be overwritten; the answers follow"
_FORMULAS = "Every name of this workbook as it is typed with English function names; om_ names are what the functions are made of"
_FUNCTIONS = "The functions of this workbook, each with an example from outside and its answer"


def new_lambda() -> tuple[Workbook, Shown]:
    """The workbook in memory, and the values that its formula cells show until a program computes them."""
    book = Workbook()
    book.remove(book.worksheets[0])
    names = lambda_names()
    add_read_me(book, footer=_FOOTER)
    shown: Shown = {TRY: _add_try(book)}
    add_book_sheet(book, shown, footer=_FOOTER)
    _add_formulas(book, names)
    answered = [name.name for name in names if name.is_worksheet_function]
    add_functions(book, _FOOTER, only=answered, what=_FUNCTIONS)
    for name in names:
        # Excel shows the comment where the name is typed.
        book.defined_names[name.name] = DefinedName(name.name, attr_text=stored(name.typed), comment=name.about)
    book.active = 0
    book.properties.title = "optmargin without Python"
    book.properties.creator = "optmargin"
    book.properties.created = _NO_DAY
    book.calculation = CalcProperties(fullCalcOnLoad=True)
    return book, shown


def write_lambda(out: Path) -> None:
    """Write the workbook, the same bytes every time.

    Raises:
        MarginError: ``#VALUE!`` when the file can't be written.
    """
    book, shown = new_lambda()
    save(book, out, _NO_DAY, shown)


def _add_try(book: Workbook) -> dict[str, float | str]:
    """The sheet of examples; returns the values of its formulas."""
    declared = functions()
    those = [declared[name] for name in RULES if name in declared]
    sheet = new_sheet(book, TRY, _TRY, those, footer=_FOOTER)
    for function in those:
        add_block(sheet, function, QUESTIONS.get(function.name, ""), with_working=False)
    return sheet.shown


def _add_formulas(book: Workbook, names: tuple[LambdaName, ...]) -> None:
    sheet = pages.add_page(book, "Formulas", "Formulas", _FORMULAS, {"A": 22, "B": 46, "C": 120}, footer=_FOOTER)
    pages.header(sheet, 4, ("Name", "What it does", "Formula"))
    for row, name in enumerate(names, start=5):
        pages.put(sheet, row, 1, name.name, bold=name.is_worksheet_function, wrap=True, border=pages.below())
        pages.put(sheet, row, 2, name.about, size=9, wrap=True, border=pages.below(), indent=1)
        pages.put(
            sheet, row, 3, f"={name.typed}", size=9, colour=styles.ACCENT, wrap=True, border=pages.below(), indent=1
        )
        pages.fit(sheet, row, {2: name.about, 3: name.typed}, size=9)
    sheet.print_title_rows = "4:4"
    sheet.freeze_panes = "A5"
