"""Risk arrays and composite deltas by Black's formula, for contracts of which no file is at hand.

``weight x value factor x (price now - price in the scenario)``: the price now is the formula's own at the contract's implied
volatility, so that nothing moving loses nothing. Source: CME SPAN methodology; composite deltas: the delta weights of SPAN XML
parameter files (weighted mean over seven price moves, volatility unchanged, after the look-ahead).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import Right
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.risk.pricing.black import black, black_delta
from optmargin.risk.span.words import PRICE_MOVES, SCENARIOS, VOLATILITY_MOVES

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_VOLATILITY = 1e-4
_EXTREME = slice(14, 16)
# Price moves of the composite delta as fractions of the scan range, and their weights.
_DELTA_MOVES = (0.0, 1 / 3, -1 / 3, 2 / 3, -2 / 3, 1.0, -1.0)
_DELTA_WEIGHTS = (0.270, 0.217, 0.217, 0.110, 0.110, 0.037, 0.037)


@dataclass(frozen=True, slots=True)
class ScanRanges:
    """By how much prices and volatilities are moved.

    Attributes:
        up, down: price scan range upward and downward, points, both positive.
        volatility: volatility scan range: a fraction of the volatility, or absolute where not ``is_relative``.
        is_relative: which of the two.
        extreme_multiplier: of the price scan range in scenarios 15 and 16.
        extreme_cover: the fraction of the extreme loss that counts.
        lookahead: time by which the scenarios lie ahead, years.
    """

    up: float
    down: float
    volatility: float
    is_relative: bool = True
    extreme_multiplier: float = 3.0
    extreme_cover: float = 0.33
    lookahead: float = 0.0

    def moves(self) -> NDArray[np.float64]:
        """Price move of each of the 16 scenarios, points, shape (16,)."""
        fractions = np.array(PRICE_MOVES)
        fractions[_EXTREME] *= self.extreme_multiplier
        return np.where(fractions > 0, fractions * self.up, fractions * self.down)

    def weights(self) -> NDArray[np.float64]:
        """Fraction of each scenario's loss that counts, shape (16,)."""
        weights = np.ones(SCENARIOS)
        weights[_EXTREME] = self.extreme_cover
        return weights

    def volatilities(self, volatility: NDArray[np.float64]) -> NDArray[np.float64]:
        """Volatility in each scenario, shape (n, 16), never below 0.01 %."""
        change = np.array(VOLATILITY_MOVES, dtype=np.float64) * self.volatility
        moved = volatility[:, None] * (1 + change) if self.is_relative else volatility[:, None] + change
        return np.maximum(moved, LEAST_VOLATILITY)

    def times(self, factor: float) -> ScanRanges:
        """The same with both price scan ranges multiplied."""
        return ScanRanges(
            self.up * factor,
            self.down * factor,
            self.volatility,
            self.is_relative,
            self.extreme_multiplier,
            self.extreme_cover,
            self.lookahead,
        )


def future_arrays(ranges: ScanRanges, value_factor: NDArray[np.float64]) -> NDArray[np.float64]:
    """Risk arrays of long futures, currency, shape (n, 16); not rounded."""
    return -(ranges.weights() * ranges.moves())[None, :] * value_factor[:, None]


def option_arrays(
    ranges: ScanRanges,
    right: NDArray[np.int8],
    forward: NDArray[np.float64],
    strike: NDArray[np.float64],
    years: NDArray[np.float64],
    volatility: NDArray[np.float64],
    value_factor: NDArray[np.float64],
    rate: float = 0.0,
) -> NDArray[np.float64]:
    """Risk arrays of long options on futures, currency, shape (n, 16); not rounded.

    Args:
        ranges: scan ranges, points.
        right: calls and puts, as :class:`Right` numbers them.
        forward: the future's price, points.
        strike: points.
        years: time to expiry; 0 is the day itself, and the option its intrinsic value.
        volatility: implied volatility, a fraction.
        value_factor: currency per point.
        rate: interest rate, a fraction per year; 0 for options that are margined like futures.

    Raises:
        MarginError: ``#NUM!`` where a scenario takes the price to zero or below, where Black's formula ends.
    """
    moved = forward[:, None] + ranges.moves()[None, :]
    _above_zero(moved)
    ahead = np.maximum(years - ranges.lookahead, 0.0)[:, None]
    now = black(right, forward, strike, years, volatility, np.exp(-rate * years))
    then = black(right[:, None], moved, strike[:, None], ahead, ranges.volatilities(volatility), np.exp(-rate * ahead))
    return ranges.weights() * value_factor[:, None] * (now[:, None] - then)


def composite_deltas(
    ranges: ScanRanges,
    right: NDArray[np.int8],
    forward: NDArray[np.float64],
    strike: NDArray[np.float64],
    years: NDArray[np.float64],
    volatility: NDArray[np.float64],
    rate: float = 0.0,
) -> NDArray[np.float64]:
    """Composite delta of long options on futures, shape (n,): 0 to 1 for calls, -1 to 0 for puts; arguments as above."""
    fractions, weights = np.array(_DELTA_MOVES), np.array(_DELTA_WEIGHTS)
    moved = forward[:, None] + np.where(fractions > 0, fractions * ranges.up, fractions * ranges.down)[None, :]
    _above_zero(moved)
    ahead = np.maximum(years - ranges.lookahead, 0.0)[:, None]
    deltas = black_delta(
        right[:, None],
        moved,
        strike[:, None],
        ahead,
        np.maximum(volatility, LEAST_VOLATILITY)[:, None],
        np.exp(-rate * ahead),
    )
    return np.asarray(deltas @ (weights / weights.sum()), dtype=np.float64)


def intrinsic(
    right: NDArray[np.int8], forward: NDArray[np.float64], strike: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What options are worth on the day that they expire, points."""
    return np.maximum(np.where(right == int(Right.CALL), forward - strike, strike - forward), 0.0)


def _above_zero(moved: NDArray[np.float64]) -> None:
    if moved.size and not moved.min() > 0:
        raise MarginError(
            ErrorCode.NUM,
            f"a scenario takes the price to {moved.min():,.2f}, where Black's formula doesn't price",
            "check the price and the scan ranges; below zero only a file's own arrays will do",
        )
