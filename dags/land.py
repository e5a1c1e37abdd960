"""Takes in everything {name} delivers: archive, check, keep the good rows, return the bad ones, answer with a receipt.

**After it runs**: every file in `{inbox}/drop/`{pulls} has a receipt in `{inbox}/receipts/`; accepted rows are in
`staging`, refused rows with their reasons in `quarantine`; the merge knows that {name} has something new.
**By hand**: the parameter `reprocess` takes submission ids, or `all`: they are assessed again from the archive with
today's mapping; what comes out otherwise than before becomes a next revision with a new receipt. `pull` off leaves the
province's API alone.
**If it fails**: what was received stays in the archive and is checked by the next run; the last release stands.
`receive_drops` failing: look at the S3 connection. `process_…` failing with *not checked*: our checks broke or
disagree; the submission waits and no receipt says otherwise. Failing with files that *wait*: the malware scanner or S3
did not answer{pull_hint}; they are tried again within ten minutes. **Whom to tell**: {mail} only if their file is the
cause.
**Safe to rerun**: always; a delivery is received, checked and answered once.
"""

from airflow.sdk import DAG, task

from kerndata.airflow import landing, landing_tasks
from kerndata.airflow.assets import ACCEPTED_SUBMISSIONS, MAY_BE_URGENT

for source in landing.sources():
    slug = source.province.slug
    with DAG(
        f"land_{slug}",
        schedule=landing.schedule(source),
        doc_md=landing.runbook(__doc__, source),
        params=landing.parameters(),
        **landing.defaults(source),
    ):
        # Two ways in that never wait for each other: the inbox, and the API of a province that has one.
        for way, receive in landing_tasks.ways(source).items():
            received = task(task_id=f"receive_{way}")(receive)(slug)
            # One at a time over all runs, so that a province full of slow files takes one slot.
            process = task(task_id=f"process_{way}", max_active_tis_per_dag=1, outlets=[MAY_BE_URGENT])(
                landing_tasks.process
            )
            announce = task(
                task_id=f"announce_{way}",
                outlets=[ACCEPTED_SUBMISSIONS],
                trigger_rule="none_failed_min_one_success",
            )(landing_tasks.announce)

            process.partial(slug=slug).expand_kwargs(received) >> announce(slug)
