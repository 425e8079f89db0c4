"""Parachutes, ruin and Kelly against figures from outside: published ones, and closed forms worked out in 50 digits."""

import json
import math
from fractions import Fraction
from pathlib import Path

import pytest

from optmargin.core.contracts import Right
from optmargin.sizing.parachutes import kelly, ruin, sides, strikes
from optmargin.sizing.parachutes.campaign import plan
from optmargin.sizing.parachutes.chain import Final, chain_of
from optmargin.sizing.parachutes.deploy import deploy_threshold, largest_loss, worth_deploying
from optmargin.sizing.parachutes.geometry import Reading, Terms, parachutes_fit
from optmargin.sizing.parachutes.growth import (
    edge_for_growth,
    edge_for_kelly,
    growth_at,
    kelly_units,
    neutral,
    score_of_small_edge,
)
from optmargin.sizing.parachutes.ledger import Holder, ledger
from optmargin.sizing.parachutes.odds import as_given
from optmargin.sizing.parachutes.prices import deviation, touch, touch_without_drift
from optmargin.sizing.slots import slots

CASES = json.loads((Path(__file__).parent.parent / "cases" / "parachute_cases.json").read_text(encoding="utf-8"))
ZERO = 1e-12  # how far from zero, where a relative tolerance says nothing


def figure(value):
    """A number of a case: 0.4, "1/32", "20/38", "inf"."""
    return math.inf if value == "inf" else Fraction(str(value))


def numbers(inputs):
    return {name: figure(inputs[name]) for name in inputs if name not in ("p", "c", "b", "fees", "final")}


def kelly_binary(p, b):
    f = float(kelly.kelly_binary(float(p), float(b)))
    found = kelly.growth([float(b), -1.0], [float(p), float(1 - p)], f)
    return {"f": f, "growth_nats": found, "geometric_mean": math.exp(found), "edge": p * (b + 1) - 1}


def kelly_gain_loss(p, gain, loss):
    y = float(kelly.kelly_gain_loss(float(p), float(gain), float(loss)))
    return {
        "y": y,
        "y_per_point": y,
        "fraction_of_account_at_max_loss": y * loss,
        "fraction_in_width5_slots": y * 5,
        "growth_nats": kelly.growth([float(gain), float(-loss)], [float(p), float(1 - p)], y),
    }


def kelly_continuous(m, r, s):
    f, growth = kelly.kelly_continuous(float(m), float(r), float(s))
    return {"f": f, "growth": growth}


def fractional_kelly_drawdown(kelly_multiple, x):
    return {
        "prob_ever_below_x": kelly.drawdown_probability(float(kelly_multiple), float(x)),
        "growth_share_of_full": kelly.growth_share(float(kelly_multiple)),
    }


def optimal_f(trades):
    found = kelly.optimal_f(trades)
    return {
        "f": found.f,
        "twr": found.wealth,
        "geometric_mean": found.mean,
        "dollars_per_unit": found.dollars_per_unit,
        "twr_at_0_24": kelly.wealth_at(trades, 0.24),
        "twr_at_0_01": kelly.wealth_at(trades, 0.01),
    }


def horse_race_fair_odds(p, odds_for_1):
    found = kelly.bets_on_one_winner([float(each) for each in p], odds_for_1, all_in=True)
    best = kelly.bets_on_one_winner([float(each) for each in p], odds_for_1)
    assert best.growth == pytest.approx(found.growth, rel=1e-12), (
        "at fair odds what isn't bet could as well be bet on all"
    )
    return {
        "bets": list(found.bets),
        "growth_bits": found.growth / math.log(2),
        "growth_factor": math.exp(found.growth),
    }


def kelly_multi(x, p):
    outcomes, chances = [float(each) for each in x], [float(each) for each in p]
    y = kelly.kelly_many(outcomes, chances)
    return {
        "y": y,
        "growth_nats": kelly.growth(outcomes, chances, y),
        "y_domain_max": -1 / min(outcomes),
        "mean": math.fsum(one * other for one, other in zip(outcomes, chances, strict=True)),
        "commit_width5": 5 * y,
    }


def gamblers_ruin(p, z, a):
    found = ruin.gamblers_ruin(float(p), float(z), float(a))
    return {"ruin": found.ruin, "success": found.success, "duration": found.duration}


def lundberg(x, p, u):
    chances = [float(each) for each in p]
    theta = ruin.lundberg_exponent(x, chances)
    return {
        "theta": theta,
        "bound": math.exp(-theta * float(u)),
        "exact_u50": ruin.ruin_of_steps(x, chances, int(u), 600),
    }


def martingale_doubling(q, n_losses):
    found = ruin.doubling(float(q), int(n_losses))
    return {
        "ruin": found.ruin,
        "units_at_risk": found.at_risk,
        "ev": found.mean,
        "win": found.win,
        "expected_bets": found.bets,
    }


def touch_bm(d, s):
    found = float(touch_without_drift(float(d), float(s)))
    return {"touch": found, "itm": found / 2}


def touch_gbm_down(S, H, sigma, T, r, q):  # noqa: N803 - as the case names them
    days = float(T * 365)
    return {"touch": float(touch(float(S), float(H), float(sigma), days, float(r), float(q)))}


def parachute_campaign(inputs):
    given = numbers(inputs)
    levels = len(inputs["p"])
    fees = None if inputs["fees"] is None else [figure(each) for each in inputs["fees"]]
    campaign = plan(
        given["n"],
        [figure(each) for each in inputs["c"]],
        [figure(each) for each in inputs["b"]],
        levels - 1,
        width=given["w"],
        multiplier=given["M"],
        multiple=given["m"],
        fees=fees,
    )
    odds = as_given([figure(each) for each in inputs["p"]], levels=levels)
    chain = chain_of(campaign, odds, final=Final(inputs["final"]))
    book = ledger(campaign, Holder(given["netliq"]), odds)
    units = kelly_units(campaign, chain)
    written = units * float(campaign.width)
    outcomes = [float(each.pnl) / float(campaign.first * campaign.multiplier) for each in chain.outcomes]
    chances = [float(each.probability) for each in chain.outcomes]
    return {
        "reach": [float(each) for each in chain.reach],
        "outcome_p": chances,
        "outcome_pnl": [float(each.pnl) for each in chain.outcomes],
        "ruin": float(chain.ruin),
        "mean": float(chain.mean),
        "sd": chain.sd,
        "kelly_y": units,
        "kelly_write_fraction": written,
        "kelly_deepest_fraction": written * campaign.sets[-1].standing / campaign.first,
        "kelly_growth": kelly.growth(outcomes, chances, units),
        "growth_at_n": growth_at(campaign, chain, float(given["netliq"])),
        "ledger": [
            {
                "level": row.level,
                "slots": row.slots,
                "cash": row.cash,
                "margin": row.margin,
                "excess": row.excess,
                "cushion": row.cushion,
                "stop_pnl": row.stop_pnl,
                "maxloss_pnl": row.max_loss_pnl,
            }
            for row in book.rows
        ],
    }


def deploy_threshold_(a, m):
    found = float(deploy_threshold(float(a), float(m)))
    return {"p_star": found, "edge_needed": 1 - m * found}


def deploy_max_a(p, m):
    return {"a_max": largest_loss(float(p), float(m))}


def edge_for_write_fraction(K, write, c0, b, w):  # noqa: N803
    return {"eps": edge_for_kelly(write, c0, b, int(K), width=w)}


def edge_for_zero_growth(K, write, c0, b, w):  # noqa: N803
    return {"eps": edge_for_growth(write, c0, b, int(K), width=w)}


def best_k_small_edge(m, K):  # noqa: N803
    scores = [score_of_small_edge(each, float(m)) for each in K]
    return {"score": scores, "best": K[scores.index(max(scores))]}


def kmax(netliq, n, w, M, m, reading="replace", fee_roll=0, cushion=0, roll_debit=0):  # noqa: N803
    # A roll of one slot closes two legs and opens 2 m.
    terms = Terms(
        width=float(w),
        multiplier=float(M),
        multiple=float(m),
        reading=Reading(reading),
        fee=float(fee_roll / (2 + 2 * m)),
        roll_debit=float(roll_debit),
    )
    return {"K": float(parachutes_fit(float(netliq), float(n), terms, cushion=float(cushion)))}


def slots_(netliq, w, M):  # noqa: N803
    found = float(slots(float(netliq), float(w), float(M)))
    return {"slots": found, "write_1_32": found // 32}


def per_expiry_margin(inputs):
    named = {name: sides.ExpirySlots(**both) for name, both in inputs["expiries"].items()}
    slot = inputs["w"] * inputs["M"]
    return {
        "total": sides.margined_slots(named.values()) * slot,
        "by_expiry": {name: each.margined * slot for name, each in named.items()},
        "free_calls": {name: each.free_calls for name, each in named.items()},
        "free_puts": {name: each.free_puts for name, each in named.items()},
    }


def ruin_over_campaigns(ruin_per_campaign, campaigns):
    one = float(ruin_per_campaign)
    return {
        "at_least_one": ruin.ruin_within(one, float(campaigns)),
        "expected_until_first": ruin.campaigns_until_ruin(one),
    }


def recovery_campaigns(loss, gain):
    return {"campaigns": ruin.campaigns_to_recover(float(loss), float(gain))}


def neutral_roll_strike(inputs):
    spot, volatility, days, width, m = (float(inputs[name]) for name in ("S", "sigma", "dte", "w", "m"))
    terms = (spot, volatility, days, width)
    strike = float(strikes.neutral_strike(*terms, m))
    s = float(deviation(spot, volatility, days))
    found = {
        "s_points": s,
        "buyback": strikes.credit_at(0, *terms),
        "new_short": strike,
        "distance": spot - strike,
        "bachelier_distance": float(strikes.neutral_distance(s, m)),
    }
    for away in (2, 3):
        found[f"credit_{away}_strikes"] = strikes.credit_at(away, *terms)
        found[f"p_if_{away}_strikes"] = 1 / strikes.multiple_needed(away, *terms)
    # A call spread by symmetry: as much room upward takes as long a move, a little more in points.
    above = float(strikes.neutral_strike(*terms, m, right=Right.CALL))
    assert above - spot == pytest.approx(spot - strike, rel=0.03)
    return found


def parachutes_worth_deploying(write, eps, c0, b, w, m):
    most = int(parachutes_fit(float(w / write), 1.0, Terms(float(w), 1.0, float(m), credit=float(c0))))
    campaign = plan(1, [c0], [b], most, width=w, multiplier=1, multiple=m)
    odds = as_given([(1 - eps) * each.credit / each.buyback for each in campaign.sets], levels=most + 1)
    return {"K": worth_deploying(campaign, odds, w / write)}


ANSWERS = {
    "kelly_binary": kelly_binary,
    "kelly_gain_loss": kelly_gain_loss,
    "kelly_continuous": kelly_continuous,
    "fractional_kelly_drawdown": fractional_kelly_drawdown,
    "optimal_f": optimal_f,
    "horse_race_fair_odds": horse_race_fair_odds,
    "kelly_multi": kelly_multi,
    "gamblers_ruin": gamblers_ruin,
    "lundberg": lundberg,
    "martingale_doubling": martingale_doubling,
    "touch_bm": touch_bm,
    "touch_gbm_down": touch_gbm_down,
    "deploy_threshold": deploy_threshold_,
    "deploy_max_a": deploy_max_a,
    "edge_for_write_fraction": edge_for_write_fraction,
    "edge_for_zero_growth": edge_for_zero_growth,
    "best_K_small_edge": best_k_small_edge,
    "kmax": kmax,
    "slots": slots_,
    "ruin_over_campaigns": ruin_over_campaigns,
    "recovery_campaigns": recovery_campaigns,
    "parachutes_worth_deploying": parachutes_worth_deploying,
}
WHOLE = {
    "parachute_campaign": parachute_campaign,
    "per_expiry_margin": per_expiry_margin,
    "neutral_roll_strike": neutral_roll_strike,
}


def answers(case):
    if case["kind"] in WHOLE:
        return WHOLE[case["kind"]](case["inputs"])
    inputs = {
        name: value if isinstance(value, list) or name == "reading" else figure(value)
        for name, value in case["inputs"].items()
    }
    return ANSWERS[case["kind"]](**inputs)


def compare(found, expected, rtol, where):
    if isinstance(expected, dict):
        for name, value in expected.items():
            compare(found[name], value, rtol, f"{where} {name}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), where
        for at, (one, other) in enumerate(zip(found, expected, strict=True)):
            compare(one, other, rtol, f"{where} {at}")
    else:
        assert float(found) == pytest.approx(float(expected), rel=rtol, abs=0 if float(expected) else ZERO), where


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_figure_from_outside_comes_out(case):
    compare(answers(case), case["expected"], float(case["rtol"]), f"{case['source']}: {case['note']}")


def test_every_case_is_asked():
    assert len(CASES) >= 82
    assert {case["kind"] for case in CASES} == set(ANSWERS) | set(WHOLE)
    assert all(case["expected"] and case["source"] for case in CASES)


@pytest.mark.parametrize("parachutes", range(8))
@pytest.mark.parametrize("credit", ["0.25", "1", "2.4"])
def test_fair_prices_make_each_later_doubling_a_fair_coin_and_the_whole_worth_nothing(parachutes, credit):
    # By optional stopping: p = c / b; a neutral roll has c = b / 2. Ruin is (c0 / b) / 2^K, its loss 2^K b - c0.
    c, b = Fraction(credit), Fraction("2.5")
    campaign, chain = neutral(c, b, parachutes)
    assert chain.mean == 0
    assert kelly_units(campaign, chain) == 0
    assert chain.ruin == c / b / 2**parachutes
    assert all(after == before / 2 for before, after in zip(chain.reach[1:], chain.reach[2:], strict=False))
    assert chain.outcomes[-1].pnl == 100 * (c - 2**parachutes * b)
