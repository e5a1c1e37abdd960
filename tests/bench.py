"""What Kerndata costs beside its floor, in one run: ``make bench``. Exits with 1 when a limit is passed.

**Reading**: a delivered CSV (semicolons, decimal commas, Dutch names, a unit that is converted, a share of secret
cells) through its child process and harmonising, beside ``pyarrow.csv`` parsing the same file typed. Limits: 5 times
the time, 6 times the file in memory. Memory is what the child process and this one need above what each takes with its
libraries and nothing to read; they peak one after the other, so the larger counts. Measured in a process of its own.

**The data path**: twelve provinces deliver the same keys; read, harmonise, check with Great Expectations, write the
accepted rows, then merge, compare and write the release's files. Its floor: pyarrow parses the same CSVs typed and
writes one zstd Parquet of each. Peak memory is of the largest process.

Floor and what stands beside it are timed in turn, ``READ_RUNS`` or ``RUNS`` times; medians and their ratio are printed.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from kerndata.contracts.code_lists import Indicator, indicators, province_of, provinces
from kerndata.harmonise import harmonise
from kerndata.intake.rows import as_parquet
from kerndata.local.preload import preload
from kerndata.merge.supersede import MergeInput
from kerndata.model.province import Province
from kerndata.model.submission import Counts, Delivery, Status, Submission
from kerndata.publish.candidate import build
from kerndata.quality.assess import assess
from kerndata.read import read
from kerndata.sources.contact import Contact
from kerndata.sources.registry import Source
from kerndata.sources.schema import DeliverySpec

PERIODS = tuple(str(year) for year in range(2005, 2025))
READ_RUNS, RUNS = 11, 3  # reading takes a third of a second: one hiccup of the machine is a third of that
TIMES_FLOOR, TIMES_FILE = 5.0, 6.0
MIB = 1024**2
SECRET_EVERY = 101
WRITTEN_UNITS = {"TJ": ("PJ", 1000)}  # their unit, and how many of ours it is


def advisory() -> list[Indicator]:
    """The indicators the rows are made of: sums without a hard bound."""
    return [one for one in indicators().values() if one.bound_kind == "advisory" and one.aggregation == "sum"]


def source(province: Province, rows: int) -> Source:
    """A province that delivers one long CSV with semicolons and decimal commas."""
    categories = rows // (len(advisory()) * len(PERIODS)) + 1
    spec = DeliverySpec.model_validate(
        {
            "dataset": "indicators",
            "via": {"bucket": "indicators/*.csv"},
            "format": {"kind": "csv", "delimiter": ";"},
            "columns": {
                "Onderwerp": "indicator",
                "Jaar": "period",
                "Sector": "category",
                "Waarde": "value",
                "Eenheid": "unit",
                "Status": "status",
            },
            "constants": {"region": province.code},
            "numbers": {"decimal": ","},
            "marks": {"missing": {"x": "geheim"}},
            "vocabulary": {
                "indicator": {one.name_nl: one.code for one in advisory()},
                "category": {f"sector {one}": f"s{one}" for one in range(categories)},
            },
        }
    )
    contact = Contact(team="Bench", mail=f"bench@{province.slug.replace('_', '-')}.example")
    return Source(province, contact, {"alles": spec})


def write_csv(path: Path, rows: int) -> None:
    """Write ``rows`` valid rows; every key (indicator, period, category) occurs once."""
    with path.open("w", encoding="utf-8") as file:
        file.write("Onderwerp;Jaar;Sector;Waarde;Eenheid;Status\n")
        file.writelines(_lines(rows))


def _lines(rows: int) -> Iterator[str]:
    known = advisory()
    for number in range(rows):
        rest, which = divmod(number, len(known))
        category, period = divmod(rest, len(PERIODS))
        one = known[which]
        unit, size = WRITTEN_UNITS.get(one.unit, (one.unit, 1))
        value = (one.minimum + (one.maximum - one.minimum) * Decimal(number % 997) / 997) / size
        text = "x" if number % SECRET_EVERY == 0 else f"{value:.2f}".replace(".", ",")
        status = "voorlopig" if PERIODS[period] == PERIODS[-1] else "definitief"
        file_row = (one.name_nl, PERIODS[period], f"sector {category}", text, unit, status)
        yield ";".join(file_row) + "\n"


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


def floor(paths: Sequence[Path], work: Path) -> None:
    """Parse the CSVs typed and write one Parquet of each."""
    for path in paths:
        pq.write_table(parsed(path), work / f"{path.stem}.parquet", compression="zstd")


def data_path(paths: Sequence[Path], rows: int, work: Path) -> None:
    """From the delivered files to the files of a release."""
    inputs = []
    for number, (path, province) in enumerate(zip(paths, provinces(), strict=True), 1):
        one = source(province, rows)
        verdict = assess(
            path, source=one, spec=one.deliveries["alles"], submission_id=f"S-{number}", file_name=path.name, judge=True
        ).verdict
        assert verdict.status is Status.ACCEPTED, verdict.findings[:3]
        kept = work / f"{province.slug}.parquet"
        kept.write_bytes(as_parquet(verdict.accepted, "indicators"))
        inputs.append(MergeInput(_submission(number, province, verdict.counts), kept))
    build({"indicators": inputs, "projects": []}, None, work=work, code_version="bench")


def _submission(number: int, province: Province, counts: Counts) -> Submission:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    delivery = Delivery(province.slug, "bench", "bench.csv", "1", now)
    return Submission(
        f"S-{number}", number, province.slug, delivery, "0" * 64, 0, "indicators", "alles", Status.ACCEPTED, counts,
        now, now,
    )  # fmt: skip


def in_turn(low: Callable[[], object], high: Callable[[], object], runs: int) -> tuple[float, float]:
    """Time both steps so many times, one after the other; return the medians in seconds."""
    pairs = [(_seconds(low), _seconds(high)) for _ in range(runs)]
    first, second = (statistics.median(column) for column in zip(*pairs, strict=True))
    return first, second


def _seconds(step: Callable[[], object]) -> float:
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


def _in_folder(step: Callable[[Path], None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        step(Path(folder))


def peak_of(process: int | str, field: str = "VmHWM") -> int:
    """Return a process's peak of resident memory in bytes (or another field of its status); 0 when it is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(field)), 0)


def children_of(process: int | str) -> list[str]:
    """Return the numbers of a process's children; none when it is gone."""
    try:
        return Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    except OSError:
        return []


@contextmanager
def watched() -> Iterator[list[int]]:
    """Collect the peaks of the reader's child while it lives: its own record of itself, looked at every millisecond."""
    peaks, done = [0], threading.Event()

    def look() -> None:
        while not done.wait(0.001):
            peaks.extend(peak_of(child) for forks in children_of(os.getpid()) for child in children_of(forks))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield peaks
    finally:
        done.set()
        watcher.join()


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
        low, high = in_turn(partial(parsed, path), partial(understood, path, rows), READ_RUNS)
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


def whole_path(sizes: Sequence[int]) -> Table:
    """Measure the data path for twelve provinces with that many rows together."""
    table = Table("rows", "floor, s", "data path, s", "ratio", "peak, MiB", title="data path beside its floor")
    for rows in sizes:
        each = rows // len(provinces())
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / f"{province.slug}.csv" for province in provinces()]
            for path in paths:
                write_csv(path, each)
            low, high = in_turn(
                partial(_in_folder, partial(floor, paths)), partial(_in_folder, partial(data_path, paths, each)), RUNS
            )
        used = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        table.add_row(f"{rows:,}", f"{low:.2f}", f"{high:.2f}", f"{high / low:.1f}", f"{max(used) / 1024:.0f}")
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000], help="of the data path")
    parser.add_argument("--read-rows", type=int, default=1_000_000, help="of the file that is only read")
    parser.add_argument("--only", choices=["read", "path"], help="measure one of the two")
    parser.add_argument("--memory", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.memory:
        sys.stdout.write(json.dumps(memory(chosen.memory, chosen.rows[0])))
        return 0
    preload()
    console, passed = Console(), list[str]()
    if chosen.only != "path":
        table, passed = reading(chosen.read_rows)
        console.print(table)
    if chosen.only != "read":
        console.print(whole_path(chosen.rows))
    for one in passed:
        console.print(f"[red]limit passed[/red]: {one}")
    return 1 if passed else 0


if __name__ == "__main__":
    sys.exit(main())
