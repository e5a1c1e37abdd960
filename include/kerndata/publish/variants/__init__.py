"""The same data for other readers: wide, maps, spreadsheets, and how good it is. Derived; none is read back.

Each has a limit of rows beyond which its readers cannot use it; then it is left out, and the manifest and the notes say
so. Nothing is cut off silently.
"""

from collections.abc import Sequence
from pathlib import Path

from kerndata.merge.engine import Connection
from kerndata.merge.supersede import MergeInput
from kerndata.model.release import ReleaseFile, Remark
from kerndata.publish.about import LeftOut
from kerndata.publish.variants.excel_csv import write_excel_csv
from kerndata.publish.variants.geojson import write_geojson
from kerndata.publish.variants.quality import write_quality
from kerndata.publish.variants.wide import write_wide
from kerndata.publish.variants.workbook import write_workbook
from kerndata.publish.writers import describe

# A spreadsheet shows 1,048,576 rows, the header among them.
EXCEL_ROWS = 1_048_575
WIDE_ROWS = 1_000_000
GEOJSON_ROWS = 200_000


def variants(
    connection: Connection, folder: Path, inputs: Sequence[MergeInput], remarks: Sequence[Remark] = ()
) -> tuple[list[ReleaseFile], list[LeftOut]]:
    """Write every variant that is within its limit, from the views and tables the merge made; say what was left out.

    ``remarks``: what only all provinces together show.
    """
    rows = {name: _rows(connection, name) for name in ("indicators", "projects")}
    files = [
        describe(write_quality(connection, inputs, folder / "quality.json", remarks)),
        describe(write_workbook(connection, folder / "kerndataset.xlsx")),
    ]
    makers = (
        ("indicators_wide.csv", "indicators", WIDE_ROWS, write_wide),
        ("indicators_excel_nl.csv", "indicators", EXCEL_ROWS, write_excel_csv),
        ("projects_excel_nl.csv", "projects", EXCEL_ROWS, write_excel_csv),
        ("projects.geojson", "projects", GEOJSON_ROWS, write_geojson),
    )
    left_out = []
    for name, dataset, limit, write in makers:
        if rows[dataset] > limit:
            left_out.append(LeftOut(name, rows[dataset], limit))
        else:
            files.append(describe(folder / name, write(connection, dataset, folder / name)))
    return files, left_out


def _rows(connection: Connection, name: str) -> int:
    counted: int = connection.table(name).count("*").fetchall()[0][0]
    return counted
