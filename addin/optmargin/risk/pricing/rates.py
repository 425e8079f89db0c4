"""The interest rate of a day where none is given: the Federal Reserve's target, from a dated, cited table."""

from __future__ import annotations

import datetime as dt
import tomllib
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.rules.book import Source


@dataclass(frozen=True, slots=True)
class PolicyRate:
    """The target for the federal funds rate, as it stood from a day on.

    Attributes:
        rate: a year, as a fraction; the middle of the target range.
        first_day: the day from which it held.
        source: who says so.
    """

    rate: float
    first_day: dt.date
    source: Source


@lru_cache(maxsize=1)
def policy_rates() -> tuple[PolicyRate, ...]:
    """The whole table, oldest first."""
    text = resources.files("optmargin.risk.pricing").joinpath("rates.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    sources = {
        key: Source(key, each["title"], str(each["date"]), each["url"]) for key, each in table["sources"].items()
    }
    rows = [
        PolicyRate(float(row["rate"]), dt.date.fromisoformat(day), sources[row["source"]])
        for day, row in table["rates"].items()
    ]
    return tuple(sorted(rows, key=lambda row: row.first_day))


def policy_rate(day: dt.date) -> PolicyRate:
    """The rate in force on a day; the latest where the table's last change is past.

    Raises:
        MarginError: ``#N/A`` for a day before the table's first.
    """
    rows = policy_rates()
    place = bisect_right([row.first_day for row in rows], day)
    if not place:
        problem = f"the table of interest rates begins on {rows[0].first_day}, after {day}"
        raise MarginError(ErrorCode.MISSING, problem, "give the rate")
    return rows[place - 1]
