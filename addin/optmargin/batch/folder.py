"""A folder of files: a report for every account, one summary ranked by cushion; each workbook appears whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from optmargin.batch.reports import FileReports, Settings, file_reports
from optmargin.core.errors import ErrorCode, Finding, MarginError, Severity
from optmargin.workbook.fill import fill
from optmargin.workbook.summary import SummaryRow, write_summary

if TYPE_CHECKING:
    pass

SUMMARY_NAME = "summary.xlsx"


@dataclass(frozen=True, slots=True)
class Step:
    """How far the work is: so many files of so many are done, and which is next."""

    done: int
    files: int
    file: str


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What came of a folder.

    Attributes:
        summary: the summary workbook.
        accounts: how many accounts have a report.
        incomplete: how many of them lack a requirement.
        findings: the files that couldn't be read, and what was noticed about files.
    """

    summary: Path
    accounts: int
    incomplete: int
    findings: tuple[Finding, ...]

    @property
    def complete(self) -> bool:
        """Whether every file was read and every account has its requirement."""
        return not self.incomplete and not any(each.severity is Severity.INCOMPLETE for each in self.findings)


def report_path(folder: Path, stem: str, account: str) -> Path:
    """The workbook of one account of a file; signs that a file name can't hold become dashes."""
    name = re.sub(r"[^\w.+-]+", "-", f"{stem}-{account}" if account else stem).strip("-.") or "report"
    return folder / f"{name}.xlsx"


def run_folder(
    folder: Path,
    out: Path,
    settings: Settings,
    *,
    template: Path | None = None,
    tell: Callable[[Step], None] = lambda _: None,
) -> BatchResult:
    """Reports for every account of every file in ``folder``, written to ``out``.

    Args:
        folder: its files are read, not its folders; hidden files and office lock files are left out.
        out: is made if it isn't there.
        settings: what the person chose.
        template: the person's own template, or None.
        tell: is called before each file and once at the end.

    Raises:
        MarginError: when the folder isn't there or holds no file, or ``out`` can't be written to.
    """
    files = _files(folder, out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MarginError(
            ErrorCode.VALUE, f"{out} can't be made: {error.strerror}", "choose another folder with -o"
        ) from None
    rows: list[SummaryRow] = []
    findings: list[Finding] = []
    taken: set[Path] = set()
    for number, path in enumerate(files):
        tell(Step(number, len(files), path.name))
        read = _read(path, settings, findings)
        if read is None:
            continue
        findings.extend(read.findings)
        for report in read.reports:
            target = _free(report_path(out, path.stem, report.account), taken)
            findings.extend(fill(report, template, target))
            rows.append(SummaryRow.of(report, target.name))
    tell(Step(len(files), len(files), ""))
    summary = out / SUMMARY_NAME
    write_summary(rows, summary, tuple(findings))
    return BatchResult(summary, len(rows), sum(not row.complete for row in rows), tuple(findings))


def _files(folder: Path, out: Path) -> list[Path]:
    if not folder.is_dir():
        raise MarginError(ErrorCode.VALUE, f"{folder} isn't a folder", "give the folder that holds the brokers' files")
    mine = {out / SUMMARY_NAME} if out.resolve() == folder.resolve() else set()
    files = sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and not path.name.startswith((".", "~$")) and path not in mine
    )
    if not files:
        raise MarginError(ErrorCode.VALUE, f"{folder} holds no files", "put the brokers' files there")
    return files


def _read(path: Path, settings: Settings, findings: list[Finding]) -> FileReports | None:
    """The reports of one file; a file that can't be read is a finding, and the others go on."""
    try:
        return file_reports(path, settings)
    except MarginError as error:
        findings.append(Finding(Severity.INCOMPLETE, error.problem, error.remedy, file=path.name))
        return None


def _free(path: Path, taken: set[Path]) -> Path:
    """A path that no other report of this run has taken: two files may hold the same account."""
    for candidate in _numbered(path):
        if candidate not in taken:
            taken.add(candidate)
            return candidate
    raise AssertionError("there is always a next number")


def _numbered(path: Path) -> Iterator[Path]:
    yield path
    number = 2
    while True:
        yield path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1
