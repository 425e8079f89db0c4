"""Risk arrays of the expanded unpacked format, many lines at once: pairs of records 81 and 82, or 83 and 84, as columns.

A full file has more than a million such lines, so they are never looked at one by one: the lines of a piece of the file become a
matrix of characters, and each field is a few columns of it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.values import shown
from optmargin.risk.span.files.pa2_layouts import (
    ARRAY_VALUES_FROM,
    FIRST_VALUES,
    KEY_COLUMNS,
    NARROW,
    SECOND_VALUES,
    WIDE,
    ArrayLayout,
    Layout,
)
from optmargin.risk.span.model import SCENARIOS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optmargin.core.errors import MarginError
    from optmargin.risk.span.files.source import Source

_BLANK, _ZERO, _MINUS = 32, 48, 45
_SIGNS = np.zeros(256, dtype=np.int64)
_SIGNS[[_BLANK, ord("+")]] = 1
_SIGNS[_MINUS] = -1


@dataclass(frozen=True, slots=True)
class RawArrays:
    """Columns of equal length, one element per contract, as the file writes them; see the layouts for what they mean.

    Attributes:
        line: of the first of the two records.
        product: which of the products of the caller.
        future, option: shape (n, 8): month and code of the future and of the option, as characters.
        right: the character: ``C``, ``P`` or blank.
        strike: digits with sign.
        risk: shape (n, 16): digits with sign.
        delta: digits with sign, 4 decimals.
        volatility: a fraction; NaN where blank.
        price: digits with sign, without the decimal point; of the precise price where the file says so.
        no_price: whether the file has no settlement price.
        value_factor: of the contract itself (a variable tick); NaN where not said.
    """

    line: NDArray[np.int64]
    product: NDArray[np.int64]
    future: NDArray[np.uint8]
    option: NDArray[np.uint8]
    right: NDArray[np.uint8]
    strike: NDArray[np.int64]
    risk: NDArray[np.int32]
    delta: NDArray[np.int32]
    volatility: NDArray[np.float64]
    price: NDArray[np.int64]
    no_price: NDArray[np.bool_]
    value_factor: NDArray[np.float64]

    def rows(self, rows: NDArray[np.int64], product: NDArray[np.int64]) -> RawArrays:
        """Some of its rows, with other numbers of their products."""
        columns = {column.name: getattr(self, column.name)[rows] for column in fields(self)}
        return RawArrays(**columns | {"product": product})

    @classmethod
    def joined(cls, parts: list[RawArrays]) -> RawArrays:
        """Several, one after the other."""
        return cls(
            **{column.name: np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(cls)}
        )


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of a piece of the file, as a matrix of characters.

    Attributes:
        source: the file.
        numbers: of the lines, from 1.
        characters: shape (n, width), blank beyond the end of a line.
    """

    source: Source
    numbers: NDArray[np.int64]
    characters: NDArray[np.uint8]

    @classmethod
    def of(
        cls,
        source: Source,
        piece: NDArray[np.uint8],
        starts: NDArray[np.int64],
        ends: NDArray[np.int64],
        numbers: NDArray[np.int64],
        layout: Layout,
    ) -> Lines:
        """The lines between starts and ends of a piece.

        Raises:
            MarginError: ``#VALUE!`` for a line that is shorter than the layout.
        """
        short = np.flatnonzero(ends - starts < layout.shortest)
        if len(short):
            at = int(short[0])
            raise source.refusal(
                f"record {layout.id} has {int(ends[at] - starts[at])} columns, not {layout.shortest} or more",
                "the file is cut short or of another layout; fetch it again",
                line=int(numbers[at]),
            )
        width = max(field.last for field in layout.fields.values())
        columns = starts[:, None] + np.arange(width)
        characters = piece[np.minimum(columns, len(piece) - 1)]
        characters[columns >= ends[:, None]] = _BLANK
        return cls(source, numbers, characters)

    def digits(self, first: int, last: int, name: str, *, may_be_blank: bool = False) -> NDArray[np.int64]:
        """Columns of digits as whole numbers; -1 where they are blank and may be.

        Raises:
            MarginError: ``#VALUE!`` for anything but digits.
        """
        return self._numbers(self.characters[:, first - 1 : last], name, may_be_blank=may_be_blank)

    def values(self, first: int, width: int, count: int) -> NDArray[np.int64]:
        """Values of the risk array: ``count`` numbers, each with its sign behind it.

        Raises:
            MarginError: ``#VALUE!`` for anything but digits and a sign.
        """
        block = self.characters[:, first - 1 : first - 1 + count * (width + 1)].reshape(-1, count, width + 1)
        numbers = self._numbers(block[:, :, :width], "array value")
        return numbers * self._signs(block[:, :, width], "sign of an array value")

    def sign(self, column: int, name: str) -> NDArray[np.int64]:
        """A column of signs as 1 and -1; blank is plus.

        Raises:
            MarginError: ``#VALUE!`` for anything else.
        """
        return self._signs(self.characters[:, column - 1], name)

    def _numbers(self, text: NDArray[np.uint8], name: str, *, may_be_blank: bool = False) -> NDArray[np.int64]:
        digits = text - np.uint8(_ZERO)  # what is below '0' wraps around to a large number
        numbers: NDArray[np.int64] = digits @ (10 ** np.arange(text.shape[-1] - 1, -1, -1, dtype=np.int64))
        wrong = np.asarray((digits > 9).any(axis=-1))
        if wrong.any():
            blank = np.asarray((text == _BLANK).all(axis=-1))
            if not may_be_blank or (wrong & ~blank).any():
                raise self._refusal(text, wrong & ~blank if may_be_blank else wrong, name)
            numbers = np.where(blank, -1, numbers)
        return numbers

    def _signs(self, text: NDArray[np.uint8], name: str) -> NDArray[np.int64]:
        signs = _SIGNS[text]
        if not signs.all():
            raise self._refusal(text[..., None], signs == 0, name)
        return signs

    def _refusal(self, text: NDArray[np.uint8], wrong: NDArray[np.bool_], name: str) -> MarginError:
        at = tuple(int(each[0]) for each in np.nonzero(wrong))
        seen = text[at].tobytes().decode("latin-1")
        which = f" {at[1] + 1}" if len(at) > 1 else ""
        record = self.characters[at[0], :2].tobytes().decode("latin-1")
        return self.source.refusal(
            f"record {record}, {name}{which}: {shown(seen)} isn't a number"
            if seen.strip()
            else f"record {record}, {name}{which}: is blank",
            "the file is damaged or of another layout; fetch it again",
            line=int(self.numbers[at[0]]),
        )


def layout_of(kind: int) -> ArrayLayout:
    """The layout of a record by the character after its 8: ``1`` and ``2`` narrow, ``3`` and ``4`` wide."""
    return NARROW if kind in b"12" else WIDE


def raw_arrays(firsts: Lines, seconds: Lines, layout: ArrayLayout, product: NDArray[np.int64]) -> RawArrays:
    """The columns of contracts from their two records each.

    Raises:
        MarginError: ``#VALUE!`` where two records don't belong together, or a field holds something else than it should.
    """
    _same_contracts(firsts, seconds)
    first, second = layout.first.fields, layout.second.fields
    risk = np.empty((len(firsts.numbers), SCENARIOS), dtype=np.int32)
    risk[:, :FIRST_VALUES] = firsts.values(ARRAY_VALUES_FROM, layout.width, FIRST_VALUES)
    risk[:, FIRST_VALUES:] = seconds.values(ARRAY_VALUES_FROM, layout.width, SECOND_VALUES)

    def digits(name: str, *, may_be_blank: bool = False) -> NDArray[np.int64]:
        return seconds.digits(second[name].first, second[name].last, name, may_be_blank=may_be_blank)

    strike_sign = seconds.sign(second["strike sign"].first, "strike sign")
    price, no_price = _prices(firsts, seconds, layout)
    volatility = digits("volatility", may_be_blank=True)
    powers = _powers(seconds, layout, "volatility exponent")
    return RawArrays(
        line=firsts.numbers,
        product=product,
        future=_month(firsts.characters, first["future month"].first),
        option=_month(firsts.characters, first["option month"].first),
        right=firsts.characters[:, first["right"].first - 1].copy(),
        strike=_strikes(firsts, layout) * strike_sign,
        risk=risk,
        delta=(digits("delta") * seconds.sign(second["delta sign"].first, "delta sign")).astype(np.int32),
        volatility=np.where(volatility > 0, volatility / 1e6 * powers, np.nan),
        price=price,
        no_price=no_price,
        value_factor=_value_factors(seconds, layout),
    )


def _same_contracts(firsts: Lines, seconds: Lines) -> None:
    """Raises where a record and the next are not of one contract."""
    differ = (firsts.characters[:, 2:KEY_COLUMNS] != seconds.characters[:, 2:KEY_COLUMNS]).any(axis=1)
    if differ.any():
        at = int(np.flatnonzero(differ)[0])
        raise firsts.source.refusal(
            "the two records of a risk array are of different contracts",
            "the file is damaged; fetch it again",
            line=int(firsts.numbers[at]),
        )


def _month(characters: NDArray[np.uint8], first: int) -> NDArray[np.uint8]:
    """Month and code of a contract: eight characters, zeros where they are blank."""
    text = characters[:, first - 1 : first + 7].copy()
    text[text == _BLANK] = _ZERO
    return text


def _strikes(firsts: Lines, layout: ArrayLayout) -> NDArray[np.int64]:
    """Digits of the strike, without sign; a future may have none."""
    fields = layout.first.fields
    strike = firsts.digits(fields["strike"].first, fields["strike"].last, "strike", may_be_blank=True)
    missing = np.flatnonzero((strike < 0) & (firsts.characters[:, fields["right"].first - 1] != _BLANK))
    if len(missing):
        raise firsts.source.refusal(
            f"record {layout.first.id}, strike: is blank for an option",
            "the file is damaged; fetch it again",
            line=int(firsts.numbers[missing[0]]),
        )
    return strike


def _prices(firsts: Lines, seconds: Lines, layout: ArrayLayout) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Digits of the settlement price with sign, and whether there is none.

    The first record has them with 14 digits, which count where its flag is Y; the sign is that of the second record either way.
    All nines are no price. Source: CME advisory 10-147.
    """
    first, second = layout.first.fields, layout.second.fields
    price = seconds.digits(second["price"].first, second["price"].last, "price", may_be_blank=True)
    precise = firsts.digits(
        first["precise price"].first, first["precise price"].last, "precise price", may_be_blank=True
    )
    is_precise = firsts.characters[:, first["precise flag"].first - 1] == ord("Y")
    none = np.where(is_precise, (precise < 0) | (precise >= 10**14 - 1), (price < 0) | (price >= 10**7 - 1))
    chosen = np.where(is_precise, precise, price)
    return np.where(none, 0, chosen) * seconds.sign(second["price sign"].first, "price sign"), none


def _powers(lines: Lines, layout: ArrayLayout, name: str) -> NDArray[np.float64]:
    """Ten to the power of an exponent field of the second record with its sign; 1 where the layout hasn't got it."""
    fields = layout.second.fields
    if name not in fields:
        return np.ones(len(lines.numbers))
    exponent = lines.digits(fields[name].first, fields[name].last, name, may_be_blank=True)
    sign = np.where(lines.characters[:, fields[f"{name} sign"].first - 1] == _MINUS, -1.0, 1.0)
    return np.asarray(10.0 ** (np.maximum(exponent, 0) * sign))


def _value_factors(lines: Lines, layout: ArrayLayout) -> NDArray[np.float64]:
    """The contract's own value factor, for options with a variable tick; NaN where it is blank or zero."""
    field = layout.second.fields.get("value factor")
    if field is None:
        return np.full(len(lines.numbers), np.nan)
    digits = lines.digits(field.first, field.last, "value factor", may_be_blank=True)
    factors = digits / 10.0 ** (field.decimals or 0) * _powers(lines, layout, "value factor exponent")
    return np.where(digits > 0, factors, np.nan)
