"""The options by which a person chooses how an account is margined: the method, and SPAN's parameters, level and broker."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from optmargin.risk.span.choice import SpanChoice
    from optmargin.risk.span.table import MarginTable

METHODS = ("auto", "strategy", "span", "portfolio")
LEVELS = ("auto", "exact", "calibrated", "reference")
_LARGEST_TABLE = 1_000_000  # bytes; a table of published margins has a few kilobytes


def span_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options of SPAN's parameters to a command."""
    options = [
        click.option(
            "--span-file",
            type=click.Path(path_type=Path),
            help="SPAN parameter file (.pa2, .spn): level exact; else your settings' span_file.",
        ),
        click.option(
            "--span-product", multiple=True, metavar="CODE", help="Read these combined commodities of it only: ES."
        ),
        click.option(
            "--span-alias", multiple=True, metavar="ROOT=CODE", help="Product code in that file of a root: EW3=CME:EW3."
        ),
        click.option(
            "--span-table",
            type=click.Path(path_type=Path),
            help="Your copy of margins.toml, the published margins behind level calibrated.",
        ),
        click.option(
            "--span-level",
            type=click.Choice(LEVELS),
            default="auto",
            help="Level of SPAN figures; auto: exact with a file, else calibrated.",
        ),
        click.option("--broker", default="exchange", help="Whose factors on SPAN margin: exchange (none), ibkr."),
        click.option("--session", default="overnight", help="The broker's session: overnight, intraday."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def method_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the method and the cash of the futures segment, and SPAN's options, to a command."""
    options = [
        click.option(
            "--method",
            type=click.Choice(METHODS),
            default="auto",
            help="auto: futures and their options by SPAN, securities by the rule book; portfolio: securities by portfolio margin.",
        ),
        click.option(
            "--commodity-cash",
            multiple=True,
            metavar="[ACCOUNT=]USD",
            help="Cash of the futures segment; overrides the file's.",
        ),
    ]
    command = span_options(command)
    for option in reversed(options):
        command = option(command)
    return command


def span_choice(options: dict[str, Any]) -> SpanChoice:
    """By which parameters futures are margined: the file of the option, else that of the settings; a table; or the package's own.

    Raises:
        MarginError: for a file, a table, a level, a broker or a session that can't be read or isn't known.
    """
    from optmargin.functions.settings import read_settings
    from optmargin.risk.span.choice import SpanChoice, account_terms
    from optmargin.risk.span.words import Level

    level = None if options["span_level"] == "auto" else Level(options["span_level"])
    settings = read_settings()
    file, products = options["span_file"], options["span_product"]
    table = None if options["span_table"] is None else _table(options["span_table"])
    if file is None and table is None:
        file, products = settings.span_file, products or settings.span_products
    parameters = None
    if file is not None and level in {None, Level.EXACT}:
        from optmargin.risk.span.files.read import read_span

        parameters = read_span(file, products or None)
    terms = account_terms(options["broker"], options["session"], {**settings.span_aliases, **_aliases(options["span_alias"])})  # fmt: skip
    return SpanChoice(parameters, table, level, terms)


def _aliases(texts: Sequence[str]) -> dict[str, str]:
    from optmargin.core.errors import ErrorCode, MarginError

    found = {}
    for text in texts:
        root, equals, code = (part.strip() for part in text.partition("="))
        if not (root and equals and code):
            problem = f"--span-alias {text!r} doesn't say which code a root has"
            raise MarginError(ErrorCode.VALUE, problem, "write it like --span-alias EW3=CME:EW3")
        found[root] = code
    return found


def _table(path: Path) -> MarginTable:
    from optmargin.core.errors import ErrorCode, MarginError
    from optmargin.risk.span.table import load_table

    remedy = "give a copy of the package's margins.toml"
    try:
        if path.stat().st_size > _LARGEST_TABLE:
            raise MarginError(ErrorCode.VALUE, f"{path} is too long to be a table of margins", remedy)
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise MarginError(ErrorCode.VALUE, f"{path} can't be read: {error}", remedy) from None
    return load_table(text, path.name)
