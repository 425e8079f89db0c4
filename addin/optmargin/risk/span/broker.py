"""What a broker adds to the exchange's margin: ratios and factors from a table, and the cash of the commodity segment."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import Right
from optmargin.core.errors import ErrorCode, Finding, MarginError, Severity, nearest
from optmargin.core.money import dollars
from optmargin.risk.span.terms import SpanTerms
from optmargin.rules.book import Source

if TYPE_CHECKING:
    from optmargin.core.legs import LegTable
    from optmargin.risk.span.requirement import SpanRequirement

OVERNIGHT = "overnight"


@dataclass(frozen=True, slots=True)
class Session:
    """The factors of one session.

    Attributes:
        multiplier: on the risk of every combined commodity.
        multipliers: of some, by code.
    """

    multiplier: float = 1.0
    multipliers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Broker:
    """One broker's row of the table.

    Attributes:
        name, title: as users write it, and for people.
        initial_ratio: initial over maintenance margin.
        note: what is to be said with every figure.
        source: who says so.
        sessions: by name; ``overnight`` is there always.
    """

    name: str
    title: str
    initial_ratio: float
    note: str
    source: Source
    sessions: Mapping[str, Session]

    def terms(self, session: str = OVERNIGHT) -> SpanTerms:
        """The terms of an account at this broker; the caller picks the session, nothing here reads a clock.

        Raises:
            MarginError: ``#VALUE!`` for a session that the broker hasn't got.
        """
        found = self.sessions.get(session)
        if found is None:
            problem = f"{self.title} has no session '{session}'"
            raise MarginError(ErrorCode.VALUE, problem, nearest(session, self.sessions))
        return SpanTerms(
            initial_ratio=self.initial_ratio,
            house_multiplier=found.multiplier,
            house_multipliers=found.multipliers,
            house_note=self.note,
        )


def broker(name: str) -> Broker:
    """The broker of that name in the package's table.

    Raises:
        MarginError: ``#VALUE!`` for a broker that isn't there.
    """
    found = packaged_brokers().get(name.strip().lower())
    if found is None:
        raise MarginError(ErrorCode.VALUE, f"no SPAN factors of '{name}' are here", nearest(name, packaged_brokers()))
    return found


@cache
def packaged_brokers() -> Mapping[str, Broker]:
    """The table that comes with the package, by name."""
    file = "brokers.toml"
    return load_brokers(resources.files("optmargin.risk.span").joinpath(file).read_text(encoding="utf-8"), file)


def load_brokers(text: str, file: str) -> dict[str, Broker]:
    """The brokers that a TOML text holds; ``file`` is its name in errors.

    Raises:
        MarginError: ``#VALUE!`` for what isn't understood or isn't cited.
    """
    try:
        table = tomllib.loads(text)
        sources = {
            key: Source(key, row["title"], str(row.get("date", "undated")), row.get("url", ""), row.get("page", ""))
            for key, row in table["sources"].items()
        }
        return {
            name.lower(): Broker(
                name=name.lower(),
                title=row["title"],
                initial_ratio=float(row["initial_ratio"]),
                note=row["note"],
                source=sources[row["source"]],
                sessions={OVERNIGHT: Session()}
                | {key: Session(**session) for key, session in row.get("sessions", {}).items()},
            )
            for name, row in table["brokers"].items()
        }
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise MarginError(ErrorCode.VALUE, f"{file}: {error}", "write it as the package's brokers.toml is") from None


@dataclass(frozen=True, slots=True)
class CommoditySegment:
    """The futures segment of an account, USD: what it must hold in cash, and what is left.

    Futures gains and losses are paid in cash day by day; the gains of options are not, until they are sold. So a position that
    loses nothing as a whole may still need cash.

    Attributes:
        cash: cash of the segment after the move.
        variation: what futures gained (positive) or lost in the move, paid in cash.
        option_value: market value of the options by the parameters' prices.
        net_liq: cash and option value.
        available, excess: what is left over the initial, and the maintenance, requirement; NaN where that isn't known.
        findings: negative cash is an incomplete nothing, but a warning: cash or a sale must fill it.
    """

    cash: float
    variation: float
    option_value: float
    net_liq: float
    available: float
    excess: float
    findings: tuple[Finding, ...] = ()


def commodity_segment(cash: float, requirement: SpanRequirement, variation: float = 0.0) -> CommoditySegment:
    """What the futures segment has left.

    The requirement is risk less option value, so that cash alone stands against it: long option value beyond the risk can't be
    drawn on. Source: Interactive Brokers' knowledge base, on cash in the commodity segment.

    Args:
        cash: cash of the segment before the move, USD.
        requirement: of its legs, at the prices after the move.
        variation: what its futures gain or lose in cash, as :func:`futures_variation` gives it.
    """
    after = cash + variation
    findings = []
    if after < 0:
        findings.append(
            Finding(
                Severity.WARNING,
                f"the futures segment's cash is {dollars(after)}; losses of futures are paid in cash, gains of options are not",
                "bring cash into the segment, or sell options; what their value covers in margin doesn't pay",
            )
        )
    return CommoditySegment(
        cash=after,
        variation=variation,
        option_value=requirement.net_value,
        net_liq=after + requirement.net_value,
        available=after - requirement.total.initial,
        excess=after - requirement.total.maintenance,
        findings=tuple(findings),
    )


def futures_variation(legs: LegTable, move: float) -> float:
    """What the futures of a book gain (or lose) in cash when their prices move by ``move`` points."""
    is_future = np.equal(legs.right, int(Right.FUTURE))
    return math.fsum((legs.quantity[is_future] * legs.multiplier[is_future] * move).tolist())
