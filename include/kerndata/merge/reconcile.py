"""Hold the national sums against an independent national figure.

The reference comes in as data (for example CBS StatLine). ``not_allocable`` is the part that belongs to no province
(CBS: PV99, *niet in te delen*): the twelve must sum to the reference without it. What is then left is unexplained, and
shown. Where a province's value is secret the reference is not shown beside the rest: together they would tell it.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import pyarrow as pa

from kerndata.merge.engine import Connection
from kerndata.merge.tables import DECIMAL


class Agreement(StrEnum):
    """What became of one comparison."""

    AGREES = "agrees"
    DIFFERS = "differs"
    PARTIAL = "partial"  # provinces are missing: there is no total to compare
    ABSENT = "absent"  # the reference has a figure, the release has none
    ABSENT_IN_BOTH = "absent_in_both"
    UNEXPECTED = "unexpected"  # the release has a figure, the reference has none
    WITHHELD = "withheld"  # a province's value is secret, and the reference would tell it
    NO_REFERENCE = "no_reference"  # nothing to compare with: no table of ours has this indicator and period


@dataclass(frozen=True, slots=True)
class Reference:
    """One independent national figure, in the contract's unit; ``value`` None means that the source has none."""

    indicator_code: str
    period: str
    value: Decimal | None
    tolerance: Decimal
    not_allocable: Decimal = Decimal(0)
    category: str = "totaal"
    source: str = ""
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One comparison: ``difference`` is the release minus the reference less its not allocable part."""

    reference: Reference
    national: Decimal | None
    partial_value: Decimal | None
    coverage: str | None
    difference: Decimal | None
    agreement: Agreement


def reconcile(national: Path, references: Iterable[Reference]) -> tuple[Reconciliation, ...]:
    """Compare ``national.csv`` with reference figures, one result per reference, in their order."""
    with national.open(encoding="utf-8", newline="") as file:
        rows = {(row["indicator_code"], row["period"], row["category"]): row for row in csv.DictReader(file)}
    return tuple(_compare(one, rows.get((one.indicator_code, one.period, one.category))) for one in references)


def differing(path: Path) -> Iterator[Reconciliation]:
    """Yield the comparisons in a ``reconciliation.csv`` that are further apart than rounding explains."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["agreement"] == Agreement.DIFFERS:
                yield Reconciliation(
                    Reference(row["indicator_code"], row["period"], _number(row["reference_value"]),
                              Decimal(row["tolerance"]), category=row["category"]),
                    national=_number(row["national_value"]), partial_value=None, coverage=row["coverage"],
                    difference=_number(row["unexplained_value"]), agreement=Agreement.DIFFERS,
                )  # fmt: skip


def _compare(reference: Reference, row: dict[str, str] | None) -> Reconciliation:
    if row is None:
        agreement = Agreement.ABSENT_IN_BOTH if reference.value is None else Agreement.ABSENT
        return Reconciliation(reference, None, None, None, None, agreement)
    total, partial = _number(row["value"]), _number(row["partial_value"])
    difference = _difference(total, reference)
    return Reconciliation(
        reference, total, partial, row["coverage"], difference, _agreement(total, difference, reference)
    )


def _agreement(total: Decimal | None, difference: Decimal | None, reference: Reference) -> Agreement:
    if total is None:
        return Agreement.PARTIAL
    if difference is None:
        return Agreement.UNEXPECTED
    return Agreement.AGREES if abs(difference) <= reference.tolerance else Agreement.DIFFERS


def _difference(total: Decimal | None, reference: Reference) -> Decimal | None:
    if total is None or reference.value is None:
        return None
    return total - (reference.value - reference.not_allocable)


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


_NATIONAL = """
SELECT indicator_code, period, value, partial_value, coverage, value_status, provinces_missing FROM national
WHERE category = 'totaal' ORDER BY indicator_code, period
"""
_TEXTS = ("value_status", "reference_status", "agreement", "coverage", "reference_source")
_VALUES = ("national_value", "reference_value", "not_allocable_value", "unexplained_value", "tolerance")
_COLUMNS = (*("indicator_code", "period", "category"), *_VALUES, *_TEXTS)
_SCHEMA = pa.schema([(name, DECIMAL if name in _VALUES else pa.string()) for name in _COLUMNS])
Key = tuple[str, str]


def reconciliation(connection: Connection, references: Iterable[Reference]) -> pa.Table:
    """Hold the table ``national`` (category totaal) against the references: one row per indicator and period.

    Every national value has a row, also without a reference; what only the reference has is told from the first period
    of the release on.
    """
    found = connection.sql(_NATIONAL)
    rows = {(one[0], one[1]): dict(zip(found.columns, map(_plain, one), strict=True)) for one in found.fetchall()}
    first = min((period for _, period in rows), default=None)
    told = {(one.indicator_code, one.period): one for one in references}
    both = rows.keys() | {key for key, one in told.items() if first and key[1] >= first and one.value is not None}
    return pa.Table.from_pylist([_row(key, rows.get(key), told.get(key)) for key in sorted(both, key=_order)], _SCHEMA)


def _row(key: Key, row: dict[str, str] | None, reference: Reference | None) -> dict[str, object]:
    given = reference or Reference(*key, value=None, tolerance=Decimal(0))
    made = _compare(given, row)
    is_secret = "=geheim" in (row or {}).get("provinces_missing", "")
    agreement = made.agreement if reference else Agreement.NO_REFERENCE
    if reference and is_secret:
        agreement, reference = Agreement.WITHHELD, None
    return {
        "indicator_code": key[0],
        "period": key[1],
        "category": given.category,
        "national_value": made.national,
        "reference_value": reference and reference.value,
        "not_allocable_value": reference and reference.not_allocable,
        "unexplained_value": made.difference,
        "tolerance": reference and reference.tolerance,
        "value_status": (row or {}).get("value_status") or None,
        "reference_status": reference and reference.status,
        "agreement": agreement.value,
        "coverage": made.coverage,
        "reference_source": (reference and reference.source) or None,
    }


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def _order(key: Key) -> tuple[str, int, str]:
    theme, _, number = key[0].partition(".")
    return theme, int(number), key[1]
