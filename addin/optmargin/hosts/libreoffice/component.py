"""The component that Calc calls, inside LibreOffice's own Python: finds the environment where optmargin lives and hands cells over.

It is copied into the .oxt, beside ``environment.json``, which says where optmargin is installed. Whatever is wrong with that
environment becomes one sentence: the cells show ``#N/A``, MARGIN_WHY shows the sentence, and so does ``optmargin doctor libreoffice``,
which runs this file with LibreOffice's Python. So it is written for Pythons older than those that optmargin itself can do with.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

INTERFACE = "org.optmargin.XOptMargin"
SERVICE = "org.optmargin.Functions"

_HERE = Path(__file__).parent
_NEEDED = ("python", "prefix", "paths", "in_words")  # of what the installer wrote down
_NOT_AVAILABLE = struct.unpack("<d", struct.pack("<II", 0x7FFF, 0x7FF80000))[0]  # what Calc shows as #N/A
_ASK_THE_DOCTOR = "run 'optmargin doctor libreoffice' and follow it, then start LibreOffice anew"


class UnfitError(Exception):
    """The environment can't be used; its text is the sentence that a person reads.

    Attributes:
        problem: what was seen.
        remedy: what would help; empty where the doctor knows best.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem}; {remedy or _ASK_THE_DOCTOR}")
        self.problem, self.remedy = problem, remedy


def environment(folder: Path = _HERE) -> dict[str, Any]:
    """What the installer wrote down about the environment.

    Raises:
        UnfitError: when that can't be read.
    """
    problem = "the extension doesn't know where optmargin is installed"
    try:
        found = json.loads((folder / "environment.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnfitError(f"{problem}: {error}") from error
    missing = [key for key in _NEEDED if not isinstance(found, dict) or key not in found]
    if missing:
        raise UnfitError(f"{problem}: its environment.json lacks {', '.join(missing)}")
    return {key: found[key] for key in _NEEDED}


def open_environment(found: dict[str, Any]) -> ModuleType:
    """Makes the environment importable; the module of it that answers cells.

    Raises:
        UnfitError: when it was made for another Python, is gone, or lacks something, or when the user's settings can't be used.
    """
    runs, wanted, prefix = ".".join(map(str, sys.version_info[:2])), found["python"], found["prefix"]
    if runs != wanted:
        raise UnfitError(f"LibreOffice runs Python {runs}, and optmargin is installed for Python {wanted} in {prefix}")
    for path in found["paths"]:
        if not Path(path).exists():
            raise UnfitError(f"the Python environment {path} is gone, or may not be read")
    put_before_other_packages(found["paths"])
    try:
        from optmargin.functions import settings
        from optmargin.hosts.libreoffice import cells
    except Exception as error:
        # numpy explains a failed import in paragraphs.
        reason = str(error).strip().partition("\n")[0]
        raise UnfitError(f"Python {runs} can't use {prefix}: {type(error).__name__}: {reason}") from error
    try:
        settings.use(settings.read_settings())
    except Exception as error:
        raise UnfitError(getattr(error, "problem", str(error)), getattr(error, "remedy", "")) from error
    return cells


def put_before_other_packages(paths: list[str]) -> None:
    """Puts paths into Python's own list: behind the standard library, and before the packages of the system, which may hold another numpy."""
    others = [at for at, path in enumerate(sys.path) if "site-packages" in path or "dist-packages" in path]
    at = others[0] if others else len(sys.path)
    sys.path[at:at] = [path for path in paths if path not in sys.path]


@functools.lru_cache(maxsize=1)
def _opened() -> tuple[ModuleType | None, str, list[str] | None]:
    """What answers cells; or None, the sentence that says why nothing does, and which functions say it (None: all).

    Found once in a session.
    """
    found = None
    try:
        found = environment()
        return open_environment(found), "", []
    except UnfitError as unfit:
        return None, str(unfit), None if found is None else found["in_words"]


def answer(name: str, arguments: tuple[Any, ...], workbook: Any = None) -> tuple[tuple[Any, ...], ...]:
    """The rows of cells that a function answers to a workbook; None: to none, and days are counted as usual."""
    cells, problem, in_words = _opened()
    if cells is not None:
        first_day = () if workbook is None else (lambda: counted_from(workbook),)
        return cells.answer(name, arguments, *first_day)  # type: ignore[no-any-return]
    return ((problem if in_words is None or name in in_words else _NOT_AVAILABLE,),)


def counted_from(workbook: Any) -> dt.date:
    """The day that a workbook counts as 0, which its author may set."""
    first = workbook.getPropertyValue("NullDate")
    return dt.date(first.Year, first.Month, first.Day)


# What LibreOffice asks for. The class is made when it is first wanted: while the extension is being added, its types aren't known yet.


@functools.lru_cache(maxsize=1)
def _component() -> type:
    import uno
    import unohelper
    from com.sun.star.lang import XServiceInfo, XServiceName

    def asking(name: str) -> Callable[..., Any]:
        return lambda _, workbook, *arguments: answer(name, arguments, workbook)

    types = uno.getComponentContext().getValueByName("/singletons/com.sun.star.reflection.theTypeDescriptionManager")
    methods = types.getByHierarchicalName(INTERFACE).getMembers()
    members: dict[str, Any] = {name: asking(name) for name in (method.getMemberName() for method in methods)}
    members["getServiceName"] = members["getImplementationName"] = lambda _: SERVICE
    members["getSupportedServiceNames"] = lambda _: (SERVICE,)
    members["supportsService"] = lambda _, name: name == SERVICE
    return type("Functions", (unohelper.Base, uno.getClass(INTERFACE), XServiceInfo, XServiceName), members)


def getComponentFactory(name: str, manager: Any, key: Any) -> Any:  # noqa: N802 - LibreOffice's loader asks by this name
    """The factory of the component, as LibreOffice's Python loader asks for it."""
    import unohelper

    helper = unohelper.ImplementationHelper()
    helper.addImplementation(lambda *_: _component()(), SERVICE, (SERVICE,))
    return helper.getComponentFactory(name, key, manager)


def main(arguments: list[str]) -> None:
    """What the doctor runs in LibreOffice's Python: says on standard output whether the environment of a folder can be used."""
    said = {"python": ".".join(map(str, sys.version_info[:3]))}
    try:
        open_environment(environment(Path(arguments[0])))
        said["optmargin"], said["numpy"] = (sys.modules[name].__version__ for name in ("optmargin", "numpy"))
    except UnfitError as unfit:
        said["problem"], said["remedy"] = unfit.problem, unfit.remedy
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
