"""OData 3 and 4, JSON: pages by the server's ``nextLink``, or by ``$top`` and ``$skip``.

OData 4.01 Part 2 (URL conventions) and its JSON format; version 3 in its light form (``value``, ``odata.nextLink``), as
CBS StatLine serves it: there values are padded with spaces, and in the untyped sets every value is text.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode, urljoin

from kerndata.fetch.errors import PullError
from kerndata.fetch.paging import Asker, Document, Page
from kerndata.fetch.watermark import stamps
from kerndata.sources.via import ODataVia

HEADERS = {
    3: {"Accept": "application/json", "MaxDataServiceVersion": "3.0"},
    4: {"Accept": "application/json", "OData-MaxVersion": "4.0"},
}
_ZONE = re.compile(r"(Z|[+-]\d\d:\d\d)$")


def pages(via: ODataVia, base_url: str, since: str | None, ask: Asker) -> Iterator[Page]:
    """Yield the pages of an entity set, all of it or what has a watermark above ``since``."""
    options, rows = _options(via, since), 0
    url: str | None = _url(via, base_url, options, rows)
    while url:
        document = ask(url)
        page = _page(via, document)
        yield page
        rows += len(page.rows)
        link = _mark(document.content, "nextLink")
        if link:
            url = ask.follow(urljoin(url, str(link)), base_url)
        else:  # our own paging ends at an empty page: a short one may be all that the server gives at once
            url = _url(via, base_url, options, rows) if via.page_size and page.rows else None


def _options(via: ODataVia, since: str | None) -> dict[str, str]:
    changed = f"{via.watermark} gt {literal(since, via.version)}" if via.watermark and since else None
    filters = [f"({one})" if changed and via.filter else one for one in (via.filter, changed) if one]
    options = {"$filter": " and ".join(filters), "$select": ",".join(via.select), "$orderby": via.order_by or ""}
    if via.count:
        options |= {"$count": "true"} if via.version == 4 else {"$inlinecount": "allpages"}
    return {name: value for name, value in options.items() if value}


def _url(via: ODataVia, base_url: str, options: dict[str, str], rows: int) -> str:
    own = {"$top": str(via.page_size), "$skip": str(rows)} if via.page_size else {}
    query = urlencode(options | own, quote_via=quote, safe="$(),':")
    return f"{base_url}{via.odata}?{query}".rstrip("?")


def literal(stamp: str, version: int) -> str:
    """Return a watermark as OData writes it in a filter: bare, in version 3 a moment between its type's quotes."""
    if version == 4 or stamp.lstrip("-").isdigit():
        return stamp
    return f"datetimeoffset'{stamp}'" if _ZONE.search(stamp) else f"datetime'{stamp}'"


def _page(via: ODataVia, document: Document) -> Page:
    rows = document.rows("value")
    total, ids = _mark(document.content, "count"), [_mark(row, "id") for row in rows]
    if total is not None and not str(total).isdigit():
        raise PullError(f"the total is no number: {str(total)[:40]!r}")
    return Page(
        document.body,
        rows,
        int(total) if total is not None else None,
        [str(one) for one in ids if one is not None],
        stamps(rows, via.watermark) if via.watermark else [],
    )


def _mark(holder: Any, name: str) -> Any:
    """Return a control value: ``@odata.count`` in version 4, ``@count`` in 4.01, ``odata.count`` in 3."""
    if not isinstance(holder, dict):
        return None
    return next((holder[key] for key in (f"@odata.{name}", f"@{name}", f"odata.{name}") if key in holder), None)
