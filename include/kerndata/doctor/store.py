"""The object store: are the buckets there, does a condition on a write hold, and is it closed to those outside."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime

import requests

from kerndata.doctor.finding import Finding, ill, unknown, well
from kerndata.doctor.ledger import clock
from kerndata.errors import ConfigurationError, Conflict, KerndataError, Transient
from kerndata.store import keys
from kerndata.store.client import Store
from kerndata.store.faults import Missing

_OWN = (keys.ARCHIVE, keys.STAGING, keys.QUARANTINE, keys.PUBLISHED, keys.QUALITY)
_TIMEOUT = 10


def look(
    store: Store, http: requests.Session, *, endpoint: str, public_url: str, slugs: Sequence[str], now: datetime
) -> Iterator[Finding]:
    """Give what is found; one finding alone when the store does not answer.

    ``endpoint``: where the store answers; ``public_url``: where everybody reads the bucket ``published``.
    """
    try:
        answer = http.get(endpoint, timeout=_TIMEOUT)
    except requests.RequestException as error:
        told = f"{endpoint} does not answer: {type(error).__name__}"
        yield ill("object store", told, "Start it; look at extra.endpoint_url of connection kerndata_s3.")
        return
    yield well("object store", f"{endpoint} answers")
    if date := answer.headers.get("Date"):
        yield clock("clock of the store", parsedate_to_datetime(date), now)
    yield _buckets(store, [*(keys.inbox(slug) for slug in slugs), *_OWN])
    yield _conditions(store)
    yield from _outside(http, endpoint, public_url, slugs)


def _buckets(store: Store, names: Sequence[str]) -> Finding:
    wrong = []
    for name in names:
        try:
            store.versions(name, "doctor/")
        except (ConfigurationError, Missing, Transient) as error:
            wrong.append(f"{name} ({type(error).__name__})")
    if not wrong:
        return well("buckets", f"all {len(names)} are there, and the exchange may list them")
    todo = "Make them and give the exchange its rights: `make up`, or the init job of the deployment, does both."
    return ill("buckets", f"not to be listed: {', '.join(wrong)}", todo)


def _conditions(store: Store) -> Finding:
    """Create one object twice: the second must be refused, or two publishers could both win."""
    part, key = "conditional writes", f"doctor/{uuid.uuid4()}"
    try:
        store.create(keys.STAGING, key, b"first", content_type="text/plain")
        try:
            store.create(keys.STAGING, key, b"second", content_type="text/plain")
        except Conflict:
            return well(part, "of two that create one object, one is refused")
        finally:
            store.remove(keys.STAGING, key)
    except KerndataError as error:
        return ill(part, f"the exchange cannot write in staging: {error}", "Look at the rights of its identity.")
    todo = "Nothing may be published from such a store: use one that honours If-None-Match."
    return ill(part, "the store overwrote an object that was to be created once", todo)


def _outside(http: requests.Session, endpoint: str, public_url: str, slugs: Sequence[str]) -> Iterator[Finding]:
    """Knock as a stranger: read what is public, and nothing else."""
    base = endpoint.rstrip("/")
    closed = [f"{base}/{bucket}" for bucket in (*map(keys.inbox, slugs), *_OWN)]
    open_ones = [address for address in closed if _status(http, "GET", f"{address}?list-type=2") == 200]
    written = [
        address for address in closed if _status(http, "PUT", f"{address}/doctor-{uuid.uuid4().hex}") in (200, 201, 204)
    ]
    if open_ones or written:
        told = f"a stranger may list {len(open_ones)} and write in {len(written)} of {len(closed)} buckets"
        todo = "Close the store now: without a file of identities everyone may do everything."
        yield ill("closed to strangers", f"{told}: {', '.join([*open_ones, *written][:3])}", todo)
    else:
        yield well("closed to strangers", f"nobody without a key lists or writes any of {len(closed)} buckets")
    latest = f"{public_url.rstrip('/')}/{keys.LATEST}"
    status = _status(http, "GET", latest)
    if status == 200:
        yield well("open to readers", f"{latest} is read by everyone")
    elif status == 404:
        yield unknown("open to readers", f"{latest} is not there: nothing is published yet, or readers are not let in")
    else:
        told = f"{latest} gives {status or 'no answer'}"
        yield ill("open to readers", told, "Let everyone GET in the bucket published; see KERNDATA_PUBLIC_URL.")


def _status(http: requests.Session, method: str, address: str) -> int:
    try:
        return http.request(method, address, data=b"", timeout=_TIMEOUT, allow_redirects=False).status_code
    except requests.RequestException:
        return 0
