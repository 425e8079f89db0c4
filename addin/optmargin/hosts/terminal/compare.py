"""``optmargin compare``: what options on a future add to others under SPAN, and as index options by strategy and portfolio margin."""

from __future__ import annotations

import datetime as dt
import json
import math
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from optmargin.hosts.terminal.risk_options import span_choice, span_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optmargin.core.legs import LegTable
    from optmargin.functions.compare import Comparison


@click.command()
@click.argument("held", type=click.Path(path_type=Path))
@click.argument("added", type=click.Path(path_type=Path), required=False)
@click.option("--add", "texts", multiple=True, metavar="LEG", help='Such as "-5 ES 2025-09-29 6720 call @20.40".')
@click.option("--account", help="Which account, where HELD holds several.")
@click.option("--as-of", metavar="DATE", help="Day of the prices (YYYY-MM-DD); else the file's own.")
@click.option("--book", help="Rule book of the strategy-based figures; else your settings' book, else ibkr.")
@click.option("--spot", multiple=True, metavar="SYM=PRICE", help="Price of the future; overrides the file's.")
@click.option("--stress", default=1.0, show_default=True, help="Factor on the scan ranges: 1.25, 1.5.")
@span_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON (addin/docs/json.md) instead of tables.")
def compare(held: Path, added: Path | None, **options: Any) -> None:
    """What the legs of ADDED (or --add) take beside those of HELD: options on a future under SPAN, and the same as index options.

    Put spreads of one ES expiry against call spreads of another, for instance; as SPX by strategy and by portfolio margin. Exit
    code 0: every figure is there; 1: one is missing.
    """
    asked = _asked(held, added, options)
    if options["as_json"]:
        click.echo(json.dumps(_public(asked), indent=2, ensure_ascii=False))
    else:
        _show(asked)
    sys.exit(0 if all(each.error is None for each in asked.found.rows) else 1)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The question and its answer."""

    as_of: dt.date
    book: str
    stress: float
    held: LegTable
    added: LegTable
    found: Comparison


def _asked(held: Path, added: Path | None, options: dict[str, Any]) -> _Asked:
    """The answer.

    Raises:
        MarginError: when a file or a leg can't be read, the day isn't known, nothing is added, or SPAN has no figure.
    """
    from optmargin.core.contracts import parse_date
    from optmargin.core.errors import ErrorCode, MarginError
    from optmargin.functions.compare import compared
    from optmargin.functions.settings import read_settings
    from optmargin.rules.book import book

    if not options["stress"] > 0:
        raise MarginError(ErrorCode.NUM, f"--stress is {options['stress']:g}", "it must be greater than 0")
    spots = _spots(options["spot"])
    legs, day = _futures_of(held, spots, options["account"])
    more, other_day = (None, None) if added is None else _futures_of(added, spots, options["account"])
    as_of = parse_date(options["as_of"], "--as-of") if options["as_of"] else day or other_day
    if as_of is None:
        raise MarginError(ErrorCode.MISSING, f"{held} doesn't say which day it is of", "give the day (--as-of YYYY-MM-DD)")  # fmt: skip
    new = _together(more, _spoken(options["texts"], legs, spots))
    if not len(new):
        raise MarginError(ErrorCode.VALUE, "nothing is added", 'give a second file, or --add "-5 ES 2025-09-29 6720 call @20.40"')  # fmt: skip
    settings = read_settings()
    in_force = book(options["book"] or settings.book).on(as_of)
    found = compared(legs, new, as_of, in_force, span_choice(options), stress=options["stress"])
    return _Asked(as_of, in_force.book, options["stress"], legs, new, found)


def _spots(texts: Sequence[str]) -> dict[str, float]:
    from optmargin.core.errors import ErrorCode, MarginError
    from optmargin.core.values import number

    found = {}
    for text in texts:
        name, equals, figure = text.rpartition("=")
        price = number(figure, "--spot")
        if not (equals and name.strip()) or price is None:
            raise MarginError(ErrorCode.VALUE, f"--spot {text!r} names no price", "write it like --spot ES=6600")
        found[name.strip()] = price
    return found


def _futures_of(file: Path, spots: dict[str, float], account: str | None) -> tuple[LegTable, dt.date | None]:
    """The futures segment of one account of a file, and the day that the file is of."""
    from optmargin.brokers.read import load
    from optmargin.core.errors import ErrorCode, MarginError, nearest
    from optmargin.functions.book import refuse
    from optmargin.risk.span.choice import is_futures

    loaded = load(file, spots=spots)
    refuse(loaded.findings)
    names = [each.account for each in loaded.accounts]
    mine = [each for each in loaded.accounts if account in (None, each.account)]
    if len(mine) != 1:
        problem = f"{loaded.file} holds {len(names)} accounts" if mine else f"{loaded.file} holds no account {account or ''}".rstrip()  # fmt: skip
        raise MarginError(ErrorCode.VALUE, problem, f"say which with --account: {', '.join(names[:5])}" if mine else nearest(account or "", names) if names else "")  # fmt: skip
    (chosen,) = mine
    refuse(chosen.findings)
    return chosen.legs.where(is_futures(chosen.legs)), chosen.as_of


def _spoken(texts: Sequence[str], held: LegTable, spots: dict[str, float]) -> LegTable | None:
    """Legs in words; the future's price that isn't given is that of the held legs of the same underlying."""
    from optmargin.core.legs import LegTable
    from optmargin.core.positions.rows import plain_name, positive_spots
    from optmargin.hosts.terminal.whatif import added_legs

    if not texts:
        return None
    given = {plain_name(name): price for name, price in positive_spots(spots).items()}
    _, legs = added_legs(texts, "", given, set())
    known = {leg.underlying: leg.spot for leg in held.rows() if not math.isnan(leg.spot)}
    return LegTable.of([
        replace(leg, spot=known.get(leg.underlying, math.nan)) if math.isnan(leg.spot) else leg for leg in legs.rows()
    ])  # fmt: skip


def _together(*tables: LegTable | None) -> LegTable:
    from optmargin.core.legs import LegTable

    return LegTable.of([leg for table in tables if table is not None for leg in table.rows()])


def _public(asked: _Asked) -> dict[str, Any]:
    """The public form: plain figures, null where one is missing."""
    from optmargin.core.money import cents
    from optmargin.report.public import public_finding

    return {
        "as_of": asked.as_of.isoformat(),
        "book": asked.book,
        "stress": asked.stress,
        "complete": all(each.error is None for each in asked.found.rows),
        "rows": [
            {
                "rules": each.rules,
                "figure": each.figure,
                "held": cents(each.held),
                "added": cents(each.added),
                "together": cents(each.together),
                "new_burden": cents(each.new_burden),
                "note": each.note,
            }
            for each in asked.found.rows
        ],
        "in_words": asked.found.in_words(),
        "level": asked.found.level,
        "findings": [public_finding(each) for each in asked.found.findings],
    }


def _show(asked: _Asked) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from optmargin.core.money import dollars

    console = Console(file=sys.stdout, highlight=False, markup=False)
    wider = "" if asked.stress == 1 else f", ranges x {asked.stress:g}"
    console.print(Text(f"{asked.as_of}{wider}: the added legs beside those held", style="bold"))
    for table, word in ((asked.held, "held"), (asked.added, "added")):
        for leg in table.rows():
            console.print(Text(f"{word}: {leg.quantity:+g} {leg.name}"))
    table_shown = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    for number, heading in enumerate(("", "", "held", "added", "together", "new\nburden")):
        table_shown.add_column(heading, justify="right" if number > 1 else "left", no_wrap=True)
    for each in asked.found.rows:
        amounts = (each.held, each.added, each.together, each.new_burden)
        table_shown.add_row(each.rules, each.figure, *("-" if math.isnan(one) else dollars(one) for one in amounts))
    console.print(table_shown)
    for each in asked.found.rows:
        if each.error is not None:
            console.print(Text(f"{each.rules}: {each.error}", style="red"))
    console.print(Text(asked.found.in_words()))
    console.print(Text(asked.found.level, style="dim"))
    for finding in asked.found.findings:
        console.print(Text(f"{finding.severity.value}: {finding}", style="yellow"))
