"""A server made from an OpenAPI document: what comes in and what goes out must be as the document says.

A counterpart gives the document (a YAML file beside this module), one function per ``operationId``, and a journal of
what had effect. Everything else is here: 404 and 405 for what the document does not have, 415 for another media type,
400 with ``invalidParams`` for a request against its schema, 500 when our own answer is not as the document says, and
the switch of kerndata.local.counterparts.misbehave.
"""

import json
import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pydantic import ValidationError

from kerndata.local.counterparts.journal import Journal
from kerndata.local.counterparts.misbehave import STATUSES, Illness, Mode, Switch, reset
from kerndata.local.counterparts.openapi import PROBLEM, Answer, Asked, ProblemError, load

BODY_LIMIT = 64 * 1024
DRIP_PAUSE_SECONDS = 0.2

logger = logging.getLogger(__name__)

Operation = Callable[[Asked], Answer]


class Stub(ThreadingHTTPServer):
    """The server; ``server_port`` tells its port when 0 was asked. ``with`` it, and ``serve_forever``."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, document: str | None, journal: Journal) -> None:
        if document is not None:
            self.document = load(document)
        self.journal, self.switch = journal, Switch()
        self.operations: dict[str, Operation] = {}
        super().__init__((host, port), _Handler)

    def locate(self, path: str) -> str:
        """The document's path that an address means; a counterpart that allows any prefix overrides this."""
        return path

    def authenticate(self, asked: Asked) -> None:
        """Raise ProblemError unless the sender may come in; a counterpart overrides this."""

    def answer(self, asked: Asked) -> Answer:
        """What the counterpart answers, checked in both directions against its document."""
        try:
            answer = self._answer(asked)
        except ProblemError as problem:
            answer = Answer(problem.status, problem.document, PROBLEM)
        fault = self.document.fault(asked, answer)
        if fault is None:
            return answer
        logger.error("%s", fault)
        return Answer(500, {"type": "about:blank", "title": fault, "status": 500}, PROBLEM)

    def server_close(self) -> None:
        """Stop listening, let those go who wait, and close the journal."""
        self.switch.stopped.set()
        super().server_close()
        self.journal.close()

    def _answer(self, asked: Asked) -> Answer:
        asked.path = self.locate(asked.path)
        operation = self.operations[self.document.operation(asked)]
        wrong = self.document.wrong(asked)
        if wrong is not None and wrong.status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
            raise wrong
        self.authenticate(asked)
        if wrong is not None:
            raise wrong
        return operation(asked)


class _Handler(BaseHTTPRequestHandler):
    server: Stub
    protocol_version = "HTTP/1.1"
    server_version = "counterpart"
    sys_version = ""
    wbufsize = 64 * 1024
    timeout = 60

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:
        logger.info("%s %s", self.address_string(), format % args)

    def _serve(self) -> None:
        path, _, query = self.path.partition("?")
        try:
            body = self._body()
        except ProblemError as problem:
            self._send(Answer(problem.status, problem.document, PROBLEM))
            return
        if path == "/health" or path.startswith("/_"):
            self._send(self._inside(path, body))
            return
        mode = self.server.switch.next()
        if mode in STATUSES:
            self._refuse(mode)
        elif mode is Mode.TIMEOUT:
            self.server.switch.wait()
            self.close_connection = True
        elif mode is Mode.RESET:
            self.close_connection = True
            reset(self.connection)
        else:
            answer = self.server.answer(Asked(self.command, path, query, dict(self.headers.items()), body))
            self._end(answer, mode)

    def _end(self, answer: Answer, mode: Mode | None) -> None:
        """Tell the outcome; or do not, though it has taken effect."""
        if mode is Mode.LOST:
            self.close_connection = True
        elif mode is Mode.DRIP:
            self._drip(answer)
        else:
            self._send(answer)

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > BODY_LIMIT:
            self.close_connection = True
            raise ProblemError(413, f"A message has at most {BODY_LIMIT} bytes and states its length")
        return self.rfile.read(int(length))

    def _inside(self, path: str, body: bytes) -> Answer:
        """Whether it runs, the switch, and the journal."""
        if path == "/health":
            return Answer(200, {"status": "ok"})
        if path == "/_journal" and self.command == "GET":
            return Answer(200, self.server.journal.events)
        if path != "/_switch" or self.command not in {"PUT", "DELETE"}:
            return Answer(404, {"title": "there are PUT and DELETE /_switch, GET /_journal and GET /health"}, PROBLEM)
        try:
            self.server.switch.turn(Illness.model_validate_json(body) if self.command == "PUT" else None)
        except ValidationError as error:
            return Answer(400, {"title": str(error)}, PROBLEM)
        return Answer(200, {"illness": json.loads(body) if self.command == "PUT" else None})

    def _refuse(self, mode: Mode) -> None:
        status = HTTPStatus(STATUSES[mode])
        told = {"type": "about:blank", "title": status.phrase, "status": int(status)}
        self._send(Answer(status, told, PROBLEM, self.server.switch.headers(mode)))

    def _send(self, answer: Answer) -> None:
        content = answer.body
        self.send_response(answer.status)
        headers = {"Content-Type": answer.media_type, "Content-Length": str(len(content)), **answer.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _drip(self, answer: Answer) -> None:
        """One byte at a time, for as long as it lasts; then nothing more."""
        content, switch = answer.body, self.server.switch
        until = time.monotonic() + (switch.illness.seconds if switch.illness else 0)
        self.close_connection = True
        head = (
            f"HTTP/1.1 {answer.status} -\r\nContent-Type: {answer.media_type}\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        for byte in head.encode() + content:
            if time.monotonic() > until or switch.stopped.wait(DRIP_PAUSE_SECONDS):
                return
            try:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
            except OSError:  # who waited for it has gone
                return
