"""The files of a release that follow from its two tables: coverage, sums, comparisons, what was set right."""

from collections.abc import Sequence
from pathlib import Path

from kerndata.contracts.code_lists import derived as lists
from kerndata.contracts.code_lists import indicators, provinces
from kerndata.merge.aggregates import aggregates
from kerndata.merge.compare import changes
from kerndata.merge.corrections import Correction, as_table
from kerndata.merge.engine import Connection
from kerndata.merge.overview import coverage, coverage_rows, national
from kerndata.merge.per_capita import per_capita
from kerndata.merge.reconcile import Reference, reconciliation
from kerndata.model.release import ReleaseFile
from kerndata.publish.about import LeftOut
from kerndata.publish.writers import write_csv

# More rows than a spreadsheet shows: who wants to know then asks indicators.parquet, which holds the same.
COVERAGE_ROWS = 1_048_575


def write_derived(
    connection: Connection, folder: Path, register: Sequence[Correction], references: Sequence[Reference]
) -> tuple[list[ReleaseFile], list[LeftOut]]:
    """Write them all, also those without rows, so that a reader finds the same files in every release.

    Only the coverage of very many values is left out: a row of it per value, it says nothing that these do not say.
    """
    summed = [one.code for one in indicators().values() if one.aggregation == "sum"]
    made = {
        "coverage": coverage(connection, [one.code for one in provinces()]),
        "national": national(connection, summed),
        "aggregates": aggregates(connection, lists.aggregates()),
        "per_capita": per_capita(connection, lists.population()),
        "reconciliation": connection.from_arrow(reconciliation(connection, references)),
        "changes": changes(connection, register),
        "corrections": connection.from_arrow(as_table(register)),
    }
    rows, left_out = coverage_rows(connection), []
    if rows > COVERAGE_ROWS:
        del made["coverage"]
        left_out = [LeftOut("coverage.csv", rows, COVERAGE_ROWS)]
    return [write_csv(relation, folder / f"{name}.csv") for name, relation in made.items()], left_out
