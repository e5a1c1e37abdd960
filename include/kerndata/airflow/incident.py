"""The tasks in which a case waits for a person: a decision, then two forms, in Airflow's Required Actions.

An answer is entered in the ledger when the task resumes, and one on the command line closes the request (``asking``).
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import AirflowSkipException, ParamValidationError

from kerndata.airflow import incident_tasks
from kerndata.airflow.asking import LedgerTrigger, write_request
from kerndata.errors import Fenced, KerndataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Context

log = logging.getLogger(__name__)

DECISION = "decision"
SIGNIFICANT, NOT_SIGNIFICANT, SEND, DONE = "Significant", "Not significant", "Send", "Done elsewhere"
MOST_WHY = 2000
MISSHAPEN = "A field of the form is missing, or what is in it does not fit it. Nothing was sent."


class IncidentOperator(HITLOperator):
    """Asks a person for one step of a case: ``decision``, ``notification`` or ``final``.

    Skips when the ledger says that it is done. An answer that may not be taken (no reason, something personal in the
    text) is refused with an alert, and the request comes back.
    """

    template_fields = (*HITLOperator.template_fields, "case")

    def __init__(self, *, step: str, case: str, **options: Any) -> None:
        # The ledger ends the wait, not Airflow: this only keeps the operator from taking `execution_timeout` for it.
        super().__init__(
            subject=step,
            options=[SIGNIFICANT, NOT_SIGNIFICANT] if step == DECISION else [SEND],
            response_timeout=timedelta(days=366),
            **options,
        )
        self.step, self.case = step, case

    def execute(self, context: Context) -> None:
        """Ask, and wait; what an earlier try asked already is only waited for, so that no answer is lost."""
        self._ask(context, is_new=context["ti"].try_number == 1)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> str:
        """Enter the answer; ask again when it may not be taken. Gives what the ledger says of the case then."""
        if event.get("is_unasked"):
            self._ask(context)
        if event.get("chosen_options") == [DONE]:
            raise AirflowSkipException(event["params_input"]["note"])
        try:
            return self._enter(context, event)
        except Fenced as error:
            raise AirflowSkipException(str(error)) from error
        except KerndataError as error:
            why = str(error)
        except (ParamValidationError, ValueError):  # they repeat what was filled in
            why = MISSHAPEN
        return self._refuse(context, why)

    def _enter(self, context: Context, event: dict[str, Any]) -> str:
        if "error" in event:
            raise KerndataError(MISSHAPEN)
        self.params = form(self.step)
        given = super().execute_complete(context, event)
        by, fields = given["responded_by_user"]["name"], given["params_input"]
        if self.step == DECISION:
            is_significant = given["chosen_options"] == [SIGNIFICANT]
            case = incident_tasks.decide(
                self.case, is_significant=is_significant, why=str(fields.get("why") or ""), by=by
            )
        else:
            case = incident_tasks.write(self.case, self.step, fields, by)
        return f"{case.name} is {case.state}"

    def _refuse(self, context: Context, why: str) -> NoReturn:
        log.warning("the answer was refused: %s", why)
        incident_tasks.refused(self.case, self.step, why)
        self._ask(context)

    def _ask(self, context: Context, *, is_new: bool = True) -> NoReturn:
        words = incident_tasks.question(self.case, self.step)
        if words is None:
            raise AirflowSkipException(f"{self.step} of {self.case} is done, or the case is closed")
        (self.subject, self.body), self.params = words, form(self.step)
        if is_new:
            write_request(self, context)
        self.defer(
            trigger=IncidentTrigger(
                case=self.case,
                step=self.step,
                ti_id=context["ti"].id,
                options=self.options,
                params=self.serialized_params,
                timeout_datetime=None,
            ),
            method_name="execute_complete",
        )


class IncidentTrigger(LedgerTrigger):
    """Waits until the request is answered or the ledger says that the step is done."""

    CLOSED, OWN = DONE, ("case", "step")

    def over(self) -> str | None:
        """Say what became of the step."""
        return incident_tasks.over(self.own["case"], self.own["step"])


def form(step: str) -> ParamsDict:
    """The fields a person fills in; made when they are asked for, because a Dag file is parsed without the library."""
    if step == DECISION:
        why = Param("", type=["null", "string"], maxLength=MOST_WHY, format="multiline", title="Why")
        return ParamsDict({"why": why})
    return ParamsDict({name: _field(name, schema) for name, schema in incident_tasks.fields().items()})


def _field(name: str, schema: Mapping[str, Any]) -> Param:
    """One field: nothing is chosen beforehand, so that nobody sends a judgement that they did not make."""
    shown: dict[str, Any] = {"title": name.replace("_", " ").capitalize(), "description": schema.get("description")}
    if "enum" in schema:
        shown["values_display"] = {"null": "– choose –"}
        return Param(None, type=["null", "string"], enum=[None, *schema["enum"]], **shown)
    if schema.get("type") == "array":
        choices = schema["items"].get("enum")
        return Param([], type="array", items={"type": "string"}, **shown, **({"examples": choices} if choices else {}))
    if "anyOf" in schema:
        return Param(None, type=["null", "integer"], minimum=0, **shown)
    return Param("", type=["null", "string"], format="multiline", **shown)
