"""OPTION_PRICE, IMPLIED_VOL and OPTION_FORWARD: prices and volatilities on a forward, and the forward that put-call parity gives.

The price isn't called PRICE, for Excel and LibreOffice have a function of that name (of a bond), and a cell finds theirs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from optmargin.core.contracts import Style
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.core.money import per_share, plain
from optmargin.functions.declare import About, Example, RowsError, Unit, worksheet_function
from optmargin.functions.naked import Right, Strike
from optmargin.functions.rolls import Rate
from optmargin.risk.pricing.american import american
from optmargin.risk.pricing.black import DAYS_A_YEAR, black
from optmargin.risk.pricing.implied import (
    Implied,
    Unimplied,
    american_implied_volatility,
    implied_volatility,
)
from optmargin.risk.pricing.parity import Chain, implied_forwards, pair_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Forward = Annotated[
    Any,
    About("Forward price of the underlying for the expiry: the future's price, or OPTION_FORWARD", Unit.USD_PER_SHARE, above=0),
]  # fmt: skip
DaysLeft = Annotated[Any, About("Calendar days to expiry; 365 make a year", Unit.DAYS, at_least=0, at_most=36500)]
_HIGHEST_VOLATILITY = 10.0
Volatility = Annotated[Any, About("Volatility per year", Unit.FRACTION, at_least=0, at_most=_HIGHEST_VOLATILITY)]
Exercise = Annotated[Any, About("When it may be exercised", Unit.EXERCISE)]
SpotOfAmerican = Annotated[
    Any, About("Price of the underlying of an American option; blank takes the forward: an option on a future", Unit.USD_PER_SHARE, above=0)
]  # fmt: skip

_AT_THE_MONEY = "F. Black (1976), by hand: at the money and undiscounted F (2 N(0.20 / 2) - 1), N(0.10) = 0.5398278"


def _years(days: Any) -> Any:
    return np.divide(days, DAYS_A_YEAR)


def _carried(forward: Any, spot: Any, rate: Any, time: Any) -> tuple[Any, Any]:
    """Spot and the dividend yield that takes it to the forward; without a spot the option is on a future."""
    spot = np.where(np.isnan(spot), forward, spot)
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = np.log(np.divide(forward, spot)) / time
    return spot, rate - np.where(np.equal(time, 0), 0.0, growth)


def _by_exercise(
    exercise: Any, european: Callable[[], NDArray[np.float64]], early: Callable[[], NDArray[np.float64]]
) -> Any:
    """European and American answers, each worked out where one is asked for."""
    is_american = np.equal(exercise, Style.AMERICAN)
    if not np.any(is_american):
        return european()
    return early() if np.all(is_american) else np.where(is_american, early(), european())


def _refuse(found: NDArray[np.float64], error_of: Callable[[int], MarginError]) -> NDArray[np.float64]:
    """The answers, where all are numbers.

    Raises:
        RowsError: for the rows that aren't, each with its error.
    """
    missing = np.flatnonzero(np.isnan(np.ravel(found))).tolist()
    if missing:
        raise RowsError({at: error_of(at) for at in missing})
    return found


def _why_price(
    *, right: Any, forward: Any, strike: Any, days: Any, volatility: Any, rate: Any, exercise: Any, spot: Any
) -> str:
    time, terms = float(_years(days)), (right, forward, strike, _years(days), volatility)
    discount = math.exp(-float(rate) * time)
    european = float(black(*terms, discount))
    deviation = float(volatility) * math.sqrt(time)
    if deviation > 0:
        ahead = math.log(forward / strike) / deviation + deviation / 2
        moments = f"d1 {ahead:.6f}, d2 {ahead - deviation:.6f}"
    else:
        moments = "without time or volatility"
    said = f"Black on forward {plain(float(forward))}, strike {plain(float(strike))}: {moments}, discounted by {discount:.8g} = {per_share(european)}"
    if exercise is not Style.AMERICAN:
        return said
    price = float(option_price(right, forward, strike, days, volatility, rate, exercise, spot))
    return f"{said}; early exercise {per_share(price - european)}; American {per_share(price)}"


@worksheet_function(
    "OPTION_PRICE",
    category="Pricing",
    about=(
        "Price of an option by Black's formula on its forward: Black-76 for options on futures, Black-Scholes where the forward is that of "
        "a share or index (OPTION_FORWARD). American ones by the early exercise boundary."
    ),
    returns=Unit.USD_PER_SHARE,
    example=Example('=OPTION_PRICE("call", 100, 100, 365, 20%)', 7.965567455405804, _AT_THE_MONEY),
    why=_why_price,
)
def option_price(
    right: Right,
    forward: Forward,
    strike: Strike,
    days: DaysLeft,
    volatility: Volatility,
    rate: Rate = 0.0,
    exercise: Exercise = Style.EUROPEAN.value,
    spot: SpotOfAmerican = None,
) -> Any:
    """The price, USD per share; nothing is rounded.

    Raises:
        MarginError: ``#NUM!`` for terms that no price can be told of.
    """
    time = _years(days)

    def early() -> NDArray[np.float64]:
        at, dividend_yield = _carried(forward, spot, rate, time)
        return american(right, at, strike, time, volatility, rate, dividend_yield)

    found = _by_exercise(
        exercise,
        lambda: black(right, forward, strike, time, volatility, np.exp(np.multiply(np.negative(rate), time))),
        early,
    )
    error = MarginError(ErrorCode.NUM, "no price can be told of these terms", "check rate, days and spot")
    return _refuse(found, lambda _: error)


def _why_volatility(*, price: Any, **terms: Any) -> str:
    found = float(implied_vol(price=price, **terms))
    again = float(option_price(volatility=np.float64(found), **terms))
    return f"at a volatility of {found:.6%} the {terms['exercise'].value} option is worth {per_share(again)}, its price {per_share(float(price))}"


@worksheet_function(
    "IMPLIED_VOL",
    category="Pricing",
    about=(
        "Volatility that the price of an option implies, on its forward, to 1e-8 where the price determines it; else #NUM! (a price below "
        "what exercise is worth, or without time value). Arguments as for OPTION_PRICE."
    ),
    returns=Unit.FRACTION,
    example=Example('=IMPLIED_VOL("call", 7.965567455405804, 100, 100, 365)', 0.2, _AT_THE_MONEY),
    why=_why_volatility,
)
def implied_vol(
    right: Right,
    price: Annotated[Any, About("Market price of the option", Unit.USD_PER_SHARE, above=0)],
    forward: Forward,
    strike: Strike,
    days: DaysLeft,
    rate: Rate = 0.0,
    exercise: Exercise = Style.EUROPEAN.value,
    spot: SpotOfAmerican = None,
) -> Any:
    """The volatility a year, a fraction.

    Raises:
        MarginError: ``#NUM!`` with the reason where the price doesn't determine one.
    """
    time = _years(days)
    reasons: dict[bool, NDArray[np.int8]] = {}

    def kept(found: Implied, *, is_american: bool) -> NDArray[np.float64]:
        reasons[is_american] = found.reason
        return found.volatility

    def european() -> NDArray[np.float64]:
        discount = np.exp(np.multiply(np.negative(rate), time))
        return kept(implied_volatility(right, price, forward, strike, time, discount), is_american=False)

    def early() -> NDArray[np.float64]:
        at, dividend_yield = _carried(forward, spot, rate, time)
        found = american_implied_volatility(right, price, at, strike, time, rate, dividend_yield)
        return kept(found, is_american=True)

    found = _by_exercise(exercise, european, early)
    is_american = np.broadcast_to(np.equal(exercise, Style.AMERICAN), np.shape(found)).ravel()

    def error_of(at: int) -> MarginError:
        said = (
            Unimplied(int(np.ravel(reasons[bool(is_american[at])])[at])).sentence
            or "it needs a volatility above 1,000 %"
        )
        return MarginError(ErrorCode.NUM, said, "check price, forward and days")

    # What OPTION_PRICE refuses as a volatility isn't answered as one either.
    return _refuse(np.where(np.less_equal(found, _HIGHEST_VOLATILITY), found, np.nan), error_of)


@worksheet_function(
    "OPTION_FORWARD",
    category="Pricing",
    about=(
        "Forward price of an expiry by put-call parity: strike + (call - put) grown at the rate, which asks for no dividends. American pairs "
        "are freed of the worth of early exercise, and need the spot. Take a strike near the money."
    ),
    returns=Unit.USD_PER_SHARE,
    example=Example(
        "=OPTION_FORWARD(21.66, 22.55, 1460, 55, 5.3%)",
        1459.1028637335232,
        "Cboe, Margin Requirement Examples, close of 23 Feb 2007: SPX 1460 call 21.66 and put 22.55; by hand 1460 - 0.89 exp(0.053 x 55/365)",
    ),
)
def option_forward(
    call_price: Annotated[Any, About("Market price of the call", Unit.USD_PER_SHARE, above=0)],
    put_price: Annotated[
        Any, About("Market price of the put of the same strike and expiry", Unit.USD_PER_SHARE, above=0)
    ],
    strike: Strike,
    days: DaysLeft,
    rate: Rate = 0.0,
    exercise: Exercise = Style.EUROPEAN.value,
    spot: Annotated[Any, About("Price of the underlying; American pairs need it", Unit.USD_PER_SHARE, above=0)] = None,
) -> Any:
    """The forward, USD per share.

    Raises:
        MarginError: ``#N/A`` for an American pair without the spot; ``#NUM!`` where the prices tell no forward.
    """
    time = _years(days)

    def european() -> NDArray[np.float64]:
        forward = strike + np.subtract(call_price, put_price) * np.exp(np.multiply(rate, time))
        return np.where(forward > 0, forward, np.nan)

    columns = np.broadcast_arrays(call_price, put_price, strike, time, rate, spot)

    def early() -> NDArray[np.float64]:
        chains = [
            Chain(pair_up((1, 2), (each, each), (call, put)), price, years, growth, american_style=True)
            for call, put, each, years, growth, price in zip(*(column.ravel().tolist() for column in columns), strict=True)
        ]  # fmt: skip
        found = [math.nan if forward is None else forward.forward for forward in implied_forwards(chains)]
        return np.array(found).reshape(columns[0].shape)

    found = _by_exercise(exercise, european, early)
    is_american = np.broadcast_to(np.equal(exercise, Style.AMERICAN), np.shape(found)).ravel()
    spots = np.broadcast_to(spot, np.shape(found)).ravel()

    def error_of(at: int) -> MarginError:
        if is_american[at] and math.isnan(spots[at]):
            return MarginError(ErrorCode.MISSING, "the parity of an American pair needs the spot", "give it")
        problem = "these prices tell no forward"
        return MarginError(ErrorCode.NUM, problem, "check that call and put are of one strike near the money")

    return _refuse(found, error_of)
