"""The worksheet functions as xlwings UDFs: one Python function for each declared one, made when this module is imported.

The add-in's VBA asks them here by name, and xlwings Lite finds them as attributes of this module. They answer with error texts
such as ``#NUM!``, since pywin32 can't send an error; our VBA, and xlwings Lite, turn those into real errors.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Any

import xlwings
from xlwings import arg, func, ret

from optmargin import __version__
from optmargin.core.errors import MarginError
from optmargin.functions.all import functions
from optmargin.functions.call import call
from optmargin.functions.declare import Argument, Unit, WorksheetFunction, argument_help
from optmargin.functions.settings import in_use, read_settings, use
from optmargin.hosts.days import FIRST_DAY, arguments_of, with_days, with_serials
from optmargin.hosts.excel.cells import IN_BROWSER, argument, rows, shown
from optmargin.hosts.excel.vba import CATEGORY, STATUS, STATUS_HELP


def _settings_refused() -> MarginError | None:
    """Reads the user's settings, once; None when all is well. With settings that can't be read no figure would be as meant."""
    try:
        use(read_settings())
    except MarginError as error:
        return error
    return None


_refused = _settings_refused()


def udf(function: WorksheetFunction, first_day: dt.date = FIRST_DAY) -> Callable[..., Any]:
    """The Python function that xlwings calls for a worksheet function.

    It takes each argument as COM brings it (one value, or rows of values; None where it is left out), and gives rows of what COM
    takes, in which an error is its text, a blank ``""`` and a day a moment, or its number where days aren't counted as usual.

    Args:
        function: the worksheet function.
        first_day: the day that the workbook counts as 0.
    """

    def answered(*given: Any) -> Any:
        if _refused is not None:
            return rows([[str(_refused) if function.returns is Unit.TEXT else _refused]])
        try:
            read = [argument(each) for each in given]
            if first_day == FIRST_DAY:
                return rows(call(function.name, read).rows)
            read = with_days(arguments_of(function, read), read, lambda: first_day)
            return rows(with_serials(call(function.name, read).rows, first_day))
        except MarginError as error:
            return rows([[error]])

    answered.__name__ = answered.__qualname__ = function.name
    answered.__doc__ = function.about
    answered.__annotations__ = {}  # xlwings would convert by them
    answered.__signature__ = _signature(function)  # type: ignore[attr-defined]
    return _registered(answered, function.arguments)


def _registered(answered: Callable[..., Any], arguments: tuple[Argument, ...] = ()) -> Callable[..., Any]:
    """A function with all that xlwings should know of it."""
    made = answered
    for each in arguments:
        options: dict[str, Any] = {"ndim": 2, "err_to_str": True} if IN_BROWSER else {"convert": "raw"}
        made = arg(each.name, doc=argument_help(each), **options)(made)
    if not IN_BROWSER:
        made = ret("raw")(made)
    return func(category=CATEGORY)(made)  # last: the others would take the category away again


def _signature(function: WorksheetFunction) -> Signature:
    parameters = []
    for each in function.arguments:
        kind = Parameter.VAR_POSITIONAL if each.repeats else Parameter.POSITIONAL_OR_KEYWORD
        default = Parameter.empty if each.required or each.repeats else None
        parameters.append(Parameter(each.name, kind, default=default))
    return Signature(parameters)


def status() -> Any:
    """What answers here, in words."""
    said = (
        f"optmargin {__version__}, xlwings {xlwings.__version__}, Python {sys.version.split()[0]} at {sys.executable}"
    )
    said += f"; settings: {in_use().source or 'none'}"
    return [[shown(said if _refused is None else f"optmargin {__version__} gives no figure: {_refused}")]]


status.__name__ = STATUS
status.__doc__ = STATUS_HELP
status.__annotations__ = {}
globals().update({name: udf(function) for name, function in functions().items()})
globals()[STATUS] = _registered(status)
