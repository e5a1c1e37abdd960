"""A CSV that a Dutch Excel opens by a double click: semicolons, decimal commas, a byte order mark, no formulas."""

import shutil
from pathlib import Path

from kerndata.merge.engine import Connection
from kerndata.publish.variants.neutral import neutral_sql

_BOM = b"\xef\xbb\xbf"


def write_excel_csv(connection: Connection, dataset: str, target: Path) -> int:
    """Write a dataset's rows in its own order; gives their number."""
    relation = connection.table(dataset)
    columns = zip(relation.columns, relation.types, strict=True)
    text = relation.project(", ".join(f"{_as_text(name, str(kind))} AS {name}" for name, kind in columns))
    plain = target.with_suffix(".plain")
    text.write_csv(str(plain), sep=";", header=True, quotechar='"', escapechar='"', encoding="UTF-8")
    with plain.open("rb") as source, target.open("wb") as file:
        file.write(_BOM)
        shutil.copyfileobj(source, file, 1 << 20)
    plain.unlink()
    rows: int = relation.count("*").fetchall()[0][0]
    return rows


def _as_text(name: str, kind: str) -> str:
    if kind.startswith("DECIMAL"):
        return f"replace(rtrim(rtrim(CAST({name} AS VARCHAR), '0'), '.'), '.', ',')"
    if kind == "DOUBLE":
        return f"replace(regexp_replace(CAST({name} AS VARCHAR), '[.]0$', ''), '.', ',')"
    return neutral_sql(name) if kind == "VARCHAR" else name
