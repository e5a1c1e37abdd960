"""What the commands about notices show. Nothing here decides anything."""

import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from kerndata.ledger.tables import AttemptRow, EndpointRow, NoticeRow
from kerndata.notices.desk import Shown
from kerndata.notices.redact import without_secrets

COLOURS = {"pending": "cyan", "delivered": "green", "dead": "red", "active": "green", "paused": "yellow"}


def notice_list(rows: Iterable[NoticeRow]) -> Table:
    """One row per notice."""
    table = Table("notice", "endpoint", "about", "status", "attempts", "due or delivered", title="notices (UTC)")
    for row in rows:
        about = escape(row.business_key)
        at = _moment(row.delivered_at or row.due_at) if row.status != "dead" else ""
        table.add_row(row.id, row.endpoint, about, _coloured(row.status), str(row.attempts), at)
    if not table.row_count:
        table.add_row("[dim]none[/]", "", "", "", "", "")
    return table


def endpoint_list(rows: Iterable[EndpointRow]) -> RenderableType:
    """One row per endpoint that is stopped or failing; nothing when all is well."""
    table = Table("endpoint", "state", "since", "why", "failures in a row", "tried again at", title="endpoints (UTC)")
    for row in rows:
        if row.state != "active" or row.failures:
            probe = _moment(row.probe_at) if row.probe_at else ""
            told = (_coloured(row.state), _moment(row.since), escape(row.reason), str(row.failures), probe)
            table.add_row(row.name, *told)
    return table if table.row_count else Text("")


def notice_page(shown: Shown) -> RenderableType:
    """All of one notice."""
    facts = Table.grid(padding=(0, 2))
    for name, value in _facts(shown).items():
        facts.add_row(Text(name, style="dim"), Text(value))
    attempts = Table("attempt", "at (UTC)", "outcome", "status", "answer, cut and redacted")
    for one in shown.attempts:
        attempts.add_row(*_attempt(one))
    return Group(facts, attempts, Text("request body:", style="dim"), Text(body(shown.notice)))


def body(row: NoticeRow) -> str:
    """The payload for reading: JSON is indented, tokens and keys in it are masked."""
    text = row.payload.decode("utf-8", "replace")
    with suppress(ValueError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return without_secrets(text)


def _facts(shown: Shown) -> dict[str, str]:
    row, endpoint = shown.notice, shown.endpoint
    state = f" ({endpoint.state}: {endpoint.reason})" if endpoint and endpoint.state != "active" else ""
    facts = {
        "notice": row.id,
        "endpoint": row.endpoint + state,
        "channel": row.channel,
        "about": f"{row.business_key} (subject {row.subject})",
        "status": row.status,
        "created": _moment(row.created_at),
        "content type": row.content_type,
    }
    if row.status == "pending":
        facts["due"] = _moment(row.due_at) + (f", after {shown.waits_for}" if shown.waits_for else "")
    if row.deadline_at:
        facts["deadline"] = _moment(row.deadline_at)
    return facts | ({"delivered": _moment(row.delivered_at)} if row.delivered_at else {})


def _attempt(one: AttemptRow) -> tuple[str, ...]:
    return (str(one.number), _moment(one.at), one.outcome, str(one.http_status or ""), escape(one.detail))


def _coloured(word: str) -> str:
    return f"[{COLOURS.get(word, 'red')}]{word}[/]"


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
