"""Events to subscribers' own addresses, signed as Standard Webhooks 1.0 has it.

``POST <the subscriber's address>``: the same CloudEvent as the hub gets, with three headers: ``webhook-id`` (the
notice's id, the same at every attempt, by which a subscriber knows a duplicate), ``webhook-timestamp`` (the moment of
this attempt) and ``webhook-signature`` (HMAC-SHA256 over id, moment and body). The connection's password is the key
that we share, ``whsec_`` and base64; while it is being replaced the password holds both, with a space between them, and
there are two signatures: the subscriber changes over when it likes. Delivered on 2xx.
"""

import base64
import binascii
from datetime import UTC, datetime

from standardwebhooks import Webhook

from kerndata.errors import ConfigurationError
from kerndata.notices.channels import Answer, Message
from kerndata.notices.transport import Transport

PREFIX = "whsec_"
MOST_KEYS = 2
KEY_BYTES = range(24, 65)  # as the specification has it


def send(transport: Transport, message: Message, now: datetime) -> Answer:
    """Post the event with a signature per key."""
    headers = {
        "Content-Type": message.content_type,
        "Accept": "application/json",
        **signed(_keys(transport), message, now),
    }
    reply = transport.request("POST", headers=headers, body=message.payload)
    return Answer(reply, confirmed=reply.status is not None and 200 <= reply.status < 300)


def signed(keys: list[str], message: Message, now: datetime) -> dict[str, str]:
    """The three headers of one attempt."""
    moment = now.astimezone(UTC)  # the library takes any moment for UTC
    text = message.payload.decode()
    return {
        "webhook-id": message.id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(Webhook(key).sign(message.id, moment, text) for key in keys),
    }


def _keys(transport: Transport) -> list[str]:
    keys = (transport.credentials.secret or "").split()
    if not 1 <= len(keys) <= MOST_KEYS or not all(map(_is_key, keys)):
        raise ConfigurationError(
            f"No key to sign for {transport.credentials.url} with: its connection's password must be {PREFIX} and the "
            "base64 of 24 to 64 bytes; two of them with a space between while the key is replaced. The notice waits."
        )
    return keys


def _is_key(text: str) -> bool:
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return False
    return text.startswith(PREFIX) and len(key) in KEY_BYTES
