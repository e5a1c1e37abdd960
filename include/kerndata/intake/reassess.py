"""Assess an archived submission again, with today's mapping and code; another outcome becomes its next revision.

Earlier outcomes and their rows stay, for the releases they went into. The same outcome changes nothing at all.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import pandas as pd
import pyarrow.parquet as pq
from sqlalchemy.orm import Session

from kerndata.errors import Fenced
from kerndata.intake.answer import answer
from kerndata.intake.documents import document
from kerndata.intake.judge import judge, keep_rows, spec_of
from kerndata.intake.mapping import fingerprint
from kerndata.intake.periods import period_counts
from kerndata.intake.process import open_cases, supersedes_of
from kerndata.intake.rows import as_parquet
from kerndata.intake.withdraw import is_request
from kerndata.ledger import findings, outcomes, periods, submissions
from kerndata.ledger.database import Ledger
from kerndata.merge.order import columns_of, in_order
from kerndata.merge.tables import table_of
from kerndata.model.submission import Status, Submission
from kerndata.notices.endpoints import Endpoint
from kerndata.quality.assess import Assessment
from kerndata.quality.previous import HISTORY_RULES
from kerndata.sources.registry import Source
from kerndata.store import keys
from kerndata.store.client import Store
from kerndata.store.faults import Missing

EVERYTHING = "all"
_JUDGED = (Status.ACCEPTED, Status.PARTLY_ACCEPTED, Status.REFUSED)


def reassess(
    store: Store,
    ledger: Ledger,
    source: Source,
    submission_id: str,
    endpoints: Sequence[Endpoint],
    now: datetime,
) -> Submission:
    """Assess one submission again and answer it anew when its outcome differs; return it as it stands then.

    Its place in the order of submissions stays. What was never judged or may not be (a duplicate, a request, withdrawn,
    withheld from the archive), and what today's source has no delivery for any more, stays as it is. Raises
    ``NotChecked`` when our own checks failed, ``Fenced`` when another attempt revised it: then too nothing changed.
    """
    with ledger.transaction() as session:
        before = submissions.get(session, submission_id)
        known = {one.rule_id: one.count for one in findings.of_submission(session, submission_id)}
    again = _as_today(source, before)
    if again is None:
        return before
    judged = judge(store, ledger, source, again)
    if _is_same(again, judged.assessment, before, known) and _same_rows(store, before, judged.assessment):
        with ledger.transaction() as session:  # the same outcome; of one from before periods were kept, enter them now
            periods.complete(session, before, period_counts(judged.assessment.verdict, spec_of(source, again)))
        return before
    keep_rows(store, again, judged.assessment)
    given = answer(store, source, again, judged.assessment, written_at=now, marked=judged.marked, before=before.counts)
    with ledger.transaction() as session:
        is_revised = _enter(session, source, before, again, judged.assessment, now)
        if is_revised:
            open_cases(session, again, judged.assessment, now)
            given.tell(session, endpoints, source, now)
        found = submissions.get(session, submission_id)
    if found.status is Status.WITHDRAWN:
        answer(store, source, found, None, written_at=found.received_at)
    elif not is_revised:
        raise Fenced(f"submission {submission_id} was assessed again by another attempt; that outcome stands")
    else:
        document(store, found, judged.assessment.verdict)
    return found


def _as_today(source: Source, before: Submission) -> Submission | None:
    """Give the submission as its next revision would be; None when it is not to be assessed again."""
    if before.status not in _JUDGED or before.tombstone or is_request(before):
        return None
    name = before.delivery.name
    is_pull = before.delivery.place.startswith("pull:")
    matched = (name if name in source.deliveries else None) if is_pull else source.delivery_name(name)
    if before.delivery_name and not matched:
        return None
    dataset = source.deliveries[matched].dataset if matched else None
    again = replace(before, revision=before.revision + 1, delivery_name=matched, dataset=dataset)
    return replace(again, supersedes=supersedes_of(source, again))


def _is_same(again: Submission, assessment: Assessment, before: Submission, known: Mapping[str, int]) -> bool:
    """Compare all but the rows. What follows from the delivery before this one is no outcome of the file's own."""
    verdict = assessment.verdict
    found = replace(again, revision=before.revision, status=verdict.status, counts=verdict.counts)
    own = {rule_id: count for rule_id, count in known.items() if rule_id not in HISTORY_RULES}
    return found == before and own == {
        rule_id: count for rule_id, count in verdict.totals.items() if rule_id not in HISTORY_RULES
    }


def _same_rows(store: Store, before: Submission, assessment: Assessment) -> bool:
    slug, verdict = before.province, assessment.verdict
    accepted, refused = (
        keys.accepted_key(before.id, before.revision),
        keys.refused_key(slug, before.id, before.revision),
    )
    return _is_kept(store, keys.STAGING, accepted, verdict.accepted, assessment.dataset) and _is_kept(
        store, keys.QUARANTINE, refused, verdict.refused
    )


def _is_kept(store: Store, bucket: str, key: str, rows: pd.DataFrame, dataset: str | None = None) -> bool:
    """Say whether an object holds these rows, whatever version of the writer made it; no rows have no object.

    Accepted rows are in the order of the release since 2026-11; before, they were as the file had them.
    """
    try:
        kept = pq.read_table(io.BytesIO(store.read(bucket, key)))
    except Missing:
        return not len(rows)
    if dataset and len(kept):
        kept = in_order(kept, columns_of(table_of(dataset)))
    return bool(kept.equals(pq.read_table(io.BytesIO(as_parquet(rows, dataset)))))


def _enter(
    session: Session, source: Source, before: Submission, again: Submission, assessment: Assessment, now: datetime
) -> bool:
    return outcomes.revise(
        session,
        before,
        status=assessment.verdict.status,
        counts=assessment.verdict.counts,
        delivery_name=again.delivery_name,
        dataset=again.dataset,
        findings=findings.totals(assessment.verdict.findings, assessment.verdict.totals),
        by_period=period_counts(assessment.verdict, spec_of(source, again)),
        supersedes=again.supersedes,
        mapping=fingerprint(source, again.delivery_name),
        scores=assessment.verdict.scores,
        now=now,
    )
