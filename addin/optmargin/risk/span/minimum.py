"""The short option minimum: a floor under the risk, a rate per short option."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import Right
from optmargin.risk.span.words import MinimumMethod

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optmargin.risk.span.model import Tier


@dataclass(frozen=True, slots=True)
class ShortOptionMinimum:
    """The floor of one combined commodity.

    Attributes:
        amount: currency; NaN where short options are held and no rate is known.
        contracts: short options counted.
        working: how the amount came about; empty where no options are short.
    """

    amount: float = 0.0
    contracts: float = 0.0
    working: str = ""


def short_option_minimum(
    quantity: NDArray[np.float64],
    right: NDArray[np.int8],
    period: NDArray[np.int64],
    factor: NDArray[np.float64],
    *,
    rate: float,
    tiers: Sequence[Tier],
    method: MinimumMethod,
) -> ShortOptionMinimum:
    """The short option minimum of net positions; with tiers, each at its own rate, and added.

    Source: CME, performance bond advisories ("charge per short calls or short puts"); type 4 records of the parameter file.

    Args:
        quantity: net position in each contract.
        right: the numbers of :class:`Right`.
        period: the contracts' periods.
        factor: how much one contract counts: 1, or its delta scaling.
        rate: currency per short option that lies in no tier.
        tiers: tiers with their rates; an option counts in the first that holds it.
        method: which of them count.
    """
    short = np.maximum(-quantity, 0.0) * factor
    elsewhere = np.ones(len(quantity), dtype=bool)
    spans: list[tuple[float, NDArray[np.bool_], str]] = []
    for tier in tiers:
        inside = elsewhere & (period >= tier.start) & (period <= tier.end)
        elsewhere &= ~inside
        spans.append((tier.rate, inside, f" in tier {tier.number}"))
    spans.append((rate, elsewhere, ""))
    amount, contracts, parts = 0.0, 0.0, []
    for each_rate, inside, where in spans:
        calls, puts = (float(short[inside & (right == int(kind))].sum()) for kind in (Right.CALL, Right.PUT))
        count = max(calls, puts) if method is MinimumMethod.GREATER else calls + puts
        if count == 0:
            continue
        amount += count * each_rate
        contracts += count
        which = f"max({calls:.10g} calls, {puts:.10g} puts)" if method is MinimumMethod.GREATER else f"{count:.10g}"
        shown = "a rate that isn't known" if math.isnan(each_rate) else f"{each_rate:.10g}"
        parts.append(f"{which} short options{where} x {shown}")
    return ShortOptionMinimum(amount, contracts, " + ".join(parts))
