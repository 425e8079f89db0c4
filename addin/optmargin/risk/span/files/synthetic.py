"""An invented market with invented product codes, the same for the same seed: for tests, the example and the benchmarks.

No exchange's figure is in it. Prices, volatilities and scan ranges are drawn, arrays are priced by Black's formula, and every
number is rounded to what the expanded unpacked format can hold, so that both kinds of files say exactly the same.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.risk.span.arrays import ScanRanges
from optmargin.risk.span.files.gathered import with_underlying_prices
from optmargin.risk.span.files.synthetic_contracts import COVER, MICRO, MULTIPLIER, Maker, Recipe, month_of
from optmargin.risk.span.model import (
    CombinedCommodity,
    Contracts,
    InterMethod,
    InterSpread,
    IntraSpread,
    Kind,
    Level,
    MinimumMethod,
    Origin,
    PerAccount,
    PriceRisk,
    Product,
    SeriesTable,
    Side,
    SpanParameters,
    SpotMethod,
    SpotRate,
    SpreadLeg,
    Tier,
    period,
    period_end,
)

if TYPE_CHECKING:
    pass

EXCHANGE, CLEARING = "SYN", "SYNTH"
AS_OF = dt.date(2030, 1, 15)
_NOTE = "invented products and prices: no exchange's data"
_MOST_MONTHS, _MOST_STRIKES = 40, 400


def synthetic(
    seed: int = 0,
    *,
    commodities: int = 3,
    months: int = 3,
    strikes: int = 15,
    is_cash: bool = False,
    as_of: dt.date = AS_OF,
) -> SpanParameters:
    """An invented market.

    The first of the combined commodities (``QX1``) is an index with a micro contract of a tenth and weekly options that only
    their week codes tell apart, the second (``QX2``) a metal in another currency with delivery charges and tiers, the third
    (``QX3``) has a risk exponent of 2 and options that are margined like futures; further ones are plain. They are spread
    against each other by delta, by tier, flat, and by scanning.

    Args:
        seed: the same seed gives the same market.
        commodities: how many, 1 or more.
        months: quarterly futures months of each.
        strikes: of each series of options; calls and puts of each.
        is_cash: whether all are like the options on a physical of cash markets: day codes instead of months, value factor 1,
            arrays with decimals.
        as_of: the business day.

    Raises:
        MarginError: ``#NUM!`` for counts that can't be.
    """
    if not (commodities >= 1 and 1 <= months <= _MOST_MONTHS and 1 <= strikes <= _MOST_STRIKES):
        raise MarginError(
            ErrorCode.NUM,
            f"no market of {commodities} commodities, {months} months and {strikes} strikes can be invented",
            f"give 1 or more, up to {_MOST_MONTHS} months and {_MOST_STRIKES} strikes",
        )
    random = np.random.default_rng(seed)
    recipes = [_recipe(number, random, is_cash=is_cash) for number in range(commodities)]
    made = {recipe.code: _commodity(recipe, months, strikes, as_of) for recipe in recipes}
    origin = Origin(
        Level.EXACT, f"synthetic {seed}", as_of, "settlement", CLEARING, f"{as_of:%Y%m%d}1730", "synthetic", note=_NOTE
    )
    rates = {("EUR", "USD"): 1.0825, ("JPY", "USD"): 0.0069, ("USD", "EUR"): 0.923788}
    spreads = () if is_cash else _inter_spreads(list(made))
    return SpanParameters(origin, made, spreads, {pair: rates[pair] for pair in sorted(rates)})


def _recipe(number: int, random: np.random.Generator, *, is_cash: bool) -> Recipe:
    price = float(np.round(random.uniform(0.8, 1.2), 2))
    volatility = float(np.round(random.uniform(0.12, 0.35), 3))
    if is_cash:
        return Recipe(
            f"QN{number + 1:03d}",
            f"INVENTED SHARE {number + 1}",
            "INR",
            2400 * price,
            volatility,
            1.0,
            20.0,
            is_cash=True,
        )
    plain = [
        Recipe("QX1", "INVENTED INDEX", "USD", 5000 * price, volatility, 50.0, 25.0, has_micro=True),
        Recipe("QX2", "INVENTED METAL", "EUR", 2000 * price, volatility, 100.0, 20.0),
        Recipe("QX3", "INVENTED YEN INDEX", "JPY", 30_000 * price, volatility, 500.0, 250.0, exponent=2),
    ]
    if number < len(plain):
        return plain[number]
    return Recipe(f"Q{number + 1:04d}", f"INVENTED GOOD {number + 1}", "USD", 100 * price, volatility, 1000.0, 1.0)


def _months(count: int, as_of: dt.date) -> list[dt.date]:
    """Expiries of quarterly futures: the third Friday of March, June, September and December after a day."""
    found: list[dt.date] = []
    year, month = as_of.year, as_of.month
    while len(found) < count:
        if month % 3 == 0 and _third_friday(year, month) > as_of:
            found.append(_third_friday(year, month))
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found


def _third_friday(year: int, month: int) -> dt.date:
    first = dt.date(year, month, 1)
    return first + dt.timedelta(days=(4 - first.weekday()) % 7 + 14)


def _commodity(recipe: Recipe, months: int, strikes: int, as_of: dt.date) -> CombinedCommodity:
    whole = max(recipe.unit, 10.0 if recipe.has_micro else 1.0)  # a tenth of it is whole as well
    scan = round(recipe.price * recipe.volatility / 16 * 2.5 * recipe.factor / whole) * whole / recipe.factor
    maker = Maker(recipe, ScanRanges(scan, scan, 0.25, True, MULTIPLIER, COVER), strikes, as_of)
    expiries = _months(months, as_of)
    prices = [float(np.round(recipe.price * (1 + 0.004 * at), 2)) for at in range(months)]
    products = _products(recipe)
    for at, product in enumerate(products):
        if product.kind is Kind.PHYSICAL:
            maker.physical(at)
        elif product.kind is Kind.FUTURE:
            for expiry, price in zip(expiries, prices, strict=True):
                maker.future(at, expiry, price)
        elif product.code.startswith("W"):
            for week in (1, 2, 3):
                maker.options(at, expiries[0], as_of + dt.timedelta(days=7 * week), prices[0], f"W{week}")
        else:
            for expiry, price in zip(expiries, prices, strict=True):
                maker.options(at, expiry, expiry, price)
    table = SeriesTable.of(**maker.series)
    contracts = Contracts(**{name: np.concatenate(parts) for name, parts in maker.contracts.items()})
    plain = CombinedCommodity(
        code=recipe.code,
        products=tuple(products),
        series=with_underlying_prices(table, contracts, products),
        contracts=contracts,
        name=recipe.name,
        exchange=EXCHANGE,
        currency=recipe.currency,
        minimum_rate=_whole(recipe, scan * recipe.factor * 0.02),
        initial_ratio=PerAccount(1.0, 1.0, 1.0 if recipe.is_cash else 1.1),
        risk_exponent=recipe.exponent,
        price_risk=PriceRisk.SCAN_RANGE_CAP,
    )
    return _with_terms(plain, recipe, expiries, scan)


def _products(recipe: Recipe) -> list[Product]:
    future = Product(
        EXCHANGE,
        recipe.code,
        Kind.FUTURE,
        recipe.name,
        recipe.currency,
        recipe.factor,
        cash_settled=recipe.code != "QX2",
    )
    option = replace(
        future, kind=Kind.OPTION_ON_FUTURE, premium_style=recipe.code != "QX3", style="american",
        cash_settled=False, underlying=recipe.code, model="W",
    )  # fmt: skip
    if recipe.is_cash:
        physical = replace(future, kind=Kind.PHYSICAL, cash_settled=True)
        return [physical, future, replace(option, kind=Kind.OPTION_ON_PHYSICAL, style="european", model="BS")]
    if not recipe.has_micro:
        return [future, option]
    micro = replace(future, code=f"M{recipe.code}", name=f"MICRO {recipe.name}", value_factor=recipe.factor * MICRO)
    return [
        future,
        micro,
        option,
        replace(option, code=f"W{recipe.code}", name=f"WEEKLY {recipe.name}", style="european"),
    ]


def _whole(recipe: Recipe, amount: float) -> float:
    """A rate in whole currency and in whole units of the arrays, one at least."""
    unit = max(1.0, recipe.unit)
    return max(1.0, round(amount / unit)) * unit


def _with_terms(plain: CombinedCommodity, recipe: Recipe, expiries: list[dt.date], scan: float) -> CombinedCommodity:
    """Tiers, spreads, minimums and delivery charges, of different kinds for the different combined commodities."""
    outright = scan * recipe.factor
    months = [month_of(expiry, f"{expiry:%d}" if recipe.is_cash else "") for expiry in expiries]
    if recipe.is_cash:
        pairs = [(one, other) for at, one in enumerate(months) for other in months[at + 1 :]]
        series = tuple(
            IntraSpread(
                number, _whole(recipe, outright * 0.1), (SpreadLeg(Side.A, period=one), SpreadLeg(Side.B, period=other))
            )
            for number, (one, other) in enumerate(pairs, start=1)
        )
        return replace(plain, intra_spreads=series, minimum_rate=0.0, scales_minimum=None)
    tiers = tuple(
        Tier(at, period(month // 10_000), period_end(month // 10_000)) for at, month in enumerate(months, start=1)
    )
    spreads = [
        IntraSpread(
            at, _whole(recipe, outright * 0.05 * at), (SpreadLeg(Side.A, tier=at), SpreadLeg(Side.B, tier=at + 1))
        )
        for at in range(1, len(tiers))
    ]
    if len(months) >= 3:
        legs = (
            SpreadLeg(Side.A, period=months[0]), SpreadLeg(Side.B, 2.0, period=months[1]), SpreadLeg(Side.A, period=months[2]),
        )  # fmt: skip
        spreads.insert(0, IntraSpread(1, _whole(recipe, outright * 0.04), legs))
    plain = replace(plain, intra_tiers=tiers, intra_spreads=tuple(spreads))
    if recipe.code == "QX1":
        return replace(plain, minimum_method=MinimumMethod.GREATER)
    if recipe.code == "QX2":
        halves = (replace(tiers[0], number=1, end=tiers[0].end), Tier(2, tiers[0].end + 1))
        minimums = tuple(replace(tier, rate=_whole(recipe, outright * 0.03 / tier.number)) for tier in halves)
        return replace(
            plain,
            scans_by_tier=True,
            scan_tiers=halves,
            inter_tiers=halves,
            minimum_tiers=minimums,
            spot_method=SpotMethod.TABLE,
            spot_rates=(SpotRate(months[0], _whole(recipe, outright * 0.1), _whole(recipe, outright * 0.2)),),
            limits_option_value=True,
            price_risk=PriceRisk.NORMAL,
        )
    return plain


def _inter_spreads(codes: list[str]) -> tuple[InterSpread, ...]:
    """Spreads between the first combined commodities: by delta, by tier, flat, and by scanning."""

    def leg(side: Side, code: str, ratio: float = 1.0, tier: int = 0) -> SpreadLeg:
        return SpreadLeg(side, ratio, tier=tier, commodity=code, exchange=EXCHANGE)

    found = []
    if len(codes) >= 4:
        found.append(InterSpread(1, (leg(Side.A, codes[3]), leg(Side.B, codes[0], 0.5)), (0.6, 0.6), is_super=True))
    if len(codes) >= 2:
        one, other = codes[:2]
        halves = (leg(Side.A, other, tier=1), leg(Side.B, other, tier=2))
        found.append(InterSpread(1, (leg(Side.A, one), leg(Side.B, other, 2.0)), (0.8, 0.7)))
        found.append(InterSpread(2, (leg(Side.A, one), leg(Side.A, other)), (150.0, 150.0), is_flat=True))
        found.append(InterSpread(3, halves, (0.5, 0.5), InterMethod.TIERED))
    if len(codes) >= 6:
        merged = (replace(leg(Side.A, codes[4]), required=True), leg(Side.A, codes[5], 2.0))
        into = leg(Side.A, codes[3])
        found.append(InterSpread(4, merged, (0.9, 0.9), InterMethod.SCANNING, target=into, min_legs=2))
    return tuple(found)
