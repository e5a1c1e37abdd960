"""Raw cells of an indicators delivery to the contract's shape."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import pyarrow as pa
import pyarrow.compute as pc

from kerndata.contracts.code_lists import indicators as indicator_list
from kerndata.harmonise.arrays import (
    TEXT,
    coded,
    first_of,
    fold,
    one_array,
    pairs,
    per_distinct,
    spread,
    stripped,
    where,
    without,
)
from kerndata.harmonise.findings import Findings
from kerndata.harmonise.notation import split_status
from kerndata.harmonise.numbers import NumberColumn, read_numbers
from kerndata.harmonise.periods import period
from kerndata.harmonise.products import products
from kerndata.harmonise.regions import refuse_other_province, region_reader
from kerndata.harmonise.units import Conversion, conversion, multiply, name_of
from kerndata.harmonise.vocabulary import lookup, translate
from kerndata.model.province import Province
from kerndata.sources.schema import DeliverySpec

FIELDS = ("indicator", "region", "period", "category", "unit", "status")
STATUSES = ("definitief", "nader_voorlopig", "voorlopig", "schatting")


def harmonise_indicators(
    raw: pa.Table, spec: DeliverySpec, own: Province, findings: Findings
) -> dict[str, pa.Array]:  # fmt: skip
    """Return the contract's columns without provenance of the file; findings are added to ``findings``."""
    cells = {field: stripped(one_array(raw[field])) for field in FIELDS}
    text, native = one_array(raw["text"]), one_array(raw["native"])
    labels = _labels(cells, spec, own, findings)
    numbers = read_numbers(text, native, spec.numbers, spec.marks)
    findings.add(numbers.rule, "value", text, numbers.expected)
    reason = _reasons(numbers, spec, findings, text)
    unit, written, value = _units(numbers, labels.indicator, cells["unit"], spec, findings)
    status = _statuses(cells["status"], numbers, labels.period_status, labels.period, spec, findings)
    return labels.columns | {
        "value": value, "unit": unit, "value_status": status, "missing_reason": reason, "original_value": text,
        "original_unit": written,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Labels:
    """What the rows are about; ``columns`` are those of the contract."""

    indicator: pa.Array
    period: pa.Array
    period_status: pa.Array
    columns: dict[str, pa.Array]


def _labels(cells: Mapping[str, pa.Array], spec: DeliverySpec, own: Province, findings: Findings) -> Labels:
    codes, words = indicator_list(), spec.vocabulary
    indicator = translate(
        cells["indicator"], lookup(words.indicator, codes), findings, "indicator_code", "H-INDICATOR-UNKNOWN",
        words.indicator or codes,
    )  # fmt: skip
    region = _regions(cells["region"], own, findings)
    bare, period_status = _periods(cells["period"], spec)
    when = translate(bare, period, findings, "period", "H-PERIOD-UNKNOWN")
    category = cells["category"]
    if "category" not in spec.columns.values():  # an empty cell of such a column may stand for the one above it
        category = _filled(category, "totaal")
    category = translate(
        category, lookup(words.category, ["totaal"]), findings, "category", "H-CATEGORY-UNKNOWN",
        [*words.category, "totaal"],
    )  # fmt: skip
    columns = {
        "indicator_code": indicator, "region_level": where(pc.is_valid(region), "provincie"), "region_code": region,
        "period": when, "category": category,
    }  # fmt: skip
    return Labels(indicator, when, period_status, columns)


def _regions(cells: pa.Array, own: Province, findings: Findings) -> pa.Array:
    region = translate(cells, region_reader(cells), findings, "region_code", "H-REGION-UNKNOWN")
    refuse_other_province(region, own)
    other, rows = per_distinct(region, lambda code: None if code in (None, own.code) else "H-OTHER-PROVINCE")
    findings.add(spread(other, rows, region), "region_code", cells)
    return region


def _periods(cells: pa.Array, spec: DeliverySpec) -> tuple[pa.Array, pa.Array]:
    """Set the status mark behind a period apart (``2024*``)."""
    answers, rows = per_distinct(cells, lambda cell: (None, None) if cell is None else split_status(cell, spec.marks))
    return tuple(spread([answer[part] for answer in answers], rows, cells) for part in (0, 1))


def _filled(cells: pa.Array, text: str) -> pa.Array:
    answers, rows = per_distinct(cells, lambda cell: cell or text)
    return spread(answers, rows, cells)


def _reasons(numbers: NumberColumn, spec: DeliverySpec, findings: Findings, text: pa.Array) -> pa.Array:
    empty = numbers.empty
    if spec.marks.empty in (None, "absent"):
        findings.add(where(empty, "H-VALUE-EMPTY"), "value", text)
        return numbers.reason
    return first_of(where(empty, spec.marks.empty), numbers.reason)


def _units(
    numbers: NumberColumn, indicator: pa.Array, column: pa.Array, spec: DeliverySpec, findings: Findings
) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Return the contract's unit, the unit as written, and the values in the contract's unit."""
    units = {code: one.unit for code, one in indicator_list().items()}
    wanted, rows = per_distinct(indicator, lambda code: units[code] if code else None)
    unit = spread(wanted, rows, indicator)
    written = first_of(numbers.unit, column)
    conflict = differing(numbers.unit, column, spec.vocabulary.unit)
    findings.add(where(conflict, "H-UNIT-CONFLICT"), "unit", numbers.unit, column)
    idle = pc.or_(pc.is_null(unit), pc.and_(pc.is_null(written), pc.is_null(numbers.value)))
    both = without(pairs(unit, written, "\n"), pc.or_(idle, conflict))
    value = converted(numbers.value, both, written, "unit", spec.vocabulary.unit, findings)
    return unit, written, value


def differing(left: pa.Array, right: pa.Array, words: Mapping[str, str]) -> pa.Array:
    """Return where both columns name a unit, but not the same one; ``words``: what the source calls which unit."""
    if len(left) in (left.null_count, right.null_count):
        return pa.repeat(False, len(left))
    folded = {fold(text): unit for text, unit in words.items()}

    def name(text: str) -> str:
        unit = folded.get(fold(text), text)
        return name_of(unit) or fold(unit)

    both, rows = per_distinct(pairs(left, right, "\n"), lambda pair: (pair or "\n").split("\n"))
    told = [bool(one and other and name(one) != name(other)) for one, other in both]
    return pa.array(told, pa.bool_()).take(rows)


def converted(
    value: pa.Array, pairs: pa.Array, written: pa.Array, column: str, words: Mapping[str, str], findings: Findings
) -> pa.Array:
    """Convert values by pairs of wanted and written unit (joined by a line end); null where that breaks a rule."""
    folded = {" ".join(text.split()).casefold(): unit for text, unit in words.items()}

    def understand(pair: str | None) -> Conversion:
        wanted, _, given = (pair or "\n").partition("\n")
        return conversion(folded.get(" ".join(given.split()).casefold(), given), wanted) if wanted else Conversion(None)

    answers, rows = per_distinct(pairs, understand)
    rules = spread([answer.rule for answer in answers], rows, coded(pairs))
    findings.add(rules, column, written, spread([answer.expected for answer in answers], rows, rules))
    result = _multiplied(value, [answer.factor for answer in answers], rows)
    if result.null_count > value.null_count:
        told = pc.or_(pc.is_null(value), pc.or_(pc.is_valid(rules), pc.is_null(pairs)))
        lost = pc.and_(pc.is_null(result), pc.invert(told))
        findings.add(where(lost, "H-NUMBER-INVALID"), "value", value.cast(TEXT))
    return result


def _multiplied(value: pa.Array, factors: Sequence[Fraction | None], rows: pa.Array) -> pa.Array:
    """Return each value times its factor; null without one."""
    if set(factors) == {Fraction(1)}:
        return value
    quick = products(value, factors, rows)
    if quick is not None:
        return quick
    result = pa.nulls(len(value), value.type)
    for factor in {one for one in factors if one is not None}:
        chosen = pa.array([one == factor for one in factors], pa.bool_()).take(rows)
        result = pc.replace_with_mask(result, chosen, multiply(value.filter(chosen), factor))
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
    status = first_of(numbers.status, column, period_status, spread(answers, rows, when))
    missed = pc.and_(pc.is_valid(cells), pc.is_null(column))
    return without(coded(status), missed) if column.null_count > cells.null_count else status
