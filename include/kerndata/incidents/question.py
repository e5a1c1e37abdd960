"""What a person is asked about a case: the words of the request in Airflow's Required Actions."""

from kerndata.incidents import watch
from kerndata.incidents.clock import utc
from kerndata.ledger.tables import CaseRow
from kerndata.model.incident import CaseState, Phase

DECISION = "decision"
_DONE = {
    Phase.NOTIFICATION.value: (CaseState.NOTIFIED, CaseState.CLOSED),
    Phase.FINAL.value: (CaseState.CLOSED,),
}
_CLEAN = "The text may hold nothing personal, no secret and no file name."
_HELP = {
    DECISION: (
        "**Significant** sends the early warning to the CSIRT within a minute. **Not significant** closes the case and "
        "sends nothing. *Why* is needed; it is kept in the ledger and not sent."
    ),
    Phase.NOTIFICATION.value: (
        "A first assessment of severity and impact; it is sent to the CSIRT at once. Leave out numbers that you do not "
        f"know. {_CLEAN}"
    ),
    Phase.FINAL.value: (
        f"What it was, its cause, what was done. It is sent to the CSIRT at once and closes the case. {_CLEAN}"
    ),
}
_REFUSED = (
    "When this request is back after your answer, the answer was refused and nothing was sent: the alert "
    "`case-answer-refused` and the log of this task say why."
)


def over(case: CaseRow, step: str) -> bool:
    """Whether nobody has to answer any more: it was decided or written, or the case is closed."""
    return case.decision is not None if step == DECISION else case.state in _DONE[step]


def subject(case: CaseRow, step: str) -> str:
    """The headline."""
    if step == DECISION:
        return f"{case.name}: is {case.rule_id} in {case.submission_id} significant?"
    return f"{case.name}: write the {Phase(step).words}"


def body(case: CaseRow, step: str) -> str:
    """What one has to know, in Markdown."""
    deadline = dict(watch.steps(case)).get(step)
    counts = ", ".join(f"{key} {value}" for key, value in case.facts.items()) or "no counts"
    lines = [
        f"Rule **{case.rule_id}** in submission `{case.submission_id}` ({counts}); opened {utc(case.opened_at)}.",
        f"**By {utc(deadline)}**." if deadline else "",
        _HELP[step],
        _REFUSED,
        f"The message so far: `kerndata incidents show {case.name}`. What to do: docs/runbooks/incident.md.",
    ]
    return "\n\n".join(line for line in lines if line)
