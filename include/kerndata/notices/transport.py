"""One HTTP request to a receiver we do not trust: 15 s, TLS verified, no redirect, no proxy, no private address."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from kerndata.fetch.addresses import AddressRefusedError, GuardedAdapter, check_scheme, is_public
from kerndata.notices.credentials import Credentials

TIMEOUT = timedelta(seconds=15)
BODY_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. ``status`` is None without an answer; ``refused`` tells why nothing was sent at all.

    ``headers`` have lower-case names; ``body`` holds at most 64 KiB. ``protocol``: whose codes ``status`` is of.
    """

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    failure: str | None = None
    refused: str | None = None
    protocol: Literal["HTTP", "SMTP"] = "HTTP"

    @property
    def summary(self) -> str:
        """One phrase for the log of attempts."""
        if self.status is not None and 300 <= self.status < 400:
            return f"HTTP {self.status}: {_redirect(self.headers.get('location', ''))}"
        return self.refused or self.failure or f"{self.protocol} {self.status}"


class Transport:
    """Requests to one endpoint, over connections of its own that are kept open between notices.

    ``http`` gives TLS settings (``verify``, ``cert``) and User-Agent; proxies, netrc and redirects are not used.
    """

    def __init__(
        self,
        http: requests.Session,
        credentials: Credentials,
        now: Callable[[], datetime],
        timeout: timedelta = TIMEOUT,
    ) -> None:
        self._http = http
        self.timeout = timeout
        self._agent = str(http.headers.get("User-Agent", "kerndata"))
        self._now = now
        self.credentials = credentials
        self._adapter = GuardedAdapter(credentials.allow_private)

    def tls(self) -> ssl.SSLContext:
        """TLS settings for a connection that is not HTTP: the same authorities, names checked, TLS 1.2 or newer."""
        own = self._http.verify if isinstance(self._http.verify, str) else None
        context = ssl.create_default_context(cafile=own)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def close(self) -> None:
        """Close the connections."""
        self._adapter.close()

    def request(
        self, method: str, path: str = "", *, headers: Mapping[str, str], body: bytes | None = None, params: Any = None
    ) -> Reply:
        """Send once to ``path`` below the base address. Never raises for what the receiver or the network does."""
        request = requests.Request(
            method,
            self.credentials.url.rstrip("/") + path,
            headers={"User-Agent": self._agent, "Accept-Encoding": "identity", **headers},
            data=body,
            params=params,
        )
        try:
            check_scheme(self.credentials.url, self.credentials.allow_private)
            return self._send(request.prepare())
        except AddressRefusedError as refusal:
            return Reply(None, refused=str(refusal))
        except requests.exceptions.InvalidURL as error:
            return Reply(None, refused=f"not an address: {error}")
        except (requests.RequestException, HTTPError, OSError) as error:
            return Reply(None, failure=f"no answer: {type(error).__name__}")

    def _send(self, prepared: requests.PreparedRequest) -> Reply:
        # Not Session.send: it reads the body of a redirect without limit even when it does not follow it.
        deadline = self._now() + self.timeout
        response = self._adapter.send(
            prepared,
            stream=True,
            timeout=self.timeout.total_seconds(),
            verify=True if self._http.verify is None else self._http.verify,
            cert=self._http.cert,
            proxies={},
        )
        try:
            body = self._read(response, deadline)
        finally:
            response.close()
        return Reply(response.status_code, {k.lower(): v for k, v in response.headers.items()}, body)

    def _read(self, response: requests.Response, deadline: datetime) -> bytes:
        body = bytearray()
        while len(body) < BODY_LIMIT and self._now() < deadline:
            piece = response.raw.read1(BODY_LIMIT - len(body), decode_content=False)
            if not piece:
                return bytes(body)
            body += piece
        return bytes(body)


def _redirect(location: str) -> str:
    """Where a redirect leads, and what would be wrong with going there besides that nobody configured it."""
    try:
        parts = urlsplit(location)
        host = parts.hostname
    except ValueError:
        return "a redirect to an unreadable address, not followed"
    told = f"a redirect to {host or 'the same host'}, not followed"
    if not host:
        return told
    wrong = ["without TLS"] if parts.scheme not in ("", "https") else []
    wrong += ["not a public address"] if _is_private(host) else []
    return f"{told} ({', '.join(wrong)})" if wrong else told


def _is_private(host: str) -> bool:
    try:
        return not is_public(host)
    except ValueError:  # a name; it is not looked up, for nobody goes there
        return host == "localhost" or host.endswith((".localhost", ".internal", ".local"))
