"""Formulas as people type them, and as an .xlsx file stores them.

What is bound by LET or LAMBDA bears a prefix in the file, and so does every function that came after 2007. A parameter that may be
left out is typed in brackets, ``[book]``, and stored as ``_xlop.book`` where it is declared and ``_xlpm.book`` where it is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Defined names of ours that aren't worksheet functions begin so.
HELPER = "om_"

_LATER_FUNCTIONS = frozenset({"ISOMITTED", "LAMBDA", "LET", "NUMBERVALUE", "SCAN", "SEQUENCE", "XMATCH"})
_TRUTHS = frozenset({"TRUE", "FALSE"})
_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"]|"")*")|(?P<error>\#[A-Z0-9/]+[!?]?)|\[(?P<optional>[A-Za-z_][\w.]*)\]"""
    r"""|(?P<call>[A-Za-z_][\w.]*)(?=\()|(?P<number>\d[\d.]*(?:E[+-]?\d+)?)|(?P<name>[A-Za-z_][\w.]*)|(?P<space>\s+)|(?P<other>.)""",
    re.DOTALL,
)


def stored(typed: str) -> str:
    """The formula as the file holds it, without the blanks and line ends that made it readable.

    Args:
        typed: the formula as it is typed in Excel with English names, without its equals sign.
    """
    return "".join(_stored_tokens(typed))


def _stored_tokens(typed: str) -> Iterator[str]:
    for found in _TOKEN.finditer(typed):
        kind, word = str(found.lastgroup), found[str(found.lastgroup)]
        if kind == "optional":
            yield f"_xlop.{word}"
        elif kind == "call":
            yield f"_xlfn.{word}" if word in _LATER_FUNCTIONS else word
        elif kind == "name" and word not in _TRUTHS and not word.startswith(HELPER):
            yield f"_xlpm.{word}"
        elif kind != "space":
            yield word


def quoted(text: str) -> str:
    """A text as a formula writes it."""
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def any_of(name: str, words: Iterator[str] | list[str] | tuple[str, ...]) -> str:
    """The part of a formula that is above zero where ``name`` is one of the words; works for a column too, which OR doesn't."""
    return "+".join(f"({name}={quoted(word)})" for word in words)


def first_error(names: list[str]) -> str:
    """The part of a formula that is the first of the errors among the names, in their order, and 0 where none is one."""
    chain = "0"
    for name in reversed(names):
        chain = f"om_first({name}, {chain})"
    return chain
