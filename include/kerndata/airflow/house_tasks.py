"""The bodies of the nightly tasks that tidy up; heavy libraries are imported inside them."""

import logging

from kerndata.airflow import connections

log = logging.getLogger(__name__)


def prune_data_docs() -> int:
    """Delete the Data Docs that are not among the newest; return how many."""
    from kerndata.intake.documents import KEPT, prune

    gone = prune(connections.store())
    log.info("Data Docs: %d deleted, the newest %d of each province and dataset kept", gone, KEPT)
    return gone
