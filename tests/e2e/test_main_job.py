"""What the exchange promises, checked on what the real Dags published."""

import csv
import hashlib
import time
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select

from kerndata import __version__
from kerndata.contracts.code_lists import provinces
from kerndata.intake.again import accept_again
from kerndata.ledger import releases, submissions
from kerndata.ledger.tables import EventRow, NoticeRow, SubmissionRow
from kerndata.local import story, verdicts
from kerndata.local.demo import Told
from kerndata.local.samples.oracle import references
from kerndata.local.samples.tables import figures
from kerndata.local.stack import Stack
from kerndata.merge.reconcile import Agreement
from kerndata.model.release import Release
from kerndata.publish.audit import audit
from kerndata.publish.rebuild import rebuild
from kerndata.store import keys

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def published(stack: Stack, release: Release, name: str) -> bytes:
    return stack.exchange_store().read(keys.PUBLISHED, keys.release_key(release.version, name))


def rows(stack: Stack, release: Release, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(published(stack, release, name).decode().splitlines()))


def test_everything_the_demo_judges_holds(full_stack: Stack, told: Told) -> None:
    judged = verdicts.judge(full_stack, told.first, told.second, told.submissions)
    assert [one for one in judged if not one.holds] == []


@pytest.mark.parametrize("reference", references(), ids=lambda one: f"{one.indicator_code}-{one.period}")
def test_the_sum_of_the_twelve_is_the_national_figure_of_cbs(full_stack: Stack, told: Told, reference: object) -> None:
    [found] = [one for one in verdicts.reconciled(full_stack, told.second) if one.reference == reference]
    assert verdicts.as_expected(found), found


def test_wind_capacity_of_2024_is_6955_mw_and_solar_is_the_national_figure_without_what_belongs_nowhere(
    full_stack: Stack, told: Told
) -> None:
    national = {(row["indicator_code"], row["period"]): row for row in rows(full_stack, told.second, "national.csv")}
    assert Decimal(national["H3.4", "2024"]["value"]) == 6955
    assert Decimal(national["H3.4", "2019"]["value"]) == 3528
    assert abs(Decimal(national["H3.8", "2024"]["value"]) - (27_979_732 - 212_671)) <= 6


def test_suppressed_production_is_marked_partial_and_claims_no_total(full_stack: Stack, told: Told) -> None:
    national = {(row["indicator_code"], row["period"]): row for row in rows(full_stack, told.second, "national.csv")}
    for code, period in verdicts.SUPPRESSED_PRODUCTION:
        row = national[code, period]
        assert (row["value"], row["is_partial"], row["coverage"]) == ("", "true", "10/12")


def test_inverter_capacity_is_absent_before_2022_and_not_zero(full_stack: Stack, told: Told) -> None:
    periods = {
        row["period"] for row in rows(full_stack, told.second, "indicators.csv") if row["indicator_code"] == "H3.9"
    }
    values = [row for row in rows(full_stack, told.second, "national.csv") if row["indicator_code"] == "H3.9"]
    assert not {period for period in periods if period < "2022" and _has_value(full_stack, told, period)}
    assert {row["period"] for row in values if row["value"]} == {"2022", "2023", "2024"}
    assert all(one.agreement is not Agreement.UNEXPECTED for one in verdicts.reconciled(full_stack, told.second))


def _has_value(stack: Stack, told: Told, period: str) -> bool:
    return any(
        row["value"]
        for row in rows(stack, told.second, "indicators.csv")
        if row["indicator_code"] == "H3.9" and row["period"] == period
    )


def test_every_figure_is_published_exactly_as_cbs_gave_it(full_stack: Stack, told: Told) -> None:
    found = {
        (row["indicator_code"], row["region_code"], row["period"]): Decimal(row["value"])
        for row in rows(full_stack, told.second, "indicators.csv")
        if row["value"]
    }
    every = [one for province in provinces() for one in figures(province.code)]
    given = {(one.indicator, one.province, one.period): one.value for one in every if one.value is not None}
    assert found == given


def test_no_observation_is_lost_and_the_chain_and_the_archive_hold(full_stack: Stack, told: Told) -> None:
    assert audit(full_stack.exchange_store(), full_stack.ledger()) == []
    with full_stack.ledger().transaction() as session:
        given = releases.inputs(session, told.second.version)
        for one in submissions.all_of(session):
            used = given.get(one.id)
            kept = used.published + used.superseded if used else 0
            assert one.counts.observed == kept + one.counts.refused, one


def test_each_release_has_the_data_docs_of_its_candidate(full_stack: Stack, told: Told) -> None:
    store = full_stack.exchange_store()
    for release in (told.first, told.second):
        for name in ("indicators", "projects"):
            key = keys.candidate_docs_key(release.content_hash, release.previous, name)
            assert release.content_hash in store.read(keys.QUALITY, key).decode()


def test_a_release_rebuilt_from_the_archive_is_byte_identical(full_stack: Stack, told: Told, tmp_path: Path) -> None:
    store = full_stack.exchange_store()
    for release in (told.first, told.second):
        rebuilt = rebuild(
            store,
            full_stack.ledger(),
            release.version,
            accept=lambda one: accept_again(store, one),
            work=tmp_path / release.version,
            code_version=__version__,
        )
        assert (rebuilt.differences, rebuilt.causes) == ((), ())
        assert {"indicators.parquet", "reconciliation.csv", "index.html", "RELEASE.md"} <= set(rebuilt.same)


def test_a_security_event_wakes_the_delivery_and_an_ordinary_landing_does_not(full_stack: Stack, told: Told) -> None:
    woken = [run for run in full_stack.airflow_api().runs("deliver_notices") if run.run_type == "asset_triggered"]
    assert 0 < len(woken) < len(story.landings()), woken


def test_running_every_dag_again_changes_nothing(full_stack: Stack, told: Told) -> None:
    before = _everything(full_stack)
    airflow = full_stack.airflow_api()
    first = ["watch_inboxes", *story.landings()]
    for batch in (first, ["merge_kerndataset_net"], ["deliver_notices"], ["keep_house"]):
        started = [(dag_id, airflow.trigger(dag_id)) for dag_id in batch]
        ended = {dag_id: airflow.wait(dag_id, run_id, timeout_seconds=240).state for dag_id, run_id in started}
        assert set(ended.values()) == {"success"}, ended
    # A merge by roll-up is only ever started by asset events; started by hand it must change nothing either.
    run_id = airflow.trigger("merge_kerndataset", partition_key="nederland")
    assert airflow.wait("merge_kerndataset", run_id).state == "success"
    assert _everything(full_stack) == before


def _everything(stack: Stack) -> dict[str, object]:
    """All that a province, a reader or a receiver can see, and the ledger's own counts."""
    time.sleep(1)
    store = stack.exchange_store()
    buckets = [keys.PUBLISHED, keys.ARCHIVE, keys.STAGING, keys.QUARANTINE, *(keys.inbox(slug) for slug in stack.slugs)]
    with stack.ledger().transaction() as session:
        counts = {
            table.__tablename__: session.scalar(select(func.count()).select_from(table))
            for table in (SubmissionRow, NoticeRow, EventRow)
        }
    return {
        "objects": {bucket: [(one.key, one.etag) for one in store.list(bucket, "")] for bucket in buckets},
        "versions": {slug: len(store.versions(keys.inbox(slug), keys.RECEIPTS)) for slug in stack.slugs},
        "ledger": counts,
        "received": stack.paths.hub_journal.read_text(encoding="utf-8"),
    }


def test_anonymous_readers_get_every_published_file(full_stack: Stack, told: Told) -> None:
    import requests

    base = full_stack.addresses()["Published"]
    latest = requests.get(f"{base}/{keys.LATEST}", timeout=10)
    assert latest.status_code == 200
    for one in latest.json()["files"]:
        answer = requests.get(f"{base}/{latest.json()['base']}{one['name']}", timeout=10)
        assert answer.status_code == 200, one["name"]
        assert hashlib.sha256(answer.content).hexdigest() == one["sha256"], one["name"]
    assert requests.get(f"{base}/", timeout=10).status_code == 403
