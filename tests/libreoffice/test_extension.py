"""What goes into the .oxt: the type library as LibreOffice's own tool writes it, the wizard's texts, the same bytes every time."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import optmargin
from optmargin.functions.all import functions
from optmargin.functions.declare import Unit
from optmargin.hosts.libreoffice import generated as generator
from optmargin.hosts.libreoffice.build import FOLDER, generated, oxt
from optmargin.hosts.libreoffice.environment import this_environment
from optmargin.hosts.libreoffice.interface import idl, interface
from optmargin.hosts.libreoffice.type_library import Interface, Method, Parameter, type_library

FILES = Path(__file__).parent / "files"
GRID = "[][]any"
# reference.rdb is what unoidl-write of LibreOffice 25.2.3.2 (Debian's libreoffice-dev) makes of reference.idl.
WRITTEN_BY = b"\0** Created by LibreOffice 25.2.3.2 unoidl-write **\0"
REFERENCE = Interface(
    ("org", "example", "calc"),
    "XSums",
    (
        Method("TOTAL", GRID, (Parameter("FIRST", "any"), Parameter("OTHERS", "[]any"))),
        Method("TODAY", "any", ()),
        Method("TOTAL_OF", GRID, tuple(Parameter(name, "any") for name in ("FIRST", "SECOND", "THIRD"))),
    ),
)
OOR = "{http://openoffice.org/2001/registry}"


def described() -> dict[str, dict[str, str]]:
    """The texts of each function in Addins.xcu; those of an argument under its name and the property's."""
    found: dict[str, dict[str, str]] = {}
    root = ET.fromstring(generated()["Addins.xcu"])  # noqa: S314 - our own text
    for node in root.findall(f"./node/node/node[@{OOR}name='AddInFunctions']/node"):
        texts = found.setdefault(node.get(f"{OOR}name", ""), {})
        for prop in node.findall("prop"):
            texts[prop.get(f"{OOR}name", "")] = prop.findtext("value", "")
        for argument in node.findall("./node/node"):
            for prop in argument.findall("prop"):
                texts[f"{argument.get(f'{OOR}name')}/{prop.get(f'{OOR}name')}"] = prop.findtext("value", "")
    return found


def test_a_type_library_is_byte_for_byte_what_libreoffice_writes() -> None:
    assert type_library(REFERENCE, WRITTEN_BY) == (FILES / "reference.rdb").read_bytes()


def test_the_generated_files_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert generator.main(["--check"]) == 0, capsys.readouterr().out


def test_a_stale_file_and_one_too_many_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generator, "FOLDER", tmp_path)
    assert generator.main([]) == 0
    assert generator.main(["--check"]) == 0
    (tmp_path / "Addins.xcu").write_bytes(b"stale")
    (tmp_path / "XOptMargin.rdb").unlink()
    (tmp_path / "left_over.txt").write_bytes(b"")
    capsys.readouterr()
    assert generator.main(["--check"]) == 1
    said = capsys.readouterr().out
    assert [name in said for name in ("Addins.xcu", "XOptMargin.rdb", "left_over.txt", "manifest")] == [True] * 3 + [
        False
    ]


@pytest.mark.parametrize("name", sorted(functions()))
def test_every_function_is_a_method_with_its_arguments(name: str) -> None:
    (method,) = [method for method in interface().methods if method.name == name]
    function = functions()[name]
    workbook, *parameters = (
        method.parameters
    )  # Calc fills in the first by itself, so that its days can be counted rightly
    assert (workbook.name, workbook.type) == ("WORKBOOK", "com.sun.star.beans.XPropertySet")
    assert [parameter.name for parameter in parameters] == [each.name.upper() for each in function.arguments]
    assert [parameter.type for parameter in parameters] == [
        "[]any" if argument.repeats else "any" for argument in function.arguments
    ]
    assert f"sequence< sequence< any > > {name}([in] com::sun::star::beans::XPropertySet WORKBOOK" in idl()


@pytest.mark.parametrize("name", sorted(functions()))
def test_the_wizard_has_the_texts_of_every_function(name: str) -> None:
    function, texts = functions()[name], described()[name]
    assert texts["DisplayName"] == texts["CompatibilityName"] == name
    assert texts["Description"] == function.about
    for argument in function.arguments:
        assert texts[f"{argument.name.upper()}/DisplayName"] == argument.name
        help_text = texts[f"{argument.name.upper()}/Description"]
        assert help_text.startswith(argument.about.help)
        assert str(argument.about.unit) in help_text
    assert all(1 <= len(text) <= 255 for text in texts.values())


def test_nothing_is_described_that_is_no_function() -> None:
    assert sorted(described()) == sorted(functions())


@pytest.mark.parametrize("name", ["true", "net__liq", "_net", "net-liq", "größe", ""])
def test_a_name_that_no_interface_can_have_is_refused(name: str) -> None:
    from optmargin.hosts.libreoffice.interface import named

    with pytest.raises(ValueError, match="choose another"):
        named(name)


def test_an_argument_of_the_workbooks_own_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    slots = functions()["SLOTS"]
    called_workbook = replace(slots, arguments=(replace(slots.arguments[0], name="workbook"),))
    monkeypatch.setattr("optmargin.hosts.libreoffice.interface.functions", lambda: {"SLOTS": called_workbook})
    with pytest.raises(ValueError, match="SLOTS: the workbook itself is passed as WORKBOOK; choose another name"):
        interface()


def test_the_oxt_holds_all_that_its_manifest_names_and_is_the_same_every_time() -> None:
    environment = this_environment()
    built = oxt(environment)
    assert built == oxt(dict(environment))
    with zipfile.ZipFile(io.BytesIO(built)) as archive:
        names = archive.namelist()
        manifest = archive.read("META-INF/manifest.xml").decode()
        assert set(re.findall(r'full-path="([^"]+)"', manifest)) <= set(names)
        assert {"component.py", "environment.json", "description.xml"} <= set(names)
        assert 'uri="./component.py"' in archive.read("optmargin.components").decode()
        assert json.loads(archive.read("environment.json")) == environment
        assert f'version value="{optmargin.__version__}"' in archive.read("description.xml").decode()
        assert archive.read("XOptMargin.rdb") == (FOLDER / "XOptMargin.rdb").read_bytes()


def test_the_environment_names_where_optmargin_and_numpy_are() -> None:
    environment = this_environment()
    for module in ("optmargin", "numpy"):
        assert any((Path(path) / module / "__init__.py").is_file() for path in environment["paths"]), module
    assert environment["in_words"] == [name for name, each in functions().items() if each.returns is Unit.TEXT]
    assert "MARGIN_WHY" in environment["in_words"]
