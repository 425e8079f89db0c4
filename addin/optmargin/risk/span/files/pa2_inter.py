"""Spreads between combined commodities, from type 6 records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optmargin.core.errors import Finding, Severity
from optmargin.risk.span.files.pa2_layouts import LEGS_OF_6
from optmargin.risk.span.model import InterMethod, InterSpread, Side, SpreadLeg

if TYPE_CHECKING:
    from optmargin.risk.span.files.pa2_records import Record

_METHODS = {
    "": InterMethod.DELTA, "01": InterMethod.DELTA, "10": InterMethod.DELTA, "20": InterMethod.TIERED, "04": InterMethod.SCANNING,
}  # fmt: skip
_SIDES = {"A": Side.A, "B": Side.B}
_NOT_REQUIRED = "N"
_SUPER, _FLAT, _SEPARATE = "S", "F", "Y"


def codes_of(record: Record) -> tuple[tuple[str, ...], str]:
    """Codes of the combined commodities of a spread's legs, and of its target (empty where it has none)."""
    legs = tuple(code for at in range(1, LEGS_OF_6 + 1) if (code := record.text(f"commodity {at}")))
    return legs, record.text("target")


def is_among(legs: tuple[str, ...], target: str, held: set[str]) -> bool:
    """Whether a spread can form among the combined commodities that are held: all legs, or in a scanning-based one any."""
    if target:
        return target in held and any(leg in held for leg in legs)
    return all(leg in held for leg in legs)


def inter_spreads(records: list[Record], held: set[str], findings: list[Finding]) -> tuple[InterSpread, ...]:
    """The spreads that can form among the combined commodities that were read.

    Args:
        records: all type 6 records.
        held: codes of what was read.
        findings: a scanning-based spread whose target wasn't read is noted here, since it changes the margin of its legs.

    Raises:
        MarginError: ``#VALUE!`` for a method that isn't known, or a field that isn't what it should be.
    """
    found = []
    for record in records:
        legs, target = codes_of(record)
        if is_among(legs, target, held):
            found.append(_spread(record))
        elif target and held.intersection(legs):
            findings.append(
                Finding(
                    Severity.WARNING,
                    f"{', '.join(sorted(held.intersection(legs)))} may be merged into {target}, which wasn't read",
                    f"ask for {target} as well, or their margin may be too high",
                    record.source.name,
                    record.number,
                )
            )
    return tuple(found)


def _spread(record: Record) -> InterSpread:
    method = _METHODS[record.choice("method", _METHODS, "method of intercommodity spreads")]
    is_flat = record.text("credit method") == _FLAT
    is_scanning = method is InterMethod.SCANNING
    rate = "flat credit" if is_flat else "credit"
    common = record.number_of(rate)
    legs, rates = [], []
    for at in range(1, LEGS_OF_6 + 1):
        if not record.text(f"commodity {at}"):
            continue
        legs.append(
            SpreadLeg(
                side=_SIDES[record.choice(f"side {at}", _SIDES, "side of the market")],
                ratio=record.number_of(f"ratio {at}"),
                tier=record.count(f"tier {at}", 0) if method is InterMethod.TIERED else 0,
                commodity=record.text(f"commodity {at}"),
                exchange=record.text(f"exchange {at}"),
                required=is_scanning and record.text(f"required {at}") != _NOT_REQUIRED,
            )
        )
        own = record.number_of(f"{rate} {at}") if record.text("separate") == _SEPARATE else common
        rates.append(own if is_flat else own / 100)
    if not legs:
        raise record.refusal("commodity 1", "the spread has no legs", "the file is damaged; fetch it again")
    return InterSpread(
        priority=record.count("priority"),
        legs=tuple(legs),
        credits=tuple(rates),
        method=method,
        is_flat=is_flat,
        is_super=record.text("super") == _SUPER,
        target=_target(record) if is_scanning else None,
        min_legs=record.count("fewest legs", 0) if is_scanning else 0,
        group=record.text("group"),
        eligibility=record.text("eligibility"),
    )


def _target(record: Record) -> SpreadLeg:
    """Into what the legs of a scanning-based spread are merged."""
    if not record.text("target"):
        raise record.refusal("target", "a scanning-based spread has no target", "the file is damaged; fetch it again")
    return SpreadLeg(
        side=Side.A,
        ratio=record.number_of("target ratio", 1.0),
        commodity=record.text("target"),
        exchange=record.text("target exchange"),
        required=record.text("target required") != _NOT_REQUIRED,
    )
