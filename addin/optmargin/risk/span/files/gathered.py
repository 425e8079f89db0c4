"""What both kinds of files need when their parts are put into the model: checks of contracts, units of scan ranges, underlyings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from optmargin.core.contracts import Right
from optmargin.risk.span.model import Contracts, Kind, Product, SeriesTable, period_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optmargin.risk.span.files.source import Source
    from optmargin.risk.span.model import (
        IntraSpread,
        MinimumMethod,
        PerAccount,
        PriceRisk,
        SpotMethod,
        SpotRate,
        Tier,
    )

Column = float | int | bool | np.datetime64
"""One cell of the table of series."""

MOST_PLACES = 20  # of decimals, and of exponents
_UP, _DOWN = 10, 12  # the scenarios of a full move up and down, volatility up; zero-based


class Terms(TypedDict, total=False):
    """What a file says of a combined commodity besides its contracts; names as in the model."""

    name: str
    scans_by_tier: bool
    scan_tiers: tuple[Tier, ...]
    intra_tiers: tuple[Tier, ...]
    inter_tiers: tuple[Tier, ...]
    minimum_tiers: tuple[Tier, ...]
    intra_spreads: tuple[IntraSpread, ...]
    spot_method: SpotMethod
    spot_rates: tuple[SpotRate, ...]
    minimum_rate: float
    minimum_method: MinimumMethod
    scales_minimum: bool | None
    price_risk: PriceRisk
    initial_ratio: PerAccount
    adjustment: PerAccount


def checked_contracts(
    contracts: Contracts, table: SeriesTable, products: Sequence[Product], source: Source, lines: NDArray[np.int64]
) -> None:
    """Raises where two contracts have the same series, right and strike, since only one of them would ever be found.

    Args:
        contracts: the contracts.
        table: their series.
        products: the products of the series.
        source: the file.
        lines: of each contract.

    Raises:
        MarginError: ``#VALUE!`` with the line of the second of the two.
    """
    strikes = np.nan_to_num(contracts.strike, nan=0.0)
    order = np.lexsort((strikes, contracts.right, contracts.series))
    one, other = order[:-1], order[1:]
    same = (
        (contracts.series[one] == contracts.series[other])
        & (contracts.right[one] == contracts.right[other])
        & (strikes[one] == strikes[other])
    )
    if not same.any():
        return
    at = int(np.flatnonzero(same)[0])
    first, second = sorted((int(lines[one[at]]), int(lines[other[at]])))
    row = int(other[at])
    series = int(contracts.series[row])
    right = Right(int(contracts.right[row]))
    month = period_text(int(table.option_period[series]) or int(table.period[series]))
    strike = f" {contracts.strike[row]:.10g}" if right.is_option else ""
    raise source.refusal(
        f"{products[int(table.product[series])].code} {month}{strike} {right.word} stands in the file twice (before: line {first})",
        "the file contradicts itself; fetch it again",
        line=second,
    )


def scan_unit(table: SeriesTable, contracts: Contracts, units: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """The unit of a file's price scan ranges: the one by which they agree best with what the futures lose in a full move.

    A future loses its price scan range in the scenarios of a full move; sources differ on whether a risk exponent, or a
    contract value factor, is in the range already.

    Args:
        table: series, with scan ranges as the file writes them.
        contracts: the contracts.
        units: columns by which the ranges of the series may have to be multiplied, to be currency per contract.

    Returns:
        One of the units; the first where nothing can be compared.
    """
    futures = np.flatnonzero(contracts.right == int(Right.FUTURE))
    series = np.concatenate((contracts.series[futures], contracts.series[futures]))
    scans = np.concatenate((table.scan_up, table.scan_down))[
        np.concatenate((contracts.series[futures], contracts.series[futures] + len(table)))
    ]
    losses = np.abs(np.concatenate((contracts.risk[futures, _UP], contracts.risk[futures, _DOWN])))
    known = np.isfinite(scans) & (scans > 0) & (losses > 0)
    if not known.any():
        return units[0]
    logs, series = np.log(losses[known] / scans[known]), series[known]
    distances = [float(np.median(np.abs(logs - np.log(unit[series])))) for unit in units]
    return min(zip(distances, units, strict=True), key=lambda pair: math.inf if math.isnan(pair[0]) else pair[0])[1]


def with_underlying_prices(table: SeriesTable, contracts: Contracts, products: Sequence[Product]) -> SeriesTable:
    """The table with the price of each option series' underlying future or physical, where that is among the contracts."""
    at = {(product.exchange, product.code, product.kind): number for number, product in enumerate(products)}
    prices = {
        (int(table.product[series]), int(table.period[series])): float(contracts.price[row])
        for row, series in enumerate(contracts.series.tolist())
        if contracts.right[row] in {Right.FUTURE, Right.STOCK}
    }
    for series in np.flatnonzero(np.isnan(table.underlying_price) & (table.option_period != 0)).tolist():
        product = products[int(table.product[series])]
        on_physical = product.kind is Kind.OPTION_ON_PHYSICAL
        kind = Kind.PHYSICAL if on_physical else Kind.FUTURE
        under = at.get((product.underlying_exchange or product.exchange, product.underlying, kind))
        if under is not None:
            period = 0 if on_physical else int(table.period[series])
            table.underlying_price[series] = prices.get((under, period), np.nan)
    return table
