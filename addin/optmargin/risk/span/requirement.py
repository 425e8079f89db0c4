"""The requirement of an account under SPAN: every component of every combined commodity, and lines that add up to the total.

The risk of a combined commodity is ``max(scan + intermonth + delivery month - intercommodity credit, short option minimum)``;
times the adjustment factor and the broker's factor it is the maintenance risk, times the ratio the initial risk. Net option value
is taken off after that: factors multiply risk, never option value. Source: CME SPAN methodology; ICE Clear US, SPAN Margin
System (2015), sections 1.6 and 2.7.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optmargin.core.errors import ErrorCode, Finding, MarginError, Severity
from optmargin.risk.span.find import find
from optmargin.risk.span.inter import credit, eligible, in_order
from optmargin.risk.span.intra import FormedSpread, charge_intra
from optmargin.risk.span.lines import Line, RiskSteps, commodity_lines, sharing_line
from optmargin.risk.span.spot import charge_spot
from optmargin.risk.span.state import CommodityState, rate_of_exchange, start
from optmargin.risk.span.terms import SpanTerms

if TYPE_CHECKING:
    from optmargin.core.legs import LegTable
    from optmargin.risk.span.model import CombinedCommodity, Origin, SpanParameters
    from optmargin.risk.span.scan import Scan


@dataclass(frozen=True, slots=True)
class Figures:
    """A maintenance and an initial amount; NaN where a figure is missing.

    Attributes:
        maintenance, initial: the amounts.
    """

    maintenance: float
    initial: float


@dataclass(frozen=True, slots=True, eq=False)
class CommodityRequirement:
    """What one combined commodity asks for, in its own currency.

    Attributes:
        code, name, currency: of the combined commodity.
        merged: codes of the combined commodities that a scanning-based spread scanned together with it; empty for none.
        losses: loss in each of the 16 scenarios, over all tiers; negative is a gain.
        scans: the scan of each tier, one where there are no tiers.
        scan_risk, intermonth, spot, intercommodity, minimum: the components; the credit is positive.
        risk: risk after all factors.
        long_value, short_value, net_value: option value, both positive, and long less short.
        total: what is asked for when the commodity stands alone: risk less net option value, never negative.
        excess_value: long option value beyond the maintenance risk.
        net_delta: scaled delta of all positions.
        formed: spreads inside it, delivery charges and credits, each with its deltas.
        lines: the working; they add up to ``total``.
        contracts: different contracts held.
        complete: False where something is missing; the totals are then NaN.
        findings: what was noticed.
    """

    code: str
    name: str
    currency: str
    merged: tuple[str, ...]
    losses: tuple[float, ...]
    scans: tuple[Scan, ...]
    scan_risk: float
    intermonth: float
    spot: float
    intercommodity: float
    minimum: float
    risk: Figures
    long_value: float
    short_value: float
    net_value: float
    total: Figures
    excess_value: float
    net_delta: float
    formed: tuple[FormedSpread, ...]
    lines: tuple[Line, ...]
    contracts: int
    complete: bool
    findings: tuple[Finding, ...] = ()

    @property
    def active_scenario(self) -> int:
        """The scenario, 1 to 16, that binds; 0 where tiers bind in different ones, or none loses."""
        active = {each.active for each in self.scans if each.risk > 0}
        return active.pop() if len(active) == 1 else 0


@dataclass(frozen=True, slots=True, eq=False)
class SpanRequirement:
    """What an account asks for under SPAN, in its currency.

    Attributes:
        origin: where the parameters come from, and how far the figures can be trusted.
        terms: the account's terms.
        commodities: by code.
        risk: risk over all combined commodities.
        total: what must be in the account beside the market value of its options: risk less the option value that may be
            used, never negative; NaN where incomplete.
        net_value: net option value over all combined commodities.
        excess_value: long option value that no risk uses up.
        lines: the working over all combined commodities, in the account's currency; they add up to ``total``.
        complete: False where a leg, a price or a rate is missing.
        findings: what was noticed, first the incomplete ones.
    """

    origin: Origin
    terms: SpanTerms
    commodities: tuple[CommodityRequirement, ...]
    risk: Figures
    total: Figures
    net_value: float
    excess_value: float
    lines: tuple[Line, ...]
    complete: bool
    findings: tuple[Finding, ...]

    @property
    def note(self) -> str:
        """What stands with every figure: the level, the broker's factors, and what the parameters say of themselves."""
        return "; ".join(text for text in (self.origin.level.note, self.terms.house_note, self.origin.note) if text)

    def commodity(self, code: str) -> CommodityRequirement | None:
        """The requirement of one combined commodity; None where nothing of it is held."""
        return next((each for each in self.commodities if each.code == code), None)


_MISSING = Figures(math.nan, math.nan)
_CENT = 0.005


def span_margin(parameters: SpanParameters, legs: LegTable, terms: SpanTerms | None = None) -> SpanRequirement:
    """The SPAN requirement of one account's futures and options on futures.

    Args:
        parameters: from a file, from a table of calibrated margins, or from outright margins.
        legs: positions of one account, in any order; legs of one contract are netted.
        terms: kind of account, currency, broker's factors; a speculator in USD at the exchange's margin where not given.

    Raises:
        MarginError: ``#VALUE!`` for legs of more than one account. What is missing for a leg is a finding, and no error.
    """
    terms = terms or SpanTerms()
    accounts = sorted(set(legs.account.tolist()))
    if len(accounts) > 1:
        problem = f"the legs are of {len(accounts)} accounts: {', '.join(accounts[:3])}"
        raise MarginError(ErrorCode.VALUE, problem, "margin one account after the other")
    found = find(parameters, legs, terms.aliases)
    findings = list(found.findings)
    states: dict[str, CommodityState] = {}
    broken: dict[str, CombinedCommodity] = {}
    for holding in found.holdings:
        try:
            states[holding.code] = start(parameters, holding, terms)
        except MarginError as error:
            broken[holding.code] = parameters.commodity(holding.code)
            findings.append(_incomplete(error, holding.code))
    held = {"", *states, *broken, *found.affected}
    findings += [
        each for each in parameters.findings if each.severity is Severity.INCOMPLETE or each.underlying in held
    ]
    errors = _spread(states, parameters, terms)
    findings += [_incomplete(error, codes[0]) for codes, error in errors]
    incomplete = {*broken, *found.affected, *(code for codes, _ in errors for code in codes)}
    incomplete |= {each.underlying for each in findings if each.severity is Severity.INCOMPLETE}
    results = [_result(state, terms, parameters, incomplete) for state in states.values()]
    results += [_unknown(commodity) for commodity in broken.values()]
    results.sort(key=lambda each: each.code)
    for result in results:
        findings += result.findings
    return _account(parameters, terms, results, findings)


def _incomplete(error: MarginError, code: str) -> Finding:
    return Finding(Severity.INCOMPLETE, error.problem, error.remedy, underlying=code)


def _spread(
    states: dict[str, CommodityState], parameters: SpanParameters, terms: SpanTerms
) -> list[tuple[tuple[str, ...], MarginError]]:
    """Forms all spreads in their order; returns which combined commodities lack what."""
    errors: list[tuple[tuple[str, ...], MarginError]] = []
    spreads = [each for each in parameters.inter_spreads if eligible(each, terms.account_kind)]
    for is_super in (True, False):
        if not is_super:
            for state in states.values():
                try:
                    _inside(state, terms)
                except MarginError as error:
                    errors.append(((state.code,), error))
        for spread in in_order(spreads, is_super=is_super):
            codes = tuple(leg.commodity for leg in spread.legs if leg.commodity in states)
            try:
                credit(spread, states, parameters, terms.delta_decimals)
            except MarginError as error:
                errors.append((codes, error))
    return errors


def _inside(state: CommodityState, terms: SpanTerms) -> None:
    """Spreads inside one combined commodity, and then the charge of its delivery months."""
    commodity = state.commodity
    state.intra += charge_intra(
        commodity.intra_spreads, commodity.intra_tiers, state.pool, state.price_risk, terms.delta_decimals
    )
    state.spot += charge_spot(commodity.spot_method, commodity.spot_rates, state.pool)


def _steps(state: CommodityState, terms: SpanTerms) -> RiskSteps:
    """The risk of one combined commodity, step by step."""
    scan = math.fsum(each.risk for each in state.scans())
    charges = math.fsum(each.amount for each in (*state.intra, *state.spot))
    spreads = scan + charges - math.fsum(each.amount for each in state.credits)
    minimum = state.minimum.amount
    raised = max(spreads, 0.0 if math.isnan(minimum) else minimum)
    capped = min(raised, state.value.long) if state.value.only_long_options else raised
    adjusted = capped * state.commodity.adjustment.of(terms.account_kind)
    maintenance = adjusted * terms.multiplier(state.code)
    ratio = terms.initial_ratio
    if ratio is None:
        ratio = state.commodity.initial_ratio.of(terms.account_kind)
    return RiskSteps(scan, spreads, raised, capped, adjusted, maintenance, maintenance * ratio)


def _result(
    state: CommodityState, terms: SpanTerms, parameters: SpanParameters, incomplete: set[str]
) -> CommodityRequirement:
    """The requirement of one combined commodity; ``incomplete`` are the codes of those that lack something.

    What was spread with one that lacks something lacks its credit.
    """
    steps, value, commodity = _steps(state, terms), state.value, state.commodity
    findings = list(state.findings)
    if math.isnan(state.minimum.amount):
        findings.append(_no_minimum(state, steps))
    elif math.isnan(steps.maintenance) or math.isnan(steps.initial):
        what = "ratio of initial to maintenance margin" if math.isfinite(steps.maintenance) else "adjustment factor"
        problem = f"{state.code}: the parameters state no {what} for a {terms.account_kind} account"
        remedy = "read the file for the same kind of account, or give initial_ratio"
        findings.append(Finding(Severity.INCOMPLETE, problem, remedy, underlying=state.code))
    involved = {state.code, *state.merged, *(code for each in state.credits for code in each.commodities)}
    is_complete = not (involved & incomplete or any(each.severity is Severity.INCOMPLETE for each in findings))
    total = Figures(max(steps.maintenance - value.net, 0.0), max(steps.initial - value.net, 0.0))
    return CommodityRequirement(
        code=state.code,
        name=commodity.name,
        currency=commodity.currency,
        merged=state.merged,
        losses=tuple(state.losses().tolist()),
        scans=tuple(state.scans()),
        scan_risk=steps.scan,
        intermonth=math.fsum(each.amount for each in state.intra),
        spot=math.fsum(each.amount for each in state.spot),
        intercommodity=math.fsum(each.amount for each in state.credits),
        minimum=state.minimum.amount,
        risk=Figures(steps.maintenance, steps.initial) if is_complete else _MISSING,
        long_value=value.long,
        short_value=value.short,
        net_value=value.net,
        total=total if is_complete else _MISSING,
        excess_value=max(value.net - steps.maintenance, 0.0),
        net_delta=state.pool.total(),
        formed=(*state.intra, *state.spot, *state.credits),
        lines=commodity_lines(state, steps, terms, parameters.origin),
        contracts=state.contracts,
        complete=is_complete,
        findings=tuple(findings),
    )


def _no_minimum(state: CommodityState, steps: RiskSteps) -> Finding:
    """What is known where no rate of the short option minimum is: how large it may be without changing the figure."""
    most = steps.spreads / state.minimum.contracts
    return Finding(
        Severity.WARNING,
        f"the short option minimum of {state.code} isn't known; the figure holds while it is at most {most:,.2f} per short "
        f"option, of which {state.minimum.contracts:.10g} count",
        "give minimum_rate, from the clearing house or the broker",
        underlying=state.code,
    )


def _unknown(commodity: CombinedCommodity) -> CommodityRequirement:
    """The requirement of a combined commodity of which nothing can be said; a finding says why."""
    nan = math.nan
    return CommodityRequirement(
        code=commodity.code, name=commodity.name, currency=commodity.currency, merged=(), losses=(nan,) * 16, scans=(),
        scan_risk=nan, intermonth=nan, spot=nan, intercommodity=nan, minimum=nan, risk=_MISSING, long_value=nan,
        short_value=nan, net_value=nan, total=_MISSING, excess_value=nan, net_delta=nan, formed=(), lines=(), contracts=0,
        complete=False,
    )  # fmt: skip


def _account(
    parameters: SpanParameters, terms: SpanTerms, results: list[CommodityRequirement], findings: list[Finding]
) -> SpanRequirement:
    """The sum over the combined commodities, in the account's currency."""
    lines: list[Line] = []
    risk, used, alone = [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]
    net_value = 0.0
    for each in results:
        try:
            rate = rate_of_exchange(parameters, each.currency, terms.currency)
        except MarginError as error:
            findings.append(_incomplete(error, each.code))
            continue
        limits = parameters.commodity(each.code).limits_option_value
        net_value += each.net_value * rate
        for at, name in enumerate(("maintenance", "initial")):
            own = getattr(each.risk, name) * rate
            risk[at] += own
            used[at] += min(each.net_value * rate, own) if limits else each.net_value * rate
            alone[at] += getattr(each.total, name) * rate
        lines += [line.converted(rate, terms.currency) for line in each.lines]
    total = [max(one - other, 0.0) for one, other in zip(risk, used, strict=True)]
    findings.sort(key=lambda each: list(Severity)[::-1].index(each.severity))
    complete = not any(finding.severity is Severity.INCOMPLETE for finding in findings)
    shared = [one - other for one, other in zip(total, alone, strict=True)]
    if complete and any(amount < -_CENT for amount in shared):
        lines.append(sharing_line(shared[0], shared[1], parameters.origin))
    return SpanRequirement(
        origin=parameters.origin,
        terms=terms,
        commodities=tuple(results),
        risk=Figures(risk[0], risk[1]) if complete else _MISSING,
        total=Figures(total[0], total[1]) if complete else _MISSING,
        net_value=net_value,
        excess_value=max(used[0] - risk[0], 0.0) if complete else math.nan,
        lines=tuple(lines),
        complete=complete,
        findings=tuple(findings),
    )
