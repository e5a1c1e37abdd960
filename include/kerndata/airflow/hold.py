"""The task in which a candidate waits for a person: a request in Airflow's Required Actions.

The task is deferred, so that it takes no slot however long it waits, and its run does not keep others from running
(``policy.dag_defaults``). An answer resumes it at once. The trigger looks after the rest: it answers with no when the
time is over, and closes the request when the ledger says that a newer candidate took this one's place. It needs no
user of Airflow and no access to Airflow's database for that.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
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

    from kerndata.model.hold import Hold

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
        with suppress(TaskAwaitingInput):  # that would wait without a trigger, and then nothing could supersede it
            super().execute(context)

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


class HoldTrigger(HITLTrigger):
    """Waits until the request is answered, its time is over, or the ledger says that its candidate is superseded."""

    def __init__(self, *, content_hash: str, previous: str, **options: Any) -> None:
        super().__init__(**options)
        self.content_hash, self.previous = content_hash, previous

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Give class path and arguments."""
        _, arguments = super().serialize()
        own = {"content_hash": self.content_hash, "previous": self.previous}
        return f"{__name__}.{type(self).__name__}", arguments | own

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield the one event that ends the wait."""
        answered = asyncio.ensure_future(anext(super().run()))
        superseded = asyncio.ensure_future(self._superseded())
        closed: TriggerEvent | None = None
        try:
            await asyncio.wait({answered, superseded}, return_when=asyncio.FIRST_COMPLETED)
            while not (closed or answered.done()):
                closed = await self._close(superseded.result())
                await asyncio.wait({answered}, timeout=0 if closed else self.poke_interval)
            yield closed or await answered
        except AirflowRuntimeError as error:
            if (error.error.detail or {}).get("status_code") != HTTPStatus.NOT_FOUND:
                raise
            # An earlier try ended before it had asked.
            yield TriggerEvent({"is_unasked": True})  # type: ignore[no-untyped-call]
        finally:
            answered.cancel()
            superseded.cancel()

    async def _superseded(self) -> str:
        """Look in the ledger, every few seconds, until something took the candidate's place."""
        while True:
            try:
                by = await sync_to_async(merge_tasks.superseded_by)(self.content_hash, self.previous)
            except (SQLAlchemyError, KerndataError) as error:
                log.warning("the ledger does not answer (%s); it is asked again", type(error).__name__)
                by = None
            if by:
                return by
            await asyncio.sleep(self.poke_interval)

    async def _close(self, by: str) -> TriggerEvent | None:
        """Close the request as superseded; None when Airflow did not: a person answered, or it is tried again."""
        note = f"Superseded by {by[:16]}: a newer candidate or release took its place. Nobody has to answer."
        chosen, given = [SUPERSEDED], {"note": note}
        try:
            await sync_to_async(update_hitl_detail_response)(self.ti_id, chosen, given)
        except AirflowRuntimeError:
            return None
        return TriggerEvent({"chosen_options": chosen, "params_input": given})  # type: ignore[no-untyped-call]
