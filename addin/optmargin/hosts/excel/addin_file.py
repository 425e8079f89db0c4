"""Building the add-in ``optmargin.xlam``: xlwings' own add-in template, with our VBA module in it.

xlwings' VBA names the DLL of its exact version, so the file belongs to one installed xlwings: it is built on the user's machine,
and never shipped. The same xlwings and the same declarations give the same bytes.
"""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions.all import functions
from optmargin.hosts.excel.vba import MODULE, module_text, part

FILE_NAME = "optmargin.xlam"
PROJECT = "optmargin"
_TEMPLATE = "quickstart_addin.xlam"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # a zip file's first day: the time of building doesn't matter

# Lines of xlwings' VBA module, and what they become. Each must be there, else this is an xlwings that we don't know.
_CHANGES = {
    # the names of the settings file and its folder
    'PROJECT_NAME As String = "myaddin"': f'PROJECT_NAME As String = "{PROJECT}"',
    # Settings say which program is started. A workbook that somebody sent, or a file beside it, has no say in that.
    'If SheetExists(ActiveWorkbook, PROJECT_NAME & ".conf") = True Then': "If False Then",
    "If FileExists(GetDirectoryConfigFilePath()) = True Then": "If False Then",
}
# Every other procedure of xlwings' module is made private. As they are, any workbook that somebody sends, without a macro of its
# own, could call them in a cell: RunPython("..."), RunFrozenPython("cmd.exe"), ReadFile("...").
_ASKED_BY_OURS = "XLPy"
_PROCEDURE = re.compile(r"^([ \t]*)(?:Public )?((?:Declare (?:PtrSafe )?)?(?:Function|Sub) (\w+))", re.MULTILINE)
_REINSTALL = "reinstall it with: python -m pip install --force-reinstall xlwings"


@dataclass(frozen=True, slots=True)
class AddinContents:
    """What an add-in file was built from.

    Attributes:
        xlwings: the version of xlwings whose DLL it asks for.
        module: the text of our VBA module.
    """

    xlwings: str
    module: str


def build(out: Path) -> None:
    """Writes the add-in, checked.

    Raises:
        MarginError: ``#REF!`` when the installed xlwings has no template or isn't known; ``#VALUE!`` when the file that was built
            isn't sound.
    """
    import xlwings
    from pyopenvba import ExcelFile, check_file

    template = Path(xlwings.__file__).parent / _TEMPLATE
    if not template.is_file():
        raise MarginError(ErrorCode.REFERENCE, f"xlwings {xlwings.__version__} has no {_TEMPLATE}", _REINSTALL)
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / FILE_NAME
        with ExcelFile(template) as book:
            book.set_module("xlwings", _changed(book.get_module("xlwings"), xlwings.__version__))
            book.set_module("ThisWorkbook", _with_code(book.get_module("ThisWorkbook"), part("workbook.bas")))
            project = book.vba_project()
            project.add_module(MODULE, _windows_lines(module_text(functions().values())))
            project.delete_module("Module1")  # xlwings' example
            book.save(str(draft))
        draft.write_bytes(_same_every_time(draft.read_bytes()))
        found = check_file(str(draft))
        if not found.ok:
            said = "; ".join(str(issue) for issue in found.errors)
            raise MarginError(ErrorCode.VALUE, f"the add-in that was built isn't sound: {said}", "please report this")
        out.write_bytes(draft.read_bytes())


def contents(path: Path) -> AddinContents:
    """What an add-in file holds.

    Raises:
        MarginError: ``#REF!`` when it can't be read, or isn't an add-in of ours.
    """
    from pyopenvba import ExcelFile
    from pyopenvba.exceptions import PyOpenVBAError

    remedy = "run optmargin install excel again"
    try:
        with ExcelFile(path) as book:
            modules = book.vba_modules()
    except (OSError, PyOpenVBAError, zipfile.BadZipFile) as error:
        raise MarginError(ErrorCode.REFERENCE, f"{path} can't be read: {error}", remedy) from None
    version = re.search(r'XLWINGS_VERSION As String = "([^"]+)"', modules.get("xlwings", ""))
    if version is None or MODULE not in modules:
        raise MarginError(ErrorCode.REFERENCE, f"{path} isn't an add-in of optmargin", remedy)
    module = modules[MODULE].replace("\r\n", "\n")
    return AddinContents(version[1], module[module.index("Option Explicit") :].strip())


def _changed(module: str, version: str) -> str:
    """Xlwings' VBA module as our add-in has it."""
    for old, new in _CHANGES.items():
        if module.count(old) != 1:
            problem = f"the VBA of xlwings {version} isn't as expected: it has no line {old}"
            raise MarginError(ErrorCode.REFERENCE, problem, "install the locked requirements: install/requirements.txt")
        module = module.replace(old, new)

    def private(found: re.Match[str]) -> str:
        return found[0] if found[3] == _ASKED_BY_OURS else f"{found[1]}Private {found[2]}"

    return _PROCEDURE.sub(private, module)


def _with_code(module: str, code: str) -> str:
    """A module with its attributes and this code."""
    attributes = [line for line in module.splitlines() if line.startswith("Attribute ")]
    return _windows_lines("\n".join([*attributes, code]))


def _windows_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def _same_every_time(content: bytes) -> bytes:
    """A zip file with its members in order and without the times of writing; the settings sheet is named, and asleep."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            member = old.read(name)
            if name == "xl/workbook.xml":
                # With an underscore before its name xlwings doesn't read it: the settings stand in a file, in one place.
                member = member.replace(b'"_myaddin.conf"', f'"_{PROJECT}.conf"'.encode())
            written = zipfile.ZipInfo(name, _LONG_AGO)
            written.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(written, member)
    return out.getvalue()
