"""A table with a header row becomes accounts: columns in any order and by many names, one row per position.

The table may have come from a file or from a range of a worksheet.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optmargin.core.accounts import Account, Loaded
from optmargin.core.errors import ErrorCode, Finding, MarginError, Severity, nearest
from optmargin.core.positions.assembly import Positions, unused_spots
from optmargin.core.positions.rows import Dialect, Row, option_named, plain_name, positive_spots, read_row
from optmargin.core.values import (
    day,
    day_first_of,
    day_order,
    day_readings,
    decimal_comma_of,
    is_blank,
    is_error,
    shown,
    text_of,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

# What a header may call each concept; capitals, blanks, underscores and signs don't count.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "account": ("account", "account id", "account number", "account no", "acct"),
    "symbol": (
        "symbol",
        "osi",
        "osi symbol",
        "option symbol",
        "occ",
        "occ symbol",
        "contract",
        "contract symbol",
        "local symbol",
    ),
    "underlying": ("underlying", "underlying symbol", "underlier", "ticker", "und", "und symbol", "underlying ticker"),
    "root": ("root", "root symbol", "option root", "trading class"),
    "right": (
        "right",
        "type",
        "put/call",
        "call/put",
        "c/p",
        "p/c",
        "option type",
        "call or put",
        "put or call",
        "contract type",
    ),
    "strike": ("strike", "strike price", "exercise price"),
    "expiry": ("expiry", "expiration", "exp", "expires", "expiration date", "expiry date", "exp date", "maturity"),
    "quantity": ("quantity", "qty", "position", "contracts", "pos", "net quantity", "net position", "lots"),
    "price": (
        "price",
        "mark",
        "mark price",
        "last",
        "last price",
        "market price",
        "option price",
        "premium",
        "close",
        "mid",
    ),
    "multiplier": ("multiplier", "mult", "contract size", "shares per contract"),
    "spot": (
        "spot",
        "spot price",
        "underlying price",
        "underlying last",
        "und price",
        "underlying mark",
        "stock price",
    ),
    "asset_class": ("asset class", "class"),
    "style": ("style", "exercise style", "option style", "exercise"),
    "leverage": ("leverage", "leverage factor"),
    "settlement": ("settlement", "settle", "am/pm", "settlement type"),
    "listed": ("listed", "listing"),
    "side": ("side", "direction", "long/short"),
    "as_of": ("as of", "as of date", "valuation date", "report date"),
    "description": ("description",),
}
_QUIET = frozenset({"note", "notes", "comment", "comments", "remark", "remarks", "name"})
# Columns of other files: lists of trades, whose quantities aren't positions, and statements with lots.
_FOREIGN = frozenset({
    "action", "buysell", "subtype", "order", "orderid", "tradedate", "transactiontype", "tradeid", "commission",
    "commissions", "levelofdetail", "clientaccountid", "datadiscriminator", "proceeds",
    "costbasistotal", "currentvalue", "basketname", "investmenttype",
})  # fmt: skip
_TELLING = frozenset({"symbol", "underlying", "root", "right", "strike", "expiry", "quantity"})
_NUMBERS = ("strike", "quantity", "price", "multiplier", "spot", "leverage")
_DAYS = ("expiry", "as_of")


def header_key(header: object) -> str:
    """A header as it is compared: small letters and digits only."""
    return re.sub(r"[^a-z0-9]", "", text_of(header).lower())


CONCEPTS = {header_key(alias): concept for concept, aliases in ALIASES.items() for alias in aliases}


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file below its header.

    Attributes:
        header: the cells of the header.
        header_line: its line.
        rows: the line and the cells of each row; a MarginError in place of the cells where it can't be taken apart.
        semicolons: whether semicolons part the fields, so that commas may be decimal.
        word: what people call a line of it.
        decimal_comma: what a number that may be read either way, ``4,500``, is taken for where no other tells; None: refused.
    """

    header: Sequence[object]
    header_line: int
    rows: Sequence[tuple[int, Sequence[object] | MarginError]]
    semicolons: bool
    word: str
    decimal_comma: bool | None = False


def is_header(cells: Sequence[object]) -> bool:
    """Whether a row of cells names the columns of positions."""
    keys = [header_key(cell) for cell in cells]
    concepts = {CONCEPTS[key] for key in keys if key in CONCEPTS}
    return len(concepts & _TELLING) > 1 and not _FOREIGN.intersection(keys)


def is_foreign(cells: Sequence[object]) -> bool:
    """Whether a row of cells is the header of another kind of file: trades, lots, another broker's."""
    return len(_FOREIGN.intersection(map(header_key, cells))) > 0 and any(
        header_key(cell) in CONCEPTS for cell in cells
    )


def is_comment(line: str) -> bool:
    """Whether a line, or the first cell of a row, begins a comment: with ``#``, and not with an error such as ``#N/A``."""
    return line.lstrip(" \t\ufeff").startswith("#") and not is_error(re.split(r"[,;\t|]", line, maxsplit=1)[0])


def _columns(table: Table, file: str) -> tuple[dict[str, int], dict[str, str], list[Finding]]:
    """Where each concept stands, what the file calls it, and a note on the columns that aren't known."""
    places: dict[str, int] = {}
    names: dict[str, str] = {}
    strange: list[str] = []
    place = f"{file} {table.word} {table.header_line}"
    for at, cell in enumerate(table.header):
        header, key = text_of(cell), header_key(cell)
        concept = CONCEPTS.get(key)
        if concept is None:
            if header and key not in _QUIET:
                strange.append(header)
        elif concept in places:
            both = f"columns {shown(names[concept])} and {shown(header)} both mean {concept}"
            same = names[concept].lower() == header.lower()
            problem = f"{place}: column {shown(header)} stands there twice" if same else f"{place}: {both}"
            raise MarginError(ErrorCode.VALUE, problem, "keep one, or rename the other")
        else:
            places[concept], names[concept] = at, header
    needed = {
        "quantity": "quantity" in places,
        "underlying (or symbol)": bool({"underlying", "root", "symbol"} & set(places)),
        "right (or symbol)": bool({"right", "symbol"} & set(places)),
    }
    missing = [name for name, is_there in needed.items() if not is_there]
    if missing:
        seen = ", ".join(shown(cell) for cell in table.header if text_of(cell))
        raise MarginError(
            ErrorCode.VALUE,
            f"{place}: column {' and column '.join(missing)} is missing; the header has {seen}",
            "name the columns underlying, right, strike, expiry, quantity, price",
        )
    findings = []
    if strange:
        known = {concept.replace("_", " ") for concept in ALIASES}
        hints = [
            hint for name in strange if (hint := nearest(name.replace("_", " "), known)).startswith("did you mean")
        ]
        columns = ", ".join(shown(name) for name in strange)
        verb = "columns {} are" if len(strange) > 1 else "column {} is"
        problem = f"{verb.format(columns)} not known and not read"
        findings.append(Finding(Severity.NOTE, problem, " ".join(dict.fromkeys(hints)), file, table.header_line))
    return places, names, findings


def _cell(cells: Sequence[object], places: Mapping[str, int], concept: str) -> object:
    at = places.get(concept)
    return cells[at] if at is not None and at < len(cells) else None


def _dialect(table: Table, places: Mapping[str, int], names: Mapping[str, str], file: str) -> Dialect:
    """How the file writes numbers and days, by those that can be read in one way only."""
    numbers: list[object] = []
    orders: set[bool | None] = set()
    for _, cells in table.rows:
        if isinstance(cells, MarginError):
            continue
        numbers.extend(_cell(cells, places, concept) for concept in _NUMBERS)
        orders.update(day_order(_cell(cells, places, concept)) for concept in _DAYS)
        readings = day_readings(_cell(cells, places, "expiry"))
        if readings is not None and readings[0] != readings[1]:
            named = option_named(_cell(cells, places, "symbol"))
            if named is not None and named[0].expiry in readings:
                orders.add(named[0].expiry == readings[0])
    comma = decimal_comma_of(numbers, otherwise=None if table.semicolons else table.decimal_comma)
    return Dialect(file, names, decimal_comma=comma, day_first=day_first_of(orders))


def _is_repeated_header(cells: Sequence[object], table: Table) -> bool:
    return [text_of(cell) for cell in cells] == [text_of(cell) for cell in table.header]


class _Book:
    """The accounts of a file while its rows are read."""

    def __init__(self, table: Table, file: str) -> None:
        self.table = table
        self.places, names, notes = _columns(table, file)
        self.dialect = _dialect(table, self.places, names, file)
        self.file = file
        self.accounts: dict[str, Positions] = {}
        self.days: dict[str, dict[dt.date, int]] = defaultdict(dict)
        self.findings = notes
        self.names_accounts = "account" in self.places and any(
            not is_blank(_cell(cells, self.places, "account"))
            for _, cells in table.rows
            if not isinstance(cells, MarginError)
        )

    def read(self) -> None:
        """Reads every row."""
        for line, cells in self.table.rows:
            if isinstance(cells, MarginError):
                self._refuse(line, "", cells.problem, cells.remedy)
            elif not all(is_blank(cell) for cell in cells) and not is_comment(text_of(cells[0])):
                self._read_row(line, cells)

    def _refuse(self, line: int, account: str, problem: str, remedy: str, underlying: str = "") -> None:
        finding = Finding(Severity.INCOMPLETE, problem, remedy, self.file, line, account, underlying)
        if account or not self.names_accounts:
            self._positions(account).findings.append(finding)
        else:
            self.findings.append(finding)

    def _positions(self, account: str) -> Positions:
        return self.accounts.setdefault(account, Positions(account))

    def _read_row(self, line: int, cells: Sequence[object]) -> None:
        if _is_repeated_header(cells, self.table):
            return
        account = (
            "" if is_blank(_cell(cells, self.places, "account")) else text_of(_cell(cells, self.places, "account"))
        )
        width = len(self.table.header)
        if any(not is_blank(cell) for cell in cells[width:]):
            count = len(cells)
            remedy = "put a number with a comma in quotation marks, or write it without the comma"
            self._refuse(line, account, f"the {self.table.word} has {count} fields and the header {width}", remedy)
            return
        row = Row(line, account, {concept: _cell(cells, self.places, concept) for concept in self.places})
        reading = read_row(row, self.dialect)
        if reading.leg is None and not reading.findings:
            return
        if not account and self.names_accounts:
            place = reading.leg or next(iter(reading.findings))
            self._refuse(
                line, "", "the row names no account, and others do", "write the account on every row", place.underlying
            )
            return
        self._positions(account).add(reading)
        self._take_day(line, account, row)

    def _take_day(self, line: int, account: str, row: Row) -> None:
        name = self.dialect.called("as_of")
        try:
            found = day(row.cells.get("as_of"), name, day_first=self.dialect.day_first)
        except MarginError as error:
            self.findings.append(Finding(Severity.WARNING, error.problem, error.remedy, self.file, line, account))
            return
        if found is not None:
            self.days[account].setdefault(found, line)

    def account(self, positions: Positions, spots: Mapping[str, float], used: set[str]) -> Account:
        """One account, complete."""
        legs = positions.table(self.file, spots, used)
        days = self.days.get(positions.account, {})
        if len(days) > 1:
            listed = ", ".join(each.isoformat() for each in sorted(days))
            problem = f"rows state different days ({listed}); the latest was taken"
            remedy = "keep the rows of one day"
            positions.findings.append(
                Finding(Severity.WARNING, problem, remedy, self.file, max(days.values()), positions.account)
            )
        return Account(positions.account, legs, as_of=max(days, default=None), findings=tuple(positions.findings))


def loaded(table: Table, file: str, spots: Mapping[str, float], layout: str) -> Loaded:
    """The accounts of a table."""
    book = _Book(table, file)
    book.read()
    given = {plain_name(name): price for name, price in positive_spots(spots).items()}
    used: set[str] = set()
    if not book.accounts and not any(finding.severity is Severity.INCOMPLETE for finding in book.findings):
        book.findings.append(
            Finding(Severity.WARNING, "the file has a header and no position", "", file, table.header_line)
        )
    accounts = [book.account(positions, given, used) for positions in book.accounts.values()]
    return Loaded(layout, file, tuple(accounts), (*book.findings, *unused_spots(given, used, file)))


def range_accounts(cells: Sequence[Sequence[object]], name: str, *, decimal_comma: bool | None = None) -> Loaded:
    """The accounts of a range of a worksheet: a header row, and a position in each row below it.

    Args:
        cells: the rows of the range; numbers, texts, days, None for blank, a :class:`MarginError` for an error cell.
        name: what to call the range in findings.
        decimal_comma: whether text writes ``17,40``; None where it isn't known, so that ``4,500`` alone is refused.

    Raises:
        MarginError: ``#VALUE!`` where no row is a header that names positions; an error cell of the positions, with its code.
    """
    plain = [[cell.code.value if isinstance(cell, MarginError) else cell for cell in row] for row in cells]
    for at, row in enumerate(plain):
        if is_header(row):
            below = [(at + 2 + number, each) for number, each in enumerate(plain[at + 1 :])]
            table = Table(row, at + 1, below, semicolons=False, word="row", decimal_comma=decimal_comma)
            _refuse_errors(table, name)
            return loaded(table, name, {}, "worksheet range")
    raise MarginError(
        ErrorCode.VALUE,
        f"{name} has no header row that names positions",
        "name the columns underlying, right, strike, expiry, quantity, price in its first row",
    )


def _refuse_errors(table: Table, name: str) -> None:
    """Raises the first error cell that stands where a position is stated; those in other columns are nobody's business here."""
    places, _, _ = _columns(table, name)
    known = {code.value: code for code in ErrorCode}
    for line, cells in table.rows:
        if isinstance(cells, MarginError):
            continue
        for concept, at in places.items():
            code = known.get(text_of(cells[at]).upper()) if at < len(cells) else None
            if code is not None:
                problem = f"{name} row {line}: {concept} is the error {code.value}"
                raise MarginError(code, problem, "mend that cell, or leave it empty")
