"""The functions of :mod:`optmargin.hosts.excel.udfs` for a workbook that counts its days from 1904; the add-in's VBA knows who asks."""

from __future__ import annotations

from optmargin.functions.all import functions
from optmargin.hosts.days import FIRST_DAY_OF_1904
from optmargin.hosts.excel import udfs
from optmargin.hosts.excel.vba import STATUS

globals().update({name: udfs.udf(function, FIRST_DAY_OF_1904) for name, function in functions().items()})
globals()[STATUS] = getattr(udfs, STATUS)
