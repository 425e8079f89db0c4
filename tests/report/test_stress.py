"""The report's stress: its row without a move is the report itself, and what it lacks is said."""

import datetime as dt
import math
from dataclasses import replace

import pytest

from optmargin.core.accounts import Account
from optmargin.core.contracts import AccountType, AssetClass, Right, Style
from optmargin.core.errors import Severity
from optmargin.core.legs import Leg, LegTable
from optmargin.margin.whatif import GRID, STRESS_ASSUMPTION
from optmargin.report.build import Origin, margin_report
from optmargin.rules.book import book

AS_OF, FIRST = dt.date(2022, 12, 19), dt.date(2022, 12, 23)


def put(strike, quantity, price, spot=3900.0):
    return Leg("SPX", Right.PUT, quantity, strike, FIRST, price, spot=spot, asset_class=AssetClass.BROAD_INDEX, style=Style.EUROPEAN)  # fmt: skip


LEGS = (put(3800.0, -5, 22.5), put(3795.0, 4, 21.4))


def report(*legs, net_liq=100_000.0, name="ibkr", **more):
    return margin_report(
        Account("A", LegTable.of(list(legs)), net_liq=net_liq),
        book(name).on(AS_OF),
        as_of=AS_OF,
        account_type=AccountType.MARGIN,
        origin=Origin("positions.csv", "test"),
        **more,
    )


@pytest.mark.parametrize("name", ["ibkr", "cboe", "tastytrade"])
def test_without_a_move_the_stress_is_the_report(name):
    found = report(*LEGS, name=name)
    assert [row.move for row in found.stress] == list(GRID)
    (rest,) = [row for row in found.stress if row.move == 0]
    figures = found.figures
    assert (rest.requirement, rest.maintenance, rest.net_liq) == (figures.initial, figures.maintenance, figures.net_liq)
    assert (rest.available_funds, rest.excess_liquidity) == (figures.available_funds, figures.excess_liquidity)
    assert rest.cushion == figures.cushion
    assert found.stress_words == STRESS_ASSUMPTION


def test_without_net_liq_the_requirement_stands():
    found = report(*LEGS, net_liq=None)
    assert all(row.requirement is not None and row.cushion is None and row.net_liq is None for row in found.stress)
    assert "Net liq is not given" in found.stress_words


def test_without_a_price_or_a_spot_a_note_says_what_would_help():
    covered = put(3800.0, -5, 22.5), put(3795.0, 5, 21.4)
    for legs, says in (
        ([replace(leg, spot=math.nan) for leg in covered], "the spot is missing"),
        ([replace(leg, price=math.nan) for leg in covered], "the price is missing"),
    ):
        found = report(*legs)
        assert (found.complete, found.stress) == (True, ())
        assert says in found.stress_words
        (finding,) = [each for each in found.findings if each.problem == found.stress_words]
        assert finding.severity is Severity.NOTE


def test_an_account_without_positions_or_with_something_missing_has_none():
    assert report().stress_words == "No stress: the account has no positions"
    incomplete = report(replace(LEGS[0], spot=math.nan))
    assert (incomplete.complete, incomplete.stress) == (False, ())
    assert incomplete.stress_words == "No stress: the requirement is incomplete"
    assert not any("stress" in each.problem for each in incomplete.findings)


def test_it_need_not_be_asked_for():
    found = report(*LEGS, with_stress=False)
    assert (found.stress, found.stress_words) == ((), "")
