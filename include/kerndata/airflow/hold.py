"""The task in which a candidate waits for a person: a request in Airflow's Required Actions.

The task is deferred (``asking``), and its run does not keep others from running (``policy.dag_defaults``). The trigger
answers with no when the time is over, and closes the request when the ledger says that a newer candidate took this
one's place.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowSkipException

from kerndata.airflow import merge_tasks
from kerndata.airflow.asking import LedgerTrigger, write_request
from kerndata.merge.thresholds import load_thresholds
from kerndata.model.hold import HoldState

if TYPE_CHECKING:
    from airflow.sdk import Context

    from kerndata.model.hold import Hold

APPROVE, REJECT, SUPERSEDED = "Approve", "Reject", "Superseded"
MOST_NOTE = 2000
_NOTE = Param(
    "",
    type=["null", "string"],
    maxLength=MOST_NOTE,
    format="multiline",
    title="Note",
    description="Published with the release, in RELEASE.md, as you type it. No names of persons.",
)


class HoldOperator(HITLOperator):
    """Asks a person whether the candidate kept under ``candidate`` may be published, with the comparison as the body.

    Returns the answer (state, by, at, note); skips when the candidate was superseded. Cleared after a no it asks again.
    """

    template_fields = (*HITLOperator.template_fields, "candidate")

    def __init__(self, *, candidate: str, **options: Any) -> None:
        options["params"] = {"note": _NOTE}  # the Dag's own parameters come in here and are no questions to a person
        super().__init__(
            subject="Release the kerndataset?",
            options=[APPROVE, REJECT],
            defaults=REJECT,
            response_timeout=timedelta(hours=load_thresholds().answer_within_hours),
            **options,
        )
        self.candidate = candidate

    def execute(self, context: Context) -> None:
        """Ask, and wait; what an earlier try asked already is only waited for, so that no answer is lost."""
        hold, is_new = merge_tasks.ask(self.candidate)
        if is_new or context["ti"].try_number == 1:
            self._ask(context, hold)
        self._wait(context, hold)

    def _ask(self, context: Context, hold: Hold) -> None:
        """Write the request; an answer on an earlier one of this task is forgotten."""
        from kerndata.merge.classification import Classification
        from kerndata.publish import review

        found = Classification.load(hold.summary)
        self.subject, self.body = review.subject(found), review.body(found, hold)
        write_request(self, context)

    def _wait(self, context: Context, hold: Hold) -> None:
        self.defer(
            trigger=HoldTrigger(
                content_hash=hold.content_hash,
                previous=hold.previous,
                ti_id=context["ti"].id,
                options=self.options,
                defaults=self.defaults,
                params=self.serialized_params,
                timeout_datetime=hold.answer_by,
            ),
            method_name="execute_complete",
        )

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, str | None]:
        """Give the answer as the task ``publish`` enters it in the ledger."""
        if event.get("is_unasked"):
            hold, _ = merge_tasks.ask(self.candidate)
            self._ask(context, hold)
            self._wait(context, hold)
        if event["chosen_options"] == [SUPERSEDED]:
            raise AirflowSkipException(event["params_input"]["note"])
        given = super().execute_complete(context, event)
        user = given["responded_by_user"]
        state = HoldState.APPROVED if given["chosen_options"] == [APPROVE] else HoldState.REJECTED
        if event.get("timedout"):
            state = HoldState.TIMED_OUT
        note = str(given["params_input"].get("note") or "")
        return {
            "state": state.value,
            "by": user["name"] if user else None,
            "at": given["responded_at"].isoformat(),
            "note": note if user else "",
        }


class HoldTrigger(LedgerTrigger):
    """Waits until the request is answered, its time is over, or the ledger says that its candidate is superseded."""

    CLOSED, OWN = SUPERSEDED, ("content_hash", "previous")

    def over(self) -> str | None:
        """Say what took the candidate's place."""
        by = merge_tasks.superseded_by(**self.own)
        return (
            f"Superseded by {by[:16]}: a newer candidate or release took its place. Nobody has to answer."
            if by
            else None
        )
