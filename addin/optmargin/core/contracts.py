"""Contracts: rights, styles, settlement, option symbols, expiries; and the words by which people and files name them."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from optmargin.core.errors import ErrorCode, MarginError, nearest


class Right(IntEnum):
    """What kind of leg it is; the numbers are those of the leg table's ``right`` column."""

    STOCK = 0
    CALL = 1
    PUT = 2
    FUTURE = 3

    @property
    def word(self) -> str:
        """The word of the files: ``stock``, ``call``, ``put``, ``future``."""
        return self.name.lower()

    @property
    def is_option(self) -> bool:
        """Whether it is a call or a put."""
        return self in (Right.CALL, Right.PUT)


class Style(StrEnum):
    """When an option may be exercised."""

    AMERICAN = "american"
    EUROPEAN = "european"


class Settlement(StrEnum):
    """Whether the settlement price is that of the morning (AM) or of the close (PM) of the expiry date."""

    AM = "am"
    PM = "pm"


class AssetClass(StrEnum):
    """The class of the underlying by which rule books set their rates."""

    EQUITY = "equity"
    NARROW_INDEX = "narrow_index"
    BROAD_INDEX = "broad_index"
    ETF = "etf"
    BROAD_ETF = "broad_etf"
    FUTURE = "future"


class AccountType(StrEnum):
    """The kind of account that holds the legs."""

    MARGIN = "margin"
    CASH = "cash"
    IRA = "ira"


_RIGHT_WORDS = {
    "c": Right.CALL, "call": Right.CALL, "calls": Right.CALL,
    "p": Right.PUT, "put": Right.PUT, "puts": Right.PUT,
    "s": Right.STOCK, "stk": Right.STOCK, "stock": Right.STOCK, "stocks": Right.STOCK, "share": Right.STOCK,
    "shares": Right.STOCK, "equity": Right.STOCK, "etf": Right.STOCK,
    "f": Right.FUTURE, "fut": Right.FUTURE, "future": Right.FUTURE, "futures": Right.FUTURE,
}  # fmt: skip


def parse_right(text: object) -> Right:
    """The right that a word names: ``C``, ``call``, ``Put``, ``stock``, ``future`` and their like.

    Raises:
        MarginError: ``#VALUE!`` for any other word.
    """
    word = str(text).strip().lower()
    if word in _RIGHT_WORDS:
        return _RIGHT_WORDS[word]
    raise MarginError(ErrorCode.VALUE, f"right {text!r} isn't a kind of leg", "write call, put, stock or future")


def parse_word(kind: type[StrEnum], text: object, name: str) -> StrEnum:
    """The member of ``kind`` that a word names, blanks and hyphens being underscores; ``name`` is the column's or argument's.

    Raises:
        MarginError: ``#VALUE!`` for any other word.
    """
    word = re.sub(r"[\s-]+", "_", str(text).strip().lower())
    try:
        return kind(word)
    except ValueError:
        hint = nearest(word, [member.value for member in kind])
        raise MarginError(ErrorCode.VALUE, f"{name} {text!r} isn't known", hint) from None


# Day zero of the 1900 date system, set so that serials from 1 March 1900 on are right (the system believes in 29 February 1900).
_SERIAL_ZERO = dt.date(1899, 12, 30)
_EARLIEST_SERIAL, _LATEST_SERIAL = 18264, 109574  # 1950-01-01 and 2199-12-31: a strike or a year isn't taken for a date
_DATE_FORMS = ("%Y-%m-%d", "%Y%m%d", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %b %y", "%d%b%y", "%b %d, %Y", "%Y/%m/%d")


def parse_date(value: object, name: str = "date") -> dt.date:
    """The day that a cell, a file or a person names: a date, ISO text, ``20221223``, ``23-Dec-2022`` or a spreadsheet serial.

    Day-first and month-first numbers (``12/23/2022``) are not guessed at.

    Raises:
        MarginError: ``#VALUE!`` when it isn't a date.
    """
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = float(value)
        if _EARLIEST_SERIAL <= number <= _LATEST_SERIAL:
            return _SERIAL_ZERO + dt.timedelta(days=int(number))
        if number == int(number) and len(str(int(number))) == len("20221223"):
            return parse_date(str(int(number)), name)
        raise MarginError(ErrorCode.VALUE, f"{name} {value!r} isn't a date", "write YYYY-MM-DD")
    text = str(value).strip()
    clock = re.match(r"^(\d{4}-\d{2}-\d{2})[T ]\d{2}:\d{2}", text)
    for form in _DATE_FORMS:
        try:
            return dt.datetime.strptime(clock[1] if clock else text, form).date()
        except ValueError:
            continue
    if re.fullmatch(r"\d{5,6}(\.0+)?", text):
        return parse_date(float(text), name)
    raise MarginError(ErrorCode.VALUE, f"{name} {value!r} isn't a date", "write YYYY-MM-DD")


@dataclass(frozen=True, slots=True)
class OptionSymbol:
    """What an OSI symbol says: root, expiry, right and strike."""

    root: str
    expiry: dt.date
    right: Right
    strike: float


# Read from the right, so that roots with digits (1AAPL, AAPL1) and forms without padding work.
_OSI = re.compile(r"^(?:[OP]:|\.)?([A-Z0-9./]{1,6}?)\s*(\d{6})([CP])(\d{8})$")
_UNPADDED = re.compile(r"^[.-]?\s*([A-Z0-9/]{1,6}?)(\d{6})([CP])(\d{1,5}(?:\.\d{1,3})?)$")


def parse_option_symbol(text: str) -> OptionSymbol:
    """The contract that an OSI-21 symbol names, padded or compact, and its usual spellings (``O:SPXW...``, ``.SPXW221223P3800``).

    Raises:
        MarginError: ``#VALUE!`` when it isn't an option symbol.
    """
    compact = text.strip().upper()
    match = _OSI.match(compact)
    scale = 1000.0
    if match is None:
        match, scale = _UNPADDED.match(compact), 1.0
    if match is not None:
        root, day, letter, strike = match.groups()
        try:
            expiry = dt.datetime.strptime(day, "%y%m%d").date()
        except ValueError:
            expiry = None
        if expiry is not None:
            return OptionSymbol(root.strip(), expiry, Right.CALL if letter == "C" else Right.PUT, float(strike) / scale)
    raise MarginError(
        ErrorCode.VALUE, f"symbol {text!r} isn't an option symbol", "write it like SPXW  221223P03800000 (root, yymmdd, C or P, strike x 1000)"
    )  # fmt: skip


def is_standard_monthly(expiry: dt.date) -> bool:
    """Whether a date is that of a standard monthly option: the third Friday, or the day before it where that is a holiday."""
    friday = expiry + dt.timedelta(days=(4 - expiry.weekday()) % 7)
    return 15 <= friday.day <= 21 and (friday - expiry).days <= 1
