"""The working of a requirement in lines: what was charged or credited, how, by whose parameters; they add up to the total."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from optmargin.core.money import dollars

if TYPE_CHECKING:
    from optmargin.risk.span.model import Origin
    from optmargin.risk.span.state import CommodityState
    from optmargin.risk.span.terms import SpanTerms

BROKER = "the broker's factor, not the exchange's"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the working.

    Attributes:
        commodity: code of the combined commodity; empty for what concerns all of them.
        rule: which component it is: ``scan risk``, ``intermonth spread charge``, ``net option value`` ...
        label: what it is about.
        working: how the amount came about, with its numbers.
        maintenance, initial: the amounts, currency; negative where they lower the requirement.
        source: whose parameters it is by, and the level of the figure.
    """

    commodity: str
    rule: str
    label: str
    working: str
    maintenance: float
    initial: float
    source: str

    def converted(self, rate: float, currency: str) -> Line:
        """The same in another currency; the working keeps its own, and says the rate."""
        if rate == 1:
            return self
        return replace(
            self,
            working=f"{self.working}; at {rate:.6g} {currency}",
            maintenance=self.maintenance * rate,
            initial=self.initial * rate,
        )


@dataclass(frozen=True, slots=True)
class RiskSteps:
    """How the risk of one combined commodity builds up, in its currency.

    Attributes:
        scan: scan risk.
        spreads: scan risk with charges, less credits.
        raised: not less than the short option minimum.
        capped: not more than the value of long options, where nothing else is held.
        adjusted: times the adjustment factor.
        maintenance: times the broker's factor.
        initial: times the ratio of initial to maintenance.
    """

    scan: float
    spreads: float
    raised: float
    capped: float
    adjusted: float
    maintenance: float
    initial: float


def commodity_lines(state: CommodityState, steps: RiskSteps, terms: SpanTerms, origin: Origin) -> tuple[Line, ...]:
    """The lines of one combined commodity; they add up to risk less net option value, never negative."""
    code, source, lines = state.code, origin.cite, list[Line]()

    def add(rule: str, label: str, working: str, amount: float, by: str = source) -> None:
        lines.append(Line(code, rule, label, working, amount, amount, by))

    for each in state.scans():
        codes = ", ".join((code, *(part for part in state.merged if part != code)))
        where = f", tier {each.tier}" if each.tier else ""
        add("scan risk", f"{codes}{where}, different contracts: {state.contracts}", each.working(), each.risk)
    for spread in state.intra:
        add("intermonth spread charge", spread.name, spread.working, spread.amount)
    for spread in state.spot:
        add("delivery month charge", spread.name, spread.working, spread.amount)
    for spread in state.credits:
        add("intercommodity credit", spread.name, spread.working, -spread.amount)
    lift = steps.raised - steps.spreads
    if state.minimum.working or lift:
        working = f"{state.minimum.working or 'no short options'} = {dollars(state.minimum.amount)}"
        binds = "binds" if lift > 0 else "doesn't bind"
        add("short option minimum", f"floor, {binds}", working, lift)
    if state.value.only_long_options:
        worth = f"only long options are held, worth {dollars(state.value.long)}"
        add("long option value", "cap", worth, steps.capped - steps.raised)
    factor = state.commodity.adjustment.of(terms.account_kind)
    if factor != 1:
        add("adjustment factor", str(terms.account_kind), f"risk x {factor:.10g}", steps.adjusted - steps.capped)
    factor = terms.multiplier(code)
    if factor != 1:
        add("broker's factor", terms.house_note, f"risk x {factor:.10g}", steps.maintenance - steps.adjusted, BROKER)
    if steps.initial != steps.maintenance:
        ratio = steps.initial / steps.maintenance
        lines.append(
            Line(
                code,
                "initial over maintenance",
                str(terms.account_kind),
                f"risk x {ratio:.10g}",
                0.0,
                steps.initial - steps.maintenance,
                source if terms.initial_ratio is None else BROKER,
            )
        )
    value = state.value
    if value.long or value.short:
        worth = f"long {dollars(value.long)} less short {dollars(value.short)}"
        add("net option value", "options paid for up front", worth, -value.net)
    over = [max(value.net - risk, 0.0) for risk in (steps.maintenance, steps.initial)]
    if any(over):
        working = "a requirement isn't negative"
        lines.append(Line(code, "excess option value", "beyond the risk", working, over[0], over[1], source))
    return tuple(lines)


def sharing_line(maintenance: float, initial: float, origin: Origin) -> Line:
    """The line by which option value of one combined commodity covers the risk of others."""
    return Line(
        "",
        "shared option value",
        "all combined commodities",
        "option value beyond the risk of one combined commodity covers the risk of others",
        maintenance,
        initial,
        origin.cite,
    )
