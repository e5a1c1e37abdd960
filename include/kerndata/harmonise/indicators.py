"""Raw cells of an indicators delivery to the contract's shape."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from kerndata.contracts.code_lists import indicators as indicator_list
from kerndata.harmonise.arrays import TEXT, per_distinct, stripped
from kerndata.harmonise.findings import Findings
from kerndata.harmonise.numbers import NumberColumn, read_numbers, split_status
from kerndata.harmonise.periods import period
from kerndata.harmonise.regions import refuse_other_province, region_code
from kerndata.harmonise.units import Conversion, conversion, multiply
from kerndata.harmonise.vocabulary import lookup, translate
from kerndata.model.province import Province
from kerndata.sources.schema import DeliverySpec

FIELDS = ("indicator", "region", "period", "category", "unit", "status")
STATUSES = ("definitief", "nader_voorlopig", "voorlopig", "schatting")


def harmonise_indicators(
    raw: pa.Table, spec: DeliverySpec, own: Province, findings: Findings
) -> dict[str, pa.Array]:  # fmt: skip
    """Return the contract's columns without provenance of the file; findings are added to ``findings``."""
    cells = {field: stripped(raw[field].combine_chunks()) for field in FIELDS}
    codes = indicator_list()
    words = spec.vocabulary
    indicator = translate(
        cells["indicator"], lookup(words.indicator, codes), findings, "indicator_code", "H-INDICATOR-UNKNOWN",
        words.indicator or codes,
    )  # fmt: skip
    region = translate(cells["region"], region_code, findings, "region_code", "H-REGION-UNKNOWN")
    refuse_other_province(region, own)
    other = pc.if_else(pc.fill_null(pc.not_equal(region, own.code), False), "H-OTHER-PROVINCE", pa.scalar(None, TEXT))
    findings.add(other, "region_code", cells["region"])
    bare, period_status = _periods(cells["period"], spec)
    when = translate(bare, period, findings, "period", "H-PERIOD-UNKNOWN")
    category = translate(
        pc.fill_null(cells["category"], "totaal"), lookup(words.category, ["totaal"]), findings, "category",
        "H-CATEGORY-UNKNOWN", [*words.category, "totaal"],
    )  # fmt: skip
    text = raw["text"].combine_chunks()
    numbers = read_numbers(text, raw["native"].combine_chunks(), spec.numbers, spec.marks)
    findings.add(numbers.rule, "value", text, numbers.expected)
    reason = _reasons(numbers, spec, findings, text)
    unit, written, value = _units(numbers, indicator, cells["unit"], spec, findings)
    return {
        "indicator_code": indicator,
        "region_level": pc.if_else(pc.is_valid(region), "provincie", pa.scalar(None, TEXT)),
        "region_code": region, "period": when, "category": category, "value": value, "unit": unit,
        "value_status": _statuses(cells["status"], numbers, period_status, when, spec, findings),
        "missing_reason": reason, "original_value": text, "original_unit": written,
    }  # fmt: skip


def _periods(cells: pa.Array, spec: DeliverySpec) -> tuple[pa.Array, pa.Array]:
    """Set the status mark behind a period apart (``2024*``)."""
    answers, rows = per_distinct(cells, lambda cell: (None, None) if cell is None else split_status(cell, spec.marks))
    return tuple(pa.array([answer[part] for answer in answers], TEXT).take(rows) for part in (0, 1))


def _reasons(numbers: NumberColumn, spec: DeliverySpec, findings: Findings, text: pa.Array) -> pa.Array:
    empty = numbers.empty
    if spec.marks.empty in (None, "absent"):
        findings.add(pc.if_else(empty, "H-VALUE-EMPTY", pa.scalar(None, TEXT)), "value", text)
        return numbers.reason
    return pc.if_else(empty, pa.scalar(spec.marks.empty, TEXT), numbers.reason)


def _units(
    numbers: NumberColumn, indicator: pa.Array, column: pa.Array, spec: DeliverySpec, findings: Findings
) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Return the contract's unit, the unit as written, and the values in the contract's unit."""
    units = {code: one.unit for code, one in indicator_list().items()}
    wanted, rows = per_distinct(indicator, lambda code: units[code] if code else None)
    unit = pa.array(wanted, TEXT).take(rows)
    written = pc.coalesce(numbers.unit, column)
    differs = pc.not_equal(pc.utf8_lower(numbers.unit), pc.utf8_lower(column))
    conflict = pc.fill_null(differs, False)
    findings.add(pc.if_else(conflict, "H-UNIT-CONFLICT", pa.scalar(None, TEXT)), "unit", numbers.unit, column)
    idle = pc.or_(pc.is_null(unit), pc.and_(pc.is_null(written), pc.is_null(numbers.value)))
    pairs = pc.binary_join_element_wise(unit, pc.fill_null(written, ""), "\n")
    pairs = pc.if_else(pc.or_(idle, conflict), pa.scalar(None, TEXT), pairs)
    value = converted(numbers.value, pairs, written, "unit", spec.vocabulary.unit, findings)
    return unit, written, value


def converted(
    value: pa.Array, pairs: pa.Array, written: pa.Array, column: str, words: Mapping[str, str], findings: Findings
) -> pa.Array:
    """Convert values by pairs of wanted and written unit (joined by a line end); null where that breaks a rule."""
    folded = {" ".join(text.split()).casefold(): unit for text, unit in words.items()}

    def understand(pair: str | None) -> Conversion:
        wanted, _, given = (pair or "\n").partition("\n")
        return conversion(folded.get(" ".join(given.split()).casefold(), given), wanted) if pair else Conversion(None)

    answers, rows = per_distinct(pairs, understand)
    rules = pa.array([answer.rule for answer in answers], TEXT).take(rows)
    findings.add(rules, column, written, pa.array([answer.expected for answer in answers], TEXT).take(rows))
    result = pa.nulls(len(value), value.type)
    for factor in {answer.factor for answer in answers if answer.factor is not None}:
        chosen = pa.array([answer.factor == factor for answer in answers], pa.bool_()).take(rows)
        result = pc.replace_with_mask(result, chosen, multiply(value.filter(chosen), factor))
    lost = pc.and_(pc.is_valid(value), pc.and_(pc.is_null(result), pc.and_(pc.is_null(rules), pc.is_valid(pairs))))
    findings.add(pc.if_else(lost, "H-NUMBER-INVALID", pa.scalar(None, TEXT)), "value", value.cast(TEXT))
    return result


def _statuses(
    cells: pa.Array, numbers: NumberColumn, period_status: pa.Array, when: pa.Array, spec: DeliverySpec,
    findings: Findings,
) -> pa.Array:  # fmt: skip
    """Return each value's status: its own mark, the status column, the period's mark, the period, the default."""
    known = lookup(spec.vocabulary.status, STATUSES)
    column = translate(
        cells, known, findings, "value_status", "H-STATUS-UNKNOWN", spec.vocabulary.status or STATUSES
    )  # fmt: skip
    answers, rows = per_distinct(when, lambda cell: spec.status_by_period.get(cell or "", spec.default_status))
    by_period = pc.coalesce(numbers.status, column, period_status, pa.array(answers, TEXT).take(rows))
    return pc.if_else(pc.and_(pc.is_valid(cells), pc.is_null(column)), pa.scalar(None, TEXT), by_period)
