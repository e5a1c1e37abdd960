"""What a check found."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """``ERROR`` refuses the row, ``WARNING`` flags it, ``INFO`` is counted."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that one cell or row did not meet, with its place as the steward sees it in the file.

    ``row``: 1 is the first row of the file; None when it concerns the whole file. ``column``: the letter (AB) of the
    column as a spreadsheet shows it, None when the row as a whole is meant or the value came from elsewhere.
    ``header``: the header of that column, else what the contract calls it in Dutch.
    """

    rule_id: str
    severity: Severity
    member: str | None
    sheet: str | None
    row: int | None
    column: str | None
    value: str | None
    message_nl: str
    message_en: str
    header: str | None = None
