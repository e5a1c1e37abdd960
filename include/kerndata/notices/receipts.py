"""Receipts by mail, for the steward who never opens a bucket: what happened, what to fix first, the page attached.

Called in the transaction that concludes a submission, so there is never a mail without its verdict. The message is made
complete here, with a Message-ID from submission and revision, and its bytes never change after that.
"""

from collections.abc import Iterable
from datetime import datetime
from email.headerregistry import Address

from sqlalchemy.orm import Session

from kerndata.model.finding import Severity
from kerndata.model.submission import Status
from kerndata.notices import outbox
from kerndata.notices.channels.mail import CONTENT_TYPE
from kerndata.notices.endpoints import Endpoint
from kerndata.notices.letter import letter
from kerndata.notices.redact import file_name
from kerndata.quality.exchange import Exchange, load_exchange
from kerndata.quality.places import short
from kerndata.quality.receipt_model import Receipt
from kerndata.quality.receipt_page import moment_nl
from kerndata.quality.receipt_totals import RuleTotal
from kerndata.quality.receipt_words import KEPT
from kerndata.quality.wording import shown
from kerndata.sources.registry import Source

LONGEST_NAME = 80  # of the file, in a subject that should fit a phone
FIRST = 3  # things to fix that the mail itself names; the page has all of them
PREFERENCE = "Wilt u hem altijd, alleen bij een probleem of niet meer ontvangen? Laat het ons weten."
PROBLEMS = frozenset({Status.PARTLY_ACCEPTED, Status.REFUSED, Status.NOT_CHECKED})


def mail_receipt(
    session: Session, endpoints: Iterable[Endpoint], *, source: Source, receipt: Receipt, html: bytes, now: datetime
) -> str | None:
    """Enqueue the mail of a receipt to the province's contact; the notice's id.

    None when the contact does not want this one, when no endpoint subscribes to receipts, or when this revision of this
    submission was mailed before. ``html``: the receipt's page. ``now``: the moment the mail states.
    """
    endpoint = next((one for one in endpoints if "receipt" in one.subscribes), None)
    if endpoint is None or not wanted(source, receipt):
        return None
    return outbox.enqueue(
        session,
        endpoint=endpoint.name,
        channel=endpoint.channel,
        subject=receipt.submission_id,
        business_key=f"receipt/{receipt.submission_id}/{receipt.revision}/{receipt.status}",
        payload=message(source, receipt, html, now, load_exchange()),
        content_type=CONTENT_TYPE,
        now=now,
    )


def wanted(source: Source, receipt: Receipt) -> bool:
    """Whether the contact wants this receipt by mail; a problem is what they have to act on, or nobody has checked."""
    preference = source.contact.receipts_by_mail
    is_problem = receipt.status in PROBLEMS or any(one.severity == Severity.ERROR for one in receipt.totals)
    return preference == "always" or (preference == "on_problem" and is_problem)


def message(source: Source, receipt: Receipt, html: bytes, now: datetime, exchange: Exchange) -> bytes:
    """The complete mail, the same bytes for the same receipt and moment; a file's name cannot add a header to it."""
    mail = letter(
        exchange,
        to=Address(source.contact.team, addr_spec=source.contact.mail),
        subject=subject(receipt),
        key=f"receipt.{receipt.submission_id}.{receipt.revision}.{receipt.status}",
        date=now,
        language="nl",
        text=text(receipt),
        reply_to=Address(exchange.contact.team, addr_spec=exchange.contact.mail),
    )
    name = f"ontvangstbewijs-{receipt.submission_id}.html"
    mail.add_attachment(html, maintype="text", subtype="html", filename=name, params={"charset": "utf-8"})
    mail.set_boundary(f"=_{receipt.submission_id}_{receipt.revision}")  # "=_" stands in neither of the two encodings
    return mail.as_bytes()


def subject(receipt: Receipt) -> str:
    """What happened, in few words: ``Deels aangenomen: 41 van 45 gegevens · windcijfers.csv``."""
    counts = receipt.counts
    accepted, observed = _number(counts.accepted), _number(counts.observed)
    told = {
        Status.ACCEPTED: f"{accepted} gegevens",
        Status.PARTLY_ACCEPTED: f"{accepted} van {observed} gegevens",
        Status.REFUSED: "er is niets overgenomen",
        Status.DUPLICATE: "er is niets veranderd",
        Status.NOT_CHECKED: "er is nog niets overgenomen",
        Status.ARCHIVED: "er is nog niets overgenomen",
    }.get(receipt.status)
    flawed = ", met een fout" if any(one.rule_id in KEPT for one in receipt.totals) else ""
    outcome = receipt.outcome_nl.capitalize() + flawed + (f": {told}" if told else "")
    again = "Opnieuw beoordeeld: " if receipt.revision > 1 else ""
    return f"{again}{outcome} · {short(file_name(receipt.file.name), LONGEST_NAME)}"


def text(receipt: Receipt) -> str:
    """The mail's own text, enough to act on without opening the page."""
    attached = f"In de bijlage (ontvangstbewijs-{receipt.submission_id}.html) staat alles bij elkaar."
    copy = f" {receipt.marked.note_nl}" if receipt.marked else ""
    parts = (
        f"{receipt.headline_nl}.",
        _facts(receipt),
        receipt.next_nl,
        *_to_fix(receipt),
        f"{attached}{copy} In de map receipts van uw postbus staat hetzelfde: {', '.join(_files(receipt))}.",
        f"Vragen? {receipt.exchange_contact}. Noem het nummer van de inzending.",
        f"Deze mail is automatisch verstuurd aan {receipt.contact}. {PREFERENCE}",
    )
    return "\n\n".join(parts) + "\n"


def _facts(receipt: Receipt) -> str:
    counts = receipt.counts
    taken = f"{_number(counts.accepted)} van {_number(counts.observed)} gegevens"
    rest = f"geweigerd: {_number(counts.refused)}; overgenomen met een opmerking: {_number(counts.flagged)}"
    lines = {
        "Bestand": receipt.file.name,
        "Provincie": receipt.province,
        "Inzending": receipt.submission_id,
        "Ontvangen": moment_nl(receipt.received_at),
        "Overgenomen": f"{taken} ({rest})",
    }
    return "\n".join(f"{name}: {told}" for name, told in lines.items())


def _to_fix(receipt: Receipt) -> list[str]:
    """The first three things to repair: what was refused, or else what we remarked."""
    refused = [one for one in receipt.totals if one.severity == "error"]
    first = (refused or [one for one in receipt.totals if one.severity == "warning"])[:FIRST]
    if not first:
        return []
    lines = [f"{number}. {_one(receipt, total)}" for number, total in enumerate(first, 1)]
    return ["Begin hiermee:\n" + "\n".join(lines)]


def _one(receipt: Receipt, total: RuleTotal) -> str:
    example = next(one for one in receipt.findings if one.rule_id == total.rule_id)
    cause = f"{total.cause_nl} " if total.cause_nl else ""
    place = example.place_nl[:1].upper() + example.place_nl[1:]
    return (
        f"{_number(total.count)} keer ({total.rule_id}). {cause}{place}: {example.message_nl}\n"
        f"   Wat kunt u doen? {total.action_nl}"
    )


def _files(receipt: Receipt) -> list[str]:
    own = [f"{receipt.submission_id}.{suffix}" for suffix in ("html", "json")]
    return own + ([receipt.marked.name] if receipt.marked and receipt.marked.name else [])


def _number(count: int) -> str:
    return shown(float(count), "nl")
