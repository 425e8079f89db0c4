"""The other doors, from the terminal: ``optmargin install``, ``uninstall``, ``doctor`` and ``functions``."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from optmargin.hosts.checks import Check

HOSTS = ("excel", "libreoffice")
_host = click.argument("host", type=click.Choice(HOSTS))


def _setup(host: str) -> ModuleType:
    """The host's module ``setup``: ``install()`` and ``uninstall()`` give sentences, ``doctor()`` a list of checks."""
    return importlib.import_module(f"optmargin.hosts.{host}.setup")


@click.command()
@_host
def install(host: str) -> None:
    """Put the worksheet functions into a spreadsheet program: excel (Windows) or libreoffice."""
    _say(_setup(host).install())


@click.command()
@_host
def uninstall(host: str) -> None:
    """Take the worksheet functions out of a spreadsheet program again."""
    _say(_setup(host).uninstall())


def _say(sentences: Iterator[str]) -> None:
    for sentence in sentences:
        click.echo(sentence)


@click.command()
@_host
def doctor(host: str) -> None:
    """Say what is wrong with an installation, and what would help; exit code 1 where something is."""
    from optmargin.hosts.checks import Health

    checks: list[Check] = _setup(host).doctor()
    width = max(len(each.health.value) for each in checks)
    for each in checks:
        click.echo(f"{each.health.value:{width}}  {each.what}: {each.seen}")
        if each.remedy:
            click.echo(f"{'':{width}}  -> {each.remedy}")
    sys.exit(1 if any(each.health is Health.WRONG for each in checks) else 0)


@click.command("functions")
@click.argument("name", required=False)
def list_functions(name: str | None) -> None:
    """List the worksheet functions by category, or say how one is used."""
    from optmargin.core.errors import MarginError
    from optmargin.functions.call import call, functions, usage

    if name is not None:
        rows = call("MARGIN_HELP", [name]).rows
        if isinstance(rows[0][0], MarginError):
            raise rows[0][0]
        width = max(len(str(row[0])) for row in rows)
        for label, text in rows:
            click.echo(f"{label:{width}}  {text}")
        return
    by_category: dict[str, list[str]] = {}
    for function in functions().values():
        by_category.setdefault(function.category, []).append(f"  {usage(function)}")
    for category, lines in by_category.items():
        click.echo("\n".join([f"{category}:", *lines]))
