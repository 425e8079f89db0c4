"""The same ten questions, the seeds' first, at every door: Python, eval, JSON, xlwings, VBA, a Calc cell, a LAMBDA name, a report."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from calc_door import ask_calc
from excel_doors import ask_vba, ask_xlwings
from office import named, recalculated
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions.call import call
from optmargin.hosts.terminal.cli import main
from workbook.lambda_door import ask_lambda

OWN = Path(__file__).parent / "files" / "seed_positions.csv"
LEGS = [
    ["underlying", "right", "strike", "expiry", "quantity"],
    ["SPX", "put", 3800, "2022-12-23", -5],
    ["SPX", "put", 3795, "2022-12-23", 5],
    ["SPX", "call", 3980, "2022-12-30", -5],
    ["SPX", "call", 3985, "2022-12-30", 5],
]


@dataclass(frozen=True)
class Question:
    """One question of a cell and its answer from outside.

    ``in_json`` picks the figure from an account of ``optmargin margin --json``, ``in_report`` is the figure's name in the report;
    both are of the seed's account, and empty where it isn't asked about there.
    """

    name: str
    arguments: list
    answer: object
    source: str
    at: tuple[int, int] = (0, 0)
    in_json: tuple = ()
    in_report: str = ""
    has_lambda: bool = True

    @property
    def formula(self):
        """As it is typed."""
        return f"={self.name}({','.join(map(typed, self.arguments))})"


def typed(argument):
    """An argument as it is typed in a formula with English function names."""
    if argument is None:
        return ""
    if isinstance(argument, list):
        return "{" + ";".join(",".join(typed(cell) for cell in row) for row in argument) + "}"
    return f'"{argument}"' if isinstance(argument, str) else f"{argument:.12g}"


SEVEN_POINTS = "Trader's seven points on margin"
THREAD = "Options forum thread 'Does anyone really understand margin?', 20-21 Nov 2005"
QUESTIONS = [
    Question("SLOTS", [100000], 200.0, f"{SEVEN_POINTS}, 2", in_json=("slots",), in_report="slots_total"),
    Question("BOOK_MARGIN", [LEGS], 5000.0, f"{SEVEN_POINTS}, 5", in_json=("initial",), in_report="total_requirement", has_lambda=False),
    Question("EXPIRY_MARGIN", [LEGS], 2500.0, f"{SEVEN_POINTS}, 5", at=(1, 4), in_json=("groups", 0, "requirement"),
             has_lambda=False),
    Question("SPREAD_MARGIN", ["put", 3800, 3795, 5], 2500.0, f"{SEVEN_POINTS}, 5", in_json=("groups", 0, "requirement")),
    Question("NAKED_MARGIN", ["call", 17.40, 20, 0.65, 1, 100, "equity", "ibkr-2005"], 315.0, f"{THREAD}, post 2"),
    Question("NAKED_DEPOSIT", ["call", 17.40, 20, 0.65, 1, 100, "equity", "ibkr-2005"], 250.0, f"{THREAD}, post 2"),
    # Cash 101,125 less 5,000 over net liq 100,000.
    Question("CUSHION", [100000, 96125], 0.96125, "IBKR, TWS API, account summary tags", in_json=("cushion",),
             in_report="cushion"),
    Question("STRANGLE_MARGIN", [433.35, 435, 7.2, 435, 5.5, 1, 100, "broad_index", "cboe"], 7770.25,
             "Cboe, Margin Manual, p. 46"),
    Question("COVERED_MARGIN", ["put", 253, 250, 3, 1, 100, 255, "initial", "cboe"], 38250.0, "Cboe, Margin Manual, p. 47"),
    Question("NAKED_MARGIN", ["put", 4500, 4300, -12.5], ErrorCode.NUM, "a price below zero is outside every rule's domain"),
]  # fmt: skip
asked = pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: f"{question.name}-{question.answer}")


def close(found, question):
    """Whether an answer is the expected one: an error by its code, money to the cent."""
    found = found.code if isinstance(found, MarginError) else found
    if isinstance(question.answer, ErrorCode):
        return str(found) == question.answer.value
    return found == pytest.approx(question.answer, abs=1e-9)


def placed(rows, question):
    row, column = question.at
    return rows[row][column]


@asked
def test_python(question):
    assert close(placed(call(question.name, question.arguments).rows, question), question)


@asked
def test_eval(question):
    done = CliRunner().invoke(main, ["eval", question.formula, "--json"])
    found = json.loads(done.stdout)
    if "error" in found:
        assert close(found["error"], question), found
        return
    value = found["value"] if question.at == (0, 0) else placed(found["value"], question)
    assert close(value, question), found


@asked
def test_xlwings(question):
    assert close(placed(ask_xlwings(question.name, question.arguments), question), question)


@asked
def test_generated_vba(question):
    assert close(placed(ask_vba(question.name, question.arguments), question), question)


@pytest.mark.office
def test_a_cell_of_libreoffice():
    found = ask_calc(
        [
            f"=INDEX({each.formula[1:]},{each.at[0] + 1},{each.at[1] + 1})" if each.at != (0, 0) else each.formula
            for each in QUESTIONS
        ]
    )
    wrong = [(each.formula, shown) for each, shown in zip(QUESTIONS, found, strict=True) if not close(shown, each)]
    assert not wrong


def test_a_name_of_the_lambda_workbook(tmp_path):
    closed = [each for each in QUESTIONS if each.has_lambda]
    found = ask_lambda([(each.name, each.arguments) for each in closed], tmp_path)
    wrong = [(each.formula, shown) for each, shown in zip(closed, found, strict=True) if not close(shown, each)]
    assert len(closed) == 8
    assert not wrong


def test_the_json_of_the_terminal():
    done = CliRunner().invoke(main, ["margin", str(OWN), "--as-of", "2022-12-19", "--net-liq", "100000", "--json"])
    (account,) = json.loads(done.stdout)["accounts"]
    inside = [each for each in QUESTIONS if each.in_json]
    assert len(inside) == 5
    for each in inside:
        figure = account
        for step in each.in_json:
            figure = figure[step]
        assert close(figure, each), each.in_json


@pytest.mark.office
def test_a_cell_of_the_report(tmp_path):
    out = tmp_path / "report.xlsx"
    arguments = ["report", str(OWN), "--as-of", "2022-12-19", "--net-liq", "100000", "-o", str(out)]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    book = recalculated(out)
    inside = [each for each in QUESTIONS if each.in_report]
    assert len(inside) == 3
    for each in inside:
        assert close(named(book, each.in_report), each), each.in_report
