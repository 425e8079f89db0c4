"""What Windows' registry says of Excel: where it is, which Office it came with, what its Trust Center allows."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Mapping
from typing import Protocol

_CLICK_TO_RUN = r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration"
_APP_PATH = r"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
_BITS = {"x64": 64, "x86": 32}


class Registry(Protocol):
    """A registry: Windows' own, or one that a test makes up."""

    def values(self, key: str) -> Mapping[str, object]:
        r"""The values of a key such as ``HKCU\Software\Microsoft``, by their names; that without a name is ``""``.

        Empty where there is no such key.
        """


class WindowsRegistry:
    """The registry of this machine."""

    def values(self, key: str) -> Mapping[str, object]:
        """The values of a key."""
        winreg = importlib.import_module("winreg")
        roots = {
            "HKCU": winreg.HKEY_CURRENT_USER,
            "HKLM": winreg.HKEY_LOCAL_MACHINE,
            "HKCR": winreg.HKEY_CLASSES_ROOT,
        }
        root, _, path = key.partition("\\")
        found: dict[str, object] = {}
        # A 32-bit Office keeps some keys in a view of its own; what stands in the 64-bit view counts first.
        for view in (winreg.KEY_WOW64_32KEY, winreg.KEY_WOW64_64KEY):
            with contextlib.suppress(OSError), winreg.OpenKey(roots[root], path, 0, winreg.KEY_READ | view) as opened:
                for at in range(winreg.QueryInfoKey(opened)[1]):
                    name, value, _ = winreg.EnumValue(opened, at)
                    found[name] = value
        return found


def excel_path(registry: Registry) -> str:
    """The path of excel.exe; empty when no Excel is registered."""
    for root in ("HKCU", "HKLM"):
        found = registry.values(rf"{root}\{_APP_PATH}").get("")
        if found:
            return str(found).strip('"')
    return ""


def office_version(registry: Registry) -> str:
    """The version under which Office keeps its settings, such as ``16.0``."""
    current = str(registry.values(r"HKCR\Excel.Application\CurVer").get("", ""))
    number = current.rpartition(".")[2]
    return f"{number}.0" if number.isdigit() else "16.0"


def excel_bits(registry: Registry) -> int | None:
    """Whether Excel is a program of 32 or 64 bits; None where that isn't known."""
    platform = str(registry.values(_CLICK_TO_RUN).get("Platform", ""))
    if platform in _BITS:
        return _BITS[platform]
    bitness = str(
        registry.values(rf"HKLM\SOFTWARE\Microsoft\Office\{office_version(registry)}\Outlook").get("Bitness", "")
    )
    if bitness in _BITS:
        return _BITS[bitness]
    return 32 if "program files (x86)" in excel_path(registry).lower() else None


def trust_settings(registry: Registry) -> dict[str, object]:
    """What holds for macros and add-ins: the user's settings, and above them those of the administrator."""
    version = office_version(registry)
    found: dict[str, object] = {}
    for above in (r"HKCU\Software", r"HKLM\SOFTWARE\Policies", r"HKCU\Software\Policies"):
        office = rf"{above}\Microsoft\Office\{version}"
        security = rf"{office}\Excel\Security"
        for key in (rf"{office}\Common", rf"{office}\Common\Security", security, rf"{security}\Trusted Locations"):
            found.update(registry.values(key))
    return found


def disabled_items(registry: Registry) -> list[str]:
    """The add-ins that Excel switched off after a crash, as far as their paths can be read."""
    key = rf"HKCU\Software\Microsoft\Office\{office_version(registry)}\Excel\Resiliency\DisabledItems"
    return [value.decode("utf-16-le", "replace") for value in registry.values(key).values() if isinstance(value, bytes)]
