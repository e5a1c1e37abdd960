"""The bodies of the nightly tasks that tidy up; heavy libraries are imported inside them."""

import logging
from datetime import UTC, datetime

from kerndata.airflow import connections

log = logging.getLogger(__name__)


def overdue() -> list[str]:
    """Alert to provinces that owe something and remind them; return their slugs."""
    from kerndata.alerting.overdue import watch
    from kerndata.notices.endpoints import load
    from kerndata.sources.registry import load_sources

    with connections.ledger().transaction() as session:
        found = watch(session, load(), load_sources(), datetime.now(UTC))
    log.info("overdue: %s", ", ".join(found) or "nobody")
    return found


def measure_buckets() -> list[str]:
    """Hold every bucket against its limit; return how full each is."""
    from kerndata.alerting.policy import load_policy
    from kerndata.alerting.room import watch

    found = watch(connections.store(), connections.ledger(), load_policy().thresholds, datetime.now(UTC))
    for one in found:
        log.info("%s", one)
    return [str(one) for one in found]


def prune_data_docs() -> int:
    """Delete the Data Docs that are not among the newest; return how many."""
    from kerndata.intake.documents import KEPT, prune

    gone = prune(connections.store())
    log.info("Data Docs: %d deleted, the newest %d of each province and dataset kept", gone, KEPT)
    return gone
