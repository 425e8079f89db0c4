"""The words of SPAN's parameters as files write them, and the 16 scenarios; used by name through ``model``."""

from __future__ import annotations

from enum import StrEnum

SCENARIOS = 16


class Level(StrEnum):
    """How far a figure can be trusted."""

    EXACT = "exact"  # the arrays of a file that the user loaded; exact for that file
    CALIBRATED = "calibrated"  # arrays by Black-76 from a table of published margins
    REFERENCE = "reference"  # outright margin of futures only

    @property
    def note(self) -> str:
        """What the level means, for every place where a figure of it stands."""
        return _LEVEL_NOTES[self]


_SPAN_2 = "SPAN 2, by which CME margins equity index products since October 2024, is not public"
_LEVEL_NOTES = {
    Level.EXACT: f"exact for the file that was loaded; {_SPAN_2}: a legacy file is not the margin of its products",
    Level.CALIBRATED: f"calibrated: arrays by Black-76 from a table of published margins; {_SPAN_2}",
    Level.REFERENCE: f"reference: outright margin of futures only, nothing offsets across months; {_SPAN_2}",
}


class Kind(StrEnum):
    """What a product is; the values are the three-letter types of the files."""

    FUTURE = "FUT"
    PHYSICAL = "PHY"  # a spot commodity, an index, a share
    OPTION_ON_FUTURE = "OOF"
    OPTION_ON_PHYSICAL = "OOP"
    OPTION_ON_COMBINATION = "OOC"
    COMBINATION = "CMB"


class AccountKind(StrEnum):
    """Whose ratio of initial to maintenance margin, and whose adjustment factor, applies."""

    MEMBER = "member"
    HEDGER = "hedger"
    SPECULATOR = "speculator"


class PriceRisk(StrEnum):
    """How the weighted futures price risk of a combined commodity is found (wfprMeth; type S column 83)."""

    NORMAL = "NORMAL"  # price risk over net delta
    SCAN_RANGE = "SCANRANGE"  # the price scan range
    SCAN_RANGE_CAP = "SCANRANGE_CAP"  # the lesser of the two


class MinimumMethod(StrEnum):
    """Which short options the short option minimum counts (somMeth; type 4 column 79)."""

    GROSS = "GROSS"  # short calls and short puts together; codes 2 and blank
    GREATER = "MAX"  # the greater of short calls and short puts; code 1


class SpotMethod(StrEnum):
    """How the spot, or delivery, month is charged (spotMeth; type 4 columns 9-10)."""

    NONE = "01"
    TABLE = "10"  # a rate per delta in spreads and a rate per outright delta
    BASIS = "11"  # not documented: the engine refuses it


class ChargeMethod(StrEnum):
    """How the rate of an intracommodity spread becomes a charge per spread (chargeMeth)."""

    FLAT = "F"  # the rate
    PER_MONTH = "P"  # the rate times the months between the legs, and a rate per spread
    WEIGHTED = "W"  # the rate, a fraction, times the weighted futures price risk of the legs' deltas


class InterMethod(StrEnum):
    """How an intercommodity spread is formed (type 6 columns 89-90)."""

    DELTA = "10"  # from net deltas of the combined commodities; code 01 as well
    TIERED = "20"  # from net deltas of tiers
    SCANNING = "04"  # the arrays of the legs are merged into a target combined commodity


class Side(StrEnum):
    """Which side of the market a leg of a spread is on; either orientation may be formed."""

    A = "A"
    B = "B"


# Price move of each scenario as a fraction of the price scan range, by the fixed order of the 16; the extreme ones (15 and 16)
# move by the extreme multiplier, which is the series' own.
PRICE_MOVES: tuple[float, ...] = (
    0, 0, 1 / 3, 1 / 3, -1 / 3, -1 / 3, 2 / 3, 2 / 3, -2 / 3, -2 / 3, 1, 1, -1, -1, 1, -1,
)  # fmt: skip
# Volatility move of each scenario as a multiple of the volatility scan range.
VOLATILITY_MOVES: tuple[int, ...] = (1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 0, 0)
# The scenario (zero-based) with the same price move and the opposite volatility move; the extreme ones pair with themselves.
PAIRS: tuple[int, ...] = (1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 14, 15)
