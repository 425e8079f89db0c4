"""The add-in's VBA, run by pyOpenVBA's interpreter: a workbook with our module in it, and Python behind its ``XLPy``."""

from __future__ import annotations

import datetime as dt

from pyopenvba.apps.excel import Application, ExcelApplication, Range, _model
from pyopenvba.interpreter import _values as values
from pyopenvba.interpreter._objects import VBAObject, member, method

from excel.pywin32_stand_ins import ERROR_NUMBERS, MISSING, sent_by_pywin32
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.hosts.excel.vba import MODULE

ERRORS = {number: ErrorCode(text) for text, number in ERROR_NUMBERS.items()}

# What xlwings' own module gives ours: XLPy starts the Python process, or says that it can't.
_XLWINGS = """
Public Process As Object
Public Starts As Long
Public StartsFail As Boolean

Public Sub Connect(found As Object)
    Set Process = found
End Sub

Public Sub FailToStart(fails As Boolean)
    StartsFail = fails
End Sub

Public Function CountOfStarts() As Long
    CountOfStarts = Starts
End Function

Public Function XLPy() As Object
    Starts = Starts + 1
    If StartsFail Then Err.Raise 1000, "xlwings", "Could not activate Python COM server, hr = -2147221164"
    Set XLPy = Process
End Function
"""


class Process(VBAObject):
    """The COM object that the Python process shows to VBA.

    Attributes:
        calls: how often it was asked.
        fails: errors that the next calls fail with: number and text.
        received: the arguments of the last call.
    """

    vba_type_name = "XLPython"

    def __init__(self, server):
        self.server, self.calls, self.fails, self.received = server, 0, [], None

    @method
    def CallUDF(self, module, name, given):  # noqa: N802 - xlwings' name
        """Asks the CallUDF of xlwings, with COM's conversions on both sides of it."""
        self.calls += 1
        if self.fails:
            raise values.error(*self.fails.pop(0))
        self.received = tuple(to_com(each) for each in given.elements())
        try:
            answer = self.server.CallUDF(str(module), str(name), self.received, None, None)
        except Exception as error:  # noqa: BLE001 - COM turns whatever Python raises into an error of VBA's
            raise values.error(-2147467259, f"Unexpected Python Error: {type(error).__name__}: {error}") from None
        return from_com(sent_by_pywin32(answer))


def to_com(value):
    """A VBA value as Python gets it over COM."""
    if isinstance(value, values.VBAArray):
        bounds = [range(low, high + 1) for low, high in value.bounds]
        if len(bounds) == 1:
            return tuple(to_com(value.get([i])) for i in bounds[0])
        return tuple(tuple(to_com(value.get([i, j])) for j in bounds[1]) for i in bounds[0])
    if value is values.MISSING:
        return MISSING
    if value is values.EMPTY:
        return None
    if isinstance(value, values.VBAErrorValue):
        return 0x800A0000 + value.number - 2**32
    if isinstance(value, values.VBADate):
        return value.to_datetime().replace(tzinfo=dt.UTC)
    if isinstance(value, VBAObject):
        raise TypeError("an object went to Python, where its values should have")
    return value if isinstance(value, bool) else float(value) if isinstance(value, int) else value


def from_com(answer):
    """What Python sent as VBA holds it: arrays begin at 0."""
    if not isinstance(answer, list):
        return values.VBADate.from_datetime(answer.replace(tzinfo=None)) if isinstance(answer, dt.datetime) else answer
    if not (answer and isinstance(answer[0], list)):
        return values.VBAArray([(0, len(answer) - 1)], items=[from_com(each) for each in answer])
    columns = [from_com(row[at]) for at in range(len(answer[0])) for row in answer]
    return values.VBAArray([(0, len(answer) - 1), (0, len(answer[0]) - 1)], items=columns)


def to_vba(cell):
    """A cell of ours as VBA holds it in a formula or a sheet."""
    if isinstance(cell, MarginError):
        return values.VBAErrorValue(ERROR_NUMBERS[cell.code.value])
    if isinstance(cell, dt.date):
        return values.VBADate.from_datetime(cell)
    return float(cell) if isinstance(cell, int) and not isinstance(cell, bool) else cell


def from_vba(value):
    """A VBA value as a cell shows it: a real error is an :class:`ErrorCode`."""
    if isinstance(value, list):
        return [from_vba(each) for each in value]
    if isinstance(value, values.VBAErrorValue):
        return ERRORS[value.number]
    return value


class AskingCell(VBAObject):
    """The cell that asks, which stands for its sheet and its workbook too; the interpreter has none of the three members.

    Attributes:
        counts_from_1904: whether its workbook counts its days from 1904.
    """

    vba_type_name = "Range"

    def __init__(self, *, counts_from_1904=False):
        self.counts_from_1904 = counts_from_1904

    @member
    def Worksheet(self):  # noqa: N802 - Excel's name
        """Its sheet."""
        return self

    @member
    def Parent(self):  # noqa: N802 - Excel's name
        """Its sheet's workbook."""
        return self

    @member
    def Date1904(self):  # noqa: N802 - Excel's name
        """Whether that counts from 1904."""
        return self.counts_from_1904


class Excel(Application):
    """pyOpenVBA's Excel, which says besides who asks.

    Attributes:
        asking: what asks: a cell, or Excel's error 2023 where it is a macro.
    """

    vba_type_name = "Application"
    asking = AskingCell()

    @member
    def Caller(self):  # noqa: N802 - Excel's name
        """What asks."""
        return self.asking


class Workbook:
    """A workbook that holds our module.

    Attributes:
        app: pyOpenVBA's Excel.
        process: what XLPy gives it.
    """

    def __init__(self, module, server):
        self.app = ExcelApplication()
        self.app.application.__class__ = Excel
        self.app.add_workbook()
        self.app.add_module(_XLWINGS, name="xlwings")
        self.app.add_module(module, name=MODULE)
        self.process = Process(server)
        self.app.run("Connect", self.process)
        self.sheet = self.app.workbook.sheets_[0]

    def ask(self, name, arguments):
        """What a cell with the function would show: one value, a row, or a list of rows."""
        return from_vba(self.app.run(name, *self.placed(arguments)))

    def placed(self, arguments):
        """The arguments of a formula: a grid is written into the sheet and becomes a range, a blank is left out."""
        self.evaluated("Cells.Clear")
        given, left = [], 1
        for argument in arguments:
            if isinstance(argument, list):
                given.append(self.put(argument, left=left))
                left += len(argument[0]) + 1
            else:
                given.append(values.MISSING if argument is None else to_vba(argument))
        return given

    def put(self, rows, top=1, left=1):
        """Writes rows into the sheet and gives their range."""
        for i, row in enumerate(rows):
            for j, cell in enumerate(row):
                if cell is not None:
                    self.range(top + i, left + j)._write(to_vba(cell), raw=True)
        return self.range(top, left, len(rows), len(rows[0]))

    def range(self, top, left, height=1, width=1):
        """The range of a rectangle."""
        return Range(self.sheet, [_model.Area(top, left, top + height - 1, left + width - 1, self.sheet.name)])

    def evaluated(self, expression):
        """What an expression of VBA's gives."""
        return self.app.evaluate(expression)
