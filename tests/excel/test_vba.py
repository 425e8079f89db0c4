"""The add-in's VBA, run by an interpreter with xlwings' real CallUDF behind it: arguments, real errors, reconnecting."""

import datetime as dt
import re
from dataclasses import replace

import pytest
from pyopenvba.interpreter import _values as values
from pyopenvba.interpreter._objects import method

from excel.pywin32_stand_ins import ERROR_NUMBERS
from excel.vba_interpreter import AskingCell, Excel, Workbook
from excel_doors import ask_vba, server, vba
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions.all import functions
from optmargin.functions.declare import argument_help
from optmargin.hosts.excel.vba import LONGEST_LINE, MOST_CONTINUED, module_text, part

# Options forum thread "Does anyone really understand margin?", 20-21 Nov 2005: 315 is required.
THREAD = ["call", 17.40, 20, 0.65, 1, 100, "equity", "ibkr-2005"]
WHY = "(0.65 + max(0.88, 1.74, 2.50: floor)) x 100 = 315.00 [ibkr-2005]"


@pytest.fixture(scope="module")
def text():
    return module_text(functions().values())


@pytest.fixture
def workbook(text):
    return Workbook(text, server())


# --- the text ---------------------------------------------------------------------------------------------------------


def test_every_function_is_there_once_with_its_arguments(text):
    for function in functions().values():
        (head,) = re.findall(rf"Public Function {function.name}\((.*?)\) As Variant$", text, re.DOTALL | re.MULTILINE)
        written = [each.split() for each in head.replace("_\n", "").split(",") if each.strip()]
        assert [words[words.index("As") - 1] for words in written] == [
            f"{argument.name}()" if argument.repeats else argument.name for argument in function.arguments
        ]
        assert [words[0] for words in written if words[0] in ("Optional", "ParamArray")] == [
            "ParamArray" if argument.repeats else "Optional"
            for argument in function.arguments
            if argument.repeats or not argument.required
        ]


def test_vba_could_compile_it(text):
    assert text.startswith("Option Explicit\n")
    assert text.isascii()
    assert "Volatile" not in text
    continued = 0
    for line in text.splitlines():
        continued = continued + 1 if line.endswith(" _") else 0
        assert len(line) <= LONGEST_LINE
        assert continued <= MOST_CONTINUED
    opened = re.findall(r"^(?:Public |Private )?(Function|Sub) ", text, re.MULTILINE)
    assert len(opened) == len(re.findall(r"^End (?:Function|Sub)$", text, re.MULTILINE))


def test_a_function_that_vba_would_refuse_is_not_written():
    slots = functions()["SLOTS"]
    for change, said in (
        ({"name": "PRICE"}, "PRICE is a worksheet function of Excel's own"),
        ({"arguments": (replace(slots.arguments[0], name="put"),)}, "SLOTS: put is a word of VBA's own"),
        ({"arguments": (replace(slots.arguments[0], name="omsent"),)}, "the argument omsent hides a procedure"),
        ({"about": "Slots ≈ net liq"}, "has the sign '≈'"),
    ):
        with pytest.raises(MarginError, match=re.escape(said)):
            module_text([replace(slots, **change)])


def test_typographic_signs_and_quotes_are_written_as_vba_has_them():
    slots = replace(functions()["SLOTS"], about="One slot – “free” – isn’t paid for…")
    assert '"One slot - ""free"" - isn\'t paid for..."' in module_text([slots])


# --- what goes to Python, and what comes back ---------------------------------------------------------------------------


def test_literals_and_what_is_left_out():
    assert ask_vba("NAKED_MARGIN", THREAD) == [[315.0]]
    assert ask_vba("NAKED_MARGIN", [*THREAD[:4], None, None, None, "ibkr-2005"]) == [[315.0]]
    assert ask_vba("SLOTS", [100_000]) == [[200.0]]
    assert vba().process.received == (100_000.0, None, None)


def test_cells_are_read_inside_excel_so_that_python_gets_values():
    assert ask_vba("SLOTS", [[[100_000]], [[None]]]) == [[200.0]]
    assert vba().process.received == (100_000.0, None, None)


def test_a_column_is_one_call():
    calls = vba().process.calls
    answer = ask_vba("NAKED_MARGIN", ["call", 17.4, [[20.0], [17.5]], [[0.65], [0.65]], 1, 100, "equity", "ibkr-2005"])
    assert answer[0] == [315.0]
    assert len(answer) == 2
    assert vba().process.calls == calls + 1


def test_a_row_and_a_table():
    assert ask_vba("SLOTS", [[[100_000.0, 50_000.0]]]) == [[200.0, 100.0]]
    assert ask_vba("SLOTS", [[[100_000.0], [50_000.0]], [[5.0, 10.0]]]) == [[200.0, 100.0], [100.0, 50.0]]


def test_an_answer_that_is_an_error_is_a_real_one_alone_and_in_a_column(workbook):
    assert ask_vba("NAKED_MARGIN", ["call", 17.4, 20, -0.65]) == [[ErrorCode.NUM]]
    assert ask_vba("NAKED_MARGIN", ["strangle", 17.4, 20, 0.65]) == [[ErrorCode.VALUE]]
    assert ask_vba("SLOTS", [[[100_000.0], ["many"]]]) == [[200.0], [ErrorCode.VALUE]]
    workbook.app.add_module(
        """
        Function IsRealError() As Boolean
            IsRealError = IsError(NAKED_MARGIN("call", 17.4, 20, -0.65))
        End Function
        """,
        name="Asks",
    )
    assert workbook.app.run("IsRealError") is True


@pytest.mark.parametrize("code", ErrorCode, ids=str)
def test_an_error_cell_passes_through_as_it_is(code):
    error = MarginError(code, "", "")
    assert ask_vba("SLOTS", [error]) == [[code]]
    assert ask_vba("SLOTS", [[[100_000.0], [error]]]) == [[200.0], [code]]
    assert vba().process.received[0] == ((100_000.0,), (code.value,))


def test_an_error_that_excel_learned_later_is_no_number(workbook):
    spill = values.VBAErrorValue(2045)
    assert workbook.app.run("SLOTS", spill) == values.VBAErrorValue(ERROR_NUMBERS["#VALUE!"])
    assert workbook.process.received[0] == "#VALUE!"


def test_arrays_that_a_formula_makes_arrive_like_ranges(workbook):
    row = values.VBAArray([(1, 2)], items=[100_000.0, values.VBAErrorValue(2042)])
    answer = workbook.app.run("SLOTS", row)
    assert answer == [200.0, values.VBAErrorValue(2042)]
    cube = values.VBAArray([(1, 1), (1, 1), (1, 1)], items=[1.0])
    assert workbook.app.run("SLOTS", cube) == values.VBAErrorValue(2015)


def test_a_range_of_several_areas_is_refused_rather_than_read_in_part(workbook):
    workbook.put([[100_000.0, None, 50_000.0]])
    assert workbook.app.evaluate('SLOTS(Range("A1,C1"))') == values.VBAErrorValue(2015)
    assert workbook.process.received[0] == "#VALUE!"


def test_a_whole_column_is_read_as_far_as_the_sheet_is_used(workbook):
    workbook.put([[100_000.0], [50_000.0], [None], [25_000.0]])
    answer = workbook.app.evaluate('SLOTS(Range("A:A"))')
    assert [row[0] for row in answer[:2]] == [200.0, 100.0]
    assert [len(answer), answer[3]] == [4, [50.0]]
    assert answer[2] == [values.VBAErrorValue(2015)]  # a blank net liq


def test_days():
    legs = [
        ["underlying", "right", "strike", "expiry", "quantity"],
        ["SPX", "put", 3800, dt.date(2022, 12, 23), -5],
        ["SPX", "put", 3795, dt.date(2022, 12, 23), 5],
    ]
    assert ask_vba("BOOK_MARGIN", [legs]) == [[2500.0]]
    assert vba().process.received[0][1][3] == 44918.0  # Value2: a serial number
    assert ask_vba("EXPIRY_MARGIN", [legs])[1][:2] == ["SPX", dt.date(2022, 12, 23)]


# 2012-04-30 is day 41,029 in a workbook that counts from 1900, and 1,462 less in one that counts from 1904 (Microsoft, KB213593, "XL2000:
# Date Returned in a Macro Is Four Years Too Early": Value2 gives the workbook's own count).
DAY = 41_029.0
DAY_OF_1904 = DAY - 1462


def test_a_workbook_that_counts_from_1904_has_its_days_understood_and_shown(workbook):
    workbook.app.application.asking = AskingCell(counts_from_1904=True)
    header = ["underlying", "right", "strike", "expiry", "quantity"]
    legs = [header, ["SPX", "put", 3800.0, DAY_OF_1904, -5.0], ["SPX", "put", 3795.0, DAY_OF_1904, 5.0]]
    table = workbook.ask("EXPIRY_MARGIN", [legs])
    assert [row[:2] for row in table] == [["underlying", "expiry"], ["SPX", DAY_OF_1904]]
    assert "2012-04-30" in workbook.ask("MARGIN_WHY", ["BOOK_MARGIN", legs])[1][0]
    asked = [*THREAD[:7], "ibkr", DAY_OF_1904]
    assert workbook.ask("NAKED_MARGIN", asked) is ErrorCode.MISSING
    assert "no terms for 2012-04-30" in workbook.ask("MARGIN_WHY", ["NAKED_MARGIN", *asked])
    assert workbook.ask("SLOTS", [100_000]) == 200.0
    assert "optmargin" in workbook.ask("OPTMARGIN_STATUS", [])


def test_a_macro_that_asks_counts_days_as_vba_does(workbook):
    workbook.app.application.asking = values.VBAErrorValue(2023)  # Application.Caller where no cell asks
    said = workbook.ask("MARGIN_WHY", ["NAKED_MARGIN", *THREAD[:7], "ibkr", DAY])
    assert "no terms for 2012-04-30" in said


def test_repeated_arguments():
    assert ask_vba("MARGIN_WHY", ["NAKED_MARGIN", *THREAD]) == [[WHY]]
    assert ask_vba("MARGIN_WHY", ["NAKED_MARGIN", *THREAD[:4], None, None, None, "ibkr-2005"]) == [[WHY]]
    assert ask_vba("MARGIN_WHY", ["NAKED_MARGIN", "call", 17.4, 20, -1])[0][0].startswith("#NUM!: premium is -1")
    assert ask_vba("MARGIN_BOOK", [])[0][0] == "book"


# --- the Python process ---------------------------------------------------------------------------------------------------

GONE = (462, "The remote server machine does not exist or is unavailable")
GONE_TOO = (-2147023174, "Automation error: The RPC server is unavailable")


def test_the_process_is_looked_up_once(workbook):
    for _ in range(3):
        assert workbook.ask("SLOTS", [100_000]) == 200.0
    assert workbook.app.run("CountOfStarts") == 1


@pytest.mark.parametrize("gone", [GONE, GONE_TOO, (-2147023170, "RPC failed"), (-2147417848, "disconnected")])
def test_a_process_that_ended_is_started_again(workbook, gone):
    assert workbook.ask("SLOTS", [100_000]) == 200.0
    workbook.process.fails = [gone]
    assert workbook.ask("SLOTS", [50_000]) == 100.0
    assert workbook.app.run("CountOfStarts") == 2


def test_it_is_tried_again_only_once(workbook):
    workbook.process.fails = [GONE, GONE]
    assert workbook.ask("SLOTS", [50_000]) is ErrorCode.MISSING
    assert workbook.process.calls == 2
    workbook.process.fails = [GONE, GONE]
    assert workbook.ask("OPTMARGIN_STATUS", []) == f"Python gave no answer: {GONE[1]}"
    assert workbook.ask("SLOTS", [50_000]) == 100.0


def test_an_exception_in_python_is_an_error_cell_and_the_process_stays(workbook, monkeypatch):
    from optmargin.hosts.excel import udfs

    def broken(*_):
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(udfs, "call", broken)
    assert workbook.ask("SLOTS", [100_000]) is ErrorCode.MISSING
    assert "a mistake of ours" in workbook.ask("MARGIN_WHY", ["SLOTS", 100_000])
    assert workbook.app.run("CountOfStarts") == 1


def test_a_sheet_full_of_formulas_does_not_wait_for_python_again_and_again(workbook):
    moment = dt.datetime(2026, 11, 20, 9, 30)
    workbook.app.freeze_clock(moment)
    workbook.app.run("FailToStart", True)
    for _ in range(5):
        assert workbook.ask("SLOTS", [100_000]) is ErrorCode.MISSING
    assert "Could not activate Python COM server" in workbook.ask("OPTMARGIN_STATUS", [])
    assert workbook.app.run("CountOfStarts") == 1
    workbook.app.run("FailToStart", False)
    workbook.app.freeze_clock(moment + dt.timedelta(seconds=21))
    assert workbook.ask("SLOTS", [100_000]) == 200.0
    assert workbook.app.run("CountOfStarts") == 2


# --- the function wizard ------------------------------------------------------------------------------------------------


def test_every_function_is_described_to_the_wizard(workbook, monkeypatch):
    told = {}

    class Described(Excel):
        @method
        def MacroOptions(self, Macro=None, Description="", Category="", ArgumentDescriptions=None):  # noqa: N802, N803
            texts = ArgumentDescriptions.elements() if isinstance(ArgumentDescriptions, values.VBAArray) else []
            told[str(Macro)] = (str(Description), str(Category), [str(each) for each in texts])

    workbook.app.application.__class__ = Described
    workbook.app.run("OptmarginDescribe")
    name = workbook.app.workbook.name
    for function in functions().values():
        texts = [argument_help(argument) for argument in function.arguments]
        assert told[f"'{name}'!{function.name}"] == (function.about, "optmargin", texts)
    assert told[f"'{name}'!OPTMARGIN_STATUS"][2] == []
    assert len(told) == len(functions()) + 1


def test_an_excel_that_takes_no_descriptions_answers_all_the_same(workbook):
    class Described(Excel):
        @method
        def MacroOptions(self, Macro, Description, Category, ArgumentDescriptions=None):  # noqa: ARG002, N802, N803
            raise values.error(1004, "Cannot edit a macro on a hidden workbook")

    workbook.app.application.__class__ = Described
    workbook.app.run("OptmarginDescribe")
    assert workbook.ask("SLOTS", [100_000]) == 200.0


def test_the_descriptions_wait_for_a_workbook_to_be_open():
    text = part("workbook.bas")
    assert "Workbook_Open()" in text
    assert "If ActiveWorkbook Is Nothing Then Exit Sub" in text
    assert "!OptmarginDescribe" in text
