"""The live formulas of a campaign of parachutes, level by level: what stands, what it costs, what it needs, how it may end.

The arithmetic is that of :mod:`optmargin.sizing.parachutes`. Both the workbook that a trader fills in and the report's sheet are made of these
formulas; they differ in what may be chosen, and in where the margin comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from openpyxl.utils import get_column_letter

NONE = "–"  # where there is no figure; a blank would be a zero to some programs
FINE = "ok"
_NONE = f'"{NONE}"'
_ZERO = frozenset({"fit", "fair", "reach", "reach_fair", "win"})  # what sums go over
BOUNDLESS = "1E+300"  # stands for no limit
LOST = "-1E+300"  # stands for the logarithm of nothing

# Every figure of a level, in the order of their columns; the first are known once the inputs make sense, the others once the level does.
FIGURES = (
    "level", "size", "opened", "closed", "standing", "buyback", "credit", "assailed", "check", "good", "fair", "fees", "needed", "cash", "margin",
    "initial", "stop", "worst", "net_liq", "excess", "cushion", "fit", "reach", "reach_fair", "win", "ends", "expected", "stake", "log_stop",
    "log_cash", "log_worst", "go_on", "at_best", "deploy", "next", "unit_cash", "unit_worst", "unit_stop", "room",
)  # fmt: skip

HEADINGS = {
    "level": "Level", "size": "Size", "opened": "Slots opened", "closed": "Slots closed", "standing": "Slots that stand", "buyback": "Buy-back",
    "credit": "Credit", "assailed": "Assailed", "check": "Check", "good": "Usable", "fair": "Assailed, fair", "fees": "Fees",
    "needed": "Credit needed", "cash": "Cash", "margin": "Margin", "initial": "Initial margin", "stop": "Stopped out", "worst": "At worst",
    "net_liq": "Net liq when it opens", "excess": "Excess", "cushion": "Cushion", "fit": "Fits so far", "reach": "Gets here",
    "reach_fair": "Gets here, fair", "win": "Ends here, won", "ends": "Ends here", "expected": "Expected", "stake": "At stake",
    "log_stop": "ln, stopped", "log_cash": "ln, won", "log_worst": "ln, gap", "go_on": "ln, going on", "at_best": "ln, at best",
    "deploy": "Deploy next", "next": "The next one", "unit_cash": "Won per $ written", "unit_worst": "Worst per $ written", "unit_stop": "Stopped per $ written",
    "room": "Share there is room for",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the levels stand: one row for each, one column for each figure.

    Attributes:
        sheet: the title of their sheet.
        first: the row of level 0.
        most: the last level.
        left: the number of the first figure's column.
        prefix: before the names of inputs and results.
        figures: the columns; an empty one is left out.
        choices: whether reading, roll, other side, debit and gap may be chosen; else parachutes replace, in the same expiry.
        own: where a person may overwrite credit, buy-back and odds of a level: given the figure and the level, a reference.
        has_names: whether each column of figures has a name of its own, which makes long formulas short.
    """

    sheet: str
    first: int
    most: int
    left: int = 1
    prefix: str = ""
    figures: tuple[str, ...] = FIGURES
    choices: bool = True
    own: Callable[[str, int], str] | None = None
    has_names: bool = False

    def name(self, word: str) -> str:
        """How a formula calls an input or a result."""
        return f"{self.prefix}{word}"

    def letter(self, figure: str) -> str:
        """The column of a figure."""
        return get_column_letter(self.left + self.figures.index(figure))

    def at(self, figure: str, level: int) -> str:
        """A cell, for formulas of the same sheet."""
        return f"{self.letter(figure)}{self.first + level}"

    def all(self, figure: str, *, away: bool = False) -> str:
        """The column of a figure, from level 0 to the last; ``away`` for formulas of other sheets."""
        if away and self.has_names:
            return f"all_{figure}"
        letter = self.letter(figure)
        area = f"${letter}${self.first}:${letter}${self.first + self.most}"
        return f"'{self.sheet}'!{area}" if away else area

    def of(self, figure: str, level: str) -> str:
        """The figure of a level that a formula says, for formulas of any sheet."""
        return f"INDEX({self.all(figure, away=True)},{level}+1)"


def level_formulas(grid: Grid, margin: Callable[[int, str], tuple[str, str]]) -> Iterator[tuple[str, int, str]]:
    """Figure, level and formula of every cell.

    Args:
        grid: where they stand.
        margin: given a level and the cell of its slots, the account's maintenance and initial margin as parts of formulas.
    """
    for level in range(grid.most + 1):
        row = _row(grid, level, margin)
        for figure in grid.figures:
            if figure:
                yield figure, level, row[figure]


def _row(grid: Grid, level: int, margin: Callable[[int, str], tuple[str, str]]) -> dict[str, str]:
    n = grid.name

    def here(figure: str) -> str:
        return grid.at(figure, level)

    def before(figure: str) -> str:
        return grid.at(figure, level - 1)

    replaces = f'{n("reading")}="replace"'
    required, initial = margin(level, here("standing"))
    worth = f"{n('equity')}+{here('cash')}"
    tolerance = f"0.000000001*(ABS({worth})+{here('margin')})"
    fits = f"(1-{n('keep_cushion')})*({worth})-{here('margin')}>=-{tolerance},{worth}-{here('initial')}>=-{tolerance}"
    gap = n("gap") if grid.choices else "0"
    usable = {
        "fees": f"{n('fee')}*2*({here('closed')}+{here('opened')})",
        "needed": f"{here('fees')}/{n('multiplier')}/{here('opened')}",
        "cash": f"{n('multiplier')}*{here('opened')}*{here('credit')}-{here('fees')}",
        "net_liq": f"{n('start')}-{here('fees')}",
        "reach": "1",
        "reach_fair": "1",
        "fit": f"IF(AND({fits}),1,0)",
        "fair": f"{here('credit')}/{here('buyback')}",
        "margin": required,
        "initial": initial,
        "excess": f"{worth}-{here('margin')}",
        "cushion": f'IF({here("net_liq")}>0,{here("excess")}/{here("net_liq")},"{NONE}")',
        "stop": f"{here('cash')}-{n('multiplier')}*({here('opened')}*{here('buyback')}{_older(grid, level)})",
        "worst": f"{here('cash')}-{here('standing')}*{n('width')}*{n('multiplier')}",
        "win": f"{here('reach')}*(1-{here('assailed')}-{gap})",
        "stake": f'IF({n("start")}+{here("cash")}>0,({here("cash")}-{here("stop")})/({n("start")}+{here("cash")}),"{NONE}")',
        **{f"log_{each}": _log(here(each), n("start")) for each in ("stop", "cash", "worst")},
    }
    if level:
        paid = f"{here('closed')}*{before('buyback')}"
        usable |= {
            "needed": f"({paid}+{here('fees')}/{n('multiplier')})/{here('opened')}",
            "cash": f"{before('cash')}+{n('multiplier')}*({here('opened')}*{here('credit')}-{paid})-{here('fees')}",
            "net_liq": f"{n('start')}+{before('stop')}-{here('fees')}",
            "reach": f"{before('reach')}*{before('assailed')}",
            "reach_fair": f"{before('reach_fair')}*{before('fair')}",
            "fit": f"IF(AND({before('fit')}=1,{fits}),1,0)",
        }
    elif not grid.choices:
        # A position that is held has paid its fees.
        usable["fees"] = f"IF({n('held')},0,{usable['fees']})"
    formulas = {
        figure: f"=IF({here('good')}=1,{text},{0 if figure in _ZERO else _NONE})" for figure, text in usable.items()
    }
    known = {
        "size": f"ROUNDUP(ROUND({n('slots')}*{n('multiple')}^{level},6),0)",
        "opened": here("size"),
        "closed": "0",
        "standing": here("size"),
        "buyback": n("buyback"),
        "credit": n("credit"),
    }
    if level:
        known["closed"] = f"IF({replaces},{before('size')},0)" if grid.choices else before("size")
        debit = f"-{here('closed')}*{n('roll_debit')}" if grid.choices else ""
        rolled = f"({here('closed')}*{before('buyback')}{debit})/{here('opened')}"
        known["credit"] = f"IF({replaces},{rolled},{n('credit')})" if grid.choices else rolled
        if grid.choices:
            known["opened"] = f'IF({n("reading")}="double",{here("size")}-{before("size")},{here("size")})'
            known["standing"] = f'IF({n("reading")}="accumulate",{before("standing")}+{here("opened")},{here("size")})'
    odds = f"(1-{n('edge')})*{here('credit')}/{here('buyback')}"
    known["assailed"] = f'IF({here("buyback")}>0,{odds},"{NONE}")'
    if grid.own is not None:
        for figure in ("credit", "buyback", "assailed"):
            typed = grid.own(figure, level)
            known[figure] = f"IF(ISNUMBER({typed}),{typed},{known[figure]})"
    formulas |= {figure: f'=IF({n("inputs_ok")},{text},"{NONE}")' for figure, text in known.items()}
    formulas["check"] = f'=IF({n("inputs_ok")},{_check(grid, level, gap)},"{NONE}")'
    good = f'{here("check")}="{FINE}"' if not level else f'AND({before("good")}=1,{here("check")}="{FINE}")'
    formulas["level"] = f"={level}"
    formulas["good"] = f"=IF({n('inputs_ok')},IF({good},1,0),0)"
    return formulas | _odds(grid, level, gap) | _units(grid, level)


def _older(grid: Grid, level: int) -> str:
    """What older sets cost that were left standing: they have been passed, so at most their width."""
    if not grid.choices or not level:
        return ""
    older = f"({grid.at('standing', level)}-{grid.at('opened', level)})*{grid.name('width')}"
    return f'+IF({grid.name("reading")}="replace",0,{older})'


def _log(amount: str, start: str) -> str:
    return f"IF({amount}/{start}>-1,LN(1+{amount}/{start}),{LOST})"


def _check(grid: Grid, level: int, gap: str) -> str:
    """What is wrong with a level's prices and odds, in words."""
    credit, buyback, odds = (grid.at(figure, level) for figure in ("credit", "buyback", "assailed"))
    checks = [
        (f"{grid.at('opened', level)}<=0", "no whole slot is added: a larger size multiple"),
        (f"{credit}<0", "the credit is below zero: a smaller debit of the roll, or a higher buy-back"),
        (f"{buyback}>{grid.name('width')}", "the buy-back is more than the width; a spread can't cost more"),
        (f"{credit}>={buyback}", "the credit is at or above the buy-back: it would be assailed at once"),
        (
            f"OR({odds}<0,{odds}>1,{odds}+{gap}>1)",
            "the odds of being assailed, and these and those of a gap together, must lie between 0 and 100 %",
        ),
    ]
    if grid.own is not None:
        typed = [grid.own(figure, level) for figure in ("credit", "buyback", "assailed")]
        texts = ",".join(f"ISTEXT({each})" for each in typed)
        checks.insert(0, (f"OR({texts})", "what is typed over its credit, buy-back or odds isn't a number"))
    text = f'"{FINE}"'
    for condition, problem in reversed(checks):
        text = f'IF({condition},"Level {level}: {problem}",{text})'
    return text


def _odds(grid: Grid, level: int, gap: str) -> dict[str, str]:
    """Where the campaign ends, and whether the next parachute is worth deploying: backward from the last level that fits."""
    n = grid.name

    def here(figure: str) -> str:
        return grid.at(figure, level)

    def after(figure: str) -> str:
        return grid.at(figure, level + 1)

    lost = f"{here('reach')}*{here('assailed')}"
    gone = f"{here('reach')}*{gap}*{here('worst')}+" if grid.choices else ""
    is_last, planned = f"{n('planned')}={level}", f"{n('planned')}>={level}"
    ends = f"{here('reach')}-IF({is_last},0,{lost})"
    expected = f"{here('win')}*{here('cash')}+{gone}IF({is_last},{lost}*{here('stop')},0)"
    told = f'IF({here("deploy")}=1,"deploy","stop")'
    after_last = f'IF({n("last_level")}={level},IF({n("planned")}>{level},"none fits","the last"),"{NONE}")'
    formulas = {
        "next": f'=IF({n("has_odds")},IF({n("last_level")}>{level},{told},{after_last}),"{NONE}")',
        "ends": f'=IF({n("has_odds")},IF({planned},{ends},"{NONE}"),"{NONE}")',
        "expected": f'=IF({n("has_odds")},IF({planned},{expected},"{NONE}"),"{NONE}")',
        "go_on": f'="{NONE}"',
        "at_best": f'=IF({n("has_odds")},IF({here("good")}=1,{here("log_stop")},"{NONE}"),"{NONE}")',
        "deploy": "=0",
    }
    if level < grid.most:
        jump = f"+{gap}*{after('log_worst')}" if grid.choices else ""
        go_on = f"(1-{after('assailed')}-{gap})*{after('log_cash')}{jump}+{after('assailed')}*{after('at_best')}"
        inside = f"{n('last_level')}>{level}"
        formulas["go_on"] = f'=IF({n("has_odds")},IF({inside},{go_on},"{NONE}"),"{NONE}")'
        at_best = f"IF({inside},MAX({here('log_stop')},{here('go_on')}),{here('log_stop')})"
        formulas["at_best"] = f'=IF({n("has_odds")},IF({here("good")}=1,{at_best},"{NONE}"),"{NONE}")'
        helps = f"IF(AND({here('go_on')}>={here('log_stop')},{here('go_on')}>-1E+200),1,0)"
        formulas["deploy"] = f"=IF({n('has_odds')},IF({inside},{helps},0),0)"
    return formulas


def _units(grid: Grid, level: int) -> dict[str, str]:
    """P&L per dollar of margin that is written at first, zero where the level isn't usable; and the share that the margin has room for."""
    if "room" not in grid.figures:
        return {}
    n = grid.name
    slot = f"{n('width')}*{n('multiplier')}"
    written = f"({n('slots')}*{slot})"
    good = f"{grid.at('good', level)}=1"
    standing = f"{grid.at('standing', level)}*{slot}"
    kept = f"(1-{n('keep_cushion')})"
    needed = f"({standing}-{kept}*{grid.at('cash', level)})"
    free = f"MAX({kept}*{n('equity')}-{grid.at('margin', level)}+{standing},0)"
    room = f"IF({needed}>0,{free}/{n('start')}*{written}/{needed},{BOUNDLESS})"
    if level:
        room = f"MIN({grid.at('room', level - 1)},{room})"
    return {
        **{f"unit_{each}": f"=IF({good},{grid.at(each, level)}/{written},0)" for each in ("cash", "worst", "stop")},
        "room": f"=IF({good},{room},{_NONE})",
    }
