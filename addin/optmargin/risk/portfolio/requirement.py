"""What customer portfolio margin comes to: class groups with their ten points, groups with offsets, and the account's total.

Premiums are outside: long options are paid for and short ones are a debt, both in net liq. So what an account may still do is net
liq less the requirement, in every convention of the strategy-based books.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.money import dollars
from optmargin.risk.portfolio.points import POINTS
from optmargin.risk.portfolio.valuation import VolatilityFrom

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optmargin.core.errors import Finding
    from optmargin.core.legs import Leg, LegTable
    from optmargin.risk.portfolio.carry import Carry
    from optmargin.risk.portfolio.house import HouseRequirement
    from optmargin.risk.portfolio.table import Range, TableInForce

MINIMUM = "minimum"
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Stress:
    """A change of the terms or of the market, for what-if questions.

    Attributes:
        range_factor: multiplies every range, as 1.25 or 1.5.
        move: of every class before the ten points are looked at, as a fraction: -0.05 is 5 % down. Volatilities stay.
    """

    range_factor: float = 1.0
    move: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the working; the lines of a class group add up to its requirement.

    Attributes:
        rule: ``loss at -8.00%`` or ``minimum``.
        label: which leg it is about.
        working: how the amount came about.
        amount: USD; negative for a leg that gains where the class loses.
        source: the table and the source of the rule.
    """

    rule: str
    label: str
    working: str
    amount: float
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class PortfolioLeg:
    """One leg of a class group.

    Attributes:
        leg: the position.
        factor: how many times the class's move its underlying moves.
        volatility: at which it is valued, a year; NaN for shares and futures.
        volatility_from: where that comes from.
        base: what it is worth before the points, USD per share.
        profit: at each point, USD, shape (10,); NaN where it can't be valued.
        minimum: its share of the class's minimum, USD.
    """

    leg: Leg
    factor: float
    volatility: float
    volatility_from: VolatilityFrom
    base: float
    profit: NDArray[np.float64]
    minimum: float


@dataclass(frozen=True, slots=True, eq=False)
class ClassGroup:
    """Everything on one underlying or index: gains and losses offset in full at each point.

    Attributes:
        name: of the class; the underlying where it stands alone.
        underlyings: those held, in alphabetical order.
        moves: the range, before a stress; None where the table has none.
        points: moves of the class, as fractions, five down from the farthest, then five up, shape (10,); NaN without a range.
        profit: of the group at each point, USD, shape (10,); NaN where a leg can't be valued.
        minimum: the least that it is charged, USD.
        requirement: the larger of the worst loss and the minimum, USD; NaN where it is blocked.
        rows: the legs, as a table; the columns that follow are in its order.
        factors: how many times the class's move the underlying of each moves, shape (n,).
        volatilities: at which each is valued, a year; NaN for shares and futures, shape (n,).
        volatilities_from: where they come from, as numbers of ``VolatilityFrom``, shape (n,).
        bases: what each is worth before the points, USD per share, shape (n,).
        profits: of each at each point, USD; NaN where it can't be valued, shape (n, 10).
        minimums: the share of each in the class's minimum, USD, shape (n,).
        moved_profit: of the stress's move, before the points, USD; zero without one.
        blocked: True when the group has no requirement, because something is missing; a finding says what.
        source: of the range and of the minimum, for the lines.
    """

    name: str
    underlyings: tuple[str, ...]
    moves: Range | None
    points: NDArray[np.float64]
    profit: NDArray[np.float64]
    minimum: float
    requirement: float
    rows: LegTable
    factors: NDArray[np.float64]
    volatilities: NDArray[np.float64]
    volatilities_from: NDArray[np.int8]
    bases: NDArray[np.float64]
    profits: NDArray[np.float64]
    minimums: NDArray[np.float64]
    moved_profit: float
    blocked: bool
    source: tuple[str, str]

    @property
    def legs(self) -> tuple[PortfolioLeg, ...]:
        """The legs one by one, with what each contributes."""
        return tuple(
            PortfolioLeg(
                leg=self.rows.row(at),
                factor=float(self.factors[at]),
                volatility=float(self.volatilities[at]),
                volatility_from=VolatilityFrom(int(self.volatilities_from[at])),
                base=float(self.bases[at]),
                profit=self.profits[at],
                minimum=float(self.minimums[at]),
            )
            for at in range(len(self.rows))
        )

    @property
    def worst_at(self) -> int | None:
        """The number of the point, 0 to 9, at which it loses most; None where it loses nowhere or is blocked."""
        if self.blocked or not len(self.profit) or not float(self.profit.min()) < 0:
            return None
        return int(self.profit.argmin())

    @property
    def worst_point(self) -> float:
        """The move at which it loses most, as a fraction; NaN where it loses nowhere or is blocked."""
        return math.nan if self.worst_at is None else float(self.points[self.worst_at])

    @property
    def worst_loss(self) -> float:
        """The largest loss over the points, USD, zero or above; NaN where it is blocked."""
        if self.blocked:
            return math.nan
        return 0.0 if self.worst_at is None else -float(self.profit[self.worst_at])

    @property
    def binds(self) -> str:
        """What the requirement is: ``loss at -8.00%``, ``minimum``, or ``nothing``; empty where it is blocked."""
        if self.blocked:
            return ""
        if self.requirement == 0:
            return NOTHING
        return MINIMUM if self.minimum > self.worst_loss else f"loss at {self.worst_point:+.2%}"

    @property
    def lines(self) -> tuple[Line, ...]:
        """The working, leg by leg; empty where it is blocked."""
        if self.blocked or self.requirement == 0:
            return ()
        at, binds, found = self.worst_at, self.binds, []
        for each in self.legs:
            if binds == MINIMUM:
                working = f"{abs(each.leg.quantity):.10g} x {each.leg.multiplier:.10g} shares at the minimum"
                found.append(Line(MINIMUM, each.leg.name, working, each.minimum, self.source[1]))
            elif at is not None:
                amount = -float(each.profit[at])
                volatility = "" if math.isnan(each.volatility) else f", volatility {each.volatility:.2%}"
                working = (
                    f"{each.leg.quantity:.10g} x {each.leg.multiplier:.10g} shares, the underlying at "
                    f"{each.factor * self.points[at]:+.2%}{volatility}: {dollars(amount)}"
                )
                found.append(Line(binds, each.leg.name, working, amount, self.source[0]))
        return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class OffsetResult:
    """Groups that offset one another in part, or are kept apart at an offset of 0.

    Attributes:
        name: of the product or portfolio group.
        members: names of the groups in it that the account holds.
        offset: the share of gains that counts.
        profit: at each point, USD: losses in full, gains at the offset, shape (10,).
        apart: the sum of the members' own requirements, USD.
        requirement: USD; NaN where a member is blocked.
        source: who says what the offset is.
    """

    name: str
    members: tuple[str, ...]
    offset: float
    profit: NDArray[np.float64]
    apart: float
    requirement: float
    source: str

    @property
    def relief(self) -> float:
        """What the offset takes off, USD, zero or above."""
        return self.apart - self.requirement


@dataclass(frozen=True, slots=True, eq=False)
class PortfolioRequirement:
    """Customer portfolio margin of one account.

    Attributes:
        account: the account's number.
        table: the terms that were used.
        stress: the change of them or of the market that was asked about.
        classes: class groups, by name.
        products, portfolios: groups of them with their offsets; those that hold one member only included.
        tims: the requirement by TIMS, USD; NaN where incomplete.
        house: the broker's layer; None where it wasn't asked for.
        moved_profit: what the stress's move gains or loses before any requirement, USD.
        carries: what each expiry was carried at.
        complete: False when something is missing: then the totals are.
        findings: what was noticed, first the incomplete ones.
    """

    account: str
    table: TableInForce
    stress: Stress
    classes: tuple[ClassGroup, ...]
    products: tuple[OffsetResult, ...]
    portfolios: tuple[OffsetResult, ...]
    tims: float
    house: HouseRequirement | None
    moved_profit: float
    carries: tuple[Carry, ...]
    complete: bool
    findings: tuple[Finding, ...]

    @property
    def as_of(self) -> dt.date:
        """The day of the terms and prices."""
        return self.table.as_of

    @property
    def requirement(self) -> float:
        """What the account must hold beside the value of its positions, USD: TIMS, or the house's where that is more.

        Net liq less this is what the account may still do; NaN where incomplete.
        """
        return self.tims if self.house is None else self.house.requirement

    def grid(self) -> NDArray[np.float64]:
        """Profit of every class at every point, USD, shape (classes, 10), in the order of ``classes``."""
        if not self.classes:
            return np.zeros((0, POINTS))
        return np.stack([group.profit for group in self.classes])
