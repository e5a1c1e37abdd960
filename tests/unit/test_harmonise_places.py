"""Places: degrees and RD told apart by their numbers, swapped back where only that is in the Netherlands."""

from math import cos, hypot, radians
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from kerndata.harmonise.coordinates import places
from kerndata.harmonise.findings import Findings
from kerndata.sources import DeliverySpec

SPEC: dict[str, Any] = {
    "dataset": "projects",
    "via": {"bucket": "*"},
    "format": {"kind": "csv"},
    "numbers": {"decimal": ",", "thousands": "."},
    "columns": {"nr": "project_id", "naam": "name", "soort": "technology", "fase": "phase"},
    "constants": {"region": "PV22"},
}
DEGREES, RD = {"a": "lon", "b": "lat"}, {"a": "x_rd", "b": "y_rd"}
HERE = (5.38720, 52.15517)


def spec(agreed: dict[str, str]) -> DeliverySpec:
    return DeliverySpec.model_validate(SPEC | {"columns": SPEC["columns"] | agreed})


def read(first: str | None, second: str | None, agreed: dict[str, str]) -> tuple[Any, Any, list[str]]:
    findings = Findings(1)
    cells = {
        target: pa.array([text], pa.string()) for target, text in zip(agreed.values(), (first, second), strict=True)
    }
    got = places(cells, spec(agreed), findings, lambda name: pa.array([False]))
    return got["lon"][0].as_py(), got["lat"][0].as_py(), sorted(findings.frame()["rule_id"].tolist())


@pytest.mark.parametrize(
    ("x", "y", "lon", "lat"),
    [
        ("155000", "463000", 5.38720621, 52.15517440),  # Amersfoort, tower of Our Lady: the origin of RD (Kadaster)
        ("120700,723", "487525,501", 4.88352559, 52.37453253),  # Amsterdam, Westertoren
    ],
)
def test_rd_is_converted_to_within_a_metre_of_known_points(x: str, y: str, lon: float, lat: float) -> None:
    got_lon, got_lat, rules = read(x, y, RD)
    east, north = (got_lon - lon) * 111_320 * cos(radians(lat)), (got_lat - lat) * 111_250
    assert hypot(east, north) < 1
    assert rules == []


@pytest.mark.parametrize(
    ("first", "second", "agreed", "rules"),
    [
        ("5,38720", "52.15517", DEGREES, []),
        ("52,15517", "5,38720", DEGREES, ["H-LATLON-SWAPPED"]),
        ("155000", "463000", DEGREES, ["H-RD-CONVERTED"]),
        ("155.000", "463.000", DEGREES, ["H-RD-CONVERTED"]),
        ("155,0", "463,0", DEGREES, ["H-RD-CONVERTED"]),
        ("463000", "155000", DEGREES, ["H-LATLON-SWAPPED", "H-RD-CONVERTED"]),
        ("155000", "463000", RD, []),
        ("155.000,00", "463.000,00", RD, []),
        ("463000", "155000", RD, ["H-LATLON-SWAPPED"]),
        ("155", "463", RD, ["H-RD-CONVERTED"]),
        ("5,38720", "52,15517", RD, ["H-RD-CONVERTED"]),
    ],
)
def test_a_place_tells_itself_what_it_is(first: str, second: str, agreed: dict[str, str], rules: list[str]) -> None:
    lon, lat, found = read(first, second, agreed)
    assert (round(lon, 5), round(lat, 5)) == HERE
    assert found == rules


@pytest.mark.parametrize(
    ("first", "second", "agreed"),
    [("599682", "6825203", DEGREES), ("1", "2", RD), ("155000", None, RD), ("0", "0", RD), ("700000", "463000", RD)],
)
def test_what_is_no_place_in_the_netherlands_is_refused(first: str, second: str | None, agreed: dict[str, str]) -> None:
    assert read(first, second, agreed) == (None, None, ["H-COORDINATE-OUTSIDE"])


def test_degrees_elsewhere_stay_as_written_for_the_contract_to_refuse() -> None:
    assert read("-73,9", "40,7", DEGREES) == (-73.9, 40.7, [])
    assert read("5,4", None, DEGREES) == (5.4, None, [])
    assert read(None, None, DEGREES) == (None, None, [])


def test_what_is_no_number_is_refused_by_itself() -> None:
    assert read("oost", "52,1", DEGREES)[2] == ["H-NUMBER-INVALID"]


@pytest.mark.parametrize("half", [{"a": "lon"}, {"a": "y_rd"}, DEGREES | {"c": "x_rd", "d": "y_rd"}])
def test_a_source_gives_a_place_whole_and_once(half: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="a place"):
        spec(half)
