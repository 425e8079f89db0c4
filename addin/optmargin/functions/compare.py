"""MARGIN_COMPARE: what adding options on a future to others costs under SPAN, and as index options by strategy and portfolio margin.

The question behind it: put spreads of one expiry are held, call spreads of another are added; is there a new margin burden? Under SPAN
all expiries share one set of scenarios, a strategy-based book margins each expiry for itself. The answer is computed from the legs.
"""

from __future__ import annotations

import datetime as dt
import math
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from optmargin.core.contracts import Settlement
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.core.instruments import instrument
from optmargin.core.legs import LegTable
from optmargin.core.money import cents, dollars, plain
from optmargin.functions.book import refuse
from optmargin.functions.declare import About, Example, Unit, worksheet_function
from optmargin.functions.naked import Book
from optmargin.functions.portfolio import ValuationDay
from optmargin.functions.reading import AUTO
from optmargin.functions.span import (
    LONGEST_TEXT,
    FuturesLegs,
    SpanLevel,
    SpanTable,
    Stress,
    fitting,
    futures_of,
    span_choice,
)
from optmargin.margin.account import margin_legs
from optmargin.risk.portfolio.account import portfolio_margin
from optmargin.risk.portfolio.carry import Market
from optmargin.risk.portfolio.requirement import Stress as PortfolioStress
from optmargin.rules.book import TermsInForce

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optmargin.core.errors import Finding
    from optmargin.core.legs import Leg
    from optmargin.risk.span.choice import SpanChoice
    from optmargin.risk.span.requirement import SpanRequirement

# The index whose options are the counterpart of those on a future; both are quoted in the same points.
COUNTERPARTS = {"ES": "SPX", "MES": "SPX", "NQ": "NDX", "MNQ": "NDX", "RTY": "RUT", "M2K": "RUT"}

COMPARE_COLUMNS = ("rules", "figure", "held", "added", "together", "new_burden", "note")

_SECONDS = 2.0
_SEED = "Trader's seven points on margin, number 5: spreads of different weeks, 2,500 and 2,500 by strategy, require 5,000; prices invented"
_HEADER = '"underlying","right","strike","expiry","quantity","price","spot"'
_PUTS = f'{{{_HEADER};"ES","put",6450,"2025-09-22",-5,11.5,6600;"ES","put",6445,"2025-09-22",5,10.75,6600}}'
_CALLS = f'{{{_HEADER};"ES","call",6720,"2025-09-29",-5,20.4,6600;"ES","call",6725,"2025-09-29",5,19.2,6600}}'


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of one set of rules.

    Attributes:
        rules: ``SPAN on ES``, ``strategy on SPX``, ``portfolio margin on SPX``.
        figure: ``maintenance``, ``initial``, ``requirement`` or ``ties up``: what net liq less it is available.
        held, added, together: of the legs held, of those added, and of both, USD.
        note: the level, the source and what was assumed.
        error: why there is no figure; None where there is one.
    """

    rules: str
    figure: str
    held: float
    added: float
    together: float
    note: str
    error: MarginError | None = None

    @property
    def new_burden(self) -> float:
        """How much more is required once the legs are added, USD."""
        return self.together - self.held


@dataclass(frozen=True, slots=True)
class Comparison:
    """All figures of the question.

    Attributes:
        rows: by set of rules.
        level: how far the SPAN figures can be trusted, in words.
        findings: what is to be known about them.
    """

    rows: tuple[Compared, ...]
    level: str
    findings: tuple[Finding, ...]

    def in_words(self) -> str:
        """What it comes to, in sentences; they state what was computed and promise nothing."""
        parts = []
        for each in self.rows:
            if each.figure not in {"maintenance", "requirement"} or each.error is not None:
                continue
            alone = f", alone {dollars(each.added)}" if each.added else ""
            parts.append(f"{each.rules} {dollars(each.new_burden)}{alone}")
        return (
            f"The added legs take, beside those held: {'; '.join(parts)}. "
            "Computed for these legs, prices and parameters; another day may say otherwise."
        )


def compared(
    held: LegTable,
    added: LegTable,
    as_of: dt.date,
    in_force: TermsInForce,
    span: SpanChoice,
    *,
    stress: float = 1.0,
) -> Comparison:
    """What the legs require under each set of rules: those held, those added, and both together.

    As index options the legs have the same strikes, expiries, prices and numbers of contracts, at the index's multiplier; the index
    stands at the future's price, and that price is the forward of each expiry.

    Args:
        held, added: options on futures (held may hold futures too, and then has no counterpart).
        as_of: the day of the prices.
        in_force: the book of the strategy-based requirement.
        span: by which SPAN parameters.
        stress: factor on SPAN's scan ranges and on portfolio margin's ranges.

    Raises:
        MarginError: ``#N/A`` where SPAN has no figure.
    """
    three = (held, added, LegTable.of([*held.rows(), *added.rows()]))
    margined = [span.margin(each, as_of, stress=stress) for each in three]
    for each in margined:
        refuse(each.findings)
    rows = (*_by_span(margined), *_as_an_index(three, as_of, in_force, stress))
    return Comparison(rows, margined[-1].note, margined[-1].findings)


def _by_span(margined: Sequence[SpanRequirement]) -> list[Compared]:
    last = margined[-1]
    rules = f"SPAN on {', '.join(each.code for each in last.commodities) or 'nothing'}"
    source = last.origin.cite
    figures: dict[str, tuple[Callable[[SpanRequirement], float], str]] = {
        "maintenance": (lambda each: each.total.maintenance, f"{source}; risk less option value"),
        "initial": (lambda each: each.total.initial, source),
        "ties up": (lambda each: each.total.maintenance + each.net_value, "maintenance and option value: net liq less it is excess"),
    }  # fmt: skip
    return [_figure(rules, name, [of(each) for each in margined], note) for name, (of, note) in figures.items()]


def _figure(rules: str, figure: str, amounts: Sequence[float], note: str) -> Compared:
    held, added, together = amounts
    return Compared(rules, figure, held, added, together, note)


def _as_an_index(three: Sequence[LegTable], as_of: dt.date, in_force: TermsInForce, stress: float) -> list[Compared]:
    """The same legs as options on the index, by strategy and by portfolio margin."""
    try:
        index, books, forwards = _counterparts(three)
    except MarginError as error:
        return [_unknown("strategy", "requirement", error), _unknown("portfolio margin", "requirement", error)]
    multiplier = plain(instrument(index).multiplier)
    rules, note = (
        f"strategy on {index}",
        f"{in_force.title} [{in_force.book}]; the same contracts at {multiplier} a point",
    )
    found: list[Compared] = []
    try:
        margined = [margin_legs(each, in_force, as_of=as_of, time_limit=_SECONDS) for each in books]
        for each in margined:
            refuse(each.findings)
        convention = in_force.convention
        amounts = [each.initial.in_convention(convention) for each in margined]
        found.append(_figure(rules, "requirement", amounts, f"{note}; {convention} convention"))
        deposits = [each.maintenance.deposit for each in margined]
        found.append(_figure(rules, "ties up", deposits, "long options and risk less proceeds"))
    except MarginError as error:
        found.append(_unknown(rules, "requirement", error))
    rules = f"portfolio margin on {index}"
    try:
        market = Market(forwards=forwards)
        required = [portfolio_margin(each, as_of, market=market, stress=PortfolioStress(stress)) for each in books]
        for one in required:
            refuse(one.findings)
        note = f"{required[-1].table.title}; premiums outside, so that it ties up the same"
        found.append(_figure(rules, "requirement", [each.requirement for each in required], note))
    except MarginError as error:
        found.append(_unknown(rules, "requirement", error))
    return found


def _unknown(rules: str, figure: str, error: MarginError) -> Compared:
    return Compared(rules, figure, math.nan, math.nan, math.nan, str(error), error)


def _counterparts(three: Sequence[LegTable]) -> tuple[str, list[LegTable], dict[tuple[str, dt.date], float]]:
    """The index, each table as options on it, and the forward of each expiry.

    Raises:
        MarginError: ``#N/A`` for futures themselves, a future whose index isn't known, or a price of it that is missing.
    """
    legs = three[-1].rows()
    indices = {_index_of(leg) for leg in legs}
    if len(indices) != 1:
        raise MarginError(ErrorCode.MISSING, "the legs are of several indexes", "compare one product at a time")
    index = indices.pop()
    spots = sorted({(leg.expiry, leg.spot) for leg in legs if leg.expiry is not None and not math.isnan(leg.spot)})
    if not spots:
        raise MarginError(ErrorCode.MISSING, "the future's price isn't known", "give a spot with the legs")
    forwards = {(index, day): spot for day, spot in spots}
    facts = instrument(index)

    def turned(leg: Leg) -> Leg:
        return replace(
            leg, underlying=index, root=index, multiplier=facts.multiplier, spot=spots[0][1], asset_class=facts.asset_class,
            style=facts.style, settlement=Settlement.PM, cash_settled=facts.cash_settled,
        )  # fmt: skip

    return index, [LegTable.of([turned(leg) for leg in each.rows()]) for each in three], forwards


def _index_of(leg: Leg) -> str:
    if not leg.right.is_option:
        raise MarginError(ErrorCode.MISSING, f"{leg.name} has no counterpart among index options", "leave it out")
    index = COUNTERPARTS.get(leg.underlying.upper())
    if index is None:
        known = ", ".join(sorted(COUNTERPARTS))
        raise MarginError(ErrorCode.MISSING, f"no index is known whose options are those on {leg.underlying}", f"known are {known}")  # fmt: skip
    return index


@worksheet_function(
    "MARGIN_COMPARE",
    category="What if",
    about=(
        "What options on a future add to others under SPAN, and the same legs as index options by strategy and by portfolio margin: put "
        "spreads of one ES expiry against call spreads of another, and as SPX. Spills a table."
    ),
    returns=Unit.TABLE,
    example=Example(
        f'=MARGIN_COMPARE({_PUTS},{_CALLS},"2025-09-12")',
        "['strategy on SPX', 'requirement', 2500.0, 2500.0, 5000.0, 2500.0, 'Interactive Brokers, Reg T margin [ibkr]; the same contracts "
        "at 100 a point; field convention']",
        _SEED,
    ),
    by_element=False,
)
def margin_compare(
    in_force: TermsInForce,
    legs: FuturesLegs,
    added_legs: Annotated[Any, About("The legs to add, under a header row of their own", Unit.LEGS)],
    as_of: ValuationDay = None,
    stress: Stress = 1.0,
    book: Book = "ibkr",  # noqa: ARG001 - the caller looked the terms up by it
    span_level: SpanLevel = AUTO,
    span_table: SpanTable = None,
) -> list[list[Any]]:
    """The table: :data:`COMPARE_COLUMNS`, and what it comes to in words below; a set of rules without a figure has error cells.

    Raises:
        MarginError: ``#VALUE!`` for a range without a fit header, or securities among the legs; ``#N/A`` when a row, a contract, a
            price or the day is missing.
    """
    if np.isnat(as_of):
        raise MarginError(ErrorCode.MISSING, "as_of is blank, and options are valued on a day", "give the day of the prices")  # fmt: skip
    day: dt.date = as_of.astype(object)
    held, added = futures_of(legs, "legs"), futures_of(added_legs, "added_legs")
    found = compared(held, added, day, in_force, span_choice(span_level, span_table, day), stress=float(stress))
    table: list[list[Any]] = [list(COMPARE_COLUMNS)]
    for each in found.rows:
        amounts = (each.held, each.added, each.together, each.new_burden)
        money = [each.error if each.error is not None else _amount(amount) for amount in amounts]
        table.append([each.rules, each.figure, *money, fitting(each.note)])
    said = [("in words", found.in_words()), ("note", found.level)]
    said += [(each.severity.value, str(each)) for each in found.findings]
    table.extend([what, "", "", "", "", "", line] for what, text in said for line in textwrap.wrap(text, LONGEST_TEXT))
    return table


def _amount(value: float) -> Any:
    missing = MarginError(ErrorCode.MISSING, "a price that this figure needs is missing", "give every option's price")
    return missing if math.isnan(value) else cents(value)
