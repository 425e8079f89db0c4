"""Names that Excel and VBA keep for themselves are caught before a function or an argument bears them."""

from dataclasses import replace

import pytest
from openpyxl.utils import FORMULAE
from pyopenvba.formula._calc.catalog import EXCEL_FUNCTIONS

from optmargin.functions.all import functions
from optmargin.hosts.excel.names import (
    MOST_ARGUMENTS,
    problem_of_argument_name,
    problem_of_function_name,
    problems,
    taken_names,
)

SLOTS = functions()["SLOTS"]


def test_excel_and_vba_take_every_declared_function():
    assert list(problems(functions().values())) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("PRICE", "PRICE is a worksheet function of Excel's own"),  # the price of a bond
        ("DELTA", "worksheet function of Excel's own"),  # whether two numbers are equal
        ("RATE", "worksheet function of Excel's own"),
        ("ALERT", "old macro sheets"),
        ("SCALE", "a word of VBA's own"),
        ("TAX2024", "the address of a cell"),
        ("XFD1048576", "the address of a cell"),
        ("AB", "fewer than 3 letters"),
        ("R1C1", "fewer than 3 letters"),
        ("Slots", "isn't made of capitals"),
        ("OM.NAKED", "isn't made of capitals"),
        ("2SLOTS", "isn't made of capitals"),
    ],
)
def test_a_name_that_excel_would_not_find_as_ours_is_refused(name, said):
    assert said in problem_of_function_name(name)


@pytest.mark.parametrize("name", ["NAKED_MARGIN", "SLOTS", "KELLY", "XFE1", "SPAN_MARGIN", "PARACHUTE_COST"])
def test_a_name_that_nobody_keeps_is_taken(name):
    assert problem_of_function_name(name) == ""


@pytest.mark.parametrize(
    "name", ["put", "call", "type", "option", "date", "scale", "input", "next", "function", "name", "width"]
)
def test_words_that_tempt_here_are_refused_as_arguments(name):
    assert "VBA" in problem_of_argument_name(name)


@pytest.mark.parametrize("name", ["right", "spot", "strike", "as_of", "slot_width", "book", "legs", "arguments"])
def test_the_words_of_this_project_are_free(name):
    assert problem_of_argument_name(name) == ""


@pytest.mark.parametrize("name", ["Right", "_spot", "2nd", "näked"])
def test_an_argument_is_a_plain_word(name):
    assert "small letters" in problem_of_argument_name(name)


def test_the_list_of_excels_functions_holds_what_others_know_of_them():
    for known in (EXCEL_FUNCTIONS, FORMULAE):
        assert {name.lower() for name in known if "." not in name} <= taken_names()["excel"]


def test_what_a_function_asks_too_much_of_excel_is_said():
    argument = SLOTS.arguments[0]
    long = replace(SLOTS, about="x" * 256)
    many = replace(SLOTS, arguments=tuple(replace(argument, name=f"leg_{at}") for at in range(MOST_ARGUMENTS + 1)))
    own = replace(SLOTS, arguments=(replace(argument, name="slots"),))
    wordy = replace(SLOTS, arguments=(replace(argument, about=replace(argument.about, help="x" * 250)),))
    loose = replace(SLOTS, arguments=(*SLOTS.arguments, replace(argument, name="more", required=False, repeats=True)))
    for function, said in (
        (long, "the text of about has 256 characters"),
        (many, f"takes {MOST_ARGUMENTS + 1} arguments"),
        (own, "bears the function's own name"),
        (wordy, "the text of net_liq has 257 characters"),
        (loose, "xlwings repeats an argument only after others"),
    ):
        assert [said in found for found in problems([function])] == [True], function
    assert "declared twice" in next(problems([SLOTS, SLOTS]))
