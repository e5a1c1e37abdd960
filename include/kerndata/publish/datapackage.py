"""``datapackage.json`` (Data Package v2): columns, licence, sources, hashes, inputs. The release's manifest.

Version and code version stand here and not in the data files. There is no publication moment: the same content gives
the same bytes. The tables of the core dataset are described by their contracts, the others by
``kerndata.publish.columns``.
"""

import csv
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow.parquet as pq

from kerndata.contracts.code_lists import provinces
from kerndata.contracts.contract import load_contract
from kerndata.contracts.schemas import table_schema
from kerndata.merge.tables import NAMES
from kerndata.model.release import ReleaseFile
from kerndata.publish.candidate import Candidate
from kerndata.publish.columns import column

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
        "indicators_wide": ("indicator_code", "category", "region_level", "region_code"),
        "national": ("indicator_code", "region_code", "period", "category"),
        "per_capita": ("indicator_code", "region_level", "region_code", "period"),
        "reconciliation": ("indicator_code", "period", "category"),
    }
)
_EXCEL = "_excel_nl"
_TITLES: Mapping[str, str] = MappingProxyType(
    {
        "aggregates": "Sums over indicators that may be added, per region",
        "changes": "What changed since the previous release, and why",
        "corrections": "Values that the exchange set right, and why",
        "coverage": "Which province has what, and why not",
        "indicators": "Indicator values per province, period and category",
        "indicators_excel_nl": "Indicator values, for a Dutch Excel (semicolons, decimal commas)",
        "indicators_wide": "Indicator values with a column per period",
        "kerndataset": "The release as a workbook",
        "national": "National values with their coverage",
        "per_capita": "Values per thousand inhabitants",
        "projects": "Energy projects",
        "projects_excel_nl": "Energy projects, for a Dutch Excel (semicolons, decimal commas)",
        "provenance": "Where every row comes from",
        "quality": "How good the data is: scores per province and totals per rule",
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
        "note": candidate.note,
        "leftOut": [asdict(one) for one in candidate.left_out],
        "inputs": [asdict(one) for one in candidate.inputs],
        "references": [asdict(one) for one in candidate.references],
        "resources": [_resource(candidate.folder / one.name, one) for one in candidate.files],
    }
    return (json.dumps(package, indent=2, ensure_ascii=False) + "\n").encode()


def title_of(name: str) -> str | None:
    """Say what a data file holds; None for a file that is about the release and no part of its data."""
    return _TITLES.get(name.rpartition(".")[0])


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
    if file.rows is not None:
        resource["rowCount"] = file.rows
    if kind in {"parquet", "xlsx"}:
        resource["type"] = "file"  # checked as a file, by size and hash: frictionless reads CSV
    if kind not in {"csv", "parquet"}:
        return resource
    is_excel = stem.endswith(_EXCEL)
    if kind == "csv":
        dialect = {"delimiter": ";" if is_excel else ",", "lineTerminator": "\n"}
        resource |= {"type": "table", "encoding": "utf-8", "dialect": dialect}
    schema = _contract_schema(stem) if stem.removesuffix(_EXCEL) in NAMES else _table_schema(path)
    if is_excel:
        schema["fields"] = [one | ({"decimalChar": ","} if one["type"] == "number" else {}) for one in schema["fields"]]
    return resource | {"schema": schema}


def _contract_schema(stem: str) -> dict[str, Any]:
    """What the contract demands of its own table, however that is written."""
    told = table_schema(load_contract(stem.removesuffix(_EXCEL)))
    return {name: told[name] for name in ("fieldsMatch", "fields", "primaryKey", "missingValues")}


def _table_schema(path: Path) -> dict[str, Any]:
    key = _KEYS.get(path.stem, ())
    schema: dict[str, Any] = {"fields": [_field(name, name in key) for name in _header(path)], "missingValues": [""]}
    return schema | ({"primaryKey": list(key)} if key else {})


def _header(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        names: list[str] = pq.read_schema(path).names
        return names
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


def _field(name: str, is_key: bool) -> dict[str, Any]:
    told = column(name)
    field: dict[str, Any] = {"name": name, "type": told["type"], "title": told["title_nl"]}
    field["description"] = told["description"]
    constraints: dict[str, Any] = {"required": True} if is_key else {}
    if told["values"]:
        constraints["enum"] = told["values"].split("|")
    return field | ({"constraints": constraints} if constraints else {})
