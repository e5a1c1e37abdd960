"""A file in the wrong place is told the nearest right one."""

import pytest

from kerndata.quality.astray import unknown_delivery
from kerndata.sources.registry import load_source


@pytest.mark.parametrize(
    ("slug", "name", "nearest"),
    [
        ("gelderland", "kerndataset_2024.csv", "drop/indicators/kerndataset_*.csv"),
        ("gelderland", "projects/kerndataset_2024.csv", "drop/indicators/kerndataset_*.csv"),
        ("gelderland", "Indicatoren/projecten_2024.csv", "drop/projects/projecten_*.csv"),
        ("gelderland", "indicators/kerndatset 2024.csv", "drop/indicators/kerndataset_*.csv"),
        ("gelderland", "indicators/KERNDATASET_2024.CSV", "drop/indicators/kerndataset_*.csv"),
        ("zeeland", "sjabloon_projects.xlsx", "drop/projects/sjabloon_projects*.xlsx"),
    ],
)
def test_the_nearest_pattern_is_named(slug: str, name: str, nearest: str) -> None:
    fault = unknown_delivery(load_source(slug), name)
    assert (fault.rule_id, fault.facts["nearest"], fault.facts["name"]) == ("F-UNKNOWN-DELIVERY", nearest, name)
    assert nearest in str(fault.facts["expected"])
