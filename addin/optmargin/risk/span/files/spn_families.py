"""Product families of an XML file: a product, its series and its contracts, in columns.

Options are read a whole series at a time where their shape allows it (``spn_options``); anything else in a series makes it be read
element by element, which is slower and tells exactly what is wrong.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from optmargin.core.contracts import Right
from optmargin.core.values import shown
from optmargin.risk.span.files.gathered import MOST_PLACES, Column
from optmargin.risk.span.files.spn_nodes import Fields
from optmargin.risk.span.files.spn_options import Columns, OptionShapes
from optmargin.risk.span.files.spn_terms import Rates, period_of
from optmargin.risk.span.model import SCENARIOS, Kind, Product

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from numpy.typing import NDArray

    from optmargin.risk.span.files.spn_blocks import Block

# What each family holds, and what one entry of it is called. Those that aren't here aren't futures or options.
KINDS = {
    "phyPf": (Kind.PHYSICAL, "phy"), "equityPf": (Kind.PHYSICAL, "equity"), "futPf": (Kind.FUTURE, "fut"),
    "cmbPf": (Kind.COMBINATION, "cmb"), "oofPf": (Kind.OPTION_ON_FUTURE, "series"),
    "oopPf": (Kind.OPTION_ON_PHYSICAL, "series"), "ooePf": (Kind.OPTION_ON_PHYSICAL, "series"),
    "oocPf": (Kind.OPTION_ON_COMBINATION, "series"),
}  # fmt: skip
# What links of combined commodities call the types of families.
_LINK_TYPES = {
    "phyPf": {"PHY"}, "futPf": {"FUT"}, "cmbPf": {"CMB"}, "oofPf": {"OOF"}, "oopPf": {"OOP"}, "ooePf": {"OOE", "OOP"},
    "oocPf": {"OOC"},
}  # fmt: skip
_ALL_LINK_TYPES = set().union(*_LINK_TYPES.values())
_STYLES = {"AMER": "american", "EURO": "european"}
_RIGHTS = {"C": Right.CALL, "P": Right.PUT}
_ALIGNMENTS = {"C", "K", "0"}

_SERIES, _END_OF_SERIES, _OPTION, _END_OF_OPTION = b"<series>", b"</series>", b"<opt>", b"</opt>"

Reference = tuple[str, str, str]
"""Exchange, number of the family and number of the contract, by which one contract names another."""


@dataclass(slots=True)
class FamilyRows:
    """What was read of one product family.

    Attributes:
        product: what it is.
        series: one row per series, by column of the table; ``underlying`` holds the reference that waits to be resolved.
        contracts: columns of contracts, each in parts; ``series`` counts within the family.
        known: what other contracts may refer to: period and price by contract number.
        left_out: options that a series can't hold, since they have a value factor of their own.
    """

    product: Product
    series: list[dict[str, Column]] = field(default_factory=list)
    underlying: list[Reference | None] = field(default_factory=list)
    contracts: dict[str, list[NDArray[Any]]] = field(default_factory=dict)
    known: dict[str, tuple[int, float]] = field(default_factory=dict)
    left_out: int = 0

    def add(self, columns: Columns) -> None:
        """Some contracts."""
        for name, values in columns.items():
            self.contracts.setdefault(name, []).append(values)


def may_be_linked(tag: str, link_type: str) -> bool:
    """Whether a link that calls its family so may mean a family of this tag; numbers of families may be unique by type only."""
    return link_type not in _ALL_LINK_TYPES or link_type in _LINK_TYPES.get(tag, set())


def family_of(block: Block, exchange: str, rates: Rates, link_scaling: float, shapes: OptionShapes) -> FamilyRows:
    """The product, series and contracts of a family.

    Args:
        block: the family's element.
        exchange: code of the exchange that it stands in.
        rates: reads arrays of the account's class.
        link_scaling: delta scaling of the family in its combined commodity.
        shapes: of options, as they were met in the file.

    Raises:
        MarginError: ``#VALUE!`` for what is missing or isn't what it should be, with line and element.
    """
    kind, entry = KINDS[block.tag]
    is_options = entry == "series"
    parts = _series_in(block) if is_options else []
    node = _frame_of(block, parts, rates.fields)
    rows = FamilyRows(_product(node, kind, exchange, rates.fields))
    reader = _Family(kind, rates, block, link_scaling, shapes, rows)
    if not is_options:
        lines = _lines_of(block, f"<{entry}>".encode())
        for each in node.findall(entry):
            reader.read_entry(each, next(lines, block.line))
        return rows
    for each, part in zip(node.findall(entry), parts, strict=True):
        reader.read_series(each, part)
    return rows


@dataclass(frozen=True, slots=True)
class _Part:
    """Where a series stands in the text of its family.

    Attributes:
        line: of the file where it begins.
        start, end: of the series.
        first, last: of its options, from the first start tag to the last end tag; the same where it has none.
    """

    line: int
    start: int
    first: int
    last: int
    end: int


def _lines_of(block: Block, opening: bytes) -> Iterator[int]:
    """The lines of the file in which a start tag stands."""
    line, done, at = block.line, 0, block.text.find(opening)
    while at >= 0:
        line += block.text.count(b"\n", done, at)
        yield line
        done, at = at, block.text.find(opening, at + 1)


def _series_in(block: Block) -> list[_Part]:
    """The series of a family."""
    text, lines = block.text, _lines_of(block, _SERIES)
    found: list[_Part] = []
    start = text.find(_SERIES)
    while start >= 0:
        end = text.find(_END_OF_SERIES, start) + len(_END_OF_SERIES)
        if end < start:
            break  # the parser will tell
        first = text.find(_OPTION, start, end)
        last = text.rfind(_END_OF_OPTION, start, end) + len(_END_OF_OPTION)
        first, last = (first, max(first, last)) if first >= 0 else (end, end)
        found.append(_Part(next(lines), start, first, last, end))
        start = text.find(_SERIES, end)
    return found


def _frame_of(block: Block, parts: list[_Part], fields: Fields) -> Element:
    """A family without its options."""
    pieces, done = [], 0
    for part in parts:
        pieces.append((block.text[done : part.first], block.text.count(b"\n", part.first, part.last)))
        done = part.last
    pieces.append((block.text[done:], 0))
    return fields.tree(pieces, encoding=block.encoding, line=block.line)


def _product(node: Element, kind: Kind, exchange: str, fields: Fields) -> Product:
    is_option = kind in {Kind.OPTION_ON_FUTURE, Kind.OPTION_ON_PHYSICAL, Kind.OPTION_ON_COMBINATION}
    settlement = fields.text(node, "setlMeth").upper()
    under = node.find("undPf") if is_option else None
    price_format, strike_format = fields.text(node, "priceFmt"), fields.text(node, "strikeFmt")
    return Product(
        exchange=exchange,
        code=fields.text(node, "pfCode", None),
        kind=kind,
        name=fields.text(node, "name"),
        currency=fields.text(node, "currency", None),
        value_factor=_value_factor(fields, node, math.nan),
        premium_style=is_option and fields.text(node, "valueMeth", None).upper() == "EQTY",
        style=_STYLES.get(fields.text(node, "exercise").upper(), "") if is_option else "",
        cash_settled={"CASH": True, "DELIV": False}.get(settlement),
        underlying="" if under is None else fields.text(under, "pfCode"),
        underlying_exchange=""
        if under is None or fields.text(under, "exch") == exchange
        else fields.text(under, "exch"),
        price_decimals=_places(fields, node, "priceDl"),
        strike_decimals=_places(fields, node, "strikeDl"),
        price_alignment=price_format if price_format in _ALIGNMENTS else "",
        strike_alignment=strike_format if strike_format in _ALIGNMENTS else "",
        model=fields.text(node, "priceModel"),
    )


def _places(fields: Fields, node: Element, tag: str) -> int:
    """Decimals of a price; 2 where they aren't said."""
    found = fields.whole(node, tag, 2)
    if abs(found) > MOST_PLACES:
        raise fields.refusal(node, tag, f"{found} is more than {MOST_PLACES} places")
    return found


def _value_factor(fields: Fields, node: Element, default: float) -> float:
    """The contract value factor of an element; the default where it has none or zero."""
    found = fields.number(node, "cvf", 0.0)
    if found < 0:
        raise fields.refusal(node, "cvf", f"{found:g} isn't a value factor")
    return found or default


def references_of(block: Block, fields: Fields) -> dict[str, tuple[int, float]]:
    """Period and price by contract number: what options that refer to a family need of it."""
    node, entry = _frame_of(block, [], fields), KINDS[block.tag][1]
    return {} if entry == "series" else dict(_reference(each, fields) for each in node.findall(entry))


def _reference(node: Element, fields: Fields) -> tuple[str, tuple[int, float]]:
    return fields.text(node, "cId", None), (period_of(fields, node, "pe"), fields.number(node, "p", math.nan))


@dataclass(slots=True)
class _Family:
    """Reads the entries of one family."""

    kind: Kind
    rates: Rates
    block: Block
    link_scaling: float
    shapes: OptionShapes
    rows: FamilyRows

    def read_entry(self, node: Element, line: int) -> None:
        """A future, a combination, a physical or a share: a series of one contract."""
        fields = self.rates.fields
        contract, (number, price) = _reference(node, fields)
        self.rows.known[contract] = number, price
        array = self._array(node)
        is_physical = self.kind is Kind.PHYSICAL
        if array is None:
            if is_physical:
                return  # an index that nobody can hold; options refer to it
            raise fields.refusal(node, "ra", "is missing")
        self._series(node, number, 0)
        risk, delta = array
        self._contracts(line, _row(Right.STOCK if is_physical else Right.FUTURE, math.nan, price, 0.0, delta, risk))

    def read_series(self, node: Element, part: _Part) -> None:
        """Options of one expiry."""
        own = period_of(self.rates.fields, node, "pe")
        self._series(node, own, own)
        if part.first == part.last:
            return
        chosen = next(iter(self.rates.chain.numbers), None)
        factor, scaling = (float(self.rows.series[-1][name]) for name in ("value_factor", "delta_scaling"))
        columns = self.shapes.columns(
            self.block.text[part.first : part.last],
            lambda one: self._tree(one, part.first),
            chosen,
            {"cvf": factor, "sc": scaling, "pq": 0.0},
        )
        if columns is None:
            self._read_slowly(self._tree(self.block.text[part.start : part.end], part.start), part.line)
        else:
            self._contracts(part.line, columns)

    def _tree(self, text: bytes, start: int) -> Element:
        """The nodes of a part of the family."""
        line = self.block.line + self.block.text.count(b"\n", 0, start)
        return self.rates.fields.tree([(text, 0)], encoding=self.block.encoding, line=line)

    def _read_slowly(self, node: Element, line: int) -> None:
        """Options of one expiry, element by element."""
        fields = self.rates.fields
        factor, scaling = (float(self.rows.series[-1][name]) for name in ("value_factor", "delta_scaling"))
        for option in node.findall("opt"):
            if _value_factor(fields, option, factor) != factor and not math.isnan(factor):
                self.rows.left_out += 1
                continue
            if fields.number(option, "sc", scaling) not in {scaling, 1.0}:
                raise fields.refusal(option, "sc", "an option has another delta scaling than its series")
            word = fields.text(option, "o", None)
            if word not in _RIGHTS:
                raise fields.refusal(option, "o", f"{shown(word)} is neither C nor P")
            array = self._array(option)
            if array is None:
                raise fields.refusal(option, "ra", "is missing")
            risk, delta = array
            strike, price = fields.number(option, "k"), self._price(option, factor)
            volatility = fields.number(option, "v", 0.0)
            self._contracts(line, _row(_RIGHTS[word], strike, price, volatility, delta, risk))

    def _price(self, option: Element, factor: float) -> float:
        """Settlement price of an option; by its value where it is quoted in another way than in points (cabinet prices)."""
        fields = self.rates.fields
        if fields.number(option, "pq", 0.0):
            return fields.number(option, "val", math.nan) / factor
        return fields.number(option, "p", math.nan)

    def _array(self, node: Element) -> tuple[list[float], float] | None:
        """Array and composite delta of a contract; None where it has none."""
        fields = self.rates.fields
        found = self.rates.chosen(node.findall("ra"), "a risk array", is_strict=True)
        if found is None:
            return None
        values = [fields.value(each, found) for each in found.findall("a")]
        if len(values) != SCENARIOS:
            raise fields.refusal(found, "a", f"{len(values)} values, not {SCENARIOS}")
        return values, fields.number(found, "d")

    def _series(self, node: Element, number: int, own: int) -> None:
        """One row of the table of series."""
        fields = self.rates.fields
        scan = self.rates.chosen(node.findall("scanRate"), "a scan range")
        up = math.nan if scan is None else fields.number(scan, "priceScan", math.nan)
        down = up if scan is None else fields.number(scan, "priceScanDown", up)
        volatility, is_relative = self._volatility_scan(scan)
        rate = node.find("intrRate")
        self.rows.series.append(
            {
                "period": number,
                "option_period": own,
                "expiry": self._day(node),
                "delta_scaling": self._scaling(node),
                "value_factor": _value_factor(fields, node, self.rows.product.value_factor),
                "scan_up": up,
                "scan_down": down,
                "volatility_scan": volatility,
                "volatility_scan_relative": is_relative,
                "years": fields.number(node, "t", math.nan),
                "rate": math.nan if rate is None else fields.number(rate, "val", math.nan),
                "underlying_price": math.nan,
            }
        )
        under = node.find("undC") if own else None
        self.rows.underlying.append(
            None
            if under is None
            else (fields.text(under, "exch", None), fields.text(under, "pfId", None), fields.text(under, "cId", None))
        )

    def _volatility_scan(self, scan: Element | None) -> tuple[float, bool]:
        """Volatility scan range as a fraction, and whether it is one of the volatility itself."""
        if scan is None:
            return math.nan, True
        fields = self.rates.fields
        share = fields.number(scan, "volScanPct", 0.0)
        absolute = fields.number(scan, "volScan", math.nan)
        if share:
            return (share / 100 if share >= 1 else share), True
        return (absolute / 100, True) if absolute >= 1 else (absolute, False)

    def _scaling(self, node: Element) -> float:
        """Delta scaling of a series: its own, or that of its family where its own is 1.

        Raises:
            MarginError: ``#VALUE!`` where both are given and differ.
        """
        own = self.rates.fields.number(node, "sc", 1.0)
        if own == 1 or self.link_scaling in {1.0, own}:
            return self.link_scaling if own == 1 else own
        raise self.rates.fields.refusal(
            node, "sc", f"delta scaling {own:g} here, {self.link_scaling:g} in the combined commodity"
        )

    def _day(self, node: Element) -> np.datetime64:
        text = self.rates.fields.text(node, "setlDate")
        if not text.strip("0"):
            return np.datetime64("NaT")
        try:
            if len(text) == 8 and text.isdigit():
                return np.datetime64(f"{text[:4]}-{text[4:6]}-{text[6:]}", "D")
        except ValueError:
            pass
        raise self.rates.fields.refusal(node, "setlDate", f"{shown(text)} isn't a day")

    def _contracts(self, line: int, columns: Columns) -> None:
        """Contracts of the last series; a volatility of zero is none."""
        count, volatility = len(columns["delta"]), columns["volatility"]
        self.rows.add(
            columns
            | {
                "line": np.full(count, line, dtype=np.int64),
                "series": np.full(count, len(self.rows.series) - 1, dtype=np.int64),
                "volatility": np.where(volatility > 0, volatility, np.nan),
            }
        )


def _row(right: Right, strike: float, price: float, volatility: float, delta: float, risk: list[float]) -> Columns:
    """Columns of one contract."""
    return {
        "right": np.array([right], dtype=np.int8), "strike": np.array([strike]), "price": np.array([price]),
        "volatility": np.array([volatility]), "delta": np.array([delta]), "risk": np.array([risk]),
    }  # fmt: skip
