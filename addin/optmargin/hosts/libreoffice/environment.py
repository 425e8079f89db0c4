"""The Python environment in which optmargin is installed, as the component needs it, and whether a LibreOffice can run it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import optmargin
from optmargin.core.errors import ErrorCode, MarginError
from optmargin.functions.all import functions
from optmargin.functions.declare import Unit
from optmargin.hosts.libreoffice.office import Office, how_to_get

_OLDEST_PYTHON = (3, 11)


def this_environment() -> dict[str, Any]:
    """What the component is told: this Python, where its packages are, and which functions answer in words."""
    packages = [path for path in sys.path if "site-packages" in path or "dist-packages" in path]
    homes = [str(Path(module.__file__ or "").parents[1]) for module in (optmargin, np)]
    return {
        "optmargin": optmargin.__version__,
        "python": "{}.{}".format(*sys.version_info[:2]),
        "prefix": sys.prefix,
        "paths": list(dict.fromkeys([*homes, *packages])),
        "in_words": [name for name, function in functions().items() if function.returns is Unit.TEXT],
    }


def places(environment: Mapping[str, Any]) -> list[str]:
    """The folders in which an environment lies: its own, and those outside of it, such as the checkout of an editable installation."""
    prefix = environment["prefix"]
    return [prefix, *(path for path in environment["paths"] if not Path(path).is_relative_to(prefix))]


def fit_python(office: Office, environment: Mapping[str, Any]) -> str:
    """The version of LibreOffice's Python, such as ``3.11``, which is that of the environment.

    Raises:
        MarginError: when LibreOffice can't run components in Python, or runs another Python than the environment's.
    """
    if not office.has_python:
        remedy = (
            "install that part of it: on Debian and Ubuntu 'apt-get install python3-uno', on Fedora "
            "'dnf install libreoffice-pyuno'"
        )
        raise MarginError(ErrorCode.MISSING, f"{office.name} can't run Python", remedy)
    version, wanted = office.python_version, environment.get("python")
    if version is None:
        raise MarginError(ErrorCode.MISSING, f"the Python of {office.name} wasn't found", how_to_get(office.machine))
    if version != wanted:
        problem = f"{office.name} runs Python {version}, and optmargin is installed for Python {wanted}"
        if tuple(map(int, version.split("."))) < _OLDEST_PYTHON:
            oldest = ".".join(map(str, _OLDEST_PYTHON))
            remedy = f"take a newer LibreOffice: optmargin needs one that brings Python {oldest} or later"
        else:
            remedy = (
                f"make an environment with Python {version}, install optmargin in it, and run 'optmargin install libreoffice' "
                "from there"
            )
        raise MarginError(ErrorCode.MISSING, f"{problem} in {environment.get('prefix', 'a place unknown')}", remedy)
    return version
