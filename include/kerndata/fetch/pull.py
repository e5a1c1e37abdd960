"""Pulls one API delivery: everything the first time, afterwards what is new, or nothing."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from kerndata.errors import Transient
from kerndata.fetch import arcgis, odata, ogc
from kerndata.fetch.access import Access, Limits
from kerndata.fetch.client import Client
from kerndata.fetch.errors import PullError, where
from kerndata.fetch.paging import Asker, Page, collect
from kerndata.fetch.watermark import advance, is_later
from kerndata.model.pull import PullState
from kerndata.sources.via import ArcgisVia, HttpVia, ODataVia, OgcVia, PagedVia, PulledVia

ZIP = "application/zip"


@dataclass(frozen=True, slots=True)
class Pulled:
    """What was pulled: ``sha256`` and ``size_bytes`` are of the stored bytes, ``media_type`` as the server says.

    ``origin`` is the address without query and secrets; ``state`` is what to remember until the next pull.
    """

    sha256: str
    size_bytes: int
    media_type: str
    origin: str
    state: PullState


def pull(
    via: PulledVia, target: Path, access: Access, state: PullState | None, *, now: datetime, limits: Limits
) -> Pulled | None:
    """Store in ``target`` what is new at a source, whole or not at all; None when there is nothing new.

    ``state`` is what the last pull left; one of another address or another question is not used. ``now`` only guards
    against watermarks in the future. Raises ``Transient`` for what heals and ``PullError`` for what does not.
    """
    asked = _fingerprint(via, access)
    known = state if state and state.origin == asked else None
    part = target.with_name(target.name + ".part")
    try:
        with Client(access, limits) as client:
            if isinstance(via, HttpVia):
                pulled = _pull_file(via, part, client, known, asked)
            elif isinstance(via, PagedVia):
                pulled = _pull_pages(via, part, client, known, asked, now)
            else:
                raise PullError(f"{type(via).__name__} is not a way to pull")
        if pulled:
            part.replace(target)
        return pulled
    finally:
        part.unlink(missing_ok=True)


def _pull_file(via: HttpVia, part: Path, client: Client, known: PullState | None, asked: str) -> Pulled | None:
    url = client.access.base_url + via.path
    validators = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified} if known else {}
    headers = {name: value for name, value in validators.items() if value}
    head = client.get(url, part, {"Accept": "*/*", **headers}, client.limits.max_bytes)
    if not head.is_new:
        return None
    sha256, size = _hash(part)
    left = PullState(asked, sha256, head.etag, head.last_modified)
    return Pulled(sha256, size, head.media_type, where(url), left)


def _pull_pages(
    via: PagedVia, part: Path, client: Client, known: PullState | None, asked: str, now: datetime
) -> Pulled | None:
    since = known.watermark if known else None
    path, headers, pages = _protocol(via)
    work = part.with_name(part.name + ".page")
    try:
        found = collect(partial(pages, client.access.base_url, since, Asker(client, work, headers)), part)
    finally:
        work.unlink(missing_ok=True)
    url = where(client.access.base_url + path)
    if since and not any(is_later(stamp, since) for stamp in found.stamps):
        return None
    if not found.rows:
        raise Transient(f"{url}: no rows at all; that is not taken for news, nothing was stored")
    sha256, size = _hash(part)
    watermark = advance(since, found.stamps, now) if via.watermark else None
    return Pulled(sha256, size, ZIP, url, PullState(asked, found.content, watermark=watermark))


Pages = Callable[[str, str | None, Asker], Iterator[Page]]


def _protocol(via: PagedVia) -> tuple[str, dict[str, str], Pages]:
    """Return the path, the headers and the pages of a paged source."""
    if isinstance(via, ODataVia):
        return via.odata, odata.HEADERS[via.version], partial(odata.pages, via)
    if isinstance(via, OgcVia):
        return via.ogc, ogc.HEADERS, partial(ogc.pages, via)
    if isinstance(via, ArcgisVia):
        return via.arcgis, arcgis.HEADERS, partial(arcgis.pages, via)
    raise PullError(f"{type(via).__name__} has no pages")


def _fingerprint(via: PulledVia, access: Access) -> str:
    """Return what tells one question from another: address and options, without the hour and the page size."""
    question = via.model_dump_json(exclude={"cron", "connection", "page_size"})
    return hashlib.sha256(f"{access.base_url}\n{question}".encode()).hexdigest()


def _hash(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    return digest.hexdigest(), path.stat().st_size
