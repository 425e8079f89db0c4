"""The records that a margin report consists of; what is missing is None, and no figure is made up for it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from optmargin.core.errors import Finding


@dataclass(frozen=True, slots=True)
class AccountFigures:
    """The account's figures, USD; None where something that they need is missing.

    Attributes:
        net_liq: net liquidation value.
        cash: cash balance.
        stock_value: market value of stock, signed.
        option_value: market value of options, signed.
        equity_with_loan: equity with loan value: net liq without the options (IBKR's definition for US options).
        initial, maintenance: the requirement in the book's convention.
        long_cost, proceeds: market value of long options, and of short ones as a positive amount.
        deposit: own money that the book ties up: long options and risk, less proceeds.
        available_funds: what may still be committed: net liq less the initial deposit, which is equity with loan value less
            the initial margin field.
        excess_liquidity: net liq less the maintenance deposit; below zero the broker liquidates.
        cushion: excess liquidity as a fraction of net liq.
        buying_power: available funds times the book's multiple.
        leverage: gross position value as a multiple of net liq.
        slot_width: USD per share between the strikes of one slot.
        slots: slots that net liq holds on one side.
        slots_used: slots that the requirement takes; may be a fraction.
        gross, margin_field: the initial requirement in those conventions; ``deposit`` is the third.
        maintenance_gross, maintenance_deposit, maintenance_field: the maintenance requirement in the three.
    """

    net_liq: float | None
    cash: float | None
    stock_value: float | None
    option_value: float | None
    equity_with_loan: float | None
    initial: float | None
    maintenance: float | None
    long_cost: float | None
    proceeds: float | None
    deposit: float | None
    available_funds: float | None
    excess_liquidity: float | None
    cushion: float | None
    buying_power: float | None
    leverage: float | None
    slot_width: float
    slots: int | None
    slots_used: float | None
    gross: float | None = None
    margin_field: float | None = None
    maintenance_gross: float | None = None
    maintenance_deposit: float | None = None
    maintenance_field: float | None = None


@dataclass(frozen=True, slots=True)
class ExpiryRow:
    """One underlying and one expiry; money in USD, None where missing.

    Attributes:
        days: days to expiry from the report's day; None for stock.
        put_side, call_side: strike risk of the side's covered legs, and its uncovered shorts in full.
        requirement, maintenance: in the book's convention.
        slots_used: the requirement without long options' cost in the account's slots; may be a fraction.
        free_put_slots, free_call_slots: slots that may be added to the side with no more margin.
        released: how much less the account requires after this expiry.
        remaining: what the account then still requires.
        gross, deposit, margin_field: the initial requirement in the three conventions; ``maintenance_...`` likewise.
    """

    underlying: str
    expiry: dt.date | None
    settlement: str
    days: int | None
    put_side: float | None
    call_side: float | None
    requirement: float | None
    maintenance: float | None
    max_loss: float | None
    worst_price: float | None
    slots_used: float | None
    free_put_slots: int | None
    free_call_slots: int | None
    released: float | None
    remaining: float | None
    gross: float | None = None
    deposit: float | None = None
    margin_field: float | None = None
    maintenance_gross: float | None = None
    maintenance_deposit: float | None = None
    maintenance_field: float | None = None


@dataclass(frozen=True, slots=True)
class PositionRow:
    """One leg as it was read; money in USD per share or USD."""

    line: int
    underlying: str
    root: str
    right: str
    strike: float | None
    expiry: dt.date | None
    days: int | None
    quantity: float
    price: float | None
    multiplier: float
    value: float | None
    spot: float | None
    asset_class: str
    style: str
    leverage: float


@dataclass(frozen=True, slots=True)
class WorkingRow:
    """One line of the working; the amounts of an expiry add up to its requirement."""

    underlying: str
    expiry: dt.date | None
    rule: str
    label: str
    working: str
    amount: float | None
    maintenance: float | None
    source: str
    settlement: str = "pm"


@dataclass(frozen=True, slots=True)
class StressRow:
    """The account after every underlying has moved by one percentage; money in USD, None where missing.

    Option marks after the move are assumed: intrinsic value at the moved price plus today's time value, never below zero.

    Attributes:
        move: fraction of the underlyings' prices; -0.1 is 10 % down.
        requirement, maintenance: in the book's convention.
        net_liq: with the change of the marks and of stock.
        available_funds, excess_liquidity: net liq less the initial, and the maintenance deposit.
        cushion: excess liquidity as a fraction of net liq; None where that isn't above zero.
    """

    move: float
    requirement: float | None
    maintenance: float | None
    net_liq: float | None
    available_funds: float | None
    excess_liquidity: float | None
    cushion: float | None


@dataclass(frozen=True, slots=True)
class StrategyRow:
    """What traders call a part of the book; a label, which decides nothing.

    Attributes:
        underlying: such as ``SPX``.
        name: such as ``iron condor``.
        units: how many of it; shares for stock alone.
        label: ``5 x iron condor 3795/3800/3980/3985``.
        legs: its legs in words.
    """

    underlying: str
    name: str
    units: float
    label: str
    legs: str


@dataclass(frozen=True, slots=True)
class MarginReport:
    """One account on one day under one book.

    Attributes:
        account: the account's number; may be empty.
        as_of: the day that the figures are of.
        file: the file that they came from, and ``layout`` what it was recognised as.
        book, book_title, convention: the rule book; ``convention`` is gross, net or field.
        account_type: margin, cash or ira.
        complete: False when a requirement is missing: totals are None then.
        assumptions: sentences about what was assumed (unknown roots, prices taken from the file).
        findings: what was noticed, first what makes it incomplete.
        stress: the account after moves of the underlyings; empty where that can't be worked out or wasn't asked for.
        stress_words: by which assumption the stress was worked out, or what is missing for it.
        strategies: what traders call the parts of the book.
    """

    account: str
    as_of: dt.date
    file: str
    layout: str
    book: str
    book_title: str
    convention: str
    account_type: str
    complete: bool
    figures: AccountFigures
    expiries: tuple[ExpiryRow, ...]
    positions: tuple[PositionRow, ...]
    working: tuple[WorkingRow, ...]
    findings: tuple[Finding, ...]
    stress: tuple[StressRow, ...] = ()
    stress_words: str = ""
    strategies: tuple[StrategyRow, ...] = ()
