"""What the measurements are made of: provinces that deliver one long CSV, as provinces write it.

Semicolons, decimal commas, Dutch names, a unit that is converted, a share of secret cells.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from kerndata.contracts.code_lists import Indicator, indicators
from kerndata.model.province import Province
from kerndata.sources.contact import Contact
from kerndata.sources.registry import Source
from kerndata.sources.schema import DeliverySpec

PERIODS = tuple(str(year) for year in range(2005, 2025))
SECRET_EVERY, REVISED_EVERY = 101, 89
REVISED = Decimal("1.01")
WRITTEN_UNITS = {"TJ": ("PJ", 1000)}  # their unit, and how many of ours it is


def advisory() -> list[Indicator]:
    """The indicators the rows are made of: sums without a hard bound."""
    return [one for one in indicators().values() if one.bound_kind == "advisory" and one.aggregation == "sum"]


def source(province: Province, rows: int) -> Source:
    """A province that delivers one long CSV with semicolons and decimal commas."""
    categories = rows // (len(advisory()) * len(PERIODS)) + 1
    spec = DeliverySpec.model_validate(
        {
            "dataset": "indicators",
            "via": {"bucket": "indicators/*.csv"},
            "format": {"kind": "csv", "delimiter": ";"},
            "columns": {
                "Onderwerp": "indicator",
                "Jaar": "period",
                "Sector": "category",
                "Waarde": "value",
                "Eenheid": "unit",
                "Status": "status",
            },
            "constants": {"region": province.code},
            "numbers": {"decimal": ","},
            "marks": {"missing": {"x": "geheim"}},
            "vocabulary": {
                "indicator": {one.name_nl: one.code for one in advisory()},
                "category": {f"sector {one}": f"s{one}" for one in range(categories)},
            },
        }
    )
    contact = Contact(team="Bench", mail=f"bench@{province.slug.replace('_', '-')}.example")
    return Source(province, contact, {"alles": spec})


def write_csv(path: Path, rows: int, *, is_revised: bool = False) -> None:
    """Write ``rows`` valid rows; every key (indicator, period, category) occurs once. Revised: some are 1 % higher."""
    with path.open("w", encoding="utf-8") as file:
        file.write("Onderwerp;Jaar;Sector;Waarde;Eenheid;Status\n")
        file.writelines(_lines(rows, is_revised=is_revised))


def _lines(rows: int, *, is_revised: bool) -> Iterator[str]:
    known = advisory()
    for number in range(rows):
        rest, which = divmod(number, len(known))
        category, period = divmod(rest, len(PERIODS))
        one = known[which]
        unit, size = WRITTEN_UNITS.get(one.unit, (one.unit, 1))
        value = (one.minimum + (one.maximum - one.minimum) * Decimal(number % 997) / 997) / size
        if is_revised and number % REVISED_EVERY == 0:
            value *= REVISED
        text = "x" if number % SECRET_EVERY == 0 else f"{value:.2f}".replace(".", ",")
        status = "voorlopig" if PERIODS[period] == PERIODS[-1] else "definitief"
        file_row = (one.name_nl, PERIODS[period], f"sector {category}", text, unit, status)
        yield ";".join(file_row) + "\n"
