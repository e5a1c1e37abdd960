"""Sums over indicators of one theme, per province and for the country, with what they lack.

Which indicators may be added, and why, stands in ``contracts/code_lists/aggregates.csv``. Works on
``coverage`` and ``national`` of ``kerndata.merge.overview``, on the whole (category totaal) only, so on few rows.
"""

from collections.abc import Sequence

import pyarrow as pa

from kerndata.contracts.code_lists.derived import Aggregate
from kerndata.merge.engine import Connection, Relation

_VALUES = """
CREATE OR REPLACE TABLE wholes AS
SELECT 'provincie' AS region_level, province_code AS region_code, indicator_code, period, value, value_status,
  missing_reason AS gap
FROM coverage WHERE dataset = 'indicators' AND category = 'totaal'
UNION ALL
SELECT 'land', region_code, indicator_code, period, value, CASE WHEN NOT is_partial THEN value_status END,
  CASE WHEN is_partial THEN 'gedeeltelijk' END
FROM national WHERE category = 'totaal'
"""
_AGGREGATES = """
WITH regions AS (SELECT DISTINCT region_level, region_code, period FROM wholes), parts AS (
  SELECT p.code, p.number, p.part, p.whole, r.*, v.value, s.place, coalesce(v.gap, 'niet_geleverd') AS gap
  FROM parts_of p CROSS JOIN regions r
  LEFT JOIN wholes v ON v.indicator_code = p.part AND (v.region_level, v.region_code, v.period)
    = (r.region_level, r.region_code, r.period)
  LEFT JOIN statuses s USING (value_status)
), sums AS (
  SELECT code, whole, region_level, region_code, period, sum(value) AS total, count(value) AS with_value,
    count(*) AS expected, max(place) FILTER (WHERE value IS NOT NULL) AS place,
    string_agg(part || '=' || gap, ';' ORDER BY number) FILTER (WHERE value IS NULL) AS gaps
  FROM parts GROUP BY ALL HAVING count(value) > 0
)
SELECT a.code AS aggregate_code, n.theme, a.region_level, a.region_code, a.period,
  CASE WHEN with_value = expected THEN total END AS value, n.unit, s.value_status,
  with_value AS parts_with_value, expected AS parts_expected, with_value < expected AS is_partial,
  CASE WHEN with_value < expected THEN total END AS partial_value, gaps AS parts_missing,
  CASE WHEN with_value = expected AND s.value_status = 'definitief' THEN total END AS final_value,
  CASE WHEN with_value = expected AND s.value_status <> 'definitief' THEN total END AS provisional_value,
  a.whole AS whole_indicator_code, w.value AS whole_value,
  CASE WHEN with_value = expected THEN w.value - total END AS rest_value
FROM sums a JOIN named n ON n.code = a.code LEFT JOIN statuses s ON s.place = a.place
LEFT JOIN wholes w ON w.indicator_code = a.whole AND (w.region_level, w.region_code, w.period)
  = (a.region_level, a.region_code, a.period)
ORDER BY aggregate_code, period, region_level, region_code
"""


def aggregates(connection: Connection, lists: Sequence[Aggregate]) -> Relation:
    """Sum the parts of each aggregate, one row per region (PV20–PV31, NL01) and period in which any part has a value.

    ``value`` only when every part has one, else ``partial_value`` with ``parts_missing`` ("E1.4=geheim"; a national
    part that is itself partial is "gedeeltelijk"). ``rest_value`` is what the whole holds beyond its parts. Call
    ``coverage`` and ``national`` first. Makes the table ``wholes`` that ``per_capita`` reads.
    """
    text = pa.string()
    parts = [
        {"code": one.code, "number": number, "part": part, "whole": one.whole}
        for one in lists
        for number, part in enumerate(one.parts)
    ]
    schema = pa.schema([("code", text), ("number", pa.int64()), ("part", text), ("whole", text)])
    connection.from_arrow(pa.Table.from_pylist(parts, schema)).create_view("parts_of", replace=True)
    named = [{"code": one.code, "theme": one.theme, "unit": one.unit} for one in lists]
    schema = pa.schema([("code", text), ("theme", text), ("unit", text)])
    connection.from_arrow(pa.Table.from_pylist(named, schema)).create_view("named", replace=True)
    connection.execute(_VALUES)
    return connection.sql(_AGGREGATES)
