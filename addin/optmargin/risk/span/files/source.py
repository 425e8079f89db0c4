"""Where bytes come from: a plain file or the one member of a .zip, read in pieces, with limits; and how a place in it is named."""

from __future__ import annotations

import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from optmargin.core.errors import ErrorCode, MarginError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PIECE = 1 << 22  # bytes that are read at a time
HEAD = 4096  # bytes that a layout is recognised by

_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06")
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file may hold before it is refused; what real files hold is far below.

    Attributes:
        size: bytes of the whole file, unpacked.
        line: bytes of a line of fixed columns.
        block: bytes of one product family or one combined commodity of an XML file.
        elements: XML elements outside of product families and combined commodities, and inside one of them.
        depth: XML elements inside one another, outside of product families and combined commodities.
        contracts: contracts that are kept.
    """

    size: int = 4 << 30
    line: int = 512
    block: int = 256 << 20
    elements: int = 4_000_000
    depth: int = 40
    contracts: int = 3_000_000


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can be read from its beginning as often as needed.

    Attributes:
        path: the file, or the archive that holds it.
        name: for people: ``cme.20250912.s.pa2``, ``cme.zip (cme.20250912.s.pa2)``.
        member: its name in the archive; empty for a plain file.
        limits: what it may hold.
    """

    path: Path
    name: str
    member: str = ""
    limits: Limits = LIMITS

    @classmethod
    def of(cls, path: Path, limits: Limits = LIMITS) -> Source:
        """The source at a path; looks into an archive.

        Raises:
            MarginError: ``#N/A`` where there is no file, ``#VALUE!`` where it can't be read, or is an archive with another
                number of members than one.
        """
        if path.is_dir():
            raise MarginError(ErrorCode.VALUE, f"{path} is a folder", "give one SPAN file")
        with _told(path.name, path):
            with path.open("rb") as stream:
                head = stream.read(len(_ARCHIVES[0]))
            if head not in _ARCHIVES:
                return cls(path, path.name, limits=limits)
            with zipfile.ZipFile(path) as archive:
                members = [each for each in archive.infolist() if not each.is_dir()]
        if len(members) != 1:
            names = ", ".join(each.filename for each in members[:5])
            raise MarginError(
                ErrorCode.VALUE,
                f"{path.name} is an archive of {len(members)} files{f' ({names})' if names else ''}",
                "give an archive with one SPAN file, or the unpacked file",
            )
        (member,) = members
        name = f"{path.name} ({member.filename})"
        if member.flag_bits & _ENCRYPTED:
            raise MarginError(ErrorCode.VALUE, f"{name} has a password", "unpack it first")
        if member.file_size > limits.size:
            raise _too_large(name, limits)
        return cls(path, name, member.filename, limits)

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """The bytes from the beginning, unpacked.

        Raises:
            MarginError: ``#VALUE!`` where the file, or the archive, is damaged or can't be read.
        """
        with _told(self.name, self.path):
            if not self.member:
                with self.path.open("rb", buffering=0) as stream:
                    yield stream
            else:
                with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as stream:
                    yield stream

    def pieces(self, size: int = PIECE) -> Iterator[bytes]:
        """The bytes from the beginning, unpacked, in pieces of up to ``size`` bytes.

        Raises:
            MarginError: ``#VALUE!`` where the file is damaged, or larger than the limit.
        """
        seen = 0
        with self.opened() as stream:
            while piece := stream.read(size):
                seen += len(piece)
                if seen > self.limits.size:
                    raise _too_large(self.name, self.limits)
                yield piece

    def head(self) -> bytes:
        """The first bytes, unpacked; a layout is recognised by them."""
        with self.opened() as stream:
            return stream.read(HEAD)

    def refusal(self, problem: str, remedy: str, *, line: int | None = None) -> MarginError:
        """The error of what stands in the file: ``cme.pa2 line 12: ...``."""
        place = self.name if line is None else f"{self.name} line {line}"
        return MarginError(ErrorCode.VALUE, f"{place}: {problem}", remedy)


def _too_large(name: str, limits: Limits) -> MarginError:
    return MarginError(
        ErrorCode.VALUE,
        f"{name} is larger than {limits.size / 2**20:,.0f} MB unpacked",
        "it is no SPAN file; give one, or raise the limit",
    )


@contextmanager
def _told(name: str, path: Path) -> Iterator[None]:
    """What goes wrong with the file itself, as an error in words."""
    try:
        yield
    except FileNotFoundError:
        raise MarginError(ErrorCode.MISSING, f"there is no file {path}", "check its name and folder") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise MarginError(
            ErrorCode.VALUE, f"{name} is a damaged archive ({error})", "fetch it again, or unpack it first"
        ) from None
    except OSError as error:
        raise MarginError(
            ErrorCode.VALUE, f"{name} can't be read ({error.strerror or type(error).__name__})", "check its rights"
        ) from None
