"""``optmargin parachutes``: the ledger and what it means, an account's own file, JSON, and how the command refuses."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from optmargin.hosts.terminal.cli import main

SEED = Path(__file__).parents[1] / "doors" / "files" / "seed_positions.csv"
DAY = ("--as-of", "2022-12-19")
PLAIN = ("--net-liq", "100000", "--width", "5", "--credit", "1.00", "--buyback", "2.50")
HEADER = "underlying,right,strike,expiry,quantity,price,spot\n"
PUTS = "SPX,put,3800,2022-12-23,-5,3.5,3900\nSPX,put,3795,2022-12-23,5,2.4,3900\n"
CALLS = "SPX,call,3980,2022-12-23,-5,3.2,3900\nSPX,call,3985,2022-12-23,5,2.05,3900\n"
FIRST_PUT = ("--short", "SPX 2022-12-23 3800 put")


def parachutes(*arguments):
    done = CliRunner().invoke(main, ["parachutes", *map(str, arguments)], env={"COLUMNS": "80"})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def asked(*arguments):
    done = parachutes(*arguments, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "positions.csv"
        path.write_text(HEADER + text, encoding="utf-8")
        return path

    return write


def test_the_worked_ledger_to_the_dollar():
    done = subprocess.run(
        [sys.executable, "-m", "optmargin.hosts.terminal.cli", "parachutes", *PLAIN],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "80"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["5", "192", "1.25", "1.25", "96,000.00", "4,600.00", "6.0%", "yes"] in lines
    assert ["5", "0.00", "600.00", "-47,400.00", "-95,400.00", "50.00%", "2.50%", "2.50%", "-585.00"] in lines
    assert ["0", "6", "0.00", "1.00", "3,000.00", "97,600.00", "97.6%", "yes"] in lines
    words = " ".join(done.stdout.split())
    assert "Five parachutes fit" in words
    assert "None of them is worth deploying: at fair prices a parachute is a fair coin" in words
    assert "loses 47,400.00 (47.4 % of net liq) if it is bought out" in words
    assert "full Kelly at 10.2 %" in words
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_as_json():
    found = asked(*PLAIN)
    assert (found["slots"], found["fits"], found["worth_deploying"], found["mean"]) == (6, 5, 0, 0)
    assert [row["stop_pnl"] for row in found["ledger"]] == [-900, -2_400, -5_400, -11_400, -23_400, -47_400]
    assert [row["excess"] for row in found["ledger"]] == [97_600, 94_600, 88_600, 76_600, 52_600, 4_600]
    assert found["words"][0].startswith("Five parachutes fit")
    assert (found["notes"], found["days"]) == ([], None)


def test_what_is_written_at_first():
    assert asked(*PLAIN, "--write", "1/64")["slots"] == 3
    assert asked(*PLAIN, "--write", "3 %")["slots"] == 6
    assert asked(*PLAIN, "--slots", "9")["slots"] == 9
    assert asked("--net-liq", "$100,000", "--credit", "1", "--buyback", "2.5", "--write", "1/32")["slots"] == 6
    assert asked("--net-liq", "16000", "--credit", "1", "--buyback", "2.5", "--fee", "1.10")["fits"] == 4


def test_edges_and_odds_of_ones_own():
    assert asked(*PLAIN, "--edge", "10 %")["worth_deploying"] == 4
    assert asked(*PLAIN, "--probability", "0.4,0.45,0.45,0.45,0.45,0.45")["ruin"] == pytest.approx(0.4 * 0.45**5)
    assert asked(*PLAIN, "--delta", "0.2")["ruin"] == pytest.approx(0.4**6)
    held = asked(*PLAIN, "--hold", "50 %")
    assert (held["outcomes"][-1]["pnl"], held["ruin"]) == (-95_400, 0.00625)
    assert {each["ending"] for each in asked(*PLAIN, "--gap", "0.01")["outcomes"]} == {"win", "gap", "ruin"}


def test_strikes_days_and_odds_of_a_touch():
    market = ("--spot", "5000", "--volatility", "15 %", "--days", "7")
    found = asked(*PLAIN, *market, "--strike-step", "5")
    strikes = [row["short_strike"] for row in found["ledger"]]
    assert strikes[0] < 5000
    assert all(after < before for before, after in itertools.pairwise(strikes))
    assert all(strike % 5 == 0 for strike in strikes[1:])
    assert 0 < found["days"] < 7, "rolls away keep their expiry"
    assert [row["days_left"] for row in found["ledger"]] == sorted(
        (row["days_left"] for row in found["ledger"]), reverse=True
    )
    assert asked(*PLAIN, *market, "--roll", "out")["ledger"][5]["days_left"] == 7
    touched = asked(*PLAIN, *market, "--touch")
    assert touched["edge"] is None
    assert all(0.4 < row["assailed"] < 0.6 for row in touched["ledger"][1:]), "about a fair coin"
    calls = asked(*PLAIN, *market, "--right", "call", "--strike", "5100")
    assert calls["ledger"][0]["short_strike"] == 5100 < calls["ledger"][1]["short_strike"]
    shown = " ".join(parachutes(*PLAIN, *market).stdout.split())
    assert "strike" in shown
    assert "days on average" in shown


def test_the_other_side_rides_free_until_one_side_is_rolled_out():
    same = ("--credit", "1,2.5,3", "--buyback", "2.5,3,3.5", "--parachutes", 2, "--multiple", 1, "--slots", 5)
    away = asked("--net-liq", 100_000, *same, "--other-side", 5)
    out = asked("--net-liq", 100_000, *same, "--other-side", 5, "--roll", "out")
    assert [row["margin"] for row in away["ledger"]] == [2_500, 2_500, 2_500]
    assert [row["margin"] for row in out["ledger"]] == [2_500, 5_000, 5_000]
    assert "no longer rides free" in out["notes"][0]


# On the account's own book -------------------------------------------------------------------------------------------------------


def test_other_positions_of_a_file_count_whole(file):
    found = asked(file(CALLS), *PLAIN, *DAY)
    assert [row["margin"] for row in found["ledger"]] == [2_500 + 3_000 * 2**level for level in range(6)]
    # options that are sold are worth -575, which net liq counts and excess liquidity doesn't
    assert found["ledger"][0]["excess"] == 100_000 + 575 + 600 - 5_500
    assert "--short" in found["notes"][0]
    assert found["ledger"][5]["excess"] == 2_675
    assert found["fits"] == 5


def test_the_free_side_of_a_file_carries_the_campaign(file):
    found = asked(file(CALLS), *PLAIN, *DAY, *FIRST_PUT, "--slots", 5)
    assert [row["margin"] for row in found["ledger"]] == [2_500, 5_000, 10_000, 20_000, 40_000, 80_000]
    assert "move 15 points" in found["notes"][0]


def test_a_position_that_is_held_already(file):
    path = file(PUTS + CALLS)
    found = asked(path, "--net-liq", 100_000, "--credit", 1.10, "--buyback", 2.50, *DAY, *FIRST_PUT, "--held")
    assert (found["slots"], found["ledger"][0]["margin"], found["ledger"][1]["margin"]) == (5, 2_500, 5_000)
    # Before it was sold: at a mark of 1.10, what it was sold for, net liq was the same.
    assert found["net_liq"] == 100_000
    assert found["ledger"][0]["excess"] == 100_000 + 1_125 - 2_500
    cheaper = asked(path, "--net-liq", 100_000, "--credit", 2.00, "--buyback", 2.50, *DAY, *FIRST_PUT, "--held")
    assert cheaper["net_liq"] == 100_000 - 1_000 + 550
    assert cheaper["ledger"][0]["excess"] == found["ledger"][0]["excess"], (
        "what is there doesn't depend on what was paid"
    )


def test_puts_of_a_condor_rolled_out_in_time_double_the_margin(file):
    same = ("--credit", "1.1,2.5", "--buyback", "2.5,3", "--parachutes", 1, "--multiple", 1)
    found = asked(file(PUTS + CALLS), "--net-liq", 100_000, *same, *DAY, *FIRST_PUT, "--held", "--roll", "out")
    assert [row["margin"] for row in found["ledger"]] == [2_500, 5_000]
    assert any("no longer rides free" in note for note in found["notes"])


def test_strikes_from_the_files_spot_and_the_days_to_expiry(file):
    found = asked(file(PUTS + CALLS), *PLAIN, *DAY, *FIRST_PUT, "--volatility", "20 %", "--strike-step", 5)
    assert found["ledger"][0]["short_strike"] == 3800
    assert found["ledger"][1]["distance"] % 5 == 0
    assert found["notes"] == []


# Refusals ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--credit", "1", "--buyback", "2.5"], "net liq isn't known"),
        (["--net-liq", "lots", "--credit", "1", "--buyback", "2.5"], "'lots' isn't a number"),
        (["--net-liq", "-5", "--credit", "1", "--buyback", "2.5", "--slots", "1"], "net liq is -5"),
        (["--net-liq", "100", "--credit", "1", "--buyback", "2.5"], "less than one slot"),
        ([*PLAIN, "--slots", "1.5"], "--slots is 1.5"),
        ([*PLAIN, "--write", "1/0"], "--write is 1/0"),
        ([*PLAIN, "--write", "2"], "--write is 2"),
        ([*PLAIN, "--width", "0"], "isn't above 0"),
        ([*PLAIN, "--parachutes", "-1"], "parachutes is -1"),
        ([*PLAIN, "--parachutes", "100"], "64 or less"),
        ([*PLAIN, "--multiple", "0.5"], "size multiple is 0.5"),
        ([*PLAIN, "--multiple", "1"], "assailed at once"),
        ([*PLAIN, "--cushion", "100 %"], "cushion to keep is 1"),
        ([*PLAIN, "--probability", "1.2"], "a probability is 0 to 1"),
        ([*PLAIN, "--probability", "0.5", "--edge", "0.1"], "leave one out"),
        ([*PLAIN, "--probability", "0.5", "--delta", "0.1"], "give one of them"),
        ([*PLAIN, "--campaigns", "0"], "campaigns is 0"),
        ([*PLAIN, "--touch"], "--touch needs the volatility"),
        ([*PLAIN, "--volatility", "0.2"], "strikes need --spot"),
        ([*PLAIN, "--volatility", "0.2", "--spot", "5000", "--days", "0"], "--days is 0"),
        ([*PLAIN, "--right", "stock"], "write call or put"),
        ([*PLAIN, *FIRST_PUT], "without a FILE"),
        ([*PLAIN[:4], "--credit", "3", "--buyback", "2.5"], "at or above the buy-back"),
        ([*PLAIN[:4], "--credit", "1", "--buyback", "5.5"], "more than the width"),
        ([*PLAIN[:4], "--credit", "1,2", "--buyback", "2.5"], "2 credits are given"),
        ([*PLAIN[:4], "--credit", "1,,2", "--buyback", "2.5"], "--credit holds a blank"),
        (["no.csv", *PLAIN], "no file"),
        ([SEED, *PLAIN, *DAY, "--other-side", "5"], "--other-side"),
        ([SEED, *PLAIN, *DAY, *FIRST_PUT, "--held", "--slots", "5"], "--slots is given beside --held"),
        ([SEED, "--credit", "1", "--buyback", "2", *DAY], "doesn't state the net liq"),
        ([SEED, *PLAIN, *DAY, "--short", "SPX stock"], "isn't an option"),
        ([SEED, *PLAIN, *DAY, "--short", "hello"], "isn't a leg"),
        ([SEED, *PLAIN, *DAY, *FIRST_PUT, "--multiplier", "50"], "multiplier of 100"),
        ([SEED, *PLAIN, *DAY, "--short", "SPX 2022-12-23 3700 put", "--held"], "holds no spread"),
        ([SEED, *PLAIN, *DAY, "--account", "U1"], "no account U1"),
        ([SEED, *PLAIN, "--as-of", "2023-06-01"], "expired"),
        ([SEED, *PLAIN, *DAY, "--book", "nobody"], "nobody"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_two(arguments, says):
    done = parachutes(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("optmargin: ")
    assert len(done.stderr.splitlines()) == 1
    assert says in done.stderr


def test_what_does_not_fit_is_marked():
    done = parachutes(*PLAIN, "--parachutes", 6, "--net-liq", 123_456_789)
    assert done.exit_code == 0
    assert "NO" in done.stdout
    assert "…" not in done.stdout, "a figure that is cut off is a wrong one"
    accumulated = parachutes(*PLAIN, "--reading", "accumulate").stdout
    assert "Four parachutes fit" in accumulated
    assert "older sets" in accumulated


def test_help_names_the_command():
    assert "parachutes" in CliRunner().invoke(main, ["--help"]).stdout
    assert "--buyback" in parachutes("--help").stdout
