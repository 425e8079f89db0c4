"""The sheet of odds and sizes: what the campaign comes to, and what Kelly and the margin allow for each number of parachutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.workbook.defined_name import DefinedName

from optmargin.workbook import pages, styles
from optmargin.workbook.parachutes_results import Result, results
from optmargin.workbook.parachutes_sizes import add_sizes, size_results

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from optmargin.workbook.parachutes_levels import Grid

TITLE = "Odds"
_WIDTHS = {
    "A": 13, "B": 12, "C": 12, "D": 12, "E": 13, "F": 12, "G": 12, "H": 12, "I": 12, "J": 13, "K": 13, "L": 13,
}  # fmt: skip
_PLACE = 7  # the column of a figure, beside its label
_EDGES = (
    Result("shown_edge_to_grow", "Edge from which this plan grows at all", "=edge_to_grow", "0.00\\ %"),
    Result("shown_edge_for_kelly", "Edge at which it is full Kelly", "=edge_for_kelly", "0.00\\ %"),
)
_HIDDEN = frozenset({"has_odds", "fits_at_least", "last_level"})


def add_odds(book: Workbook, grid: Grid, *, footer: str) -> Worksheet:
    """The sheet."""
    what = "What the campaign comes to at the odds that are given, and what Kelly and the margin allow; growth in natural logarithms"
    sheet = pages.add_page(book, TITLE, "Odds and sizes", what, _WIDTHS, footer=footer)
    row = add_sizes(book, sheet, grid, 4)
    row += 1
    pages.heading(sheet, row, "This campaign", _PLACE + 1)
    # What only formulas ask for stands last.
    listed = sorted((*results(grid), *size_results(grid), *_EDGES), key=lambda each: each.name in _HIDDEN)
    for result in listed:
        row += 1
        quiet = result.name in _HIDDEN
        pages.put(sheet, row, 1, result.label, colour=styles.MUTED if quiet else styles.INK)
        for column in range(2, _PLACE + 1):
            pages.put(sheet, row, column, None, border=pages.below())
        sheet.cell(row, 1).border = pages.below()
        cell = pages.put_formula(
            sheet, row, _PLACE, result.formula, form=result.form, align="right", border=pages.below(),
            colour=styles.MUTED if quiet else styles.INK,
        )  # fmt: skip
        if not result.name.startswith("shown_"):
            book.defined_names[result.name] = DefinedName(
                result.name, attr_text=f"'{TITLE}'!${cell.column_letter}${row}"
            )
    styles.set_page(sheet, footer, one_page=True)
    return sheet
