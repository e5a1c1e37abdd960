"""Collects findings on cells, column by column."""

from dataclasses import dataclass, field

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kerndata.harmonise.arrays import TEXT

SCHEMA = pa.schema(
    [("observation", pa.int64()), ("rule_id", TEXT), ("column", TEXT), ("value", TEXT), ("expected", TEXT)]
)


@dataclass
class Findings:
    """Findings on ``count`` observations; ``add`` takes whole columns."""

    count: int
    tables: list[pa.Table] = field(default_factory=list)

    def add(self, rule: pa.Array, column: str, value: pa.Array, expected: pa.Array | None = None) -> None:
        """Add a finding for every row where ``rule`` is not null."""
        hit = pc.is_valid(rule)
        if not pc.any(hit, min_count=0).as_py():
            return
        rows = pc.indices_nonzero(hit).cast(pa.int64())
        expected = pa.nulls(self.count, TEXT) if expected is None else expected
        names = pa.repeat(pa.scalar(column, TEXT), len(rows))
        self.tables.append(
            pa.table([rows, rule.take(rows), names, value.take(rows), expected.take(rows)], schema=SCHEMA)
        )

    def frame(self) -> pd.DataFrame:
        """Return all findings, by observation."""
        table = pa.concat_tables(self.tables) if self.tables else SCHEMA.empty_table()
        frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
        return frame.sort_values(["observation", "rule_id", "column"], kind="stable", ignore_index=True)
