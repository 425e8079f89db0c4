"""The LAMBDA workbook for the tests: questions put into its cells, evaluated by programs that know LAMBDA names.

IronCalc opens the workbook as it was written; pyOpenVBA, another program altogether, evaluates formulas as text.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ironcalc
from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from pyopenvba.apps.excel import ExcelApplication

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.workbook import native
from optmargin.workbook.files import save
from optmargin.workbook.lambda_workbook import new_lambda

Shown = float | str | bool | None
"""What a cell shows: a number, a text, or the text of an error such as ``#NUM!``."""

_SHEET = "Questions"
_ERRORS = frozenset(code.value for code in ErrorCode)
# Numbers of a VBA error value.
_VBA_ERRORS = {"Error 2007": "#DIV/0!", "Error 2015": "#VALUE!", "Error 2036": "#NUM!", "Error 2042": "#N/A"}
_ASK = """
Function Ask(formula)
    Dim found
    found = Application.Evaluate(formula)
    Ask = found
End Function
"""


def ask_lambda(
    questions: Sequence[tuple[str, Sequence[Any]]], folder: Path, change: Callable[[Workbook], None] | None = None
) -> list[Shown]:
    """What the workbook's names answer to questions, each a name and its arguments, which stand in cells.

    Args:
        questions: an argument is a number, a text, a truth value, a day, a MarginError for an error cell, or None for a blank cell.
        folder: where the workbook is written.
        change: what somebody does to the workbook before.
    """
    book, shown = new_lambda()
    if change is not None:
        change(book)
    sheet = book.create_sheet(_SHEET)
    for row, (name, arguments) in enumerate(questions, start=1):
        for column, value in enumerate(arguments, start=2):
            if value is None:
                continue
            cell = sheet.cell(row, column)
            if isinstance(value, MarginError):
                native.set_raw(cell, value.code.value, "e")
            elif isinstance(value, str):
                native.set_raw(cell, value, "s")
            else:
                cell.value = value
        places = ",".join(f"{get_column_letter(column)}{row}" for column in range(2, len(arguments) + 2))
        sheet.cell(row, 1).value = f"={name}({places})"
    path = folder / "asked.xlsx"
    save(book, path, dt.datetime(2000, 1, 1), shown)
    return evaluated(path, _SHEET, [(row, 1) for row in range(1, len(questions) + 1)])


def evaluated(path: Path, title: str, places: Sequence[tuple[int, int]]) -> list[Shown]:
    """What cells of a sheet show after IronCalc has opened and evaluated a workbook."""
    model = ironcalc.load_from_xlsx(str(path))
    model.evaluate()
    number = [sheet["name"] for sheet in model.get_worksheets_properties()].index(title)
    return [model.get_cell_value(number, row, column) for row, column in places]


def ask_second_program(formulas: Sequence[str], folder: Path) -> list[Any]:
    """What pyOpenVBA answers to formulas; an array as a list of rows, an error as its text."""
    book, shown = new_lambda()
    for address, key in shown["Book"].items():  # it doesn't compute the workbook's own cells
        book["Book"][address].value = key
    book.save(folder / "plain.xlsx")
    application = ExcelApplication.open(str(folder / "plain.xlsx"))
    application.add_module(_ASK, name="Asking")
    return [_plain(application.run("Ask", formula)) for formula in formulas]


def _plain(found: Any) -> Any:
    if isinstance(found, list):
        return [_plain(each) for each in found]
    return _VBA_ERRORS.get(str(found), found)


def said(answer: Any) -> Shown:
    """A core answer as a cell shows it."""
    return answer.code.value if isinstance(answer, MarginError) else answer
