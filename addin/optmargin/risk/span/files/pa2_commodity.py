"""A combined commodity of an expanded unpacked file: its records and raw arrays, understood and put into the model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import Right
from optmargin.core.errors import ErrorCode, Finding, MarginError, Severity
from optmargin.risk.span.files import prices
from optmargin.risk.span.files.gathered import checked_contracts, scan_unit, with_underlying_prices
from optmargin.risk.span.files.pa2_layouts import PRICES
from optmargin.risk.span.files.pa2_records import Record
from optmargin.risk.span.files.pa2_series import OPTIONS, series_of_arrays, series_of_records
from optmargin.risk.span.files.pa2_terms import terms_of
from optmargin.risk.span.model import CombinedCommodity, Contracts, Kind, Product, SeriesTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from optmargin.risk.span.files.pa2_arrays import RawArrays
    from optmargin.risk.span.files.pa2_drafts import CommodityDraft, ProductDraft, ProductKey

_CABINET = 9_990_000  # from here on, digits of an option's price may be a cabinet value
_STYLES = {"AMER": "american", "EURO": "european"}
_RIGHTS = {"C": Right.CALL, "P": Right.PUT}


def commodity_of(
    draft: CommodityDraft,
    price_lines: Mapping[ProductKey, tuple[int, bytes]],
    raw: RawArrays | None,
    findings: list[Finding],
    *,
    is_cut: bool,
) -> CombinedCommodity:
    """The combined commodity of a draft.

    Args:
        draft: its records.
        price_lines: number and text of the price record (P) of every product of the file.
        raw: its risk arrays; None where the file has none.
        findings: what is noticed is added here.
        is_cut: whether the file ends among risk arrays, so that missing ones mean that it is cut short.

    Raises:
        MarginError: ``#VALUE!`` for what is missing, unknown or contradictory, with line and field.
    """
    source, code = draft.head.source, draft.code
    if raw is None:
        raise source.refusal(
            f"combined commodity {code} has no risk array at all", "the file is cut short; fetch it again",
            line=draft.head.number,
        )  # fmt: skip
    products, records = _products(draft, price_lines, raw)
    exponent = draft.head.count("risk exponent", 0)
    unit = 10.0**exponent
    series = series_of_records(draft, products)
    at = series_of_arrays(series, draft, products, raw)
    _check_complete(draft, at, findings, is_cut=is_cut)
    exponents = np.array([product.exponent + exponent for product in draft.products])[raw.product][:, None]
    columns = series.columns
    strike, price = _prices(products, records, raw)
    contracts = Contracts(
        series=at,
        right=_rights(draft, raw),
        strike=strike,
        risk=raw.risk * 10.0 ** np.maximum(exponents, 0) / 10.0 ** np.maximum(-exponents, 0),
        delta=raw.delta / 1e4,
        price=price,
        volatility=raw.volatility,
    )
    table = SeriesTable.of(**columns)
    scale = scan_unit(table, contracts, (np.full(len(table), unit), np.ones(len(table))))
    table = SeriesTable.of(**columns | {name: getattr(table, name) * scale for name in ("scan_up", "scan_down")})
    contracts, kept = _without_own_factors(draft, table, contracts, raw, findings)
    checked_contracts(contracts, table, products, source, raw.line[kept])
    table = with_underlying_prices(table, contracts, products)
    _forget_cabinet_prices(draft, table, contracts, raw.price[kept], findings)
    terms = terms_of(draft, unit, table.period, findings)
    terms["name"] = products[0].name  # the format has no name of its own for it
    return CombinedCommodity(
        code=code,
        products=tuple(products),
        series=table,
        contracts=contracts,
        exchange=draft.head.text("exchange"),
        currency=draft.head.text("currency") or "USD",
        limits_option_value=draft.head.text("limit option value") == "Y",
        risk_exponent=exponent,
        **terms,
    )


def _products(
    draft: CommodityDraft, price_lines: Mapping[ProductKey, tuple[int, bytes]], raw: RawArrays
) -> tuple[list[Product], list[Record | None]]:
    """The products with what their price records say; one without contracts may have no price record."""
    used = set(np.unique(raw.product).tolist())
    underlying = {place: record.text("underlying") for place, record in draft.series}
    models = {place: record.text("model") for place, record in draft.series}
    products: list[Product] = []
    records: list[Record | None] = []
    for place, product in enumerate(draft.products):
        line = price_lines.get(product.key)
        if line is None and place in used:
            raise MarginError(
                ErrorCode.VALUE,
                f"{draft.head.source.name}: product {product.code} of {draft.code} has no record P (prices of a product)",
                "the file is cut short; fetch it again",
            )
        record = None if line is None else Record.of(draft.head.source, line[0], PRICES, line[1])
        is_option = product.kind in OPTIONS
        on = underlying.get(place, "") if is_option else ""
        products.append(_product(draft, product, record, on, models.get(place, "")))
        records.append(record)
    return products, records


def _product(draft: CommodityDraft, product: ProductDraft, record: Record | None, on: str, model: str) -> Product:
    is_option = product.kind in OPTIONS
    if record is None:
        return Product(product.exchange, product.code, product.kind, underlying=on, model=model)
    valuation = record.text("valuation")
    is_premium = valuation == "EQTY" if valuation else draft.head.text("option style") != "F"
    settlement = record.text("settlement")
    return Product(
        exchange=product.exchange,
        code=product.code,
        kind=product.kind,
        name=record.text("long name") or record.text("name"),
        currency=record.text("currency") or draft.head.text("currency") or "USD",
        value_factor=record.number_of("value factor") * record.power("value factor exponent") or math.nan,
        premium_style=is_option and is_premium,
        style=_STYLES.get(record.text("style"), "") if is_option else "",
        cash_settled=settlement == "CASH" if settlement else None,
        underlying=on,
        price_decimals=record.signed("settlement decimals"),
        strike_decimals=record.signed("strike decimals"),
        price_alignment=record.text("settlement alignment"),
        strike_alignment=record.text("strike alignment"),
        model=model,
    )


def _check_complete(draft: CommodityDraft, at: NDArray[np.int64], findings: list[Finding], *, is_cut: bool) -> None:
    """Notes series without any contract; where the file ends among arrays, that is an error."""
    missing = np.setdiff1d(np.arange(len(draft.series)), at)
    if not len(missing):
        return
    first = draft.series[int(missing[0])][1]
    problem = f"{len(missing)} series of {draft.code} have no risk array, the first {first.text('product')} {first.text('option month') or first.text('future month')}"
    if is_cut:
        raise first.source.refusal(
            f"{problem}, and the file ends among risk arrays",
            "the file is cut short; fetch it again",
            line=first.number,
        )
    findings.append(
        Finding(
            Severity.NOTE,
            problem,
            "their contracts can't be margined",
            first.source.name,
            first.number,
            underlying=draft.code,
        )
    )


def _rights(draft: CommodityDraft, raw: RawArrays) -> NDArray[np.int8]:
    """The right of each contract.

    Raises:
        MarginError: ``#VALUE!`` for an option that is neither call nor put.
    """
    rights = np.empty(len(raw.line), dtype=np.int8)
    for place, product in enumerate(draft.products):
        rows = np.flatnonzero(raw.product == place)
        if product.kind not in OPTIONS:
            rights[rows] = Right.STOCK if product.kind is Kind.PHYSICAL else Right.FUTURE
            continue
        letters = raw.right[rows]
        strange = np.flatnonzero(~np.isin(letters, [ord(letter) for letter in _RIGHTS]))
        if len(strange):
            raise draft.head.source.refusal(
                f"record 8, right: '{chr(letters[strange[0]])}' is neither C nor P",
                "the file is damaged; fetch it again",
                line=int(raw.line[rows[strange[0]]]),
            )
        rights[rows] = np.where(letters == ord("C"), int(Right.CALL), int(Right.PUT))
    return rights


def _prices(
    products: list[Product], records: list[Record | None], raw: RawArrays
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Strikes and settlement prices of the contracts; NaN for a future's strike and where there is no price."""
    strikes, settled = np.full(len(raw.line), np.nan), np.full(len(raw.line), np.nan)
    for place, (product, record) in enumerate(zip(products, records, strict=True)):
        rows = np.flatnonzero(raw.product == place)
        if not len(rows) or record is None:
            continue
        if product.kind in OPTIONS:
            strikes[rows] = _decoded(
                record, "strike", raw.strike[rows], product.strike_decimals, product.strike_alignment, raw.line[rows]
            )
        rows = rows[~raw.no_price[rows]]
        settled[rows] = _decoded(
            record, "settlement price", raw.price[rows], product.price_decimals, product.price_alignment, raw.line[rows]
        )
    return strikes, settled


def _decoded(
    record: Record, what: str, digits: NDArray[np.int64], decimals: int, alignment: str, lines: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Prices of digits with sign; one that stands for no price is an error with its line."""
    if alignment not in prices.ALIGNMENTS:
        name = "strike alignment" if what == "strike" else "settlement alignment"
        raise record.refusal(name, f"'{alignment}' isn't known", "known are blank, C, K and 0")
    try:
        found = np.copysign(prices.decoded(np.abs(digits), decimals, alignment), digits) + 0.0
    except MarginError as error:
        raise record.refusal(what, error.problem, error.remedy) from None
    wrong = np.flatnonzero(np.isnan(found))
    if len(wrong):
        raise record.source.refusal(
            f"record 8, {what}: '{digits[wrong[0]]}' isn't a price with alignment '{alignment}'",
            "the file is damaged; fetch it again",
            line=int(lines[wrong[0]]),
        )
    return found


def _without_own_factors(
    draft: CommodityDraft, table: SeriesTable, contracts: Contracts, raw: RawArrays, findings: list[Finding]
) -> tuple[Contracts, NDArray[np.int64]]:
    """The contracts but those with a value factor of their own (variable tick), which a series can't hold; and their rows."""
    differs = np.isfinite(raw.value_factor) & (raw.value_factor != table.value_factor[contracts.series])
    if not differs.any():
        return contracts, np.arange(len(contracts))
    first = int(np.flatnonzero(differs)[0])
    findings.append(
        Finding(
            Severity.WARNING,
            f"{int(differs.sum())} options of {draft.code} have a value factor of their own (variable tick) and were left out",
            "a position in one of them will be said to be missing",
            draft.head.source.name,
            int(raw.line[first]),
            underlying=draft.code,
        )
    )
    kept = np.flatnonzero(~differs)
    return (
        Contracts(
            contracts.series[kept], contracts.right[kept], contracts.strike[kept], contracts.risk[kept],
            contracts.delta[kept], contracts.price[kept], contracts.volatility[kept],
        ),
        kept,
    )  # fmt: skip


def _forget_cabinet_prices(
    draft: CommodityDraft, table: SeriesTable, contracts: Contracts, digits: NDArray[np.int64], findings: list[Finding]
) -> None:
    """Makes the price of options that are quoted at a cabinet value of their own (digits 999 and the value) not known.

    Deep options of dear underlyings have such digits as well; those stay, for they aren't worth more than their underlying (calls)
    or their strike (puts).
    """
    most = np.where(
        contracts.right == int(Right.CALL), table.underlying_price[contracts.series], np.abs(contracts.strike)
    )
    is_option = (contracts.right == int(Right.CALL)) | (contracts.right == int(Right.PUT))
    wrong = is_option & (digits >= _CABINET) & (digits < prices.NO_PRICE) & ~(contracts.price <= most)
    if wrong.any():
        contracts.price[wrong] = np.nan
        problem = f"{int(wrong.sum())} options of {draft.code} are quoted at a cabinet value and have no price here"
        findings.append(Finding(Severity.NOTE, problem, "", draft.head.source.name, underlying=draft.code))
