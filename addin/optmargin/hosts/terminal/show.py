"""What the terminal prints: requirements as tables with their working, answers of formulas, and the progress of a batch."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from optmargin.core.errors import MarginError, Severity
from optmargin.core.money import dollars
from optmargin.hosts.terminal.segments import headlines, method_lines, segment_lines

if TYPE_CHECKING:
    from optmargin.batch.folder import BatchResult, Step
    from optmargin.batch.reports import FileReports
    from optmargin.core.errors import Finding
    from optmargin.functions.call import Answer, Cell
    from optmargin.report.records import AccountFigures, ExpiryRow, MarginReport

_COLOURS = {Severity.INCOMPLETE: "red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}


def _console() -> Console:
    # A file's text must not be taken for markup, and colours belong to what is wrong.
    return Console(file=sys.stdout, highlight=False, markup=False)


def _money(amount: float | None) -> str:
    return "-" if amount is None else dollars(amount)


def _day(day: dt.date | None) -> str:
    return "-" if day is None else day.isoformat()


def show_reports(read: FileReports, *, explain: bool) -> None:
    """The accounts of a file: what is wrong first, then the figures and the expiries, and the working where it is asked for."""
    console = _console()
    _show_findings(console, read.findings)
    for report in read.reports:
        _show_report(console, report, explain=explain)


def _show_findings(console: Console, findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        console.print(Text(f"{finding.severity.value}: {finding}", style=_COLOURS[finding.severity]))


def _show_report(console: Console, report: MarginReport, *, explain: bool) -> None:
    state = "complete" if report.complete else "INCOMPLETE: totals are not stated"
    name = f"account {report.account}" if report.account else report.file
    about = f"{report.as_of}, {report.book_title} [{report.book}], {report.account_type} account"
    console.print(Text(f"{name}, {about}: {state}", style="bold"))
    _show_findings(console, report.findings)
    console.print(_figures(report.figures, report.convention))
    for part in (*segment_lines(report), *method_lines(report)):
        console.print(part)
    console.print(_expiries(report.expiries))
    for strategy in report.strategies:
        console.print(Text(f"{strategy.underlying}: {strategy.label}"))
    if explain:
        console.print(_working(report))
    elif report.working:
        console.print(Text("--explain shows how each amount came about", style="dim"))


def _working(report: MarginReport) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    for row in report.expiries:
        table.add_row(
            Text(_money(row.requirement), style="bold"), Text(f"{row.underlying} {_day(row.expiry)}", style="bold")
        )
        for line in report.working:
            if (line.underlying, line.expiry, line.settlement, line.segment) == (
                row.underlying,
                row.expiry,
                row.settlement,
                row.segment,
            ):
                table.add_row(Text(_money(line.amount)), Text(f"{line.rule}: {line.label}"))
                table.add_row("", Text(line.working, style="dim"))
                table.add_row("", Text(f"[{line.source}]", style="dim italic"))
    return table


def _figures(figures: AccountFigures, convention: str) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    cushion = "-" if figures.cushion is None else f"{figures.cushion:.1%}"
    slots = "-" if figures.slots is None else f"{figures.slots:,}"
    used = "-" if figures.slots_used is None else f"{figures.slots_used:,.10g}"
    rows = [
        ("initial", _money(figures.initial), f"requirement, {convention} convention"),
        ("maintenance", _money(figures.maintenance), ""),
        ("deposit", _money(figures.deposit), "own money: long options and risk less proceeds"),
        ("net liq", _money(figures.net_liq), ""),
        ("available funds", _money(figures.available_funds), ""),
        ("excess liquidity", _money(figures.excess_liquidity), ""),
        ("cushion", cushion, "excess liquidity / net liq"),
        ("slots", slots, f"of ${figures.slot_width:g} on one side; {used} used"),
    ]
    for row in rows:
        table.add_row(*row)
    return table


def _expiries(rows: tuple[ExpiryRow, ...]) -> Table:
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    table.add_column("expiry", no_wrap=True)
    for name in ("put side", "call side", "requirement", "free\nputs", "free\ncalls"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        free = ["-" if count is None else str(count) for count in (row.free_put_slots, row.free_call_slots)]
        table.add_row(
            row.underlying,
            _day(row.expiry),
            _money(row.put_side),
            _money(row.call_side),
            _money(row.requirement),
            *free,
        )
    return table


def show_headline(report: MarginReport, path: Path) -> None:
    """One report's headline figures and where it is."""
    figures = report.figures
    console = _console()
    cushion = "cushion not known" if figures.cushion is None else f"cushion {figures.cushion:.1%}"
    slots = "" if figures.slots is None else f", {figures.slots:,} slots on one side"
    state = (
        f"requirement {dollars(figures.initial)}" if report.complete else "INCOMPLETE: the requirement is not stated"
    )
    console.print(Text(f"account {report.account or '-'}, {report.as_of}, {report.book}: {state}, {cushion}{slots}"))
    for row in report.expiries:
        console.print(Text(f"  {row.underlying:<6} {_day(row.expiry):<10} {_money(row.requirement):>14}"))
    for line in headlines(report):
        console.print(line)
    _show_findings(console, tuple(each for each in report.findings if each.severity is Severity.INCOMPLETE))
    console.print(Text(f"report: {path}"), soft_wrap=True)


def show_batch(result: BatchResult) -> None:
    """What came of a folder."""
    console = _console()
    _show_findings(console, result.findings)
    console.print(Text(f"{result.accounts} accounts, {result.incomplete} incomplete"))
    console.print(Text(f"summary: {result.summary}"), soft_wrap=True)


class Progress:
    """A progress bar on the error stream; plain lines where that isn't a terminal."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
        from rich.progress import Progress as Bar

        console = Console(stderr=True)
        self.bar = Bar(
            BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}", markup=False), console=console
        )
        self.is_terminal = console.is_terminal
        self.task = self.bar.add_task("", total=None)

    def __enter__(self) -> Self:
        if self.is_terminal:
            self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.is_terminal:
            self.bar.stop()

    def __call__(self, step: Step) -> None:
        """Shows how far the work is."""
        if self.is_terminal:
            self.bar.update(self.task, total=step.files, completed=step.done, description=step.file)
        elif step.file:
            print(f"{step.done + 1}/{step.files} {step.file}", file=sys.stderr)


# Answers of formulas


def answer_json(answer: Answer) -> tuple[dict[str, Any], bool]:
    """The public form of an answer, and whether an error is in it.

    ``{"value": 315.0}`` for one cell, ``{"value": [[...], ...]}`` for a range; an error cell is its text, and ``errors`` says for
    each which row and column it is in (from 1), the problem and the remedy. A single error has ``error``, ``problem``, ``remedy``.
    """
    errors = [
        {"row": row, "column": column, "error": cell.code.value, "problem": cell.problem, "remedy": cell.remedy}
        for row, cells in enumerate(answer.rows, start=1)
        for column, cell in enumerate(cells, start=1)
        if isinstance(cell, MarginError)
    ]
    if answer.is_single and errors:
        return {"value": None, **{key: errors[0][key] for key in ("error", "problem", "remedy")}}, True
    value: Any = (
        _plain_cell(answer.first) if answer.is_single else [[_plain_cell(cell) for cell in row] for row in answer.rows]
    )
    return ({"value": value, "errors": errors} if errors else {"value": value}), bool(errors)


def _plain_cell(cell: Cell) -> Any:
    if isinstance(cell, MarginError):
        return cell.code.value
    return cell.isoformat() if isinstance(cell, dt.date) else cell


def _cell_text(cell: Cell) -> str:
    plain = _plain_cell(cell)
    if isinstance(plain, float):
        return f"{plain:.12g}"
    return "" if plain is None else str(plain)


def show_answer(answer: Answer) -> None:
    """The answer as cells would show it; the reasons of errors on the error stream."""
    console = _console()
    texts = [[_cell_text(cell) for cell in row] for row in answer.rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    if answer.is_single:
        console.print(Text(texts[0][0]), soft_wrap=True)
    elif sum(widths) + 2 * len(widths) > console.width:
        for line in texts:  # too wide to read as a table: one row a line, as a spreadsheet would paste it
            print("\t".join(line))  # the console would turn the tabs into blanks
    else:
        for line, cells in zip(texts, answer.rows, strict=True):
            padded = [
                text.rjust(width) if isinstance(cell, (int, float)) else text.ljust(width)
                for text, width, cell in zip(line, widths, cells, strict=True)
            ]
            console.print(Text("  ".join(padded).rstrip()))
    for row in answer.rows:
        for cell in row:
            if isinstance(cell, MarginError):
                print(f"{cell.code.value} {cell}", file=sys.stderr)
