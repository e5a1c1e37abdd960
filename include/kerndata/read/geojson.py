"""GeoJSON: the features' properties are columns, and a point gives two more.

``lon`` and ``lat`` in WGS84 (RFC 7946), ``x`` and ``y`` in RD (EPSG:28992) when the file's ``crs`` member (GeoJSON
2008) says so; any other system is refused. A line or an area has no one point: its coordinates stay empty, and a
column ``geometry_type`` says which features these are. A property of the same name becomes ``properties.lon``.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kerndata.read.cells import Cell
from kerndata.read.json_records import at_path, document, flat
from kerndata.read.limits import unreadable
from kerndata.read.records import Page, Record

if TYPE_CHECKING:
    from kerndata.sources.formats import GeojsonFormat

DEGREES, METRES = ("lon", "lat"), ("x", "y")
# ETRS89 (4258) differs less than a metre from WGS84 in the Netherlands; 7415 is RD with a height (NAP).
SYSTEMS = {"CRS84": DEGREES, "4326": DEGREES, "4258": DEGREES, "4979": DEGREES, "28992": METRES, "7415": METRES}
CODE = re.compile(r"(?:.*[:/])?(CRS84|\d+)h?", re.IGNORECASE)
NO_PLACE: tuple[Cell, Cell] = (None, None)


def page(data: bytes, spec: "GeojsonFormat", member: str | None = None) -> Page:
    """Return one record per feature; raises ``FileFault`` F-UNREADABLE with what is wrong in which feature."""
    found = document(data)
    if not isinstance(found, dict) or found.get("type") != "FeatureCollection":
        raise unreadable("not a FeatureCollection", "het is geen FeatureCollection")
    names = _axes(found.get("crs"), spec.crs)
    features = at_path(found, "features")
    told = _told(features)
    return Page([_record(number, one, names, told) for number, one in enumerate(features, 1)], member)


def _axes(crs: Any, agreed: str) -> tuple[str, str]:
    """Return the names of the two coordinates; ``null`` in the file means unknown there, so what is agreed holds."""
    name = agreed
    if crs is not None:
        properties = crs.get("properties") if isinstance(crs, dict) else None
        name = str(properties.get("name")) if isinstance(properties, dict) else "onbekend"
    match = CODE.fullmatch(name.strip())
    if match is None or match[1].upper() not in SYSTEMS:
        raise unreadable(
            f"crs {name!r} is neither WGS84 nor RD (EPSG:28992)",
            f"het coördinatenstelsel {name!r} is niet WGS84 en niet RD (EPSG:28992)",
        )
    return SYSTEMS[match[1].upper()]


def _told(features: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Return which of ``feature_id`` and ``geometry_type`` there is a reason to give."""
    told = {"feature_id" for one in features if one.get("id") is not None}
    kinds = {geometry.get("type") for one in features if isinstance(geometry := one.get("geometry"), dict)}
    return frozenset(told | ({"geometry_type"} if kinds - {"Point"} else set()))


def _record(number: int, feature: Mapping[str, Any], names: tuple[str, str], told: frozenset[str]) -> Record:
    properties, geometry = feature.get("properties") or {}, feature.get("geometry")
    if not isinstance(properties, dict) or not isinstance(geometry, dict | None):
        raise unreadable(
            f"feature {number}: properties or geometry is no object",
            f"feature {number}: properties of geometry klopt niet",
        )
    own = {**dict(zip(names, _point(number, geometry), strict=True))}
    if "feature_id" in told:
        own["feature_id"] = feature.get("id")
    if "geometry_type" in told:
        own["geometry_type"] = geometry.get("type") if geometry else None
    cells = {f"properties.{key}" if key in own else key: cell for key, cell in flat(properties).items()}
    return cells | flat(own)


def _point(number: int, geometry: dict[str, Any] | None) -> tuple[Cell, Cell]:
    """Return the coordinates of a point, as exact as they are written; a height is left out."""
    if geometry is None or geometry.get("type") != "Point":
        return NO_PLACE
    place = geometry.get("coordinates")
    if place == []:  # an empty point, which RFC 7946 (3.1) treats as no geometry
        return NO_PLACE
    if not isinstance(place, list) or len(place) < 2 or not all(isinstance(one, Decimal) for one in place):
        raise unreadable(
            f"feature {number}: a point without two numbers", f"feature {number}: een punt zonder twee getallen"
        )
    return place[0], place[1]
