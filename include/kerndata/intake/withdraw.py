"""A province takes a delivery back: a file ``drop/withdraw/<submission id>``, whatever it holds, asks for it.

The request is a delivery like any other, with a receipt of its own; the receipt of what was withdrawn says so too.
"""

import re
from collections.abc import Sequence
from datetime import datetime

from kerndata.errors import Fenced
from kerndata.intake.answer import answer
from kerndata.intake.judge import file_name
from kerndata.ledger import outcomes, submissions
from kerndata.ledger.database import Ledger
from kerndata.ledger.findings import totals
from kerndata.ledger.outcomes import Answer
from kerndata.model.submission import WITHDRAW, Counts, Status, Submission
from kerndata.notices.endpoints import Endpoint
from kerndata.quality.assess import Assessment
from kerndata.quality.verdict import of_file
from kerndata.quality.wording import word_file
from kerndata.sources.registry import Source
from kerndata.store.client import Store

RULES = {
    "F-WITHDRAWN": "Info: the submission was withdrawn at this request (facts: target, file, accepted).",
    "F-WITHDRAW-AGAIN": "Info: the submission had been withdrawn before (facts: target).",
    "F-WITHDRAW-REPEAT": "Error: the submission repeats another one, which can be withdrawn (facts: target, original).",
    "F-WITHDRAW-UNKNOWN": "Error: the province has no such submission (facts: target).",
}
_RULE_OF = {
    Answer.DONE: "F-WITHDRAWN",
    Answer.AGAIN: "F-WITHDRAW-AGAIN",
    Answer.REPEAT: "F-WITHDRAW-REPEAT",
    Answer.UNKNOWN: "F-WITHDRAW-UNKNOWN",
}
_ID = re.compile(r"s-(?P<digits>[0-9a-f]{16})(\.[^/]*)?", re.IGNORECASE)


def is_request(submission: Submission) -> bool:
    """Say whether a submission asks to withdraw another."""
    return submission.delivery.name.startswith(WITHDRAW)


def wanted(submission: Submission) -> str:
    """Give the submission id that a request names, in our spelling; the name as it is when it holds no id."""
    name = submission.delivery.name.removeprefix(WITHDRAW)
    found = _ID.fullmatch(name.strip())
    return f"S-{found['digits'].lower()}" if found else name


def carry_out(
    store: Store,
    ledger: Ledger,
    source: Source,
    request: Submission,
    endpoints: Sequence[Endpoint],
    now: datetime,
) -> Submission:
    """Withdraw what a request names, answer it and conclude it; return it as concluded.

    The withdrawal itself comes first and names its request, so that a second attempt gives the same answer.
    """
    with ledger.transaction() as session:
        found, target = outcomes.withdraw(session, request, wanted(request), now)
    if found is Answer.DONE and target:
        answer(store, source, target, None, written_at=request.received_at)
    assessment = _assessment(request, found, target)
    given = answer(store, source, request, assessment, written_at=request.received_at)
    with ledger.transaction() as session:
        concluded = submissions.conclude(
            session,
            request.id,
            status=assessment.verdict.status,
            counts=Counts(),
            dataset=None,
            findings=totals(assessment.verdict.findings, assessment.verdict.totals),
            now=now,
        )
        if not concluded:
            raise Fenced(f"request {request.id} was concluded by another attempt; its receipt stands")
        given.mail(session, endpoints, source, now)
        return submissions.get(session, request.id)


def _assessment(request: Submission, found: Answer, target: Submission | None) -> Assessment:
    facts = {
        "target": wanted(request),
        "original": target.id if target else "",
        "file": file_name(target) if target else "",
        "accepted": target.counts.accepted if target else 0,
    }
    finding = word_file(_RULE_OF[found], facts, value=wanted(request))
    status = Status.WITHDRAWAL if found in {Answer.DONE, Answer.AGAIN} else Status.REFUSED
    return Assessment(file_name(request), None, of_file(status, finding))
