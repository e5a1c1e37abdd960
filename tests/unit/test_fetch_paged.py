"""Deliveries in pages, from the small services of the counterpart and from a server that pages badly."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import requests
from tests.unit.fetch_server import (
    NOW,
    QUICK,
    Answer,
    Handler,
    Server,
    access,
    bomb,
    cut_off,
    data,
    document,
    html,
    reset,
    serving,
    slow_body,
    status,
)

from kerndata.errors import KerndataError, Transient
from kerndata.fetch import Access, Pulled, PullError, pull
from kerndata.local.counterparts.province_api import ProvinceApi
from kerndata.model.pull import PullState
from kerndata.sources.via import ArcgisVia, ODataVia, OgcVia, PagedVia

OWN: dict[str, Any] = {"connection": "api", "cron": "0 6 * * *"}
V4 = ODataVia(**OWN, odata="/odata/v4/f/turbines", count=True)
V3 = ODataVia(**OWN, odata="/odata/v3/f/turbines", version=3, count=True)
SKIP = ODataVia(**OWN, odata="/odata/v4/f/turbines", page_size=90, order_by="id")
OGC = OgcVia(**OWN, ogc="/ogc/collections/f/turbines")
ARCGIS = ArcgisVia(**OWN, arcgis="/arcgis/f/turbines/FeatureServer/0")
ESRI = ARCGIS.model_copy(update={"answer": "json"})
ALL: list[PagedVia] = [V4, V3, SKIP, OGC, ARCGIS, ESRI]
NAMES = ["odata-v4", "odata-v3", "skip-top", "ogc", "arcgis", "arcgis-json"]
WATERMARKED = [via.model_copy(update={"watermark": "gewijzigd"}) for via in ALL]


def turbine(number: int, changed: str = "2024-05-01T12:00:00Z") -> dict[str, Any]:
    return {"id": number, "naam": f"Molen {number} ", "gewijzigd": changed, "lon": 5.5, "lat": 52.5}


TURBINES = [turbine(number) for number in range(250)]


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def records(tmp_path: Path) -> Path:
    path = tmp_path / "api" / "f" / "turbines.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(TURBINES))
    return path


@pytest.fixture
def api(records: Path) -> Iterator[Access]:
    with ProvinceApi(("127.0.0.1", 0), records.parents[1]) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield Access(f"http://127.0.0.1:{running.server_port}", requests.Session(), allow_private=True)
        running.shutdown()
        thread.join()


def pulled(api: Access, via: PagedVia, target: Path, state: PullState | None = None, **limits: Any) -> Pulled | None:
    return pull(via, target, api, state, now=NOW, limits=replace(QUICK, **limits))


def ids_in(path: Path) -> list[int]:
    with ZipFile(path) as archive:
        pages = [json.loads(archive.read(name)) for name in archive.namelist()]
    rows = [row for page in pages for row in page.get("value") or page.get("features")]
    return [(row.get("properties") or row.get("attributes") or row)["id"] for row in rows]


@pytest.mark.parametrize("via", ALL, ids=NAMES)
def test_all_pages_come_in_order_in_one_zip_of_what_the_server_sent(api: Access, tmp_path: Path, via: PagedVia) -> None:
    got = pulled(api, via, tmp_path / "got.zip")
    assert got
    assert got.media_type == "application/zip"
    assert ids_in(tmp_path / "got.zip") == list(range(250))
    with ZipFile(tmp_path / "got.zip") as archive:
        assert archive.namelist() == ["page-0001.json", "page-0002.json", "page-0003.json"]
        assert b"Molen 0 " in archive.read("page-0001.json")


@pytest.mark.parametrize("via", ALL, ids=NAMES)
def test_the_same_rows_again_are_the_same_content_though_a_moment_stands_beside_them(
    api: Access, tmp_path: Path, via: PagedVia
) -> None:
    first, again = (pulled(api, via, tmp_path / name) for name in ("first.zip", "again.zip"))
    assert first
    assert again
    assert first.state == again.state
    if via is not OGC:  # its timeStamp is part of what was sent
        assert first.sha256 == again.sha256


@pytest.mark.parametrize("via", WATERMARKED, ids=NAMES)
def test_with_a_watermark_only_what_changed_comes_and_then_nothing(
    api: Access, records: Path, tmp_path: Path, via: PagedVia
) -> None:
    first = pulled(api, via, tmp_path / "first.zip")
    assert first
    assert str(first.state.watermark).startswith("2024-05-01T12:00:00")
    assert pulled(api, via, tmp_path / "nothing.zip", first.state) is None
    changed = [turbine(7, "2024-05-01T12:00:00.500Z"), turbine(9, "2024-06-02T09:00:00Z")]
    records.write_text(json.dumps([*TURBINES[10:20], *changed]))
    second = pulled(api, via, tmp_path / "second.zip", first.state)
    assert second
    assert {7, 9} <= set(ids_in(tmp_path / "second.zip"))
    assert str(second.state.watermark).startswith("2024-06-02T09:00:00")
    assert pulled(api, via, tmp_path / "nothing.zip", second.state) is None
    assert not (tmp_path / "nothing.zip").exists()


def test_a_watermark_in_the_future_does_not_hide_what_changes_until_then(
    api: Access, records: Path, tmp_path: Path
) -> None:
    records.write_text(json.dumps([turbine(1), turbine(2, "2204-05-01T12:00:00Z")]))
    got = pulled(api, WATERMARKED[0], tmp_path / "got.zip")
    assert got
    assert got.state.watermark == "2024-05-01T12:00:00Z"


def test_rows_without_a_watermark_are_not_taken(api: Access, records: Path, tmp_path: Path) -> None:
    records.write_text(json.dumps([turbine(1), turbine(2) | {"gewijzigd": None}]))
    with pytest.raises(PullError, match="1 of 2 rows have no 'gewijzigd'"):
        pulled(api, WATERMARKED[0], tmp_path / "got.zip")


def test_a_source_that_is_suddenly_empty_is_no_news(api: Access, records: Path, tmp_path: Path) -> None:
    records.write_text("[]")
    for via in ALL:
        with pytest.raises(Transient, match="no rows at all"):
            pulled(api, via, tmp_path / "got.zip")
    assert not (tmp_path / "got.zip").exists()


def test_the_questions_are_those_of_the_standard(server: Server, tmp_path: Path) -> None:
    server.told["/s"] = [document({"value": [{"ID": "1", "M": "2024-05-02T00:00:00"}]}), document({"value": []})]
    via = ODataVia(
        **OWN,
        odata="/s",
        version=3,
        filter="P eq 'PV24'",
        select=("ID", "M"),
        watermark="M",
        page_size=5,
        order_by="ID",
    )
    got = pulled(access(server), via, tmp_path / "a.zip")
    assert got
    pulled(access(server), via, tmp_path / "b.zip", got.state)
    query = "/s?$filter={}&$select=ID,M&$orderby=ID&$top=5&$skip={}"
    own, changed = "P%20eq%20'PV24'", "(P%20eq%20'PV24')%20and%20(M%20gt%20datetime'2024-05-02T00:00:00')"
    assert server.asked == [query.format(own, 0), query.format(own, 1), query.format(changed, 0)]
    assert server.seen[0][1]["maxdataserviceversion"] == "3.0"


ROW = {"value": [{"id": 1}]}


def next_page(link: str, rows: int = 1, **marks: Any) -> Answer:
    return document({"value": [{"id": rows}], "@odata.nextLink": link} | marks)


@pytest.mark.parametrize(
    ("answers", "error", "said"),
    [
        ([next_page("/s")], PullError, "goes round in a circle"),
        ([next_page("/s?p=2"), document(ROW)], PullError, "repeats an earlier one"),
        ([next_page("https://hub.example/s?token=geheim")], PullError, "another host"),
        ([next_page("http://127.0.0.1:1/s")], PullError, "another host"),
        ([next_page("//hub.example/s")], PullError, "another host"),
        ([next_page("file:///etc/passwd")], PullError, "not plain http"),
        (
            [next_page("/s?p=2", **{"@odata.count": 2}), document({"value": [{"id": 2}], "@odata.count": 3})],
            Transient,
            "total changed from 2 to 3",
        ),
        ([document(ROW | {"@odata.count": 5})], Transient, "1 rows came, 5 were announced"),
        ([document(ROW | {"@odata.count": "veel"})], PullError, "total is no number"),
        ([next_page("/s?p=2"), status(404)], PullError, "status 404"),
        ([next_page("/s?p=2"), html], Transient, "HTML page"),
        ([next_page("/s?p=2"), reset], Transient, "no answer"),
        ([next_page("/s?p=2"), cut_off], Transient, "no answer"),
        ([next_page("/s?p=2"), data(b'{"value": [')], Transient, "not JSON"),
        ([next_page("/s?p=2"), data(b"[" * 100_000)], Transient, "not JSON"),
        ([next_page("/s?p=2"), document([1])], PullError, "not one JSON object"),
        ([next_page("/s?p=2"), document({"d": []})], PullError, "no array 'value'"),
        ([next_page("/s?p=2"), bomb], PullError, "more than 1000000 bytes"),
        ([next_page("/s?p=2"), slow_body], Transient, "too slowly"),
        (
            [
                document({"value": [{"id": 1, "@odata.id": "x"}], "@odata.nextLink": "/s?p=2"}),
                document({"value": [{"id": 2, "@odata.id": "x"}]}),
            ],
            Transient,
            "a second time",
        ),
    ],
)
def test_paging_gone_wrong_leaves_nothing(
    server: Server, tmp_path: Path, answers: list[Answer], error: type[KerndataError], said: str
) -> None:
    server.told["/s"] = answers
    limits: dict[str, Any] = {"page_bytes": 1_000_000} | ({"answer_seconds": 0.5} if slow_body in answers else {})
    with pytest.raises(error, match=said) as caught:
        pulled(access(server), ODataVia(**OWN, odata="/s"), tmp_path / "got.zip", **limits)
    assert "geheim" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def endless(handler: Handler) -> None:
    page = int(handler.query().get("p", 0)) + 1
    document({"value": [{"id": page}], "@odata.nextLink": f"/s?p={page}"})(handler)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"pages": 3}, "more than 3 pages"),
        ({"max_bytes": 100}, "more than"),
        ({"total_seconds": 0.2}, "not done within|too slowly"),
    ],
)
def test_paging_without_end_ends_at_a_limit(server: Server, tmp_path: Path, limits: dict[str, Any], said: str) -> None:
    server.told["/s"] = [endless]
    with pytest.raises(KerndataError, match=said):
        pulled(access(server), ODataVia(**OWN, odata="/s"), tmp_path / "got.zip", **limits)
    assert not list(tmp_path.iterdir())


def feature(number: int) -> dict[str, Any]:
    return {"type": "Feature", "id": number, "geometry": None, "properties": {"id": number}}


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (document({"features": [feature(1)], "numberReturned": 2}), Transient, "2 were announced in this page"),
        (document({"features": [feature(1)], "numberMatched": 2}), Transient, "1 rows came, 2 were announced"),
        (document({"features": [feature(1), feature(1)]}), Transient, "a second time"),
        (document({"value": []}), PullError, "no array 'features'"),
    ],
)
def test_ogc_pages_that_contradict_themselves_are_not_taken(
    server: Server, tmp_path: Path, answer: Answer, error: type[KerndataError], said: str
) -> None:
    server.told["/c/items"] = [answer]
    with pytest.raises(error, match=said):
        pulled(access(server), OgcVia(**OWN, ogc="/c"), tmp_path / "got.zip")


def test_of_several_next_links_the_one_to_json_is_followed(server: Server, tmp_path: Path) -> None:
    links = [{"rel": "next", "type": "text/html", "href": "/html"}, {"rel": "next", "href": "items?offset=1"}]
    server.told["/c/items"] = [
        document({"features": [feature(1)], "links": links}),
        document({"features": [feature(2)]}),
    ]
    assert pulled(access(server), OgcVia(**OWN, ogc="/c"), tmp_path / "got.zip")
    assert server.asked == ["/c/items?limit=1000", "/c/items?offset=1"]


LAYER = {"objectIdField": "OBJECTID", "maxRecordCount": 2, "fields": [{"name": "OBJECTID", "type": "esriFieldTypeOID"}]}


@pytest.mark.parametrize(
    ("answers", "error", "said"),
    [
        ([document({"error": {"code": 499, "message": "Token Required"}})], PullError, "error 499.*login or token"),
        ([document({"error": {"code": 400}})], PullError, "error 400.*where or watermark"),
        ([document({"error": {"code": 500}})], Transient, "error 500"),
        ([document({"count": None})], PullError, "tells no count"),
        ([document({"count": 5}), document({"features": [feature(1)]})], Transient, "1 rows came, 5 were announced"),
        (
            [document({"count": 5}), document({"features": [feature(1)], "exceededTransferLimit": True})],
            PullError,
            "repeats an earlier one",
        ),
    ],
)
def test_an_arcgis_layer_that_goes_wrong_leaves_nothing(
    server: Server, tmp_path: Path, answers: list[Answer], error: type[KerndataError], said: str
) -> None:
    server.told |= {"/l": [document(LAYER)], "/l/query": answers}
    with pytest.raises(error, match=said):
        pulled(access(server), ArcgisVia(**OWN, arcgis="/l"), tmp_path / "got.zip")
    assert not list(tmp_path.iterdir())


def test_a_watermark_the_layer_does_not_have_is_told(server: Server, tmp_path: Path) -> None:
    server.told["/l"] = [document(LAYER)]
    with pytest.raises(PullError, match="no field 'EditDate'"):
        pulled(access(server), ArcgisVia(**OWN, arcgis="/l", watermark="EditDate"), tmp_path / "got.zip")
