"""Hold the national sums against an independent national figure.

The reference comes in as data (for example CBS StatLine). ``not_allocable`` is the part that belongs to no province
(CBS: PV99, *niet in te delen*): the twelve must sum to the reference without it.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path


class Agreement(StrEnum):
    """What became of one comparison."""

    AGREES = "agrees"
    DIFFERS = "differs"
    PARTIAL = "partial"  # provinces are missing: there is no total to compare
    ABSENT = "absent"  # the reference has a figure, the release has none
    ABSENT_IN_BOTH = "absent_in_both"
    UNEXPECTED = "unexpected"  # the release has a figure, the reference has none


@dataclass(frozen=True, slots=True)
class Reference:
    """One independent national figure, in the contract's unit; ``value`` None means that the source has none."""

    indicator_code: str
    period: str
    value: Decimal | None
    tolerance: Decimal
    not_allocable: Decimal = Decimal(0)
    category: str = "totaal"


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
