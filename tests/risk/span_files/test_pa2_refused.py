"""Expanded unpacked files that are cut short, foreign or damaged: refused with line, record and field, never read in part."""

import math

import pytest

from optmargin.core.errors import ErrorCode, Severity
from optmargin.risk.span.files import pa2_layouts as layouts
from optmargin.risk.span.files.pa2_records import put
from optmargin.risk.span.files.read import read_span
from optmargin.risk.span.files.source import Limits
from optmargin.risk.span.files.synthetic import synthetic
from optmargin.risk.span.files.write import write_pa2
from risk.span_files.comparing import (
    array_lines,
    commodity_lines,
    file_of,
    head,
    price_line,
    refused,
    series_line,
    small_file,
)


def with_columns(line: str, first: int, text: str) -> str:
    """A line with other text from a column on."""
    return line[: first - 1].ljust(first - 1) + text + line[first - 1 + len(text) :]


FIRST, SECOND = array_lines()
# What stands in a field instead, the record and field that the error must name, and what it must show.
IN_ARRAYS = {
    "a letter in an array value": (0, 57, "A", "record 81, array value 1", "'00A00'"),
    "the last value of the first record": (0, 103, "x", "record 81, array value 9", "x"),
    "a blank array value": (0, 61, "     ", "record 81, array value 2", "is blank"),
    "NaN as array value": (0, 55, "  NaN", "record 81, array value 1", "NaN"),
    "inf as array value": (1, 55, "  inf", "record 82, array value 1", "inf"),
    "a wrong sign": (0, 60, "*", "record 81, sign of an array value 1", "'*'"),
    "a digit as sign": (1, 96, "0", "record 82, sign of an array value 7", "'0'"),
    "letters as delta": (1, 97, "one  ", "record 82, delta", "one"),
    "a blank delta": (1, 97, "     ", "record 82, delta", "is blank"),
    "letters as price": (1, 111, "2500.00", "record 82, price", "2500.00"),
    "letters as precise price": (0, 109, "2.5", "record 81, precise price", "2.5"),
    "letters as volatility": (1, 103, "0.2", "record 82, volatility", "0.2"),
    "letters as month": (None, 30, "2030MR", "contract month '2030MR00'", "month"),
    "a thirteenth month": (None, 30, "203013", "contract month '20301300'", "month"),
    "a code that is none": (None, 36, "*?", "contract month '203003*?'", "code"),
}


@pytest.mark.parametrize(("which", "first", "text", "place", "seen"), IN_ARRAYS.values(), ids=IN_ARRAYS)
def test_a_damaged_array(tmp_path, which, first, text, place, seen):
    lines = [
        with_columns(line, first, text) if which in {None, at} else line for at, line in enumerate((FIRST, SECOND))
    ]
    whole = small_file(arrays=lines)
    number = whole.index(lines[0 if which is None else which]) + 1
    error = refused(file_of(tmp_path / "damaged.pa2", whole), place, seen, f"line {number}")
    assert error.code is ErrorCode.VALUE


OPTION_KEY = {"type": "OOF", "right": "C", "option month": "203003", "strike": 2500}
OPTION_PRICES = {"settlement decimals": "002", "strike decimals": "000", "valuation": "EQTY"}


def option_file(prices=OPTION_PRICES, **key):
    """A file with one option; its key and its price record as given."""
    lines = commodity_lines(B=[])
    lines[0] = put(
        layouts.COMMODITY,
        {
            "exchange": "SYN", "commodity": "QQ", "risk exponent": 0, "currency": "USD", "product 1": "QQ",
            "type 1": "OOF",
        },
    )  # fmt: skip
    return [head(), price_line(kind="OOF", **prices), *lines, *array_lines(**OPTION_KEY | key)]


def test_an_option_is_read(tmp_path):
    commodity = read_span(file_of(tmp_path / "option.pa2", option_file())).commodity("QQ")
    assert commodity.contracts.strike.tolist() == [2500.0]
    assert commodity.products[0].premium_style


@pytest.mark.parametrize(
    ("strike", "price", "found"), [(2500, 9_990_100, None), (999_900, 9_990_100, 99_901.0), (2500, 240_000, 2400)]
)
def test_digits_of_a_cabinet_value_are_no_price(tmp_path, strike, price, found):
    # a put that would be worth more than its strike is quoted at a cabinet value: 999 and the value
    lines = option_file(right="P", strike=strike)
    lines[-1] = with_columns(lines[-1], 111, f"{price:07d}")
    parameters = read_span(file_of(tmp_path / "option.pa2", lines))
    (read,) = parameters.commodity("QQ").contracts.price.tolist()
    assert math.isnan(read) if found is None else read == found
    assert [finding.problem for finding in parameters.findings] == [
        "1 options of QQ are quoted at a cabinet value and have no price here"
    ] * (found is None)


OPTIONS = {
    "neither call nor put": (option_file(right="X"), "record 8, right: 'X'"),
    "no right": (option_file(right=""), "record 8, right: ' '"),
    "a blank strike": (option_file(strike="       "), "record 81, strike: is blank"),
    "an eighth that is none": (
        option_file(OPTION_PRICES | {"strike alignment": "0"}, strike=1124),
        "strike: '1124' isn't a price with alignment '0'",
    ),
    "an alignment that is not known": (option_file(OPTION_PRICES | {"strike alignment": "Q"}), "strike alignment: 'Q'"),
    "letters as decimals": (option_file(OPTION_PRICES | {"strike decimals": "two"}), "strike decimals: 'two'"),
}


@pytest.mark.parametrize(("lines", "said"), OPTIONS.values(), ids=OPTIONS)
def test_a_damaged_option(tmp_path, lines, said):
    refused(file_of(tmp_path / "option.pa2", lines), said, "line")


RECORDS = {
    "a word as minimum": ("4", 63, "thirty", "record 4, minimum rate: 'thirty5'"),
    "another delivery method": ("4", 9, "77", "record 4, method: '77' is no method of delivery charges"),
    "another minimum method": ("4", 79, "9", "record 4, minimum method: '9'"),
    "a letter as adjustment": ("4", 70, "1x0", "record 4, member adjustment"),
    "an old spread method": ("3", 9, "03", "record 3, method: '03' is no method of intracommodity spreads"),
    "a letter as ratio": ("3", 69, "1.0", "record 3, member ratio: '1.00'"),
    "letters as scan range": ("B", 53, "1,000", "record B, price scan: '1,000'"),
    "a day that is none": ("B", 92, "20300231", "record B, expiry: '20300231' isn't a day"),
    "letters as extreme move": ("B", 58, "three", "record B, extreme multiplier: 'three'"),
    "too many decimals": ("P", 34, "900", "record P, settlement decimals: '900' is more than 20 places"),
    "too large an exponent": ("P", 74, "99", "record P, value factor exponent: 99 is more than 20 places"),
    "letters as exponent": ("2", 13, "x", "record 2, risk exponent: 'x'"),
    "a type that is not known": ("2", 33, "SWP", "record 2, type 1: 'SWP' is no type of product"),
}


@pytest.mark.parametrize(("kind", "first", "text", "said"), RECORDS.values(), ids=RECORDS)
def test_a_damaged_record(tmp_path, kind, first, text, said):
    whole = small_file()
    at = next(number for number, line in enumerate(whole) if line.startswith(f"{kind} "))
    whole[at] = with_columns(whole[at], first, text)
    refused(file_of(tmp_path / "damaged.pa2", whole), said, f"line {at + 1}")


@pytest.mark.parametrize("kind", ["2", "3", "4", "B", "P", "81", "82"])
def test_a_record_that_is_too_short(tmp_path, kind):
    whole = small_file()
    at = next(number for number, line in enumerate(whole) if line.startswith(kind))
    whole[at] = whole[at][:9] if kind in "34" else whole[at][:30]
    refused(file_of(tmp_path / "short.pa2", whole), "columns, not", f"line {at + 1}")


MISSING = {
    "no prices": ("P ", "has no record P"),
    "no spread method": ("3 ", "has no record 3"),
    "no minimum": ("4 ", "has no record 4"),
    "no arrays": ("8", "has no risk array at all"),
    "no second record": ("82", "isn't followed by its 82"),
    "no first record": ("81", "has no 81 before it"),
    "no header": ("0 ", "header record"),
    "no combined commodity": ("2 ", "no combined commodity"),
}


@pytest.mark.parametrize(("kind", "said"), MISSING.values(), ids=MISSING)
def test_a_part_that_is_missing(tmp_path, kind, said):
    path = file_of(tmp_path / "part.pa2", [line for line in small_file() if not line.startswith(kind)])
    if kind == "0 ":
        refused(path, "no SPAN parameter file")
    else:
        refused(path, said)


def test_a_file_cut_anywhere_is_refused_or_says_what_is_missing(tmp_path):
    model = synthetic(0, commodities=2, months=2, strikes=3)
    whole = tmp_path / "whole.pa2"
    write_pa2(model, whole)
    text = whole.read_bytes()
    after_arrays = text.index(b"\r\n6 ")
    cut = tmp_path / "cut.pa2"
    for size in range(50, after_arrays, 397):
        cut.write_bytes(text[:size])
        refused(cut)


def test_a_file_cut_before_the_arrays_of_another_product_is_refused(tmp_path):
    lines = [*small_file(arrays=[]), price_line("XX"), *commodity_lines("XX", "XX"), *array_lines()]
    whole = file_of(tmp_path / "whole.pa2", lines)
    refused(whole, "the file ends among risk arrays, and product XX has none", commodities=["QQ"])


def test_a_file_cut_between_two_series_is_refused(tmp_path):
    both = [series_line(), series_line(**{"future month": "203006"})]
    path = file_of(tmp_path / "cut.pa2", small_file(B=both))
    refused(path, "1 series of QQ have no risk array", "the file ends among risk arrays", "line 7")


def test_a_series_without_contracts_in_a_whole_file_is_only_noted(tmp_path):
    both = [series_line(), series_line(**{"future month": "203006"})]
    last = put(layouts.GROUP, {"group": "ALL", "code 1": "QQ"})
    parameters = read_span(file_of(tmp_path / "whole.pa2", small_file(B=both, last=[last])))
    (finding,) = parameters.findings
    assert finding.severity is Severity.NOTE
    assert "no risk array" in finding.problem


def test_two_contracts_that_are_the_same(tmp_path):
    path = file_of(tmp_path / "twice.pa2", small_file(arrays=[*array_lines(), *array_lines(value=200)]))
    refused(path, "QQ 2030-03 future stands in the file twice", "line 9", "line 7")


def test_a_second_series_record(tmp_path):
    refused(
        file_of(tmp_path / "twice.pa2", small_file(B=[series_line(), series_line()])), "a second record of this series"
    )


def test_arrays_before_their_combined_commodity(tmp_path):
    lines = [head(), price_line(), *array_lines(), *commodity_lines()]
    # a piece of the file is looked at as a whole, so that only what lies far apart is out of order
    padded = [*lines[:4], *("V filler".ljust(400) for _ in range(12_000)), *lines[4:]]
    refused(file_of(tmp_path / "order.pa2", padded), "has records before its type 2 record")


def test_two_files_joined(tmp_path):
    refused(file_of(tmp_path / "two.pa2", small_file() * 2), "a second header", "line 9")


FOREIGN = {
    "a web page": (b"<!DOCTYPE html><html><body>Not found</body></html>", "document type"),
    "another page": (b"<html><body>Not found</body></html>", "'html', not spanFile"),
    "text": (b"Symbol,Margin\nES,12650\n", "no SPAN parameter file"),
    "nothing": (b"", "is empty"),
    "blanks": (b"  \r\n \r\n", "is empty"),
    "a PDF": (b"%PDF-1.7\n", "is a PDF"),
    "gzip": (b"\x1f\x8b\x08\x00", "gzip"),
    "EBCDIC": ("0 CME".encode("cp037"), "packed"),
    "another format": (head().replace("U2", "P ").encode() + b"\n", "isn't U2"),
    "one endless line": (head().encode() + b" " * 10_000, "more than 512 columns"),
    "an endless line in the middle": (head().encode() + b"\n" + b"B" * 3_000_000 + b"\nend\n", "more than 512 columns"),
    "binary zeros": (b"0 " + b"\0" * 5000, "more than 512 columns"),
}


@pytest.mark.parametrize(("content", "said"), FOREIGN.values(), ids=FOREIGN)
def test_a_file_of_another_kind(tmp_path, content, said):
    path = tmp_path / "foreign.pa2"
    path.write_bytes(content)
    refused(path, said)


def test_records_that_are_not_known_are_noted(tmp_path):
    path = file_of(tmp_path / "strange.pa2", small_file(last=["Q something", "V adjustments"]))
    (finding,) = read_span(path).findings
    assert "begin with 'Q'" in finding.problem
    assert finding.line == 9


def test_more_contracts_than_the_limit(tmp_path):
    path = tmp_path / "many.pa2"
    write_pa2(synthetic(0), path)
    with pytest.raises(Exception, match="more than 100 contracts"):
        read_span(path, limits=Limits(contracts=100))
    with pytest.raises(Exception, match="is larger than"):
        read_span(path, limits=Limits(size=10_000))
