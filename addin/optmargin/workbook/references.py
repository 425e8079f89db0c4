"""Cell references in formulas, names, charts and formats: how they follow when a table grows or shrinks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openpyxl.formula.tokenizer import Token, Tokenizer, TokenizerError
from openpyxl.utils import column_index_from_string

if TYPE_CHECKING:
    from collections.abc import Callable

_REFERENCE = re.compile(
    r"(?P<sheet>(?:'(?:[^']|'')+'|[^'!\s:]+)!)?(?P<a>\$?[A-Z]{1,3})(?P<b>\$?[0-9]{1,7})(?::(?P<c>\$?[A-Z]{1,3})(?P<d>\$?[0-9]{1,7}))?"
)


@dataclass(frozen=True, slots=True)
class Resize:
    """How the rows of one table change, and what that does to references.

    Attributes:
        sheet: title of the table's sheet.
        header: row of the headings.
        bottom, new_bottom: last row of the body before and after.
        columns: first and last column of the table.
        shift: by how many rows what lies beneath moves; zero where it stays.
        shifted_columns: first and last column of what moves.
    """

    sheet: str
    header: int
    bottom: int
    new_bottom: int
    columns: tuple[int, int]
    shift: int
    shifted_columns: tuple[int, int]

    def rows(
        self, first_row: int, last_row: int, first_column: int, last_column: int, *, stretch: bool
    ) -> tuple[int, int]:
        """The rows to which a range on the table's sheet now extends; ``stretch`` lets a single body cell grow too."""

        def meets(columns: tuple[int, int]) -> bool:
            return first_column <= columns[1] and columns[0] <= last_column

        if first_row > self.bottom:
            moved = self.shift if meets(self.shifted_columns) else 0
            return first_row + moved, last_row + moved
        if last_row > self.bottom:
            return first_row, last_row + (self.shift if meets(self.shifted_columns) else 0)
        if last_row == self.bottom and meets(self.columns) and (stretch or first_row < last_row):
            return min(first_row, self.new_bottom), self.new_bottom
        return first_row, last_row

    def in_address(self, text: str, *, stretch: bool = False) -> str:
        """An address or range on the table's sheet, such as ``A5:C6``, as it is after the change."""
        match = _REFERENCE.fullmatch(text)
        return self._changed(match, stretch=stretch) if match else text

    def in_formula(self, text: str, home: str, *, stretch: bool = False) -> str:
        """A formula (with or without its ``=``) that stands on the sheet ``home``, as it is after the change."""
        if home != self.sheet and self.sheet.replace("'", "''") not in text:
            return text  # nothing in it can refer to that sheet

        def changed(reference: str) -> str:
            match = _REFERENCE.fullmatch(reference)
            if match is None:
                return reference
            sheet = (match["sheet"] or "")[:-1]
            title = sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet
            return self._changed(match, stretch=stretch) if (title or home) == self.sheet else reference

        return map_references(text, changed)

    def _changed(self, match: re.Match[str], *, stretch: bool) -> str:
        first, last = int(match["b"].lstrip("$")), int((match["d"] or match["b"]).lstrip("$"))
        left = column_index_from_string(match["a"].lstrip("$"))
        right = column_index_from_string((match["c"] or match["a"]).lstrip("$"))
        # A range of one row that is written as a range grows; a single cell only where the caller says so.
        top, bottom = self.rows(first, last, left, right, stretch=stretch or match["d"] is not None)

        def row(number: int, was: str) -> str:
            return f"${number}" if was.startswith("$") else str(number)

        start = f"{match['sheet'] or ''}{match['a']}{row(top, match['b'])}"
        if match["d"] is None and top == bottom:
            return start
        return f"{start}:{match['c'] or match['a']}{row(bottom, match['d'] or match['b'])}"


def map_references(text: str, change: Callable[[str], str]) -> str:
    """A formula with every cell reference changed; text that isn't a formula that can be read stays as it is."""
    formula = text if text.startswith("=") else f"={text}"
    try:
        tokens = Tokenizer(formula).items
    except (TokenizerError, IndexError):
        return text
    parts = [
        change(token.value) if token.type == Token.OPERAND and token.subtype == Token.RANGE else token.value
        for token in tokens
    ]
    return ("=" if text.startswith("=") else "") + "".join(parts)


class RowFormula:
    """A formula of a table's model row, ready to be written into other rows: taken apart once, not once per row."""

    def __init__(self, text: str) -> None:
        self._pieces: list[str | int] = []  # texts, and for a relative row its number
        joined = map_references(text, self._marked)
        for piece in re.split(r"(\x00[0-9]+\x00)", joined):
            self._pieces.append(int(piece[1:-1]) if piece.startswith("\x00") else piece)

    def down(self, rows: int) -> str:
        """The formula as it is ``rows`` further down."""
        return "".join(piece if isinstance(piece, str) else str(piece + rows) for piece in self._pieces)

    @staticmethod
    def _marked(reference: str) -> str:
        match = _REFERENCE.fullmatch(reference)
        if match is None:
            return reference

        def row(text: str) -> str:
            return text if text.startswith("$") else f"\x00{text}\x00"

        start = f"{match['sheet'] or ''}{match['a']}{row(match['b'])}"
        return f"{start}:{match['c']}{row(match['d'])}" if match["d"] else start
