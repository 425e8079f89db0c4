"""optmargin's own positions file, CSV or workbook: one row per position, columns in any order and by many names."""

from __future__ import annotations

import csv
import re
import warnings
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from optmargin.brokers.layout import Layout, encoding_of
from optmargin.core.accounts import Loaded
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.core.positions.table import CONCEPTS, Table, header_key, is_comment, is_foreign, is_header, loaded
from optmargin.core.values import (
    shown,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

NAME = "optmargin positions (CSV or XLSX)"

_DELIMITERS = (",", ";", "\t", "|")
_HEADER_WITHIN = 40  # rows in which a header is looked for
_LARGEST_WORKBOOK = 1 << 30  # bytes, unpacked


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
        known = sum(header_key(cell) in CONCEPTS for cell in cells)
        if known > most and is_header(cells):
            best, most = delimiter, known
    return best


def recognises(head: str | bytes) -> bool:
    """Whether a file is a workbook, or text with a header that names positions."""
    if isinstance(head, bytes):
        return head.startswith(b"PK\x03\x04")
    lines = [
        line for line in re.split(r"\r\n|\r|\n", head)[: _HEADER_WITHIN * 4] if line.strip() and not is_comment(line)
    ]
    for line in lines[:_HEADER_WITHIN]:
        if _header_delimiter(line) is not None:
            return True
        if any(is_foreign(line.replace('"', "").split(delimiter)) for delimiter in _DELIMITERS):
            return False
    return False


def _text_table(path: Path) -> Table:
    """The table of a text file."""
    rows: list[tuple[int, Sequence[object] | MarginError]] = []
    header: list[str] | None = None
    header_line, delimiter = 0, ","
    with path.open(encoding=encoding_of(path), errors="replace", newline=None) as stream:
        for line, whole in enumerate(stream, start=1):
            text = whole.rstrip("\n").lstrip("\ufeff")
            if not text.strip() or is_comment(text):
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
    return Table(header, header_line, rows, delimiter == ";", "line")


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


def _sheet_table(path: Path) -> Table:
    """The table of a workbook: the first sheet with a header row."""
    _check_archive(path)
    with _damage_named(path), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions that don't matter here
        found = _find_sheet(path)
        if found is None:
            raise _no_header(path.name)
        place, table = found
        columns = [at for at, cell in enumerate(table.header) if header_key(cell) in CONCEPTS]
        read = [cells for _, cells in table.rows if not isinstance(cells, MarginError)]
        if any(at >= len(cells) or cells[at] is None for cells in read for at in columns):
            _check_formulas(path, place, table, columns)
        return table


def _find_sheet(path: Path) -> tuple[int, Table] | None:
    for place, (_, rows) in enumerate(_sheets(path, values=True)):
        header: tuple[object, ...] | None = None
        header_line = 0
        kept: list[tuple[int, Sequence[object] | MarginError]] = []
        for line, cells in enumerate(rows, start=1):
            if header is not None:
                if any(cell is not None for cell in cells):
                    kept.append((line, cells))
            elif is_header(cells):
                header, header_line = cells, line
            elif line > _HEADER_WITHIN:
                break
        if header is not None:
            return place, Table(header, header_line, kept, semicolons=False, word="row")
    return None


def _check_formulas(path: Path, place: int, table: Table, columns: Sequence[int]) -> None:
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


def read(path: Path, spots: Mapping[str, float]) -> Loaded:
    """The accounts of a positions file.

    Raises:
        MarginError: ``#VALUE!`` where the file as a whole can't be read.
    """
    with path.open("rb") as stream:
        is_workbook = stream.read(4) == b"PK\x03\x04"
    table = _sheet_table(path) if is_workbook else _text_table(path)
    return loaded(table, path.name, spots, "optmargin positions (XLSX)" if is_workbook else "optmargin positions (CSV)")


LAYOUT = Layout(NAME, recognises, read)
