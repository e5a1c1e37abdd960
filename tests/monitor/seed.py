"""A ledger of some years, by plain bulk inserts: submissions of twelve provinces, releases, notices, events.

Deterministic: the same sizes give the same rows. Nothing of it went through the pipeline, so its chain of events has
hashes but no proof.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from kerndata.contracts.code_lists import provinces
from kerndata.sources.registry import load_source

SLUGS = [one.slug for one in provinces()]

_SUBMISSIONS = """
INSERT INTO submissions (id, province, place, name, version, delivered_at, dataset, delivery_name, sha256, size_bytes,
  status, observed, accepted, refused, flagged, other_rows, received_at, concluded_at, revision, supersedes)
SELECT 'S-' || lpad(to_hex(n), 16, '0'), slug, 'inbox-' || slug, 'drop/' || dataset || '/levering ' || n || '.csv',
  'v' || n, at, dataset, delivery, md5('s' || n) || md5('t' || n), 1000 + n,
  status, seen, CASE status WHEN 'accepted' THEN seen WHEN 'partly_accepted' THEN seen - lost ELSE 0 END,
  CASE status WHEN 'refused' THEN seen WHEN 'partly_accepted' THEN lost ELSE 0 END, n % 5, 2,
  at + interval '20 seconds', CASE WHEN status = 'archived' THEN NULL ELSE at + interval '32 seconds' END, 1, 'rows'
FROM (
  SELECT n, (CAST(:slugs AS text[]))[1 + n % :provinces] AS slug,
    @now - (:count - n) * interval '9 minutes' AS at,
    CASE WHEN n / :provinces % 3 = 0 THEN 'projects' ELSE 'indicators' END AS dataset,
    (CAST(CASE WHEN n / :provinces % 3 = 0 THEN :projects ELSE :indicators END AS text[]))
      [1 + n % :provinces] AS delivery,
    CASE WHEN n > :count - 6 THEN 'archived' WHEN n % 29 = 0 THEN 'refused' WHEN n % 13 = 0 THEN 'duplicate'
      WHEN n % 5 = 0 THEN 'partly_accepted' ELSE 'accepted' END AS status,
    CASE WHEN n > :count - 6 OR (n % 13 = 0 AND n % 29 <> 0) THEN 0
      ELSE 100 + n % 400 END AS seen,
    1 + n % 20 AS lost
  FROM generate_series(1, :count) AS n
) AS made"""

_OUTCOMES = """
INSERT INTO outcomes (submission_id, revision, status, dataset, delivery_name, observed, accepted, refused, flagged,
  other_rows, supersedes, mapping, scores, concluded_at)
SELECT id, 1, status, dataset, delivery_name, observed, accepted, refused, flagged, other_rows, 'rows', '',
  json_build_object('completeness', 0.9 + (sequence % 10) / 100.0, 'validity', accepted / greatest(observed, 1.0),
    'consistency', 0.97, 'uniqueness', 1.0, 'timeliness', 0.8 + (sequence % 20) / 100.0, 'plausibility', 0.95),
  concluded_at
FROM submissions WHERE status IN ('accepted', 'partly_accepted', 'refused')"""

_FINDINGS = """
INSERT INTO findings (submission_id, rule_id, severity, count, samples)
SELECT id, (ARRAY['I-101', 'I-204', 'H-010'])[k], (ARRAY['error', 'warning', 'info'])[k], 1 + (sequence * k) % 40,
  json_build_array(json_build_object('member', NULL, 'sheet', 'Blad1', 'row', sequence % 500, 'column', 'C',
    'value', '1.351,0'))
FROM submissions, generate_series(1, 3) AS k
WHERE status IN ('partly_accepted', 'refused') OR (status = 'accepted' AND k > 1 AND sequence % 2 = 0)"""

_PERIODS = """
INSERT INTO submission_periods (submission_id, period, province, dataset, delivery_name, sequence, accepted, refused,
  provisional)
SELECT id, (2019 + (sequence + k) % 7)::text, province, dataset, delivery_name, sequence, accepted / 3, refused / 3,
  CASE WHEN sequence % 4 = 0 THEN accepted / 6 ELSE 0 END
FROM submissions, generate_series(0, 2) AS k WHERE status IN ('accepted', 'partly_accepted', 'refused')"""

_RELEASES = """
INSERT INTO releases (version, year, number, content_hash, status, previous, reserved_at, published_at)
SELECT '2026.' || n, 2026, n, md5('r' || n) || md5('q' || n), 'published', CASE WHEN n > 1 THEN '2026.' || (n - 1) END,
  at, at + interval '40 seconds'
FROM (SELECT n, @now - (:releases - n) * interval '30 hours' AS at FROM generate_series(1, :releases) AS n) AS made"""

# Each release holds the 250 newest submissions with rows that came before it.
_INPUTS = """
INSERT INTO release_inputs (version, submission_id, revision, published, superseded)
SELECT version, used.id, 1, used.accepted - 3, 3
FROM releases, LATERAL (
  SELECT id, accepted FROM submissions
  WHERE status IN ('accepted', 'partly_accepted') AND accepted > 3 AND concluded_at < published_at
  ORDER BY sequence DESC LIMIT 250) AS used"""

_HOLDS = """
INSERT INTO holds (content_hash, previous, candidate, inputs, summary, state, dag_id, run_id, opened_at, answer_by,
  decided_at, decided_by)
SELECT content_hash, previous, previous || '/x', 'i', json_build_object('previous', previous,
  'tallies', json_build_array(),
  'reasons', json_build_array(json_build_object('what', 'beyond', 'where', 'PV22', 'seen', '31 %',
    'threshold', '20 %')),
  'largest', json_build_array()), 'approved', 'merge_kerndataset', 'scheduled__1', reserved_at, published_at,
  published_at, 'engineer'
FROM releases WHERE number % 10 = 0 AND previous IS NOT NULL"""

_NOTICES = """
INSERT INTO notices (id, endpoint, channel, subject, business_key, payload, content_type, status, is_first, attempts,
  spent, due_at, created_at, delivered_at)
SELECT 'N-' || lpad(to_hex(n), 16, '0'), endpoint, 'webhook', 'about-' || n, 'key-' || n, ''::bytea, 'application/json',
  status, status = 'pending', 1, 1, at, at, CASE WHEN status = 'delivered' THEN at + interval '3 seconds' END
FROM (SELECT n,
  (ARRAY['sdg-hub', 'sdg-product-page', 'subscriber', 'ncsc-taxii', 'receipts-mail'])[1 + n % 5] AS endpoint,
  CASE WHEN n % 97 = 0 THEN 'dead' WHEN n > :notices - 300 THEN 'pending' ELSE 'delivered' END AS status,
  @now - (:notices - n) * interval '20 minutes' AS at FROM generate_series(1, :notices) AS n) AS made"""

_ATTEMPTS = """
INSERT INTO attempts (notice_id, number, at, outcome, http_status, detail)
SELECT id, k, created_at + k * interval '2 seconds',
  CASE status WHEN 'delivered' THEN 'delivered' WHEN 'dead' THEN 'dead' ELSE 'retry' END,
  CASE status WHEN 'delivered' THEN 202 ELSE 503 END, 'what the endpoint said'
FROM notices, generate_series(1, 2) AS k WHERE k = 1 OR sequence % 2 = 0"""

_ENDPOINTS = """
INSERT INTO endpoints (name, state, reason, since, failures, probe_at) VALUES
  ('subscriber', 'paused', '401: the key was refused', @now - interval '2 hours', 0, NULL),
  ('ncsc-taxii', 'active', '', @now - interval '9 days', 7, @now + interval '40 seconds')"""

_EVENTS = """
INSERT INTO events (seq, at, kind, subject, data, previous_hash, hash)
SELECT row_number() OVER (ORDER BY at, subject, kind), at, kind, subject, data,
  md5(subject || kind) || md5('a'), md5(subject || kind) || md5('b')
FROM (
  SELECT received_at AS at, 'submission.archived' AS kind, id AS subject,
    json_build_object('province', province, 'place', place, 'name', name) AS data FROM submissions
  UNION ALL
  SELECT concluded_at, 'submission.' || status, id, json_build_object('counts',
    json_build_object('observed', observed, 'accepted', accepted, 'refused', refused)) FROM submissions
    WHERE status IN ('accepted', 'partly_accepted', 'refused')
  UNION ALL
  SELECT published_at, 'release.published', version, json_build_object('inputs', 250, 'published', 60000 + number)
    FROM releases
) AS made"""

_AUDITS = "INSERT INTO audits (at, found, breaches) VALUES (@now - interval '9 hours', 0, '[]')"

_ALERTS = """
INSERT INTO alerts (kind, subject, detail, opened_at)
SELECT 'notice-gave-up', id, endpoint || ' gave up on ' || business_key, due_at FROM notices WHERE status = 'dead'
ORDER BY sequence DESC LIMIT 3"""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything."""

    submissions: int = 50_000
    releases: int = 200
    notices: int = 20_000


SMALL = Sizes(submissions=600, releases=6, notices=200)


def seed(engine: Engine, now: datetime, sizes: Sizes = Sizes()) -> None:
    """Fill an empty, migrated ledger, as if everything happened before ``now``."""
    with engine.begin() as connection:
        _fill(connection, now, sizes)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _fill(connection: Connection, now: datetime, sizes: Sizes) -> None:
    given = {"now": now, "slugs": SLUGS, "provinces": len(SLUGS), "count": sizes.submissions}
    given |= {dataset: [_delivery(slug, dataset) for slug in SLUGS] for dataset in ("indicators", "projects")}
    given |= {"releases": sizes.releases, "notices": sizes.notices}
    statements = (
        *(_SUBMISSIONS, _OUTCOMES, _FINDINGS, _PERIODS, _RELEASES, _INPUTS, _HOLDS, _NOTICES, _ATTEMPTS, _ENDPOINTS),
        *(_EVENTS, _AUDITS, _ALERTS),
    )
    for statement in statements:
        connection.execute(text(statement.replace("@now", "CAST(:now AS timestamptz)")), given)


def _delivery(slug: str, dataset: str) -> str:
    """The name of a province's own delivery of a dataset; one that its source does not know where it has none."""
    own = load_source(slug).own()
    return next((name for name, spec in own.items() if spec.dataset == dataset), dataset)
