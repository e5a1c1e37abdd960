"""Reading: a delivered CSV through its child process and harmonising, beside ``pyarrow.csv`` parsing it typed.

Limits: 5 times the time, 6 times the file in memory. Memory is what the child process and this one need above what
each takes with its libraries and nothing to read; they peak one after the other, so the larger counts. Measured in a
process of its own.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc
from rich.table import Table
from tests.bench.deliveries import source, write_csv
from tests.bench.measure import MIB, children_of, medians, peak_of, repeated

from kerndata.contracts.code_lists import province_of
from kerndata.harmonise import harmonise
from kerndata.read import read

RUNS = 11  # reading takes a third of a second: one hiccup of the machine is a third of that
TIMES_FLOOR, TIMES_FILE = 5.0, 6.0


def parsed(path: Path) -> pa.Table:
    """The floor of reading: pyarrow parses the file with types."""
    return pc.read_csv(
        path,
        parse_options=pc.ParseOptions(delimiter=";"),
        convert_options=pc.ConvertOptions(decimal_point=",", null_values=["x"]),
    )


def understood(path: Path, rows: int) -> None:
    """Read and harmonise one file, as ingestion does."""
    one = source(province_of("drenthe"), rows)
    spec = one.deliveries["alles"]
    result = harmonise(read(path, spec.format), spec, one, "S-bench", path.name)
    assert len(result.rows) == rows
    assert not len(result.cell_findings), result.cell_findings.head()


@contextmanager
def watched() -> Iterator[list[int]]:
    """Collect the peaks of the reader's child while it lives: its own record of itself, looked at every millisecond."""
    peaks = [0]

    def look() -> None:
        peaks.extend(peak_of(child) for forks in children_of(os.getpid()) for child in children_of(forks))

    with repeated(look, 0.001):
        yield peaks


def memory(path: Path, rows: int) -> dict[str, int]:
    """Read and harmonise once; return bare and peak memory of the child and of this process, in bytes."""
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.csv"
        write_csv(small, 2)
        with watched() as bare:
            understood(small, 2)
    before = peak_of("self", "VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts again from here
    with watched() as peaks:
        understood(path, rows)
    return {"child_bare": max(bare), "child": max(peaks), "own_bare": before, "own": peak_of("self")}


def reading(rows: int) -> tuple[Table, list[str]]:
    """Measure reading; return the table to print and the limits that were passed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "delivered.csv"
        write_csv(path, rows)
        size = path.stat().st_size
        low, high = medians((partial(parsed, path), partial(understood, path, rows)), RUNS)
        command = [sys.executable, "-m", "tests.bench", "--memory", str(path), "--rows", str(rows)]
        used: dict[str, int] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    times = high / low
    files = max(used["child"] - used["child_bare"], used["own"] - used["own_bare"]) / size
    table = Table(title=f"reading and harmonising {rows:,} rows ({size / MIB:.0f} MiB) beside pyarrow.csv")
    for head in ("", "floor", "measured", "ratio", "limit"):
        table.add_column(head)
    table.add_row("seconds", f"{low:.2f}", f"{high:.2f}", f"{times:.1f}", f"{TIMES_FLOOR:.0f}")
    shown = {name: f"{count / MIB:.0f}" for name, count in used.items()}
    table.add_row("peak of the child, MiB", f"{shown['child_bare']} (bare)", shown["child"], "", "")
    table.add_row("peak of its parent, MiB", f"{shown['own_bare']} (bare)", shown["own"], "", "")
    table.add_row("larger growth, files", f"{size / MIB:.0f} MiB", "", f"{files:.1f}", f"{TIMES_FILE:.0f}")
    passed = [f"time: {times:.1f} times pyarrow.csv"] if times > TIMES_FLOOR else []
    return table, passed + ([f"memory: {files:.1f} times the file"] if files > TIMES_FILE else [])
