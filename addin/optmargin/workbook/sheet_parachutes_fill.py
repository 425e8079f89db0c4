"""Filling the report's sheet of parachutes: the account's plan, the margin engine's answers, and what the live formulas come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optmargin.core.errors import Finding, Severity
from optmargin.workbook import native, tables
from optmargin.workbook.cells import top_left, write
from optmargin.workbook.evaluate import Values
from optmargin.workbook.evaluate_functions import CellError
from optmargin.workbook.layout import NOT_GIVEN, PARACHUTE_NAMES, PARACHUTE_PREFIX, PARACHUTE_WRITTEN, PARACHUTES
from optmargin.workbook.sheet_parachutes import MOST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell

    from optmargin.report.records import MarginReport
    from optmargin.workbook.cells import Value
    from optmargin.workbook.evaluate import Result
    from optmargin.workbook.files import Shown


def fill_parachutes(book: Workbook, report: MarginReport, template: str) -> list[Finding]:
    """Write the account's plan; a template without the sheet, or without a part of it, is a finding.

    Args:
        book: the workbook.
        report: what is shown.
        template: the name of the user's own template; empty for ours.
    """
    cells = {name: cell for name in PARACHUTE_NAMES if (cell := _cell(book, name)) is not None}
    found = tables.find(book, PARACHUTES.name)
    if not cells and found is None:
        return [_lacks("sheet of parachutes", template)]
    findings = [_lacks(f"cell named {name}", template) for name in PARACHUTE_NAMES if name not in cells]
    for word, value in _written(report).items():
        name = f"{PARACHUTE_PREFIX}{word}"
        if name in cells:
            write(cells[name], value)
    if found is None:
        return [*findings, _lacks(f"table named {PARACHUTES.name}", template)]
    found = tables.resize(book, found, MOST + 1)
    rows: list[list[Value]] = [
        [row.level, row.slots, row.margin, row.initial] for row in (report.parachutes.rows if report.parachutes else ())
    ]
    rows += [[None] * len(PARACHUTES.columns) for _ in range(MOST + 1 - len(rows))]
    lacking = tables.fill(found, [column.heading for column in PARACHUTES.columns], rows)
    return [
        *findings,
        *(_lacks(f"column headed {heading} in the table {PARACHUTES.name}", template) for heading in lacking),
    ]


def _written(report: MarginReport) -> dict[str, Value]:
    plan = report.parachutes
    words = report.parachute_words or "No schedule was asked for"
    if plan is None:
        empty: dict[str, Value] = dict.fromkeys(("slots", "width", "multiplier", "credit", "buyback"), NOT_GIVEN)
        return {"words": words, **empty, **dict.fromkeys(set(PARACHUTE_WRITTEN) - set(empty) - {"words"}, 0)}
    held = plan.slots if plan.position else 0
    return {
        "words": words,
        "slots": plan.slots,
        "width": plan.width,
        "multiplier": plan.multiplier,
        "credit": plan.credit,
        "buyback": plan.buyback,
        "mark": plan.mark,
        "held_slots": held,
        "held_value": round(plan.mark * held * plan.multiplier, 2),
        "asked_slot": plan.width * plan.multiplier,
        "other_margin": plan.other_margin,
        "other_initial": plan.other_initial,
    }


def _cell(book: Workbook, name: str) -> Cell | None:
    defined = book.defined_names.get(name)
    if defined is None or defined.type != "RANGE":
        return None
    for title, address in defined.destinations:
        if title in book.sheetnames and "#" not in address:
            return top_left(book[title], address.split(":")[0].replace("$", ""))
    return None


def _lacks(what: str, template: str) -> Finding:
    remedy = "add it to the template to have it back, or start from a fresh one (`optmargin template`)"
    return Finding(Severity.WARNING, f"the template has no {what}: that figure isn't shown", remedy, file=template)


def show_parachutes(book: Workbook, shown: Shown, known: Mapping[str, Result]) -> None:
    """Adds the values of the sheet's formulas to those that are shown until a program computes them.

    Args:
        book: the filled workbook.
        shown: the values so far.
        known: those of named cells of other sheets.
    """
    cell = _cell(book, f"{PARACHUTE_PREFIX}plan_ok")
    if cell is None:
        return
    sheet = native.sheet_of(cell)
    values = Values(book, dict(known))
    there = shown.setdefault(sheet.title, {})
    for (row, column), each in native.cells(sheet).items():
        if each.data_type == "f" and each.value is not None and each.coordinate not in there:
            try:
                there[each.coordinate] = values.cell(sheet.title, row, column)
            except CellError:  # the user's own, or one that a program has written in its own way
                continue
