"""What a province's data services answer: OData 3 and 4, OGC API Features and an ArcGIS feature service over records.

Small on purpose: one set of flat records each, paging, and the one filter a watermark needs, or one column that equals
a text; anything else is refused.
``gewijzigd`` (ISO 8601) is when a record changed, ``lon`` and ``lat`` where it lies.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

Record = dict[str, Any]
CHANGED, PLACE = "gewijzigd", ("lon", "lat")
LIMIT = 100  # rows a page, whatever is asked
_ODATA = re.compile(r"(?P<column>\w+) gt (?:datetime(?:offset)?)?'?(?P<bound>[^']+)'?")
_EQUAL = re.compile(r"(?P<column>\w+) eq '(?P<text>[^']*)'")
_SQL = re.compile(r"(?P<column>\w+) (?P<sign>>=?) (?:timestamp )?'?(?P<bound>[^']+)'?")


class RefusedError(ValueError):
    """A question that such a service would refuse with status 400."""


def odata(records: list[Record], query: Mapping[str, str], url: str, version: int, limit: int = LIMIT) -> Record:
    """Answer for an entity set: at most ``limit`` records, and a ``nextLink`` when there are more of what was asked."""
    equal = _EQUAL.fullmatch(query.get("$filter", ""))
    if equal:
        found = [record for record in records if record[equal["column"]] == equal["text"]]
    else:
        found = _filtered(records, query.get("$filter"), _ODATA)
    first, asked = int(query.get("$skip", 0)), int(query.get("$top", len(found)))
    part, names = found[first : first + min(asked, limit)], query.get("$select")
    if names:
        part = [{name: record[name] for name in names.split(",")} for record in part]
    mark = "@odata." if version == 4 else "odata."
    answer: Record = {f"{mark}{'context' if version == 4 else 'metadata'}": f"{url}/$metadata", "value": part}
    if query.get("$count") == "true" or query.get("$inlinecount") == "allpages":
        answer[f"{mark}count"] = len(found) if version == 4 else str(len(found))
    if len(part) < min(asked, len(found) - first):
        rest = {**query, "$skip": str(first + len(part)), "$top": str(asked - len(part))}
        answer[f"{mark}nextLink"] = f"{url}?{urlencode(rest)}"
    return answer


def ogc(records: list[Record], query: Mapping[str, str], url: str, limit: int = LIMIT) -> Record:
    """Answer for a collection's items; the moment of answering stands beside them, as services have it."""
    since = query.get("datetime", "").removesuffix("/..")
    found = [record for record in records if not since or _moment(record[CHANGED]) >= _moment(since)]
    first, size = int(query.get("offset", 0)), min(int(query.get("limit", limit)), limit)
    part, links = found[first : first + size], [{"rel": "self", "type": "application/geo+json", "href": url}]
    if first + size < len(found):
        rest = urlencode({**query, "offset": str(first + size)})
        links.append({"rel": "next", "type": "application/geo+json", "href": f"{url}?{rest}"})
    return {
        "type": "FeatureCollection",
        "timeStamp": datetime.now(UTC).isoformat(),
        "numberMatched": len(found),
        "numberReturned": len(part),
        "features": [_feature(record, record.get("id")) for record in part],
        "links": links,
    }


def arcgis_layer(records: list[Record], limit: int = LIMIT) -> Record:
    """Answer for a layer itself: its limit, object id and fields."""
    kinds = {"OBJECTID": "esriFieldTypeOID"} | {name: _kind(name) for record in records for name in record}
    return {
        "maxRecordCount": limit,
        "objectIdField": "OBJECTID",
        "fields": [{"name": name, "type": kind} for name, kind in kinds.items() if name not in PLACE],
    }


def arcgis(records: list[Record], query: Mapping[str, str], limit: int = LIMIT) -> Record:
    """Answer for ``/query``; a question that is refused comes back as an error with status 200, as ArcGIS does."""
    where = query.get("where", "")
    try:
        found = _filtered(list(enumerate(records, 1)), None if where == "1=1" else where, _SQL)
    except RefusedError as error:
        return {"error": {"code": 400, "message": str(error), "details": []}}
    if query.get("returnCountOnly") == "true":
        return {"count": len(found)}
    first, size = int(query.get("resultOffset", 0)), min(int(query.get("resultRecordCount", limit)), limit)
    part = [(one, _edited(record) | {"OBJECTID": one}) for one, record in found[first : first + size]]
    more = {"exceededTransferLimit": True} if first + size < len(found) else {}
    if query.get("f") == "json":
        return {"features": [_esri(record) for _, record in part]} | more
    features = [_feature(record, one) for one, record in part]
    return {"type": "FeatureCollection", "features": features} | ({"properties": more} if more else {})


def _filtered(records: list[Any], text: str | None, form: re.Pattern[str]) -> list[Any]:
    if not text:
        return records
    asked = form.fullmatch(text)
    if asked is None:
        raise RefusedError(f"not a filter this service knows: {text}")
    bound, column = _moment(asked["bound"]), asked["column"]
    test: Callable[[datetime], bool] = bound.__le__ if asked.groupdict().get("sign") == ">=" else bound.__lt__
    return [one for one in records if test(_moment((one[1] if isinstance(one, tuple) else one)[column]))]


def _feature(record: Record, identity: Any) -> Record:
    place = [record.get(axis) for axis in PLACE]
    return {
        "type": "Feature",
        "id": identity,
        "geometry": None if None in place else {"type": "Point", "coordinates": place},
        "properties": {name: value for name, value in record.items() if name not in PLACE},
    }


def _esri(record: Record) -> Record:
    place = dict(zip("xy", (record.get(axis) for axis in PLACE), strict=True))
    facts = {name: value for name, value in record.items() if name not in PLACE}
    return {"attributes": facts} | ({} if None in place.values() else {"geometry": place})


def _edited(record: Record) -> Record:
    if CHANGED not in record:
        return record
    return record | {CHANGED: round(_moment(record[CHANGED]).timestamp() * 1000)}


def _kind(name: str) -> str:
    return "esriFieldTypeDate" if name == CHANGED else "esriFieldTypeString"


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
