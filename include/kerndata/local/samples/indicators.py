"""How each of the twelve provinces writes its indicators; one function per province, each a different way.

Conversions are exact: values are decimals and every factor is a power of ten. An absent figure (inverter capacity
before 2022) is an absent row, or an empty cell where the table forces one; a suppressed one carries the province's own
sign (``x``, ``.``).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pyarrow as pa

from kerndata.local.samples.tables import Figure, Grid, dutch, plain
from kerndata.local.samples.writers import (
    Cell,
    Worksheet,
    csv_bytes,
    json_bytes,
    parquet_bytes,
    xlsx_bytes,
    zip_bytes,
)

WIND = ("H3.3", "H3.4", "H3.5", "H3.6")
SOLAR = ("H3.7", "H3.8", "H3.9", "H3.10")
UNITS = {
    "H3.3": "aantal", "H3.4": "MW", "H3.5": "mln kWh", "H3.6": "mln kWh",
    "H3.7": "aantal", "H3.8": "kWp", "H3.9": "kW", "H3.10": "mln kWh",
}  # fmt: skip
NAMES = {
    "H3.3": "Windturbines op land", "H3.4": "Opgesteld vermogen wind op land", "H3.5": "Productie wind op land",
    "H3.6": "Productie wind op land, genormaliseerd", "H3.7": "Zonnestroominstallaties",
    "H3.8": "Opgesteld vermogen zonnepanelen", "H3.9": "Opgesteld vermogen omvormers", "H3.10": "Productie zonnestroom",
}  # fmt: skip
MILLION = 1_000_000


def _scaled(figure: Figure | None, factor: Decimal | int = 1) -> Decimal | None:
    return None if figure is None or figure.value is None else figure.value * factor


def _in(figures: Sequence[Figure], units: Mapping[str, tuple[str, Decimal | int]]) -> list[tuple[Figure, str, Decimal]]:
    """Every figure with a value, in the unit this province uses: (figure, unit, value in that unit)."""
    found = []
    for figure in figures:
        unit, factor = units.get(figure.indicator, (UNITS[figure.indicator], 1))
        value = _scaled(figure, factor)
        if value is not None:
            found.append((figure, unit, value))
    return found


def groningen(figures: Sequence[Figure]) -> bytes:
    """Long CSV with byte order mark, ``;`` and decimal comma; unit in a column, MWp beside kW."""
    units = {"H3.8": ("MWp", Decimal("0.001"))}
    rows: list[list[Cell]] = [["Indicator", "Provincie", "Jaar", "Waarde", "Eenheid", "Status"]]
    for figure, unit, value in _in(figures, units):
        status = "nader voorlopig" if figure.provisional else "definitief"
        rows.append([figure.indicator, "Groningen", figure.period, dutch(value), unit, status])
    return csv_bytes(rows, encoding="utf-8-sig")


def fryslan(figures: Sequence[Figure]) -> bytes:
    """Windows-1252 CSV with thousands dots; a row per year, unit in the header, "Friesland", ``**`` behind the year."""
    grid = Grid.of(figures)
    heads = {
        "H3.3": "Windturbines – aantal", "H3.4": "Windvermogen – MW", "H3.5": "Windproductie – mln kWh",
        "H3.6": "Windproductie genormaliseerd – mln kWh", "H3.7": "Zonne-installaties – aantal",
        "H3.8": "Paneelvermogen – kWp", "H3.9": "Omvormervermogen – kW", "H3.10": "Zonproductie – mln kWh",
    }  # fmt: skip
    rows: list[list[Cell]] = [["Regio", "Jaar", *heads.values()]]
    for period in grid.periods:
        found = [grid.get(code, period) for code in heads]
        mark = "**" if any(figure and figure.provisional for figure in found) else ""
        rows.append(["Friesland", period + mark, *(dutch(_scaled(figure), thousands=".") for figure in found)])
    rows.append(["Bron: CBS StatLine, bewerking provincie Fryslân. ** = nader voorlopig"])
    width = len(rows[0])
    return csv_bytes([[*row, *[""] * (width - len(row))] for row in rows], encoding="windows-1252")


def drenthe(figures: Sequence[Figure]) -> bytes:
    """Workbook with a title row and two header rows with merged cells; ``x`` for what may not be told."""
    grid = Grid.of(figures)
    heads = ("Turbines (aantal)", "Vermogen (MW)", "Productie (mln kWh)", "Productie genormaliseerd (mln kWh)",
             "Installaties (aantal)", "Panelen (kWp)", "Omvormers (kW)", "Productie (mln kWh)")  # fmt: skip
    rows: list[list[Cell]] = [
        ["Kerndataset energietransitie, provincie Drenthe"],
        ["Provincie", "Jaar", "Wind op land", None, None, None, "Zonnestroom", None, None, None],
        [None, None, *heads],
    ]
    for period in grid.periods:
        cells: list[Cell] = []
        for code in (*WIND, *SOLAR):
            figure = grid.get(code, period)
            suppressed = figure is not None and figure.missing_reason is not None
            cells.append("x" if suppressed else _typed(_scaled(figure)))
        rows.append(["Drenthe", int(period), *cells])
    rows.append(["x = geheim"])
    return xlsx_bytes(Worksheet("Kerncijfers", rows, ("A1:J1", "A2:A3", "B2:B3", "C2:F2", "G2:J2", "A10:J10")))


def overijssel(figures: Sequence[Figure]) -> bytes:
    """CSV with the years as columns; wind in kWh beside solar in mln kWh, ``**`` behind provisional values."""
    grid = Grid.of(figures)
    units: dict[str, tuple[str, int]] = {"H3.5": ("kWh", MILLION), "H3.6": ("kWh", MILLION)}
    rows: list[list[Cell]] = [["Gebied", "Onderwerp", "Eenheid", *grid.periods]]
    for code in (*WIND, *SOLAR):
        unit, factor = units.get(code, (UNITS[code], 1))
        cells = []
        for period in grid.periods:
            figure = grid.get(code, period)
            mark = "**" if figure and figure.provisional else ""
            cells.append(dutch(_scaled(figure, factor), thousands=".") + mark)
        rows.append(["Overijssel", NAMES[code], unit, *cells])
    return csv_bytes(rows)


def flevoland(figures: Sequence[Figure]) -> bytes:
    """JSON records from the province's API, numbers as numbers, the status as one letter."""
    keys = {
        "H3.3": "wind_turbines", "H3.4": "wind_vermogen", "H3.5": "wind_productie",
        "H3.6": "wind_productie_genormaliseerd", "H3.7": "zon_installaties", "H3.8": "zon_vermogen_panelen",
        "H3.9": "zon_vermogen_omvormers", "H3.10": "zon_productie",
    }  # fmt: skip
    records = [
        {"indicator": keys[figure.indicator], "provincie": "PV24", "jaar": int(figure.period), "waarde": _typed(value),
         "eenheid": unit, "status": "N" if figure.provisional else "D"}
        for figure, unit, value in _in(figures, {})
    ]  # fmt: skip
    return json_bytes({"titel": "Kerncijfers energie Flevoland", "data": {"cijfers": records}})


def gelderland(figures: Sequence[Figure]) -> bytes:
    """Long CSV with decimal comma, no thousands marks agreed; indicators by name, unit in a column, MW beside kWp."""
    rows: list[list[Cell]] = [["Provincie", "Indicator", "Jaar", "Waarde", "Eenheid", "Status"]]
    for figure, unit, value in _in(figures, {"H3.9": ("MW", Decimal("0.001"))}):
        status = "nader voorlopig" if figure.provisional else "definitief"
        name = NAMES[figure.indicator]
        rows.append(["Gelderland", name, figure.period, dutch(value), unit, status])
    return csv_bytes(rows)


def utrecht(figures: Sequence[Figure]) -> bytes:
    """A zip with wind.csv and zon.csv, comma separated; a row per year, unit in the header, no mark for 2024."""
    grid = Grid.of(figures)
    heads = {
        "H3.3": "turbines (aantal)", "H3.4": "vermogen (MW)", "H3.5": "productie (mln kWh)",
        "H3.6": "productie genormaliseerd (mln kWh)", "H3.7": "installaties (aantal)",
        "H3.8": "vermogen panelen (kWp)", "H3.9": "vermogen omvormers (kW)", "H3.10": "productie zon (mln kWh)",
    }  # fmt: skip
    members = {}
    for name, codes in (("wind.csv", WIND), ("zon.csv", SOLAR)):
        header: list[Cell] = ["provincie", "jaar", *(heads[code] for code in codes)]
        years = [["Utrecht", year, *(plain(_scaled(grid.get(code, year))) for code in codes)] for year in grid.periods]
        members[name] = csv_bytes([header, *years], delimiter=",")
    return zip_bytes(members)


def noord_holland(figures: Sequence[Figure]) -> bytes:
    """CSV with the years as columns and the unit in every cell (``1.234,567 MWp``), ``**`` behind the year."""
    grid = Grid.of(figures)
    thousandth = Decimal("0.001")
    units: dict[str, tuple[str, Decimal | int]] = {
        "H3.5": ("GWh", 1), "H3.6": ("GWh", 1), "H3.8": ("MWp", thousandth), "H3.9": ("MW", thousandth),
    }  # fmt: skip
    provisional = {figure.period for figure in figures if figure.provisional}
    marked = [period + ("**" if period in provisional else "") for period in grid.periods]
    rows: list[list[Cell]] = [["Regio", "Onderwerp", *marked]]
    for code in (*WIND, *SOLAR):
        unit, factor = units.get(code, (UNITS[code], 1))
        values = [_scaled(grid.get(code, period), factor) for period in grid.periods]
        cells = ["" if value is None else f"{dutch(value, thousands='.')} {unit}" for value in values]
        rows.append(["Noord-Holland", NAMES[code], *cells])
    return csv_bytes(rows)


def zuid_holland(figures: Sequence[Figure]) -> bytes:
    """Parquet with typed columns, as their own data platform exports it."""
    found = _in(figures, {})
    return parquet_bytes(
        pa.table(
            {
                "indicator": pa.array([figure.indicator for figure, _, _ in found], pa.string()),
                "regio": pa.array(["Zuid-Holland"] * len(found), pa.string()),
                "jaar": pa.array([int(figure.period) for figure, _, _ in found], pa.int32()),
                "waarde": pa.array([value for _, _, value in found], pa.decimal128(18, 3)),
                "eenheid": pa.array([unit for _, unit, _ in found], pa.string()),
                "status": pa.array([figure.status for figure, _, _ in found], pa.string()),
            }
        )
    )


def zeeland(figures: Sequence[Figure]) -> bytes:
    """CSV from the province's API: comma separated, decimal point, region code padded to six characters as CBS does."""
    rows: list[list[Cell]] = [["code", "regio", "periode", "waarde", "eenheid", "status"]]
    for figure, unit, value in _in(figures, {"H3.8": ("MWp", Decimal("0.001"))}):
        rows.append([figure.indicator, "PV29  ", figure.period, plain(value), unit, figure.status])
    return csv_bytes(rows, delimiter=",")


def noord_brabant(figures: Sequence[Figure]) -> bytes:
    """Workbook with two sheets, typed numbers; wind in kW beside inverters in MW, ``*`` behind the year."""
    grid = Grid.of(figures)
    heads: dict[str, tuple[str, Decimal | int]] = {
        "H3.3": ("Turbines [aantal]", 1), "H3.4": ("Windvermogen [kW]", 1000),
        "H3.5": ("Windproductie [mln kWh]", 1), "H3.6": ("Windproductie genormaliseerd [mln kWh]", 1),
        "H3.7": ("Installaties [aantal]", 1), "H3.8": ("Paneelvermogen [kWp]", 1),
        "H3.9": ("Omvormervermogen [MW]", Decimal("0.001")), "H3.10": ("Zonproductie [mln kWh]", 1),
    }  # fmt: skip
    sheets = []
    for name, codes in (("Wind", WIND), ("Zon", SOLAR)):
        rows: list[list[Cell]] = [["Provincie", "Jaar", *(heads[code][0] for code in codes)]]
        for period in grid.periods:
            found = [(grid.get(code, period), heads[code][1]) for code in codes]
            year: Cell = f"{period}*" if any(figure and figure.provisional for figure, _ in found) else int(period)
            rows.append(["Brabant", year, *(_typed(_scaled(figure, factor)) for figure, factor in found)])
        sheets.append(Worksheet(name, [*rows, ["* = nader voorlopig"]]))
    return xlsx_bytes(*sheets)


def limburg(figures: Sequence[Figure], region: str = "Limburg (NL)") -> bytes:
    """CSV with a title row, a row of units below the header, production in kWh; ``.`` for what is not known."""
    grid = Grid.of(figures)
    heads: tuple[tuple[str, str, str, int], ...] = (
        ("H3.3", "Windturbines", "aantal", 1), ("H3.4", "Windvermogen", "kW", 1000),
        ("H3.5", "Windproductie", "kWh", MILLION), ("H3.6", "Windproductie genormaliseerd", "kWh", MILLION),
        ("H3.7", "Zonnestroominstallaties", "aantal", 1), ("H3.8", "Vermogen zonnepanelen", "kWp", 1),
        ("H3.9", "Vermogen omvormers", "kW", 1), ("H3.10", "Zonproductie", "kWh", MILLION),
    )  # fmt: skip
    rows: list[list[Cell]] = [
        ["Energiecijfers provincie Limburg", *[""] * (len(heads) + 1)],
        ["Gebied", "Jaar", *(head for _, head, _, _ in heads)],
        ["", "", *(unit for _, _, unit, _ in heads)],
    ]
    for period in grid.periods:
        cells = []
        for code, _, _, factor in heads:
            figure = grid.get(code, period)
            mark = "**" if figure and figure.provisional else ""
            missing = figure is not None and figure.missing_reason is not None
            cells.append("." if missing else dutch(_scaled(figure, factor)) + mark)
        rows.append([region, period, *cells])
    return csv_bytes(rows)


def _typed(value: Decimal | None) -> Cell:
    """The number a spreadsheet or JSON holds: whole where it is whole, else the nearest double (three decimals)."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)
