"""The report's sheet of parachutes: filled from the report, recalculated by LibreOffice, and by what somebody types into it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook

from office import error_cells, named, read, recalculated
from optmargin.core.accounts import Account
from optmargin.core.contracts import AccountType, AssetClass, Right, Style
from optmargin.core.legs import Leg, LegTable
from optmargin.report.build import Origin, margin_report
from optmargin.report.records import MarginReport
from optmargin.rules.book import book as rule_book
from optmargin.workbook import layout, sheet_parachutes
from optmargin.workbook.fill import fill
from optmargin.workbook.parachutes_levels import NONE
from optmargin.workbook.sheet_parachutes import FIRST, MOST
from optmargin.workbook.template import write_template
from workbook.invented import incomplete, seed, without_net_liq

AS_OF, EXPIRY = dt.date(2022, 12, 19), dt.date(2022, 12, 23)
COLUMNS = {
    "slots": "B", "credit_needed": "C", "credit": "D", "fees": "E", "cash": "F", "margin": "G", "excess": "H", "cushion": "I", "fits": "J",
    "stop_pnl": "K", "max_loss_pnl": "L", "assailed": "M", "reach": "N", "ends": "O", "expected": "P", "next": "Q",
}  # fmt: skip


def option(right: Right, strike: float, quantity: float, price: float) -> Leg:
    return Leg("SPX", right, quantity, strike, EXPIRY, price, spot=3900.0, asset_class=AssetClass.BROAD_INDEX, style=Style.EUROPEAN)  # fmt: skip


def made(puts: int = 6, calls: int = 0, net_liq: float = 100_000.0, mark: float = 1.0) -> MarginReport:
    """The worked example: put spreads at their mark, and calls of the same expiry."""
    legs = [option(Right.PUT, 3800.0, -puts, 20 + mark), option(Right.PUT, 3795.0, puts, 20.0)] if puts else []
    legs += [option(Right.CALL, 4000.0, -calls, 10.5), option(Right.CALL, 4005.0, calls, 10.0)] if calls else []
    return margin_report(
        Account("U1", LegTable.of(legs), net_liq=net_liq), rule_book("ibkr").on(AS_OF), as_of=AS_OF, account_type=AccountType.MARGIN,
        origin=Origin("positions.csv", "test"),
    )  # fmt: skip


def shown(book: Workbook, figure: str, levels: int = 6) -> list[object]:
    return [book["Parachutes"][f"{COLUMNS[figure]}{FIRST + level}"].value for level in range(levels)]


def words(book: Workbook) -> list[object]:
    return [book["Parachutes"][f"I{row}"].value for row in (7, 9, 11, 13, 15)]


def typed(path: Path, **inputs: object) -> Workbook:
    """The workbook recalculated after somebody has typed into yellow cells."""
    book = read(path)
    for name, value in inputs.items():
        title, address = next(book.defined_names[name].destinations)
        book[title][address.replace("$", "")].value = value
    book.save(path.with_name("typed.xlsx"))
    return recalculated(path.with_name("typed.xlsx"))


def test_every_figure_of_the_plan_stands_in_the_sheet_without_a_program(tmp_path: Path) -> None:
    report = made(5, 20)
    assert fill(report, None, tmp_path / "report.xlsx") == ()
    book = read(tmp_path / "report.xlsx", values=True)
    plan = report.parachutes
    assert plan is not None
    for figure in ("slots", "credit", "cash", "margin", "excess", "stop_pnl", "max_loss_pnl", "reach", "cushion"):
        assert shown(book, figure, len(plan.rows)) == pytest.approx([getattr(row, figure) for row in plan.rows]), figure
    assert shown(book, "fits", len(plan.rows)) == [int(row.fits) for row in plan.rows]
    assert (named(book, "parachute_fits"), named(book, "parachute_worth")) == (plan.fits, plan.worth)
    assert named(book, "parachute_words") == report.parachute_words
    assert str(words(book)[0]).startswith("5 parachutes fit. At level 5 the 160 slots that stand take margin to 80,000")


def test_what_is_not_known_is_not_shown(tmp_path: Path) -> None:
    for report, says in (
        (incomplete(), "No schedule was asked for"),
        (replace(without_net_liq(), parachute_words="No schedule: it needs net liq"), "No schedule: it needs net liq"),
        (seed(), "No schedule was asked for"),
    ):
        fill(report, None, tmp_path / "report.xlsx")
        book = read(tmp_path / "report.xlsx", values=True)
        assert named(book, "parachute_words") == says
        assert named(book, "parachute_slots") == named(book, "parachute_credit") == "not given"
        assert words(book) == [NONE] * 5
        assert {value for figure in COLUMNS if figure != "fits" for value in shown(book, figure)} <= {NONE, 0}
        assert named(book, "parachute_problem") == NONE


def test_a_template_without_the_sheet_is_told_once(tmp_path: Path) -> None:
    write_template(tmp_path / "mine.xlsx")
    book = read(tmp_path / "mine.xlsx")
    del book["Parachutes"]
    for name in layout.PARACHUTE_NAMES:
        del book.defined_names[name]
    book.save(tmp_path / "mine.xlsx")
    (finding,) = fill(made(), tmp_path / "mine.xlsx", tmp_path / "report.xlsx")
    assert finding.problem == "the template has no sheet of parachutes: that figure isn't shown"


def test_a_part_of_the_sheet_that_is_gone_is_told(tmp_path: Path) -> None:
    write_template(tmp_path / "mine.xlsx")
    book = read(tmp_path / "mine.xlsx")
    del book.defined_names["parachute_credit"]
    sheet = book["Parachutes"]
    table = sheet.tables["Parachutes"]
    heading = sheet[table.ref][0][2]
    heading.value = table.tableColumns[2].name = "Held"
    book.save(tmp_path / "mine.xlsx")
    problems = {finding.problem for finding in fill(made(), tmp_path / "mine.xlsx", tmp_path / "report.xlsx")}
    assert problems == {
        "the template has no cell named parachute_credit: that figure isn't shown",
        "the template has no column headed Margin in the table Parachutes: that figure isn't shown",
    }


def test_the_users_own_choices_are_kept_and_counted(tmp_path: Path) -> None:
    write_template(tmp_path / "mine.xlsx")
    book = read(tmp_path / "mine.xlsx")
    for name, value in (("parachute_planned", 3), ("parachute_edge", 0.1)):
        title, address = next(book.defined_names[name].destinations)
        book[title][address.replace("$", "")].value = value
    book.save(tmp_path / "mine.xlsx")
    assert fill(made(), tmp_path / "mine.xlsx", tmp_path / "report.xlsx") == ()
    filled = read(tmp_path / "report.xlsx", values=True)
    assert named(filled, "parachute_planned") == 3
    assert shown(filled, "reach", 4) == pytest.approx([1, 0.36, 0.162, 0.0729])
    assert named(filled, "parachute_ruin") == pytest.approx(0.4 * 0.5**3 * 0.9**4)
    assert shown(filled, "next", 5) == ["deploy", "deploy", "deploy", "the last", NONE]


def test_formulas_of_the_users_own_do_no_harm(tmp_path: Path) -> None:
    write_template(tmp_path / "mine.xlsx")
    book = read(tmp_path / "mine.xlsx")
    sheet = book["Parachutes"]
    own = {
        "A60": "=VLOOKUP(1,A22:B30,2)",
        "A61": "=A4*2",
        "A62": "=Nowhere!A1+1",
        "A63": "=A63+1",
        "A64": "=1/0",
        "A65": "=((",
    }
    for address, formula in {**own, "A66": "=parachute_fits*10"}.items():
        sheet[address] = formula
    book.save(tmp_path / "mine.xlsx")
    assert fill(made(), tmp_path / "mine.xlsx", tmp_path / "report.xlsx") == ()
    filled = read(tmp_path / "report.xlsx", values=True)["Parachutes"]
    assert [filled[address].value for address in own] == [None] * len(own)
    assert filled["A66"].value == 50
    assert shown(read(tmp_path / "report.xlsx", values=True), "excess")[5] == 4_600


def test_its_prefixed_names_are_those_of_the_layout() -> None:
    levels = sheet_parachutes.grid()
    assert levels.name("slots") == "parachute_slots"
    assert len(set(layout.PARACHUTE_NAMES)) == len(layout.PARACHUTE_NAMES)
    assert levels.at("level", 0) == f"A{FIRST}"


# In LibreOffice ----------------------------------------------------------------------------------------------------------


@pytest.mark.office
def test_recalculated_it_is_the_worked_ledger_to_the_dollar(tmp_path: Path) -> None:
    fill(made(), None, tmp_path / "report.xlsx")
    computed, written = recalculated(tmp_path / "report.xlsx"), read(tmp_path / "report.xlsx", values=True)
    assert error_cells(computed) == []
    for row in written["Parachutes"].iter_rows():
        for cell in row:
            there = computed["Parachutes"][cell.coordinate].value
            expected = pytest.approx(cell.value, rel=1e-12, abs=1e-12) if isinstance(cell.value, float) else cell.value
            assert there == expected, cell.coordinate
    # Trader's seven points on margin, number 3, by hand: 600 collected, slots of 500 that double, 250 for each bought out.
    assert shown(computed, "slots") == [6, 12, 24, 48, 96, 192]
    assert shown(computed, "cash") == [600] * 6
    assert shown(computed, "margin") == [3_000, 6_000, 12_000, 24_000, 48_000, 96_000]
    assert shown(computed, "excess") == [97_600, 94_600, 88_600, 76_600, 52_600, 4_600]
    assert shown(computed, "stop_pnl") == [-900, -2_400, -5_400, -11_400, -23_400, -47_400]
    assert shown(computed, "max_loss_pnl") == [-2_400, -5_400, -11_400, -23_400, -47_400, -95_400]
    assert shown(computed, "reach") == pytest.approx([1, 0.4, 0.2, 0.1, 0.05, 0.025])
    assert shown(computed, "expected") == pytest.approx([360, 120, 60, 30, 15, -585])
    assert words(computed)[0] == (
        "5 parachutes fit. At level 5 the 192 slots that stand take margin to 96,000 and leave 4,600, a cushion of 6.01 %."
    )
    assert "loses 47,400 (47.4 % of net liq) if it is bought out, and loses 95,400 (95.4 %) at worst" in str(
        words(computed)[2]
    )
    assert words(computed)[3] == "That happens in 1.25 % of campaigns, one in 80."


@pytest.mark.office
def test_what_somebody_types_is_followed_without_python(tmp_path: Path) -> None:
    fill(made(5, 20), None, tmp_path / "report.xlsx")
    edge = typed(tmp_path / "report.xlsx", parachute_edge=0.1, parachute_fee=1.1)
    assert shown(edge, "margin", 4) == [10_000, 10_000, 10_000, 20_000]  # the margin engine's: calls carry the puts
    assert shown(edge, "fees", 3) == [
        0,
        pytest.approx(33),
        pytest.approx(66),
    ]  # what is held has paid; then 2 x (5 + 10) legs of 1.10
    assert shown(edge, "credit_needed", 2)[1] == pytest.approx(1.283)
    assert shown(edge, "cash", 3) == pytest.approx([500, 467, 401])
    other = typed(tmp_path / "report.xlsx", parachute_slots=7)
    # Another size wasn't asked of the margin engine: the rest counts in full, with 10,000, and nothing rides free.
    assert shown(other, "margin", 3) == [13_500, 17_000, 24_000]
    # The five that are held count as bought back at 1.00, seven are sold at 1.00.
    elv = 100_000 + 500 + 1_000
    assert shown(other, "excess", 1) == [elv - 500 + 700 - 13_500]
    sold_for = typed(tmp_path / "report.xlsx", parachute_credit=1.4)
    # Sold at 1.40 and worth 1.00 now: net liq was 200 less before; excess liquidity is what it is.
    assert named(sold_for, "parachute_start") == 99_800
    assert shown(sold_for, "excess", 1) == [elv - 10_000]
    richer = typed(tmp_path / "report.xlsx", net_liq=200_000)
    assert named(richer, "parachute_fits") == 6
    for book in (edge, other, sold_for, richer):
        assert error_cells(book) == []
        assert named(book, "parachute_problem") == "The yellow cells make sense; every figure follows from them."


@pytest.mark.office
def test_bad_inputs_are_named_and_nothing_is_shown(tmp_path: Path) -> None:
    fill(made(), None, tmp_path / "report.xlsx")
    for inputs, says in (
        ({"parachute_buyback": 0.5}, "Level 0: the credit is at or above the buy-back"),
        ({"parachute_planned": 9}, "CHECK: Parachutes planned must be a whole number, 0 to 8"),
        ({"parachute_multiple": 1}, "Level 1: the credit is at or above the buy-back"),
        ({"net_liq": -3}, "Net liq or equity with loan value is missing, see Inputs."),
    ):
        book = typed(tmp_path / "report.xlsx", **inputs)
        assert says in str(named(book, "parachute_problem")), inputs
        assert error_cells(book) == []
        assert words(book) == [NONE] * 5
        assert shown(book, "excess", MOST + 1)[1:] == [NONE] * MOST
    fill(made(0), None, tmp_path / "report.xlsx")
    fresh = recalculated(tmp_path / "report.xlsx")
    assert shown(fresh, "excess") == [97_600, 94_600, 88_600, 76_600, 52_600, 4_600]
    assert shown(fresh, "fees", 1) == [0]
    assert error_cells(fresh) == []
