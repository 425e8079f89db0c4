"""A whole small XML parameter file, of which tests replace parts: one invented combined commodity, a future, a call and a put."""

from __future__ import annotations

from pathlib import Path

MOVES = (0, 0, -1, -1, 1, 1, -2, -2, 2, 2, -3, -3, 3, 3, -3, 3)


def values(unit: float = 100.0, number: str = "1", delta: str = "1") -> str:
    """A risk array: losses of ``unit`` per third of a move."""
    return f"<ra><r>{number}</r>" + "".join(f"<a>{move * unit:.2f}</a>" for move in MOVES) + f"<d>{delta}</d></ra>"


SCAN = "<scanRate><r>1</r><priceScan>300</priceScan><volScan>0.04</volScan></scanRate>"
FUTURE = (
    "<fut><cId>7</cId><pe>203003</pe><p>2500.5</p><d>1</d><v>0.2</v><setlDate>20300315</setlDate><t>0.16</t><sc>1</sc>"
    f"<undC><exch>SYN</exch><pfId>9</pfId><cId>1</cId><s>B</s><i>1</i></undC>{SCAN}{values()}</fut>"
)


def option(right: str = "C", strike: str = "2500", unit: float = 50.0, delta: str = "0.5", more: str = "") -> str:
    """A call or put."""
    return (
        f"<opt><cId>1</cId><o>{right}</o><k>{strike}</k><p>81.25</p><d>{delta}</d><v>0.21</v>{more}"
        f"{values(unit, delta=delta)}</opt>"
    )


OPTIONS = option() + option("P", unit=-50.0, delta="-0.5")
UNDER = "<undC><exch>SYN</exch><pfId>1</pfId><cId>7</cId><s>B</s><i>1</i></undC>"


def series(options: str = OPTIONS, period: str = "203003W2", under: str = UNDER) -> str:
    """Options of one expiry."""
    return (
        f"<series><pe>{period}</pe><v>0.2</v><setlDate>20300308</setlDate><t>0.14</t><sc>1</sc>{under}"
        f"<intrRate><val>0.05</val><rl>0</rl><cpm>0</cpm><exm>12</exm></intrRate>{SCAN}{options}</series>"
    )


FUTURES = (
    "<futPf><pfId>1</pfId><pfCode>QQ</pfCode><name>INVENTED</name><currency>USD</currency><cvf>50</cvf><priceDl>2</priceDl>"
    "<priceFmt>0</priceFmt><valueMeth>FUT</valueMeth><setlMeth>CASH</setlMeth>{}</futPf>"
)
OPTION_FAMILY = (
    "<oofPf><pfId>2</pfId><pfCode>QQ</pfCode><name>OPTIONS</name><exercise>AMER</exercise><currency>USD</currency><cvf>50</cvf>"
    "<priceDl>2</priceDl><strikeDl>0</strikeDl><cab>0</cab><valueMeth>EQTY</valueMeth><setlMeth>DELIV</setlMeth>"
    "<priceModel>W</priceModel><undPf><exch>SYN</exch><pfId>1</pfId><pfCode>QQ</pfCode><pfType>FUT</pfType><s>B</s><i>1</i>"
    "</undPf>{}</oofPf>"
)
LINKS = (
    "<pfLink><exch>SYN</exch><pfId>1</pfId><pfCode>QQ</pfCode><pfType>FUT</pfType><sc>1</sc></pfLink>"
    "<pfLink><exch>SYN</exch><pfId>2</pfId><pfCode>QQ</pfCode><pfType>OOF</pfType><sc>1</sc></pfLink>"
)
MINIMUM = "<somTiers><tier><tn>0</tn><rate><r>1</r><val>35</val></rate></tier></somTiers>"


def commodity(links: str = LINKS, more: str = MINIMUM, code: str = "QQ") -> str:
    """A combined commodity."""
    return (
        f"<ccDef><cc>{code}</cc><name>INVENTED</name><currency>USD</currency><capAnov>0</capAnov><wfprMeth>SCANRANGE_CAP</wfprMeth>"
        f"<somMeth>MAX</somMeth>{links}{more}</ccDef>"
    )


FRAME = """<?xml version="1.0" encoding="ISO-8859-1"?>
<!-- invented -->
<spanFile>
<fileFormat>4.00</fileFormat>
<created>203001151730</created>
{before}
<pointInTime>
<date>20300115</date>
<isSetl>1</isSetl>
<setlQualifier>final</setlQualifier>
<clearingOrg>
<ec>SYNTH</ec>
<name>INVENTED</name>
{organization}
{one}
{other}
<interSpreads>{spreads}</interSpreads>
</clearingOrg>
</pointInTime>
</spanFile>
"""


def xml(
    *,
    futures: str = FUTURE,
    options: str = "",
    families: str = "",
    commodities: str = "",
    organization: str = "",
    before: str = "",
    spreads: str = "",
    is_exchange_first: bool = True,
) -> str:
    """The text of a whole file; parts that aren't given are those above."""
    exchange = f"<exchange>\n<exch>SYN</exch>\n{FUTURES.format(futures)}\n{OPTION_FAMILY.format(options or series())}\n{families}\n</exchange>"
    parts = (exchange, commodities or commodity())
    one, other = parts if is_exchange_first else parts[::-1]
    return FRAME.format(before=before, organization=organization, one=one, other=other, spreads=spreads)


def written(path: Path, text: str) -> Path:
    """The path of a file with a text."""
    path.write_bytes(text.encode("latin-1"))
    return path
