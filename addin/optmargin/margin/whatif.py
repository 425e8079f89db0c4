"""What if: the requirement before and after legs are added, how many of them fit, and margin when the market moves.

Adding a leg changes cash by its price (buying pays, selling receives) and the account's positions by as much, so that net liq
stays as it is where the trade is at the mark; what is left over is net liq less the deposit of the book that holds both.
Commissions are not counted.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core import figures
from optmargin.core.contracts import AccountType, AssetClass, Right
from optmargin.core.errors import ErrorCode, MarginError, Severity
from optmargin.core.instruments import instrument
from optmargin.core.legs import LegTable
from optmargin.core.money import plain
from optmargin.margin.account import margin_legs
from optmargin.margin.requirement import AccountRequirement

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from optmargin.core.contracts import Settlement
    from optmargin.core.errors import Finding
    from optmargin.rules.book import TermsInForce

# Moves of the underlying as fractions of its price: -20 % to +20 % in steps of 5 %.
GRID = tuple(step / 100 for step in range(-20, 21, 5))
STRESS_ASSUMPTION = (
    "Option marks after a move are an assumption: intrinsic value at the moved price plus today's time value, never below zero. "
    "No pricing model: time value and volatility stay as they are."
)
MOST = 1_000_000  # of a candidate; whoever can hold more has no question of margin

_HALF_A_CENT = 0.005
_CENT = 0.01 + 1e-9
_CHECKED = 8  # numbers of a candidate that are tried one by one, from 1 up and below the answer
_LARGEST_LOT = 100  # contracts and stock meet in round lots at this many candidates, or sooner


# Figures of an account -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """An account's requirement and what it leaves, USD; NaN where net liq or a price isn't known.

    Attributes:
        requirement: initial and maintenance in the three conventions, the groups and the findings.
        net_liq: net liquidation value.
        available: available funds: net liq less the initial deposit.
        excess_liquidity: net liq less the maintenance deposit.
    """

    requirement: AccountRequirement
    net_liq: float
    available: float
    excess_liquidity: float

    @classmethod
    def of(cls, requirement: AccountRequirement, net_liq: float) -> Standing:
        """What a net liq leaves beside a requirement."""
        return cls(
            requirement,
            net_liq,
            float(figures.available(net_liq, requirement.initial.deposit)),
            float(figures.available(net_liq, requirement.maintenance.deposit)),
        )

    @property
    def cushion(self) -> float:
        """Excess liquidity as a fraction of net liq; NaN where net liq isn't above zero."""
        return float(figures.cushion(self.net_liq, self.excess_liquidity))


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure before and after; NaN where it isn't known."""

    name: str
    before: float
    after: float

    @property
    def change(self) -> float:
        """After less before."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class GroupChange:
    """The requirement of one underlying and expiry before and after, in the book's convention; zero where it isn't there."""

    underlying: str
    expiry: dt.date | None
    settlement: Settlement
    figure: Figure


@dataclass(frozen=True, slots=True)
class Impact:
    """An account before and after legs are added.

    Attributes:
        before, after: the account's figures.
        legs_before, legs_after: the positions, with one market price for a contract and an underlying.
        paid: cash that the added legs cost at their prices, USD, negative where they bring money; NaN where one has none.
        gained: by how much net liq rises, USD: marks less the prices paid; zero at the mark.
    """

    before: Standing
    after: Standing
    legs_before: LegTable
    legs_after: LegTable
    paid: float
    gained: float

    @property
    def complete(self) -> bool:
        """Whether both requirements are whole."""
        return self.before.requirement.complete and self.after.requirement.complete

    def with_net_liq(self, net_liq: float) -> Impact:
        """The same with another net liq before, USD; NaN where it isn't known."""
        first, last = self.before.requirement, self.after.requirement
        return replace(self, before=Standing.of(first, net_liq), after=Standing.of(last, net_liq + self.gained))

    def figures(self) -> dict[str, Figure]:
        """Every figure by name; ``requirement`` and ``maintenance`` are in the book's own convention."""
        convention = self.before.requirement.book.convention
        first, last = self.before, self.after
        rows: dict[str, Callable[[Standing], float]] = {
            "requirement": lambda each: each.requirement.initial.in_convention(convention),
            "maintenance": lambda each: each.requirement.maintenance.in_convention(convention),
            "gross": lambda each: each.requirement.initial.gross,
            "deposit": lambda each: each.requirement.initial.deposit,
            "margin_field": lambda each: each.requirement.initial.field,
            "maintenance_gross": lambda each: each.requirement.maintenance.gross,
            "maintenance_deposit": lambda each: each.requirement.maintenance.deposit,
            "maintenance_field": lambda each: each.requirement.maintenance.field,
            "net_liq": lambda each: each.net_liq,
            "available_funds": lambda each: each.available,
            "excess_liquidity": lambda each: each.excess_liquidity,
            "cushion": lambda each: each.cushion,
        }
        return {name: Figure(name, of(first), of(last)) for name, of in rows.items()}

    def changed_groups(self) -> list[GroupChange]:
        """The groups whose requirement changes, comes into being or goes, by underlying and expiry."""
        convention = self.before.requirement.book.convention
        amounts: dict[tuple[str, dt.date | None, Settlement], list[float]] = {}
        for at, standing in enumerate((self.before, self.after)):
            for group in standing.requirement.groups:
                key = group.underlying, group.expiry, group.settlement
                amounts.setdefault(key, [0.0, 0.0])[at] = group.initial.in_convention(convention)
        changes = [GroupChange(*key, Figure("requirement", *both)) for key, both in amounts.items()]
        ordered = sorted(changes, key=lambda each: (each.underlying, each.expiry or dt.date.max, each.settlement))
        return [each for each in ordered if not abs(each.figure.change) < _HALF_A_CENT]  # NaN is a change too


# Adding legs -------------------------------------------------------------------------------------------------------------


def impact(
    legs: LegTable,
    added: LegTable,
    in_force: TermsInForce,
    *,
    as_of: dt.date | None,
    account_type: AccountType = AccountType.MARGIN,
    net_liq: float = math.nan,
    available: float = math.nan,
    account: str = "",
    findings: Sequence[Finding] = (),
    time_limit: float | None = None,
) -> Impact:
    """An account before and after legs are added to it.

    A contract has one market price: that of the positions where they have one, else that of the added legs. A leg that is added
    at another price than its mark moves net liq by the difference; at the mark, or without a price, net liq stays. Added legs
    that are the opposite of a position close it.

    Args:
        legs: the positions; may be none.
        added: the legs to add.
        in_force: the terms of the book.
        as_of: the day, or None.
        account_type: margin, cash or IRA.
        net_liq: net liquidation value before, USD; NaN where it isn't known, and then available funds, excess liquidity and
            cushion aren't either.
        available: available funds before as the broker states them, USD, in place of net liq less deposit; NaN takes the latter.
        account: the account's number, for the findings.
        findings: what is known to be wrong with the positions.
        time_limit: seconds for the pairing of one underlying, twice; None for as long as the proof takes.

    Raises:
        MarginError: ``#VALUE!`` when an underlying has one price in the positions and another in the added legs.
    """
    trade = _Trade.of(legs, added)
    margined = partial(
        margin_legs,
        in_force=in_force,
        as_of=as_of,
        account_type=account_type,
        account=account,
        findings=findings,
        time_limit=time_limit,
    )
    legs_before, legs_after = trade.before(), trade.after(1)
    before = Standing.of(margined(legs_before), net_liq)
    after = Standing.of(margined(legs_after), net_liq + trade.gained)
    if not math.isnan(available):
        before = replace(before, available=available)
        after = replace(after, available=available - _taken(before.requirement, after.requirement, trade, 1))
    return Impact(before, after, legs_before, legs_after, trade.paid, trade.gained)


def max_contracts(
    legs: LegTable,
    candidate: LegTable,
    available: float,
    in_force: TermsInForce,
    *,
    as_of: dt.date | None,
    account_type: AccountType = AccountType.MARGIN,
    account: str = "",
    findings: Sequence[Finding] = (),
    time_limit: float | None = None,
) -> int:
    """How many of a candidate may be added: the greatest whole n such that 1, 2, ... n of it all leave available funds of zero or more.

    The legs of the candidate with their quantities are one of it. Zero where the first doesn't fit, or where available funds are
    below zero already. Numbers above the first that doesn't fit are not looked at, even if one of them would fit again.

    The least requirement as a function of n is convex but for what round lots do to it, so that the numbers that fit are one
    run from zero: its end is found by doubling and halving. The first numbers and those below the end are tried one by one: eight
    of each, or with stock among the legs as many as it takes for shares to make up whole contracts, 100 at most.

    Args:
        legs: the positions; may be none.
        candidate: one of what is to be added.
        available: available funds before, USD.
        in_force: the terms of the book.
        as_of: the day, or None.
        account_type: margin, cash or IRA.
        account: the account's number, for the findings.
        findings: what is known to be wrong with the positions.
        time_limit: seconds for the pairing of one underlying for one n; where it runs out, a requirement may be above the
            least, and the answer is off by as much. None for as long as the proofs take.

    Raises:
        MarginError: ``#VALUE!`` for a candidate without legs; ``#N/A`` when a price, a spot or a rule is missing; ``#NUM!`` when
            more than a million fit, and when there is no limit at all.
    """
    if not len(candidate):
        raise MarginError(ErrorCode.VALUE, "the candidate has no legs", "give at least one row under its header")
    trade = _Trade.of(legs, candidate)
    # Totals are sums over underlyings: only those of the candidate change.
    concerned = np.isin(trade.table.underlying.astype(str), np.unique(candidate.underlying.astype(str)))
    trade = trade.where(concerned)
    margined = partial(
        margin_legs,
        in_force=in_force,
        as_of=as_of,
        account_type=account_type,
        account=account,
        findings=[each for each in findings if each.underlying in ("", *candidate.underlying)],
        time_limit=time_limit,
    )
    rest = margined(trade.before())
    _refuse_incomplete(rest)
    taken: dict[int, float] = {0: 0.0}

    def takes(count: int) -> float:
        """What so many take from available funds, USD; infinite where the account may not hold them."""
        if count not in taken:
            after = margined(trade.after(count))
            if not after.complete and count > 1 and account_type is not AccountType.MARGIN:
                taken[count] = math.inf  # the first was permitted, so it isn't a figure that is missing
            else:
                _refuse_incomplete(after)
                taken[count] = _taken(rest, after, trade, count)
                if math.isnan(taken[count]):
                    raise _no_price(trade.table)
        return taken[count]

    def fits(count: int) -> bool:
        return available - takes(count) > -_HALF_A_CENT

    if not fits(0):
        takes(1)  # says what is missing even so
        return 0
    run = max(_CHECKED, trade.lot())
    for count in range(1, run + 1):
        if not fits(count):
            return count - 1
    low, high = run, run
    while fits(high):
        if high >= MOST:
            raise _too_many(takes(MOST) - takes(MOST // 2))
        low, high = high, min(2 * high, MOST)
    while True:
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if fits(middle) else (low, middle)
        gap = next((count for count in range(max(low - run, 1), low) if not fits(count)), None)
        if gap is None:
            return low
        low, high = run, gap


def _too_many(growth: float) -> MarginError:
    if growth < _HALF_A_CENT:
        return MarginError(
            ErrorCode.NUM,
            "the candidate takes no available funds at any size: unlimited",
            "size it by its risk instead",
        )
    return MarginError(ErrorCode.NUM, f"more than {MOST:,} of the candidate fit", "ask with less available funds")


def _no_price(table: LegTable) -> MarginError:
    is_option = (table.right == Right.CALL) | (table.right == Right.PUT)
    without = np.flatnonzero(is_option & np.isnan(table.price))
    names = ", ".join(dict.fromkeys(table.row(int(at)).name for at in without[:3])) or "a leg"
    problem = f"{names}: the price is missing, and what a trade takes from available funds depends on it"
    return MarginError(ErrorCode.MISSING, problem, "give a price column")


def _refuse_incomplete(requirement: AccountRequirement) -> None:
    for finding in requirement.findings:
        if finding.severity is Severity.INCOMPLETE:
            raise MarginError(ErrorCode.MISSING, finding.problem, finding.remedy)


def _taken(before: AccountRequirement, after: AccountRequirement, trade: _Trade, count: int) -> float:
    """What so many of a trade take from available funds, USD: the rise of the deposit, less what net liq gains.

    Where prices of other legs are missing, so that no deposit is known, the margin field and the trade's own price say it as
    well, unless the book lends on long options.
    """
    rise = after.initial.deposit - before.initial.deposit
    terms = before.book.terms.long_option
    lends = min(terms.listed_long_term_rate, terms.otc_long_term_intrinsic_rate) < 1 or terms.european_box_rate > 0
    if math.isnan(rise) and not lends:
        rise = after.initial.field - before.initial.field + count * trade.option_value
    return rise - count * trade.gained


@dataclass(frozen=True, slots=True, eq=False)
class _Trade:
    """Positions and added legs in one table, with one market price for a contract and an underlying.

    Attributes:
        table: the positions, then the added legs, all at their marks.
        held: how many rows are positions.
        same: for each added row the rows before it that are the same contract, in order.
        paid: cash for one of the trade at the legs' own prices, USD; NaN where a leg has none.
        gained: by how much net liq rises with one of the trade: marks less the prices paid, USD.
        option_value: market value of the options of one of the trade, USD; NaN where one has no price.
    """

    table: LegTable
    held: int
    same: tuple[NDArray[np.intp], ...]
    paid: float
    gained: float
    option_value: float

    @classmethod
    def of(cls, legs: LegTable, added: LegTable) -> _Trade:
        """The positions and what is added to them."""
        held = len(legs)
        table = _shared_market(_stacked(legs, added), held)
        price = table.price.copy()
        same = []
        for at in range(held, len(table)):
            rows = _same_contract(table, at)
            known = price[rows][~np.isnan(price[rows])]
            # The positions stand first in the table: theirs is the mark.
            price[[*rows[np.isnan(price[rows])], *rows[rows >= held]]] = known[0] if len(known) else math.nan
            same.append(rows[rows < at])
        marked = replace(table, price=price)
        units = added.quantity * added.multiplier
        own = np.where(np.isnan(table.price[held:]), price[held:], table.price[held:])
        gained = np.where(np.isnan(own), 0.0, (price[held:] - own) * units)
        is_option = (added.right == Right.CALL) | (added.right == Right.PUT)
        value = (price[held:] * units)[is_option]
        return cls(marked, held, tuple(same), math.fsum(own * units), math.fsum(gained), math.fsum(value))

    def where(self, chosen: NDArray[np.bool_]) -> _Trade:
        """The trade without the positions in other underlyings; all added legs stay."""
        place = np.cumsum(chosen) - 1
        held = int(chosen[: self.held].sum())
        return replace(
            self, table=self.table.where(chosen), held=held, same=tuple(place[rows] for rows in self.same)
        )  # fmt: skip

    def before(self) -> LegTable:
        """The positions alone."""
        return self.table.where(np.arange(len(self.table)) < self.held)

    def after(self, count: int) -> LegTable:
        """The positions with so many of the trade; what closes a position is taken off it."""
        quantity = self.table.quantity.copy()
        quantity[self.held :] *= count
        for at, rows in enumerate(self.same, start=self.held):
            for row in rows:
                if quantity[row] * quantity[at] < 0:
                    closed = math.copysign(min(abs(quantity[row]), abs(quantity[at])), quantity[at])
                    quantity[row] += closed
                    quantity[at] -= closed
            if len(rows):  # one line for one contract
                quantity[rows[0]] += quantity[at]
                quantity[at] = 0.0
        return replace(self.table, quantity=quantity).where(quantity != 0)

    def lot(self) -> int:
        """How many of the trade it takes until its shares of stock make up whole contracts; 1 without stock."""
        stock = self.table.quantity[self.held :][self.table.right[self.held :] == Right.STOCK]
        lots = [_LARGEST_LOT // math.gcd(int(shares), _LARGEST_LOT) if shares == int(shares) else _LARGEST_LOT for shares in stock]  # fmt: skip
        return min(math.lcm(*lots), _LARGEST_LOT) if lots else 1


def _stacked(first: LegTable, second: LegTable) -> LegTable:
    return LegTable(
        **{
            column.name: np.concatenate((getattr(first, column.name), getattr(second, column.name)))
            for column in fields(LegTable)
        }
    )


def _same_contract(table: LegTable, at: int) -> NDArray[np.intp]:
    """The rows that hold the contract of a row, itself among them, in order.

    Roots of one index (SPX, SPXW) whose options settle at the same moment are one contract; an adjusted option (AAPL1) isn't.
    """
    same = np.ones(len(table), dtype=np.bool_)
    for name in ("underlying", "right", "multiplier", "asset_class", "style", "settlement", "cash_settled", "leverage", "listed"):  # fmt: skip
        column = getattr(table, name)
        same &= column == column[at]
    same &= (table.strike == table.strike[at]) | (np.isnan(table.strike) & np.isnan(table.strike[at]))
    same &= (table.expiry == table.expiry[at]) | (np.isnat(table.expiry) & np.isnat(table.expiry[at]))
    rows = np.flatnonzero(same)
    return rows[[_family(table.root[row]) == _family(table.root[at]) for row in rows]]


def _family(root: str) -> str:
    return instrument(root).underlying


def _shared_market(table: LegTable, held: int) -> LegTable:
    """The table with the price, the class and the leverage of an underlying that some rows state in its other rows too."""
    spot, price = table.spot.copy(), table.price.copy()
    asset_class, assumed = table.asset_class.copy(), table.assumed.copy()
    leverage, cash_settled = table.leverage.copy(), table.cash_settled.copy()
    is_stock = table.right == Right.STOCK
    for name in dict.fromkeys(table.underlying[held:]):
        mine = (table.underlying == name) & (table.right != Right.FUTURE)
        mine &= np.array([each is not AssetClass.FUTURE for each in asset_class], dtype=np.bool_)
        here = np.arange(len(table)) < held
        known = [spot[mine & part & ~np.isnan(spot)] for part in (here, ~here)]
        if all(len(each) for each in known) and abs(known[0][0] - known[1][0]) > _CENT:
            prices = f"{plain(known[0][0])} in the positions and {plain(known[1][0])} in the added legs"
            raise MarginError(ErrorCode.VALUE, f"{name} has two prices: {prices}", "give one price of the underlying")
        spots = np.concatenate(known)
        if len(spots):
            spot[mine & np.isnan(spot)] = spots[0]
            price[mine & is_stock & np.isnan(price)] = spots[0]
        stated = np.flatnonzero(mine & ~assumed)
        if len(stated):
            row, follow = stated[0], mine & assumed
            asset_class[follow], leverage[follow], cash_settled[follow] = (
                asset_class[row],
                leverage[row],
                cash_settled[row],
            )
            assumed[follow] = False
    return replace(table, spot=spot, price=price, asset_class=asset_class, assumed=assumed, leverage=leverage, cash_settled=cash_settled)  # fmt: skip


# Moves of the underlying -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StressPoint:
    """An account after a move of the underlyings; ``move`` is a fraction of their prices."""

    move: float
    standing: Standing


def stress(
    legs: LegTable,
    in_force: TermsInForce,
    moves: Sequence[float] = GRID,
    *,
    as_of: dt.date | None,
    account_type: AccountType = AccountType.MARGIN,
    net_liq: float = math.nan,
    underlying: str = "",
    at_rest: AccountRequirement | None = None,
    account: str = "",
    time_limit: float | None = None,
) -> tuple[StressPoint, ...]:
    """Margin and cushion after each move of the underlyings: all by the same percentage, or one of them alone.

    Stock and underlyings move by the percentage, leveraged funds too, whatever their factor. There is no pricing model here: an
    option's mark after the move is its intrinsic value at the moved price plus today's time value, never below zero
    (:data:`STRESS_ASSUMPTION`). The requirement is that of the moved prices and marks; net liq moves by the change of the marks
    and of the stock.

    Args:
        legs: the positions.
        in_force: the terms of the book.
        moves: fractions of the price, each above -1; -0.1 is 10 % down.
        as_of: the day, or None.
        account_type: margin, cash or IRA.
        net_liq: net liquidation value before the move, USD; NaN where it isn't known.
        underlying: the one that moves; empty for all.
        at_rest: the requirement without a move, where it is known already.
        account: the account's number, for the findings.
        time_limit: seconds for the pairing of one underlying at each move; None for as long as the proof takes.

    Raises:
        MarginError: ``#NUM!`` for a move of -100 % or less; ``#N/A`` when a leg that moves has no price or no spot; ``#VALUE!``
            when no leg is in the underlying that is to move.
    """
    points = []
    for move in moves:
        after = moved(legs, move, underlying)
        if move == 0 and at_rest is not None:
            margined = at_rest
        else:
            margined = margin_legs(
                after, in_force, as_of=as_of, account_type=account_type, account=account, time_limit=time_limit
            )
        gain = math.fsum(
            np.where(after.price == legs.price, 0.0, (after.price - legs.price) * legs.quantity * legs.multiplier)[
                _moves(legs, underlying)
            ]
        )
        points.append(StressPoint(move, Standing.of(margined, net_liq + gain)))
    return tuple(points)


def _moves(legs: LegTable, underlying: str) -> NDArray[np.bool_]:
    return np.asarray((legs.underlying == underlying) if underlying else np.ones(len(legs)), dtype=np.bool_)


def moved(legs: LegTable, move: float, underlying: str = "") -> LegTable:
    """The legs after a move of the underlyings, at the marks of :data:`STRESS_ASSUMPTION`; arguments as for :func:`stress`.

    Raises:
        MarginError: as :func:`stress`.
    """
    if not (math.isfinite(move) and move > -1):
        raise MarginError(
            ErrorCode.NUM, f"a move of {move:.10g} leaves no price", "write fractions above -1: -0.1 is 10 % down"
        )
    mine = _moves(legs, underlying)
    if underlying and not mine.any():
        raise MarginError(ErrorCode.VALUE, f"there is no position in {underlying}", "check its name")
    is_stock = legs.right == Right.STOCK
    is_option = (legs.right == Right.CALL) | (legs.right == Right.PUT)
    _refuse_missing(legs, mine & is_option & np.isnan(legs.spot), "spot", "give --spot {}=PRICE, or a spot column")
    _refuse_missing(legs, mine & (is_option | is_stock) & np.isnan(legs.price), "price", "give its market price")
    if move == 0:
        return legs
    sign = np.where(legs.right == Right.CALL, 1.0, -1.0)
    spot = np.where(mine, legs.spot * (1 + move), legs.spot)
    intrinsic, after = (np.maximum(sign * (at - legs.strike), 0.0) for at in (legs.spot, spot))
    # The change of intrinsic value, not a sum of parts: a mark that doesn't change stays the same to the last bit.
    option = np.maximum(legs.price + (after - intrinsic), 0.0)
    stock = legs.price * (1 + move)
    price = np.where(mine & is_option, option, np.where(mine & is_stock, stock, legs.price))
    return replace(legs, spot=spot, price=price)


def _refuse_missing(legs: LegTable, where: NDArray[np.bool_], what: str, remedy: str) -> None:
    rows = np.flatnonzero(where)
    if not len(rows):
        return
    first = legs.row(int(rows[0]))
    others = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
    problem = f"{first.name}{others}: the {what} is missing, and a move can't be worked out without it"
    raise MarginError(ErrorCode.MISSING, problem, remedy.format(first.underlying))
