"""The sheet of strikes: where and when each level would open by Black-Scholes, and how far two or three strikes really are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName

from optmargin.workbook import pages, styles
from optmargin.workbook.parachutes_inputs import STRIKE_INPUTS, add_input, flag, wrapped_header
from optmargin.workbook.parachutes_levels import NONE

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from optmargin.workbook.parachutes_levels import Grid

TITLE = "Strikes"
NOT_FOUND = "none"
TURNS = 7  # of Newton's method; from a start within a tenth the fourth is exact
FIRST = 16  # row of level 0
_AWAY = 6  # strikes from the touch in the second table
_PRICE, _DAYS = "#,##0.00##", "0.00"
# The columns of a level; those beside the page last.
LEVEL, SPOT, DAYS, CREDIT, EXACT, LISTED, DISTANCE, DEVIATIONS, AT_TWO, AT_THREE, HERE, _GAP, MOVE, REST, TURN = (
    get_column_letter(number) for number in range(1, 16)
)
_HEADINGS = (
    "Level", "Underlying then", "Days left then", "Credit planned", "Strike that brings it", "Short strike, listed", "Distance",
    "in deviations", "Size x at 2 strikes", "Size x at 3 strikes", "Days here, expected",
)  # fmt: skip
_WIDTHS = {"A": 17, **{get_column_letter(number): 12.5 for number in range(2, 12)}, "L": 3}
_YEAR, _RARE, _MOST_USED = "365", "0.000000001", "0.999"  # as in the core: a touch so rare tells no time


def _option(spot: str, strike: str, move: str) -> str:
    """An option's price without rates, a part of formulas; ``move`` is volatility times the root of the years."""
    middle = f"LN({spot}/({strike}))/{move}"
    return f"outward*({spot}*NORMSDIST(outward*({middle}+{move}/2))-({strike})*NORMSDIST(outward*({middle}-{move}/2)))"


def spread_price(spot: str, strike: str, move: str) -> str:
    """What a credit spread sells for without rates, a part of formulas."""
    return f"({_option(spot, strike, move)}-{_option(spot, f'{strike}+outward*width', move)})"


def _rise(spot: str, strike: str, move: str) -> str:
    """How fast that price changes with the strike."""
    inside = [
        f"NORMSDIST(outward*(LN({spot}/({each}))/{move}-{move}/2))" for each in (strike, f"{strike}+outward*width")
    ]
    return f"(outward*({inside[1]}-{inside[0]}))"


def add_strikes(book: Workbook, grid: Grid, footer: str) -> Worksheet:
    """The sheet."""
    what = "Each level opens when the underlying touches the short strike before it; Black-Scholes without rates, one volatility"
    sheet = pages.add_page(book, TITLE, "How far is two or three strikes?", what, _WIDTHS, footer=footer)
    pages.heading(sheet, 4, "For strikes only: nothing else depends on these", len(_HEADINGS))
    notes = [add_input(book, sheet, row, given, (1, 2, 3))[1] for row, given in enumerate(STRIKE_INPUTS, start=5)]
    for row, note in enumerate(notes, start=5):
        _helper(sheet, f"{MOVE}{row}", flag(note))
    flags = f"SUM({MOVE}5:{MOVE}{4 + len(notes)})"
    for row, (name, formula) in enumerate(
        (
            ("strikes_ok", f"=IF(plan_ok,IF({flags}=0,1,0),0)"),
            ("outward", '=IF(side="call",1,-1)'),
            ("strike_apart", "=IF(strikes_ok,IF(strike_step>0,strike_step,width),0)"),
        ),
        start=5 + len(notes),
    ):
        _helper(sheet, f"{MOVE}{row}", formula)
        book.defined_names[name] = DefinedName(name, attr_text=f"'{TITLE}'!${MOVE}${row}")
    one = f"spot*${MOVE}${FIRST}"
    pages.put(sheet, 12, 1, "Deviation left")
    pages.put_formula(sheet, 12, 2, f'=IF(strikes_ok,{one},"{NONE}")', form=_PRICE, align="right")
    about = (
        'IF(strikes_ok,"points: one standard deviation of the move that is left; a neutral roll by "&multiple&" goes about "'
        f'&ROUND({one}*NORMSINV(1-1/(2*multiple)),1)&" points","")'
    )
    pages.put_formula(sheet, 12, 3, f"={about}", size=9, colour=styles.MUTED, indent=1)
    _add_levels(sheet, grid)
    end = _add_distances(sheet, FIRST + grid.most + 4)
    sheet.print_area = f"A1:{HERE}{end}"
    styles.set_page(sheet, footer, one_page=True)
    return sheet


def _helper(sheet: Worksheet, address: str, formula: str, form: str = "General") -> None:
    """A cell beside the page."""
    cell = sheet[address]
    pages.put_formula(sheet, cell.row, cell.column, formula, size=9, colour=styles.MUTED, form=form, align="right")


def _add_levels(sheet: Worksheet, grid: Grid) -> None:
    pages.heading(sheet, FIRST - 2, "Where and when each level would open", len(_HEADINGS))
    wrapped_header(sheet, FIRST - 1, _HEADINGS, right=set(range(1, len(_HEADINGS))))
    for letter, text in ((MOVE, "deviation"), (REST, "days at touch"), (TURN, "Newton's turns")):
        cell = sheet[f"{letter}{FIRST - 1}"]
        pages.put(sheet, cell.row, cell.column, text, size=9, colour=styles.MUTED, align="right")
    for level in range(grid.most + 1):
        _add_level(sheet, grid, level)
    row = FIRST + grid.most + 1
    days, reach = f"{HERE}{FIRST}:{HERE}{FIRST + grid.most}", grid.all("reach", away=True)
    told = f"COUNT({days})=planned+1"
    weighted = "+".join(
        f"IF(planned>={level},INDEX({reach},{level + 1})*N({HERE}{FIRST + level}),0)" for level in range(grid.most + 1)
    )
    text = f'IF({told},"A campaign lasts "&ROUND({weighted},1)&" days on average.","")'
    pages.put_formula(sheet, row, 1, f'=IF(strikes_ok,{text},"")', size=10, colour=styles.ACCENT)


def _add_level(sheet: Worksheet, grid: Grid, level: int) -> None:
    row = FIRST + level
    spot, days, credit, exact, listed, move = (f"{letter}{row}" for letter in (SPOT, DAYS, CREDIT, EXACT, LISTED, MOVE))
    known = f'IF(strikes_ok,IF(planned>={level},{{}},"{NONE}"),"{NONE}")'
    last = _add_turns(sheet, row)
    close = f"ABS({spread_price(spot, last, move)}-{credit})<0.0000001*width"
    found = f'IFERROR(IF({close},{last},"{NOT_FOUND}"),"{NOT_FOUND}")'
    searched = f'IF(ISNUMBER({spot}),{found},"{NOT_FOUND}")'
    if not level:
        searched = f"IF(ISNUMBER(short_strike),short_strike,{searched})"
    steps = f"ROUND({exact}/strike_step,9)"
    toward = f"IF(strike_step>0,strike_step*IF(outward<0,ROUNDUP({steps},0),ROUNDDOWN({steps},0)),{exact})"
    if not level:  # one that is given needs no listing
        toward = f"IF(ISNUMBER(short_strike),{exact},{toward})"
    deviations = f"({DISTANCE}{row}/({spot}*{move}))"
    rest, touched, here = f"{REST}{row}", f"MIN(2*NORMSDIST(-{deviations}),1)", f"{HERE}{row}"
    before = ("spot", "days_left") if not level else (f"{LISTED}{row - 1}", f'IF(roll="out",days_left,{REST}{row - 1})')
    told = f'IF(ISNUMBER({listed}),{{}},"{NONE}")'
    for letter, formula, form in (
        (LEVEL, f"={level}", styles.COUNT),
        (SPOT, f"={known.format(before[0])}", _PRICE),
        (DAYS, f"={known.format(before[1])}", _DAYS),
        (CREDIT, f"={known.format(grid.of('credit', str(level)))}", _PRICE),
        (EXACT, f"={known.format(searched)}", _PRICE),
        (LISTED, f"=IF(ISNUMBER({exact}),{toward},{exact})", _PRICE),
        (DISTANCE, f"={told.format(f'ABS({listed}-{spot})')}", _PRICE),
        (DEVIATIONS, f"={told.format(deviations)}", "0.00"),
        *(
            (letter, f"={told.format(_multiple_at(listed, strikes, rest))}", styles.TIMES)
            for letter, strikes in ((AT_TWO, 2), (AT_THREE, 3))
        ),
        (HERE, f"={told.format(_time_to_touch(deviations, days))}", _DAYS),
    ):
        column = sheet[f"{letter}1"].column
        pages.put_formula(
            sheet, row, column, formula, form=form, align="left" if letter == LEVEL else "right", border=pages.below(),
            bold=letter == LISTED,
        )  # fmt: skip
    _helper(sheet, move, f"=IF(ISNUMBER({days}),volatility*SQRT({days}/{_YEAR}),0)")
    used = f"IF({touched}>{_RARE},MIN(({here}-{days}*(1-{touched}))/{touched},{days}*{_MOST_USED}),0)"
    _helper(sheet, rest, f"={told.format(f'{days}-{used}')}")


def _add_turns(sheet: Worksheet, row: int) -> str:
    """Newton's turns toward the strike that sells for the credit; returns the cell of the last."""
    spot, credit, move = f"{SPOT}{row}", f"{CREDIT}{row}", f"{MOVE}{row}"
    first = sheet[f"{TURN}1"].column
    _helper(
        sheet, f"{TURN}{row}", f"=IFERROR({spot}+outward*({spot}*{move}*NORMSINV(1-{credit}/width)-width/2),0)", _PRICE
    )
    at = f"{TURN}{row}"
    for turn in range(1, TURNS + 1):
        step = f"({spread_price(spot, at, move)}-{credit})/{_rise(spot, at, move)}"
        bounded = f"MAX(-2*{spot}*{move},MIN(2*{spot}*{move},{step}))"
        after = f"{get_column_letter(first + turn)}{row}"
        _helper(sheet, after, f"=IFERROR({at}-{bounded},0)", _PRICE)
        at = after
    return at


def _time_to_touch(deviations: str, days: str) -> str:
    """Expected days until a driftless move touches a distance or the days are over; the distance in deviations of all of them."""
    inside = f"2*NORMSDIST({deviations})-1"
    turn = f"{deviations}*SQRT(2/PI())*EXP(-{deviations}*{deviations}/2)"
    return f"{days}*({inside}+{turn}-2*{deviations}*{deviations}*NORMSDIST(-{deviations}))"


def _multiple_at(touched: str, strikes: int, days: str) -> str:
    """The size multiple that a roll by so many strikes in the same expiry needs when the underlying touches a strike."""
    move = f"(volatility*SQRT({days}/{_YEAR}))"
    away = f"({touched}+outward*{strikes}*strike_apart)"
    return f'IFERROR({spread_price(touched, touched, move)}/{spread_price(touched, away, move)},"{NOT_FOUND}")'


def _add_distances(sheet: Worksheet, row: int) -> int:
    """What a roll by one strike, two, three brings when the first short strike is touched; returns the last row."""
    headings = ("Strikes away", "Short strike", "Spread sells for", "Size x for neutral", "Assailed again, fair")
    title = "When the underlying touches the first short strike: a roll in the same expiry by so many strikes"
    pages.heading(sheet, row, title, len(_HEADINGS))
    wrapped_header(sheet, row + 1, headings, right=set(range(1, len(headings))))
    touched = f"${LISTED}${FIRST}"
    move = f"(volatility*SQRT(${REST}${FIRST}/{_YEAR}))"
    at_touch = f"$C${row + 2}"
    for away in range(_AWAY + 1):
        at = row + 2 + away
        strike, price = f"B{at}", f"C{at}"
        cells = (
            (1, f"={away}", styles.COUNT),
            (2, f'=IF(ISNUMBER({touched}),{touched}+outward*A{at}*strike_apart,"{NONE}")', _PRICE),
            (3, f'=IF(ISNUMBER({strike}),IFERROR({spread_price(touched, strike, move)},"{NONE}"),"{NONE}")', _PRICE),
            (4, f'=IF(ISNUMBER({price}),IFERROR({at_touch}/{price},"{NONE}"),"{NONE}")', styles.TIMES),
            (5, f'=IF(ISNUMBER({price}),IFERROR({price}/{at_touch},"{NONE}"),"{NONE}")', "0.0\\ %"),
        )
        for column, formula, form in cells:
            pages.put_formula(
                sheet, at, column, formula, form=form, align="left" if column == 1 else "right", border=pages.below()
            )
    return row + 2 + _AWAY
