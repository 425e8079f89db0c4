"""Rule books: dated, cited terms from ``books/*.toml``, checked when they are loaded, and the terms in force on a day.

A book file has a head, its sources, and one table per version of each term::

    [book]
    name = "cboe"
    title = "Cboe strategy-based margin"
    convention = "gross"
    first_day = 1999-08-01
    floor = ""

    [sources.manual]
    title = "Cboe, Margin Manual"
    date = "2012"
    page = "pp. 28-35"

    [[uncovered.put_minimum_base]]
    first_day = 1999-08-01
    source = "manual"
    value = "strike"

A version holds from its first day to the day before the next version's, or to its own ``last_day``. ``[[differs]]``
says why a term's latest value isn't the floor's. What isn't understood, lacks a source or leaves a day unanswered is
refused.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import re
import tomllib
import typing
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache
from importlib import resources
from itertools import zip_longest
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from optmargin.core.contracts import AssetClass
from optmargin.core.errors import ErrorCode, MarginError, nearest
from optmargin.rules.terms import AMOUNT, COUNT, FLAG, RATE, RATES, Convention, Terms

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_ONE_DAY = dt.timedelta(days=1)
_LARGEST_SHARE = (
    2.0  # no rule asks for more than twice a value; a share above this is a percentage without its decimals
)
_LARGEST_MULTIPLE = 10.0

Value = float | int | bool | StrEnum | Mapping[AssetClass, float]


class RuleBookError(MarginError):
    """A rule book's file that can't be used; the problem names the file and the key."""


@dataclass(frozen=True, slots=True)
class Source:
    """Who says so.

    Attributes:
        key: the name by which the book's terms cite it.
        title: author and title.
        date: as it is known; may be a year, or ``undated``.
        url: where it is; may be empty when ``page`` says it.
        page: the pages, section or heading; may be empty when ``url`` says it.
    """

    key: str
    title: str
    date: str
    url: str = ""
    page: str = ""

    @property
    def cite(self) -> str:
        """The source in a line: ``Cboe, Margin Manual, pp. 28-35 (2012)``."""
        return f"{self.title}, {self.page} ({self.date})" if self.page else f"{self.title} ({self.date})"


@dataclass(frozen=True, slots=True)
class DatedTerm:
    """One version of one term.

    Attributes:
        key: section and term, such as ``uncovered.rate``.
        value: what holds.
        first_day: the first day on which it holds.
        last_day: the last one; None while nothing has followed it.
        source: who says so.
        note: how sure it is and what was decided; may be empty.
    """

    key: str
    value: Value
    first_day: dt.date
    last_day: dt.date | None
    source: Source
    note: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A term whose latest value isn't that of the floor, and why."""

    term: str
    why: str
    source: Source


@dataclass(frozen=True, slots=True, eq=False)
class TermsInForce:
    """Every term of one book on one day, with the version that each comes from.

    Attributes:
        book: the book's name.
        title: its title.
        convention: which figure the book calls the requirement.
        terms: the terms.
        as_of: the day asked for; None for the latest terms.
        versions: the version of each term in force, by its key.
        live_quotes: whether the prices are live quotes, for the terms that need them (``spread.cost_to_close_factor``).
    """

    book: str
    title: str
    convention: Convention
    terms: Terms
    as_of: dt.date | None
    versions: Mapping[str, DatedTerm] = field(repr=False)
    live_quotes: bool = False

    def version(self, key: str) -> DatedTerm:
        """The version of a term in force; ``key`` is like ``uncovered.rate``.

        Raises:
            MarginError: ``#VALUE!`` for a key that isn't a term.
        """
        found = self.versions.get(key)
        if found is None:
            raise MarginError(ErrorCode.VALUE, f"'{key}' isn't a term of a rule book", nearest(key, self.versions))
        return found

    def source(self, key: str) -> Source:
        """Who says what a term is on this day; ``key`` is like ``uncovered.rate``.

        Raises:
            MarginError: ``#VALUE!`` for a key that isn't a term.
        """
        return self.version(key).source


@dataclass(frozen=True, slots=True, eq=False)
class Book:
    """A rule book: what one authority or broker demands, by day, and who says so.

    Attributes:
        name: as users write it, such as ``ibkr-2005``.
        title: for people.
        convention: which figure the book calls the requirement.
        first_day: the first day that it answers for.
        last_day: the last one; None while it is open.
        floor: the name of the book that it is compared with; empty for the floor itself.
        sources: by key.
        versions: the versions of each term, oldest first, by the term's key.
        differs: the terms whose latest value isn't the floor's.
    """

    name: str
    title: str
    convention: Convention
    first_day: dt.date
    last_day: dt.date | None
    floor: str
    sources: Mapping[str, Source]
    versions: Mapping[str, tuple[DatedTerm, ...]] = field(repr=False)
    differs: tuple[Difference, ...] = field(default=(), repr=False)
    _change_days: tuple[dt.date, ...] = field(init=False, repr=False)
    _periods: dict[int, tuple[Terms, Mapping[str, DatedTerm]]] = field(init=False, repr=False, default_factory=dict)
    _answers: dict[dt.date | None, TermsInForce] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        days = {version.first_day for versions in self.versions.values() for version in versions}
        object.__setattr__(self, "_change_days", tuple(sorted(day for day in days if day > self.first_day)))

    def on(self, as_of: dt.date | None) -> TermsInForce:
        """The terms in force on a day; None asks for the latest. Answers are kept: the same day gives the same object.

        Raises:
            MarginError: ``#N/A`` for a day before the book's first or after its last.
        """
        answer = self._answers.get(as_of)
        return self._look_up(as_of) if answer is None else answer

    def _look_up(self, as_of: dt.date | None) -> TermsInForce:
        if isinstance(as_of, dt.datetime):
            return self.on(as_of.date())
        if as_of is not None:
            self._must_answer_for(as_of)
        period = len(self._change_days) if as_of is None else bisect_right(self._change_days, as_of)
        if period not in self._periods:
            self._periods[period] = self._in_force(self._change_days[period - 1] if period else self.first_day)
        terms, versions = self._periods[period]
        answer = TermsInForce(self.name, self.title, self.convention, terms, as_of, versions)
        self._answers[as_of] = answer
        return answer

    def _in_force(self, day: dt.date) -> tuple[Terms, Mapping[str, DatedTerm]]:
        chosen: dict[str, DatedTerm] = {}
        for key, versions in self.versions.items():
            chosen[key] = next(version for version in reversed(versions) if version.first_day <= day)
        sections = {
            section: kind(**{each.name: chosen[f"{section}.{each.name}"].value for each in dataclasses.fields(kind)})
            for section, kind in _sections().items()
        }
        return Terms(**sections), MappingProxyType(chosen)

    def _must_answer_for(self, day: dt.date) -> None:
        if day < self.first_day:
            problem = f"book '{self.name}' has no terms for {day}: its first day is {self.first_day}"
        elif self.last_day is not None and day > self.last_day:
            problem = f"book '{self.name}' has no terms for {day}: its last day is {self.last_day}"
        else:
            return
        raise MarginError(ErrorCode.MISSING, problem, _other_books(self, day))


def _other_books(asked: Book, day: dt.date) -> str:
    """What would help on a day that ``asked`` doesn't answer for: a book of its house, else its floor, else any."""
    house = asked.name.split("-")[0]
    others = [book(name) for name in book_names() if name != asked.name]
    able = [other for other in others if other.first_day <= day and (other.last_day is None or day <= other.last_day)]
    able.sort(key=lambda other: (other.name.split("-")[0] != house, other.name != asked.floor, other.name))
    own = f"ask for {asked.first_day} or later" if day < asked.first_day else f"ask for {asked.last_day} or earlier"
    if not able:
        return f"{own}; no other book answers for that day"
    return f"{own}, or take book '{able[0].name}', which answers from {able[0].first_day}"


def book_names() -> tuple[str, ...]:
    """The names of all books, in alphabetical order."""
    return _book_names()


@cache
def _book_names() -> tuple[str, ...]:
    files = _folder().iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


@lru_cache(maxsize=64)
def book(name: str) -> Book:
    """The book of that name, as users write it: case, blanks and underscores don't matter.

    Raises:
        MarginError: ``#VALUE!`` when there is no such book.
    """
    plain = re.sub(r"[\s_-]+", "-", str(name).strip().lower())
    if plain not in book_names():
        raise MarginError(ErrorCode.VALUE, f"there is no rule book '{name}'", _book_hint(plain))
    return _packaged(plain)


def _book_hint(name: str) -> str:
    hint = nearest(name, book_names())
    known = "known are " + ", ".join(book_names())
    return hint if hint == known else f"{hint} ({known})"


@cache
def _packaged(name: str) -> Book:
    file = f"{name}.toml"
    loaded = load_book(_text_of(name), file)
    if loaded.name != name:
        raise RuleBookError(ErrorCode.VALUE, f"{file}: book.name is '{loaded.name}'", f"the file's name wants '{name}'")
    return loaded


def _text_of(name: str) -> str:
    return _folder().joinpath(f"{name}.toml").read_text(encoding="utf-8")


def _folder() -> Traversable:
    """Where the books are: data of the package, which may be a zip."""
    return resources.files("optmargin.rules").joinpath("books")


@cache
def _sections() -> Mapping[str, type]:
    """The sections of a book and the dataclass that each becomes."""
    return typing.get_type_hints(Terms)


@cache
def term_fields() -> Mapping[str, dataclasses.Field[Any]]:
    """Every term that a book must set, by its key; its ``metadata`` has ``kind``, ``unit`` and ``what``."""
    return MappingProxyType(
        {f"{section}.{each.name}": each for section, kind in _sections().items() for each in dataclasses.fields(kind)}
    )


def load_book(text: str, file: str) -> Book:
    """The book that a TOML text holds; ``file`` is its name in errors.

    Raises:
        RuleBookError: ``#VALUE!`` when the text isn't a complete book, every term cited and every day answered.
    """
    loaded = _Reader(file).read(text)
    _check_differences(loaded, file)
    return loaded


def _check_differences(loaded: Book, file: str) -> None:
    """Holds a book to what it says of its floor: each difference declared, and nothing else declared."""
    declared = {difference.term for difference in loaded.differs}
    if not loaded.floor:
        if declared:
            raise RuleBookError(
                ErrorCode.VALUE, f"{file}: [[differs]] without a floor to differ from", "set book.floor"
            )
        return
    if loaded.floor == loaded.name:
        raise RuleBookError(ErrorCode.VALUE, f"{file}: book.floor is the book itself", 'write floor = ""')
    if loaded.floor not in book_names():
        raise RuleBookError(
            ErrorCode.VALUE, f"{file}: book.floor '{loaded.floor}' isn't a book", _book_hint(loaded.floor)
        )
    floor = _Reader(f"{loaded.floor}.toml").read(_text_of(loaded.floor))
    here, there = loaded.on(None).versions, floor.on(None).versions
    for key in here:
        differs = here[key].value != there[key].value
        if differs and key not in declared:
            raise RuleBookError(
                ErrorCode.VALUE,
                f"{file}: {key} differs from the floor '{floor.name}' and isn't declared",
                f'add [[differs]] with term = "{key}", why and source',
            )
        if not differs and key in declared:
            raise RuleBookError(
                ErrorCode.VALUE,
                f"{file}: differs says {key}, but its latest value is that of the floor '{floor.name}'",
                "leave the entry out",
            )


def _said(value: object) -> str:
    """A value as the file has it, short enough for a sentence."""
    text = "true" if value is True else "false" if value is False else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


class _Reader:
    """Reads one book's text; every refusal names the file and the key."""

    def __init__(self, file: str) -> None:
        self.file = file

    def refuse(self, key: str, problem: str, remedy: str = "") -> typing.NoReturn:
        raise RuleBookError(
            ErrorCode.VALUE, f"{self.file}: {key}: {problem}" if key else f"{self.file}: {problem}", remedy
        )

    def read(self, text: str) -> Book:
        table = self.parse(text)
        self.known("", table, ("book", "sources", "differs", *_sections()), "section")
        head = self.table("book", table.get("book"), "[book]")
        self.known("book", head, ("name", "title", "convention", "first_day", "last_day", "floor"), "key")
        first_day = self.day("book.first_day", head.get("first_day"))
        last_day = self.day("book.last_day", head["last_day"]) if "last_day" in head else None
        if last_day is not None and last_day < first_day:
            self.refuse("book.last_day", f"{last_day} is before the first day, {first_day}")
        sources = self.sources(table.get("sources"))
        versions = self.versions(table, sources)
        for key, dated in versions.items():
            self.answers(key, dated, first_day, last_day)
        return Book(
            name=self.text("book.name", head.get("name")),
            title=self.text("book.title", head.get("title")),
            convention=typing.cast("Convention", self.word("book.convention", head.get("convention"), Convention)),
            first_day=first_day,
            last_day=last_day,
            floor=self.text("book.floor", head.get("floor"), empty=True),
            sources=MappingProxyType(sources),
            versions=MappingProxyType(versions),
            differs=self.differences(table.get("differs", []), sources),
        )

    def parse(self, text: str) -> dict[str, Any]:
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            match = re.search(r"\(at line (\d+), column \d+\)", str(error))
            line = int(match[1]) if match else text.count("\n") + 1
            said = re.sub(r"\s*\(at [^)]*\)$", "", str(error))
            problem = f"{self.file} line {line}: not TOML: {said}"
            raise RuleBookError(ErrorCode.VALUE, problem, "mend the line, or the table above it") from None

    def known(self, key: str, table: Mapping[str, object], names: Iterable[str], what: str) -> None:
        """Refuses a name in a table that has no meaning there."""
        allowed = tuple(names)
        for name in table:
            if name not in allowed:
                self.refuse(f"{key}.{name}" if key else name, f"unknown {what}", nearest(name, allowed))

    def table(self, key: str, value: object, written: str) -> dict[str, Any]:
        if value is None:
            self.refuse(key, "missing", f"write a table {written}")
        if not isinstance(value, dict):
            self.refuse(key, f"{_said(value)} isn't a table", f"write a table {written}")
        return value

    def text(self, key: str, value: object, *, empty: bool = False) -> str:
        if value is None:
            self.refuse(key, "missing", 'write ""' if empty else "write it as text")
        if not isinstance(value, str):
            self.refuse(key, f"{_said(value)} isn't text", "write it in quotes")
        if not value.strip() and not empty:
            self.refuse(key, "empty", "write it as text")
        return value.strip()

    def day(self, key: str, value: object) -> dt.date:
        if value is None:
            self.refuse(key, "missing", "write a day such as 2012-10-26, without quotes")
        if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
            kind = "text" if isinstance(value, str) else "not a day"
            self.refuse(key, f"{_said(value)} is {kind}", "write a day such as 2012-10-26, without quotes")
        return value

    def word(self, key: str, value: object, kind: type[StrEnum]) -> StrEnum:
        words = [member.value for member in kind]
        if value is None:
            self.refuse(key, "missing", "known are " + ", ".join(sorted(words)))
        if not isinstance(value, str):
            self.refuse(key, f"{_said(value)} isn't one of the known words", "known are " + ", ".join(sorted(words)))
        if value not in words:
            self.refuse(key, f"'{value}' isn't known", nearest(value, words))
        return kind(value)

    def number(self, key: str, value: object, largest: float, *, share: bool) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.refuse(
                key, f"{_said(value)} isn't a number", "write a number such as 0.20" if share else "write a number"
            )
        try:
            number = float(value)
        except OverflowError:  # a whole number of more than 308 digits
            number = math.inf
        if not math.isfinite(number):
            self.refuse(key, f"{number} isn't a finite number")
        if number < 0:
            self.refuse(key, f"{value} is below zero")
        if number > largest:
            if share:
                self.refuse(
                    key, f"{value} is a percentage", f"write rates as fractions: {number / 100:.10g} for {value} %"
                )
            self.refuse(key, f"{value} is more than {largest:.10g}")
        return number

    def rates(self, key: str, value: object) -> Mapping[AssetClass, float]:
        if not isinstance(value, dict):
            self.refuse(key, f"{_said(value)} isn't a rate per asset class", "write { equity = 0.20, ... }")
        needed = [each.value for each in AssetClass if each is not AssetClass.FUTURE]
        if AssetClass.FUTURE.value in value:
            self.refuse(
                f"{key}.future", "futures have no rate", "leave it out: options on futures are not margined by rates"
            )
        self.known(key, value, needed, "asset class")
        missing = [name for name in needed if name not in value]
        if missing:
            self.refuse(key, "no rate for " + ", ".join(missing), "every asset class needs one")
        return MappingProxyType(
            {AssetClass(name): self.number(f"{key}.{name}", value[name], 1.0, share=True) for name in needed}
        )

    def value(self, key: str, value: object, meta: Mapping[str, Any]) -> Value:
        """A term's value, held to its kind."""
        kind = meta["kind"]
        if kind == RATES:
            return self.rates(key, value)
        if kind == RATE:
            share = str(meta["unit"]).startswith("of ")
            return self.number(key, value, _LARGEST_SHARE if share else _LARGEST_MULTIPLE, share=share)
        if kind == AMOUNT:
            return self.number(key, value, math.inf, share=False)
        if kind == COUNT:
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                self.refuse(key, f"{_said(value)} isn't a count", "write a whole number, zero or more")
            return value
        if kind == FLAG:
            if not isinstance(value, bool):
                self.refuse(key, f"{_said(value)} isn't true or false", "write true or false, without quotes")
            return value
        return self.word(key, value, kind)

    def sources(self, value: object) -> dict[str, Source]:
        found: dict[str, Source] = {}
        for key, each in self.table("sources", value, "[sources.KEY] for each source").items():
            place = f"sources.{key}"
            row = self.table(place, each, f"[{place}]")
            self.known(place, row, ("title", "date", "url", "page"), "key")
            url = self.text(f"{place}.url", row.get("url", ""), empty=True)
            page = self.text(f"{place}.page", row.get("page", ""), empty=True)
            if not url and not page:
                self.refuse(place, "neither url nor page", "say where it is to be found")
            title, date = self.text(f"{place}.title", row.get("title")), self.text(f"{place}.date", row.get("date"))
            found[key] = Source(key, title, date, url, page)
        return found

    def cited(self, key: str, value: object, sources: Mapping[str, Source]) -> Source:
        if value is None or value == "":
            self.refuse(key, "no source", "every figure needs one: source = a key of [sources]")
        if not isinstance(value, str) or value not in sources:
            self.refuse(key, f"source {_said(value)} isn't declared", nearest(str(value), sources))
        return sources[value]

    def versions(self, table: Mapping[str, Any], sources: Mapping[str, Source]) -> dict[str, tuple[DatedTerm, ...]]:
        found: dict[str, tuple[DatedTerm, ...]] = {}
        for section, kind in _sections().items():
            names = [each.name for each in dataclasses.fields(kind)]
            rows = self.table(section, table.get(section, {}), f"[[{section}.TERM]]")
            self.known(section, rows, names, "term")
            for name in names:
                key = f"{section}.{name}"
                if name not in rows:
                    what = term_fields()[key].metadata["what"]
                    self.refuse(key, "missing", f"add [[{key}]] ({what})")
                listed = rows[name]
                if not isinstance(listed, list):
                    self.refuse(key, "isn't a list of versions", f"write [[{key}]] in double brackets")
                dated = [self.dated(key, each, sources) for each in listed]
                found[key] = self.in_order(key, dated)
        return found

    def dated(self, key: str, value: object, sources: Mapping[str, Source]) -> DatedTerm:
        row = self.table(key, value, f"[[{key}]]")
        self.known(key, row, ("first_day", "last_day", "source", "value", "note"), "key")
        first_day = self.day(f"{key}.first_day", row.get("first_day"))
        place = f"{key} from {first_day}"
        last_day = self.day(f"{key}.last_day", row["last_day"]) if "last_day" in row else None
        if last_day is not None and last_day < first_day:
            self.refuse(place, f"last_day {last_day} is before its first day")
        if "value" not in row:
            self.refuse(place, "no value", "write value = ...")
        source = self.cited(place, row.get("source"), sources)
        note = self.text(f"{key}.note", row.get("note", ""), empty=True)
        return DatedTerm(
            key, self.value(place, row["value"], term_fields()[key].metadata), first_day, last_day, source, note
        )

    def in_order(self, key: str, dated: list[DatedTerm]) -> tuple[DatedTerm, ...]:
        """The versions oldest first, each with its last day; refuses two for one day, and days without one."""
        dated.sort(key=lambda version: version.first_day)
        closed: list[DatedTerm] = []
        for version, following in zip_longest(dated, dated[1:]):
            last_day = version.last_day
            if following is not None:
                if following.first_day == version.first_day:
                    self.refuse(
                        key, f"two versions from {version.first_day}", "keep one, or give the later its own first_day"
                    )
                until = following.first_day - _ONE_DAY
                if last_day is not None and last_day > until:
                    lasts = f"the version from {version.first_day} lasts to {last_day}, into that from"
                    remedy = "leave last_day out, or end it the day before"
                    self.refuse(key, f"{lasts} {following.first_day}", remedy)
                if last_day is not None and last_day < until:
                    gap = f"no version from {last_day + _ONE_DAY} to {until}"
                    self.refuse(key, gap, "leave last_day out, or add the missing version")
                last_day = until
            closed.append(dataclasses.replace(version, last_day=last_day))
        return tuple(closed)

    def answers(self, key: str, dated: tuple[DatedTerm, ...], first_day: dt.date, last_day: dt.date | None) -> None:
        """Refuses a term without a version on some day of the book."""
        if not dated or dated[0].first_day > first_day:
            since = f"; its first version is from {dated[0].first_day}" if dated else ""
            self.refuse(
                key, f"no version in force on the book's first day, {first_day}{since}", "add the older version"
            )
        end = dated[-1].last_day
        if end is not None and (last_day is None or end < last_day):
            until = "has no last day" if last_day is None else f"answers until {last_day}"
            self.refuse(
                key, f"no version after {end}, and the book {until}", "add the version that follows, or book.last_day"
            )

    def differences(self, value: object, sources: Mapping[str, Source]) -> tuple[Difference, ...]:
        if not isinstance(value, list):
            self.refuse("differs", "isn't a list", "write [[differs]] in double brackets")
        found: dict[str, Difference] = {}
        for each in value:
            row = self.table("differs", each, "[[differs]]")
            self.known("differs", row, ("term", "why", "source"), "key")
            term = self.text("differs.term", row.get("term"))
            if term not in term_fields():
                self.refuse("differs", f"'{term}' isn't a term", nearest(term, term_fields()))
            if term in found:
                self.refuse("differs", f"{term} is declared twice", "keep one")
            why = self.text(f"differs {term}.why", row.get("why"))
            found[term] = Difference(term, why, self.cited(f"differs {term}", row.get("source"), sources))
        return tuple(found.values())
