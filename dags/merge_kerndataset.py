"""Merges what the twelve provinces have had accepted into one core dataset and publishes it when it is new.

Two Dags, one flow. `merge_kerndataset` starts by itself when at most two provinces have had nothing accepted since its
last run. `merge_kerndataset_net` looks every five minutes for what that misses: late provinces, corrections, lost
events. A candidate that changes more than `include/kerndata/merge/holds.yaml` lets pass **waits for you**: answer in
Required Actions. The request shows what changed and what each answer does; the last release stands meanwhile.

**After it runs**: `latest.json` points to a complete, immutable release, or nothing has changed. `publish` skipped: its
log says whether the candidate was rejected, not answered in time, superseded by a newer one, or published already.
**If it fails**: the last release stands, untouched; a version number may stay unused. `publish` failing halfway is
finished by its next attempt. `hold` failed or marked by hand: clear it, and you are asked again; nothing is published
without an answer. `publish` failed with "is visible now": another release came first, the next run compares again.
**Whom to tell**: the data team when two runs in a row fail.
**By hand**: start it with `merge_anyway` when code or the register of corrections changed and nothing new was accepted.
**Safe to rerun**: always; the same accepted submissions make the same bytes, no second release and no second request.
Clearing `hold` after a reject asks again about the same candidate.
"""

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, CronTriggerTimetable, task

from kerndata.airflow import merge_tasks, policy
from kerndata.airflow.assets import CORE_DATASET, when_nearly_all_provinces_delivered
from kerndata.airflow.hold import HoldOperator

SCHEDULES = {
    "merge_kerndataset": when_nearly_all_provinces_delivered(),
    "merge_kerndataset_net": CronTriggerTimetable("*/5 * * * *", timezone="Europe/Amsterdam"),
}

for dag_id, schedule in SCHEDULES.items():
    with DAG(
        dag_id,
        schedule=schedule,
        doc_md=__doc__,
        params={merge_tasks.ANYWAY: False},
        **policy.dag_defaults("release", runs=2),
    ):
        has_news = task.short_circuit(task_id="has_news")(merge_tasks.has_news)
        # Deliveries still under way are waited for, but never longer than this: one slow province blocks nobody.
        settle = task.sensor(task_id="settle", mode="reschedule", poke_interval=5, timeout=120, soft_fail=True)(
            merge_tasks.is_quiet
        )
        # One at a time, though two runs may be active: while one waits for a person the next one merges.
        candidate = task.branch(task_id="candidate", trigger_rule="none_failed", max_active_tis_per_dag=1)(
            merge_tasks.candidate
        )
        hold = HoldOperator(task_id="hold", candidate="{{ ti.xcom_pull(task_ids='candidate', key='candidate') }}")
        publish = task(task_id="publish", trigger_rule="none_failed_min_one_success", outlets=[CORE_DATASET])(
            merge_tasks.publish
        )
        deliver_notices = TriggerDagRunOperator(task_id="deliver_notices", trigger_dag_id="deliver_notices")

        decided = candidate()
        has_news() >> settle() >> decided >> hold
        [decided, hold] >> publish() >> deliver_notices
