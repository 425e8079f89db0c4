"""MARGIN_WHY, MARGIN_HELP and MARGIN_BOOK: why a cell shows what it shows, how a function is used, and which rules hold.

Excel's own tooltips don't reach these functions, and an error cell has no room for a sentence; so both are asked for in a cell.
"""

from __future__ import annotations

import textwrap
from typing import Annotated, Any

from optmargin.core.errors import MarginError
from optmargin.functions import call as calling
from optmargin.functions.book import EXPLAIN_COLUMNS
from optmargin.functions.declare import About, Example, Unit, answer_of_example, argument_help, worksheet_function
from optmargin.functions.naked import AsOf
from optmargin.functions.reading import default_of
from optmargin.functions.settings import in_use
from optmargin.rules.book import book, book_names

# Excel refuses a longer text from a function of an add-in; a longer one goes on in the row below.
LONGEST_TEXT = 255

_THREAD = "Options forum thread 'Does anyone really understand margin?', 20-21 Nov 2005, posts 2 and 8"
# Functions of a whole book, whose working is MARGIN_EXPLAIN's, from the same first arguments.
_EXPLAINED = frozenset({"BOOK_MARGIN"})
BOOK_COLUMNS = ("book", "title", "convention", "first_day", "latest_terms", "default")

FunctionName = Annotated[Any, About('The function\'s name in quotes, such as "NAKED_MARGIN"', Unit.FUNCTION)]


@worksheet_function(
    "MARGIN_WHY",
    category="Help",
    about=(
        "Why a function answers what it answers: the working, with the rule that bound and its book, or what was seen and what would "
        "help where it is an error. Give the function's name in quotes, then the same arguments."
    ),
    returns=Unit.TEXT,
    example=Example(
        '=MARGIN_WHY("NAKED_MARGIN", "call", 17.40, 20, 0.65, 1, 100, "equity", "ibkr-2005")',
        "(0.65 + max(0.88, 1.74, 2.50: floor)) x 100 = 315.00 [ibkr-2005]",
        _THREAD,
    ),
    by_element=False,
)
def margin_why(
    function_name: FunctionName,
    *arguments: Annotated[Any, About("The arguments of that function, as they stand in its cell", Unit.ANYTHING)],
) -> list[list[Any]]:
    """One text for each row that the function answers; one text alone goes on in the rows below where it is long.

    Raises:
        MarginError: ``#VALUE!`` for an unknown function or a wrong number of arguments.
    """
    name = calling.declared(function_name).name
    cells = [_cell_or_grid(grid) for grid in arguments]
    if name in _EXPLAINED:
        return _explained(name, cells)
    said = calling.why(name, cells)
    if said.is_single:
        return [[line] for line in wrapped(str(said.first))]
    return [[_cut(str(cell)) for cell in row] for row in said.rows]


def _cell_or_grid(grid: calling.Grid) -> Any:
    """A grid of one cell as that cell, so that a function of single cells answers as it would beside it."""
    return grid[0][0] if len(grid) == len(grid[0]) == 1 else grid


def _explained(name: str, cells: list[Any]) -> list[list[Any]]:
    answer = calling.call(name, cells)
    if isinstance(answer.first, MarginError):
        return [[line] for line in wrapped(f"{answer.first.code.value}: {answer.first}")]
    table = calling.call("MARGIN_EXPLAIN", cells)
    at = {column: number for number, column in enumerate(EXPLAIN_COLUMNS)}
    lines = [f"{name} = {answer.first:,.2f}, the sum of:"]
    for row in table.rows[1:]:
        place = f"{row[at['underlying']]} {row[at['expiry']] or 'stock'}"
        if row[at["rule"]] == "warning":
            lines.append(f"But: {row[at['working']]}")
            continue
        amount = f"{row[at['amount']]:,.2f}"
        lines.append(f"{place}: {row[at['rule']]}, {row[at['legs']]}: {row[at['working']]}; {amount}")
    return [[part] for line in lines for part in wrapped(line)]


def wrapped(text: str) -> list[str]:
    """A text in lines of at most 255 characters, broken between words."""
    return textwrap.wrap(text, LONGEST_TEXT) or [""]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


@worksheet_function(
    "MARGIN_HELP",
    category="Help",
    about=(
        "How a function is written, what each argument means and its unit, and a worked example with its answer. Without a name: every "
        "function and what it answers. Spills."
    ),
    returns=Unit.TABLE,
    example=Example(
        '=MARGIN_HELP("SLOTS")', "SLOTS(net_liq, [slot_width], [multiplier])", "the function's declaration"
    ),
    by_element=False,
)
def margin_help(
    function_name: Annotated[
        Any, About('The function\'s name in quotes, such as "SLOTS"; blank is all', Unit.FUNCTION)
    ] = "",
) -> list[list[Any]]:
    """Rows of two: what is described, and its description.

    Raises:
        MarginError: ``#VALUE!`` for an unknown function.
    """
    if not function_name:
        return [[name, each.about] for name, each in calling.functions().items()]
    found = calling.declared(function_name)
    return [
        [found.name, found.about],
        ["written", calling.usage(found)],
        *([argument.name, argument_help(argument, default_of(argument))] for argument in found.arguments),
        ["answer", str(found.returns)],
        ["example", _cut(found.example.formula)],
        ["its answer", _cut(answer_of_example(found))],
        ["its source", _cut(found.example.source)],
    ]


@worksheet_function(
    "MARGIN_BOOK",
    category="Help",
    about=(
        "The rule books: name, title, bookkeeping convention, first day answered, the day since which the terms asked for hold, and "
        "which one a blank book argument means by your settings. Spills a table with a header."
    ),
    returns=Unit.TABLE,
    example=Example("=MARGIN_BOOK()", "cboe", "the rule books' own files, each with its sources"),
    by_element=False,
)
def margin_book(as_of: AsOf = None) -> list[list[Any]]:
    """The table: :data:`BOOK_COLUMNS`, one row per book; a book that doesn't answer the day has an error in ``latest_terms``."""
    day = None if as_of != as_of else as_of.astype(object)
    settings = in_use()
    rows: list[list[Any]] = [list(BOOK_COLUMNS)]
    for name in book_names():
        found = book(name)
        try:
            since: Any = max(version.first_day for version in found.on(day).versions.values())
        except MarginError as error:
            since = error
        default = ""
        if name == settings.book:
            default = "yes" if settings.as_of is None else f"yes, as of {settings.as_of}"
        rows.append([name, found.title, str(found.convention), found.first_day, since, default])
    return rows
