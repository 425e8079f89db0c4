"""Which contract of the parameters each leg is; what isn't found is a finding, and no leg is left out in silence."""

from __future__ import annotations

import datetime as dt
import math
import weakref
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import Right
from optmargin.core.errors import Finding, Severity
from optmargin.risk.span.model import CombinedCommodity, Kind, Level, SpanParameters
from optmargin.risk.span.periods import period_parts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optmargin.core.legs import LegTable

_FUTURE, _STOCK = int(Right.FUTURE), int(Right.STOCK)
_KINDS = {
    _FUTURE: frozenset({Kind.FUTURE}),
    _STOCK: frozenset({Kind.PHYSICAL}),
    int(Right.CALL): frozenset({Kind.OPTION_ON_FUTURE, Kind.OPTION_ON_PHYSICAL, Kind.OPTION_ON_COMBINATION}),
}
_KINDS[int(Right.PUT)] = _KINDS[int(Right.CALL)]
_EPOCH = dt.date(1970, 1, 1).toordinal()
_NO_DAY = int(np.datetime64("NaT", "D").astype(np.int64))
_SEVERAL = -1
_DIGITS = 9  # decimals in which two strikes are told apart
_NAMED = 6  # how many days a sentence lists

_AMBIGUOUS = "names more than one contract of {file}"
_UNQUANTIFIED = "has no quantity"

# Day (since 1970), right, strike -> row of the contract; _SEVERAL where the product has two of them.
_Contracts = dict[tuple[int, int, float], int]


@dataclass(frozen=True, slots=True)
class Holding:
    """Net positions in one combined commodity.

    Attributes:
        code: of the combined commodity.
        rows: contracts held, ascending, each once; positions that cancel are left out.
        quantity: net quantity of each.
        price: market price of the legs, in points; NaN where not known, or where legs of one contract differ in it.
        legs: how many legs it came from.
    """

    code: str
    rows: NDArray[np.int64]
    quantity: NDArray[np.float64]
    price: NDArray[np.float64]
    legs: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a book is in terms of the parameters.

    Attributes:
        holdings: by code of the combined commodity.
        findings: a leg that isn't found is ``INCOMPLETE``.
        affected: codes of the combined commodities to which a leg that isn't found may belong.
    """

    holdings: tuple[Holding, ...]
    findings: tuple[Finding, ...]
    affected: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Place:
    """One product: the commodity's code and the index among its products."""

    commodity: str
    product: int


class ContractIndex:
    """Finds contracts by root, expiry, right and strike; a product is read when it is first asked for."""

    def __init__(self, parameters: SpanParameters) -> None:
        self._commodities = parameters.commodities
        self._places: dict[str, list[_Place]] = defaultdict(list)
        for code, commodity in parameters.commodities.items():
            for at, product in enumerate(commodity.products):
                for name in (product.code.upper(), f"{product.exchange}:{product.code}".upper()):
                    self._places[name].append(_Place(code, at))
        self._contracts: dict[_Place, _Contracts] = {}
        self._by_product: dict[str, dict[int, list[int]]] = {}

    def places(self, root: str, right: int) -> list[_Place]:
        """The products of that code (``ES``, ``CME:ES``) and of the kind that a right asks for."""
        kinds = _KINDS[right]
        return [
            place
            for place in self._places.get(root, ())
            if self._commodities[place.commodity].products[place.product].kind in kinds
        ]

    def siblings(self, underlying: str, multiplier: float) -> list[_Place]:
        """The option products, of any root, on a future (or physical) of that code, with that value factor."""
        found: list[_Place] = []
        for code in dict.fromkeys(
            place.commodity for right in (_FUTURE, _STOCK) for place in self.places(underlying, right)
        ):
            commodity = self._commodities[code]
            for at, product in enumerate(commodity.products):
                on = product.underlying.upper()
                if product.kind not in _KINDS[int(Right.CALL)] or (on and on != underlying):
                    continue
                series = commodity.series.product == at
                if np.any(np.isclose(commodity.series.value_factor[series], multiplier)):
                    found.append(_Place(code, at))
        return found

    def contracts(self, place: _Place) -> _Contracts:
        """Every contract of a product by day, right and strike."""
        found = self._contracts.get(place)
        if found is None:
            found = self._contracts[place] = self._read(place)
        return found

    def days(self, place: _Place) -> list[dt.date]:
        """The days on which a product's contracts expire, ascending."""
        return [_date(day) for day in sorted({key[0] for key in self.contracts(place)}) if day >= _EARLIEST]

    def by_month(self, place: _Place, day: int, right: int, strike: float) -> int | None:
        """The product's only contract of the month of a day: a future that expires in it, or what the file gives no day.

        Options that have a day in the file are never taken by their month.
        """
        commodity = self._commodities[place.commodity]
        wanted = _month(day)
        hits = []
        for (expiry, kind, at), row in self.contracts(place).items():
            if kind != right or at != strike or row == _SEVERAL:
                continue
            series = int(commodity.contracts.series[row])
            if expiry >= _EARLIEST:
                month = _month(expiry) if right == _FUTURE else 0
            else:
                own = commodity.series.period if right == _FUTURE else commodity.series.option_period
                month = _month_of_a_period(int(own[series]), day)
            if month == wanted:
                hits.append(row)
        return hits[0] if len(hits) == 1 else None

    def physicals(self, place: _Place) -> list[int]:
        """The rows of a product that has no expiry: an index or a share."""
        return [row for (_, right, _), row in self.contracts(place).items() if right == _STOCK]

    def _read(self, place: _Place) -> _Contracts:
        commodity = self._commodities[place.commodity]
        contracts = commodity.contracts
        by_product = self._by_product.get(place.commodity)
        if by_product is None:
            by_product = self._by_product[place.commodity] = _rows_by_product(commodity)
        rows = np.array(by_product.get(place.product, []), dtype=np.int64)
        series = contracts.series[rows]
        days = commodity.series.expiry[series].astype(np.int64)
        # series without a day are told apart by their number, below every day that can be
        days = np.where(np.isnat(commodity.series.expiry[series]), _NO_DAY + 1 + series, days)
        strikes = np.nan_to_num(np.round(contracts.strike[rows], _DIGITS), nan=0.0)
        found: _Contracts = {}
        for key, row in zip(
            zip(days.tolist(), contracts.right[rows].tolist(), strikes.tolist(), strict=True),
            rows.tolist(),
            strict=True,
        ):
            found[key] = _SEVERAL if key in found else row
        return found


# Every real day lies above this number; series without a day below it.
_EARLIEST = dt.date(1900, 1, 1).toordinal() - _EPOCH


def _rows_by_product(commodity: CombinedCommodity) -> dict[int, list[int]]:
    products = commodity.series.product[commodity.contracts.series]
    order = np.argsort(products, kind="stable")
    cuts = np.flatnonzero(np.diff(products[order])) + 1
    return {int(products[part[0]]): part.tolist() for part in np.split(order, cuts) if len(part)}


def _date(day: int) -> dt.date:
    return dt.date.fromordinal(day + _EPOCH)


def _month(day: int) -> int:
    date = _date(day)
    return date.year * 100 + date.month


def _month_of_a_period(number: int, day: int) -> int:
    """The month of a period; 0 where its code is another day than the one asked for."""
    month, code = period_parts(number)
    return 0 if code.isdigit() and int(code) != _date(day).day else month


_INDICES: weakref.WeakKeyDictionary[SpanParameters, ContractIndex] = weakref.WeakKeyDictionary()


def index_of(parameters: SpanParameters) -> ContractIndex:
    """The index of parameters; made once, and kept as long as they are."""
    found = _INDICES.get(parameters)
    if found is None:
        found = _INDICES[parameters] = ContractIndex(parameters)
    return found


def find(parameters: SpanParameters, legs: LegTable, aliases: Mapping[str, str] | None = None) -> Found:
    """The contracts of a book.

    A leg is looked for under its root (or the product that ``aliases`` gives for the root), by day of expiry, right and
    strike. Where the root isn't known (it is the underlying's own, as many files have it) and that product has no such
    contract, the options of other roots on the same future are looked through: one that expires that day and has the leg's
    multiplier is it, if it is the only one. A future whose day the file has differently, and a contract to which the file gives
    no day, is taken by its month, and that is said.

    Args:
        parameters: a file's or a table's.
        legs: futures and options of one account, in any order.
        aliases: root -> the product's code in the file, ``EW3`` or ``CME:EW3``.
    """
    index = index_of(parameters)
    search = _Search(index, {root.upper(): code.upper() for root, code in (aliases or {}).items()})
    sums: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    prices: dict[str, dict[int, float]] = defaultdict(dict)
    counts: dict[str, int] = defaultdict(int)
    findings: list[Finding] = []
    affected: set[str] = set()
    days = legs.expiry.astype(np.int64).tolist()
    strikes = np.nan_to_num(np.round(legs.strike, _DIGITS), nan=0.0).tolist()
    columns = zip(
        [root.upper() for root in legs.root.tolist()],
        [underlying.upper() for underlying in legs.underlying.tolist()],
        legs.right.tolist(),
        days,
        strikes,
        legs.multiplier.tolist(),
        strict=True,
    )
    for at, (question, quantity, price) in enumerate(
        zip(columns, legs.quantity.tolist(), legs.price.tolist(), strict=True)
    ):
        if quantity == 0:
            continue
        place, row, said = search.contract(*question)
        if not math.isfinite(quantity):
            place, said = None, _UNQUANTIFIED
        if said:
            severity = Severity.INCOMPLETE if place is None else Severity.NOTE
            findings.append(_finding(severity, legs, at, said, parameters))
        if place is None or row is None:
            affected |= search.commodities(question[0], question[1])
            continue
        sums[place.commodity][row] += quantity
        known = prices[place.commodity]
        known[row] = price if row not in known or known[row] == price else math.nan
        counts[place.commodity] += 1
    holdings = []
    for code in sorted(sums):
        kept = sorted(row for row, quantity in sums[code].items() if quantity != 0)
        holdings.append(
            Holding(
                code=code,
                rows=np.array(kept, dtype=np.int64),
                quantity=np.array([sums[code][row] for row in kept], dtype=np.float64),
                price=np.array([prices[code][row] for row in kept], dtype=np.float64),
                legs=counts[code],
            )
        )
    return Found(tuple(holdings), tuple(findings), frozenset(affected))


class _Search:
    """Looks for one contract after another, and remembers under which products each root is looked for."""

    def __init__(self, index: ContractIndex, aliases: Mapping[str, str]) -> None:
        self._index = index
        self._aliases = aliases
        self._own: dict[tuple[str, int], list[tuple[_Place, _Contracts]]] = {}
        self._others: dict[tuple[str, float], list[tuple[_Place, _Contracts]]] = {}

    def contract(
        self, root: str, underlying: str, right: int, day: int, strike: float, multiplier: float
    ) -> tuple[_Place | None, int | None, str]:
        """The product and the row of a contract, and what there is to say: with a row a note, without one the reason."""
        own = self._own.get((root, right))
        if own is None:
            places = self._index.places(self._aliases.get(root, root), right)
            own = self._own[(root, right)] = [(place, self._index.contracts(place)) for place in places]
        key = (day, right, strike)
        hits = [(place, contracts[key]) for place, contracts in own if key in contracts]
        if right == _STOCK:
            hits = [(place, row) for place, _ in own for row in self._index.physicals(place)]
        is_option = right not in (_FUTURE, _STOCK)
        if not hits and is_option and root == underlying:
            others = self._others.get((underlying, multiplier))
            if others is None:
                others = self._others[(underlying, multiplier)] = [
                    (place, self._index.contracts(place)) for place in self._index.siblings(underlying, multiplier)
                ]
            hits = [(place, contracts[key]) for place, contracts in others if key in contracts]
        if len(hits) > 1 or any(row == _SEVERAL for _, row in hits):
            return None, None, _AMBIGUOUS
        if hits:
            return hits[0][0], hits[0][1], ""
        if right != _STOCK and day != _NO_DAY:
            by_month = [(place, self._index.by_month(place, day, right, strike)) for place, _ in own]
            rows = [(place, row) for place, row in by_month if row is not None]
            if len(rows) == 1:
                return *rows[0], "is taken by its month, since {file} has no contract of that day"
        return None, None, "isn't in {file}"

    def commodities(self, root: str, underlying: str) -> set[str]:
        """The combined commodities that have a product of one of these names."""
        names = {self._aliases.get(root, root), underlying}
        return {place.commodity for name in names for right in _KINDS for place in self._index.places(name, right)}


def _finding(severity: Severity, legs: LegTable, at: int, said: str, parameters: SpanParameters) -> Finding:
    leg = legs.row(at)
    return Finding(
        severity,
        f"{leg.name} {said.format(file=parameters.origin.name)}",
        "" if severity is Severity.NOTE else _remedy(said, leg.root.upper(), int(leg.right), parameters),
        line=leg.line or None,
        account=leg.account,
        underlying=leg.underlying,
        expiry=leg.expiry,
    )


def _remedy(said: str, root: str, right: int, parameters: SpanParameters) -> str:
    if said == _UNQUANTIFIED:
        return "give the number of contracts"
    if said == _AMBIGUOUS:
        return "say which product it is, as an alias of its root: EXCHANGE:CODE"
    if parameters.origin.level is Level.REFERENCE and right not in (_FUTURE, _STOCK):
        return "outright margins say nothing of options: load a file, or use the calibrated level"
    index = index_of(parameters)
    places = index.places(root, right)
    if not places:
        return f"no product {root} of this kind is there: give its code there as an alias, or load the file that has it"
    days = sorted({day for place in places for day in index.days(place)})
    if not days:
        return "check strike and expiry"
    shown = ", ".join(day.isoformat() for day in days[:_NAMED]) + (" ..." if len(days) > _NAMED else "")
    return f"check strike and expiry; {root} expires there on {shown}"
