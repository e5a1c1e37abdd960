"""Sends every notice that is due: releases to the SDG-style hub, security events to the NCSC-style TAXII server.

**After it runs**: each notice due is delivered, waits for its next attempt, or is a dead letter that a person looks at.
**If it fails**: notices stay in the outbox and the next minute tries again; none is lost and none has a second effect.
**Whom to tell**: the owner of the endpoint when it is paused (401, 403) or a letter is dead.
**Safe to rerun**: always; a notice keeps its id, so the receiver recognises it.
"""

from airflow.sdk import DAG, CronTriggerTimetable, task

from kerndata.airflow import policy, tasks

with DAG(
    "deliver_notices",
    schedule=CronTriggerTimetable("* * * * *", timezone="Europe/Amsterdam"),
    doc_md=__doc__,
    **policy.dag_defaults("notices"),
):
    due_endpoints = task(task_id="due_endpoints")(tasks.due_endpoints)
    task(task_id="deliver")(tasks.deliver).expand(endpoint=due_endpoints())
