"""``quality.json``: how good the data of each province is, from what was accepted; no clock, no opinion of the day.

Scores are shares between 0 and 1. *completeness*: indicator values present out of what any province has;
*validity*: observations accepted out of those delivered; the others: published rows that no rule of that dimension
flagged. *together* is what no province's delivery shows by itself (the S rules).
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from kerndata.contracts.code_lists import province_of, provinces
from kerndata.contracts.contract import DIMENSIONS, load_contract, release_rules
from kerndata.merge.engine import Connection
from kerndata.merge.supersede import MergeInput
from kerndata.merge.tables import NAMES
from kerndata.model.release import Remark

_EXPLAINED = {
    "completeness": "indicator values present / values that any province has for that indicator, period and category",
    "validity": "observations accepted / observations delivered, of the submissions in this release",
    "consistency": "published rows without a flag of this dimension / published rows",
    "uniqueness": "published rows without a flag of this dimension / published rows",
    "timeliness": "published rows without a flag of this dimension / published rows",
    "plausibility": "published rows without a flag of this dimension / published rows",
}
_PLACES = Decimal("0.0001")


def write_quality(
    connection: Connection, inputs: Sequence[MergeInput], target: Path, remarks: Sequence[Remark] = ()
) -> Path:
    """Write scores per dimension, dataset and province, totals per rule, and what all provinces together show."""
    told = {
        "scores": {"minimum": 0, "maximum": 1, "meaning": _EXPLAINED},
        "datasets": {name: _dataset(connection, name, inputs) for name in NAMES},
        "rules": [one for name in NAMES for one in _rules(connection, name)],
        "together": [_remark(one) for one in remarks],
    }
    target.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    return target


def _dataset(connection: Connection, dataset: str, inputs: Sequence[MergeInput]) -> list[Mapping[str, Any]]:
    delivered = _delivered(one for one in inputs if one.submission.dataset == dataset)
    present = _present(connection) if dataset == "indicators" else {}
    unflagged = _unflagged(connection, dataset)
    found: list[Mapping[str, Any]] = []
    for code in (one.code for one in provinces()):
        counts, rows = delivered.get(code, Counter()), unflagged.get(code, {"rows": 0})
        scores = {
            "completeness": _share(*present[code]) if code in present else None,
            "validity": _share(counts["accepted"], counts["observed"]),
            **{name: _share(rows.get(name, 0), rows["rows"]) for name in _flagged_dimensions()},
        }
        told = {name: counts[name] for name in ("submissions", "observed", "accepted", "refused", "flagged")}
        found.append({"province_code": code, "rows": rows["rows"], **told, "scores": scores})
    return found


def _delivered(inputs: Iterable[MergeInput]) -> Mapping[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for submission in (one.submission for one in inputs):
        counts, told = submission.counts, found.setdefault(province_of(submission.province).code, Counter())
        told.update(submissions=1, observed=counts.observed, accepted=counts.accepted)
        told.update(refused=counts.refused, flagged=counts.flagged)
    return found


def _present(connection: Connection) -> Mapping[str, tuple[int, int]]:
    query = (
        "SELECT province_code, count(*) FILTER (WHERE status = 'value'), count(*) FROM coverage "
        "WHERE dataset = 'indicators' GROUP BY province_code"
    )
    return {code: (present, expected) for code, present, expected in connection.sql(query).fetchall()}


def _flagged_dimensions() -> list[str]:
    return [name for name in dict.fromkeys(DIMENSIONS.values()) if name not in {"completeness", "validity"}]


def _unflagged(connection: Connection, dataset: str) -> Mapping[str, Mapping[str, int]]:
    """Per province the number of rows, and per dimension of those without a flag of it."""
    names = _flagged_dimensions()
    by_dimension = _rules_of(dataset)
    counted = ", ".join(
        f"coalesce(sum(rows) FILTER (WHERE NOT list_has_any(flags, CAST($r{place} AS VARCHAR[]))), 0)"
        for place in range(len(names))
    )
    query = (
        f"SELECT province_code, sum(rows), {counted} FROM "  # noqa: S608 - names of ours
        "(SELECT province_code, string_split(coalesce(quality_flags, ''), ';') AS flags, count(*) AS rows "
        f"FROM {dataset} GROUP BY province_code, quality_flags) GROUP BY province_code"
    )
    parameters = {f"r{place}": by_dimension.get(name, []) for place, name in enumerate(names)}
    rows = connection.execute(query, parameters).fetchall()
    return {code: dict(zip(("rows", *names), map(int, counts), strict=True)) for code, *counts in rows}


def _rules_of(dataset: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for rule in load_contract(dataset).catalogue.values():
        found.setdefault(rule.dimension, []).append(rule.id)
    return found


def _rules(connection: Connection, dataset: str) -> Iterable[Mapping[str, Any]]:
    query = (
        "SELECT rule, count(*) FROM (SELECT unnest(string_split(quality_flags, ';')) AS rule "  # noqa: S608 - a name of ours
        f"FROM {dataset} WHERE quality_flags <> '') GROUP BY rule ORDER BY rule"
    )
    catalogue = load_contract(dataset).catalogue
    for rule_id, rows in connection.sql(query).fetchall():
        rule = catalogue.get(rule_id)
        dimension, severity = (rule.dimension, str(rule.severity)) if rule else (None, None)
        yield {"dataset": dataset, "rule_id": rule_id, "dimension": dimension, "severity": severity, "rows": rows}


def _remark(one: Remark) -> Mapping[str, str]:
    dimension = release_rules()[one.rule_id].dimension
    about = {"dataset": one.dataset, "rule_id": one.rule_id, "dimension": dimension, "severity": str(one.severity)}
    return about | {"about": one.key, "message_nl": one.message_nl, "message_en": one.message_en}


def _share(part: int, whole: int) -> float | None:
    return float((Decimal(part) / Decimal(whole)).quantize(_PLACES)) if whole else None
