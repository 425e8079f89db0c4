"""What SPAN knows of a market: combined commodities, their contracts with 16 losses each, tiers, spreads, minimums, ratios.

The shape is settled: readers of files and the generator of calibrated arrays fill it, the engine reads it. Later changes
only add fields, with a default.

Conventions, everywhere in this room:

- A **risk array** holds 16 numbers for ONE LONG contract, in the contract's currency, **loss positive and gain negative**,
  the extreme scenarios already weighted with their cover fraction. A position loses signed quantity times the array.
- Scenarios are numbered 1 to 16 for people, and 0 to 15 as columns of arrays.
- A **period** is a whole number, ``yyyymm * 10_000 + code`` (see :func:`period`), so that ranges compare as numbers.
- Fractions are fractions: a credit of 80 % is 0.8, a volatility scan of 35 % is 0.35.
- NaN (NaT for days, 0 for periods) is what the file doesn't say; never zero for a missing amount.

Source of the terms and of the algorithm: CME, SPAN methodology pages; ICE Clear US, SPAN Margin System (2015); record layouts
of the expanded unpacked format and of SPAN XML 4.00.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from optmargin.core.contracts import Right
from optmargin.core.errors import ErrorCode, Finding, MarginError
from optmargin.risk.span.contracts import Contracts, Product, SeriesTable, outside
from optmargin.risk.span.periods import ANY_PERIOD, months_between, period, period_end, period_parts, period_text
from optmargin.risk.span.words import (
    PAIRS,
    PRICE_MOVES,
    SCENARIOS,
    VOLATILITY_MOVES,
    AccountKind,
    ChargeMethod,
    InterMethod,
    Kind,
    Level,
    MinimumMethod,
    PriceRisk,
    Side,
    SpotMethod,
)

__all__ = [
    "ANY_PERIOD", "PAIRS", "PRICE_MOVES", "SCENARIOS", "VOLATILITY_MOVES",
    "AccountKind", "ChargeMethod", "CombinedCommodity", "Contracts", "InterMethod", "InterSpread", "IntraSpread", "Kind",
    "Level", "MinimumMethod", "Origin", "PerAccount", "PriceRisk", "Product", "SeriesTable", "Side", "SpanParameters",
    "SpotMethod", "SpotRate", "SpreadLeg", "Tier",
    "months_between", "period", "period_end", "period_parts", "period_text",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Origin:
    """Where parameters come from; stands on every result.

    Attributes:
        level: how far the figures can be trusted.
        name: the file's name, or the table's, for people.
        date: the business day of the file or of the table.
        cycle: settlement or intraday and which, as the file says: ``settlement``, ``early``, ``intraday 2``.
        clearing: the clearing organization: ``CME``; empty where not said.
        created: when the file was made, as it says.
        layout: ``expanded unpacked (U2)``, ``SPAN XML 4.00``, ``table``.
        rate_class: which of several classes of rates was chosen: ``speculator``; empty where there was only one.
        note: anything else that must be said with every figure.
    """

    level: Level
    name: str
    date: dt.date | None = None
    cycle: str = ""
    clearing: str = ""
    created: str = ""
    layout: str = ""
    rate_class: str = ""
    note: str = ""

    @property
    def cite(self) -> str:
        """The origin in a line: ``cme.20250912.s.pa2, settlement of 2025-09-12 [exact]``."""
        day = f" of {self.date.isoformat()}" if self.date is not None else ""
        when = f", {self.cycle or 'parameters'}{day}" if self.cycle or day else ""
        return f"{self.name}{when} [{self.level}]"


@dataclass(frozen=True, slots=True)
class Tier:
    """A range of periods.

    Attributes:
        number: by which spreads name it.
        start, end: first and last period, inclusive; see :func:`period` and :func:`period_end`.
        rate: currency per short option, in a tier of short option minimums; NaN elsewhere.
        scan_up, scan_down: price scan range of the tier, currency per unit of scaled delta; NaN where not said.
        name: for people, where the file has one.
    """

    number: int
    start: int
    end: int = ANY_PERIOD
    rate: float = math.nan
    scan_up: float = math.nan
    scan_down: float = math.nan
    name: str = ""

    def holds(self, number: int) -> bool:
        """Whether a period lies in it."""
        return self.start <= number <= self.end


@dataclass(frozen=True, slots=True)
class SpreadLeg:
    """One leg of a spread.

    Attributes:
        side: A or B; a spread forms with A long and B short, or the other way round.
        ratio: deltas of this leg per spread, positive.
        tier: number of an intracommodity (or, between commodities, an intercommodity) tier; 0 for none.
        period: the period, in a series-to-series spread; 0 for none.
        commodity: code of the combined commodity; may be empty inside one.
        exchange: its exchange; empty where not said.
        required: whether a scanning-based spread can't be without it.
    """

    side: Side
    ratio: float = 1.0
    tier: int = 0
    period: int = 0
    commodity: str = ""
    exchange: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class IntraSpread:
    """A spread inside a combined commodity, that is charged.

    Attributes:
        priority: order in which spreads are formed, smallest first, series-to-series before tier-to-tier.
        rate: currency per spread (per spread and month with ``PER_MONTH``; a fraction with ``WEIGHTED``).
        legs: all with a tier, or all with a period.
        method: how the rate becomes a charge.
        rate_per_spread: with ``PER_MONTH``, what is charged per spread beside the months (``pmpsRate``); 0 elsewhere.
    """

    priority: int
    rate: float
    legs: tuple[SpreadLeg, ...]
    method: ChargeMethod = ChargeMethod.FLAT
    rate_per_spread: float = 0.0

    @property
    def is_series(self) -> bool:
        """Whether it is between series (periods), not tiers."""
        return any(leg.period for leg in self.legs)


@dataclass(frozen=True, slots=True)
class SpotRate:
    """What the spot month is charged.

    Attributes:
        period: the delivery month.
        per_spread: currency per delta that spreads consumed.
        per_outright: currency per delta that is left.
    """

    period: int
    per_spread: float
    per_outright: float


@dataclass(frozen=True, slots=True)
class InterSpread:
    """A spread between combined commodities, that gives credit.

    Attributes:
        priority: order, smallest first; super spreads before all others.
        legs: each with its commodity; with a tier where ``method`` is ``TIERED``.
        credits: fraction of each leg's weighted futures price risk that is credited, one per leg; in a scanning-based
            spread the fraction of the leg's gains that counts. With ``is_flat`` currency per spread, each leg's part of it
            (CME divides a flat rate equally between the commodities).
        method: how it is formed.
        is_flat: whether the credits are flat amounts.
        is_super: whether it is formed before intracommodity spreads.
        target: the combined commodity into which the legs of a scanning-based spread are merged; None elsewhere. It may be
            one of the legs; where it isn't, its own gains count at the smallest of the legs' credits.
        min_legs: how many legs a scanning-based spread needs; 0 for no such condition.
        group: the file's group of it: ``ALL``.
        eligibility: who may not have it: ``N`` (not for customers), ``H`` (house only); empty for everybody.
    """

    priority: int
    legs: tuple[SpreadLeg, ...]
    credits: tuple[float, ...]
    method: InterMethod = InterMethod.DELTA
    is_flat: bool = False
    is_super: bool = False
    target: SpreadLeg | None = None
    min_legs: int = 0
    group: str = ""
    eligibility: str = ""

    def __post_init__(self) -> None:
        if len(self.credits) != len(self.legs):
            raise MarginError(
                ErrorCode.VALUE,
                f"a spread of {len(self.legs)} legs has {len(self.credits)} credits",
                "give one per leg",
            )


@dataclass(frozen=True, slots=True)
class PerAccount:
    """A factor by kind of account.

    Attributes:
        member, hedger, speculator: the factor of each.
    """

    member: float = 1.0
    hedger: float = 1.0
    speculator: float = 1.0

    def of(self, kind: AccountKind) -> float:
        """The factor of one kind of account."""
        return {
            AccountKind.MEMBER: self.member,
            AccountKind.HEDGER: self.hedger,
            AccountKind.SPECULATOR: self.speculator,
        }[kind]


@dataclass(frozen=True, eq=False)
class CombinedCommodity:
    """All contracts on one underlying that are margined together, and all parameters of it.

    Attributes:
        code: the file's code of it: ``ES``, ``06``.
        name: for people.
        exchange: the clearing organization's or exchange's code; empty where not said.
        currency: performance bond currency: of arrays, rates and the requirement.
        products: futures first or in any order; :class:`SeriesTable` points into them.
        series: the contract months.
        contracts: the contracts.
        scans_by_tier: whether scan risk is found per scan tier and added: type S methods 10, 21, 22, and 02, where each
            month is a tier of its own; False with 01 and 20.
        scan_tiers, intra_tiers, inter_tiers, minimum_tiers: four separate tables; empty means one tier with everything.
        intra_spreads: in any order; empty where the method is 01 (none).
        spot_method, spot_rates: charge of delivery months.
        minimum_rate: currency per short option; used where ``minimum_tiers`` is empty.
        minimum_method: which short options count.
        scales_minimum: whether an option counts by its delta scaling in the minimum (``isContractScale``); None where the
            file doesn't say.
        price_risk: how the weighted futures price risk is found.
        initial_ratio: initial over maintenance risk by kind of account.
        adjustment: risk adjustment factor by kind of account.
        limits_option_value: whether its net option value may only cover its own risk (``capAnov``).
        pairs: the paired scenario of each, zero-based.
        risk_exponent: power of ten by which the file scales arrays and rates. Readers apply it: amounts here are in whole
            currency; it is kept for writing the file again.
    """

    code: str
    products: tuple[Product, ...]
    series: SeriesTable
    contracts: Contracts
    name: str = ""
    exchange: str = ""
    currency: str = "USD"
    scans_by_tier: bool = False
    scan_tiers: tuple[Tier, ...] = ()
    intra_tiers: tuple[Tier, ...] = ()
    inter_tiers: tuple[Tier, ...] = ()
    minimum_tiers: tuple[Tier, ...] = ()
    intra_spreads: tuple[IntraSpread, ...] = ()
    spot_method: SpotMethod = SpotMethod.NONE
    spot_rates: tuple[SpotRate, ...] = ()
    minimum_rate: float = 0.0
    minimum_method: MinimumMethod = MinimumMethod.GROSS
    scales_minimum: bool | None = None
    price_risk: PriceRisk = PriceRisk.NORMAL
    initial_ratio: PerAccount = field(default_factory=PerAccount)
    adjustment: PerAccount = field(default_factory=PerAccount)
    limits_option_value: bool = False
    pairs: tuple[int, ...] = PAIRS
    risk_exponent: int = 0

    def __post_init__(self) -> None:
        if outside(self.contracts.series, len(self.series)):
            raise MarginError(
                ErrorCode.VALUE, f"a contract of {self.code} is of a series that isn't there", "add the series"
            )
        if outside(self.series.product, len(self.products)):
            raise MarginError(
                ErrorCode.VALUE, f"a series of {self.code} is of a product that isn't there", "add the product"
            )

    def product_of(self, row: int) -> Product:
        """The product of one contract."""
        return self.products[int(self.series.product[self.contracts.series[row]])]

    def contract_name(self, row: int) -> str:
        """How a trader would write one contract: ``ES 2025-09 future``, ``EW2 2025-09 6500 put on 2025-12``."""
        at, right = int(self.contracts.series[row]), Right(int(self.contracts.right[row]))
        code, month = self.product_of(row).code, period_text(int(self.series.period[at]))
        if not right.is_option:
            return f"{code} {month} {right.word}"
        own = period_text(int(self.series.option_period[at]))
        on = "" if own == month else f" on {month}"
        return f"{code} {own} {self.contracts.strike[row]:.10g} {right.word}{on}"


@dataclass(frozen=True, eq=False)  # no slots: what the engine finds out about a file is kept as long as the file is
class SpanParameters:
    """What a file or a table says: combined commodities, spreads between them, rates of exchange.

    Attributes:
        origin: where it comes from, and how far it can be trusted.
        commodities: by code.
        inter_spreads: in any order.
        rates_of_exchange: (from, to) -> units of ``to`` for one of ``from``.
        findings: what was noticed while it was read. An incomplete one makes every requirement by these parameters
            incomplete; of the others those are told that name what is held, or nothing.
    """

    origin: Origin
    commodities: Mapping[str, CombinedCommodity]
    inter_spreads: tuple[InterSpread, ...] = ()
    rates_of_exchange: Mapping[tuple[str, str], float] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def commodity(self, code: str) -> CombinedCommodity:
        """The combined commodity of a code.

        Raises:
            MarginError: ``#N/A`` where the file hasn't got it.
        """
        found = self.commodities.get(code)
        if found is None:
            raise MarginError(
                ErrorCode.MISSING,
                f"combined commodity {code} isn't in {self.origin.name}",
                f"it holds {', '.join(sorted(self.commodities)[:12]) or 'none'}",
            )
        return found
