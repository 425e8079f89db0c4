"""The rows of ``strategies.toml``: what they may say, and the loader that refuses what it doesn't understand.

A strategy is a row of data: signed relative units by right, in the order of strikes, and relations between the strikes.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from optmargin.core.contracts import Right
from optmargin.core.errors import ErrorCode, MarginError, nearest

FILE = "strategies.toml"
OPTIONS = (Right.PUT, Right.CALL)
NEAR, FAR = 0, 1
TOLERANCE = 1e-6  # USD per share, within which strikes and widths are equal


class StrategyFileError(MarginError):
    """A strategies file that can't be used; the problem names the strategy and the key."""


@dataclass(frozen=True, slots=True)
class StrategyLeg:
    """One leg of a strategy.

    Attributes:
        ratio: signed relative units.
        right: call, put, stock or future.
        letter: the letter of its strike; empty for stock and futures.
        place: 0 for the near (or only) expiry, 1 for the far one.
    """

    ratio: int
    right: Right
    letter: str
    place: int


@dataclass(frozen=True, slots=True)
class Relation:
    """A linear relation between strikes: the sum of weights times the strikes at slots, compared with zero."""

    terms: tuple[tuple[int, int], ...]
    sign: str

    def holds(self, strikes: tuple[float, ...]) -> bool:
        """Whether the strikes of the slots stand in this relation."""
        amount = 0.0
        for slot, weight in self.terms:
            amount += weight * strikes[slot]
        if self.sign == "=":
            return abs(amount) <= TOLERANCE
        if self.sign == "!=":
            return abs(amount) > TOLERANCE
        return amount < -TOLERANCE if self.sign == "<" else amount <= TOLERANCE


Pattern = tuple[int, ...]
"""Signed relative units in ascending order of strikes, of one right and one expiry."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """One named strategy.

    Attributes:
        name: as traders call it.
        legs: its legs.
        where: the relations between the strikes, as written.
        paid: ``debit`` or ``credit`` where the name promises one, else empty.
        also: other names of the same thing.
        source: who calls it so, with the address where there is one.
        rank: its place in the file; where two fit, the earlier names the legs.
    """

    name: str
    legs: tuple[StrategyLeg, ...]
    where: tuple[str, ...]
    paid: str
    also: tuple[str, ...]
    source: str
    rank: int
    _patterns: Mapping[tuple[int, Right], Pattern] = field(repr=False, compare=False)
    relations: tuple[Relation, ...] = field(repr=False, compare=False)

    @property
    def size(self) -> int:
        """How many legs it has, stock included."""
        return len(self.legs)

    @property
    def stock(self) -> int:
        """Lots of stock for one unit, signed; a lot is the shares of one contract."""
        return sum(leg.ratio for leg in self.legs if leg.right is Right.STOCK)

    @property
    def spans_expiries(self) -> bool:
        """Whether its legs are of two expiries."""
        return any(place == FAR for place, _ in self._patterns)

    def pattern(self, place: int, right: Right) -> Pattern:
        """Its signed units of one right and expiry, in ascending order of strikes."""
        return self._patterns.get((place, right), ())

    def fits(self, strikes: tuple[float, ...]) -> bool:
        """Whether strikes, puts before calls and near before far, each ascending, stand in the relations of the strategy."""
        for relation in self.relations:  # noqa: SIM110  a loop, since this is asked for every place of every shape
            if not relation.holds(strikes):
                return False
        return True


@cache
def strategies() -> tuple[Strategy, ...]:
    """Every named strategy, in the order of the file."""
    text = resources.files("optmargin.margin").joinpath(FILE).read_text(encoding="utf-8")
    return read_strategies(text)


def read_strategies(text: str) -> tuple[Strategy, ...]:
    """The strategies that a text in the form of ``strategies.toml`` declares.

    Raises:
        StrategyFileError: for anything that isn't understood, stands twice or lacks a source.
    """
    try:
        declared = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise _refused(f"it isn't TOML: {problem}") from problem
    _known_keys(declared, {"sources", "strategies"}, "the file")
    sources = {key: _source(key, row) for key, row in _table(declared.get("sources", {}), "sources").items()}
    rows = declared.get("strategies", [])
    if not isinstance(rows, list):
        raise _refused("strategies isn't a list of tables", "write [[strategies]] above each")
    found = tuple(_strategy(_table(row, "a strategy"), sources, rank) for rank, row in enumerate(rows))
    for position, strategy in enumerate(found):
        for other in found[:position]:
            if other.name == strategy.name:
                raise _refused(f"'{strategy.name}' stands there twice")
            if (set(other.legs), other.where) == (set(strategy.legs), strategy.where):
                raise _refused(f"'{strategy.name}' and '{other.name}' are the same legs", "keep one, with also = [...]")
    return found


def _refused(problem: str, remedy: str = "") -> StrategyFileError:
    return StrategyFileError(ErrorCode.VALUE, f"{FILE}: {problem}", remedy)


def _table(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _refused(f"{what} isn't a table")
    return value


def _known_keys(row: Mapping[str, object], known: set[str], what: str) -> None:
    for key in row:
        if key not in known:
            raise _refused(f"{what} has an unknown key '{key}'", nearest(key, known))


def _source(key: str, row: object) -> str:
    source = _table(row, f"source '{key}'")
    _known_keys(source, {"title", "url"}, f"source '{key}'")
    title, url = source.get("title", ""), source.get("url", "")
    if not isinstance(title, str) or not isinstance(url, str) or not title:
        raise _refused(f"source '{key}' lacks a title")
    return f"{title}, {url}" if url else title


def _texts(row: Mapping[str, Any], key: str, what: str) -> tuple[str, ...]:
    value = row.get(key, [])
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise _refused(f"{what}: {key} isn't a list of texts")
    return tuple(value)


_LEG = re.compile(r"([+-]\d+) (?:(put|call) ([A-Z])(?: (near|far))?|(stock|future))")


def _strategy(row: Mapping[str, Any], sources: Mapping[str, str], rank: int) -> Strategy:
    name = row.get("name")
    if not isinstance(name, str) or not name:
        raise _refused(f"strategy number {rank + 1} lacks a name")
    what = f"'{name}'"
    _known_keys(row, {"name", "legs", "where", "paid", "also", "source"}, what)
    if row.get("source") not in sources:
        raise _refused(f"{what} cites {row.get('source')!r}, which isn't among the sources", nearest("", sources))
    if row.get("paid", "") not in ("", "debit", "credit"):
        raise _refused(f"{what}: paid is {row['paid']!r}", "write debit or credit, or leave it out")
    legs = tuple(_leg(text, what) for text in _texts(row, "legs", what))
    if not legs:
        raise _refused(f"{what} has no legs")
    if any(leg.place == FAR for leg in legs) != any(text.endswith(" near") for text in row["legs"]):
        raise _refused(f"{what} names a near or a far expiry alone", "name both, or neither")
    where = _texts(row, "where", what)
    patterns: dict[tuple[int, Right], Pattern] = {}
    letters: list[str] = []
    for place in (NEAR, FAR):
        for right in OPTIONS:
            run = sorted((leg for leg in legs if (leg.place, leg.right) == (place, right)), key=lambda leg: leg.letter)
            if len({leg.letter for leg in run}) != len(run):
                raise _refused(f"{what} has two legs of one contract")
            letters += [leg.letter for leg in run]
            if run:
                patterns[place, right] = tuple(leg.ratio for leg in run)
    relations = tuple(_relation(text, letters, what) for text in where) + tuple(
        Relation(((letters.index(letter), 1), (slot, -1)), "=")
        for slot, letter in enumerate(letters)
        if letters.index(letter) != slot
    )
    return Strategy(
        name=name,
        legs=legs,
        where=where,
        paid=row.get("paid", ""),
        also=_texts(row, "also", what),
        source=sources[row["source"]],
        rank=rank,
        _patterns=patterns,
        relations=relations,
    )


def _leg(text: str, what: str) -> StrategyLeg:
    match = _LEG.fullmatch(text)
    if match is None or int(match[1]) == 0:
        raise _refused(
            f"{what}: leg {text!r} isn't understood", "write it like '-1 put B', '+1 call A far' or '+1 stock'"
        )
    units, option, letter, place, other = match.groups()
    return StrategyLeg(int(units), Right[(option or other).upper()], letter or "", FAR if place == "far" else NEAR)


_SIDE = r"(?:(\d+) \()?([A-Z])(?: - ([A-Z]))?\)?"
_RELATION = re.compile(rf"{_SIDE} (<=|<|!=|=) {_SIDE}")


def _relation(text: str, letters: list[str], what: str) -> Relation:
    match = _RELATION.fullmatch(text)
    if match is None:
        raise _refused(f"{what}: relation {text!r} isn't understood", "write it like 'A < B' or 'C - B = 2 (B - A)'")
    weights: dict[int, int] = defaultdict(int)
    for group, side in ((1, 1), (5, -1)):
        times, plus, minus = match.group(group, group + 1, group + 2)
        for letter, sign in ((plus, side), (minus, -side)):
            if letter is None:
                continue
            if letter not in letters:
                raise _refused(f"{what}: relation {text!r} is about {letter}, which no leg has")
            weights[letters.index(letter)] += sign * int(times or 1)
    return Relation(tuple(weights.items()), match[4])
