"""A made-up Windows for the tests of installing: a home folder, a Python with its DLLs, and a registry."""

from __future__ import annotations

from dataclasses import dataclass, field

import xlwings

CURRENT = r"HKCR\Excel.Application\CurVer"
APP_PATH = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
CLICK_TO_RUN = r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration"
EXCEL = r"C:\Program Files\Microsoft Office\root\Office16\EXCEL.EXE"
SECURITY = r"HKCU\Software\Microsoft\Office\16.0\Excel\Security"


@dataclass
class MadeUpRegistry:
    """A registry of keys with their values."""

    keys: dict = field(default_factory=dict)

    def values(self, key):
        """The values of a key."""
        return self.keys.get(key, {})


def office():
    """The registry of a machine with a 64-bit Office of 2016 or later, as its installer leaves it."""
    return MadeUpRegistry(
        {CURRENT: {"": "Excel.Application.16"}, APP_PATH: {"": EXCEL}, CLICK_TO_RUN: {"Platform": "x64"}}
    )


class Machine:
    """A user's folders, with a virtual environment in which xlwings is installed."""

    def __init__(self, folder):
        self.home = folder / "you"
        self.environment = {"APPDATA": str(self.home / "AppData" / "Roaming"), "USERPROFILE": str(self.home)}
        self.interpreter = folder / "my project" / ".venv" / "Scripts" / "python.exe"
        self.interpreter.parent.mkdir(parents=True)
        self.interpreter.write_bytes(b"")
        for bits in (32, 64):
            self.dll(bits).write_bytes(b"")
        self.registry = office()
        self.asked = []
        self.answer = (0, "")
        self.addin = self.home / "AppData" / "Roaming" / "Microsoft" / "Excel" / "XLSTART" / "optmargin.xlam"
        self.config = self.home / ".optmargin" / "optmargin.conf"
        self.record = self.home / ".optmargin" / "installed.json"
        self.settings = self.home / ".optmargin" / "settings.toml"

    def dll(self, bits):
        """Where pip puts the DLL that Excel loads."""
        return self.interpreter.parent.parent / f"xlwings{bits}-{xlwings.__version__}.dll"

    def run(self, command):
        """Runs nothing, and answers as it was told."""
        self.asked.append(command)
        return self.answer

    @property
    def user(self):
        """What every command is told of the user."""
        return {"environment": self.environment, "home": self.home, "platform": "win32"}
