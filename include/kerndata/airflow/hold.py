"""The task in which a candidate waits for a person: a request in Airflow's Required Actions.

The task is deferred, so that it takes no slot however long it waits, and its run does not keep others from running
(``policy.dag_defaults``). An answer resumes it at once. The trigger looks after the rest: it answers with no when the
time is over, and closes the request when the ledger says that a newer candidate took this one's place. It needs no
user of Airflow and no access to Airflow's database for that.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.providers.standard.triggers.hitl import HITLTrigger
from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowRuntimeError, AirflowSkipException, TaskAwaitingInput
from airflow.sdk.execution_time.hitl import update_hitl_detail_response
from airflow.triggers.base import TriggerEvent
from asgiref.sync import sync_to_async
from sqlalchemy.exc import SQLAlchemyError

from kerndata.airflow import merge_tasks
from kerndata.errors import KerndataError
from kerndata.merge.thresholds import load_thresholds
from kerndata.model.hold import HoldState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from airflow.sdk import Context

log = logging.getLogger(__name__)

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
        super().__init__(
            subject="Release the kerndataset?",
            options=[APPROVE, REJECT],
            defaults=REJECT,
            params={"note": _NOTE},
            response_timeout=timedelta(hours=load_thresholds().answer_within_hours),
            **options,
        )
        self.candidate = candidate

    def execute(self, context: Context) -> None:
        """Write the request and wait."""
        from kerndata.merge.classification import Classification
        from kerndata.publish import review

        hold = merge_tasks.ask(self.candidate)
        found = Classification.load(hold.summary)
        self.subject, self.body = review.subject(found), review.body(found, hold)
        try:
            super().execute(context)
        except TaskAwaitingInput:  # it would wait without a trigger, and then nothing could supersede it
            self.defer(
                trigger=HoldTrigger(
                    candidate=self.candidate,
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
        if by := event.get("superseded_by"):
            raise AirflowSkipException(f"superseded by {by}; nothing of this candidate is published")
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


class HoldTrigger(HITLTrigger):
    """Waits until the request is answered, its time is over, or its candidate is superseded."""

    def __init__(self, *, candidate: str, **options: Any) -> None:
        super().__init__(**options)
        self.candidate = candidate

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Give class path and arguments."""
        _, arguments = super().serialize()
        return f"{__name__}.{type(self).__name__}", arguments | {"candidate": self.candidate}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield the one event that ends the wait."""
        answered = asyncio.ensure_future(anext(super().run()))
        superseded = asyncio.ensure_future(self._superseded())
        try:
            await asyncio.wait({answered, superseded}, return_when=asyncio.FIRST_COMPLETED)
            if answered.done() or not await self._close(superseded.result()):
                yield await answered
            else:
                yield TriggerEvent({"superseded_by": superseded.result()})  # type: ignore[no-untyped-call]
        finally:
            answered.cancel()
            superseded.cancel()

    async def _superseded(self) -> str:
        """Look in the ledger, every few seconds, until something took the candidate's place."""
        while True:
            try:
                by = await sync_to_async(merge_tasks.superseded_by)(self.candidate)
            except (SQLAlchemyError, KerndataError) as error:
                log.warning("the ledger does not answer (%s); it is asked again", type(error).__name__)
                by = None
            if by:
                return by
            await asyncio.sleep(self.poke_interval)

    async def _close(self, by: str) -> bool:
        """Close the request as superseded; False when a person answered it a moment before."""
        note = f"Superseded by {by[:16]}: a newer candidate or release took its place. Nobody has to answer."
        try:
            await sync_to_async(update_hitl_detail_response)(
                ti_id=self.ti_id, chosen_options=[SUPERSEDED], params_input={"note": note}
            )
        except AirflowRuntimeError:
            return False
        return True
