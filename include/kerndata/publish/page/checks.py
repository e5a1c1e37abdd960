"""What a release says about its own quality: scores per province and dimension, and how its sums compare with CBS.

Both files are optional: a release from before they existed gives a page without them.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

_COMPARED = ("agrees", "differs")


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of one dataset, 0 to 1, per province code and dimension; None where there was nothing to score."""

    dataset: str
    dimensions: Sequence[str]
    by_province: Mapping[str, Mapping[str, Decimal | None]]


@dataclass(frozen=True, slots=True)
class Together:
    """What only all provinces together show; ``told`` is the message per language."""

    rule_id: str
    severity: str
    told: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Compared:
    """A national sum beside the figure of ``source``; ``unexplained`` is what neither accounts for."""

    indicator: str
    period: str
    value: Decimal
    reference: Decimal | None
    unexplained: Decimal
    agrees: bool
    source: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every national sum that could be compared: how many agree, and per indicator the last period."""

    compared: int
    agreeing: int
    latest: Sequence[Compared]


def read_scores(path: Path) -> list[Scores]:
    """Read ``quality.json``; nothing when the release has none."""
    if not path.exists():
        return []
    told = json.loads(path.read_text("utf-8"), parse_float=Decimal)
    return [_scores(dataset, rows) for dataset, rows in sorted(told["datasets"].items())]


def _scores(dataset: str, rows: Sequence[Mapping[str, Mapping[str, Decimal | int | None]]]) -> Scores:
    by_province = {
        str(row["province_code"]): {name: None if one is None else Decimal(one) for name, one in row["scores"].items()}
        for row in rows
    }
    dimensions = dict.fromkeys(
        name for scores in by_province.values() for name, one in scores.items() if one is not None
    )
    return Scores(dataset, list(dimensions), by_province)


def read_together(path: Path) -> list[Together]:
    """Read from ``quality.json`` what the S rules found; nothing when the release says nothing of it."""
    if not path.exists():
        return []
    found = json.loads(path.read_text("utf-8")).get("together", [])
    return [
        Together(one["rule_id"], one["severity"], {"nl": one["message_nl"], "en": one["message_en"]}) for one in found
    ]


def read_comparison(path: Path) -> Comparison:
    """Read ``reconciliation.csv``; nothing compared when the release has none."""
    if not path.exists():
        return Comparison(0, 0, ())
    with path.open(encoding="utf-8", newline="") as file:
        found = [_compared(row) for row in csv.DictReader(file) if row["agreement"] in _COMPARED]
    latest = {one.indicator: one for one in sorted(found, key=lambda one: (one.indicator, one.period))}
    return Comparison(len(found), sum(one.agrees for one in found), list(latest.values()))


def _compared(row: Mapping[str, str]) -> Compared:
    return Compared(
        indicator=row["indicator_code"],
        period=row["period"],
        value=Decimal(row["national_value"]),
        reference=Decimal(row["reference_value"]) if row["reference_value"] else None,
        unexplained=Decimal(row["unexplained_value"]),
        agrees=row["agreement"] == "agrees",
        source=row["reference_source"],
    )
