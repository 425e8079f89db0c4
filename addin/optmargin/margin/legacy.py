"""The spread rule before 2012: each two-leg spread is charged apart; only shapes with equal intervals are one position.

Sources: McMillan, Options as a Strategic Investment, p. 206 (an unequal butterfly is charged 1,100 where the risk is 100); IBKR
knowledge base 600 and 603 (iron condors and butterflies with equal intervals only).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from optmargin.core.contracts import Right
from optmargin.core.payoff import loss_profile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def legacy_loss(
    right: NDArray[np.int8], strike: NDArray[np.float64], units: NDArray[np.float64], shares: float
) -> float | None:
    """What covered legs of one expiry require, USD; None where there is more than one spread a side.

    Args:
        right, strike: of each leg, shape (n,).
        units: signed contracts, negative for short, shape (n,).
        shares: shares per contract.
    """
    losses, widths, counts = [], [], []
    for kind in (Right.PUT, Right.CALL):
        side = right == kind
        if not side.any():
            continue
        if side.sum() != 2 or units[side].sum() != 0:
            return None
        losses.append(loss_profile(right[side], strike[side], units[side] * shares).worst)
        widths.append(abs(float(strike[side][0] - strike[side][1])))
        counts.append(abs(float(units[side][0])))
    one_position = len(losses) == 2 and widths[0] == widths[1] and counts[0] == counts[1]
    if one_position:
        return loss_profile(right, strike, units * shares).worst
    return sum(losses)
