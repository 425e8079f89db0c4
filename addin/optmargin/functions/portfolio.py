"""PORTFOLIO_MARGIN and PORTFOLIO_GRID: customer portfolio margin (OCC's TIMS) of securities, class by class and point by point."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from optmargin.core.errors import ErrorCode, MarginError, nearest
from optmargin.core.figures import cushion as cushion_of
from optmargin.core.money import cents
from optmargin.core.positions.table import header_key
from optmargin.core.values import is_blank, number, text_of
from optmargin.functions.book import Legs, refuse
from optmargin.functions.declare import About, Example, Unit, worksheet_function
from optmargin.functions.span import fitting
from optmargin.functions.whatif import NetLiq, one_account
from optmargin.risk.portfolio.account import portfolio_margin
from optmargin.risk.portfolio.carry import Market
from optmargin.risk.portfolio.points import POINTS
from optmargin.risk.portfolio.requirement import Stress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optmargin.risk.portfolio.requirement import PortfolioRequirement

ValuationDay = Annotated[Any, About("Day of the prices and of the terms; options are valued on it", Unit.DATE)]
RangeFactor = Annotated[
    Any, About("Factor on every range of the underlyings: 1.25 or 1.5 for wider ones", Unit.TIMES, above=0, at_most=10)
]
MoveFraction = Annotated[
    Any, About("Move of every underlying before the margin is worked out; volatilities stay", Unit.FRACTION, above=-1, at_most=9)
]  # fmt: skip
Ranges = Annotated[
    Any,
    About('Ranges that go before the table\'s, under a header row: "underlying", "down", "up" (-0.2, 0.2)', Unit.LEGS),
]
Offsets = Annotated[
    Any, About('Offsets that go before the table\'s, under a header row: "group", "offset" (0.9 is 90 %)', Unit.LEGS)
]
House = Annotated[Any, About("A broker's layer on top: none or ibkr", Unit.TEXT)]
RateOfDay = Annotated[
    Any, About("Interest rate per year, continuous; blank is what prices or the Federal Reserve's target say", Unit.FRACTION, at_least=-1, at_most=1)
]  # fmt: skip
Quotes = Annotated[
    Any,
    About("Prices of options that aren't held, as legs; pairs of call and put tell the forward. Quantities don't count", Unit.LEGS),
]  # fmt: skip

NO_HOUSE = "none"
# The headers of the tables that spill.
PORTFOLIO_COLUMNS = ("part", "requirement", "move", "loss", "minimum", "what", "source")
GRID_COLUMNS = ("class", "leg", "what", *(f"point {number}" for number in range(1, POINTS + 1)))

_SHEET = "Cboe, Margin Requirement Examples for Sample Options-based Positions, close of 23 February 2007"
_STRADDLE = (
    '{"underlying","right","strike","expiry","quantity","price","spot";'
    '"IBM","put",100,"2007-04-21",100,3.18,97.73;"IBM","call",100,"2007-04-21",100,1.68,97.73}'
)
_SHARES = '{"underlying","right","quantity","price";"IBM","stock",10000,97.73}'


@worksheet_function(
    "PORTFOLIO_MARGIN",
    category="Portfolio margin",
    about=(
        "Customer portfolio margin (OCC's TIMS) of securities: the total first, then class by class which of the ten points or the minimum "
        "binds. Premiums are outside: net liq less it is available. Spills a table."
    ),
    returns=Unit.TABLE,
    example=Example(
        f'=PORTFOLIO_MARGIN({_STRADDLE},"2007-02-23")',
        "['requirement', 7500.0, '', '', '', 'the sum of the parts below; premiums are outside of it', "
        '"Customer portfolio margin, OCC\'s TIMS"]',
        f"{_SHEET}: a long straddle of 100 and 100 contracts is charged the minimum, 200 x 37.50",
    ),
    by_element=False,
)
def portfolio_margin_function(
    legs: Legs,
    as_of: ValuationDay = None,
    net_liq: NetLiq = None,
    stress: RangeFactor = 1.0,
    move: MoveFraction = 0.0,
    ranges: Ranges = None,
    offsets: Offsets = None,
    house: House = NO_HOUSE,
    rate: RateOfDay = None,
    quotes: Quotes = None,
) -> list[list[Any]]:
    """The table: :data:`PORTFOLIO_COLUMNS`; the parts below the total, down to its notes, add up to it.

    Raises:
        MarginError: ``#VALUE!`` for a range without a fit header, several accounts or an unknown word; ``#N/A`` when a row, a price, a
            range or the day is missing; ``#NUM!`` for a range, an offset or a stress that can't be meant.
    """
    found = _required(legs, as_of, stress, move, ranges, offsets, house, rate, quotes)
    title = found.table.title
    rows: list[list[Any]] = [
        list(PORTFOLIO_COLUMNS),
        ["requirement", cents(found.requirement), "", "", "", "the sum of the parts below; premiums are outside of it", title],
    ]  # fmt: skip
    for group in found.classes:
        worst = "" if group.worst_at is None else round(group.worst_point, 10)
        cite = group.source[1 if group.binds == "minimum" else 0]
        rows.append([group.name, cents(group.requirement), worst, cents(group.worst_loss), cents(group.minimum), group.binds, cite])  # fmt: skip
    for each in (*found.products, *found.portfolios):
        if each.relief:
            what = f"{', '.join(each.members)}: gains offset at {each.offset:.0%}"
            rows.append([f"offset {each.name}", cents(-each.relief), "", "", "", what, each.source])
    if found.house is not None:
        above = cents(found.house.requirement - found.tims)
        rows.append([f"layer of {found.house.table.name}", above, "", "", "", found.house.working, found.house.table.title])  # fmt: skip
    if found.stress.move:
        said = "profit of the move, before any requirement"
        rows.append(["move", "", found.stress.move, cents(-found.moved_profit), "", said, ""])
    if not np.isnan(net_liq):
        rows.extend(_left(found, float(net_liq)))
    rows.extend(["carried", "", "", "", "", f"{each.series.root} {each.working}", ""] for each in found.carries)
    rows.extend([each.severity.value, "", "", "", "", str(each), ""] for each in found.findings)
    return [[fitting(cell) for cell in row] for row in rows]


def _left(found: PortfolioRequirement, net_liq: float) -> list[list[Any]]:
    """What net liq leaves, after the move where there is one."""
    after = net_liq + found.moved_profit
    left = after - found.requirement
    rows: list[list[Any]] = [["available funds", "", "", "", "", "", ""]]
    rows[0][1] = cents(left)
    rows[0][5] = "net liq less the requirement" + (", after the move" if found.stress.move else "")
    share = float(cushion_of(after, left))
    if not np.isnan(share):
        rows.append(["cushion", share, "", "", "", "available funds over net liq", ""])
    return rows


@worksheet_function(
    "PORTFOLIO_GRID",
    category="Portfolio margin",
    about=(
        "Profit (negative: loss) of securities at the ten valuation points of portfolio margin: for each class the moves, its profit, and "
        "that of every leg. Spills a table with a header."
    ),
    returns=Unit.TABLE,
    example=Example(
        f'=PORTFOLIO_GRID({_SHARES},"2007-02-23")',
        "['IBM', 'all', 'profit', -146595.0, -117276.0, -87957.0, -58638.0, -29319.0, 29319.0, 58638.0, 87957.0, 117276.0, 146595.0]",
        "SEC, Release 34-54919: equities are moved by 15 % down and up in ten equidistant points; by hand 10,000 x 97.73 x 3 % and so on",
    ),
    by_element=False,
)
def portfolio_grid(
    legs: Legs,
    as_of: ValuationDay = None,
    stress: RangeFactor = 1.0,
    move: MoveFraction = 0.0,
    ranges: Ranges = None,
    rate: RateOfDay = None,
    quotes: Quotes = None,
) -> list[list[Any]]:
    """The table: :data:`GRID_COLUMNS`; moves are fractions, profits USD.

    Raises:
        MarginError: as :func:`portfolio_margin_function`.
    """
    found = _required(legs, as_of, stress, move, ranges, None, NO_HOUSE, rate, quotes)
    rows: list[list[Any]] = [list(GRID_COLUMNS)]
    for group in found.classes:
        rows.append([group.name, "all", "move", *(round(each, 10) for each in group.points.tolist())])
        rows.append([group.name, "all", "profit", *(cents(each) for each in group.profit.tolist())])
        rows.extend([group.name, each.leg.name, "profit", *(cents(one) for one in each.profit.tolist())] for each in group.legs)  # fmt: skip
    return rows


def _required(
    legs: Any,
    as_of: np.datetime64,
    stress: float,
    move: float,
    ranges: Any,
    offsets: Any,
    house: str,
    rate: float,
    quotes: Any,
) -> PortfolioRequirement:
    """The requirement of a range of legs.

    Raises:
        MarginError: as :func:`portfolio_margin_function`.
    """
    held = one_account(legs, "legs")
    if np.isnat(as_of):
        raise MarginError(ErrorCode.MISSING, "as_of is blank, and options are valued on a day", "give the day of the prices")  # fmt: skip
    day: dt.date = as_of.astype(object)
    moved = _figures_of(ranges, "ranges", "underlying", ("down", "up"))
    shares = _figures_of(offsets, "offsets", "group", ("offset",))
    market = Market(
        rate=None if np.isnan(rate) else float(rate),
        quotes=None if _is_blank(quotes) else one_account(quotes, "quotes").legs,
    )
    layer = house.strip().lower()
    found = portfolio_margin(
        held,
        day,
        house=None if layer in {"", NO_HOUSE} else layer,
        market=market,
        ranges={name.upper(): (figures[0], figures[1]) for name, figures in moved.items()},
        offsets={name: figures[0] for name, figures in shares.items()},
        stress=Stress(float(stress), float(move)),
    )
    refuse(found.findings)
    return found


def _is_blank(grid: Any) -> bool:
    return grid is None or all(is_blank(cell) for row in grid for cell in row)


def _figures_of(grid: Any, name: str, key: str, figures: Sequence[str]) -> dict[str, list[float]]:
    """The figures of each row of a small table by what its key column says; none where the range is blank.

    Raises:
        MarginError: ``#VALUE!`` for a header or a cell that isn't understood; the cell's own error where it is one.
    """
    if _is_blank(grid):
        return {}
    header = [header_key(cell) for cell in grid[0]]
    for cell, found in zip(grid[0], header, strict=True):
        if found not in {"", key, *figures}:
            raise MarginError(ErrorCode.VALUE, f"{name}: column {text_of(cell)} isn't known", nearest(found, [key, *figures]))  # fmt: skip
    missing = [each for each in (key, *figures) if each not in header]
    if missing:
        problem = f"{name} has no column {missing[0]}"
        raise MarginError(ErrorCode.VALUE, problem, f"name the columns {', '.join((key, *figures))}")
    found_rows: dict[str, list[float]] = {}
    for place, row in enumerate(grid[1:], start=2):
        if all(is_blank(cell) for cell in row):
            continue
        cells = {each: row[header.index(each)] for each in (key, *figures)}
        for each, cell in cells.items():
            if isinstance(cell, MarginError):
                raise cell
            if is_blank(cell):
                raise MarginError(ErrorCode.VALUE, f"{name} row {place}: {each} is blank", "fill it in")
        numbers = [number(cells[each], f"{name} row {place}: {each}", percent=True) for each in figures]
        found_rows[text_of(cells[key])] = [float(each or 0.0) for each in numbers]
    return found_rows
