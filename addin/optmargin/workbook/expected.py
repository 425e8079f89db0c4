"""What the live formulas come to, computed here as well: shown until a program recalculates, and compared with the report."""

from __future__ import annotations

import math
from types import NoneType
from typing import TYPE_CHECKING

from optmargin.core.errors import Finding, Severity
from optmargin.core.money import cents
from optmargin.sizing.slots import SLOT_MULTIPLIER
from optmargin.workbook.cells import clean
from optmargin.workbook.formulas import FORMULAS, HEADING_LINE, HOLDS, SLOTS_NOTE, shown
from optmargin.workbook.layout import INCOMPLETE, NET_LIQ_NOT_GIVEN, NOT_GIVEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from optmargin.report.records import MarginReport
    from optmargin.workbook.cells import Value

Figure = float | str

_CENT_NOISE = 0.005  # what rounding one amount to the cent may hide


def shown_values(
    report: MarginReport, written: Mapping[str, Value], settings: Mapping[str, float]
) -> dict[str, Figure]:
    """The value of every formula cell of ours, by name, as :mod:`optmargin.workbook.formulas` has them.

    Args:
        report: the report.
        written: what the named cells hold.
        settings: the user's own cells: cushion warnings and the slots' multiplier; NaN where the template lacks one.
    """
    complete = report.complete
    net_liq = _number(written["net_liq"])
    total = _total((row.requirement for row in report.expiries), complete=complete)
    maintenance = _total((row.maintenance for row in report.expiries), complete=complete)
    if isinstance(total, str) or isinstance(maintenance, str):
        total = maintenance = INCOMPLETE
    deposit = _deposit(total, _number(written["deposit_adjustment"]))
    maintenance_deposit = _deposit(maintenance, _number(written["maintenance_adjustment"]))
    multiple, gross, option_value, cash, stock_value, slot_of_report = (
        _number(written[name])
        for name in (
            "buying_power_multiple",
            "gross_position_value",
            "option_value",
            "cash",
            "stock_value",
            "slot_value_of_report",
        )
    )
    elv: Figure = NET_LIQ_NOT_GIVEN if net_liq is None else NOT_GIVEN
    if net_liq is not None and option_value is not None:
        elv = _to_the_cent(net_liq - option_value)
    elif cash is not None and stock_value is not None:
        elv = _to_the_cent(cash + stock_value)
    available = _left(net_liq, elv, total, deposit, _number(written["field_adjustment"]))
    excess = _left(net_liq, elv, maintenance, maintenance_deposit, _number(written["maintenance_field_adjustment"]))
    slot = (_number(written["slot_width"]) or math.nan) * settings["slot_multiplier"]
    values: dict[str, Figure] = {
        "report_banner": _banner(report, total),
        "total_requirement": total,
        "total_maintenance": maintenance,
        "deposit": deposit,
        "maintenance_deposit": maintenance_deposit,
        "available_funds": available,
        "excess_liquidity": excess,
        "cushion": excess if isinstance(excess, str) else _share(excess, net_liq),
        "buying_power": available
        if isinstance(available, str)
        else NOT_GIVEN
        if multiple is None
        else round(available * multiple, 2),
        "equity_with_loan": elv,
        "gross_requirement": _deposit(total, _number(written["gross_adjustment"])),
        "margin_field": _deposit(total, _number(written["field_adjustment"])),
        "leverage": _leverage(net_liq, gross) if complete else INCOMPLETE,
        "working_check": _working_check(report, total, maintenance),
    }
    if slot > 0:  # not so for NaN
        values["slots_total"] = (
            NET_LIQ_NOT_GIVEN if net_liq is None else max(0.0, float(math.floor(round(net_liq / slot, 9))))
        )
        used = values["slots_used"] = (
            total if isinstance(total, str) else _slots_used(report, (slot_of_report or math.nan) / slot)
        )
        held = values["slots_total"]
        values["slots_free"] = (
            used if isinstance(used, str) else held if isinstance(held, str) else math.floor(held - used + 1e-6)
        )
    words = _cushion_words(values["cushion"], [settings[f"cushion_warning_{number}"] for number in (1, 2, 3)])
    return values | ({"cushion_words": words} if words else {})


def shown_by_formula(
    report: MarginReport, written: Mapping[str, Value], computed: Mapping[str, Figure]
) -> dict[str, Figure]:
    """The value of every formula of the template, by its text."""
    named: dict[str, Figure] = {}
    for name, value in {**written, **computed}.items():
        if isinstance(value, bool) or not isinstance(value, (str, int, float, NoneType)):
            continue
        named[name] = clean(value) if isinstance(value, str) else "" if value is None else value
    who = f"Account {named['account']} · " if named["account"] else ""
    values: dict[str, Figure] = {
        HEADING_LINE: f"{who}as of {report.as_of.isoformat()} · {named['book_title']}",
        HOLDS: f"{len(report.positions)} positions in {len(report.expiries)} expiries",
    }
    for name, figure in named.items():
        values |= {f"={name}": figure, shown(name): figure}
        if name in FORMULAS:
            values[FORMULAS[name]] = figure
    used, total = named.get("slots_used"), named.get("slots_total")
    if isinstance(used, float) and isinstance(total, float):
        values[SLOTS_NOTE] = f"{round(used, 1):.10g} of {total:.10g} used"
    return values


def disagreements(report: MarginReport, written: Mapping[str, Value]) -> list[Finding]:
    """Live formulas that come to another figure than the report: the report's figure is the right one."""
    figures = report.figures
    said = {
        "total_requirement": figures.initial, "total_maintenance": figures.maintenance, "deposit": figures.deposit,
        "available_funds": figures.available_funds, "excess_liquidity": figures.excess_liquidity, "cushion": figures.cushion,
        "equity_with_loan": figures.equity_with_loan, "buying_power": figures.buying_power, "leverage": figures.leverage,
        "slots_total": figures.slots, "slots_used": figures.slots_used, "gross_requirement": figures.gross,
        "margin_field": figures.margin_field,
    }  # fmt: skip
    settings = {f"cushion_warning_{number}": math.nan for number in (1, 2, 3)} | {"slot_multiplier": SLOT_MULTIPLIER}
    computed = shown_values(report, written, settings)
    noise = dict.fromkeys(said, _CENT_NOISE * 4 * (len(report.expiries) + 2))
    noise["cushion"] = noise["total_requirement"] / max(abs(figures.net_liq or 1.0), 1.0)
    noise["leverage"] = 2 * _CENT_NOISE  # the report rounds it
    noise["slots_total"] = 1e-9
    noise["slots_used"] = _CENT_NOISE * (len(report.expiries) + 2)  # the rows' are rounded to the hundredth
    findings = []
    for name, value in said.items():
        formula = computed.get(name)
        if value is None or formula is None or (formula == INCOMPLETE and not report.complete):
            continue
        if isinstance(formula, str) or abs(formula - value) > noise[name] + 1e-9 * abs(value):
            problem = f"the workbook's {name.replace('_', ' ')} comes to {formula}, the report says {value}"
            remedy = "trust the report's figure (`optmargin margin`), and tell us with the file if you can"
            findings.append(Finding(Severity.WARNING, problem, remedy, file=report.file, account=report.account))
    return findings


def _to_the_cent(amount: float) -> float:
    rounded = cents(amount)
    return math.nan if rounded is None else rounded


def _number(value: Value) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _total(amounts: Iterable[float | None], *, complete: bool) -> Figure:
    listed = list(amounts)
    known = [amount for amount in listed if amount is not None and math.isfinite(amount)]
    return _to_the_cent(math.fsum(known)) if complete and len(known) == len(listed) else INCOMPLETE


def _deposit(total: Figure, adjustment: float | None) -> Figure:
    if isinstance(total, str):
        return total
    return NOT_GIVEN if adjustment is None else _to_the_cent(total + adjustment)


def _left(net_liq: float | None, elv: Figure, total: Figure, deposit: Figure, field: float | None) -> Figure:
    if isinstance(total, str):
        return total
    if net_liq is not None and not isinstance(deposit, str):
        return _to_the_cent(net_liq - deposit)
    if isinstance(elv, str):
        return NET_LIQ_NOT_GIVEN if net_liq is None else NOT_GIVEN
    return NOT_GIVEN if field is None else _to_the_cent(elv - total - field)


def _leverage(net_liq: float | None, gross: float | None) -> Figure:
    if net_liq is None:
        return NET_LIQ_NOT_GIVEN
    return NOT_GIVEN if gross is None else _share(gross, net_liq)


def _slots_used(report: MarginReport, scale: float) -> Figure:
    used = [row.slots_used for row in report.expiries if row.slots_used is not None]
    return round(math.fsum(used) * scale, 6) + 0.0 if len(used) == len(report.expiries) else INCOMPLETE


def _share(amount: float, net_liq: float | None) -> Figure:
    if net_liq is None:
        return NET_LIQ_NOT_GIVEN
    return amount / net_liq if net_liq > 0 else "net liq not above zero"


def _banner(report: MarginReport, total: Figure) -> str:
    if not isinstance(total, str):
        return "COMPLETE"
    count = sum(finding.severity is Severity.INCOMPLETE for finding in report.findings)
    what = {0: "a requirement is", 1: "1 thing is"}.get(count, f"{count} things are")
    return f"INCOMPLETE: {what} missing; totals are not shown"


def _working_check(report: MarginReport, total: Figure, maintenance: Figure) -> str:
    if isinstance(total, str) or isinstance(maintenance, str):
        return "adds up: incomplete"
    off = max(
        abs(math.fsum(row.amount or 0.0 for row in report.working) - total),
        abs(math.fsum(row.maintenance or 0.0 for row in report.working) - maintenance),
    )
    return (
        "adds up: yes"
        if off < _CENT_NOISE * (1 + max(1, len(report.working)))
        else "adds up: NO, the lines and the total differ"
    )


def _cushion_words(cushion: Figure, warnings: list[float]) -> str:
    if isinstance(cushion, str):
        return "no traffic light without a cushion"
    if any(math.isnan(warning) for warning in warnings):
        return ""
    watch, reduce, near = (f"{round(100 * warning, 1):g} %" for warning in warnings)
    if cushion < warnings[2]:
        return f"below {near}: liquidation is near"
    if cushion < warnings[1]:
        return f"below {reduce}: reduce"
    return f"below {watch}: watch" if cushion < warnings[0] else f"above {watch}: comfortable"
