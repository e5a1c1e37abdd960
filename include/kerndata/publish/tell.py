"""What publishing, withdrawing and holding tell the outside: notices in the transaction that causes them."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from kerndata.ledger import releases
from kerndata.merge.classification import Classification
from kerndata.model.hold import Hold
from kerndata.model.release import Release
from kerndata.notices.announce import release_held, release_published, release_withdrawn
from kerndata.notices.endpoints import Endpoint


def of_publishing(endpoints: Sequence[Endpoint], base_url: str, now: datetime) -> Callable[[Session, Release], None]:
    """Give the ``announce`` of publishing: one notice per subscribed endpoint, with counts from the ledger."""

    def announce(session: Session, visible: Release) -> None:
        given = releases.inputs(session, visible.version)
        counts = {"submissions": len(given), "observations": sum(one.published for one in given.values())}
        release_published(
            session,
            endpoints,
            version=visible.version,
            content_hash=visible.content_hash,
            published_at=visible.published_at or now,
            base_url=base_url,
            counts=counts,
            now=now,
        )

    return announce


def of_withdrawing(
    endpoints: Sequence[Endpoint], base_url: str, now: datetime
) -> Callable[[Session, Release, str | None], None]:
    """Give the ``announce`` of withdrawing: one notice per subscribed endpoint."""

    def announce(session: Session, withdrawn: Release, stands: str | None) -> None:
        release_withdrawn(
            session,
            endpoints,
            version=withdrawn.version,
            content_hash=withdrawn.content_hash,
            withdrawn_at=withdrawn.withdrawn_at or now,
            base_url=base_url,
            stands=stands,
            now=now,
        )

    return announce


def of_holding(endpoints: Sequence[Endpoint], now: datetime) -> Callable[[Session, Hold, Classification], None]:
    """Give the ``announce`` of a candidate that waits: what passed its threshold and where, without the figures."""

    def announce(session: Session, hold: Hold, found: Classification) -> None:
        release_held(
            session,
            endpoints,
            content_hash=hold.content_hash,
            previous=hold.previous,
            held_at=hold.opened_at,
            answer_by=hold.answer_by,
            reasons=[(one.what, one.where) for one in found.reasons],
            now=now,
        )

    return announce
