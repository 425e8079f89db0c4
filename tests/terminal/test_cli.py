"""The command line as people meet it: help, errors as one sentence, exit codes, incomplete files, folders."""

import json
from pathlib import Path

import pytest

from terminal_door import optmargin

HEADER = "account,underlying,right,strike,expiry,quantity,price,spot\n"
GOOD = HEADER + "A,SPX,put,3800,2022-12-23,-5,22.5,3900\nA,SPX,put,3795,2022-12-23,5,21.4,3900\n"


@pytest.fixture
def file(tmp_path):
    def write(text, name="positions.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_help_names_every_command():
    done = optmargin("--help")
    assert done.returncode == 0
    for command in ("margin", "report", "batch", "eval", "template"):
        assert command in done.stdout


def accounts(path, *more):
    done = optmargin("margin", path, "--json", "--as-of", "2022-12-19", *more)
    return done.returncode, json.loads(done.stdout)


def test_a_row_that_cannot_be_read_blocks_its_group_and_the_total(file):
    path = file(GOOD + "A,SPX,call,4000,30-Feb-2023,-5,9,3900\nA,SPY,put,400,2023-01-20,-1,5,395\n")
    code, found = accounts(path)
    assert code == 1
    (account,) = found["accounts"]
    assert (found["complete"], account["complete"], account["initial"], account["deposit"]) == (
        False,
        False,
        None,
        None,
    )
    by_name = {group["underlying"]: group for group in account["groups"]}
    assert by_name["SPX"]["requirement"] is None
    assert by_name["SPY"]["requirement"] == 100 * (5 + 0.2 * 395)  # in the money: IBKR charges SPY 20 %
    (finding,) = [each for each in found["findings"] if each["severity"] == "incomplete"]
    assert (finding["line"], finding["underlying"]) == (4, "SPX")
    assert "30-Feb-2023" in finding["problem"]
    assert "YYYY-MM-DD" in finding["remedy"]
    text = optmargin("margin", path, "--as-of", "2022-12-19")
    assert text.returncode == 1
    assert "INCOMPLETE" in text.stdout


def test_an_unreadable_expiry_group_leaves_the_others_of_the_underlying(file):
    path = file(GOOD + "A,SPX,call,forty,2022-12-30,-5,9,3900\n")
    code, found = accounts(path)
    groups = {group["expiry"]: group["requirement"] for group in found["accounts"][0]["groups"]}
    assert (code, groups) == (1, {"2022-12-23": 2500.0, "2022-12-30": None})


def test_a_longer_book_never_hides_a_shorter_ones_error(file):
    bad = "A,SPX,put,3700,2022-12-23,x,1,3900\n"
    for rows in (bad, GOOD[len(HEADER) :] + bad, bad + GOOD[len(HEADER) :] * 40):
        code, found = accounts(file(HEADER + rows))
        assert code == 1
        assert found["accounts"][0]["initial"] is None


def test_expired_and_future_legs_have_no_requirement(file):
    code, found = accounts(file(HEADER + "A,SPX,put,3800,2022-12-16,-1,1,3900\n"))
    assert code == 1
    assert "expired on 2022-12-16" in found["findings"][0]["problem"]
    code, found = accounts(file(HEADER + "A,ES,put,3800,2022-12-30,-1,1,3900\n"))
    assert code == 1
    assert "SPAN" in found["findings"][0]["problem"]


def test_an_uncovered_option_without_a_spot_says_what_would_help(file):
    path = file("underlying,right,strike,expiry,quantity,price\nSPX,put,3800,2022-12-23,-1,22.5\n")
    code, found = accounts(path)
    assert (code, found["accounts"][0]["initial"]) == (1, None)
    assert "--spot SPX=PRICE" in found["findings"][0]["remedy"]
    code, found = accounts(path, "--spot", "SPX=3900")
    assert (code, found["accounts"][0]["initial"]) == (0, 100 * (22.5 + 0.15 * 3900 - 100))


def test_a_covered_spread_without_a_spot_has_its_maximum_loss_and_says_what_was_not_tested(file):
    path = file("underlying,right,strike,expiry,quantity\nSPX,put,3800,2022-12-23,-5\nSPX,put,3795,2022-12-23,5\n")
    code, found = accounts(path)
    account = found["accounts"][0]
    assert (code, account["initial"], account["deposit"], account["long_cost"]) == (0, 2500.0, None, None)
    assert any("was not tested" in each["problem"] for each in found["findings"])


def test_accounts_that_may_not_hold_it(file):
    naked = file(HEADER + "A,AAPL,call,150,2022-12-23,-1,2,140\n")
    for kind, name in (("cash", "a cash account"), ("ira", "an IRA")):
        code, found = accounts(naked, "--account-type", kind)
        assert (code, found["accounts"][0]["initial"]) == (1, None)
        assert f"{name} may not hold it uncovered" in found["findings"][0]["problem"]
    # IBKR: cash and IRA accounts write puts against cash to the amount of the strike (us.placetrade.com)
    put = file(HEADER + "A,AAPL,put,130,2022-12-23,-2,1.5,140\n")
    assert accounts(put, "--account-type", "cash")[1]["accounts"][0]["initial"] == 26000.0
    short = file("underlying,right,quantity,price\nAAPL,stock,-100,140\n")
    assert accounts(short, "--account-type", "ira")[0] == 1


def test_the_day_must_be_one_that_the_book_answers_for(file):
    done = optmargin("margin", file(GOOD), "--as-of", "2001-01-01")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "2012-10-26" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("margin", "nowhere.csv"), "nowhere.csv"),
        (("margin", "{file}", "--book", "ibrk"), "ibkr"),
        (("margin", "{file}", "--as-of", "tomorrow"), "tomorrow"),
        (("margin", "{file}", "--spot", "4100"), "SPX=4100"),
        (("margin", "{file}", "--spot", "SPX=-3"), "-3"),
        (("margin", "{file}", "--net-liq", "lots"), "lots"),
        (("margin", "{file}", "--net-liq", "B=1000"), "account B"),
        (("margin", "{file}", "--slot-width", "0"), "slot-width"),
        (("report", "{file}", "-o", "/nowhere/at/all/r.xlsx"), "/nowhere/at/all"),
        (("report", "{file}", "-o", "{folder}/r.xlsx", "--template", "{file}"), "positions.csv"),
        (("report", "{file}", "-o", "{folder}/r.xlsx", "--account", "Z"), "Z"),
        (("batch", "{file}", "-o", "{folder}/out"), "isn't a folder"),
        (("eval", "=SLOTS("), "SLOTS"),
        (("eval", "=SLOTTS(1)"), "did you mean 'SLOTS'"),
    ],
)
def test_what_cannot_run_is_one_sentence_and_exit_code_2(file, tmp_path, arguments, says):
    path = file(GOOD)
    done = optmargin(*(word.format(file=path, folder=tmp_path) for word in arguments))
    assert done.returncode == 2, done.stdout + done.stderr
    assert says in done.stderr
    assert not list(tmp_path.glob("*.xlsx")), "an output appears whole or not at all"


def test_eval_prints_a_cell_or_says_why_not():
    done = optmargin("eval", '=NAKED_MARGIN("call", 17.40, 20, 0.65, 1, 100, "equity", "ibkr-2005")')
    assert (done.returncode, done.stdout.strip()) == (0, "315")
    done = optmargin("eval", '=NAKED_MARGIN("call", -1, 20, 0.65)')
    assert (done.returncode, done.stdout.strip()) == (1, "#NUM!")
    assert "spot is -1" in done.stderr
    done = optmargin("eval", "=SLOTS({1000;-1;#N/A})", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["value"] == [[2.0], [0.0], ["#N/A"]]
    assert json.loads(done.stdout)["errors"][0]["row"] == 3


def test_several_accounts_in_one_file_have_a_workbook_each(file, tmp_path):
    path = file(GOOD + GOOD[len(HEADER) :].replace("A,", "B/2,"))
    out = tmp_path / "out"
    out.mkdir()
    done = optmargin("report", path, "-o", out / "daily.xlsx", "--as-of", "2022-12-19")
    assert done.returncode == 0, done.stderr
    assert sorted(each.name for each in out.iterdir()) == ["daily-A.xlsx", "daily-B-2.xlsx"]
    done = optmargin("report", path, "-o", out / "one.xlsx", "--as-of", "2022-12-19", "--account", "A")
    assert done.returncode == 0
    assert (out / "one.xlsx").is_file()


def test_a_folder_goes_on_past_a_bad_file_and_says_so(tmp_path):
    from openpyxl import load_workbook

    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    (folder / "good.csv").write_text(GOOD, encoding="utf-8")
    (folder / "again.csv").write_text(GOOD, encoding="utf-8")
    (folder / ".hidden").write_text("x", encoding="utf-8")
    done = optmargin("batch", folder, "-o", out, "--as-of", "2022-12-19", "--net-liq", "A=10000")
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stderr.splitlines()] == ["1/2", "2/2"]
    (folder / "bad.txt").write_text("hello", encoding="utf-8")
    done = optmargin("batch", folder, "-o", out, "--as-of", "2022-12-19", "--net-liq", "A=10000")
    assert done.returncode == 1
    assert "bad.txt" in done.stdout
    assert sorted(each.name for each in out.iterdir()) == ["again-A.xlsx", "good-A.xlsx", "summary.xlsx"]
    texts = [
        str(cell.value) for sheet in load_workbook(out / "summary.xlsx") for row in sheet.iter_rows() for cell in row
    ]
    assert any("bad.txt" in text for text in texts)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert optmargin("batch", empty, "-o", out).returncode == 2


def test_the_template_is_written_where_asked(tmp_path):
    done = optmargin("template", tmp_path / "mine.xlsx")
    assert done.returncode == 0
    assert (tmp_path / "mine.xlsx").is_file()
    committed = Path(__file__).parents[2] / "workbooks" / "margin_report.xlsx"
    assert (tmp_path / "mine.xlsx").read_bytes() == committed.read_bytes()


def test_a_margin_account_below_the_least_equity_is_warned(file):
    # Reg T: $2,000 (Cboe Margin Manual; IBKR's table)
    for net_liq, warned in (("1999", True), ("2000", False)):
        found = accounts(file(GOOD), "--net-liq", f"A={net_liq}")[1]
        assert any("2,000.00" in each["problem"] for each in found["findings"]) is warned
