"""MARGIN_COMPARE: the seed's question about ES, computed; and as SPX by strategy and by portfolio margin."""

import pytest

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions.call import call

HEADER = ["underlying", "right", "strike", "expiry", "quantity", "price", "spot"]
FIRST, SECOND, DAY = "2025-09-22", "2025-09-29", "2025-09-12"
F = 6600


def legs(*rows):
    return [HEADER, *(["ES", *row, F] for row in rows)]


def puts(expiry, credit=0.75):
    return legs(("put", 6450, expiry, -5, 10.75 + credit), ("put", 6445, expiry, 5, 10.75))


CALLS = legs(("call", 6720, SECOND, -5, 20.4), ("call", 6725, SECOND, 5, 19.2))


def asked(held, added, *more):
    """The figures held, added, together and new by rules and figure."""
    return {(row[0], row[1]): row[2:6] for row in call("MARGIN_COMPARE", [held, added, DAY, *more]).rows[1:]}


# Trader's seven points on margin, number 5, and the first seed: a set of ES spreads countered in another expiry
def test_the_other_side_of_another_expiry_takes_little_under_span_and_all_of_it_by_strategy():
    found = asked(puts(FIRST), CALLS)
    assert found["strategy on SPX", "requirement"] == [2500, 2500, 5000, 2500]
    held, added, together, new = found["SPAN on ES", "maintenance"]
    assert (held, added) == tuple(call("SPAN_MARGIN", [each, DAY]).rows[1][1] for each in (puts(FIRST), CALLS))
    assert new == together - held
    assert new < 0.1 * added
    held, added, together, _ = found["portfolio margin on SPX", "requirement"]
    assert together < max(held, added) + 0.1 * min(held, added)  # expiries of one class are moved together


def test_the_same_side_of_another_expiry_takes_all_of_it_under_span_too():
    found = asked(puts(FIRST), puts(SECOND))
    _, added, _, new = found["SPAN on ES", "maintenance"]
    assert new == pytest.approx(added, rel=0.05)
    assert found["strategy on SPX", "requirement"] == [2500, 2500, 5000, 2500]


def test_in_one_expiry_strategy_lets_the_other_side_ride_free():
    calls = legs(("call", 6720, FIRST, -5, 16.0), ("call", 6725, FIRST, 5, 15.0))
    assert asked(puts(FIRST), calls)["strategy on SPX", "requirement"] == [2500, 2500, 2500, 0]


def test_what_is_tied_up_is_the_requirement_with_the_premiums():
    found = asked(puts(FIRST), CALLS)
    # by hand: five spreads of $5 less their credits of 0.75 and 1.20, at 100 a point
    assert found["strategy on SPX", "ties up"][:3] == [2125, 1900, 4025]
    maintenance, tied = found["SPAN on ES", "maintenance"], found["SPAN on ES", "ties up"]
    assert maintenance[0] - tied[0] == pytest.approx(0.75 * 5 * 50)


def test_it_states_level_and_words_and_promises_nothing():
    rows = call("MARGIN_COMPARE", [puts(FIRST), CALLS, DAY]).rows
    said = " ".join(row[6] for row in rows if row[0] in {"in words", "note"})
    assert "SPAN 2" in said
    assert "another day may say otherwise" in said
    assert any(row[0] == "warning" and "short option minimum" in row[6] for row in rows)


def test_a_stress_widens_the_ranges_of_both_risk_based_methods():
    plain, wider = asked(puts(FIRST), CALLS), asked(puts(FIRST), CALLS, 1.5)
    for key in (("SPAN on ES", "maintenance"), ("portfolio margin on SPX", "requirement")):
        assert wider[key][0] >= plain[key][0]
    assert wider["strategy on SPX", "requirement"] == plain["strategy on SPX", "requirement"]


def test_what_has_no_counterpart_has_errors_and_span_answers_all_the_same():
    future = [HEADER, ["ES", "future", None, "2025-12-19", 1, 6600, None]]
    found = asked(future, CALLS)
    assert found["SPAN on ES", "maintenance"][0] == 20_936  # CME, 12 September 2025
    for name in ("strategy", "portfolio margin"):
        error = found[name, "requirement"][0]
        assert error.code is ErrorCode.MISSING
        assert "no counterpart" in error.problem


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([puts(FIRST), CALLS], "#N/A", "as_of is blank"),
        ([puts(FIRST), [["hello"]], DAY], "#VALUE!", "added_legs has no header row"),
        ([puts(FIRST), [HEADER, ["SPX", "put", 6000, FIRST, -1, 5, 6600]], DAY], "#VALUE!", "added_legs hold SPX"),
        ([puts(FIRST), [HEADER, ["ES", "put", 6000, FIRST, -1, None, 6600]], DAY], "#N/A", "price"),
    ],
)
def test_bad_input_is_a_real_error_that_says_what_was_seen(arguments, code, says):
    error = call("MARGIN_COMPARE", arguments).first
    assert isinstance(error, MarginError)
    assert error.code == code
    assert says in str(error)
