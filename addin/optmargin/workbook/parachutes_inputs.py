"""The yellow cells of the parachute workbook: what each is, its bounds, what it says beside it, and what it says when it is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from optmargin.workbook import pages, styles

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

WRONG = "CHECK: "
LARGEST = 1e12  # as everywhere: no amount of an account is larger

SHARE, SHORT = "0.0#\\ %", "0.00##"


@dataclass(frozen=True, slots=True)
class Input:
    """One cell to type in.

    Attributes:
        name: of the cell, for formulas.
        label: for people.
        value: in the unfilled workbook.
        form: its number format.
        note: what it is; a formula's part where it begins with ``=``.
        wrong: when it is wrong, as a formula's part; ``{x}`` is the cell.
        remedy: what it must be.
        choices: words to choose from; empty for a number.
        may_be_blank: whether it may be left out.
    """

    name: str
    label: str
    value: float | str
    form: str
    note: str
    wrong: str
    remedy: str
    choices: tuple[str, ...] = ()
    may_be_blank: bool = False

    def is_wrong(self, cell: str) -> str:
        """The condition of a wrong cell, as a formula's part that doesn't fail whatever stands there."""
        if self.choices:
            words = ",".join(f'{cell}="{word}"' for word in self.choices)
            return f"NOT(OR({words}))"
        bounds = f"IF(ISNUMBER({cell}),{self.wrong.format(x=cell)},TRUE)"
        return f'IF({cell}="",FALSE,{bounds})' if self.may_be_blank else bounds


def _amount(least: str = "<0") -> str:
    return f"OR({{x}}{least},{{x}}>{LARGEST:.0f})"


def _whole(least: int, most: int) -> str:
    return f"OR({{x}}<{least},{{x}}>{most},{{x}}<>INT({{x}}))"


def account_inputs(most: int) -> tuple[tuple[str, tuple[Input, ...]], ...]:
    """The inputs of a campaign in an account, in their blocks; ``most`` is the largest number of parachutes."""
    slot = "width*multiplier"
    return (
        ("The account", (
            Input("net_liq", "Net liq", 100_000, styles.MONEY, "USD, before the first position", _amount("<=0"), "a number above 0"),
            Input("other_margin", "Margin of other positions", 0, styles.MONEY, "USD, of whatever else the account holds", _amount(), "0 or more"),
            Input("other_side", "Slots on the other side", 0, styles.COUNT, "of the same expiry: they and this side share one margin", _whole(0, 10**6), "a whole number, 0 or more"),
            Input("keep_cushion", "Cushion to keep", 0, SHARE, "excess liquidity as a share; 10 % is 0.1", "OR({x}<0,{x}>=1)", "0 % or more and below 100 %"),
        )),
        ("The first position", (
            Input("slots", "Slots", 6, styles.COUNT, f'="1/32 of this account is "&ROUND(net_liq/32/({slot}),2)&" slots"', _whole(1, 10**6), "a whole number, 1 or more"),
            Input("width", "Width of a spread", 5, SHORT, "USD per share between its strikes", "OR({x}<=0,{x}>100000)", "a number above 0"),
            Input("multiplier", "Shares per contract", 100, styles.COUNT, f'="100 for SPX; a slot is "&FIXED({slot},2)', "OR({x}<=0,{x}>100000)", "a number above 0"),
            Input("credit", "Credit", 1, SHORT, "USD per share, of the first spread sold", "OR({x}<0,{x}>100000)", "0 or more"),
            Input("buyback", "Buy-back", 2.5, SHORT, "USD per share, of a spread that is assailed", "OR({x}<=0,{x}>100000)", "a number above 0"),
            Input("fee", "Fee per leg and contract", 0, SHORT, "USD; each roll closes two legs and opens two", "OR({x}<0,{x}>1000)", "0 or more"),
        )),
        ("The parachutes", (
            Input("planned", "Parachutes planned", 5, styles.COUNT, f"0 to {most}", _whole(0, most), f"a whole number, 0 to {most}"),
            Input("multiple", "Size multiple", 2, SHORT, "2 doubles the slots each time", "OR({x}<1,{x}>10)", "1 to 10"),
            Input("reading", "Reading", "replace", "General", "replace (bought out), double or accumulate (left standing)", "", "replace, double or accumulate", ("replace", "double", "accumulate")),
            Input("roll", "Roll", "away", "General", "away (same expiry) or out (a later one)", "", "away or out", ("away", "out")),
            Input("roll_debit", "Debit of each roll", 0, SHORT, "USD per share and slot bought out; 0 is revenue neutral", "OR({x}<-100000,{x}>100000)", "a number"),
        )),
        ("The odds", (
            Input("edge", "Edge", 0.1, SHARE, "how much less often a level is assailed than its price says; 0 is fair", "OR({x}<-1,{x}>1)", "-100 % to 100 %"),
            Input("gap", "Gap", 0, SHARE, "odds of a jump through the whole spread, at each level", "OR({x}<0,{x}>1)", "0 % to 100 %"),
            Input("kelly_multiple", "Multiple of Kelly", 0.5, SHORT, "that you want to write: 0.5 is half Kelly", "OR({x}<0,{x}>100)", "0 to 100"),
            Input("campaigns", "Campaigns", 52, styles.COUNT, "over which ruin is told", _whole(1, 10**6), "a whole number, 1 or more"),
        )),
    )  # fmt: skip


STRIKE_INPUTS = (
    Input("side", "Side", "put", "General", "put or call", "", "put or call", ("put", "call")),
    Input("spot", "Spot", 5000, SHORT, "USD per share, of the underlying now; an example", "OR({x}<=0,{x}>1000000)", "a number above 0"),
    Input("volatility", "Volatility", 0.15, SHARE, "per year; an example", "OR({x}<=0,{x}>10)", "above 0 %, at most 1000 %"),
    Input("days_left", "Days left", 7, SHORT, "calendar days to expiry; an example", "OR({x}<=0,{x}>36500)", "a number above 0"),
    Input("short_strike", "Short strike", "", SHORT, "of the first position; blank: where the spread sells for its credit", "OR({x}<=0,{x}>1000000)", "a number above 0, or blank", may_be_blank=True),
    Input("strike_step", "Step of strikes", 5, SHORT, "between listed strikes; 0 for the exact one", "OR({x}<0,{x}>100000)", "0 or more"),
)  # fmt: skip


def add_input(
    book: Workbook, sheet: Worksheet, row: int, given: Input, columns: tuple[int, int, int], prefix: str = ""
) -> tuple[str, str]:
    """One input in a row: label, yellow cell, note; returns the addresses of the cell and of its note.

    Args:
        book: that gets its name.
        sheet: where it stands.
        row: in which row.
        given: what it is.
        columns: the numbers of the columns of label, cell and note.
        prefix: before its name.
    """
    label, place, beside = columns
    pages.put(sheet, row, label, given.label)
    cell = pages.put(
        sheet, row, place, given.value, form=given.form, align="right", panel=styles.INPUT, border=pages.box()
    )
    name = f"{prefix}{given.name}"
    book.defined_names[name] = DefinedName(name, attr_text=f"'{sheet.title}'!${cell.column_letter}${row}")
    # A note that other inputs have a part in has nothing to say while one of them is wrong.
    note = f'IFERROR({given.note[1:]},"")' if given.note.startswith("=") else f'"{given.note}"'
    text = f'=IF({given.is_wrong(name)},"{WRONG}{given.label} must be {given.remedy}",{note})'
    told = pages.put_formula(sheet, row, beside, text, size=9, colour=styles.MUTED, indent=1)
    loud = Rule(
        "expression",
        formula=[f'LEFT({told.coordinate},{len(WRONG.strip())})="{WRONG.strip()}"'],
        dxf=styles.differential(styles.WHITE, styles.BAD, bold=True),
    )
    sheet.conditional_formatting.add(told.coordinate, loud)
    if given.choices:
        rule = DataValidation(type="list", formula1=f'"{",".join(given.choices)}"', allow_blank=False)
        rule.errorTitle, rule.error = given.label, f"Choose {given.remedy}."
        rule.showErrorMessage = True
        rule.add(cell.coordinate)
        sheet.add_data_validation(rule)
    return cell.coordinate, told.coordinate


def flag(note: str) -> str:
    """A formula that is 1 where the note of an input says that it is wrong."""
    return f'=IF(LEFT({note},{len(WRONG.strip())})="{WRONG.strip()}",1,0)'


def wrapped_header(
    sheet: Worksheet,
    row: int,
    words: Sequence[str],
    first_column: int = 1,
    *,
    right: Collection[int] = (),
    height: float = 32,
) -> None:
    """The heading row of a list whose headings take two lines or three."""
    pages.header(sheet, row, words, first_column, right=right)
    for column in range(first_column, first_column + len(words)):
        cell = sheet.cell(row, column)
        side = cell.alignment.horizontal
        cell.alignment = Alignment(horizontal=side, vertical="center", wrap_text=True, indent=cell.alignment.indent)
    sheet.row_dimensions[row].height = height


def typed_over(sheet: Worksheet, row: int, column: int, form: str) -> Cell:
    """A blank yellow cell that overwrites a figure."""
    return pages.put(sheet, row, column, None, form=form, align="right", panel=styles.INPUT, border=pages.box())
