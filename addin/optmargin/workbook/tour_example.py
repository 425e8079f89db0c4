"""The arguments of a declared example, taken out of its formula, so that they can stand in cells of their own."""

from __future__ import annotations

import ast
import contextlib
import datetime as dt
from typing import TYPE_CHECKING, Any

from openpyxl.formula import Tokenizer

from optmargin.functions.declare import Argument, Unit, WorksheetFunction

if TYPE_CHECKING:
    from openpyxl.formula.tokenizer import Token

    from optmargin.functions.call import Cell, Grid

# Columns of legs that hold days.
_DAY_HEADINGS = frozenset({"expiry", "as_of"})


def arguments_of(function: WorksheetFunction) -> list[Cell | Grid] | None:
    """The arguments of the function's example: cells, or grids where it has an array; days as days.

    None where the formula isn't one call with numbers, texts, truth values and arrays of them.
    """
    tokens = [token for token in Tokenizer(function.example.formula).items if token.type != "WHITE-SPACE"]
    if not tokens or tokens[0].value.upper() != f"{function.name}(" or _calls(tokens) != 1:
        return None
    arguments: list[Cell | Grid] = []
    pending: list[Token] = []
    depth = 0
    for token in tokens[1:-1]:
        if token.type == "ARRAY":
            depth += 1 if token.subtype == "OPEN" else -1
        if token.type == "SEP" and depth == 0:
            arguments.append(_value(pending))
            pending = []
        else:
            pending.append(token)
    if pending or arguments:
        arguments.append(_value(pending))
    if function.arguments and function.arguments[-1].repeats:
        return arguments
    return [_dated(argument, value) for argument, value in zip(function.arguments, arguments, strict=False)]


def _calls(tokens: list[Token]) -> int:
    return sum(token.type == "FUNC" and token.subtype == "OPEN" for token in tokens)


def _value(tokens: list[Token]) -> Cell | Grid:
    if tokens and tokens[0].type == "ARRAY":
        return _grid(tokens)
    return _cell(tokens)


def _grid(tokens: list[Token]) -> Grid:
    rows: Grid = [[]]
    pending: list[Token] = []
    for token in tokens[1:]:
        if token.type not in {"SEP", "ARRAY"}:
            pending.append(token)
            continue
        rows[-1].append(_cell(pending))
        pending = []
        if token.subtype == "ROW":
            rows.append([])
    return rows


def _cell(tokens: list[Token]) -> Cell:
    if not tokens:
        return None
    sign = -1.0 if tokens[0].type == "OPERATOR-PREFIX" and tokens[0].value == "-" else 1.0
    operand = next(token for token in tokens if token.type == "OPERAND")
    text = str(operand.value)
    if operand.subtype == "TEXT":
        return text[1:-1].replace('""', '"')
    if operand.subtype == "LOGICAL":
        return text.upper() == "TRUE"
    share = 0.01 if tokens[-1].type == "OPERATOR-POSTFIX" else 1.0
    return sign * float(text) * share


def _dated(argument: Argument, value: Cell | Grid) -> Cell | Grid:
    """ISO days of an argument, or of the columns of its legs that hold days, as days."""
    if argument.about.unit is Unit.DATE and not isinstance(value, list):
        return _day(value)
    if argument.about.unit is not Unit.LEGS or not isinstance(value, list):
        return value
    are_days = [heading in _DAY_HEADINGS for heading in value[0]]
    rows = [[_day(cell) if is_day else cell for cell, is_day in zip(row, are_days, strict=True)] for row in value[1:]]
    return [value[0], *rows]


def _day(value: Cell) -> Cell:
    with contextlib.suppress(TypeError, ValueError):
        return dt.date.fromisoformat(value)  # type: ignore[arg-type]
    return value


def rows_of(function: WorksheetFunction) -> Grid | None:
    """The rows that the example states as its answer, or as a part of it: some rows, or the first cells of one.

    None where it states a number or a text.
    """
    answer = function.example.answer
    if not isinstance(answer, str) or not answer.startswith("["):
        return None
    for listed in (answer, f"[{answer}]", f"[{answer.rstrip(', ')}]]"):
        with contextlib.suppress(SyntaxError, ValueError):
            found = _literal(ast.parse(listed, mode="eval").body)
            if isinstance(found, list) and all(isinstance(row, list) for row in found):
                return found
    return None


def _literal(node: ast.expr) -> Any:
    """What a list of lists with numbers, texts and ``datetime.date(...)`` in it says."""
    if isinstance(node, ast.List):
        return [_literal(each) for each in node.elts]
    if isinstance(node, ast.Call):
        return dt.date(*(ast.literal_eval(each) for each in node.args))
    return ast.literal_eval(node)
