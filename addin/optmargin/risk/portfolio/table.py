"""The tables of customer portfolio margin: ranges, classes, the minimum and offsets, dated and cited, from TOML.

``tims.toml`` is the table that ships; a copy of it with rows of one's own is loaded by :func:`load_portfolio_table`. What isn't
understood, lacks a source or names something that isn't there is refused, with the file and the row.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources

from optmargin.core.contracts import AssetClass
from optmargin.core.errors import ErrorCode, MarginError, nearest
from optmargin.risk.portfolio.sections import Kinds, Row, TableError, read_sections
from optmargin.rules.book import Source


@dataclass(frozen=True, slots=True)
class Range:
    """How far an underlying is moved.

    Attributes:
        name: of the kind of underlying, such as ``equity``; ``given`` where the caller gave it.
        down, up: fractions of its price, the one below zero, the other above.
        source: who says so; None where the caller gave it.
    """

    name: str
    down: float
    up: float
    source: Source | None

    @property
    def cite(self) -> str:
        """The source in a line."""
        return "given by the caller" if self.source is None else self.source.cite


@dataclass(frozen=True, slots=True)
class Minimum:
    """The least that a class is charged for its options.

    Attributes:
        per_share: USD for each share of a contract, long or short.
        long_capped_at_value: whether a long option is charged no more than its market value.
        source: who says so.
        note: how sure it is.
    """

    per_share: float
    long_capped_at_value: bool
    source: Source
    note: str


@dataclass(frozen=True, slots=True)
class Membership:
    """Where an underlying belongs.

    Attributes:
        underlying: such as ``SDS``.
        class_name: of its class group; its own name where it is a class of its own.
        factor: how many times the class's move it moves, with its sign.
        moves: the range of the class; None where the table has none and the caller must give it.
        kind: what it is, in words, such as ``volatility products``.
        is_listed: whether a row of the table names it; False where its asset class decided.
    """

    underlying: str
    class_name: str
    factor: float
    moves: Range | None
    kind: str
    is_listed: bool


@dataclass(frozen=True, slots=True)
class OffsetGroup:
    """Class groups of a product group, or product groups of a portfolio group.

    Attributes:
        name: of the group.
        members: names of the groups in it.
        offset: the share of members' gains that counts against others' losses at the same point; 0 keeps them apart.
        source: who says so.
        note: how sure it is.
    """

    name: str
    members: tuple[str, ...]
    offset: float
    source: Source
    note: str


@dataclass(frozen=True, slots=True, eq=False)
class TableInForce:
    """A table on one day.

    Attributes:
        name: of the table, such as ``occ``.
        title: for people.
        as_of: the day.
        ranges: by name.
        minimum: per option contract.
        classes: the membership of every share, fund and index that a row names, by underlying.
        futures: the membership of every future that a row names, by its root.
        by_asset_class: the range of an underlying that no row names, by its asset class.
        product_groups, portfolio_groups: with their offsets.
    """

    name: str
    title: str
    as_of: dt.date
    ranges: Mapping[str, Range]
    minimum: Minimum
    classes: Mapping[str, Membership]
    futures: Mapping[str, Membership]
    by_asset_class: Mapping[AssetClass, Range]
    product_groups: tuple[OffsetGroup, ...]
    portfolio_groups: tuple[OffsetGroup, ...]

    def membership(
        self, underlying: str, asset_class: AssetClass, leverage: float = 1.0, given: Mapping[str, Range] | None = None
    ) -> Membership:
        """Where an underlying belongs, and how far it is moved.

        Args:
            underlying: such as ``SPX``; case doesn't matter.
            asset_class: decides the range where no row names the underlying; futures have rows of their own.
            leverage: factor of a leveraged fund, which multiplies the range where no row names the fund.
            given: ranges that go before the table's, by the name of the class (:meth:`class_of`).
        """
        name = underlying.strip().upper()
        found = (self.futures if asset_class is AssetClass.FUTURE else self.classes).get(name)
        if found is None:
            moves = self.by_asset_class.get(asset_class)
            kind = asset_class.value.replace("_", " ")
            found = Membership(name, name, leverage, moves, kind, is_listed=False)
        instead = (given or {}).get(found.class_name)
        if instead is None:
            return found
        factor = 1.0 if found.class_name == name else found.factor  # a range given for a fund by name is its own
        return replace(found, factor=factor, moves=instead)

    def class_of(self, name: str) -> str:
        """The class that a range given for ``name`` is about: a class's name, or an underlying that moves as its class does.

        Raises:
            MarginError: ``#VALUE!`` for a leveraged fund in a class of others.
        """
        if name in {found.class_name for found in self.classes.values()}:
            return name
        plain = name.strip().upper()
        found = self.classes.get(plain)
        if found is None:
            return plain
        if found.factor != 1:
            problem = f"{plain} moves {found.factor:g} times as '{found.class_name}' does"
            raise MarginError(ErrorCode.VALUE, problem, f"give the range of '{found.class_name}'")
        return found.class_name


@dataclass(frozen=True, slots=True, eq=False)
class PortfolioTable:
    """A table with all its versions.

    Attributes:
        name: of the table.
        title: for people.
        first_day: the first day that it answers for.
        file: the name of the file, for errors.
        rows: the sections of the file.
        sources: by key.
    """

    name: str
    title: str
    first_day: dt.date
    file: str
    rows: Mapping[str, list[Row]]
    sources: Mapping[str, Source]

    def on(self, as_of: dt.date) -> TableInForce:
        """The table on a day.

        Raises:
            MarginError: ``#N/A`` for a day before the table's first.
        """
        if as_of < self.first_day:
            problem = f"table '{self.name}' has no ranges for {as_of}: its first day is {self.first_day}"
            raise MarginError(ErrorCode.MISSING, problem, f"ask for {self.first_day} or later")
        ranges = {
            name: Range(name, float(row["down"]), float(row["up"]), self.sources[row["source"]])
            for name, row in self._in_force("ranges", "name", as_of)
        }
        least = dict(self._in_force("minimum", "", as_of))
        if not least:
            raise TableError(ErrorCode.VALUE, f"{self.file}: no [[minimum]] in force on {as_of}", "add one")
        row = least[""]
        minimum = Minimum(
            float(row["per_share"]), row["long_capped_at_value"], self.sources[row["source"]], row.get("note", "")
        )
        classes, futures = self._classes(ranges, as_of)
        return TableInForce(
            name=self.name,
            title=self.title,
            as_of=as_of,
            ranges=ranges,
            minimum=minimum,
            classes=classes,
            futures=futures,
            by_asset_class={
                AssetClass(name): ranges[row["range"]]
                for name, row in self._in_force("by_asset_class", "asset_class", as_of)
            },
            product_groups=tuple(self._offsets("product_groups", as_of)),
            portfolio_groups=tuple(self._offsets("portfolio_groups", as_of)),
        )

    def _in_force(self, section: str, key: str, as_of: dt.date) -> Iterator[tuple[str, Row]]:
        """The latest row of each name that has begun by the day."""
        latest: dict[str, Row] = {}
        for row in sorted(self.rows[section], key=lambda row: row["first_day"]):
            if row["first_day"] <= as_of:
                latest[row[key] if key else ""] = row
        return iter(latest.items())

    def _classes(
        self, ranges: Mapping[str, Range], as_of: dt.date
    ) -> tuple[dict[str, Membership], dict[str, Membership]]:
        """The members of the classes, securities and futures apart: some roots of futures are tickers of shares."""
        found: dict[str, dict[str, Membership]] = {"members": {}, "futures": {}}
        for kind, row in self._in_force("own_values", "kind", as_of):
            for underlying in row["underlyings"]:
                found["members"][underlying] = Membership(underlying, underlying, 1.0, None, kind, is_listed=True)
        for name, row in self._in_force("classes", "name", as_of):
            for section, members in found.items():
                for underlying, factor in row[section].items():
                    if underlying in members:
                        problem = f"{self.file}: {underlying} is in '{name}' and in '{members[underlying].class_name}'"
                        raise TableError(ErrorCode.VALUE, problem, "an underlying belongs to one class")
                    members[underlying] = Membership(
                        underlying, name, float(factor), ranges[row["range"]], row["range"], is_listed=True
                    )
        return found["members"], found["futures"]

    def _offsets(self, section: str, as_of: dt.date) -> Iterator[OffsetGroup]:
        for name, row in self._in_force(section, "name", as_of):
            source = self.sources[row["source"]]
            yield OffsetGroup(name, tuple(row["members"]), float(row["offset"]), source, row.get("note", ""))


def portfolio_table(name: str = "occ") -> PortfolioTable:
    """A table that ships, by its name.

    Raises:
        MarginError: ``#VALUE!`` when there is no such table.
    """
    plain = str(name).strip().lower()
    if plain not in _PACKAGED:
        raise MarginError(ErrorCode.VALUE, f"there is no portfolio margin table '{name}'", nearest(plain, _PACKAGED))
    return _packaged(plain)


_PACKAGED = {"occ": "tims.toml"}


@lru_cache(maxsize=8)
def _packaged(name: str) -> PortfolioTable:
    file = _PACKAGED[name]
    text = resources.files("optmargin.risk.portfolio").joinpath(file).read_text(encoding="utf-8")
    return load_portfolio_table(text, file)


_KEYS: dict[str, Kinds] = {
    "ranges": {"name": str, "down": (int, float), "up": (int, float)},
    "minimum": {"per_share": (int, float), "long_capped_at_value": bool},
    "by_asset_class": {"asset_class": str, "range": str},
    "classes": {"name": str, "range": str, "members": dict, "futures": dict},
    "own_values": {"kind": str, "underlyings": list},
    "product_groups": {"name": str, "members": list, "offset": (int, float)},
    "portfolio_groups": {"name": str, "members": list, "offset": (int, float)},
}


def load_portfolio_table(text: str, file: str) -> PortfolioTable:
    """The table that a TOML text holds; ``file`` is its name in errors.

    Raises:
        TableError: ``#VALUE!`` when the text isn't a complete table with a source for every row.
    """
    sections, sources = read_sections(text, file, _KEYS)
    head = sections.pop("table")
    for section, rows in sections.items():
        for row in rows:
            _check(file, section, row)
    table = PortfolioTable(head["name"], head["title"], head["first_day"], file, sections, sources)
    for day in sorted({row["first_day"] for rows in sections.values() for row in rows} | {table.first_day}):
        if day >= table.first_day:
            _check_references(file, table, day)
    return table


def _check(file: str, section: str, row: Row) -> None:
    """Refuses a row whose numbers can't be meant."""
    said = ""
    if section == "ranges" and not -1 < row["down"] < 0 < row["up"] < 10:
        said = f"a range from {row['down']} to {row['up']}: down is a fraction below zero, up one above"
    if section == "minimum" and not row["per_share"] >= 0:
        said = f"a minimum of {row['per_share']}"
    if section.endswith("_groups") and not 0 <= row["offset"] <= 1:
        said = f"an offset of {row['offset']}: write 0.9 for 90 %"
    if section == "classes":
        factors = {**row["members"], **row["futures"]}
        bad = [name for name, factor in factors.items() if not isinstance(factor, (int, float)) or not factor]
        said = f"the factor of {bad[0]} isn't a number other than zero" if bad else ""
    if section == "by_asset_class" and row["asset_class"] not in list(AssetClass):
        said = f"asset class '{row['asset_class']}'; {nearest(row['asset_class'], AssetClass)}"
    names = [*row.get("members", ()), *row.get("futures", ()), *row.get("underlyings", ())]
    if section in {"classes", "own_values"} and any(not re.fullmatch(r"[A-Z0-9./]+", str(name)) for name in names):
        said = "an underlying that isn't written in capitals"
    if said:
        raise TableError(ErrorCode.VALUE, f"{file}: {section}: {said}", "mend the row")


def _check_references(file: str, table: PortfolioTable, day: dt.date) -> None:
    """Refuses rows that name a range or a group that isn't there on a day."""
    known = {row["name"] for row in table.rows["ranges"] if row["first_day"] <= day}
    for section in ("by_asset_class", "classes"):
        for row in table.rows[section]:
            if row["first_day"] <= day and row["range"] not in known:
                problem = f"{file}: {section}: there is no range '{row['range']}' on {day}"
                raise TableError(ErrorCode.VALUE, problem, nearest(row["range"], known))
    in_force = table.on(day)
    for groups in (in_force.product_groups, in_force.portfolio_groups):
        seen: dict[str, str] = {}
        for group in groups:
            for member in group.members:
                if member in seen:
                    problem = f"{file}: '{member}' is in '{seen[member]}' and in '{group.name}'"
                    raise TableError(ErrorCode.VALUE, problem, "a group has one group above it")
                seen[member] = group.name
    products = {group.name for group in in_force.product_groups}
    for group in in_force.portfolio_groups:
        for member in group.members:
            if member not in products:
                problem = f"{file}: portfolio group '{group.name}' names '{member}', which isn't a product group"
                raise TableError(ErrorCode.VALUE, problem, nearest(member, products))
