"""Where an endpoint is and how to enter: taken from its connection at send time, never stored."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credentials:
    """The address of the resource that receives, and the identity there.

    ``url``: for ``cloudevents`` the address events are posted to, for ``taxii`` the collection's address.
    ``username`` and ``secret``: issuer and HMAC key of the token, or user and password. ``allow_private`` permits
    loopback, private and plain-http addresses: for the embedded stack, and for receivers inside one's own network.
    """

    url: str
    username: str | None = None
    secret: str | None = field(default=None, repr=False)
    allow_private: bool = False
