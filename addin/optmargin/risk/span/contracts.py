"""Contracts of a combined commodity as columns: products, their contract months, and 16 losses for each contract.

Part of the model, and used by name through ``model``, where the conventions stand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.risk.span.words import SCENARIOS, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optmargin.core.contracts import Right


@dataclass(frozen=True, slots=True)
class Product:
    """One product of a combined commodity: a future, or the options of one root.

    Attributes:
        exchange: its code: ``CME``.
        code: the product's code: ``ES``, ``EW3``.
        kind: what it is.
        name: for people.
        currency: ISO code of its arrays and values.
        value_factor: currency per point of price and contract, such as 50 for ES; NaN where only series say.
        premium_style: whether the option's value is paid up front (EQTY valuation), so that it counts as net option value;
            False for futures and for options settled like futures.
        style: ``american``, ``european`` or empty.
        cash_settled: whether exercise or expiry pays cash; None where the file doesn't say.
        underlying: code of the product that it is an option on; empty for futures and where not said.
        underlying_exchange: that product's exchange; empty where it is the same or not said.
        price_decimals, strike_decimals: decimals of prices and strikes in the file; for writing it again.
        price_alignment, strike_alignment: how the file writes fractions (blank, ``C``, ``K``, ``0``); for writing it again.
        model: the pricing model that made the arrays (``W``, ``BC``); empty where not said.
    """

    exchange: str
    code: str
    kind: Kind
    name: str = ""
    currency: str = "USD"
    value_factor: float = math.nan
    premium_style: bool = False
    style: str = ""
    cash_settled: bool | None = None
    underlying: str = ""
    underlying_exchange: str = ""
    price_decimals: int = 2
    strike_decimals: int = 2
    price_alignment: str = ""
    strike_alignment: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class SeriesTable:
    """Columns of equal length m, one element per contract month of a product: what the file says of all its contracts at once.

    A future's month is a series of one contract; the options of one root and expiry are a series. It is a type B record of the
    expanded format, and a ``fut`` or ``series`` element of the XML.

    Attributes:
        product: index into the products of the combined commodity.
        period: the delta period: the contract month of the future; for an option that of its UNDERLYING future; for an option
            on something else its own month.
        option_period: the option's own month with its day or week code; 0 for futures.
        expiry: last trading, settlement or expiration day; NaT where not said.
        delta_scaling: what a delta of this series counts in the combined commodity: 1 for the full-size contract, 0.1 for
            the micro beside ES at 1; 1 where the file doesn't say.
        value_factor: currency per point of price and contract.
        scan_up, scan_down: price scan range, currency per contract, upward and downward; equal unless the file is
            asymmetric (``priceScanDown``).
        volatility_scan: volatility scan range: a fraction of the volatility where ``volatility_scan_relative``, else
            absolute volatility.
        volatility_scan_relative: which of the two.
        extreme_multiplier: of the price scan range in scenarios 15 and 16; 3 at CME.
        extreme_cover: the fraction of the extreme loss that counts; 0.33 at CME.
        years: time to expiry in years.
        lookahead: time by which the arrays look ahead, in years; 0 at CME.
        rate: interest rate, a fraction per year.
        underlying_price: price of the underlying that the arrays were made with.
    """

    product: NDArray[np.int64]
    period: NDArray[np.int64]
    option_period: NDArray[np.int64]
    expiry: NDArray[np.datetime64]
    delta_scaling: NDArray[np.float64]
    value_factor: NDArray[np.float64]
    scan_up: NDArray[np.float64]
    scan_down: NDArray[np.float64]
    volatility_scan: NDArray[np.float64]
    volatility_scan_relative: NDArray[np.bool_]
    extreme_multiplier: NDArray[np.float64]
    extreme_cover: NDArray[np.float64]
    years: NDArray[np.float64]
    lookahead: NDArray[np.float64]
    rate: NDArray[np.float64]
    underlying_price: NDArray[np.float64]

    @classmethod
    def of(
        cls, *, product: object, period: object, option_period: object, value_factor: object, **columns: object
    ) -> SeriesTable:
        """The table of columns as lists or arrays; the optional ones, where not given, hold what nobody said.

        Args:
            product, period, option_period, value_factor: columns of equal length.
            columns: any other attribute; ``delta_scaling`` is 1 and the rest NaN, NaT or True where not given.
        """
        count = len(np.atleast_1d(np.asarray(product)))
        given = {"product": product, "period": period, "option_period": option_period, "value_factor": value_factor}
        given |= columns
        filled: dict[str, NDArray[np.generic]] = {}
        for column in fields(cls):
            kind, missing = _COLUMN_KINDS.get(column.name, (np.dtype(np.float64), math.nan))
            values = given.pop(column.name, None)
            filled[column.name] = (
                np.full(count, missing, dtype=kind) if values is None else np.array(values, dtype=kind).reshape(-1)
            )
        if given:
            raise TypeError(f"no column of series is called {min(given)!r}")
        return cls(**filled)  # type: ignore[arg-type]  # the columns' types stand in _COLUMN_KINDS

    def __post_init__(self) -> None:
        _same_length(self, "series")

    def __len__(self) -> int:
        return len(self.product)


_COLUMN_KINDS: Mapping[str, tuple[np.dtype[np.generic], object]] = {
    "product": (np.dtype(np.int64), 0),
    "period": (np.dtype(np.int64), 0),
    "option_period": (np.dtype(np.int64), 0),
    "expiry": (np.dtype("datetime64[D]"), np.datetime64("NaT")),
    "delta_scaling": (np.dtype(np.float64), 1.0),
    "volatility_scan_relative": (np.dtype(np.bool_), True),
}


def _same_length(table: object, what: str) -> None:
    lengths = {column.name: len(getattr(table, column.name)) for column in fields(table)}  # type: ignore[arg-type]
    if len(set(lengths.values())) > 1:
        raise MarginError(ErrorCode.VALUE, f"columns of {what} differ in length: {lengths}", "fill every column")


def outside(index: NDArray[np.int64], count: int) -> bool:
    """Whether an index points outside a table of ``count`` rows."""
    return bool(len(index)) and (int(index.min()) < 0 or int(index.max()) >= count)


ContractKey = tuple[int, int, float]
"""Series (index), right, strike; the strike of a future is 0."""


@dataclass(frozen=True, eq=False)
class Contracts:
    """Columns of equal length n, one element per contract of a combined commodity.

    Attributes:
        series: index into the :class:`SeriesTable` of the combined commodity.
        right: the numbers of :class:`Right`; FUTURE for futures, STOCK for physicals.
        strike: NaN for futures and physicals.
        risk: shape (n, 16): loss of one long contract, the contract's currency.
        delta: composite delta of one long contract, before scaling: 1 for a future, 0 to 1 for a call, -1 to 0 for a put.
        price: settlement price, in points; NaN where the file has none (9999999).
        volatility: implied volatility, a fraction; NaN where not said.

    Raises:
        MarginError: ``#VALUE!`` for columns of different lengths, a risk array that isn't 16 wide, or one that holds
            something else than finite numbers.
    """

    series: NDArray[np.int64]
    right: NDArray[np.int8]
    strike: NDArray[np.float64]
    risk: NDArray[np.float64]
    delta: NDArray[np.float64]
    price: NDArray[np.float64]
    volatility: NDArray[np.float64]

    def __post_init__(self) -> None:
        _same_length(self, "contracts")
        if self.risk.shape != (len(self.series), SCENARIOS):
            raise MarginError(
                ErrorCode.VALUE, f"risk arrays have the shape {self.risk.shape}", f"give {SCENARIOS} per contract"
            )
        if not (np.isfinite(self.risk).all() and np.isfinite(self.delta).all()):
            raise MarginError(
                ErrorCode.VALUE, "a risk array or a composite delta isn't a finite number", "leave that contract out"
            )

    @classmethod
    def none(cls) -> Contracts:
        """No contracts at all."""
        empty = np.empty(0)
        return cls(
            series=np.empty(0, dtype=np.int64),
            right=np.empty(0, dtype=np.int8),
            strike=empty,
            risk=np.empty((0, SCENARIOS)),
            delta=empty,
            price=empty,
            volatility=empty,
        )

    def __len__(self) -> int:
        return len(self.series)

    @cached_property
    def rows(self) -> Mapping[ContractKey, int]:
        """The row of each contract by series, right and strike; built once, when first asked for."""
        strikes = np.nan_to_num(np.round(self.strike, 9), nan=0.0).tolist()
        return dict(
            zip(
                zip(self.series.tolist(), self.right.tolist(), strikes, strict=True),
                range(len(self)),
                strict=True,
            )
        )

    def row(self, series: int, right: Right, strike: float = 0.0) -> int | None:
        """The row of one contract; None where the file hasn't got it."""
        return self.rows.get((series, int(right), 0.0 if math.isnan(strike) else round(strike, 9)))
