"""The one place for what every Dag shares: owner, retries, time zone, limits."""

from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

from kerndata.airflow import alerting

OWNER = "kerndata"

# What heals is tried again soon; what does not heal is not tried again at all: a person has to look.
RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception=[
                "kerndata.errors.ConfigurationError",
                "kerndata.errors.Conflict",
                "kerndata.errors.NotChecked",
                "kerndata.fetch.errors.PullError",
            ],
            action=RetryAction.FAIL,
            reason="does not heal by trying again",
        ),
        RetryRule(
            exception=["kerndata.errors.Transient", "kerndata.errors.Fenced"],
            action=RetryAction.RETRY,
            retry_delay=timedelta(seconds=20),
            reason="heals by itself: an outside service did not answer, or another attempt was first",
        ),
    ],
)


def task_defaults() -> dict[str, Any]:
    """Return the ``default_args`` of every Dag."""
    return {
        "owner": OWNER,
        "retries": 4,
        "retry_delay": timedelta(seconds=10),
        "retry_policy": RETRY_POLICY,
        "execution_timeout": timedelta(minutes=15),
        "on_failure_callback": alerting.task_failed,
        "on_success_callback": alerting.task_succeeded,
    }


def dag_defaults(*tags: str, runs: int = 1) -> dict[str, Any]:
    """Return the keyword arguments that every Dag passes to ``DAG``.

    One run at a time: steps are safe to run twice at once, but a second run only repeats work. A Dag whose run may wait
    for a person has ``runs`` 2: one waits, one works on what comes after it. No start date: with
    one, Airflow begins with the last run before now, and a fresh exchange would pull before anything was delivered.
    """
    return {
        "catchup": False,
        "max_active_runs": runs,
        "default_args": task_defaults(),
        "tags": ["kerndata", *tags],
    }
