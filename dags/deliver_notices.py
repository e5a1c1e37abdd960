"""Sends every notice that is due, or falls due within a minute, to its endpoint; nothing else in the exchange does.

Runs every minute, when a release was published, and when a landing met a security event. It begins with the cases
(`include/kerndata/incidents`): the early warning of one that nobody decided about in time is enqueued, and
`handle_incident` is started for every new one. Then it looks at what somebody has to be alerted to
(`include/kerndata/alerting/policy.yaml`): those alerts are notices too.

**After it runs**: alerts are open for exactly what is wrong now, and each was told once; each notice due is delivered,
waits for its next attempt, or is a dead letter that a person looks at.
**If it fails**: notices stay in the outbox and the next minute tries again; none is lost and none has a second effect.
**Whom to tell**: the owner of the endpoint when it is paused (401, 403), disabled (410) or a letter is dead:
`kerndata notices list` shows them; docs/runbooks/endpoint-down.md and docs/runbooks/dead-letters.md say what to do.
**Safe to rerun**: always; a notice keeps its id, so the receiver recognises it.
"""

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, task

from kerndata.airflow import alerting, incident_tasks, policy, tasks
from kerndata.airflow.assets import every_minute_and_when_urgent

with DAG(
    "deliver_notices",
    schedule=every_minute_and_when_urgent(),
    doc_md=__doc__,
    **policy.dag_defaults("notices", runs=2),  # one may wait for an endpoint that does not answer
):
    new_cases = task(task_id="watch_cases")(incident_tasks.watch_cases)()
    TriggerDagRunOperator.partial(
        task_id="handle_incident", trigger_dag_id="handle_incident", skip_when_already_exists=True
    ).expand_kwargs(new_cases)
    # Looked at and sent all the same when what comes before failed.
    watch = task(task_id="watch", trigger_rule="all_done")(alerting.watch)
    due_endpoints = task(task_id="due_endpoints", trigger_rule="all_done")(tasks.due_endpoints)
    # One task per endpoint: each is as slow as its own receiver, at most a minute and one time-out.
    endpoints = due_endpoints()
    new_cases >> watch() >> endpoints
    task(task_id="deliver")(tasks.deliver).expand(endpoint=endpoints)
