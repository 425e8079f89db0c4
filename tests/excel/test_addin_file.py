"""The add-in that is built from xlwings' template: sound, the same every time, and nothing in it but what is known."""

import re
import zipfile
from pathlib import Path

import pytest
import xlwings
from pyopenvba import ExcelFile, check_file
from pyopenvba.apps.excel import Application
from pyopenvba.interpreter._objects import method

from excel.vba_interpreter import Workbook
from excel_doors import server
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions.all import functions
from optmargin.hosts.excel import addin_file
from optmargin.hosts.excel.addin_file import build, contents
from optmargin.hosts.excel.vba import MODULE, module_text, part

# What olevba says of ours beyond what it says of xlwings' own template: the descriptions are told to Excel when it opens the
# add-in, and their words include "put".
OURS = {("AutoExec", "Workbook_Open"), ("Suspicious", "put")}


@pytest.fixture(scope="module")
def addin(tmp_path_factory):
    path = tmp_path_factory.mktemp("addin") / "optmargin.xlam"
    build(path)
    return path


@pytest.fixture(scope="module")
def modules(addin):
    with ExcelFile(addin) as book:
        return {name: book.get_module(name).replace("\r\n", "\n") for name in book.module_names()}


def test_it_is_sound(addin):
    found = check_file(str(addin))
    assert (found.ok, found.errors, found.warnings) == (True, (), ())


def test_it_is_the_same_every_time(addin, tmp_path):
    build(tmp_path / "again.xlam")
    assert (tmp_path / "again.xlam").read_bytes() == addin.read_bytes()


def test_it_holds_our_module_and_what_it_was_built_from(addin, modules):
    assert set(modules) == {"ThisWorkbook", "Dictionary", "xlwings", "Sheet2", MODULE}
    found = contents(addin)
    assert found.xlwings == xlwings.__version__
    assert found.module == module_text(functions().values()).strip()
    assert modules["ThisWorkbook"].endswith(part("workbook.bas"))


def test_its_settings_stand_in_one_place_that_no_workbook_chooses(addin, modules):
    assert 'PROJECT_NAME As String = "optmargin"' in modules["xlwings"]
    assert "SheetExists(ActiveWorkbook, PROJECT_NAME" not in modules["xlwings"]
    assert "FileExists(GetDirectoryConfigFilePath())" not in modules["xlwings"]
    with zipfile.ZipFile(addin) as archive:
        book = archive.read("xl/workbook.xml").decode()
    # asleep, for its blank lines would hide those of the file
    assert re.findall(r'<sheet name="([^"]+)"', book) == ["_optmargin.conf"]


def test_no_workbook_can_start_programs_through_it(modules):
    """What a cell of any open workbook could call: our functions, and XLPy, whose answer is no value."""
    procedures = re.compile(
        r"^[ \t]*((?:Private |Public )?(?:Declare (?:PtrSafe )?)?(?:Function|Sub)) (\w+)", re.MULTILINE
    )
    public = {name for kind, name in procedures.findall(modules["xlwings"]) if not kind.startswith("Private ")}
    assert public == {"XLPy"}
    ours = {name for kind, name in procedures.findall(modules[MODULE]) if not kind.startswith("Private ")}
    assert ours == {*functions(), "OPTMARGIN_STATUS", "OptmarginDescribe"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the libraries that olevba brings
def test_olevba_finds_nothing_that_is_not_xlwings_own(addin):
    from oletools.olevba import VBA_Parser

    def flags(path):
        parser = VBA_Parser(str(path))
        found = {(str(each[0]), str(each[1])) for each in parser.analyze_macros()}
        parser.close()
        return {flag for flag in found if flag[0] in ("AutoExec", "Suspicious", "IOC")}

    template = Path(xlwings.__file__).parent / "quickstart_addin.xlam"
    assert flags(addin) - flags(template) == OURS


def test_the_descriptions_are_told_once_a_workbook_is_open(modules):
    told = []

    class Excel(Application):
        @method
        def OnTime(self, EarliestTime, Procedure):  # noqa: ARG002, N802, N803
            told.append(str(Procedure))

    workbook = Workbook(modules[MODULE], server())
    workbook.app.application.__class__ = Excel
    code = modules["ThisWorkbook"].replace("WithEvents ", "")  # the interpreter raises no events of Excel's own
    workbook.app.add_module(code, name="ThisWorkbook", kind="document")
    workbook.app.run("ThisWorkbook.Workbook_Open")
    assert told == [f"'{workbook.app.workbook.name}'!OptmarginDescribe"]
    assert "OptmarginDescribe" in modules[MODULE]


def test_an_xlwings_that_is_not_known_is_refused(monkeypatch):
    with pytest.raises(MarginError, match=r"the VBA of xlwings 9\.9 isn't as expected"):
        addin_file._changed("Option Explicit", "9.9")
    monkeypatch.setattr(addin_file, "_TEMPLATE", "gone.xlam")
    with pytest.raises(MarginError, match=r"has no gone\.xlam"):
        build(Path("nowhere.xlam"))


def test_a_file_that_is_not_sound_is_not_handed_out(monkeypatch, tmp_path):
    monkeypatch.setattr(addin_file, "_same_every_time", lambda content: content[: len(content) // 2])
    with pytest.raises(MarginError, match="the add-in that was built isn't sound"):
        build(tmp_path / "optmargin.xlam")
    assert not (tmp_path / "optmargin.xlam").exists()


def test_a_file_of_another_kind_is_told_from_an_addin(tmp_path):
    path = tmp_path / "optmargin.xlam"
    path.write_bytes(b"not a zip file")
    for broken in (path, tmp_path / "missing.xlam"):
        with pytest.raises(MarginError, match="can't be read") as caught:
            contents(broken)
        assert caught.value.code is ErrorCode.REFERENCE
    path.write_bytes((Path(xlwings.__file__).parent / "quickstart_addin.xlam").read_bytes())
    with pytest.raises(MarginError, match="isn't an add-in of optmargin"):
        contents(path)
