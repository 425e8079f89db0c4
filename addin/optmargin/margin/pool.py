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
from optmargin.rules.terms import CashSpreads, SpreadRule
from optmargin.rules.uncovered import Uncovered, uncovered

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optmargin.margin.drafts import Drafts

LESS_THAN_A_CENT = 0.005
_HEDGE_FIRST = 1e-6  # USD per share: decides between equals, and too little for anything else


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided for a pool, and from what.

    Attributes:
        pairing: which legs pair; its arrays are by the pool's numbers of short and long legs.
        uses: the ways in which a unit of stock may be used, in the order of the pairing's activities.
        position: the stock.
        tests: the tests of each short as if it were uncovered; None where the account may hold no uncovered option.
        uncovered: what one uncovered contract of each short requires, USD; NaN where unknown or not permitted.
        maintenance_saved: what another pairing would save at maintenance, USD.
    """

    pairing: Pairing
    uses: tuple[Hedge, ...]
    position: StockPosition
    tests: Uncovered | None
    uncovered: NDArray[np.float64]
    maintenance_saved: float


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
        self.moments = sorted({book.moment(int(at)) for at in options})
        place = {moment: number for number, moment in enumerate(self.moments)}
        self.short_moment = [place[book.moment(int(at))] for at in self.short]
        self.long_moment = [place[book.moment(int(at))] for at in self.long]
        self.is_margin = book.account_type is AccountType.MARGIN

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
            [*self.short_moment, *self.long_moment],
            may_borrow=self.is_margin,
        )
        pairing, maintenance_saved = self._cheapest(tests, position, uses)
        return Decision(pairing, tuple(uses), position, tests, self.uncovered_costs(tests), maintenance_saved)

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
            short_expiry=np.array(self.short_moment, dtype=np.int64),
            short_strike=legs.strike[self.short],
            short_units=_whole(-legs.quantity[self.short]),
            short_uncovered=self.uncovered_costs(tests),
            short_spared=legs.price[self.short] * self.shares,
            long_right=legs.right[long],
            long_expiry=np.array(self.long_moment[: len(long)], dtype=np.int64),
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
    ) -> tuple[Pairing, float]:
        """The pairing with the least initial requirement, and what another pairing would save at maintenance, USD.

        Stock has two requirements, and the pairing that is best for one needn't be best for the other. Where one is best for
        both it is taken; else the working shows the one that is best at first, and a line of its own says what is saved.
        """
        units = int(abs(position.quantity) // self.shares) if len(self.short) + len(self.long) else 0
        if not units:
            return self._choose(self._problem(tests, 0, (), np.zeros(0))), 0.0
        # The pairing is chosen by what it ties up of the owner's money; the printed gross forms hold parts of the proceeds. Of two
        # that cost the same the one with a hedge is taken, since that is how it would be printed.
        hedged = np.array([_HEDGE_FIRST * ((use.short >= 0) + (use.long >= 0)) for use in uses])
        initial = np.array([use.requirement.initial for use in uses]) - hedged
        later = np.array([use.requirement.maintenance for use in uses]) - hedged
        first = self._choose(self._problem(tests, units, uses, initial * self.shares))
        kept = self._choose(self._problem(tests, units, uses, later * self.shares))

        def moved(pairing: Pairing, costs: NDArray[np.float64], other: NDArray[np.float64]) -> float:
            return pairing.total + float(((other - costs) * self.shares * pairing.activity_units).sum())

        if moved(kept, later, initial) <= first.total + LESS_THAN_A_CENT:
            return kept, 0.0
        return first, max(moved(first, initial, later) - kept.total, 0.0)

    def _choose(self, problem: PairingProblem) -> Pairing:
        """The cheapest pairing; where the time ran out before the proof, the report says how far off it may be."""
        if not self.terms.spread.equal_counts:
            return payoff_of_all(problem)
        if self.terms.spread.rule is SpreadRule.LEGACY:
            return choose_legacy(problem)
        pairing = choose(problem, time_limit=self.book.time_limit)
        if not pairing.proven:
            name, share = self.book.underlying, pairing.gap / pairing.total if pairing.total else 0.0
            self.book.warn(
                f"{name}: the pairing that was found in {self.book.time_limit:g} s isn't proven to be the cheapest; "
                f"the least requirement may be up to {dollars(pairing.gap)} ({share:.2%}) lower",
                "allow more time (--time-limit)",
            )
        return pairing


def _whole(units: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(units).astype(np.int64)
