"""The wait for a person, as far as the ledger has a say in it: it closes what nobody has to answer any more.

The task is deferred, so that it takes no slot however long it waits. An answer resumes it at once. The trigger looks
after the rest; it needs no user of Airflow and no access to Airflow's database for that (ADR 0020).
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.providers.standard.triggers.hitl import HITLTrigger
from airflow.sdk.exceptions import AirflowRuntimeError, TaskAwaitingInput
from airflow.sdk.execution_time.hitl import update_hitl_detail_response
from airflow.triggers.base import TriggerEvent
from asgiref.sync import sync_to_async
from sqlalchemy.exc import SQLAlchemyError

from kerndata.errors import KerndataError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from airflow.sdk import Context

log = logging.getLogger(__name__)


def write_request(operator: HITLOperator, context: Context) -> None:
    """Write the request of an operator; an answer on an earlier one of this task is forgotten, its words stay."""
    with suppress(TaskAwaitingInput):  # that would wait without a trigger, and then the ledger could not close it
        HITLOperator.execute(operator, context)


class LedgerTrigger(HITLTrigger):
    """Waits until the request is answered, its time is over, or the ledger says that nobody has to answer."""

    CLOSED: ClassVar[str]
    """The option that is chosen when the ledger closes the request; none of those that a person has."""
    OWN: ClassVar[tuple[str, ...]]
    """The arguments of the trigger that are its own: what ``over`` has to know."""

    def __init__(self, **options: Any) -> None:
        self.own: dict[str, str] = {name: options.pop(name) for name in self.OWN}
        super().__init__(**options)

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Give class path and arguments."""
        _, arguments = super().serialize()
        return f"{type(self).__module__}.{type(self).__name__}", arguments | self.own

    def over(self) -> str | None:
        """Say why nobody has to answer any more; None while somebody has. May block; loads little."""
        raise NotImplementedError

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield the one event that ends the wait."""
        answered = asyncio.ensure_future(anext(super().run()))
        over = asyncio.ensure_future(self._over())
        closed: TriggerEvent | None = None
        try:
            await asyncio.wait({answered, over}, return_when=asyncio.FIRST_COMPLETED)
            while not (closed or answered.done()):
                closed = await self._close(over.result())
                await asyncio.wait({answered}, timeout=0 if closed else self.poke_interval)
            yield closed or await answered
        except AirflowRuntimeError as error:
            if (error.error.detail or {}).get("status_code") != HTTPStatus.NOT_FOUND:
                raise
            # An earlier try ended before it had asked.
            yield TriggerEvent({"is_unasked": True})  # type: ignore[no-untyped-call]
        finally:
            answered.cancel()
            over.cancel()

    async def _over(self) -> str:
        """Look in the ledger, every few seconds, until nobody has to answer."""
        while True:
            try:
                why = await sync_to_async(self.over)()
            except (SQLAlchemyError, KerndataError) as error:
                log.warning("the ledger does not answer (%s); it is asked again", type(error).__name__)
                why = None
            if why:
                return why
            await asyncio.sleep(self.poke_interval)

    async def _close(self, why: str) -> TriggerEvent | None:
        """Close the request; None when Airflow did not: a person answered, or it is tried again."""
        chosen, given = [self.CLOSED], {"note": why}
        try:
            await sync_to_async(update_hitl_detail_response)(self.ti_id, chosen, given)
        except AirflowRuntimeError:
            return None
        return TriggerEvent({"chosen_options": chosen, "params_input": given})  # type: ignore[no-untyped-call]
