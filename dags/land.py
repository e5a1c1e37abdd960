"""Takes in everything {name} delivers: archive, check, keep the good rows, return the bad ones, answer with a receipt.

**After it runs**: every file in `{inbox}/drop/`{pulls} has a receipt in `{inbox}/receipts/`; accepted rows are in
`staging`, refused rows with their reasons in `quarantine`; the merge knows that {name} has something new.
**If it fails**: what was received stays in the archive and is checked by the next run; the last release stands.
`receive` failing: look at the S3 connection{pull_hint}. `process` failing with *not checked*: our checks broke or
disagree; the submission waits and no receipt says otherwise. **Whom to tell**: {mail} only if their file is the cause.
**Safe to rerun**: always; a delivery is received, checked and answered once.
"""

from airflow.sdk import DAG, task

from kerndata.airflow import landing, policy, tasks
from kerndata.airflow.assets import ACCEPTED_SUBMISSIONS

for source in landing.sources():
    slug = source.province.slug
    with DAG(
        f"land_{slug}",
        schedule=landing.schedule(source),
        doc_md=landing.runbook(__doc__, source),
        max_active_tasks=2,  # so that one province never takes every slot of the executor
        **policy.dag_defaults("intake", slug),
    ):
        receive = task(task_id="receive")(tasks.receive)
        process = task(task_id="process")(tasks.process)
        announce = task(task_id="announce", outlets=[ACCEPTED_SUBMISSIONS], trigger_rule="none_failed")(tasks.announce)

        announce(slug, process.partial(slug=slug).expand(batch=receive(slug)))
