"""What a source may say of how it is pulled, and how watermarks are ordered."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kerndata.errors import ConfigurationError
from kerndata.fetch import PullError
from kerndata.fetch.odata import literal
from kerndata.fetch.watermark import advance, is_later
from kerndata.sources.registry import load_file
from kerndata.sources.via import ArcgisVia, BucketVia, HttpVia, ODataVia, OgcVia

YAML = """
province: PV24
contact: {{team: Datateam Energie, mail: energiedata@flevoland.example}}
deliveries:
  cijfers:
    dataset: indicators
    via: {{{via}}}
    {more}
    columns: {{indicator: indicator, jaar: period, waarde: value}}
    constants: {{region: PV24, unit: MW}}
"""
PAGES = 'format: {kind: zip, members: "page-*.json", inner: {kind: json, records: value}}'
PULLED = 'connection: api, cron: "0 6 * * *", '


def via_of(folder: Path, via: str, more: str = PAGES) -> object:
    path = folder / "flevoland.yaml"
    path.write_text(YAML.format(via=via, more=more))
    return load_file(path).deliveries["cijfers"].via


@pytest.mark.parametrize(
    ("via", "model"),
    [
        ("bucket: indicators/*.zip", BucketVia),
        (PULLED + "path: /cijfers.zip", HttpVia),
        (PULLED + "odata: /v4/Cijfers", ODataVia),
        (PULLED + "odata: /v3/TypedDataSet, version: 3, page_size: 1000, order_by: ID", ODataVia),
        (PULLED + "ogc: /ogc/collections/cijfers, watermark: gewijzigd", OgcVia),
        (PULLED + "arcgis: /rest/services/E/FeatureServer/0, where: FASE > 1, answer: json", ArcgisVia),
    ],
)
def test_the_telling_key_says_the_way(tmp_path: Path, via: str, model: type) -> None:
    assert type(via_of(tmp_path, via)) is model


@pytest.mark.parametrize(
    ("via", "more", "said"),
    [
        (PULLED + "odta: /x", PAGES, "did you mean 'odata'"),
        (PULLED + "odata: /x, watermrk: M", PAGES, "did you mean 'watermark'"),
        (PULLED + "odata: /x, ogc: /y", PAGES, "odata and ogc exclude each other"),
        (PULLED.rstrip(", "), PAGES, "says not where from: one of bucket, path, odata, ogc, arcgis"),
        (PULLED + "odata: /x, page_size: 10", PAGES, "page_size needs order_by"),
        (PULLED + "odata: /x, select: [ID], watermark: M", PAGES, "select: 'M', the watermark, is not in it"),
        (PULLED + "odata: /x?token=geheim", PAGES, "should match pattern"),
        (PULLED + "odata: //hub.example/x", PAGES, "should match pattern"),
        (PULLED + 'arcgis: /x, watermark: "M; DROP"', PAGES, "should match pattern"),
        (PULLED + "path: /x?Token=abc", PAGES, "'Token' is a secret and belongs in the Airflow connection"),
        (PULLED + "odata: /x", "format: {kind: json, records: value}", "pages come as {kind: zip"),
        (PULLED + "odata: /x, watermark: M", PAGES + "\n    supersedes: whole", "whole does not go with via.watermark"),
    ],
)
def test_what_cannot_be_right_is_refused_with_what_to_edit(tmp_path: Path, via: str, more: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        via_of(tmp_path, via, more)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("version", "stamp", "written"),
    [
        (4, "2024-05-01T12:00:00Z", "2024-05-01T12:00:00Z"),
        (3, "2024-05-01T12:00:00", "datetime'2024-05-01T12:00:00'"),
        (3, "2024-05-01T12:00:00+02:00", "datetimeoffset'2024-05-01T12:00:00+02:00'"),
        (3, "17", "17"),
    ],
)
def test_a_watermark_is_written_as_its_version_has_it(version: int, stamp: str, written: str) -> None:
    assert literal(stamp, version) == written


NOW = datetime(2026, 11, 24, tzinfo=UTC)


def test_the_watermark_is_the_highest_in_time_whatever_its_zone() -> None:
    found = ["2024-05-01T12:00:00+02:00", "2024-05-01T11:00:00Z", "2024-05-01T10:59:59.1234567"]
    assert advance(None, found, NOW) == "2024-05-01T11:00:00Z"
    assert advance("2024-06-01", found, NOW) == "2024-06-01"
    assert advance("9", ["10", "8"], NOW) == "10"
    assert advance("2024-06-01", [], NOW) == "2024-06-01"


def test_what_differs_in_less_than_a_microsecond_is_later() -> None:
    assert is_later("2024-05-01T10:59:59.1234568Z", "2024-05-01T10:59:59.1234567Z")
    assert not is_later("2024-05-01T10:59:59.1234567Z", "2024-05-01T10:59:59.1234567Z")


@pytest.mark.parametrize("found", [["gisteren"], ["2024-05-01", "7"], ["0x1F"]])
def test_what_has_no_order_is_no_watermark(found: list[str]) -> None:
    with pytest.raises(PullError, match=r"edit via\.watermark"):
        advance(None, found, NOW)
