"""Stock in a book: what it may be hedged with, and what each hedge costs; the activities among which the pairing chooses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import Right
from optmargin.rules import stock as rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from optmargin.core.legs import LegTable
    from optmargin.rules.stock import StockRequirement
    from optmargin.rules.terms import StockTerms


@dataclass(frozen=True, slots=True)
class StockPosition:
    """All stock lots of one underlying as one position.

    Attributes:
        quantity: net shares, negative for short.
        price: price at which it is carried, the average of the lots on the net's side; NaN when nothing is known.
        spot: market price; the carried price where no spot is known.
        leverage: factor of a leveraged fund.
        line: the first lot's line in the file.
    """

    quantity: float
    price: float
    spot: float
    leverage: float
    line: int


@dataclass(frozen=True, slots=True)
class Hedge:
    """One use of a unit of stock: alone (both -1), or with a short option, a long one, or both, by their numbers in the pool."""

    requirement: StockRequirement
    short: int = -1
    long: int = -1


def stock_position(legs: LegTable, stock: NDArray[np.intp]) -> StockPosition:
    """The lots as one position: long and short lots net, since the same shares can't be both.

    Args:
        legs: the legs of the underlying.
        stock: which of them are the stock lots, shape (k,); may be empty.
    """
    if not len(stock):
        return StockPosition(0.0, math.nan, math.nan, 1.0, 0)
    quantity = math.fsum(legs.quantity[stock])
    same_side = stock[np.sign(legs.quantity[stock]) == np.sign(quantity)]
    spots = legs.spot[np.isfinite(legs.spot)]
    spot = float(spots[0]) if len(spots) else math.nan
    price = spot
    if len(same_side):
        prices = np.where(np.isfinite(legs.price[same_side]), legs.price[same_side], spot)
        lots = np.abs(legs.quantity[same_side])
        price = float(prices[0]) if len(set(prices.tolist())) == 1 else float((prices * lots).sum() / lots.sum())
    if math.isnan(spot):
        spot = price
    return StockPosition(quantity, price, spot, float(legs.leverage[stock[0]]), int(legs.line[stock[0]]))


def hedges(
    terms: StockTerms,
    position: StockPosition,
    legs: LegTable,
    short: NDArray[np.intp],
    long: NDArray[np.intp],
    moment: list[int],
    *,
    may_borrow: bool,
) -> list[Hedge]:
    """Every permitted use of a unit of this stock; the first is the stock alone.

    Args:
        terms: the book's terms.
        position: the stock.
        legs: the legs of the underlying.
        short: the short options of the pool, as rows of ``legs``.
        long: the long options of the pool.
        moment: number of the expiry of every short and then of every long option.
        may_borrow: False for cash accounts and IRAs, where stock is paid in full and only calls may be written on it.
    """
    if not position.quantity:
        return []
    if not may_borrow:
        return list(_paid(position, legs, short))
    return list(_margined(terms, position, legs, short, long, moment))


def _paid(position: StockPosition, legs: LegTable, short: NDArray[np.intp]) -> Iterator[Hedge]:
    yield Hedge(rules.paid_stock(position.price, position.spot))
    for number, at in enumerate(short):
        if legs.right[at] == Right.CALL:
            yield Hedge(
                rules.paid_stock(position.price, position.spot, "covered call, stock paid in full"), short=number
            )


def _margined(
    terms: StockTerms,
    position: StockPosition,
    legs: LegTable,
    short: NDArray[np.intp],
    long: NDArray[np.intp],
    moment: list[int],
) -> Iterator[Hedge]:
    is_long = position.quantity > 0
    price, spot, leverage = position.price, position.spot, position.leverage
    yield Hedge((rules.long_stock if is_long else rules.short_stock)(terms, price, spot, leverage))
    written, bought = (Right.CALL, Right.PUT) if is_long else (Right.PUT, Right.CALL)
    for number, at in enumerate(short):
        if legs.right[at] != written:
            continue
        strike = float(legs.strike[at])
        if is_long:
            need = rules.covered_call(terms, price, spot, strike, float(legs.price[at]), leverage)
            # A call without a price is no cover that can be priced; it stays uncovered, which says what is missing.
            if not math.isnan(need.initial):
                yield Hedge(need, short=number)
        else:
            yield Hedge(rules.covered_put(terms, price, spot, strike, leverage), short=number)
    for other, also in enumerate(long):
        if legs.right[also] != bought:
            continue
        held = float(legs.strike[also])
        protect = rules.protective_put if is_long else rules.protective_call
        yield Hedge(protect(terms, price, spot, held, leverage), long=other)
        for number, at in enumerate(short):
            # Both sides expire together: a collar, conversion or reversal is one position over one period.
            if legs.right[at] != written or moment[number] != moment[len(short) + other]:
                continue
            strike = float(legs.strike[at])
            if strike == held and is_long:
                yield Hedge(rules.conversion(terms, price, spot, strike, leverage), short=number, long=other)
            elif strike == held:
                yield Hedge(rules.reversal(terms, price, spot, strike, leverage), short=number, long=other)
            elif is_long and held < strike:
                yield Hedge(rules.collar(terms, price, spot, held, strike, leverage), short=number, long=other)
