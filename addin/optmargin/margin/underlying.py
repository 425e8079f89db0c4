"""One underlying of one account: the pairing problem that its legs make, the cheapest answer, and the groups with their working."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from optmargin.core.contracts import AccountType, Right, Settlement, Style
from optmargin.core.errors import Finding, Severity
from optmargin.core.instruments import instrument
from optmargin.core.money import dollars, plain
from optmargin.core.payoff import LossProfile, loss_profile
from optmargin.margin.boxes import Box, long_boxes
from optmargin.margin.choice import Pairing, PairingProblem, choose
from optmargin.margin.hedges import hedges, stock_position
from optmargin.margin.legacy import legacy_loss
from optmargin.margin.requirement import Amounts, Group, Line
from optmargin.rules.long_option import is_long_term, loan_value
from optmargin.rules.terms import CashSpreads, Convention, SettlementRule, SpreadRule
from optmargin.rules.uncovered import TESTS, Uncovered, uncovered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optmargin.core.legs import Leg, LegTable
    from optmargin.margin.hedges import Hedge, StockPosition
    from optmargin.rules.book import TermsInForce

Moment = tuple[dt.date, Settlement]


def margin_underlying(
    legs: LegTable,
    in_force: TermsInForce,
    *,
    as_of: dt.date | None,
    account_type: AccountType,
    account: str,
    time_limit: float | None,
) -> tuple[list[Group], list[Finding]]:
    """The groups of one underlying, and what was noticed.

    Options that differ in exercise style or multiplier can't cover one another and are paired apart; stock goes with the
    options whose multiplier holds the most contracts.

    Args:
        legs: options and stock of one underlying of one account, none expired, no futures.
        in_force: the terms of the book.
        as_of: the day, or None where it isn't known (then no option counts as long-term).
        account_type: margin, cash or IRA.
        account: the account's number, for the findings.
        time_limit: seconds for the choice of the pairing, or None.
    """
    if not len(legs):
        return [], []
    book = _Book(legs, in_force, as_of, account_type, account, time_limit)
    is_stock = legs.right == Right.STOCK
    kinds: dict[tuple[object, float], list[int]] = defaultdict(list)
    for at in np.flatnonzero(~is_stock):
        kinds[legs.style[at], float(legs.multiplier[at])].append(int(at))
    ranked = sorted(kinds, key=lambda kind: (-sum(abs(legs.quantity[kinds[kind]])), str(kind)))
    stock = np.flatnonzero(is_stock)
    for rank, kind in enumerate(ranked):
        _Pool(book, np.array(kinds[kind]), stock if rank == 0 else stock[:0]).margin()
    if not ranked:
        _Pool(book, stock[:0], stock).margin()
    return book.groups(), book.findings


@dataclass(slots=True)
class _Draft:
    """What is collected for one group until all of its lines are known."""

    lines: list[Line] = field(default_factory=list)
    put_side: float = 0.0
    call_side: float = 0.0
    max_loss: float = 0.0
    multiplier: float = 100.0
    profile: LossProfile | None = None
    blocked: bool = False


class _Book:
    """What the pools of one underlying share: the terms, the drafts of the groups and the findings."""

    def __init__(
        self,
        legs: LegTable,
        in_force: TermsInForce,
        as_of: dt.date | None,
        account_type: AccountType,
        account: str,
        time_limit: float | None,
    ) -> None:
        self.legs = legs
        self.time_limit = time_limit
        self.in_force = in_force
        self.terms = in_force.terms
        self.as_of = as_of
        self.account_type = account_type
        self.account = account
        self.underlying = str(legs.underlying[0])
        self.drafts: dict[Moment | None, _Draft] = defaultdict(_Draft)
        self.findings: list[Finding] = []

    def moment(self, at: int) -> Moment:
        """When a leg settles: its day, and the morning or the close of it; the order of moments is that of time."""
        day: dt.date = self.legs.expiry[at].astype(object)
        if self.terms.spread.settlement is SettlementRule.TOGETHER:
            return day, Settlement.PM
        return day, self.legs.settlement[at]

    def source(self, key: str) -> str:
        """The book and the source of a term, for a line of the working."""
        return f"{self.in_force.book}: {self.in_force.source(key).cite}"

    def block(self, moment: Moment | None, problem: str, remedy: str, line: int = 0) -> None:
        """Takes the requirement from a group, and says why."""
        self.drafts[moment].blocked = True
        self._note(Severity.INCOMPLETE, problem, remedy, moment, line)

    def note(self, problem: str, remedy: str = "", moment: Moment | None = None) -> None:
        """Notices something that leaves the figures as they are."""
        self._note(Severity.NOTE, problem, remedy, moment, 0)

    def warn(self, problem: str, remedy: str = "") -> None:
        """Notices something that leaves the figures as they are, and that they may be wrong by."""
        self._note(Severity.WARNING, problem, remedy, None, 0)

    def _note(self, severity: Severity, problem: str, remedy: str, moment: Moment | None, line: int) -> None:
        finding = Finding(
            severity,
            problem,
            remedy,
            line=line or None,
            account=self.account,
            underlying=self.underlying,
            expiry=moment[0] if moment else None,
        )
        if finding not in self.findings:
            self.findings.append(finding)

    def groups(self) -> list[Group]:
        """The groups, their lines summed up."""
        return [self._group(moment, draft) for moment, draft in self.drafts.items()]

    def _group(self, moment: Moment | None, draft: _Draft) -> Group:
        missing = Amounts(math.nan, math.nan, math.nan)
        return Group(
            underlying=self.underlying,
            expiry=moment[0] if moment else None,
            settlement=moment[1] if moment else Settlement.PM,
            multiplier=draft.multiplier,
            put_side=draft.put_side,
            call_side=draft.call_side,
            max_loss=draft.max_loss,
            initial=missing if draft.blocked else Amounts.total(line.initial for line in draft.lines),
            maintenance=missing if draft.blocked else Amounts.total(line.maintenance for line in draft.lines),
            lines=tuple(draft.lines),
            profile=draft.profile,
            blocked=draft.blocked,
        )


class _Pool:
    """Options of one style and multiplier, and the stock that may hedge them."""

    def __init__(self, book: _Book, options: NDArray[np.intp], stock: NDArray[np.intp]) -> None:
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
        # Contracts per leg that are part of a long box, and so paid for by the box's own line.
        self.boxed = np.zeros(len(legs))

    def margin(self) -> None:
        """Pairs the legs the cheapest way, and writes every line of the result into the groups' drafts."""
        for moment in self.moments:
            if moment not in self.book.drafts:
                self.book.drafts[moment].multiplier = self.shares
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
        self._covered_lines(pairing)
        self._uncovered_lines(pairing, tests)
        self._stock_lines(pairing, position, uses, maintenance_saved)
        self._long_lines(pairing, uses)
        self._proceeds_lines()
        self._notes(pairing, tests)

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
            problem = f"{name}: {self._account_name} may not hold short stock"
            self.book.block(
                None, problem, "take it as a margin account (--account-type margin), or check the file", line
            )
            return False
        return True

    @property
    def _account_name(self) -> str:
        return "an IRA" if self.book.account_type is AccountType.IRA else "a cash account"

    def _uncovered_tests(self) -> Uncovered | None:
        """The tests of every short option as if it were uncovered; None where the account may hold no uncovered option."""
        if not self.is_margin:
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

    def _uncovered_costs(self, tests: Uncovered | None) -> NDArray[np.float64]:
        """What one uncovered contract requires, USD; NaN where that isn't known or not permitted."""
        if tests is not None:
            return np.asarray(tests.per_share, dtype=np.float64) * self.shares
        allowed = self.terms.cash.ira_uncovered_put if self._is_ira else self.terms.cash.uncovered_put
        is_put = self.legs.right[self.short] == Right.PUT
        return np.where(is_put & allowed, self.legs.strike[self.short] * self.shares, np.nan)

    @property
    def _is_ira(self) -> bool:
        return self.book.account_type is AccountType.IRA

    def _may_cover(self) -> bool:
        """Whether long options may cover short ones in this account."""
        if self.is_margin:
            return True
        permitted = self.terms.cash.ira_spreads if self._is_ira else self.terms.cash.spreads
        if permitted is CashSpreads.EUROPEAN_CASH_SETTLED:
            options = np.concatenate((self.short, self.long))
            european = all(style is Style.EUROPEAN for style in self.legs.style[options])
            return european and bool(self.legs.cash_settled[options].all())
        return permitted is CashSpreads.ALL

    def _problem(
        self, tests: Uncovered | None, units: int, uses: Sequence[Hedge], costs: NDArray[np.float64]
    ) -> PairingProblem:
        long = self.long if self._may_cover() else self.long[:0]
        if not self._may_cover():
            uses = [use for use in uses if use.long < 0]
        legs = self.legs
        return PairingProblem(
            short_right=legs.right[self.short],
            short_expiry=np.array(self.short_moment, dtype=np.int64),
            short_strike=legs.strike[self.short],
            short_units=_whole(-legs.quantity[self.short]),
            short_uncovered=self._uncovered_costs(tests),
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
        is_gross = self.book.in_force.convention is Convention.GROSS
        initial = np.array([use.requirement.initial_gross if is_gross else use.requirement.initial for use in uses])
        later = np.array(
            [use.requirement.maintenance_gross if is_gross else use.requirement.maintenance for use in uses]
        )
        first = self._choose(self._problem(tests, units, uses, initial * self.shares))
        kept = self._choose(self._problem(tests, units, uses, later * self.shares))

        def moved(pairing: Pairing, costs: NDArray[np.float64], other: NDArray[np.float64]) -> float:
            return pairing.total + float(((other - costs) * self.shares * pairing.activity_units).sum())

        if moved(kept, later, initial) <= first.total + _LESS_THAN_A_CENT:
            return kept, 0.0
        return first, max(moved(first, initial, later) - kept.total, 0.0)

    def _choose(self, problem: PairingProblem) -> Pairing:
        """The cheapest pairing; where the time ran out before the proof, the report says how far off it may be."""
        pairing = choose(problem, time_limit=self.book.time_limit)
        if not pairing.proven:
            name, share = self.book.underlying, pairing.gap / pairing.total if pairing.total else 0.0
            self.book.warn(
                f"{name}: the pairing that was found in {self.book.time_limit:g} s isn't proven to be the cheapest; "
                f"the least requirement may be up to {dollars(pairing.gap)} ({share:.2%}) lower",
                "allow more time (--time-limit)",
            )
        return pairing

    # The lines of the working

    def _covered_lines(self, pairing: Pairing) -> None:
        for number, moment in enumerate(self.moments):
            rows, units = self._covered_legs(pairing, number)
            if not len(rows):
                continue
            right, strike = self.legs.right[rows], self.legs.strike[rows]
            profile = loss_profile(right, strike, units * self.shares)
            draft = self.book.drafts[moment]
            # The pool with the most contracts comes first, and its profile says what rides free.
            draft.profile = draft.profile or profile
            puts = right == Right.PUT
            draft.put_side += loss_profile(right[puts], strike[puts], units[puts] * self.shares).worst
            draft.call_side += loss_profile(right[~puts], strike[~puts], units[~puts] * self.shares).worst
            loss, working = self._charged(moment, profile, rows, units)
            draft.max_loss += loss
            for box in self._boxes(rows, right, strike, units, moment):
                draft.lines.append(self._box_line(box))
            draft.lines.append(
                Line(
                    rule="covered legs",
                    label=", ".join(
                        f"{n:+g} {self._short_name(int(at), moment)}" for at, n in zip(rows, units, strict=True)
                    ),
                    working=working,
                    initial=Amounts.same(loss),
                    maintenance=Amounts.same(loss),
                    source=self.book.source("spread.rule"),
                )
            )

    def _covered_legs(self, pairing: Pairing, number: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """The covered shorts of an expiry and the longs assigned to it: rows of the leg table, and signed contracts."""
        here = np.array([place == number for place in self.short_moment], dtype=np.bool_) & (pairing.covered > 0)
        assigned = pairing.assigned_expiry == number
        rows = np.concatenate((self.short[here], self.long[pairing.assigned_long[assigned]]))
        units = np.concatenate((-pairing.covered[here], pairing.assigned_units[assigned])).astype(np.float64)
        order = np.lexsort((self.legs.strike[rows], self.legs.right[rows] == Right.CALL))
        return rows[order], units[order]

    def _charged(
        self, moment: Moment, profile: LossProfile, rows: NDArray[np.intp], units: NDArray[np.float64]
    ) -> tuple[float, str]:
        """What the covered legs of an expiry require, USD, and how it came about."""
        loss = profile.worst
        if self.terms.spread.rule is SpreadRule.LEGACY:
            apart = legacy_loss(self.legs.right[rows], self.legs.strike[rows], units, self.shares)
            if apart is None:
                problem = (
                    f"{self.book.underlying} {moment[0]}: this book charges each spread apart (the rule before 2012)"
                )
                self.book.block(
                    moment,
                    f"{problem}, and more than one spread a side isn't worked out yet",
                    "take a later book or day",
                )
                return math.nan, "not worked out"
            loss = apart
        least = self._volatility_minimum(rows, units)
        if least > loss:
            return (
                least,
                f"minimum of {dollars(self.terms.spread.volatility_index_minimum)} a spread on a volatility index",
            )
        if loss <= 0:
            return 0.0, "no loss at any settlement price"
        at_price = f"worst settlement loss, {profile.worst_in_words()}"
        factor = self.terms.spread.cost_to_close_factor
        if factor > 0:
            to_close = factor * -float((self.legs.price[rows] * units).sum()) * self.shares
            if to_close > loss:
                return to_close, f"{factor:.4g} x the net cost to close, more than the {at_price}: {dollars(loss)}"
        return loss, at_price

    def _boxes(
        self,
        rows: NDArray[np.intp],
        right: NDArray[np.int8],
        strike: NDArray[np.float64],
        units: NDArray[np.float64],
        moment: Moment,
    ) -> list[Box]:
        """The long boxes on which the book lends; their contracts are noted, so that no other line pays for them."""
        is_european = (
            all(style is Style.EUROPEAN for style in self.legs.style[rows]) and self.legs.cash_settled[rows].all()
        )
        if not (self.terms.long_option.european_box_rate and self.is_margin and is_european):
            return []
        here = np.array([self.book.moment(int(at)) == moment for at in rows], dtype=np.bool_)
        boxes = long_boxes(rows[here], right[here], strike[here], units[here])
        for box in boxes:
            for at in box.legs:
                self.boxed[at] += box.units
        return boxes

    def _box_line(self, box: Box) -> Line:
        rate, shares = self.terms.long_option.european_box_rate, box.units * self.shares
        amount = rate * (box.upper - box.lower) * shares
        sides = np.array([1.0, -1.0, -1.0, 1.0])
        paid = float((self.legs.price[list(box.legs)] * sides).sum()) * shares
        return Line(
            rule="long box",
            label=f"+{box.units} box {plain(box.lower)}/{plain(box.upper)}",
            working=f"{rate:.0%} of the difference of the strikes, {plain(box.upper - box.lower)} x {plain(shares)}, in place of its cost",
            initial=Amounts(amount, amount, amount - paid),
            maintenance=Amounts(amount, amount, amount - paid),
            source=self.book.source("long_option.european_box_rate"),
        )

    def _volatility_minimum(self, rows: NDArray[np.intp], units: NDArray[np.float64]) -> float:
        """The least requirement of spreads on a volatility index, USD; zero for everything else."""
        if not instrument(self.book.underlying).is_volatility_index:
            return 0.0
        shorts = -np.minimum(units, 0.0)
        is_put = self.legs.right[rows] == Right.PUT
        return self.terms.spread.volatility_index_minimum * float(max(shorts[is_put].sum(), shorts[~is_put].sum()))

    def _short_name(self, at: int, moment: Moment) -> str:
        """A leg inside a group's label: strike and right, and the expiry where it isn't the group's."""
        leg = self.legs.row(at)
        name = f"{leg.strike:.10g} {leg.right.word}"
        return name if self.book.moment(at) == moment else f"{leg.expiry} {name}"

    def _uncovered_lines(self, pairing: Pairing, tests: Uncovered | None) -> None:
        for number, at in enumerate(self.short):
            units, spared = int(pairing.uncovered[number]), int(pairing.spared[number])
            if not units:
                continue
            moment, leg = self.moments[self.short_moment[number]], self.legs.row(int(at))
            if pairing.unknown_uncovered[number]:
                self._block_uncovered(moment, leg, units)
                continue
            draft = self.book.drafts[moment]
            if tests is None:
                self._add_side(draft, leg, units * leg.strike * self.shares)
                draft.lines.append(self._cash_secured_line(leg, units))
                continue
            one = tests.one(number)
            self._add_side(draft, leg, units * float(one.per_share) * self.shares)
            if units > spared:
                draft.lines.append(self._uncovered_line(leg, units - spared, one))
            if spared:
                draft.lines.append(self._spared_line(leg, spared))

    def _add_side(self, draft: _Draft, leg: Leg, amount: float) -> None:
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
            source=self.book.source("cash.ira_uncovered_put" if self._is_ira else "cash.uncovered_put"),
        )

    def _block_uncovered(self, moment: Moment, leg: Leg, units: int) -> None:
        if not self.is_margin:
            problem = (
                f"-{units} {leg.name}: {self._account_name} may not hold it uncovered under {self.book.in_force.book}"
            )
            self.book.block(
                moment, problem, "take it as a margin account (--account-type margin), or check the file", leg.line
            )
            return
        missing = [name for name, value in (("spot", leg.spot), ("premium", leg.price)) if math.isnan(value)]
        remedy = {
            "spot": f"give --spot {self.book.underlying}=PRICE, or a spot column",
            "premium": "give its market price in the file",
        }
        problem = f"-{units} {leg.name} is uncovered, and its {' and '.join(missing)} is missing"
        self.book.block(moment, problem, "; ".join(remedy[name] for name in missing), leg.line)

    def _stock_lines(
        self, pairing: Pairing, position: StockPosition, uses: Sequence[Hedge], maintenance_saved: float
    ) -> None:
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
                self.book.drafts[moment].lines.append(self._stock_line(use, label, shares))
        if maintenance_saved > _LESS_THAN_A_CENT:
            line = Line(
                rule="maintenance pairing",
                label=f"{self.book.underlying} shares",
                working="at maintenance the stock is hedged otherwise, which requires less",
                initial=Amounts(),
                maintenance=Amounts.same(-maintenance_saved),
                source=self.book.source("stock.hedge_rate"),
            )
            self.book.drafts[None].lines.append(line)

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
            label=label,
            working=f"per share: {need.working}",
            initial=Amounts(need.initial_gross * shares, need.initial * shares, need.initial * shares),
            maintenance=Amounts(need.maintenance_gross * shares, need.maintenance * shares, need.maintenance * shares),
            source=self.book.source(_STOCK_SOURCES.get(need.rule, "stock.initial_long")),
        )

    def _long_lines(self, pairing: Pairing, uses: Sequence[Hedge]) -> None:
        """What long options cost: those that cover nothing may have loan value, and those that hedge stock are apart.

        Cboe's manual prints the maintenance requirement of hedged stock without the option's market value (pp. 58-61).
        """
        legs, at = self.legs, self.long
        held = legs.quantity[at] - self.boxed[at]
        hedging = np.zeros(len(at))
        for number, use in enumerate(uses):
            if use.long >= 0 and len(pairing.activity_units):
                hedging[use.long] += pairing.activity_units[number]
        in_use = hedging - self.boxed[at]
        np.add.at(in_use, pairing.assigned_long, pairing.assigned_units)
        late = np.zeros(len(at), dtype=np.bool_)
        if self.book.as_of is not None and self.is_margin:
            late = is_long_term(self.terms.long_option, legs.expiry[at], self.book.as_of)
        ahead = np.where(legs.right[at] == Right.CALL, 1.0, -1.0) * (legs.spot[at] - legs.strike[at])
        lent = loan_value(self.terms.long_option, legs.price[at], np.maximum(ahead, 0.0), legs.listed[at], late)
        for number, moment in enumerate(self.moments):
            here = np.array([place == number for place in self.long_moment], dtype=np.bool_)
            for of_stock, units in ((False, np.where(here, held - hedging, 0.0)), (True, np.where(here, hedging, 0.0))):
                rows = np.flatnonzero(units)
                if not len(rows):
                    continue
                idle = np.zeros(len(rows)) if of_stock else np.maximum(held[rows] - in_use[rows], 0.0)
                credit = math.fsum(np.where(idle > 0, lent[rows], 0.0) * idle * self.shares)
                amount = math.fsum(legs.price[at[rows]] * units[rows] * self.shares) - credit
                self.book.drafts[moment].lines.append(
                    self._long_line(moment, at[rows], units[rows], amount, credit, of_stock=of_stock)
                )

    def _long_line(
        self,
        moment: Moment,
        rows: NDArray[np.intp],
        units: NDArray[np.float64],
        amount: float,
        credit: float,
        *,
        of_stock: bool,
    ) -> Line:
        paid = f"paid in full less loan value of {dollars(credit)}" if credit else "paid in full"
        outside = _OUTSIDE_FIELD if self.book.in_force.convention is Convention.FIELD else ""
        return Line(
            rule="long options that hedge stock" if of_stock else "long options",
            label=", ".join(f"{n:+g} {self._short_name(int(row), moment)}" for row, n in zip(rows, units, strict=True)),
            working=f"cost {dollars(amount)}, {paid}{outside}",
            initial=Amounts(amount, amount, 0.0),
            maintenance=Amounts(0.0 if of_stock else amount, amount, 0.0),
            source=self.book.source("long_option.listed_long_term_rate"),
        )

    def _proceeds_lines(self) -> None:
        written = -self.legs.quantity[self.short] - self.boxed[self.short]
        value = self.legs.price[self.short] * written * self.shares
        for number, moment in enumerate(self.moments):
            here = np.array([place == number for place in self.short_moment], dtype=np.bool_) & (written > 0)
            if not here.any():
                continue
            amount = math.fsum(value[here])
            self.book.drafts[moment].lines.append(
                Line(
                    rule="proceeds of short options",
                    label=", ".join(
                        f"-{count:g} {self._short_name(int(row), moment)}"
                        for row, count in zip(self.short[here], written[here], strict=True)
                    ),
                    working=f"market value {dollars(amount)}, deducted in the deposit (own money) only",
                    initial=Amounts(0.0, -amount, 0.0),
                    maintenance=Amounts(0.0, -amount, 0.0),
                    source=f"{self.book.in_force.book}: its {self.book.in_force.convention} convention",
                )
            )

    def _notes(self, pairing: Pairing, tests: Uncovered | None) -> None:
        if self.legs.assumed.any():
            name = self.book.underlying
            problem = f"{name} isn't in the instruments table: taken as an ordinary stock with multiplier {plain(self.shares)}"
            self.book.note(problem, "give asset_class in the file if it is something else")
        untested = (pairing.covered > 0) & np.isnan(self._uncovered_costs(tests))
        if self.terms.spread.lesser_of_uncovered and self.is_margin and untested.any():
            problem = f"{self.book.underlying}: covered options have their maximum loss; whether the uncovered requirement would be less was not tested"
            self.book.note(problem, f"give --spot {self.book.underlying}=PRICE and the options' prices to test it")


_LESS_THAN_A_CENT = 0.005
# Which term's source a line about stock cites, where it isn't that of the stock's own rate.
_STOCK_SOURCES = {
    "covered call": "stock.covered_call_initial_rate",
    "covered call, stock paid in full": "cash.uncovered_put",
    "covered put": "stock.covered_put",
    **dict.fromkeys(("protective put", "protective call", "collar", "conversion", "reversal"), "stock.hedge_rate"),
}
_OUTSIDE_FIELD = "; taken from cash, not in the margin field"


def _whole(units: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(units).astype(np.int64)
