"""The chain of a campaign: explicit ladder beside the general absorbing chain, simulated campaigns, gaps, holding on, sources of odds."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.sizing.parachutes import ruin
from optmargin.sizing.parachutes.campaign import plan
from optmargin.sizing.parachutes.chain import Ending, Final, absorb, chain_of
from optmargin.sizing.parachutes.geometry import Reading
from optmargin.sizing.parachutes.odds import as_given, from_delta, from_prices
from optmargin.sizing.parachutes.prices import time_to_touch


def worked(parachutes=5, **more):
    return plan(6, [1], [2.5], parachutes, **more)


def of(campaign, probabilities=None, gaps=(0,), **more):
    odds = (
        from_prices(campaign, gaps=gaps)
        if probabilities is None
        else as_given(probabilities, gaps, levels=len(campaign.sets))
    )
    return chain_of(campaign, odds, **more)


# Where it ends -----------------------------------------------------------------------------------------------------------------


def test_the_sentence_about_eighty_campaigns():
    # The classical martingale: c0 is won nearly always, and m^K b is lost about once in b m^K / c0 campaigns: 80.
    chain = of(worked())
    assert (chain.ruin, 1 / chain.ruin, chain.mean) == (Fraction(1, 80), 80, 0)
    assert chain.sd == pytest.approx(math.sqrt(Fraction(1, 80) * Fraction(79, 80)) * 48_000)


def test_tripling_is_a_fair_bet_at_one_to_two():
    campaign = plan(1, [0.5], [2.5], 3, multiple=3)
    chain = of(campaign)
    assert chain.mean == 0
    assert chain.ruin == Fraction(1, 5) / 27
    assert [float(each) for each in from_prices(campaign).assailed[1:]] == pytest.approx([1 / 3] * 3)


def test_rolling_out_in_time_at_one_size():
    # p_k = b_(k-1) / b_k, so that ruin is c0 / b_K and the whole is worth nothing
    campaign = plan(6, [1], [2.5, 3, 3.5, 4], 3, multiple=1)
    chain = of(campaign)
    assert [each.credit for each in campaign.sets[1:]] == [2.5, 3, 3.5]
    assert chain.ruin == Fraction(1, 4)
    assert chain.mean == 0
    assert chain.outcomes[-1].pnl == 600 - 6 * 400


def test_a_nearer_strike_collects_more_and_is_assailed_more_often():
    # Two five-point strikes with a week left sell for 0.92 of the buy-back: cash grows, and the fifth is assailed in 27 %.
    near = plan(6, [1, *[2.3] * 5], [2.5], 5)
    chain = of(near, [0.4, *[0.92] * 5])
    assert float(chain.ruin) == pytest.approx(0.4 * 0.92**5)
    assert [each.cash for each in near.sets][:2] == [600, 600 - 1500 + 2760]


def test_gaps_lose_the_whole_width():
    chain = of(worked(1), [0.4, 0.5], [0.01, 0.02])
    assert [(each.ending, each.level, float(each.probability), float(each.pnl)) for each in chain.outcomes] == [
        (Ending.WIN, 0, 0.59, 600),
        (Ending.WIN, 1, 0.4 * 0.48, 600),
        (Ending.GAP, 0, 0.01, 600 - 3_000),
        (Ending.GAP, 1, pytest.approx(0.008), 600 - 6_000),
        (Ending.RUIN, 1, 0.2, -2_400),
    ]
    assert sum(each.probability for each in chain.outcomes) == 1


def test_holding_the_last_level_to_expiry():
    chain = of(worked(1), [0.4, 0.5], final=Final.HOLD, full_loss=0.6)
    assert (float(chain.ruin), chain.outcomes[-1].pnl) == (0.4 * 0.5 * 0.6, 600 - 6_000)
    assert chain.of(Ending.WIN, 1) == Fraction(2, 5) * Fraction(7, 10)


@pytest.mark.parametrize(("certain", "reach", "ruin_"), [(0, [1, 0, 0], 0), (1, [1, 1, 1], 1)])
def test_levels_that_are_never_or_always_assailed(certain, reach, ruin_):
    chain = of(worked(2), [certain])
    assert list(chain.reach) == reach
    assert chain.ruin == ruin_
    assert chain.sd == 0
    one = of(worked(2), [0.5, certain, 0.5])
    assert one.reach[2] == Fraction(certain, 2)


def test_no_parachute_is_a_bet_of_its_own():
    chain = of(worked(0))
    assert [(float(each.probability), float(each.pnl)) for each in chain.outcomes] == [(0.6, 600), (0.4, -900)]
    assert chain.levels == 1


def test_older_sets_have_no_odds_of_their_own():
    campaign = worked(2, reading=Reading.ACCUMULATE)
    with pytest.raises(MarginError, match="older sets") as caught:
        chain_of(campaign, from_prices(campaign))
    assert caught.value.code is ErrorCode.MISSING
    assert chain_of(worked(0, reading=Reading.DOUBLE), from_prices(worked(0))).ruin == Fraction(2, 5)


probabilities = st.lists(st.integers(0, 100).map(lambda share: share / 100), min_size=1, max_size=8)


@given(probabilities, st.integers(0, 20).map(lambda share: share / 100))
def test_the_ladder_is_what_the_general_chain_says(assailed, gap):
    gaps = [min(gap, round(1 - each, 2)) for each in assailed]
    levels = len(assailed)
    chain = of(worked(levels - 1), assailed, gaps)
    # States: the levels; absorbing: win of each level, gap of each, ruin.
    among, into = np.zeros((levels, levels)), np.zeros((levels, 2 * levels + 1))
    for level, (hit, jump) in enumerate(zip(assailed, gaps, strict=True)):
        into[level, level], into[level, levels + level] = 1 - hit - jump, jump
        if level + 1 < levels:
            among[level, level + 1] = hit
        else:
            into[level, -1] = hit
    found = absorb(among, np.clip(into, 0, 1))
    assert found.visits[0] == pytest.approx([float(each) for each in chain.reach], abs=1e-12)
    assert found.steps[0] == pytest.approx(float(chain.levels))
    assert found.absorbed[0, -1] == pytest.approx(float(chain.ruin), abs=1e-12)
    for level in range(levels):
        assert found.absorbed[0, level] == pytest.approx(float(chain.of(Ending.WIN, level)), abs=1e-12)
        assert found.absorbed[0, levels + level] == pytest.approx(float(chain.of(Ending.GAP, level)), abs=1e-12)
    assert sum(each.probability for each in chain.outcomes) == 1


def test_the_general_chain_knows_gamblers_ruin():
    # Feller I, XIV: p = 0.45, 9 of 10
    states = 9
    among = np.diag([0.45] * (states - 1), 1) + np.diag([0.55] * (states - 1), -1)
    into = np.zeros((states, 2))
    into[0, 0], into[-1, 1] = 0.55, 0.45
    found, closed = absorb(among, into), ruin.gamblers_ruin(0.45, 9, 10)
    assert found.absorbed[8] == pytest.approx([closed.ruin, closed.success])
    assert found.steps[8] == pytest.approx(closed.duration)
    with pytest.raises(MarginError, match="add up to 1"):
        absorb(among, into / 2)
    with pytest.raises(MarginError, match="never leaves"):
        absorb(np.eye(2), np.zeros((2, 1)))


# Simulated campaigns -----------------------------------------------------------------------------------------------------------


def test_simulated_campaigns_end_as_the_chain_says():
    campaign = plan(6, [1], [2.5], 3, fee=1.10)
    odds = from_prices(campaign, edge=0.1, gaps=(0.01,))
    chain = chain_of(campaign, odds)
    rng = np.random.default_rng(20_221_223)
    runs = 200_000
    level = np.zeros(runs, dtype=int)
    alive = np.ones(runs, dtype=bool)
    pnl = np.zeros(runs)
    for at, each in enumerate(campaign.sets):
        drawn = rng.random(runs)
        hit, gap = float(odds.assailed[at]), float(odds.gap[at])
        is_gap = alive & (drawn < gap)
        is_hit = alive & (drawn >= gap) & (drawn < gap + hit)
        pnl[is_gap] = float(campaign.worst_pnl(at))
        pnl[alive & ~is_gap & ~is_hit] = float(each.cash)
        if at == campaign.parachutes:
            pnl[is_hit] = float(campaign.stop_pnl(at))
        alive = is_hit
        level[is_hit] = at + 1
    for at, share in enumerate(chain.reach):
        wanted = float(share)
        assert (level >= at).mean() == pytest.approx(wanted, abs=4 * math.sqrt(wanted * (1 - wanted) / runs) + 1e-12)
    assert pnl.mean() == pytest.approx(float(chain.mean), abs=4 * chain.sd / math.sqrt(runs))
    assert pnl.std() == pytest.approx(chain.sd, rel=0.02)


def test_simulated_prices_double_at_a_fair_coin():
    # A spread is worth a driftless walk that ends at 0 or is bought out at 2.5: from c it is assailed with c / 2.5.
    rng = np.random.default_rng(3)
    runs, step = 20_000, 0.125
    for credit in (1.0, 1.25):
        value = np.full(runs, credit)
        alive = np.ones(runs, dtype=bool)
        while alive.any():
            value[alive] += rng.choice([-step, step], alive.sum())
            alive = (value > 0) & (value < 2.5)
        wanted = credit / 2.5
        assert (value >= 2.5).mean() == pytest.approx(wanted, abs=4 * math.sqrt(wanted * (1 - wanted) / runs))


def test_simulated_walks_touch_after_the_expected_time():
    rng = np.random.default_rng(11)
    distance, days, parts, runs = 1.5, 4.0, 400, 4_000
    walk = np.cumsum(rng.normal(scale=math.sqrt(days / parts), size=(runs, parts)), axis=1)
    first = np.where((walk >= distance).any(axis=1), (walk >= distance).argmax(axis=1) + 1, parts) * days / parts
    # A walk that is looked at now and then is seen to touch a little late: as if 0.5826 of a step farther away (Broadie et al.).
    later = distance + 0.5826 * math.sqrt(days / parts)
    assert first.mean() == pytest.approx(time_to_touch(later, days), abs=4 * first.std() / math.sqrt(runs))
    assert time_to_touch(1e-9, 4) == pytest.approx(0, abs=1e-8)
    assert time_to_touch(100, 4) == pytest.approx(4)


def test_expected_days_are_those_of_the_levels_that_are_reached():
    chain = of(worked(2))
    assert chain.duration([5, 3, 2]) == pytest.approx(5 + 0.4 * 3 + 0.2 * 2)
    assert chain.duration([1, 1, 1]) == float(chain.levels)


# Where odds come from ----------------------------------------------------------------------------------------------------------


def test_an_edge_lowers_each_level_alike():
    assert [float(each) for each in from_prices(worked(2), 0.1).assailed] == pytest.approx([0.36, 0.45, 0.45])
    assert from_prices(worked(2), 1).assailed == (0, 0, 0)
    assert [float(each) for each in from_prices(worked(1), -0.5).assailed] == pytest.approx([0.6, 0.75])


def test_delta_is_touched_twice_as_often_as_it_ends_in_the_money():
    assert from_delta([-0.16, 0.25, 0.7], levels=3).assailed == (Fraction(8, 25), Fraction(1, 2), 1)
    assert from_delta([0.16], levels=2).assailed == (Fraction(8, 25),) * 2


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: as_given([1.1], levels=3), "probability of level 0 is 1.1"),
        (lambda: as_given([0.4, -0.1], levels=2), "level 1 is -0.1"),
        (lambda: as_given([0.4, math.nan], levels=2), "nan"),
        (lambda: as_given([0.4, 0.5], levels=3), "2 probabilities are given"),
        (lambda: as_given([0.6], [0.5], levels=1), "add up to more than 1"),
        (lambda: as_given([0.6], [0.5, 0.5, 0.5], levels=2), "3 gap probabilities"),
        (lambda: from_delta([1.2], levels=1), "delta of level 0 is 1.2"),
        (lambda: from_prices(worked(), 1.5), "edge is 1.5"),
        (lambda: from_prices(worked(), -2), "probability of level 0"),
        (lambda: chain_of(worked(), from_prices(worked()), final=Final.HOLD, full_loss=2), "full loss is 2"),
    ],
)
def test_odds_that_cannot_be_are_refused(make, says):
    with pytest.raises(MarginError, match=says):
        make()


# Again and again ---------------------------------------------------------------------------------------------------------------


def test_ruin_over_many_campaigns():
    assert ruin.ruin_within(0.0125, 1) == pytest.approx(0.0125)
    assert ruin.ruin_within(1e-18, 10) == pytest.approx(1e-17)
    assert (ruin.ruin_within(0, 52), ruin.ruin_within(1, 1)) == (0, 1)
    assert ruin.campaigns_until_ruin(0) == math.inf


@pytest.mark.parametrize(("loss", "gain"), [(1, 0.01), (2, 0.01), (0.5, 0), (0.5, -0.1)])
def test_nothing_recovers_from_everything(loss, gain):
    with pytest.raises(MarginError):
        ruin.campaigns_to_recover(loss, gain)


def test_winning_campaigns_do_recover_the_loss():
    needed = ruin.campaigns_to_recover(0.474, 0.006)
    assert (1 - 0.474) * 1.006**needed == pytest.approx(1)
    assert ruin.campaigns_to_recover(-0.1, 0.01) == 0


def test_gamblers_ruin_from_both_ends():
    assert ruin.gamblers_ruin(0.5, 0, 10) == ruin.GamblersRuin(1, 0, 0)
    assert ruin.gamblers_ruin(0.6, 10, 10).success == 1
    assert ruin.gamblers_ruin(0.5, 5, math.inf).ruin == 1
    assert ruin.gamblers_ruin(0.45, 5, math.inf) == ruin.GamblersRuin(1, 0, pytest.approx(50))
    long = ruin.gamblers_ruin(0.49, 5_000, 100_000)  # powers of the odds beyond any float
    assert (long.ruin, long.duration) == (1, pytest.approx(250_000))
    assert ruin.gamblers_ruin(0.51, 5_000, 100_000).success == 1
    for wrong in ((0, 5, 10), (1, 5, 10), (0.5, 11, 10)):
        with pytest.raises(MarginError):
            ruin.gamblers_ruin(*wrong)


def test_the_bound_of_cramer_and_lundberg():
    # Steps of one: the exponent is the logarithm of the odds, and the bound is exact against an infinitely rich adversary.
    assert ruin.lundberg_exponent([1, -1], [0.6, 0.4]) == pytest.approx(math.log(1.5), rel=1e-12)
    assert ruin.lundberg_exponent([1, -1], [0.5, 0.5]) == 0
    assert ruin.lundberg_exponent([1, -2], [0.5, 0.5]) == 0
    assert ruin.lundberg_exponent([1, 0], [0.5, 0.5]) == math.inf
    big = ruin.lundberg_exponent([600.0, -47_400.0], [0.9934, 0.0066])
    assert 0.9934 * math.exp(-600 * big) + 0.0066 * math.exp(47_400 * big) == pytest.approx(1, abs=1e-12)
    assert ruin.ruin_of_steps([1, -1], [0.6, 0.4], 5, 60) == pytest.approx(1.5**-5, rel=1e-9)
    assert ruin.ruin_of_steps([1, -1], [0.6, 0.4], 0, 60) == 1
    assert ruin.ruin_of_steps([1, -1], [0.6, 0.4], 60, 60) == 0
    with pytest.raises(MarginError, match="whole"):
        ruin.ruin_of_steps([0.5, -1], [0.6, 0.4], 5, 60)
    with pytest.raises(MarginError, match="never ends"):
        ruin.ruin_of_steps([0], [1.0], 5, 60)


def test_doubling_up_at_roulette():
    assert ruin.doubling(1, 6) == ruin.Doubling(1, 0, 63, -63, 6)
    assert ruin.doubling(0, 6).bets == 1
    for wrong in ((1.2, 3), (0.5, 0)):
        with pytest.raises(MarginError):
            ruin.doubling(*wrong)
