"""The checks of ``optmargin doctor excel``: each failure that users of xlwings report, seen, said and with its remedy."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from optmargin.core.errors import MarginError
from optmargin.functions.all import functions
from optmargin.functions.settings import read_settings
from optmargin.hosts.checks import Check, Health
from optmargin.hosts.excel.addin_file import contents
from optmargin.hosts.excel.places import INTERPRETER, Places, fingerprint, read_config, read_record
from optmargin.hosts.excel.registry import (
    Registry,
    disabled_items,
    excel_bits,
    excel_path,
    office_version,
    trust_settings,
)
from optmargin.hosts.excel.vba import module_text

_STORE = "windowsapps"  # the folder of what comes from the Microsoft Store
_AGAIN = "close Excel and run: optmargin install excel"
_QUARANTINE = (
    "look into Windows Security, Virus & threat protection, Protection history (or your antivirus): restore the file and allow "
    "it; on a firm's machine ask whoever looks after it. Then "
)
_SECONDS = 120
# Imports what the add-in's Python process imports.
_PROBE = "import pythoncom, xlwings, optmargin.hosts.excel.udfs"


@dataclass(frozen=True, slots=True)
class Installation:
    """What is looked at.

    Attributes:
        places: where the files should be.
        interpreter: the Python that should answer.
        registry: what Windows says of Excel.
        run: runs a command, and gives its exit code and what it said on the error stream.
    """

    places: Places
    interpreter: Path
    registry: Registry
    run: Callable[[list[str]], tuple[int, str]]


def checks(installation: Installation) -> list[Check]:
    """Every check, in the order in which one would mend what is wrong."""
    return [
        _excel(installation),
        _addin_file(installation),
        _versions(installation),
        _interpreter(installation),
        _dll(installation),
        _python(installation),
        _trust(installation),
        _disabled(installation),
        _settings(installation),
    ]


def not_windows(platform: str, remedy: str) -> Check:
    """The only check where there can't be an add-in."""
    return Check("Windows", Health.WRONG, f"this is {platform}; the add-in is for Excel on Windows", remedy)


def run_command(command: list[str]) -> tuple[int, str]:
    """Runs a command without a window; the error stream where it can't be run or takes too long says so."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        return 1, str(error)
    return done.returncode, done.stderr


def _excel(installation: Installation) -> Check:
    what, path = "Excel", excel_path(installation.registry)
    if not path:
        remedy = "install Excel, or Office, from office.com; in LibreOffice: optmargin install libreoffice"
        return Check(what, Health.WRONG, "no Excel is registered on this machine", remedy)
    if _STORE in path.lower():
        remedy = "uninstall Office in Windows' settings, and install it from office.com"
        seen = f"this Office is from the Microsoft Store ({path}), which shuts Excel off from other programs such as Python"
        return Check(what, Health.WRONG, seen, remedy)
    bits = excel_bits(installation.registry)
    kind = f", {bits} bits" if bits else ""
    return Check(what, Health.WELL, f"Office {office_version(installation.registry)}{kind}: {path}")


def _addin_file(installation: Installation) -> Check:
    what, path = "add-in file", installation.places.addin
    record = read_record(installation.places.record)
    if path.is_file():
        if record.get("sha256", fingerprint(path)) != fingerprint(path):
            return Check(what, Health.WRONG, f"{path} isn't as it was written; something changed it", _AGAIN)
        return Check(what, Health.WELL, str(path))
    if record.get("addin") == str(path):
        seen = f"{path} was written and is gone: an antivirus program may have put it into quarantine"
        return Check(what, Health.WRONG, seen, _QUARANTINE + _AGAIN)
    return Check(what, Health.WRONG, "the add-in isn't installed", "run: optmargin install excel")


def _versions(installation: Installation) -> Check:
    import xlwings

    what, path = "versions", installation.places.addin
    if not path.is_file():
        return Check(what, Health.UNKNOWN, "there is no add-in to compare with", "see the add-in file above")
    try:
        found = contents(path)
    except MarginError as error:
        return Check(what, Health.WRONG, error.problem, _AGAIN)
    if found.xlwings != xlwings.__version__:
        seen = f"the add-in was built for xlwings {found.xlwings}, and {xlwings.__version__} is installed"
        return Check(what, Health.WRONG, seen, _AGAIN)
    if found.module != module_text(functions().values()).strip():
        return Check(what, Health.WRONG, "the add-in has the functions of another version of optmargin", _AGAIN)
    return Check(what, Health.WELL, f"add-in and package are of one version, for xlwings {xlwings.__version__}")


def _named_interpreter(installation: Installation) -> Path | None:
    """The Python that the add-in starts; None where none is named."""
    config = installation.places.config
    named = read_config(config).get(INTERPRETER, "") if config.is_file() else ""
    return Path(named) if named else None


def _interpreter(installation: Installation) -> Check:
    what, named = "interpreter", _named_interpreter(installation)
    if named is None:
        return Check(what, Health.WRONG, f"{installation.places.config} doesn't say which Python answers", _AGAIN)
    if _STORE in str(named).lower():
        seen = f"{named} is a Python of the Microsoft Store, which Excel can't start"
        return Check(what, Health.WRONG, seen, f"install Python from python.org, then optmargin in it; {_AGAIN}")
    if not named.is_file():
        return Check(what, Health.WRONG, f"there is no Python at {named}; it was moved or removed", _AGAIN)
    if not _same(named, installation.interpreter):
        seen = f"the add-in asks {named}, and this is {installation.interpreter}"
        return Check(what, Health.WRONG, seen, f"to have this one asked, {_AGAIN}")
    return Check(what, Health.WELL, str(named))


def _same(one: Path, other: Path) -> bool:
    """Whether two paths name one interpreter; python.exe and pythonw.exe of a folder are one."""
    return one == other or (one.parent == other.parent and {one.stem, other.stem} <= {"python", "pythonw"})


def _dll(installation: Installation) -> Check:
    import xlwings

    what = "xlwings' DLL"
    python = _named_interpreter(installation) or installation.interpreter
    bits = excel_bits(installation.registry)
    names = [f"xlwings{each}-{xlwings.__version__}.dll" for each in ((bits,) if bits else (64, 32))]
    folders = [python.parent, python.parent.parent]  # where the add-in's VBA looks
    missing = [name for name in names if not any((folder / name).is_file() for folder in folders)]
    if not missing:
        return Check(what, Health.WELL, f"{' and '.join(names)} beside {python}")
    seen = f"{' and '.join(missing)} is neither in {folders[0]} nor in {folders[1]}"
    remedy = f"run: {python} -m pip install --force-reinstall --no-deps xlwings=={xlwings.__version__}"
    if _was_installed(missing[0]):
        return Check(
            what,
            Health.WRONG,
            f"{seen}; pip put it there, so an antivirus program may have taken it",
            _QUARANTINE + remedy,
        )
    return Check(what, Health.WRONG, seen, remedy)


def _was_installed(name: str) -> bool:
    """Whether the installed xlwings says that a file of that name belongs to it."""
    from importlib.metadata import files

    return any(Path(str(each)).name == name for each in files("xlwings") or ())


def _python(installation: Installation) -> Check:
    what = "Python process"
    python = _named_interpreter(installation) or installation.interpreter
    if not python.is_file():
        return Check(what, Health.UNKNOWN, f"there is no Python at {python}", "see the interpreter above")
    code, said = installation.run([str(python), "-c", _PROBE])
    if code == 0:
        return Check(what, Health.WELL, "it finds pywin32, xlwings and optmargin")
    lines = [line for line in said.splitlines() if line.strip()]
    last = lines[-1].strip() if lines else f"exit code {code}"
    remedy = f"run: {python} -m pip install --require-hashes -r install/requirements.txt, then install optmargin in it"
    if "pythoncom" in last or "pywintypes" in last or "win32api" in last:
        remedy = f"run: {python} -m pip install --force-reinstall pywin32"
    return Check(what, Health.WRONG, f"{python} can't answer: {last}", remedy)


def _trust(installation: Installation) -> Check:
    what, found = "trust settings", trust_settings(installation.registry)
    center = "in Excel: File, Options, Trust Center, Trust Center Settings"
    admin = "if it can't be changed there, your administrator set it"
    if found.get("VBAOff") == 1:
        return Check(
            what, Health.WRONG, "VBA is switched off for Office", "ask your administrator to allow VBA in Excel"
        )
    if found.get("DisableAllAddins") == 1:
        return Check(what, Health.WRONG, "all add-ins are disabled", f"{center}, Add-ins: allow them; {admin}")
    if found.get("RequireAddinSig") == 1:
        seen = "only signed add-ins are allowed, and this one, built on your machine, isn't"
        return Check(what, Health.WRONG, seen, f"{center}, Add-ins: don't require a signature; {admin}")
    # The folder from which Excel loads the add-in is a trusted location, where macros run whatever the macro setting.
    if found.get("AllLocationsDisabled") == 1:
        seen = "trusted locations are switched off, so the macro setting holds for Excel's own startup folder as well"
        return Check(what, Health.WRONG, seen, f"{center}, Trusted Locations: allow them; {admin}")
    return Check(what, Health.WELL, "add-ins in Excel's startup folder may run")


def _disabled(installation: Installation) -> Check:
    what, name = "disabled items", installation.places.addin.name
    if any(name.lower() in item.lower() for item in disabled_items(installation.registry)):
        seen = "Excel switched the add-in off, as it does after a crash"
        return Check(what, Health.WRONG, seen, "in Excel: File, Options, Add-ins, Manage: Disabled Items, Go, Enable")
    return Check(what, Health.WELL, "Excel hasn't switched the add-in off")


def _settings(installation: Installation) -> Check:
    what, path = "settings", installation.places.settings
    try:
        found = read_settings(path)
    except MarginError as error:
        return Check(what, Health.WRONG, f"no figure is given: {error.problem}", error.remedy)
    day = "the book's latest terms" if found.as_of is None else f"the terms of {found.as_of}"
    return Check(what, Health.WELL, f"a blank book is {found.book}, by {day}: {found.source or 'no settings file'}")
