"""A made-up LibreOffice for the tests: its programs are small shell scripts."""

from __future__ import annotations

from pathlib import Path


def program(path: Path, *lines: str) -> Path:
    """A program that runs some lines of shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]), encoding="utf-8")
    path.chmod(0o755)
    return path


def soffice(path: Path, version: str) -> Path:
    """LibreOffice's program, which says its version."""
    return program(path, f'echo "LibreOffice {version} 520(Build:2)"')
