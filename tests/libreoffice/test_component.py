"""The component in environments that are fit and unfit: run with a Python of its own, as LibreOffice and the doctor run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from optmargin.hosts.libreoffice import component
from optmargin.hosts.libreoffice.environment import this_environment

# Asks the component for figures as LibreOffice would, and prints what Python's repr makes of each answer.
ASKING = """
import sys
sys.path.insert(0, sys.argv[1])
import component
for name, arguments in (("SLOTS", (100000.0, None, None)), ("MARGIN_WHY", ("SLOTS", (100000.0,)))):
    print(repr(component.answer(name, arguments)[0][0]))
"""


def unpacked(folder: Path, environment: Any) -> Path:
    """A folder as the .oxt is unpacked: the component, and what the installer wrote down."""
    (folder / "component.py").write_bytes(Path(component.__file__).read_bytes())
    text = environment if isinstance(environment, str) else json.dumps(environment)
    (folder / "environment.json").write_text(text, encoding="utf-8")
    return folder


def run(*arguments: str, settings: Path | None = None) -> list[str]:
    """The lines that a Python without any package prints."""
    variables = {"OPTMARGIN_SETTINGS": str(settings or os.devnull)}
    done = subprocess.run(
        [sys.executable, "-S", *arguments], capture_output=True, text=True, check=False, env=variables
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def looked_over(folder: Path, settings: Path | None = None) -> dict[str, str]:
    """What the component says of itself to the doctor."""
    (line,) = run(str(folder / "component.py"), str(folder), settings=settings)
    return dict(json.loads(line))


ASK_THE_DOCTOR = "; run 'optmargin doctor libreoffice' and follow it, then start LibreOffice anew"


def cells(folder: Path) -> list[str]:
    return run("-c", ASKING, str(folder))


def test_a_fit_environment_answers(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, this_environment())
    assert cells(folder) == ["200.0", "'SLOTS(net_liq 100000, slot_width 5, multiplier 100) = 200'"]
    said = looked_over(folder)
    assert set(said) == {"python", "optmargin", "numpy"}
    assert said["optmargin"] == this_environment()["optmargin"]


def unfit(folder: Path) -> str:
    """The sentence of an unfit environment; the cells show #N/A and MARGIN_WHY shows that sentence."""
    shown = cells(folder)
    said = looked_over(folder)
    sentence = said["problem"] + ASK_THE_DOCTOR
    assert said["remedy"] == ""  # the doctor knows best
    assert shown == ["nan", repr(sentence)]
    assert "Traceback" not in sentence
    assert "\n" not in sentence
    return sentence


def test_another_python_is_named(tmp_path: Path) -> None:
    said = unfit(unpacked(tmp_path, {**this_environment(), "python": "3.99", "prefix": "/home/you/env"}))
    runs = ".".join(map(str, sys.version_info[:2]))
    assert said.startswith(
        f"LibreOffice runs Python {runs}, and optmargin is installed for Python 3.99 in /home/you/env; "
    )
    assert "optmargin doctor libreoffice" in said


def test_an_environment_that_is_gone_is_named(tmp_path: Path) -> None:
    said = unfit(unpacked(tmp_path, {**this_environment(), "paths": [str(tmp_path / "gone")]}))
    assert f"{tmp_path / 'gone'} is gone, or may not be read" in said


def test_a_package_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "site-packages").mkdir()
    environment = {**this_environment(), "paths": [str(tmp_path / "site-packages")], "prefix": str(tmp_path)}
    assert f"can't use {tmp_path}: ModuleNotFoundError: No module named 'optmargin'" in unfit(
        unpacked(tmp_path, environment)
    )


def test_a_numpy_made_for_another_python_is_one_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "site-packages" / "numpy"
    broken.mkdir(parents=True)
    # numpy says so in paragraphs, of which the first line names the fault
    text = "raise ImportError('\\n\\nIMPORTANT: PLEASE READ THIS\\n\\nand this')\n"
    (broken / "__init__.py").write_text(text, encoding="utf-8")
    environment = this_environment()
    environment["paths"].insert(0, str(broken.parent))
    said = unfit(unpacked(tmp_path, environment))
    assert "ImportError: IMPORTANT: PLEASE READ THIS; " in said


def test_settings_that_cant_be_used_are_named(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, this_environment())
    settings = tmp_path / "settings.toml"
    settings.write_text('book = "ibrk"\n', encoding="utf-8")
    said = looked_over(folder, settings)
    assert str(settings) in said["problem"]
    assert said["remedy"].startswith("did you mean 'ibkr'?")
    assert run("-c", ASKING, str(folder), settings=settings) == ["nan", repr(f"{said['problem']}; {said['remedy']}")]


@pytest.mark.parametrize("text", ["", "{", "[]", "7"])
def test_an_extension_that_lost_its_environment_says_so_in_every_cell(tmp_path: Path, text: str) -> None:
    folder = unpacked(tmp_path, text)
    problem = looked_over(folder)["problem"]
    assert "doesn't know where optmargin is installed" in problem
    assert cells(folder) == [repr(problem + ASK_THE_DOCTOR)] * 2


def test_the_environment_goes_behind_the_standard_library_and_before_other_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = ["/usr/lib/python311.zip", "/usr/lib/python3.11", "/usr/lib/python3/dist-packages", "/usr/lib/office"]
    monkeypatch.setattr(sys, "path", [*system])
    component.put_before_other_packages(["/env/site-packages", "/usr/lib/python3.11"])
    assert sys.path == [*system[:2], "/env/site-packages", *system[2:]]
    monkeypatch.setattr(sys, "path", ["/usr/lib/python3.11"])
    component.put_before_other_packages(["/env/site-packages"])
    assert sys.path == ["/usr/lib/python3.11", "/env/site-packages"]


def test_the_component_is_written_for_old_pythons_too() -> None:
    import ast

    ast.parse(Path(component.__file__).read_text(encoding="utf-8"), feature_version=(3, 8))
