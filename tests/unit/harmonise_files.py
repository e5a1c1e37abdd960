"""Small deliveries for the tests of harmonising: read in this process, harmonised as Drenthe's."""

from pathlib import Path
from typing import Any

from kerndata.contracts.code_lists import province_of
from kerndata.harmonise import Harmonised, harmonise
from kerndata.read.formats import read_as
from kerndata.read.limits import Limits
from kerndata.sources import DeliverySpec, Source
from kerndata.sources.contact import Contact

LONG: dict[str, Any] = {
    "dataset": "indicators",
    "via": {"bucket": "*.csv"},
    "format": {"kind": "csv"},
    "columns": {
        "Indicator": "indicator",
        "Provincie": "region",
        "Jaar": "period",
        "Waarde": "value",
        "Eenheid": "unit",
    },
    "vocabulary": {"indicator": {"Vermogen wind": "H3.4", "Productie wind": "H3.5"}},
    "marks": {"status": {"*": "voorlopig"}, "missing": {"x": "geheim"}},
}
HEADER = "Indicator;Provincie;Jaar;Waarde;Eenheid\n"


def harmonised(tmp_path: Path, text: str, province: str = "Drenthe", **changes: Any) -> Harmonised:
    """A CSV as ``LONG`` says, with changes."""
    path = tmp_path / "levering.csv"
    path.write_text(text, encoding="utf-8")
    return run(path, DeliverySpec.model_validate(LONG | changes), province)


def run(path: Path, spec: DeliverySpec, province: str = "Drenthe") -> Harmonised:
    """Read and harmonise one file."""
    source = Source(province_of(province), Contact(team="Team", mail="a@b.example"), {"delivery": spec})
    return harmonise(read_as(path, spec.format, Limits()), spec, source, "S-1", path.name)


def found(result: Harmonised) -> list[tuple[int, str, str, str]]:
    """The findings on cells: observation, rule, column, value."""
    frame = result.cell_findings[["observation", "rule_id", "column", "value"]]
    return [tuple(row) for row in frame.itertuples(index=False)]  # type: ignore[misc]


def remarks(result: Harmonised) -> dict[str, dict[str, str | int]]:
    """What was repaired in the file as a whole, by rule."""
    return {one.rule_id: dict(one.facts) for one in result.remarks}
