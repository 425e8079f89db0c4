"""Parameters of a file under wider scan ranges: the margin of a day on which the clearing house raises them.

Futures arrays are their scan range times fixed fractions, so that they scale exactly. Options don't: to a file's own array is added
what Black-76 says that the wider range changes, at the file's volatility, time and underlying price. An option for which
the file doesn't say these is left out, so that a book that holds it is incomplete rather than too cheap. Rates of
spreads and the short option minimum stay as they are. Calibrated arrays are made anew: ask :func:`calibrate` for it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import Right
from optmargin.core.errors import ErrorCode, Finding, MarginError, Severity
from optmargin.risk.span.arrays import ScanRanges, option_arrays
from optmargin.risk.span.model import CombinedCommodity, Contracts, Kind, Level, SpanParameters

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


def stressed(parameters: SpanParameters, factor: float, codes: Iterable[str] | None = None) -> SpanParameters:
    """The parameters with all price scan ranges multiplied.

    Args:
        parameters: of a file, or any others.
        factor: such as 1.25 or 1.5.
        codes: the combined commodities that are wanted; all where not given. Others are left out.

    Raises:
        MarginError: ``#NUM!`` for a factor that isn't positive.
    """
    if not (math.isfinite(factor) and factor > 0):
        raise MarginError(ErrorCode.NUM, f"scan ranges can't be multiplied by {factor}", "give a factor such as 1.5")
    wanted = parameters.commodities if codes is None else {code: parameters.commodity(code) for code in codes}
    findings: list[Finding] = []
    commodities = {code: _stressed(commodity, factor, findings) for code, commodity in wanted.items()}
    note = f"price scan ranges x {factor:g}: futures arrays in proportion, options by what Black-76 adds to the file's arrays"
    level = Level.CALIBRATED if parameters.origin.level is Level.EXACT else parameters.origin.level
    return replace(
        parameters,
        origin=replace(parameters.origin, level=level, note="; ".join(filter(None, (parameters.origin.note, note)))),
        commodities=commodities,
        findings=(*parameters.findings, *findings),
    )


def _stressed(commodity: CombinedCommodity, factor: float, findings: list[Finding]) -> CombinedCommodity:
    contracts, series = commodity.contracts, commodity.series
    is_option = (contracts.right == int(Right.CALL)) | (contracts.right == int(Right.PUT))
    risk = np.where(is_option[:, None], contracts.risk, contracts.risk * factor)
    underlying = underlying_prices(commodity)
    kept = ~is_option
    for at in np.unique(contracts.series[is_option]).tolist():
        here = is_option & (contracts.series == at)
        ranges = _ranges(commodity, at)
        if ranges is None or not (series.years[at] >= 0 and underlying[at] > 0):
            continue
        known = here & (contracts.volatility > 0)
        terms = (
            contracts.right[known],
            np.full(int(known.sum()), underlying[at]),
            contracts.strike[known],
            np.full(int(known.sum()), series.years[at]),
            contracts.volatility[known],
            np.full(int(known.sum()), series.value_factor[at]),
            0.0 if math.isnan(series.rate[at]) else float(series.rate[at]),
        )
        risk[known] += option_arrays(ranges.times(factor), *terms) - option_arrays(ranges, *terms)
        kept |= known
    if not kept.all():
        findings.append(
            Finding(
                Severity.NOTE,
                f"{int((~kept).sum())} options of {commodity.code} can't be stressed and are left out",
                "their volatility, time to expiry or underlying price isn't in the file",
                underlying=commodity.code,
            )
        )
    return replace(
        commodity,
        series=replace(series, scan_up=series.scan_up * factor, scan_down=series.scan_down * factor),
        contracts=Contracts(
            series=contracts.series[kept],
            right=contracts.right[kept],
            strike=contracts.strike[kept],
            risk=risk[kept],
            delta=contracts.delta[kept],
            price=contracts.price[kept],
            volatility=contracts.volatility[kept],
        ),
        scan_tiers=tuple(
            replace(tier, scan_up=tier.scan_up * factor, scan_down=tier.scan_down * factor)
            for tier in commodity.scan_tiers
        ),
    )


def _ranges(commodity: CombinedCommodity, at: int) -> ScanRanges | None:
    """The scan ranges of one series, points; None where the file doesn't say all of them."""
    series = commodity.series
    factor = float(series.value_factor[at])
    lookahead = float(series.lookahead[at])
    ranges = ScanRanges(
        up=float(series.scan_up[at]) / factor,
        down=float(series.scan_down[at]) / factor,
        volatility=float(series.volatility_scan[at]),
        is_relative=bool(series.volatility_scan_relative[at]),
        extreme_multiplier=float(series.extreme_multiplier[at]),
        extreme_cover=float(series.extreme_cover[at]),
        lookahead=0.0 if math.isnan(lookahead) else lookahead,
    )
    told = (ranges.up, ranges.down, ranges.volatility, ranges.extreme_multiplier, ranges.extreme_cover)
    return ranges if all(math.isfinite(each) for each in told) else None


def underlying_prices(commodity: CombinedCommodity) -> NDArray[np.float64]:
    """Price of the underlying of each series, points: as the file says, else that of the future of its period."""
    series, contracts = commodity.series, commodity.contracts
    found = series.underlying_price.copy()
    futures: dict[int, set[float]] = {}
    for row in np.flatnonzero(np.equal(contracts.right, int(Right.FUTURE))).tolist():
        price = float(contracts.price[row])
        if not math.isnan(price):
            futures.setdefault(int(series.period[contracts.series[row]]), set()).add(price)
    for at in np.flatnonzero(np.isnan(found)).tolist():
        prices = futures.get(int(series.period[at]), set())
        if commodity.products[int(series.product[at])].kind is Kind.OPTION_ON_FUTURE and len(prices) == 1:
            found[at] = next(iter(prices))
    return found
