"""What is gathered of a combined commodity while an expanded unpacked file is read: its records, before they are understood."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.risk.span.files.pa2_layouts import PRODUCTS_OF_2
from optmargin.risk.span.model import Kind

if TYPE_CHECKING:
    from optmargin.risk.span.files.pa2_records import Record

ProductKey = bytes
"""Exchange (3), code (10) and type (3) of a product, as the file writes them."""

_KINDS = {kind.value: kind for kind in Kind}


@dataclass(slots=True)
class ProductDraft:
    """A product that a combined commodity lists.

    Attributes:
        key: its exchange, code and type.
        kind: its type.
        exponent: power of ten by which its array values are multiplied, for their decimals: -2 for two decimals.
    """

    key: ProductKey
    kind: Kind
    exponent: int

    @property
    def exchange(self) -> str:
        """Code of its exchange."""
        return self.key[:3].decode("latin-1").strip()

    @property
    def code(self) -> str:
        """Its own code."""
        return self.key[3:13].decode("latin-1").strip()


@dataclass(slots=True)
class CommodityDraft:
    """Records of a combined commodity, in the order of the file.

    Attributes:
        code: of the combined commodity.
        head: the first type 2 record.
        products: as the type 2 records list them.
        records: by type: ``S``, ``3``, ``4``, ``C``, ``E``.
        series: type B records, each with the index of its product.
    """

    code: str
    head: Record
    products: list[ProductDraft] = field(default_factory=list)
    records: dict[str, list[Record]] = field(default_factory=dict)
    series: list[tuple[int, Record]] = field(default_factory=list)

    def of(self, kind: str) -> list[Record]:
        """Its records of one type."""
        return self.records.get(kind, [])

    def only(self, kind: str, what: str) -> Record:
        """Its first record of a type that every combined commodity has.

        Raises:
            MarginError: ``#VALUE!`` where it has none.
        """
        if not self.of(kind):
            raise MarginError(
                ErrorCode.VALUE,
                f"{self.head.source.name}: combined commodity {self.code} (line {self.head.number}) has no record {kind}, {what}",
                "the file is cut short; fetch it again",
            )
        return self.records[kind][0]


def products_of(record: Record) -> list[ProductDraft]:
    """The products that one type 2 record lists.

    Raises:
        MarginError: ``#VALUE!`` for a type of product that isn't known.
    """
    found = []
    for at in range(1, PRODUCTS_OF_2 + 1):
        code = record.text(f"product {at}")
        if not code:
            continue
        kind = _KINDS[record.choice(f"type {at}", _KINDS, "type of product")]
        decimals = record.count(f"array decimals {at}", 0)
        sign = 1 if record.text(f"array decimals sign {at}") == "-" else -1
        key = f"{record.text('exchange'):<3}{code:<10}{kind.value}".encode("latin-1")
        found.append(ProductDraft(key, kind, sign * decimals))
    return found
