"""Random books, seeded: traders' books, adversarial books, covered books, and small books for full enumeration."""

from __future__ import annotations

import math

import numpy as np

from optmargin.margin.choice import PairingProblem

SPOT = 4000.0
CALL, PUT = 1, 2


def premium(right: int, strike: float, expiry: int, spot: float = SPOT, width: float = 0.05) -> float:
    """A plausible mark in USD per share: intrinsic value plus a time value that fades with distance and grows with time."""
    intrinsic = max(spot - strike, 0.0) if right == CALL else max(strike - spot, 0.0)
    deviation = spot * width * math.sqrt(expiry + 1)
    return round(intrinsic + 0.4 * deviation * math.exp(-abs(strike - spot) / deviation), 2)


def uncovered(right: int, strike: float, mark: float, shares: float, spot: float = SPOT, rate: float = 0.15) -> float:
    """100 * (P + max(rate * S - out of the money, 10 % of S for a call or of K for a put))."""
    out = max(strike - spot, 0.0) if right == CALL else max(spot - strike, 0.0)
    return shares * (mark + max(rate * spot - out, 0.10 * (spot if right == CALL else strike)))


def problem(legs, *, shares=100.0, spot=SPOT, rate=0.15, stock=0, activities=(), **terms) -> PairingProblem:
    """A problem from (signed quantity, right, expiry, strike[, mark]) rows."""
    rows = [(*leg, premium(leg[1], leg[3], leg[2], spot)) if len(leg) == 4 else leg for leg in legs]
    shorts = [row for row in rows if row[0] < 0]
    longs = [row for row in rows if row[0] > 0]

    def column(rows, at, kind):
        return np.array([row[at] for row in rows], dtype=kind)

    return PairingProblem(
        short_right=column(shorts, 1, np.int8),
        short_expiry=column(shorts, 2, np.int64),
        short_strike=column(shorts, 3, float),
        short_units=-column(shorts, 0, np.int64),
        short_uncovered=np.array([uncovered(r, k, p, shares, spot, rate) for _, r, _, k, p in shorts], dtype=float),
        short_spared=np.array([shares * p for *_, p in shorts], dtype=float),
        long_right=column(longs, 1, np.int8),
        long_expiry=column(longs, 2, np.int64),
        long_strike=column(longs, 3, float),
        long_units=column(longs, 0, np.int64),
        shares=shares,
        stock_units=stock,
        activity_cost=np.array([a[0] for a in activities], dtype=float),
        activity_short=np.array([a[1] for a in activities], dtype=np.int64),
        activity_long=np.array([a[2] for a in activities], dtype=np.int64),
        **terms,
    )


def adversarial(count: int, seed: int, *, expiries: int = 6, most: int = 10, **terms) -> PairingProblem:
    """``count`` legs at random: half of them shorts that nothing was bought for, the rest half short, half long."""
    rng = np.random.default_rng(seed)
    legs = []
    for at in range(count):
        sign = 1 if at % 4 == 0 else -1
        legs.append(
            (
                sign * int(rng.integers(1, most + 1)),
                int(rng.integers(1, 3)),
                int(rng.integers(expiries)),
                float(5 * rng.integers(640, 961)),
            )
        )
    return problem(legs, **terms)


def signed(count: int, seed: int, *, expiries: int = 6, most: int = 10, **terms) -> PairingProblem:
    """``count`` legs at random, each long or short by the toss of a coin."""
    rng = np.random.default_rng(seed)
    legs = [
        (
            int(rng.choice([-1, 1])) * int(rng.integers(1, most + 1)),
            int(rng.integers(1, 3)),
            int(rng.integers(expiries)),
            float(5 * rng.integers(640, 961)),
        )
        for _ in range(count)
    ]
    return problem(legs, **terms)


def small(seed: int, *, legs: int = 6, most: int = 3, stock: bool = True) -> PairingProblem:
    """A book small enough for full enumeration, with everything in it that can go wrong.

    Few strikes, so that legs coincide; requirements by the formula or out of the air, with ties, unknown ones, unknown
    premiums, and every combination of terms.
    """
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, legs + 1))
    expiries = int(rng.integers(1, 4))
    shorts = int(rng.integers(1, count + 1))
    longs = count - shorts
    shares = float(rng.choice([1.0, 50.0, 100.0]))
    strikes = 100.0 + 5.0 * rng.integers(-4, 5, size=count)
    rights = rng.integers(1, 3, size=count) if rng.random() < 0.7 else np.full(count, int(rng.integers(1, 3)))
    expiry = rng.integers(expiries, size=count)
    if rng.random() < 0.5:
        marks = [premium(int(r), float(k), int(e), 100.0) for r, k, e in zip(rights, strikes, expiry, strict=True)]
        due = np.array(
            [uncovered(int(r), float(k), p, shares, 100.0) for r, k, p in zip(rights, strikes, marks, strict=True)]
        )
        spared = shares * np.array(marks)
    else:
        due = shares * rng.integers(0, 20, size=count).astype(float)
        spared = np.floor(due * rng.random(count))
    if rng.random() < 0.2:
        due[rng.random(count) < 0.3] = np.nan
    if rng.random() < 0.2:
        spared[rng.random(count) < 0.3] = np.nan
    units = rng.integers(1, most + 1, size=count)
    lots = int(rng.integers(1, 4)) if stock and rng.random() < 0.35 else 0
    uses = [(float(shares * rng.integers(10, 60)), -1, -1)] if lots else []
    for _ in range(int(rng.integers(0, 5)) if lots else 0):
        short = int(rng.integers(-1, shorts))
        long = int(rng.integers(-1, longs)) if longs else -1
        uses.append((float(shares * rng.integers(0, 60)), short, long))
    return PairingProblem(
        short_right=rights[:shorts].astype(np.int8),
        short_expiry=expiry[:shorts],
        short_strike=strikes[:shorts],
        short_units=units[:shorts],
        short_uncovered=due[:shorts],
        short_spared=spared[:shorts],
        long_right=rights[shorts:].astype(np.int8),
        long_expiry=expiry[shorts:],
        long_strike=strikes[shorts:],
        long_units=units[shorts:],
        shares=shares,
        straddles=bool(rng.random() < 0.8),
        straddles_across_expiries=bool(rng.random() < 0.3),
        lesser_of_uncovered=bool(rng.random() < 0.8),
        stock_units=lots,
        activity_cost=np.array([use[0] for use in uses], dtype=float),
        activity_short=np.array([use[1] for use in uses], dtype=np.int64),
        activity_long=np.array([use[2] for use in uses], dtype=np.int64),
    )


def covered(count: int, seed: int, *, expiries: int = 8, most: int = 10, **terms) -> PairingProblem:
    """Vertical spreads at random, so that each expiry and right holds as many longs as shorts; SPX-like widths."""
    rng = np.random.default_rng(seed)
    legs = []
    for _ in range(count // 2):
        quantity = int(rng.integers(1, most + 1))
        right = int(rng.integers(1, 3))
        expiry = int(rng.integers(expiries))
        short = float(5 * rng.integers(680, 921))
        width = float(5 * rng.integers(1, 11)) * (1 if rng.random() < 0.5 else -1)
        legs += [(-quantity, right, expiry, short), (quantity, right, expiry, short + width)]
    return problem(legs, **terms)


def traders(count: int, seed: int, *, expiries: int = 8, most: int = 10, **terms) -> PairingProblem:
    """Condors, verticals, broken wings and diagonals, credit spreads out of the money; one leg in ten uncovered."""
    rng = np.random.default_rng(seed)
    legs: list[tuple[int, int, int, float]] = []
    while len(legs) < count:
        quantity = int(rng.integers(1, most + 1))
        expiry = int(rng.integers(expiries))
        right = int(rng.integers(1, 3))
        away = 1 if right == CALL else -1
        short = SPOT + away * 5.0 * int(rng.integers(4, 81))
        width = 5.0 * int(rng.integers(1, 11))
        shape = rng.choice(["condor", "vertical", "broken", "diagonal", "naked"], p=[0.2, 0.25, 0.15, 0.15, 0.25])
        if shape == "condor":
            put, call = SPOT - 5.0 * int(rng.integers(4, 81)), SPOT + 5.0 * int(rng.integers(4, 81))
            legs += [(-quantity, PUT, expiry, put), (quantity, PUT, expiry, put - width)]
            legs += [(-quantity, CALL, expiry, call), (quantity, CALL, expiry, call + width)]
        elif shape == "vertical":
            legs += [(-quantity, right, expiry, short), (quantity, right, expiry, short + away * width)]
        elif shape == "broken":
            far = width + 5.0 * int(rng.integers(1, 11))
            legs += [(quantity, right, expiry, short - away * width), (-2 * quantity, right, expiry, short)]
            legs += [(quantity, right, expiry, short + away * far)]
        elif shape == "diagonal":
            later = int(rng.integers(expiry, expiries))
            legs += [(-quantity, right, expiry, short), (quantity, right, later, short + away * width)]
        else:
            legs += [(-quantity, right, expiry, short)]
    return problem(legs[:count], **terms)


def balanced(count: int, seed: int, *, expiries: int = 8, most: int = 10, **terms) -> PairingProblem:
    """Iron condors sold within 2.5 % of the spot, wings 5 to 50 wide: a covered book as traders hold it.

    So near the spot leaving a short uncovered never pays. Further out it can, in a large book: one uncovered strangle
    frees two long options, which then may cover where they are worth more.
    """
    rng = np.random.default_rng(seed)
    legs = []
    for _ in range(count // 4):
        quantity, expiry = int(rng.integers(1, most + 1)), int(rng.integers(expiries))
        put, call = SPOT - 5.0 * int(rng.integers(1, 21)), SPOT + 5.0 * int(rng.integers(1, 21))
        below, above = 5.0 * int(rng.integers(1, 11)), 5.0 * int(rng.integers(1, 11))
        legs += [(-quantity, PUT, expiry, put), (quantity, PUT, expiry, put - below)]
        legs += [(-quantity, CALL, expiry, call), (quantity, CALL, expiry, call + above)]
    return problem(legs, **terms)
