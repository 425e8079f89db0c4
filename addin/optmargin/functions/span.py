"""SPAN_MARGIN and SPAN_SCENARIOS: what futures and options on them require by SPAN, component by component, and the 16 scenarios."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.core.figures import cushion as cushion_of
from optmargin.core.money import cents, plain
from optmargin.core.values import is_blank
from optmargin.functions.book import refuse
from optmargin.functions.declare import About, Example, Unit, worksheet_function
from optmargin.functions.reading import AUTO
from optmargin.functions.span_file import loaded_span_file
from optmargin.functions.span_rows import table_of
from optmargin.functions.whatif import one_account
from optmargin.risk.span.broker import OVERNIGHT, commodity_segment, futures_variation
from optmargin.risk.span.choice import EXCHANGE, SpanChoice, account_terms, is_futures
from optmargin.risk.span.scan import scenario_text
from optmargin.risk.span.words import SCENARIOS, Level

if TYPE_CHECKING:
    from optmargin.core.legs import LegTable
    from optmargin.risk.span.requirement import SpanRequirement

LONGEST_TEXT = 255  # characters; Excel refuses a longer text from a function of an add-in

FuturesLegs = Annotated[
    Any,
    About(
        "Futures and options on them under a header row: underlying, right, strike, expiry, quantity, price, spot (the future's price)",
        Unit.LEGS,
    ),
]
PricesDay = Annotated[
    Any, About("Day of the prices and of the terms; only a loaded SPAN file can do without", Unit.DATE)
]
Stress = Annotated[
    Any, About("Factor on the price scan ranges: 1.25 or 1.5 for a day of wider ones", Unit.TIMES, above=0, at_most=10)
]
Move = Annotated[Any, About("Move of the future's price before the margin is worked out", Unit.POINTS)]
SpanLevel = Annotated[
    Any,
    About("How far the figure shall be trusted; auto is exact where the settings name a parameter file", Unit.LEVEL),
]
SpanTable = Annotated[
    Any,
    About(
        "Published margins for calibrated figures, as in margins.toml: code, long_margin, short_margin, calendar_rate, minimum_rate ...",
        Unit.LEGS,
    ),
]
BrokerName = Annotated[Any, About("Whose factors on the exchange's margin: exchange or ibkr", Unit.TEXT)]
Session = Annotated[Any, About("The broker's session: overnight or intraday", Unit.TEXT)]

# The headers of the tables that spill.
MARGIN_COLUMNS = ("component", "maintenance", "initial", "about", "working", "level", "source")
SCENARIO_COLUMNS = ("scenario", "what", "binds")

_CME = "CME, E-mini S&P 500 maintenance margins of 12 September 2025: 20,936 long and 20,051 short"
_ONE_LONG = '{"underlying","right","expiry","quantity","price";"ES","future","2025-12-19",1,6600}'
_ONE_SHORT = '{"underlying","right","expiry","quantity","price";"ES","future","2025-12-19",-1,6600}'


@dataclass(frozen=True, slots=True, eq=False)
class SpanAnswer:
    """What a cell's question came to.

    Attributes:
        legs: the legs of the one account.
        requirement: complete, or the cell would show an error.
    """

    legs: LegTable
    requirement: SpanRequirement


@worksheet_function(
    "SPAN_MARGIN",
    category="SPAN",
    about=(
        "SPAN requirement of futures and options on them: the total first, then every component with its working, level (exact for a "
        "loaded file, calibrated or reference) and source; with the segment's cash what is left over. Spills a table."
    ),
    returns=Unit.TABLE,
    example=Example(
        f'=SPAN_MARGIN({_ONE_LONG},"2025-09-12")',
        "['requirement', 20936.0, 23029.6, 'ES', 'the sum of the components below; different contracts: 1', 'calibrated', "
        "'margins.toml, published margins of 2025-09-12 [calibrated]']",
        f"{_CME}; initial for speculators 110 % of it (CME Clearing, advisory 23-376)",
    ),
    by_element=False,
)
def span_margin_function(
    legs: FuturesLegs,
    as_of: PricesDay = None,
    cash: Annotated[Any, About("Cash of the futures segment; adds what is left over and its cushion", Unit.USD)] = None,
    stress: Stress = 1.0,
    move: Move = 0.0,
    span_level: SpanLevel = AUTO,
    span_table: SpanTable = None,
    broker: BrokerName = EXCHANGE,
    session: Session = OVERNIGHT,
) -> list[list[Any]]:
    """The table: :data:`MARGIN_COLUMNS`; the components add up to the requirement in the second row.

    Raises:
        MarginError: ``#VALUE!`` for a range without a fit header, securities among the legs, or an unknown word; ``#N/A`` when a
            row, a contract, a price or a rate is missing; ``#NUM!`` for a move that can't be answered.
    """
    answer = _answer(legs, as_of, stress, move, span_level, span_table, broker, session)
    requirement = answer.requirement
    level, source = str(requirement.origin.level), requirement.origin.cite
    count = sum(each.contracts for each in requirement.commodities)
    held = ", ".join(each.code for each in requirement.commodities) or "nothing"
    total = requirement.total
    rows: list[list[Any]] = [
        list(MARGIN_COLUMNS),
        ["requirement", *_money(total.maintenance, total.initial), held,
         f"the sum of the components below; different contracts: {count}", level, source],
    ]  # fmt: skip
    for line in requirement.lines:
        about = f"{line.commodity}: {line.label}" if line.commodity else line.label
        rows.append([line.rule, *_money(line.maintenance, line.initial), about, line.working, level, line.source])
    if not np.isnan(cash):
        rows.extend(_segment_rows(answer, float(cash), float(move), level))
    notes = (requirement.origin.level.note, requirement.terms.house_note, *requirement.origin.note.split("; "))
    rows.extend(["note", "", "", "", text, level, source] for text in notes if text)
    for finding in requirement.findings:
        rows.append([finding.severity.value, "", "", finding.underlying, str(finding), level, source])
    return [[fitting(cell) for cell in row] for row in rows]


def _segment_rows(answer: SpanAnswer, cash: float, move: float, level: str) -> list[list[Any]]:
    """What the futures segment has left, after the move where there is one."""
    variation = futures_variation(answer.legs, move)
    segment = commodity_segment(cash, answer.requirement, variation)
    source = "cash of the segment, as given"
    moved = f"cash {plain(cash)} with futures' gain of {plain(variation)}" if move else f"cash {plain(cash)}"
    rows: list[list[Any]] = [
        ["excess liquidity", cents(segment.excess), "", "", f"{moved} less maintenance", level, source],
        ["available funds", "", cents(segment.available), "", f"{moved} less initial", level, source],
    ]
    fractions = [float(cushion_of(segment.net_liq, each)) for each in (segment.excess, segment.available)]
    worth = f"excess liquidity and available funds over the segment's net liq {plain(cents(segment.net_liq) or 0.0)}"
    if not any(math.isnan(each) for each in fractions):
        rows.append(["cushion", *fractions, "", worth, level, source])
    for finding in segment.findings:
        rows.append([finding.severity.value, "", "", "cash", str(finding), level, source])
    return rows


@worksheet_function(
    "SPAN_SCENARIOS",
    category="SPAN",
    about=(
        "Loss (negative: gain) of futures and options on them in each of SPAN's 16 scenarios, a column for each combined commodity, and "
        "which scenario binds. Spills 16 rows under a header."
    ),
    returns=Unit.TABLE,
    example=Example(
        f'=SPAN_SCENARIOS({_ONE_SHORT},"2025-09-12")',
        "[11.0, 'price up the whole range, volatility up', 'ES', 20051.0]",
        f"{_CME}: a short future loses all of it in scenario 11, the first with the price up the whole range",
    ),
    by_element=False,
)
def span_scenarios(
    legs: FuturesLegs,
    as_of: PricesDay = None,
    stress: Stress = 1.0,
    move: Move = 0.0,
    span_level: SpanLevel = AUTO,
    span_table: SpanTable = None,
) -> list[list[Any]]:
    """The table: :data:`SCENARIO_COLUMNS` and a column of losses per combined commodity, in its currency; 16 rows.

    Raises:
        MarginError: as :func:`span_margin_function`.
    """
    held = _answer(legs, as_of, stress, move, span_level, span_table, EXCHANGE, OVERNIGHT).requirement.commodities
    rows: list[list[Any]] = [[*SCENARIO_COLUMNS, *(each.code for each in held)]]
    for number in range(1, SCENARIOS + 1):
        binding = [each.code for each in held if any(scan.active == number and scan.risk > 0 for scan in each.scans)]
        losses = [cents(each.losses[number - 1]) for each in held]
        rows.append([float(number), scenario_text(number), ", ".join(binding), *losses])
    return rows


def _answer(
    legs: Any,
    as_of: np.datetime64,
    stress: float,
    move: float,
    level: Level | None,
    table: Any,
    broker: str,
    session: str,
) -> SpanAnswer:
    """The requirement of a range of legs.

    Raises:
        MarginError: as :func:`span_margin_function`.
    """
    day: dt.date | None = None if np.isnat(as_of) else as_of.astype(object)
    held = futures_of(legs, "legs")
    choice = span_choice(level, table, day, broker, session)
    requirement = choice.margin(held, day, stress=float(stress), move=float(move))
    refuse(requirement.findings)
    return SpanAnswer(held, requirement)


def futures_of(cells: Any, name: str) -> LegTable:
    """The legs of a range of one account, all of them futures or options on futures.

    Raises:
        MarginError: ``#VALUE!`` for a range without a fit header, of several accounts, or with securities; ``#N/A`` where a row can't
            be read.
    """
    held = one_account(cells, name).legs
    strange = np.flatnonzero(~is_futures(held))
    if len(strange):
        problem = f"{name} hold {held.row(int(strange[0])).name}, which SPAN doesn't margin"
        remedy = "give futures and options on them alone; BOOK_MARGIN and PORTFOLIO_MARGIN answer for securities"
        raise MarginError(ErrorCode.VALUE, problem, remedy)
    return held


def span_choice(
    level: Level | None,
    table: Any,
    day: dt.date | None,
    broker: str = EXCHANGE,
    session: str = OVERNIGHT,
) -> SpanChoice:
    """By which parameters a cell is answered: the file of the settings, the package's table, or that with the rows of a range.

    A range of published margins asks for the calibrated level where no level is named.

    Raises:
        MarginError: ``#VALUE!`` for a table or a word that isn't understood, or for a file that couldn't be read and is asked for.
    """
    rows = None
    if table is not None and any(not is_blank(cell) for row in table for cell in row):
        if day is None:
            raise MarginError(ErrorCode.MISSING, "as_of is blank, and published margins are of a day", "give it")
        rows = table_of(table, "span_table", day)
        level = level or Level.CALIBRATED
    file = loaded_span_file()
    if file.error is not None and level in {None, Level.EXACT}:
        raise file.error
    return SpanChoice(file.parameters, rows, level, account_terms(broker, session, file.aliases))


def _money(*amounts: float) -> list[float | None]:
    return [cents(amount) for amount in amounts]


def fitting(cell: Any) -> Any:
    """A text that a cell can show."""
    return f"{cell[: LONGEST_TEXT - 1]}…" if isinstance(cell, str) and len(cell) > LONGEST_TEXT else cell
