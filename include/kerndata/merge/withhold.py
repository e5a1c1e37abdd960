"""Takes withheld values out of a merged file: the row stays, with its origin and the reason, the value goes."""

from pathlib import Path

from kerndata.merge.engine import Connection, run
from kerndata.merge.parquet import write_parquet
from kerndata.merge.protect import FLAG, SECRET
from kerndata.merge.tables import table_of

_BATCH_ROWS = 65_536
# What the province wrote is the value too. A row that was rounded or converted says so with its flags; those stay.
_EMPTIED = """
SELECT i.* REPLACE (
  CASE WHEN w.region_code IS NULL THEN i.value END AS value,
  CASE WHEN w.region_code IS NULL THEN i.original_value END AS original_value,
  CASE WHEN w.region_code IS NULL THEN i.missing_reason ELSE '$secret' END AS missing_reason,
  CASE WHEN w.region_code IS NULL THEN i.quality_flags ELSE concat_ws(';', nullif(i.quality_flags, ''), '$flag') END
    AS quality_flags
) FROM indicators i LEFT JOIN withheld w ON i.region_level = 'provincie' AND w.region_code = i.region_code
  AND w.indicator_code = i.indicator_code AND w.period = i.period AND w.category = i.category
ORDER BY $order
"""


def withhold(connection: Connection, path: Path) -> None:
    """Write the indicators' file again without the values in the table ``withheld``, in the same order.

    Reads the view ``indicators`` (of that file) and replaces the file; open the tables again afterwards.
    """
    table = table_of("indicators")
    target = path.with_name(f"{path.name}.part")
    relation = run(connection, _EMPTIED, table, secret=SECRET, flag=FLAG)
    assert relation is not None
    write_parquet(relation.to_arrow_reader(_BATCH_ROWS), table.schema, target)
    target.replace(path)
