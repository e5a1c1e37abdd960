"""Where a delivery comes from: the province's own bucket, or an address that is pulled.

Each way is known by its telling key: ``bucket``, ``path`` (a file over HTTP), ``odata``, ``ogc`` or ``arcgis``.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import Field, StringConstraints, field_validator, model_validator

from kerndata.sources.base import Strict, Text

_SECRETS = frozenset(
    {"access_token", "api_key", "apikey", "code", "key", "password", "pwd", "secret", "sig", "signature", "token"}
)
AbsolutePath = Annotated[str, StringConstraints(pattern=r"^(/[^/\s?#]+)+$")]
Column = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_@][\w.@:-]*$")]


class BucketVia(Strict):
    """Dropped into the province's own bucket; ``bucket`` is a glob below ``drop/``."""

    bucket: Annotated[str, StringConstraints(pattern=r"^[^/].*$")]


class PulledVia(Strict):
    """Pulled: host and secrets come from the Airflow connection; ``cron`` is Europe/Amsterdam."""

    connection: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$")]
    cron: Annotated[str, StringConstraints(pattern=r"^\S+( \S+){4}$")]


class HttpVia(PulledVia):
    """One file over HTTP(S); ``path`` starts with ``/`` and may hold a query, but no secret."""

    path: Annotated[str, StringConstraints(pattern=r"^/[^/\s]\S*$")]

    @field_validator("path")
    @classmethod
    def _without_secret(cls, path: str) -> str:
        secret = [name for name, _ in parse_qsl(urlsplit(path).query, True) if name.lower() in _SECRETS]
        if secret:
            raise ValueError(f"{secret[0]!r} is a secret and belongs in the Airflow connection, not in an address")
        return path


class PagedVia(PulledVia):
    """Records in pages, kept as one zip of the pages (``format: {kind: zip, members: "page-*.json", inner: …}``).

    ``watermark`` is the column that rises when a record changes (a moment, or a whole number): with it only what
    changed since the last pull is asked, without it everything, every time.
    """

    page_size: Annotated[int, Field(ge=1, le=10_000)] | None = None
    watermark: Column | None = None


class ODataVia(PagedVia):
    """An OData entity set, version 3 or 4.

    Without ``page_size`` the server pages (``nextLink``); with it we do (``$top`` and ``$skip``), in the order of
    ``order_by``. ``count`` asks for the total (``$count``, in version 3 ``$inlinecount``): not every server knows it.
    """

    odata: AbsolutePath
    version: Literal[3, 4] = 4
    filter: Text | None = None
    select: tuple[Column, ...] = ()
    order_by: Column | None = None
    count: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.page_size and not self.order_by:
            raise ValueError("page_size needs order_by: without a fixed order pages overlap and miss records")
        if self.select and self.watermark and self.watermark not in self.select:
            raise ValueError(f"select: {self.watermark!r}, the watermark, is not in it")
        return self


class OgcVia(PagedVia):
    """A collection of an OGC API Features service: ``ogc`` is its path, up to and with ``/collections/<id>``.

    ``watermark`` must be the property that the service's ``datetime`` filters on.
    """

    ogc: AbsolutePath


class ArcgisVia(PagedVia):
    """A layer of an ArcGIS feature service: ``arcgis`` is its path, up to and with ``/FeatureServer/<number>``.

    Without ``page_size`` a page is as large as the layer allows. ``watermark`` is its edit date. ``answer`` json is for
    a layer that knows no GeoJSON: then ``inner: {kind: json, records: features}``, with columns ``attributes.NAME``.
    """

    arcgis: AbsolutePath
    where: Text | None = None
    answer: Literal["geojson", "json"] = "geojson"


AnyVia = BucketVia | HttpVia | ODataVia | OgcVia | ArcgisVia
_TELLING: Mapping[str, type[AnyVia]] = {
    "bucket": BucketVia,
    "path": HttpVia,
    "odata": ODataVia,
    "ogc": OgcVia,
    "arcgis": ArcgisVia,
}


def chosen(given: Mapping[Any, Any]) -> type[AnyVia]:
    """Return the model that the telling key names; raises ValueError when there is none, or more than one."""
    told = [key for key in _TELLING if key in given]
    if len(told) > 1:
        raise ValueError(f"{' and '.join(told)} exclude each other: a delivery comes one way")
    if told:
        return _TELLING[told[0]]
    for key in given:
        near = get_close_matches(str(key), _TELLING, n=1, cutoff=0.5)
        if near and key not in PulledVia.model_fields:
            raise ValueError(f"unknown key {key!r}; did you mean {near[0]!r}?")
    raise ValueError(f"says not where from: one of {', '.join(_TELLING)}")
