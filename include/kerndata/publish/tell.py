"""What publishing, withdrawing and holding tell the outside: notices in the transaction that causes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from kerndata.ledger import releases
from kerndata.merge.classification import Classification
from kerndata.model.hold import Hold
from kerndata.model.release import Release
from kerndata.notices.announce import release_held, release_published, release_withdrawn
from kerndata.notices.endpoints import Endpoint


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells every endpoint that subscribes to releases; ``base_url`` is the public address of the bucket with them."""

    endpoints: Sequence[Endpoint]
    base_url: str
    now: datetime

    def published(self, session: Session, visible: Release) -> None:
        """Announce a release, with counts from the ledger."""
        given = releases.inputs(session, visible.version)
        counts = {"submissions": len(given), "observations": sum(one.published for one in given.values())}
        moment = visible.published_at or self.now
        release_published(session, self.endpoints, **self._of(visible), published_at=moment, counts=counts)

    def withdrawn(self, session: Session, taken: Release, stands: str | None) -> None:
        """Announce that a release was withdrawn; ``stands`` is the one to use now."""
        moment = taken.withdrawn_at or self.now
        release_withdrawn(session, self.endpoints, **self._of(taken), withdrawn_at=moment, stands=stands)

    def held(self, session: Session, hold: Hold, found: Classification) -> None:
        """Announce a candidate that waits: what passed its threshold and where, without the figures."""
        release_held(
            session,
            self.endpoints,
            content_hash=hold.content_hash,
            previous=hold.previous,
            held_at=hold.opened_at,
            answer_by=hold.answer_by,
            reasons=[(one.what, one.where) for one in found.reasons],
            now=self.now,
        )

    def _of(self, one: Release) -> dict[str, Any]:
        return {
            "version": one.version,
            "content_hash": one.content_hash,
            "base_url": self.base_url,
            "now": self.now,
        }
