"""Alerts are told once when they begin and once when they are over, those of one kind together.

A message is enqueued for every endpoint that subscribes to ``alert`` and the alerts are marked, in one transaction; the
outbox does the rest. What began and ended before anybody looked is told to nobody: it healed by itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from kerndata.alerting.policy import Policy, Rule
from kerndata.ledger import alerts
from kerndata.ledger.tables import AlertRow
from kerndata.model.alert import AlertKind
from kerndata.notices import announce, outbox
from kerndata.notices.channels.mail import CONTENT_TYPE
from kerndata.notices.endpoints import Endpoint
from kerndata.notices.letter import letter
from kerndata.notices.payloads import MOST_SUBJECTS, AlertTold
from kerndata.quality.exchange import load_exchange

State = Literal["open", "over"]


@dataclass(frozen=True, slots=True)
class Told:
    """Alerts of one kind that one message is about; ``still``: how many of the kind are open besides."""

    kind: AlertKind
    state: State
    rows: Sequence[AlertRow]
    still: int

    @property
    def key(self) -> str:
        """What tells this message from every other: an alert begins once and ends once."""
        return f"{self.rows[0].id}-{self.state}"


def tell(session: Session, endpoints: Sequence[Endpoint], policy: Policy, now: datetime) -> list[Told]:
    """Enqueue what has to be told now and mark it told; give it, for the log."""
    found = _to_tell(session, policy, now)
    for one in found:
        rule, payload = policy.alerts[one.kind], _payload(policy, one, now)
        key = f"alert/{one.key}"
        announce.announce(session, [e for e in endpoints if e.channel != "mail"], payload, key, now)
        _mail(session, endpoints, policy, one, rule, now)
    return found


def _to_tell(session: Session, policy: Policy, now: datetime) -> list[Told]:
    began: dict[AlertKind, list[AlertRow]] = {}
    ended: dict[AlertKind, list[AlertRow]] = {}
    for row in alerts.untold(session):
        kind = AlertKind(row.kind)
        if row.closed_at is None:
            began.setdefault(kind, []).append(row)
        elif row.told_at is None:
            row.told_at = row.told_over_at = now
        else:
            ended.setdefault(kind, []).append(row)
    still = alerts.count_open(session)
    told = [Told(kind, "open", rows, still[kind] - len(rows)) for kind, rows in began.items()]
    told += [
        Told(kind, "over", rows, still[kind])
        for kind, rows in ended.items()
        if policy.alerts[kind].over == "each" or not still[kind]
    ]
    for one in told:
        for row in one.rows:
            row.told_at, row.told_over_at = row.told_at or now, now if one.state == "over" else None
    return told


def _payload(policy: Policy, told: Told, now: datetime) -> AlertTold:
    rule = policy.alerts[told.kind]
    return AlertTold(
        alert=told.kind.value,
        number=told.rows[0].id,
        state=told.state,
        severity=rule.severity,
        about=tuple(row.subject for row in told.rows[:MOST_SUBJECTS]),
        about_count=len(told.rows),
        stands=rule.stands,
        url=policy.runbook(told.kind),
        told_at=now,
    )


def _mail(
    session: Session, endpoints: Iterable[Endpoint], policy: Policy, told: Told, rule: Rule, now: datetime
) -> None:
    for endpoint in endpoints:
        if endpoint.channel == "mail" and "alert" in endpoint.subscribes:
            outbox.enqueue(
                session,
                endpoint=endpoint.name,
                channel=endpoint.channel,
                subject=f"alert/{told.kind}",
                business_key=f"alert/{told.key}",
                payload=message(policy, told, rule, now),
                content_type=CONTENT_TYPE,
                now=now,
            )


def message(policy: Policy, told: Told, rule: Rule, now: datetime) -> bytes:
    """The complete mail: what, about what, what still stands, what to do."""
    says = rule.says.format(count=len(told.rows))
    over = "OVER: " if told.state == "over" else ""
    says = f"{over}{rule.says.format(count=len(told.rows))}"
    return letter(
        load_exchange(),
        to=policy.mail,
        subject=f"[{rule.severity}] {says}",
        key=f"alert.{told.key}",
        date=now,
        language="en",
        text="\n\n".join([f"{says}.", _about(told), *_advice(policy, told, rule)]) + "\n",
    ).as_bytes()


def _about(told: Told) -> str:
    lines = [f"* {row.subject}, since {row.opened_at:%Y-%m-%d %H:%M} UTC: {row.detail}" for row in told.rows]
    more = [f"* and {len(lines) - MOST_SUBJECTS} more"] if len(lines) > MOST_SUBJECTS else []
    return "\n".join([*lines[:MOST_SUBJECTS], *more])


def _advice(policy: Policy, told: Told, rule: Rule) -> list[str]:
    still = [f"{told.still} other(s) of this kind are open."] if told.still else []
    if told.state == "over":
        return still
    return [*still, f"What still stands: {rule.stands}", f"What to do: {policy.runbook(told.kind)}"]
