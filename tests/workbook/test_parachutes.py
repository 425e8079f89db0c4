"""The workbook of parachutes: recalculated by a real LibreOffice it shows what the core computes, and words where nothing can be."""

from __future__ import annotations

import math
import random
import re
from fractions import Fraction
from pathlib import Path

import ironcalc
import pytest
from openpyxl import Workbook

from office import error_cells, named, read
from optmargin.core.contracts import Right
from optmargin.sizing.parachutes.campaign import Campaign, plan
from optmargin.sizing.parachutes.chain import chain_of
from optmargin.sizing.parachutes.deploy import deploy_threshold, loss_if_stopped, worth_deploying
from optmargin.sizing.parachutes.geometry import Reading
from optmargin.sizing.parachutes.growth import (
    Binds,
    edge_for_growth,
    edge_for_kelly,
    growth_at,
    size_of,
)
from optmargin.sizing.parachutes.kelly import drawdown_probability
from optmargin.sizing.parachutes.ledger import Holder, Ledger, fitting, ledger
from optmargin.sizing.parachutes.odds import LevelOdds, as_given, from_prices
from optmargin.sizing.parachutes.ruin import campaigns_to_recover, ruin_within
from optmargin.sizing.parachutes.sides import Roll, margin_with_other_side
from optmargin.sizing.parachutes.strikes import ladder, multiple_needed
from optmargin.workbook.parachutes import MOST, new_parachutes, write_parachutes
from optmargin.workbook.parachutes_levels import NONE
from optmargin.workbook.parachutes_strikes import AT_THREE, AT_TWO, DAYS, HERE, LISTED, REST
from optmargin.workbook.parachutes_strikes import FIRST as FIRST_STRIKE
from workbook.parachute_door import DEFAULTS, WORKED, Typed, recalculated, rows

COMMITTED = Path(__file__).parents[2] / "workbooks" / "parachutes.xlsx"


@pytest.fixture(scope="module")
def unfilled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("parachutes") / "parachutes.xlsx"
    write_parachutes(path)
    return path


# The file ----------------------------------------------------------------------------------------------------------------


def test_the_workbook_is_the_same_bytes_every_time_and_the_committed_one_is_current(
    unfilled: Path, tmp_path: Path
) -> None:
    write_parachutes(tmp_path / "again.xlsx")
    assert unfilled.read_bytes() == (tmp_path / "again.xlsx").read_bytes()
    assert unfilled.read_bytes() == COMMITTED.read_bytes(), "run `optmargin template workbooks/parachutes.xlsx`"


def test_its_formulas_use_functions_that_every_spreadsheet_program_has(unfilled: Path) -> None:
    known = {
        "ABS", "AND", "COUNT", "EXP", "FIXED", "IF", "IFERROR", "INDEX", "INT", "ISNUMBER", "ISTEXT", "LEFT", "LN", "MATCH", "MAX", "MIN", "N",
        "NORMSDIST", "NORMSINV", "NOT", "OR", "PI", "ROUND", "ROUNDDOWN", "ROUNDUP", "SQRT", "SUM", "SUMPRODUCT",
    }  # fmt: skip
    book = read(unfilled)
    used: set[str] = set()
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    bare = re.sub(r'"[^"]*"', "", str(cell.value))
                    assert len(str(cell.value)) < 8192
                    assert all(len(text) <= 255 for text in re.findall(r'"([^"]*)"', str(cell.value)))
                    used |= set(re.findall(r"([A-Za-z_.]+)\(", bare))
    assert used <= known
    assert not {name for name in book.defined_names if re.fullmatch(r"[A-Za-z]{1,3}[0-9]+|[RrCc]", name)}
    assert not {"sign", "growth", "days", "right", "left"} & set(book.defined_names)


def test_its_sheets_stand_in_the_order_in_which_they_are_read() -> None:
    book, _ = new_parachutes()
    assert book.sheetnames == ["Parachutes", "Ledger", "Odds", "Strikes", "Working", "Searches", "Read me"]
    assert all(sheet.page_setup.orientation == "landscape" for sheet in book.worksheets)
    assert book.calculation.fullCalcOnLoad
    assert [len(sheet._charts) for sheet in book.worksheets] == [2, 0, 0, 0, 0, 0, 0]
    yellow = [book[title][address.replace("$", "")] for name in DEFAULTS for title, address in book.defined_names[name].destinations]  # fmt: skip
    assert {cell.fill.start_color.rgb for cell in yellow} == {"00FFF8D6"}


# What it computes --------------------------------------------------------------------------------------------------------


@pytest.mark.office
def test_the_worked_ledger_to_the_dollar_at_the_example_and_at_fair_prices(unfilled: Path, tmp_path: Path) -> None:
    example, fair = recalculated(unfilled, [Typed(), Typed({"edge": 0})], tmp_path)
    for book in (example, fair):
        assert error_cells(book) == []
        assert named(book, "problem") == "The yellow cells make sense; every figure follows from them."
        for figure, expected in WORKED.items():
            assert rows(book, figure, 6) == pytest.approx(expected, rel=1e-12), figure
        cushions = [0.976, 0.955, 0.908, 0.810, 0.594, 0.060]
        assert rows(book, "cushion", 6) == pytest.approx(cushions, abs=0.0006)
        assert rows(book, "fits", 7) == ["yes"] * 6 + ["NO"]
    assert rows(fair, "reach", 6) == pytest.approx(WORKED["reach_fair"])
    assert rows(fair, "expected", 6) == pytest.approx([360, 120, 60, 30, 15, -585])
    assert (named(fair, "ruin"), named(fair, "mean"), named(fair, "worth")) == (0.0125, pytest.approx(0, abs=1e-9), 0)
    assert named(fair, "kelly") == 0
    # From the definition, in 50-digit arithmetic: 0.4 x 0.5^5 x 0.9^6, and Kelly's (1 - q)/L - q/G of the binary campaign.
    assert named(example, "ruin") == pytest.approx(0.0066430125)
    assert named(example, "kelly") == pytest.approx(5 * (0.9933569875 / 79 - 0.0066430125), rel=1e-11)
    assert named(example, "worth") == 4
    assert (named(example, "best"), named(example, "best_written")) == (1, pytest.approx(0.2375 / 2, rel=1e-11))


@pytest.mark.office
def test_the_values_in_the_file_are_those_that_libreoffice_computes(unfilled: Path, tmp_path: Path) -> None:
    (computed,) = recalculated(unfilled, [Typed()], tmp_path)
    written = read(unfilled, values=True)
    for sheet in written.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                there = computed[sheet.title][cell.coordinate].value
                if isinstance(cell.value, (int, float)):
                    assert there == pytest.approx(cell.value, rel=1e-11, abs=1e-11), f"{sheet.title}!{cell.coordinate}"
                else:
                    assert there == cell.value, f"{sheet.title}!{cell.coordinate}"


def test_a_second_program_computes_the_same(unfilled: Path) -> None:
    model = ironcalc.load_from_xlsx(str(unfilled))
    model.evaluate()
    titles = [sheet["name"] for sheet in model.get_worksheets_properties()]
    for sheet in read(unfilled, values=True).worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is not None:
                    there = model.get_cell_value(titles.index(sheet.title), cell.row, cell.column)
                    is_number = isinstance(cell.value, (int, float))
                    expected = pytest.approx(cell.value, rel=1e-8, abs=1e-9) if is_number else cell.value
                    assert there == expected, f"{sheet.title}!{cell.coordinate}"


def random_typed(number: int) -> Typed:
    """An account, a campaign and odds as somebody might type them; some with prices and odds of one's own."""
    chance = random.Random(f"parachutes {number}")  # noqa: S311 - the same every time
    width = chance.choice([1, 2.5, 5, 10, 25, 50])
    buyback = round(width * chance.uniform(0.35, 0.7), 2)
    credit = round(buyback * chance.uniform(0.1, 0.85), 2)
    net_liq = round(10 ** chance.uniform(4, 6.5), 2)
    reading = {5: "double", 7: "accumulate", 11: "accumulate"}.get(number, "replace")
    inputs: dict[str, object] = {
        "net_liq": net_liq, "other_margin": round(net_liq * chance.choice([0, 0, 0.1, 0.4]), 2), "other_side": chance.choice([0, 0, 7, 40]),
        "keep_cushion": chance.choice([0, 0, 0.1, 0.25]), "slots": chance.randint(1, max(1, int(net_liq / width / 100 / 8))),
        "width": width, "multiplier": chance.choice([100, 50]), "credit": credit, "buyback": buyback,
        "fee": chance.choice([0, 0.65, 1.1, 2.4]), "planned": chance.randint(0, 10),
        "multiple": chance.choice([2, 2, 2, 3, 1.5]), "reading": reading,
        "roll": "out" if reading == "replace" and chance.random() < 0.3 else "away",
        "roll_debit": round(buyback * chance.choice([0, 0, 0.1, -0.1]), 2) if reading == "replace" else 0,
        "edge": chance.choice([0, 0.02, 0.1, 0.2, -0.05]), "gap": chance.choice([0, 0, 0.01]),
        "kelly_multiple": chance.choice([0.5, 1, 0.25, 2]), "campaigns": chance.choice([12, 52, 250]),
        "side": chance.choice(["put", "call"]), "spot": round(width * chance.uniform(60, 900), 2), "volatility": round(chance.uniform(0.1, 0.6), 2),
        "days_left": chance.choice([0.5, 7, 30]), "strike_step": chance.choice([0, 1, 5]),
    }  # fmt: skip
    levels: dict[tuple[str, int], object] = {}
    if number % 3 == 0:
        levels = {("credit", 1): round(buyback * 0.6, 2), ("buyback", 2): round(buyback * 1.1, 2), ("assailed", 1): 0.3}
    return Typed(inputs, levels)


class Expected:
    """What the core says of what was typed."""

    def __init__(self, typed: Typed) -> None:
        self.typed = typed
        self.credits, self.buybacks = self._prices(MOST)
        self.planned = int(typed["planned"])
        self.campaign = self._campaign(self.planned)
        self.odds = self._odds(self.campaign)
        self.holder = self._holder(self.campaign)
        self.ledger: Ledger = ledger(self.campaign, self.holder, self.odds)
        longest = self._campaign(MOST)
        self.fits = fitting(longest, self._holder(longest))

    def _prices(self, most: int) -> tuple[list[Fraction], list[Fraction]]:
        typed = self.typed
        sized = plan(
            typed["slots"], [0] * (most + 1), [typed["width"]] * (most + 1), most, multiple=typed["multiple"], width=typed["width"],
            reading=Reading(typed["reading"]),
        )  # fmt: skip
        credits_, buybacks = [], []
        for level, each in enumerate(sized.sets):
            bought = Fraction(repr(typed.levels.get(("buyback", level), typed["buyback"])))
            credit = Fraction(repr(typed["credit"]))
            if level and typed["reading"] == "replace":
                debit = Fraction(repr(typed["roll_debit"]))
                credit = each.closed * (buybacks[-1] - debit) / each.opened
            if ("credit", level) in typed.levels:
                credit = Fraction(repr(typed.levels["credit", level]))
            credits_.append(credit)
            buybacks.append(bought)
        return credits_, buybacks

    def _campaign(self, parachutes: int) -> Campaign:
        typed = self.typed
        return plan(
            typed["slots"], self.credits[: parachutes + 1], self.buybacks[: parachutes + 1], parachutes, width=typed["width"],
            multiplier=typed["multiplier"], multiple=typed["multiple"], reading=Reading(typed["reading"]), fee=typed["fee"],
        )  # fmt: skip

    def _odds(self, campaign: Campaign) -> LevelOdds:
        found = from_prices(campaign, self.typed["edge"], [self.typed["gap"]])
        own = [self.typed.levels.get(("assailed", level), odds) for level, odds in enumerate(found.assailed)]
        return as_given(own, [self.typed["gap"]], levels=len(own))

    def _holder(self, campaign: Campaign) -> Holder:
        typed = self.typed
        margin = margin_with_other_side(campaign, typed["other_side"], Roll(typed["roll"]), typed["other_margin"])
        return Holder(typed["net_liq"], margin_at=margin, cushion=typed["keep_cushion"])


def check_ledger(book: Workbook, expected: Expected) -> None:
    levels = expected.planned + 1
    near = {"rel": 1e-9, "abs": 1e-7}
    for figure in (
        "slots", "credit_needed", "credit", "buyback", "fees", "cash", "margin", "excess", "stop_pnl", "max_loss_pnl", "assailed", "reach",
    ):  # fmt: skip
        said = [getattr(row, figure) for row in expected.ledger.rows]
        assert rows(book, figure, levels) == pytest.approx(said, **near), figure
    for figure in ("ends_here", "expected", "cushion"):
        said = [getattr(row, figure) for row in expected.ledger.rows]
        shown = [math.nan if value == NONE else value for value in rows(book, figure, levels)]
        assert shown == pytest.approx(said, nan_ok=True, **near), figure
    stakes = loss_if_stopped(expected.campaign, expected.typed["net_liq"])
    shown = [math.nan if value == NONE else value for value in rows(book, "stake", levels)]
    assert shown == pytest.approx(stakes, nan_ok=True, **near)
    for level, limit in enumerate(rows(book, "worth_up_to", levels)):
        if limit != NONE:
            assert limit == pytest.approx(float(deploy_threshold(stakes[level], expected.typed["multiple"])), rel=1e-9)
    assert rows(book, "fits", levels) == ["yes" if level <= expected.fits else "NO" for level in range(levels)]


def check_results(book: Workbook, expected: Expected) -> None:
    typed, campaign = expected.typed, expected.campaign
    assert named(book, "fits") == expected.fits
    last = max(0, min(expected.fits, expected.planned))
    row = expected.ledger.rows[last]
    ruin = row.reach * row.assailed
    assert named(book, "ruin") == pytest.approx(ruin, rel=1e-9)
    assert named(book, "ruin_within") == pytest.approx(ruin_within(ruin, typed["campaigns"]), rel=1e-7)
    assert named(book, "last_stop") == pytest.approx(row.stop_pnl)
    assert named(book, "last_worst") == pytest.approx(row.max_loss_pnl)
    loss, gain = -row.stop_pnl / typed["net_liq"], expected.ledger.rows[0].cash / typed["net_liq"]
    recovery = campaigns_to_recover(loss, gain) if 0 < loss < 1 and gain > 0 else NONE
    assert named(book, "to_recover") == pytest.approx(recovery)
    assert named(book, "half_again") == pytest.approx(drawdown_probability(typed["kelly_multiple"], 0.5))
    if not campaign.replaces and campaign.parachutes:
        assert {named(book, name) for name in ("worth", "mean", "sd", "kelly", "plan_growth")} == {NONE}
        return
    chain = chain_of(campaign, expected.odds)
    assert named(book, "mean") == pytest.approx(float(chain.mean), rel=1e-8, abs=1e-6)
    assert named(book, "sd") == pytest.approx(chain.sd, rel=1e-8)
    assert named(book, "levels_visited") == pytest.approx(float(chain.levels))
    grown = growth_at(campaign, chain, typed["net_liq"])
    assert named(book, "plan_growth") == ("lost" if grown == -math.inf else pytest.approx(grown, rel=1e-7, abs=1e-12))
    assert named(book, "worth") == worth_deploying(campaign, expected.odds, typed["net_liq"], most=expected.fits)
    check_sizes(book, expected)


def check_sizes(book: Workbook, expected: Expected) -> None:
    """Kelly, margin and growth of every number of parachutes."""
    typed = expected.typed
    growths = []
    for parachutes in range(MOST + 1):
        campaign = expected._campaign(parachutes)
        margins = [expected._holder(campaign).required(campaign, each.level)[0] for each in campaign.sets]
        size = size_of(
            campaign, chain_of(campaign, expected._odds(campaign)), kelly_multiple=typed["kelly_multiple"], cushion=typed["keep_cushion"],
            others=[
                (margin - each.standing * campaign.slot) / Fraction(repr(typed["net_liq"]))
                for each, margin in zip(campaign.sets, margins, strict=True)
            ],
        )  # fmt: skip
        kelly, room, written, binds, growth = (
            book["Odds"][f"{letter}{6 + parachutes}"].value for letter in ("C", "E", "G", "I", "K")
        )
        assert kelly == pytest.approx(size.kelly, rel=1e-9, abs=1e-12)
        assert room == pytest.approx(size.margin, rel=1e-9)
        assert written == pytest.approx(size.written, rel=1e-9, abs=1e-12)
        assert growth == pytest.approx(size.growth, rel=1e-6, abs=1e-11)
        assert binds == {Binds.KELLY: "Kelly", Binds.MARGIN: "the margin", Binds.NO_EDGE: "no edge"}[size.binds]
        growths.append(size.growth)
    best = growths.index(max(growths)) if max(growths) > 0 else NONE
    assert named(book, "best") == best
    is_plain = not typed.levels and not typed["gap"] and not typed["roll_debit"] and typed["multiple"] > 1
    if is_plain and isinstance(named(book, "edge_to_grow"), float):
        share = Fraction(repr(typed["slots"])) * expected.campaign.slot / Fraction(repr(typed["net_liq"]))
        terms = {name: typed[name] for name in ("width", "multiple", "multiplier", "fee")}
        if float(typed["multiple"]).is_integer():  # the core looks at sizes that aren't rounded to slots
            asked = (share, typed["credit"], typed["buyback"], expected.planned)
            assert named(book, "edge_to_grow") == pytest.approx(edge_for_growth(*asked, **terms), rel=1e-8)
            assert named(book, "edge_for_kelly") == pytest.approx(edge_for_kelly(*asked, **terms), rel=1e-8)


def check_strikes(book: Workbook, expected: Expected) -> bool:
    typed = expected.typed
    listed, days, here = (
        [book["Strikes"][f"{letter}{FIRST_STRIKE + level}"].value for level in range(expected.planned + 1)]
        for letter in (LISTED, DAYS, HERE)
    )
    if not all(isinstance(strike, (int, float)) for strike in listed):
        return False  # no strike brings so much: the cells say so, and another test looks at that
    right = Right.PUT if typed["side"] == "put" else Right.CALL
    planned = [float(credit) for credit in expected.credits[: expected.planned + 1]]
    found = ladder(
        planned, typed["volatility"], typed["days_left"], typed["width"], spot=typed["spot"], right=right, step=typed["strike_step"],
        is_out=typed["roll"] == "out",
    )  # fmt: skip
    assert listed == pytest.approx([rung.short_strike for rung in found], rel=1e-8)
    assert days == pytest.approx([rung.days_left for rung in found], rel=1e-8)
    assert here == pytest.approx([rung.days_here for rung in found], rel=1e-7, abs=1e-9)
    lasts = sum(row.reach * rung.days_here for row, rung in zip(expected.ledger.rows, found, strict=True))
    assert (
        book["Strikes"][f"A{FIRST_STRIKE + MOST + 1}"].value == f"A campaign lasts {round(lasts, 1):g} days on average."
    )
    assert rows(book, "short_strike", len(listed)) == listed
    left = book["Strikes"][f"{REST}{FIRST_STRIKE}"].value
    if len(found) > 1 and typed["roll"] == "away":
        assert left == pytest.approx(found[1].days_left, rel=1e-8)
    for strikes, letter in ((2, AT_TWO), (3, AT_THREE)):
        needed = multiple_needed(
            strikes, listed[0], typed["volatility"], left, typed["width"], right=right, step=typed["strike_step"] or None
        )  # fmt: skip
        assert book["Strikes"][f"{letter}{FIRST_STRIKE}"].value == pytest.approx(needed, rel=1e-9)
    return True


@pytest.mark.office
def test_a_dozen_campaigns_come_to_what_the_core_computes(unfilled: Path, tmp_path: Path) -> None:
    all_typed = [random_typed(number) for number in range(14)]
    books = recalculated(unfilled, all_typed, tmp_path)
    assert {typed["reading"] for typed in all_typed} == {"replace", "double", "accumulate"}
    with_strikes = 0
    for typed, book in zip(all_typed, books, strict=True):
        assert error_cells(book) == [], typed
        assert named(book, "plan_ok") == 1, (typed, named(book, "problem"))
        expected = Expected(typed)
        check_ledger(book, expected)
        check_results(book, expected)
        with_strikes += check_strikes(book, expected)
    assert with_strikes >= 10
