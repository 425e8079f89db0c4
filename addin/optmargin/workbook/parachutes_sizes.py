"""How much to write: Kelly for each number of parachutes by halving, the edge that the plan needs, and the points of the growth chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName

from optmargin.workbook import pages, styles
from optmargin.workbook.parachutes_inputs import wrapped_header
from optmargin.workbook.parachutes_levels import BOUNDLESS, NONE
from optmargin.workbook.parachutes_results import (
    GROWTH,
    PROBABILITY,
    Result,
    edge_terms,
    fair_growth_at,
    growth_at,
    least_outcome,
    mean_of,
    size_of_outcomes,
    slope_at,
)
from optmargin.workbook.parachutes_words import one_in

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from optmargin.workbook.parachutes_levels import Grid

STEPS = 44  # halvings, after which a share is known to 13 digits
POINTS = 48  # of the growth chart
_NOISE = "0.000000000001"  # a mean this small beside what may be won and lost is rounding
UNLIMITED = "no limit"

SIZE_HEADINGS = (
    "Parachutes", "The last one fails", "Full Kelly writes", "that is", "The margin has room for", "that is", "Written", "that is",
    "What binds", "Margin at the last level", "Growth per campaign", "",
)  # fmt: skip


def name_column(book: Workbook, name: str, sheet: str, letter: str, first: int, last: int) -> None:
    """Give a column of figures a name."""
    book.defined_names[name] = DefinedName(name, attr_text=f"'{sheet}'!${letter}${first}:${letter}${last}")


def add_searches(book: Workbook, sheet: Worksheet, grid: Grid, row: int) -> int:
    """Full Kelly of every number of parachutes, and the edges that the plan needs; returns the row after them.

    Growth rises with the share written until its slope is zero; each step halves what is left.
    """
    heading = "Full Kelly by halving, per dollar of net liq; a column for each number of parachutes"
    pages.heading(sheet, row, heading, grid.most + 4)
    labels = ("parachutes", "average", "worst outcome", "to search")
    for offset, label in enumerate(labels, start=1):
        pages.put(sheet, row + offset, 1, label, size=9, colour=styles.MUTED)
    top, found = row + len(labels), row + len(labels) + STEPS
    for parachutes in range(grid.most + 1):
        column = parachutes + 2
        letter = get_column_letter(column)
        number, average, worst, span = (f"{letter}${row + offset}" for offset in range(1, 5))
        usable = f'IF({grid.name("has_odds")},IF({grid.of("good", number)}=1,{{}},"{NONE}"),"{NONE}")'
        pages.put(sheet, row + 1, column, parachutes, form=styles.COUNT, align="right", bold=True)
        _put(sheet, row + 2, column, f"={usable.format(mean_of(grid, number))}")
        _put(sheet, row + 3, column, f"={usable.format(least_outcome(grid, number))}")
        gains = f"{average}>{_NOISE}*({size_of_outcomes(grid, number)})"
        searched = f'IF({gains},IF({worst}<0,-1/{worst},"{UNLIMITED}"),0)'
        _put(sheet, row + 4, column, f"={usable.format(searched)}")
        for step in range(1, STEPS + 1):
            low = f"{letter}{top + step - 1}" if step > 1 else "0"
            share = f"({low}+{span}/2^{step})"
            halved = f"IF({slope_at(grid, share, number)}>0,{share},{low})"
            formula = f"=IF(ISNUMBER({span}),IF({span}>0,{halved},0),{span})"
            _put(sheet, top + step, column, formula)
    _add_edges(book, sheet, grid, row, grid.most + 3, top)
    row_of_found = f"'{sheet.title}'!$B${found}:${get_column_letter(grid.most + 2)}${found}"
    book.defined_names["all_kelly"] = DefinedName("all_kelly", attr_text=row_of_found)
    return found + 1


def _add_edges(book: Workbook, sheet: Worksheet, grid: Grid, row: int, column: int, top: int) -> None:
    """The edge from which the plan grows at all, and that at which it is full Kelly; both by halving from 0 to 1."""
    n = grid.name
    share = n("written_share")
    is_plain = f'AND({n("typed_odds")}=0,{n("gap")}=0,{n("multiple")}>1,{n("reading")}="replace")'
    least = f"MIN(SUMPRODUCT(MIN((all_level<={n('planned')})*all_unit_cash)),{grid.of('unit_stop', n('planned'))})"
    alive = f"IF(1+{share}*{least}>0,{{}},FALSE)"
    for offset, (name, each, label) in enumerate(
        (
            ("edge_to_grow", "LN(1+{y}*{x})", "edge to grow"),
            ("edge_for_kelly", "({x}/(1+{y}*{x}))", "edge of full Kelly"),
        )
    ):
        letter = get_column_letter(column + offset)
        pages.put(sheet, row + 1, column + offset, label, size=9, colour=styles.MUTED, align="right")
        enough = f"{edge_terms(grid, '0.999999999', share, each)}>0"
        searched = f'IF({is_plain},IF({alive.format(enough)},1,"{NONE}"),"{NONE}")'
        _put(sheet, row + 4, column + offset, f'=IF({n("has_odds")},{searched},"{NONE}")')
        span = f"{letter}${row + 4}"
        for step in range(1, STEPS + 1):
            low = f"{letter}{top + step - 1}" if step > 1 else "0"
            edge = f"({low}+1/2^{step})"
            halved = f"IF({edge_terms(grid, edge, share, each)}<0,{edge},{low})"
            _put(sheet, top + step, column + offset, f"=IF(ISNUMBER({span}),{halved},{span})")
        book.defined_names[name] = DefinedName(name, attr_text=f"'{sheet.title}'!${letter}${top + STEPS}")


def _put(sheet: Worksheet, row: int, column: int, formula: str, form: str = "General") -> None:
    pages.put_formula(sheet, row, column, formula, size=9, form=form, align="right")


def add_sizes(book: Workbook, sheet: Worksheet, grid: Grid, row: int) -> int:
    """What Kelly and the margin allow for each number of parachutes, and how fast the account then grows; returns the row after it."""
    n = grid.name
    title = sheet.title
    pages.heading(sheet, row, "How many parachutes, and how much to write", len(SIZE_HEADINGS))
    wrapped_header(sheet, row + 1, SIZE_HEADINGS, right=set(range(1, len(SIZE_HEADINGS) - 1)))
    first, last = row + 2, row + 2 + grid.most
    for parachutes in range(grid.most + 1):
        at = first + parachutes
        number, kelly, room, written, growth = (f"${letter}{at}" for letter in "ACEGK")
        searched = f"INDEX(all_kelly,1,{number}+1)"
        known = f"ISNUMBER({grid.of('room', number)})"
        roomy = f'IF({grid.of("room", number)}<{BOUNDLESS},{grid.of("room", number)},"{UNLIMITED}")'
        asked = f"IF(ISTEXT({kelly}),{room},{kelly}*{n('kelly_multiple')})"
        cells = (
            (2, f'=IF({n("has_odds")},IF({grid.of("good", number)}=1,{grid.of("reach", number)}*{grid.of("assailed", number)},"{NONE}"),"{NONE}")', PROBABILITY),
            (3, f"={searched}", PROBABILITY),
            (4, _as_part(kelly), "General"),
            (5, f'=IF({n("has_odds")},IF({known},{roomy},"{NONE}"),"{NONE}")', PROBABILITY),
            (6, _as_part(room), "General"),
            (7, f'=IF({kelly}="{NONE}","{NONE}",IF(ISTEXT({room}),{asked},MIN({room},{asked})))', PROBABILITY),
            (8, _as_part(written), "General"),
            (9, f'=IF({kelly}="{NONE}","{NONE}",IF(ISTEXT({kelly}),"the margin",IF({kelly}=0,"no edge",IF({written}<{kelly}*{n("kelly_multiple")},"the margin","Kelly"))))', "General"),
            (10, f'=IF(ISNUMBER({written}),{written}*{grid.of("standing", number)}/{n("slots")},"{NONE}")', "0.0\\ %"),
            (11, f'=IF(ISNUMBER({written}),{growth_at(grid, written, number)},"{NONE}")', GROWTH),
            (12, f'=IF(ISNUMBER({growth}),IF(AND({growth}>0,{growth}=MAX($K${first}:$K${last})),"grows most",""),"")', "General"),
        )  # fmt: skip
        pages.put(sheet, at, 1, parachutes, form=styles.COUNT, border=pages.below())
        for column, formula, form in cells:
            left = column == len(SIZE_HEADINGS)
            pages.put_formula(
                sheet, at, column, formula, form=form, align="left" if left else "right", border=pages.below(), bold=left,
                colour=styles.GOOD if left else styles.INK,
            )  # fmt: skip
    for name, letter in (("all_sizes", "G"), ("all_growth", "K")):
        name_column(book, name, title, letter, first, last)
    name_column(book, "all_room", title, "E", first, last)
    name_column(book, "all_binds", title, "I", first, last)
    return last + 1


def _as_part(share: str) -> str:
    return f'=IF(ISNUMBER({share}),IF({share}>0,{one_in(share)},"nothing"),{share})'


def size_results(grid: Grid) -> tuple[Result, ...]:
    """What the searches come to for the plan, and for the number of parachutes with which the account grows most."""
    n = grid.name
    planned = f"{n('planned')}+1"
    most = "MAX(all_growth)"
    found = f'IF(COUNT(all_growth)>0,IF({most}>0,MATCH({most},all_growth,0)-1,"{NONE}"),"{NONE}")'

    def odds(text: str) -> str:
        return f'=IF({n("has_odds")},{text},"{NONE}")'

    return (
        Result("kelly", "Full Kelly of the plan, as a share of the account", odds(f"INDEX(all_kelly,1,{planned})"), PROBABILITY),
        Result("room", "Share that the margin has room for", odds(f"INDEX(all_room,{planned})"), PROBABILITY),
        Result("binds", "What binds", odds(f"INDEX(all_binds,{planned})")),
        Result("best", "Parachutes with which the account grows most", odds(found), styles.COUNT),
        Result("best_written", "Share to write then", f'=IF(ISNUMBER({n("best")}),INDEX(all_sizes,{n("best")}+1),"{NONE}")', PROBABILITY),
    )  # fmt: skip


def add_points(sheet: Worksheet, grid: Grid, row: int) -> int:
    """The growth chart's points: growth against the share written, at the odds of the plan and at fair prices; returns the row after.

    The marks are the rule of thumb's 1/32, the plan, and full, half and twice Kelly; one that lies outside the picture stands at its end, and
    its legend says so.
    """
    n = grid.name
    planned = n("planned")
    pages.heading(sheet, row, "Growth against the share written", 8)
    for column, text in enumerate(
        ("Share", "At these odds", "At fair prices", "Mark", "Share", "Growth", "Legend"), start=1
    ):
        pages.put(
            sheet, row + 1, column, text, size=9, colour=styles.MUTED, align="right" if column not in (4, 7) else "left"
        )
    first = row + 2
    most = f"$A${first + POINTS}"
    bound = least_outcome(grid, planned)
    wide = f"MAX(1.3*{n('written_share')},1.3/32,IF(ISNUMBER({n('kelly')}),2.15*{n('kelly')},0))"
    fair = grid.of("unit_stop", planned)
    for point in range(POINTS + 1):
        at = first + point
        share = f"$A{at}"
        if point == POINTS:
            least = f"MIN({bound},{fair})"
            text = f"=IF({n('has_odds')},IF({least}<0,MIN(0.96/-({least}),{wide}),{wide}),0)"
        else:
            text = f"={most}*{point}/{POINTS}"
        _put(sheet, at, 1, text, PROBABILITY)
        _put(sheet, at, 2, f"=IF({n('has_odds')},{growth_at(grid, share, planned)},0)", GROWTH)
        _put(sheet, at, 3, f"=IF({n('has_odds')},{fair_growth_at(grid, share, planned)},0)", GROWTH)
    _add_marks(sheet, grid, first, most)
    return first + POINTS + 1


MARKS = ("seed", "seed_end", "plan", "half", "full", "twice")


def _add_marks(sheet: Worksheet, grid: Grid, first: int, most: str) -> None:
    n = grid.name
    kelly = n("kelly")
    end = first + POINTS
    marks = {
        "seed": ("1/32", "1/32 of the account"),
        "seed_end": ("1/32", ""),
        "plan": (n("written_share"), "the plan"),
        "half": (f"{kelly}/2", "half Kelly"),
        "full": (kelly, "full Kelly"),
        "twice": (f"{kelly}*2", "twice Kelly"),
    }
    for offset, (mark, (share, label)) in enumerate(marks.items()):
        at = first + offset
        x = f"E{at}"
        pages.put(sheet, at, 4, mark, size=9, colour=styles.MUTED)
        outside = f"{share}>{most}"
        if mark.startswith("seed"):
            _put(sheet, at, 5, f"=IF({n('has_odds')},MIN(1/32,{most}),0)", PROBABILITY)
            ends = "MIN" if mark == "seed" else "MAX"
            _put(sheet, at, 6, f"={ends}($B${first}:$C${end})", GROWTH)
            legend = f'IF({outside},"1/32: beyond the picture","{label}")'
        else:
            known = f"IF({n('has_odds')},ISNUMBER({share if mark == 'plan' else kelly}),FALSE)"
            _put(sheet, at, 5, f"=IF({known},MIN({share},{most}),0)", PROBABILITY)
            _put(sheet, at, 6, f"=IF({n('has_odds')},{growth_at(grid, x, n('planned'))},0)", GROWTH)
            told = f'IF({share}>0,{one_in(f"({share})")},"nothing")'
            legend = f'"{label}: "&IF({known},{told}&IF({outside},", beyond the picture",""),"{NONE}")'
        if label:
            pages.put_formula(sheet, at, 7, f"={legend}", size=9)
