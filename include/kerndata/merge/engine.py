"""DuckDB, set up so that the same rows give the same bytes whatever the number of threads."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template

import duckdb

from kerndata.merge.tables import NAMES, Table, table_of

Connection = duckdb.DuckDBPyConnection
Relation = duckdb.DuckDBPyRelation


@dataclass(frozen=True, slots=True)
class Resources:
    """What one merge may use; beyond ``memory`` DuckDB spills into the work folder. Never changes the result."""

    threads: int = 2
    memory: str = "512MiB"


MODEST = Resources()


@contextmanager
def engine(work: Path, resources: Resources) -> Iterator[Connection]:
    """Open DuckDB in memory, spilling below ``work``; nothing is installed or fetched.

    ``preserve_insertion_order`` is on: off, Arrow results came out of order despite ORDER BY (DESIGN §9).
    """
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": resources.threads,
            "memory_limit": resources.memory,
            "preserve_insertion_order": True,
            "temp_directory": str(work / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    try:
        connection.execute("SET enable_progress_bar = false")
        yield connection
    finally:
        connection.close()


def run(connection: Connection, statement: str, table: Table, **parts: str) -> Relation | None:
    """Run a statement in which ``$key``, ``$columns`` … stand for a table's own column lists (constants of ours)."""
    filled = Template(statement).substitute(key=table.keys, select=table.select, order=table.order, **parts)
    result: Relation | None = connection.sql(filled)
    return result


def open_tables(connection: Connection, files: Mapping[str, Path]) -> None:
    """Make a view of each dataset's merged Parquet file, its rows in the file's order."""
    for name, path in files.items():
        connection.read_parquet(str(path)).create_view(name, replace=True)


def open_previous(connection: Connection, files: Mapping[str, Path]) -> None:
    """Make a view ``old_<dataset>`` of the previous release; empty without one.

    A column that the previous release did not have yet is empty in it.
    """
    for name in NAMES:
        relation = connection.from_arrow(table_of(name).schema.empty_table())
        if name in files:
            relation.create_view(f"no_{name}", replace=True)
            connection.read_parquet(str(files[name])).create_view(f"released_{name}", replace=True)
            relation = connection.sql(f"FROM no_{name} UNION ALL BY NAME FROM released_{name}")
        relation.create_view(f"old_{name}", replace=True)
