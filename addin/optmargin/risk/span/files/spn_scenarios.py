"""The scenarios that an XML file defines: they must be the 16 of the model, and say how far the extreme ones go and count."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optmargin.risk.span.model import PAIRS, PRICE_MOVES, SCENARIOS, VOLATILITY_MOVES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from xml.etree.ElementTree import Element

    from optmargin.risk.span.files.spn_nodes import Fields

_EXTREME = SCENARIOS - 2  # from here on
_NEAR = 0.02


@dataclass(frozen=True, slots=True)
class Scenarios:
    """What a file says of the scenarios.

    Attributes:
        multiplier: of the price scan range in the extreme scenarios; NaN where it says nothing.
        cover: the fraction of the extreme loss that counts; NaN where it says nothing.
        pairs: the paired scenario of each, zero-based.
    """

    multiplier: float = math.nan
    cover: float = math.nan
    pairs: tuple[int, ...] = PAIRS


def scenarios_of(definitions: Iterable[Element], number: str | None, fields: Fields) -> Scenarios | None:
    """The scenarios of the class that is read; None where nothing is defined.

    Args:
        definitions: the ``pointDef`` elements of a clearing organization or a combined commodity.
        number: class of rates that is read.
        fields: for reading them.

    Raises:
        MarginError: ``#VALUE!`` where they aren't the 16 scenarios in their order.
    """
    listed = list(definitions)
    if not listed:
        return None
    chosen = next((node for node in listed if fields.text(node, "r") == number), listed[0])
    points = {fields.whole(node, "point"): node for node in chosen.findall("scanPointDef")}
    if sorted(points) != list(range(1, SCENARIOS + 1)):
        raise fields.refusal(
            chosen,
            "scanPointDef",
            f"there are {len(points)} scenarios, not {SCENARIOS}",
            "no other arrays are known here",
        )
    nodes = [points[at] for at in range(1, SCENARIOS + 1)]
    prices = _moves(nodes, "priceScanDef", PRICE_MOVES, fields)
    _moves(nodes, "volScanDef", VOLATILITY_MOVES, fields)
    pairs = tuple(fields.whole(node, "pairedPoint", PAIRS[at] + 1) - 1 for at, node in enumerate(nodes))
    if any(not 0 <= pair < SCENARIOS for pair in pairs):
        raise fields.refusal(chosen, "scanPointDef", "a scenario is paired with one that isn't there")
    return Scenarios(abs(prices[_EXTREME]), fields.number(nodes[_EXTREME], "weight"), pairs)


def _moves(nodes: list[Element], tag: str, expected: tuple[float, ...], fields: Fields) -> list[float]:
    """The moves of the scenarios, as fractions of the scan range.

    Files give a multiplier, a fraction, or both; a fraction may repeat the multiplier or be multiplied by it. The reading is taken
    by which the ordinary scenarios are those of the model.
    """
    multipliers, fractions = [], []
    for node in nodes:
        move = node.find(tag)
        if move is None:
            raise fields.refusal(node, tag, "is missing")
        multipliers.append(fields.number(move, "mult", 1.0))
        below = fields.number(move, "denominator", 1.0)
        fractions.append(fields.number(move, "numerator", 1.0) / below if below else 1.0)
    readings = (
        fractions,
        multipliers,
        [one * other for one, other in zip(multipliers, fractions, strict=True)],
    )
    for moves in readings:
        if all(abs(move - wanted) < _NEAR for move, wanted in zip(moves[:_EXTREME], expected, strict=False)):
            return moves
    raise fields.refusal(
        nodes[0], tag, "the scenarios aren't the 16 of SPAN in their order", "their arrays can't be understood here"
    )
