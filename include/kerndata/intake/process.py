"""From an archived submission to its receipt: check, keep the good rows, quarantine the others, answer, conclude.

Every object written is derived from the archived bytes and the ledger alone, so that a second attempt, also one that
runs at the same time, writes the same bytes. The ledger's ``conclude`` comes last and lets exactly one attempt through.
"""

import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from kerndata.errors import Fenced, NotChecked
from kerndata.intake.rows import as_parquet
from kerndata.ledger import submissions
from kerndata.ledger.database import Ledger
from kerndata.ledger.findings import totals
from kerndata.model.submission import Status, Submission
from kerndata.notices.announce import security_event
from kerndata.notices.endpoints import Endpoint
from kerndata.quality.assess import Assessment, assess
from kerndata.quality.receipt import build, to_html, to_json
from kerndata.sources.registry import Source
from kerndata.store import keys
from kerndata.store.client import Store

# Rules whose breach says that somebody used a right they should not have (DESIGN §10): a case is opened for each.
SECURITY_RULES = frozenset({"F-OTHER-PROVINCE"})
PARQUET = "application/vnd.apache.parquet"


def process(
    store: Store,
    ledger: Ledger,
    source: Source,
    submission_id: str,
    endpoints: Sequence[Endpoint],
    now: datetime,
) -> Submission:
    """Check one submission and answer it; return it as concluded.

    Raises ``NotChecked`` when our own checks failed: the submission keeps waiting and nothing of it is published.
    Raises ``Fenced`` when another attempt concluded it meanwhile.
    """
    with ledger.transaction() as session:
        submission = submissions.get(session, submission_id)
    if submission.concluded_at:
        return submission
    if submission.status is Status.DUPLICATE:
        return _answer_duplicate(store, ledger, source, submission, now)
    with tempfile.TemporaryDirectory() as folder:
        assessment = check_archived(store, source, submission, Path(folder))
    _keep(store, source, submission, assessment)
    _answer(store, source, submission, assessment)
    return _conclude(ledger, submission, assessment, endpoints, now)


def check_archived(store: Store, source: Source, submission: Submission, folder: Path) -> Assessment:
    """Assess the archived bytes of a submission; ``folder`` receives a working copy.

    Raises ``NotChecked`` for whatever goes wrong in our own code, so that one file never stops the ones behind it.
    """
    slug = source.province.slug
    path = folder / "delivered"
    store.fetch(keys.ARCHIVE, keys.raw_key(slug, submission.sha256), path)
    spec = source.deliveries[submission.delivery_name] if submission.delivery_name else None
    try:
        return assess(path, source=source, spec=spec, submission_id=submission.id, file_name=file_name(submission))
    except NotChecked:
        raise
    except Exception as error:
        raise NotChecked(f"{submission.id} of {slug}: {type(error).__name__}: {error}") from error


def file_name(submission: Submission) -> str:
    """Return the name by which the province knows its file."""
    return submission.delivery.name.removeprefix(keys.DROP)


def _keep(store: Store, source: Source, submission: Submission, assessment: Assessment) -> None:
    """Write the accepted rows to staging and the refused ones, with their reasons, to quarantine."""
    verdict = assessment.verdict
    targets = (
        (verdict.accepted, keys.STAGING, keys.accepted_key(submission.id)),
        (verdict.refused, keys.QUARANTINE, keys.refused_key(source.province.slug, submission.id)),
    )
    for rows, bucket, key in targets:
        if len(rows):
            store.put(bucket, key, as_parquet(rows), content_type=PARQUET)


def _answer_duplicate(
    store: Store, ledger: Ledger, source: Source, submission: Submission, now: datetime
) -> Submission:
    _answer(store, source, submission, None)
    with ledger.transaction() as session:
        submissions.answer_duplicate(session, submission.id, now)
        return submissions.get(session, submission.id)


def _answer(store: Store, source: Source, submission: Submission, assessment: Assessment | None) -> None:
    """Put the receipt into the province's inbox; its moment is that of receiving, so that it is the same every time."""
    receipt = build(submission, assessment, source, submission.received_at)
    inbox = keys.inbox(source.province.slug)
    store.put(inbox, keys.receipt_key(submission.id, "html"), to_html(receipt), content_type="text/html; charset=utf-8")
    store.put(inbox, keys.receipt_key(submission.id, "json"), to_json(receipt), content_type="application/json")


def _conclude(
    ledger: Ledger, submission: Submission, assessment: Assessment, endpoints: Sequence[Endpoint], now: datetime
) -> Submission:
    verdict = assessment.verdict
    with ledger.transaction() as session:
        concluded = submissions.conclude(
            session,
            submission.id,
            status=verdict.status,
            counts=verdict.counts,
            dataset=submission.dataset,
            findings=totals(verdict.findings),
            now=now,
        )
        if not concluded:
            raise Fenced(f"submission {submission.id} was concluded by another attempt; its receipt and rows stand")
        for rule_id in sorted(SECURITY_RULES & verdict.totals.keys()):
            security_event(
                session,
                endpoints,
                submission=submission,
                rule_id=rule_id,
                facts={"rows": verdict.counts.observed},
                now=now,
            )
        return submissions.get(session, submission.id)
