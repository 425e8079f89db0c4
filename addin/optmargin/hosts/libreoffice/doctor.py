"""What ``optmargin doctor libreoffice`` looks at, from LibreOffice itself to the figure that a cell shows."""

from __future__ import annotations

import csv
import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import optmargin
from optmargin.core.errors import MarginError
from optmargin.functions.all import functions
from optmargin.functions.settings import VARIABLE, read_settings, settings_path
from optmargin.hosts.checks import Check, Health
from optmargin.hosts.libreoffice.build import COMPONENT, ENVIRONMENT, FOLDER
from optmargin.hosts.libreoffice.environment import fit_python, this_environment
from optmargin.hosts.libreoffice.installed import Installed, installed, profile
from optmargin.hosts.libreoffice.office import Machine, Office, find_office

_INSTALL = "run 'optmargin install libreoffice', then start LibreOffice anew"


def doctor(*, machine: Machine | None = None, settings: Mapping[str, str] | None = None) -> list[Check]:
    """Every check of optmargin in LibreOffice, in the order in which they depend on each other; stops where the rest can't be seen.

    Args:
        machine: where to look; this machine by default.
        settings: settings of LibreOffice's start, such as ``UserInstallation`` for another profile.
    """
    machine = machine or Machine()
    try:
        office = find_office(machine, settings)
    except MarginError as error:
        return [_wrong("LibreOffice", error)]
    checks = [Check("LibreOffice", Health.WELL, office.name), _settings(machine)]
    found = list(installed(office))
    if not found:
        missing = Check("extension", Health.WRONG, "it isn't installed in LibreOffice", _INSTALL)
        return [*checks, _python(office, this_environment()), missing]
    for each in found:
        checks.extend(_extension(office, each))
    if len(found) > 1:
        remedy = "run 'optmargin uninstall libreoffice' as root, or as yourself, to keep one"
        checks.append(Check("extension", Health.WRONG, "it is installed for you and for every user", remedy))
    return [*checks, _cell(office)]


def _wrong(what: str, error: MarginError) -> Check:
    return Check(what, Health.WRONG, error.problem, error.remedy)


def _settings(machine: Machine) -> Check:
    path = settings_path(machine.environment, machine.home)
    try:
        read = read_settings(path, is_named=VARIABLE in machine.environment)
    except MarginError as error:
        return _wrong("settings", error)
    where = f"read from {read.source}" if read.source else f"the program's own, since there is no {path}"
    return Check("settings", Health.WELL, f"{where}: book {read.book}, as of {read.as_of or 'the latest terms'}")


def _extension(office: Office, found: Installed) -> Iterator[Check]:
    """Whether the extension is the one of this optmargin, and whether LibreOffice's Python can use its environment."""
    whom = "for every user" if found.is_shared else "for you"
    if not found.environment:
        seen = f"{found.folder / ENVIRONMENT}, which says where optmargin is, can't be read; it is installed {whom}"
        yield Check("extension", Health.WRONG, seen, _INSTALL)
        yield _python(office, this_environment())
        return
    theirs = found.environment["optmargin"]
    library = FOLDER / "XOptMargin.rdb"
    if theirs != optmargin.__version__:
        seen = f"it is that of optmargin {theirs}, installed {whom}; this is optmargin {optmargin.__version__}"
        yield Check("extension", Health.WRONG, seen, _INSTALL)
    elif not _same(found.folder / library.name, library):
        yield Check(
            "extension", Health.WRONG, f"it holds other functions than this optmargin, installed {whom}", _INSTALL
        )
    else:
        yield Check("extension", Health.WELL, f"optmargin {theirs}, installed {whom} in {found.folder}")
    python = _python(office, found.environment)
    yield python
    if python.health is Health.WELL:
        yield _environment(office, found)


def _python(office: Office, environment: Mapping[str, Any]) -> Check:
    """Whether LibreOffice runs the Python that the environment was made with."""
    try:
        version = fit_python(office, environment)
    except MarginError as error:
        return _wrong("Python", error)
    return Check("Python", Health.WELL, f"LibreOffice runs Python {version}, as the environment does")


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and one.read_bytes() == other.read_bytes()


def _environment(office: Office, found: Installed) -> Check:
    """Whether LibreOffice's Python imports what it needs from the environment; asked of that Python itself."""
    prefix = found.environment["prefix"]
    if office.python is None:
        seen = f"the Python {office.python_version} of LibreOffice isn't found as a program, so {prefix} wasn't tried with it"
        return Check("environment", Health.UNKNOWN, seen, "see what the cell shows")
    said: dict[str, Any] = {}
    try:
        done = office.run(office.python, str(found.folder / COMPONENT), str(found.folder))
        said = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        said = {"problem": f"{office.python} can't be asked: {error}"}
    if problem := said.get("problem"):
        install_anew = f"see that {prefix} is there and may be read, install optmargin in it anew, then {_INSTALL}"
        return Check("environment", Health.WRONG, problem, said.get("remedy") or install_anew)
    seen = f"{prefix} gives it optmargin {said['optmargin']} and numpy {said['numpy']}"
    return Check("environment", Health.WELL, seen)


def _cell(office: Office) -> Check:
    """Whether a cell shows what it should: a worked example, asked of LibreOffice in the background."""
    lock = profile(office) / ".lock"
    if lock.exists():
        # It would answer in place of a fresh one, perhaps still with an extension of before.
        seen = "LibreOffice is open, so what a fresh one shows can't be seen"
        return Check("cell", Health.UNKNOWN, seen, f"close it, or delete {lock} if it isn't open, then try again")
    formula, answer = example()
    try:
        shown = cell_shows(office, formula)
    except (OSError, subprocess.SubprocessError) as error:
        shown, seen = None, f"LibreOffice can't be asked: {error}"
    else:
        seen = "LibreOffice opened no workbook in the background"
    if shown is None:
        return Check("cell", Health.UNKNOWN, seen, "close LibreOffice, then try again")
    if shown == answer:
        return Check("cell", Health.WELL, f"{formula} shows {shown}")
    seen = f"{formula} shows {shown or 'nothing'} in place of {answer}"
    return Check("cell", Health.WRONG, seen, f"mend what is wrong above; if nothing is, {_INSTALL}")


def example() -> tuple[str, str]:
    """The shortest worked example, and what its cell shows: a whole number, which every language writes the same way."""
    examples = [function.example for function in functions().values()]
    whole = [(each.formula, f"{each.answer:.0f}") for each in examples if _is_whole(each.answer)]
    return min(whole, key=lambda each: len(each[0]))


def _is_whole(answer: float | str) -> bool:
    return isinstance(answer, float) and answer.is_integer()


def cell_shows(office: Office, formula: str) -> str | None:
    """What LibreOffice shows in a cell with a formula; None when it opens no workbook.

    Raises:
        OSError: when it can't be started.
        subprocess.TimeoutExpired: when it doesn't end.
    """
    from openpyxl import Workbook

    with tempfile.TemporaryDirectory(prefix="optmargin-") as folder:
        book = Workbook()
        book.worksheets[0]["A1"] = formula
        asked = Path(folder) / "asked.xlsx"
        book.save(asked)
        quiet = ("--headless", "--norestore", "--nologo")
        office.run(
            office.soffice, *quiet, *office.start_settings(), "--convert-to", "csv", "--outdir", folder, str(asked)
        )
        answered = asked.with_suffix(".csv")
        if not answered.is_file():
            return None
        with answered.open(encoding="utf-8", errors="replace", newline="") as lines:
            return next((row[0] for row in csv.reader(lines) if row), "")
