"""What the workbook of parachutes says: sentences about this account, what is wrong with an input, and strikes that can't be."""

from __future__ import annotations

from pathlib import Path

import pytest

from office import error_cells, named
from optmargin.workbook.parachutes import MOST, write_parachutes
from optmargin.workbook.parachutes_levels import NONE
from optmargin.workbook.parachutes_strikes import EXACT
from optmargin.workbook.parachutes_strikes import FIRST as FIRST_STRIKE
from workbook.parachute_door import COLUMNS, WORKED, Typed, recalculated, rows, words


@pytest.fixture(scope="module")
def unfilled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("parachutes") / "parachutes.xlsx"
    write_parachutes(path)
    return path


# What it says ------------------------------------------------------------------------------------------------------------


@pytest.mark.office
def test_the_words_are_about_this_account(unfilled: Path, tmp_path: Path) -> None:
    all_typed = [
        Typed(), Typed({"edge": 0}), Typed({"edge": 0.03}), Typed({"net_liq": 16_000, "slots": 1, "fee": 1.1}), Typed({"slots": 300}),
        Typed({"reading": "accumulate"}), Typed({"roll": "out", "other_side": 10}), Typed({"keep_cushion": 0.1}), Typed({"edge": 1}),
        Typed({"planned": 2}), Typed({"slots": 150}),
    ]  # fmt: skip
    books = recalculated(unfilled, all_typed, tmp_path)
    example, fair, thin, small, large, piled, out, kept, sure, two, none = (words(book) for book in books)
    assert example[0].startswith("5 parachutes fit (each replaces the one before). At level 5 the 192 slots that stand")
    assert "take margin to 96,000 and leave 4,600, a cushion of 6.01 %." in example[0]
    assert example[1].startswith("4 of the 5 planned that fit are worth deploying for growth at these odds; at level 4")
    assert "loses 47,400 (47.4 % of net liq) if it is bought out, and loses 95,400 (95.4 %) at worst" in example[2]
    assert "0.66 % of campaigns, one in 150.5 (at fair prices 1.25 %, one in 80); in 52 campaigns" in example[3]
    assert example[4] == "108 winning campaigns of the same share of the account (600 at first) make good one buy-out."
    assert example[6] == (
        "Half Kelly writes 1/67.4 of the account, the margin has room for 1/31.8: Kelly binds; the plan writes 1/33.3."
    )
    assert "the account grows most with 1 parachute planned, half Kelly then writing 1/8.4" in example[7]
    assert "needs an edge of 4.94 % per level" in example[8]
    assert "is full Kelly at 10.2 %" in example[8]
    assert fair[1].startswith("None of them is worth deploying for growth: at fair prices a roll is a fair bet")
    assert "That happens in 1.25 % of campaigns, one in 80; in 52 campaigns at least once with 48 %." in fair
    assert any("gains nothing" in text and "not how much is lost" in text for text in fair)
    assert any(text.startswith("Kelly writes nothing") for text in fair)
    assert any("yet the account shrinks in the long run" in text for text in thin)
    assert small[0] == "4 parachutes fit (each replaces the one before). Level 5 needs 16,000 and leaves -107."
    assert "parachute 4, the last that fits, fails" in small[2]
    assert large == [
        "The first position doesn't fit: level 0 needs 150,000 and leaves -20,000.",
        *(text for text in large if text.startswith("None of them")),
    ]
    assert piled[0].startswith("4 parachutes fit (each is added to those before). Level 5 needs 189,000")
    assert any("older sets may win or lose beside the newest" in text for text in piled)
    assert out[0].startswith("4 parachutes fit")
    assert any("both sides are paid for from level 1 on" in text for text in out)
    assert kept[0].endswith("Level 5 needs 96,000 and leaves 4,600, less than the cushion to keep.")
    assert "At these odds that never happens." in sure
    assert any("Kelly sets no limit, since nothing is lost" in text for text in sure)
    assert two[0].startswith("5 parachutes fit (each replaces the one before). At level 2 the 24 slots")
    assert none[0].startswith("No parachute fits")
    for book in books:
        assert error_cells(book) == []


BAD = (
    ({"net_liq": "lots"}, "Net liq must be a number above 0"),
    ({"net_liq": None}, "Net liq must be a number above 0"),
    ({"net_liq": -5}, "Net liq must be a number above 0"),
    ({"slots": 6.5}, "Slots must be a whole number, 1 or more"),
    ({"credit": 2.5}, "Level 0: the credit is at or above the buy-back: it would be assailed at once"),
    ({"credit": -1}, "Credit must be 0 or more"),
    ({"buyback": 6}, "Level 0: the buy-back is more than the width"),
    ({"planned": 11}, "Parachutes planned must be a whole number, 0 to 10"),
    ({"planned": 2.5}, "Parachutes planned must be a whole number, 0 to 10"),
    ({"multiple": 0.5}, "Size multiple must be 1 to 10"),
    ({"multiple": 1}, "Level 1: the credit is at or above the buy-back"),
    ({"multiple": 1, "reading": "double"}, "A size multiple of 1 adds nothing"),
    ({"multiple": 1.05, "reading": "double"}, "no whole slot is added"),
    ({"reading": "treble"}, "Reading must be replace, double or accumulate"),
    ({"roll": "out", "reading": "accumulate"}, "Nothing is rolled out in time where older sets are left standing"),
    ({"roll_debit": 3}, "Level 1: the credit is below zero"),
    ({"edge": 2}, "Edge must be -100 % to 100 %"),
    ({"edge": -1, "credit": 1.4}, "Level 0: the odds of being assailed"),
    ({"gap": 0.7}, "Level 0: the odds of being assailed, and these and those of a gap together"),
    ({"keep_cushion": 1}, "Cushion to keep must be 0 % or more and below 100 %"),
    ({"campaigns": 0}, "Campaigns must be a whole number, 1 or more"),
)  # fmt: skip


@pytest.mark.office
def test_bad_inputs_are_named_and_no_figure_is_shown(unfilled: Path, tmp_path: Path) -> None:
    typed = [Typed(inputs) for inputs, _ in BAD]
    typed.append(Typed(levels={("buyback", 3): "two"}))
    typed.append(Typed(levels={("assailed", 2): 1.5}))
    says = [problem for _, problem in BAD]
    says += ["Level 3: what is typed over its credit, buy-back or odds isn't a number", "Level 2: the odds of being"]
    for book, problem in zip(recalculated(unfilled, typed, tmp_path), says, strict=True):
        assert problem in str(named(book, "problem"))
        assert book["Parachutes"]["A4"].value == named(book, "problem")
        assert error_cells(book) == [], problem
        assert words(book) == [], problem
        shown = [rows(book, figure, MOST + 1) for figure in COLUMNS]
        assert {value for column in shown for value in column} == {NONE}, problem
        for name in ("fits", "worth", "ruin", "mean", "kelly", "room", "best", "edge_to_grow", "plan_growth"):
            assert named(book, name) == NONE, (problem, name)
        assert [book["Working"].cell(row, 2).value for row in range(6, 17)].count(None) == 0


@pytest.mark.office
def test_strikes_that_cannot_be_are_said_and_change_nothing_else(unfilled: Path, tmp_path: Path) -> None:
    unknown, given, impossible = recalculated(
        unfilled,
        [Typed({"spot": None}), Typed({"short_strike": 4_900}), Typed({"credit": 0.0, "spot": 5_000})],
        tmp_path,
    )
    assert rows(unknown, "short_strike", 6) == [NONE] * 6
    assert rows(unknown, "stop_pnl", 6) == WORKED["stop_pnl"]
    assert unknown["Strikes"]["C6"].value == "CHECK: Spot must be a number above 0"
    assert rows(given, "short_strike", 1) == [4_900]
    assert rows(impossible, "short_strike", 2) == ["none", "none"]
    assert [error_cells(book) for book in (unknown, given, impossible)] == [[], [], []]


@pytest.mark.office
def test_the_published_rolls_of_a_week_and_a_month(unfilled: Path, tmp_path: Path) -> None:
    """Black-Scholes in 50-digit arithmetic: SPX 5000, 15 %, a neutral doubling from the touch of 5000; two and three strikes away."""
    typed = [
        Typed({"short_strike": 5_000, "days_left": 7, "strike_step": 0, "buyback": 2.4726925833793572}),
        Typed({"short_strike": 5_000, "days_left": 30, "strike_step": 0, "buyback": 2.5196891077483495}),
    ]
    week, month = recalculated(unfilled, typed, tmp_path)
    assert week["Strikes"][f"{EXACT}{FIRST_STRIKE + 1}"].value == pytest.approx(4930.9806796509740125, rel=1e-10)
    assert month["Strikes"][f"{EXACT}{FIRST_STRIKE + 1}"].value == pytest.approx(4856.3537377598699282, rel=1e-10)
    touch = FIRST_STRIKE + MOST + 6
    for book in (week, month):  # with a step of 0 a strike is as far as the width
        assert [book["Strikes"][f"A{touch + away}"].value for away in range(4)] == [0, 1, 2, 3]
    assert week["Strikes"][f"E{touch + 2}"].value == pytest.approx(0.92240092903367914059, rel=1e-10)
    assert week["Strikes"][f"E{touch + 3}"].value == pytest.approx(0.88380657639926824238, rel=1e-10)
    assert month["Strikes"][f"E{touch + 2}"].value == pytest.approx(0.96313437513052995263, rel=1e-10)
