"""Pulls one file over HTTP from a province's API, with limits; never follows a redirect."""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import requests

from kerndata.errors import KerndataError, Transient

CHUNK_BYTES = 64 * 1024
HEALS = frozenset({408, 425, 429})
HTML = (b"<!doctype html", b"<html")


class PullError(KerndataError):
    """The pull cannot succeed as configured; trying again later changes nothing."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What was pulled: ``sha256`` and ``size_bytes`` are of the stored bytes, ``media_type`` as the server says."""

    sha256: str
    size_bytes: int
    media_type: str
    etag: str | None


def pull(
    url: str,
    target: Path,
    http: requests.Session,
    *,
    timeout: float,
    max_bytes: int,
    total_seconds: float = 300,
    seconds: Callable[[], float] = time.monotonic,
) -> Pulled:
    """Store what ``url`` answers in ``target``, whole or not at all.

    ``timeout`` (seconds) holds for connecting and for every wait on data, ``total_seconds`` for the whole answer.
    Raises ``Transient`` for what heals (network, time-out, 408, 425, 429, 5xx, an HTML page instead of data) and
    ``PullError`` for what does not (redirects, other 4xx, too many bytes).
    """
    where = _where(url)
    part = target.with_name(target.name + ".part")
    try:
        with http.get(url, timeout=timeout, stream=True, allow_redirects=False) as answer:
            _check_status(answer, where)
            media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            digest, size = hashlib.sha256(), 0
            with part.open("wb") as file:
                for chunk in _chunks(answer, where, max_bytes, seconds() + total_seconds, seconds):
                    if size == 0:
                        _check_data(chunk, media_type, where)
                    digest.update(chunk)
                    size += file.write(chunk)
            part.replace(target)
            return Pulled(digest.hexdigest(), size, media_type, answer.headers.get("ETag"))
    except requests.RequestException as error:
        raise Transient(
            f"{where}: no answer ({type(error).__name__}); nothing was stored, trying again is safe"
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _where(url: str) -> str:
    """Return the address for messages, without user, password and query."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise PullError("the address is not http or https: edit the Airflow connection of this province")
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"


def _check_status(answer: requests.Response, where: str) -> None:
    status = answer.status_code
    if status == HTTPStatus.OK:
        return
    if status in HEALS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        wait = answer.headers.get("Retry-After")
        asked = f", it asks to wait: {wait}" if wait else ""
        raise Transient(f"{where}: status {status}{asked}; nothing was stored, trying again is safe")
    if answer.is_redirect:
        raise PullError(f"{where}: status {status}, a redirect, which is never followed; edit connection or path")
    raise PullError(f"{where}: status {status}; edit the path in the source, or the connection")


def _chunks(
    answer: requests.Response, where: str, max_bytes: int, deadline: float, seconds: Callable[[], float]
) -> Iterator[bytes]:
    size = 0
    for chunk in answer.iter_content(CHUNK_BYTES):
        size += len(chunk)
        if size > max_bytes:
            raise PullError(f"{where}: more than {max_bytes} bytes; nothing was stored")
        if seconds() > deadline:
            raise Transient(f"{where}: the answer came too slowly; nothing was stored, trying again is safe")
        yield chunk


def _check_data(start: bytes, media_type: str, where: str) -> None:
    lead = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:20].lower()
    if media_type in {"text/html", "application/xhtml+xml"} or lead.startswith(HTML):
        raise Transient(f"{where}: an HTML page with status 200 instead of data; nothing was stored")
