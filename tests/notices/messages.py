"""The endpoints and events of these measurements: CloudEvents of the profile, each with a number to know it by."""

import json

from kerndata.notices.endpoints import Endpoint, find, load

SECRET = "a secret of the measurements, long enough for HS256"


def endpoint_named(name: str) -> Endpoint:
    """An endpoint like the hub that we ship, under another name."""
    return find(load(), "sdg-hub").model_copy(update={"name": name})


def event(endpoint: Endpoint, number: int, subject: str) -> bytes:
    """An event as large as the one of a release; ``number`` is in its id and in its data."""
    document = {
        "id": f"{endpoint.name}-{number}",
        "source": endpoint.publisher.source,
        "specversion": "1.0",
        "type": "nl.provincies.kerndataset-gepubliceerd",
        "subject": subject,
        "time": "2026-05-01T00:00:00.000Z",
        "datacontenttype": "application/json",
        "dataref": "https://data.example/kerndataset/releases/2026.1/datapackage.json",
        "sequence": f"2026.{number:06d}",
        "data": {"version": "2026.1", "contentHash": f"{number:064x}", "counts": {"number": number}},
    }
    return json.dumps(document, separators=(",", ":")).encode()
