"""The table of rates that serves where none is given."""

import datetime as dt

import pytest

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.risk.pricing.rates import policy_rate, policy_rates


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        (dt.date(2007, 2, 23), 0.0525),  # Federal Reserve, intended federal funds rate: 5.25 from 29 June 2006
        (dt.date(2007, 9, 17), 0.0525),
        (dt.date(2007, 9, 18), 0.0475),
        (dt.date(2014, 7, 1), 0.00125),  # 0 to 0.25
        (dt.date(2024, 1, 2), 0.05375),  # 5.25 to 5.50 from 27 July 2023
    ],
)
def test_the_target_of_the_federal_reserve_on_a_day(day, rate):
    found = policy_rate(day)
    assert found.rate == rate
    assert found.first_day <= day
    assert found.source.url.startswith("https://")


def test_every_row_is_a_rate_and_in_order():
    days = [row.first_day for row in policy_rates()]
    assert days == sorted(set(days))
    assert all(0 <= row.rate < 0.1 for row in policy_rates())


def test_a_day_before_the_table_asks_for_the_rate():
    with pytest.raises(MarginError, match="begins on") as caught:
        policy_rate(dt.date(1999, 1, 4))
    assert caught.value.code is ErrorCode.MISSING
    assert caught.value.remedy == "give the rate"
