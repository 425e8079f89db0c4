"""COVERED_MARGIN: what stock with an option written on it requires: a covered call, or a covered put on short stock."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from optmargin.core.contracts import Right as RightKind
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.core.money import cents, dollars, plain
from optmargin.functions.declare import About, Example, Unit, worksheet_function
from optmargin.functions.naked import AsOf, Book, Contracts, Leverage, Multiplier, Premium, Spot, Strike, under
from optmargin.functions.reading import Stage
from optmargin.rules.book import TermsInForce
from optmargin.rules.stock import StockRequirement, covered_call, covered_put
from optmargin.rules.terms import Convention


def _need(
    in_force: TermsInForce, right: int, spot: float, strike: float, premium: float, price: float, leverage: float
) -> StockRequirement:
    carried = spot if price != price else price  # NaN alone differs from itself: no price was given
    if right == int(RightKind.PUT):
        return covered_put(in_force.terms.stock, carried, spot, strike, leverage)
    return covered_call(in_force.terms.stock, carried, spot, strike, premium, leverage)


def _per_share(in_force: TermsInForce, need: StockRequirement, stage: Stage, premium: float) -> float:
    """The requirement of one share in the book's convention."""
    at_first = stage is Stage.INITIAL
    if in_force.convention is Convention.GROSS:
        return need.initial_gross if at_first else need.maintenance_gross
    proceeds = premium if in_force.convention is Convention.NET else 0.0
    return (need.initial if at_first else need.maintenance) - proceeds


def _sum(in_force: TermsInForce, need: StockRequirement, stage: Stage, premium: float) -> str:
    """How the book's own figure of one share comes from the one that the working states."""
    stated = need.initial if stage is Stage.INITIAL else need.maintenance
    each = _per_share(in_force, need, stage, premium)
    if in_force.convention is Convention.NET:
        return f"({plain(stated)} - {plain(premium)} proceeds)"
    if each == stated:
        return plain(each)
    return f"{plain(each)} (its printed form; {plain(stated)} beside the proceeds, with the option marked to market)"


def _why(
    in_force: TermsInForce,
    *,
    right: Any,
    spot: Any,
    strike: Any,
    premium: Any,
    contracts: Any,
    multiplier: Any,
    stock_price: Any,
    stage: Stage,
    leverage: Any,
    **_: Any,
) -> str:
    need = _need(in_force, *map(float, (right, spot, strike, premium, stock_price, leverage)))  # type: ignore[arg-type]
    each = _per_share(in_force, need, stage, float(premium))
    shares = float(contracts * multiplier)
    return (
        f"{need.rule}, per share: {need.working}; {stage} {_sum(in_force, need, stage, float(premium))} x {plain(shares)} = "
        f"{dollars(cents(each * shares))} [{under(in_force)}, {in_force.convention} convention]"
    )


@worksheet_function(
    "COVERED_MARGIN",
    category="Margin",
    about=(
        "Margin requirement of stock with an option written on it: long stock and a short call (covered call), or short stock and a "
        "short put (covered put), initial or maintenance."
    ),
    returns=Unit.USD,
    example=Example(
        '=COVERED_MARGIN("put", 253, 250, 3, 1, 100, 255, "initial", "cboe")',
        38250.0,
        "Cboe, Margin Manual, p. 47: short stock sold at 255 with a short 250 put, 150 % of 25,500, proceeds inside",
    ),
    why=_why,
)
def covered_margin(
    in_force: TermsInForce,
    right: Annotated[Any, About("call: long stock with a short call; put: short stock with a short put", Unit.RIGHT)],
    spot: Spot,
    strike: Strike,
    premium: Premium,
    contracts: Contracts = 1.0,
    multiplier: Multiplier = 100.0,
    stock_price: Annotated[
        Any, About("Price at which the stock was traded; blank is the spot", Unit.USD_PER_SHARE, above=0)
    ] = None,
    stage: Annotated[Any, About("Which requirement", Unit.STAGE)] = "initial",
    book: Book = "ibkr",  # noqa: ARG001 - the caller looked the terms up by it
    as_of: AsOf = None,  # noqa: ARG001
    leverage: Leverage = 1.0,
) -> Any:
    """The requirement in USD, in the book's convention; one share of stock to each share of the option.

    Raises:
        MarginError: ``#N/A`` where the rule gives no figure.
    """
    columns: Any = np.broadcast_arrays(right, spot, strike, premium, stock_price, leverage, stage)
    shape = columns[0].shape
    each = np.empty(shape)
    # The rules of stock are sentences with cases, written for one share; a row at a time is fast enough for a column.
    for at in np.ndindex(shape):
        kind, here, agreed, paid, carried, factor, which = (column[at] for column in columns)
        need = _need(in_force, int(kind), float(here), float(agreed), float(paid), float(carried), float(factor))
        each[at] = _per_share(in_force, need, Stage(which), float(paid))
    if np.isnan(each).any():
        raise MarginError(ErrorCode.MISSING, "the rule gives no figure", "give the option's market price")
    return each * (contracts * multiplier)
