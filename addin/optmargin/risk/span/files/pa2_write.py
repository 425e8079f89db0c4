"""The expanded unpacked format, written from the model: so that a test, or an example, has a file that is nobody's property."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.risk.span.files import pa2_layouts as layouts
from optmargin.risk.span.files.pa2_records import put
from optmargin.risk.span.files.pa2_write_arrays import array_decimals, array_lines, product_key, series_line
from optmargin.risk.span.model import (
    ANY_PERIOD,
    ChargeMethod,
    InterMethod,
    Kind,
    MinimumMethod,
    PriceRisk,
    SpotMethod,
    period_end,
    period_parts,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from optmargin.risk.span.model import CombinedCommodity, InterSpread, Product, SpanParameters, SpreadLeg, Tier

_OPTIONS = {Kind.OPTION_ON_FUTURE, Kind.OPTION_ON_PHYSICAL, Kind.OPTION_ON_COMBINATION}
_PRICE_RISKS = {PriceRisk.NORMAL: "1", PriceRisk.SCAN_RANGE_CAP: "2", PriceRisk.SCAN_RANGE: "3"}
_NO_END = 999_999


def lines_of(parameters: SpanParameters) -> Iterator[str]:
    """The lines of an expanded unpacked file that says what the model says.

    What the format has no field for is left out: asymmetric scan ranges are refused, the price of an underlying isn't written.

    Raises:
        MarginError: ``#NUM!`` for a number that its field can't hold exactly, ``#VALUE!`` for what the format can't say.
    """
    yield from _head(parameters)
    commodities = parameters.commodities.values()
    for exchange in sorted({product.exchange for each in commodities for product in each.products}):
        yield put(layouts.EXCHANGE, {"exchange": exchange})
    for commodity in commodities:
        for product in commodity.products:
            yield _prices(product)
    for commodity in commodities:
        yield from _commodity(commodity)
    for commodity in commodities:
        yield from array_lines(commodity)
    for spread in parameters.inter_spreads:
        yield _inter_spread(spread)


def _head(parameters: SpanParameters) -> Iterator[str]:
    origin = parameters.origin
    day = "" if origin.date is None else f"{origin.date:%Y%m%d}"
    is_intraday = origin.cycle.startswith("intraday")
    time = origin.cycle.removeprefix("intraday").strip().replace(":", "")
    yield put(
        layouts.HEADER,
        {
            "complex": origin.clearing,
            "date": day,
            "settlement or intraday": "I" if is_intraday else "S",
            "file identifier": origin.cycle[:1].upper() if origin.cycle[:5] in {"early", "final", "compl"} else "",
            "time": time if is_intraday else "",
            "created": origin.created,
            "format": "U2",
        },
    )
    for (one, other), rate in sorted(parameters.rates_of_exchange.items()):
        yield put(layouts.CURRENCY, {"origin": one, "to": other, "multiplier": rate})


def _prices(product: Product) -> str:
    is_option = product.kind in _OPTIONS
    settlement = {None: "", True: "CASH", False: "DELIV"}[product.cash_settled]
    factor = 0.0 if math.isnan(product.value_factor) else product.value_factor
    return put(
        layouts.PRICES,
        {
            **product_key(product),
            "name": product.name[:15],
            "settlement decimals": _signed(product.price_decimals),
            "strike decimals": _signed(product.strike_decimals),
            "settlement alignment": product.price_alignment,
            "strike alignment": product.strike_alignment,
            "value factor": factor,
            "currency": product.currency,
            "style": {"american": "AMER", "european": "EURO"}.get(product.style, ""),
            "long name": product.name[:35],
            "positionable": "Y",
            "valuation": "EQTY" if is_option and product.premium_style else "FUT",
            "settlement": settlement,
        },
    )


def _signed(decimals: int) -> str:
    return f"{decimals:03d}"


def _commodity(commodity: CombinedCommodity) -> Iterator[str]:
    """Records 2, S, 3, E, C, 4 and B of a combined commodity."""
    unit = 10.0**commodity.risk_exponent
    decimals = array_decimals(commodity)
    premium = {product.premium_style for product in commodity.products if product.kind in _OPTIONS}
    for exchange in dict.fromkeys(product.exchange for product in commodity.products):
        listed = [at for at, product in enumerate(commodity.products) if product.exchange == exchange]
        for first in range(0, len(listed), layouts.PRODUCTS_OF_2):
            head: dict[str, object] = {
                "exchange": exchange,
                "commodity": commodity.code,
                "risk exponent": commodity.risk_exponent,
                "currency": commodity.currency,
                "option style": "F" if premium == {False} else "P",
                "limit option value": "Y" if commodity.limits_option_value else "N",
            }
            for number, at in enumerate(listed[first : first + layouts.PRODUCTS_OF_2], start=1):
                product = commodity.products[at]
                head |= {f"product {number}": product.code, f"type {number}": product.kind.value}
                if decimals[at]:
                    head |= {f"array decimals {number}": decimals[at], f"array decimals sign {number}": "+"}
            yield put(layouts.COMMODITY, head)
    yield from _tier_records(commodity, unit)
    yield from _spreads(commodity, unit)
    yield from _spot(commodity, unit)
    for series in range(len(commodity.series)):
        yield series_line(commodity, series, unit)


def _tier_fields(tiers: Sequence[Tier]) -> dict[str, object]:
    found: dict[str, object] = {}
    for number, tier in enumerate(tiers, start=1):
        start, start_code = period_parts(tier.start)
        end, end_code = (_NO_END, "") if tier.end >= ANY_PERIOD else period_parts(tier.end)
        if not end_code and end != _NO_END and tier.end != period_end(end):
            end_code = "00"
        found |= {
            f"tier {number}": tier.number, f"start {number}": start, f"end {number}": end,
            f"start code {number}": start_code, f"end code {number}": end_code,
        }  # fmt: skip
    return found


def _groups(tiers: Sequence[Tier], count: int) -> list[Sequence[Tier]]:
    return [tiers[at : at + count] for at in range(0, len(tiers), count)]


def _tier_records(commodity: CombinedCommodity, unit: float) -> Iterator[str]:
    method = _PRICE_RISKS[commodity.price_risk]

    def records(code: str, tiers: Sequence[Tier], *, rates: bool = False) -> Iterator[str]:
        for group in _groups(tiers, layouts.TIERS_OF_S) or [()]:
            fields: dict[str, object] = {
                "commodity": commodity.code, "method": code, "tiers": len(group), "price risk method": method,
            }  # fmt: skip
            if rates:
                fields |= {f"minimum rate {at}": tier.rate / unit for at, tier in enumerate(group, start=1)}
            yield put(layouts.SCAN_TIERS, fields | _tier_fields(group))

    scans = commodity.scan_tiers if commodity.scans_by_tier else ()
    if scans:
        yield from records("22" if commodity.inter_tiers else "10", scans)
    if commodity.inter_tiers:
        yield from records("23" if scans else "20", commodity.inter_tiers)
    if not scans and not commodity.inter_tiers:
        yield from records("01", ())
    if commodity.minimum_tiers:
        yield from records("30", commodity.minimum_tiers, rates=True)


def _spreads(commodity: CombinedCommodity, unit: float) -> Iterator[str]:
    """Records 3, E and C."""
    intra = "10" if commodity.intra_spreads or commodity.intra_tiers else "01"
    ratio = commodity.initial_ratio
    ratios = {"member ratio": ratio.member, "hedger ratio": ratio.hedger, "speculator ratio": ratio.speculator}
    for group in _groups(commodity.intra_tiers, layouts.TIERS_OF_3) or [()]:
        head = {"commodity": commodity.code, "method": intra}
        yield put(layouts.INTRA_TIERS, head | _tier_fields(group) | ratios)
    for spread in commodity.intra_spreads:
        if spread.method is not ChargeMethod.FLAT:
            raise MarginError(
                ErrorCode.VALUE,
                f"an intracommodity spread of {commodity.code} is charged by method {spread.method.value}",
                "the expanded format knows flat charges only; write XML (.spn) instead",
            )
        if spread.is_series:
            for first in range(0, len(spread.legs), layouts.LEGS_OF_E):
                fields: dict[str, object] = {
                    "commodity": commodity.code, "priority": spread.priority, "rate": spread.rate / unit,
                }  # fmt: skip
                for at, leg in enumerate(spread.legs[first : first + layouts.LEGS_OF_E], start=1):
                    month, code = period_parts(leg.period)
                    fields |= {
                        f"month {at}": month % 10_000, f"rest of month {at}": code, f"ratio {at}": leg.ratio,
                        f"side {at}": leg.side.value,
                    }  # fmt: skip
                yield put(layouts.SERIES_SPREAD, fields)
        else:
            fields = {
                "commodity": commodity.code, "method": "10", "priority": spread.priority, "legs": len(spread.legs),
                "rate": spread.rate / unit,
            }  # fmt: skip
            for at, leg in enumerate(spread.legs, start=1):
                fields |= {
                    f"leg {at}": at, f"tier {at}": leg.tier, f"ratio {at}": leg.ratio, f"side {at}": leg.side.value,
                }  # fmt: skip
            yield put(layouts.TIER_SPREAD, fields)


def _spot(commodity: CombinedCommodity, unit: float) -> Iterator[str]:
    """Record 4."""
    rates, adjustment = commodity.spot_rates, commodity.adjustment
    for first in range(0, max(1, len(rates)), layouts.MONTHS_OF_4):
        fields: dict[str, object] = {
            "commodity": commodity.code,
            "method": commodity.spot_method.value,
            "minimum rate": commodity.minimum_rate / unit,
            "member adjustment": adjustment.member,
            "hedger adjustment": adjustment.hedger,
            "speculator adjustment": adjustment.speculator,
            "minimum method": "1" if commodity.minimum_method is MinimumMethod.GREATER else "2",
        }
        if commodity.spot_method is SpotMethod.TABLE:
            fields["months"] = len(rates)
        for at, rate in enumerate(rates[first : first + layouts.MONTHS_OF_4], start=1):
            month, code = period_parts(rate.period)
            fields |= {
                f"number {at}": first + at, f"month {at}": month, f"month code {at}": code,
                f"per spread {at}": rate.per_spread / unit, f"per outright {at}": rate.per_outright / unit,
            }  # fmt: skip
        yield put(layouts.SPOT, fields)


def _inter_spread(spread: InterSpread) -> str:
    """Record 6."""
    scale = 1.0 if spread.is_flat else 100.0
    rate = "flat credit" if spread.is_flat else "credit"
    fields: dict[str, object] = {
        "group": spread.group, "priority": spread.priority, rate: spread.credits[0] * scale, "method": spread.method.value,
        "credit method": "F" if spread.is_flat else "W", "super": "S" if spread.is_super else "",
        "eligibility": spread.eligibility,
    }  # fmt: skip
    if len(spread.legs) > layouts.LEGS_OF_6:
        raise MarginError(ErrorCode.VALUE, f"a spread has {len(spread.legs)} legs", "the expanded format knows four")
    if len(set(spread.credits)) > 1:
        fields["separate"] = "Y"
        fields |= {f"{rate} {at}": credit * scale for at, credit in enumerate(spread.credits, start=1)}
    for at, leg in enumerate(spread.legs, start=1):
        fields |= {
            f"exchange {at}": leg.exchange, f"required {at}": "" if leg.required else "N", f"commodity {at}": leg.commodity,
            f"ratio {at}": leg.ratio, f"side {at}": leg.side.value,
        }  # fmt: skip
        if spread.method is InterMethod.TIERED:
            fields[f"tier {at}"] = leg.tier
    if spread.target is not None:
        fields |= _target(spread.target) | {"fewest legs": spread.min_legs}
    return put(layouts.INTER_SPREAD, fields)


def _target(target: SpreadLeg) -> dict[str, object]:
    return {
        "target exchange": target.exchange, "target required": "" if target.required else "N", "target": target.commodity,
        "target ratio": target.ratio,
    }  # fmt: skip
