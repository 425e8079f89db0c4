"""The same question at every door: engine, worksheet function, terminal, JSON, report; the seed's account and its figures."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from optmargin.hosts.terminal.formula import evaluate

FILES = Path(__file__).parent / "files"
FLEX = Path(__file__).parent.parent / "brokers" / "files" / "flex_sample.xml"
OWN = FILES / "seed_positions.csv"

# Trader's seven points on margin, numbers 2, 3 and 5: five $5 put spreads of one week and five $5 call spreads of the next.
REQUIREMENT, PER_EXPIRY, SLOTS, USED = 5000.0, 2500.0, 200, 10.0
# Net liq 100,000; excess liquidity = cash 101,125 less 5,000 (IBKR: equity with loan value has no US options in it).
CUSHION = 0.96125

LEGS = (
    '{"underlying","right","strike","expiry","quantity","price";'
    '"SPX","put",3800,"2022-12-23",-5,22.5;"SPX","put",3795,"2022-12-23",5,21.4;'
    '"SPX","call",3980,"2022-12-30",-5,18.2;"SPX","call",3985,"2022-12-30",5,17.05}'
)


def terminal(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "optmargin.hosts.terminal.cli", *arguments], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    return done


def asked_by_json(path, *more):
    done = terminal("margin", str(path), "--json", *more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("path", "more"), [(FLEX, ()), (OWN, ("--as-of", "2022-12-19", "--net-liq", "100000"))], ids=["flex", "own csv"]
)
def test_the_terminal(path, more):
    found = asked_by_json(path, *more)
    (account,) = found["accounts"]
    assert (found["as_of"], found["book"], found["complete"]) == ("2022-12-19", "ibkr", True)
    assert (account["initial"], account["maintenance"], account["complete"]) == (REQUIREMENT, REQUIREMENT, True)
    assert (account["long_cost"], account["proceeds"], account["deposit"]) == (19225.0, 20350.0, 3875.0)
    assert account["cushion"] == pytest.approx(CUSHION)
    assert (account["slots"], account["slots_used"]) == (SLOTS, USED)
    assert [(group["underlying"], group["expiry"]) for group in account["groups"]] == [
        ("SPX", "2022-12-23"),
        ("SPX", "2022-12-30"),
    ]
    for group, free in zip(account["groups"], ((0, 5), (5, 0)), strict=True):
        assert group["requirement"] == PER_EXPIRY == sum(line["amount"] for line in group["lines"])
        assert (group["free_put_slots"], group["free_call_slots"]) == free
        assert group["released"] == PER_EXPIRY
        assert all(line["source"] for line in group["lines"])
    assert [group["remaining"] for group in account["groups"]] == [2500.0, 0.0]
    text = terminal("margin", str(path), *more).stdout
    assert "5,000.00" in text
    assert "96.1%" in text


def test_a_formula():
    assert evaluate(f"=BOOK_MARGIN({LEGS})").first == REQUIREMENT
    assert [row[4] for row in evaluate(f"=EXPIRY_MARGIN({LEGS})").rows[1:]] == [PER_EXPIRY, PER_EXPIRY]
    assert evaluate("=SLOTS(100000)").first == SLOTS
    assert evaluate("=CUSHION(100000, 101125-5000)".replace("101125-5000", "96125")).first == CUSHION
    done = terminal("eval", f"=BOOK_MARGIN({LEGS})", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"value": REQUIREMENT})


def test_adding_the_other_side_of_each_expiry_costs_nothing_more(tmp_path):
    rows = OWN.read_text(encoding="utf-8").splitlines()
    rows += [
        "SPX,call,3980,2022-12-23,-5,9",
        "SPX,call,3985,2022-12-23,5,8",
        "SPX,put,3700,2022-12-30,-5,7",
        "SPX,put,3695,2022-12-30,5,6",
    ]
    path = tmp_path / "both.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    assert asked_by_json(path, "--as-of", "2022-12-19")["accounts"][0]["initial"] == REQUIREMENT


def test_a_report(tmp_path):
    from openpyxl import load_workbook

    out = tmp_path / "report.xlsx"
    done = terminal("report", str(FLEX), "-o", str(out))
    assert done.returncode == 0, done.stderr
    assert "5,000.00" in done.stdout
    assert str(out) in done.stdout
    cells = [cell.value for sheet in load_workbook(out) for row in sheet.iter_rows() for cell in row]
    assert cells.count(PER_EXPIRY) >= 2
