"""MARGIN_WHY, MARGIN_HELP and MARGIN_BOOK: the working or the reason in words, for every function."""

import datetime as dt

import pytest

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions import settings
from optmargin.functions.about import LONGEST_TEXT
from optmargin.functions.all import functions
from optmargin.functions.call import call
from optmargin.functions.declare import argument_help
from optmargin.hosts.terminal.formula import evaluate

VPHM = ["call", 17.40, 20, 0.65, 1, 100, "equity", "ibkr-2005"]


def why(*arguments):
    return call("MARGIN_WHY", list(arguments)).first


@pytest.fixture
def own_settings():
    yield settings.use
    settings.use(settings.Settings())


def test_the_working_of_the_thread_of_2005():
    # posts 2 and 8: premium 0.65 + max(20 % of 17.40 less 2.60, 10 % of 17.40, 2.50) = 3.15; own money 2.50
    assert why("NAKED_MARGIN", *VPHM) == "(0.65 + max(0.88, 1.74, 2.50: floor)) x 100 = 315.00 [ibkr-2005]"
    assert why("NAKED_DEPOSIT", *VPHM).startswith(
        "(0.65 + max(0.88, 1.74, 2.50: floor) - 0.65 proceeds) x 100 = 250.00"
    )


def test_the_working_of_the_manuals_straddle():
    # Cboe, Margin Manual, p. 46: put 7.20 + 15 % of 433.35 = 72.2025, and the call's 5.50
    said = why("STRANGLE_MARGIN", 433.35, 435, 7.2, 435, 5.5, 1, 100, "broad_index", "cboe")
    assert "put, the greater side: 7.20 + max(65.0025: rate, 43.50) + 5.5 premium of the other" in said
    assert said.endswith("= 7,770.25 [cboe]")


def test_an_error_is_explained_by_what_was_seen_and_what_would_help():
    assert why("NAKED_MARGIN", "call", -1, 20, 0.65) == "#NUM!: spot is -1; it must be greater than 0"
    assert why("SLOTS", "abc") == "#VALUE!: net_liq 'abc' isn't a number; write it like 1234.5"
    assert why("BOOK_MARGIN", [["underlying"], ["SPX"]]).startswith("#VALUE!: ")
    assert (
        why("SPREAD_MARGIN", "put", 3800, 3795, 5, 100, "#N/A")
        == "#N/A: short_expiry is the error #N/A; mend that cell"
    )


def test_a_column_is_explained_row_by_row():
    answer = call("MARGIN_WHY", ["NAKED_MARGIN", "call", [[17.40], [-1], ["?"]], *VPHM[2:]])
    assert [row[0][:7] for row in answer.rows] == ["(0.65 +", "#NUM!: ", "#VALUE!"]


def test_a_book_is_explained_line_by_line_up_to_its_total():
    legs = [["underlying", "right", "strike", "expiry", "quantity", "price", "spot"],
            ["VPHM", "call", 20, "2005-12-16", -1, 0.65, 17.4]]  # fmt: skip
    answer = call("MARGIN_WHY", ["BOOK_MARGIN", legs, "ibkr-2005"])
    assert answer.rows[0] == ["BOOK_MARGIN = 315.00, the sum of:"]
    assert any("(0.65 + max(0.88, 1.74, 2.50: floor)) x 100 = 315.00" in row[0] for row in answer.rows[1:])


@pytest.mark.parametrize("name", sorted(functions()))
def test_every_function_can_be_asked_why(name):
    formula = functions()[name].example.formula.removeprefix(f"={name}(")
    answer = evaluate(f'=MARGIN_WHY("{name}"{"," if formula != ")" else ""}{formula}')
    texts = [cell for row in answer.rows for cell in row]
    assert all(isinstance(text, str) and 0 < len(text) <= LONGEST_TEXT for text in texts)
    assert not any(text.startswith("#") for text in texts)


def test_why_of_an_unknown_function_or_too_many_arguments():
    assert "did you mean 'SLOTS'" in str(why("SLOT"))
    assert "takes 3 arguments" in str(why("SLOTS", 1, 2, 3, 4))


@pytest.mark.parametrize("name", sorted(functions()))
def test_the_help_of_every_function_names_its_arguments_and_units(name):
    rows = call("MARGIN_HELP", [name]).rows
    assert rows[0] == [name, functions()[name].about]
    assert [row[0] for row in rows[2:-4]] == [argument.name for argument in functions()[name].arguments]
    assert all(len(cell) <= LONGEST_TEXT for row in rows for cell in row)


def test_the_help_of_an_argument_says_unit_and_default():
    width = functions()["SLOTS"].arguments[1]
    assert argument_help(width) == "Width of a slot between its strikes (USD per share). Blank is 5."
    assert len(call("MARGIN_HELP", []).rows) == len(functions())


def test_the_books_and_their_days():
    header, *rows = call("MARGIN_BOOK", []).rows
    assert header == ["book", "title", "convention", "first_day", "latest_terms", "default"]
    found = {row[0]: row for row in rows}
    assert found["ibkr"][5] == "yes"
    assert found["cboe"][4] == dt.date(2012, 8, 29)  # SR-CBOE-2012-043, approved 77 FR 54626
    before = {row[0]: row for row in call("MARGIN_BOOK", ["2005-11-21"]).rows[1:]}
    assert isinstance(before["ibkr"][4], MarginError)
    assert before["ibkr-2005"][4] == dt.date(2005, 11, 20)


def test_the_settings_are_what_a_blank_book_means(own_settings, tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text('book = "ibkr-2005"\nas_of = 2005-11-21\ndecimal_comma = true\n', encoding="utf-8")
    own_settings(settings.read_settings(path))
    assert call("NAKED_MARGIN", ["call", "17,400", 20, 0.65]).first == 315.0
    assert call("NAKED_MARGIN", ["call", 17.4, 20, 0.65, 1, 100, "equity", "cboe"]).first == 239.0
    assert {row[0]: row[5] for row in call("MARGIN_BOOK", []).rows}["ibkr-2005"] == "yes, as of 2005-11-21"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('book = "ibrk"', "ibkr"),
        ("book = 5", 'book = "ibkr"'),
        ('bok = "ibkr"', "did you mean 'book'"),
        ('as_of = "yesterday"', "as_of = 2026-11-20"),
        ("as_of = 1990-01-01", "1990-01-01"),
        ("decimal_comma = 1", "true or false"),
        ("book = ", "can't be read"),
        ("\x00", "can't be read"),
    ],
)
def test_settings_that_can_not_be_are_refused_with_the_files_name(text, says, tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MarginError) as refused:
        settings.read_settings(path)
    assert says in str(refused.value)
    assert "settings.toml" in str(refused.value)


def test_without_a_settings_file_nothing_changes(tmp_path):
    assert settings.read_settings(tmp_path / "none.toml") == settings.Settings()
    assert settings.settings_path({}, tmp_path) == tmp_path / ".optmargin" / "settings.toml"
    assert settings.settings_path({settings.VARIABLE: "there.toml"}, tmp_path).name == "there.toml"


def test_not_permitted_is_told_apart_from_unknown():
    error = call("NAKED_MARGIN", ["call", 17.4, 20, 0.65, 1, 100, "equity", "alpaca"]).first
    assert (error.code, "permits no uncovered" in str(error)) == (ErrorCode.NUM, True)


def test_the_working_of_a_spread_says_which_bound():
    # five $5 put spreads: seven points, number 5; the wide one: short 95 put at 1, stock at 100: 1 + max(15, 9.5) = 16
    assert why("SPREAD_MARGIN", "put", 3800, 3795, 5).endswith("5 x 500 = 2,500.00 [ibkr]")
    assert "the worst settlement loss, 5" in why("SPREAD_MARGIN", "put", 3800, 3795, 5)
    said = why("SPREAD_MARGIN", "put", 95, 5, 1, 100, None, None, 100, 1)
    assert "uncovered, 1.00 + max(15.00: rate, 9.50), which is less than the worst settlement loss, 90" in said
    assert said.endswith("16 x 100 = 1,600.00 [ibkr]")


def test_a_floor_without_the_premium_is_written_so():
    # tastytrade's floor of 2.50 holds without the premium: max(0.05 - 36, 0.05 + 2, 2.50) - 0.05 = 2.45
    said = why("NAKED_MARGIN", "call", 20, 60, 0.05, 1, 100, "equity", "tastytrade")
    assert said == "(max(0.05 + -36.00, 0.05 + 2.00, 2.50: floor) - 0.05 proceeds) x 100 = 245.00 [tastytrade]"


def test_the_working_of_a_covered_call_at_its_floor():
    # in the money 50 + 25 % of 50 = 62.50, and no less than the call's value, 80
    said = why("COVERED_MARGIN", "call", 100, 50, 80, 1, 100, None, "maintenance")
    assert "maintenance 80: the call's value, 80, or the stock's margin, 25" in said


def test_help_states_the_default_that_the_settings_make(own_settings):
    own_settings(settings.Settings(book="cboe"))
    rows = {row[0]: row[1] for row in call("MARGIN_HELP", ["NAKED_MARGIN"]).rows}
    assert rows["book"].endswith("Blank is cboe.")


def test_a_named_settings_file_must_be_there(monkeypatch, tmp_path):
    monkeypatch.setenv(settings.VARIABLE, str(tmp_path / "mistyped.toml"))
    with pytest.raises(MarginError, match=r"mistyped\.toml can't be read"):
        settings.read_settings()
