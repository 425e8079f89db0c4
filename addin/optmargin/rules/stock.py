"""Stock, alone and hedged by options: one function per combination, each with its initial and maintenance requirement.

Every figure is in USD per share and comes in two forms. ``field`` is what the account must hold beside the proceeds of short
sales, with options marked to market elsewhere, so an option that is in the money against the account counts. ``gross`` is the
form that Cboe's manual prints: short stock's proceeds inside. Sources: the books' files under ``stock``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optmargin.rules.terms import CoveredCallForm, CoveredPutForm

if TYPE_CHECKING:
    from optmargin.rules.terms import StockTerms


@dataclass(frozen=True, slots=True)
class StockRequirement:
    """The requirement of one share with whatever hedges it, USD per share, and how it came about."""

    rule: str
    initial: float
    initial_gross: float
    maintenance: float
    maintenance_gross: float
    working: str


def _rates(terms: StockTerms, leverage: float, *, is_long: bool) -> float:
    factor = leverage if terms.leverage_multiplies else 1.0
    return min(terms.maintenance_long * factor, 1.0) if is_long else terms.maintenance_short * factor


def long_stock(terms: StockTerms, price: float, spot: float, leverage: float = 1.0) -> StockRequirement:
    """Long stock: a share of its price at first, of its market price afterwards.

    Args:
        terms: the book's terms in force.
        price: the price that the position is carried at (the trade's, where the file gives it), USD per share.
        spot: market price, USD per share.
        leverage: factor of a leveraged fund.
    """
    rate = _rates(terms, leverage, is_long=True)
    initial, maintenance = terms.initial_long * price, rate * spot
    working = f"initial {terms.initial_long:.0%} of {price:.10g}; maintenance {rate:.4g} x {spot:.10g}"
    return StockRequirement("long stock", initial, initial, maintenance, maintenance, working)


def short_stock(terms: StockTerms, price: float, spot: float, leverage: float = 1.0) -> StockRequirement:
    """Short stock: the same beside its proceeds, which the gross form holds too (150 % and 130 %)."""
    rate = _rates(terms, leverage, is_long=False)
    initial, maintenance = terms.initial_short * price, rate * spot
    working = (
        f"initial {terms.initial_short:.0%} of {price:.10g}; maintenance {rate:.4g} x {spot:.10g}; beside the proceeds"
    )
    return StockRequirement("short stock", initial, initial + price, maintenance, maintenance + spot, working)


def paid_stock(price: float, spot: float, rule: str = "stock, paid in full") -> StockRequirement:
    """Long stock that an account without borrowing must pay in full; a call written on it requires nothing more."""
    return StockRequirement(rule, price, price, spot, spot, f"100% of {price:.10g}; nothing may be borrowed on it")


def covered_call(
    terms: StockTerms, price: float, spot: float, strike: float, premium: float, leverage: float = 1.0
) -> StockRequirement:
    """Long stock with a short call on it.

    Args:
        terms: the book's terms in force.
        price: price at which the stock is carried, USD per share.
        spot: market price of the stock, USD per share.
        strike: of the call, USD per share.
        premium: market price of the call, USD per share; not used by the form ``stock``, NaN without it in the others.
        leverage: factor of a leveraged fund.
    """
    in_the_money, held = max(spot - strike, 0.0), min(spot, strike)
    rate = _rates(terms, leverage, is_long=True)
    if terms.covered_call is CoveredCallForm.STOCK:
        initial, printed = terms.covered_call_initial_rate * price, rate * held
        working = (
            f"initial {terms.covered_call_initial_rate:.0%} of {price:.10g}; "
            f"maintenance {rate:.4g} x {held:.10g} (the lesser of spot and strike); nothing on the call"
        )
        if in_the_money:
            working += (
                f" but, at maintenance, its in-the-money amount {in_the_money:.10g}, which the printed form leaves out"
            )
        return StockRequirement("covered call", initial, initial, printed + in_the_money, printed, working)

    def charged(share: float, base: float) -> tuple[float, bool]:
        # TWS's floor: no less than the call's value or the stock's margin, and no more than the stock itself.
        plain_sum, floor = in_the_money + share * base, min(spot, max(premium, share * spot))
        return max(plain_sum, floor), floor > plain_sum

    if math.isnan(premium):
        return StockRequirement("covered call", premium, premium, premium, premium, "the call's price is missing")
    at_first = spot if terms.covered_call is CoveredCallForm.IN_THE_MONEY_PLUS_FULL_STOCK else held
    initial, at_floor = charged(terms.covered_call_initial_rate, at_first)
    maintenance, later_at_floor = charged(rate, held)

    def said(amount: float, share: float, base: float, *, is_floor: bool) -> str:
        if is_floor:
            return f"{amount:.10g}: the call's value, {premium:.10g}, or the stock's margin, {share * spot:.10g}, at most the stock itself"
        return f"in the money {in_the_money:.10g} + {share:.4g} x {base:.10g}"

    working = (
        f"{said(initial, terms.covered_call_initial_rate, at_first, is_floor=at_floor)}; "
        f"maintenance {said(maintenance, rate, held, is_floor=later_at_floor)}"
    )
    if not later_at_floor:
        working += " (the lesser of spot and strike)"
    return StockRequirement("covered call", initial, initial, maintenance, maintenance, working)


def covered_put(terms: StockTerms, price: float, spot: float, strike: float, leverage: float = 1.0) -> StockRequirement:
    """Short stock with a short put on it; arguments as for :func:`covered_call`."""
    alone = short_stock(terms, price, spot, leverage)
    in_the_money = max(strike - spot, 0.0)
    at_once = in_the_money if terms.covered_put is CoveredPutForm.STOCK_PLUS_IN_THE_MONEY else 0.0
    working = f"{alone.working}; the put is in the money by {in_the_money:.10g}" if in_the_money else alone.working
    return StockRequirement(
        "covered put",
        alone.initial + at_once,
        alone.initial_gross + at_once,
        alone.maintenance + in_the_money,
        alone.maintenance_gross + at_once,
        working,
    )


def protective_put(
    terms: StockTerms, price: float, spot: float, strike: float, leverage: float = 1.0
) -> StockRequirement:
    """Long stock with a long put: at maintenance the lesser of a share of the strike plus the out-of-the-money amount, and the stock's own."""  # fmt: skip
    alone = long_stock(terms, price, spot, leverage)
    out_of_the_money = max(spot - strike, 0.0)
    hedged = terms.hedge_rate * strike + out_of_the_money
    maintenance = min(hedged, alone.maintenance)
    working = (
        f"maintenance min({terms.hedge_rate:.0%} of {strike:.10g} + {out_of_the_money:.10g}, {alone.maintenance:.10g})"
    )
    return StockRequirement("protective put", alone.initial, alone.initial_gross, maintenance, maintenance, working)


def protective_call(
    terms: StockTerms, price: float, spot: float, strike: float, leverage: float = 1.0
) -> StockRequirement:
    """Short stock with a long call; the gross form holds the proceeds (110 % and 130 %)."""
    alone = short_stock(terms, price, spot, leverage)
    out_of_the_money = max(strike - spot, 0.0)
    hedged = terms.hedge_rate * strike + out_of_the_money
    gross = min(hedged + strike, alone.maintenance_gross)
    working = (
        f"maintenance min({terms.hedge_rate:.0%} of {strike:.10g} + {out_of_the_money:.10g}, {alone.maintenance:.10g})"
    )
    return StockRequirement(
        "protective call", alone.initial, alone.initial_gross, min(hedged, alone.maintenance), gross, working
    )


def _call_in_the_money_at_once(terms: StockTerms, spot: float, strike: float) -> float:
    in_the_money = max(spot - strike, 0.0)
    return 0.0 if terms.covered_call is CoveredCallForm.STOCK else in_the_money


def collar(
    terms: StockTerms, price: float, spot: float, put_strike: float, call_strike: float, leverage: float = 1.0
) -> StockRequirement:
    """Long stock, long put and a short call with a higher strike."""
    alone = long_stock(terms, price, spot, leverage)
    out_of_the_money = max(spot - put_strike, 0.0)
    in_the_money = max(spot - call_strike, 0.0)
    at_once = _call_in_the_money_at_once(terms, spot, call_strike)
    hedged = terms.hedge_rate * put_strike + out_of_the_money
    ceiling = _rates(terms, leverage, is_long=True) * call_strike
    printed = min(hedged, ceiling)
    working = f"maintenance min({terms.hedge_rate:.0%} of {put_strike:.10g} + {out_of_the_money:.10g}, {ceiling:.10g})"
    return StockRequirement(
        "collar",
        alone.initial + at_once,
        alone.initial_gross + at_once,
        printed + in_the_money,
        printed + at_once,
        working,
    )


def conversion(terms: StockTerms, price: float, spot: float, strike: float, leverage: float = 1.0) -> StockRequirement:
    """Long stock, long put and short call of one strike."""
    alone = long_stock(terms, price, spot, leverage)
    in_the_money = max(spot - strike, 0.0)
    at_once = _call_in_the_money_at_once(terms, spot, strike)
    printed = terms.hedge_rate * strike
    working = f"maintenance {terms.hedge_rate:.0%} of {strike:.10g} + in the money {in_the_money:.10g}"
    return StockRequirement(
        "conversion",
        alone.initial + at_once,
        alone.initial_gross + at_once,
        printed + in_the_money,
        printed + at_once,
        working,
    )


def reversal(terms: StockTerms, price: float, spot: float, strike: float, leverage: float = 1.0) -> StockRequirement:
    """Short stock, long call and short put of one strike; the gross form holds the strike (110 %)."""
    alone = short_stock(terms, price, spot, leverage)
    in_the_money = max(strike - spot, 0.0)
    at_once = in_the_money if terms.covered_put is CoveredPutForm.STOCK_PLUS_IN_THE_MONEY else 0.0
    maintenance = terms.hedge_rate * strike + in_the_money
    working = f"maintenance {terms.hedge_rate:.0%} of {strike:.10g} + in the money {in_the_money:.10g}"
    return StockRequirement(
        "reversal", alone.initial + at_once, alone.initial_gross + at_once, maintenance, maintenance + strike, working
    )
