"""``optmargin whatif``: legs in a trader's words, what they change, and how the command answers and refuses."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from optmargin.core.contracts import Right
from optmargin.core.errors import MarginError
from optmargin.hosts.terminal.whatif import added_legs, leg_cells

SEED = Path(__file__).parents[1] / "doors" / "files" / "seed_positions.csv"
DAY = ("--as-of", "2022-12-19")


def whatif(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "optmargin.hosts.terminal.cli", "whatif", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "80"},
    )
    assert "Traceback" not in done.stderr + done.stdout
    return done


def asked(*arguments):
    done = whatif(SEED, *DAY, *arguments, "--json")
    return done.returncode, json.loads(done.stdout)


def leg(*texts):
    return [added_legs([text], "", {}, set())[1].row(0) for text in texts]


# Legs in words -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "-5 SPXW 2022-12-23 3980 call @18.20",
        "-5 spxw 20221223 3980 c @ $18.20",
        "  -5  SPXW  23-Dec-2022 3,980 calls  @18.2 ",
        "-5 SPXW  221223C03980000 @18.2",
        '-5 "SPXW  221223C03980000" @18.20',
        "-5 SPXW221223C03980000 @18.20",
        "\u22125 SPXW 2022-12-23 3980 call @18.20",
    ],
)
def test_an_option_in_words_or_by_its_symbol(text):
    (found,) = leg(text)
    assert (found.underlying, found.root, found.right, found.strike) == ("SPX", "SPXW", Right.CALL, 3980)
    assert (found.quantity, found.price, found.expiry.isoformat()) == (-5, 18.2, "2022-12-23")


def test_stock_and_what_has_no_price():
    stock, put, lots = leg("+100 SPY stock @400", "1 BRK B 2023-01-20 300 put", "-1,000 SPY shares")
    assert (stock.right, stock.quantity, stock.price, stock.multiplier) == (Right.STOCK, 100, 400, 1)
    assert (put.underlying, put.quantity, math.isnan(put.price)) == ("BRK B", 1, True)
    assert lots.quantity == -1000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "isn't a leg"),
        ("hello", "isn't a leg"),
        ("SPX 2022-12-23 3980 call", "isn't a leg"),
        ("-5 SPX 3980 call", "isn't a leg"),
        ("-5 SPX 2022-12-23 3980 call @", "isn't a leg"),
        ("-5 SPX 2022-12-23 3980 cal", "right 'cal' isn't a kind of leg"),
        ("-5 SPX 30-Feb-2022 3980 call", "expiry '30-Feb-2022' is not a date"),
        ("-5 SPX 2022-12-23 call 3980", "right '3980' isn't a kind of leg"),
        ("-5 SPX 2022-12-23 3980 call @cheap", "price 'cheap' isn't a number"),
        ("-5 SPX 2022-12-23 3980 call @-1", "price -1 is below zero"),
        ("-2.5 SPX 2022-12-23 3980 call", "fraction of a contract"),
        ("0 SPX 2022-12-23 3980 call", "the quantity is 0"),
    ],
)
def test_words_that_name_no_leg_are_refused_as_a_row_of_a_file_is(text, says):
    with pytest.raises(MarginError) as caught:
        added_legs([text], "", {}, set())
    assert str(caught.value).startswith(f"--add '{text}'")
    assert says in str(caught.value)


def test_cells_hold_what_was_said():
    assert leg_cells("-5 SPX 2022-12-23 3980 call @1")["strike"] == "3980"


# The command -------------------------------------------------------------------------------------------------------------------


def test_call_spreads_ride_free_in_the_week_of_the_puts():  # Trader's seven points on margin, number 5
    code, found = asked("--add", "-5 SPXW 2022-12-23 3980 call @9", "--add", "5 SPXW 2022-12-23 3985 call @8")
    assert (code, found["complete"]) == (0, True)
    assert found["figures"]["requirement"] == {"before": 5000.0, "after": 5000.0, "change": 0.0}
    assert (found["groups"], found["paid"], found["stress"]) == ([], -500.0, [])
    assert found["figures"]["net_liq"] == {"before": None, "after": None, "change": None}
    assert [each["name"] for each in found["added"]] == ["SPX 2022-12-23 3980 call", "SPX 2022-12-23 3985 call"]


def test_net_liq_tells_what_is_left_and_closing_frees_it():
    code, found = asked(
        "--net-liq", 100000, "--add", "+5 SPX 2022-12-23 3800 put", "--add", "-5 SPX 2022-12-23 3795 put"
    )
    figures = found["figures"]
    assert code == 0
    assert figures["requirement"]["change"] == -2500
    assert figures["net_liq"]["change"] == 0
    assert figures["available_funds"] == {"before": 96125.0, "after": 98075.0, "change": 1950.0}
    assert [(each["expiry"], each["change"]) for each in found["groups"]] == [("2022-12-23", -2500.0)]


def test_the_grid_before_and_after():
    code, found = asked("--net-liq", 100000, "--spot", "SPX=3900", "--stress", "--add", "-1 SPX 2022-12-23 3700 put @8")
    assert code == 0
    assert [point["move"] for point in found["stress"]] == [-0.2, -0.15, -0.1, -0.05, 0.0, 0.05, 0.1, 0.15, 0.2]
    # 20 % down: mark 8 + 580, so (588 + 15 % x 3,120) x 100 beside the spreads' 5,000; net liq loses 2,500 and 58,000.
    first = found["stress"][0]
    assert (first["requirement"], first["net_liq"], first["excess_liquidity"]) == (110_600.0, 39_500.0, -8_675.0)
    assert found["stress_before"][4]["cushion"] == 0.96125
    assert "intrinsic value" in found["stress_assumption"]
    alone = asked("--spot", "SPX=3900", "--stress")[1]
    assert (len(alone["stress"]), alone["stress_before"], alone["added"]) == (9, [], [])


def test_a_stress_that_cannot_be_worked_out_leaves_the_rest():
    code, found = asked("--stress", "--add", "-1 SPX 2022-12-30 3700 put", "--add", "1 SPX 2022-12-30 3695 put")
    assert (code, found["complete"], found["stress"]) == (1, True, [])
    assert found["figures"]["requirement"]["after"] == 5000
    (finding,) = [each for each in found["findings"] if each["severity"] == "warning"]
    assert "the spot is missing" in finding["problem"]
    assert "--spot SPX=PRICE" in finding["remedy"]


def test_what_is_missing_makes_the_answer_incomplete():
    code, found = asked("--add", "-1 AAPL 2023-01-20 130 put @2", "--net-liq", 100000)
    assert (code, found["complete"], found["figures"]["requirement"]["after"]) == (1, False, None)
    assert found["figures"]["requirement"]["before"] == 5000
    code, found = asked("--add", "-1 AAPL 2023-01-20 130 put @2", "--spot", "AAPL=140")
    assert (code, found["figures"]["requirement"]["change"]) == (0, 100 * (2 + 0.2 * 140 - 10))
    assert not any("spot AAPL" in each["problem"] for each in found["findings"])


def test_tables_fit_eighty_columns():
    done = whatif(
        SEED, *DAY, "--net-liq", 1_000_000, "--spot", "SPX=3900", "--stress", "--add", "-9 SPX 2022-12-23 3700 put @8"
    )
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    for words in ("before", "after", "change", "available funds", "cushion before", "groups that change", "-20 %"):
        assert words in done.stdout
    assert "…" not in done.stdout
    assert "intrinsic value at the moved price" in done.stdout
    quiet = whatif(SEED, *DAY, "--add", "-5 SPXW 2022-12-23 3980 call @9", "--add", "5 SPXW 2022-12-23 3985 call @8")
    assert "No group's requirement changes." in quiet.stdout
    assert "receives 500.00" in quiet.stdout


def test_an_account_of_a_file_and_one_before_its_first_position(tmp_path):
    header = "account,underlying,right,strike,expiry,quantity,price\n"
    path = tmp_path / "two.csv"
    path.write_text(header + "A,SPY,stock,,,100,400\nB,SPY,stock,,,200,400\n", encoding="utf-8")
    done = whatif(path, *DAY, "--add", "100 SPY stock")
    assert (done.returncode, "--account: A, B" in done.stderr) == (2, True)
    done = whatif(path, *DAY, "--add", "100 SPY stock", "--account", "B", "--json")
    assert json.loads(done.stdout)["figures"]["maintenance"]["change"] == 10_000
    path.write_text(header, encoding="utf-8")
    done = whatif(path, *DAY, "--net-liq", 5000, "--add", "10 SPY stock @400", "--json")
    assert json.loads(done.stdout)["figures"]["available_funds"] == {
        "before": 5000.0,
        "after": 4000.0,
        "change": -1000.0,
    }


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((SEED,), "--add or --stress"),
        ((SEED, "--add", "hello"), "isn't a leg"),
        (("nowhere.csv", "--stress"), "nowhere.csv"),
        ((SEED, "--stress", "--account", "Z"), "no account Z"),
        ((SEED, "--stress", "--book", "ibrk"), "ibkr"),
    ],
)
def test_what_cannot_run_is_one_sentence_and_exit_code_2(arguments, says):
    done = whatif(*arguments, *DAY)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
