"""Contract months as whole numbers: month and day or week code in one, so that ranges of them compare as numbers."""

from __future__ import annotations

from optmargin.core.errors import ErrorCode, MarginError

_CODES = 10_000
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FIRST_LETTER_CODE = 100
ANY_PERIOD = 999_999 * _CODES + _CODES - 1  # the end of a tier without an end


def period(month: int, code: str = "") -> int:
    """The number of a contract month with its day or week code: ``period(202509)``, ``period(202509, "12")``, ``(202509, "W2")``.

    Args:
        month: ``yyyymm``; 0 gives 0, no period at all. Not checked: a file's ``999999`` is an end that is never reached.
        code: blank, ``00``, a day ``01`` to ``31``, or any two letters and digits.

    Raises:
        MarginError: ``#VALUE!`` for a code that is none of these.
    """
    text = code.strip().upper()
    if not text or text == "00":
        return month * _CODES
    if len(text) <= 2 and text.isascii() and text.isdigit():
        return month * _CODES + int(text)
    if len(text) == 2 and all(letter in _LETTERS for letter in text):
        return month * _CODES + _FIRST_LETTER_CODE + _LETTERS.index(text[0]) * len(_LETTERS) + _LETTERS.index(text[1])
    raise MarginError(ErrorCode.VALUE, f"'{code}' isn't the day or week code of a contract", "two letters or digits")


def period_end(month: int, code: str = "") -> int:
    """The last period of a month (no code given) or the period itself: the end of a tier, inclusive."""
    return period(month, code) if code.strip() not in {"", "00"} else month * _CODES + _CODES - 1


def period_parts(number: int) -> tuple[int, str]:
    """Month ``yyyymm`` and code of a period; the reverse of :func:`period`. The code is empty where there is none."""
    month, code = divmod(int(number), _CODES)
    if code == 0:
        return month, ""
    if code < _FIRST_LETTER_CODE:
        return month, f"{code:02d}"
    first, second = divmod(code - _FIRST_LETTER_CODE, len(_LETTERS))
    if first >= len(_LETTERS):
        return month, ""  # the end of a tier
    return month, _LETTERS[first] + _LETTERS[second]


def period_text(number: int) -> str:
    """A period for a sentence: ``2025-09``, ``2025-09 day 12``, ``2025-09 W2``."""
    month, code = period_parts(number)
    text = f"{month // 100:04d}-{month % 100:02d}"
    return text if not code else f"{text} day {code}" if code.isdigit() else f"{text} {code}"


def months_between(one: int, other: int) -> int:
    """Whole months between two periods, without sign."""
    first, second = int(one) // _CODES, int(other) // _CODES
    return abs((first // 100 - second // 100) * 12 + first % 100 - second % 100)
