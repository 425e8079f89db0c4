"""XML elements and how they are read: numbers and texts by tag, with file, line and element in every error.

Large parts of a file are made into elements by the C parser of the standard library, which is fast and knows no lines. Where something
is wrong in one, the part is parsed once more, only to find the line. Everything that a parameter file has no use for (a document type,
entities, elements without end inside one another) is refused.
"""

from __future__ import annotations

import math
import re
from collections import deque
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET
from xml.parsers import expat

from optmargin.core.values import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from xml.etree.ElementTree import Element

    from optmargin.core.errors import MarginError
    from optmargin.risk.span.files.source import Source

LARGEST = 1e15
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)
_DAMAGED = "the file is damaged; fetch it again"
_LATEST = 16  # parts of a file that are read and dropped: their lines can be found as long as they are among the last

Pieces = "Sequence[tuple[bytes, int]]"
"""Text of a part of the file, in pieces, each with the number of lines that are left out behind it."""


class Fields:
    """Reads texts and numbers of elements; what is wrong is told with file, line and element.

    Attributes:
        source: the file.
        frame: lines of the elements of the frame.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.frame: dict[Element, int] = {}
        self._kept: list[tuple[Element, Callable[[], list[int]]]] = []
        self._passing: deque[tuple[Element, Callable[[], list[int]]]] = deque(maxlen=_LATEST)

    def tree(
        self, pieces: Sequence[tuple[bytes, int]], *, encoding: str | None, line: int, is_kept: bool = False
    ) -> Element:
        """The elements of a part of the file.

        Args:
            pieces: the part, in pieces, each with the number of lines that are left out behind it.
            encoding: of the file; None for UTF-8.
            line: of the file where it begins.
            is_kept: whether its elements are looked at later, after others were read.

        Raises:
            MarginError: ``#VALUE!`` for what isn't well-formed XML, or has too many elements.
        """
        limit = self.source.limits.elements
        if sum(text.count(b"<") for text, _ in pieces) > 2 * limit:
            raise self.source.refusal(f"more than {limit:,} elements", "it is no SPAN file; give one", line=line)
        parser = ET.XMLParser(encoding=encoding)  # noqa: S314  # blocks hold no declaration; see spn_blocks
        try:
            for text, _ in pieces:
                parser.feed(text)
            root: Element = parser.close()
        except ET.ParseError as error:
            self._lines(pieces, encoding, line)  # tells where
            raise self.source.refusal(f"this isn't well-formed XML ({error})", _DAMAGED, line=line) from None
        (self._kept if is_kept else self._passing).append((root, lambda: self._lines(pieces, encoding, line)))
        return root

    def _lines(self, pieces: Sequence[tuple[bytes, int]], encoding: str | None, line: int) -> list[int]:
        """The line of every element of a part of the file, in their order."""
        tree = Tree(self.source, encoding=encoding, line=line)
        for text, left_out in pieces:
            tree.feed(text)
            tree.skip(left_out)
        tree.feed(b"", is_last=True)
        return list(tree.lines.values())

    def line_of(self, node: Element) -> int:
        """The line of the file in which an element begins."""
        if node in self.frame:
            return self.frame[node]
        for root, lines in (*reversed(self._passing), *reversed(self._kept)):
            for at, each in enumerate(root.iter()):
                if each is node:
                    return lines()[at]
        return 0

    def text(self, node: Element, tag: str, default: str | None = "") -> str:
        """The text of an element inside another; the default where there is none, an error where that is None."""
        found = self._only(node, tag)
        if found is not None and found.text and (text := found.text.strip()):
            return text
        if default is None:
            raise self.refusal(node, tag, "is missing")
        return default

    def number(self, node: Element, tag: str, default: float | None = None) -> float:
        """The number in an element inside another; the default where there is none, an error where that is None.

        Raises:
            MarginError: ``#VALUE!`` for what isn't a number, isn't finite, or is larger than any amount.
        """
        found = self._only(node, tag)
        if found is None or not (found.text and found.text.strip()):
            if default is None:
                raise self.refusal(node, tag, "is missing")
            return default
        return self.value(found, node)

    def _only(self, node: Element, tag: str) -> Element | None:
        """The element of a tag inside another; an error where there are two that differ."""
        found = node.findall(tag)
        for other in found[1:]:
            if other.text != found[0].text:
                raise self.refusal(
                    node, other, f"stands twice, as {shown(found[0].text or '')} and {shown(other.text or '')}"
                )
        return found[0] if found else None

    def value(self, found: Element, parent: Element) -> float:
        """The number that an element holds; see :meth:`number`."""
        text = (found.text or "").strip()
        if _NUMBER.fullmatch(text) is None:
            raise self.refusal(parent, found, f"{shown(text)} isn't a number")
        number = float(text)
        if not math.isfinite(number) or abs(number) > LARGEST:
            raise self.refusal(parent, found, f"{shown(text)} is no amount")
        return number

    def whole(self, node: Element, tag: str, default: int | None = None) -> int:
        """The whole number in an element inside another; see :meth:`number`."""
        number = self.number(node, tag, default)
        if number != int(number):
            raise self.refusal(node, tag, f"{number:g} isn't a whole number")
        return int(number)

    def flag(self, node: Element, tag: str) -> bool | None:
        """A yes or no (1, true, 0, false) inside an element; None where there is none."""
        word = self.text(node, tag).lower()
        if word in {"1", "true"}:
            return True
        if word in {"0", "false"}:
            return False
        if not word:
            return None
        raise self.refusal(node, tag, f"{shown(word)} is neither 1 nor 0")

    def refusal(self, node: Element, inside: str | Element, problem: str, remedy: str = _DAMAGED) -> MarginError:
        """The error of one element inside another: ``x.spn line 12: scanRate, priceScan: 'x' isn't a number``."""
        found = node.find(inside) if isinstance(inside, str) else inside
        tag = inside if isinstance(inside, str) else inside.tag
        line = self.line_of(node if found is None else found)
        return self.source.refusal(f"{node.tag}, {tag}: {problem}", remedy, line=line or None)


class Tree:
    """A parser that makes elements of what it is fed, and knows their lines.

    Attributes:
        root: the outermost element, when it has begun.
        path: the elements that are open.
        lines: of the elements, in their order.
        opened: is told of each element that begins.
    """

    def __init__(self, source: Source, *, encoding: str | None, line: int = 1) -> None:
        self.root: Element | None = None
        self.path: list[Element] = []
        self.lines: dict[Element, int] = {}
        self.opened: Callable[[Element], None] | None = None
        self._source, self._before = source, line - 1
        self._texts: list[str] = []
        parser = expat.ParserCreate(encoding)
        parser.buffer_text = True
        parser.ordered_attributes = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._texts.append
        parser.StartDoctypeDeclHandler = self._declared
        parser.EntityDeclHandler = self._declared
        parser.UnparsedEntityDeclHandler = self._declared
        parser.ExternalEntityRefHandler = self._declared
        self._parser = parser

    def feed(self, text: bytes, *, is_last: bool = False) -> None:
        """Parses a piece.

        Raises:
            MarginError: ``#VALUE!`` for what isn't well-formed XML, or declares entities, or is too deep or too much.
        """
        try:
            self._parser.Parse(text, is_last)
        except expat.ExpatError as error:
            raise self._broken(error) from None
        except (LookupError, UnicodeError) as error:
            raise self._source.refusal(f"the encoding isn't known ({error})", "save it as UTF-8") from None

    def skip(self, lines: int) -> None:
        """Counts lines of the file that the parser doesn't get."""
        self._before += lines

    def _broken(self, error: expat.ExpatError) -> MarginError:
        line = error.lineno + self._before
        is_open = ", ".join(node.tag for node in self.path[-3:])
        if error.code == expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS] and self.path:
            return self._source.refusal(
                f"the file ends inside {is_open}", "the file is cut short; fetch it again", line=line
            )
        inside = f" inside {is_open}" if is_open else ""
        return self._source.refusal(
            f"this isn't well-formed XML{inside} ({expat.ErrorString(error.code)})",
            "the file is damaged or cut short; fetch it again",
            line=line,
        )

    def _declared(self, *_: object) -> int:
        raise declaration(self._source, self._parser.CurrentLineNumber + self._before)

    def _start(self, tag: str, _attributes: list[str]) -> None:
        node = ET.SubElement(self.path[-1], tag) if self.path else ET.Element(tag)
        line = self._parser.CurrentLineNumber + self._before
        self._texts.clear()
        if self.root is None:
            self.root = node
        self.path.append(node)
        self.lines[node] = line
        limits = self._source.limits
        if len(self.path) > limits.depth:
            raise self._source.refusal(
                f"more than {limits.depth} elements inside one another", "it is no SPAN file; give one", line=line
            )
        if len(self.lines) > limits.elements:
            raise self._source.refusal(
                f"more than {limits.elements:,} elements", "it is no SPAN file; give one", line=line
            )
        if self.opened is not None:
            self.opened(node)

    def _end(self, _tag: str) -> None:
        node = self.path.pop()
        if self._texts:
            node.text = "".join(self._texts).strip()
            self._texts.clear()


def declaration(source: Source, line: int) -> MarginError:
    """The error of a document type or an entity, which no parameter file has."""
    return source.refusal(
        "a document type or an entity is declared, which a SPAN file has no use for",
        "don't trust this file; fetch it from the exchange",
        line=line,
    )
