"""The workbooks that people open and fill in, by name; each is written the same, byte for byte, every time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from optmargin.workbook.lambda_workbook import write_lambda
from optmargin.workbook.parachutes import write_parachutes
from optmargin.workbook.template import write_template
from optmargin.workbook.tour import write_tour

KINDS: dict[str, Callable[[Path], None]] = {
    "report": write_template,
    "functions": write_tour,
    "lambda": write_lambda,
    "parachutes": write_parachutes,
}
"""What is written for each kind: the report's template, the tour of the functions, the functions as LAMBDA names."""
