"""Combined commodities and spreads between them as XML, written from the model; and how values are written in XML."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.risk.span.model import (
    ANY_PERIOD,
    AccountKind,
    ChargeMethod,
    InterMethod,
    SpotMethod,
    period_end,
    period_parts,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from optmargin.risk.span.model import CombinedCommodity, InterSpread, IntraSpread, SpreadLeg, Tier

END = "\r\n"
LETTERS = {AccountKind.MEMBER: "M", AccountKind.HEDGER: "H", AccountKind.SPECULATOR: "S"}
BASE = 1  # the class of rates of arrays and amounts
# Classes of rates of each kind of account: maintenance and initial, both multiples of the base.
CLASSES = {kind: (2 * at + 2, 2 * at + 3) for at, kind in enumerate(LETTERS)}


def opened(tag: str) -> str:
    """A start tag in a line of its own."""
    return f"<{tag}>{END}"


def closed(tag: str) -> str:
    """An end tag in a line of its own."""
    return f"</{tag}>{END}"


def line_of(tag: str, value: object) -> str:
    """An element with a text, in a line of its own."""
    return f"<{tag}>{text_of(value)}</{tag}>{END}"


def text_of(value: object) -> str:
    """A value as XML holds it; numbers with every digit that they have."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return repr(value + 0.0).removesuffix(".0") if abs(value) < 1e15 else repr(value)
    return escape(str(value))


def known(tag: str, value: float) -> str:
    """A number, or nothing where it isn't known."""
    return "" if math.isnan(value) else line_of(tag, float(value))


def period_code(number: int, *, is_end: bool = False) -> str:
    """A period as XML writes it: ``203003``, ``20300315``, ``203003W2``."""
    if is_end and number >= ANY_PERIOD:
        return "999999"
    month, code = period_parts(number)
    if is_end and not code and number != period_end(month):
        code = "00"
    return f"{month:06d}{code}"


def commodity_elements(
    commodity: CombinedCommodity, families: Mapping[tuple[str, int], int], scenarios: str
) -> Iterator[str]:
    """A combined commodity: its scenarios, what it links, its tiers and spreads."""
    yield opened("ccDef") + line_of("cc", commodity.code) + line_of("name", commodity.name)
    yield line_of("currency", commodity.currency) + line_of("riskExponent", commodity.risk_exponent)
    yield line_of("capAnov", commodity.limits_option_value) + line_of("wfprMeth", commodity.price_risk.value)
    yield line_of("spotMeth", "NORMAL") + line_of("somMeth", commodity.minimum_method.value)
    yield scenarios
    for at, product in enumerate(commodity.products):
        yield (
            f"<pfLink><exch>{text_of(product.exchange)}</exch><pfId>{families[commodity.code, at]}</pfId>"
            f"<pfCode>{text_of(product.code)}</pfCode><pfType>{product.kind.value}</pfType><sc>1</sc></pfLink>{END}"
        )
    for kind, (maintenance, initial) in CLASSES.items():
        adjustment, ratio = commodity.adjustment.of(kind), commodity.initial_ratio.of(kind)
        yield _adjustment(maintenance, BASE, adjustment) + _adjustment(initial, maintenance, ratio)
    for tag, tiers in (
        ("scanTiers", commodity.scan_tiers), ("intraTiers", commodity.intra_tiers), ("interTiers", commodity.inter_tiers),
    ):  # fmt: skip
        if tiers:
            yield opened(tag) + "".join(_tier(tier) for tier in tiers) + closed(tag)
    yield from _minimums(commodity)
    for spread in commodity.intra_spreads:
        yield _intra_spread(commodity, spread)
    if commodity.spot_method is SpotMethod.BASIS:
        raise MarginError(
            ErrorCode.VALUE, f"delivery charges of {commodity.code} are by basis risk", "that can't be written"
        )
    for rate in commodity.spot_rates:
        yield (
            f"<spotRate><r>{BASE}</r><pe>{period_code(rate.period)}</pe><sprd>{text_of(float(rate.per_spread))}</sprd>"
            f"<outr>{text_of(float(rate.per_outright))}</outr></spotRate>{END}"
        )
    yield closed("ccDef")


def _adjustment(number: int, base: int, factor: float) -> str:
    return f"<adjRate><r>{number}</r><baseR>{base}</baseR><val>{text_of(float(factor))}</val></adjRate>{END}"


def _rate(amount: float) -> str:
    return f"<rate><r>{BASE}</r><val>{text_of(float(amount))}</val></rate>"


def _tier(tier: Tier, rate: float = math.nan) -> str:
    text = f"<tier><tn>{tier.number}</tn><sPe>{period_code(tier.start)}</sPe><ePe>{period_code(tier.end, is_end=True)}</ePe>"
    if not math.isnan(rate):
        text += _rate(rate)
    if not math.isnan(tier.scan_up):
        text += f"<scanRate><r>{BASE}</r><priceScan>{text_of(float(tier.scan_up))}</priceScan>"
        if tier.scan_down != tier.scan_up and not math.isnan(tier.scan_down):
            text += f"<priceScanDown>{text_of(float(tier.scan_down))}</priceScanDown>"
        text += "</scanRate>"
    return f"{text}</tier>{END}"


def _minimums(commodity: CombinedCommodity) -> Iterator[str]:
    """Short option minimums; tier 0 stands for everything."""
    if not commodity.minimum_tiers and math.isnan(commodity.minimum_rate):
        return
    yield opened("somTiers")
    if not math.isnan(commodity.minimum_rate):
        yield f"<tier><tn>0</tn>{_rate(commodity.minimum_rate)}</tier>{END}"
    yield from (_tier(tier, tier.rate) for tier in commodity.minimum_tiers)
    yield closed("somTiers")


def _leg(leg: SpreadLeg, code: str) -> str:
    place = f"<pe>{period_code(leg.period)}</pe>" if leg.period else f"<tn>{leg.tier}</tn>"
    tag = "pLeg" if leg.period else "tLeg"
    return f"<{tag}><cc>{text_of(leg.commodity or code)}</cc>{place}<rs>{leg.side.value}</rs><i>{text_of(float(leg.ratio))}</i>"


def _intra_spread(commodity: CombinedCommodity, spread: IntraSpread) -> str:
    text = f"<dSpread><spread>{spread.priority}</spread><chargeMeth>{spread.method.value}</chargeMeth>"
    if spread.method is ChargeMethod.PER_MONTH:
        rate = text_of(float(spread.rate))
        text += f"<pmpsRate><r>{BASE}</r><val>{rate}</val><pmRate>{rate}</pmRate>"
        text += f"<psRate>{text_of(float(spread.rate_per_spread))}</psRate></pmpsRate>"
    else:
        text += _rate(spread.rate)
    for leg in spread.legs:
        text += _leg(leg, commodity.code) + ("</pLeg>" if leg.period else "</tLeg>")
    return f"{text}</dSpread>{END}"


def inter_spread(spread: InterSpread) -> str:
    """A spread between combined commodities."""
    if spread.eligibility:
        raise MarginError(
            ErrorCode.VALUE,
            f"the intercommodity spread of priority {spread.priority} isn't for everybody ({spread.eligibility})",
            "XML has no word for that; write the expanded format (.pa2) instead",
        )
    if spread.method is InterMethod.SCANNING:
        return _scanning_spread(spread)
    method = "F" if spread.is_flat else "W"
    text = f"<dSpread><spread>{spread.priority}</spread><chargeMeth>{method}</chargeMeth>{_rate(spread.credits[0])}"
    is_separate = len(set(spread.credits)) > 1
    for leg, credit in zip(spread.legs, spread.credits, strict=True):
        text += _leg(leg, "") + (_rate(credit) if is_separate else "") + "</tLeg>"
    return f"{text}</dSpread>{END}"


def _scanning_spread(spread: InterSpread) -> str:
    target = spread.target
    if target is None:
        raise MarginError(ErrorCode.VALUE, "a scanning-based spread has no target", "give one")
    text = f"<sSpread><spread>{spread.priority}</spread><isTargetReq>{int(target.required)}</isTargetReq>"
    text += f"<numLegsReq>{spread.min_legs}</numLegsReq>{_rate(spread.credits[0])}"
    is_separate = len(set(spread.credits)) > 1
    for leg, credit in [(target, math.nan), *zip(spread.legs, spread.credits, strict=True)]:
        text += f"<sLeg><cc>{text_of(leg.commodity)}</cc><isTarget>{int(leg is target)}</isTarget>"
        text += f"<isRequired>{int(leg.required)}</isRequired><i>{text_of(float(leg.ratio))}</i>"
        text += (_rate(credit) if is_separate and leg is not target else "") + "</sLeg>"
    return f"{text}</sSpread>{END}"
