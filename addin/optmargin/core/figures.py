"""The figures of an account by the brokers' own definitions; every function takes numbers or columns of them.

Definitions: IBKR's account window and its API's account summary tags (equity with loan value, available funds, excess liquidity,
cushion). The value of US options is not in equity with loan value, so what an account may still do is net liq less the deposit
that the book demands, in every convention.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def available(
    net_liq: float | NDArray[np.float64], deposit: float | NDArray[np.float64]
) -> float | NDArray[np.float64]:
    """Available funds (with the initial deposit) or excess liquidity (with the maintenance deposit), USD.

    Args:
        net_liq: net liquidation value, USD.
        deposit: long options and risk less the proceeds of short options, USD; the net convention.
    """
    return net_liq - deposit


def cushion(
    net_liq: float | NDArray[np.float64], excess_liquidity: float | NDArray[np.float64]
) -> float | NDArray[np.float64]:
    """Excess liquidity as a fraction of net liq; NaN where net liq isn't positive, where no fraction means anything."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.greater(net_liq, 0), np.divide(excess_liquidity, net_liq), np.nan)


def leverage(
    gross_position_value: float | NDArray[np.float64], net_liq: float | NDArray[np.float64]
) -> float | NDArray[np.float64]:
    """Gross position value (the sum of all positions' values without their signs) as a multiple of net liq; NaN as above."""
    return cushion(net_liq, gross_position_value)
