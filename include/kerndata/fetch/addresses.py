"""Where we may connect to: only https and public addresses, unless a connection says that a private one is meant.

The host is resolved here, every address it has is checked, and the connection goes to a checked address: a name that
resolves to something else a moment later gains nothing.
"""

import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError, NewConnectionError
from urllib3.poolmanager import PoolManager
from urllib3.response import HTTPResponse
from urllib3.util.connection import create_connection

from kerndata.errors import KerndataError
from kerndata.fetch.deadline import hanging_up_after

_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRefusedError(KerndataError):
    """The address is one we do not connect to; nothing was sent."""


def check_scheme(url: str, allow_private: bool) -> None:
    """Raise AddressRefusedError unless the address is https (or http, where private addresses are allowed)."""
    scheme = urlsplit(url).scheme
    allowed = ("https", "http") if allow_private else ("https",)
    if scheme not in allowed:
        raise AddressRefusedError(
            f"refused to connect over {scheme or 'no scheme'}: the connection must name an https address"
        )


def checked_addresses(host: str, port: int, allow_private: bool) -> list[str]:
    """The addresses of ``host``; raises AddressRefusedError when any of them is not a public one, unless allowed."""
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    private = [address for address in addresses if not is_public(address)]
    if private and not allow_private:
        raise AddressRefusedError(
            f"refused to connect to {host}: {private[0]} is not a public address "
            "(if it is meant, set allow_private in the connection's extra)"
        )
    return addresses


def is_public(address: str) -> bool:
    """Whether an address is globally reachable, also when it is an IPv6 address that carries an IPv4 one."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    return all(part.is_global and not part.is_multicast for part in _carried(parsed))


def _carried(address: Address) -> list[Address]:
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    inner: list[Address] = []
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if address.sixtofour:
        inner.append(address.sixtofour)
    if address in _NAT64:
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [address, *inner]


class _Guarded(HTTPConnection):
    allow_private = False

    def _new_conn(self) -> socket.socket:
        try:
            addresses = checked_addresses(self._dns_host, self.port or self.default_port, self.allow_private)
        except (socket.gaierror, UnicodeError) as error:
            raise NameResolutionError(self.host, self, socket.gaierror(str(error))) from error
        return self._connect(addresses)

    def _connect(self, addresses: list[str]) -> socket.socket:
        last: OSError | None = None
        for address in addresses:
            try:
                return create_connection((address, self.port), self.timeout, self.source_address, self.socket_options)
            except OSError as error:
                last = error
        raise NewConnectionError(self, f"no address of {self.host} answers: {last}") from last

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        """Give the answer; its whole head comes within the read time-out, which else starts anew at every byte."""
        if not isinstance(self.timeout, int | float):
            raise TypeError(f"{self.host}: a request without a time-out")
        line = self.sock
        with hanging_up_after(self.timeout, lambda: socket.socket.shutdown(line, socket.SHUT_RDWR)):
            return super().getresponse()


class _GuardedTLS(_Guarded, HTTPSConnection):
    """The same check below TLS; the certificate is still verified against the host's name."""


class _OpenPlain(_Guarded):
    allow_private = True


class _OpenTLS(_GuardedTLS):
    allow_private = True


def _pools(plain: type[HTTPConnection], tls: type[HTTPSConnection]) -> dict[str, type[HTTPConnectionPool]]:
    return {
        "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("TLSPool", (HTTPSConnectionPool,), {"ConnectionCls": tls}),
    }


class GuardedAdapter(HTTPAdapter):
    """Connects to checked addresses only, without retries of its own."""

    def __init__(self, allow_private: bool) -> None:
        self._allow_private = allow_private
        super().__init__(max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        """Make the pools whose connections check the address they connect to."""
        self.poolmanager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **options)
        classes = (_OpenPlain, _OpenTLS) if self._allow_private else (_Guarded, _GuardedTLS)
        self.poolmanager.pool_classes_by_scheme = _pools(*classes)
