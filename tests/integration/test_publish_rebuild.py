"""From the bytes that provinces sent: a release is made again byte for byte, and every value is found in its cell."""

import random
import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.integration.intake_desk import Desk
from tests.integration.publish_desk import SIGNER

from kerndata.errors import KerndataError
from kerndata.intake.again import accept_again
from kerndata.ledger import Ledger, submissions
from kerndata.local.samples.tables import HERE
from kerndata.local.stack import Stack
from kerndata.publish.cell import cells, format_in
from kerndata.publish.rebuild import Rebuilt, rebuild
from kerndata.publish.release import prepare, publish
from kerndata.publish.trace import Trace, trace
from kerndata.store import keys
from kerndata.store.client import Store

pytestmark = pytest.mark.stack

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
DELIVERIES = HERE / "deliveries"
# One way of writing each: several layouts, text and spreadsheets.
PROVINCES = ("gelderland", "drenthe", "noord_holland", "utrecht")
CODE = "1.0"


@pytest.fixture(scope="module")
def published(stack_services: Stack, ledger: Ledger) -> Iterator[Store]:
    """Two releases made of real deliveries; the second has provinces more."""
    desks = [Desk(stack_services, ledger, slug) for slug in PROVINCES]
    desks[0].empty_published()
    store = stack_services.exchange_store()
    for round_of in (desks[:1], desks[1:]):
        for desk in round_of:
            for path in sorted((DELIVERIES / desk.slug / "drop").rglob("*.*")):
                desk.drop(path.read_bytes(), path.relative_to(DELIVERIES / desk.slug).as_posix())
            for item in desk.receive():
                desk.process(item.id)
        with tempfile.TemporaryDirectory() as folder:
            candidate = prepare(store, ledger, work=Path(folder), code_version=CODE)
            publish(store, ledger, candidate, now=NOW, announce=lambda *_: None, signer=SIGNER)
    yield store
    desks[0].empty_published()


def again(store: Store, ledger: Ledger, version: str, work: Path, code_version: str = CODE) -> Rebuilt:
    return rebuild(
        store,
        ledger,
        version,
        accept=lambda one: accept_again(store, one),
        work=work,
        code_version=code_version,
    )


def test_a_release_is_rebuilt_byte_for_byte_from_the_archive(published: Store, ledger: Ledger, tmp_path: Path) -> None:
    rebuilt = again(published, ledger, "2026.2", tmp_path)
    assert (rebuilt.differences, rebuilt.causes) == ((), ())
    folder = keys.release_key("2026.2", "")
    there = {one.key.removeprefix(folder) for one in published.list(keys.PUBLISHED, folder)}
    assert set(rebuilt.same) == there - {keys.SUMS, keys.SIGNATURE, keys.SIGNED_BY}
    assert len(rebuilt.same) >= 19


def test_other_code_is_named_as_the_cause(published: Store, ledger: Ledger, tmp_path: Path) -> None:
    rebuilt = again(published, ledger, "2026.1", tmp_path, code_version="2.0")
    assert "datapackage.json" in {one.name for one in rebuilt.differences}
    assert not {"indicators.csv", "projects.parquet", "kerndataset.xlsx"} & {one.name for one in rebuilt.differences}
    assert rebuilt.causes == ("it was made by code 1.0, and now by 2.0",)


def test_another_mapping_is_named_with_the_submissions_it_concerns(
    published: Store, ledger: Ledger, tmp_path: Path
) -> None:
    def other(one: object) -> object:
        return replace(accept_again(published, one), mapping="another")  # type: ignore[arg-type]

    kept = rebuild(published, ledger, "2026.1", accept=other, work=tmp_path / "a", code_version=CODE)  # type: ignore[arg-type]
    assert kept.differences == kept.causes == ()

    def emptied(one: object) -> object:
        found = accept_again(published, one)  # type: ignore[arg-type]
        path = tmp_path / "rows.parquet"
        path.write_bytes(found.rows)
        pq.write_table(pq.read_table(path).slice(1), path)
        return replace(found, rows=path.read_bytes(), mapping="another")

    changed = rebuild(published, ledger, "2026.1", accept=emptied, work=tmp_path / "b", code_version=CODE)  # type: ignore[arg-type]
    assert {"indicators.csv", "datapackage.json"} <= {one.name for one in changed.differences}
    assert any("of gelderland had 45 rows accepted then, and 44 now" in cause for cause in changed.causes)
    assert any("was accepted by another mapping or contract than today's" in cause for cause in changed.causes)


def test_a_release_that_is_not_there_is_said_so(published: Store, ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(KerndataError, match=r"no release 2025.1"):
        again(published, ledger, "2025.1", tmp_path)


def test_a_hundred_values_are_found_in_the_cells_they_came_from(
    published: Store, ledger: Ledger, tmp_path: Path
) -> None:
    path = tmp_path / "indicators.parquet"
    published.fetch(keys.PUBLISHED, keys.release_key("2026.2", path.name), path)
    rows = [row for row in pq.read_table(path).to_pylist() if row["value"] is not None]
    chosen = random.Random(20261127).sample(rows, 100)
    names = ("indicator_code", "region_code", "period", "category")
    traces: list[Trace] = []
    for row in chosen:
        [found] = trace(published, "2026.2", *(row[name] for name in names))
        traces.append(found)

    seen = cells(published, traces, format_in(ledger))

    assert {one.province_code for one in traces} == {"PV22", "PV25", "PV26", "PV27"}
    assert all(one.is_in_archive for one in traces)
    assert [(one.original_value, seen[one]) for one in traces] == [(one.original_value,) * 2 for one in traces]
    for row, one in zip(chosen, traces, strict=True):
        assert one.value == row["value"]
        if one.original_unit == one.unit:
            assert digits((seen[one] or "").split(" ")[0]) == digits(f"{one.value:f}"), one


def digits(number: str) -> str:
    """The significant digits: how a province groups thousands and writes decimals is its own."""
    return re.sub(r"\D", "", number).strip("0")


def test_a_value_whose_delivery_is_no_longer_agreed_says_where_its_file_is(
    published: Store, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    [found] = trace(published, "2026.2", "H3.4", "PV25", "2024")
    with ledger.transaction() as session:
        submission = submissions.get(session, found.submission_id)
    monkeypatch.setattr(submissions, "get", lambda *_: replace(submission, delivery_name="gone"))
    with pytest.raises(KerndataError, match="no longer has the delivery 'gone'; the file is raw/gelderland/"):
        cells(published, [found], format_in(ledger))
