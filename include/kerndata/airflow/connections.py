"""Airflow connections turned into the stores, the ledger and the credentials that the library works with."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from kerndata import __version__
from kerndata.errors import ConfigurationError

if TYPE_CHECKING:
    import requests

    from kerndata.fetch import Access
    from kerndata.ledger.database import Ledger
    from kerndata.notices.credentials import Credentials
    from kerndata.publish.signature import Signer
    from kerndata.scan import Scanner
    from kerndata.store.client import Store

LEDGER = "kerndata_ledger"
S3 = "kerndata_s3"
SCANNER = "kerndata_scanner"
SIGNING = "kerndata_signing"
DIGEST = "kerndata_digest"
log = logging.getLogger(__name__)

USER_AGENT = f"kerndata/{__version__}"


def ledger() -> Ledger:
    """Open the ledger of connection ``kerndata_ledger``."""
    from sqlalchemy import URL

    from kerndata.ledger.database import open_ledger

    found = _find(LEDGER)  # its own URI begins with its type, ``postgres``, which SQLAlchemy does not know
    url = URL.create("postgresql", found.login, found.password, found.host, found.port, found.schema)
    return open_ledger(url.render_as_string(hide_password=False))


def store() -> Store:
    """Open the object store of connection ``kerndata_s3`` as the exchange itself."""
    from kerndata.store.client import connect

    found = _find(S3)
    return connect(found.extra_dejson["endpoint_url"], found.login or "", found.password or "")


def public_url() -> str:
    """Return the address under which everybody reads the ``published`` bucket."""
    from kerndata.store.keys import PUBLISHED

    extra = _find(S3).extra_dejson
    return str(extra.get("public_url") or f"{extra['endpoint_url']}/{PUBLISHED}")


def base_url(connection: str) -> str:
    """Return ``scheme://host[:port]`` of an HTTP connection; https unless its schema says otherwise."""
    found = _find(connection)
    port = f":{found.port}" if found.port else ""
    return f"{found.schema or 'https'}://{found.host}{port}"


def credentials(connection: str) -> Credentials:
    """Return where an endpoint is and how to enter it."""
    from kerndata.notices.credentials import Credentials

    found = _find(connection)
    extra = found.extra_dejson
    return Credentials(
        url=base_url(connection) + extra.get("path", ""),
        username=found.login,
        secret=found.password,
        allow_private=bool(extra.get("allow_private", False)),
    )


def access(connection: str) -> Access:
    """Return the way into a province's API; ``kerndata.fetch.access.from_connection`` says what the fields mean."""
    from kerndata.fetch.access import from_connection

    found = _find(connection)
    return from_connection(
        connection, base_url(connection), http(), login=found.login, password=found.password, extra=found.extra_dejson
    )


def scanner() -> Scanner | None:
    """Open the malware scanner of connection ``kerndata_scanner``: schema clamd or icap, host, port, ``extra.path``.

    None, said in the log, when there is no such connection: nothing is scanned then.
    """
    from kerndata.scan import scanner_from

    try:
        found = Connection.get(SCANNER)
    except AirflowNotFoundException:
        log.info("no connection %s: what is received is not scanned for malware", SCANNER)
        return None
    port = f":{found.port}" if found.port else ""
    path = str(found.extra_dejson.get("path", "")).strip("/")
    return scanner_from(f"{found.schema or 'clamd'}://{found.host}{port}" + (f"/{path}" if path else ""))


def digest_key() -> bytes:
    """Return what makes the tokens of unsubscribe links: the password of connection ``kerndata_digest``."""
    return (_find(DIGEST).password or "").encode()


def signer() -> Signer:
    """Return what signs releases: the password of connection ``kerndata_signing`` is the private key in hex."""
    from kerndata.publish.signature import signer_of

    return signer_of(_find(SIGNING).password or "")


def _find(name: str) -> Connection:
    """Give a connection; raises ``ConfigurationError`` that says what waits for it and where to enter it."""
    try:
        return Connection.get(name)  # type: ignore[no-any-return]
    except AirflowNotFoundException as error:
        raise ConfigurationError(
            f"Airflow has no connection {name!r}. Nothing is lost: what needs it waits. Enter it in Airflow (Admin, "
            f"Connections) or as AIRFLOW_CONN_{name.upper()}; docs/how-to/run-with-compose.md shows its fields."
        ) from error


def http() -> requests.Session:
    """Return a session that says who we are and takes no proxy or password from the environment."""
    import requests

    session = requests.Session()
    session.trust_env = False
    session.headers["User-Agent"] = USER_AGENT
    return session
