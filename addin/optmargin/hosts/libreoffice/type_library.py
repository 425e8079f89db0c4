"""Writing a UNO type library: the binary .rdb file in which LibreOffice looks up the methods of one interface.

The format is that of LibreOffice's ``unoidl-write`` (read from unoidl/source/unoidlprovider.cxx and unoidl-write.cxx): a header with
the place of the root map, the entities, and for every module a map from names to places. Numbers are little-endian.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_MAGIC = b"UNOIDL\xff\0"
_HEADER = "<II"  # the place of the root map, and how many entries it has
_MODULE, _INTERFACE = 0, 5  # the kinds of entities
_IN = 0  # the direction of a parameter
_REUSED = 0x80000000
_EVERY_INTERFACE = "com.sun.star.uno.XInterface"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter that goes into a method: its name and its UNO type, such as ``any`` or ``[]any``."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Method:
    """A method: its name, the UNO type of its answer, and its parameters in order."""

    name: str
    returns: str
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface: the modules that it lies in, from the outermost; its name; its methods in order."""

    modules: tuple[str, ...]
    name: str
    methods: tuple[Method, ...]


def type_library(interface: Interface, mark: bytes = b"") -> bytes:
    """The bytes of a type library that holds one interface.

    Args:
        interface: what it holds.
        mark: what stands behind the header and is skipped by readers; ``unoidl-write`` puts its own name and version there.
    """
    library = _Library(mark)
    name, place = interface.name, library.interface(interface)
    for module in reversed(interface.modules):
        entry = library.entry(name, place)
        name, place = module, library.place
        library.write(struct.pack("<BI", _MODULE, 1) + entry)
    root = library.entry(name, place)
    at = library.place
    library.write(root)
    return library.headed(at, entries=1)


class _Library:
    """The bytes written so far; a text that was written before is pointed at instead of written again."""

    def __init__(self, mark: bytes) -> None:
        self._bytes = bytearray(len(_MAGIC) + struct.calcsize(_HEADER)) + mark
        self._written: dict[str, int] = {}

    @property
    def place(self) -> int:
        """Where the next byte goes."""
        return len(self._bytes)

    def write(self, more: bytes) -> None:
        self._bytes += more

    def number(self, value: int) -> None:
        self.write(struct.pack("<I", value))

    def text(self, text: str) -> None:
        if (before := self._written.get(text)) is not None:
            self.number(before | _REUSED)
            return
        self._written[text] = self.place
        letters = text.encode("ascii")
        self.number(len(letters))
        self.write(letters)

    def interface(self, interface: Interface) -> int:
        """Writes an interface that has methods only; where it lies."""
        place = self.place
        self.write(bytes([_INTERFACE]))
        self.number(1)  # bases that every implementation has
        self.text(_EVERY_INTERFACE)
        self.number(0)  # optional bases
        self.number(0)  # attributes
        self.number(len(interface.methods))
        for method in interface.methods:
            self.text(method.name)
            self.text(method.returns)
            self.number(len(method.parameters))
            for parameter in method.parameters:
                self.write(bytes([_IN]))
                self.text(parameter.name)
                self.text(parameter.type)
            self.number(0)  # exceptions
        return place

    def entry(self, name: str, place: int) -> bytes:
        """Writes the name of what lies at a place; the entry of the map that leads there."""
        named_at = self.place
        self.write(name.encode("ascii") + b"\0")
        return struct.pack("<II", named_at, place)

    def headed(self, root: int, entries: int) -> bytes:
        """All bytes, with the header that leads to the root map."""
        header = _MAGIC + struct.pack(_HEADER, root, entries)
        return header + bytes(self._bytes[len(header) :])
