"""Alerts inside Airflow: the look with which `deliver_notices` begins, and tasks that fail run after run.

Heavy libraries are imported inside the bodies, so that a Dag file parses in milliseconds.
"""

from __future__ import annotations

import logging
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kerndata import __version__
from kerndata.airflow import connections

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import Context
    from sqlalchemy.orm import Session

    from kerndata.ledger.failures import TaskRun

log = logging.getLogger(__name__)


def watch() -> None:
    """Open and close alerts, enqueue what has to be told of them, and write one line of each to the log."""
    from kerndata.airflow import metrics
    from kerndata.alerting import checks
    from kerndata.alerting.gauges import gauges
    from kerndata.alerting.policy import load_policy
    from kerndata.alerting.tell import tell
    from kerndata.notices.endpoints import load
    from kerndata.notices.watch import deadlines

    policy, endpoints, now = load_policy(), load(), datetime.now(UTC)
    with connections.ledger().transaction() as session:
        deadlines(session, endpoints, now)
        checks.run(checks.Look(session, now, policy.thresholds, __version__, Path(tempfile.gettempdir())))
        found = tell(session, endpoints, policy, now)
        metrics.measured(gauges(session, [one.name for one in endpoints], now))
    for told in found:
        about = ", ".join(row.subject for row in told.rows)
        log.warning("alert %s %s: %s; see %s", told.kind, told.state, about, policy.runbook(told.kind))


def task_failed(context: Context) -> None:
    """Count that a task failed after its own retries."""
    from kerndata.ledger import failures

    _entered(context, lambda session, task: failures.failed(session, task, datetime.now(UTC)))


def task_succeeded(context: Context) -> None:
    """Forget that a task failed: it works again."""
    from kerndata.ledger import failures

    _entered(context, failures.succeeded)


def _entered(context: Context, enter: Callable[[Session, TaskRun], None]) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    from kerndata.errors import KerndataError
    from kerndata.ledger.failures import TaskRun

    ti = context["ti"]
    index = -1 if ti.map_index is None else ti.map_index
    try:
        with connections.ledger().transaction() as session:
            enter(session, TaskRun(ti.dag_id, ti.task_id, index, ti.run_id))
    except (SQLAlchemyError, KerndataError) as error:
        # Most likely why the task failed too; what waits for its answer is noticed by the other checks.
        log.warning("that %s of %s ended is not in the ledger: %s", ti.task_id, ti.dag_id, type(error).__name__)
