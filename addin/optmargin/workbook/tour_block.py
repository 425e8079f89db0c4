"""One worksheet function on a sheet: its example's arguments in cells to type in, the live answer, the expected one, the working."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.worksheet.formula import ArrayFormula

from optmargin.core.errors import MarginError
from optmargin.functions.call import call, functions
from optmargin.functions.declare import Argument, Unit, WorksheetFunction, argument_help
from optmargin.workbook import pages, styles
from optmargin.workbook.cells import Value
from optmargin.workbook.tour_example import arguments_of, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from optmargin.functions.call import Cell, Grid

# The first column says what a row is; values stand from the second on.
FIRST = 2
COLUMNS = 9

_FORMS = {
    Unit.USD: styles.MONEY,
    Unit.USD_PER_SHARE: "#,##0.00####",
    Unit.FRACTION: "0.00\\ %",
    Unit.SLOTS: styles.COUNT,
    Unit.CONTRACTS: styles.COUNT,
    Unit.SHARES: styles.COUNT,
    Unit.MOVES: styles.MOVE,
    Unit.DATE: styles.DAY,
}
_PLAIN = "General"
# LibreOffice hands a blank cell over as zero, which no day is; a number that isn't given is left out of the formula instead.
_MAY_BE_BLANK = frozenset({Unit.DATE})
_LABELS, _NARROWEST, _WIDEST = 17.0, 13.0, 25.0  # characters of a column
_FEW, _WIDEST_OF_FEW = 3, 72.0  # a table of so few columns may have wider ones
# Headings of columns that hold fractions, and money.
_SHARES = frozenset({"move", "cushion", "assailed", "reach", "ends_here"})
_MONEY = frozenset(
    {
        "put_side", "call_side", "requirement", "amount", "maintenance", "net_liq", "excess_liquidity", "fees", "cash", "margin",
        "excess", "initial", "stop_pnl", "max_loss_pnl", "expected_value",
    }
)  # fmt: skip
_MONEY_OF_ROWS = frozenset({"before", "after", "change"})
_WHY = "MARGIN_WHY"


@dataclass(slots=True)
class Sheet:
    """A sheet that blocks are added to.

    Attributes:
        cells: the sheet itself.
        row: where the next block begins.
        columns: how many columns its widest block has.
        shown: the values of its formula cells, by address, for programs that show a workbook without computing it.
        checks: the addresses of the cells that compare an answer with the expected one.
    """

    cells: Worksheet
    row: int
    columns: int
    shown: dict[str, float | str] = field(default_factory=dict)
    checks: list[str] = field(default_factory=list)

    def label(self, text: str) -> None:
        """What the row is, in the first column."""
        pages.put(self.cells, self.row, 1, text, size=9.5, colour=styles.MUTED)

    def note(self, text: str, column: int = FIRST + 1) -> None:
        """A remark beside the value."""
        pages.put(self.cells, self.row, column, text, size=9, colour=styles.MUTED, indent=1)


def add_block(sheet: Sheet, function: WorksheetFunction, question: str, *, with_working: bool) -> int:
    """Adds a function's block and a blank row after it; returns the row in which it begins.

    Args:
        sheet: where to.
        function: whose example is shown.
        question: what a trader asks, in words; empty shows what the function is about.
        with_working: whether MARGIN_WHY is asked beside the answer.
    """
    begins = sheet.row
    pages.heading(sheet.cells, begins, function.name, sheet.columns)
    pages.paragraph(sheet.cells, begins + 1, question or function.about, COLUMNS)
    sheet.row = begins + 2
    given = arguments_of(function)
    if given is None:  # its example isn't a plain call: shown as it is
        formula, rows = function.example.formula.removeprefix("="), rows_of(function) or [[function.example.answer]]
    else:
        named = _named(function, given)
        references = _trimmed([_add_argument(sheet, *each) for each in named])
        given = [value for _, _, value in named]
        formula, rows = f"{function.name}({','.join(references)})", call(function.name, given).rows
    _add_answer(sheet, function, formula, rows)
    if with_working and given is not None and function.why is not None and _WHY in functions():
        _add_working(sheet, f'{_WHY}("{function.name}",{",".join(references)})', [function.name, *given])
    sheet.row += 1
    return begins


# Arguments --------------------------------------------------------------------------------------------------------------


def _named(function: WorksheetFunction, given: list[Cell | Grid]) -> list[tuple[Argument, str, Cell | Grid]]:
    """Every argument with what it is called here and its value: the example's, or the default where that leaves it out."""
    named: list[tuple[Argument, str, Cell | Grid]] = []
    for at, argument in enumerate(function.arguments):
        if argument.repeats:
            each = enumerate(given[at:], start=1)
            named += [(argument, f"{argument.name}, {number}", value) for number, value in each]
        else:
            value = given[at] if at < len(given) else None
            named.append((argument, argument.name, argument.default if value is None else value))  # type: ignore[arg-type]
    return named


def _trimmed(references: list[str]) -> list[str]:
    """The references without those at the end that refer to nothing."""
    while references and not references[-1]:
        references = references[:-1]
    return references


def _add_argument(sheet: Sheet, argument: Argument, word: str, value: Cell | Grid) -> str:
    """The cells of one argument, and how a formula refers to them; empty where the argument is left out."""
    sheet.label(word)
    if value is None and argument.about.unit not in _MAY_BE_BLANK:
        sheet.note(f"Left out here: {argument_help(argument)}")
        sheet.row += 1
        return ""
    if not isinstance(value, list):
        _input(sheet, sheet.row, FIRST, value, _FORMS.get(argument.about.unit, _PLAIN))
        sheet.note(argument_help(argument))
        sheet.row += 1
        return f"{get_column_letter(FIRST)}{sheet.row - 1}"
    top = sheet.row
    has_header = argument.about.unit is Unit.LEGS
    for number, cells in enumerate(value):
        for column, cell in enumerate(cells, start=FIRST):
            if has_header and number == 0:
                pages.header(sheet.cells, sheet.row, [str(each) for each in cells], FIRST, right=_numbers_of(value))
                break
            form = styles.DAY if isinstance(cell, dt.date) else _FORMS.get(argument.about.unit, _PLAIN)
            _input(sheet, sheet.row, column, cell, form)
        sheet.row += 1
    last_column = get_column_letter(FIRST + len(value[0]) - 1)
    return f"{get_column_letter(FIRST)}{top}:{last_column}{sheet.row - 1}"


def _input(sheet: Sheet, row: int, column: int, value: Cell, form: str) -> None:
    pages.put(
        sheet.cells, row, column, _shown(value), form=form, align="right" if not isinstance(value, str) else "left",
        panel=styles.INPUT, border=pages.box(),
    )  # fmt: skip


def _shown(cell: Cell) -> Value:
    """A cell as the sheet holds it; whole numbers without a fraction."""
    if isinstance(cell, MarginError):
        return cell.code.value
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


# Answers ----------------------------------------------------------------------------------------------------------------


def _add_answer(sheet: Sheet, function: WorksheetFunction, formula: str, rows: Grid) -> None:
    sheet.label("formula")
    pages.put(sheet.cells, sheet.row, FIRST, f"={formula}", colour=styles.ACCENT)
    sheet.row += 1
    sheet.label("answer")
    is_table = len(rows) > 1 or len(rows[0]) > 1
    answer = _add_table(sheet, rows, formula) if is_table else _add_single(sheet, function, rows, formula)
    stated = rows_of(function)
    if stated is not None:
        sheet.label("expected" if len(stated) == len(rows) else "expected in it")
        check = _rows_agree(answer, _place_of(stated, rows), _add_table(sheet, stated, like=rows))
    else:
        sheet.label("expected in it" if is_table else "expected")
        check = _add_expected(sheet, function, answer, is_table=is_table)
    sheet.label("source")
    pages.put(sheet.cells, sheet.row, FIRST, function.example.source, size=9, colour=styles.MUTED)
    sheet.row += 1
    sheet.label("check")
    first = answer.split(":")[0]
    formula = f'=IF(ISERROR({first}),"{pages.NO_ANSWER}",IF({check},"{pages.AGREES}","{pages.DIFFERS}"))'
    cell = pages.put_formula(sheet.cells, sheet.row, FIRST, formula, bold=True)
    pages.colour_check(sheet.cells, cell.coordinate)
    sheet.shown[cell.coordinate] = pages.AGREES
    sheet.checks.append(cell.coordinate)
    sheet.row += 1


def _add_single(sheet: Sheet, function: WorksheetFunction, rows: Grid, formula: str) -> str:
    is_text = isinstance(rows[0][0], str)
    cell = pages.put_formula(
        sheet.cells, sheet.row, FIRST, f"={formula}", bold=True, size=11, form=_FORMS.get(function.returns, _PLAIN),
        align="left" if is_text else "right",
    )  # fmt: skip
    _remember(sheet, cell.coordinate, rows[0][0])
    sheet.row += 1
    return str(cell.coordinate)


def _add_expected(sheet: Sheet, function: WorksheetFunction, answer: str, *, is_table: bool) -> str:
    """The cell with the expected answer, or with what the answer must contain; and the comparison with it."""
    expected = function.example.answer
    cell = pages.put(
        sheet.cells, sheet.row, FIRST, expected, form=_FORMS.get(function.returns, _PLAIN),
        align="left" if isinstance(expected, str) else "right",
    )  # fmt: skip
    sheet.row += 1
    if isinstance(expected, str):
        found = f"ISNUMBER(FIND({cell.coordinate},{answer}))"
        return f"SUMPRODUCT(--{found})>0" if is_table else found
    nearness = "0.005" if function.returns is Unit.USD else "0.0000001"
    return f"ABS({answer}-{cell.coordinate})<{nearness}"


def _place_of(stated: Grid, rows: Grid) -> int:
    """The number of the row from which on a table holds the stated rows, or begins with their cells."""
    for at in range(len(rows) - len(stated) + 1):
        if all(_same(one, other) for one, other in zip(stated, rows[at:], strict=False)):
            return at
    raise ValueError(f"the example's rows aren't in its answer: {stated}")


def _same(stated: list[Cell], row: list[Cell]) -> bool:
    return len(stated) <= len(row) and all(
        math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9) if isinstance(a, float) and isinstance(b, float) else a == b
        for a, b in zip(stated, row, strict=False)
    )


def _rows_agree(answer: str, at: int, stated: str) -> str:
    """The comparison of the stated cells with those of the answer from row ``at`` on."""
    left, top, right, bottom = cast("tuple[int, int, int, int]", range_boundaries(stated))
    first = cast("tuple[int, int, int, int]", range_boundaries(answer))[1] + at
    place = f"{get_column_letter(left)}{first}:{get_column_letter(right)}{first + bottom - top}"
    # EXACT, since LibreOffice takes a text that an add-in has answered for another than the same text in a cell.
    return f"SUMPRODUCT(1-EXACT({place},{stated}))=0"


def _add_table(sheet: Sheet, rows: Grid, formula: str = "", *, like: Grid | None = None) -> str:
    """A table's cells: an array formula over all of them where a formula is given, else values. Returns their range.

    ``like`` is the table that the rows are part of, where they have no header of their own.
    """
    top, width = sheet.row, len(rows[0])
    place = f"{get_column_letter(FIRST)}{top}:{get_column_letter(FIRST + width - 1)}{top + len(rows) - 1}"
    has_header = _is_header(rows[0])
    headings = _headings(rows) if like is None else _headings(like)
    for number, cells in enumerate(rows):
        is_header = has_header and number == 0
        if is_header:
            pages.header(sheet.cells, sheet.row, headings, FIRST, right=_numbers_of(rows))
        lines = 1
        for column, (cell, over) in enumerate(zip(cells, headings, strict=False), start=FIRST):
            if not is_header:
                is_text = isinstance(cell, str)
                form = _form(cell, over, str(cells[0]))
                # LibreOffice stops at a truth value among the remembered values of an array formula.
                known = None if formula and isinstance(cell, bool) else _shown(cell)
                pages.put(
                    sheet.cells, sheet.row, column, known, form=form, border=pages.below(), wrap=True,
                    align="left" if is_text else "right", indent=int(is_text and column > FIRST), bold=bool(formula) and not is_text,
                )  # fmt: skip
            if isinstance(cell, str):
                lines = max(lines, pages.lines_of(cell, pages.width_of(sheet.cells, column)))
        if lines > 1:
            sheet.cells.row_dimensions[sheet.row].height = 3 + pages.LINE_HEIGHT * lines
        sheet.row += 1
    if formula:
        anchor = sheet.cells.cell(top, FIRST)
        anchor.value = ArrayFormula(place, f"={formula}")
        _remember(sheet, anchor.coordinate, rows[0][0])
    return place


def _is_header(cells: list[Cell]) -> bool:
    """Whether a row names the columns of a table: each cell a word."""
    return all(isinstance(cell, str) and cell.isidentifier() for cell in cells)


def _headings(rows: Grid) -> list[str]:
    return [str(cell) for cell in rows[0]] if _is_header(rows[0]) else [""] * len(rows[0])


def _numbers_of(rows: Grid) -> list[int]:
    """The numbers of the columns whose cells under the header aren't texts."""
    return [at for at in range(len(rows[0])) if not any(isinstance(cells[at], str) for cells in rows[1:])]


def _form(cell: Cell, heading: str, row: str) -> str:
    if isinstance(cell, dt.date):
        return styles.DAY
    if isinstance(cell, bool):
        return styles.TRUTH
    if heading in _SHARES or (row in _SHARES and heading in _MONEY_OF_ROWS):
        return "0.0#\\ %"
    return styles.MONEY if heading in _MONEY | _MONEY_OF_ROWS else _PLAIN


def _remember(sheet: Sheet, address: str, cell: Cell) -> None:
    value = _shown(cell)
    if isinstance(value, str) or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        sheet.shown[address] = value


# Working ----------------------------------------------------------------------------------------------------------------


def _add_working(sheet: Sheet, formula: str, given: list[Cell | Grid]) -> None:
    sheet.label("working")
    (said,) = call(_WHY, given).rows[0]
    sheet.cells.merge_cells(start_row=sheet.row, end_row=sheet.row, start_column=FIRST, end_column=FIRST + COLUMNS - 2)
    cell = pages.put_formula(sheet.cells, sheet.row, FIRST, f"={formula}", wrap=True)
    sheet.shown[cell.coordinate] = str(said)
    width = sum(pages.width_of(sheet.cells, column) for column in range(FIRST, COLUMNS + 1))
    sheet.cells.row_dimensions[sheet.row].height = 3 + pages.LINE_HEIGHT * pages.lines_of(str(said), width)
    sheet.row += 1


# Sheets -----------------------------------------------------------------------------------------------------------------


def new_sheet(book: Workbook, name: str, what: str, those: list[WorksheetFunction], *, footer: str) -> Sheet:
    """A sheet for the blocks of these functions; its columns are as wide as the longest words of their tables, within reason."""
    widest = dict.fromkeys(range(FIRST, COLUMNS + 1), _NARROWEST)
    for table in (table for function in those for table in _tables(function)):
        most = _WIDEST if len(table[0]) > _FEW else _WIDEST_OF_FEW
        for row in table:
            for column, cell in enumerate(row, start=FIRST):
                needed = len(cell) + 2.0 if isinstance(cell, str) else _NARROWEST
                widest[column] = max(widest.get(column, _NARROWEST), min(most, needed))
    widths = {"A": _LABELS} | {get_column_letter(column): width for column, width in widest.items()}
    cells = pages.add_page(book, name, name, what, widths, footer=footer)
    cells.freeze_panes = "A3"
    return Sheet(cells, row=4, columns=max(widest))


def _tables(function: WorksheetFunction) -> Iterator[Grid]:
    """The ranges and the table of a function's example."""
    given = arguments_of(function)
    if given is not None:
        yield from (value for value in given if isinstance(value, list) and len(value[0]) > 1)
        rows = call(function.name, given).rows
        if len(rows[0]) > 1:
            yield rows
