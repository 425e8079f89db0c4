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
        segment: securities or futures.
        by: strategy, portfolio or span: how the row was margined; futures are one row over all expiries by SPAN, and a class under
            portfolio margin is one too.
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
    segment: str = "securities"
    by: str = "strategy"


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
    segment: str = "securities"


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
class SegmentRow:
    """One segment of the account, margined apart from the other; money in USD, None where missing.

    Attributes:
        segment: securities, or futures (futures and options on them).
        method: strategy, portfolio or span.
        level: of a SPAN figure: exact, calibrated or reference; empty elsewhere.
        complete: False when its requirement is missing.
        initial, maintenance: what must be held; in the book's convention where the method is strategy.
        deposit, maintenance_deposit: what the segment's net liq is tied up by: net liq less it is what is left over.
        cash: cash balance of the segment.
        position_value: market value of its stock and options; futures have none, since their gains and losses are cash already.
        net_liq: cash and position value.
        available_funds, excess_liquidity: net liq less the initial, and the maintenance deposit.
        cushion: excess liquidity as a fraction of the segment's net liq; None where that isn't above zero.
        state: in words what is to be said of it, first where it lacks money; empty where all is well.
        source: by whose rules or parameters.
    """

    segment: str
    method: str
    level: str
    complete: bool
    initial: float | None
    maintenance: float | None
    deposit: float | None
    maintenance_deposit: float | None
    cash: float | None
    position_value: float | None
    net_liq: float | None
    available_funds: float | None
    excess_liquidity: float | None
    cushion: float | None
    state: str
    source: str


@dataclass(frozen=True, slots=True)
class MethodRow:
    """The securities segment by one method, to be held against the other; money in USD, None where missing.

    Attributes:
        method: strategy or portfolio.
        counts: whether it is the method of the report's figures.
        complete: False when its requirement is missing.
        initial, maintenance: the requirement; under portfolio margin premiums are outside of it.
        deposit, maintenance_deposit: what net liq is tied up by: the figures of two methods that can be held side by side.
        available_funds, excess_liquidity, cushion: what that leaves, as in :class:`SegmentRow`.
        net_liq: of the securities.
        long_cost, proceeds: market value of long options, and of short ones as a positive amount.
        binds: what decides it: under portfolio margin class by class ``S&P 500: loss at -8.00%``.
        words: why it is missing, and what was assumed.
    """

    method: str
    counts: bool
    complete: bool
    initial: float | None
    maintenance: float | None
    deposit: float | None
    maintenance_deposit: float | None
    available_funds: float | None
    excess_liquidity: float | None
    cushion: float | None
    net_liq: float | None
    long_cost: float | None
    proceeds: float | None
    binds: str
    words: str


@dataclass(frozen=True, slots=True)
class RiskRow:
    """One combined commodity under SPAN, component by component; money in its own currency, None where missing.

    Attributes:
        code, name, currency: of the combined commodity.
        contracts: different contracts held.
        scan_risk: loss in the scenario that binds.
        active_scenario: its number, 1 to 16; None where tiers bind in different ones, or none loses.
        scenario: it in words.
        intermonth, spot, intercommodity, minimum: charges, the credit as a positive amount, and the short option minimum.
        net_value: long less short option value.
        risk: maintenance risk after all of these and the broker's factor.
        maintenance, initial: what it asks for alone: risk less net option value, never negative.
        losses: in each of the 16 scenarios; a gain is negative.
        level, source: how far the figures can be trusted, and whose parameters they are by.
    """

    code: str
    name: str
    currency: str
    contracts: int
    scan_risk: float | None
    active_scenario: int | None
    scenario: str
    intermonth: float | None
    spot: float | None
    intercommodity: float | None
    minimum: float | None
    net_value: float | None
    risk: float | None
    maintenance: float | None
    initial: float | None
    losses: tuple[float | None, ...]
    level: str
    source: str


@dataclass(frozen=True, slots=True)
class ParachuteRow:
    """One level of the account's parachutes at fair prices, without fees; money in USD, prices in USD per share.

    Attributes:
        level: parachutes used so far.
        slots: slots that stand.
        credit: of each slot sold at this level.
        cash: what the campaign has brought so far.
        margin, initial: maintenance and initial margin of the whole account then, by the margin engine; the cost and the proceeds of
            options are outside of both.
        excess: excess liquidity: equity with loan value and cash less margin.
        cushion: excess as a fraction of the net liq then; None where that isn't above zero.
        fits: whether this level and all before it leave what must be left.
        stop_pnl: P&L of the campaign when the level is assailed and everything is bought out.
        max_loss_pnl: P&L when everything that stands loses its full width.
        reach: probability of getting here at fair prices.
    """

    level: int
    slots: int
    credit: float
    cash: float
    margin: float
    initial: float
    excess: float
    cushion: float | None
    fits: bool
    stop_pnl: float
    max_loss_pnl: float
    reach: float


@dataclass(frozen=True, slots=True)
class ParachutePlan:
    """The parachutes of the account: from which position they start, and the levels; money in USD, prices in USD per share.

    Attributes:
        position: the spread of the account's own that it is about; empty where it is about a new position.
        slots, width, multiplier: of the first position.
        credit: its mark where it is held, else an assumption.
        buyback: an assumption: half of the width.
        mark: what the held spread is worth; 0 where it is a new position.
        other_margin, other_initial: maintenance and initial margin of everything else.
        parachutes: how many are planned.
        fits: how many of the levels looked at fit; -1 where not even the first position does.
        worth: how many of those planned make the account grow.
        rows: the levels, as far as the margin engine was asked: those planned, and beyond them until one doesn't fit.
    """

    position: str
    slots: int
    width: float
    multiplier: float
    credit: float
    buyback: float
    mark: float
    other_margin: float
    other_initial: float
    parachutes: int
    fits: int
    worth: int
    rows: tuple[ParachuteRow, ...]


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
        method: auto, strategy, span or portfolio: how the figures were found.
        segments: securities and futures apart, each with what it leaves.
        methods: the securities by strategy and by portfolio margin, side by side.
        risks: the futures by combined commodity.
        parachutes: the account's parachutes; None where they can't be worked out or weren't asked for.
        parachute_words: by which assumptions they were worked out, or what is missing.
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
    method: str = "strategy"
    segments: tuple[SegmentRow, ...] = ()
    methods: tuple[MethodRow, ...] = ()
    risks: tuple[RiskRow, ...] = ()
    parachutes: ParachutePlan | None = None
    parachute_words: str = ""
