"""The sheet of functions: what each worksheet function answers, its arguments, units and defaults, and a worked example."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from openpyxl.styles import Border

from optmargin.functions.all import functions
from optmargin.functions.call import usage
from optmargin.functions.declare import meaning, when_blank
from optmargin.workbook import pages, styles

if TYPE_CHECKING:
    from collections.abc import Collection

    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from optmargin.functions.declare import WorksheetFunction

NAME = "Functions"

_WIDTHS = {"A": 22.0, "B": 17.0, "C": 88.0, "D": 32.0, "E": 16.0}
_HEADINGS = ("Function", "Argument", "What it is", "Unit", "When blank")
_WHAT = "Every worksheet function, with an example from outside and its answer; the add-in of Excel or LibreOffice answers them"
_HEADER_ROW = 4


def add_functions(book: Workbook, footer: str, *, only: Collection[str] | None = None, what: str = _WHAT) -> None:
    """The sheet, at the end of a workbook.

    Args:
        book: the workbook.
        footer: what stands at the foot of its pages.
        only: the names of the functions to list; None lists all.
        what: the line under the title.
    """
    sheet = pages.add_page(book, NAME, NAME, what, _WIDTHS, footer=footer)
    pages.header(sheet, _HEADER_ROW, _HEADINGS, indent=0)
    listed = [each for name, each in functions().items() if only is None or name in only]
    row = _HEADER_ROW + 1
    for category, those in groupby(
        sorted(listed, key=lambda each: (each.category, each.name)), lambda each: each.category
    ):
        pages.heading(sheet, row, category, len(_HEADINGS))
        row += 1
        for function in those:
            row = _add_function(sheet, row, function)
    sheet.print_title_rows = f"{_HEADER_ROW}:{_HEADER_ROW}"
    sheet.freeze_panes = f"A{_HEADER_ROW + 1}"


def _add_function(sheet: Worksheet, row: int, function: WorksheetFunction) -> int:
    top = Border(top=styles.line(styles.ACCENT, "hair"))
    for column, text in enumerate((function.name, "answers", function.about, str(function.returns), ""), start=1):
        pages.put(
            sheet, row, column, text, bold=column == 1, colour=styles.ACCENT if column == 1 else styles.INK, wrap=True,
            panel=styles.PANEL, border=top,
        )  # fmt: skip
    pages.fit(sheet, row, {3: function.about})
    for argument in function.arguments:
        row += 1
        said = (argument.name, meaning(argument), str(argument.about.unit), when_blank(argument))
        for column, text in enumerate(said, start=2):
            pages.put(sheet, row, column, text, wrap=True)
        pages.fit(sheet, row, {3: said[1], 4: said[2]})
    answer = function.example.answer
    for word, text in (
        ("written", usage(function)),
        ("example", function.example.formula),
        ("its answer", answer if isinstance(answer, str) else f"{answer:.10g}"),
        ("its source", function.example.source),
    ):
        row += 1
        pages.put(sheet, row, 2, word, size=9, colour=styles.MUTED, italic=True, wrap=True)
        is_formula = word in {"written", "example"}
        pages.put(sheet, row, 3, text, size=9, colour=styles.ACCENT if is_formula else styles.MUTED, wrap=True)
        pages.fit(sheet, row, {3: text}, size=9)
    return row + 1
