"""What traders call a position: known definitions, and laws that hold for every book."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import random
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optmargin.core.contracts import Right, Settlement
from optmargin.core.legs import Leg, LegTable
from optmargin.margin.strategies import Held, named, named_table
from optmargin.margin.strategy_rows import StrategyFileError, read_strategies, strategies

NEAR, FAR = dt.date(2022, 12, 23), dt.date(2023, 1, 20)
NAN = math.nan


def position(text: str) -> list[Held]:
    """``-2 call 60; +1 put 50 far; +100 stock`` as positions; near unless it says far."""
    legs = []
    for each in text.split(";"):
        quantity, right, *rest = each.split()
        if right == "stock":
            legs.append(Held(Right.STOCK, NAN, None, float(quantity)))
        else:
            legs.append(Held(Right[right.upper()], float(rest[0]), FAR if "far" in rest else NEAR, float(quantity)))
    return legs


def times(legs: list[Held], count: int) -> list[Held]:
    return [leg._replace(quantity=leg.quantity * count) for leg in legs]


def total(legs) -> dict[tuple[object, ...], float]:
    """Net quantity of every contract, those of none left out."""
    parts = defaultdict(list)
    for leg in legs:
        strike = None if math.isnan(leg.strike) else leg.strike
        parts[leg.right, strike, leg.expiry, leg.settlement].append(leg.quantity)
    sums = {contract: math.fsum(each) for contract, each in parts.items()}
    return {contract: quantity for contract, quantity in sums.items() if abs(quantity) > 1e-9}


# What each source says, with its strikes where it has some and with 50, 60, 70, 80 for its A, B, C, D where it has none.
DEFINITIONS = {
    # Passarelli, Trading Option Greeks, 2nd ed. (2012), chapter 10: condors, butterflies, iron butterflies.
    "long call condor": "+1 call 70; -1 call 75; -1 call 90; +1 call 95",
    "short call condor": "-1 call 70; +1 call 75; +1 call 90; -1 call 95",
    "long put condor": "+1 put 70; -1 put 75; -1 put 90; +1 put 95",
    "short put condor": "-1 put 70; +1 put 75; +1 put 90; -1 put 95",
    "long call butterfly": "+1 call 50; -2 call 60; +1 call 70",
    "short call butterfly": "-1 call 50; +2 call 60; -1 call 70",
    "long put butterfly": "+1 put 50; -2 put 60; +1 put 70",
    "short put butterfly": "-1 put 50; +2 put 60; -1 put 70",
    "iron butterfly": "+1 put 50; -1 put 60; -1 call 60; +1 call 70",
    "reverse iron butterfly": "-1 put 50; +1 put 60; +1 call 60; -1 call 70",
    # Passarelli, chapter 6: the 60-70 box of April options, seen from the side that is short the 60 call.
    "short box": "-1 call 60; +1 put 60; +1 call 70; -1 put 70",
    # TradeFutures, Box or Conversion: "long call A, short call B, long put B, short put A".
    "long box": "+1 call 60; -1 call 70; +1 put 70; -1 put 60",
    # Passarelli, chapter 6: short one 35-strike call, long one 35-strike put, long 100 shares; and the reverse.
    "conversion": "-1 call 35; +1 put 35; +100 stock",
    "reversal": "+1 call 35; -1 put 35; -100 stock",
    # tastytrade, Iron Condors: sell the 110 call and the 90 put, buy the 85 put and the 115 call.
    "iron condor": "-1 call 110; -1 put 90; +1 put 85; +1 call 115",
    # SpotGamma, Inverted Iron Condor: a long strangle inside a wider short strangle.
    "reverse iron condor": "+1 call 110; +1 put 90; -1 put 85; -1 call 115",
    # Macroption, Broken Wing Iron Condor: "wings have different widths".
    "broken-wing iron condor": "-1 call 110; -1 put 90; +1 put 85; +1 call 125",
    "broken-wing reverse iron condor": "+1 call 110; +1 put 90; -1 put 85; -1 call 125",
    "broken-wing iron butterfly": "-1 call 100; -1 put 100; +1 put 90; +1 call 105",
    "broken-wing reverse iron butterfly": "+1 call 100; +1 put 100; -1 put 90; -1 call 105",
    "broken-wing call condor": "+1 call 70; -1 call 75; -1 call 90; +1 call 100",
    "broken-wing put condor": "+1 put 60; -1 put 75; -1 put 90; +1 put 95",
    "broken-wing short call condor": "-1 call 70; +1 call 75; +1 call 90; -1 call 100",
    "broken-wing short put condor": "-1 put 60; +1 put 75; +1 put 90; -1 put 95",
    # Lean's measured margins (peers.md section 4): put spreads 4105/4100 and call spreads 3900/3905.
    "inverted iron condor": "-1 put 4105; +1 put 4100; -1 call 3900; +1 call 3905",
    # The Options Playbook, Skip Strike Butterfly: buy A, sell two B, skip C, buy D, strikes equidistant; puts mirrored.
    "broken-wing call butterfly (skip-strike)": "+1 call 50; -2 call 60; +1 call 80",
    "broken-wing put butterfly (skip-strike)": "+1 put 50; -2 put 70; +1 put 80",
    "broken-wing short call butterfly (inverse skip-strike)": "-1 call 50; +2 call 60; -1 call 80",
    "broken-wing short put butterfly (inverse skip-strike)": "-1 put 50; +2 put 70; -1 put 80",
    # peers.md section 4: butterflies of 3900/3890/3875 puts and 4100/4110/4125 calls, wings of 10 and 15.
    "broken-wing call butterfly": "+1 call 4100; -2 call 4110; +1 call 4125",
    "broken-wing put butterfly": "+1 put 3900; -2 put 3890; +1 put 3875",
    "broken-wing short call butterfly": "-1 call 4100; +2 call 4110; -1 call 4125",
    "broken-wing short put butterfly": "-1 put 3900; +2 put 3890; -1 put 3875",
    # The Options Playbook, Christmas Tree Butterfly w/Puts: one long spread D-B, two short spreads B-A of half the width.
    "christmas tree put butterfly": "+1 put 80; -3 put 75; +2 put 72.5",
    "christmas tree call butterfly": "+1 call 50; -3 call 60; +2 call 65",
    "short christmas tree put butterfly": "-1 put 80; +3 put 75; -2 put 72.5",
    "short christmas tree call butterfly": "-1 call 50; +3 call 60; -2 call 65",
    # tastytrade, Jade Lizards & Big Lizards: short 204 call and 196 put and a long call above; straddle at 200 and a long call.
    "jade lizard": "-1 put 196; -1 call 204; +1 call 208",
    "big lizard": "-1 put 200; -1 call 200; +1 call 208",
    # HandWiki, Twisted Sister: short put, long put below, short call above both.
    "reverse jade lizard": "+1 put 192; -1 put 196; -1 call 204",
    "reverse big lizard": "+1 put 192; -1 put 200; -1 call 200",
    # Investopedia, Seagull: bull call spread and a short put out of the money; bear put spread and a short call; the opposites.
    "bullish seagull": "-1 put 50; +1 call 60; -1 call 70",
    "bearish seagull": "-1 put 50; +1 put 60; -1 call 70",
    "reversed bullish seagull": "+1 put 50; -1 call 60; +1 call 70",
    "reversed bearish seagull": "+1 put 50; -1 put 60; +1 call 70",
    # Fyers, Bull Call Ladder: long at the money, short the middle, short the higher strike; Lean's pull request 8092.
    "bull call ladder": "+1 call 50; -1 call 60; -1 call 75",
    "bear call ladder": "-1 call 50; +1 call 60; +1 call 75",
    "bear put ladder": "+1 put 75; -1 put 60; -1 put 50",
    "bull put ladder": "-1 put 75; +1 put 60; +1 put 50",
    # Abbott, Complete Book of Option Spreads, chapter 12: a collar whose put is a put spread.
    "put spread collar": "+100 stock; +1 put 60; -1 put 50; -1 call 70",
    # QuantConnect, Option Strategies: stock and one or two options.
    "collar": "+100 stock; +1 put 50; -1 call 60",
    "reverse collar": "-100 stock; -1 put 50; +1 call 60",
    "covered straddle": "+100 stock; -1 put 50; -1 call 50",
    "covered strangle": "+100 stock; -1 put 50; -1 call 60",
    "stock repair": "+100 stock; +1 call 50; -2 call 60",
    "covered call": "+100 stock; -1 call 50",
    "covered put": "-100 stock; -1 put 50",
    "protective put": "+100 stock; +1 put 50",
    "protective call": "-100 stock; +1 call 50",
    # Lean, OptionStrategyDefinitions.cs: which strike of a vertical is long.
    "bull call spread": "+1 call 50; -1 call 60",
    "bear call spread": "-1 call 50; +1 call 60",
    "bull put spread": "+1 put 50; -1 put 60",
    "bear put spread": "-1 put 50; +1 put 60",
    # optopsy, pull request 207, front and back spreads; Lean, issue 6621.
    "1x2 call ratio spread": "+1 call 50; -2 call 60",
    "1x2 put ratio spread": "+1 put 60; -2 put 50",
    "1x2 call back spread": "-1 call 50; +2 call 60",
    "1x2 put back spread": "-1 put 60; +2 put 50",
    "1x3 call ratio spread": "+1 call 50; -3 call 60",
    "1x3 put ratio spread": "+1 put 60; -3 put 50",
    "1x3 call back spread": "-1 call 50; +3 call 60",
    "1x3 put back spread": "-1 put 60; +3 put 50",
    "2x3 call ratio spread": "+2 call 50; -3 call 60",
    "2x3 put ratio spread": "+2 put 60; -3 put 50",
    "2x3 call back spread": "-2 call 50; +3 call 60",
    "2x3 put back spread": "-2 put 60; +3 put 50",
    # Passarelli, chapter 6: a roll is a box with the two synthetics in different months; Lean's pull request 8092.
    "long jelly roll": "-1 call 50; +1 put 50; +1 call 50 far; -1 put 50 far",
    "short jelly roll": "+1 call 50; -1 put 50; -1 call 50 far; +1 put 50 far",
    # qwen.fan, Double Calendar: a 90 put calendar and a 110 call calendar.
    "double calendar": "-1 put 90; +1 put 90 far; -1 call 110; +1 call 110 far",
    "short double calendar": "+1 put 90; -1 put 90 far; +1 call 110; -1 call 110 far",
    "calendar straddle": "-1 put 100; +1 put 100 far; -1 call 100; +1 call 100 far",
    "short calendar straddle": "+1 put 100; -1 put 100 far; +1 call 100; -1 call 100 far",
    # iOptioneer, Double Diagonal: calls 10 and 11, puts 9 and 8, the nearer ones sold.
    "double diagonal": "-1 call 10; +1 call 11 far; -1 put 9; +1 put 8 far",
    "short double diagonal": "+1 call 10; -1 call 11 far; +1 put 9; -1 put 8 far",
    # Lean, OptionStrategyDefinitions.cs: a calendar is short the near and long the far one of a strike.
    "long call calendar": "-1 call 50; +1 call 50 far",
    "short call calendar": "+1 call 50; -1 call 50 far",
    "long put calendar": "-1 put 50; +1 put 50 far",
    "short put calendar": "+1 put 50; -1 put 50 far",
    # peers.md section 4: short 4000 put of the first, long 3990 put of the second expiry; Fidelity's short diagonal with calls.
    "long put diagonal": "-1 put 4000; +1 put 3990 far",
    "short put diagonal": "+1 put 4000; -1 put 3990 far",
    "long call diagonal": "-1 call 100; +1 call 95 far",
    "short call diagonal": "+1 call 100; -1 call 95 far",
    # Lean, OptionStrategyDefinitions.cs; SteadyOptions, Gut Strangle; Saxo, OptionsStrategyType (gut: the put above the call).
    "long straddle": "+1 put 50; +1 call 50",
    "short straddle": "-1 put 50; -1 call 50",
    "long strangle": "+1 put 50; +1 call 60",
    "short strangle": "-1 put 50; -1 call 60",
    "long guts": "+1 call 50; +1 put 60",
    "short guts": "-1 call 50; -1 put 60",
    # Thakur, Strip: one call and two puts of one strike; a strap is two calls and one put.
    "strip": "+1 call 50; +2 put 50",
    "strap": "+2 call 50; +1 put 50",
    "short strip": "-1 call 50; -2 put 50",
    "short strap": "-2 call 50; -1 put 50",
    # Saxo, OptionsStrategyType: combo and risk reversal; Lean, issue 6621: synthetic long and short.
    "synthetic long stock": "+1 call 50; -1 put 50",
    "synthetic short stock": "-1 call 50; +1 put 50",
    "bullish risk reversal": "+1 call 60; -1 put 50",
    "bearish risk reversal": "-1 call 60; +1 put 50",
    # StartOptions, comprehensive list.
    "long call": "+1 call 50",
    "short call": "-1 call 50",
    "long put": "+1 put 50",
    "short put": "-1 put 50",
    "long stock": "+1 stock",
    "short stock": "-1 stock",
}


def test_every_name_has_a_definition_from_elsewhere() -> None:
    futures = {"long future", "short future"}
    assert {strategy.name for strategy in strategies()} - futures == set(DEFINITIONS)


@pytest.mark.parametrize(("name", "text"), DEFINITIONS.items())
@pytest.mark.parametrize("count", [1, 5])
def test_a_position_has_the_name_that_its_source_gives_it(name: str, text: str, count: int) -> None:
    legs = times(position(text), count)
    [found] = named(legs)
    assert (found.name, found.units) == (name, count)
    assert total(found.legs) == total(legs)


@pytest.mark.parametrize("text", DEFINITIONS.values())
def test_the_order_of_the_legs_of_a_strategy_is_nothing(text: str) -> None:
    legs = position(text)
    assert len({named(order) for order in itertools.permutations(legs)}) == 1


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("+5 put 3795; -5 put 3800; -5 call 3980; +5 call 3985", ["5 x iron condor 3795/3800/3980/3985"]),
        ("-3 call 110; +500 stock", ["3 x covered call 110", "long stock, 200 shares"]),
        ("-1 put 4000; +1 put 3990 far", ["1 x long put diagonal 4000/3990 2022-12-23/2023-01-20"]),
        ("-1 put 50; +1 call 70 far; +1 call 80 far", [
            "1 x short put 50 2022-12-23", "1 x long call 70 2023-01-20", "1 x long call 80 2023-01-20"]),
        # Lean's open issue 8136: two bear call spreads, which its matcher reads as butterflies, ladders and naked calls.
        ("-10 call 4000; +10 call 4005; -5 call 4010; +5 call 4015", [
            "10 x bear call spread 4000/4005", "5 x bear call spread 4010/4015"]),
        # Lean, pull request 9639: overlapping bull call spreads.
        ("+1 call 598; -1 call 603; +1 call 600; -1 call 605", [
            "1 x bull call spread 598/603", "1 x bull call spread 600/605"]),
        # peers.md, seed 4 and its mirror.
        ("-5 put 4000; +5 put 3995; +5 call 4100; -10 call 4110; +5 call 4125", [
            "5 x broken-wing call butterfly 4100/4110/4125", "5 x bull put spread 3995/4000"]),
        ("+5 call 4100; -5 call 4105; +5 put 3900; -10 put 3890; +5 put 3875", [
            "5 x broken-wing put butterfly 3875/3890/3900", "5 x bull call spread 4100/4105"]),
        # A condor in a condor, a condor with a parachute between its puts, spreads in a row.
        ("+1 put 80; -1 put 85; +1 put 90; -1 put 95; -1 call 105; +1 call 110; -1 call 115; +1 call 120", [
            "1 x iron condor 80/85/115/120", "1 x iron condor 90/95/105/110"]),
        ("+5 put 80; +2 put 82; -5 put 85; -5 call 115; +5 call 120", [
            "5 x iron condor 80/85/115/120", "2 x long put 82"]),
        ("+1 put 80; -1 put 85; +1 put 90; -1 put 95; +1 put 100; -1 put 105", [
            "1 x bull put spread 80/85", "1 x bull put spread 90/95", "1 x bull put spread 100/105"]),
        ("-5 put 90; -5 call 110; +2 call 120", ["2 x jade lizard 90/110/120", "3 x short strangle 90/110"]),
        # Equal contracts are netted first.
        ("+3 call 50; -1 call 50; -2 call 60", ["2 x bull call spread 50/60"]),
        ("+3 call 50; -3 call 50", []),
    ],
)  # fmt: skip
def test_a_book_reads_as_traders_read_it(text: str, labels: list[str]) -> None:
    assert [each.label for each in named(position(text))] == labels


def test_the_legs_of_a_name_are_written_out() -> None:
    [condor] = named(position("+5 put 3795; -5 put 3800; -5 call 3980; +5 call 3985"))
    assert condor.text == "+5 put 3795, -5 put 3800, -5 call 3980, +5 call 3985"
    [calendar] = named(position("-1 call 50; +1 call 50 far"))
    assert calendar.text == "-1 call 50 2022-12-23, +1 call 50 2023-01-20"
    [covered] = named(position("+300 stock; -3 call 50"))
    assert covered.text == "+300 stock, -3 call 50"


def test_options_that_settle_in_the_morning_are_of_another_expiry() -> None:
    legs = [Held(Right.PUT, 50, NEAR, 1.0, Settlement.AM), Held(Right.PUT, 60, NEAR, -1.0, Settlement.PM)]
    [found] = named(legs)
    assert found.label == "1 x short put diagonal 50/60 2022-12-23 AM/2022-12-23 PM"


@pytest.mark.parametrize(
    ("leg", "label"),
    [
        (Held(Right.CALL, 50.0, NEAR, 0.5), "0.5 x long call 50"),
        (Held(Right.CALL, NAN, NEAR, -2.0), "2 x short call"),
        (Held(Right.PUT, math.inf, NEAR, 1.0), "1 x long put inf"),
        (Held(Right.PUT, 50.0, None, 1.0), "1 x long put 50"),
        (Held(Right.PUT, 50.0, NEAR, NAN), "nan x long put 50"),
        (Held(Right.FUTURE, NAN, NEAR, -2.0), "2 x short future 2022-12-23"),
        (Held(Right.STOCK, NAN, None, -0.25), "short stock, 0.25 shares"),
    ],
)
def test_what_is_odd_is_listed_alone(leg: Held, label: str) -> None:
    [found] = named([leg])
    assert found.label == label
    assert len(named([leg, *position("+1 put 40; -1 put 45; -1 call 55; +1 call 60")])) == 2


def test_an_empty_book_has_no_names() -> None:
    assert named([]) == ()


RIGHTS = st.sampled_from([Right.CALL, Right.PUT])
OPTIONS = st.builds(
    Held,
    RIGHTS,
    st.integers(10, 24).map(lambda step: 5.0 * step),
    st.sampled_from([NEAR, FAR, dt.date(2023, 6, 16)]),
    st.integers(-6, 6).map(float),
    st.sampled_from([Settlement.PM, Settlement.PM, Settlement.AM]),
)
SHARES = st.builds(lambda quantity: Held(Right.STOCK, NAN, None, float(quantity)), st.integers(-700, 700))
BOOKS = st.lists(st.one_of(OPTIONS, OPTIONS, OPTIONS, SHARES), max_size=24)


@settings(max_examples=300, deadline=None)
@given(BOOKS, st.randoms(use_true_random=False))
def test_every_contract_is_in_one_name_in_any_order(book: list[Held], chance: random.Random) -> None:
    found = named(book)
    assert total(leg for each in found for leg in each.legs) == total(book)
    shuffled = chance.sample(book, len(book))
    assert named(shuffled) == found
    assert all(each.units > 0 and each.label and each.text for each in found)
    assert len({each.label for each in found}) == len(found)


@settings(max_examples=200, deadline=None)
@given(BOOKS)
def test_the_legs_of_a_name_are_those_of_its_row(book: list[Held]) -> None:
    for each in named(book):
        ratios = sorted((leg.right, leg.ratio) for leg in each.strategy.legs)
        stock = each.name in ("long stock", "short stock")
        lots = [leg.quantity / (100 if leg.right is Right.STOCK and not stock else 1) / each.units for leg in each.legs]
        assert sorted((leg.right, lot) for leg, lot in zip(each.legs, lots, strict=True)) == ratios


@settings(max_examples=100, deadline=None)
@given(BOOKS)
def test_splitting_a_lot_changes_nothing(book: list[Held]) -> None:
    halves = [leg._replace(quantity=part) for leg in book for part in (leg.quantity - 1, 1.0)]
    assert named(halves) == named(book)


WITHIN_AN_EXPIRY = [name for name, text in DEFINITIONS.items() if "stock" not in text and "far" not in text]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(WITHIN_AN_EXPIRY), min_size=2, max_size=4))
def test_strategies_apart_in_strike_and_number_need_no_more_names_than_they_are(names: list[str]) -> None:
    book = [
        leg._replace(strike=leg.strike + 10_000.0 * place)
        for place, name in enumerate(names)
        for leg in times(position(DEFINITIONS[name]), 7**place)
    ]
    assert len(named(book)) <= len(names)


def test_a_book_of_a_thousand_legs_is_named() -> None:
    chance = np.random.default_rng(3)
    book = [
        Held(Right(right), 3000.0 + 5 * step, NEAR + dt.timedelta(days=7 * week), float(lot))
        for right, step, week, lot in zip(
            chance.choice([Right.CALL, Right.PUT], 1000).tolist(),
            chance.integers(0, 400, 1000).tolist(),
            chance.integers(0, 8, 1000).tolist(),
            chance.choice([-10, -5, -2, -1, 1, 2, 5, 10], 1000).tolist(),
            strict=True,
        )
    ]
    found = named(book)
    assert total(leg for each in found for leg in each.legs) == total(book)
    assert len(found) < 500


def test_a_leg_table_is_named_by_multiplier_and_stock_goes_with_the_most_contracts() -> None:
    legs = [
        Leg("XYZ", Right.CALL, -2, 50.0, NEAR),
        Leg("XYZ", Right.CALL, -1, 50.0, NEAR, multiplier=10.0),
        Leg("XYZ", Right.STOCK, 200, multiplier=1.0),
    ]
    assert [each.label for each in named_table(LegTable.of(legs))] == ["2 x covered call 50", "1 x short call 50"]
    assert [each.label for each in named(legs[:1] + legs[2:])] == ["2 x covered call 50"]
    assert [each.label for each in named_table(LegTable.of(legs[2:]))] == ["long stock, 200 shares"]
    assert named_table(LegTable.of([])) == ()


HEAD = '[sources.book]\ntitle = "A book"\n[[strategies]]\nname = "x"\nsource = "book"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "isn't TOML"),
        ("[strategy]", "unknown key 'strategy'"),
        ("strategies = 1", "strategies isn't a list of tables"),
        ('[sources.book]\nurl = "u"', "source 'book' lacks a title"),
        ('[[strategies]]\nlegs = ["+1 put A"]', "strategy number 1 lacks a name"),
        ('[[strategies]]\nname = "x"\nlegs = ["+1 put A"]\nsource = "book"', "isn't among the sources"),
        (HEAD, "'x' has no legs"),
        (HEAD + 'legs = ["+1 put A"]\nleg = 1', "unknown key 'leg'"),
        (HEAD + 'legs = ["1 put A"]', "leg '1 put A' isn't understood"),
        (HEAD + 'legs = ["+0 put A"]', "isn't understood"),
        (HEAD + 'legs = ["+1 put A", "-1 put A"]', "two legs of one contract"),
        (HEAD + 'legs = ["+1 put A near"]', "near or a far expiry alone"),
        (HEAD + 'legs = ["+1 put A far", "-1 put B"]', "near or a far expiry alone"),
        (HEAD + 'legs = ["+1 put A"]\nwhere = ["A > B"]', "relation 'A > B' isn't understood"),
        (HEAD + 'legs = ["+1 put A"]\nwhere = ["A < B"]', "is about B, which no leg has"),
        (HEAD + 'legs = ["+1 put A"]\npaid = "cash"', "paid is 'cash'"),
        (HEAD + 'legs = "+1 put A"', "legs isn't a list of texts"),
        (HEAD + 'legs = ["+1 put A"]\n' + HEAD[HEAD.index("[[") :] + 'legs = ["+1 call A"]', "stands there twice"),
        (
            HEAD + 'legs = ["+1 put A"]\n' + HEAD[HEAD.index("[[") :].replace('"x"', '"y"') + 'legs = ["+1 put A"]',
            "are the same legs",
        ),
    ],
)
def test_a_file_that_is_not_understood_is_refused(text: str, said: str) -> None:
    with pytest.raises(StrategyFileError, match=r"strategies\.toml") as refused:
        read_strategies(text)
    assert said in refused.value.problem
