"""A candidate that waits for a person, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class HoldState(StrEnum):
    """What became of a held candidate; only the first is open."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    TIMED_OUT = "timed_out"  # nobody answered in time: as rejected, but by nobody
    SUPERSEDED = "superseded"  # a newer candidate or another release took its place


@dataclass(frozen=True, slots=True)
class Run:
    """The Airflow run in which a candidate waits; its task ``hold`` is where the request is."""

    dag_id: str
    run_id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back on a request: approved, rejected or timed out; ``by`` is None when nobody answered."""

    state: HoldState
    by: str | None
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """One held candidate: this content, compared with this release.

    ``candidate`` is its key in ``staging``, ``inputs`` the fingerprint of the submissions in it, ``summary`` the
    comparison, ``superseded_by`` the content hash or version that took its place.
    """

    content_hash: str
    previous: str
    candidate: str
    inputs: str
    summary: Mapping[str, Any]
    state: HoldState
    run: Run
    opened_at: datetime
    answer_by: datetime
    decided_at: datetime | None
    decided_by: str | None
    note: str | None
    superseded_by: str | None
