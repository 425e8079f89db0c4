"""Legs become accounts: prices of underlyings shared among rows, classes stated once, rows of one contract summed."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from optmargin.core.contracts import AssetClass, Right
from optmargin.core.errors import Finding, Severity
from optmargin.core.legs import Leg, LegTable
from optmargin.core.money import plain
from optmargin.core.positions.rows import Reading, underlying_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_CENT = 0.01 + 1e-9

_Stated = TypeVar("_Stated")
_Market = tuple[
    str, dt.date | None
]  # an underlying; for options on futures also the expiry, as each has its own future


@dataclass(slots=True)
class Positions:
    """The legs of one account, and what was noticed."""

    account: str
    readings: list[Reading] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def add(self, reading: Reading) -> None:
        """Takes what came of one row."""
        self.readings.append(reading)
        self.findings.extend(reading.findings)

    def table(self, file: str, spots: Mapping[str, float], used: set[str] | None = None) -> LegTable:
        """The leg table: completed, summed and sorted as in the file. Adds what it notices to the findings.

        Args:
            file: the file's name, for findings.
            spots: prices of underlyings that override the file's, by plain name of underlying or root.
            used: receives the names of the spots that a leg was found for.
        """
        legs = [reading.leg for reading in self.readings if reading.leg is not None]
        stated = [reading.stated for reading in self.readings if reading.leg is not None]
        legs = self._classed(legs, stated, file)
        legs = self._priced(legs, file, spots, set() if used is None else used)
        return LegTable.of(self._summed(legs, file))

    def note(
        self,
        severity: Severity,
        problem: str,
        remedy: str,
        file: str,
        line: int,
        underlying: str = "",
        expiry: dt.date | None = None,
    ) -> None:
        """Adds a finding of this account; see :class:`Finding`."""
        self.findings.append(Finding(severity, problem, remedy, file, line, self.account, underlying, expiry))

    def _note_leg(self, severity: Severity, problem: str, remedy: str, file: str, leg: Leg) -> None:
        expiry = leg.expiry if leg.right.is_option else None
        self.note(severity, problem, remedy, file, leg.line, leg.underlying, expiry)

    def _classed(self, legs: list[Leg], stated: list[frozenset[str]], file: str) -> list[Leg]:
        """Class and leverage that some rows of an unknown underlying state hold for its other rows."""
        classes: dict[str, set[AssetClass]] = defaultdict(set)
        factors: dict[str, set[float]] = defaultdict(set)
        for leg, said in zip(legs, stated, strict=True):
            if "asset_class" in said:
                classes[leg.underlying].add(leg.asset_class)
            if "leverage" in said:
                factors[leg.underlying].add(leg.leverage)
        done = []
        for leg, said in zip(legs, stated, strict=True):
            asset_class, factor = classes.get(leg.underlying, set()), factors.get(leg.underlying, set())
            changed = leg
            if leg.assumed and len(asset_class) == 1:
                (only,) = asset_class
                is_index = only in (AssetClass.BROAD_INDEX, AssetClass.NARROW_INDEX)
                changed = replace(changed, asset_class=only, assumed=False, cash_settled=is_index)
            if "leverage" not in said and len(factor) == 1:
                changed = replace(changed, leverage=next(iter(factor)))
            done.append(changed)
        self._note_different("asset classes", classes, legs, file)
        self._note_different("leverage factors", factors, legs, file)
        return done

    def _note_different(self, what: str, stated: Mapping[str, set[_Stated]], legs: list[Leg], file: str) -> None:
        for name, values in stated.items():
            if len(values) > 1:
                both = " and ".join(sorted(str(value) for value in values))
                first = next(leg for leg in legs if leg.underlying == name)
                problem = f"rows of {name} state different {what}: {both}"
                self._note_leg(Severity.WARNING, problem, "state the same on each", file, first)

    def _priced(self, legs: list[Leg], file: str, spots: Mapping[str, float], used: set[str]) -> list[Leg]:
        """Prices of underlyings: the given ones, else the row's own, else other rows', else the shares' price."""
        given = {underlying_of(name): name for name in spots if name != underlying_of(name)}
        given.update({name: name for name in spots if name == underlying_of(name)})
        names = [next((n for n in (leg.root, given.get(leg.underlying)) if n in spots), None) for leg in legs]
        used.update(name for name in names if name is not None)
        overridden = {leg.underlying for leg, name in zip(legs, names, strict=True) if name is not None}
        rows: dict[_Market, list[Leg]] = defaultdict(list)
        shares: dict[_Market, list[Leg]] = defaultdict(list)
        for leg in legs:
            if leg.right is not Right.FUTURE and not math.isnan(leg.spot):
                rows[_market(leg)].append(leg)
            if leg.right is Right.STOCK and not math.isnan(leg.price) and leg.price > 0:
                shares[_market(leg)].append(leg)
        known: dict[_Market, float] = {}
        for market in {**shares, **rows}:  # what a column states outranks the shares' price
            values = [leg.spot for leg in rows[market]] if market in rows else [leg.price for leg in shares[market]]
            if max(values) - min(values) <= _CENT:
                known[market] = values[0]
            elif market in rows and market[0] not in overridden:
                prices = f"{plain(min(values))} and {plain(max(values))}"
                problem = (
                    f"rows of {market[0]} state different prices of the underlying: {prices}; each row keeps its own"
                )
                remedy = f"give one with --spot {market[0]}=PRICE"
                self._note_leg(Severity.WARNING, problem, remedy, file, rows[market][0])
        done = []
        for leg, name in zip(legs, names, strict=True):
            own_price = leg.price if leg.right in (Right.STOCK, Right.FUTURE) and leg.price > 0 else math.nan
            fallback = known.get(_market(leg), math.nan) if leg.right is not Right.FUTURE else math.nan
            spot = spots[name] if name is not None else _first(leg.spot, fallback, own_price)
            price = _first(leg.price, spot) if leg.right is Right.STOCK else leg.price
            done.append(replace(leg, spot=spot, price=price))
        return done

    def _summed(self, legs: list[Leg], file: str) -> list[Leg]:
        """Rows of one contract summed, unless their prices differ."""
        kept: dict[object, list[Leg]] = defaultdict(list)
        for leg in legs:
            strike = None if math.isnan(leg.strike) else leg.strike
            contract = (leg.underlying, leg.root, leg.right, strike, leg.expiry, leg.multiplier, leg.asset_class,
                        leg.style, leg.settlement, leg.cash_settled, leg.leverage, leg.listed, leg.assumed)  # fmt: skip
            same = kept[contract]
            for at, other in enumerate(same):
                if _agree(leg.price, other.price) and _agree(leg.spot, other.spot):
                    price, spot = _first(other.price, leg.price), _first(other.spot, leg.spot)
                    same[at] = replace(other, quantity=other.quantity + leg.quantity, price=price, spot=spot)
                    break
            else:
                if same and not _agree(leg.price, same[0].price):
                    prices = f"{plain(same[0].price)} and {plain(leg.price)}"
                    problem = f"rows of {leg.name} have different prices: {prices}; they were not summed"
                    self._note_leg(Severity.WARNING, problem, "a contract has one market price", file, leg)
                same.append(leg)
        summed = []
        for leg in (leg for same in kept.values() for leg in same):
            if leg.quantity == 0:
                self._note_leg(Severity.NOTE, f"long and short rows of {leg.name} cancel out", "", file, leg)
            else:
                summed.append(leg)
        return sorted(summed, key=lambda leg: leg.line)


def _market(leg: Leg) -> _Market:
    return leg.underlying, leg.expiry if leg.asset_class is AssetClass.FUTURE else None


def _agree(one: float, other: float) -> bool:
    return math.isnan(one) or math.isnan(other) or abs(one - other) <= _CENT


def _first(*values: float) -> float:
    """The first of the values that is known; NaN where none is."""
    return next((value for value in values if not math.isnan(value)), math.nan)


def unused_spots(spots: Iterable[str], used: set[str], file: str) -> list[Finding]:
    """A note for every given spot that no leg was found for: a mistyped name would otherwise go unseen."""
    return [
        Finding(Severity.NOTE, f"spot {name} was given, but there is no position in {name}", "check its name", file)
        for name in sorted(set(spots) - used)
    ]
