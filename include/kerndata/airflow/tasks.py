"""The body of every task: open the connections, call the library, log one line, return ids (never data).

Heavy libraries are imported inside the bodies, so that a Dag file parses in milliseconds.
"""

from __future__ import annotations

import logging
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from kerndata import __version__
from kerndata.airflow import connections

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from kerndata.model.release import Release

log = logging.getLogger(__name__)


def is_quiet() -> bool:
    """Say whether no delivery waits in any inbox or in the ledger: merging now leaves nothing just behind."""
    from kerndata.intake.receive import fresh_drops, left_waiting
    from kerndata.sources.registry import load_sources

    ledger = connections.ledger()
    under_way = fresh_drops(connections.store(), ledger, load_sources()) | left_waiting(ledger, datetime.now(UTC))
    log.info("still under way: %s", ", ".join(sorted(under_way)) or "nothing")
    return not under_way


def has_news() -> bool:
    """Say whether the ledger holds accepted submissions that are not in the latest release."""
    from kerndata.ledger import releases

    with connections.ledger().transaction() as session:
        return releases.has_news(session)


def release() -> str:
    """Merge what was accepted, compare it with the latest release and publish it; return the version.

    Skips when this content is the latest release already.
    """
    from kerndata.ledger import releases
    from kerndata.notices.announce import release_published
    from kerndata.notices.endpoints import load
    from kerndata.publish.release import prepare, publish

    store, ledger, now = connections.store(), connections.ledger(), datetime.now(UTC)
    base_url = connections.public_url()

    def announce(session: Session, visible: Release) -> None:
        given = releases.inputs(session, visible.version)
        counts = {"submissions": len(given), "observations": sum(one.published for one in given.values())}
        release_published(
            session,
            load(),
            version=visible.version,
            content_hash=visible.content_hash,
            published_at=visible.published_at or now,
            base_url=base_url,
            counts=counts,
            now=now,
        )

    with tempfile.TemporaryDirectory() as folder:
        candidate = prepare(store, ledger, work=Path(folder), code_version=__version__)
        published = publish(store, ledger, candidate, now=now, announce=announce)
    if not published.created:
        raise AirflowSkipException(f"release {published.version} holds this content already")
    log.info("released %s", published.version)
    return published.version


def due_endpoints() -> list[str]:
    """Return the endpoints for which a notice falls due within the next minute."""
    from kerndata.notices import outbox

    with connections.ledger().transaction() as session:
        return outbox.due_endpoints(session, datetime.now(UTC))


def deliver(endpoint: str) -> dict[str, Any]:
    """Send what is due to one endpoint; return what became of it."""
    from dataclasses import asdict

    from kerndata.notices import outbox
    from kerndata.notices.endpoints import find, load

    chosen = find(load(), endpoint)
    with connections.http() as http:
        summary = outbox.deliver_due(
            connections.ledger(), chosen, connections.credentials(chosen.connection), http, lambda: datetime.now(UTC)
        )
    log.info("%s: %s", endpoint, summary)
    return asdict(summary)


def audit() -> None:
    """Verify chain, conservation, archive and releases; raises with one sentence per breach."""
    from kerndata.publish.audit import audit as breaches_of

    breaches = breaches_of(connections.store(), connections.ledger())
    if breaches:
        raise RuntimeError(f"the audit found {len(breaches)} breach(es): " + " | ".join(breaches))
    log.info("audit: chain, conservation, archive and releases hold")
