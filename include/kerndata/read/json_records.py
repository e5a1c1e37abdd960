"""JSON: an array of records, in one document or one record per line. Numbers are exact (never floats)."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kerndata.errors import FileFault
from kerndata.read.cells import Cell, canonical
from kerndata.read.limits import unreadable
from kerndata.read.records import Page

if TYPE_CHECKING:
    from kerndata.sources.formats import JsonFormat


def page(data: bytes, spec: "JsonFormat", member: str | None = None) -> Page:
    """Return the records; a nested object becomes columns of its own (``adres.plaats``), an array its JSON text."""
    found = lines(data) if spec.lines else at_path(document(data), spec.records)
    return Page([flat(record) for record in found], member)


def document(data: bytes) -> Any:
    """Parse UTF-8 (or UTF-16 with its byte order mark); refuses duplicate keys, NaN and Infinity."""
    return parsed(decoded(data))


def decoded(data: bytes) -> str:
    """Return the text of a JSON file; raises ``FileFault`` F-ENCODING."""
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        position = error.start + 1
        raise FileFault(
            "F-ENCODING", position=position, agreed=encoding, reason=f"byte {position}: geen {encoding}"
        ) from error


def parsed(text: str, line: int = 1) -> Any:
    """Parse a text that begins at this line of its file."""
    try:
        return json.loads(
            text, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse, object_pairs_hook=_unique_keys
        )
    except json.JSONDecodeError as error:
        row = error.lineno + line - 1
        raise unreadable(
            f"line {row}, character {error.colno}: {error.msg}", f"regel {row}, teken {error.colno}: geen geldige JSON"
        ) from error


def lines(data: bytes) -> list[dict[str, Any]]:
    """Return the record of each line; blank lines do not count as records."""
    found = enumerate(decoded(data).split("\n"), 1)
    return _checked([parsed(line, number) for number, line in found if line.strip()], "")


def at_path(found: Any, path: str) -> list[dict[str, Any]]:
    """Return the array of records at a dotted path."""
    for step in filter(None, path.split(".")):
        if not isinstance(found, dict) or step not in found:
            raise unreadable(f"no {path!r} in the JSON document", f"{path!r} staat niet in het JSON-document")
        found = found[step]
    return _checked(found, path)


def _checked(found: Any, path: str) -> list[dict[str, Any]]:
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        raise unreadable(
            f"{path or 'the document'} is not an array of records",
            f"{path or 'het document'} is geen lijst van records",
        )
    return found


def flat(record: dict[str, Any]) -> dict[str, Cell]:
    """Return a record with single values only; raises ``FileFault`` when two of its keys become one column."""
    pairs = list(_flat(record, ""))
    cells = dict(pairs)
    if len(cells) < len(pairs):
        raise _twice(pairs)
    return cells


def _flat(record: dict[str, Any], prefix: str) -> Iterator[tuple[str, Cell]]:
    for key, value in record.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield (
                prefix + key,
                json.dumps(value, default=_number, ensure_ascii=False) if isinstance(value, list) else value,
            )


def _number(value: object) -> object:
    if isinstance(value, Decimal):
        return canonical(value)
    raise TypeError(f"{value!r} is no JSON")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise _twice(pairs)
    return record


def _twice(pairs: list[tuple[str, Any]]) -> FileFault:
    keys = ", ".join(dict.fromkeys(key for key, _ in pairs if [other for other, _ in pairs].count(key) > 1))[:100]
    return unreadable(f"twice in one record: {keys}", f"dubbel in één record: {keys}")


def _refuse(constant: str) -> None:
    raise unreadable(f"{constant} is not JSON", f"{constant} is geen JSON")
