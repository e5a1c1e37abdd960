"""Merges what the twelve provinces have had accepted into one core dataset and publishes it when it is new.

Two Dags, one flow. `merge_kerndataset` starts by itself when at most two provinces have had nothing accepted since its
last run. `merge_kerndataset_net` looks every five minutes for what that misses: late provinces, corrections, lost
events.

**After it runs**: `latest.json` points to a complete, immutable release, or nothing has changed.
**If it fails**: the last release stands, untouched; a version number may stay unused. `release` failing halfway is
finished by its next attempt. **Whom to tell**: the data team when two runs in a row fail.
**Safe to rerun**: always; the same accepted submissions make the same bytes, and no second release.
"""

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, CronTriggerTimetable, task

from kerndata.airflow import policy, tasks
from kerndata.airflow.assets import CORE_DATASET, when_nearly_all_provinces_delivered

SCHEDULES = {
    "merge_kerndataset": when_nearly_all_provinces_delivered(),
    "merge_kerndataset_net": CronTriggerTimetable("*/5 * * * *", timezone="Europe/Amsterdam"),
}

for dag_id, schedule in SCHEDULES.items():
    with DAG(dag_id, schedule=schedule, doc_md=__doc__, **policy.dag_defaults("release")):
        has_news = task.short_circuit(task_id="has_news")(tasks.has_news)
        # Deliveries still under way are waited for, but never longer than this: one slow province blocks nobody.
        settle = task.sensor(task_id="settle", mode="reschedule", poke_interval=5, timeout=120, soft_fail=True)(
            tasks.is_quiet
        )
        release = task(task_id="release", trigger_rule="none_failed", outlets=[CORE_DATASET])(tasks.release)
        deliver_notices = TriggerDagRunOperator(task_id="deliver_notices", trigger_dag_id="deliver_notices")

        has_news() >> settle() >> release() >> deliver_notices
