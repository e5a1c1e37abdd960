"""What is announced to whom: called in the transaction that causes it, so there is never one without the other.

An event goes to every endpoint that subscribes to its kind, in the shape its channel has for it: see
``endpoints.CARRIES``. Announcing the same thing twice changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from kerndata.notices import outbox, product
from kerndata.notices.channels import cloudevents, sdg_pdc
from kerndata.notices.endpoints import Endpoint, subscribed
from kerndata.notices.payloads import (
    MOST_REASONS,
    DeliveryRefused,
    Payload,
    ProvinceOverdue,
    Reason,
    ReleaseHeld,
    ReleasePublished,
    ReleaseWithdrawn,
    sequence,
)
from kerndata.quality.receipt_model import Receipt
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
    because a bucket without listing has no page for the folder.
    """
    payload = ReleasePublished(
        version=version,
        content_hash=content_hash,
        published_at=published_at,
        sequence=sequence(version),
        url=f"{base_url.rstrip('/')}/{keys.release_key(version, keys.MANIFEST)}",
        counts=dict(sorted(counts.items())),
    )
    return announce(session, endpoints, payload, f"release/{version}", now)


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

    ``stands``: the release to use now. The reason is not in the message but at the tombstone it points to.
    """
    payload = ReleaseWithdrawn(
        version=version,
        content_hash=content_hash,
        withdrawn_at=withdrawn_at,
        sequence=sequence(version),
        url=f"{base_url.rstrip('/')}/{keys.release_key(version, keys.TOMBSTONE)}",
        stands=stands,
    )
    return announce(session, endpoints, payload, f"release/{version}/withdrawn", now)


def release_held(
    session: Session,
    endpoints: Iterable[Endpoint],
    *,
    content_hash: str,
    previous: str,
    held_at: datetime,
    answer_by: datetime,
    reasons: Sequence[tuple[str, str]],
    now: datetime,
) -> list[str]:
    """Enqueue the notice that a candidate waits for a person; ``reasons``: what passed its threshold, and where.

    The figures themselves are in the request in Airflow and nowhere in the message. One notice per time that it waits.
    """
    payload = ReleaseHeld(
        content_hash=content_hash,
        previous=previous,
        held_at=held_at,
        answer_by=answer_by.astimezone(UTC),
        reasons=tuple(Reason(what=what, where=where) for what, where in reasons[:MOST_REASONS]),
        reason_count=len(reasons),
    )
    return announce(session, endpoints, payload, f"held/{payload.identity}", now)


def province_overdue(
    session: Session,
    endpoints: Iterable[Endpoint],
    *,
    province: str,
    delivery: str,
    period: str,
    due_on: date,
    now: datetime,
) -> list[str]:
    """Enqueue the notice that a province has not delivered what was due; once per delivery and period.

    ``province``: CBS code; ``delivery`` and ``period`` as the source names them.
    """
    payload = ProvinceOverdue(province=province, delivery=delivery, period=period, due_on=due_on, noticed_at=now)
    return announce(session, endpoints, payload, f"overdue/{province}/{delivery}/{period}", now)


def delivery_refused(session: Session, endpoints: Iterable[Endpoint], *, receipt: Receipt, now: datetime) -> list[str]:
    """Enqueue the notice that a delivery was refused whole; once per outcome. Of its receipt only counts and ids go."""
    payload = DeliveryRefused(
        submission=receipt.submission_id,
        revision=receipt.revision,
        province=receipt.province_code,
        dataset=receipt.dataset,
        sha256=receipt.file.sha256,
        size_bytes=receipt.file.size_bytes,
        refused_at=now,
        observed=receipt.counts.observed,
        refused=receipt.counts.refused,
        rules={one.rule_id: one.count for one in sorted(receipt.totals, key=lambda one: one.rule_id)},
    )
    return announce(session, endpoints, payload, f"refused/{receipt.submission_id}/{receipt.revision}", now)


def announce(
    session: Session, endpoints: Iterable[Endpoint], payload: Payload, business_key: str, now: datetime
) -> list[str]:
    """Enqueue one notice per subscribed endpoint, in its channel's shape; ids of those that were not there already."""
    made = []
    for endpoint in subscribed(endpoints, payload.kind):
        if endpoint.channel == "sdg_pdc":
            page = product.page(product.load_product(), payload)
            told = (product.SUBJECT, business_key, page, sdg_pdc.CONTENT_TYPE)
        else:
            event = cloudevents.event(endpoint.publisher, payload, endpoint.language)
            told = (payload.subject, business_key, event, cloudevents.CONTENT_TYPE)
        made.append(_enqueue(session, endpoint, *told, now))
    return [notice for notice in made if notice is not None]


def _enqueue(
    session: Session,
    endpoint: Endpoint,
    subject: str,
    business_key: str,
    payload: bytes,
    content_type: str,
    now: datetime,
) -> str | None:
    return outbox.enqueue(
        session,
        endpoint=endpoint.name,
        channel=endpoint.channel,
        subject=subject,
        business_key=business_key,
        payload=payload,
        content_type=content_type,
        now=now,
    )
