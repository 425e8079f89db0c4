"""What the terminal prints of an account's segments, and of its securities by strategy and by portfolio margin side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optmargin.core.money import dollars

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

    from optmargin.report.records import MarginReport, MethodRow, SegmentRow


def segment_lines(report: MarginReport) -> list[RenderableType]:
    """The segments apart, where there are futures: a segment that lacks money is said loudly, and levels with their notes."""
    from rich.text import Text

    if not any(row.segment == "futures" for row in report.segments):
        return []
    lines: list[RenderableType] = [_segments(report.segments)]
    for row in report.segments:
        if row.state:
            style = "bold white on red" if _is_bad(row) else "dim"
            lines.append(Text(f"{row.segment} segment: {row.state}", style=style))
        if row.level:
            lines.append(Text(f"{row.segment}: {row.source}", style="dim"))
    return lines


def headlines(report: MarginReport) -> list[Text]:
    """The segments in a line each, where there are futures; loud where one lacks money or has no figure."""
    from rich.text import Text

    if not any(row.segment == "futures" for row in report.segments):
        return []
    lines = []
    for row in report.segments:
        said = row.state or f"available funds {_money(row.available_funds)}"
        style = "bold white on red" if _is_bad(row) else ""
        lines.append(Text(f"  {row.segment}: {_by(row)}, requirement {_money(row.initial)}; {said}", style=style))
    return lines


def _is_bad(row: SegmentRow) -> bool:
    return not row.complete or (row.available_funds is not None and row.available_funds < 0)


def _by(row: SegmentRow) -> str:
    return ", ".join(filter(None, ("SPAN" if row.method == "span" else row.method, row.level)))


def _segments(rows: tuple[SegmentRow, ...]) -> Table:
    table = _table("segment", "by", "initial", "maintenance", "available", "excess liq.")
    for row in rows:
        money = (row.initial, row.maintenance, row.available_funds, row.excess_liquidity)
        table.add_row(row.segment, _by(row), *(_money(amount) for amount in money))
    return table


def method_lines(report: MarginReport) -> list[RenderableType]:
    """The securities by both methods; the one that counts in the figures has a star."""
    from rich.text import Text

    if not report.methods:
        return []
    lines: list[RenderableType] = [_methods(report.methods)]
    for row in report.methods:
        if row.words and not row.counts:  # what counts is among the findings
            lines.append(Text(f"{_NAMES[row.method]}: {row.words}", style="dim"))
        if row.binds:
            lines.append(Text(f"{_NAMES[row.method]}: {row.binds}", style="dim"))
    return lines


_NAMES = {"strategy": "strategy", "portfolio": "portfolio margin"}


def _methods(rows: tuple[MethodRow, ...]) -> Table:
    table = _table("securities by", "", "requirement", "ties up", "available", "excess liq.")
    for row in rows:
        money = (row.initial, row.deposit, row.available_funds, row.excess_liquidity)
        counts = "counts" if row.counts else "beside"
        table.add_row(_NAMES[row.method], counts, *(_money(amount) for amount in money))
    return table


def _table(*headings: str) -> Table:
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number > 1 else "left", no_wrap=True)
    return table


def _money(amount: float | None) -> str:
    return "-" if amount is None else dollars(amount)
