r"""What a source YAML may say: one province, its contact, and how each of its deliveries is written.

One file per province, ``sources/<slug>.yaml``. Every key, with the values one province could use::

    province: PV27                    # CBS code
    contact:
      team: Datateam Energie        # a team, never a person
      mail: energiedata@noord-holland.example
      receipts_by_mail: on_problem  # always | on_problem | never
    refuse_threshold_pct: 10          # optional; over this share of refused rows the whole file goes back
    deliveries:
      wind:                           # the delivery's name: free, lower case, shown in receipts
        dataset: indicators           # indicators | projects
        via: {bucket: "indicators/wind_*.csv"}           # glob below drop/ (a * does not cross a /)
        # via: {connection: kerndata_province_api, path: /flevoland/wind.json, cron: "15 6 * * *"}  # Europe/Amsterdam
        # Paged, with format zip (members "page-*.json"); watermark: only what changed since the last pull (optional).
        # via: {connection: c, odata: /odata/Projecten, cron: "15 6 * * *", watermark: Gewijzigd}   # pages: nextLink
        # via: {connection: c, odata: /odata/v3/Set, version: 3, page_size: 1000, order_by: ID, select: [ID, Naam],
        #       filter: "Provincie eq 'PV27'", count: true, cron: "15 6 * * *"}                # pages: $top and $skip
        # via: {connection: c, ogc: /ogc/collections/parken, page_size: 500, watermark: gewijzigd, cron: "15 6 * * *"}
        # via: {connection: c, arcgis: /rest/services/Energie/FeatureServer/0, where: "FASE > 1", watermark: EditDate,
        #       cron: "15 6 * * *", answer: json}      # answer: geojson (default) | json
        format: {kind: csv, delimiter: ";", encoding: windows-1252}
        # format: {kind: csv, delimiter: tab}            # TSV
        # format: {kind: xlsx, sheets: [Wind, Zon]}      # or xls, ods; no sheets: every visible sheet
        # format: {kind: zip, members: "*.csv", inner: {kind: csv, delimiter: ","}}
        # format: {kind: parquet}
        # format: {kind: json, records: data.items}      # dotted path to the array; or lines: true (JSON Lines)
        # format: {kind: geojson, crs: "EPSG:28992"}     # when the file does not say so; columns x, y, else lon, lat
        numbers: {decimal: ",", thousands: ".", unit_suffix: true}   # text cells; unit_suffix: "1.234,5 MW"
        layout:
          title_rows: 1               # rows above the header (blank ones count); they are counted apart
          header_rows: 2              # joined with " / " after merged cells are filled to the right
          values: '^(?P<indicator>.+) / (?P<period>\d{4}\*{0,2})$'   # wide: headers of value columns; groups indicator,
                                      # period, unit, category. Leave out for a long file (one column mapped to value).
          # sheet_name: '(?P<category>dak|veld)'         # groups taken from the sheet name
          # file_name: '_(?P<period>\d{4})\.csv$'      # groups taken from the zip member, else the file name
          # notes: '^Eenheid: (?P<unit>.+)$'             # groups taken from title rows and rows around the table
          footers: ['^Bron', '^\* ']                    # first filled cell of footer rows (optional)
        columns:                      # their header -> ours; an alias is one more line to the same column
          Provincie: region
          Prov.: region
          Eenheid: unit
        ignored_columns: [Opmerking]  # every other header nobody mapped is reported on the receipt
        constants: {category: totaal} # whole file: indicator, region, period, category, unit, status, reference_date
        vocabulary:                   # their text -> ours, per column; our own codes are always understood
          indicator: {Opgesteld vermogen: H3.4, Aantal turbines: H3.3}
          unit: {milj. kWh: mln kWh}
          technology: {Windenergie: wind_op_land}        # projects
          phase: {In exploitatie: 6}                     # projects
          scheme: {SDE plus plus: SDE++, nee: geen}      # projects
        units: {capacity_mw: kW}      # projects: the unit they write a column in (default: the unit in its name)
        marks:
          status: {"*": voorlopig, "**": nader_voorlopig}        # behind a value or a period
          missing: {x: geheim, ".": onbekend, "-": niet_van_toepassing}
          empty: absent               # an empty value cell: absent (no observation) | a missing reason; else refused
        default_status: definitief    # without a mark
        status_by_period: {2024: voorlopig}              # without a mark, for these periods
        supersedes: rows              # a newer file replaces: rows (of the same key) | whole (the older file)
        cadence: yearly               # yearly | half_yearly | quarterly | monthly
        expected_periods: [2019, 2020, 2021, 2022, 2023, 2024]
        due_days: 180                 # from a period's end; default by cadence: 180, 90, 60, 30 (sources/expected.py)

Targets of ``columns`` for indicators: indicator, region, period, category, value, unit, status.
For projects: project_id, name, technology, region, municipality_name, municipality_code, res_region, initiator,
capacity_mw, turbines, storage_mwh, expected_production_mwh_per_year, phase, phase_date, granted_on, permitted_on,
commissioned_on, planned_commissioned_on, reference_date, scheme, local_ownership_pct, and the place: lon and lat
(degrees, WGS 84), or x_rd and y_rd (metres, EPSG:28992).
Each of them comes from exactly one of columns, layout groups and constants. ``region`` may be a constant (PV27).
"""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from kerndata.sources.base import Strict, Text
from kerndata.sources.contact import Contact
from kerndata.sources.formats import FormatSpec
from kerndata.sources.layout import Layout, Marks, Numbers, ValueStatus, groups_of
from kerndata.sources.via import AnyVia, PagedVia, chosen

IndicatorColumn = Literal["indicator", "region", "period", "category", "value", "unit", "status"]
ProjectColumn = Literal[
    "project_id", "name", "technology", "region", "municipality_name", "municipality_code", "res_region", "initiator",
    "capacity_mw", "turbines", "storage_mwh", "expected_production_mwh_per_year", "phase", "phase_date", "granted_on",
    "permitted_on", "commissioned_on", "planned_commissioned_on", "reference_date", "scheme", "local_ownership_pct",
    "lon", "lat", "x_rd", "y_rd",
]  # fmt: skip
Technology = Literal[
    "wind_op_land", "zon_dak", "zon_veld", "zon_water", "batterij", "warmte", "waterstof", "biogas", "net"
]
Scheme = Literal["SDE++", "SCE", "geen"]
Quantity = Literal["capacity_mw", "storage_mwh", "expected_production_mwh_per_year", "local_ownership_pct"]
INDICATOR_COLUMNS: frozenset[str] = frozenset(IndicatorColumn.__args__)  # type: ignore[attr-defined]
PROJECT_COLUMNS: frozenset[str] = frozenset(ProjectColumn.__args__)  # type: ignore[attr-defined]
REQUIRED = {
    "indicators": frozenset({"indicator", "region", "period", "value"}),
    "projects": frozenset({"project_id", "name", "technology", "region", "phase"}),
}
Period = Annotated[str, StringConstraints(pattern=r"^\d{4}(-Q[1-4]|-H[12])?$")]


class Vocabulary(Strict):
    """Their text to ours, per column; compared without regard to case and surrounding space."""

    indicator: dict[str, str] = Field(default_factory=dict)
    category: dict[str, str] = Field(default_factory=dict)
    unit: dict[str, str] = Field(default_factory=dict)
    status: dict[str, ValueStatus] = Field(default_factory=dict)
    technology: dict[str, Technology] = Field(default_factory=dict)
    phase: dict[str, Annotated[int, Field(ge=0, le=8)]] = Field(default_factory=dict)
    scheme: dict[str, Scheme] = Field(default_factory=dict)


class DeliverySpec(Strict):
    """One delivery: where it comes from, how it is written, what its columns mean."""

    dataset: Literal["indicators", "projects"]
    via: AnyVia
    format: FormatSpec
    supersedes: Literal["rows", "whole"] = "rows"
    numbers: Numbers = Numbers()
    layout: Layout = Layout()
    columns: dict[str, Literal[IndicatorColumn, ProjectColumn]] = Field(default_factory=dict)
    ignored_columns: tuple[str, ...] = ()
    constants: dict[Literal["indicator", "region", "period", "category", "unit", "status", "reference_date"], Text] = (
        Field(default_factory=dict)
    )
    vocabulary: Vocabulary = Vocabulary()
    units: dict[Quantity, str] = Field(default_factory=dict)
    marks: Marks = Marks()
    default_status: ValueStatus = "definitief"
    status_by_period: dict[Period, ValueStatus] = Field(default_factory=dict)
    cadence: Literal["yearly", "half_yearly", "quarterly", "monthly"] = "yearly"
    expected_periods: tuple[Period, ...] = ()
    due_days: Annotated[int, Field(ge=0, le=1000)] | None = None
    refuse_threshold_pct: Annotated[float, Field(ge=0, le=100)] | None = None

    @field_validator("via", mode="before")
    @classmethod
    def _via(cls, given: object) -> object:
        """Choose the model by its telling key, so that the error names one of them and not both."""
        if isinstance(given, dict):
            return chosen(given).model_validate(given)
        return given

    @model_validator(mode="after")
    def _columns_fit(self) -> Self:
        problems = [*self._of_other_dataset(), *self._without_one_origin(), *self._pages_misread()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _of_other_dataset(self) -> Iterator[str]:
        allowed = INDICATOR_COLUMNS if self.dataset == "indicators" else PROJECT_COLUMNS
        for header, column in self.columns.items():
            if column not in allowed:
                yield f"columns: {header!r} goes to {column!r}, which {self.dataset} does not have"

    def _pages_misread(self) -> Iterator[str]:
        if isinstance(self.via, PagedVia):
            if self.format.kind != "zip":
                yield 'format: pages come as {kind: zip, members: "page-*.json", inner: {kind: json or geojson}}'
            if self.via.watermark and self.supersedes == "whole":
                yield "supersedes: whole does not go with via.watermark: a pull then holds only what changed"

    def _without_one_origin(self) -> Iterator[str]:
        names = [*set(self.columns.values()), *self.constants, *self.captured]
        for pair in (("lon", "lat"), ("x_rd", "y_rd")):
            if len({*pair}.intersection(names)) == 1:
                yield f"{' and '.join(pair)}: a place needs both"
        if {"lon", "x_rd"} <= {*names}:
            yield "lon and x_rd: give a place once, in degrees (lon, lat) or in RD metres (x_rd, y_rd)"
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            yield f"{', '.join(twice)}: given by more than one of columns, constants and layout groups"
        missing = sorted(REQUIRED[self.dataset] - set(names))
        if missing:
            yield f"{', '.join(missing)}: not given by columns, constants or layout groups"
        if self.dataset == "indicators" and "unit" not in names and not self.numbers.unit_suffix:
            yield "unit: give it by columns, constants, a layout group, or numbers.unit_suffix: true"

    @property
    def captured(self) -> tuple[str, ...]:
        """What the headers, the sheet name and the file name tell; a wide layout gives the value by its cells."""
        layout = self.layout
        found = [group for text in layout.patterns for group in groups_of(text)]
        return (*found, "value") if layout.values else tuple(found)


class SourceSpec(Strict):
    """The whole YAML of one province."""

    province: Annotated[str, StringConstraints(pattern=r"^PV\d\d$")]
    contact: Contact
    refuse_threshold_pct: Annotated[float, Field(ge=0, le=100)] | None = None
    deliveries: dict[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")], DeliverySpec]
