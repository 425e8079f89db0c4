"""LibreOffice is found where Linux, macOS and Windows keep it, and what is found instead of a fit one is said. Machines are made up."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from made_up_office import program, soffice
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.hosts.libreoffice.environment import fit_python
from optmargin.hosts.libreoffice.installed import profile, shared_packages
from optmargin.hosts.libreoffice.office import Machine, Office, find_office, offices

HERE = {"python": "3.12", "prefix": "/home/you/env"}


def linux(root: Path, **variables: str) -> Machine:
    return Machine("linux", {"PATH": "", **variables}, root / "home/you", root, is_root=False)


def found(machine: Machine, settings: Mapping[str, str] | None = None) -> str:
    """Where the LibreOffice is that would be used, from the root of the machine."""
    return find_office(machine, settings).soffice.relative_to(machine.root).as_posix()


def test_debians_is_found_where_the_path_leads(tmp_path: Path) -> None:
    programs = soffice(tmp_path / "usr/lib/libreoffice/program/soffice", "25.2.3.2").parent
    (tmp_path / "usr/bin").mkdir()
    (tmp_path / "usr/bin/soffice").symlink_to(programs / "soffice")
    office = find_office(linux(tmp_path, PATH=str(tmp_path / "usr/bin")))
    assert office.soffice == tmp_path / "usr/bin/soffice"
    assert office.name == f"LibreOffice 25.2 ({tmp_path / 'usr/bin/soffice'})"
    assert office.version == (25, 2)
    assert office.unopkg == programs / "unopkg"
    assert len(list(offices(office.machine))) == 1  # the link and what it leads to are one


def test_the_newest_that_was_unpacked_in_opt_is_taken(tmp_path: Path) -> None:
    for version in ("24.8", "25.8", "25.10"):
        soffice(tmp_path / f"opt/libreoffice{version}/program/soffice", f"{version}.1.1")
    assert found(linux(tmp_path)) == "opt/libreoffice25.10/program/soffice"


def test_a_recent_one_is_preferred_to_an_old_one_on_the_path(tmp_path: Path) -> None:
    soffice(tmp_path / "usr/bin/soffice", "7.4.7.2")
    soffice(tmp_path / "opt/libreoffice26.2/program/soffice", "26.2.0.3")
    assert found(linux(tmp_path, PATH=str(tmp_path / "usr/bin"))) == "opt/libreoffice26.2/program/soffice"


def test_macs_application_is_found_for_all_and_for_one(tmp_path: Path) -> None:
    machine = Machine("darwin", {"PATH": ""}, tmp_path / "Users/you", tmp_path, is_root=False)
    own = soffice(tmp_path / "Users/you/Applications/LibreOffice.app/Contents/MacOS/soffice", "26.2.1.2")
    assert find_office(machine).soffice == own
    soffice(tmp_path / "Applications/LibreOffice.app/Contents/MacOS/soffice", "26.2.1.2")
    python = program(tmp_path / "Applications/LibreOffice.app/Contents/Resources/python", "echo 3.12")
    (python.parent / "pythonloader.py").touch()
    office = find_office(machine)
    assert office.soffice.relative_to(tmp_path).parts[0] == "Applications"
    assert office.python is not None
    assert office.python.resolve() == python
    assert fit_python(office, HERE) == "3.12"
    assert profile(office) == tmp_path / "Users/you/Library/Application Support/LibreOffice/4"
    assert shared_packages(office) == tmp_path / "Applications/LibreOffice.app/Contents/Resources/uno_packages/cache"


def test_windows_is_found_in_its_folders_for_programs(tmp_path: Path) -> None:
    variables = {"ProgramFiles": str(tmp_path / "Program Files"), "APPDATA": str(tmp_path / "Roaming")}
    machine = Machine("win32", variables, tmp_path / "you", tmp_path, is_root=False)
    programs = soffice(tmp_path / "Program Files/LibreOffice/program/soffice.com", "26.2.1.2").parent
    program(programs / "python.exe", "echo 3.12")
    (programs / "pythonloader.py").touch()
    office = find_office(machine)
    assert office.soffice.name == "soffice.com"  # soffice.exe doesn't wait and prints nothing
    assert office.unopkg == programs / "unopkg.com"
    assert fit_python(office, HERE) == "3.12"
    assert profile(office) == tmp_path / "Roaming/LibreOffice/4"
    assert shared_packages(office) == tmp_path / "Program Files/LibreOffice/share/uno_packages/cache"


def test_the_one_that_is_named_is_taken_alone(tmp_path: Path) -> None:
    soffice(tmp_path / "usr/bin/soffice", "25.2.3.2")
    named = soffice(tmp_path / "elsewhere/soffice", "24.8.0.1")
    assert find_office(linux(tmp_path, OPTMARGIN_SOFFICE=str(named))).soffice == named


def refused(machine: Machine) -> MarginError:
    with pytest.raises(MarginError) as caught:
        find_office(machine)
    assert caught.value.code is ErrorCode.MISSING
    assert "24.8 or later" in caught.value.remedy
    return caught.value


def test_none_at_all_says_how_to_get_one_on_each_system(tmp_path: Path) -> None:
    said = {}
    for platform in ("linux", "darwin", "win32"):
        error = refused(Machine(platform, {"PATH": ""}, tmp_path, tmp_path, is_root=False))
        assert error.problem == "LibreOffice wasn't found"
        said[platform] = error.remedy
    assert "install/libreoffice.sh" in said["linux"]
    assert "brew install --cask libreoffice" in said["darwin"]
    assert "soffice.com" in said["win32"]


def test_a_name_that_leads_nowhere_is_said(tmp_path: Path) -> None:
    soffice(tmp_path / "usr/bin/soffice", "25.2.3.2")
    assert "no program /nowhere/soffice" in refused(linux(tmp_path, OPTMARGIN_SOFFICE="/nowhere/soffice")).problem


@pytest.mark.parametrize("version", ["7.4.7.2", "24.2.0.3"])
def test_an_old_one_is_named_with_its_version(tmp_path: Path, version: str) -> None:
    soffice(tmp_path / "usr/bin/soffice", version)
    problem = refused(linux(tmp_path)).problem
    assert problem.startswith(f"LibreOffice {version.rpartition('.')[0].rpartition('.')[0]} (")
    assert "older than 24.8" in problem


@pytest.mark.parametrize("path", ["snap/bin/libreoffice", "var/lib/flatpak/exports/bin/org.libreoffice.LibreOffice"])
def test_one_that_is_walled_in_is_said_to_be(tmp_path: Path, path: str) -> None:
    soffice(tmp_path / path, "25.8.1.1")
    assert "can't reach optmargin outside" in refused(linux(tmp_path)).problem


def test_one_that_says_no_version_or_doesnt_start_is_of_unknown_version(tmp_path: Path) -> None:
    program(tmp_path / "usr/bin/soffice", "exit 3")
    assert "of unknown version" in refused(linux(tmp_path)).problem
    (tmp_path / "usr/bin/soffice").write_text("no program", encoding="utf-8")
    assert "of unknown version" in refused(linux(tmp_path)).problem


# Its Python


def debians(root: Path, linked: str | None) -> Office:
    """Debian's LibreOffice, with python3-uno where it is linked with a Python."""
    programs = soffice(root / "usr/lib/libreoffice/program/soffice", "25.2.3.2").parent
    if linked:
        (programs / "pythonloader.py").touch()
        (programs / "libpyuno.so").write_bytes(b"\x7fELF\0libuno_sal.so.3\0libpython" + linked.encode() + b".so.1.0\0")
        program(root / f"usr/bin/python{linked}", f"echo {linked}")
    return find_office(linux(root))


def unfit(office: Office, **environment: str) -> MarginError:
    with pytest.raises(MarginError) as caught:
        fit_python(office, {**HERE, **environment})
    return caught.value


def test_the_systems_python_that_it_is_linked_with_is_its_own(tmp_path: Path) -> None:
    office = debians(tmp_path, "3.12")
    assert office.python == tmp_path / "usr/bin/python3.12"
    assert fit_python(office, HERE) == "3.12"


def test_debians_without_its_package_for_python_is_said(tmp_path: Path) -> None:
    error = unfit(debians(tmp_path, None))
    assert "can't run Python" in error.problem
    assert "apt-get install python3-uno" in error.remedy


def test_another_python_than_the_environments_is_named_with_what_helps(tmp_path: Path) -> None:
    error = unfit(debians(tmp_path, "3.13"))
    assert "runs Python 3.13, and optmargin is installed for Python 3.12 in /home/you/env" in error.problem
    assert "make an environment with Python 3.13" in error.remedy


def test_a_python_that_is_too_old_for_optmargin_wants_a_newer_libreoffice(tmp_path: Path) -> None:
    error = unfit(debians(tmp_path, "3.9"))
    assert "runs Python 3.9" in error.problem
    assert "take a newer LibreOffice" in error.remedy


def test_a_python_that_cant_be_found_is_said(tmp_path: Path) -> None:
    programs = soffice(tmp_path / "opt/libreoffice26.2/program/soffice", "26.2.0.3").parent
    (programs / "pythonloader.py").touch()
    assert "the Python of LibreOffice 26.2" in unfit(find_office(linux(tmp_path))).problem
    program(programs / "python", "exit 1")
    assert "wasn't found" in unfit(find_office(linux(tmp_path))).problem
