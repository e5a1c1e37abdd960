"""DCAT-AP-NL, catalogue and feed: valid by the standards' own shapes, the same in every form, without a network."""

import tracemalloc
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import rdflib
from pyshacl import validate
from rdflib.compare import isomorphic

from kerndata.local.stack import REPOSITORY
from kerndata.model.release import Release, ReleaseFile
from kerndata.publish.about import About
from kerndata.publish.dcat import catalogue, release_metadata
from kerndata.publish.feed import MOST_ENTRIES, feed
from kerndata.publish.rdf import json_ld, turtle

# pyshacl and the JSON-LD reader use names that rdflib 7.6 calls old.
pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")

SHAPES = REPOSITORY.parent / "shared" / "data" / "dcat-ap-nl"
BASE = "https://data.example/kerndataset/"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"
SHAPE_FILES = (
    *("dcat-ap-SHACL.ttl", "dcat-ap-nl-SHACL.ttl", "dcat-ap-nl-SHACL-klassebereik.ttl"),
    *("dcat-ap-nl-SHACL-klassebereik-codelijsten.ttl",),
)


def told(previous: str | None = "2026.1") -> About:
    names = ("indicators.csv", "indicators.parquet", "projects.geojson", "kerndataset.xlsx", "quality.json")
    types = ("text/csv; charset=utf-8", "application/vnd.apache.parquet", "application/geo+json", "a/b", "a/c")
    files = tuple(ReleaseFile(name, "ab" * 32, 10, kind) for name, kind in zip(names, types, strict=True))
    return About("2026.2", previous, "c" * 64, "1.0", files)


def known() -> list[Release]:
    first = Release("2026.1", "a" * 64, NOW, None)
    second = Release("2026.2", "b" * 64, NOW + timedelta(days=1), "2026.1")
    third = Release("2026.3", "c" * 64, NOW + timedelta(days=2), "2026.2")
    return [
        third,
        replace(second, withdrawn_at=NOW + timedelta(days=3), withdrawn_why="<b>10.1 stood as 1.1</b>"),
        first,
    ]


def files(about: About) -> Mapping[str, bytes]:
    return release_metadata(Path(), about)


def graph(body: bytes, form: str, address: str) -> rdflib.Graph:
    return rdflib.Graph().parse(data=body, format=form, publicID=f"{BASE}{address}")


def described() -> Mapping[str, tuple[bytes, bytes, str]]:
    """Each description in both forms, with the address it is read from."""
    first, later = files(told(None)), files(told())
    nodes = catalogue(known())
    return {
        "first release": (first["dcat.ttl"], first["dcat.jsonld"], "releases/2026.2/dcat."),
        "later release": (later["dcat.ttl"], later["dcat.jsonld"], "releases/2026.2/dcat."),
        "catalogue": (turtle(nodes), json_ld(nodes), "catalog."),
    }


@pytest.mark.parametrize("name", list(described()))
def test_turtle_and_json_ld_say_the_same(name: str) -> None:
    ttl, jsonld, address = described()[name]
    one, other = graph(ttl, "turtle", f"{address}ttl"), graph(jsonld, "json-ld", f"{address}jsonld")
    assert len(one) > 100
    assert isomorphic(one, other)


@pytest.mark.skipif(not SHAPES.is_dir(), reason="the SHACL shapes of DCAT-AP-NL are not beside the repository")
@pytest.mark.parametrize("shapes", SHAPE_FILES)
@pytest.mark.parametrize("name", list(described()))
def test_the_shapes_of_dcat_ap_and_dcat_ap_nl_find_no_violation(name: str, shapes: str) -> None:
    ttl, _, address = described()[name]
    conforms, _, report = validate(graph(ttl, "turtle", f"{address}ttl"), shacl_graph=str(SHAPES / shapes))
    assert conforms, report


@pytest.mark.skipif(not SHAPES.is_dir(), reason="the SHACL shapes of DCAT-AP-NL are not beside the repository")
def test_the_shapes_find_what_is_missing() -> None:
    ttl = files(told())["dcat.ttl"].replace(b"dct:accessRights", b"dct:rights")
    conforms, _, report = validate(
        graph(ttl, "turtle", "releases/2026.2/dcat.ttl"), shacl_graph=str(SHAPES / "dcat-ap-nl-SHACL.ttl")
    )
    assert not conforms
    assert "accessRights" in report


def test_a_release_and_the_catalogue_name_the_same_things() -> None:
    release = graph(files(told())["dcat.ttl"], "turtle", "releases/2026.2/dcat.ttl")
    catalog = graph(turtle(catalogue(known())), "turtle", "catalog.ttl")
    dcat = rdflib.Namespace("http://www.w3.org/ns/dcat#")
    dataset = rdflib.URIRef(f"{BASE}releases/2026.2/dcat.ttl#dataset")
    assert (dataset, dcat.version, rdflib.Literal("2026.2")) in release
    assert (dataset, dcat.version, rdflib.Literal("2026.2")) in catalog
    before = rdflib.URIRef(f"{BASE}releases/2026.1/dcat.ttl#dataset")
    assert (dataset, dcat.previousVersion, before) in release
    assert (dataset, dcat.previousVersion, before) in catalog
    series = rdflib.URIRef(f"{BASE}catalog.ttl#series")
    assert set(catalog.subjects(dcat.inSeries, series)) == set(catalog.objects(series, dcat.seriesMember))
    assert (dataset, dcat.inSeries, series) in release
    downloads = {str(one) for one in release.objects(None, dcat.downloadURL)}
    assert f"{BASE}releases/2026.2/indicators.csv" in downloads


def test_the_catalogue_says_which_release_was_withdrawn() -> None:
    catalog = graph(turtle(catalogue(known())), "turtle", "catalog.ttl")
    status = rdflib.URIRef("http://www.w3.org/ns/adms#status")
    withdrawn = rdflib.URIRef("http://publications.europa.eu/resource/authority/dataset-status/WITHDRAWN")
    assert [str(one) for one in catalog.subjects(status, withdrawn)] == [f"{BASE}releases/2026.2/dcat.ttl#dataset"]


def test_the_feed_is_atom_with_stable_ids_and_the_newest_first() -> None:
    root = ET.fromstring(feed(known()))
    entries = root.findall(f"{ATOM}entry")
    titles = [one.findtext(f"{ATOM}title") for one in entries]
    assert titles == ["Kerndataset 2026.2 ingetrokken (withdrawn)", *(f"Kerndataset 2026.{n}" for n in (3, 2, 1))]
    assert entries[0].findtext(f"{ATOM}summary", "").endswith("<b>10.1 stood as 1.1</b>")
    for element in (root, *entries):  # RFC 4287: exactly one id, title and updated in each
        assert [len(element.findall(f"{ATOM}{name}")) for name in ("id", "title", "updated")] == [1, 1, 1]
        datetime.fromisoformat(element.findtext(f"{ATOM}updated", ""))
    assert root.findtext(f"{ATOM}updated") == "2026-03-05T09:00:00Z"
    assert root.find(f"{ATOM}author/{ATOM}name") is not None
    assert {one.get("rel") for one in root.findall(f"{ATOM}link")} == {"self", "alternate"}
    ids = [one.findtext(f"{ATOM}id") for one in entries]
    earlier = ET.fromstring(feed(known()[2:]))
    assert len(set(ids)) == 4
    assert [one.findtext(f"{ATOM}id") for one in earlier.findall(f"{ATOM}entry")] == ids[-1:]


def test_the_feed_does_not_grow_without_end() -> None:
    many = [Release(f"2026.{number}", "a" * 64, NOW + timedelta(days=number), None) for number in range(1, 80)]
    entries = ET.fromstring(feed(many)).findall(f"{ATOM}entry")
    assert len(entries) == MOST_ENTRIES
    assert entries[0].findtext(f"{ATOM}title") == "Kerndataset 2026.79"


def test_a_thousand_releases_take_a_twentieth_of_a_process_at_most() -> None:
    """Of all that publishing does, only these lists know the earlier releases; the rest reads the last one."""

    def peak(count: int) -> int:
        many = [Release(f"2026.{number}", "a" * 64, NOW + timedelta(hours=number), None) for number in range(count)]
        tracemalloc.start()
        assert turtle(catalogue(many))
        assert json_ld(catalogue(many))
        assert feed(many)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)
    few, many = peak(10), peak(1000)
    assert many - few < 1280 * 1024**2 / 20, f"{few} and {many} bytes"  # 44 MiB, 2026-11: the catalogue as JSON-LD
