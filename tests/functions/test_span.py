"""SPAN_MARGIN and SPAN_SCENARIOS as a cell asks them: published margins, levels, files of the settings, and what is refused."""

import datetime as dt

import pytest

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions import settings
from optmargin.functions.call import call
from optmargin.functions.span import LONGEST_TEXT
from optmargin.risk.span.files.write import write_pa2, write_spn
from risk.span.market import FUTURE, Made, commodity, parameters

HEADER = ["underlying", "right", "strike", "expiry", "quantity", "price", "spot"]
DAY = "2025-09-12"
# CME, E-mini S&P 500 maintenance margins of 12 September 2025; the test cases' cme_es_span2_published_20250912.
LONG, SHORT = 20_936.0, 20_051.0
MAINTENANCE, INITIAL = 1, 2


def future(quantity, expiry="2025-12-19", root="ES", price=6600):
    return [root, "future", None, expiry, quantity, price, None]


def option(right, strike, quantity, price, expiry="2025-09-22"):
    return ["ES", right, strike, expiry, quantity, price, 6600]


PUTS = [option("put", 6450, -5, 11.5), option("put", 6445, 5, 10.75)]


def legs(*rows):
    return [HEADER, *rows]


def asked(*rows, as_of=DAY, **given):
    """The rows of SPAN_MARGIN; arguments by name."""
    names = ("cash", "stress", "move", "span_level", "span_table", "broker", "session")
    return call("SPAN_MARGIN", [legs(*rows), as_of, *(given.get(name) for name in names)]).rows


def total(*rows, **given):
    """Maintenance and initial requirement; the error where there is one."""
    found = asked(*rows, **given)
    return found[0][0] if isinstance(found[0][0], MarginError) else tuple(found[1][MAINTENANCE : INITIAL + 1])


def of(found, name, column=MAINTENANCE):
    """The figure of the first row with that component."""
    return next(row[column] for row in found if row[0] == name)


@pytest.fixture
def own_settings():
    yield settings.use
    settings.use(settings.Settings())


# Calibrated figures ---------------------------------------------------------------------------------------------------------


def test_a_future_requires_what_is_published_on_either_side():
    assert total(future(1)) == (LONG, pytest.approx(1.1 * LONG))  # CME Clearing, advisory 23-376: speculators 110 %
    assert total(future(-1)) == (SHORT, pytest.approx(1.1 * SHORT))
    assert total() == (0, 0)


def test_the_components_add_up_to_the_requirement_and_each_says_its_level():
    found = asked(future(1), *PUTS)
    notes = next(at for at, row in enumerate(found) if row[0] == "note")
    parts = found[2:notes]
    for column in (MAINTENANCE, INITIAL):
        assert sum(row[column] for row in parts) == pytest.approx(found[1][column], abs=0.01 * len(parts))
    assert {row[5] for row in found[1:]} == {"calibrated"}
    assert {row[0] for row in parts} >= {
        "scan risk",
        "short option minimum",
        "initial over maintenance",
        "net option value",
    }
    assert any("SPAN 2" in str(row[4]) and "not public" in str(row[4]) for row in found)
    assert all(len(cell) <= LONGEST_TEXT for row in found for cell in row if isinstance(cell, str))


def test_a_stress_widens_the_scan_ranges():
    assert total(future(1), stress=1.25)[0] == 1.25 * LONG
    assert total(future(-2), stress=1.5)[0] == pytest.approx(2 * 1.5 * SHORT, abs=2)  # arrays are in whole dollars
    plain, wider = total(*PUTS)[0], total(*PUTS, stress=1.5)[0]
    assert wider >= plain


def test_a_move_takes_its_cash_and_leaves_a_cushion():
    # by hand: 50 points down cost a long future 2,500 in cash; 30,000 - 2,500 - 20,936 = 6,564, of 27,500 net liq
    found = asked(future(1), cash=30_000, move=-50)
    assert of(found, "excess liquidity") == 6_564
    assert of(found, "available funds", INITIAL) == pytest.approx(27_500 - 1.1 * LONG)
    assert of(found, "cushion") == pytest.approx(6_564 / 27_500)
    broke = asked(future(1), cash=2_000, move=-50)
    assert "cash is -500.00" in of(broke, "warning", 4)
    assert not [row for row in asked(future(1)) if row[0] == "cushion"]


def test_a_broker_multiplies_the_exchange_s_margin():
    # Interactive Brokers, about 2021: intraday 8,465 of 12,092 overnight is 0.70
    assert total(future(1), broker="ibkr", session="intraday")[0] == pytest.approx(0.7 * LONG)
    assert total(future(1), broker="ibkr")[0] == LONG


def test_the_table_of_a_range_goes_before_the_package_s():
    spread = (future(1), future(-1, "2026-03-20"))
    missing = total(*spread)
    assert missing.code is ErrorCode.MISSING  # the calendar rate of ES isn't published
    assert total(*spread, span_table=[["code", "calendar_rate"], ["ES", 400]])[0] == 400
    own = [["Code", "Long margin", "short_margin"], ["ES", 10_000, 9_000]]
    assert total(future(1), span_table=own)[0] == 10_000
    assert of(asked(future(1), span_table=own), "requirement", 6).startswith(
        "span_table, published margins of 2025-09-12"
    )


def test_a_product_of_one_s_own():
    # by hand: two short at 5,500 each
    table = [["code", "value_factor", "long_margin", "short_margin", "months"], ["NQ", 20, 6_000, 5_500, "3,6,9,12"]]
    assert total(future(-2, root="NQ", price=24_000), span_table=table)[0] == 11_000
    assert "isn't in margins.toml" in total(future(1, root="NQ")).problem


def test_the_reference_level_knows_futures_only():
    both = (future(1), future(-1, "2026-03-20"))
    assert total(*both, span_level="reference")[0] == LONG + SHORT  # nothing offsets across months
    assert "not of options" in total(*PUTS, span_level="reference").problem


# Scenarios ------------------------------------------------------------------------------------------------------------------


def test_sixteen_scenarios_of_which_the_worst_binds():
    rows = call("SPAN_SCENARIOS", [legs(future(1), *PUTS), DAY]).rows
    assert [row[0] for row in rows[1:]] == list(range(1, 17))
    assert rows[0] == ["scenario", "what", "binds", "ES"]
    losses = [row[3] for row in rows[1:]]
    assert max(losses) == of(asked(future(1), *PUTS), "scan risk")
    assert [row[2] for row in rows[1:]].index("ES") == losses.index(max(losses))
    # by hand: thirds of the published short margin, and 0.33 x 3 of it in the extreme scenario
    short = [row[3] for row in call("SPAN_SCENARIOS", [legs(future(-1)), DAY]).rows[1:]]
    assert (short[2], short[6], short[10], short[14]) == (6_684, 13_367, 20_051, 19_850)


# A file of the settings ------------------------------------------------------------------------------------------------------

# CME's row of the ES future of March 2019 in the parameter file of 2 January 2019: 6,000 either way (cme_es_20190102_records).
ES_2019 = [0, 0, -2000, -2000, 2000, 2000, -4000, -4000, 4000, 4000, -6000, -6000, 6000, 6000, -5940, 5940]
MARCH = ["ES", "future", None, "2019-03-15", 2, 2511, None]


def file_of(folder, write, name):
    made = Made(
        FUTURE, 201903, [float(loss) for loss in ES_2019], price=2511.0, value_factor=50.0, scaling=0.2, scan=6000.0
    )
    write(parameters(commodity("ES", [made])), folder / name)


@pytest.mark.parametrize(("write", "name"), [(write_pa2, "es.pa2"), (write_spn, "es.spn")])
def test_a_file_that_the_settings_name_is_exact(tmp_path, own_settings, write, name):
    file_of(tmp_path, write, name)
    (tmp_path / "settings.toml").write_text(f'span_file = "{name}"\nspan_products = ["ES"]\n', encoding="utf-8")
    own_settings(settings.read_settings(tmp_path / "settings.toml"))
    (tmp_path / name).unlink()  # it was read when the settings began to hold: no cell reads a file
    assert total(MARCH, as_of=None)[0] == 12_000
    assert of(asked(MARCH, as_of=None), "requirement", 5) == "exact"
    assert total(MARCH, as_of=None, stress=1.5)[0] == 18_000
    assert of(asked(MARCH, as_of=None, stress=1.5), "requirement", 5) == "calibrated"  # no longer the file's own
    assert total(MARCH, as_of=None, move=10).code is ErrorCode.NUM
    missing = total(future(1), as_of=None)
    assert missing.code is ErrorCode.MISSING
    assert "isn't in" in missing.problem
    assert total(future(1), span_level="calibrated")[0] == LONG


def test_a_file_that_cannot_be_read_is_said_where_it_is_needed(tmp_path, own_settings):
    (tmp_path / "broken.spn").write_text("<spanFile><not closed", encoding="utf-8")
    (tmp_path / "settings.toml").write_text('span_file = "broken.spn"', encoding="utf-8")
    own_settings(settings.read_settings(tmp_path / "settings.toml"))
    assert "broken.spn" in total(future(1)).problem
    assert total(future(1), span_level="calibrated")[0] == LONG
    assert call("SLOTS", [100_000]).first == 200


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("span_file = 5", "span_file is 5"),
        ('span_products = "ES"', "span_products is 'ES'"),
        ("span_aliases = { EW3 = 5 }", "span_aliases"),
    ],
)
def test_settings_that_are_not_understood(tmp_path, text, says):
    (tmp_path / "settings.toml").write_text(text, encoding="utf-8")
    with pytest.raises(MarginError, match=says.split(" is ")[0]):
        settings.read_settings(tmp_path / "settings.toml")


# What is refused -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "given", "code", "says"),
    [
        ([future(1)], {"as_of": None}, "#N/A", "day of the prices isn't given"),
        ([future(1)], {"span_level": "exact"}, "#N/A", "no parameter file is loaded"),
        ([future(1)], {"span_level": "perfect"}, "#VALUE!", "span_level 'perfect' isn't known"),
        ([future(1)], {"broker": "ikbr"}, "#VALUE!", "did you mean 'ibkr'"),
        ([future(1)], {"session": "noon"}, "#VALUE!", "no session 'noon'"),
        ([future(1)], {"stress": 0}, "#NUM!", "stress is 0"),
        ([["SPX", "put", 6000, "2025-10-17", -1, 9, 6600]], {}, "#VALUE!", "SPAN doesn't margin"),
        ([["ES", "put", 6000, "2025-10-17", -1, 9, None]], {}, "#N/A", "the price of its future, 2025-12, isn't known"),
        ([["ES", "put", 6000, "2025-10-17", -1, None, 6600]], {}, "#N/A", "a price"),
        ([["ES", "put", 6000, "soon", -1, 9, 6600]], {}, "#N/A", "'soon' is not a date"),
        ([future(1, "2025-10-17")], {}, "#N/A", "isn't a contract month"),
        ([future(1)], {"as_of": "2025-09-11"}, "#N/A", "no margins before 2025-09-12"),
        ([future(1)], {"span_table": [["code", "margin"], ["ES", 1]]}, "#VALUE!", "column margin isn't known"),
        ([future(1)], {"span_table": [["long_margin"], [1]]}, "#VALUE!", "no column code"),
        ([future(1)], {"span_table": [["code", "code"], ["ES", "ES"]]}, "#VALUE!", "code twice"),
        ([future(1)], {"span_table": [["code", "long_margin"], ["ES", "much"]]}, "#VALUE!", "span_table row 2: long_margin"),
        ([future(1)], {"span_table": [["code", "long_margin"], ["ES", -5]]}, "#NUM!", "long_margin of ES is -5"),
        ([future(1)], {"span_table": [["code", "long_margin"], ["CL", 5]]}, "#N/A", "CL isn't in the package's table"),
        ([future(1)], {"span_table": [["code"], [MarginError(ErrorCode.REFERENCE, "gone")]]}, "#REF!", "gone"),
    ],
)  # fmt: skip
def test_bad_input_is_a_real_error_that_says_what_was_seen(rows, given, code, says):
    error = total(*rows, **given)
    assert isinstance(error, MarginError)
    assert error.code == code
    assert says in str(error)


def test_a_move_of_several_products_means_nothing():
    table = [["code", "value_factor", "long_margin", "short_margin"], ["NQ", 20, 6_000, 5_500]]
    error = total(future(1), future(1, root="NQ", price=24_000), span_table=table, move=10)
    assert error.code is ErrorCode.NUM
    assert "ES, NQ" in error.problem


def test_days_may_be_days():
    row = future(1, dt.date(2025, 12, 19))
    assert total(row, as_of=dt.date(2025, 9, 12))[0] == LONG


def test_options_on_one_future_that_state_different_prices_of_it_have_no_figure():
    header = ["underlying", "right", "strike", "expiry", "quantity", "price", "spot"]
    short, long = ["ES", "put", 6450, "2025-09-22", -5, 11.5], ["ES", "put", 6300, "2025-09-22", 5, 5]
    refused = call("SPAN_MARGIN", [[header, [*short, 7000], [*long, 6600]], "2025-09-12"]).first
    assert "different prices of their future" in str(refused)
    assert "6600 and 7000" in str(refused)
    assert not isinstance(
        call("SPAN_MARGIN", [[header, [*short, 6600], [*long, 6600]], "2025-09-12"]).rows[1][1], MarginError
    )
