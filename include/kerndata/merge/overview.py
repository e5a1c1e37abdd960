"""National values with their coverage, and which province has what.

Works on the views ``indicators`` and ``projects`` that ``engine.open_tables`` makes, and on what disclosure control
withheld (``kerndata.merge.protect``; nothing without it). A sum over a missing part is never shown as a total:
``value`` is empty then, and what is there stands in ``partial_value``. What was withheld is in a total, never in a
partial sum.
"""

from collections.abc import Collection, Sequence
from string import Template

from kerndata.merge.engine import Connection, Relation

NOT_DELIVERED = "niet_geleverd"
# A sum is as final as its least final part (CBS: definitief, nader voorlopig, voorlopig; an estimate is less still).
STATUS_ORDER = ("definitief", "nader_voorlopig", "voorlopig", "schatting")

# What disclosure control keeps out of the release: values of provinces, and whole totals.
WITHHELD = """
CREATE TABLE IF NOT EXISTS withheld (indicator_code VARCHAR, region_code VARCHAR, period VARCHAR, category VARCHAR,
  value DECIMAL(28,9));
CREATE TABLE IF NOT EXISTS withheld_totals (indicator_code VARCHAR, period VARCHAR, category VARCHAR)
"""
# One pass over the values: what the provinces together have of every indicator, period and category. Who delivered
# stands in ``present``, a bit per province: a join of everything expected with everything delivered took four times as
# long at 10,000,000 rows (2026-11).
_CELLS = """
CREATE OR REPLACE TABLE cells AS
SELECT indicator_code, period, category, any_value(unit) AS unit, count(*) AS rows, bit_or(1 << p.place) AS present,
  sum(value) AS shown, count(value) AS with_value, sum($known) AS total, count($known) AS known,
  max(s.place) FILTER (WHERE value IS NOT NULL) AS shown_place,
  max(s.place) FILTER (WHERE $known IS NOT NULL) AS total_place,
  count(value) FILTER (WHERE value_status = 'definitief') AS final,
  list(region_code || '=' || missing_reason) FILTER (WHERE value IS NULL) AS gaps, $hidden AS hidden
FROM parts JOIN provinces p ON p.province_code = region_code LEFT JOIN statuses s USING (value_status)
GROUP BY indicator_code, period, category
"""
_PARTS = """
CREATE OR REPLACE VIEW parts AS
SELECT i.*, $withheld AS withheld FROM indicators i $join WHERE region_level = 'provincie'
"""
_JOIN = """LEFT JOIN withheld w ON w.region_code = i.region_code AND w.indicator_code = i.indicator_code
  AND w.period = i.period AND w.category = i.category"""
_COVERAGE = """
CREATE OR REPLACE VIEW coverage AS
WITH projects_of AS (
  SELECT province_code, count(*) AS rows, string_agg(DISTINCT submission_id, ';' ORDER BY submission_id) AS submissions
  FROM projects GROUP BY province_code
)
SELECT 'indicators' AS dataset, region_code AS province_code, indicator_code, period, category,
  CASE WHEN value IS NULL THEN 'missing' ELSE 'value' END AS status, missing_reason, 1 AS rows,
  submission_id AS submission_ids, value, unit, value_status
FROM parts SEMI JOIN provinces p ON p.province_code = region_code
UNION ALL
SELECT 'indicators', province_code, indicator_code, period, category, 'not_delivered', '$not_delivered', 0, NULL, NULL,
  NULL, NULL
FROM cells JOIN provinces ON (present >> place) & 1 = 0 WHERE cells.rows < (SELECT count(*) FROM provinces)
UNION ALL
SELECT 'projects', p.province_code, NULL, NULL, NULL,
  CASE WHEN q.rows IS NULL THEN 'not_delivered' ELSE 'value' END,
  CASE WHEN q.rows IS NULL THEN '$not_delivered' END, coalesce(q.rows, 0), q.submissions, NULL, NULL, NULL
FROM provinces p LEFT JOIN projects_of q USING (province_code)
"""
_COVERAGE_ROWS = "SELECT ((SELECT count(*) FROM cells) + 1) * (SELECT count(*) FROM provinces)"
_PUBLIC_COVERAGE = """
CREATE OR REPLACE VIEW public_coverage AS
SELECT dataset, province_code, indicator_code, period, category, status, missing_reason, rows, submission_ids
FROM coverage ORDER BY dataset, indicator_code, period, category, province_code
"""
_NATIONAL = """
CREATE OR REPLACE TABLE national AS
WITH absent AS (
  SELECT indicator_code, period, category, list(province_code || '=$not_delivered') AS absent
  FROM cells JOIN provinces ON (present >> place) & 1 = 0 WHERE cells.rows < $expected GROUP BY ALL
), judged AS (
  SELECT *, known = $expected AND (indicator_code, period, category) NOT IN (FROM withheld_totals) AS is_whole
  FROM cells SEMI JOIN summed USING (indicator_code)
), told AS (
  SELECT *, CASE WHEN is_whole THEN $expected ELSE with_value END AS counted,
    CASE WHEN is_whole THEN total END AS whole,
    CASE WHEN is_whole THEN total_place ELSE shown_place END AS status_place
  FROM judged WHERE is_whole OR with_value > 0
)
SELECT indicator_code, 'NL01' AS region_code, period, category, whole AS value, unit, s.value_status,
  counted AS provinces_with_value, $expected AS provinces_expected, counted || '/$expected' AS coverage,
  NOT is_whole AS is_partial, CASE WHEN NOT is_whole THEN shown END AS partial_value,
  CASE WHEN NOT is_whole THEN array_to_string(list_sort(list_concat(gaps, absent)), ';') END AS provinces_missing,
  CASE WHEN is_whole THEN hidden END AS provinces_withheld,
  CASE WHEN s.value_status = 'definitief' THEN whole END AS final_value,
  CASE WHEN s.value_status <> 'definitief' THEN whole END AS provisional_value, final AS provinces_final
FROM told LEFT JOIN absent USING (indicator_code, period, category) LEFT JOIN statuses s ON s.place = told.status_place
"""
_HIDDEN = "string_agg(region_code, ';' ORDER BY region_code) FILTER (WHERE withheld IS NOT NULL)"


def coverage(connection: Connection, provinces: Sequence[str]) -> Relation:
    """Per province and everything any province has: a value, missing with a reason, or not delivered.

    Rows: dataset × indicator × period × category × province (projects: one row per province with their number).
    Gives the view ``public_coverage``. Also makes the view ``coverage`` that has the values too, and what ``national``
    reads: the tables ``cells`` (in which withheld values count) and ``statuses``. Never published as they are.
    """
    connection.execute(
        "CREATE OR REPLACE TABLE provinces AS SELECT unnest($codes) AS province_code, unnest($places) AS place",
        {"codes": provinces, "places": list(range(len(provinces)))},
    )
    connection.execute(
        "CREATE OR REPLACE TABLE statuses AS SELECT unnest($names) AS value_status, unnest($places) AS place",
        {"names": list(STATUS_ORDER), "places": list(range(len(STATUS_ORDER)))},
    )
    connection.execute(WITHHELD)
    # Usually nothing is withheld: then the sum over what is known is the sum over what is shown, made once.
    parts = {"known": "value", "hidden": "CAST(NULL AS VARCHAR)", "withheld": "CAST(NULL AS DECIMAL(28,9))", "join": ""}
    if connection.table("withheld").count("*").fetchall()[0][0]:
        parts = {"known": "coalesce(value, withheld)", "hidden": _HIDDEN, "withheld": "w.value", "join": _JOIN}
    for statement in (_PARTS, _CELLS, _COVERAGE):
        connection.execute(Template(statement).substitute(parts, not_delivered=NOT_DELIVERED))
    connection.execute(_PUBLIC_COVERAGE)
    return connection.table("public_coverage")


def coverage_rows(connection: Connection) -> int:
    """How many rows ``coverage`` has, without making them."""
    [(rows,)] = connection.sql(_COVERAGE_ROWS).fetchall()
    return int(rows)


def national(connection: Connection, summed: Collection[str]) -> Relation:
    """Sum over the provinces per indicator × period × category, for the indicators in ``summed`` only.

    ``value`` only where every province has one; else ``partial_value``, ``coverage`` ("11/12") and who is missing why
    ("PV26=geheim;PV31=niet_geleverd"). A final total (every part definitief) stands in ``final_value`` too, any other
    in ``provisional_value``, so that a reader takes both only knowingly. What no province has is absent, not zero.
    Makes the table ``national``; call ``coverage`` first.
    """
    connection.execute(
        "CREATE OR REPLACE TABLE summed AS SELECT unnest($codes) AS indicator_code", {"codes": sorted(summed)}
    )
    expected = connection.table("provinces").count("*").fetchall()[0][0]
    connection.execute(Template(_NATIONAL).substitute(expected=expected, not_delivered=NOT_DELIVERED))
    return connection.sql("FROM national ORDER BY indicator_code, period, category")
