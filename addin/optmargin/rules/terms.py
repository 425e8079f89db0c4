"""The terms that a rule book may set: their names, their units and what values are allowed. The numbers are in ``books/``.

A term's key in a book file is ``section.term``, such as ``uncovered.rate``. Every field below is one term; its ``kind`` says
what values a book may give it. A book must set every term for every day that it answers for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from optmargin.core.contracts import AssetClass


class Convention(StrEnum):
    """Which of the three figures a book calls the requirement."""

    GROSS = "gross"  # long options inside, proceeds of short options not deducted (Cboe, FINRA)
    NET = "net"  # long options inside, proceeds deducted: the deposit, the buying power effect (tastytrade)
    FIELD = "field"  # long options not inside, proceeds not deducted: the margin field of TWS (IBKR)


class SpreadRule(StrEnum):
    """How covered legs of one expiry are charged."""

    UNIVERSAL = (
        "universal"  # worst settlement loss of all covered legs together, long and short equal in number per right
    )
    LEGACY = "legacy"  # each two-leg spread apart; butterflies, condors and boxes only with equal intervals


class PutMinimumBase(StrEnum):
    """What the minimum of an uncovered put is a share of."""

    STRIKE = "strike"
    UNDERLYING = "underlying"


class ExpiriesRule(StrEnum):
    """How the requirements of several expiries of one underlying add up."""

    SUM = "sum"
    LARGEST = "largest"


class SettlementRule(StrEnum):
    """Whether AM- and PM-settled options of one day form one group."""

    SEPARATE = "separate"
    TOGETHER = "together"


class CoveredCallForm(StrEnum):
    """How long stock with a short call on it is charged."""

    STOCK = "stock"  # the stock's own requirement, at maintenance on the lesser of spot and strike; nothing on the call
    # The call's in-the-money amount plus stock margin at the lesser of spot and strike.
    IN_THE_MONEY_PLUS_STOCK = "in_the_money_plus_stock"
    # The same, but at first plus stock margin at the spot.
    IN_THE_MONEY_PLUS_FULL_STOCK = "in_the_money_plus_full_stock"


class CoveredPutForm(StrEnum):
    """How short stock with a short put on it is charged."""

    STOCK = "stock"  # the short stock's own requirement; nothing on the put
    STOCK_PLUS_IN_THE_MONEY = "stock_plus_in_the_money"  # that plus the put's in-the-money amount


class CashSpreads(StrEnum):
    """Which spreads a cash account may hold."""

    NONE = "none"
    EUROPEAN_CASH_SETTLED = "european_cash_settled"
    ALL = "all"


def term(kind: object, unit: str, what: str) -> Any:
    """A term of a book: what values it may have, their unit, and what it means (for the reference page and for errors)."""
    return field(metadata={"kind": kind, "unit": unit, "what": what})


RATE = "rate"  # a fraction of a value, 0 to 10
RATES = "rates"  # one rate for each asset class but `future`
AMOUNT = "amount"  # USD, zero or more
COUNT = "count"  # a whole number, zero or more
FLAG = "flag"  # true or false

ClassRates = Mapping[AssetClass, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class UncoveredTerms:
    """Uncovered short options."""

    permitted: bool = term(FLAG, "", "whether a margin account may hold uncovered options")
    rate: ClassRates = term(RATES, "of the underlying's value", "less the out-of-the-money amount")
    minimum_rate: ClassRates = term(
        RATES, "of the value that the minimum is based on", "the least requirement beside the premium"
    )
    put_minimum_base: PutMinimumBase = term(
        PutMinimumBase, "", "what a put's minimum is a share of; a call's is the underlying"
    )
    floor_per_share: float = term(AMOUNT, "USD per share", "the least requirement in dollars; 0 is none")
    minimum_includes_premium: bool = term(FLAG, "", "whether the premium is added to a minimum that binds")
    floor_includes_premium: bool = term(FLAG, "", "whether the premium is added to a floor that binds")
    leverage_multiplies: bool = term(FLAG, "", "whether a leveraged fund's factor multiplies both rates")


@dataclass(frozen=True, slots=True, kw_only=True)
class StraddleTerms:
    """Uncovered calls and puts that pair: the greater side in full, the other side its premium only."""

    across_expiries: bool = term(FLAG, "", "whether a call and a put of different expiries may pair")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadTerms:
    """Short options covered by long ones."""

    rule: SpreadRule = term(SpreadRule, "", "how covered legs of one expiry are charged")
    equal_counts: bool = term(
        FLAG, "", "whether longs beyond the number of covered shorts, within each right, are left out of the loss"
    )
    lesser_of_uncovered: bool = term(
        FLAG, "", "whether the uncovered requirement applies where it is less than the maximum loss"
    )
    expiries: ExpiriesRule = term(ExpiriesRule, "", "how the expiries of one underlying add up")
    settlement: SettlementRule = term(
        SettlementRule, "", "whether AM- and PM-settled options of one day form one group"
    )
    cost_to_close_factor: float = term(
        RATE, "of the net cost to close", "the house requirement where it is more; 0 is none"
    )
    volatility_index_minimum: float = term(
        AMOUNT, "USD per spread", "the least requirement of a spread on a volatility index; 0 is none"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LongOptionTerms:
    """Long options, as far as they cover nothing."""

    long_term_months: int = term(COUNT, "months", "options that expire later than this are long-term")
    listed_long_term_rate: float = term(RATE, "of the market value", "what a listed long-term option requires")
    otc_long_term_intrinsic_rate: float = term(
        RATE, "of the intrinsic value", "what an OTC long-term option requires beside its time value"
    )
    european_box_rate: float = term(RATE, "of the difference of the strikes", "what a long box of European cash-settled options requires; 0 is: its cost")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class StockTerms:
    """Stock, alone and hedged by options."""

    initial_long: float = term(RATE, "of the market value", "initial requirement of long stock")
    initial_short: float = term(RATE, "of the market value", "initial requirement of short stock beside its proceeds")
    maintenance_long: float = term(RATE, "of the market value", "maintenance requirement of long stock")
    maintenance_short: float = term(
        RATE, "of the market value", "maintenance requirement of short stock beside its proceeds"
    )
    leverage_multiplies: bool = term(FLAG, "", "whether a leveraged fund's factor multiplies the maintenance rates, to 100 % at most for long stock")  # fmt: skip
    hedge_rate: float = term(RATE, "of the strike", "maintenance requirement of stock hedged by a long option, beside the out-of-the-money amount")  # fmt: skip
    covered_call: CoveredCallForm = term(CoveredCallForm, "", "how long stock with a short call is charged")
    covered_call_initial_rate: float = term(
        RATE, "of the stock's value", "the stock's share in the initial requirement of a covered call"
    )
    covered_put: CoveredPutForm = term(CoveredPutForm, "", "how short stock with a short put is charged")


@dataclass(frozen=True, slots=True, kw_only=True)
class CashTerms:
    """What a cash account may hold, and an IRA where it differs from a margin account."""

    spreads: CashSpreads = term(CashSpreads, "", "which spreads a cash account may hold")
    ira_spreads: CashSpreads = term(CashSpreads, "", "which spreads an IRA may hold")
    uncovered_put: bool = term(FLAG, "", "whether a put may be written against cash to the amount of its strike")
    ira_uncovered_put: bool = term(FLAG, "", "whether an IRA may write a put against cash to the amount of its strike")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTerms:
    """Figures of the whole account."""

    minimum_equity: float = term(AMOUNT, "USD", "the least equity of a margin account that borrows or writes options")
    buying_power_multiple: float = term(RATE, "times the available funds", "buying power of a margin account")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Every term of one book in force on one day."""

    uncovered: UncoveredTerms
    straddle: StraddleTerms
    spread: SpreadTerms
    long_option: LongOptionTerms
    stock: StockTerms
    cash: CashTerms
    account: AccountTerms
