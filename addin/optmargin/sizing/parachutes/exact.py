"""Exact arithmetic: the fraction that a number denotes, and the bounds that every figure of a campaign must keep."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.core.money import plain
from optmargin.core.values import LARGEST

if TYPE_CHECKING:
    from collections.abc import Sequence

Number = float | Fraction


def exact(number: Number) -> Fraction:
    """The fraction of the shortest decimal that denotes a number: 0.1 is 1/10, as a person wrote it."""
    return number if isinstance(number, Fraction) else Fraction(repr(float(number)))


def shown(number: Number) -> str:
    """A number for a sentence."""
    return plain(float(number))


def known(number: Number, name: str) -> Fraction:
    """A number as a fraction.

    Raises:
        MarginError: ``#NUM!`` for what isn't finite, and what is larger than any account.
    """
    if not isinstance(number, Fraction) and not math.isfinite(number):
        raise MarginError(ErrorCode.NUM, f"{name} is {number}", "give a number")
    found = exact(number)
    if abs(found) > LARGEST:
        raise MarginError(ErrorCode.NUM, f"{name} is {float(number):g}", "that is more than any account holds")
    return found


def positive(number: Number, name: str) -> Fraction:
    """A number above zero.

    Raises:
        MarginError: ``#NUM!`` for any other.
    """
    found = known(number, name)
    if found <= 0:
        raise MarginError(ErrorCode.NUM, f"{name} is {shown(number)}", "it must be greater than 0")
    return found


def not_negative(number: Number, name: str) -> Fraction:
    """A number of zero or more.

    Raises:
        MarginError: ``#NUM!`` for any other.
    """
    found = known(number, name)
    if found < 0:
        raise MarginError(ErrorCode.NUM, f"{name} is {shown(number)}", "it must be 0 or more")
    return found


def probability(number: Number, name: str) -> Fraction:
    """A number from 0 to 1.

    Raises:
        MarginError: ``#NUM!`` for any other.
    """
    found = known(number, name)
    if not 0 <= found <= 1:
        raise MarginError(ErrorCode.NUM, f"{name} is {shown(number)}", "a probability is 0 to 1")
    return found


def count(number: float, name: str, least: int) -> int:
    """A whole number of ``least`` or more.

    Raises:
        MarginError: ``#NUM!`` for any other.
    """
    if known(number, name).denominator != 1 or number < least:
        raise MarginError(ErrorCode.NUM, f"{name} is {shown(number)}", f"it must be a whole number, {least} or more")
    return int(number)


def per_level(numbers: Sequence[Number], levels: int, name: str) -> tuple[Fraction, ...]:
    """One number for each level: those given, or the only one for all of them.

    Raises:
        MarginError: ``#VALUE!`` when neither one nor ``levels`` of them are given.
    """
    if len(numbers) not in (1, levels):
        wanted = f"give one, or {levels}: one for each of the levels 0 to {levels - 1}"
        raise MarginError(ErrorCode.VALUE, f"{len(numbers)} {name} are given", wanted)
    found = [known(number, f"{name} {at}") for at, number in enumerate(numbers)]
    return tuple(found if len(found) == levels else found * levels)
