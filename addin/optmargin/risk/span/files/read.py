"""The door for SPAN parameter files: ``read_span`` recognises expanded unpacked and XML by what they hold, and reads them."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from optmargin.core.values import shown
from optmargin.risk.span.files.pa2_read import read_pa2
from optmargin.risk.span.files.source import LIMITS, Limits, Source
from optmargin.risk.span.files.spn_read import read_spn
from optmargin.risk.span.files.wanted import Wanted
from optmargin.risk.span.model import AccountKind

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from optmargin.risk.span.model import SpanParameters

PA2, SPN = "expanded unpacked", "XML"
_MARKS_OF_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# What files begin with that people take for SPAN parameter files.
_OTHERS = (
    (b"\x1f\x8b", "is compressed (gzip)", "unpack it first"),
    (b"PK", "is an archive in an archive", "unpack it first"),
    (b"%PDF", "is a PDF", "give the expanded unpacked (.pa2) or the XML (.spn) file of the day"),
)
_PACKED_HEADER = bytes((0xF0,))  # a zero in EBCDIC


def read_span(
    path: Path,
    commodities: Collection[str] | None = None,
    *,
    account: AccountKind = AccountKind.SPECULATOR,
    limits: Limits = LIMITS,
) -> SpanParameters:
    """What a SPAN parameter file says: expanded unpacked (``.pa2``) or XML (``.spn``), plain or alone in a .zip.

    The file is read as a stream; what isn't asked for is passed over unread.

    Args:
        path: the file.
        commodities: combined commodities that are read, by code (``ES``) or exchange and code (``CME/ES``); None for all.
        account: whose class of rates is read, where an XML file has arrays of several.
        limits: what the file may hold.

    Raises:
        MarginError: ``#VALUE!`` for a file that can't be read as a whole, is damaged, cut short, hostile or of another
            layout, with line and field; ``#N/A`` where there is no file, or no such combined commodity in it.
    """
    source, wanted = Source.of(path, limits), Wanted.of(commodities)
    if layout_of(source) == SPN:
        return read_spn(source, wanted, account)
    return read_pa2(source, wanted)


def layout_of(source: Source) -> str:
    """Which layout a file has: ``expanded unpacked`` or ``XML``.

    Raises:
        MarginError: ``#VALUE!`` for any other.
    """
    head = source.head()
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if text.startswith(b"<") or head.startswith(_MARKS_OF_WIDE):
        return SPN
    if head.startswith(b"0 "):
        return PA2
    for beginning, problem, remedy in _OTHERS:
        if head.startswith(beginning):
            raise source.refusal(problem, remedy)
    if not text:
        raise source.refusal("the file is empty", "fetch it again")
    what = "of another SPAN layout (packed)" if head.startswith(_PACKED_HEADER) else "no SPAN parameter file"
    raise source.refusal(
        f"the file is {what}: it begins with {shown(head[:30].decode('latin-1'))}",
        "give the expanded unpacked (.pa2) or the XML (.spn) file of the day",
    )
