"""Writes every file of the repository that the program generates, or, with ``--check``, says which of them aren't current.

For people who work on optmargin: ``python -m optmargin.hosts.terminal.generated [--check]``, from a checkout.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from optmargin.functions.reference import functions_page
from optmargin.rules.reference import rules_page

ROOT = Path(__file__).parents[4]


def _example_report(out: Path) -> None:
    from optmargin.batch.reports import Settings, file_reports
    from optmargin.workbook.fill import fill

    # A Flex file states no index; that of SPY's price, so that the stress can be worked out.
    settings = Settings(spots={"SPX": 6834.1, "XSP": 683.41})
    (report,) = file_reports(ROOT / "workbooks" / "examples" / "ibkr_flex_example.xml", settings).reports
    fill(report, None, out)


def _workbook(kind: str) -> Callable[[Path], None]:
    def write(out: Path) -> None:
        from optmargin.workbook.kinds import KINDS

        KINDS[kind](out)

    return write


def _text(page: Callable[[], str]) -> Callable[[Path], None]:
    def write(out: Path) -> None:
        out.write_text(page(), encoding="utf-8", newline="\n")

    return write


FILES: dict[str, Callable[[Path], None]] = {
    "addin/docs/functions.md": _text(functions_page),
    "addin/docs/rules.md": _text(rules_page),
    "workbooks/margin_report.xlsx": _workbook("report"),
    "workbooks/functions.xlsx": _workbook("functions"),
    "workbooks/lambda.xlsx": _workbook("lambda"),
    "workbooks/parachutes.xlsx": _workbook("parachutes"),
    "workbooks/examples/ibkr_flex_example.xlsx": _example_report,
}


def stale() -> Iterator[str]:
    """The files that aren't as the program would write them now."""
    with tempfile.TemporaryDirectory() as folder:
        for name, write in FILES.items():
            fresh = Path(folder) / Path(name).name
            write(fresh)
            committed = ROOT / name
            if not committed.is_file() or committed.read_bytes() != fresh.read_bytes():
                yield name


def main(arguments: list[str]) -> int:
    """Writes the files, or checks them; 1 when one isn't current."""
    if "--check" in arguments:
        names = list(stale())
        for name in names:
            print(f"{name} is not current: run python -m optmargin.hosts.terminal.generated")
        return 1 if names else 0
    for name, write in FILES.items():
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        write(ROOT / name)
        print(f"wrote {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
