"""From an archived submission to its receipt: check, keep the good rows, quarantine the others, answer, conclude.

Every object written is derived from the archived bytes and the ledger alone, so that a second attempt, also one that
runs at the same time, writes the same bytes. The ledger's ``conclude`` comes last and lets exactly one attempt through.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from kerndata.errors import Fenced
from kerndata.incidents.cases import open_case
from kerndata.intake import withdraw
from kerndata.intake.answer import Answer, answer
from kerndata.intake.documents import document
from kerndata.intake.judge import judge, keep_rows, spec_of
from kerndata.intake.mapping import fingerprint
from kerndata.intake.periods import period_counts
from kerndata.ledger import submissions
from kerndata.ledger.database import Ledger
from kerndata.ledger.findings import totals
from kerndata.model.submission import Status, Submission, Supersedes
from kerndata.notices.endpoints import Endpoint
from kerndata.quality.assess import Assessment
from kerndata.sources.registry import Source
from kerndata.store.client import Store

# Rules whose breach says that somebody used a right they should not have, or that a file carries what may do harm or
# concerns a person (DESIGN §10): a case is opened for each.
SECURITY_RULES = frozenset(
    {
        "F-DDE",
        "F-MACRO",
        "F-MALWARE",
        "F-OTHER-PROVINCE",
        "F-PERSONAL-COLUMN",
        "F-PERSONAL-TEXT",
        "H-FORMULA",
        "H-INITIATOR-PRIVATE",
        "H-PERSONAL-DATA",
    }
)


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
        return _answer_duplicate(store, ledger, source, submission, endpoints, now)
    if withdraw.is_request(submission):
        return withdraw.carry_out(store, ledger, source, submission, endpoints, now)
    judged = judge(store, ledger, source, submission)
    keep_rows(store, submission, judged.assessment)
    given = answer(
        store, source, submission, judged.assessment, written_at=submission.received_at, marked=judged.marked
    )
    concluded = _conclude(store, ledger, source, submission, judged.assessment, given, endpoints, now)
    document(store, concluded, judged.assessment.verdict)
    return concluded


def supersedes_of(source: Source, submission: Submission) -> Supersedes:
    """Say what a submission's delivery replaces: row by row, or whole."""
    return source.deliveries[submission.delivery_name].supersedes if submission.delivery_name else "rows"


def open_cases(session: Session, submission: Submission, assessment: Assessment, now: datetime) -> None:
    """Open a case for each security rule that a submission broke; once per submission and rule."""
    verdict = assessment.verdict
    for rule_id in sorted(SECURITY_RULES & verdict.totals.keys()):
        facts = {"rows": verdict.counts.observed}
        open_case(session, submission=submission, rule_id=rule_id, facts=facts, now=now)


def _answer_duplicate(
    store: Store,
    ledger: Ledger,
    source: Source,
    submission: Submission,
    endpoints: Sequence[Endpoint],
    now: datetime,
) -> Submission:
    given = answer(store, source, submission, None, written_at=submission.received_at)
    with ledger.transaction() as session:
        if submissions.answer_duplicate(session, submission.id, now):
            given.mail(session, endpoints, source, now)
        return submissions.get(session, submission.id)


def _conclude(
    store: Store,
    ledger: Ledger,
    source: Source,
    submission: Submission,
    assessment: Assessment,
    given: Answer,
    endpoints: Sequence[Endpoint],
    now: datetime,
) -> Submission:
    """Let one attempt through; a submission that was withdrawn meanwhile gets the receipt that says so."""
    verdict = assessment.verdict
    with ledger.transaction() as session:
        concluded = submissions.conclude(
            session,
            submission.id,
            status=verdict.status,
            counts=verdict.counts,
            dataset=submission.dataset,
            findings=totals(verdict.findings, verdict.totals),
            by_period=period_counts(verdict, spec_of(source, submission)),
            supersedes=supersedes_of(source, submission),
            mapping=fingerprint(source, submission.delivery_name),
            scores=verdict.scores,
            now=now,
        )
        found = submissions.get(session, submission.id)
        if concluded:
            open_cases(session, submission, assessment, now)
            given.tell(session, endpoints, source, now)
            return found
    if found.status is not Status.WITHDRAWN:
        raise Fenced(f"submission {submission.id} was concluded by another attempt; its receipt and rows stand")
    answer(store, source, found, None, written_at=submission.received_at)
    return found
