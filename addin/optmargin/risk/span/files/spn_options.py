"""The options of a series read at once, where all are written as the first of them is: same elements, same order.

Taking the digits out of the text leaves its shape. If the shape is that of the first option over and over, then the numbers, in
their order, are a table: so many per option, and which is which shows in the first. Nearly all of an XML file is read this way.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optmargin.core.contracts import Right
from optmargin.risk.span.files.spn_nodes import LARGEST
from optmargin.risk.span.model import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from xml.etree.ElementTree import Element

    from numpy.typing import NDArray


Columns = dict[str, "NDArray[Any]"]
"""Contracts: right, strike, price, volatility (0 for none), delta and risk."""

_OPENING, _CLOSING = b"<opt>", b"</opt>"
_OF_NUMBERS = b"0123456789.+-eE"
_LETTERS = bytes(set(string.ascii_letters.encode()) - set(b"eE"))
_TO_BLANKS = bytes.maketrans(b"<", b" ")
_CALL, _PUT = b"<o>C</o>", b"<o>P</o>"
_NUMBER = re.compile(r"[0-9.+eE-]+")
_NAMES = {"k": "strike", "p": "price", "v": "volatility"}
# What must be the same as in the series, or zero: a closer look is needed where it isn't.
_CHECKED = frozenset({"cvf", "sc", "pq"})


@dataclass(frozen=True, slots=True)
class _Shape:
    """Which number of an option is what.

    Attributes:
        count: numbers per option.
        places: of strike, price and volatility, and of what must be the same as in the series.
        arrays: class of rates -> place of the first of its array values; the class itself stands before, the delta behind.
    """

    count: int
    places: dict[str, int]
    arrays: tuple[int, ...]


class OptionShapes:
    """Reads options by their shape; shapes that were met once are known."""

    def __init__(self) -> None:
        self._shapes: dict[bytes, _Shape | None] = {}

    def columns(
        self, text: bytes, tree: Callable[[bytes], Element], chosen: str | None, same: Mapping[str, float]
    ) -> Columns | None:
        """The options of a series.

        Args:
            text: from the first ``<opt>`` to the last ``</opt>``.
            tree: makes nodes of one of them.
            chosen: class of rates that is read; None where there is only one.
            same: what an option must say where it says anything: its value factor (``cvf``), delta scaling (``sc``), and how its
                price is quoted (``pq``).

        Returns:
            Columns; None where the options differ in shape, or hold something else than numbers, so that they must be read
            element by element.
        """
        second = text.find(_OPENING, len(_OPENING))
        unit = text if second < 0 else text[:second]
        gap = unit[unit.rfind(_CLOSING) + len(_CLOSING) :]
        shape = unit.translate(None, _OF_NUMBERS).replace(_PUT, _CALL)
        if shape not in self._shapes:
            self._shapes[shape] = _shape_of(tree(unit))
        known = self._shapes[shape]
        count = text.count(_OPENING)
        if known is None or gap.strip():
            return None
        whole = text.translate(None, _OF_NUMBERS) + gap
        if whole.replace(_PUT, _CALL) != shape * count:
            return None
        try:
            numbers = np.array(list(map(float, text.translate(_TO_BLANKS, _LETTERS + b">/").split())))
        except ValueError:
            return None
        if len(numbers) != count * known.count or not (np.abs(numbers) <= LARGEST).all():
            return None
        table = numbers.reshape(count, known.count)
        if any((table[:, known.places[name]] != value).any() for name, value in same.items() if name in known.places):
            return None
        return _picked(table, known, whole, chosen)


def _shape_of(option: Element) -> _Shape | None:
    """Which number is what in an option; None where there is an element that needs a closer look."""
    count, places, arrays = 0, dict[str, int](), []
    leaves = [node for node in option.iter() if not len(node)]
    if any(node.tail and node.tail.strip() for node in option.iter()) or not all(
        node.text and node.text.split() == [node.text] for node in leaves
    ):
        return None
    for node in option:
        if node.tag == "ra":
            tags = [each.tag for each in node]
            if tags != ["r", *["a"] * SCENARIOS, "d"]:
                return None
            arrays.append(count + 1)
            count += len(tags)
        elif len(node):
            return None
        elif node.tag == "o":
            if node.text not in {"C", "P"}:
                return None
        else:
            name = _NAMES.get(node.tag) or (node.tag if node.tag in _CHECKED else "")
            if name in places or not _NUMBER.fullmatch(node.text or ""):
                return None
            if name:
                places[name] = count
            count += 1
    if "strike" not in places or "price" not in places or not arrays:
        return None
    return _Shape(count, places, tuple(arrays))


def _picked(table: NDArray[np.float64], shape: _Shape, text: bytes, chosen: str | None) -> Columns | None:
    """The columns of a table of numbers; None where the class of rates that is read isn't the same all over."""
    start = None
    for place in shape.arrays:
        classes = table[:, place - 1]
        if (classes != classes[0]).any():
            return None
        if (len(shape.arrays) == 1 and chosen is None) or f"{classes[0]:.0f}" == chosen:
            start = place
    if start is None:
        return None
    rights = np.frombuffer(text.translate(None, bytes(set(range(256)) - set(b"CP"))), dtype=np.uint8)
    columns = {name: table[:, place] for name, place in shape.places.items() if name not in _CHECKED}
    return {
        "volatility": np.zeros(len(table)),
        **columns,
        "right": np.where(rights == ord("C"), int(Right.CALL), int(Right.PUT)).astype(np.int8),
        "risk": table[:, start : start + SCENARIOS].copy(),
        "delta": table[:, start + SCENARIOS],
    }
