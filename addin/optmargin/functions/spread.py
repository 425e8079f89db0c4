"""SPREAD_MARGIN: what a short option covered by a long one requires."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from optmargin.core.contracts import Right as RightKind
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.core.money import cents, dollars, plain
from optmargin.functions.declare import About, Example, Unit, worksheet_function
from optmargin.functions.naked import (
    AsOf,
    AssetClassWord,
    Book,
    Contracts,
    Leverage,
    Multiplier,
    Right,
    permitted,
    under,
)
from optmargin.rules.book import TermsInForce
from optmargin.rules.uncovered import uncovered


def _why(
    in_force: TermsInForce,
    *,
    right: Any,
    short_strike: Any,
    long_strike: Any,
    contracts: Any,
    multiplier: Any,
    short_expiry: Any,
    long_expiry: Any,
    spot: Any,
    premium: Any,
    asset_class: Any,
    leverage: Any,
    **_: Any,
) -> str:
    width, tests = _width(right, short_strike, long_strike), None
    if not (np.isnan(spot) or np.isnan(premium)):
        tests = uncovered(in_force.terms.uncovered, right, spot, short_strike, premium, asset_class, leverage)
    alone = float(tests.per_share) if tests is not None else float("nan")
    each = float(width)
    said = f"the worst settlement loss, {plain(each)}: the strikes {plain(float(short_strike))} and {plain(float(long_strike))}"
    if not np.isnat(short_expiry) and long_expiry < short_expiry and tests is not None:
        each, said = alone, f"the long option expires first and covers nothing: uncovered, {tests.working()}"
    elif tests is not None and in_force.terms.spread.lesser_of_uncovered:
        is_less = alone < each
        words = "which is less than" if is_less else "which isn't less than"
        said = f"uncovered, {tests.working()}, {words} {said}"
        each = min(each, alone)
    shares = float(contracts * multiplier)
    return f"({said}) {plain(each)} x {plain(shares)} = {dollars(cents(each * shares))} [{under(in_force)}]"


def _width(right: Any, short_strike: Any, long_strike: Any) -> Any:
    """What the spread loses at worst, USD per share; zero for one that was bought."""
    is_call = np.equal(right, RightKind.CALL)
    return np.maximum(np.where(is_call, long_strike - short_strike, short_strike - long_strike), 0.0)


@worksheet_function(
    "SPREAD_MARGIN",
    category="Margin",
    about=(
        "Margin requirement of a short option covered by a long one: the worst settlement loss, or the uncovered requirement "
        "where that is less or the long expires first. Prices paid and received are apart."
    ),
    returns=Unit.USD,
    example=Example(
        '=SPREAD_MARGIN("put", 3800, 3795, 5)',
        2500.0,
        "Trader's seven points on margin, number 5: five $5 SPX put spreads require 2,500",
    ),
    why=_why,
)
def spread_margin(
    in_force: TermsInForce,
    right: Right,
    short_strike: Annotated[Any, About("Strike of the short option", Unit.USD_PER_SHARE, above=0)],
    long_strike: Annotated[Any, About("Strike of the long option", Unit.USD_PER_SHARE, above=0)],
    contracts: Contracts = 1.0,
    multiplier: Multiplier = 100.0,
    short_expiry: Annotated[
        Any, About("Expiry of the short option; blank with the other: the same day", Unit.DATE)
    ] = None,
    long_expiry: Annotated[Any, About("Expiry of the long option; an earlier one covers nothing", Unit.DATE)] = None,
    spot: Annotated[
        Any, About("Market price of the underlying, to test whether uncovered is less", Unit.USD_PER_SHARE, above=0)
    ] = None,
    premium: Annotated[
        Any,
        About("Market price of the short option, to test whether uncovered is less", Unit.USD_PER_SHARE, at_least=0),
    ] = None,
    asset_class: AssetClassWord = "equity",
    book: Book = "ibkr",  # noqa: ARG001 - the caller looked the terms up by it
    as_of: AsOf = None,  # noqa: ARG001
    leverage: Leverage = 1.0,
) -> Any:
    """The requirement in USD: strike risk, or the uncovered requirement with its premium.

    Raises:
        MarginError: ``#VALUE!`` when one expiry is given without the other; ``#NUM!`` when the long expires first in a book that
            permits no uncovered options; ``#N/A`` when the long expires first and spot or
            premium, which the uncovered requirement needs, is missing.
    """
    short_known, long_known = ~np.isnat(short_expiry), ~np.isnat(long_expiry)
    if np.any(short_known != long_known):
        raise MarginError(
            ErrorCode.VALUE, "one expiry is given and the other is blank", "give both, or neither for the same day"
        )
    width = _width(right, short_strike, long_strike)
    tests = uncovered(in_force.terms.uncovered, right, spot, short_strike, premium, asset_class, leverage)
    alone = np.asarray(tests.per_share)
    is_covered = ~(short_known & (long_expiry < short_expiry))
    if not np.all(is_covered):
        permitted(in_force)
    if np.any(~is_covered & np.isnan(alone)):
        raise MarginError(
            ErrorCode.MISSING,
            "the long option expires first and covers nothing; the uncovered requirement needs spot and premium",
            "give spot and premium",
        )
    lesser = np.fmin(width, alone) if in_force.terms.spread.lesser_of_uncovered else width
    return np.where(is_covered, lesser, alone) * (contracts * multiplier)
