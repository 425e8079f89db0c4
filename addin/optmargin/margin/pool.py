"""Options of one style and multiplier, and the stock that may hedge them: what may pair, at which price, and the cheapest way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import AccountType, Right, Style
from optmargin.core.money import dollars
from optmargin.margin.choice import Pairing, PairingProblem, choose
from optmargin.margin.hedges import Hedge, StockPosition, hedges, stock_position
from optmargin.margin.legacy import choose_legacy
from optmargin.margin.pooled import payoff_of_all
from optmargin.rules.long_option import is_long_term, loan_value
from optmargin.rules.terms import CashSpreads, SpreadRule
from optmargin.rules.uncovered import Uncovered, uncovered

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optmargin.margin.drafts import Drafts

LESS_THAN_A_CENT = 0.005
_SHOWN_SHARE = 1e-4
_HEDGE_FIRST = 1e-6  # USD per share: decides between equals, and too little for anything else


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided for a pool, and from what.

    Attributes:
        pairing: which legs pair; its arrays are by the pool's numbers of short and long legs.
        at_maintenance: the pairing that requires least at maintenance, where that is another one.
        uses: the ways in which a unit of stock may be used, in the order of the pairing's activities.
        position: the stock.
        tests: the tests of each short as if it were uncovered; None where the account may hold no uncovered option.
        uncovered: what one uncovered contract of each short requires, USD; NaN where unknown or not permitted.
    """

    pairing: Pairing
    at_maintenance: Pairing | None
    uses: tuple[Hedge, ...]
    position: StockPosition
    tests: Uncovered | None
    uncovered: NDArray[np.float64]


class Pool:
    """Options of one style and multiplier, and the stock that may hedge them."""

    def __init__(self, book: Drafts, options: NDArray[np.intp], stock: NDArray[np.intp]) -> None:
        self.book = book
        self.terms = book.terms
        self.legs = legs = book.legs
        self.shares = float(legs.multiplier[options[0]]) if len(options) else 1.0
        self.short = options[legs.quantity[options] < 0]
        self.long = options[legs.quantity[options] > 0]
        self.stock = stock
        found, place = np.unique(book.moment_of[options], return_inverse=True)
        self.moments = sorted(book.moments[number] for number in found.tolist())
        self.short_moment = place[legs.quantity[options] < 0]
        self.long_moment = place[legs.quantity[options] > 0]
        self.is_margin = book.account_type is AccountType.MARGIN
        self.lent = self._lent()

    def decide(self) -> Decision:
        """The cheapest pairing, with what it was chosen from."""
        position = stock_position(self.legs, self.stock)
        if not self._stock_can_be_margined(position):
            position = stock_position(self.legs, self.stock[:0])
        tests = self._uncovered_tests()
        uses = hedges(
            self.terms.stock,
            position,
            self.legs,
            self.short,
            self.long,
            [*self.short_moment.tolist(), *self.long_moment.tolist()],
            may_borrow=self.is_margin,
        )
        pairing, at_maintenance = self._cheapest(tests, position, uses)
        return Decision(pairing, at_maintenance, tuple(uses), position, tests, self.uncovered_costs(tests))

    # What may pair, and at which price

    def _stock_can_be_margined(self, position: StockPosition) -> bool:
        """Whether the stock has a price and may be held; if not, its group is blocked."""
        if not len(self.stock):
            return True
        name, line = f"{position.quantity:+g} {self.book.underlying} shares", position.line
        if math.isnan(position.price):
            remedy = f"give a price in the file, or --spot {self.book.underlying}=PRICE"
            self.book.block(None, f"the price of {name} is missing", remedy, line)
            return False
        if position.quantity < 0 and not self.is_margin:
            problem = f"{name}: {self.account_name} may not hold short stock"
            self.book.block(
                None, problem, "take it as a margin account (--account-type margin), or check the file", line
            )
            return False
        return True

    @property
    def account_name(self) -> str:
        """The account for a sentence about what it may not hold."""
        if self.is_margin:
            return "a margin account"
        return "an IRA" if self.book.account_type is AccountType.IRA else "a cash account"

    def _uncovered_tests(self) -> Uncovered | None:
        """The tests of every short option as if it were uncovered; None where the account may hold no uncovered option."""
        if not (self.is_margin and self.terms.uncovered.permitted):
            return None
        at = self.short
        return uncovered(
            self.terms.uncovered,
            self.legs.right[at],
            self.legs.spot[at],
            self.legs.strike[at],
            self.legs.price[at],
            self.legs.asset_class[at],
            self.legs.leverage[at],
        )

    def uncovered_costs(self, tests: Uncovered | None) -> NDArray[np.float64]:
        """What one uncovered contract requires, USD; NaN where that isn't known or not permitted."""
        if tests is not None:
            return np.asarray(tests.per_share, dtype=np.float64) * self.shares
        if self.is_margin:
            return np.full(len(self.short), np.nan)
        allowed = self.terms.cash.ira_uncovered_put if self.is_ira else self.terms.cash.uncovered_put
        is_put = self.legs.right[self.short] == Right.PUT
        return np.where(is_put & allowed, self.legs.strike[self.short] * self.shares, np.nan)

    @property
    def is_ira(self) -> bool:
        """Whether the account is an IRA."""
        return self.book.account_type is AccountType.IRA

    def _may_cover(self) -> bool:
        """Whether long options may cover short ones in this account."""
        if self.is_margin:
            return True
        permitted = self.terms.cash.ira_spreads if self.is_ira else self.terms.cash.spreads
        if permitted is CashSpreads.EUROPEAN_CASH_SETTLED:
            options = np.concatenate((self.short, self.long))
            european = all(style is Style.EUROPEAN for style in self.legs.style[options])
            return european and bool(self.legs.cash_settled[options].all())
        return permitted is CashSpreads.ALL

    def _problem(
        self, tests: Uncovered | None, units: int, uses: Sequence[Hedge], costs: NDArray[np.float64]
    ) -> PairingProblem:
        long = self.long if self._may_cover() else self.long[:0]
        legs = self.legs
        return PairingProblem(
            short_right=legs.right[self.short],
            short_expiry=self.short_moment,
            short_strike=legs.strike[self.short],
            short_units=_whole(-legs.quantity[self.short]),
            short_uncovered=self.uncovered_costs(tests),
            short_spared=legs.price[self.short] * self.shares,
            long_right=legs.right[long],
            long_expiry=self.long_moment[: len(long)],
            long_strike=legs.strike[long],
            long_units=_whole(legs.quantity[long]),
            shares=self.shares,
            straddles=self.is_margin,
            straddles_across_expiries=self.terms.straddle.across_expiries,
            lesser_of_uncovered=self.terms.spread.lesser_of_uncovered,
            stock_units=units,
            activity_cost=costs,
            activity_short=np.array([use.short for use in uses], dtype=np.int64),
            activity_long=np.array([use.long for use in uses], dtype=np.int64),
        )

    def _cheapest(
        self, tests: Uncovered | None, position: StockPosition, uses: Sequence[Hedge]
    ) -> tuple[Pairing, Pairing | None]:
        """The pairing with the least initial requirement, and that with the least maintenance requirement where it is another.

        Stock has two requirements, and the pairing that is best for one needn't be best for the other.
        """
        units = int(abs(position.quantity) // self.shares) if len(self.short) + len(self.long) else 0
        if not units:
            return self._choose(self._problem(tests, 0, (), np.zeros(0))), None
        # The pairing is chosen by the margin field, which is the deposit less what no pairing changes, and by the loan that a long
        # option forfeits as a hedge; the printed gross forms hold parts of the proceeds. Of two uses that cost the same the one
        # with a hedge is taken, since that is how it would be printed.
        lent = np.nan_to_num(self.lent)  # a loan that isn't known makes the figures incomplete, not the choice
        forfeited = np.array([lent[use.long] if use.long >= 0 else 0.0 for use in uses])
        nudge = np.array([_HEDGE_FIRST * ((use.short >= 0) + (use.long >= 0)) for use in uses])
        initial = np.array([use.requirement.initial for use in uses]) + forfeited
        later = np.array([use.requirement.maintenance for use in uses]) + forfeited
        first = self._choose(self._problem(tests, units, uses, (initial - nudge) * self.shares))
        kept = self._choose(self._problem(tests, units, uses, (later - nudge) * self.shares))

        def total(pairing: Pairing, chosen_by: NDArray[np.float64], costs: NDArray[np.float64]) -> float:
            return pairing.total + float(((costs - chosen_by + nudge) * self.shares * pairing.activity_units).sum())

        if total(kept, later, initial) <= total(first, initial, initial) + LESS_THAN_A_CENT:
            return kept, None
        if total(first, initial, later) <= total(kept, later, later) + LESS_THAN_A_CENT:
            return first, None
        return first, kept

    def _lent(self) -> NDArray[np.float64]:
        """What the book lends on each long option that covers nothing, USD per share; NaN where what it lends on isn't known."""
        legs, at = self.legs, self.long
        if self.book.as_of is None or not self.is_margin:
            return np.zeros(len(at))
        late = is_long_term(self.terms.long_option, legs.expiry[at], self.book.as_of)
        ahead = np.where(legs.right[at] == Right.CALL, 1.0, -1.0) * (legs.spot[at] - legs.strike[at])
        return loan_value(self.terms.long_option, legs.price[at], np.maximum(ahead, 0.0), legs.listed[at], late)

    def _choose(self, problem: PairingProblem) -> Pairing:
        """The cheapest pairing; where the time ran out before the proof, the report says how far off it may be."""
        if not self.terms.spread.equal_counts:
            return payoff_of_all(problem)
        if self.terms.spread.rule is SpreadRule.LEGACY:
            return choose_legacy(problem)
        pairing = choose(problem, time_limit=self.book.time_limit)
        if not pairing.proven:
            name, share = self.book.underlying, pairing.gap / pairing.total if pairing.total else 0.0
            part = f"{share:.2%}" if share >= _SHOWN_SHARE else "under 0.01 %"
            self.book.warn(
                f"{name}: the pairing that was found in {self.book.time_limit:g} s isn't proven to be the cheapest; "
                f"the least requirement may be up to {dollars(pairing.gap)} ({part}) lower",
                "allow more time (--time-limit)",
            )
        return pairing


def _whole(units: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(units).astype(np.int64)
