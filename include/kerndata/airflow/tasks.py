"""The body of every task: open the connections, call the library, log one line, return ids (never data).

Heavy libraries are imported inside the bodies, so that a Dag file parses in milliseconds.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from kerndata.airflow import connections

log = logging.getLogger(__name__)


def due_endpoints() -> list[str]:
    """Return the endpoints for which a notice falls due within the next minute."""
    from kerndata.notices import outbox

    with connections.ledger().transaction() as session:
        return outbox.due_endpoints(session, datetime.now(UTC))


def deliver(endpoint: str) -> dict[str, Any]:
    """Send what is due to one endpoint; return what became of it."""
    from dataclasses import asdict

    from kerndata.airflow import metrics
    from kerndata.notices import outbox
    from kerndata.notices.endpoints import find, load

    chosen, began = find(load(), endpoint), datetime.now(UTC)
    with connections.http() as http:
        summary = outbox.deliver_due(
            connections.ledger(), chosen, connections.credentials(chosen.connection), http, lambda: datetime.now(UTC)
        )
    took = datetime.now(UTC) - began
    metrics.delivered(endpoint, sent=summary.delivered, retried=summary.retried, dead=summary.dead, took=took)
    log.info("%s: %s", endpoint, summary)
    return asdict(summary)


def audit() -> None:
    """Verify chain, conservation, archive and releases, enter the result; alerts and raises with each breach."""
    from kerndata.alerting.checks import EXCHANGE
    from kerndata.ledger import alerts, audits
    from kerndata.model.alert import AlertKind
    from kerndata.publish.audit import audit as breaches_of

    ledger = connections.ledger()
    breaches = breaches_of(connections.store(), ledger)
    found = {EXCHANGE: f"{len(breaches)} breach(es): {breaches[0]}"} if breaches else {}
    with ledger.transaction() as session:
        audits.enter(session, breaches, datetime.now(UTC))
        alerts.keep(session, AlertKind.AUDIT_FAILED, found, datetime.now(UTC))
    if breaches:
        raise RuntimeError(f"the audit found {len(breaches)} breach(es): " + " | ".join(breaches))
    log.info("audit: chain, conservation, archive and releases hold")
