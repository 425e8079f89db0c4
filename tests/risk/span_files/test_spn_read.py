"""What XML parameter files say, element by element; source: CME's schema of SPAN XML 4.00, and the descriptions of its reports."""

import numpy as np
import pytest

from optmargin.core.contracts import Right
from optmargin.core.errors import MarginError, Severity
from optmargin.risk.span.files.read import read_span
from optmargin.risk.span.model import (
    AccountKind,
    ChargeMethod,
    InterMethod,
    MinimumMethod,
    PerAccount,
    PriceRisk,
    SpotMethod,
    period,
    period_end,
)
from risk.span_files.comparing import same_table
from risk.span_files.small_xml import (
    FUTURE,
    LINKS,
    MINIMUM,
    OPTIONS,
    SCAN,
    commodity,
    option,
    series,
    values,
    written,
    xml,
)


def read(tmp_path, account=AccountKind.SPECULATOR, **parts):
    return read_span(written(tmp_path / "small.spn", xml(**parts)), account=account)


def one(tmp_path, **parts):
    return read(tmp_path, **parts).commodity("QQ")


@pytest.mark.parametrize("is_exchange_first", [True, False])
def test_a_future_and_two_options(tmp_path, is_exchange_first):
    parameters = read(tmp_path, is_exchange_first=is_exchange_first)
    found = parameters.commodity("QQ")
    contracts, table = found.contracts, found.series
    assert contracts.right.tolist() == [Right.FUTURE, Right.CALL, Right.PUT]
    assert contracts.risk[0].tolist() == [
        0,
        0,
        -100,
        -100,
        100,
        100,
        -200,
        -200,
        200,
        200,
        -300,
        -300,
        300,
        300,
        -300,
        300,
    ]
    assert contracts.delta.tolist() == [1.0, 0.5, -0.5]
    assert contracts.price.tolist() == [2500.5, 81.25, 81.25]
    assert contracts.strike[1:].tolist() == [2500.0, 2500.0]
    assert table.period.tolist() == [period(203003)] * 2  # an option's is that of its future
    assert table.option_period.tolist() == [0, period(203003, "W2")]
    assert table.underlying_price[1] == 2500.5
    assert table.value_factor.tolist() == [50.0, 50.0]
    assert table.scan_up.tolist() == table.scan_down.tolist() == [300.0, 300.0]
    assert (table.volatility_scan[0], table.volatility_scan_relative[0]) == (0.04, False)
    assert [product.premium_style for product in found.products] == [False, True]
    assert (found.minimum_rate, found.minimum_method) == (35.0, MinimumMethod.GREATER)
    assert found.price_risk is PriceRisk.SCAN_RANGE_CAP
    assert found.scales_minimum is None
    origin = parameters.origin
    assert (origin.cycle, origin.clearing, origin.layout) == ("final settlement", "SYNTH", "SPAN XML 4.00")
    assert not parameters.findings


def test_a_range_that_differs_downward(tmp_path):
    scan = SCAN.replace("<volScan>", "<priceScanDown>360</priceScanDown><volScan>")
    table = one(tmp_path, futures=FUTURE.replace(SCAN, scan)).series
    assert (table.scan_up[0], table.scan_down[0]) == (300.0, 360.0)


@pytest.mark.parametrize(("written_as", "currency"), [("300", 300.0), ("6", 300.0)])
def test_a_scan_range_in_currency_and_in_points(tmp_path, written_as, currency):
    # 6 points of 50 each: which of the two is meant shows in what the future loses in a full move
    found = one(tmp_path, futures=FUTURE.replace("<priceScan>300<", f"<priceScan>{written_as}<"))
    assert found.series.scan_up[0] == currency


@pytest.mark.parametrize(
    ("element", "scan", "is_relative"),
    [
        ("<volScan>0.04</volScan>", 0.04, False),
        ("<volScan>35</volScan>", 0.35, True),
        ("<volScanPct>35</volScanPct>", 0.35, True),
        ("<volScanPct>0.35</volScanPct>", 0.35, True),
    ],
)
def test_volatility_scan_ranges(tmp_path, element, scan, is_relative):
    table = one(tmp_path, futures=FUTURE.replace("<volScan>0.04</volScan>", element)).series
    assert (table.volatility_scan[0], table.volatility_scan_relative[0]) == (scan, is_relative)


@pytest.mark.parametrize(
    ("own", "link", "scaling"), [("0.2", "1", 0.2), ("1", "0.2", 0.2), ("0.2", "0.2", 0.2), ("1", "1", 1.0)]
)
def test_delta_scaling_of_the_contract_or_of_its_link(tmp_path, own, link, scaling):
    links = LINKS.replace("<sc>1</sc>", f"<sc>{link}</sc>", 1)
    found = one(tmp_path, futures=FUTURE.replace("<sc>1</sc>", f"<sc>{own}</sc>"), commodities=commodity(links))
    assert found.series.delta_scaling[0] == scaling


def test_two_delta_scalings_that_contradict_each_other(tmp_path):
    links = LINKS.replace("<sc>1</sc>", "<sc>0.5</sc>", 1)
    with pytest.raises(MarginError, match=r"delta scaling 0.2 here, 0.5 in the combined commodity"):
        one(tmp_path, futures=FUTURE.replace("<sc>1</sc>", "<sc>0.2</sc>"), commodities=commodity(links))


SPREADS = """
<dSpread><spread>1</spread><chargeMeth>F</chargeMeth><rate><r>1</r><val>425</val></rate>
<pLeg><cc>QQ</cc><pe>20300630</pe><rs>A</rs><i>1</i></pLeg><pLeg><cc>QQ</cc><pe>20300730</pe><rs>B</rs><i>2.5</i></pLeg></dSpread>
<dSpread><spread>2</spread><chargeMeth>P</chargeMeth>
<pmpsRate><r>1</r><val>0</val><pmRate>10</pmRate><psRate>5</psRate></pmpsRate>
<tLeg><cc>QQ</cc><tn>1</tn><rs>A</rs><i>1</i></tLeg><tLeg><cc>QQ</cc><tn>2</tn><rs>B</rs><i>1</i></tLeg></dSpread>
<dSpread><spread>3</spread><chargeMeth>W</chargeMeth><rate><r>1</r><val>20</val></rate>
<tLeg><cc>QQ</cc><tn>1</tn><rs>A</rs><i>1</i></tLeg><tLeg><cc>QQ</cc><tn>1</tn><rs>B</rs><i>1</i></tLeg></dSpread>
"""
TIERS = (
    "<intraTiers><tier><tn>1</tn><sPe>203001</sPe><ePe>203006</ePe></tier>"
    "<tier><tn>2</tn><sPe>203007</sPe><ePe>999999</ePe></tier></intraTiers>"
)


def test_spreads_flat_by_month_and_weighted(tmp_path):
    first, second, third = one(tmp_path, commodities=commodity(more=TIERS + MINIMUM + SPREADS)).intra_spreads
    assert (first.rate, first.method, first.is_series) == (425.0, ChargeMethod.FLAT, True)
    assert [(leg.period, leg.ratio) for leg in first.legs] == [(period(203006, "30"), 1.0), (period(203007, "30"), 2.5)]
    assert (second.rate, second.rate_per_spread, second.method) == (10.0, 5.0, ChargeMethod.PER_MONTH)
    assert [leg.tier for leg in second.legs] == [1, 2]
    assert (third.rate, third.method) == (0.2, ChargeMethod.WEIGHTED)  # 20 per cent


def test_tiers_minimums_and_delivery_charges(tmp_path):
    more = (
        TIERS.replace("intra", "scan")
        + TIERS.replace("intra", "inter")
        + TIERS
        + "<somTiers><tier><tn>1</tn><sPe>203001</sPe><ePe>203006</ePe><rate><r>1</r><val>30</val></rate></tier>"
        "<tier><tn>2</tn><sPe>203007</sPe><ePe>203012</ePe><rate><r>1</r><val>20</val></rate></tier></somTiers>"
        "<spotRate><r>1</r><pe>203003</pe><sprd>100</sprd><outr>250</outr></spotRate>"
    )
    found = one(tmp_path, commodities=commodity(more=more))
    assert found.scans_by_tier
    for tiers in (found.scan_tiers, found.inter_tiers, found.intra_tiers):
        assert [(tier.number, tier.start) for tier in tiers] == [(1, period(203001)), (2, period(203007))]
        assert tiers[0].end == period_end(203006)
    assert [tier.rate for tier in found.minimum_tiers] == [30.0, 20.0]
    assert np.isnan(found.minimum_rate)
    assert found.spot_method is SpotMethod.TABLE
    assert [(rate.per_spread, rate.per_outright) for rate in found.spot_rates] == [(100.0, 250.0)]


def test_a_minimum_that_the_file_does_not_say_is_not_zero(tmp_path):
    assert np.isnan(one(tmp_path, commodities=commodity(more="")).minimum_rate)


def test_flags_of_the_clearing_organization(tmp_path):
    found = one(tmp_path, organization="<isContractScale>1</isContractScale><capAnov>1</capAnov>")
    assert found.scales_minimum is True
    assert not found.limits_option_value  # the combined commodity says 0 itself


CLASSES = """
<pbRateDef><r>1</r><isCust>1</isCust><acctType>M</acctType><isM>1</isM><pbc>CORE</pbc></pbRateDef>
<pbRateDef><r>2</r><isCust>1</isCust><acctType>M</acctType><isM>0</isM><pbc>CORE</pbc></pbRateDef>
<pbRateDef><r>3</r><isCust>1</isCust><acctType>H</acctType><isM>1</isM><pbc>CORE</pbc></pbRateDef>
<pbRateDef><r>4</r><isCust>1</isCust><acctType>H</acctType><isM>0</isM><pbc>CORE</pbc></pbRateDef>
<pbRateDef><r>5</r><isCust>1</isCust><acctType>S</acctType><isM>1</isM><pbc>CORE</pbc></pbRateDef>
<pbRateDef><r>6</r><isCust>1</isCust><acctType>S</acctType><isM>0</isM><pbc>CORE</pbc></pbRateDef>
<pbRateDef><r>8</r><isCust>1</isCust><acctType>S</acctType><isM>1</isM><pbc>RESRV</pbc></pbRateDef>
<pbRateDef><r>9</r><isCust>0</isCust><acctType>S</acctType><isM>1</isM><pbc>CORE</pbc></pbRateDef>
"""


def adjusted(*rates):
    return "".join(
        f"<adjRate><r>{r}</r><baseR>{base}</baseR><val>{factor}</val></adjRate>" for r, base, factor in rates
    )


def test_accounts_are_multiples_of_one_class(tmp_path):
    rates = adjusted((2, 1, "1.1"), (3, 1, "0.9"), (4, 3, "1.2"), (5, 1, "1.0"), (6, 5, "1.1"))
    parameters = read(tmp_path, organization=CLASSES, commodities=commodity(more=rates + MINIMUM))
    found = parameters.commodity("QQ")
    assert found.adjustment == PerAccount(1.0, 0.9, 1.0)
    assert found.initial_ratio.member == pytest.approx(1.1)
    assert found.initial_ratio.hedger == pytest.approx(1.2)
    assert found.initial_ratio.speculator == pytest.approx(1.1)
    assert parameters.origin.rate_class == "speculator"


def two_classes(text: str) -> str:
    """A text in which every array is given for class 5 as well, 10 % larger."""
    for unit, delta in ((100.0, "1"), (50.0, "0.5"), (-50.0, "-0.5")):
        text = text.replace(values(unit, delta=delta), values(unit, delta=delta) + values(unit * 1.1, "5", delta))
    return text


@pytest.mark.parametrize(
    ("account", "largest"), [(AccountKind.SPECULATOR, [330.0, 165.0]), (AccountKind.MEMBER, [300.0, 150.0])]
)
def test_arrays_of_the_class_of_the_account(tmp_path, account, largest):
    path = written(tmp_path / "two.spn", two_classes(xml(organization=CLASSES)))
    contracts = read_span(path, account=account).commodity("QQ").contracts
    assert contracts.risk[:2].max(axis=1).tolist() == pytest.approx(largest)


def test_several_classes_that_nobody_defines(tmp_path):
    path = written(tmp_path / "two.spn", two_classes(xml()))
    with pytest.raises(MarginError, match=r"line \d+: a risk array is given for the classes of rates 1, 5"):
        read_span(path)


def test_an_account_with_arrays_of_its_own_is_not_known_from_those_of_another(tmp_path):
    path = written(
        tmp_path / "two.spn",
        two_classes(xml(organization=CLASSES, commodities=commodity(more=adjusted((6, 5, 1.1)) + MINIMUM))),
    )
    found = read_span(path).commodity("QQ")
    assert found.initial_ratio.speculator == pytest.approx(1.1)
    assert np.isnan(found.adjustment.member)  # never 1


POINTS = "".join(
    f"<scanPointDef><point>{at}</point><priceScanDef><mult>1</mult><numerator>{over}</numerator><denominator>{under}</denominator>"
    f"</priceScanDef><volScanDef><mult>{volatility}</mult></volScanDef><weight>{0.35 if at > 14 else 1}</weight>"
    f"<pairedPoint>{at if at > 14 else at + (1 if at % 2 else -1)}</pairedPoint></scanPointDef>"
    for at, (over, under, volatility) in enumerate(
        [
            (0, 1, 1), (0, 1, -1), (1, 3, 1), (1, 3, -1), (-1, 3, 1), (-1, 3, -1), (2, 3, 1), (2, 3, -1), (-2, 3, 1), (-2, 3, -1),
            (1, 1, 1), (1, 1, -1), (-1, 1, 1), (-1, 1, -1), (2, 1, 0), (-2, 1, 0),
        ],
        start=1,
    )
)  # fmt: skip


@pytest.mark.parametrize("place", ["organization", "commodity"])
def test_extreme_moves_as_the_file_defines_them(tmp_path, place):
    # NSE Clearing: twice the range, 35 % of the loss
    definition = f"<pointDef><r>1</r>{POINTS}</pointDef>"
    parts = (
        {"organization": definition}
        if place == "organization"
        else {"commodities": commodity(more=definition + MINIMUM)}
    )
    table = one(tmp_path, **parts).series
    assert table.extreme_multiplier.tolist() == [2.0, 2.0]
    assert table.extreme_cover.tolist() == [0.35, 0.35]


def test_a_multiplier_that_repeats_the_fraction(tmp_path):
    repeated = POINTS
    for over, under in ((1, 3), (-1, 3), (2, 3), (-2, 3), (-1, 1), (2, 1), (-2, 1), (0, 1)):
        repeated = repeated.replace(
            f"<mult>1</mult><numerator>{over}</numerator><denominator>{under}<",
            f"<mult>{over / under:.4f}</mult><numerator>{over}</numerator><denominator>{under}<",
        )
    table = one(tmp_path, organization=f"<pointDef><r>1</r>{repeated}</pointDef>").series
    assert table.extreme_multiplier.tolist() == [2.0, 2.0]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("<point>16</point>", "<point>17</point>", "16 scenarios, not 16"),
        ("<numerator>2</numerator><denominator>3<", "<numerator>3</numerator><denominator>4<", "aren't the 16 of SPAN"),
        ("<pairedPoint>15<", "<pairedPoint>30<", "paired with one that isn't there"),
    ],
)
def test_other_scenarios_are_refused(tmp_path, before, after, said):
    with pytest.raises(MarginError, match=said):
        one(tmp_path, organization=f"<pointDef><r>1</r>{POINTS.replace(before, after)}</pointDef>")


def test_credits_between_combined_commodities(tmp_path):
    links = LINKS.replace("<pfId>1<", "<pfId>3<").split("</pfLink>")[0] + "</pfLink>"
    second = (
        f"<futPf><pfId>3</pfId><pfCode>RR</pfCode><currency>USD</currency><valueMeth>FUT</valueMeth>{FUTURE}</futPf>"
    )
    legs = "<tLeg><cc>QQ</cc><tn>1</tn><rs>A</rs><i>1</i></tLeg><tLeg><cc>RR</cc><tn>1</tn><rs>B</rs><i>2</i>{}</tLeg>"
    spreads = (
        f"<dSpread><spread>1</spread><chargeMeth>W</chargeMeth><rate><r>1</r><val>0.4</val></rate>{legs.format('')}</dSpread>"
        f"<dSpread><spread>2</spread><chargeMeth>W</chargeMeth><rate><r>1</r><val>80</val></rate>"
        f"{legs.format('<rate><r>1</r><val>70</val></rate>')}</dSpread>"
        f"<dSpread><spread>3</spread><chargeMeth>F</chargeMeth><rate><r>1</r><val>150</val></rate>{legs.format('')}</dSpread>"
        "<sSpread><spread>4</spread><isTargetReq>0</isTargetReq><numLegsReq>1</numLegsReq><rate><r>1</r><val>0.98</val></rate>"
        "<sLeg><cc>QQ</cc><isTarget>1</isTarget><i>1</i></sLeg>"
        "<sLeg><cc>RR</cc><isTarget>0</isTarget><isRequired>1</isRequired><i>2</i></sLeg></sSpread>"
        f"<dSpread><spread>5</spread><chargeMeth>W</chargeMeth><rate><r>1</r><val>0.4</val></rate>"
        f"{legs.format('').replace('RR', 'ZZ')}</dSpread>"
    )
    parts = {"families": second, "commodities": commodity() + commodity(links, code="RR"), "spreads": spreads}
    found = read(tmp_path, **parts).inter_spreads
    assert [spread.priority for spread in found] == [1, 2, 3, 4]  # ZZ isn't in the file
    assert [spread.credits for spread in found] == [(0.4, 0.4), (0.8, 0.7), (150.0, 150.0), (0.98,)]
    assert [spread.method for spread in found] == [InterMethod.DELTA] * 3 + [InterMethod.SCANNING]
    assert found[3].target.commodity == "QQ"
    assert found[3].legs[0].required
    assert found[3].min_legs == 1
    alone = read_span(tmp_path / "small.spn", ["RR"])
    assert alone.inter_spreads == ()
    assert "may be merged into QQ, which wasn't read" in alone.findings[0].problem


def test_options_on_a_future_of_another_combined_commodity(tmp_path):
    links = LINKS.split("</pfLink>", 1)
    parts = {"commodities": commodity(f"{links[0]}</pfLink>", code="FF") + commodity(links[1])}
    path = written(tmp_path / "apart.spn", xml(**parts))
    table = read_span(path, ["QQ"]).commodity("QQ").series
    assert table.period.tolist() == [period(203003)]
    assert table.underlying_price.tolist() == [2500.5]


def test_families_that_are_neither_futures_nor_options_are_noted(tmp_path):
    debt = "<debtPf><pfId>5</pfId><pfCode>BOND</pfCode></debtPf>"
    links = LINKS + "<pfLink><exch>SYN</exch><pfId>5</pfId><pfType>DEBT</pfType><sc>1</sc></pfLink>"
    parameters = read(
        tmp_path, families=debt, commodities=commodity(links), before="<portfolio><firm>1</firm></portfolio>"
    )
    said = [finding.problem for finding in parameters.findings]
    assert said == ["portfolio isn't read", "debtPf of QQ isn't read: neither futures nor options"]


def plain(tmp_path, options):
    return one(tmp_path, options=series(options))


BIG = "".join(option(right, str(strike), unit, delta) for strike, unit in ((2400, 75.25), (2500, 50), (2600, 2.5)) for right, delta in (("C", "0.25"), ("P", "-1.5e-3")))  # fmt: skip
SHAPES = {
    "blanks between the elements": BIG.replace("><", ">\r\n\t<"),
    "another element in each": BIG.replace("<v>", "<pq>0</pq><v>"),
    "another order": BIG.replace("<cId>1</cId>", "").replace("<p>81.25</p>", "<p>81.25</p><cId>1</cId>"),
    "one that differs": BIG.replace("<v>0.21</v>", "<volType>X</volType><v>0.21</v>", 1),
    "an alias in one": BIG.replace("<o>", "<alias><aType>a</aType><aVal>1</aVal></alias><o>", 1),
    "an alias in each": BIG.replace("<o>", "<alias><aType>a</aType><aVal>1</aVal></alias><o>"),
    "the value factor of the series": BIG.replace("<ra>", "<val>4062.5</val><cvf>50</cvf><svf>0</svf><sc>1</sc><ra>"),
    "the value factor of the series in one": BIG.replace("<ra>", "<cvf>50</cvf><sc>1</sc><ra>", 1),
    "words in each": BIG.replace("<v>", "<priceType>F</priceType><volType>E</volType><v>"),
    "a number that isn't known here": BIG.replace("<v>", "<x1>7</x1><v>"),
    "a price in another unit": BIG.replace("<p>81.25</p>", "<p>4062.5</p><pq>1</pq><val>4062.5</val>"),
    "a price in another unit in one": BIG.replace("<p>81.25</p>", "<p>4062.5</p><pq>1</pq><val>4062.5</val>", 1),
    "blanks in a number": BIG.replace("<k>2400</k>", "<k> 2400 </k>"),
    "zeros before and after": BIG.replace("<k>2400</k>", "<k>+002400.000</k>"),
    "numbers with exponents": BIG.replace("<k>2400</k>", "<k>2.4E3</k>"),
    "a text after the last": BIG + "<tick><val>1</val></tick>",
}


@pytest.mark.parametrize("options", SHAPES.values(), ids=SHAPES)
def test_however_options_are_written_they_say_the_same(tmp_path, options):
    found, expected = plain(tmp_path, options), plain(tmp_path, BIG)
    same_table(found.contracts, expected.contracts, "contracts")
    same_table(found.series, expected.series, "series")
    assert expected.contracts.risk[1].max() == 225.75
    assert expected.contracts.delta[2] == -0.0015


@pytest.mark.parametrize("each", ["all", "one"])
def test_options_with_a_value_factor_of_their_own_are_left_out_and_said(tmp_path, each):
    own = "<cvf>25</cvf>"
    options = BIG.replace("<ra>", f"{own}<ra>", -1 if each == "all" else 1)
    parameters = read(tmp_path, options=series(options))
    (finding,) = parameters.findings
    assert "value factor of their own" in finding.problem
    assert finding.severity is Severity.WARNING
    assert len(parameters.commodity("QQ").contracts) == (1 if each == "all" else 6)  # of a future and six options


@pytest.mark.parametrize("zero", ["0", "0.00", ""])
def test_a_value_factor_of_zero_is_none(tmp_path, zero):
    own = f"<cvf>{zero}</cvf>"
    found = one(
        tmp_path, futures=FUTURE.replace("<sc>", f"{own}<sc>"), options=series(BIG.replace("<ra>", f"{own}<ra>"))
    )
    assert found.series.value_factor.tolist() == [50.0, 50.0]  # those of the products
    assert len(found.contracts) == 7


def test_a_price_in_another_unit_without_its_value_is_not_known(tmp_path):
    options = OPTIONS.replace("<p>81.25</p>", "<p>6.25</p><pq>1</pq>", 1)
    assert np.isnan(plain(tmp_path, options).contracts.price[1:]).tolist() == [True, False]


def test_spreads_that_are_not_known_are_passed_over_and_said(tmp_path):
    spreads = (
        "</interSpreads><interClearSpreads><dSpread><spread>1</spread></dSpread></interClearSpreads><interSpreads>"
    )
    parameters = read(tmp_path, spreads=spreads)
    assert parameters.inter_spreads == ()
    assert "interClearSpreads isn't read" in [finding.problem for finding in parameters.findings]


def test_a_volatility_that_is_missing_or_zero_is_not_known(tmp_path):
    for options in (
        OPTIONS.replace("<v>0.21</v>", ""),
        OPTIONS.replace("<v>0.21</v>", "<v>0</v>"),
        OPTIONS.replace("<v>0.21</v>", "<v></v>"),
    ):
        assert np.isnan(plain(tmp_path, options).contracts.volatility[1:]).all()


def test_codes_with_signs_that_xml_escapes(tmp_path):
    text = xml(commodities=commodity(code="Q&amp;Q"))
    assert list(read_span(written(tmp_path / "signs.spn", text), ["Q&Q"]).commodities) == ["Q&Q"]
