"""``optmargin install excel`` and ``uninstall excel`` in a made-up home folder; each check of ``doctor excel``, well and not."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import xlwings
from pyopenvba import ExcelFile

from excel.made_up_windows import APP_PATH, CLICK_TO_RUN, CURRENT, SECURITY, Machine, MadeUpRegistry
from optmargin import __version__
from optmargin.core.errors import MarginError
from optmargin.functions.settings import Settings, read_settings
from optmargin.hosts.checks import Health
from optmargin.hosts.excel import checkup, places, registry, setup
from optmargin.hosts.excel.addin_file import contents


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """An add-in, built once."""
    from optmargin.hosts.excel.addin_file import build

    path = tmp_path_factory.mktemp("built") / "optmargin.xlam"
    build(path)
    return path.read_bytes()


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.fixture
def installed(machine, built, monkeypatch):
    """A machine on which the add-in was installed."""
    monkeypatch.setattr("optmargin.hosts.excel.addin_file.build", lambda out: out.write_bytes(built))
    machine.said = list(setup.install(**machine.user, interpreter=machine.interpreter))
    return machine


def test_install_from_nothing(machine):
    said = list(setup.install(**machine.user, interpreter=machine.interpreter))
    assert contents(machine.addin).xlwings == xlwings.__version__
    assert json.loads(machine.record.read_text())["addin"] == str(machine.addin)
    assert str(machine.addin) in said[0]
    assert f"optmargin {__version__}" in said[0]
    assert str(machine.interpreter) in said[1]
    assert said[-1].startswith("What remains for you: close Excel and start it again, then type =SLOTS(100000)")
    assert read_settings(machine.settings) == Settings(source=str(machine.settings))


def test_the_file_that_names_python_is_where_and_how_xlwings_reads_it(installed, monkeypatch):
    with ExcelFile(installed.addin) as book:
        module = book.get_module("xlwings")
    assert r'Environ("USERPROFILE") & "\." & PROJECT_NAME & "\" & PROJECT_NAME & ".conf"' in module
    assert installed.config == installed.home / ".optmargin" / "optmargin.conf"
    monkeypatch.setattr(xlwings, "USER_CONFIG_FILE", str(installed.config))
    found = xlwings.utils.read_user_config()
    assert found["interpreter_win"] == str(installed.interpreter)
    assert found["add_workbook_to_pythonpath"] == "false"
    # what VBA's Input # reads: a line of two texts in quotes, ended as Windows ends it
    for line in installed.config.read_bytes().decode("cp1252").removesuffix("\r\n").split("\r\n"):
        assert re.fullmatch(r'"[^"]+","[^"]*"', line)


def test_installing_again_keeps_what_is_the_users(installed):
    installed.settings.write_text('book = "cboe"\n')
    with installed.config.open("a") as config:
        config.write('"SHOW CONSOLE","True"\n')
    said = list(setup.install(**installed.user, interpreter=installed.interpreter))
    assert read_settings(installed.settings).book == "cboe"
    assert '"SHOW CONSOLE","True"' in installed.config.read_text()
    assert installed.config.read_text().count("INTERPRETER_WIN") == 1
    assert not any("settings file" in sentence for sentence in said)


def test_settings_in_a_place_of_ones_own(installed, tmp_path):
    installed.environment["OPTMARGIN_SETTINGS"] = str(tmp_path / "desk" / "settings.toml")
    said = list(setup.install(**installed.user, interpreter=installed.interpreter))
    assert (tmp_path / "desk" / "settings.toml").is_file()
    assert any(str(tmp_path / "desk") in sentence for sentence in said)


def test_what_stands_in_the_way_of_installing_is_said(machine, built, monkeypatch, tmp_path):
    def message(**changed):
        with pytest.raises(MarginError) as caught:
            list(setup.install(**{**machine.user, "interpreter": machine.interpreter, **changed}))
        return str(caught.value)

    assert "this is darwin" in message(platform="darwin")
    assert "xlwings Lite" in message(platform="linux")
    assert "APPDATA is missing" in message(environment={})
    assert "there is no Python at" in message(interpreter=tmp_path / "none.exe")

    def held_open(out):
        raise PermissionError(13, "Permission denied", str(out))

    monkeypatch.setattr("optmargin.hosts.excel.addin_file.build", held_open)
    assert "close every window of Excel" in message()
    monkeypatch.setattr("optmargin.hosts.excel.addin_file.build", lambda out: out.write_bytes(built))
    monkeypatch.setattr(places, "_LETTERS", "ascii")
    strange = tmp_path / "Jürgen" / "python.exe"
    strange.parent.mkdir()
    strange.write_bytes(b"")
    assert "plain letters" in message(interpreter=strange)
    machine.config.parent.parent.mkdir(parents=True, exist_ok=True)
    machine.config.parent.write_text("a file where a folder should be")
    assert f"{machine.config} can't be written" in message()


def test_uninstall(installed):
    installed.settings.write_text('book = "cboe"\n')
    said = list(setup.uninstall(**installed.user))
    assert not any(path.exists() for path in (installed.addin, installed.config, installed.record))
    assert read_settings(installed.settings).book == "cboe"
    assert f"kept your settings: {installed.settings}" in said
    assert said[-1].startswith("What remains for you: close Excel.")
    assert next(setup.uninstall(**installed.user)) == "there was nothing to remove: the add-in isn't installed"


def test_uninstall_while_excel_holds_it_open(installed, monkeypatch):
    def held_open(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "unlink", held_open)
    with pytest.raises(MarginError, match="close every window of Excel"):
        list(setup.uninstall(**installed.user))


# --- doctor ---------------------------------------------------------------------------------------------------------------


def examined(machine, **changed):
    """The checks by what they are about."""
    given = {
        **machine.user,
        "interpreter": machine.interpreter,
        "registry": machine.registry,
        "run": machine.run,
        **changed,
    }
    found = setup.doctor(**given)
    assert all(check.remedy for check in found if check.health is not Health.WELL), found
    assert len({check.what for check in found}) == len(found)
    return {check.what: check for check in found}


def wrong(machine, what, **changed):
    """A check that must have found something, and only it."""
    found = examined(machine, **changed)
    assert [name for name, check in found.items() if check.health is Health.WRONG] == [what]
    return f"{found[what].seen}; {found[what].remedy}"


def test_all_is_well(installed):
    found = examined(installed)
    assert {check.health for check in found.values()} == {Health.WELL}, found
    assert not any(check.remedy for check in found.values())
    assert "64 bits" in found["Excel"].seen
    assert installed.asked == [[str(installed.interpreter), "-c", checkup._PROBE]]


def test_elsewhere_than_on_windows_there_is_one_check():
    (check,) = setup.doctor(platform="linux")
    assert (check.what, check.health) == ("Windows", Health.WRONG)
    assert "LibreOffice" in check.remedy


def test_nothing_is_installed(machine):
    found = examined(machine)
    assert [name for name, check in found.items() if check.health is Health.WRONG] == ["add-in file", "interpreter"]
    assert found["versions"].health is Health.UNKNOWN
    assert "run: optmargin install excel" in found["add-in file"].remedy


def test_no_excel(installed):
    assert "no Excel is registered" in wrong(installed, "Excel", registry=MadeUpRegistry())


def test_office_of_the_store(installed):
    path = r"C:\Program Files\WindowsApps\Microsoft.Office.Desktop.Excel_16051.1\Office16\EXCEL.EXE"
    installed.registry.keys[APP_PATH] = {"": path}
    assert "Microsoft Store" in wrong(installed, "Excel")


def test_the_addin_was_taken_away_by_an_antivirus(installed):
    installed.addin.unlink()
    said = wrong(installed, "add-in file")
    assert "is gone: an antivirus program may have put it into quarantine" in said
    assert "Protection history" in said


def test_the_addin_was_changed(installed):
    installed.addin.write_bytes(installed.addin.read_bytes() + b"\0")
    assert "something changed it" in wrong(installed, "add-in file")


def test_an_addin_that_can_not_be_read(installed):
    installed.addin.write_bytes(b"")
    installed.record.unlink()
    assert "can't be read" in wrong(installed, "versions")


def test_a_record_that_can_not_be_read_is_no_record(installed):
    installed.record.write_text("[]")
    assert examined(installed)["add-in file"].health is Health.WELL


def test_the_package_was_renewed_and_the_addin_was_not(installed, monkeypatch):
    version = xlwings.__version__
    monkeypatch.setattr(xlwings, "__version__", "0.99.0")
    for bits in (32, 64):
        installed.dll(bits).write_bytes(b"")
    said = wrong(installed, "versions")
    assert f"built for xlwings {version}, and 0.99.0 is installed; close Excel and run: optmargin install excel" in said


def test_optmargin_was_renewed_and_the_addin_was_not(installed, monkeypatch):
    monkeypatch.setattr(checkup, "module_text", lambda _: "Option Explicit")
    assert "functions of another version of optmargin" in wrong(installed, "versions")


def test_no_python_is_named(installed):
    installed.config.unlink()
    assert "doesn't say which Python answers" in wrong(installed, "interpreter")
    installed.config.write_text('"UDF MODULES","optmargin.hosts.excel.udfs"\n')
    assert "doesn't say which Python answers" in wrong(installed, "interpreter")


def test_the_python_was_moved(installed, tmp_path):
    places.write_config(installed.config, tmp_path / "old" / "Scripts" / "python.exe")
    found = examined(installed)
    assert "it was moved or removed" in found["interpreter"].seen
    assert found["Python process"].health is Health.UNKNOWN


def test_another_python_is_asked(installed, tmp_path):
    other = tmp_path / "other" / "Scripts" / "python.exe"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"")
    assert f"the add-in asks {installed.interpreter}, and this is {other}" in wrong(
        installed, "interpreter", interpreter=other
    )


def test_pythonw_of_the_same_folder_is_the_same_python(installed):
    beside = installed.interpreter.with_name("pythonw.exe")
    assert examined(installed, interpreter=beside)["interpreter"].health is Health.WELL


def test_a_python_of_the_store(installed, tmp_path):
    store = tmp_path / "Microsoft" / "WindowsApps" / "python.exe"
    store.parent.mkdir(parents=True)
    store.write_bytes(b"")
    for bits in (32, 64):
        (store.parent / installed.dll(bits).name).write_bytes(b"")
    places.write_config(installed.config, store)
    assert "a Python of the Microsoft Store" in wrong(installed, "interpreter", interpreter=store)


def test_the_dll_is_missing(installed, monkeypatch):
    installed.dll(64).unlink()
    said = wrong(installed, "xlwings' DLL")
    assert installed.dll(64).name in said
    assert "--force-reinstall" in said
    monkeypatch.setattr("importlib.metadata.files", lambda _: [f"../../{installed.dll(64).name}"])
    assert "an antivirus program may have taken it" in wrong(installed, "xlwings' DLL")


def test_the_dll_is_that_of_excels_bits(installed):
    installed.dll(32).unlink()
    assert examined(installed)["xlwings' DLL"].health is Health.WELL
    installed.registry.keys[CLICK_TO_RUN] = {"Platform": "x86"}
    assert installed.dll(32).name in wrong(installed, "xlwings' DLL")
    installed.registry.keys.pop(CLICK_TO_RUN)  # not known: both are looked for
    assert installed.dll(32).name in wrong(installed, "xlwings' DLL")


def test_the_dll_may_stand_beside_python(installed):
    installed.dll(64).rename(installed.interpreter.parent / installed.dll(64).name)
    assert examined(installed)["xlwings' DLL"].health is Health.WELL


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Traceback ...\nModuleNotFoundError: No module named 'pythoncom'", "--force-reinstall pywin32"),
        ("Traceback ...\nModuleNotFoundError: No module named 'optmargin'", "install/requirements.txt"),
        ("", "exit code 1"),
    ],
)
def test_the_python_can_not_answer(installed, said, expected):
    installed.answer = (1, said)
    assert expected in wrong(installed, "Python process")


def test_a_command_is_run_and_its_failure_said():
    assert checkup.run_command([sys.executable, "-c", "raise SystemExit(3)"]) == (3, "")
    code, said = checkup.run_command(["/no/such/program"])
    assert (code, "no/such/program" in said) == (1, True)


def test_a_command_that_never_ends_is_ended(monkeypatch):
    def never(*_, **__):
        raise subprocess.TimeoutExpired("python", 120)

    monkeypatch.setattr(subprocess, "run", never)
    assert checkup.run_command(["python"]) == (1, "Command 'python' timed out after 120 seconds")


@pytest.mark.parametrize(
    ("key", "name", "said"),
    [
        (SECURITY, "DisableAllAddins", "all add-ins are disabled"),
        (SECURITY, "RequireAddinSig", "only signed add-ins"),
        (rf"{SECURITY}\Trusted Locations", "AllLocationsDisabled", "trusted locations are switched off"),
        (r"HKCU\Software\Policies\Microsoft\Office\16.0\Common", "VBAOff", "VBA is switched off"),
        (
            r"HKLM\SOFTWARE\Policies\Microsoft\Office\16.0\Excel\Security",
            "DisableAllAddins",
            "all add-ins are disabled",
        ),
    ],
)
def test_the_trust_settings_forbid_it(installed, key, name, said):
    installed.registry.keys[key] = {name: 1}
    assert said in wrong(installed, "trust settings")


def test_an_administrators_setting_counts_above_the_users(installed):
    installed.registry.keys[SECURITY] = {"RequireAddinSig": 1}
    installed.registry.keys[r"HKCU\Software\Policies\Microsoft\Office\16.0\Excel\Security"] = {"RequireAddinSig": 0}
    assert examined(installed)["trust settings"].health is Health.WELL


def test_excel_switched_it_off_after_a_crash(installed):
    key = r"HKCU\Software\Microsoft\Office\16.0\Excel\Resiliency\DisabledItems"
    item = b"\x01\x00\x00\x00" + str(installed.addin).upper().encode("utf-16-le")
    installed.registry.keys[key] = {"3A5B": item, "other": 1}
    assert "Disabled Items" in wrong(installed, "disabled items")


def test_settings_that_can_not_be_read(installed):
    installed.settings.write_text('book = "moonbook"\n')
    assert "no figure is given" in wrong(installed, "settings")
    installed.settings.write_text('book = "cboe"\nas_of = 2026-11-20\n')
    assert "a blank book is cboe, by the terms of 2026-11-20" in examined(installed)["settings"].seen


# --- the registry ---------------------------------------------------------------------------------------------------------


def test_what_the_registry_says_of_excel():
    found = MadeUpRegistry()
    assert (registry.excel_path(found), registry.excel_bits(found), registry.office_version(found)) == (
        "",
        None,
        "16.0",
    )
    found.keys[CURRENT] = {"": "Excel.Application.15"}
    assert registry.office_version(found) == "15.0"
    found.keys[r"HKLM\SOFTWARE\Microsoft\Office\15.0\Outlook"] = {"Bitness": "x86"}
    assert registry.excel_bits(found) == 32
    found.keys = {APP_PATH: {"": r'"C:\Program Files (x86)\Microsoft Office\root\Office16\EXCEL.EXE"'}}
    assert registry.excel_bits(found) == 32
    assert registry.excel_path(found).endswith("EXCEL.EXE")


def test_windows_registry_is_read_in_both_views(monkeypatch):
    """What winreg is asked, by a stand-in with its documented functions."""

    class Key(dict):
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    class Winreg:
        HKEY_CURRENT_USER, HKEY_LOCAL_MACHINE, HKEY_CLASSES_ROOT = "cu", "lm", "cr"
        KEY_READ, KEY_WOW64_32KEY, KEY_WOW64_64KEY = 1, 2, 4
        keys = {  # noqa: RUF012
            ("lm", r"SOFTWARE\A", 3): Key({"Platform": "x86", "only": 32}),
            ("lm", r"SOFTWARE\A", 5): Key({"Platform": "x64"}),
        }

        @classmethod
        def OpenKey(cls, root, path, _, access):  # noqa: N802
            if (root, path, access) not in cls.keys:
                raise FileNotFoundError(2, "The system cannot find the file specified")
            return cls.keys[root, path, access]

        @staticmethod
        def QueryInfoKey(key):  # noqa: N802
            return (0, len(key), 0)

        @staticmethod
        def EnumValue(key, at):  # noqa: N802
            name = list(key)[at]
            return name, key[name], 1

    monkeypatch.setitem(sys.modules, "winreg", Winreg)
    assert registry.WindowsRegistry().values(r"HKLM\SOFTWARE\A") == {"Platform": "x64", "only": 32}
    assert registry.WindowsRegistry().values(r"HKCU\SOFTWARE\B") == {}
