"""For the tests of parameter files: whether two models say the same, and small files made of single lines and elements."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from optmargin.core.errors import MarginError
from optmargin.risk.span.files import pa2_layouts as layouts
from optmargin.risk.span.files.pa2_records import put
from optmargin.risk.span.files.read import read_span

TABLES = ("series", "contracts")


def same(one, other, *, without: tuple[str, ...] = ()) -> None:
    """Asserts that two models hold the same, number for number; where they come from may differ."""
    assert list(one.commodities) == list(other.commodities)
    assert one.inter_spreads == other.inter_spreads
    assert one.rates_of_exchange == other.rates_of_exchange
    for code, commodity in one.commodities.items():
        same_commodity(commodity, other.commodities[code], without)


def same_commodity(one, other, without: tuple[str, ...] = ()) -> None:
    """Asserts that two combined commodities hold the same, number for number."""
    for each in fields(one):
        if each.name in TABLES:
            same_table(getattr(one, each.name), getattr(other, each.name), f"{one.code} {each.name}")
        elif each.name not in without:
            assert getattr(one, each.name) == getattr(other, each.name), f"{one.code} {each.name}"


def same_table(one, other, what: str) -> None:
    """Asserts that two tables of columns are equal, NaN being equal to NaN."""
    for column in fields(one):
        ours, theirs = getattr(one, column.name), getattr(other, column.name)
        assert ours.dtype.kind == theirs.dtype.kind, f"{what} {column.name}"
        np.testing.assert_array_equal(ours, theirs, err_msg=f"{what} {column.name}")


def refused(path: Path, *words: str, commodities=None) -> MarginError:
    """Asserts that a file is refused in words that hold all of these; the error."""
    with pytest.raises(MarginError) as caught:
        read_span(path, commodities)
    said = str(caught.value)
    assert path.name in said
    for word in words:
        assert word in said, f"{word!r} isn't in {said!r}"
    assert caught.value.remedy
    return caught.value


def file_of(path: Path, lines: list[str], end: str = "\n") -> Path:
    """A file of lines."""
    path.write_bytes("".join(f"{line}{end}" for line in lines).encode("latin-1"))
    return path


def array_lines(product: str = "QQ", month: str = "203003", value: int = 100, **fields_of_both) -> list[str]:
    """Records 81 and 82 of one future that loses ``value`` in every scenario."""
    key = {
        "exchange": "SYN", "product": product, "underlying": product, "type": "FUT", "future month": month, "strike": 0,
    }  # fmt: skip
    key |= fields_of_both
    sign = "+" if value >= 0 else "-"
    first = put(layouts.NARROW.first, key | {"precise price": 250_000, "precise flag": "N"})
    second = put(
        layouts.NARROW.second,
        key
        | {"delta": 1.0, "delta sign": "+", "volatility": 0, "price": 250_000, "price sign": "+", "strike sign": "+"},
    )
    return [filled(first, f"{abs(value):05d}{sign}" * 9), filled(second, f"{abs(value):05d}{sign}" * 7)]


def filled(line: str, values: str) -> str:
    """A line with array values from column 55 on."""
    return line[:54] + values + line[54 + len(values) :]


def head() -> str:
    """An invented header record."""
    return put(layouts.HEADER, {"complex": "SYNTH", "date": "20300115", "settlement or intraday": "S", "format": "U2"})


def price_line(product: str = "QQ", kind: str = "FUT", **others) -> str:
    """An invented price record of a product worth 50 per point."""
    fields_of_it = {
        "exchange": "SYN", "product": product, "type": kind, "settlement decimals": "002", "strike decimals": "000",
        "value factor": 50.0, "currency": "USD", "valuation": "FUT",
    }  # fmt: skip
    return put(layouts.PRICES, fields_of_it | others)


def commodity_lines(code: str = "QQ", product: str = "QQ", **records: list[str]) -> list[str]:
    """Records 2, S, 3, E, C, 4 and B of a combined commodity with one future; some may be given as they stand in a file."""
    listed = {
        "2": [
            put(
                layouts.COMMODITY,
                {
                    "exchange": "SYN", "commodity": code, "risk exponent": 0, "currency": "USD", "product 1": product,
                    "type 1": "FUT",
                },
            )
        ],
        "S": [],
        "3": [
            put(
                layouts.INTRA_TIERS,
                {
                    "commodity": code, "method": "01", "member ratio": 1.0, "hedger ratio": 1.0,
                    "speculator ratio": 1.1,
                },
            )
        ],
        "E": [],
        "C": [],
        "4": [
            put(
                layouts.SPOT,
                {
                    "commodity": code, "method": "01", "minimum rate": 35, "member adjustment": 1.0,
                    "hedger adjustment": 1.0, "speculator adjustment": 1.0, "minimum method": "2",
                },
            )
        ],
        "B": [series_line(product)],
    }  # fmt: skip
    listed |= {name.removeprefix("_"): lines for name, lines in records.items()}
    return [line for lines in listed.values() for line in lines]


def series_line(product: str = "QQ", **others) -> str:
    """An invented series record of a future."""
    fields_of_it = {
        "exchange": "SYN", "product": product, "type": "FUT", "future month": "203003", "volatility scan": 0.35,
        "price scan": 100, "extreme multiplier": 3.0, "extreme cover": 0.33, "rate": 0.0, "years": 0.2,
        "lookahead": 0.0, "delta scaling": 1.0, "expiry": 20300315,
    }  # fmt: skip
    return put(layouts.SERIES, fields_of_it | others)


def small_file(**records: list[str]) -> list[str]:
    """The lines of a whole small file: one combined commodity with one future."""
    arrays = records.pop("arrays", array_lines())
    prices = records.pop("prices", [price_line()])
    last = records.pop("last", [])
    return [head(), *prices, *commodity_lines(**records), *arrays, *last]
