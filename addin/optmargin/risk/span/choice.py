"""By which parameters an account's futures are margined: a loaded file, a table of published margins, or outright margins."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from optmargin.core.contracts import AssetClass, Right
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.risk.span.broker import OVERNIGHT, broker
from optmargin.risk.span.calibrated import calibrate, outright
from optmargin.risk.span.find import find
from optmargin.risk.span.requirement import span_margin
from optmargin.risk.span.stress import stressed
from optmargin.risk.span.terms import SpanTerms
from optmargin.risk.span.words import Level

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from optmargin.core.legs import LegTable
    from optmargin.risk.span.model import SpanParameters
    from optmargin.risk.span.requirement import SpanRequirement
    from optmargin.risk.span.table import MarginTable

EXCHANGE = "exchange"


@dataclass(frozen=True, slots=True, eq=False)
class SpanChoice:
    """What was chosen, by a person or by settings.

    Attributes:
        parameters: those of a loaded file; None where there is none.
        table: published margins; None takes the package's own.
        level: the level that is wanted; None takes the file where there is one, else the table.
        terms: kind of account, broker's factors.
    """

    parameters: SpanParameters | None = None
    table: MarginTable | None = None
    level: Level | None = None
    terms: SpanTerms = field(default_factory=SpanTerms)

    @property
    def level_asked(self) -> Level:
        """The level at which it answers."""
        if self.level is not None:
            return self.level
        return Level.CALIBRATED if self.parameters is None else Level.EXACT

    def margin(
        self, legs: LegTable, as_of: dt.date | None, *, stress: float = 1.0, move: float = 0.0
    ) -> SpanRequirement:
        """The requirement of one account's futures and options on futures.

        Args:
            legs: futures and options on them, and nothing else.
            as_of: the day of the prices; only a file's parameters can do without.
            stress: factor on the price scan ranges.
            move: move of the underlying's prices, points; for legs of one combined commodity.

        Raises:
            MarginError: ``#N/A`` where no file is loaded and one is asked for, or the day is missing; ``#NUM!`` for a move that a
                file's arrays can't answer, or that is one of several combined commodities. What is missing for a leg is a finding.
        """
        if self.level_asked is Level.EXACT:
            return self._by_file(legs, stress, move)
        if as_of is None:
            raise MarginError(
                ErrorCode.MISSING,
                f"the day of the prices isn't given, and level '{self.level_asked}' depends on it",
                "give as_of, or load a parameter file",
            )
        if self.level_asked is Level.REFERENCE:
            return _of_one(outright(legs, as_of, table=self.table, stress=stress).margin(self.terms), move)
        found = calibrate(legs, as_of, table=self.table, stress=stress, move=move)
        return _of_one(found.margin(self.terms), move)

    def _by_file(self, legs: LegTable, stress: float, move: float) -> SpanRequirement:
        if self.parameters is None:
            raise MarginError(
                ErrorCode.MISSING,
                f"no parameter file is loaded, and level '{Level.EXACT}' is that of a file",
                f"name one, or ask for level '{Level.CALIBRATED}'",
            )
        if move:
            raise MarginError(
                ErrorCode.NUM,
                f"{self.parameters.origin.name} says what positions lose from its own prices, not from prices moved by {move:g}",
                f"ask for level '{Level.CALIBRATED}', which makes its arrays anew",
            )
        if stress == 1:
            return span_margin(self.parameters, legs, self.terms)
        held = {each.code for each in find(self.parameters, legs, self.terms.aliases).holdings}
        targets = {each.target.commodity for each in self.parameters.inter_spreads if each.target is not None}
        wanted = held | (targets & set(self.parameters.commodities))
        return span_margin(stressed(self.parameters, stress, wanted), legs, self.terms)


def _of_one(requirement: SpanRequirement, move: float) -> SpanRequirement:
    """The requirement, where a move in points means the same for all of it.

    Raises:
        MarginError: ``#NUM!`` for a move of several combined commodities.
    """
    codes = [each.code for each in requirement.commodities]
    if move and len(codes) > 1:
        problem = f"a move by {move:g} points is one of several products: {', '.join(codes)}"
        raise MarginError(ErrorCode.NUM, problem, "ask for one of them at a time")
    return requirement


def account_terms(
    broker_name: str = EXCHANGE, session: str = OVERNIGHT, aliases: Mapping[str, str] | None = None
) -> SpanTerms:
    """The terms of a customer's account.

    Args:
        broker_name: ``exchange`` takes the ratio of initial to maintenance of the file or table; a broker's own goes before it.
        session: of the broker's: ``overnight``, ``intraday``.
        aliases: root of a leg -> the product's code in the file.

    Raises:
        MarginError: ``#VALUE!`` for a broker or session that isn't known.
    """
    found = broker(broker_name)
    terms = found.terms(session.strip().lower())
    if found.name == EXCHANGE:
        terms = replace(terms, initial_ratio=None, house_note="no broker's factor but what the parameters hold")
    return replace(terms, aliases=dict(aliases or {}))


def is_futures(legs: LegTable) -> NDArray[np.bool_]:
    """Which legs are futures or options on futures, and so of the futures segment."""
    is_future: NDArray[np.bool_] = (legs.right == int(Right.FUTURE)) | (legs.asset_class == AssetClass.FUTURE)
    return is_future
