"""Every module says in its first line what lives in it, and no room is empty. Ruff asks for the other docstrings."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "addin" / "optmargin"
FEWEST_WORDS = 5


def complaints(source: Path) -> list[str]:
    """What is missing in the modules and folders under ``source``, as sentences that begin with the path."""
    found = []
    for path in sorted(source.rglob("*.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"), filename=str(path)))
        first_line = (docstring or "").partition("\n")[0].strip()
        name = path.relative_to(source.parent).as_posix()
        if not first_line:
            found.append(f"{name}: has no docstring that says what lives in it")
        elif len(first_line.split()) < FEWEST_WORDS:
            found.append(
                f"{name}: '{first_line}' says too little; write what lives here, in {FEWEST_WORDS} words or more"
            )
        elif not first_line.endswith("."):
            found.append(f"{name}: the first line of its docstring does not end with a full stop")
        if path.name == "__init__.py" and is_empty_room(path.parent):
            found.append(f"{name}: stands alone in its folder; a room is made when it has something to hold")
    return found


def is_empty_room(folder: Path) -> bool:
    """Whether a folder holds nothing but its ``__init__.py``."""
    return not any(entry.name not in {"__init__.py", "__pycache__"} for entry in folder.iterdir())


def test_every_module_says_what_lives_in_it_and_no_room_is_empty() -> None:
    assert not complaints(SOURCE), "\n" + "\n".join(complaints(SOURCE))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("", "has no docstring"),
        ("from __future__ import annotations\n'''Too late to be one, but a sentence.'''", "has no docstring"),
        ('"""Prototype of it."""', "says too little"),
        ('"""What exists: contracts, the leg table, money"""', "full stop"),
        ('"""\nWhat exists: contracts and money."""', None),
        ('"""What exists: contracts, the leg table, money.\n\nMore of it"""', None),
    ],
)
def test_a_module_that_does_not_say_it_is_caught(tmp_path: Path, code: str, said: str | None) -> None:
    (tmp_path / "room.py").write_text(code, encoding="utf-8")
    found = complaints(tmp_path)
    assert len(found) == (said is not None), found
    assert said is None or said in found[0]


def test_an_empty_room_is_caught(tmp_path: Path) -> None:
    for name in ("full/__init__.py", "full/thing.py", "full/data/terms.toml", "empty/__init__.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text('"""What lives in here, in words."""\n', encoding="utf-8")
    assert [complaint.partition(":")[0].partition("/")[2] for complaint in complaints(tmp_path)] == [
        "empty/__init__.py"
    ]
