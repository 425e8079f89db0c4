"""The reference page ``addin/docs/functions.md``, written from the declarations of the worksheet functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optmargin.functions.all import functions
from optmargin.functions.call import usage
from optmargin.functions.declare import answer_of_example, meaning, when_blank

if TYPE_CHECKING:
    from optmargin.functions.declare import WorksheetFunction

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
        answer_of_example(function),
        "```",
        "",
        f"Source of the example: {function.example.source}.",
        "",
    ]
    return "\n".join(lines)
