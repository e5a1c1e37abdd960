"""What a copy is marked with, in a form that goes to the child process as JSON."""

import json
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kerndata.model.finding import Severity

Place = tuple[str | None, str | None]  # member of the zip, sheet
WHOLE_FILE = "In deze rij vonden wij geen fout, maar het hele bestand is geweigerd."
JUDGED = {
    "refused": "geweigerd",
    "partly": "deels geweigerd",
    "returned": "niet overgenomen",
    "flagged": "overgenomen, met opmerking",
    "accepted": "overgenomen",
}


@dataclass(frozen=True, slots=True)
class Marked:
    """A marked copy: ``name`` is fit for a key in the inbox, ``body`` None when no copy could be made.

    ``note_nl``: one or two sentences for the receipt about what the copy is, or why there is none.
    """

    name: str
    media_type: str
    body: bytes | None = field(repr=False)
    note_nl: str


@dataclass(frozen=True, slots=True)
class Mark:
    """One finding as it is written in the copy; ``column`` is a letter, ``place`` says row and column in words."""

    rule_id: str
    severity: str
    member: str | None
    sheet: str | None
    row: int | None
    column: str | None
    place: str
    value: str | None
    message: str
    action: str

    @property
    def is_shown(self) -> bool:
        """Whether it stands at a row and refuses or flags it; information is listed only."""
        return self.row is not None and self.severity != Severity.INFO


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one sheet that hold observations: with one that was accepted, with one that was not."""

    member: str | None
    sheet: str | None
    accepted: tuple[int, ...]
    refused: tuple[int, ...]


@dataclass(frozen=True)
class Job:
    """Everything the child needs. ``header_row``: the last row of the header, where no observation tells it."""

    path: str
    format: dict[str, Any]
    header_row: int
    marks: tuple[Mark, ...]
    rows: tuple[Rows, ...]

    def save(self, path: Path) -> None:
        """Write as JSON."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "Job":
        """Read what ``save`` wrote."""
        given = json.loads(path.read_text(encoding="utf-8"))
        marks = tuple(Mark(**one) for one in given.pop("marks"))
        rows = tuple(
            Rows(**{**one, "accepted": tuple(one["accepted"]), "refused": tuple(one["refused"])})
            for one in given.pop("rows")
        )
        return cls(**given, marks=marks, rows=rows)

    def by_row(self, place: Place) -> dict[int, list[Mark]]:
        """The marks that are shown in one sheet, by row."""
        found: dict[int, list[Mark]] = defaultdict(list)
        for one in self.marks:
            if (one.member, one.sheet) == place and one.is_shown and one.row is not None:
                found[one.row].append(one)
        return found

    def of_member(self, member: str | None) -> tuple[Mark, ...]:
        """The marks of one file of a zip, and those on the file as a whole."""
        return tuple(one for one in self.marks if one.member in (member, None))

    def judged(self, place: Place) -> dict[int, str]:
        """What became of each row of one sheet, in Dutch."""
        errors = {row for row, marks in self.by_row(place).items() if any(m.severity == Severity.ERROR for m in marks)}
        flagged = self.by_row(place).keys() - errors
        accepted = {row for one in self._rows(place) for row in one.accepted}
        refused = {row for one in self._rows(place) for row in one.refused}
        found = dict.fromkeys(accepted, "accepted") | dict.fromkeys(flagged, "flagged")
        found |= dict.fromkeys(refused - errors, "returned") | dict.fromkeys(errors, "refused")
        found |= dict.fromkeys(errors & accepted, "partly")
        return {row: JUDGED[word] for row, word in found.items()}

    def header_of(self, place: Place) -> int:
        """The row above the first observation of a sheet; ``header_row`` when it has none."""
        observed = [row for one in self._rows(place) for row in (*one.accepted[:1], *one.refused[:1])]
        return min(observed) - 1 if observed else self.header_row

    def _rows(self, place: Place) -> list[Rows]:
        return [one for one in self.rows if (one.member, one.sheet) == place]


def harmless(text: str) -> str:
    """``text`` so that no spreadsheet takes it for a formula: an apostrophe before ``= + - @``, tab or return."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
