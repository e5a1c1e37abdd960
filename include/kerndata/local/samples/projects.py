"""How each of the twelve provinces writes its wind farms: its own headers, units, notations and words.

Each function turns farms into the bytes of one file; a column is a header and how its cell is made from a farm.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import pyarrow as pa

from kerndata.local.samples.tables import Farm, dutch, plain
from kerndata.local.samples.writers import Cell, Worksheet, csv_bytes, json_bytes, parquet_bytes, xlsx_bytes

Column = Callable[[Farm], Cell]
THOUSAND = 1000


def _id(farm: Farm) -> Cell:
    return farm.project_id


def _name(farm: Farm) -> Cell:
    return farm.name


def _place(farm: Farm) -> Cell:
    return farm.municipality_name


def _turbines(farm: Farm) -> Cell:
    return farm.turbines


def _started(farm: Farm) -> Cell:
    return farm.commissioned_on


def _year(farm: Farm) -> Cell:
    return int(farm.commissioned_on) if farm.commissioned_on else None


def _seen(farm: Farm) -> Cell:
    return farm.reference_date


def _seen_dutch(farm: Farm) -> Cell:
    """The reference date as ``18-8-2017``."""
    moment = date.fromisoformat(farm.reference_date)
    return f"{moment.day}-{moment.month}-{moment.year}"


def _seen_date(farm: Farm) -> Cell:
    return date.fromisoformat(farm.reference_date)


def _always(text: Cell) -> Column:
    return lambda farm: text


def _mw(farm: Farm) -> Decimal | None:
    return farm.capacity_mw


def _kw(farm: Farm) -> Decimal | None:
    """Whole kilowatts; raises ``ValueError`` for a fraction of one, because nothing is rounded here."""
    value = farm.capacity_mw * THOUSAND
    if value != value.to_integral_value():
        raise ValueError(f"{farm.project_id}: {value} kW is not a whole number")
    return value.to_integral_value()


def _mwh(farm: Farm) -> Decimal | None:
    return farm.expected_production_mwh_per_year


def _gwh(farm: Farm) -> Decimal | None:
    value = farm.expected_production_mwh_per_year
    return None if value is None else value / THOUSAND


def _lon(farm: Farm) -> Decimal | None:
    return farm.lon


def _lat(farm: Farm) -> Decimal | None:
    return farm.lat


Number = Callable[[Farm], Decimal | None]


def _comma(number: Number) -> Column:
    return lambda farm: dutch(number(farm))


def _dotted(number: Number) -> Column:
    return lambda farm: dutch(number(farm), thousands=".")


def _point(number: Number) -> Column:
    return lambda farm: plain(number(farm))


def _with_unit(number: Number, unit: str) -> Column:
    return lambda farm: f"{dutch(number(farm))} {unit}"


def _typed(number: Number) -> Column:
    """A number cell: whole where it is whole, else the nearest double, which gives the same decimals back."""

    def cell(farm: Farm) -> Cell:
        value = number(farm)
        if value is None:
            return None
        return int(value) if value == value.to_integral_value() else float(value)

    return cell


def _rows(columns: Mapping[str, Column], farms: Sequence[Farm]) -> list[list[Cell]]:
    return [list(columns), *([column(farm) for column in columns.values()] for farm in farms)]


def _records(columns: Mapping[str, Column], farms: Sequence[Farm]) -> list[dict[str, Cell]]:
    return [{head: column(farm) for head, column in columns.items()} for farm in farms]


def groningen(farms: Sequence[Farm]) -> bytes:
    """CSV, decimal comma, dates as d-m-jjjj, coordinates; the whole province is one RES region."""
    columns: dict[str, Column] = {
        "Projectnummer": _id, "Naam": _name, "Techniek": _always("Wind op land"), "Provincie": _always("Groningen"),
        "Gemeente": _place, "RES-regio": _always("Groningen"), "Vermogen (MW)": _comma(_mw),
        "Aantal turbines": _turbines, "Productie (MWh/jaar)": _comma(_mwh), "Fase": _always("Gerealiseerd"),
        "Fase sinds": _started, "In bedrijf sinds": _started, "Peildatum": _seen_dutch,
        "Lengtegraad": _comma(_lon), "Breedtegraad": _comma(_lat),
    }  # fmt: skip
    return csv_bytes(_rows(columns, farms), encoding="utf-8-sig")


def fryslan(farms: Sequence[Farm]) -> bytes:
    """Windows-1252 CSV with thousands dots, capacity in kW."""
    columns: dict[str, Column] = {
        "Nr": _id, "Windpark": _name, "Soort": _always("wind"), "Stand": _always("draait"), "Gemeente": _place,
        "Vermogen in kW": _dotted(_kw), "Turbines": _turbines, "Opbrengst in MWh": _dotted(_mwh),
        "Bouwjaar": _started, "NB": _comma(_lat), "OL": _comma(_lon),
    }  # fmt: skip
    return csv_bytes(_rows(columns, farms), encoding="windows-1252")


def drenthe(farms: Sequence[Farm]) -> bytes:
    """Workbook with typed numbers and a real date."""
    columns: dict[str, Column] = {
        "ID": _id, "Naam windpark": _name, "Techniek": _always("Wind op land"), "Gemeente": _place, "MW": _typed(_mw),
        "Turbines": _turbines, "MWh per jaar": _typed(_mwh), "Ingebruikname": _year, "Fase": _always("6 gerealiseerd"),
        "Peildatum": _seen_date,
    }  # fmt: skip
    return xlsx_bytes(Worksheet("Windparken", _rows(columns, farms)))


def overijssel(farms: Sequence[Farm]) -> bytes:
    """Tab separated, production in GWh."""
    columns: dict[str, Column] = {
        "id": _id, "naam": _name, "type": _always("WOL"), "gemeente": _place, "vermogen_mw": _comma(_mw),
        "turbines": _turbines, "productie_gwh": _comma(_gwh), "jaar": _started, "fase": _always("6"),
        "peildatum": _seen,
    }  # fmt: skip
    return csv_bytes(_rows(columns, farms), delimiter="\t")


def flevoland(farms: Sequence[Farm]) -> bytes:
    """JSON records from the API; a key without a value is null."""
    columns: dict[str, Column] = {
        "id": _id, "naam": _name, "soort": _always("windpark"), "gemeente": _place, "vermogen_mw": _typed(_mw),
        "turbines": _turbines, "productie_mwh": _typed(_mwh), "fase": _always(6), "ingebruikname": _started,
        "peildatum": _seen, "lengtegraad": _typed(_lon), "breedtegraad": _typed(_lat),
    }  # fmt: skip
    return json_bytes({"projecten": _records(columns, farms)})


def gelderland(farms: Sequence[Farm]) -> bytes:
    """CSV with the unit in the cell."""
    columns: dict[str, Column] = {
        "Projectcode": _id, "Project": _name, "Soort": _always("Windpark"), "Gemeente": _place,
        "Vermogen": _with_unit(_mw, "MW"), "Turbines": _turbines, "Jaaropbrengst": _with_unit(_gwh, "GWh"),
        "Stand van zaken": _always("In bedrijf"), "Start": _started, "Peildatum": _seen_dutch, "Lon": _comma(_lon),
        "Lat": _comma(_lat),
    }  # fmt: skip
    return csv_bytes(_rows(columns, farms))


def utrecht(farms: Sequence[Farm]) -> bytes:
    """Comma separated with decimal point."""
    columns: dict[str, Column] = {
        "id": _id, "naam": _name, "soort": _always("windenergie"), "gemeente": _place, "vermogen_mw": _point(_mw),
        "turbines": _turbines, "productie_mwh": _point(_mwh), "fase": _always("gerealiseerd"), "jaar": _started,
        "lon": _point(_lon), "lat": _point(_lat),
    }  # fmt: skip
    return csv_bytes(_rows(columns, farms), delimiter=",")


def noord_holland(farms: Sequence[Farm]) -> bytes:
    """Workbook with a title row, a blank one, a note below the table, and production in GWh."""
    columns: dict[str, Column] = {
        "Projectnr.": _id, "Naam": _name, "Techniek": _always("Wind"), "Gemeente": _place, "Vermogen (MW)": _typed(_mw),
        "Aantal": _turbines, "Productie (GWh)": _typed(_gwh), "Jaar": _year, "Status": _always("In exploitatie"),
        "Lengte": _typed(_lon), "Breedte": _typed(_lat),
    }  # fmt: skip
    title: list[list[Cell]] = [["Windparken in Noord-Holland, stand 18 augustus 2017"], []]
    note: list[Cell] = ["Bron: Global Power Plant Database (CC BY 4.0)"]
    return xlsx_bytes(Worksheet("Overzicht", [*title, *_rows(columns, farms), note]))


def zuid_holland(farms: Sequence[Farm]) -> bytes:
    """Parquet with typed columns, nulls where nothing is known."""
    columns: dict[str, tuple[pa.DataType, Callable[[Farm], object]]] = {
        "project_id": (pa.string(), _id), "naam": (pa.string(), _name),
        "techniek": (pa.string(), _always("wind_op_land")), "gemeente": (pa.string(), _place),
        "vermogen_mw": (pa.decimal128(9, 3), _mw), "turbines": (pa.int32(), _turbines),
        "productie_mwh": (pa.decimal128(12, 1), _mwh), "fase": (pa.int8(), _always(6)), "jaar": (pa.int32(), _year),
        "peildatum": (pa.date32(), _seen_date), "lon": (pa.float64(), _typed(_lon)),
        "lat": (pa.float64(), _typed(_lat)),
    }  # fmt: skip
    return parquet_bytes(
        pa.table({head: pa.array([cell(farm) for farm in farms], kind) for head, (kind, cell) in columns.items()})
    )


def zeeland(farms: Sequence[Farm]) -> bytes:
    """CSV from the API, capacity in kW, decimal point, the region code padded to six characters."""
    columns: dict[str, Column] = {
        "id": _id, "naam": _name, "regio": _always("PV29  "), "soort": _always("wind_op_land"), "gemeente": _place,
        "vermogen_kw": _point(_kw), "turbines": _turbines, "productie_mwh": _point(_mwh), "fase": _always("6"),
        "jaar": _started, "lon": _point(_lon), "lat": _point(_lat),
    }  # fmt: skip
    return csv_bytes(_rows(columns, farms), delimiter=",")


def noord_brabant(farms: Sequence[Farm]) -> bytes:
    """Workbook, capacity in kW, a title row over merged cells."""
    columns: dict[str, Column] = {
        "Code": _id, "Project": _name, "Techniek": _always("Windpark"), "Gemeente": _place,
        "Vermogen [kW]": _typed(_kw), "Turbines": _turbines, "Productie [MWh]": _typed(_mwh), "In gebruik": _year,
        "Fase": _always("Gerealiseerd"), "X": _typed(_lon), "Y": _typed(_lat),
    }  # fmt: skip
    return xlsx_bytes(Worksheet("Wind", [["Projecten wind op land"], *_rows(columns, farms)], ("A1:K1",)))


def limburg(farms: Sequence[Farm]) -> bytes:
    """CSV with a title row; the province's own words for technique and phase."""
    columns: dict[str, Column] = {
        "Projectnaam": _name, "Nummer": _id, "Opwek": _always("Windenergie"), "Gemeente": _place,
        "Vermogen MW": _comma(_mw), "Molens": _turbines, "MWh per jaar": _comma(_mwh), "Fase": _always("Operationeel"),
        "Jaar": _started,
    }  # fmt: skip
    title: list[Cell] = ["Projectenlijst hernieuwbaar op land", *[""] * (len(columns) - 1)]
    return csv_bytes([title, *_rows(columns, farms)])
