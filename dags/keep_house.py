"""Verifies every night that nothing was lost or changed: chain of events, observations, archive, releases.

**After it runs**: the chain of events is unbroken, observations in = published + superseded + refused, archived and
published bytes still have the hashes that were recorded.
**If it fails**: the log names each breach in one sentence. Publishing goes on; do not repair by hand before the breach
is understood. **Whom to tell**: the data team and, for a changed file or event, the security officer.
**Safe to rerun**: always; it only reads.
"""

from airflow.sdk import DAG, CronTriggerTimetable, task

from kerndata.airflow import policy, tasks

with DAG(
    "keep_house",
    schedule=CronTriggerTimetable("30 2 * * *", timezone="Europe/Amsterdam"),
    doc_md=__doc__,
    **policy.dag_defaults("house"),
):
    task(task_id="audit")(tasks.audit)()
