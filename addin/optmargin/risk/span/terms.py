"""What an account adds to a file's parameters: its kind, its currency, its broker's factors, and choices that files leave open."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.risk.span.words import AccountKind


@dataclass(frozen=True, slots=True)
class SpanTerms:
    """The terms of one account.

    Attributes:
        account_kind: whose ratio and adjustment factor applies; a customer of a broker is a speculator.
        currency: of the account; other currencies are converted with the file's rates of exchange.
        initial_ratio: initial over maintenance risk; None takes the file's for the kind of account.
        house_multiplier: the broker's factor on the risk of every combined commodity; 1 is the exchange's own margin.
        house_multipliers: the same for some combined commodities, by their codes.
        house_note: what is to be said of these factors with every figure.
        scales_minimum: whether an option counts by its delta scaling in the short option minimum, so that one on MES counts a
            tenth of one on ES; None takes what the file says, and where it says nothing every option counts as one.
        delta_decimals: decimals to which net deltas and numbers of spreads are rounded, as clearing software may do; None
            for no rounding.
        aliases: root of a leg -> the product's code in the file.

    Raises:
        MarginError: ``#NUM!`` for a factor that isn't positive.
    """

    account_kind: AccountKind = AccountKind.SPECULATOR
    currency: str = "USD"
    initial_ratio: float | None = None
    house_multiplier: float = 1.0
    house_multipliers: Mapping[str, float] = field(default_factory=dict)
    house_note: str = ""
    scales_minimum: bool | None = None
    delta_decimals: int | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        factors = {"house multiplier": self.house_multiplier, **self.house_multipliers}
        if self.initial_ratio is not None:
            factors["initial ratio"] = self.initial_ratio
        for name, factor in factors.items():
            if not (math.isfinite(factor) and factor > 0):
                raise MarginError(ErrorCode.NUM, f"the factor {factor} ({name}) isn't one", "give a positive number")

    def multiplier(self, code: str) -> float:
        """The broker's factor on the risk of one combined commodity."""
        return self.house_multipliers.get(code, self.house_multiplier)
