"""PORTFOLIO_MARGIN and PORTFOLIO_GRID as a cell asks them: Cboe's published answers, stress, tables of one's own, refusals."""

import pytest

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions.call import call

HEADER = ["underlying", "right", "strike", "expiry", "quantity", "price", "spot"]
DAY = "2007-02-23"
# Cboe, Margin Requirement Examples for Sample Options-based Positions, close of 23 February 2007: prices and answers.
IBM_CALL, IBM_PUT = ("IBM", "call", 100, "2007-04-21", 1.68, 97.73), ("IBM", "put", 100, "2007-04-21", 3.18, 97.73)
SPX_CALL, SPX_PUT = (
    ("SPX", "call", 1460, "2007-04-19", 21.66, 1451.19),
    ("SPX", "put", 1460, "2007-04-19", 22.55, 1451.19),
)


def held(*positions):
    return [HEADER, *([name, right, strike, expiry, count, price, spot] for count, (name, right, strike, expiry, price, spot) in positions)]  # fmt: skip


def shares(underlying, count, price):
    return [underlying, "stock", None, None, count, price, price]


PAIRS = held((1, IBM_CALL), (1, IBM_PUT), (1, SPX_CALL), (1, SPX_PUT))


def asked(legs, **given):
    names = ("net_liq", "stress", "move", "ranges", "offsets", "house", "rate", "quotes")
    return call("PORTFOLIO_MARGIN", [legs, given.pop("as_of", DAY), *(given.get(name) for name in names)]).rows


def total(legs, **given):
    found = asked(legs, **given)
    return found[0][0] if isinstance(found[0][0], MarginError) else found[1][1]


@pytest.mark.parametrize(
    ("legs", "published", "within"),
    [
        (held((-100, IBM_CALL)), 115_429, 0.004),
        (held((100, IBM_CALL), (100, IBM_PUT)), 7_500, 0),
        (held((100, IBM_CALL), (-100, IBM_PUT)), 154_313, 0.004),
        (held((-100, SPX_CALL)), 654_514, 0.02),
        (held((-100, SPX_PUT)), 948_203, 0.02),
        (held((100, SPX_CALL), (-100, SPX_PUT)), 1_162_261, 0.02),
        ([*held((-100, SPX_CALL)), shares("SPY", 100_000, 145.3)], 948_342, 0.02),
    ],
)
def test_published_answers_with_the_forward_from_the_sheet_s_own_prices(legs, published, within):
    assert total(legs, quotes=PAIRS, rate=0.05) == pytest.approx(published, rel=within or 1e-9)


def test_the_parts_add_up_and_say_what_binds():
    found = asked(held((-100, IBM_CALL), (-100, SPX_PUT)), quotes=PAIRS)
    parts = [row for row in found[2:] if isinstance(row[1], float) and row[0] in {"IBM", "S&P 500"}]
    assert sum(row[1] for row in parts) == pytest.approx(found[1][1], abs=0.01)
    said = {row[0]: row[5] for row in parts}
    assert said == {"IBM": "loss at +15.00%", "S&P 500": "loss at -8.00%"}


def test_net_liq_less_the_requirement_is_left():
    found = asked(held((100, IBM_CALL), (100, IBM_PUT)), net_liq=50_000)
    left = {row[0]: row[1] for row in found}
    assert (left["available funds"], left["cushion"]) == (42_500, 0.85)


def test_shares_by_hand():
    # 10,000 x 97.73 x 15 %; a quarter more; and after a fall of 10 % both less 97,730 and 15 % of what is left
    legs = [HEADER, shares("IBM", 10_000, 97.73)]
    assert total(legs) == 146_595
    assert total(legs, stress=1.25) == 183_243.75
    after = asked(legs, move=-0.1, net_liq=1_000_000)
    assert after[1][1] == pytest.approx(0.9 * 146_595)
    assert next(row[1] for row in after if row[0] == "available funds") == pytest.approx(
        1_000_000 - 97_730 - 0.9 * 146_595
    )
    grid = call("PORTFOLIO_GRID", [legs, DAY]).rows
    assert grid[1][:5] == ["IBM", "all", "move", -0.15, -0.12]
    assert grid[2][3] == grid[3][3] == -146_595
    assert grid[3][1] == "IBM stock"


def test_ranges_and_offsets_of_one_s_own():
    legs = [HEADER, shares("USO", 1_000, 50)]
    assert (
        total(legs, as_of="2024-01-02").code is ErrorCode.MISSING
    )  # OCC sets the ranges of commodity funds one by one
    ranges = [["underlying", "down", "up"], ["USO", "-20%", 0.2]]
    assert total(legs, as_of="2024-01-02", ranges=ranges) == 10_000
    assert (
        "no product or portfolio group 'metals'" in total(legs, offsets=[["group", "offset"], ["metals", 0.9]]).problem
    )


def test_a_broker_s_layer_can_only_raise_it():
    legs = [HEADER, shares("IBM", 1_000, 100)]
    plain, layered = (total(legs, as_of="2024-01-02", house=house) for house in (None, "ibkr"))
    assert (plain, layered) == (15_000, 30_000)  # concentration: the riskiest classes moved by 30 %
    found = asked(legs, as_of="2024-01-02", house="ibkr")
    assert sum(row[1] for row in found[2:4]) == layered


@pytest.mark.parametrize(
    ("legs", "given", "code", "says"),
    [
        (held((-1, IBM_CALL)), {"as_of": None}, "#N/A", "as_of is blank"),
        (held((-1, IBM_CALL)), {"as_of": "1999-01-04"}, "#N/A", "1999-01-04"),
        (held((-1, (*IBM_CALL[:4], None, 97.73))), {}, "#N/A", "price"),
        (held((-1, (*IBM_CALL[:5], None))), {}, "#N/A", "price of"),
        (held((-1, ("ES", "call", 1460, "2007-04-19", 20, 1450))), {}, "#N/A", "SPAN"),
        (held((-1, IBM_CALL)), {"house": "ikbr"}, "#VALUE!", "ibkr"),
        (held((-1, IBM_CALL)), {"move": -1}, "#NUM!", "greater than -1"),
        (held((-1, IBM_CALL)), {"ranges": [["underlying", "down"], ["IBM", -0.2]]}, "#VALUE!", "no column up"),
        (held((-1, IBM_CALL)), {"ranges": [["ticker", "down", "up"], ["IBM", -0.2, 0.2]]}, "#VALUE!", "isn't known"),
        (
            held((-1, IBM_CALL)),
            {"ranges": [["underlying", "down", "up"], ["IBM", None, 0.2]]},
            "#VALUE!",
            "down is blank",
        ),
        (held((-1, IBM_CALL)), {"ranges": [["underlying", "down", "up"], ["IBM", 0.2, 0.2]]}, "#NUM!", "range of IBM"),
        ([["hello"]], {}, "#VALUE!", "no header row"),
    ],
)
def test_bad_input_is_a_real_error_that_says_what_was_seen(legs, given, code, says):
    error = total(legs, **given)
    assert isinstance(error, MarginError)
    assert error.code == code
    assert says in str(error)
