"""How hard we try at one endpoint, as data: schedule, time-out, rate, circuit and the size of a batch."""

from dataclasses import dataclass
from datetime import timedelta

from kerndata.notices.endpoints import Endpoint
from kerndata.notices.outcome import SCHEDULES, Schedule
from kerndata.notices.transport import TIMEOUT

BATCH = 50
BATCH_TIME = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Rules:
    """What ``deliver_due`` keeps to.

    ``batch`` and ``batch_time``: so many notices, and no new one after so long, are sent before what came of them is
    recorded in one transaction. A killed sender sends at most one batch again.
    """

    schedule: Schedule
    timeout: timedelta = TIMEOUT
    rate_per_second: float | None = None
    probe_after: int = 5
    probe_every: timedelta = timedelta(minutes=1)
    batch: int = BATCH
    batch_time: timedelta = BATCH_TIME

    @property
    def gap(self) -> timedelta:
        """The least time between two requests."""
        return timedelta(seconds=1 / self.rate_per_second) if self.rate_per_second else timedelta(0)


def rules_of(endpoint: Endpoint) -> Rules:
    """The rules of an endpoint as it is configured."""
    return Rules(
        SCHEDULES[endpoint.schedule],
        rate_per_second=endpoint.rate_per_second,
        probe_after=endpoint.probe_after,
        probe_every=timedelta(seconds=endpoint.probe_every_seconds),
    )
