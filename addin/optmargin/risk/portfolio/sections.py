"""Reading of a table's TOML: a head, sources, and sections of rows with a first day and a source each."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from typing import Any, TypeAlias

from optmargin.core.errors import ErrorCode, MarginError, nearest
from optmargin.rules.book import Source

Row: TypeAlias = dict[str, Any]
Kinds: TypeAlias = Mapping[str, type | tuple[type, ...]]


class TableError(MarginError):
    """A table's file that can't be used; the problem names the file and the row."""


def read_sections(text: str, file: str, keys: Mapping[str, Kinds]) -> tuple[dict[str, Any], dict[str, Source]]:
    """The sections of a table's TOML and its sources; every row has its keys, a first day and a source that is declared.

    Args:
        text: the TOML.
        file: its name, for errors.
        keys: for each section of rows, the keys that a row must have and their types.

    Raises:
        TableError: ``#VALUE!`` for anything else.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TableError(ErrorCode.VALUE, f"{file}: not TOML: {error}", "mend the line") from None
    head = raw.pop("table", None)
    first = isinstance(head, dict) and head.get("first_day")
    if not isinstance(head, dict) or not isinstance(first, dt.date) or not head.get("name") or not head.get("title"):
        raise TableError(ErrorCode.VALUE, f"{file}: no [table] with name, title and first_day", "add it")
    sources = _sources(raw.pop("sources", {}), file)
    unknown = set(raw) - set(keys)
    if unknown:
        name = min(unknown)
        raise TableError(ErrorCode.VALUE, f"{file}: unknown section '{name}'", nearest(name, keys))
    sections: dict[str, Any] = {"table": head}
    for section, wanted in keys.items():
        rows = raw.get(section, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise TableError(ErrorCode.VALUE, f"{file}: {section} isn't a list of rows", f"write [[{section}]]")
        for number, row in enumerate(rows, start=1):
            _check_keys(f"{file}: {section} row {number}", row, wanted, sources)
        sections[section] = rows
    return sections, sources


def _sources(raw: object, file: str) -> dict[str, Source]:
    found = {}
    for key, row in raw.items() if isinstance(raw, dict) else ():
        if not isinstance(row, dict) or not row.get("title") or not row.get("date") or not row.get("url"):
            raise TableError(ErrorCode.VALUE, f"{file}: sources.{key} lacks title, date or url", "say who and where")
        found[key] = Source(key, row["title"], str(row["date"]), row["url"], row.get("page", ""))
    return found


def _check_keys(place: str, row: Row, wanted: Kinds, sources: Mapping[str, Source]) -> None:
    allowed = {*wanted, "first_day", "source", "note"}
    for key in row:
        if key not in allowed:
            raise TableError(ErrorCode.VALUE, f"{place}: unknown key '{key}'", nearest(key, allowed))
    for key, kind in wanted.items():
        value = row.get(key)
        if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
            raise TableError(ErrorCode.VALUE, f"{place}: {key} is {value!r}", "write it as the shipped table does")
    if not isinstance(row.get("first_day"), dt.date):
        raise TableError(ErrorCode.VALUE, f"{place}: no first_day", "write a day such as 2012-10-26, without quotes")
    if row.get("source") not in sources:
        said = row.get("source")
        raise TableError(ErrorCode.VALUE, f"{place}: source {said!r} isn't declared", "every row needs a source")
