"""How full the buckets are, held every night against the limits of the policy."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from kerndata.alerting.policy import Thresholds
from kerndata.ledger import alerts
from kerndata.ledger.database import Ledger
from kerndata.model.alert import AlertKind
from kerndata.store.client import Store

GIB = 2**30
NEARLY = 0.9
"""From this part of its limit a bucket is nearly full: what is left is days, not hours."""


@dataclass(frozen=True, slots=True)
class Room:
    """One bucket: bytes in all its versions, and its limit in bytes."""

    bucket: str
    used: int
    limit: float

    def __str__(self) -> str:
        return (
            f"{self.bucket}: {self.used / GIB:.2f} of {self.limit / GIB:g} GiB ({100 * self.used / self.limit:.0f} %)"
        )


def measure(store: Store, limits_gib: Mapping[str, float]) -> Iterator[Room]:
    """Add up the sizes of all versions in each bucket that has a limit; reads lists only."""
    for bucket, limit in limits_gib.items():
        yield Room(bucket, store.size_bytes(bucket), limit * GIB)


def watch(store: Store, ledger: Ledger, thresholds: Thresholds, now: datetime) -> list[Room]:
    """Measure, open an alert for each bucket that is nearly full and close that of each that is not; give them all."""
    found = list(measure(store, thresholds.buckets_gib))
    full = {one.bucket: str(one) for one in found if one.used >= NEARLY * one.limit}
    with ledger.transaction() as session:
        alerts.keep(session, AlertKind.BUCKET_NEARLY_FULL, full, now)
    return found
