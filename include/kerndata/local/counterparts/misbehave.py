"""One switch for all counterparts (for the TAXII server: ``proxy``): answer as an ill receiver does, and how often.

``PUT /_switch`` with ``{"modes": ["503", "lost"], "share": 0.3, "seed": 7}``: of all requests a share of 0.3 is
answered in one of these ways. ``times`` ends it after so many, ``seconds`` is how long a time-out or a drip lasts, and
``retry_after`` what a 429 asks for. ``DELETE /_switch``: well again. ``GET /_journal``: what had effect, oldest first.
"""

import random
import socket
import struct
import threading
from enum import StrEnum
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, Field

ELSEWHERE = "http://169.254.169.254/latest/meta-data/"  # where a redirect leads: no sender may follow it


class Mode(StrEnum):
    """One way to be ill. ``LOST`` and ``DRIP`` come after the effect, all others before it."""

    BUSY = "503"
    LIMITED = "429"
    TIMEOUT = "timeout"
    RESET = "reset"
    LOST = "lost"
    DRIP = "drip"
    REDIRECT = "redirect"
    UNAUTHORIZED = "401"
    GONE = "410"


STATUSES = {
    Mode.BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
    Mode.LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    Mode.REDIRECT: HTTPStatus.FOUND,
    Mode.UNAUTHORIZED: HTTPStatus.UNAUTHORIZED,
    Mode.GONE: HTTPStatus.GONE,
}


class Illness(BaseModel):
    """What ``PUT /_switch`` takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    modes: tuple[Mode, ...] = Field(min_length=1)
    share: float = Field(default=1.0, ge=0, le=1)
    times: int | None = Field(default=None, ge=0)
    seed: int = 0
    seconds: float = Field(default=20.0, ge=0)
    retry_after: int = Field(default=1, ge=0)


class Switch:
    """Decides for each request whether, and how, it goes wrong; the same seed decides the same."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.illness: Illness | None = None
        self.stopped = threading.Event()

    def turn(self, illness: Illness | None) -> None:
        """Be ill like this from now on; None: be well."""
        with self._lock:
            self.illness = illness
            self._left = illness.times if illness else 0
            self._dice = random.Random(illness.seed if illness else 0)  # noqa: S311 — a test's dice

    def next(self) -> Mode | None:
        """How the request that came in now goes wrong; None: not at all."""
        with self._lock:
            if self.illness is None or self._left == 0 or self._dice.random() >= self.illness.share:
                return None
            if self._left is not None:
                self._left -= 1
            return self._dice.choice(self.illness.modes)

    def headers(self, mode: Mode) -> dict[str, str]:
        """What a wrong answer says beside its status."""
        wait = str(self.illness.retry_after) if self.illness else "1"
        return {Mode.LIMITED: {"Retry-After": wait}, Mode.REDIRECT: {"Location": ELSEWHERE}}.get(mode, {})

    def wait(self) -> None:
        """Do nothing for as long as a time-out lasts, or until the server stops."""
        self.stopped.wait(self.illness.seconds if self.illness else 0)


def reset(connection: socket.socket) -> None:
    """End the connection with a reset in place of a goodbye."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
