"""Building the .oxt: the generated files of the folder ``extension``, the component, and where optmargin is installed.

The same files and the same environment make the same bytes.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optmargin.hosts.libreoffice import component, configuration, interface

FOLDER = Path(__file__).parent / "extension"
OXT = "optmargin.oxt"
ENVIRONMENT = "environment.json"

COMPONENT = Path(component.__file__).name
_KINDS = {
    "XOptMargin.rdb": "application/vnd.sun.star.uno-typelibrary;type=RDB",
    "optmargin.components": "application/vnd.sun.star.uno-components",
    "Addins.xcu": "application/vnd.sun.star.configuration-data",
}
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold


def generated() -> dict[str, bytes]:
    """The files of the folder ``extension`` by name, as the declarations of the worksheet functions make them now."""
    texts = {
        "META-INF/manifest.xml": configuration.manifest(_KINDS),
        "description.xml": configuration.description(),
        "Addins.xcu": configuration.addins(),
        "optmargin.components": configuration.components(),
        "XOptMargin.idl": interface.idl(),
    }
    return {
        **{name: text.encode("utf-8") for name, text in texts.items()},
        "XOptMargin.rdb": interface.interface_library(),
    }


def oxt(environment: Mapping[str, Any]) -> bytes:
    """The bytes of the extension for an environment."""
    files = {name: (FOLDER / name).read_bytes() for name in generated()}
    files[COMPONENT] = Path(component.__file__).read_bytes()
    files[ENVIRONMENT] = (json.dumps(environment, indent=2, ensure_ascii=False) + "\n").encode("utf-8")
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(name, _EARLIEST)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, content)
    return written.getvalue()
