"""What only all provinces together show: figures that changed places or were copied, a project in two provinces.

Judged on a merged dataset beside the release before it, with the S rules of ``contracts/releases.odcs.yaml``. Pure: the
tables come in as arguments (``taken_from`` reads them from a DuckDB connection), findings go out, nothing is stored.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from kerndata.contracts.code_lists import provinces
from kerndata.contracts.contract import release_rules, release_settings
from kerndata.model.finding import Severity
from kerndata.quality.set_figures import same_figures, swapped
from kerndata.quality.set_projects import phases_back, twice
from kerndata.quality.wording import shown

FIGURES = """
SELECT indicator_code, region_code, CAST(period AS INTEGER) AS year, CAST(value AS DOUBLE) AS value
FROM {table} WHERE category = 'totaal' AND region_level = 'provincie' AND length(period) = 4 AND value > 0
ORDER BY ALL
"""
PROJECTS = """
SELECT province_code, project_id, name, technology, CAST(capacity_mw AS DOUBLE) AS capacity_mw, phase, lon, lat
FROM {table} ORDER BY province_code, project_id
"""


@dataclass(frozen=True, slots=True)
class SetTables:
    """What the rules need of one merged dataset, small whatever its size: full-year totals, and the projects.

    ``figures``: indicator_code, region_code, year (int), value (float, above zero). ``projects``: province_code,
    project_id, name, technology, capacity_mw, phase, lon, lat.
    """

    figures: pa.Table = field(repr=False)
    projects: pa.Table = field(repr=False)


@dataclass(frozen=True, slots=True)
class SetFinding:
    """One S rule that ``dataset`` does not meet. ``key``: what it is about, the same for the same data.

    An ``error`` is for a person to look at before anything is published; a ``warning`` is told with the release.
    """

    rule_id: str
    dataset: str
    severity: Severity
    key: str
    facts: Mapping[str, Any]
    message_nl: str
    message_en: str
    action_nl: str


def taken_from(connection: Any, indicators: str = "indicators", projects: str = "projects") -> SetTables:
    """The tables of a DuckDB connection that has views or tables of these names in the contracts' columns."""
    return SetTables(
        connection.sql(FIGURES.format(table=indicators)).to_arrow_table(),
        connection.sql(PROJECTS.format(table=projects)).to_arrow_table(),
    )


def set_findings(current: SetTables, previous: SetTables | None = None) -> tuple[SetFinding, ...]:
    """All findings on a candidate, sorted by rule and key; ``previous``: the release that is visible now."""
    before = previous or SetTables(current.figures.slice(0, 0), current.projects.slice(0, 0))
    bounds = release_settings()
    found = {
        ("indicators", "S-SWAPPED-PROVINCES"): swapped(current.figures, before.figures, bounds),
        ("indicators", "S-SAME-FIGURES"): same_figures(current.figures, bounds),
        ("projects", "S-PROJECT-TWICE"): twice(current.projects, bounds),
        ("projects", "S-PHASE-BACK"): phases_back(current.projects, before.projects, bounds),
    }
    every = [one for (dataset, rule_id), facts in found.items() for one in _worded(rule_id, dataset, facts)]
    return tuple(sorted(every, key=lambda one: (one.rule_id, one.key)))


def _worded(rule_id: str, dataset: str, found: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[SetFinding]:
    rule, names = release_rules()[rule_id], {one.code: one.name for one in provinces()}
    for key, facts in found:
        named = {name: names.get(value, value) for name, value in facts.items()}
        nl, en = (
            text.format_map({name: shown(value, language) for name, value in named.items()})
            for text, language in ((rule.message_nl, "nl"), (rule.message_en, "en"))
        )
        yield SetFinding(rule_id, dataset, rule.severity, key, facts, nl, en, rule.action_nl)
