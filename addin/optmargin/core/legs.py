"""The leg table: every position of one or many accounts as columns of numpy arrays, one element per leg."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import AssetClass, Right, Settlement, Style

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Leg:
    """One position, as a reader or a worksheet range states it.

    Attributes:
        account: the account's number; empty when the file holds one account only.
        underlying: what it is, or is an option on (``SPX``).
        right: call, put, stock or future.
        strike: USD per share; NaN for stock and futures.
        expiry: day of expiry as the option symbol has it; None for stock.
        quantity: signed count of contracts or shares; negative is short.
        price: market price, USD per share; NaN when not known.
        multiplier: shares (or USD per index point) per contract; 1 for stock.
        spot: price of the underlying, USD per share; NaN when not known.
        asset_class, style, settlement, cash_settled, leverage: as the instruments table or the file says.
        root: the root of the option symbol (``SPXW``); the underlying where it isn't known.
        assumed: True when the root wasn't in the instruments table and the file didn't say what it is.
        listed: False for an over-the-counter option.
        line: the line (or row) of the file that it came from; 0 when it came from nowhere.
    """

    underlying: str
    right: Right
    quantity: float
    strike: float = math.nan
    expiry: dt.date | None = None
    price: float = math.nan
    multiplier: float = 100.0
    spot: float = math.nan
    asset_class: AssetClass = AssetClass.EQUITY
    style: Style = Style.AMERICAN
    settlement: Settlement = Settlement.PM
    cash_settled: bool = False
    leverage: float = 1.0
    root: str = ""
    assumed: bool = False
    listed: bool = True
    account: str = ""
    line: int = 0

    @property
    def name(self) -> str:
        """How a trader would write it: ``SPX 2022-12-23 3800 put``."""
        if self.right is Right.STOCK:
            return f"{self.underlying} stock"
        day = f" {self.expiry.isoformat()}" if self.expiry is not None else ""
        if self.right is Right.FUTURE:
            return f"{self.underlying}{day} future"
        return f"{self.underlying}{day} {self.strike:.10g} {self.right.word}"


def _objects(values: Iterable[object]) -> NDArray[np.object_]:
    listed = list(values)
    array = np.empty(len(listed), dtype=object)
    array[:] = listed
    return array


@dataclass(frozen=True, slots=True, eq=False)
class LegTable:
    """Columns of equal length n, one element per leg; units and meanings as in :class:`Leg`.

    ``right`` holds the numbers of :class:`Right`; ``expiry`` is ``datetime64[D]``, NaT for stock; money columns are float64
    with NaN for what is missing; words are object arrays of str.
    """

    account: NDArray[np.object_]
    underlying: NDArray[np.object_]
    root: NDArray[np.object_]
    right: NDArray[np.int8]
    strike: NDArray[np.float64]
    expiry: NDArray[np.datetime64]
    quantity: NDArray[np.float64]
    price: NDArray[np.float64]
    multiplier: NDArray[np.float64]
    spot: NDArray[np.float64]
    asset_class: NDArray[np.object_]
    style: NDArray[np.object_]
    settlement: NDArray[np.object_]
    cash_settled: NDArray[np.bool_]
    leverage: NDArray[np.float64]
    assumed: NDArray[np.bool_]
    listed: NDArray[np.bool_]
    line: NDArray[np.int64]

    @classmethod
    def of(cls, legs: Sequence[Leg]) -> LegTable:
        """The table of a sequence of legs, in their order."""
        days = ["NaT" if leg.expiry is None else leg.expiry.isoformat() for leg in legs]
        return cls(
            account=_objects(leg.account for leg in legs),
            underlying=_objects(leg.underlying for leg in legs),
            root=_objects(leg.root or leg.underlying for leg in legs),
            right=np.array([leg.right for leg in legs], dtype=np.int8),
            strike=np.array([leg.strike for leg in legs], dtype=np.float64),
            expiry=np.array(days, dtype="datetime64[D]"),
            quantity=np.array([leg.quantity for leg in legs], dtype=np.float64),
            price=np.array([leg.price for leg in legs], dtype=np.float64),
            multiplier=np.array([leg.multiplier for leg in legs], dtype=np.float64),
            spot=np.array([leg.spot for leg in legs], dtype=np.float64),
            asset_class=_objects(leg.asset_class for leg in legs),
            style=_objects(leg.style for leg in legs),
            settlement=_objects(leg.settlement for leg in legs),
            cash_settled=np.array([leg.cash_settled for leg in legs], dtype=np.bool_),
            leverage=np.array([leg.leverage for leg in legs], dtype=np.float64),
            assumed=np.array([leg.assumed for leg in legs], dtype=np.bool_),
            listed=np.array([leg.listed for leg in legs], dtype=np.bool_),
            line=np.array([leg.line for leg in legs], dtype=np.int64),
        )

    def __len__(self) -> int:
        return len(self.quantity)

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> LegTable:
        """The rows that a mask or an index array picks, in that order."""
        return LegTable(**{column.name: getattr(self, column.name)[chosen] for column in fields(self)})

    def rows(self) -> list[Leg]:
        """The table as legs, in order."""
        return [self.row(at) for at in range(len(self))]

    def row(self, at: int) -> Leg:
        """One leg of the table."""
        day = self.expiry[at]
        return Leg(
            account=self.account[at],
            underlying=self.underlying[at],
            root=self.root[at],
            right=Right(int(self.right[at])),
            strike=float(self.strike[at]),
            expiry=None if np.isnat(day) else day.astype(object),
            quantity=float(self.quantity[at]),
            price=float(self.price[at]),
            multiplier=float(self.multiplier[at]),
            spot=float(self.spot[at]),
            asset_class=self.asset_class[at],
            style=self.style[at],
            settlement=self.settlement[at],
            cash_settled=bool(self.cash_settled[at]),
            leverage=float(self.leverage[at]),
            assumed=bool(self.assumed[at]),
            listed=bool(self.listed[at]),
            line=int(self.line[at]),
        )
