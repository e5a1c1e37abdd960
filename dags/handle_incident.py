"""Asks a person about one security event: is it significant, then the notification, then the final report.

`deliver_notices` starts one run per case. A run waits up to a month and takes no slot meanwhile. What is answered on
the command line (`kerndata incidents`) closes the request here, and the other way round: the ledger decides.

**After it runs**: the case is closed; the CSIRT got every phase, or nothing when it was not significant.
**If it fails**: nothing is lost and the deadlines go on; clear the task, and you are asked again. A request that comes
back after your answer was refused: the log of its task, and the alert `case-answer-refused`, say why. What nobody
decides in time `deliver_notices` sends by itself.
**Whom to tell**: the security officer; docs/runbooks/incident.md says what to do at each step.
**Safe to rerun**: always; what is done is not asked again.
"""

from airflow.sdk import DAG, Param

from kerndata.airflow import policy
from kerndata.airflow.incident import DECISION, IncidentOperator
from kerndata.airflow.incident_tasks import CASE

with DAG(
    "handle_incident",
    schedule=None,
    doc_md=__doc__,
    params={CASE: Param("C-0", type="string", pattern="^C-[0-9]+$", title="Case")},
    **policy.dag_defaults("notices", runs=100),  # as many cases may wait for a person at the same time
):
    case = f"{{{{ params.{CASE} }}}}"
    decide = IncidentOperator(task_id="decide", step=DECISION, case=case)
    notify = IncidentOperator(task_id="notify", step="notification", case=case, trigger_rule="none_failed")
    report = IncidentOperator(task_id="report", step="final", case=case, trigger_rule="none_failed")

    decide >> notify >> report
