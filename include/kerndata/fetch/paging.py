"""A delivery that comes in pages: asked one after another, guarded, and kept as one zip of the bytes the server sent.

The zip depends on those bytes alone (members ``page-0001.json``…, stored, one fixed date). Moments that a server writes
around its rows do not make a delivery new: ``content`` covers the rows only.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from kerndata.errors import Transient
from kerndata.fetch.access import origin
from kerndata.fetch.client import Client
from kerndata.fetch.errors import PullError, where

_DATE = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its rows as the server gave them, and what it says of the whole.

    ``total`` is how many rows the server says there are, ``ids`` the rows' own identities, ``stamps`` their watermarks
    (empty where the protocol or the source has none).
    """

    body: bytes
    rows: list[Any]
    total: int | None = None
    ids: list[str] = field(default_factory=list)
    stamps: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Document:
    """One JSON object that was asked for, with its bytes and address."""

    url: str
    body: bytes
    content: dict[str, Any]

    def rows(self, name: str) -> list[Any]:
        """Return the array of that name; raises PullError when the object holds none."""
        found = self.content.get(name)
        if not isinstance(found, list):
            raise PullError(f"{where(self.url)}: the answer holds no array {name!r}; edit the address in the source")
        return found


class Asker:
    """Asks for JSON objects, each address once, all at the API itself, within the limits of one delivery."""

    def __init__(self, client: Client, work: Path, headers: dict[str, str]) -> None:
        self._client, self._work, self._headers = client, work, headers
        self._asked: set[str] = set()
        self._left = client.limits.max_bytes

    def __call__(self, url: str) -> Document:
        """Return what an address answers; raises ``Transient`` for broken JSON, ``PullError`` for paging gone wrong."""
        limits, said = self._client.limits, where(url)
        if url in self._asked:
            raise PullError(f"{said}: the paging goes round in a circle; nothing was stored")
        if len(self._asked) >= limits.pages:
            raise PullError(f"{said}: more than {limits.pages} pages; nothing was stored; make the pages larger")
        self._asked.add(url)
        self._client.get(url, self._work, self._headers, min(limits.page_bytes, self._left))
        body = self._work.read_bytes()
        self._left -= len(body)
        return Document(url, body, _parsed(body, said))

    def follow(self, url: str, base_url: str) -> str:
        """Return a next page's address, when it stays at the API.

        Behind a proxy that ends TLS a server writes ``http:`` for its own ``https:``; that page is asked over TLS.
        """
        (scheme, host, port), own = origin(url), origin(base_url)
        if (scheme, host, port, own[0]) == ("http", own[1], 80, "https") and own[2] == 443:
            return "https:" + url.partition(":")[2].replace(":80/", "/", 1)
        if (scheme, host, port) != own:
            raise PullError(f"{where(base_url)}: its paging leads to {where(url)}, another host; nothing was stored")
        return url


@dataclass(slots=True)
class Collected:
    """What all pages together are."""

    rows: int = 0
    total: int | None = None
    stamps: list[str] = field(default_factory=list)
    content: str = ""


def collect(pages: Callable[[], Iterator[Page]], target: Path) -> Collected:
    """Write all pages with rows to ``target`` as one zip; return what they are together.

    Raises ``PullError`` when a page comes twice and ``Transient`` when the source changed while it was read (another
    total, rows that moved between pages, too few or too many rows).
    """
    seen_pages: set[bytes] = set()
    seen_ids: set[str] = set()
    digest, found = hashlib.sha256(), Collected()
    with ZipFile(target, "w", ZIP_STORED) as archive:
        for page in pages():
            _check_total(found, page)
            if not page.rows:
                continue
            content = _content(page.rows)
            _check_new(hashlib.sha256(content).digest(), page.ids, seen_pages, seen_ids)
            digest.update(content)
            archive.writestr(_member(len(seen_pages)), page.body)
            found.rows += len(page.rows)
            found.stamps += page.stamps
    if found.total not in {None, found.rows}:
        raise Transient(f"{found.rows} rows came, {found.total} were announced; nothing was stored")
    found.content = digest.hexdigest()
    return found


def _parsed(body: bytes, said: str) -> dict[str, Any]:
    try:
        content = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Transient(f"{said}: not JSON, or not complete; nothing was stored") from error
    if not isinstance(content, dict):
        raise PullError(f"{said}: not one JSON object; edit the address in the source")
    return content


def _check_total(found: Collected, page: Page) -> None:
    if found.total is not None and page.total is not None and page.total != found.total:
        raise Transient(f"the total changed from {found.total} to {page.total} while reading; nothing was stored")
    found.total = page.total if page.total is not None else found.total


def _check_new(content: bytes, ids: list[str], seen_pages: set[bytes], seen_ids: set[str]) -> None:
    if content in seen_pages:
        raise PullError(f"page {len(seen_pages) + 1} repeats an earlier one; nothing was stored; edit how it is paged")
    seen_pages.add(content)
    if len(set(ids)) < len(ids) or not seen_ids.isdisjoint(ids):
        raise Transient(f"page {len(seen_pages)} gives rows a second time: the source changed; nothing was stored")
    seen_ids.update(ids)


def _content(rows: list[Any]) -> bytes:
    lines = (json.dumps(row, sort_keys=True, separators=(",", ":")) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode()


def _member(number: int) -> ZipInfo:
    member = ZipInfo(f"page-{number:04d}.json", _DATE)
    member.create_system, member.external_attr = 3, _READABLE  # as on Linux, wherever this runs
    return member
