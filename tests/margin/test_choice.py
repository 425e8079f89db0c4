"""The cheapest permitted pairing: known answers, laws, and full enumeration of small books."""

from __future__ import annotations

import ctypes
import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from margin.brute_force import least
from margin.generators import CALL, PUT, adversarial, covered, problem, signed, small, traders
from optmargin.core.errors import MarginError
from optmargin.margin.choice import PairingProblem, choose
from optmargin.margin.choice_book import canonical, checked
from optmargin.margin.choice_exchange import Exchange
from optmargin.margin.choice_highs import Relaxation, minimised
from optmargin.margin.choice_model import model_of
from optmargin.margin.choice_neighbourhood import Neighbourhoods
from optmargin.margin.choice_solve import Clock, restricted, solved
from optmargin.margin.choice_tree import Tree

CENT = 0.01
SHORT = ("short_right", "short_expiry", "short_strike", "short_units", "short_uncovered", "short_spared")
LONG = ("long_right", "long_expiry", "long_strike", "long_units")


def uncovered(right, strike, mark, spot, rate):
    """rules.md section 1: P + max(rate * S - out of the money, 10 % of S for calls, of K for puts), times 100."""
    out = max(strike - spot, 0.0) if right == CALL else max(spot - strike, 0.0)
    return 100 * (mark + max(rate * spot - out, 0.10 * (spot if right == CALL else strike)))


def columns(book: PairingProblem, **changed) -> PairingProblem:
    return replace(book, **changed)


def taken(book: PairingProblem, shorts, longs) -> PairingProblem:
    """The same problem with these lots only, in this order."""
    changed = {name: getattr(book, name)[shorts] for name in SHORT} | {
        name: getattr(book, name)[longs] for name in LONG
    }
    if book.activity_cost.size:
        for name, order in (("activity_short", shorts), ("activity_long", longs)):
            place = np.full(max(len(order), 1) + 1, -1)
            place[np.asarray(order, dtype=int)] = np.arange(len(order))
            changed[name] = np.where(getattr(book, name) >= 0, place[getattr(book, name)], -1)
    return replace(book, **changed)


def worth(right, strike, price):
    """Intrinsic value in USD per share."""
    return np.maximum(np.where(right == CALL, price - strike, strike - price), 0.0)


def check(book: PairingProblem, pairing) -> None:
    """The pairing is permitted, and every line of it adds up to the total."""
    used = np.zeros_like(pairing.covered)
    np.add.at(used, book.activity_short[book.activity_short >= 0], pairing.activity_units[book.activity_short >= 0])
    assert (pairing.covered + pairing.uncovered + used == book.short_units).all()
    assert (pairing.covered >= 0).all()
    assert (pairing.spared <= pairing.uncovered).all()
    assert pairing.activity_units.sum() == book.stock_units
    given_out = np.zeros_like(book.long_units)
    np.add.at(given_out, pairing.assigned_long, pairing.assigned_units)
    np.add.at(given_out, book.activity_long[book.activity_long >= 0], pairing.activity_units[book.activity_long >= 0])
    assert (given_out <= book.long_units).all()
    assert (book.long_expiry[pairing.assigned_long] >= pairing.assigned_expiry).all()
    total = 0.0
    for expiry in range(len(pairing.group_loss)):
        mine = book.short_expiry == expiry
        by = pairing.assigned_expiry == expiry
        for right in (CALL, PUT):
            lots = pairing.assigned_long[by]
            assert (
                pairing.covered[mine & (book.short_right == right)].sum()
                == pairing.assigned_units[by][book.long_right[lots] == right].sum()
            )

        def loss(price, mine=mine, by=by):
            lots = pairing.assigned_long[by]
            return book.shares * float(
                (pairing.covered * worth(book.short_right, book.short_strike, price))[mine].sum()
                - (pairing.assigned_units[by] * worth(book.long_right[lots], book.long_strike[lots], price)).sum()
            )

        worst = max(0.0, *(loss(price) for price in {0.0, *book.short_strike, *book.long_strike}))
        assert worst == pytest.approx(pairing.group_loss[expiry], abs=1e-6)
        if worst > 0:
            assert loss(pairing.group_settlement[expiry]) == pytest.approx(worst, abs=1e-6)
        else:
            assert math.isnan(pairing.group_settlement[expiry])
        total += worst
    spared = np.zeros_like(pairing.spared)
    serving = np.zeros_like(pairing.spared)
    for call, put, units, right in zip(
        pairing.pair_call, pairing.pair_put, pairing.pair_units, pairing.pair_spared, strict=True
    ):
        assert (book.short_right[call], book.short_right[put]) == (CALL, PUT)
        assert book.straddles
        assert book.straddles_across_expiries or book.short_expiry[call] == book.short_expiry[put]
        free, paying = (call, put) if right == CALL else (put, call)
        assert book.short_uncovered[paying] >= book.short_uncovered[free]
        spared[free] += units
        serving[paying] += units
    assert (spared == pairing.spared).all()
    assert (spared + serving <= pairing.uncovered).all()
    due = np.where(np.isnan(book.short_uncovered), 0.0, book.short_uncovered)
    total += float(((pairing.uncovered - pairing.spared) * due).sum())
    total += float((pairing.spared * np.nan_to_num(book.short_spared)).sum())
    total += float((pairing.activity_units * book.activity_cost).sum())
    assert total == pytest.approx(pairing.total, abs=1e-6)
    assert (pairing.unknown_uncovered == np.where(np.isnan(book.short_uncovered), pairing.uncovered, 0)).all()


KNOWN = {
    # name: (source, legs as (quantity, right, expiry, strike, mark), spot, rate, requirement)
    "a far long covers worse than nothing does": (
        "peers.md section 3 row 9",
        [(-1, PUT, 0, 95.0, 1.00), (1, PUT, 0, 5.0, 0.01)],
        100.0,
        0.20,
        uncovered(PUT, 95.0, 1.00, 100.0, 0.20),
    ),
    "the cheap short stays uncovered": (
        "peers.md section 3 row 10",
        [(-1, PUT, 0, 3500.0, 1.0), (-1, PUT, 0, 4000.0, 80.0), (1, PUT, 0, 3990.0, 76.0)],
        4000.0,
        0.15,
        uncovered(PUT, 3500.0, 1.0, 4000.0, 0.15) + 1000.0,
    ),
    "the same across expiries": (
        "peers.md section 3 row 11",
        [(-1, PUT, 0, 3500.0, 1.0), (-1, PUT, 1, 4000.0, 80.0), (1, PUT, 1, 3990.0, 76.0)],
        4000.0,
        0.15,
        uncovered(PUT, 3500.0, 1.0, 4000.0, 0.15) + 1000.0,
    ),
    "credit spread and debit spread of different expiries": (
        "peers.md section 3 row 4",
        [(-1, PUT, 0, 4000.0), (1, PUT, 0, 3990.0), (1, PUT, 1, 4000.0), (-1, PUT, 1, 3990.0)],
        4000.0,
        0.15,
        1_000.0,  # the later 4000 put could cover the earlier one, but then nothing that lasts covers the later 3990
    ),
    "strangle of ten": (
        "peers.md section 3 row 5",
        [(-10, CALL, 0, 110.0, 3.0), (-10, PUT, 0, 90.0, 4.0)],
        100.0,
        0.20,
        17_000.0,
    ),
    "seed 4": (
        "peers.md section 4",
        [(-5, PUT, 0, 3900.0), (5, PUT, 0, 3895.0), (5, CALL, 0, 4100.0), (-10, CALL, 0, 4110.0), (5, CALL, 0, 4125.0)],
        4000.0,
        0.15,
        2_500.0,
    ),
    "seed 4 mirrored": (
        "peers.md section 4",
        [(-5, CALL, 0, 4100.0), (5, CALL, 0, 4105.0), (5, PUT, 0, 3900.0), (-10, PUT, 0, 3890.0), (5, PUT, 0, 3875.0)],
        4000.0,
        0.15,
        2_500.0,
    ),
    "seed 5, one expiry": (
        "peers.md section 4",
        [(-5, PUT, 0, 3900.0), (5, PUT, 0, 3895.0), (-5, CALL, 0, 4100.0), (5, CALL, 0, 4105.0)],
        4000.0,
        0.15,
        2_500.0,
    ),
    "seed 5, two expiries": (
        "peers.md section 4",
        [(-5, PUT, 0, 3900.0), (5, PUT, 0, 3895.0), (-5, CALL, 1, 4100.0), (5, CALL, 1, 4105.0)],
        4000.0,
        0.15,
        5_000.0,
    ),
    "inverted condor: both sides lose": (
        "peers.md section 4",
        [(-5, PUT, 0, 4105.0), (5, PUT, 0, 4100.0), (-5, CALL, 0, 3900.0), (5, CALL, 0, 3905.0)],
        4000.0,
        0.15,
        5_000.0,
    ),
    "two bear call spreads": (
        "peers.md section 4, Lean #8136",
        [(-10, CALL, 0, 4000.0), (10, CALL, 0, 4005.0), (-5, CALL, 0, 4010.0), (5, CALL, 0, 4015.0)],
        4000.0,
        0.15,
        7_500.0,
    ),
    "diagonal": ("peers.md section 4", [(-1, PUT, 0, 4000.0), (1, PUT, 1, 3990.0)], 4000.0, 0.15, 1_000.0),
    "double diagonal": (
        "peers.md section 4",
        [(1, PUT, 1, 3890.0), (-1, PUT, 0, 3900.0), (-1, CALL, 0, 4100.0), (1, CALL, 1, 4110.0)],
        4000.0,
        0.15,
        1_000.0,
    ),
    "long call condor": (
        "peers.md section 4",
        [(1, CALL, 0, 4100.0), (-1, CALL, 0, 4110.0), (-1, CALL, 0, 4120.0), (1, CALL, 0, 4130.0)],
        4000.0,
        0.15,
        0.0,
    ),
    "broken-wing butterfly": (
        "peers.md section 4",
        [(1, PUT, 0, 4000.0), (-2, PUT, 0, 3950.0), (1, PUT, 0, 3850.0)],
        4000.0,
        0.15,
        5_000.0,
    ),
    "overlapping bull call spreads": (
        "peers.md section 4",
        [(1, CALL, 0, 598.0), (-1, CALL, 0, 603.0), (1, CALL, 0, 600.0), (-1, CALL, 0, 605.0)],
        600.0,
        0.20,
        0.0,
    ),
    "surplus longs don't count": (
        "issue 3; rules.md section 11",
        [(-1, CALL, 0, 3905.0), (2, CALL, 0, 3945.0), (1, PUT, 0, 4190.0)],
        4000.0,
        0.15,
        4_000.0,
    ),
    "a long that expires first covers nothing": (
        "rules.md section 3",
        [(-1, PUT, 1, 4000.0, 80.0), (1, PUT, 0, 3990.0, 60.0)],
        4000.0,
        0.15,
        uncovered(PUT, 4000.0, 80.0, 4000.0, 0.15),
    ),
    "bear put ladder": (
        "rules.md section 4: IBKR, exact",
        [(-1, PUT, 0, 544.0, 0.0), (-1, PUT, 0, 548.0, 0.02), (1, PUT, 0, 552.0, 3.484)],
        548.343,
        0.20,
        10_532.56,
    ),
    "ratio call spread": (
        "rules.md section 4: the surplus short of the greater strike stays uncovered",
        [(1, CALL, 0, 100.0, 5.0), (-2, CALL, 0, 110.0, 1.0)],
        100.0,
        0.20,
        uncovered(CALL, 110.0, 1.0, 100.0, 0.20),
    ),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_answer(name):
    _, legs, spot, rate, expected = KNOWN[name]
    book = problem(legs, spot=spot, rate=rate)
    pairing = choose(book)
    assert pairing.total == pytest.approx(expected, abs=CENT)
    assert pairing.proven
    assert pairing.gap == 0.0
    check(book, pairing)


@pytest.mark.parametrize("kind", [adversarial, traders, covered])
def test_an_exchange_costs_what_its_table_says(kind):
    book = canonical(checked(kind(40, 1)))
    model = model_of(book, straddles=True, across_expiries=False)
    exchange = Exchange(model)
    state = exchange._state(solved(model, Clock(0.0)).values.round())
    seen = 0
    for (group, right), side in state.sides.items():
        for row, column in np.argwhere(np.isfinite(side.change))[::3]:
            change = exchange._change(state, right, [(group, int(row), int(column))])
            counts = state.values[: change.size] + change
            price = model.cost @ np.append(counts, [max((at @ counts).max(initial=0), 0) for at in exchange._losses_at])
            assert price - state.cost == pytest.approx(side.change[row, column], abs=1e-6)
            seen += 1
    assert seen > 5


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", [adversarial, traders, covered])
def test_exchanges_never_raise_the_total(kind, seed):
    book = canonical(checked(kind(60, seed)))
    model = model_of(book, straddles=True, across_expiries=False)
    before = solved(model, Clock(0.0)).values
    after = Exchange(model).improved(before, Clock(0.1), 1000)
    assert model.cost @ after <= model.cost @ before + 1e-6
    assert (model.matrix @ after <= model.row_upper + 1e-6).all()
    assert (model.matrix @ after >= model.row_lower - 1e-6).all()
    assert ((after >= model.lower) & (after <= model.upper)).all()


def test_the_solver_prints_nothing(capfd):
    library = ctypes.CDLL(None)
    for seed in range(4):
        choose(adversarial(40, seed), time_limit=1.0)
    library.fflush(None)  # what C code keeps back would come out at the end of the process
    assert capfd.readouterr().out == ""


def model_of_problem(book):
    book = checked(book)
    model = model_of(canonical(book), straddles=book.straddles, across_expiries=book.straddles_across_expiries)
    return restricted(model, lesser=book.lesser_of_uncovered)


@pytest.mark.parametrize("kind", [adversarial, traders, signed])
@pytest.mark.parametrize("across", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_the_tree_proves_what_highs_proves_of_the_whole_programme(kind, across, seed):
    model = model_of_problem(kind(36, seed, expiries=3, straddles_across_expiries=across))
    whole = minimised(model)
    assert whole.exhausted
    solution = solved(model, Clock(None))
    assert model.cost @ solution.values == pytest.approx(whole.cost, abs=1e-3)
    assert solution.bound == pytest.approx(whole.cost, abs=1e-3)
    assert (model.matrix @ solution.values <= model.row_upper + 1e-6).all()
    assert (model.matrix @ solution.values >= model.row_lower - 1e-6).all()


@pytest.mark.parametrize("kind", [adversarial, traders])
@pytest.mark.parametrize("seed", range(3))
def test_the_bound_only_rises_and_never_above_the_least_cost(kind, seed):
    model = model_of_problem(kind(40, seed, expiries=4))
    least_cost = minimised(model).cost
    tree = Tree(model, 1e-5)
    tree.accept(solved(model, Clock(0.0)).values)
    bounds = [tree.bound]
    while not tree.finished():
        assert tree.bound <= least_cost + 1e-4
        assert tree.cost >= least_cost - 1e-4
        tree.search(3, Clock(None))
        bounds.append(tree.bound)
    assert bounds == sorted(bounds)
    assert len(bounds) > 2
    assert tree.cost == pytest.approx(least_cost, abs=1e-3)


@pytest.mark.parametrize("kind", [adversarial, traders])
def test_a_tree_that_begins_with_the_least_cost_finds_nothing_cheaper(kind):
    model = model_of_problem(kind(40, 5, expiries=3))
    best = minimised(model).values
    tree = Tree(model, 1e-5)
    tree.accept(best)
    cost = tree.cost
    tree.search(10**6, Clock(None))
    assert tree.finished()
    assert tree.cost == tree.bound == cost


@pytest.mark.parametrize("kind", [adversarial, traders])
@pytest.mark.parametrize("seed", range(3))
def test_where_the_solver_gives_up_a_gap_is_left_and_no_proof(kind, seed, monkeypatch):
    book = kind(40, seed, expiries=4)
    least_total = choose(book).total
    runs = itertools.count()
    honest = Relaxation.least

    def gives_up(self, no_less):
        cost = honest(self, no_less)
        self.fails = next(runs) % 7 == 6
        return no_less if self.fails else cost

    solved_before = Relaxation.solved.fget
    monkeypatch.setattr(Relaxation, "least", gives_up)
    monkeypatch.setattr(Relaxation, "solved", property(lambda self: not self.fails and solved_before(self)))
    pairing = choose(book)
    assert pairing.bound <= least_total + CENT
    assert pairing.total >= least_total - CENT
    assert pairing.proven == (pairing.gap == 0.0)
    if pairing.proven:
        assert pairing.total == pytest.approx(least_total, abs=CENT)
    monkeypatch.setattr(Relaxation, "least", lambda _, no_less: no_less)
    monkeypatch.setattr(Relaxation, "solved", property(lambda _: False))
    hopeless = choose(book)
    assert hopeless.bound <= least_total + CENT
    assert hopeless.total >= least_total - CENT
    assert not hopeless.proven


@pytest.mark.parametrize("kind", [adversarial, traders])
@pytest.mark.parametrize("seed", range(3))
def test_a_part_chosen_anew_is_permitted_and_cheaper(kind, seed):
    model = model_of_problem(kind(60, seed, expiries=5))
    values = solved(model, Clock(0.0)).values
    parts = Neighbourhoods(model)
    found = 0
    for _ in range(12):
        better = parts.better(values, Tree(model, 1e-5).relaxed, model.lower, model.upper, Clock(None))
        if better is None:
            continue
        found += 1
        assert model.cost @ better < model.cost @ values
        assert (model.matrix @ better <= model.row_upper + 1e-6).all()
        assert (model.matrix @ better >= model.row_lower - 1e-6).all()
        assert (np.abs(better - np.rint(better))[model.whole] < 1e-5).all()
        values = better
    assert found


@settings(max_examples=300, deadline=None)
@given(st.integers(min_value=0, max_value=10**6))
def test_a_balanced_book_against_full_enumeration(seed):
    rng = np.random.default_rng(seed)
    legs = []
    for _ in range(int(rng.integers(2, 4))):
        units, right, expiry = int(rng.integers(1, 3)), int(rng.integers(1, 3)), int(rng.integers(2))
        strike = 100.0 + 5.0 * rng.integers(-4, 5)
        legs += [(-units, right, expiry, strike), (units, right, expiry, strike + 5.0 * rng.integers(-4, 5))]
    book = problem(legs, spot=100.0, straddles_across_expiries=bool(rng.random() < 0.3))
    due = book.shares * rng.integers(0, 25, size=book.short_units.size).astype(float)
    book = replace(book, short_uncovered=due, short_spared=np.floor(due * rng.random(due.size)))
    assert choose(book).total == pytest.approx(least(book)[1], abs=1e-6)


def test_an_empty_book_costs_nothing():
    pairing = choose(problem([]))
    assert (pairing.total, pairing.gap) == (0.0, 0.0)
    assert choose(problem([(1, CALL, 0, 4000.0)])).total == 0.0


def test_stock_alone_and_as_cover():
    # 2 units of stock at 5,000 alone; a covered call at 5,200 each frees the call of its own requirement
    legs = [(-3, CALL, 0, 105.0, 2.0)]
    book = problem(legs, spot=100.0, rate=0.20, stock=2, activities=[(5_000.0, -1, -1), (5_200.0, 0, -1)])
    pairing = choose(book)
    assert pairing.total == pytest.approx(2 * 5_200.0 + uncovered(CALL, 105.0, 2.0, 100.0, 0.20))
    assert pairing.activity_units.tolist() == [0, 2]
    check(book, pairing)


def test_unknown_requirements_are_covered_first_and_reported():
    book = problem([(-2, PUT, 0, 3500.0, 1.0), (-1, PUT, 0, 4000.0, 80.0), (1, PUT, 0, 3400.0, 76.0)])
    unknown = book.short_uncovered.copy()
    unknown[0] = np.nan
    pairing = choose(replace(book, short_uncovered=unknown))
    assert pairing.covered.tolist() == [1, 0]
    assert pairing.unknown_uncovered.tolist() == [1, 0]
    assert pairing.total == pytest.approx(10_000.0 + uncovered(PUT, 4000.0, 80.0, 4000.0, 0.15))


def test_without_the_lesser_of_as_many_as_possible_are_covered():
    book = problem([(-1, PUT, 0, 95.0, 1.0), (1, PUT, 0, 5.0, 0.01)], spot=100.0, rate=0.20, lesser_of_uncovered=False)
    assert choose(book).total == 9_000.0


def test_whatever_no_rule_can_price_is_refused():
    book = problem([(-1, PUT, 0, 95.0, 1.0)])
    for changed in (
        {"short_units": np.array([0])},
        {"short_units": np.array([1.5])},
        {"short_right": np.array([3])},
        {"short_strike": np.array([np.nan])},
        {"short_uncovered": np.array([-1.0])},
        {"shares": 0.0},
        {"stock_units": 1},
        {"long_units": np.array([1])},
    ):
        with pytest.raises(MarginError):
            choose(replace(book, **changed))


@pytest.mark.parametrize("start", range(0, 1200, 100))
def test_against_full_enumeration(start):
    for seed in range(start, start + 100):
        book = small(seed, most=3 if seed % 3 == 0 else 2)
        unknown, total = least(book)
        pairing = choose(book)
        assert pairing.total == pytest.approx(total, abs=1e-6), seed
        assert pairing.unknown_uncovered.sum() == unknown, seed
        assert pairing.gap == 0.0
        check(book, pairing)


seeds = st.integers(min_value=0, max_value=10**6)


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_order_and_splits_change_nothing(seed):
    book = small(seed, stock=False)
    total = choose(book).total
    rng = np.random.default_rng(seed)
    shorts, longs = rng.permutation(book.short_units.size), rng.permutation(book.long_units.size)
    assert choose(taken(book, shorts, longs)).total == pytest.approx(total, abs=1e-9)
    split = taken(
        book, np.repeat(np.arange(shorts.size), book.short_units), np.repeat(np.arange(longs.size), book.long_units)
    )
    split = replace(split, short_units=np.ones_like(split.short_units), long_units=np.ones_like(split.long_units))
    pairing = choose(split)
    assert pairing.total == pytest.approx(total, abs=1e-9)
    check(split, pairing)


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_order_changes_nothing_with_stock(seed):
    book = small(seed)
    rng = np.random.default_rng(seed)
    shorts, longs = rng.permutation(book.short_units.size), rng.permutation(book.long_units.size)
    assert choose(taken(book, shorts, longs)).total == pytest.approx(choose(book).total, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_a_book_never_costs_more_than_its_parts_apart(seed):
    # Where as many as possible must be covered, or something is unknown, parts and whole answer different questions.
    book = replace(small(seed, stock=False), lesser_of_uncovered=True)
    book = replace(book, short_uncovered=np.nan_to_num(book.short_uncovered, nan=500.0))
    rng = np.random.default_rng(seed)
    first_short, first_long = rng.random(book.short_units.size) < 0.5, rng.random(book.long_units.size) < 0.5
    parts = [
        choose(taken(book, np.flatnonzero(first_short), np.flatnonzero(first_long))).total,
        choose(taken(book, np.flatnonzero(~first_short), np.flatnonzero(~first_long))).total,
    ]
    assert choose(book).total <= sum(parts) + 1e-6


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_another_long_never_raises_the_total(seed):
    book = replace(small(seed, stock=False), lesser_of_uncovered=True)
    book = replace(book, short_uncovered=np.nan_to_num(book.short_uncovered, nan=500.0))
    rng = np.random.default_rng(seed)
    more = replace(
        book,
        long_right=np.append(book.long_right, rng.integers(1, 3)),
        long_expiry=np.append(book.long_expiry, rng.integers(3)),
        long_strike=np.append(book.long_strike, 100.0 + 5.0 * rng.integers(-4, 5)),
        long_units=np.append(book.long_units, rng.integers(1, 3)),
    )
    assert choose(more).total <= choose(book).total + 1e-6


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("lots", [2, 3, 7, 50, 1001])
def test_lots_of_one_strategy_cost_that_many_times_one(name, lots):
    _, legs, spot, rate, _ = KNOWN[name]
    one = choose(problem(legs, spot=spot, rate=rate)).total
    many = choose(problem([(lots * leg[0], *leg[1:]) for leg in legs], spot=spot, rate=rate)).total
    assert many == pytest.approx(lots * one, rel=1e-15)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", [adversarial, traders, covered])
def test_a_larger_book_adds_up_and_is_between_its_bounds(kind, seed):
    book = kind(60, seed)
    pairing = choose(book, time_limit=0.5)
    check(book, pairing)
    assert 0.0 <= pairing.gap <= pairing.total
    assert pairing.bound + pairing.gap == pytest.approx(pairing.total)
    assert pairing.proven == (pairing.gap == 0.0)


def test_when_the_time_is_out_at_once_the_answer_is_still_permitted():
    book = adversarial(150, 1)
    pairing = choose(book, time_limit=0.0)
    check(book, pairing)
    assert not pairing.proven
    assert pairing.gap > 0.0
