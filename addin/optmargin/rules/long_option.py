"""Long options: what they require where the book counts their cost inside the requirement.

A long option is paid in full; a long-term one that covers nothing may have loan value (Cboe Margin Manual pp. 23-27).
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optmargin.rules.terms import LongOptionTerms


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day of the month so many months later, or the last day of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = dt.date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(dt.date(year, month + 1, 1) + dt.timedelta(days=day.day - 1), following - dt.timedelta(days=1))


def is_long_term(terms: LongOptionTerms, expiry: NDArray[np.datetime64], as_of: dt.date) -> NDArray[np.bool_]:
    """Which options expire later than the book's number of months after ``as_of``."""
    return expiry > np.datetime64(add_months(as_of, terms.long_term_months), "D")


def loan_value(
    terms: LongOptionTerms,
    price: NDArray[np.float64],
    intrinsic: NDArray[np.float64],
    listed: NDArray[np.bool_],
    long_term: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """The part of a long option's price that needn't be paid, USD per share; zero unless it is long-term.

    Args:
        terms: the book's terms in force.
        price: market price, USD per share.
        intrinsic: intrinsic value, USD per share; NaN is allowed for listed options.
        listed: False for an OTC option, which has loan value on its intrinsic value only.
        long_term: whether it expires later than the book's number of months.
    """
    listed_value = (1.0 - terms.listed_long_term_rate) * price
    otc_value = (1.0 - terms.otc_long_term_intrinsic_rate) * np.minimum(intrinsic, price)
    return np.where(long_term, np.where(listed, listed_value, otc_value), 0.0)
