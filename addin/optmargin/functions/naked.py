"""NAKED_MARGIN and NAKED_DEPOSIT: what one uncovered short option requires, before and after its proceeds."""

from __future__ import annotations

from typing import Annotated, Any

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.core.money import cents, dollars, plain
from optmargin.functions.declare import About, Example, Unit, worksheet_function
from optmargin.rules.book import TermsInForce
from optmargin.rules.terms import Convention, UncoveredTerms
from optmargin.rules.uncovered import Uncovered, uncovered

Right = Annotated[Any, About("call or put", Unit.RIGHT)]
Spot = Annotated[Any, About("Market price of the underlying", Unit.USD_PER_SHARE, above=0)]
Strike = Annotated[Any, About("Strike of the option", Unit.USD_PER_SHARE, above=0)]
Premium = Annotated[Any, About("Market price of the option", Unit.USD_PER_SHARE, at_least=0)]
Contracts = Annotated[
    Any, About("How many contracts are short, a positive whole number", Unit.CONTRACTS, above=0, whole=True)
]
Multiplier = Annotated[Any, About("Shares, or dollars per index point, of one contract", Unit.SHARES, above=0)]
AssetClassWord = Annotated[
    Any, About("equity, narrow_index, broad_index, etf or broad_etf: decides the book's rates", Unit.ASSET_CLASS)
]
Book = Annotated[Any, About("Rule book: alpaca, cboe, ibkr, ibkr-2005 or tastytrade", Unit.BOOK)]
AsOf = Annotated[Any, About("Day whose terms apply; blank is the book's latest terms", Unit.DATE)]
Leverage = Annotated[
    Any, About("Factor of a leveraged fund (2, 3); multiplies the class's rates", Unit.TIMES, at_least=1, at_most=5)
]

_THREAD = "Options forum thread 'Does anyone really understand margin?', 20-21 Nov 2005, posts 1, 2 and 8"


def permitted(in_force: TermsInForce) -> UncoveredTerms:
    """The terms of uncovered options.

    Raises:
        MarginError: ``#NUM!`` in a book that permits none.
    """
    if not in_force.terms.uncovered.permitted:
        raise MarginError(
            ErrorCode.NUM,
            f"{in_force.book} permits no uncovered options",
            "cover the short option, or take another book",
        )
    return in_force.terms.uncovered


def under(in_force: TermsInForce) -> str:
    """The book of a working, as it stands in brackets: ``ibkr-2005``, or ``cboe, as of 2012-03-01``."""
    return in_force.book if in_force.as_of is None else f"{in_force.book}, as of {in_force.as_of}"


def _why_requirement(in_force: TermsInForce, **given: Any) -> str:
    return _working(in_force, deducts=in_force.convention is Convention.NET, **given)


def _why_deposit(in_force: TermsInForce, **given: Any) -> str:
    return _working(in_force, deducts=True, **given)


def _working(
    in_force: TermsInForce, *, deducts: bool, premium: Any, contracts: Any, multiplier: Any, **given: Any
) -> str:
    tests = _tests(in_force, premium, **given)
    less = f" - {plain(float(premium))} proceeds" if deducts else ""
    amount = cents(float((tests.per_share - (premium if deducts else 0.0)) * contracts * multiplier))
    return f"({tests.working()}{less}) x {plain(float(contracts * multiplier))} = {dollars(amount)} [{under(in_force)}]"


@worksheet_function(
    "NAKED_MARGIN",
    category="Margin",
    about=(
        "Margin requirement of an uncovered (naked) short call or put: premium plus the greatest of the book's tests, "
        "in the book's own convention (ibkr and cboe: proceeds not deducted; tastytrade: deducted)."
    ),
    returns=Unit.USD,
    example=Example('=NAKED_MARGIN("call", 17.40, 20, 0.65, 1, 100, "equity", "ibkr-2005")', 315.0, _THREAD),
    why=_why_requirement,
)
def naked_margin(
    in_force: TermsInForce,
    right: Right,
    spot: Spot,
    strike: Strike,
    premium: Premium,
    contracts: Contracts = 1.0,
    multiplier: Multiplier = 100.0,
    asset_class: AssetClassWord = "equity",
    book: Book = "ibkr",  # noqa: ARG001 - the caller looked the terms up by it
    as_of: AsOf = None,  # noqa: ARG001
    leverage: Leverage = 1.0,
) -> Any:
    """The requirement in USD, in the book's convention."""
    tests = _tests(in_force, premium, right=right, spot=spot, strike=strike, asset_class=asset_class, leverage=leverage)
    proceeds = premium if in_force.convention is Convention.NET else 0.0
    return (tests.per_share - proceeds) * (contracts * multiplier)


def _tests(
    in_force: TermsInForce,
    premium: Any,
    *,
    right: Any,
    spot: Any,
    strike: Any,
    asset_class: Any,
    leverage: Any,
    **_: Any,
) -> Uncovered:
    return uncovered(permitted(in_force), right, spot, strike, premium, asset_class, leverage)


@worksheet_function(
    "NAKED_DEPOSIT",
    category="Margin",
    about=(
        "Own money that an uncovered (naked) short call or put ties up: its margin requirement less the proceeds of the sale "
        "at the market price of the option."
    ),
    returns=Unit.USD,
    arguments_of=naked_margin,
    example=Example('=NAKED_DEPOSIT("call", 17.40, 20, 0.65, 1, 100, "equity", "ibkr-2005")', 250.0, _THREAD),
    why=_why_deposit,
)
def naked_deposit(in_force: TermsInForce, *, premium: Any, contracts: Any, multiplier: Any, **given: Any) -> Any:
    """The requirement less proceeds, in USD; the arguments are those of :func:`naked_margin`."""
    return (_tests(in_force, premium, **given).per_share - premium) * (contracts * multiplier)
