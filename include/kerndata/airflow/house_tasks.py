"""The bodies of the nightly tasks that tidy up; heavy libraries are imported inside them."""

import logging
from contextlib import closing
from datetime import UTC, datetime

from airflow.sdk import Variable
from airflow.sdk.exceptions import AirflowSkipException

from kerndata.airflow import connections

ACCESS_LOG = "kerndata_access_log"
"""The Airflow variable that says where the web server's access log is: a path with ``*``."""

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


def mail_digests() -> list[str]:
    """Enqueue the digest of the last period for every reader who has not had it; return the ids of the notices."""
    from kerndata.notices.digest import load_readers, mail_digests
    from kerndata.notices.endpoints import load

    readers = load_readers()
    if not readers.readers:
        raise AirflowSkipException("nobody is in notices/readers.yaml")
    key, now = connections.digest_key(), datetime.now(UTC)
    with connections.ledger().transaction() as session:
        return mail_digests(session, load(), readers, base_url=connections.public_url(), key=key, now=now)


def report_visits() -> list[str]:
    """Enqueue the visits of the last month for every endpoint that wants statistics; return the ids of the notices."""
    from kerndata.notices.access_log import read_lines
    from kerndata.notices.endpoints import load
    from kerndata.notices.statistics import last_month, month_passed
    from kerndata.notices.transport import Transport
    from kerndata.notices.visits import is_whole

    pattern = Variable.get(ACCESS_LOG, default=None)
    if not pattern:
        raise AirflowSkipException(f"the variable {ACCESS_LOG} names no access log: no visits are reported")
    now, ledger = datetime.now(UTC), connections.ledger()
    if not is_whole(read_lines(pattern), last_month(now)):
        raise AirflowSkipException(f"the access log does not hold the whole of {last_month(now)}: it is not reported")
    made = []
    for endpoint in (one for one in load() if "statistics" in one.subscribes):
        credentials = connections.credentials(endpoint.connection)
        with connections.http() as http, closing(Transport(http, credentials, lambda: datetime.now(UTC))) as transport:
            notice = month_passed(
                ledger,
                endpoint,
                transport,
                month=last_month(now),
                log_lines=read_lines(pattern),
                public_url=connections.public_url(),
                now=now,
            )
        made.append(notice)
    return [one for one in made if one]


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
