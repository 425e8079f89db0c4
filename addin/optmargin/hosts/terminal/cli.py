"""The ``optmargin`` command: its subcommands and their options. Everything heavy is imported when a subcommand runs."""

from __future__ import annotations

import datetime as dt
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from optmargin import __version__
from optmargin.hosts.terminal import doors, parachutes
from optmargin.hosts.terminal.compare import compare
from optmargin.hosts.terminal.risk_options import method_options, span_choice
from optmargin.hosts.terminal.span import span

if TYPE_CHECKING:
    from collections.abc import Callable

    from optmargin.batch.reports import Settings

COMPLETE, INCOMPLETE, COULD_NOT_RUN = 0, 1, 2


class _Group(click.Group):
    """Turns every error of ours into one sentence on the error stream and exit code 2, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        from optmargin.core.errors import MarginError

        try:
            return super().invoke(ctx)
        except MarginError as error:
            click.echo(f"optmargin: {error}", err=True)
            ctx.exit(COULD_NOT_RUN)
        except BrokenPipeError:
            sys.stderr.close()
            ctx.exit(COULD_NOT_RUN)


_ABOUT = """Option margin in your spreadsheet: what a book requires per expiry, and why.

\b
optmargin margin positions.csv --net-liq 100000     the requirement, per account and expiry
optmargin report flex.xml -o report.xlsx            the daily margin report as a workbook
optmargin eval '=NAKED_MARGIN("call", 17.40, 20, 0.65, 1, 100, "equity", "ibkr-2005")'
"""  # \b keeps the lines below it as they are


@click.group(
    cls=_Group, help=_ABOUT, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="optmargin")
def main() -> None:
    """The command; its subcommands do the work."""


for _command in (
    doors.install,
    doors.uninstall,
    doors.doctor,
    doors.list_functions,
    parachutes.parachutes,
    span,
    compare,
):
    main.add_command(_command)


def _figure_by_name(text: str, what: str, example: str) -> tuple[str, float]:
    from optmargin.core.errors import ErrorCode, MarginError
    from optmargin.core.values import number

    name, equals, figure = text.rpartition("=")
    if what == "--spot" and not (equals and name.strip()):
        raise MarginError(ErrorCode.VALUE, f"{what} {text!r} names no underlying", f"write it like {what} {example}")
    found = number(figure, what)
    if found is None:
        raise MarginError(ErrorCode.VALUE, f"{what} {text!r} holds no number", f"write it like {what} {example}")
    return name.strip(), found


def _book_options(command: Callable[..., Any]) -> Callable[..., Any]:
    options = [
        click.option(
            "--book",
            help="Rule book: alpaca, cboe, ibkr, ibkr-2005, tastytrade; else your settings' book, else ibkr.",
        ),
        click.option(
            "--as-of", metavar="DATE", help="Day of the report (YYYY-MM-DD); else the file's own, else today."
        ),
        click.option(
            "--account-type", type=click.Choice(["margin", "cash", "ira"]), help="Else the file's own, else margin."
        ),
        click.option(
            "--net-liq", multiple=True, metavar="[ACCOUNT=]USD", help="Net liquidation value; overrides the file's."
        ),
        click.option(
            "--spot", multiple=True, metavar="SYM=PRICE", help="Price of an underlying; overrides the file's."
        ),
        click.option("--slot-width", default=5.0, show_default=True, help="Width of a slot, USD per share."),
        click.option(
            "--live-quotes", is_flag=True, help="The prices are live quotes: test IBKR's 102 % of the cost to close."
        ),
        click.option(
            "--time-limit",
            default=10.0,
            show_default=True,
            help="Seconds for the cheapest pairing of one underlying; what isn't proven by then is said.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _settings(options: dict[str, Any]) -> Settings:
    from optmargin.batch.reports import Settings
    from optmargin.core.contracts import AccountType, parse_date
    from optmargin.core.errors import ErrorCode, MarginError
    from optmargin.functions.settings import read_settings

    for name in ("slot_width", "time_limit"):
        if not options[name] > 0:
            option = f"--{name.replace('_', '-')}"
            raise MarginError(ErrorCode.NUM, f"{option} is {options[name]:g}", "it must be greater than 0")
    return Settings(
        book=options["book"] or read_settings().book,
        today=dt.date.today(),
        as_of=parse_date(options["as_of"], "--as-of") if options["as_of"] else None,
        account_type=AccountType(options["account_type"]) if options["account_type"] else None,
        net_liq=dict(_figure_by_name(text, "--net-liq", "100000") for text in options["net_liq"]),
        spots=dict(_figure_by_name(text, "--spot", "SPX=4100") for text in options["spot"]),
        slot_width=options["slot_width"],
        time_limit=options["time_limit"],
        live_quotes=options["live_quotes"],
        **_method_settings(options),
    )


def _method_settings(options: dict[str, Any]) -> dict[str, Any]:
    """The settings of :func:`method_options`; none where the command hasn't got them."""
    if "method" not in options:
        return {}
    from optmargin.report.methods import Method

    cash = dict(_figure_by_name(text, "--commodity-cash", "25000") for text in options["commodity_cash"])
    return {"method": Method(options["method"]), "span": span_choice(options), "commodity_cash": cash}


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@_book_options
@method_options
@click.option("--explain", is_flag=True, help="Show how each amount came about, lot by lot, with rule and source.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (addin/docs/json.md) instead of tables.")
def margin(file: Path, *, explain: bool, as_json: bool, **options: Any) -> None:
    """What the positions of FILE require, per account, underlying and expiry.

    FILE is an IBKR Flex Query (XML) or a table of positions (CSV, XLSX). Exit code 0: complete; 1: something is missing.
    """
    from optmargin.batch.reports import file_reports

    settings = replace(_settings(options), stress=False)  # `report` and `whatif --stress` show it
    read = file_reports(file, settings)
    if as_json:
        from optmargin.report.public import public

        found = public(read.reports, book=settings.book, as_of=settings.as_of, findings=read.findings)
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        from optmargin.hosts.terminal.show import show_reports

        show_reports(read, explain=explain)
    sys.exit(COMPLETE if read.complete else INCOMPLETE)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="The workbook to write (.xlsx).")
@click.option(
    "--template", type=click.Path(path_type=Path), help="Your own copy of workbooks/margin_report.xlsx, restyled."
)
@click.option("--account", help="Which account, where FILE holds several; else a workbook for each.")
@_book_options
@method_options
def report(file: Path, *, out: Path, template: Path | None, account: str | None, **options: Any) -> None:
    """The daily margin report of FILE as a workbook that recalculates without Python."""
    from optmargin.batch.folder import report_path
    from optmargin.batch.reports import file_reports
    from optmargin.core.errors import ErrorCode, MarginError, nearest
    from optmargin.hosts.terminal.show import show_headline
    from optmargin.workbook.fill import fill

    read = file_reports(file, _settings(options))
    chosen = [each for each in read.reports if account in (None, each.account)]
    if not chosen:
        names = [each.account for each in read.reports]
        problem = f"{read.file} holds no account {account}" if account else f"{read.file} holds no account"
        raise MarginError(ErrorCode.VALUE, problem, nearest(account or "", names) if names else "")
    for each in chosen:
        path = out if len(chosen) == 1 else report_path(out.parent, out.stem, each.account)
        for finding in fill(each, template, path):
            click.echo(f"{finding.severity}: {finding}", err=True)
        show_headline(each, path)
    sys.exit(COMPLETE if read.complete else INCOMPLETE)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder for the reports and the summary."
)
@click.option(
    "--template", type=click.Path(path_type=Path), help="Your own copy of workbooks/margin_report.xlsx, restyled."
)
@_book_options
@method_options
def batch(folder: Path, *, out: Path, template: Path | None, **options: Any) -> None:
    """A report for every account of every file in FOLDER, and one summary ranked by cushion.

    Exit code 0: all complete; 1: something is missing; 2: could not run.
    """
    from optmargin.batch.folder import run_folder
    from optmargin.hosts.terminal.show import Progress, show_batch

    with Progress() as progress:
        result = run_folder(folder, out, _settings(options), template=template, tell=progress)
    show_batch(result)
    sys.exit(COMPLETE if result.complete else INCOMPLETE)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--add", "added", multiple=True, metavar="LEG", help='Such as "-5 SPXW 2022-12-23 3980 call @18.20".')
@click.option("--stress", is_flag=True, help="Show margin and cushion when the underlyings move by -20 % to +20 %.")
@click.option("--account", help="Which account, where FILE holds several.")
@_book_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON (addin/docs/json.md) instead of tables.")
def whatif(
    file: Path, *, added: tuple[str, ...], stress: bool, account: str | None, as_json: bool, **options: Any
) -> None:
    """What adding legs would change of an account in FILE: before, after, change.

    A leg is a signed quantity, an option symbol or name, expiry, strike and right (or a ticker and stock), and @price. Exit code
    0: complete; 1: something is missing.
    """
    from optmargin.hosts.terminal.whatif import ask

    complete = ask(file, added, _settings(options), account=account, with_stress=stress, as_json=as_json)
    sys.exit(COMPLETE if complete else INCOMPLETE)


@main.command("eval")
@click.argument("formula")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: value, or error with its problem and remedy.")
def evaluate(formula: str, *, as_json: bool) -> None:
    """What a worksheet function answers: optmargin eval '=SLOTS(100000)'.

    Arguments are numbers, "text", TRUE, {1,2;3,4} and other functions. Exit code 1 where the answer is an error.
    """
    from optmargin.functions.settings import read_settings, use
    from optmargin.hosts.terminal.formula import evaluate as answer_of
    from optmargin.hosts.terminal.show import answer_json, show_answer

    use(read_settings())
    answer = answer_of(formula)
    found, has_error = answer_json(answer)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        show_answer(answer)
    sys.exit(INCOMPLETE if has_error else COMPLETE)


@main.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--kind",
    help="report (to restyle, for `report --template`), functions (a tour), parachutes or lambda (no Python needed); else by OUT's name.",
)
def template(out: Path, *, kind: str | None) -> None:
    """Write one of the template workbooks to OUT: lambda.xlsx, functions.xlsx or parachutes.xlsx by their names, else the margin report's."""
    from optmargin.core.errors import ErrorCode, MarginError, nearest
    from optmargin.workbook.kinds import KINDS

    chosen = kind or (out.stem.lower() if out.stem.lower() in KINDS else "report")
    if chosen not in KINDS:
        raise MarginError(ErrorCode.VALUE, f"there is no template {chosen}", nearest(chosen, KINDS))
    KINDS[chosen](out)
    click.echo(f"wrote {out}")


if __name__ == "__main__":
    main()
