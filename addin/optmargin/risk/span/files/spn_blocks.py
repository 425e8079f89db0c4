"""An XML parameter file in pieces: large elements are cut out of the stream as bytes, and passed over unread where nobody asks.

Combined commodities, product families and spreads are *blocks*. What is left when they are cut out, the frame, is small and is
parsed as it comes; in it an empty element stands where a block was. Blocks that aren't wanted are never parsed, only searched for
their end tag. That needs care: inside blocks there may be no comments, CDATA or processing instructions, in which an end tag could
hide; a file that has them is refused.
"""

from __future__ import annotations

import codecs
import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optmargin.core.values import shown
from optmargin.risk.span.files.spn_nodes import Fields, Tree, declaration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from xml.etree.ElementTree import Element

    from optmargin.core.errors import MarginError
    from optmargin.risk.span.files.source import Source

ROOT = "spanFile"
FAMILIES = (
    "phyPf", "equityPf", "debtPf", "futPf", "fwdPf", "IRSwapPf", "CDSwapPf", "eDebtPf", "cmbPf", "oopPf", "oofPf", "ooePf", "oocPf",
)  # fmt: skip
COMMODITY = "ccDef"
SPREADS = ("dSpread", "sSpread")
# Whole parts of a file that aren't read: cross margining, positions, interest rate and credit models, other clearing houses.
PASSED_OVER = (
    "businessFunction", "portfolio", "hvarMarginParams", "cdsMarginParams", "zeroCurve", "interClearSpreads",
    "superInterClearSpreads",
)  # fmt: skip
BLOCKS = (COMMODITY, *FAMILIES, *SPREADS, *PASSED_OVER)

_MARK = re.compile(b"<(?:(%b)(?=[\\s>/])|([!?]))" % b"|".join(tag.encode() for tag in BLOCKS))
_LONGEST_MARK = 64  # bytes in which a start or end tag of a block, or the beginning of a comment, is whole
_ASIDES = ((b"<!--", b"-->"), (b"<![CDATA[", b"]]>"), (b"<?", b"?>"))
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_MARKS_OF_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\0", b"\0<")
_HEAD = 4096  # bytes of a block by which it is chosen


@dataclass(frozen=True, slots=True)
class Block:
    """A large element of the file.

    Attributes:
        tag: of the element.
        line: where it begins.
        text: from its start tag to its end tag.
        encoding: of the file; None for UTF-8.
    """

    tag: str
    line: int
    text: bytes
    encoding: str | None = None

    def tree(self, fields: Fields) -> Element:
        """Its elements.

        Raises:
            MarginError: ``#VALUE!`` where it isn't well-formed.
        """
        return fields.tree([(self.text, 0)], encoding=self.encoding, line=self.line, is_kept=True)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a block stands that was passed over.

    Attributes:
        tag: of the element.
        line: where it begins.
        offset, size: of the element in the file, bytes.
        encoding: of the file.
    """

    tag: str
    line: int
    offset: int
    size: int
    encoding: str | None


Key = tuple[str, str]


def blocks_at(source: Source, places: Iterable[Place]) -> Iterator[tuple[Place, Block]]:
    """Places of blocks that were passed over before, in the order of the file, each with its block."""
    with source.opened() as stream:
        for place in sorted(places, key=lambda each: each.offset):
            if place.size > source.limits.block:
                raise _too_large(source, place.tag, place.line)
            stream.seek(place.offset)
            yield place, Block(place.tag, place.line, stream.read(place.size), place.encoding)


def _too_large(source: Source, tag: str, line: int) -> MarginError:
    return source.refusal(
        f"{tag} is larger than {source.limits.block / 2**20:.0f} MB", "it is no SPAN file; give one", line=line
    )


class Blocks:
    """Goes through a file once; blocks that are chosen are handed over as they come, with the elements around them.

    Attributes:
        encoding: of the file, as declared; None for UTF-8.
        seen: tags of the blocks that were met.
        places: where blocks are that were passed over and noted, by their key.
    """

    def __init__(
        self,
        fields: Fields,
        chosen: Callable[[str, bytes, list[Element]], bool | Key],
        take: Callable[[Block, list[Element]], None],
        copy: Callable[[bytes], object] | None = None,
    ) -> None:
        """What to do with a file.

        Args:
            fields: of the file; they get the lines of the frame.
            chosen: what is done with a block, by its tag, its beginning, and the path of elements that it stands in: True
                hands it over, False passes over it, a key passes over it and notes its place.
            take: gets a block that is handed over, and the path of elements that it stands in.
            copy: gets the bytes of the file without the blocks that are passed over.
        """
        self.source, self._fields = fields.source, fields
        self._chosen, self._take, self._copy = chosen, take, copy
        self._pieces: Iterator[bytes] = iter(())
        self._buffer, self._before = b"", 0  # what is read, and how much of the file lies before it
        self._at, self._line = 0, 1  # how far it is done with
        self._is_end = False
        self._queue: deque[Block] = deque()
        self.encoding: str | None = None
        self.seen: set[str] = set()
        self.places: dict[Key, list[Place]] = {}
        self._noted = 0

    def frame(self) -> Element:
        """Reads the file; returns what is left of it when the blocks are cut out.

        Raises:
            MarginError: ``#VALUE!`` for a file that isn't XML, isn't SPAN's, is damaged, or declares entities.
        """
        self._pieces = self.source.pieces()
        self._more(_HEAD)
        self.encoding = _encoding(self.source, self._buffer)
        tree = Tree(self.source, encoding=self.encoding)
        tree.opened = self._opened(tree)
        self._fields.frame = tree.lines
        while True:
            mark = _MARK.search(self._buffer, self._at)
            if mark is None:
                if self._is_end:
                    self._through(tree, len(self._buffer))
                    break
                self._through(tree, max(self._at, len(self._buffer) - _LONGEST_MARK))
                self._more(len(self._buffer) - self._at + 1)
                continue
            self._through(tree, mark.start())
            self._more(_LONGEST_MARK)
            if mark[1] is not None:
                self._block(tree, mark[1].decode())
            else:
                self._aside(tree)
        tree.feed(b"", is_last=True)
        if tree.root is None:
            raise self.source.refusal("there is no element in the file", "give one SPAN file")
        return tree.root

    def _opened(self, tree: Tree) -> Callable[[Element], None]:
        """What happens when an element of the frame begins: the place of a block is where it is handed over."""

        def opened(node: Element) -> None:
            if len(tree.path) == 1 and node.tag != ROOT:
                raise self.source.refusal(
                    f"the outermost element is {shown(node.tag)}, not {ROOT}",
                    "give an XML file of SPAN parameters (.spn)",
                    line=tree.lines[node],
                )
            if node.tag in _BLOCK_TAGS:
                tree.path[-2].remove(node)
                del tree.lines[node]
                self._take(self._queue.popleft(), tree.path[:-1])

        return opened

    def _more(self, size: int) -> None:
        """Reads on until so many bytes lie ahead, or the file ends."""
        while len(self._buffer) - self._at < size and not self._is_end:
            piece = next(self._pieces, b"")
            self._is_end = not piece
            self._buffer = self._buffer[self._at :] + piece
            self._before += self._at
            self._at = 0

    def _through(self, tree: Tree, end: int) -> None:
        """Hands the buffer up to a place on to the parser of the frame."""
        if end > self._at:
            text = self._buffer[self._at : end]
            tree.feed(text)
            if self._copy is not None:
                self._copy(text)
            self._line += text.count(b"\n")
            self._at = end

    def _drop(self, tree: Tree, end: int) -> None:
        """Passes over the buffer up to a place."""
        lines = self._buffer.count(b"\n", self._at, end)
        self._line += lines
        self._at = end
        tree.skip(lines)

    def _aside(self, tree: Tree) -> None:
        """A comment, CDATA or processing instruction of the frame; anything else that begins with ``<!`` is refused."""
        kind = next((each for each in _ASIDES if self._buffer.startswith(each[0], self._at)), None)
        if kind is None:
            raise declaration(self.source, self._line)
        begin, closing = kind
        at = self._buffer.find(closing, self._at + len(begin))
        while at < 0:
            self._check_open("a comment")
            self._more(len(self._buffer) - self._at + 1)
            at = self._buffer.find(closing, self._at + len(begin))
        self._through(tree, at + len(closing))

    def _block(self, tree: Tree, tag: str) -> None:
        """Cuts out one block, or passes over it."""
        self.seen.add(tag)
        after = self._buffer.find(b">", self._at) + 1
        opening = self._buffer[self._at + 1 : max(after - 1, self._at + 1)].decode("latin-1")
        if opening.removesuffix("/").strip() != tag:
            raise self.source.refusal(
                f"{tag} has attributes, which aren't known here",
                "give an XML file of SPAN parameters (.spn)",
                line=self._line,
            )
        if opening.endswith("/"):
            self._drop(tree, after)
            return
        self._more(_HEAD)
        line, start = self._line, self._before + self._at
        choice = self._chosen(tag, self._buffer[self._at : self._at + _HEAD], tree.path)
        if choice is True:
            end = self._end_of(tag)
            text = self._buffer[self._at : end]
            if self._copy is not None:
                self._copy(text)
            self._queue.append(Block(tag, line, text, self.encoding))
            tree.feed(b"<" + tag.encode() + b"/>")
            self._drop(tree, end)
            return
        self._pass_over(tree, tag)
        if choice is not False:
            size = self._before + self._at - start
            self.places.setdefault(choice, []).append(Place(tag, line, start, size, self.encoding))
            self._noted += 1
            if self._noted > self.source.limits.elements:
                raise self.source.refusal("too many product families", "it is no SPAN file; give one", line=line)

    def _end_of(self, tag: str) -> int:
        """Where in the buffer the block that begins there ends; reads on until it does."""
        ahead = 0
        while True:
            end = self._closing(tag, self._at + ahead)
            if end:
                self._check_plain(tag, self._at, end)
                return end
            self._check_open(tag)
            ahead = max(0, len(self._buffer) - self._at - _LONGEST_MARK)
            self._more(len(self._buffer) - self._at + 1)

    def _pass_over(self, tree: Tree, tag: str) -> None:
        """Drops a block that isn't wanted, piece by piece."""
        line = self._line
        while True:
            end = self._closing(tag, self._at)
            if end:
                self._check_plain(tag, self._at, end)
                self._drop(tree, end)
                return
            if self._is_end:
                raise self._cut(tag, line)
            self._check_plain(tag, self._at, len(self._buffer))
            self._drop(tree, max(self._at, len(self._buffer) - _LONGEST_MARK))
            self._more(len(self._buffer) - self._at + 1)

    def _closing(self, tag: str, start: int) -> int:
        """Where the end tag of a block ends, looking from a place on; 0 where the buffer doesn't hold it."""
        closing = b"</" + tag.encode()
        at = self._buffer.find(closing, start)
        while at >= 0:
            end = self._buffer.find(b">", at, at + _LONGEST_MARK)
            if end < 0:
                if len(self._buffer) - at >= _LONGEST_MARK:
                    raise self.source.refusal(
                        f"an end tag of {tag} isn't closed", "the file is damaged; fetch it again", line=self._line
                    )
                return 0
            if not self._buffer[at + len(closing) : end].strip():
                return end + 1
            at = self._buffer.find(closing, at + 1)  # another tag that begins alike
        return 0

    def _check_open(self, tag: str) -> None:
        """Raises where the file ends, or goes on too long, inside something."""
        if self._is_end:
            raise self._cut(tag, self._line)
        if len(self._buffer) - self._at > self.source.limits.block:
            raise _too_large(self.source, tag, self._line)

    def _cut(self, tag: str, line: int) -> MarginError:
        return self.source.refusal(f"the file ends inside {tag}", "the file is cut short; fetch it again", line=line)

    def _check_plain(self, tag: str, start: int, end: int) -> None:
        """Raises for a comment, CDATA or an instruction inside a block, where an end tag could hide."""
        for sign in (b"!", b"?"):
            if self._buffer.find(sign, start, end) < 0:
                continue  # one character is found many times faster than two
            at = self._buffer.find(b"<" + sign, start, end)
            if at >= 0:
                raise self.source.refusal(
                    f"a comment, CDATA or an instruction stands inside {tag}",
                    "take it out; the exchange's own file has none",
                    line=self._line + self._buffer.count(b"\n", self._at, at),
                )


_BLOCK_TAGS = frozenset(BLOCKS)
_PLAIN_ENCODINGS = {
    "utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1", "latin1", "iso-8859-2", "iso-8859-15", "windows-1252", "cp1252",
    "windows-1250",
}  # fmt: skip


def _encoding(source: Source, head: bytes) -> str | None:
    """The declared encoding; None for UTF-8.

    Raises:
        MarginError: ``#VALUE!`` for one in which tags aren't plain characters, and for what isn't XML.
    """
    if head.startswith(_MARKS_OF_WIDE):
        raise source.refusal("the file is in UTF-16", "save it as UTF-8")
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if not text.startswith(b"<"):
        raise source.refusal(f"the file begins with {shown(text[:30].decode('latin-1'))}", "give one SPAN file", line=1)
    declared = _DECLARED.match(head.removeprefix(codecs.BOM_UTF8))
    if declared is None:
        return None
    name = declared[1].decode().lower()
    if name not in _PLAIN_ENCODINGS:
        raise source.refusal(f"the encoding {shown(name)} isn't known", "save it as UTF-8", line=1)
    return name
