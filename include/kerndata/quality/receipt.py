"""The receipt (*ontvangstbewijs*): what became of one submission, as JSON and as a Dutch page for a data steward.

It depends on the submission, the verdict and the moment given, nothing else: the same input gives the same bytes.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, StrictUndefined, Template
from pydantic import AwareDatetime, BaseModel, ConfigDict

from kerndata.contracts.contract import delivery_rule, load_contract
from kerndata.model.finding import Finding
from kerndata.model.submission import Status, Submission
from kerndata.quality.assess import Assessment
from kerndata.quality.wording import shown
from kerndata.sources.registry import Source

VERSION = "1.0"
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SAMPLES_PER_COLUMN = 5  # on the page; the JSON lists every finding
OUTCOMES: Mapping[Status, tuple[str, str]] = {
    Status.ACCEPTED: ("aangenomen", "Uw levering is aangenomen"),
    Status.PARTLY_ACCEPTED: ("deels aangenomen", "Uw levering is deels aangenomen"),
    Status.REFUSED: ("geweigerd", "Uw levering is geweigerd"),
    Status.DUPLICATE: ("al ontvangen", "Dit bestand hadden wij al ontvangen"),
    Status.NOT_CHECKED: ("nog niet gecontroleerd", "Uw levering is ontvangen, maar nog niet gecontroleerd"),
    Status.ARCHIVED: ("nog niet gecontroleerd", "Uw levering is ontvangen en wacht op controle"),
}
NEXT: Mapping[Status, str] = {
    Status.ACCEPTED: "De gegevens gaan mee in de volgende uitgave van de kerndataset.",
    Status.PARTLY_ACCEPTED: (
        "De goede gegevens gaan mee in de volgende uitgave van de kerndataset. Verbeter de geweigerde gegevens en "
        "lever het hele bestand opnieuw aan; nieuwe gegevens vervangen dan de oude."
    ),
    Status.REFUSED: (
        "Van dit bestand is niets overgenomen; wat u eerder hebt aangeleverd, blijft staan. Verbeter het bestand en "
        "lever het opnieuw aan."
    ),
    Status.DUPLICATE: "U hoeft niets te doen: de inhoud is gelijk aan uw laatste levering, en die blijft staan.",
    Status.NOT_CHECKED: (
        "U hoeft niets te doen. Er ging iets mis aan onze kant; wij zijn gewaarschuwd. U krijgt een nieuw "
        "ontvangstbewijs zodra het bestand is gecontroleerd. Tot die tijd wordt er niets van gepubliceerd."
    ),
    Status.ARCHIVED: "U hoeft niets te doen. U krijgt een nieuw ontvangstbewijs zodra het bestand is gecontroleerd.",
}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileFacts(_Part):
    """The file as we have it."""

    name: str
    sha256: str
    size_bytes: int


class CountsPart(_Part):
    """Observations; ``observed = accepted + refused``. ``other_rows``: titles, headers, blanks, footers."""

    observed: int
    accepted: int
    refused: int
    flagged: int
    other_rows: int


class RuleTotal(_Part):
    """How often one rule was not met, and what to do about it."""

    rule_id: str
    severity: str
    count: int
    action_nl: str


class FindingPart(_Part):
    """One finding, with its place as a spreadsheet shows it; row 1 is the first row of the file."""

    rule_id: str
    severity: str
    member: str | None
    sheet: str | None
    row: int | None
    column: str | None
    value: str | None
    message_nl: str
    message_en: str


class Receipt(_Part):
    """Everything a receipt says; ``receipt.schema.json`` beside this module describes its JSON."""

    version: str
    submission_id: str
    province_code: str
    province: str
    file: FileFacts
    dataset: str | None
    status: Status
    outcome_nl: str
    headline_nl: str
    next_nl: str
    received_at: AwareDatetime
    written_at: AwareDatetime
    counts: CountsPart
    scores: dict[str, float]
    totals: tuple[RuleTotal, ...]
    findings: tuple[FindingPart, ...]
    contact: str


def build(submission: Submission, assessment: Assessment | None, source: Source, now: datetime) -> Receipt:
    """The receipt of a submission; ``assessment`` is None for a duplicate or one that could not be checked.

    ``now``: the moment the receipt states, aware of its zone. Raises ValueError when success is claimed over nothing.
    """
    verdict = assessment.verdict if assessment else None
    status = verdict.status if verdict else submission.status
    counts = verdict.counts if verdict else submission.counts
    if verdict and status in (Status.ACCEPTED, Status.PARTLY_ACCEPTED) and not counts.accepted:
        raise ValueError(f"{submission.id}: {status} with no accepted observation; a receipt may not say so")
    outcome, headline = OUTCOMES[status]
    dataset = assessment.dataset if assessment else submission.dataset
    return Receipt(
        version=VERSION,
        submission_id=submission.id,
        province_code=source.province.code,
        province=source.province.name,
        file=FileFacts(
            name=assessment.file_name if assessment else submission.delivery.name,
            sha256=submission.sha256,
            size_bytes=submission.size_bytes,
        ),
        dataset=dataset,
        status=status,
        outcome_nl=outcome,
        headline_nl=headline,
        next_nl=NEXT[status],
        received_at=submission.received_at,
        written_at=now,
        counts=CountsPart.model_validate(counts, from_attributes=True),
        scores=dict(verdict.scores) if verdict else {},
        totals=tuple(_totals(verdict.findings, dataset)) if verdict else (),
        findings=tuple(FindingPart.model_validate(one, from_attributes=True) for one in verdict.findings)
        if verdict
        else (),
        contact=f"{source.contact.team} ({source.contact.mail})",
    )


def to_json(receipt: Receipt) -> bytes:
    """Pretty JSON in UTF-8, keys in fixed order, ending in a newline."""
    content = receipt.model_dump(mode="json")
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def to_html(receipt: Receipt) -> bytes:
    """One self-contained Dutch page, without scripts or anything from elsewhere."""
    return _template().render(receipt=receipt, groups=list(_groups(receipt))).encode()


def _totals(findings: Iterable[Finding], dataset: str | None) -> Iterable[RuleTotal]:
    first: dict[str, Finding] = {}
    counts: dict[str, int] = {}
    for one in findings:
        first.setdefault(one.rule_id, one)
        counts[one.rule_id] = counts.get(one.rule_id, 0) + 1
    for rule_id, one in first.items():
        rule = load_contract(dataset).rule(rule_id) if dataset else delivery_rule(rule_id)
        yield RuleTotal(rule_id=rule_id, severity=one.severity, count=counts[rule_id], action_nl=rule.action_nl)


def _groups(receipt: Receipt) -> Iterable[dict[str, Any]]:
    """Per rule its total and at most ``SAMPLES_PER_COLUMN`` findings of each column, in one pass over all findings."""
    shown_of: dict[str, list[FindingPart]] = {}
    seen: dict[tuple[str, str | None, str | None, str | None], int] = {}
    for one in receipt.findings:
        column = (one.rule_id, one.member, one.sheet, one.column)
        seen[column] = seen.get(column, 0) + 1
        if seen[column] <= SAMPLES_PER_COLUMN:
            shown_of.setdefault(one.rule_id, []).append(one)
    for total in receipt.totals:
        yield {"total": total, "shown": shown_of[total.rule_id]}


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"number": _number, "moment": _moment}
    text = files("kerndata.quality").joinpath("templates/receipt.html").read_text(encoding="utf-8")
    return environment.from_string(text)


def _number(count: int) -> str:
    return shown(float(count), "nl")


def _moment(moment: datetime) -> str:
    """The moment in Dutch time, as people read it."""
    local = moment.astimezone(AMSTERDAM)
    return f"{local:%d-%m-%Y} om {local:%H:%M} uur"
