"""No file of the project names a machine, by a home folder or a registry mirror; the locks hold no address at all."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "install").glob("requirements*.txt"))
ZIPPED = {".xlsx", ".xlsm", ".xlam", ".ods", ".oxt"}

IGNORED = {".git", ".venv", "__pycache__", "build", "dist", "out"}
IGNORED |= {".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"}

# written in halves, so that this file is not its own offence
FORBIDDEN = {
    "the path of a home folder": re.compile(
        r"(?<![\w./])/(?:home|Users)/(?!you\b|me\b|name\b|user\b)\w|(?<![\w./])/ro" + r"ot/[\w.]"
    ),
    "the path of a home folder on Windows": re.compile(r"(?i)\b[a-z]:[\\/]+users[\\/]+(?!you\b|me\b|name\b|user\b)\w"),
    "the path of a build machine": re.compile(r"(?<![\w.])/wo" + r"rk/"),
    "the address of a package index": re.compile(
        r"(?i)(?:index[-_]url|find[-_]links)[\s\"']*[=:]?[\s\"']*(?:https?|file)://|https?://[^\s\"'<>]*/simp" + r"le\b"
    ),
    "the name of a machine": re.compile(r"\bfar" + r"m-|before-st" + r"op"),
}


def project_files() -> list[Path]:
    """Every file that git tracks or would track; without git, every file outside the ignored folders."""
    git = shutil.which("git")
    if git:
        command = [git, "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
        if listed.returncode == 0 and listed.stdout:
            return sorted(
                path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()
            )
    return sorted(
        path for path in ROOT.rglob("*") if path.is_file() and not IGNORED & set(path.relative_to(ROOT).parts)
    )


def texts(path: Path) -> Iterator[tuple[str, str]]:
    """Name and text of a file, or of each member of a workbook; nothing for what is not text."""
    if path.suffix in ZIPPED:
        with zipfile.ZipFile(path) as archive:
            contents = [(f"{path.name}!{member}", archive.read(member)) for member in archive.namelist()]
    else:
        contents = [(path.name, path.read_bytes())]
    for name, content in contents:
        if b"\0" not in content:
            yield name, content.decode("utf-8", errors="replace")


def complaints(path: Path) -> list[str]:
    """What a file should not hold, with the line."""
    found = []
    for name, text in texts(path):
        for number, line in enumerate(text.splitlines(), start=1):
            found += [
                f"{name}:{number}: {what}: {line.strip()[:120]}"
                for what, sign in FORBIDDEN.items()
                if sign.search(line)
            ]
            if path.suffix == ".py" and "\t" in line:
                found.append(f"{name}:{number}: a tab; Python is indented with spaces here")
    return found


def locked(lock: Path) -> list[tuple[Requirement, str]]:
    """Each requirement of a lock with its text, hashes and all."""
    joined = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]
    return [(Requirement(line.partition("--hash")[0].strip()), line) for line in lines]


def test_no_file_names_a_machine_or_holds_a_tab_in_python() -> None:
    files = project_files()
    found = [
        f"{path.relative_to(ROOT).parent.as_posix()}/{complaint}" for path in files for complaint in complaints(path)
    ]
    assert len(files) > 10
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_holds_no_address_and_a_hash_for_every_package(lock: Path) -> None:
    assert "://" not in lock.read_text(encoding="utf-8")
    for requirement, line in locked(lock):
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), line[:120]
        assert "--hash=sha256:" in line, line[:120]


@pytest.mark.parametrize(("lock", "extras"), [("requirements.txt", []), ("requirements-dev.txt", ["dev"])])
def test_the_locks_hold_what_pyproject_asks_for(lock: str, extras: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(text for extra in extras for text in project["optional-dependencies"][extra])]
    pinned = [
        (canonicalize_name(requirement.name), str(requirement.specifier)[2:])
        for requirement, _ in locked(ROOT / "install" / lock)
    ]
    for requirement in map(Requirement, wanted):
        versions = [version for name, version in pinned if name == canonicalize_name(requirement.name)]
        assert versions, f"{requirement.name} is not in {lock}; run install/lock.sh"
        assert all(requirement.specifier.contains(version) for version in versions), (
            f"{requirement}: run install/lock.sh"
        )


@pytest.mark.parametrize(
    "line",
    [
        "open('/ho" + "me/ann/book.csv')",
        "see /Us" + "ers/ann/book.csv",
        "/ro" + "ot/.cache",
        "C:\\Us" + "ers\\ann\\book.xlsx",
        "cp /wo" + "rk/main/a b",
        "--index-url ht" + "tps://mirror.example/pypi",
        "PIP_EXTRA_INDEX_URL=fi" + "le:///srv/wheels",
        "ht" + "tps://mirror.example/artifactory/api/pypi/x/simp" + "le/numpy",
        "runner far" + "m-07",
        "\tindented = True",
    ],
)
def test_an_unclean_line_is_caught(tmp_path: Path, line: str) -> None:
    path = tmp_path / "unclean.py"
    path.write_text(f"first = 1\n{line}\n", encoding="utf-8")
    assert [complaint.split(":")[1] for complaint in complaints(path)] == ["2"]


@pytest.mark.parametrize(
    "line",
    [
        "https://pypi.org/project/numpy/",
        "/home/you/optmargin",
        r"C:\Users\you\AddIns",
        "--no-emit-index-url",
        "frame//root/x",
    ],
)
def test_a_clean_line_is_left_alone(tmp_path: Path, line: str) -> None:
    (tmp_path / "clean.md").write_text(line, encoding="utf-8")
    assert complaints(tmp_path / "clean.md") == []


def test_a_workbook_is_looked_into(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w") as archive:
        archive.writestr("docProps/app.xml", "<Path>/ho" + "me/ann/</Path>")
    assert len(complaints(tmp_path / "book.xlsx")) == 1
