"""XML parameter files, written from the model: so that a test, or an example, has a file that is nobody's property."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import Right
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.risk.span.files.spn_families import KINDS
from optmargin.risk.span.files.spn_write_terms import (
    BASE,
    CLASSES,
    END,
    LETTERS,
    closed,
    commodity_elements,
    inter_spread,
    known,
    line_of,
    opened,
    period_code,
    text_of,
)
from optmargin.risk.span.model import (
    PRICE_MOVES,
    SCENARIOS,
    VOLATILITY_MOVES,
    Kind,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from optmargin.risk.span.model import (
        CombinedCommodity,
        Product,
        SpanParameters,
    )

_TAGS = {
    Kind.PHYSICAL: "phyPf", Kind.FUTURE: "futPf", Kind.COMBINATION: "cmbPf", Kind.OPTION_ON_FUTURE: "oofPf",
    Kind.OPTION_ON_PHYSICAL: "oopPf", Kind.OPTION_ON_COMBINATION: "oocPf",
}  # fmt: skip
_ORDER = (
    Kind.PHYSICAL, Kind.FUTURE, Kind.COMBINATION, Kind.OPTION_ON_PHYSICAL, Kind.OPTION_ON_FUTURE, Kind.OPTION_ON_COMBINATION,
)  # fmt: skip
_OPTIONS = frozenset(_ORDER[3:])


def elements_of(parameters: SpanParameters) -> Iterator[str]:
    """The text of an XML file (SPAN XML 4.00) that says what the model says, in pieces.

    Raises:
        MarginError: ``#VALUE!`` for what the format can't say.
    """
    origin = parameters.origin
    numbers = _Numbers(parameters)
    yield f'<?xml version="1.0" encoding="UTF-8"?>{END}<spanFile>{END}'
    yield line_of("fileFormat", "4.00") + line_of("created", origin.created) + _definitions(parameters)
    is_intraday = origin.cycle.startswith("intraday")
    yield opened("pointInTime") + line_of("date", "" if origin.date is None else f"{origin.date:%Y%m%d}")
    yield line_of("isSetl", int(not is_intraday))
    if is_intraday:
        yield line_of("time", origin.cycle.removeprefix("intraday").strip())
    elif qualifier := origin.cycle.removesuffix("settlement").strip():
        yield line_of("setlQualifier", qualifier)
    yield opened("clearingOrg") + _head(parameters)
    yield from _exchanges(parameters, numbers)
    is_shared = bool(_shared_scenarios(parameters))
    for commodity in parameters.commodities.values():
        yield from commodity_elements(commodity, numbers.families, "" if is_shared else _scenarios(commodity))
    for tag, is_super in (("superSpreads", True), ("interSpreads", False)):
        yield opened(tag)
        for spread in parameters.inter_spreads:
            if spread.is_super is is_super:
                yield inter_spread(spread)
        yield closed(tag)
    yield closed("clearingOrg") + closed("pointInTime") + closed("spanFile")


class _Numbers:
    """Numbers of product families and of contracts, by which an XML file refers to them."""

    def __init__(self, parameters: SpanParameters) -> None:
        self.families: dict[tuple[str, int], int] = {}
        self.by_code: dict[tuple[str, str, Kind], int] = {}
        self.futures: dict[tuple[int, int], int] = {}
        for code, commodity in parameters.commodities.items():
            for at, product in enumerate(commodity.products):
                number = len(self.families) + 1
                self.families[code, at] = number
                self.by_code[product.exchange, product.code, product.kind] = number
                mine = np.flatnonzero(commodity.series.product == at)
                for contract, series in enumerate(mine.tolist(), start=1):
                    self.futures[number, int(commodity.series.period[series])] = contract

    def underlying(self, product: Product, period: int) -> tuple[str, int, int]:
        """Exchange, family and contract that options are on.

        Raises:
            MarginError: ``#VALUE!`` where it isn't in the model.
        """
        exchange = product.underlying_exchange or product.exchange
        for kind in (Kind.FUTURE, Kind.PHYSICAL, Kind.COMBINATION):
            family = self.by_code.get((exchange, product.underlying, kind))
            if family is None or (kind is Kind.FUTURE) is not (product.kind is Kind.OPTION_ON_FUTURE):
                continue
            contract = self.futures.get((family, 0 if kind is Kind.PHYSICAL else period))
            if contract is not None:
                return exchange, family, contract
        raise MarginError(
            ErrorCode.VALUE,
            f"the underlying {product.underlying} of options {product.code} isn't in the model",
            "add it",
        )


def _definitions(parameters: SpanParameters) -> str:
    currencies = {commodity.currency for commodity in parameters.commodities.values()}
    text = opened("definitions")
    for currency in sorted(currencies):
        text += f"<currencyDef><currency>{currency}</currency><symbol>{currency[0]}</symbol><name>{currency}</name>"
        text += f"<decimalPos>2</decimalPos></currencyDef>{END}"
    for at, (kind, letter) in enumerate(LETTERS.items(), start=1):
        text += f"<acctTypeDef><isCust>1</isCust><acctType>{letter}</acctType><name>{kind.value.title()}</name>"
        text += f"<isNetMargin>1</isNetMargin><priority>{at}</priority></acctTypeDef>{END}"
    return text + closed("definitions")


def _head(parameters: SpanParameters) -> str:
    """What a clearing organization says of itself: classes of rates, rates of exchange, scenarios."""
    scales = {commodity.scales_minimum for commodity in parameters.commodities.values()}
    text = line_of("ec", parameters.origin.clearing) + line_of("name", parameters.origin.clearing)
    if len(scales) == 1 and None not in scales:
        text += line_of("isContractScale", scales.pop() is True)
    text += line_of("isNetMargin", 1) + line_of("finalizeMeth", "BY") + known("lookAheadYears", _lookahead(parameters))
    for (one, other), factor in sorted(parameters.rates_of_exchange.items()):
        text += (
            f"<curConv><fromCur>{one}</fromCur><toCur>{other}</toCur><factor>{text_of(factor)}</factor></curConv>{END}"
        )
    for kind, letter in LETTERS.items():
        for number, is_maintenance in zip(CLASSES[kind], (1, 0), strict=True):
            text += f"<pbRateDef><r>{number}</r><isCust>1</isCust><acctType>{letter}</acctType>"
            text += f"<isM>{is_maintenance}</isM><pbc>CORE</pbc></pbRateDef>{END}"
    return text + _shared_scenarios(parameters)


def _lookahead(parameters: SpanParameters) -> float:
    found = {
        float(each)
        for commodity in parameters.commodities.values()
        for each in commodity.series.lookahead
        if not math.isnan(each)
    }
    if len(found) > 1:
        raise MarginError(ErrorCode.VALUE, f"there are several look-ahead times: {sorted(found)}", "XML knows one")
    return found.pop() if found else math.nan


def _shared_scenarios(parameters: SpanParameters) -> str:
    """The scenarios, where all combined commodities have the same; else each writes its own."""
    found = {_scenarios(commodity) for commodity in parameters.commodities.values()}
    return found.pop() if len(found) == 1 else ""


def _scenarios(commodity: CombinedCommodity) -> str:
    """The 16 scenarios of a combined commodity."""
    table = commodity.series
    found = {
        (float(multiplier), float(cover))
        for multiplier, cover in zip(table.extreme_multiplier, table.extreme_cover, strict=True)
        if not (math.isnan(multiplier) or math.isnan(cover))
    }
    if not found:
        return ""
    if len(found) > 1:
        raise MarginError(ErrorCode.VALUE, f"{commodity.code} has several extreme moves", "XML knows one")
    multiplier, cover = found.pop()
    text = opened("pointDef") + line_of("r", BASE)
    for at in range(SCENARIOS):
        is_extreme = at >= SCENARIOS - 2
        price = PRICE_MOVES[at] * (multiplier if is_extreme else 1)
        text += (
            f"<scanPointDef><point>{at + 1}</point><priceScanDef><mult>{text_of(float(price))}</mult></priceScanDef>"
        )
        text += f"<volScanDef><mult>{VOLATILITY_MOVES[at]}</mult></volScanDef><weight>{text_of(cover if is_extreme else 1.0)}</weight>"
        text += f"<pairedPoint>{commodity.pairs[at] + 1}</pairedPoint></scanPointDef>{END}"
    return text + closed("pointDef")


def _exchanges(parameters: SpanParameters, numbers: _Numbers) -> Iterator[str]:
    """The product families, by exchange and kind."""
    listed = [
        (commodity, at, product)
        for commodity in parameters.commodities.values()
        for at, product in enumerate(commodity.products)
    ]
    for exchange in dict.fromkeys(product.exchange for _, _, product in listed):
        yield opened("exchange") + line_of("exch", exchange) + line_of("name", exchange)
        for kind in _ORDER:
            for commodity, at, product in listed:
                if product.kind is kind and product.exchange == exchange:
                    yield from _family(commodity, at, product, numbers)
        yield closed("exchange")


def _family(commodity: CombinedCommodity, at: int, product: Product, numbers: _Numbers) -> Iterator[str]:
    """A product family with its contracts."""
    tag = _TAGS[product.kind]
    entry = KINDS[tag][1]
    is_option = product.kind in _OPTIONS
    number = numbers.families[commodity.code, at]
    yield opened(tag) + line_of("pfId", number) + line_of("pfCode", product.code) + line_of("name", product.name)
    if is_option and product.style:
        yield line_of("exercise", {"american": "AMER", "european": "EURO"}[product.style])
    yield line_of("currency", product.currency) + known("cvf", product.value_factor)
    yield line_of("priceDl", product.price_decimals) + line_of("priceFmt", product.price_alignment)
    if is_option:
        yield (
            line_of("strikeDl", product.strike_decimals)
            + line_of("strikeFmt", product.strike_alignment)
            + line_of("cab", 0)
        )
    yield line_of("valueMeth", "EQTY" if product.premium_style else "FUT") + line_of("priceMeth", "IDX")
    if product.cash_settled is not None:
        yield line_of("setlMeth", "CASH" if product.cash_settled else "DELIV")
    if is_option:
        yield line_of("priceModel", product.model)
        yield _under_family(product, numbers)
    rows_of = _rows_by_series(commodity)
    for contract, series in enumerate(np.flatnonzero(commodity.series.product == at).tolist(), start=1):
        rows = rows_of.get(series, [])
        if is_option:
            yield from _option_series(commodity, product, series, rows, numbers)
        else:
            yield from (_contract(commodity, entry, contract, series, row) for row in rows)
    yield closed(tag)


def _rows_by_series(commodity: CombinedCommodity) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for row, series in enumerate(commodity.contracts.series.tolist()):
        found.setdefault(series, []).append(row)
    return found


def _under_family(product: Product, numbers: _Numbers) -> str:
    exchange = product.underlying_exchange or product.exchange
    on_future = product.kind is Kind.OPTION_ON_FUTURE
    kind = Kind.FUTURE if on_future else Kind.PHYSICAL
    number = numbers.by_code.get((exchange, product.underlying, kind), 0)
    return (
        f"<undPf><exch>{text_of(exchange)}</exch><pfId>{number}</pfId><pfCode>{text_of(product.underlying)}</pfCode>"
        f"<pfType>{kind.value}</pfType><s>B</s><i>1</i></undPf>{END}"
    )


def _series_head(commodity: CombinedCommodity, series: int) -> str:
    """Day, time, scaling and value factor of a series."""
    table = commodity.series
    expiry = table.expiry[series]
    text = "" if np.isnat(expiry) else line_of("setlDate", str(expiry).replace("-", ""))
    text += known("t", float(table.years[series])) + known("cvf", float(table.value_factor[series]))
    return text + line_of("sc", float(table.delta_scaling[series]))


def _scan_rate(commodity: CombinedCommodity, series: int) -> str:
    """Interest rate and scan ranges of a series."""
    table = commodity.series
    text = ""
    if not math.isnan(table.rate[series]):
        text += f"<intrRate><val>{text_of(float(table.rate[series]))}</val><rl>0</rl><cpm>0</cpm><exm>12</exm></intrRate>{END}"
    up, down, volatility = (float(column[series]) for column in (table.scan_up, table.scan_down, table.volatility_scan))
    text += opened("scanRate") + line_of("r", BASE) + known("priceScan", up)
    if bool(table.volatility_scan_relative[series]):
        text += known("volScanPct", volatility * 100)
    else:
        text += known("volScan", volatility)
    if down != up:
        text += known("priceScanDown", down)
    return text + closed("scanRate")


def _array(commodity: CombinedCommodity, row: int) -> str:
    contracts = commodity.contracts
    values = "".join(f"<a>{text_of(value)}</a>{END}" for value in contracts.risk[row].tolist())
    return f"<ra>{END}<r>{BASE}</r>{END}{values}{line_of('d', float(contracts.delta[row]))}</ra>{END}"


def _contract(commodity: CombinedCommodity, entry: str, number: int, series: int, row: int) -> str:
    """A future, a combination or a physical."""
    contracts, table = commodity.contracts, commodity.series
    text = opened(entry) + line_of("cId", number) + line_of("pe", period_code(int(table.period[series])))
    text += known("p", float(contracts.price[row])) + line_of("d", float(contracts.delta[row]))
    text += known("v", float(contracts.volatility[row])) + _series_head(commodity, series)
    return text + _scan_rate(commodity, series) + _array(commodity, row) + closed(entry)


def _option_series(
    commodity: CombinedCommodity, product: Product, series: int, rows: Iterable[int], numbers: _Numbers
) -> Iterator[str]:
    """Options of one expiry."""
    contracts, table = commodity.contracts, commodity.series
    exchange, family, contract = numbers.underlying(product, int(table.period[series]))
    factor = float(table.value_factor[series])
    yield (
        opened("series")
        + line_of("pe", period_code(int(table.option_period[series])))
        + _series_head(commodity, series)
    )
    yield f"<undC><exch>{text_of(exchange)}</exch><pfId>{family}</pfId><cId>{contract}</cId><s>B</s><i>1</i></undC>{END}"
    yield _scan_rate(commodity, series)
    for number, row in enumerate(rows, start=1):
        price, volatility = float(contracts.price[row]), float(contracts.volatility[row])
        text = opened("opt") + line_of("cId", number) + line_of("o", Right(int(contracts.right[row])).name[0])
        text += line_of("k", float(contracts.strike[row])) + known("p", price) + line_of("pq", 0)
        text += line_of("d", float(contracts.delta[row])) + known("v", volatility)
        text += known("val", price * factor) + known("cvf", factor)
        yield text + _array(commodity, row) + closed("opt")
    yield closed("series")
