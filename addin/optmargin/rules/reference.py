"""The reference page ``addin/docs/rules.md``, written from the rule books: every term with its values, days and sources."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from optmargin.rules.book import book, book_names, term_fields

if TYPE_CHECKING:
    from optmargin.rules.book import Book, DatedTerm

_HEAD = """# Rule books

Written by the program from `addin/optmargin/rules/books/`; don't edit this page, edit the books. Each figure holds from its first
day until the next one's, and names its source. A note says where a figure was inferred, fitted or could not be verified.
"""


def rules_page() -> str:
    """The page as Markdown."""
    parts = [_HEAD, _overview()]
    parts.extend(_book(book(name)) for name in book_names())
    return "\n".join(parts)


def _overview() -> str:
    rows = ["| book | what it is | convention | answers from | floor |", "|---|---|---|---|---|"]
    for name in book_names():
        found = book(name)
        rows.append(
            f"| [`{name}`](#{name}) | {found.title} | {found.convention} | {found.first_day} | {found.floor or '-'} |"
        )
    return "\n".join(rows) + "\n"


def _book(found: Book) -> str:
    lines = [f"## {found.name}", "", found.title + f"; convention: {found.convention}.", ""]
    lines += ["| term | meaning | from | value | source | note |", "|---|---|---|---|---|---|"]
    for key, described in term_fields().items():
        about = described.metadata
        meaning = f"{about['what']} ({about['unit']})" if about["unit"] else about["what"]
        for number, version in enumerate(found.versions[key]):
            shown = (f"`{key}`", meaning) if number == 0 else ("", "")
            lines.append(_row(version, shown))
    if found.differs:
        lines += ["", f"Where it differs from `{found.floor}`, the floor:", ""]
        lines += [f"- `{each.term}`: {each.why} ({each.source.cite})" for each in found.differs]
    lines += ["", "Sources:", ""]
    for source in found.sources.values():
        where = ", ".join(part for part in (source.page, source.url) if part)
        lines.append(f"- {source.title} ({source.date}). {where}")
    return "\n".join(lines) + "\n"


def _row(version: DatedTerm, shown: tuple[str, str]) -> str:
    cells = (*shown, str(version.first_day), _value(version.value), version.source.cite, version.note)
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        rates: dict[str, list[str]] = {}
        for asset_class, rate in value.items():
            rates.setdefault(f"{rate:.4g}", []).append(str(asset_class))
        return "; ".join(f"{rate} {', '.join(classes)}" for rate, classes in rates.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, StrEnum) else f"{value:.10g}"
