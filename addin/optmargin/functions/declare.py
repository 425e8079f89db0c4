"""How a worksheet function is declared: its name, arguments with units and bounds, help, defaults and worked example.

A declaration is a decorated Python function whose parameters are annotated::

    @worksheet_function("SLOTS", category="Account", about="...", returns=Unit.SLOTS, example=Example(...))
    def slots_function(net_liq: Annotated[Any, About("Net liquidation value", Unit.USD)], ...) -> Any: ...

A body receives one value, or a numpy array with one element per row asked, for each argument, and broadcasts.

Every door (terminal, Excel, LibreOffice, the reference page) is a projection of the registry that this builds.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from optmargin.core.errors import MarginError


class Unit(StrEnum):
    """What a number, or a word, of a worksheet function is."""

    USD = "USD"
    USD_PER_SHARE = "USD per share"
    CONTRACTS = "contracts"
    SHARES = "shares per contract"
    FRACTION = "fraction, 0.25 is 25 %"
    TIMES = "times"
    SLOTS = "slots"
    RIGHT = "call or put"
    DATE = "date"
    BOOK = "name of a rule book"
    ASSET_CLASS = "class of the underlying"
    ACCOUNT_TYPE = "margin, cash or ira"
    LEGS = "range with a header row"
    MOVES = "range of fractions, -0.1 is -10 %"
    NUMBERS = "number or range of numbers"
    CHANCES = "probability or range of them, 0.4 is 40 %"
    DAYS = "calendar days"
    PARACHUTES = "parachutes"
    READING = "replace, double or accumulate"
    ROLL = "away or out"
    STAGE = "initial or maintenance"
    EXERCISE = "european or american"
    LEVEL = "auto, exact, calibrated or reference"
    POINTS = "points of the future"
    FUNCTION = "name of a worksheet function"
    ANYTHING = "whatever the function takes"
    TEXT = "text"
    TABLE = "table"


_REQUIRED = inspect.Parameter.empty


@dataclass(frozen=True, slots=True)
class About:
    """What an argument is: its help, its unit, and the bounds outside which a number is refused.

    Attributes:
        help: one sentence without the unit.
        unit: what it is measured in, or which words it takes.
        above: a number must be greater than this.
        at_least: a number must be this or greater.
        at_most: a number must be this or less.
        whole: a number must be whole.
    """

    help: str
    unit: Unit
    above: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a worksheet function.

    Attributes:
        name: as a user sees it.
        about: its help, unit and bounds.
        required: whether it must be given.
        default: what a blank stands for; None is: not given.
        repeats: True for the last argument of a function that takes any number of them.
    """

    name: str
    about: About
    required: bool
    default: object
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example from outside: a formula, its answer, and who says so."""

    formula: str
    answer: float | str
    source: str


@dataclass(frozen=True, slots=True)
class WorksheetFunction:
    """One worksheet function as it was declared.

    Attributes:
        name: as typed in a cell.
        category: the group that it is listed in.
        about: what it answers, in a sentence or two of at most 255 characters.
        returns: what the answer is.
        arguments: in order.
        example: a worked example from outside.
        body: the Python function; takes the terms in force first where ``book`` is among the arguments.
        by_element: True when it answers each row of its arguments apart; False when it takes a range as a whole.
        why: the working of one answer in words, from the same arguments as the body's, each a single value; None where the
            answer says all that there is.
    """

    name: str
    category: str
    about: str
    returns: Unit
    arguments: tuple[Argument, ...]
    example: Example
    body: Callable[..., Any]
    by_element: bool
    why: Callable[..., str] | None = None


class RowsError(MarginError):
    """Some rows of a column that a body can't answer; where it knows which, the others needn't be looked for one by one.

    Attributes:
        errors: by the number of the row, from 0.
    """

    def __init__(self, errors: Mapping[int, MarginError]) -> None:
        first = next(iter(errors.values()))
        super().__init__(first.code, first.problem, first.remedy)
        self.errors = dict(errors)


_registry: dict[str, WorksheetFunction] = {}


def worksheet_function(
    name: str,
    *,
    category: str,
    about: str,
    returns: Unit,
    example: Example,
    by_element: bool = True,
    arguments_of: Callable[..., Any] | None = None,
    why: Callable[..., str] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declares a worksheet function; the decorated function is its body and stays an ordinary one.

    Its arguments are those of its own signature, or those of ``arguments_of``, another body that takes the same.

    Raises:
        ValueError: when an argument isn't annotated, or the name is taken.
    """

    def declare(body: Callable[..., Any]) -> Callable[..., Any]:
        if name in _registry:
            raise ValueError(f"the worksheet function {name} is declared twice")
        declared = arguments_of or body
        hints = typing.get_type_hints(declared, include_extras=True)
        arguments = []
        for parameter in inspect.signature(declared).parameters.values():
            if parameter.name == "in_force":
                continue
            described = [note for note in getattr(hints[parameter.name], "__metadata__", ()) if isinstance(note, About)]
            if not described:
                raise ValueError(f"{name}: the argument {parameter.name} has no About")
            repeats = parameter.kind is inspect.Parameter.VAR_POSITIONAL
            required = parameter.default is _REQUIRED and not repeats
            default = None if parameter.default is _REQUIRED else parameter.default
            arguments.append(Argument(parameter.name, described[-1], required, default, repeats))
        _registry[name] = WorksheetFunction(
            name, category, about, returns, tuple(arguments), example, body, by_element, why
        )
        return body

    return declare


_DECLARED = object()


def argument_help(argument: Argument, default: object = _DECLARED) -> str:
    """What a function wizard says of an argument: its help, its unit and what a blank stands for, at most 255 characters.

    Args:
        argument: of a worksheet function.
        default: what a blank stands for, where the user's settings say so; else the declaration's default.
    """
    about = argument.about
    default = argument.default if default is _DECLARED else default
    blank = (
        "" if default is None else f" Blank is {default:g}." if isinstance(default, float) else f" Blank is {default}."
    )
    return f"{about.help} ({about.unit}).{blank}"


def meaning(argument: Argument) -> str:
    """What an argument is, with the bounds that a number must keep."""
    about = argument.about
    bounds = [
        f"greater than {about.above:g}" if about.above is not None else "",
        f"{about.at_least:g} or more" if about.at_least is not None else "",
        f"{about.at_most:g} or less" if about.at_most is not None else "",
        "whole" if about.whole else "",
    ]
    said = ", ".join(bound for bound in bounds if bound)
    return f"{about.help} ({said})" if said else about.help


def when_blank(argument: Argument) -> str:
    """What a blank stands for."""
    if argument.repeats:
        return "not given"
    if argument.required:
        return "must be given"
    default = argument.default
    return "not given" if default in (None, "") else f"{default:g}" if isinstance(default, float) else str(default)


def answer_of_example(function: WorksheetFunction) -> str:
    """The answer of a function's example in words; of a table that is too large, what stands in it."""
    answer = function.example.answer
    if not isinstance(answer, str):
        return f"{answer:.10g}"
    return f"a table, in it: {answer}" if function.returns is Unit.TABLE and not answer.startswith("[[") else answer


def registered() -> dict[str, WorksheetFunction]:
    """Every declared function by name; importing :mod:`optmargin.functions.all` declares them."""
    return dict(sorted(_registry.items()))
