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
from kerndata.publish.variants import EXCEL_ROWS
from kerndata.publish.writers import write_csv


def write_derived(
    connection: Connection, folder: Path, register: Sequence[Correction], references: Sequence[Reference]
) -> tuple[list[ReleaseFile], list[LeftOut]]:
    """Write them all, also those without rows, so that a reader finds the same files in every release.

    Only coverage that no spreadsheet can show is left out: a row per value, it says nothing that these do not say.
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
    if rows > EXCEL_ROWS:
        del made["coverage"]
        left_out = [LeftOut("coverage.csv", rows, EXCEL_ROWS)]
    return [write_csv(relation, folder / f"{name}.csv") for name, relation in made.items()], left_out
