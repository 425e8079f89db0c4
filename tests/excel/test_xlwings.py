"""xlwings' own conversion and ``call_udf``, driven with stand-ins for pywin32: what Excel sends, and what it gets back."""

import datetime as dt
import importlib
import inspect
from decimal import Decimal

import pytest

from excel.pywin32_stand_ins import MISSING, PINNED, ErrorCell, Sheet, activate, error_code, sent_by_pywin32
from excel_doors import UDFS, ask_xlwings, server
from optmargin import __version__
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions.all import functions
from optmargin.functions.call import call
from optmargin.functions.declare import argument_help
from optmargin.functions.settings import VARIABLE, Settings, use
from optmargin.hosts.excel import cells
from optmargin.hosts.excel.cells import read, shown

# Options forum thread "Does anyone really understand margin?", 20-21 Nov 2005: 315 is required, 250 of it own money.
THREAD = ["call", 17.40, 20, 0.65, 1, 100, "equity", "ibkr-2005"]
# Trader's seven points on margin, number 5: five $5 put spreads of one week require 2,500.
LEGS = [
    ["underlying", "right", "strike", "expiry", "quantity"],
    ["SPX", "put", 3800.0, dt.date(2022, 12, 23), -5.0],
    ["SPX", "put", 3795.0, dt.date(2022, 12, 23), 5.0],
]


def udfs():
    server()
    return importlib.import_module(UDFS)


def asked(name, *arguments):
    """What CallUDF itself gives for arguments as COM sends them."""
    return sent_by_pywin32(server().CallUDF(UDFS, name, arguments, None, None))


def test_the_stand_ins_are_for_the_installed_xlwings():
    assert activate().__version__ == PINNED


def test_another_version_of_xlwings_is_told_from_this_one(monkeypatch):
    import xlwings

    monkeypatch.setattr(xlwings, "__version__", "0.99.0")
    with pytest.raises(RuntimeError, match=f"written for xlwings {PINNED}, and 0.99.0 is installed"):
        activate()


@pytest.mark.parametrize("function", functions().values(), ids=lambda function: function.name)
def test_every_function_is_registered_with_its_help(function):
    found = getattr(udfs(), function.name)
    known = found.__xlfunc__
    assert (known["name"], known["category"], known["volatile"]) == (function.name, "optmargin", False)
    assert known["ret"]["doc"] == function.about
    assert [(each["name"], each["doc"], each["vararg"]) for each in known["args"]] == [
        (argument.name, argument_help(argument), argument.repeats) for argument in function.arguments
    ]
    assert all(each["options"] == {"convert": "raw"} for each in [*known["args"], known["ret"]])
    assert ["optional" in each for each in known["args"]] == [
        not argument.required and not argument.repeats for argument in function.arguments
    ]
    kinds = {parameter.kind for parameter in inspect.signature(found).parameters.values()}
    assert inspect.Parameter.KEYWORD_ONLY not in kinds


def test_literals():
    assert ask_xlwings("NAKED_MARGIN", THREAD) == [[315.0]]
    assert ask_xlwings("NAKED_DEPOSIT", THREAD) == [[250.0]]


def test_what_is_left_out_is_the_default():
    assert asked("SLOTS", 100_000.0, MISSING, MISSING) == 200.0
    assert asked("SLOTS", 100_000.0) == 200.0
    assert asked("NAKED_MARGIN", *THREAD[:4], MISSING, MISSING, MISSING, "ibkr-2005", MISSING) == 315.0


def test_a_cell_is_read_once_and_a_blank_one_is_the_default():
    sheet = Sheet()
    net_liq, blank = sheet.put([[100_000]]), sheet.put([[None]], left=2)
    assert asked("SLOTS", net_liq, blank) == 200.0
    assert sheet.reads == 2


def test_a_column_is_one_call_and_one_reading_for_each_range():
    sheet = Sheet()
    strikes, premiums = sheet.put([[20.0], [17.5], [22.5]]), sheet.put([[0.65], [1.5], [0.1]], left=2)
    answer = asked("NAKED_MARGIN", "call", 17.4, strikes, premiums, 1.0, 100.0, "equity", "ibkr-2005")
    assert (
        answer
        == call(
            "NAKED_MARGIN",
            ["call", 17.4, [[20.0], [17.5], [22.5]], [[0.65], [1.5], [0.1]], 1, 100, "equity", "ibkr-2005"],
        ).rows
    )
    assert answer[0] == [315.0]
    assert sheet.reads == 2


def test_a_row_spills_to_the_right_and_both_make_a_table():
    assert ask_xlwings("SLOTS", [[[100_000.0, 50_000.0]]]) == [[200.0, 100.0]]
    assert ask_xlwings("SLOTS", [[[100_000.0], [50_000.0]], [[5.0, 10.0]]]) == [[200.0, 100.0], [100.0, 50.0]]


@pytest.mark.parametrize("code", ErrorCode, ids=str)
def test_an_error_in_a_cell_passes_through_as_it_is(code):
    assert ask_xlwings("SLOTS", [[[100_000.0], [MarginError(code, "", "")]]]) == [[200.0], [code]]
    assert asked("SLOTS", error_code(code.value)) == code.value
    assert asked("SLOTS", Sheet().put([[ErrorCell(code.value)]])) == code.value


def test_an_error_in_a_book_of_positions_makes_no_smaller_total():
    assert ask_xlwings("BOOK_MARGIN", [LEGS]) == [[2500.0]]
    for column in range(5):
        bad = [list(row) for row in LEGS]
        bad[2][column] = MarginError(ErrorCode.REFERENCE, "", "")
        ((answer,),) = ask_xlwings("BOOK_MARGIN", [bad])
        assert isinstance(answer, ErrorCode), (column, answer)


def test_days_come_as_moments_and_go_as_moments():
    assert ask_xlwings("BOOK_MARGIN", [LEGS]) == [[2500.0]]
    table = ask_xlwings("EXPIRY_MARGIN", [LEGS])
    assert table[1][:2] == ["SPX", dt.date(2022, 12, 23)]
    serials = [LEGS[0], *([*row[:3], 44918.0, row[4]] for row in LEGS[1:])]
    assert ask_xlwings("EXPIRY_MARGIN", [serials]) == table


def test_a_question_that_can_not_be_answered_is_an_error_text_not_a_traceback():
    assert asked("NAKED_MARGIN", "call", 17.4, 20.0, -0.65) == "#NUM!"
    assert asked("NAKED_MARGIN", "straddle", 17.4, 20.0, 0.65) == "#VALUE!"
    assert asked("NAKED_MARGIN", *THREAD[:6], "equity", "ibkr", "1980-01-01") == "#N/A"
    assert asked("NAKED_MARGIN", "call") == "#VALUE!"


def test_repeated_arguments():
    assert (
        asked("MARGIN_WHY", "NAKED_MARGIN", *THREAD)
        == "(0.65 + max(0.88, 1.74, 2.50: floor)) x 100 = 315.00 [ibkr-2005]"
    )
    assert asked("MARGIN_WHY", "NAKED_MARGIN", *THREAD[:4], MISSING, None, MISSING, "ibkr-2005").startswith(
        "(0.65 + max("
    )


def test_what_xlwings_and_pywin32_would_spoil_is_made_ready_before():
    assert [shown(None), shown(float("nan")), shown(float("inf")), shown(-float("inf"))] == ["", "", "#NUM!", "#NUM!"]
    assert [type(shown(value)) for value in (5, True, 5.0, 2**70)] == [float, bool, float, float]
    assert shown(MarginError(ErrorCode.MISSING, "x")) == "#N/A"
    assert (shown("x" * 255), shown("x" * 256)) == ("x" * 255, "x" * 252 + "...")
    assert shown(dt.date(2022, 12, 23)) == dt.datetime(2022, 12, 23, tzinfo=dt.UTC)
    assert (read(Decimal("17.4")), type(read(Decimal("17.4")))) == (17.4, float)
    assert read(dt.datetime(2022, 12, 23, tzinfo=dt.UTC)) == dt.date(2022, 12, 23)
    assert read(dt.datetime(2022, 12, 23, 16, 20, tzinfo=dt.UTC)) == dt.datetime(2022, 12, 23, 16, 20)
    assert read(error_code("#N/A") + 3) == "#VALUE!"  # 2045, #SPILL!
    assert [read(value) for value in (5, -5, True)] == [5, -5, True]


def test_an_answer_without_rows_is_blank(monkeypatch):
    from optmargin.functions.call import Answer

    module = udfs()
    monkeypatch.setattr(module, "call", lambda *_: Answer([], is_single=False))
    assert asked("SLOTS", 1.0) == ""


def test_the_status_says_what_answers():
    said = asked("OPTMARGIN_STATUS")
    assert said.startswith(f"optmargin {__version__}, xlwings {PINNED}, Python 3.")


@pytest.fixture
def settings_file(tmp_path, monkeypatch):
    path = tmp_path / "settings.toml"
    monkeypatch.setenv(VARIABLE, str(path))
    yield path
    path.unlink()
    use(Settings())
    importlib.reload(udfs())


def test_settings_are_read_once_when_the_process_starts(settings_file):
    settings_file.write_text('book = "ibkr-2005"\n')
    assert asked("NAKED_MARGIN", *THREAD[:4]) == 239.0
    importlib.reload(udfs())
    # the server looks for a module of that name, and finds the one that was made anew
    assert asked("NAKED_MARGIN", *THREAD[:4]) == 315.0
    assert str(settings_file)[:40] in asked("OPTMARGIN_STATUS")


def test_settings_that_can_not_be_read_give_no_figure_and_say_why(settings_file):
    settings_file.write_text('book = "moonbook"\n')
    importlib.reload(udfs())
    assert asked("NAKED_MARGIN", *THREAD[:4]) == "#VALUE!"
    assert "moonbook" in asked("MARGIN_WHY", "NAKED_MARGIN", *THREAD)
    assert "gives no figure" in asked("OPTMARGIN_STATUS")


@pytest.fixture
def in_browser(monkeypatch):
    """The module as Pyodide imports it, where xlwings converts the cells."""
    module = udfs()
    monkeypatch.setattr("sys.platform", "emscripten")
    importlib.reload(cells)
    importlib.reload(module)
    yield module
    monkeypatch.undo()
    importlib.reload(cells)
    importlib.reload(module)


def test_in_a_browser_xlwings_converts_and_the_answers_are_the_same(in_browser):
    known = in_browser.NAKED_MARGIN.__xlfunc__
    assert all(each["options"] == {"ndim": 2, "err_to_str": True} for each in known["args"])
    assert known["ret"]["options"] == {}
    assert asked("NAKED_MARGIN", *THREAD) == 315.0
    assert asked("NAKED_MARGIN", *THREAD[:4], MISSING, None, MISSING, "ibkr-2005") == 315.0
    assert asked("SLOTS", ((100_000.0,), (error_code("#N/A"),), (None,))) == [[200.0], ["#N/A"], ["#VALUE!"]]
    assert asked("MARGIN_WHY", "NAKED_MARGIN", "call", 17.4, 20.0, -1.0).startswith("#NUM!: premium is -1")
    assert in_browser.shown(dt.date(2022, 12, 23)) == dt.date(2022, 12, 23)  # xlwings knows Office.js' days
