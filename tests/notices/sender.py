"""A sender as the task ``deliver`` of the Dag runs it, in a process of its own that can be killed at any moment."""

import time
from datetime import UTC, datetime, timedelta

import requests

from kerndata.ledger.database import open_ledger
from kerndata.notices import outbox
from kerndata.notices.credentials import Credentials
from kerndata.notices.endpoints import Endpoint
from kerndata.notices.outcome import Schedule
from kerndata.notices.rules import Rules

TIMEOUT = timedelta(seconds=0.4)
# What we ship, seconds made tenths and hours made seconds: the same steps, in minutes instead of days.
HURRIED = Rules(
    Schedule(
        tuple(timedelta(seconds=s) for s in (0, 0.05, 0.1, 0.2, *[0.4] * 16)), longest_wait=timedelta(seconds=0.5)
    ),
    timeout=TIMEOUT,
    probe_after=5,
    probe_every=timedelta(seconds=0.3),
)


def send(ledger_url: str, endpoint: Endpoint, credentials: Credentials) -> None:
    """Deliver what falls due at one endpoint, again and again, until killed."""
    ledger = open_ledger(ledger_url)
    while True:
        with requests.Session() as http:
            outbox.deliver_due(ledger, endpoint, credentials, http, lambda: datetime.now(UTC), rules=HURRIED)
        time.sleep(0.05)
