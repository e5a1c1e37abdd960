"""Reads the data files of a release into what its page shows; the answer stays small however large the release.

Of every indicator the page holds the whole (category ``totaal``) of the twelve provinces over its last
``SHOWN_PERIODS`` years, or half years or quarters where a province counts no years.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from kerndata.contracts.code_lists import Indicator, indicators, provinces
from kerndata.merge.engine import MODEST, Connection, engine
from kerndata.merge.overview import NOT_DELIVERED
from kerndata.publish.page.checks import read_comparison, read_scores, read_together
from kerndata.publish.page.views import (
    Cell,
    Change,
    Changes,
    Delivered,
    Group,
    Picture,
    Projects,
    Series,
    Total,
)

SHOWN_PERIODS = 10
SHOWN_CHANGES = 10  # of each dataset
_REGIONS = {one.code for one in provinces()}

# Years come first; an indicator without any is shown by half years, else by quarters.
_SHOWN = """
CREATE TABLE shown AS
WITH whole AS (
  SELECT *, CASE WHEN length(period) = 4 THEN 0 WHEN period LIKE '%-H_' THEN 1 ELSE 2 END AS kind
  FROM indicators WHERE region_level = 'provincie' AND category = 'totaal'
), kinds AS (SELECT indicator_code, min(kind) AS kind FROM whole GROUP BY indicator_code),
ranked AS (
  SELECT *, dense_rank() OVER (PARTITION BY indicator_code ORDER BY period DESC) AS place
  FROM whole SEMI JOIN kinds USING (indicator_code, kind)
)
SELECT indicator_code, period, region_code, value, unit, value_status, missing_reason FROM ranked
WHERE place <= $most
"""
_CELLS = "FROM shown ORDER BY indicator_code, period, region_code"
_BESIDES = """
SELECT indicator_code, count(DISTINCT category) FILTER (WHERE category <> 'totaal'), count(DISTINCT period)
FROM indicators GROUP BY indicator_code
"""
_TOTALS = """
SELECT indicator_code, period, CAST(value AS DECIMAL(38, 9)), value_status FROM national
WHERE region_code = 'NL01' AND category = 'totaal' ORDER BY ALL
"""
# A large release has no coverage.csv; these are its counts.
_DELIVERED = """
WITH expected AS (
  SELECT count(*) AS cells FROM (
    SELECT DISTINCT indicator_code, period, category FROM indicators WHERE region_level = 'provincie')
), had AS (
  SELECT region_code, coalesce(missing_reason, '') AS reason, count(*) AS cells FROM indicators
  WHERE region_level = 'provincie' GROUP BY ALL
)
FROM had UNION ALL
SELECT region, $not_delivered, any_value(e.cells) - coalesce(sum(had.cells), 0) AS lacking
FROM (SELECT unnest($regions) AS region) CROSS JOIN expected e LEFT JOIN had ON had.region_code = region
GROUP BY region HAVING lacking > 0
ORDER BY ALL
"""
_PROJECTS_OF = "SELECT province_code, count(*) FROM projects GROUP BY ALL ORDER BY ALL"
_PROJECTS = """
SELECT technology, phase, province_code, count(*), sum(CAST(capacity_mw AS DECIMAL(38, 9))),
  count(*) - count(capacity_mw) FROM projects GROUP BY ALL ORDER BY ALL
"""
_CHANGES = "SELECT dataset, change, cause, count(*) FROM changes GROUP BY ALL ORDER BY ALL"
# What a reader must know of first, of each dataset: what vanished, what the exchange set right, what moved most.
_LARGEST = """
WITH rated AS (
  SELECT *, TRY_CAST(old_value AS DOUBLE) AS was, TRY_CAST(new_value AS DOUBLE) AS becomes FROM changes
  WHERE change <> 'added' AND coalesce(category, 'totaal') = 'totaal'
), placed AS (
  SELECT *, row_number() OVER (PARTITION BY dataset ORDER BY change = 'removed' DESC, reason IS NOT NULL DESC,
    abs(becomes - was) / nullif(abs(was), 0) DESC NULLS LAST, indicator_code, period, province_code, project_id, field,
    region_level, region_code) AS place FROM rated
)
SELECT dataset, province_code, coalesce(indicator_code, project_id), coalesce(period, field, ''), change, cause,
  old_value, new_value, reason FROM placed WHERE place <= $most ORDER BY dataset, place
"""
_COUNTS = """
SELECT (SELECT count(value) FROM indicators),
  (SELECT count(*) FROM indicators WHERE quality_flags <> ''), (SELECT count(*) FROM projects WHERE quality_flags <> '')
"""


def read_picture(folder: Path) -> Picture:
    """Read a release's folder; its optional files may be absent."""
    with engine(folder.parent, MODEST) as connection:
        _open(connection, folder)
        values, *flagged = _one(connection, _COUNTS)
        return Picture(
            series=_series(connection),
            delivered=_delivered(connection),
            projects=_projects(connection),
            changes=_changes(connection),
            values=values,
            flagged=dict(zip(("indicators", "projects"), flagged, strict=True)),
            scores=read_scores(folder / "quality.json"),
            together=read_together(folder / "quality.json"),
            comparison=read_comparison(folder / "reconciliation.csv"),
        )


def _open(connection: Connection, folder: Path) -> None:
    for name in ("indicators", "projects"):
        connection.read_parquet(str(folder / f"{name}.parquet")).create_view(name)
    for name in ("national", "changes"):
        path = str(folder / f"{name}.csv")
        # Every column as text and nothing guessed: how a file is read must not depend on what is in it.
        connection.read_csv(
            path, header=True, sep=",", quotechar='"', escapechar='"', all_varchar=True, auto_detect=False,
            columns=dict.fromkeys(_header(path), "VARCHAR"),
        ).create_view(name)  # fmt: skip
    connection.execute(_SHOWN, {"most": SHOWN_PERIODS})


def _header(path: str) -> list[str]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


def _series(connection: Connection) -> list[Series]:
    cells: dict[str, dict[str, dict[str, Cell]]] = {}
    units: dict[str, str] = {}
    for code, period, region, value, unit, status, reason in _rows(connection, _CELLS):
        if region in _REGIONS:
            cells.setdefault(code, {}).setdefault(period, {})[region] = Cell(value, status, reason)
        units.setdefault(code, unit or "")
    totals: dict[str, dict[str, Total]] = {}
    for code, period, value, status in _rows(connection, _TOTALS):
        totals.setdefault(code, {})[period] = Total(value, status)
    besides = {code: rest for code, *rest in _rows(connection, _BESIDES)}
    listed = [*indicators(), *sorted(cells.keys() - indicators().keys())]
    return [
        _one_series(code, cells[code], totals.get(code, {}), units[code], besides[code])
        for code in listed
        if code in cells
    ]


def _one_series(
    code: str,
    cells: Mapping[str, Mapping[str, Cell]],
    totals: Mapping[str, Total],
    unit: str,
    besides: Sequence[int],
) -> Series:
    known: Indicator | None = indicators().get(code)
    return Series(
        code=code,
        theme=known.theme if known else "overig",
        name_nl=known.name_nl if known else code,
        name_en=known.name_en if known else code,
        unit=known.unit if known else unit,
        is_summed=known.aggregation == "sum" if known else bool(totals),
        periods=tuple(sorted(cells)),
        cells=cells,
        totals={period: total for period, total in totals.items() if period in cells},
        other_categories=besides[0],
        other_periods=besides[1] - len(cells),
    )


def _delivered(connection: Connection) -> list[Delivered]:
    found: dict[str, Delivered] = {one.code: Delivered(one.code, 0, {}, 0) for one in provinces()}
    facts = {"not_delivered": NOT_DELIVERED, "regions": list(found)}
    for code, reason, count in connection.execute(_DELIVERED, facts).fetchall():
        one = found[code]
        if reason:
            found[code] = replace(one, missing={**one.missing, reason: count})
        else:
            found[code] = replace(one, with_value=count)
    for code, count in _rows(connection, _PROJECTS_OF):
        found[code] = replace(found[code], projects=count)
    return list(found.values())


def _projects(connection: Connection) -> Projects:
    by_phase: dict[tuple[str, int | None], Group] = {}
    by_province: dict[str, Group] = {}
    total = _NONE
    for technology, phase, province, *facts in _rows(connection, _PROJECTS):
        one = Group(*facts)
        by_phase[technology, phase] = _together(by_phase.get((technology, phase), _NONE), one)
        by_province[province] = _together(by_province.get(province, _NONE), one)
        total = _together(total, one)
    return Projects(by_phase, by_province, total)


_NONE = Group(0, None, 0)


def _together(one: Group, other: Group) -> Group:
    known = [group.capacity_mw for group in (one, other) if group.capacity_mw is not None]
    capacity = sum(known, Decimal(0)) if known else None
    return Group(one.projects + other.projects, capacity, one.without_capacity + other.without_capacity)


def _changes(connection: Connection) -> Changes:
    counts = {(dataset, change, cause): count for dataset, change, cause, count in _rows(connection, _CHANGES)}
    return Changes(counts, [Change(*row) for row in connection.execute(_LARGEST, {"most": SHOWN_CHANGES}).fetchall()])


def _rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def _one(connection: Connection, query: str) -> tuple[Any, ...]:
    [row] = _rows(connection, query)
    return row
