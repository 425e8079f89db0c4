"""The forward of an expiry from put-call parity: what a call less the put of the same strike says of rate and dividends.

For European options call - put = discount x (forward - strike) whatever the volatility, so that one pair gives the forward.
American options hold the worth of early exercise as well: each pair is freed of it at the volatility that the pair itself
implies, by turns until both agree; but no further than to the forward of a share without dividends, since none pays less than
nothing and prices are too coarse to say so. The forward of an expiry is the median over the pairs nearest the money, whose
prices are the best and least bound by early exercise.

A rate can be told from pairs too, since call less put falls by the discount factor for each dollar of strike; but the cents
to which prices are rounded drown it unless strikes lie far apart. It is given only where it is known to 0.5 %.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import Right
from optmargin.risk.pricing.american import american
from optmargin.risk.pricing.black import black_scholes
from optmargin.risk.pricing.implied import american_implied_volatility

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Column = NDArray[np.float64]

NEAREST = 5  # pairs nearest the money that are asked
RATE_KNOWN_TO = 0.005  # a year; a rate from parity is given where its standard error is below this
FEWEST_FOR_A_RATE = 4  # pairs

_TICK = 0.05  # USD per share, the step of quotes: no pair is thought to be exact to less, whatever the fit says
_TURNS, _HALF_TURNS = 6, 3
_SETTLED = 1e-5  # of the spot: less than the cents of prices leave open


@dataclass(frozen=True, slots=True)
class ImpliedForward:
    """The forward of one expiry, as prices imply it.

    Attributes:
        forward: USD per share; the median over the pairs.
        lowest, highest: the least and the greatest that a pair implies, USD per share.
        strikes: of the pairs, from the one nearest the money outward.
    """

    forward: float
    lowest: float
    highest: float
    strikes: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Calls and puts of one underlying and expiry, paired by strike, strikes ascending.

    Attributes:
        strike: USD per share.
        call, put: market prices, USD per share.
    """

    strike: tuple[float, ...]
    call: tuple[float, ...]
    put: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """The pairs of one expiry, and what is known of it.

    Attributes:
        pairs: calls and puts.
        spot: price of the underlying, USD per share: says which pairs are near the money.
        time: years to settlement, above zero.
        rate: a year, continuously compounded, as a fraction.
        american_style: whether the options may be exercised early.
    """

    pairs: Pairs
    spot: float
    time: float
    rate: float
    american_style: bool


def pair_up(right: Iterable[int], strike: Iterable[float], price: Iterable[float]) -> Pairs:
    """The strikes at which a call and a put have a price above zero; several prices of one option count as their mean.

    Args:
        right: call or put, as ``Right`` numbers them, of n options.
        strike: USD per share, of n options.
        price: USD per share, NaN where there is none, of n options.
    """
    calls: dict[float, list[float]] = {}
    puts: dict[float, list[float]] = {}
    for side, at, worth in zip(right, strike, price, strict=True):
        if worth > 0 and at > 0:
            (calls if side == Right.CALL else puts).setdefault(float(at), []).append(float(worth))
    both = sorted(calls.keys() & puts.keys())
    return Pairs(
        strike=tuple(both),
        call=tuple(statistics.fmean(calls[each]) for each in both),
        put=tuple(statistics.fmean(puts[each]) for each in both),
    )


def implied_forwards(chains: Sequence[Chain]) -> list[ImpliedForward | None]:
    """The forward that each chain's pairs imply; None where none does. All chains are worked out at once."""
    asked = [(number, at) for number, chain in enumerate(chains) for at in _nearest(chain)]
    if not asked:
        return [None] * len(chains)
    number = np.array([each for each, _ in asked])
    strike, call, put, spot, time, rate = np.array(
        [
            (chain.pairs.strike[at], chain.pairs.call[at], chain.pairs.put[at], chain.spot, chain.time, chain.rate)
            for chain, at in ((chains[each], at) for each, at in asked)
        ]
    ).T
    forward = strike + (call - put) * np.exp(rate * time)
    early = np.array([chains[each].american_style for each, _ in asked], dtype=np.bool_)
    if early.any():
        mine = [each[early] for each in (strike, call, put, spot, time, rate, forward)]
        freed, without_dividends = _freed(*mine), spot[early] * np.exp(rate[early] * time[early])
        bound = np.maximum(forward[early], without_dividends)
        forward[early] = np.where(freed > without_dividends, bound, freed)
    found: list[ImpliedForward | None] = [None] * len(chains)
    told = np.isfinite(forward) & (forward > 0)
    for each in np.unique(number[told]).tolist():
        chosen = told & (number == each)
        forwards = forward[chosen].tolist()
        found[each] = ImpliedForward(
            statistics.median(forwards), min(forwards), max(forwards), tuple(strike[chosen].tolist())
        )
    return found


def _nearest(chain: Chain) -> list[int]:
    """The places of the pairs nearest the money, from the nearest outward."""
    if not chain.time > 0 or not chain.spot > 0:
        return []
    away = [abs(math.log(strike / chain.spot)) for strike in chain.pairs.strike]
    return sorted(range(len(away)), key=away.__getitem__)[:NEAREST]


def implied_rate(pairs: Pairs, *, time: float) -> float | None:
    """The rate that European pairs imply, a year, continuously compounded; None where they don't tell it well enough."""
    count = len(pairs.strike)
    if count < FEWEST_FOR_A_RATE or not time > 0:
        return None
    strike = np.array(pairs.strike)
    centred = strike - strike.mean()
    difference = np.array(pairs.call) - np.array(pairs.put)
    spread = float(centred @ centred)
    discount = -float(centred @ difference) / spread
    rest = difference - difference.mean() + discount * centred
    error = max(math.sqrt(float(rest @ rest) / (count - 2)), _TICK) / math.sqrt(spread)
    if not discount > 0 or error / (discount * time) > RATE_KNOWN_TO:
        return None
    return -math.log(discount) / time


def _freed(
    strike: Column, call: Column, put: Column, spot: Column, time: Column, rate: Column, european: Column
) -> Column:
    """Forwards of American pairs, each freed of the worth of early exercise; NaN where that doesn't settle."""
    sides = np.array([[Right.CALL], [Right.PUT]], dtype=np.int8)
    # The volatility comes from the out-of-the-money side, which exercise concerns the least.
    is_call = european <= strike
    outer = np.where(is_call, Right.CALL, Right.PUT).astype(np.int8)
    outer_price = np.where(is_call, call, put)
    growth, forward, start = np.exp(rate * time), european, european
    for _ in range(_TURNS):
        start = forward
        dividend_yield = rate - np.log(forward / spot) / time
        volatility = american_implied_volatility(
            outer, outer_price, spot, strike, time, rate, dividend_yield, quick=True
        ).volatility
        for _ in range(_HALF_TURNS):  # the volatility hangs on the forward a little only: it is looked for less often
            terms = (sides, spot, strike, time, volatility, rate, rate - np.log(forward / spot) / time)
            worth = american(*terms, quick=True)
            call_extra, put_extra = worth - black_scholes(*terms)
            forward = european - (call_extra - put_extra) * growth
        if not np.any(np.abs(forward - start) > _SETTLED * spot):
            break
    bound = worth - np.stack((call, put)) > _TICK  # a price below what exercise is worth says nothing of the forward
    return np.where((np.abs(forward - start) > 10 * _SETTLED * spot) | bound.any(axis=0), np.nan, forward)
