"""Writing what the model holds as a file: expanded unpacked (``.pa2``) or XML (``.spn``)."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from optmargin.core.errors import ErrorCode, MarginError
from optmargin.risk.span.files.pa2_write import lines_of
from optmargin.risk.span.files.spn_write import elements_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optmargin.risk.span.model import SpanParameters


def write_pa2(parameters: SpanParameters, path: Path, *, replace: bool = False) -> None:
    """Writes an expanded unpacked file.

    Raises:
        MarginError: ``#NUM!`` for a number that the format can't hold, ``#VALUE!`` for what it can't say, for a file that is
            there already (unless ``replace``) or a folder that can't be written to. No file is left behind then.
    """
    with new_file(path, replace=replace) as stream:
        for line in lines_of(parameters):
            stream.write(line.encode("latin-1") + b"\r\n")


def write_spn(parameters: SpanParameters, path: Path, *, replace: bool = False) -> None:
    """Writes an XML file (``.spn``).

    Raises:
        MarginError: as :func:`write_pa2`.
    """
    with new_file(path, replace=replace) as stream:
        for text in elements_of(parameters):
            stream.write(text.encode("utf-8"))


@contextmanager
def new_file(path: Path, *, replace: bool = False) -> Iterator[IO[bytes]]:
    """A stream to a file that appears under its name only when it is whole.

    Raises:
        MarginError: ``#VALUE!`` where the file is there already (unless ``replace``), or can't be written.
    """
    if path.exists() and not replace:
        raise MarginError(ErrorCode.VALUE, f"{path} is there already", "give another name, or ask to replace it")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from None
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "wb", buffering=1 << 20) as stream:
            yield stream
        unfinished.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        unfinished.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> MarginError:
    return MarginError(
        ErrorCode.VALUE, f"{path} can't be written ({error.strerror or type(error).__name__})", "give another folder"
    )
