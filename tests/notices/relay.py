"""A mail relay that misbehaves: real SMTP (aiosmtpd), every message it took is in its maildir, whatever it answered."""

import asyncio
import random
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox

WAYS = ("451", "550", "530", "timeout", "reset", "lost", "drip")
SAID = {"451": "451 busy", "550": "550 no such reader here"}


class IllMailbox(Mailbox):
    """Draws for each message how it goes wrong; ``lost`` and ``drip`` after it is kept."""

    def __init__(self, folder: Path, failing: float, hang: float, seed: int) -> None:
        super().__init__(folder)
        self.failing, self.hang, self.draw = failing, hang, random.Random(seed)
        self.failed = 0

    async def handle_MAIL(  # noqa: N802 — aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        session.way = self.draw.choice(WAYS) if self.draw.random() < self.failing else None
        self.failed += session.way is not None
        if session.way == "530":
            return "530 log in first"
        envelope.mail_from, envelope.mail_options = address, options
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        way = session.way
        if way in SAID:
            return SAID[way]
        if way == "timeout":
            await asyncio.sleep(self.hang)
        if way in ("timeout", "reset"):
            await self._hang_up(server)
        kept = await super().handle_DATA(server, session, envelope)
        if way == "drip":
            for _ in range(10):
                server.transport.write(b"2")
                await asyncio.sleep(self.hang / 5)
        if way in ("lost", "drip"):
            await self._hang_up(server)
        return str(kept)

    async def _hang_up(self, server: Any) -> None:
        server.transport.abort()
        await asyncio.Event().wait()  # the server cancels what waits on a connection that is gone


class IllRelay(Controller):
    """The server; ``start()`` listens in a thread of its own, ``stop()`` ends it."""

    def __init__(self, port: int, folder: Path, failing: float, hang: float, seed: int) -> None:
        self.kept = IllMailbox(folder, failing, hang, seed)
        super().__init__(self.kept, hostname="127.0.0.1", port=port)
