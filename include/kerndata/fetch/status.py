"""What a status and the first bytes of an answer mean for a pull."""

import math
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import requests

from kerndata.errors import Transient
from kerndata.fetch.errors import AgainError, PullError

HEALS = frozenset({408, 425, 429})
ENTRY = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED})
_HTML = (b"<!doctype html", b"<html")


def check_status(answer: requests.Response, said: str, *, conditional: bool) -> None:
    """Pass 200, and 304 where it was asked for; raise ``AgainError`` for what heals and ``PullError`` for the rest."""
    status = answer.status_code
    if status == HTTPStatus.OK or (status == HTTPStatus.NOT_MODIFIED and conditional):
        return
    if status in HEALS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        asked = retry_after(answer)
        wait = "" if asked is None else f", it asks to wait {asked:.0f} s"
        raise AgainError(f"{said}: status {status}{wait}; nothing was stored, trying again is safe", asked)
    if status in ENTRY:
        raise PullError(f"{said}: status {status}; edit the login or token in the Airflow connection")
    raise PullError(f"{said}: status {status}; edit the address in the source, or the connection")


def retry_after(answer: requests.Response) -> float | None:
    """Return the seconds an answer asks to wait (RFC 9110 §10.2.3), None when it says nothing we understand.

    A moment is compared with the server's own ``Date``: its clock may differ from ours.
    """
    asked = answer.headers.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdigit():
        return float(asked[:9])
    try:
        until, now = (parsedate_to_datetime(text) for text in (asked, answer.headers.get("Date", "")))
        seconds = (until.replace(tzinfo=UTC) - now.replace(tzinfo=UTC)).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def check_data(start: bytes, media_type: str, said: str) -> None:
    """Raise ``Transient`` for an HTML page: an error or a maintenance notice that comes with status 200."""
    lead = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:20].lower()
    if media_type in {"text/html", "application/xhtml+xml"} or lead.startswith(_HTML):
        raise Transient(f"{said}: an HTML page with status 200 instead of data; nothing was stored")
