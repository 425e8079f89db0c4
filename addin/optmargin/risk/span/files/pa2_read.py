"""The expanded unpacked format, read in one pass: what is asked for is gathered record by record, the rest is passed over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.errors import Finding, MarginError, Severity
from optmargin.core.values import shown
from optmargin.risk.span.files.pa2_arrays import Lines, RawArrays, layout_of, raw_arrays
from optmargin.risk.span.files.pa2_commodity import commodity_of
from optmargin.risk.span.files.pa2_drafts import CommodityDraft, ProductKey, products_of
from optmargin.risk.span.files.pa2_header import check_layout, origin
from optmargin.risk.span.files.pa2_inter import inter_spreads
from optmargin.risk.span.files.pa2_layouts import KEY_COLUMNS, LAYOUTS, SERIES
from optmargin.risk.span.files.pa2_records import Record
from optmargin.risk.span.model import SpanParameters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optmargin.risk.span.files.source import Source
    from optmargin.risk.span.files.wanted import Wanted

_UNWANTED = -1
_NEW_LINE, _RETURN, _ARRAY, _END_OF_DOS = 10, 13, ord("8"), 26
# Types of record that are known and not read: groups, adjustments, combinations, redefinitions, debt securities.
_PASSED_OVER = b"5VXYZR9"
_READ = "0T12S34CEPB6"
_IS_READ = np.zeros(256, dtype=np.bool_)
_IS_READ[list(_READ.encode())] = True
_IS_BLANK = np.zeros(256, dtype=np.bool_)
_IS_BLANK[[_NEW_LINE, _RETURN, _END_OF_DOS]] = True
_IS_KNOWN = _IS_READ | _IS_BLANK
_IS_KNOWN[[*_PASSED_OVER, _ARRAY]] = True
_MOST_PRODUCTS, _MOST_RECORDS = 500_000, 2_000_000


def read_pa2(source: Source, wanted: Wanted) -> SpanParameters:
    """What an expanded unpacked file says of the combined commodities that are asked for.

    Raises:
        MarginError: ``#VALUE!`` for a file that is damaged, cut short or of another layout, with line and field; ``#N/A`` for a
            combined commodity that it hasn't got.
    """
    reader = Reader(source, wanted)
    reader.read()
    return reader.parameters()


@dataclass(slots=True)
class Reader:
    """The state of reading one file.

    Attributes:
        source: the file.
        wanted: what is asked for.
        header: its first record, when it has been seen.
        drafts: what was gathered of each combined commodity that is asked for.
    """

    source: Source
    wanted: Wanted
    header: Record | None = None
    drafts: dict[str, CommodityDraft] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    _rates: dict[tuple[str, str], float] = field(default_factory=dict)
    _inter: list[Record] = field(default_factory=list)
    _prices: dict[ProductKey, tuple[int, bytes]] = field(default_factory=dict)
    # Products by number: those that are asked for count from 0, with their combined commodity and their place in it.
    _numbers: dict[ProductKey, int] = field(default_factory=dict)
    _places: list[tuple[str, int]] = field(default_factory=list)
    _owner: dict[ProductKey, str] = field(default_factory=dict)
    _unwanted: set[str] = field(default_factory=set)
    _with_series: set[ProductKey] = field(default_factory=set)
    _with_arrays: set[ProductKey] = field(default_factory=set)
    _early: dict[bytes, int] = field(default_factory=dict)  # a product or combined commodity before its type 2 record
    _arrays: list[RawArrays] = field(default_factory=list)
    _contracts: int = 0
    _kept: int = 0
    _last: int = 0
    _unknown: dict[int, int] = field(default_factory=dict)

    def read(self) -> None:
        """Goes through the file once."""
        carried, number = b"", 1
        for piece in self.source.pieces():
            piece = carried + piece if carried else piece
            end = piece.rfind(b"\n") + 1
            used, lines = self._take(piece, end, number, is_last=False) if end else (0, 0)
            carried, number = piece[used:], number + lines
            if len(carried) > 2 * self.source.limits.line + 2:
                raise self._too_long(number)
        if carried:
            carried += b"" if carried.endswith(b"\n") else b"\n"
            self._take(carried, len(carried), number, is_last=True)

    def _take(self, piece: bytes, end: int, number: int, *, is_last: bool) -> tuple[int, int]:
        """Looks at whole lines of a piece; how many bytes and lines were used up."""
        characters = np.frombuffer(piece, dtype=np.uint8, count=end)
        ends = np.flatnonzero(characters == _NEW_LINE)
        starts = np.empty_like(ends)
        starts[0], starts[1:] = 0, ends[:-1] + 1
        too_long = ends - starts > self.source.limits.line
        if too_long.any():
            raise self._too_long(number + int(np.flatnonzero(too_long)[0]))
        types = characters[starts]
        count = len(starts)
        arrays = np.flatnonzero(types == _ARRAY)
        if (
            not is_last
            and len(arrays)
            and arrays[-1] == count - 1
            and characters[min(starts[-1] + 1, end - 1)] in b"13"
        ):
            count, arrays = count - 1, arrays[:-1]  # its second record stands in the next piece
        self._note_unknown(types[:count], number)
        for at in np.flatnonzero(_IS_READ[types[:count]]).tolist():
            self._record(number + at, piece[starts[at] : ends[at]].rstrip(b"\r"))
        if self.header is None and count:
            raise self._foreign(piece[starts[0] : ends[0]])
        if len(arrays):
            stops = ends - (characters[np.maximum(ends - 1, 0)] == _RETURN)
            self._take_arrays(piece, characters, starts, stops, arrays, number)
        written = np.flatnonzero(~_IS_BLANK[types[:count]])
        if len(written):
            self._last = int(types[written[-1]])
        return (end if count == len(starts) else int(starts[-1])), count

    def _note_unknown(self, types: NDArray[np.uint8], number: int) -> None:
        strange = np.flatnonzero(~_IS_KNOWN[types])
        for at in strange[:100].tolist():
            self._unknown.setdefault(int(types[at]), number + at)

    def _record(self, number: int, line: bytes) -> None:
        """Takes one record that isn't a risk array."""
        kind = chr(line[0])
        if kind == "P":
            self._keep_prices(number, line)
            return
        if kind == "B":
            self._keep_series(number, line)
            return
        if kind in "S34CE" and line[2:8].decode("latin-1").strip() not in self.drafts:
            self._note_early(line[2:8], number)
            return
        record = self._keep(Record.of(self.source, number, LAYOUTS[kind], line))
        if self.header is None and kind != "0":
            raise self._foreign(line)
        match kind:
            case "0":
                self._head(record)
            case "T":
                self._rate(record)
            case "2":
                self._commodity(record)
            case "6":
                self._inter.append(record)
            case "S" | "3" | "4" | "C" | "E":
                self.drafts[record.text("commodity")].records.setdefault(kind, []).append(record)
            case _:
                pass

    def _head(self, record: Record) -> None:
        if self.header is not None:
            raise self.source.refusal(
                "a second header; two files were joined", "give one SPAN file", line=record.number
            )
        check_layout(record)
        self.header = record

    def _rate(self, record: Record) -> None:
        rate = record.number_of("multiplier")
        if not rate:
            raise record.refusal("multiplier", "a rate of exchange is zero", "the file is damaged; fetch it again")
        self._rates[record.text("origin"), record.text("to")] = rate

    def _commodity(self, record: Record) -> None:
        code, exchange = record.text("commodity"), record.text("exchange")
        is_wanted = self.wanted.holds(code, (exchange,))
        if not is_wanted:
            self._unwanted.add(code)
        elif code not in self.drafts:
            self._check_early(record.raw[6:12].encode("latin-1"), f"combined commodity {code}", record)
            self.drafts[code] = CommodityDraft(code, record)
        for product in products_of(record):
            before = self._owner.get(product.key)
            if before is not None and before != code and (is_wanted or before in self.drafts):
                raise self.source.refusal(
                    f"product {product.code} is in two combined commodities, {before} and {code}",
                    "the file contradicts itself; fetch it again",
                    line=record.number,
                )
            self._owner[product.key] = code
            if not is_wanted:
                self._numbers[product.key] = _UNWANTED
            elif product.key not in self._numbers:
                self._check_early(product.key, f"product {product.code}", record)
                self._numbers[product.key] = len(self._places)
                self._places.append((code, len(self.drafts[code].products)))
                self.drafts[code].products.append(product)

    def _note_early(self, key: bytes, number: int) -> None:
        if len(key) != 6 or key.decode("latin-1").strip() not in self._unwanted:
            self._early.setdefault(key, number)
            if len(self._early) > _MOST_PRODUCTS:
                raise self.source.refusal(
                    "too many products without a combined commodity", "give a SPAN file", line=number
                )

    def _check_early(self, key: bytes, what: str, record: Record) -> None:
        if key in self._early:
            raise self.source.refusal(
                f"{what} has records before its type 2 record (line {record.number})",
                "the file isn't in the order of the format; fetch it again",
                line=self._early[key],
            )

    def _keep_prices(self, number: int, line: bytes) -> None:
        self._prices.setdefault(line[2:18], (number, line))
        if len(self._prices) > _MOST_PRODUCTS:
            raise self.source.refusal("too many products", "give a SPAN file", line=number)

    def _keep(self, record: Record) -> Record:
        """Counts a record that is kept."""
        self._kept += 1
        if self._kept > _MOST_RECORDS:
            raise self.source.refusal(f"more than {_MOST_RECORDS:,} records are asked for", "give a SPAN file")
        return record

    def _keep_series(self, number: int, line: bytes) -> None:
        self._with_series.add(line[2:18])
        which = self._numbers.get(line[2:18])
        if which is None:
            self._note_early(line[2:18], number)
        elif which != _UNWANTED:
            code, place = self._places[which]
            self.drafts[code].series.append((place, self._keep(Record.of(self.source, number, SERIES, line))))

    def _take_arrays(
        self,
        piece: bytes,
        characters: NDArray[np.uint8],
        starts: NDArray[np.int64],
        ends: NDArray[np.int64],
        rows: NDArray[np.int64],
        number: int,
    ) -> None:
        """Finds the risk arrays of wanted products among the lines ``rows`` of a piece, and reads them."""
        short = np.flatnonzero(ends[rows] - starts[rows] < KEY_COLUMNS)
        if len(short):
            at = int(rows[short[0]])
            raise self.source.refusal(
                f"record 8 has {int(ends[at] - starts[at])} columns, not {KEY_COLUMNS} or more",
                "the file is cut short or of another layout; fetch it again",
                line=number + at,
            )
        products = self._products_of(piece, starts[rows], number + rows)
        rows, products = rows[products >= 0], products[products >= 0]
        if not len(rows):
            return
        kinds = characters[starts[rows] + 1]
        is_first = (kinds == ord("1")) | (kinds == ord("3"))
        paired = (
            len(rows) % 2 == 0
            and is_first[::2].all()
            and (kinds[1::2] == kinds[::2] + 1).all()
            and (rows[1::2] == rows[::2] + 1).all()
        )
        if not paired:
            raise self._unpaired(rows, kinds, number)
        self._contracts += len(rows) // 2
        if self._contracts > self.source.limits.contracts:
            raise self.source.refusal(
                f"more than {self.source.limits.contracts:,} contracts are asked for",
                "name the combined commodities that are needed",
            )
        for kind in np.unique(kinds[::2]).tolist():
            layout, of_kind = layout_of(kind), np.flatnonzero(kinds[::2] == kind) * 2
            first, second = rows[of_kind], rows[of_kind + 1]
            self._arrays.append(
                raw_arrays(
                    Lines.of(self.source, characters, starts[first], ends[first], number + first, layout.first),
                    Lines.of(self.source, characters, starts[second], ends[second], number + second, layout.second),
                    layout,
                    products[of_kind],
                )
            )

    def _products_of(self, piece: bytes, starts: NDArray[np.int64], numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The number of the product of each array record; -1 where it isn't wanted, or not of any combined commodity so far.

        Exchange, code and type are compared as three words of 8, 8 and 3 bytes, so that only where they change from one line
        to the next is a product looked up.
        """
        words = np.ndarray((len(piece) - 7,), dtype="<u8", buffer=piece, strides=(1,))
        one, other, kind = words[starts + 2], words[starts + 7], words[starts + 25] & np.uint64(0xFFFFFF)
        changes = (one[1:] != one[:-1]) | (other[1:] != other[:-1]) | (kind[1:] != kind[:-1])
        begins = np.concatenate(([0], np.flatnonzero(changes) + 1))
        found = np.empty(len(begins), dtype=np.int64)
        for run, (at, number) in enumerate(zip(starts[begins].tolist(), numbers[begins].tolist(), strict=True)):
            key = piece[at + 2 : at + 15] + piece[at + 25 : at + 28]
            self._with_arrays.add(key)
            which = self._numbers.get(key)
            if which is None:
                self._note_early(key, number)
                which = _UNWANTED
            found[run] = which
        return np.repeat(found, np.diff(np.append(begins, len(starts))))

    def _unpaired(self, rows: NDArray[np.int64], kinds: NDArray[np.uint8], number: int) -> MarginError:
        """The error of the first array record that hasn't its other one beside it."""
        at = 0
        while (
            at + 1 < len(rows)
            and kinds[at] in b"13"
            and kinds[at + 1] == kinds[at] + 1
            and rows[at + 1] == rows[at] + 1
        ):
            at += 2
        kind = chr(kinds[min(at, len(rows) - 1)])
        other = {"1": "isn't followed by its 82", "2": "has no 81 before it", "3": "isn't followed by its 84"}.get(
            kind, "has no 83 before it" if kind == "4" else "isn't known"
        )
        return self.source.refusal(
            f"record 8{kind} {other}",
            "the file is cut short or damaged; fetch it again",
            line=number + int(rows[min(at, len(rows) - 1)]),
        )

    def _too_long(self, number: int) -> MarginError:
        return self.source.refusal(
            f"the line has more than {self.source.limits.line} columns",
            "it is no expanded unpacked SPAN file; give the .pa2 or the XML (.spn) file of the day",
            line=number,
        )

    def _foreign(self, line: bytes) -> MarginError:
        return self.source.refusal(
            f"the file begins with {shown(line[:40].decode('latin-1'))}, not with a header record (0)",
            "give the expanded unpacked (.pa2) or the XML (.spn) file of the day",
            line=1,
        )

    def parameters(self) -> SpanParameters:
        """The model of what was gathered."""
        if self.header is None:
            raise self.source.refusal("the file is empty", "fetch it again")
        found = set(self.drafts)
        found |= {f"{product.exchange}/{code}" for code, draft in self.drafts.items() for product in draft.products}
        found |= {f"{draft.head.text('exchange')}/{code}" for code, draft in self.drafts.items()}
        owners = {key[3:13].decode("latin-1").strip(): code for key, code in self._owner.items()}
        self.wanted.check(found, {*self.drafts, *self._unwanted}, owners, self.source.name)
        if not self.drafts:
            raise self.source.refusal(
                "there is no combined commodity (record 2) in the file", "the file is cut short; fetch it again"
            )
        is_cut = self._last == _ARRAY
        missing = sorted(self._with_series - self._with_arrays)
        if is_cut and missing:
            code = missing[0][3:13].decode("latin-1").strip()
            raise self.source.refusal(
                f"the file ends among risk arrays, and product {code} has none", "the file is cut short; fetch it again"
            )
        for letter, number in sorted(self._unknown.items()):
            problem = f"records that begin with {shown(chr(letter))} aren't known and weren't read"
            self.findings.append(Finding(Severity.NOTE, problem, "", self.source.name, number))
        arrays = self._arrays_by_commodity()
        commodities = {
            code: commodity_of(draft, self._prices, arrays.get(code), self.findings, is_cut=is_cut)
            for code, draft in self.drafts.items()
        }
        spreads = inter_spreads(self._inter, set(self.drafts), self.findings)
        return SpanParameters(origin(self.header), commodities, spreads, self._rates, tuple(self.findings))

    def _arrays_by_commodity(self) -> dict[str, RawArrays]:
        """The arrays of each combined commodity, their products numbered as it lists them."""
        codes = list(self.drafts)
        owners = np.array([codes.index(code) for code, _ in self._places], dtype=np.int64)
        places = np.array([place for _, place in self._places], dtype=np.int64)
        parts: dict[str, list[RawArrays]] = {}
        while self._arrays:
            arrays = self._arrays.pop(0)
            mine = owners[arrays.product]
            order = np.argsort(mine, kind="stable")
            for rows in np.split(order, np.flatnonzero(np.diff(mine[order])) + 1):
                kept = arrays.rows(rows, places[arrays.product[rows]])
                parts.setdefault(codes[int(mine[rows[0]])], []).append(kept)
        return {code: RawArrays.joined(several) for code, several in parts.items()}
