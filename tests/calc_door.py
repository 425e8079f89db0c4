"""The door of LibreOffice Calc for the tests: one office with the add-in installed, asked formulas in cells of .xlsx workbooks.

:func:`ask_calc` and :func:`ask_calc_table` start it when first asked, once in a test process, with a profile of its own, into which
``optmargin install libreoffice`` puts the add-in. It ends with the process. Where LibreOffice isn't installed the test fails.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.formula import ArrayFormula

from optmargin.core.errors import MarginError
from optmargin.hosts.libreoffice.office import Machine, Office, find_office
from optmargin.hosts.libreoffice.setup import install

Shown = float | str
"""What a cell shows: a number, a text, which is empty where the cell is, or the text of an error such as ``#NUM!``."""

_DRIVER = Path(__file__).with_name("calc_driver.py")
_SECONDS = 20  # for an office to end
# A workbook that bears values is recalculated all the same: otherwise a test would read back what was written into it.
_ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def own_settings(folder: Path) -> dict[str, str]:
    """Settings of LibreOffice's start that keep a profile, and what root installs for every user, in a folder."""
    return {
        "UserInstallation": (folder / "profile").as_uri(),
        "UNO_SHARED_PACKAGES_CACHE": (folder / "shared").as_uri(),
    }


def found_office(settings: dict[str, str], machine: Machine | None = None) -> Office:
    """The LibreOffice of this machine; the test fails where there is none."""
    try:
        return find_office(machine or Machine(), settings)
    except MarginError as error:
        pytest.fail(f"{error}; `bash install/libreoffice.sh` brings one", pytrace=False)


class CalcDoor:
    """One LibreOffice with the add-in, in the background."""

    def __init__(self, folder: Path, settings_file: str = "") -> None:
        """Starts it, with its profile in ``folder``; optmargin's settings are those of the text, never the user's own."""
        self.folder = folder
        (folder / "settings.toml").write_text(settings_file, encoding="utf-8")
        environment = {**os.environ, "OPTMARGIN_SETTINGS": str(folder / "settings.toml")}
        settings = own_settings(folder)
        self.office = found_office(settings, Machine(environment=environment))
        profile = folder / "profile" / "user"
        profile.mkdir(parents=True)
        (profile / "registrymodifications.xcu").write_text(_ALWAYS_RECALCULATE, encoding="utf-8")
        self.installed = list(install(machine=self.office.machine, settings=settings))
        self._log = folder / "office.log"
        pipe = f"optmargin-{uuid.uuid4().hex}"
        self._office = self._started(pipe, environment)
        self._driver = self._driven(pipe, environment)

    def _started(self, pipe: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        quiet = ("--headless", "--norestore", "--nologo", "--nodefault", f"--accept=pipe,name={pipe};urp")
        command = [str(self.office.soffice), *quiet, *self.office.start_settings()]
        with self._log.open("wb") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)

    def _driven(self, pipe: str, environment: dict[str, str]) -> subprocess.Popen[str]:
        assert self.office.python is not None, f"{self.office.name} has no Python to ask it with"
        variables = {**environment, "PYTHONPATH": str(self.office.folder), "PYTHONIOENCODING": "utf-8"}
        asked = subprocess.PIPE
        command = [str(self.office.python), str(_DRIVER), pipe]
        return subprocess.Popen(
            command, stdin=asked, stdout=asked, stderr=asked, encoding="utf-8", env=variables, start_new_session=True
        )

    def ask(self, **question: Any) -> Any:
        """The answer of the driver to a question; see calc_driver.py."""
        stdin, stdout, stderr = self._driver.stdin, self._driver.stdout, self._driver.stderr
        assert stdin is not None
        assert stdout is not None
        assert stderr is not None
        with contextlib.suppress(BrokenPipeError):  # then there is no answer either
            stdin.write(json.dumps(question) + "\n")
            stdin.flush()
        line = stdout.readline()
        if not line:
            log = self._log.read_text(encoding="utf-8", errors="replace")
            pytest.fail(f"LibreOffice gave no answer: {stderr.read()} {log}", pytrace=False)
        return json.loads(line)

    def cells(self, book: Workbook | Path) -> list[list[list[Shown]]]:
        """What the cells of a workbook show, by sheet, row and column, after it was opened and recalculated."""
        path = book if isinstance(book, Path) else self.folder / "asked.xlsx"
        if isinstance(book, Workbook):
            book.save(path)
        found: list[list[list[Shown]]] = self.ask(cells=str(path))
        return found

    def ask_calc(self, formulas: Sequence[str]) -> list[Shown]:
        """See the function of that name."""
        book = Workbook()
        for number, formula in enumerate(formulas, start=1):
            book.worksheets[0].cell(number, 1).value = formula
        return [row[0] for row in self.cells(book)[0]]

    def close(self) -> None:
        """Ends it, by force where it doesn't end by itself."""
        with contextlib.suppress(OSError, ValueError, subprocess.SubprocessError):
            self._driver.communicate(json.dumps({"end": True}) + "\n", timeout=_SECONDS)
        for process in (self._driver, self._office):
            try:
                process.wait(_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        for stream in (self._driver.stdin, self._driver.stdout, self._driver.stderr):
            if stream is not None:
                stream.close()


@functools.cache
def calc() -> CalcDoor:
    """The office of this test process; started when first asked for."""
    folder = tempfile.TemporaryDirectory(prefix="optmargin-calc-", ignore_cleanup_errors=True)
    door = CalcDoor(Path(folder.name))
    atexit.register(lambda: (door.close(), folder.cleanup()))
    return door


def ask_calc(formulas: Sequence[str]) -> list[Shown]:
    """What Calc shows in a cell for each formula, as typed in Excel: ``=SLOTS(100000)``; of a table its upper left cell."""
    return calc().ask_calc(formulas)


def ask_calc_table(formula: str, height: int, width: int) -> list[list[Shown]]:
    """What Calc shows for a formula that was entered as a matrix formula over some rows and columns."""
    book = Workbook()
    book.worksheets[0]["A1"] = ArrayFormula(f"A1:{get_column_letter(width)}{height}", formula)
    return calc().cells(book)[0]
