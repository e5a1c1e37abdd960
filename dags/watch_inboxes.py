"""Looks every minute into the twelve inboxes and starts a landing where something waits.

**After it runs**: for each province with a new file, or with a submission not yet checked, `land_<province>` runs.
**If it fails**: nothing is lost; files stay in the inbox and the next minute looks again. Look at the S3 and ledger
connections first. **Whom to tell**: nobody for one failure; the platform team after ten minutes.
**Safe to rerun**: always; the same work never starts a second landing within ten minutes.
"""

from datetime import timedelta

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, CronTriggerTimetable, task

from kerndata.airflow import landing, landing_tasks, policy

with DAG(
    "watch_inboxes",
    schedule=CronTriggerTimetable("* * * * *", timezone="Europe/Amsterdam"),
    doc_md=__doc__,
    dagrun_timeout=timedelta(minutes=5),
    **policy.dag_defaults("intake"),
):
    find_work = task(task_id="find_work")(landing_tasks.find_work)
    TriggerDagRunOperator.partial(
        task_id="start_landing", conf={landing.PULL: False}, skip_when_already_exists=True
    ).expand_kwargs(find_work())
