"""The way into a province's API: where it is, who we are there, and how much we take."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests

from kerndata.errors import ConfigurationError
from kerndata.fetch.errors import PullError

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much. ``bytes`` are counted after decoding.

    ``read_seconds`` holds for every wait on data and for a whole head, ``answer_seconds`` for one whole answer,
    ``total_seconds`` for a delivery with its pages and waits. A page is parsed in memory, hence its own limit. What
    asks for a longer wait than ``longest_wait_seconds`` is left to the next run.
    """

    connect_seconds: float = 5
    read_seconds: float = 15
    answer_seconds: float = 45
    total_seconds: float = 300
    max_bytes: int = 512 * 1024 * 1024
    page_bytes: int = 16 * 1024 * 1024
    pages: int = 2000
    tries: int = 3
    wait_seconds: float = 1
    longest_wait_seconds: float = 10


@dataclass(frozen=True, slots=True)
class Access:
    """One API's address and our credentials there: a user and password, a bearer token, or a key in a named header.

    ``base_url`` is ``scheme://host[:port][/path]``. ``http`` gives TLS settings (``verify``, ``cert``) and User-Agent;
    its proxies, netrc and redirects are not used. ``allow_private`` allows this address, and no other, to be private.
    """

    base_url: str
    http: requests.Session = field(repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    key_header: str | None = None
    allow_private: bool = False

    def check(self) -> None:
        """Raise PullError when the address is not http(s), or credentials would travel without TLS."""
        parts = urlsplit(self.base_url)
        if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
            raise PullError("the address is not http or https: edit the Airflow connection of this province")
        if parts.scheme == "http" and self.credentials() and not self.allow_private:
            raise PullError(
                f"{parts.hostname}: credentials are not sent without TLS; set schema https in the Airflow connection"
            )

    def credentials(self) -> dict[str, str]:
        """Return the header that lets us in; empty for an API that is open to all."""
        if self.token:
            return {"Authorization": f"Bearer {self.token}"}
        if self.key_header:
            return {self.key_header: self.password or ""}
        if self.username:
            pair = f"{self.username}:{self.password or ''}".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        return {}

    def is_own(self, url: str) -> bool:
        """Say whether an address has this API's scheme, host and port."""
        return origin(url) == origin(self.base_url)


def from_connection(
    name: str,
    base_url: str,
    http: requests.Session,
    *,
    login: str | None,
    password: str | None,
    extra: Mapping[str, Any],
) -> Access:
    """Return the way in that a connection (of Airflow) holds.

    It holds a login with its password (basic), or ``extra.token`` (bearer), or ``extra.header`` (the header that takes
    the password as a key), or nothing for an open API. ``extra.path`` comes behind the host; ``extra.allow_private``
    (true) allows a private address. Raises ``ConfigurationError`` when it holds more than one: nobody could tell which
    one counts.
    """
    given = {"login": login, "token": extra.get("token"), "header": extra.get("header")}
    ways = [way for way, value in given.items() if value]
    if len(ways) > 1:
        raise ConfigurationError(f"Airflow connection {name!r} has {' and '.join(ways)}: leave one of them")
    return Access(
        base_url=base_url + str(extra.get("path", "")).rstrip("/"),
        http=http,
        username=login or None,
        password=password,
        token=given["token"],
        key_header=given["header"],
        allow_private=extra.get("allow_private") is True,
    )


def origin(url: str) -> tuple[str, str, int]:
    """Return (scheme, host, port) of an address; raises PullError when it is not http or https or names a user."""
    try:
        parts = urlsplit(url)
        found = parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise PullError(f"an unreadable address ({error})") from error
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        raise PullError("the server leads to an address that is not plain http or https")
    return found
