"""The door for files: ``load`` recognises a layout by what the file holds, and reads it; the registry of layouts."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from optmargin.brokers import flex, own
from optmargin.brokers.layout import HEAD_SIZE, Layout, head_text, marked_encoding
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.core.values import shown, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from optmargin.core.accounts import Loaded

# One line per layout. The first that recognises a file reads it: brokers' stand before our own, which is liberal.
LAYOUTS: tuple[Layout, ...] = (
    flex.LAYOUT,
    own.LAYOUT,
)

_ARCHIVE = b"PK\x03\x04"
_OTHER_KINDS = (
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "is an old .xls workbook, or a workbook with a password",
        "save it as .xlsx, without a password",
    ),
    (b"%PDF", "is a PDF", "export the positions as CSV or XML"),
    (b"\x1f\x8b", "is compressed (gzip)", "unpack it first"),
    (b"PK\x05\x06", "is an empty archive", "export the positions again"),
)
_CONTROLS = frozenset(range(32)) - {9, 10, 12, 13, 26, 27}
_NO_SPOTS: Mapping[str, float] = MappingProxyType({})


def load(path: Path, *, spots: Mapping[str, float] = _NO_SPOTS) -> Loaded:
    """The accounts of a broker's file, whatever its layout.

    Args:
        path: the file.
        spots: prices of underlyings, USD per share, by underlying or root; they override the file's.

    Raises:
        MarginError: ``#VALUE!`` where the file can't be read as a whole, ``#N/A`` where there is none, ``#NUM!`` for a
            spot that isn't a positive price.
    """
    if path.is_dir():
        raise MarginError(ErrorCode.VALUE, f"{path} is a folder", "give a file, or use optmargin batch for a folder")
    try:
        with path.open("rb") as stream:
            raw = stream.read(HEAD_SIZE)
        head = _head(path, raw)
        layout = next((each for each in LAYOUTS if each.recognises(head)), None)
        if layout is None:
            raise _unknown(path, head)
        return layout.read(path, spots)
    except FileNotFoundError:
        raise MarginError(ErrorCode.MISSING, f"there is no file {path}", "check its name and folder") from None
    except OSError as error:
        raise MarginError(
            ErrorCode.VALUE, f"{path} can't be read ({error.strerror or type(error).__name__})", "check its rights"
        ) from None
    except ValueError as error:
        raise MarginError(ErrorCode.VALUE, f"{shown(path.name)} can't be read ({error})", "") from None


def _head(path: Path, raw: bytes) -> str | bytes:
    """What a layout is recognised by: text, or the bytes of a workbook.

    Raises:
        MarginError: ``#VALUE!`` where the file is neither.
    """
    if raw.startswith(_ARCHIVE):
        return raw
    for beginning, problem, remedy in _OTHER_KINDS:
        if raw.startswith(beginning):
            raise MarginError(ErrorCode.VALUE, f"{path.name} {problem}", remedy)
    if marked_encoding(raw) in (None, "utf-8-sig") and any(byte in _CONTROLS for byte in raw):
        raise MarginError(
            ErrorCode.VALUE, f"{path.name} is a binary file", "export the positions as CSV, XLSX or Flex XML"
        )
    head = head_text(raw)
    if not text_of(head):
        raise MarginError(ErrorCode.VALUE, f"{path.name} is empty", "export the positions again")
    if re.match(r"\s*(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b", head, re.IGNORECASE | re.DOTALL):
        title = re.search(r"<title[^>]*>\s*(.*?)\s*</title>", head, re.IGNORECASE | re.DOTALL)
        named = f" titled {shown(title[1])}" if title is not None and title[1] else ""
        raise MarginError(
            ErrorCode.VALUE,
            f"{path.name} is a web page{named}, not an export",
            "the download failed or needs a login; fetch it again",
        )
    return head


def _unknown(path: Path, head: str | bytes) -> MarginError:
    first = "" if isinstance(head, bytes) else next((line for line in head.splitlines() if line.strip()), "")
    known = ", ".join(layout.name for layout in LAYOUTS)
    return MarginError(
        ErrorCode.VALUE,
        f"{path.name} is of no layout that is known: it begins with {shown(first)}",
        f"known layouts are {known}",
    )
