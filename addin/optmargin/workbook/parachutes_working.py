"""The working of the parachute workbook: the checks, every figure of every level, the searches and the points of the charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName

from optmargin.workbook import pages, styles
from optmargin.workbook.parachutes_inputs import flag
from optmargin.workbook.parachutes_ledger import own_area
from optmargin.workbook.parachutes_levels import FIGURES, HEADINGS, NONE, level_formulas
from optmargin.workbook.parachutes_results import FINE_WORDS
from optmargin.workbook.parachutes_sizes import add_points, add_searches, name_column

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from optmargin.workbook.parachutes_levels import Grid

TITLE, SEARCHES = "Working", "Searches"
FIRST = 6  # row of level 0
SHOWN_LEVELS = 8  # bars of the equity chart: the last ones that are planned
_WIDTH = 14

# Beside the inputs' own: what two of them together can't be.
_TOGETHER = (
    ('AND(reading="double",multiple=1,planned>0)', "a size multiple of 1 adds nothing with the reading double: give more"),
    ('AND(roll="out",reading<>"replace",planned>0)', "nothing is rolled out in time where older sets are left standing: choose replace, or away"),
)  # fmt: skip


def checks_row(grid: Grid) -> int:
    """The row in which the checks begin."""
    return FIRST + grid.most + 3


def equity_row(grid: Grid, inputs: int) -> int:
    """The row in which the bars' figures begin."""
    return checks_row(grid) + inputs + len(_TOGETHER) + 9


def points_row(grid: Grid, inputs: int) -> int:
    """The row in which the growth chart's figures begin."""
    return equity_row(grid, inputs) + SHOWN_LEVELS + 3


def add_working(book: Workbook, grid: Grid, notes: list[str], *, footer: str) -> Worksheet:
    """The sheet.

    Args:
        book: the workbook.
        grid: where the levels stand.
        notes: where each input says what is wrong with it.
        footer: what stands at the foot of its pages.
    """
    what = "What the other sheets are made of; nothing here is typed. Probabilities and prices as the cells say, amounts in USD"
    widths = {get_column_letter(column): _WIDTH for column in range(1, len(FIGURES) + 1)}
    sheet = pages.add_page(book, TITLE, "Working", what, widths, footer=footer)
    pages.heading(sheet, FIRST - 2, "Level by level", len(FIGURES))
    for column, figure in enumerate(grid.figures, start=1):
        pages.put(
            sheet,
            FIRST - 1,
            column,
            HEADINGS[figure],
            size=9,
            colour=styles.ACCENT,
            bold=True,
            align="right",
            wrap=True,
        )
    sheet.row_dimensions[FIRST - 1].height = 28
    for figure, level, formula in level_formulas(grid, _margin):
        column = grid.left + grid.figures.index(figure)
        pages.put_formula(
            sheet, FIRST + level, column, formula, size=9, form=_form(figure), align="left" if figure == "check" else "right"
        )  # fmt: skip
    for figure in grid.figures:
        name_column(book, f"all_{figure}", TITLE, grid.letter(figure), FIRST, FIRST + grid.most)
    _add_checks(book, sheet, grid, notes)
    _add_equity(sheet, grid, equity_row(grid, len(notes)))
    add_points(sheet, grid, points_row(grid, len(notes)))
    sheet.freeze_panes = f"B{FIRST}"
    what = "Full Kelly, and the edges that the plan needs: each found by halving what is left, forty-four times"
    widths = {get_column_letter(column): _WIDTH for column in range(1, grid.most + 6)}
    add_searches(book, pages.add_page(book, SEARCHES, SEARCHES, what, widths, footer=footer), grid, 4)
    return sheet


def _margin(level: int, slots: str) -> tuple[str, str]:
    """Both sides of an expiry share one margin; a side rolled out in time leaves the other behind."""
    shared = f"MAX({slots},other_side)"
    standing = shared if not level else f'IF(roll="out",{slots}+other_side,{shared})'
    required = f"other_margin+{standing}*width*multiplier"
    return required, required


def _form(figure: str) -> str:
    if figure in ("assailed", "fair", "cushion", "reach", "reach_fair", "win", "ends", "stake"):
        return "0.00##\\ %"
    if figure in ("fees", "cash", "margin", "initial", "stop", "worst", "net_liq", "excess", "expected"):
        return styles.MONEY
    return "General"


def _add_checks(book: Workbook, sheet: Worksheet, grid: Grid, notes: list[str]) -> None:
    row = checks_row(grid)
    pages.heading(sheet, row, "Checks", 4)
    first = row + 1
    for at, note in enumerate(notes, start=first):
        pages.put_formula(sheet, at, 1, flag(note), size=9, align="right")
        pages.put_formula(sheet, at, 2, f"={note}", size=9)
    at = first + len(notes)
    for condition, problem in _TOGETHER:
        usable = f"IF(SUM($A${first}:$A${first + len(notes) - 1})=0,IF({condition},1,0),0)"
        pages.put_formula(sheet, at, 1, f"={usable}", size=9, align="right")
        pages.put(sheet, at, 2, f"{problem[0].upper()}{problem[1:]}", size=9)
        at += 1
    flags, words = f"$A${first}:$A${at - 1}", f"$B${first}:$B${at - 1}"
    bad = "INDEX(all_check,MATCH(0,all_good,0))"
    rows = (
        ("inputs_ok", f"=IF(SUM({flags})=0,1,0)"),
        ("plan_ok", "=IF(inputs_ok,INDEX(all_good,planned+1),0)"),
        ("problem", f'=IF(plan_ok,"{FINE_WORDS}",IF(inputs_ok,{bad},INDEX({words},MATCH(1,{flags},0))))'),
        ("start", f'=IF(inputs_ok,net_liq,"{NONE}")'),
        ("equity", f'=IF(inputs_ok,net_liq,"{NONE}")'),
        ("typed_odds", f"=COUNT({own_area('assailed', grid)})"),
    )
    for name, formula in rows:
        pages.put_formula(sheet, at, 1, formula, size=9, align="right" if name != "problem" else "left")
        pages.put(sheet, at, 4, name, size=9, colour=styles.MUTED)
        book.defined_names[name] = DefinedName(name, attr_text=f"'{TITLE}'!$A${at}")
        at += 1


def _add_equity(sheet: Worksheet, grid: Grid, row: int) -> None:
    """The bars: the last levels that are planned."""
    pages.heading(sheet, row, "What is left when a level fails", 4)
    for column, text in enumerate(("level", "bought out", "at worst"), start=1):
        pages.put(sheet, row + 1, column, text, size=9, colour=styles.MUTED, align="right")
    for bar in range(SHOWN_LEVELS):
        level = f"(MAX(0,planned-{SHOWN_LEVELS - 1})+{bar})"
        usable = f'IF(plan_ok,IF({level}<=planned,{{}},""),"")'
        label = f'{level}&": "&FIXED({grid.of("standing", level)},0)&" slots"'
        cells = (label, *(f"start+{grid.of(figure, level)}" for figure in ("stop", "worst")))
        for column, text in enumerate(cells, start=1):
            pages.put_formula(
                sheet, row + 2 + bar, column, f"={usable.format(text)}", size=9, form=styles.MONEY, align="right"
            )
