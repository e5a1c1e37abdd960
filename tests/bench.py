"""The data path beside its floor, in one run: ``make bench`` (100,000 and 1,000,000 rows; ``--rows`` for others).

The path: read (in its child process), harmonise, check with Great Expectations, write the accepted rows, merge,
compare, write the release's files. The floor: pyarrow parses the same CSV typed and writes one zstd Parquet. Both are
timed in turn, three times; the medians and their ratio are printed. Peak memory is of the largest process.
"""

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.csv as pc
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from kerndata.contracts.code_lists import Indicator, indicators, province_of
from kerndata.intake.rows import as_parquet
from kerndata.local.preload import preload
from kerndata.merge.supersede import MergeInput
from kerndata.model.submission import Counts, Delivery, Status, Submission
from kerndata.publish.candidate import build
from kerndata.quality.assess import assess
from kerndata.sources.contact import Contact
from kerndata.sources.registry import Source
from kerndata.sources.schema import DeliverySpec

PROVINCE = province_of("drenthe")
PERIODS = tuple(str(year) for year in range(2005, 2025))
RUNS = 3


def advisory() -> list[Indicator]:
    """The indicators the rows are made of: sums without a hard bound."""
    return [one for one in indicators().values() if one.bound_kind == "advisory" and one.aggregation == "sum"]


def categories(rows: int) -> int:
    """How many categories it takes to give every row a key of its own."""
    return rows // (len(advisory()) * len(PERIODS)) + 1


def source(rows: int) -> Source:
    """A province that delivers one long CSV with semicolons."""
    spec = DeliverySpec.model_validate(
        {
            "dataset": "indicators",
            "via": {"bucket": "indicators/*.csv"},
            "format": {"kind": "csv", "delimiter": ";"},
            "columns": {
                "indicator": "indicator",
                "jaar": "period",
                "soort": "category",
                "waarde": "value",
                "eenheid": "unit",
            },
            "constants": {"region": PROVINCE.code},
            "numbers": {"decimal": "."},
            "vocabulary": {"category": {f"s{one}": f"s{one}" for one in range(categories(rows))}},
        }
    )
    contact = Contact(team="Bench", mail="bench@drenthe.example")
    return Source(PROVINCE, contact, {"alles": spec})


def write_csv(path: Path, rows: int) -> None:
    """Write ``rows`` valid rows; every key (indicator, period, category) occurs once."""
    known = advisory()
    with path.open("w", encoding="utf-8") as file:
        file.write("indicator;jaar;soort;waarde;eenheid\n")
        for number in range(rows):
            rest, which = divmod(number, len(known))
            category, period = divmod(rest, len(PERIODS))
            one = known[which]
            value = float(one.minimum) + (number % 997) / 997 * float(one.maximum - one.minimum)
            file.write(f"{one.code};{PERIODS[period]};s{category};{value:.1f};{one.unit}\n")


def floor(path: Path, work: Path, rows: int) -> None:
    """Parse the CSV typed and write one Parquet."""
    table = pc.read_csv(path, parse_options=pc.ParseOptions(delimiter=";"))
    assert table.num_rows == rows
    pq.write_table(table, work / "floor.parquet", compression="zstd")


def data_path(path: Path, work: Path, rows: int) -> None:
    """From the delivered file to the files of a release."""
    one = source(rows)
    verdict = assess(
        path, source=one, spec=one.deliveries["alles"], submission_id="S-bench", file_name=path.name, judge=True
    ).verdict
    assert verdict.status is Status.ACCEPTED, verdict.findings[:3]
    kept = work / "accepted.parquet"
    kept.write_bytes(as_parquet(verdict.accepted))
    given = MergeInput(_submission(verdict.counts), kept)
    build({"indicators": [given], "projects": []}, None, work=work, code_version="bench")


def _submission(counts: Counts) -> Submission:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    delivery = Delivery(PROVINCE.slug, "bench", "bench.csv", "1", now)
    return Submission(
        "S-bench", 1, PROVINCE.slug, delivery, "0" * 64, 0, "indicators", "alles", Status.ACCEPTED, counts, now, now
    )


def seconds(step: Callable[[Path, Path, int], None], path: Path, rows: int) -> float:
    """Time one run in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        step(path, Path(folder), rows)
        return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    preload()
    table = Table("rows", "floor, s", "data path, s", "ratio", "peak, MiB", title="data path beside its floor")
    for rows in parser.parse_args().rows:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "delivered.csv"
            write_csv(path, rows)
            pairs = [(seconds(floor, path, rows), seconds(data_path, path, rows)) for _ in range(RUNS)]
        low, high = (statistics.median(column) for column in zip(*pairs, strict=True))
        used = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        table.add_row(f"{rows:,}", f"{low:.2f}", f"{high:.2f}", f"{high / low:.1f}", f"{max(used) / 1024:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
