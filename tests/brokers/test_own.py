"""optmargin's own positions file: header names, blanks, decimal signs, damaged rows, workbooks."""

import datetime as dt
import math
import warnings
import zipfile
from pathlib import Path

import openpyxl
import pytest

from optmargin.brokers.read import load
from optmargin.core.contracts import AssetClass, Right, Settlement, Style
from optmargin.core.errors import MarginError, Severity
from optmargin.core.positions.table import ALIASES

FILES = Path(__file__).parent / "files"
HEADER = "account,underlying,right,strike,expiry,quantity,price,spot"
PUT = "A,SPX,put,3800,2022-12-23,-5,22.5,3817"


def read(tmp_path, *lines, spots=None, name="positions.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding)
    return load(path, spots=spots or {})


def one(tmp_path, *lines, **kwargs):
    (account,) = read(tmp_path, *lines, **kwargs).accounts
    return account


def rows(tmp_path, *lines, **kwargs):
    account = one(tmp_path, *lines, **kwargs)
    assert account.findings == ()
    return account.legs.rows()


def incomplete(account):
    return [finding for finding in account.findings if finding.severity is Severity.INCOMPLETE]


def facts(leg):
    return (
        leg.account,
        leg.underlying,
        leg.root,
        leg.right,
        leg.strike,
        leg.expiry,
        leg.quantity,
        leg.price,
        leg.multiplier,
    )


def test_the_sample_account_is_the_same_in_every_layout():
    (flex,) = load(FILES / "flex_sample.xml").accounts
    for name, first_line in (("own_sample.csv", 3), ("own_sample.xlsx", 4)):
        loaded = load(FILES / name)
        (account,) = loaded.accounts
        assert (account.findings, loaded.findings) == ((), ())
        assert [facts(leg) for leg in account.legs.rows()] == [facts(leg) for leg in flex.legs.rows()]
        assert [leg.spot for leg in account.legs.rows()] == [3817.66] * 4  # one row's spot fills the others
        assert [leg.line for leg in account.legs.rows()] == [first_line + at for at in range(4)]
        assert (account.as_of, account.net_liq) == (dt.date(2022, 12, 19), None)


def test_underlying_right_and_quantity_are_enough_for_stock(tmp_path):
    (leg,) = rows(tmp_path, "underlying,right,quantity", "SPY,stock,-100", spots={"spy": 383.5})
    assert (leg.underlying, leg.right, leg.quantity, leg.multiplier) == ("SPY", Right.STOCK, -100, 1)
    assert (leg.spot, leg.price) == (383.5, 383.5)
    assert leg.asset_class is AssetClass.BROAD_ETF


@pytest.mark.parametrize(
    "symbol",
    ["SPXW  221223P03800000", "SPXW221223P03800000", "O:SPXW221223P03800000", ".SPXW221223P3800", " -SPXW221223P3800"],
)
def test_a_symbol_says_everything(tmp_path, symbol):
    (leg,) = rows(tmp_path, "symbol,quantity", f"{symbol},-5")
    assert (leg.underlying, leg.root, leg.strike, leg.expiry) == ("SPX", "SPXW", 3800, dt.date(2022, 12, 23))
    assert leg.settlement is Settlement.PM
    assert leg.style is Style.EUROPEAN
    assert leg.cash_settled
    assert not leg.assumed


def test_am_only_on_standard_monthly_expiries_of_the_root(tmp_path):
    lines = [
        "underlying,right,strike,expiry,quantity",
        "SPX,put,3800,2022-12-16,1",
        "SPX,put,3800,2022-12-23,1",
        "SPXW,put,3800,2022-12-16,1",
    ]
    assert [leg.settlement for leg in rows(tmp_path, *lines)] == [Settlement.AM, Settlement.PM, Settlement.PM]
    (leg,) = rows(tmp_path, f"{lines[0]},settlement", "SPX,put,3800,2022-12-16,1,PM")
    assert leg.settlement is Settlement.PM


def test_what_the_file_says_outranks_the_table(tmp_path):
    header = "underlying,right,strike,expiry,quantity,multiplier,asset_class,style,leverage,listed"
    (leg,) = rows(tmp_path, header, "SPX,put,3800,2022-12-23,-5,10,Narrow Index,American,2,otc")
    assert (leg.multiplier, leg.asset_class, leg.style, leg.leverage, leg.listed) == (
        10,
        "narrow_index",
        "american",
        2,
        False,
    )


def test_an_unknown_root_is_assumed_unless_the_file_says_its_class(tmp_path):
    header = "underlying,right,strike,expiry,quantity,asset_class"
    first, second = rows(tmp_path, header, "ZZZ,put,38,2022-12-23,-5,", "YYY,put,38,2022-12-23,-5,etf")
    assert (first.assumed, first.asset_class, first.multiplier) == (True, AssetClass.EQUITY, 100)
    assert (second.assumed, second.asset_class) == (False, AssetClass.ETF)
    both = rows(tmp_path, header, "ZZZ,put,38,2022-12-23,-5,", "ZZZ,put,37,2022-12-23,5,broad_index")
    assert [(leg.assumed, leg.asset_class, leg.cash_settled) for leg in both] == [
        (False, AssetClass.BROAD_INDEX, True)
    ] * 2


def test_options_on_futures(tmp_path):
    (leg,) = rows(tmp_path, "underlying,right,strike,expiry,quantity", "/ES,put,3800,2022-12-16,-1")
    assert (leg.asset_class, leg.multiplier, leg.underlying) == (AssetClass.FUTURE, 50, "ES")
    account = one(tmp_path, "underlying,right,strike,expiry,quantity,asset_class", "QQZ,put,3800,2022-12-16,-1,future")
    assert "multiplier of QQZ isn't known" in incomplete(account)[0].problem


@pytest.mark.parametrize(
    ("concept", "alias"), [(concept, alias) for concept, aliases in ALIASES.items() for alias in aliases]
)
def test_every_alias_reads(tmp_path, concept, alias):
    values = {"underlying": "SPX", "right": "put", "strike": "3800", "expiry": "2022-12-23", "quantity": "-5", "price": "22.5",
              "account": "A", "symbol": "SPX221223P3800", "root": "SPX", "multiplier": "100", "spot": "3817", "asset_class": "broad_index",
              "style": "european", "leverage": "1", "settlement": "pm", "listed": "yes", "side": "short", "as_of": "2022-12-19",
              "description": "x"}  # fmt: skip
    names = {name: name for name in ("underlying", "right", "strike", "expiry", "quantity")} | {
        concept: alias.upper().replace(" ", "_")
    }
    loaded = read(tmp_path, ",".join(names.values()), ",".join(values[name] for name in names))
    assert loaded.findings == ()
    (account,) = loaded.accounts
    assert account.findings == ()
    assert len(account.legs) == 1


def test_an_unknown_column_is_noted_with_the_nearest_name(tmp_path):
    loaded = read(tmp_path, f"{HEADER},leverag,notes", f"{PUT},2,hello")
    (finding,) = loaded.findings
    assert (finding.severity, finding.line) == (Severity.NOTE, 1)
    assert str(finding) == "positions.csv line 1: column 'leverag' is not known and not read; did you mean 'leverage'?"


def test_a_missing_column_is_named(tmp_path):
    with pytest.raises(MarginError, match="column quantity is missing; the header has 'underlying', 'right'"):
        read(tmp_path, "underlying,right,strike", "SPX,put,3800")


def test_duplicate_columns_are_refused(tmp_path):
    with pytest.raises(MarginError, match="column 'Strike' stands there twice"):
        read(tmp_path, f"{HEADER},Strike", f"{PUT},3")
    with pytest.raises(MarginError, match="columns 'price' and 'Mark' both mean price"):
        read(tmp_path, f"{HEADER},Mark", f"{PUT},3")


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("expiry", "30-Feb-2024", "expiry '30-Feb-2024' is not a date; write YYYY-MM-DD"),
        ("expiry", "", "expiry is empty"),
        ("strike", "", "strike is empty"),
        ("strike", "-3800", "strike -3800 isn't above zero"),
        ("strike", "0", "strike 0 isn't above zero"),
        ("strike", "#N/A", "strike is the error #N/A"),
        ("right", "straddle", "right 'straddle' isn't a kind of leg; write call, put, stock or future"),
        ("right", "", "right is empty"),
        ("right", "stock", "a stock row has strike '3800'"),
        ("quantity", "", "quantity is empty"),
        ("quantity", "nan", "quantity 'nan' isn't a number"),
        ("quantity", "inf", "quantity 'inf' isn't a number"),
        ("quantity", "-0.5", "quantity -0.5 is a fraction of a contract"),
        ("price", "-1", "price -1 is below zero"),
        ("price", "abc", "price 'abc' isn't a number"),
        ("spot", "0", "spot 0 isn't above zero"),
        ("multiplier", "-100", "multiplier -100 isn't above zero"),
        ("leverage", "0", "leverage 0 isn't the factor of a fund"),
        ("leverage", "0.5", "leverage 0.5 isn't the factor of a fund"),
        ("asset_class", "etff", "asset_class 'etff' isn't known; did you mean 'etf'?"),
        ("style", "bermudan", "style 'bermudan' isn't known"),
        ("settlement", "noon", "settlement 'noon' isn't known"),
        ("listed", "maybe", "listed 'maybe' isn't known"),
        ("underlying", "", "underlying is empty"),
        ("underlying", "=1+1", "underlying '=1+1' isn't a ticker"),
        ("side", "long", "quantity is -5 but side says 'long'"),
        (
            "symbol",
            "SPXW  221230P03800000",
            "expiry says 2022-12-23 but symbol 'SPXW  221230P03800000' expires 2022-12-30",
        ),
        ("symbol", "what is this", "symbol 'what is this' isn't an option symbol"),
        ("root", "NDX", "underlying says 'SPX' but the symbol's root is 'NDX'"),
    ],
)
def test_a_row_that_cannot_be_read_is_a_finding(tmp_path, column, value, said):
    good = {"underlying": "SPX", "right": "put", "strike": "3800", "expiry": "2022-12-23", "quantity": "-5", "price": "22.5", "spot": "",
            "multiplier": "", "leverage": "", "asset_class": "", "style": "", "settlement": "", "listed": "", "side": "", "symbol": "",
            "root": "", "account": "A"}  # fmt: skip
    other = {**good, "strike": "3700"}
    account = one(tmp_path, ",".join(good), ",".join({**good, column: value}.values()), ",".join(other.values()))
    assert len(account.legs) == 1
    (finding,) = incomplete(account)
    assert said in str(finding)
    assert str(finding).startswith("positions.csv line 2: ")
    assert finding.account == "A"
    if column not in ("underlying", "root"):
        assert finding.underlying == "SPX"
    if column in ("strike", "quantity", "price", "multiplier", "style", "side"):
        assert finding.expiry == dt.date(2022, 12, 23)


def test_every_problem_of_a_row_is_told(tmp_path):
    (finding,) = incomplete(one(tmp_path, HEADER, "A,SPX,put,abc,never,x,1,1"))
    assert (
        finding.problem
        == "quantity 'x' isn't a number and expiry 'never' is not a date and strike 'abc' isn't a number"
    )


def test_a_stock_row_has_no_multiplier(tmp_path):
    account = one(tmp_path, "underlying,right,quantity,multiplier", "AAPL,stock,3,100")
    assert "multiplier 100 on a stock row" in incomplete(account)[0].problem
    account = one(tmp_path, "underlying,right,quantity,multiplier", "AAPL,stock,300,100")
    assert (account.legs.quantity[0], account.legs.multiplier[0]) == (300, 1)
    assert [finding.severity for finding in account.findings] == [Severity.WARNING]


def test_missing_prices_are_missing(tmp_path):
    (leg,) = rows(tmp_path, HEADER, "A,SPX,put,3800,2022-12-23,-5,,")
    assert math.isnan(leg.price)
    assert math.isnan(leg.spot)
    (leg,) = rows(tmp_path, HEADER, "A,SPX,put,3800,2022-12-23,-5,#N/A,#REF!")
    assert math.isnan(leg.price)
    (leg,) = rows(tmp_path, HEADER, "A,SPX,put,3800,2022-12-23,-5,0,")
    assert leg.price == 0


def test_blank_lines_comments_repeated_headers_and_zero_quantities_are_no_positions(tmp_path):
    (leg,) = rows(tmp_path, "", "# mine", HEADER, "", ",,,,,,,", PUT, HEADER, "A,SPX,put,abc,never,0,1,1", "# end")
    assert leg.line == 6


def test_ragged_rows(tmp_path):
    (leg,) = rows(tmp_path, HEADER, "A,SPX,put,3800,2022-12-23,-5")
    assert leg.strike == 3800
    (leg,) = rows(tmp_path, HEADER, f"{PUT},,")
    assert leg.spot == 3817
    account = one(tmp_path, HEADER, "A,SPX,put,3,800,2022-12-23,-5,22.5,3817")
    assert "the line has 9 fields and the header 8" in incomplete(account)[0].problem


def test_a_quotation_mark_that_does_not_close_takes_one_line_only(tmp_path):
    account = one(tmp_path, HEADER, 'A,SPX,put,"3900,2022-12-23,5,22.5,3817', PUT)
    assert len(account.legs) == 1


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(tmp_path, delimiter):
    (leg,) = rows(tmp_path, HEADER.replace(",", delimiter), PUT.replace(",", delimiter))
    assert (leg.strike, leg.price) == (3800, 22.5)


def test_decimal_commas_with_semicolons(tmp_path):
    header = HEADER.replace(",", ";")
    legs = rows(tmp_path, header, "A;SPX;put;3800,5;2022-12-23;-5;22,5;3.817,66", "A;SPX;put;3.800;2022-12-23;-5;22,5;")
    assert [leg.strike for leg in legs] == [3800.5, 3800]
    assert legs[0].spot == 3817.66
    (finding,) = incomplete(one(tmp_path, header, "A;SPX;put;3,800;2022-12-23;-5;22;"))
    assert "strike '3,800' may be thousands or a fraction" in finding.problem


def test_thousands_in_quotation_marks(tmp_path):
    (leg,) = rows(tmp_path, HEADER, 'A,SPX,put,"3,800",2022-12-23,"(5)","$22.50","3,817.66"')
    assert (leg.strike, leg.quantity, leg.price, leg.spot) == (3800, -5, 22.5, 3817.66)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path, encoding):
    (leg,) = rows(tmp_path, f"{HEADER},notes", f"{PUT},für später", encoding=encoding)
    assert leg.strike == 3800


def test_other_line_ends(tmp_path):
    path = tmp_path / "positions.csv"
    for end in ("\r\n", "\r"):
        path.write_bytes(end.join([HEADER, PUT, PUT]).encode())
        (leg,) = load(path).accounts[0].legs.rows()
        assert (leg.quantity, leg.line) == (-10, 2)


def test_rows_of_one_contract_are_summed(tmp_path):
    legs = rows(
        tmp_path,
        HEADER,
        PUT,
        "A,SPXW,put,3800,2022-12-23,2,22.5,",
        "A,SPX,put,3800,2022-12-23,2,,",
        "A,SPX,put,3700,2022-12-23,1,9,",
    )
    assert [(leg.root, leg.strike, leg.quantity) for leg in legs] == [
        ("SPX", 3800, -3),
        ("SPXW", 3800, 2),
        ("SPX", 3700, 1),
    ]
    account = one(tmp_path, HEADER, PUT, "A,SPX,put,3800,2022-12-23,5,22.5,")
    assert len(account.legs) == 0
    assert account.findings[0].severity is Severity.NOTE
    assert "cancel out" in account.findings[0].problem


def test_rows_of_one_contract_with_different_prices_stay_apart(tmp_path):
    account = one(tmp_path, HEADER, PUT, "A,SPX,put,3800,2022-12-23,-1,25,")
    assert [leg.quantity for leg in account.legs.rows()] == [-5, -1]
    (finding,) = account.findings
    assert finding.severity is Severity.WARNING
    assert "different prices: 22.5 and 25" in finding.problem


def test_spots(tmp_path):
    lines = [HEADER, PUT, "A,SPXW,put,3700,2022-12-23,5,9,", "A,NDX,put,9000,2022-12-23,5,9,"]
    legs = rows(tmp_path, *lines)
    assert legs[1].spot == 3817
    assert math.isnan(legs[2].spot)
    for key in ("SPX", "spxw", "$SPX"):
        assert one(tmp_path, *lines, spots={key: 4100}).legs.row(0).spot == 4100
    both = one(tmp_path, *lines, spots={"SPX": 4100, "SPXW": 4101})
    assert list(both.legs.spot[:2]) == [4100, 4101]
    loaded = read(tmp_path, *lines, spots={"SPZ": 4100})
    assert "spot SPZ was given, but there is no position in SPZ" in loaded.findings[0].problem
    with pytest.raises(MarginError, match="isn't a positive price"):
        read(tmp_path, *lines, spots={"SPX": math.nan})


def test_two_spots_of_one_underlying(tmp_path):
    lines = [HEADER, PUT, "A,SPX,put,3700,2022-12-23,5,9,3900", "A,SPX,put,3600,2022-12-23,5,9,"]
    account = one(tmp_path, *lines)
    (finding,) = account.findings
    assert finding.severity is Severity.WARNING
    assert "3817 and 3900" in finding.problem
    assert list(account.legs.spot[:2]) == [3817, 3900]
    assert math.isnan(account.legs.spot[2])
    assert one(tmp_path, *lines, spots={"SPX": 4000}).findings == ()


def test_the_price_of_shares_is_the_spot_of_their_options(tmp_path):
    call = "AAPL,call,140,2023-01-20,-1,2,"
    first, second = read(tmp_path, HEADER, "A,AAPL,stock,,,100,132,", f"A,{call}", f"B,{call}").accounts
    assert first.legs.row(1).spot == 132
    assert math.isnan(second.legs.row(0).spot)  # one account's figures never depend on another's


def test_accounts_in_the_order_of_the_file(tmp_path):
    loaded = read(tmp_path, HEADER, PUT.replace("A,", "B,"), PUT, PUT.replace("A,", "C,").replace("put", "putt"))
    assert [(account.account, len(account.legs)) for account in loaded.accounts] == [("B", 1), ("A", 1), ("C", 0)]


def test_a_row_without_an_account_among_others_is_a_finding_of_the_file(tmp_path):
    loaded = read(tmp_path, HEADER, PUT, PUT.removeprefix("A"))
    (finding,) = loaded.findings
    assert (finding.severity, finding.line, finding.underlying) == (Severity.INCOMPLETE, 3, "SPX")
    assert len(loaded.accounts[0].legs) == 1


def test_a_header_alone_is_warned_of(tmp_path):
    loaded = read(tmp_path, HEADER)
    assert loaded.accounts == ()
    assert loaded.findings[0].severity is Severity.WARNING


def test_days_of_a_file_tell_their_order(tmp_path):
    legs = rows(tmp_path, HEADER, "A,SPX,put,3800,05/12/2022,-5,,", "A,SPX,put,3800,23/12/2022,-5,,")
    assert legs[0].expiry == dt.date(2022, 12, 5)
    (finding,) = incomplete(one(tmp_path, HEADER, "A,SPX,put,3800,05/12/2022,-5,,"))
    assert "may be 2022-12-05 or 2022-05-12" in finding.problem


def test_different_days_of_the_figures(tmp_path):
    account = one(tmp_path, f"{HEADER},as of", f"{PUT},2022-12-19", f"{PUT},2022-12-20")
    assert account.as_of == dt.date(2022, 12, 20)
    assert "different days (2022-12-19, 2022-12-20)" in account.findings[0].problem


@pytest.mark.parametrize(
    "header",
    [
        "Date,Type,Sub Type,Action,Symbol,Quantity,Strike Price,Call or Put",
        '"ClientAccountID","AssetClass","Symbol","Strike","Expiry","Put/Call","Quantity","MarkPrice","LevelOfDetail"',
        "Account Number,Account Name,Symbol,Description,Quantity,Last Price,Current Value,Cost Basis Total,Type",
    ],
)
def test_trades_and_other_brokers_files_are_not_taken_for_positions(tmp_path, header):
    with pytest.raises(MarginError, match="is of no layout that is known"):
        read(tmp_path, header, "a,b,c,d,e,f,g,h,i")


# Workbooks


def workbook(tmp_path, *lines, name="positions.xlsx"):
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    book.save(tmp_path / name)
    return tmp_path / name


COLUMNS = ["underlying", "right", "strike", "expiry", "quantity", "price"]


def test_dates_serials_and_numbers_of_a_workbook(tmp_path):
    path = workbook(
        tmp_path,
        COLUMNS,
        ["SPX", "put", 3800, dt.date(2022, 12, 23), -5, 22.5],
        ["SPX", "put", "3,795", 44918, 5.0, "$21.40"],
        [None] * 6,
        ["SPX", "put", 3790, 20221223, 5, None],
    )
    (account,) = load(path).accounts
    assert account.findings == ()
    assert [(leg.strike, leg.expiry.day, leg.line) for leg in account.legs.rows()] == [
        (3800, 23, 2),
        (3795, 23, 3),
        (3790, 23, 5),
    ]


def test_error_cells_of_a_workbook(tmp_path):
    path = workbook(
        tmp_path,
        COLUMNS,
        ["SPX", "put", "#N/A", dt.date(2022, 12, 23), -5, 22.5],
        ["SPX", "put", 1, dt.date(2022, 12, 23), -5, "#N/A"],
    )
    (account,) = load(path).accounts
    assert "row 2" not in account.findings[0].problem
    assert "strike is the error #N/A" in account.findings[0].problem
    assert account.findings[0].line == 2
    assert len(account.legs) == 1


def test_a_formula_that_nobody_calculated_is_refused(tmp_path):
    path = workbook(tmp_path, COLUMNS, ["SPX", "put", "=3700+100", dt.date(2022, 12, 23), -5, 22.5])
    with pytest.raises(
        MarginError, match="row 2: strike on sheet 'Sheet' is a formula without a value; open the workbook"
    ):
        load(path)


def test_a_workbook_without_positions(tmp_path):
    with pytest.raises(MarginError, match="has no header row that names positions"):
        load(workbook(tmp_path, ["hello"]))


def test_damaged_and_hostile_archives(tmp_path):
    good = workbook(tmp_path, COLUMNS, ["SPX", "put", 3800, dt.date(2022, 12, 23), -5, 22.5])
    path = tmp_path / "bad.xlsx"
    path.write_bytes(good.read_bytes()[:500])
    with pytest.raises(MarginError, match="damaged workbook"):
        load(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "hello")
    with pytest.raises(MarginError, match="is a zip archive, not a workbook"):
        load(path)
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(path, "w") as archive:
        for part in source.namelist():
            text = source.read(part)
            if part.endswith("sheet1.xml"):
                text = b'<!DOCTYPE a [<!ENTITY b "c">]>' + text
            archive.writestr(part, text)
    with pytest.raises(MarginError, match=r"declares a document type or entities in xl/worksheets/sheet1\.xml"):
        load(path)


def test_no_warning_of_the_library_reaches_the_user():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load(FILES / "own_sample.xlsx")
