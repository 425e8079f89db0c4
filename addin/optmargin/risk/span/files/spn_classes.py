"""Classes of rates in an XML file: which arrays and rates are the maintenance ones of an account, and how others follow from them.

Each array and rate carries the number of a class. ``pbRateDef`` says which class is the initial or maintenance requirement of which
kind of account, and ``adjRate`` that a class is a multiple of another. One class is read; members, hedgers and speculators,
initial and maintenance, become factors on it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.risk.span.model import AccountKind, PerAccount

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from xml.etree.ElementTree import Element

    from optmargin.risk.span.files.spn_nodes import Fields

# Letters by which files name kinds of accounts where they give no names; N is normal.
_LETTERS = {AccountKind.MEMBER: "M", AccountKind.HEDGER: "H", AccountKind.SPECULATOR: "SN"}
_WORDS = {AccountKind.MEMBER: ("member",), AccountKind.HEDGER: ("hedge",), AccountKind.SPECULATOR: ("spec", "normal")}
_CORE = "CORE"


@dataclass(frozen=True, slots=True)
class ClassUse:
    """What a class of rates is for.

    Attributes:
        number: of the class.
        account: letter of the kind of account.
        is_maintenance: or initial.
        rank: order among classes for the same; customers and core before others.
    """

    number: str
    account: str
    is_maintenance: bool
    rank: tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class Classes:
    """The classes of a clearing organization.

    Attributes:
        uses: what each is for.
        names: letter of a kind of account -> its name in the file, in small letters.
    """

    uses: tuple[ClassUse, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, organization: Element, definitions: Element | None, fields: Fields) -> Classes:
        """The classes that a file defines."""
        uses = [
            ClassUse(
                fields.text(node, "r", None),
                fields.text(node, "acctType").upper(),
                fields.flag(node, "isM") is True,
                (fields.flag(node, "isCust") is not True, fields.text(node, "pbc").upper() not in {_CORE, ""}),
            )
            for node in organization.findall("pbRateDef")
        ]
        names = {
            fields.text(node, "acctType").upper(): fields.text(node, "name").lower()
            for node in (definitions.findall("acctTypeDef") if definitions is not None else ())
        }
        return cls(tuple(uses), names)

    def class_of(self, kind: AccountKind, *, is_maintenance: bool) -> str | None:
        """The class of the maintenance, or initial, requirement of a kind of account; None where the file says none."""
        found = [
            (at, use.rank, use.number)
            for use in self.uses
            if use.is_maintenance is is_maintenance and (at := self._fit(use.account, kind)) is not None
        ]
        return min(found)[2] if found else None

    def _fit(self, letter: str, kind: AccountKind) -> int | None:
        """How well a kind of account of the file fits: 0 by its name, 1 and more by its letter; None where not at all."""
        name = self.names.get(letter, "")
        for at, word in enumerate(_WORDS[kind]):
            if word in name:
                return at
        letters = _LETTERS[kind]
        return letters.index(letter) + len(_WORDS[kind]) if letter and letter in letters else None


@dataclass(frozen=True, slots=True)
class Chain:
    """A class of rates, and those that it is a multiple of.

    Attributes:
        numbers: the class itself first.
        factors: by which the amounts of each are multiplied to be its own.
    """

    numbers: tuple[str, ...]
    factors: tuple[float, ...]

    def pick(self, available: Iterable[str]) -> str | None:
        """The first of the classes that is there; where none is, the only one that is there, or that without a number."""
        there = list(dict.fromkeys(available))
        for number in self.numbers:
            if number in there:
                return number
        return there[0] if len(there) == 1 else None

    def factor(self, number: str) -> float:
        """By what amounts of a class are multiplied; 1 for one that isn't in the chain."""
        return self.factors[self.numbers.index(number)] if number in self.numbers else 1.0


@dataclass(frozen=True, slots=True)
class Adjustments:
    """How classes follow from others in one combined commodity: class -> (base class, factor)."""

    bases: Mapping[str, tuple[str, float]]

    @classmethod
    def of(cls, commodity: Element, fields: Fields) -> Adjustments:
        """The adjustments that a combined commodity lists."""
        bases = {}
        for node in commodity.findall("adjRate"):
            factor = fields.number(node, "val")
            if not factor > 0:
                raise fields.refusal(node, "val", f"{factor:g} isn't a positive factor")
            bases[fields.text(node, "r", None)] = fields.text(node, "baseR", None), factor
        return cls(bases)

    def chain(self, number: str | None) -> Chain:
        """A class and its bases."""
        if number is None:
            return Chain((), ())
        numbers, factors, factor = [number], [1.0], 1.0
        while numbers[-1] in self.bases:
            base, own = self.bases[numbers[-1]]
            factor *= own
            if base in numbers:
                if base == numbers[-1]:
                    factors[-1] *= own  # a factor on its own amounts
                break
            numbers.append(base)
            factors.append(factor)
        return Chain(tuple(numbers), tuple(factors))


def factors_of(classes: Classes, adjustments: Adjustments, chosen: str | None) -> tuple[PerAccount, PerAccount]:
    """Adjustment of the chosen class, and initial over maintenance, by kind of account.

    NaN where the file has own arrays for a kind of account instead of a factor; 1 where it says nothing.

    Args:
        classes: of the clearing organization.
        adjustments: of the combined commodity.
        chosen: the class whose arrays are read.
    """
    adjustment: dict[str, float] = {}
    ratio: dict[str, float] = {}
    for kind in AccountKind:
        maintenance = _factor(classes.class_of(kind, is_maintenance=True), adjustments, chosen)
        initial = _factor(classes.class_of(kind, is_maintenance=False), adjustments, chosen)
        adjustment[kind.value] = 1.0 if maintenance is None else maintenance
        ratio[kind.value] = 1.0 if initial is None else initial / adjustment[kind.value]
    return PerAccount(**adjustment), PerAccount(**ratio)


def _factor(number: str | None, adjustments: Adjustments, chosen: str | None) -> float | None:
    """By what amounts of the chosen class become those of a class; None where the file says nothing of it."""
    if number is None or chosen is None:
        return None
    chain = adjustments.chain(number)
    if chosen in chain.numbers:
        return chain.factor(chosen)
    return None if not adjustments.bases else math.nan


def no_class(what: str, numbers: Iterable[str], file: str, line: int) -> MarginError:
    """The error of amounts of several classes, none of which is known to be the account's."""
    return MarginError(
        ErrorCode.VALUE,
        f"{file} line {line}: {what} is given for the classes of rates {', '.join(sorted(set(numbers)))}, none of them known to be the account's",
        "the file doesn't define its classes (pbRateDef, adjRate); ask its source for one that does",
    )
