"""Figures for a dashboard, through Airflow's own metrics: StatsD or OpenTelemetry, as its ``[metrics]`` section says.

Names begin with ``kerndata.`` after Airflow's own prefix; tags are province, dataset, status, endpoint and kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk.observability import stats

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    from kerndata.alerting.gauges import Gauge
    from kerndata.model.submission import Submission


def processed(done: Iterable[Submission], took: timedelta) -> None:
    """Count what a batch of submissions came to, and how long it took."""
    slug = ""
    for one in done:
        slug = one.province
        tags = {"province": slug, "dataset": one.dataset or "unknown"}
        stats.incr("kerndata.submissions", tags=tags | {"status": one.status.value})
        stats.incr("kerndata.rows.accepted", one.counts.accepted, tags=tags)
        stats.incr("kerndata.rows.refused", one.counts.refused, tags=tags)
    if slug:
        stats.timing("kerndata.process.duration", took, tags={"province": slug})


def published(took: timedelta) -> None:
    """Count a release, and how long publishing took."""
    stats.incr("kerndata.releases")
    stats.timing("kerndata.publish.duration", took)


def delivered(endpoint: str, *, sent: int, retried: int, dead: int, took: timedelta) -> None:
    """Count what one run did for one endpoint."""
    for name, count in (("delivered", sent), ("retried", retried), ("given_up", dead)):
        stats.incr(f"kerndata.notices.{name}", count, tags={"endpoint": endpoint})
    stats.timing("kerndata.notices.duration", took, tags={"endpoint": endpoint})


def measured(found: Iterable[Gauge]) -> None:
    """Send gauges."""
    for one in found:
        stats.gauge(one.name, one.value, tags=one.tags)
