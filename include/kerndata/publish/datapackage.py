"""``datapackage.json`` (Data Package v2): columns, licence, sources, hashes, inputs. The release's manifest.

Version and code version stand here and not in the data files. There is no publication moment: the same content gives
the same bytes. Column descriptions come from ``columns.csv`` beside this module.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib.resources import files as resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow.parquet as pq

from kerndata.contracts.code_lists import provinces
from kerndata.errors import ConfigurationError
from kerndata.merge.tables import NAMES, table_of
from kerndata.model.release import ReleaseFile
from kerndata.publish.candidate import Candidate

_CC_BY = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0 International",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}
_SOURCES = (
    {"title": "Centraal Bureau voor de Statistiek, StatLine (CC BY 4.0)", "path": "https://opendata.cbs.nl/"},
    {
        "title": "World Resources Institute, Global Power Plant Database (CC BY 4.0)",
        "path": "https://datasets.wri.org/dataset/globalpowerplantdatabase",
    },
)
_KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "aggregates": ("aggregate_code", "region_level", "region_code", "period"),
        "corrections": ("correction_id",),
        "national": ("indicator_code", "region_code", "period", "category"),
        "per_capita": ("indicator_code", "region_level", "region_code", "period"),
        "reconciliation": ("indicator_code", "period", "category"),
    }
)
_TITLES: Mapping[str, str] = MappingProxyType(
    {
        "aggregates": "Sums over indicators that may be added, per region",
        "changes": "What changed since the previous release, and why",
        "corrections": "Values that the exchange set right, and why",
        "coverage": "Which province has what, and why not",
        "indicators": "Indicator values per province, period and category",
        "national": "National values with their coverage",
        "per_capita": "Values per thousand inhabitants",
        "projects": "Energy projects",
        "provenance": "Where every row comes from",
        "reconciliation": "National values beside an independent figure",
    }
)


def manifest(candidate: Candidate, version: str) -> bytes:
    """Describe a candidate under its version; equal candidates give equal bytes."""
    package = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "kerndataset-energietransitie",
        "title": "Kerndataset energietransitie",
        "description": "Energy indicators and projects of the twelve Dutch provinces, merged, versioned and traceable.",
        "version": version,
        "licenses": [_CC_BY],
        "sources": [*_SOURCES, *({"title": f"Provincie {one.name}"} for one in provinces())],
        "keywords": ["energietransitie", "provincies", "energy transition", "Netherlands"],
        "previousVersion": candidate.previous,
        "contentHash": candidate.content_hash,
        "codeVersion": candidate.code_version,
        "inputs": [asdict(one) for one in candidate.inputs],
        "references": [asdict(one) for one in candidate.references],
        "resources": [_resource(candidate.folder / one.name, one) for one in candidate.files],
    }
    return (json.dumps(package, indent=2, ensure_ascii=False) + "\n").encode()


def _resource(path: Path, file: ReleaseFile) -> dict[str, Any]:
    stem, kind = path.stem, path.suffix.removeprefix(".")
    resource: dict[str, Any] = {
        "name": f"{stem}-{kind}",
        "title": _TITLES[stem],
        "path": file.name,
        "format": kind,
        "mediatype": file.media_type.partition(";")[0],
        "bytes": file.size_bytes,
        "hash": f"sha256:{file.sha256}",
        "licenses": [_CC_BY],
    }
    if kind == "csv":
        resource |= {"type": "table", "encoding": "utf-8", "dialect": {"delimiter": ",", "lineTerminator": "\n"}}
    return resource | {"schema": _schema(path, _key(stem))}


def _key(stem: str) -> tuple[str, ...]:
    if stem in NAMES:
        return table_of(stem).key
    return _KEYS.get(stem, ())


def _schema(path: Path, key: Sequence[str]) -> dict[str, Any]:
    schema: dict[str, Any] = {"fields": [_field(name, name in key) for name in _header(path)], "missingValues": [""]}
    return schema | ({"primaryKey": list(key)} if key else {})


def _header(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        names: list[str] = pq.read_schema(path).names
        return names
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


def _field(name: str, is_key: bool) -> dict[str, Any]:
    if name not in _columns():
        raise ConfigurationError(f"Column {name!r} has no description; add it to include/kerndata/publish/columns.csv.")
    column = _columns()[name]
    field: dict[str, Any] = {"name": name, "type": column["type"], "title": column["title_nl"]}
    field["description"] = column["description"]
    constraints: dict[str, Any] = {"required": True} if is_key else {}
    if column["values"]:
        constraints["enum"] = column["values"].split("|")
    return field | ({"constraints": constraints} if constraints else {})


@cache
def _columns() -> Mapping[str, Mapping[str, str]]:
    with resources(__package__).joinpath("columns.csv").open(encoding="utf-8") as file:
        return MappingProxyType({row["name"]: row for row in csv.DictReader(file)})
