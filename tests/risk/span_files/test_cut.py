"""A private slice: every byte of what is kept is as it was, and it is read as the whole file would be."""

import pytest

from optmargin.core.errors import MarginError
from optmargin.risk.span.files.cut import cut
from optmargin.risk.span.files.read import read_span
from optmargin.risk.span.files.synthetic import synthetic
from optmargin.risk.span.files.write import write_pa2, write_spn
from risk.span_files.comparing import same
from risk.span_files.small_xml import LINKS, commodity, written, xml

WRITERS = {"pa2": write_pa2, "spn": write_spn}


@pytest.fixture(params=WRITERS)
def whole(request, tmp_path):
    """A whole file of six combined commodities, of either kind."""
    path = tmp_path / f"invented.{request.param}"
    WRITERS[request.param](synthetic(1, commodities=6, months=2, strikes=3), path)
    return path


CHOICES = [["QX1"], ["QX1", "QX2"], ["Q0004", "Q0005", "Q0006"], ["SYN/QX3"]]


@pytest.mark.parametrize("codes", CHOICES, ids=" ".join)
def test_a_slice_says_what_the_whole_file_says(whole, tmp_path, codes):
    into = tmp_path / f"slice{whole.suffix}"
    made = cut(whole, into, codes)
    found = read_span(into)
    same(found, read_span(whole, codes))
    assert made.commodities == tuple(sorted(found.commodities))
    assert made.contracts == sum(len(each.contracts) for each in found.commodities.values())
    assert (made.size, made.of) == (into.stat().st_size, whole.stat().st_size)
    assert made.size < made.of


@pytest.mark.parametrize("codes", CHOICES, ids=" ".join)
def test_lines_are_kept_byte_for_byte_and_in_their_order(whole, tmp_path, codes):
    into = tmp_path / f"slice{whole.suffix}"
    cut(whole, into, codes)
    lines = iter(whole.read_bytes().splitlines(keepends=True))
    kept = [line for line in into.read_bytes().splitlines(keepends=True) if line.strip()]
    assert kept
    assert all(line in lines for line in kept)  # consumes the iterator: a subsequence


def test_a_slice_of_everything_is_the_whole_file(whole, tmp_path):
    into = tmp_path / f"slice{whole.suffix}"
    cut(whole, into, list(read_span(whole).commodities))
    assert into.read_bytes() == whole.read_bytes()


def test_a_slice_of_a_slice(whole, tmp_path):
    first, second = tmp_path / f"first{whole.suffix}", tmp_path / f"second{whole.suffix}"
    cut(whole, first, ["QX1", "QX2"])
    cut(first, second, ["QX2"])
    same(read_span(second), read_span(whole, ["QX2"]))


def test_the_futures_that_options_are_on_come_along(tmp_path):
    links = LINKS.split("</pfLink>", 1)
    parts = {"commodities": commodity(f"{links[0]}</pfLink>", code="FF") + commodity(links[1])}
    path = written(tmp_path / "apart.spn", xml(**parts))
    cut(path, tmp_path / "slice.spn", ["QQ"])
    same(read_span(tmp_path / "slice.spn"), read_span(path, ["QQ"]))


def test_nothing_is_written_where_something_is_wrong(whole, tmp_path):
    into = tmp_path / f"slice{whole.suffix}"
    with pytest.raises(MarginError, match="isn't in"):
        cut(whole, into, ["ES"])
    damaged = tmp_path / f"damaged{whole.suffix}"
    damaged.write_bytes(whole.read_bytes()[:-400])
    if whole.suffix == ".spn":
        with pytest.raises(MarginError, match="the file ends inside"):
            cut(damaged, into, ["QX1"])
    assert not into.exists()
    into.write_text("mine")
    with pytest.raises(MarginError, match="is there already"):
        cut(whole, into, ["QX1"])
    assert into.read_text() == "mine"
    cut(whole, into, ["QX1"], replace=True)
    assert set(read_span(into).commodities) == {"QX1"}
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([whole.name, damaged.name, into.name])


def test_a_file_is_never_cut_into_itself(whole):
    before = whole.read_bytes()
    with pytest.raises(MarginError, match="is the file to cut from"):
        cut(whole, whole, ["QX1"], replace=True)
    assert whole.read_bytes() == before


def test_a_folder_that_is_not_there(whole, tmp_path):
    with pytest.raises(MarginError, match="can't be written"):
        cut(whole, tmp_path / "none" / "slice", ["QX1"])
