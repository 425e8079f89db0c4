"""What is asked and what is answered: one account's options on one underlying, and the cheapest permitted pairing of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optmargin.core.contracts import Right
from optmargin.core.errors import ErrorCode, MarginError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

CALL = int(Right.CALL)
PUT = int(Right.PUT)

# Listed strikes have at most three decimals (the OCC symbol holds eight digits, three of them after the point), so a
# strike in thousandths is a whole number, and sums of counts times strikes carry no rounding at all.
TICKS_PER_DOLLAR = 1000.0


def _no_floats() -> Floats:
    return np.zeros(0)


def _no_integers() -> Integers:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class PairingProblem:
    """One account, one underlying, one exercise style, one multiplier: what may pair with what, and at which price.

    Expiries are numbered from 0 in order of time. Arrays of one prefix have one length.

    Attributes:
        short_right: 1 for a call, 2 for a put, per short leg.
        short_expiry: number of the expiry.
        short_strike: USD per share.
        short_units: contracts, a positive whole number.
        short_uncovered: requirement of one uncovered contract in USD, its premium included; NaN where it is unknown.
        short_spared: what one uncovered contract costs in USD as the spared side of a straddle (its premium); NaN unknown.
        long_right: as for the shorts.
        long_expiry: as for the shorts.
        long_strike: as for the shorts.
        long_units: as for the shorts.
        shares: the multiplier: shares per contract, so USD lost per USD of intrinsic value.
        straddles: whether an uncovered call and an uncovered put may pair, so that only the greater side pays in full.
        straddles_across_expiries: whether the two may expire on different days.
        lesser_of_uncovered: whether a short that could be covered may stay uncovered because that is cheaper. If not, the
            number of uncovered contracts is made as small as the long options and the stock permit, whatever it costs,
            and the cheapest pairing with that number is taken.
        stock_units: stock in units of ``shares`` shares, a count without sign.
        activity_cost: USD per unit of stock that is used so; every unit is used by exactly one activity.
        activity_short: index of the short leg of which each such unit uses one contract, or -1.
        activity_long: index of the long leg of which each such unit uses one contract, or -1.
    """

    short_right: NDArray[Any]
    short_expiry: NDArray[Any]
    short_strike: Floats
    short_units: NDArray[Any]
    short_uncovered: Floats
    short_spared: Floats
    long_right: NDArray[Any]
    long_expiry: NDArray[Any]
    long_strike: Floats
    long_units: NDArray[Any]
    shares: float
    straddles: bool = True
    straddles_across_expiries: bool = False
    lesser_of_uncovered: bool = True
    stock_units: int = 0
    activity_cost: Floats = field(default_factory=_no_floats)
    activity_short: NDArray[Any] = field(default_factory=_no_integers)
    activity_long: NDArray[Any] = field(default_factory=_no_integers)


@dataclass(frozen=True, eq=False)
class Pairing:
    """The decision that costs least, what it costs, and what is proven about it.

    Attributes:
        total: USD; the cost of unknown uncovered contracts isn't in it.
        bound: USD; no permitted decision costs less.
        gap: ``total - bound`` in USD; exactly 0 when the decision is proven to be the cheapest.
        proven: whether the gap is 0.
        covered: contracts per short that long options of its group cover.
        uncovered: contracts per short that nothing covers.
        spared: contracts per short, among the uncovered, that pay their premium only because the other side pays.
        unknown_uncovered: contracts per short that are uncovered although their requirement is unknown.
        assigned_long: index of the long leg, per assignment.
        assigned_expiry: number of the expiry whose shorts it covers, per assignment.
        assigned_units: contracts, per assignment.
        activity_units: units of stock per activity.
        group_loss: USD per expiry: the worst settlement loss of what is covered there.
        group_settlement: USD per share, per expiry: the settlement price at which the loss is worst; NaN without a loss.
        pair_call: index of the short call, per straddle.
        pair_put: index of the short put, per straddle.
        pair_units: contracts, per straddle.
        pair_spared: the right of the side that pays its premium only, per straddle.
    """

    total: float
    bound: float
    gap: float
    proven: bool
    covered: Integers
    uncovered: Integers
    spared: Integers
    unknown_uncovered: Integers
    assigned_long: Integers
    assigned_expiry: Integers
    assigned_units: Integers
    activity_units: Integers
    group_loss: Floats
    group_settlement: Floats
    pair_call: Integers
    pair_put: Integers
    pair_units: Integers
    pair_spared: Integers


@dataclass(frozen=True, eq=False)
class Book:
    """The legs of a problem, checked, merged and sorted by right, expiry and strike.

    Lots that nothing distinguishes are one leg here, so that neither the order of the lots nor how they were split can
    change the answer. ``short_of`` and ``long_of`` lead from the lots of the problem to the legs of the book.
    Amounts are USD per contract, as in the problem; unknown requirements stay NaN.
    """

    right: Integers
    expiry: Integers
    strike: Floats
    units: Integers
    uncovered: Floats
    spared: Floats
    long_right: Integers
    long_expiry: Integers
    long_strike: Floats
    long_units: Integers
    shares: float
    stock_units: int
    activity_cost: Floats
    activity_short: Integers
    activity_long: Integers
    short_of: Integers
    long_of: Integers
    expiries: int

    @property
    def unknown(self) -> Booleans:
        """Whether the requirement of an uncovered contract is unknown, per short."""
        return np.isnan(self.uncovered)


@dataclass(frozen=True, eq=False)
class Decision:
    """Whole numbers of contracts, in the order of a book's legs: what is decided, before anything is priced.

    Attributes:
        covered: contracts per short that long options cover.
        spared: contracts per short that are the spared side of a straddle.
        strike: cover by strike: USD per share, with the right and expiry of the shorts that it covers.
        right: the right of that cover.
        expiry: the expiry of the shorts that it covers (the long options expire then or later).
        units: contracts of that cover.
        activity_units: units of stock per activity.
    """

    covered: Integers
    spared: Integers
    strike: Floats
    right: Integers
    expiry: Integers
    units: Integers
    activity_units: Integers

    def uncovered(self, book: Book) -> Integers:
        """Contracts per short that neither an option nor stock covers."""
        return book.units - self.covered - used_with_stock(book.activity_short, self.activity_units, book.units.size)


def used_with_stock(leg_of_activity: Integers, activity_units: Integers, legs: int) -> Integers:
    """Contracts per leg that the activities use; an activity without such a leg has index -1."""
    with_leg = leg_of_activity >= 0
    used = np.bincount(leg_of_activity[with_leg], weights=activity_units[with_leg], minlength=legs)
    return used.astype(np.int64)


def checked(problem: PairingProblem) -> PairingProblem:
    """The same problem with arrays of the expected kinds; whatever no rule can price is refused."""
    shares = float(problem.shares)
    columns: dict[str, Any] = {}
    for side in ("short", "long"):
        for name in ("right", "expiry", "units"):
            columns[f"{side}_{name}"] = _whole(getattr(problem, f"{side}_{name}"), f"{side}_{name}")
        columns[f"{side}_strike"] = np.asarray(problem.__dict__[f"{side}_strike"], dtype=np.float64)
    columns["short_uncovered"] = np.asarray(problem.short_uncovered, dtype=np.float64)
    columns["short_spared"] = np.asarray(problem.short_spared, dtype=np.float64)
    columns["activity_cost"] = np.asarray(problem.activity_cost, dtype=np.float64)
    columns["activity_short"] = _whole(problem.activity_short, "activity_short")
    columns["activity_long"] = _whole(problem.activity_long, "activity_long")

    for side in ("short", "long", "activity"):
        sizes = {name: column.shape for name, column in columns.items() if name.startswith(side)}
        _require(len(set(sizes.values())) == 1, f"the {side} columns differ in length: {sizes}", "one entry per leg")
    for side in ("short", "long"):
        right, strike = columns[f"{side}_right"], columns[f"{side}_strike"]
        _require(bool(((right == CALL) | (right == PUT)).all()), f"a {side} leg is neither call nor put", "1 or 2")
        _require(
            bool((columns[f"{side}_units"] > 0).all()), f"a {side} leg has no contracts", "a positive whole number"
        )
        _require(
            bool((columns[f"{side}_expiry"] >= 0).all()), f"a {side} leg has a negative expiry number", "0, 1, 2 ..."
        )
        _require(
            bool((np.isfinite(strike) & (strike > 0)).all()), f"a {side} leg has no strike", "USD per share above 0"
        )
    for name in ("short_uncovered", "short_spared"):
        amounts = columns[name]
        _require(
            not bool(((amounts < 0) | np.isinf(amounts)).any()), f"{name} has a negative or infinite amount", "USD"
        )
    _require(np.isfinite(shares) and shares > 0, f"the multiplier is {shares}", "shares per contract above 0")
    _require(
        bool(np.isfinite(columns["activity_cost"]).all()),
        "a use of stock has no cost",
        "leave out what can't be priced",
    )
    for side in ("short", "long"):
        leg = columns[f"activity_{side}"]
        _require(
            bool(((leg >= -1) & (leg < columns[f"{side}_right"].size)).all()),
            f"a use of stock names no {side} leg",
            "-1",
        )
    _require(problem.stock_units >= 0, "stock_units is negative", "a count without sign")
    alone = (columns["activity_short"] == -1) & (columns["activity_long"] == -1)
    _require(
        problem.stock_units == 0 or bool(alone.any()), "stock without a price of its own", "add the activity (-1, -1)"
    )
    return replace(problem, shares=shares, stock_units=int(problem.stock_units), **columns)


def _whole(column: NDArray[Any], name: str) -> Integers:
    values = np.asarray(column)
    if values.dtype.kind not in "iu":
        _require(values.size == 0 or bool((values == np.rint(values)).all()), f"{name} isn't whole", "whole numbers")
    return values.astype(np.int64, copy=False)


def _require(holds: bool, problem: str, remedy: str) -> None:  # noqa: FBT001 - reads as a sentence where it is used
    if not holds:
        raise MarginError(ErrorCode.NUM, problem, remedy)


def canonical(problem: PairingProblem) -> Book:
    """The book of a checked problem."""
    # A lot that a use of stock names stays by itself: the use is limited to that lot's contracts.
    alone = np.full(problem.short_right.size, -1)
    named = problem.activity_short[problem.activity_short >= 0]
    alone[named] = named
    shorts = (
        problem.short_right,
        problem.short_expiry,
        problem.short_strike,
        problem.short_uncovered,
        problem.short_spared,
        alone,
    )
    long_alone = np.full(problem.long_right.size, -1)
    named = problem.activity_long[problem.activity_long >= 0]
    long_alone[named] = named
    longs = (problem.long_right, problem.long_expiry, problem.long_strike, long_alone)
    short_of, first_short = _merged(shorts)
    long_of, first_long = _merged(longs)
    present = np.concatenate([problem.short_expiry, problem.long_expiry])
    return Book(
        right=problem.short_right[first_short],
        expiry=problem.short_expiry[first_short],
        strike=problem.short_strike[first_short],
        units=_sums(short_of, problem.short_units, first_short.size),
        uncovered=problem.short_uncovered[first_short],
        spared=problem.short_spared[first_short],
        long_right=problem.long_right[first_long],
        long_expiry=problem.long_expiry[first_long],
        long_strike=problem.long_strike[first_long],
        long_units=_sums(long_of, problem.long_units, first_long.size),
        shares=problem.shares,
        stock_units=problem.stock_units,
        activity_cost=problem.activity_cost,
        activity_short=np.where(problem.activity_short >= 0, np.append(short_of, -1)[problem.activity_short], -1),
        activity_long=np.where(problem.activity_long >= 0, np.append(long_of, -1)[problem.activity_long], -1),
        short_of=short_of,
        long_of=long_of,
        expiries=int(present.max()) + 1 if present.size else 0,
    )


def _merged(keys: tuple[NDArray[Any], ...]) -> tuple[Integers, Integers]:
    """The leg of every lot, and the first lot of every leg, legs sorted by the keys (the first key counts most)."""
    order = np.lexsort(keys[::-1])
    differs = np.zeros(order.size, dtype=bool)
    differs[:1] = True
    for key in keys:
        ordered = key[order]
        both_unknown = np.isnan(ordered[1:]) & np.isnan(ordered[:-1])
        differs[1:] |= (ordered[1:] != ordered[:-1]) & ~both_unknown
    leg_of_lot = np.empty(order.size, dtype=np.int64)
    leg_of_lot[order] = np.cumsum(differs) - 1
    return leg_of_lot, order[differs]


def _sums(leg_of_lot: Integers, units: Integers, legs: int) -> Integers:
    total = np.zeros(legs, dtype=np.int64)
    np.add.at(total, leg_of_lot, units)
    return total
