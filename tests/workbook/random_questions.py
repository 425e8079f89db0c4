"""Random questions to worksheet functions, by the units of their arguments: mostly sound ones, some odd cells, some error cells."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions.all import functions
from optmargin.functions.declare import Argument, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator

ODD = (
    None, "", "-", "n/a", " -- ", "abc", "12.5", "1,234", "1,234.50", "1.234,50", "$5", "(5)", "5 %", "-3", 0, -1, 1.5, True, False, 1e13,
    "future", "stock", "nobody", "2022-13-01", "2022-02-30", "2022-12-23", "2022-1-5", "2022/11/05", "20221223", "#N/A", "#num!", 0.001,
    99999, 100000, 20230230, "call", "ibkr", "2,5", "0.5", ".5", "5.", "1.000.000", "12,34", "1,23,456", "+7", "$ 1,140.00", "initial",
    "*", "?", "~",
)  # fmt: skip
_ODD_ROWS, _ERROR_ROWS, _SHORT_ROWS, _BLANKS = 0.15, 0.04, 0.3, 0.35  # shares
_WORDS: dict[Unit, Sequence[object]] = {
    Unit.RIGHT: ("call", "put", "C", "P", "Call", "PUT", " puts "),
    Unit.ASSET_CLASS: ("equity", "narrow_index", "broad_index", "etf", "broad_etf", "Broad Index", "narrow-index"),
    Unit.BOOK: ("ibkr", "cboe", "ibkr-2005", "tastytrade", "alpaca", "IBKR", "ibkr 2005", "ibkr_2005", " cboe"),
    Unit.STAGE: ("initial", "maintenance", "Maintenance "),
    Unit.READING: ("replace", "double", "Accumulate"),
}
_NUMBERS: dict[str, Sequence[object]] = {
    "contracts": (1, 2, 5, 37, 99),
    "multiplier": (100, 100, 50, 10, 1000, 2.5),
    "leverage": (1, 2, 3, 1.5, 5),
    "slot_width": (5, 10, 2.5, 0.1, 1.25),
    "slots": (1, 2, 3, 6, 7.5, 40, 1000),
    "size_multiple": (2, 2, 2, 3, 1, 1.1, 1.5, 2.5, 7),
    "parachutes": (0, 1, 2, 3, 5, 5, 8, 20),
    "credit": (0, 0.5, 1, 2.35, 4.9),
    "buyback": (2.5, 1, 4.75),
    "fee": (0, 1.1, 0.65),
    "roll_debit": (0, 0.1, 0.5, -0.25),
    "cushion": (0, 0.1, 0.3, "25%"),
    "other_margin": (0, 12_345.67, 500),
    "p": (0, 0.53, 0.25, "40 %", 1),
    "b": (1, 2, 0.6),
}


def random_question(name: str, random: Generator) -> list[Any]:
    """The arguments of a question to a function; trailing optional ones may be left out."""
    arguments = functions()[name].arguments
    cells = [_sound(argument, random) for argument in arguments]
    kind = random.random()
    if kind < _ODD_ROWS:
        for _ in range(random.integers(1, 3)):
            cells[random.integers(len(cells))] = _pick(ODD, random)
    elif kind < _ODD_ROWS + _ERROR_ROWS:
        cells[random.integers(len(cells))] = MarginError(_pick(list(ErrorCode), random), "the cell is an error")
    least = sum(argument.required for argument in arguments)
    return cells[: random.integers(least, len(cells) + 1)] if random.random() < _SHORT_ROWS else cells


def serial(day: dt.date) -> int:
    """A day as a spreadsheet counts it."""
    return (day - dt.date(1899, 12, 30)).days


def _pick(values: Sequence[Any], random: Generator) -> Any:
    return values[random.integers(len(values))]


def _sound(argument: Argument, random: Generator) -> Any:
    unit = argument.about.unit
    if not argument.required and random.random() < _BLANKS:
        return None
    if unit in _WORDS:
        return _pick(_WORDS[unit], random)
    if argument.name in _NUMBERS:
        return _pick(_NUMBERS[argument.name], random)
    if unit is Unit.DATE:
        return _day(argument, random)
    if argument.name.endswith("premium"):
        return _pick((0, _price(0.01, 80, random)), random)
    if unit is Unit.USD:
        return _price(1, 5e7, random) * (1 if argument.about.above is not None else _pick((1, 1, -1), random))
    return _price(3, 5000, random)


def _day(argument: Argument, random: Generator) -> Any:
    if "expiry" in argument.name:
        return dt.date(2024, 1, 19) + dt.timedelta(weeks=int(random.integers(3)))
    # From before the first day of the oldest book on.
    day = dt.date(1998, 1, 1) + dt.timedelta(days=int(random.integers(11_000)))
    return _pick([day, day, day.isoformat(), int(day.strftime("%Y%m%d")), serial(day)], random)


def _price(least: float, most: float, random: Generator) -> float:
    price = math.exp(random.uniform(math.log(least), math.log(most)))
    return round(price, int(_pick([0, 1, 2, 2, 2, 3, 4], random))) or 1.0
