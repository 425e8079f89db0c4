"""XML parameter files that are hostile, cut short, foreign or damaged: refused with line and element, never read in part."""

import pytest

from optmargin.core.errors import MarginError
from optmargin.risk.span.files.read import read_span
from optmargin.risk.span.files.source import Limits
from optmargin.risk.span.files.synthetic import synthetic
from optmargin.risk.span.files.write import write_spn
from risk.span_files.comparing import refused
from risk.span_files.small_xml import FUTURE, LINKS, MINIMUM, OPTIONS, commodity, option, series, written, xml

BOMB = '<!DOCTYPE spanFile [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>\n<spanFile>'
OUTSIDE = '<!DOCTYPE spanFile [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<spanFile>'
HOSTILE = {
    "entities that multiply": (xml().replace("<spanFile>", BOMB), "a document type or an entity is declared", "line 3"),
    "an entity from outside": (xml().replace("<spanFile>", OUTSIDE), "a document type or an entity is declared", "line 3"),
    "a document type elsewhere": (xml(before="<!DOCTYPE x>"), "a document type or an entity is declared", "line 6"),
    "an entity that nobody declared": (xml(before="<name>&ha;</name>"), "undefined entity", "line 6"),
    "an entity in a number": (xml(futures=FUTURE.replace("2500.5", "&ha;")), "undefined entity", "line 17"),
    "elements inside one another": (xml(before="<x>" * 200 + "</x>" * 200), "more than 40 elements inside one another", "line 6"),
    "CDATA in a product": (xml(futures=FUTURE.replace("2500.5", "<![CDATA[2500.5]]>")), "stands inside futPf", "line 17"),
    "an end tag in a comment": (xml(futures=FUTURE + "<!-- </futPf> -->"), "stands inside futPf", "line 17"),
    "an instruction in a product": (xml(futures=FUTURE + "<?x </futPf> ?>"), "stands inside futPf", "line 17"),
    "attributes": (xml().replace("<futPf>", '<futPf id="1">'), "futPf has attributes", "line 17"),
    "a comment without an end": (xml(before="<!-- "), "the file ends inside a comment", "line 6"),
    "UTF-16": (xml().encode("utf-16"), "UTF-16", "save it as UTF-8"),
    "an encoding that isn't known": (xml().replace("ISO-8859-1", "EBCDIC-CP-US"), "'ebcdic-cp-us' isn't known", "line 1"),
}  # fmt: skip


def file_with(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode("latin-1"))
    return path


@pytest.mark.parametrize(("text", "said", "place"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file(tmp_path, text, said, place):
    refused(file_with(tmp_path / "hostile.spn", text), said, place)


def test_elements_inside_one_another_in_a_product_do_no_harm(tmp_path):
    deep = "<x>" * 50_000 + "</x>" * 50_000
    for parts in ({"futures": FUTURE + deep}, {"commodities": commodity(more=MINIMUM + deep)}):
        assert len(read_span(written(tmp_path / "deep.spn", xml(**parts))).commodity("QQ").contracts) == 3


def test_limits(tmp_path):
    model = synthetic(0)
    path = tmp_path / "invented.spn"
    write_spn(model, path)
    for limits, said in (
        (Limits(size=100_000), "is larger than"),
        (Limits(block=20_000), "is larger than 0 MB"),
        (Limits(elements=50), "more than 50 elements"),
        (Limits(contracts=100), "more than 100 contracts"),
        (Limits(depth=3), "more than 3 elements inside one another"),
    ):
        with pytest.raises(MarginError, match=said):
            read_span(path, limits=limits)


NUMBERS = {
    "letters": "25OO",
    "not a number": "nan",
    "infinity": "inf",
    "minus infinity": "-Infinity",
    "too large": "1e400",
    "larger than any amount": "1e16",
    "a comma": "2,500",
    "two numbers": "1 2",
    "nothing but a sign": "-",
    "an underscore": "2_500",
    "hexadecimal": "0x10",
    "two points": "1.2.3",
}
# Where a number stands, the element that the error must name, and its line.
FIELDS = {
    "price": ("futures", "<p>2500.5</p>", "<p>{}</p>", "fut, p", "line 17"),
    "array value": ("futures", "<a>-100.00</a>", "<a>{}</a>", "ra, a", "line 17"),
    "delta": ("futures", "<d>1</d></ra>", "<d>{}</d></ra>", "ra, d", "line 17"),
    "scan range": ("futures", "<priceScan>300<", "<priceScan>{}<", "scanRate, priceScan", "line 17"),
    "strike": ("options", "<k>2500</k>", "<k>{}</k>", "opt, k", "line 18"),
    "option's array": ("options", "<a>50.00</a>", "<a>{}</a>", "ra, a", "line 18"),
    "minimum": ("commodities", "<val>35</val>", "<val>{}</val>", "rate, val", "line 21"),
}  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize(("part", "before", "after", "place", "line"), FIELDS.values(), ids=FIELDS)
def test_what_is_not_a_number(tmp_path, number, part, before, after, place, line):
    whole = {"futures": FUTURE, "options": series(), "commodities": commodity()}[part]
    changed = whole.replace(before, after.format(number), 1)
    assert changed != whole
    refused(written(tmp_path / "damaged.spn", xml(**{part: changed})), place, line)


DAMAGED = {
    "fifteen values": ({"futures": FUTURE.replace("<a>-100.00</a>", "", 1)}, "ra, a: 15 values, not 16"),
    "seventeen values": ({"futures": FUTURE.replace("<a>-100.00</a>", "<a>1</a><a>1</a>", 1)}, "ra, a: 17 values, not 16"),
    "fifteen values of an option": ({"options": series(OPTIONS.replace("<a>-50.00</a>", "", 1))}, "ra, a: 15 values, not 16"),
    "a future without array": ({"futures": FUTURE[: FUTURE.index("<ra>")] + "</fut>"}, "fut, ra: is missing"),
    "an option without array": ({"options": series(option()[: option().index("<ra>")] + "</opt>")}, "opt, ra: is missing"),
    "neither call nor put": ({"options": series(OPTIONS.replace("<o>C</o>", "<o>X</o>"))}, "opt, o: 'X'"),
    "no right": ({"options": series(OPTIONS.replace("<o>C</o>", ""))}, "opt, o: is missing"),
    "no strike": ({"options": series(OPTIONS.replace("<k>2500</k>", ""))}, "opt, k: is missing"),
    "the same contract twice": ({"options": series(option() + option())}, "2500 call stands in the file twice"),
    "a period that is none": ({"options": series(period="March")}, "series, pe: 'March' isn't a contract period"),
    "a code that is none": ({"options": series(period="203003*?")}, "'*?' isn't the day or week code"),
    "a day that is none": ({"options": series().replace("20300308", "20300230")}, "series, setlDate: '20300230' isn't a day"),
    "no underlying": ({"options": series(under="")}, "has no underlying"),
    "an underlying that isn't there": ({"options": series().replace("<cId>7</cId>", "<cId>8</cId>")}, "isn't in the file (contract 8"),
    "a delta scaling of its own": ({"options": series(option(more="<sc>0.1</sc>"))}, "another delta scaling than its series"),
    "a negative value factor": ({"futures": FUTURE.replace("<sc>", "<cvf>-50</cvf><sc>")}, "fut, cvf: -50 isn't a value factor"),
    "too many decimals": ({"commodities": commodity(), "futures": FUTURE + "</futPf><futPf><pfId>1</pfId><pfCode>Q</pfCode><currency>USD</currency><priceDl>400</priceDl>"}, "futPf, priceDl: 400 is more than 20 places"),
    "a strike twice": ({"options": series(option(more="<k>2600</k>"))}, "opt, k: stands twice, as '2500' and '2600'"),
    "two numbers in one element": ({"options": series(OPTIONS.replace("<k>2500</k>", "<k></k>").replace("81.25", "81.25 2500"))}, "opt, k: is missing"),
    "no code": ({"commodities": commodity().replace("<cc>QQ</cc>", "")}, "ccDef, cc: is missing"),
    "no currency": ({"commodities": commodity().replace("<currency>USD</currency>", "")}, "ccDef, currency: is missing"),
    "no links": ({"commodities": commodity("")}, "has no products"),
    "links to nothing": ({"commodities": commodity(LINKS.replace("SYN", "XXX"))}, "has no risk array at all"),
    "links to other types": ({"commodities": commodity(LINKS.replace("FUT", "PHY").replace("OOF", "OOP"))}, "has no risk array at all"),
    "the same twice": ({"commodities": commodity() + commodity()}, "combined commodity QQ stands in the file twice (before: line 21)"),
    "a product of two": ({"commodities": commodity() + commodity(code="RR")}, "product family 1 of SYN is in QQ as well"),
    "a method that isn't known": ({"commodities": commodity().replace("MAX", "NET")}, "ccDef, somMeth: 'NET' isn't known"),
    "a flag that is none": ({"commodities": commodity().replace("<capAnov>0", "<capAnov>maybe")}, "'maybe' is neither 1 nor 0"),
    "a factor of zero": ({"commodities": commodity(more="<adjRate><r>1</r><baseR>1</baseR><val>0</val></adjRate>")}, "isn't a positive factor"),
    "a spread without legs": ({"commodities": commodity(more="<dSpread><spread>1</spread></dSpread>")}, "the spread has no legs"),
    "a rate of exchange of zero": ({"organization": "<curConv><fromCur>EUR</fromCur><toCur>USD</toCur><factor>0</factor></curConv>"}, "isn't a rate of exchange"),
    "a tag that isn't closed": ({"futures": FUTURE.replace("</undC>", "")}, "this isn't well-formed XML inside"),
    "tags that cross": ({"commodities": commodity(more="<somTiers><tier></somTiers></tier>")}, "this isn't well-formed XML inside"),
    "an end tag that isn't closed": ({"futures": FUTURE + "</futPf" + " " * 100}, "an end tag of futPf isn't closed"),
    "half a tag in the frame": ({"before": "<definitions"}, "this isn't well-formed XML"),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "said"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file(tmp_path, parts, said):
    refused(written(tmp_path / "damaged.spn", xml(**parts)), said, "damaged.spn")


FRAMES = {
    "no business day": (("<date>20300115</date>", ""), "pointInTime, date: is missing"),
    "a day that is none": (("<date>20300115<", "<date>20301315<"), "'20301315' isn't a day"),
    "no point in time": (("pointInTime", "pointInSpace"), "there are 0 points in time"),
    "another root": (("spanFile", "catalog"), "'catalog', not spanFile"),
    "no combined commodity": (("ccDef", "ccDof"), "there is no combined commodity (ccDef)"),
}


@pytest.mark.parametrize(("change", "said"), FRAMES.values(), ids=FRAMES)
def test_a_damaged_frame(tmp_path, change, said):
    refused(written(tmp_path / "damaged.spn", xml().replace(*change)), said)


def test_two_days_in_one_file(tmp_path):
    moment = "<pointInTime><date>20300116</date></pointInTime>"
    refused(written(tmp_path / "two.spn", xml(before=moment)), "there are 2 points in time")


@pytest.mark.parametrize("commodities", [None, ["QX1"]])
def test_a_file_cut_anywhere_is_refused(tmp_path, commodities):
    path, cut = tmp_path / "whole.spn", tmp_path / "cut.spn"
    write_spn(synthetic(0, commodities=2, months=2, strikes=2), path)
    text = path.read_bytes()
    for size in range(0, len(text) - 10, 997):
        cut.write_bytes(text[:size])
        refused(cut, commodities=commodities)
