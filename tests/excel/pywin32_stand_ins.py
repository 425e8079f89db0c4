"""Stand-ins for pywin32, so that xlwings' own Windows code runs anywhere: its conversion, its ``call_udf``, its COM class.

Nothing of xlwings is replaced. What it takes from pywin32 is: a COM object is a Python object here, an Excel range is a
:class:`SheetRange` over a dictionary of cells, and what a Python function hands back goes through the conversion that pywin32 makes
of it (:func:`sent_by_pywin32`).
"""

from __future__ import annotations

import atexit
import ctypes
import datetime as dt
import decimal
import sys
import types

PINNED = "0.37.8"
MISSING = -2147352572  # DISP_E_PARAMNOTFOUND: what COM hands over for an argument that was left out
EXCEL_RANGE = "{00020846-0000-0000-C000-000000000046}"

# What COM hands over for an error cell. Source: Excel's XlCVError numbers, 0x800A0000 + number, as signed 32 bits.
ERROR_NUMBERS = {
    "#NULL!": 2000, "#DIV/0!": 2007, "#VALUE!": 2015, "#REF!": 2023, "#NAME?": 2029, "#NUM!": 2036, "#N/A": 2042,
}  # fmt: skip


def error_code(text):
    """The number that COM hands over for an error cell of that text."""
    return (0x800A0000 + ERROR_NUMBERS[text]) - 2**32


class com_error(Exception):  # noqa: N801, N818 - pywin32's name
    """What pywin32 raises where a COM call fails."""

    def __init__(self, *given):
        super().__init__(*given)
        self.hresult = given[0] if given else 0


class CDispatch:
    """The base of every COM object."""

    _oleobj_ = None


class _RangeType:
    """The type information by which xlwings knows a range."""

    iid = EXCEL_RANGE

    def GetTypeInfo(self):  # noqa: N802 - COM's name
        return self

    def GetTypeAttr(self):  # noqa: N802 - COM's name
        return self


class ErrorCell(str):
    """A real error in a cell, as opposed to a text that looks like one."""

    __slots__ = ()


class Sheet(CDispatch):
    """Cells by row and column, in a workbook of their own.

    Attributes:
        cells: values by row and column.
        reads: how often values were read, each of which costs a journey between two processes.
    """

    def __init__(self):
        self.cells = {}
        self.reads = 0
        application = CDispatch()
        application.Version, application.Hwnd, application.Application = "16.0", 1, application
        self.Parent = CDispatch()
        self.Parent.Application = application

    def put(self, rows, top=1, left=1):
        """Writes rows of values, and gives the range that they stand in."""
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                self.cells[top + i, left + j] = value
        return SheetRange(self, top, left, len(rows), len(rows[0]))


class SheetRange(CDispatch):
    """A rectangle of cells as COM shows it."""

    _oleobj_ = _RangeType()
    CLSID = EXCEL_RANGE

    def __init__(self, sheet, top, left, height=1, width=1):
        self.Worksheet, self.Row, self.Column, self.Count = sheet, top, left, height * width
        self.Rows, self.Columns = types.SimpleNamespace(Count=height), types.SimpleNamespace(Count=width)

    @property
    def Value(self):  # noqa: N802 - COM's name
        """One value, or a tuple of rows; an error is a number, a day a moment."""
        self.Worksheet.reads += 1
        rows = tuple(
            tuple(as_com(self.Worksheet.cells.get((self.Row + i, self.Column + j))) for j in range(self.Columns.Count))
            for i in range(self.Rows.Count)
        )
        return rows[0][0] if self.Count == 1 else rows


def as_com(value):
    """A cell's value as COM hands it over: numbers are doubles, an error is a number, a day a moment."""
    if isinstance(value, ErrorCell):
        return error_code(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.datetime.combine(value, dt.time(), tzinfo=dt.UTC)
    return value


def sent_by_pywin32(value):
    """What VBA gets for a Python value. Source: pywin32's com/win32com/src/oleargs.cpp, PyCom_VariantFromPyObject."""
    if isinstance(value, (list, tuple)):
        sent = [sent_by_pywin32(each) for each in value]
        lengths = {len(each) for each in sent if isinstance(each, list)}
        if len(lengths) > 1 or (lengths and not all(isinstance(each, list) for each in sent)):
            raise TypeError("a SAFEARRAY has rows of one length")
        return sent
    if value is None or isinstance(value, (bool, str, float, dt.datetime)):
        return value
    if isinstance(value, int):
        return float(value)
    if isinstance(value, decimal.Decimal):  # becomes currency, with four decimals
        return float(value.quantize(decimal.Decimal("0.0001"), decimal.ROUND_DOWN))
    raise TypeError(f"Objects of type '{type(value).__name__}' can not be converted to a COM VARIANT")


class _Anything:
    """A library of Windows of which nothing is used."""

    def __getattr__(self, name):
        return _Anything()

    def __call__(self, *_, **__):
        return 0


def _module(name, **attributes):
    module = types.ModuleType(name)
    module.__dict__.update(attributes)
    module.__file__ = f"<stand-in for {name}>"
    sys.modules[name] = module
    return module


def _no_python_object(value):
    raise com_error(-1, "not a COM object of Python's")


def _pywin32():
    """Puts modules in the place of pywin32's."""
    dispatch_iid = "{00020400-0000-0000-C000-000000000046}"
    _module("pywintypes", com_error=com_error, error=com_error, IID=str, TimeType=dt.datetime)
    _module(
        "pythoncom", com_error=com_error, ole_error=com_error, IID_IDispatch=dispatch_iid, IID_IEnumVARIANT="enum",
        TypeIIDs={dispatch_iid: type("PyIDispatch", (), {})}, CoInitialize=lambda: None, new=lambda _: None,
    )  # fmt: skip
    for name in ("win32api", "win32con", "win32gui", "win32event"):
        _module(name)
    _module("win32process", GetWindowThreadProcessId=lambda _: (1, 1))
    _module("win32timezone", TimeZoneInfo=types.SimpleNamespace(utc=lambda: dt.UTC))
    client = _module(
        "win32com.client", Dispatch=lambda found, *_, **__: found, DispatchEx=None, CDispatch=CDispatch,
        DispatchBaseClass=type("DispatchBaseClass", (), {}), CoClassBaseClass=type("CoClassBaseClass", (), {}),
    )  # fmt: skip
    util = _module("win32com.server.util", wrap=lambda found, *_, **__: found, unwrap=_no_python_object)
    policy = _module("win32com.server.policy", DefaultPolicy=object)
    dispatcher = _module("win32com.server.dispatcher")
    server = _module("win32com.server", util=util, policy=policy, dispatcher=dispatcher)
    _module("win32com", client=client, server=server)


def activate():
    """Makes xlwings what it is on Windows, and hands it out; the same each time.

    Raises:
        RuntimeError: when xlwings isn't the version that these stand-ins were written for.
    """
    import xlwings

    if xlwings.__version__ != PINNED:
        raise RuntimeError(
            f"tests/excel/pywin32_stand_ins.py was written for xlwings {PINNED}, and {xlwings.__version__} is installed. "
            "Compare what xlwings/_xlwindows.py, udfs.py and com_server.py take from pywin32, then raise PINNED"
        )
    if hasattr(xlwings, "_xlwindows"):
        return xlwings
    _pywin32()
    real = ctypes.PyDLL
    ctypes.oledll = ctypes.windll = _Anything()
    ctypes.PyDLL = lambda *_, **__: _Anything()
    try:
        import xlwings._xlwindows as windows
    finally:
        ctypes.PyDLL = real
        del ctypes.oledll, ctypes.windll
    atexit.unregister(windows.cleanup)  # it would look for Excels that were left behind
    xlwings.engines.add(xlwings.Engine(impl=windows.engine))
    xlwings._xlwindows = windows
    import xlwings.com_server
    import xlwings.udfs

    xlwings.func, xlwings.arg, xlwings.ret = xlwings.udfs.xlfunc, xlwings.udfs.xlarg, xlwings.udfs.xlret
    return xlwings
