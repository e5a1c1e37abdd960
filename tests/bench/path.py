"""The data path, as the Dags run it: twelve provinces deliver, and there is a release before this one.

Read, harmonise, check with Great Expectations and keep the accepted rows (two processes, a file at a time), then merge,
compare and write the release's files (one process). Before the clock starts the provinces have delivered once and that
was released; then each delivers again, the same keys with one value in 89 revised.

Its floor: pyarrow parses that dataset typed, as one CSV in the contract's columns, and writes one zstd Parquet of it.
Beside it, for comparison only, the same with the delivered CSVs as they are, six narrow columns in twelve files.
"""

import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pyarrow.csv as pc
import pyarrow.parquet as pq
from rich.table import Table
from tests.bench.deliveries import source, write_csv
from tests.bench.measure import MIB, medians, watched_family
from tests.bench.reading import parsed

from kerndata.contracts.code_lists import provinces
from kerndata.intake.rows import as_parquet
from kerndata.local.preload import preload
from kerndata.merge.supersede import MergeInput
from kerndata.merge.tables import NAMES, table_of
from kerndata.model.province import Province
from kerndata.model.submission import Counts, Delivery, Status, Submission
from kerndata.publish.candidate import NATIONAL, Candidate, Previous, build
from kerndata.quality.assess import assess

RUNS, CHECKERS = 3, 2
TIMES_FLOOR, FLOOR_COUNTS_FROM = 6.0, 10_000_000  # rows; with fewer, what costs the same for any file rules
SMALL, SMALL_SECONDS = 100_000, 4.0
PROCESS_BYTES = 1280 * MIB
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Processes:
    """Those that work, started and with their libraries loaded."""

    check: ProcessPoolExecutor
    merge: ProcessPoolExecutor


@contextmanager
def processes() -> Iterator[Processes]:
    """Start them; each has checked or merged something small."""
    spawn = get_context("spawn")
    with ExitStack() as stack:
        check, merge = (
            stack.enter_context(ProcessPoolExecutor(count, mp_context=spawn, initializer=preload))
            for count in (CHECKERS, 1)
        )
        started = Processes(check, merge)
        with tempfile.TemporaryDirectory() as folder:
            data_path(started, delivered(Path(folder), 1200), 100, Path(folder), None)
        yield started


def delivered(folder: Path, rows: int, *, is_revised: bool = False) -> list[Path]:
    """Write what the twelve provinces deliver, with that many rows together."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{one.slug}.csv" for one in provinces()]
    for path in paths:
        write_csv(path, rows // len(paths), is_revised=is_revised)
    return paths


def checked(path: Path, province: Province, submission_id: str, rows: int, work: Path) -> MergeInput:
    """Read, harmonise and check one file, and keep its accepted rows."""
    one = source(province, rows)
    verdict = assess(
        path, source=one, spec=one.deliveries["alles"], submission_id=submission_id, file_name=path.name, judge=True
    ).verdict
    assert verdict.status is Status.ACCEPTED, verdict.findings[:3]
    kept = work / f"{province.slug}.parquet"
    kept.write_bytes(as_parquet(verdict.accepted, "indicators"))
    return MergeInput(_submission(submission_id, province, verdict.counts), kept)


def merged(inputs: Sequence[MergeInput], previous: Previous | None, work: Path) -> Candidate:
    """Merge, compare and write the data files of a release."""
    return build({"indicators": inputs, "projects": []}, previous, work=work, code_version="bench")


def data_path(run: Processes, paths: Sequence[Path], rows: int, work: Path, previous: Previous | None) -> Candidate:
    """From the delivered files to the files of a release; ``rows`` of each province."""
    todo = [
        run.check.submit(checked, path, province, f"S-{number}", rows, work)
        for number, (path, province) in enumerate(zip(paths, provinces(), strict=True), 1 if previous is None else 101)
    ]
    return run.merge.submit(merged, [one.result() for one in todo], previous, work).result()


def floor(dataset: Path, target: Path) -> None:
    """Parse the dataset's CSV typed and write one Parquet of it."""
    options = pc.ConvertOptions(column_types=table_of("indicators").schema, strings_can_be_null=True)
    pq.write_table(pc.read_csv(dataset, convert_options=options), target, compression="zstd")


def narrow_floor(paths: Sequence[Path], work: Path) -> None:
    """Parse the delivered CSVs typed and write one zstd Parquet of each."""
    for path in paths:
        pq.write_table(parsed(path), work / f"{path.stem}.parquet", compression="zstd")


def whole_path(sizes: Sequence[int]) -> tuple[Table, list[str]]:
    """Measure the path for so many rows of all provinces together; return the table and the limits that were passed."""
    heads = ("rows", "floor, s", "path, s", "ratio", "limit", "narrow floor, s", "largest process, MiB", "limit, MiB")
    table, passed = Table(*heads, title="data path beside its floor"), list[str]()
    for rows in sizes:
        low, high, narrow, peak = _measured(rows)
        limit, faults = _judged(rows, low, high, peak)
        passed += faults
        shown = (f"{low:.2f}", f"{high:.2f}", f"{high / low:.1f}", limit, f"{narrow:.2f}")
        table.add_row(f"{rows:,}", *shown, f"{peak / MIB:.0f}", f"{PROCESS_BYTES / MIB:.0f}")
    return table, passed


def _measured(rows: int) -> tuple[float, float, float, int]:
    """Return the medians of floor, path and narrow floor in seconds, and the largest process in bytes."""
    each = rows // len(provinces())
    with tempfile.TemporaryDirectory() as folder, processes() as run:
        root = Path(folder)
        before = _before(run, delivered(root / "first", rows), each, root)
        paths = delivered(root / "again", rows, is_revised=True)

        def path_once() -> None:
            with tempfile.TemporaryDirectory(dir=root) as work:
                made = data_path(run, paths, each, Path(work), before)
                changed = next(one.rows for one in made.files if one.name == "changes.csv")
                assert 0 < (changed or 0) < rows / 50, changed

        with watched_family() as peaks:
            parse = partial(floor, before.files["csv"], root / "floor.parquet")
            steps = (parse, path_once, partial(narrow_floor, paths, root))
            low, high, narrow = medians(steps, RUNS)
    return low, high, narrow, max(peaks.values())


def _before(run: Processes, paths: Sequence[Path], each: int, root: Path) -> Previous:
    """The release before: the first deliveries, by the same path. ``csv`` is its dataset, for the floor."""
    work = root / "before"
    work.mkdir()
    made = data_path(run, paths, each, work, None).folder
    files = {name: made / f"{name}.parquet" for name in NAMES} | {NATIONAL: made / f"{NATIONAL}.csv"}
    return Previous("2026.1", {**files, "csv": made / "indicators.csv"})


def _judged(rows: int, low: float, high: float, peak: int) -> tuple[str, list[str]]:
    """Return the limit of the time in words, and what was passed."""
    limit, passed = "", []
    if rows >= FLOOR_COUNTS_FROM:
        limit = f"{TIMES_FLOOR:.0f} times"
        passed = [f"{rows:,} rows: {high / low:.1f} times the floor"] if high / low > TIMES_FLOOR else []
    elif rows <= SMALL:
        limit = f"{SMALL_SECONDS:.0f} s"
        passed = [f"{rows:,} rows: {high:.1f} s"] if high > SMALL_SECONDS else []
    return limit, passed + ([f"{rows:,} rows: a process of {peak / MIB:.0f} MiB"] if peak > PROCESS_BYTES else [])


def _submission(id_: str, province: Province, counts: Counts) -> Submission:
    delivery = Delivery(province.slug, "bench", "bench.csv", "1", NOW)
    return Submission(
        id_, 1, province.slug, delivery, "0" * 64, 0, "indicators", "alles", Status.ACCEPTED, counts,
        NOW, NOW,
    )  # fmt: skip
