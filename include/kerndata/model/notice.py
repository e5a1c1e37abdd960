"""A message to an endpoint, kept in the outbox until it is delivered."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class NoticeStatus(StrEnum):
    """A notice is pending until its effect is certain, or until a person has to look (``DEAD``)."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one endpoint; payload bytes and ids are fixed before the first send."""

    id: str
    endpoint: str
    channel: str
    subject: str
    business_key: str
    payload: bytes
    content_type: str
    status: NoticeStatus
    attempts: int
    due_at: datetime
    created_at: datetime
