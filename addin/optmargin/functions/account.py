"""SLOTS and CUSHION: two of the three numbers that option sellers watch."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from optmargin.core import figures
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions.declare import About, Example, Unit, worksheet_function
from optmargin.sizing import slots as sizing

_POINTS = "Trader's seven points on margin"


@worksheet_function(
    "SLOTS",
    category="Account",
    about="Whole slots (spreads of one slot's width) that a net liq supports on one side; the other side of an expiry rides free.",
    returns=Unit.SLOTS,
    example=Example(
        "=SLOTS(100000)",
        200.0,
        f"{_POINTS}, number 2: net liq divided by $5 x 100",
    ),
)
def slots_function(
    net_liq: Annotated[Any, About("Net liquidation value", Unit.USD)],
    slot_width: Annotated[
        Any, About("Width of a slot between its strikes", Unit.USD_PER_SHARE, above=0)
    ] = sizing.SLOT_WIDTH,
    multiplier: Annotated[
        Any, About("Shares per contract: 100 for SPX, 50 for ES", Unit.SHARES, above=0)
    ] = sizing.SLOT_MULTIPLIER,
) -> Any:
    """Whole slots."""
    return sizing.slots(net_liq, slot_width, multiplier)


@worksheet_function(
    "CUSHION",
    category="Account",
    about="Excess liquidity as a fraction of net liq, as IBKR's account window shows it; below zero the broker liquidates.",
    returns=Unit.FRACTION,
    example=Example(
        "=CUSHION(91448, 36246)",
        36246 / 91448,
        "IBKR's definition (TWS API, account summary tags); account window of an Elite Trader thread of 2001",
    ),
)
def cushion_function(
    net_liq: Annotated[Any, About("Net liquidation value, above zero", Unit.USD, above=0)],
    excess_liquidity: Annotated[Any, About("Excess liquidity: net liq less the maintenance deposit", Unit.USD)],
) -> Any:
    """Excess liquidity over net liq."""
    share = figures.cushion(net_liq, excess_liquidity)
    if np.isnan(share).any():
        raise MarginError(ErrorCode.NUM, "net liq isn't above zero", "a cushion is a fraction of a positive net liq")
    return share
