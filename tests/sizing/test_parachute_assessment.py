"""Everything about one campaign at once, and what it means in words."""

import json
import math

import pytest

from optmargin.core.errors import MarginError
from optmargin.sizing.parachutes.assessment import Question, assess, edges_needed
from optmargin.sizing.parachutes.chain import Final
from optmargin.sizing.parachutes.geometry import Reading
from optmargin.sizing.parachutes.growth import Binds
from optmargin.sizing.parachutes.ledger import Holder
from optmargin.sizing.parachutes.public import public
from optmargin.sizing.parachutes.sides import Roll, margin_with_other_side
from optmargin.sizing.parachutes.words import counted, edges_in_words, in_words, one_in, percent


def asked(net_liq=100_000, slots=6, margin_of=None, cushion=0, other_margin=0, **more):
    question = Question(slots, [1.0], [2.5], **more)
    return assess(question, Holder(net_liq, cushion=cushion, other_margin=other_margin), margin_of)


def test_the_worked_example():
    found = asked()
    assert (found.fits, found.fits_at_least, found.last, found.worth) == (5, False, 5, 0)
    assert (found.ruin, found.until_ruin, found.mean) == (0.0125, 80, 0)
    assert found.ruin_in_horizon == pytest.approx(1 - (79 / 80) ** 52)
    assert found.levels == pytest.approx(1.775)
    assert 0.526 * 1.006**found.to_recover == pytest.approx(1)
    assert found.size.binds is Binds.NO_EDGE
    assert found.best is None
    assert found.lundberg == 0
    first, worth, failing, average, size = in_words(found)
    assert first.startswith("Five parachutes fit (each replaces the one before). At level 5 the 192 slots")
    assert "96,000.00 and leave 4,600.00" in first
    assert worth.startswith("None of them is worth deploying: at fair prices a parachute is a fair coin")
    assert "loses 47,400.00 (47.4 % of net liq) if it is bought out, and loses 95,400.00 (95.4 %) at worst" in failing
    assert "1.25 % of campaigns, one in 80; in 52 campaigns at least once with 48.0 %" in failing
    assert average.startswith("A campaign gains 0.00 on average")
    assert size == "Kelly writes nothing: the campaign doesn't gain on average; the plan writes 1/33.3."


def test_an_edge_of_a_tenth():
    found = asked(edge=0.1)
    assert found.worth == 4
    assert found.mean == pytest.approx(600 * (1 - 0.9**6))
    assert found.best.parachutes == 1
    assert round(1 / found.best.written, 1) == 8.4
    words = in_words(found)
    assert "Four parachutes are worth deploying for growth at these odds; at level 4 stopping is better" in words[1]
    assert "Half Kelly writes 1/67.4 of the account, the margin has room for 1/31.8: Kelly binds" in words[4]
    assert words[5].startswith("At this edge the account grows most with one parachute, half Kelly then writing 1/8.4")
    grows, kelly = edges_needed(found)
    assert 0.049 < grows < 0.05 < kelly < 0.103
    assert "needs an edge of 4.9" in edges_in_words(found, (grows, kelly))
    thin = in_words(asked(edge=0.03))
    assert "yet the account shrinks in the long run" in thin[3]


def test_what_does_not_fit_is_told_from_what_does():
    found = asked(16_000, 1, fee=1.10)
    assert (found.fits, found.last) == (4, 4)
    words = in_words(found)
    assert "Four parachutes fit (each replaces the one before). Level 5 needs 16,000.00 and leaves -106.80." in words[0]
    assert "When parachute 4, the last that fits, fails" in words[2]
    assert found.ruin == pytest.approx(0.4 * 0.5**4)
    kept = in_words(asked(cushion=0.05))
    assert "Level 5 needs 96,000.00 and leaves 4,600.00, less than the cushion to keep" in kept[0]
    none = asked(slots=300)
    assert none.fits == -1
    assert in_words(none) == ["The first position doesn't fit: it needs 150,000.00 and leaves -20,000.00."]
    assert in_words(asked(slots=150))[0].startswith("No parachute fits")
    assert in_words(asked(slots=60))[0].startswith("One parachute fits")


def test_more_may_fit_than_is_planned():
    found = asked(parachutes=1)
    assert (found.fits, found.last) == (5, 1)
    assert "Five parachutes fit" in in_words(found)[0]
    assert "At level 1 the 12 slots" in in_words(found)[0]
    lists = assess(Question(6, [1, 1.25], [2.5, 2.5], 1), Holder(100_000))
    assert (lists.fits, lists.fits_at_least) == (1, True)
    assert in_words(lists)[0].startswith("At least one parachute fits")


def test_the_other_side_counts_in_what_fits():
    away = asked(margin_of=lambda campaign: margin_with_other_side(campaign, 192, Roll.AWAY))
    out = asked(margin_of=lambda campaign: margin_with_other_side(campaign, 10, Roll.OUT))
    assert away.fits == 5
    assert [row.margin for row in away.ledger.rows] == [96_000] * 6
    assert out.fits == 4, "the ten slots that stay behind cost 5,000"
    assert out.ledger.rows[5].margin == 101_000
    # what the margin has room for counts them as well: 95,000 for 32 x 500 - 100 per first slot
    assert out.size.margin == pytest.approx(95_000 / (32 * 500 - 100) * 500 / 100_000)
    assert asked(other_margin=5_000).size.margin == pytest.approx(out.size.margin)
    assert away.size.margin == pytest.approx(1 / 31.8)


def test_sets_that_are_left_standing_have_no_expected_value():
    found = asked(reading=Reading.ACCUMULATE)
    assert (found.fits, found.worth, found.size, found.best) == (4, None, None, None)
    assert math.isnan(found.mean)
    assert found.ruin == pytest.approx(0.4**5)  # each set is sold for the first credit
    assert "older sets may win or lose beside the newest" in in_words(found)[1]


def test_odds_of_ones_own():
    found = asked(probabilities=[0.4, 0.45, 0.45, 0.45, 0.45, 0.45])
    assert found.ruin == pytest.approx(0.4 * 0.45**5)
    assert found.best is None
    assert asked(deltas=[0.2]).ruin == pytest.approx(0.4**6)
    held = asked(final=Final.HOLD, full_loss=0.5)
    assert held.ruin == pytest.approx(0.00625)
    assert held.ledger.chain.outcomes[-1].pnl == -95_400
    assert edges_needed(held) is None
    with pytest.raises(MarginError, match="both probabilities and deltas"):
        asked(probabilities=[0.4], deltas=[0.2])
    with pytest.raises(MarginError, match="an edge is given beside"):
        asked(probabilities=[0.4], edge=0.1)


def test_a_campaign_that_may_lose_the_account_says_so():
    found = asked(5_000, 5, parachutes=1, edge=0.3)
    assert found.growth > -math.inf
    lost = asked(2_500, 5, parachutes=2, edge=0.3)
    assert lost.growth == -math.inf
    assert "it can lose the whole account" in in_words(lost)[2]


@pytest.mark.parametrize(
    ("more", "says"),
    [({"net_liq": 0}, "net liq is 0"), ({"net_liq": -5}, "net liq is -5"), ({"horizon": 0}, "campaigns is 0")],
)
def test_questions_that_cannot_be_answered(more, says):
    with pytest.raises(MarginError, match=says):
        asked(**more)


def test_every_kind_of_campaign_can_be_said():
    for parachutes in (0, 1, 5):
        for more in (
            {"edge": 1},
            {"edge": -0.2},
            {"multiple": 3},
            {"multiple": 1.5},
            {"gaps": [0.01]},
            {"kelly_multiple": 2},
            {"kelly_multiple": 0},
            {"final": Final.HOLD},
        ):
            for net_liq in (1_000, 100_000):
                found = asked(net_liq, parachutes=parachutes, **more)
                sentences = in_words(found)
                assert all(each.endswith(".") and each[0].isupper() and "nan" not in each for each in sentences), more
                json.dumps(public(found, sentences), allow_nan=False)


def test_the_public_form():
    found = public(asked(), ["said"])
    assert (found["fits"], found["worth_deploying"], found["words"]) == (5, 0, ["said"])
    assert found["ledger"][5]["stop_pnl"] == -47_400
    assert found["ledger"][5]["short_strike"] is None
    assert found["outcomes"][-1] == {"ending": "ruin", "level": 5, "probability": 0.0125, "pnl": -47_400}
    assert found["size"]["binds"] == "no edge"


def test_shares_and_counts_in_words():
    assert [one_in(share) for share in (1 / 32, 6 * 500 / 100_000, 0.4, 0.75, 1 / 512)] == [
        "1/32",
        "1/33.3",
        "1/2.5",
        "75.0 %",
        "1/512",
    ]
    assert [percent(share) for share in (0.474, 0.0125, 0.0, 1.514)] == ["47.4 %", "1.25 %", "0.0 %", "151.4 %"]
    assert [counted(number) for number in (0, 1, 5, 64)] == [
        "no parachute",
        "one parachute",
        "five parachutes",
        "64 parachutes",
    ]
