"""``optmargin span cut``: the part of a SPAN parameter file that belongs to a few products, as a private file of one's own."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def span() -> None:
    """SPAN parameter files: cut a slice of one."""


@span.command("cut")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="The slice to write.")
@click.option(
    "--product", "products", multiple=True, required=True, metavar="CODE", help="Combined commodity: ES, CME/ES; repeat for more."
)  # fmt: skip
@click.option("--replace", is_flag=True, help="Overwrite the slice where it is there already.")
def cut_slice(file: Path, *, out: Path, products: tuple[str, ...], replace: bool) -> None:
    """Cut the lines of a few products out of FILE (.pa2 or .spn, plain or zipped), as they stand, so that later questions read little.

    A slice is the exchange's data as much as the file is: keep it to yourself.
    """
    from optmargin.risk.span.files.cut import cut

    found = cut(file, out, products, replace=replace)
    codes = ", ".join(found.commodities)
    click.echo(f"wrote {found.path}: {codes}, contracts: {found.contracts:,}, {found.size:,} of {found.of:,} bytes")
    click.echo("it is the exchange's data: keep it to yourself")
