"""The national figures of CBS, independent of what the provinces deliver, to hold the sum of the twelve against.

Solar has a part that CBS cannot allot to a province (PV99); the wind table has none.
"""

import csv
from decimal import Decimal

from kerndata.local.samples.tables import HERE
from kerndata.merge.reconcile import Reference

# Each of the twelve is rounded to a whole unit by CBS: half a unit per term.
ROUNDING = Decimal(6)
NATIONAL, NOT_ALLOCABLE = "NL01", "PV99"


def references() -> list[Reference]:
    """Return one reference per indicator and year 2019–2024, in the contract's unit; no value where CBS has none."""
    with (HERE / "cbs_national.csv").open(encoding="utf-8", newline="") as file:
        rows = {
            (row["indicator_code"], row["period"], row["region_code"]): row["value"] for row in csv.DictReader(file)
        }
    pairs = sorted({(code, period) for code, period, _ in rows})
    return [
        Reference(
            indicator_code=code,
            period=period,
            value=_number(rows.get((code, period, NATIONAL))),
            tolerance=ROUNDING,
            not_allocable=_number(rows.get((code, period, NOT_ALLOCABLE))) or Decimal(0),
        )
        for code, period in pairs
    ]


def _number(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None
