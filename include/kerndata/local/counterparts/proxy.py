"""Stands before a receiver that is not made from a document (the TAXII server) and gives it the switch too.

``Proxy("127.0.0.1", 0, "http://127.0.0.1:18006", journal)``: what comes in goes on as it is, the answer comes back; its
journal has what the receiver took (a POST that was answered 2xx).
"""

import json
from pathlib import Path

import requests

from kerndata.local.counterparts.journal import Journal
from kerndata.local.counterparts.openapi import PROBLEM, Answer, Asked
from kerndata.local.counterparts.stub import Stub

TIMEOUT_SECONDS = 10
_NOT_PASSED_ON = {"host", "accept-encoding", "connection", "content-length"}


class Proxy(Stub):
    """The server; ``target`` is the receiver's ``scheme://host:port``."""

    def __init__(self, host: str, port: int, target: str, journal: Path) -> None:
        self.target, self._taken = target.rstrip("/"), 0
        self._http = requests.Session()
        self._http.trust_env = False
        super().__init__(host, port, None, Journal(journal, lambda one: one["number"]))

    def answer(self, asked: Asked) -> Answer:
        """What the receiver answers."""
        headers = {name: told for name, told in asked.headers.items() if name.lower() not in _NOT_PASSED_ON}
        try:
            came = self._http.request(
                *(asked.method, self.target + asked.path),
                params=asked.query,
                data=asked.body,
                headers=headers,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
            document = came.json()
        except (requests.RequestException, ValueError) as error:
            return Answer(502, {"title": f"the receiver gave no answer: {type(error).__name__}"}, PROBLEM)
        if asked.method == "post" and came.ok:
            self._taken += 1
            self.journal.accept({"number": self._taken, "path": asked.path, "message": json.loads(asked.body)})
        return Answer(came.status_code, document, came.headers["Content-Type"])

    def server_close(self) -> None:
        """Stop listening and close the connections behind."""
        super().server_close()
        self._http.close()
