"""What is asked for and what isn't, archives, and files that aren't there; the door ``read_span``."""

import zipfile

import pytest

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.risk.span.files import pa2_layouts as layouts
from optmargin.risk.span.files.pa2_records import put
from optmargin.risk.span.files.read import read_span
from optmargin.risk.span.files.source import Limits
from optmargin.risk.span.files.synthetic import synthetic
from optmargin.risk.span.files.write import write_pa2, write_spn
from risk.span_files.comparing import commodity_lines, file_of, refused, same, same_commodity, small_file
from risk.span_files.small_xml import FUTURES, commodity, series, written, xml

WRITERS = {"pa2": write_pa2, "spn": write_spn}


@pytest.fixture(params=WRITERS)
def whole(request, tmp_path):
    """A whole file of six combined commodities, of either kind, with its model."""
    model = synthetic(1, commodities=6, months=2, strikes=3)
    path = tmp_path / f"invented.{request.param}"
    WRITERS[request.param](model, path)
    return path, model


def test_only_what_is_asked_for_is_read(whole):
    path, model = whole
    found = read_span(path, ["QX2", "SYN/Q0004"])
    assert set(found.commodities) == {"QX2", "Q0004"}
    for code in found.commodities:
        same_commodity(found.commodities[code], model.commodities[code])
    held = [spread for spread in model.inter_spreads if {leg.commodity for leg in spread.legs} <= {"QX2", "Q0004"}]
    assert list(found.inter_spreads) == held


def test_a_scanning_spread_whose_target_is_not_read_is_said(whole):
    path, _ = whole
    (finding,) = read_span(path, ["Q0005"]).findings
    assert "Q0005 may be merged into Q0004, which wasn't read" in finding.problem
    assert not read_span(path, ["Q0004", "Q0005", "Q0006"]).findings


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("MQX1", "MQX1 is a product of combined commodity QX1; ask for QX1"),
        ("QX11", "did you mean 'QX1'?"),
        ("ES", "it holds Q0004, Q0005, Q0006, QX1, QX2, QX3"),
        ("CME/QX1", "did you mean 'QX1'?"),
        ("qx1", "did you mean 'QX1'?"),
    ],
)
def test_what_the_file_has_not_got(whole, name, remedy):
    path, _ = whole
    with pytest.raises(MarginError, match=f"combined commodity {name} isn't in {path.name}") as caught:
        read_span(path, ["QX2", name])
    assert caught.value.code is ErrorCode.MISSING
    assert remedy in caught.value.remedy


@pytest.mark.parametrize("nothing", [[], [""], ["QX1", " "], ""])
def test_nothing_is_no_list_of_combined_commodities(whole, nothing):
    with pytest.raises(MarginError, match="no combined commodity is asked for"):
        read_span(whole[0], nothing)


def test_what_nobody_asks_for_is_not_parsed(tmp_path):
    # damage in another combined commodity is another's trouble
    lines = small_file()
    other = [line.replace("100", "1x0") for line in commodity_lines("XX", "XX")]
    other[0] = commodity_lines("XX", "XX")[0]
    last = put(layouts.GROUP, {"group": "ALL", "code 1": "QQ"})
    path = file_of(tmp_path / "part.pa2", [*lines[:2], *other, *lines[2:], last])
    assert set(read_span(path, ["QQ"]).commodities) == {"QQ"}
    refused(path, "XX")

    damaged = FUTURES.format("<fut><p>x</p></fut>").replace("<pfId>1<", "<pfId>3<")
    links = "<pfLink><exch>SYN</exch><pfId>3</pfId><pfType>FUT</pfType><sc>x</sc></pfLink>"
    text = xml(families=damaged, commodities=commodity() + commodity(links, code="XX"))
    path = written(tmp_path / "part.spn", text)
    assert set(read_span(path, ["QQ"]).commodities) == {"QQ"}
    refused(path, "pfLink, sc")


def zipped(path, *members):
    """An archive of files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            archive.write(member, member.name)
    return path


def test_a_file_alone_in_an_archive(whole, tmp_path):
    path, model = whole
    found = read_span(zipped(tmp_path / "invented.zip", path))
    same(found, model)
    assert found.origin.name == f"invented.zip ({path.name})"
    assert set(read_span(tmp_path / "invented.zip", ["QX3"]).commodities) == {"QX3"}


def test_other_archives(whole, tmp_path):
    path, _ = whole
    other = file_of(tmp_path / "readme.txt", ["read me"])
    refused(zipped(tmp_path / "two.zip", path, other), "an archive of 2 files", "readme.txt")
    refused(zipped(tmp_path / "none.zip"), "an archive of 0 files")
    inner = zipped(tmp_path / "inner.zip", path)
    refused(zipped(tmp_path / "outer.zip", inner), "an archive in an archive")


def test_a_damaged_archive(whole, tmp_path):
    path, _ = whole
    archive = zipped(tmp_path / "damaged.zip", path)
    text = archive.read_bytes()
    for damaged in (text[: len(text) // 2], text[:2000] + b"\0" * 100 + text[2100:]):
        archive.write_bytes(damaged)
        refused(archive, "damaged")


def test_an_archive_that_unpacks_to_more_than_the_limit(tmp_path):
    bomb = tmp_path / "bomb.pa2"
    bomb.write_bytes(b"0 " + b" " * 5_000_000)
    archive = zipped(tmp_path / "bomb.zip", bomb)
    assert archive.stat().st_size < 10_000
    with pytest.raises(MarginError, match="is larger than 1 MB unpacked"):
        read_span(archive, limits=Limits(size=1 << 20))
    refused(archive, "more than 512 columns")  # and whatever its size, it isn't kept in memory


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(MarginError, match="there is no file") as caught:
        read_span(tmp_path / "none.pa2")
    assert caught.value.code is ErrorCode.MISSING
    with pytest.raises(MarginError, match="is a folder"):
        read_span(tmp_path)


def test_the_piece_in_which_a_file_is_read_makes_no_difference(whole, monkeypatch):
    path, model = whole
    defaults = (977,)  # bytes; lines, blocks and the two records of an array are cut everywhere
    monkeypatch.setattr("optmargin.risk.span.files.source.Source.pieces.__defaults__", defaults)
    same(read_span(path), model)
    same_commodity(read_span(path, ["QX2"]).commodities["QX2"], model.commodities["QX2"])


def test_an_option_series_may_be_empty(tmp_path):
    found = read_span(written(tmp_path / "empty.spn", xml(options=series("")))).commodity("QQ")
    assert len(found.contracts) == 1
    assert len(found.series) == 2
