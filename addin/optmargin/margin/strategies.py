"""What traders call a book: the option strategies declared in ``strategies.toml``, and the split of legs into them.

The names label; they never decide a margin. A strategy is a row of data: signed relative units by right, in the order of
strikes, and relations between the strikes. So a position is recognised by looking up the quantities of neighbouring
strikes, and no strategy has code of its own.

The split is greedy and bounded. Within an expiry, larger shapes go before smaller ones, and shapes whose legs match in
number before those that would leave some over; legs that stand between the strikes of a shape and match it in number
keep it from being read across them. What is left is joined with other expiries, then in pairs of a call and a put, and
the rest are single legs. Equal contracts are netted first; the order of the legs is nothing.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

from optmargin.core.contracts import Right, Settlement
from optmargin.core.money import plain
from optmargin.margin.strategy_rows import (
    FAR,
    NEAR,
    OPTIONS,
    Pattern,
    Strategy,
    strategies,
)

if TYPE_CHECKING:
    from optmargin.core.legs import LegTable

_NEIGHBOURS = 8  # how many windows or strikes on either side are looked at when two are joined
_LATER = 4  # how many strikes of a later expiry on either side, and in a large book how many expiries, are looked at
_FEW = 240  # legs of a book, up to which several ways of splitting an expiry are compared
_WHOLE = 1e-9  # contracts, within which a count is whole


# --- what is named ------------------------------------------------------------------------------------------------------


class Held(NamedTuple):
    """One position: what :func:`named` needs to know of it.

    Attributes:
        right: call, put, stock or future.
        strike: USD per share; NaN for stock and futures.
        expiry: day of expiry; None for stock.
        quantity: signed count of contracts, or of shares for stock.
        settlement: AM or PM; options of one day that settle apart are of two expiries.
    """

    right: Right
    strike: float
    expiry: dt.date | None
    quantity: float
    settlement: Settlement = Settlement.PM


class HasLeg(Protocol):
    """What both :class:`Held` and a leg of the leg table are."""

    @property
    def right(self) -> Right:
        """Call, put, stock or future."""

    @property
    def strike(self) -> float:
        """USD per share."""

    @property
    def expiry(self) -> dt.date | None:
        """Day of expiry."""

    @property
    def quantity(self) -> float:
        """Signed contracts or shares."""

    @property
    def settlement(self) -> Settlement:
        """AM or PM."""


@dataclass(frozen=True, slots=True)
class Named:
    """Some legs of a book, and what traders call them.

    Attributes:
        name: the strategy's name, such as ``iron condor``.
        units: how many of it; shares for stock alone.
        text: its legs, ``+5 put 3795, -5 put 3800, ...``.
        label: ``5 x iron condor 3795/3800/3980/3985``; with the expiry where the book has several.
        legs: its legs with the quantities that are in it, puts before calls, near before far, ascending; stock first.
        strategy: the row that names it.
    """

    name: str
    units: float
    text: str
    label: str
    legs: tuple[Held, ...]
    strategy: Strategy = field(repr=False)


def named(legs: Iterable[HasLeg], *, shares: float = 100.0) -> tuple[Named, ...]:
    """What traders call the legs of one underlying: every contract in exactly one name.

    Args:
        legs: positions of one underlying of one account, of one or several expiries, in any order.
        shares: shares per contract, which is a lot of stock.
    """
    return _Book(legs, shares).named()


def named_table(legs: LegTable) -> tuple[Named, ...]:
    """What traders call the legs of a table, which are of one underlying of one account.

    Options with different multipliers are named apart; stock goes with the multiplier that has the most contracts.
    """
    held: dict[float, list[Held]] = defaultdict(list)
    others: list[Held] = []
    weight: dict[float, float] = defaultdict(float)
    columns = (legs.right, legs.strike, legs.expiry.astype(object), legs.quantity)
    for right, strike, expiry, quantity, multiplier, settlement in zip(
        *(column.tolist() for column in columns), legs.multiplier.tolist(), legs.settlement, strict=True
    ):
        kind = Right(right)
        leg = Held(kind, strike, expiry, quantity, settlement)
        if kind.is_option:
            held[multiplier].append(leg)
            weight[multiplier] += abs(quantity)
        else:
            others.append(leg)
    ranked = sorted(held, key=lambda multiplier: (-weight[multiplier], multiplier)) or [100.0]
    return tuple(
        name
        for place, multiplier in enumerate(ranked)
        for name in named(held[multiplier] + (others if place == 0 else []), shares=multiplier)
    )


# --- the split ----------------------------------------------------------------------------------------------------------

Moment = tuple[dt.date, Settlement]
Window = tuple[int, tuple[float, ...]]
"""Units, and the strikes of neighbouring legs that have a pattern in them."""


class _Piece(NamedTuple):
    strategy: Strategy
    strikes: tuple[float, ...]
    moments: tuple[int, ...]
    units: int


class _Candidate(NamedTuple):
    """A place where a strategy fits; the order of candidates is that in which they are taken."""

    rank: int
    span: float
    strikes: tuple[float, ...]
    units: int

    @classmethod
    def of(cls, strategy: Strategy, strikes: tuple[float, ...], units: int) -> _Candidate:
        return cls(strategy.rank, max(strikes) - min(strikes), strikes, units)


class _Shapes:
    """The strategies by what their legs look like, so that they are found by looking up."""

    def __init__(self, rows: tuple[Strategy, ...]) -> None:
        self.rows = rows
        inside = [row for row in rows if not row.spans_expiries]
        self.single = {
            (leg.right, leg.ratio): row for row in inside if row.size == 1 for leg in row.legs if abs(leg.ratio) == 1
        }
        plural = [row for row in inside if row.size > 1]
        self.loose = self._levels([row for row in plural if self._is_loose(row)])
        self.tight = self._levels([row for row in plural if not self._is_loose(row)])
        self.across_pairs: dict[tuple[Right, Pattern, Pattern], list[Strategy]] = defaultdict(list)
        self.across_doubles: dict[tuple[Pattern, ...], list[Strategy]] = defaultdict(list)
        for row in rows:
            patterns = tuple(row.pattern(place, right) for place in (NEAR, FAR) for right in OPTIONS)
            if row.spans_expiries and all(len(pattern) == 1 for pattern in patterns):
                self.across_doubles[patterns].append(row)
            elif row.spans_expiries:
                for right in OPTIONS:
                    near, far = row.pattern(NEAR, right), row.pattern(FAR, right)
                    if row.size == len(near) + len(far) == 2:
                        self.across_pairs[right, near, far].append(row)
        self.known = {right: frozenset(row.pattern(NEAR, right) for row in plural) - {()} for right in OPTIONS}
        self.ratios = sorted({abs(each) for known in self.known.values() for pattern in known for each in pattern})
        self.longest = max((len(pattern) for known in self.known.values() for pattern in known), default=0)
        self.by_signs: dict[Right, dict[Pattern, list[Pattern]]] = {right: defaultdict(list) for right in OPTIONS}
        for right in OPTIONS:
            for pattern in sorted(self.known[right]):
                self.by_signs[right][tuple(1 if each > 0 else -1 for each in pattern)].append(pattern)

    @staticmethod
    def _is_loose(row: Strategy) -> bool:
        """A put and a call and nothing else: they wait until the other expiries have been looked at."""
        return row.stock == 0 and all(len(row.pattern(NEAR, right)) == 1 for right in OPTIONS)

    @staticmethod
    def _levels(rows: list[Strategy]) -> list[dict[tuple[Pattern, Pattern], list[Strategy]]]:
        """The strategies by number of legs, largest first; each level by its patterns of puts and calls."""
        levels: list[dict[tuple[Pattern, Pattern], list[Strategy]]] = []
        for size in sorted({row.size for row in rows}, reverse=True):
            level: dict[tuple[Pattern, Pattern], list[Strategy]] = defaultdict(list)
            for row in rows:
                if row.size == size:
                    level[row.pattern(NEAR, Right.PUT), row.pattern(NEAR, Right.CALL)].append(row)
            levels.append(level)
        return levels


@cache
def _shapes() -> _Shapes:
    return _Shapes(strategies())


class _Group:
    """What is still unnamed of one expiry, and of the stock."""

    def __init__(self, moment: int, quantities: Mapping[Right, Mapping[float, int]], lots: int) -> None:
        self.moment = moment
        self.lots = lots
        self.shapes = _shapes()
        self.left: dict[Right, dict[float, int]] = {right: dict(quantities[right]) for right in OPTIONS}
        self.pieces: list[_Piece] = []
        self._windows: dict[tuple[bool, Right], dict[Pattern, list[Window]]] = {}

    def copy(self) -> _Group:
        """The same state, nothing named yet."""
        return _Group(self.moment, self.left, self.lots)

    def line(self, right: Right) -> list[tuple[float, int]]:
        """Strikes and contracts of what is left of one right, ascending."""
        return sorted(self.left[right].items())

    def sweep(self, levels: list[dict[tuple[Pattern, Pattern], list[Strategy]]], *, exact: bool) -> None:
        """Names what it can, level by level: what matches in number only, or whatever fits."""
        for level in levels:
            while self._round(level, exact=exact):
                pass

    def _round(self, level: dict[tuple[Pattern, Pattern], list[Strategy]], *, exact: bool) -> bool:
        puts, calls = self.windows(Right.PUT, exact=exact), self.windows(Right.CALL, exact=exact)
        candidates: set[_Candidate] = set()
        for (put, call), rows in level.items():
            if (put and put not in puts) or (call and call not in calls):
                continue
            usable = [row for row in rows if not row.stock or _times(self.lots, row.stock)]
            for units, strikes in _joined(puts, put, calls, call, exact=exact) if usable else ():
                for row in usable:
                    if row.fits(strikes) and not (exact and row.stock and _times(self.lots, row.stock) < units):
                        candidates.add(_Candidate.of(row, strikes, units))
                        break
        taken = [
            self.take(self.shapes.rows[each.rank], each.strikes, each.units, exact=exact) for each in sorted(candidates)
        ]
        return any(taken)

    def take(self, row: Strategy, strikes: tuple[float, ...], units: int, *, exact: bool) -> bool:
        """Takes a strategy at its strikes out of what is left, if it still fits: as a whole, or as many as there are."""
        slots = [(right, ratio) for right in OPTIONS for ratio in row.pattern(NEAR, right)]
        have = [self.left[right].get(strike, 0) for (right, _), strike in zip(slots, strikes, strict=True)]
        most = min(_times(count, slot[1]) for count, slot in zip(have, slots, strict=True))
        if row.stock:
            most = min(most, _times(self.lots, row.stock))
        if exact:
            match = all(count == slot[1] * units for count, slot in zip(have, slots, strict=True))
            most = units if match and most >= units else 0
        if most < 1:
            return False
        for (right, ratio), strike in zip(slots, strikes, strict=True):
            self.remove(right, strike, ratio * most)
        self.lots -= row.stock * most
        self.pieces.append(_Piece(row, strikes, (self.moment,), most))
        return True

    def remove(self, right: Right, strike: float, contracts: int) -> None:
        """Takes contracts of one strike out of what is left."""
        line = self.left[right]
        line[strike] = line.get(strike, 0) - contracts
        if not line[strike]:
            del line[strike]
        self._windows.clear()

    def windows(self, right: Right, *, exact: bool) -> dict[Pattern, list[Window]]:
        """Where the known patterns are, among neighbouring strikes of one right."""
        key = exact, right
        if key not in self._windows:
            line = self.line(right)
            found = self._exact_windows(right, line) if exact else self._partial_windows(right, line)
            self._windows[key] = {pattern: sorted(windows, key=_by_strikes) for pattern, windows in found.items()}
        return self._windows[key]

    def _exact_windows(self, right: Right, line: list[tuple[float, int]]) -> dict[Pattern, set[Window]]:
        """Neighbours among the legs that could be of the same number of units: others may lie between them."""
        found: dict[Pattern, set[Window]] = defaultdict(set)
        known, longest = self.shapes.known[right], self.shapes.longest
        of_units: dict[int, list[tuple[float, int]]] = defaultdict(list)
        for leg in line:
            for ratio in self.shapes.ratios:
                if leg[1] % ratio == 0:
                    of_units[abs(leg[1]) // ratio].append(leg)
        for units, legs in of_units.items():
            single = [leg for leg in legs if abs(leg[1]) == units]
            for run in (legs, single) if 1 < len(single) < len(legs) else (legs,):
                ratios = [leg[1] // units for leg in run]
                for start in range(len(run)):
                    for end in range(start + 1, min(start + longest, len(run)) + 1):
                        pattern = tuple(ratios[start:end])
                        if pattern in known:
                            found[pattern].add((units, tuple(leg[0] for leg in run[start:end])))
        return found

    def _partial_windows(self, right: Right, line: list[tuple[float, int]]) -> dict[Pattern, set[Window]]:
        """Neighbours among all legs, for as many units as they have."""
        found: dict[Pattern, set[Window]] = defaultdict(set)
        signs = [1 if quantity > 0 else -1 for _, quantity in line]
        for start in range(len(line)):
            for end in range(start + 1, min(start + self.shapes.longest, len(line)) + 1):
                for pattern in self.shapes.by_signs[right].get(tuple(signs[start:end]), ()):
                    units = min(_times(leg[1], ratio) for leg, ratio in zip(line[start:end], pattern, strict=True))
                    if units:
                        found[pattern].add((units, tuple(leg[0] for leg in line[start:end])))
        return found

    def names_all(self) -> tuple[int, int, int]:
        """How many names this state needs within the expiry, how many of them are single legs, how many are different."""
        rest = self.copy()
        rest.pair()
        pieces = self.pieces + rest.pieces
        singles = sum(len(line) for line in rest.left.values())
        return len(pieces) + singles + bool(rest.lots), singles, len({piece.strategy.rank for piece in pieces})

    def set_aside(self) -> list[tuple[Right, float, int]]:
        """Takes away the pairs of a call and a put that match in number, unnamed: right, strike and contracts of each leg."""
        rest = self.copy()
        rest.sweep(self.shapes.loose, exact=True)
        aside = [
            (right, strike, count - rest.left[right].get(strike, 0))
            for right in OPTIONS
            for strike, count in self.left[right].items()
            if rest.left[right].get(strike, 0) != count
        ]
        self.left = rest.left
        self._windows.clear()
        return aside

    def put_back(self, aside: list[tuple[Right, float, int]]) -> None:
        """Gives back what was set aside."""
        for right, strike, count in aside:
            self.remove(right, strike, -count)

    def pair(self) -> None:
        """Names what is left as pairs of a call and a put."""
        self.sweep(self.shapes.loose, exact=True)
        self.sweep(self.shapes.loose, exact=False)


def _by_strikes(window: Window) -> tuple[tuple[float, ...], int]:
    return window[1], window[0]


def _times(count: int, ratio: int) -> int:
    """How many times a signed ratio is in a signed count; none where the signs differ."""
    return abs(count) // abs(ratio) if count * ratio > 0 else 0


def _joined(
    puts: Mapping[Pattern, list[Window]],
    put: Pattern,
    calls: Mapping[Pattern, list[Window]],
    call: Pattern,
    *,
    exact: bool,
) -> Iterator[Window]:
    """The windows of puts and of calls that could be one shape: all of them, or the nearest where they are many."""
    if not put or not call:
        yield from puts[put] if put else calls[call]
        return
    of_units: dict[int, list[Window]] = defaultdict(list)
    for window in calls[call]:
        of_units[window[0] if exact else 0].append(window)
    rows = puts[put]
    for row, (units, strikes) in enumerate(rows):
        others = of_units.get(units if exact else 0, [])
        if len(others) > 2 * _NEIGHBOURS:
            at = bisect_left(others, strikes[-1], key=lambda window: window[1][0])
            outward = at + len(rows) - 1 - row  # the first put from the top with the first call, and so outward
            near = range(max(0, at - _NEIGHBOURS), min(at + _NEIGHBOURS, len(others)))
            places = [*near, outward] if outward < len(others) and outward not in near else near
            others = [others[place] for place in places]
        for call_units, call_strikes in others:
            yield min(units, call_units), strikes + call_strikes


def _split(group: _Group, *, compare: bool) -> _Group:
    """One expiry split into shapes, a lone put and call left apart: of a few ways the one that needs the fewest names."""
    tight = _shapes().tight
    first = group.copy()
    first.sweep(tight, exact=True)
    first.sweep(tight, exact=False)
    tried = [first]
    if compare:
        by_size = group.copy()
        by_size.sweep(tight, exact=False)
        pairs_first = group.copy()
        pairs_first.sweep(tight[:1] + tight[:0:-1], exact=True)
        pairs_first.sweep(tight[:1] + tight[:0:-1], exact=False)
        pairs_apart = group.copy()
        pairs_apart.sweep(tight, exact=True)
        with_pairs = pairs_apart.set_aside()
        pairs_apart.sweep(tight, exact=False)
        pairs_apart.put_back(with_pairs)
        tried += [by_size, pairs_first, pairs_apart]
    best = min(tried, key=_Group.names_all) if len(tried) > 1 else first
    best.pieces = _evened(best.pieces)
    return best


def _evened(pieces: list[_Piece]) -> list[_Piece]:
    """The same legs, with spreads that lie in one another laid side by side where that makes their widths alike.

    ``600/603`` in ``598/605`` becomes ``598/603`` and ``600/605``.
    """
    kept: list[_Piece] = []
    spreads: dict[tuple[int, int], list[_Piece]] = defaultdict(list)
    for piece in pieces:
        row = piece.strategy
        is_spread = (
            len(row.legs) == len(piece.strikes) == 2 and row.legs[0].right is row.legs[1].right and not row.where
        )
        (spreads[row.rank, piece.units] if is_spread else kept).append(piece)
    for alike in spreads.values():
        lows, highs = zip(*(piece.strikes for piece in alike), strict=True)
        level = list(zip(sorted(lows), sorted(highs), strict=True))
        if len({round(high - low, 6) for low, high in level}) < len(
            {round(b - a, 6) for a, b in zip(lows, highs, strict=True)}
        ):
            alike = [piece._replace(strikes=strikes) for piece, strikes in zip(alike, level, strict=True)]
        kept += alike
    return kept


class _Book:
    """The legs of one underlying, netted by contract, and the names found so far."""

    def __init__(self, legs: Iterable[HasLeg], shares: float) -> None:
        self.shapes = _shapes()
        self.shares = shares
        self.stock = 0.0
        self.odd: dict[tuple[Right, float | None, Moment | None], float] = defaultdict(float)
        held: dict[Moment, dict[Right, dict[float, list[float]]]] = {}
        for leg in legs:
            if leg.right is Right.STOCK and math.isfinite(leg.quantity):
                self.stock += leg.quantity
            elif leg.right.is_option and leg.expiry and math.isfinite(leg.strike) and math.isfinite(leg.quantity):
                rights = held.setdefault((leg.expiry, leg.settlement), {right: defaultdict(list) for right in OPTIONS})
                rights[leg.right][float(leg.strike)].append(leg.quantity)
            else:
                self._odd(leg.right, leg.strike, (leg.expiry, leg.settlement) if leg.expiry else None, leg.quantity)
        self.moments = sorted(held)
        self.quantities = [{right: self._whole(held[at][right], right, at) for right in OPTIONS} for at in self.moments]
        self.few = sum(len(line) for rights in self.quantities for line in rights.values()) <= _FEW
        self.reach = len(self.moments) + 1 if self.few else _LATER
        self.pieces: list[_Piece] = []

    def _whole(self, line: Mapping[float, list[float]], right: Right, moment: Moment) -> dict[float, int]:
        """Net contracts by strike; what isn't whole of them is named apart."""
        whole: dict[float, int] = {}
        for strike, parts in line.items():
            quantity = math.fsum(parts)
            count = round(quantity) if abs(quantity - round(quantity)) <= _WHOLE else math.trunc(quantity)
            if count:
                whole[strike] = count
            if abs(quantity - count) > _WHOLE:
                self._odd(right, strike, moment, quantity - count)
        return whole

    def _odd(self, right: Right, strike: float, moment: Moment | None, quantity: float) -> None:
        self.odd[right, None if math.isnan(strike) else strike, moment] += quantity

    def named(self) -> tuple[Named, ...]:
        """The names of the whole book."""
        lots = math.trunc(self.stock / self.shares + math.copysign(_WHOLE, self.stock)) if self.shares > 0 else 0
        groups: list[_Group] = []
        before = lots
        for moment, quantities in enumerate(self.quantities):
            group = _split(_Group(moment, quantities, lots), compare=self.few)
            lots = group.lots
            groups.append(group)
        while self._double_across(groups):
            pass
        for exact in (True, False):
            while self._pair_across(groups, exact=exact):
                pass
        for group in groups:
            group.pair()
            self.pieces += group.pieces
            for right in OPTIONS:
                for strike, count in group.line(right):
                    row = self.shapes.single[right, 1 if count > 0 else -1]
                    self.pieces.append(_Piece(row, (strike,), (group.moment,), abs(count)))
        self.stock -= (before - lots) * self.shares
        return self._labelled()

    def _double_across(self, groups: list[_Group]) -> bool:
        """Two legs of one expiry with two of a later one: double calendars and diagonals, jelly rolls."""
        pairs = [self._loose_pairs(group) for group in groups]
        found: list[tuple[int, int, _Candidate, int]] = []
        for near, near_pairs in enumerate(pairs):
            for (near_pattern, units), near_strikes in near_pairs.items():
                far_pattern = tuple(-ratio for ratio in near_pattern)
                patterns = (near_pattern[:1], near_pattern[1:], far_pattern[:1], far_pattern[1:])
                rows = self.shapes.across_doubles.get(patterns, ())
                later = [far for far in range(near + 1, len(pairs)) if rows and (far_pattern, units) in pairs[far]]
                for far in later[: self.reach]:
                    far_strikes = pairs[far][far_pattern, units][: 2 * _NEIGHBOURS]
                    for first, second in itertools.product(near_strikes, far_strikes):
                        row = next((row for row in rows if row.fits(first + second)), None)
                        if row is not None:
                            found.append((far - near, near, _Candidate.of(row, first + second, units), far))
        taken = [
            self._take_across(self.shapes.rows[candidate.rank], groups[near], groups[far], candidate, exact=True)
            for _, near, candidate, far in sorted(found)
        ]
        return any(taken)

    @staticmethod
    def _loose_pairs(group: _Group) -> dict[tuple[Pattern, int], list[tuple[float, ...]]]:
        """The pairs of a put and a call that an expiry would be named by alone, by signs and units."""
        rest = group.copy()
        rest.pair()
        found: dict[tuple[Pattern, int], list[tuple[float, ...]]] = defaultdict(list)
        for piece in rest.pieces:
            pattern = piece.strategy.pattern(NEAR, Right.PUT) + piece.strategy.pattern(NEAR, Right.CALL)
            found[pattern, piece.units].append(piece.strikes)
        return found

    def _pair_across(self, groups: list[_Group], *, exact: bool) -> bool:
        """One leg with one of a later expiry: calendars and diagonals; the same number of contracts, or what there is."""
        found: list[tuple[bool, int, float, int, _Candidate, int]] = []
        for near, right in itertools.product(range(len(groups)), OPTIONS):
            looked_at = 0
            for far in range(near + 1, len(groups) if groups[near].left[right] else 0):
                before = len(found)
                for rows, candidate in self._near_and_far(groups[near], groups[far], right, exact=exact):
                    row = next((row for row in rows if row.fits(candidate.strikes)), None)
                    if row is not None:
                        placed = candidate._replace(rank=row.rank)
                        found.append((candidate.span > 0, far - near, candidate.span, near, placed, far))
                looked_at += len(found) > before
                if looked_at == self.reach:
                    break
        taken = [
            self._take_across(self.shapes.rows[candidate.rank], groups[near], groups[far], candidate, exact=exact)
            for _, _, _, near, candidate, far in sorted(found)
        ]
        return any(taken)

    def _near_and_far(
        self, near: _Group, far: _Group, right: Right, *, exact: bool
    ) -> Iterator[tuple[list[Strategy], _Candidate]]:
        later = far.line(right)
        for strike, count in near.line(right):
            sign = 1 if count > 0 else -1
            rows = self.shapes.across_pairs.get((right, (sign,), (-sign,)), [])
            others = [leg for leg in later if leg[1] * sign < 0 and (not exact or leg[1] == -count)] if rows else []
            if len(others) > 2 * _LATER:
                at = bisect_left(others, (strike, -math.inf))
                others = others[max(0, at - _LATER) : at + _LATER]
            for other, other_count in others:
                yield rows, _Candidate(0, abs(other - strike), (strike, other), min(abs(count), abs(other_count)))

    def _take_across(self, row: Strategy, near: _Group, far: _Group, found: _Candidate, *, exact: bool) -> bool:
        """Takes a strategy of two expiries out of what is left, if it still fits."""
        slots = [
            (group, right, ratio)
            for place, group in ((NEAR, near), (FAR, far))
            for right in OPTIONS
            for ratio in row.pattern(place, right)
        ]
        have = [
            group.left[right].get(strike, 0) for (group, right, _), strike in zip(slots, found.strikes, strict=True)
        ]
        units = min(_times(count, slot[2]) for count, slot in zip(have, slots, strict=True))
        if units < 1 or (exact and any(count != slot[2] * units for count, slot in zip(have, slots, strict=True))):
            return False
        for (group, right, ratio), strike in zip(slots, found.strikes, strict=True):
            group.remove(right, strike, ratio * units)
        self.pieces.append(_Piece(row, found.strikes, (near.moment, far.moment), units))
        return True

    # --- words ---

    def _labelled(self) -> tuple[Named, ...]:
        """The pieces as names: equal ones added up, by expiry, the larger first; stock and what is odd at the end."""
        units: dict[tuple[tuple[int, ...], int, int, tuple[float, ...]], int] = defaultdict(int)
        for piece in self.pieces:
            units[piece.moments, -piece.strategy.size, piece.strategy.rank, piece.strikes] += piece.units
        names = [
            self._name(self.shapes.rows[rank], strikes, moments, count)
            for (moments, _, rank, strikes), count in sorted(units.items())
        ]
        if abs(self.stock) > _WHOLE:
            names.append(self._alone(Right.STOCK, None, None, self.stock))
        order = sorted(self.odd.items(), key=lambda odd: (odd[0][0], odd[0][2] or (dt.date.min, ""), odd[0][1] or 0.0))
        return tuple(names + [self._alone(*key, quantity) for key, quantity in order if quantity])

    def _name(self, row: Strategy, strikes: tuple[float, ...], moments: tuple[int, ...], units: int) -> Named:
        legs = [Held(Right.STOCK, math.nan, None, row.stock * units * self.shares)] if row.stock else []
        ahead = list(strikes)
        for place, moment in enumerate(moments):
            day, settlement = self.moments[moment]
            for right in OPTIONS:
                for ratio in row.pattern(place, right):
                    legs.append(Held(right, ahead.pop(0), day, ratio * units, settlement))
        at_each_expiry_one = len(moments) == len(strikes)
        shown = dict.fromkeys(strikes if at_each_expiry_one else sorted(strikes))
        label = f"{units} x {row.name} {'/'.join(plain(strike) for strike in shown)}"
        if len(self.moments) > 1:
            label += f" {'/'.join(self._day(self.moments[moment]) for moment in moments)}"
        return self._said(row, units, label, tuple(legs))

    def _alone(self, right: Right, strike: float | None, moment: Moment | None, quantity: float) -> Named:
        """A single leg that is in no strategy: stock, futures, a part of a contract, or what isn't fully known."""
        row = self.shapes.single[right, -1 if quantity < 0 else 1]
        leg = Held(right, math.nan if strike is None else strike, moment[0] if moment else None, quantity)
        leg = leg._replace(settlement=moment[1]) if moment else leg
        if right is Right.STOCK:
            return self._said(row, abs(quantity), f"{row.name}, {_count(abs(quantity))} shares", (leg,))
        label = f"{_count(abs(quantity))} x {row.name}" + ("" if strike is None else f" {plain(strike)}")
        label += f" {self._day(moment)}" if moment and (len(self.moments) > 1 or right is Right.FUTURE) else ""
        return self._said(row, abs(quantity), label, (leg,))

    def _day(self, moment: Moment) -> str:
        """The day of an expiry, with AM or PM where the book has both on that day."""
        day, settlement = moment
        both = sum(other[0] == day for other in self.moments) > 1
        return f"{day.isoformat()} {settlement.upper()}" if both else day.isoformat()

    def _said(self, row: Strategy, units: float, label: str, legs: tuple[Held, ...]) -> Named:
        days = len({leg.expiry for leg in legs if leg.right.is_option}) > 1
        text = ", ".join(_leg_text(leg, dated=days) for leg in legs)
        return Named(row.name, units, text, label, legs, row)


def _count(quantity: float) -> str:
    return f"{quantity:,.10g}"


def _leg_text(leg: Held, *, dated: bool) -> str:
    """``-5 put 3800``, with its day where the legs have several; ``+300 stock``."""
    strike = "" if math.isnan(leg.strike) else f" {plain(leg.strike)}"
    day = f" {leg.expiry.isoformat()}" if dated and leg.expiry else ""
    return f"{'-' if leg.quantity < 0 else '+'}{_count(abs(leg.quantity))} {leg.right.word}{strike}{day}"
