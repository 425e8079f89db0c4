"""The functions in the cells of a real LibreOffice: every one and its example, columns, errors, blanks, the wizard, the installer."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.formula import ArrayFormula

import optmargin
from calc_door import CalcDoor, Shown, ask_calc, ask_calc_table, calc, found_office, own_settings
from optmargin.core.errors import MarginError
from optmargin.functions.all import functions
from optmargin.functions.call import Cell, call
from optmargin.functions.declare import argument_help
from optmargin.hosts.checks import Health
from optmargin.hosts.libreoffice.environment import this_environment
from optmargin.hosts.libreoffice.office import Machine
from optmargin.hosts.libreoffice.setup import doctor, install, uninstall
from optmargin.hosts.terminal.formula import evaluate

pytestmark = pytest.mark.office

FIRST_DAY, FIRST_DAY_OF_1904 = dt.date(1899, 12, 30), dt.date(1904, 1, 1)
VPHM = '"call",17.4,20,0.65,1,100,"equity","ibkr-2005"'
WORKING = "(0.65 + max(0.88, 1.74, 2.50: floor)) x 100 = 315.00 [ibkr-2005]"


def as_shown(cell: Cell, first_day: dt.date = FIRST_DAY) -> Shown:
    """What Calc should show for a cell that the core answers."""
    if isinstance(cell, MarginError):
        return cell.code.value
    if isinstance(cell, dt.date):
        return float((cell - first_day).days)
    return "" if cell is None or cell != cell else cell


@pytest.fixture(scope="module")
def examples() -> dict[str, Shown]:
    """What Calc shows for the example of every function, all in one workbook."""
    return dict(zip(functions(), ask_calc([each.example.formula for each in functions().values()]), strict=True))


@pytest.mark.parametrize("name", sorted(functions()))
def test_every_function_shows_its_example_as_the_core_answers_it(name: str, examples: dict[str, Shown]) -> None:
    example = functions()[name].example
    answer = evaluate(example.formula)
    assert examples[name] == as_shown(answer.first)
    if isinstance(example.answer, float):
        assert examples[name] == pytest.approx(example.answer)
    if not answer.is_single:
        expected = [[as_shown(cell) for cell in row] for row in answer.rows]
        assert ask_calc_table(example.formula, len(expected), len(expected[0])) == expected


def test_the_wizard_shows_the_texts_of_every_function(examples: dict[str, Shown]) -> None:
    assert examples
    shown = calc().ask(wizard=True)
    for name, function in functions().items():
        assert shown[name]["description"] == function.about
        assert shown[name]["arguments"] == [[each.name, argument_help(each)] for each in function.arguments]


def test_a_column_is_one_matrix_formula() -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    given: list[tuple[str, float, float, float]] = [
        ("call", 17.4, 20, 0.65),
        ("put", 100, 95, 1.5),
        ("put", 100, 300, 201),
    ]
    for row in given:
        sheet.append(row)
    sheet["E1"] = ArrayFormula("E1:E3", '=NAKED_MARGIN(A1:A3,B1:B3,C1:C3,D1:D3,1,100,"equity","cboe")')
    sheet["F1"] = '=SUM(NAKED_MARGIN(A1:A3,B1:B3,C1:C3,D1:D3,1,100,"equity","cboe"))'
    sheet["F2"] = '=SUMPRODUCT(NAKED_MARGIN(A1:A3,B1:B3,C1:C3,D1:D3,1,100,"equity","cboe"),{1;0;0})'
    sheet["F3"] = '=INDEX(NAKED_MARGIN(A1:A3,B1:B3,C1:C3,D1:D3,1,100,"equity","cboe"),2)'
    shown = calc().cells(book)[0]
    expected = [call("NAKED_MARGIN", [*row, 1, 100, "equity", "cboe"]).first for row in given]
    assert expected[0] == 239.0  # the thread of 2005, cboe's rates
    assert [row[4] for row in shown] == expected
    assert [row[5] for row in shown] == [sum(expected), expected[0], expected[1]]  # type: ignore[arg-type]


def test_ten_thousand_cells_are_those_of_the_core() -> None:
    count, random = 10_000, np.random.default_rng(4)
    columns = [
        random.choice(["call", "put", "C", "P"], count).tolist(),
        random.uniform(1, 500, count).round(2).tolist(),
        random.integers(1, 500, count).astype(float).tolist(),
        random.uniform(0.01, 20, count).round(2).tolist(),
        random.integers(1, 50, count).astype(float).tolist(),
        random.choice(["equity", "broad_index", "etf"], count).tolist(),
    ]
    book = Workbook()
    for number, row in enumerate(zip(*columns, strict=True), start=1):
        formula = f"=NAKED_MARGIN(A{number},B{number},C{number},D{number},E{number},100,F{number})"
        book.worksheets[0].append([*row, formula])
    shown = [row[6] for row in calc().cells(book)[0]]
    *first, classes = ([[value] for value in column] for column in columns)
    assert shown == [row[0] for row in call("NAKED_MARGIN", [*first, 100, classes]).rows]


@pytest.mark.parametrize(
    ("formula", "error"),
    [
        ('=NAKED_MARGIN("call",-17.4,20,0.65)', "#NUM!"),
        ('=NAKED_MARGIN("call",17.4,20,0.65,1.5)', "#NUM!"),
        ('=NAKED_MARGIN("cal",17.4,20,0.65)', "#VALUE!"),
        ('=NAKED_MARGIN("call","seventeen",20,0.65)', "#VALUE!"),
        ('=NAKED_MARGIN("call",17.4,20)', "#VALUE!"),
        ('=NAKED_MARGIN("call",17.4,20,0.65,1,100,"equity","ibrk")', "#VALUE!"),
        ('=NAKED_MARGIN("call",17.4,20,0.65,1,100,"equity","ibkr","1990-01-01")', "#N/A"),
        ('=NAKED_MARGIN("call",17.4,20,0.65,1,100,"future")', "#N/A"),
        # errors that a cell is asked with pass through as they are
        ('=NAKED_MARGIN("call",17.4,20,NA())', "#N/A"),
        ('=NAKED_MARGIN("call",17.4,20,1/0)', "#DIV/0!"),
        ('=NAKED_MARGIN("call",17.4,20,10^1000)', "#NUM!"),
        ('=NAKED_MARGIN("call",17.4,20,NO_SUCH_NAME)', "#NAME?"),
        ("=1+SLOTS(-1/0)", "#DIV/0!"),
        ('=1+NAKED_MARGIN("call",-17.4,20,0.65)', "#NUM!"),  # and go on to whoever asks
        ("=SLOTS(1,2,3,4)", "Err:504"),  # Calc's own word for too many arguments
    ],
)
def test_an_error_is_a_real_one(formula: str, error: str) -> None:
    shown, is_error = ask_calc([formula, f"=ISERROR({formula[1:]})"])
    assert (shown, is_error) == (error, 1.0)


@pytest.mark.parametrize(
    "formula",
    [
        f"=NAKED_MARGIN({VPHM})",
        '=naked_margin("C",17.4,20,0.65,,,,"IBKR-2005")',
        '=NAKED_MARGIN(" Call ","17.40","$20.00",0.65,,,,"ibkr-2005")',
        '=NAKED_MARGIN("call",17.4,20,0.65,1,100,"equity","ibkr-2005","2005-11-21")',
        '=NAKED_MARGIN("call",17.4,20,0.65,1,100,"equity","ibkr-2005",DATE(2005,11,21))',
        '=NAKED_MARGIN("call",17.4,20,0.65,1,100,Z99,"ibkr-2005",Z99,)',  # Z99 is blank
        '=NAKED_MARGIN({"call"},{17.4},20,0.65,1,100,"equity","ibkr-2005")',
    ],
)
def test_what_a_trader_types_is_understood(formula: str) -> None:
    assert ask_calc([formula]) == [315.0]


def test_a_blank_cell_is_never_a_figure() -> None:
    # Calc hands a single blank cell over as zero, as to its own functions; one in a range it hands over as blank.
    assert ask_calc(["=SLOTS(Z99)", "=SLOTS(Z99:Z99)", "=SLOTS(0)", '=SLOTS("0")']) == ["#N/A", "#VALUE!", "#N/A", 0.0]
    # Blank are five parachutes, which leave 6 slots of 100,000; none leave 200.
    parachutes = ["Z99", "0", '"0"', "Z99:Z99", ""]
    asked = [f"=FIRST_SLOTS(100000,{each})" for each in parachutes]
    assert ask_calc(asked) == ["#N/A", "#N/A", 200.0, 6.0, 6.0]
    # Blank is a price that isn't given, so strike risk counts: 90 x 100. A worthless put requires 1,500 uncovered, which is less.
    spread = '=SPREAD_MARGIN("put",95,5,1,100,,,100,{})'
    premiums = ["1", "Z99", "0", '"0"', "Z99:Z99", ""]
    assert ask_calc([spread.format(each) for each in premiums]) == [1600.0, "#N/A", "#N/A", 1500.0, 9000.0, 9000.0]
    # Neither a blank count of contracts nor a blank price of the stock is the default's.
    assert ask_calc(
        [
            '=NAKED_MARGIN("call",17.4,20,0.65,Z99)',
            '=COVERED_MARGIN("call",17.4,20,0.65,1,100,Z99)',
            '=MARGIN_WHY("NAKED_MARGIN","call",17.4,20,0.65,Z99)',
        ]
    ) == [
        "#NUM!",
        "#NUM!",
        "#NUM!: contracts is zero or its cell is blank, which Calc doesn't tell apart; it must be greater than 0, or be left out",
    ]


def test_a_zero_in_a_cell_counts_where_its_cell_is_written_as_a_range() -> None:
    book = Workbook()
    book.worksheets[0].append([0, "=FIRST_SLOTS(100000,A1)", "=FIRST_SLOTS(100000,A1:A1)"])
    assert calc().cells(book)[0][0][1:] == ["#N/A", 200.0]


def test_whole_columns_are_answered_as_far_as_they_hold_something() -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append([100_000, 10])
    sheet.append([100_000])
    sheet["D1"] = ArrayFormula("D1:D3", "=SLOTS(A:A,B:B)")
    # The second row's width is blank, so the usual five, and isn't borrowed from the first. There is no third row.
    assert [row[3] for row in calc().cells(book)[0]] == [100.0, 200.0, "#N/A"]


def counted_from_1904(formula: str) -> str:
    """A formula with the days in it as a workbook counts them that began on a Macintosh."""

    def count(day: re.Match[str]) -> str:
        return str((dt.date.fromisoformat(day[1]) - FIRST_DAY_OF_1904).days)

    return re.sub(r'"(\d{4}-\d{2}-\d{2})"', count, formula)


def test_days_are_understood_and_shown_in_a_workbook_that_counts_from_1904() -> None:
    examples = {
        name: each.example.formula for name, each in functions().items() if re.search(r"-\d\d\"", each.example.formula)
    }
    assert len(examples) > 5
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    expected = {}
    for name, formula in examples.items():
        rows = evaluate(formula).rows
        expected[name] = [[as_shown(cell, FIRST_DAY_OF_1904) for cell in row] for row in rows]
        place = f"A1:{get_column_letter(len(rows[0]))}{len(rows)}"
        book.create_sheet(name)["A1"] = ArrayFormula(place, counted_from_1904(formula))
    sheet = book.worksheets[0]
    sheet["A1"] = dt.date(2012, 4, 30)
    for number, day in enumerate(("A1", "A1:A1", "DATE(2012,4,30)", '"2012-04-30"'), start=1):
        sheet.cell(number, 2).value = f'=MARGIN_WHY("NAKED_MARGIN","call",17.4,20,0.65,1,100,"equity","ibkr",{day})'
    said, *shown = calc().cells(book)
    assert dict(zip(examples, shown, strict=True)) == expected
    assert said[0][0] == (dt.date(2012, 4, 30) - FIRST_DAY_OF_1904).days  # or it wasn't such a workbook
    assert ["no terms for 2012-04-30" in str(row[1]) for row in said] == [True] * 4


def test_errors_in_a_range_stand_for_all_of_it_unless_they_are_passed_on_as_text() -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for value in (100000, "=1/0", 5000):
        sheet.append([value])
    sheet["B1"] = ArrayFormula("B1:B3", "=SLOTS(A1:A3)")
    sheet["C1"] = ArrayFormula("C1:C3", '=SLOTS(IFERROR(A1:A3,"#N/A"))')
    shown = calc().cells(book)[0]
    assert [row[1] for row in shown] == ["Err:504"] * 3  # Calc refuses the range before it asks
    assert [row[2] for row in shown] == [200.0, "#N/A", 10.0]


def test_why_says_the_working_or_the_reason() -> None:
    assert ask_calc([f'=MARGIN_WHY("NAKED_MARGIN",{VPHM})']) == [WORKING]
    (said,) = ask_calc(['=MARGIN_WHY("naked_margin","call",-17.4,20,0.65)'])
    assert said == "#NUM!: spot is -17.4; it must be greater than 0"
    column = ask_calc_table('=MARGIN_WHY("SLOTS",{100000;-5;5000})', 3, 1)
    assert [str(row[0])[:6] for row in column] == ["SLOTS("] * 3


def test_a_workbook_keeps_the_plain_names_and_the_values(tmp_path: Path) -> None:
    book = Workbook()
    book.worksheets[0]["A1"] = f"=NAKED_MARGIN({VPHM})"
    book.worksheets[0]["A2"] = "=SLOTS(-1/0)"
    book.save(tmp_path / "asked.xlsx")
    office = calc().office
    with_own = own_settings(tmp_path)  # an office of its own: the other one is asked by its pipe only
    for line in install(machine=office.machine, settings=with_own):
        assert line
    settings = [f"-env:{name}={value}" for name, value in with_own.items()]
    out = tmp_path / "out"
    office.run(
        office.soffice,
        "--headless",
        *settings,
        "--convert-to",
        "xlsx",
        "--outdir",
        str(out),
        str(tmp_path / "asked.xlsx"),
    )
    formulas, values = (load_workbook(out / "asked.xlsx", data_only=only).worksheets[0] for only in (False, True))
    assert str(formulas["A1"].value).replace(" ", "") == f"=NAKED_MARGIN({VPHM})"
    assert (values["A1"].value, values["A2"].value, values["A2"].data_type) == (315, "#DIV/0!", "e")


# Settings, and an environment that can't be used


def test_the_users_settings_hold(tmp_path: Path) -> None:
    door = CalcDoor(tmp_path, settings_file='book = "ibkr-2005"\ndecimal_comma = true\n')
    try:
        shown = door.ask_calc(['=NAKED_MARGIN("call",17.4,20,0.65)', '=NAKED_MARGIN("call","17,40","20","0,65")'])
    finally:
        door.close()
    assert shown == [315.0, 315.0]


def test_an_environment_that_cant_be_used_is_an_error_and_a_sentence(tmp_path: Path) -> None:
    door = CalcDoor(tmp_path, settings_file='book = "ibrk"\n')
    try:
        shown = door.ask_calc(["=SLOTS(100000)", "=MARGIN_BOOK()", '=MARGIN_WHY("SLOTS",100000)'])
    finally:
        door.close()
    assert shown[:2] == ["#N/A", "#N/A"]
    assert "did you mean 'ibkr'?" in str(shown[2])


# The installer


def test_installing_looking_over_and_removing(tmp_path: Path) -> None:
    settings = own_settings(tmp_path)
    machine = Machine(home=tmp_path)
    office = found_office(settings, machine)
    said = list(install(machine=machine, settings=settings))
    assert said[0].startswith(f"found {office.name}")
    assert said[-1] == "start LibreOffice anew; then the cell =SLOTS(100000) shows 200"
    list(install(machine=machine, settings=settings))  # again, over itself
    checks = doctor(machine=machine, settings=settings)
    assert [check.what for check in checks] == ["LibreOffice", "settings", "extension", "Python", "environment", "cell"]
    assert {check.health for check in checks} == {Health.WELL}, checks
    said = list(uninstall(machine=machine, settings=settings))
    assert said[0].startswith(f"removed optmargin {optmargin.__version__} from ")
    assert [check.health for check in doctor(machine=machine, settings=settings)][-1] is Health.WRONG
    assert list(uninstall(machine=machine, settings=settings)) == ["optmargin isn't installed in LibreOffice"]


_AS_A_USER = """
from optmargin.hosts.libreoffice.setup import doctor, install, uninstall

def looked_over():
    print(*(f"{check.what}: {check.health.value}" for check in doctor()), sep="\\n")

print(*install(), sep="\\n")
list(install())  # what was there lies in a folder until LibreOffice starts
looked_over()
print(*uninstall(), sep="\\n")
looked_over()
list(install())
list(uninstall())
looked_over()
print(*uninstall(), sep="\\n")
"""
_WELL = [f"{what}: ok" for what in ("LibreOffice", "settings", "extension", "Python", "environment", "cell")]
_GONE = ["LibreOffice: ok", "settings: ok", "Python: ok", "extension: wrong"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="whoever runs this is an ordinary user")
def test_an_ordinary_user_installs_into_a_profile_twice_and_removes_it() -> None:
    python = found_office({}).python
    assert python is not None
    nobody = {"user": 65534, "group": 65534, "extra_groups": []}
    with tempfile.TemporaryDirectory(prefix="optmargin-user-") as home:
        os.chown(home, 65534, 65534)
        variables = {
            "HOME": home, "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": os.pathsep.join(this_environment()["paths"]),
        }  # fmt: skip

        def run(program: str) -> subprocess.CompletedProcess[str]:
            command = [str(python), "-c", program]
            return subprocess.run(
                command, capture_output=True, text=True, check=False, env=variables, cwd=home, **nobody
            )

        if (tried := run("import numpy, optmargin")).returncode:
            pytest.skip(f"an ordinary user may not read this checkout: {tried.stderr.splitlines()[-1]}")
        done = run(_AS_A_USER)
    assert done.returncode == 0, done.stderr
    found, installed, remains, *looked = done.stdout.splitlines()
    assert found.startswith("found LibreOffice")
    assert installed.endswith("functions for you")
    assert remains.startswith("start LibreOffice anew")
    assert looked[:6] == _WELL
    assert looked[6].startswith("removed optmargin")
    assert looked[7:] == ["start LibreOffice anew", *_GONE, *_GONE, "optmargin isn't installed in LibreOffice"]
