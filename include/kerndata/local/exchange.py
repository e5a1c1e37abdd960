"""Which exchange a command talks to: the one its environment names, else an embedded stack of this checkout."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kerndata.errors import ConfigurationError
from kerndata.ledger.database import Ledger, open_ledger
from kerndata.local.settings import BASE_PORT
from kerndata.local.stack import REPOSITORY, Stack
from kerndata.store.client import Store, connect
from kerndata.store.keys import PUBLISHED

MAIN, DEMO = "main", "demo"
OFFSETS = {MAIN: 0, DEMO: 100}
VARIABLES = ("KERNDATA_LEDGER_URL", "KERNDATA_S3_ENDPOINT", "KERNDATA_S3_ACCESS_KEY", "KERNDATA_S3_SECRET_KEY")
# Where outsiders read the bucket, when that is not the S3 endpoint itself.
PUBLIC_URL = "KERNDATA_PUBLIC_URL"


# What makes the tokens of unsubscribe links: the same as the password of connection kerndata_digest.
DIGEST_KEY = "KERNDATA_DIGEST_KEY"


@dataclass(frozen=True, slots=True)
class Exchange:
    """The two stores of one exchange, and where everybody reads its bucket ``published``."""

    store: Store
    ledger: Ledger
    public_url: str


def state_folder(name: str) -> Path:
    """Return where the embedded stack of that name keeps everything; git ignores it."""
    return REPOSITORY / ".state" / name


def stack_named(name: str, base_port: int | None = None) -> Stack:
    """Return the embedded stack of this checkout with that name; ``main`` and ``demo`` have ports of their own.

    ``base_port`` decides; else the variable ``KERNDATA_BASE_PORT``, with the demo's ports a hundred higher.
    """
    first = int(os.environ.get("KERNDATA_BASE_PORT", BASE_PORT))
    return Stack(state_folder(name), base_port=base_port or first + OFFSETS.get(name, 0))


def digest_key(name: str, environment: Mapping[str, str] = os.environ) -> bytes:
    """Return the key of unsubscribe links: of the environment, or of the embedded stack ``name``.

    Raises ``ConfigurationError`` when another exchange is named and its key is not.
    """
    given = environment.get(DIGEST_KEY)
    if given or not any(environment.get(variable) for variable in VARIABLES):
        return (given or stack_named(name).secrets.digest_key).encode()
    raise ConfigurationError(f"{DIGEST_KEY} not set: it is the password of connection kerndata_digest")


def open_exchange(name: str, environment: Mapping[str, str] = os.environ) -> Exchange:
    """Open the exchange of the environment variables, or of the embedded stack ``name``.

    Raises ``ConfigurationError`` when only some of the variables are set, or when that stack does not run.
    """
    given = [environment.get(variable, "") for variable in VARIABLES]
    if all(given):
        ledger_url, endpoint, access_key, secret_key = given
        public_url = environment.get(PUBLIC_URL) or f"{endpoint}/{PUBLISHED}"
        return Exchange(connect(endpoint, access_key, secret_key), open_ledger(ledger_url), public_url)
    if any(given):
        absent = [variable for variable, value in zip(VARIABLES, given, strict=True) if not value]
        raise ConfigurationError(f"{', '.join(absent)} not set: set all four, or none to use the embedded stack")
    stack = stack_named(name)
    if not any(row.state == "RUNNING" for row in stack.status()):
        other = "`make up` starts it" if name == MAIN else "`make demo` runs it"
        raise ConfigurationError(f"the stack {name!r} does not run: {other}, or name another with --stack")
    return Exchange(stack.exchange_store(), stack.ledger(), stack.addresses()["Published"])
