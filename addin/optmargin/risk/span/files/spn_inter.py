"""Spreads between combined commodities, from the ``interSpreads`` and ``superSpreads`` of an XML file."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from optmargin.core.errors import Finding, Severity
from optmargin.risk.span.files.spn_terms import Rates, fraction, leg_of, legs_in
from optmargin.risk.span.model import InterMethod, InterSpread, Side, SpreadLeg

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element

    from optmargin.risk.span.files.spn_nodes import Fields
    from optmargin.risk.span.model import CombinedCommodity

SUPER, INTER = "superSpreads", "interSpreads"
_FLAT = "F"


def inter_spread(
    node: Element, rates: Rates, held: Mapping[str, CombinedCommodity], findings: list[Finding], *, is_super: bool
) -> InterSpread | None:
    """The spread of an element; None where it can't form among the combined commodities that were read.

    Args:
        node: the ``dSpread`` (by delta) or ``sSpread`` (by scanning) element.
        rates: reads amounts of the account's class.
        held: what was read, by code.
        findings: a spread by scanning whose target wasn't read is noted here.
        is_super: whether it forms before spreads inside combined commodities.
    """
    if node.tag == "sSpread":
        return _by_scanning(node, rates, held, findings, is_super=is_super)
    fields = rates.fields
    if any(fields.text(child, "cc") not in held for child in node if child.tag in {"tLeg", "pLeg"}):
        return None
    legs, given = [], []
    is_flat = fields.text(node, "chargeMeth").upper() == _FLAT
    common = rates.amount(node, "a credit")
    for child in legs_in(node, fields):
        leg = leg_of(child, fields)
        commodity = held[leg.commodity]
        legs.append(replace(leg, tier=leg.tier if commodity.inter_tiers else 0, exchange=commodity.exchange))
        credit = rates.amount(child, "a credit of a leg", common)
        if math.isnan(credit):
            raise fields.refusal(node, "rate", "is missing")
        given.append(credit if is_flat else fraction(credit))
    return InterSpread(
        priority=fields.whole(node, "spread", 0),
        legs=tuple(legs),
        credits=tuple(given),
        method=InterMethod.TIERED if any(leg.tier for leg in legs) else InterMethod.DELTA,
        is_flat=is_flat,
        is_super=is_super,
    )


def _by_scanning(
    node: Element, rates: Rates, held: Mapping[str, CombinedCommodity], findings: list[Finding], *, is_super: bool
) -> InterSpread | None:
    """A spread whose legs are merged into a target, and scanned together."""
    fields = rates.fields
    legs = node.findall("sLeg")
    target = next((leg for leg in legs if fields.flag(leg, "isTarget")), None)
    if target is None:
        raise fields.refusal(node, "sLeg", "the spread has no target")
    codes = [fields.text(leg, "cc", None) for leg in legs if leg is not target]
    into = fields.text(target, "cc", None)
    mine = sorted(held.keys() & set(codes))
    if into not in held or not mine:
        if mine:
            problem = f"{', '.join(mine)} may be merged into {into}, which wasn't read"
            remedy = f"ask for {into} as well, or their margin may be too high"
            findings.append(Finding(Severity.WARNING, problem, remedy, fields.source.name, fields.line_of(node)))
        return None
    common = rates.amount(node, "a credit")
    own = [rates.amount(leg, "a credit of a leg", common) for leg in legs if leg is not target]
    if not own or any(math.isnan(each) for each in own):
        raise fields.refusal(node, "rate", "is missing")
    return InterSpread(
        priority=fields.whole(node, "spread", 0),
        legs=tuple(_leg(leg, fields, held) for leg in legs if leg is not target),
        credits=tuple(fraction(each) for each in own),
        method=InterMethod.SCANNING,
        is_super=is_super,
        target=_leg(target, fields, held, required=fields.flag(node, "isTargetReq") is True),
        min_legs=fields.whole(node, "numLegsReq", 0),
    )


def _leg(
    node: Element, fields: Fields, held: Mapping[str, CombinedCommodity], *, required: bool | None = None
) -> SpreadLeg:
    """A leg of a spread by scanning; it has no side."""
    is_required = fields.flag(node, "isRequired") is True if required is None else required
    code = fields.text(node, "cc", None)
    exchange = held[code].exchange if code in held else ""
    return SpreadLeg(Side.A, fields.number(node, "i", 1.0), commodity=code, exchange=exchange, required=is_required)
