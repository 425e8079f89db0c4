"""The table of published margins behind calibrated figures: dated, cited rows in TOML, the package's or the user's own."""

from __future__ import annotations

import datetime as dt
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any, get_type_hints

from optmargin.core.errors import ErrorCode, MarginError, nearest
from optmargin.risk.span.words import MinimumMethod
from optmargin.rules.book import Source

_FRIDAY = 4
_LAST_MONTH = 12
_LONGEST_LOOKAHEAD = 30
_POSITIVE = ("value_factor", "long_margin", "short_margin", "initial_ratio", "house_multiplier")


class LastDay(StrEnum):
    """By which rule the last day of a future follows from its contract month."""

    THIRD_FRIDAY = "third friday"


@dataclass(frozen=True, slots=True)
class MarginRow:
    """What is published of one combined commodity, and what its user adds.

    Attributes:
        code, name, exchange, currency: of the combined commodity.
        first_day: the first day on which the figures hold.
        futures: roots of its futures; the first is the contract that the margins are of.
        value_factor: currency per point of that contract.
        months: contract months of the futures, 1 to 12.
        last_day: how the last day of a future follows from its month.
        long_margin, short_margin: published maintenance margin of one long, and one short, future, currency.
        volatility_scan: volatility scan range: a fraction of the volatility, or absolute where not relative.
        volatility_scan_relative: which of the two.
        extreme_multiplier, extreme_cover: of scenarios 15 and 16.
        lookahead_days: days by which the scenarios lie ahead.
        rate: interest rate by which options are discounted, a fraction per year.
        minimum_rate: short option minimum, currency per option; NaN where not known.
        minimum_method: which short options it counts.
        minimum_scaled: whether an option counts in it by its multiplier: one on MES a tenth of one on ES.
        calendar_rate: charge per pair of opposite deltas in different contract months, currency; NaN where not known.
        initial_ratio: initial over maintenance.
        house_multiplier: the broker's factor on the risk.
        sources: key of the source by the name of the figure.
        notes: what is to be said of a figure, by its name.
    """

    code: str
    futures: tuple[str, ...]
    value_factor: float
    long_margin: float
    short_margin: float
    first_day: dt.date
    name: str = ""
    exchange: str = ""
    currency: str = "USD"
    months: tuple[int, ...] = (3, 6, 9, 12)
    last_day: LastDay = LastDay.THIRD_FRIDAY
    volatility_scan: float = math.nan
    volatility_scan_relative: bool = True
    extreme_multiplier: float = 3.0
    extreme_cover: float = 0.33
    lookahead_days: float = 0.0
    rate: float = 0.0
    minimum_rate: float = math.nan
    minimum_method: MinimumMethod = MinimumMethod.GROSS
    minimum_scaled: bool = True
    calendar_rate: float = math.nan
    initial_ratio: float = 1.0
    house_multiplier: float = 1.0
    sources: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wanted = {
            **{name: (getattr(self, name) > 0, "above zero") for name in _POSITIVE},
            **{name: (not getattr(self, name) < 0, "zero or above") for name in ("minimum_rate", "calendar_rate")},
            "volatility_scan": (math.isnan(self.volatility_scan) or 0 <= self.volatility_scan < 1, "a fraction: 0.35"),
            "extreme_multiplier": (self.extreme_multiplier >= 1, "1 or above"),
            "extreme_cover": (0 < self.extreme_cover <= 1, "a fraction: 0.33"),
            "lookahead_days": (0 <= self.lookahead_days <= _LONGEST_LOOKAHEAD, f"days, at most {_LONGEST_LOOKAHEAD}"),
            "rate": (abs(self.rate) < 1, "a fraction: 0.04"),
            "futures": (bool(self.futures), "a list of roots"),
            "months": (bool(self.months) and all(1 <= month <= _LAST_MONTH for month in self.months), "1 to 12"),
        }
        for name, (is_right, what) in wanted.items():
            if not is_right:
                problem = f"{name} of {self.code} is {getattr(self, name)}"
                raise MarginError(ErrorCode.NUM, problem, f"it must be {what}")

    @property
    def scan_up(self) -> float:
        """Price scan range upward, points: what a short future loses."""
        return self.short_margin / self.value_factor

    @property
    def scan_down(self) -> float:
        """Price scan range downward, points: what a long future loses."""
        return self.long_margin / self.value_factor

    def last_trading_day(self, month: int) -> dt.date:
        """The last day of the future of a contract month ``yyyymm``."""
        first = dt.date(month // 100, month % 100, 1)
        return first + dt.timedelta(days=(_FRIDAY - first.weekday()) % 7 + 14)

    def underlying_month(self, expiry: dt.date) -> int:
        """Contract month ``yyyymm`` of the future that an option is on: the first of the cycle that lasts until its expiry."""
        year, month = expiry.year, expiry.month
        while True:
            if month in self.months and self.last_trading_day(year * 100 + month) >= expiry:
                return year * 100 + month
            year, month = (year + 1, 1) if month == _LAST_MONTH else (year, month + 1)


@dataclass(frozen=True, slots=True)
class MarginTable:
    """All rows of a table.

    Attributes:
        name: of the file or table.
        title: for people.
        rows: in any order; several of one code hold from their first days on.
        sources: by key.
    """

    name: str
    title: str
    rows: tuple[MarginRow, ...]
    sources: Mapping[str, Source] = field(default_factory=dict)

    def rows_on(self, as_of: dt.date) -> dict[str, MarginRow]:
        """The row of each code that holds on a day; a code whose first row begins later isn't there."""
        found: dict[str, MarginRow] = {}
        for row in sorted(self.rows, key=lambda each: each.first_day):
            if row.first_day <= as_of:
                found[row.code] = row
        return found

    def with_row(self, row: MarginRow) -> MarginTable:
        """The same table with one more row; it replaces those of its code that begin on the same day or later."""
        kept = tuple(each for each in self.rows if each.code != row.code or each.first_day < row.first_day)
        return MarginTable(self.name, self.title, (*kept, row), self.sources)


@cache
def packaged_table() -> MarginTable:
    """The table that comes with the package: ES, with its sources."""
    file = "margins.toml"
    return load_table(resources.files("optmargin.risk.span").joinpath(file).read_text(encoding="utf-8"), file)


def load_table(text: str, file: str) -> MarginTable:
    """The table that a TOML text holds; ``file`` is its name in errors.

    Every figure of a row needs a source: its own under ``[commodity.sources]``, or the row's ``source``.

    Raises:
        MarginError: ``#VALUE!`` for what isn't understood or isn't cited, ``#NUM!`` for a figure that can't be.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MarginError(ErrorCode.VALUE, f"{file}: not TOML: {error}", "mend the line") from None
    _known(file, "", table, {"table", "sources", "commodity"})
    head = table.get("table", {})
    _known(file, "table", head, {"name", "title"})
    _known(file, "sources", table.get("sources", {}), None)
    sources = {key: _source(file, key, source) for key, source in table.get("sources", {}).items()}
    listed = table.get("commodity", [])
    if not isinstance(listed, list) or not listed:
        raise MarginError(ErrorCode.VALUE, f"{file}: no [[commodity]] is in it", "add one")
    rows = tuple(_row(file, at, row, sources) for at, row in enumerate(listed, start=1))
    return MarginTable(str(head.get("name", file)), str(head.get("title", file)), rows, sources)


def _source(file: str, key: str, source: Mapping[str, Any]) -> Source:
    _known(file, f"sources.{key}", source, {"title", "date", "url", "page"})
    if not source.get("title"):
        raise MarginError(ErrorCode.VALUE, f"{file}: sources.{key} has no title", "say who says so")
    title, date, url, page = (str(source.get(name, "")) for name in ("title", "date", "url", "page"))
    return Source(key, title, date or "undated", url, page)


# Of a row: what it is, not figures to be cited.
_UNCITED = {"code", "name", "exchange", "currency", "first_day", "futures", "value_factor", "months", "last_day"}


def _row(file: str, at: int, row: Mapping[str, Any], sources: Mapping[str, Source]) -> MarginRow:
    kinds = get_type_hints(MarginRow)
    _known(file, f"commodity {at}", row, {*kinds, "source"})
    where = f"{file}: commodity {row.get('code', at)}"
    for name in ("sources", "notes"):
        _known(where, name, row.get(name, {}), set(kinds))
    cited, filled = dict(row.get("sources", {})), dict[str, Any]()
    for name, value in row.items():
        if name in {"source", "sources", "notes"}:
            continue
        filled[name] = _value(where, name, value, kinds[name])
        if name not in _UNCITED:
            cited.setdefault(name, str(row.get("source", "")))
            if cited[name] not in sources:
                raise MarginError(
                    ErrorCode.VALUE,
                    f"{where}: {name} cites {cited[name]!r}, which isn't among its sources"
                    if cited[name]
                    else f"{where}: {name} has no source",
                    f'write {name} = "..." under [commodity.sources], or source = "..." for the row',
                )
    missing = [each.name for each in fields(MarginRow) if each.name in _NEEDED and each.name not in filled]
    if missing:
        raise MarginError(ErrorCode.MISSING, f"{where}: {missing[0]} is missing", "add it")
    return MarginRow(**filled, sources=cited, notes=dict(row.get("notes", {})))


_NEEDED = {"code", "futures", "value_factor", "long_margin", "short_margin", "first_day"}


def _value(where: str, name: str, value: object, kind: object) -> object:
    """A value of the file as the row wants it."""
    wanted = f"{where}: {name} is {value!r}"
    if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        if math.isfinite(value):
            return float(value)
    elif (
        (kind is bool and isinstance(value, bool))
        or (kind is dt.date and isinstance(value, dt.date) and not isinstance(value, dt.datetime))
        or (kind is str and isinstance(value, str))
    ):
        return value
    elif isinstance(kind, type) and issubclass(kind, StrEnum) and isinstance(value, str):
        try:
            return kind(value)
        except ValueError:
            raise MarginError(ErrorCode.VALUE, wanted, nearest(value, [str(each) for each in kind])) from None
    elif name == "futures" and isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(each.upper() for each in value)
    elif name == "months" and isinstance(value, list) and all(type(each) is int for each in value):
        return tuple(sorted(value))
    raise MarginError(ErrorCode.VALUE, wanted, "which isn't what belongs there")


def _known(file: str, key: str, table: object, names: set[str] | None) -> None:
    """Refuses what isn't a table, and a name in it that has no meaning there; None takes any name."""
    if not isinstance(table, Mapping):
        raise MarginError(ErrorCode.VALUE, f"{file}: {key} isn't a table", f"write [{key}]")
    for name in table:
        if names is not None and name not in names:
            where = f"{key}.{name}" if key else name
            raise MarginError(ErrorCode.VALUE, f"{file}: {where} isn't known", nearest(name, names))
