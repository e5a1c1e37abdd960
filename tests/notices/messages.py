"""The endpoints and events of these measurements: real CloudEvents of the profile, each with a number."""

import json
from datetime import UTC, datetime

from kerndata.notices.channels import cloudevents
from kerndata.notices.endpoints import Endpoint, find, load

SECRET = "a secret of the measurements, long enough for HS256"
_SINCE = datetime(2026, 5, 1, tzinfo=UTC)


def endpoint_named(name: str) -> Endpoint:
    """An endpoint like the hub that we ship, under another name."""
    return find(load(), "sdg-hub").model_copy(update={"name": name})


def event(endpoint: Endpoint, number: int, subject: str) -> bytes:
    """The event of one release, with ``number`` in its id and in its counts."""
    facts = cloudevents.ReleaseFacts(
        "2026.1", f"{number:064x}", _SINCE, "https://data.example/datapackage.json", {"number": number}
    )
    document = json.loads(cloudevents.published(endpoint.publisher, facts))
    return json.dumps(document | {"id": f"{endpoint.name}-{number}", "subject": subject}).encode()
