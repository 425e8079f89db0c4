"""An invented market for tests of the SPAN engine: combined commodities from arrays written by hand, and legs on them."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np

from optmargin.core.contracts import AssetClass, Right
from optmargin.core.legs import Leg, LegTable
from optmargin.risk.span.model import (
    PRICE_MOVES,
    CombinedCommodity,
    Contracts,
    Kind,
    Level,
    Origin,
    Product,
    SeriesTable,
    SpanParameters,
    period,
)
from optmargin.risk.span.requirement import span_margin
from optmargin.risk.span.terms import SpanTerms

FUTURE, CALL, PUT = Right.FUTURE, Right.CALL, Right.PUT
EXTREME, COVER = 3.0, 0.33


def future_array(margin: float, extreme: float = EXTREME, cover: float = COVER) -> list[float]:
    """The array of one long future with a symmetric scan range, in whole currency."""
    moves = [-move * margin for move in PRICE_MOVES]
    return [float(round(loss * (extreme * cover if at >= 14 else 1))) for at, loss in enumerate(moves)]


@dataclass
class Made:
    """One contract of the invented market."""

    right: Right
    month: int
    array: list[float]
    strike: float = math.nan
    delta: float = 1.0
    price: float = math.nan
    root: str = ""
    option_month: int = 0
    scaling: float = 1.0
    value_factor: float = 50.0
    scan: float = math.nan
    premium_style: bool = True
    currency: str = "USD"
    volatility: float = math.nan
    years: float = math.nan


def day_of(month: int, option: bool = False) -> dt.date:
    """The invented expiry of a month: the 15th for futures, the 10th for options."""
    return dt.date(month // 100, month % 100, 10 if option else 15)


def commodity(code: str, contracts: list[Made], **parameters) -> CombinedCommodity:
    """A combined commodity of these contracts; other parameters as the model names them."""
    products, series, columns = {}, {}, []
    for made in contracts:
        root, is_option = made.root or code, made.right.is_option
        kind = Kind.OPTION_ON_FUTURE if is_option else Kind.FUTURE
        product = products.setdefault(
            (root, kind),
            Product(
                "INV",
                root,
                kind,
                currency=made.currency,
                premium_style=is_option and made.premium_style,
                underlying=code if is_option else "",
            ),
        )
        own = made.option_month or made.month
        key = (root, kind, made.month, own if is_option else 0)
        series.setdefault(
            key,
            {
                "product": list(products.values()).index(product),
                "period": period(made.month),
                "option_period": period(own) if is_option else 0,
                "expiry": np.datetime64(day_of(own, is_option)),
                "delta_scaling": made.scaling,
                "value_factor": made.value_factor,
                "scan_up": made.scan,
                "scan_down": made.scan,
                "volatility_scan": 0.35,
                "extreme_multiplier": EXTREME,
                "extreme_cover": COVER,
                "years": made.years,
            },
        )
        columns.append((list(series).index(key), made))
    table = SeriesTable.of(**{name: [row[name] for row in series.values()] for name in next(iter(series.values()))})
    return CombinedCommodity(
        code=code,
        products=tuple(products.values()),
        series=table,
        contracts=Contracts(
            series=np.array([at for at, _ in columns], dtype=np.int64),
            right=np.array([int(made.right) for _, made in columns], dtype=np.int8),
            strike=np.array([made.strike for _, made in columns]),
            risk=np.array([made.array for _, made in columns], dtype=np.float64),
            delta=np.array([made.delta for _, made in columns]),
            price=np.array([made.price for _, made in columns]),
            volatility=np.array([made.volatility for _, made in columns]),
        ),
        **parameters,
    )


def parameters(*commodities: CombinedCommodity, **others) -> SpanParameters:
    """The parameters of an invented file."""
    origin = Origin(Level.EXACT, "invented.spn", dt.date(2025, 1, 2), "settlement")
    return SpanParameters(origin, {each.code: each for each in commodities}, **others)


def futures(code: str, margins: dict[int, float], **parameters) -> CombinedCommodity:
    """A combined commodity with nothing but futures, each month with its margin."""
    made = [Made(FUTURE, month, future_array(margin), scan=margin) for month, margin in margins.items()]
    return commodity(code, made, **parameters)


def leg(
    code: str, quantity: float, month: int, right: Right = FUTURE, strike: float = math.nan, root: str = "", **others
) -> Leg:
    """A leg on a contract of the invented market; ``month`` is the option's own for options."""
    return Leg(
        underlying=code,
        root=root or code,
        right=right,
        strike=strike,
        expiry=day_of(month, right.is_option),
        quantity=quantity,
        asset_class=AssetClass.FUTURE,
        **{"multiplier": 50.0, **others},
    )


def margin(market: SpanParameters, *legs: Leg, terms: SpanTerms | None = None, **given):
    """The requirement of some legs; terms whole, or as :class:`SpanTerms` names them."""
    return span_margin(market, LegTable.of(legs), terms or SpanTerms(**given))


def only(requirement):
    """The one combined commodity of a requirement."""
    (found,) = requirement.commodities
    return found
