"""The body of the task that pulls the reference. Heavy libraries are imported inside it (parse time)."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from kerndata.airflow import connections

log = logging.getLogger(__name__)


def pull() -> list[str]:
    """Pull every reference table; return the names of the parts that are new."""
    from kerndata.reference.pull import pull_reference
    from kerndata.reference.tables import reference_tables

    spec = reference_tables()
    access = connections.access(spec.connection)
    new = pull_reference(connections.store(), connections.ledger(), spec, access, datetime.now(UTC))
    log.info("reference: %s", ", ".join(new) or "nothing new")
    return new
