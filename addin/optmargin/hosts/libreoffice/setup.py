"""Installing optmargin in LibreOffice, removing it, and looking it over: ``optmargin install libreoffice`` and its siblings."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import optmargin
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions.all import functions
from optmargin.hosts.libreoffice.build import OXT, oxt
from optmargin.hosts.libreoffice.configuration import IDENTIFIER
from optmargin.hosts.libreoffice.doctor import doctor, example
from optmargin.hosts.libreoffice.environment import fit_python, places, this_environment
from optmargin.hosts.libreoffice.installed import installed
from optmargin.hosts.libreoffice.office import Machine, Office, find_office, offices

__all__ = ["Machine", "doctor", "install", "uninstall"]


def install(*, machine: Machine | None = None, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """Builds the extension for the environment in which optmargin runs and adds it to LibreOffice; root adds it for every user.

    Args:
        machine: where to look; this machine by default.
        settings: settings of LibreOffice's start, such as ``UserInstallation`` for another profile.

    Yields:
        What was done, and last what remains to be done.

    Raises:
        MarginError: when LibreOffice is missing or too old, its Python can't run this environment, or it refuses the extension.
    """
    office = find_office(machine or Machine(), settings)
    environment = this_environment()
    version = fit_python(office, environment)
    yield f"found {office.name}, which runs Python {version}"
    with tempfile.TemporaryDirectory(prefix="optmargin-") as folder:
        path = Path(folder) / OXT
        path.write_bytes(oxt(environment))
        shared = ["--shared"] if office.machine.is_root else []  # LibreOffice lets root install for all users only
        _unopkg(office, "add", "--force", *shared, *office.start_settings(), str(path))
    whom = "every user of this machine" if office.machine.is_root else "you"
    yield f"installed optmargin {optmargin.__version__} with its {len(functions())} functions for {whom}"
    if office.machine.is_root:
        yield f"whoever uses it must be allowed to read {' and '.join(places(environment))}"
    yield "start LibreOffice anew; then the cell {} shows {}".format(*example())


def uninstall(*, machine: Machine | None = None, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """Removes the extension from every LibreOffice that has it; arguments as :func:`install`.

    Yields:
        What was done.

    Raises:
        MarginError: when LibreOffice won't let go of it, or only root may remove it.
    """
    removed = False
    for office in offices(machine or Machine(), settings):
        for found in installed(office):
            if found.is_shared and not office.machine.is_root:
                problem = f"{found.folder} is installed for every user"
                raise MarginError(ErrorCode.MISSING, problem, "run 'optmargin uninstall libreoffice' as root")
            shared = ["--shared"] if found.is_shared else []
            _unopkg(office, "remove", *shared, *office.start_settings(), IDENTIFIER)
            removed = True
            yield f"removed optmargin {found.environment.get('optmargin', 'of unknown version')} from {office.name}"
    yield "start LibreOffice anew" if removed else "optmargin isn't installed in LibreOffice"


def _unopkg(office: Office, *arguments: str) -> None:
    """Asks LibreOffice's program for extensions.

    Raises:
        MarginError: when it can't be started or refuses, with what it said.
    """
    try:
        done = office.run(office.unopkg, *arguments)
    except (OSError, subprocess.SubprocessError) as error:
        raise MarginError(
            ErrorCode.MISSING, f"{office.unopkg} can't be run: {error}", "mend that LibreOffice"
        ) from None
    if done.returncode:
        said = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        problem = said[0].removeprefix("ERROR: ").rstrip(".") if said else f"it ended with {done.returncode}"
        raise MarginError(ErrorCode.MISSING, f"{office.unopkg} says: {problem}", "close LibreOffice, then try again")
