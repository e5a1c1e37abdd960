"""The channels: how one kind of message is sent, and when its effect at the receiver is certain."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kerndata.notices.transport import Reply, Transport


@dataclass(frozen=True, slots=True)
class Answer:
    """The receiver's reply to one send, and whether the channel is certain that the message took effect there."""

    reply: Reply
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Message:
    """One notice as it is sent: what was fixed when it was enqueued, the same at every attempt."""

    id: str
    subject: str
    payload: bytes
    content_type: str


class Send(Protocol):
    """Send one message as it stands; authentication is made at send time, the bytes never change."""

    def __call__(self, transport: Transport, message: Message, now: datetime) -> Answer:
        """Give the answer; a refusal or a broken network is an answer, not an exception."""
