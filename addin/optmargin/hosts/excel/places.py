"""Where the add-in and what belongs to it stand on a Windows machine, and the settings file by which Excel finds Python."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions.settings import settings_path
from optmargin.hosts.excel.addin_file import FILE_NAME, PROJECT

INTERPRETER = "INTERPRETER_WIN"
# xlwings' VBA reads the file in the letters of the machine's code page, not in UTF-8.
_LETTERS = "mbcs" if os.name == "nt" else "cp1252"
_LINE = re.compile(r'^"([^"]*)","([^"]*)"$')


@dataclass(frozen=True, slots=True)
class Places:
    """The files of one user.

    Attributes:
        addin: where Excel loads it from when it starts.
        config: tells the add-in's VBA which Python to start. xlwings' VBA fixes its name and folder.
        record: what was installed last, so that a file that is gone or was changed is noticed.
        settings: the user's own settings, which stay when the add-in goes.
    """

    addin: Path
    config: Path
    record: Path
    settings: Path


def places(environment: Mapping[str, str], home: Path) -> Places:
    """The files of the user whose environment it is.

    Raises:
        MarginError: ``#N/A`` when the environment doesn't say where Windows keeps the settings of programs.
    """
    roaming = environment.get("APPDATA")
    if not roaming:
        problem = "the environment variable APPDATA is missing, so that Excel's folder isn't known"
        raise MarginError(ErrorCode.MISSING, problem, "run this in a command window of the user who uses Excel")
    profile = Path(environment.get("USERPROFILE") or home)
    own = profile / f".{PROJECT}"
    return Places(
        addin=Path(roaming) / "Microsoft" / "Excel" / "XLSTART" / FILE_NAME,
        config=own / f"{PROJECT}.conf",
        record=own / "installed.json",
        settings=settings_path(environment, profile),
    )


def write_config(path: Path, interpreter: Path) -> None:
    """Writes the file that names the Python of the add-in; other lines in it stay.

    Raises:
        MarginError: ``#VALUE!`` when the path of Python can't be written in the machine's letters.
    """
    ours = {
        INTERPRETER: str(interpreter),
        "UDF MODULES": "optmargin.hosts.excel.udfs",
        # A Python file beside a workbook that somebody sent must not be imported.
        "ADD_WORKBOOK_TO_PYTHONPATH": "false",
    }
    lines = {**(read_config(path) if path.is_file() else {}), **ours}
    text = "".join(f'"{key}","{value}"\r\n' for key, value in lines.items())
    try:
        content = text.encode(_LETTERS)
    except UnicodeEncodeError:
        problem = f"Excel's macros can't read the path {interpreter}: it has letters that this Windows lacks"
        raise MarginError(ErrorCode.VALUE, problem, "install optmargin in a folder with plain letters") from None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def read_config(path: Path) -> dict[str, str]:
    """The lines of the file: name and value; what isn't such a line is left out."""
    found = (_LINE.match(line.strip()) for line in path.read_bytes().decode(_LETTERS, "replace").splitlines())
    return {line[1].upper(): line[2] for line in found if line}


def fingerprint(path: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_record(path: Path, addin: Path) -> None:
    """Notes which add-in was written where."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"addin": str(addin), "sha256": fingerprint(addin)}, indent=2) + "\n", encoding="utf-8")


def read_record(path: Path) -> dict[str, str]:
    """What was installed last; empty when nothing was, or the note can't be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}
