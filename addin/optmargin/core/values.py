"""Numbers, days and blanks as brokers write them: ``$1,140.00``, ``(5)``, ``--``, ``1.234,50``, ``23/12/2022;1620``."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import TYPE_CHECKING

from optmargin.core.contracts import parse_date
from optmargin.core.errors import ErrorCode, MarginError

if TYPE_CHECKING:
    from collections.abc import Iterable

LARGEST = 1e12  # no price, strike or count of an account is larger; what is, is a misread number
_SHOWN = 40

_BLANKS = frozenset({"", "-", "--", "---", "n/a", "na", "null", "none", "\u2013", "\u2014"})
_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\u200e\u200f\u202a\u202b\u202c\u202d\u202e\x00"))
_ERRORS = frozenset(
    {"#n/a", "#value!", "#ref!", "#div/0!", "#num!", "#name?", "#null!", "#spill!", "#calc!", "#getting_data"}
)


def text_of(value: object) -> str:
    """A cell as text: blanks at both ends, byte order marks and other invisible signs taken away; 5.0 becomes ``5``."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST:
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return str(value).translate(_INVISIBLE).replace("\xa0", " ").replace("\u202f", " ").strip()


def shown(value: object) -> str:
    """A value quoted for a sentence, on one line and cut short where it is long."""
    text = text_of(value)
    if any(not sign.isprintable() for sign in text):
        text = "".join(sign if sign.isprintable() else "?" for sign in text)
    return f"'{text}'" if len(text) <= _SHOWN else f"'{text[: _SHOWN - 3]}...'"


def is_blank(value: object) -> bool:
    """Whether a cell says nothing: empty, ``-``, ``--``, ``N/A``, ``null``."""
    return value is None or text_of(value).lower() in _BLANKS


def is_error(value: object) -> bool:
    """Whether a cell holds a spreadsheet's error, such as ``#N/A`` or ``#REF!``."""
    return isinstance(value, str) and text_of(value).lower() in _ERRORS


# Digits in groups of three, or not; the sign of the fraction is filled in.
_PLAIN = {
    ".": re.compile(
        r"(?:[1-9]\d{0,2}(?:,\d{3})+|\d+)(?:\.\d*)?(?:[eE][+-]?\d{1,3})?|\.\d+(?:[eE][+-]?\d{1,3})?", re.ASCII
    ),
    ",": re.compile(
        r"(?:[1-9]\d{0,2}(?:\.\d{3})+|\d+)(?:,\d*)?(?:[eE][+-]?\d{1,3})?|,\d+(?:[eE][+-]?\d{1,3})?", re.ASCII
    ),
}
_EITHER = re.compile(r"[1-9]\d{0,2}[.,]\d{3}", re.ASCII)  # 1,234 or 1.234: thousands or a fraction
_CURRENCY = re.compile(r"(?:USD|US\$|\$|€|£)", re.IGNORECASE)


def _digits(text: str) -> tuple[str, bool, bool]:
    """The unsigned digits of a number, whether it is negative, and whether it was a percentage."""
    bare = _CURRENCY.sub("", text.replace("\u2212", "-")).strip()
    percent = bare.endswith("%")
    bare = bare.removesuffix("%").strip()
    negative = False
    if bare.startswith("(") and bare.endswith(")"):
        negative, bare = True, bare[1:-1].strip()
    elif bare.startswith("-(") and bare.endswith(")"):
        negative, bare = True, bare[2:-1].strip()
    elif bare[:1] in ("-", "+"):
        negative, bare = bare[0] == "-", bare[1:].strip()
    elif bare.endswith("-"):
        negative, bare = True, bare[:-1].strip()
    return re.sub(r"(?<=\d)[ '\u2019](?=\d{3}(?:\D|$))", "", bare), negative, percent


def number(value: object, name: str, *, decimal_comma: bool | None = False, percent: bool = False) -> float | None:
    """The number that a cell holds; None where it is blank.

    Args:
        value: the cell: a number, or text with ``$``, thousands, parentheses for negatives.
        name: the column, for the sentence of an error.
        decimal_comma: True where the file writes ``1.234,50``, False for ``1,234.50``; None where it isn't known, so
            that ``1,234`` is refused rather than guessed at.
        percent: whether ``5 %`` is welcome, and then 0.05.

    Raises:
        MarginError: ``#VALUE!`` for what isn't a number; ``#NUM!`` for one that can't be.
    """
    if is_blank(value):
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            found = float(value)
        except OverflowError:  # a whole number of more than 308 digits
            found = math.inf
    else:
        text = text_of(value)
        digits, negative, is_percent = _digits(text)
        if is_error(value):
            raise MarginError(ErrorCode.MISSING, f"{name} is the error {text}", "mend the cell that it comes from")
        if is_percent and not percent:
            raise MarginError(ErrorCode.VALUE, f"{name} {shown(value)} is a percentage", "write the number itself")
        styles = (".", ",") if decimal_comma is None else (",",) if decimal_comma else (".",)
        fitting = [style for style in styles if _PLAIN[style].fullmatch(digits)]
        if decimal_comma is None and _EITHER.fullmatch(digits):
            raise MarginError(
                ErrorCode.VALUE,
                f"{name} {shown(value)} may be thousands or a fraction",
                "write it without thousands, or with two decimals",
            )
        if not fitting:
            raise MarginError(ErrorCode.VALUE, f"{name} {shown(value)} isn't a number", "write it like 1234.5")
        thousands, point = (",", ".") if fitting[0] == "." else (".", ",")
        found = float(digits.replace(thousands, "").replace(point, "."))
        found = (-found if negative else found) / (100.0 if is_percent else 1.0)
    if not math.isfinite(found) or abs(found) > LARGEST:
        raise MarginError(ErrorCode.NUM, f"{name} {shown(value)} isn't a number that can be", "check it")
    return found


def decimal_comma_of(values: Iterable[object], *, otherwise: bool | None = False) -> bool | None:
    """Whether a file writes decimal commas, by the numbers in it that can be read in one way only.

    Args:
        values: the cells of its columns of numbers.
        otherwise: what holds where none of them tells.

    Returns:
        None where they contradict each other.
    """
    seen: set[bool] = set()
    for value in values:
        if not isinstance(value, str) or ("," not in value and "." not in value):
            continue
        digits = _digits(text_of(value))[0]
        if not _EITHER.fullmatch(digits):
            point, comma = (_PLAIN[style].fullmatch(digits) is not None for style in (".", ","))
            if point != comma:
                seen.add(comma)
    return otherwise if not seen else seen.pop() if len(seen) == 1 else None


_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})", re.ASCII)
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})", re.ASCII)
_CLOCK = re.compile(
    r"(?:\s*[;,T\s]\s*(?:\d{1,2}:\d{2}(?::\d{2})?|\d{6})|;\d{4})(?:\.\d+)?\s*(?:[AP]M)?\s*"
    r"(?:Z|[A-Z]{2,4}|[+-]\d{2}:?\d{2})?$",
    re.ASCII,
)
_DIGITS_OF_A_DAY = (len("44918"), len("20221223"))  # a spreadsheet's serial number, or yyyymmdd
_YEARS = range(1950, 2200)


def _day_text(value: object) -> str:
    """The text of a day without the time that may follow it."""
    text = text_of(value)
    clock = _CLOCK.search(text)
    return text if clock is None or clock.start() < len("221223") else text[: clock.start()]


def _calendar(year: str, month: str, day: str) -> dt.date | None:
    try:
        found = dt.date(int(year) + (2000 if len(year) == len("22") else 0), int(month), int(day))
    except ValueError:
        return None
    return found if found.year in _YEARS else None


def day_readings(value: object) -> tuple[dt.date | None, dt.date | None] | None:
    """A day with slashes read day first, and read month first; None where it isn't written so."""
    slashed = _SLASHED.fullmatch(_day_text(value)) if isinstance(value, str) and "/" in value else None
    if slashed is None:
        return None
    return _calendar(slashed[3], slashed[2], slashed[1]), _calendar(slashed[3], slashed[1], slashed[2])


def day_order(value: object) -> bool | None:
    """Whether a day with slashes can only be day first (True) or only month first (False); None where not told."""
    readings = day_readings(value)
    if readings is None or (readings[0] is None) == (readings[1] is None):
        return None
    return readings[0] is not None


def day_first_of(orders: Iterable[bool | None]) -> bool | None:
    """Whether a file writes the day first, from :func:`day_order` of its days; None where they don't agree."""
    seen = {order for order in orders if order is not None}
    return seen.pop() if len(seen) == 1 else None


def day(value: object, name: str, *, day_first: bool | None = None) -> dt.date | None:
    """The day that a cell holds; None where it is blank. A time that follows it is left out.

    Args:
        value: a day, text or a spreadsheet's serial number.
        name: the column, for the sentence of an error.
        day_first: how ``05/12/2022`` is meant in this file; None where that isn't known.

    Raises:
        MarginError: ``#VALUE!`` when it isn't a date, or may be either of two.
    """
    if is_blank(value):
        return None
    if isinstance(value, dt.datetime):
        value = value.date()
    if isinstance(value, dt.date) and value.year in _YEARS:
        return value
    refusal = MarginError(ErrorCode.VALUE, f"{name} {shown(value)} is not a date", "write YYYY-MM-DD")
    readings = day_readings(value)
    if readings is not None:
        first, second = readings
        if first is not None and second is not None and first != second:
            if day_first is None:
                raise MarginError(
                    ErrorCode.VALUE,
                    f"{name} {shown(value)} may be {first.isoformat()} or {second.isoformat()}",
                    "write YYYY-MM-DD",
                )
            return first if day_first else second
        if first is None and second is None:
            raise refusal
        return first or second
    text = _day_text(value)
    dotted = _DOTTED.fullmatch(text)
    found = _calendar(dotted[3], dotted[2], dotted[1]) if dotted is not None else None
    if found is not None:
        return found
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise refusal
    if text.isdigit() and len(text) not in _DIGITS_OF_A_DAY:
        raise refusal
    try:
        found = parse_date(text if isinstance(value, str) else value, name)
    except (MarginError, ValueError, OverflowError):
        raise refusal from None
    if found.year not in _YEARS:
        raise refusal
    return found
