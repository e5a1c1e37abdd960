"""One province's counter: it drops as the province, receives and checks as the exchange."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3

from kerndata.intake.process import process
from kerndata.intake.receive import receive_drops
from kerndata.ledger import Ledger, submissions
from kerndata.local.stack import Stack
from kerndata.model.submission import Submission
from kerndata.notices.endpoints import load
from kerndata.scan import Scanner
from kerndata.sources.registry import Source, load_source
from kerndata.store import keys
from kerndata.store.client import Store

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
KEY = "drop/indicators/energie_tijdreeks.csv"
YEARS = "2019;2020;2021;2022;2023;2024"
WIND = "Opgesteld vermogen wind op land"


def figures(*values: float | str, subject: str = WIND, header: str = f"Gebied;Onderwerp;Eenheid;{YEARS}") -> bytes:
    """A small delivery of Overijssel: one row of megawatts for 2019 to 2024."""
    return f"{header}\nOverijssel;{subject};MW;{';'.join(map(str, values))}\n".encode()


FIRST, SECOND = figures(61, 66, 74, 74, 87, 87), figures(61, 66, 74, 74, 87, 88)


@dataclass
class Desk:
    """The province and the exchange on real S3 and a real ledger; ``source`` may be another mapping than today's."""

    stack: Stack
    ledger: Ledger
    slug: str = "overijssel"
    scanner: Scanner | None = None
    store: Store = field(init=False)
    source: Source = field(init=False)

    def __post_init__(self) -> None:
        self.store = self.stack.exchange_store()
        self.source = load_source(self.slug)

    def client(self, identity: str | None = None) -> "S3Client":
        """Plain S3 as the province, or as another identity."""
        key = self.stack.secrets.s3[identity or self.slug]
        return boto3.client(
            "s3",
            endpoint_url=self.stack.s3_endpoint,
            aws_access_key_id=key.access_key,
            aws_secret_access_key=key.secret_key,
            region_name="us-east-1",
        )

    def drop(self, body: bytes, key: str = KEY) -> None:
        province = self.stack.province_store(self.slug)
        province.put(keys.inbox(self.slug), key, body, content_type="text/csv")

    def receive(self) -> list[Submission]:
        return receive_drops(self.store, self.ledger, self.source, NOW, scanner=self.scanner)

    def process(self, submission_id: str) -> Submission:
        return process(self.store, self.ledger, self.source, submission_id, load(), NOW)

    def deliver(self, body: bytes, key: str = KEY) -> Submission:
        """Drop one file and answer it."""
        self.drop(body, key)
        [item] = self.receive()
        return self.process(item.id)

    def withdraw(self, submission_id: str, suffix: str = "", body: bytes = b"") -> Submission:
        return self.deliver(body, f"drop/withdraw/{submission_id}{suffix}")

    def empty_published(self) -> None:
        """Take every release away, as only the operator can."""
        operator = self.client("operator")
        for one in self.store.list(keys.PUBLISHED):
            operator.delete_object(Bucket=keys.PUBLISHED, Key=one.key)

    def get(self, submission_id: str) -> Submission:
        with self.ledger.transaction() as session:
            return submissions.get(session, submission_id)

    def receipt(self, item: Submission) -> str:
        """The page the province reads."""
        province = self.stack.province_store(self.slug)
        assert province.exists(keys.inbox(self.slug), keys.receipt_key(item.id, "json"))
        return province.read(keys.inbox(self.slug), keys.receipt_key(item.id, "html")).decode()

    def with_delivery(self, name: str, **changes: Any) -> Source:
        """The same source with another mapping of one delivery."""
        changed = self.source.deliveries[name].model_copy(update=changes)
        return replace(self.source, deliveries={**self.source.deliveries, name: changed})
