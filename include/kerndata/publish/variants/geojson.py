"""``projects.geojson`` (RFC 7946, WGS 84): one feature per project; without a known place its geometry is null."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from kerndata.contracts.contract import load_contract
from kerndata.merge.engine import Connection

_BATCH = 10_000
_PLACE = ("lon", "lat")


def write_geojson(connection: Connection, dataset: str, target: Path) -> int:
    """Write a dataset's rows as features, a line each, without their provenance; gives their number."""
    shown = [one.name for one in load_contract(dataset).columns if not one.is_provenance]
    rows = 0
    with target.open("w", encoding="utf-8", newline="\n") as file:
        file.write('{"type": "FeatureCollection", "features": [')
        for row in _read(connection, dataset, shown):
            file.write(("," if rows else "") + "\n" + json.dumps(_feature(row), ensure_ascii=False))
            rows += 1
        file.write("\n]}\n")
    return rows


def _read(connection: Connection, dataset: str, columns: list[str]) -> Iterator[Mapping[str, Any]]:
    found = connection.execute(f"SELECT {', '.join(columns)} FROM {dataset}")  # noqa: S608 - names of ours
    while batch := found.fetchmany(_BATCH):
        for row in batch:
            yield dict(zip(columns, row, strict=True))


def _feature(row: Mapping[str, Any]) -> Mapping[str, Any]:
    lon, lat = (row[name] for name in _PLACE)
    is_placed = lon is not None and lat is not None
    return {
        "type": "Feature",
        "id": f"{row['province_code']}/{row['project_id']}",
        "geometry": {"type": "Point", "coordinates": [_plain(lon), _plain(lat)]} if is_placed else None,
        "properties": {name: _plain(value) for name, value in row.items() if name not in _PLACE},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal | float):
        return int(value) if value == int(value) else float(value)
    return value
