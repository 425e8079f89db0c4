"""Tiers, spreads, delivery charge, minimum and ratios of a combined commodity, from its S, 3, C, E and 4 records."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.errors import Finding, MarginError, Severity
from optmargin.risk.span.files.gathered import Terms
from optmargin.risk.span.files.pa2_layouts import LEGS_OF_E, MONTHS_OF_4, TIERS_OF_3, TIERS_OF_S
from optmargin.risk.span.model import (
    ANY_PERIOD,
    IntraSpread,
    MinimumMethod,
    PerAccount,
    PriceRisk,
    Side,
    SpotMethod,
    SpotRate,
    SpreadLeg,
    Tier,
    period,
    period_end,
    period_parts,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optmargin.risk.span.files.pa2_drafts import CommodityDraft
    from optmargin.risk.span.files.pa2_records import Record

# Which tables the tiers of a type S record belong to, by its method. Source: CME, type "S", expanded format.
_SCAN, _INTER, _MINIMUM = "scan", "inter", "minimum"
_TABLES: dict[str, tuple[str, ...]] = {
    "": (), "01": (), "02": (_SCAN, _INTER), "10": (_SCAN,), "20": (_INTER,), "21": (_SCAN, _INTER), "22": (_SCAN,),
    "23": (_INTER,), "30": (_MINIMUM,),
}  # fmt: skip
_EACH_MONTH = "02"
_PRICE_RISKS = {"": None, "1": PriceRisk.NORMAL, "2": PriceRisk.SCAN_RANGE_CAP, "3": PriceRisk.SCAN_RANGE}
_MINIMUM_METHODS = {"": MinimumMethod.GROSS, "2": MinimumMethod.GROSS, "1": MinimumMethod.GREATER}
_SPOT_METHODS = {"": SpotMethod.NONE, **{method.value: method for method in SpotMethod}}
_SIDES = {"A": Side.A, "B": Side.B}
_NO_SPREADS, _FROM_TABLE = "01", "10"
_INTRA_METHODS = {"": None, _NO_SPREADS: None, _FROM_TABLE: None}
_TIER_SPREAD_METHODS = {"": None, _FROM_TABLE: None}
_LAST_MONTH = 999_912


def terms_of(draft: CommodityDraft, unit: float, periods: NDArray[np.int64], findings: list[Finding]) -> Terms:
    """Everything about a combined commodity that isn't a contract.

    Args:
        draft: its records.
        unit: currency per unit of the file's rates (ten to the power of the risk exponent).
        periods: of all its series.
        findings: what is noticed is added here.

    Raises:
        MarginError: ``#VALUE!`` for what is missing or unknown, with line and field.
    """
    tables = _tier_tables(draft, unit, periods)
    intra = draft.only("3", "the intracommodity method and the ratio of initial to maintenance margin")
    spot = draft.only("4", "the delivery charge and the short option minimum")
    intra.choice("method", _INTRA_METHODS, "method of intracommodity spreads")
    spreads = (*_series_spreads(draft, unit), *_tier_spreads(draft, unit))
    if intra.text("method") == _NO_SPREADS and spreads:
        findings.append(
            _note(intra, draft, f"{draft.code} charges no intracommodity spreads (method 01), but lists {len(spreads)}")
        )
        spreads = ()
    return Terms(
        scans_by_tier=_SCAN in tables,
        scan_tiers=tables.get(_SCAN, ()),
        inter_tiers=tables.get(_INTER, ()),
        minimum_tiers=tables.get(_MINIMUM, ()),
        price_risk=_price_risk(draft),
        intra_tiers=tuple(tier for record in draft.of("3") for tier in _tiers(record, TIERS_OF_3)),
        intra_spreads=spreads,
        spot_method=_SPOT_METHODS[spot.choice("method", _SPOT_METHODS, "method of delivery charges")],
        spot_rates=_spot_rates(draft, unit),
        minimum_rate=spot.number_of("minimum rate", 0) * unit,
        minimum_method=_MINIMUM_METHODS[
            spot.choice("minimum method", _MINIMUM_METHODS, "method of the short option minimum")
        ],
        initial_ratio=_per_account(intra, "ratio", draft, findings),
        adjustment=_per_account(spot, "adjustment", draft, findings),
    )


def _note(record: Record, draft: CommodityDraft, problem: str, remedy: str = "") -> Finding:
    return Finding(Severity.NOTE, problem, remedy, record.source.name, record.number, underlying=draft.code)


def _tier_tables(draft: CommodityDraft, unit: float, periods: NDArray[np.int64]) -> dict[str, tuple[Tier, ...]]:
    """The tables of tiers that type S records fill."""
    tables: dict[str, tuple[Tier, ...]] = {}
    for record in draft.of("S"):
        method = record.choice("method", _TABLES, "method of scanning")
        if method == _EACH_MONTH:
            months = sorted({period_parts(each)[0] for each in periods.tolist()})
            tiers = tuple(Tier(number + 1, period(month), period_end(month)) for number, month in enumerate(months))
        else:
            tiers = _tiers(record, TIERS_OF_S, unit if _MINIMUM in _TABLES[method] else math.nan)
        for table in _TABLES[method]:
            tables[table] = tables.get(table, ()) + tiers
    return {table: tiers for table, tiers in tables.items() if tiers}


def _tiers(record: Record, count: int, unit: float = math.nan) -> tuple[Tier, ...]:
    """The tiers of one record; with a rate per short option where a unit is given."""
    found = []
    for at in range(1, count + 1):
        number = record.count(f"tier {at}", 0)
        if not number:
            continue
        start, end = record.count(f"start {at}", 0), record.count(f"end {at}", 0)
        rate = math.nan if math.isnan(unit) else record.number_of(f"minimum rate {at}") * unit
        last = ANY_PERIOD if not end or end > _LAST_MONTH else _period(record, f"end code {at}", end, is_end=True)
        tier = Tier(number, _period(record, f"start code {at}", start), last, rate)
        if tier.start > tier.end:
            raise record.refusal(
                f"end {at}", f"tier {number} ends before it starts", "the file is damaged; fetch it again"
            )
        found.append(tier)
    return tuple(found)


def _period(record: Record, name: str, month: int, *, is_end: bool = False) -> int:
    """The period of a month and the code in a field."""
    try:
        return (period_end if is_end else period)(month, record.text(name))
    except MarginError as error:
        raise record.refusal(name, error.problem, error.remedy) from None


def _price_risk(draft: CommodityDraft) -> PriceRisk:
    """How the weighted futures price risk is found: what the first type S record that says it says."""
    for record in draft.of("S"):
        found = _PRICE_RISKS[
            record.choice("price risk method", _PRICE_RISKS, "method of the weighted futures price risk")
        ]
        if found is not None:
            return found
    return PriceRisk.NORMAL


def _tier_spreads(draft: CommodityDraft, unit: float) -> list[IntraSpread]:
    """Spreads between tiers, from type C records."""
    found = []
    for record in draft.of("C"):
        record.choice("method", _TIER_SPREAD_METHODS, "method of tier to tier spreads")
        legs = []
        for at in range(1, record.count("legs") + 1):
            if f"side {at}" not in record.layout.fields:
                raise record.refusal(
                    "legs", f"{record.count('legs')} legs don't fit in a record", "the file is damaged"
                )
            side = _SIDES[record.choice(f"side {at}", _SIDES, "side of the market")]
            legs.append(SpreadLeg(side, _ratio(record, at), tier=record.count(f"tier {at}")))
        found.append(IntraSpread(record.count("priority"), record.number_of("rate") * unit, tuple(legs)))
    return found


def _series_spreads(draft: CommodityDraft, unit: float) -> list[IntraSpread]:
    """Spreads between contract months, from type E records; one with more than four legs goes on in the next record."""
    rates: dict[int, float] = {}
    legs: dict[int, tuple[SpreadLeg, ...]] = {}
    for record in draft.of("E"):
        priority = record.count("priority")
        rates.setdefault(priority, record.number_of("rate") * unit)
        for at in range(1, LEGS_OF_E + 1):
            if not record.text(f"month {at}"):
                continue
            month = 200_000 + record.count(f"month {at}")
            side = _SIDES[record.choice(f"side {at}", _SIDES, "side of the market")]
            leg = SpreadLeg(side, _ratio(record, at), period=_period(record, f"rest of month {at}", month))
            legs[priority] = (*legs.get(priority, ()), leg)
    return [IntraSpread(priority, rates[priority], found) for priority, found in legs.items()]


def _ratio(record: Record, at: int) -> float:
    ratio = record.number_of(f"ratio {at}")
    if not ratio:
        raise record.refusal(f"ratio {at}", "a leg of a spread has no deltas", "the file is damaged; fetch it again")
    return ratio


def _spot_rates(draft: CommodityDraft, unit: float) -> tuple[SpotRate, ...]:
    """What delivery months are charged; more than two months go on in the next record."""
    first = draft.only("4", "the delivery charge and the short option minimum")
    if first.text("method") != SpotMethod.TABLE.value:
        return ()
    rates = []
    for record in draft.of("4"):
        for at in range(1, MONTHS_OF_4 + 1):
            month = record.count(f"month {at}", 0)
            if month:
                per_spread, per_outright = record.number_of(f"per spread {at}"), record.number_of(f"per outright {at}")
                rates.append(
                    SpotRate(_period(record, f"month code {at}", month), per_spread * unit, per_outright * unit)
                )
    if len(rates) < first.count("months", 0):
        raise first.refusal(
            "months",
            f"{first.count('months')} delivery months are announced, {len(rates)} follow",
            "the file is cut short",
        )
    return tuple(rates)


def _per_account(record: Record, what: str, draft: CommodityDraft, findings: list[Finding]) -> PerAccount:
    """A factor for members, hedgers and speculators; blank or zero is 1, and noted."""
    factors = {kind: record.number_of(f"{kind} {what}", 0) for kind in ("member", "hedger", "speculator")}
    if not all(factors.values()):
        names = ", ".join(kind for kind, factor in factors.items() if not factor)
        findings.append(_note(record, draft, f"{draft.code} has no {what} for {names}", "1 is taken"))
    return PerAccount(**{kind: factor or 1.0 for kind, factor in factors.items()})
