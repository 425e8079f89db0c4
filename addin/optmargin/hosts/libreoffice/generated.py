"""Writes the files of the LibreOffice extension that are generated and committed, or, with ``--check``, says which aren't current.

For people who work on optmargin: ``python -m optmargin.hosts.libreoffice.generated [--check]``, from a checkout; needs no LibreOffice.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from optmargin.hosts.libreoffice.build import FOLDER, generated


def stale() -> Iterator[str]:
    """The files that aren't as the declarations make them now, and those that no longer belong."""
    files = generated()
    for name, content in files.items():
        committed = FOLDER / name
        if not committed.is_file() or committed.read_bytes() != content:
            yield f"{FOLDER.name}/{name}"
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file() and path.relative_to(FOLDER).as_posix() not in files:
            yield f"{FOLDER.name}/{path.relative_to(FOLDER).as_posix()}"


def main(arguments: list[str]) -> int:
    """Writes the files, or checks them; 1 when one isn't current."""
    if "--check" in arguments:
        names = list(stale())
        for name in names:
            print(f"{name} is not current: run python -m optmargin.hosts.libreoffice.generated")
        return 1 if names else 0
    for name, content in generated().items():
        (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / name).write_bytes(content)
        print(f"wrote {FOLDER.name}/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
