"""The pairing of a book as a mixed-integer linear programme, and the way back from its solution to whole contracts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optmargin.margin.choice_book import CALL, PUT, Book, Booleans, Decision, Floats, Integers
from optmargin.margin.choice_highs import Programme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Model(Programme):
    """The programme of a book: ``constant + cost @ x`` is what its pairing costs.

    Amounts are USD per share of one contract's multiplier. The unknowns, in this order:

    - ``covered``: contracts per short that long options cover (the rest is uncovered, or used with stock);
    - ``spared``: contracts per short of ``spare_short`` that are the spared side of a straddle;
    - ``cover``: contracts that long options of one right and strike cover in one expiry's group (``cover_*``);
    - ``activity``: units of stock per activity;
    - ``loss``: the worst settlement loss per expiry, the only unknown that isn't a count.
    """

    book: Book
    constant: float
    spare_short: Integers
    cover_right: Integers
    cover_strike: Floats
    cover_expiry: Integers

    @property
    def shorts(self) -> int:
        """How many shorts the book has: the first unknowns are their covered contracts."""
        return self.book.units.size

    @property
    def cover_at(self) -> int:
        """Where the covers begin among the unknowns."""
        return self.shorts + self.spare_short.size

    @property
    def loss_at(self) -> int:
        """Where the losses begin: the last unknowns, one per expiry."""
        return self.cost.size - self.book.expiries

    def decision(self, values: Floats) -> Decision:
        """The whole contracts of a solution."""
        counts = np.rint(values).astype(np.int64)
        shorts, spares, covers = self.shorts, self.spare_short.size, self.cover_strike.size
        spared = np.zeros(shorts, dtype=np.int64)
        spared[self.spare_short] = counts[shorts : shorts + spares]
        units = counts[shorts + spares : shorts + spares + covers]
        used = np.flatnonzero(units)
        activities = shorts + spares + covers
        return Decision(
            covered=counts[:shorts],
            spared=spared,
            strike=self.cover_strike[used],
            right=self.cover_right[used],
            expiry=self.cover_expiry[used],
            units=units[used],
            activity_units=counts[activities : activities + self.book.activity_cost.size],
        )


class Losses:
    """The rows that say what a group's loss is at least, one per group and price, apart from all other rows."""

    def __init__(self, model: Model) -> None:
        of_loss = model.matrix[:, model.loss_at :].tocoo()
        order = np.argsort(of_loss.row, kind="stable")
        self._model = model
        self.rows: Integers = of_loss.row[order]  # where they are in the model
        self.group: Integers = of_loss.col[order]
        self.matrix: Any = model.matrix[self.rows]

    def settled(self, values: Floats) -> Floats:
        """The same contracts, whole, with the losses that follow from them."""
        model = self._model
        settled = np.where(model.whole, np.rint(values), 0.0)
        np.maximum.at(settled, model.loss_at + self.group, self.matrix @ settled)
        return settled


class _Rows:
    """Sparse rows, gathered one or many at a time."""

    def __init__(self) -> None:
        self.count = 0
        self._at: list[NDArray[Any]] = []
        self._unknown: list[NDArray[Any]] = []
        self._factor: list[NDArray[Any]] = []
        self._lower: list[float] = []
        self._upper: list[float] = []

    def add(self, unknowns: NDArray[Any], factors: NDArray[Any] | float, lower: float, upper: float) -> None:
        self._at.append(np.full(unknowns.size, self.count))
        self._unknown.append(unknowns)
        self._factor.append(np.broadcast_to(factors, unknowns.shape))
        self._lower.append(lower)
        self._upper.append(upper)
        self.count += 1

    def add_dense(self, unknowns: NDArray[Any], factors: NDArray[Any], upper: NDArray[Any]) -> None:
        """Rows ``factors @ x[unknowns] <= upper``."""
        row, column = np.nonzero(factors)
        self._at.append(row + self.count)
        self._unknown.append(unknowns[column])
        self._factor.append(factors[row, column])
        self._lower.extend([-np.inf] * len(factors))
        self._upper.extend(upper.tolist())
        self.count += len(factors)

    def matrix(self, unknowns: int) -> tuple[Any, Floats, Floats]:
        from scipy import sparse

        if not self.count:
            return sparse.csr_array((0, unknowns)), np.zeros(0), np.zeros(0)
        entries = (
            np.concatenate(self._factor).astype(np.float64),
            (np.concatenate(self._at), np.concatenate(self._unknown)),
        )
        return sparse.csr_array(entries, shape=(self.count, unknowns)), np.array(self._lower), np.array(self._upper)


def model_of(book: Book, *, straddles: bool, across_expiries: bool) -> Model:
    """The programme of a book; ``straddles`` and ``across_expiries`` say which uncovered contracts may pair."""
    shorts = book.units.size
    due = np.where(book.unknown, 0.0, book.uncovered) / book.shares
    saving = (book.uncovered - book.spared) / book.shares
    spare_short = np.flatnonzero(saving > 0) if straddles else np.zeros(0, dtype=np.int64)  # NaN isn't greater
    spare_short = spare_short[_has_partner(book, spare_short, across_expiries=across_expiries)]
    cover_right, cover_strike, cover_expiry, cover_most, supply_rows = _covers(book)

    spare_at = shorts
    cover_at = spare_at + spare_short.size
    activity_at = cover_at + cover_strike.size
    loss_at = activity_at + book.activity_cost.size
    unknowns = loss_at + book.expiries
    activity_short = book.activity_short
    with_short = activity_short >= 0
    activity_saves = np.where(with_short, np.append(due, 0.0)[activity_short], 0.0)
    cost = np.concatenate(
        [
            -due,
            -saving[spare_short],
            np.zeros(cover_strike.size),
            book.activity_cost / book.shares - activity_saves,
            np.ones(book.expiries),
        ]
    )
    upper = np.concatenate(
        [
            book.units,
            book.units[spare_short],
            cover_most,
            np.full(book.activity_cost.size, book.stock_units),
            np.full(book.expiries, np.inf),
        ]
    ).astype(np.float64)

    rows = _Rows()
    for members, supply in supply_rows:
        rows.add(members + cover_at, 1.0, -np.inf, supply)
    _group_rows(book, rows, cover_right, cover_strike, cover_expiry, cover_at, loss_at)
    _activity_rows(book, rows, cover_right, cover_strike, cover_expiry, cover_at, activity_at)
    # what is spared, covered or used with stock is never more than there is
    for at, short in enumerate(spare_short.tolist()):
        using = activity_at + np.flatnonzero(activity_short == short)
        rows.add(np.concatenate([[short, spare_at + at], using]), 1.0, -np.inf, float(book.units[short]))
    for members in _straddle_domains(book, across_expiries=across_expiries) if spare_short.size else ():
        _straddle_rows(book, rows, members, spare_short, spare_at, activity_at)
    matrix, row_lower, row_upper = rows.matrix(unknowns)
    return Model(
        book=book,
        constant=float(due @ book.units),
        cost=cost,
        lower=np.zeros(unknowns),
        upper=upper,
        whole=np.arange(unknowns) < loss_at,
        matrix=matrix,
        row_lower=row_lower,
        row_upper=row_upper,
        spare_short=spare_short,
        cover_right=cover_right,
        cover_strike=cover_strike,
        cover_expiry=cover_expiry,
    )


def uncovered_row(model: Model, counted: Booleans) -> tuple[Floats, float]:
    """The number of uncovered contracts of the shorts ``counted``, as ``constant + factors @ x``."""
    book = model.book
    factors = np.zeros(model.cost.size)
    factors[: model.shorts] = -counted.astype(np.float64)
    at = model.cover_at + model.cover_strike.size
    activities = np.where(book.activity_short >= 0, np.append(counted, False)[book.activity_short], False)
    factors[at : at + book.activity_cost.size] = -activities.astype(np.float64)
    return factors, float(book.units[counted].sum())


def _covers(book: Book) -> tuple[Integers, Floats, Integers, Floats, list[tuple[Integers, float]]]:
    """Every right, strike and group that long options can cover, the most contracts, and the rows that share them out.

    Long options of one right and strike differ in nothing but the groups that they can reach: those of their own and of
    earlier expiries. The groups nest, so the shares fit exactly when, from any expiry on, the later groups take no more
    than there are long options that expire no earlier (Hall's condition). One unknown per strike and group is enough.
    """
    right: list[int] = []
    strike: list[float] = []
    group: list[int] = []
    most: list[float] = []
    rows: list[tuple[Integers, float]] = []
    demand = np.zeros((PUT + 1, max(book.expiries, 1)))
    np.add.at(demand, (book.right, book.expiry), book.units)
    keys = np.stack([book.long_right.astype(np.float64), book.long_strike])
    _, kind = np.unique(keys, axis=1, return_inverse=True)
    kind = kind.ravel()
    order = np.lexsort((book.long_expiry, kind))
    bounds = (
        np.flatnonzero(np.concatenate([[True], np.diff(kind[order]) != 0])) if order.size else np.zeros(0, dtype=int)
    )
    for legs in np.split(order, bounds[1:]) if order.size else ():
        of_right = int(book.long_right[legs[0]])
        supply = np.zeros(book.expiries)
        np.add.at(supply, book.long_expiry[legs], book.long_units[legs])
        reach = np.cumsum(supply[::-1])[::-1]  # contracts that expire no earlier than each expiry
        groups = np.flatnonzero((demand[of_right] > 0) & (reach > 0))
        first = len(strike)
        for at in groups.tolist():
            right.append(of_right)
            strike.append(float(book.long_strike[legs[0]]))
            group.append(at)
            most.append(min(reach[at], demand[of_right, at]))
        for position, at in enumerate(groups.tolist()):
            # an earlier group adds a row only if more long options reach it than the next later one
            if position + 1 < groups.size or position == 0:
                rows.append((np.arange(first + position, len(strike)), float(reach[at])))
    return np.array(right, dtype=np.int64), np.array(strike), np.array(group, dtype=np.int64), np.array(most), rows


def _group_rows(
    book: Book,
    rows: _Rows,
    cover_right: Integers,
    cover_strike: Floats,
    cover_expiry: Integers,
    cover_at: int,
    loss_at: int,
) -> None:
    """Equal counts per right, and the loss at every settlement price at which it can be greatest.

    The loss of a group, as a function of the settlement price, bends upward at the strikes of shorts and downward at
    those of longs only, and is flat outside the strikes: its greatest value lies at the strike of a long.
    """
    for expiry in range(book.expiries):
        shorts = np.flatnonzero(book.expiry == expiry)
        if not shorts.size:
            continue
        covers = np.flatnonzero(cover_expiry == expiry)
        for right in (CALL, PUT):
            of_right = shorts[book.right[shorts] == right]
            by = covers[cover_right[covers] == right]
            if of_right.size:
                unknowns = np.concatenate([of_right, by + cover_at])
                signs = np.concatenate([np.ones(of_right.size), -np.ones(by.size)])
                rows.add(unknowns, signs, 0.0, 0.0)
        prices = np.unique(cover_strike[covers])
        if not prices.size:
            continue
        factors = np.concatenate(
            [
                _intrinsic(book.right[shorts], book.strike[shorts], prices),
                -_intrinsic(cover_right[covers], cover_strike[covers], prices),
                np.full((prices.size, 1), -1.0),
            ],
            axis=1,
        )
        unknowns = np.concatenate([shorts, covers + cover_at, [loss_at + expiry]])
        rows.add_dense(unknowns, factors, np.zeros(prices.size))


def _intrinsic(right: Integers, strike: Floats, prices: Floats) -> Floats:
    """USD per share, settlement prices by legs."""
    sign = np.where(right == CALL, 1.0, -1.0)
    return np.maximum(sign * (prices[:, None] - strike), 0.0)


def _activity_rows(
    book: Book,
    rows: _Rows,
    cover_right: Integers,
    cover_strike: Floats,
    cover_expiry: Integers,
    cover_at: int,
    activity_at: int,
) -> None:
    """Every unit of stock is used once, and no contract is used twice."""
    activities = np.arange(book.activity_cost.size)
    if not activities.size:
        return
    rows.add(activities + activity_at, 1.0, float(book.stock_units), float(book.stock_units))
    for short in np.unique(book.activity_short[book.activity_short >= 0]).tolist():
        using = activities[book.activity_short == short] + activity_at
        rows.add(np.concatenate([[short], using]), 1.0, -np.inf, float(book.units[short]))
    for leg in np.unique(book.activity_long[book.activity_long >= 0]).tolist():
        rows.add(activities[book.activity_long == leg] + activity_at, 1.0, -np.inf, float(book.long_units[leg]))
        same = (book.long_right == book.long_right[leg]) & (book.long_strike == book.long_strike[leg])
        covers = (cover_right == book.long_right[leg]) & (cover_strike == book.long_strike[leg])
        # Hall's condition once more, now with the contracts that the stock takes
        for expiry in range(int(book.long_expiry[leg]) + 1):
            reaching = np.flatnonzero(same & (book.long_expiry >= expiry))
            using = activities[np.isin(book.activity_long, reaching)] + activity_at
            takes = np.flatnonzero(covers & (cover_expiry >= expiry)) + cover_at
            rows.add(np.concatenate([takes, using]), 1.0, -np.inf, float(book.long_units[reaching].sum()))


def _straddle_domains(book: Book, *, across_expiries: bool) -> Iterator[Integers]:
    """The shorts among which an uncovered call and an uncovered put may pair."""
    known = ~book.unknown
    if across_expiries:
        yield np.flatnonzero(known)
    else:
        for expiry in range(book.expiries):
            yield np.flatnonzero(known & (book.expiry == expiry))


def _has_partner(book: Book, candidates: Integers, *, across_expiries: bool) -> Booleans:
    """Whether the other side of its straddles has a short whose requirement is at least as great."""
    greatest = np.full((PUT + 1, max(book.expiries, 1)), -np.inf)
    known = np.flatnonzero(~book.unknown)
    at = np.zeros_like(book.expiry) if across_expiries else book.expiry
    np.maximum.at(greatest, (book.right[known], at[known]), book.uncovered[known])
    other = CALL + PUT - book.right[candidates]
    partnered: Booleans = greatest[other, at[candidates]] >= book.uncovered[candidates]
    return partnered


def _straddle_rows(
    book: Book, rows: _Rows, members: Integers, spare_short: Integers, spare_at: int, activity_at: int
) -> None:
    """Above every level of the requirement: no more spared on one side than paying in full on the other.

    A spared contract needs one of the other side that pays in full at least as much. The contracts that can serve nest
    by level, so these rows are enough (Hall's condition), and a contract is spared or pays, so none serves twice.
    """
    spare_position = np.full(book.units.size, -1)
    spare_position[spare_short] = np.arange(spare_short.size)
    for right in (CALL, PUT):
        spared = members[(book.right[members] == right) & (spare_position[members] >= 0)]
        paying = members[book.right[members] == CALL + PUT - right]
        if not spared.size:
            continue
        levels = np.unique(book.uncovered[spared])[:, None]
        payers = (book.uncovered[paying] >= levels).astype(np.float64)
        can_be_spared = spare_position[paying] >= 0
        used = np.flatnonzero(np.isin(book.activity_short, paying))
        payer_of_use = (book.activity_short[used][:, None] == paying).astype(np.float64)
        factors = [
            (book.uncovered[spared] >= levels).astype(np.float64),
            payers,
            payers[:, can_be_spared],
            payers @ payer_of_use.T,
        ]
        unknowns = [
            spare_position[spared] + spare_at,
            paying,
            spare_position[paying[can_be_spared]] + spare_at,
            used + activity_at,
        ]
        rows.add_dense(np.concatenate(unknowns), np.concatenate(factors, axis=1), payers @ book.units[paying])
