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
  i.value, i.unit, i.value_status, w.value AS withheld
FROM expected e LEFT JOIN indicators i ON i.region_level = 'provincie' AND i.region_code = e.province_code
  AND i.indicator_code = e.indicator_code AND i.period = e.period AND i.category = e.category
LEFT JOIN withheld w ON w.region_code = e.province_code AND w.indicator_code = e.indicator_code
  AND w.period = e.period AND w.category = e.category
UNION ALL
SELECT 'projects', p.province_code, NULL, NULL, NULL,
  CASE WHEN q.rows IS NULL THEN 'not_delivered' ELSE 'value' END,
  CASE WHEN q.rows IS NULL THEN $not_delivered END, coalesce(q.rows, 0), q.submissions, NULL, NULL, NULL, NULL
FROM provinces p LEFT JOIN projects_of q USING (province_code)
"""
_PUBLIC_COVERAGE = """
CREATE OR REPLACE VIEW public_coverage AS
SELECT dataset, province_code, indicator_code, period, category, status, missing_reason, rows, submission_ids
FROM coverage ORDER BY dataset, indicator_code, period, category, province_code
"""
_NATIONAL = """
CREATE OR REPLACE TABLE national AS
WITH parts AS (
  SELECT c.*, s.place AS status_place FROM coverage c LEFT JOIN statuses s USING (value_status)
  WHERE dataset = 'indicators' AND indicator_code IN (SELECT indicator_code FROM summed)
), sums AS (
  SELECT indicator_code, period, category, any_value(unit) AS unit, count(*) AS expected,
    sum(value) AS shown, count(value) AS with_value, sum($known) AS total, count($known) AS known,
    max(status_place) FILTER (WHERE value IS NOT NULL) AS shown_place,
    max(status_place) FILTER (WHERE $known IS NOT NULL) AS total_place,
    count(value) FILTER (WHERE value_status = 'definitief') AS final,
    string_agg(province_code || '=' || missing_reason, ';' ORDER BY province_code) FILTER (WHERE value IS NULL) AS gaps,
    $hidden AS hidden
  FROM parts GROUP BY indicator_code, period, category
), judged AS (
  SELECT *, known = expected AND (indicator_code, period, category) NOT IN (FROM withheld_totals) AS is_whole FROM sums
), told AS (
  SELECT *, CASE WHEN is_whole THEN expected ELSE with_value END AS counted, CASE WHEN is_whole THEN total END AS whole,
    CASE WHEN is_whole THEN total_place ELSE shown_place END AS status_place
  FROM judged WHERE is_whole OR with_value > 0
)
SELECT indicator_code, 'NL01' AS region_code, period, category, whole AS value, unit, s.value_status,
  counted AS provinces_with_value, expected AS provinces_expected, counted || '/' || expected AS coverage,
  NOT is_whole AS is_partial, CASE WHEN NOT is_whole THEN shown END AS partial_value,
  CASE WHEN NOT is_whole THEN gaps END AS provinces_missing, CASE WHEN is_whole THEN hidden END AS provinces_withheld,
  CASE WHEN s.value_status = 'definitief' THEN whole END AS final_value,
  CASE WHEN s.value_status <> 'definitief' THEN whole END AS provisional_value, final AS provinces_final
FROM told LEFT JOIN statuses s ON s.place = told.status_place
"""
_HIDDEN = "string_agg(province_code, ';' ORDER BY province_code) FILTER (WHERE withheld IS NOT NULL)"


def coverage(connection: Connection, provinces: Sequence[str]) -> Relation:
    """Per province and everything any province has: a value, missing with a reason, or not delivered.

    Rows: dataset × indicator × period × category × province (projects: one row per province with their number).
    Gives the view ``public_coverage``. Also makes the table ``coverage`` that ``national`` reads, with values in it,
    those that are withheld too: never published as it is.
    """
    connection.execute(
        "CREATE OR REPLACE TABLE provinces AS SELECT unnest($codes) AS province_code", {"codes": provinces}
    )
    connection.execute(WITHHELD)
    connection.execute(_COVERAGE, {"not_delivered": NOT_DELIVERED})
    connection.execute(_PUBLIC_COVERAGE)
    return connection.table("public_coverage")


def national(connection: Connection, summed: Collection[str]) -> Relation:
    """Sum over the provinces per indicator × period × category, for the indicators in ``summed`` only.

    ``value`` only where every province has one; else ``partial_value``, ``coverage`` ("11/12") and who is missing why
    ("PV26=geheim;PV31=niet_geleverd"). A final total (every part definitief) stands in ``final_value`` too, any other
    in ``provisional_value``, so that a reader takes both only knowingly. What no province has is absent, not zero.
    Makes the tables ``national`` and ``statuses``; call ``coverage`` first.
    """
    connection.execute(
        "CREATE OR REPLACE TABLE summed AS SELECT unnest($codes) AS indicator_code", {"codes": sorted(summed)}
    )
    connection.execute(
        "CREATE OR REPLACE TABLE statuses AS SELECT unnest($names) AS value_status, unnest($places) AS place",
        {"names": list(STATUS_ORDER), "places": list(range(len(STATUS_ORDER)))},
    )
    # Usually nothing is withheld: then the sum over what is known is the sum over what is shown, made once.
    parts = {"known": "value", "hidden": "CAST(NULL AS VARCHAR)"}
    if connection.table("withheld").count("*").fetchall()[0][0]:
        parts = {"known": "coalesce(value, withheld)", "hidden": _HIDDEN}
    connection.execute(Template(_NATIONAL).substitute(parts))
    return connection.sql("FROM national ORDER BY indicator_code, period, category")
