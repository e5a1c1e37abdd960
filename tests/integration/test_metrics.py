"""The figures that leave for a dashboard, caught by a real StatsD listener; every one of them is on the page."""

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from airflow.sdk._shared.observability.metrics.base_stats_logger import NoStatsLogger
from airflow.sdk._shared.observability.metrics.statsd_logger import SafeStatsdLogger
from airflow.sdk.observability import stats
from sqlalchemy import text
from statsd import StatsClient

from kerndata.airflow import metrics
from kerndata.alerting.gauges import gauges
from kerndata.ledger import Ledger, alerts, submissions
from kerndata.ledger.tables import Base
from kerndata.model.alert import AlertKind
from kerndata.model.submission import Counts, Delivery, Status, Submission
from kerndata.notices import outbox

REPOSITORY = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
RULES = REPOSITORY / "deploy" / "prometheus" / "kerndata.rules.yaml"
PAGE = REPOSITORY / "docs" / "how-to" / "lineage.md"


@contextmanager
def listener() -> Iterator[socket.socket]:
    """A StatsD server on loopback, and Airflow's metrics sent to it with their tags."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        port = server.getsockname()[1]
        client = StatsClient("127.0.0.1", port, prefix="airflow")
        logger = SafeStatsdLogger(client, statsd_influxdb_enabled=True, influxdb_tags_enabled=True)
        stats.initialize(factory=lambda: logger, export_legacy_names=False)
        try:
            yield server
        finally:
            client.close()
            stats.initialize(factory=NoStatsLogger, export_legacy_names=False)


def caught(server: socket.socket, count: int) -> list[str]:
    return sorted(server.recv(2048).decode() for _ in range(count))


def submission(session: object, name: str, status: Status, counts: Counts) -> Submission:
    one = submissions.register(
        session,  # type: ignore[arg-type]
        Delivery("drenthe", "inbox-drenthe", name, "v", NOW),
        sha256=name,
        size_bytes=1,
        dataset="indicators",
        delivery_name="wind",
        now=NOW,
    )
    submissions.conclude(session, one.id, status=status, counts=counts, dataset="indicators", findings=[], now=NOW)  # type: ignore[arg-type]
    return submissions.get(session, one.id)  # type: ignore[arg-type]


@pytest.fixture
def _empty(ledger: Ledger) -> Iterator[None]:
    yield
    with ledger.transaction() as session:
        session.execute(text(f"TRUNCATE {', '.join(Base.metadata.tables)}"))


@pytest.mark.stack
@pytest.mark.usefixtures("_empty")
def test_rows_refusals_and_durations_are_counted_by_province(ledger: Ledger) -> None:
    with ledger.transaction() as session:
        one = submission(session, "a", Status.PARTLY_ACCEPTED, Counts(45, 41, 4))
    with listener() as server:
        metrics.processed([one], timedelta(seconds=2))
        told = caught(server, 4)
    assert told == [
        "airflow.kerndata.process.duration,province=drenthe:2000.000000|ms",
        "airflow.kerndata.rows.accepted,province=drenthe,dataset=indicators:41|c",
        "airflow.kerndata.rows.refused,province=drenthe,dataset=indicators:4|c",
        "airflow.kerndata.submissions,province=drenthe,dataset=indicators,status=partly_accepted:1|c",
    ]


@pytest.mark.stack
@pytest.mark.usefixtures("_empty")
def test_queues_and_alerts_are_gauges_and_what_is_nought_is_told_too(ledger: Ledger) -> None:
    with ledger.transaction() as session:
        message = {"channel": "webhook", "subject": "s", "payload": b"{}", "content_type": "application/json"}
        outbox.enqueue(session, endpoint="hub", business_key="k", now=NOW - timedelta(minutes=2), **message)  # type: ignore[arg-type]
        alerts.open_(session, AlertKind.MERGE_LATE, "kerndata", "late", NOW)
        found = {(one.name, *one.tags.values()): one.value for one in gauges(session, ["hub", "quiet"], NOW)}
    assert found["kerndata.notices.waiting", "hub"] == 1
    assert found["kerndata.notices.oldest_seconds", "hub"] == 120
    assert (found["kerndata.notices.waiting", "quiet"], found["kerndata.notices.dead", "quiet"]) == (0, 0)
    assert (found["kerndata.alerts.open", "merge-late"], found["kerndata.alerts.open", "audit-failed"]) == (1, 0)
    assert (found["kerndata.deliveries.waiting",], found["kerndata.watch.at_seconds",]) == (0, NOW.timestamp())


def sent() -> set[str]:
    """Every name that the code sends."""
    code = "".join(
        (REPOSITORY / "include" / "kerndata" / one).read_text(encoding="utf-8")
        for one in ("airflow/metrics.py", "alerting/gauges.py")
    )
    code = code.replace("{told}", "waiting").replace("{name}", "delivered")
    return set(re.findall(r'"(kerndata\.[a-z_.]+)"', code))


def test_every_metric_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert len(sent()) > 10
    assert [name for name in sent() if name not in page and f"`.{name.rpartition('.')[2]}`" not in page] == []


def test_the_rules_speak_of_metrics_that_are_sent_and_of_runbooks_that_exist() -> None:
    told = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    known = {f"airflow_{name.replace('.', '_')}" for name in sent()} | {"airflow_kerndata_notices_oldest_seconds"}
    for rule in told["groups"][0]["rules"]:
        assert set(re.findall(r"airflow_kerndata_[a-z_]+", rule["expr"])) <= known, rule["alert"]
        assert {"summary", "description", "runbook_url"} == set(rule["annotations"])
        page = rule["annotations"]["runbook_url"].rpartition("/")[2]
        assert "{{" in page or (REPOSITORY / "docs" / "runbooks" / page).exists()


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed (Debian: prometheus)")
def test_prometheus_itself_accepts_the_rules() -> None:
    done = subprocess.run(["promtool", "check", "rules", RULES], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
