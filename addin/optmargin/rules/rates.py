"""Looking up a class's rate for one underlying or a whole column of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.errors import ErrorCode, MarginError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optmargin.core.contracts import AssetClass
    from optmargin.rules.terms import ClassRates


def class_rate(rates: ClassRates, asset_class: AssetClass | NDArray[np.object_]) -> float | NDArray[np.float64]:
    """The rate of an asset class, or of each element of a column of classes; a fraction.

    Raises:
        MarginError: ``#N/A`` for futures: no strategy-based book has a rate for them, SPAN does.
    """
    try:
        if isinstance(asset_class, np.ndarray):
            return _of_each(rates, asset_class)
        return rates[asset_class]
    except KeyError as missing:
        raise MarginError(
            ErrorCode.MISSING, f"strategy-based books have no rate for the class '{missing.args[0]}'", "futures and their options are margined by SPAN"
        ) from None  # fmt: skip


def _of_each(rates: ClassRates, asset_class: NDArray[np.object_]) -> NDArray[np.float64]:
    """The rate of each element: one pass per class that is there, rather than one look-up per element."""
    found = np.empty(asset_class.shape)
    known = np.zeros(asset_class.shape, dtype=np.bool_)
    while not known.all():
        word: AssetClass = asset_class.flat[int(known.argmin())]  # type: ignore[assignment]
        mine = asset_class == word
        found[mine] = rates[word]
        known |= mine
    return found
