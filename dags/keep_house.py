"""Verifies every night that nothing was lost or changed (events, observations, archive, releases), and tidies up.

It also reminds provinces of what they owe, and holds buckets against their limits.

**After it runs**: the chain of events is unbroken, observations in = published + superseded + refused, archived and
published bytes still have the hashes that were recorded; of the Data Docs only the newest of each province and dataset
are left; a province that owes a period has an alert and, at most once a fortnight, a reminder in Dutch.
**If it fails**: the log of `audit` names each breach in one sentence. Publishing goes on; do not repair by hand before
the breach is understood. Where `prune_data_docs` fails nothing but room is lost. **Whom to tell**: the data team and,
for a changed file or event, the security officer.
**Safe to rerun**: always; it only reads, and deletes pages that can be drawn again.
"""

from airflow.sdk import DAG, CronTriggerTimetable, task

from kerndata.airflow import house_tasks, policy, tasks

with DAG(
    "keep_house",
    schedule=CronTriggerTimetable("30 2 * * *", timezone="Europe/Amsterdam"),
    doc_md=__doc__,
    **policy.dag_defaults("house"),
):
    task(task_id="audit")(tasks.audit)()
    task(task_id="overdue")(house_tasks.overdue)()
    task(task_id="mail_digests")(house_tasks.mail_digests)()
    task(task_id="report_visits")(house_tasks.report_visits)()
    task(task_id="prune_data_docs")(house_tasks.prune_data_docs)()
    task(task_id="measure_buckets")(house_tasks.measure_buckets)()
