"""Applies corrections to the rows that stand after supersession, one province at a time.

Whole rows are replaced: the few that are concerned are read, checked against their guards and put in place of the
others, so that a province without corrections costs nothing.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from kerndata.errors import NotChecked
from kerndata.merge.corrections import WHERE, Correction
from kerndata.merge.engine import Connection, run
from kerndata.merge.tables import Table

Row = dict[str, Any]

_CONCERNED = """
SELECT $select FROM delivered JOIN inputs USING (submission_id)
SEMI JOIN winners USING ($key, sequence) SEMI JOIN corrected_keys USING ($key)
"""


def correct(connection: Connection, table: Table, entries: Sequence[Correction]) -> None:
    """Make the tables ``corrected`` (whole rows) and ``corrected_keys`` of one province's entries.

    Reads the views ``delivered`` and ``winners``. A corrected row keeps its provenance and gets the entry's id as a
    quality flag. Raises NotChecked, naming the entry and what was found, when a guard does not match or a row would
    have both a value and a reason for its absence, or neither.
    """
    places = dict.fromkeys(one.place for one in entries)
    keys = pa.Table.from_pylist([dict(zip(table.key, place, strict=True)) for place in places], _key_schema(table))
    _replace(connection, "corrected_keys", keys)
    concerned = run(connection, _CONCERNED, table)
    rows = {_place(table, row): row for row in concerned.to_arrow_table().to_pylist()} if concerned else {}
    for entry in entries:
        _apply(entry, rows.get(entry.place))
    for row in rows.values():
        _refuse_the_odd(table, row)
    _replace(connection, "corrected", pa.Table.from_pylist(list(rows.values()), table.schema))


def refuse_unmet(entries: Sequence[Correction], provinces: Sequence[str]) -> None:
    """Raise NotChecked for entries of provinces that delivered nothing."""
    for entry in entries:
        if entry.province not in provinces:
            raise _unmatched(entry, "no row at all")


def _apply(entry: Correction, row: Row | None) -> None:
    if row is None:
        raise _unmatched(entry, "no row with this key")
    found = row[entry.column]
    if found != entry.typed(entry.old):
        hint = "; that is the corrected value: remove the entry" if found == entry.typed(entry.new) else ""
        raise _unmatched(entry, f"{_shown(found)}{hint}")
    row[entry.column] = entry.typed(entry.new)
    row["quality_flags"] = ";".join(filter(None, (row["quality_flags"], entry.id)))


def _refuse_the_odd(table: Table, row: Row) -> None:
    if table.name == "indicators" and (row["value"] is None) == (row["missing_reason"] is None):
        raise NotChecked(
            f"{WHERE}, {row['quality_flags'].rpartition(';')[2]}: the corrected row would have "
            f"{'neither a value nor a' if row['value'] is None else 'a value and also a'} missing_reason. Nothing was "
            "published; correct both columns, each with an entry of its own."
        )


def _unmatched(entry: Correction, found: str) -> NotChecked:
    return NotChecked(
        f"{WHERE}, {entry.id}: {entry.column} of {', '.join(entry.place)} should be {_shown(entry.typed(entry.old))}, "
        f"found {found}. The last release stands. Look at what the province delivered, then edit or remove the entry."
    )


def _shown(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "nothing" if value is None else str(value)


def _place(table: Table, row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] for name in table.key)


def _key_schema(table: Table) -> pa.Schema:
    return pa.schema([table.schema.field(name) for name in table.key])


def _replace(connection: Connection, name: str, rows: pa.Table) -> None:
    connection.from_arrow(rows).create_view("arriving", replace=True)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM arriving")
    connection.execute("DROP VIEW arriving")
