"""The ledger of the parachute workbook: one row per level, and yellow cells to type over what is planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.formatting.rule import Rule
from openpyxl.utils import get_column_letter

from optmargin.workbook import pages, styles
from optmargin.workbook.parachutes_inputs import typed_over, wrapped_header
from optmargin.workbook.parachutes_levels import NONE
from optmargin.workbook.parachutes_results import PROBABILITY
from optmargin.workbook.parachutes_strikes import FIRST as FIRST_STRIKE
from optmargin.workbook.parachutes_strikes import LISTED
from optmargin.workbook.parachutes_strikes import TITLE as STRIKES

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from optmargin.workbook.parachutes_levels import Grid

TITLE = "Ledger"
FIRST = 7  # row of level 0
_PRICE = "#,##0.00##"
_WHOLE = "#,##0_);[Red]\\(#,##0\\)"
_SHARE = "0.0#\\ %"

# heading, figure or what else it is, number format, width, whether it is told of levels that aren't planned
_COLUMNS = (
    ("Level", "level", styles.COUNT, 6.5, True),
    ("Slots", "standing", styles.COUNT, 8, True),
    ("Short strike", "strike", _PRICE, 9, False),
    ("Credit needed", "needed", _PRICE, 8.5, False),
    ("Credit", "credit", _PRICE, 8, False),
    ("Buy-back", "buyback", _PRICE, 8.5, False),
    ("Fees", "fees", styles.MONEY, 9, False),
    ("Cash", "cash", styles.MONEY, 10.5, False),
    ("Margin", "margin", _WHOLE, 11, True),
    ("Excess liquidity", "excess", _WHOLE, 11.5, True),
    ("Cushion", "cushion", "0.0\\ %", 8.5, False),
    ("Fits", "fits", "General", 6, True),
    ("Bought out", "stop", _WHOLE, 11, False),
    ("At worst", "worst", _WHOLE, 11, False),
    ("Assailed, fair", "fair", _SHARE, 9, False),
    ("Assailed", "assailed", _SHARE, 9, False),
    ("Gets here, fair", "reach_fair", PROBABILITY, 10.5, False),
    ("Gets here", "reach", PROBABILITY, 10.5, False),
    ("Ends here", "ends", PROBABILITY, 10.5, False),
    ("Expected", "expected", styles.MONEY, 10, False),
    ("At stake", "stake", _SHARE, 8.5, False),
    ("Worth it up to odds of", "odds_limit", _SHARE, 10, False),
    ("The next one", "next", "General", 9.5, False),
)
OWN = ("credit", "buyback", "assailed")
_OWN_HEADINGS = ("Your credit", "Your buy-back", "Your odds")
_OWN_FORMS = (_PRICE, _PRICE, _SHARE)

_ABOUT = """
Level 0 is the first position; level 3 is what stands after three parachutes. Credit needed is per new slot and pays for the buy-back and the fees of the roll, so that cash stays as it was. Bought out and at worst are the profit or loss of the whole campaign when it ends at that level: everything bought back at once, or every spread that stands losing its full width.
Assailed is the chance of being assailed once a level is reached: fair is credit over buy-back, and needs no model. Ends here counts the wins, the gaps, and at the last level the failures. At stake is what stopping at a level loses, as a share of the account then; where the next one stands, one more parachute makes the account grow in the long run only while the chance of being assailed again is no more than "worth it up to".
Levels that aren't planned are grey. The yellow cells at the right overwrite what is planned for a level: what you really sold for, bought back for, or think of its odds.
"""


def own_cell(figure: str, level: int) -> str:
    """Where a person types over a figure of a level."""
    letter = get_column_letter(len(_COLUMNS) + 2 + OWN.index(figure))
    return f"'{TITLE}'!${letter}${FIRST + level}"


def own_area(figure: str, grid: Grid) -> str:
    """Those cells of all levels."""
    letter = get_column_letter(len(_COLUMNS) + 2 + OWN.index(figure))
    return f"'{TITLE}'!${letter}${FIRST}:${letter}${FIRST + grid.most}"


def add_ledger(book: Workbook, grid: Grid, *, footer: str) -> Worksheet:
    """The sheet."""
    what = "Level by level: what stands, what it needs, what is left, what it loses, and how likely that is; USD"
    widths = {get_column_letter(number): column[3] for number, column in enumerate(_COLUMNS, start=1)}
    gap = len(_COLUMNS) + 1
    widths |= {get_column_letter(gap): 2} | {get_column_letter(gap + 1 + at): 9 for at in range(len(OWN))}
    sheet = pages.add_page(book, TITLE, "The ledger", what, widths, footer=footer)
    pages.put_formula(sheet, 4, 1, "=problem", size=10.5, bold=True, colour=styles.ACCENT)
    headings = [column[0] for column in _COLUMNS]
    wrapped_header(sheet, FIRST - 1, headings, right=set(range(1, len(_COLUMNS))), height=44)
    wrapped_header(sheet, FIRST - 1, _OWN_HEADINGS, gap + 1, right=set(range(len(OWN))), height=44)
    pages.put(sheet, FIRST - 2, gap + 1, "Type over a level", size=9, colour=styles.MUTED, italic=True)
    for level in range(grid.most + 1):
        _add_level(sheet, grid, level)
        for at, form in enumerate(_OWN_FORMS):
            typed_over(sheet, FIRST + level, gap + 1 + at, form)
    _add_looks(sheet, grid, gap - 1)
    for offset, text in enumerate(_ABOUT.strip().splitlines()):
        pages.paragraph(sheet, FIRST + grid.most + 3 + offset, text, gap - 1, colour=styles.MUTED)
    sheet.freeze_panes = f"C{FIRST}"
    styles.set_page(sheet, footer, one_page=True)
    return sheet


def _add_level(sheet: Worksheet, grid: Grid, level: int) -> None:
    for column, (_, figure, form, _, always) in enumerate(_COLUMNS, start=1):
        text = _text(grid, figure, level)
        planned = text if always else f'IF(planned>={level},{text},"{NONE}")'
        formula = f"={level}" if figure == "level" else f'=IF(plan_ok,{planned},"{NONE}")'
        pages.put_formula(
            sheet, FIRST + level, column, formula, form=form, align="left" if column == 1 else "right", border=pages.below(),
            bold=figure in ("stop", "worst"),
        )  # fmt: skip


def _text(grid: Grid, figure: str, level: int) -> str:
    """What a column says of a level, as a part of a formula."""
    at = str(level)
    if figure == "strike":
        return f"'{STRIKES}'!${LISTED}${FIRST_STRIKE + level}"
    if figure == "fits":
        return f'IF({grid.of("good", at)}=1,IF({grid.of("fit", at)}=1,"yes","NO"),"{NONE}")'
    if figure == "odds_limit":
        stake = grid.of("stake", at)
        limit = f"IF(multiple*{stake}<1,LN(1-{stake})/LN(1-multiple*{stake}),0)"
        return f'IF(AND(has_odds=1,multiple>1,planned>{level}),IF(ISNUMBER({stake}),IF({stake}>0,{limit},1/multiple),"{NONE}"),"{NONE}")'
    return grid.of(figure, at)


def _add_looks(sheet: Worksheet, grid: Grid, last: int) -> None:
    area = f"A{FIRST}:{get_column_letter(last)}{FIRST + grid.most}"
    fits = get_column_letter([column[1] for column in _COLUMNS].index("fits") + 1)
    grey, red = styles.differential("9AA5B1"), styles.differential(styles.BAD)
    for formula, look in ((f"$A{FIRST}>planned", grey), (f'${fits}{FIRST}="NO"', red)):
        sheet.conditional_formatting.add(area, Rule("expression", formula=[formula], dxf=look, stopIfTrue=True))
    mark = get_column_letter(last)
    place = f"{mark}{FIRST}:{mark}{FIRST + grid.most}"
    for word, colour, panel in (("deploy", styles.GOOD, styles.GOOD_PANEL), ("stop", styles.BAD, styles.BAD_PANEL)):
        look = styles.differential(colour, panel)
        sheet.conditional_formatting.add(place, Rule("expression", formula=[f'{mark}{FIRST}="{word}"'], dxf=look))
