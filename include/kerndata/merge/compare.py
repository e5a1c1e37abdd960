"""What changed since the previous release, and why.

Works on the views of ``engine.open_tables`` (the current tables) and ``engine.open_previous`` (``old_…``, empty before
the first release, so that everything is then added).
"""

from collections.abc import Sequence

from kerndata.merge.corrections import Correction, as_table
from kerndata.merge.engine import Connection, Relation, run
from kerndata.merge.tables import DECIMAL, table_of

_CHANGES = """
CREATE OR REPLACE TABLE changes (
  dataset VARCHAR, province_code VARCHAR, indicator_code VARCHAR, region_level VARCHAR, region_code VARCHAR,
  period VARCHAR, category VARCHAR, project_id VARCHAR, field VARCHAR, change VARCHAR, old_value VARCHAR,
  new_value VARCHAR, old_status VARCHAR, new_status VARCHAR, old_missing_reason VARCHAR, new_missing_reason VARCHAR,
  cause VARCHAR, reason VARCHAR, old_submission_id VARCHAR, new_submission_id VARCHAR, old_flags VARCHAR,
  new_flags VARCHAR
)
"""
# A province at a time: a region is of one province, and joining the whole country took three times as long and spilled
# (10,000,000 rows, 2026-11).
_PROVINCES = "SELECT province_code FROM indicators UNION SELECT province_code FROM old_indicators ORDER BY ALL"
# A correction sets a figure right; a revision is the expected next figure of a year that was provisional.
_INDICATORS = """
INSERT INTO changes BY NAME
SELECT 'indicators' AS dataset, coalesce(n.province_code, o.province_code) AS province_code, $key, 'value' AS field,
  CASE WHEN o.submission_id IS NULL THEN 'added' WHEN n.submission_id IS NULL THEN 'removed' ELSE 'changed' END
    AS change,
  plain(o.value) AS old_value, plain(n.value) AS new_value,
  o.value_status AS old_status, n.value_status AS new_status,
  o.missing_reason AS old_missing_reason, n.missing_reason AS new_missing_reason,
  CASE WHEN o.submission_id IS NULL THEN 'new_delivery'
    WHEN o.value_status IN ('nader_voorlopig', 'voorlopig', 'schatting') AND n.value_status IS NOT NULL
      AND n.value_status <> o.value_status THEN 'revision'
    ELSE 'correction' END AS cause,
  o.submission_id AS old_submission_id, n.submission_id AS new_submission_id$flags
FROM (FROM old_indicators WHERE province_code = '$province') o
FULL JOIN (FROM indicators WHERE province_code = '$province') n USING ($key)
WHERE (o.value, o.unit, o.value_status, o.missing_reason, o.submission_id IS NULL)
  IS DISTINCT FROM (n.value, n.unit, n.value_status, n.missing_reason, n.submission_id IS NULL)
"""
_PROJECTS = """
INSERT INTO changes BY NAME
SELECT 'projects' AS dataset, $key, NULL AS field,
  CASE WHEN o.submission_id IS NULL THEN 'added' ELSE 'removed' END AS change,
  o.name AS old_value, n.name AS new_value,
  CASE WHEN o.submission_id IS NULL THEN 'new_delivery' ELSE 'correction' END AS cause,
  o.submission_id AS old_submission_id, n.submission_id AS new_submission_id$flags
FROM old_projects o FULL JOIN projects n USING ($key) WHERE o.submission_id IS NULL OR n.submission_id IS NULL
"""
_PROJECT_FIELD = """
INSERT INTO changes BY NAME
SELECT 'projects' AS dataset, $key, '$field' AS field, 'changed' AS change,
  $text(o.$field) AS old_value, $text(n.$field) AS new_value, 'correction' AS cause,
  o.submission_id AS old_submission_id, n.submission_id AS new_submission_id$flags
FROM old_projects o JOIN projects n USING ($key) WHERE o.$field IS DISTINCT FROM n.$field
"""
_FLAGS = ", o.quality_flags AS old_flags, n.quality_flags AS new_flags"
# A row that an entry of the register corrects bears its id as a flag; what bore it before is not told again.
_REASONS = """
UPDATE changes SET reason = told.reason, cause = CASE WHEN change = 'added' THEN cause ELSE 'correction' END
FROM (
  SELECT c.rowid AS place, string_agg(r.correction_id || ': ' || r.reason, '; ' ORDER BY r.correction_id) AS reason
  FROM changes c JOIN register r ON r.dataset = c.dataset
    AND list_contains(string_split(c.new_flags, ';'), r.correction_id)
  WHERE (c.dataset = 'indicators' OR c.field IS NULL OR r.field = c.field)
    AND NOT list_contains(string_split(coalesce(c.old_flags, ''), ';'), r.correction_id)
  GROUP BY c.rowid
) told WHERE changes.rowid = told.place
"""
_PUBLIC = """
CREATE OR REPLACE VIEW public_changes AS SELECT * EXCLUDE (old_flags, new_flags) FROM changes
ORDER BY dataset, indicator_code, region_level, region_code, period, category, province_code, project_id, field
"""
_AS_TEXT = """
CREATE OR REPLACE MACRO plain(number) AS rtrim(rtrim(CAST(number AS VARCHAR), '0'), '.');
CREATE OR REPLACE MACRO as_text(other) AS CAST(other AS VARCHAR)
"""


def changes(connection: Connection, register: Sequence[Correction] = ()) -> Relation:
    """Compare the current tables with the previous ones: one row per changed value, or per changed project column.

    ``change`` is added, changed or removed; ``cause`` new_delivery (the key is new), revision (its status moved on from
    provisional) or correction. ``reason`` is that of the ``register`` where it set the figure right. A row whose
    provenance alone changed is no change. Gives the view ``public_changes``.
    """
    connection.execute(_CHANGES)
    connection.execute(_AS_TEXT)
    indicators, projects = table_of("indicators"), table_of("projects")
    flags = _FLAGS if register else ""  # wide: only where somebody reads them
    for (province,) in connection.sql(_PROVINCES).fetchall():
        run(connection, _INDICATORS, indicators, flags=flags, province=province)
    run(connection, _PROJECTS, projects, flags=flags)
    for field in projects.compared:
        text = "plain" if projects.schema.field(field).type == DECIMAL else "as_text"
        run(connection, _PROJECT_FIELD, projects, field=field, text=text, flags=flags)
    if register:
        connection.from_arrow(as_table(register)).create_view("register", replace=True)
        connection.execute(_REASONS)
    connection.execute(_PUBLIC)
    return connection.table("public_changes")
