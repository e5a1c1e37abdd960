"""What is announced to whom: called in the transaction that causes it, so there is never one without the other."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from kerndata.ledger import events
from kerndata.ledger.tables import CaseRow
from kerndata.model.submission import Submission
from kerndata.notices import outbox
from kerndata.notices.channels import cloudevents, taxii
from kerndata.notices.endpoints import Endpoint, Kind
from kerndata.store import keys


def release_published(
    session: Session,
    endpoints: Iterable[Endpoint],
    *,
    version: str,
    content_hash: str,
    published_at: datetime,
    base_url: str,
    counts: Mapping[str, int],
    now: datetime,
) -> list[str]:
    """Enqueue the notice of a new release for every endpoint that subscribes to releases; ids of the new notices.

    ``base_url``: public address of the bucket with releases. The notice points at the release's ``datapackage.json``,
    because a bucket without listing has no page for the folder. Doing it twice for one version changes nothing.
    """
    url = f"{base_url.rstrip('/')}/{keys.release_key(version, 'datapackage.json')}"
    facts = cloudevents.ReleaseFacts(version, content_hash, published_at, url, counts)
    messages = {
        endpoint: cloudevents.published(endpoint.publisher, facts) for endpoint in _subscribed(endpoints, "release")
    }
    return _enqueue(session, messages, version, f"release/{version}", cloudevents.CONTENT_TYPE, now)


def release_withdrawn(
    session: Session,
    endpoints: Iterable[Endpoint],
    *,
    version: str,
    content_hash: str,
    withdrawn_at: datetime,
    base_url: str,
    stands: str | None,
    now: datetime,
) -> list[str]:
    """Enqueue the notice that a release was withdrawn for every endpoint that subscribes to releases.

    ``stands``: the release to use now. The reason is not in the message but at the tombstone it points to. Doing it
    twice for one version changes nothing.
    """
    url = f"{base_url.rstrip('/')}/{keys.release_key(version, keys.TOMBSTONE)}"
    facts = cloudevents.WithdrawalFacts(version, content_hash, withdrawn_at, url, stands)
    messages = {
        endpoint: cloudevents.withdrawn(endpoint.publisher, facts) for endpoint in _subscribed(endpoints, "release")
    }
    return _enqueue(session, messages, version, f"release/{version}/withdrawn", cloudevents.CONTENT_TYPE, now)


def security_event(
    session: Session,
    endpoints: Iterable[Endpoint],
    *,
    submission: Submission,
    rule_id: str,
    facts: Mapping[str, object],
    now: datetime,
) -> UUID:
    """Open a case for a security event and enqueue its early warning at once; the incident's UUIDv4.

    A person's decision before sending, and the later phases of the incident, come with the notices issue. One case per
    submission and rule: doing it twice changes nothing. Of ``facts`` only counts and province codes are kept
    (``taxii.allowed_facts``): the ledger's findings hold the rest.
    """
    case = _case(session, submission, rule_id, taxii.allowed_facts(facts), now)
    incident = taxii.Incident(case.incident_id, case.opened_at, case.rule_id, case.facts)
    messages = {
        endpoint: taxii.early_warning(endpoint.publisher, submission, incident)
        for endpoint in _subscribed(endpoints, "security")
    }
    key = f"case/{submission.id}/{rule_id}/early-warning"
    _enqueue(session, messages, f"incident--{case.incident_id}", key, taxii.CONTENT_TYPE, now)
    return case.incident_id


def _case(
    session: Session, submission: Submission, rule_id: str, facts: Mapping[str, int | str], now: datetime
) -> CaseRow:
    """The case of this submission and rule, opened now if there is none: its UUIDv4 exists before any send."""
    events.lock(session)
    values = {
        "submission_id": submission.id,
        "rule_id": rule_id,
        "state": "assess",
        "incident_id": uuid4(),
        "facts": dict(facts),
        "opened_at": now,
    }
    statement = insert(CaseRow).values(values).on_conflict_do_nothing(index_elements=["submission_id", "rule_id"])
    opened = session.scalar(statement.returning(CaseRow.incident_id))
    if opened is not None:
        events.append(session, "case.opened", submission.id, {"rule": rule_id, "incident": str(opened)}, now)
    key = (CaseRow.submission_id == submission.id, CaseRow.rule_id == rule_id)
    return session.scalars(select(CaseRow).where(*key)).one()


def _enqueue(
    session: Session,
    messages: Mapping[Endpoint, bytes],
    subject: str,
    business_key: str,
    content_type: str,
    now: datetime,
) -> list[str]:
    made = [
        outbox.enqueue(
            session,
            endpoint=endpoint.name,
            channel=endpoint.channel,
            subject=subject,
            business_key=business_key,
            payload=payload,
            content_type=content_type,
            now=now,
        )
        for endpoint, payload in messages.items()
    ]
    return [notice for notice in made if notice is not None]


def _subscribed(endpoints: Iterable[Endpoint], kind: Kind) -> list[Endpoint]:
    return [endpoint for endpoint in endpoints if kind in endpoint.subscribes]
