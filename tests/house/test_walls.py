"""The walls between the rooms: who may import whom, which room may know which library, and a light start.

The rooms and the reasons stand in ``addin/docs/decisions/0001-rooms-and-walls.md``. Imports are read from the source,
not from a run, so that those in functions, under TYPE_CHECKING and through ``importlib.import_module`` count as well.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = "optmargin"
ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "addin" / PACKAGE

MAY_IMPORT: dict[str, set[str]] = {
    "core": set(),
    "rules": {"core"},
    "margin": {"core", "rules"},
    "risk": {"core", "rules"},
    "sizing": {"core"},
    "brokers": {"core"},
    "functions": {"core", "rules", "margin", "risk", "sizing"},
    "report": {"core", "rules", "margin", "risk", "sizing"},
    "workbook": {"core", "rules", "margin", "risk", "sizing", "report", "functions"},
    "batch": {"core", "rules", "margin", "risk", "sizing", "report", "workbook", "brokers"},
    "hosts": {"core", "rules", "margin", "risk", "sizing", "brokers", "functions", "report", "workbook", "batch"},
}
"""Every room, and the other rooms that it may import. A host (``hosts/excel``) never imports another host."""

MAY_SET_UP = {"terminal": "setup"}
"""The one exception: `optmargin install excel` is typed in the terminal, which asks that host's module ``setup``."""

KNOWS_NO_SPREADSHEET = {"core", "rules", "margin", "risk", "sizing", "functions", "report"}
SPREADSHEETS = {"xlwings", "openpyxl", "uno", "unohelper"}
PANDAS_ROOMS = {"brokers", "report", "batch", "workbook", "hosts"}

HEAVY = {"pandas", "openpyxl", "scipy", "xlwings", "rich"}
"""Slow to import: imported inside the function that uses them, so that the program starts light."""

HEAVY_AT_THE_TOP = {"workbook": {"openpyxl"}, "hosts/excel": {"xlwings"}, "hosts/terminal/show": {"rich"}}
"""Where a heavy library may stand at the top of a module all the same, since the room is nothing without it."""


@dataclass(frozen=True)
class Import:
    """One imported name: as written out in full, where, and whether it is imported when the module is."""

    name: str
    line: int
    at_the_top: bool


def imports(path: Path, module: str) -> Iterator[Import]:
    """Every import in a source file; ``from a import b`` gives ``a.b``, and relative ones are written out in full."""
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    parents = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    pending: list[tuple[ast.AST, bool]] = [(tree, True)]
    while pending:
        node, at_the_top = pending.pop()
        match node:
            case ast.Import():
                for alias in node.names:
                    yield Import(alias.name, node.lineno, at_the_top)
            case ast.ImportFrom():
                base = parents[: len(parents) - node.level + 1] if node.level else []
                origin = ".".join([*base, *([node.module] if node.module else [])])
                for alias in node.names:
                    yield Import(f"{origin}.{alias.name}", node.lineno, at_the_top)
            case ast.Call(args=[ast.Constant(value=str(name)), *_]) if called(node) in {"import_module", "__import__"}:
                yield Import(name.lstrip("."), node.lineno, at_the_top)
            case ast.If() if asks_type_checking(node.test):
                pending += [(child, False) for child in node.body] + [(child, at_the_top) for child in node.orelse]
                continue
        runs_later = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        pending += [(child, at_the_top and not runs_later) for child in ast.iter_child_nodes(node)]


def called(node: ast.Call) -> str:
    """The bare name of what a call calls."""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def asks_type_checking(test: ast.expr) -> bool:
    """Whether a condition is ``TYPE_CHECKING``."""
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
    return False


def offences(source: Path) -> list[str]:
    """What stands against the walls in the package at ``source``, as sentences with file and line."""
    found = [
        f"{source.name}/{entry.name}: no room of this name is in the list of rooms"
        for entry in sorted(source.iterdir())
        if entry.is_dir() and entry.name not in MAY_IMPORT and any(entry.rglob("*.py"))
    ]
    for path in sorted(source.rglob("*.py")):
        relative = path.relative_to(source)
        inside = [*relative.parts[:-1], *([] if path.name == "__init__.py" else [path.stem])]
        for imported in imports(path, ".".join([PACKAGE, *inside])):
            problem = offence(source, inside, imported)
            if problem:
                found.append(f"{PACKAGE}/{relative.as_posix()}:{imported.line}: {problem}")
    return found


def offence(source: Path, inside: list[str], imported: Import) -> str:
    """What is wrong with one import of the module ``inside`` the package; empty when nothing is."""
    room = inside[0] if inside else ""
    parts = imported.name.split(".")
    if parts[0] == "addin":
        return "addin is a folder, not a package"
    if parts[0] == PACKAGE:
        return wrong_room(source, room, inside, parts[1:])
    return wrong_library(room, inside, parts[0], imported)


def wrong_room(source: Path, room: str, inside: list[str], wanted: list[str]) -> str:
    """What is wrong with importing ``wanted``, a name inside the package, in the module ``inside`` it."""
    if not wanted or (wanted[0].startswith("__") and wanted[0] != "__main__"):
        return ""  # the package itself, or its version
    other = wanted[0]
    if other not in MAY_IMPORT:
        return f"{PACKAGE}.{other} is not in the list of rooms"
    if room == "__main__":
        return "" if other == "hosts" else f"__main__ opens a host, and does not import {other}"
    if not room:
        return f"importing {PACKAGE} imports nothing else, not even {other}"
    if other == room == "hosts":
        return wrong_host(source, inside[1:2], wanted[1:])
    if other != room and other not in MAY_IMPORT.get(room, set()):
        return f"{room} may not import {other}"
    return ""


def wrong_host(source: Path, host: list[str], other: list[str]) -> str:
    """What is wrong with one host importing another; a name that the room itself defines belongs to all of them."""
    if not other or other[:1] == host:
        return ""
    if host and MAY_SET_UP.get(host[0]) in other[1:2]:
        return ""
    if not (source / "hosts" / other[0]).is_dir():
        return ""  # what stands beside the hosts belongs to all of them
    return f"hosts/{host[0]} may not import hosts/{other[0]}" if host else f"hosts imports {other[0]}, one of its hosts"


def wrong_library(room: str, inside: list[str], library: str, imported: Import) -> str:
    """What is wrong with a library in a room."""
    if library in SPREADSHEETS and room in KNOWS_NO_SPREADSHEET:
        return f"{room} has never heard of {library}"
    if library == "pandas" and room not in PANDAS_ROOMS:
        return f"{room} may not import pandas, which appears at the edges only"
    allowed = (
        HEAVY_AT_THE_TOP.get(room, set())
        | HEAVY_AT_THE_TOP.get("/".join(inside[:2]), set())
        | HEAVY_AT_THE_TOP.get("/".join(inside), set())
    )
    if imported.at_the_top and library in HEAVY - allowed:
        return f"{library} is slow to import; import it in the function that uses it"
    return ""


def in_a_new_python(code: str, folder: Path) -> str:
    """What a piece of code prints in a new interpreter that knows the installed package only."""
    run = subprocess.run([sys.executable, "-I", "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def packages_loaded_by(module: str, folder: Path) -> set[str]:
    """Top-level packages that importing a module loads, without those that Python itself had loaded or brings."""
    code = (
        "import sys, importlib\n"
        "before = {name.partition('.')[0] for name in sys.modules}\n"
        f"importlib.import_module({module!r})\n"
        "print(*({name.partition('.')[0] for name in sys.modules} - before - set(sys.stdlib_module_names)))\n"
    )
    return set(in_a_new_python(code, folder).split())


def test_no_module_imports_through_a_wall() -> None:
    assert not offences(SOURCE), "\n" + "\n".join(offences(SOURCE))


def test_the_package_has_the_rooms_that_the_walls_are_about() -> None:
    assert SOURCE.is_dir()
    assert {"core", "rules", "margin"} <= {entry.name for entry in SOURCE.iterdir() if entry.is_dir()}


def test_importing_optmargin_loads_no_third_party_module(tmp_path: Path) -> None:
    assert packages_loaded_by("optmargin", tmp_path) == {"optmargin"}


def test_the_command_line_starts_without_heavy_libraries(tmp_path: Path) -> None:
    assert not packages_loaded_by("optmargin.hosts.terminal.cli", tmp_path) & HEAVY


def test_no_package_named_addin_can_be_imported(tmp_path: Path) -> None:
    assert not (ROOT / "addin" / "__init__.py").exists()
    assert in_a_new_python("import importlib.util; print(importlib.util.find_spec('addin'))", tmp_path) == "None"


@pytest.mark.parametrize(
    ("file", "code", "said"),
    [
        ("core/a.py", "import optmargin.rules.book", "core may not import rules"),
        ("core/a.py", "from optmargin import margin", "core may not import margin"),
        ("core/a.py", "from ..rules.book import Book", "core may not import rules"),
        ("core/__init__.py", "from .. import rules", "core may not import rules"),
        ("core/deep/__init__.py", "from ...rules import book", "core may not import rules"),
        ("core/a.py", "def f():\n    from optmargin.rules import book", "core may not import rules"),
        ("core/a.py", "if TYPE_CHECKING:\n    from optmargin.rules import book", "core may not import rules"),
        ("core/a.py", "import importlib\nimportlib.import_module('optmargin.hosts')", "core may not import hosts"),
        ("rules/a.py", "from optmargin.margin import sweep", "rules may not import margin"),
        ("margin/a.py", "from optmargin.risk import span", "margin may not import risk"),
        ("sizing/a.py", "from optmargin.rules import book", "sizing may not import rules"),
        ("brokers/a.py", "from optmargin.rules import book", "brokers may not import rules"),
        ("functions/a.py", "from optmargin.report import records", "functions may not import report"),
        ("functions/a.py", "from optmargin.brokers import flex", "functions may not import brokers"),
        ("report/a.py", "from optmargin.workbook import fill", "report may not import workbook"),
        ("workbook/a.py", "from optmargin.brokers import flex", "workbook may not import brokers"),
        ("batch/a.py", "from optmargin.hosts.terminal import cli", "batch may not import hosts"),
        ("hosts/excel/a.py", "from optmargin.hosts.terminal import cli", "hosts/excel may not import hosts/terminal"),
        ("hosts/excel/a.py", "from optmargin.hosts import terminal", "hosts/excel may not import hosts/terminal"),
        ("hosts/excel/a.py", "from ..terminal import cli", "hosts/excel may not import hosts/terminal"),
        ("hosts/excel/a.py", "from ..terminal import setup", "hosts/excel may not import hosts/terminal"),
        ("hosts/terminal/a.py", "from optmargin.hosts.excel import names", "hosts/terminal may not import hosts/excel"),
        ("hosts/__init__.py", "from .terminal import cli", "hosts imports terminal, one of its hosts"),
        ("cellar/a.py", "", "no room of this name is in the list of rooms"),
        ("core/a.py", "from optmargin import cellar", "optmargin.cellar is not in the list of rooms"),
        ("core/a.py", "from optmargin import *", "optmargin.* is not in the list of rooms"),
        ("__init__.py", "from optmargin.core import money", "importing optmargin imports nothing else"),
        ("core/a.py", "import addin.optmargin.core", "addin is a folder"),
        ("report/a.py", "def f():\n    import openpyxl", "report has never heard of openpyxl"),
        ("functions/a.py", "import xlwings as xw", "functions has never heard of xlwings"),
        ("core/a.py", "def f():\n    import uno", "core has never heard of uno"),
        ("margin/a.py", "def f():\n    import pandas as pd", "margin may not import pandas"),
        ("core/a.py", "if TYPE_CHECKING:\n    import pandas as pd", "core may not import pandas"),
        ("report/a.py", "import pandas as pd", "pandas is slow to import"),
        (
            "risk/a.py",
            "try:\n    from scipy.stats import norm\nexcept ImportError:\n    pass",
            "scipy is slow to import",
        ),
        ("hosts/terminal/a.py", "class A:\n    import rich.table", "rich is slow to import"),
        ("hosts/terminal/a.py", "if not TYPE_CHECKING:\n    import rich", "rich is slow to import"),
    ],
)
def test_an_offence_is_caught(tmp_path: Path, file: str, code: str, said: str) -> None:
    found = offences(made_up_package(tmp_path, file, code))
    assert len(found) == 1, found
    assert said in found[0]


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("rules/a.py", "from optmargin.core.money import cents\nfrom . import terms\nfrom .terms import Terms"),
        ("functions/a.py", "from optmargin.sizing import slots\nfrom ..margin import sweep"),
        ("core/a.py", "from optmargin import __version__\nimport optmargin\nimport numpy as np"),
        ("batch/a.py", "from optmargin.brokers import flex\ndef f():\n    import pandas, rich"),
        ("workbook/a.py", "import openpyxl"),
        ("hosts/excel/a.py", "import xlwings\nfrom optmargin.functions import registry\nfrom .names import vba"),
        ("hosts/terminal/a.py", "from optmargin.batch import many\ndef f():\n    from rich.table import Table"),
        ("hosts/terminal/a.py", "from optmargin.hosts import WORD"),
        ("hosts/checks.py", "from optmargin.core.errors import Finding"),
        ("hosts/terminal/a.py", "def f():\n    from optmargin.hosts.excel import setup"),
        ("hosts/terminal/a.py", "def f():\n    from optmargin.hosts.excel.setup import install"),
        ("sizing/a.py", "if TYPE_CHECKING:\n    from scipy import sparse\nf = lambda: __import__('scipy')"),
        ("__main__.py", "from optmargin.hosts.terminal.cli import main"),
    ],
)
def test_what_is_allowed_is_not_an_offence(tmp_path: Path, file: str, code: str) -> None:
    assert offences(made_up_package(tmp_path, file, code)) == []


def made_up_package(folder: Path, file: str, code: str) -> Path:
    """A package with one module that holds the code, beside two hosts."""
    source = folder / PACKAGE
    for name in ("__init__.py", "hosts/terminal/cli.py", "hosts/excel/names.py", file):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("", encoding="utf-8")
    (source / file).write_text(code, encoding="utf-8")
    return source
