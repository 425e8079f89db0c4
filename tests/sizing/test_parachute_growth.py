"""Kelly for bets and campaigns, the number of parachutes that grows most, deploy or stop; closed forms and tables worked out beside."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.sizing.parachutes import kelly
from optmargin.sizing.parachutes.campaign import plan
from optmargin.sizing.parachutes.chain import chain_of
from optmargin.sizing.parachutes.columns import kelly_written
from optmargin.sizing.parachutes.deploy import deploy_threshold, largest_loss, loss_if_stopped, worth_deploying
from optmargin.sizing.parachutes.geometry import Reading, Terms
from optmargin.sizing.parachutes.growth import (
    Binds,
    best_parachutes,
    edge_for_growth,
    edge_for_kelly,
    growth_at,
    kelly_units,
    neutral,
    size_of,
)
from optmargin.sizing.parachutes.odds import as_given, from_prices

# Bets --------------------------------------------------------------------------------------------------------------------------


def test_a_bet_that_does_not_gain_is_not_made():
    assert kelly.kelly_binary(0.5, 1) == kelly.kelly_binary(0.2, 3) == kelly.kelly_binary(0, 5) == 0
    assert kelly.kelly_binary(1, 2) == 1
    assert kelly.kelly_many([1, -1], [0.5, 0.5]) == 0
    assert kelly.kelly_many([1, -2], [0.5, 0.5]) == 0
    assert kelly.kelly_many([-1], [1]) == 0
    assert kelly.kelly_many([0, 0], [0.5, 0.5]) == 0
    assert kelly.kelly_gain_loss(0.63, 0.37, 0.63) == 0


@given(
    st.lists(st.tuples(st.floats(-5, 5), st.integers(1, 100)), min_size=2, max_size=6).filter(
        lambda rows: min(x for x, _ in rows) < -0.01
    )
)
def test_no_other_stake_grows_faster(rows):
    total = sum(weight for _, weight in rows)
    outcomes, chances = [x for x, _ in rows], [weight / total for _, weight in rows]
    best = kelly.kelly_many(outcomes, chances)
    assert 0 <= best < -1 / min(outcomes)
    grown = kelly.growth(outcomes, chances, best)
    assert grown >= 0
    for other in (0.0, best * 0.9, best * 1.1, best + 0.01):
        assert kelly.growth(outcomes, chances, other) <= grown + 1e-12


def test_an_outcome_that_cannot_happen_limits_nothing():
    assert kelly.kelly_many([1, -1, -100], [0.6, 0.4, 0.0]) == pytest.approx(0.2, rel=1e-12)
    assert kelly.growth([1, -1, -100], [0.6, 0.4, 0.0], 0.2) == pytest.approx(0.6 * math.log(1.2) + 0.4 * math.log(0.8))


def test_a_stake_that_may_lose_everything_shrinks_without_end():
    assert kelly.growth([1, -1], [0.99, 0.01], 1) == -math.inf
    assert kelly.growth([1, -1], [0.99, 0.01], 2) == -math.inf


@pytest.mark.parametrize(
    ("outcomes", "chances", "code", "says"),
    [
        ([1, -1], [0.5], "#VALUE!", "2 outcomes and 1 probabilities"),
        ([], [], "#VALUE!", "0 outcomes"),
        ([1, -1], [0.5, 0.4], "#NUM!", "add up to 0.9"),
        ([1, -1], [1.2, -0.2], "#NUM!", "a probability is 1.2"),
        ([1, -1], [math.nan, 1], "#NUM!", "a probability is nan"),
        ([math.inf, -1], [0.5, 0.5], "#NUM!", "isn't a number"),
        ([1, 0], [0.5, 0.5], "#NUM!", "no outcome loses"),
    ],
)
def test_bad_distributions_are_refused(outcomes, chances, code, says):
    with pytest.raises(MarginError, match=says) as caught:
        kelly.kelly_many(outcomes, chances)
    assert caught.value.code == code


def test_a_share_of_kelly():
    # Thorp's continuous approximation: half Kelly has 3/4 of the growth, and halves the account with 1/8 instead of 1/2.
    assert kelly.growth_share(0.5) == 0.75
    assert kelly.drawdown_probability(0.5, 0.5) == 0.125
    assert kelly.drawdown_probability(1, 0.5) == 0.5
    assert kelly.drawdown_probability(2, 0.5) == kelly.drawdown_probability(3, 0.1) == 1
    for wrong in ((0, 0.5), (1, 0), (1, 1.1)):
        with pytest.raises(MarginError):
            kelly.drawdown_probability(*wrong)


def test_bets_on_one_winner():
    # Smoczynski and Tomkins: bet while a runner's expected return exceeds what is kept.
    found = kelly.bets_on_one_winner([0.5, 0.3, 0.2], [2.4, 2.5, 2.0])
    kept = 0.5 / (1 - 1 / 2.4)
    assert found.bets == (pytest.approx(0.5 - kept / 2.4), 0, 0)
    assert found.kept == pytest.approx(kept)
    best = found.growth
    for shift in (-0.02, 0.02):
        bet = found.bets[0] + shift
        assert 0.5 * math.log(1 - bet + bet * 2.4) + 0.5 * math.log(1 - bet) < best
    generous = kelly.bets_on_one_winner([0.5, 0.5], [3.0, 3.0])
    assert (generous.bets, generous.kept) == ((0.5, 0.5), 0)
    none = kelly.bets_on_one_winner([0.5, 0.5], [1.9, 1.9])
    assert (none.bets, none.kept, none.growth) == ((0, 0), 1, 0)


# Campaigns ---------------------------------------------------------------------------------------------------------------------

E = Fraction("0.1")


@pytest.mark.parametrize("parachutes", range(7))
@pytest.mark.parametrize("edge", ["0.02", "0.1", "0.2"])
def test_a_neutral_campaign_is_a_binary_bet(parachutes, edge):
    # Ruin p = (c0 / b) m^-K (1 - e)^(K + 1); y = (1 - p) / (m^K b - c0) - p / c0; mean = c0 (1 - (1 - e)^(K + 1))
    c, b, e = Fraction(1), Fraction("2.5"), Fraction(edge)
    campaign, chain = neutral(c, b, parachutes, e)
    p = c / b / 2**parachutes * (1 - e) ** (parachutes + 1)
    assert chain.ruin == p
    assert chain.mean == 100 * c * (1 - (1 - e) ** (parachutes + 1))
    y = (1 - p) / (2**parachutes * b - c) - p / c
    assert kelly_units(campaign, chain) == pytest.approx(float(y), rel=1e-12)
    size = size_of(campaign, chain)
    fair = c / b / 2**parachutes
    # the growth of full Kelly is the relative entropy of the ruin against the fair one
    entropy = float(p) * math.log(p / fair) + float(1 - p) * math.log((1 - p) / (1 - fair))
    assert size.full_growth == pytest.approx(entropy, rel=1e-9)
    deepest = Fraction(5) / b * (1 - (1 - e) ** (parachutes + 1)) / (1 - fair)
    if size.binds is Binds.KELLY:
        assert size.deepest == pytest.approx(float(deepest), rel=1e-12)


# Growth-optimal number of parachutes at half Kelly, width 5, buy-back 2.50: K, the share written as 1/n, deepest commitment.
# From the closed form above, worked out apart.
BEST = {
    "0.25": [(2, 66, 6), (2, 27, 15), (2, 14, 28), (1, 7, None), (1, 5, None)],
    "0.50": [(2, 65, None), (2, 27, 15), (1, 9, 21), (1, 6, None), (1, 5, None)],
    "1.00": [(1, 40, None), (1, 16, 12), (1, 8, 24), (1, 6, None), (1, 4, None)],
    "1.50": [(1, 35, None), (1, 14, None), (1, 7, None), (1, 5, None), (0, 2, None)],
}


@pytest.mark.parametrize("credit", list(BEST))
def test_one_to_three_parachutes_grow_most(credit):
    for edge, (parachutes, written, deepest) in zip(("0.02", "0.05", "0.1", "0.15", "0.2"), BEST[credit], strict=True):
        sizes = best_parachutes(
            lambda number, edge=edge: neutral(Fraction(credit), Fraction("2.5"), number, Fraction(edge)),
            kelly_multiple=Fraction(1, 2),
        )
        best = max(sizes, key=lambda size: size.growth)
        assert (best.parachutes, round(1 / best.written)) == (parachutes, written)
        assert best.binds is Binds.KELLY
        if deepest is not None:
            assert round(100 * best.deepest) == deepest


@pytest.mark.parametrize(("edge", "written"), [("0.02", 277), ("0.05", 119), ("0.1", 67), ("0.2", 43)])
def test_five_parachutes_at_half_kelly(edge, written):
    size = size_of(*neutral(1, Fraction("2.5"), 5, Fraction(edge)), kelly_multiple=Fraction(1, 2))
    assert round(1 / size.written) == written
    assert size.deepest < 1


def test_without_an_edge_nothing_is_written():
    size = size_of(*neutral(1, 2.5, 5))
    assert (size.kelly, size.written, size.binds, size.growth) == (0, 0, Binds.NO_EDGE, 0)
    assert size_of(*neutral(1, 2.5, 5, fee=1.10, edge=0.01)).binds is Binds.NO_EDGE, "fees eat the edge"
    assert size_of(*neutral(1, 2.5, 5, edge=-0.1)).written == 0


def test_the_margin_binds_where_kelly_asks_for_more():
    campaign, chain = neutral(1, 2.5, 0, 0.9)
    size = size_of(campaign, chain, cushion=0.1)
    assert size.kelly > size.margin
    assert (size.written, size.binds) == (size.margin, Binds.MARGIN)
    assert size.margin == pytest.approx(0.9 * 5 / (5 - 0.9))  # (1 - h) w / (w - (1 - h) c0)
    assert size_of(campaign, chain, others=[1]).written == 0
    # other options were sold for a tenth of net liq, and their margin is a fifth: 0.9 is left of 1.1 for 4 / 5 a share
    assert size_of(campaign, chain, equity_share=1.1, others=[0.2]).margin == pytest.approx(0.9 * 5 / 4)
    sure = size_of(*neutral(1, 2.5, 2, 1))
    assert (sure.kelly, sure.binds) == (math.inf, Binds.MARGIN)
    assert math.isnan(sure.full_growth)
    assert size_of(*neutral(1, 2.5, 2, 1), kelly_multiple=0).written == 0
    with pytest.raises(MarginError, match="below 1"):
        size_of(campaign, chain, cushion=1)


def test_a_thirtysecond_with_five_parachutes_needs_a_large_edge():
    for credit, kelly_edge in ((0.25, 0.109), (1, 0.107), (1.5, 0.106)):
        assert edge_for_kelly(Fraction(1, 32), credit, 2.5, 5) == pytest.approx(kelly_edge, abs=6e-4)
        assert edge_for_growth(Fraction(1, 32), credit, 2.5, 5) == pytest.approx(0.052, abs=1e-3)
    assert edge_for_growth(Fraction(1, 32), 1, 2.5, 5, fee=1.10) > edge_for_growth(Fraction(1, 32), 1, 2.5, 5)
    with pytest.raises(MarginError, match="at any edge"):
        edge_for_growth(2, 1, 2.5, 5)


def test_columns_of_kelly_are_each_of_them():
    rng = np.random.default_rng(1)
    rows = 80
    credit, buyback = rng.uniform(0.3, 1.2, rows).round(2), rng.uniform(1.9, 3.5, rows).round(2)
    edge = rng.choice([0.0, 0.05, 0.2, 1.0], rows)
    parachutes = rng.integers(0, 6, rows).astype(float)
    multiple = rng.choice([2.0, 3.0, 1.5], rows)
    fee, wanted = rng.choice([0.0, 1.1], rows), rng.choice([0.0, 0.5, 1.0], rows)
    cushion = rng.choice([0.0, 0.1], rows)
    found = kelly_written(
        buyback,
        Terms(multiple=multiple, credit=credit, fee=fee),
        parachutes,
        edge=edge,
        kelly_multiple=wanted,
        cushion=cushion,
    )
    for at in range(rows):
        made = neutral(credit[at], buyback[at], int(parachutes[at]), edge[at], multiple=multiple[at], fee=fee[at])
        size = size_of(*made, kelly_multiple=wanted[at], cushion=cushion[at])
        assert found[at] == pytest.approx(size.written, rel=2e-6, abs=1e-12)
    one = kelly_written(2.5, Terms(credit=1.0), 1.0, edge=0.1)
    assert one.shape == ()
    assert float(one) == pytest.approx(0.2375)
    with pytest.raises(MarginError, match="older sets"):
        kelly_written(2.5, Terms(credit=1.0, reading=Reading.ACCUMULATE), 1.0)


def test_growth_as_planned():
    # 600 won with 0.6 and 900 lost with 0.4 of 100,000
    campaign = plan(6, [1], [2.5], 0)
    grown = growth_at(campaign, chain_of(campaign, from_prices(campaign)), 100_000)
    assert grown == pytest.approx(0.6 * math.log(1.006) + 0.4 * math.log(0.991), rel=1e-12)
    whole = plan(200, [1], [2.5], 1)
    assert growth_at(whole, chain_of(whole, from_prices(whole)), 80_000) == -math.inf


# Deploy or stop ----------------------------------------------------------------------------------------------------------------

# How many parachutes are worth deploying, credit 1.00, buy-back 2.50, width 5; written share across, edge down; by backward induction.
SHARES = (512, 128, 64, 32, 16, 8)
WORTH = {"0.02": (6, 4, 3, 2, 1, 0), "0.05": (7, 5, 4, 3, 2, 1), "0.1": (8, 6, 5, 4, 3, 2), "0.2": (9, 7, 6, 5, 4, 3)}


def at_share(parts, parachutes, edge):
    campaign = plan(1, [1], [2.5], parachutes)
    return campaign, from_prices(campaign, Fraction(edge)), 500 * parts


@pytest.mark.parametrize("edge", list(WORTH))
def test_how_many_parachutes_are_worth_deploying(edge):
    assert tuple(worth_deploying(*at_share(parts, 9, edge)) for parts in SHARES) == WORTH[edge]


def test_at_fair_odds_none_is():
    for parts in (16, 512, 100_000):
        assert worth_deploying(*at_share(parts, 9, 0)) == 0


@given(st.integers(2, 2000), st.integers(0, 60).map(lambda share: share / 100), st.sampled_from([2, 3]))
def test_one_step_ahead_is_as_good_as_all_of_them(parts, edge, multiple):
    campaign = plan(1, [1], [2.5], 8, multiple=multiple)
    odds = from_prices(campaign, edge)
    losses = loss_if_stopped(campaign, 500 * parts)
    worth = 0
    while worth < 8 and float(odds.assailed[worth + 1]) <= float(deploy_threshold(losses[worth], multiple)) * (
        1 + 1e-12
    ):
        worth += 1
    assert worth_deploying(campaign, odds, 500 * parts) == worth


def test_no_more_are_deployed_than_fit():
    campaign, odds, net_liq = at_share(512, 9, "0.2")
    assert worth_deploying(campaign, odds, net_liq, most=3) == 3
    assert worth_deploying(campaign, odds, net_liq, most=-1) == 0


def test_odds_that_get_worse_stop_it_earlier():
    assert worth_deploying(plan(1, [1], [2.5], 3), as_given([0.3, 0.3, 0.3, 0.6], levels=4), 100_000) == 2
    campaign = plan(1, [1], [2.5], 4)
    # A bad level before a very good one: deploying through it may still be right, which one step alone would not see.
    hard = as_given([0.3, 0.52, 0.01, 0.01, 0.01], levels=5)
    assert worth_deploying(campaign, hard, 1_000_000) == 4
    assert worth_deploying(plan(1, [1], [2.5], 1), as_given([0.3, 0.52], levels=2), 1_000_000) == 0
    with pytest.raises(MarginError, match="older sets") as caught:
        worth_deploying(plan(1, [1], [2.5], 2, reading=Reading.DOUBLE), as_given([0.3], levels=3), 1e6)
    assert caught.value.code is ErrorCode.MISSING
    with pytest.raises(MarginError, match="net liq is 0"):
        worth_deploying(campaign, hard, 0)


def test_the_threshold():
    assert float(deploy_threshold(0)) == 0.5
    assert float(deploy_threshold(0, 3)) == pytest.approx(1 / 3)
    assert float(deploy_threshold(0.5)) == float(deploy_threshold(0.9)) == 0, "it could lose the whole account"
    assert float(deploy_threshold(1e-9)) == pytest.approx(0.5, abs=1e-9)
    # the edge that it takes is about half of what is at stake
    for a in (1 / 64, 1 / 16, 1 / 8):
        assert 1 - 2 * float(deploy_threshold(a)) == pytest.approx(a / 2, rel=0.2)
    assert deploy_threshold(np.array([0.1, 0.2]), np.array([2.0, 3.0])).tolist() == pytest.approx(
        [math.log(0.9) / math.log(0.8), math.log(0.8) / math.log(0.4)]
    )


@pytest.mark.parametrize(("p", "a"), [(0.49, 0.038), (0.45, 0.166), (0.40, 0.28), (0.35, 0.36)])
def test_the_largest_loss_worth_another_doubling(p, a):
    assert largest_loss(p) == pytest.approx(a, abs=5e-3)
    assert float(deploy_threshold(largest_loss(p))) == pytest.approx(p)


def test_largest_losses_at_the_ends():
    assert largest_loss(0.5) == largest_loss(0.9) == 0
    assert largest_loss(0) == pytest.approx(0.5)
    for wrong in ((1.1, 2), (-0.1, 2), (0.4, 1)):
        with pytest.raises(MarginError):
            largest_loss(*wrong)
