"""Projects as a province could deliver them: random rows, written in a random way, with what must come back."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import strategies as st
from pyproj import Transformer
from tests.unit.roundtrip import DRAWN_DIALECTS, TYPED, Delivery, Dialect, fits, number_text
from tests.unit.roundtrip_files import file_of

from kerndata.harmonise.coordinates import PIPELINE

COLUMNS = {
    "Nummer": "project_id", "Naam": "name", "Techniek": "technology", "Fase": "phase", "Vermogen": "capacity_mw",
    "Productie": "expected_production_mwh_per_year", "Turbines": "turbines", "In gebruik": "commissioned_on",
    "Eerste": "lon", "Tweede": "lat",
}  # fmt: skip
POWER = {"kW": Decimal("1e-3"), "MW": Decimal(1), "GW": Decimal(1000), "W": Decimal("1e-6")}
ENERGY = {"kWh": Decimal("1e-3"), "MWh": Decimal(1), "GWh": Decimal(1000)}
TECHNOLOGIES = {"Windpark": "wind_op_land", "Zon (veld)": "zon_veld", "biogas": "biogas"}
PHASES = {"In exploitatie": 6, "Vergund": 3, "5": 5}
NAMES = ("Súdwest; fase 2", 'De "Hoeve"', "Zonnepark\nNoord", "Windpark 1.351", "-")
MONTHS = ("jan", "februari", "mrt", "april", "mei", "juni", "jul", "augustus", "sept", "okt", "november", "dec")
PLACES = ("degrees", "degrees with a comma", "swapped", "metres", "kilometres", "none")
DAY_FORMS = ("iso", "dutch", "named", "compact", "moment", "year", "quarter")
NUMBER = st.tuples(st.integers(0, 9_999_999), st.integers(0, 3)).map(lambda drawn: Decimal(drawn[0]).scaleb(-drawn[1]))
ROW = st.tuples(
    st.sampled_from(NAMES), st.sampled_from(sorted(TECHNOLOGIES)), st.sampled_from(sorted(PHASES)), NUMBER, NUMBER,
    st.integers(0, 2_000), st.dates(date(1990, 1, 1), date(2049, 12, 31)), st.sampled_from(DAY_FORMS),
    st.sampled_from(PLACES), st.integers(340_000, 719_999), st.integers(5_080_000, 5_349_999),
)  # fmt: skip
DEGREES = re.compile(r"\d{1,2}[.,]\d+")
ROWS = st.lists(ROW, min_size=1, max_size=4)


@st.composite
def projects(draw: st.DrawFn, formats: Sequence[str] = ("csv",)) -> Delivery:
    """Draw a projects delivery; its numbers may be in another notation than agreed, its places in another system."""
    kind, dialect, agreed = draw(st.sampled_from(formats)), draw(DRAWN_DIALECTS), draw(DRAWN_DIALECTS)
    power, energy = draw(st.sampled_from(sorted(POWER))), draw(st.sampled_from(sorted(ENERGY)))
    is_rd = draw(st.booleans())
    rows, expected = [], {}
    drawn = draw(ROWS)
    dialect = agreed if draw(st.booleans()) or _all_fit(drawn, dialect, agreed) else dialect
    for number, row in enumerate(drawn, 1):
        cells, values = _project(row, dialect, POWER[power], ENERGY[energy])
        rows.append([str(number), *cells])
        expected[(str(number),)] = values
    spec = _spec(agreed, power, energy, is_rd)
    if kind == "geojson":
        content, name, spec["format"] = geojson(rows), "projecten.geojson", {"kind": "geojson"}
        expected = {
            key: values if DEGREES.fullmatch(row[-1]) else (*values[:-2], None, None)
            for (key, values), row in zip(expected.items(), rows, strict=True)
        }
        spec["columns"] = {header: column for header, column in spec["columns"].items() if column not in PLACED}
        spec["columns"] |= {"lon": "lon", "lat": "lat"}
    else:
        content, name, spec["format"] = file_of(draw, kind, [list(COLUMNS), *rows], dialect == TYPED)
    return Delivery(content, spec, expected, name)


PLACED = ("lon", "lat", "x_rd", "y_rd")


def _all_fit(rows: Sequence[Any], dialect: Dialect, agreed: Dialect) -> bool:
    """Whether every number would fit the agreed notation, so that nothing tells it is another one."""
    numbers = [number for row in rows for number in (row[3], row[4], Decimal(row[5]))]
    return all(fits(number_text(number, dialect), agreed) for number in numbers)


def _project(
    row: tuple[Any, ...], dialect: Dialect, power: Decimal, energy: Decimal
) -> tuple[list[str], tuple[Any, ...]]:
    name, technology, phase, capacity, production, turbines, day, form, place, lon, lat = row
    written, meant = _day(day, form)
    first, second, where = _place(place, Decimal(lon).scaleb(-5), Decimal(lat).scaleb(-5), dialect)
    numbers = [number_text(one, dialect) for one in (capacity, production, Decimal(turbines))]
    cells = [name, technology, phase, *numbers, written, first, second]
    quantum = Decimal("1e-9")
    capacity_mw, production_mwh = (capacity * power).quantize(quantum), (production * energy).quantize(quantum)
    known_name = None if name == "-" else " ".join(name.split(" "))
    values = (known_name, TECHNOLOGIES[technology], PHASES[phase], capacity_mw, production_mwh, turbines, meant, *where)
    return cells, values


def _day(day: date, form: str) -> tuple[str, str]:
    """Return a day as written and as meant."""
    quarter = (day.month - 1) // 3 + 1
    written = {
        "iso": day.isoformat(), "dutch": f"{day.day}-{day.month}-{day.year}", "compact": f"{day:%Y%m%d}",
        "named": f"{day.day} {MONTHS[day.month - 1]} {day.year}", "moment": f"{day.isoformat()}T00:00:00",
        "year": str(day.year), "quarter": f"{quarter}e kw. {day.year}",
    }[form]  # fmt: skip
    meant = {"year": str(day.year), "quarter": f"{day.year}-Q{quarter}"}.get(form, day.isoformat())
    return written, meant


def _place(form: str, lon: Decimal, lat: Decimal, dialect: Dialect) -> tuple[str, str, tuple[float | None, ...]]:
    """Return a place as two written numbers and as meant."""
    if form == "none":
        return "", "", (None, None)
    meant = (float(lon), float(lat))
    if form in ("metres", "kilometres"):
        x, y = _to_rd().transform(*meant, direction="INVERSE")
        places = (Decimal(f"{x:.3f}"), Decimal(f"{y:.3f}"))
        scale = Decimal(1) if form == "metres" else Decimal("1e-3")
        first, second = (number_text((one * scale).normalize(), dialect) for one in places)
        return first, second, meant
    first, second = (str(lat), str(lon)) if form == "swapped" else (str(lon), str(lat))
    mark = "," if form == "degrees with a comma" else "."
    return first.replace(".", mark), second.replace(".", mark), meant


@cache
def _to_rd() -> Transformer:
    return Transformer.from_pipeline(PIPELINE)


def _spec(agreed: Dialect, power: str, energy: str, is_rd: bool) -> dict[str, Any]:
    rd: Mapping[str, str] = {"lon": "x_rd", "lat": "y_rd"} if is_rd else {}
    return {
        "dataset": "projects",
        "via": {"bucket": "*"},
        "numbers": {"decimal": agreed[0], "thousands": agreed[1]},
        "columns": {header: rd.get(column, column) for header, column in COLUMNS.items()},
        "constants": {"region": "PV22"},
        "units": {"capacity_mw": power, "expected_production_mwh_per_year": energy},
        "vocabulary": {"technology": TECHNOLOGIES, "phase": PHASES},
        "marks": {"missing": {"-": "onbekend"}},
    }


def geojson(rows: Sequence[Sequence[str]]) -> bytes:
    """Features with a point where the place is in degrees, without geometry otherwise; all properties are text."""
    features = []
    for *cells, first, second in rows:
        place = [float(one.replace(",", ".")) for one in (first, second) if DEGREES.fullmatch(one)]
        geometry = {"type": "Point", "coordinates": place} if len(place) == 2 else None
        told = dict(zip(COLUMNS, cells, strict=False))
        features.append({"type": "Feature", "properties": told, "geometry": geometry})
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()
