"""The worksheet functions as Calc sees them: a UNO interface with one method each, as IDL text and as a binary type library.

Calc asks an add-in's methods by reflection and so wants their types in a type library. One is written here byte for byte, so that
LibreOffice's SDK isn't needed; the IDL text beside it says the same for a person, and is what the SDK's ``unoidl-write`` would take.
"""

from __future__ import annotations

import re

from optmargin.functions.all import functions
from optmargin.functions.declare import WorksheetFunction
from optmargin.hosts.libreoffice.type_library import Interface, Method, Parameter, type_library

MODULES = ("org", "optmargin")
INTERFACE = "XOptMargin"

# A value, a text, a missing argument or a range: Calc passes whatever stands in the cell.
_ANY = "any"
# The last parameter, when it is a sequence, takes any number of arguments.
_REPEATED = "[]any"
# A parameter of this type isn't the user's: Calc itself fills it in with the workbook that asks, of which we want its first day.
_WORKBOOK = Parameter("WORKBOOK", "com.sun.star.beans.XPropertySet")
# Calc takes arrays in no other form, not even inside an any; a single answer is an array of one.
_ANSWER = "[][]any"

_IDL_TYPES = {
    _ANY: "any",
    _REPEATED: "sequence< any >",
    _ANSWER: "sequence< sequence< any > >",
    _WORKBOOK.type: _WORKBOOK.type.replace(".", "::"),
}
# Names in capitals are legal with underscores, and are none of the IDL's words (unoidl/source/sourceprovider-scanner.l).
_IDENTIFIER = re.compile(r"(?!(?:TRUE|FALSE)$)[A-Z](?:_?[A-Z0-9])*")


def interface() -> Interface:
    """The interface: a method for every worksheet function, with the workbook that asks and then its arguments in capitals.

    Raises:
        ValueError: when a name can't stand in an interface, so that it is found when the files are generated.
    """
    return Interface(MODULES, INTERFACE, tuple(_method(function) for function in functions().values()))


def _method(function: WorksheetFunction) -> Method:
    parameters = tuple(
        Parameter(named(argument.name), _REPEATED if argument.repeats else _ANY) for argument in function.arguments
    )
    if _WORKBOOK.name in {parameter.name for parameter in parameters}:
        raise ValueError(f"{function.name}: the workbook itself is passed as {_WORKBOOK.name}; choose another name")
    return Method(named(function.name), _ANSWER, (_WORKBOOK, *parameters))


def named(name: str) -> str:
    """A name as it stands in the interface: in capitals.

    Raises:
        ValueError: when it can't stand there.
    """
    capitals = name.upper()
    if not _IDENTIFIER.fullmatch(capitals):
        raise ValueError(f"{name} can't be a name in a UNO interface: choose another for the worksheet function")
    return capitals


def idl() -> str:
    """The interface as IDL text."""
    described = interface()
    lines = [
        "// The worksheet functions of optmargin, as LibreOffice Calc asks them. Generated from their declarations."
    ]
    lines += [" ".join(f"module {module} {{" for module in described.modules)]
    lines += [f"interface {described.name}", "{"]
    for method in described.methods:
        parameters = ", ".join(f"[in] {_IDL_TYPES[parameter.type]} {parameter.name}" for parameter in method.parameters)
        lines.append(f"    {_IDL_TYPES[method.returns]} {method.name}({parameters});")
    return "\n".join([*lines, "};", " ".join("};" for _ in described.modules), ""])


def interface_library() -> bytes:
    """The interface as the binary type library that goes into the .oxt."""
    return type_library(interface())
