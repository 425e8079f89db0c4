"""One combined commodity while its margin is worked out: scenario losses, deltas, charges, credits, option values."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import Right
from optmargin.core.errors import ErrorCode, Finding, MarginError, Severity
from optmargin.risk.span.delta import DeltaPool
from optmargin.risk.span.intra import FormedSpread
from optmargin.risk.span.minimum import ShortOptionMinimum, short_option_minimum
from optmargin.risk.span.scan import Scan, scan
from optmargin.risk.span.words import SCENARIOS, Kind, PriceRisk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from optmargin.risk.span.find import Holding
    from optmargin.risk.span.model import CombinedCommodity, SpanParameters, Tier
    from optmargin.risk.span.terms import SpanTerms


@dataclass(frozen=True, slots=True)
class OptionValue:
    """Value of the options of a combined commodity whose premium is paid up front, in its currency.

    Attributes:
        long: of long options.
        short: of short options, positive.
        only_long_options: whether nothing but long options of this kind, all with a price, is held.
    """

    long: float = 0.0
    short: float = 0.0
    only_long_options: bool = False

    @property
    def net(self) -> float:
        """Net option value: long less short."""
        return self.long - self.short


@dataclass(slots=True)
class CommodityState:
    """What is known of one combined commodity so far; the steps of the engine change it.

    Attributes:
        commodity: its parameters.
        by_period: losses in the 16 scenarios by period, currency of the commodity.
        by_tier: the same by scan tier; 0 stands for all periods where it isn't scanned by tier.
        pool: deltas.
        minimum: short option minimum.
        value: option value.
        merged: codes of the combined commodities that scanning-based spreads merged into it.
        intra, spot, credits: spreads and charges that were formed.
        findings: what was noticed.
        contracts: number of different contracts held.
    """

    commodity: CombinedCommodity
    by_period: dict[int, NDArray[np.float64]]
    by_tier: dict[int, NDArray[np.float64]]
    pool: DeltaPool
    minimum: ShortOptionMinimum = field(default_factory=ShortOptionMinimum)
    value: OptionValue = field(default_factory=OptionValue)
    merged: tuple[str, ...] = ()
    intra: list[FormedSpread] = field(default_factory=list)
    spot: list[FormedSpread] = field(default_factory=list)
    credits: list[FormedSpread] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    contracts: int = 0

    @property
    def code(self) -> str:
        """The code of the combined commodity."""
        return self.commodity.code

    def scans(self) -> list[Scan]:
        """The scan of each scan tier; their risks are added."""
        return [scan(losses, self.commodity.pairs, tier) for tier, losses in sorted(self.by_tier.items())]

    def losses(self) -> NDArray[np.float64]:
        """Losses in the 16 scenarios over all tiers, shape (16,)."""
        return total(self.by_tier.values())

    def price_risk(self, tier: Tier | None = None) -> float:
        """Weighted futures price risk, currency per delta, of all or of one intercommodity tier; 0 where there is none.

        Net delta zero, or no price risk, leaves nothing to weigh. With an asymmetric scan range a net long position takes the
        downward one, a net short one the upward one.

        Raises:
            MarginError: ``#N/A`` where the method needs a price scan range that the file doesn't say.
        """
        if tier is None:
            periods, scans = list(self.by_period), self.scans()
        else:
            periods = [number for number in self.by_period if tier.holds(number)]
            scans = [scan(total(self.by_period[number] for number in periods), self.commodity.pairs)]
        net, price = self.pool.total(periods), max(sum(each.price for each in scans), 0.0)
        if net == 0 or price == 0:
            return 0.0
        normal, method = price / abs(net), self.commodity.price_risk
        if method is PriceRisk.NORMAL:
            return normal
        reach = scan_range(self.commodity, min(periods), is_long=net > 0)
        if math.isnan(reach):
            raise MarginError(
                ErrorCode.MISSING,
                f"{self.code} has no price scan range, by which its price risk is {method.value}",
                "load a file that says it",
            )
        return reach if method is PriceRisk.SCAN_RANGE else min(normal, reach)


def total(losses: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
    """The sum of vectors of 16 losses; zeros where there are none."""
    summed = np.zeros(SCENARIOS)
    for each in losses:
        summed = summed + each
    return summed


def scan_range(commodity: CombinedCommodity, number: int, *, is_long: bool) -> float:
    """The price scan range of a period per unit of scaled delta, currency: down for a long position, up for a short one.

    The scan tier's where it says one, else that of the period's future over its delta scaling, else of its options; NaN where
    none is known.
    """
    for tier in commodity.scan_tiers:
        reach = tier.scan_down if is_long else tier.scan_up
        if tier.holds(number) and not math.isnan(reach):
            return reach
    series, of_options = commodity.series, math.nan
    for at in np.flatnonzero(series.period == number).tolist():
        reach = float((series.scan_down if is_long else series.scan_up)[at])
        if math.isnan(reach) or not series.delta_scaling[at] > 0:
            continue
        reach /= float(series.delta_scaling[at])
        if commodity.products[int(series.product[at])].kind in (Kind.FUTURE, Kind.PHYSICAL):
            return reach
        of_options = reach if math.isnan(of_options) else of_options
    return of_options


def tier_losses(
    commodity: CombinedCommodity, by_period: Mapping[int, NDArray[np.float64]]
) -> dict[int, NDArray[np.float64]]:
    """Losses by scan tier, from those by period; where the table is empty but tiers are wanted, each period is one.

    Raises:
        MarginError: ``#VALUE!`` for a period that lies in no tier, whose risk would be lost.
    """
    if not commodity.scans_by_tier:
        return {0: total(by_period.values())}
    if not commodity.scan_tiers:
        return {at + 1: by_period[number] for at, number in enumerate(sorted(by_period))}
    found: dict[int, NDArray[np.float64]] = {}
    for number in sorted(by_period):
        tier = next((tier for tier in commodity.scan_tiers if tier.holds(number)), None)
        if tier is None:
            raise MarginError(
                ErrorCode.VALUE, f"a period of {commodity.code} lies in no scan tier", "mend the table of tiers"
            )
        found[tier.number] = found.get(tier.number, np.zeros(SCENARIOS)) + by_period[number]
    return found


def start(parameters: SpanParameters, holding: Holding, terms: SpanTerms) -> CommodityState:
    """The state of one combined commodity before any spread is formed.

    Raises:
        MarginError: ``#N/A`` for a rate of exchange, or the price of a short option, that nobody says; ``#VALUE!`` for tiers
            that don't fit.
    """
    commodity = parameters.commodity(holding.code)
    contracts, series = commodity.contracts, commodity.series
    rows, quantity = holding.rows, holding.quantity
    at = contracts.series[rows]
    rate = _rates_of_exchange(parameters, commodity)[series.product[at]]
    position = quantity[:, None] * (contracts.risk[rows] * rate[:, None])
    periods, place = np.unique(series.period[at], return_inverse=True)
    losses = np.zeros((len(periods), SCENARIOS))
    np.add.at(losses, place, position)
    deltas = np.bincount(place, quantity * contracts.delta[rows] * series.delta_scaling[at], minlength=len(periods))
    by_period = {int(number): losses[each] for each, number in enumerate(periods)}
    findings: list[Finding] = []
    right = contracts.right[rows]
    factor = _minimum_factor(commodity, quantity, right, series.delta_scaling[at], terms, findings)
    return CommodityState(
        commodity=commodity,
        by_period=by_period,
        by_tier=tier_losses(commodity, by_period),
        pool=DeltaPool(dict(zip(periods.tolist(), deltas.tolist(), strict=True)), terms.delta_decimals),
        minimum=short_option_minimum(
            quantity,
            right,
            series.period[at],
            factor,
            rate=commodity.minimum_rate,
            tiers=commodity.minimum_tiers,
            method=commodity.minimum_method,
        ),
        value=_option_value(commodity, holding, rate, findings),
        findings=findings,
        contracts=len(rows),
    )


def _rates_of_exchange(parameters: SpanParameters, commodity: CombinedCommodity) -> NDArray[np.float64]:
    """What one unit of each product's currency is in the commodity's, for arrays and prices."""
    return np.array(
        [rate_of_exchange(parameters, product.currency, commodity.currency) for product in commodity.products]
    )


def rate_of_exchange(parameters: SpanParameters, one: str, other: str) -> float:
    """Units of the other currency for one of the first; directly, or by the rate the other way round.

    Raises:
        MarginError: ``#N/A`` where the file says neither.
    """
    if one == other:
        return 1.0
    rates = parameters.rates_of_exchange
    direct, reverse = rates.get((one, other), math.nan), rates.get((other, one), math.nan)
    found = direct if direct > 0 else 1 / reverse if reverse > 0 else math.nan
    if math.isnan(found):
        raise MarginError(
            ErrorCode.MISSING,
            f"{parameters.origin.name} has no rate from {one} to {other}",
            "add it to the rates of exchange",
        )
    return found


def _minimum_factor(
    commodity: CombinedCommodity,
    quantity: NDArray[np.float64],
    right: NDArray[np.int8],
    scaling: NDArray[np.float64],
    terms: SpanTerms,
    findings: list[Finding],
) -> NDArray[np.float64]:
    """How much one short option of each contract counts in the minimum."""
    scales = commodity.scales_minimum if terms.scales_minimum is None else terms.scales_minimum
    short = (quantity < 0) & ((right == int(Right.CALL)) | (right == int(Right.PUT)))
    if scales is None and len(np.unique(scaling[short])) > 1:
        findings.append(
            Finding(
                Severity.NOTE,
                f"short options of {commodity.code} of different sizes count alike in the short option minimum",
                "the file doesn't say whether they are scaled; say it with scales_minimum",
                underlying=commodity.code,
            )
        )
    return scaling if scales else np.ones(len(quantity))


def _option_value(
    commodity: CombinedCommodity, holding: Holding, rate: NDArray[np.float64], findings: list[Finding]
) -> OptionValue:
    contracts = commodity.contracts
    at = contracts.series[holding.rows]
    product = commodity.series.product[at]
    right = contracts.right[holding.rows]
    paid = np.array([each.premium_style for each in commodity.products], dtype=bool)[product]
    is_option = ((right == int(Right.CALL)) | (right == int(Right.PUT))) & paid
    price = contracts.price[holding.rows]
    from_legs = is_option & np.isnan(price) & ~np.isnan(holding.price)
    price = np.where(from_legs, holding.price, price)
    missing = is_option & np.isnan(price)
    for each in np.flatnonzero(from_legs | missing).tolist():
        findings.append(_price_finding(commodity, holding, each, is_missing=bool(missing[each])))
    value = np.where(is_option & ~missing, holding.quantity * price * commodity.series.value_factor[at] * rate, 0.0)
    return OptionValue(
        long=float(value[value > 0].sum()),
        short=float(-value[value < 0].sum()),
        only_long_options=bool(len(value) and np.all(is_option & ~missing & (holding.quantity > 0))),
    )


def _price_finding(commodity: CombinedCommodity, holding: Holding, at: int, *, is_missing: bool) -> Finding:
    name = commodity.contract_name(int(holding.rows[at]))
    if not is_missing:
        severity, said, remedy = Severity.NOTE, "has no price in the file; the position's own is taken", ""
    elif holding.quantity[at] > 0:
        severity, said = Severity.WARNING, "has no price; its value isn't counted, so the figure is too high"
        remedy = "give its price"
    else:
        severity, said, remedy = Severity.INCOMPLETE, "is short and has no price", "give its price"
    return Finding(severity, f"{name} {said}", remedy, underlying=commodity.code)
