"""IBKR Flex Query XML: positions, cash and net liq of one or many accounts.

The user of a Flex query chooses its fields, so any attribute may be absent. The file is read as a stream; only the rows
that matter are kept. Document type and entity declarations are refused: no Flex file has one, attacks on parsers do.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple
from xml.parsers import expat  # declarations are refused in _Scan, and expat limits expansion by itself

from optmargin.brokers.layout import Layout
from optmargin.core.accounts import Account, Loaded
from optmargin.core.contracts import AccountType, parse_option_symbol
from optmargin.core.errors import ErrorCode, Finding, MarginError, Severity
from optmargin.core.instruments import instruments
from optmargin.core.money import dollars, plain
from optmargin.core.positions.assembly import Positions, unused_spots
from optmargin.core.positions.rows import SECURITY, Dialect, Row, plain_name, positive_spots, read_row
from optmargin.core.values import day, day_first_of, day_order, day_readings, is_blank, number, shown, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

NAME = "IBKR Flex Query XML"
_BLOCK = 1 << 18

_NAMES = {
    "symbol": "symbol", "description": "description", "underlying": "underlyingSymbol", "right": "putCall",
    "strike": "strike", "expiry": "expiry", "quantity": "position", "price": "markPrice",
    "multiplier": "multiplier", "side": "side",
}  # fmt: skip
_KEPT = frozenset({
    *_NAMES.values(), "quantity", "accountId", "model", "currency", "fxRateToBase", "assetCategory", "conid",
    "reportDate", "positionValue", "levelOfDetail", "openDateTime",
})  # fmt: skip

_SECTIONS = {
    "OpenPosition": "positions", "EquitySummaryByReportDateInBase": "equity", "CashReportCurrency": "cash",
    "AccountInformation": "information", "ChangeInNAV": "changes",
}  # fmt: skip

_OPTIONS = frozenset({"OPT"})
_FUTURE_OPTIONS = frozenset({"FOP", "FSFOP"})
_STOCKS = frozenset({"STK", "FUND"})
_FUTURES = frozenset({"FUT"})
_NO_POSITIONS = frozenset({"IND", "CASH"})
_NOT_IN_NET_LIQ = frozenset({"FUT", "CFD", "IND", "CASH"})  # their position value is notional, or cash already
_ACCRUALS = ("interestAccruals", "dividendAccruals", "cfdUnrealizedPl", "forexCfdUnrealizedPl")
_KINDS = {"BOND": "bonds", "BILL": "bills", "WAR": "warrants", "IOPT": "structured products", "CFD": "CFDs",
          "CMDTY": "metals", "CRYPTO": "cryptocurrencies", "FSOPT": "futures-style options"}  # fmt: skip

_FUTURE_SYMBOL = re.compile(r"([A-Z0-9]{1,4}?)[FGHJKMNQUVXZ]\d{1,2}", re.ASCII)
_LOCAL_SYMBOL = re.compile(r"([A-Z0-9]{1,4}?)[FGHJKMNQUVXZ]\d{1,2}\s+[CP]\s?[\d.]+", re.ASCII)
_RETIREMENT = re.compile(r"\b(IRA|ROTH|SEP|SIMPLE|401K?|RETIREMENT)\b", re.IGNORECASE)


class _Element(NamedTuple):
    """One element of the file: its line and its attributes."""

    line: int
    attributes: Mapping[str, str]

    def get(self, name: str) -> str:
        """An attribute as text; empty where it is absent or says nothing."""
        value = self.attributes.get(name)
        return "" if is_blank(value) else text_of(value)


@dataclass(slots=True)
class _Statement:
    """One FlexStatement, or the part of one that belongs to one account."""

    opening: _Element
    account: str = ""
    has_positions: bool = False
    positions: list[_Element] = field(default_factory=list)
    equity: list[_Element] = field(default_factory=list)
    cash: list[_Element] = field(default_factory=list)
    information: list[_Element] = field(default_factory=list)
    changes: list[_Element] = field(default_factory=list)
    strange: list[tuple[int, str]] = field(default_factory=list)

    def parts(self) -> list[_Statement]:
        """The statement account by account: a consolidated one names the account on each row."""
        own = self.opening.get("accountId")
        parts: dict[str, _Statement] = {}
        for section in _SECTIONS.values():
            for element in getattr(self, section):
                name = element.get("accountId") or own
                part = parts.setdefault(name, _Statement(self.opening, name, self.has_positions))
                getattr(part, section).append(element)
        listed = list(parts.values()) or [_Statement(self.opening, own, self.has_positions)]
        for part in listed:
            part.strange = self.strange
        return listed


class _Scan:
    """A pass over the file that keeps the elements that matter, with their lines."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root = ""
        self.statements: list[_Statement] = []
        self.orders: set[bool | None] = set()
        self.answer: dict[str, str] = {}
        self.skipped_lines = 0
        self._in_positions = False
        self._text: list[str] | None = None
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._parser.ExternalEntityRefHandler = self._refuse

    @property
    def line(self) -> int:
        return self._parser.CurrentLineNumber + self.skipped_lines

    def read(self, path: Path) -> None:
        """Reads the whole file.

        Raises:
            MarginError: ``#VALUE!`` where it isn't XML, breaks off, or declares entities.
        """
        try:
            with path.open("rb") as stream:
                block = stream.read(_BLOCK)
                trimmed = block.lstrip(b"\xef\xbb\xbf \t\r\n") if block[:1] in b"\xef \t\r\n" else block
                self.skipped_lines = block[: len(block) - len(trimmed)].count(b"\n")
                block = trimmed
                while block:
                    self._parser.Parse(block)
                    block = stream.read(_BLOCK)
                self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code) or "not well-formed"
            raise MarginError(
                ErrorCode.VALUE,
                f"{self.name} line {error.lineno + self.skipped_lines}: the XML breaks off or is damaged ({reason})",
                "run the Flex query again and save the whole file",
            ) from None
        except (LookupError, ValueError) as error:
            raise MarginError(
                ErrorCode.VALUE, f"{self.name}: its encoding can't be read ({error})", "save it as UTF-8"
            ) from None

    def _refuse(self, *_: object) -> int:
        raise MarginError(
            ErrorCode.VALUE,
            f"{self.name} line {self.line}: a document type or entity declaration, which no Flex file has",
            "fetch the file from IBKR again",
        )

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.root = self.root or tag
        if self.root == "FlexStatementResponse":
            self._text = []
            return
        for value in attributes.values():
            if "/" in value:
                self.orders.add(day_order(value))
        if tag == "FlexStatement":
            self.statements.append(_Statement(_Element(self.line, attributes)))
            return
        if not self.statements:
            return
        statement = self.statements[-1]
        if tag in ("OpenPositions", "OpenPosition"):
            statement.has_positions = True
            self._in_positions = self._in_positions or tag == "OpenPositions"
        elif self._in_positions:
            statement.strange.append((self.line, tag))
        if tag == "OpenPosition":
            attributes = {name: value for name, value in attributes.items() if name in _KEPT}
            self._order_by_symbol(attributes)
        if tag in _SECTIONS:
            getattr(statement, _SECTIONS[tag]).append(_Element(self.line, attributes))

    def _order_by_symbol(self, attributes: Mapping[str, str]) -> None:
        """An expiry of 05/12/2022 beside a symbol of 5 December tells how the file writes its days."""
        readings = day_readings(attributes.get("expiry", ""))
        if readings is None or readings[0] == readings[1]:
            return
        try:
            expiry = parse_option_symbol(attributes.get("symbol", "")).expiry
        except MarginError:
            return
        if expiry in readings:
            self.orders.add(expiry == readings[0])

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, tag: str) -> None:
        if tag == "OpenPositions":
            self._in_positions = False
        if self._text is not None:
            self.answer[tag] = "".join(self._text).strip()[:200]
            self._text = []


def recognises(head: str | bytes) -> bool:
    """Whether a file is a Flex statement, or the answer of the Flex Web Service in place of one."""
    return (
        isinstance(head, str)
        and re.search(r"<Flex(QueryResponse|StatementResponse|Statements?)[\s>/]", head) is not None
    )


def read(path: Path, spots: Mapping[str, float]) -> Loaded:
    """The accounts of a Flex file. The prices of shares in an account are the spots of the options on them.

    Raises:
        MarginError: ``#VALUE!`` where the file as a whole can't be read.
    """
    scan = _Scan(path.name)
    scan.read(path)
    if scan.root == "FlexStatementResponse":
        raise _no_statement(path.name, scan.answer)
    if not scan.statements:
        raise MarginError(
            ErrorCode.VALUE,
            f"{path.name} is a Flex file without any statement",
            "run the query for an account and a day that have one",
        )
    dialect = Dialect(path.name, _NAMES, day_first=day_first_of(scan.orders))
    given = positive_spots(spots)
    used: set[str] = set()
    accounts = [
        _account(part, dialect, given, used, notes) for part, notes in _latest_parts(scan.statements, dialect)
    ]  # fmt: skip
    return Loaded(NAME, path.name, tuple(accounts), tuple(unused_spots(given, used, path.name)))


def _no_statement(file: str, answer: Mapping[str, str]) -> MarginError:
    status = answer.get("Status", "")
    code, message = answer.get("ErrorCode", ""), answer.get("ErrorMessage", "").rstrip(".")
    if status.lower() == "success":
        return MarginError(
            ErrorCode.VALUE,
            f"{file} is the Flex Web Service's receipt for a request, not the statement",
            f"fetch the statement with the reference code {answer.get('ReferenceCode', '')}".rstrip(),
        )
    said = ": ".join(part for part in (f"error {code}" if code else "", message) if part) or "no reason given"
    return MarginError(
        ErrorCode.VALUE,
        f"{file} is the Flex Web Service's answer {shown(status or 'Fail')} in place of a statement ({said})",
        "wait a minute and fetch it again, or run the query in Client Portal",
    )


def _day(element: _Element, name: str, dialect: Dialect) -> dt.date | None:
    """The day of an attribute; None where it is absent, unreadable or one of several."""
    text = element.get(name)
    try:
        return None if text.upper() == "MULTI" else day(text, name, day_first=dialect.day_first)
    except MarginError:
        return None


def _latest_parts(statements: Iterable[_Statement], dialect: Dialect) -> list[tuple[_Statement, list[Finding]]]:
    """One statement per account: the latest, with a finding where others were left out."""
    by_account: dict[str, list[_Statement]] = defaultdict(list)
    for statement in statements:
        for part in statement.parts():
            by_account[part.account].append(part)
    chosen = []
    for account, parts in by_account.items():
        findings: list[Finding] = []
        if len(parts) > 1:
            parts.sort(key=lambda part: (_last_day(part, dialect) or dt.date.min, part.opening.get("whenGenerated")))
            last, before = parts[-1], parts[-2]
            days = [_last_day(part, dialect) for part in parts]
            others = ", ".join("no date" if each is None else each.isoformat() for each in days[:-1])
            severity = Severity.NOTE
            problem = (
                f"account {account} has {len(parts)} statements; that of {days[-1]} was read, not those of {others}"
            )
            remedy = ""
            if days[0] is None:
                severity = Severity.INCOMPLETE
                problem = f"account {account} has {len(parts)} statements, and which is the latest can't be told"
                remedy = "keep one statement per account, with a toDate that can be read"
            elif days[-1] == days[-2] and _contents(last) != _contents(before):
                severity = Severity.INCOMPLETE
                problem = f"account {account} has two statements of {days[-1]} with different positions"
                remedy = "keep one statement per account"
            findings.append(Finding(severity, problem, remedy, dialect.file, last.opening.line, account))
        chosen.append((parts[-1], findings))
    return chosen


def _last_day(part: _Statement, dialect: Dialect) -> dt.date | None:
    return _day(part.opening, "toDate", dialect) or max(
        (found for row in (*part.equity, *part.positions) if (found := _day(row, "reportDate", dialect)) is not None),
        default=None,
    )


def _contents(part: _Statement) -> list[list[tuple[str, str]]]:
    return sorted(sorted(row.attributes.items()) for row in part.positions)


@dataclass(slots=True)
class _Figures:
    """The account's figures as the file states them."""

    net_liq: float | None = None
    cash: float | None = None
    stock: float | None = None
    options: float | None = None
    commodity_cash: float | None = None
    accruals: float = 0.0


def _account(
    part: _Statement, dialect: Dialect, spots: Mapping[str, float], used: set[str], notes: list[Finding]
) -> Account:
    positions = Positions(part.account, findings=list(notes))
    currency = _base_currency(part)
    account_type = _account_type(part, positions, dialect)
    rows = _rows_of_the_day(part, positions, dialect)
    figures = _figures(part, positions, dialect)
    if not part.has_positions:
        positions.note(
            Severity.INCOMPLETE,
            "the query has no Open Positions section",
            "add it to the Flex query in Client Portal, with level of detail Summary",
            dialect.file,
            part.opening.line,
        )
    for line, tag in part.strange:
        problem = f"element {shown(tag)} among the open positions isn't known"
        positions.note(Severity.INCOMPLETE, problem, "run the query again", dialect.file, line)
    kept, unclear = _one_level(rows, positions, dialect)
    for element in kept:
        _read_position(element, positions, dialect, currency, is_unclear=element.line in unclear)
    legs = positions.table(dialect.file, spots, used)
    if not unclear:
        _check_balance(kept, figures, positions, dialect, part)
    days = [found for row in (*part.equity, *part.positions) if (found := _day(row, "reportDate", dialect)) is not None]
    last = _day(part.opening, "toDate", dialect)
    as_of = max([*days, *([last] if last is not None else [])], default=None)
    if as_of is None:
        positions.note(
            Severity.WARNING,
            "the file doesn't say of which day it is, or the day can be read in two ways",
            "give the day with --as-of",
            dialect.file,
            part.opening.line,
        )
    return Account(
        account=part.account,
        legs=legs,
        as_of=as_of,
        account_type=account_type,
        net_liq=figures.net_liq,
        cash=figures.cash,
        stock_value=figures.stock,
        option_value=figures.options,
        currency=currency,
        findings=tuple(positions.findings),
        commodity_cash=figures.commodity_cash,
    )


def _base_currency(part: _Statement) -> str:
    for element in (*part.information, *part.equity):
        if element.get("currency") and element.get("currency") != "BASE_SUMMARY":
            return element.get("currency").upper()
    for element in part.positions:
        if element.get("currency") and re.fullmatch(r"1(\.0*)?", element.get("fxRateToBase")):
            return element.get("currency").upper()
    return "USD"


def _account_type(part: _Statement, positions: Positions, dialect: Dialect) -> AccountType | None:
    for element in part.information:
        capabilities = element.get("accountCapabilities")
        if re.search(r"portfolio\s*margin", capabilities, re.IGNORECASE):
            positions.note(
                Severity.NOTE,
                "the broker margins this account by portfolio margin; --method portfolio answers by it, the other methods by strategy",
                "",
                dialect.file,
                element.line,
            )
        if any(
            _RETIREMENT.search(element.get(name)) for name in ("accountType", "customerType", "accountCapabilities")
        ):
            return AccountType.IRA
        for word, kind in (("margin", AccountType.MARGIN), ("cash", AccountType.CASH)):
            if word in capabilities.lower():
                return kind
    return None


def _amount(element: _Element, name: str, positions: Positions, dialect: Dialect) -> float | None:
    """The amount of an attribute, USD; None where it is absent, with a warning where it can't be read."""
    try:
        return number(element.get(name), name)
    except MarginError as error:
        positions.note(Severity.WARNING, error.problem, error.remedy, dialect.file, element.line)
        return None


def _figures(part: _Statement, positions: Positions, dialect: Dialect) -> _Figures:
    figures = _Figures()
    rows = [row for row in part.equity if not row.get("model")] or part.equity
    if rows:
        dated = [(_day(row, "reportDate", dialect) or dt.date.min, at) for at, row in enumerate(rows)]
        row = rows[max(dated)[1]]
        figures.net_liq = _amount(row, "total", positions, dialect)
        figures.cash = _amount(row, "cash", positions, dialect)
        figures.options = _amount(row, "options", positions, dialect)
        values = [_amount(row, name, positions, dialect) for name in ("stock", "funds")]
        figures.stock = None if values == [None, None] else sum(value for value in values if value is not None)
        figures.accruals = math.fsum(_amount(row, name, positions, dialect) or 0.0 for name in _ACCRUALS)
        same_day = [each for (each_day, _), each in zip(dated, rows, strict=True) if each_day == max(dated)[0]]
        if len({each.get("total") for each in same_day}) > 1:
            positions.note(
                Severity.WARNING,
                f"{len(same_day)} rows state the net liq of the same day, with different totals; the last was taken",
                "check the query's Net Asset Value section",
                dialect.file,
                row.line,
            )
    if figures.net_liq is None and part.changes:
        figures.net_liq = _amount(part.changes[-1], "endingValue", positions, dialect)
    base = [row for row in part.cash if row.get("currency") == "BASE_SUMMARY"]
    only = base or (part.cash if len(part.cash) == 1 else [])
    if figures.cash is None:
        figures.cash = _amount(only[-1], "endingCash", positions, dialect) if only else None
    figures.commodity_cash = _amount(only[-1], "endingCashCom", positions, dialect) if only else None
    return figures


def _rows_of_the_day(part: _Statement, positions: Positions, dialect: Dialect) -> list[_Element]:
    """The positions of the latest day: a query broken out by day repeats them for each."""
    days = [_day(row, "reportDate", dialect) for row in part.positions]
    latest = max((each for each in days if each is not None), default=None)
    kept = [row for row, each in zip(part.positions, days, strict=True) if each is None or each == latest]
    if len(kept) < len(part.positions):
        positions.note(
            Severity.WARNING,
            f"{len(part.positions) - len(kept)} rows of days before {latest} were left out",
            "",
            dialect.file,
            part.opening.line,
        )
    return kept


def _raw_quantity(element: _Element) -> float:
    """The signed quantity; NaN where it can't be read."""
    try:
        found = number(element.get("position") or element.get("quantity"), "position")
    except MarginError:
        return math.nan
    return math.nan if found is None else found


def _one_level(rows: Iterable[_Element], positions: Positions, dialect: Dialect) -> tuple[list[_Element], set[int]]:
    """Each contract once: its summary row where there is one, else its lots; and the lines where that can't be told."""
    unclear: set[int] = set()
    by_contract: dict[tuple[str, ...], list[_Element]] = defaultdict(list)
    for row in rows:
        names = (
            "assetCategory",
            "symbol",
            "expiry",
            "strike",
            "putCall",
            "underlyingSymbol",
            "description",
            "currency",
            "multiplier",
        )
        identity = (row.get("conid"),) if row.get("conid") else tuple(row.get(name) for name in names)
        by_contract[(row.get("model"), *identity)].append(row)
    kept: list[_Element] = []
    for same in by_contract.values():
        levels = [row.get("levelOfDetail").upper() for row in same]
        summaries = [row for row, level in zip(same, levels, strict=True) if level == "SUMMARY"]
        lots = [row for row, level in zip(same, levels, strict=True) if level == "LOT"]
        others = [row for row, level in zip(same, levels, strict=True) if level not in ("SUMMARY", "LOT")]
        if len(same) == 1 or (lots and not summaries and not others):
            kept.extend(same)
        elif summaries and not others:
            kept.extend(summaries)
            _check_summary(summaries, lots, positions, dialect)
        elif (summary := _summary_by_date(others)) is not None and not summaries and not lots:
            kept.append(summary)
        elif summaries or lots or _may_repeat(others):
            row = next((row for row in same if _raw_quantity(row) != 0), same[0])
            kept.append(row)
            unclear.add(row.line)
        else:
            kept.extend(others)
    return sorted(kept, key=lambda row: row.line), unclear


def _check_summary(summaries: list[_Element], lots: list[_Element], positions: Positions, dialect: Dialect) -> None:
    total = math.fsum(map(_raw_quantity, summaries))
    name = summaries[0].get("symbol") or summaries[0].get("description")
    problem = ""
    if len(summaries) > 1:
        problem = f"{name} has {len(summaries)} SUMMARY rows; they were added"
    elif lots and not math.isclose(math.fsum(map(_raw_quantity, lots)), total, abs_tol=1e-6) and not math.isnan(total):
        problem = f"the SUMMARY row of {name} says {plain(total)} but its LOT rows add up to {_total_text(lots)}"
    if problem:
        positions.note(Severity.WARNING, problem, "run the query again", dialect.file, summaries[0].line)


def _total_text(rows: Iterable[_Element]) -> str:
    total = math.fsum(map(_raw_quantity, rows))
    return "what can't be read" if math.isnan(total) else plain(total)


def _summary_by_date(rows: list[_Element]) -> _Element | None:
    """Among rows without a level of detail: the one without an opening date, where the dated others add up to it."""
    undated = [row for row in rows if not row.get("openDateTime")]
    dated = [row for row in rows if row.get("openDateTime")]
    if len(undated) != 1 or not dated:
        return None
    total = math.fsum(map(_raw_quantity, dated))
    return undated[0] if math.isclose(total, _raw_quantity(undated[0]), abs_tol=1e-6) else None


def _may_repeat(rows: list[_Element]) -> bool:
    """Whether one of several rows without a level of detail may be the sum of the others."""
    counts = [_raw_quantity(row) for row in rows]
    total = math.fsum(counts)
    return any(math.isclose(total - count, count, abs_tol=1e-6) for count in counts) and any(counts)


def _read_position(
    element: _Element, positions: Positions, dialect: Dialect, currency: str, *, is_unclear: bool
) -> None:
    """Reads one position: a leg, a finding, or nothing where it is cash."""
    category = element.get("assetCategory").upper()
    if _raw_quantity(element) == 0 or category in _NO_POSITIONS:
        return
    cells: dict[str, object] = {concept: element.get(name) for concept, name in _NAMES.items()}
    cells["quantity"] = element.get("position") or element.get("quantity")
    if category in _OPTIONS | _STOCKS:
        cells["kind"] = SECURITY
    problem, remedy = "", ""
    if is_unclear:
        problem = "the contract has several rows, of which one may repeat the others"
        remedy = "add levelOfDetail to the Open Positions section of the query"
    elif not category and not _is_known_option(element):
        problem, remedy = (
            "assetCategory is missing",
            "add the field Asset Class to the Open Positions section of the query",
        )
    elif category in _FUTURE_OPTIONS:
        _name_future_option(cells)
    elif category in _FUTURES:
        cells.update(right="future", description="", symbol="", underlying=_future_root(element), root="")
    elif category in _STOCKS:
        cells.update(
            right="stock",
            underlying=element.get("symbol") or element.get("underlyingSymbol"),
            symbol="",
            description="",
        )
        cells.update(strike="", expiry="")
    elif category and category not in _OPTIONS:
        problem = f"the requirement of {_KINDS.get(category, 'positions of this kind')} ({shown(category)}) isn't known"
        remedy = "look it up in TWS"
    row = Row(element.line, positions.account, cells)
    its_currency = element.get("currency").upper()
    if not problem and its_currency and its_currency != currency:
        problem = f"the position is in {shown(its_currency)} and the account in {currency}"
        remedy = "amounts aren't converted yet; look its requirement up in TWS"
    reading = read_row(row, replace(dialect, symbol_is_exact=category in _OPTIONS or not category))
    if not problem:
        positions.add(reading)
        return
    leg, place = reading.leg, next(iter(reading.findings), None)
    name = plain_name(element.get("symbol") or element.get("underlyingSymbol") or element.get("description"))
    if category and category not in _OPTIONS | _FUTURE_OPTIONS | _FUTURES | _STOCKS:
        underlying, expiry = name, None
    elif leg is not None:
        underlying, expiry = leg.underlying, leg.expiry if leg.right.is_option else None
    else:
        underlying, expiry = (place.underlying, place.expiry) if place is not None else (name, None)
    what = element.get("description") or element.get("symbol")
    positions.note(
        Severity.INCOMPLETE,
        f"{shown(what)}: {problem}" if what else problem,
        remedy,
        dialect.file,
        element.line,
        underlying,
        expiry,
    )


def _is_known_option(element: _Element) -> bool:
    """Whether a row without an asset category can only be an option: its symbol has a root of the table."""
    try:
        return parse_option_symbol(element.get("symbol")).root in instruments()
    except MarginError:
        return False


def _future_root(element: _Element) -> str:
    """The root of a future or of the future under an option: ``ES`` of ``ESH3``."""
    for name in (element.get("underlyingSymbol"), element.get("symbol")):
        match = _FUTURE_SYMBOL.fullmatch(name.upper())
        if match is not None and name.upper() not in instruments():
            return match[1]
        if name:
            return name
    return ""


def _name_future_option(cells: dict[str, object]) -> None:
    """Root, underlying and class of an option on a future, whose symbol may be ``E3AZ2 P3700``."""
    symbol, underlying = str(cells["symbol"]).upper(), str(cells["underlying"]).upper()
    local = _LOCAL_SYMBOL.fullmatch(symbol)
    future = _FUTURE_SYMBOL.fullmatch(underlying) if underlying not in instruments() else None
    cells["asset_class"] = "future"
    if future is not None:
        cells["underlying"] = future[1]
    if local is not None:
        cells.update(symbol="", root=local[1])
        known = instruments().get(local[1])
        if known is not None and known.underlying != cells["underlying"]:
            cells["root"] = ""
        if not cells["underlying"]:
            cells["underlying"] = local[1] if known is None else known.underlying


def _check_balance(
    rows: Iterable[_Element], figures: _Figures, positions: Positions, dialect: Dialect, part: _Statement
) -> None:  # fmt: skip
    """A warning where the values of the positions and the cash don't add up to the net liq that the file states."""
    values = [value for row in rows if (value := _value(row)) is not None]
    line = part.equity[-1].line if part.equity else part.opening.line
    if any(math.isnan(value) for value in values) or not part.has_positions:
        return
    if figures.options is not None and abs(figures.options) > 1 and not values:
        positions.note(
            Severity.INCOMPLETE,
            f"the file states options worth {dollars(figures.options)} but no position",
            "run the query for the same day with its Open Positions section",
            dialect.file,
            line,
        )
        return
    if figures.net_liq is None or figures.cash is None:
        return
    total = math.fsum(values) + figures.cash + figures.accruals
    if abs(total - figures.net_liq) > max(1.0, 0.001 * abs(figures.net_liq)):
        positions.note(
            Severity.WARNING,
            f"position values of {dollars(math.fsum(values))} and cash of {dollars(figures.cash + figures.accruals)} "
            f"add up to {dollars(total)}, but the file states a net liq of {dollars(figures.net_liq)}",
            "check that no position is missing from the query",
            dialect.file,
            line,
        )


def _value(row: _Element) -> float | None:
    """The value of a position in the account's currency; None where it is no part of net liq, NaN where not known."""
    category = row.get("assetCategory").upper()
    if category in _NOT_IN_NET_LIQ or _raw_quantity(row) == 0:
        return None
    try:
        value = number(row.get("positionValue"), "positionValue")
        if value is None:
            price, multiplier = number(row.get("markPrice"), "markPrice"), number(row.get("multiplier"), "multiplier")
            is_share = category in _STOCKS
            value = (
                math.nan
                if price is None or (multiplier is None and not is_share)
                else _raw_quantity(row) * price * (multiplier or 1.0)
            )
        rate = number(row.get("fxRateToBase"), "fxRateToBase")
    except MarginError:
        return math.nan
    return value * (1.0 if rate is None else rate)


LAYOUT = Layout(NAME, recognises, read)
