"""The body of every task: open the connections, call the library, log one line, return ids (never data).

Heavy libraries are imported inside the bodies, so that a Dag file parses in milliseconds.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowSkipException

from kerndata import __version__
from kerndata.airflow import connections
from kerndata.airflow.assets import ACCEPTED_SUBMISSIONS

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from kerndata.model.release import Release

log = logging.getLogger(__name__)

BATCH = 50  # files per mapped task; Airflow maps at most 1,024 tasks, a province may drop thousands of files
RETRY_AFTER = timedelta(minutes=10)  # a landing that failed for good is offered again after this


def find_work() -> list[dict[str, str]]:
    """List the inboxes against the ledger; return one trigger per province with something to do.

    The run id is made from the work itself, so that looking again before the landing has started triggers nothing.
    """
    from kerndata.intake.receive import fresh_drops, left_waiting
    from kerndata.sources.registry import load_sources

    ledger, now = connections.ledger(), datetime.now(UTC)
    fresh = fresh_drops(connections.store(), ledger, load_sources())
    left = left_waiting(ledger, now - RETRY_AFTER)
    work = {slug: fresh.get(slug, []) + left.get(slug, []) for slug in sorted({*fresh, *left})}
    for slug, items in work.items():
        log.info("%s: %d waiting", slug, len(items))
    window = int(now.timestamp() // RETRY_AFTER.total_seconds())
    return [
        {"trigger_dag_id": f"land_{slug}", "trigger_run_id": f"drop__{_digest(items)}__{window}"}
        for slug, items in work.items()
    ]


def receive(slug: str) -> list[list[str]]:
    """Archive and register what is new; return the ids of all submissions of the province that wait, in batches."""
    from kerndata.intake.receive import receive_drops, receive_pulls
    from kerndata.ledger import submissions
    from kerndata.sources.registry import load_source
    from kerndata.sources.via import HttpVia

    source, store, ledger, now = load_source(slug), connections.store(), connections.ledger(), datetime.now(UTC)
    found = receive_drops(store, ledger, source, now)
    hosts = {spec.via.connection for spec in source.deliveries.values() if isinstance(spec.via, HttpVia)}
    if hosts:
        urls = {name: connections.base_url(name) for name in hosts}
        with connections.http() as http:
            found += receive_pulls(store, ledger, source, http, urls, now)
    with ledger.transaction() as session:
        waiting = [submission.id for submission in submissions.waiting(session, slug)]
    log.info("%s: %d received, %d to check", slug, len(found), len(waiting))
    return [waiting[start : start + BATCH] for start in range(0, len(waiting), BATCH)]


def process(slug: str, batch: list[str]) -> list[str]:
    """Check and answer a batch of submissions in order; return the ids of those with accepted rows.

    One submission that cannot be checked does not hold up the others: the error is raised after the batch.
    """
    from kerndata.errors import NotChecked
    from kerndata.intake.process import process as process_one
    from kerndata.notices.endpoints import load
    from kerndata.sources.registry import load_source

    source, store, ledger, endpoints = load_source(slug), connections.store(), connections.ledger(), load()
    accepted, not_checked = [], []
    for submission_id in batch:
        try:
            done = process_one(store, ledger, source, submission_id, endpoints, datetime.now(UTC))
        except NotChecked as error:
            log.exception("%s: %s was not checked; it keeps waiting", slug, submission_id)
            not_checked.append(str(error))
            continue
        log.info("%s: %s %s, %s", slug, done.id, done.status, done.counts)
        if done.counts.accepted:
            accepted.append(done.id)
    if not_checked:
        raise NotChecked("; ".join(not_checked))
    return accepted


def announce(slug: str, accepted: Any) -> int:
    """Tell the merge that a province has something new; return how many submissions of it.

    ``accepted`` are the lists that ``process`` returned. Skips, and so emits no asset event, when they are all empty.
    """
    count = sum(len(batch) for batch in accepted or [])
    if not count:
        raise AirflowSkipException("nothing was accepted, so there is nothing to merge")
    get_current_context()["outlet_events"][ACCEPTED_SUBMISSIONS].add_partitions(slug)
    return count


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


def _digest(items: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(items)).encode()).hexdigest()[:12]
