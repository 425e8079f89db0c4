"""``optmargin install excel``, ``uninstall excel`` and ``doctor excel``: on Windows, for the user who types it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from optmargin import __version__
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.hosts.checks import Check
from optmargin.hosts.excel.places import Places, places, write_config, write_record

if TYPE_CHECKING:
    from optmargin.hosts.excel.registry import Registry

WINDOWS = "win32"
ELSEWHERE = "in LibreOffice: optmargin install libreoffice; in Excel for Mac or the web: see xlwings Lite in the README"
_SETTINGS = """\
# Settings of optmargin; read when Excel starts Python. Take the # away from a line to use it.
# book = "ibkr"            # the rule book of cells that name none
# as_of = 2026-11-20       # the day whose terms apply; left out: the book's latest
# decimal_comma = true     # text such as "4,500" is four and a half
"""


def install(
    *,
    environment: Mapping[str, str] = os.environ,
    home: Path | None = None,
    platform: str = sys.platform,
    interpreter: Path | None = None,
) -> Iterator[str]:
    """Builds the add-in for the installed xlwings and puts it where Excel loads it; safe to run again.

    Args:
        environment: APPDATA and USERPROFILE say where.
        home: the home folder where USERPROFILE is missing.
        platform: the system, as Python names it.
        interpreter: the Python that answers; this one unless said otherwise.

    Returns:
        Sentences saying what was done; the last says what remains for the user.

    Raises:
        MarginError: when it isn't Windows, when Excel holds the add-in open, or when it can't be built.
    """
    from optmargin.hosts.excel.addin_file import build

    where = _places(environment, home, platform)
    python = interpreter or Path(sys.executable)
    if not python.is_file():
        raise MarginError(
            ErrorCode.MISSING, f"there is no Python at {python}", "name the python.exe of your environment"
        )
    with _writing(where.addin):
        where.addin.parent.mkdir(parents=True, exist_ok=True)
        build(where.addin)
    yield f"built the add-in of optmargin {__version__}: {where.addin}"
    with _writing(where.config):
        write_config(where.config, python)
    yield f"told it which Python answers, {python}: {where.config}"
    with _writing(where.record):
        write_record(where.record, where.addin)
    if not where.settings.exists():
        with _writing(where.settings):
            where.settings.parent.mkdir(parents=True, exist_ok=True)
            where.settings.write_text(_SETTINGS, encoding="utf-8")
        yield f"wrote a settings file for you to change: {where.settings}"
    yield "What remains for you: close Excel and start it again, then type =SLOTS(100000) in a cell. It shows 200."


def uninstall(
    *, environment: Mapping[str, str] = os.environ, home: Path | None = None, platform: str = sys.platform
) -> Iterator[str]:
    """Takes away what :func:`install` put there, but for the user's settings.

    Raises:
        MarginError: when it isn't Windows, or Excel holds the add-in open.
    """
    where = _places(environment, home, platform)
    gone = [path for path in (where.addin, where.config, where.record) if path.is_file()]
    for path in gone:
        with _writing(path):
            path.unlink()
        yield f"removed {path}"
    if not gone:
        yield "there was nothing to remove: the add-in isn't installed"
    if where.settings.exists():
        yield f"kept your settings: {where.settings}"
    if gone:
        yield "What remains for you: close Excel. Cells with functions of optmargin show #NAME? from its next start on."


def doctor(
    *,
    environment: Mapping[str, str] = os.environ,
    home: Path | None = None,
    platform: str = sys.platform,
    interpreter: Path | None = None,
    registry: Registry | None = None,
    run: Callable[[list[str]], tuple[int, str]] | None = None,
) -> list[Check]:
    """What is well with the add-in and what isn't: each failure that users of xlwings report has its check.

    Args:
        environment: APPDATA and USERPROFILE say where.
        home: the home folder where USERPROFILE is missing.
        platform: the system, as Python names it.
        interpreter: the Python that should answer; this one unless said otherwise.
        registry: Windows' unless said otherwise.
        run: runs a command, and gives its exit code and what it said on the error stream.
    """
    from optmargin.hosts.excel.checkup import Installation, checks, not_windows, run_command
    from optmargin.hosts.excel.registry import WindowsRegistry

    if platform != WINDOWS:
        return [not_windows(platform, ELSEWHERE)]
    installation = Installation(
        places=_places(environment, home, platform),
        interpreter=interpreter or Path(sys.executable),
        registry=registry or WindowsRegistry(),
        run=run or run_command,
    )
    return checks(installation)


def _places(environment: Mapping[str, str], home: Path | None, platform: str) -> Places:
    if platform != WINDOWS:
        raise MarginError(ErrorCode.VALUE, f"the add-in is for Excel on Windows, and this is {platform}", ELSEWHERE)
    return places(environment, home or Path.home())


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turns a refusal of Windows to write a file into a sentence."""
    try:
        yield
    except PermissionError:
        problem = f"{path} can't be written: it is open in Excel, or not yours to write"
        raise MarginError(ErrorCode.REFERENCE, problem, "close every window of Excel and run this again") from None
    except OSError as error:
        raise MarginError(ErrorCode.REFERENCE, f"{path} can't be written: {error}", "") from None
