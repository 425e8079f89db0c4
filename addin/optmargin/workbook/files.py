"""Workbooks in and out of files: the same bytes for the same workbook, formulas with their values, and whole or not at all."""

from __future__ import annotations

import re
import secrets
import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError, canonicalize  # what is parsed here we have just written
from xml.sax.saxutils import escape

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.writer.excel import ExcelWriter

from optmargin.core.errors import ErrorCode, Finding, MarginError, Severity

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from openpyxl import Workbook

# What a formula cell shows until the spreadsheet program computes it: by sheet title, then by address.
Shown = dict[str, dict[str, "float | str"]]

_CANONICAL_LIMIT = 500_000  # bytes
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip file can name


class _PlainArchive(zipfile.ZipFile):
    """A zip file whose entries bear no moment of the machine, and whose sheets get the values of their formulas."""

    def __init__(self, file: Path, values: Mapping[str, Mapping[str, float | str]]) -> None:
        super().__init__(file, "x", zipfile.ZIP_DEFLATED, compresslevel=6)
        self._values = values  # by path within the archive, then by address

    def writestr(self, zinfo_or_arcname: str | zipfile.ZipInfo, data: Any, *_: Any, **__: Any) -> None:
        """Write an entry with a fixed moment."""
        name = zinfo_or_arcname if isinstance(zinfo_or_arcname, str) else zinfo_or_arcname.filename
        entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o600 << 16
        super().writestr(entry, _canonical(name, data))

    def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:
        """Write a sheet, which openpyxl has left in a temporary file."""
        content = Path(filename).read_bytes()
        values = self._values.get(str(arcname))
        self.writestr(str(arcname), _with_values(content, values) if values else content)


def _canonical(name: str, data: str | bytes) -> str | bytes:
    """An XML part in its canonical form: openpyxl writes it differently where lxml happens to be installed.

    Large sheets are left as they are: nobody compares them, and it would take long.
    """
    if not name.endswith((".xml", ".rels")) or len(data) > _CANONICAL_LIMIT:
        return data
    try:
        return canonicalize(data if isinstance(data, str) else data.decode())
    except (ParseError, UnicodeDecodeError):
        return data


def _with_values(sheet: bytes, values: Mapping[str, float | str]) -> bytes:
    """The XML of a sheet with values beside formulas, so that viewers that don't compute show them."""
    pieces: list[bytes] = []
    done = 0
    cells = re.compile(rb'<c r="([A-Z]+[0-9]+)"([^>]*)>(<f[^>]*>[^<]*</f>)<v\s*(?:/>|></v>)')
    for match in cells.finditer(sheet):
        value = values.get(match[1].decode())
        if value is None:
            continue
        kind, text = (b' t="str"', escape(value)) if isinstance(value, str) else (b"", repr(value))
        pieces += (
            sheet[done : match.start()],
            b'<c r="',
            match[1],
            b'"',
            match[2],
            kind,
            b">",
            match[3],
            b"<v>",
            text.encode(),
            b"</v>",
        )
        done = match.end()
    return b"".join((*pieces, sheet[done:]))


def save(book: Workbook, out: Path, moment: dt.datetime, shown: Shown | None = None) -> None:
    """Write a workbook: whole or not at all, and the same bytes for the same workbook.

    Args:
        book: the workbook.
        out: where to.
        moment: what the file says of its last change; the clock is never asked.
        shown: the values of formula cells, as far as they are known.

    Raises:
        MarginError: ``#VALUE!`` when the file can't be written.
    """
    book.properties.modified = moment
    book.properties.lastModifiedBy = None
    paths = {sheet.title: f"xl/worksheets/sheet{number}.xml" for number, sheet in enumerate(book.worksheets, start=1)}
    values = {paths[title]: cells for title, cells in (shown or {}).items()}
    partial = out.with_name(f".{out.stem[:40]}.{secrets.token_hex(6)}.partial")
    try:
        try:
            with _PlainArchive(partial, values) as archive:
                ExcelWriter(book, archive).save()
            partial.replace(out)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise MarginError(ErrorCode.VALUE, f"{out} can't be written: {_reason(error)}", _write_remedy(out)) from error


def _write_remedy(out: Path) -> str:
    if not out.parent.is_dir():
        return f"make the folder {out.parent} first, or name another"
    if out.is_dir():
        return "that is a folder: name a file in it"
    return "close it where it is open, or name a file in a folder that you may write to"


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def load(template: Path) -> tuple[Workbook, list[Finding]]:
    """A user's template, and what openpyxl can't carry over from it.

    Raises:
        MarginError: ``#N/A`` when it isn't there; ``#VALUE!`` when it can't be read or isn't an .xlsx workbook.
    """
    if not template.exists():
        remedy = "check the path, or write a template with `optmargin template`"
        raise MarginError(ErrorCode.MISSING, f"template {template} isn't there", remedy)
    not_a_workbook = MarginError(
        ErrorCode.VALUE, f"template {template} isn't an .xlsx workbook", "save it as an Excel workbook (.xlsx), without macros or a password"
    )  # fmt: skip
    if template.suffix.lower() != ".xlsx":
        raise not_a_workbook
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            book = load_workbook(template, rich_text=True)
    except PermissionError as error:
        raise MarginError(
            ErrorCode.VALUE,
            f"template {template} can't be read: {_reason(error)}",
            "give yourself the right to read it",
        ) from error
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        EOFError,
        OSError,
        SyntaxError,
    ) as error:
        raise not_a_workbook from error
    lost = sorted({str(warning.message) for warning in heard})
    remedy = "do without it in the template, or add it to the report afterwards"
    return book, [
        Finding(
            Severity.WARNING, f"the template has something that isn't carried over: {text}", remedy, file=template.name
        )
        for text in lost
    ]
