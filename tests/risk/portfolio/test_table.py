"""The table of ranges, classes and offsets: every row dated and cited, and nothing taken that isn't understood."""

import datetime as dt
from importlib import resources

import pytest

from optmargin.core.contracts import AssetClass
from optmargin.core.errors import MarginError
from optmargin.risk.portfolio.account import portfolio_margin
from optmargin.risk.portfolio.house_table import house_table, load_house_table
from optmargin.risk.portfolio.table import load_portfolio_table, portfolio_table
from timsbooks import book, shares

FOLDER = resources.files("optmargin.risk.portfolio")
TEXT = FOLDER.joinpath("tims.toml").read_text(encoding="utf-8")
HOUSE = FOLDER.joinpath("house-ibkr.toml").read_text(encoding="utf-8")
DAY = dt.date(2026, 1, 5)


def test_the_ranges_of_the_release_of_2002_and_the_list_of_moves():
    ranges = portfolio_table().on(DAY).ranges
    assert {name: (each.down, each.up) for name, each in ranges.items()} == {
        "equity": (-0.15, 0.15),
        "broad_high_cap": (-0.08, 0.06),
        "broad_other": (-0.10, 0.10),
    }
    assert all(each.source is not None and each.source.url.startswith("http") for each in ranges.values())


@pytest.mark.parametrize(
    ("underlying", "asset_class", "class_name", "factor"),
    [
        ("SPX", AssetClass.BROAD_INDEX, "S&P 500", 1),
        ("spxs", AssetClass.BROAD_ETF, "S&P 500", -3),
        ("DIA", AssetClass.BROAD_ETF, "Dow Jones Industrial Average", 1),
        ("TQQQ", AssetClass.BROAD_ETF, "Nasdaq-100", 3),
        ("IBM", AssetClass.EQUITY, "IBM", 1),
        ("ES", AssetClass.FUTURE, "S&P 500", 1),
        ("ES", AssetClass.EQUITY, "ES", 1),
    ],
)
def test_where_an_underlying_belongs(underlying, asset_class, class_name, factor):
    found = portfolio_table().on(DAY).membership(underlying, asset_class)
    assert (found.class_name, found.factor) == (class_name, factor)


def test_no_offset_is_granted_until_someone_writes_it_in():
    in_force = portfolio_table().on(DAY)
    assert {group.offset for group in (*in_force.product_groups, *in_force.portfolio_groups)} == {0.0}


def test_an_edited_copy_holds_from_its_day():
    row = '[[ranges]]\nname = "equity"\nfirst_day = 2027-01-01\ndown = -0.20\nup = 0.20\nsource = "moves"\n'
    table = load_portfolio_table(f"{TEXT}\n{row}", "mine.toml")
    legs = book(shares("IBM", 100, 50.0))
    assert portfolio_margin(legs, dt.date(2026, 12, 31), table=table).requirement == pytest.approx(750)
    assert portfolio_margin(legs, dt.date(2027, 1, 1), table=table).requirement == pytest.approx(1_000)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("down = -0.15", "down = 0.15", "down is a fraction below zero"),
        ("down = -0.15", "down = -15", "down is a fraction below zero"),
        ("offset = 0.0", "offset = 90", "write 0.9 for 90 %"),
        ('range = "broad_high_cap"', 'range = "broad_hi_cap"', "there is no range 'broad_hi_cap'"),
        ('source = "moves"', 'source = "hearsay"', "source 'hearsay' isn't declared"),
        ("up = 0.15", 'up = "0.15"', "up is '0.15'"),
        ("[[minimum]]", "[[minimums]]", "unknown section 'minimums'"),
        ("per_share = 0.375", "per_shar = 0.375", "unknown key 'per_shar'"),
        ("OEX = 1", "OEX = 1, SPX = 1", "SPX is in"),
        ("OEX = 1", "oex = 1", "isn't written in capitals"),
        ('"growth indexes", "small', '"growth", "small', "names 'growth', which isn't a product group"),
        ('members = ["Nasdaq-100"]', 'members = ["S&P 500"]', "is in 'high-capitalization"),
        ('asset_class = "etf"', 'asset_class = "fund"', "asset class 'fund'"),
        ("first_day = 2006-12-12", 'first_day = "2006"', "first_day"),
        ("[sources.moves]", "[sources.moves", "not TOML"),
        ('name = "occ"', 'name = ""', "no [table]"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_file_and_row(old, new, said):
    assert old in TEXT
    with pytest.raises(MarginError) as caught:
        load_portfolio_table(TEXT.replace(old, new, 1), "mine.toml")
    assert "mine.toml" in str(caught.value)
    assert said in str(caught.value)


def test_an_unknown_table_layer_or_group_is_refused():
    for call in (
        lambda: portfolio_table("tims2"),
        lambda: house_table("schwab"),
        lambda: portfolio_margin(book(shares("IBM", 1, 1.0)), DAY, offsets={"everything": 0.9}),
    ):
        with pytest.raises(MarginError, match="there is no"):
            call()


def test_the_house_layer_is_held_to_the_same():
    assert load_house_table(HOUSE, "mine.toml").name == "ibkr"
    with pytest.raises(MarginError, match=r"mine.toml: scan 'single stocks' moves by 0.25"):
        load_house_table(HOUSE.replace("down = -0.25", "down = 0.25"), "mine.toml")
    with pytest.raises(MarginError, match="unknown section 'scans'"):
        load_house_table(HOUSE.replace("[[scan]]", "[[scans]]"), "mine.toml")
