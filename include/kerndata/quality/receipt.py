"""The receipt (*ontvangstbewijs*): what became of one submission, as JSON and as a Dutch page for a data steward.

It depends on the submission, the assessment and the moment given, nothing else: the same input gives the same bytes.
``docs/reference/receipt.schema.json`` describes the JSON for whoever reads it by machine.
"""

from collections.abc import Iterable
from datetime import datetime

from kerndata.model.finding import Finding
from kerndata.model.submission import Counts, Status, Submission
from kerndata.quality.assess import Assessment
from kerndata.quality.exchange import load_exchange
from kerndata.quality.marked import Marked
from kerndata.quality.places import Kind, kind_of, place_nl, short
from kerndata.quality.receipt_model import (
    VERSION,
    ComparisonPart,
    CountsPart,
    FileFacts,
    FindingPart,
    MarkedPart,
    NotCheckedPart,
    Receipt,
)
from kerndata.quality.receipt_page import to_html
from kerndata.quality.receipt_totals import totals
from kerndata.quality.receipt_words import KEPT, NEEDS_HISTORY, NEXT, NEXT_KEPT, OUTCOMES
from kerndata.sources.registry import Source

__all__ = ["VERSION", "Receipt", "build", "to_html", "to_json"]

LONGEST_NAME = 200


def build(
    submission: Submission,
    assessment: Assessment | None,
    source: Source,
    now: datetime,
    *,
    marked: Marked | None = None,
    revision: int | None = None,
    previous_counts: Counts | None = None,
) -> Receipt:
    """The receipt of a submission; ``assessment`` is None for a duplicate or one that could not be checked.

    ``now``: the moment the receipt states, aware of its zone. ``marked``: the province's own file with its findings.
    ``revision`` (the submission's own without one) and ``previous_counts``: the same file assessed again, and what it
    came to before. Raises ValueError when success is claimed over nothing.
    """
    verdict = assessment.verdict if assessment else None
    status = verdict.status if verdict else submission.status
    counts = verdict.counts if verdict else submission.counts
    if verdict and status in (Status.ACCEPTED, Status.PARTLY_ACCEPTED) and not counts.accepted:
        raise ValueError(f"{submission.id}: {status} with no accepted observation; a receipt may not say so")
    outcome, headline = OUTCOMES[status]
    dataset = assessment.dataset if assessment else submission.dataset
    findings = verdict.findings if verdict else ()
    kind = _kind(submission, source)
    name = assessment.file_name if assessment else submission.delivery.name
    return Receipt(
        version=VERSION,
        submission_id=submission.id,
        revision=submission.revision if revision is None else revision,
        province_code=source.province.code,
        province=source.province.name,
        file=FileFacts(name=short(name, LONGEST_NAME), sha256=submission.sha256, size_bytes=submission.size_bytes),
        dataset=dataset,
        delivery=submission.delivery_name,
        status=status,
        outcome_nl=outcome,
        headline_nl=headline,
        next_nl=_next(status, findings),
        received_at=submission.received_at,
        written_at=now,
        counts=CountsPart.model_validate(counts),
        previous_counts=CountsPart.model_validate(previous_counts) if previous_counts else None,
        scores=dict(verdict.scores) if verdict else {},
        totals=tuple(totals(findings, verdict.totals if verdict else {}, dataset, kind, counts.observed)),
        findings=tuple(_part(one, kind) for one in findings),
        comparison=_comparison(assessment),
        not_checked=_not_checked(assessment),
        marked=MarkedPart(name=marked.name if marked.body else None, note_nl=marked.note_nl) if marked else None,
        contact=f"{source.contact.team} ({source.contact.mail})",
        exchange_contact=load_exchange().told_nl,
    )


def _next(status: Status, findings: Iterable[Finding]) -> str:
    is_kept = status in (Status.ACCEPTED, Status.PARTLY_ACCEPTED) and any(one.rule_id in KEPT for one in findings)
    return f"{NEXT[status]} {NEXT_KEPT}" if is_kept else NEXT[status]


def to_json(receipt: Receipt) -> bytes:
    """Pretty JSON in UTF-8, keys in fixed order, ending in a newline."""
    return (receipt.model_dump_json(indent=1) + "\n").encode()


def _kind(submission: Submission, source: Source) -> Kind:
    """A file that matches no delivery was not read: it has no places to name."""
    spec = source.deliveries.get(submission.delivery_name or "")
    return kind_of(spec.format) if spec else Kind.LINES


def _part(one: Finding, kind: Kind) -> FindingPart:
    return FindingPart(
        one.rule_id,
        one.severity.value,
        one.member,
        one.sheet,
        one.row,
        one.column,
        one.header,
        place_nl(one, kind),
        one.value,
        one.message_nl,
        one.message_en,
    )  # fmt: skip


def _comparison(assessment: Assessment | None) -> ComparisonPart | None:
    found = assessment.comparison if assessment else None
    return ComparisonPart.model_validate(found) if found else None


def _not_checked(assessment: Assessment | None) -> tuple[NotCheckedPart, ...]:
    rules = assessment.not_checked if assessment else ()
    return tuple(NotCheckedPart(rule_id=one, about_nl=NEEDS_HISTORY[one]) for one in rules)
