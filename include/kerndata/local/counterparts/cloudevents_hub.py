"""A hub for CloudEvents in the NL GOV profile 1.1, as receivers in Dutch government run them.

``python -m kerndata.local.counterparts.cloudevents_hub --host 127.0.0.1 --port 8601 --journal hub.jsonl``, with the
secret of the tokens in the environment variable KERNDATA_HUB_SECRET.

It is made from ``cloudevents_hub.yaml``; what an event must look like is there. Added here: the CloudEvents library
reads every event too, tokens (403), and duplicates (400, code ``unique``). Hubs differ in the address's beginning, so
any ``…/cloudevents`` will do. Every accepted event is in the journal before it is answered, so that the hub knows its
duplicates after a crash too. It can be made to misbehave: kerndata.local.counterparts.misbehave.
"""

import argparse
import logging
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from kerndata.local.counterparts.journal import Journal
from kerndata.local.counterparts.openapi import Answer, Asked, ProblemError
from kerndata.local.counterparts.stub import BODY_LIMIT, Stub

__all__ = ["BODY_LIMIT", "KEY_VARIABLE", "Hub", "Journal", "main"]

KEY_VARIABLE = "KERNDATA_HUB_SECRET"
TOKEN_MAX_AGE_SECONDS = 3600
CLOCK_LEEWAY_SECONDS = 60
RESOURCE = "/cloudevents"


class Hub(Stub):
    """The server; ``server_port`` tells its port when 0 was asked."""

    def __init__(self, host: str, port: int, journal: Path, secret: str) -> None:
        self.secret = secret
        super().__init__(host, port, "cloudevents_hub.yaml", Journal(journal))
        self.operations |= {"listed": self._listed, "received": self._received}

    def locate(self, path: str) -> str:
        """Hubs differ in the prefix (API version and component); only the resource's own name is fixed."""
        return RESOURCE if path.endswith(RESOURCE) else path

    def authenticate(self, asked: Asked) -> None:
        """Raise ProblemError 403 unless there is a bearer token of the last hour, signed with our secret."""
        scheme, _, token = asked.headers.get("Authorization", "").partition(" ")
        options: Any = {"require": ["iss", "iat"]}
        try:
            claims = jwt.decode(token, self.secret, algorithms=["HS256"], options=options, leeway=CLOCK_LEEWAY_SECONDS)
        except jwt.InvalidTokenError as error:
            raise ProblemError(403, f"Token refused: {error}") from error
        age = datetime.now(UTC).timestamp() - float(claims["iat"])
        if scheme != "Bearer" or age > TOKEN_MAX_AGE_SECONDS:
            raise ProblemError(403, "Token refused: not a bearer token of the last hour")

    def _listed(self, asked: Asked) -> Answer:
        del asked
        return Answer(200, self.journal.events)

    def _received(self, asked: Asked) -> Answer:
        event = asked.document
        try:
            JSONFormat().read(CloudEvent, asked.body)
        except CloudEventValidationError as error:
            wrong = [{"name": name, "code": "invalid", "reason": str(why)} for name, why in error.errors.items()]
            raise ProblemError(400, "Invalid input", wrong) from error
        except (ValueError, TypeError, AttributeError) as error:
            raise ProblemError(400, f"Not a CloudEvent in JSON: {error}") from error
        if not self.journal.accept(event):
            duplicate = {"name": "nonFieldErrors", "code": "unique", "reason": "this id and source is known already"}
            raise ProblemError(400, "Invalid input", [duplicate])
        return Answer(200, event)


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
        logging.info("listening on %s:%s", *hub.server_address[:2])
        hub.serve_forever()


if __name__ == "__main__":
    main()
