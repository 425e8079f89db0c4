"""Prices and strikes as digits, with the exchange's ways of writing fractions: 32nds, 64ths and eighths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.errors import ErrorCode, MarginError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What the last digit of a price with eighths stands for: 2 is written for 0.25, 7 for 0.75; 4 and 9 stand for nothing.
_EIGHTHS = np.array([0, 0.125, 0.25, 0.375, np.nan, 0.5, 0.625, 0.75, 0.875, np.nan])
_EIGHTH_DIGITS = {0: 0, 1: 1, 2: 2, 3: 3, 4: 5, 5: 6, 6: 7, 7: 8}
_DECIMAL, _THIRTY_SECONDS, _SIXTY_FOURTHS, _CENTS = "", "C", "K", "0"
_PARTS = {_THIRTY_SECONDS: 32, _SIXTY_FOURTHS: 64}
ALIGNMENTS = (_DECIMAL, _THIRTY_SECONDS, _SIXTY_FOURTHS, _CENTS)
NO_PRICE = 9_999_999
NO_PRECISE_PRICE = 99_999_999_999_999


def decoded(digits: NDArray[np.int64], decimals: int, alignment: str) -> NDArray[np.float64]:
    """Prices from the digits that a file writes.

    Args:
        digits: whole numbers, without sign.
        decimals: the file's decimal locator; negative where zeros are left out.
        alignment: blank for decimals; ``C`` points and 32nds, ``K`` points and 64ths, each with an eighth of it as last digit
            where there are three decimals; ``0`` whole numbers (cents) and an eighth as last digit, whatever the decimals.

    Returns:
        Prices; NaN where the digits stand for no fraction: a 4 or 9 as eighth, 32 or more of 32.

    Raises:
        MarginError: ``#VALUE!`` for an alignment that isn't known, or one with other decimals.
    """
    if alignment == _DECIMAL:
        return np.asarray(digits / 10.0**decimals)
    if alignment == _CENTS:
        return np.asarray(digits // 10 + _EIGHTHS[digits % 10])
    parts = _PARTS.get(alignment)
    if parts is None or decimals not in {2, 3}:
        raise MarginError(
            ErrorCode.VALUE,
            f"prices with alignment '{alignment}' and {decimals} decimals aren't known",
            "known are blank with any decimals, C and K with 2 or 3, and 0",
        )
    points, rest = np.divmod(digits, 10**decimals)
    whole, eighth = np.divmod(rest, 10) if decimals == 3 else (rest, np.zeros_like(rest))
    return np.where(whole < parts, points + (whole + _EIGHTHS[eighth]) / parts, np.nan)


def encoded(price: float, decimals: int, alignment: str) -> int:
    """The digits of a price, the reverse of :func:`decoded`; the sign is left to the caller.

    Raises:
        MarginError: ``#NUM!`` for a price that can't be written so.
    """
    size = abs(price)
    if alignment == _DECIMAL:
        digits = round(size * 10.0**decimals)
    elif alignment == _CENTS:
        whole, eighth = divmod(round(size * 8), 8)
        digits = whole * 10 + _EIGHTH_DIGITS[eighth]
    else:
        units = _PARTS.get(alignment, 32) * (8 if decimals == 3 else 1)
        points, rest = divmod(round(size * units), units)
        whole, eighth = divmod(rest, 8) if decimals == 3 else (rest, 0)
        digits = points * 10**decimals + (whole * 10 + _EIGHTH_DIGITS[eighth] if decimals == 3 else whole)
    back = float(decoded(np.array([digits]), decimals, alignment)[0])
    if not abs(back - size) <= 1e-9 * max(1.0, size):
        raise MarginError(
            ErrorCode.NUM,
            f"price {price:g} can't be written with {decimals} decimals and alignment '{alignment}'",
            "write XML (.spn) instead",
        )
    return digits
