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
from optmargin.hosts.libreoffice.office import Office


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
    """Where LibreOffice holds the extension: for the user, for every user, or both."""
    places = ((profile(office) / "user/uno_packages/cache", False), (shared_packages(office), True))
    for place, is_shared in places:
        for folder in sorted(place.glob(f"uno_packages/*_/{OXT}")):
            # What was removed stays until LibreOffice starts again, under a mark.
            if folder.parent.with_name(f"{folder.parent.name.removesuffix('_')}removed").exists():
                continue
            try:
                environment = json.loads((folder / ENVIRONMENT).read_text(encoding="utf-8"))
            except (OSError, ValueError):
                environment = {}
            yield Installed(folder, is_shared, environment)


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
