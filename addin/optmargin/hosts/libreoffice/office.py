"""Finding LibreOffice on this machine: its programs, its version, the Python that it brings, and where its extensions lie."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.hosts.libreoffice.configuration import OLDEST_LIBREOFFICE

VARIABLE = "OPTMARGIN_SOFFICE"

_SECONDS = 180
_VERSION = re.compile(r"LibreOffice\D*(\d+)\.(\d+)")
_LINKED_PYTHON = re.compile(rb"libpython(3\.\d+)")
# Where packages that are walled in live; their LibreOffice can't reach an environment outside.
_WALLED_IN = ("/snap/", "/flatpak/")


@dataclass(frozen=True)
class Machine:
    """What is asked about a machine, so that a test can make one up.

    Attributes:
        platform: as ``sys.platform`` names it: ``linux``, ``darwin`` or ``win32``.
        environment: the variables of the environment.
        home: the user's home folder.
        root: where its file system begins.
        is_root: whether everything is done as the administrator of a Unix machine.
    """

    platform: str = sys.platform
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    home: Path = field(default_factory=Path.home)
    root: Path = Path("/")
    is_root: bool = field(default_factory=lambda: hasattr(os, "geteuid") and os.geteuid() == 0)


@dataclass(frozen=True)
class Office:
    """One LibreOffice.

    Attributes:
        soffice: its program, as it is started.
        machine: where it was found.
        settings: settings of its start, such as ``UserInstallation``, the place of a profile other than the user's own.
    """

    soffice: Path
    machine: Machine
    settings: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def folder(self) -> Path:
        """The folder of its programs."""
        return self.soffice.resolve().parent

    @cached_property
    def version(self) -> tuple[int, int] | None:
        """Its version, such as (25, 2); None where it doesn't say."""
        try:
            found = _VERSION.search(self.run(self.soffice, "--version").stdout)
        except (OSError, subprocess.SubprocessError):
            return None
        return (int(found[1]), int(found[2])) if found else None

    @property
    def name(self) -> str:
        """How a person knows it: ``LibreOffice 25.2 (/usr/bin/soffice)``."""
        version = "{}.{}".format(*self.version) if self.version else "of unknown version"
        return f"LibreOffice {version} ({self.soffice})"

    @property
    def is_recent(self) -> bool:
        """Whether it knows the functions of .xlsx files by their plain names."""
        return self.version is not None and self.version >= OLDEST_LIBREOFFICE

    @property
    def is_walled_in(self) -> bool:
        """Whether it comes from a snap or a flatpak, which can't reach a Python environment outside of itself."""
        return any(wall in self.soffice.as_posix() or wall in self.folder.as_posix() for wall in _WALLED_IN)

    @property
    def unopkg(self) -> Path:
        """The program that adds and removes extensions."""
        name = "unopkg.com" if self.machine.platform == "win32" else "unopkg"
        return self.folder / name

    @cached_property
    def has_python(self) -> bool:
        """Whether it can run components written in Python; Debian keeps that in a package of its own."""
        return any(self._library("pythonloader.py"))

    @cached_property
    def python(self) -> Path | None:
        """The Python that it brings or shares with the system; None where it isn't found."""
        brought = {"win32": ("python.exe",), "darwin": ("../Resources/python",)}.get(self.machine.platform, ("python",))
        for name in brought:
            if (self.folder / name).is_file():
                return self.folder / name
        if self.linked_python:
            shared = self.machine.root / "usr" / "bin" / f"python{self.linked_python}"
            return shared if shared.exists() else None
        return None

    @cached_property
    def linked_python(self) -> str | None:
        """The version of the system's Python that it is linked with, such as ``3.11``; None where it brings its own."""
        for library in self._library("libpyuno.so"):
            found = _LINKED_PYTHON.search(library.read_bytes())
            return found[1].decode("ascii") if found else None
        return None

    @cached_property
    def python_version(self) -> str | None:
        """The version of the Python that it runs, such as ``3.11``; None where it can't be found out."""
        if self.linked_python:
            return self.linked_python
        if self.python is None:
            return None
        try:
            done = self.run(self.python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])")
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.strip() or None

    def _library(self, name: str) -> Iterator[Path]:
        for folder in (self.folder, self.folder.parent / "Resources", self.folder.parent / "Frameworks"):
            if (folder / name).is_file():
                yield folder / name

    def start_settings(self) -> list[str]:
        """The settings of its start as arguments of its programs."""
        return [f"-env:{name}={value}" for name, value in self.settings.items()]

    def run(self, program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs one of its programs and waits for it.

        Raises:
            OSError: when it can't be started.
            subprocess.TimeoutExpired: when it doesn't end.
        """
        # What points a Python at its environment would mislead the one inside LibreOffice.
        variables = {
            name: value
            for name, value in self.machine.environment.items()
            if name not in {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"}
        }
        return subprocess.run(  # noqa: S603 - a program of the LibreOffice that was found
            [str(program), *arguments], capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False,
            env=variables, stdin=subprocess.DEVNULL,
        )  # fmt: skip


def offices(machine: Machine, settings: Mapping[str, str] | None = None) -> Iterator[Office]:
    """Every LibreOffice that is found: the one that is named in OPTMARGIN_SOFFICE alone, else those of the path and the usual places."""
    seen: set[Path] = set()
    for candidate in _candidates(machine):
        if candidate.is_file() and candidate.resolve() not in seen:
            seen.add(candidate.resolve())
            yield Office(candidate, machine, settings or {})


def _candidates(machine: Machine) -> Iterator[Path]:
    named = machine.environment.get(VARIABLE)
    if named:
        yield Path(named)
        return
    if machine.platform == "win32":
        for variable in ("ProgramFiles", "ProgramW6432", "ProgramFiles(x86)"):
            if programs := machine.environment.get(variable):
                yield from _newest_first(Path(programs), "LibreOffice*/program/soffice.com")
        return
    if machine.platform == "darwin":
        for applications in (machine.root / "Applications", machine.home / "Applications"):
            yield from _newest_first(applications, "LibreOffice*.app/Contents/MacOS/soffice")
    if on_path := shutil.which("soffice", path=machine.environment.get("PATH", "")):
        yield Path(on_path)
    yield machine.root / "usr/bin/soffice"
    yield from _newest_first(machine.root / "opt", "libreoffice*/program/soffice")
    for folder in ("usr/lib64", "usr/lib", "usr/local/lib"):
        yield machine.root / folder / "libreoffice/program/soffice"
    yield machine.root / "snap/bin/libreoffice"
    yield machine.root / "var/lib/flatpak/exports/bin/org.libreoffice.LibreOffice"


def _newest_first(folder: Path, pattern: str) -> list[Path]:
    def numbers(path: Path) -> list[int]:
        return [int(number) for number in re.findall(r"\d+", path.relative_to(folder).as_posix())]

    return sorted(folder.glob(pattern), key=numbers, reverse=True)


def find_office(machine: Machine, settings: Mapping[str, str] | None = None) -> Office:
    """The first LibreOffice that is recent enough and not walled in.

    Raises:
        MarginError: ``#N/A`` when there is none; it says what was found instead, and how to get one.
    """
    found = list(offices(machine, settings))
    for office in found:
        if office.is_recent and not office.is_walled_in:
            return office
    oldest = "{}.{}".format(*OLDEST_LIBREOFFICE)
    if not found:
        named = machine.environment.get(VARIABLE)
        problem = f"there is no program {named}, which {VARIABLE} names" if named else "LibreOffice wasn't found"
    elif found[0].is_walled_in:
        problem = f"{found[0].name} comes in a box of its own (snap, flatpak) and can't reach optmargin outside"
    else:
        problem = (
            f"{found[0].name} is older than {oldest}, so it doesn't know the functions of a workbook by their names"
        )
    raise MarginError(ErrorCode.MISSING, problem, how_to_get(machine))


def how_to_get(machine: Machine) -> str:
    """How a LibreOffice that is recent enough is got on this kind of machine."""
    oldest = "{}.{}".format(*OLDEST_LIBREOFFICE)
    if machine.platform == "win32":
        return f"install {oldest} or later from libreoffice.org, or set {VARIABLE} to its soffice.com"
    if machine.platform == "darwin":
        return f"run 'brew install --cask libreoffice' for {oldest} or later, or set {VARIABLE} to its soffice"
    return (
        f"install {oldest} or later: on Debian 12 as root 'bash install/libreoffice.sh' does it, elsewhere take your distribution's "
        f"or libreoffice.org's; or set {VARIABLE} to its soffice"
    )
