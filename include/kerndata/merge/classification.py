"""What a comparison of two datasets found: counts per province, the largest changes, reasons for a person to look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Tally:
    """Keys of one dataset of one province (CBS code): before, now, and by what became of them."""

    dataset: str
    province: str
    had: int
    has: int
    new: int
    within: int
    beyond: int
    vanished: int


@dataclass(frozen=True, slots=True)
class Change:
    """One large change, of an indicator value or of a project (``field`` None: of the whole project).

    ``kind`` is beyond or vanished; ``moved_pct`` is rounded and signed, None where there is nothing to compare with.
    """

    dataset: str
    province: str
    indicator: str | None
    region: str | None
    period: str | None
    category: str | None
    project: str | None
    field: str | None
    kind: str
    old: str | None
    new: str | None
    moved_pct: str | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One threshold that was passed; ``where`` is a province's CBS code or NL01."""

    what: str
    where: str
    seen: str
    threshold: str


@dataclass(frozen=True, slots=True)
class Classification:
    """The whole comparison with release ``previous``; ``largest`` holds at most ``MOST_SHOWN`` changes."""

    previous: str | None
    tallies: Sequence[Tally]
    reasons: Sequence[Reason]
    largest: Sequence[Change]

    def dump(self) -> dict[str, Any]:
        """Give it as plain JSON values."""
        plain: dict[str, Any] = _CLASSIFICATION.dump_python(self, mode="json")
        return plain

    @staticmethod
    def load(plain: Mapping[str, Any]) -> "Classification":
        """Read what ``dump`` gave."""
        return _CLASSIFICATION.validate_python(plain)


_CLASSIFICATION = TypeAdapter(Classification)
