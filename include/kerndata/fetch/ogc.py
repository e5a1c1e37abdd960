"""OGC API Features (OGC 17-069r4): GeoJSON in pages, joined by links with ``rel=next``."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urljoin

from kerndata.errors import Transient
from kerndata.fetch.errors import PullError, where
from kerndata.fetch.paging import Asker, Document, Page
from kerndata.fetch.watermark import moment, stamps
from kerndata.sources.via import OgcVia

HEADERS = {"Accept": "application/geo+json, application/json;q=0.9"}
PAGE_SIZE = 1000
_JSON = frozenset({"", "application/geo+json", "application/json"})


def pages(via: OgcVia, base_url: str, since: str | None, ask: Asker) -> Iterator[Page]:
    """Yield the pages of a collection, all of it or what lies on or after ``since`` (an OGC interval is closed)."""
    query = {"limit": str(via.page_size or PAGE_SIZE)} | ({"datetime": f"{_rfc3339(since)}/.."} if since else {})
    url: str | None = f"{base_url}{via.ogc}/items?{urlencode(query, safe=':/')}"
    while url:
        document = ask(url)
        yield _page(via, document)
        link = _next(document.content.get("links"))
        url = ask.follow(urljoin(url, link), base_url) if link else None


def properties(features: list[Any], name: str = "properties") -> list[Any]:
    """Return what features say, without their places."""
    return [feature.get(name) if isinstance(feature, dict) else None for feature in features]


def identities(features: list[Any]) -> list[str]:
    """Return the features' own ids, of those that have one."""
    ids = [feature.get("id") for feature in features if isinstance(feature, dict)]
    return [str(one) for one in ids if one is not None]


def _rfc3339(stamp: str) -> str:
    """Return a watermark as ``datetime`` takes it: a whole day as it is, a moment with its zone."""
    return stamp if len(stamp) == len("2024-12-31") else moment(stamp).isoformat().replace("+00:00", "Z")


def _page(via: OgcVia, document: Document) -> Page:
    rows = document.rows("features")
    announced = document.content.get("numberReturned")
    if announced not in {None, len(rows)}:
        raise Transient(f"{where(document.url)}: {len(rows)} features came, {announced} were announced in this page")
    total = document.content.get("numberMatched")
    if total is not None and not isinstance(total, int):
        raise PullError(f"{where(document.url)}: numberMatched is no number")
    marks = stamps(properties(rows), via.watermark) if via.watermark else []
    return Page(document.body, rows, total, identities(rows), marks)


def _next(links: Any) -> str | None:
    """Return the address of the next page: the first ``next`` link that leads to JSON."""
    for link in links if isinstance(links, list) else []:
        is_next = isinstance(link, dict) and link.get("rel") == "next" and isinstance(link.get("href"), str)
        if is_next and str(link.get("type") or "").partition(";")[0].strip() in _JSON:
            return str(link["href"])
    return None
