"""MARGIN_IMPACT, MAX_CONTRACTS and MARGIN_STRESS: what a trade changes, how many of it fit, and what a move of the market does."""

from __future__ import annotations

import datetime as dt
import math
from typing import Annotated, Any

import numpy as np

from optmargin.core.accounts import Account
from optmargin.core.contracts import AccountType
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.core.legs import LegTable
from optmargin.core.money import cents
from optmargin.core.positions.table import range_accounts
from optmargin.functions.book import AccountTypeWord, Legs, refuse
from optmargin.functions.declare import About, Example, Unit, worksheet_function
from optmargin.functions.naked import AsOf, Book
from optmargin.functions.reading import decimal_comma
from optmargin.margin.whatif import GRID, impact, max_contracts, stress
from optmargin.rules.book import TermsInForce

Positions = Annotated[
    Any,
    About("Positions under a header row, as in BOOK_MARGIN; the header alone is an account without any", Unit.LEGS),
]
NetLiq = Annotated[Any, About("Net liquidation value", Unit.USD)]

_SEED = "Trader's seven points on margin, number 5"
_HEADER = '"underlying","right","strike","expiry","quantity","price"'
_PUTS = f'{{{_HEADER};"SPX","put",3800,"2022-12-23",-5,22.5;"SPX","put",3795,"2022-12-23",5,21.4}}'
_CALLS = '"SPX","call",3980,"2022-12-30",-5,18.2;"SPX","call",3985,"2022-12-30",5,17.05'
_FAR_CALLS = '"SPX","call",4300,"2022-12-23",-1,0.05;"SPX","call",4305,"2022-12-23",1,0.05'
_SOLD_CALL = (
    '{"underlying","right","strike","expiry","quantity","price","spot";"VPHM","call",20,"2005-12-16",-1,0.65,17.4}'
)

# The headers of the tables that spill, and the rows of MARGIN_IMPACT.
IMPACT_COLUMNS = ("figure", "before", "after", "change")
STRESS_COLUMNS = ("move", "requirement", "net_liq", "excess_liquidity", "cushion")
_IMPACT_FIGURES = ("requirement", "maintenance", "deposit")
_WITH_NET_LIQ = ("available_funds", "excess_liquidity", "cushion")
_FRACTIONS = frozenset({"cushion"})
_NEEDS_PRICES = "it needs every option's market price, and one is missing"

# A cell can't wait for long; what isn't proven the least by then is a permitted requirement all the same.
_SECONDS = 2.0
_SECONDS_OF_A_STEP = 0.25


def one_account(legs: Any, name: str) -> Account:
    """The one account of a range; an account without positions where there is only a header.

    Raises:
        MarginError: ``#VALUE!`` when the range holds several accounts; ``#N/A`` when a row can't be read.
    """
    loaded = range_accounts(legs, name, decimal_comma=decimal_comma())
    refuse(loaded.findings)
    if len(loaded.accounts) > 1:
        names = ", ".join(account.account for account in loaded.accounts)
        raise MarginError(ErrorCode.VALUE, f"{name} hold {len(loaded.accounts)} accounts: {names}", "give those of one")
    account = loaded.accounts[0] if loaded.accounts else Account("", LegTable.of([]))
    refuse(account.findings)
    return account


def _both(legs: Any, added: Any, name: str) -> tuple[Account, Account]:
    held, new = one_account(legs, "legs"), one_account(added, name)
    if held.account and new.account and held.account != new.account:
        problem = f"legs are of account {held.account} and {name} of {new.account}"
        raise MarginError(ErrorCode.VALUE, problem, "give both of one account")
    return held, new


def _day(as_of: np.datetime64) -> dt.date | None:
    day: dt.date | None = None if np.isnat(as_of) else as_of.astype(object)
    return day


def _cell(value: float, name: str, why: str) -> Any:
    """A figure as a cell shows it: money to the cent, and an error where it isn't known."""
    if math.isnan(value):
        return MarginError(ErrorCode.MISSING, f"{name} isn't known: {why}", "")
    return value if name in _FRACTIONS else cents(value)


@worksheet_function(
    "MARGIN_IMPACT",
    category="What if",
    about=(
        "Margin before and after legs are added to a book, and the change; with net liq also of available funds, excess liquidity and "
        "cushion. A trade at the mark leaves net liq as it is. Spills a table with a header."
    ),
    returns=Unit.TABLE,
    example=Example(
        f"=MARGIN_IMPACT({_PUTS},{{{_HEADER};{_CALLS}}})",
        "[['figure', 'before', 'after', 'change'], ['requirement', 2500.0, 5000.0, 2500.0], "
        "['maintenance', 2500.0, 5000.0, 2500.0], ['deposit', 1950.0, 3875.0, 1925.0]]",
        f"{_SEED}: five call spreads of the next week require 2,500 more (those of the same week nothing)",
    ),
    by_element=False,
)
def margin_impact(
    in_force: TermsInForce,
    legs: Positions,
    added_legs: Annotated[Any, About("The legs to add, under a header row of their own", Unit.LEGS)],
    net_liq: NetLiq = None,
    book: Book = "ibkr",  # noqa: ARG001 - the caller looked the terms up by it
    as_of: AsOf = None,
    account_type: AccountTypeWord = AccountType.MARGIN.value,
) -> list[list[Any]]:
    """The table: :data:`IMPACT_COLUMNS`, one row per figure; a figure that needs a price that is missing has error cells.

    Raises:
        MarginError: ``#VALUE!`` when a range has no fit header or several accounts; ``#N/A`` when a row can't be read or a
            requirement is missing.
    """
    held, new = _both(legs, added_legs, "added_legs")
    found = impact(
        held.legs,
        new.legs,
        in_force,
        as_of=_day(as_of),
        account_type=account_type,
        net_liq=net_liq,
        findings=held.findings,
        time_limit=_SECONDS,
    )
    refuse(found.before.requirement.findings)
    refuse(found.after.requirement.findings)
    figures = found.figures()
    rows: list[list[Any]] = [list(IMPACT_COLUMNS)]
    for name in (*_IMPACT_FIGURES, *(() if math.isnan(net_liq) else _WITH_NET_LIQ)):
        figure = figures[name]
        why = "net liq isn't above zero" if name in _FRACTIONS and not found.after.net_liq > 0 else _NEEDS_PRICES
        rows.append([name, *(_cell(value, name, why) for value in (figure.before, figure.after, figure.change))])
    return rows


@worksheet_function(
    "MAX_CONTRACTS",
    category="What if",
    about=(
        "How many of a candidate (its legs with their quantities) may be added to a book one after another with available funds of "
        "zero or more after each. #NUM! when there is no limit. The legs need prices."
    ),
    returns=Unit.CONTRACTS,
    example=Example(
        f"=MAX_CONTRACTS({_PUTS},{{{_HEADER};{_FAR_CALLS}}},1000)",
        7.0,
        f"{_SEED}: five call spreads ride free beside five put spreads of their expiry, each further one takes 500",
    ),
    by_element=False,
)
def max_contracts_function(
    in_force: TermsInForce,
    legs: Positions,
    candidate_legs: Annotated[
        Any, About("One of the candidate under a header row of its own; quantities are those of one", Unit.LEGS)
    ],
    available: Annotated[Any, About("Available funds before", Unit.USD)],
    book: Book = "ibkr",  # noqa: ARG001 - the caller looked the terms up by it
    as_of: AsOf = None,
    account_type: AccountTypeWord = AccountType.MARGIN.value,
) -> float:
    """The count; see :func:`optmargin.margin.whatif.max_contracts`.

    Raises:
        MarginError: ``#VALUE!`` when a range has no fit header or several accounts; ``#N/A`` when something is missing; ``#NUM!``
            when there is no limit.
    """
    held, new = _both(legs, candidate_legs, "candidate_legs")
    return float(
        max_contracts(
            held.legs,
            new.legs,
            available,
            in_force,
            as_of=_day(as_of),
            account_type=account_type,
            findings=held.findings,
            time_limit=_SECONDS_OF_A_STEP,
        )
    )


@worksheet_function(
    "MARGIN_STRESS",
    category="What if",
    about=(
        "Requirement, net liq, excess liquidity and cushion after the underlyings move, all by the same percentage. Option marks are "
        "assumed: intrinsic value at the moved price plus today's time value. Spills a table."
    ),
    returns=Unit.TABLE,
    example=Example(
        f'=MARGIN_STRESS({_SOLD_CALL},{{-0.25;0;0.25}},800,"ibkr-2005")',
        "[['move', 'requirement', 'net_liq', 'excess_liquidity', 'cushion'], [-0.25, 315.0, 800.0, 550.0, 0.6875], "
        "[0.0, 315.0, 800.0, 550.0, 0.6875], [0.25, 675.0, 625.0, 190.0, 0.304]]",
        "Options forum thread 'Does anyone really understand margin?', 20-21 Nov 2005: 315, of which 250 own money; at 21.75 the call "
        "is worth 1.75 + 0.65, and the thread's formula gives (2.40 + 20 % x 21.75) x 100 = 675",
    ),
    by_element=False,
)
def margin_stress(
    in_force: TermsInForce,
    legs: Legs,
    moves: Annotated[
        Any, About("Moves of the underlying; blank is -20 % to +20 % in steps of 5 %", Unit.MOVES, above=-1)
    ] = None,
    net_liq: NetLiq = None,
    book: Book = "ibkr",  # noqa: ARG001 - the caller looked the terms up by it
    as_of: AsOf = None,
    account_type: AccountTypeWord = AccountType.MARGIN.value,
) -> list[list[Any]]:
    """The table: :data:`STRESS_COLUMNS`, one row per move, by the marks of :data:`optmargin.margin.whatif.STRESS_ASSUMPTION`.

    Raises:
        MarginError: ``#VALUE!`` when the range has no fit header or several accounts; ``#N/A`` when a price, a spot or a
            requirement is missing.
    """
    held = one_account(legs, "legs")
    steps = moves or GRID
    points = stress(
        held.legs,
        in_force,
        steps,
        as_of=_day(as_of),
        account_type=account_type,
        net_liq=net_liq,
        time_limit=max(_SECONDS_OF_A_STEP, _SECONDS / len(steps)),
    )
    rows: list[list[Any]] = [list(STRESS_COLUMNS)]
    for point in points:
        standing = point.standing
        refuse(standing.requirement.findings)
        why = "net liq isn't given" if math.isnan(net_liq) else "net liq isn't above zero"
        named = {
            "requirement": standing.requirement.requirement,
            "net_liq": standing.net_liq,
            "excess_liquidity": standing.excess_liquidity,
            "cushion": standing.cushion,
        }
        rows.append([point.move, *(_cell(value, name, why) for name, value in named.items())])
    return rows
