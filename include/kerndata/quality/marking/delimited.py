"""Marks delimited text: two columns behind its own, in its own dialect and encoding; its own bytes stay as they are."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kerndata.model.marks import OWN_COLUMNS
from kerndata.quality.marking.job import WHOLE_FILE, Job, Mark, harmless
from kerndata.read.csv import decode

LONGEST = 2000  # characters of the reasons of one row
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the file: its text without the line end, its line end, its fields."""

    text: str
    end: str
    fields: list[str]


def mark(data: bytes, job: Job, member: str | None, dialect: Mapping[str, Any]) -> bytes:
    """The file with ``OWN_COLUMNS`` behind every row that holds data, and behind the header.

    Title, blank and footer rows stay as they are. Raises ValueError or ``FileFault`` when its text cannot be taken
    apart without losing a byte.
    """
    text, encoding = decode(data, dialect["encoding"])
    lead = data[: len(data) - len(text.encode(encoding))]
    if lead + text.encode(encoding) != data:
        raise ValueError("the text does not encode back to the bytes it came from")
    records = list(_records(text, dialect["delimiter"], dialect["quote"]))
    marked = "".join(_marked(records, job, (member, None), dialect))
    return lead + marked.encode(encoding, "replace")


def _records(text: str, delimiter: str, quote: str) -> Iterator[Record]:
    lines = _LINE.findall(text)
    csv.field_size_limit(1024**2)
    reader = csv.reader(iter(lines), delimiter=delimiter, quotechar=quote)
    start = 0
    for fields in reader:
        raw = "".join(lines[start : reader.line_num])
        start = reader.line_num
        body = raw.rstrip("\r\n") if not fields or not fields[-1].endswith(("\r", "\n")) else raw
        yield Record(body, raw[len(body) :], fields)


def _marked(
    records: list[Record], job: Job, place: tuple[str | None, None], dialect: Mapping[str, Any]
) -> Iterator[str]:
    judged, reasons = job.judged(place), job.by_row(place)
    header = _header_at(records, job.header_of(place))
    was_marked = header > 0 and tuple(records[header - 1].fields[-2:]) == OWN_COLUMNS
    own = [_without(one, dialect) if was_marked and len(one.fields) > 2 else one for one in records]
    width = max((len(own[row - 1].fields) for row in (header, *judged) if 0 < row <= len(own)), default=0)
    quoted = header > 0 and own[header - 1].text.endswith(dialect["quote"])
    end = next((one.end for one in records if one.end), "\n")
    for row, one in enumerate(own, 1):
        if row == header:
            added = list(OWN_COLUMNS)
        elif row in judged:
            added = [judged[row], _reasons(reasons.get(row, []), judged[row])]
        else:
            yield one.text + one.end
            continue
        empty = [""] * (width - len(one.fields))
        tail = [*empty, *(_field(text, dialect, quoted) for text in added)]
        yield dialect["delimiter"].join([one.text, *tail]) + (one.end or (end if row < len(own) else ""))


def _header_at(records: list[Record], row: int) -> int:
    """The nearest row at or above ``row`` that is not blank; 0 when there is none."""
    return next((at for at in range(min(row, len(records)), 0, -1) if any(records[at - 1].fields)), 0)


def _reasons(marks: list[Mark], judged: str) -> str:
    if not marks:
        return WHOLE_FILE if judged == "niet overgenomen" else ""
    said = "; ".join(f"{one.column or 'rij'}: {one.message} {one.action}" for one in marks)
    return said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"


def _field(text: str, dialect: Mapping[str, Any], quoted: bool) -> str:
    quote, text = str(dialect["quote"]), harmless(" ".join(text.split()))
    if quoted or dialect["delimiter"] in text or quote in text:
        return quote + text.replace(quote, quote * 2) + quote
    return text


def _without(one: Record, dialect: Mapping[str, Any]) -> Record:
    """The record of a copy that was marked before, without the two columns that we added then."""
    delimiter, quote = re.escape(dialect["delimiter"]), re.escape(dialect["quote"])
    tail = f"{delimiter}(?:{quote}(?:[^{quote}]|{quote}{quote})*{quote}|[^{delimiter}]*)"
    found = re.search(f"(?:{tail}){{2}}\\Z", one.text)
    return Record(one.text[: found.start()], one.end, one.fields[:-2]) if found else one
