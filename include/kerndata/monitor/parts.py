"""What the app is given: who may do what, the ledger, the store and the clock. It reads no setting by itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kerndata.ledger.database import Ledger
from kerndata.store.client import Store


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks. ``name`` goes into the ledger with what they do; ``can_act``: may change something, not only look."""

    name: str
    can_act: bool


@dataclass(frozen=True, slots=True)
class Auth:
    """FastAPI dependencies that guard the routes.

    ``signed_in`` guards every route (it raises ``HTTPException`` 401 for nobody), ``may_read`` every route too (403 for
    somebody without a role), ``person`` gives the ``Person``.
    """

    signed_in: Callable[..., Any]
    may_read: Callable[..., Any]
    person: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class RunLink:
    """Where in Airflow a submission was processed: a run or a log, by its path below Airflow's own address."""

    label: str
    path: str


def no_runs(province: str, concluded_at: datetime) -> Sequence[RunLink]:
    """Where there is no Airflow there are no runs."""
    return ()


@dataclass(frozen=True, slots=True)
class Parts:
    """What the pages are made from. The functions are called per request, so that a lost service costs one answer.

    ``secret`` signs the forms; all processes that serve one address share it. ``prefix`` is where the app is mounted:
    what stands before it in the address is Airflow's own.
    """

    ledger: Callable[[], Ledger]
    store: Callable[[], Store]
    now: Callable[[], datetime]
    secret: bytes
    public_url: Callable[[], str]
    runs: Callable[[str, datetime], Sequence[RunLink]] = no_runs
    prefix: str = "/kerndata"
