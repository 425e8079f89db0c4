"""The report's sheet of parachutes: the account's own position, level by level, live, with the margin engine's margins."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table, TableStyleInfo

from optmargin.workbook import native, pages, styles
from optmargin.workbook.layout import NOT_GIVEN, PARACHUTE_PREFIX, PARACHUTES, footer
from optmargin.workbook.parachutes_charts import equity_chart, place
from optmargin.workbook.parachutes_inputs import LARGEST, SHARE, SHORT, Input, add_input, flag, wrapped_header
from optmargin.workbook.parachutes_levels import FIGURES, HEADINGS, NONE, Grid, level_formulas
from optmargin.workbook.parachutes_results import FINE_WORDS, PROBABILITY, results
from optmargin.workbook.parachutes_words import sentences
from optmargin.workbook.sheet_tables import add_heading

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.styles.cell_style import StyleArray
    from openpyxl.worksheet.worksheet import Worksheet

TITLE = "Parachutes"
MOST = 8  # the last level; as far as the report asks the margin engine
FIRST = 22  # row of level 0
_WHOLE = "#,##0_);[Red]\\(#,##0\\)"
_YES = '[=1]"yes";[=0]"NO";General'
_PRICE = "#,##0.00##"
_ODDS = "0.0#\\ %"
_GREY = "9AA5B1"

# figure, heading, number format, width: what is seen; the rest stands beside the page.
_SEEN = (
    ("level", "Level", styles.COUNT, 12), ("standing", "Slots", styles.COUNT, 9), ("needed", "Credit needed", _PRICE, 9.5),
    ("credit", "Credit", _PRICE, 9), ("fees", "Fees", styles.MONEY, 10), ("cash", "Cash", styles.MONEY, 12),
    ("margin", "Margin of the account", _WHOLE, 13), ("excess", "Excess liquidity", _WHOLE, 13), ("cushion", "Cushion", styles.PERCENT, 9),
    ("fit", "Fits", _YES, 6.5), ("stop", "Bought out", _WHOLE, 12), ("worst", "At worst", _WHOLE, 12), ("assailed", "Assailed", _ODDS, 9.5),
    ("reach", "Gets here", PROBABILITY, 10), ("ends", "Ends here", PROBABILITY, 10), ("expected", "Expected", styles.MONEY, 12),
    ("next", "The next one", "General", 12),
)  # fmt: skip
_UNUSED = frozenset({"log_worst", "stake", "unit_cash", "unit_worst", "unit_stop", "room"})
_HELPERS = tuple(figure for figure in FIGURES if figure not in _UNUSED and figure not in {seen[0] for seen in _SEEN})
_EXTRA = ("left_stop", "left_worst")
_TABLE_COLUMN = len(_SEEN) + 2
_HELPER_COLUMN = _TABLE_COLUMN + len(PARACHUTES.columns) + 1
_LAST = get_column_letter(len(_SEEN))
_INPUTS, _WORDS_COLUMN = 7, 9
_RESULTS = FIRST + MOST + 3
_CHART_ROWS = 17


def _column(figure: str) -> int:
    """The number of the column in which a figure is seen."""
    return [seen[0] for seen in _SEEN].index(figure) + 1


class _Quiet:
    """The looks of what stands beside the page, each made once: a firm writes this sheet a hundred thousand times."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, bool], StyleArray | None] = {}

    def of(self, sheet: Worksheet, form: str = "General", *, right: bool = False) -> StyleArray | None:
        """The look of a number format, set left or right."""
        if (form, right) not in self._made:
            cell = native.new_cell(sheet, 1, 1, None)
            styles.dress(cell, styles.font(9, styles.MUTED), form=form, align="right" if right else "left")
            self._made[form, right] = native.look(cell)
        return self._made[form, right]


def grid() -> Grid:
    """Where the levels stand: what is seen first, what it is made of beside the page."""
    gap = ("",) * (_HELPER_COLUMN - len(_SEEN) - 1)
    return Grid(
        TITLE,
        FIRST,
        MOST,
        prefix=PARACHUTE_PREFIX,
        choices=False,
        figures=(*(seen[0] for seen in _SEEN), *gap, *_HELPERS),
    )


def _bounds(least: str, most: float = LARGEST) -> str:
    return f"OR({{x}}{least},{{x}}>{most:.0f})"


def _whole(least: int, most: int) -> str:
    return f"OR({{x}}<{least},{{x}}>{most},{{x}}<>INT({{x}}))"


_GIVEN = (
    Input("slots", "Slots", NOT_GIVEN, styles.COUNT, "of the first position", _whole(1, 10**6), "a whole number, 1 or more"),
    Input("width", "Width of a spread", NOT_GIVEN, SHORT, "USD per share between its strikes", _bounds("<=0", 1e5), "a number above 0"),
    Input("multiplier", "Shares per contract", NOT_GIVEN, styles.COUNT, "100 for SPX", _bounds("<=0", 1e5), "a number above 0"),
    Input("credit", "Credit", NOT_GIVEN, SHORT, "USD per share; of a spread that is held its mark", _bounds("<0", 1e5), "0 or more"),
    Input("buyback", "Buy-back", NOT_GIVEN, SHORT, "USD per share, of a spread that is assailed", _bounds("<=0", 1e5), "a number above 0"),
)  # fmt: skip
_CHOSEN = (
    Input("planned", "Parachutes planned", 5, styles.COUNT, f"0 to {MOST}", _whole(0, MOST), f"a whole number, 0 to {MOST}"),
    Input("multiple", "Size multiple", 2, SHORT, "2 doubles the slots each time", "OR({x}<1,{x}>10)", "1 to 10"),
    Input("fee", "Fee per leg and contract", 0, SHORT, "USD", "OR({x}<0,{x}>1000)", "0 or more"),
    Input("edge", "Edge", 0, SHARE, "how much less often a level is assailed than its price says", "OR({x}<-1,{x}>1)", "-100 % to 100 %"),
    Input("keep_cushion", "Cushion to keep", 0, SHARE, "excess liquidity as a share", "OR({x}<0,{x}>=1)", "0 % or more and below 100 %"),
)  # fmt: skip
# What filling writes and nobody types: name, label, number format.
_WRITTEN = (
    ("mark", "Mark of the held spread", _PRICE), ("held_slots", "Slots held", styles.COUNT),
    ("held_value", "What they are worth", styles.MONEY), ("asked_slot", "Width times shares as asked", styles.MONEY),
    ("other_margin", "Margin of everything else", styles.MONEY), ("other_initial", "Initial margin of everything else", styles.MONEY),
)  # fmt: skip


def add_parachutes(book: Workbook) -> None:
    """The sheet, unfilled."""
    sheet = book.create_sheet(TITLE)
    add_heading(
        sheet, TITLE, "What buying out, moving away and doubling would do to this account; yellow cells may be overwritten, and all of it follows"
    )  # fmt: skip
    for number, seen in enumerate(_SEEN, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = seen[3]
    levels = grid()
    _add_about(book, sheet)
    flags = _add_inputs(book, sheet)
    _add_words(sheet, levels)
    quiet = _Quiet()
    _add_levels(sheet, quiet)
    _add_table(sheet, quiet)
    _add_results(book, sheet, levels, flags, quiet)
    _add_looks(sheet)
    left = [get_column_letter(_HELPER_COLUMN + len(_HELPERS) + offset) for offset in range(len(_EXTRA))]
    bars = (f"'{TITLE}'!${letter}${FIRST}:${letter}${FIRST + MOST}" for letter in ("A", *left))
    place(equity_chart(*bars), sheet, (0, FIRST + MOST + 1, len(_SEEN), FIRST + MOST + 1 + _CHART_ROWS))
    sheet.print_area = f"A1:{_LAST}{FIRST + MOST + _CHART_ROWS + 2}"
    styles.set_page(sheet, footer("", "-"), one_page=True)
    sheet.freeze_panes = "A4"


def _name(book: Workbook, name: str, column: int, row: int) -> None:
    name = f"{PARACHUTE_PREFIX}{name}"
    book.defined_names[name] = DefinedName(name, attr_text=f"'{TITLE}'!${get_column_letter(column)}${row}")


def _add_about(book: Workbook, sheet: Worksheet) -> None:
    """From which position the schedule starts and by which assumptions, and whether the yellow cells make sense."""
    pages.put(sheet, 4, 1, None, size=10, wrap=True)
    _name(book, "words", 1, 4)
    sheet.merge_cells(f"A4:{_LAST}4")
    sheet.row_dimensions[4].height = 45
    pages.put_formula(sheet, 5, 1, _problem(), size=9, colour=styles.MUTED, italic=True)
    _name(book, "problem", 1, 5)
    loud = Rule(
        "expression", formula=[f'AND($A$5<>"{FINE_WORDS}",$A$5<>"{NONE}")'], dxf=styles.differential(styles.WHITE, styles.BAD, bold=True)
    )  # fmt: skip
    sheet.conditional_formatting.add(f"A5:{_LAST}5", loud)


def _problem() -> str:
    levels = grid()
    n = levels.name
    flags = f"${get_column_letter(_HELPER_COLUMN)}${_INPUTS}:${get_column_letter(_HELPER_COLUMN)}${_INPUTS + 9}"
    bad = f"INDEX({levels.all('check')},MATCH(0,{levels.all('good')},0))"
    wrong = f"INDEX($D${_INPUTS}:$D${_INPUTS + 9},MATCH(1,{flags},0))"
    given = f'IF({n("slots")}="{NOT_GIVEN}","{NONE}",{wrong})'
    no_net_liq = f'IF(SUM({flags})=0,"Net liq or equity with loan value is missing, see Inputs.",{given})'
    return f'=IF({n("plan_ok")},"{FINE_WORDS}",IF({n("inputs_ok")},{bad},{no_net_liq}))'


def _add_inputs(book: Workbook, sheet: Worksheet) -> str:
    """The yellow cells; returns the range of their flags."""
    pages.heading(sheet, _INPUTS - 1, "Yours to change", 7)
    for row, given in enumerate((*_GIVEN, *_CHOSEN), start=_INPUTS):
        note = add_input(book, sheet, row, given, (1, 3, 4), PARACHUTE_PREFIX)[1]
        if given in _GIVEN:  # what no report has filled in isn't wrong
            cell = sheet[note]
            name = f"{PARACHUTE_PREFIX}{given.name}"
            cell.value = f'=IF({name}="{NOT_GIVEN}","{given.note}",{str(cell.value)[1:]})'
        pages.put_formula(
            sheet,
            row,
            _HELPER_COLUMN,
            flag(note) if given in _CHOSEN else _flag_given(given, note),
            size=9,
            colour=styles.MUTED,
        )
    letter = get_column_letter(_HELPER_COLUMN)
    return f"${letter}${_INPUTS}:${letter}${_INPUTS + len(_GIVEN) + len(_CHOSEN) - 1}"


def _flag_given(given: Input, note: str) -> str:
    return f'=IF({PARACHUTE_PREFIX}{given.name}="{NOT_GIVEN}",1,{flag(note)[1:]})'


def _add_words(sheet: Worksheet, levels: Grid) -> None:
    rule = Border(bottom=styles.line(styles.ACCENT))
    for column in range(_WORDS_COLUMN, len(_SEEN) + 1):
        title = "What it means for this account" if column == _WORDS_COLUMN else None
        pages.put(sheet, _INPUTS - 1, column, title, size=12, colour=styles.ACCENT, bold=True, border=rule)
    unseen = styles.differential(styles.WHITE)
    for offset, formula in enumerate(sentences(levels).values()):
        row = _INPUTS + 2 * offset
        cell = pages.put_formula(sheet, row, _WORDS_COLUMN, formula, wrap=True)
        sheet.merge_cells(start_row=row, end_row=row + 1, start_column=_WORDS_COLUMN, end_column=len(_SEEN))
        quiet = Rule("expression", formula=[f'{cell.coordinate}="{NONE}"'], dxf=unseen)
        sheet.conditional_formatting.add(cell.coordinate, quiet)


@cache
def _formulas() -> tuple[tuple[str, int, int, str], ...]:
    """Figure, row, column and formula of every cell of the levels; the same in every report."""
    levels = grid()
    n = levels.name
    slot = f"{n('width')}*{n('multiplier')}"

    def margin(level: int, slots: str) -> tuple[str, str]:
        known = f"COUNTIFS(Parachutes[Level],{level},Parachutes[Slots],{slots})=1"
        asked = f"IF({slot}={n('asked_slot')},{known},FALSE)"
        return tuple(  # type: ignore[return-value]
            f"IF({asked},SUMIFS(Parachutes[{heading}],Parachutes[Level],{level}),{n(rest)}+{slots}*{slot})"
            for heading, rest in (("Margin", "other_margin"), ("Initial margin", "other_initial"))
        )

    found = []
    for figure, level, formula in level_formulas(levels, margin):
        found.append((figure, FIRST + level, levels.left + levels.figures.index(figure), formula))
    for level in range(MOST + 1):
        for offset, of in enumerate(("stop", "worst")):
            planned = f"IF({n('planned')}>={level},{n('start')}+{levels.at(of, level)},0)"
            formula = f"=IF({n('plan_ok')},{planned},0)"
            found.append((f"left_{of}", FIRST + level, _HELPER_COLUMN + len(_HELPERS) + offset, formula))
    return tuple(found)


def _add_levels(sheet: Worksheet, quiet: _Quiet) -> None:
    pages.heading(sheet, FIRST - 3, "Level by level, USD", len(_SEEN))
    wrapped_header(sheet, FIRST - 1, [seen[1] for seen in _SEEN], right=set(range(1, len(_SEEN))))
    sheet.row_dimensions[FIRST - 2].height = 4
    for offset, figure in enumerate((*_HELPERS, "bought out", "at worst")):
        heading = HEADINGS.get(figure, figure)
        native.put(sheet, FIRST - 1, _HELPER_COLUMN + offset, quiet.of(sheet, right=True), heading, "s")
    forms = {seen[0]: seen[2] for seen in _SEEN}
    looks = {}
    for figure, row, column, formula in _formulas():
        if figure not in forms:
            native.put(sheet, row, column, quiet.of(sheet, right=figure != "check"), formula, "f")
            continue
        if figure not in looks:  # a look is made once, and given to the other levels
            made = pages.put_formula(
                sheet, row, column, formula, form=forms[figure], align="left" if figure == "level" else "right", border=pages.below(),
                bold=figure in ("stop", "worst"),
            )  # fmt: skip
            looks[figure] = native.look(made)
        native.put(sheet, row, column, looks[figure], formula, "f")


def _add_table(sheet: Worksheet, quiet: _Quiet) -> None:
    """What the margin engine was asked, beside the page; always as long as the levels, so that nothing moves."""
    words = [column.heading for column in PARACHUTES.columns]
    forms = (styles.COUNT, styles.COUNT, styles.MONEY, styles.MONEY)
    pages.put(sheet, FIRST - 2, _TABLE_COLUMN, "The margin engine's answers", size=9, colour=styles.MUTED)
    for offset, (column, form) in enumerate(zip(PARACHUTES.columns, forms, strict=True)):
        number = _TABLE_COLUMN + offset
        sheet.column_dimensions[get_column_letter(number)].width = column.width
        native.put(sheet, FIRST - 1, number, quiet.of(sheet, right=True), words[offset], "s")
        for level in range(MOST + 1):
            native.put(sheet, FIRST + level, number, quiet.of(sheet, form, right=True), None, "n")
    first, last = (get_column_letter(_TABLE_COLUMN + offset) for offset in (0, len(words) - 1))
    table = Table(displayName=PARACHUTES.name, name=PARACHUTES.name, ref=f"{first}{FIRST - 1}:{last}{FIRST + MOST}")
    table.tableStyleInfo = TableStyleInfo(name=None, showRowStripes=False)
    sheet.add_table(table)


def _add_results(book: Workbook, sheet: Worksheet, levels: Grid, flags: str, quiet: _Quiet) -> None:
    """Figures that the sentences are made of, beside the page."""
    n = levels.name
    same = f"AND({n('held_slots')}={n('slots')},{n('asked_slot')}={n('width')}*{n('multiplier')})"
    shares = f"{n('slots')}*{n('multiplier')}"
    known = "ISNUMBER(net_liq)*ISNUMBER(equity_with_loan)"
    good = levels.all("good")
    # A held spread has brought its credit already; when another is planned, it counts as bought back at its mark.
    had = f"IF({n('held')},{n('credit')}*{shares},{n('held_value')})"
    rows = [
        ("inputs_ok", f"=IF(SUM({flags})=0,IF({known}=1,IF(net_liq>0,1,0),0),0)", "General"),
        ("plan_ok", f"=IF({n('inputs_ok')},INDEX({good},{n('planned')}+1),0)", "General"),
        ("held", f"=IF({n('inputs_ok')},IF({n('held_slots')}>0,IF({same},1,0),0),0)", "General"),
        (
            "start",
            f'=IF({n("inputs_ok")},net_liq-IF({n("held")},({n("credit")}-{n("mark")})*{shares},0),"{NONE}")',
            styles.MONEY,
        ),
        ("equity", f'=IF({n("inputs_ok")},equity_with_loan-IF({n("held_slots")}>0,{had},0),"{NONE}")', styles.MONEY),
        *((each.name, each.formula, each.form) for each in results(levels)),
    ]
    labels = {each.name: each.label for each in results(levels)}
    row = _RESULTS
    for name, label, form in _WRITTEN:
        native.put(sheet, row, _TABLE_COLUMN, quiet.of(sheet), label, "s")
        native.put(sheet, row, _TABLE_COLUMN + 3, quiet.of(sheet, form, right=True), 0, "n")
        _name(book, name, _TABLE_COLUMN + 3, row)
        row += 1
    for name, formula, form in rows:
        native.put(sheet, row, _TABLE_COLUMN, quiet.of(sheet), labels.get(name, name), "s")
        native.put(sheet, row, _TABLE_COLUMN + 3, quiet.of(sheet, form, right=True), formula, "f")
        _name(book, name, _TABLE_COLUMN + 3, row)
        row += 1


def _add_looks(sheet: Worksheet) -> None:
    """Levels that aren't planned are grey, those that don't fit red; the next one in the colours of what is to be done."""
    area = f"A{FIRST}:{_LAST}{FIRST + MOST}"
    fits = get_column_letter(_column("fit"))
    planned = f"{PARACHUTE_PREFIX}planned"
    told = {_column(figure) for figure in ("level", "standing", "margin", "excess", "fit")}
    letters = [get_column_letter(number) for number in range(1, len(_SEEN) + 1) if number not in told]
    nothing = NumberFormat(numFmtId=201, formatCode=f'"{NONE}";"{NONE}";"{NONE}";@')
    # Of a level that isn't planned only what it would need is told.
    for areas, formula, look in (
        (
            " ".join(f"{letter}{FIRST}:{letter}{FIRST + MOST}" for letter in letters),
            f"$A{FIRST}>{planned}",
            DifferentialStyle(font=Font(color=_GREY), numFmt=nothing),
        ),
        (area, f"$A{FIRST}>{planned}", styles.differential(_GREY)),
        (area, f"${fits}{FIRST}=0", styles.differential(styles.BAD)),
    ):
        rule = Rule("expression", formula=[formula], dxf=look, stopIfTrue=True)
        sheet.conditional_formatting.add(areas, rule)
    for word, colour, panel in (("deploy", styles.GOOD, styles.GOOD_PANEL), ("stop", styles.BAD, styles.BAD_PANEL)):
        look = styles.differential(colour, panel)
        place_of = f"{_LAST}{FIRST}:{_LAST}{FIRST + MOST}"
        sheet.conditional_formatting.add(place_of, Rule("expression", formula=[f'${_LAST}{FIRST}="{word}"'], dxf=look))
    for row in range(_INPUTS, _INPUTS + 10):
        sheet.row_dimensions[row].height = 17
    sheet["A4"].alignment = Alignment(horizontal="left", vertical="top", wrap_text=True)
