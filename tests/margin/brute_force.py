"""The least requirement of a small book by trying every permitted decision: no solver, no clever bound, no shared code."""

from __future__ import annotations

import itertools
import math
from functools import cache

CALL, PUT = 1, 2


def least(problem) -> tuple[int, float]:
    """Contracts of unknown requirement that stay uncovered, and the least total in USD with so few of them."""
    shorts = [
        (int(r), int(e), float(k), int(n), float(u), float(s))
        for r, e, k, n, u, s in zip(
            problem.short_right,
            problem.short_expiry,
            problem.short_strike,
            problem.short_units,
            problem.short_uncovered,
            problem.short_spared,
            strict=True,
        )
    ]
    longs = [
        (int(r), int(e), float(k), int(n))
        for r, e, k, n in zip(
            problem.long_right, problem.long_expiry, problem.long_strike, problem.long_units, strict=True
        )
    ]
    best = (math.inf, math.inf, math.inf)
    for stock_cost, short_used, long_used in _uses_of_stock(problem, len(shorts), len(longs)):
        if any(used > leg[3] for used, leg in zip(short_used, shorts, strict=True)):
            continue
        if any(used > leg[3] for used, leg in zip(long_used, longs, strict=True)):
            continue
        rest_short = tuple(
            (r, e, k, n - used, u, s) for (r, e, k, n, u, s), used in zip(shorts, short_used, strict=True)
        )
        rest_long = tuple((r, e, k, n - used) for (r, e, k, n), used in zip(longs, long_used, strict=True))
        unknown, count, cost = _least_of_options(
            rest_short,
            rest_long,
            float(problem.shares),
            straddles=problem.straddles,
            across=problem.straddles_across_expiries,
            lesser=problem.lesser_of_uncovered,
        )
        best = min(best, (unknown, count, cost + stock_cost))
    return int(best[0]), best[2]


def _uses_of_stock(problem, shorts, longs):
    """Every way to use every unit of stock: cost, contracts used per short, contracts used per long."""
    activities = list(
        zip(
            problem.activity_cost.tolist(), problem.activity_short.tolist(), problem.activity_long.tolist(), strict=True
        )
    )
    for chosen in itertools.combinations_with_replacement(range(len(activities)), problem.stock_units):
        cost, short_used, long_used = 0.0, [0] * shorts, [0] * longs
        for at in chosen:
            cost += activities[at][0]
            if activities[at][1] >= 0:
                short_used[activities[at][1]] += 1
            if activities[at][2] >= 0:
                long_used[activities[at][2]] += 1
        yield cost, short_used, long_used


def _least_of_options(shorts, longs, shares, *, straddles, across, lesser):
    groups = sorted({leg[1] for leg in shorts})
    ways = {}
    # by what every group and right is given, in number: every way to give it
    for given in itertools.product(*[_spread_over(n, [g for g in groups if g <= e]) for _, e, _, n in longs]):
        count = dict.fromkeys(itertools.product(groups, (CALL, PUT)), 0)
        for (right, *_), shares_of_it in zip(longs, given, strict=True):
            for group, units in shares_of_it.items():
                count[group, right] += units
        ways.setdefault(tuple(count.values()), []).append(given)
    keys = list(itertools.product(groups, (CALL, PUT)))

    @cache
    def naked_cost(uncovered):
        return _uncovered_cost(shorts, uncovered, straddles=straddles, across=across)

    @cache
    def group_loss(group, covered, assigned):
        legs = [(-n, shorts[at][0], shorts[at][2]) for at, n in covered]
        legs += [(n, longs[at][0], longs[at][2]) for at, n in assigned]
        worst = 0.0
        for price in {0.0, *(strike for _, _, strike in legs)}:
            value = sum(
                n * (max(price - strike, 0.0) if right == CALL else max(strike - price, 0.0))
                for n, right, strike in legs
            )
            worst = max(worst, -value)
        return shares * worst

    best = (math.inf, math.inf, math.inf)
    for covered in itertools.product(*[range(leg[3] + 1) for leg in shorts]):
        count = dict.fromkeys(keys, 0)
        for leg, n in zip(shorts, covered, strict=True):
            count[leg[1], leg[0]] += n
        uncovered = tuple(leg[3] - n for leg, n in zip(shorts, covered, strict=True))
        unknown = sum(n for leg, n in zip(shorts, uncovered, strict=True) if math.isnan(leg[4]))
        for given in ways.get(tuple(count.values()), ()):
            cost = naked_cost(uncovered)
            for group in groups:
                members = tuple((at, n) for at, n in enumerate(covered) if n and shorts[at][1] == group)
                assigned = tuple((at, way[group]) for at, way in enumerate(given) if way.get(group))
                cost += group_loss(group, members, assigned)
            best = min(best, (unknown, 0 if lesser else sum(uncovered), cost))
    return best


def _spread_over(units, groups):
    """Every way to give up to ``units`` contracts to the groups."""
    ways = []
    for counts in itertools.product(range(units + 1), repeat=len(groups)):
        if sum(counts) <= units:
            ways.append(dict(zip(groups, counts, strict=True)))
    return ways


def _uncovered_cost(shorts, uncovered, *, straddles, across):
    """The least that the uncovered contracts cost, over every set of straddles; unknown ones cost nothing here."""
    single = [leg for leg, n in zip(shorts, uncovered, strict=True) for _ in range(n) if not math.isnan(leg[4])]
    calls = sorted(leg for leg in single if leg[0] == CALL)
    puts = tuple(sorted(leg for leg in single if leg[0] == PUT))
    if not straddles:
        return sum(leg[4] for leg in single)

    @cache
    def least_from(at, free):
        if at == len(calls):
            return sum(put[4] for put in free)
        call = calls[at]
        best = call[4] + least_from(at + 1, free)
        for position, put in enumerate(free):
            if position and free[position - 1] == put:
                continue
            if not across and put[1] != call[1]:
                continue
            rest = free[:position] + free[position + 1 :]
            if call[4] >= put[4] and not math.isnan(put[5]):
                best = min(best, call[4] + put[5] + least_from(at + 1, rest))
            if put[4] >= call[4] and not math.isnan(call[5]):
                best = min(best, put[4] + call[5] + least_from(at + 1, rest))
        return best

    return least_from(0, puts)
