"""The workbook of parachutes for the tests: what somebody types into it, and what a real LibreOffice then computes."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from openpyxl import Workbook

from office import _ALWAYS_RECALCULATE, read, soffice
from optmargin.workbook.parachutes import MOST
from optmargin.workbook.parachutes_inputs import STRIKE_INPUTS, account_inputs
from optmargin.workbook.parachutes_ledger import FIRST, own_cell
from optmargin.workbook.parachutes_levels import NONE

DEFAULTS = {
    each.name: each.value for each in (*(one for _, some in account_inputs(MOST) for one in some), *STRIKE_INPUTS)
}
# The columns of the sheet Ledger, by what they hold.
COLUMNS = {
    "slots": "B", "short_strike": "C", "credit_needed": "D", "credit": "E", "buyback": "F", "fees": "G", "cash": "H", "margin": "I",
    "excess": "J", "cushion": "K", "fits": "L", "stop_pnl": "M", "max_loss_pnl": "N", "fair": "O", "assailed": "P", "reach_fair": "Q",
    "reach": "R", "ends_here": "S", "expected": "T", "stake": "U", "worth_up_to": "V", "next": "W",
}  # fmt: skip


# Trader's seven points on margin, number 3, worked out by hand: six slots of 500 in an account of 100,000, sold at 1.00 and bought out at
# 2.50, each roll neutral: 600 stay collected, slots double, a stop-out costs slots x 250 and the worst case slots x 500.
WORKED = {
    "slots": [6, 12, 24, 48, 96, 192],
    "credit_needed": [0, 1.25, 1.25, 1.25, 1.25, 1.25],
    "cash": [600] * 6,
    "margin": [3_000, 6_000, 12_000, 24_000, 48_000, 96_000],
    "excess": [97_600, 94_600, 88_600, 76_600, 52_600, 4_600],
    "stop_pnl": [-900, -2_400, -5_400, -11_400, -23_400, -47_400],
    "max_loss_pnl": [-2_400, -5_400, -11_400, -23_400, -47_400, -95_400],
    "reach_fair": [1, 0.4, 0.2, 0.1, 0.05, 0.025],
}


@dataclass(frozen=True)
class Typed:
    """What somebody has typed: inputs by name, and figures of levels by column and level."""

    inputs: Mapping[str, object] = field(default_factory=dict)
    levels: Mapping[tuple[str, int], object] = field(default_factory=dict)

    def __getitem__(self, name: str) -> object:
        return self.inputs.get(name, DEFAULTS[name])


def recalculated(path: Path, all_typed: Sequence[Typed], folder: Path) -> list[Workbook]:
    """The workbook once for each of what was typed, recalculated by one LibreOffice."""
    paths, book = [], read(path)
    for number, typed in enumerate(all_typed):
        before = []
        places = [(next(book.defined_names[name].destinations), value) for name, value in typed.inputs.items()]
        places += [(own_cell(*level).rsplit("!", 1), value) for level, value in typed.levels.items()]
        for (title, address), value in places:
            cell = book[title.strip("'")][address.replace("$", "")]
            before.append((cell, cell.value))
            cell.value = value
        paths.append(folder / f"typed{number}.xlsx")
        book.save(paths[-1])
        for cell, value in before:
            cell.value = value
    with tempfile.TemporaryDirectory(prefix="optmargin-office-") as profile:
        settings = Path(profile) / "user" / "registrymodifications.xcu"
        settings.parent.mkdir()
        settings.write_text(_ALWAYS_RECALCULATE, encoding="utf-8")
        command = [
            soffice(),
            "--headless",
            "--norestore",
            "--nologo",
            f"-env:UserInstallation={Path(profile).as_uri()}",
        ]
        out = folder / "recalculated"
        subprocess.run(
            [*command, "--convert-to", "xlsx", "--outdir", str(out), *map(str, paths)], capture_output=True, timeout=300, check=True
        )  # fmt: skip
    return [read(out / path.name, values=True) for path in paths]


def rows(book: Workbook, figure: str, levels: int) -> list[object]:
    """A column of the ledger from level 0 on."""
    return [book["Ledger"][f"{COLUMNS[figure]}{FIRST + level}"].value for level in range(levels)]


def words(book: Workbook) -> list[str]:
    """The sentences of the first sheet."""
    found = [row[4].value for row in book["Parachutes"].iter_rows(min_row=7, max_row=26)]
    return [str(text) for text in found if text not in (None, NONE)]
