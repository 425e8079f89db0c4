"""One line of the expanded unpacked format, field by field: text and numbers out, and in; a wrong one is told by line and field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.core.values import shown
from optmargin.risk.span.files.gathered import MOST_PLACES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optmargin.risk.span.files.pa2_layouts import Field, Layout
    from optmargin.risk.span.files.source import Source

_BROKEN = "the file is damaged or of another layout; fetch it again"


@dataclass(frozen=True, slots=True)
class Record:
    """A line and where it stands.

    Attributes:
        source: the file.
        number: of the line, from 1.
        layout: its fields.
        raw: the line as text, without the end of line.
    """

    source: Source
    number: int
    layout: Layout
    raw: str

    @classmethod
    def of(cls, source: Source, number: int, layout: Layout, line: bytes) -> Record:
        """The record of a line.

        Raises:
            MarginError: ``#VALUE!`` where the line is shorter than any record of its type.
        """
        text = line.decode("latin-1").rstrip()
        if len(text) < layout.shortest:
            raise source.refusal(
                f"record {layout.id.strip()} ({layout.about}) has {len(text)} columns, not {layout.shortest} or more",
                "the file is cut short or of another layout; fetch it again",
                line=number,
            )
        return cls(source, number, layout, text)

    def text(self, name: str) -> str:
        """A field of text, without blanks at its ends."""
        field = self.layout.fields[name]
        return self.raw[field.first - 1 : field.last].strip()

    def number_of(self, name: str, blank: float | None = None) -> float:
        """A field of digits as a number.

        Args:
            name: the field.
            blank: what it is where the field is blank; None where it must not be.

        Raises:
            MarginError: ``#VALUE!`` for anything but digits.
        """
        if blank is not None and not self.text(name):
            return blank
        return self.whole(name) / 10.0 ** (self.layout.fields[name].decimals or 0)

    def whole(self, name: str, blank: float | None = None) -> float:
        """A field of digits as the whole number that they write, whatever its decimals; see :meth:`number_of`."""
        digits = self.text(name)
        if digits.isascii() and digits.isdigit():
            return int(digits)
        if not digits and blank is not None:
            return blank
        raise self.refusal(name, f"{shown(digits)} isn't a number" if digits else "is blank", _BROKEN)

    def count(self, name: str, blank: int | None = None) -> int:
        """A field of digits as a whole number; see :meth:`number_of`."""
        return int(self.whole(name, blank))

    def signed(self, name: str) -> int:
        """A field with a small whole number that may be negative, such as ``-02``; blank is 0.

        Raises:
            MarginError: ``#VALUE!`` for anything else.
        """
        digits = self.text(name)
        bare = digits[1:] if digits[:1] in {"-", "+"} else digits
        if not digits:
            return 0
        if not (bare.isascii() and bare.isdigit()):
            raise self.refusal(name, f"{shown(digits)} isn't a number", _BROKEN)
        if int(bare) > MOST_PLACES:
            raise self.refusal(name, f"{shown(digits)} is more than {MOST_PLACES} places", _BROKEN)
        return -int(bare) if digits[0] == "-" else int(bare)

    def power(self, name: str) -> float:
        """Ten to the power of an exponent field and its sign; blank is 1."""
        exponent = self.count(name, 0)
        if exponent > MOST_PLACES:
            raise self.refusal(name, f"{exponent} is more than {MOST_PLACES} places", _BROKEN)
        return 10.0 ** (-exponent if self.text(f"{name} sign") == "-" else exponent)

    def choice(self, name: str, words: Mapping[str, object], what: str) -> str:
        """A field of text that must be one of some words.

        Raises:
            MarginError: ``#VALUE!`` for any other word.
        """
        word = self.text(name)
        if word not in words:
            known = ", ".join(shown(each) for each in words)
            raise self.refusal(name, f"{shown(word)} is no {what}", f"known are {known}")
        return word

    def refusal(self, name: str, problem: str, remedy: str) -> MarginError:
        """The error of one field: ``cme.pa2 line 12: record B, price scan: 'x' isn't a number``."""
        return self.source.refusal(f"record {self.layout.id.strip()}, {name}: {problem}", remedy, line=self.number)


def put(layout: Layout, fields: Mapping[str, object]) -> str:
    """A line of a layout: text to the left, numbers with leading zeros, fields that aren't given blank.

    Raises:
        MarginError: ``#NUM!`` for a number that the field can't hold exactly: too large, negative, or with more decimals.
    """
    line = [" "] * max(layout.fields[name].last for name in fields)
    line[: len(layout.id)] = layout.id
    for name, value in fields.items():
        field = layout.fields[name]
        line[field.first - 1 : field.last] = written(value, field, name)
    return "".join(line).rstrip()


def written(value: object, field: Field, name: str) -> str:
    """A value as the columns of a field hold it; see :func:`put`."""
    if field.decimals is None or isinstance(value, str):
        text = str(value)
        if len(text) > field.width or not text.isascii() or not (text.isprintable() or not text):
            raise MarginError(
                ErrorCode.NUM, f"{name} {shown(text)} doesn't fit in {field.width} columns", "write XML (.spn) instead"
            )
        return text.ljust(field.width)
    scaled = float(value) * 10**field.decimals  # type: ignore[arg-type]
    digits = round(scaled) if abs(scaled) < 1e17 else -1
    if digits < 0 or abs(scaled - digits) > max(1e-6, 1e-12 * abs(scaled)) or len(str(digits)) > field.width:
        raise MarginError(
            ErrorCode.NUM,
            f"{name} {value} doesn't fit in {field.width} digits with {field.decimals} decimals",
            "write XML (.spn) instead",
        )
    return str(digits).rjust(field.width, "0")
