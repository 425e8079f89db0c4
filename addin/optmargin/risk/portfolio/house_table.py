"""The tables of a broker's layer above TIMS: scans, concentration and jumps, dated and cited, from TOML."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from optmargin.core.errors import ErrorCode, MarginError, nearest
from optmargin.risk.portfolio.sections import Kinds, Row, TableError, read_sections
from optmargin.rules.book import Source


@dataclass(frozen=True, slots=True)
class Scan:
    """How a kind of class is moved.

    Attributes:
        name: for people.
        kinds: the kinds of class (:class:`~optmargin.risk.portfolio.table.Membership`) that it is for; none is all others.
        down, up: fractions; 0 takes the range of TIMS.
        volatility: by what share volatilities are raised and lowered.
        source: who says so.
    """

    name: str
    kinds: tuple[str, ...]
    down: float
    up: float
    volatility: float
    source: Source


@dataclass(frozen=True, slots=True)
class Concentration:
    """How the riskiest classes are charged: ``count`` of them moved by ``far``, the others by ``near``, up and down."""

    count: int
    far: float
    near: float
    source: Source


@dataclass(frozen=True, slots=True)
class Spike:
    """A jump of the underlying of some kinds of class; ``share`` of the loss is the least of the class."""

    name: str
    kinds: tuple[str, ...]
    move: float
    share: float
    source: Source


@dataclass(frozen=True, slots=True)
class HouseInForce:
    """A broker's layer on one day.

    Attributes:
        name: of the table.
        title: for people.
        scans: by kind of class.
        concentration: None where the table has none.
        spikes: jumps.
    """

    name: str
    title: str
    scans: tuple[Scan, ...]
    concentration: Concentration | None
    spikes: tuple[Spike, ...]

    def scan_of(self, kind: str) -> Scan | None:
        """The scan for a kind of class."""
        others = next((each for each in self.scans if not each.kinds), None)
        return next((each for each in self.scans if kind in each.kinds), others)


@dataclass(frozen=True, slots=True, eq=False)
class HouseTable:
    """A broker's layer with all its versions; rows as in ``house-ibkr.toml``."""

    name: str
    title: str
    first_day: dt.date
    rows: Mapping[str, list[Row]]
    sources: Mapping[str, Source]

    def on(self, as_of: dt.date) -> HouseInForce:
        """The layer on a day.

        Raises:
            MarginError: ``#N/A`` for a day before its first.
        """
        if as_of < self.first_day:
            problem = f"the house layer '{self.name}' has no rows for {as_of}: its first day is {self.first_day}"
            raise MarginError(ErrorCode.MISSING, problem, "leave the layer out, or ask for a later day")
        scans = [
            Scan(
                row["name"], tuple(row["kinds"]), row["down"], row["up"], row["volatility"], self.sources[row["source"]]
            )
            for row in self._in_force("scan", as_of)
        ]
        spikes = [
            Spike(row["name"], tuple(row["kinds"]), row["move"], row["share"], self.sources[row["source"]])
            for row in self._in_force("spike", as_of)
        ]
        concentration = [
            Concentration(row["count"], row["far"], row["near"], self.sources[row["source"]])
            for row in self._in_force("concentration", as_of)
        ]
        return HouseInForce(
            self.name, self.title, tuple(scans), concentration[0] if concentration else None, tuple(spikes)
        )

    def _in_force(self, section: str, as_of: dt.date) -> list[Row]:
        latest = {}
        for row in sorted(self.rows[section], key=lambda row: row["first_day"]):
            if row["first_day"] <= as_of:
                latest[row["name"]] = row
        return list(latest.values())


_NUMBER = (int, float)
_KEYS: dict[str, Kinds] = {
    "scan": {"name": str, "kinds": list, "down": _NUMBER, "up": _NUMBER, "volatility": _NUMBER},
    "concentration": {"name": str, "count": int, "far": _NUMBER, "near": _NUMBER},
    "spike": {"name": str, "kinds": list, "move": _NUMBER, "share": _NUMBER},
}


def load_house_table(text: str, file: str) -> HouseTable:
    """The layer that a TOML text holds; ``file`` is its name in errors.

    Raises:
        TableError: ``#VALUE!`` when the text isn't a complete table with a source for every row.
    """
    sections, sources = read_sections(text, file, _KEYS)
    head = sections.pop("table")
    for row in sections["scan"]:
        if not -1 < row["down"] <= 0 <= row["up"] or row["volatility"] < 0:
            problem = (
                f"{file}: scan '{row['name']}' moves by {row['down']} and {row['up']}, volatility {row['volatility']}"
            )
            raise TableError(ErrorCode.VALUE, problem, "down is a fraction below zero, up and volatility are above")
    return HouseTable(head["name"], head["title"], head["first_day"], sections, sources)


def house_table(name: str) -> HouseTable:
    """A layer that ships, by its name.

    Raises:
        MarginError: ``#VALUE!`` when there is no such layer.
    """
    plain = str(name).strip().lower()
    if plain not in _PACKAGED:
        raise MarginError(ErrorCode.VALUE, f"there is no house layer '{name}'", nearest(plain, _PACKAGED))
    return _packaged(plain)


_PACKAGED = {"ibkr": "house-ibkr.toml"}


@lru_cache(maxsize=8)
def _packaged(name: str) -> HouseTable:
    file = _PACKAGED[name]
    text = resources.files("optmargin.risk.portfolio").joinpath(file).read_text(encoding="utf-8")
    return load_house_table(text, file)
