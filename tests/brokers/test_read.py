"""The door for files: layouts are recognised by content, every refusal is a sentence, and no bytes make a traceback."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optmargin.brokers.read import LAYOUTS, load
from optmargin.core.accounts import Loaded
from optmargin.core.errors import ErrorCode, MarginError

FILES = Path(__file__).parent / "files"


def refusal(path):
    with pytest.raises(MarginError) as caught:
        load(path)
    return caught.value


def written(tmp_path, content, name="file.csv"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def test_a_layout_is_recognised_by_content_not_by_name(tmp_path):
    for name in ("flex_sample.xml", "own_sample.csv", "own_sample.xlsx"):
        path = written(tmp_path, (FILES / name).read_bytes(), "download.tmp")
        assert len(load(path).accounts[0].legs) == 4


def test_layouts_have_names_of_their_own():
    assert len({layout.name for layout in LAYOUTS}) == len(LAYOUTS)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n", "is empty"),
        (b"<!DOCTYPE html><html><title>Log in</title>", "is a web page titled 'Log in', not an export"),
        (b"\n<HTML><body>Gateway timeout", "is a web page, not an export"),
        (b"\x00\x01\x02\x03", "is a binary file"),
        (b"%PDF-1.7\n", "is a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "is an old .xls workbook"),
        (b"\x1f\x8b\x08", "is compressed"),
        (b"PK\x03\x04garbage", "is a damaged workbook"),
        (
            b"Dear Sir,\nhello\n",
            "it begins with 'Dear Sir,'; known layouts are IBKR Flex Query XML, optmargin positions (CSV or XLSX)",
        ),
        (b"<?xml version='1.0'?><OFX/>", "is of no layout that is known"),
    ],
)
def test_every_refusal_is_a_sentence(tmp_path, content, said):
    error = refusal(written(tmp_path, content))
    assert said in str(error)
    assert "file.csv" in str(error)
    assert error.code is ErrorCode.VALUE


def test_no_file_and_a_folder(tmp_path):
    assert refusal(tmp_path / "nothing.csv").code is ErrorCode.MISSING
    assert "there is no file" in str(refusal(tmp_path / "nothing.csv"))
    assert "is a folder" in str(refusal(tmp_path))


def test_reading_a_flex_file_or_csv_imports_neither_pandas_nor_openpyxl():
    code = (
        "import sys; from pathlib import Path; from optmargin.brokers.read import load\n"
        "for name in sys.argv[1:]: load(Path(name))\n"
        "print(sorted({'pandas', 'openpyxl', 'scipy'} & set(sys.modules)))"
    )
    names = [str(FILES / "flex_sample.xml"), str(FILES / "own_sample.csv")]
    done = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def loads_or_refuses(content, tmp_path_factory):
    path = tmp_path_factory.mktemp("bytes") / "file"
    path.write_bytes(content)
    try:
        loaded = load(path)
    except MarginError as error:
        assert error.problem
        return None
    assert isinstance(loaded, Loaded)
    return loaded


@settings(max_examples=200, deadline=None)
@given(content=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content, tmp_path_factory):
    loads_or_refuses(content, tmp_path_factory)


@settings(max_examples=200, deadline=None)
@given(
    cells=st.lists(
        st.lists(
            st.sampled_from(
                ["SPX", "put", "call", "stock", "future", "3800", "-5", "2022-12-23", "", "1,5", "#N/A", '"', "A", "0", "1e9", "05/12/2022", "x" * 50]
            ),
            min_size=1,
            max_size=10,
        ),
        max_size=6,
    )
)  # fmt: skip
def test_any_rows_are_read_or_become_findings(cells, tmp_path_factory):
    header = "account,underlying,right,strike,expiry,quantity,price,spot"
    text = "\n".join([header, *(",".join(row) for row in cells)])
    loads_or_refuses(text.encode(), tmp_path_factory)


FIXTURES = {name: (FILES / name).read_bytes() for name in ("flex_sample.xml", "own_sample.csv", "own_sample.xlsx")}


SAID = {
    "flex_sample.xml": rb'position="[-+]?0*\.?0*"(?s:.*)position="[-+]?0*\.?0*"',  # the sample has one such row
    "own_sample.csv": rb"\n\s*#|,[-+]?0+,",
    "own_sample.xlsx": rb"(?!)",
}


@settings(max_examples=200, deadline=None)
@given(
    name=st.sampled_from(sorted(FIXTURES)),
    at=st.floats(0, 1),
    length=st.integers(0, 12),
    instead=st.one_of(
        st.binary(max_size=6), st.sampled_from([b'"', b",", b"\n", b"<", b"&x;", b"\r", b"\x00", b"#", b"-", b"9"])
    ),
)
def test_a_damaged_file_never_loses_a_leg_silently(name, at, length, instead, tmp_path_factory):
    content = FIXTURES[name]
    place = int(at * len(content))
    loaded = loads_or_refuses(content[:place] + instead + content[place + length :], tmp_path_factory)
    if loaded is None:
        return
    legs = sum(len(account.legs) for account in loaded.accounts)
    findings = [finding for account in loaded.accounts for finding in account.findings] + list(loaded.findings)
    if legs < 4 and not findings:
        # The damaged text says so in so many words: a comment, or a quantity of zero.
        damaged = content[:place] + instead + content[place + length :]
        assert legs == 3
        assert re.search(SAID[name], damaged) is not None
