"""STRANGLE_MARGIN: what an uncovered short call and an uncovered short put on one underlying require together."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from optmargin.core.contracts import Right
from optmargin.core.money import cents, dollars, plain
from optmargin.functions.declare import About, Example, Unit, worksheet_function
from optmargin.functions.naked import (
    AsOf,
    AssetClassWord,
    Book,
    Contracts,
    Leverage,
    Multiplier,
    Spot,
    permitted,
    under,
)
from optmargin.rules.book import TermsInForce
from optmargin.rules.terms import Convention
from optmargin.rules.uncovered import Uncovered, uncovered


def _why(
    in_force: TermsInForce,
    *,
    spot: Any,
    put_strike: Any,
    put_premium: Any,
    call_strike: Any,
    call_premium: Any,
    contracts: Any,
    multiplier: Any,
    asset_class: Any,
    leverage: Any,
    **_: Any,
) -> str:
    put, call = _sides(in_force, spot, put_strike, put_premium, call_strike, call_premium, asset_class, leverage)
    greater, name, spared = (
        (put, "put", call_premium)
        if _spares_call(put, call, put_premium, call_premium)
        else (call, "call", put_premium)
    )
    shares = contracts * multiplier
    proceeds = (put_premium + call_premium) if in_force.convention is Convention.NET else 0.0
    less = f" - {plain(float(proceeds))} proceeds" if proceeds else ""
    amount = cents(float((greater.per_share + spared - proceeds) * shares))
    return (
        f"({name}, the greater side: {greater.working()} + {plain(float(spared))} premium of the other{less}) "
        f"x {plain(float(shares))} = {dollars(amount)} [{under(in_force)}]"
    )


@worksheet_function(
    "STRANGLE_MARGIN",
    category="Margin",
    about=(
        "Margin requirement of a short call and a short put on one underlying (strangle; straddle at one strike): the greater "
        "uncovered side in full, and the other side's premium."
    ),
    returns=Unit.USD,
    example=Example(
        '=STRANGLE_MARGIN(433.35, 435, 7.2, 435, 5.5, 1, 100, "broad_index", "cboe")',
        7770.25,
        "Cboe, Margin Manual, p. 46: short straddle on a broad-based index at 433.35",
    ),
    why=_why,
)
def strangle_margin(
    in_force: TermsInForce,
    spot: Spot,
    put_strike: Annotated[Any, About("Strike of the short put", Unit.USD_PER_SHARE, above=0)],
    put_premium: Annotated[Any, About("Market price of the short put", Unit.USD_PER_SHARE, at_least=0)],
    call_strike: Annotated[Any, About("Strike of the short call", Unit.USD_PER_SHARE, above=0)],
    call_premium: Annotated[Any, About("Market price of the short call", Unit.USD_PER_SHARE, at_least=0)],
    contracts: Contracts = 1.0,
    multiplier: Multiplier = 100.0,
    asset_class: AssetClassWord = "equity",
    book: Book = "ibkr",  # noqa: ARG001 - the caller looked the terms up by it
    as_of: AsOf = None,  # noqa: ARG001
    leverage: Leverage = 1.0,
) -> Any:
    """The requirement in USD, in the book's convention; both options are taken to expire on one day."""
    put, call = _sides(in_force, spot, put_strike, put_premium, call_strike, call_premium, asset_class, leverage)
    together = np.where(
        _spares_call(put, call, put_premium, call_premium),
        put.per_share + call_premium,
        call.per_share + put_premium,
    )
    proceeds = put_premium + call_premium if in_force.convention is Convention.NET else 0.0
    return (together - proceeds) * (contracts * multiplier)


def _sides(
    in_force: TermsInForce,
    spot: Any,
    put_strike: Any,
    put_premium: Any,
    call_strike: Any,
    call_premium: Any,
    asset_class: Any,
    leverage: Any,
) -> tuple[Uncovered, Uncovered]:
    terms = permitted(in_force)
    return (
        uncovered(terms, int(Right.PUT), spot, put_strike, put_premium, asset_class, leverage),
        uncovered(terms, int(Right.CALL), spot, call_strike, call_premium, asset_class, leverage),
    )


def _spares_call(put: Uncovered, call: Uncovered, put_premium: Any, call_premium: Any) -> Any:
    """Whether the put is the side that pays in full; of two equal sides, the one whose fellow's premium is less."""
    return (put.per_share > call.per_share) | ((put.per_share == call.per_share) & (call_premium < put_premium))
