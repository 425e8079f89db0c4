"""Offsets between class groups in a product group, and between product groups in a portfolio group.

At each point the losses of the members count in full and their gains at the offset; the requirement is the largest net loss, and at
least the sum of the members' minimums. At an offset of 0 the members are kept apart and their requirements add up: where losses lie
at different points that is more than TIMS would ask, and never less. (OCC, Customer Portfolio Margin Disclosure.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optmargin.risk.portfolio.requirement import OffsetResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optmargin.risk.portfolio.requirement import ClassGroup
    from optmargin.risk.portfolio.table import OffsetGroup, TableInForce


@dataclass(frozen=True, slots=True, eq=False)
class _Member:
    """A class or product group as a member of the group above it."""

    name: str
    profit: NDArray[np.float64]
    minimum: float
    requirement: float


def combined(
    classes: Sequence[ClassGroup], in_force: TableInForce
) -> tuple[tuple[OffsetResult, ...], tuple[OffsetResult, ...], float]:
    """Product groups, portfolio groups, and the total over everything, USD; NaN where a class is blocked.

    Args:
        classes: the class groups that the account holds.
        in_force: the table with the groups.
    """
    members = [_Member(each.name, each.profit, each.minimum, each.requirement) for each in classes]
    products, members = _grouped(members, in_force.product_groups)
    portfolios, members = _grouped(members, in_force.portfolio_groups)
    return products, portfolios, math.fsum(each.requirement for each in members) + 0.0


def _grouped(
    members: Sequence[_Member], groups: Sequence[OffsetGroup]
) -> tuple[tuple[OffsetResult, ...], list[_Member]]:
    """The groups that hold a member, and what is left to add up: the groups, and the members of none."""
    by_name = {each.name: each for each in members}
    found, left = [], []
    for group in groups:
        mine = [by_name.pop(name) for name in group.members if name in by_name]
        if not mine:
            continue
        result = _offset(group, mine)
        found.append(result)
        left.append(_Member(group.name, result.profit, math.fsum(each.minimum for each in mine), result.requirement))
    return tuple(found), [*by_name.values(), *left]


def _offset(group: OffsetGroup, members: Sequence[_Member]) -> OffsetResult:
    profits = np.stack([each.profit for each in members])
    profit = np.minimum(profits, 0.0).sum(axis=0) + group.offset * np.maximum(profits, 0.0).sum(axis=0)
    apart = math.fsum(each.requirement for each in members)
    requirement = apart
    if group.offset > 0 and len(members) > 1 and not math.isnan(apart):
        least = math.fsum(each.minimum for each in members)
        requirement = min(apart, max(0.0, -float(profit.min()), least))
    if len(members) == 1:
        profit = members[0].profit
    names = tuple(each.name for each in members)
    return OffsetResult(group.name, names, group.offset, profit, apart, requirement, group.source.cite)
