"""The reference page ``addin/docs/functions.md``, written from the declarations of the worksheet functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optmargin.functions.all import functions
from optmargin.functions.call import usage

if TYPE_CHECKING:
    from optmargin.functions.declare import Argument, WorksheetFunction

_HEAD = """# Worksheet functions

Written by the program from the declarations in `addin/optmargin/functions/`; don't edit this page. Every function takes single
cells or whole columns, and answers with as many rows. Text that isn't understood is `#VALUE!`, a number outside the rule's domain
`#NUM!`, something missing `#N/A`. Try one: `optmargin eval '=SLOTS(100000)'`.
"""


def functions_page() -> str:
    """The page as Markdown."""
    declared = functions()
    names = "\n".join(f"- [{name}](#{name.lower()}): {function.about}" for name, function in declared.items())
    return "\n".join([_HEAD, names, "", *(_section(function) for function in declared.values())])


def _section(function: WorksheetFunction) -> str:
    lines = [f"## {function.name}", "", f"`{usage(function)}`", "", f"{function.about} Answer: {function.returns}.", ""]
    lines += ["| argument | meaning | unit | when blank |", "|---|---|---|---|"]
    lines += [
        f"| `{each.name}` | {meaning(each)} | {each.about.unit} | {when_blank(each)} |" for each in function.arguments
    ]
    lines += [
        "",
        "```",
        function.example.formula,
        _answer(function),
        "```",
        "",
        f"Source of the example: {function.example.source}.",
        "",
    ]
    return "\n".join(lines)


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


def _answer(function: WorksheetFunction) -> str:
    answer = function.example.answer
    return answer if isinstance(answer, str) else f"{answer:.10g}"
