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


class Send(Protocol):
    """Send one payload as it stands; authentication is made at send time, the bytes never change."""

    def __call__(self, transport: Transport, payload: bytes, content_type: str, now: datetime) -> Answer:
        """Give the answer; a refusal or a broken network is an answer, not an exception."""
