"""An ArcGIS feature service (GeoServices REST): a layer's features as GeoJSON in WGS 84, within its transfer limit.

The layer itself tells its object id, the limit and its fields; a count tells the total. An error comes with status 200
and a code of its own.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from kerndata.errors import Transient
from kerndata.fetch.errors import PullError, where
from kerndata.fetch.ogc import identities, properties
from kerndata.fetch.paging import Asker, Document, Page
from kerndata.fetch.watermark import moment, stamps
from kerndata.sources.via import ArcgisVia

HEADERS = {"Accept": "application/geo+json, application/json"}
PAGE_SIZE = 1000
_ENTRY = frozenset({401, 403, 498, 499})  # 498: token refused, 499: token needed
_DATE = "esriFieldTypeDate"


def pages(via: ArcgisVia, base_url: str, since: str | None, ask: Asker) -> Iterator[Page]:
    """Yield the pages of a layer, all of it or what was edited in or after the second of ``since``."""
    url = f"{base_url}{via.arcgis}"
    layer = _asked(ask, f"{url}?f=json").content
    is_date = _is_date(layer, via)
    which = _where(via, since, is_date)
    total = _asked(ask, _query(url, which, returnCountOnly="true", f="json")).content.get("count")
    if not isinstance(total, int):
        raise PullError(f"{where(url)}: the layer tells no count")
    rows, size, key = 0, _page_size(via, layer), _object_id(layer, url)
    while rows < total:
        document = _asked(ask, _query(url, which, **_paging(key, rows, size), f=via.answer))
        page = _page(via, document, total, key, is_date)
        yield page
        rows += len(page.rows)
        if not page.rows or not _exceeded(document.content):
            return


def _asked(ask: Asker, url: str) -> Document:
    document = ask(url)
    error = document.content.get("error")
    if error is None:
        return document
    code = error.get("code") if isinstance(error, dict) else None
    said = f"{where(url)}: error {str(code)[:10]} with status 200; nothing was stored"
    if code in _ENTRY:
        raise PullError(f"{said}; edit the login or token in the Airflow connection")
    if isinstance(code, int) and 400 <= code < 500 and code != 429:
        raise PullError(f"{said}; edit the address, where or watermark in the source")
    raise Transient(f"{said}, trying again is safe")


def _is_date(layer: dict[str, Any], via: ArcgisVia) -> bool:
    if via.watermark is None:
        return False
    kinds = {field.get("name"): field.get("type") for field in layer.get("fields") or [] if isinstance(field, dict)}
    if via.watermark not in kinds:
        raise PullError(f"the layer has no field {via.watermark!r}; edit via.watermark (a field's case counts)")
    return kinds[via.watermark] == _DATE


def _where(via: ArcgisVia, since: str | None, is_date: bool) -> str:
    if via.watermark is None or since is None:
        return via.where or "1=1"
    bound = f"timestamp '{moment(since).astimezone(UTC):%Y-%m-%d %H:%M:%S}'" if is_date else str(int(since))
    changed = f"{via.watermark} {'>=' if is_date else '>'} {bound}"
    return f"({via.where}) AND {changed}" if via.where else changed


def _query(url: str, which: str, **options: str) -> str:
    return f"{url}/query?{urlencode({'where': which, **options}, quote_via=quote)}"


def _page_size(via: ArcgisVia, layer: dict[str, Any]) -> int:
    allowed = layer.get("maxRecordCount")
    limit = allowed if isinstance(allowed, int) and allowed > 0 else PAGE_SIZE
    return min(via.page_size or limit, limit)


def _paging(key: str, rows: int, size: int) -> dict[str, str]:
    place = {"resultOffset": str(rows), "resultRecordCount": str(size)}
    return {"outFields": "*", "outSR": "4326", "orderByFields": key} | place


def _object_id(layer: dict[str, Any], url: str) -> str:
    """Return the field to page by, as the layer tells it in one of two places."""
    fields = (field for field in layer.get("fields") or [] if isinstance(field, dict))
    by_kind = next((field.get("name") for field in fields if field.get("type") == "esriFieldTypeOID"), None)
    found = layer.get("objectIdField") or by_kind
    if not isinstance(found, str):
        raise PullError(f"{where(url)}: the layer tells no object id to page by; edit the address in the source")
    return found


def _exceeded(content: dict[str, Any]) -> bool:
    """Say whether there is more: beside the features, or as some versions have it among the collection's properties."""
    inner = content.get("properties")
    return any(one.get("exceededTransferLimit") for one in (content, inner) if isinstance(one, dict))


def _page(via: ArcgisVia, document: Document, total: int, key: str, is_date: bool) -> Page:
    rows = document.rows("features")
    facts = properties(rows, "properties" if via.answer == "geojson" else "attributes")
    marks = stamps(facts, via.watermark) if via.watermark else []
    ids = [str(one[key]) for one in facts if isinstance(one, dict) and key in one]
    return Page(document.body, rows, total, ids or identities(rows), [_iso(one) if is_date else one for one in marks])


def _iso(milliseconds: str) -> str:
    """Return an edit date, in milliseconds since 1970, as a moment in UTC."""
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError) as error:
        raise PullError(f"{milliseconds[:40]!r} is no edit date in milliseconds; edit via.watermark") from error
