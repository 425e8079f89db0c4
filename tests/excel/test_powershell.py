"""``install/excel.ps1`` as far as it can be held without PowerShell: what it names is there."""

import re
from pathlib import Path

from packaging.requirements import Requirement

from optmargin.hosts.terminal.cli import main
from optmargin.hosts.terminal.doors import HOSTS

ROOT = Path(__file__).parents[2]
SCRIPT = (ROOT / "install" / "excel.ps1").read_text(encoding="ascii")
CODE = "\n".join(line for line in SCRIPT.splitlines() if not line.lstrip().startswith("#"))


def test_the_commands_that_it_gives_are_ours():
    asked = re.findall(r"\$Optmargin @\('(\w+)', '(\w+)'\)", CODE)
    assert asked == [("install", "excel"), ("doctor", "excel")]
    for command, host in asked:
        assert command in main.commands
        assert host in HOSTS


def test_the_files_that_it_names_are_there():
    named = re.findall(r"Join-Path \$PSScriptRoot '([^']+)'", CODE)
    assert sorted(named) == ["requirements-build.txt", "requirements.txt"]
    assert all((ROOT / "install" / name).is_file() for name in named)
    assert (ROOT / "pyproject.toml").is_file()  # $Root, which pip installs


def test_the_lock_holds_what_excel_needs_on_windows():
    lock = (ROOT / "install" / "requirements.txt").read_text(encoding="utf-8")
    pinned = [Requirement(line.rstrip(" \\")) for line in lock.splitlines() if re.match(r"[a-z]", line)]
    on_windows = {
        each.name for each in pinned if each.marker is None or each.marker.evaluate({"sys_platform": "win32"})
    }
    assert {"xlwings", "pywin32", "pyopenvba"} <= on_windows


def test_brackets_and_quotes_are_closed():
    bare = re.sub(r"'(?:[^']|'')*'", "''", CODE)
    bare = re.sub(r'"[^"]*"', '""', bare)
    for opening, closing in ("{}", "()", "[]"):
        assert bare.count(opening) == bare.count(closing), opening
    assert bare.replace("''", "").count("'") == 0
    assert "&&" not in bare  # PowerShell 5.1 has none
    assert "||" not in bare


def test_the_python_that_it_asks_for_is_the_projects():
    assert 'requires-python = ">=3.11"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert "sys.version_info >= (3, 11)" in CODE
    (asked,) = re.findall(r"\$Ask = '((?:[^']|'')*)'", CODE)
    compile(asked.replace("''", "'"), "excel.ps1", "exec")
