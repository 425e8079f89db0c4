"""Our own VBA module, written from the declarations: one VBA function per worksheet function, and its texts for the wizard.

xlwings can write such a module itself. Ours differs in what a trader sees: the answers' error texts become Excel's real errors,
and a cell costs a fraction, since the Python process is looked up once and ranges are read inside Excel (``server.bas``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions.declare import Unit, WorksheetFunction, argument_help
from optmargin.hosts.excel.names import problems

MODULE = "OptmarginFunctions"
STATUS = "OPTMARGIN_STATUS"
STATUS_HELP = "Which optmargin, Python and settings answer in Excel, or why none does."
CATEGORY = "optmargin"

WIDEST_LINE = 120  # for the eye
LONGEST_LINE = 1023  # what VBA reads of a line
MOST_CONTINUED = 24  # and how many further lines a statement may have

# VBA's modules are in the letters of a Windows code page; these signs have a plain twin, others are refused.
_PLAIN = str.maketrans(
    {"–": "-", "—": "-", "−": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "…": "...", "×": "x", "≥": ">="}
)


def module_text(functions: Iterable[WorksheetFunction]) -> str:
    """The module as VBA's editor shows it, without the line of its name; lines end as in any text here.

    Raises:
        MarginError: ``#NAME?`` when Excel or VBA would refuse a function; says which and why.
    """
    declared = list(functions)
    refused = [*problems(declared), *_hidden_procedures(declared)]
    if refused:
        raise MarginError(ErrorCode.NAME, f"Excel can't have these functions: {'; '.join(refused)}", "rename them")
    parts = [part("server.bas"), _descriptions(declared), *(_function(function) for function in declared)]
    text = "\n".join(parts)
    _check_lines(text)
    return text


@cache
def part(name: str) -> str:
    """A part of the add-in's VBA that is the same whatever is declared: ``server.bas``, ``workbook.bas``."""
    return (Path(__file__).parent / name).read_text(encoding="ascii")


def _hidden_procedures(functions: Sequence[WorksheetFunction]) -> list[str]:
    """Arguments that bear the name of a procedure of ours, which they would hide inside their function."""
    ours = {name.lower() for name in re.findall(r"(?:Function|Sub) (\w+)\(", part("server.bas"))} | {"ommany", "omat"}
    return [
        f"{function.name}: the argument {argument.name} hides a procedure"
        for function in functions
        for argument in function.arguments
        if argument.name.lower() in ours
    ]


def _function(function: WorksheetFunction) -> str:
    name, in_words = function.name, str(function.returns is Unit.TEXT)
    taken = [
        f"ParamArray {argument.name}() As Variant"
        if argument.repeats
        else f"{'' if argument.required else 'Optional '}{argument.name} As Variant"
        for argument in function.arguments
    ]
    head = _statement(f"Public Function {name}(", taken, ") As Variant")
    fixed = [f"OmSent({argument.name})" for argument in function.arguments if not argument.repeats]
    if len(fixed) == len(function.arguments):
        body = _statement(f'    {name} = OmCall("{name}", Array(', fixed, f"), {in_words})")
        return f"{head}\n{body}\nEnd Function\n"
    repeated, count = function.arguments[-1].name, len(fixed)
    lines = [
        head,
        "    Dim omMany() As Variant, omAt As Long",
        f"    ReDim omMany(0 To {count} + UBound({repeated}))",
        *(f"    omMany({at}) = {sent}" for at, sent in enumerate(fixed)),
        f"    For omAt = 0 To UBound({repeated})",
        f"        omMany({count} + omAt) = OmSent({repeated}(omAt))",
        "    Next omAt",
        f'    {name} = OmCall("{name}", omMany, {in_words})',
        "End Function",
        "",
    ]
    return "\n".join(lines)


def _descriptions(functions: Sequence[WorksheetFunction]) -> str:
    """One procedure per function, since VBA limits the size of one, and one that calls them all."""
    names = [STATUS, *(function.name for function in functions)]
    calls = [f"    OmDescribe_{name}" for name in names]
    every = ["Public Sub OptmarginDescribe()", *calls, "    ThisWorkbook.Saved = True", "End Sub", ""]
    described = [_description(STATUS, STATUS_HELP, [])]
    for function in functions:
        described.append(
            _description(function.name, function.about, [argument_help(each) for each in function.arguments])
        )
    return "\n".join([*every, *described])


def _description(name: str, about: str, arguments: Sequence[str]) -> str:
    start = f'    OmDescribe "{name}", {_quoted(about)}, Array('
    statement = _statement(start, [_quoted(text) for text in arguments], ")")
    return f"Private Sub OmDescribe_{name}()\n{statement}\nEnd Sub\n"


def _statement(start: str, parts: Sequence[str], end: str) -> str:
    """A statement with a list in it: in one line where that fits the eye, else a line for each part."""
    line = f"{start}{', '.join(parts)}{end}"
    if len(line) <= WIDEST_LINE or not parts:
        return line
    indent = " " * (len(start) - len(start.lstrip()) + 4)
    return f" _\n{indent}".join([start, *(f"{each}," for each in parts[:-1]), f"{parts[-1]}{end}"])


def _quoted(text: str) -> str:
    """A text as VBA writes it.

    Raises:
        MarginError: ``#VALUE!`` for a sign that VBA's code page may not have.
    """
    plain = text.translate(_PLAIN)
    if not plain.isascii():
        strange = next(sign for sign in plain if not sign.isascii())
        problem = f"the help text {text!r} has the sign {strange!r}, which VBA may not have"
        raise MarginError(ErrorCode.VALUE, problem, "write it in plain letters")
    return '"' + plain.replace('"', '""') + '"'


def _check_lines(text: str) -> None:
    """Refuses what VBA's compiler would.

    Raises:
        MarginError: ``#VALUE!`` for a line or a statement that is too long.
    """
    continued = 0
    for line in text.split("\n"):
        continued = continued + 1 if line.endswith(" _") else 0
        if len(line) > LONGEST_LINE or continued > MOST_CONTINUED:
            raise MarginError(ErrorCode.VALUE, f"VBA can't read so long a statement: {line[:80]}", "shorten its texts")
