"""A UDF module for the check under wine: it hands back what it was asked with, by the cells of our Excel door."""

import datetime as dt

from xlwings import arg, func, ret

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.hosts.excel.cells import argument, rows

# One of each kind of cell that an answer may have.
KINDS = [[315.0, "text", True], [dt.date(2022, 12, 23), None, MarginError(ErrorCode.NUM, "")]]


@func
@arg("given", "raw")
@ret("raw")
def ECHO(given=None):  # noqa: N802 - Excel's name
    """Gives back the cells that it gets."""
    found = argument(given)
    return rows(found if isinstance(found, list) else [[found]])


@func
@ret("raw")
def EVERY_KIND():  # noqa: N802 - Excel's name
    """Gives one of each kind of cell."""
    return rows(KINDS)
