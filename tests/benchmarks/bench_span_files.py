"""What reading SPAN parameter files costs, in time and memory: ``python tests/benchmarks/bench_span_files.py``. Asserts no time.

The files are invented (``risk.span.files.synthetic``) and written to a temporary folder: an 86 MB expanded unpacked file beside merely
reading its lines, and a 38 MB XML file beside marginism 0.1.1, which is left out where it isn't installed. Both tools read the same
file; marginism reads futures and options on physicals, so that is what the XML file holds, in the proportions of NSE Clearing's file
of 2026-06-25: 158,713 options of 239 combined commodities.
"""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from beside import HEADER, faster, medians, seconds, slower

from optmargin.risk.span.files.read import read_span
from optmargin.risk.span.files.synthetic import synthetic
from optmargin.risk.span.files.write import write_pa2, write_spn

MARGINISM = find_spec("marginism") is not None
WITHOUT = "marginism isn't installed, so it isn't compared: see README.md"
MEGABYTE = 1e6


def lines(path: Path) -> int:
    """How many lines a file has: the least that reading it can cost."""
    count = 0
    with path.open("rb") as stream:
        for _ in stream:
            count += 1
    return count


def theirs(path: Path, symbols: list[str] | None = None) -> int:
    """How many contracts marginism finds."""
    from marginism.parser import parse_spn

    found = parse_spn(str(path), symbols)
    return sum(len(each.futures) + len(each.options) + len(each.physicals) for each in found.commodities.values())


def ours(path: Path, codes: list[str] | None = None) -> int:
    """How many contracts we find."""
    return sum(len(each.contracts) for each in read_span(path, codes).commodities.values())


def peak(code: str, *arguments: str) -> float:
    """The most memory that a new interpreter held while it ran a piece of code, MB; NaN where the system doesn't say."""
    report = "print(next((line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')), 'nan'))"
    if not Path("/proc/self/status").exists():
        return math.nan
    command = [sys.executable, "-c", f"import sys\n{code}\n{report}", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(run.stdout.split()[-1]) * 1024 / MEGABYTE


READ = "from pathlib import Path\nfrom optmargin.risk.span.files.read import read_span\n"
WANTED = "read_span(Path(sys.argv[1]), sys.argv[2:] or None)"
PARSED = "from marginism.parser import parse_spn\nkept = parse_spn(sys.argv[1], sys.argv[2:] or None)"


def memory(path: Path, code: str, *, beside: bool = False) -> None:
    """Prints the most memory that reading one combined commodity, and all, takes beyond importing the reader."""
    bare = peak(READ)
    one, all_of_it = peak(READ + WANTED, str(path), code), peak(READ + "kept = " + WANTED, str(path))
    print(f"{'memory: one combined commodity':58} {one - bare:8.0f} MB")
    print(f"{'memory: all of them, kept':58} {all_of_it - bare:8.0f} MB")
    if beside and MARGINISM:
        bare = peak("import marginism.parser")
        print(f"{'memory: marginism, one':58} {peak(PARSED, str(path), code) - bare:8.0f} MB")
        print(f"{'memory: marginism, all':58} {peak(PARSED, str(path)) - bare:8.0f} MB")


def expanded(folder: Path) -> None:
    """An expanded unpacked file beside merely reading its lines."""
    path = folder / "invented.pa2"
    write_pa2(synthetic(0, commodities=300, months=12, strikes=47), path)
    print(f"\n{path.name}: {path.stat().st_size / MEGABYTE:.0f} MB, {lines(path):,} lines, {ours(path):,} contracts")
    print(HEADER.replace("theirs", "lines"))
    taken = medians(
        {
            "lines": lambda: lines(path),
            "one": lambda: ours(path, ["QX1"]),
            "five": lambda: ours(path, ["QX1", "QX2", "QX3", "Q0150", "Q0300"]),
        },
        repeat=7,
    )
    slower("one combined commodity / reading the lines", taken["one"], taken["lines"], 3.0)
    slower("five of them", taken["five"], taken["lines"], 3.0)
    everything = medians({"lines": lambda: lines(path), "all": lambda: ours(path)}, repeat=1)
    slower("all of them", everything["all"], everything["lines"])
    memory(path, "QX1")


def xml(folder: Path) -> None:
    """An XML file beside marginism."""
    path = folder / "invented.spn"
    write_spn(synthetic(0, commodities=132, months=6, strikes=56, is_cash=True), path)
    print(f"\n{path.name}: {path.stat().st_size / MEGABYTE:.0f} MB, {ours(path):,} contracts")
    calls = {"one": lambda: ours(path, ["QN001"]), "all": lambda: ours(path)}
    if not MARGINISM:
        for name, time in medians(calls, repeat=3).items():
            print(f"{name}: {seconds(time)}")
        print(WITHOUT)
        memory(path, "QN001")
        return
    print(f"{'contracts found in one, ours and theirs':58} {ours(path, ['QN001']):>11,} {theirs(path, ['QN001']):>11,}")
    print(HEADER)
    taken = medians(calls | {"their one": lambda: theirs(path, ["QN001"]), "their all": lambda: theirs(path)}, repeat=3)
    faster("one combined commodity / marginism's", taken["one"], taken["their one"], 5.0)
    faster("all of them / marginism's", taken["all"], taken["their all"], 5.0)
    memory(path, "QN001", beside=True)


def main() -> None:
    """Everything, in one run."""
    with tempfile.TemporaryDirectory() as folder:
        expanded(Path(folder))
        xml(Path(folder))


if __name__ == "__main__":
    main()
