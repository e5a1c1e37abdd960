"""What a receipt holds; ``docs/reference/receipt.schema.json`` is made from it."""

from dataclasses import dataclass
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from kerndata.model.submission import Status
from kerndata.quality.receipt_totals import RuleTotal

VERSION = "2.0"  # 2.0: letters and headers of columns, places in words, comparison, revision, marked copy


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class FileFacts(_Part):
    """The file as we have it."""

    name: str
    sha256: str
    size_bytes: int


class CountsPart(_Part):
    """Observations; ``observed = accepted + refused``. ``other_rows``: titles, headers, blanks, footers."""

    observed: int
    accepted: int
    refused: int
    flagged: int
    other_rows: int


@dataclass(frozen=True, slots=True)
class FindingPart:
    """One finding, with its place as a spreadsheet shows it; row 1 is the first row of the file, ``column`` a letter.

    ``place_nl`` says the same in words. For JSON, GeoJSON and Parquet row 1 holds the names: record 1 is row 2.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    rule_id: str
    severity: str
    member: str | None
    sheet: str | None
    row: int | None
    column: str | None
    header: str | None
    place_nl: str
    value: str | None
    message_nl: str
    message_en: str


class ChangePart(_Part):
    """One figure that is another than in the last delivery."""

    what: str
    old: str
    new: str


class ComparisonPart(_Part):
    """Keys against those of the last accepted delivery of the same name."""

    previous_id: str
    added: int
    changed: int
    removed: int
    unchanged: int
    previous_rows: int
    rows: int
    largest: tuple[ChangePart, ...]
    vanished: tuple[str, ...]


class NotCheckedPart(_Part):
    """A rule that could not be judged, and what it would have told."""

    rule_id: str
    about_nl: str


class MarkedPart(_Part):
    """The province's own file with its findings marked: its name beside this receipt, null when it was not made."""

    name: str | None
    note_nl: str


class Receipt(_Part):
    """Everything a receipt says."""

    version: str
    submission_id: str
    revision: int
    province_code: str
    province: str
    file: FileFacts
    dataset: str | None
    delivery: str | None
    status: Status
    outcome_nl: str
    headline_nl: str
    next_nl: str
    received_at: AwareDatetime
    written_at: AwareDatetime
    counts: CountsPart
    previous_counts: CountsPart | None
    scores: dict[str, float]
    totals: tuple[RuleTotal, ...]
    findings: tuple[FindingPart, ...]
    comparison: ComparisonPart | None
    not_checked: tuple[NotCheckedPart, ...]
    marked: MarkedPart | None
    contact: str
    exchange_contact: str


def schema() -> dict[str, Any]:
    """The JSON Schema of a receipt, as published in ``docs/reference/receipt.schema.json``."""
    about = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"Kerndata receipt {VERSION}"}
    return about | {
        key: told for key, told in Receipt.model_json_schema(mode="serialization").items() if key != "title"
    }
