"""Raw rows of a projects delivery to the contract's shape."""

from collections.abc import Callable, Mapping
from dataclasses import fields

import pyarrow as pa
import pyarrow.compute as pc

from kerndata.harmonise.arrays import TEXT, per_distinct, stripped
from kerndata.harmonise.coordinates import places
from kerndata.harmonise.findings import Findings
from kerndata.harmonise.indicators import converted, differing
from kerndata.harmonise.numbers import NumberColumn, read_numbers
from kerndata.harmonise.periods import date_or_period
from kerndata.harmonise.regions import refuse_other_province, region_reader
from kerndata.harmonise.units import is_quantity
from kerndata.harmonise.vocabulary import lookup, translate
from kerndata.model.province import Province
from kerndata.model.sheet import MERGED
from kerndata.sources.schema import PROJECT_COLUMNS, DeliverySpec, Vocabulary

FIELDS = tuple(sorted(PROJECT_COLUMNS))
TEXTS = ("project_id", "name", "municipality_name", "municipality_code", "res_region", "initiator")
QUANTITIES = {
    "capacity_mw": "MW", "storage_mwh": "MWh", "expected_production_mwh_per_year": "MWh", "local_ownership_pct": "%",
}  # fmt: skip
DATES = ("phase_date", "granted_on", "permitted_on", "commissioned_on", "planned_commissioned_on", "reference_date")
SCHEMES = ("SDE++", "SCE", "geen")
TECHNOLOGIES = (
    "wind_op_land", "zon_dak", "zon_veld", "zon_water", "batterij", "warmte", "waterstof", "biogas", "net",
)  # fmt: skip
PHASES = tuple(str(phase) for phase in range(9))


def harmonise_projects(
    raw: pa.Table, spec: DeliverySpec, own: Province, findings: Findings, native: Callable[[str], pa.Array]
) -> dict[str, pa.Array]:
    """Return the contract's columns without provenance; ``native`` tells which cells of a column the file typed."""
    cells = {field: _known(stripped(raw[field].combine_chunks()), spec) for field in FIELDS}
    region = translate(cells["region"], region_reader(cells["region"]), findings, "province_code", "H-REGION-UNKNOWN")
    refuse_other_province(region, own)
    other = pc.if_else(pc.fill_null(pc.not_equal(region, own.code), False), "H-OTHER-PROVINCE", pa.scalar(None, TEXT))
    findings.add(other, "province_code", cells["region"])
    columns = {field: pc.replace_substring(cells[field], MERGED, "") for field in TEXTS}
    columns |= {"province_code": region} | _codes(cells, spec.vocabulary, findings)
    numbers = _numbers(cells, native, spec, findings)
    columns |= {name: _quantity(name, numbers[name], spec, findings) for name in QUANTITIES}
    columns["turbines"] = _count("turbines", cells["turbines"], numbers["turbines"], findings)
    for name in DATES:
        columns[name] = translate(cells[name], date_or_period, findings, name, "H-DATE-INVALID")
    return columns | places(cells, spec, findings, native)


def _codes(cells: Mapping[str, pa.Array], words: Vocabulary, findings: Findings) -> dict[str, pa.Array]:
    """Translate the columns that have a closed list."""
    technology = translate(
        cells["technology"], lookup(words.technology, TECHNOLOGIES), findings, "technology", "H-TECHNOLOGY-UNKNOWN",
        words.technology or TECHNOLOGIES,
    )  # fmt: skip
    phases = {text: str(phase) for text, phase in words.phase.items()}
    phase = translate(
        cells["phase"], lookup(phases, PHASES), findings, "phase", "H-PHASE-UNKNOWN", phases or PHASES
    ).cast(pa.int64())  # fmt: skip
    scheme = translate(
        cells["scheme"], lookup(words.scheme, SCHEMES), findings, "scheme", "H-SCHEME-UNKNOWN",
        (*words.scheme, *SCHEMES),
    )  # fmt: skip
    return {"technology": technology, "phase": phase, "scheme": scheme}


def _known(cells: pa.Array, spec: DeliverySpec) -> pa.Array:
    """Blank the cells that hold a mark for a missing value."""
    marks = pa.array([mark.strip() for mark in spec.marks.missing], TEXT)
    return pc.if_else(pc.is_in(cells, marks), pa.scalar(None, TEXT), cells)


def _numbers(
    cells: Mapping[str, pa.Array], native: Callable[[str], pa.Array], spec: DeliverySpec, findings: Findings
) -> dict[str, NumberColumn]:
    """Read all number columns as one: what one of them proves about the notation holds for the file."""
    names = (*QUANTITIES, "turbines")
    text, typed = (
        pa.concat_arrays(parts) for parts in zip(*((cells[name], native(name)) for name in names), strict=True)
    )
    together = read_numbers(text, typed, spec.numbers, spec.marks)
    size = len(text) // len(names)
    columns = {}
    for at, name in enumerate(names):
        parts = {one.name: getattr(together, one.name).slice(at * size, size) for one in fields(NumberColumn)}
        columns[name] = NumberColumn(**parts)
        findings.add(columns[name].rule, name, cells[name], columns[name].expected)
    return columns


def _quantity(name: str, numbers: NumberColumn, spec: DeliverySpec, findings: Findings) -> pa.Array:
    wanted = QUANTITIES[name]
    agreed = {str(column): unit for column, unit in spec.units.items()}.get(name)
    told = numbers.unit.cast(TEXT)
    conflict = differing(told, pa.array([agreed] * len(told), TEXT), spec.vocabulary.unit)
    findings.add(
        pc.if_else(conflict, "H-UNIT-CONFLICT", pa.scalar(None, TEXT)), name, told, pa.repeat(agreed, len(told))
    )
    written = pc.fill_null(told, agreed or wanted)
    pairs = pc.binary_join_element_wise(pa.scalar(wanted), written, "\n")
    pairs = pc.if_else(pc.or_(pc.is_null(numbers.value), conflict), pa.scalar(None, TEXT), pairs)
    return converted(numbers.value, pairs, written, name, spec.vocabulary.unit, findings)


def _count(name: str, cells: pa.Array, numbers: NumberColumn, findings: Findings) -> pa.Array:
    """Return whole numbers; a quantity (``12 MW``) is no count, whatever stands behind a count."""
    value = numbers.value
    whole = pc.fill_null(pc.equal(pc.floor(value), value), True)
    units, rows = per_distinct(numbers.unit, lambda unit: is_quantity(unit) if unit else False)
    whole = pc.and_not(whole, pa.array(units, pa.bool_()).take(rows))
    findings.add(pc.if_else(whole, pa.scalar(None, TEXT), "H-COUNT-INVALID"), name, cells)
    return pc.if_else(whole, value, pa.scalar(None, value.type)).cast(pa.decimal128(38, 0)).cast(pa.int64())
