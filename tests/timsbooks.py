"""Books for the tests of customer portfolio margin: the legs of Cboe's sheet of 2007, and shares for sums done by hand."""

from __future__ import annotations

import datetime as dt
import math

from optmargin.core.contracts import AssetClass, Right, Settlement, Style
from optmargin.core.legs import Leg, LegTable

DAY = dt.date(2007, 2, 23)
CALL, PUT = Right.CALL, Right.PUT


def ibm(right, strike, price, quantity, spot=97.73, days=57):
    """One IBM option of April 2007; 57 days to the Saturday after the third Friday."""
    return Leg("IBM", right, quantity, strike, DAY + dt.timedelta(days), price, 100.0, spot)


def spx(right, strike, price, quantity, days=55):
    """One SPX option of April 2007; 55 days to its last day of trading."""
    return Leg(
        "SPX", right, quantity, strike, DAY + dt.timedelta(days), price, 100.0, 1451.19,
        AssetClass.BROAD_INDEX, Style.EUROPEAN, Settlement.PM, cash_settled=True,
    )  # fmt: skip


def shares(underlying, quantity, price, asset_class=AssetClass.EQUITY, leverage=1.0):
    """Shares of a stock or a fund."""
    return Leg(
        underlying, Right.STOCK, quantity, price=price, multiplier=1.0, spot=price, asset_class=asset_class, leverage=leverage
    )  # fmt: skip


def option(underlying, right, strike, price, quantity, spot, *, expiry=None, multiplier=100.0, style=Style.AMERICAN):
    """An option on a share."""
    day = DAY + dt.timedelta(30) if expiry is None else expiry
    return Leg(underlying, right, quantity, strike, day, price, multiplier, spot, style=style)


def book(*legs):
    """A table of legs."""
    return LegTable.of(list(legs))


MISSING = math.nan
