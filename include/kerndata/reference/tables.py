"""Which tables hold the reference figures (``tables.yaml`` beside this module), read strictly."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Annotated

import yaml
from pydantic import Field, StringConstraints, ValidationError, field_validator

from kerndata.contracts.code_lists import indicators
from kerndata.errors import ConfigurationError
from kerndata.sources.base import Strict, Text
from kerndata.sources.places import told
from kerndata.sources.registry import StrictLoader
from kerndata.sources.via import AbsolutePath, Column, ODataVia

WHERE = "reference/tables.yaml"
DATA, PERIODS = "data", "periods"
ENTITIES: Mapping[str, str] = {DATA: "TypedDataSet", PERIODS: "Perioden"}
"""The two entity sets of a table: its figures, and what its period codes mean and how final they are."""

NEVER = "0 0 31 2 *"  # a pull is started by its own Dag; the schedule of a source does not count here


class TableSpec(Strict):
    """One table; ``measures`` are its columns by the indicator they hold."""

    source: Text
    path: AbsolutePath
    region: Column
    period: Column
    filter: Text | None = None
    tolerance: Annotated[Decimal, Field(ge=0)]
    measures: dict[Column, Text]

    @field_validator("measures")
    @classmethod
    def _known(cls, measures: dict[str, str]) -> dict[str, str]:
        strange = [code for code in measures.values() if code not in indicators()]
        if strange:
            raise ValueError(f"{', '.join(strange)}: no indicator (contracts/code_lists/indicators.csv)")
        return measures

    def via(self, entity: str, connection: str) -> ODataVia:
        """Return how an entity set is asked: only the columns that are read."""
        facts = {"connection": connection, "cron": NEVER, "version": 3, "odata": f"{self.path}/{ENTITIES[entity]}"}
        if entity == DATA:
            facts |= {"filter": self.filter, "select": (self.region, self.period, *self.measures)}
        return ODataVia.model_validate(facts)


class ReferenceSpec(Strict):
    """The whole file."""

    connection: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$")]
    tables: dict[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")], TableSpec]

    def parts(self) -> Iterator[tuple[str, TableSpec, str]]:
        """Yield every pull: its name (``cbs_wind/data``), its table, and which of the two entity sets it is."""
        for name, table in self.tables.items():
            for entity in ENTITIES:
                yield f"{name}/{entity}", table, entity


@cache
def reference_tables() -> ReferenceSpec:
    """Return our own tables; raises ``ConfigurationError`` with line, key and what was expected."""
    return read_tables(files(__package__).joinpath("tables.yaml").read_text(encoding="utf-8"))


def read_tables(text: str) -> ReferenceSpec:
    """Read such a file; raises ``ConfigurationError`` with line, key and what was expected of everything wrong."""
    try:
        return ReferenceSpec.model_validate(yaml.load(text, Loader=StrictLoader))  # noqa: S506 - a CSafeLoader
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{WHERE}: {error}") from error
    except ValidationError as error:
        problems = [(one["loc"], one["msg"].removeprefix("Value error, ")) for one in error.errors()]
        raise ConfigurationError(told(WHERE, text, problems)) from error
