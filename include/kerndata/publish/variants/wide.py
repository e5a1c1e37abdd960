"""``indicators_wide.csv``: one row per indicator, category and region, one column per period."""

from pathlib import Path

from kerndata.merge.engine import Connection
from kerndata.publish.writers import write_csv

_FIXED = "indicator_code, category, region_level, region_code, unit"


def write_wide(connection: Connection, dataset: str, target: Path) -> int:
    """Write the values without their status, reasons and provenance; gives the number of rows.

    A key stands once in the dataset, so each cell is one value: nothing is summed here.
    """
    periods = [row[0] for row in connection.sql(f"SELECT DISTINCT period FROM {dataset} ORDER BY period").fetchall()]  # noqa: S608 - a name of ours
    cells = "".join(f", max(value) FILTER (WHERE period = $p{place}) AS c{place}" for place in range(len(periods)))
    query = f"SELECT {_FIXED}{cells} FROM {dataset} GROUP BY {_FIXED} ORDER BY {_FIXED}"  # noqa: S608 - a name of ours
    named = ", ".join([_FIXED, *(f'c{place} AS "{one}"' for place, one in enumerate(periods))])
    wide = connection.sql(query, params={f"p{place}": one for place, one in enumerate(periods)})
    return write_csv(wide.project(named), target).rows or 0
