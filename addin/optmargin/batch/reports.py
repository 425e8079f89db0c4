"""The reports of one file: read it, choose day, account type and net liq, and margin every account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from optmargin.brokers.read import load
from optmargin.core.contracts import AccountType
from optmargin.core.errors import ErrorCode, Finding, MarginError, nearest
from optmargin.report.build import Origin, margin_report
from optmargin.report.methods import Method
from optmargin.risk.span.choice import SpanChoice
from optmargin.rules.book import TermsInForce, book
from optmargin.sizing.slots import SLOT_WIDTH

if TYPE_CHECKING:
    from optmargin.core.accounts import Account, Loaded
    from optmargin.report.records import MarginReport


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person chose; None and empty mean: as the file says.

    Attributes:
        book: name of the rule book.
        today: the day to take where neither ``as_of`` nor the file names one; only a person at a terminal has a today.
        as_of: the day of the report.
        account_type: margin, cash or IRA.
        net_liq: net liquidation values in USD by account; the key ``""`` is for the only account of a file.
        spots: prices of underlyings, USD per share, by name.
        slot_width: USD per share.
        time_limit: seconds for the choice of the pairing of one underlying.
        live_quotes: whether the file's prices are live quotes, for the book's terms that need them.
        stress: whether reports hold the account after moves of the underlyings.
        method: how securities and futures are margined.
        span: by which parameters futures are.
        commodity_cash: cash of the futures segment in USD by account; the key ``""`` is for the only account of a file.
        side_by_side: whether reports hold the securities by the other method too.
    """

    book: str = "ibkr"
    today: dt.date | None = None
    as_of: dt.date | None = None
    account_type: AccountType | None = None
    net_liq: Mapping[str, float] = field(default_factory=dict)
    spots: Mapping[str, float] = field(default_factory=dict)
    slot_width: float = SLOT_WIDTH
    time_limit: float = 10.0
    live_quotes: bool = False
    stress: bool = True
    method: Method = Method.AUTO
    span: SpanChoice = field(default_factory=SpanChoice)
    commodity_cash: Mapping[str, float] = field(default_factory=dict)
    side_by_side: bool = True

    def terms_on(self, as_of: dt.date) -> TermsInForce:
        """The terms of the chosen book on a day.

        Raises:
            MarginError: for a book or a day that there is none for.
        """
        in_force = book(self.book).on(as_of)
        return replace(in_force, live_quotes=True) if self.live_quotes else in_force


@dataclass(frozen=True, slots=True)
class FileReports:
    """The reports of one file's accounts, and what was noticed about the file itself."""

    file: str
    layout: str
    reports: tuple[MarginReport, ...]
    findings: tuple[Finding, ...]

    @property
    def complete(self) -> bool:
        """Whether every account has its requirement, and nothing of the file itself is missing."""
        return all(report.complete for report in self.reports) and not any(
            finding.severity == "incomplete" for finding in self.findings
        )


def file_reports(path: Path, settings: Settings) -> FileReports:
    """The reports of every account of a file.

    Raises:
        MarginError: when the file can't be read, the book or the day isn't known, or a net liq is given for no account of it.
    """
    loaded = load(path, spots=settings.spots)
    accounts = with_commodity_cash(loaded, with_net_liq(loaded, settings.net_liq), settings.commodity_cash)
    reports = tuple(_report(account, loaded, settings) for account in accounts)
    return FileReports(loaded.file, loaded.layout, reports, loaded.findings)


def _report(account: Account, loaded: Loaded, settings: Settings) -> MarginReport:
    as_of = day_of(account, loaded, settings)
    return margin_report(
        account,
        settings.terms_on(as_of),
        as_of=as_of,
        account_type=type_of(account, settings),
        origin=Origin(loaded.file, loaded.layout),
        slot_width=settings.slot_width,
        time_limit=settings.time_limit,
        with_stress=settings.stress,
        method=settings.method,
        span=settings.span,
        side_by_side=settings.side_by_side,
    )


def day_of(account: Account, loaded: Loaded, settings: Settings) -> dt.date:
    """The day of an account's figures: as a person said, else as the file says, else today.

    Raises:
        MarginError: ``#N/A`` when nobody says.
    """
    as_of = settings.as_of or account.as_of or settings.today
    if as_of is None:
        raise MarginError(
            ErrorCode.MISSING, f"{loaded.file} doesn't say which day it is of", "give the day (--as-of YYYY-MM-DD)"
        )
    return as_of


def type_of(account: Account, settings: Settings) -> AccountType:
    """The kind of account: as a person said, else as the file says, else margin."""
    return settings.account_type or account.account_type or AccountType.MARGIN


def with_net_liq(loaded: Loaded, net_liq: Mapping[str, float]) -> list[Account]:
    """The accounts of a file with the net liq that a person gave in place of the file's.

    Raises:
        MarginError: ``#VALUE!`` when a net liq is given for no account of the file.
    """
    names = _checked_names(loaded, net_liq, "net liq", "--net-liq")
    done = []
    for account in loaded.accounts:
        given = net_liq.get(account.account, net_liq.get("") if len(names) == 1 else None)
        # A given net liq is another day's or another hour's: the file's own cash and values don't belong to it.
        done.append(
            account
            if given is None
            else replace(account, net_liq=given, cash=None, stock_value=None, option_value=None, commodity_cash=None)
        )
    return done


def with_commodity_cash(loaded: Loaded, accounts: list[Account], given: Mapping[str, float]) -> list[Account]:
    """The accounts with the cash of the futures segment that a person gave in place of the file's.

    Raises:
        MarginError: ``#VALUE!`` when it is given for no account of the file.
    """
    names = _checked_names(loaded, given, "commodity cash", "--commodity-cash")
    done = []
    for account in accounts:
        cash = given.get(account.account, given.get("") if len(names) == 1 else None)
        done.append(account if cash is None else replace(account, commodity_cash=cash))
    return done


def _checked_names(loaded: Loaded, given: Mapping[str, float], what: str, option: str) -> list[str]:
    """The names of the file's accounts, where those that an amount is given for are among them."""
    names = [account.account for account in loaded.accounts]
    for name in given:
        if name == "" and not names:
            raise MarginError(ErrorCode.MISSING, f"{loaded.file} holds no position", "check that it is the right file")
        if name == "" and len(names) != 1:
            problem = f"{loaded.file} holds {len(names)} accounts, and a {what} is given without saying whose"
            raise MarginError(ErrorCode.VALUE, problem, f"give it like {option} U1234567=100000")
        if name and name not in names:
            raise MarginError(
                ErrorCode.VALUE,
                f"a {what} is given for account {name}, which {loaded.file} doesn't hold",
                nearest(name, names),
            )
    return names
