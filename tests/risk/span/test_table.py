"""The table of published margins: what it says, and that what isn't understood or isn't cited is refused."""

import datetime as dt
from dataclasses import replace

import pytest

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.risk.span.table import load_table, packaged_table

DAY = dt.date(2025, 9, 12)
ROW = """
[sources.own]
title = "my broker's margin page"
[[commodity]]
code = "XX"
futures = ["XX"]
value_factor = 50
first_day = 2025-01-02
long_margin = 1000
short_margin = 900
source = "own"
"""


def test_es_has_the_margins_published_on_12_september_2025():
    row = packaged_table().rows_on(DAY)["ES"]
    assert (row.long_margin, row.short_margin) == (20936, 20051)
    assert row.scan_down == pytest.approx(418.72)
    assert row.scan_up == pytest.approx(401.02)


def test_what_is_not_published_is_not_in_the_table():
    row = packaged_table().rows_on(DAY)["ES"]
    assert row.minimum_rate != row.minimum_rate  # NaN
    assert row.calendar_rate != row.calendar_rate


def test_every_figure_of_the_package_is_cited():
    table = packaged_table()
    for row in table.rows:
        assert {"long_margin", "short_margin", "volatility_scan", "extreme_multiplier", "extreme_cover"} <= set(
            row.sources
        )
        for key in row.sources.values():
            assert table.sources[key].title
            assert table.sources[key].url or table.sources[key].page


def test_a_day_before_the_first_has_no_row():
    assert packaged_table().rows_on(dt.date(2025, 9, 11)) == {}


def test_a_later_row_holds_from_its_day_on():
    table = load_table(ROW, "own.toml")
    later = table.with_row(replace(table.rows[0], first_day=DAY, long_margin=1200.0))
    assert later.rows_on(dt.date(2025, 9, 11))["XX"].long_margin == 1000
    assert later.rows_on(DAY)["XX"].long_margin == 1200


@pytest.mark.parametrize(
    ("expiry", "month"),
    [
        (dt.date(2025, 9, 12), 202509),
        (dt.date(2025, 9, 19), 202509),  # the third Friday itself
        (dt.date(2025, 9, 22), 202512),
        (dt.date(2025, 12, 31), 202603),
        (dt.date(2026, 1, 2), 202603),
    ],
)
def test_an_option_is_on_the_future_that_lasts_until_its_expiry(expiry, month):
    assert packaged_table().rows_on(dt.date(2026, 1, 1))["ES"].underlying_month(expiry) == month


def test_a_user_s_own_row_is_read_with_its_source():
    (row,) = load_table(ROW, "own.toml").rows
    assert (row.long_margin, row.short_margin, row.sources["long_margin"]) == (1000, 900, "own")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("value_factor = 50", "value_factor = 50\nvol_scan = 0.3", "vol_scan isn't known"),
        ("long_margin = 1000", "long_margin = -5", "must be above zero"),
        ("long_margin = 1000", 'long_margin = "1000"', "isn't what belongs there"),
        ("long_margin = 1000", "long_margin = nan", "isn't what belongs there"),
        ("long_margin = 1000\n", "", "long_margin is missing"),
        ('source = "own"', "", "has no source"),
        ('source = "own"', 'source = "hearsay"', "isn't among its sources"),
        ("short_margin = 900", "short_margin = 900\nvolatility_scan = 35", "must be a fraction"),
        ("short_margin = 900", 'short_margin = 900\nminimum_method = "MOST"', "known are GROSS, MAX"),
        ("short_margin = 900", "short_margin = 900\nmonths = [13]", "must be 1 to 12"),
        ("short_margin = 900", "short_margin = ", "not TOML"),
        ("[[commodity]]", "[commodities]", "isn't known"),
        ("[[commodity]]", "[commodity]", "no [[commodity]]"),
        ('title = "my broker\'s margin page"', 'date = "2025"', "sources.own has no title"),
        ("[sources.own]", "[sources]", "sources.title isn't a table"),
        ('source = "own"', 'source = "own"\nnotes = "none"', "notes isn't a table"),
        ('source = "own"', 'source = "own"\nnotes = { vol = "x" }', "notes.vol isn't known"),
    ],
)
def test_what_is_not_understood_is_refused(old, new, said):
    assert old in ROW
    with pytest.raises(MarginError) as caught:
        load_table(ROW.replace(old, new), "own.toml")
    assert said in str(caught.value)
    assert caught.value.code in (ErrorCode.VALUE, ErrorCode.NUM, ErrorCode.MISSING)
