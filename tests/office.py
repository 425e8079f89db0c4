"""A real LibreOffice for the tests: recalculates a workbook, converts it, and hands back what its cells show.

Every call starts an office of its own with a profile of its own, so that tests may run side by side. Where LibreOffice isn't
installed a test fails and says how to get it: a check that can't be made isn't a check that passed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import warnings
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

_CANDIDATES = ("/usr/bin/soffice", "/Applications/LibreOffice.app/Contents/MacOS/soffice")
# Workbooks that bear values are recalculated all the same: otherwise a test would read back what we wrote.
_ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""
_SECONDS = 180


def soffice() -> str:
    """The path of LibreOffice; the test fails where there is none."""
    named = os.environ.get("OPTMARGIN_SOFFICE")
    found = named or shutil.which("soffice") or next((path for path in _CANDIDATES if Path(path).exists()), None)
    if found is None:
        pytest.fail(
            "LibreOffice isn't installed: run `bash install/libreoffice.sh`, or set OPTMARGIN_SOFFICE to its soffice",
            pytrace=False,
        )
    return found


def converted(path: Path, kind: str, folder: Path) -> Path:
    """The workbook as a file of another kind (``xlsx``, ``pdf``) in ``folder``, recalculated on the way."""
    program = soffice()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="optmargin-office-") as profile:
        settings = Path(profile) / "user" / "registrymodifications.xcu"
        settings.parent.mkdir()
        settings.write_text(_ALWAYS_RECALCULATE, encoding="utf-8")
        done = subprocess.run(
            [program, "--headless", "--norestore", "--nologo", f"-env:UserInstallation={Path(profile).as_uri()}",
             "--convert-to", kind, "--outdir", str(folder), str(path)],
            capture_output=True, text=True, timeout=_SECONDS, check=False,
        )  # fmt: skip
    result = folder / f"{path.stem}.{kind}"
    if not result.exists():
        pytest.fail(f"LibreOffice made no {kind} of {path.name}: {done.stdout} {done.stderr}", pytrace=False)
    return result


def recalculated(path: Path) -> Workbook:
    """The workbook with the values of its cells as LibreOffice computes them."""
    with tempfile.TemporaryDirectory(prefix="optmargin-recalculated-") as folder:
        return read(converted(path, "xlsx", Path(folder)), values=True)


def read(path: Path, *, values: bool = False) -> Workbook:
    """A workbook as openpyxl reads it: its formulas, or their values."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what openpyxl can't keep doesn't matter to a reader
        return load_workbook(path, data_only=values)


def named(book: Workbook, name: str) -> object:
    """The value of the cell of that name."""
    title, address = next(book.defined_names[name].destinations)
    return book[title][address.split(":")[0].replace("$", "")].value


def error_cells(book: Workbook) -> list[str]:
    """Every cell that shows an error, such as ``Summary!C4: #N/A``."""
    return [
        f"{sheet.title}!{cell.coordinate}: {cell.value}"
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "e"
    ]
