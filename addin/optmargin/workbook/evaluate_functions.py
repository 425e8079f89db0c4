"""The values that our own live formulas are made of, and the functions that they use; :mod:`.evaluate` reads the formulas."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from statistics import NormalDist
from typing import Any

import numpy as np

_DIGITS = 15  # that a spreadsheet program writes and rounds by


class CellError(Exception):
    """A cell has no value: an error that a program would show, or a formula that isn't one of ours."""


def array_of(rows: Sequence[Sequence[Any]]) -> Any:
    """Numbers as an array of numbers, anything else as one of objects."""
    if all(isinstance(value, float) for row in rows for value in row):
        return np.array(rows, dtype=np.float64)
    made = np.empty((len(rows), len(rows[0])), dtype=object)
    made[:] = rows
    return made


def scalar(value: Any) -> Any:
    """One value, out of whatever a formula has come to."""
    if isinstance(value, np.ndarray):
        if value.size != 1:
            raise CellError("a range where one value is wanted")
        value = value.ravel()[0]
    if isinstance(value, (np.bool_, bool)):
        return bool(value)
    if isinstance(value, (np.floating, np.integer, int)):
        value = float(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise CellError("not a number")
    return 0.0 if value is None else value


def number(value: Any) -> Any:
    """A number, or an array of them; blank is 0, a truth 1 or 0."""
    if isinstance(value, np.ndarray):
        if value.dtype != object:
            return value.astype(np.float64)
        return np.array([number(each) for each in value.ravel()], dtype=np.float64).reshape(value.shape)
    if isinstance(value, str):
        raise CellError(value)
    return 0.0 if value is None else float(value)


def negative(value: Any) -> Any:
    """The number with its sign turned."""
    return -number(value)


def written(value: Any) -> str:
    """A value as it appears within a text."""
    value = scalar(value) if value is not None else ""
    if isinstance(value, bool):
        return str(value).upper()
    return value if isinstance(value, str) else f"{value:.{_DIGITS}g}"


def compared(sign: str, left: Any, right: Any) -> Any:
    """A comparison of two values, or of every one of a range."""
    if _is_numeric(left) and _is_numeric(right):
        return _COMPARISONS[sign](left, right)
    if isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
        a, b = np.broadcast_arrays(np.asarray(left, dtype=object), np.asarray(right, dtype=object))
        pairs = zip(a.ravel(), b.ravel(), strict=True)
        return np.array([compared(sign, *pair) for pair in pairs], dtype=np.bool_).reshape(a.shape)
    left, right = _alike(left, right), _alike(right, left)
    if isinstance(left, str) != isinstance(right, str):  # a text is larger than any number
        left, right = float(isinstance(left, str)), float(isinstance(right, str))
    return bool(_COMPARISONS[sign](left, right))


def _is_numeric(value: Any) -> bool:
    return value.dtype != object if isinstance(value, np.ndarray) else isinstance(value, float)


_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip


def _alike(value: Any, other: Any) -> Any:
    if value is None:
        return "" if isinstance(other, str) else 0.0
    return value.casefold() if isinstance(value, str) else value


def _divided(a: Any, b: Any) -> Any:
    if np.any(np.equal(b, 0)):
        raise CellError("#DIV/0!")
    return a / b


ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divided,
    "^": lambda a, b: a**b,
}


# Functions ---------------------------------------------------------------------------------------------------------------


def _flat(values: Sequence[Any]) -> list[float]:
    """The numbers among values; what else a range holds isn't counted."""
    found: list[float] = []
    for value in values:
        if isinstance(value, np.ndarray):
            found += [
                float(each)
                for each in value.ravel()
                if isinstance(each, (float, int, np.floating, np.bool_)) and not (isinstance(each, bool))
            ]
        else:
            found.append(number(value))
    return found


def _rounded(amount: Any, digits: Any, rounding: str = ROUND_HALF_UP) -> float:
    place = Decimal(1).scaleb(-int(number(digits)))
    return float(Decimal(f"{number(scalar(amount)):.{_DIGITS}g}").quantize(place, rounding=rounding)) + 0.0


def _fixed(amount: Any, digits: Any) -> str:
    return f"{_rounded(amount, digits):,.{int(number(digits))}f}"


def _ln(value: Any) -> Any:
    amount = number(value)
    if np.any(np.less_equal(amount, 0)):
        raise CellError("#NUM!")
    return np.log(amount)


def _sqrt(value: Any) -> Any:
    amount = number(value)
    if np.any(np.less(amount, 0)):
        raise CellError("#NUM!")
    return np.sqrt(amount)


def _normal_inverse(value: Any) -> float:
    amount = number(scalar(value))
    if not 0 < amount < 1:
        raise CellError("#NUM!")
    return NormalDist().inv_cdf(amount)


def _index(array: Any, row: Any, column: Any = 1.0) -> Any:
    at = int(number(row)), int(number(column))
    if not (1 <= at[0] <= array.shape[0] and 1 <= at[1] <= array.shape[1]):
        raise CellError("#REF!")
    return array[at[0] - 1, at[1] - 1]


def _match(wanted: Any, array: Any, _kind: Any) -> float:
    for at, each in enumerate(array.ravel(), start=1):
        if each is not None and isinstance(each, str) == isinstance(wanted, str) and compared("=", each, wanted):
            return float(at)
    raise CellError("#N/A")


def _is_like(value: Any, criterion: Any) -> bool:
    if isinstance(criterion, str) and criterion.endswith("*"):
        return isinstance(value, str) and value.casefold().startswith(criterion[:-1].casefold())
    return (
        value is not None and isinstance(value, str) == isinstance(criterion, str) and compared("=", value, criterion)
    )


def _countifs(*given: Any) -> float:
    columns, criteria = [each.ravel() for each in given[::2]], given[1::2]
    return float(
        sum(all(map(_is_like, row, criteria)) for row in zip(*columns, strict=True))
    )  # fmt: skip


def _sumifs(summed: Any, *given: Any) -> float:
    columns, criteria = [each.ravel() for each in given[::2]], given[1::2]
    rows = zip(summed.ravel(), *columns, strict=True)
    return math.fsum(_flat([array_of([[row[0]]])])[0] for row in rows if all(map(_is_like, row[1:], criteria)))


def _truths(values: Sequence[Any]) -> list[bool]:
    return [
        bool(number(each)) for value in values for each in (value.ravel() if isinstance(value, np.ndarray) else [value])
    ]


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "AND": lambda *given: all(_truths(given)),
    "OR": lambda *given: any(_truths(given)),
    "NOT": lambda value: not _truths([value])[0],
    "ISNUMBER": lambda value: isinstance(value, float) and not isinstance(value, bool),
    "ISTEXT": lambda value: isinstance(value, str),
    "ROUND": _rounded,
    "ROUNDUP": lambda amount, digits: _rounded(amount, digits, "ROUND_UP"),
    "ROUNDDOWN": lambda amount, digits: _rounded(amount, digits, "ROUND_DOWN"),
    "INT": lambda amount: float(math.floor(number(amount))),
    "ABS": lambda amount: np.abs(number(amount)),
    "EXP": lambda amount: np.exp(number(amount)),
    "LN": _ln,
    "SQRT": _sqrt,
    "FIXED": _fixed,
    "MAX": lambda *given: max(_flat(given), default=0.0),
    "MIN": lambda *given: min(_flat(given), default=0.0),
    "SUM": lambda *given: math.fsum(_flat(given)),
    "SUMPRODUCT": lambda array: math.fsum(np.ravel(number(array)).tolist()),
    "COUNT": lambda *given: float(len(_flat(given))),
    "COUNTA": lambda *given: float(sum(each is not None for array in given for each in array.ravel())),
    "COUNTIF": _countifs,
    "COUNTIFS": _countifs,
    "SUMIFS": _sumifs,
    "INDEX": _index,
    "MATCH": _match,
    "N": lambda value: value if isinstance(value, float) else 0.0,
    "PI": lambda: math.pi,
    "NORMSDIST": lambda value: math.erfc(-number(scalar(value)) * math.sqrt(0.5)) / 2,
    "NORMSINV": _normal_inverse,
    "LEFT": lambda text, count: written(text)[: int(number(count))],
    "YEAR": lambda day: float(day.year),
    "MONTH": lambda day: float(day.month),
    "DAY": lambda day: float(day.day),
    "RIGHT": lambda text, count: written(text)[-int(number(count)) :],
}
