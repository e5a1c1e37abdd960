"""Chooses the scanner a setting names."""

from urllib.parse import urlsplit

from kerndata.errors import ConfigurationError
from kerndata.scan.clamd import Clamd
from kerndata.scan.icap import Icap
from kerndata.scan.verdict import Scanner

TIMEOUT_SECONDS = 30.0


def scanner_from(url: str, *, timeout: float = TIMEOUT_SECONDS) -> Scanner:
    """Return the scanner at ``clamd://host:3310`` or ``icap://host:1344/avscan``; nothing is contacted yet.

    ``timeout``: seconds for one small file; a large one gets more. Raises ``ConfigurationError`` on any other address.
    """
    try:
        parts = urlsplit(url)
        scheme, host, port, service = parts.scheme, parts.hostname, parts.port, parts.path.strip("/")
    except ValueError as error:
        raise ConfigurationError(f"scanner {url!r}: {error}") from error
    if scheme == "clamd" and host and not service:
        return Clamd(host, port or 3310, timeout)
    if scheme == "icap" and host and service:
        return Icap(host, port or 1344, service, timeout)
    raise ConfigurationError(f"scanner {url!r}: expected clamd://host:3310 or icap://host:1344/service")
