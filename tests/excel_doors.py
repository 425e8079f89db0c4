"""Asking a worksheet function as Excel would: through xlwings' own conversion, and through the VBA that the add-in holds.

Both take cells and grids as :func:`optmargin.functions.call.call` does and give the rows of the answer, in which a real error is an
:class:`ErrorCode` and a blank is ``""``. A grid stands in cells of a sheet, a single value in the formula.
"""

from __future__ import annotations

import datetime as dt
import importlib
from functools import cache

from excel.pywin32_stand_ins import MISSING, ErrorCell, Sheet, activate, as_com, sent_by_pywin32
from excel.vba_interpreter import Workbook
from optmargin.core.errors import ErrorCode, MarginError

UDFS = "optmargin.hosts.excel.udfs"


@cache
def server():
    """The COM class of xlwings, with the functions registered in it as on Windows."""
    activate()
    module = importlib.import_module(UDFS)
    if not hasattr(module.OPTMARGIN_STATUS, "__xlfunc__"):  # imported before, by a test that knows nothing of Windows
        importlib.reload(module)
    from xlwings.com_server import XLPython

    return XLPython()


def ask_xlwings(name, arguments):
    """The answer that xlwings hands to VBA; error texts are taken for errors, as our VBA does."""
    sheet, given = Sheet(), []
    for at, argument in enumerate(arguments):
        if isinstance(argument, list):
            rows = [[_typed(cell) for cell in row] for row in argument]
            given.append(sheet.put(rows, left=1 + 100 * at))
        else:
            given.append(MISSING if argument is None else as_com(_typed(argument)))
    answer = sent_by_pywin32(server().CallUDF(UDFS, name, tuple(given), None, None))
    return [[_read(cell) for cell in row] for row in _rows(answer)]


def ask_vba(name, arguments):
    """The answer of the generated VBA function, run by an interpreter, with xlwings behind it."""
    return [[_read(cell, texts=False) for cell in row] for row in _rows(vba().ask(name, arguments))]


@cache
def vba():
    """A workbook with the add-in's modules in it."""
    from optmargin.functions.all import functions
    from optmargin.hosts.excel.vba import module_text

    return Workbook(module_text(functions().values()), server())


def _typed(cell):
    return ErrorCell(cell.code.value) if isinstance(cell, MarginError) else cell


def _rows(answer):
    """A grid: one value is one cell, a flat list one row, as Excel spills them."""
    if not isinstance(answer, list):
        return [[answer]]
    return answer if answer and isinstance(answer[0], list) else [answer]


def _read(cell, *, texts=True):
    if isinstance(cell, dt.datetime):
        return cell.date()
    if texts and isinstance(cell, str) and cell in set(ErrorCode):
        return ErrorCode(cell)
    return "" if cell is None else cell
