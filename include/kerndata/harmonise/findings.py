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
        if rule.null_count == len(rule):
            return
        rows = pc.indices_nonzero(pc.is_valid(rule)).cast(pa.int64())
        expected = pa.nulls(self.count, TEXT) if expected is None else expected
        names = pa.repeat(pa.scalar(column, TEXT), len(rows))
        rules, values, hints = (cells.take(rows).cast(TEXT) for cells in (rule, value, expected))
        self.tables.append(pa.table([rows, rules, names, values, hints], schema=SCHEMA))

    def frame(self) -> pd.DataFrame:
        """Return all findings, by observation."""
        table = SCHEMA.empty_table()
        if self.tables:  # Arrow's sort is stable
            order = [(name, "ascending") for name in ("observation", "rule_id", "column")]
            table = pa.concat_tables(self.tables).combine_chunks().sort_by(order)
        frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
        return frame
