"""Pulls the national figures of CBS that the sums of the provinces are held against.

**After it runs**: what CBS serves now is in the archive under its hash, and the next release holds its national values
against it (`reconciliation.csv`). A reference alone makes no new release.
**If it fails**: the figures of the last pull go on counting; releases are made as before. *No connection
kerndata_cbs*: enter it. *The table was changed*: CBS renamed a column; edit `include/kerndata/reference/tables.yaml`.
**Whom to tell**: the data team when it fails a week long.
**Safe to rerun**: always; the same figures again change nothing.
"""

from airflow.sdk import DAG, CronTriggerTimetable, task

from kerndata.airflow import policy, reference_tasks

with DAG(
    "pull_reference",
    schedule=CronTriggerTimetable("15 4 * * *", timezone="Europe/Amsterdam"),
    doc_md=__doc__,
    **policy.dag_defaults("reference"),
):
    task(task_id="pull")(reference_tasks.pull)()
