"""Publishing for the tests: empty buckets and an empty ledger on the real stack, with what a test does to them."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy.orm import Session
from tests.unit.merge_rows import Row, figure, wind_farm

from kerndata.ledger import Ledger, events, migrate, open_ledger, releases, submissions
from kerndata.ledger.conservation import breaches
from kerndata.local.stack import Stack
from kerndata.merge.tables import table_of
from kerndata.model.release import Release
from kerndata.model.submission import Counts, Delivery, Status
from kerndata.publish.pointer import Latest, read_pointer
from kerndata.publish.release import Candidate, Published, prepare, publish
from kerndata.publish.signature import signer_of
from kerndata.publish.verify import check_release
from kerndata.store import keys
from kerndata.store.client import Store

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
SLUGS = {"PV20": "groningen", "PV21": "fryslan"}
SIGNER = signer_of("5e" * 32)


@dataclass
class Exchange:
    """Empty buckets and an empty ledger, with what a test does to them."""

    store: Store
    ledger: Ledger
    operator: "S3Client"
    work: Path
    ledger_url: str
    announced: list[Release] = field(default_factory=list)
    folders: int = 0

    def deliver(self, code: str, rows: list[Row], name: str = "a.csv", dataset: str = "indicators") -> str:
        """Archive, accept and stage one submission; gives its id."""
        slug = SLUGS.get(code, code)
        body = repr(rows).encode()
        digest = sha256(body).hexdigest()
        delivery = Delivery(slug, keys.inbox(slug), f"drop/{name}", digest, NOW)
        facts: dict[str, Any] = {"dataset": dataset, "delivery_name": name, "size_bytes": len(body), "now": NOW}
        counts = Counts(observed=len(rows), accepted=len(rows))
        with self.ledger.transaction() as session:
            one = submissions.register(session, delivery, sha256=digest, **facts)
        self.store.create(keys.ARCHIVE, keys.raw_key(slug, digest), body, content_type="text/csv")
        buffer = io.BytesIO()
        named = [{**row, "submission_id": one.id} for row in rows]
        pq.write_table(pa.Table.from_pylist(named, schema=table_of(dataset).schema), buffer)
        self.store.put(keys.STAGING, keys.accepted_key(one.id), buffer.getvalue(), content_type="application/x")
        with self.ledger.transaction() as session:
            verdict: dict[str, Any] = {"status": Status.ACCEPTED, "counts": counts, "findings": ()}
            submissions.conclude(session, one.id, dataset=dataset, now=NOW, **verdict)
        return one.id

    def prepare(self, code_version: str = "abc123") -> Candidate:
        self.folders += 1
        folder = self.work / str(self.folders)
        folder.mkdir()
        return prepare(self.store, self.ledger, work=folder, code_version=code_version)

    def publish(
        self, candidate: Candidate, now: datetime = NOW, after_step: Callable[[str], None] = lambda _: None
    ) -> Published:
        return publish(
            self.store, self.ledger, candidate, now=now, announce=self.announce, signer=SIGNER, after_step=after_step
        )

    def announce(self, session: Session, release: Release) -> None:
        events.append(session, "test.announced", release.version, {}, NOW)
        self.announced.append(release)

    def released(self, version: str) -> dict[str, bytes]:
        prefix = keys.release_key(version, "")
        found = self.store.list(keys.PUBLISHED, prefix)
        return {one.key.removeprefix(prefix): self.store.read(keys.PUBLISHED, one.key) for one in found}

    def latest(self) -> Latest:
        latest, _ = read_pointer(self.store)
        assert latest
        return latest

    def is_sound(self) -> bool:
        """The pointer, the ledger and every released byte agree, and no observation is lost."""
        with self.ledger.transaction() as session:
            entered = releases.latest(session)
            told = [*breaches(session), *events.verify(session)]
        assert entered
        assert (entered.version, entered.content_hash) == (self.latest().version, self.latest().content_hash)
        return [*told, *check_release(self.store, entered.version)] == []

    def empty_published(self) -> None:
        for page in self.operator.get_paginator("list_objects_v2").paginate(Bucket=keys.PUBLISHED):
            for one in page.get("Contents", []):
                self.operator.delete_object(Bucket=keys.PUBLISHED, Key=one["Key"])


@contextmanager
def open_desk(stack_services: Stack, work: Path, name: str) -> Iterator[Exchange]:
    """Open an exchange with a database of its own, ``name``; the buckets are emptied before and after."""
    key = stack_services.secrets.s3["operator"]
    operator = boto3.client(
        "s3",
        endpoint_url=stack_services.s3_endpoint,
        aws_access_key_id=key.access_key,
        aws_secret_access_key=key.secret_key,
        region_name="us-east-1",
    )
    postgres = stack_services.postgres
    postgres.drop_database(name)
    postgres.ensure_database(name, owner="kerndata")
    url = postgres.url(name, "kerndata", stack_services.secrets.kerndata_db_password)
    migrate(url)
    made = Exchange(stack_services.exchange_store(), open_ledger(url), operator, work, url)
    made.empty_published()
    yield made
    made.empty_published()
    postgres.drop_database(name)


def first_deliveries(exchange: Exchange) -> None:
    exchange.deliver("PV20", [figure("PV20", "100"), figure("PV20", "90", period="2023")])
    exchange.deliver("PV21", [figure("PV21", "200", value_status="voorlopig")])
    exchange.deliver("PV20", [wind_farm("PV20", "W1")], "p.csv", "projects")
