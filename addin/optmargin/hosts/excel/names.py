"""Which names Excel and VBA refuse: reserved words, cell addresses, and the functions that Excel already has.

Excel finds its own function before ours: a function of ours called PRICE would never be asked, and the cell would show the price
of a bond. So every declared name is held against the lists of ``taken_names.toml``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from optmargin.functions.declare import argument_help

if TYPE_CHECKING:
    from optmargin.functions.declare import WorksheetFunction

LONGEST_TEXT = 255  # characters of a description in the function wizard, and of a text in an answer
MOST_ARGUMENTS = 20  # what a function takes is described in one VBA statement, which has at most 25 lines

# Who keeps a name for itself, in the order of taken_names.toml.
_OWNERS = {
    "vba": "a word of VBA's own",
    "vba_statements": "a word that statements of VBA begin with",
    "excel": "a worksheet function of Excel's own, which a cell would find in its place",
    "excel_4": "a function of Excel's old macro sheets, which a cell refuses",
}

_FUNCTION_NAME = re.compile(r"[A-Z][A-Z0-9_]*", re.ASCII)
_ARGUMENT_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_CELL = re.compile(r"([A-Z]{1,3})([0-9]+)", re.ASCII)
_ROW_AND_COLUMN = re.compile(r"R([0-9]*)(C([0-9]*))?|C([0-9]*)", re.ASCII)
_LAST_COLUMN = "XFD"
_FEWEST_LETTERS = 3


def problem_of_function_name(name: str) -> str:
    """Why Excel or VBA would refuse a function of that name, in a sentence without a full stop; empty when they wouldn't."""
    if not _FUNCTION_NAME.fullmatch(name):
        return f"{name} isn't made of capitals, digits and underscores, a letter first"
    if sum(sign.isalpha() for sign in name) < _FEWEST_LETTERS:
        return f"{name} has fewer than {_FEWEST_LETTERS} letters"
    if _is_cell(name):
        return f"{name} is the address of a cell"
    return _owned(name, _OWNERS)


def problem_of_argument_name(name: str) -> str:
    """Why VBA would refuse an argument of that name, in a sentence without a full stop; empty when it wouldn't."""
    if not _ARGUMENT_NAME.fullmatch(name):
        return f"{name} isn't made of small letters, digits and underscores, a letter first"
    return _owned(name, ("vba", "vba_statements"))


@cache
def taken_names() -> dict[str, frozenset[str]]:
    """The names that others keep, in lower case, by who keeps them."""
    table = tomllib.loads((Path(__file__).parent / "taken_names.toml").read_text(encoding="utf-8"))
    return {owner: frozenset(table[owner]["words"].lower().split()) for owner in _OWNERS}


def _owned(name: str, owners: Iterable[str]) -> str:
    """Whose name it is, in a sentence; empty when it is nobody's."""
    owner = next((owner for owner in owners if name.lower() in taken_names()[owner]), None)
    return "" if owner is None else f"{name} is {_OWNERS[owner]}"


def _is_cell(name: str) -> bool:
    """Whether a name is an address, such as ``TAX2024`` or ``R1C1``."""
    cell = _CELL.fullmatch(name)
    if cell is not None and (len(cell[1]), cell[1]) <= (len(_LAST_COLUMN), _LAST_COLUMN):
        return True
    return _ROW_AND_COLUMN.fullmatch(name) is not None


def problems(functions: Iterable[WorksheetFunction]) -> Iterator[str]:
    """What Excel, VBA or xlwings would refuse in these functions, as sentences without a full stop."""
    taken: set[str] = set()
    for function in functions:
        if said := problem_of_function_name(function.name):
            yield said
        names = [argument.name for argument in function.arguments]
        yield from (f"{function.name}: {said}" for name in names if (said := problem_of_argument_name(name)))
        if function.name.lower() in names:
            yield f"{function.name}: an argument bears the function's own name"
        if len(names) > MOST_ARGUMENTS:
            yield f"{function.name} takes {len(names)} arguments; at most {MOST_ARGUMENTS} fit"
        if any(argument.repeats for argument in function.arguments):
            first = function.arguments[:-1]
            if not first or not all(argument.required for argument in first):
                yield f"{function.name}: xlwings repeats an argument only after others that must all be given"
        yield from _texts_too_long(function)
        if function.name in taken:
            yield f"{function.name} is declared twice"
        taken.add(function.name)


def _texts_too_long(function: WorksheetFunction) -> Iterator[str]:
    texts = {"about": function.about} | {argument.name: argument_help(argument) for argument in function.arguments}
    for name, text in texts.items():
        if len(text) > LONGEST_TEXT:
            yield f"{function.name}: the text of {name} has {len(text)} characters; at most {LONGEST_TEXT} are shown"
