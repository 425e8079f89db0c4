"""optmargin's own positions file, CSV or workbook: one row per position, columns in any order and by many names."""

from __future__ import annotations

import csv
import re
import warnings
import zipfile
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optmargin.brokers.assembly import Positions, unused_spots
from optmargin.brokers.layout import Layout, encoding_of
from optmargin.brokers.rows import Dialect, Row, option_named, plain_name, positive_spots, read_row
from optmargin.brokers.values import (
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
from optmargin.core.accounts import Account, Loaded
from optmargin.core.errors import ErrorCode, Finding, MarginError, Severity, nearest

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

NAME = "optmargin positions (CSV or XLSX)"

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
_DELIMITERS = (",", ";", "\t", "|")
_HEADER_WITHIN = 40  # rows in which a header is looked for
_LARGEST_WORKBOOK = 1 << 30  # bytes, unpacked


def _key(header: object) -> str:
    return re.sub(r"[^a-z0-9]", "", text_of(header).lower())


_CONCEPTS = {_key(alias): concept for concept, aliases in ALIASES.items() for alias in aliases}


@dataclass(frozen=True, slots=True)
class _Table:
    """The rows of a file below its header.

    Attributes:
        header: the cells of the header.
        header_line: its line.
        rows: the line and the cells of each row; a MarginError in place of the cells where it can't be taken apart.
        semicolons: whether semicolons part the fields, so that commas may be decimal.
        word: what people call a line of it.
    """

    header: Sequence[object]
    header_line: int
    rows: Sequence[tuple[int, Sequence[object] | MarginError]]
    semicolons: bool
    word: str


def _is_header(cells: Sequence[object]) -> bool:
    keys = [_key(cell) for cell in cells]
    concepts = {_CONCEPTS[key] for key in keys if key in _CONCEPTS}
    return len(concepts & _TELLING) > 1 and not _FOREIGN.intersection(keys)


def _is_foreign(cells: Sequence[object]) -> bool:
    return len(_FOREIGN.intersection(map(_key, cells))) > 0 and any(_key(cell) in _CONCEPTS for cell in cells)


def _fields(line: str, delimiter: str) -> list[str]:
    """The fields of one line.

    Raises:
        MarginError: ``#VALUE!`` where a quotation mark isn't closed, or a field is endless.
    """
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True, skipinitialspace=True), [])
    except csv.Error:
        raise MarginError(
            ErrorCode.VALUE, "a quotation mark opens and doesn't close on its line", "write each position on one line"
        ) from None


def _header_delimiter(line: str) -> str | None:
    """The delimiter by which a line is a header with the most known names; None where it is no header."""
    best, most = None, 0
    for delimiter in _DELIMITERS:
        try:
            cells = _fields(line, delimiter)
        except MarginError:
            continue
        known = sum(_key(cell) in _CONCEPTS for cell in cells)
        if known > most and _is_header(cells):
            best, most = delimiter, known
    return best


def _is_comment(line: str) -> bool:
    """Whether a line, or the first cell of a row, begins a comment: with ``#``, and not with an error such as ``#N/A``."""
    return line.lstrip(" \t\ufeff").startswith("#") and not is_error(re.split(r"[,;\t|]", line, maxsplit=1)[0])


def recognises(head: str | bytes) -> bool:
    """Whether a file is a workbook, or text with a header that names positions."""
    if isinstance(head, bytes):
        return head.startswith(b"PK\x03\x04")
    lines = [
        line for line in re.split(r"\r\n|\r|\n", head)[: _HEADER_WITHIN * 4] if line.strip() and not _is_comment(line)
    ]
    for line in lines[:_HEADER_WITHIN]:
        if _header_delimiter(line) is not None:
            return True
        if any(_is_foreign(line.replace('"', "").split(delimiter)) for delimiter in _DELIMITERS):
            return False
    return False


def _text_table(path: Path) -> _Table:
    """The table of a text file."""
    rows: list[tuple[int, Sequence[object] | MarginError]] = []
    header: list[str] | None = None
    header_line, delimiter = 0, ","
    with path.open(encoding=encoding_of(path), errors="replace", newline=None) as stream:
        for line, whole in enumerate(stream, start=1):
            text = whole.rstrip("\n").lstrip("\ufeff")
            if not text.strip() or _is_comment(text):
                continue
            if header is None:
                found = _header_delimiter(text)
                if found is not None:
                    header, header_line, delimiter = _fields(text, found), line, found
                continue
            try:
                rows.append((line, _fields(text, delimiter)))
            except MarginError as error:
                rows.append((line, error))
    if header is None:
        raise _no_header(path.name)
    return _Table(header, header_line, rows, delimiter == ";", "line")


def _no_header(file: str) -> MarginError:
    return MarginError(
        ErrorCode.VALUE,
        f"{file} has no header row that names positions",
        "name the columns underlying, right, strike, expiry, quantity, price",
    )


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """Any failure inside becomes an error that says that the workbook is damaged."""
    try:
        yield
    except MarginError:
        raise
    except Exception as error:  # noqa: BLE001 - damaged archives fail in many ways, and none may reach the user
        raise MarginError(
            ErrorCode.VALUE,
            f"{path.name} is a damaged workbook, or one with a password ({type(error).__name__})",
            "open it and save it again in a spreadsheet program",
        ) from None


def _check_archive(path: Path) -> None:
    """Refuses an archive that isn't a workbook, unpacks to something huge, or whose XML declares entities."""
    with _damage_named(path), zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        names = {part.filename for part in parts}
        if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
            problem = f"{path.name} is a zip archive, not a workbook"
            raise MarginError(ErrorCode.VALUE, problem, "unpack it and give the file inside")
        if sum(part.file_size for part in parts) > _LARGEST_WORKBOOK:
            problem = f"{path.name} unpacks to more than a gigabyte"
            raise MarginError(ErrorCode.VALUE, problem, "save the positions as CSV")
        for part in parts:
            if not part.filename.lower().endswith((".xml", ".rels")):
                continue
            with archive.open(part) as stream:
                beginning = stream.read(1 << 16).replace(b"\x00", b"").upper()
            if b"<!DOCTYPE" in beginning or b"<!ENTITY" in beginning:
                problem = f"{path.name} declares a document type or entities in {part.filename}, which no workbook does"
                raise MarginError(ErrorCode.VALUE, problem, "save it again in a spreadsheet program")


def _sheets(path: Path, *, values: bool) -> Iterator[tuple[str, Iterator[tuple[object, ...]]]]:
    """The sheets of a workbook, row by row: the values that were last calculated, or the formulas."""
    import openpyxl

    with path.open("rb") as stream:  # opened here, as openpyxl judges a path by its name
        book = openpyxl.load_workbook(stream, read_only=True, data_only=values)
        try:
            for sheet in book.worksheets:
                sheet.reset_dimensions()  # the stated ones may be wrong, and would cut rows off
                yield sheet.title, sheet.iter_rows(values_only=True)
        finally:
            book.close()


def _sheet_table(path: Path) -> _Table:
    """The table of a workbook: the first sheet with a header row."""
    _check_archive(path)
    with _damage_named(path), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions that don't matter here
        found = _find_sheet(path)
        if found is None:
            raise _no_header(path.name)
        place, table = found
        columns = [at for at, cell in enumerate(table.header) if _key(cell) in _CONCEPTS]
        read = [cells for _, cells in table.rows if not isinstance(cells, MarginError)]
        if any(at >= len(cells) or cells[at] is None for cells in read for at in columns):
            _check_formulas(path, place, table, columns)
        return table


def _find_sheet(path: Path) -> tuple[int, _Table] | None:
    for place, (_, rows) in enumerate(_sheets(path, values=True)):
        header: tuple[object, ...] | None = None
        header_line = 0
        kept: list[tuple[int, Sequence[object] | MarginError]] = []
        for line, cells in enumerate(rows, start=1):
            if header is not None:
                if any(cell is not None for cell in cells):
                    kept.append((line, cells))
            elif _is_header(cells):
                header, header_line = cells, line
            elif line > _HEADER_WITHIN:
                break
        if header is not None:
            return place, _Table(header, header_line, kept, semicolons=False, word="row")
    return None


def _check_formulas(path: Path, place: int, table: _Table, columns: Sequence[int]) -> None:
    """Refuses formulas that no program has calculated yet: their cells look empty."""
    known = {line: cells for line, cells in table.rows if not isinstance(cells, MarginError)}
    for at_sheet, (title, rows) in enumerate(_sheets(path, values=False)):
        if at_sheet != place:
            continue
        for line, cells in enumerate(rows, start=1):
            if line <= table.header_line:
                continue
            values = known.get(line, ())
            for at in columns:
                formula = cells[at] if at < len(cells) else None
                if isinstance(formula, str) and formula.startswith("=") and (at >= len(values) or values[at] is None):
                    raise MarginError(
                        ErrorCode.MISSING,
                        f"{path.name} row {line}: {text_of(table.header[at])} on sheet {shown(title)} is a formula "
                        "without a value",
                        "open the workbook in a spreadsheet program and save it there",
                    )
        return


def _columns(table: _Table, file: str) -> tuple[dict[str, int], dict[str, str], list[Finding]]:
    """Where each concept stands, what the file calls it, and a note on the columns that aren't known."""
    places: dict[str, int] = {}
    names: dict[str, str] = {}
    strange: list[str] = []
    place = f"{file} {table.word} {table.header_line}"
    for at, cell in enumerate(table.header):
        header, key = text_of(cell), _key(cell)
        concept = _CONCEPTS.get(key)
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


def _dialect(table: _Table, places: Mapping[str, int], names: Mapping[str, str], file: str) -> Dialect:
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
    comma = decimal_comma_of(numbers, otherwise=None if table.semicolons else False)
    return Dialect(file, names, decimal_comma=comma, day_first=day_first_of(orders))


def _is_repeated_header(cells: Sequence[object], table: _Table) -> bool:
    return [text_of(cell) for cell in cells] == [text_of(cell) for cell in table.header]


class _Book:
    """The accounts of a file while its rows are read."""

    def __init__(self, table: _Table, file: str) -> None:
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
            elif not all(is_blank(cell) for cell in cells) and not _is_comment(text_of(cells[0])):
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


def read(path: Path, spots: Mapping[str, float]) -> Loaded:
    """The accounts of a positions file.

    Raises:
        MarginError: ``#VALUE!`` where the file as a whole can't be read.
    """
    with path.open("rb") as stream:
        is_workbook = stream.read(4) == b"PK\x03\x04"
    table = _sheet_table(path) if is_workbook else _text_table(path)
    return loaded(table, path.name, spots, "optmargin positions (XLSX)" if is_workbook else "optmargin positions (CSV)")


def loaded(table: _Table, file: str, spots: Mapping[str, float], layout: str) -> Loaded:
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


LAYOUT = Layout(NAME, recognises, read)
