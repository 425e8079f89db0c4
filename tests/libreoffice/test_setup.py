"""Installing, removing and looking over on made-up machines, whose LibreOffice is a few shell scripts; the real one is in test_calc.py."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

import optmargin
from made_up_office import program
from optmargin.core.errors import MarginError
from optmargin.functions.all import functions
from optmargin.hosts.checks import Check, Health
from optmargin.hosts.libreoffice.build import oxt
from optmargin.hosts.libreoffice.environment import this_environment
from optmargin.hosts.libreoffice.office import Machine
from optmargin.hosts.libreoffice.setup import doctor, install, uninstall

HERE = this_environment()
# The system's Python that the made-up LibreOffice is linked with answers as the real one would.
FIT = f'{{"python": "{HERE["python"]}.9", "optmargin": "{optmargin.__version__}", "numpy": "2.4.6"}}'


class MadeUp:
    """A machine with Debian's LibreOffice, whose programs write down what they are asked."""

    def __init__(self, root: Path, *, is_root: bool = False, linked: str = HERE["python"]) -> None:
        self.root, self.home = root, root / "home/you"
        self.programs = root / "usr/lib/libreoffice/program"
        self.asked = root / "asked"
        variables = {"PATH": os.environ["PATH"], "OPTMARGIN_SOFFICE": str(self.programs / "soffice")}
        self.machine = Machine("linux", variables, self.home, root, is_root=is_root)
        self.shows("200")
        program(
            self.programs / "unopkg",
            f'echo "$@" >> {self.asked}',
            'for last; do :; done; case "$last" in',
            f'*.oxt) cp "$last" {root}/added.oxt;; esac',
        )
        (self.programs / "pythonloader.py").touch()
        (self.programs / "libpyuno.so").write_bytes(f"libpython{linked}.so.1.0".encode())
        self.python = program(root / f"usr/bin/python{linked}", f"echo '{FIT}'")

    def shows(self, figure: str) -> None:
        """Makes every cell show a figure; the workbook's name is the last argument, its folder the one before."""
        program(
            self.programs / "soffice",
            'case "$1" in --version) echo "LibreOffice 25.2.3.2 520(Build:2)"; exit;; esac',
            'for last; do :; done; echo "$@" >> ' + str(self.asked),
            f'printf "%s\\n" "{figure}" > "${{last%.xlsx}}.csv"' if figure else "exit 1",
        )

    def cache(self, *, is_shared: bool = False) -> Path:
        """Where LibreOffice keeps extensions."""
        if is_shared:
            return self.root / "usr/lib/libreoffice/share/uno_packages/cache"
        return self.home / ".config/libreoffice/4/user/uno_packages/cache"

    def put(self, *, is_shared: bool = False, name: str = "lu123.tmp", **environment: Any) -> Path:
        """Puts the extension there as LibreOffice does, for an environment that differs in some points from this one."""
        place = self.cache(is_shared=is_shared) / f"uno_packages/{name}_/optmargin.oxt"
        with zipfile.ZipFile(io.BytesIO(oxt({**HERE, **environment}))) as archive:
            archive.extractall(place)
        if not is_shared:  # there is no register of what every user has
            self.registers(name)
        return place

    def registers(self, name: str | None) -> None:
        """Makes LibreOffice's register name a folder for the extension, beside one of somebody else's; None: it isn't in there."""
        # As unopkg of LibreOffice 25.2 wrote it.
        register = (
            b"Pmp1\xffcom.example.other\nlu9.tmp\xffother.oxt\xffapplication/vnd.sun.star.package-bundle\xff2.0\xff0\n"
        )
        if name is not None:
            register += b"\xfforg.optmargin.calc\n" + name.encode()
            register += b"\xffoptmargin.oxt\xffapplication/vnd.sun.star.package-bundle\xff0.1.0\xff0\n"
        (self.cache() / "uno_packages.pmap").write_bytes(register + b"\n")

    def requests(self) -> list[str]:
        """What its programs were asked, one line each."""
        return self.asked.read_text(encoding="utf-8").splitlines() if self.asked.exists() else []


@pytest.fixture
def made_up(tmp_path: Path) -> MadeUp:
    return MadeUp(tmp_path)


def refusal(said: Any) -> MarginError:
    with pytest.raises(MarginError) as caught:
        list(said)
    return caught.value


def test_a_user_installs_for_one(made_up: MadeUp) -> None:
    said = list(install(machine=made_up.machine))
    assert said[0] == f"found LibreOffice 25.2 ({made_up.programs / 'soffice'}), which runs Python {HERE['python']}"
    assert said[1] == f"installed optmargin {optmargin.__version__} with its {len(functions())} functions for you"
    assert said[2:] == ["start LibreOffice anew; then the cell =SLOTS(100000) shows 200"]
    (asked,) = made_up.requests()
    assert asked.startswith("add --force ")
    assert "--shared" not in asked
    assert (made_up.root / "added.oxt").read_bytes() == oxt(HERE)


def test_root_installs_for_every_user_and_is_told_what_they_must_read(tmp_path: Path) -> None:
    made_up = MadeUp(tmp_path, is_root=True)
    said = list(install(machine=made_up.machine, settings={"UserInstallation": "file:///tmp/p"}))
    assert said[1].endswith("functions for every user of this machine")
    readable = said[2].removeprefix("whoever uses it must be allowed to read ").split(" and ")
    assert readable[0] == HERE["prefix"]
    # What is imported lies in one of them, also where optmargin was installed from a checkout and stays there.
    for path in HERE["paths"]:
        assert any(Path(path).is_relative_to(folder) for folder in readable), path
    assert len(set(readable)) == len(readable)
    assert made_up.requests()[0].startswith("add --force --shared -env:UserInstallation=file:///tmp/p ")


def test_a_refusal_of_libreoffice_is_passed_on(made_up: MadeUp) -> None:
    program(made_up.programs / "unopkg", 'echo "" >&2', 'echo "ERROR: The extension is bad." >&2', "exit 1")
    error = refusal(install(machine=made_up.machine))
    assert error.problem == f"{made_up.programs / 'unopkg'} says: The extension is bad"
    assert "close LibreOffice" in error.remedy
    program(made_up.programs / "unopkg", "exit 7")
    assert "it ended with 7" in refusal(install(machine=made_up.machine)).problem
    (made_up.programs / "unopkg").unlink()
    assert "can't be run" in refusal(install(machine=made_up.machine)).problem


def test_nothing_is_added_where_another_python_runs(tmp_path: Path) -> None:
    made_up = MadeUp(tmp_path, linked="3.99")
    error = refusal(install(machine=made_up.machine))
    assert "runs Python 3.99" in error.problem
    assert made_up.requests() == []


def test_what_is_installed_is_removed_for_whom_it_was(made_up: MadeUp) -> None:
    assert list(uninstall(machine=made_up.machine)) == ["optmargin isn't installed in LibreOffice"]
    made_up.put()
    said = list(uninstall(machine=made_up.machine))
    assert said[0].startswith(f"removed optmargin {optmargin.__version__} from LibreOffice 25.2")
    assert said[-1] == "start LibreOffice anew"
    assert made_up.requests() == ["remove org.optmargin.calc"]


def test_what_root_installed_only_root_removes(tmp_path: Path) -> None:
    made_up = MadeUp(tmp_path)
    made_up.put(is_shared=True)
    error = refusal(uninstall(machine=made_up.machine))
    assert "installed for every user" in error.problem
    assert "as root" in error.remedy
    made_up = MadeUp(tmp_path, is_root=True)
    list(uninstall(machine=made_up.machine))
    assert made_up.requests() == ["remove --shared org.optmargin.calc"]


def test_what_was_removed_but_lies_there_still_isnt_installed(made_up: MadeUp) -> None:
    made_up.put()
    made_up.registers(None)
    assert list(uninstall(machine=made_up.machine)) == ["optmargin isn't installed in LibreOffice"]
    assert only_wrong(made_up).seen == "it isn't installed in LibreOffice"


def test_what_was_replaced_but_lies_there_still_isnt_installed(made_up: MadeUp) -> None:
    made_up.put(name="lu1.tmp", optmargin="0.0.1")
    kept = made_up.put(name="lu2.tmp")
    checks = doctor(machine=made_up.machine)
    assert {check.health for check in checks} == {Health.WELL}
    assert [check.seen for check in checks if check.what == "extension"] == [
        f"optmargin {optmargin.__version__}, installed for you in {kept}"
    ]
    list(uninstall(machine=made_up.machine))
    assert made_up.requests()[-1] == "remove org.optmargin.calc"
    assert sum(request.startswith("remove") for request in made_up.requests()) == 1


def test_what_root_removed_but_lies_there_still_isnt_installed(made_up: MadeUp) -> None:
    folder = made_up.put(is_shared=True).parent
    folder.with_name(folder.name.removesuffix("_") + "removed").touch()
    assert list(uninstall(machine=made_up.machine)) == ["optmargin isn't installed in LibreOffice"]


@pytest.mark.parametrize("register", [b"", b"Pmp1", b"Pmp1\n", b"Pmp1\xfforg.optmargin.calc"])
def test_a_register_that_names_nothing(made_up: MadeUp, register: bytes) -> None:
    made_up.put()
    (made_up.cache() / "uno_packages.pmap").write_bytes(register)
    assert list(uninstall(machine=made_up.machine)) == ["optmargin isn't installed in LibreOffice"]


# The doctor


def looked_over(made_up: MadeUp) -> dict[str, Check]:
    """The checks by what they look at; where several look at one thing, the last."""
    return {check.what: check for check in doctor(machine=made_up.machine)}


def only_wrong(made_up: MadeUp) -> Check:
    """The one check that isn't well; it says what was seen and what would help."""
    (check,) = [check for check in doctor(machine=made_up.machine) if check.health is not Health.WELL]
    assert check.seen
    assert check.remedy
    return check


def test_all_is_well(made_up: MadeUp) -> None:
    made_up.put()
    checks = looked_over(made_up)
    assert list(checks) == ["LibreOffice", "settings", "extension", "Python", "environment", "cell"]
    assert {check.health for check in checks.values()} == {Health.WELL}
    assert checks["cell"].seen == "=SLOTS(100000) shows 200"
    assert checks["environment"].seen.endswith(f"gives it optmargin {optmargin.__version__} and numpy 2.4.6")
    assert not any(check.remedy for check in checks.values())


def test_no_libreoffice_is_all_that_is_said(tmp_path: Path) -> None:
    made_up = MadeUp(tmp_path)
    (made_up.programs / "soffice").unlink()
    assert only_wrong(made_up).what == "LibreOffice"
    assert len(doctor(machine=made_up.machine)) == 1


def test_an_extension_that_isnt_there(made_up: MadeUp) -> None:
    check = only_wrong(made_up)
    assert (check.what, check.seen) == ("extension", "it isn't installed in LibreOffice")
    assert "optmargin install libreoffice" in check.remedy


def test_an_extension_that_isnt_there_because_libreoffice_cant_run_python(made_up: MadeUp) -> None:
    (made_up.programs / "pythonloader.py").unlink()
    wrong = {check.what: check.remedy for check in doctor(machine=made_up.machine) if check.health is Health.WRONG}
    assert list(wrong) == ["Python", "extension"]
    assert "python3-uno" in wrong["Python"]


def test_an_extension_of_another_version(made_up: MadeUp) -> None:
    made_up.put(optmargin="0.0.1")
    check = only_wrong(made_up)
    assert (check.what, "0.0.1" in check.seen, optmargin.__version__ in check.seen) == ("extension", True, True)


def test_an_extension_that_holds_other_functions(made_up: MadeUp) -> None:
    (made_up.put() / "XOptMargin.rdb").write_bytes(b"of yesterday")
    assert "other functions" in only_wrong(made_up).seen


def test_one_for_the_user_beside_one_for_all(made_up: MadeUp) -> None:
    made_up.put()
    made_up.put(is_shared=True)
    assert "for you and for every user" in only_wrong(made_up).seen


def test_settings_with_a_slip(made_up: MadeUp) -> None:
    made_up.put()
    path = made_up.home / ".optmargin/settings.toml"
    path.parent.mkdir(parents=True)
    path.write_text('book = "cboe"\n', encoding="utf-8")
    assert "book cboe" in looked_over(made_up)["settings"].seen
    path.write_text("bok = 1\n", encoding="utf-8")
    assert only_wrong(made_up).what == "settings"


def test_libreoffices_python_is_another(made_up: MadeUp) -> None:
    made_up.put(python="3.99")
    check = only_wrong(made_up)
    assert (check.what, "installed for Python 3.99" in check.seen) == ("Python", True)


def test_an_environment_that_the_other_python_cant_use(made_up: MadeUp) -> None:
    made_up.put()
    said = {"problem": "numpy is for another Python", "remedy": ""}
    program(made_up.python, "echo '" + json.dumps(said) + "'")
    check = only_wrong(made_up)
    assert (check.what, check.seen) == ("environment", said["problem"])
    assert HERE["prefix"] in check.remedy
    said = {"problem": "there is no setting bok", "remedy": "write book"}  # as when the settings can't be used
    program(made_up.python, "echo '" + json.dumps(said) + "'")
    check = only_wrong(made_up)
    assert (check.what, check.seen, check.remedy) == ("environment", said["problem"], "write book")
    program(made_up.python, "exit 1")
    assert "can't be asked" in only_wrong(made_up).seen
    made_up.python.unlink()
    check = only_wrong(made_up)
    assert (check.what, check.health) == ("environment", Health.UNKNOWN)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "{}", '{"optmargin": "0.1.0"}'])
def test_an_extension_that_lost_its_environment(made_up: MadeUp, text: str) -> None:
    written = made_up.put() / "environment.json"
    written.write_text(text, encoding="utf-8")
    check = only_wrong(made_up)
    assert (check.what, str(written) in check.seen, "can't be read" in check.seen) == ("extension", True, True)
    assert "optmargin install libreoffice" in check.remedy
    said = list(uninstall(machine=made_up.machine))
    assert said[0].startswith("removed optmargin of unknown version from LibreOffice")


@pytest.mark.parametrize("figure", ["#NAME?", "0"])
def test_a_cell_that_shows_something_else(made_up: MadeUp, figure: str) -> None:
    made_up.put()
    made_up.shows(figure)
    check = only_wrong(made_up)
    assert (check.what, check.health) == ("cell", Health.WRONG)
    assert check.seen == f"=SLOTS(100000) shows {figure} in place of 200"


def test_a_libreoffice_that_opens_no_workbook(made_up: MadeUp) -> None:
    made_up.put()
    made_up.shows("")
    check = only_wrong(made_up)
    assert (check.what, check.health) == ("cell", Health.UNKNOWN)


def test_a_libreoffice_that_is_open_isnt_asked(made_up: MadeUp) -> None:
    made_up.put()
    (made_up.home / ".config/libreoffice/4/.lock").touch()
    check = only_wrong(made_up)
    assert (check.what, check.health) == ("cell", Health.UNKNOWN)
    assert "close it" in check.remedy
    assert made_up.requests() == []
