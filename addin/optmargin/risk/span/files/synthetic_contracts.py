"""What an invented combined commodity is like, and its series and contracts priced by Black's formula, in columns."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from optmargin.core.contracts import Right
from optmargin.risk.pricing.black import black
from optmargin.risk.span.arrays import ScanRanges, composite_deltas, future_arrays, option_arrays
from optmargin.risk.span.model import period

if TYPE_CHECKING:
    from numpy.typing import NDArray

MULTIPLIER, COVER = 3.0, 0.33  # of the extreme scenarios
MICRO = 0.1  # of the full-size contract
_RATE = 0.03
_NO_PRICE_BELOW = 0.02  # points; options that are worth less have no settlement price here


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one invented combined commodity is like.

    Attributes:
        code, name, currency: of it.
        price: of the nearest future, points.
        volatility: a fraction.
        factor: currency per point.
        step: between strikes, points.
        exponent: risk exponent: arrays are whole multiples of ten to its power.
        has_micro: whether a contract of a tenth of the size, and weekly options, are part of it.
        is_cash: futures and options on a physical instead of options on futures; arrays with two decimals.
    """

    code: str
    name: str
    currency: str
    price: float
    volatility: float
    factor: float
    step: float
    exponent: int = 0
    has_micro: bool = False
    is_cash: bool = False

    @property
    def rate(self) -> float:
        """Interest rate; options that are margined like futures have none."""
        return 0.0 if self.code == "QX3" else _RATE

    @property
    def unit(self) -> float:
        """What arrays are rounded to, currency."""
        return 0.01 if self.is_cash else 10.0**self.exponent


def month_of(day: dt.date, code: str = "") -> int:
    """The period of the month of a day, with a day or week code."""
    return period(day.year * 100 + day.month, code)


def _years(expiry: dt.date, as_of: dt.date) -> float:
    return round((expiry - as_of).days / 365, 6)


@dataclass(slots=True)
class Maker:
    """Makes series and contracts of one combined commodity, in columns.

    Attributes:
        recipe: what it is like.
        ranges: scan ranges, points.
        strikes: of each series of options.
        as_of: the business day.
    """

    recipe: Recipe
    ranges: ScanRanges
    strikes: int
    as_of: dt.date
    series: dict[str, list[object]] = field(default_factory=dict)
    contracts: dict[str, list[NDArray[Any]]] = field(default_factory=dict)

    def physical(self, product: int) -> None:
        """The physical itself, which loses nothing."""
        still = ScanRanges(0.0, 0.0, self.ranges.volatility)
        self._add_series(product, 0, 0, None, still, 1.0)
        price = np.array([self.recipe.price]).round(2)
        self._add_contracts(Right.STOCK, risk=np.zeros((1, 16)), delta=np.ones(1), price=price)

    def future(self, product: int, expiry: dt.date, price: float) -> None:
        """The future of one month; a micro contract is a tenth."""
        scaling = MICRO if self.recipe.has_micro and product == 1 else 1.0
        factor = self.recipe.factor * scaling
        self._add_series(product, self._month(expiry), 0, expiry, self.ranges, scaling)
        risk = self._rounded(future_arrays(self.ranges, np.array([factor])))
        self._add_contracts(Right.FUTURE, risk=risk, delta=np.ones(1), price=np.array([price]))

    def options(self, product: int, future: dt.date, expiry: dt.date, forward: float, code: str = "") -> None:
        """Calls and puts of one expiry around the price of the future."""
        recipe, ranges, count = self.recipe, self.ranges, 2 * self.strikes
        years = np.full(count, _years(expiry, self.as_of))
        ladder = (np.arange(self.strikes) - self.strikes // 2 + round(forward / recipe.step)) * recipe.step
        ladder = np.maximum(
            ladder, recipe.step * np.linspace(0.1, 1, self.strikes).round(2)
        )  # above zero, all different
        strike, forwards = np.tile(ladder, 2), np.full(count, forward)
        right = np.repeat(np.array([Right.CALL, Right.PUT], dtype=np.int8), self.strikes)
        moneyness = np.log(strike / forward) / (recipe.volatility * np.sqrt(years))
        volatility = np.round(recipe.volatility * (1 - 0.1 * moneyness + 0.03 * moneyness**2).clip(0.5, 3), 6)
        price = np.round(black(right, forwards, strike, years, volatility, np.exp(-recipe.rate * years)), 2)
        factors = np.full(count, recipe.factor)
        risk = option_arrays(ranges, right, forwards, strike, years, volatility, factors, recipe.rate)
        delta = composite_deltas(ranges, right, forwards, strike, years, volatility, recipe.rate)
        own = self._month(expiry, code)
        self._add_series(product, own if recipe.is_cash else self._month(future), own, expiry, ranges, 1.0)
        self._add_contracts(
            right,
            strike=strike,
            risk=self._rounded(risk),
            delta=np.round(delta, 4) + 0.0,
            price=np.where(price < _NO_PRICE_BELOW, np.nan, price),
            volatility=volatility,
        )

    def _month(self, expiry: dt.date, code: str = "") -> int:
        """The period of an expiry; cash markets tell them apart by days."""
        return month_of(expiry, code or (f"{expiry:%d}" if self.recipe.is_cash else ""))

    def _add_series(
        self, product: int, number: int, own: int, expiry: dt.date | None, ranges: ScanRanges, scaling: float
    ) -> None:
        factor = 1.0 if expiry is None else self.recipe.factor * scaling
        scan = round(ranges.up * factor, 2)
        row: dict[str, object] = {
            "product": product, "period": number, "option_period": own, "value_factor": factor, "delta_scaling": scaling,
            "expiry": np.datetime64("NaT") if expiry is None else np.datetime64(expiry),
            "scan_up": scan, "scan_down": scan, "volatility_scan": ranges.volatility, "volatility_scan_relative": True,
            "extreme_multiplier": MULTIPLIER, "extreme_cover": COVER, "lookahead": 0.0, "rate": self.recipe.rate,
            "years": 0.0 if expiry is None else _years(expiry, self.as_of),
        }  # fmt: skip
        for name, value in row.items():
            self.series.setdefault(name, []).append(value)

    def _add_contracts(self, right: Right | NDArray[np.int8], **columns: NDArray[np.float64]) -> None:
        """Contracts of the last series; futures have no strike and no volatility."""
        count = len(columns["delta"])
        columns = {"strike": np.full(count, np.nan), "volatility": np.full(count, np.nan)} | columns
        for name, values in columns.items():
            self.contracts.setdefault(name, []).append(values)
        series = len(self.series["product"]) - 1
        self.contracts.setdefault("series", []).append(np.full(count, series, dtype=np.int64))
        rights = np.full(count, right, dtype=np.int8) if isinstance(right, Right) else right
        self.contracts.setdefault("right", []).append(rights)

    def _rounded(self, risk: NDArray[np.float64]) -> NDArray[np.float64]:
        """Arrays in whole units; hundredths are divided, so that they are the numbers that their decimals write."""
        if self.recipe.is_cash:
            return np.rint(risk * 100) / 100 + 0.0
        return np.rint(risk / self.recipe.unit) * self.recipe.unit + 0.0
