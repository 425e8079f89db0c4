"""The texts inside the .oxt that LibreOffice reads: names and help of the functions for its wizard, and what the extension is."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

import optmargin
from optmargin.functions.all import functions
from optmargin.functions.declare import WorksheetFunction, argument_help
from optmargin.hosts.libreoffice.component import SERVICE

IDENTIFIER = "org.optmargin.calc"
OLDEST_LIBREOFFICE = (24, 8)

_XML = '<?xml version="1.0" encoding="UTF-8"?>'
# Calc knows no categories but its own; a name that it doesn't know goes here as well.
_CATEGORY = "Add-In"


def addins() -> str:
    """``Addins.xcu``: what the function wizard shows, and the name of every function in .xlsx files (its compatibility name)."""
    lines = [
        _XML,
        '<oor:component-data oor:name="CalcAddIns" oor:package="org.openoffice.Office" xmlns:oor="http://openoffice.org/2001/registry">',
        '<node oor:name="AddInInfo">',
        f'<node oor:name="{SERVICE}" oor:op="replace">',
        '<node oor:name="AddInFunctions">',
        *(line for function in functions().values() for line in _function(function)),
        "</node>",
        "</node>",
        "</node>",
        "</oor:component-data>",
    ]
    return "\n".join([*lines, ""])


def _function(function: WorksheetFunction) -> Iterator[str]:
    yield f'<node oor:name="{function.name}" oor:op="replace">'
    yield _localised("DisplayName", function.name)
    yield _localised("CompatibilityName", function.name)
    yield _localised("Description", function.about)
    yield f'<prop oor:name="Category"><value>{_CATEGORY}</value></prop>'
    yield '<node oor:name="Parameters">'
    for argument in function.arguments:
        yield f'<node oor:name="{argument.name.upper()}" oor:op="replace">'
        yield _localised("DisplayName", argument.name)
        yield _localised("Description", argument_help(argument))
        yield "</node>"
    yield "</node>"
    yield "</node>"


def _localised(name: str, text: str) -> str:
    return f'<prop oor:name="{name}"><value xml:lang="en-US">{escape(text)}</value></prop>'


def description() -> str:
    """``description.xml``: the extension's identifier, version, name, and the oldest LibreOffice that it works with."""
    oldest = ".".join(map(str, OLDEST_LIBREOFFICE))
    return f"""{_XML}
<description xmlns="http://openoffice.org/extensions/description/2006" xmlns:xlink="http://www.w3.org/1999/xlink"
 xmlns:lo="http://libreoffice.org/extensions/description/2011">
<identifier value="{IDENTIFIER}"/>
<version value={quoteattr(optmargin.__version__)}/>
<dependencies><lo:LibreOffice-minimal-version value="{oldest}" lo:name="LibreOffice {oldest}"/></dependencies>
<display-name><name lang="en">optmargin: margin of options</name></display-name>
</description>
"""


def components() -> str:
    """``optmargin.components``: which file implements the functions, so that LibreOffice needn't run it to know."""
    return f"""{_XML}
<components xmlns="http://openoffice.org/2010/uno-components">
<component loader="com.sun.star.loader.Python" uri="./component.py">
<implementation name="{SERVICE}"><service name="{SERVICE}"/></implementation>
</component>
</components>
"""


def manifest(kinds: dict[str, str]) -> str:
    """``META-INF/manifest.xml``: what kind of thing each file of the extension is, by its name."""
    entries = [
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="{kind}"/>'
        for name, kind in kinds.items()
    ]
    lines = [
        _XML,
        '<manifest:manifest xmlns:manifest="http://openoffice.org/2001/manifest">',
        *entries,
        "</manifest:manifest>",
    ]
    return "\n".join([*lines, ""])
