"""The reference of CBS, from its OData service to the release: archived, named by hash, the unexplained rest shown.

The figures are the real ones of CBS StatLine, tables 70960ned and 85005NED (CC BY 4.0), served by the counterpart.
"""

import csv
import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import requests
from tests.unit.merge_rows import CODES, figure, give

from kerndata.errors import KerndataError
from kerndata.fetch import Access, PullError
from kerndata.ledger import Ledger, reference
from kerndata.local.counterparts.province_api import ProvinceApi
from kerndata.local.samples.oracle import references as oracle
from kerndata.local.samples.tables import HERE as SAMPLES
from kerndata.local.stack import Stack
from kerndata.publish.candidate import build
from kerndata.publish.datapackage import manifest
from kerndata.reference.pull import pull_reference
from kerndata.reference.stored import breaches, newest, reference_key, used
from kerndata.reference.tables import reference_tables
from kerndata.store import keys
from kerndata.store.client import Store

pytestmark = pytest.mark.stack

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PARTS = ["cbs_solar/data", "cbs_solar/periods", "cbs_wind/data", "cbs_wind/periods"]


@dataclass
class Cbs:
    """CBS as the exchange sees it: the folder it serves, and the way in."""

    folder: Path
    access: Access
    store: Store
    ledger: Ledger

    def pull(self) -> list[str]:
        return sorted(pull_reference(self.store, self.ledger, reference_tables(), self.access, NOW))

    def change(self, name: str, old: str, new: str) -> None:
        path = self.folder / "cbs" / f"{name}.json"
        path.write_text(path.read_text().replace(old, new))


@pytest.fixture
def cbs(tmp_path: Path, store: Store, ledger: Ledger) -> Iterator[Cbs]:
    folder = tmp_path / "served"
    shutil.copytree(SAMPLES / "reference", folder)
    with ProvinceApi(("127.0.0.1", 0), folder) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        base = f"http://127.0.0.1:{server.server_address[1]}/odata/v3/cbs"
        with requests.Session() as session:
            session.trust_env = False
            yield Cbs(folder, Access(base, session, allow_private=True), store, ledger)
        server.shutdown()


def test_the_reference_from_the_first_pull_to_the_release(cbs: Cbs, tmp_path: Path) -> None:
    assert newest(cbs.store, cbs.ledger, tmp_path).figures == ()

    assert cbs.pull() == PARTS
    found = newest(cbs.store, cbs.ledger, tmp_path)

    assert [one.name for one in found.inputs] == PARTS
    for one in found.inputs:
        assert cbs.store.exists(keys.ARCHIVE, reference_key(one.sha256))
    told = {(one.indicator_code, one.period): one for one in found.figures}
    for one in oracle():
        mine = told[one.indicator_code, one.period]
        assert (mine.value, mine.not_allocable, mine.tolerance) == (one.value, one.not_allocable, one.tolerance)
    assert told["H3.4", "2024"].status == "nader_voorlopig"
    assert told["H3.4", "2023"].status == "definitief"
    assert ("H3.7", "2025") not in told, "half a year is no year"
    assert used(cbs.store, found.inputs, tmp_path / "again") == found

    assert cbs.pull() == [], "the same figures again are no news"
    _the_release_shows_the_unexplained_rest(cbs, tmp_path)
    _a_revision_counts_from_the_next_pull_on(cbs, tmp_path)


def _the_release_shows_the_unexplained_rest(cbs: Cbs, work: Path) -> None:
    solar = Decimal(27979732 - 212671)
    shares = [solar // 12] * 11 + [solar - solar // 12 * 11 + 40]
    rows = {code: [figure(code, str(share), "H3.8", unit="kWp")] for code, share in zip(CODES, shares, strict=True)}
    rows["PV22"].append(figure("PV22", None, "H3.5"))
    rows["PV20"].append(figure("PV20", "10", "H3.5"))
    rows["PV20"].append(figure("PV20", "10", "E1.1"))
    inputs = [give(work, place, code, given) for place, (code, given) in enumerate(rows.items(), 1)]
    (work / "release").mkdir(exist_ok=True)

    one = build(
        {"indicators": inputs},
        None,
        work=work / "release",
        code_version="x",
        reference=newest(cbs.store, cbs.ledger, work),
    )

    with (one.folder / "reconciliation.csv").open(encoding="utf-8", newline="") as file:
        told = {(row["indicator_code"], row["period"]): row for row in csv.DictReader(file)}
    row = told["H3.8", "2024"]
    assert (row["national_value"], row["reference_value"]) == ("27767101", "27979732")
    assert (row["not_allocable_value"], row["unexplained_value"], row["agreement"]) == ("212671", "40", "differs")
    assert row["reference_source"].startswith("CBS StatLine 85005NED")
    assert told["H3.5", "2024"]["agreement"] == "withheld"
    assert told["H3.5", "2024"]["reference_value"] == ""
    assert told["E1.1", "2024"]["agreement"] == "no_reference"
    assert told["H3.4", "2024"]["agreement"] == "absent"
    assert ("H3.4", "2023") not in told, "the release begins in 2024"
    named = json.loads(manifest(one, "2026.1"))["references"]
    assert [part["name"] for part in named] == PARTS
    assert all(len(part["sha256"]) == 64 for part in named)


def _a_revision_counts_from_the_next_pull_on(cbs: Cbs, work: Path) -> None:
    before = newest(cbs.store, cbs.ledger, work)
    cbs.change("70960ned/TypedDataSet", "6955.0", "6957.0")

    assert cbs.pull() == ["cbs_wind/data"]

    after = newest(cbs.store, cbs.ledger, work)
    values = [{(o.indicator_code, o.period): o.value for o in one.figures}["H3.4", "2024"] for one in (before, after)]
    assert values == [6955, 6957]
    assert used(cbs.store, before.inputs, work / "old").figures == before.figures


def test_a_table_that_changed_its_columns_leaves_the_last_figures(cbs: Cbs, tmp_path: Path) -> None:
    cbs.pull()
    before = newest(cbs.store, cbs.ledger, tmp_path)
    cbs.change("85005NED/Perioden", '"Status"', '"Stand"')

    with pytest.raises(PullError, match=r"cbs_solar/periods: a record has no 'Status'.*goes on counting"):
        cbs.pull()

    assert newest(cbs.store, cbs.ledger, tmp_path) == before


def test_changed_bytes_in_the_archive_are_found(cbs: Cbs, tmp_path: Path) -> None:
    cbs.pull()
    good = newest(cbs.store, cbs.ledger, tmp_path).inputs[0]
    assert breaches(cbs.store, [good], tmp_path) == []
    cbs.store.create(keys.ARCHIVE, reference_key("0" * 64), b"other", content_type="application/zip")

    (said,) = breaches(cbs.store, [type(good)("cbs_wind/data", "0" * 64)], tmp_path)

    assert "raw/reference/0000" in said
    assert "holds other bytes" in said
    with pytest.raises(KerndataError, match="is not in the store"):
        used(cbs.store, [type(good)("cbs_wind/data", "1" * 64)], tmp_path)


def test_the_embedded_stack_serves_cbs(stack_counterparts: Stack) -> None:
    url = f"http://127.0.0.1:{stack_counterparts.ports.province_api}/odata/v3/cbs/70960ned/Perioden"
    with requests.Session() as session:
        session.trust_env = False
        found = session.get(url, timeout=5).json()["value"]
    assert {"Key": "2024JJ00", "Title": "2024", "Status": "NaderVoorlopig"} in found


def test_what_was_pulled_is_in_the_chain(cbs: Cbs) -> None:
    cbs.pull()
    with cbs.ledger.transaction() as session:
        assert [one.name for one in reference.current(session, [*PARTS, "other/data"])] == PARTS
