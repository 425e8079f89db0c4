"""Which contracts of the table of published margins a book holds; what can't be one is a finding that names it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import AssetClass, Right
from optmargin.core.errors import Finding, Severity
from optmargin.core.instruments import instruments
from optmargin.core.legs import Leg, LegTable
from optmargin.core.money import plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optmargin.risk.span.table import MarginRow, MarginTable


# Root, right, expiry, strike (0 for a future), multiplier.
_Contract = tuple[str, Right, dt.date, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class HeldContracts:
    """The different contracts of one combined commodity in a book; columns of equal length, one element per contract.

    Attributes:
        row: its row of the table of published margins.
        contracts: one leg of each contract; its price and spot are the means over all its legs.
        month: contract month ``yyyymm`` of the future that the contract is, or is an option on.
        volatility: implied volatility where it was given; NaN elsewhere.
        legs: rows of the leg table by contract.
    """

    row: MarginRow
    contracts: LegTable
    month: NDArray[np.int64]
    volatility: NDArray[np.float64]
    legs: tuple[tuple[int, ...], ...]

    @property
    def is_future(self) -> NDArray[np.bool_]:
        """Which contracts are futures."""
        return np.equal(self.contracts.right, int(Right.FUTURE))

    def refused(self, at: int, problem: str, remedy: str) -> Finding:
        """The finding that one contract can't be margined."""
        return refusal(self.contracts.row(at), self.row.code, problem, remedy)

    def where(self, chosen: NDArray[np.bool_]) -> HeldContracts:
        """Some of the contracts."""
        return HeldContracts(
            self.row,
            self.contracts.where(chosen),
            self.month[chosen],
            self.volatility[chosen],
            tuple(legs for legs, is_chosen in zip(self.legs, chosen.tolist(), strict=True) if is_chosen),
        )


def refusal(leg: Leg, code: str, problem: str, remedy: str) -> Finding:
    """The finding that a leg can't be margined; ``code`` is the combined commodity that is incomplete by it."""
    return Finding(
        Severity.INCOMPLETE,
        f"{leg.name}: {problem}",
        remedy,
        line=leg.line or None,
        account=leg.account,
        underlying=code,
        expiry=leg.expiry,
    )


def held_contracts(
    legs: LegTable,
    as_of: dt.date,
    table: MarginTable,
    volatilities: NDArray[np.float64] | None = None,
) -> tuple[dict[str, HeldContracts], list[Finding]]:
    """The contracts of each combined commodity of the table, by its code, and a finding for each leg that isn't one.

    Args:
        legs: futures and options on them.
        as_of: picks the rows of the table; what expired before it is refused.
        table: published margins.
        volatilities: one per leg, NaN where not given.
    """
    rows = table.rows_on(as_of)
    by_root = {root: row for row in rows.values() for root in row.futures}
    findings: list[Finding] = []
    places: dict[str, dict[_Contract, list[int]]] = {}
    listed = legs.rows()
    for at, leg in enumerate(listed):
        if leg.quantity == 0:
            continue
        row = by_root.get(leg.underlying.upper())
        problem, remedy = _problem(leg, row, as_of, table)
        if row is None or leg.expiry is None or problem:
            findings.append(refusal(leg, row.code if row else leg.underlying, problem, remedy))
            continue
        contract = (_root(leg), leg.right, leg.expiry, leg.strike if leg.right.is_option else 0.0, leg.multiplier)
        places.setdefault(row.code, {}).setdefault(contract, []).append(at)
    found = {code: _columns(rows[code], listed, contracts, volatilities) for code, contracts in places.items()}
    return found, findings


def _root(leg: Leg) -> str:
    return (leg.root or leg.underlying).upper()


def _columns(
    row: MarginRow,
    legs: list[Leg],
    contracts: Mapping[_Contract, list[int]],
    volatilities: NDArray[np.float64] | None,
) -> HeldContracts:
    chosen, months = [], []
    given = np.full(len(contracts), np.nan)
    for place, ((root, right, expiry, _, _), members) in enumerate(contracts.items()):
        price, spot = (_mean(getattr(legs[at], name) for at in members) for name in ("price", "spot"))
        chosen.append(replace(legs[members[0]], root=root, price=price, spot=spot))
        is_future = right is Right.FUTURE
        months.append(expiry.year * 100 + expiry.month if is_future else row.underlying_month(expiry))
        if volatilities is not None:
            given[place] = _mean(volatilities[members].tolist())
    return HeldContracts(
        row=row,
        contracts=LegTable.of(chosen),
        month=np.array(months, dtype=np.int64),
        volatility=given,
        legs=tuple(tuple(members) for members in contracts.values()),
    )


def _mean(figures: Iterable[float]) -> float:
    """The mean in whatever order they come; NaN where one is."""
    return float(np.mean(sorted(figures)))


def _problem(leg: Leg, row: MarginRow | None, as_of: dt.date, table: MarginTable) -> tuple[str, str]:
    """Why a leg isn't a contract of the table, and what would help; empty where it is."""
    if row is None:
        later = [each.first_day for each in table.rows if leg.underlying.upper() in each.futures]
        if later:
            return f"{table.name} has no margins before {min(later)}", f"ask for {min(later)} or later, or add a row"
        return (
            f"{leg.underlying} isn't in {table.name}",
            "add a row with its published margins, or load a parameter file",
        )
    known = instruments().get(_root(leg)) or instruments().get(leg.underlying.upper())
    if leg.right is Right.STOCK:
        return "stock isn't margined by SPAN", "leave it to the securities segment"
    if leg.expiry is None:
        return "it has no expiry", "give one"
    if leg.expiry < as_of:
        return f"it expired before {as_of}", "leave it out, or give the day of the prices"
    if not np.isfinite(leg.quantity):
        return "it has no quantity", "give one"
    if known is not None and known.asset_class is AssetClass.FUTURE and leg.multiplier != known.multiplier:
        return f"its multiplier is {plain(leg.multiplier)}", f"that of {known.root} is {plain(known.multiplier)}"
    if not leg.multiplier > 0:
        return f"its multiplier is {plain(leg.multiplier)}", "give the currency per point"
    if leg.right.is_option and not leg.strike > 0:
        return f"its strike is {plain(leg.strike)}", "give the strike in points"
    if leg.right is Right.FUTURE and leg.expiry.month not in row.months:
        months = ", ".join(str(month) for month in row.months)
        return f"{leg.expiry:%Y-%m} isn't a contract month of {row.code}", f"its months are {months}"
    return "", ""
