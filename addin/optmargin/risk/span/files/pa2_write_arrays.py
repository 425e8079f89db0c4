"""Type B and type 8 records, written from the model: the series and the risk arrays of an expanded unpacked file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import Right
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.risk.span.files import pa2_layouts as layouts
from optmargin.risk.span.files.pa2_records import put
from optmargin.risk.span.files.prices import NO_PRICE, encoded
from optmargin.risk.span.model import Kind, period_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optmargin.risk.span.model import CombinedCommodity, Product

_OPTIONS = {Kind.OPTION_ON_FUTURE, Kind.OPTION_ON_PHYSICAL, Kind.OPTION_ON_COMBINATION}
_NARROWEST, _WIDEST = 99_999, 99_999_999
_MOST_DECIMALS = 4


def product_key(product: Product) -> dict[str, object]:
    """The fields by which records name a product."""
    return {"exchange": product.exchange, "product": product.code, "type": product.kind.value}


def _months(commodity: CombinedCommodity, series: int) -> dict[str, object]:
    """Months and codes of the future and of the option of a series."""
    table = commodity.series
    product = commodity.products[int(table.product[series])]
    own = int(table.option_period[series])
    future = int(table.period[series])
    if product.kind in _OPTIONS and product.kind is not Kind.OPTION_ON_FUTURE and own == future:
        future = 0
    month, code = period_parts(future)
    option_month, option_code = period_parts(own)
    return {
        "future month": f"{month:06d}", "future code": code,
        "option month": f"{option_month:06d}" if own else "", "option code": option_code,
    }  # fmt: skip


def series_line(commodity: CombinedCommodity, at: int, unit: float) -> str:
    """Record B."""
    table = commodity.series
    product = commodity.products[int(table.product[at])]
    up, down = float(table.scan_up[at]), float(table.scan_down[at])
    if math.isfinite(up) and up != down:
        raise MarginError(
            ErrorCode.VALUE,
            f"{commodity.code} has asymmetric scan ranges",
            "the expanded format knows one range only; write XML (.spn) instead",
        )
    scan, exponent = _with_exponent(up / unit)
    relative = bool(table.volatility_scan_relative[at])
    volatility = float(table.volatility_scan[at]) * (100 if relative else 1)
    expiry = table.expiry[at]
    fields: dict[str, object] = {
        **product_key(product),
        **_months(commodity, at),
        "base volatility": 0,
        "volatility scan": volatility,
        "price scan": scan,
        "extreme multiplier": float(table.extreme_multiplier[at]),
        "extreme cover": float(table.extreme_cover[at]),
        "rate": float(table.rate[at]),
        "years": float(table.years[at]),
        "lookahead": float(table.lookahead[at]),
        "delta scaling": float(table.delta_scaling[at]),
        "expiry": 0 if np.isnat(expiry) else int(str(expiry).replace("-", "")),
        "underlying": product.underlying,
        "model": product.model,
        "value factor": float(table.value_factor[at]),
        "volatility scan quote": "P" if relative else "A",
        "price scan quote": "A",
        "price scan exponent": abs(exponent),
        "price scan exponent sign": "-" if exponent < 0 else "+",
    }
    return put(layouts.SERIES, {name: value for name, value in fields.items() if not _is_missing(value)})


def _is_missing(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _with_exponent(amount: float) -> tuple[float, int]:
    """An amount as five digits and a power of ten, whole ones first; as it is where that can't be."""
    for exponent in (0, 1, 2, 3, 4, -1, -2):
        digits = amount / 10.0**exponent
        if math.isfinite(digits) and round(digits) <= _NARROWEST and abs(digits - round(digits)) < 1e-6:
            return digits, exponent
    return amount, 0


def array_decimals(commodity: CombinedCommodity) -> list[int]:
    """How many decimals the arrays of each product need.

    Raises:
        MarginError: ``#NUM!`` where they need more than four.
    """
    contracts, unit = commodity.contracts, 10.0**commodity.risk_exponent
    products = commodity.series.product[contracts.series]
    found = []
    for at, product in enumerate(commodity.products):
        risk = contracts.risk[products == at] / unit
        for decimals in range(_MOST_DECIMALS + 1):
            scaled = risk * 10.0**decimals
            if np.allclose(scaled, np.rint(scaled), rtol=0, atol=1e-6):
                break
        else:
            raise MarginError(
                ErrorCode.NUM,
                f"arrays of {product.code} have more than {_MOST_DECIMALS} decimals",
                "write XML (.spn) instead",
            )
        found.append(decimals)
    return found


def array_lines(commodity: CombinedCommodity) -> Iterator[str]:
    """Records 81 and 82, or 83 and 84, of every contract."""
    contracts, table = commodity.contracts, commodity.series
    decimals = array_decimals(commodity)
    unit = 10.0**commodity.risk_exponent
    keys: dict[int, dict[str, object]] = {}
    for row, series in enumerate(contracts.series.tolist()):
        at = int(table.product[series])
        product = commodity.products[at]
        right = Right(int(contracts.right[row]))
        if series not in keys:
            months = _months(commodity, series)
            keys[series] = {**product_key(product), "underlying": product.underlying or product.code, **months}
        key = keys[series] | {"right": right.name[0] if right.is_option else ""}
        strike = float(contracts.strike[row]) if right.is_option else 0.0
        key["strike"] = encoded(strike, product.strike_decimals, product.strike_alignment) if right.is_option else 0
        values = np.rint(contracts.risk[row] / unit * 10.0 ** decimals[at]).astype(np.int64)
        layout = layouts.WIDE if decimals[at] or np.abs(values).max() > _NARROWEST else layouts.NARROW
        if np.abs(values).max() > _WIDEST:
            raise MarginError(
                ErrorCode.NUM, f"an array of {product.code} has more than 8 digits", "write XML (.spn) instead"
            )
        written = "".join(f"{abs(value):0{layout.width}d}{'-' if value < 0 else '+'}" for value in values.tolist())
        cut = layouts.FIRST_VALUES * (layout.width + 1)
        price = float(contracts.price[row])
        digits = NO_PRICE if math.isnan(price) else encoded(price, product.price_decimals, product.price_alignment)
        is_long = digits > NO_PRICE
        first = put(layout.first, key | {"precise price": digits, "precise flag": "Y" if is_long else "N"})
        second = put(
            layout.second,
            key
            | {
                "delta": abs(float(contracts.delta[row])),
                "delta sign": "-" if contracts.delta[row] < 0 else "+",
                "volatility": 0.0 if math.isnan(contracts.volatility[row]) else float(contracts.volatility[row]),
                "price": 0 if is_long else digits,
                "price sign": "-" if price < 0 else "+",
                "strike sign": "-" if strike < 0 else "+",
            },
        )
        yield _filled(first, written[:cut])
        yield _filled(second, written[cut:])


def _filled(line: str, values: str) -> str:
    """A line with the values of the array in their place."""
    start = layouts.ARRAY_VALUES_FROM - 1
    return line[:start] + values + line[start + len(values) :]
