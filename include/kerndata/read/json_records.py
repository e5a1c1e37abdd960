"""JSON: an array of flat records. The keys are the header row, in the order in which they first appear."""

import codecs
import json
from decimal import Decimal
from typing import Any

from kerndata.errors import FileFault
from kerndata.model.sheet import Reading, Sheet
from kerndata.read.cells import Cell, canonical, native_table, text_table, within
from kerndata.read.limits import Limits
from kerndata.sources.formats import JsonFormat


def read(data: bytes, spec: JsonFormat, limits: Limits) -> Reading:
    """Return one sheet: row 1 the keys, row *i + 1* record *i*. Numbers are exact (never floats)."""
    records = _records(_document(data), spec.records)
    header = list(dict.fromkeys(key for record in records for key in record))
    if not header:
        raise FileFault("F-HEADER-ONLY")
    within(len(records) + 1, len(header), limits)
    rows: list[list[Cell]] = [[*header], *([record.get(key) for key in header] for record in records)]
    text = text_table([[canonical(cell) for cell in row] for row in rows], len(header))
    return Reading((Sheet(text, native_table(rows, len(header))),), "utf-8")


def _document(data: bytes) -> Any:
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileFault("F-ENCODING", reason=f"byte {error.start + 1}: geen utf-8") from error
    return json.loads(
        text, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse, object_pairs_hook=_unique_keys
    )


def _records(document: Any, path: str) -> list[dict[str, Cell]]:
    for step in filter(None, path.split(".")):
        if not isinstance(document, dict) or step not in document:
            raise FileFault("F-UNREADABLE", reason=f"no {path!r} in the JSON document")
        document = document[step]
    if not isinstance(document, list) or not all(isinstance(record, dict) for record in document):
        raise FileFault("F-UNREADABLE", reason=f"{path or 'the document'} is not an array of records")
    for number, record in enumerate(document, 1):
        for key, cell in record.items():
            if isinstance(cell, dict | list):
                raise FileFault("F-UNREADABLE", reason=f"record {number}: {key!r} is not a single value")
    return document


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise FileFault("F-UNREADABLE", reason=f"a key stands twice in one record: {[key for key, _ in pairs]}")
    return record


def _refuse(constant: str) -> None:
    raise FileFault("F-UNREADABLE", reason=f"{constant} is not JSON")
