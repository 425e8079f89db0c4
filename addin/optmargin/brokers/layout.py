"""What a reader is: a layout's name, how it is recognised and how it is read; and text out of the bytes of a file."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from optmargin.core.accounts import Loaded

HEAD_SIZE = 65536  # bytes of a file that a layout is recognised by
_BLOCK = 1 << 20

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """One layout that can be read.

    Attributes:
        name: what people call it.
        recognises: whether a file is of this layout, by its first 64 KB: text without a byte order mark, or bytes where
            the file is a workbook (a zip archive).
        read: the accounts of a file, given prices of underlyings that override the file's.
    """

    name: str
    recognises: Callable[[str | bytes], bool]
    read: Callable[[Path, Mapping[str, float]], Loaded]


def marked_encoding(head: bytes) -> str | None:
    """The encoding that a byte order mark at the beginning names; None where there is none."""
    return next((encoding for mark, encoding in _BYTE_ORDER_MARKS if head.startswith(mark)), None)


def encoding_of(path: Path) -> str:
    """The encoding of a text file: by its byte order mark, else UTF-8 where the whole file is that, else cp1252."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        block = stream.read(_BLOCK)
        marked = marked_encoding(block)
        if marked is not None:
            return marked
        try:
            while block:
                decoder.decode(block)
                block = stream.read(_BLOCK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def head_text(head: bytes) -> str:
    """The beginning of a file as text, for recognising it: no byte order mark, no character cut in two, no error."""
    encoding = marked_encoding(head)
    if encoding is not None:
        return head.decode(encoding, errors="ignore").lstrip("\ufeff")
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return head.decode("cp1252", errors="replace")
