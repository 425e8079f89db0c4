"""The user's settings: what blank ``book`` and ``as_of`` arguments stand for, and how text writes its decimals.

A TOML file, read once when a host starts; a worksheet function itself reads no file. MARGIN_BOOK() shows what holds::

    book = "ibkr"           # the rule book of cells that name none
    as_of = 2026-11-20      # the day whose terms apply; left out: the book's latest
    decimal_comma = false   # whether text such as "4,500" is four and a half; left out: such text is refused
    span_file = "es.spn"    # the SPAN parameter file of cells at level "exact"; beside this file where it names no folder
    span_products = ["ES"]  # the combined commodities that are read of it; left out: all
    span_aliases = { EW3 = "CME:EW3" }  # product codes of that file by the root of a position; left out: the root itself
"""

from __future__ import annotations

import datetime as dt
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from optmargin.core.errors import ErrorCode, MarginError, nearest
from optmargin.functions.reading import set_defaults
from optmargin.functions.span_file import load_span_file
from optmargin.rules.book import book as rule_book

VARIABLE = "OPTMARGIN_SETTINGS"
_KEYS = ("as_of", "book", "decimal_comma", "span_aliases", "span_file", "span_products")
_LARGEST_FILE = 64_000  # bytes; the file has a few lines


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings.

    Attributes:
        book: the rule book of a blank argument.
        as_of: the day of a blank argument; None is the book's latest terms.
        decimal_comma: whether text writes ``17,40``; None where it isn't said, and then text that may be either is refused.
        source: the file that they were read from; empty where there is none.
        span_file: the SPAN parameter file of figures at level "exact"; None where there is none.
        span_products: codes of the combined commodities that are read of it; empty for all.
        span_aliases: root of a position -> the product's code in that file.
    """

    book: str = "ibkr"
    as_of: dt.date | None = None
    decimal_comma: bool | None = None
    source: str = ""
    span_file: Path | None = None
    span_products: tuple[str, ...] = ()
    span_aliases: Mapping[str, str] = field(default_factory=dict)


_in_use = Settings()


def settings_path(environment: Mapping[str, str] | None = None, home: Path | None = None) -> Path:
    """Where the settings are read from: what ``OPTMARGIN_SETTINGS`` says, else ``.optmargin/settings.toml`` in the home folder."""
    named = (os.environ if environment is None else environment).get(VARIABLE)
    return Path(named) if named else (Path.home() if home is None else home) / ".optmargin" / "settings.toml"


def read_settings(path: Path | None = None, *, is_named: bool = False) -> Settings:
    """The settings of a file; those of a program that was never told anything where there is no file.

    Args:
        path: the file; None is that of :func:`settings_path`.
        is_named: whether somebody named it, so that it must be there.

    Raises:
        MarginError: ``#VALUE!`` for a file that can't be read, an unknown setting or a value that can't be.
    """
    # A file that somebody named must be there: without it the figures would silently be those of another book.
    must_exist = is_named or (path is None and VARIABLE in os.environ)
    path = settings_path() if path is None else path
    try:
        if not path.exists() and not must_exist:
            return Settings()
    except OSError as error:
        raise MarginError(ErrorCode.VALUE, f"{path} can't be read: {error}", "let it be read, or remove it") from None
    return _checked(_table(path), path)


def _table(path: Path) -> dict[str, Any]:
    remedy = 'write lines such as book = "ibkr"'
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise MarginError(ErrorCode.VALUE, f"{path} is too long to be a settings file", remedy)
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise MarginError(ErrorCode.VALUE, f"{path} can't be read: {error}", remedy) from None


def _checked(table: dict[str, Any], path: Path) -> Settings:
    for key in table:
        if key not in _KEYS:
            raise MarginError(ErrorCode.VALUE, f"{path}: there is no setting {key}", nearest(key, _KEYS))
    book, as_of, decimal_comma = table.get("book", "ibkr"), table.get("as_of"), table.get("decimal_comma")
    if not isinstance(book, str):
        raise MarginError(ErrorCode.VALUE, f"{path}: book is {book!r}", 'write it like book = "ibkr"')
    if as_of is not None and (not isinstance(as_of, dt.date) or isinstance(as_of, dt.datetime)):
        raise MarginError(ErrorCode.VALUE, f"{path}: as_of is {as_of!r}", "write it like as_of = 2026-11-20")
    if decimal_comma is not None and not isinstance(decimal_comma, bool):
        raise MarginError(ErrorCode.VALUE, f"{path}: decimal_comma is {decimal_comma!r}", "write true or false")
    try:
        found = rule_book(book.strip().lower())
        found.on(as_of)
    except MarginError as error:
        raise MarginError(error.code, f"{path}: {error.problem}", error.remedy) from None
    return Settings(found.name, as_of, decimal_comma, str(path), *_span_of(table, path))


def _span_of(table: dict[str, Any], path: Path) -> tuple[Path | None, tuple[str, ...], dict[str, str]]:
    file, products, aliases = table.get("span_file"), table.get("span_products", []), table.get("span_aliases", {})
    if file is not None and (not isinstance(file, str) or not file.strip()):
        raise MarginError(ErrorCode.VALUE, f"{path}: span_file is {file!r}", 'write it like span_file = "es.spn"')
    if not isinstance(products, list) or not all(isinstance(each, str) for each in products):
        remedy = 'write it like span_products = ["ES"]'
        raise MarginError(ErrorCode.VALUE, f"{path}: span_products is {products!r}", remedy)
    if not isinstance(aliases, dict) or not all(isinstance(each, str) for each in aliases.values()):
        remedy = 'write it like span_aliases = { EW3 = "CME:EW3" }'
        raise MarginError(ErrorCode.VALUE, f"{path}: span_aliases is {aliases!r}", remedy)
    return None if file is None else path.parent / Path(file).expanduser(), tuple(products), aliases


def use(settings: Settings) -> None:
    """Makes the settings hold for every later call."""
    global _in_use  # noqa: PLW0603 - one set of settings holds for a process, as its user's session has one
    _in_use = settings
    set_defaults({"book": settings.book, "as_of": settings.as_of}, decimal_comma=settings.decimal_comma)
    load_span_file(settings.span_file, settings.span_products, settings.span_aliases)


def in_use() -> Settings:
    """The settings that hold."""
    return _in_use
