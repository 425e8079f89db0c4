"""A private slice of a parameter file: the combined commodities that one holds, with every byte of theirs as it was.

Exchanges' files are large and not ours to hand on. A slice is small enough to keep beside a book, and to send to somebody who may have
it. It is read first, so that a damaged file is refused before anything is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.risk.span.files.pa2_inter import codes_of, is_among
from optmargin.risk.span.files.pa2_layouts import COMMODITY, GROUP, INTER_SPREAD
from optmargin.risk.span.files.pa2_read import Reader as LineReader
from optmargin.risk.span.files.pa2_records import Record
from optmargin.risk.span.files.read import PA2, layout_of
from optmargin.risk.span.files.source import LIMITS, Limits, Source
from optmargin.risk.span.files.spn_blocks import COMMODITY as COMMODITY_TAG
from optmargin.risk.span.files.spn_blocks import FAMILIES, Block, Blocks
from optmargin.risk.span.files.spn_read import CODE, plain
from optmargin.risk.span.files.spn_read import Reader as ElementReader
from optmargin.risk.span.files.wanted import Wanted
from optmargin.risk.span.files.write import new_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element


_ALWAYS = frozenset({b"0", b"T", b"1"})
_OF_A_COMMODITY = frozenset({b"S", b"3", b"4", b"C", b"E"})


@dataclass(frozen=True, slots=True)
class Slice:
    """What was cut.

    Attributes:
        path: the new file.
        commodities: codes of the combined commodities in it.
        contracts: how many contracts it holds.
        size: its size, bytes.
        of: the size of the whole file, unpacked, bytes.
    """

    path: Path
    commodities: tuple[str, ...]
    contracts: int
    size: int
    of: int


def cut(
    path: Path, into: Path, commodities: Collection[str], *, replace: bool = False, limits: Limits = LIMITS
) -> Slice:
    """Writes the part of a parameter file that belongs to some combined commodities; lines and elements stay as they are.

    A slice of an expanded unpacked file holds the lines that margining them needs, byte for byte and in their order; one of an
    XML file their elements, the frame around them, and the futures that their options are on.

    Args:
        path: the exchange's file, plain or alone in a .zip.
        into: the new file, of the same layout.
        commodities: codes of combined commodities, as for :func:`read_span`.
        replace: whether the new file may replace one that is there already.
        limits: what the file may hold.

    Raises:
        MarginError: whatever :func:`read_span` would refuse; ``#VALUE!`` where the new file is there already, or is the old one.
    """
    if into.exists() and into.samefile(path):
        raise MarginError(ErrorCode.VALUE, f"{into} is the file to cut from", "give another name")
    source, wanted = Source.of(path, limits), Wanted.of(commodities)
    if layout_of(source) == PA2:
        lines = LineReader(source, wanted)
        lines.read()
        parameters = lines.parameters()
        with new_file(into, replace=replace) as stream:
            size = _cut_lines(lines, stream)
    else:
        elements = ElementReader(source, wanted)
        parameters = elements.parameters()
        with new_file(into, replace=replace) as stream:
            size = _cut_elements(elements, stream)
    contracts = sum(len(commodity.contracts) for commodity in parameters.commodities.values())
    return Slice(into, tuple(sorted(parameters.commodities)), contracts, into.stat().st_size, size)


def _lines(source: Source) -> Iterator[tuple[int, bytes]]:
    """The lines of a file, and their numbers; each with its end, as it stands there."""
    number, rest = 0, b""
    for piece in source.pieces():
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            number += 1
            yield number, line + b"\n"
    if rest:
        yield number + 1, rest


def _cut_lines(reader: LineReader, stream: IO[bytes]) -> int:
    """Copies lines of an expanded unpacked file; returns the size of the whole."""
    source, held, size = reader.source, set(reader.drafts), 0
    products = {product.key for draft in reader.drafts.values() for product in draft.products}
    for number, line in _lines(source):
        size += len(line)
        kind = line[:1]
        if kind == b"8":
            keep = line[2:15] + line[25:28] in products
        elif kind in {b"P", b"B"}:
            keep = line[2:18] in products
        elif kind in _OF_A_COMMODITY:
            keep = line[2:8].decode("latin-1").strip() in held
        elif kind == b"2":
            record = Record.of(source, number, COMMODITY, line.rstrip(b"\r\n"))
            keep = reader.wanted.holds(record.text("commodity"), (record.text("exchange"),))
        elif kind == b"6":
            keep = is_among(*codes_of(Record.of(source, number, INTER_SPREAD, line.rstrip(b"\r\n"))), held)
        elif kind == b"5":
            record = Record.of(source, number, GROUP, line.rstrip(b"\r\n"))
            keep = any(record.text(name) in held for name in record.layout.fields if name.startswith("code"))
        else:
            keep = kind in _ALWAYS
        if keep:
            stream.write(line)
    return size


def _cut_elements(reader: ElementReader, stream: IO[bytes]) -> int:
    """Copies the frame and the wanted elements of an XML file; returns the size of the whole."""
    held, families = set(reader.drafts), reader.linked()

    def is_kept(tag: str, head: bytes, path: list[Element]) -> bool:
        if tag == COMMODITY_TAG:
            code = CODE.search(head)
            return code is not None and plain(code[1]) in held
        if tag in FAMILIES:
            return reader.family_key(head, path) in families
        codes = {plain(code) for code in CODE.findall(head.partition(b"</" + tag.encode())[0])}
        return codes <= held if tag == "dSpread" else tag == "sSpread" and bool(codes & held)

    Blocks(reader.fields, is_kept, _leave, stream.write).frame()
    return sum(len(piece) for piece in reader.source.pieces())


def _leave(_block: Block, _path: list[Element]) -> None:
    """Nothing is done with a block but copying it."""
