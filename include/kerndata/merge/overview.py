"""National values with their coverage, and which province has what.

Works on the views ``indicators`` and ``projects`` that ``engine.open_tables`` makes. A sum over a missing part is never
shown as a total: ``value`` is empty then, and what is there stands in ``partial_value``.
"""

from collections.abc import Collection, Sequence

from kerndata.merge.engine import Connection, Relation

NOT_DELIVERED = "niet_geleverd"
# A sum is as final as its least final part (CBS: definitief, nader voorlopig, voorlopig; an estimate is less still).
STATUS_ORDER = ("definitief", "nader_voorlopig", "voorlopig", "schatting")

_COVERAGE = """
CREATE OR REPLACE TABLE coverage AS
WITH expected AS (
  SELECT indicator_code, period, category, province_code
  FROM (SELECT DISTINCT indicator_code, period, category FROM indicators WHERE region_level = 'provincie'), provinces
), projects_of AS (
  SELECT province_code, count(*) AS rows, string_agg(DISTINCT submission_id, ';' ORDER BY submission_id) AS submissions
  FROM projects GROUP BY province_code
)
SELECT 'indicators' AS dataset, e.province_code, e.indicator_code, e.period, e.category,
  CASE WHEN i.submission_id IS NULL THEN 'not_delivered' WHEN i.value IS NULL THEN 'missing' ELSE 'value' END AS status,
  CASE WHEN i.submission_id IS NULL THEN $not_delivered ELSE i.missing_reason END AS missing_reason,
  CASE WHEN i.submission_id IS NULL THEN 0 ELSE 1 END AS rows, i.submission_id AS submission_ids,
  i.value, i.unit, i.value_status
FROM expected e LEFT JOIN indicators i ON i.region_level = 'provincie' AND i.region_code = e.province_code
  AND i.indicator_code = e.indicator_code AND i.period = e.period AND i.category = e.category
UNION ALL
SELECT 'projects', p.province_code, NULL, NULL, NULL,
  CASE WHEN q.rows IS NULL THEN 'not_delivered' ELSE 'value' END,
  CASE WHEN q.rows IS NULL THEN $not_delivered END, coalesce(q.rows, 0), q.submissions, NULL, NULL, NULL
FROM provinces p LEFT JOIN projects_of q USING (province_code)
"""
_PUBLIC_COVERAGE = """
SELECT dataset, province_code, indicator_code, period, category, status, missing_reason, rows, submission_ids
FROM coverage ORDER BY dataset, indicator_code, period, category, province_code
"""
_NATIONAL = """
CREATE OR REPLACE TABLE national AS
WITH parts AS (
  SELECT c.*, s.place AS status_place FROM coverage c LEFT JOIN statuses s USING (value_status)
  WHERE dataset = 'indicators' AND indicator_code IN (SELECT indicator_code FROM summed)
), sums AS (
  SELECT indicator_code, period, category, any_value(unit) AS unit, sum(value) AS total, count(value) AS with_value,
    count(*) AS expected, max(status_place) FILTER (WHERE value IS NOT NULL) AS status_place,
    string_agg(province_code || '=' || missing_reason, ';' ORDER BY province_code) FILTER (WHERE value IS NULL) AS gaps
  FROM parts GROUP BY indicator_code, period, category HAVING count(value) > 0
)
SELECT indicator_code, 'NL01' AS region_code, period, category, CASE WHEN with_value = expected THEN total END AS value,
  unit, s.value_status, with_value AS provinces_with_value, expected AS provinces_expected,
  with_value || '/' || expected AS coverage, with_value < expected AS is_partial,
  CASE WHEN with_value < expected THEN total END AS partial_value, gaps AS provinces_missing
FROM sums LEFT JOIN statuses s ON s.place = status_place
"""


def coverage(connection: Connection, provinces: Sequence[str]) -> Relation:
    """Per province and everything any province has: a value, missing with a reason, or not delivered.

    Rows: dataset × indicator × period × category × province (projects: one row per province with their number).
    Also makes the table ``coverage`` that ``national`` reads.
    """
    connection.execute(
        "CREATE OR REPLACE TABLE provinces AS SELECT unnest($codes) AS province_code", {"codes": provinces}
    )
    connection.execute(_COVERAGE, {"not_delivered": NOT_DELIVERED})
    return connection.sql(_PUBLIC_COVERAGE)


def national(connection: Connection, summed: Collection[str]) -> Relation:
    """Sum over the provinces per indicator × period × category, for the indicators in ``summed`` only.

    ``value`` only where every province has one; else ``partial_value``, ``coverage`` ("11/12") and who is missing why
    ("PV26=geheim;PV31=niet_geleverd"). What no province has is absent, not zero. Makes the table ``national``; call
    ``coverage`` first.
    """
    connection.execute(
        "CREATE OR REPLACE TABLE summed AS SELECT unnest($codes) AS indicator_code", {"codes": sorted(summed)}
    )
    connection.execute(
        "CREATE OR REPLACE TABLE statuses AS SELECT unnest($names) AS value_status, unnest($places) AS place",
        {"names": list(STATUS_ORDER), "places": list(range(len(STATUS_ORDER)))},
    )
    connection.execute(_NATIONAL)
    return connection.sql("FROM national ORDER BY indicator_code, period, category")
