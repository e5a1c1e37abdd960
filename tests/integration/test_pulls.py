"""From a province's API to accepted rows, with a real ledger and S3: each protocol, once, and only what is new.

The megawatts are of CBS StatLine, table 70960ned (CC BY 4.0), onshore wind at the end of the year in Flevoland.
"""

import io
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pyarrow.parquet as pq
import pytest
import requests

from kerndata.errors import ConfigurationError
from kerndata.fetch import Access, PullError
from kerndata.intake.process import process
from kerndata.intake.pulls import receive_pulls
from kerndata.ledger import Ledger, pulls, submissions
from kerndata.local.counterparts.province_api import ProvinceApi
from kerndata.model.submission import Status, Submission
from kerndata.notices.endpoints import load
from kerndata.sources.registry import Source, load_file
from kerndata.store import keys
from kerndata.store.client import Store

pytestmark = pytest.mark.stack

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
YAML = """
province: PV24
contact: {team: Datateam Energie, mail: energiedata@flevoland.example}
deliveries:
  typed:
    dataset: indicators
    via: {connection: api, odata: /odata/v3/wind/typed, version: 3, page_size: 2, order_by: ID, cron: "0 6 * * *"}
    format: &records {kind: zip, members: "page-*.json", inner: {kind: json, records: value}}
    columns: &wind {RegioS: region, Perioden: period, OpgesteldVermogenEindeJaar_9: value}
    ignored_columns: [ID]
    constants: {indicator: H3.4, unit: MW}
  untyped:
    dataset: indicators
    via: {connection: api, odata: /odata/v4/wind/untyped, count: true, cron: "0 6 * * *"}
    format: *records
    numbers: {decimal: "."}
    columns: *wind
    ignored_columns: [ID]
    constants: {indicator: H3.4, unit: MW}
    marks: {missing: {"?": onbekend}}
  ogc:
    dataset: projects
    via: {connection: api, ogc: /ogc/collections/parken/ogc, watermark: gewijzigd, page_size: 2, cron: "0 6 * * *"}
    format: &features {kind: zip, members: "page-*.json", inner: {kind: geojson}}
    columns: &parks {id: project_id, naam: name, soort: technology, vermogen_mw: capacity_mw, fase: phase, lon: lon,
      lat: lat}
    ignored_columns: [gewijzigd, feature_id]
    constants: {region: PV24}
  arcgis:
    dataset: projects
    via: {connection: api, arcgis: /arcgis/parken/arcgis/FeatureServer/0, watermark: gewijzigd, cron: "0 6 * * *"}
    format: *features
    columns: *parks
    ignored_columns: [gewijzigd, feature_id, OBJECTID]
    constants: {region: PV24}
"""
VALUE = "OpgesteldVermogenEindeJaar_9"
MEGAWATTS = {"2022": 1584.0, "2023": 1933.0, "2024": 2161.0}


def park(number: int, changed: str = "2024-05-01T12:00:00Z", **facts: Any) -> dict[str, Any]:
    named = {"id": f"FL-{number}", "naam": f"Windpark {number}", "soort": "wind_op_land", "vermogen_mw": 10.5 + number}
    return named | {"fase": 6, "gewijzigd": changed, "lon": 5.5, "lat": 52.5} | facts


@dataclass
class Desk:
    """The province's API below ``folder``, and the exchange that pulls it."""

    store: Store
    ledger: Ledger
    folder: Path
    source: Source = field(init=False)
    access: Access = field(init=False)

    def serve(self, name: str, records: list[dict[str, Any]]) -> None:
        path = self.folder / "api" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(records))

    def only(self, *names: str) -> None:
        self.source = replace(self.source, deliveries={name: self.source.deliveries[name] for name in names})

    def pull(self) -> list[Submission]:
        return receive_pulls(self.store, self.ledger, self.source, lambda _: self.access, NOW)

    def checked(self, made: Submission) -> Submission:
        return process(self.store, self.ledger, self.source, made.id, load(), NOW)

    def rows(self, made: Submission) -> list[dict[str, Any]]:
        body = self.store.read(keys.STAGING, keys.accepted_key(made.id))
        return list(pq.read_table(io.BytesIO(body)).to_pylist())

    def watermark(self, name: str) -> str | None:
        with self.ledger.transaction() as session:
            state = pulls.recall(session, "flevoland", name)
        return state.watermark if state else None


@pytest.fixture
def desk(store: Store, ledger: Ledger, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(store, ledger, tmp_path)
    (tmp_path / "flevoland.yaml").write_text(YAML)
    made.source = load_file(tmp_path / "flevoland.yaml")
    periods = [{"ID": number, "RegioS": "PV24  ", "Perioden": f"{year}JJ00"} for number, year in enumerate(MEGAWATTS)]
    values = list(MEGAWATTS.values())
    made.serve("wind/typed", [row | {VALUE: value} for row, value in zip(periods, values, strict=True)])
    texts = [row | {VALUE: f"{value:>7.0f}"} for row, value in zip(periods, values, strict=True)]
    made.serve("wind/untyped", [*texts, {"ID": 9, "RegioS": "PV24  ", "Perioden": "2018JJ00", VALUE: "      ?"}])
    for name in ("ogc", "arcgis"):
        made.serve(f"parken/{name}", [park(1), park(2), park(3)])
    with ProvinceApi(("127.0.0.1", 0), tmp_path / "api") as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        made.access = Access(f"http://127.0.0.1:{running.server_port}", requests.Session(), allow_private=True)
        yield made
        running.shutdown()


def test_what_odata_serves_ends_as_accepted_figures_and_a_question_mark_as_missing(desk: Desk) -> None:
    desk.only("typed", "untyped")
    for one in desk.pull():
        assert desk.checked(one).status is Status.ACCEPTED
        rows = desk.rows(one)
        assert {row["period"]: row["value"] for row in rows if row["missing_reason"] is None} == MEGAWATTS
        assert {row["region_code"] for row in rows} == {"PV24"}
        unknown = [(row["period"], row["value"]) for row in rows if row["missing_reason"] == "onbekend"]
        assert unknown == ([("2018", None)] if one.delivery_name == "untyped" else [])
    assert desk.pull() == []


@pytest.mark.parametrize("way", ["ogc", "arcgis"])
def test_features_come_once_and_afterwards_only_those_that_changed(desk: Desk, way: str) -> None:
    desk.only(way)
    [first] = desk.pull()
    assert desk.checked(first).status is Status.ACCEPTED
    assert {(row["project_id"], row["capacity_mw"], row["lon"], row["lat"]) for row in desk.rows(first)} == {
        (f"FL-{number}", 10.5 + number, 5.5, 52.5) for number in (1, 2, 3)
    }
    assert desk.pull() == []
    changed = park(2, "2024-07-01T08:00:00Z", vermogen_mw=14)
    desk.serve(f"parken/{way}", [park(1), changed, park(3)])
    [second] = desk.pull()
    assert second.sha256 != first.sha256
    assert str(desk.watermark(way)).startswith("2024-07-01T08:00:00")
    assert desk.pull() == []


def test_what_was_refused_whole_comes_again_with_everything_else(desk: Desk) -> None:
    desk.only("ogc")
    desk.serve("parken/ogc", [park(10), park(11, "2025-01-01T00:00:00Z", fase="wie weet")])
    [refused] = desk.pull()
    assert desk.checked(refused).status is Status.REFUSED
    assert desk.watermark("ogc") is None
    desk.serve("parken/ogc", [park(10), park(11)])
    [again] = desk.pull()
    assert desk.watermark("ogc") == "2024-05-01T12:00:00Z"
    with ZipFile(io.BytesIO(desk.store.read(keys.ARCHIVE, keys.raw_key("flevoland", again.sha256)))) as pages:
        assert [len(json.loads(pages.read(name))["features"]) for name in pages.namelist()] == [2]


def test_one_delivery_that_fails_does_not_stop_the_others(desk: Desk) -> None:
    desk.only("typed", "untyped")
    (desk.folder / "api" / "wind" / "typed.json").unlink()
    desk.serve("wind/untyped", [{"ID": 7, "RegioS": "PV24", "Perioden": "2021JJ00", VALUE: "7"}])
    with pytest.raises(PullError, match=r"1 pull\(s\) received and going on; 1 failed.*typed: status 404"):
        desk.pull()
    with desk.ledger.transaction() as session:
        waiting = submissions.waiting(session, "flevoland")
    assert waiting[-1].delivery_name == "untyped"


def test_the_archive_tells_the_address_without_its_query(desk: Desk) -> None:
    desk.only("ogc")
    desk.serve("parken/ogc", [park(21), park(22), park(23, "2026-01-01T00:00:00Z")])
    [made] = desk.pull()
    kept = desk.store.fetch(keys.ARCHIVE, keys.raw_key("flevoland", made.sha256), desk.folder / "kept")
    assert kept.metadata["origin"] == f"{desk.access.base_url}/ogc/collections/parken/ogc"


def test_without_its_connection_a_delivery_waits(desk: Desk) -> None:
    def absent(name: str) -> Access:
        raise ConfigurationError(f"no connection {name}")

    with pytest.raises(ConfigurationError, match="no connection api"):
        receive_pulls(desk.store, desk.ledger, desk.source, absent, NOW)
