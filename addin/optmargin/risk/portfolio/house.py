"""A broker's layer above TIMS: wider ranges, moves of volatility, concentration, and jumps of volatility products.

The requirement is the largest of TIMS, the broker's scan, and the sum that a concentrated account is charged. All numbers are rows
of a table (``house-ibkr.toml``); the layer is off unless it is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.errors import ErrorCode, Finding, MarginError, Severity
from optmargin.core.money import dollars
from optmargin.risk.portfolio.offsets import combined
from optmargin.risk.portfolio.points import POINTS, points_between

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optmargin.risk.portfolio.house_table import Concentration, HouseInForce
    from optmargin.risk.portfolio.requirement import ClassGroup, Stress
    from optmargin.risk.portfolio.table import Membership, TableInForce
    from optmargin.risk.portfolio.valuation import Valued

_SCANNED = 4 * POINTS  # points of TIMS, and those of the scan at three volatilities


@dataclass(frozen=True, slots=True)
class HouseClass:
    """What the broker's layer makes of one class group.

    Attributes:
        name: of the class.
        tims: its requirement by TIMS, USD.
        scan: its largest loss over the broker's points and volatilities, USD, zero or above.
        scan_move: the move of that loss, as a fraction; NaN where it loses nowhere.
        scan_volatility: the factor on volatilities of that loss.
        spike: the share of its loss in a jump, USD; zero where there is none.
        requirement: the largest of them, USD.
        binds: ``TIMS``, ``scan`` or the name of the jump.
        source: of what binds, where it is the broker's.
    """

    name: str
    tims: float
    scan: float
    scan_move: float
    scan_volatility: float
    spike: float
    requirement: float
    binds: str
    source: str


@dataclass(frozen=True, slots=True)
class HouseRequirement:
    """The broker's layer on one account.

    Attributes:
        table: the terms that were used.
        classes: class by class, in the order of the account's class groups.
        tims: the account's requirement by TIMS, USD.
        scan: by the broker's scan and jumps, with the offsets of the table, USD.
        concentration: the sum that a concentrated account is charged, USD; zero where the table has none.
        requirement: the largest of the three, USD; NaN where something is missing.
        binds: ``TIMS``, ``scan`` or ``concentration``; empty where something is missing.
        working: in a sentence.
    """

    table: HouseInForce
    classes: tuple[HouseClass, ...]
    tims: float
    scan: float
    concentration: float
    requirement: float
    binds: str
    working: str

    def without_a_figure(self) -> HouseRequirement:
        """The same, where something else of the account is missing."""
        nan = math.nan
        return replace(self, tims=nan, scan=nan, concentration=nan, requirement=nan, binds="", working="incomplete")


def house_layer(
    classes: Sequence[ClassGroup],
    valued: Valued,
    places: Sequence[Membership],
    layer: HouseInForce,
    stress: Stress,
    rates: Mapping[str, float],
    in_force: TableInForce,
    tims: float,
) -> tuple[HouseRequirement, list[Finding]]:
    """The broker's layer on class groups that TIMS has margined.

    Args:
        classes: the account's class groups.
        valued: its legs.
        places: where each leg belongs, in the order of the legs.
        layer: the terms.
        stress: widens the ranges and moves the market as for TIMS.
        rates: house requirements by class or underlying, as fractions; they are the range of a class.
        in_force: the table of TIMS, for its classes and offsets.
        tims: the account's requirement by TIMS, USD.

    Raises:
        MarginError: ``#NUM!`` for a rate that isn't a fraction above zero.
    """
    given = {}
    for name, rate in rates.items():
        if not 0 < rate < 1:
            raise MarginError(ErrorCode.NUM, f"a house requirement of {rate:g} for {name}", "write 0.4 for 40 %")
        given[in_force.class_of(name)] = rate
    house, scanned, far, near = [], [], [], []
    for group in classes:
        mine = np.array([at for at, place in enumerate(places) if place.class_name == group.name], dtype=np.intp)
        if group.blocked:
            house.append(HouseClass(group.name, math.nan, math.nan, math.nan, math.nan, math.nan, math.nan, "", ""))
            scanned.append(replace(group, profit=np.full(_SCANNED, np.nan)))
            continue
        book = _Moved(group, valued, mine, np.array([places[at].factor for at in mine]), stress)
        kind = places[mine[0]].kind
        found, profit = _scan(book, layer, kind, given.get(group.name))
        house.append(found)
        scanned.append(replace(group, profit=np.concatenate((group.profit, profit)), requirement=found.requirement))
        if layer.concentration is not None:
            far.append(0.0 if kind.startswith("broad") else book.worst(layer.concentration.far))
            near.append(book.worst(layer.concentration.near))
    scan_total = combined(scanned, in_force)[2]
    concentrated, said = _concentrated(far, near, layer.concentration)
    amounts = {"TIMS": tims, "scan": scan_total, "concentration": concentrated}
    missing = any(math.isnan(amount) for amount in amounts.values())
    binds = "" if missing else max(amounts, key=lambda name: amounts[name])
    working = (
        f"the largest of TIMS {dollars(tims)}, scan {dollars(scan_total)}, concentration {dollars(concentrated)}{said}"
    )
    note = Finding(
        Severity.NOTE,
        f"the layer of {layer.title} is what was published of it: the broker's own preview may say more",
        "compare with an order preview",
    )
    return HouseRequirement(
        table=layer,
        classes=tuple(house),
        tims=tims,
        scan=scan_total,
        concentration=concentrated,
        requirement=math.nan if missing else amounts[binds],
        binds=binds,
        working=working,
    ), [note]


class _Moved:
    """The legs of one class group, revalued at moves of the class."""

    def __init__(
        self,
        group: ClassGroup,
        valued: Valued,
        at: NDArray[np.intp],
        factors: NDArray[np.float64],
        stress: Stress,
    ) -> None:
        self.group, self.valued, self.at, self.factors, self.stress = group, valued, at, factors, stress
        self.shares = valued.shares[at]
        self.base = group.bases

    def profit(self, moves: NDArray[np.float64], volatility_factor: float = 1.0) -> NDArray[np.float64]:
        """Of the group at each move, USD."""
        before = np.maximum(1.0 + self.factors * self.stress.move, 0.0)[:, np.newaxis]
        after = np.maximum(1.0 + np.multiply.outer(self.factors, moves), 0.0)
        values = self.valued.values(before * after - 1.0, self.at, volatility_factor)
        return (self.shares[:, np.newaxis] * (values - self.base[:, np.newaxis])).sum(axis=0)  # type: ignore[no-any-return]

    def points(self, down: float, up: float) -> NDArray[np.float64]:
        """Ten points of a range, under the stress."""
        return self.stress.range_factor * points_between(down, up)

    def worst(self, either_way: float) -> float:
        """The largest loss over ten points up to a move either way, USD, zero or above."""
        return max(0.0, -float(self.profit(self.points(-either_way, either_way)).min()))


def _scan(book: _Moved, layer: HouseInForce, kind: str, rate: float | None) -> tuple[HouseClass, NDArray[np.float64]]:
    """What the scan makes of a class, and its profit at every move and volatility."""
    group, scan = book.group, layer.scan_of(kind)
    points, shift = group.points, 0.0 if scan is None else scan.volatility
    if rate is not None:
        points = book.points(-rate, rate)
    elif scan is not None and scan.down < 0 < scan.up:
        points = book.points(scan.down, scan.up)
    factors = (1.0, 1.0 + shift, max(1.0 - shift, 0.0))
    grid = np.stack([book.profit(points, factor) for factor in factors])
    profit = grid.ravel()
    at = int(profit.argmin())
    loss = max(0.0, -float(profit[at]))
    spiked = [each for each in layer.spikes if kind in each.kinds]
    jumps = [each.share * max(0.0, -float(book.profit(np.array([each.move]))[0])) for each in spiked]
    spike = max(jumps, default=0.0)
    amounts = {
        "TIMS": group.requirement,
        "scan": loss,
        (spiked[int(np.argmax(jumps))].name if jumps else "jump"): spike,
    }
    binds = max(amounts, key=lambda name: amounts[name])
    source = "" if scan is None else scan.source.cite
    if jumps and binds not in {"TIMS", "scan"}:
        source = spiked[int(np.argmax(jumps))].source.cite
    return HouseClass(
        name=group.name,
        tims=group.requirement,
        scan=loss,
        scan_move=float(points[at % len(points)]) if loss else math.nan,
        scan_volatility=factors[at // len(points)] if loss else math.nan,
        spike=spike,
        requirement=amounts[binds],
        binds=binds,
        source=f"{layer.name}: {source}",
    ), profit


def _concentrated(far: Sequence[float], near: Sequence[float], terms: Concentration | None) -> tuple[float, str]:
    """The riskiest classes at the far move, the others at the near one, USD; and how it came about."""
    if terms is None or not far:
        return 0.0, ""
    riskiest = sorted(range(len(far)), key=lambda at: -far[at])[: terms.count]
    amount = math.fsum(far[at] if at in riskiest and far[at] > 0 else near[at] for at in range(len(far)))
    return amount, f" ({terms.count} riskiest classes moved by {terms.far:.0%}, the others by {terms.near:.0%})"
