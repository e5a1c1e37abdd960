"""How a delivered table is laid out and how its cells are written."""

import re
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from kerndata.sources.base import Strict

GROUPS = frozenset({"indicator", "period", "unit", "category", "region"})
MissingReason = Literal["geheim", "onbekend", "niet_van_toepassing"]
ValueStatus = Literal["definitief", "nader_voorlopig", "voorlopig", "schatting"]


class Numbers(Strict):
    """How numbers in text cells are written; cells a spreadsheet typed itself need none of it."""

    decimal: Literal[",", "."] = ","
    thousands: Literal[".", ",", " ", "'"] | None = None
    unit_suffix: bool = False

    @model_validator(mode="after")
    def _two_marks(self) -> Self:
        if self.decimal == self.thousands:
            raise ValueError(f"decimal and thousands are both {self.decimal!r}; they must differ")
        return self


class Layout(Strict):
    """Where the table stands in the sheet, which headers hold observations, what is said around the table."""

    title_rows: int = Field(0, ge=0, le=50)
    header_rows: int = Field(1, ge=1, le=5)
    values: str | None = None
    sheet_name: str | None = None
    file_name: str | None = None
    notes: str | None = None
    footers: tuple[str, ...] = ()

    @field_validator("values", "sheet_name", "file_name", "notes")
    @classmethod
    def _groups(cls, value: str | None) -> str | None:
        for group in groups_of(value):
            if group not in GROUPS:
                raise ValueError(f"unknown group {group!r}; known groups: {', '.join(sorted(GROUPS))}")
        return value

    @property
    def patterns(self) -> tuple[str | None, ...]:
        """The regular expressions whose groups tell something."""
        return (self.values, self.sheet_name, self.file_name, self.notes)

    @field_validator("footers")
    @classmethod
    def _patterns(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in value:
            groups_of(pattern)
        return value


class Marks(Strict):
    """Signs that stand for a status or for a missing value."""

    status: dict[str, ValueStatus] = Field(default_factory=dict)
    missing: dict[str, MissingReason] = Field(default_factory=dict)
    empty: MissingReason | Literal["absent"] | None = None


def groups_of(pattern: str | None) -> tuple[str, ...]:
    """Return the named groups of a regular expression; raises ``ValueError`` with the pattern when it is not one."""
    try:
        return tuple(re.compile(pattern).groupindex) if pattern else ()
    except re.error as error:
        raise ValueError(f"not a regular expression: {pattern!r} ({error})") from error
