"""What a candidate changes against the last release, classified, and whether that is more than may pass unseen.

Works on files: the candidate's ``changes.csv`` and the Parquet files of both. Every changed key is new, revised within
its band, revised beyond it, or vanished (gone, or a value that became missing); a project counts once, by its worst
column. Nothing is decided here about publishing: ``reasons`` say why a person should look, empty when nobody need.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from kerndata.merge import reasons
from kerndata.merge.classification import MOST_SHOWN, Change, Classification, Tally
from kerndata.merge.engine import MODEST, Connection, Resources, engine
from kerndata.merge.reconcile import Reconciliation
from kerndata.merge.thresholds import Thresholds
from kerndata.model.release import Remark

_PROJECT_FIGURES = ("capacity_mw", "storage_mwh", "expected_production_mwh_per_year")
# A float is exact enough to say by how many per cent a figure moved; the figures themselves stay text.
_JUDGED = """
CREATE TABLE judged AS
WITH read AS (
  SELECT *, TRY_CAST(old_value AS DOUBLE) AS old, TRY_CAST(new_value AS DOUBLE) AS new,
    dataset = 'indicators' OR field IN (SELECT unnest($figures)) AS is_figure
  FROM read_csv($changes, header = true, all_varchar = true, quote = '"', escape = '"', delim = ',', nullstr = '')
), moved AS (
  SELECT *, CASE WHEN NOT is_figure OR change <> 'changed' OR old IS NULL OR new IS NULL OR old = new THEN 0
      WHEN old = 0 THEN 'infinity'::DOUBLE ELSE abs(new - old) / abs(old) * 100 END AS shift_pct,
    CASE WHEN is_figure AND old <> 0 AND new <> 0 THEN greatest(abs(new / old), abs(old / new)) ELSE 1 END AS factor
  FROM read
)
SELECT moved.*, CASE
    WHEN change = 'added' OR (dataset = 'indicators' AND change = 'changed' AND old IS NULL AND new IS NOT NULL)
      THEN 'new'
    WHEN change = 'removed' OR (dataset = 'indicators' AND old IS NOT NULL AND new IS NULL) THEN 'vanished'
    WHEN shift_pct > pct THEN 'beyond' ELSE 'within' END AS class,
  coalesce(project_id, concat_ws(' ', indicator_code, region_level, region_code, period, category)) AS key
FROM moved LEFT JOIN bands
  ON status = CASE WHEN dataset = 'projects' THEN 'project' ELSE coalesce(old_status, 'definitief') END
"""
_TALLIES = """
WITH keyed AS (
  SELECT dataset, province_code, key,
    CASE WHEN bool_or(class = 'vanished') THEN 'vanished' WHEN bool_or(class = 'beyond') THEN 'beyond'
      WHEN bool_or(class = 'new') THEN 'new' ELSE 'within' END AS class
  FROM judged GROUP BY ALL
), changed AS (
  SELECT dataset, province_code, count(*) FILTER (WHERE class = 'new') AS new,
    count(*) FILTER (WHERE class = 'within') AS within, count(*) FILTER (WHERE class = 'beyond') AS beyond,
    count(*) FILTER (WHERE class = 'vanished') AS vanished
  FROM keyed GROUP BY ALL
)
SELECT dataset, province_code, had, has, coalesce(new, 0), coalesce(within, 0), coalesce(beyond, 0),
  coalesce(vanished, 0)
FROM counts LEFT JOIN changed USING (dataset, province_code) ORDER BY dataset, province_code
"""
_COUNT = """
INSERT INTO counted SELECT $dataset, province_code, count(*) * (1 - $is_now), count(*) * $is_now
FROM rows_of GROUP BY province_code
"""
_LARGEST = """
SELECT dataset, province_code, indicator_code, region_code, period, category, project_id, field, class,
  old_value, new_value,
  CASE WHEN class = 'beyond' AND isfinite(shift_pct) THEN CAST(round((new - old) / abs(old) * 100) AS VARCHAR) END
FROM judged WHERE class IN ('beyond', 'vanished')
ORDER BY class, shift_pct DESC, dataset, province_code, key, field LIMIT $shown
"""


def classify(
    changes: Path,
    before: Mapping[str, Path],
    after: Mapping[str, Path],
    *,
    previous: str | None,
    thresholds: Thresholds,
    work: Path,
    reconciled: Iterable[Reconciliation] = (),
    remarks: Iterable[Remark] = (),
    resources: Resources = MODEST,
) -> Classification:
    """Classify a candidate's changes; ``before`` and ``after`` are Parquet files per dataset.

    Without a previous release everything is new and nothing is a reason to wait.
    """
    with engine(work, resources) as connection:
        _bands(connection, thresholds)
        _count(connection, before, after)
        connection.execute(_JUDGED, {"changes": str(changes), "figures": list(_PROJECT_FIGURES)})
        tallies = [Tally(*row) for row in connection.execute(_TALLIES).fetchall()]
        largest = [Change(*row) for row in connection.execute(_LARGEST, {"shown": MOST_SHOWN}).fetchall()]
        found = [
            *reasons.spread(tallies, thresholds),
            *reasons.extremes(connection, thresholds),
            *reasons.unreconciled(connection, reconciled, thresholds),
            *reasons.impossible(remarks),
        ]
    return Classification(previous, tallies, found if previous else [], largest)


def _bands(connection: Connection, thresholds: Thresholds) -> None:
    bands = thresholds.bands_pct.model_dump()
    connection.execute(
        "CREATE TABLE bands AS SELECT unnest($statuses) AS status, unnest($pct) AS pct",
        {"statuses": list(bands), "pct": list(bands.values())},
    )


def _count(connection: Connection, before: Mapping[str, Path], after: Mapping[str, Path]) -> None:
    """Make the table ``counts``: the keys per dataset and province, before and now."""
    connection.execute("CREATE TABLE counted (dataset VARCHAR, province_code VARCHAR, had BIGINT, has BIGINT)")
    for is_now, files in enumerate((before, after)):
        for dataset, path in files.items():
            connection.read_parquet(str(path)).create_view("rows_of", replace=True)
            connection.execute(_COUNT, {"dataset": dataset, "is_now": is_now})
    connection.execute(
        "CREATE TABLE counts AS SELECT dataset, province_code, sum(had)::BIGINT AS had, sum(has)::BIGINT AS has "
        "FROM counted GROUP BY ALL"
    )
