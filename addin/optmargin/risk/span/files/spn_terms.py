"""Tiers, spreads, delivery charge, minimum and ratios of a combined commodity, from its ``ccDef`` element."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from optmargin.core.errors import MarginError
from optmargin.core.values import shown
from optmargin.risk.span.files.gathered import Terms
from optmargin.risk.span.files.spn_classes import Adjustments, Chain, Classes, factors_of, no_class
from optmargin.risk.span.model import (
    ANY_PERIOD,
    ChargeMethod,
    IntraSpread,
    MinimumMethod,
    PriceRisk,
    Side,
    SpotMethod,
    SpotRate,
    SpreadLeg,
    Tier,
    period,
    period_end,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from xml.etree.ElementTree import Element

    from optmargin.risk.span.files.spn_nodes import Fields

Word = TypeVar("Word", MinimumMethod, PriceRisk, ChargeMethod, Side)

_LAST_MONTH = 999_912
_MINIMUM_METHODS = {word.value: word for word in MinimumMethod}
_PRICE_RISKS = {word.value: word for word in PriceRisk}
_CHARGE_METHODS = {word.value: word for word in ChargeMethod}
_SIDES = {word.value: word for word in Side}


@dataclass(frozen=True, slots=True)
class Rates:
    """Reads amounts of the class of rates that is the account's.

    Attributes:
        fields: for reading them.
        chain: the account's maintenance class and its bases.
    """

    fields: Fields
    chain: Chain

    def chosen(self, nodes: Iterable[Element], what: str, *, is_strict: bool = False) -> Element | None:
        """The element of the account's class, or of the only class that there is; None where there is no element at all.

        Args:
            nodes: one element for each class.
            what: it is, for the sentence of an error.
            is_strict: whether the only element must be of the account's class as well.

        Raises:
            MarginError: ``#VALUE!`` where there are several, none of them of a class that is the account's.
        """
        listed = list(nodes)
        if not listed:
            return None
        numbers = [self.fields.text(node, "r") for node in listed]
        number = self.chain.pick(numbers)
        if number is None or (is_strict and self.chain.numbers and number not in self.chain.numbers):
            raise no_class(what, numbers, self.fields.source.name, self.fields.line_of(listed[0]))
        return listed[numbers.index(number)]

    def amount(self, node: Element, what: str, default: float = math.nan) -> float:
        """The ``rate`` of the account's class inside an element; the default where there is none."""
        found = self.chosen(node.findall("rate"), what)
        return default if found is None else self.fields.number(found, "val")


def period_of(fields: Fields, node: Element, tag: str, *, is_end: bool = False) -> int:
    """The period in an element: ``203003``, ``20300315``, ``203003W2``; 0 where it is zeros or missing.

    Raises:
        MarginError: ``#VALUE!`` for anything else.
    """
    text = fields.text(node, tag)
    month, code = text[:6], text[6:]
    if not text or not text.strip("0"):
        return ANY_PERIOD if is_end else 0
    if not (len(month) == 6 and month.isascii() and month.isdigit()):
        raise fields.refusal(node, tag, f"{shown(text)} isn't a contract period")
    if is_end and int(month) > _LAST_MONTH:
        return ANY_PERIOD
    try:
        return (period_end if is_end else period)(int(month), code)
    except MarginError as error:
        raise fields.refusal(node, tag, error.problem, error.remedy) from None


def terms_of(commodity: Element, rates: Rates, classes: Classes, chosen: str | None, *, scales: bool | None) -> Terms:
    """Everything about a combined commodity that isn't a contract.

    Args:
        commodity: the ``ccDef`` element.
        rates: reads amounts of the account's class.
        classes: of the clearing organization.
        chosen: the class whose arrays are read.
        scales: whether the file scales contracts in the short option minimum; None where it doesn't say.

    Raises:
        MarginError: ``#VALUE!`` for what is missing or unknown, with line and element.
    """
    fields = rates.fields
    scans, inter = _numbered(commodity, "scanTiers", rates), _numbered(commodity, "interTiers", rates)
    minimums = _tiers(commodity, "somTiers", rates, with_rates=True)
    overall = [tier for tier in minimums if tier.number == 0 or (tier.start == 0 and tier.end >= ANY_PERIOD)]
    by_tier = tuple(tier for tier in minimums if tier not in overall)
    adjustment, ratio = factors_of(classes, Adjustments.of(commodity, fields), chosen)
    spots = tuple(_spot_rate(node, fields) for node in _of_class(commodity.findall("spotRate"), rates))
    spot = SpotMethod.TABLE if spots else SpotMethod.NONE
    if commodity.find("basisRates") is not None and "BASIS" in fields.text(commodity, "spotMeth").upper():
        spot = SpotMethod.BASIS
    return Terms(
        name=fields.text(commodity, "name"),
        scans_by_tier=len(scans) > 1,
        scan_tiers=scans if len(scans) > 1 else (),
        intra_tiers=_numbered(commodity, "intraTiers", rates),
        inter_tiers=inter if len(inter) > 1 else (),
        minimum_tiers=by_tier,
        intra_spreads=tuple(
            _spread(node, rates, fields.text(commodity, "cc")) for node in commodity.findall("dSpread")
        ),
        spot_method=spot,
        spot_rates=spots,
        minimum_rate=overall[0].rate if overall else math.nan,
        minimum_method=_word(commodity, "somMeth", _MINIMUM_METHODS, MinimumMethod.GROSS, fields),
        scales_minimum=scales,
        price_risk=_word(commodity, "wfprMeth", _PRICE_RISKS, PriceRisk.NORMAL, fields),
        initial_ratio=ratio,
        adjustment=adjustment,
    )


def _word(node: Element, tag: str, words: Mapping[str, Word], default: Word | None, fields: Fields) -> Word:
    """One of the words of a list; the default where it isn't said."""
    text = fields.text(node, tag, "" if default is not None else None).upper()
    found = words.get(text, default if not text else None)
    if found is None:
        raise fields.refusal(node, tag, f"{shown(text)} isn't known", f"known are {', '.join(words)}")
    return found


def _numbered(commodity: Element, tag: str, rates: Rates) -> tuple[Tier, ...]:
    """The tiers of a table without that of everything, number 0."""
    return tuple(tier for tier in _tiers(commodity, tag, rates) if tier.number)


def _tiers(commodity: Element, tag: str, rates: Rates, *, with_rates: bool = False) -> list[Tier]:
    """The tiers of a table; number 0 stands for everything."""
    found = []
    for node in commodity.findall(f"{tag}/tier"):
        fields = rates.fields
        scan = rates.chosen(node.findall("scanRate"), "a scan range of a tier")
        up = math.nan if scan is None else fields.number(scan, "priceScan", math.nan)
        found.append(
            Tier(
                fields.whole(node, "tn", 0),
                period_of(fields, node, "sPe"),
                period_of(fields, node, "ePe", is_end=True),
                rates.amount(node, "a short option minimum") if with_rates else math.nan,
                up,
                up if scan is None else fields.number(scan, "priceScanDown", up),
            )
        )
    return found


def _of_class(nodes: Iterable[Element], rates: Rates) -> list[Element]:
    """The elements of the account's class, of a list in which every class has several."""
    listed = list(nodes)
    numbers = [rates.fields.text(node, "r") for node in listed]
    if not listed:
        return []
    number = rates.chain.pick(numbers)
    if number is None:
        raise no_class("a delivery charge", numbers, rates.fields.source.name, rates.fields.line_of(listed[0]))
    return [node for node, each in zip(listed, numbers, strict=True) if each == number]


def _spot_rate(node: Element, fields: Fields) -> SpotRate:
    return SpotRate(period_of(fields, node, "pe"), fields.number(node, "sprd"), fields.number(node, "outr"))


def _spread(node: Element, rates: Rates, code: str) -> IntraSpread:
    """A spread inside the combined commodity."""
    fields = rates.fields
    method = _word(node, "chargeMeth", _CHARGE_METHODS, ChargeMethod.FLAT, fields)
    legs = tuple(leg_of(leg, fields) for leg in legs_in(node, fields))
    if not all(leg.tier or leg.period for leg in legs):
        raise fields.refusal(node, "tLeg", "a leg has neither a tier nor a contract month")
    strange = next((leg.commodity for leg in legs if leg.commodity not in {code, ""}), "")
    if strange:
        raise fields.refusal(node, "tLeg", f"a leg of {shown(strange)} inside combined commodity {code}")
    rate, by_spread = _charge(node, method, rates)
    own = tuple(replace(leg, commodity="") for leg in legs)
    return IntraSpread(fields.whole(node, "spread", 0), rate, own, method, by_spread)


def _charge(node: Element, method: ChargeMethod, rates: Rates) -> tuple[float, float]:
    """The rate of a spread inside a combined commodity, and what is charged by spread beside a rate by month."""
    fields = rates.fields
    by_month = rates.chosen(node.findall("pmpsRate"), "a spread charge by month")
    if by_month is not None:
        return fields.number(by_month, "pmRate"), fields.number(by_month, "psRate", 0.0)
    rate = rates.amount(node, "a spread charge")
    if math.isnan(rate):
        raise fields.refusal(node, "rate", "is missing")
    return (fraction(rate) if method is ChargeMethod.WEIGHTED else rate), 0.0


def fraction(rate: float) -> float:
    """A share that files write as a fraction (0.8) or in per cent (80)."""
    return rate / 100 if rate > 1 else rate


def legs_in(node: Element, fields: Fields) -> list[Element]:
    """The legs of a spread.

    Raises:
        MarginError: ``#VALUE!`` for kinds of spreads that aren't known here.
    """
    for tag in ("rpLeg", "dSpread", "volRate"):
        if node.find(tag) is not None:
            raise fields.refusal(node, tag, "this kind of spread isn't known here", "leave the combined commodity out")
    legs = [child for child in node if child.tag in {"tLeg", "pLeg"}]
    if not legs:
        raise fields.refusal(node, "tLeg", "the spread has no legs")
    return legs


def leg_of(node: Element, fields: Fields) -> SpreadLeg:
    """A leg of a spread: of a tier (``tLeg``) or of a contract month (``pLeg``)."""
    ratio = fields.number(node, "i", 1.0)
    if not ratio > 0:
        raise fields.refusal(node, "i", f"{ratio:g} deltas in a leg of a spread")
    is_tier = node.tag == "tLeg"
    return SpreadLeg(
        side=_word(node, "rs", _SIDES, None, fields),
        ratio=ratio,
        tier=fields.whole(node, "tn", 0) if is_tier else 0,
        period=0 if is_tier else period_of(fields, node, "pe"),
        commodity=fields.text(node, "cc"),
    )
