"""``optmargin whatif``: legs in a trader's words, what they change of an account, and what a move of the market does to it."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from optmargin.batch.reports import Settings, day_of, type_of, with_net_liq
from optmargin.brokers.read import load
from optmargin.core.accounts import Account, Loaded
from optmargin.core.contracts import parse_right
from optmargin.core.errors import ErrorCode, Finding, MarginError, Severity, nearest
from optmargin.core.legs import LegTable
from optmargin.core.money import cents, dollars, plain
from optmargin.core.positions.assembly import Positions
from optmargin.core.positions.rows import Dialect, Row, option_named, plain_name, positive_spots, read_row
from optmargin.margin.whatif import GRID, STRESS_ASSUMPTION, GroupChange, Impact, StressPoint, impact, stress
from optmargin.report.build import net_liq_of
from optmargin.report.public import public_finding
from optmargin.rules.book import TermsInForce

if TYPE_CHECKING:
    from rich.table import Table

_ADDED = "--add"
_REMEDY = 'write it like "-5 SPXW 2022-12-23 3980 call @18.20", "-5 SPXW  221223C03980000" or "+100 SPY stock @400"'
_SPOKEN = re.compile(
    r"\s*(?P<quantity>[+\-\u2212]?\s*[\d.,]+)\s+(?P<what>[^@]+?)\s*(?:@\s*(?P<price>\S+)\s*)?", re.ASCII
)


# Legs in words -------------------------------------------------------------------------------------------------------------


def leg_cells(text: str) -> dict[str, object]:
    """The cells of a leg in words, by concept: signed quantity, what it is, and ``@price`` where it is known.

    What it is may be an option symbol, ``SPXW 2022-12-23 3980 call``, or ``SPY stock``.

    Raises:
        MarginError: ``#VALUE!`` for words that name no leg.
    """
    match = _SPOKEN.fullmatch(text)
    if match is None:
        raise MarginError(ErrorCode.VALUE, f"{_ADDED} '{text}' isn't a leg", _REMEDY)
    cells: dict[str, object] = {"quantity": match["quantity"].replace(" ", ""), "price": match["price"]}
    what = match["what"].strip().strip("\"'").strip()
    if option_named(what) is not None:
        return cells | {"symbol": what}
    words = what.split()
    if len(words) > 1 and _is_stock(words[-1]):
        return cells | {"underlying": " ".join(words[:-1]), "right": words[-1]}
    if len(words) < len(("name", "expiry", "strike", "right")):
        raise MarginError(ErrorCode.VALUE, f"{_ADDED} '{text}' isn't a leg", _REMEDY)
    *name, expiry, strike, right = words
    return cells | {"underlying": " ".join(name), "expiry": expiry, "strike": strike, "right": right}


def _is_stock(word: str) -> bool:
    try:
        return parse_right(word).word == "stock"
    except MarginError:
        return False


def added_legs(
    texts: Sequence[str], account: str, spots: dict[str, float], used: set[str]
) -> tuple[Positions, LegTable]:
    """The legs of several ``--add``, read as the rows of a file are, with what was noticed; adds to ``used`` as a file does.

    Raises:
        MarginError: ``#VALUE!`` for the first that can't be read, with the sentence that a row would have.
    """
    positions = Positions(account)
    for number, text in enumerate(texts, start=1):
        reading = read_row(Row(number, account, leg_cells(text)), Dialect(_ADDED))
        refused = next((each for each in reading.findings if each.severity is Severity.INCOMPLETE), None)
        if refused is not None:
            raise MarginError(ErrorCode.VALUE, f"{_ADDED} '{text}': {refused.problem}", refused.remedy)
        if reading.leg is None:
            raise MarginError(ErrorCode.VALUE, f"{_ADDED} '{text}': the quantity is 0", _REMEDY)
        positions.add(replace(reading, findings=()))
        positions.findings.extend(replace(each, file=_ADDED) for each in reading.findings)
    table = positions.table(_ADDED, spots, used)
    return positions, replace(table, line=np.zeros_like(table.line))  # a line would be taken for one of the file


# The question ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of one account, and the answers.

    Attributes:
        loaded: the file.
        account: the account of it.
        as_of: the day.
        in_force: the terms of the book.
        added: the legs to add; none where only a move was asked for.
        found: the account before and after.
        stress_before, stress_after: after moves of the underlyings, without and with the added legs; empty where not asked for.
        findings: what was noticed.
        with_stress: whether moves were asked for.
    """

    loaded: Loaded
    account: Account
    as_of: dt.date
    in_force: TermsInForce
    added: LegTable
    found: Impact
    stress_before: tuple[StressPoint, ...]
    stress_after: tuple[StressPoint, ...]
    findings: tuple[Finding, ...]
    with_stress: bool

    @property
    def complete(self) -> bool:
        """Whether both requirements are whole, and nothing of the file itself is missing."""
        return self.found.complete and not _lacks(self.findings)

    @property
    def answered(self) -> bool:
        """Whether everything that was asked for is there."""
        return self.complete and bool(self.stress_after or not self.with_stress)


def asked(file: Path, texts: Sequence[str], settings: Settings, *, account: str | None, with_stress: bool) -> Asked:
    """The answers for one account of a file.

    Raises:
        MarginError: when the file or a leg can't be read, or the account isn't said or isn't there.
    """
    loaded = load(file, spots=settings.spots)
    if not loaded.accounts and not _lacks(loaded.findings):  # a header alone: an account before its first position
        loaded = replace(loaded, accounts=(Account("", LegTable.of([])),))
    mine = _chosen(loaded, with_net_liq(loaded, settings.net_liq), account)
    as_of, account_type = day_of(mine, loaded, settings), type_of(mine, settings)
    in_force = settings.terms_on(as_of)
    spots = {plain_name(name): price for name, price in positive_spots(settings.spots).items()}
    used: set[str] = set()
    positions, added = added_legs(texts, mine.account, spots, used)
    found = impact(
        mine.legs,
        added,
        in_force,
        as_of=as_of,
        account_type=account_type,
        account=mine.account,
        findings=mine.findings,
        time_limit=settings.time_limit,
    )
    net_liq = net_liq_of(mine, found.before.requirement)
    if net_liq is not None:
        found = found.with_net_liq(net_liq)
    of_file = [each for each in loaded.findings if not any(f"spot {name} was given" in each.problem for name in used)]
    noticed = [*of_file, *found.after.requirement.findings, *found.before.requirement.findings, *positions.findings]
    grids: list[tuple[StressPoint, ...]] = [(), ()]
    if with_stress and found.complete:
        stressed = partial(
            stress,
            in_force=in_force,
            as_of=as_of,
            account_type=account_type,
            account=mine.account,
            time_limit=settings.time_limit / len(GRID),
        )
        first, last = found.before, found.after
        try:
            grids[1] = stressed(found.legs_after, net_liq=last.net_liq, at_rest=last.requirement)
            if len(added):
                grids[0] = stressed(found.legs_before, net_liq=first.net_liq, at_rest=first.requirement)
        except MarginError as error:
            noticed.append(Finding(Severity.WARNING, f"no stress: {error.problem}", error.remedy, account=mine.account))
    return Asked(
        loaded, mine, as_of, in_force, added, found, grids[0], grids[1], tuple(dict.fromkeys(noticed)), with_stress
    )


def _lacks(findings: Sequence[Finding]) -> bool:
    return any(each.severity is Severity.INCOMPLETE for each in findings)


def _chosen(loaded: Loaded, accounts: Sequence[Account], name: str | None) -> Account:
    if name is None and len(accounts) == 1:
        return accounts[0]
    names = [each.account for each in accounts]
    if name is None or name not in names:
        problem = (
            f"{loaded.file} holds {len(names)} accounts" if name is None else f"{loaded.file} holds no account {name}"
        )
        remedy = f"say which with --account: {', '.join(names[:5])}" if name is None else nearest(name, names)
        raise MarginError(ErrorCode.VALUE, problem, remedy if names else "")
    return accounts[names.index(name)]


def ask(
    file: Path, texts: Sequence[str], settings: Settings, *, account: str | None, with_stress: bool, as_json: bool
) -> bool:
    """Asks and prints; whether everything that was asked for is there.

    Raises:
        MarginError: as :func:`asked`; ``#VALUE!`` when nothing was asked for.
    """
    if not texts and not with_stress:
        raise MarginError(
            ErrorCode.VALUE, "nothing to add and no stress asked for", f"give {_ADDED} or --stress; {_REMEDY}"
        )
    answer = asked(file, texts, settings, account=account, with_stress=with_stress)
    if as_json:
        click.echo(json.dumps(public(answer), indent=2, ensure_ascii=False))
    else:
        show(answer)
    return answer.answered


# As JSON -------------------------------------------------------------------------------------------------------------------------

_FRACTIONS = frozenset({"cushion"})


def public(answer: Asked) -> dict[str, Any]:
    """The public form, documented in ``addin/docs/json.md``; keys are only ever added."""
    found = answer.found
    return {
        "as_of": answer.as_of.isoformat(),
        "book": answer.in_force.book,
        "convention": answer.in_force.convention.value,
        "file": answer.loaded.file,
        "account": answer.account.account,
        "complete": answer.complete,
        "added": [
            {
                "quantity": leg.quantity,
                "name": leg.name,
                "underlying": leg.underlying,
                "right": leg.right.word,
                "expiry": None if leg.expiry is None else leg.expiry.isoformat(),
                "strike": _known(leg.strike, "strike"),
                "price": None if math.isnan(leg.price) else leg.price,
            }
            for leg in answer.added.rows()
        ],
        "paid": _known(found.paid, "paid"),
        "figures": {
            name: {
                "before": _known(figure.before, name),
                "after": _known(figure.after, name),
                "change": _known(figure.change, name),
            }
            for name, figure in found.figures().items()
        },
        "groups": [_public_group(each) for each in found.changed_groups()],
        "stress_assumption": STRESS_ASSUMPTION if answer.stress_after else None,
        "stress_before": [_public_point(point) for point in answer.stress_before],
        "stress": [_public_point(point) for point in answer.stress_after],
        "findings": [public_finding(finding) for finding in answer.findings],
    }


def _known(value: float, name: str) -> float | None:
    if math.isnan(value):
        return None
    return value if name in _FRACTIONS or name == "strike" else cents(value)


def _public_group(group: GroupChange) -> dict[str, Any]:
    return {
        "underlying": group.underlying,
        "expiry": None if group.expiry is None else group.expiry.isoformat(),
        "settlement": group.settlement.value,
        "before": _known(group.figure.before, ""),
        "after": _known(group.figure.after, ""),
        "change": _known(group.figure.change, ""),
    }


def _public_point(point: StressPoint) -> dict[str, Any]:
    standing = point.standing
    convention = standing.requirement.book.convention
    return {
        "move": point.move,
        "requirement": _known(standing.requirement.initial.in_convention(convention), ""),
        "maintenance": _known(standing.requirement.maintenance.in_convention(convention), ""),
        "net_liq": _known(standing.net_liq, ""),
        "available_funds": _known(standing.available, ""),
        "excess_liquidity": _known(standing.excess_liquidity, ""),
        "cushion": _known(standing.cushion, "cushion"),
    }


# On a terminal ---------------------------------------------------------------------------------------------------------------------

_COLOURS = {Severity.INCOMPLETE: "red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}
_SHOWN = {
    "requirement": "requirement",
    "maintenance": "maintenance",
    "gross": "  gross",
    "deposit": "  deposit",
    "margin_field": "  margin field",
    "net_liq": "net liq",
    "available_funds": "available funds",
    "excess_liquidity": "excess liquidity",
    "cushion": "cushion",
}


def show(answer: Asked) -> None:
    """What was added, the figures before and after, the groups that change, and the stress."""
    import sys

    from rich.console import Console
    from rich.text import Text

    console = Console(file=sys.stdout, highlight=False, markup=False)
    name = f"account {answer.account.account}" if answer.account.account else answer.loaded.file
    state = "complete" if answer.complete else "INCOMPLETE: totals are not stated"
    title = f"{name}, {answer.as_of}, {answer.in_force.title} [{answer.in_force.book}]: {state}"
    console.print(Text(title, style="bold"))
    for finding in answer.findings:
        console.print(Text(f"{finding.severity.value}: {finding}", style=_COLOURS[finding.severity]))
    found = answer.found
    if len(answer.added):
        for leg in answer.added.rows():
            price = "" if math.isnan(leg.price) else f" @{plain(leg.price)}"
            console.print(Text(f"added: {leg.quantity:+g} {leg.name}{price}"))
        console.print(Text(_cash_in_words(found.paid)))
        console.print(_figures(found, answer.in_force.convention.value))
        groups = found.changed_groups()
        console.print(_groups(groups) if groups else Text("No group's requirement changes."))
    if answer.stress_after:
        console.print(_stress(answer))
        console.print(Text(STRESS_ASSUMPTION, style="dim"))


def _cash_in_words(paid: float) -> str:
    if math.isnan(paid):
        return "cash: not known, since a leg has no price; at the mark the trade leaves net liq as it is"
    return (
        f"cash: {'pays' if paid >= 0 else 'receives'} {dollars(abs(paid))}; at the mark a trade leaves net liq as it is"
    )


def _amount(value: float, name: str = "") -> str:
    if math.isnan(value):
        return "-"
    return f"{value:.1%}" if name in _FRACTIONS else dollars(value)


def _table(*headings: str) -> Table:
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left", no_wrap=True)
    return table


def _figures(found: Impact, convention: str) -> Table:
    table = _table(f"{convention} convention", "before", "after", "change")
    figures = found.figures()
    for name, words in _SHOWN.items():
        figure = figures[name]
        table.add_row(words, *(_amount(value, name) for value in (figure.before, figure.after, figure.change)))
    return table


def _groups(groups: Sequence[GroupChange]) -> Table:
    table = _table("groups that change", "before", "after", "change")
    for group in groups:
        day = "stock" if group.expiry is None else group.expiry.isoformat()
        figure = group.figure
        amounts = (_amount(value) for value in (figure.before, figure.after, figure.change))
        table.add_row(f"{group.underlying} {day}", *amounts)
    return table


def _stress(answer: Asked) -> Table:
    before = ["cushion before"] if answer.stress_before else []
    table = _table("move", "requirement", "net liq", "excess liq.", *before, "cushion")
    for number, point in enumerate(answer.stress_after):
        standing = point.standing
        was = [_amount(answer.stress_before[number].standing.cushion, "cushion")] if answer.stress_before else []
        table.add_row(
            f"{100 * point.move:+.4g} %" if point.move else "0 %",
            _amount(standing.requirement.requirement),
            _amount(standing.net_liq),
            _amount(standing.excess_liquidity),
            *was,
            _amount(standing.cushion, "cushion"),
        )
    return table
