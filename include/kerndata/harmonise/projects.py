"""Raw rows of a projects delivery to the contract's shape."""

import re
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from kerndata.harmonise.arrays import TEXT, per_distinct, stripped
from kerndata.harmonise.findings import Findings
from kerndata.harmonise.indicators import converted
from kerndata.harmonise.numbers import NumberColumn, read_numbers
from kerndata.harmonise.periods import date_or_period
from kerndata.harmonise.regions import refuse_other_province, region_code
from kerndata.harmonise.vocabulary import lookup, translate
from kerndata.model.province import Province
from kerndata.sources.schema import PROJECT_COLUMNS, DeliverySpec

FIELDS = tuple(sorted(PROJECT_COLUMNS))
TEXTS = ("project_id", "name", "municipality_name", "municipality_code", "initiator")
QUANTITIES = {"capacity_mw": "MW", "expected_production_mwh_per_year": "MWh"}
TECHNOLOGIES = (
    "wind_op_land", "zon_dak", "zon_veld", "zon_water", "batterij", "warmte", "waterstof", "biogas", "net",
)  # fmt: skip
PHASES = tuple(str(phase) for phase in range(9))
DEGREES = re.compile(r"[+-]?\d{1,3}(?:[.,]\d+)?")  # no thousands in degrees, so either decimal mark is clear


def harmonise_projects(
    raw: pa.Table, spec: DeliverySpec, own: Province, findings: Findings, native: Callable[[str], pa.Array]
) -> dict[str, pa.Array]:
    """Return the contract's columns without provenance; ``native`` tells which cells of a column the file typed."""
    cells = {field: _known(stripped(raw[field].combine_chunks()), spec) for field in FIELDS}
    region = translate(cells["region"], region_code, findings, "province_code", "H-REGION-UNKNOWN")
    refuse_other_province(region, own)
    other = pc.if_else(pc.fill_null(pc.not_equal(region, own.code), False), "H-OTHER-PROVINCE", pa.scalar(None, TEXT))
    findings.add(other, "province_code", cells["region"])
    words = spec.vocabulary
    technology = translate(
        cells["technology"], lookup(words.technology, TECHNOLOGIES), findings, "technology", "H-TECHNOLOGY-UNKNOWN",
        words.technology or TECHNOLOGIES,
    )  # fmt: skip
    phases = {text: str(phase) for text, phase in words.phase.items()}
    phase = translate(
        cells["phase"], lookup(phases, PHASES), findings, "phase", "H-PHASE-UNKNOWN", phases or PHASES
    ).cast(pa.int64())  # fmt: skip
    columns = {field: cells[field] for field in TEXTS}
    columns |= {"province_code": region, "technology": technology, "phase": phase}
    columns |= {name: _quantity(name, cells[name], native(name), spec, findings) for name in QUANTITIES}
    columns["turbines"] = _count("turbines", cells["turbines"], native("turbines"), spec, findings)
    for name in ("commissioned_on", "reference_date"):
        columns[name] = translate(cells[name], date_or_period, findings, name, "H-DATE-INVALID")
    for name in ("lon", "lat"):
        columns[name] = _degrees(name, cells[name], findings)
    return columns


def _known(cells: pa.Array, spec: DeliverySpec) -> pa.Array:
    """Blank the cells that hold a mark for a missing value."""
    marks = pa.array([mark.strip() for mark in spec.marks.missing], TEXT)
    return pc.if_else(pc.is_in(cells, marks), pa.scalar(None, TEXT), cells)


def _numbers(name: str, cells: pa.Array, native: pa.Array, spec: DeliverySpec, findings: Findings) -> NumberColumn:
    numbers = read_numbers(cells, native, spec.numbers, spec.marks)
    findings.add(numbers.rule, name, cells, numbers.expected)
    return numbers


def _quantity(name: str, cells: pa.Array, native: pa.Array, spec: DeliverySpec, findings: Findings) -> pa.Array:
    wanted = QUANTITIES[name]
    numbers = _numbers(name, cells, native, spec, findings)
    written = pc.fill_null(numbers.unit, dict(spec.units).get(name, wanted))  # type: ignore[call-overload]
    pairs = pc.binary_join_element_wise(pa.scalar(wanted), written, "\n")
    pairs = pc.if_else(pc.is_null(numbers.value), pa.scalar(None, TEXT), pairs)
    return converted(numbers.value, pairs, written, name, spec.vocabulary.unit, findings)


def _count(name: str, cells: pa.Array, native: pa.Array, spec: DeliverySpec, findings: Findings) -> pa.Array:
    value = _numbers(name, cells, native, spec, findings).value
    whole = pc.fill_null(pc.equal(pc.floor(value), value), True)
    findings.add(pc.if_else(whole, pa.scalar(None, TEXT), "H-COUNT-INVALID"), name, cells)
    return pc.if_else(whole, value, pa.scalar(None, value.type)).cast(pa.decimal128(38, 0)).cast(pa.int64())


def _degrees(name: str, cells: pa.Array, findings: Findings) -> pa.Array:
    answers, rows = per_distinct(cells, lambda cell: (cell, bool(cell and DEGREES.fullmatch(cell))))
    rules = ["H-NUMBER-INVALID" if cell is not None and not good else None for cell, good in answers]
    findings.add(pa.array(rules, TEXT).take(rows), name, cells)
    numbers = [float(cell.replace(",", ".")) if cell is not None and good else None for cell, good in answers]
    return pa.array(numbers, pa.float64()).take(rows)
