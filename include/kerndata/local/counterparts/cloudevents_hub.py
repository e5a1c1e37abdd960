"""A hub for CloudEvents in the NL GOV profile 1.1, as receivers in Dutch government run them.

``python -m kerndata.local.counterparts.cloudevents_hub --host 127.0.0.1 --port 8601 --journal hub.jsonl``, with the
secret of the tokens in the environment variable KERNDATA_HUB_SECRET.

``GET /health`` 200 · ``POST …/cloudevents`` 200 accepted; 400 not a valid event, or known already (code ``unique``);
403 token; 413 too large; 415 media type · ``GET …/cloudevents`` what was accepted, oldest first. Errors are
problem+json (RFC 9457) with ``invalidParams``. Every accepted event is in the journal, on
disk, before it is answered, so that the hub knows its duplicates after a crash too.
"""

import argparse
import json
import logging
import os
import re
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

KEY_VARIABLE = "KERNDATA_HUB_SECRET"
BODY_LIMIT = 64 * 1024
TOKEN_MAX_AGE_SECONDS = 3600
CLOCK_LEEWAY_SECONDS = 60

# The profile's additions to CloudEvents 1.0. `source` as URN and short names are SHOULD there; this hub insists.
_PROFILE = {
    "source": (re.compile(r"urn:nld:[A-Za-z0-9()+,\-.:=@;$_!*'%/]+"), "must be a URN with namespace nld"),
    "type": (re.compile(r"[a-z]{2,}(\.[a-z0-9-]+){2,}"), "must be in reverse domain name notation"),
    "datacontenttype": (re.compile(r"application/([a-z.]+\+)?json(;.*)?"), "must be JSON"),
    "dataref": (re.compile(r"https?://[^\s]+"), "must be an absolute address"),
    "sequence": (re.compile(r"[\x21-\x7e]+"), "must be a non-empty text that can be ordered"),
}
_REQUIRED = ("id", "source", "specversion", "type")
_NAME = re.compile(r"[a-z0-9]{1,20}")

logger = logging.getLogger(__name__)


class ProblemError(Exception):
    """An answer other than 200, told as problem+json."""

    def __init__(self, status: int, title: str, params: Sequence[dict[str, str]] = ()) -> None:
        super().__init__(title)
        self.status = status
        self.document = {"type": "about:blank", "title": title, "status": status, "invalidParams": list(params)}


class Journal:
    """The accepted events, one JSON line each; a line cut off by a crash is removed, its event was never answered."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = path.read_bytes().rpartition(b"\n")[0] if path.exists() else b""
        self.events: list[dict[str, Any]] = [json.loads(line) for line in whole.splitlines()]
        self._known = {(event["source"], event["id"]) for event in self.events}
        self._lock = threading.Lock()
        self._file = path.open("ab")
        self._file.truncate(len(whole) + 1 if whole else 0)

    def accept(self, event: dict[str, Any]) -> bool:
        """Write the event to disk; False when this source and id is known already."""
        key = (event["source"], event["id"])
        with self._lock:
            if key in self._known:
                return False
            self._file.write(json.dumps(event, ensure_ascii=False).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
            self._known.add(key)
            self.events.append(event)
            return True

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Hub(ThreadingHTTPServer):
    """The server; ``server_address`` tells its port when 0 was asked."""

    daemon_threads = True

    def __init__(self, host: str, port: int, journal: Path, secret: str) -> None:
        self.journal = Journal(journal)
        self.secret = secret
        super().__init__((host, port), _Handler)

    def server_close(self) -> None:
        """Stop listening and close the journal."""
        super().server_close()
        self.journal.close()


class _Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"
    wbufsize = 64 * 1024
    timeout = 60

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def log_message(self, format: str, *args: Any) -> None:
        logger.info("%s %s", self.address_string(), format % args)

    def _answer(self, handle: Any) -> None:
        try:
            body = self._body()
            status, media_type, document = 200, "application/json", handle(body)
        except ProblemError as problem:
            status, media_type, document = problem.status, "application/problem+json", problem.document
        content = json.dumps(document, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > BODY_LIMIT:
            self.close_connection = True
            raise ProblemError(413, f"A message has at most {BODY_LIMIT} bytes and states its length")
        return self.rfile.read(int(length))

    def _get(self, body: bytes) -> Any:
        if self.path == "/health":
            return {"status": "ok"}
        self._only_events()
        self._token()
        return self.server.journal.events

    def _post(self, body: bytes) -> Any:
        self._only_events()
        if self.headers.get_content_type() != JSONFormat.CONTENT_TYPE:
            raise ProblemError(415, f"Send {JSONFormat.CONTENT_TYPE}")
        self._token()
        event = read_event(body)
        if not self.server.journal.accept(event):
            duplicate = {"name": "nonFieldErrors", "code": "unique", "reason": "this id and source is known already"}
            raise ProblemError(400, "Invalid input", [duplicate])
        return event

    def _only_events(self) -> None:
        # Hubs differ in the prefix (API version and component); only the resource's own name is fixed.
        if not self.path.endswith("/cloudevents"):
            raise ProblemError(404, "Nothing here; try /cloudevents")

    def _token(self) -> None:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        options: Any = {"require": ["iss", "iat"]}
        try:
            claims = jwt.decode(
                token, self.server.secret, algorithms=["HS256"], options=options, leeway=CLOCK_LEEWAY_SECONDS
            )
        except jwt.InvalidTokenError as error:
            raise ProblemError(403, f"Token refused: {error}") from error
        age = datetime.now(UTC).timestamp() - float(claims["iat"])
        if scheme != "Bearer" or age > TOKEN_MAX_AGE_SECONDS:
            raise ProblemError(403, "Token refused: not a bearer token of the last hour")


def read_event(body: bytes) -> dict[str, Any]:
    """The event, checked against CloudEvents 1.0 and the profile; ProblemError 400 names every attribute at fault."""
    try:
        document = json.loads(body)
        JSONFormat().read(CloudEvent, body)
    except CloudEventValidationError as error:
        raise ProblemError(
            400, "Invalid input", [_wrong(name, str(why)) for name, why in error.errors.items()]
        ) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise ProblemError(400, f"Not a CloudEvent in JSON: {error}") from error
    # The library fills these in where they are missing, so what it was given is looked at itself.
    wrong = [_wrong(name, "is required") for name in _REQUIRED if name not in document]
    wrong += [_wrong(name, reason) for name, (form, reason) in _PROFILE.items() if not _fits(document, name, form)]
    wrong += [_wrong(name, "is not a valid attribute name") for name in document if not _named_well(name)]
    if wrong:
        raise ProblemError(400, "Invalid input", wrong)
    return dict(document)


def _fits(document: dict[str, Any], name: str, form: re.Pattern[str]) -> bool:
    return name not in document or (isinstance(document[name], str) and form.fullmatch(document[name]) is not None)


def _named_well(name: str) -> bool:
    return name == "data_base64" or _NAME.fullmatch(name) is not None


def _wrong(name: str, reason: str) -> dict[str, str]:
    return {"name": name, "code": "invalid", "reason": reason}


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until killed; exits with a message when the secret is missing."""
    parser = argparse.ArgumentParser(prog="cloudevents_hub", description="A hub for CloudEvents, NL GOV profile 1.1.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--journal", type=Path, required=True)
    options = parser.parse_args(arguments)
    secret = os.environ.get(KEY_VARIABLE, "")
    if not secret:
        parser.error(f"put the secret of the tokens in the environment variable {KEY_VARIABLE}")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    with Hub(options.host, options.port, options.journal, secret) as hub:
        logger.info("listening on %s:%s", *hub.server_address[:2])
        hub.serve_forever()


if __name__ == "__main__":
    main()
