"""Formulas as typed: literals, arrays, nesting, and what can't be read."""

import pytest

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.hosts.terminal.formula import evaluate


@pytest.mark.parametrize(
    ("formula", "answer"),
    [
        ("=SLOTS(100000)", 200.0),
        ("SLOTS( 100000 , 5 )", 200.0),
        ("=slots(100000,,50)", 400.0),
        ("=CUSHION(100%, 25%)", 0.25),
        ("=CUSHION(SLOTS(100000), -SLOTS(5000))", -0.05),
        ('=NAKED_MARGIN("call", 17.40, 20, 0.65, 1, 100, "equity", "ibkr-2005")', 315.0),
        ('=NAKED_MARGIN("c",1.74e1,2E1,.65,,,,"ibkr-2005")', 315.0),
    ],
)
def test_one_cell(formula, answer):
    found = evaluate(formula)
    assert found.is_single
    assert found.first == pytest.approx(answer)


def test_array_constants_spill():
    assert evaluate("=SLOTS({1000;2000;3000})").rows == [[2.0], [4.0], [6.0]]
    assert evaluate("=SLOTS({1000,2000;3000,-4000})").rows == [[2.0, 4.0], [6.0, 0.0]]
    assert evaluate('=SPREAD_MARGIN({"put";"call"}, {3800;3980}, {3795;3985}, 5)').rows == [[2500.0], [2500.0]]


def test_error_literals_pass_through():
    assert evaluate("=SLOTS(#N/A)").first.code is ErrorCode.MISSING
    assert evaluate('=SLOTS(SLOTS("x"))').first.code is ErrorCode.VALUE


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("", "isn't a"),
        ("=", "is empty"),
        ("=1+1", "isn't a function"),
        ("=SLOTS(A1)", "there is no sheet here"),
        ("=SLOTS(call)", "double quotes"),
        ("=SLOTS(1)+1", "after the function"),
        ("=SLOTS(1 2)", "can't be read"),
        ("=SLOTS((1))", "can't be read"),
        ("=SLOTS({1,2;3})", "differ in length"),
        ('=SLOTS("1', "SLOTS"),
        ("=SLOTS(1", "SLOTS"),
        ("=SUM(1,2)", "no worksheet function SUM"),
    ],
)
def test_what_cannot_be_read_is_said(formula, says):
    with pytest.raises(MarginError) as caught:
        evaluate(formula)
    assert says in str(caught.value)


@pytest.mark.parametrize("formula", ["=SLOTS({1;;3})", "=SLOTS({1,,3})", "=SLOTS({1;2;})", "=SLOTS({})"])
def test_an_array_has_no_empty_place(formula):
    with pytest.raises(MarginError, match="empty place"):
        evaluate(formula)
