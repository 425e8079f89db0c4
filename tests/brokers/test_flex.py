"""IBKR Flex Query XML: every quirk that its users have met, each as a file of a few lines."""

import datetime as dt
import math
from pathlib import Path

import pytest

from optmargin.brokers.read import load
from optmargin.core.contracts import AccountType, AssetClass, Right, Settlement
from optmargin.core.errors import MarginError, Severity

FILES = Path(__file__).parent / "files"
EXAMPLE = Path(__file__).parents[2] / "workbooks" / "examples" / "ibkr_flex_example.xml"


def position(**changed):
    attributes = {
        "currency": "USD",
        "assetCategory": "OPT",
        "symbol": "SPXW  221223P03800000",
        "underlyingSymbol": "SPX",
        "multiplier": "100",
        "strike": "3800",
        "expiry": "20221223",
        "putCall": "P",
        "position": "-5",
        "markPrice": "22.5",
        "levelOfDetail": "SUMMARY",
        **changed,
    }
    return (
        "<OpenPosition "
        + " ".join(f'{name}="{value}"' for name, value in attributes.items() if value is not None)
        + " />"
    )


def stock(symbol, **changed):
    bare = dict.fromkeys(("strike", "expiry", "putCall", "underlyingSymbol"), "")
    return position(**{"assetCategory": "STK", "symbol": symbol, "multiplier": "1", **bare, **changed})


def statement(*positions, account="U1", to_date="20221219", before="", section=True):
    rows = f"<OpenPositions>{''.join(chr(10) + row for row in positions)}\n</OpenPositions>" if section else ""
    return f'<FlexStatement accountId="{account}" toDate="{to_date}">{before}{rows}</FlexStatement>'


def read(tmp_path, *statements, spots=None):
    path = tmp_path / "flex.xml"
    path.write_text(
        f"<FlexQueryResponse><FlexStatements>{''.join(statements)}</FlexStatements></FlexQueryResponse>", "utf-8"
    )
    return load(path, spots=spots or {})


def one(tmp_path, *positions, **kwargs):
    (account,) = read(tmp_path, statement(*positions, **kwargs)).accounts
    return account


def incomplete(account):
    return [finding for finding in account.findings if finding.severity is Severity.INCOMPLETE]


def quantities(account):
    return [(leg.name, leg.quantity) for leg in account.legs.rows()]


def test_the_sample_account():
    loaded = load(FILES / "flex_sample.xml")
    (account,) = loaded.accounts
    assert loaded.layout == "IBKR Flex Query XML"
    assert (account.account, account.as_of, account.account_type) == (
        "U1234567",
        dt.date(2022, 12, 19),
        AccountType.MARGIN,
    )
    assert (account.net_liq, account.cash, account.stock_value, account.option_value) == (100000, 101125, 0, -1125)
    assert account.findings == ()
    assert loaded.findings == ()
    assert quantities(account) == [
        ("SPX 2022-12-23 3800 put", -5),
        ("SPX 2022-12-23 3795 put", 5),
        ("SPX 2022-12-30 3980 call", -5),
        ("SPX 2022-12-30 3985 call", 5),
    ]
    leg = account.legs.row(0)
    assert (leg.root, leg.price, leg.multiplier, leg.line) == ("SPXW", 22.5, 100, 9)
    assert leg.settlement is Settlement.PM
    assert leg.asset_class is AssetClass.BROAD_INDEX
    assert math.isnan(leg.spot)


def test_the_example_adds_up_and_leaves_nothing_out():
    (account,) = load(EXAMPLE).accounts
    assert account.findings == ()
    assert len(account.legs) == 18
    value = sum(leg.quantity * leg.price * leg.multiplier for leg in account.legs.rows())
    assert value + account.cash == pytest.approx(account.net_liq, abs=100)  # interest accrued is the rest
    spots = {leg.underlying: leg.spot for leg in account.legs.rows()}
    assert spots["SPY"] == 683.41
    assert spots["AAPL"] == 268.56
    assert account.as_of == dt.date(2026, 11, 20)


def test_quantity_in_place_of_position(tmp_path):
    assert quantities(one(tmp_path, position(position=None, quantity="-3"))) == [("SPX 2022-12-23 3800 put", -3)]


@pytest.mark.parametrize(
    "missing", ["strike", "expiry", "putCall", "underlyingSymbol", "multiplier", "levelOfDetail", "currency"]
)
def test_an_absent_attribute_is_taken_from_the_symbol(tmp_path, missing):
    account = one(tmp_path, position(**{missing: None}))
    assert quantities(account) == [("SPX 2022-12-23 3800 put", -5)]
    assert not incomplete(account)


def test_everything_from_the_symbol_or_the_description(tmp_path):
    bare = dict.fromkeys(("strike", "expiry", "putCall", "underlyingSymbol"))
    assert quantities(one(tmp_path, position(**bare))) == [("SPX 2022-12-23 3800 put", -5)]
    described = one(tmp_path, position(**bare, symbol=None, description="SPX 23DEC22 3800 P"))
    assert quantities(described) == [("SPX 2022-12-23 3800 put", -5)]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("strike", "3805", "strike says 3805 but symbol 'SPXW  221223P03800000' has 3800"),
        ("putCall", "C", "putCall says call but symbol 'SPXW  221223P03800000' is a put"),
        ("expiry", "20221230", "expiry says 2022-12-30 but symbol 'SPXW  221223P03800000' expires 2022-12-23"),
        ("underlyingSymbol", "NDX", "underlyingSymbol says 'NDX' but the symbol's root is 'SPXW'"),
        ("expiry", "30-Feb-2024", "expiry '30-Feb-2024' is not a date"),
        ("position", "five", "position 'five' isn't a number"),
        ("position", "", "position is empty"),
        ("position", "-1.5", "position -1.5 is a fraction of a contract"),
        ("position", "nan", "position 'nan' isn't a number"),
        ("markPrice", "-1", "markPrice -1 is below zero"),
        ("multiplier", "0", "multiplier 0 isn't above zero"),
        ("side", "Long", "position is -5 but side says 'Long'"),
        ("symbol", "SPXW  221323P03800000", "symbol 'SPXW  221323P03800000' isn't an option symbol"),
    ],
)
def test_a_row_that_cannot_be_read_is_a_finding_and_never_skipped(tmp_path, name, value, said):
    account = one(tmp_path, position(strike="3700", symbol="SPXW  221223P03700000"), position(**{name: value}))
    assert len(account.legs) == 1
    (finding,) = incomplete(account)
    assert said in str(finding)
    assert (finding.file, finding.line, finding.account) == ("flex.xml", 3, "U1")
    if name != "underlyingSymbol":
        assert finding.underlying == "SPX"


def test_summary_and_lots_are_not_counted_twice(tmp_path):
    lots = [position(position=count, levelOfDetail="LOT", openDateTime="20221216;101502") for count in ("-2", "-3")]
    assert quantities(one(tmp_path, position(), *lots)) == [("SPX 2022-12-23 3800 put", -5)]
    assert quantities(one(tmp_path, *lots)) == [("SPX 2022-12-23 3800 put", -5)]
    warned = one(tmp_path, position(position="-6"), *lots)
    assert quantities(warned) == [("SPX 2022-12-23 3800 put", -6)]
    assert "LOT rows add up to -5" in warned.findings[0].problem


def test_without_a_level_of_detail(tmp_path):
    opened = [position(position=count, levelOfDetail=None, openDateTime="20221216") for count in ("-2", "-3")]
    summary = position(levelOfDetail=None, openDateTime="")
    assert quantities(one(tmp_path, summary, *opened)) == [("SPX 2022-12-23 3800 put", -5)]
    doubtful = one(tmp_path, position(levelOfDetail=None), position(levelOfDetail=None))
    assert len(doubtful.legs) == 0
    (finding,) = incomplete(doubtful)
    assert "one may repeat the others" in finding.problem
    assert (finding.underlying, finding.expiry) == ("SPX", dt.date(2022, 12, 23))


def test_several_accounts_in_several_statements_and_in_one(tmp_path):
    loaded = read(
        tmp_path, statement(position()), statement(position(accountId="U2"), position(accountId="U3", position="-1"))
    )
    assert [(account.account, quantities(account)[0][1]) for account in loaded.accounts] == [
        ("U1", -5),
        ("U2", -5),
        ("U3", -1),
    ]


def test_the_latest_of_several_statements(tmp_path):
    loaded = read(tmp_path, statement(position(position="-2"), to_date="20221220"), statement(position()))
    (account,) = loaded.accounts
    assert quantities(account) == [("SPX 2022-12-23 3800 put", -2)]
    assert account.as_of == dt.date(2022, 12, 20)
    assert "2 statements; that of 2022-12-20 was read, not those of 2022-12-19" in account.findings[0].problem


def test_two_statements_of_one_day_that_differ_are_incomplete(tmp_path):
    (account,) = read(tmp_path, statement(position(position="-2")), statement(position())).accounts
    assert "different positions" in incomplete(account)[0].problem


def test_the_latest_net_liq(tmp_path):
    rows = "".join(
        f'<EquitySummaryByReportDateInBase reportDate="{day}" total="{total}" cash="{total}" />'
        for day, total in (("20221219", "11,250.00"), ("20221216", "7"))
    )
    account = one(tmp_path, before=f"<EquitySummaryInBase>{rows}</EquitySummaryInBase>")
    assert (account.net_liq, account.cash) == (11250, 11250)
    assert account.findings == ()


def test_cash_and_net_liq_from_other_sections(tmp_path):
    before = (
        '<CashReport><CashReportCurrency currency="USD" endingCash="1"/><CashReportCurrency currency="BASE_SUMMARY" '
        'endingCash="1,500.25"/></CashReport><ChangeInNAV endingValue="1500.25"/>'
    )
    account = one(tmp_path, before=before)
    assert (account.cash, account.net_liq) == (1500.25, 1500.25)


def test_the_cash_of_the_futures_segment(tmp_path):
    # the Cash Report's field "Ending Cash - Commodities"; not said where the query leaves it out
    row = '<CashReport><CashReportCurrency currency="BASE_SUMMARY" endingCash="1500.25"{}/></CashReport>'
    assert one(tmp_path, before=row.format(' endingCashCom="400.5"')).commodity_cash == 400.5
    assert one(tmp_path, before=row.format("")).commodity_cash is None


def test_position_values_that_do_not_add_up_are_warned_of(tmp_path):
    before = '<EquitySummaryByReportDateInBase reportDate="20221219" cash="1000" total="5000" />'
    account = one(tmp_path, position(position="1", markPrice="10", positionValue="1000"), before=before)
    (finding,) = account.findings
    assert finding.severity is Severity.WARNING
    assert "add up to 2,000.00, but the file states a net liq of 5,000.00" in finding.problem


def test_options_in_the_net_liq_but_no_position_is_incomplete(tmp_path):
    before = '<EquitySummaryByReportDateInBase reportDate="20221219" cash="1000" options="-500" total="500" />'
    assert "options worth -500.00 but no position" in incomplete(one(tmp_path, before=before))[0].problem


def test_no_open_positions_section_is_incomplete(tmp_path):
    (finding,) = incomplete(one(tmp_path, section=False))
    assert finding.problem == "the query has no Open Positions section"
    assert "Client Portal" in finding.remedy
    assert one(tmp_path).findings == ()


@pytest.mark.parametrize(
    ("text", "expiry"),
    [
        ("2022-12-23", 23),
        ("12/23/2022", 23),
        ("12/23/22", 23),
        ("23-DEC-22", 23),
        ("20221223;202000", 23),
        ("2022-12-23, 16:20:00", 23),
    ],
)
def test_dates_in_many_forms(tmp_path, text, expiry):
    account = one(tmp_path, position(symbol=None, expiry=text))
    assert account.legs.row(0).expiry == dt.date(2022, 12, expiry)


def test_the_order_of_day_and_month_is_decided_by_the_file(tmp_path):
    doubtful = position(symbol=None, expiry="05/12/2022")
    (finding,) = incomplete(one(tmp_path, doubtful))
    assert "expiry '05/12/2022' may be 2022-12-05 or 2022-05-12" in finding.problem
    decided = one(tmp_path, doubtful, position(symbol=None, expiry="23/12/2022"))
    assert [leg.expiry for leg in decided.legs.rows()] == [dt.date(2022, 12, 5), dt.date(2022, 12, 23)]
    by_symbol = one(tmp_path, doubtful, position(symbol="SPXW  220612P03800000", expiry="06/12/2022"))
    assert [leg.expiry for leg in by_symbol.legs.rows()] == [dt.date(2022, 5, 12), dt.date(2022, 6, 12)]


def test_the_saturday_of_old_symbols_gives_way_to_the_expiry(tmp_path):
    account = one(tmp_path, position(symbol="SPX   220319P04025000", strike="4025", expiry="20220318"))
    leg = account.legs.row(0)
    assert leg.expiry == dt.date(2022, 3, 18)
    assert leg.settlement is Settlement.AM


def test_the_last_trading_day_of_an_am_option_gives_way_to_the_symbol(tmp_path):
    account = one(tmp_path, position(symbol="SPX   200117P03205000", strike="3205", expiry="20200116"))
    leg = account.legs.row(0)
    assert (leg.expiry, leg.settlement) == (dt.date(2020, 1, 17), Settlement.AM)


def test_stock_gives_the_spot_of_its_options_and_may_be_a_fraction(tmp_path):
    call = position(
        symbol="AAPL  230120C00150000",
        underlyingSymbol="AAPL",
        strike="150",
        expiry="20230120",
        putCall="C",
        position="-1",
    )
    account = one(tmp_path, stock("AAPL", position="100.5", markPrice="132.37"), call)
    shares, option = account.legs.rows()
    assert (shares.right, shares.quantity, shares.multiplier, shares.expiry) == (Right.STOCK, 100.5, 1, None)
    assert option.spot == 132.37
    assert option.assumed


def test_futures_and_options_on_them_are_kept_as_such(tmp_path):
    account = one(
        tmp_path,
        position(
            assetCategory="FUT",
            symbol="ESZ2",
            underlyingSymbol="ES",
            multiplier="50",
            expiry="20221216",
            strike="",
            putCall="",
        ),
        position(assetCategory="FOP", symbol="E3AZ2 P3700", underlyingSymbol="ESH3", multiplier="50", strike="3700"),
    )
    assert not incomplete(account)
    future, option = account.legs.rows()
    assert (future.right, future.underlying, future.expiry) == (Right.FUTURE, "ES", dt.date(2022, 12, 16))
    assert (option.underlying, option.root, option.asset_class, option.multiplier) == (
        "ES",
        "E3A",
        AssetClass.FUTURE,
        50,
    )


def test_cash_and_indices_are_no_positions(tmp_path):
    account = one(tmp_path, stock("EUR.USD", assetCategory="CASH"), stock("SPX", assetCategory="IND"))
    assert len(account.legs) == 0
    assert account.findings == ()


@pytest.mark.parametrize("category", ["BOND", "WAR", "CFD", "CMDTY", "CRYPTO", "FSOPT", "NEW"])
def test_other_kinds_are_incomplete(tmp_path, category):
    account = one(tmp_path, position(), stock("XYZ", assetCategory=category))
    assert len(account.legs) == 1
    (finding,) = incomplete(account)
    assert f"('{category}') isn't known" in finding.problem
    assert (finding.account, finding.underlying) == ("U1", "XYZ")


def test_no_asset_category_is_an_option_only_where_the_symbol_is_one_of_the_table(tmp_path):
    assert len(one(tmp_path, position(assetCategory=None)).legs) == 1
    assert "assetCategory is missing" in incomplete(one(tmp_path, stock("AAPL", assetCategory=None)))[0].problem


def test_another_currency_is_incomplete_for_its_group(tmp_path):
    before = '<AccountInformation currency="USD" />'
    account = one(tmp_path, position(), position(symbol="SAP   221216C00100000", underlyingSymbol="SAP", currency="EUR", strike="100",
                                                 putCall="C", expiry="20221216"), before=before)  # fmt: skip
    (finding,) = incomplete(account)
    assert (finding.underlying, finding.expiry) == ("SAP", dt.date(2022, 12, 16))
    assert "in 'EUR' and the account in USD" in finding.problem


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('accountCapabilities="Margin"', AccountType.MARGIN),
        ('accountCapabilities="Portfolio Margin"', AccountType.MARGIN),
        ('accountCapabilities="Cash"', AccountType.CASH),
        ('accountCapabilities="Margin" customerType="IRA Rollover"', AccountType.IRA),
        ('accountCapabilities="Cash" accountType="Individual Retirement"', AccountType.IRA),
        ('accountType="Individual"', None),
    ],
)
def test_the_account_type(tmp_path, attributes, expected):
    account = one(tmp_path, before=f"<AccountInformation {attributes} />")
    assert account.account_type is expected
    assert [finding.severity for finding in account.findings] == [Severity.NOTE] * ("Portfolio" in attributes)


def test_an_unknown_element_among_the_positions_is_incomplete(tmp_path):
    account = one(tmp_path, position(), position(strike="3700", symbol="").replace("OpenPosition", "OpenPositon"))
    assert "element 'OpenPositon' among the open positions isn't known" in incomplete(account)[0].problem


def test_a_zero_quantity_is_no_position_whatever_else_it_says(tmp_path):
    account = one(tmp_path, position(position="0", expiry="never", assetCategory="BOND"))
    assert len(account.legs) == 0
    assert account.findings == ()


def test_adjusted_options_are_warned_of(tmp_path):
    row = position(symbol="AAPL1 221223C00150000", underlyingSymbol="AAPL", strike="150", putCall="C", position="-1")
    account = one(tmp_path, row)
    assert account.findings[0].severity is Severity.WARNING
    assert "adjusted option" in account.findings[0].problem


def test_a_file_that_says_no_day_is_warned_of(tmp_path):
    account = one(tmp_path, position(), to_date="")
    assert account.as_of is None
    assert "--as-of" in account.findings[0].remedy


def test_a_truncated_file_names_its_line(tmp_path):
    path = tmp_path / "cut.xml"
    text = (FILES / "flex_sample.xml").read_text("utf-8")
    path.write_text(text[: text.index("</OpenPositions>") - 20], "utf-8")
    with pytest.raises(MarginError, match=r"cut\.xml line 14: the XML breaks off"):
        load(path)


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("declaration", [BOMB, OUTSIDE, '<!DOCTYPE x SYSTEM "http://localhost/x.dtd">'])
def test_entities_are_refused(tmp_path, declaration):
    path = tmp_path / "bomb.xml"
    path.write_text(f'<?xml version="1.0"?>\n{declaration}<FlexQueryResponse>&b;</FlexQueryResponse>', "utf-8")
    with pytest.raises(MarginError, match="line 2: a document type or entity declaration"):
        load(path)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_encodings(tmp_path, encoding):
    path = tmp_path / "flex.xml"
    path.write_text((FILES / "flex_sample.xml").read_text("utf-8"), encoding)
    assert len(load(path).accounts[0].legs) == 4


def test_blank_lines_before_the_declaration_keep_the_lines_right(tmp_path):
    path = tmp_path / "flex.xml"
    path.write_text('\n\n<?xml version="1.0"?>\n' + (FILES / "flex_sample.xml").read_text("utf-8"), "utf-8")
    assert load(path).accounts[0].legs.row(0).line == 12


def test_the_answers_of_the_web_service(tmp_path):
    path = tmp_path / "answer.xml"
    path.write_text(
        "<FlexStatementResponse><Status>Fail</Status><ErrorCode>1019</ErrorCode>"
        "<ErrorMessage>Statement generation in progress.</ErrorMessage></FlexStatementResponse>"
    )
    with pytest.raises(MarginError, match="error 1019: Statement generation in progress"):
        load(path)
    path.write_text(
        "<FlexStatementResponse><Status>Success</Status><ReferenceCode>42</ReferenceCode></FlexStatementResponse>"
    )
    with pytest.raises(MarginError, match="receipt"):
        load(path)


def test_a_file_without_a_statement(tmp_path):
    with pytest.raises(MarginError, match="without any statement"):
        read(tmp_path)
