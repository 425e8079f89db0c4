"""The first sheet of the parachute workbook: the yellow cells, what they mean in words, and the two charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Border

from optmargin.workbook import pages, styles
from optmargin.workbook.parachutes_charts import equity_chart, growth_chart, place
from optmargin.workbook.parachutes_inputs import account_inputs, add_input
from optmargin.workbook.parachutes_levels import NONE
from optmargin.workbook.parachutes_results import FINE_WORDS
from optmargin.workbook.parachutes_sizes import MARKS, POINTS
from optmargin.workbook.parachutes_words import more_sentences, sentences
from optmargin.workbook.parachutes_working import SHOWN_LEVELS, equity_row, points_row
from optmargin.workbook.parachutes_working import TITLE as WORKING

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from optmargin.workbook.parachutes_levels import Grid

TITLE = "Parachutes"
_WIDTHS = {"A": 25, "B": 13, "C": 50, "D": 2.5} | dict.fromkeys("EFGHIJKLMN", 10.5)
_WORDS, _LAST = 5, 14  # first and last column of the words and the charts
_CHART_ROWS = 24
_SAID = (
    "words_fit", "words_worth", "words_last", "words_often", "words_recover", "words_average", "words_size", "words_best", "words_edge",
    "words_behind",
)  # fmt: skip
_LINES = 2  # rows of each sentence


def add_front(book: Workbook, grid: Grid, *, footer: str) -> list[str]:
    """The sheet; returns where each input says what is wrong with it."""
    what = "What buying out, moving away and doubling does to an account. Yellow cells are yours; everything else follows, without Python"
    sheet = pages.add_page(book, TITLE, "Parachutes", what, _WIDTHS, footer=footer)
    _add_banner(sheet)
    notes, last = _add_inputs(book, sheet, grid)
    row = _add_words(sheet, grid)
    _add_charts(sheet, grid, len(notes), max(last, row) + 1)
    sheet.print_area = f"A1:N{max(last, row) + _CHART_ROWS + 1}"
    styles.set_page(sheet, footer, one_page=True)
    return notes


def _add_banner(sheet: Worksheet) -> None:
    sheet.row_dimensions[4].height = 22
    for column in range(1, _LAST + 1):
        # The unfilled look is the loud one: a program that draws no conditional formats must not show a calm one.
        pages.put(sheet, 4, column, None, size=11, bold=True, colour=styles.WHITE, panel=styles.BAD, indent=1)
    banner = pages.put_formula(
        sheet, 4, 1, "=problem", size=11, bold=True, colour=styles.WHITE, panel=styles.BAD, indent=1
    )
    sheet.merge_cells(start_row=4, end_row=4, start_column=1, end_column=_LAST)
    calm = styles.differential(styles.GOOD, styles.GOOD_PANEL, bold=True)
    rule = Rule("expression", formula=[f'{banner.coordinate}="{FINE_WORDS}"'], dxf=calm)
    sheet.conditional_formatting.add("A4:N4", rule)


def _add_inputs(book: Workbook, sheet: Worksheet, grid: Grid) -> tuple[list[str], int]:
    notes = []
    row = 5
    for title, given in account_inputs(grid.most):
        row += 1
        pages.heading(sheet, row, title, 3)
        for each in given:
            row += 1
            sheet.row_dimensions[row].height = 18
            notes.append(f"'{TITLE}'!{add_input(book, sheet, row, each, (1, 2, 3))[1]}")
    return notes, row


def _add_words(sheet: Worksheet, grid: Grid) -> int:
    """The sentences, at the right of the inputs; returns the last row."""
    rule = Border(bottom=styles.line(styles.ACCENT))
    for column in range(_WORDS, _LAST + 1):
        title = "What it means for this account" if column == _WORDS else None
        pages.put(sheet, 6, column, title, size=12, colour=styles.ACCENT, bold=True, border=rule)
    formulas = sentences(grid) | more_sentences(grid)
    row = 7
    for name in _SAID:
        cell = pages.put_formula(sheet, row, _WORDS, formulas[name], size=11, wrap=True)
        # A sentence that has nothing to say isn't seen.
        unseen = Rule("expression", formula=[f'{cell.coordinate}="{NONE}"'], dxf=styles.differential(styles.WHITE))
        sheet.conditional_formatting.add(cell.coordinate, unseen)
        sheet.merge_cells(start_row=row, end_row=row + _LINES - 1, start_column=_WORDS, end_column=_LAST)
        row += _LINES
    return row - 1


def _add_charts(sheet: Worksheet, grid: Grid, inputs: int, row: int) -> None:
    bars = equity_row(grid, inputs) + 2
    ranges = (f"'{WORKING}'!${letter}${bars}:${letter}${bars + SHOWN_LEVELS - 1}" for letter in "ABC")
    place(equity_chart(*ranges), sheet, (0, row, 3, row + _CHART_ROWS))
    first = points_row(grid, inputs) + 2
    marks = {mark: first + offset for offset, mark in enumerate(MARKS)}
    place(growth_chart(WORKING, (first, first + POINTS), marks), sheet, (4, row, _LAST, row + _CHART_ROWS))
