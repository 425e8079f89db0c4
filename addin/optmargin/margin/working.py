"""The working: every line that explains what a pool requires, put into the drafts of its groups; the lines add up.

Amounts and findings are made at once. The words of lines about many legs wait until somebody reads them.
"""

from __future__ import annotations

import math
from dataclasses import replace
from enum import Enum
from functools import cached_property, partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import Right, Style
from optmargin.core.instruments import instrument
from optmargin.core.money import dollars, per_share, plain
from optmargin.core.payoff import LossProfile, intrinsic, loss_profile
from optmargin.margin.boxes import Box, long_boxes
from optmargin.margin.partners import partners
from optmargin.margin.pool import LESS_THAN_A_CENT, Decision, Pool
from optmargin.margin.requirement import Amounts, Entry, Line
from optmargin.rules.terms import Convention, SpreadRule
from optmargin.rules.uncovered import TESTS, Uncovered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from optmargin.core.legs import Leg
    from optmargin.margin.drafts import Draft, Moment
    from optmargin.margin.hedges import Hedge


class Part(Enum):
    """Which of the two requirements a pairing is written down for."""

    BOTH = "both"
    INITIAL = "initial"
    MAINTENANCE = "maintenance"


class Working:
    """Writes the lines of one pool's decision.

    Where another pairing is cheapest at maintenance, each is written down for its own requirement, and the lines say so.
    """

    def __init__(self, pool: Pool, decision: Decision, part: Part = Part.BOTH) -> None:
        self.part = part
        self.pool = pool
        self.book = pool.book
        self.terms = pool.terms
        self.legs = pool.legs
        self.shares = pool.shares
        self.short, self.long = pool.short, pool.long
        self.moments, self.short_moment, self.long_moment = pool.moments, pool.short_moment, pool.long_moment
        self.is_margin = pool.is_margin
        self.decision = decision
        self.pairing = decision.pairing
        # Contracts per leg that are part of a long box, and so paid for by the box's own line.
        self.boxed = np.zeros(len(self.legs))

    def write(self) -> None:
        """Writes every line, and notices what is worth knowing."""
        for moment in self.moments:
            if moment not in self.book.drafts:
                self.book.drafts[moment].multiplier = self.shares
        self._covered_lines()
        self._uncovered_lines()
        self._stock_lines()
        self._long_lines()
        self._proceeds_lines()
        self._notes()

    def _put(self, moment: Moment | None, line: Line) -> None:
        """Writes a line into a group's draft."""
        self._enter(moment, Entry.of(line))

    def _enter(self, moment: Moment | None, entry: Entry) -> None:
        """Puts lines into a group's draft: for both requirements, or for the one that the pairing is for."""
        if self.part is not Part.BOTH:
            nothing = (0.0,) * len(entry.initial[0])
            none = (nothing, nothing, nothing)
            if self.part is Part.INITIAL:
                entry = replace(entry, maintenance=none, rule=f"{entry.rule}, initial")
            else:
                entry = replace(entry, initial=none, rule=f"{entry.rule}, at maintenance")
        self.book.drafts[moment].entries.append(entry)

    def _covered_lines(self) -> None:
        for moment, (rows, units) in zip(self.moments, self._covered_legs(), strict=True):
            if not (units < 0).any():
                continue
            boxes, rest = self._financed(rows, units, moment)
            for box in boxes:
                self._put(moment, self._box_line(box))
            rows, units = rows[rest != 0], rest[rest != 0]
            if len(rows):
                self._group_lines(moment, rows, units)

    def _group_lines(self, moment: Moment, rows: NDArray[np.intp], units: NDArray[np.float64]) -> None:
        right, strike = self.legs.right[rows], self.legs.strike[rows]
        shares = units * self.shares
        profile = loss_profile(right, strike, shares)
        worst = profile.worst
        if self.part is not Part.MAINTENANCE:
            draft = self.book.drafts[moment]
            # The pool with the most contracts comes first, and its profile says what rides free.
            draft.profile = draft.profile or profile
            draft.max_loss += worst
            puts = int(np.count_nonzero(right == Right.PUT))  # they come first
            draft.put_side += loss_profile(right[:puts], strike[:puts], shares[:puts]).worst
            draft.call_side += loss_profile(right[puts:], strike[puts:], shares[puts:]).worst
        self._enter(moment, self._lots(moment, profile, rows, units))
        rule, charged, why = self._charged(moment, worst, rows, units)
        beyond = charged - worst
        if abs(beyond) > LESS_THAN_A_CENT:
            amounts = Amounts.same(beyond)
            label = f"{self.book.underlying} {moment[0]}"
            self._put(moment, Line(rule, label, why, amounts, amounts, self.book.source(_CHARGE_SOURCES[rule])))

    def _lots(self, moment: Moment, profile: LossProfile, rows: NDArray[np.intp], units: NDArray[np.float64]) -> Entry:
        """A line for each covered lot and each lot that covers: what it costs or pays where the group's loss is worst."""
        value = np.zeros(len(rows))
        at_price = profile.worst_price
        if not math.isnan(at_price):  # the group can lose
            value = intrinsic(self.legs.right[rows], self.legs.strike[rows], np.array([at_price]))[:, 0]
        amounts = (-value * units * self.shares + 0.0).tolist()
        columns = (amounts, amounts, amounts)
        words = partial(self._lot_words, moment, profile, rows, units, value)
        return Entry("covered legs", self.book.source("spread.rule"), columns, columns, words)

    def _lot_words(
        self,
        moment: Moment,
        profile: LossProfile,
        rows: NDArray[np.intp],
        units: NDArray[np.float64],
        value: NDArray[np.float64],
    ) -> Iterator[tuple[str, str]]:
        """Each lot, who stands beside it, and what it is worth where the group's loss is worst."""
        working, at_price = "the group has no loss at any settlement price", ""
        if profile.worst > 0:
            working = f"the group's loss is worst {profile.worst_in_words()}: {dollars(profile.worst)}"
            at_price = f"; at {plain(profile.worst_price)} it is worth "
        names = self._short_names(rows, moment)
        pairs = partners(self.legs.right[rows], self.legs.strike[rows], units)
        for name, count, each, beside in zip(names, units.tolist(), value.tolist(), pairs, strict=True):
            verb, sign = ("covered by", 1) if count < 0 else ("covers", -1)
            whose = ", ".join([f"{sign * n:+g} {names[other]}" for other, n in beside.items()])
            told = f"{verb} {whose}" if whose else "counts in the payoff"
            worth = f"{at_price}{per_share(each)} x {plain(abs(count) * self.shares)}" if at_price else ""
            yield f"{count:+g} {name}", f"{told}; {working}{worth}"

    def _covered_legs(self) -> list[tuple[NDArray[np.intp], NDArray[np.float64]]]:
        """Per expiry its covered shorts and the longs assigned to it, puts first: rows of the leg table, signed contracts."""
        pairing, is_covered = self.pairing, self.pairing.covered > 0
        rows = np.concatenate((self.short[is_covered], self.long[pairing.assigned_long]))
        units = np.concatenate((-pairing.covered[is_covered], pairing.assigned_units)).astype(np.float64)
        expiry = np.concatenate((self.short_moment[is_covered], pairing.assigned_expiry))
        order = np.lexsort((self.legs.strike[rows], self.legs.right[rows] == Right.CALL, expiry))
        rows, units = rows[order], units[order]
        starts = np.searchsorted(expiry[order], np.arange(len(self.moments) + 1)).tolist()
        return [(rows[start:end], units[start:end]) for start, end in pairwise(starts)]

    def _charged(
        self, moment: Moment, worst: float, rows: NDArray[np.intp], units: NDArray[np.float64]
    ) -> tuple[str, float, str]:
        """What the covered legs of an expiry require: by which rule, USD, and how it came about.

        The greatest of what the book asks for, and then the lesser of that and of leaving the same shorts uncovered.
        """
        together = f"together they lose {dollars(worst)} at worst"
        asked = [("worst settlement loss", worst, together)]
        if self.terms.spread.rule is SpreadRule.LEGACY:
            apart = float(self.pairing.group_loss[self.moments.index(moment)])
            asked.append((_APART, apart, f"each spread apart, as before 2012: {dollars(apart)}; {together}"))
        minimum = self._volatility_minimum(rows, units)
        if minimum > 0:
            each = dollars(self.terms.spread.volatility_index_minimum)
            why = f"at least {each} a spread on a volatility index: {dollars(minimum)}; {together}"
            asked.append((_VOLATILITY, minimum, why))
        factor = self.terms.spread.cost_to_close_factor if self.book.in_force.live_quotes else 0.0
        if factor > 0:
            to_close = factor * -float((self.legs.price[rows] * units).sum()) * self.shares
            if math.isnan(to_close):
                self.book.warn(
                    f"{self.book.underlying} {moment[0]}: {factor:.0%} of the cost to close was not tested: a price is missing"
                )
            else:
                asked.append(
                    (_TO_CLOSE, to_close, f"{factor:.0%} of the net cost to close: {dollars(to_close)}; {together}")
                )
        rule, charged, why = max(asked, key=lambda each: each[1])
        if rule in (_VOLATILITY, _TO_CLOSE) and self.terms.spread.lesser_of_uncovered:
            short = units < 0
            each_alone = self.decision.uncovered[np.searchsorted(self.short, rows[short])]
            alone = math.fsum((-units[short] * each_alone).tolist())
            if alone < charged:
                return rule, alone, f"{why}; uncovered the shorts require less, {dollars(alone)}"
        return rule, charged, why

    def _financed(
        self, rows: NDArray[np.intp], units: NDArray[np.float64], moment: Moment
    ) -> tuple[list[Box], NDArray[np.float64]]:
        """The long boxes on which the book lends, and what is left of each leg for the group's payoff.

        A box pays its difference once: what secures a loan covers no other loss. So a financed box leaves the group, and that is
        done only where it costs less than a box that is paid for and counts in the payoff. Its contracts are noted, so that no
        other line pays for them.
        """
        right, strike = self.legs.right[rows], self.legs.strike[rows]
        boxes = self._boxes(rows, right, strike, units, moment)
        if not boxes:
            return [], units
        rest = units.copy()
        place = {int(at): number for number, at in enumerate(rows)}
        for box in boxes:
            for at, sign in zip(box.legs, _BOX_SIDES, strict=True):
                rest[place[at]] -= sign * box.units
        with_them = loss_profile(right, strike, units * self.shares).worst
        without = loss_profile(right, strike, rest * self.shares).worst
        rate = self.terms.long_option.european_box_rate
        lent = math.fsum(rate * (box.upper - box.lower) * box.units * self.shares for box in boxes)
        paid = math.fsum(
            float((self.legs.price[list(box.legs)] * _BOX_SIDES).sum()) * box.units * self.shares for box in boxes
        )
        # Without prices the box's cost isn't known; half of its difference is less than any box costs.
        if with_them < without and not lent + without < paid + with_them:
            return [], units
        for box in boxes:
            for at in box.legs:
                self.boxed[at] += box.units
        return boxes, rest

    def _boxes(
        self,
        rows: NDArray[np.intp],
        right: NDArray[np.int8],
        strike: NDArray[np.float64],
        units: NDArray[np.float64],
        moment: Moment,
    ) -> list[Box]:
        """The long boxes on which the book would lend."""
        is_european = self.legs.style[rows[0]] is Style.EUROPEAN  # as all options of the pool
        is_lent_on = is_european and self.is_margin and self.terms.long_option.european_box_rate
        if not (is_lent_on and self.legs.cash_settled[rows].all()):
            return []
        here = self.book.moment_of[rows] == self.book.moments.index(moment)
        return long_boxes(rows[here], right[here], strike[here], units[here])

    def _box_line(self, box: Box) -> Line:
        rate, shares = self.terms.long_option.european_box_rate, box.units * self.shares
        amount = rate * (box.upper - box.lower) * shares
        return Line(
            rule="long box",
            is_risk=False,
            label=f"+{box.units} box {plain(box.lower)}/{plain(box.upper)}",
            working=f"{rate:.0%} of the difference of the strikes, {plain(box.upper - box.lower)} x {plain(shares)}, in place of its cost",
            initial=Amounts(amount, amount, 0.0),
            maintenance=Amounts(amount, amount, 0.0),
            source=self.book.source("long_option.european_box_rate"),
        )

    def _volatility_minimum(self, rows: NDArray[np.intp], units: NDArray[np.float64]) -> float:
        """The least requirement of spreads on a volatility index, USD; zero for everything else."""
        if not instrument(self.book.underlying).is_volatility_index:
            return 0.0
        shorts = -np.minimum(units, 0.0)
        is_put = self.legs.right[rows] == Right.PUT
        return self.terms.spread.volatility_index_minimum * float(max(shorts[is_put].sum(), shorts[~is_put].sum()))

    def _short_names(self, rows: NDArray[np.intp], moment: Moment) -> list[str]:
        """Legs inside a group's label: strike and right, and the expiry where it isn't the group's."""
        names = [self._names[at] for at in rows.tolist()]
        numbers = self.book.moment_of[rows]
        for at in np.flatnonzero(numbers != self.book.moments.index(moment)).tolist():
            names[at] = f"{self.book.moments[numbers[at]][0]} {names[at]}"
        return names

    @cached_property
    def _names(self) -> list[str]:
        """Strike and right of every leg."""
        columns = zip(self.legs.strike.tolist(), self.legs.right.tolist(), strict=True)
        return [f"{strike:.10g} {_WORDS[right]}" for strike, right in columns]

    def _uncovered_lines(self) -> None:
        pairing, tests = self.pairing, self.decision.tests
        for number in np.flatnonzero(pairing.uncovered).tolist():
            units, spared = int(pairing.uncovered[number]), int(pairing.spared[number])
            moment, leg = self.moments[self.short_moment[number]], self.legs.row(int(self.short[number]))
            if pairing.unknown_uncovered[number]:
                self._block_uncovered(moment, leg, units)
                continue
            draft = self.book.drafts[moment]
            if tests is None:
                self._add_side(draft, leg, units * leg.strike * self.shares)
                self._put(moment, self._cash_secured_line(leg, units))
                continue
            one = tests.one(number)
            self._add_side(draft, leg, units * float(one.per_share) * self.shares)
            if units > spared:
                self._put(moment, self._uncovered_line(leg, units - spared, one))
            if spared:
                self._put(moment, self._spared_line(leg, spared))

    def _add_side(self, draft: Draft, leg: Leg, amount: float) -> None:
        if self.part is Part.MAINTENANCE:
            return  # the sides are those of the initial requirement
        if leg.right is Right.PUT:
            draft.put_side += amount
        else:
            draft.call_side += amount

    def _uncovered_line(self, leg: Leg, units: int, one: Uncovered) -> Line:
        shares = units * self.shares
        amount = float(one.per_share) * shares
        return Line(
            rule=f"uncovered {leg.right.word}",
            label=f"-{units} {leg.name}",
            working=f"({one.working()}) x {plain(shares)} = {dollars(amount)}; {one.binding()} bound",
            initial=Amounts.same(amount),
            maintenance=Amounts.same(amount),
            source=self.book.source("uncovered.floor_per_share" if one.binding() == TESTS[2] else "uncovered.rate"),
        )

    def _spared_line(self, leg: Leg, units: int) -> Line:
        amount = leg.price * units * self.shares
        return Line(
            rule=f"uncovered {leg.right.word}, the lesser side of a straddle",
            label=f"-{units} {leg.name}",
            working=f"its premium only: {plain(leg.price)} x {plain(units * self.shares)} = {dollars(amount)}",
            initial=Amounts.same(amount),
            maintenance=Amounts.same(amount),
            source=self.book.source("straddle.across_expiries"),
        )

    def _cash_secured_line(self, leg: Leg, units: int) -> Line:
        amount = leg.strike * units * self.shares
        return Line(
            rule="cash-secured put",
            label=f"-{units} {leg.name}",
            working=f"its strike: {plain(leg.strike)} x {plain(units * self.shares)} = {dollars(amount)}",
            initial=Amounts.same(amount),
            maintenance=Amounts.same(amount),
            source=self.book.source("cash.ira_uncovered_put" if self.pool.is_ira else "cash.uncovered_put"),
        )

    def _block_uncovered(self, moment: Moment, leg: Leg, units: int) -> None:
        if self.decision.tests is None:
            problem = f"-{units} {leg.name}: {self.pool.account_name} may not hold it uncovered under {self.book.in_force.book}"
            if not self.terms.spread.equal_counts:
                problem += ", and a long option of another expiry doesn't count there"
            self.book.block(moment, problem, "take another book or account type, or check the file", leg.line)
            return
        missing = [name for name, value in (("spot", leg.spot), ("premium", leg.price)) if math.isnan(value)]
        remedy = {
            "spot": f"give --spot {self.book.underlying}=PRICE, or a spot column",
            "premium": "give its market price in the file",
        }
        problem = f"-{units} {leg.name} is uncovered, and its {' and '.join(missing)} is missing"
        self.book.block(moment, problem, "; ".join(remedy[name] for name in missing), leg.line)

    def _stock_lines(self) -> None:
        pairing, position, uses = self.pairing, self.decision.position, self.decision.uses
        if not position.quantity:
            return
        used = float(pairing.activity_units.sum()) * self.shares
        left = abs(position.quantity) - used
        sign = 1 if position.quantity > 0 else -1
        for number, use in enumerate(uses):
            units = float(pairing.activity_units[number]) * self.shares if len(pairing.activity_units) else 0.0
            shares = units + (left if number == 0 else 0.0)
            if shares:
                moment, with_options = self._hedged_by(use, units / self.shares if self.shares else 0.0)
                label = f"{sign * shares:+g} {self.book.underlying} shares{with_options}"
                self._put(moment, self._stock_line(use, label, shares))

    def _hedged_by(self, use: Hedge, units: float) -> tuple[Moment | None, str]:
        """The group that a hedge belongs to (its option's; the earlier one's), and the options in words."""
        words, moments = "", []
        if use.short >= 0:
            words += f", -{units:g} {self.legs.row(int(self.short[use.short])).name}"
            moments.append(self.short_moment[use.short])
        if use.long >= 0:
            words += f", +{units:g} {self.legs.row(int(self.long[use.long])).name}"
            moments.append(self.long_moment[use.long])
        return (self.moments[min(moments)] if moments else None), words

    def _stock_line(self, use: Hedge, label: str, shares: float) -> Line:
        need = use.requirement
        return Line(
            rule=need.rule,
            is_risk=False,
            label=label,
            working=f"per share: {need.working}",
            initial=Amounts(need.initial_gross * shares, need.initial * shares, need.initial * shares),
            maintenance=Amounts(need.maintenance_gross * shares, need.maintenance * shares, need.maintenance * shares),
            source=self.book.source(_STOCK_SOURCES.get(need.rule, "stock.initial_long")),
        )

    def _long_lines(self) -> None:
        """What long options cost: those that cover nothing may have loan value, and those that hedge stock are apart.

        Cboe's manual prints the maintenance requirement of hedged stock without the option's market value (pp. 58-61).
        """
        legs, at = self.legs, self.long
        held = legs.quantity[at] - self.boxed[at]
        hedging = np.zeros(len(at))
        for number, use in enumerate(self.decision.uses):
            if use.long >= 0 and len(self.pairing.activity_units):
                hedging[use.long] += self.pairing.activity_units[number]
        in_use = hedging - self.boxed[at]
        np.add.at(in_use, self.pairing.assigned_long, self.pairing.assigned_units)
        idle = np.maximum(held - in_use, 0.0)
        lent = np.where(idle > 0, self.pool.lent, 0.0) * idle * self.shares
        for of_stock, units in ((False, held - hedging), (True, hedging)):
            paid = legs.price[at] * units * self.shares
            for number in np.unique(self.long_moment[units != 0]).tolist():
                chosen = np.flatnonzero((self.long_moment == number) & (units != 0))
                credit = 0.0 if of_stock else math.fsum(lent[chosen].tolist())
                amount = math.fsum(paid[chosen].tolist()) - credit
                moment, rows = self.moments[number], at[chosen]
                self._enter(moment, self._long_options(moment, rows, units[chosen], amount, credit, of_stock=of_stock))

    def _long_options(
        self,
        moment: Moment,
        rows: NDArray[np.intp],
        units: NDArray[np.float64],
        amount: float,
        credit: float,
        *,
        of_stock: bool,
    ) -> Entry:
        def words() -> Iterator[tuple[str, str]]:
            paid = f"paid in full less loan value of {dollars(credit)}" if credit else "paid in full"
            outside = _OUTSIDE_FIELD if self.book.in_force.convention is Convention.FIELD else ""
            yield self._counted(rows, units, moment), f"cost {dollars(amount)}, {paid}{outside}"

        cost = Amounts(amount, amount, 0.0).columns
        return Entry(
            rule="long options that hedge stock" if of_stock else "long options",
            is_risk=False,
            initial=cost,
            maintenance=Amounts(0.0, amount, 0.0).columns if of_stock else cost,
            source=self.book.source("long_option.listed_long_term_rate"),
            words=words,
        )

    def _counted(self, rows: NDArray[np.intp], units: NDArray[np.float64], moment: Moment) -> str:
        """Legs with their contracts, for a label."""
        names = self._short_names(rows, moment)
        return ", ".join([f"{count:+g} {name}" for count, name in zip(units.tolist(), names, strict=True)])

    def _proceeds_lines(self) -> None:
        written = -self.legs.quantity[self.short] - self.boxed[self.short]
        value = self.legs.price[self.short] * written * self.shares
        for number, moment in enumerate(self.moments):
            here = (self.short_moment == number) & (written > 0)
            if not here.any():
                continue
            amount = math.fsum(value[here].tolist())
            deducted = Amounts(0.0, -amount, 0.0).columns
            self._enter(
                moment,
                Entry(
                    rule="proceeds of short options",
                    is_risk=False,
                    initial=deducted,
                    maintenance=deducted,
                    source=f"{self.book.in_force.book}: its {self.book.in_force.convention} convention",
                    words=partial(self._proceeds_words, moment, self.short[here], -written[here], amount),
                ),
            )

    def _proceeds_words(
        self, moment: Moment, rows: NDArray[np.intp], units: NDArray[np.float64], amount: float
    ) -> Iterator[tuple[str, str]]:
        working = f"market value {dollars(amount)}, deducted in the deposit (own money) only"
        yield self._counted(rows, units, moment), working

    def _notes(self) -> None:
        if self.legs.assumed.any():
            name = self.book.underlying
            problem = f"{name} isn't in the instruments table: taken as an ordinary stock with multiplier {plain(self.shares)}"
            self.book.note(problem, "give asset_class in the file if it is something else")
        lending = self.pool.lent[self.pairing.assigned_long] > 0
        if lending.any():
            self.book.note(
                f"{self.book.underlying}: a long-term option covers a short one and so has no loan value; whether leaving the short "
                "uncovered and taking the loan would require less was not tested",
            )
        if self.decision.tests is None:
            return
        untested = (self.pairing.covered > 0) & np.isnan(self.decision.uncovered)
        if self.terms.spread.lesser_of_uncovered and self.is_margin and untested.any():
            problem = f"{self.book.underlying}: covered options have their maximum loss; whether the uncovered requirement would be less was not tested"
            self.book.note(problem, f"give --spot {self.book.underlying}=PRICE and the options' prices to test it")


# Which term's source a line about stock cites, where it isn't that of the stock's own rate.
_STOCK_SOURCES = {
    "covered call": "stock.covered_call_initial_rate",
    "covered call, stock paid in full": "cash.uncovered_put",
    "covered put": "stock.covered_put",
    **dict.fromkeys(("protective put", "protective call", "collar", "conversion", "reversal"), "stock.hedge_rate"),
}
_WORDS = {int(right): right.word for right in Right}
# What a group may be charged beside its worst loss, and which term's source says so.
_APART, _VOLATILITY, _TO_CLOSE = "spreads apart", "volatility index minimum", "cost to close"
_CHARGE_SOURCES = {
    "worst settlement loss": "spread.rule",
    _APART: "spread.rule",
    _VOLATILITY: "spread.volatility_index_minimum",
    _TO_CLOSE: "spread.cost_to_close_factor",
}
_BOX_SIDES = (1.0, -1.0, -1.0, 1.0)  # long call, short put, short call, long put
_OUTSIDE_FIELD = "; taken from cash, not in the margin field"
