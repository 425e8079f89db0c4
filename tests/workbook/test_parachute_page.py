"""The page about parachutes: its tables hold the figures that the core computes, and its pictures are there."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from optmargin.sizing.parachutes.assessment import Question, assess
from optmargin.sizing.parachutes.campaign import plan
from optmargin.sizing.parachutes.deploy import worth_deploying
from optmargin.sizing.parachutes.geometry import Reading, Terms, legs_per_slot, parachutes_fit
from optmargin.sizing.parachutes.growth import best_parachutes, edge_for_growth, edge_for_kelly, neutral
from optmargin.sizing.parachutes.ledger import Holder
from optmargin.sizing.parachutes.odds import from_prices
from optmargin.sizing.parachutes.prices import deviation
from optmargin.sizing.parachutes.strikes import credit_at, multiple_needed, neutral_strike

DOCS = Path(__file__).parents[2] / "addin" / "docs"
PAGE = (DOCS / "parachutes.md").read_text(encoding="utf-8")


def table(heading: str) -> list[list[str]]:
    """The rows of the first table under a heading, without the marks of emphasis."""
    part = PAGE.split(f"## {heading}\n", 1)[1]
    lines = re.search(r"(?:^\|.*\n)+", part, re.MULTILINE)
    assert lines is not None
    rows = [[cell.strip(" *") for cell in line.strip("|\n ").split("|")] for line in lines[0].splitlines()]
    return rows[2:]


def numbers(text: str) -> list[float]:
    return [float(each.replace(",", "")) for each in re.findall(r"-?[\d,]*\d(?:\.\d+)?", text)]


def test_the_ledger_is_the_cores() -> None:
    found = assess(Question(6, [1], [2.5]), Holder(100_000))
    for row, cells in zip(found.ledger.rows, table("The ledger"), strict=True):
        said = [number for cell in cells for number in numbers(cell)]
        told = [row.level, row.slots, row.margin, row.excess, round(100 * row.cushion, 1), row.stop_pnl, row.max_loss_pnl, 100 * row.reach]  # fmt: skip
        assert said == pytest.approx(told)


def test_what_takes_the_room_away_does() -> None:
    seed = {"net_liq": 100_000, "first": 6}
    fitting = [
        parachutes_fit(**seed, terms=Terms()),
        parachutes_fit(**seed, terms=Terms(credit=1.0, reading=Reading.ACCUMULATE)),
        parachutes_fit(**seed, terms=Terms(credit=1.0), cushion=0.1),
        parachutes_fit(**seed, terms=Terms(credit=1.0, roll_debit=0.5)),
        parachutes_fit(**seed, terms=Terms(credit=1.0), other_margin=5_000),
        parachutes_fit(**seed, terms=Terms(credit=1.0), other_margin=5_000),  # ten slots that stay behind
        parachutes_fit(16_000, 1, Terms(credit=1.0, fee=1.1)),
    ]
    assert [int(cells[1]) for cells in table("Does 1/32 leave room for five?")] == [int(each) for each in fitting]
    assert legs_per_slot(5) == 188
    assert round(188 * 1.1) == 207
    assert int(parachutes_fit(**seed, terms=Terms(credit=1.0, fee=1.1))) == 5
    assert round(100_000 + float(plan(6, [1], [2.5], 5, fee=1.1).sets[5].cash) - 96_000) == 3_359


def test_the_same_is_lost_on_average_however_many_parachutes() -> None:
    for parachutes, cells in enumerate(table("What doubling doesn't do")):
        campaign, chain = neutral(1, 2.5, parachutes)
        loss = -6 * float(campaign.stop_pnl(parachutes))
        assert chain.mean == 0
        assert numbers(cells[1]) == pytest.approx([100 * float(chain.ruin), 1 / float(chain.ruin)])
        assert numbers(cells[2]) == [loss]
        assert numbers(cells[3]) == pytest.approx([float(chain.ruin) * loss, 600 * (1 - float(chain.ruin))])


def test_the_edges_that_it_names_are_those_that_are_needed() -> None:
    written = Fraction(1, 32)
    grows, full = edge_for_growth(written, 1, 2.5, 5), edge_for_kelly(written, 1, 2.5, 5)
    assert (
        f"needs an edge of {grows:.1%} at every level for the account to grow at all, and is full Kelly only at {full:.1%}".replace(
            "%", " %"
        )
        in PAGE
    )
    assert f"with fees of $1.10, 1/32 needs {100 * edge_for_growth(written, 1, 2.5, 5, fee=1.1):.1f} %" in PAGE
    for edge, said in ((0.1, "1/67"), (0.02, "1/277")):
        sizes = best_parachutes(lambda parachutes, edge=edge: neutral(1, 2.5, parachutes, edge), kelly_multiple=0.5)
        assert f"1/{1 / sizes[5].written:.0f}" == said
    shares = [f"{100 * size.growth / best_parachutes(lambda k: neutral(1, 2.5, k, 0.1), kelly_multiple=0.5)[1].growth:.0f} %" for size in best_parachutes(lambda k: neutral(1, 2.5, k, 0.1), kelly_multiple=0.5)[:6]]  # fmt: skip
    assert shares == ["72 %", "100 %", "93 %", "72 %", "51 %", "33 %"]
    assert "none has 72 %, two 93 %, three 72 %, four 51 %, five 33 %" in PAGE


def test_how_many_are_worth_deploying() -> None:
    for cells in table("When assailed: one more, or stop?"):
        edge = 0 if cells[0] == "none" else numbers(cells[0])[0] / 100
        campaign, _ = neutral(1, 2.5, 10, edge)
        odds = from_prices(campaign, Fraction(repr(edge)))
        worth = [worth_deploying(campaign, odds, 500 * parts) for parts in (128, 64, 32, 16, 8)]
        assert [int(cell) for cell in cells[1:]] == worth


def test_how_far_two_or_three_strikes_are() -> None:
    for cells in table('How far is "two or three strikes"?'):
        days, one, price, away = (numbers(cell)[0] for cell in cells[:4])
        assert one == pytest.approx(float(deviation(5000, 0.15, days)), abs=0.5 if one > 100 else 0.05)
        assert price == round(credit_at(0, 5000, 0.15, days, 5), 2)
        assert away == pytest.approx(5000 - float(neutral_strike(5000, 0.15, days, 5)), abs=0.5 if away > 50 else 0.05)
        for strikes, cell in zip((2, 3), cells[4:], strict=True):
            multiple = multiple_needed(strikes, 5000, 0.15, days, 5)
            assert numbers(cell) == [round(multiple, 2), round(100 / multiple)]


def test_its_pictures_and_links_are_there() -> None:
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", PAGE) if "://" not in target]
    assert {"pictures/parachutes_sheet.png", "pictures/parachutes_equity.png", "pictures/parachutes_growth.png"} <= set(
        targets
    )
    for target in targets:
        assert (DOCS / target).exists(), target
        assert not target.endswith(".png") or (DOCS / target).stat().st_size < 200_000
