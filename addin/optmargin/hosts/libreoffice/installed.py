"""Where LibreOffice holds the extension: for the user or for every user, and for which environment it was built."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from optmargin.hosts.libreoffice.build import ENVIRONMENT, OXT
from optmargin.hosts.libreoffice.configuration import IDENTIFIER
from optmargin.hosts.libreoffice.environment import this_environment
from optmargin.hosts.libreoffice.office import Office

_MAGIC, _APART = b"Pmp1", b"\xff"


@dataclass(frozen=True, slots=True)
class Installed:
    """The extension as LibreOffice holds it.

    Attributes:
        folder: where its files lie.
        is_shared: whether every user has it.
        environment: what the installer wrote down about the environment; empty where that can't be read.
    """

    folder: Path
    is_shared: bool
    environment: Mapping[str, Any]


def installed(office: Office) -> Iterator[Installed]:
    """Where LibreOffice holds the extension: for the user, for every user, or both.

    That a folder with it lies there says little: those of versions that were replaced or removed stay until LibreOffice starts again.
    """
    own, shared = profile(office) / "user/uno_packages/cache", shared_packages(office)
    for place, names in (
        (own, _registered(own / "uno_packages.pmap")),
        (shared, _not_removed(shared / "uno_packages")),
    ):
        for name in names:
            folder = place / "uno_packages" / name / OXT
            yield Installed(folder, place is shared, _environment(folder))


def _registered(register: Path) -> Iterator[str]:
    """The folder that LibreOffice's register of a user's extensions names for this one; none where it isn't in there.

    The register (desktop/source/deployment/dp_persmap.cxx, manager/dp_activepackages.cxx) is ``Pmp1`` and then a line with a key and
    one with its value for each extension; the key is 0xFF and its identifier, the value begins with the folder's name, up to 0xFF.
    """
    try:
        lines = register.read_bytes().removeprefix(_MAGIC).split(b"\n")
    except OSError:
        return
    value = dict(zip(lines[::2], lines[1::2], strict=False)).get(_APART + IDENTIFIER.encode("ascii"))
    if value is not None:
        yield f"{value.partition(_APART)[0].decode('utf-8', 'replace')}_"


def _not_removed(folder: Path) -> Iterator[str]:
    """The folders of the extension among those of all users, which no register names (manager/dp_manager.cxx): a mark says what is gone."""
    for path in sorted(folder.glob(f"*_/{OXT}")):
        name = path.parent.name
        if not (folder / f"{name.removesuffix('_')}removed").exists():
            yield name


def _environment(folder: Path) -> Mapping[str, Any]:
    """What the installer wrote down; empty where that can't be read, or isn't all that an installer writes."""
    try:
        found = json.loads((folder / ENVIRONMENT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and found.keys() >= this_environment().keys() else {}


def profile(office: Office) -> Path:
    """The user's profile folder of a LibreOffice."""
    machine = office.machine
    if given := office.settings.get("UserInstallation"):
        return _path_of(given)
    if machine.platform == "win32":
        return Path(machine.environment.get("APPDATA", machine.home / "AppData/Roaming")) / "LibreOffice/4"
    if machine.platform == "darwin":
        return machine.home / "Library/Application Support/LibreOffice/4"
    return Path(machine.environment.get("XDG_CONFIG_HOME") or machine.home / ".config") / "libreoffice/4"


def shared_packages(office: Office) -> Path:
    """The folder of the extensions that are installed for every user of a LibreOffice."""
    if given := office.settings.get("UNO_SHARED_PACKAGES_CACHE"):
        return _path_of(given)
    share = office.folder.parent / ("Resources" if office.machine.platform == "darwin" else "share")
    return share / "uno_packages/cache"


def _path_of(url: str) -> Path:
    return Path(url2pathname(urlsplit(url).path)) if url.startswith("file:") else Path(url)
