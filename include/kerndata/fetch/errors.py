"""What a pull can fail with, beside ``kerndata.errors.Transient`` for what heals."""

from urllib.parse import urlsplit

from kerndata.errors import KerndataError, Transient


class PullError(KerndataError):
    """The pull cannot succeed as configured; trying again later changes nothing."""


class AgainError(Transient):
    """The server asks for, or a broken connection deserves, one more try; ``seconds`` is how long it asks to wait."""

    def __init__(self, message: str, seconds: float | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds


def where(url: str) -> str:
    """Return an address for messages and metadata, without user, password, query and fragment: they hold secrets."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an unreadable address"
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
