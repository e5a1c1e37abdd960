"""A subscriber: verifies each event with the Standard Webhooks library and acts on it once (``webhook.yaml``)."""

from pathlib import Path

from standardwebhooks import Webhook, WebhookVerificationError

from kerndata.local.counterparts.journal import Journal
from kerndata.local.counterparts.openapi import Answer, Asked, ProblemError
from kerndata.local.counterparts.stub import Stub


class Subscriber(Stub):
    """The server. Its journal has what it acted on: ``id`` of the webhook and the ``event``."""

    def __init__(self, host: str, port: int, journal: Path, secret: str) -> None:
        self.key = Webhook(secret)
        super().__init__(host, port, "webhook.yaml", Journal(journal, lambda one: one["id"]))
        self.operations |= {"received": self._received}

    def authenticate(self, asked: Asked) -> None:
        """Raise ProblemError 401 unless one of the signatures is made with our key, within five minutes of now."""
        try:
            self.key.verify(asked.body, dict(asked.headers), json_parse=False)
        except (WebhookVerificationError, ValueError) as error:
            raise ProblemError(401, f"Not signed by who we know: {error}") from error

    def _received(self, asked: Asked) -> Answer:
        headers = {name.lower(): value for name, value in asked.headers.items()}
        is_new = self.journal.accept({"id": headers["webhook-id"], "event": asked.document})
        return Answer(200, {"duplicate": not is_new})
