"""The method at the terminal: segments and their level, files and tables of SPAN, a slice of one, and two books compared."""

import json
from importlib import resources
from pathlib import Path

import pytest

from optmargin.risk.span.files.synthetic import synthetic
from optmargin.risk.span.files.write import write_pa2, write_spn
from risk.span.market import FUTURE, Made, commodity, parameters
from terminal_door import optmargin

EXAMPLES = Path(__file__).parents[2] / "workbooks" / "examples"
HEADER = "account,underlying,right,strike,expiry,quantity,price,spot\n"
SPREAD = "A,SPX,put,6300,2025-10-17,-5,30,6590\nA,SPX,put,6295,2025-10-17,5,29.2,6590\n"
ES = "A,ES,future,,2025-12-19,1,6600,\n"
LONG = 20936.0  # CME, E-mini S&P 500 maintenance margin of one long future, 12 September 2025
AS_OF = ("--as-of", "2025-09-12")
# CME's row of the ES future of March 2019 in the parameter file of 2 January 2019: 6,000 either way.
ES_2019 = [0, 0, -2000, -2000, 2000, 2000, -4000, -4000, 4000, 4000, -6000, -6000, 6000, 6000, -5940, 5940]


@pytest.fixture
def file(tmp_path):
    def write(text, name="positions.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def es_file(tmp_path):
    made = Made(
        FUTURE, 201903, [float(loss) for loss in ES_2019], price=2511.0, value_factor=50.0, scaling=0.2, scan=6000.0
    )
    path = tmp_path / "es.pa2"
    write_pa2(parameters(commodity("ES", [made])), path)
    return path


def account(path, *more, code=0, **given):
    done = optmargin("margin", path, "--json", *more, **given)
    assert done.returncode == code, done.stderr
    (found,) = json.loads(done.stdout)["accounts"]
    return found


def test_futures_by_span_and_securities_by_the_book_are_what_a_person_gets_unasked(file):
    found = account(file(HEADER + ES + SPREAD), *AS_OF, "--net-liq", "60000", "--commodity-cash", "A=30000")
    assert (found["complete"], found["maintenance"], found["method"]) == (True, 2500 + LONG, "auto")
    securities, futures = found["segments"]
    assert (securities["segment"], securities["maintenance"]) == ("securities", 2500.0)
    assert (futures["segment"], futures["level"], futures["maintenance"]) == ("futures", "calibrated", LONG)
    assert futures["excess_liquidity"] == 30000 - LONG
    assert [group["segment"] for group in found["groups"]] == ["securities", "futures"]
    assert sum(line["maintenance"] for line in found["groups"][1]["lines"]) == pytest.approx(LONG)
    (product,) = found["span"]
    assert (product["code"], len(product["losses"])) == ("ES", 16)
    assert [row["method"] for row in found["methods"]] == ["strategy", "portfolio"]


def test_a_segment_that_lacks_money_is_said_before_the_figures(file):
    done = optmargin("margin", file(HEADER + ES + SPREAD), *AS_OF, "--net-liq", "60000", "--commodity-cash", "20000")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert "futures segment lacks 936.00 of its maintenance requirement" in lines[1]
    assert "futures segment: LACKS 936.00" in done.stdout
    assert "SPAN, calibrated" in done.stdout
    assert "SPAN 2" in done.stdout
    headline = optmargin(
        "report", file(HEADER + ES), *AS_OF, "--net-liq", "60000", "--commodity-cash", "20000", "-o", file("", "x.xlsx")
    )
    assert "LACKS 936.00" in headline.stdout


def test_the_other_methods(file):
    path = file(HEADER + ES + SPREAD)
    strategy = account(path, *AS_OF, "--method", "strategy", code=1)
    assert (strategy["complete"], strategy["initial"]) == (False, None)
    assert account(path, *AS_OF, "--method", "span", code=1)["segments"][1]["maintenance"] == LONG
    portfolio = account(path, *AS_OF, "--method", "portfolio")
    assert portfolio["methods"][1]["counts"] is True
    assert portfolio["maintenance"] == pytest.approx(portfolio["methods"][1]["initial"] + LONG)
    assert account(file(HEADER + ES), *AS_OF, "--method", "span")["maintenance"] == LONG


def test_a_parameter_file_is_exact_by_option_and_by_settings(file, es_file, tmp_path):
    path = file(HEADER + "A,ES,future,,2019-03-15,-2,2511,\n")
    day = ("--as-of", "2019-01-02")
    for more, given in (
        (("--span-file", es_file, "--span-product", "ES"), {}),
        ((), {"settings": tmp_path / "settings.toml"}),
    ):
        (tmp_path / "settings.toml").write_text('span_file = "es.pa2"\n', encoding="utf-8")
        found = account(path, *day, *more, **given)
        assert found["maintenance"] == 12_000
        assert found["segments"][0]["level"] == "exact"
    missing = account(file(HEADER + ES), *day, "--span-file", es_file, code=1)
    assert missing["maintenance"] is None
    calibrated = account(file(HEADER + ES), *AS_OF, "--span-file", es_file, "--span-level", "calibrated")
    assert calibrated["maintenance"] == LONG


def test_a_root_that_the_file_calls_otherwise(file, tmp_path):
    made = Made(FUTURE, 201903, [float(loss) for loss in ES_2019], price=2511.0, scan=6000.0)
    write_spn(parameters(commodity("EZ", [made])), tmp_path / "other.spn")
    path = file(HEADER + "A,ES,future,,2019-03-15,1,2511,\n")
    given = ("--as-of", "2019-01-02", "--span-file", tmp_path / "other.spn")
    assert "alias" in optmargin("margin", path, *given).stdout
    assert account(path, *given, "--span-alias", "ES=EZ")["maintenance"] == 6_000


def test_a_table_of_one_s_own(file):
    text = resources.files("optmargin.risk.span").joinpath("margins.toml").read_text(encoding="utf-8")
    table = file(text.replace("long_margin = 20936", "long_margin = 10000"), "mine.toml")
    assert account(file(HEADER + ES), *AS_OF, "--span-table", table)["maintenance"] == 10_000


def test_a_broker_s_session(file):
    found = account(file(HEADER + ES), *AS_OF, "--broker", "ibkr", "--session", "intraday")
    assert found["maintenance"] == pytest.approx(0.7 * LONG)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--method", "guess"), "guess"),
        (("--broker", "ikbr"), "did you mean 'ibkr'"),
        (("--session", "noon"), "no session 'noon'"),
        (("--span-file", "nowhere.spn"), "nowhere.spn"),
        (("--span-table", "nowhere.toml"), "nowhere.toml"),
        (("--span-alias", "ES"), "doesn't say which code"),
        (("--commodity-cash", "lots"), "lots"),
        (("--commodity-cash", "B=5"), "account B"),
    ],
)
def test_options_that_are_not_understood_are_one_sentence(file, more, says):
    done = optmargin("margin", file(HEADER + ES), *AS_OF, *more)
    assert done.returncode == 2
    assert says in done.stderr


def test_a_private_slice_margins_as_the_whole_file(tmp_path, file):
    whole, slice_ = tmp_path / "whole.pa2", tmp_path / "slice.pa2"
    write_pa2(synthetic(1), whole)
    done = optmargin("span", "cut", whole, "-o", slice_, "--product", "QX1")
    assert done.returncode == 0, done.stderr
    assert "QX1" in done.stdout
    assert "keep it to yourself" in done.stdout
    assert slice_.stat().st_size < whole.stat().st_size
    rows = "account,underlying,right,expiry,quantity,price,multiplier,asset class\nA,QX1,future,2030-03-15,-1,5000,50,future\n"
    path = file(rows)
    day = ("--as-of", "2030-01-15")
    both = [account(path, *day, "--span-file", name)["maintenance"] for name in (whole, slice_)]
    assert both[0] == both[1] > 0
    assert optmargin("span", "cut", whole, "-o", slice_, "--product", "QX1").returncode == 2  # it is there already
    assert "QX9" in optmargin("span", "cut", whole, "-o", tmp_path / "no.pa2", "--product", "QX9").stderr


# The seed's question --------------------------------------------------------------------------------------------------------

PUTS, CALLS = EXAMPLES / "es_put_spreads.csv", EXAMPLES / "es_call_spreads.csv"


def test_put_spreads_of_one_expiry_against_call_spreads_of_another():
    done = optmargin("compare", PUTS, CALLS, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    rows = {(row["rules"], row["figure"]): row for row in found["rows"]}
    strategy = rows["strategy on SPX", "requirement"]
    # Trader's seven points on margin, number 5
    assert [strategy[name] for name in ("held", "added", "together", "new_burden")] == [2500, 2500, 5000, 2500]
    span = rows["SPAN on ES", "maintenance"]
    assert span["new_burden"] == pytest.approx(span["together"] - span["held"])
    assert span["new_burden"] < 0.1 * span["added"]
    assert "another day may say otherwise" in found["in_words"]
    text = optmargin("compare", PUTS, CALLS).stdout
    assert "new" in text
    assert "SPAN 2" in text


def test_the_same_question_in_words():
    added = ("--add", "-5 ES 2025-09-29 6720 call @20.40", "--add", "+5 ES 2025-09-29 6725 call @19.20")
    by_words, by_file = (json.loads(optmargin("compare", PUTS, *more, "--json").stdout) for more in (added, (CALLS,)))
    assert by_words["rows"] == by_file["rows"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((PUTS,), "nothing is added"),
        ((PUTS, "nowhere.csv"), "nowhere.csv"),
        ((PUTS, CALLS, "--stress", "0"), "--stress is 0"),
        ((PUTS, CALLS, "--spot", "6600"), "--spot '6600'"),
        ((PUTS, CALLS, "--account", "B"), "no account B"),
        ((PUTS, "--add", "five spreads"), "isn't a leg"),
    ],
)
def test_a_question_that_cannot_be_answered_is_one_sentence(arguments, says):
    done = optmargin("compare", *arguments)
    assert done.returncode == 2
    assert says in done.stderr
