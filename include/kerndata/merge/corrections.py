"""The register of corrections (``contracts/corrections.yaml``): read strictly, judged by a date that is passed in.

An entry that has expired stops the release, as a guard that no longer matches does (``kerndata.merge.correct``). So a
date decides whether a release is made and never what is in it: rebuilding one needs no date.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

import pyarrow as pa
import yaml
from pydantic import Field, StringConstraints, ValidationError, model_validator

from kerndata.errors import ConfigurationError, NotChecked
from kerndata.merge.tables import DECIMAL, table_of
from kerndata.sources.base import Strict, Text
from kerndata.sources.places import told
from kerndata.sources.registry import StrictLoader

WHERE = "contracts/corrections.yaml"
PUBLISHED = (
    "correction_id", "dataset", "indicator_code", "region_level", "region_code", "period", "category", "province_code",
    "project_id", "field", "old_value", "new_value", "reason", "source", "expires_on",
)  # fmt: skip
Cell = str | int | float | Decimal | None
_DEFAULTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"indicators": {"region_level": "provincie", "category": "totaal"}, "projects": {}}
)


class Correction(Strict):
    """One cell that is set right: ``old`` is the guard; both values are texts, or None for an empty cell."""

    id: Annotated[str, StringConstraints(pattern=r"^C-\d{4}-\d{3}$")]
    dataset: Literal["indicators", "projects"]
    key: dict[str, Text]
    column: Text
    old: Text | None
    new: Text | None
    reason: Text
    source: Text
    expires: date

    @model_validator(mode="after")
    def _fits_the_contract(self) -> Self:
        problems = [*self._wrong_key(), *self._wrong_column()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _wrong_key(self) -> Iterator[str]:
        wanted = table_of(self.dataset).key
        for name in self.key:
            if name not in wanted:
                yield f"key: {self.dataset} has no key column {name!r}{_near(name, wanted)}"
        absent = [name for name in wanted if name not in self.full_key]
        if absent:
            yield f"key: {', '.join(absent)} not given"

    def _wrong_column(self) -> Iterator[str]:
        table = table_of(self.dataset)
        if self.column not in table.compared:
            yield f"column: {self.column!r} of {self.dataset} cannot be corrected{_near(self.column, table.compared)}"
            return
        for name, text in (("old", self.old), ("new", self.new)):
            try:
                self.typed(text)
            except (ValueError, InvalidOperation):
                yield f"{name}: {text!r} is no {table.schema.field(self.column).type}"
        if self.old == self.new:
            yield "new: the same as old corrects nothing"

    @property
    def full_key(self) -> dict[str, str]:
        """The key with the parts that may be left out."""
        return {**_DEFAULTS[self.dataset], **self.key}

    @property
    def place(self) -> tuple[str, ...]:
        """The key in the order of the dataset's key columns."""
        return tuple(self.full_key[name] for name in table_of(self.dataset).key)

    @property
    def province(self) -> str:
        """CBS code of the province whose row it is."""
        return self.full_key["region_code" if self.dataset == "indicators" else "province_code"]

    def typed(self, text: str | None) -> Cell:
        """Return a value as its column's type."""
        if text is None:
            return None
        kinds = {DECIMAL: Decimal, pa.int64(): int, pa.float64(): float}
        kind: Any = kinds.get(table_of(self.dataset).schema.field(self.column).type, str)
        made: Cell = kind(text)
        return made


class Register(Strict):
    """The whole file."""

    corrections: tuple[Correction, ...] = Field(default=())

    @model_validator(mode="after")
    def _once(self) -> Self:
        ids = [one.id for one in self.corrections]
        cells = [(one.dataset, *one.place, one.column) for one in self.corrections]
        twice = [one.id for one in self.corrections if ids.count(one.id) > 1]
        same = [
            one.id for one, cell in zip(self.corrections, cells, strict=True) if cells.count(cell) > 1 and not twice
        ]
        if twice or same:
            raise ValueError(f"{' and '.join(dict.fromkeys(twice or same))}: " + (_TWICE if twice else _SAME))
        return self


_TWICE, _SAME = "an id is used once", "these correct one cell; leave one of them"


@cache
def register() -> tuple[Correction, ...]:
    """Return the exchange's own register, in order of the ids."""
    return read_register(files("kerndata.contracts").joinpath("corrections.yaml").read_text(encoding="utf-8"))


def read_register(text: str, where: str = WHERE) -> tuple[Correction, ...]:
    """Read a register; raises ``ConfigurationError`` with line, key and what was expected of everything wrong."""
    try:
        found = Register.model_validate(yaml.load(text, Loader=StrictLoader))  # noqa: S506 - a CSafeLoader
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{where}: {error}") from error
    except ValidationError as error:
        problems = [(one["loc"], one["msg"].removeprefix("Value error, ")) for one in error.errors()]
        raise ConfigurationError(told(where, text, problems)) from error
    return tuple(sorted(found.corrections, key=lambda one: one.id))


def refuse_expired(entries: Sequence[Correction], today: date) -> None:
    """Raise NotChecked that names every entry whose last day has passed."""
    late = [one for one in entries if one.expires < today]
    if late:
        told_ones = "; ".join(f"{one.id} (until {one.expires.isoformat()}: {one.reason})" for one in late)
        raise NotChecked(
            f"{WHERE}: expired: {told_ones}. The last release stands. Ask the province whether it still holds: then "
            "give the entry a later `expires`, else remove it."
        )


def as_table(entries: Sequence[Correction]) -> pa.Table:
    """Return the entries as the table that a release publishes, also when there are none."""
    rows = [
        {
            **one.full_key,
            "correction_id": one.id,
            "dataset": one.dataset,
            "field": one.column,
            "old_value": one.old,
            "new_value": one.new,
            "reason": one.reason,
            "source": one.source,
            "expires_on": one.expires.isoformat(),
        }
        for one in entries
    ]
    return pa.Table.from_pylist(rows, pa.schema([(name, pa.string()) for name in PUBLISHED]))


def _near(name: str, known: Sequence[str]) -> str:
    found = get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {found[0]!r}?" if found else f"; it is one of {', '.join(known)}"
