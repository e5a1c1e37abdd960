"""Takes the figures the samples need from the public files into our own small tables; run by hand when CBS revises.

``python -m kerndata.local.samples.extract --cbs FOLDER --wri FILE`` writes ``figures.csv``, ``wind_farms.csv``; apart,
the national rows (NL01, PV99) in ``cbs_national.csv``, and in ``reference/`` as CBS's own OData service has them.
Sources and their licences: ``README.md`` in this folder. Rerunning on the same files gives the same bytes.
"""

import argparse
import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).parent
PERIODS = range(2019, 2025)
PROVINCES = tuple(f"PV{number}" for number in range(20, 32))
NATIONAL = ("NL01", "PV99")
WIND_TABLE = "70960ned_full_data.csv"
SOLAR_TABLE = "85005NED_full_data.csv"
SOLAR_TOTAL = "E007161"  # all sectors and power classes together
SERVED_SECTORS = (SOLAR_TOTAL, "E007037")  # one more than is asked for, as in the real table
WIND = {
    "OpgesteldeWindmolensEindeVanJaar_3": "H3.3",
    "OpgesteldVermogenEindeJaar_9": "H3.4",
    "NietGenormaliseerdeProductie_11": "H3.5",
    "GenormaliseerdeProductie_10": "H3.6",
}
SOLAR = {
    "Installaties_1": "H3.7",
    "OpgesteldVermogenVanZonnepanelen_2": "H3.8",
    "OpgesteldVermogenOmvormers_3": "H3.9",
    "ProductieVanZonnestroom_4": "H3.10",
}
# 85005NED: inverter capacity was added to the table from 2022 on; before, it is not a gap but no figure at all.
FIRST_YEAR = {"H3.9": 2022}
# CBS leaves suppressed cells empty (unknown, not reliable enough or secret); one province says which, one cannot.
SUPPRESSED = {"PV22": "geheim", "PV31": "onbekend"}
# CBS names the last full year "nader voorlopig" and all earlier ones "definitief" (85005NED, 18 November 2025).
PROVISIONAL = 2024
NETHERLANDS = (Decimal("3.2"), Decimal("7.3"), Decimal("50.7"), Decimal("53.6"))  # lon, lon, lat, lat
SNAPSHOT = "2017-08-18"  # the archived page that the WRI list was made from

FIGURE_COLUMNS = ("indicator_code", "province_code", "period", "value", "status", "missing_reason")
FARM_COLUMNS = (
    "project_id", "name", "province_code", "municipality_name", "capacity_mw", "turbines",
    "expected_production_mwh_per_year", "commissioned_on", "reference_date", "lon", "lat",
)  # fmt: skip


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def _figures(table: Iterable[dict[str, str]], measures: dict[str, str]) -> Iterator[tuple[str, ...]]:
    for row in table:
        region, year = row["RegioS"].strip(), int(row["Perioden"][:4])
        if region not in PROVINCES + NATIONAL or year not in PERIODS or not row["Perioden"].endswith("JJ00"):
            continue
        status = "nader_voorlopig" if year == PROVISIONAL else "definitief"
        for column, code in measures.items():
            if year < FIRST_YEAR.get(code, 0):
                continue
            value = row[column] and format(Decimal(row[column]).to_integral_value(), "f")
            yield code, region, str(year), value, status, "" if value else SUPPRESSED[region]


def figures(cbs: Path) -> list[tuple[str, ...]]:
    """The eight indicators of all regions, columns ``FIGURE_COLUMNS``, in the contract's units."""
    solar = [row for row in _rows(cbs / SOLAR_TABLE) if row["SectorEnVermogensklasse"].strip() == SOLAR_TOTAL]
    found = [*_figures(_rows(cbs / WIND_TABLE), WIND), *_figures(solar, SOLAR)]
    return sorted(found, key=lambda row: (row[1], int(row[0].partition(".")[2]), row[2]))


def _place(row: dict[str, str], at_sea: set[tuple[str, str]]) -> tuple[str, str]:
    """Longitude and latitude, or two empty texts: outside the country, or those of a wind farm at sea."""
    lon, lat = row["Longitude"], row["Latitude"]
    if not lon or (lon, lat) in at_sea:
        return "", ""
    west, east, south, north = NETHERLANDS
    return (lon, lat) if west <= Decimal(lon) <= east and south <= Decimal(lat) <= north else ("", "")


def _production(gigawatt_hours: str) -> str:
    """MWh per year; the list writes 0 where it does not know (farms of hundreds of GWh among them)."""
    value = Decimal(gigawatt_hours.replace(",", "") or "0") * 1000
    return format(value.normalize(), "f") if value else ""


def wind_farms(wri: Path) -> list[tuple[str, ...]]:
    """Wind farms on land that the curated table places in a province, columns ``FARM_COLUMNS``."""
    places = {row["listed"]: row for row in _rows(HERE / "municipalities.csv")}
    names = {row["project_id"]: row["name"] for row in _rows(HERE / "farm_names.csv")}
    listed = [row for row in _rows(wri) if row["Fuel"] == "Wind"]
    at_sea = {(row["Longitude"], row["Latitude"]) for row in listed if row["Location"] == "Offshore"}
    found = []
    for row in listed:
        place = places.get(row["Location"])
        if place is None or row["Name"] == "Geen windpark":
            continue
        project_id = f"WRI-{row['Power Plant ID']}"
        year = row["Commissioning Date"]
        found.append((
            project_id, names.get(project_id, row["Name"]), place["province_code"], place["municipality_name"],
            row["Capacity (MW)"], row["Units"], _production(row["Annual Generation (GWh)"]),
            year if year.isdigit() else "", SNAPSHOT, *_place(row, at_sea),
        ))  # fmt: skip
    return sorted(found, key=lambda row: (row[2], row[0]))


def reference_records(cbs: Path) -> dict[str, list[dict[str, object]]]:
    """Return the national records of both tables and their periods, by file, in the columns of CBS's service."""
    found: dict[str, list[dict[str, object]]] = {}
    for file, name in ((WIND_TABLE, "70960ned"), (SOLAR_TABLE, "85005NED")):
        rows = [row for row in _rows(cbs / file) if row["RegioS"].strip() in NATIONAL]
        rows = [row for row in rows if row.get("SectorEnVermogensklasse", SOLAR_TOTAL).strip() in SERVED_SECTORS]
        found[f"{name}/TypedDataSet"] = [{key: _typed(text) for key, text in row.items()} for row in rows]
        found[f"{name}/Perioden"] = [_period(key) for key in sorted({row["Perioden"] for row in rows})]
    return found


def _typed(text: str) -> object:
    return (float(text) if "." in text else int(text)) if text.replace(".", "", 1).isdigit() else text or None


def _period(key: str) -> dict[str, object]:
    """Return a period as CBS lists it; 2025 of the solar table is its first half (its notes of 18 November 2025)."""
    year = int(key[:4])
    title = f"{year} (t/m Q2)" if year > PROVISIONAL else str(year)
    return {"Key": key, "Title": title, "Status": "Definitief" if year < PROVISIONAL else "NaderVoorlopig"}


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the three tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cbs", type=Path, required=True, help=f"folder with {WIND_TABLE} and {SOLAR_TABLE}")
    parser.add_argument("--wri", type=Path, required=True, help="the Dutch part of the Global Power Plant Database")
    chosen = parser.parse_args(arguments)
    rows = figures(chosen.cbs)
    _write(HERE / "figures.csv", FIGURE_COLUMNS, [row for row in rows if row[1] in PROVINCES])
    national = [row[:5] for row in rows if row[1] in NATIONAL]
    _write(HERE / "cbs_national.csv", ("indicator_code", "region_code", "period", "value", "status"), national)
    _write(HERE / "wind_farms.csv", FARM_COLUMNS, wind_farms(chosen.wri))
    for name, records in reference_records(chosen.cbs).items():
        path = HERE / "reference" / "cbs" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(records, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
